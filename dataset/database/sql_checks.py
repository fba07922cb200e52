"""Translate the constraints and rules of a book into CHECKs, and list those that cannot be.

Rules are written in SQL that polars, DuckDB and Spark understand alike. A rule becomes a CHECK only
if the database understands all of it in the same way, or after a rewrite.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, get_args

from ...codebook import Book, Constraint, Rule, Table, Variable
from ...codebook.model import ConstraintKind, literal
from ...codebook.model import cell as cell_text
from ...codebook.sql_parts import sql_parts
from ...validation.checks.day_differences import is_day

if TYPE_CHECKING:
    from sqlglot import exp

Dialect = Literal["sqlite", "postgresql"]
DIALECTS: tuple[Dialect, ...] = get_args(Dialect)

SQLITE_TYPES = {
    "string": "TYPEOF({}) IN ('text', 'null')",
    "integer": "TYPEOF({}) IN ('integer', 'null')",
    "number": "TYPEOF({}) IN ('real', 'null')",
    # For a date that does not exist, DATE() returns another date or NULL.
    "date": "{0} IS DATE({0}, '+0 days')",
    "datetime": "{0} IS STRFTIME('%Y-%m-%dT%H:%M:%SZ', {0})",
    "year": "TYPEOF({}) IN ('integer', 'null')",
    "boolean": "{0} IN (0, 1) OR {0} IS NULL",
}
"""SQLite stores any value in any column; bounds and keys on text that is no date check nothing."""

CONSTRAINTS: dict[ConstraintKind, Callable[[str, Any], str]] = {
    "minimum": lambda cell, limit: f"{cell} >= {_literal(limit)}",
    "maximum": lambda cell, limit: f"{cell} <= {_literal(limit)}",
    "max-length": lambda cell, limit: f"LENGTH({cell}) <= {limit}",
    "pattern": lambda cell, limit: f"{cell} ~ {_literal(f'^{limit}$')}",
    "code": lambda cell, limit: f"{cell} IN ({', '.join(literal(code) for code in limit)})",
}
"""For each kind of constraint, the condition of its CHECK for a quoted column and a limit."""

OF_THE_COLUMN: dict[ConstraintKind, str] = {
    "required": "a column is NOT NULL",
    "unique": "a column, or the key that it is, is UNIQUE",
}
"""The kinds that need no CHECK, because SQL has its own keyword for them: see `schema.metadata`."""

# In PostgreSQL's regular expressions, letters after a backslash, look-around, flags, POSIX classes,
# lazy and possessive quantifiers and director prefixes differ or do not exist.
_OWN_REGEX = re.compile(r"\\[A-Za-z0-9]|\(\?(?!:)|\[[:.=]|[*+?}][+?]|^\*\*\*")
_COUNTS = re.compile(r"\{(\d*),?(\d*)\}")
MOST_REPEATS = 255
"""PostgreSQL's limit for a count in braces."""

STRFTIME = {"YEAR": "%Y", "MONTH": "%m", "DAY": "%d", "EPOCH": "%s"}
"""The parts of a date that SQLite can extract."""


@dataclass(frozen=True)
class SqlCheck:
    """One CHECK: its name, and the condition that is true or NULL for every valid row."""

    name: str
    holds: str


@dataclass(frozen=True)
class LeftOut:
    """A requirement of the book on a table that the database does not enforce."""

    table: str
    name: str
    reason: str


def left_out_in_words(parts: Iterable[LeftOut], dialect: Dialect) -> Iterator[str]:
    """Yield a line for each reason why a database does not enforce some of a book's requirements."""
    by_reason: dict[str, list[str]] = {}
    for part in parts:
        # What follows a colon are the columns of one rule.
        by_reason.setdefault(part.reason.partition(": ")[0], []).append(
            f"{part.table}: {part.name}"
        )
    for reason, names in by_reason.items():
        shown = ", ".join(names[:3])
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        yield f"{dialect} does not enforce {shown}{more}: {reason}"


def sql_name(name: str) -> str:
    """Return a name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def row_checks(book: Book, table: Table, dialect: Dialect) -> tuple[list[SqlCheck], list[LeftOut]]:
    """Return the CHECKs of a table: constraints of its variables, then its rules of severity error.

    Returns:
        The checks, a rule's with the rule's id as its name; and those left out, with the reason.
    """
    checks: list[SqlCheck] = []
    left: list[LeftOut] = []
    for variable in table.variables:
        checks += _constraints(book, variable, dialect)
        for constraint in book.constraints(variable):
            if constraint.kind == "pattern" and (reason := _pattern_reason(constraint, dialect)):
                left.append(LeftOut(table.name, f"{variable.name}.pattern", reason))
    for rule in book.rules_on(table.name):
        try:
            checks.append(SqlCheck(rule.id, _condition(book, table, rule, dialect)))
        except _NotExpressible as error:
            left.append(LeftOut(table.name, rule.id, str(error)))
    if any(variable.type == "string" for variable in table.variables):
        left += [
            LeftOut(table.name, rule.id, "rules on every text are not SQL")
            for rule in book.text_rules
        ]
    return checks, left


def _constraints(book: Book, variable: Variable, dialect: Dialect) -> Iterator[SqlCheck]:
    cell = sql_name(variable.name)
    if dialect == "sqlite":
        yield SqlCheck(f"{variable.name}.type", SQLITE_TYPES[variable.type].format(cell))
    for constraint in book.constraints(variable):
        if constraint.kind in OF_THE_COLUMN:
            continue
        if constraint.kind == "pattern" and _pattern_reason(constraint, dialect):
            continue
        holds = CONSTRAINTS[constraint.kind](cell, constraint.limit)
        yield SqlCheck(f"{variable.name}.{constraint.kind}", holds)


def _literal(limit: Any) -> str:
    """Return a limit as an SQL literal; databases read the text of a date as a date."""
    return literal(limit if isinstance(limit, int | float) else cell_text(limit))


def _pattern_reason(constraint: Constraint, dialect: Dialect) -> str:
    """Return why a pattern cannot be a CHECK; empty if it can."""
    if dialect == "sqlite":
        return "SQLite has no regular expressions"
    pattern = f"^{constraint.limit}$"
    if _OWN_REGEX.search(pattern):
        return "PostgreSQL would read the pattern differently"
    counts = [int(n) for pair in _COUNTS.findall(pattern) for n in pair if n]
    if any(n > MOST_REPEATS for n in counts):
        return f"PostgreSQL allows at most {MOST_REPEATS} repetitions in a pattern"
    return ""


class _NotExpressible(Exception):
    """A rule that cannot be a CHECK; the message says why."""


def _condition(book: Book, table: Table, rule: Rule, dialect: Dialect) -> str:
    """Return the condition that is true for every row that does not violate a rule.

    Raises:
        _NotExpressible: no CHECK of this database can express it.
    """
    if rule.severity != "error":
        raise _NotExpressible(f"its severity is {rule.severity}")
    sql, joins = book.sql(table, rule.violates)
    if joins:
        raise _NotExpressible(f"it involves other rows: {', '.join(sorted(joins))}")
    return _translated(sql, frozenset(v.name for v in table.variables if v.type == "date"), dialect)


@cache
def _translated(violates: str, days: frozenset[str], dialect: Dialect) -> str:
    """Return the negation of a condition, in the SQL of a database.

    Args:
        violates: the condition.
        days: the columns in it that are dates.
        dialect: the database.

    Raises:
        _NotExpressible: no CHECK of this database can express it.
    """
    import sqlglot
    from sqlglot import exp
    from sqlglot.errors import SqlglotError

    try:
        condition = sqlglot.parse_one(violates, read="duckdb")
    except SqlglotError:
        raise _NotExpressible("its SQL cannot be parsed") from None
    tree = exp.Not(this=exp.Paren(this=condition))
    _ensure_common(tree, days, dialect)
    if dialect == "sqlite":
        _as_sqlite(tree, days)
    return tree.sql(dialect="sqlite" if dialect == "sqlite" else "postgres", identify=True)


@cache
def _common(dialect: Dialect) -> frozenset[type[exp.Expr]]:
    """Return the parts of SQL that mean the same in a database as for our own engines."""
    from sqlglot import exp

    shared = (part.names for part in sql_parts() if part.databases[dialect])
    return frozenset(getattr(exp, name) for names in shared for name in names)


def _ensure_common(tree: exp.Expr, days: frozenset[str], dialect: Dialect) -> None:
    from sqlglot import exp

    for node in tree.walk():
        if type(node) not in _common(dialect):
            name = node.name if isinstance(node, exp.Anonymous) else node.key.upper()
            raise _NotExpressible(f"{name} differs in {dialect}")
        if isinstance(node, exp.Cast) and not node.to.is_type("timestamp", "timestampntz", "date"):
            raise _NotExpressible(f"CAST AS {node.to.sql()} differs in {dialect}")
        if isinstance(node, exp.Extract) and node.name.upper() not in STRFTIME:
            raise _NotExpressible(f"EXTRACT of {node.name} differs in {dialect}")
        if isinstance(node, exp.Add) and any(
            is_day(side, days) for side in (node.left, node.right)
        ):
            raise _NotExpressible(f"date arithmetic differs in {dialect}")


def _as_sqlite(tree: exp.Expr, days: frozenset[str]) -> None:
    """Rewrite in place, inner parts first, what SQLite lacks or has only in some builds."""
    import sqlglot
    from sqlglot import exp

    for node in list(tree.find_all(exp.Sub)):
        if is_day(node.left, days) and is_day(node.right, days):
            later, earlier = (
                exp.Anonymous(this="JULIANDAY", expressions=[side.copy()])
                for side in (node.left, node.right)
            )
            node.replace(exp.Paren(this=exp.Sub(this=later, expression=earlier)))
    for node in reversed(list(tree.walk())):
        if isinstance(node, exp.Extract):
            day = node.expression.sql("sqlite", identify=True)
            # Plus 0, because STRFTIME returns text.
            text = f"(STRFTIME('{STRFTIME[node.name.upper()]}', {day}) + 0)"
        elif isinstance(node, exp.Cast):
            # In SQLite, a cast to TIMESTAMP is one to a number: 2019-05-13 would become 2019.
            day = node.this.sql("sqlite", identify=True)
            text = f"{'DATE' if node.to.is_type('date') else 'DATETIME'}({day})"
        elif isinstance(node, exp.Floor):
            number = node.this.sql("sqlite", identify=True)
            text = f"(CAST({number} AS INTEGER) - ({number} < CAST({number} AS INTEGER)))"
        elif isinstance(node, exp.Substring):
            parts = [node.this, node.args.get("start"), node.args.get("length")]
            node.replace(exp.Anonymous(this="SUBSTR", expressions=[p for p in parts if p]))
            continue
        else:
            continue
        node.replace(sqlglot.parse_one(text, read="sqlite"))
