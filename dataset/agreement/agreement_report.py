"""An agreement as text, as JSON and as a page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ...codebook.printable import printable_line
from ..html.shell import render
from .agree import SMALL, Agreement, Disagreement, VariableAgreement
from .followed_report import lines_of_followed, percents, plain_followed

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
        lines += ["", *in_columns(_rows(agreement))]
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
    if agreement.followed:
        lines += ["", *lines_of_followed(agreement.followed)]
    lines += ["", f"{len(agreement.disagreements)} values coded differently"]
    lines += [line for d in agreement.disagreements for line in disagreement_lines(d)]
    lines += ["", f"{len(agreement.partial)} units not found by every coder"]
    for d in agreement.partial:
        missed = [coder for coder in agreement.coders if coder not in d.values]
        first, *values = disagreement_lines(d)
        lines += [f"{first}, not by {', '.join(missed)}", *values]
    return "\n".join(map(printable_line, lines))


def disagreement_lines(d: Disagreement) -> list[str]:
    """Return a disagreement as lines: what it is about, then the value and words of each coder."""
    head = f"{d.unit} {d.variable} ({d.table})"
    if d.variable is None:
        head = f"{d.table} {d.unit}: found by {', '.join(d.values)}"
    return [f"  {head}"] + [
        f"    {coder}: {value or '(empty)'}"
        + (f"  <- {d.quotes[coder]!r}" if d.quotes[coder] else "")
        for coder, value in d.values.items()
    ]


def _rows(agreement: Agreement) -> list[tuple[str, ...]]:
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
    return [head] + [
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


def in_columns(rows: list[tuple[str, ...]]) -> list[str]:
    """Return rows of cells as lines of columns."""
    widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))]
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
                        "precision": rounded(n.precision),
                        "recall": rounded(n.recall),
                        "f1": rounded(n.f1),
                    }
                    for pair, n in units.counts.items()
                ],
                "alpha_u": rounded(units.alpha_u),
                "alpha_u_binary": rounded(units.alpha_u_binary),
            }
            for units in agreement.units
        ],
        "variables": [variable_as_dict(v) for v in agreement.variables],
        "no_unit_in_common": list(agreement.no_common),
        "left_empty": list(agreement.empty),
        "disagreements": [disagreement_as_dict(d) for d in agreement.disagreements],
        "not_found_by_all": [disagreement_as_dict(d) for d in agreement.partial],
        # Agreements without a varied codebook are as they were.
        **({"followed": plain_followed(agreement.followed)} if agreement.followed else {}),
    }


def variable_as_dict(v: VariableAgreement) -> dict[str, Any]:
    """Return the agreement on a variable as plain values."""
    return {
        "table": v.table,
        "variable": v.variable,
        "level": v.level,
        "n": v.n,
        "valued": v.valued,
        "per_cent": rounded(v.per_cent),
        "alpha": rounded(v.alpha),
        "interval": None if v.interval is None else [rounded(x) for x in v.interval],
        "kappa": rounded(v.kappa),
        "note": v.note,
    }


def disagreement_as_dict(d: Disagreement) -> dict[str, Any]:
    """Return a disagreement as plain values."""
    return {
        "table": d.table,
        "unit": d.unit,
        "variable": d.variable,
        "values": dict(d.values),
        "quotes": dict(d.quotes),
    }


def rounded(value: float | None) -> float | None:
    """Return a coefficient with four decimals."""
    return None if value is None else round(value, 4) + 0.0


def to_json(agreement: Agreement) -> str:
    """Return the agreement as JSON, with a version."""
    return json.dumps(as_dict(agreement), ensure_ascii=False, indent=2)


def to_html(agreement: Agreement) -> str:
    """Return the agreement as one self-contained page: tables, and the quotes side by side."""
    return render(
        TEMPLATES,
        "agreement.html",
        agreement=agreement,
        small=SMALL,
        number=number,
        percents=percents,
    )
