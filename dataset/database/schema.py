"""From a book to the schema of a database: tables, types, keys, CHECKs and comments."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from ...codebook import Book, ForeignKey, Table, Variable
from ...validation.types import SQLALCHEMY
from .sql_checks import Dialect, LeftOut, row_checks

if TYPE_CHECKING:
    import sqlalchemy as sa
    from sqlalchemy.engine import Connection

LONGEST_NAME = 63
"""Bytes of a name in PostgreSQL; what is longer is cut, and two names become one."""


def metadata(book: Book, dialect: Dialect, schema: str | None = None) -> sa.MetaData:
    """Return the published tables of a book as SQLAlchemy's description of a database.

    Types, primary and foreign keys, NOT NULL, UNIQUE, and everything that a CHECK can express: see
    `left_out` for the rest. A rule's CHECK has the rule's id as its name, a constraint's the name
    `variable.constraint`. Foreign keys are checked at once, and can be deferred.

    Args:
        book: the book.
        dialect: the database that the CHECKs are written for, `sqlite` or `postgresql`.
        schema: the schema that the tables are in; the database's own default if left out.
    """
    import sqlalchemy as sa

    found = sa.MetaData(schema=schema)
    for table in book.tables.values():
        unique = {v.name for v in table.variables if v.unique} - _sole_key(table)
        columns = [
            sa.Column(
                v.name,
                getattr(sa, SQLALCHEMY[v.type])(),
                nullable=not (v.required or v.name in _key(table)),
                comment=_comment(v),
                quote=True,
                autoincrement=False,
            )
            for v in table.variables
        ]
        constraints: list[Any] = []
        if _key(table):
            name = short(f"{table.name}.primary-key")
            constraints.append(sa.PrimaryKeyConstraint(*table.primary_key, name=name))
        elif table.primary_key:
            name = short(f"{table.name}.primary-key")
            constraints.append(sa.UniqueConstraint(*table.primary_key, name=name))
        constraints += [
            sa.UniqueConstraint(name, name=short(f"{table.name}.{name}.unique"))
            for name in table.names
            if name in unique
        ]
        prefix = f"{schema}." if schema else ""
        constraints += [
            sa.ForeignKeyConstraint(
                [key.field],
                [f"{prefix}{key.table}.{key.target}"],
                name=short(f"{key.field}.{key.table}.foreign-key"),
                deferrable=True,
                initially="IMMEDIATE",
            )
            for key in table.foreign_keys
            if not _key_reason(book, table, key)
        ]
        constraints += [
            # A literal column is passed on as it stands: no colon in it becomes a parameter.
            sa.CheckConstraint(sa.literal_column(check.holds), name=short(check.name))
            for check in row_checks(book, table, dialect)[0]
        ]
        sa.Table(
            table.name,
            found,
            *columns,
            *constraints,
            comment=f"{table.title}: {table.description}",
            quote=True,
        )
    return found


def left_out(book: Book, dialect: Dialect) -> list[LeftOut]:
    """Return the requirements of a book that a database of this kind does not enforce, and why."""
    left: list[LeftOut] = []
    for table in book.tables.values():
        for key in table.foreign_keys:
            reason = _key_reason(book, table, key)
            if reason:
                left.append(LeftOut(table.name, f"{key.field}.{key.table}.foreign-key", reason))
        left += [
            LeftOut(table.name, f"{name}.cycle", "it looks into other rows")
            for name in table.acyclic
        ]
        left += row_checks(book, table, dialect)[1]
    return left


def _key(table: Table) -> frozenset[str]:
    """The primary key as far as a database can have it: none of its columns may be empty."""
    whole = all(table[name].required for name in table.primary_key)
    return frozenset(table.primary_key) if whole else frozenset()


def _sole_key(table: Table) -> set[str]:
    """The one column whose being the key makes it unique already."""
    return set(table.primary_key) if len(table.primary_key) == 1 else set()


def _key_reason(book: Book, table: Table, key: ForeignKey) -> str:
    """Why a key of the book is none of the database; empty if it is one."""
    if key.absent:
        return "a database has no key that says where a value must not stand"
    if table[key.field].separator:
        return "the cell holds a list"
    other = book.tables[key.table]
    if not (other[key.target].unique or _sole_key(other) == {key.target}):
        return f"{key.table}.{key.target} is not unique"
    return ""


def _comment(variable: Variable) -> str:
    said = f"{variable.title}: {variable.description}"
    said += f" Unit: {variable.unit}." if variable.unit else ""
    return said + (f" Empty: {variable.missing}." if variable.missing else "")


def short(name: str) -> str:
    """A name that every database keeps whole, and that no other name is cut to."""
    data = name.encode()
    if len(data) <= LONGEST_NAME:
        return name
    mark = hashlib.sha256(data).hexdigest()[:8]
    return data[: LONGEST_NAME - 9].decode(errors="ignore") + "-" + mark


def definitions(found: sa.MetaData, dialect: Dialect) -> dict[str, list[sa.schema.DDLElement]]:
    """For each table the statements that make it; keys that point to a later table included.

    SQLite has no comments in its catalogue, but keeps the CREATE statement with those in it.
    """
    from sqlalchemy import schema as ddl

    from .commented import CommentedTable

    made: dict[str, list[Any]] = {}
    for table in found.tables.values():
        if dialect == "sqlite":
            made[table.name] = [CommentedTable(table)]
            continue
        made[table.name] = [
            ddl.CreateTable(table, include_foreign_key_constraints=[]),
            ddl.SetTableComment(table),
            *(ddl.SetColumnComment(column) for column in table.columns),
        ]
    return made


def create(connection: Connection, found: sa.MetaData, dialect: Dialect) -> None:
    """Make all tables of a description, whatever the order in which they point to each other."""
    from sqlalchemy import schema as ddl

    for statements in definitions(found, dialect).values():
        for statement in statements:
            connection.execute(statement)
    if dialect != "sqlite":
        for table in found.tables.values():
            for key in sorted(table.foreign_key_constraints, key=lambda k: str(k.name)):
                connection.execute(ddl.AddConstraint(key))


def schema_hash(found: sa.MetaData, dialect: Dialect) -> str:
    """A hash of everything that makes the tables: two schemas with the same one are the same."""
    from sqlalchemy import schema as ddl
    from sqlalchemy.dialects import postgresql, sqlite

    known = sqlite.dialect() if dialect == "sqlite" else postgresql.dialect()
    text = [
        str(statement.compile(dialect=known))
        for statements in definitions(found, dialect).values()
        for statement in statements
    ]
    text += sorted(
        str(ddl.AddConstraint(key).compile(dialect=known))
        for table in found.tables.values()
        for key in table.foreign_key_constraints
        if dialect != "sqlite"
    )
    return hashlib.sha256("\n".join(text).encode()).hexdigest()
