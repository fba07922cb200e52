"""Tables that are computed from others, as the book says: cells with lists taken apart into rows."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from ...codebook import Book, Table
from ...codebook.model import TableDerivation, Unnesting
from ..reading.source import LINE
from ..types import POLARS
from .derived import collected, unusual_values

ORDER, ROW = "__order", "__row"


def derived_table(book: Book, table: Table, tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Return the rows of a derived table.

    Each value of the cells that the book names becomes a row, with the columns that both tables
    share and the values that the book sets; then each member of a composite one. A row whose key
    occurs twice keeps its first place.

    Args:
        book: the codebook.
        table: the derived table.
        tables: the typed tables that it is computed from.
    """
    how = table.derived
    assert how is not None
    source, rows = book.tables[how.source], _spread(book, how, tables[how.source])
    rows = _with_rest(book, table, rows, tables)
    keys = {part.into for part in how.spread}
    kept = {*source.names, *keys, LINE} & set(rows.columns)
    shared = [n for n in (*table.names, LINE) if n in kept and n != how.into]
    parts = [
        _unnested(table, part, rows, shared, source[part.column].separator, order)
        for order, part in enumerate(how.unnest)
        if part.column in rows.columns
    ]
    if not parts:
        # A table that lacks the column names no values.
        into = pl.lit(None, POLARS[table[how.into].type]).alias(how.into)
        parts = [rows.clear().select(*shared, into, pl.lit(0, pl.Int64).alias(ORDER)).clear()]
    whole = _of_own_table(book, table, pl.concat(parts)).with_row_index(ROW)
    key = table.key_of(how.into)
    if how.members is not None and key is not None and key.table in tables:
        members = tables[key.table].select(key.target, how.members.column).drop_nulls()
        named = whole.join(members, left_on=how.into, right_on=key.target, how="inner")
        separator = book.tables[key.table][how.members.column].separator
        # The members come after all that the cells themselves name.
        composed = _unnested(table, how.members, named, [*shared, ROW], separator, len(how.unnest))
        others = [n for n in whole.columns if n not in composed.columns]
        composed = composed.join(whole.select(ROW, *others), on=ROW, how="left")
        whole = pl.concat([whole, composed.select(whole.columns)])
    within = list(how.within) or shared
    whole = whole.sort(*within, ORDER, ROW, maintain_order=True)
    names = [n for n in table.primary_key if n in whole.columns]
    if names and all(table[name].derived is None for name in table.primary_key):
        whole = whole.unique(names, keep="first", maintain_order=True)
    if how.number:
        number = pl.int_range(pl.len(), dtype=pl.Int64).over(within) + 1
        whole = whole.with_columns(number.alias(how.number))
    return whole.select(n for n in (*table.names, LINE) if n in whole.columns)


def copied_columns(book: Book, table: Table) -> set[str]:
    """Return the columns of a derived table whose cells are cells of the table that it is from."""
    how = table.derived
    assert how is not None
    parts = [*how.unnest, *([how.members] if how.members else [])]
    made = {how.into, how.number, *(part.into for part in how.spread)}
    made |= {name for part in parts for name in part.fixed}
    return {name for name in book.tables[how.source].names if name in table} - made


def _spread(book: Book, how: TableDerivation, rows: pl.DataFrame) -> pl.DataFrame:
    """Return rows, one for each key in the lists that the book names, one for a row without any."""
    parts = [part for part in how.spread if part.column in rows.columns]
    if not parts:
        return rows
    source, intos = book.tables[how.source], [part.into for part in parts]
    blank = rows.with_columns(pl.lit(None, pl.String).alias(into) for into in intos)
    spread = [blank.filter(pl.all_horizontal(pl.col(part.column).is_null() for part in parts))]
    for part in parts:
        keys = pl.col(part.column).str.split(source[part.column].separator)
        named = blank.drop_nulls(part.column)
        spread.append(named.with_columns(keys.alias(part.into)).explode(part.into))
    return pl.concat(spread)


def _with_rest(
    book: Book, table: Table, rows: pl.DataFrame, tables: Mapping[str, pl.DataFrame]
) -> pl.DataFrame:
    """Return rows in which an empty list of variables names all that no other row carries.

    That is each value that takes a quote, in the row that this one points to.
    """
    how = table.derived
    assert how is not None
    codes = book.code_list(table[how.into])
    if codes is None or not codes.of_variables or len(how.unnest) != 1:
        return rows
    (part,) = how.unnest
    column = part.column
    if column not in rows.columns or not rows[column].has_nulls():
        return rows
    separator = book.tables[how.source][column].separator
    left = rows
    for key in table.foreign_keys:
        spread = key.field in left.columns and key.field in [part.into for part in how.spread]
        target = tables.get(key.table)
        if not spread or target is None or key.target not in target.columns:
            continue
        coded = values_with_quotes(book, book.tables[key.table], target, key.target)
        named = rows.select(
            pl.col(key.field), pl.col(column).str.split(separator).alias("__variable")
        )
        carried = named.drop_nulls(key.field).explode("__variable").drop_nulls().unique()
        rest = (
            coded.rename({key.target: key.field})
            .join(carried, on=[key.field, "__variable"], how="anti", maintain_order="left")
            .group_by(key.field, maintain_order=True)
            .agg(pl.col("__variable").str.join(separator).alias("__rest"))
        )
        left = left.join(rest, on=key.field, how="left", maintain_order="left")
        left = left.with_columns(pl.coalesce(column, "__rest").alias(column)).drop("__rest")
    return left


def values_with_quotes(book: Book, table: Table, rows: pl.DataFrame, target: str) -> pl.DataFrame:
    """Return the values of rows that need a quote, each as the key of its row and its variable."""
    other = unusual_values(book, table, rows.columns)
    names = [v.name for v in table.coded if v.evidence and v.name in rows.columns]
    typed = (other.get(name, pl.col(name).is_not_null()).alias(name) for name in names)
    marked = rows.lazy().select(target, *typed)
    long = marked.unpivot(on=names, index=target, variable_name="__variable", value_name="__typed")
    return collected(long.filter("__typed").drop("__typed"))


def _of_own_table(book: Book, table: Table, rows: pl.DataFrame) -> pl.DataFrame:
    """Return rows without the variables that the table which they point to does not have.

    A quote may carry different variables of several rows; which are whose follows from the tables.
    """
    how = table.derived
    assert how is not None
    codes = book.code_list(table[how.into])
    if codes is None or not codes.of_variables:
        return rows
    spread = [part.into for part in how.spread if part.into in rows.columns]
    fits = pl.lit(True)
    for key in (key for key in table.foreign_keys if key.field in rows.columns):
        names_row = pl.col(key.field).is_not_null()
        if key.field not in spread:
            # The row itself, such as a document, where it names no other.
            names_row = pl.all_horizontal(pl.col(name).is_null() for name in spread)
        own = [v.name for v in book.tables[key.table].coded if v.evidence]
        fits = fits & (~names_row | pl.col(how.into).is_in(own))
    return rows.filter(fits)


def _unnested(
    table: Table, part: Unnesting, rows: pl.DataFrame, shared: list[str], separator: str, order: int
) -> pl.DataFrame:
    """Return a row for each value in the cells of one column."""
    how = table.derived
    assert how is not None
    cell = pl.col(part.column)
    values = cell.str.split(separator) if separator else cell
    frame = rows.select(*shared, values.alias(how.into))
    frame = frame.explode(how.into) if separator else frame
    fixed = [pl.lit(v, POLARS[table[n].type]).alias(n) for n, v in part.fixed.items()]
    return frame.drop_nulls(how.into).with_columns(*fixed, pl.lit(order, pl.Int64).alias(ORDER))
