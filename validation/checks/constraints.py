"""The constraints of variables as checks."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import polars as pl

from ...codebook import Book, Table, Variable
from ...codebook.model import Scalar
from .check import Check


def constraint_checks(book: Book, table: Table, names: Iterable[str]) -> list[Check]:
    """The constraints of the variables among `names`, as checks."""
    checks = []
    for name in names:
        variable = table[name]
        for id_, violates, says, allowed, codes in _constraints(book, variable):
            needs, whole = frozenset([name]), id_ == "unique"
            checks.append(Check(id_, "error", name, violates, says, needs, allowed, codes, whole))
    return checks


def _constraints(
    book: Book, variable: Variable
) -> Iterable[tuple[str, pl.Expr, str, str, tuple[str | int, ...]]]:
    cell = pl.col(variable.name)
    if variable.required:
        yield "required", cell.is_null(), "A value is required.", "", ()
    if variable.unique:
        yield (
            "unique",
            cell.is_duplicated() & cell.is_not_null(),
            "The value stands in more than one row.",
            "",
            (),
        )
    minimum, maximum = bound(variable, variable.minimum), bound(variable, variable.maximum)
    if minimum is not None:
        yield "minimum", cell < minimum, f"The value is below {minimum}.", f"{minimum} or more", ()
    if maximum is not None:
        yield "maximum", cell > maximum, f"The value is above {maximum}.", f"{maximum} or less", ()
    if variable.max_length is not None:
        limit = variable.max_length
        yield (
            "max-length",
            cell.str.len_chars() > limit,
            f"The text is longer than {limit} characters.",
            f"at most {limit} characters",
            (),
        )
    if variable.pattern:
        says = f"The value does not have the form {variable.pattern}."
        if variable.separator:
            says += f" Several stand with {variable.separator!r} between them."
        bad = ~cell.str.contains(variable.cell_pattern)
        yield "pattern", bad, says, variable.pattern, ()
    codes = book.code_list(variable)
    if codes is not None:
        shown = ", ".join(str(v) for v in codes.values[:12])
        shown += f" ... ({len(codes.values)} codes)" if len(codes.values) > 12 else ""
        yield (
            "code",
            ~cell.is_in(list(codes.values)),
            f"Not a code of the list {codes.name}.",
            shown,
            codes.values,
        )


def bound(variable: Variable, value: Scalar) -> int | float | date | None:
    """A limit of a variable in the type of its column."""
    if isinstance(value, str):
        return date.fromisoformat(value)
    return value
