"""Find names in the guide that do not exist, such as a variable, code or rule that was renamed."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .catalogue import catalogue
from .errors import BookProblem
from .model import Book
from .nearest import nearest

NAME = re.compile(r"`([a-z][a-z0-9]*(?:_[a-z0-9]+)+)`")
"""A word in the guide that must be a name: lower case with underscores, in backticks."""


def unknown_names(book: Book) -> Iterator[BookProblem]:
    """Yield the names in the guide that the book does not have."""
    known = set(_names(book))
    for page in book.guide:
        for number, line in enumerate(page.text.splitlines(), 1):
            for name in (n for n in NAME.findall(line) if n not in known):
                near = nearest(name, known)
                hint = f"; did you mean {near}?" if near else ""
                message = f"the guide names {name}, which the book does not have{hint}"
                yield BookProblem(f"{book.name}/guide/{page.name}.md", number, message)


def _names(book: Book) -> Iterator[str]:
    yield from book.tables
    yield from book.code_lists
    yield from (rule.id for rule in book.rules)
    yield from (page.name for page in book.guide)
    yield from catalogue()
    for table in book.tables.values():
        yield from table.names
        for key in table.foreign_keys:
            yield from (f"{key.field}.{name}" for name in book.tables[key.table].names)
        for variable in table.variables:
            if not variable.codes:
                yield str(variable.example)
    for codes in book.code_lists.values():
        yield from codes.attributes
        yield from map(str, codes.values)
