"""Strings to typed values, by the book; a cell that is no value of its type is a finding."""

from __future__ import annotations

import polars as pl

from ..codebook import Book, Table, Variable
from .reading import LINE, Source

POLARS: dict[str, type[pl.DataType]] = {
    "string": pl.String,
    "integer": pl.Int64,
    "number": pl.Float64,
    "date": pl.Date,
}
FORMS = {
    "integer": (r"^-?\d+$", "a whole number, digits only"),
    "number": (r"^-?\d+(\.\d+)?([eE][+-]?\d+)?$", "a number, with a point for decimals"),
    "date": (r"^\d{4}-\d{2}-\d{2}$", "a day as YYYY-MM-DD"),
}


def parse(source: Source, table: Table, book: Book) -> tuple[pl.DataFrame, dict[str, pl.Series]]:
    """The typed columns of a source that the table knows.

    Returns:
        The typed frame (with the line column), and for each column with cells that are no value
        of the type a mask of these rows.
    """
    assert source.frame is not None
    known = [table[c] for c in source.columns if c in table]
    typed = source.frame.select(LINE, *(_cast(v, source.frame.schema[v.name], book) for v in known))
    lost = {}
    for variable in known:
        written = present(variable, source.frame.schema[variable.name])
        raw = source.frame.select(written.alias(variable.name)).to_series()
        mask = raw.is_not_null() & typed[variable.name].is_null()
        if mask.any():
            lost[variable.name] = mask
    return typed, lost


def _cast(variable: Variable, dtype: pl.DataType, book: Book) -> pl.Expr:
    column, wanted = present(variable, dtype), POLARS[variable.type]
    if dtype != pl.String:
        return column.cast(wanted, strict=False)
    codes = book.code_list(variable)
    if variable.labels and codes is not None:
        # Labels are spelled with a hyphen or a dash, by the same publisher.
        spelled = column.str.replace_all("\u2013", "-", literal=True)
        column = spelled.replace({code.label: str(code.code) for code in codes.codes})
    if wanted is pl.String:
        return column
    if wanted is pl.Date:
        formats = variable.formats or ("%Y-%m-%d",)
        # Strict forms first: the parser also takes days and months of one digit.
        column = pl.when(column.str.contains(FORMS["date"][0]) | bool(variable.formats)).then(
            column
        )
        return pl.coalesce(column.str.to_date(form, strict=False) for form in formats)
    sound = pl.when(column.str.contains(FORMS[variable.type][0])).then(column)
    return sound.cast(wanted, strict=False)


def present(variable: Variable, dtype: pl.DataType) -> pl.Expr:
    """A cell, null where it is one of the ways in which the variable says missing."""
    column = pl.col(variable.name)
    ways = [way for way in variable.missing_values if way]
    if not ways or not (dtype == pl.String or dtype.is_integer() or dtype.is_float()):
        return column
    return pl.when(~column.is_in(pl.Series(ways).cast(dtype, strict=False).to_list())).then(column)
