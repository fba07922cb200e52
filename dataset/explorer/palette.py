"""The types of rows and their colours, from the code list of the widest type."""

from __future__ import annotations

import colorsys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from ...codebook import Book, Table

COLOURS = ("#c1432e", "#2f7fc1", "#1f9e9a", "#e08a1e", "#8e3b8c", "#7a7f86", "#5a6fd6")
UNKNOWN = "type unknown"
"""The type of rows that have none; they are drawn all the same."""
UNKNOWN_COLOUR = "#8a8175"
OTHER = "other types"
NAMED = 24
"""How many types that are not in the code list have a colour each; the rest share one."""
TURN = 0.618034
"""The golden section: turns of hue by it lie far apart, however many there are."""


@dataclass(frozen=True)
class Palette:
    """The types in the order of the legend, each with its colour; `names` are the types by value."""

    names: Mapping[str, str]
    colours: Mapping[str, str]

    @property
    def scale(self) -> dict[str, Any]:
        """The scale of a picture."""
        return {"domain": [*self.colours], "range": [*self.colours.values()]}


def palette(book: Book, table: Table, rows: pl.DataFrame) -> Palette:
    """Return the types of a table: the codes of their list in its order, then other values.

    A table without types has one colour, and nothing in the legend.
    """
    if not table.roles.type:
        return Palette({}, {table.name: COLOURS[1]})
    names = dict(_named_types(book, table, rows))
    shown = dict.fromkeys(names.values())
    colours = {name: colour(n) for n, name in enumerate(shown)}
    return Palette(names, colours | {UNKNOWN: UNKNOWN_COLOUR})


def _named_types(book: Book, table: Table, rows: pl.DataFrame) -> Iterator[tuple[str, str]]:
    widest = table.roles.type[0]
    codes = book.code_list(table[widest])
    listed = {str(code.code): code.label for code in codes.codes} if codes else {}
    yield from listed.items()
    if widest in rows:
        values = rows[widest].cast(pl.String).drop_nulls().value_counts(name="rows")
        values = values.sort("rows", widest, descending=[True, False])
        others = [value for value in values[widest] if value not in listed]
        for n, value in enumerate(others):
            yield value, value if n < NAMED else OTHER


def colour(number: int) -> str:
    """Return a colour of its own for each number."""
    if number < len(COLOURS):
        return COLOURS[number]
    parts = colorsys.hls_to_rgb(number * TURN % 1, 0.45, 0.5)
    return "#" + "".join(f"{round(part * 255):02x}" for part in parts)
