"""Parquet files, with their own types."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import polars as pl

from ..errors import one_line
from .source import LINE, RESERVED, Source
from .typed import plain

if TYPE_CHECKING:
    import pyarrow as pa


def read_parquet(source: Source, data: bytes) -> None:
    """Read a whole Parquet file into a source.

    Args:
        source: takes the rows and the findings.
        data: the file.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(io.BytesIO(data))
        columns = flat_columns(source, file.schema_arrow)
        if columns is None:
            return
        table = file.read(columns)
    except (pa.ArrowException, OSError) as error:
        report_damage(source, error)
        return
    frame = plain_frame(table, file.schema_arrow)
    source.frame = frame.with_row_index(LINE, offset=1).with_columns(pl.col(LINE).cast(pl.Int64))
    source.typed = True


def report_damage(source: Source, error: Exception) -> None:
    """Report a file, or a part of it, that cannot be read as Parquet."""
    source.problem("parquet", f"Not readable as Parquet: {one_line(error)}.")


def flat_columns(source: Source, schema: pa.Schema) -> list[str] | None:
    """The columns of a schema that hold single values; others are reported.

    Returns:
        Their names; None if the table cannot be read because of its names.
    """
    import pyarrow as pa

    names = schema.names
    wrong = False
    for name in sorted({n for n in names if names.count(n) > 1}):
        wrong = True
        source.problem("repeated-column", f"Duplicate column {name!r}.", 1, name)
    for name in (n for n in names if n.startswith(RESERVED)):
        wrong = True
        source.problem("reserved-column", f"A column cannot be called {name!r}.", 1, name)
    if wrong:
        return None
    flat = []
    for field in schema:
        kind: Any = field.type
        if pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
            source.problem(
                "nested-cell", f"A column of type {kind}; its values were not read.", 1, field.name
            )
        else:
            flat.append(field.name)
    return flat


def plain_frame(table: pa.Table | pa.RecordBatch, schema: pa.Schema) -> pl.DataFrame:
    """Rows as a plain frame with all columns of a schema; those that are not read are empty."""
    frame = plain(pl.DataFrame(pl.from_arrow(table)))
    unread = [pl.lit(None, pl.String).alias(n) for n in schema.names if n not in frame.columns]
    return frame.with_columns(unread)[schema.names]
