"""The same rows in another file format: every column and every cell unchanged.

CSV knows no types, so that text goes there as it is. Elsewhere a column gets the type that the book
says, unless that would change a cell: a word where the book has a number, or a cell that is no
value of the type. Such a column stays text.
"""

from __future__ import annotations

import polars as pl

from ...codebook import Table
from ...validation.errors import InputError
from ...validation.reading.parsing import Parsed
from ...validation.reading.source import Source
from ...validation.types import POLARS
from .known_table import RecognisedFile


def text_columns(known: RecognisedFile) -> set[str]:
    """Return the columns that must stay text; reads the file to its end."""
    names: set[str] = set()
    for source, parsed in known.batches():
        assert source.frame is not None
        names |= set(parsed.unreadable)
        names |= {
            name
            for name in source.frame.columns
            if name in known.table and _has_labels(known.table, source.frame[name], parsed)
        }
    return names


def _has_labels(table: Table, written: pl.Series, parsed: Parsed) -> bool:
    """Return whether cells of a column of numbers spell their codes with words."""
    variable = table[written.name]
    if not variable.labels or written.dtype != pl.String:
        return False
    number = written.cast(POLARS[variable.type], strict=False)
    return bool((number.is_null() & parsed.frame[variable.name].is_not_null()).any())


def as_written(known: RecognisedFile, source: Source) -> pl.DataFrame:
    """Return rows as text, unchanged."""
    assert source.frame is not None
    return _named_as_in_file(known, source.frame)


def with_types(
    known: RecognisedFile, source: Source, parsed: Parsed, text: set[str]
) -> pl.DataFrame:
    """Return rows with the types of the book, except for columns that must stay text."""
    assert source.frame is not None
    columns = []
    for name in known.names:
        written = source.frame[name]
        if name not in known.table:
            columns.append(written)
        elif name in text or known.table[name].type == "string":
            columns.append(written.cast(pl.String))
        else:
            columns.append(_value(known.table, written, parsed.frame[name]))
    return _named_as_in_file(known, pl.DataFrame(columns))


def _value(table: Table, written: pl.Series, value: pl.Series) -> pl.Series:
    """Return typed cells; a number that means missing, such as -1, stays that number."""
    kind = value.dtype
    return value.fill_null(written.cast(kind, strict=False)) if kind.is_numeric() else value


def _named_as_in_file(known: RecognisedFile, frame: pl.DataFrame) -> pl.DataFrame:
    names = dict(zip(known.names, known.columns, strict=True))
    return frame.select(known.names).rename(names)


def ensure_no_lists(frame: pl.DataFrame, file: str) -> None:
    """Ensure that CSV can hold all columns.

    Raises:
        InputError: a column holds lists.
    """
    nested = [name for name, kind in frame.schema.items() if kind.is_nested()]
    if nested:
        raise InputError(f"{file}: CSV cannot hold lists, as in {', '.join(nested)}; write Parquet")
