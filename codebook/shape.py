"""The shape of a book's YAML files: what is a mapping, what a list, what a single value.

The loader says what a mapping may hold; this says, before it looks, that it is one. A JSON Schema
does so with the place of what is wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Schema = dict[str, Any]

ONE: Schema = {"not": {"anyOf": [{"type": "object"}, {"type": "array"}]}}
NAME: Schema = {"type": "string", "minLength": 1}
NAMES: Schema = {"type": ["array", "null"], "items": NAME}


def mapping(values: Schema, **known: Schema) -> Schema:
    """A mapping from names to values of one shape, but for those that are known by name."""
    return {
        "type": "object",
        "propertyNames": NAME,
        "properties": known,
        "additionalProperties": values,
    }


def perhaps(schema: Schema) -> Schema:
    """The same, or nothing."""
    return {"anyOf": [{"type": "null"}, schema]}


VARIABLE = mapping(
    ONE,
    constraints=perhaps(mapping(ONE, maxLength={"type": "integer"}, pattern={"type": "string"})),
    derived=perhaps(mapping(ONE, days=NAMES)),
    missingValues={"type": ["array", "null"], "items": ONE},
    formats=NAMES,
)
BOOK = mapping(
    ONE,
    codes=mapping(
        mapping(ONE, type=NAME, attributes=perhaps(mapping(NAME)), without=perhaps(mapping(ONE)))
    ),
    variables=mapping(VARIABLE),
    tables=mapping(
        mapping(
            ONE,
            variables={
                "type": "array",
                "items": {
                    "anyOf": [NAME, mapping(VARIABLE) | {"minProperties": 1, "maxProperties": 1}]
                },
            },
            optional=NAMES,
            primaryKey=NAMES,
            acyclic=NAMES,
            foreignKeys={"type": ["array", "null"], "items": mapping(ONE)},
            variants={
                "type": ["array", "null"],
                "items": mapping(ONE, without=NAMES, additional=NAMES),
            },
        )
    ),
)
EXAMPLES: Schema = {
    "anyOf": [mapping(ONE), {"type": "array", "items": mapping(ONE)}, {"type": "null"}]
}
RULES = mapping(mapping(ONE, bad=EXAMPLES, good=EXAMPLES))
FILES = {"book.yaml": BOOK, "rules.yaml": RULES}


def misshapen(file: str, content: Any) -> Iterator[tuple[int, str]]:
    """The line, and in words the place and the fault, of what in a file has another shape."""
    from jsonschema import Draft202012Validator

    for error in Draft202012Validator(FILES[file]).iter_errors(content):
        place = list(error.absolute_path)
        at, line = content, 1
        for step in place:
            data = getattr(getattr(at, "lc", None), "data", None) or {}
            line = data[step][0] + 1 if step in data else line
            at = at[step]
        what = "a mapping" if "object" in str(error.validator_value) else "a list"
        if error.validator in ("not", "anyOf"):
            what = "another kind of value"
        wanted = what if error.validator in ("type", "not", "anyOf") else error.message[:80]
        yield line, f"{'.'.join(map(str, place)) or 'the file'}: {wanted} was expected"
