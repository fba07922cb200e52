"""What a check found: findings as one polars table, and the report around them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields

import polars as pl


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong at one place; `line` is the physical line where the row starts."""

    rule: str
    severity: str
    file: str
    line: int | None
    column: str | None
    row_id: str | None
    value: str | None
    message: str
    allowed: str | None = None
    nearest: str | None = None


SCHEMA: dict[str, type[pl.DataType]] = {
    f.name: pl.Int64 if f.name == "line" else pl.String for f in fields(Finding)
}
SEVERITY = pl.Enum(["error", "warning", "explain"])


def table(findings: list[Finding]) -> pl.DataFrame:
    """Findings as a table, one column a field."""
    return pl.DataFrame([vars(f) for f in findings], schema=SCHEMA)


@dataclass(frozen=True)
class Report:
    """The result of a check.

    `rows` counts the rows of each table that was checked; `unchecked` says what could not be
    checked and why, such as a key into a table that was not given; `variants` names the known
    other layouts that tables were recognised as; `left_out` counts, for a rule and severity, the
    findings beyond those that are kept.
    """

    book: str
    findings: pl.DataFrame
    rows: dict[str, int]
    seconds: float = 0.0
    unchecked: tuple[str, ...] = ()
    variants: dict[str, str] = field(default_factory=dict)
    left_out: dict[tuple[str, str], int] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Finding]:
        return (Finding(**row) for row in self.findings.iter_rows(named=True))

    def __len__(self) -> int:
        return self.findings.height

    def count(self, severity: str) -> int:
        """How many findings are of a severity."""
        more = sum(n for (_, kind), n in self.left_out.items() if kind == severity)
        return int((self.findings["severity"] == severity).sum()) + more

    def status(self, strict: bool = False) -> int:
        """The exit status: 1 if there is an error (strict: any finding), else 0."""
        return int(bool(len(self) if strict else self.count("error")))


def merge(parts: list[pl.DataFrame]) -> pl.DataFrame:
    """All findings in the order of file, line and column."""
    whole = pl.concat([table([]), *parts])
    return whole.sort("file", "line", "column", "rule", nulls_last=False, maintain_order=True)
