"""The sheets of a workbook that are there to read: how to work, the texts, the guide, the codes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from ...codebook import Book
from ...validation.evidence.documents import Document
from ...validation.reading.workbooks import PARAGRAPHS, TEXT
from .guide_rows import GuideRow, guide_rows
from .workbook_cells import (
    LINE,
    LONGEST,
    MOST_LINES,
    Output,
    lines_of,
    set_height,
    set_paper,
    size,
    write_cell,
    write_runs,
)

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet

READ_ME, GUIDE, CODES = "read me", "guide", "codes"
TEXT_WIDTHS = (14, 10, 110)
GRID, GRID_WIDTH = 12, 11
"""The columns of the guide, of which a table takes as many as its text needs."""
SIZES = {"title": 21.0, "heading": 18.0}
"""The height of a line in a larger font, in points."""


def read_me_sheet(out: Output, lines: Sequence[str]) -> None:
    """Write how to work with the workbook: the sheet that it opens on."""
    rows = [[number, line] for number, line in enumerate(lines, 1)]
    title = "How to work with this workbook"
    sheet = _lines_sheet(out, READ_ME, ["", title], rows, [5, 110], of_line=LINE + 3)
    sheet.activate()


def text_sheet(out: Output, texts: Mapping[str, Document]) -> None:
    """Write the documents, a row a paragraph; a long one goes on in rows of the same number."""
    rows = list(_paragraphs(texts))
    _lines_sheet(out, TEXT, list(PARAGRAPHS), rows, TEXT_WIDTHS)


def codes_sheet(out: Output, book: Book, tables: Sequence[str]) -> None:
    """Write the codes of tables with their definitions."""
    used = {v.codes for name in tables for v in book.tables[name].coded}
    rows = [
        [codes.name, str(c.code), c.label, c.definition, c.include, c.exclude]
        for codes in book.code_lists.values()
        if codes.name in used and not codes.of_variables
        for c in codes.codes
    ]
    header = ["list", "code", "label", "definition", "include", "exclude"]
    sheet = _lines_sheet(out, CODES, header, rows, [20, 24, 24, 56, 40, 40])
    sheet.autofilter(0, 0, len(rows), len(header) - 1)


def guide_sheet(out: Output, book: Book) -> None:
    """Write the guide, with its pages listed at the top."""
    sheet = out.xlsx.add_worksheet(GUIDE)
    sheet.set_column(0, GRID - 1, GRID_WIDTH, out.forms["text"])
    sheet.hide_gridlines(2)
    pages = [(page.title, list(guide_rows(page.text, GRID))) for page in book.guide]
    sheet.merge_range(0, 0, 0, GRID - 1, "The guide", out.forms["head"])
    line = len(pages) + 2
    breaks: list[int] = []
    for number, (title, rows) in enumerate(pages, 1):
        sheet.merge_range(number, 0, number, GRID - 1, "", out.forms["link"])
        sheet.write_url(
            number, 0, f"internal:'{GUIDE}'!A{line + 1}", out.forms["link"], title.strip() or GUIDE
        )
        breaks.append(line)
        before = ""
        for row in rows:
            if before and _apart(before, row.form):
                line += 1
            _guide_row(out, sheet, line, row)
            line, before = line + 1, row.form
        line += 2
    sheet.freeze_panes(1, 0)
    sheet.set_h_pagebreaks(breaks[1:])
    set_paper(sheet, GRID * GRID_WIDTH)


def _apart(before: str, form: str) -> bool:
    """Return whether an empty row is between a row of the guide and the next."""
    kinds = [form.removesuffix(" head") for form in (before, form)]
    return kinds[0] != kinds[1] and "title" not in kinds and kinds[0] != "heading"


def _guide_row(out: Output, sheet: Worksheet, line: int, row: GuideRow) -> None:
    at, most = 0, 1
    of_line = SIZES.get(row.form, LINE)
    for cell, span in zip(row.cells, row.spans, strict=True):
        if span > 1:
            sheet.merge_range(line, at, line, at + span - 1, "", out.forms[row.form])
        write_runs(out, sheet, line, at, cell, row.form)
        text = "".join(text for text, _ in cell)
        fonts = {font for _, font in cell} | {row.form}
        # Larger and wider fonts take more room.
        wide = 1.2 if fonts & {"command", "title", "heading", "grid head"} else 1.05
        most = max(most, lines_of(text, span * GRID_WIDTH / wide))
        at += span
    set_height(sheet, line, most, of_line)


def _paragraphs(texts: Mapping[str, Document]) -> Iterator[list[str | float]]:
    """Yield the paragraphs of documents; a long one takes several rows of the same number."""
    for name, document in texts.items():
        for number, (begin, end) in enumerate(document.paragraphs, 1):
            for part in parts_that_fit(document.text[begin:end], TEXT_WIDTHS[-1]):
                yield [name, number, part]


def parts_that_fit(text: str, width: int) -> list[str]:
    """Return a text in parts of which each is seen whole in the tallest row of Excel.

    It is divided after a sentence where it can be, else between words.
    """
    parts: list[str] = []
    while size(text) > LONGEST or lines_of(text, width) > MOST_LINES:
        end = _longest_that_fits(text, width)
        places = (text.rfind(sign, end // 2, end) + len(sign) for sign in (". ", ".\n", " ", "\n"))
        end = next((place for place in places if place > end // 2 + 1), end)
        parts.append(text[:end])
        text = text[end:]
    return [*parts, text]


def _longest_that_fits(text: str, width: int) -> int:
    low, high = 1, min(len(text), LONGEST)
    while low < high:
        middle = (low + high + 1) // 2
        part = text[:middle]
        if size(part) <= LONGEST and lines_of(part, width) <= MOST_LINES:
            low = middle
        else:
            high = middle - 1
    return low


def _lines_sheet(
    out: Output,
    name: str,
    header: list[str],
    rows: Sequence[Sequence[str | float]],
    widths: Sequence[int],
    of_line: float = LINE,
) -> Worksheet:
    """Write a sheet to read: its cells are text that nothing is computed from."""
    sheet = out.xlsx.add_worksheet(name)
    for column, (title, width) in enumerate(zip(header, widths, strict=True)):
        sheet.set_column(column, column, width, out.forms["text"])
        write_cell(sheet, 0, column, title, out.forms["head"])
    for line, row in enumerate(rows, 1):
        for column, value in enumerate(row):
            if value != "":
                form = out.forms["text" if isinstance(value, str) else "number of text"]
                write_cell(sheet, line, column, value, form)
        cells = zip(row, widths, strict=True)
        lines = max(lines_of(str(value), width) for value, width in cells)
        set_height(sheet, line, lines, of_line)
    sheet.freeze_panes(1, 0)
    set_paper(sheet, sum(widths))
    return sheet
