"""The constraints of variables as checks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import polars as pl

from ...codebook import Book, Constraint, Table, Variable
from ...codebook.model import ConstraintKind
from .check import Check
from .compiled import once_for_each_table

POLARS: dict[ConstraintKind, Callable[[pl.Expr, Any], pl.Expr]] = {
    "required": lambda cell, _: cell.is_null(),
    "unique": lambda cell, _: cell.is_duplicated() & cell.is_not_null(),
    "minimum": lambda cell, limit: cell < limit,
    "maximum": lambda cell, limit: cell > limit,
    "max-length": lambda cell, limit: cell.str.len_chars() > limit,
    "pattern": lambda cell, limit: ~cell.str.contains(f"^{limit}$"),
    "code": lambda cell, limit: ~cell.is_in(list(limit)),
}
"""For each kind of constraint the cells that break it, given the limit."""


def constraint_checks(
    book: Book, table: Table, names: Iterable[str], read: Iterable[str] | None = None
) -> list[Check]:
    """Return the constraints of the variables among `names` as checks.

    Args:
        book: the codebook.
        table: the table.
        names: the columns that there are.
        read: those of them that were read and not computed, if some were: a computed value that is
            missing because its inputs are is no finding of its own.
    """
    computed = frozenset[str]() if read is None else frozenset(names) - frozenset(read)
    return [
        check
        for name in names
        for check in _of_variable(book, table, table[name])
        if check.id != "required" or name not in computed
    ]


@once_for_each_table
def _of_variable(book: Book, table: Table, variable: Variable) -> list[Check]:
    """Return all constraints of a variable as checks."""
    return [compile_constraint(variable, c) for c in book.constraints(variable)]


def compile_constraint(variable: Variable, constraint: Constraint) -> Check:
    """Return one constraint of a variable as a check."""
    kind, codes = constraint.kind, constraint.limit
    return Check(
        kind,
        "error",
        variable.name,
        POLARS[kind](pl.col(variable.name), constraint.limit),
        constraint.says,
        frozenset([variable.name]),
        constraint.allowed,
        codes if isinstance(codes, tuple) else (),
        scope="repeated" if kind == "unique" else "row",
        makes_unreadable=kind == "code",
    )
