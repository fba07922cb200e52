"""Days minus days are a number of days, as in DuckDB and PostgreSQL.

polars gives a duration, which it compares with numbers as microseconds.
"""

from __future__ import annotations

import re
from typing import Any

from ...codebook import Table

SECONDS_OF_A_DAY = 86_400
LITERAL = re.compile(r"'(?:[^']|'')*'")
DAY = r"(\b[A-Za-z_]\w*\b|CAST\('x*' AS DATE\))"
ALONE = re.compile(rf"(?<=\(){DAY} - {DAY}(?=\))")
"""A difference with parentheses of its own, in text whose literals are masked with x."""
OTHER_REGEXP = re.compile(r"regexp_(?!like\b)", re.IGNORECASE)


def with_days_as_numbers(table: Table, sql: str) -> str:
    """Return an expression in which each difference of two days is a number.

    Args:
        table: the table that the expression is about.
        sql: the expression, looked-up values as quoted columns `"variable.attribute"`.
    """
    days = frozenset(v.name for v in table.variables if v.type == "date")
    # Few rules have one, and the parser is slow to load.
    masked = LITERAL.sub(lambda literal: f"'{'x' * (len(literal.group()) - 2)}'", sql)
    if "-" not in masked or not days.intersection(re.findall(r"\w+", sql)):
        return sql
    if "-" not in ALONE.sub("", masked) and not OTHER_REGEXP.search(masked):
        return _with_differences_alone(masked, sql, days)
    return _with_differences(sql, days)


def _with_differences_alone(masked: str, sql: str, days: frozenset[str]) -> str:
    """Return an expression in which each difference of days has parentheses of its own."""
    parts, end = list[str](), 0
    for found in ALONE.finditer(masked):
        if all(side in days or side.startswith("CAST(") for side in found.groups()):
            later, earlier = (sql[slice(*found.span(side))] for side in (1, 2))
            parts += [sql[end : found.start()], _number_of_days(later, earlier)]
            end = found.end()
    return "".join([*parts, sql[end:]])


def _number_of_days(later: str, earlier: str) -> str:
    """Return the SQL of the number of days between two."""
    seconds = (f"EXTRACT(EPOCH FROM CAST({day} AS TIMESTAMP))" for day in (later, earlier))
    return f"({' - '.join(seconds)}) / {SECONDS_OF_A_DAY}"


def _with_differences(sql: str, days: frozenset[str]) -> str:
    """Return any expression with its differences of days as numbers, parsed and written anew."""
    import sqlglot
    from sqlglot import exp
    from sqlglot.errors import SqlglotError

    try:
        tree = sqlglot.parse_one(sql, read="duckdb")
    except (SqlglotError, RecursionError):
        return sql
    differences = [
        node
        for node in tree.find_all(exp.Sub)
        if is_day(node.left, days) and is_day(node.right, days)
    ]
    if not differences:
        return sql
    for node in differences:
        sides = (side.sql("duckdb") for side in (node.left, node.right))
        number = sqlglot.parse_one(f"({_number_of_days(*sides)})", read="duckdb")
        tree = number if node is tree else (node.replace(number), tree)[1]
    for node in list(tree.find_all(exp.RegexpLike)):
        # DuckDB has another name for it, which polars does not know.
        node.replace(exp.Anonymous(this="REGEXP_LIKE", expressions=[node.this, node.expression]))
    return tree.sql("duckdb")


def is_day(node: Any, days: frozenset[str]) -> bool:
    """Return whether a part of an expression is a day: a column of `days`, or one written out."""
    from sqlglot import exp

    if isinstance(node, exp.Paren):
        return is_day(node.this, days)
    if isinstance(node, exp.Cast):
        return node.to.is_type("date")
    return isinstance(node, exp.Column) and node.name in days
