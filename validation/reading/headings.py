"""Where the headings of a table are, if something else is above them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import islice

NAME = re.compile(r"[^\W\d]\w*")
"""The name of a column as programs write it."""

LOOKED_AT = 20
"""Rows among which the headings are looked for."""

FEWEST = 3
"""Names that a row of headings has at least, and how many times as many as each row above it."""


def rows_above_headings(rows: Iterable[Sequence[str]]) -> int:
    """Return how many rows, such as a title, are above the headings; 0 where none is.

    Args:
        rows: the cells of the first rows; empty text for an empty cell.
    """
    most = 1
    for number, row in enumerate(islice(rows, LOOKED_AT)):
        filled = [cell for cell in row if cell]
        if number and len(filled) >= FEWEST * most and _are_names(filled):
            return number
        most = max(most, len(filled))
    return 0


def _are_names(cells: list[str]) -> bool:
    return len(set(cells)) == len(cells) and all(NAME.fullmatch(cell) for cell in cells)


def titles_message(above: int, line: int) -> str:
    """Return what is wrong with a table that has rows above its headings.

    Args:
        above: how many rows there are.
        line: the line of the headings.
    """
    rows = "row" if above == 1 else f"{above} rows"
    return (
        f"The first line is not the header: the names of the columns are in line {line}. "
        f"Delete the {rows} above it."
    )
