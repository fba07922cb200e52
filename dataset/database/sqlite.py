"""The published tables as one SQLite file, with its keys and CHECKs: the same tables, the same bytes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from ...codebook import Book
from ...validation.errors import InputError
from ...validation.files.atomic import atomic_file
from . import rows, schema

PRAGMAS = (
    "PRAGMA page_size = 4096",
    "PRAGMA encoding = 'UTF-8'",
    "PRAGMA auto_vacuum = NONE",
    "PRAGMA secure_delete = ON",
    # The file has no name yet and is thrown away on an error: nothing is written twice.
    "PRAGMA journal_mode = MEMORY",
    "PRAGMA synchronous = OFF",
    "PRAGMA foreign_keys = ON",
)
"""What a build of SQLite may have set otherwise, and what the bytes depend on."""

CHANGES, VALID_FOR, WRITER = 24, 92, 96
"""Places in the header of the file, four bytes each, by https://sqlite.org/fileformat2.html."""


def write_sqlite(book: Book, tables: Mapping[str, pl.DataFrame], path: Path) -> None:
    """Write the published tables of a book into an SQLite file, whole or not at all.

    Keys and CHECKs hold while the rows go in; days are ISO text; what tables and columns mean
    stands in the CREATE statements. Equal tables give equal bytes: under another version of SQLite
    too, as long as it lays its pages out alike.

    Args:
        book: the book.
        tables: a frame for each table of the book.
        path: the file to be; one that is there is replaced.

    Raises:
        InputError: a row breaks a key or CHECK, which the message names; a frame is missing or
            has other columns; or the file cannot be written.
    """
    import sqlalchemy as sa
    from sqlalchemy import exc
    from sqlalchemy.pool import NullPool

    missing = [name for name in book.tables if name not in tables]
    if missing:
        raise InputError(f"{path}: no rows were given for {', '.join(missing)}")
    typed = {name: rows.published_rows(table, tables[name]) for name, table in book.tables.items()}
    found = schema.metadata(book, "sqlite")
    with atomic_file(path) as new:
        engine = sa.create_engine(
            sa.engine.URL.create("sqlite", database=str(new)),
            poolclass=NullPool,
            isolation_level="AUTOCOMMIT",
        )
        try:
            with engine.connect() as connection:
                for pragma in PRAGMAS:
                    connection.exec_driver_sql(pragma)
                connection.exec_driver_sql("BEGIN")
                connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
                schema.create(connection, found, "sqlite")
                for name, frame in typed.items():
                    rows.insert(connection, found.tables[name], frame, "sqlite")
                connection.exec_driver_sql("COMMIT")
                connection.exec_driver_sql("VACUUM")
        except exc.DBAPIError as error:
            raise InputError(f"{path}: cannot be written: {error.orig}") from None
        finally:
            engine.dispose()
        _neutral(new)


def _neutral(path: Path) -> None:
    """Overwrite what the header says of how the file was made, and not of what is in it.

    The change counter counts transactions, and the last number is the version of the SQLite that
    wrote the file: both would make two files of the same tables differ. Counter and the counter
    for which the page count holds must be equal, or readers distrust the page count.
    """
    with path.open("r+b") as stream:
        for place, value in ((CHANGES, 1), (VALID_FOR, 1), (WRITER, 0)):
            stream.seek(place)
            stream.write(value.to_bytes(4, "big"))
