"""The loader is strict: each mistake in a book is reported with file and line."""

from __future__ import annotations

import csv
import dataclasses
import json
import re
import shutil
from datetime import date
from functools import cache

import pytest
from conftest import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from eventbook.codebook import BookError, available, book_of, load
from eventbook.codebook.form import ANNOTATIONS, CHECKED, SCHEMAS, faults, schema_of
from eventbook.codebook.look_up import entries, look_up
from eventbook.codebook.model import CONSTRAINT_KINDS, Variable
from eventbook.codebook.pages import IN_WORDS, page
from eventbook.codebook.reading import read_book
from eventbook.validation.schemas.table_schema import table_schema

BOOK = ROOT / "codebook" / "books" / "eventbook"


@pytest.fixture
def own(tmp_path):
    shutil.copytree(BOOK, tmp_path / "own")
    return tmp_path / "own"


def replace(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_the_book_loads_and_says_what_it_holds(book):
    """A book that silently lost a list or a table would check nothing of it."""
    assert {"events", "claims", "evidence", "actors", "locations", "documents"} <= set(book.tables)
    assert len(book.code_lists["interaction"].codes) == 44
    by_type = [c.attributes["event_type"] for c in book.code_lists["sub_event_type"].codes]
    assert sum(t != "Diplomacy" for t in by_type) == 25
    assert [c.code for c in book.code_lists["inter"].codes] == list(range(1, 9))
    assert set(by_type) == set(book.code_lists["event_type"].values)


def test_interactions_are_the_joined_inter_codes(book):
    """A mistyped interaction would label two sides wrongly in each row that has it."""
    labels = {c.code: c.label for c in book.code_lists["inter"].codes}
    for code in book.code_lists["interaction"].codes:
        one, two = divmod(int(code.code), 10)
        assert code.attributes["inter1"] == one
        assert code.attributes["inter2"] == (two or None)
        assert code.label == (f"{labels[one]}-{labels[two]}" if two else f"{labels[one]} only")


MISTAKES = [
    ("book.yaml", "    title: Event id\n", "    titel: Event id\n", "unknown key 'titel'; did you mean 'title'?"),
    ("book.yaml", "    title: Event id\n", "", "variables.event_id: title is missing"),
    ("book.yaml", "    title: Event id\n", "    title: 7\n", "variables.event_id.title: a text was expected, not 7"),
    ("book.yaml", "    type: string\n", "    type: strng\n", "'strng' is not allowed; did you mean 'string'?"),
    ("book.yaml", "    example: 35.93\n", "    example: 95.93\n", "the example 95.93 breaks the constraint maximum"),
    ("book.yaml", "    example: SYR-2019-0001\n", "    example: 1\n", "the example 1 is not of type string"),
    ("book.yaml", "    example: 2019-05-13\n", "    example: 2019-02-30\n", "the example '2019-02-30' is not of type date"),
    ("book.yaml", "    example: SYR-2019-0001\n", "    example: true\n", "the example True is not of type string"),
    ("book.yaml", "  record_kind:\n    title", "  record_kind: 1\n  x:\n    title", "a mapping was expected, not 1"),
    ("book.yaml", "    codes: record_kind", "    codes: record_kinds", "no code list 'record_kinds'; did you mean record_kind?"),
    ("book.yaml", "      - wounded_low\n", "      - wounded_lo\n", "variable wounded_lo is not defined; did you mean wounded_low?"),
    ("book.yaml", "      - wounded_low\n", "      - event_id\n", "duplicate variable event_id"),
    ("book.yaml", "version: 2.0.0", "version: 2.0.0\nversion: 2.0.0", "duplicate key 'version'"),
    ("book.yaml", "version: 2.0.0", "version: 2.0", "version: a text was expected, not 2.0"),
    ("book.yaml", "    form:\n      - event_id\n", "    form:\n      - event_id\n      - event_id\n", "form: event_id is there twice"),
    ("book.yaml", "    form:\n      - event_id\n", "    form:\n      - year\n", "form: year is derived"),
    ("book.yaml", "{actor1_id.actor}", "{actor1_id.nam}", "{actor1_id.nam} leads nowhere"),
    ("book.yaml", "target: document_id}", "target: id}", "key to documents.id, which does not exist"),
    ("book.yaml", "days: [date_start, date_end]", "days: [date_start, date_ende]", "date_ende is not a variable of events; did you mean date_end?"),
    ("book.yaml", "days: [date_start, date_end]", "days: [date_start]", "a list of 2 was expected, not of 1"),
    ("book.yaml", "minimum: '1900-01-01'", "minimum: 1900", "the limit 1900 is not of type date"),
    ("book.yaml", "constraints: {minimum: -90", "constraints: {maxLength: 9, minimum: -90", "maxLength is for texts, not for the type number"),
    ("book.yaml", "pattern: 'DOC-", "pattern: '(DOC-", "pattern: not a regular expression"),
    ("book.yaml", "  record_kind:\n    title: Record", "  ../record:\n    title: Record", "'../record' does not have the form"),
    ("book.yaml", "name: eventbook", "name: &a [*a]", "a value that contains itself"),
    ("book.yaml", "name: eventbook", "name: !!python/name:os.system x", "put it into quotation marks"),
    ("rules.yaml", "severity: error", "severity: erorr", "'erorr' is not allowed; did you mean 'error'?"),
    ("rules.yaml", "  why:", "  whi:", "unknown key 'whi'; did you mean 'why'?"),
    ("rules.yaml", "column: fatalities_best", "column: deaths", "column must name the variable of events that it blames"),
    ("rules.yaml", "bad:\n    - {fatalities_low", "bad:\n    - {low", "its example names low, which is not a variable of events"),
    ("rules.yaml", "on: events", "on: event", "on 'event', which is no table and not 'every text'; did you mean events?"),
    ("rules.yaml", "  normalForm: NFC", "  normalForm: NFX", "'NFX' is not allowed"),
    ("rules.yaml", "text-normal-form:\n", "text-normal-form:\n  forbids: x\n", "exactly one of these is needed"),
    ("codes/inter.csv", "code,label", "kode,label", "unknown column 'kode'; did you mean code?"),
    ("codes/inter.csv", "\n2,Rebel group", "\nx,Rebel group", "code: 'x' is not of type integer"),
    ("codes/inter.csv", "\n2,Rebel group", "\n1,Rebel group", "duplicate code 1"),
    ("codes/country.csv", "iso_numeric", "iso", "the column iso_numeric is missing"),
    ("guide/01-events.md", "# ", "", "must be a heading"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "old", "new", "message"), MISTAKES)
def test_each_mistake_has_its_message_and_its_line(own, file, old, new, message):
    """A book that loads in spite of a typo has a rule that never runs."""
    text = (own / file).read_text(encoding="utf-8")
    start = text.index(old)
    first = text[:start].count("\n")
    replace(own / file, old, new)
    with pytest.raises(BookError) as error:
        load(own)
    problems = [p for p in error.value.problems if message in p]
    assert problems, error.value.problems
    place, line = problems[0].split(":")[:2]
    assert place == f"own/{file}"
    # A key that is missing is reported at the line of what lacks it, one above.
    assert first <= int(line) <= first + 1 + max(old.count("\n"), new.count("\n"))


def test_all_mistakes_are_reported_at_once(own):
    """A loader that reports one mistake per run needs as many runs as there are mistakes."""
    replace(own / "book.yaml", "    title: Event id\n", "    titel: Event id\n")
    replace(own / "rules.yaml", "  why:", "  whi:")
    replace(own / "guide/01-events.md", "# ", "")
    with pytest.raises(BookError) as error:
        load(own)
    text = str(error.value)
    assert all(part in text for part in ("'titel'", "title is missing", "'whi'", "a heading"))


@pytest.mark.parametrize("name", available())
def test_an_editor_finds_the_schema_of_each_shipped_file(name):
    """A first line that points nowhere leaves the author of a book without completion, silently."""
    for file in ("book.yaml", "rules.yaml"):
        path = BOOK.parent / name / file
        first = path.read_text(encoding="utf-8").splitlines()[0]
        target = first.removeprefix("# yaml-language-server: $schema=")
        assert (path.parent / target).resolve() == ROOT / "codebook" / SCHEMAS[file]


def parts(schema):
    """A schema and all schemas in it."""
    yield schema
    for word, inner in schema.items():
        if word in ("properties", "definitions"):
            for part in inner.values():
                yield from parts(part)
        elif isinstance(inner, dict) and word != "default":
            yield from parts(inner)
        elif word in ("allOf", "anyOf", "oneOf"):
            for part in inner:
                yield from parts(part)


@pytest.mark.parametrize("file", SCHEMAS)
def test_the_form_is_a_json_schema_whose_every_word_is_enforced(file):
    """A word of the schema that the loader does not know would be shown and not enforced."""
    schema = schema_of(file)
    Draft7Validator.check_schema(schema)
    for part in parts(schema):
        assert set(part) <= CHECKED | ANNOTATIONS
        for key, inner in part.get("properties", {}).items():
            assert inner.get("description", "").endswith("."), f"{key} is not described"


VALUES = st.sampled_from(
    [None, True, 0, 1, 1.5, 3.0, -1, "", "x", "string", "integer", "2019-01-01", "NFC", "every text",
     "1.0.0", [], ["x"], ["x", "y"], [1], {}, {"x": 1}, {"required": True}, {"sql": "1"},
     {"days": ["a", "b"]}, {"from": "acled"}, {"event_id": {"title": ""}}]
)  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("file", SCHEMAS)
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_the_loader_and_a_json_schema_validator_agree(file, data):
    """Where they differ, an editor shows a book as sound that the command refuses, or the reverse."""
    content = json.loads(json.dumps(shipped(file)))
    at = content
    for _ in range(data.draw(st.integers(1, 6))):
        key = data.draw(st.sampled_from(list(at) if isinstance(at, dict) else list(range(len(at)))))
        inner = at[key]
        if not isinstance(inner, dict | list) or not inner:
            break
        at = inner
    key = data.draw(st.sampled_from(list(at) if isinstance(at, dict) else list(range(len(at)))))
    if data.draw(st.booleans()):
        at[key] = data.draw(VALUES)
    elif isinstance(at, dict) and data.draw(st.booleans()):
        at[data.draw(st.sampled_from(["x", "codes", "title", "Not a name", "from", "forbids"]))] = (
            at[key]
        )
    else:
        del at[key]
    ours = not list(faults(file, content))
    assert ours == Draft7Validator(schema_of(file)).is_valid(content), list(faults(file, content))


@cache
def shipped(file):
    """The part of the main book that is quick to validate in full."""
    content = read_book(BOOK).book.content if file == "book.yaml" else read_book(BOOK).rules.content
    if file == "rules.yaml":
        return dict(list(content.items())[:3] + list(content.items())[-4:])
    names = {"claims": content["tables"]["claims"], "passed_over": content["tables"]["passed_over"]}
    some = ("event_id", "days", "country", "location", "file", "date_start", "inter1_code")
    return {
        **content,
        "codes": {n: content["codes"][n] for n in ("inter", "country")}
        | {"x": {"from": "acled", "without": {"code": "x"}}},
        "variables": {n: content["variables"][n] for n in some},
        "tables": names
        | {
            "x": {
                "title": "x",
                "description": "x",
                "variables": ["a"],
                "optional": ["b"],
                "variants": [{"name": "x", "description": "x", "without": ["a"]}],
            }
        },
    }


def test_an_unused_or_undeclared_list_is_an_error(own):
    """Dead definitions are where codebooks begin to lie."""
    (own / "codes" / "spare.csv").write_text("code\n", encoding="utf-8")
    with pytest.raises(BookError, match="declares no code list"):
        load(own)


def test_a_book_that_is_not_there_names_those_that_are():
    """A mistyped name must not end in a traceback about a path."""
    with pytest.raises(BookError, match=r"there are .*eventbook"):
        load("evntbook")


def test_code_lists_are_clean():
    """A stray space or line break in a code makes two codes that look alike."""
    for path in sorted((BOOK / "codes").glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as stream:
            for row in csv.reader(stream):
                assert all(cell == " ".join(cell.split()) for cell in row), (path.name, row)


def test_the_page_has_each_name_and_every_finding_can_be_looked_up(book):
    """A finding with a link to a missing anchor explains nothing."""
    text = page(book)
    for table in book.tables.values():
        assert all(f"`{variable.name}`" in text for variable in table.variables)
    for rule in book.rules:
        assert f'<a id="rule-{rule.id}">' in text
        assert look_up(book, rule.id)[0].entry.name == rule.id
    assert look_up(book, "Air/drone strike")[0].entry.kind == "code of sub_event_type"
    assert not look_up(book, "no such thing at all")
    for entry in entries(book):
        assert f'<a id="{entry.anchor}">' in text, entry


def test_when_a_variable_came_and_that_it_should_go_is_shown(own):
    """A reader of old data must see which columns they cannot have, and which have an end."""
    replace(
        own / "book.yaml",
        "    title: Event id\n",
        "    title: Event id\n    since: 1.1.0\n    deprecated: replaced by a longer id\n",
    )
    codes = own / "codes/speech.csv"
    header, first, *rest = codes.read_text(encoding="utf-8").splitlines()
    rows = [f"{header},since", f"{first},1.1.0", *(f"{row}," for row in rest)]
    codes.write_text("\n".join(rows) + "\n", encoding="utf-8")
    changed = load(own)
    words = "Since version 1.1.0.", "Deprecated: replaced by a longer id."
    row = next(line for line in page(changed).splitlines() if '"events-event-id"' in line)
    assert all(f"*{sentence}*" in row for sentence in words)
    assert all(sentence in look_up(changed, "event_id")[0].entry.text for sentence in words)
    assert page(changed).count(words[0]) == 1 + sum(
        "event_id" in t for t in changed.tables.values()
    )
    (field, *others) = table_schema(changed, changed.tables["events"])["fields"]
    assert field["eventbook:since"] == "1.1.0"
    assert field["eventbook:deprecated"] == "replaced by a longer id"
    assert not any("eventbook:since" in other for other in others)


@pytest.mark.parametrize(
    ("variable", "legal", "illegal"),
    [
        ("claim_id", ["SYR-2019-C001", "SYR-2019-C1000"], ["SYR-2019-C01", "SYR-2019-1000"]),
        ("document_id", ["DOC-0001", "DOC-10000"], ["DOC-001", "DOC-"]),
        ("event_id", ["SYR-2019-0001", "SYR-2019-10000"], ["SYR-2019-001"]),
    ],
)
def test_ids_have_room_for_large_projects(book, variable, legal, illegal):
    """A project of a hundred reports has more claims on a country and year than three digits hold."""
    for table in (t for t in book.tables.values() if variable in t):
        pattern = table[variable].unanchored_pattern
        assert all(re.fullmatch(pattern, id_) for id_ in legal)
        assert not any(re.fullmatch(pattern, id_) for id_ in illegal)


@pytest.mark.parametrize("name", available())
def test_every_day_lies_in_a_range_of_years(name):
    """A year 31, read from 31-12-19, goes through every table and breaks the reader of a file."""
    for table in load(name).tables.values():
        for variable in (v for v in table.variables if v.type == "date"):
            kinds = {c.kind: c.limit for c in variable.constraints(None)}
            assert kinds["minimum"] >= date(1500, 1, 1), (table.name, variable.name)
            assert kinds["maximum"] <= date(2099, 12, 31), (table.name, variable.name)


@pytest.mark.parametrize("name", ["eventbook", "acled", "ucdp-ged"])
def test_every_table_schema_is_one_for_frictionless(name):
    """A descriptor that its own validator refuses cannot be handed on with the data."""
    from frictionless import Schema

    book = load(name)
    for table in book.tables.values():
        assert Schema.from_descriptor(table_schema(book, table)).fields


@pytest.mark.parametrize("place", ["codebook/books/eventbook", "codebook/eventbook"])
def test_the_book_of_a_folder_is_its_own(tmp_path, place):
    """A package, or a release, read by another book than its own is read wrongly."""
    assert book_of(tmp_path, "eventbook") == BOOK.resolve()
    shutil.copytree(BOOK, tmp_path / place)
    assert book_of(tmp_path, "eventbook") == (tmp_path / place).resolve()
    with pytest.raises(BookError, match="no such book"):
        book_of(tmp_path, "another")


def test_constraints_are_one_list_in_the_types_of_their_columns(book):
    """A bound read as text would order days as words, and a kind that one target lacks is lost."""
    variable = Variable(
        "day", "", "", "date", None, required=True, unique=True, minimum="1989-01-01",
        maximum="2030-12-31", max_length=10, pattern="[A-Z]", codes="inter",
    )  # fmt: skip
    constraints = variable.constraints(book.code_lists["inter"])
    assert tuple(c.kind for c in constraints) == CONSTRAINT_KINDS
    assert {c.kind: c.limit for c in constraints} == {
        "required": True,
        "unique": True,
        "minimum": date(1989, 1, 1),
        "maximum": date(2030, 12, 31),
        "max-length": 10,
        "pattern": "(?:[A-Z])",
        "code": tuple(range(1, 9)),
    }
    assert all(c.says.endswith((".", "them.")) for c in constraints)
    listed = dataclasses.replace(variable, separator="; ", codes="")
    assert {c.kind: c.limit for c in listed.constraints(None)}["pattern"] == (
        "(?:[A-Z])(?:;\\ (?:[A-Z]))*"
    )
    assert Variable("free", "", "", "string", None).constraints(None) == ()
    assert set(IN_WORDS) == set(CONSTRAINT_KINDS) - {
        "code"
    }  # a code list is a table of its own on the page
