"""Dividing totals over their days as ACLED does, on request.

Each day gets an equal whole share and the first day the remainder, so that the parts sum back to
the total exactly.
"""

from __future__ import annotations

import polars as pl

from ...codebook import Table
from .losses import Loss, Tally

NOTE = "Day {} of {}: a share of a total that was divided evenly, the remainder on the first day."


class Division:
    """Divides aggregates of more than a day into one row per day; `tally` counts them."""

    def __init__(self, table: Table):
        """Prepare the division of events of our own book."""
        self.counts = [v.name for v in table.variables if v.unit == "persons"]
        self.tally = Tally()

    def not_known(self, before: frozenset[str]) -> frozenset[str]:
        """Return the columns whose values are not known, given those of the rows to be divided."""
        return before

    def __call__(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return the rows: counts of persons are divided, and four digits for the day end the id."""
        total = pl.col("record_kind").str.ends_with("_aggregate") & (pl.col("days") > 1)
        whole, parts = frame.filter(~total.fill_null(False)), frame.filter(total)
        if not parts.height:
            return frame
        day = pl.col("__day")
        divided = (
            parts.with_columns(pl.int_ranges(0, pl.col("days")).alias("__day"))
            .explode("__day")
            .with_columns(
                *(
                    pl.col(n) // pl.col("days")
                    + pl.when(day == 0).then(pl.col(n) % pl.col("days")).otherwise(0)
                    for n in self.counts
                    if n in frame.columns
                ),
                event_id=pl.col("event_id") + (day + 1).cast(pl.String).str.zfill(4),
                notes=pl.concat_str(
                    pl.col("notes"),
                    pl.format(NOTE, day + 1, pl.col("days")),
                    separator=" ",
                    ignore_nulls=True,
                ),
                date_start=pl.col("date_start") + pl.duration(days=day),
                date_end=pl.col("date_start") + pl.duration(days=day),
                date_best=pl.col("date_start") + pl.duration(days=day),
            )
            .with_columns(
                pl.lit(1, pl.Int64).alias("days"),
                year=pl.col("date_start").dt.year().cast(pl.Int64),
            )
            .drop("__day")
        )
        note = "a row for each day now; no source gives the deaths of these days"
        loss = Loss("division", "divided", "fatalities_low", note=note)
        self.tally.add(loss, parts.height, parts["event_id"].head(5))
        return pl.concat([whole, divided.select(frame.columns)])
