"""Comparing our events with another dataset's: matched pairs, and our totals next to its counts.

Only events that are known to about a month and to a division of a country are matched. A summary
of a year or of a country lies near every event of it, and would match any.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from ...codebook import HUB
from ...codebook.nearest import nearest
from ...validation.errors import InputError
from .convert import convert_events
from .coverage import Coverage
from .event_matching import match_events
from .known_table import RecognisedTable
from .totals import Total, count_total

LONGEST = 31
"""Days of the longest event that is matched; a date known to the month has as many."""
COARSEST = 4
"""The least exact place that is matched, by UCDP's steps: a first-level division."""


@dataclass(frozen=True)
class Comparison:
    """Pairs of events that are taken for the same one, and totals next to counts.

    `matches` has one row per pair: both ids as the files have them, the score, its parts, and both
    rows in short. `unmatched` are ours without a partner; `coverage` says there why the other file
    could not have one. `unplaced` and `summaries` count ours that were not looked for: those
    without coordinates or date, and those of more than a month or a division. `candidates` counts
    the events of theirs that could be a partner.
    """

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
        InputError: a file holds no events, or theirs has no such area.
    """
    for value, name in ((near, "near"), (days, "days")):
        if value < 0:
            raise InputError(f"--{name} {value}: it must be 0 or more")
    mine, other = _events(ours), _events(theirs)
    _ensure_divisions(areas or [], other)
    coverage = Coverage(other)
    aggregate = pl.col("record_kind").str.ends_with("_aggregate").fill_null(False)
    single = mine.filter(~aggregate & (pl.col("event_type") != "Diplomacy").fill_null(True))
    placed = single.filter(_has_point_and_day())
    exact = placed.filter(~_is_summary())
    candidates = other.filter(~aggregate & _has_point_and_day()).filter(~_is_summary())
    pairs = match_events(
        exact, candidates, near, days, least, same_ids=ours.book.name == theirs.book.name
    )
    unmatched = exact.with_row_index("ours").join(
        pairs, on=pl.col("ours").cast(pl.Int64), how="anti", maintain_order="left"
    )
    return Comparison(
        _side_by_side(pairs, exact, candidates),
        coverage.added_to(unmatched).select(
            "event_id", "date_start", "date_end", "location", "actor1", "actor2", "coverage"
        ),
        single.height - placed.height,
        placed.height - exact.height,
        candidates.height,
        [
            count_total(row, other, coverage, near, areas)
            for row in mine.filter(aggregate).iter_rows(named=True)
        ],
    )


def _events(known: RecognisedTable) -> pl.DataFrame:
    """Return the events in our layout, with the ids that the file has for them."""
    converted = convert_events(known, HUB)
    return converted.frame.with_columns(
        pl.col("date_end").fill_null(pl.col("date_start")), event_id=converted.ids
    )


def _ensure_divisions(areas: list[str], theirs: pl.DataFrame) -> None:
    """Ensure that the other file has divisions.

    Raises:
        InputError: it lacks one; the message has the nearest name.
    """
    divisions = theirs["admin1"].drop_nulls().unique().sort().to_list()
    for name in areas:
        if name not in divisions:
            near = nearest(name, divisions)
            hint = f"; the nearest is {near}" if near else ""
            raise InputError(f"--area {name}: the other file has no such division{hint}")


def _has_point_and_day() -> pl.Expr:
    needed = pl.col("latitude", "longitude", "date_start", "date_end").is_not_null()
    return pl.all_horizontal(needed, pl.col("latitude", "longitude").is_finite())


def _is_summary() -> pl.Expr:
    """Return a mask of events of more than a month, or of more than a first-level division."""
    days = (pl.col("date_end") - pl.col("date_start")).dt.total_days() + 1
    return (days > LONGEST) | (pl.col("where_prec") > COARSEST).fill_null(False)


def _side_by_side(pairs: pl.DataFrame, ours: pl.DataFrame, theirs: pl.DataFrame) -> pl.DataFrame:
    """Return one row per pair: the ids, the score and its parts, then both events in short."""
    shown = ["event_id", "date_start", "date_end", "location", "actor1", "actor2", "event_type"]
    shown.append("fatalities_best")
    parts = ["score", "km", "gap", "place", "time", "actors", "type"]
    mine = ours.select(pl.col(n).gather(pairs["ours"]).alias(f"ours_{n}") for n in shown)
    other = theirs.select(pl.col(n).gather(pairs["theirs"]).alias(f"theirs_{n}") for n in shown)
    rounded = pairs.select(pl.col(n).round(3) if n != "gap" else pl.col(n) for n in parts)
    together = pl.concat([mine, other, rounded], how="horizontal")
    ids = ["ours_event_id", "theirs_event_id"]
    return together.select(*ids, *parts, pl.exclude(*ids, *parts))
