"""Read an untrusted SQLite file: only tables, by name, and no more rows than expected."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import polars as pl

from ...validation.errors import one_line
from .problem import Problem, Unsound

SECONDS = 60
LONGEST_CELL = 1 << 20
"""The maximum size of a cell or a statement, in bytes."""
CHUNK = 2_000
"""The number of rows that are held as objects of Python at a time."""
STEPS = 10_000
"""Steps of SQLite between two checks of the time limit."""


def read_sqlite(
    path: Path, name: str, expected: Mapping[str, tuple[Sequence[str], int]]
) -> Iterator[tuple[str, pl.DataFrame]]:
    """Yield the tables of an SQLite file, with rows in the order in which they were inserted.

    Args:
        path: the file; nothing is written to it or next to it.
        name: its name in problems.
        expected: for each table its columns, and the number of its rows.

    Yields:
        The name of a table, and its rows; cells as SQLite has them.

    Raises:
        Unsound: it is damaged; has other tables, views, triggers or unused pages, which may hide
            something; has other rows than expected; or takes too long to read.
    """
    end = time.monotonic() + SECONDS
    try:
        uri = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
        with closing(sqlite3.connect(uri, uri=True)) as connection:
            connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST_CELL)
            connection.set_progress_handler(lambda: time.monotonic() > end, STEPS)
            connection.execute("PRAGMA trusted_schema = OFF")
            _ensure_tables_only(connection, set(expected))
            for table, (columns, number) in expected.items():
                rows = _rows(connection, table, columns, number)
                handed_over = time.monotonic()
                yield table, rows
                # Only reading is limited, not what is done with the rows.
                end += time.monotonic() - handed_over
    except (
        sqlite3.Error,
        UnicodeDecodeError,
        ValueError,
        TypeError,
        pl.exceptions.PolarsError,
    ) as error:
        message = f"Not an SQLite file with the tables of the release: {one_line(error)}."
        raise Unsound(Problem("file-kind", message, name)) from None


def _ensure_tables_only(connection: sqlite3.Connection, expected: set[str]) -> None:
    entries = connection.execute("SELECT type, name, tbl_name FROM sqlite_schema").fetchall()
    others = [
        f"{kind} {entry}"
        for kind, entry, table in entries
        if table not in expected or kind not in ("table", "index")
    ]
    if others or len({e for kind, e, _ in entries if kind == "table"}) != len(expected):
        raise ValueError(f"other tables: {', '.join(others) or 'some are missing'}")
    (unused,) = connection.execute("PRAGMA freelist_count").fetchone()
    if unused:
        raise ValueError("it has unused pages")


def _rows(
    connection: sqlite3.Connection, table: str, columns: Sequence[str], number: int
) -> pl.DataFrame:
    present = [row[1] for row in connection.execute(f"PRAGMA table_xinfo({_quoted(table)})")]
    if sorted(present) != sorted(columns):
        raise ValueError(f"{table} has other columns")
    names = ", ".join(map(_quoted, columns))
    rows = connection.execute(f"SELECT {names} FROM {_quoted(table)} LIMIT {number + 1}")
    parts = [pl.DataFrame(schema=list(columns))]
    while part := rows.fetchmany(CHUNK):
        parts.append(_frame(part, columns))
    whole = pl.concat(parts, how="vertical_relaxed")
    if whole.height != number:
        raise ValueError(f"{table} has other rows")
    return whole


def _frame(rows: list[tuple[Any, ...]], columns: Sequence[str]) -> pl.DataFrame:
    """Return some rows as a frame; a column with values of several types has one that holds all."""
    try:
        return pl.DataFrame(dict(zip(columns, zip(*rows, strict=True), strict=True)))
    except TypeError:
        return pl.DataFrame(rows, schema=list(columns), orient="row", infer_schema_length=None)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
