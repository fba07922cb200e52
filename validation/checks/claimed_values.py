"""Claimed values as checks: each is a value of the variable that the claim is about.

A claim that eleven died, in letters, or on 2025-06-99, or by an actor whom nobody knows, says
nothing that a reader could compare.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace

import polars as pl

from ...codebook import Book, Table, Variable
from ..reading.parsing import FORMS, usual_forms
from .check import Check, Tables
from .constraints import POLARS

CHECKED = ("minimum", "maximum", "max-length", "pattern", "code")
"""The kinds of constraints that a value can break for itself."""


def claimed_value_checks(
    book: Book, table: Table, columns: Collection[str], tables: Tables
) -> list[Check]:
    """Return the checks of the claimed values of a table.

    Args:
        book: the codebook.
        table: the table, which has claims if it has the role.
        columns: the columns that its frames have.
        tables: the tables that are available for keys.
    """
    claim = table.roles.claim
    if claim is None or not {claim.variable, claim.value} <= set(columns) - {""}:
        return []
    names = book.code_list(table[claim.variable])
    if names is None:
        return []
    return [
        check
        for name in names.values
        if (found := _definition(book, str(name))) is not None
        for check in _checks_of(book, *found, claim.variable, claim.value, tables)
    ]


def _definition(book: Book, name: str) -> tuple[Table, Variable] | None:
    """Return a variable that claims are about, and its table: the first that people find."""
    owners = (t for t in (*book.units, *book.tables.values()) if name in t and not t.derived)
    return next(((owner, owner[name]) for owner in owners), None)


def _vague_quantities(book: Book, owner: Table, variable: Variable) -> list[str]:
    """Return the words for quantities that may be claimed in place of a number of something."""
    deaths = owner.roles.deaths
    codes = book.code_list(owner[deaths.vague]) if deaths and deaths.vague else None
    if codes is None or variable.type != "integer" or variable.codes:
        return []
    return [str(value) for value in codes.values]


def _form(variable: Variable, vague: list[str]) -> str:
    """Return what may be claimed of a variable, in words."""
    words = f", or one of {', '.join(vague)}" if vague else ""
    return f"{FORMS[variable.type]}{words}"


def _checks_of(
    book: Book, owner: Table, variable: Variable, about: str, value: str, tables: Tables
) -> Iterator[Check]:
    """Yield the checks of the claims about one variable."""
    cell, concerned = pl.col(value), pl.col(about) == variable.name
    claimed = replace(variable, name=value, missing_values=("",))
    frame = Table("", "", "", (claimed,))
    (typed,) = usual_forms(frame, {value: pl.String()})
    vague = _vague_quantities(book, owner, variable)
    if vague:
        concerned = concerned & ~cell.is_in(vague)
    start = f"Not a value of {variable.name}, which the claim is about"

    def check(bad: pl.Expr, says: str, allowed: str, codes: tuple[str | int, ...] = ()) -> Check:
        violates = concerned & cell.is_not_null() & bad
        needs = frozenset([about, value])
        return Check("claimed-value", "error", value, violates, says, needs, allowed, codes)

    yield check(typed.is_null(), f"{start}.", _form(variable, vague), tuple(vague))
    for constraint in book.constraints(variable):
        if constraint.kind in CHECKED:
            bad = POLARS[constraint.kind](typed, constraint.limit)
            codes = constraint.limit if isinstance(constraint.limit, tuple) else ()
            yield check(bad, f"{start}: {constraint.says}", constraint.allowed, codes)
    key = owner.key_of(variable.name)
    if key is not None and key.table in tables and key.target in tables[key.table].columns:
        ids = tables[key.table][key.target].drop_nulls().unique().sort()
        known = ids.implode()
        bad = ~cell.is_in(known)
        if variable.separator:
            parts = cell.str.split(variable.separator)
            bad = parts.list.eval(~pl.element().is_in(known)).list.any()
        says = f"{start}: there is no such row in {key.table}."
        yield check(bad, says, f"the {key.target} of a row of {key.table}", tuple(ids.to_list()))
