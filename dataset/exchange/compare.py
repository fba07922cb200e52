"""Our events beside another dataset's: which are the same, and what it counts where we have a total."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from ...codebook import HUB
from ...validation.errors import InputError
from .convert import convert_events
from .event_matching import match_events
from .known_table import RecognisedTable

COUNTS = (
    "fatalities_low",
    "fatalities_best",
    "fatalities_high",
    "fatalities_side1",
    "fatalities_side2",
    "fatalities_civilians",
    "fatalities_unknown",
)


@dataclass(frozen=True)
class Total:
    """A total of ours, and what the other dataset counts over the same days and area.

    `ours` is our row; `area` says what was taken as the area; `counts` are sums over the events
    that lie inside the period (None where no event tells the number), with `events` and
    `untold`, the events without any number; `pairs` are the same by the two sides; `cannot_say`
    is what stands between the two numbers.
    """

    ours: dict[str, Any]
    area: str
    counts: dict[str, int | None]
    pairs: list[dict[str, Any]]
    cannot_say: list[str]


@dataclass(frozen=True)
class Comparison:
    """Pairs of events that are taken for the same one, and totals beside counts.

    `matches` has a row a pair: both ids, the score, its parts, and both rows in short; `alone` are
    ours that have no partner, `pointless` ours that could not be looked for.
    """

    matches: pl.DataFrame
    alone: pl.DataFrame
    pointless: int
    theirs: int
    totals: list[Total]


def compare_events(
    ours: RecognisedTable,
    theirs: RecognisedTable,
    near: float,
    days: int,
    areas: list[str] | None = None,
    least: float = 0.5,
) -> Comparison:
    """Our events beside another dataset's.

    Args:
        ours: our file, of any known layout.
        theirs: theirs, of any known layout.
        near: kilometres that the points of a pair may lie apart.
        days: days that may lie between the intervals of a pair.
        areas: names of their first-level divisions that make up the area of our totals; else the
            division of the total's own place, or what lies within `near` of its point.
        least: the least score of a pair, from 0 to 1.

    Raises:
        InputError: a file holds no events, or theirs has no such area.
    """
    for value, name in ((near, "near"), (days, "days")):
        if value < 0:
            raise InputError(f"--{name} {value}: it must be 0 or more")
    mine, other = _events(ours), _events(theirs)
    aggregate = pl.col("record_kind").str.ends_with("_aggregate").fill_null(False)
    single = mine.filter(~aggregate & (pl.col("event_type") != "Diplomacy").fill_null(True))
    placed = single.filter(_can_be_found())
    found = other.filter(_can_be_found())
    pairs = match_events(placed, found, near, days, least)
    alone = placed.with_row_index("ours").join(pairs, on=pl.col("ours").cast(pl.Int64), how="anti")
    totals = [
        total(row, other, near, areas) for row in mine.filter(aggregate).iter_rows(named=True)
    ]
    return Comparison(
        _side_by_side(pairs, placed, found),
        alone.select("event_id", "date_start", "date_end", "location", "actor1", "actor2"),
        single.height - placed.height,
        found.height,
        totals,
    )


def _events(known: RecognisedTable) -> pl.DataFrame:
    frame = convert_events(known, HUB).frame
    return frame.with_columns(pl.col("date_end").fill_null(pl.col("date_start")))


def _can_be_found() -> pl.Expr:
    needed = pl.col("latitude", "longitude", "date_start", "date_end").is_not_null()
    return pl.all_horizontal(needed, pl.col("latitude", "longitude").is_finite())


def _side_by_side(pairs: pl.DataFrame, ours: pl.DataFrame, theirs: pl.DataFrame) -> pl.DataFrame:
    shown = ["event_id", "date_start", "date_end", "location", "actor1", "actor2", "event_type"]
    shown.append("fatalities_best")
    parts = ["score", "km", "gap", "place", "time", "actors", "type"]
    mine = ours.select(pl.col(n).gather(pairs["ours"]).alias(f"ours_{n}") for n in shown)
    other = theirs.select(pl.col(n).gather(pairs["theirs"]).alias(f"theirs_{n}") for n in shown)
    like = pairs.select(pl.col(n).round(3) if n != "gap" else pl.col(n) for n in parts)
    together = pl.concat([mine, other, like], how="horizontal")
    return together.select(
        "ours_event_id",
        "theirs_event_id",
        *parts,
        pl.exclude("ours_event_id", "theirs_event_id", *parts),
    )


def total(row: dict[str, Any], theirs: pl.DataFrame, near: float, areas: list[str] | None) -> Total:
    """One of our totals beside what the other dataset counts over the same days and area."""
    first, last = row["date_start"], row["date_end"]
    inside_days = (pl.col("date_start") >= first) & (pl.col("date_end") <= last)
    overlaps = (pl.col("date_end") >= first) & (pl.col("date_start") <= last)
    area, here = _area(row, theirs, near, areas)
    inside = theirs.filter(inside_days & here)
    partly = theirs.filter(overlaps & ~inside_days & here)
    same_country = pl.col("country").eq(pl.lit(row["country"])).fill_null(False)
    vague = theirs.filter(overlaps & same_country & pl.col("admin1").is_null())
    by_pair = inside.group_by("actor1", "actor2", maintain_order=True).agg(_sums())
    return Total(
        row,
        area,
        inside.select(_sums()).row(0, named=True),
        by_pair.sort("events", descending=True, maintain_order=True).to_dicts(),
        _limits(row, area, inside, partly, vague),
    )


def _sums() -> list[pl.Expr]:
    """Sums that stay missing where no event has the number, and how many events there are."""
    sums = [pl.when(pl.col(n).is_not_null().any()).then(pl.col(n).sum()).alias(n) for n in COUNTS]
    untold = pl.all_horizontal(pl.col(n).is_null() for n in COUNTS).sum().alias("untold")
    return [pl.len().alias("events"), untold, *sums]


def _area(
    row: dict[str, Any], theirs: pl.DataFrame, near: float, areas: list[str] | None
) -> tuple[str, pl.Expr]:
    """What is taken as the area of a total, in words and as a filter."""
    from rapidfuzz import process, utils

    known = theirs["admin1"].drop_nulls().unique().sort().to_list()
    if areas:
        for name in (a for a in areas if a not in known):
            best = process.extract(name, known, limit=3, processor=utils.default_process)
            hint = ", ".join(b[0] for b in best)
            raise InputError(f"--area {name}: the other file has no such division; near: {hint}")
        return " and ".join(areas), pl.col("admin1").is_in(areas)
    if row["admin1"]:
        best = process.extractOne(
            str(row["admin1"]), known, score_cutoff=85, processor=utils.default_process
        )
        if best:
            return best[0], pl.col("admin1") == best[0]
    if row["latitude"] is not None:
        from .event_matching import kilometres_from

        away = kilometres_from(theirs, row["latitude"], row["longitude"])
        return f"{near:g} km around the point", pl.lit(away <= near)
    return str(row["country"]), pl.col("country").eq(pl.lit(row["country"])).fill_null(False)


def _limits(
    row: dict[str, Any],
    area: str,
    inside: pl.DataFrame,
    partly: pl.DataFrame,
    vague: pl.DataFrame,
) -> list[str]:
    """What the two numbers do not say of each other, as far as the tables tell."""

    def told(frame: pl.DataFrame) -> str:
        deaths = frame["fatalities_best"].fill_null(frame["fatalities_low"]).sum()
        events = "1 event" if frame.height == 1 else f"{frame.height:,} events"
        return f"{events} with {deaths:,} {'death' if deaths == 1 else 'deaths'}"

    said = [
        f"The words say {row['location_words'] or row['location']}; counted is {area}, the whole of it.",
    ]
    if row["date_basis"] == "inferred":
        said.append("The days of our total are inferred: the words do not name both its ends.")
    if inside.height and inside["event_type"].null_count() == inside.height:
        said.append("The other dataset does not tell what was done: all that it holds is counted.")
    if partly.height:
        said.append(
            f"Over the edge of the period: {told(partly)}, left out whole, for nobody knows their days."
        )
    if vague.height:
        said.append(
            f"In these days and this country, but in no first-level division: {told(vague)}, "
            "of which some may belong here."
        )
    unknown = inside["fatalities_unknown"].sum()
    if unknown:
        said.append(f"{unknown:,} of the dead are of no known side: civilians may be among them.")
    if inside["fatalities_civilians"].null_count() == inside.height and inside.height:
        said.append("The other dataset does not part the dead by side.")
    pairs = inside.select("actor1", "actor2").unique().height
    if pairs > 1:
        said.append(
            f"The count is of {pairs} pairs of sides; the source speaks of {row['actor1']}."
        )
    said.append(
        "Who counts as a civilian, and which reports were read, differs; that one number is higher "
        "does not make the other wrong."
    )
    return said
