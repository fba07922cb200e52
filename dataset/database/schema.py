"""The database schema of a book: tables, types, keys, CHECKs and comments."""

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
"""The longest name in PostgreSQL, in bytes; longer ones are truncated and might collide."""


def _type(variable: Variable) -> Any:
    """Return the type of a variable's column."""
    import sqlalchemy as sa

    name, arguments = SQLALCHEMY[variable.type]
    return getattr(sa, name)(**arguments)


def metadata(book: Book, dialect: Dialect, schema: str | None = None) -> sa.MetaData:
    """Return the published tables of a book as SQLAlchemy metadata.

    Types, primary and foreign keys, NOT NULL, UNIQUE, and everything that a CHECK can express: see
    `left_out` for the rest. A rule's CHECK has the rule's id as its name, a constraint's the name
    `variable.constraint`. Foreign keys are deferrable, initially
    immediate.

    Args:
        book: the book.
        dialect: the database that the CHECKs are written for, `sqlite` or `postgresql`.
        schema: the schema that the tables are in; the database's own default if left out.
    """
    import sqlalchemy as sa

    result = sa.MetaData(schema=schema)
    for table in book.tables.values():
        unique = {v.name for v in table.variables if v.unique} - _sole_key(table)
        columns = [
            sa.Column(
                v.name,
                _type(v),
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
            # A literal column is used verbatim: no colon in it becomes a parameter.
            sa.CheckConstraint(sa.literal_column(check.holds), name=short(check.name))
            for check in row_checks(book, table, dialect)[0]
        ]
        sa.Table(
            table.name,
            result,
            *columns,
            *constraints,
            comment=f"{table.title}: {table.description}",
            quote=True,
        )
    return result


def left_out(book: Book, dialect: Dialect) -> list[LeftOut]:
    """Return the requirements of a book that a database of this kind does not enforce, and why."""
    left: list[LeftOut] = []
    for table in book.tables.values():
        for key in table.foreign_keys:
            reason = _key_reason(book, table, key)
            if reason:
                left.append(LeftOut(table.name, f"{key.field}.{key.table}.foreign-key", reason))
        left += [
            LeftOut(table.name, f"{name}.cycle", "it involves other rows") for name in table.acyclic
        ]
        left += row_checks(book, table, dialect)[1]
    return left


def _key(table: Table) -> frozenset[str]:
    """Return the primary key, or nothing if a column of it may be empty, which databases refuse."""
    whole = all(table[name].required for name in table.primary_key)
    return frozenset(table.primary_key) if whole else frozenset()


def _sole_key(table: Table) -> set[str]:
    """Return the column that is the whole primary key, and thus already unique."""
    return set(table.primary_key) if len(table.primary_key) == 1 else set()


def _key_reason(book: Book, table: Table, key: ForeignKey) -> str:
    """Return why a foreign key cannot be one in a database; empty if it can."""
    if key.absent:
        return "a database has no key for values that must not occur elsewhere"
    if table[key.field].separator:
        return "the cell holds a list"
    other = book.tables[key.table]
    if not (other[key.target].unique or _sole_key(other) == {key.target}):
        return f"{key.table}.{key.target} is not unique"
    return ""


def _comment(variable: Variable) -> str:
    text = f"{variable.title}: {variable.description}"
    text += f" Unit: {variable.unit}." if variable.unit else ""
    return text + (f" Empty: {variable.missing}." if variable.missing else "")


def short(name: str) -> str:
    """Return a name short enough for every database; a shortened one stays unique by a hash."""
    data = name.encode()
    if len(data) <= LONGEST_NAME:
        return name
    mark = hashlib.sha256(data).hexdigest()[:8]
    return data[: LONGEST_NAME - 9].decode(errors="ignore") + "-" + mark


def definitions(metadata: sa.MetaData, dialect: Dialect) -> dict[str, list[sa.schema.DDLElement]]:
    """Return for each table the statements that create it, with comments.

    SQLite has no comments in its catalogue, but keeps those in the CREATE statement.
    """
    from sqlalchemy import schema as ddl

    from .commented import CommentedTable

    statements: dict[str, list[Any]] = {}
    for table in metadata.tables.values():
        if dialect == "sqlite":
            statements[table.name] = [CommentedTable(table)]
            continue
        statements[table.name] = [
            ddl.CreateTable(table, include_foreign_key_constraints=[]),
            ddl.SetTableComment(table),
            *(ddl.SetColumnComment(column) for column in table.columns),
        ]
    return statements


def create(connection: Connection, metadata: sa.MetaData, dialect: Dialect) -> None:
    """Create all tables; foreign keys may point to tables that come later."""
    from sqlalchemy import schema as ddl

    for statements in definitions(metadata, dialect).values():
        for statement in statements:
            connection.execute(statement)
    if dialect != "sqlite":
        for table in metadata.tables.values():
            for key in sorted(table.foreign_key_constraints, key=lambda k: str(k.name)):
                connection.execute(ddl.AddConstraint(key))


def referenced_first(metadata: sa.MetaData) -> list[str]:
    """Return the names of all tables, each after those that its keys point to.

    A row of SQLite that was there before the one that it points to would cost a search of the whole
    table for each row that is pointed to. Tables that point to each other in a ring remain so.
    """
    from sqlalchemy import schema as ddl

    ordered = ddl.sort_tables_and_constraints(metadata.tables.values())
    return [table.name for table, _ in ordered if table is not None]


def schema_hash(metadata: sa.MetaData, dialect: Dialect) -> str:
    """Return a hash of all statements that create the tables: equal hashes mean equal schemas."""
    from sqlalchemy import schema as ddl
    from sqlalchemy.dialects import postgresql, sqlite

    compiler = sqlite.dialect() if dialect == "sqlite" else postgresql.dialect()
    text = [
        str(statement.compile(dialect=compiler))
        for statements in definitions(metadata, dialect).values()
        for statement in statements
    ]
    text += sorted(
        str(ddl.AddConstraint(key).compile(dialect=compiler))
        for table in metadata.tables.values()
        for key in table.foreign_key_constraints
        if dialect != "sqlite"
    )
    return hashlib.sha256("\n".join(text).encode()).hexdigest()
