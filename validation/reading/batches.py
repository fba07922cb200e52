"""Read files of any size in batches of rows with their physical lines; few batches are in memory.

Polars reads a batch of CSV, fast. If it finds other rows than the line breaks outside of quotation
marks make, or the batch has bytes that the two readers treat differently, the slow reader in `csv`
reads it again; its problems are exact.
"""

from __future__ import annotations

import gzip
import os
import zlib
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from io import BufferedIOBase
from pathlib import Path

import numpy as np
import polars as pl

from ..errors import InputError
from ..location import package_root
from ..missing import hint
from . import csv
from .csv import Head
from .formats import ensure_regular, refuse_other_formats
from .parquet import flat_columns, plain_frame, report_damage
from .read import WORKBOOKS
from .source import LINE, ProblemLog, Source

BLOCK = 12 << 20
"""Bytes of CSV in a batch, up to the rest of its last row."""

ROWS = 50_000
"""Rows in a batch of Parquet that is read, and in a row group that is written.

Of CSV with short rows a batch has about so many, too: each of them may have a dozen findings.
"""

PIECE = 1 << 19
"""Bytes that are counted at a time; few enough to stay in the processor's cache."""

LONGEST = 64 << 20
"""The maximum bytes of a row; after a quotation mark that is never closed, the rest is one row."""

Progress = Callable[[int], None]


@dataclass(frozen=True)
class Block:
    """Whole rows of a CSV file, beginning in line `first`; `head` is its header.

    `load` returns their bytes; `places` says where their line breaks and quotation marks are; `odd`
    is True if the two readers treat some of the bytes differently.
    """

    file: str
    head: Head
    load: Callable[[], bytes]
    first: int
    places: csv.Places
    odd: bool

    def read(self) -> Source:
        """Return the rows."""
        log, data = ProblemLog(self.file), self.load()
        frame = _fast(self, data)
        if frame is not None:
            frame = csv.without_unnamed_columns(log, self.head, frame)
        elif csv.is_text(log, data, self.first):
            frame = csv.rows(log, self.head, data, self.first)
        return log.source(frame)


@dataclass(frozen=True)
class Part:
    """Typed rows of a Parquet file, with their numbers."""

    file: str
    frame: pl.DataFrame

    def read(self) -> Source:
        """Return the rows."""
        return Source(self.file, self.frame, typed=True)


@dataclass(frozen=True)
class Stream:
    """A file or folder as batches; `start` has its header, and the problems of its beginning.

    `start.frame` is None if there is nothing to read. `log` has the problems of the file itself:
    those of the beginning, and more with each batch that is read.
    """

    start: Source
    batches: Iterator[Block | Part]
    log: ProblemLog


def open_stream(path: Path, progress: Progress) -> Stream:
    """Open a CSV file (also gzipped), a Parquet file, or a folder of Parquet files.

    Args:
        path: the file or folder.
        progress: called with the number of bytes read so far.

    Raises:
        InputError: it does not exist, cannot be opened, or is a folder without Parquet files.
    """
    ensure_regular(path)
    try:
        if path.is_dir():
            return _parquet(path, sorted(path.rglob("*.parquet")), progress)
        with path.open("rb") as stream:
            magic = stream.read(512)
        refuse_other_formats(path, magic)
        magic = magic[:4]
        if magic in WORKBOOKS:
            raise InputError(f"{path}: a workbook cannot be streamed; save it as CSV or Parquet")
        if magic == b"PAR1":
            return _parquet(path, [path], progress)
        return _csv(path, magic.startswith(b"\x1f\x8b"), progress)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file{hint(path)}") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from None


def _parquet(path: Path, files: list[Path], progress: Progress) -> Stream:
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not files:
        if package_root(path) == path.resolve():
            raise InputError(f"{path}: a package, which is checked as a whole: go to it first")
        raise InputError(f"{path}: a folder without Parquet files; name a file in it")
    for file in files:
        ensure_regular(file)
    log = ProblemLog(str(path))
    try:
        schema = pq.read_schema(files[0])
    except (pa.ArrowException, OSError) as error:
        report_damage(log, error)
        return Stream(log.source(None, typed=True), iter(()), log)
    columns = flat_columns(log, schema)
    if columns is None:
        return Stream(log.source(None, typed=True), iter(()), log)
    empty = plain_frame(schema.empty_table().select(columns), schema)
    start = log.source(empty.with_columns(pl.lit(None, pl.Int64).alias(LINE)), typed=True)

    def parts() -> Iterator[Part]:
        done = 0
        for file in files:
            of_file = log.for_part(str(file))
            try:
                names = pq.read_schema(file).names
                if set(names) != set(schema.names):
                    message = f"Its columns are not those of {files[0].name}. The file was skipped."
                    of_file.problem("other-columns", message)
                    continue
                # The columns of the first file are reported with the header.
                columns_log = ProblemLog(str(file)) if file == files[0] else of_file
                yield from _rows_of(
                    file, columns_log, lambda read, done=done: progress(done + read)
                )
            except (pa.ArrowException, OSError) as error:
                report_damage(of_file, error)
            done += file.stat().st_size

    return Stream(start, parts(), log)


def _rows_of(file: Path, log: ProblemLog, progress: Progress) -> Iterator[Part]:
    """Yield the rows of one Parquet file; report columns whose cells are not single values."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(file) as opened:
        schema = opened.schema_arrow
        columns = flat_columns(log, schema)
        row, size = 1, file.stat().st_size
        for batch in opened.iter_batches(ROWS, columns=columns):
            frame = plain_frame(batch, schema)
            numbers = pl.int_range(row, row + frame.height, dtype=pl.Int64)
            yield Part(str(file), frame.with_columns(numbers.alias(LINE)))
            row += frame.height
            progress(int(min(1, row / max(1, opened.metadata.num_rows)) * size))


@dataclass
class _Count:
    """Rows as they are read: how many bytes, where the line breaks and the quotation marks are.

    `ended`: a line has just ended. `odd`: there is a carriage return, which polars alone takes for
    a part of the line end, or a NUL, which the slow reader refuses. `cut`: the last row is too long
    and was not read to its end.
    """

    size: int = 0
    lines: int = 0
    quotes: int = 0
    breaks: list[np.ndarray] = field(default_factory=list[np.ndarray])
    marks: list[np.ndarray] = field(default_factory=list[np.ndarray])
    ended: bool = True
    odd: bool = False
    cut: bool = False

    def add(self, data: bytes) -> None:
        """Count more bytes."""
        codes = np.frombuffer(data, np.uint8)
        breaks = np.flatnonzero(codes == ord("\n"))
        marks = np.flatnonzero(codes == ord('"'))
        self.breaks.append(breaks + self.size)
        self.marks.append(marks + self.size)
        self.lines += len(breaks)
        self.quotes += len(marks)
        self.size += len(codes)
        self.ended = data.endswith(b"\n")
        self.odd = self.odd or b"\r" in data or b"\0" in data

    @property
    def places(self) -> csv.Places:
        """Where the line breaks and the quotation marks are."""
        return csv.Places(np.concatenate(self.breaks), np.concatenate(self.marks))

    @property
    def whole(self) -> bool:
        """Whether a row has just ended: a line end after an even number of quotes."""
        return self.ended and self.paired

    @property
    def paired(self) -> bool:
        """Whether every quote that was opened is closed."""
        return self.quotes % 2 == 0


def _counted_pieces(stream: BufferedIOBase, size: int, count: _Count) -> Iterator[bytes]:
    """Yield and count about `size` bytes or `ROWS`, piece by piece, up to the end of a row."""
    while (
        count.size < size
        and count.lines < ROWS
        and (data := stream.read(min(PIECE, size - count.size)))
    ):
        count.add(data)
        yield data
    most = max(size, count.size) + LONGEST
    while not count.whole and count.size <= most and (data := stream.readline(PIECE)):
        count.add(data)
        yield data
    count.cut = count.size > most and not count.whole


@dataclass(frozen=True)
class _Rows:
    """Counted whole rows, and the function that returns their bytes."""

    count: _Count
    load: Callable[[], bytes]


class _Plain:
    """A file that is cut at the ends of rows; only counted here, so that the workers read it."""

    def __init__(self, path: Path):
        self.path, self.stream = path, path.open("rb")

    def head(self, size: int) -> bytes:
        """Return about `size` bytes of the beginning, up to the end of a line."""
        return self.stream.read(size) + self.stream.readline(LONGEST)

    def put_back(self, data: bytes) -> None:
        """Put back the last bytes that were read."""
        self.stream.seek(-len(data), os.SEEK_CUR)

    def rows(self, size: int) -> _Rows:
        """Return the next rows, about `size` bytes; no rows at the end of the file."""
        start, count = self.stream.tell(), _Count()
        deque(_counted_pieces(self.stream, size, count), maxlen=0)
        return _Rows(count, partial(_bytes, self.path, start, count))

    def position(self) -> int:
        """Return how many bytes of the file were read."""
        return self.stream.tell()

    def close(self) -> None:
        """Close the file."""
        self.stream.close()


def _bytes(path: Path, start: int, count: _Count) -> bytes:
    with path.open("rb", buffering=0) as stream:
        stream.seek(start)
        return stream.read(count.size)


class _Zipped:
    """The same for a gzipped file; where it is damaged, it ends, and the damage is logged."""

    def __init__(self, path: Path, log: ProblemLog):
        self.raw, self.log, self.left = path.open("rb"), log, b""
        self.stream = gzip.GzipFile(fileobj=self.raw)

    def head(self, size: int) -> bytes:
        """Return about `size` bytes of the beginning, up to the end of a line."""
        with self._logging_damage():
            return self.stream.read(size) + self.stream.readline(LONGEST)
        return b""

    def put_back(self, data: bytes) -> None:
        """Put back the last bytes that were read."""
        self.left = data

    def rows(self, size: int) -> _Rows:
        """Return the next rows, about `size` bytes; no rows at the end of the file."""
        count = _Count()
        count.add(self.left)
        parts, self.left = [self.left], b""
        with self._logging_damage():
            parts += _counted_pieces(self.stream, size, count)
            return _Rows(count, lambda: b"".join(parts))
        return _Rows(_Count(), bytes)

    @contextmanager
    def _logging_damage(self) -> Iterator[None]:
        try:
            yield
        except (OSError, EOFError, zlib.error) as error:
            self.log.problem("gzip", f"The gzip file is damaged: {error}.")

    def position(self) -> int:
        """Return how many bytes of the file were read."""
        return self.raw.tell()

    def close(self) -> None:
        """Close the file."""
        self.raw.close()


def _csv(path: Path, zipped: bool, progress: Progress) -> Stream:
    log = ProblemLog(str(path))
    size = path.stat().st_size
    with _opened(path, zipped, log) as reader:
        data = reader.head(_piece(0, size))
    if len(data) > LONGEST and not data.endswith(b"\n"):
        csv.report_long_row(log, LONGEST, data.count(b"\n") + 1)
    head = None if log.findings else csv.read_head(log, data)
    if head is None:
        return Stream(log.source(None), iter(()), log)
    start = log.source(head.no_rows())

    def blocks() -> Iterator[Block]:
        # Opened again here, so that no file stays open if nobody asks for a batch.
        with _opened(path, zipped, log) as reader:
            reader.head(_piece(0, size))
            reader.put_back(head.body)
            first = head.first
            while (rows := reader.rows(_piece(reader.position(), size))).count.size:
                progress(reader.position())
                if not rows.count.paired:
                    log.problem("quotes", csv.UNPAIRED, csv.unclosed(rows.load(), first))
                elif rows.count.cut:
                    rows = _without_last_row(rows)
                    csv.report_long_row(log, LONGEST, first + rows.count.lines)
                    progress(size)
                count = rows.count
                if count.size:
                    yield Block(str(path), head, rows.load, first, count.places, count.odd)
                first += count.lines
                if count.cut:
                    return

    return Stream(start, blocks(), log)


def _without_last_row(rows: _Rows) -> _Rows:
    """Return the rows without the last one, which was not read to its end."""
    data = rows.load()
    data = data[: data.rfind(b"\n") + 1]
    count = _Count(cut=True)
    count.add(data)
    return _Rows(count, lambda: data)


def _opened(path: Path, zipped: bool, log: ProblemLog) -> closing[_Zipped | _Plain]:
    return closing(_Zipped(path, log) if zipped else _Plain(path))


def _piece(done: int, size: int) -> int:
    """Return how many bytes to read next: fewer at both ends, so that no thread waits long."""
    left = max(0, size - done)
    return max(BLOCK // 8, min(BLOCK, done, left // 3))


def _fast(block: Block, data: bytes) -> pl.DataFrame | None:
    """Return the rows as polars reads them; None if the slow reader must read them."""
    lines = None if block.odd else csv.line_numbers(data, block.places, block.first)
    if lines is None:
        return None
    strings = dict.fromkeys(block.head.header, pl.String)
    try:
        frame = pl.read_csv(data, has_header=False, schema=strings, null_values=[""]).rechunk()
    except (pl.exceptions.PolarsError, UnicodeDecodeError):
        return None
    # A row with too few cells ends in missing ones; where the rows are others, so are their lines.
    if frame.to_series(-1).null_count() or frame.height != len(lines):
        return None
    return frame.hstack([_numbers(lines).alias(LINE)])


def _numbers(numbers: np.ndarray) -> pl.Series:
    """Return whole numbers as polars has them, without the modules that it loads for other arrays."""
    import pyarrow as pa

    buffers = [None, pa.py_buffer(numbers.astype(np.int64, copy=False))]
    column = pa.Array.from_buffers(pa.int64(), len(numbers), buffers)
    # A batch is taken as it is; for an array alone polars loads Arrow's functions.
    return pl.DataFrame(pa.record_batch([column], names=[LINE])).to_series()
