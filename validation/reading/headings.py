"""Find the headings of a table that has other rows, such as a title, above them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import islice

NAME = re.compile(r"[^\W\d]\w*")
"""A column name as programs write it."""

LOOKED_AT = 20
"""How many rows are searched for the headings."""

FEWEST = 3
"""The minimum number of names in a row of headings, and the minimum multiple of any row above."""


def rows_above_headings(rows: Iterable[Sequence[str]]) -> int:
    """Return how many rows, such as a title, are above the headings.

    Args:
        rows: the cells of the first rows, an empty cell as empty text.
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
    """Return the message for a table that has rows above its headings.

    Args:
        above: how many rows there are.
        line: the line of the headings.
    """
    rows = "row" if above == 1 else f"{above} rows"
    return (
        f"The first line is not the header: the column names are in line {line}. "
        f"Delete the {rows} above it."
    )
