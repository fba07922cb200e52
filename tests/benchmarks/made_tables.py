"""Tables of a made package as text, in the form in which `eventbook fmt` leaves them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

Row = dict[str, str]
Tables = dict[str, list[Row]]

KEYS = {
    "actors": "actor_id",
    "claims": "claim_id",
    "documents": "document_id",
    "events": "event_id",
    "locations": "location_id",
}
NUMBERS = frozenset({"paragraph", "start", "end"})


def in_order(table: str, rows: Iterable[Row]) -> list[Row]:
    """Return rows sorted by their id, or by all cells where they have none; empty cells come last."""
    if table in KEYS:
        return sorted(rows, key=lambda row: row[KEYS[table]])
    return sorted(rows, key=lambda row: [_place(name, cell) for name, cell in row.items()])


def _place(column: str, cell: str) -> tuple[bool, float, str]:
    number = float(cell) if cell and column in NUMBERS else 0.0
    return not cell, number, cell


def table_text(header: Sequence[str], rows: Iterable[Row]) -> str:
    """Return rows as CSV."""
    out = io.StringIO()
    writer = csv.DictWriter(out, header, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()
