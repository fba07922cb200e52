"""The check of a converted file, and which of its errors follow from what the source lacks."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from ...codebook.printable import printable_line
from ...validation import check_large
from ...validation.checks.rules import compile_rule
from ...validation.findings import Report, Severity
from ...validation.progress import step
from ...validation.reports.human import tally
from .convert_file import ConvertedFile

SHOWN = 6
"""The number of columns that are named."""


def result_text(done: ConvertedFile, out: Path) -> str:
    """Return what the check of a converted file finds, in a few lines."""
    step(f"checking {out.name}")
    report = check_large(out, done.book, done.table.name)
    lines = [f"check {out}: {tally(report)}"]
    errors = report.count(Severity.error)
    if errors and done.not_known:
        expected, columns = expected_errors(done, report)
        if expected:
            names = ", ".join(columns[:SHOWN]) + (", ..." if len(columns) > SHOWN else "")
            lines.append(
                f"  {expected:,} of the errors are to be expected: {done.source.book.name} does not "
                f"say what belongs in {names}"
            )
        if rest := errors - expected:
            which = "error comes" if rest == 1 else "errors come"
            lines.append(f"  {rest:,} {which} from the rows themselves: eventbook check {out}")
    return "\n".join(map(printable_line, lines))


def expected_errors(done: ConvertedFile, report: Report) -> tuple[int, list[str]]:
    """Return how many errors follow from values that the source cannot know, and of which columns.

    A value is missing that must be there, or a rule reads a column that lacks values.
    """
    lacking = [name for name in done.table.names if name in done.not_known and done.empty.get(name)]
    required = [name for name in lacking if done.table[name].required]
    totals = report.totals.filter(pl.col("severity") == Severity.error)
    counts = dict(totals.group_by("rule", maintain_order=True).agg(pl.col("count").sum()).rows())
    expected = min(counts.pop("required", 0), sum(done.empty[name] for name in required))
    columns = set(required)
    for rule in done.book.rules_on(done.table.name):
        if number := counts.get(rule.id):
            needs = compile_rule(done.book, done.table, rule).needs & set(lacking)
            if needs:
                expected += number
                columns |= needs
    return expected, [name for name in lacking if name in columns]
