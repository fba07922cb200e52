"""The report for GitHub: annotations at the lines of a pull request, and a table for its summary."""

from __future__ import annotations

import re

import polars as pl

from ...codebook.printable import printable_line
from ..findings import Finding, Report
from .terms import sentence

SHOWN = 10
"""The most annotations of a severity: GitHub silently drops more of one step."""
COMMANDS = {"error": "error", "warning": "warning", "explain": "notice", "note": "notice"}


def github(report: Report) -> str:
    """Return the report as workflow commands, one a line: the first of each severity, then the tally."""
    from .human import tally

    lines = []
    for severity, command in COMMANDS.items():
        found = report.findings.filter(pl.col("severity") == severity)
        lines += [
            _command(command, Finding(**row)) for row in found.head(SHOWN).iter_rows(named=True)
        ]
        if (more := report.count(severity) - SHOWN) > 0:
            lines.append(f"{more:,} more of severity {severity}: see the summary")
    return "\n".join([*lines, _line(tally(report))])


def _command(command: str, finding: Finding) -> str:
    place = {"file": finding.file, "line": finding.line, "title": finding.rule}
    properties = ",".join(f"{key}={_property(str(v))}" for key, v in place.items() if v is not None)
    return f"::{command} {properties}::{_data(message(finding))}"


def message(finding: Finding) -> str:
    """Return a finding on one line: row, column, value and message."""
    cell = " ".join(p for p in (finding.row_id, finding.column) if p)
    return _line(f"{cell}{': ' if cell else ''}{sentence(finding)}")


def _line(text: str) -> str:
    """Return text without line breaks, workflow commands and unprintable characters."""
    return "".join(c if c.isprintable() else " " for c in printable_line(text))


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(_line(text)).replace(":", "%3A").replace(",", "%2C")


def step_summary(report: Report) -> str:
    """Return the step's summary as Markdown: each rule with its count and first finding."""
    from .human import tally

    lines = [
        f"### eventbook check: {'failed' if report.status() else 'passed'}",
        "",
        _cell(tally(report)),
    ]
    if len(report):
        lines += ["", "| severity | rule | findings | first at | says |", "|---|---|---:|---|---|"]
    for (rule, severity), group in report.findings.group_by(
        ["rule", "severity"], maintain_order=True
    ):
        first = Finding(**group.row(0, named=True))
        of_rule = (pl.col("rule") == rule) & (pl.col("severity") == severity)
        count = report.totals.filter(of_rule)["count"].sum()
        cells = [str(severity), str(rule), f"{count:,}", report.place(first), first.message]
        lines.append("| " + " | ".join(_cell(cell) for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    """Return text with the markup of Markdown and HTML escaped."""
    return re.sub(r"([\\`*_{}\[\]<>()#+!|&~@:/])", lambda m: f"&#{ord(m[1])};", _line(text))
