"""The rows that the README shows, taken from the published table."""

from __future__ import annotations

import polars as pl

from ...codebook.printable import markdown_text

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
MOST = 5


def rows_block(events: pl.DataFrame) -> str:
    """Return the first events as a Markdown table; an unknown is an empty cell."""
    lines = ["| " + " | ".join(SHOWN.values()) + " |", "|" + "---|" * len(SHOWN)]
    shown = events.head(MOST)
    for row in shown.select(pl.col(c).cast(pl.String).fill_null("") for c in SHOWN).iter_rows():
        lines.append("| " + " | ".join(map(markdown_text, row)) + " |")
    if more := events.height - shown.height:
        lines += ["", f"and {more:,} more in [events.csv](dataset/events.csv)."]
    return "\n".join(lines)
