"""Totals divided over their days as ACLED divides them, for those who ask for it.

Each day gets an equal whole share and the first day the remainder, so that the parts sum back to
the total exactly.
"""

from __future__ import annotations

import polars as pl

from ...codebook import Table
from .losses import Loss

NOTE = "Day {} of {}: a share of a total that was divided evenly, the remainder on the first day."


def divide(table: Table, frame: pl.DataFrame) -> tuple[pl.DataFrame, list[Loss]]:
    """Aggregates of more than a day as one row a day.

    Args:
        table: the events of our own book.
        frame: its rows; counts of persons are divided, the id gets four digits for the day.
    """
    counts = [v.name for v in table.variables if v.unit == "persons" and v.name in frame.columns]
    total = pl.col("record_kind").str.ends_with("_aggregate") & (pl.col("days") > 1)
    whole, parts = frame.filter(~total.fill_null(False)), frame.filter(total)
    if not parts.height:
        return frame, []
    day = pl.col("__day")
    divided = (
        parts.with_columns(pl.int_ranges(0, pl.col("days")).alias("__day"))
        .explode("__day")
        .with_columns(
            *(
                pl.col(n) // pl.col("days")
                + pl.when(day == 0).then(pl.col(n) % pl.col("days")).otherwise(0)
                for n in counts
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
            pl.lit(1, pl.Int64).alias("days"), year=pl.col("date_start").dt.year().cast(pl.Int64)
        )
        .drop("__day")
    )
    loss = Loss(
        "division",
        "divided",
        "fatalities_low",
        "",
        "",
        "",
        "none",
        parts.height,
        "; ".join(parts["event_id"].head(5)),
        f"{parts.height} totals became {divided.height} rows of a day; no source tells the deaths of these days",
    )
    return pl.concat([whole, divided.select(frame.columns)]), [loss]
