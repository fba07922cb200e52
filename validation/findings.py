"""Findings of a check as one polars table, and the report that contains them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from functools import cached_property

import polars as pl

from ..codebook import Book


class Severity(StrEnum):
    """The severity of a finding: an `explain` asks for a look at the row, a `note` only informs.

    An error always fails a check, a note never does, the others do where the check is strict.
    """

    error = "error"
    warning = "warning"
    explain = "explain"
    note = "note"


@dataclass(frozen=True)
class Finding:
    """One problem at one place; `line` is the physical line where the row starts."""

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


@dataclass(frozen=True)
class Fix:
    """What a cell is certain to mean, where it is written in a way that the check does not take."""

    file: str
    line: int
    column: str
    row_id: str | None
    old: str
    new: str


SCHEMA: dict[str, type[pl.DataType]] = {
    f.name: pl.Int64 if f.name == "line" else pl.String for f in fields(Finding)
}
NONE = pl.DataFrame(schema=SCHEMA)
"""An empty table of findings."""


def table(findings: Collection[Finding]) -> pl.DataFrame:
    """Return findings as a table with a column for each field."""
    return pl.DataFrame([vars(f) for f in findings], schema=SCHEMA) if findings else NONE


KINDS = ("rule", "severity", "column", "value")
"""The columns by which findings are counted."""
Kind = tuple[str, str, str | None, str | None]
"""The values of these columns."""
OTHER_VALUES = "(other values)"
"""Represents values that were not counted individually."""


@dataclass(frozen=True)
class TableFile:
    """A file that was checked, as findings name it, and the table of a book that it was taken for.

    `variant` is the known other layout that it is in, in words; `extra` are its columns that the
    table does not have, `lacking` those of the layout that it does not have. `columns` are all of
    its columns in order, `sheet` is the sheet of a workbook that it is.
    """

    file: str
    book: Book
    table: str
    variant: str = ""
    extra: tuple[str, ...] = ()
    lacking: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    sheet: str = ""


@dataclass(frozen=True)
class Report:
    """The result of a check.

    `book` is the codebook, or None if no file was recognised; `rows` counts the rows of each
    table; `unchecked` lists what could not be checked and why, such as a key into a table that was
    not given; `left_out` counts, by rule, severity, column and value, the findings beyond those
    that are kept; `files` says what each file was taken for. `for_coder` says that somebody is
    coding these rows now, and goes through them one after the other. `pages` are sheets of a
    workbook that are no table and that findings point at; `fixes` are what cells with findings are
    certain to mean, `fixed` those that got it.
    """

    book: Book | None
    findings: pl.DataFrame
    rows: dict[str, int]
    seconds: float = 0.0
    unchecked: tuple[str, ...] = ()
    left_out: dict[Kind, int] = field(default_factory=dict)
    files: tuple[TableFile, ...] = ()
    for_coder: bool = False
    pages: tuple[TableFile, ...] = ()
    fixes: tuple[Fix, ...] = ()
    fixed: tuple[Fix, ...] = ()

    def __iter__(self) -> Iterator[Finding]:
        return (Finding(**row) for row in self.findings.iter_rows(named=True))

    def __len__(self) -> int:
        return self.findings.height

    def cell(self, finding: Finding | Fix) -> str | None:
        """Return the workbook cell of a finding, as `events!F12`; None for other files."""
        sheet, column, line = self.in_sheet(finding) or ("", None, 0)
        if not sheet:
            return None
        name = f"'{sheet}'" if not sheet.isidentifier() else sheet
        return f"{name}!{line}:{line}" if column is None else f"{name}!{letters(column)}{line}"

    def in_sheet(self, finding: Finding | Fix) -> tuple[str, int | None, int] | None:
        """Return the sheet of a finding, its column, from 0, and its line; None for other files.

        A finding about a whole row has no column.
        """
        sheet = self._sheets.get(finding.file)
        if sheet is None or finding.line is None:
            return None
        known = finding.column in sheet.columns
        column = sheet.columns.index(finding.column or "") if known else None
        return sheet.sheet, column, finding.line

    def book_of(self, finding: Finding) -> Book | None:
        """Return the codebook that a finding's file was checked by."""
        return self._books.get(finding.file, self.book)

    @cached_property
    def _books(self) -> dict[str, Book]:
        return {file.file: file.book for file in self.files}

    @cached_property
    def _sheets(self) -> dict[str, TableFile]:
        return {file.file: file for file in (*self.files, *self.pages) if file.sheet}

    def place(self, finding: Finding | Fix) -> str:
        """Return where a finding is, for people: file and line, or file and cell."""
        if cell := self.cell(finding):
            return f"{finding.file.removesuffix(f'[{self._sheets[finding.file].sheet}]')} {cell}"
        return finding.file if finding.line is None else f"{finding.file}:{finding.line}"

    @cached_property
    def totals(self) -> pl.DataFrame:
        """Count the findings by rule, severity, column and value, kept or not.

        Rules are in the order of their first findings; of each the most frequent values come first.
        """
        kept = self.findings.group_by(KINDS, maintain_order=True).len("count")
        more = pl.DataFrame(
            [(*kind, n) for kind, n in self.left_out.items()],
            schema={**{name: SCHEMA[name] for name in KINDS}, "count": pl.Int64},
            orient="row",
        )
        counts = pl.concat([kept.cast(more.schema), more])
        whole = counts.group_by(KINDS, maintain_order=True).sum()
        rules = whole.select(pl.col("rule").unique(maintain_order=True)).with_row_index("first")
        ordered = whole.join(rules, on="rule", how="left")
        return ordered.sort("first", -pl.col("count"), maintain_order=True).drop("first")

    def count(self, severity: str) -> int:
        """Return the number of findings of a severity."""
        return int(self.totals.filter(pl.col("severity") == severity)["count"].sum())

    def status(self, strict: bool = False) -> int:
        """Return the exit status: 1 if there is an error (strict: anything but notes), else 0."""
        failing = [s for s in Severity if s is not Severity.note] if strict else [Severity.error]
        return int(any(self.count(severity) for severity in failing))


def unrecognised_as_notes(report: Report) -> Report:
    """Return a report with notes instead of errors on files that are of no known table."""
    unknown = report.findings.filter(pl.col("rule") == "unrecognised")["file"].implode()
    severity = pl.when(pl.col("file").is_in(unknown)).then(pl.lit(Severity.note.value))
    noted = severity.otherwise(pl.col("severity")).alias("severity")
    return replace(report, findings=report.findings.with_columns(noted))


def combined(reports: Sequence[Report]) -> Report:
    """Return several reports as one; its book is that of the first that has one."""
    rows: Counter[str] = Counter()
    left_out: Counter[Kind] = Counter()
    for report in reports:
        rows.update(report.rows)
        left_out.update(report.left_out)
    return Report(
        next((report.book for report in reports if report.book), None),
        merge([report.findings for report in reports]),
        dict(rows),
        sum(report.seconds for report in reports),
        tuple(dict.fromkeys(line for report in reports for line in report.unchecked)),
        dict(left_out),
        tuple(file for report in reports for file in report.files),
        all(report.for_coder for report in reports),
        tuple(page for report in reports for page in report.pages),
        tuple(fix for report in reports for fix in report.fixes),
        tuple(fix for report in reports for fix in report.fixed),
    )


def letters(column: int) -> str:
    """Return the letters of a spreadsheet's column, counted from 0: A, B, ... Z, AA."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name


def joined(parts: list[pl.DataFrame]) -> pl.DataFrame:
    """Concatenate tables of findings."""
    some = [part for part in parts if part.height]
    return pl.concat(some) if some else NONE


def merge(parts: list[pl.DataFrame]) -> pl.DataFrame:
    """Concatenate tables of findings, sorted by file, line and column."""
    whole = joined(parts)
    return whole.sort("file", "line", "column", "rule", nulls_last=False, maintain_order=True)
