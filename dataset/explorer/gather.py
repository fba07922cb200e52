"""The content of the page, gathered from a package's tables or from a file of a known layout."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import polars as pl

from ...codebook import HUB, Book, Table
from ...codebook.crosswalks import find_crosswalk
from ...validation.evidence.documents import read_documents
from ...validation.package.package import Package
from ...validation.progress import step
from ..exchange.convert import convert_events
from ..exchange.known_table import RecognisedTable, read_recognised
from ..tables import build
from .definitions import meanings
from .evidence import IN_THE_PAGE, EvidenceParts, divided, gathered_evidence, plain_rows
from .labels import named, row_names
from .layout import Layout, layout_of
from .outlines import Background, Point, background
from .packing import packed
from .story import Story, story_of, summary

MANY = 2_000
"""Rows above which the page says that its pictures count."""


@dataclass(frozen=True)
class Gathered:
    """The content of a page, as plain values.

    `columns` is a mapping of columns, and `ids` one more: what tells the rows apart. `quotes` and
    `claims` are lists of rows in words of their own, so that the page knows no column of them; where
    they are many, they are in `parts` instead.
    """

    title: str
    about: str
    columns: Mapping[str, Any]
    ids: Any
    layout: Layout
    quotes: list[dict[str, Any]] = field(default_factory=list)
    claims: list[dict[str, Any]] = field(default_factory=list)
    texts: Mapping[str, str] = field(default_factory=dict)
    background: Background | None = None
    definitions: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    rows: int = 0
    parts: EvidenceParts | None = None
    story: Story = field(default_factory=Story)


def of_package(package: Package, tables: build.Frames, with_documents: bool) -> Gathered:
    """Return the main table of a package, with the words and claims about its rows.

    Args:
        package: the package.
        tables: its tables as they are published.
        with_documents: include the whole documents; their text is not published otherwise.
    """
    book = package.book
    texts: dict[str, str] = {}
    if with_documents:
        source = package.sources().get(book.evidence.documents)
        documents = read_documents(package.root, book, source)
        texts = {name: document.text for name, document in documents.items()}
    rows = tables[book.main_table.name]
    found = _of_rows(book, book.main_table, rows)
    step("gathering the evidence")
    evidence = gathered_evidence(book, book.main_table, tables)
    many = evidence.size > IN_THE_PAGE
    left_out = found.layout.parts.missing()
    notes = [_left_out(book, found.layout.table, left_out)] if left_out else []
    return replace(
        found,
        title=package.settings.text("title", package.name),
        about=package.settings.text("description", ""),
        quotes=[] if many else plain_rows(evidence.quotes),
        claims=[] if many else evidence.claims,
        parts=divided(evidence, ids(book.main_table, rows, found.layout)) if many else None,
        texts=texts,
        layout=named(found.layout, book, row_names(book, tables), rows),
        notes=(*notes, *_notes_of_number(found)),
        story=story_of(package, tables, found.layout),
    )


def without_evidence(gathered: Gathered) -> Gathered:
    """Return the content for a single file, which lacks evidence that is too much for it."""
    if gathered.parts is None:
        return gathered
    return replace(
        gathered,
        parts=None,
        layout=replace(
            gathered.layout, parts=replace(gathered.layout.parts, claims=False, words=False)
        ),
        notes=(
            *gathered.notes,
            "The quotes and claims are left out: they are too many for a single file. "
            "eventbook explore, without --single-file, makes a page that has them.",
        ),
    )


def of_file(path: Path, book: str | Book | None = None) -> tuple[Book, Gathered]:
    """Return the rows of a file in a known layout, and the book that they follow.

    A layout that ships and that the hub has a crosswalk from is converted into the hub's.

    Raises:
        InputError: it cannot be read, or is in no known layout.
    """
    known = read_recognised(path, book)
    rows, table, its_book = known.frame, known.table, known.book
    notes = _notes_of_reading(known)
    if _is_converted(known.book):
        converted = convert_events(known, HUB)
        rows, table, its_book = converted.frame, converted.table, converted.book
        notes.append(
            f"Converted from the layout of {known.book.title}; what has no equivalent is left out."
        )
    found = _of_rows(its_book, table, rows)
    # A file has no other tables: quotes and claims are left out of every file.
    left_out = replace(found.layout.parts, claims=True, words=True).missing()
    if left_out:
        notes.append(_left_out(its_book, table.name, left_out))
    return its_book, replace(
        found,
        title=path.name,
        story=Story(summary=summary(its_book, table, rows, found.layout)),
        layout=replace(found.layout, parts=replace(found.layout.parts, claims=False, words=False)),
        notes=(*notes, *_notes_of_days(found, rows), *_notes_of_number(found)),
    )


def _is_converted(book: Book) -> bool:
    return book.ships and book.name != HUB and find_crosswalk(book, HUB) is not None


def _of_rows(book: Book, table: Table, rows: pl.DataFrame) -> Gathered:
    layout = layout_of(book, table, rows)
    return Gathered(
        "",
        "",
        columns(rows),
        packed(ids(table, rows, layout)),
        layout,
        background=map_background(book, table, rows),
        definitions=meanings(book, table, rows),
        rows=rows.height,
    )


def ids(table: Table, rows: pl.DataFrame, layout: Layout) -> pl.Series:
    """Return what tells the rows apart: their keys, with the row where one is missing or double."""
    number = pl.format("(row {})", pl.int_range(1, pl.len() + 1))
    there = [name for name in table.primary_key if name in rows]
    if len(there) < max(1, len(table.primary_key)):
        return rows.select(pl.format("no id {}", number).alias("id"))["id"]
    key = pl.concat_str([pl.col(name).cast(pl.String) for name in there], separator=", ")
    return rows.select(
        pl.when(key.is_null())
        .then(pl.format("no id {}", number))
        .when(key.is_duplicated())
        .then(pl.format("{} {}", key, number))
        .otherwise(key)
        .alias("id")
    )["id"]


def _left_out(book: Book, table: str, parts: str) -> str:
    return f"Not on this page: {parts}. {book.title} names no columns of {table} for that."


def _notes_of_reading(known: RecognisedTable) -> list[str]:
    """Return notes on what could not be read of a file."""
    notes: list[str] = []
    if known.missing:
        notes.append(f"The file has no column {', '.join(known.missing)}.")
    if known.unknown:
        notes.append(
            f"Columns that {known.book.title} does not have are left out: "
            f"{', '.join(known.unknown)}."
        )
    if known.unread:
        cells = ", ".join(f"{count:,} of {name}" for name, count in known.unread.items())
        notes.append(
            f"Cells that cannot be read are shown as unknown: {cells}. "
            f"eventbook check {known.file} shows which."
        )
    return notes


def _notes_of_days(found: Gathered, rows: pl.DataFrame) -> Iterator[str]:
    """Yield a note on rows that the timeline leaves out."""
    interval = found.layout.roles.interval
    if interval is None:
        return
    undated = rows.height - (rows[interval.start].count() if interval.start in rows else 0)
    if undated:
        yield (
            f"{undated:,} of {found.layout.counted(rows.height)} without a readable day: "
            "in the table, but not on the timeline."
        )


def _notes_of_number(found: Gathered) -> Iterator[str]:
    """Yield a note on what is different about many rows."""
    if found.rows > MANY:
        parts = found.layout.parts
        drawn = ", the pictures count by month and place" if parts.timeline or parts.map else ""
        yield (
            f"{found.layout.counted(found.rows)}: the table shows the first rows that fit the "
            f"filters{drawn}."
        )


def columns(rows: pl.DataFrame) -> dict[str, Any]:
    """Return all columns that have values."""
    return {c.name: packed(c) for c in rows if c.null_count() < rows.height}


def map_background(book: Book, table: Table, rows: pl.DataFrame) -> Background | None:
    """Return the land around the points of a table's rows; None if there is nothing to draw."""
    point, place = table.roles.point, table.roles.place
    if point is None:
        return None
    spots: list[Point] = []
    if point.latitude in rows and point.longitude in rows:
        pairs = rows.select(point.longitude, point.latitude).drop_nulls()
        spots = [(float(x), float(y)) for x, y in pairs.unique(maintain_order=True).iter_rows()]
    named: set[str] = set()
    if place and place.country in rows:
        named = set(rows[place.country].cast(pl.String).drop_nulls())
        codes = book.code_list(table[place.country])
        # The outlines know codes of ISO 3166-1 and English names.
        named |= {code.label for code in codes.codes if code.code in named} if codes else set()
    return background(spots, named)
