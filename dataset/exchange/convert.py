"""Converting rows with crosswalks, and listing everything that could not be carried over.

Where two books have no crosswalk to each other, the way leads over a third that has one to both,
as ours does, so that a layout needs two crosswalks and not one for each other layout.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from ...codebook import Book, Crosswalk, Table, available, load
from ...codebook.crosswalks import NoCrosswalk, find_crosswalk, no_way
from ...validation.errors import InputError
from ...validation.location import find_book, own_book
from .division import Division
from .known_table import RecognisedFile, RecognisedTable
from .losses import Loss
from .translation import SOURCE_ID, Translation

SHOWN = 6
"""The number of columns that a message names."""


@dataclass(frozen=True)
class Converted:
    """Rows in another layout, and the losses.

    `ids` are the ids of the rows as the file has them.
    """

    book: Book
    table: Table
    frame: pl.DataFrame
    losses: list[Loss]
    ids: pl.Series


class Route:
    """The conversion from one book to another, compiled once and run on any number of batches.

    `book` and `table` are those of the result, and `names` are its columns.
    """

    def __init__(
        self,
        known: RecognisedFile | RecognisedTable,
        columns: Collection[str],
        to: str | Book,
        divide: bool = False,
    ):
        """Compile the way.

        Args:
            known: what the rows are; it is not read.
            columns: the typed columns of the rows.
            to: the book to convert to, or its name; the same book gives the same rows.
            divide: divide totals over their days; for a layout that has a row for each day.

        Raises:
            InputError: the crosswalk converts another table, or divides no totals.
            BookError: there is no such book, or no crosswalk to it.
        """
        near = Path(known.file)
        target = find_book(to, near)
        # A book as it was read, and not as the layout of the file defines it.
        origin = load(known.book.folder) if known.book.folder else known.book
        walks = [] if target is origin else way(origin, target, near)
        divides = walks[-1].division if walks else None
        if divide and divides is None:
            divided_by = " or ".join(f"--to {name}" for name in _dividing(origin, near))
            raise InputError(
                "--divide spreads totals over their days, for a layout that has a row for each "
                f"day; so it requires {divided_by or 'a crosswalk that says how'}"
            )
        for walk in walks[:1]:
            _ensure_converted(known, walk)
        for walk in (w for w in walks[:1] if w.outward):
            _ensure_published(known.file, walk, columns)
        self.key = known.table.primary_key[0]
        self.steps: list[Translation | Division] = []
        for walk in walks:
            if divide and divides is not None and walk is walks[-1]:
                self.steps.append(Division(walk, divides))
            self.steps.append(Translation(walk, columns))
            columns = walk.target_table.names if walk.target_table else ()
        last = walks[-1].target_table if walks else None
        self.book, self.table = target, last or target.tables[known.table.name]
        names = self.table.names
        if not walks:
            names = [n for n in names if n in columns]
        elif walks[-1].outward:
            # Files of another layout have its coded columns, and those that are made.
            names = [n for n in names if n in self.table.layout or n in walks[-1].makers]
        self.names = list(names)

    def __call__(self, frame: pl.DataFrame) -> tuple[pl.DataFrame, pl.Series]:
        """Return rows in the layout of the target, and the ids that the file has for them."""
        ids = pl.col(self.key) if self.key in frame.columns else pl.lit(None)
        frame = frame.with_columns(ids.cast(pl.String).alias(SOURCE_ID))
        for step in self.steps:
            frame = step(frame)
        return frame.select(self.names), frame[SOURCE_ID]

    def not_known(self) -> frozenset[str]:
        """Return the columns of the result whose values the source does not have, or not always."""
        names = frozenset[str]()
        for step in self.steps:
            names = step.not_known(names)
        return names

    def losses(self, known: RecognisedFile | RecognisedTable, rows: int) -> list[Loss]:
        """Return what was lost of all batches, reading included.

        Args:
            known: the file, read to its end.
            rows: how many rows it has.
        """
        reading = [
            Loss("reading", "value", name, rows=cells, note="no value of its type")
            for name, cells in known.unread.items()
        ]
        reading += [
            Loss("reading", "variable", name, rows=rows, note="no column of the book")
            for name in known.unknown
        ]
        return reading + [loss for step in self.steps for loss in step.tally.losses()]


def convert_events(known: RecognisedTable, to: str | Book, divide: bool = False) -> Converted:
    """Return the rows of a table in the layout of another book.

    Args:
        known: a file as read.
        to: the book, or its name; the same book gives the same rows.
        divide: divide totals over their days; for a layout that has a row for each day.

    Raises:
        InputError: the crosswalk converts another table, or divides no totals.
        BookError: there is no such book, or no crosswalk to it.
    """
    route = Route(known, known.frame.columns, to, divide)
    frame, ids = route(known.frame)
    losses = route.losses(known, known.frame.height)
    return Converted(route.book, route.table, frame, losses, ids)


def way(origin: Book, target: Book, near: Path | None = None) -> list[Crosswalk]:
    """Return the crosswalks from one book to another: one, or two over a third book.

    Args:
        origin: the book of the rows.
        target: the book that they shall have.
        near: the file, whose package may have a book to go over.

    Raises:
        NoCrosswalk: there is no way.
        BookError: a crosswalk breaks its format.
    """
    if direct := find_crosswalk(origin, target):
        return [direct]
    for middle in _middles(near):
        first = find_crosswalk(origin, middle)
        second = find_crosswalk(middle, target)
        if first and second and first.home is second.home is middle:
            return [first, second]
    raise no_way(origin, target)


def _middles(near: Path | None) -> Iterator[Book]:
    """Yield the books that a way may lead over: the package's own first."""
    own = own_book(near)
    if own is not None:
        yield own
    yield from (load(name) for name in available())


def _dividing(origin: Book, near: Path | None) -> Iterator[str]:
    """Yield the names of the books to which the way from a book divides totals."""
    for name in available():
        target = load(name)
        try:
            walks = [] if target is origin else way(origin, target, near)
        except NoCrosswalk:
            continue
        if walks and walks[-1].division:
            yield name


def _ensure_converted(known: RecognisedFile | RecognisedTable, walk: Crosswalk) -> None:
    """Ensure that a crosswalk is about the table that a file is.

    Raises:
        InputError: it converts another table.
    """
    if known.table.name != walk.source_table.name:
        raise InputError(
            f"{known.file}: convert takes {walk.source_table.name} here, which is what "
            f"{walk.file} converts; these are {known.table.name}; without --to it takes any table"
        )


def _ensure_published(file: str, walk: Crosswalk, columns: Collection[str]) -> None:
    """Ensure that a table is the published one, in which names and points are joined.

    Raises:
        InputError: it is the coded one.
    """
    table = walk.source_table
    keys = [f"{{{key.field}." for key in table.foreign_keys]
    joined = [
        v.name for v in table.variables if v.derived and any(k in v.derived.sql for k in keys)
    ]
    missing = [n for n in joined if n not in columns]
    if missing:
        names = ", ".join(missing[:SHOWN]) + (", ..." if len(missing) > SHOWN else "")
        raise InputError(
            f"{file}: convert takes the published table, which also has {names}: "
            f"dataset/{table.name}.csv or dataset/{table.name}.parquet; run eventbook publish to "
            "write them"
        )
