"""Days minus days are a number of days, as in DuckDB and PostgreSQL.

polars gives a duration, which it compares with numbers as microseconds.
"""

from __future__ import annotations

import re
from typing import Any

from ...codebook import Table

SECONDS_OF_A_DAY = 86_400


def with_days_as_numbers(table: Table, sql: str) -> str:
    """Return an expression in which each difference of two days is a number.

    Args:
        table: the table that the expression is about.
        sql: the expression, looked-up values as quoted columns `"variable.attribute"`.
    """
    days = frozenset(v.name for v in table.variables if v.type == "date")
    # Few rules have one, and the parser is slow to load.
    if "-" not in sql or not days.intersection(re.findall(r"\w+", sql)):
        return sql
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
        later, earlier = (
            f"EXTRACT(EPOCH FROM CAST({side.sql('duckdb')} AS TIMESTAMP))"
            for side in (node.left, node.right)
        )
        number = sqlglot.parse_one(f"(({later} - {earlier}) / {SECONDS_OF_A_DAY})", read="duckdb")
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
