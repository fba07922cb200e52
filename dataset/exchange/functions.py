"""The functions that an expression of a crosswalk may call, in addition to those of SQL.

    SLUG(x)     an id made of a name: letters and digits of ASCII in lower case, hyphens between
    NUMBER(x)   1, 2, 3, ... for the values of x in the order in which they first occur
    ROW()       1, 2, 3, ... for the rows

A number goes on from batch to batch, so that a file of any size is numbered as one table.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

CALL = re.compile(r'\b(SLUG|NUMBER|ROW)\((?:(\w+)|"([^"]+)")?\)')


def slug(text: pl.Series) -> pl.Series:
    """Return ids made of names; a name without letters or digits of ASCII has none."""
    plain = text.str.normalize("NFKD").str.replace_all(r"\p{M}", "").str.to_lowercase()
    return plain.str.replace_all("[^a-z0-9]+", "-").str.strip_chars("-").replace({"": None})


class Numbers:
    """Numbers values in the order in which they first occur."""

    def __init__(self) -> None:
        self.numbers: dict[object, int] = {}

    def __call__(self, values: pl.Series) -> pl.Series:
        """Return the number of each value; None where it is missing."""
        distinct = values.drop_nulls().unique(maintain_order=True).to_list()
        here = {value: self.numbers.setdefault(value, len(self.numbers) + 1) for value in distinct}
        return values.replace_strict(here, default=None, return_dtype=pl.Int64)


class Rows:
    """Numbers rows."""

    def __init__(self) -> None:
        self.before = 0

    def __call__(self, values: pl.Series) -> pl.Series:
        """Return the numbers of the rows that have these values, whatever they are."""
        first = self.before + 1
        self.before += len(values)
        return pl.int_range(first, self.before + 1, dtype=pl.Int64, eager=True)


FUNCTIONS: dict[str, Callable[[], Callable[[pl.Series], pl.Series]]] = {
    "SLUG": lambda: slug,
    "NUMBER": Numbers,
    "ROW": Rows,
}


@dataclass(frozen=True)
class Call:
    """One call in an expression: the column of its result, its argument and its function."""

    column: str
    argument: str
    function: Callable[[pl.Series], pl.Series]

    def add(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return a frame with the result as a column."""
        argument = frame[self.argument] if self.argument else frame.to_series(0)
        return frame.with_columns(self.function(argument).alias(self.column))


def calls(sql: str) -> tuple[str, list[Call]]:
    """Return an expression in which each call is replaced by a column, and the calls."""
    by_name: dict[str, Call] = {}

    def column(match: re.Match[str]) -> str:
        name = match.group().replace('"', "")
        if name not in by_name:
            argument = match.group(2) or match.group(3) or ""
            by_name[name] = Call(name, argument, FUNCTIONS[match.group(1)]())
        return f'"{name}"'

    return CALL.sub(column, sql), list(by_name.values())
