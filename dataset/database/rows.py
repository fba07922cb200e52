"""Insert rows of polars frames into tables of a database, many at a time."""

from __future__ import annotations

import sqlite3
from itertools import chain
from typing import TYPE_CHECKING

import polars as pl

from ...codebook import Table
from ...validation.errors import InputError, one_line
from ...validation.types import POLARS
from . import copying
from .sql_checks import Dialect

if TYPE_CHECKING:
    import sqlalchemy as sa
    from sqlalchemy.engine import Connection

CHUNK = 10_000
"""The number of rows sent at once to PostgreSQL as JSON."""
SQLITE_CHUNK = 200
"""The number of rows in a statement of SQLite, if it has that many parameters."""


def published_rows(table: Table, frame: pl.DataFrame) -> pl.DataFrame:
    """Return a frame with exactly the columns and types of a published table.

    Raises:
        InputError: it has other columns, or a column of another type.
    """
    if set(frame.columns) != set(table.names):
        differ = ", ".join(sorted(set(frame.columns) ^ set(table.names)))
        raise InputError(f"{table.name}: columns differ from its codebook: {differ}")
    try:
        # A code of text may be a category, and a category is cast to a number by its place.
        plain = frame.with_columns(pl.col(pl.Categorical, pl.Enum).cast(pl.String))
        return plain.select(pl.col(v.name).cast(POLARS[v.type]) for v in table.variables)
    except pl.exceptions.PolarsError as error:
        raise InputError(
            f"{table.name}: types differ from its codebook: {one_line(error)}"
        ) from None


def insert(connection: Connection, table: sa.Table, frame: pl.DataFrame, dialect: Dialect) -> None:
    """Insert the rows of a frame, many in each statement.

    SQLite prepares the lists of codes in CHECKs once a statement, which takes longer than to check
    a row. PostgreSQL gets them by COPY, or where the driver has none as JSON text, in which numbers
    survive unchanged.
    """
    import sqlalchemy as sa

    if connection.dialect.driver in copying.DRIVERS:
        copying.copy_rows(connection, table, frame)
        return
    whole = connection.dialect.identifier_preparer.format_table(table)
    names = ", ".join(connection.dialect.identifier_preparer.quote(c.name) for c in table.columns)
    if dialect == "sqlite":
        _insert_into_sqlite(connection, f"INSERT INTO {whole} ({names}) VALUES ", frame)
        return
    statement = sa.text(
        f"INSERT INTO {whole} ({names}) SELECT {names} "
        f"FROM json_populate_recordset(CAST(NULL AS {whole}), CAST(:rows AS json))"
    )
    for part in frame.iter_slices(CHUNK):
        connection.execute(statement, {"rows": part.write_json()})


def _insert_into_sqlite(connection: Connection, insert_values: str, frame: pl.DataFrame) -> None:
    moments = pl.col(pl.Datetime).dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    frame = frame.with_columns(pl.col(pl.Date).cast(pl.String), moments)
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    parameters = driver.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER)
    marks = f"({', '.join('?' * frame.width)})"
    for part in frame.iter_slices(max(1, min(SQLITE_CHUNK, parameters // frame.width))):
        statement = insert_values + ", ".join([marks] * part.height)
        connection.exec_driver_sql(statement, tuple(chain.from_iterable(part.rows())))
