"""Reading a file of any known layout as a typed table."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from ...codebook import Book, Table
from ...validation.errors import InputError
from ...validation.reading import layouts
from ...validation.reading.parsing import parse
from ...validation.reading.read import read_all
from ...validation.reading.source import LINE


@dataclass(frozen=True)
class RecognisedTable:
    """A file of a known layout: its typed rows, and what of it could not be read.

    `unread` counts the cells of each column that are no value of its type; `unknown` are columns
    that the book does not have.
    """

    file: str
    book: Book
    table: Table
    variant: str
    frame: pl.DataFrame
    unread: dict[str, int]
    unknown: tuple[str, ...]


def read_recognised(path: Path, book: str | Path | Book | None = None) -> RecognisedTable:
    """A file of a known layout, typed.

    Args:
        path: a CSV, gzipped CSV, Parquet or XLSX file.
        book: the codebook, its name or folder; recognised from the columns if left out.

    Raises:
        InputError: the file cannot be had, cannot be read whole, or is of no known layout.
    """
    named = layouts.asked_for(book)
    source = read_all(path)[0]
    known = layouts.identify(source, named) if source.frame is not None else None
    if known is None or source.frame is None or source.findings:
        said = "; ".join(
            f"line {f.line}: {f.message}" if f.line else f.message for f in source.findings[:3]
        )
        raise InputError(f"{path}: {said}")
    found, table = known
    variant = layouts.describe(table, source.columns)
    layouts.fold(table, source)
    parsed = parse(source, table, found)
    return RecognisedTable(
        str(path),
        found,
        table,
        variant,
        parsed.frame.drop(LINE),
        {name: int(mask.sum()) for name, mask in parsed.unreadable.items()},
        tuple(c for c in source.columns if c not in table),
    )
