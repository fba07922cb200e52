"""The loader is strict: each mistake in a book is told with file and line."""

from __future__ import annotations

import csv
import shutil
from datetime import date

import pytest
from conftest import ROOT

from eventbook.codebook import BookError, book_of, load
from eventbook.codebook.model import CONSTRAINT_KINDS, Variable
from eventbook.codebook.pages import IN_WORDS, look_up, page

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


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("book.yaml", "    title: Event id\n", "    titel: Event id\n", "unknown key 'titel'"),
        ("book.yaml", "    title: Event id\n", "", "variable event_id has no title"),
        ("book.yaml", "    example: SYR-2019-0001\n", "    example: SYR-19-1\n", "breaks its own"),
        ("book.yaml", "  record_kind:\n    title", "  record_kind: 1\n  x:\n    title", "mapping"),
        ("book.yaml", "    codes: record_kind", "    codes: record_kinds", "no code list"),
        ("book.yaml", "      - record_kind\n", "      - recordkind\n", "is not defined"),
        ("book.yaml", "version: 1.1.0", "version: 1.1.0\nversion: 1.1.0", "duplicate key"),
        ("book.yaml", "{actor1_id.actor}", "{actor1_id.nam}", "leads nowhere"),
        ("book.yaml", "target: document_id}", "target: id}", "does not exist"),
        ("rules.yaml", "severity: error", "severity: fatal", "severity must be one of"),
        ("rules.yaml", "  why:", "  whi:", "unknown key 'whi'"),
        ("rules.yaml", "column: fatalities_best", "column: deaths", "must name the variable"),
        ("rules.yaml", "bad:\n    - {fatalities_low", "bad:\n    - {low", "which is no variable"),
        ("codes/inter.csv", "code,label", "kode,label", "the header must be"),
        ("guide/01-events.md", "# ", "", "must be a heading"),
    ],
)
def test_each_mistake_has_its_message(own, file, old, new, said):
    """A book with a typo that loads all the same is a rule that nobody runs."""
    replace(own / file, old, new)
    with pytest.raises(BookError) as error:
        load(own)
    assert said in str(error.value)
    assert all(line.split(":")[1].isdigit() for line in error.value.problems)


def test_an_unused_or_undeclared_list_is_an_error(own):
    """Dead definitions are where codebooks begin to lie."""
    (own / "codes" / "spare.csv").write_text("code\n", encoding="utf-8")
    with pytest.raises(BookError, match="does not declare"):
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
    """A finding that points to an anchor that is not there helps nobody."""
    text = page(book)
    for table in book.tables.values():
        assert all(f"`{variable.name}`" in text for variable in table.variables)
    for rule in book.rules:
        assert f'<a id="rule-{rule.id}">' in text
        assert look_up(book, rule.id)[0].name == rule.id
    assert look_up(book, "Air/drone strike")[0].kind == "code of sub_event_type"
    assert not look_up(book, "no such thing at all")


@pytest.mark.parametrize("name", ["eventbook", "acled", "ucdp-ged"])
def test_every_table_schema_is_one_for_frictionless(name):
    """A descriptor that its own validator refuses cannot be handed on with the data."""
    from frictionless import Schema

    from eventbook.validation.schemas.table_schema import table_schema

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
        maximum="2030-12-31", max_length=10, pattern="[A-Z]", separator="; ", codes="inter",
    )  # fmt: skip
    constraints = variable.constraints(book.code_lists["inter"])
    assert tuple(c.kind for c in constraints) == CONSTRAINT_KINDS
    assert {c.kind: c.limit for c in constraints} == {
        "required": True,
        "unique": True,
        "minimum": date(1989, 1, 1),
        "maximum": date(2030, 12, 31),
        "max-length": 10,
        "pattern": "(?:[A-Z])(?:;\\ (?:[A-Z]))*",
        "code": tuple(range(1, 9)),
    }
    assert all(c.says.endswith((".", "them.")) for c in constraints)
    assert Variable("free", "", "", "string", None).constraints(None) == ()
    assert set(IN_WORDS) == set(CONSTRAINT_KINDS) - {
        "code"
    }  # a code list is a table of its own on the page
