"""Read one file as a table of a release: typed if a codebook knows its layout, else as text.

A large CSV file is read in batches, so that memory never holds its bytes, its text and its values
at the same time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from ...codebook import Book, Table
from ...validation.errors import InputError
from ...validation.files.atomic import unchanged_while_reading
from ...validation.findings import Finding
from ...validation.reading import layouts
from ...validation.reading.batches import open_stream
from ...validation.reading.parsing import parse
from ...validation.reading.read import JSON, read
from ...validation.reading.source import LINE, WORKBOOKS, Source
from ...validation.schemas.table_schema import table_schema

LARGE = 16 << 20
"""The size in bytes from which on a CSV file is read in batches."""
NOT_IN_BATCHES = (*WORKBOOKS, b"PAR1", b"\x1f\x8b")
"""The first bytes of files that are read at once."""


@dataclass(frozen=True)
class SingleTable:
    """The table of a file, with its Table Schema; `book` is None if no codebook has its layout."""

    name: str
    book: Book | None
    frame: pl.DataFrame
    schema: dict[str, Any]


def read_single_table(path: Path) -> SingleTable:
    """Read a CSV, Parquet or XLSX file.

    A column with cells that are not values of its type is text: values in their usual form, other
    cells unchanged. So is a column that its table does not have.

    Raises:
        InputError: it cannot be read, or has no table.
    """
    with unchanged_while_reading(path):
        sources = _sources(path)
        start = next(sources)
        recognised = layouts.identify(start, layouts.choose_book(None, near=path))
        if isinstance(recognised, Finding):
            name, book, frame = "table", None, _as_text(sources)
            fields = [{"name": column, "type": "string"} for column in frame.columns]
            schema: dict[str, Any] = {"fields": fields, "primaryKey": frame.columns[:1]}
        else:
            book, table = recognised
            frame, name = _together(_typed(s, book, table) for s in sources), table.name
            schema = table_schema(book, table)
            known = {field["name"]: field for field in schema["fields"]}
            schema["fields"] = [known.get(c, {"name": c, "type": "string"}) for c in frame.columns]
    return SingleTable(name, book, frame, schema)


def _sources(path: Path) -> Iterator[Source]:
    """Yield the beginning of a file, which has its columns, and then all rows, in batches.

    Raises:
        InputError: it cannot be read.
    """
    if not _is_in_batches(path):
        source = _sound(path, read(path))
        yield source
        yield source
        return
    stream = open_stream(path, lambda done: None)
    yield _sound(path, stream.start)
    yield stream.start
    for batch in stream.batches:
        yield _sound(path, batch.read())
    _refuse_errors(path, stream.log.findings)


def _is_in_batches(path: Path) -> bool:
    if not path.is_file() or path.stat().st_size < LARGE or path.suffix.lower() == ".json":
        return False
    with path.open("rb") as stream:
        first = stream.read(512)
    return not first.startswith(NOT_IN_BATCHES) and not JSON.match(first)


def _sound(path: Path, source: Source) -> Source:
    _refuse_errors(path, source.findings)
    if source.frame is None:
        raise InputError(f"{path}: not a table eventbook check {path} says more")
    return source


def _refuse_errors(path: Path, findings: Iterable[Finding]) -> None:
    for finding in findings:
        if finding.severity == "error":
            raise InputError(f"{path}: {finding.message} eventbook check {path} says more")


def _as_text(sources: Iterable[Source]) -> pl.DataFrame:
    """Return the rows as they are in the file."""
    return pl.concat([s.frame.drop(LINE) for s in sources if s.frame is not None])


def _typed(source: Source, book: Book, table: Table) -> pl.DataFrame:
    """Return the rows of a batch, typed; a column is text if not all of its cells have the type."""
    source = layouts.fold(table, source)
    parsed = parse(source, table, book)
    written = source.frame
    assert written is not None
    columns = []
    for column in source.columns:
        if column not in parsed.frame.columns:
            columns.append(written[column].cast(pl.String))
        elif column in parsed.unreadable:
            text = parsed.frame[column].cast(pl.String)
            columns.append(
                written[column].cast(pl.String).zip_with(parsed.unreadable[column], text)
            )
        else:
            columns.append(parsed.frame[column])
    return pl.DataFrame(columns)


def _together(batches: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """Return the rows of all batches; a column that is text in one of them is text in all."""
    frames = list(batches)
    text = {name for frame in frames for name, kind in frame.schema.items() if kind == pl.String}
    return pl.concat([frame.with_columns(pl.col(text).cast(pl.String)) for frame in frames])
