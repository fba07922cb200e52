"""The codebook as a workbook: a sheet a table, with lists to choose from, definitions, the texts.

For coders who work in Excel. Cells are text unless they hold numbers, so that no program turns an
id or a date into something else; the lists are on a hidden sheet, so that long ones work. Nothing
is cut to what a cell of Excel holds: a paragraph goes on in the next row, anything else is refused.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...codebook import Book, CodeList, Table, Variable
from ...codebook.pages import limits
from ...codebook.roles import QuoteColumns
from ...validation.errors import InputError, one_line
from ...validation.evidence import quotes
from ...validation.evidence.documents import Document
from ...validation.files.atomic import atomic_file
from ...validation.findings import letters
from ...validation.reading.parsing import FORMS
from ...validation.reading.workbooks import META, META_WORDS
from .table_files import Rows

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

EXTRA = "writing a workbook needs the extra: pip install 'eventbook[workbook]'"
SPARE = 1000
"""How many empty rows below the filled ones have lists and marks."""
LONGEST = 32_767
"""The most UTF-16 units that a cell of Excel holds."""
MESSAGE, HEADING = 255, 32
"""The most characters that Excel shows of an input message and of its title."""
WORDS, TEXT = 60, 50
"""The width of a column of words of a document, and of another one of free text."""


@dataclass(frozen=True)
class Contents:
    """What goes into a workbook: rows by table, the documents' texts, and who it is for."""

    book: Book
    tables: Mapping[str, Rows]
    texts: Mapping[str, Document]
    coder: str
    read_me: tuple[str, ...]


@dataclass(frozen=True)
class _Output:
    """The workbook that is being written: its formats, and the ranges of its lists.

    `dependent` has, for a list that depends on another variable, that variable and the range of
    its values, row by row with the list's.
    """

    xlsx: Workbook
    forms: Mapping[str, Format]
    lists: dict[str, str]
    dependent: dict[str, tuple[str, str]]


def write_workbook(contents: Contents, path: Path) -> None:
    """Write the workbook, whole or not at all.

    Raises:
        InputError: the name does not end in .xlsx, the library is missing, a value does not fit
            into a cell, a table cannot be a sheet, or the folder cannot be written to.
    """
    try:
        from xlsxwriter.exceptions import XlsxWriterException
        from xlsxwriter.workbook import Workbook
    except ImportError:
        raise InputError(f"{path}: {EXTRA}") from None
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
                _fill(_Output(xlsx, _forms(xlsx), {}, {}), contents)
            finally:
                xlsx.close()
        except XlsxWriterException as error:
            raise InputError(f"{path}: {one_line(error)}") from None
        new.write_bytes(made.getbuffer())


def _fill(out: _Output, contents: Contents) -> None:
    read_me = [[line] for line in contents.read_me]
    _lines_sheet(out, "read me", ["how to work with this workbook"], read_me, [110])
    sheets = {name: out.xlsx.add_worksheet(name) for name in contents.tables}
    _lists(out, contents)
    for name, sheet in sheets.items():
        _table(out, contents, contents.book.tables[name], sheet)
    if contents.texts:
        rows = list(_paragraphs(contents))
        _lines_sheet(out, "text", ["document", "paragraph", "text"], rows, [14, 10, 110])
    pages = [[line] for page in contents.book.guide for line in [*page.text.splitlines(), ""]]
    _lines_sheet(out, "guide", ["the guide"], pages, [130])
    columns = ["list", "code", "label", "definition", "include", "exclude"]
    _lines_sheet(out, "codes", columns, _codes(contents), [22, 26, 26, 70, 50, 50])
    _meta(out, contents)
    next(iter(sheets.values())).activate()


def _forms(xlsx: Workbook) -> dict[str, Format]:
    wrap = {"text_wrap": True, "valign": "top"}
    head = {"bold": True, "bottom": 1, "num_format": "@"}
    return {
        "text": xlsx.add_format({"num_format": "@", **wrap}),
        "number": xlsx.add_format(wrap),
        "head": xlsx.add_format({**head, "bg_color": "#E7E6E6"}),
        "needed": xlsx.add_format({**head, "bg_color": "#FFD966"}),
        "missing": xlsx.add_format({"bg_color": "#FCE4D6"}),
    }


def _write(
    sheet: Worksheet, line: int, column: int, value: str | float, form: Format | None = None
) -> None:
    """Write a cell.

    Raises:
        InputError: Excel has no such cell, or it holds less than the value.
    """
    if isinstance(value, str):
        fits = _size(value) <= LONGEST and sheet.write_string(line, column, value, form) == 0
    else:
        fits = sheet.write_number(line, column, value, form) == 0
    if not fits:
        cell = f"{sheet.get_name()}!{letters(column)}{line + 1}"
        size = f"{_size(value):,} characters" if isinstance(value, str) else f"{value}"
        raise InputError(
            f"{cell}: {size} do not fit: a cell of Excel holds {LONGEST:,}, a sheet 1,048,576 rows"
        )


def _size(text: str) -> int:
    """Return the length of a text as Excel counts it, in UTF-16 units."""
    return len(text.encode("utf-16-le")) // 2


def _paragraphs(contents: Contents) -> Iterator[list[str | float]]:
    """Yield the paragraphs of the documents; a long one takes several rows of the same number."""
    for name, document in contents.texts.items():
        for number, (begin, end) in enumerate(document.paragraphs, 1):
            for part in parts_that_fit(document.text[begin:end]):
                yield [name, number, part]


def parts_that_fit(text: str) -> list[str]:
    """Return a text in parts that a cell of Excel holds, divided between words where it can be."""
    parts = []
    while _size(text) > LONGEST:
        end = LONGEST
        while (over := _size(text[:end]) - LONGEST) > 0:
            end -= (over + 1) // 2
        between_words = max(text.rfind(" ", 0, end), text.rfind("\n", 0, end)) + 1
        end = between_words or end
        parts.append(text[:end])
        text = text[end:]
    return [*parts, text]


def _lines_sheet(
    out: _Output,
    name: str,
    header: list[str],
    rows: Sequence[Sequence[str | float]],
    widths: list[int],
) -> None:
    """Write a sheet to read: its cells are text that nothing is computed from."""
    sheet = out.xlsx.add_worksheet(name)
    for column, (title, width) in enumerate(zip(header, widths, strict=True)):
        sheet.set_column(column, column, width, out.forms["text"])
        _write(sheet, 0, column, title, out.forms["head"])
    for line, row in enumerate(rows, 1):
        for column, value in enumerate(row):
            if value != "":
                form = out.forms["text" if isinstance(value, str) else "number"]
                _write(sheet, line, column, value, form)
    sheet.freeze_panes(1, 0)


def _codes(contents: Contents) -> list[list[str | float]]:
    used = {v.codes for name in contents.tables for v in contents.book.tables[name].coded}
    return [
        [codes.name, str(c.code), c.label, c.definition, c.include, c.exclude]
        for codes in contents.book.code_lists.values()
        if codes.name in used and not codes.of_variables
        for c in codes.codes
    ]


def _lists(out: _Output, contents: Contents) -> None:
    """Write the hidden sheet with a column for each code list, and what it depends on next to it."""
    sheet = out.xlsx.add_worksheet("lists")
    sheet.hide()
    column = 0
    for name in contents.tables:
        table = contents.book.tables[name]
        for variable in table.coded:
            codes = contents.book.code_list(variable)
            if codes is None or codes.name in out.lists:
                continue
            parent = parent_of(contents.book, table, variable)
            ordered = [c for c in codes.codes if not c.deprecated]
            if parent:
                # A range can be cut out of the list only where the codes of one parent adjoin.
                parents = list(contents.book.code_lists[table[parent].codes].values)
                ordered = [c for p in parents for c in ordered if c.attributes[parent] == p]
            _column(sheet, column, [c.code for c in ordered])
            out.lists[codes.name] = _range(column, len(ordered))
            if parent:
                column += 1
                _column(sheet, column, [str(c.attributes[parent]) for c in ordered])
                out.dependent[codes.name] = (parent, _range(column, len(ordered)))
            column += 1


def parent_of(book: Book, table: Table, variable: Variable) -> str | None:
    """Return the variable of the table on which a code list depends, if there is one.

    An attribute of the list has its name.
    """
    codes = book.code_list(variable)
    for attribute in codes.attributes if codes else ():
        if attribute in table and table[attribute].codes and not table[attribute].derived:
            return attribute
    return None


def _column(sheet: Worksheet, column: int, values: list[str | int]) -> None:
    for line, value in enumerate(values):
        _write(sheet, line, column, value)


def _range(column: int, height: int) -> str:
    letter = letters(column)
    return f"lists!${letter}$1:${letter}${height}"


def _table(out: _Output, contents: Contents, table: Table, sheet: Worksheet) -> None:
    rows = contents.tables[table.name]
    last = len(rows) + SPARE
    role = _quote_columns(contents.book, table)
    filled = quotes.filled_columns(role).values() if role else ()
    for column, variable in enumerate(table.coded):
        needed = variable.must_be_typed and variable.name not in filled
        numeric = variable.is_number
        sheet.set_column(
            column,
            column,
            _width(contents.book, table, variable),
            out.forms["number" if numeric else "text"],
        )
        _write(sheet, 0, column, variable.name, out.forms["needed" if needed else "head"])
        definition = _definition(variable, contents.book)
        sheet.write_comment(0, column, definition[:LONGEST], {"x_scale": 3, "y_scale": 2})
        _validation(out, contents, table, variable, sheet, (1, column, last, column))
        if needed:
            _mark_missing(out, sheet, column, len(table.coded) - 1, last)
        for line, row in enumerate(rows, 1):
            text = row.get(variable.name)
            if text is None:
                continue
            number = as_number(text) if numeric else None
            if number is None:
                _write(sheet, line, column, text, out.forms["text"])
            else:
                _write(sheet, line, column, number, out.forms["number"])
    sheet.freeze_panes(1, 1)
    if prompt := _prompt(contents.book, table):
        sheet.write_comment(0, 0, prompt, {"x_scale": 3})


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


def _mark_missing(
    out: _Output, sheet: Worksheet, column: int, last_column: int, last_line: int
) -> None:
    """Colour the empty cells of a column in rows that are begun."""
    rule = {
        "type": "formula",
        "criteria": f'=AND(COUNTA($A2:${letters(last_column)}2)>0,${letters(column)}2="")',
        "format": out.forms["missing"],
    }
    sheet.conditional_format(1, column, last_line, column, rule)


def as_number(text: str) -> float | None:
    """Return a cell as the number that is written the same way; None if a number would not keep it."""
    if re.fullmatch(r"-?(0|[1-9]\d{0,14})(\.\d{1,10})?", text) is None:
        return None
    number = float(text)
    shown = str(int(number)) if number.is_integer() and "." not in text else str(number)
    return number if shown == text else None


def _width(book: Book, table: Table, variable: Variable) -> int:
    role = _quote_columns(book, table)
    if role and variable.name == role.words:
        return WORDS
    bound = variable.codes or variable.pattern or variable.words_for or variable.separator
    if variable.type == "string" and not bound and table.key_of(variable.name) is None:
        return TEXT
    return max(12, min(40, len(variable.name) + 3))


def _definition(variable: Variable, book: Book) -> str:
    """Return a variable's definition for coders: what it means, its form, an example."""
    form = f"{FORMS.get(variable.type, 'text').capitalize()}; {limits(variable)}".rstrip("; ")
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
    out: _Output,
    contents: Contents,
    table: Table,
    variable: Variable,
    sheet: Worksheet,
    cells: tuple[int, int, int, int],
) -> None:
    """Give a column's cells their list, if there is one, and the definition as input message."""
    rule: dict[str, Any] = {"validate": "any"}
    codes = contents.book.code_list(variable)
    key = table.key_of(variable.name)
    if codes is not None and not variable.separator:
        rule = {
            "validate": "list",
            "source": _source(out, table, codes),
            "error_type": "stop",
            "error_title": "Not in the list",
            "error_message": f"Choose a code of {codes.name}.",
        }
    elif key is not None and not variable.separator and key.table in contents.tables:
        target = contents.book.tables[key.table]
        letter = letters([v.name for v in target.coded].index(key.target))
        height = len(contents.tables[key.table]) + SPARE
        rule = {
            "validate": "list",
            "source": f"={key.table}!${letter}$2:${letter}${height}",
            "error_type": "warning",
            "error_title": f"Not in {key.table}",
            "error_message": f"Add it to the sheet {key.table} first.",
        }
    rule |= {
        "input_title": variable.title[:HEADING],
        "input_message": _input_message(variable),
        "ignore_blank": True,
    }
    sheet.data_validation(*cells, rule)


def _input_message(variable: Variable) -> str:
    text = variable.description
    if variable.missing:
        text += f" Empty: {variable.missing}."
    return text if len(text) <= MESSAGE else text[: MESSAGE - 3].rsplit(" ", 1)[0] + "..."


def _source(out: _Output, table: Table, codes: CodeList) -> str:
    """Return the range of a cell's list, limited to the codes of the parent where there is one."""
    whole = out.lists[codes.name]
    if codes.name not in out.dependent:
        return f"={whole}"
    parent, parents = out.dependent[codes.name]
    cell = f"${letters([v.name for v in table.coded].index(parent))}2"
    top = whole.split(":")[0]
    of_parent = f"OFFSET({top},MATCH({cell},{parents},0)-1,0,COUNTIF({parents},{cell}),1)"
    return f'=IF({cell}="",{whole},{of_parent})'


def _meta(out: _Output, contents: Contents) -> None:
    """Write the hidden sheet by which the workbook is recognised when it comes back."""
    sheet = out.xlsx.add_worksheet(META)
    sheet.hide()
    values = (contents.coder, contents.book.name, contents.book.version, " ".join(contents.tables))
    for line, (word, value) in enumerate(zip(META_WORDS, values, strict=True)):
        _write(sheet, line, 0, word)
        _write(sheet, line, 1, value)
