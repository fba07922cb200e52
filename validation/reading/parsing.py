"""Strings to typed values, by the book; a cell that is no value of its type is a finding."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from ...codebook import Book, Table, Variable
from ..types import POLARS
from .source import LINE, Source

FORMS = {
    "integer": "a whole number, digits only",
    "number": "a number, with a point for decimals",
    "date": "a day as YYYY-MM-DD",
}
ISO_DAY = r"^\d{4}-\d{2}-\d{2}$"


@dataclass(frozen=True)
class Parsed:
    """The typed columns of a source that its table knows, and the column of line numbers.

    `unreadable` marks, for each column that has such cells, those that are no value of its type;
    they are missing in `frame`.
    """

    frame: pl.DataFrame
    unreadable: dict[str, pl.Series]


def usual_forms(table: Table, kinds: Mapping[str, pl.DataType]) -> list[pl.Expr]:
    """Return the columns that the table knows, each value read in its usual form.

    Args:
        table: says what the columns are.
        kinds: the columns of the frame as read, and their types.
    """
    return [_plain(table[name], kind) for name, kind in kinds.items() if name in table]


def parse(source: Source, table: Table, book: Book, forms: list[pl.Expr] | None = None) -> Parsed:
    """Return the typed columns of a source.

    Args:
        source: the rows.
        table: says what the columns are.
        book: has the codes of labels.
        forms: the `usual_forms` of its columns, if they were compiled before.
    """
    assert source.frame is not None
    frame, kinds = source.frame, source.frame.schema
    typed = frame.select(LINE, *(usual_forms(table, kinds) if forms is None else forms))
    empty, unreadable = frame.null_count().row(0, named=True), {}
    for name, missing in typed.null_count().row(0, named=True).items():
        if missing == empty[name]:
            continue
        written = frame.select(_present(table[name], kinds[name])).to_series()
        values = _other_forms(table[name], written, typed[name], book)
        typed = typed.with_columns(values)
        if values.null_count() > written.null_count():
            unreadable[name] = values.is_null() & written.is_not_null()
    return Parsed(typed, unreadable)


def _plain(variable: Variable, kind: pl.DataType) -> pl.Expr:
    """A column as values of the variable's type in their usual form; null where a cell has another."""
    wanted, written = POLARS[variable.type], _present(variable, kind)
    if kind == wanted:
        return written
    if kind == pl.String and wanted is pl.Date:
        if variable.formats:
            return written.str.to_date(variable.formats[0], strict=False, cache=False)
        # The parser would also take days and months of one digit.
        strict = pl.when(written.str.contains(ISO_DAY)).then(written)
        return strict.str.to_date("%Y-%m-%d", strict=False, cache=False)
    typed = written.cast(wanted, strict=False)
    if kind == pl.String and wanted is pl.Float64:
        # Infinity and NaN are spelled in letters; no position and no count is one.
        return pl.when(typed.is_finite()).then(typed).alias(variable.name)
    return typed


def _other_forms(variable: Variable, written: pl.Series, typed: pl.Series, book: Book) -> pl.Series:
    """A column whose empty cells are tried in the other forms that the variable has."""
    codes = book.code_list(variable)
    if written.dtype != pl.String or typed.null_count() == written.null_count():
        return typed
    if variable.labels and codes is not None:
        labels = {code.label: code.code for code in codes.codes}
        # Labels are spelled with a hyphen or a dash, by the same publisher.
        spelled = written.str.replace_all("\u2013", "-", literal=True)
        return spelled.replace_strict(labels, default=None, return_dtype=typed.dtype).fill_null(
            typed
        )
    for form in variable.formats[1:]:
        left = (typed.is_null() & written.is_not_null()).arg_true()
        typed = typed.scatter(left, written.gather(left).str.to_date(form, strict=False))
    return typed


def _present(variable: Variable, kind: pl.DataType) -> pl.Expr:
    """A column, null where it is one of the ways in which the variable says missing."""
    cell, ways = pl.col(variable.name), [way for way in variable.missing_values if way]
    if not ways or not (kind == pl.String or kind.is_integer() or kind.is_float()):
        return cell
    missing = pl.Series(ways).cast(kind, strict=False).drop_nulls()
    return pl.when(~cell.is_in(missing.implode())).then(cell).alias(variable.name)
