"""One thing that is wrong with a release, as readers raise it and `verify` reports it."""

from __future__ import annotations

from dataclasses import dataclass

from ...validation.errors import InputError
from ...validation.findings import Finding

LONGEST_VALUE = 200


@dataclass(frozen=True)
class Problem:
    """The rule that is broken, a sentence about it, and the place: a file, a line, a column.

    `file` is a path from the root of the release; empty for the archive or folder itself.
    """

    rule: str
    message: str
    file: str = ""
    line: int | None = None
    column: str | None = None
    value: str | None = None

    def finding(self, release: str) -> Finding:
        """Return the problem as a finding; what a stranger wrote is shown in ASCII."""
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
    """Return a text with escapes for every character that could hide or reorder others."""
    return ascii(text)[1:-1]


class Unsound(InputError):
    """A file of a release that is not read further."""

    def __init__(self, problem: Problem):
        super().__init__(f"{problem.file}: {problem.message}" if problem.file else problem.message)
        self.problem = problem
