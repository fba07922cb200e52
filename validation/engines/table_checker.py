"""The checks of one table, compiled once and run on as many batches of it as there are.

The small engine has one batch and every scope. The stream and Spark have many batches, check what a
row can answer for itself, and leave the other scopes to what sees the whole table.
"""

from __future__ import annotations

from collections.abc import Collection, Set
from dataclasses import replace

import polars as pl

from ...codebook import Book, Table
from .. import findings
from ..checks import derived
from ..checks.check import SCOPES, Check, Scope, Tables
from ..checks.table_checks import table_checks
from ..checks.trial import try_book
from ..reading import layouts
from ..reading.parsing import Note, Parsed, parse, usual_forms
from ..reading.source import Source
from .found import counted, note_findings, rows_found, unreadable_cells


class TableChecker:
    """The compiled checks of a table; `unchecked` says what could not be compiled, and why."""

    def __init__(
        self,
        book: Book,
        table: Table,
        columns: Collection[str],
        read: Collection[str],
        tables: Tables,
        scopes: Set[Scope] = SCOPES,
        known: Collection[Check] = (),
    ):
        """Compile the checks.

        Args:
            book: the codebook.
            table: the table.
            columns: the columns of its frames, derived and looked up ones among them.
            read: the columns of the source.
            tables: the tables that are available for keys, with their derived columns.
            scopes: the scopes of the checks that are to run.
            known: checks of which it is known that no row violates them.
        """
        self.book, self.table = book, table
        checks, self.unchecked = table_checks(book, table, columns, read, tables)
        never: dict[str, list[pl.Expr]] = {}
        for check in known:
            never.setdefault(check.column, []).append(check.violates)
        self.checks = [
            check
            for check in checks
            if check.scope in scopes
            and not any(check.violates.meta.eq(same) for same in never.get(check.column, ()))
        ]
        self._broken: set[int] = set()
        self.masks = [
            check.violates.fill_null(False).alias(str(number))
            for number, check in enumerate(self.checks)
        ]

    @property
    def kept(self) -> list[Check]:
        """The checks that no row has violated so far, not even one of which nothing is said."""
        return [c for number, c in enumerate(self.checks) if number not in self._broken]

    def findings(self, source: Source, parsed: Parsed, frame: pl.DataFrame) -> pl.DataFrame:
        """Return what is wrong with some rows, and the notes on their columns.

        Args:
            source: the rows as they were written.
            parsed: the same rows typed, with what could not be read.
            frame: the same rows with derived and looked up columns.
        """
        notes = note_findings(parsed.notes)
        return findings.joined([self.cell_findings(source, parsed, frame), notes])

    def cell_findings(self, source: Source, parsed: Parsed, frame: pl.DataFrame) -> pl.DataFrame:
        """Return what is wrong with some rows, as `findings`, without the notes."""
        parts = [
            unreadable_cells(self.book, self.table, source, column, mask)
            for column, mask in parsed.unreadable.items()
        ]
        violations = self._violations(parsed, frame)
        parts += [rows_found(self.table, frame, c, source, mask) for c, mask in violations]
        return findings.joined(parts)

    def first_findings(
        self, source: Source, parsed: Parsed, frame: pl.DataFrame, most: int
    ) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
        """Return what is wrong with some rows, in less memory than `findings` takes.

        Args:
            source: the rows as they were written.
            parsed: the same rows typed, with what could not be read.
            frame: the same rows with derived and looked up columns.
            most: how many findings of a check are returned one by one, the first of them.

        Returns:
            These findings; the number of the others by kind, as `found.counted` gives it.
        """
        parts = [
            unreadable_cells(self.book, self.table, source, column, mask)
            for column, mask in parsed.unreadable.items()
        ]
        others: list[pl.DataFrame] = []
        for check, mask in self._violations(parsed, frame):
            first = mask
            if mask.sum() > most:
                first = mask & (mask.cum_sum() <= most)
                others.append(counted(frame, check, source, mask & ~first))
            parts.append(rows_found(self.table, frame, check, source, first))
        return findings.joined(parts), others

    def _violations(self, parsed: Parsed, frame: pl.DataFrame) -> list[tuple[Check, pl.Series]]:
        """Return the checks that some rows violate, each with the mask of these rows."""
        if not self.checks:
            return []
        flags = frame.select(self.masks)
        hits = flags.select(pl.all().any()).row(0)
        broken = [
            (check, flags[str(number)]) for number, check in enumerate(self.checks) if hits[number]
        ]
        self._broken |= {number for number, hit in enumerate(hits) if hit}
        # A cell that cannot be read, or is no code of its list, is one finding: what else would
        # follow from it is left out. So it is with a cell that may mean another thing.
        unreadable = dict(parsed.unreadable)
        for name, mask in parsed.doubtful.items():
            unreadable[name] = unreadable.get(name, mask) | mask
        for check, mask in broken:
            if check.makes_unreadable:
                unreadable[check.column] = unreadable.get(check.column, mask) | mask
        violations: list[tuple[Check, pl.Series]] = []
        for check, mask in broken:
            cells = parsed.unreadable if check.makes_unreadable else unreadable
            for name in check.needs & set(cells):
                mask = mask & ~cells[name]
            if mask.any():
                violations.append((check, mask))
        return violations


class BatchChecker:
    """The checks that a row can answer for itself, on batches of one table that is given alone."""

    def __init__(self, book: Book, table: Table, start: Source):
        """Compile the checks.

        Args:
            book: the codebook.
            table: the table.
            start: a source with the columns of the batches; it needs no rows.
        """
        try_book(book)
        self.book, self.table = book, table
        self._forms: tuple[pl.Schema, list[pl.Expr]] | None = None
        typed = parse(start, table, book).frame
        fill = layouts.is_typed(table, start.columns)
        self.open: frozenset[str] = frozenset()
        if fill:
            self.open = derived.open_columns(book, table, typed.columns, {})
        self.steps = derived.derivation_steps(book, table, typed.columns, {}, fill)
        empty = derived.run(self.steps, typed.clear())
        self.checker = TableChecker(
            book, table, empty.columns, start.columns, {table.name: empty}, {"row"}
        )

    def check(self, source: Source) -> tuple[pl.DataFrame, pl.DataFrame, tuple[Note, ...]]:
        """Return the rows of a batch, typed and with derived columns, their findings and notes."""
        source, parsed, frame = self._rows(source)
        return frame, self.checker.cell_findings(source, parsed, frame), parsed.notes

    def check_first(
        self, source: Source, most: int
    ) -> tuple[pl.DataFrame, pl.DataFrame, tuple[Note, ...], list[pl.DataFrame]]:
        """Return as `check` does, with the first findings, and the number of the others by kind."""
        source, parsed, frame = self._rows(source)
        first, others = self.checker.first_findings(source, parsed, frame, most)
        return frame, first, parsed.notes, others

    def _rows(self, source: Source) -> tuple[Source, Parsed, pl.DataFrame]:
        """Return the rows of a batch as the book spells their columns, parsed, and derived from."""
        source = layouts.fold(self.table, source)
        assert source.frame is not None
        parsed = parse(source, self.table, self.book, self._usual(source.frame.schema))
        frame = derived.run(self.steps, parsed.frame)
        # Whether such a cell is empty is not known without the other tables.
        cells = {name: frame[name].is_null() for name in self.open if name in frame.columns}
        if cells:
            parsed = replace(parsed, doubtful={**parsed.doubtful, **cells})
        return source, parsed, frame

    def _usual(self, kinds: pl.Schema) -> list[pl.Expr]:
        """How columns of these types become values; parts of a folder may differ in them."""
        # Read and replaced in one go, because several threads call.
        forms = self._forms
        if forms is None or forms[0] != kinds:
            forms = self._forms = kinds, usual_forms(self.table, kinds)
        return forms[1]
