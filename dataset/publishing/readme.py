"""The rows that the README shows: printed from the published table, so that they are its own."""

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
    head, begins, rest = readme.partition(BEGIN)
    opening, _, tail = rest.partition("\n")
    _, ends, after = tail.partition(END)
    if not (begins and ends):
        return readme
    return f"{head}{BEGIN}{opening}\n\n{rows(events)}\n\n{END}{after}"
