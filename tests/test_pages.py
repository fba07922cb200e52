"""Hostile text in everything that the project makes of it: pages in a real browser, and Markdown."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace

import polars as pl
import pytest
from conftest import HOSTILE, ROOT, browser_needed
from markdown_it import MarkdownIt

from eventbook.codebook import load
from eventbook.codebook.pages import page
from eventbook.dataset.agreement import agree, agreement_report
from eventbook.dataset.explorer import gather
from eventbook.dataset.explorer.page import explorer_html
from eventbook.dataset.publishing import changelog
from eventbook.dataset.publishing.blocks import renew
from eventbook.dataset.releases import diff, diff_report
from eventbook.dataset.releases.release import Release, Schema
from eventbook.dataset.tables.build import build
from eventbook.validation.package.package import Package


class Hostile:
    """Replaces each text of a result by a hostile one, the same text always by the same."""

    def __init__(self):
        self.texts, self.next = {}, itertools.cycle(HOSTILE)

    def of(self, value):
        if isinstance(value, str):
            return self.texts.setdefault(value, f"{next(self.next)} {len(self.texts)}")
        if isinstance(value, Mapping):
            return {self.of(k): self.of(v) for k, v in value.items()}
        if isinstance(value, list | tuple):
            return type(value)(map(self.of, value))
        if isinstance(value, pl.DataFrame):
            return value.with_columns(
                pl.Series(c.name, [self.of(text) for text in c], pl.String)
                for c in value
                if c.dtype == pl.String
            )
        if is_dataclass(value) and not isinstance(value, type):
            return replace(
                value, **{f.name: self.of(getattr(value, f.name)) for f in fields(value) if f.init}
            )
        return value


def shown(tab):
    """The text of a page, in which a hostile text must be found as it is."""
    return tab.evaluate("document.body.textContent")


def ensure_inert(tab, texts):
    """Ensure that a page shows texts as text, and made no element of any of them."""
    assert tab.evaluate("window.bad") is None
    assert tab.locator("script, img, iframe, object, a").count() == 0
    body = shown(tab)
    assert [text for text in texts if text not in body] == []


@browser_needed
def test_an_agreement_shows_hostile_text_as_text(visit, tmp_path):
    """A coder's cell that runs as code in the adjudicator's browser."""
    coders = ("coder-a", "coder-b")
    hostile = Hostile()
    measured = hostile.of(agree.measure_agreement(Package(ROOT), coders))
    assert measured.disagreements and measured.partial and measured.units and measured.variables
    path = tmp_path / "agreement.html"
    path.write_text(agreement_report.to_html(measured), encoding="utf-8")
    of_cells = [v for d in measured.disagreements for v in (*d.values.values(), d.unit) if v]
    ensure_inert(visit(path), [*measured.coders, *measured.documents, *of_cells])


def release(label, rows, **more):
    """A release of one table, all of whose names and values can be hostile."""
    names = ("id", "a", "b")
    schema = {"fields": [{"name": n, "type": "string"} | more.get(n, {}) for n in names]}
    frame = pl.DataFrame(rows, dict.fromkeys(names, pl.String), orient="row")
    described = {"t": Schema(schema | {"primaryKey": ["id"]})}
    return Release(label, "p", "1.0.0", None, {"t": frame}, described)


@pytest.fixture(scope="module")
def difference():
    """A difference with each kind of change."""
    old = release("old", [("1", "x", "y"), ("2", "x", "y")], a={"title": "A"})
    new = release("new", [("1", "x", "z"), ("3", "x", None)], a={"title": "Other"})
    found = diff.diff(old, new)
    assert found.changes and found.kinds == ["cell-changed", "row-added", "row-withdrawn", "text"]
    return found


def all_hostile(difference):
    """The same difference with hostile text for each name, cell, reason and label."""
    hostile = Hostile()
    tables = {name: hostile.of(rows) for name, rows in difference.tables.items()}
    explanations = {c: pl.lit(hostile.of(c)) for c in diff.TOMBSTONE}
    tables = {
        hostile.of(name): replace(
            rows,
            withdrawn=rows.withdrawn.with_columns(**explanations),
            cells=rows.cells.with_columns(reason=pl.lit(hostile.of("reason"))),
        )
        for name, rows in tables.items()
    }
    changes = tuple(replace(hostile.of(c), kind=c.kind) for c in difference.changes)
    named = (replace(r, label=hostile.of(r.label)) for r in (difference.old, difference.new))
    old, new = named
    return replace(difference, old=old, new=new, tables=tables, changes=changes), hostile


@browser_needed
def test_a_difference_shows_hostile_text_as_text(difference, visit, tmp_path):
    """A cell in a release that runs as code in the browser of a person who compares releases."""
    hostile, made = all_hostile(difference)
    path = tmp_path / "diff.html"
    path.write_text(diff_report.to_html(hostile), encoding="utf-8")
    tab = visit(path)
    ensure_inert(tab, [made.of(text) for text in ("1", "2", "3", "b", "y", "z", "reason")])
    assert made.of("old") in tab.title() or made.of("old") in shown(tab)


def hostile_book(hostile):
    """Our book with hostile text for all words in it that no name or code has."""
    book = load("eventbook")
    words = ("title", "description", "missing", "unit", "example", "deprecated")

    def spoiled(thing, names):
        return replace(thing, **{n: hostile.of(getattr(thing, n)) for n in names})

    tables = {
        name: replace(
            spoiled(table, ("title", "description")),
            variables=tuple(spoiled(v, words) for v in table.variables),
        )
        for name, table in book.tables.items()
    }
    of_code = ("label", "definition", "include", "exclude", "deprecated")
    code_lists = {
        name: replace(codes, codes=tuple(spoiled(code, of_code) for code in codes.codes))
        for name, codes in book.code_lists.items()
    }
    rules = tuple(spoiled(rule, ("says", "why")) for rule in book.rules)
    book = spoiled(book, ("title", "description"))
    return replace(book, tables=tables, code_lists=code_lists, rules=rules)


@browser_needed
@pytest.mark.parametrize("kept", [True, False])
def test_a_package_of_hostile_text_gives_a_page_that_works(checked, visit, tmp_path, kept):
    """An id, a document's name or a word of the codebook that runs as code."""
    tables = build(load("eventbook"), checked.tables)
    gathered = gather.of_package(Package(ROOT), tables, True)
    hostile = Hostile()
    # Days are days: what is none is left out before.
    known = {"date_start", "date_end", "date_best"}
    columns = {
        name: column | {"texts": hostile.of(column["texts"])}
        if isinstance(column, dict) and name not in known
        else column
        for name, column in gathered.columns.items()
    }

    def rows_of(rows):
        keys = ("row", "id", "about") if kept else ()
        return [{k: v if k in keys else hostile.of(v) for k, v in row.items()} for row in rows]

    spoiled = replace(
        gathered,
        title=hostile.of("title"),
        about=hostile.of("about"),
        columns=columns,
        ids=gathered.ids if kept else gathered.ids | {"texts": hostile.of(gathered.ids["texts"])},
        quotes=rows_of(gathered.quotes),
        claims=rows_of(gathered.claims),
        texts=hostile.of(gathered.texts),
        notes=tuple(HOSTILE),
    )
    path = tmp_path / "hostile.html"
    path.write_text(explorer_html(spoiled, hostile_book(hostile)), encoding="utf-8")
    tab = visit(path)
    buttons = tab.locator("#list tbody button")
    assert buttons.count() == gathered.rows
    for n in range(gathered.rows):
        buttons.nth(n).click()
    assert tab.evaluate("window.bad") is None
    assert tab.locator("script").count() == 3
    assert tab.locator("img, iframe, object").count() == 0
    assert [text for text in HOSTILE if text not in shown(tab)] == []


ENDS = ["<!-- /data -->", "\n<!-- /data -->\n", "```", "````\n# x", "## [0.9.0]", "</code>"]


@pytest.mark.parametrize("text", [*HOSTILE, *ENDS])
def test_text_of_a_cell_cannot_end_the_block_of_the_changelog(book, difference, text):
    """A note called `<!-- /data -->` made the changelog grow with each publication."""
    (rows,) = difference.tables.values()
    cells = rows.cells.with_columns(pl.lit(text).alias(c) for c in ("row", "old", "new", "reason"))
    changed = replace(difference, tables={"t": replace(rows, cells=cells)})
    block = changelog.changes_block(book, {}, changed)
    before = (
        "# Changes\n\n## [1.0.0] - 2026-12-01\n<!-- data 1.0.0 -->\n<!-- /data -->\n\n## [0.1.0]\n"
    )
    once = renew(before, "data 1.0.0", block)
    assert renew(once, "data 1.0.0", block) == once
    assert once.split("\n").count("<!-- /data -->") == 1
    kinds = [t.type for t in MarkdownIt("commonmark").parse(once) if t.type != "inline"]
    heading = ["heading_open", "heading_close"]
    paragraph = ["paragraph_open", "paragraph_close"]
    blocks = ["html_block", *paragraph, "fence", "html_block"]
    assert kinds == [*heading, *heading, *blocks, *heading]


MARKUP = [*HOSTILE, "a | b", "a\n# b", "`x` ``y``", "[x](javascript:alert(1))", "![x](http://y/z)"]


@pytest.mark.parametrize("text", MARKUP)
def test_text_of_a_code_list_is_no_markup_on_the_page(text):
    """A label that is an image makes each reader of the codebook load it from a stranger."""
    book = load("eventbook")
    codes = book.code_lists["event_type"]
    hostile = [
        replace(
            code,
            code=f"{text} {n}",
            **dict.fromkeys(("label", "definition", "include", "exclude", "deprecated"), text),
        )
        for n, code in enumerate(codes.codes)
    ]
    changed = replace(
        book, code_lists={**book.code_lists, "event_type": replace(codes, codes=tuple(hostile))}
    )
    text_of_page = page(changed)
    start = text_of_page.index('<a id="list-event-type"></a>')
    table = text_of_page[start : text_of_page.index("\n\n<a id=", start)].partition("| code |")
    tokens = MarkdownIt("commonmark").enable("table").parse(table[1] + table[2])
    cells = [token for token in tokens if token.type == "inline"]
    columns = 5 + len(codes.attributes)
    assert len(cells) == columns * (1 + len(hostile))
    kinds = Counter(child.type for cell in cells for child in cell.children)
    assert kinds.keys() <= {"text", "code_inline", "html_inline", "em_open", "em_close"}
    # The anchor of each row is our own; a code of signs may be empty in it.
    assert kinds["html_inline"] == 2 * len(hostile)
    assert kinds["em_open"] == len(hostile)
