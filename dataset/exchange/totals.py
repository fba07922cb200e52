"""Our totals next to what another dataset counts over the same days and the same area."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from ...codebook.nearest import nearest
from ...validation.reports.human import plural
from .by_role import NUMBERS
from .coverage import Coverage, gap_in_coverage
from .event_matching import kilometres_from
from .functions import slug

KINDS_OF_DIVISION = frozenset(
    [
        "area",
        "county",
        "department",
        "district",
        "division",
        "governorate",
        "oblast",
        "prefecture",
        "province",
        "region",
        "republic",
        "state",
        "territory",
    ]
)
"""Words that say what a division is and not which; datasets add them or leave them out."""

WIDE = ("part", "country")
"""The extents of places whose point represents a large part of a country, or all of it."""


@dataclass(frozen=True)
class Total:
    """A total of ours, and what the other dataset counts over the same days and area.

    `ours` is our event by role, and `row` the same as its book has it; `area` is the area that was
    counted; `counts` are sums over the events that
    lie inside the period (None where no event has the number), with `events` and `unreported`,
    the events without any number; `pairs` are the same by the two sides; `limits` lists the
    reasons why the two numbers may differ. `uncovered` is why nothing was counted, empty if it was.
    """

    ours: dict[str, Any]
    row: dict[str, Any]
    area: str
    counts: dict[str, int | None]
    pairs: list[dict[str, Any]]
    limits: list[str]
    uncovered: str = ""


@dataclass(frozen=True)
class Area:
    """The area of a total: its name, the events in it, and a remark on how it was chosen."""

    name: str
    events: pl.DataFrame
    remark: str = ""


def count_total(
    event: dict[str, Any],
    row: dict[str, Any],
    theirs: pl.DataFrame,
    coverage: Coverage,
    near: float,
    areas: list[str] | None,
) -> Total:
    """Return one of our totals next to what the other dataset counts.

    Args:
        event: the total, by role.
        row: the total as its book has it.
        theirs: all their events, by role.
        coverage: their countries and days.
        near: kilometres around the total's point, where its division is not known.
        areas: names of their divisions that make up the area, in place of the total's own.
    """
    first, last = event["start"], event["end"]
    covered, gap = gap_in_coverage(coverage, event["country"], first, last)
    country = theirs.filter(country=event["country"]) if event["country"] else theirs
    area = _area(event, country, near, areas)
    if covered and area is None:
        covered, gap = False, f"None of the divisions of --area is in {event['country']}."
    if area is None or not covered:
        area = Area(area.name if area else str(event["country"]), theirs.clear())
    inside_days = (pl.col("start") >= first) & (pl.col("end") <= last)
    overlaps = (pl.col("end") >= first) & (pl.col("start") <= last)
    inside = area.events.filter(inside_days)
    by_pair = inside.group_by("side1", "side2", maintain_order=True).agg(_sums())
    return Total(
        event,
        row,
        area.name,
        inside.select(_sums()).row(0, named=True),
        by_pair.sort("events", descending=True, maintain_order=True).to_dicts(),
        _limits(
            event,
            area,
            gap,
            inside,
            partly=area.events.filter(overlaps & ~inside_days),
            vague=country.filter(overlaps & pl.col("division").is_null()),
        )
        if covered
        else [],
        "" if covered else gap,
    )


def _sums() -> list[pl.Expr]:
    """Return sums that stay missing where no event has the number, and the number of events."""
    sums = [pl.when(pl.col(n).count() > 0).then(pl.col(n).sum()).alias(n) for n in NUMBERS]
    unreported = pl.all_horizontal(pl.col(n).is_null() for n in NUMBERS).sum().alias("unreported")
    return [pl.len().alias("events"), unreported, *sums]


def _area(
    event: dict[str, Any], country: pl.DataFrame, near: float, areas: list[str] | None
) -> Area | None:
    """Return the area of a total within its country; None if it has none of the `areas`."""
    divisions = country["division"].drop_nulls().unique().sort().to_list()
    if areas:
        here = [name for name in areas if name in divisions]
        named = country.filter(pl.col("division").is_in(here))
        return Area(" and ".join(here), named) if here else None
    remark = ""
    if event["division"] and event["country"]:
        division = same_division(event["division"], divisions)
        if division is not None:
            return Area(division, country.filter(pl.col("division") == division))
        remark = f"The other file has no division {event['division']} in {event['country']}"
        hint = nearest(event["division"], divisions)
        remark += f"; --area counts over another, such as {hint}." if hint else "."
    if event["extent"] in WIDE and event["country"]:
        return Area(event["country"], country, remark)
    if event["latitude"] is not None and event["longitude"] is not None:
        away = kilometres_from(country, event["latitude"], event["longitude"])
        return Area(f"{near:g} km around the point", country.filter(away <= near), remark)
    if event["country"]:
        return Area(event["country"], country, remark)
    return Area("no place", country.clear(), "The total has neither a country nor a point.")


def same_division(name: str, divisions: list[str]) -> str | None:
    """Return the division of a country that has the same name, written otherwise at most.

    Case, accents, punctuation and words such as "province" do not count. A name that is only
    similar is another division: North Kivu is not South Kivu.
    """
    if name in divisions:
        return name
    ours, *theirs = (
        frozenset((text or "").split("-")) - KINDS_OF_DIVISION
        for text in slug(pl.Series([name, *divisions], dtype=pl.String))
    )
    same = [d for d, words in zip(divisions, theirs, strict=True) if words == ours]
    return same[0] if ours and "" not in ours and len(same) == 1 else None


def _limits(
    event: dict[str, Any],
    area: Area,
    gap: str,
    inside: pl.DataFrame,
    partly: pl.DataFrame,
    vague: pl.DataFrame,
) -> list[str]:
    """Return why the two numbers may differ, as far as the tables show it."""
    words = event["place_words"] or event["place"]
    limits = [f"The words say {words}; counted is {area.name}, the whole of it."]
    limits += [text for text in (gap, area.remark) if text]
    if event["inferred"]:
        limits.append("The days of our total are inferred: the words do not name both its ends.")
    if inside.height and inside["type"].null_count() == inside.height:
        limits.append(
            "The other dataset does not record the type of event: all of its events are counted."
        )
    if partly.height:
        limits.append(
            f"Across the edge of the period, left out because the exact dates are unknown: "
            f"{_deaths(partly)}."
        )
    if vague.height:
        limits.append(
            "In these days and this country, but in no first-level division: "
            f"{_deaths(vague)}, of which some may belong here."
        )
    unknown = inside["unknown"].sum()
    if unknown:
        limits.append(f"{unknown:,} of the dead are of no known side: civilians may be among them.")
    if inside["civilians"].null_count() == inside.height and inside.height:
        limits.append("The other dataset does not break deaths down by side.")
    pairs = inside.select("side1", "side2").unique().height
    if pairs > 1:
        limits.append(
            f"The count is of {pairs} pairs of sides; the source speaks of {event['side1']}."
        )
    limits.append(
        "Who counts as a civilian, and which reports were read, differs; that one number is higher "
        "does not make the other wrong."
    )
    return limits


def _deaths(frame: pl.DataFrame) -> str:
    deaths = int(frame["best"].fill_null(frame["low"]).sum())
    return f"{plural(frame.height, 'event', 'events')} ({plural(deaths, 'death', 'deaths')})"
