"""The rows that the README shows, taken from the published table."""

from __future__ import annotations

import polars as pl

from ...codebook import Table
from ...codebook.printable import markdown_text

MOST_ROWS, MOST_COLUMNS = 5, 9


def rows_block(table: Table, frame: pl.DataFrame) -> str:
    """Return the first rows of a table as a Markdown table; an unknown is an empty cell.

    The columns are those that the book features, else the first ones.
    """
    shown = list(table.featured or table.names)[:MOST_COLUMNS]
    titles = (markdown_text(table[name].title) for name in shown)
    lines = ["| " + " | ".join(titles) + " |", "|" + "---|" * len(shown)]
    rows = frame.head(MOST_ROWS)
    for row in rows.select(pl.col(c).cast(pl.String).fill_null("") for c in shown).iter_rows():
        lines.append("| " + " | ".join(map(markdown_text, row)) + " |")
    if more := frame.height - rows.height:
        lines += ["", f"and {more:,} more in [{table.name}.csv](dataset/{table.name}.csv)."]
    return "\n".join(lines)
