"""Parquet files, with their own types."""

from __future__ import annotations

import io

import polars as pl

from .source import LINE, Source


def _parquet(source: Source, data: bytes) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(io.BytesIO(data))
    except (pa.ArrowException, OSError) as error:
        source.problem("parquet", f"Not readable as Parquet: {' '.join(str(error).split())[:200]}.")
        return
    frame = pl.DataFrame(pl.from_arrow(table))
    frame = frame.with_columns(pl.col(pl.Categorical, pl.Enum).cast(pl.String))
    source.frame = frame.with_row_index(LINE, offset=1).with_columns(pl.col(LINE).cast(pl.Int64))
    source.typed = True
