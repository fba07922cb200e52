"""The book that a package names comes before the books that ship, in every verb."""

from __future__ import annotations

import shutil

import pandas as pd
import pytest
from conftest import ROOT
from pandera.errors import SchemaError
from typer.testing import CliRunner

from eventbook import dataset, validation
from eventbook.codebook import BookError
from eventbook.codebook.loader import forget
from eventbook.dataset.cli.main import app


@pytest.fixture
def marches(copy, own_book, sheet, monkeypatch):
    """A package whose own book calls protests marches, and an event of that type."""
    for path in own_book.rglob("*"):
        if path.suffix in (".csv", ".yaml"):
            text = path.read_text(encoding="utf-8")
            path.write_text(text.replace("Protests", "Marches"), encoding="utf-8")
    shutil.rmtree(own_book / "crosswalks")
    forget()
    events = sheet("events")
    events.header.append("event_type")
    events.rows[0] |= {"event_type": "Marches", "sub_event_type": "Peaceful protest"}
    events.save()
    return copy


def run(*words):
    return CliRunner().invoke(app, list(words), catch_exceptions=False)


@pytest.mark.parametrize("inside", [True, False], ids=["inside", "from outside"])
@pytest.mark.parametrize("options", [(), ("--table", "events"), ("--book", "eventbook")], ids=str)
def test_a_file_of_a_package_follows_its_book(marches, tmp_path, monkeypatch, inside, options):
    """A code of the package's own book was an error in the package's own file."""
    monkeypatch.chdir(marches.root if inside else tmp_path)
    if not inside and options:
        monkeypatch.chdir(marches.root / "seeds")
    path = marches.root / "seeds" / "tables" / "events.csv"
    done = run("check", str(path), *options)
    assert "Marches" not in done.output, done.output


def test_a_frame_follows_the_book_of_the_current_folder(marches, monkeypatch):
    """Notebooks lie in the package."""
    frame = marches.sources()["events"].frame.drop("__line")
    assert [f for f in validation.check(frame) if f.value == "Marches"]
    monkeypatch.chdir(marches.root)
    assert not [f for f in validation.check(frame) if f.value == "Marches"]


@pytest.mark.parametrize(
    "book", [(), ("--book", "eventbook"), ("--book", "codebook/books/eventbook")]
)
def test_a_word_is_looked_up_in_the_own_book(marches, monkeypatch, book):
    """`eventbook codebook Marches` reported that there is no such term."""
    monkeypatch.chdir(marches.root / "seeds")
    if book[1:] == ("codebook/books/eventbook",):
        monkeypatch.chdir(marches.root)
    done = run("codebook", "Marches", *book)
    assert done.exit_code == 0 and "Marches" in done.output


def test_files_of_two_books_are_checked_apart(marches, tmp_path, monkeypatch):
    """Two books of one name, the package's and the one that ships, are two books."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for name in ("events", "actors"):
        shutil.copy(marches.root / "seeds" / "tables" / f"{name}.csv", elsewhere)
    monkeypatch.chdir(tmp_path)
    done = run("check", str(elsewhere / "events.csv"))
    assert "'Marches': Not a code" in done.output


def test_a_broken_package_does_not_hide_the_file(marches, monkeypatch):
    """The settings of the folder are nothing that a file is wrong about."""
    (marches.root / "pyproject.toml").write_text("[tool.eventbook\n", encoding="utf-8")
    monkeypatch.chdir(marches.root)
    done = run("check", "seeds/tables/events.csv")
    assert done.exit_code == 1 and "Marches" in done.output


def test_a_broken_book_is_reported(marches, monkeypatch):
    """A file that is checked against the wrong book passes, or fails, for no reason."""
    monkeypatch.chdir(marches.root)
    path = marches.root / "codebook/books/eventbook/book.yaml"
    path.write_text(path.read_text(encoding="utf-8") + "oops: 1\n", encoding="utf-8")
    forget()
    with pytest.raises(BookError, match="unknown key 'oops'"):
        run("check", "seeds/tables/events.csv")
    done = run("check", "seeds/tables/events.csv", "--book", "acled")
    assert done.exit_code == 1 and "table events of ACLED" in done.output


def test_schemas_and_published_tables_are_those_of_the_package(marches, tmp_path, monkeypatch):
    """A notebook in a package loaded the events that ship, and checked by the book that ships."""
    monkeypatch.chdir(tmp_path)
    assert len(dataset.load()) == len(dataset.load("events")) == 7
    column = pd.DataFrame({"event_type": ["Marches"]}, dtype="string")
    with pytest.raises(SchemaError):
        validation.schema(tables={}).columns["event_type"].validate(column)
    monkeypatch.chdir(marches.root / "seeds")
    validation.schema("events", tables={}).columns["event_type"].validate(column)
    assert dataset.names() == []
    with pytest.raises(KeyError, match="run eventbook publish"):
        dataset.load()
    published = marches.root / "dataset"
    published.mkdir()
    shutil.copy(ROOT / "dataset/actors.parquet", published)
    assert dataset.names() == ["actors"] and len(dataset.load("actors")) > 1
