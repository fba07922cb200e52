"""Read Parquet files, with their own types."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import polars as pl

from ..errors import one_line
from .source import LINE, RESERVED, ProblemLog
from .typed import from_arrow, plain

if TYPE_CHECKING:
    import pyarrow as pa


def read_parquet(log: ProblemLog, data: bytes) -> pl.DataFrame | None:
    """Read a whole Parquet file.

    Args:
        log: takes the problems.
        data: the file.

    Returns:
        The rows; None if they cannot be read.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(io.BytesIO(data))
        columns = flat_columns(log, file.schema_arrow)
        if columns is None:
            return None
        table = file.read(columns)
    except (pa.ArrowException, OSError) as error:
        report_damage(log, error)
        return None
    frame = plain_frame(table, file.schema_arrow)
    return frame.with_row_index(LINE, offset=1).with_columns(pl.col(LINE).cast(pl.Int64))


def report_damage(log: ProblemLog, error: Exception) -> None:
    """Report a file, or a part of it, that cannot be read as Parquet."""
    log.problem("parquet", f"Not readable as Parquet: {one_line(error)}.")


def flat_columns(log: ProblemLog, schema: pa.Schema) -> list[str] | None:
    """Return the columns of a schema whose cells are single values; report the others.

    Returns:
        Their names; None if a name makes the table unreadable.
    """
    import pyarrow as pa

    names = schema.names
    readable = True
    for name in sorted({n for n in names if names.count(n) > 1}):
        readable = False
        log.problem("repeated-column", f"Duplicate column {name!r}.", 1, name)
    for name in (n for n in names if n.startswith(RESERVED)):
        readable = False
        log.problem("reserved-column", f"A column cannot be called {name!r}.", 1, name)
    if not readable:
        return None
    flat = []
    for field in schema:
        kind: Any = field.type
        if pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
            log.problem(
                "nested-cell", f"A column of type {kind}; its values were not read.", 1, field.name
            )
        else:
            flat.append(field.name)
    return flat


def plain_frame(table: pa.Table | pa.RecordBatch, schema: pa.Schema) -> pl.DataFrame:
    """Return rows with all columns of a schema; those that were not read are empty."""
    frame = plain(from_arrow(table))
    unread = [pl.lit(None, pl.String).alias(n) for n in schema.names if n not in frame.columns]
    return frame.with_columns(unread)[schema.names]
