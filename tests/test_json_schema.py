"""The JSON Schema of a coding: in the part of the language that programs take, and of the book."""

from __future__ import annotations

import copy
import json

import pytest
from conftest import OWN_BOOKS, ROOT, invoke
from jsonschema import Draft202012Validator

from eventbook.codebook import load
from eventbook.codebook.coding_form import coding_parts
from eventbook.dataset.instructions import example_coding
from eventbook.validation import coding_schema
from eventbook.validation.errors import InputError
from eventbook.validation.package.package import Package
from eventbook.validation.schemas.json_schema import json_schema, size_of

BOOKS = {
    "eventbook": "eventbook",
    "strikes": OWN_BOOKS / "strikes/codebook/books/strikes",
}
TAKEN = {
    *("$schema", "$defs", "$ref", "title", "description", "type", "enum", "anyOf"),
    *("properties", "required", "additionalProperties", "items"),
}
"""What is taken wherever JSON Schema is: with a word that is not, a request fails as a whole."""


@pytest.fixture(params=BOOKS)
def book(request):
    return load(BOOKS[request.param])


def schemas_in(schema):
    """Every schema in a schema, found by where a schema may be, whatever its words."""
    yield schema
    for word in ("properties", "$defs"):
        for inner in schema.get(word, {}).values():
            yield from schemas_in(inner)
    for inner in [*schema.get("anyOf", ()), *([schema["items"]] if "items" in schema else ())]:
        yield from schemas_in(inner)


def filled(schema, value, root=None):
    """A coding with null under each key that it leaves out, as one that a schema holds to has it."""
    root = root or schema
    if "$ref" in schema:
        return filled(root["$defs"][schema["$ref"].removeprefix("#/$defs/")], value, root)
    kinds = {dict: "properties", list: "items"}
    for inner in schema.get("anyOf", ()):
        known = root["$defs"][inner["$ref"].removeprefix("#/$defs/")] if "$ref" in inner else inner
        if kinds.get(type(value)) in known or "anyOf" in known:
            return filled(known, value, root)
    if isinstance(value, dict) and "properties" in schema:
        keys = schema["properties"]
        full = {k: filled(s, value[k], root) if k in value else None for k, s in keys.items()}
        return {**value, **full}
    if isinstance(value, list) and "items" in schema:
        return [filled(schema["items"], one, root) for one in value]
    return value


def faults(schema, coding):
    """The paths at which a coding breaks a schema."""
    errors = Draft202012Validator(schema).iter_errors(coding)
    return sorted(error.json_path for error in errors)


def whole_example(book):
    schema = json_schema(book)
    coding = filled(schema, example_coding(book))
    for part in coding_parts(book):
        coding[part] = coding[part] or []
    return schema, coding


def test_no_word_is_outside_the_part_that_is_taken(book):
    """One `pattern` or `format` in a schema of 300 keys makes an interface refuse the request."""
    schema = json_schema(book)
    Draft202012Validator.check_schema(schema)
    assert "anyOf" not in schema and schema["type"] == "object"
    for one in schemas_in(schema):
        assert set(one) <= TAKEN
        if "$ref" in one:
            assert set(one) == {"$ref"}, "beside a reference other words are ignored, or refused"
        if one.get("type") == "object":
            assert one["required"] == list(one["properties"])
            assert one["additionalProperties"] is False
        if "enum" in one:
            assert len(set(one["enum"])) == len(one["enum"]) and None not in one["enum"]


def test_all_definitions_are_used_and_each_reference_leads_somewhere(book):
    """A definition that nothing uses counts against the limits; one that is missing is an error."""
    schema = json_schema(book)
    named = {one["$ref"].removeprefix("#/$defs/") for one in schemas_in(schema) if "$ref" in one}
    assert named == set(schema["$defs"])


def test_the_size_is_within_the_limits_that_are_known(book):
    """A schema that is too large is refused for every document, after the whole set was prepared."""
    schema = json_schema(book)
    size = size_of(schema)
    assert size.properties <= 5_000 and size.codes <= 1_000 and size.characters <= 120_000
    assert size.levels <= 5
    for one in schemas_in(schema):
        codes = one.get("enum", ())
        assert len(codes) <= 250 or sum(len(str(code)) for code in codes) <= 15_000


def test_levels_are_counted_through_references():
    """Levels counted in the text of the schema miss what is within a definition."""
    _, coding = whole_example(load())
    event = coding["events"][0]
    words = {"quote": "fighters", "paragraph": 1, "start": None, "basis": None, "because": None}
    event["sub_event_type"]["quotes"] = [words]

    def levels(value):
        inner = value.values() if isinstance(value, dict) else value
        return isinstance(value, dict) + max(
            (levels(one) for one in inner if isinstance(one, dict | list)), default=0
        )

    schema = json_schema(load())
    assert faults(schema, coding) == []
    assert size_of(schema).levels == levels(coding) == 4
    properties = sum(len(one.get("properties", ())) for one in schemas_in(schema))
    assert size_of(schema).properties == properties


def test_the_example_of_the_book_is_valid(book):
    """A schema that refuses the book's own examples refuses what coders code."""
    schema, coding = whole_example(book)
    assert faults(schema, coding) == []


def changed(path, value):
    def change(coding):
        for key in path[:-1]:
            coding = coding[key]
        coding[path[-1]] = value

    return change


def dropped(*path):
    def drop(coding):
        for key in path[:-1]:
            coding = coding[key]
        del coding[path[-1]]

    return drop


BAD = {
    "no such code": (
        changed(("events", 0, "sub_event_type", "value"), "Armed clsh"),
        "$.events[0].sub_event_type.value",
    ),
    "code of another list": (
        changed(("claims", 0, "act", "value"), "Armed clash"),
        "$.claims[0].act.value",
    ),
    "needed and null": (
        changed(("events", 0, "date_start"), None),
        "$.events[0].date_start",
    ),
    "a bare value": (
        changed(("events", 0, "sub_event_type"), "Armed clash"),
        "$.events[0].sub_event_type",
    ),
    "a text for a number": (
        changed(("events", 0, "acts"), {"value": "60", "quotes": []}),
        "$.events[0].acts",
    ),
    "a list as a text": (
        changed(("events", 0, "assoc_actor_1_ids", "value"), "hts; nlf"),
        "$.events[0].assoc_actor_1_ids",
    ),
    "an unknown key": (changed(("events", 0, "event_type"), "Battles"), "$.events[0]"),
    "a key left out": (dropped("events", 0, "notes"), "$.events[0]"),
    "an unknown table": (changed(("participants",), []), "$"),
    "a table that is null": (changed(("claims",), None), "$.claims"),
    "another version": (changed(("codebook",), "eventbook 1.0.0"), "$.codebook"),
    "no quotes": (
        dropped("events", 0, "sub_event_type", "quotes"),
        "$.events[0].sub_event_type",
    ),
}


@pytest.mark.parametrize("fault", BAD)
def test_what_is_wrong_is_refused_where_it_is(fault):
    """A schema that takes everything holds no program to the codebook."""
    schema, coding = whole_example(load())
    assert faults(schema, coding) == []
    bad = copy.deepcopy(coding)
    change, path = BAD[fault]
    change(bad)
    assert path in faults(schema, bad)


def test_descriptions_say_what_the_schema_cannot():
    """A program that sees the schema alone must know what null means, and what the codes mean."""
    rows = json_schema(load())["$defs"]
    acts = rows["row_events"]["properties"]["acts"]["description"]
    assert acts == (
        "How many acts the document says a total is of. Empty means: the row is one act, or the "
        "document does not count the acts. Unit: acts. At least 2."
    )
    date_end = rows["row_events"]["properties"]["date_end"]["description"]
    assert date_end.endswith("Day, as YYYY-MM-DD. At least 1900-01-01, at most 2099-12-31.")
    status = rows["row_events"]["properties"]["fatalities_status"]["properties"]["value"]
    for code in load().code_lists["fatalities_status"].codes:
        assert f"{code.code}: {code.label}: {code.definition}" in status["description"]
    countries = rows["codes_country"]
    assert "SYR: Syria" in countries["description"]
    assert "Natural Earth" not in countries["description"], "a long list has no definitions"
    assert len(countries["enum"]) == len(load().code_lists["country"].codes)


def test_deprecated_codes_are_not_offered(tmp_path):
    """Old data keep a code that is no longer used; a new coding must not get it."""
    from dataclasses import replace

    book = load()
    acts = book.code_lists["claim_act"]
    first = replace(acts.codes[0], deprecated="use another")
    lists = {**book.code_lists, "claim_act": replace(acts, codes=(first, *acts.codes[1:]))}
    schema = json_schema(replace(book, code_lists=lists))
    enum = schema["$defs"]["row_claims"]["properties"]["act"]["properties"]["value"]["enum"]
    assert enum == [code.code for code in acts.codes[1:]]


def test_a_schema_of_one_document_and_some_tables():
    """Where a whole coding is too much for a program, it codes a table at a time."""
    schema = json_schema(load(), "DOC-0007", ["claims"])
    assert list(schema["properties"]) == ["codebook", "document", "claims"]
    assert schema["properties"]["document"]["enum"] == ["DOC-0007"]
    assert coding_schema("eventbook") == json_schema(load())
    with pytest.raises(InputError, match="event: no table that coders fill; there are: events"):
        json_schema(load(), tables=["event"])
    with pytest.raises(InputError, match="the codebook acled has nothing that is coded"):
        json_schema(load("acled"))


def test_the_command_writes_the_schema_and_says_how_large_it_is(tmp_path):
    """Limits are met or not before the first request, not after."""
    out = tmp_path / "coding.schema.json"
    done = invoke("codebook", "--format", "json-schema", "--out", str(out), cwd=ROOT)
    size = size_of(json_schema(load()))
    assert done.stdout == (
        f"{out}: {size.properties} properties, {size.levels} levels of objects, {size.codes} codes; "
        f"{size.characters:,} characters of names and codes\n"
    )
    assert json.loads(out.read_text(encoding="utf-8")) == json_schema(load())
    shown = invoke("codebook", "--format", "json-schema", "--document", "DOC-0001", cwd=ROOT)
    assert json.loads(shown.stdout) == json_schema(load(), "DOC-0001")
    done = invoke("codebook", "--format", "json-schema", "--document", "DOC-9", cwd=ROOT)
    assert (done.returncode, done.stderr) == (
        2,
        "eventbook: DOC-9: no such document, or it cannot be read; there are: DOC-0001\n",
    )


@pytest.mark.parametrize(
    ("root", "coders"), [(ROOT, ("coder-a", "coder-b")), (OWN_BOOKS / "strikes", ("mia", "ole"))]
)
def test_what_people_filed_is_valid(tmp_path, root, coders):
    """A schema that refuses what two people coded by the codebook is not the codebook's."""
    for coder in coders:
        done = invoke("export", coder, "--out", str(tmp_path / coder), cwd=root)
        assert done.returncode == 0, done.stderr
        files = sorted((tmp_path / coder).glob("*.json"))
        assert files
        for file in files:
            coding = json.loads(file.read_text(encoding="utf-8"))
            schema = json_schema(Package.find(root).book, coding["document"])
            coding = filled(schema, coding)
            empty = {name: [] for name, value in coding.items() if value is None}
            assert faults(schema, {**coding, **empty}) == []
