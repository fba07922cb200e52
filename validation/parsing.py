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
    "integer": "a whole number, digits only",
    "number": "a number, with a point for decimals",
    "date": "a day as YYYY-MM-DD",
}
ISO_DAY = r"^\d{4}-\d{2}-\d{2}$"


def parse(source: Source, table: Table, book: Book) -> tuple[pl.DataFrame, dict[str, pl.Series]]:
    """The typed columns of a source that the table knows.

    Returns:
        The typed frame (with the line column), and for each column with cells that are no value
        of the type a mask of these rows.
    """
    assert source.frame is not None
    columns, lost = [source.frame[LINE]], {}
    for name in source.columns:
        if name not in table:
            continue
        written = _present(table[name], source.frame[name])
        typed = cast(table[name], written, book)
        columns.append(typed)
        if typed.null_count() > written.null_count():
            lost[name] = typed.is_null() & written.is_not_null()
    return pl.DataFrame(columns), lost


def cast(variable: Variable, written: pl.Series, book: Book) -> pl.Series:
    """A column as values of the variable's type; null where a cell is none."""
    wanted = POLARS[variable.type]
    if written.dtype != pl.String:
        return written.cast(wanted, strict=False)
    codes = book.code_list(variable)
    if variable.labels and codes is not None:
        return _codes_of(written, {code.label: code.code for code in codes.codes}, wanted)
    if wanted is pl.Date:
        return _days(written, variable.formats)
    typed = written.cast(wanted, strict=False)
    if wanted is pl.Float64 and not typed.is_finite().all():
        # Infinity and NaN are spelled in letters; no position and no count is one.
        typed = pl.select(pl.when(typed.is_finite()).then(typed)).to_series().alias(variable.name)
    return typed


def _codes_of(
    written: pl.Series, labels: dict[str, str | int], wanted: type[pl.DataType]
) -> pl.Series:
    """Cells that hold a code or its label, as codes."""
    typed = written.cast(wanted, strict=False)
    if typed.null_count() == written.null_count():
        return typed
    # Labels are spelled with a hyphen or a dash, by the same publisher.
    spelled = written.str.replace_all("\u2013", "-", literal=True)
    found = spelled.replace_strict(labels, default=None, return_dtype=wanted)
    return found.fill_null(typed) if typed.null_count() < typed.len() else found


def _days(written: pl.Series, formats: tuple[str, ...]) -> pl.Series:
    """Days in one of several forms; each form is tried on what the ones before left over."""
    if not formats:
        # The parser would also take days and months of one digit.
        strict = pl.select(pl.when(written.str.contains(ISO_DAY)).then(written)).to_series()
        return strict.alias(written.name).str.to_date("%Y-%m-%d", strict=False, cache=False)
    typed = written.str.to_date(formats[0], strict=False, cache=False)
    for form in formats[1:]:
        if typed.null_count() == written.null_count():
            break
        left = (typed.is_null() & written.is_not_null()).arg_true()
        typed = typed.scatter(left, written.gather(left).str.to_date(form, strict=False))
    return typed


def _present(variable: Variable, column: pl.Series) -> pl.Series:
    """A column, null where it is one of the ways in which the variable says missing."""
    ways = [way for way in variable.missing_values if way]
    kind = column.dtype
    if not ways or not (kind == pl.String or kind.is_integer() or kind.is_float()):
        return column
    missing = column.is_in(pl.Series(ways).cast(kind, strict=False).to_list())
    return pl.select(pl.when(~missing).then(column)).to_series().alias(column.name)
