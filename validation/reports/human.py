"""The report for people: findings grouped by rule, long groups summarised, and a tally."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from ...codebook.printable import printable_line
from ..findings import OTHER_VALUES, Finding, Report, Severity, TableFile
from .by_row import by_row
from .terms import look_up_command, sentence

SHOWN = 10
"""Up to this many findings of a rule are listed; beyond it, a few and a table of counts."""
LISTED = 100
"""The same for findings that are about no column, such as mistakes in a codebook."""
EXAMPLES = 3
VALUES = 5
"""The most values of a column in that table, the most frequent first."""
LINES = 30
"""The approximate length of that table; with more columns, each gets fewer lines."""
WIDTH = 40
"""The most characters of a value in that table."""
NAMES = {
    Severity.error: ("error", "errors"),
    Severity.warning: ("warning", "warnings"),
    Severity.explain: ("row to explain", "rows to explain"),
    Severity.note: ("note", "notes"),
}
FIXES = 100
"""The most cells that are listed with what they certainly mean."""
NAMED = 3
"""The most things in the last line that were not checked."""


def human(report: Report) -> str:
    """Return the report as text: all findings of a rule, or some and a table of counts.

    For coders the findings are in the order of their rows.
    """
    lines = by_row(report) if report.for_coder else _by_rule(report)
    lines = [*_files(report), *lines, *_fixes(report), tally(report)]
    return "\n".join(map(printable_line, lines))


def _fixes(report: Report) -> Iterator[str]:
    """Yield what `eventbook check --fix` would change, and what it has changed."""
    for says, fixes in (("fixed", report.fixed), ("would be fixed by --fix", report.fixes)):
        for fix in fixes[:FIXES]:
            yield f"{report.place(fix)}: {says}: {fix.column}: {fix.old!r} -> {fix.new!r}"
        if (more := len(fixes) - FIXES) > 0:
            yield f"  ... and {more:,} more cells; --format json lists them all"


def _by_rule(report: Report) -> list[str]:
    lines: list[str] = []
    for (rule,), group in report.findings.group_by(["rule"], maintain_order=True):
        totals = report.totals.filter(pl.col("rule") == rule)
        number = totals["count"].sum()
        # Without columns there is no table of counts: each finding says something else.
        most = SHOWN if group["column"].count() else LISTED
        for row in group.head(most if number <= most else EXAMPLES).iter_rows(named=True):
            lines += _finding(report, Finding(**row))
        if number > most:
            where = "--format json" if number == group.height else "--findings FILE.parquet"
            lines.append(f"  ... {number:,} findings of {rule} in all; {where} lists them")
            lines += _table(totals)
        first = Finding(**group.row(0, named=True))
        if command := look_up_command(report.book_of(first), first.rule, first.column):
            lines.append(f"  see: {command}")
    return lines


def _files(report: Report) -> list[str]:
    """Return how each file was recognised; files of one book in its current layout share a line."""
    lines: list[str] = []
    plain: dict[str, list[TableFile]] = {}
    for file in report.files:
        if file.variant or file.extra or file.lacking:
            lines.append(_taken_for(file))
        else:
            plain.setdefault(f"{file.book.name} {file.book.version}", []).append(file)
    for book, files in plain.items():
        if len(files) == 1:
            lines.append(_taken_for(files[0]))
        else:
            tables = ", ".join(dict.fromkeys(file.table or "codings" for file in files))
            lines.append(f"{len(files):,} files: read as {tables} (codebook {book})")
    return lines


def _taken_for(file: TableFile) -> str:
    layout = f", {file.variant}" if file.variant else ""
    extra = f"; extra columns: {', '.join(file.extra)}" if file.extra else ""
    lacking = f"; missing columns: {', '.join(file.lacking)}" if file.lacking else ""
    book = f"codebook {file.book.name} {file.book.version}"
    what = file.table or "a coding"
    return f"{file.file}: read as {what} ({book}{layout}){extra}{lacking}"


def _table(totals: pl.DataFrame) -> list[str]:
    """Return the counts of one rule by column and value; every column appears."""
    columns: dict[str, dict[str | None, int]] = {}
    for column, value, number in totals.select("column", "value", "count").iter_rows():
        values = columns.setdefault(column or "", {})
        values[value] = values.get(value, 0) + number
    rows: list[tuple[str, str, int]] = []
    most = max(1, min(VALUES, LINES // len(columns)))
    for column, values in columns.items():
        uncounted = values.pop(OTHER_VALUES, 0)
        all_different = max(values.values(), default=1) == 1 and len(values) > most
        shown = {} if all_different else dict(list(values.items())[:most])
        rows += [(column, _value(value), number) for value, number in shown.items()]
        if (others := len(values) - len(shown)) or uncounted:
            name = f"({others:,} {'different' if all_different else 'other'} values)"
            number = sum(values.values()) - sum(shown.values()) + uncounted
            rows.append((column, OTHER_VALUES if uncounted else name, number))
    if [row[:2] for row in rows] == [("", "")]:
        return []
    first = max(len(column) for column, _, _ in rows)
    second = max(len(value) for _, value, _ in rows)
    return [f"    {column:<{first}}  {value:<{second}}  {n:>9,}" for column, value, n in rows]


def _value(value: str | None) -> str:
    if value is None:
        return ""
    return repr(value if len(value) <= WIDTH else f"{value[: WIDTH - 1]}…")


def _finding(report: Report, finding: Finding) -> list[str]:
    cell = " ".join(p for p in (finding.row_id, finding.column) if p)
    head = f"{report.place(finding)}: {finding.severity} {finding.rule}"
    return [f"{head}: {cell}" if cell else head, f"  {sentence(finding)}"]


def _unchecked(report: Report) -> str:
    """Return what was not checked, for the last line; empty if all was."""
    if not report.unchecked:
        return ""
    named = "; ".join(report.unchecked[:NAMED])
    more = len(report.unchecked) - NAMED
    return f"; not checked: {named}" + (f" and {more} more (--format json)" if more > 0 else "")


def tally(report: Report) -> str:
    """Return the last line: the numbers of findings and rows, the time, and what was not checked."""
    counts = {severity: report.count(severity) for severity in NAMES}
    always = (Severity.error, Severity.warning)
    findings = ", ".join(
        plural(n, *NAMES[severity]) for severity, n in counts.items() if n or severity in always
    )
    counted = _counted_rows(report)
    rows = " and ".join(part for part in (", ".join(counted[:-1]), *counted[-1:]) if part)
    # A codebook has no rows; a file that was not recognised has none that were read.
    where = f" in {rows or 'no rows'}" if report.files or report.rows or not report.book else ""
    return f"{findings}{where} ({report.seconds:.1f} s){_unchecked(report)}"


def _counted_rows(report: Report) -> list[str]:
    """Return the rows of what coders find and of the quotes in words, else those of all tables."""
    if report.book is None:
        return [plural(n, f"row of {t}", f"rows of {t}") for t, n in report.rows.items()]
    tables = report.book.tables
    units = [table.name for table in report.book.units]
    first = {*units, report.book.evidence.quotes} & set(report.rows)
    chosen = {t: n for t, n in report.rows.items() if t in first or not first}
    return [
        tables[t].counted(n) if t in tables else plural(n, f"row of {t}", f"rows of {t}")
        for t, n in chosen.items()
    ]


def plural(number: int, one: str, more: str) -> str:
    """Return a number with its noun, as `1 error` and `2,000 errors`."""
    return f"{number:,} {one if number == 1 else more}"
