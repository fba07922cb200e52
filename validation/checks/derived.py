"""Derived columns, and what rules look up along keys and in code lists."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import polars as pl

from ...codebook import Book, BookError, Table, Variable
from .check import Tables


def references(book: Book, table: Table) -> frozenset[str]:
    """All columns `key.field` that the rules and derivations of a table look up elsewhere."""
    wanted: set[str] = set()
    for rule in book.rules_on(table.name):
        wanted |= book.sql(table, rule.violates, lookups=True)[1]
    for variable in table.variables:
        if variable.derived and variable.derived.sql:
            wanted |= book.sql(table, variable.derived.sql, lookups=True)[1]
    return frozenset(wanted)


def _is_look_up(table: Table, reference: str) -> bool:
    """Whether a column `variable.attribute` is looked up in the variable's code list."""
    name = reference.split(".")[0]
    return "." in reference and name in table and bool(table[name].codes)


Step = Callable[[Any], Any]
"""From a frame to one with more columns; a step that joins nothing takes a lazy frame, too."""


def join_references(
    book: Book, table: Table, frame: pl.DataFrame, tables: Tables, wanted: Iterable[str]
) -> pl.DataFrame:
    """A frame with the wanted `key.field` columns, where their tables are at hand.

    References through a code list are looked up in it.

    A cell with a list of keys gets the list of the fields, with the same separator.
    """
    for step in _reference_steps(book, table, set(frame.columns), tables, wanted):
        frame = step(frame)
    return frame


def _reference_steps(
    book: Book, table: Table, columns: set[str], tables: Tables, wanted: Iterable[str]
) -> list[Step]:
    """How the wanted references come to a frame of these columns; the new ones are added to them."""
    looked_up, places, steps = [], {}, []
    for reference in sorted(set(wanted) - columns):
        name, field = reference.split(".")
        if name not in columns:
            continue
        if _is_look_up(table, reference):
            place, attribute = _look_up(book, table[name], field)
            looked_up.append(attribute.alias(reference))
            places[place.meta.output_name()] = place
        else:
            key = table.key_of(name)
            other = None if key is None else tables.get(key.table)
            if key is None or other is None or not {field, key.target} <= set(other.columns):
                continue
            found = other.select(
                pl.col(key.target).alias("__key"), pl.col(field).alias(reference)
            ).unique("__key", keep="first")
            steps.append(partial(_joined, name, table[name].separator, found))
        columns.add(reference)
    return [partial(_looked_up, places, looked_up), *steps] if looked_up else steps


def adding(expressions: list[pl.Expr]) -> Step:
    """A step that computes columns."""
    return lambda frame: frame.with_columns(expressions)


def _joined(name: str, separator: str, found: pl.DataFrame, frame: pl.DataFrame) -> pl.DataFrame:
    """A frame with what is found under the key, or the keys, in its column `name`."""
    if not separator:
        return frame.join(found, left_on=name, right_on="__key", how="left", maintain_order="left")
    reference = found.columns[1]
    lists = (
        frame.select(pl.col(name).alias("__cell"))
        .unique()
        .with_columns(pl.col("__cell").str.split(separator).alias("__key"))
        .explode("__key")
        .join(found, on="__key", how="left", maintain_order="left")
        .group_by("__cell", maintain_order=True)
        .agg(pl.col(reference).drop_nulls())
        .with_columns(pl.col(reference).list.join(separator))
        .drop_nulls("__cell")
    )
    return frame.join(lists, left_on=name, right_on="__cell", how="left", maintain_order="left")


def _look_up(book: Book, variable: Variable, attribute: str) -> tuple[pl.Expr, pl.Expr]:
    """Where in its list a code of a variable stands, and an attribute of the code that stands there.

    Several attributes are looked up with the places found once.
    """
    from ..reading.parsing import POLARS

    codes = book.code_list(variable)
    assert codes is not None
    cell, place = pl.col(variable.name), f"__place {variable.name}"
    texts = [value for value in codes.values if isinstance(value, str)]
    if len(texts) == len(codes.values):
        found = cell.cast(pl.String).cast(pl.Enum(texts), strict=False).to_physical()
    else:
        places = {value: number for number, value in enumerate(codes.values)}
        found = cell.replace_strict(places, default=None, return_dtype=pl.UInt32)
    values = pl.Series(codes.look_up(attribute).values(), dtype=POLARS[codes.type_of(attribute)])
    return found.alias(place), pl.lit(values).gather(place)


def _looked_up(places: dict[str, pl.Expr], attributes: list[pl.Expr], frame: Any) -> Any:
    """A frame with attributes of codes."""
    return frame.with_columns(places.values()).with_columns(attributes).drop(places)


def derive_columns(book: Book, table: Table, frame: pl.DataFrame, tables: Tables) -> pl.DataFrame:
    """A frame with the table's derived variables computed, in whatever order they need each other.

    A derivation whose inputs are not there is left out.
    """
    for step in derivation_steps(book, table, frame.columns, tables):
        frame = step(frame)
    return frame


def derivation_steps(book: Book, table: Table, names: Iterable[str], tables: Tables) -> list[Step]:
    """How frames of these columns get what the rules look up, and the table's derived variables.

    Compiled once, for as many frames as there are.
    """
    from ..reading.parsing import POLARS

    wanted, columns = references(book, table), set(names)
    steps = _reference_steps(book, table, columns, tables, wanted)
    left = {
        v.name: derivation(book, table, v).cast(POLARS[v.type]).alias(v.name)
        for v in table.variables
        if v.derived and v.name not in columns
    }
    while ready := [n for n, how in left.items() if set(how.meta.root_names()) <= columns]:
        steps.append(adding([left.pop(name) for name in ready]))
        columns.update(ready)
        steps += _reference_steps(book, table, columns, tables, wanted)
    return steps


def derivation(book: Book, table: Table, variable: Variable) -> pl.Expr:
    """How a derived variable is computed, as an expression."""
    assert variable.derived
    if variable.derived.days:
        first, last = (pl.col(name) for name in variable.derived.days)
        return (last - first).dt.total_days() + 1
    sql, _ = book.sql(table, variable.derived.sql, lookups=True)
    return _expression(book, sql, f"book.yaml:{variable.line}: variable {variable.name}")


def _expression(book: Book, sql: str, place: str) -> pl.Expr:
    """SQL as an expression.

    Raises:
        BookError: it is no SQL that can be run.
    """
    try:
        return pl.sql_expr(sql)
    except pl.exceptions.PolarsError as error:
        said = " ".join(str(error).split())[:200]
        raise BookError([f"{book.name}/{place}: not readable as SQL: {said}"]) from None
