"""Bring typed frames into the form in which CSV files are read."""

from __future__ import annotations

from datetime import date, time
from typing import TYPE_CHECKING, Any

import polars as pl

if TYPE_CHECKING:
    import pyarrow as pa


EPOCH = date(1970, 1, 1)
FIRST, LAST = (date.min - EPOCH).days, (date.max - EPOCH).days
"""The first and the last day that Python has, in days since 1970."""
UNITS_A_DAY = {"ms": 86_400_000, "us": 86_400_000_000}
"""Those of times; nanoseconds are too few for a day that Python does not have."""


def from_arrow(table: pa.Table | pa.RecordBatch) -> pl.DataFrame:
    """Return the rows of Arrow as a frame.

    Decimals of more than 38 digits, which polars cannot hold, become text.
    """
    known = _known(table.schema)
    return pl.DataFrame(pl.from_arrow(table.cast(known) if known else table))


def _known(schema: pa.Schema) -> pa.Schema | None:
    """Return a schema with only types that polars has; None if the schema has no others."""
    import pyarrow as pa

    known = None
    for number, field in enumerate(schema):
        kind: Any = field.type
        values = kind.value_type if pa.types.is_dictionary(kind) else kind
        if pa.types.is_decimal256(values):
            known = (known or schema).set(number, field.with_type(pa.string()))
    return known


def plain(frame: pl.DataFrame) -> pl.DataFrame:
    """Return a frame with categories as text, and with empty text and NaN as missing.

    A column with days before the year 1 or after 9999 is text: see `_days_as_text`.
    """
    texts = _days_as_text(frame).with_columns(
        pl.col(pl.Categorical, pl.Enum).cast(pl.String),
        pl.col(pl.Float32, pl.Float64).fill_nan(None),
    )
    empty = texts.select((pl.col(pl.String) == "").any())
    names = [name for name in empty.columns if empty[name].item()]
    return texts.with_columns(pl.when(pl.col(name) != "").then(pl.col(name)) for name in names)


def _days_as_text(frame: pl.DataFrame) -> pl.DataFrame:
    """Return a frame in which columns with days or times that Python does not have are text.

    Those are written as their numbers since 1970: polars panics when it writes one as a day.
    """
    columns = []
    for cells in frame.iter_columns():
        kind = cells.dtype
        units = 1 if kind == pl.Date else None
        if isinstance(kind, pl.Datetime):
            units = UNITS_A_DAY.get(kind.time_unit)
        if units is None:
            continue
        numbers = cells.to_physical()
        exists = numbers.is_between(FIRST * units, (LAST + 1) * units - 1)
        if not exists.all():
            days = cells.set(~exists.fill_null(True), None)
            written = days.cast(pl.String).fill_null(numbers.cast(pl.String))
            columns.append(written.alias(cells.name))
    return frame.with_columns(columns)


def days_of_midnights(frame: pl.DataFrame) -> pl.DataFrame:
    """Return a frame in which times of day without a zone are days, where all are midnight.

    So are days in published Parquet files, which pandas reads as dates.
    """
    days = [
        column.name
        for column in frame.iter_columns()
        if column.dtype.base_type() == pl.Datetime
        and getattr(column.dtype, "time_zone", None) is None
        and bool((column.dt.time() == time(0)).all())
    ]
    return frame.with_columns(pl.col(days).cast(pl.Date))
