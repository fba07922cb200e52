"""The report for coders: row after row as in their sheets, a sentence for each cell.

A coder goes through the rows and wants to know of each what is wrong in it, and in one line what it
still lacks. That a cell breaks a second rule as well is no news to whoever has to change it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ...codebook import Table
from ..findings import Finding, Report
from .terms import sentence

LACKS_VALUE, LACKS_QUOTE = "required", "value-without-evidence"
FIRST = ("coding-form", "coding-name", "type", "text-edges", "code", "pattern", "foreign-key")
"""The findings of a cell that come before others: the others follow from them."""
MOST = 200
"""The most lines of a report."""


def by_row(report: Report) -> list[str]:
    """Return the findings of a report in the order of the rows, one for each cell."""
    rows: dict[tuple[int, int, str], list[Finding]] = {}
    places = {file.file: n for n, file in enumerate((*report.files, *report.pages))}
    for finding in report:
        # What is about no row of a table comes first.
        place = (places.get(finding.file, -1), finding.line or 0, finding.file)
        rows.setdefault(place, []).append(finding)
    lines = [line for place in sorted(rows) for line in _row(report, rows[place])]
    if len(lines) > MOST:
        more = f"  ... and {len(lines) - MOST:,} more lines; --format json lists all findings"
        return [*lines[:MOST], more]
    return lines


def _row(report: Report, found: list[Finding]) -> Iterator[str]:
    """Yield the lines about one row: its wrong cells, then what it lacks."""
    table = _table(report, found[0])
    order = [variable.name for variable in table.coded] if table else []
    cells: dict[str, Finding] = {}
    lacks: dict[str, list[str]] = {LACKS_VALUE: [], LACKS_QUOTE: []}
    whole: list[Finding] = []
    for finding in found:
        column = finding.column or ""
        if finding.rule in lacks and finding.line and table:
            lacks[finding.rule].append(column)
        elif not column or finding.line is None:
            whole.append(finding)
        elif column not in cells or _rank(finding) < _rank(cells[column]):
            cells[column] = finding
    in_order = sorted(cells.values(), key=lambda f: _position(order, f.column or ""))
    for finding in [*whole, *in_order]:
        named = " ".join(part for part in (finding.row_id, finding.column) if part)
        place = f"{report.place(finding)}: {finding.severity} {finding.rule}"
        yield f"{place}: {named}: {sentence(finding)}" if named else f"{place}: {sentence(finding)}"
    if lacking := _lacking(table, order, lacks):
        first = next(f for f in found if f.rule in lacks)
        place = report.place(replace(first, column=None))
        named = f" {first.row_id}" if first.row_id else ""
        yield f"{place}:{named} still lacks {lacking}"


def _lacking(table: Table | None, order: list[str], lacks: dict[str, list[str]]) -> str:
    """Return what a row lacks, in words."""
    values = sorted(dict.fromkeys(lacks[LACKS_VALUE]), key=lambda n: _position(order, n))
    quoted = sorted(dict.fromkeys(lacks[LACKS_QUOTE]), key=lambda n: _position(order, n))
    key = table.primary_key[0] if table and table.primary_key else ""
    parts = [", ".join(values)] if values else []
    if key in quoted:
        parts.append("any quote")
    elif quoted:
        parts.append(f"quotes for {', '.join(quoted)}")
    return "; ".join(parts)


def _rank(finding: Finding) -> int:
    return FIRST.index(finding.rule) if finding.rule in FIRST else len(FIRST)


def _position(order: list[str], name: str) -> int:
    return order.index(name) if name in order else len(order)


def _table(report: Report, finding: Finding) -> Table | None:
    file = next((f for f in report.files if f.file == finding.file), None)
    return file.book.tables.get(file.table) if file else None
