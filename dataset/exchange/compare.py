"""Comparing our events with another dataset's: matched pairs, and our totals next to its counts.

Only events that are known to about a month and to a division of a country are matched. A summary
of a year or of a country lies near every event of it, and would match any.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from ...codebook import Book, load
from ...codebook.crosswalks import NoCrosswalk
from ...codebook.nearest import nearest
from ...validation.errors import InputError
from ...validation.location import own_book
from ...validation.progress import step
from .by_role import RoleEvents, by_role, can_be_compared
from .convert import convert_events
from .coverage import Coverage
from .event_matching import match_events
from .known_table import RecognisedTable
from .totals import Total, count_total

LONGEST = 31
"""Days of the longest event that is matched; a date known to the month has as many."""
VAGUE = ("part", "country", "outside")
"""The extents of places that are too vague to be matched: more than a first-level division."""

NEEDED = ("kind", "type", "sides", "deaths")
"""The roles without which a comparison leaves something out."""


@dataclass(frozen=True)
class Comparison:
    """Pairs of events that are taken for the same one, and totals next to counts.

    `matches` has one row per pair: both ids as the files have them, the score, its parts, and both
    events in short, by role. `unmatched` are ours without a partner; `coverage` says there why the other file
    could not have one. `unplaced` and `summaries` count ours that were not looked for: those
    without coordinates or date, and those of more than a month or a division. `candidates` counts
    the events of theirs that could be a partner. `ours` and `theirs` are all events that were
    compared, and `lacking` says what could not be, because a book does not name the columns.
    """

    ours: RoleEvents
    theirs: RoleEvents
    lacking: list[str]
    matches: pl.DataFrame
    unmatched: pl.DataFrame
    unplaced: int
    summaries: int
    candidates: int
    totals: list[Total]


def compare_events(
    ours: RecognisedTable,
    theirs: RecognisedTable,
    near: float,
    days: int,
    areas: list[str] | None = None,
    least: float = 0.5,
) -> Comparison:
    """Compare our events with another dataset's.

    Args:
        ours: our file, of any known layout.
        theirs: theirs, of any known layout.
        near: kilometres that the points of a pair may lie apart.
        days: days that may lie between the intervals of a pair.
        areas: names of their first-level divisions that make up the area of our totals; if left
            out, the division of the total's own place, or what lies within `near` of its point.
        least: the least score of a pair, from 0 to 1.

    Raises:
        InputError: a book does not say when and where events were, or theirs has no such area.
    """
    for value, name in ((near, "near"), (days, "days")):
        if value < 0:
            raise InputError(f"--{name} {value}: it must be 0 or more")
    mine, other = _events(ours, theirs), _events(theirs, ours)
    _ensure_divisions(areas or [], other.frame)
    coverage = Coverage(other.frame)
    numbered = mine.frame.with_row_index("row")
    aggregate = pl.col("aggregate").fill_null(False)
    single = numbered.filter(~aggregate & ~pl.col("speech").fill_null(False))
    placed = single.filter(_has_point_and_day())
    exact = placed.filter(~_is_summary())
    candidates = other.frame.filter(~aggregate & _has_point_and_day()).filter(~_is_summary())
    step("matching events")
    pairs = match_events(
        exact, candidates, near, days, least, same_ids=ours.book.name == theirs.book.name
    )
    unmatched = exact.with_row_index("ours").join(
        pairs, on=pl.col("ours").cast(pl.Int64), how="anti", maintain_order="left"
    )
    return Comparison(
        mine,
        other,
        [*_lacking(mine, other)],
        _side_by_side(pairs, exact, candidates),
        coverage.added_to(unmatched).select(
            "id", "start", "end", "place", "side1", "side2", "coverage"
        ),
        single.height - placed.height,
        placed.height - exact.height,
        candidates.height,
        [
            count_total(
                event,
                mine.rows.row(event.pop("row"), named=True),
                other.frame,
                coverage,
                near,
                areas,
            )
            for event in numbered.filter(aggregate).iter_rows(named=True)
        ],
    )


def _events(known: RecognisedTable, partner: RecognisedTable) -> RoleEvents:
    """Return the events of a file by role, with the ids that the file has for them.

    A book that names no roles is converted to one that does.

    Args:
        known: the file.
        partner: the file that it is compared with.

    Raises:
        InputError: its book does not say when and where events were, nor is there a way to one
            that does.
    """
    if not can_be_compared(known.table):
        for book in _comparable(known, partner):
            try:
                converted = convert_events(known, book)
            except NoCrosswalk:
                continue
            frame, ids = converted.frame, converted.ids
            return by_role(known.file, converted.book, converted.table, frame, ids)
    ids = known.frame[known.table.primary_key[0]]
    return by_role(known.file, known.book, known.table, known.frame, ids)


def _comparable(known: RecognisedTable, partner: RecognisedTable) -> Iterator[Book]:
    """Yield the books to which a file may be converted, to be compared: the partner's first."""
    for book in (partner.book, own_book(Path(known.file)), own_book(Path(partner.file)), load()):
        if book is not None and can_be_compared(book.main_table):
            yield book


def _lacking(mine: RoleEvents, other: RoleEvents) -> Iterator[str]:
    """Yield what cannot be compared, because one of the books does not name the columns."""
    for role in NEEDED:
        books = [e.book.name for e in (mine, other) if not getattr(e.table.roles, role)]
        if books:
            yield f"{role} (no such role in {' and '.join(dict.fromkeys(books))})"


def _ensure_divisions(areas: list[str], theirs: pl.DataFrame) -> None:
    """Ensure that the other file has divisions.

    Raises:
        InputError: it lacks one; the message has the nearest name.
    """
    divisions = theirs["division"].drop_nulls().unique().sort().to_list()
    for name in areas:
        if name not in divisions:
            near = nearest(name, divisions)
            hint = f"; the nearest is {near}" if near else ""
            raise InputError(f"--area {name}: the other file has no such division{hint}")


def _has_point_and_day() -> pl.Expr:
    needed = pl.col("latitude", "longitude", "start", "end").is_not_null()
    return pl.all_horizontal(needed, pl.col("latitude", "longitude").is_finite())


def _is_summary() -> pl.Expr:
    """Return a mask of events of more than a month, or of more than a first-level division."""
    days = (pl.col("end") - pl.col("start")).dt.total_days() + 1
    return (days > LONGEST) | pl.col("extent").is_in(VAGUE).fill_null(False)


def _side_by_side(pairs: pl.DataFrame, ours: pl.DataFrame, theirs: pl.DataFrame) -> pl.DataFrame:
    """Return one row per pair: the ids, the score and its parts, then both events in short."""
    shown = ["id", "start", "end", "place", "side1", "side2", "type", "best"]
    parts = ["score", "km", "gap", "place", "time", "actors", "type"]
    mine = ours.select(pl.col(n).gather(pairs["ours"]).alias(f"ours_{n}") for n in shown)
    other = theirs.select(pl.col(n).gather(pairs["theirs"]).alias(f"theirs_{n}") for n in shown)
    rounded = pairs.select(pl.col(n).round(3) if n != "gap" else pl.col(n) for n in parts)
    together = pl.concat([mine, other, rounded], how="horizontal")
    ids = ["ours_id", "theirs_id"]
    return together.select(*ids, *parts, pl.exclude(*ids, *parts))
