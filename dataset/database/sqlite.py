"""Write the published tables as one SQLite file with keys and CHECKs; the bytes are reproducible."""

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
"""Settings on which the bytes depend, and whose defaults differ between builds of SQLite."""

CHANGES, VALID_FOR, WRITER = 24, 92, 96
"""Offsets in the header of the file, four bytes each: https://sqlite.org/fileformat2.html."""


def write_sqlite(
    book: Book, tables: Mapping[str, pl.DataFrame], path: Path, checked: bool = False
) -> None:
    """Write the published tables of a book into an SQLite file, whole or not at all.

    Keys are enforced while rows are inserted, and CHECKs unless the rows are `checked`; dates are
    ISO text; the CREATE statements contain the descriptions of tables and columns. Equal tables
    give equal bytes, also with another version of SQLite, as long as it arranges pages in the same
    way.

    Args:
        book: the book.
        tables: a frame for each table of the book.
        path: the file to write; an existing one is replaced.
        checked: the rows passed the checks of the book, which has all that the CHECKs say.

    Raises:
        InputError: a row violates a key or CHECK, which the message names; a frame is missing or
            has other columns; or the file cannot be written.
    """
    import sqlalchemy as sa
    from sqlalchemy import exc
    from sqlalchemy.pool import NullPool

    missing = [name for name in book.tables if name not in tables]
    if missing:
        raise InputError(f"{path}: the rows of these tables are missing: {', '.join(missing)}")
    typed = {name: rows.published_rows(table, tables[name]) for name, table in book.tables.items()}
    metadata = schema.metadata(book, "sqlite")
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
                if checked:
                    connection.exec_driver_sql("PRAGMA ignore_check_constraints = ON")
                connection.exec_driver_sql("BEGIN")
                connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
                schema.create(connection, metadata, "sqlite")
                for name in schema.referenced_first(metadata):
                    rows.insert(connection, metadata.tables[name], typed[name], "sqlite")
                connection.exec_driver_sql("COMMIT")
                connection.exec_driver_sql("VACUUM")
        except exc.DBAPIError as error:
            raise InputError(f"{path}: cannot be written: {error.orig}") from None
        finally:
            engine.dispose()
        _neutralise_header(new)


def _neutralise_header(path: Path) -> None:
    """Overwrite the parts of the header that depend on how the file was made, not on its content.

    The change counter counts transactions, and the last number is the version of SQLite that wrote
    the file: with them, two files of the same tables would differ. The change counter must equal
    the counter for which the page count is valid, or readers distrust the page count.
    """
    with path.open("r+b") as stream:
        for offset, value in ((CHANGES, 1), (VALID_FOR, 1), (WRITER, 0)):
            stream.seek(offset)
            stream.write(value.to_bytes(4, "big"))
