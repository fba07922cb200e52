"""A hash of what a table says, whatever file it is in.

A file's own hash changes with the version of the library that wrote it. This one depends on the
names, types and cells only, so that builds that lie years apart can be compared. It is the SHA-256
of, column by column in their order: the name and the type (`string`, `integer`, `number`, `date`),
each ended by a zero byte; the number of rows; a byte a row, 1 where the cell is missing; then the
cells: integers, and days since 1970-01-01, as 64-bit and numbers as IEEE 754 double, both little
endian, 0 where missing and -0 as 0; text as the 64-bit lengths of the cells in UTF-8 and then their
bytes. Rows are in the order of the primary key.
"""

from __future__ import annotations

import hashlib
import struct

import numpy as np
import polars as pl

from ...codebook import Table
from ..types import POLARS


def content_hash(table: Table, frame: pl.DataFrame) -> str:
    """The content hash of a table, `sha256:` and 64 hexadecimal digits.

    Args:
        table: its names, types and primary key.
        frame: typed rows with (at least some of) the table's columns, in any order.
    """
    names = [name for name in table.names if name in frame.columns]
    text = pl.col(pl.Categorical, pl.Enum).cast(pl.String)
    rows = frame.select(names).with_columns(text)
    rows = rows.sort([n for n in table.primary_key if n in names]) if table.primary_key else rows
    found = hashlib.sha256()
    for name in names:
        kind = table[name].type
        column = rows[name].cast(POLARS[kind])
        found.update(f"{name}\0{kind}\0".encode())
        found.update(struct.pack("<q", len(column)))
        found.update(column.is_null().to_numpy().astype(np.uint8).tobytes())
        for part in _cells(column, kind):
            found.update(part)
    return f"sha256:{found.hexdigest()}"


def _cells(column: pl.Series, kind: str) -> list[bytes]:
    if kind == "string":
        lengths = column.str.len_bytes().fill_null(0).to_numpy().astype("<i8")
        return [lengths.tobytes(), column.str.join("").item().encode()]
    if kind == "number":
        # Adding zero makes -0 into 0.
        return [(column.fill_null(0.0).to_numpy() + 0.0).astype("<f8").tobytes()]
    return [column.cast(pl.Int64).fill_null(0).to_numpy().astype("<i8").tobytes()]
