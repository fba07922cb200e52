"""Complete typed tables: what nobody has to type is computed, table after table.

A default may look up what is computed in another table, and the words of a quote; a quote may look
up the document of its row. So the tables are completed in the order in which they need each other.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import polars as pl

from ...codebook import Book, Table
from . import derived
from .derived_tables import derived_table

Frames = dict[str, pl.DataFrame]


def completed(book: Book, typed: Mapping[str, pl.DataFrame], fill: Collection[str]) -> Frames:
    """Return tables with their computed columns, and those that are computed from quotes.

    Args:
        book: the codebook.
        typed: the tables as typed, by their names.
        fill: the tables in which empty cells take what is computed.
    """
    tables = dict(typed)
    long = book.quotes
    if long is not None and long.derived and long.derived.source in typed:
        # Its own document may follow from rows that are not completed yet: the words do not.
        source = long.derived.source
        words = complete(book, book.tables[source], typed[source], tables, source in fill)
        tables[long.name] = derived_table(book, long, {**tables, source: words})
    for name in _in_order(book):
        if name not in typed:
            continue
        table = book.tables[name]
        # A row may look up another row of its table: then that one is completed first.
        for _ in range(2 if name in _looked_up(book, table) else 1):
            tables[name] = complete(book, table, typed[name], tables, name in fill)
    if long is not None and long.name in tables and long.derived and long.name not in typed:
        whole = derived_table(book, long, tables)
        tables[long.name] = complete(book, long, whole, tables, False)
    return tables


def complete(
    book: Book, table: Table, frame: pl.DataFrame, tables: Mapping[str, pl.DataFrame], fill: bool
) -> pl.DataFrame:
    """Return rows of one table with what rules look up and what is computed.

    Args:
        book: the codebook.
        table: the table.
        frame: its rows.
        tables: the tables that they point to.
        fill: whether empty cells take what is computed.
    """
    steps = derived.derivation_steps(book, table, frame.columns, tables, fill)
    return derived.run(steps, frame)


def _in_order(book: Book) -> list[str]:
    """Return the tables, those first that others look up; where they need each other, as listed."""
    left = {name: _looked_up(book, table) - {name} for name, table in book.tables.items()}
    order: list[str] = []
    while left:
        ready = [name for name, needs in left.items() if not needs & left.keys()]
        chosen = ready or [next(iter(left))]
        order += chosen
        left = {name: needs for name, needs in left.items() if name not in chosen}
    return order


def _looked_up(book: Book, table: Table) -> set[str]:
    """Return the tables whose rows a table looks up."""
    names = (reference.split(".")[0] for reference in derived.references(book, table))
    return {key.table for name in names if (key := table.key_of(name))}
