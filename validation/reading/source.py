"""A table as read: every cell a string, every row with its physical line.

Nothing is guessed, and nothing is dropped silently: what cannot be read is a finding. `parsing`
converts cells to types, and the checks decide what they mean.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import polars as pl

from ..findings import Finding

LINE = "__line"
"""The column with the line of each row, on which findings rely."""

RESERVED = "__"
"""The prefix of the columns that the checks add; no column of a file may begin with it."""

NO_ROWS = "The file has a header and no rows."

WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""The first bytes of XLSX and ODS files, and of the older XLS."""


@dataclass(frozen=True)
class Source:
    """A table as read: text, or typed columns if the file has types, with a line for each row.

    `header` has the columns as the file spells them, if `frame` spells them differently. `sheet`
    is the name of its sheet in a workbook; `made_for` is what a coder's workbook says about
    itself. `nested` marks, by column, the cells that are not single values, such as lists.
    """

    file: str
    frame: pl.DataFrame | None
    typed: bool = False
    findings: tuple[Finding, ...] = ()
    header: tuple[str, ...] | None = None
    sheet: str = ""
    made_for: dict[str, str] | None = None
    nested: dict[str, pl.Series] = field(default_factory=dict[str, pl.Series])

    def with_note_on_no_rows(self) -> Source:
        """Return the table with a note if it has a header and no rows."""
        if self.frame is None or self.frame.height or self.errors:
            return self
        note = Finding("no-rows", "note", self.file, 1, None, None, None, NO_ROWS)
        return replace(self, findings=(*self.findings, note))

    @property
    def errors(self) -> list[Finding]:
        """The findings that are errors; a table that has only notes was read completely."""
        return [finding for finding in self.findings if finding.severity == "error"]

    @property
    def columns(self) -> list[str]:
        """The columns of the table."""
        frame = self.frame
        return [] if frame is None else [c for c in frame.columns if c != LINE]


@dataclass(frozen=True)
class ProblemLog:
    """The problems of a file itself, in the order in which reading it comes across them.

    A file that is read in batches has new ones until its end.
    """

    file: str
    findings: list[Finding] = field(default_factory=list[Finding])

    def problem(
        self,
        rule: str,
        message: str,
        line: int | None = None,
        column: str | None = None,
        value: str | None = None,
        severity: str = "error",
    ) -> None:
        """Add a problem."""
        self.findings.append(Finding(rule, severity, self.file, line, column, None, value, message))

    def for_part(self, file: str) -> ProblemLog:
        """Return a log for a file of this folder, whose problems are added to these."""
        return ProblemLog(file, self.findings)

    def source(self, frame: pl.DataFrame | None, typed: bool = False) -> Source:
        """Return the table that was read, with the problems so far."""
        return Source(self.file, frame, typed, tuple(self.findings))
