"""Read pandas and polars frames."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from .source import LINE, ProblemLog, Source
from .typed import from_arrow, plain
from .workbooks import text

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

FRAME = "frame"
"""The name of a frame in findings."""


def from_frame(data: pd.DataFrame | pl.DataFrame) -> Source:
    """Return a pandas or polars frame as a source; its rows are numbered from 1.

    A column of mixed types is read as text, as in a workbook; cells that are not single values,
    such as lists, are marked.
    """
    log = ProblemLog(FRAME)
    names = [str(name) for name in data.columns]
    for name in sorted({name for name in names if names.count(name) > 1}):
        log.problem("repeated-column", f"Duplicate column {name!r}.", None, name)
    if log.findings:
        return log.source(None, typed=True)
    columns = {name: _column(data, number) for number, name in enumerate(names)}
    frame = plain(pl.DataFrame([cells.alias(name) for name, (cells, _) in columns.items()]))
    lines = pl.int_range(1, frame.height + 1, dtype=pl.Int64, eager=True).alias(LINE)
    nested = {name: mask for name, (_, mask) in columns.items() if mask is not None}
    return Source(FRAME, frame.with_columns(lines), typed=True, nested=nested)


def _column(data: pd.DataFrame | pl.DataFrame, number: int) -> tuple[pl.Series, pl.Series | None]:
    """Return a column, as text if it has no single type, and which cells are nested, if any."""
    import pyarrow as pa

    if isinstance(data, pl.DataFrame):
        column = data.to_series(number)
        return _mixed([*column]) if column.dtype == pl.Object else (column, None)
    cells = data.iloc[:, number]
    try:
        array = pa.Array.from_pandas(cells)
        if not _has_several_kinds(cells, array.type):
            return from_arrow(pa.table({"": array})).to_series(), None
    except (pa.ArrowException, pl.exceptions.PolarsError, TypeError, ValueError, ArithmeticError):
        # pandas cannot even ask whether a signalling NaN is missing.
        signalling = np.array([isinstance(cell, Decimal) and cell.is_snan() for cell in cells])
        cells = cells.where(~signalling, None)
    missing = cells.isna()
    return _mixed([None if is_na else cell for cell, is_na in zip(cells, missing, strict=True)])


def _has_several_kinds(cells: pd.Series, kind: pa.DataType) -> bool:
    """Return whether days or times are mixed with others, which Arrow would take for them.

    It reads a number among days as a day since 1970, and leaves out the time of a day with one.
    """
    import pandas as pd
    import pyarrow as pa

    if isinstance(cells.dtype, pd.CategoricalDtype):
        cells, kind = cells.cat.categories.to_series(), kind.value_type  # type: ignore[attr-defined]
    if cells.dtype != object or not pa.types.is_temporal(kind):
        return False
    kinds = set(map(type, cells[cells.notna()]))
    return len({pd.Timestamp if issubclass(one, datetime) else one for one in kinds}) > 1


def _mixed(cells: list[Any]) -> tuple[pl.Series, pl.Series | None]:
    """Return cells of any kind as the text of a CSV file, and which of them it cannot hold, if any."""
    scalars = (str, int, float, complex)
    nested = [
        cell is not None
        and not isinstance(cell, scalars)
        and (hasattr(cell, "__iter__") or isinstance(cell, bytes))
        for cell in cells
    ]
    texts = pl.Series([text(cell) for cell in cells], dtype=pl.String)
    return texts, pl.Series(nested) if any(nested) else None
