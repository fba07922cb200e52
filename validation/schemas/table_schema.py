"""The Table Schema (Data Package v2) of a published table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...codebook import Book, CodeList, Table, Variable
from ...codebook.model import ConstraintKind, cell

CONSTRAINTS: dict[ConstraintKind, tuple[str, Callable[[Any], Any]]] = {
    "required": ("required", bool),
    "unique": ("unique", bool),
    # JSON has no days: a bound on days is written as in a cell.
    "minimum": ("minimum", lambda limit: limit if isinstance(limit, int | float) else cell(limit)),
    "maximum": ("maximum", lambda limit: limit if isinstance(limit, int | float) else cell(limit)),
    "max-length": ("maxLength", int),
    # The standard matches a pattern against the whole cell.
    "pattern": ("pattern", str),
    "code": ("enum", list),
}
"""For each kind of constraint its word in the standard, and its value there, given the limit."""


def table_schema(book: Book, table: Table) -> dict[str, Any]:
    """Return the Table Schema (Data Package v2) of a published table.

    Codes are listed twice, as `categories` with labels for readers and as `enum` for validators,
    which enforce only that. Rules in SQL have no place in the standard.
    """
    schema: dict[str, Any] = {
        "$schema": "https://datapackage.org/profiles/2.0/tableschema.json",
        "fields": [_field(book, variable) for variable in table.variables],
        "missingValues": [""],
    }
    if table.derived:
        schema["eventbook:derived"] = True
    if table.primary_key:
        schema["primaryKey"] = list(table.primary_key)
    foreign = [
        {
            "fields": [key.field],
            "reference": {
                "resource": "" if key.table == table.name else key.table,
                "fields": [key.target],
            },
        }
        for key in table.foreign_keys
        # A list in a cell cannot be a foreign key there; `participants` has a row for each.
        if not key.absent and not table[key.field].separator
    ]
    if foreign:
        schema["foreignKeys"] = foreign
    if tombstones := [key for key in table.foreign_keys if key.absent]:
        # Where ids are listed that were withdrawn: the standard has no key that must be absent.
        schema["eventbook:tombstones"] = [
            {"fields": [k.field], "reference": {"resource": k.table, "fields": [k.target]}}
            for k in tombstones
        ]
    return schema


def _code_of(book: Book, variable: Variable) -> Any:
    """The example of a variable; its code where the example is a label."""
    codes = book.code_list(variable)
    labels = {c.label: c.code for c in codes.codes} if codes and variable.labels else {}
    return labels.get(str(variable.example), variable.example)


def _labels(codes: CodeList) -> dict[str, dict[str, str]]:
    """Return the labels of codes in further languages, by language and code."""
    found: dict[str, dict[str, str]] = {}
    for code in codes.codes:
        for language, words in code.translations.items():
            if "label" in words:
                found.setdefault(language, {})[str(code.code)] = words["label"]
    return found


def _field(book: Book, variable: Variable) -> dict[str, Any]:
    field: dict[str, Any] = {
        "name": variable.name,
        "title": variable.title,
        "description": variable.description,
        "type": variable.type,
        # The 2.0 profile wants text here, whatever the type of the field.
        "example": str(_code_of(book, variable)),
    }
    if variable.type in ("date", "datetime"):
        field["format"] = "default"
    codes = book.code_list(variable)
    # Categories allow nothing else.
    if codes is not None and not codes.open and not variable.separator:
        field["categories"] = [{"value": c.code, "label": c.label} for c in codes.codes]
        # Data Package 2.0 has one language; the others are beside it.
        if labels := _labels(codes):
            field["eventbook:labels"] = labels
    if variable.translations:
        field["eventbook:translations"] = variable.translations
    constraints: dict[str, Any] = {}
    for constraint in book.constraints(variable):
        word, value_of = CONSTRAINTS[constraint.kind]
        constraints[word] = value_of(constraint.limit)
    if constraints:
        field["constraints"] = constraints
    for key in ("unit", "missing", "since", "deprecated"):
        if value := getattr(variable, key):
            field[f"eventbook:{key}"] = value
    if variable.derived:
        field["eventbook:derived"] = variable.derived.sql or " to ".join(variable.derived.days)
    return field
