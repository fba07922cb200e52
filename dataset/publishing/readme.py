"""The rows that the README shows, taken from the published table."""

from __future__ import annotations

import polars as pl

SHOWN = {
    "event_id": "event",
    "date_start": "from",
    "date_end": "to",
    "sub_event_type": "sub-event type",
    "actor1": "actor 1",
    "actor2": "actor 2",
    "fatalities_low": "deaths, lowest",
    "fatalities_best": "best",
    "fatalities_high": "highest",
}


def rows(events: pl.DataFrame) -> str:
    """The events as a Markdown table; an empty cell is an unknown."""
    lines = ["| " + " | ".join(SHOWN.values()) + " |", "|" + "---|" * len(SHOWN)]
    for row in events.select(pl.col(c).cast(pl.String).fill_null("") for c in SHOWN).iter_rows():
        lines.append("| " + " | ".join(row) + " |")
    return "\n".join(lines)
