"""The rules of a book as checks: an SQL rule judges a row, a text rule the text of any column."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from ...codebook import Book, Rule, Table, Variable
from .check import Check
from .compiled import once_for_each_table
from .day_differences import with_days_as_numbers
from .derived import is_look_up, sql_expression


def rule_checks(book: Book, table: Table) -> list[Check]:
    """Return the SQL rules of a table as checks."""
    return [compile_rule(book, table, rule) for rule in book.rules_on(table.name)]


@once_for_each_table
def compile_rule(book: Book, table: Table, rule: Rule) -> Check:
    """Return one SQL rule as a check.

    Raises:
        BookError: its SQL cannot be run.
    """
    sql, _ = book.sql(table, rule.violates, lookups=True)
    expression = sql_expression(
        with_days_as_numbers(table, sql),
        f"{book.name}/rules.yaml",
        rule.line_of("violates"),
        f"rule {rule.id}",
    )
    # A look-up in a code list needs the variable only.
    needs = frozenset(
        name.split(".")[0] if is_look_up(table, name) else name
        for name in expression.meta.root_names()
    )
    return Check(rule.id, rule.severity, rule.column, expression, rule.says, needs)


def text_checks(book: Book, table: Table, names: Iterable[str]) -> list[Check]:
    """Return the rules on every text as checks, for the string variables among `names`."""
    return [
        text_check(book, table, rule, table[name])
        for rule in book.text_rules
        for name in names
        if rule.covers(table[name])
    ]


@once_for_each_table
def text_check(book: Book, table: Table, rule: Rule, variable: Variable) -> Check:
    """Return one rule on text as a check of a variable."""
    mask, needs = text_mask(rule, pl.col(variable.name)), frozenset([variable.name])
    return Check(rule.id, rule.severity, variable.name, mask, rule.says, needs)


def text_mask(rule: Rule, cell: pl.Expr) -> pl.Expr:
    """Return a rule on text as a mask of the cells that break it."""
    if rule.normal_form:
        # ASCII is in every normal form, which is seen far sooner than computed.
        other = pl.when(cell.str.len_bytes() != cell.str.len_chars()).then(cell)
        return other.str.normalize(rule.normal_form) != other  # type: ignore[arg-type]
    return cell.str.contains(rule.forbids)
