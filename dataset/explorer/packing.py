"""Columns as plain values, small enough for a page."""

from __future__ import annotations

from typing import Any

import polars as pl

EXACT_IN_BROWSERS = 2**53
"""Whole numbers above it are no numbers of JavaScript."""


def packed(column: pl.Series) -> Any:
    """Return a column as plain values; repeated texts are listed once, and referred to by number."""
    if column.dtype == pl.List(pl.String):
        column = column.list.join("; ")
    if isinstance(column.dtype, pl.Datetime):
        column = column.dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    if column.dtype.is_float():
        column = pl.select(pl.when(column.is_finite()).then(column)).to_series()
    elif column.dtype.is_integer():
        large = column.abs().max()
        if isinstance(large, int) and large > EXACT_IN_BROWSERS:
            column = column.cast(pl.String)
    elif column.dtype != pl.Boolean:
        column = column.cast(pl.String)
    if column.dtype != pl.String:
        return column.to_list()
    texts = column.drop_nulls().unique(maintain_order=True)
    at = column.cast(pl.Enum(texts)).to_physical()
    return {"texts": texts.to_list(), "at": at.to_list()}
