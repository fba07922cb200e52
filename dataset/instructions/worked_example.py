"""A small coding as JSON that shows the form, made from the examples of the codebook."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ...codebook import Book
from ...codebook.coding_form import (
    CODEBOOK,
    DOCUMENT,
    QUOTES,
    VALUE,
    CodingPart,
    Field,
    coding_parts,
)
from ...codebook.wording import has_own_id, label_of, own_id
from ...validation.coding.pairing import name_variable


def example_coding(
    book: Book, document: str | None = None, parts: Iterable[CodingPart] | None = None
) -> dict[str, Any]:
    """Return a coding with one row a table, of the values that must be there and a few others.

    Each value is the example of its variable, so that together they are no event of any document.

    Args:
        book: the codebook.
        document: the document that it names; by default the example of the codebook.
        parts: the tables that it has; all that coders fill if left out.
    """
    chosen = list(coding_parts(book).values()) if parts is None else list(parts)
    names = {part.name for part in chosen}
    if document is None and book.documents is not None:
        document = str(book.documents[book.documents.primary_key[0]].example)
    coding: dict[str, Any] = {CODEBOOK: label_of(book), DOCUMENT: document}
    for part in chosen:
        if part.kind != "quotes":
            coding[part.name] = [
                {f.name: _shown(book, part, f, names) for f in _fields(part, names)}
            ]
    return coding


def _fields(part: CodingPart, names: set[str]) -> list[Field]:
    """Return the keys of a row that are shown: those that must be there, a list, a link."""
    fields = list(part.fields.values())
    shown = [f for f in fields if f.variable.must_be_typed]
    if part.kind == "unit":
        links = (f for f in fields if f.target and f.target.name in names - {part.name})
        unit = next((f for f in links if f.target and f.target.unit), None)
        listed = next((f for f in fields if f.is_list and f.carried), None)
        shown += [f for f in (unit, listed) if f is not None and f not in shown]
    return [f for f in fields if f in shown]


def _shown(book: Book, part: CodingPart, field: Field, names: set[str]) -> Any:
    value = _value(book, part, field, names)
    if not field.carried:
        return value
    return {VALUE: value, QUOTES: [_words(part, field)]}


def _value(book: Book, part: CodingPart, field: Field, names: set[str]) -> Any:
    """Return the example of a variable as JSON has it; ids and names as a coder writes them."""
    variable, target = field.variable, field.target
    if has_own_id(part, field):
        return own_id(part.table)
    example = variable.example
    values = str(example).split(variable.separator) if variable.separator else [example]
    if target is not None:
        values = [_named(book, coding_parts(book).get(target.name), value) for value in values]
    return values if field.is_list else values[0]


def _named(book: Book, part: CodingPart | None, example: Any) -> Any:
    """Return how a coder names a row: a unit by its own id, a shared row by its name if it has one."""
    if part is None or not part.id_field:
        return example
    if has_own_id(part, part.fields[part.id_field]):
        return own_id(part.table)
    same = part.fields[part.id_field].variable.example == example
    return name_variable(part.table).example if same else example


def _words(part: CodingPart, field: Field) -> Any:
    """Return words for a value: the example of the variable that holds them, else that of quotes."""
    for variable in part.table.variables:
        if variable.words_for == field.name:
            return variable.example
    assert part.quote is not None
    return part.quote.words.variable.example
