"""What a coder must know of a variable, in sentences: for people and programs who only read text.

No regular expression and no SQL: a form is shown by the example, and what follows from other values
is said by their names.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Container, Iterator
from typing import Any

from .coding_form import CodingPart, Field
from .model import Book, ConstraintKind, Table, Variable
from .pages import IN_WORDS

TYPES = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "date": "day, as YYYY-MM-DD",
    "datetime": "date and time, as YYYY-MM-DDTHH:MM:SSZ",
    "year": "year",
    "boolean": "true or false",
}
"""The types of a value in words."""

LONG_LIST = 100
"""A list of more codes is shown without their definitions."""
LIMITS: dict[ConstraintKind, Callable[[Variable, Any], str]] = {
    **IN_WORDS,
    "minimum": lambda _, limit: f"at least {limit}",
    "maximum": lambda _, limit: f"at most {limit}",
    "pattern": lambda variable, _: f"in the form of {_first(variable)}",
}
"""For each kind of constraint but codes its words; a list of codes is shown by itself."""

LITERAL = re.compile(r"'((?:[^']|'')*)'|TRUE|FALSE|-?[0-9]+(?:\.[0-9]+)?")
WORDS_OF = re.compile(r"\{(\w+)\.quote\}")
NAME = re.compile(r"[A-Za-z_]\w*")
SAYS_IT = re.compile(r"\bby default\b", re.IGNORECASE)


def type_in_words(book: Book, field: Field) -> str:
    """Return what a value is: its type, its code list, or the table that it points to."""
    if field.claimed:
        return "as the variable that the claim is about has it"
    if field.codes is not None:
        kind = "name of a variable" if field.codes.of_variables else f"code of `{field.codes.name}`"
    elif field.target is not None:
        names = [table.name for table in book.shared]
        kind = f"row of `{field.target.name}`, by its id"
        kind += " or its name" if field.target.name in names else ""
    else:
        kind = TYPES[field.type]
    if field.variable.unit:
        kind += f" ({field.variable.unit})"
    return f"list; each item: {kind}" if field.is_list else kind


def limits_in_words(
    part: CodingPart, field: Field, kinds: Container[ConstraintKind] = LIMITS
) -> list[str]:
    """Return the limits of a value in words, without the form of what has a name of its own.

    Args:
        part: the rows.
        field: the key of the value.
        kinds: the kinds of limits to say.
    """
    variable = field.variable
    formless = field.target is not None or has_own_id(part, field)
    return [
        LIMITS[c.kind](variable, c.limit)
        for c in variable.constraints(None)
        if c.kind in kinds and not (c.kind == "pattern" and formless)
    ]


def has_own_id(part: CodingPart, field: Field) -> bool:
    """Return whether a value is an id with a serial number: a coding has its own, as `e1`."""
    variable = field.variable
    numbered = bool(variable.id_form) or str(variable.example)[-1:].isdigit()
    return part.kind in ("unit", "shared") and field.name == part.id_field and numbered


def default_in_words(table: Table, variable: Variable) -> str:
    """Return what an empty value takes, as a sentence; empty if it takes nothing."""
    if variable.default is None:
        return ""
    sql = variable.default.sql.strip()
    if literal := LITERAL.fullmatch(sql):
        text = literal.group(1)
        return f"By default {sql.lower() if text is None else f'`{text}`'}."
    if sql in table:
        return f"By default the value of `{sql}`."
    if words := WORDS_OF.fullmatch(sql):
        return f"By default the words of the quote for `{words.group(1)}`."
    plain = re.sub(r"'(?:[^']|'')*'|\.\w+", "", sql)
    named = list(dict.fromkeys(n for n in NAME.findall(plain) if n in table))
    return f"By default it follows from {_listed(named)}." if named else "By default it follows."


def explained(book: Book, part: CodingPart, field: Field) -> Iterator[str]:
    """Yield sentences on what a value is and on what an empty one means, without its type."""
    variable = field.variable
    yield variable.description
    if has_own_id(part, field):
        yield f"Here an id of your own, as {own_id(part.table)}: the import gives the final one."
    if variable.missing:
        yield f"Empty means: {variable.missing}."
    of_quote = part.fields.get(field.name) is not field
    table = book.typed_quotes if of_quote and book.typed_quotes else part.table
    default = default_in_words(table, variable)
    if default and SAYS_IT.search(variable.description) is None:
        yield default


def own_id(table: Table, number: int = 1) -> str:
    """Return an id of a row that only one coding knows, as `e1`."""
    return f"{table.name[0].lower()}{number}"


def example_of(field: Field) -> str:
    """Return the example of a value as JSON has it, without quotation marks around a text."""
    example = field.variable.example
    if field.is_list:
        return json.dumps(str(example).split(field.variable.separator), ensure_ascii=False)
    return example if isinstance(example, str) else json.dumps(example)


def with_full_stop(text: str) -> str:
    """Return a text with a full stop at its end, if none of its own is there."""
    return text if text.endswith((".", "?", "!")) else f"{text}."


def capitalized(text: str) -> str:
    """Return a text with its first letter in upper case, and the others as they are."""
    return text[:1].upper() + text[1:]


def label_of(book: Book) -> str:
    """Return the name and the version of a book, as a coding names it."""
    return f"{book.name} {book.version}"


def _first(variable: Variable) -> str:
    """Return the example of a variable, of a list its first value."""
    text = str(variable.example)
    return text.split(variable.separator)[0] if variable.separator else text


def _listed(names: list[str]) -> str:
    quoted = [f"`{name}`" for name in names]
    return " and ".join(filter(None, (", ".join(quoted[:-1]), quoted[-1])))
