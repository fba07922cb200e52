"""Frames that a person holds in Python, as a source."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from .source import LINE, Source
from .typed import plain
from .workbooks import text

if TYPE_CHECKING:
    import pandas as pd

FRAME = "frame"
"""The name of a frame in findings."""


def from_frame(data: pd.DataFrame | pl.DataFrame) -> Source:
    """Return a pandas or polars frame as a source; its rows are numbered from 1.

    A column of mixed cells is read as text, as a workbook's is; cells that are no single value,
    such as lists, are marked.
    """
    source = Source(FRAME, None, typed=True)
    names = [str(name) for name in data.columns]
    for name in sorted({name for name in names if names.count(name) > 1}):
        source.problem("repeated-column", f"Duplicate column {name!r}.", None, name)
    if source.findings:
        return source
    columns = [_column(source, data, n).alias(name) for n, name in enumerate(names)]
    frame = plain(pl.DataFrame(columns))
    lines = pl.int_range(1, frame.height + 1, dtype=pl.Int64, eager=True).alias(LINE)
    source.frame = frame.with_columns(lines)
    return source


def _column(source: Source, data: pd.DataFrame | pl.DataFrame, number: int) -> pl.Series:
    """A column of a frame; what cannot be a column of one type becomes text."""
    import pyarrow as pa

    if isinstance(data, pl.DataFrame):
        column = data.to_series(number)
        return column if column.dtype != pl.Object else _mixed(source, column.name, [*column])
    cells = data.iloc[:, number]
    try:
        return pl.from_pandas(cells)
    except (pa.ArrowException, pl.exceptions.PolarsError, TypeError, ValueError, ArithmeticError):
        # pandas cannot even ask whether a signalling NaN is missing.
        signals = np.array([isinstance(cell, Decimal) and cell.is_snan() for cell in cells])
        cells = cells.where(~signals, None)
        missing = cells.isna()
        values = [None if gone else cell for cell, gone in zip(cells, missing, strict=True)]
        return _mixed(source, str(data.columns[number]), values)


def _mixed(source: Source, name: str, cells: list[Any]) -> pl.Series:
    """Cells of any kind as text, as a CSV file would have them; those that it cannot have are marked."""
    single = (str, int, float, complex)
    nested = [
        cell is not None
        and not isinstance(cell, single)
        and (hasattr(cell, "__iter__") or isinstance(cell, bytes))
        for cell in cells
    ]
    if any(nested):
        source.nested[name] = pl.Series(nested)
    return pl.Series([text(cell) for cell in cells], dtype=pl.String)
