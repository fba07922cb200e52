"""A book in further languages: labels and descriptions where people look, one dataset beneath."""

from __future__ import annotations

from dataclasses import replace

import openpyxl
import pytest
from typer.testing import CliRunner

from eventbook.codebook import BookError, load
from eventbook.codebook.loader import forget
from eventbook.codebook.look_up import look_up
from eventbook.codebook.pages import page
from eventbook.dataset.cli.main import app
from eventbook.dataset.desk.workbook import write_workbook
from eventbook.dataset.desk.workbook_contents import workbook_contents
from eventbook.validation import check_files
from eventbook.validation.errors import InputError
from eventbook.validation.schemas.table_schema import table_schema


def change(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.fixture
def norwegian(copy, own_book, monkeypatch):
    """A package whose own book has a few words of Norwegian."""
    change(own_book / "book.yaml", "\ncodes:\n", "\nlanguages: [nb]\ncodes:\n")
    words = "translations: {nb: {title: Sted, description: Stedet som ordene nevner.}}"
    change(own_book / "book.yaml", "  location_id:\n", f"  location_id:\n    {words}\n")
    path = own_book / "codes" / "inter.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    lines[0] += ",label_nb,definition_nb"
    lines[1] += ",Statens styrker,Regjeringens væpnede styrker."
    lines[2:] = [f"{line},," for line in lines[2:]]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    forget()
    monkeypatch.chdir(copy.root)
    yield copy
    forget()


def run(*words):
    return CliRunner().invoke(app, list(words), catch_exceptions=False)


def test_words_are_found_in_any_language(norwegian):
    """`eventbook codebook Statens styrker` knew only the language that the book began in."""
    assert [hit.entry.name for hit in look_up(norwegian.book, "Statens styrker")] == ["1"]
    done = run("codebook", "location_id", "--lang", "nb")
    assert "Sted" in done.output and "Stedet som ordene nevner." in done.output
    assert "Stedet" not in run("codebook", "location_id").output
    with pytest.raises(InputError, match="--lang fr: the codebook eventbook has the languages: nb"):
        run("codebook", "location_id", "--lang", "fr")


def test_what_is_not_translated_stays(norwegian):
    """An empty label is no label."""
    book = norwegian.book.in_language("nb")
    labels = [code.label for code in book.code_lists["inter"].codes]
    assert labels[0] == "Statens styrker" and labels[1] == "Rebel group"
    assert "| Statens styrker | Regjeringens væpnede styrker." in page(book)


def test_the_descriptor_has_the_other_labels(norwegian):
    """Data Package has one language: the rest would be lost on whoever reads only the descriptor."""
    schema = table_schema(norwegian.book, norwegian.book.tables["events"])
    fields = {field["name"]: field for field in schema["fields"]}
    assert fields["inter1_code"]["eventbook:labels"] == {"nb": {"1": "Statens styrker"}}
    assert fields["location_id"]["eventbook:translations"]["nb"]["title"] == "Sted"


@pytest.mark.slow
def test_the_workbook_is_in_the_language_and_its_codes_are_not(norwegian):
    """A coder reads Norwegian, and files the codes that everybody has."""
    assert run("workbook", "x.xlsx", "--coder", "kari", "--lang", "nb").exit_code == 0
    workbook = openpyxl.load_workbook("x.xlsx")
    notes = [cell.comment.text for cell in workbook["events"][1] if cell.comment]
    assert any("Stedet som ordene nevner." in note for note in notes)
    assert any(cell.value.endswith("\nevent_id") for cell in workbook["events"][1])


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("languages: [nb]", "languages: [Norsk]", "'Norsk' does not have the form"),
        (
            "languages: [nb]",
            "languages: [nn]",
            "nb is not among the languages of the book; did you mean nn?",
        ),
        ("{nb: {title: Sted", "{nb: {titel: Sted", "unknown key 'titel'; did you mean 'title'?"),
    ],
)
def test_a_translation_that_leads_nowhere_is_refused(norwegian, own_book, old, new, says):
    """A label in a language with a typo is shown to nobody."""
    change(own_book / "book.yaml", old, new)
    forget()
    with pytest.raises(BookError) as error:
        load(own_book)
    assert says in str(error.value) or "unknown column 'label_nb'" in str(error.value)


def test_a_label_that_was_chosen_in_another_language_is_read(norwegian, tmp_path):
    """A workbook in Norwegian came back with labels that no English list has."""
    contents = workbook_contents(norwegian, None, ())
    translated = replace(contents, book=contents.book.in_language("nb"))
    path = tmp_path / "x.xlsx"
    write_workbook(translated, path)
    kinds = [c.value for c in openpyxl.load_workbook(path)["actors"]["D"]]
    assert "1: Statens styrker" in kinds
    assert check_files([path]).status() == 0
