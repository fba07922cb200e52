"""The content of the page, gathered from a package's tables or from a file of events."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

from ...codebook import HUB, Book, available, load
from ...codebook.pages import terms
from ...validation.evidence.documents import read_documents
from ...validation.package.package import Package
from ...validation.reports.human import plural
from ..exchange.convert import convert_events
from ..exchange.known_table import RecognisedTable, read_recognised
from ..tables import build

OUTLINES = Path(__file__).parent / "outlines.json"
"""The layout of events that the page knows; others are converted into it."""
MANY = 2_000
"""Events above which the page shows no row of evidence and groups its pictures."""
MARGIN = 1.5
"""Degrees around the countries and points within which others are drawn."""
Point = tuple[float, float]
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Gathered:
    """The content of a page, as plain values.

    `events` is a mapping of columns; the others are lists of rows. `aggregates` are the record
    kinds that are totals.
    """

    title: str
    about: str
    events: Mapping[str, Any]
    aggregates: tuple[str, ...]
    evidence: list[dict[str, Any]] = field(default_factory=list)
    claims: list[dict[str, Any]] = field(default_factory=list)
    texts: Mapping[str, str] = field(default_factory=dict)
    outlines: list[dict[str, Any]] = field(default_factory=list)
    notes: tuple[str, ...] = ()
    rows: int = 0


def of_package(package: Package, tables: build.Frames, with_documents: bool) -> Gathered:
    """Return a package's events with their words and claims.

    Args:
        package: the package.
        tables: its tables as they are published.
        with_documents: include the whole documents; their text is not published otherwise.
    """
    events = tables["events"]
    texts: dict[str, str] = {}
    if with_documents:
        documents = read_documents(package.root, package.book, package.sources()["documents"])
        texts = {name: document.text for name, document in documents.items()}
    *owners, _ = package.book.evidence.owners
    owned = [key.field for key in owners]
    proofs = tables["evidence"].filter(pl.any_horizontal(pl.col(owned).is_not_null()))
    return Gathered(
        package.settings.text("title", package.name),
        package.settings.text("description", ""),
        columns(events),
        aggregates(package.book),
        _plain(proofs),
        _plain(tables["claims"]) if "claims" in tables else [],
        texts,
        outlines(events),
        (),
        events.height,
    )


def of_file(path: Path, book: str | None = None) -> Gathered:
    """Return the events of a file in a known layout, converted into ours.

    Raises:
        InputError: it cannot be read, or is in no known layout.
    """
    known = read_recognised(path, book)
    events = _with_ids(convert_events(known, HUB).frame)
    notes = _notes_of_gaps(known, events)
    if known.book.name != HUB:
        notes.append(
            f"Converted from the layout of {known.book.title}; what has no equivalent is left out."
        )
    if events.height > MANY:
        notes.append(
            f"{events.height:,} events: the table shows the first rows that fit the filters, the "
            "pictures count by month and place."
        )
    return Gathered(
        path.name,
        f"Events of {path.name}.",
        columns(events),
        aggregates(load(HUB)),
        outlines=outlines(events),
        notes=tuple(notes),
        rows=events.height,
    )


def _with_ids(events: pl.DataFrame) -> pl.DataFrame:
    """Return events of which each has an id of its own; the page finds an event by its id."""
    if "event_id" not in events.columns:
        events = events.with_columns(pl.lit(None, pl.String).alias("event_id"))
    number = pl.int_range(1, pl.len() + 1)
    return events.with_columns(
        event_id=pl.when(pl.col("event_id").is_null())
        .then(pl.format("no id (row {})", number))
        .when(pl.col("event_id").is_duplicated())
        .then(pl.format("{} (row {})", "event_id", number))
        .otherwise("event_id")
    )


def _notes_of_gaps(known: RecognisedTable, events: pl.DataFrame) -> list[str]:
    """Return notes on what could not be read of a file, and on what the pictures leave out."""
    notes = []
    if known.missing:
        notes.append(f"The file has no column {', '.join(known.missing)}.")
    if known.unread:
        cells = ", ".join(f"{count:,} of {name}" for name, count in known.unread.items())
        notes.append(
            f"Cells that cannot be read are shown as unknown: {cells}. "
            f"eventbook check {known.file} shows which."
        )
    undated = events.height - (events["date_start"].count() if "date_start" in events else 0)
    if undated:
        notes.append(
            f"{undated:,} of {plural(events.height, 'event', 'events')} without a readable day: "
            "in the table, but not on the timeline."
        )
    return notes


def aggregates(book: Book) -> tuple[str, ...]:
    """Return the record kinds that are totals of several events."""
    codes = book.code_lists.get("record_kind")
    if codes is None or "aggregate" not in codes.attributes:
        return ()
    return tuple(str(code) for code, total in codes.look_up("aggregate").items() if total)


def columns(events: pl.DataFrame) -> dict[str, Any]:
    """Return all columns that have values; repeated texts are listed once, and referred to by number."""
    values: dict[str, Any] = {}
    for name in events.columns:
        column = events[name]
        if column.dtype == pl.List(pl.String):
            column = column.list.join("; ")
        if column.dtype in (pl.Date, pl.Categorical, pl.Enum):
            column = column.cast(pl.String)
        if column.null_count() == events.height:
            continue
        if column.dtype == pl.String:
            texts = column.drop_nulls().unique(maintain_order=True)
            places = {text: n for n, text in enumerate(texts)}
            values[name] = {
                "texts": texts.to_list(),
                "at": column.replace_strict(places, default=None, return_dtype=pl.Int64).to_list(),
            }
        elif column.dtype.is_float():
            values[name] = column.round(5).to_list()
        else:
            values[name] = column.to_list()
    return values


def _plain(frame: pl.DataFrame) -> list[dict[str, Any]]:
    """Return rows as plain values, without those that are empty."""
    ready = frame.with_columns(pl.col(pl.Date, pl.Categorical, pl.Enum).cast(pl.String))
    return [{n: v for n, v in row.items() if v is not None} for row in ready.iter_rows(named=True)]


@cache
def world() -> list[dict[str, Any]]:
    """Return the outlines of all countries: code, name, polygons of rings of longitude and latitude."""
    return json.loads(OUTLINES.read_text(encoding="utf-8"))["countries"]


def outlines(events: pl.DataFrame) -> list[dict[str, Any]]:
    """Return the outlines of the events' countries, and of others around them and the points.

    Returns:
        GeoJSON features; `own` says whether a country is one of the events'. Others are cut at
        the edge, so that they do not make the map small.
    """
    named: set[str] = set()
    if "country" in events.columns:
        named = set(events["country"].cast(pl.String).drop_nulls())
    named |= set(events["event_id"].cast(pl.String).str.slice(0, 3).unique())
    spots: list[Point] = []
    if {"latitude", "longitude"} <= set(events.columns):
        points = events.select("longitude", "latitude").drop_nulls().unique(maintain_order=True)
        spots = [(float(x), float(y)) for x, y in points.iter_rows()]
    own = [c for c in world() if c["country"] in named]
    corners = spots + [(x, y) for c in own for polygon in c["polygons"] for x, y in polygon[0]]
    if not corners:
        return []
    xs, ys = [x for x, _ in corners], [y for _, y in corners]
    box = min(xs) - MARGIN, min(ys) - MARGIN, max(xs) + MARGIN, max(ys) + MARGIN
    features = []
    for country in world():
        polygons = [[r for ring in p if (r := clipped(ring, box))] for p in country["polygons"]]
        if polygons := [p for p in polygons if p]:
            features.append(
                {
                    "type": "Feature",
                    "properties": {"name": country["name"], "own": country["country"] in named},
                    "geometry": {"type": "MultiPolygon", "coordinates": polygons},
                }
            )
    return features


def clipped(ring: Sequence[Sequence[float]], box: Box) -> list[Point]:
    """Return the part of a ring in a box of west, south, east, north (Sutherland, Hodgman, 1974)."""
    points: list[Point] = [(float(x), float(y)) for x, y in ring[:-1]]
    for axis, edge, sign in ((0, box[0], 1), (1, box[1], 1), (0, box[2], -1), (1, box[3], -1)):
        kept: list[Point] = []
        for one, two in zip(points, points[1:] + points[:1], strict=True):
            inside = sign * (one[axis] - edge) >= 0
            if inside:
                kept.append(one)
            if inside != (sign * (two[axis] - edge) >= 0):
                part = (edge - one[axis]) / (two[axis] - one[axis])
                kept.append(
                    (
                        round(one[0] + part * (two[0] - one[0]), 2),
                        round(one[1] + part * (two[1] - one[1]), 2),
                    )
                )
        points = kept
    return [*points, points[0]] if len(points) > 2 else []


def codebooks(own: Book | None = None) -> list[dict[str, Any]]:
    """Return every variable, code and rule of the books as entries with the anchor of links.

    The anchors of the package's own book are those of its reference page; those of the others
    begin with the book's name.
    """
    first = own or load(HUB)
    books = [first, *(load(name) for name in available() if name != first.name)]
    return [
        {
            "name": book.name,
            "title": book.title,
            "version": book.version,
            "description": book.description,
            "entries": [
                replace(
                    entry, anchor=entry.anchor if book is first else f"{book.name}-{entry.anchor}"
                )
                for entry in terms(book)
            ],
        }
        for book in books
    ]
