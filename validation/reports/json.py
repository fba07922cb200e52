"""The report for programs: one JSON object, whole, with a version."""

from __future__ import annotations

import json
from typing import Any

from ..findings import Finding, Report, Severity, TableFile

VERSION = 1


def to_json(report: Report) -> str:
    """The report as JSON: `version`, `book`, `files`, `valid`, `rows`, `counts`, `unchecked`, `findings`."""
    whole = {
        "version": VERSION,
        "book": report.book.name if report.book else "",
        "files": [_file(file) for file in report.files],
        "valid": report.status() == 0,
        "rows": report.rows,
        "counts": {s.value: report.count(s) for s in Severity},
        "unchecked": list(report.unchecked),
        "seconds": round(report.seconds, 3),
        "findings": [_finding(report, finding) for finding in report],
    }
    return json.dumps(whole, ensure_ascii=False, indent=2)


def _file(file: TableFile) -> dict[str, Any]:
    """What a file was taken for."""
    return {
        "file": file.file,
        "book": file.book.name,
        "table": file.table,
        "variant": file.variant,
        "extra": list(file.extra),
        "lacking": list(file.lacking),
    }


def _finding(report: Report, finding: Finding) -> dict[str, Any]:
    """A finding; of a workbook with the cell."""
    cell = report.cell(finding)
    return vars(finding) | ({"cell": cell} if cell else {})
