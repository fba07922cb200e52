"""The explorer in a real browser: each value beside its words, offline, for everybody."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import fields, is_dataclass, replace
from pathlib import Path

import polars as pl
import pytest
from conftest import DESK, HOSTILE, ROOT, browser_needed, copied
from typer.testing import CliRunner

from eventbook.codebook import load
from eventbook.dataset.cli.main import app
from eventbook.dataset.explorer import figure, gather, outlines, page, palette
from eventbook.dataset.explorer import package_page as build
from eventbook.dataset.publishing.publish import publish
from eventbook.dataset.tables.build import build as build_tables
from eventbook.validation.package.package import Package

GED = ROOT.parent / "shared" / "data" / "ucdp_ged_syria_2016_2019.csv.gz"
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def tables(checked):
    return build_tables(load("eventbook"), checked.tables)


@pytest.fixture(scope="module")
def gathered(tables):
    return gather.of_package(Package(ROOT), tables, False)


@pytest.fixture(scope="module")
def made(tables, tmp_path_factory):
    """The page of the package as a file."""
    path = tmp_path_factory.mktemp("page") / "explore.html"
    path.write_text(build.package_page(Package(ROOT), tables), encoding="utf-8")
    return path


def fragment(tab):
    return tab.evaluate("location.hash")


@pytest.mark.slow
def test_the_page_is_one_small_file(made, tables):
    """A page that needs a second file is broken in a mail."""
    text = made.read_text(encoding="utf-8")
    assert made.stat().st_size < 2_000_000
    assert page.POLICY.split(";")[0] == "default-src 'none'" and "Content-Security-Policy" in text
    shell = text.replace(page._bundle(), "")
    assert "src=" not in shell and "url(" not in shell and "@import" not in shell
    article = (ROOT / "seeds/documents/DOC-0001.txt").read_text(encoding="utf-8")
    long = [p for p in article.split("\n\n") if len(p) > 200]
    assert long and not any(p in text for p in long)
    whole = build.package_page(Package(ROOT), tables, with_documents=True)
    assert json.dumps(long[0], ensure_ascii=False)[1:60] in whole


@browser_needed
def test_every_event_shows_its_words(made, visit, tables):
    """The page that shows values without their words is a table with colours."""
    tab = visit(made)
    for event in tables["events"]["event_id"]:
        tab.click(f"#list button[data-row='{event}']")
        shown = set(tab.locator("#detail .words q").all_inner_texts())
        own = tables["evidence"].filter(pl.col("event_id") == event)
        assert shown == set(own["quote"]), event
        names = set(tab.locator("#detail .values th").all_inner_texts())
        assert names == set(own["variable"].cast(pl.String))
        # A value that has evidence is coded: none of them may look unknown.
        assert tab.locator("#detail .values .unknown").count() == 0
        assert f"row={event}" in fragment(tab)


@browser_needed
def test_values_light_their_words_and_words_their_values(made, visit, tables):
    """Which words carry which value is what the page is for; by mouse and by keyboard."""
    tab = visit(made, "#?row=SYR-2019-0001")
    row = tab.locator("#detail .values tr[data-of='fatalities_low']")
    row.hover()
    lit = set(tab.locator("#detail .words li.lit q").all_inner_texts())
    own = tables["evidence"].filter(
        (pl.col("event_id") == "SYR-2019-0001") & (pl.col("variable") == "fatalities_low")
    )
    assert lit == set(own["quote"])
    tab.mouse.move(0, 0)
    assert tab.locator("#detail .lit").count() == 0
    quote = tab.locator("#detail .words li", has_text=own["quote"][0]).and_(
        tab.locator("[data-of~='fatalities_low']")
    )
    quote.first.focus()
    values = set(tab.locator("#detail .values tr.lit th").all_inner_texts())
    assert "fatalities_low" in values
    assert values == set(quote.first.get_attribute("data-of").split()) & values


@browser_needed
def test_the_whole_document_lights_up_too(tables, visit, tmp_path):
    """With the document the quotes are marked in place, where several overlap."""
    path = tmp_path / "whole.html"
    path.write_text(build.package_page(Package(ROOT), tables, True), encoding="utf-8")
    tab = visit(path, "#?row=SYR-2019-0001")
    article = (ROOT / "seeds/documents/DOC-0001.txt").read_text(encoding="utf-8")
    text = tab.evaluate("document.querySelector('#detail .text').textContent")
    assert text == article
    tab.locator("#detail .values tr[data-of='fatalities_low']").hover()
    lit = "".join(tab.locator("#detail mark.lit").all_text_contents())
    assert "120 civilians" in lit


@browser_needed
def test_filters_counts_and_a_shared_view(made, visit, tables):
    """A link that opens another view than the one that was shared misleads its reader."""
    tab = visit(made)
    tab.select_option("#f-type", "Diplomacy")
    expected = tables["events"].filter(pl.col("event_type").cast(pl.String) == "Diplomacy").height
    assert tab.inner_text("#count").startswith(f"{expected} of 7")
    tab.fill("#f-q", "turkey russia")
    few = tab.locator("#list tbody tr").count()
    assert 0 < few < expected + 1
    tab.click("#list tbody button >> nth=0")
    shared = fragment(tab)
    other = visit(made, shared)
    assert (
        other.input_value("#f-type") == "Diplomacy" and other.input_value("#f-q") == "turkey russia"
    )
    assert other.locator("#list tbody tr").count() == few
    assert other.inner_text("#detail h3") == tab.inner_text("#detail h3")
    tab.click("#reset")
    tab.wait_for_function("document.getElementById('count').textContent.startsWith('7 of 7')")
    tab.fill("#f-q", "no such words anywhere")
    tab.wait_for_function("document.getElementById('count').textContent.startsWith('0 of 7')")
    tab.evaluate("window.ready()")
    for name, value in (("from", "2019-05-20"), ("to", "2019-04-01")):
        own = visit(made, f"#?{name}={value}")
        assert own.inner_text("#count").startswith("0 of 7")


@browser_needed
def test_a_day_is_a_day_in_every_time_zone(made, chromium):
    """Drawn in local time, a bar begins the evening before for half of the world."""
    shown = set()
    for zone in ("UTC", "America/Los_Angeles", "Pacific/Kiritimati"):
        context = chromium.new_context(viewport=DESK, timezone_id=zone)
        tab = context.new_page()
        tab.goto(made.as_uri())
        tab.evaluate("window.ready()")
        shown.add(tuple(tab.locator("[data-picture='timeline'] svg text").all_text_contents()))
        context.close()
    assert len(shown) == 1


@browser_needed
def test_the_download_is_what_is_filtered(made, visit, tables):
    """A download of everything, where something was asked for, is found out too late."""
    tab = visit(made, "#?type=Battles")
    with tab.expect_download() as waited:
        tab.click("#download")
    text = Path(waited.value.path()).read_text(encoding="utf-8")
    rows = list(csv.DictReader(io.StringIO(text)))
    expected = tables["events"].filter(pl.col("event_type").cast(pl.String) == "Battles")
    assert [r["event_id"] for r in rows] == expected["event_id"].to_list()
    assert all(r["fatalities_best"] == "" for r in rows if "fatalities_best" in r)


@browser_needed
def test_the_keyboard_reaches_everything(made, visit):
    """Who has no mouse has no page otherwise."""
    tab = visit(made)
    tab.focus("#list tbody button >> nth=0")
    tab.keyboard.press("ArrowDown")
    assert tab.evaluate("document.activeElement.dataset.row") == "SYR-2019-0002"
    assert tab.inner_text("#detail h3").startswith("SYR-2019-0002")
    tab.keyboard.press("ArrowUp")
    assert tab.inner_text("#detail h3").startswith("SYR-2019-0001")
    reached = set()
    tab = visit(made)
    for _ in range(14):
        tab.keyboard.press("Tab")
        reached.add(
            tab.evaluate(
                "document.activeElement.id || document.activeElement.className || document.activeElement.tagName"
            )
        )
    assert {"skip", "f-q", "f-type"} <= reached


@browser_needed
def test_unknown_is_written_out_and_never_zero(made, visit, tables):
    """An unknown that looks like 0 is the accident that this dataset is made against."""
    tab = visit(made)
    cells = tab.locator("#list tbody tr td:last-child").all_inner_texts()
    assert cells[0] == "at least 121"
    assert set(cells[1:]) == {"not mentioned"}
    labels = tab.locator("[data-picture='fatalities'] svg text").all_text_contents()
    assert labels.count("unknown: not mentioned") == 6
    assert tab.locator("[data-rows='fatalities'] .unknown").count() == 0
    shown = tab.evaluate("document.querySelector('[data-rows=fatalities]').textContent")
    assert "unknown" in shown


@browser_needed
def test_pictures_have_their_marks_and_a_text(made, visit):
    """A picture that is drawn from nothing looks like a finding."""
    tab = visit(made)
    for name in ("timeline", "places", "fatalities", "network"):
        node = tab.locator(f"[data-picture='{name}']")
        assert node.get_attribute("role") == "img" and node.get_attribute("aria-label")
        assert node.locator("svg path").count() > 3, name
        assert tab.locator(f"[data-rows='{name}'] tbody tr").count() > 0, name
    assert "5 of these events have no point" in tab.inner_text("#nowhere")
    labels = tab.inner_text("[data-picture='timeline']")
    assert "SYR-2019-0006 Consultation" in labels


@browser_needed
def test_claims_and_denials_are_side_by_side(made, visit):
    """Who denies what belongs beside who says it."""
    tab = visit(made)
    first = tab.locator("#claim-list .sides").first
    assert first.locator(".claim.for").count() and first.locator(".claim.against").count()
    assert "denies" in first.locator(".claim.against").first.inner_text()


@browser_needed
def test_the_codebook_is_searched_and_linked(made, visit):
    """A finding says: see fatalities-order; the link must lead there."""
    tab = visit(made, "#rule-fatalities-order")
    assert tab.evaluate("document.getElementById('rule-fatalities-order').open")
    tab.fill("#f-term", "suicide bomb")
    shown = tab.locator(".term:not([hidden]) code").all_inner_texts()
    assert "Suicide bomb" in shown and len(shown) < 30
    anchors = tab.evaluate("[...document.querySelectorAll('.term')].map((n) => n.id)")
    assert len(anchors) == len(set(anchors)) > 1000
    book = load("eventbook")
    assert {f"rule-{r.id}" for r in book.rules} <= set(anchors)
    assert any(a.startswith("acled-rule-") for a in anchors)
    assert any(a.startswith("ucdp-ged-") for a in anchors)
    links = tab.locator("#detail a").all()
    tab.goto(tab.url.split("#")[0] + "#?row=SYR-2019-0003")
    links = tab.evaluate("[...document.querySelectorAll('#detail a')].map((a) => a.hash.slice(1))")
    assert links and set(links) <= set(anchors)


@browser_needed
def test_hostile_text_shows_as_text(gathered, visit, tmp_path):
    """A cell that runs as code in the reader's browser."""
    events = dict(gathered.columns)
    for name, column in events.items():
        if name == "event_id" or not isinstance(column, dict) or name.startswith("date_"):
            continue
        texts = [HOSTILE[n % len(HOSTILE)] for n in range(gathered.rows)]
        events[name] = {"texts": texts, "at": list(range(gathered.rows))}
    evidence = [
        p | {"words": HOSTILE[n % 8], "because": HOSTILE[-n % 8]}
        for n, p in enumerate(gathered.quotes)
    ]
    claims = [
        c | {"words": HOSTILE[n % 8], "value": HOSTILE[-n % 8]}
        for n, c in enumerate(gathered.claims)
    ]
    hostile = replace(
        gathered,
        title=HOSTILE[0],
        about=HOSTILE[1],
        columns=events,
        quotes=evidence,
        claims=claims,
        texts={"DOC-0001": HOSTILE[2] * 300},
    )
    path = tmp_path / "hostile.html"
    path.write_text(page.explorer_html(hostile, load("eventbook")), encoding="utf-8")
    tab = visit(path, "#?row=SYR-2019-0001")
    assert tab.evaluate("window.bad") is None
    assert tab.title() == HOSTILE[0]
    assert tab.locator("img").count() == 0
    assert tab.locator("script").count() == 4
    body = tab.evaluate("document.querySelector('#list').textContent")
    assert all(text in body for text in HOSTILE[:6])
    with tab.expect_download() as waited:
        tab.click("#download")
    rows = list(csv.DictReader(io.StringIO(Path(waited.value.path()).read_text(encoding="utf-8"))))
    assert {r["notes"] for r in rows} >= {"'=1+1", HOSTILE[0]}


@browser_needed
@pytest.mark.parametrize(
    "address",
    ["#%", "#?q=%E0%A4%A", "#?row=%", "#no-such-anchor", "#?type=__proto__&q=[", "#?from=x"],
)
def test_an_address_that_is_malformed_gives_a_page_that_works(made, visit, tables, address):
    """A link that a mail program cut showed an empty page."""
    tab = visit(made, address)
    tab.fill("#f-q", "")
    tab.click("#filters [type=reset]")
    tab.wait_for_function(
        f"document.querySelectorAll('#list tbody tr').length == {len(tables['events'])}"
    )


@browser_needed
@pytest.mark.parametrize(
    ("name", "texts"),
    [
        ("date_start", ["2019-05-01", None]),
        ("date_end", [None, "2019-05-01"]),
        ("event_id", [None, None]),
        ("part_of", [None, "x"]),
    ],
)
@pytest.mark.parametrize("gone", [False, True])
def test_an_event_that_lacks_a_cell_or_column_is_shown(
    gathered, visit, tmp_path, name, texts, gone
):
    """One event without a day or an id left the page without its pictures."""
    events = dict(gathered.columns)
    events[name] = {
        "texts": texts[:1] if texts[0] else texts[1:],
        "at": [0 if texts[n % 2] else None for n in range(gathered.rows)],
    }
    if gone:
        del events[name]
    path = tmp_path / "lacking.html"
    path.write_text(
        page.explorer_html(replace(gathered, columns=events), load("eventbook")), encoding="utf-8"
    )
    tab = visit(path)
    assert tab.locator("#list tbody tr").count() == gathered.rows
    tab.locator("#list tbody tr button").first.click()


@browser_needed
def test_names_keep_their_direction(gathered, visit, tmp_path):
    """An Arabic name beside a Latin one turns the order of both without isolation."""
    texts = ["هيئة تحرير الشام", "İdlib Işıklı Köyü", *["x"] * (gathered.rows - 2)]
    events = dict(gathered.columns) | {"actor1": {"texts": texts, "at": list(range(gathered.rows))}}
    path = tmp_path / "names.html"
    path.write_text(
        page.explorer_html(replace(gathered, columns=events), load("eventbook")), encoding="utf-8"
    )
    tab = visit(path)
    cell = tab.locator("#list tbody tr >> nth=0").locator("bdi").first
    assert "هيئة تحرير الشام" in cell.inner_text()
    assert cell.evaluate("(n) => getComputedStyle(n).unicodeBidi") in ("isolate", "plaintext")
    tab.fill("#f-q", "ışıklı")
    assert tab.locator("#list tbody tr").count() == 1


@browser_needed
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_axe_finds_nothing_serious(made, visit, viewport, scheme):
    """Contrast, names of controls, headings, landmarks: what a program can find, it finds."""
    from axe_playwright_python.sync_playwright import Axe

    tab = visit(made, "#?row=SYR-2019-0001", viewport, scheme)
    found = Axe().run(tab).response["violations"]
    wrong = [
        (v["id"], v["nodes"][0]["html"][:120], v["nodes"][0].get("failureSummary", "")[:200])
        for v in found
        if v["impact"] in ("serious", "critical")
    ]
    assert wrong == []


@browser_needed
def test_a_phone_needs_no_sideways_scrolling(made, visit):
    """A page that is wider than the screen cannot be read on a phone."""
    tab = visit(made, "#?row=SYR-2019-0001", PHONE)
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390
    tab.emulate_media(media="print")
    assert tab.locator("#filters").is_hidden()


@browser_needed
@pytest.mark.skipif(not GED.is_file(), reason="the real GED files are not here")
def test_many_events_stay_usable(visit, tmp_path):
    """A page that freezes on 16,566 events is a page for seven."""
    path = tmp_path / "ged.html"
    path.write_text(build.file_page(GED), encoding="utf-8")
    assert path.stat().st_size < 10_000_000
    tab = visit(path)
    assert "16,566 of 16,566 events" in tab.inner_text("#count")
    assert "the first 200 are shown" in tab.inner_text("#count")
    assert tab.locator(".note", has_text="16,566 events").count() == 1
    took = tab.evaluate(
        """async () => {
            const begin = performance.now();
            const field = document.getElementById('f-q');
            field.value = 'aleppo';
            field.dispatchEvent(new Event('input'));
            const typed = performance.now() - begin;
            await window.ready();
            return [typed, performance.now() - begin];
        }"""
    )
    for name in ("timeline", "places", "fatalities", "network"):
        filled = tab.evaluate(
            """(name) => [...document.querySelectorAll(`[data-picture='${name}'] svg path`)]
                .filter((n) => n.getBoundingClientRect().width > 2
                    && (n.getAttribute('fill') || n.getAttribute('stroke') || '').startsWith('#8a8175')).length""",
            name,
        )
        assert filled > 3, name
    # No benchmark: a page that hangs takes ten times as long.
    assert took[0] < 3000 and took[1] < 20000


@pytest.mark.slow
def test_a_file_in_another_layout(tmp_path, monkeypatch):
    """ACLED's and GED's columns are not ours; the page must not care."""
    monkeypatch.chdir(ROOT)
    acled = tmp_path / "acled.csv"
    run = CliRunner().invoke
    assert run(app, ["convert", "dataset/events.csv", str(acled), "--to", "acled"]).exit_code == 0
    out = tmp_path / "acled.html"
    done = run(app, ["explore", str(acled), str(out)])
    assert done.exit_code == 0 and out.stat().st_size < 2_000_000
    assert "Converted from the layout" in out.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def example():
    """A row of ACLED as text, of the book's examples."""
    acled = load("acled").tables["events"]
    return {v.name: str(v.example) for v in acled.variables if v.name in acled.layout}


def test_the_page_says_what_it_could_not_read(example, tmp_path):
    """All 1,848 days were unknown, and the page did not mention it."""
    path = tmp_path / "acled.csv"
    days = ["2019-05-13", "yesterday", "today", ""]
    rows = [example | {"event_id_cnty": f"SYR{n}", "event_date": d} for n, d in enumerate(days)]
    frame = pl.DataFrame(rows).drop("notes")
    frame.write_csv(path)
    notes = " ".join(gather.of_file(path)[1].notes)
    assert "2 of event_date" in notes and "eventbook check" in notes
    assert "3 of 4 events without a readable day" in notes
    assert "no column notes" in notes
    frame.head(1).write_csv(path)
    assert "readable" not in " ".join(gather.of_file(path)[1].notes)


@pytest.mark.slow
@pytest.mark.parametrize("layout", ["acled", "ucdp-ged", "eventbook"])
def test_a_file_without_some_column_is_gathered(example, tmp_path, layout):
    """A traceback for a column that is not there: the other columns are there all the same."""
    path = tmp_path / "events.csv"
    if layout == "eventbook":
        frame = pl.read_csv(ROOT / "dataset/events.csv", infer_schema=False)
    else:
        table = load(layout).tables["events"]
        frame = pl.DataFrame(
            [{v.name: str(v.example) for v in table.variables if v.derived is None}]
        )
    for name in frame.columns:
        frame.drop(name).write_csv(path)
        found = gather.of_file(path, layout)[1]
        assert found.rows == frame.height, name
        ids = found.ids
        assert len(ids["texts"]) == len(ids["at"]) == frame.height, name


@browser_needed
def test_a_file_with_gaps_gives_a_page_that_works(visit, tmp_path):
    """An event without a last day stopped the script; two of one id showed the values of one."""
    frame = pl.read_csv(ROOT / "dataset/events.csv", infer_schema=False).head(5)
    number = pl.int_range(pl.len())
    frame = frame.with_columns(
        date_end=pl.when(number == 0).then(None).otherwise("date_end"),
        date_start=pl.when(number == 1).then(pl.lit("soon")).otherwise("date_start"),
        event_id=pl.when(number == 2).then(None).when(number < 5).then(pl.lit("SYR-2019-0001")),
    )
    gaps, without = tmp_path / "gaps.csv", tmp_path / "without.csv"
    frame.write_csv(gaps)
    frame.drop("event_id", "date_end", "latitude", "event_type", "actor1").write_csv(without)
    for path in (gaps, without):
        html = path.with_suffix(".html")
        html.write_text(build.file_page(path), encoding="utf-8")
        tab = visit(html)
        assert "5 of 5 events" in tab.inner_text("#count")
        assert "1 of these events have no day" in tab.inner_text("#undated")
        buttons = tab.locator("#list tbody button")
        assert len(set(buttons.all_inner_texts())) == 5
        assert tab.locator("[data-picture='timeline'] svg").count() == 1
        buttons.nth(4).click()
        assert buttons.nth(4).inner_text() in tab.inner_text("#detail h3")


BIRDS = """\
name: birds
title: Birds at the feeder
version: 1.0.0
description: One table, and nothing said of what its columns are for.
codes:
  species: {title: Species, description: Which bird.}
variables:
  number: {title: Number, type: integer, description: The row., constraints: {required: true}, example: 1}
  species: {title: Species, type: string, description: Which bird., codes: species, example: tit}
  ringed: {title: Ringed, type: boolean, description: Whether it has a ring., example: true}
  grams: {title: Grams, type: number, description: What it weighs., missing: it flew, example: 12.5}
tables:
  birds:
    title: Birds
    description: One row a visit.
    primaryKey: [number]
    variables: [number, species, ringed, grams]
"""


@browser_needed
def test_a_table_without_roles_has_a_page(visit, tmp_path):
    """A team that keeps no events got a traceback, or headings of a dataset that is not theirs."""
    folder = tmp_path / "birds"
    (folder / "codes").mkdir(parents=True)
    (folder / "book.yaml").write_text(BIRDS, encoding="utf-8")
    (folder / "rules.yaml").write_text("{}\n", encoding="utf-8")
    codes = "code,label,definition\ntit,Great tit,Large.\njay,Jay,Blue.\n"
    (folder / "codes" / "species.csv").write_text(codes, encoding="utf-8")
    data = tmp_path / "visits.csv"
    data.write_text(
        "number,species,ringed,grams\n1,tit,true,17.1234567\n2,jay,false,\n3,tit,false,16\n",
        encoding="utf-8",
    )
    page_file = tmp_path / "birds.html"
    page_file.write_text(build.file_page(data, str(folder)), encoding="utf-8")
    tab = visit(page_file)
    assert tab.locator("[data-picture]").count() == 0
    assert tab.locator("main h2").all_inner_texts() == ["Birds", "Codebook"]
    heads = tab.locator("#list thead th").all_inner_texts()
    assert heads == ["Row", "Species", "Ringed", "Grams"]
    (left_out,) = tab.locator(".note", has_text="Not on this page").all_inner_texts()
    assert "timeline, map, fatalities, actors." in left_out
    labels = tab.locator("#filters label").evaluate_all(
        "(all) => all.map((n) => n.firstChild.data)"
    )
    assert labels == ["Search", "Species", "Ringed"]
    assert tab.locator("#list tbody tr").nth(1).inner_text().split("\t")[1:] == [
        "Jay",
        "false",
        "unknown",
    ]
    tab.select_option("[data-variable=species]", label="Great tit")
    assert tab.inner_text("#count") == "2 of 3 rows"
    tab.select_option("[data-variable=ringed]", "true")
    assert tab.inner_text("#count") == "1 of 3 rows"
    again = visit(page_file, fragment(tab))
    assert again.inner_text("#count") == "1 of 3 rows"
    again.click("#list button")
    assert "17.1234567" in again.inner_text("#detail")
    again.click("#reset")
    again.fill("#f-q", "great")
    assert again.inner_text("#count") == "2 of 3 rows"


def mine(value):
    """Give every name of a table or column in roles, keys and tables another one."""
    if isinstance(value, str):
        return f"my_{value}" if value else ""
    if isinstance(value, tuple):
        return tuple(mine(inner) for inner in value)
    if is_dataclass(value):
        return replace(value, **{f.name: mine(getattr(value, f.name)) for f in fields(value)})
    return value


def renamed_table(table):
    variables = tuple(
        replace(v, name=mine(v.name), words_for=mine(v.words_for)) for v in table.variables
    )
    keys = (
        replace(k, field=mine(k.field), table=mine(k.table), target=mine(k.target))
        for k in table.foreign_keys
    )
    return replace(
        table,
        name=mine(table.name),
        variables=variables,
        primary_key=mine(table.primary_key),
        foreign_keys=tuple(keys),
        featured=mine(table.featured),
        roles=mine(table.roles),
    )


def renamed_type(codes):
    return replace(
        codes,
        codes=tuple(
            replace(c, code="Marches", label="Marches") if c.code == "Protests" else c
            for c in codes.codes
        ),
    )


@pytest.fixture
def renamed(tables):
    """Our package with a book and tables of other names, and the first event a march."""
    book = load("eventbook")
    types = {"event_type": renamed_type(book.code_lists["event_type"])}
    package = Package(ROOT)
    vars(package)["book"] = replace(
        book,
        tables={mine(name): renamed_table(table) for name, table in book.tables.items()},
        code_lists={**book.code_lists, **types},
    )
    frames = {mine(n): frame.rename(lambda column: f"my_{column}") for n, frame in tables.items()}
    first = pl.int_range(pl.len()) == 0
    march = (
        pl.when(first).then(pl.lit("Marches")).otherwise(pl.col("my_event_type").cast(pl.String))
    )
    frames["my_events"] = frames["my_events"].with_columns(march.alias("my_event_type"))
    named = pl.format("my_{}", pl.col("my_variable").cast(pl.String))
    frames["my_evidence"] = frames["my_evidence"].with_columns(named.alias("my_variable"))
    return package, frames


@browser_needed
def test_a_book_of_other_names_has_the_same_page(made, renamed, visit, tmp_path):
    """A renamed type was drawn as type unknown, renamed columns not at all."""
    package, frames = renamed
    path = tmp_path / "renamed.html"
    path.write_text(build.package_page(package, frames), encoding="utf-8")
    ours, theirs = visit(made, "#?row=SYR-2019-0001"), visit(path, "#?row=SYR-2019-0001")
    for part in ("header", "#list", "#detail .words", "#claim-list", "#nowhere", "#undated"):
        assert theirs.inner_text(part) == ours.inner_text(part), part
    values = ours.locator("#detail .values td").all_inner_texts()
    assert theirs.locator("#detail .values td").all_inner_texts() == [
        value.replace("Explosions/Remote violence", "Marches") for value in values
    ]
    names = ours.locator("#detail .values th").all_inner_texts()
    assert theirs.locator("#detail .values th").all_inner_texts() == [f"my_{n}" for n in names]
    for name in ("timeline", "places", "fatalities", "network"):
        drawn = [t.locator(f"[data-picture='{name}'] svg path").count() for t in (ours, theirs)]
        assert drawn[0] == drawn[1] > 3, name
    legend = theirs.locator("[data-picture='timeline'] .role-legend-label text").all_text_contents()
    assert legend == ["Battles", "Marches", "Diplomacy"]
    place = theirs.locator("[data-picture='places'] path[stroke='#2f7fc1']")
    assert place.count() == 1, "not in the colour of its position in the list"
    theirs.select_option("#f-type", "Marches")
    assert theirs.inner_text("#count") == "1 of 7 events"
    theirs.click("#reset")
    theirs.fill("#f-q", "marches")
    assert theirs.inner_text("#count") == "1 of 7 events"


@pytest.mark.slow
def test_a_figure_follows_the_roles(renamed, tables):
    """A figure from columns that another book does not have was a KeyError in `publish`."""
    package, frames = renamed
    table = package.book.main_table
    assert build.figure_path(package.book) == "dataset/my_events.png"
    theirs = figure.spec(package.book, table, frames["my_events"])
    ours = figure.spec(load("eventbook"), load("eventbook").main_table, tables["events"])
    assert theirs["datasets"]["outlines"] == ours["datasets"]["outlines"]
    for rows in ("timeline", "places"):
        kinds = [row.pop("type") for row in theirs["datasets"][rows]]
        assert kinds[0] == "Marches" and "type unknown" not in kinds
        assert theirs["datasets"][rows] == [
            {word: value for word, value in row.items() if word != "type"}
            for row in ours["datasets"][rows]
        ]
    many = pl.concat([frames["my_events"]] * 12)
    assert "months" in figure.spec(package.book, table, many)["datasets"]
    days = replace(table, roles=replace(table.roles, point=None))
    alone = figure.spec(package.book, days, frames["my_events"])
    assert list(alone["datasets"]) == ["timeline"] and len(alone["vconcat"]) == 1
    nothing = replace(days, roles=replace(days.roles, interval=None))
    vars(package)["book"] = package.book.with_table(nothing)
    assert build.figure_of(package, frames) is None
    assert not build.has_figure(package.book)


def test_a_file_of_a_book_of_ones_own_is_shown_as_it_is(tmp_path):
    """Converted into our layout, a file of another book lost what makes it another."""
    path = ROOT / "tests" / "books" / "strikes" / "seeds" / "tables" / "strikes.csv"
    book, found = gather.of_file(path)
    assert book.name == "strikes" and found.layout.table == "strikes" and found.rows == 4
    assert set(found.columns) >= {"demand", "workers_low"}
    assert found.layout.filters == ("outcome",) and found.layout.parts.timeline
    assert "Converted" not in " ".join(found.notes)
    assert "map, fatalities, actors." in " ".join(found.notes)
    noted = pl.read_csv(path, infer_schema=False).with_columns(weather=pl.lit("rain"))
    noted.write_csv(tmp_path / "noted.csv")
    _, found = gather.of_file(tmp_path / "noted.csv", book)
    assert "does not have are left out: weather." in " ".join(found.notes)


def test_what_cannot_be_explored(tmp_path, monkeypatch, copy, sheet):
    """A page from tables with errors would show them as if they were data."""
    monkeypatch.chdir(copy.root)
    run = CliRunner().invoke
    assert "one file" in str(run(app, ["explore", "a.csv", "b.csv"]).exception)
    assert "for a package" in str(run(app, ["explore", "--figure", "a.csv"]).exception)
    assert "no such file" in str(run(app, ["explore", "nothing.csv"]).exception)
    events = load("eventbook").tables["events"]
    roles = replace(events.roles, interval=None, point=None)
    without = load("eventbook").with_table(replace(events, roles=roles))
    with monkeypatch.context() as patched:
        patched.setattr(Package, "book", without)
        done = run(app, ["explore", "--figure", str(tmp_path / "x.png")])
    assert "neither days nor points of events" in str(done.exception)
    assert not (tmp_path / "x.png").exists()
    events = sheet("events")
    events.rows[0]["sub_event_type"] = "War"
    events.save()
    done = run(app, ["explore", str(tmp_path / "x.html")])
    assert done.exit_code == 1 and not (tmp_path / "x.html").exists()


@pytest.mark.slow
def test_publish_brings_the_page_and_the_figure(tmp_path):
    """A release whose page was made from another table."""
    package = copied(tmp_path / "package", traced=True)
    publish(package, tmp_path / "dist", lambda line: None)
    beside = next((tmp_path / "dist").glob("*.html"))
    sums = (tmp_path / "dist" / "SHA256SUMS").read_text(encoding="utf-8")
    assert beside.name in sums
    figure = (package.root / "dataset/events.png").read_bytes()
    assert figure.startswith(b"\x89PNG") and build.drawn_from(figure)
    tables = build_tables(package.book, package.check().tables)
    assert build.figure_of(package, tables) == figure
    changed = tables | {
        "events": tables["events"].with_columns(pl.lit("Riots").alias("event_type"))
    }
    assert build.drawn_from(build.figure_of(package, changed)) != build.drawn_from(figure)


def test_each_event_type_has_a_colour(book):
    """A type without a colour is drawn in nothing."""
    found = palette.palette(book, book.tables["events"], pl.DataFrame())
    types = book.code_lists["event_type"].values
    assert [*found.colours] == [*types, palette.UNKNOWN]
    assert len({*found.colours.values()}) == len(types) + 1
    assert len({palette.colour(n) for n in range(100)}) == 100


def test_outlines_are_cut_at_the_edge():
    """A neighbour of a continent's size makes the map a stamp."""
    square = [[0, 0], [0, 10], [10, 10], [10, 0], [0, 0]]
    cut = outlines.clipped(square, (-5.0, -5.0, 5.0, 5.0))
    assert max(x for x, _ in cut) == 5 and max(y for _, y in cut) == 5 and cut[0] == cut[-1]
    assert outlines.clipped(square, (20.0, 20.0, 30.0, 30.0)) == []
    assert outlines.clipped(square, (-1.0, -1.0, 11.0, 11.0))[:-1] == [
        (0.0, 0.0),
        (0.0, 10.0),
        (10.0, 10.0),
        (10.0, 0.0),
    ]
