"""Writing rows of a layout to a file, all or nothing."""

from __future__ import annotations

import gzip
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from ...codebook import Book, Table
from ...validation.errors import InputError
from ..publishing.write import write_csv, write_parquet

FORMS = (".csv", ".csv.gz", ".parquet")


def form_of(path: Path) -> str:
    """The form of a file by its name.

    Raises:
        InputError: it is none that can be written.
    """
    found = next((form for form in FORMS if path.name.endswith(form)), None)
    if found is None:
        raise InputError(f"{path}: the name must end in {', '.join(FORMS[:-1])} or {FORMS[-1]}")
    return found


def write(book: Book, table: Table, frame: pl.DataFrame, path: Path) -> None:
    """Write rows under a name that says the form; the old file stays until the new one is whole.

    CSV spells codes that have two spellings with their labels, as current exports do.

    Raises:
        InputError: the folder is not there or cannot be written to, or the disk is full.
    """
    form = form_of(path)
    with _whole(path) as new:
        if form == ".parquet":
            write_parquet(book, table, frame, book.version, new)
            return
        plain = new.with_name("plain.csv")
        write_csv(_labelled(book, table, frame), plain)
        data = plain.read_bytes()
        new.write_bytes(gzip.compress(data, mtime=0) if form == ".csv.gz" else data)


def write_plain(frame: pl.DataFrame, path: Path) -> None:
    """Write any table as CSV, all or nothing.

    Raises:
        InputError: as for `write`.
    """
    with _whole(path) as new:
        write_csv(frame, new)


@contextmanager
def _whole(path: Path) -> Iterator[Path]:
    """A new file that takes the place of the old one when it is whole."""
    try:
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as folder:
            new = Path(folder) / path.name
            yield new
            os.replace(new, path)
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror or error}") from None


def _labelled(book: Book, table: Table, frame: pl.DataFrame) -> pl.DataFrame:
    spelled = []
    for name in frame.columns:
        codes = book.code_list(table[name])
        if table[name].labels and codes is not None:
            labels = {code.code: code.label for code in codes.codes}
            known = pl.col(name).replace_strict(labels, default=None, return_dtype=pl.String)
            spelled.append(known.fill_null(pl.col(name).cast(pl.String)).alias(name))
    return frame.with_columns(spelled)
