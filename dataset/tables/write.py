"""The published files of one table: CSV and Parquet with the same cells, and the same bytes each time."""

from __future__ import annotations

from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import polars as pl

from ...codebook import Book, Table
from ...validation.schemas.arrow import arrow_schema

if TYPE_CHECKING:
    import pyarrow as pa

ROW_GROUP = 100_000
PARQUET: dict[str, Any] = {"compression": "zstd", "compression_level": 9, "version": "2.6"}
"""How Parquet is written."""


def write_csv(frame: pl.DataFrame, file: Path | IO[bytes], header: bool = True) -> None:
    """UTF-8 without BOM, commas, LF, quotes only where needed, days in ISO form, empty for missing."""
    frame.write_csv(
        file,
        include_header=header,
        line_terminator="\n",
        quote_style="necessary",
        date_format="%Y-%m-%d",
    )


def write_parquet(book: Book, table: Table, frame: pl.DataFrame, version: str, path: Path) -> None:
    """Zstandard Parquet with the book's Arrow schema, labels in the metadata, and pandas' own.

    The columns are those of the frame, which may be fewer than the table's.

    The layout is fixed (one chunk, row groups of 100,000), so that equal rows give equal bytes
    under equal library versions.
    """
    import pyarrow.parquet as pq

    found = arrow_table(book, table, frame)
    metadata = {
        **(found.schema.metadata or {}),
        **pandas_metadata(found),
        b"version": version.encode(),
        b"codebook": f"{book.name} {book.version}".encode(),
    }
    pq.write_table(
        found.replace_schema_metadata(metadata),
        path,
        **PARQUET,
        row_group_size=ROW_GROUP,
    )


def arrow_table(book: Book, table: Table, frame: pl.DataFrame) -> pa.Table:
    """Typed rows as an Arrow table with the book's schema, as far as they have its columns."""
    import pyarrow as pa

    whole = arrow_schema(book, table)
    fields = [whole.field(name) for name in frame.columns]
    columns = []
    for number, field in enumerate(fields):
        column = frame[field.name].to_arrow()
        # A converted file may lack what its layout requires; its check says so.
        fields[number] = field.with_nullable(field.nullable or column.null_count > 0)
        if pa.types.is_dictionary(field.type):
            codes = book.code_list(table[field.name])
            assert codes is not None
            columns.append(_dictionary(column.cast(pa.string()), [str(v) for v in codes.values]))
        else:
            columns.append(column.cast(field.type))
    schema = pa.schema(fields, whole.metadata)
    return pa.Table.from_arrays(columns, schema=schema).combine_chunks()


def _dictionary(column, values: list[str]):  # type: ignore[no-untyped-def]
    """Text as a dictionary of every code of its list, in the list's order, and of what else stands."""
    import pyarrow as pa

    text = pl.Series(pl.from_arrow(column))
    values = [*values, *sorted(set(text.drop_nulls().unique()) - set(values))]
    numbers = {value: number for number, value in enumerate(values)}
    places = text.replace_strict(numbers, return_dtype=pl.Int16)
    return pa.DictionaryArray.from_arrays(
        places.to_arrow().cast(pa.int16()), pa.array(values, pa.string())
    )


def pandas_metadata(table) -> dict[bytes, bytes]:  # type: ignore[no-untyped-def]
    """What pandas alone needs to read integers as nullable: the `pandas` entry of the schema."""
    import pandas as pd
    import pyarrow as pa

    types = {pa.int64(): pd.Int64Dtype(), pa.float64(): pd.Float64Dtype()}
    frame = table.slice(0, 0).to_pandas(types_mapper=types.get, ignore_metadata=True)
    metadata = pa.Schema.from_pandas(frame, preserve_index=False).metadata or {}
    return {b"pandas": metadata[b"pandas"]}
