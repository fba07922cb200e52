"""Writing rows of a layout to a file, all or nothing."""

from __future__ import annotations

import gzip
from pathlib import Path

import polars as pl

from ...codebook import Book, Table
from ...validation.errors import InputError
from ...validation.files.atomic import atomic_file, replace_all, staging_folder
from ..tables.write import write_csv, write_parquet
from .convert import Converted

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
    with atomic_file(path) as new:
        if form == ".parquet":
            write_parquet(book, table, frame, book.version, new)
            return
        write_csv(_labelled(book, table, frame), new)
        if form == ".csv.gz":
            new.write_bytes(gzip.compress(new.read_bytes(), mtime=0))


def write_both(done: Converted, losses: pl.DataFrame, out: Path, report: Path) -> None:
    """Write converted rows and their loss report, both or, in one folder, neither.

    Raises:
        InputError: as for `write`.
    """
    if out.resolve().parent != report.resolve().parent:
        write_plain(losses, report)
        write(done.book, done.table, done.frame, out)
        return
    if not out.parent.is_dir() or out.is_dir() or report.is_dir():
        raise InputError(f"{out}: cannot be written: no such folder, or it is a folder")
    with staging_folder(out.resolve().parent) as stage:
        write(done.book, done.table, done.frame, stage / out.name)
        write_plain(losses, stage / report.name)
        replace_all(stage, {stage / p.name: stage.parent / p.name for p in (out, report)})


def write_plain(frame: pl.DataFrame, path: Path) -> None:
    """Write any table as CSV, all or nothing.

    Raises:
        InputError: as for `write`.
    """
    with atomic_file(path) as new:
        write_csv(frame, new)


def _labelled(book: Book, table: Table, frame: pl.DataFrame) -> pl.DataFrame:
    spelled = []
    for name in frame.columns:
        codes = book.code_list(table[name])
        if table[name].labels and codes is not None:
            labels = {code.code: code.label for code in codes.codes}
            known = pl.col(name).replace_strict(labels, default=None, return_dtype=pl.String)
            spelled.append(known.fill_null(pl.col(name).cast(pl.String)).alias(name))
    return frame.with_columns(spelled)
