"""Files of any size as batches of rows, each with its physical lines; memory holds a few batches.

A batch of CSV is read by polars, fast. Where the result does not account for every line, or the
bytes hold what the two readers treat differently, the batch is read again by the slow reader of
`reading`, whose findings are exact.
"""

from __future__ import annotations

import gzip
import os
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import polars as pl

from . import reading
from .errors import InputError
from .reading import LINE, Beginning, Source

BLOCK = 16 << 20
"""Bytes of CSV in a batch."""

ROWS = 50_000
"""Rows of Parquet in a batch."""

PEEK = 1 << 16
"""Bytes in which the end of a line is looked for."""

LONGEST = 256 << 20
"""Bytes that one row may have; a quotation mark that is never closed makes the rest one row."""

Progress = Callable[[int], None]


@dataclass(frozen=True)
class Block:
    """Whole rows of a CSV file as bytes, from line `first` on; `begun` is the head of the file.

    `lines` counts the line breaks.
    """

    file: str
    begun: Beginning
    data: bytes
    first: int
    lines: int

    def read(self, hints: list[str]) -> Source:
        """The rows as a source; `hints` are columns that had line breaks before, the last first."""
        source = Source(self.file, None)
        source.frame = _fast(self, hints)
        if source.frame is None and reading.is_text(source, self.data, self.first):
            source.frame = reading.rows(source, self.begun, self.data, self.first)
        return source


@dataclass(frozen=True)
class Part:
    """Rows of a Parquet file, typed, with their numbers."""

    file: str
    frame: pl.DataFrame

    def read(self, hints: list[str]) -> Source:
        """The rows as a source."""
        return Source(self.file, self.frame, typed=True)


@dataclass(frozen=True)
class Stream:
    """A file or folder as batches; `start` holds the header and what is wrong with the beginning.

    `start.frame` is None if there is nothing to read.
    """

    start: Source
    batches: Iterator[Block | Part]


def open_stream(path: Path, progress: Progress) -> Stream:
    """A CSV file (also gzipped), a Parquet file, or a folder of Parquet files, to be read in batches.

    Args:
        path: the file or folder.
        progress: is told how many bytes of the file were read so far.

    Raises:
        InputError: it is not there, cannot be opened, or a folder without Parquet files.
    """
    try:
        if path.is_dir():
            return _parquet(path, sorted(path.rglob("*.parquet")), progress)
        with path.open("rb") as stream:
            magic = stream.read(4)
        if magic in reading.WORKBOOKS:
            raise InputError(f"{path}: a workbook is not streamed; save it as CSV or Parquet")
        if magic == b"PAR1":
            return _parquet(path, [path], progress)
        return _csv(path, magic.startswith(b"\x1f\x8b"), progress)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file{reading.near(path)}") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from None


def _parquet(path: Path, files: list[Path], progress: Progress) -> Stream:
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not files:
        raise InputError(f"{path}: a folder without Parquet files")
    start = Source(str(path), None, typed=True)
    try:
        schema = pq.read_schema(files[0])
    except pa.ArrowException as error:
        start.problem("parquet", f"Not readable as Parquet: {' '.join(str(error).split())[:200]}.")
        return Stream(start, iter(()))
    empty = pl.DataFrame(pl.from_arrow(schema.empty_table()))
    start.frame = empty.with_columns(pl.lit(None, pl.Int64).alias(LINE))

    def parts() -> Iterator[Part]:
        done = 0
        for file in files:
            try:
                names = pq.read_schema(file).names
            except (pa.ArrowException, OSError) as error:
                said = f"Not readable as Parquet: {' '.join(str(error).split())[:200]}."
                Source(str(file), None, findings=start.findings).problem("parquet", said)
                continue
            if set(names) != set(schema.names):
                said = f"Other columns than {files[0].name} has. The file was left out."
                Source(str(file), None, findings=start.findings).problem("other-columns", said)
                continue
            with pq.ParquetFile(file) as opened:
                row = 1
                for batch in opened.iter_batches(ROWS):
                    frame = pl.DataFrame(pl.from_arrow(batch))
                    frame = frame.with_columns(pl.col(pl.Categorical, pl.Enum).cast(pl.String))
                    numbers = pl.int_range(row, row + frame.height, dtype=pl.Int64)
                    yield Part(str(file), frame.with_columns(numbers.alias(LINE)))
                    row += frame.height
                    share = row / max(1, opened.metadata.num_rows)
                    progress(done + int(min(1, share) * file.stat().st_size))
            done += file.stat().st_size

    return Stream(start, parts())


class _Plain:
    """The bytes of a file by whole lines, without copying them twice."""

    def __init__(self, raw: BinaryIO):
        self.raw, self.at = raw, 0

    def take(self, size: int) -> bytes:
        """About so many bytes, up to the end of a line; none at the end of the file."""
        ahead, handle = 0, self.raw.fileno()
        while size and (window := os.pread(handle, PEEK, self.at + size + ahead)):
            found = window.find(b"\n")
            ahead += len(window) if found < 0 else found + 1
            if found >= 0:
                break
        data = os.pread(handle, size + ahead, self.at)
        self.at += len(data)
        return data

    def line(self) -> bytes:
        """The next line."""
        self.raw.seek(self.at)
        data = self.raw.readline()
        self.at += len(data)
        return data

    def position(self) -> int:
        """How many bytes of the file were read."""
        return self.at


class _Zipped:
    """The same of a gzipped file; where the compression breaks is the end, and is noted."""

    def __init__(self, raw: BinaryIO, source: Source):
        self.raw, self.source = raw, source
        self.stream = gzip.GzipFile(fileobj=raw)

    def take(self, size: int) -> bytes:
        """About so many bytes, up to the end of a line; none at the end of the file."""
        try:
            data = self.stream.read(size)
            return data if data.endswith(b"\n") else data + self.stream.readline()
        except (OSError, EOFError, zlib.error) as error:
            self.source.problem("gzip", f"The gzip file is damaged: {error}.")
            return b""

    def line(self) -> bytes:
        """The next line."""
        return self.take(0)

    def position(self) -> int:
        """How many bytes of the file were read."""
        return self.raw.tell()


def _csv(path: Path, zipped: bool, progress: Progress) -> Stream:
    raw = path.open("rb")
    start = Source(str(path), None)
    reader = _Zipped(raw, start) if zipped else _Plain(raw)
    size = path.stat().st_size
    data = reader.take(_piece(0, size))
    begun = None if start.findings else reading.begin(start, data)
    if begun is None:
        raw.close()
        return Stream(start, iter(()))
    start.frame = pl.DataFrame(schema=dict.fromkeys(begun.header, pl.String) | {LINE: pl.Int64})

    def blocks() -> Iterator[Block]:
        with raw:
            first, data = begun.first, begun.body or reader.take(BLOCK)
            while data:
                data, paired = _to_row_end(data, reader)
                progress(reader.position())
                if not paired:
                    start.problem("quotes", reading.UNPAIRED, reading.unclosed(data, first))
                lines = count(data, b"\n")
                yield Block(str(path), begun, data, first, lines)
                first += lines
                if len(data) > LONGEST:
                    return
                data = reader.take(_piece(reader.position(), size))

    return Stream(start, blocks())


def count(data: bytes, byte: bytes) -> int:
    """How often a byte stands in bytes: piece by piece, as the processor's cache likes it."""
    whole, room, found = np.frombuffer(data, np.uint8), np.empty(PEEK, bool), 0
    for start in range(0, len(whole), PEEK):
        piece = whole[start : start + PEEK]
        same = np.equal(piece, byte[0], out=room[: len(piece)])
        found += int(np.count_nonzero(same))
    return found


def _piece(done: int, size: int) -> int:
    """How many bytes to take: fewer at both ends, so that no thread waits for another for long."""
    left = max(0, size - done)
    return max(BLOCK // 8, min(BLOCK, done, left // 3))


def _to_row_end(data: bytes, reader: _Plain | _Zipped) -> tuple[bytes, bool]:
    """Whole lines with what follows up to the end of their last row, and whether quotes pair.

    A row ends with a line that has an even number of quotes before its end.
    """
    even = count(data, b'"') % 2 == 0
    if even:
        return data, even
    parts, size = [data], len(data)
    while not even and size <= LONGEST and (line := reader.line()):
        parts.append(line)
        size += len(line)
        even ^= line.count(b'"') % 2 == 1
    return b"".join(parts), even


def _fast(block: Block, hints: list[str]) -> pl.DataFrame | None:
    """The rows as polars reads them; None where the slow reader has to look."""
    header, data = block.begun.header, block.data
    # The slow reader keeps what polars takes for a part of the line's end, and refuses a NUL.
    if b"\r" in data or b"\0" in data:
        return None
    try:
        frame = pl.read_csv(data, has_header=False, infer_schema=False, null_values=[""]).rechunk()
    except (pl.exceptions.PolarsError, UnicodeDecodeError):
        return None
    # A row with too few cells ends in missing ones.
    if frame.width != len(header) or frame.to_series(-1).null_count():
        return None
    frame.columns = header
    lines = _line_numbers(frame, block, hints)
    return None if lines is None else frame.with_columns(lines)


def _line_numbers(frame: pl.DataFrame, block: Block, hints: list[str]) -> pl.Series | None:
    """The line on which each row starts, or None if not every line is accounted for."""
    ends = block.lines + (not block.data.endswith(b"\n"))
    inside = ends - frame.height
    heights = None
    for name in [*hints, *(n for n in frame.columns if n not in hints)]:
        if inside <= 0:
            break
        breaks = frame[name].str.count_matches("\n", literal=True).fill_null(0)
        found = int(breaks.sum())
        if found:
            heights = breaks if heights is None else heights + breaks
            inside -= found
            if name not in hints:
                hints.insert(0, name)
    if inside:
        return None
    if heights is None:
        return pl.int_range(
            block.first, block.first + frame.height, dtype=pl.Int64, eager=True
        ).alias(LINE)
    above = (heights.cast(pl.Int64) + 1).cum_sum().shift(1, fill_value=0)
    return (above + block.first).alias(LINE)
