"""Checking what a page has, in a process of its own, so that saving never waits for it.

The rows come from the page and go nowhere else; what is checked is one document of one coder, by
the same compiled checks as everywhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from ...codebook import Book, Table
from ...validation.checks.rules import rule_checks
from ...validation.coding.coded_workbook import CheckedCoding, check_coded, tables_of
from ...validation.coding.filed import Row
from ...validation.findings import Finding, Severity
from ...validation.package.package import Package
from ...validation.reading.source import LINE, Source
from ...validation.reports.terms import coder_sentence, explanation
from ..desk.drafts import open_variables
from ..desk.table_files import Rows, source_of
from .background import work_beside_the_server

LACKING = frozenset({"required", "value-without-evidence", "paragraph-accounted"})
"""The findings that say what is not there yet, besides those that blame an empty cell."""


@dataclass(frozen=True)
class Bench:
    """What a process for checks keeps between them."""

    package: Package


_BENCH: list[Bench] = []


def begin(root: Path) -> None:
    """Prepare a process for checks: read the package's book, and be patient."""
    work_beside_the_server()
    bench = Bench(Package(root))
    _BENCH[:] = [bench]
    # The first check compiles everything; better now than when somebody types.
    check_rows("", {})


def check_rows(document: str, tables: Mapping[str, Rows]) -> dict[str, Any]:
    """Check one document's rows, and return what the page shows.

    Args:
        document: the id of the document.
        tables: its rows and the shared ones, by table, in the order of the page.

    Returns:
        `findings` with the position of their row, `complete` with the values that follow, and
        `accounted`, the numbers of the paragraphs that something was coded from or said of.
    """
    package = _BENCH[0].package
    book = package.book
    of_document = book.evidence.documents
    rows = {table.name: tables.get(table.name, []) for table in tables_of(book)}
    rows[of_document] = [
        row for row in rows[of_document] if row.get(book.evidence.document_id) == document
    ]
    checked = check_coded(_sources(package, rows), book, package.root)
    return {
        "findings": [_found(package, rows, finding) for finding in checked.report],
        "complete": {name: _complete(book.tables[name], rows[name], checked) for name in rows},
        "accounted": sorted(_accounted(package, checked, document)),
    }


def _sources(package: Package, rows: Mapping[str, Rows]) -> list[Source]:
    made_for = {"coder": "", "codebook": package.book.name, "tables": " ".join(rows)}
    tables = package.book.tables
    return [
        replace(source_of(tables[n], some), sheet=n, made_for=made_for) for n, some in rows.items()
    ]


def _found(package: Package, rows: Mapping[str, Rows], finding: Finding) -> dict[str, Any]:
    book = package.book
    table = book.tables.get(finding.file)
    line = finding.line - 2 if finding.line is not None else None
    if table is None or line is None or not 0 <= line < len(rows[table.name]):
        line = None
    column = finding.column or ""
    cell = rows[table.name][line].get(column) if table and line is not None else None
    explained = explanation(book, finding.rule)
    lacking = finding.rule in LACKING or (
        finding.severity == Severity.error and bool(column) and not cell and not finding.value
    )
    return {
        "table": table.name if table else "",
        "row": line,
        "column": column,
        "columns": _columns(book, table, finding),
        "rule": finding.rule,
        "severity": str(finding.severity),
        "text": coder_sentence(book, table, finding),
        "kind": "lacking" if lacking else "wrong",
        "why": explained.why if explained else "",
    }


def _columns(book: Book, table: Table | None, finding: Finding) -> list[str]:
    """Return all columns that a finding is about: those that its rule reads, else its own."""
    if table is not None:
        for check in rule_checks(book, table):
            if check.id == finding.rule:
                return sorted(check.needs)
    return [finding.column] if finding.column else []


def _complete(table: Table, rows: Rows, checked: CheckedCoding) -> list[dict[str, str]]:
    """Return for each row the values that were not typed, and which the row has all the same."""
    frame = checked.complete.get(table.name)
    found: list[dict[str, str]] = [{} for _ in rows]
    if frame is None or LINE not in frame.columns:
        return found
    names = [v.name for v in table.variables if v.computed and v.name in frame.columns]
    text = frame.select(LINE, pl.col(names).cast(pl.String, strict=False))
    for row in text.iter_rows(named=True):
        at = row[LINE] - 2
        if 0 <= at < len(rows):
            found[at] = {n: row[n] for n in names if row[n] is not None and not rows[at].get(n)}
    return found


def _accounted(package: Package, checked: CheckedCoding, document: str) -> Iterator[int]:
    """Yield the paragraphs with a quote for more than the document itself, or passed over."""
    names = package.book.evidence
    quotes, passages = checked.complete.get(names.quotes), checked.complete.get(names.passages)
    seen = set[int]()
    if quotes is not None and {names.quote.document, names.quote.paragraph} <= {*quotes.columns}:
        for row in quotes.iter_rows(named=True):
            owner = names.owner(row)
            about = owner is not None and owner[0] != names.documents
            if about and row[names.quote.document] == document:
                seen.add(row[names.quote.paragraph])
    if passages is not None:
        for row in passages.iter_rows(named=True):
            whole = not (names.passage.words and row.get(names.passage.words))
            if whole and row.get(names.passage.document) == document:
                seen.add(row[names.passage.paragraph])
    yield from (number for number in seen if number is not None)


def open_fields(table: str, row: Row) -> dict[str, list[str]]:
    """Return the variables that a row like this needs, and those that it may have."""
    book = _BENCH[0].package.book
    found = open_variables(book, book.tables[table], row)
    return {"needed": list(found.needed), "possible": list(found.possible)}
