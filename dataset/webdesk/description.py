"""What the page of the desk has to know of a book: tables, fields, codes, roles, the guide."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...codebook import Book, CodeList, Table, Variable
from ...codebook.model import Page
from ...codebook.pages import limits
from ...validation.coding.coded_workbook import tables_of
from ...validation.coding.pairing import name_variable, shared_tables
from ...validation.reading.parsing import FORMS
from ..desk.new_row import asked_first, id_fields
from ..desk.workbook_lists import parent_of
from ..html.guide_text import html_of

Described = dict[str, Any]
"""Plain data for JSON."""


def describe_book(book: Book) -> Described:
    """Return a book as the page of the desk takes it."""
    tables = tables_of(book)
    lists = {v.codes for table in tables for v in table.coded if v.codes}
    lists |= {name for table in tables for name in id_fields(table) if name in book.code_lists}
    return {
        "title": book.title,
        "version": book.version,
        "tables": [_table(book, table) for table in tables],
        "codes": {name: _codes(book.code_lists[name]) for name in sorted(lists)},
        "quotes": _quotes(book),
        "passages": _passages(book),
        "guide": [_page(page) for page in book.guide],
    }


def _table(book: Book, table: Table) -> Described:
    one, several = table.row or (f"row of {table.name}", f"rows of {table.name}")
    shared = table.name in shared_tables(book)
    return {
        "name": table.name,
        "title": table.title,
        "description": table.description,
        "row": [one, several],
        "unit": table.unit,
        "shared": shared,
        "isDocuments": table is book.documents,
        "key": list(table.primary_key),
        "document": book.document_key(table),
        "caption": [name for name in table.roles.caption if name in table],
        "featured": list(table.featured),
        "label": name_variable(table).name if shared else "",
        "place": table.roles.gazetteer is not None,
        "fields": [_field(book, table, variable) for variable in table.coded],
        "follows": [_follows(v) for v in table.variables if v.derived],
        "idFields": [_id_field(book, name) for name in id_fields(table)],
        "first": list(asked_first(book, table)),
        "link": _link(book, table),
    }


def _field(book: Book, table: Table, variable: Variable) -> Described:
    key = table.key_of(variable.name)
    described = {
        "name": variable.name,
        "title": variable.title,
        "help": variable.description,
        "form": FORMS.get(variable.type, "text"),
        "type": variable.type,
        "unit": variable.unit,
        "missing": variable.missing,
        "example": "" if variable.example is None else str(variable.example),
        "required": variable.must_be_typed,
        "default": variable.default is not None,
        "codes": variable.codes,
        "parent": parent_of(book, table, variable) or "",
        "separator": variable.separator,
        "target": key.table if key else "",
        "targetColumn": key.target if key else "",
        "evidence": variable.evidence,
        "wordsFor": variable.words_for,
        "fixed": variable.name in _fixed(table),
        "longest": variable.max_length or 0,
        "guide": book.guide_page(variable),
    }
    if not variable.pattern:
        described["limits"] = limits(variable)
    return described


def _fixed(table: Table) -> tuple[str, ...]:
    """Return the columns that say which document it is: they belong to the package."""
    role = table.roles.document
    return (*table.primary_key, role.file, role.hash) if role else ()


def _follows(variable: Variable) -> Described:
    return {"name": variable.name, "title": variable.title, "help": variable.description}


def _id_field(book: Book, name: str) -> Described:
    codes = book.code_lists.get(name)
    title = codes.title if codes else name.replace("_", " ").capitalize()
    return {"name": name, "title": title, "codes": name if codes else ""}


def _link(book: Book, table: Table) -> str:
    """Return the variable of a unit that names another unit which it belongs to."""
    claim = table.roles.claim
    if table.unit and claim is not None and claim.about:
        return claim.about
    others = {unit.name for unit in book.units if unit is not table}
    names = (v.name for v in table.coded if (k := table.key_of(v.name)) and k.table in others)
    return next(names, "") if table.unit else ""


def _codes(codes: CodeList) -> list[Described]:
    return [
        {
            "code": str(code.code),
            "label": code.label,
            "definition": code.definition,
            "include": code.include,
            "exclude": code.exclude,
            "deprecated": code.deprecated,
            "attributes": {n: None if v is None else str(v) for n, v in code.attributes.items()},
        }
        for code in codes.codes
    ]


def _quotes(book: Book) -> Described | None:
    """Return the table into which quotes are typed and its columns; None if the book has none."""
    typed, quotes = book.typed_quotes, book.quotes
    if typed is None or quotes is None:
        return None
    names = book.evidence.quote
    variables = quotes.derived.unnest[0].column if quotes.derived else names.variable
    return {
        "table": typed.name,
        "words": names.words,
        "document": names.document,
        "paragraph": names.paragraph,
        "start": names.start,
        "end": names.end,
        "basis": names.basis,
        "because": names.because,
        "variables": variables,
        "separator": typed[variables].separator,
        "owners": list(_owners(book, typed)),
    }


def _owners(book: Book, typed: Table) -> Iterator[Described]:
    for column in book.typed_owners:
        key = typed.key_of(column)
        if key is not None:
            separator = typed[column].separator
            yield {
                "table": key.table,
                "column": column,
                "separator": separator,
                "target": key.target,
            }


def _passages(book: Book) -> Described | None:
    table, names = book.passages, book.evidence.passage
    if table is None:
        return None
    return {
        "table": table.name,
        "document": names.document,
        "paragraph": names.paragraph,
        "words": names.words,
        "reason": names.reason,
        "because": names.because,
    }


def _page(page: Page) -> Described:
    return {"name": page.name, "title": page.title, "html": html_of(page.text)}
