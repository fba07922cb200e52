"""What people do with the data: load, publish, release, convert, code, compare.

Its published files are never edited by hand.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

    from ..codebook import Book

__all__ = ["deaths", "load", "names", "read"]

FOLDER = Path(__file__).parent


def names() -> list[str]:
    """Return the names of the published tables: of the package around the current folder, or ours."""
    return sorted(path.stem for path in _published().glob("*.parquet"))


def load(table: str | None = None) -> pd.DataFrame:
    """Load a published table as a pandas frame.

    It is a table of the package around the current folder; outside of any package, of ours.

    Args:
        table: one of `names()`; by default the main table of the codebook, as `events`.

    Returns:
        Text as `string`, codes of text as `category` with every code of the list, integers as
        nullable `Int64`, numbers as `Float64`, days as `datetime64[ns]`; missing is `pd.NA` or
        `NaT`. `attrs` has the table's title and description.

    Raises:
        KeyError: there is no such table.
    """
    import pyarrow.parquet as pq

    from ..codebook import load as load_book
    from ..validation.location import own_book

    table = table or (own_book() or load_book()).main_table.name
    path = _published() / f"{table}.parquet"
    if not path.is_file():
        published = ", ".join(names()) or "none: run eventbook publish"
        raise KeyError(f"no table {table!r}; there are {published}")
    return _typed(pq.read_table(path))


def _published() -> Path:
    """Return the folder of the published tables."""
    from ..validation.location import package_root

    root = package_root(Path.cwd())
    return FOLDER if root is None else root / "dataset"


def read(path: str | Path, book: str | None = None) -> pd.DataFrame:
    """Read a file of a known layout (our own, ACLED, UCDP GED) as a pandas frame.

    Args:
        path: a CSV, gzipped CSV, Parquet or XLSX file.
        book: the codebook, its name or folder; recognised from the columns if left out.

    Returns:
        Types as those of `load`, and after them the columns that the book does not have, as the
        file has them. `attrs` has book, version (of the book), table, variant (a known other
        layout, or empty), title and description; `extra`, the columns that the book does not
        have; `missing`, the columns of the layout that the file does not have; `unread`, for each
        column, the number of cells that are no value of its type or no day that pandas can hold:
        they are missing in the frame, and a warning says so.

    Raises:
        InputError: the file cannot be read, or is of no known layout.
    """
    import warnings

    import pandas as pd

    from .exchange.known_table import read_recognised
    from .tables.write import arrow_table

    known = read_recognised(Path(path), book)
    days, too_far = _within_nanoseconds(known.frame)
    frame = _typed(arrow_table(known.book, known.table, days))
    if known.unknown:
        extra = known.extra.to_pandas().convert_dtypes()
        attributes = frame.attrs
        frame = pd.concat([frame, extra], axis="columns")
        frame.attrs = attributes
    unread = {
        name: known.unread.get(name, 0) + too_far.get(name, 0)
        for name in [*known.unread, *(n for n in too_far if n not in known.unread)]
    }
    frame.attrs |= {
        "book": known.book.name,
        "version": known.book.version,
        "table": known.table.name,
        "variant": known.variant,
        "extra": list(known.unknown),
        "missing": list(known.missing),
        "unread": unread,
    }
    if unread:
        counts = ", ".join(f"{count} of {name}" for name, count in unread.items())
        warnings.warn(
            f"{path}: cells that are no value of their type are missing here: {counts}; "
            f"eventbook check {path} shows which",
            stacklevel=2,
        )
    if known.missing:
        warnings.warn(f"{path}: missing columns: {', '.join(known.missing)}", stacklevel=2)
    return frame


def deaths(
    events: pd.DataFrame | None = None, by: Any = None, book: str | Path | Book | None = None
) -> pd.DataFrame:
    """Sum deaths so that what is unknown is not counted as zero, and no death is counted twice.

    A row that is part of another row, or repeats one, is left out if the other is among the rows
    and has a number. Those who do not use this function should sum with `min_count=1`.

    Args:
        events: rows of the table that has numbers of deaths; by default our published ones.
        by: what `DataFrame.groupby` takes, as a column or several; by default all are one group.
        book: the codebook, or its name or folder; by default that of `read`, else that of the
            package around the current folder, else ours.

    Returns:
        A row for each group: `rows`, how many were summed; `low`, `best` and `high`, as far as the
        book has them, the sums of the numbers that are known, missing where none is. `high` is also
        missing where one row has none: then there is no upper bound. `without_low`, `without_best`
        and `without_high` count the rows that have no such number. `attrs["left_out"]` is how many
        rows are in others.

    Raises:
        InputError: the book does not say which columns are numbers of deaths, or the frame does
            not have them.

    Example: `dataset.deaths(by="event_type")`
    """
    from ..codebook import load as load_book
    from ..validation.location import find_book, own_book
    from .tables.deaths import sums_of_deaths, table_of_deaths

    named = book or (events.attrs.get("book") if events is not None else None)
    known = find_book(named) if named else own_book() or load_book()
    if events is None:
        counting = (table.name for table in known.tables.values() if table.roles.deaths)
        events = load(next(counting, None))
    return sums_of_deaths(table_of_deaths(known, events.columns), events, by)


def _within_nanoseconds(frame: pl.DataFrame) -> tuple[pl.DataFrame, dict[str, int]]:
    """Return a frame without days that pandas cannot hold in nanoseconds, and their numbers."""
    import polars as pl

    first, last = date(1677, 9, 22), date(2262, 4, 11)
    outside = {
        name: ~frame[name].is_between(first, last).fill_null(True)
        for name, kind in frame.schema.items()
        if kind == pl.Date
    }
    kept = frame.with_columns(
        pl.when(~mask).then(frame[name]).alias(name) for name, mask in outside.items()
    )
    return kept, {name: int(mask.sum()) for name, mask in outside.items() if mask.any()}


def _typed(table: pa.Table) -> pd.DataFrame:
    """Return an Arrow table as a pandas frame with nullable types."""
    import pandas as pd
    import pyarrow as pa

    types = {pa.int64(): pd.Int64Dtype(), pa.float64(): pd.Float64Dtype()}
    types[pa.string()] = pd.StringDtype("pyarrow")
    frame = table.to_pandas(types_mapper=types.get, ignore_metadata=True)
    days = [f.name for f in table.schema if pa.types.is_timestamp(f.type) and f.type.tz is None]
    frame = frame.astype(dict.fromkeys(days, "datetime64[ns]"))
    metadata = table.schema.metadata or {}
    frame.attrs = {
        key: metadata[key.encode()].decode()
        for key in ("title", "description", "version")
        if key.encode() in metadata
    }
    return frame
