"""All checks of a table that its columns allow."""

from __future__ import annotations

from collections.abc import Collection

from ...codebook import Book, Table
from ..reading.layouts import expected_columns
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
