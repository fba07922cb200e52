"""The content of the page, gathered from a package's tables or from a file of a known layout."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import polars as pl

from ...codebook import HUB, Book, Table, available, load
from ...codebook.crosswalks import find_crosswalk
from ...codebook.pages import terms
from ...validation.evidence.documents import read_documents
from ...validation.package.package import Package
from ..exchange.convert import convert_events
from ..exchange.known_table import RecognisedTable, read_recognised
from ..tables import build
from .layout import Layout, claims_about, codes_with, layout_of
from .outlines import Point, outlines

MANY = 2_000
"""Rows above which the page says that its pictures count."""
DIGITS = 5
"""Decimals of a degree: about a metre."""
EXACT_IN_BROWSERS = 2**53
"""Whole numbers above it are no numbers of JavaScript."""


@dataclass(frozen=True)
class Gathered:
    """The content of a page, as plain values.

    `columns` is a mapping of columns, and `ids` one more: what tells the rows apart. `quotes` and
    `claims` are lists of rows in words of their own, so that the page knows no column of them.
    """

    title: str
    about: str
    columns: Mapping[str, Any]
    ids: Any
    layout: Layout
    quotes: list[dict[str, Any]] = field(default_factory=list)
    claims: list[dict[str, Any]] = field(default_factory=list)
    texts: Mapping[str, str] = field(default_factory=dict)
    outlines: list[dict[str, Any]] = field(default_factory=list)
    notes: tuple[str, ...] = ()
    rows: int = 0


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
    found = _of_rows(book, book.main_table, tables[book.main_table.name])
    left_out = found.layout.parts.missing()
    notes = [_left_out(book, found.layout.table, left_out)] if left_out else []
    return replace(
        found,
        title=package.settings.text("title", package.name),
        about=package.settings.text("description", ""),
        quotes=list(quotes(book, book.main_table, tables)),
        claims=list(claims(book, book.main_table, tables)),
        texts=texts,
        notes=(*notes, *_notes_of_number(found)),
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
        about=f"{found.layout.several[:1].upper()}{found.layout.several[1:]} of {path.name}.",
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
        columns(rows, layout),
        packed(ids(table, rows, layout)),
        layout,
        outlines=country_outlines(book, table, rows),
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


def quotes(book: Book, table: Table, tables: build.Frames) -> Iterator[dict[str, Any]]:
    """Yield the quotes about the rows of a table, and about claims about them.

    Yields:
        `row` or `claim`, the id of what the quote is about; `document`, `variable`, `words`,
        `paragraph`, `start`, `end`, `basis`, `because` as far as the book has them.
    """
    evidence = book.evidence
    if not evidence.quotes:
        return
    about = claims_about(book, table)
    words = {table.name: "row", **({about.name: "claim"} if about else {})}
    for quote in _plain(tables[evidence.quotes]):
        owner = evidence.owner(quote)
        if owner and owner[0] in words:
            yield {words[owner[0]]: str(owner[1]), **_in_words(evidence.quote, quote)}


def _in_words(columns: Any, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the cells of a row by what they are for."""
    return {word: row[name] for word, name in vars(columns).items() if name in row}


def claims(book: Book, table: Table, tables: build.Frames) -> Iterator[dict[str, Any]]:
    """Yield the claims about the rows of a table.

    Yields:
        `id`; `claimant`, by name where there is one; `act` and `against`, whether it contradicts;
        `about`, `variable`, `value`, `words` as far as the book has them.
    """
    source = claims_about(book, table)
    said = source and source.roles.claim
    if source is None or not said:
        return
    acts = book.code_list(source[said.act]) if said.act else None
    labels = {str(code.code): code.label for code in acts.codes} if acts else {}
    against = codes_with(acts, "against", 1) or ()
    for row in _plain(tables[source.name]):
        claim = _in_words(said, row)
        act = str(claim.get("act", ""))
        yield claim | {
            "id": ", ".join(str(row.get(name, "")) for name in source.primary_key),
            "about": str(claim.get("about", "")),
            "claimant": claim.get("name") or claim.get("claimant", ""),
            "act": labels.get(act, act),
            "against": act in against,
        }


def packed(column: pl.Series) -> Any:
    """Return a column as plain values; repeated texts are listed once, and referred to by number."""
    if column.dtype == pl.List(pl.String):
        column = column.list.join("; ")
    if isinstance(column.dtype, pl.Datetime):
        column = column.dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    if column.dtype.is_float():
        column = pl.select(pl.when(column.is_finite()).then(column)).to_series()
    elif column.dtype.is_integer():
        large = column.abs().max()
        if isinstance(large, int) and large > EXACT_IN_BROWSERS:
            column = column.cast(pl.String)
    elif column.dtype != pl.Boolean:
        column = column.cast(pl.String)
    if column.dtype != pl.String:
        return column.to_list()
    texts = column.drop_nulls().unique(maintain_order=True)
    places = {text: n for n, text in enumerate(texts)}
    at = column.replace_strict(places, default=None, return_dtype=pl.Int64)
    return {"texts": texts.to_list(), "at": at.to_list()}


def columns(rows: pl.DataFrame, layout: Layout) -> dict[str, Any]:
    """Return all columns that have values; points are rounded, and nothing else."""
    if point := layout.roles.point:
        there = [name for name in (point.latitude, point.longitude) if name in rows]
        rows = rows.with_columns(pl.col(name).round(DIGITS) for name in there)
    return {c.name: packed(c) for c in rows if c.null_count() < rows.height}


def _plain(frame: pl.DataFrame) -> list[dict[str, Any]]:
    """Return rows as plain values, without those that are empty."""
    ready = frame.with_columns(
        pl.col(pl.Date, pl.Datetime, pl.Categorical, pl.Enum).cast(pl.String)
    )
    return [{n: v for n, v in row.items() if v is not None} for row in ready.iter_rows(named=True)]


def country_outlines(book: Book, table: Table, rows: pl.DataFrame) -> list[dict[str, Any]]:
    """Return the outlines of the countries of a table's rows and of those around its points."""
    point, place = table.roles.point, table.roles.place
    if point is None:
        return []
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
    return outlines(spots, named)


def codebooks(book: Book) -> list[dict[str, Any]]:
    """Return every variable, code and rule of the books as entries with the anchor of links.

    The anchors of the page's own book are those of its reference page; those of the others begin
    with the book's name. A book that does not ship is alone: others do not explain its data.
    """
    shipped = [load(name) for name in available() if name != book.name]
    books = [book, *(shipped if book.name in available() else ())]
    return [
        {
            "name": each.name,
            "title": each.title,
            "version": each.version,
            "description": each.description,
            "entries": [
                replace(
                    entry, anchor=entry.anchor if each is book else f"{each.name}-{entry.anchor}"
                )
                for entry in terms(each)
            ],
        }
        for each in books
    ]
