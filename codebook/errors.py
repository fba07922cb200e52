"""The error for a book that cannot be used; a separate module, so that every other can raise it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .printable import printable_line


@dataclass(frozen=True)
class BookProblem:
    """A mistake in a book: the file, the line from 1, and what is wrong."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


class BookError(Exception):
    """A book that does not exist or breaks its format.

    Attributes:
        problems: one line each, mostly `book/file:line: message`.
        mistakes: those that have a place in a file of the book.
    """

    def __init__(self, problems: Iterable[str | BookProblem]):
        found = list(problems)
        self.mistakes = [problem for problem in found if isinstance(problem, BookProblem)]
        self.problems = [printable_line(problem) for problem in found]
        super().__init__("\n".join(self.problems))
