"""Build the published tables from checked ones: derived tables added, columns chosen, rows sorted."""

from __future__ import annotations

import polars as pl

from ...codebook import Book, Table
from ...validation.checks.derived_tables import derived_table
from ...validation.progress import step

Frames = dict[str, pl.DataFrame]


def build(book: Book, checked: Frames) -> Frames:
    """Return the published tables of a book from its checked ones (typed, with derived columns)."""
    step("deriving tables")
    tables = dict(checked)
    for name, table in book.tables.items():
        if table.derived and name not in tables:
            tables[name] = derived_table(book, table, checked)
    return {name: _published(table, tables[name]) for name, table in book.tables.items()}


def _published(table: Table, frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select(table.names).sort(table.primary_key)
