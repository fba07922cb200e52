"""The codebook as a workbook: a sheet a table, with lists to choose from, definitions, the texts.

For coders who work in Excel. Cells are text unless they hold numbers, so that no program turns an
id or a date into something else; the lists stand on a hidden sheet, so that long ones work.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...codebook import Book, CodeList, Table, Variable
from ...codebook.pages import limits
from ...validation.errors import InputError
from ...validation.evidence.documents import Document
from ...validation.evidence.quotes import PLACES
from ...validation.files.atomic import atomic_file
from ...validation.findings import letters
from ...validation.reading.parsing import FORMS
from ...validation.reading.workbooks import META, META_WORDS
from .table_files import Rows

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet

EXTRA = "writing a workbook needs the extra: pip install 'eventbook[workbook]'"
SPARE = 1000
"""Rows below those that are filled for which lists and marks are set."""
MESSAGE, HEADING = 255, 32
"""The most characters that Excel shows of an input message and of its title."""
PROMPT = {
    "documents": "The documents. Leave them as they are, unless you date one otherwise.",
    "evidence": "Leave paragraph, start and end empty: they are found from the quote.",
}


@dataclass(frozen=True)
class Contents:
    """What goes into a workbook: rows by table, the documents' texts, and for whom it is."""

    book: Book
    tables: Mapping[str, Rows]
    texts: Mapping[str, Document]
    coder: str
    read_me: tuple[str, ...]


@dataclass(frozen=True)
class _Made:
    """The workbook that is being written: its formats, and where the lists stand."""

    xlsx: Any
    forms: dict[str, Any]
    lists: dict[str, str]
    dependent: dict[str, tuple[str, str]]


def write_workbook(contents: Contents, path: Path) -> None:
    """Write the workbook, whole or not at all.

    Raises:
        InputError: the name does not end in .xlsx, the library is missing, or the folder cannot
            be written to.
    """
    try:
        import xlsxwriter
    except ImportError:
        raise InputError(f"{path}: {EXTRA}") from None
    if path.suffix.lower() != ".xlsx":
        raise InputError(f"{path}: the name must end in .xlsx")
    with atomic_file(path) as new:
        options = {
            "strings_to_formulas": False,
            "strings_to_numbers": False,
            "strings_to_urls": False,
        }
        xlsx = xlsxwriter.Workbook(str(new), options)
        made = _Made(xlsx, _forms(xlsx), {}, {})
        _lines_sheet(
            made,
            "read me",
            ["how to work with this workbook"],
            [[line] for line in contents.read_me],
            [110],
        )
        sheets = {name: xlsx.add_worksheet(name) for name in contents.tables}
        _lists(made, contents)
        for name, sheet in sheets.items():
            _table(made, contents, contents.book.tables[name], sheet)
        if contents.texts:
            rows = [
                [name, number, text.text[begins:ends]]
                for name, text in contents.texts.items()
                for number, (begins, ends) in enumerate(text.paragraphs, 1)
            ]
            _lines_sheet(made, "text", ["document", "paragraph", "text"], rows, [14, 10, 110])
        pages = [[line] for page in contents.book.guide for line in [*page.text.splitlines(), ""]]
        _lines_sheet(made, "guide", ["the guide"], pages, [130])
        _lines_sheet(
            made,
            "codes",
            ["list", "code", "label", "definition", "include", "exclude"],
            _codes(contents),
            [22, 26, 26, 70, 50, 50],
        )
        _meta(made, contents)
        sheets[next(iter(sheets))].activate()
        xlsx.close()


def _forms(xlsx: Any) -> dict[str, Any]:
    wrap = {"text_wrap": True, "valign": "top"}
    return {
        "text": xlsx.add_format({"num_format": "@", **wrap}),
        "number": xlsx.add_format(wrap),
        "head": xlsx.add_format(
            {"bold": True, "bottom": 1, "bg_color": "#E7E6E6", "num_format": "@"}
        ),
        "needed": xlsx.add_format(
            {"bold": True, "bottom": 1, "bg_color": "#FFD966", "num_format": "@"}
        ),
        "missing": xlsx.add_format({"bg_color": "#FCE4D6"}),
    }


def _lines_sheet(
    made: _Made, name: str, header: list[str], rows: list[list[Any]], widths: list[int]
) -> None:
    """A sheet to read: its cells are text that nothing is computed from."""
    sheet = made.xlsx.add_worksheet(name)
    for column, (title, width) in enumerate(zip(header, widths, strict=True)):
        sheet.set_column(column, column, width, made.forms["text"])
        sheet.write_string(0, column, title, made.forms["head"])
    for line, row in enumerate(rows, 1):
        for column, value in enumerate(row):
            if isinstance(value, int):
                sheet.write_number(line, column, value, made.forms["number"])
            elif value:
                sheet.write_string(line, column, value, made.forms["text"])
    sheet.freeze_panes(1, 0)


def _codes(contents: Contents) -> list[list[Any]]:
    used = {v.codes for name in contents.tables for v in contents.book.tables[name].coded}
    return [
        [codes.name, str(c.code), c.label, c.definition, c.include, c.exclude]
        for codes in contents.book.code_lists.values()
        if codes.name in used and not codes.name.startswith("variables of")
        for c in codes.codes
    ]


def _lists(made: _Made, contents: Contents) -> None:
    """The hidden sheet with a column for each code list, and beside it what it depends on."""
    sheet = made.xlsx.add_worksheet("lists")
    sheet.hide()
    column = 0
    for name in contents.tables:
        table = contents.book.tables[name]
        for variable in table.coded:
            codes = contents.book.code_list(variable)
            if codes is None or codes.name in made.lists:
                continue
            parent = _parent(contents.book, table, variable)
            ordered = [c for c in codes.codes if not c.deprecated]
            if parent:
                # A range can be cut out of the list only where the codes of one parent adjoin.
                places = list(contents.book.code_lists[table[parent].codes].values)
                ordered.sort(key=lambda c, p=parent, all=places: all.index(c.attributes[p]))  # type: ignore[arg-type]
            _column(sheet, column, [c.code for c in ordered])
            made.lists[codes.name] = _range(column, len(ordered))
            if parent:
                column += 1
                _column(sheet, column, [str(c.attributes[parent]) for c in ordered])
                made.dependent[codes.name] = (parent, _range(column, len(ordered)))
            column += 1


def _parent(book: Book, table: Table, variable: Variable) -> str | None:
    """The variable of the table on which a code list depends: an attribute of the list has its name."""
    codes = book.code_list(variable)
    found = [
        a
        for a in (codes.attributes if codes else ())
        if a in table and table[a].codes and not table[a].derived
    ]
    return found[0] if found else None


def _column(sheet: Worksheet, column: int, values: list[Any]) -> None:
    for line, value in enumerate(values):
        if isinstance(value, int):
            sheet.write_number(line, column, value)
        else:
            sheet.write_string(line, column, value)


def _range(column: int, height: int) -> str:
    letter = letters(column)
    return f"lists!${letter}$1:${letter}${height}"


def _table(made: _Made, contents: Contents, table: Table, sheet: Worksheet) -> None:
    rows = contents.tables[table.name]
    last = len(rows) + SPARE
    names = [v.name for v in table.coded]
    for column, variable in enumerate(table.coded):
        needed = variable.required and not (table.name == "evidence" and variable.name in PLACES)
        form = made.forms["number" if variable.type in ("integer", "number") else "text"]
        sheet.set_column(column, column, _width(variable), form)
        sheet.write_string(0, column, variable.name, made.forms["needed" if needed else "head"])
        sheet.write_comment(0, column, _told(variable, contents.book), {"x_scale": 3, "y_scale": 2})
        _offer(made, contents, table, variable, sheet, (1, column, last, column))
        if needed:
            letter, end = letters(column), letters(len(names) - 1)
            sheet.conditional_format(
                1,
                column,
                last,
                column,
                {
                    "type": "formula",
                    "criteria": f'=AND(COUNTA($A2:${end}2)>0,${letter}2="")',
                    "format": made.forms["missing"],
                },
            )
        for line, row in enumerate(rows, 1):
            value = row.get(variable.name)
            if value is None:
                continue
            if form is made.forms["number"] and (number := as_number(value)) is not None:
                sheet.write_number(line, column, number, form)
            else:
                sheet.write_string(line, column, value, made.forms["text"])
    sheet.freeze_panes(1, 1)
    if table.name in PROMPT:
        sheet.write_comment(0, 0, PROMPT[table.name], {"x_scale": 3})


def as_number(text: str) -> float | None:
    """A cell as the number that is written the same way; None if a number would not keep it."""
    if re.fullmatch(r"-?(0|[1-9]\d{0,14})(\.\d{1,10})?", text) is None:
        return None
    number = float(text)
    shown = str(int(number)) if number.is_integer() and "." not in text else str(number)
    return number if shown == text else None


def _width(variable: Variable) -> int:
    wide = {"quote": 60, "because": 50, "notes": 50, "statement": 50}
    return wide.get(variable.name, max(12, min(40, len(variable.name) + 3)))


def _told(variable: Variable, book: Book) -> str:
    """What a coder should know of a variable."""
    said = [f"{variable.title}. {variable.description}"]
    if variable.unit:
        said.append(f"Unit: {variable.unit}.")
    said.append(
        f"{FORMS.get(variable.type, 'text').capitalize()}; {limits(variable)}".rstrip("; ") + "."
    )
    if variable.missing:
        said.append(f"Empty: {variable.missing}.")
    if variable.example is not None:
        said.append(f"Example: {variable.example}")
    return "\n".join(said)


def _offer(
    made: _Made,
    contents: Contents,
    table: Table,
    variable: Variable,
    sheet: Worksheet,
    cells: tuple[int, int, int, int],
) -> None:
    """The list of a column's cells, if it has one, and the definition as input message."""
    rule: dict[str, Any] = {"validate": "any"}
    codes = contents.book.code_list(variable)
    key = table.key_of(variable.name)
    if codes is not None:
        rule = {
            "validate": "list",
            "source": _source(made, table, codes),
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
            "error_title": f"Not among {key.table}",
            "error_message": f"Add it to the sheet {key.table} first.",
        }
    rule |= {
        "input_title": variable.title[:HEADING],
        "input_message": _short(variable),
        "ignore_blank": True,
    }
    sheet.data_validation(*cells, rule)


def _short(variable: Variable) -> str:
    text = variable.description
    if variable.missing:
        text += f" Empty: {variable.missing}."
    return text if len(text) <= MESSAGE else text[: MESSAGE - 3].rsplit(" ", 1)[0] + "..."


def _source(made: _Made, table: Table, codes: CodeList) -> str:
    """The range that a cell's list is; cut to the codes of the parent where there is one."""
    if codes.name not in made.dependent:
        return f"={made.lists[codes.name]}"
    parent, beside = made.dependent[codes.name]
    cell = f"${letters([v.name for v in table.coded].index(parent))}2"
    whole = made.lists[codes.name]
    top = whole.split(":")[0]
    cut = f"OFFSET({top},MATCH({cell},{beside},0)-1,0,COUNTIF({beside},{cell}),1)"
    return f'=IF({cell}="",{whole},{cut})'


def _meta(made: _Made, contents: Contents) -> None:
    """The hidden sheet by which the workbook is known again."""
    sheet = made.xlsx.add_worksheet(META)
    sheet.hide()
    said = dict(
        zip(
            META_WORDS,
            (contents.coder, contents.book.name, contents.book.version, " ".join(contents.tables)),
            strict=True,
        )
    )
    for line, (word, value) in enumerate(said.items()):
        sheet.write_string(line, 0, word)
        sheet.write_string(line, 1, value)
