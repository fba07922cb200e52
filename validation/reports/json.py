"""The report for programs: one complete JSON object with a version."""

from __future__ import annotations

import json
from typing import Any

import polars as pl

from ..findings import Finding, Fix, Report, Severity, TableFile
from .terms import look_up_command

VERSION = 1


def to_json(report: Report) -> str:
    """Return the report as one JSON object.

    `book`, `files` and `rows` describe what was checked, `unchecked` what was not. `counts` has the
    number of findings by severity and `totals` by rule, including those not kept in `findings`. `fixes`
    are cells with findings that can only mean one thing, `fixed` those that were changed to it.
    """
    whole = {
        "version": VERSION,
        "book": report.book.name if report.book else "",
        "files": [_file(file) for file in report.files],
        "valid": report.status() == 0,
        "rows": report.rows,
        "counts": {s.value: report.count(s) for s in Severity},
        "totals": report.totals.group_by("rule", "severity", maintain_order=True)
        .agg(pl.col("count").sum())
        .to_dicts(),
        "unchecked": list(report.unchecked),
        "seconds": round(report.seconds, 3),
        "findings": _findings(report),
        "fixes": [_placed(report, fix) for fix in report.fixes],
        "fixed": [_placed(report, fix) for fix in report.fixed],
    }
    return json.dumps(whole, ensure_ascii=False, indent=2)


def _file(file: TableFile) -> dict[str, Any]:
    """Return how a file was recognised."""
    return {
        "file": file.file,
        "book": file.book.name,
        "table": file.table,
        "variant": file.variant,
        "extra": list(file.extra),
        "lacking": list(file.lacking),
    }


def _findings(report: Report) -> list[dict[str, Any]]:
    """Return the findings, each with the command that explains it; in workbooks with the cell."""
    see: dict[tuple[str, str, str | None], str] = {}
    found = []
    for finding in report:
        key = finding.file, finding.rule, finding.column
        if key not in see:
            see[key] = look_up_command(report.book_of(finding), finding.rule, finding.column)
        found.append(_placed(report, finding) | {"see": see[key]})
    return found


def _placed(report: Report, found: Finding | Fix) -> dict[str, Any]:
    """Return a finding or a fix, in a workbook with its cell."""
    cell = report.cell(found)
    return vars(found) | ({"cell": cell} if cell else {})
