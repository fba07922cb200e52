"""The codebook as a workbook: a sheet a table, with lists to choose from, definitions, the texts.

For coders who work in Excel. Cells are text unless they hold numbers, so that no program turns an
id or a date into something else; the lists are on a hidden sheet, so that long ones work. Nothing
is cut to what a cell of Excel holds: a paragraph goes on in the next row, anything else is refused.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...codebook import Book, Table, Variable
from ...codebook.pages import limits
from ...codebook.roles import QuoteColumns
from ...validation.coding.choices import cell_of, labels_say_more, named_by, with_label
from ...validation.errors import InputError, one_line
from ...validation.evidence import quotes
from ...validation.evidence.documents import Document
from ...validation.files.atomic import atomic_file
from ...validation.findings import letters
from ...validation.installed import MissingExtra
from ...validation.progress import step
from ...validation.reading.parsing import FORMS
from ...validation.reading.workbooks import META, META_WORDS
from .table_files import Rows
from .workbook_cells import (
    LAST_ROW,
    LINE,
    LONGEST,
    Output,
    as_number,
    breadth,
    formats,
    lines_of,
    set_height,
    set_paper,
    write_cell,
    write_runs,
)

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet

MESSAGE, HEADING = 255, 32
"""The most characters that Excel shows of an input message and of its title."""
WORDS, TEXT = 60, 50
"""The width of a column of words of a document, and of another one of free text."""
NARROWEST, WIDEST = 11, 36
"""The least width of a column, and the most for values that are no free text."""


@dataclass(frozen=True)
class Contents:
    """What goes into a workbook: rows by table, the documents' texts, and who it is for.

    `wide` are the columns of free text that are to be read side by side; the others are narrow
    then. Without any, all free text is wide.
    """

    book: Book
    tables: Mapping[str, Rows]
    texts: Mapping[str, Document]
    coder: str
    read_me: tuple[str, ...]
    wide: frozenset[str] = frozenset()


def write_workbook(contents: Contents, path: Path) -> None:
    """Write the workbook, whole or not at all.

    Raises:
        InputError: the name does not end in .xlsx, a library is missing, a value does not fit
            into a cell, a table cannot be a sheet, or the folder cannot be written to.
    """
    try:
        from xlsxwriter.exceptions import XlsxWriterException
        from xlsxwriter.workbook import Workbook

        from .workbook_pages import codes_sheet, guide_sheet, read_me_sheet, text_sheet
    except ImportError:
        raise MissingExtra(f"{path}: writing a workbook", "workbook") from None
    if path.suffix.lower() != ".xlsx":
        raise InputError(f"{path}: the name must end in .xlsx")
    options: dict[str, Any] = {
        "strings_to_formulas": False,
        "strings_to_numbers": False,
        "strings_to_urls": False,
        "in_memory": True,
    }
    with atomic_file(path) as new:
        # Made in memory: the library tries a second time to write to a disk that is full.
        made = io.BytesIO()
        xlsx = Workbook(made, options)
        try:
            try:
                out = Output(xlsx, formats(xlsx))
                read_me_sheet(out, contents.read_me)
                _tables(out, contents)
                if contents.texts:
                    text_sheet(out, contents.texts)
                if contents.book.guide:
                    guide_sheet(out, contents.book)
                codes_sheet(out, contents.book, list(contents.tables))
                _meta(out, contents)
            finally:
                step(f"writing {path.name}")
                xlsx.close()
        except XlsxWriterException as error:
            raise InputError(f"{path}: {one_line(error)}") from None
        new.write_bytes(made.getbuffer())


def _tables(out: Output, contents: Contents) -> None:
    from .workbook_lists import write_lists

    sheets = {name: out.xlsx.add_worksheet(name) for name in contents.tables}
    write_lists(out, contents.book, contents.tables)
    for name, sheet in sheets.items():
        step(f"writing the sheet {name}")
        _table(out, contents, contents.book.tables[name], sheet)


def _table(out: Output, contents: Contents, table: Table, sheet: Worksheet) -> None:
    book = contents.book
    role = _quote_columns(book, table)
    filled = quotes.filled_columns(role).values() if role else ()
    cells = {v.name: _shown(contents, table, v) for v in table.coded}
    widths = [_width(contents, table, v, cells[v.name]) for v in table.coded]
    heads: list[int] = []
    for column, (variable, width) in enumerate(zip(table.coded, widths, strict=True)):
        needed = variable.must_be_typed and variable.name not in filled
        numeric = variable.is_number
        sheet.set_column(column, column, width, out.forms["number" if numeric else "text"])
        title = " ".join(variable.title.split())
        runs = [(title, "bold"), (f"\n{variable.name}", "name")]
        write_runs(out, sheet, 0, column, runs, "needed" if needed else "head")
        heads.append(lines_of(title, width / 1.1) + 1)
        definition = _definition(variable, book)
        sheet.write_comment(0, column, definition[:LONGEST], {"x_scale": 3, "y_scale": 2})
        _validation(out, contents, table, variable, sheet, column)
        if needed:
            _mark_missing(out, sheet, column, len(table.coded) - 1)
        for line, text in enumerate(cells[variable.name], 1):
            number = as_number(text) if numeric else None
            if text:
                form = out.forms["text" if number is None else "number"]
                write_cell(sheet, line, column, text if number is None else number, form)
    set_height(sheet, 0, max(heads, default=1), LINE)
    for line, row in enumerate(zip(*cells.values(), strict=True), 1):
        set_height(sheet, line, max(map(lines_of, row, widths)))
    sheet.freeze_panes(1, 1)
    set_paper(sheet, sum(widths), first_column=True)
    if prompt := _prompt(book, table):
        sheet.write_comment(0, 0, prompt, {"x_scale": 3})


def _shown(contents: Contents, table: Table, variable: Variable) -> list[str]:
    """Return the cells of a column as a coder would choose them from the lists."""
    book = contents.book
    cells = [row.get(variable.name) or "" for row in contents.tables[table.name]]
    if variable.separator:
        return cells
    codes = book.code_list(variable)
    if codes is not None:
        return [cell_of(codes, cell) for cell in cells]
    named = named_by(book, table, variable)
    key = table.key_of(variable.name)
    if named is None or key is None or named[0].name not in contents.tables:
        return cells
    rows = contents.tables[named[0].name]
    names = {row.get(key.target): row.get(named[1].name) or "" for row in rows}
    return [with_label(cell, names.get(cell, "")) for cell in cells]


def _quote_columns(book: Book, table: Table) -> QuoteColumns | None:
    """Return the columns of quotes, if a table is the one into which they are typed."""
    return book.evidence.quote if table is book.typed_quotes else None


def _prompt(book: Book, table: Table) -> str:
    """Return what a coder should know before filling in a sheet; empty if nothing."""
    if table.roles.document:
        return (
            f"The {table.title.lower()}. Leave them as they are, unless you date one differently."
        )
    if role := _quote_columns(book, table):
        *some, last = quotes.filled_columns(role).values()
        return f"Leave {', '.join(some)} and {last} empty: they are found from {role.words}."
    return ""


def _mark_missing(out: Output, sheet: Worksheet, column: int, last_column: int) -> None:
    """Colour the empty cells of a column in rows that are begun."""
    rule = {
        "type": "formula",
        "criteria": f'=AND(COUNTA($A2:${letters(last_column)}2)>0,${letters(column)}2="")',
        "format": out.forms["missing"],
    }
    sheet.conditional_format(1, column, LAST_ROW, column, rule)


def _width(contents: Contents, table: Table, variable: Variable, cells: list[str]) -> int:
    """Return the width of a column, in characters: free text by its kind, values by their length."""
    book = contents.book
    role = _quote_columns(book, table)
    bound = variable.codes or variable.pattern or variable.words_for or variable.separator
    is_key = variable.name in table.primary_key or table.key_of(variable.name) is not None
    free = variable.type == "string" and not bound and not is_key
    if contents.wide:
        if variable.name in contents.wide:
            return TEXT
    elif role and variable.name == role.words:
        return WORDS
    elif free:
        return TEXT
    longest = [
        # The name of the column is small, its title is set in bold and goes on in a second line.
        breadth(variable.name) * 0.85 + 2,
        max(map(breadth, variable.title.split()), default=0) * 1.1 + 2,
        breadth(str(variable.example or "")) + 2,
        *(breadth(line) + 2 for cell in cells for line in cell.split("\n")),
    ]
    codes = book.code_list(variable)
    if codes is not None and labels_say_more(codes) and not variable.separator:
        longest += [breadth(cell_of(codes, str(code.code))) + 2 for code in codes.codes]
    if named_by(book, table, variable):
        longest.append(WIDEST)
    return round(max(NARROWEST, min(WIDEST, max(longest))))


def _definition(variable: Variable, book: Book) -> str:
    """Return a variable's definition for coders: what it means, its form, an example."""
    # A pattern is for programs; the example shows the form.
    said = limits(replace(variable, pattern=""))
    form = f"{FORMS.get(variable.type, 'text').capitalize()}; {said}".rstrip("; ")
    lines = [f"{variable.title}. {variable.description}"]
    if variable.unit:
        lines.append(f"Unit: {variable.unit}.")
    lines.append(f"{form}.")
    if variable.missing:
        lines.append(f"Empty: {variable.missing}.")
    if variable.example is not None:
        lines.append(f"Example: {variable.example}")
    return "\n".join(lines)


def _validation(
    out: Output,
    contents: Contents,
    table: Table,
    variable: Variable,
    sheet: Worksheet,
    column: int,
) -> None:
    """Give a column's cells their list, if there is one, and the definition as input message."""
    from .workbook_lists import list_source

    rule: dict[str, Any] = {"validate": "any"}
    codes = contents.book.code_list(variable)
    key = table.key_of(variable.name)
    if codes is not None and not variable.separator:
        rule = {
            "validate": "list",
            "source": list_source(out, table, codes),
            "error_type": "stop",
            "error_title": "Not in the list",
            "error_message": f"Choose a code of {codes.name}.",
        }
    elif key is not None and not variable.separator and key.table in out.keys:
        rule = {
            "validate": "list",
            "source": f"={out.keys[key.table]}",
            "error_type": "warning",
            "error_title": "Not in the list",
            "error_message": f"Is this the {key.target} of a row on the sheet {key.table}? If not, "
            "add the row there first.",
        }
    rule |= {
        "input_title": variable.title[:HEADING],
        "input_message": _input_message(variable),
        "ignore_blank": True,
    }
    sheet.data_validation(1, column, LAST_ROW, column, rule)


def _input_message(variable: Variable) -> str:
    text = variable.description
    if variable.missing:
        text += f" Empty: {variable.missing}."
    return text if len(text) <= MESSAGE else text[: MESSAGE - 3].rsplit(" ", 1)[0] + "..."


def _meta(out: Output, contents: Contents) -> None:
    """Write the hidden sheet by which the workbook is recognised when it comes back."""
    sheet = out.xlsx.add_worksheet(META)
    sheet.hide()
    values = (contents.coder, contents.book.name, contents.book.version, " ".join(contents.tables))
    for line, (word, value) in enumerate(zip(META_WORDS, values, strict=True)):
        write_cell(sheet, line, 0, word)
        write_cell(sheet, line, 1, value)
