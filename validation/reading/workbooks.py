"""Read the sheets of a workbook (XLSX, XLS, ODS) as tables of text.

Cells of a workbook have types: a whole number becomes text without a point, a day YYYY-MM-DD, so
that a table has the same findings as CSV and as XLSX. The line of a row is its number in the sheet.
"""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import date, datetime, time
from typing import Any

import polars as pl

from ..errors import one_line
from ..findings import letters
from ..installed import MissingExtra
from .csv import header_is_sound
from .headings import LOOKED_AT, rows_above_headings, titles_message
from .sheet_xml import OddCell, TooWide, odd_cells
from .source import LINE, ProblemLog, Source

TITLED = re.compile(r"\S.*\n[a-z][a-z0-9_]*", re.S)
"""A heading as `eventbook workbook` writes it: the title in words, below it the name of the column."""
TEXT = "text"
PARAGRAPHS = ("document", "paragraph", "text")
"""The sheet of a coder's workbook with the documents to read, and its headings."""
META = "eventbook"
META_WORDS = ("coder", "codebook", "version", "tables")
"""The hidden sheet that marks a coder's workbook, and the keys in it."""
WITHOUT_META = (
    f"It was made by eventbook workbook, but its hidden sheet {META} is gone, which says for whom and "
    "for which codebook. Make a new workbook, and copy the rows into it."
)


def sheets(log: ProblemLog, data: bytes) -> list[Source]:
    """Return the visible, non-empty sheets of a workbook as tables of text.

    Raises:
        InputError: the library that reads workbooks is not installed.
    """
    try:
        from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum
    except ImportError:
        raise MissingExtra(f"{log.file}: reading a workbook", "workbook") from None
    odd: dict[str, list[OddCell]] = {}
    try:
        if data.startswith(b"PK"):
            odd = odd_cells(data)
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        names = [
            sheet.name
            for sheet in book.sheets_metadata
            if sheet.visible is SheetVisibleEnum.Visible and sheet.typ is SheetTypeEnum.WorkSheet
        ]
        made_for = _made_for(book)
        if made_for is not None:
            names = [name for name in (*made_for["tables"].split(), TEXT) if name in names]
        grids = {
            name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in names
        }
    except (CalamineError, OSError, ValueError, TooWide) as error:
        log.problem("workbook", f"Not readable as a workbook: {one_line(error)}.")
        return [log.source(None)]
    non_empty = {name: grid for name, grid in grids.items() if grid}
    if made_for is None and any(_is_titled(grid[0]) for grid in non_empty.values()):
        log.problem("workbook", WITHOUT_META)
        return [log.source(None)]
    if not non_empty:
        log.problem("empty-file", "The workbook has no sheet with a header.")
        return [log.source(None)]
    sources = []
    for name, grid in non_empty.items():
        several = len(non_empty) > 1 or made_for is not None
        sheet_log = ProblemLog(f"{log.file}[{name}]" if several else log.file)
        frame = None
        # A heading of two lines has the name of the column in the last.
        of_cell = column_name if made_for is not None else _as_it_is
        first_rows = [[of_cell(text(cell) or "") for cell in row] for row in grid[:LOOKED_AT]]
        header = list(first_rows[0])
        while header and not header[-1]:
            header.pop()
        if above := rows_above_headings(first_rows):
            sheet_log.problem("header", titles_message(above, above + 1), 1)
        elif header_is_sound(sheet_log, header):
            frame = _frame(grid[1:], header)
            _report_remarks(sheet_log, grid[1:], len(header))
            _report_odd_cells(sheet_log, odd.get(name, []), header)
        sources.append(replace(sheet_log.source(frame), sheet=name, made_for=made_for))
    return sources


def column_name(heading: str) -> str:
    """Return the name of a column from its heading: the last line, below the title in words."""
    lines = heading.split("\n")
    return lines[-1].strip() if len(lines) > 1 else heading


def _as_it_is(heading: str) -> str:
    return heading


def _is_titled(row: list[Any]) -> bool:
    """Return whether all cells of a row are headings of a coder's workbook."""
    cells = [cell for value in row if (cell := text(value)) is not None]
    return bool(cells) and all(TITLED.fullmatch(cell) for cell in cells)


def _made_for(book: Any) -> dict[str, str] | None:
    """Return the content of the hidden sheet of a coder's workbook; None if there is no such sheet."""
    if META not in book.sheet_names:
        return None
    rows = book.get_sheet_by_name(META).to_python(skip_empty_area=False)
    content = {str(row[0]): text(row[1]) or "" for row in rows if len(row) > 1}
    return content if set(META_WORDS) <= set(content) else None


def _report_remarks(log: ProblemLog, rows: list[list[Any]], width: int) -> None:
    """Report each value to the right of the last heading."""
    for line, row in enumerate(rows, 2):
        for number, cell in enumerate(row[width:], width + 1):
            if (value := text(cell)) is not None:
                log.problem(
                    "unnamed-cell",
                    f"A value in column {letters(number - 1)}, which has no heading; it was not "
                    "read.",
                    line,
                    value=value[:80],
                )


def _report_odd_cells(log: ProblemLog, cells: list[OddCell], header: list[str]) -> None:
    """Report cells that show an error, and formulas whose result is not stored."""
    for cell in cells:
        column = header[cell.column] if cell.column < len(header) else None
        if cell.error:
            log.problem(
                "cell-error",
                f"A spreadsheet error, {cell.error}.",
                cell.row,
                column,
                cell.error,
            )
        else:
            log.problem(
                "formula-without-result",
                "A formula whose result is not stored. Open the file in Excel or LibreOffice and "
                "save it there, or type the value.",
                cell.row,
                column,
                cell.formula[:80],
            )


def _frame(rows: list[list[Any]], header: list[str]) -> pl.DataFrame:
    columns = {
        name: pl.Series(name, [text(row[n]) for row in rows], dtype=pl.String)
        for n, name in enumerate(header)
    }
    frame = pl.DataFrame(columns).with_columns(
        pl.int_range(2, len(rows) + 2, dtype=pl.Int64).alias(LINE)
    )
    return frame.filter(~pl.all_horizontal(pl.col(header).is_null()))


def text(cell: Any) -> str | None:
    """Return a cell as the text that a CSV file would have; None if it is empty."""
    if cell is None or cell == "":
        return None
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime):
        day_only = cell.time() == time()
        return cell.date().isoformat() if day_only else cell.isoformat(" ")
    return cell.isoformat() if isinstance(cell, date | time) else str(cell)
