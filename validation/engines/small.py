"""The check of tables that fit into memory: from sources as read to a report and typed tables."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from ...codebook import Book, Table
from .. import findings
from ..checks import derived
from ..checks.check import SCOPES, WHOLE_TABLE
from ..checks.completion import complete, completed
from ..checks.derived_tables import copied_columns, derived_table
from ..checks.trial import try_book
from ..evidence import evidence_check as evidence
from ..findings import Finding, Report, Severity
from ..progress import step
from ..reading import layouts
from ..reading.parsing import Parsed, parse
from ..reading.source import LINE, Source
from .found import rows_found
from .table_checker import TableChecker


@dataclass
class Checked:
    """A report, and the tables as they are after parsing and derivation."""

    report: Report
    tables: dict[str, pl.DataFrame]


@dataclass(frozen=True)
class _Part:
    """A file of a table: its rows as they were written, typed, and with derived columns."""

    table: Table
    source: Source
    parsed: Parsed
    frame: pl.DataFrame


def check_sources(
    book: Book,
    sources: Mapping[str, Source],
    root: Path | None = None,
    before: Sequence[Finding] = (),
    paragraphs: Mapping[tuple[str, int], evidence.Place] | None = None,
) -> Checked:
    """Check tables of one book against it and against each other.

    Args:
        book: the codebook.
        sources: the tables as read, by their name in the book.
        root: the package folder that holds the documents; evidence is checked if it is given.
        before: findings that are known already, for the report.
        paragraphs: where people read the paragraphs of documents, if not in their files.
    """
    return check_parts(book, list(sources.items()), root, before, paragraphs)


def check_parts(
    book: Book,
    sources: Sequence[tuple[str, Source]],
    root: Path | None = None,
    before: Sequence[Finding] = (),
    paragraphs: Mapping[tuple[str, int], evidence.Place] | None = None,
) -> Checked:
    """Check tables of one book, of which each may be in several files.

    A file is checked in its own layout; keys are compared over all files of a table.

    Args:
        book: the codebook.
        sources: the files as read, each with the name of its table in the book.
        root: the package folder that holds the documents; evidence is checked if it is given.
        before: findings that are known already, for the report.
        paragraphs: where people read the paragraphs of documents, if not in their files.
    """
    begin = time.perf_counter()
    try_book(book)
    found = [findings.table([*before, *(f for _, s in sources for f in s.findings)])]
    unchecked = [f"{n}: {s.file} could not be read" for n, s in sources if s.frame is None]
    tables_read = [(book.tables[n], s) for n, s in sources if s.frame is not None]
    readable = [(table, layouts.fold(table, source)) for table, source in tables_read]
    found += [findings.table(layouts.header_findings(table, source)) for table, source in readable]
    parsed = [(table, source, parse(source, table, book)) for table, source in readable]
    typed = _tables((table, rows.frame) for table, _, rows in parsed)
    fill = {table.name for table, source, _ in parsed if layouts.is_typed(table, source.columns)}
    tables = completed(book, typed, fill)
    files = Counter(table.name for table, _, _ in parsed)
    parts: list[_Part] = []
    for table, source, rows in parsed:
        frame = tables[table.name]
        if files[table.name] > 1:
            is_typed = layouts.is_typed(table, source.columns)
            frame = complete(book, table, rows.frame, tables, is_typed)
        if layouts.is_typed(table, source.columns):
            rows, names = _with_open_cells(book, table, rows, frame, tables)
            unchecked += [f"{table.name}.{n}: its default needs what was not given" for n in names]
        parts.append(_Part(table, source, rows, frame))
    tables |= _tables((part.table, part.frame) for part in parts)
    checkers: dict[str, TableChecker] = {}
    for name in files:
        several = [part for part in parts if part.table.name == name]
        scopes = SCOPES if len(several) == 1 else SCOPES - WHOLE_TABLE
        for part in several:
            columns, read = part.frame.columns, part.source.columns
            checker = TableChecker(book, part.table, columns, read, tables, scopes)
            unchecked += checker.unchecked
            found.append(checker.findings(part.source, part.parsed, part.frame))
            checkers[name] = checker
        if len(several) > 1:
            found += _over_all(book, several, tables[name], tables)
    if root is None:
        unchecked[:0] = evidence.unchecked_without_package(book, tables)
    elif book.documents is not None:
        names = {part.table.name: part.source.file for part in parts}
        if book.quotes and book.typed_quotes and book.typed_quotes.name in names:
            names[book.quotes.name] = names[book.typed_quotes.name]
        step("checking the evidence")
        check = evidence.EvidenceCheck(
            book, tables, root, names, _unreadable(parts), paragraphs or {}
        )
        found.append(findings.table(check.findings()))
        unchecked += check.unchecked()
    # What is wrong in a table would be found again in those that are computed from it.
    if root is not None and not any((part["severity"] == Severity.error).any() for part in found):
        names = {p.table.name: p.source.file for p in parts}
        found += _derived_findings(book, tables, names, checkers)
    report = Report(
        book,
        findings.merge(found),
        {name: frame.height for name, frame in tables.items()},
        time.perf_counter() - begin,
        tuple(dict.fromkeys(unchecked)),
        files=tuple(layouts.table_file(book, table, source) for table, source in readable),
    )
    return Checked(report, tables)


def _with_open_cells(
    book: Book,
    table: Table,
    parsed: Parsed,
    frame: pl.DataFrame,
    tables: Mapping[str, pl.DataFrame],
) -> tuple[Parsed, list[str]]:
    """Return parsed rows in which empty cells are open whose default needs what was not given.

    Returns:
        The rows, and the variables with a default that have such cells.
    """
    names = derived.open_columns(book, table, parsed.frame.columns, tables)
    cells = {name: frame[name].is_null() for name in names if name in frame.columns}
    found = [name for name, mask in cells.items() if table[name].default and mask.any()]
    return replace(parsed, doubtful={**parsed.doubtful, **cells}), sorted(found)


def _derived_findings(
    book: Book,
    tables: Mapping[str, pl.DataFrame],
    files: Mapping[str, str],
    checkers: Mapping[str, TableChecker],
) -> Iterator[pl.DataFrame]:
    """Yield the findings in tables that are computed from sound ones; they have no lines."""
    for table in book.tables.values():
        if table.derived is None or table.derived.source not in tables:
            continue
        whole = tables.get(table.name)
        if whole is None or table.name in files:
            rows = derived_table(book, table, tables)
            whole = complete(book, table, rows, tables, False)
        if LINE not in whole.columns:
            whole = whole.with_columns(pl.lit(None, pl.Int64).alias(LINE))
        source = Source(f"{files[table.derived.source]}, as {table.name}", whole)
        # What holds of all cells of a column holds of their copies.
        copied, checked = copied_columns(book, table), checkers.get(table.derived.source)
        kept = checked.kept if checked else []
        known = [check for check in kept if check.scope == "row" and check.needs <= copied]
        checker = TableChecker(
            book,
            table,
            whole.columns,
            whole.columns,
            {**tables, table.name: whole},
            SCOPES,
            known,
        )
        yield checker.findings(source, Parsed(whole, {}), whole)


def _tables(parts: Iterable[tuple[Table, pl.DataFrame]]) -> dict[str, pl.DataFrame]:
    """The rows of each table, of all its files; a column that a file lacks is missing there."""
    frames: dict[str, list[pl.DataFrame]] = {}
    for table, frame in parts:
        frames.setdefault(table.name, []).append(frame)
    return {name: pl.concat(some, how="diagonal_relaxed") for name, some in frames.items()}


def _over_all(
    book: Book, parts: Sequence[_Part], whole: pl.DataFrame, tables: Mapping[str, pl.DataFrame]
) -> list[pl.DataFrame]:
    """The findings of checks that need all files of a table, each at its own file and line."""
    table = parts[0].table
    checker = TableChecker(book, table, whole.columns, whole.columns, tables, WHOLE_TABLE)
    found: list[pl.DataFrame] = []
    for check in checker.checks:
        mask = whole.select(check.violates.fill_null(False)).to_series()
        start = 0
        for part in parts:
            bad = mask.slice(start, part.frame.height)
            start += part.frame.height
            for name in check.needs & part.parsed.unreadable.keys():
                bad = bad & ~part.parsed.unreadable[name]
            if bad.any():
                found.append(rows_found(table, part.frame, check, part.source, bad))
    return found


def _unreadable(parts: Sequence[_Part]) -> frozenset[tuple[str, int, str]]:
    """The cells that could not be read, each as table, line and column."""
    return frozenset(
        (part.table.name, line, column)
        for part in parts
        for column, mask in part.parsed.unreadable.items()
        for line in part.frame[LINE].filter(mask)
    )
