"""What people call a value: the label of a code, the name of the row that a key points to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import polars as pl

from ...codebook import Book, Table
from ..tables.build import Frames
from .layout import Layout, name_columns

LOOKED_UP = re.compile(r"\{(?P<key>\w+)\.(?P<name>\w+)\}")
"""The derivation of a column that is the name of what a key points to."""

Names = Mapping[str, Mapping[str, str]]
"""For each table whose rows have names, the names by the keys."""


def labelled(book: Book, names: Names, table: Table, name: str, value: object) -> str:
    """Return a value of a variable as people read it; one that has no label as it is.

    Args:
        book: the book of the table.
        names: the names of rows, from `row_names`.
        table: the table of the variable.
        name: the variable.
        value: the value, or several with the separator of the variable.
    """
    variable, key = table[name], table.key_of(name)
    labels: Mapping[str, str] = names.get(key.table, {}) if key else {}
    if codes := book.code_list(variable):
        labels = {str(code.code): code.label for code in codes.codes}
    parts = str(value).split(variable.separator) if variable.separator else [str(value)]
    return ", ".join(labels.get(part, part) for part in parts)


def row_names(book: Book, tables: Frames) -> Names:
    """Return the names of the rows of a package that other tables show instead of their keys."""
    return dict(_names(book, tables))


def _names(book: Book, tables: Frames) -> Iterator[tuple[str, Mapping[str, str]]]:
    for table in book.tables.values():
        for column, name in name_columns(table.roles).items():
            derived = table[name].derived if name in table else None
            source = LOOKED_UP.fullmatch(derived.sql) if derived else None
            key = table.key_of(column)
            if source is None or key is None or key.table not in tables:
                continue
            rows = tables[key.table]
            if key.target in rows and source["name"] in rows:
                pairs = rows.select(key.target, source["name"]).drop_nulls()
                yield key.table, {str(one): str(called) for one, called in pairs.iter_rows()}


def named(layout: Layout, book: Book, names: Names, rows: pl.DataFrame) -> Layout:
    """Return a layout whose keys have the names of what they point to as labels.

    Keys of which a column of the same rows has the names need no labels.
    """
    table = book.tables[layout.table]
    facts = {
        name: {**known, **_labels(table, name, names, rows)} if "names" not in known else known
        for name, known in layout.variables.items()
    }
    return replace(layout, variables=facts)


def _labels(table: Table, name: str, names: Names, rows: pl.DataFrame) -> dict[str, Any]:
    key, separator = table.key_of(name), table[name].separator
    known = names.get(key.table, {}) if key else {}
    if not known or name not in rows:
        return {}
    values = rows[name].cast(pl.String).drop_nulls()
    if separator:
        values = values.str.split(separator).explode()
    labels = {value: known[value] for value in values.unique().sort() if value in known}
    return {"labels": labels} if labels else {}
