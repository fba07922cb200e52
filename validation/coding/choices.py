"""What the lists of a workbook offer: codes with their labels, ids with the names of their rows.

A cell then holds a value and what it is called, as `4: First-level division`. Here such a cell is
read as the value alone. What is neither a value nor a value with its own label is left as it is:
the check finds it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

import polars as pl

from ...codebook import Book, CodeList, Table, Variable
from ...codebook.nearest import folded_word
from ..reading.source import Source
from .pairing import name_variable, shared_tables

SIGN = ": "
"""What is between a value and its label."""


def with_label(value: str | int, label: str) -> str:
    """Return a value with its label, as the cell of a workbook shows it."""
    return f"{value}{SIGN}{label}" if label else str(value)


def labels_say_more(codes: CodeList) -> bool:
    """Return whether a list has labels that are not its codes again, as those of numbers."""
    return any(not _words(str(code.code)) <= _words(code.label) for code in codes.codes)


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", folded_word(text)))


def cell_of(codes: CodeList | None, value: str) -> str:
    """Return a code as the lists of a workbook offer it; another value as it is."""
    if codes is None or not labels_say_more(codes):
        return value
    label = next((code.label for code in codes.codes if str(code.code) == value), "")
    return with_label(value, label)


def named_by(book: Book, table: Table, variable: Variable) -> tuple[Table, Variable] | None:
    """Return the table that a variable points to, and the variable that names its rows.

    There is one for the ids of tables that coders share, such as actors and places.
    """
    key = table.key_of(variable.name)
    if key is None or variable.separator or key.table not in shared_tables(book):
        return None
    target = book.tables[key.table]
    name = name_variable(target)
    return None if name.name == key.target else (target, name)


def without_labels(book: Book, tables: Mapping[str, Source]) -> dict[str, Source]:
    """Return tables in which each cell of a value with its label has the value alone.

    Args:
        book: the codebook; labels in any of its languages are known.
        tables: the tables as read, by their names.
    """
    return {name: _without(book, book.tables[name], s, tables) for name, s in tables.items()}


def _without(book: Book, table: Table, source: Source, tables: Mapping[str, Source]) -> Source:
    frame = source.frame
    if frame is None:
        return source
    plain: list[pl.Expr] = []
    for variable in table.coded:
        if variable.name not in frame.columns or frame[variable.name].dtype != pl.String:
            continue
        if any(SIGN in cell for cell in frame[variable.name].drop_nulls()):
            meant = spellings(book, table, variable, tables)
            plain.append(pl.col(variable.name).replace(meant))
    return replace(source, frame=frame.with_columns(plain))


def spellings(
    book: Book, table: Table, variable: Variable, tables: Mapping[str, Source]
) -> dict[str, str]:
    """Return each way to write a value of a variable with codes or a key, and the value.

    Empty for other variables. The value alone comes before any other reading of a text.

    Args:
        book: the codebook.
        table: the table of the variable.
        variable: the variable.
        tables: the tables that keys point to, by their names.
    """
    found: dict[str, str] = {}
    codes = book.code_list(variable)
    if codes is not None:
        for language in (None, *book.languages):
            translated = book.in_language(language) if language else book
            for code in translated.code_lists[codes.name].codes:
                found[with_label(code.code, code.label)] = str(code.code)
        return found | {str(code): str(code) for code in codes.values}
    key = table.key_of(variable.name)
    if key is None or key.table not in tables or (frame := tables[key.table].frame) is None:
        return {}
    if key.target not in frame.columns:
        return {}
    ids = [one for one in frame[key.target].cast(pl.String) if one]
    named = named_by(book, table, variable)
    if named is not None and named[1].name in frame.columns:
        cells = frame.select(key.target, named[1].name).cast(pl.String).rows()
        # A blank after an id is a finding at the id, and not where it was chosen before.
        found = {with_label(one.strip(), name or ""): one.strip() for one, name in cells if one}
        found |= {with_label(one, name or ""): one for one, name in cells if one}
    return found | {one: one for one in ids}
