"""The model of a crosswalk: how each variable and code of one table maps to those of another."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from .model import Book, CodeList, Table, Variable, case

ROW, TABLE, DIVIDE = "row", "table", "divide"
SPECIAL = (ROW, TABLE, DIVIDE)
"""Words in place of a variable, for rows that are about the tables."""

MADE = "to."
"""The prefix of a column that was made already; an expression reads `{to.event_date}`."""


@dataclass(frozen=True)
class Row:
    """One row of a crosswalk."""

    variable: str
    code: str
    target: str
    target_code: str
    match: str
    sql: str
    note: str
    line: int = 0


@dataclass(frozen=True, eq=False)
class Crosswalk:
    """The mapping from one book to another, or to a vocabulary, for which `target` is None.

    `outward` is True if the file is in the folder of the source.
    """

    path: Path
    source: Book
    target: Book | None
    vocabulary: Mapping[str, frozenset[str]]
    rows: tuple[Row, ...]
    outward: bool = True

    @property
    def file(self) -> str:
        """The name of the file, for messages."""
        return self.path.name

    @property
    def home(self) -> Book:
        """The book in whose folder the crosswalk is."""
        return self.source if self.outward or self.target is None else self.target

    @cached_property
    def source_table(self) -> Table:
        """The table whose rows are converted."""
        return self._named([row.code for row in self.tables], self.source)

    @cached_property
    def target_table(self) -> Table | None:
        """The table that they become; None for a vocabulary."""
        if self.target is None:
            return None
        return self._named([row.target for row in self.tables], self.target)

    @staticmethod
    def _named(names: list[str], book: Book) -> Table:
        """Return the table that the file names if the book has it, else the main table."""
        return next((book.tables[n] for n in names if n in book.tables), book.main_table)

    @cached_property
    def makers(self) -> dict[str, Row]:
        """The row that makes each target that gets a value, in the order of the file."""
        makers: dict[str, Row] = {}
        for row in self.variables:
            if row.target and row.match != "none" and row in self.candidates(row.target)[:1]:
                makers[row.target] = row
        return makers

    def candidates(self, target: str) -> list[Row]:
        """Return the rows that may make a target; there is only one in a valid file.

        A row with an expression comes before one whose codes have rows, and that before the others.
        """
        rows = [r for r in self.variables if r.target == target and r.match != "none"]
        return [r for r in rows if r.sql] or [r for r in rows if self.coded(r)] or rows

    def coded(self, row: Row) -> bool:
        """Return whether rows for the codes of a variable map it to the row's target."""
        return any(
            r.code and r.variable == row.variable and r.target == row.target for r in self.rows
        )

    def same_codes(self, row: Row) -> bool:
        """Return whether both variables have the same code list, so that codes need no rows."""
        if self.target_table is None:
            return False
        here = self.here(row.variable)
        return here is not None and here.codes == self.target_table[row.target].codes != ""

    @cached_property
    def variables(self) -> tuple[Row, ...]:
        """The rows about variables as a whole."""
        return tuple(r for r in self.rows if not r.code and r.variable not in SPECIAL)

    @cached_property
    def excluded(self) -> tuple[Row, ...]:
        """The rows that select the rows of data that are not converted."""
        return tuple(r for r in self.rows if r.variable == ROW)

    @cached_property
    def tables(self) -> tuple[Row, ...]:
        """The row that names the two tables, if there is one."""
        return tuple(r for r in self.rows if r.variable == TABLE)

    @cached_property
    def division(self) -> Row | None:
        """The row that selects totals which can be divided over their days; None without one."""
        return next((r for r in self.rows if r.variable == DIVIDE), None)

    def here(self, name: str) -> Variable | None:
        """Return a variable of the source, from the converted table if possible."""
        tables = (self.source_table, *self.source.tables.values())
        return next((table[name] for table in tables if name in table), None)

    def codes(self, variable: str, target: str) -> dict[str, Row]:
        """Return the rows about the codes of a variable that have a target, or none at all."""
        return {
            r.code: r
            for r in self.rows
            if r.code and r.variable == variable and r.target in (target, "")
        }

    def sql(self, row: Row, lookups: bool = False) -> tuple[str, frozenset[str]]:
        """Return the expression of a row, with `{variable.attribute}` and `{to.variable}` resolved.

        Args:
            row: the row.
            lookups: make the attributes of codes columns, as `Book.sql` does.

        Returns:
            The plain SQL, and the columns that must be added before it runs, as `codes_of` reads
            them.

        Raises:
            KeyError: it names something that neither book has.
        """
        added: set[str] = set()

        def made_column(reference: re.Match[str]) -> str:
            name, attribute = reference.groups()
            if self.target_table is None or name not in self.target_table:
                raise KeyError(reference.group())
            column = f"{MADE}{name}"
            if attribute is None:
                return f'"{column}"'
            codes = self.codes_of(column)
            if codes is None:
                raise KeyError(reference.group())
            if not lookups:
                return case(f'"{column}"', attribute, codes)
            added.add(f"{column}.{attribute}")
            return f'"{column}.{attribute}"'

        sql = re.sub(r"\{to\.(\w+)(?:\.(\w+))?\}", made_column, row.sql)
        sql, of_source = self.source.sql(self.source_table, sql, lookups)
        return sql, of_source | added

    def codes_of(self, column: str) -> CodeList | None:
        """Return the codes of a column of the source, or of one that was made already."""
        if column.startswith(MADE):
            assert self.target is not None and self.target_table is not None
            return self.target.code_list(self.target_table[column.removeprefix(MADE)])
        return self.source.code_list(self.source_table[column])
