"""What a page says before its rows: the finding, the source, and how the data may be used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import polars as pl

from ...codebook import Book, Table
from ...validation.errors import InputError
from ...validation.package.package import Package
from ..tables.build import Frames
from .layout import Layout

COUNTRIES = 3
"""How many countries a sentence names; of more it says how many."""
SOURCES = 3
"""How many documents the head of a page names one by one."""
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip


@dataclass(frozen=True)
class SourceDocument:
    """A source document as readers know it; empty where nobody knows."""

    title: str
    publisher: str = ""
    days: str = ""

    @property
    def about(self) -> str:
        """The publisher and the days of publication."""
        return ", ".join(filter(None, (self.publisher, self.days)))


@dataclass(frozen=True)
class Story:
    """The texts around the rows of a page; what is empty is not shown.

    `finding` is the heading, and `summary` the sentences below it. `documents` are the sources by
    their ids.
    """

    finding: str = ""
    summary: str = ""
    documents: Mapping[str, SourceDocument] = field(default_factory=dict[str, SourceDocument])
    licenses: tuple[Mapping[str, Any], ...] = ()
    citation: str = ""
    version: str = ""
    address: str = ""

    @property
    def named(self) -> list[SourceDocument]:
        """The documents that the head of the page names: all of them, if they are few."""
        documents = [*self.documents.values()]
        return documents if len(documents) <= SOURCES else []

    @property
    def counted(self) -> str:
        """The documents in one sentence, where they are many; empty where they are few."""
        if len(self.documents) <= SOURCES:
            return ""
        publishers = {document.publisher for document in self.documents.values()} - {""}
        text = f"{len(self.documents):,} documents"
        if len(publishers) > COUNTRIES:
            return f"{text} of {len(publishers):,} publishers"
        return f"{text} of {_listed(sorted(publishers))}" if publishers else text


def story_of(package: Package, tables: Frames, layout: Layout) -> Story:
    """Return the texts of a package's page, from its settings; what they lack, from its rows.

    Raises:
        InputError: a setting is there and has another form than a text.
    """
    settings, table = package.settings, package.book.main_table
    try:
        metadata = package.metadata
    except InputError:
        # A page for oneself needs no complete metadata; publishing asks for them.
        metadata = None
    return Story(
        finding=settings.text("finding", ""),
        summary=settings.text("summary", "")
        or summary(package.book, table, tables[table.name], layout),
        documents=dict(documents(package.book, tables)),
        licenses=tuple(metadata.licenses) if metadata else (),
        citation=(
            citation_of(
                metadata.authors,
                metadata.released.year,
                metadata.title,
                package.version,
                metadata.url or "",
            )
            if metadata
            else ""
        ),
        version=package.version,
        address=metadata.url or "" if metadata else "",
    )


def citation_of(authors: list[str], year: int, title: str, version: str, address: str) -> str:
    """Return how a dataset is cited."""
    who = "; ".join(authors)
    text = f"{who} ({year}). {title}. Version {version}."
    return f"{text} {address}" if address else text


def documents(book: Book, tables: Frames) -> Iterator[tuple[str, SourceDocument]]:
    """Yield the documents of a package by their ids."""
    evidence = book.evidence
    if evidence.documents not in tables:
        return
    frame = tables[evidence.documents]
    if evidence.document_id not in frame:
        return
    interval = book.tables[evidence.documents].roles.interval
    for row in frame.iter_rows(named=True):
        name = str(row[evidence.document_id])
        yield (
            name,
            SourceDocument(
                title=str(row.get(evidence.document.title) or name),
                publisher=str(row.get(evidence.document.publisher) or ""),
                days=days_in_words(row.get(interval.start), row.get(interval.end))
                if interval
                else "",
            ),
        )


def summary(book: Book, table: Table, rows: pl.DataFrame, layout: Layout) -> str:
    """Return in one or two sentences what the rows are about, as far as their roles say it."""
    where = _countries(book, table, rows)
    when = _days(table, rows)
    first = layout.counted(rows.height)
    if where:
        first += f" in {where}"
    if when and where:
        first += f", {when}"
    elif when:
        first += f" from {when}" if " to " in when else f" on {when}"
    return " ".join(filter(None, (f"{first}.", _deaths(table, rows, layout))))


def _countries(book: Book, table: Table, rows: pl.DataFrame) -> str:
    place = table.roles.place
    if place is None or not place.country or place.country not in rows:
        return ""
    codes = book.code_list(table[place.country])
    labels = {str(code.code): code.label for code in codes.codes} if codes else {}
    names: list[str] = rows[place.country].cast(pl.String).drop_nulls().unique().to_list()
    found = sorted(labels.get(name, name) for name in names)
    if not found:
        return ""
    return _listed(found) if len(found) <= COUNTRIES else f"{len(found)} countries"


def _days(table: Table, rows: pl.DataFrame) -> str:
    interval = table.roles.interval
    if interval is None:
        return ""
    there = [name for name in (interval.start, interval.end) if name in rows]
    days = [day for name in there for day in (rows[name].min(), rows[name].max())]
    known = sorted(day for day in days if isinstance(day, date))
    return days_in_words(known[0], known[-1]) if known else ""


def _deaths(table: Table, rows: pl.DataFrame, layout: Layout) -> str:
    """Return the numbers of dead in a sentence; a row that is part of another is not counted twice."""
    roles = table.roles
    if roles.deaths is None:
        return ""
    there = [n for n in (roles.deaths.low, roles.deaths.best, roles.deaths.high) if n in rows]
    if not there:
        return ""
    if roles.part_of in rows:
        rows = rows.filter(pl.col(roles.part_of).is_null())
    known = rows.filter(pl.any_horizontal(pl.col(there).is_not_null()))
    if known.is_empty():
        return "How many people died is not known."
    unknown = rows.height - known.height
    said = _number(known, *(n if n in rows else "" for n in _bounds(roles.deaths)))
    rest = f"; for {layout.counted(unknown)} the number is not known" if unknown else ""
    return f"{said[:1].upper()}{said[1:]}{rest}."


def _bounds(deaths: Any) -> tuple[str, str, str]:
    return deaths.low, deaths.best, deaths.high


def _number(rows: pl.DataFrame, low: str, best: str, high: str) -> str:
    """Return the sums of numbers of dead in words, with a bound only where all rows have it."""
    lowest = _sum(rows, low)
    likely = _sum(rows, best) if best and rows[best].null_count() < rows.height else None
    highest = _sum(rows, high) if high and not rows[high].null_count() else None
    if lowest is not None and lowest == highest:
        return f"{_people(lowest)} killed"
    if likely is None or (likely == lowest and highest is None):
        least = lowest if lowest is not None else likely or 0
        return f"at least {_people(least)} killed" + (f", at most {highest:,}" if highest else "")
    bounds = ", ".join(
        f"{word} {number:,}"
        for word, number in (("at least", lowest), ("at most", highest))
        if number is not None
    )
    return f"about {_people(likely)} killed by the best estimates" + (
        f" ({bounds})" if bounds else ""
    )


def _sum(rows: pl.DataFrame, name: str) -> int | None:
    return int(rows[name].sum()) if name else None


def _people(number: int) -> str:
    return f"{number:,} {'person' if number == 1 else 'people'}"


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]


def days_in_words(first: Any, last: Any) -> str:
    """Return an interval of days as people write it; empty where a day is not known."""
    if not isinstance(first, date) or not isinstance(last, date):
        return ""
    if first == last:
        return _day(first)
    begin = str(first.day)
    if (first.year, first.month) != (last.year, last.month):
        begin += f" {MONTHS[first.month - 1]}"
    if first.year != last.year:
        begin += f" {first.year}"
    return f"{begin} to {_day(last)}"


def _day(day: date) -> str:
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"
