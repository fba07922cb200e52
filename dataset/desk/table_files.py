"""The hand-coded tables of a package as a coder's tools read and write them: text, one form.

The one form is: UTF-8 without byte order mark, line feeds, quotes where they are needed, the
columns in the codebook's order, the rows in the order of their key.
"""

from __future__ import annotations

import io
from pathlib import Path

import polars as pl

from ...codebook import Book, Table
from ...validation.errors import InputError
from ...validation.package.package import TABLES, Package
from ...validation.reading.read import read
from ...validation.reading.source import LINE, Source

Rows = list[dict[str, str | None]]


def canonical(book: Book, table: Table, frame: pl.DataFrame) -> pl.DataFrame:
    """The same cells with columns and rows in their order.

    Rows go by the primary key. Where people do not type it they go by all columns from left to
    right, codes in the order of their list, an empty cell last. What is still equal goes by text.
    """
    known = [v.name for v in table.variables if v.name in frame.columns]
    others = [n for n in frame.columns if n not in known and n != LINE]
    frame = frame.select(*known, *others)
    typed = {v.name for v in table.coded}
    keyed = bool(table.primary_key) and set(table.primary_key) <= typed & set(known)
    by = list(table.primary_key) if keyed else known
    if not by:
        return frame
    order = [_order(book, table, name) for name in by] + [pl.col(n) for n in frame.columns]
    return frame.sort(order, nulls_last=True, maintain_order=True)


def _order(book: Book, table: Table, name: str) -> pl.Expr:
    variable = table[name]
    codes = book.code_list(variable)
    column = pl.col(name)
    if codes is not None:
        places = {str(value): place for place, value in enumerate(codes.values)}
        return column.replace_strict(places, default=len(places), return_dtype=pl.Int64)
    if variable.type in ("integer", "number"):
        return column.cast(pl.Float64, strict=False)
    return column


def to_bytes(frame: pl.DataFrame) -> bytes:
    """A table of text as CSV in the one form."""
    out = io.BytesIO()
    frame.drop(LINE, strict=False).write_csv(out, line_terminator="\n", quote_style="necessary")
    return out.getvalue()


def rows_of(source: Source) -> Rows:
    """The rows of a table as read, without their lines."""
    frame = source.frame
    return [] if frame is None else frame.drop(LINE, strict=False).to_dicts()


def read_table(package: Package, name: str) -> Rows:
    """The rows of a hand-coded table of a package.

    Raises:
        InputError: it is not there or cannot be read.
    """
    source = read(package.root / TABLES / f"{name}.csv", f"{TABLES}/{name}.csv")
    if source.frame is None:
        raise InputError(f"{source.file}: {source.findings[0].message} Run eventbook check")
    return rows_of(source)


def frame_of(table: Table, rows: Rows) -> pl.DataFrame:
    """Rows as a table of text with all coded columns."""
    return pl.DataFrame(
        {v.name: [row.get(v.name) for row in rows] for v in table.coded},
        schema={v.name: pl.String for v in table.coded},
    )


def write_table(book: Book, table: Table, rows: Rows, path: Path) -> None:
    """Write rows in the one form to a file."""
    path.write_bytes(to_bytes(canonical(book, table, frame_of(table, rows))))
