"""Bring typed frames into the form in which CSV files are read."""

from __future__ import annotations

import polars as pl


def plain(frame: pl.DataFrame) -> pl.DataFrame:
    """Return a frame with categories as text, and with empty text and NaN as missing."""
    texts = frame.with_columns(
        pl.col(pl.Categorical, pl.Enum).cast(pl.String),
        pl.col(pl.Float32, pl.Float64).fill_nan(None),
    )
    empty = texts.select((pl.col(pl.String) == "").any())
    names = [name for name in empty.columns if empty[name].item()]
    return texts.with_columns(pl.when(pl.col(name) != "").then(pl.col(name)) for name in names)
