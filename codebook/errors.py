"""The error of a book that cannot be used; a module of its own, so that every other can raise it."""

from __future__ import annotations

from collections.abc import Iterable

from .printable import printable_line


class BookError(Exception):
    """A book that does not exist or breaks its format.

    Attributes:
        problems: one line each, mostly `book/file:line: message`.
    """

    def __init__(self, problems: Iterable[str]):
        self.problems = [printable_line(problem) for problem in problems]
        super().__init__("\n".join(self.problems))
