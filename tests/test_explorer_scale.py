"""Large packages: they can be made, their page is small and quick, and its evidence is in parts."""

from __future__ import annotations

import re
import sys
import time

import polars as pl
import pytest
from conftest import ROOT, browser_needed, invoke

sys.path.insert(0, str(ROOT / "tests" / "benchmarks"))

from packages import make

from eventbook.codebook import load
from eventbook.dataset.explorer import evidence, gather
from eventbook.dataset.explorer.package_page import package_page, package_pages
from eventbook.dataset.explorer.packing import packed
from eventbook.dataset.tables.build import build
from eventbook.validation.package.package import Package

DOCUMENTS = 4
LONGEST = 3.0
"""Seconds: a page that hangs takes ten times as long, also where nothing else runs."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("made") / "package"
    make(root, DOCUMENTS)
    return root


@pytest.fixture(scope="module")
def tables(folder):
    checked = Package(folder).check()
    assert checked.report.status() == 0, list(checked.report)
    return build(load("eventbook"), checked.tables)


def test_a_made_package_has_no_errors(tables):
    """A benchmark on data that is rejected measures how findings are printed."""
    assert tables["documents"].height == DOCUMENTS
    assert tables["events"].height >= 5 * DOCUMENTS
    assert tables["claims"].height > 2 * tables["events"].height
    assert tables["evidence"].height > 10 * tables["events"].height


def test_the_same_arguments_give_the_same_package(folder, tmp_path):
    """Figures of two packages that differ cannot be compared."""
    make(tmp_path / "package", DOCUMENTS)
    files = [path.relative_to(folder) for path in sorted(folder.rglob("*")) if path.is_file()]
    assert len(files) == 9 + DOCUMENTS
    for name in files:
        assert (folder / name).read_bytes() == (tmp_path / "package" / name).read_bytes()


def unpacked(columns):
    """The rows of a part's quotes."""
    cells = {
        name: [None if n is None else column["texts"][n] for n in column["at"]]
        if isinstance(column, dict)
        else column
        for name, column in columns.items()
    }
    rows = (dict(zip(cells, row, strict=True)) for row in zip(*cells.values(), strict=True))
    return [{name: cell for name, cell in row.items() if cell is not None} for row in rows]


def test_each_quote_is_in_the_part_of_its_row(tables, monkeypatch):
    """A quote in another part than its event is never shown."""
    monkeypatch.setattr(evidence, "IN_A_PART", 150)
    book = load("eventbook")
    all_of_it = evidence.gathered_evidence(book, book.tables["events"], tables)
    ids = tables["events"]["event_id"]
    found = evidence.divided(all_of_it, ids)
    assert len(found.parts) > 3
    part_of = {name: place // found.rows for place, name in enumerate(ids)}
    about = {claim["id"]: claim["about"] for claim in all_of_it.claims}
    quotes = [(n, quote) for n, p in enumerate(found.parts) for quote in unpacked(p["quotes"])]
    for number, quote in quotes:
        assert part_of[quote.get("row") or about[quote["claim"]]] == number
    key = lambda row: sorted((name, str(cell)) for name, cell in row.items())  # noqa: E731
    inline = evidence.plain_rows(all_of_it.quotes)
    assert sorted(map(key, inline)) == sorted(key(quote) for _, quote in quotes)
    claims = [claim for part in found.parts for claim in part["claims"]]
    assert sorted(c["id"] for c in claims) == sorted(c["id"] for c in all_of_it.claims)
    assert found.claimed == sorted({list(ids).index(name) for name in about.values()})


def test_claims_about_no_row_are_in_the_last_part(monkeypatch):
    """A claim about an event that is not coded was in no part."""
    monkeypatch.setattr(evidence, "IN_A_PART", 1)
    claims = [{"id": "c1", "about": "e1"}, {"id": "c2", "about": ""}]
    quotes = pl.DataFrame({"row": ["e1", None], "claim": [None, "c2"], "words": ["a", "b"]})
    found = evidence.divided(evidence.Evidence(quotes, claims), pl.Series(["e1", "e2"]))
    assert [[c["id"] for c in part["claims"]] for part in found.parts] == [["c1"], ["c2"]]
    assert [part["quotes"]["words"]["texts"] for part in found.parts] == [["a"], ["b"]]
    assert (found.rows, found.claimed, found.loose) == (1, [0], [""])


def test_a_packed_column_is_the_column():
    """A text in the place of another puts words into the wrong mouth."""
    column = pl.Series(["b", None, "a", "b", ""])
    assert packed(column) == {"texts": ["b", "a", ""], "at": [0, None, 1, 0, 2]}
    assert packed(pl.Series([None, None], dtype=pl.String)) == {"texts": [], "at": [None, None]}


@pytest.fixture
def in_parts(folder, tables, tmp_path, monkeypatch):
    """The page of the made package, with its evidence in parts."""
    monkeypatch.setattr(gather, "IN_THE_PAGE", 100)
    monkeypatch.setattr(evidence, "IN_A_PART", 150)
    files = package_pages(Package(folder), tables, "page.html")
    assert sum(name.startswith("page-parts/") for name in files) > 3
    (tmp_path / "page-parts").mkdir()
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path / "page.html"


def quotes_shown(tab):
    return {text.strip('\u201c\u201d"') for text in tab.locator("#detail q").all_inner_texts()}


@browser_needed
def test_parts_are_loaded_when_an_event_is_chosen(in_parts, tables, visit):
    """An event without its words, because they are in a file that was not read."""
    events = tables["events"]["event_id"]
    whole = tables["evidence"]
    tab = visit(in_parts)
    for event in (events[0], events[-1]):
        tab.click(f"#list button[data-row='{event}']")
        tab.evaluate("window.ready()")
        own = whole.filter(pl.col("event_id") == event)["quote"].unique()
        assert {q.strip('"') for q in own} <= quotes_shown(tab), event
    assert tab.locator("script[src]").count() == 0
    assert tab.locator("#claim-list .claim").count() > 0


@browser_needed
def test_a_search_reads_all_parts(in_parts, tables, visit):
    """The words of an event that nobody has opened were not found."""
    last = tables["claims"]["statement"][-1].partition(" said ")[0]
    about = tables["claims"]["event_id"][-1]
    tab = visit(in_parts)
    tab.fill("#f-q", last.rpartition(" ")[2] + " " + last)
    tab.wait_for_function("() => document.querySelectorAll('#list tbody tr').length > 0")
    assert tab.locator(f"#list button[data-row='{about}']").count() == 1
    assert tab.locator("#reading").count() == 0


@browser_needed
def test_a_page_without_its_folder_says_so(in_parts, chromium):
    """A page that was mailed without its folder showed events as if they had no evidence."""
    alone = in_parts.with_name("alone.html")
    alone.write_text(in_parts.read_text("utf-8").replace("page-parts", "other"), "utf-8")
    tab = chromium.new_page()
    tab.goto(alone.as_uri())
    tab.fill("#f-q", "shelled")
    tab.wait_for_selector("#missing-part")
    assert "the folder other must be beside this page" in tab.inner_text("#missing-part")
    tab.close()


def test_a_single_file_says_what_it_lacks(folder, tables, monkeypatch):
    """A release's page without quotes looks as if there were none."""
    monkeypatch.setattr(gather, "IN_THE_PAGE", 100)
    gathered = gather.without_evidence(gather.of_package(Package(folder), tables, False))
    assert not gathered.layout.parts.words and not gathered.layout.parts.claims
    assert "too many for a single file" in gathered.notes[-1]


@pytest.mark.slow
def test_a_single_file_loads_nothing(folder, tables, monkeypatch):
    """A page that is sent alone must need no folder."""
    monkeypatch.setattr(gather, "IN_THE_PAGE", 100)
    text = package_page(Package(folder), tables)
    assert "file:" not in text.partition("<title>")[0] and "page-parts" not in text


@pytest.mark.slow
def test_parts_of_an_older_page_are_removed(folder, tmp_path, monkeypatch):
    """Parts that no page names any more are kept and published with it."""
    monkeypatch.setattr(gather, "IN_THE_PAGE", 100)
    out = tmp_path / "page.html"
    for size in (150, 300):
        monkeypatch.setattr(evidence, "IN_A_PART", size)
        done = invoke("explore", str(out), cwd=folder)
        assert done.returncode == 0, done.stderr
        said = re.search(r"(\d+) parts of the evidence", done.stdout)
        assert said and int(said[1]) == len(list((tmp_path / "page-parts").iterdir())) > 1
    monkeypatch.undo()
    done = invoke("explore", str(out), cwd=folder)
    assert done.returncode == 0 and "parts of the evidence" not in done.stdout
    assert not (tmp_path / "page-parts").exists()


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """A page of 7,000 events with 16,000 claims, and the seconds that it took."""
    root = tmp_path_factory.mktemp("large")
    make(root / "package", 1000)
    begin = time.process_time()
    package = Package(root / "package")
    checked = package.check()
    assert checked.report.status() == 0
    tables = build(package.book, checked.tables)
    made = time.process_time()
    files = package_pages(package, tables, "page.html")
    print(f"check {made - begin:.1f} s, page {time.process_time() - made:.1f} s")
    (root / "page-parts").mkdir()
    for name, text in files.items():
        (root / name).write_text(text, encoding="utf-8")
    return root / "page.html"


TIMED = """async () => {
    await window.ready();
    const begin = performance.now();
    await (async () => { ACT })();
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    return (performance.now() - begin) / 1000;
}"""
ACTS = {
    "filter": "{ const f = document.getElementById('f-type'); f.selectedIndex = 1;"
    " f.dispatchEvent(new Event('change')); }",
    "all": "document.getElementById('reset').click()",
    "sort": "document.querySelectorAll('#list .sort')[1].click()",
    "choose": "document.querySelectorAll('#list tbody button')[5].click()",
    "search": "{ const f = document.getElementById('f-q'); f.value = 'shelled';"
    " f.dispatchEvent(new Event('input')); }",
}


@pytest.mark.slow
@browser_needed
def test_a_large_package_has_a_page_that_answers(large, visit):
    """A page of 7,000 events had 75 MB, and froze the browser."""
    assert large.stat().st_size < 10_000_000
    largest = max(path.stat().st_size for path in large.with_name("page-parts").iterdir())
    assert largest < 2_000_000
    tab = visit(large)
    assert re.match(r"7,\d{3} of 7,\d{3} events", tab.inner_text("#count"))
    took = {name: tab.evaluate(TIMED.replace("ACT", act)) for name, act in ACTS.items()}
    print({name: round(seconds, 2) for name, seconds in took.items()})
    tab.wait_for_function("() => !document.getElementById('reading')", timeout=60_000)
    assert tab.locator("#list tbody tr").count() == 200
    assert tab.locator("#detail q").count() > 0
    assert {name: seconds for name, seconds in took.items() if seconds > LONGEST} == {}
