"""Parquet files that Spark's workers read themselves, as the stream does.

Spark reads Parquet into rows of Java, out of which each cell is copied once more for Python: that
takes several times as long as the checks. So where the files are in folders that the workers see,
Spark only deals out their row groups.
"""

# pyright: reportMissingImports=false
from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import polars as pl

from ..reading.batches import ROWS
from ..reading.parquet import flat_columns, plain_frame
from ..reading.source import ProblemLog

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


@dataclass(frozen=True)
class RowGroup:
    """A row group of a Parquet file, by its number."""

    file: str
    number: int


@dataclass(frozen=True)
class RowGroups:
    """All row groups of a table in files, and the number of its rows."""

    groups: tuple[RowGroup, ...]
    rows: int


def row_groups(data: DataFrame) -> RowGroups | None:
    """Return the row groups of a DataFrame that was read from Parquet.

    Returns:
        None if its files are in a store of Spark's, or Spark reads another table in them: because of
        columns in the names of folders, of cells with several values, or of a damaged file.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    groups: list[RowGroup] = []
    rows = 0
    for uri in sorted(data.inputFiles()):
        address = urlsplit(uri)
        if address.scheme != "file":
            return None
        file = unquote(address.path)
        try:
            with pq.ParquetFile(file) as opened:
                metadata, schema = opened.metadata, opened.schema_arrow
        except (pa.ArrowException, OSError):
            return None
        if schema.names != data.columns or flat_columns(ProblemLog(file), schema) != schema.names:
            return None
        groups += (RowGroup(file, number) for number in range(metadata.num_row_groups))
        rows += metadata.num_rows
    return RowGroups(tuple(groups), rows)


def read_row_groups(groups: Iterable[RowGroup]) -> Iterator[pl.DataFrame]:
    """Yield the rows of some row groups, a batch at a time; runs in a worker."""
    import pyarrow.parquet as pq

    for group in groups:
        with pq.ParquetFile(group.file) as opened:
            schema = opened.schema_arrow
            for batch in opened.iter_batches(ROWS, row_groups=[group.number]):
                yield plain_frame(batch, schema)
