"""The reference page of the format of a book, made from its JSON Schemas and the table of SQL.

Run it with the path of the page: `python -m eventbook.codebook.format_page codebook/book-format.md`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from .form import TYPES, schema_of
from .sql_parts import sql_parts

PAGE = "book-format.md"
HEAD = """\
# The format of a codebook

A codebook is a folder: `book.yaml` (tables and variables), `rules.yaml`, `codes/<list>.csv`, `guide/*.md` and, for conversions, `crosswalks/`. [Writing a codebook](writing-a-book.md) builds one step by step; this page lists every key. It is made from [book.schema.json](book.schema.json), [rules.schema.json](rules.schema.json) and [sql.csv](sql.csv) by `make references`; editors that know JSON Schema complete and check the keys as you type, if the first line of a file names its schema.
"""
SQL = """\
## SQL in a book

A rule's `violates` and a variable's `derived: {sql: ...}` are SQL expressions over one row. They may have these parts, which mean the same in polars, DuckDB and Spark; a database gets a rule as a CHECK if it shares all of the rule's parts. `{variable.attribute}` looks up an attribute of a code, or a variable of the row that a key points to. A name that is a word of SQL, such as "end", needs double quotation marks.

| form | meaning | SQLite | PostgreSQL |
|---|---|---|---|
"""


def format_reference() -> str:
    """Return the page."""
    book, rules = schema_of("book.yaml"), schema_of("rules.yaml")
    sections = [
        *_section(book, "book.yaml", book),
        *_section(book, "A code list: codes.&lt;list&gt;", book["definitions"]["codeList"]),
        *_section(book, "A variable: variables.&lt;name&gt;", book["definitions"]["variable"]),
        *_section(book, "A table: tables.&lt;name&gt;", book["definitions"]["table"]),
        *_section(book, "Roles: tables.&lt;name&gt;.roles", book["definitions"]["roles"]),
        *_section(rules, "A rule: rules.yaml, &lt;id&gt;", rules["additionalProperties"]),
    ]
    sql = "".join(
        f"| {_cell(f'`{part.form}`')} | {_cell(part.says)} "
        f"| {_yes(part.databases['sqlite'])} | {_yes(part.databases['postgresql'])} |\n"
        for part in sql_parts()
    )
    return "\n".join([HEAD, *sections, SQL + sql])


def _section(root: Mapping[str, Any], title: str, schema: Mapping[str, Any]) -> Iterator[str]:
    """Yield the section of a mapping: a table with a row a key, inner keys with dots."""
    yield f"## {title}\n"
    if "description" in schema:
        yield f"{schema['description']}\n"
    yield "| key | value | meaning |\n|---|---|---|"
    yield from _rows(root, schema, "")
    yield ""


def _rows(root: Mapping[str, Any], schema: Mapping[str, Any], prefix: str) -> Iterator[str]:
    needed = schema.get("required", ())
    for key, given in schema.get("properties", {}).items():
        inner = _resolved(root, given)
        name = f"{prefix}{key}"
        says = given.get("description") or inner.get("description", "")
        need = "**needed**. " if key in needed else ""
        usual = f" By default {json.dumps(inner['default'])}." if "default" in inner else ""
        yield f"| `{name}` | {_cell(_value(root, inner))} | {_cell(need + says + usual)} |"
        items = _resolved(root, inner.get("items", {}))
        mapping = items if items.get("properties") else inner
        if mapping.get("properties") and key not in ("roles", "variables", "tables", "codes"):
            yield from _rows(root, mapping, f"{name}{'[]' if mapping is items else ''}.")


def _value(root: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    """Return in words what a value may be."""
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    if "anyOf" in schema and "type" not in schema:
        parts = [_value(root, _resolved(root, part)) for part in schema["anyOf"]]
        return " or ".join(dict.fromkeys(parts))
    types = schema.get("type", "object")
    words = [TYPES[name] for name in ([types] if isinstance(types, str) else types)]
    if types == "array":
        return f"a list; each item {_value(root, _resolved(root, schema.get('items', {})))}"
    return " or ".join(words)


def _resolved(root: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    while "$ref" in schema:
        schema = root["definitions"][schema["$ref"].removeprefix("#/definitions/")]
    return schema


def _cell(text: str) -> str:
    """Return text as the cell of a Markdown table."""
    return text.replace("|", "\\|").replace("<", "&lt;")


def _yes(shared: bool) -> str:
    return "yes" if shared else ""


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(format_reference(), encoding="utf-8")
