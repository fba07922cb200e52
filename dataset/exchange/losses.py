"""What a conversion could not carry: one row a variable, a code or a reason, with how many rows."""

from __future__ import annotations

from dataclasses import dataclass, fields

import polars as pl

KINDS = {
    "row": "rows that were not carried",
    "divided": "totals that were divided",
    "variable": "variables that were not carried, or less exactly",
    "code": "codes that have no equivalent, or a less exact one",
    "value": "values that could not be carried",
    "target": "variables of the target that are empty, or are made and not coded",
}
SHOWN = 8


@dataclass(frozen=True)
class Loss:
    """One thing that was lost, in how many rows, the first of them, and why.

    `step` is the crosswalk; `match` is the crosswalk's; `first` are ids of the source.
    """

    step: str
    kind: str
    variable: str
    code: str
    target: str
    target_code: str
    match: str
    rows: int
    first: str
    note: str


def table(losses: list[Loss]) -> pl.DataFrame:
    """Losses as a table, one column a field."""
    schema = {f.name: pl.Int64 if f.name == "rows" else pl.String for f in fields(Loss)}
    return pl.DataFrame([vars(loss) for loss in losses], schema=schema)


def summary(losses: list[Loss]) -> list[str]:
    """The losses by kind, the largest first, each kind cut to a screen's worth."""
    lines = []
    for kind, title in KINDS.items():
        found = sorted((x for x in losses if x.kind == kind), key=lambda x: -x.rows)
        if not found:
            continue
        lines.append(f"{title}:")
        for loss in found[:SHOWN]:
            what = " ".join(part for part in (loss.variable, loss.code) if part) or loss.target
            into = f" -> {loss.target} ({loss.match})" if loss.target and loss.variable else ""
            lines.append(f"  {loss.rows:,}: {what}{into}{': ' if what else ''}{loss.note}")
        if len(found) > SHOWN:
            lines.append(f"  ... and {len(found) - SHOWN} more in the loss report")
    return lines
