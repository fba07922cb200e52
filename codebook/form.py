"""Check the form of a book's file against its JSON Schema, and report the place of every fault.

The schemas are files, which editors read too: `book.schema.json` and `rules.schema.json`. This
module implements the keywords of JSON Schema that they use; a test compares its results with those
of a full validator. Such a validator takes longer than the rest of the loading, which every command
needs, and its messages suggest no similar key and are not written for the author of a book.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, cast

from .nearest import nearest

Place = tuple[str | int, ...]
"""The keys and positions that lead to a value in a file."""

Fault = tuple[Place, str]
Schema = Mapping[str, Any]

FOLDER = Path(__file__).parent
SCHEMAS = {"book.yaml": "book.schema.json", "rules.yaml": "rules.schema.json"}
TYPES = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
    "null": "nothing",
}
CHECKED = {
    *("$ref", "type", "enum", "pattern", "minLength", "minimum", "allOf", "anyOf", "oneOf"),
    *("items", "minItems", "maxItems"),
    *("properties", "required", "additionalProperties", "propertyNames"),
    *("minProperties", "maxProperties"),
}
"""The keywords of JSON Schema that are checked here."""

ANNOTATIONS = {"$schema", "title", "description", "default", "definitions"}
"""The keywords that are not checked."""

SHOWN = 60
"""The maximum length of a value in a message."""


@cache
def schema_of(file: str) -> Schema:
    """Return the JSON Schema of `book.yaml` or `rules.yaml`."""
    return json.loads((FOLDER / SCHEMAS[file]).read_text(encoding="utf-8"))


def faults(file: str, content: Any) -> Iterator[Fault]:
    """Yield the parts of `book.yaml` or `rules.yaml` that do not have the form of the schema."""
    root = schema_of(file)
    return _faults(root, root, content, ())


def in_words(place: Place) -> str:
    """Return a place as people write it: `tables.events.variables`."""
    return ".".join(map(str, place)) or "the file"


def _faults(root: Schema, schema: Schema, value: Any, place: Place) -> Iterator[Fault]:
    schema = _resolved(root, schema)
    for part in schema.get("allOf", ()):
        yield from _faults(root, part, value, place)
    if not _has_type(schema, value):
        yield place, f"{_types(schema)} was expected, not {_shown(value)}"
        return
    if "enum" in schema and value not in schema["enum"]:
        yield place, f"{_shown(value)} is not allowed{_choice(value, schema['enum'])}"
    if isinstance(value, dict):
        yield from _mapping_faults(root, schema, cast("dict[str, Any]", value), place)
    elif isinstance(value, list):
        yield from _list_faults(root, schema, cast("list[Any]", value), place)
    else:
        yield from _scalar_faults(schema, value, place)
    if "anyOf" in schema or "oneOf" in schema:
        yield from _alternative_faults(root, schema, value, place)


def _mapping_faults(
    root: Schema, schema: Schema, value: dict[str, Any], place: Place
) -> Iterator[Fault]:
    known: Mapping[str, Schema] = schema.get("properties", {})
    others: Schema | bool = schema.get("additionalProperties", True)
    for key in schema.get("required", ()):
        if key not in value:
            yield place, f"{key} is missing"
    if len(value) < schema.get("minProperties", 0):
        yield place, "a mapping that is not empty was expected"
    if len(value) > schema.get("maxProperties", len(value)):
        yield place, f"only one key is allowed, not {', '.join(map(repr, value))}"
    for key, inner in value.items():
        if "propertyNames" in schema:
            for _, message in _faults(root, schema["propertyNames"], key, ()):
                yield (*place, key), f"the name {message}"
        if key in known:
            yield from _faults(root, known[key], inner, (*place, key))
        elif others is False:
            yield (*place, key), f"unknown key {key!r}{_choice(key, list(known))}"
        elif others is not True:
            yield from _faults(root, others, inner, (*place, key))


def _list_faults(root: Schema, schema: Schema, value: list[Any], place: Place) -> Iterator[Fault]:
    least, most = schema.get("minItems", 0), schema.get("maxItems", len(value))
    if not least <= len(value) <= most:
        count = f"{least}" if least == most else f"at least {least}"
        yield place, f"a list of {count} was expected, not of {len(value)}"
    for position, item in enumerate(value):
        yield from _faults(root, schema.get("items", {}), item, (*place, position))


def _scalar_faults(schema: Schema, value: Any, place: Place) -> Iterator[Fault]:
    if isinstance(value, str):
        if len(value) < schema.get("minLength", 0):
            yield place, "a text that is not empty was expected"
        if "pattern" in schema and not re.search(schema["pattern"], value):
            yield place, f"{_shown(value)} does not have the form {schema['pattern']}"
    elif "minimum" in schema and value < schema["minimum"]:
        yield place, f"{_shown(value)} is below {schema['minimum']}"


def _alternative_faults(root: Schema, schema: Schema, value: Any, place: Place) -> Iterator[Fault]:
    """Yield a fault if a value is none of several types, or has none of several sets of keys."""
    for word, count in (("anyOf", "one"), ("oneOf", "exactly one")):
        alternatives = [_resolved(root, a) for a in schema.get(word, ())]
        if alternatives and all(set(a) == {"required"} for a in alternatives):
            present = sum(all(key in value for key in a["required"]) for a in alternatives)
            if present == 0 or (present > 1 and word == "oneOf"):
                sets = "; ".join(" and ".join(a["required"]) for a in alternatives)
                yield place, f"{count} of these is needed: {sets}"
        elif alternatives:
            of_type = [a for a in alternatives if _has_type(a, value)]
            if not of_type:
                types = " or ".join(map(_types, alternatives))
                yield place, f"{types} was expected, not {_shown(value)}"
            elif all(found := [list(_faults(root, a, value, place)) for a in of_type]):
                yield from found[0]


def _resolved(root: Schema, schema: Schema) -> Schema:
    """Follow the references of a schema to definitions."""
    while "$ref" in schema:
        schema = root["definitions"][schema["$ref"].removeprefix("#/definitions/")]
    return schema


def _has_type(schema: Schema, value: Any) -> bool:
    types = schema.get("type")
    if types is None:
        return True
    if isinstance(types, str):
        return IS_A[types](value)
    return any(IS_A[type_](value) for type_ in types)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


IS_A: dict[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    # As in JSON Schema, 1.0 is a whole number.
    "integer": lambda value: _is_number(value) and value == int(value),
    "number": _is_number,
    "boolean": lambda value: isinstance(value, bool),
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
    "null": lambda value: value is None,
}


def _types(schema: Schema) -> str:
    types = schema["type"]
    return " or ".join(TYPES[name] for name in ([types] if isinstance(types, str) else types))


def _shown(value: Any) -> str:
    for type_ in ("null", "array", "object"):
        if IS_A[type_](value):
            return TYPES[type_]
    text = repr(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."


def _choice(word: Any, allowed: list[str]) -> str:
    """Return the nearest of the allowed words, and all of them, as the end of a message."""
    hint = nearest(str(word), allowed)
    return f"{f'; did you mean {hint!r}?' if hint else ';'} allowed: {', '.join(allowed)}"
