"""The JSON Schema of a coding of one document, in the part of the language that is widely taken.

Programs that make a text of a given form take only few words of JSON Schema. Here each object has
all its keys and no others, what is empty is null, and no word is used but those of `KEYWORDS`. What
these cannot say, such as a bound, a form or a rule, is said in descriptions, and is checked when the
coding is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ...codebook import Book, CodeList
from ...codebook.coding_form import (
    CODEBOOK,
    DOCUMENT,
    QUOTES,
    VALUE,
    CodingPart,
    Field,
    QuoteForm,
    coding_parts,
)
from ...codebook.model import ConstraintKind
from ...codebook.wording import (
    LONG_LIST,
    capitalized,
    explained,
    label_of,
    limits_in_words,
    type_in_words,
)
from ..errors import InputError

Schema = dict[str, Any]

KEYWORDS = frozenset(
    {
        *("$schema", "$defs", "$ref", "title", "description", "type", "enum", "anyOf"),
        *("properties", "required", "additionalProperties", "items"),
    }
)
"""The words of JSON Schema that are used."""

CONSTRAINTS: dict[ConstraintKind, str] = {
    "required": "null is not among the types, but where an empty value takes a default",
    "code": "enum",
}
"""For each kind of constraint that the schema says, how it does."""

IN_DESCRIPTION: dict[ConstraintKind, str] = {
    "unique": "a schema of one document sees no other rows",
    "minimum": "widely not taken",
    "maximum": "widely not taken",
    "max-length": "widely not taken",
    "pattern": "widely not taken, and a key may be a name",
}
"""The kinds that are only said in the description of a variable, and why; the check finds them."""

TYPES: dict[str, str] = {
    **dict.fromkeys(("string", "date", "datetime"), "string"),
    **dict.fromkeys(("integer", "year"), "integer"),
    "number": "number",
    "boolean": "boolean",
}
ROW, CODES, REASON = "row_", "codes_", "reason_"
"""How the names of definitions begin: of rows, of code lists, of why quotes carry a value."""


@dataclass(frozen=True)
class SchemaSize:
    """How large a schema is, in the terms in which programs that take one limit it.

    `levels` are objects within objects, with references followed; `characters` those of all names
    of properties and definitions and of all codes.
    """

    properties: int
    levels: int
    codes: int
    characters: int


def json_schema(
    book: Book, document: str | None = None, tables: Iterable[str] | None = None
) -> Schema:
    """Return the JSON Schema of a coding of one document.

    Args:
        book: the codebook.
        document: the id of the document, if the schema is for that one only.
        tables: the tables that the coding has; all that coders fill if left out.

    Raises:
        InputError: the book has nothing that is coded from documents, or no such table to code.
    """
    parts = chosen_parts(book, tables)
    definitions = _Definitions(parts)
    keys: Schema = {
        CODEBOOK: {
            "description": "The codebook that is followed.",
            "type": "string",
            "enum": [label_of(book)],
        },
        DOCUMENT: {"description": "The id of the document.", "type": "string"},
    }
    if document is not None:
        keys[DOCUMENT]["enum"] = [document]
    for part in parts:
        keys[part.name] = {
            "description": part.table.description,
            "type": "array",
            "items": {"$ref": f"#/$defs/{ROW}{part.name}"},
        }
    rows = {f"{ROW}{part.name}": _row(book, part, definitions) for part in parts}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"A coding by {book.title}, version {book.version}",
        "description": book.description,
        **_object(keys),
        "$defs": {**rows, **definitions.used},
    }


def chosen_parts(book: Book, tables: Iterable[str] | None = None) -> list[CodingPart]:
    """Return the keys of a coding, or those of some tables.

    Raises:
        InputError: the book has nothing that is coded from documents, or no such table to code.
    """
    parts = coding_parts(book)
    if not any(part.kind == "unit" for part in parts.values()):
        raise InputError(f"the codebook {book.name} has nothing that is coded from documents")
    if tables is None:
        return list(parts.values())
    names = list(dict.fromkeys(tables))
    if unknown := [name for name in names if name not in parts]:
        raise InputError(
            f"{', '.join(unknown)}: no table that coders fill; there are: {', '.join(parts)}"
        )
    return [part for name, part in parts.items() if name in names]


def size_of(schema: Schema) -> SchemaSize:
    """Return how large a schema is."""
    definitions: Mapping[str, Schema] = schema.get("$defs", {})
    properties = [name for part in _objects(schema) for name in part["properties"]]
    codes = [code for part in subschemas(schema) for code in part.get("enum", ())]
    names = [*properties, *definitions, *map(str, codes)]
    return SchemaSize(
        len(properties), _levels(schema, definitions), len(codes), sum(map(len, names))
    )


def subschemas(schema: Schema) -> Iterator[Schema]:
    """Yield a schema and all schemas in it; references are not followed."""
    yield schema
    inner = [
        *schema.get("properties", {}).values(),
        *schema.get("$defs", {}).values(),
        *schema.get("anyOf", ()),
        *([schema["items"]] if "items" in schema else []),
    ]
    for part in inner:
        yield from subschemas(part)


def _objects(schema: Schema) -> Iterator[Schema]:
    return (part for part in subschemas(schema) if "properties" in part)


def _levels(schema: Schema, definitions: Mapping[str, Schema]) -> int:
    """Return how many objects are within each other at most."""
    if "$ref" in schema:
        return _levels(definitions[schema["$ref"].removeprefix("#/$defs/")], definitions)
    inner = [
        *schema.get("properties", {}).values(),
        *schema.get("anyOf", ()),
        *([schema["items"]] if "items" in schema else []),
    ]
    deepest = max((_levels(part, definitions) for part in inner), default=0)
    return deepest + ("properties" in schema)


class _Definitions:
    """Code lists and quotes that several keys use, each defined once."""

    def __init__(self, parts: Iterable[CodingPart]):
        self.used: dict[str, Schema] = {}
        listed = [field.codes.name for field in _all_fields(parts) if field.codes]
        self.repeated = {name for name in listed if listed.count(name) > 1}

    def ref(self, name: str, make: Callable[[], Schema]) -> Schema:
        """Return a reference to a definition, which is made when it is first needed."""
        if name not in self.used:
            self.used[name] = make()
        return {"$ref": f"#/$defs/{name}"}


def _all_fields(parts: Iterable[CodingPart]) -> Iterator[Field]:
    quote: QuoteForm | None = None
    for part in parts:
        yield from part.fields.values()
        quote = quote or part.quote
    # Once for a quote as an object, once beside each value.
    for _ in range(2):
        yield from quote.reasons if quote else ()


def _row(book: Book, part: CodingPart, definitions: _Definitions) -> Schema:
    """Return the schema of a row: each key with what is said of its variable."""
    rows = {name: _key(book, part, field, definitions) for name, field in part.fields.items()}
    return {"description": part.table.title, **_object(rows)}


def _key(book: Book, part: CodingPart, field: Field, definitions: _Definitions) -> Schema:
    says = _says(book, part, field)
    value = _value(field, definitions)
    needed = field.variable.must_be_typed and field.name not in found_in(part)
    if not field.carried or part.quote is None:
        return _with(says, value if needed else _or_null(value))
    quotes: Schema = {
        "type": "array",
        "items": definitions.ref("quote", lambda: _quote(book, part, definitions)),
    }
    carried = {VALUE: value, QUOTES: definitions.ref(QUOTES, lambda: quotes)}
    for reason in part.quote.reasons:
        carried[reason.name] = definitions.ref(
            f"{REASON}{reason.name}", lambda reason=reason: _reason(book, part, reason, definitions)
        )
    whole = _object(carried)
    return _with(says, whole if needed else _or_null(whole))


def _quote(book: Book, part: CodingPart, definitions: _Definitions) -> Schema:
    """Return the schema of a quote beside a value: its words, or these with their place."""
    assert part.quote is not None
    words = part.quote.words.variable.description
    fields = part.quote.fields.values()
    keys = {field.name: _key_of_quote(book, part, field, definitions) for field in fields}
    once = {"description": f"{words} Enough where the document has them once.", "type": "string"}
    return {"anyOf": [once, {"description": "The words and where they are.", **_object(keys)}]}


def _key_of_quote(book: Book, part: CodingPart, field: Field, definitions: _Definitions) -> Schema:
    assert part.quote is not None
    value = _value(field, definitions)
    says = _says(book, part, field)
    return _with(says, value if field is part.quote.words else _or_null(value))


def _reason(book: Book, part: CodingPart, field: Field, definitions: _Definitions) -> Schema:
    says = f"{_says(book, part, field)} It holds for all quotes of the value."
    return _with(says, _or_null(_value(field, definitions)))


def found_in(part: CodingPart) -> set[str]:
    """Return the keys that quotes may leave empty: where they are is found in the document."""
    if part.kind != "quotes" or part.quote is None:
        return set()
    return {part.quote.paragraph.name, part.quote.start.name}


def _says(book: Book, part: CodingPart, field: Field) -> str:
    """Return in words what the schema of a key cannot say."""
    sentences = list(explained(book, part, field))
    plain = field.codes is None and field.target is None and not field.claimed
    if not plain or field.type not in ("string", "integer", "number", "boolean"):
        if field.codes is None or field.codes.open:
            sentences.append(f"{capitalized(type_in_words(book, field))}.")
    elif field.variable.unit:
        sentences.append(f"Unit: {field.variable.unit}.")
    if limits := limits_in_words(part, field, IN_DESCRIPTION):
        sentences.append(f"{capitalized(', '.join(limits))}.")
    return " ".join(sentences)


def _value(field: Field, definitions: _Definitions) -> Schema:
    """Return the schema of a value that is not null."""
    if field.claimed:
        single = [{"type": name} for name in ("string", "number", "boolean")]
        return {"anyOf": [*single, {"type": "array", "items": {"type": "string"}}]}
    codes = field.codes
    if codes is None:
        one: Schema = {"type": TYPES[field.type]}
    elif codes.open:
        one = {"type": TYPES[codes.type], "description": _codes_in_words(codes)}
    elif codes.name in definitions.repeated:
        one = definitions.ref(f"{CODES}{codes.name.replace(' ', '_')}", lambda: _codes(codes))
    else:
        one = _codes(codes)
    return {"type": "array", "items": one} if field.is_list else one


def _codes(codes: CodeList) -> Schema:
    values = [code.code for code in codes.codes if not code.deprecated]
    return {"description": _codes_in_words(codes), "type": TYPES[codes.type], "enum": values}


def _codes_in_words(codes: CodeList) -> str:
    """Return the codes of a list with labels and definitions, a line a code."""
    lines = [codes.description]
    for code in codes.codes:
        if code.deprecated or codes.of_variables:
            continue
        label = "" if code.label == str(code.code) else code.label
        words = [label] if len(codes.codes) > LONG_LIST else [label, code.definition]
        if said := ": ".join(filter(None, words)):
            lines.append(f"{code.code}: {said}")
    return "\n".join(lines)


def _object(keys: Mapping[str, Schema]) -> Schema:
    return {
        "type": "object",
        "properties": dict(keys),
        "required": list(keys),
        "additionalProperties": False,
    }


def _or_null(schema: Schema) -> Schema:
    """Return a schema that also takes null."""
    if set(schema) == {"type"} and schema["type"] != "array":
        return {"type": [schema["type"], "null"]}
    if set(schema) == {"anyOf"}:
        return {"anyOf": [*schema["anyOf"], {"type": "null"}]}
    return {"anyOf": [schema, {"type": "null"}]}


def _with(says: str, schema: Schema) -> Schema:
    """Return a schema with a description; a reference may have nothing beside it."""
    if "$ref" in schema:
        return {"description": says, "anyOf": [schema]}
    inner = schema.get("description")
    return {"description": f"{says}\n{inner}" if inner else says} | {
        word: value for word, value in schema.items() if word != "description"
    }
