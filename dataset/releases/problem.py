"""A problem of a release, which readers raise and `verify` reports."""

from __future__ import annotations

from dataclasses import dataclass

from ...validation.errors import InputError
from ...validation.findings import Finding

LONGEST_VALUE = 200


@dataclass(frozen=True)
class Problem:
    """The rule that is broken, a message, and the place: file, line and column.

    `file` is relative to the root of the release; empty for the archive or folder itself.
    """

    rule: str
    message: str
    file: str = ""
    line: int | None = None
    column: str | None = None
    value: str | None = None

    def finding(self, release: str) -> Finding:
        """Return the problem as a finding; untrusted text is escaped to ASCII."""
        value = None if self.value is None else _ascii(self.value[:LONGEST_VALUE])
        return Finding(
            rule=self.rule,
            severity="error",
            file=self.file or release,
            line=self.line,
            column=self.column,
            row_id=None,
            value=value,
            message=_ascii(self.message),
        )


def _ascii(text: str) -> str:
    """Return a text in ASCII, so that no character can hide or reorder others."""
    return ascii(text)[1:-1]


class Unsound(InputError):
    """A file of a release that is not safe, or not possible, to read."""

    def __init__(self, problem: Problem):
        value = None if problem.value is None else f"'{_ascii(problem.value[:LONGEST_VALUE])}'"
        super().__init__(": ".join(filter(None, (problem.file, value, problem.message))))
        self.problem = problem
