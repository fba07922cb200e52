"""The hand-coded tables of a package as the coder's tools read and write them: text, in one form.

The form is: UTF-8 without byte order mark, line feeds, quotes where they are needed, the
columns in the codebook's order, the rows in the order of their key.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence

import polars as pl

from ...codebook import Book, Table
from ...validation.coding.filed import Row, complete_rows
from ...validation.location import TABLES
from ...validation.package.package import Package
from ...validation.reading.read import read
from ...validation.reading.source import LINE, Source

Rows = list[Row]


def canonical(book: Book, table: Table, frame: pl.DataFrame) -> pl.DataFrame:
    """Return the same cells with columns and rows in their order.

    Rows are sorted by the primary key; where people do not type it, by all columns from left to
    right. Codes sort in the order of their list, empty cells last; ties are broken by the text.
    """
    typed = [v.name for v in table.coded]
    in_order = [*typed, *(n for n in table.names if n not in typed)]
    columns = [name for name in in_order if name in frame.columns]
    others = [n for n in frame.columns if n not in columns and n != LINE]
    frame = frame.select(*columns, *others)
    keyed = bool(table.primary_key) and set(table.primary_key) <= {*typed} & {*columns}
    by = list(table.primary_key) if keyed else columns
    if not by:
        return frame
    order = [_order(book, table, name) for name in by] + [pl.col(n) for n in frame.columns]
    return frame.sort(order, nulls_last=True, maintain_order=True)


def _order(book: Book, table: Table, name: str) -> pl.Expr:
    variable = table[name]
    codes = book.code_list(variable)
    column = pl.col(name)
    if codes is not None and not variable.separator:
        places = {str(value): place for place, value in enumerate(codes.values)}
        return column.replace_strict(places, default=len(places), return_dtype=pl.Int64)
    if variable.is_number:
        return column.cast(pl.Float64, strict=False)
    return column


def csv_bytes(frame: pl.DataFrame) -> bytes:
    """Return a table of text as CSV."""
    out = io.BytesIO()
    frame.drop(LINE, strict=False).write_csv(out, line_terminator="\n", quote_style="necessary")
    return out.getvalue()


def table_bytes(book: Book, table: Table, rows: Rows) -> bytes:
    """Return rows of a table as CSV in the one form."""
    return csv_bytes(canonical(book, table, frame_of(table, rows)))


def read_table(package: Package, name: str) -> Rows:
    """Return the rows of a hand-coded table of a package.

    Raises:
        InputError: it is missing, cannot be read whole, or has not the columns of the codebook.
    """
    source = read(package.root / TABLES / f"{name}.csv", f"{TABLES}/{name}.csv")
    return complete_rows(package.book.tables[name], source)


def frame_of(table: Table, rows: Sequence[Mapping[str, str | None]]) -> pl.DataFrame:
    """Return rows as a table of text with all coded columns."""
    return pl.DataFrame(
        {v.name: [row.get(v.name) for row in rows] for v in table.coded},
        schema={v.name: pl.String for v in table.coded},
    )


def source_of(
    table: Table, rows: Sequence[Mapping[str, str | None]], file: str | None = None
) -> Source:
    """Return rows as a table to check; their lines are counted from 2, as in a file.

    Args:
        table: the table.
        rows: its rows, cells as text.
        file: the file that findings name; the table's name if left out.
    """
    lines = pl.int_range(2, len(rows) + 2, dtype=pl.Int64, eager=True).alias(LINE)
    return Source(file or table.name, frame_of(table, rows).with_columns(lines))
