"""The published tables: `load` gives one as a typed pandas frame."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["load", "names"]

FOLDER = Path(__file__).parent


def names() -> list[str]:
    """The names of the published tables."""
    return sorted(path.stem for path in FOLDER.glob("*.parquet"))


def load(table: str = "events") -> pd.DataFrame:
    """A published table as a pandas frame.

    Args:
        table: one of `names()`.

    Returns:
        Text as `string`, codes of text as `category` with every code of the list, integers as
        nullable `Int64`, numbers as `Float64`, days as `datetime64[ns]`; missing is `pd.NA` or
        `NaT`. `attrs` has the table's title and description.

    Raises:
        KeyError: there is no such table.
    """
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = FOLDER / f"{table}.parquet"
    if not path.is_file():
        raise KeyError(f"no table {table!r}; there are {', '.join(names())}")
    found = pq.read_table(path)
    types = {pa.int64(): pd.Int64Dtype(), pa.float64(): pd.Float64Dtype()}
    types[pa.string()] = pd.StringDtype("pyarrow")
    frame = found.to_pandas(types_mapper=types.get, date_as_object=False, ignore_metadata=True)
    days = [f.name for f in found.schema if pa.types.is_date(f.type)]
    frame = frame.astype(dict.fromkeys(days, "datetime64[ns]"))
    metadata = found.schema.metadata or {}
    frame.attrs = {
        key: metadata[key.encode()].decode()
        for key in ("title", "description", "version")
        if key.encode() in metadata
    }
    return frame
