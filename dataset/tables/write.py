"""The published files of one table: CSV and Parquet with the same cells; builds are reproducible."""

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
"""The settings of the Parquet writer."""
POLARS_ENUM = "_PL_ENUM_VALUES2"
"""The key with which polars marks a field as an Enum, whose values it compares by their order."""


def write_csv(frame: pl.DataFrame, file: Path | IO[bytes], header: bool = True) -> None:
    """Write CSV: UTF-8 without BOM, commas, LF, quotes only where needed, ISO days, empty for missing."""
    frame.write_csv(
        file,
        include_header=header,
        line_terminator="\n",
        quote_style="necessary",
        date_format="%Y-%m-%d",
        datetime_format="%Y-%m-%dT%H:%M:%SZ",
    )


def write_parquet(book: Book, table: Table, frame: pl.DataFrame, version: str, path: Path) -> None:
    """Write Zstandard Parquet with the book's Arrow schema, and labels and pandas' own metadata.

    The columns are those of the frame, which may be fewer than the table's.

    The layout is fixed (one chunk, row groups of 100,000), so that equal rows give equal bytes
    under equal library versions.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = arrow_table(book, table, frame)
    for number, field in enumerate(rows.schema):
        if pa.types.is_dictionary(field.type) and field.type.ordered:
            column = rows.column(number)
            values = column.chunk(0).dictionary if column.num_chunks else pa.array([], pa.string())
            enum = {POLARS_ENUM: _enum(values.to_pylist())}
            metadata = {**(field.metadata or {}), **enum}
            rows = rows.set_column(number, field.with_metadata(metadata), column)
    metadata = {
        **(rows.schema.metadata or {}),
        **pandas_metadata(rows),
        b"version": version.encode(),
        b"codebook": f"{book.name} {book.version}".encode(),
    }
    pq.write_table(
        rows.replace_schema_metadata(metadata),
        path,
        **PARQUET,
        row_group_size=ROW_GROUP,
    )


def _enum(values: list[str]) -> str:
    """Return the values of an Enum as polars writes them: the bytes of each, a semicolon, the value."""
    return "".join(f"{len(value.encode())};{value}" for value in values)


def arrow_table(book: Book, table: Table, frame: pl.DataFrame) -> pa.Table:
    """Return typed rows as an Arrow table with the book's schema for the columns that they have."""
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
            values = [str(value) for value in codes.values]
            columns.append(_dictionary(column.cast(pa.string()), values, field.type.ordered))
        else:
            columns.append(column.cast(field.type))
    schema = pa.schema(fields, whole.metadata)
    return pa.Table.from_arrays(columns, schema=schema).combine_chunks()


def _dictionary(column, values: list[str], ordered: bool):  # type: ignore[no-untyped-def]
    """Return text as a dictionary of every code of its list, in its order, then of other values."""
    import pyarrow as pa

    text = pl.Series(pl.from_arrow(column))
    values = [*values, *sorted(set(text.drop_nulls().unique()) - set(values))]
    numbers = {value: number for number, value in enumerate(values)}
    places = text.replace_strict(numbers, return_dtype=pl.Int16)
    return pa.DictionaryArray.from_arrays(
        places.to_arrow().cast(pa.int16()), pa.array(values, pa.string()), ordered=ordered
    )


def pandas_metadata(table) -> dict[bytes, bytes]:  # type: ignore[no-untyped-def]
    """Return the `pandas` entry of the schema, with which pandas reads integers as nullable."""
    import pandas as pd
    import pyarrow as pa

    types = {pa.int64(): pd.Int64Dtype(), pa.float64(): pd.Float64Dtype()}
    frame = table.slice(0, 0).to_pandas(types_mapper=types.get, ignore_metadata=True)
    metadata = pa.Schema.from_pandas(frame, preserve_index=False).metadata or {}
    return {b"pandas": metadata[b"pandas"]}
