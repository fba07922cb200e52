"""What a person who writes a book gets wrong, and what `check --book` says of it.

The mistakes of form are in `test_book`, those in expressions in `test_trial`; these are the ones
that need the whole book, and those that once were reported at line 1, badly or not at all.
"""

from __future__ import annotations

import shutil

import pytest
from conftest import ROOT
from typer.testing import CliRunner

from eventbook.codebook.loader import forget
from eventbook.dataset.cli.main import app
from eventbook.validation.checks.book_check import check_book


@pytest.fixture
def own(tmp_path):
    """A copy of our own book, which a test may break."""
    folder = tmp_path / "own"
    shutil.copytree(ROOT / "codebook" / "books" / "eventbook", folder)
    yield folder
    forget()


MISTAKES = [
    ("book.yaml", "constraints: {minimum: -90", "constrains: {minimum: -90", "unknown key 'constrains'; did you mean 'constraints'?"),
    ("book.yaml", "    variables:\n      - event_id", "    variable:\n      - event_id", "unknown key 'variable'; did you mean 'variables'?"),
    ("book.yaml", "    primaryKey: [event_id]\n", "    primarykey: [event_id]\n", "unknown key 'primarykey'; did you mean 'primaryKey'?"),
    ("book.yaml", "required: true", "requird: true", "unknown key 'requird'; did you mean 'required'?"),
    ("book.yaml", "    type: string\n", "    type: str\n", "'str' is not allowed; did you mean 'string'?"),
    ("book.yaml", "pattern: 'DOC-", "pattern: '(?=DOC-", "pattern: not a regular expression"),
    ("book.yaml", "EXTRACT(YEAR FROM date_start)", "EXTRACT(YEAR FROM date_strt)", "date_strt is not a variable of events; did you mean date_start?"),
    ("book.yaml", "EXTRACT(YEAR FROM date_start)", "EXTRACT(YEAR FROM (date_start)", "variable year: not readable as SQL"),
    ("book.yaml", "EXTRACT(YEAR FROM date_start)", "EXTRACT(YER FROM date_start)", "EXTRACT of YER is not allowed"),
    ("book.yaml", "caption: [event_id, sub_event_type]", "caption: [event_id, sub_event_typ]", "roles.caption.1: sub_event_typ is not a variable of events; did you mean sub_event_type?"),
    ("book.yaml", "start: date_start, end: date_end, best: date_best", "start: date_words, end: date_end, best: date_best", "date_words is of type string; expected date"),
    ("book.yaml", "interval: {start: date_start, end", "interval: {begin: date_start, end", "unknown key 'begin'; allowed: start, end"),
    ("book.yaml", "matching: {words: 0.35", "matching: {word: 0.35", "word is neither a role nor a variable of it; did you mean words?"),
    ("book.yaml", "featured: [event_id", "featured: [event_ids", "event_ids is not a variable of events; did you mean event_id?"),
    ("book.yaml", "unit: true", "unit: yes please", "true or false was expected, not 'yes please'"),
    ("book.yaml", "{field: part_of,", "{field: part_off,", "part_off, which is not a variable of it; did you mean part_of?"),
    ("book.yaml", "table: documents, target", "table: document, target", "key to document.document_id, which does not exist; did you mean documents?"),
    ("book.yaml", "acyclic: [part_of, restates]", "acyclic: [part_of, restate]", "acyclic names restate, which is not a variable of it; did you mean restates?"),
    ("book.yaml", "wordsFor: location_id", "wordsFor: location_ids", "location_ids is not a variable of events; did you mean location_id?"),
    ("book.yaml", "      passage: {document: document_id,", "      passage: {document: reason,", "reason needs a foreign key to a table with the role document"),
    ("book.yaml", "codes: inter\n", "codes: intr\n", "no code list 'intr'; did you mean inter?"),
    ("book.yaml", "{speech: integer}", "{speech: int}", "'int' is not allowed; did you mean 'integer'?"),
    ("book.yaml", "maxLength: 300", "maxLength: many", "a whole number was expected, not 'many'"),
    ("rules.yaml", "on: events", "on: eventz", "on 'eventz', which is no table and not 'every text'; did you mean events?"),
    ("rules.yaml", "bad: {start: 10, end: 10}", "bad: {start: 10, end: 11}", "its bad example does not break it"),
    ("rules.yaml", "good: {start: 10, end: 20}", "good: {start: 10, end: 9}", "its good example breaks it"),
    ("rules.yaml", "successor_id = event_id", "successor_id = event_idd", "event_idd is not a variable of retired; did you mean event_id?"),
    ("rules.yaml", "active_since > active_until", "active_since > '1900-01-01'", "a day is compared with a text; write a day as CAST("),
    ("rules.yaml", "successor_id = event_id", "COUNT(*) > 99", "COUNT is not allowed in the SQL of a book"),
    ("rules.yaml", "part_of_id = actor_id", "inter = 'x'", "a number is compared with a text"),
    ("rules.yaml", "part_of_id = actor_id", "part_of_id = NULL", "a comparison with NULL is never true; write IS NULL"),
    ("rules.yaml", "part_of_id = actor_id", "part_of_id = actor_id OR iso3 = 'Syria'", "'Syria' is no code of iso3"),
    ("rules.yaml", '\'"end" <= "start"\'', "'end <= start'", 'end is a word of SQL: write "end"'),
    ("rules.yaml", "  column: end\n", "  column: ende\n", "column must name the variable of quotes that it blames; did you mean end?"),
    ("codes/event_type.csv", "Battles,Battles", "Battles", "5 cells, but the header has 6"),
    ("codes/event_type.csv", "code,label", "code,labl", "unknown column 'labl'; did you mean label?"),
    ("codes/event_type.csv", ",", ";", "the cells are separated by semicolons; save the file with commas"),
    ("guide/09-evidence.md", "`date_words`", "`date_word`", "the guide names date_word, which the book does not have; did you mean date_words?"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "old", "new", "message"), MISTAKES)
def test_each_mistake_is_reported_at_its_line(own, file, old, new, message):
    """A mistake that is reported at line 1, unclearly or not at all costs an evening, or the data."""
    path = own / file
    text = path.read_text(encoding="utf-8")
    line = text[: text.index(old)].count("\n") + 1
    path.write_text(text.replace(old, new, -1 if old == "," else 1), encoding="utf-8")
    report, _ = check_book(own)
    found = [f for f in report if message in f.message]
    assert found, [f.message for f in report]
    assert found[0].file == str(path)
    # What is wrong with a variable as a whole is reported where its definition begins.
    assert line - 4 <= found[0].line <= line


def test_a_code_list_from_excel_is_read(own):
    """Excel cannot write UTF-8 without a byte order mark, and the message contradicted itself."""
    path = own / "codes" / "inter.csv"
    path.write_text("\ufeff" + path.read_text(encoding="utf-8"), encoding="utf-8")
    report, book = check_book(own)
    assert not len(report) and book is not None


def test_the_command_checks_a_book_alone(own):
    """A book could not be tried before there were data for it."""
    done = CliRunner().invoke(app, ["check", "--book", str(own)], catch_exceptions=False)
    assert done.exit_code == 0
    assert "10 tables" in done.output and "all examples tried" in done.output
    assert "sqlite does not enforce" in done.output and "postgresql does not enforce" in done.output


@pytest.mark.parametrize(
    ("form", "sign"),
    [
        ("human", "error codebook-mistake"),
        ("json", '"codebook-mistake"'),
        ("github", "::error file="),
        ("sarif", '"ruleId"'),
    ],
)
def test_the_command_finds_a_mistake_in_a_book(own, form, sign):
    """A mistake in a book was shown in one of the forms of a report, and not in the others."""
    path = own / "rules.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("end: 20}", "end: 9}", 1), "utf-8")
    words = ["check", "--book", str(own), "--format", form]
    done = CliRunner().invoke(app, words, catch_exceptions=False)
    assert done.exit_code == 1 and sign in done.output
