"""An agreement as text, as JSON and as a page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ..html.page import render
from .agree import SMALL, Agreement

VERSION = 1
TEMPLATES = Path(__file__).parent / "templates"


def human(found: Agreement) -> str:
    """The agreement as text for a terminal."""
    lines = [
        f"{', '.join(found.coders)}: {', '.join(found.documents)}, by {', '.join(found.codebooks)}"
    ]
    if found.linked:
        lines.append(f"{found.linked} names of actors and places were linked by decision")
    for on in found.units:
        lines += ["", f"{on.table}: the same ones?"]
        for (one, other), n in on.found.items():
            lines.append(
                f"  {one}, {other}: both {n.both}, only {one} {n.first_only}, only {other} {n.second_only}; "
                f"precision {number(n.precision)}, recall {number(n.recall)}, F1 {number(n.f1)}"
            )
        lines.append(
            f"  alpha-U over the words quoted: {number(on.alpha_u)}; "
            f"whether quoted at all: {number(on.alpha_u_binary)}"
        )
    lines += ["", *_table(found)]
    if any("small" in v.note for v in found.variables):
        lines.append(
            f"small n: fewer than {SMALL} units; one unit more or less moves the coefficient much"
        )
    if found.empty:
        lines.append(f"left empty by all: {', '.join(found.empty)}")
    lines += ["", f"{len(found.disagreements)} values coded differently"]
    for d in found.disagreements:
        lines.append(f"  {d.unit} {d.variable} ({d.table})")
        lines += [
            f"    {coder}: {value or '(empty)'}"
            + (f"  <- {d.quotes[coder]!r}" if d.quotes[coder] else "")
            for coder, value in d.values.items()
        ]
    lines += ["", f"{len(found.alone)} units that not all have"]
    for d in found.alone:
        for coder, value in d.values.items():
            quote = f"  <- {d.quotes[coder]!r}" if d.quotes[coder] else ""
            lines.append(f"  {d.table} {d.unit} ({coder}): {value}{quote}")
    return "\n".join(lines)


def _table(found: Agreement) -> list[str]:
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
        for v in found.variables
    ]
    wide = [max(len(row[n]) for row in rows) for n in range(len(head))]
    return [
        "  ".join(cell.ljust(w) for cell, w in zip(row, wide, strict=True)).rstrip() for row in rows
    ]


def number(value: float | None) -> str:
    """A coefficient with two decimals; a dash where it is undefined."""
    return "-" if value is None else f"{value:.2f}"


def as_dict(found: Agreement) -> dict[str, Any]:
    """The agreement as plain values, rounded to four decimals."""
    return {
        "version": VERSION,
        "coders": list(found.coders),
        "documents": list(found.documents),
        "codebooks": list(found.codebooks),
        "linked": found.linked,
        "units": [
            {
                "table": on.table,
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
                    for pair, n in on.found.items()
                ],
                "alpha_u": _round(on.alpha_u),
                "alpha_u_binary": _round(on.alpha_u_binary),
            }
            for on in found.units
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
            for v in found.variables
        ],
        "left_empty": list(found.empty),
        "disagreements": [_disagreement(d) for d in found.disagreements],
        "not_found_by_all": [_disagreement(d) for d in found.alone],
    }


def _disagreement(d: Any) -> dict[str, Any]:
    return {
        "table": d.table,
        "unit": d.unit,
        "variable": d.variable or None,
        "values": dict(d.values),
        "quotes": dict(d.quotes),
    }


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 4) + 0.0


def to_json(found: Agreement) -> str:
    """The agreement as JSON, with a version."""
    return json.dumps(as_dict(found), ensure_ascii=False, indent=2)


def to_html(found: Agreement) -> str:
    """The agreement as one page that needs nothing else: tables, and both quotes side by side."""
    return render(TEMPLATES, "agreement.html", found=found, small=SMALL, number=number)
