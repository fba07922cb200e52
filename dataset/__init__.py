"""What people do with the data: load, publish, release, convert, code, compare.

Its published files are never edited by hand.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

__all__ = ["load", "names", "read"]

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
    import pyarrow.parquet as pq

    path = FOLDER / f"{table}.parquet"
    if not path.is_file():
        raise KeyError(f"no table {table!r}; there are {', '.join(names())}")
    return _typed(pq.read_table(path))


def read(path: str | Path, book: str | None = None) -> pd.DataFrame:
    """A file of a known layout (our own, ACLED, UCDP GED) as a pandas frame.

    Args:
        path: a CSV, gzipped CSV, Parquet or XLSX file.
        book: the codebook, its name or folder; recognised from the columns if left out.

    Returns:
        Types as those of `load`. `attrs` has book, version (of the book), table, variant (a known
        other layout, or empty), title and description; `unread` counts, for each column, the
        cells that are no value of its type, which are missing in the frame and warned of.

    Raises:
        InputError: the file cannot be had, cannot be read whole, or is of no known layout.
    """
    import warnings

    from .exchange.known_table import read_recognised
    from .tables.write import arrow_table

    known = read_recognised(Path(path), book)
    frame = _typed(arrow_table(known.book, known.table, known.frame))
    frame.attrs |= {
        "book": known.book.name,
        "version": known.book.version,
        "table": known.table.name,
        "variant": known.variant,
        "unread": known.unread,
    }
    if known.unread:
        said = ", ".join(f"{count} of {name}" for name, count in known.unread.items())
        warnings.warn(
            f"{path}: cells that are no value of their type are missing here: {said}; "
            f"eventbook check {path} tells which",
            stacklevel=2,
        )
    return frame


def _typed(found: pa.Table) -> pd.DataFrame:
    """An Arrow table as a pandas frame with nullable types."""
    import pandas as pd
    import pyarrow as pa

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
