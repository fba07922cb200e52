"""All checks of a table that its columns allow."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace

import polars as pl

from ...codebook import Book, Table
from ..reading.layouts import expected_columns, is_typed
from . import derived
from .check import Check, Tables
from .claimed_values import claimed_value_checks
from .constraints import constraint_checks
from .keys import key_checks
from .rules import rule_checks, text_checks


def table_checks(
    book: Book, table: Table, columns: Collection[str], read: Collection[str], tables: Tables
) -> tuple[list[Check], list[str]]:
    """Return the checks that can run on a table.

    Args:
        book: the codebook.
        table: the table.
        columns: the columns that its frames have, derived and looked up ones among them.
        read: the columns that were read.
        tables: the tables that are available for keys, with their derived columns.

    Returns:
        The checks, and a sentence for each key and rule that needs something that is missing. A
        rule about columns that the layout of the file does not have is not among them.
    """
    there = frozenset(columns)
    other_layout = frozenset(v.name for v in table.coded) - {*expected_columns(table, read)}
    names = [v.name for v in table.variables if v.name in there]
    checks = constraint_checks(book, table, names, read)
    if is_typed(table, read):
        checks = [_that_does_not_follow(book, table, there, check) for check in checks]
    checks += _derived_checks(book, table, there, read)
    checks += text_checks(book, table, [n for n in names if n in read])
    keys, unchecked = key_checks(table, tables)
    checks += [check for check in keys if check.needs <= there]
    checks += claimed_value_checks(book, table, there, tables)
    for check in rule_checks(book, table):
        missing = check.needs - there
        if not missing:
            checks.append(check)
        elif not missing <= other_layout:
            unchecked.append(f"{check.id}: needs {', '.join(sorted(missing))}")
    return checks, unchecked


def _that_does_not_follow(book: Book, table: Table, columns: frozenset[str], check: Check) -> Check:
    """Return a check, of a required value without the rows where what it follows from is required.

    Then the value that is missing there is the finding.
    """
    variable = table[check.column]
    if check.id != "required" or variable.computed is None:
        return check
    how = derived.computed_value(book, table, variable, variable.computed)
    there = _required_inputs(table, how, columns)
    return replace(check, violates=pl.all_horizontal(check.violates, *there))


def _required_inputs(table: Table, how: pl.Expr, columns: frozenset[str]) -> list[pl.Expr]:
    """Return whether the required cells are there that a computed value follows from."""
    names = sorted(derived.inputs(how) & columns)
    return [pl.col(name).is_not_null() for name in names if table[name].required]


def _derived_checks(
    book: Book, table: Table, columns: frozenset[str], read: Collection[str]
) -> Iterator[Check]:
    """Yield a check for each derived column that was typed, unless a rule of the book blames it."""
    blamed = {rule.column for rule in book.rules_on(table.name)}
    for variable in table.variables:
        if variable.derived is None or variable.name not in read or variable.name in blamed:
            continue
        follows = derived.computed_value(book, table, variable, variable.derived)
        if not set(follows.meta.root_names()) <= columns:
            continue
        cell = pl.col(variable.name)
        yield Check(
            "derived-differs",
            "error",
            variable.name,
            pl.all_horizontal(
                cell.is_not_null(),
                cell.ne_missing(follows),
                *_required_inputs(table, follows, columns),
            ),
            "The value is not the one that follows from the rest of the row.",
            frozenset({variable.name, *derived.inputs(follows)}),
            follows=follows,
        )
