"""The report for people: findings grouped by rule, with first examples, and a tally."""

from __future__ import annotations


from ..findings import Finding, Report

EXAMPLES = 5


def human(report: Report, examples: int = EXAMPLES) -> str:
    """The report as text; of each rule the first examples, then how many more there are."""
    lines: list[str] = []
    for (rule,), group in report.findings.group_by(["rule"], maintain_order=True):
        for row in group.head(examples).iter_rows(named=True):
            lines += _finding(Finding(**row))
        if group.height > examples:
            lines.append(f"  ... and {group.height - examples:,} more of {rule}; --format json has all")
        lines.append(f"  see: eventbook codebook {rule}" if _known(report, str(rule)) else "")
    while lines and not lines[-1]:
        lines.pop()
    return "\n".join([*(line for line in lines if line), *_unchecked(report), tally(report)])


def _known(report: Report, rule: str) -> bool:
    from ...codebook import load

    return any(rule == r.id for r in load(report.book).rules) if report.book else False


def _finding(finding: Finding) -> list[str]:
    place = finding.file if finding.line is None else f"{finding.file}:{finding.line}"
    what = " ".join(p for p in (finding.row_id, finding.column) if p)
    head = f"{place}: {finding.severity} {finding.rule}" + (f": {what}" if what else "")
    value = "" if finding.value is None else f"{finding.value!r}: "
    body = f"  {value}{finding.message}"
    if finding.allowed:
        body += f" Allowed: {finding.allowed}."
    if finding.nearest:
        body += f" Did you mean {finding.nearest}?"
    return [head, body]


def _unchecked(report: Report) -> list[str]:
    return [f"not checked: {sentence}" for sentence in report.unchecked]


def tally(report: Report) -> str:
    """The last line: how many findings in how many rows, and in what time."""
    counts = [(report.count("error"), "error"), (report.count("warning"), "warning")]
    explain = report.count("explain")
    if explain:
        counts.append((explain, "row to explain"))
    said = ", ".join(f"{n:,} {word}{'' if n == 1 else 's'}" for n, word in counts)
    said = said.replace("row to explains", "rows to explain")
    rows = " and ".join(
        f"{n:,} {'piece of evidence' if t == 'evidence' and n == 1 else 'pieces of evidence' if t == 'evidence' else t}"
        for t, n in report.rows.items()
        if t in ("events", "evidence") or len(report.rows) == 1
    )
    return f"{said} in {rows or 'no rows'} ({report.seconds:.1f} s)"


