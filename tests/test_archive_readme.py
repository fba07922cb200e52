"""The README of the archive: its examples run as they are, for any package."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import zipfile

import duckdb
import pytest
from conftest import OWN_BOOKS, ROOT, invoke, quiet
from test_habits import dead_links

from eventbook.dataset.publishing.archive_page import archive_page
from eventbook.dataset.publishing.publish import publish
from eventbook.dataset.tables.build import build
from eventbook.validation.package.package import Package


def blocks(text, language):
    """Return the code blocks of a page in a language."""
    return re.findall(rf"(?ms)^```{language}\n(.*?)^```", text)


def page_of(root):
    """Return the page for a package."""
    package = Package(root)
    return archive_page(package, build(package.book, package.check().tables))


def run_examples(text, folder, monkeypatch):
    """Run the examples in Python and SQL in a folder, and return what the first prints."""
    python = blocks(text, "python")
    assert len(python) == 2 and len(blocks(text, "sql")) == len(blocks(text, "r")) == 1
    printed = []
    for code in python:
        done = subprocess.run(
            [sys.executable, "-I", "-W", "error", "-c", code],
            cwd=folder,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        printed.append(done.stdout)
    monkeypatch.chdir(folder)
    for code in blocks(text, "sql"):
        for statement in filter(str.strip, code.split(";")):
            duckdb.sql(statement).fetchall()
    return printed[0]


def test_the_examples_run_on_the_published_files(monkeypatch):
    """An example that fails is the first thing that a stranger sees of a dataset."""
    text = page_of(ROOT)
    printed = run_examples(text, ROOT, monkeypatch)
    assert re.search(r"Explosions/Remote violence +121\b", printed)
    assert re.search(r"Battles +<NA>", printed)
    sums = blocks(text, "sql")[0].split(";")[1]
    assert ("Battles", 2, None, 2) in duckdb.sql(sums).fetchall()
    labels = blocks(text, "sql")[0].split(";")[2]
    assert ("SYR-2019-0003", "Day") in duckdb.sql(labels).fetchall()


def test_it_says_what_is_not_known():
    """A cell that is empty, and a total among events, are read as what they are not."""
    text = page_of(ROOT)
    assert "`period_aggregate` or `area_aggregate` are totals of several acts" in text
    assert "2 of 7 events have a point." in text
    assert "One article is one article" in text
    assert "The eventbook team: eventbook: conflict events with their evidence, version" in text
    assert re.search(r"Empty in every row: .*`fatalities_high`", text)
    described = re.findall(r"(?m)^\| `(\w+)` \|", text)
    assert described == list(Package(ROOT).book.main_table.names)


def test_no_command_needs_a_checkout():
    """Who has the archive has no repository, and may not have eventbook."""
    text = page_of(ROOT)
    for word in (
        "git ",
        ".venv",
        "eventbook publish",
        "eventbook check",
        "pip install",
        "make test",
    ):
        assert word not in text, word


@pytest.mark.slow
@pytest.mark.parametrize("name", ["eventbook", "shootings", "strikes", "new"])
def test_it_is_in_the_archive_of_any_package(name, tmp_path, copy, monkeypatch):
    """A page that only our own package can have is of no use to those who make theirs."""
    if name == "new":
        done = invoke("new", "package", str(tmp_path / "p"), "--title", "A | title", "--yes")
        assert done.returncode == 0, done.stdout + done.stderr
        root = tmp_path / "p"
    elif name == "eventbook":
        root = copy.root
    else:
        root = tmp_path / name
        shutil.copytree(OWN_BOOKS / name, root)
    outcome = publish(Package(root), tmp_path / "out", quiet)
    with zipfile.ZipFile(outcome.archive) as archive:
        archive.extractall(tmp_path / "x")
    (inside,) = (tmp_path / "x").iterdir()
    page = inside / "README.md"
    assert dead_links(page) == []
    run_examples(page.read_text(encoding="utf-8"), inside, monkeypatch)
    for named in re.findall(r"`(dataset/[\w.-]+)`", page.read_text(encoding="utf-8")):
        assert (inside / named).is_file(), named
