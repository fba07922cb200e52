"""The functions that an expression of a crosswalk may call, in addition to those of SQL.

`FUNCTIONS` lists them. A number goes on from batch to batch, so that a file of any size is numbered as one table.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import polars as pl


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


@dataclass(frozen=True)
class Function:
    """A function: its form, what it gives, and how to make it anew for each file."""

    form: str
    says: str
    make: Callable[[], Callable[[pl.Series], pl.Series]]


FUNCTIONS = {
    "SLUG": Function(
        "SLUG(x)",
        "An id made of a name: its letters and digits of ASCII in lower case, hyphens between.",
        lambda: slug,
    ),
    "NUMBER": Function(
        "NUMBER(x)", "1, 2, 3, ... for the values in the order in which they first occur.", Numbers
    ),
    "ROW": Function("ROW()", "1, 2, 3, ... for the rows.", Rows),
}
"""The functions, by name. An argument is the name of a column."""

CALL = re.compile(rf'\b({"|".join(FUNCTIONS)})\((?:(\w+)|"([^"]+)")?\)')


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
            by_name[name] = Call(name, argument, FUNCTIONS[match.group(1)].make())
        return f'"{name}"'

    return CALL.sub(column, sql), list(by_name.values())
