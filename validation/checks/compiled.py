"""Compiling once what always compiles to the same: an expression of a book for one of its tables."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

from ...codebook import Book, Table

P = ParamSpec("P")
R = TypeVar("R")


def once_for_each_table(
    compile_: Callable[Concatenate[Book, Table, P], R],
) -> Callable[Concatenate[Book, Table, P], R]:
    """Decorate a function of a book, a table, and parts of these, that compiles something.

    What it returned is kept as long as the book is. A table that is not the book's own, such as one
    in the variant of a file, is compiled each time.
    """
    kept: WeakKeyDictionary[Book, dict[tuple[int, ...], tuple[Any, R]]] = WeakKeyDictionary()

    @wraps(compile_)
    def compiled(book: Book, table: Table, *args: P.args, **kwargs: P.kwargs) -> R:
        if book.tables.get(table.name) is not table or kwargs:
            return compile_(book, table, *args, **kwargs)
        results = kept.setdefault(book, {})
        # The parts of a book are told apart by what they are, not by what they contain: that would
        # take longer than compiling them. Keeping them keeps their numbers theirs.
        key = (id(table), *map(id, args))
        if key not in results:
            results[key] = ((table, args), compile_(book, table, *args, **kwargs))
        return results[key][1]

    return compiled
