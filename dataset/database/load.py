"""Loading a release into a database: its tables are created, or updated to the rows of the release.

Tables whose definition is unchanged are updated row by row and never dropped: people hang views,
grants and tables of their own on them, which a DROP refuses or takes along.

The tables that eventbook created are registered in a table of its own, `eventbook_release`, one row
a table; any other table belongs to somebody else and is left alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from ...codebook import Book, Table
from ...validation.errors import InputError
from ...validation.progress import step
from ...validation.schemas.content_hash import content_hash
from ..releases.release import Release
from . import connection as databases
from . import rows, schema
from .sql_checks import Dialect

if TYPE_CHECKING:
    import sqlalchemy as sa
    from sqlalchemy.engine import Connection

REGISTER = "eventbook_release"


@dataclass(frozen=True)
class Loaded:
    """The result for one table: its rows now, and how many were added, changed and removed."""

    table: str
    rows: int
    new: int
    changed: int
    gone: int


@dataclass(frozen=True)
class _Load:
    """One load inside its transaction: the published tables, and where they go."""

    package: str
    version: str
    book: Book
    frames: Mapping[str, pl.DataFrame]
    connection: Connection
    dialect: Dialect
    schema: str | None
    metadata: sa.MetaData
    register: sa.Table

    def table(self, name: str) -> sa.Table:
        return self.metadata.tables[f"{self.schema}.{name}" if self.schema else name]


def load_release(release: Release, url: str, schema_name: str | None = None) -> list[Loaded]:
    """Put the tables of a release into PostgreSQL or SQLite, in one transaction.

    Tables of an earlier load are updated: new rows are inserted, changed ones updated, withdrawn
    ones deleted. If the codebook's tables have changed, they are dropped and created again.

    Args:
        release: the release.
        url: the database, as SQLAlchemy reads it; `postgresql://` takes psycopg, else pg8000.
        schema_name: the schema of PostgreSQL to use; created if it is missing.

    Returns:
        The result for each table.

    Raises:
        InputError: the release has no codebook, the database is not reachable, a table of that name
            is somebody else's, or a row breaks a key or CHECK; nothing was changed.
    """
    book, frames = _typed_tables(release)
    with databases.transaction(url) as (connection, dialect):
        if schema_name and dialect == "sqlite":
            raise InputError("--schema is for PostgreSQL; a file of SQLite has none")
        job = _Load(
            package=release.package,
            version=release.version,
            book=book,
            frames=frames,
            connection=connection,
            dialect=dialect,
            schema=schema_name,
            metadata=schema.metadata(book, dialect, schema_name),
            register=_register_table(schema_name),
        )
        _create_schema(job)
        registered = _registered(job)
        _ensure_ours(job, registered)
        definition = schema.schema_hash(job.metadata, dialect)
        ours = {name: row for name, row in registered.items() if row["package"] == job.package}
        if dialect == "sqlite":
            connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        if set(ours) == set(book.tables) and all(
            row["definition"] == definition for row in ours.values()
        ):
            results = _update_tables(job)
        else:
            results = _create_tables(job, ours)
        _register(job, definition)
        return results


def _typed_tables(release: Release) -> tuple[Book, dict[str, pl.DataFrame]]:
    book = release.book
    if book is None or set(book.tables) != set(release.tables):
        raise InputError(
            f"{release.label}: its codebook is missing or not the one that it was published by; "
            "run eventbook publish in the package, or take a whole release"
        )
    return book, {n: rows.published_rows(book.tables[n], release.tables[n]) for n in book.tables}


def _register_table(schema_name: str | None) -> sa.Table:
    import sqlalchemy as sa

    texts = ("package", "version", "book", "content", "definition", "columns")
    return sa.Table(
        REGISTER,
        sa.MetaData(schema=schema_name),
        sa.Column("table_name", sa.Text, primary_key=True),
        *(sa.Column(text, sa.Text, nullable=False) for text in texts),
        comment="The tables that eventbook load created here, and the release that they hold.",
    )


def _create_schema(job: _Load) -> None:
    import sqlalchemy as sa

    if job.schema and not sa.inspect(job.connection).has_schema(job.schema):
        job.connection.execute(sa.schema.CreateSchema(job.schema))


def _existing(job: _Load) -> dict[str, str]:
    """Return the names of all tables and views, by the name as the database compares it."""
    import sqlalchemy as sa

    look = sa.inspect(job.connection)
    names = [*look.get_table_names(job.schema), *look.get_view_names(job.schema)]
    if job.dialect == "postgresql":
        names += look.get_materialized_view_names(job.schema)
    return {_folded(job, name): name for name in names}


def _folded(job: _Load, name: str) -> str:
    return name.lower() if job.dialect == "sqlite" else name


def _columns(job: _Load, name: str) -> list[str]:
    import sqlalchemy as sa

    return [c["name"] for c in sa.inspect(job.connection).get_columns(name, job.schema)]


def _registered(job: _Load) -> dict[str, dict[str, Any]]:
    """Return the rows of the register whose tables exist, by table; create it if it is missing."""
    import sqlalchemy as sa

    existing = _existing(job)
    if REGISTER not in existing:
        job.register.create(job.connection)
        return {}
    if _columns(job, REGISTER) != [c.name for c in job.register.columns]:
        raise InputError(f"{REGISTER}: a table of this name exists that eventbook did not create")
    entries = job.connection.execute(sa.select(job.register)).mappings()
    return {
        row["table_name"]: dict(row) for row in entries if row["table_name"] in existing.values()
    }


def _ensure_ours(job: _Load, registered: Mapping[str, Mapping[str, Any]]) -> None:
    """Stop where a table to be created or replaced is not one of this package's."""
    elsewhere = "use another --schema" if job.dialect == "postgresql" else "use another file"
    existing = _existing(job)
    for name in job.book.tables:
        other = existing.get(_folded(job, name))
        if other is None:
            continue
        if other not in registered:
            raise InputError(
                f"{other}: a table of this name exists that eventbook did not create; {elsewhere}"
            )
        owner = registered[other]["package"]
        if owner != job.package:
            raise InputError(f"{other}: belongs to the package {owner}; {elsewhere}")
    for name, row in registered.items():
        if row["package"] == job.package and json.dumps(_columns(job, name)) != row["columns"]:
            raise InputError(
                f"{name}: has other columns than eventbook gave it; "
                f"rename or drop it, or {elsewhere}"
            )


def _create_tables(job: _Load, ours: Mapping[str, Mapping[str, Any]]) -> list[Loaded]:
    """Drop the tables of this package, create those of its book, and insert all rows."""
    import sqlalchemy as sa

    quote = job.connection.dialect.identifier_preparer
    old = [sa.table(name, schema=job.schema) for name in ours]
    gone: dict[str, int] = {}
    if job.dialect == "sqlite":
        # Dropping a table checks the keys that point to its rows: so first all rows are deleted.
        for table in old:
            gone[table.name] = job.connection.execute(sa.delete(table)).rowcount
        for table in old:
            job.connection.exec_driver_sql(f"DROP TABLE {quote.format_table(table)}")
    elif old:
        for table in old:
            count = sa.select(sa.func.count()).select_from(table)
            gone[table.name] = job.connection.execute(count).scalar_one()
        together = ", ".join(quote.format_table(table) for table in old)
        job.connection.execute(sa.text(f"DROP TABLE {together}"))
    schema.create(job.connection, job.metadata, job.dialect)
    _defer_keys(job)
    for name in schema.referenced_first(job.metadata):
        step(f"loading {name}")
        rows.insert(job.connection, job.table(name), job.frames[name], job.dialect)
    _check_keys(job)
    return [
        Loaded(name, frame.height, frame.height, 0, gone.get(name, 0))
        for name, frame in job.frames.items()
    ]


def _defer_keys(job: _Load) -> None:
    """Check keys when all tables are done: tables may point to each other in a ring."""
    if job.dialect == "postgresql":
        job.connection.exec_driver_sql("SET CONSTRAINTS ALL DEFERRED")


def _check_keys(job: _Load) -> None:
    """Check the keys now, so that their error is reported like any other."""
    if job.dialect == "postgresql":
        job.connection.exec_driver_sql("SET CONSTRAINTS ALL IMMEDIATE")


def _update_tables(job: _Load) -> list[Loaded]:
    """Update existing tables to the rows of the release."""
    import sqlalchemy as sa

    _defer_keys(job)
    tables = {name: (job.book.tables[name], job.table(name)) for name in job.frames}
    staged = {name: _stage(job, number, name) for number, name in enumerate(job.frames)}
    order = schema.referenced_first(job.metadata)
    gone, moved, changed, added = {}, {}, {}, {}
    for name in reversed(order):
        gone[name] = _delete_missing(job, tables[name][1], staged[name])
    for name in reversed(order):
        moved[name] = _delete_moved(job, *tables[name], staged[name])
    for name in order:
        step(f"updating {name}")
        changed[name] = _update_changed(job, *tables[name], staged[name])
        added[name] = _insert_missing(job, tables[name][1], staged[name])
    _check_keys(job)
    for new in staged.values():
        job.connection.execute(sa.schema.DropTable(new))
    return [
        Loaded(
            table=name,
            rows=frame.height,
            new=added[name] - moved[name],
            changed=changed[name] + moved[name],
            gone=gone[name],
        )
        for name, frame in job.frames.items()
    ]


def _stage(job: _Load, number: int, name: str) -> sa.Table:
    """Put the new rows of a table into a temporary one, without its constraints."""
    import sqlalchemy as sa

    columns = [
        sa.Column(c.name, c.type, quote=True, primary_key=c.primary_key, autoincrement=False)
        for c in job.table(name).columns
    ]
    new = sa.Table(f"eventbook_new_{number}", sa.MetaData(), *columns, prefixes=["TEMPORARY"])
    step(f"loading {name}")
    new.create(job.connection)
    rows.insert(job.connection, new, job.frames[name], job.dialect)
    return new


def _same_key(table: sa.Table, new: sa.Table) -> sa.ColumnElement[bool]:
    """Whether two rows have the same key; never, in a table without one: all rows are replaced."""
    import sqlalchemy as sa

    keys = [table.c[c.name] == new.c[c.name] for c in table.primary_key.columns]
    return sa.and_(*keys) if keys else sa.false()


def _delete_missing(job: _Load, table: sa.Table, new: sa.Table) -> int:
    import sqlalchemy as sa

    kept = sa.exists().where(_same_key(table, new))
    return job.connection.execute(sa.delete(table).where(~kept)).rowcount


def _delete_moved(job: _Load, book_table: Table, table: sa.Table, new: sa.Table) -> int:
    """Delete the rows whose unique cells change; they are inserted again.

    Two rows that swap such a value could not be updated one after the other.
    """
    import sqlalchemy as sa

    keys = {c.name for c in table.primary_key.columns}
    unique = [v.name for v in book_table.variables if v.unique and v.name not in keys]
    if not unique:
        return 0
    differ = sa.or_(*(table.c[n].is_distinct_from(new.c[n]) for n in unique))
    moved = sa.exists().where(_same_key(table, new), differ)
    return job.connection.execute(sa.delete(table).where(moved)).rowcount


def _update_changed(job: _Load, book_table: Table, table: sa.Table, new: sa.Table) -> int:
    import sqlalchemy as sa

    keys = {c.name for c in table.primary_key.columns}
    rest = [name for name in book_table.names if name not in keys]
    if not keys or not rest:
        return 0
    differ = sa.or_(*(table.c[n].is_distinct_from(new.c[n]) for n in rest))
    change = (
        sa.update(table)
        .values({table.c[n]: new.c[n] for n in rest})
        .where(_same_key(table, new), differ)
    )
    return job.connection.execute(change).rowcount


def _insert_missing(job: _Load, table: sa.Table, new: sa.Table) -> int:
    import sqlalchemy as sa

    existing = sa.exists().where(_same_key(table, new))
    missing = sa.select(*new.columns).where(~existing)
    add = sa.insert(table).from_select([c.name for c in new.columns], missing)
    # psycopg tells the number of rows that an INSERT adds only if it is asked to.
    return job.connection.execute(add.execution_options(preserve_rowcount=True)).rowcount


def _register(job: _Load, definition: str) -> None:
    """Write into the register which release the tables hold now."""
    import sqlalchemy as sa

    register, book = job.register, job.book
    owned = register.c.package == job.package
    # A table that was dropped by hand may still be registered for another package.
    again = register.c.table_name.in_(list(book.tables))
    job.connection.execute(sa.delete(register).where(sa.or_(owned, again)))
    job.connection.execute(
        sa.insert(register),
        [
            {
                "table_name": name,
                "package": job.package,
                "version": job.version,
                "book": f"{book.name} {book.version}",
                "content": content_hash(table, job.frames[name]),
                "definition": definition,
                "columns": json.dumps(table.names),
            }
            for name, table in book.tables.items()
        ],
    )
