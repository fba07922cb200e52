"""The Table Schema (Data Package v2) of a published table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...codebook import Book, Table, Variable

if TYPE_CHECKING:
    pass


def table_schema(book: Book, table: Table) -> dict[str, Any]:
    """The Table Schema (Data Package v2) of a published table.

    Codes stand twice, as `categories` with labels for readers and as `enum` for validators, which
    enforce only that. Rules in SQL have no place in the standard: they are listed by name.
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
        # A list in a cell cannot be a foreign key there; `participants` holds these apart.
        if not key.absent and not table[key.field].separator
    ]
    if foreign:
        schema["foreignKeys"] = foreign
    if tombstones := [key for key in table.foreign_keys if key.absent]:
        # Where the ids stand that were withdrawn: the standard has no key that must be absent.
        schema["eventbook:tombstones"] = [
            {"fields": [k.field], "reference": {"resource": k.table, "fields": [k.target]}}
            for k in tombstones
        ]
    return schema


def _code_of(book: Book, variable: Variable) -> Any:
    """The example of a variable; the code where the example is a label."""
    codes = book.code_list(variable)
    labels = {c.label: c.code for c in codes.codes} if codes and variable.labels else {}
    return labels.get(str(variable.example), variable.example)


def _field(book: Book, variable: Variable) -> dict[str, Any]:
    field: dict[str, Any] = {
        "name": variable.name,
        "title": variable.title,
        "description": variable.description,
        "type": variable.type,
        # The 2.0 profile wants text here, whatever the type of the field.
        "example": str(_code_of(book, variable)),
    }
    if variable.type == "date":
        field["format"] = "default"
    limits: dict[str, Any] = {
        "required": variable.required or None,
        "unique": variable.unique or None,
        "minimum": variable.minimum,
        "maximum": variable.maximum,
        "maxLength": variable.max_length,
        "pattern": variable.unanchored_pattern or None,
    }
    codes = book.code_list(variable)
    if codes is not None:
        field["categories"] = [{"value": c.code, "label": c.label} for c in codes.codes]
        limits["enum"] = list(codes.values)
    if limits := {key: value for key, value in limits.items() if value is not None}:
        field["constraints"] = limits
    for key in ("unit", "missing", "since", "deprecated"):
        if value := getattr(variable, key):
            field[f"eventbook:{key}"] = value
    if variable.derived:
        field["eventbook:derived"] = variable.derived.sql or " to ".join(variable.derived.days)
    return field
