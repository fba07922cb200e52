"""The report for people: findings grouped by rule, with first examples, and a tally."""

from __future__ import annotations

from ..findings import Finding, Report, Severity, TableFile
from .terms import look_up_command

EXAMPLES = 5
NAMES = {
    Severity.error: ("error", "errors"),
    Severity.warning: ("warning", "warnings"),
    Severity.explain: ("row to explain", "rows to explain"),
    Severity.note: ("note", "notes"),
}
ROWS = {"events": ("event", "events"), "evidence": ("piece of evidence", "pieces of evidence")}


def human(report: Report, examples: int = EXAMPLES) -> str:
    """The report as text; of each rule the first examples, then how many more there are."""
    lines: list[str] = []
    for (rule,), group in report.findings.group_by(["rule"], maintain_order=True):
        for row in group.head(examples).iter_rows(named=True):
            lines += _finding(report, Finding(**row))
        left_out = sum(n for (name, _), n in report.left_out.items() if name == rule)
        if group.height + left_out > examples:
            where = "--findings FILE.parquet" if left_out else "--format json"
            more = group.height + left_out - examples
            lines.append(f"  ... and {more:,} more of {rule}; {where} has all")
        first = Finding(**group.row(0, named=True))
        if command := look_up_command(report.book_of(first), first.rule, first.column):
            lines.append(f"  see: {command}")
    return "\n".join([*_files(report), *lines, *_unchecked(report), tally(report)])


def _files(report: Report) -> list[str]:
    """What each file was taken for; files of one book in its current layout share a line."""
    plain = [f for f in report.files if not (f.variant or f.extra or f.lacking)]
    together = len({(f.book.name, f.book.version) for f in plain}) == 1 and len(plain) > 1
    lines = [_taken_for(f) for f in report.files if not (together and f in plain)]
    if together:
        book = plain[0].book
        lines.append(f"{len(plain)} tables read by the codebook {book.name} {book.version}")
    return lines


def _taken_for(file: TableFile) -> str:
    layout = f", {file.variant}" if file.variant else ""
    extra = f"; extra columns: {', '.join(file.extra)}" if file.extra else ""
    lacking = f"; missing columns: {', '.join(file.lacking)}" if file.lacking else ""
    book = f"codebook {file.book.name} {file.book.version}"
    return f"{file.file}: read as {file.table} ({book}{layout}){extra}{lacking}"


def _finding(report: Report, finding: Finding) -> list[str]:
    what = " ".join(p for p in (finding.row_id, finding.column) if p)
    head = f"{report.place(finding)}: {finding.severity} {finding.rule}" + (
        f": {what}" if what else ""
    )
    value = "" if finding.value is None else f"{finding.value!r}: "
    body = f"  {value}{finding.message}"
    if finding.allowed:
        body += f" Allowed: {finding.allowed}."
    if finding.nearest:
        body += f" Did you mean {finding.nearest}?"
    return [head, body]


def _unchecked(report: Report) -> list[str]:
    if not report.unchecked:
        return []
    count = plural(len(report.unchecked), "key or rule", "keys and rules")
    needs = "needs" if len(report.unchecked) == 1 else "need"
    return [
        f"Skipped {count} that {needs} other tables or derived columns; --format json lists them"
    ]


def tally(report: Report) -> str:
    """The last line: how many findings in how many rows, and in what time."""
    counts = {severity: report.count(severity) for severity in NAMES}
    always = (Severity.error, Severity.warning)
    findings = ", ".join(
        plural(n, *NAMES[severity]) for severity, n in counts.items() if n or severity in always
    )
    counted = {t: n for t, n in report.rows.items() if t in ROWS or len(report.rows) == 1}
    rows = " and ".join(
        plural(n, *ROWS.get(table, (f"row of {table}", f"rows of {table}")))
        for table, n in counted.items()
    )
    return f"{findings} in {rows or 'no rows'} ({report.seconds:.1f} s)"


def plural(number: int, one: str, more: str) -> str:
    """Return a number with its noun, as `1 error` and `2,000 errors`."""
    return f"{number:,} {one if number == 1 else more}"
