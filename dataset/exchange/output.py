"""Writing rows of a layout to a file in batches, all or nothing."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

import polars as pl

from ...codebook import Book, Table
from ...validation.errors import InputError
from ...validation.files.atomic import atomic_file, replace_all, report_os_errors, staging_folder
from ..tables.write import PARQUET, arrow_table, pandas_metadata, write_csv

if TYPE_CHECKING:
    import pyarrow as pa

FORMS = (".csv", ".csv.gz", ".parquet")

Write = Callable[[pl.DataFrame], None]
"""Writes the next batch of rows. The first one decides on the columns, also if it has no rows."""


def form_of(path: Path) -> str:
    """Return the form of a file, by its name.

    Raises:
        InputError: it is none that can be written.
    """
    form = next((form for form in FORMS if path.name.endswith(form)), None)
    if form is None:
        raise InputError(f"{path}: the name must end in {', '.join(FORMS[:-1])} or {FORMS[-1]}")
    return form


@contextmanager
def row_writer(
    path: Path, form: str, book: Book, table: Table, as_written: Collection[str] = ()
) -> Iterator[Write]:
    """Yield a function that writes rows, batch after batch.

    Args:
        path: the file.
        form: one of `FORMS`.
        book: the codebook of the rows.
        table: their table.
        as_written: columns that are written as they are; the others get the type that the book
            says. CSV knows no types.
    """
    if form == ".parquet":
        writer = _Parquet(path, book, table, as_written)
        try:
            yield writer.write
        finally:
            writer.close()
        return
    with path.open("wb") as raw:
        # Without a name and a time of its own, equal rows give equal bytes.
        zipped = gzip.GzipFile("", "wb", fileobj=raw, mtime=0) if form == ".csv.gz" else None
        stream = raw if zipped is None else cast("IO[bytes]", zipped)
        header = True

        def write(frame: pl.DataFrame) -> None:
            nonlocal header
            write_csv(frame, stream, header)
            header = False

        yield write
        if zipped is not None:
            zipped.close()


class _Parquet:
    """A Parquet file with the book's schema, written a batch at a time."""

    def __init__(self, path: Path, book: Book, table: Table, as_written: Collection[str]):
        self.path, self.book, self.table, self.as_written = path, book, table, as_written
        self.writer: Any = None

    def write(self, frame: pl.DataFrame) -> None:
        """Write more rows."""
        import pyarrow.parquet as pq

        rows = self._arrow(frame)
        if self.writer is None:
            metadata = {
                **(rows.schema.metadata or {}),
                **pandas_metadata(rows),
                b"version": self.book.version.encode(),
                b"codebook": f"{self.book.name} {self.book.version}".encode(),
            }
            self.writer = pq.ParquetWriter(
                self.path, rows.schema.with_metadata(metadata), **PARQUET
            )
        self.writer.write_table(rows.cast(self.writer.schema))

    def _arrow(self, frame: pl.DataFrame) -> pa.Table:
        """Return rows as Arrow; any column may have missing values: a check reports them."""
        import pyarrow as pa

        known = [n for n in frame.columns if n in self.table and n not in self.as_written]
        rows = arrow_table(self.book, self.table, frame.select(known))
        fields, columns = [], []
        for name in frame.columns:
            if name in known:
                fields.append(rows.schema.field(name).with_nullable(True))
                columns.append(rows.column(name))
            else:
                text = frame[name].dtype == pl.String
                column = frame[name].to_arrow()
                columns.append(column.cast(pa.string()) if text else column)
                fields.append(pa.field(name, columns[-1].type))
        return pa.Table.from_arrays(columns, schema=pa.schema(fields, rows.schema.metadata))

    def close(self) -> None:
        """Finish the file."""
        if self.writer is not None:
            self.writer.close()


@contextmanager
def both_or_neither(out: Path, report: Path) -> Iterator[tuple[Path, Path]]:
    """Yield two files to write; in one folder, both get their names together or neither does.

    Raises:
        InputError: a folder is missing or cannot be written to, or the disk is full.
    """
    for path in (out, report):
        if not path.parent.is_dir() or path.is_dir():
            raise InputError(f"{path}: cannot be written: no such folder, or it is a folder")
    if out.resolve().parent != report.resolve().parent:
        with atomic_file(report) as new_report, atomic_file(out) as new_out:
            yield new_out, new_report
        return
    with staging_folder(out.resolve().parent) as stage:
        with report_os_errors(out):
            yield stage / out.name, stage / report.name
        replace_all(stage, {stage / p.name: stage.parent / p.name for p in (out, report)})


def write_plain(frame: pl.DataFrame, path: Path) -> None:
    """Write any table as CSV, all or nothing.

    Raises:
        InputError: the folder is missing or cannot be written to, or the disk is full.
    """
    with atomic_file(path) as new:
        write_csv(frame, new)


def with_labels(book: Book, table: Table, frame: pl.DataFrame) -> pl.DataFrame:
    """Return rows in which codes that have two spellings are spelled with their labels."""
    spelled: list[pl.Expr] = []
    for name in frame.columns:
        codes = book.code_list(table[name])
        if table[name].labels and codes is not None:
            labels = {code.code: code.label for code in codes.codes}
            known = pl.col(name).replace_strict(labels, default=None, return_dtype=pl.String)
            spelled.append(known.fill_null(pl.col(name).cast(pl.String)).alias(name))
    return frame.with_columns(spelled)
