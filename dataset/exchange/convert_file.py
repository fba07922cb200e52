"""Converting a file of any size, batch by batch, so that memory holds a few batches only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from ...codebook import Book, Table
from ...validation.files.atomic import unchanged_while_reading
from ...validation.location import find_book
from ...validation.progress import step
from ...validation.reading.source import LINE
from ..tables.write import write_csv
from .convert import Route
from .known_table import RecognisedFile, open_recognised
from .losses import Loss, losses_table
from .output import both_or_neither, form_of, row_writer, with_labels
from .rewrite import as_written, ensure_no_lists, text_columns, with_types


@dataclass
class ConvertedFile:
    """The result of converting a file: rows read, rows written, and losses.

    `empty` counts the missing values of each column of the result; `not_known` are the columns
    whose values the source does not have, or not in all rows.
    """

    source: RecognisedFile
    book: Book
    table: Table
    read: int = 0
    written: int = 0
    empty: dict[str, int] = field(default_factory=dict)
    losses: list[Loss] = field(default_factory=list)
    not_known: frozenset[str] = frozenset()

    @property
    def lost_values(self) -> int:
        """The number of values in the file that the other layout could hold and that are lost."""
        return sum(loss.rows for loss in self.losses if loss.kind == "value")


def convert_file(
    path: Path,
    out: Path,
    report: Path,
    to: str | None = None,
    book: str | Path | Book | None = None,
    divide: bool = False,
) -> ConvertedFile:
    """Write the rows of a file in another layout, and a report of what was lost next to them.

    Args:
        path: a CSV, gzipped CSV, Parquet or XLSX file.
        out: the file to write; its name says in which form.
        report: the loss report to write, CSV.
        to: the book to convert to, its name or folder; if left out, every column and cell stays as
            it is.
        book: the codebook of the file, its name or folder; recognised if left out.
        divide: divide totals over their days; for a layout that has a row for each day.

    Raises:
        InputError: the file cannot be read, its table is not the one that is converted, or a
            result cannot be written.
        BookError: there is no such book, or no crosswalk to it.
    """
    form_of(out)
    with unchanged_while_reading(path), both_or_neither(out, report) as (new_out, new_report):
        known = open_recognised(path, book)
        target = known.book if to is None else find_book(to, path)
        if divide or target.folder != known.book.folder:
            done = _translated(known, target, divide, new_out)
        else:
            done = _rewritten(known, new_out, lambda: open_recognised(path, book))
        write_csv(losses_table(done.losses), new_report)
    return done


def _translated(known: RecognisedFile, to: Book, divide: bool, path: Path) -> ConvertedFile:
    """Write the rows in the layout of another book."""
    columns = [name for name in known.names if name in known.table]
    route = Route(known, columns, to, divide)
    done = ConvertedFile(known, route.book, route.table, not_known=route.not_known())
    form = form_of(path)
    with row_writer(path, form, route.book, route.table) as write:
        for _, parsed in known.batches():
            step(f"converting: {done.read:,} rows so far")
            frame, _ = route(parsed.frame.drop(LINE))
            done.read += parsed.frame.height
            done.written += frame.height
            for name, count in frame.null_count().row(0, named=True).items():
                done.empty[name] = done.empty.get(name, 0) + count
            is_parquet = form == ".parquet"
            write(frame if is_parquet else with_labels(route.book, route.table, frame))
    done.losses = route.losses(known, done.read)
    return done


def _rewritten(
    known: RecognisedFile, path: Path, again: Callable[[], RecognisedFile]
) -> ConvertedFile:
    """Write the rows as they are; a file with types is read twice, to know which fit."""
    done = ConvertedFile(known, known.book, known.table)
    form = form_of(path)
    types = known.typed or form == ".parquet"
    text = text_columns(again()) if types else set[str]()
    with row_writer(path, form, known.book, known.table, text) as write:
        for source, parsed in known.batches():
            step(f"converting: {done.read:,} rows so far")
            rows = with_types(known, source, parsed, text) if types else as_written(known, source)
            if form != ".parquet":
                ensure_no_lists(rows, known.file)
            done.read += rows.height
            done.written += rows.height
            write(rows)
    return done
