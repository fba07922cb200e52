"""COPY, with which PostgreSQL takes rows faster than from statements, in the form of CSV.

Text is quoted and a missing cell is not: so an empty text and a missing one stay two things, and no
text is taken for the end of the rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from .sql_checks import sql_name

if TYPE_CHECKING:
    import sqlalchemy as sa
    from sqlalchemy.engine import Connection

DRIVERS = ("psycopg", "pg8000")
"""The drivers that offer COPY, each in its own way."""
ROWS = 10_000
"""The number of rows sent at once."""


def copy_rows(connection: Connection, table: sa.Table, frame: pl.DataFrame) -> None:
    """Append the rows of a frame to a table of PostgreSQL.

    Args:
        connection: one of `DRIVERS`.
        table: the table.
        frame: its columns, in their order.

    Raises:
        DBAPIError: a row breaks a key or CHECK, or the connection is lost.
    """
    from sqlalchemy import exc

    whole = ".".join(sql_name(str(part)) for part in (table.schema, table.name) if part)
    names = ", ".join(sql_name(column.name) for column in table.columns)
    statement = f"COPY {whole} ({names}) FROM STDIN (FORMAT csv, ENCODING 'UTF8')"
    parts = (as_csv(part) for part in frame.iter_slices(ROWS))
    driver: Any = connection.connection.driver_connection
    try:
        if connection.dialect.driver == "pg8000":
            driver.cursor().execute(statement, stream=parts)
            return
        with driver.cursor().copy(statement) as stream:
            for part in parts:
                stream.write(part)
    except connection.dialect.loaded_dbapi.Error as error:
        raise exc.DBAPIError(statement, None, error) from error


def as_csv(frame: pl.DataFrame) -> bytes:
    """Return rows as COPY reads them: moments with their zone, text quoted, nothing if missing."""
    moments = pl.col(pl.Datetime).dt.strftime("%Y-%m-%dT%H:%M:%S%.6fZ")
    rows = frame.with_columns(moments)
    return rows.write_csv(include_header=False, quote_style="non_numeric").encode()
