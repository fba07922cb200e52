"""The losses of a conversion: one per variable, code or reason, with the number of rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace

import polars as pl

from ...validation.reports.human import plural

KINDS = {
    "row": "rows that were left out",
    "divided": "totals that were divided",
    "value": "values that are lost: they cannot be read, or have no equivalent",
    "code": "codes that have no equivalent, or a less exact one",
    "variable": "variables that have no equivalent, or a less exact one",
    "target": "variables of the result that are empty, or are computed and not coded",
}
SHOWN = 8
"""The number of losses of a kind that the screen shows."""
FIRST = 5
"""The number of ids that a loss shows."""


@dataclass(frozen=True)
class Loss:
    """One thing that was lost: in how many rows, the first of them, and why.

    `step` is the crosswalk; `match` is the crosswalk's; `first` are ids of the source.
    """

    step: str
    kind: str
    variable: str = ""
    code: str = ""
    target: str = ""
    target_code: str = ""
    match: str = "none"
    rows: int = 0
    first: str = ""
    note: str = ""


class Tally:
    """The losses of all batches of a file, each with all its rows and the first ids."""

    def __init__(self) -> None:
        self._rows: dict[Loss, int] = {}
        self._first: dict[Loss, list[str]] = {}

    def wants_ids(self, loss: Loss) -> bool:
        """Return whether more ids of a loss would be shown."""
        return len(self._first.get(loss, ())) < FIRST

    def add(self, loss: Loss, rows: int, ids: Iterable[str] = ()) -> None:
        """Count more rows of a loss, which is given without rows and ids."""
        if rows:
            self._rows[loss] = self._rows.get(loss, 0) + rows
            self._first.setdefault(loss, []).extend(ids)

    def losses(self) -> list[Loss]:
        """Return the losses, in the order in which they were first seen."""
        return [
            replace(loss, rows=rows, first="; ".join(self._first[loss][:FIRST]))
            for loss, rows in self._rows.items()
        ]


def losses_table(losses: list[Loss]) -> pl.DataFrame:
    """Return losses as a table, one column a field."""
    schema = {f.name: pl.Int64 if f.name == "rows" else pl.String for f in fields(Loss)}
    return pl.DataFrame([vars(loss) for loss in losses], schema=schema)


def losses_text(losses: list[Loss]) -> list[str]:
    """Return lines for the screen: the losses of each kind, the largest first, the others counted."""
    lines: list[str] = []
    for kind, title in KINDS.items():
        largest = sorted((x for x in losses if x.kind == kind), key=lambda x: -x.rows)
        if not largest:
            continue
        rows = sum(loss.rows for loss in largest)
        number = rows if kind in ("row", "divided", "value") else len(largest)
        lines.append(f"{number:,} {title}:")
        lines += [f"  {_line(loss)}" for loss in largest[:SHOWN]]
        if len(largest) > SHOWN:
            lines.append(f"  ... and {len(largest) - SHOWN} more in the loss report")
    return lines


def _line(loss: Loss) -> str:
    subject = " ".join(part for part in (loss.variable, loss.code) if part) or loss.target
    target = f" -> {loss.target} ({loss.match})" if loss.target and loss.variable else ""
    return (
        f"{plural(loss.rows, 'row', 'rows')}: {subject}{target}{': ' if subject else ''}{loss.note}"
    )
