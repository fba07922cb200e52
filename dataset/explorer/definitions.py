"""What the names on the page mean: the definitions that open where a name is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl

from ...codebook import Book, Table, Variable
from .layout import occurring

CODES = 12
"""How many codes a definition lists; the codebook page has them all."""


def meanings(book: Book, table: Table, rows: pl.DataFrame) -> dict[str, dict[str, Any]]:
    """Return what each variable of a table means, by its name.

    Args:
        book: the book of the table.
        table: the table.
        rows: its rows; of code lists only the codes that occur are defined.

    Returns:
        For each variable `text`, and where it has them `unit`, `missing`, `codes` (each with its
        label and definition) and `more`, the number of further codes that occur.
    """
    return {variable.name: dict(_parts(book, variable, rows)) for variable in table.variables}


def _parts(book: Book, variable: Variable, rows: pl.DataFrame) -> Iterator[tuple[str, Any]]:
    yield "text", variable.description
    if variable.unit:
        yield "unit", variable.unit
    if variable.missing:
        yield "missing", variable.missing
    codes = occurring(book.code_list(variable), variable, rows)
    if codes:
        yield "codes", [[str(c.code), c.label, c.definition] for c in codes[:CODES]]
    if len(codes) > CODES:
        yield "more", len(codes) - CODES
