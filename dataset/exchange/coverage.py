"""The countries and days of a dataset: outside them, a count of 0 means nothing."""

from __future__ import annotations

from datetime import date

import polars as pl


class Coverage:
    """The days of the events of a dataset, by country.

    `countries` has one row per country: `country`, `first` and `last`, the days of its first and
    last event.
    """

    def __init__(self, events: pl.DataFrame):
        """Find the days, given events by role."""
        first, last = pl.col("start").min(), pl.col("end").max()
        self.countries = (
            events.drop_nulls("country").group_by("country").agg(first=first, last=last)
        )
        self.first, self.last = events.select(first, last).row(0)

    def days(self, country: str | None) -> tuple[date | None, date | None]:
        """Return the first and last day of a country's events; of all events without a country."""
        if country is None:
            return self.first, self.last
        row = self.countries.filter(country=country)
        return (row["first"][0], row["last"][0]) if row.height else (None, None)

    def added_to(self, events: pl.DataFrame) -> pl.DataFrame:
        """Return events with `coverage`: why the dataset cannot have them, or nothing."""
        place = {"first": pl.lit(self.first, pl.Date), "last": pl.lit(self.last, pl.Date)}
        known = pl.col("country").is_not_null()
        frame = events.join(self.countries, on="country", how="left", maintain_order="left")
        frame = frame.with_columns(
            pl.when(known).then(pl.col(name)).otherwise(days).alias(name)
            for name, days in place.items()
        )
        outside = (pl.col("end") < pl.col("first")) | (pl.col("start") > pl.col("last"))
        no_country = known & pl.col("first").is_null()
        return frame.with_columns(
            coverage=pl.when(no_country)
            .then(pl.lit("no event in this country"))
            .when(outside)
            .then(pl.format("its events in this country are of {} to {}", "first", "last"))
        )


def gap_in_coverage(
    coverage: Coverage, country: str | None, first: date | None, last: date | None
) -> tuple[bool, str]:
    """Return whether a dataset covers any of a country's days, and what it lacks of them, if any.

    Args:
        coverage: the dataset's.
        country: the code of the country, None if it is not known.
        first: the first day.
        last: the last day.
    """
    earliest, latest = coverage.days(country)
    name = country or "all countries"
    if earliest is None or latest is None:
        return False, f"The other file has no event in {name}: it may not cover it."
    if first is None or last is None:
        return True, ""
    span = f"The other file's events in {name} are of {earliest} to {latest}"
    if last < earliest or first > latest:
        return False, f"{span}: it may not cover these days."
    if first < earliest or last > latest:
        return True, f"{span}: it may cover only a part of these days."
    return True, ""
