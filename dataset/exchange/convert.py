"""Converting events with crosswalks, and listing everything that could not be carried over.

Every layout is converted to our own book first and from there to the other, so that a layout needs
two crosswalks and not one for each other layout.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import polars as pl

from ...codebook import HUB, Book, Table, crosswalk, load
from ...codebook.crosswalks import EVENTS
from ...validation.errors import InputError
from .division import Division
from .known_table import RecognisedFile, RecognisedTable
from .losses import Loss
from .translation import SOURCE_ID, Translation

DIVIDES = "acled"
"""The book that divides totals over their days."""


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
        to: str,
        divide: bool = False,
    ):
        """Compile the way.

        Args:
            known: what the rows are; it is not read.
            columns: the typed columns of the rows.
            to: the name of the book to convert to; the same book gives the same rows.
            divide: divide totals over their days, as ACLED does; for ACLED only.

        Raises:
            InputError: these are no events, or division is asked for another book than ACLED.
            BookError: there is no such book, or no crosswalk to it.
        """
        if divide and to != DIVIDES:
            raise InputError(
                "--divide spreads totals the way ACLED does, so it requires --to acled"
            )
        if known.table.name != EVENTS:
            raise InputError(f"{known.file}: convert takes events; these are {known.table.name}")
        target, origin = load(to), known.book
        if origin.name == HUB and to != HUB:
            _ensure_published(known.file, columns)
        self.key = known.table.primary_key[0]
        self.steps: list[Translation | Division] = []
        book = origin
        for step in () if to == origin.name else (to,) if HUB in (origin.name, to) else (HUB, to):
            if divide and step == DIVIDES:
                self.steps.append(Division(book.tables[EVENTS]))
            walk = crosswalk(book.name, step)
            self.steps.append(Translation(walk, columns))
            book = load(step)
            columns = book.tables[EVENTS].names
        self.book, self.table = target, target.tables[EVENTS]
        names = self.table.names
        if to == origin.name:
            names = [n for n in names if n in columns]
        elif to != HUB:
            # Files of another layout have the coded columns only.
            names = [n for n in names if n in self.table.layout]
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


def convert_events(known: RecognisedTable, to: str, divide: bool = False) -> Converted:
    """Return the events of a table in the layout of another book.

    Args:
        known: a file as read.
        to: the name of the book; the same book gives the same rows.
        divide: divide totals over their days, as ACLED does; for ACLED only.

    Raises:
        InputError: the file holds no events, or division is asked for another book than ACLED.
        BookError: there is no such book, or no crosswalk to it.
    """
    route = Route(known, known.frame.columns, to, divide)
    frame, ids = route(known.frame)
    losses = route.losses(known, known.frame.height)
    return Converted(route.book, route.table, frame, losses, ids)


def _ensure_published(file: str, columns: Collection[str]) -> None:
    """Ensure that our own table is the published one, with names and coordinates joined in.

    Raises:
        InputError: it is the coded one.
    """
    missing = [n for n in ("actor1", "inter1_code", "latitude", "days") if n not in columns]
    if missing:
        raise InputError(
            f"{file}: convert takes the published table, which also has {', '.join(missing)}: "
            "dataset/events.csv or dataset/events.parquet; run eventbook publish to write them"
        )
