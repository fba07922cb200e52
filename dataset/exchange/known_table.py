"""Reading a file of any known layout: in batches, or as one typed table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NoReturn

import polars as pl

from ...codebook import Book, Table
from ...validation.errors import InputError
from ...validation.findings import Finding
from ...validation.progress import step
from ...validation.reading import layouts
from ...validation.reading.batches import ROWS, Stream, open_stream
from ...validation.reading.parsing import Parsed, parse
from ...validation.reading.read import read_all
from ...validation.reading.source import LINE, WORKBOOKS, Source

STREAMED = 16 << 20
"""The size in bytes from which on a file is read in batches."""


@dataclass
class RecognisedFile:
    """A file of a known layout that is being read.

    `columns` are its columns as it writes them, `names` the same as the book does, in the same
    order; `typed` says that the file itself has types. `unread` counts the cells of each column
    that are no value of its type, as far as the file was read.
    """

    file: str
    book: Book
    table: Table
    variant: str
    columns: tuple[str, ...]
    names: tuple[str, ...]
    typed: bool
    sources: Iterator[Source]
    unread: dict[str, int] = field(default_factory=dict)

    @property
    def unknown(self) -> tuple[str, ...]:
        """The columns that the book does not have."""
        return tuple(name for name in self.names if name not in self.table)

    @property
    def missing(self) -> tuple[str, ...]:
        """The columns of its layout that the file does not have."""
        expected = layouts.expected_columns(self.table, self.columns)
        return tuple(name for name in expected if name not in self.names)

    def batches(self) -> Iterator[tuple[Source, Parsed]]:
        """Yield the rows in batches, as written and typed; columns are named as in the book.

        Raises:
            InputError: a part of the file cannot be read.
        """
        for source in self.sources:
            _ensure_read(self.file, source)
            source = layouts.fold(self.table, source)
            parsed = parse(source, self.table, self.book)
            for name, mask in parsed.unreadable.items():
                self.unread[name] = self.unread.get(name, 0) + int(mask.sum())
            yield source, parsed


@dataclass(frozen=True)
class RecognisedTable:
    """A file of a known layout: its typed rows, and what could not be read of it.

    `unread` counts the cells of each column that are no value of its type; `unknown` are columns
    that the book does not have, `extra` has their cells; `missing` are columns of its layout that
    the file does not have.
    """

    file: str
    book: Book
    table: Table
    variant: str
    frame: pl.DataFrame
    unread: dict[str, int]
    unknown: tuple[str, ...]
    extra: pl.DataFrame = field(default_factory=pl.DataFrame)
    missing: tuple[str, ...] = ()


def open_recognised(path: Path, book: str | Path | Book | None = None) -> RecognisedFile:
    """Open a file of a known layout.

    Args:
        path: a CSV, gzipped CSV, Parquet or XLSX file.
        book: the codebook, its name or folder; recognised from the columns if left out.

    Raises:
        InputError: the file cannot be read, or is of no known layout.
    """
    start, sources = _opened(path)
    if start.frame is None:
        _refuse(str(path), start.findings)
    recognised = layouts.identify(start, layouts.choose_book(book, near=path))
    if isinstance(recognised, Finding):
        _refuse(str(path), [*start.findings, recognised])
    _ensure_read(str(path), start)
    its_book, table = recognised
    columns = tuple(start.columns)
    return RecognisedFile(
        str(path),
        its_book,
        table,
        layouts.variant_name(table, columns),
        columns,
        tuple(layouts.folded(table, columns)),
        start.typed,
        _at_least_one(start, sources),
    )


def read_recognised(path: Path, book: str | Path | Book | None = None) -> RecognisedTable:
    """Read a file of a known layout as a typed table.

    Args:
        path: a CSV, gzipped CSV, Parquet or XLSX file.
        book: the codebook, its name or folder; recognised from the columns if left out.

    Raises:
        InputError: the file cannot be read, or is of no known layout.
    """
    step(f"reading {path.name}")
    opened = open_recognised(path, book)
    frames, extra = [], []
    for source, parsed in opened.batches():
        assert source.frame is not None
        frames.append(parsed.frame.drop(LINE))
        extra.append(source.frame.select(opened.unknown))
    return RecognisedTable(
        opened.file,
        opened.book,
        opened.table,
        opened.variant,
        pl.concat(frames),
        opened.unread,
        opened.unknown,
        pl.concat(extra, how="vertical_relaxed"),
        opened.missing,
    )


def _opened(path: Path) -> tuple[Source, Iterator[Source]]:
    """Return the header of a file as a source, and its rows in batches, at least one of them."""
    if _is_streamed(path):
        stream = open_stream(path, lambda done: None)
        return stream.start, _batches(path, stream)
    source = read_all(path)[0]
    if source.frame is None or not source.frame.height:
        return source, iter([source])
    parts = source.frame.iter_slices(ROWS)
    return source, (replace(source, frame=part, findings=()) for part in parts)


def _is_streamed(path: Path) -> bool:
    """Return whether a file is read in batches: a large one, or Parquet, which is large unpacked."""
    if not path.is_file():
        return False
    with path.open("rb") as stream:
        magic = stream.read(4)
    large = magic == b"PAR1" or path.stat().st_size >= STREAMED
    return large and magic not in WORKBOOKS


def _batches(path: Path, stream: Stream) -> Iterator[Source]:
    """Yield the batches of a stream, and refuse errors that come to light at its end."""
    for batch in stream.batches:
        yield batch.read()
    if any(finding.severity == "error" for finding in stream.log.findings):
        _refuse(str(path), stream.log.findings)


def _at_least_one(start: Source, sources: Iterator[Source]) -> Iterator[Source]:
    """Yield the batches, or the header alone if there are none."""
    empty = True
    for source in sources:
        empty = False
        yield source
    if empty:
        yield start


def _ensure_read(file: str, source: Source) -> None:
    """Ensure that a source could be read.

    Raises:
        InputError: it could not.
    """
    if source.errors or source.frame is None:
        _refuse(file, source.findings)


def _refuse(file: str, findings: Iterable[Finding]) -> NoReturn:
    """Raise the first errors among findings.

    Raises:
        InputError: always.
    """
    errors = [finding for finding in findings if finding.severity == "error"]
    errors.sort(key=lambda finding: finding.line or 0)
    messages = (f"line {f.line}: {f.message}" if f.line else f.message for f in errors[:3])
    raise InputError(f"{file}: {'; '.join(messages) or 'nothing to read'}")
