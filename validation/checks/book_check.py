"""Check a codebook itself: its files, its examples and expressions, the names in its guide."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ...codebook import Book, BookError, load
from ...codebook.crosswalks import crosswalk_problems
from ...codebook.errors import BookProblem
from ...codebook.guide_names import unknown_names
from .. import findings
from ..findings import Finding, Report, Severity
from .trial import trial_faults


def check_book(folder: Path) -> tuple[Report, Book | None]:
    """Check the book in a folder, and return the book if it can be used.

    Args:
        folder: the folder of the book.

    Raises:
        BookError: there is no such book.
    """
    try:
        book = load(folder)
    except BookError as error:
        if not error.mistakes:
            raise
        return _report(None, folder, error.mistakes), None
    mistakes = list(trial_faults(book))
    wrong, unknown = crosswalk_problems(book)
    report = _report(book, folder, [*mistakes, *wrong], list(unknown_names(book)), unknown)
    return report, None if mistakes else book


def _report(
    book: Book | None,
    folder: Path,
    mistakes: list[BookProblem],
    doubts: Sequence[BookProblem] = (),
    gaps: Sequence[BookProblem] = (),
) -> Report:
    found = [
        *(_finding("codebook-mistake", Severity.error, folder, problem) for problem in mistakes),
        *(_finding("guide-name", Severity.warning, folder, problem) for problem in doubts),
        *(_finding("crosswalk-gap", Severity.warning, folder, problem) for problem in gaps),
    ]
    return Report(book, findings.table(found), {})


def _finding(rule: str, severity: Severity, folder: Path, problem: BookProblem) -> Finding:
    """Return a mistake as a finding at the path of its file."""
    file = str(folder / problem.file.partition("/")[2])
    return Finding(rule, severity, file, problem.line, None, None, None, problem.message)
