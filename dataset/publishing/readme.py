"""What the README shows of the data: printed from what is published, so that it is its own."""

from __future__ import annotations

import polars as pl

BEGIN, END = "<!-- rows", "<!-- /rows -->"
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


def with_rows(readme: str, events: pl.DataFrame) -> str:
    """A README with its block of rows made anew; unchanged if it has none.

    The block begins with a line `<!-- rows ... -->` and ends with `<!-- /rows -->`.
    """
    return with_block(readme, BEGIN, END, rows(events))


def with_block(text: str, begin: str, end: str, block: str) -> str:
    """A text with one of its blocks made anew; unchanged if it has no such block."""
    head, begins, rest = text.partition(begin)
    opening, _, tail = rest.partition("\n")
    _, ends, after = tail.partition(end)
    if not (begins and ends):
        return text
    return f"{head}{begin}{opening}\n\n{block}\n\n{end}{after}"
