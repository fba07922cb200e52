"""Dividing totals over their days, on request, for a layout that has a row for each day.

Each day gets an equal whole share and the first day the remainder, so that the parts sum back to
the total exactly.
"""

from __future__ import annotations

import re

import polars as pl

from ...codebook import BookError, Crosswalk, Table, Variable
from ...codebook.mapping import Row
from .losses import Loss, Tally

NOTE = "Day {} of {}: a share of a total that was divided evenly, the remainder on the first day."
DAY, DAYS, TOTAL = "__day", "__days", "__total"


class Division:
    """Divides the totals that a crosswalk selects into one row per day; `tally` counts them."""

    def __init__(self, walk: Crosswalk, row: Row):
        """Prepare the division of rows before a crosswalk converts them.

        Args:
            walk: the crosswalk.
            row: its row that selects the totals.

        Raises:
            BookError: the book does not say which days a row is about.
        """
        table = walk.source_table
        interval = table.roles.interval
        if interval is None:
            message = f"{walk.source.name} has no role interval in {table.name}"
            raise BookError([f"{walk.file}:{row.line}: totals cannot be divided: {message}"])
        self.table, self.interval = table, interval
        self.key = table.primary_key[0]
        self.counts = [v.name for v in table.variables if v.unit == "persons"]
        maker = walk.makers.get(row.target)
        self.remark = maker.variable if maker is not None else ""
        self.total = pl.sql_expr(walk.sql(row)[0]).fill_null(False)
        self.days = [interval.start, interval.end, *filter(None, [interval.best])]
        self.of_days = [v for v in table.variables if _follows_from(v, self.days, table)]
        first = table.roles.deaths.low if table.roles.deaths else ""
        self.loss = Loss("division", "divided", first, note=row.note)
        self.tally = Tally()

    def not_known(self, before: frozenset[str]) -> frozenset[str]:
        """Return the columns whose values are not known, given those of the rows to be divided."""
        return before

    def __call__(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return the rows: counts of persons are divided, and four digits for the day end the id."""
        start, end = pl.col(self.interval.start), pl.col(self.interval.end)
        marked = frame.with_columns(self.total.alias(TOTAL))
        whole = marked.filter(~pl.col(TOTAL)).drop(TOTAL)
        parts = marked.filter(TOTAL).drop(TOTAL)
        if not parts.height:
            return frame
        day, days = pl.col(DAY), pl.col(DAYS)
        divided = (
            parts.with_columns(((end - start).dt.total_days() + 1).alias(DAYS))
            .with_columns(pl.int_ranges(0, days).alias(DAY))
            .explode(DAY)
            .with_columns(
                *(
                    pl.col(n) // days + pl.when(day == 0).then(pl.col(n) % days).otherwise(0)
                    for n in self.counts
                    if n in frame.columns
                ),
                *self._remark(frame),
                *(
                    (start + pl.duration(days=day)).alias(n)
                    for n in self.days
                    if n in frame.columns
                ),
                (pl.col(self.key) + (day + 1).cast(pl.String).str.zfill(4)).alias(self.key),
            )
            .with_columns(
                _of_one_day(v).alias(v.name) for v in self.of_days if v.name in frame.columns
            )
            .drop(DAY, DAYS)
        )
        self.tally.add(self.loss, parts.height, parts[self.key].head(5))
        return pl.concat([whole, divided.select(frame.columns)])

    def _remark(self, frame: pl.DataFrame) -> list[pl.Expr]:
        """Return the remark of each part, after that of the total, where the layout has a column."""
        if self.remark not in frame.columns:
            return []
        says = pl.format(NOTE, pl.col(DAY) + 1, pl.col(DAYS))
        both = pl.concat_str(pl.col(self.remark), says, separator=" ", ignore_nulls=True)
        return [both.alias(self.remark)]


def _follows_from(variable: Variable, days: list[str], table: Table) -> bool:
    """Return whether a variable is computed of the days of its row, and of nothing else."""
    if variable.derived is None or "{" in variable.derived.sql:
        return False
    read = {*variable.derived.days, *re.findall(r"\w+", variable.derived.sql)} & set(table.names)
    return bool(read) and read <= set(days)


def _of_one_day(variable: Variable) -> pl.Expr:
    """Return the value of a variable that is computed of the days of its row, now that it is one."""
    assert variable.derived is not None
    one = pl.lit(1) if variable.derived.days else pl.sql_expr(variable.derived.sql)
    return one.cast(pl.Int64) if variable.type == "integer" else one
