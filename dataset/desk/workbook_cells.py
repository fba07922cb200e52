"""Cells of a workbook that is being written: formats, values that fit, widths and heights, print.

Excel sets the height of a row with wrapped text when it opens a file, LibreOffice does not: here
each row with long text has its height.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ...validation.errors import InputError
from ...validation.findings import letters

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

LONGEST = 32_767
"""The most UTF-16 units that a cell of Excel holds."""
LAST_ROW = 1_048_575
"""The last row of a sheet, counted from 0."""
LINE, TALLEST = 15.0, 409.0
"""The height of a line of text, and of the tallest row of Excel, in points."""
LETTERS = 1.07
"""How many letters of a text are as wide as a digit, in which widths are counted."""
MOST_LINES = int(TALLEST // LINE)
PRINTED = 190
"""The width of columns, in characters, that is readable on one page across."""

Run = tuple[str, str]
"""A part of a text, and the name of its font format; empty for the plain font."""


@dataclass(frozen=True)
class Output:
    """The workbook that is being written: its formats, and the ranges of its lists.

    `dependent` has, for a list that depends on another variable, that variable and the range of
    its values, row by row with the list's. `keys` has the ranges of ids by table.
    """

    xlsx: Workbook
    forms: Mapping[str, Format]
    lists: dict[str, str] = field(default_factory=dict[str, str])
    dependent: dict[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])
    keys: dict[str, str] = field(default_factory=dict[str, str])


def formats(xlsx: Workbook) -> dict[str, Format]:
    """Add the formats of cells and fonts to a workbook."""
    wrap = {"text_wrap": True, "valign": "top"}
    head = {"bottom": 1, "num_format": "@", **wrap}
    mono = {"font_name": "Courier New", "font_size": 10}
    return {
        "text": xlsx.add_format({"num_format": "@", **wrap}),
        "number": xlsx.add_format(wrap),
        "number of text": xlsx.add_format({"align": "center", **wrap}),
        "head": xlsx.add_format({**head, "bg_color": "#E7E6E6"}),
        "needed": xlsx.add_format({**head, "bg_color": "#FFD966"}),
        "missing": xlsx.add_format({"bg_color": "#FCE4D6"}),
        "title": xlsx.add_format({"bold": True, "font_size": 16, **wrap}),
        "heading": xlsx.add_format({"bold": True, "font_size": 13, **wrap}),
        "caption": xlsx.add_format({"italic": True, **wrap}),
        "grid": xlsx.add_format({"border": 1, "border_color": "#BFBFBF", **wrap}),
        "grid head": xlsx.add_format(
            {"border": 1, "border_color": "#BFBFBF", "bg_color": "#E7E6E6", "bold": True, **wrap}
        ),
        "command": xlsx.add_format({**mono, "bg_color": "#F2F2F2", **wrap}),
        "link": xlsx.add_format({"font_color": "#0B5394", "underline": 1, **wrap}),
        "bold": xlsx.add_format({"bold": True}),
        "italic": xlsx.add_format({"italic": True}),
        "code": xlsx.add_format({**mono}),
        "name": xlsx.add_format({"font_size": 9, "font_color": "#404040"}),
    }


def write_cell(
    sheet: Worksheet, line: int, column: int, value: str | float, form: Format | None = None
) -> None:
    """Write a cell.

    Raises:
        InputError: Excel has no such cell, or it holds less than the value.
    """
    if isinstance(value, str):
        fits = size(value) <= LONGEST and sheet.write_string(line, column, value, form) == 0
    else:
        fits = sheet.write_number(line, column, value, form) == 0
    if not fits:
        cell = f"{sheet.get_name()}!{letters(column)}{line + 1}"
        shown = f"{size(value):,} characters" if isinstance(value, str) else f"{value}"
        raise InputError(
            f"{cell}: {shown} do not fit: a cell of Excel holds {LONGEST:,}, a sheet 1,048,576 rows"
        )


def write_runs(
    out: Output, sheet: Worksheet, line: int, column: int, runs: Sequence[Run], form: str
) -> None:
    """Write a cell of text whose parts have fonts of their own.

    Raises:
        InputError: the cell holds less than the text.
    """
    some: list[Run] = []
    for text, font in runs:
        if some and some[-1][1] == font:
            some[-1] = some[-1][0] + text, font
        elif text:
            some.append((text, font))
    whole = "".join(text for text, _ in some)
    if len(some) < 2 or size(whole) > LONGEST:
        write_cell(sheet, line, column, whole, out.forms[form])
        return
    parts: list[str | Format] = []
    for text, font in some:
        parts += [out.forms[font], text] if font else [text]
    sheet.write_rich_string(line, column, *parts, out.forms[form])


def size(text: str) -> int:
    """Return the length of a text as Excel counts it, in UTF-16 units."""
    return len(text.encode("utf-16-le")) // 2


def as_number(text: str) -> float | None:
    """Return a cell as the number that is written the same way; None if a number would not keep it."""
    if re.fullmatch(r"-?(0|[1-9]\d{0,14})(\.\d{1,10})?", text) is None:
        return None
    number = float(text)
    shown = str(int(number)) if number.is_integer() and "." not in text else str(number)
    return number if shown == text else None


def lines_of(text: str, width: float) -> int:
    """Return how many lines a text takes in a column of a width in characters, about."""
    most = max(1.0, (width - 1) * LETTERS)
    lines = 0
    for paragraph in text.split("\n"):
        lines, used = lines + 1, 0.0
        for word in paragraph.split(" "):
            long = breadth(word)
            if used and used + 1 + long > most:
                lines, used = lines + 1, 0.0
            used += long + (1 if used else 0)
            more = int(max(0.0, used - 0.01) // most)
            lines, used = lines + more, used - more * most
    return lines


def breadth(text: str) -> float:
    """Return how wide a text is, in characters; those of East Asia are two wide."""
    if text.isascii():
        return float(len(text))
    return float(sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text))


def set_height(sheet: Worksheet, line: int, lines: int, of_line: float = LINE) -> None:
    """Give a row the height of a number of lines, if it is more than one."""
    if lines > 1 or of_line > LINE:
        sheet.set_row(line, min(TALLEST, lines * of_line + 1))


def set_paper(sheet: Worksheet, width: float, first_column: bool = False) -> None:
    """Print a sheet across A4, all columns on one page; on several if one would be too small to read.

    Args:
        sheet: the sheet.
        width: the width of all its columns.
        first_column: print the first column on each page.
    """
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.fit_to_pages(max(1, round(width / PRINTED)), 0)
    sheet.repeat_rows(0)
    if first_column:
        sheet.repeat_columns("A:A")
    sheet.set_footer("&L&A&R&P / &N")
