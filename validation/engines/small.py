"""The check of tables that fit into memory: from sources as read to a report and typed tables."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from ...codebook import Book
from .. import findings
from ..checks import derived
from ..evidence import check as evidence
from ..findings import Finding, Report
from ..reading import layouts
from ..reading.parsing import Parsed, parse
from ..reading.source import LINE, Source
from .table_checker import TableChecker


@dataclass
class Checked:
    """A report, and the tables as they are after parsing and derivation."""

    report: Report
    tables: dict[str, pl.DataFrame]


def check_sources(
    book: Book,
    sources: Mapping[str, Source],
    root: Path | None = None,
    before: Sequence[Finding] = (),
) -> Checked:
    """Check tables of one book against it and against each other.

    Args:
        book: the codebook.
        sources: the tables as read, by their name in the book.
        root: the package folder that holds the documents; evidence is checked if it is given.
        before: findings that are known already, for the report.
    """
    begin = time.perf_counter()
    parts = [findings.table([*before, *(f for s in sources.values() for f in s.findings)])]
    readable = {name: source for name, source in sources.items() if source.frame is not None}
    unchecked = [
        f"{name}: {source.file} could not be read"
        for name, source in sources.items()
        if name not in readable
    ]
    for name, source in readable.items():
        layouts.fold(book.tables[name], source)
        parts.append(findings.table(layouts.header_findings(book.tables[name], source)))
    parsed = {name: parse(source, book.tables[name], book) for name, source in readable.items()}
    typed = {name: rows.frame for name, rows in parsed.items()}
    tables = {
        name: derived.run(
            derived.derivation_steps(book, book.tables[name], frame.columns, typed), frame
        )
        for name, frame in typed.items()
    }
    for name, source in readable.items():
        columns = tables[name].columns
        checker = TableChecker(book, book.tables[name], columns, source.columns, tables)
        unchecked += checker.unchecked
        parts.append(checker.findings(source, parsed[name], tables[name]))
    if root is not None and evidence.has_evidence(tables):
        files = {name: source.file for name, source in sources.items()}
        check = evidence.EvidenceCheck(book, tables, root, files, _unreadable(parsed))
        parts.append(findings.table(check.findings()))
    report = Report(
        book,
        findings.merge(parts),
        {name: frame.height for name, frame in tables.items()},
        time.perf_counter() - begin,
        tuple(unchecked),
        files=tuple(
            layouts.table_file(book, book.tables[name], source) for name, source in readable.items()
        ),
    )
    return Checked(report, tables)


def _unreadable(parsed: Mapping[str, Parsed]) -> frozenset[tuple[str, int, str]]:
    """The cells that could not be read, each as table, line and column."""
    return frozenset(
        (name, line, column)
        for name, rows in parsed.items()
        for column, mask in rows.unreadable.items()
        for line in rows.frame[LINE].filter(mask)
    )
