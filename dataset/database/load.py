"""Loading a release into a database: its tables are made, or brought to what the release has.

What eventbook made is written down in a table of its own, `eventbook_release`, one row a table;
what is not there belongs to somebody else and is left alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from ...codebook import Table
from ...validation.errors import InputError
from . import connection as databases
from . import rows, schema
from .release import Release
from .sql_checks import Dialect

if TYPE_CHECKING:
    import sqlalchemy as sa
    from sqlalchemy.engine import Connection

REGISTER = "eventbook_release"


@dataclass(frozen=True)
class Loaded:
    """What became of one table: its rows now, and how many are new, changed, or gone."""

    table: str
    rows: int
    new: int
    changed: int
    gone: int


@dataclass(frozen=True)
class _Target:
    """Where a release goes: a connection inside its transaction, and what the tables shall be."""

    connection: Connection
    dialect: Dialect
    found: sa.MetaData
    register: sa.Table
    schema: str | None

    def table(self, name: str) -> sa.Table:
        return self.found.tables[f"{self.schema}.{name}" if self.schema else name]


def load(release: Release, url: str, schema_name: str | None = None) -> list[Loaded]:
    """Put the tables of a release into PostgreSQL or SQLite, in one transaction.

    Tables that an earlier load made get the rows that they lack, lose those that are gone, and
    have changed ones updated; if the book has changed, they are made anew.

    Args:
        release: the release.
        url: the database, as SQLAlchemy reads it; `postgresql://` takes psycopg, else pg8000.
        schema_name: the schema of PostgreSQL to use; made if it is not there.

    Returns:
        For each table what was done.

    Raises:
        InputError: the database cannot be had, a table of that name is somebody else's, or a row
            breaks a key or CHECK; nothing was changed.
    """
    with databases.transaction(url) as (connection, dialect):
        if schema_name and dialect == "sqlite":
            raise InputError("--schema is for PostgreSQL; a file of SQLite has none")
        target = _target(release, connection, dialect, schema_name)
        known = _known(target)
        _refuse_others(target, release, known)
        made = schema.fingerprint(target.found, dialect)
        mine = {n: row for n, row in known.items() if row["package"] == release.package}
        if dialect == "sqlite":
            connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        if set(mine) == set(release.book.tables) and all(
            row["definition"] == made for row in mine.values()
        ):
            done = _bring_up(target, release)
        else:
            done = _make_anew(target, release, mine)
        _write_down(target, release, made)
        return done


def _target(
    release: Release, connection: Connection, dialect: Dialect, name: str | None
) -> _Target:
    import sqlalchemy as sa

    if name and not sa.inspect(connection).has_schema(name):
        connection.execute(sa.schema.CreateSchema(name))
    found = schema.metadata(release.book, dialect, name)
    texts = ("package", "version", "book", "content", "definition", "columns")
    register = sa.Table(
        REGISTER,
        sa.MetaData(schema=name),
        sa.Column("table_name", sa.Text, primary_key=True),
        *(sa.Column(text, sa.Text, nullable=False) for text in texts),
        comment="The tables here that eventbook load made, and the release that they hold.",
    )
    return _Target(connection, dialect, found, register, name)


def _standing(target: _Target) -> dict[str, str]:
    """The names of tables and views that are there, by how the database compares them."""
    import sqlalchemy as sa

    look = sa.inspect(target.connection)
    names = [*look.get_table_names(target.schema), *look.get_view_names(target.schema)]
    if target.dialect == "postgresql":
        names += look.get_materialized_view_names(target.schema)
    return {_same(target, name): name for name in names}


def _same(target: _Target, name: str) -> str:
    return name.lower() if target.dialect == "sqlite" else name


def _columns(target: _Target, name: str) -> list[str]:
    import sqlalchemy as sa

    return [c["name"] for c in sa.inspect(target.connection).get_columns(name, target.schema)]


def _known(target: _Target) -> dict[str, dict[str, Any]]:
    """The rows of the register whose tables are there, by table; the register is made if need be."""
    import sqlalchemy as sa

    standing = _standing(target)
    if REGISTER not in standing:
        target.register.create(target.connection)
        return {}
    if _columns(target, REGISTER) != [c.name for c in target.register.columns]:
        raise InputError(f"{REGISTER}: there is a table of this name that eventbook did not make")
    found = target.connection.execute(sa.select(target.register)).mappings()
    return {row["table_name"]: dict(row) for row in found if row["table_name"] in standing.values()}


def _refuse_others(
    target: _Target, release: Release, known: Mapping[str, Mapping[str, Any]]
) -> None:
    """Stop where a table to be made or replaced is not one of this package's."""
    standing = _standing(target)
    for name in release.book.tables:
        there = standing.get(_same(target, name))
        if there is None:
            continue
        if there not in known:
            raise InputError(
                f"{there}: there is a table of this name that eventbook did not make; "
                + _elsewhere(target)
            )
        if known[there]["package"] != release.package:
            owner = known[there]["package"]
            raise InputError(f"{there}: belongs to the package {owner}; {_elsewhere(target)}")
    for name, row in known.items():
        if row["package"] == release.package and _columns(target, name) != json.loads(
            row["columns"]
        ):
            raise InputError(
                f"{name}: has other columns than eventbook gave it; "
                f"rename or drop it, or {_elsewhere(target)}"
            )


def _elsewhere(target: _Target) -> str:
    return "use another --schema" if target.dialect == "postgresql" else "use another file"


def _make_anew(
    target: _Target, release: Release, mine: Mapping[str, Mapping[str, Any]]
) -> list[Loaded]:
    """Drop what this package has there, make its tables, and insert all rows."""
    import sqlalchemy as sa

    quote = target.connection.dialect.identifier_preparer
    old = [sa.table(name, schema=target.schema) for name in mine]
    gone: dict[str, int] = {}
    if target.dialect == "sqlite":
        # Dropping a table checks the keys that point to its rows: first they all go.
        for table in old:
            gone[table.name] = target.connection.execute(sa.delete(table)).rowcount
        for table in old:
            target.connection.exec_driver_sql(f"DROP TABLE {quote.format_table(table)}")
    elif old:
        for table in old:
            count = sa.select(sa.func.count()).select_from(table)
            gone[table.name] = target.connection.execute(count).scalar_one()
        together = ", ".join(quote.format_table(table) for table in old)
        target.connection.execute(sa.text(f"DROP TABLE {together}"))
    schema.create(target.connection, target.found, target.dialect)
    _defer(target)
    done = []
    for name, frame in release.tables.items():
        rows.insert(target.connection, target.table(name), frame, target.dialect)
        done.append(Loaded(name, frame.height, frame.height, 0, gone.get(name, 0)))
    _settle(target)
    return done


def _defer(target: _Target) -> None:
    """Let keys be checked when all tables are done: tables may point to each other in a ring."""
    if target.dialect == "postgresql":
        target.connection.exec_driver_sql("SET CONSTRAINTS ALL DEFERRED")


def _settle(target: _Target) -> None:
    """Check the keys now, so that their error is told like any other."""
    if target.dialect == "postgresql":
        target.connection.exec_driver_sql("SET CONSTRAINTS ALL IMMEDIATE")


def _bring_up(target: _Target, release: Release) -> list[Loaded]:
    """Bring tables that are as the book says to the rows of the release."""
    import sqlalchemy as sa

    _defer(target)
    staged = {}
    for number, (name, frame) in enumerate(release.tables.items()):
        staged[name] = _stage(target, release.book.tables[name], number, frame)
    gone = {name: _delete(target.table(name), new, target) for name, new in staged.items()}
    moved = {
        name: _delete_moved(release.book.tables[name], target.table(name), new, target)
        for name, new in staged.items()
    }
    done = []
    for name, new in staged.items():
        changed = _update(release.book.tables[name], target.table(name), new, target)
        added = _insert_missing(target.table(name), new, target)
        height = release.tables[name].height
        done.append(Loaded(name, height, added - moved[name], changed + moved[name], gone[name]))
    _settle(target)
    for new in staged.values():
        target.connection.execute(sa.schema.DropTable(new))
    return done


def _stage(target: _Target, table: Table, number: int, frame: pl.DataFrame) -> sa.Table:
    """The new rows of a table in a temporary one, without its constraints."""
    import sqlalchemy as sa

    made = target.table(table.name)
    columns = [
        sa.Column(c.name, c.type, quote=True, primary_key=c.primary_key, autoincrement=False)
        for c in made.columns
    ]
    new = sa.Table(f"eventbook_new_{number}", sa.MetaData(), *columns, prefixes=["TEMPORARY"])
    new.create(target.connection)
    rows.insert(target.connection, new, frame, target.dialect)
    return new


def _same_key(table: sa.Table, new: sa.Table) -> sa.ColumnElement[bool]:
    """Whether two rows are of one key; never, for a table without: all its rows are replaced."""
    import sqlalchemy as sa

    keys = [table.c[c.name] == new.c[c.name] for c in table.primary_key.columns]
    return sa.and_(*keys) if keys else sa.false()


def _delete(table: sa.Table, new: sa.Table, target: _Target) -> int:
    import sqlalchemy as sa

    kept = sa.exists().where(_same_key(table, new))
    return target.connection.execute(sa.delete(table).where(~kept)).rowcount


def _delete_moved(book_table: Table, table: sa.Table, new: sa.Table, target: _Target) -> int:
    """Take out the rows whose unique cells change; they are inserted again.

    Two rows that swap such a value could not be updated one after the other.
    """
    import sqlalchemy as sa

    keys = {c.name for c in table.primary_key.columns}
    unique = [v.name for v in book_table.variables if v.unique and v.name not in keys]
    if not unique:
        return 0
    differ = sa.or_(*(table.c[n].is_distinct_from(new.c[n]) for n in unique))
    moved = sa.exists().where(_same_key(table, new), differ)
    return target.connection.execute(sa.delete(table).where(moved)).rowcount


def _update(book_table: Table, table: sa.Table, new: sa.Table, target: _Target) -> int:
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
    return target.connection.execute(change).rowcount


def _insert_missing(table: sa.Table, new: sa.Table, target: _Target) -> int:
    import sqlalchemy as sa

    there = sa.exists().where(_same_key(table, new))
    missing = sa.select(*new.columns).where(~there)
    add = sa.insert(table).from_select([c.name for c in new.columns], missing)
    return target.connection.execute(add).rowcount


def _write_down(target: _Target, release: Release, made: str) -> None:
    """Say in the register which release the tables hold now."""
    import sqlalchemy as sa

    register, book = target.register, release.book
    owned = register.c.package == release.package
    # A table that was dropped by hand may be another package's in the register.
    again = register.c.table_name.in_(list(book.tables))
    target.connection.execute(sa.delete(register).where(sa.or_(owned, again)))
    target.connection.execute(
        sa.insert(register),
        [
            {
                "table_name": name,
                "package": release.package,
                "version": release.version,
                "book": f"{book.name} {book.version}",
                "content": release.content[name],
                "definition": made,
                "columns": json.dumps(table.names),
            }
            for name, table in book.tables.items()
        ],
    )
