"""Reading the tables of a file, whatever its format."""

from __future__ import annotations

import gzip
from pathlib import Path

from ..errors import InputError
from ..files.atomic import unchanged_while_reading
from .csv import _csv
from .parquet import _parquet
from .source import WORKBOOKS, Source


def read(path: Path, name: str | None = None) -> Source:
    """Read a CSV (also gzipped) or Parquet file, or the first sheet of a workbook.

    Args:
        path: the file.
        name: how findings call it; the path as given if left out.

    Raises:
        InputError: the file is not there, is a folder, or cannot be opened.
    """
    return read_all(path, name)[0]


def read_all(path: Path, name: str | None = None) -> list[Source]:
    """Read all tables of a file: one, or those of the sheets of a workbook.

    Args:
        path: the file.
        name: how findings call it; the path as given if left out.

    Raises:
        InputError: the file is not there, is a folder, or cannot be opened.
    """
    source = Source(name or str(path), None)
    if path.is_dir():
        raise InputError(f"{path}: a folder, not a table; name a CSV, Parquet or XLSX file in it")
    try:
        with unchanged_while_reading(path):
            data = path.read_bytes()
    except FileNotFoundError:
        raise InputError(f"{path}: no such file{near(path)}") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from None
    if data.startswith(WORKBOOKS):
        from .workbooks import sheets

        return sheets(source, data)
    if data[:4] == b"PAR1":
        _parquet(source, data)
    else:
        if data[:2] == b"\x1f\x8b":
            try:
                data = gzip.decompress(data)
            except (OSError, EOFError) as error:
                source.problem("gzip", f"The gzip file is damaged: {error}.")
                return [source]
        _csv(source, data)
    return [source]


def near(path: Path) -> str:
    """The file of the same folder with the nearest name, as a hint."""
    from rapidfuzz import process

    if not path.parent.is_dir():
        return f"; the folder {path.parent} is not there either"
    best = process.extractOne(path.name, [p.name for p in path.parent.iterdir()], score_cutoff=60)
    return f"; did you mean {path.with_name(best[0])}?" if best else ""
