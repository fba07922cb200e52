"""An agreement as text, as JSON and as a page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ...codebook.printable import printable_line
from ..html.shell import render
from .agree import SMALL, Agreement, Disagreement

VERSION = 1
TEMPLATES = Path(__file__).parent / "templates"


def human(agreement: Agreement) -> str:
    """Return the agreement as text for a terminal."""
    coders, documents = ", ".join(agreement.coders), ", ".join(agreement.documents)
    lines = [f"{coders}: {documents}, by {', '.join(agreement.codebooks)}"]
    if agreement.linked:
        lines.append(f"{agreement.linked} names of actors and places were linked by decision")
    for units in agreement.units:
        lines += ["", f"{units.table}: the same ones?"]
        for (one, other), n in units.counts.items():
            lines.append(
                f"  {one}, {other}: both {n.both}, only {one} {n.first_only}, only {other} {n.second_only}; "
                f"precision {number(n.precision)}, recall {number(n.recall)}, F1 {number(n.f1)}"
            )
        lines.append(
            f"  alpha-U over the words quoted: {number(units.alpha_u)}; "
            f"whether quoted at all: {number(units.alpha_u_binary)}"
        )
    if agreement.variables:
        lines += ["", *_table(agreement)]
    if any("small" in v.note for v in agreement.variables):
        lines.append(
            f"small n: fewer than {SMALL} units; one unit more or less moves the coefficient much"
        )
    if agreement.no_common:
        lines += [
            "",
            f"no unit in common, so no values to compare: {', '.join(agreement.no_common)}",
        ]
    if agreement.empty:
        lines.append(f"left empty by all: {', '.join(agreement.empty)}")
    lines += ["", f"{len(agreement.disagreements)} values coded differently"]
    for d in agreement.disagreements:
        lines += [f"  {d.unit} {d.variable} ({d.table})", *_by_coder(d)]
    lines += ["", f"{len(agreement.partial)} units not found by every coder"]
    for d in agreement.partial:
        missed = [coder for coder in agreement.coders if coder not in d.values]
        lines.append(
            f"  {d.table} {d.unit}: found by {', '.join(d.values)}, not by {', '.join(missed)}"
        )
        lines += _by_coder(d)
    return "\n".join(map(printable_line, lines))


def _by_coder(d: Disagreement) -> list[str]:
    """Return a line for each coder with the value, and the words for it."""
    return [
        f"    {coder}: {value or '(empty)'}"
        + (f"  <- {d.quotes[coder]!r}" if d.quotes[coder] else "")
        for coder, value in d.values.items()
    ]


def _table(agreement: Agreement) -> list[str]:
    head = (
        "table",
        "variable",
        "level",
        "n",
        "valued",
        "agree",
        "alpha",
        "95 % interval",
        "kappa",
        "",
    )
    rows = [head] + [
        (
            v.table,
            v.variable,
            v.level,
            str(v.n),
            str(v.valued),
            "" if v.per_cent is None else f"{v.per_cent:.0f} %",
            number(v.alpha),
            "" if v.interval is None else f"{v.interval[0]:.2f} to {v.interval[1]:.2f}",
            number(v.kappa),
            v.note,
        )
        for v in agreement.variables
    ]
    widths = [max(len(row[n]) for row in rows) for n in range(len(head))]
    return [
        "  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def number(value: float | None) -> str:
    """Return a coefficient with two decimals; a dash where it is undefined."""
    return "-" if value is None else f"{value:.2f}"


def as_dict(agreement: Agreement) -> dict[str, Any]:
    """Return the agreement as plain values, rounded to four decimals."""
    return {
        "version": VERSION,
        "coders": list(agreement.coders),
        "documents": list(agreement.documents),
        "codebooks": list(agreement.codebooks),
        "linked": agreement.linked,
        "units": [
            {
                "table": units.table,
                "pairs": [
                    {
                        "coders": list(pair),
                        "both": n.both,
                        "first_only": n.first_only,
                        "second_only": n.second_only,
                        "precision": _round(n.precision),
                        "recall": _round(n.recall),
                        "f1": _round(n.f1),
                    }
                    for pair, n in units.counts.items()
                ],
                "alpha_u": _round(units.alpha_u),
                "alpha_u_binary": _round(units.alpha_u_binary),
            }
            for units in agreement.units
        ],
        "variables": [
            {
                "table": v.table,
                "variable": v.variable,
                "level": v.level,
                "n": v.n,
                "valued": v.valued,
                "per_cent": _round(v.per_cent),
                "alpha": _round(v.alpha),
                "interval": None if v.interval is None else [_round(x) for x in v.interval],
                "kappa": _round(v.kappa),
                "note": v.note,
            }
            for v in agreement.variables
        ],
        "no_unit_in_common": list(agreement.no_common),
        "left_empty": list(agreement.empty),
        "disagreements": [_disagreement(d) for d in agreement.disagreements],
        "not_found_by_all": [_disagreement(d) for d in agreement.partial],
    }


def _disagreement(d: Disagreement) -> dict[str, Any]:
    return {
        "table": d.table,
        "unit": d.unit,
        "variable": d.variable,
        "values": dict(d.values),
        "quotes": dict(d.quotes),
    }


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 4) + 0.0


def to_json(agreement: Agreement) -> str:
    """Return the agreement as JSON, with a version."""
    return json.dumps(as_dict(agreement), ensure_ascii=False, indent=2)


def to_html(agreement: Agreement) -> str:
    """Return the agreement as one self-contained page: tables, and the quotes side by side."""
    return render(TEMPLATES, "agreement.html", agreement=agreement, small=SMALL, number=number)
