"""Read the tables of a file of any supported format."""

from __future__ import annotations

import gzip
import io
import re
import zlib
from pathlib import Path

from ..errors import InputError, one_line
from ..files.atomic import unchanged_while_reading
from ..missing import hint
from .containers import LARGEST_UNPACKED, tables_in_zip
from .csv import read_csv
from .formats import ensure_regular, refuse_other_formats
from .json import read_json
from .parquet import read_parquet
from .source import WORKBOOKS, ProblemLog, Source

JSON = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:\[\s*\{|\{\s*\")")
"""The beginning of a list of rows, or of an object."""


def read(path: Path, name: str | None = None) -> Source:
    """Read a CSV (also gzipped) or Parquet file, or the first sheet of a workbook.

    Args:
        path: the file.
        name: its name in findings; by default the path as given.

    Raises:
        InputError: the file does not exist, is a folder, or cannot be opened.
    """
    return read_all(path, name)[0]


def read_all(path: Path, name: str | None = None) -> list[Source]:
    """Read all tables of a file: one, or those of the sheets of a workbook.

    Args:
        path: the file.
        name: its name in findings; by default the path as given.

    Raises:
        InputError: the file does not exist, is a folder, or cannot be opened.
    """
    ensure_regular(path)
    if path.is_dir():
        raise InputError(f"{path}: a folder, not a table; name a CSV, Parquet or XLSX file in it")
    try:
        with unchanged_while_reading(path):
            data = path.read_bytes()
    except FileNotFoundError:
        raise InputError(f"{path}: no such file{hint(path)}") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from None
    refuse_other_formats(path, data[:512])
    return _tables(ProblemLog(name or str(path)), path, data)


def _tables(log: ProblemLog, path: Path, data: bytes) -> list[Source]:
    """Return the tables in the bytes of a file."""
    if data.startswith(b"PK\x03\x04") and (inside := tables_in_zip(path, data)) is not None:
        return _tables(log, path, inside)
    if data.startswith(WORKBOOKS):
        from .workbooks import sheets

        return sheets(log, data)
    if data[:4] == b"PAR1":
        frame = read_parquet(log, data)
        return [log.source(frame, typed=frame is not None)]
    if data[:2] == b"\x1f\x8b":
        unpacked = gunzip(log, data)
        if unpacked is None:
            return [log.source(None)]
        data = unpacked
    if path.suffix.lower() == ".json" or JSON.match(data):
        return [log.source(read_json(log, path, data))]
    return [log.source(read_csv(log, data))]


def gunzip(log: ProblemLog, data: bytes) -> bytes | None:
    """Unpack gzipped bytes; None, with a problem in the log, if they are damaged or too many."""
    parts, size = [], 0
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as stream:
            while part := stream.read(1 << 20):
                size += len(part)
                if size > LARGEST_UNPACKED:
                    log.problem(
                        "file-size",
                        f"The file unpacks to more than {LARGEST_UNPACKED >> 20:,} MB. To check a file of "
                        "that size, unpack it first.",
                    )
                    return None
                parts.append(part)
    except (OSError, EOFError, zlib.error) as error:
        log.problem("gzip", f"The gzip file is damaged: {one_line(error)}.")
        return None
    return b"".join(parts)
