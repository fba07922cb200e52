"""The codebook as a page of its own, and the definitions that open on the page of the events."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from conftest import DESK, HOSTILE, ROOT, book_folder, browser_needed, invoke
from test_explorer import PHONE
from test_pages import Hostile, hostile_book, shown

from eventbook.codebook import load
from eventbook.codebook.model import Page
from eventbook.codebook.pages import SHOWN_CODES, anchor, page
from eventbook.dataset.explorer.codebook_page import codebook_html, codebook_name
from eventbook.dataset.explorer.package_page import package_pages
from eventbook.dataset.tables.build import build
from eventbook.validation.package.package import Package


@pytest.fixture(scope="module")
def pages(checked, tmp_path_factory):
    """The page of the events of the package; its codebook is beside it."""
    folder = tmp_path_factory.mktemp("pages")
    tables = build(load("eventbook"), checked.tables)
    for name, text in package_pages(Package(ROOT), tables, "events.html").items():
        (folder / name).write_text(text, encoding="utf-8")
    assert {path.name for path in folder.iterdir()} == {"events.html", "events-codebook.html"}
    return folder / "events.html"


@pytest.fixture(scope="module")
def codebook(pages):
    return pages.with_name(codebook_name(pages.name))


def addresses(html):
    return re.findall(r'\sid="([^"]+)"', html)


@pytest.mark.parametrize("name", ["eventbook", "acled", "ucdp-ged", "adjudication", "strikes"])
def test_everything_of_a_book_has_an_address_of_its_own(name):
    """A finding says: see fatalities-order; two entries of one address lead to the wrong one."""
    book = load(folder if (folder := book_folder(name)).is_dir() else name)
    html = codebook_html(book)
    found = addresses(html)
    assert len(found) == len(set(found))
    lists = [codes for codes in book.code_lists.values() if not codes.of_variables]
    wanted = {
        *(anchor("guide", page.name) for page in book.guide),
        *(anchor("table", table) for table in book.tables),
        *(anchor(t.name, v.name) for t in book.tables.values() for v in t.variables),
        *(anchor("list", codes.name) for codes in lists),
        *(anchor(codes.name, code.code) for codes in lists for code in codes.codes),
        *(anchor("rule", rule.id) for rule in book.rules),
    }
    assert wanted <= set(found)
    links = set(re.findall(r'href="#([^"]+)"', html))
    assert links - set(found) - {"search"} == set()


def test_only_the_own_book_is_on_its_page():
    """87 % of the page were the books of others, and 249 countries came before the rules."""
    html = codebook_html(load("eventbook"))
    assert html.index('id="rules"') < html.index('id="list-country"') < html.index('id="others"')
    assert 'id="acled-' not in html and "Other codebooks" in html
    own = codebook_html(load(book_folder("strikes")))
    assert "Other codebooks" not in own


def test_both_pages_say_how_the_versions_relate():
    """A codebook 2.0.0 beside a dataset 1.0.0 looked like a mistake."""
    book = load("eventbook")
    own = f"Version {book.version} of the codebook"
    said = f"{own}, which has versions of its own: eventbook 1.0.0 follows this one."
    for made in (codebook_html, page):
        assert said in made(book, "eventbook 1.0.0")
        assert f"{own}." in made(book) and "versions of its own" not in made(book)


@pytest.mark.parametrize("name", ["eventbook", "acled", "ucdp-ged", "adjudication", "strikes"])
def test_the_contents_of_the_reference_page_are_complete(name):
    """Ten pages of the guide were on the page, and none in its contents; 67 rules came after 249 countries."""
    book = load(folder if (folder := book_folder(name)).is_dir() else name)
    text = page(book)
    contents = text.partition("\n## ")[0]
    lists = [codes for codes in book.code_lists.values() if not codes.of_variables]
    for target in (
        *(anchor("guide", p.name) for p in book.guide),
        *(anchor("table", t) for t in book.tables),
        *(anchor("list", codes.name) for codes in lists),
        *(anchor("rules", rule.on) for rule in book.rules),
    ):
        assert f"(#{target})" in contents, target
        assert f'<a id="{target}"></a>' in text, target
    for codes in lists:
        place = text.index(f'<a id="{anchor("list", codes.name)}"></a>')
        assert (place > text.index("## Findings")) == (len(codes.codes) > SHOWN_CODES), codes.name
    assert not any(
        v.pattern in text
        for t in book.tables.values()
        for v in t.variables
        if v.pattern and "[" in v.pattern
    )


def test_no_regular_expression_is_on_the_page():
    """`[A-Z]{3}-[0-9]{4}-[0-9]{4,}` says nothing to most readers of a codebook."""
    html = codebook_html(load("eventbook"))
    assert "[A-Z]" not in html and "[0-9]" not in html
    assert "written like <code>SYR-2019-0001</code>" in html


@browser_needed
def test_the_codebook_is_searched(codebook, visit):
    """A word of which 752 entries are shown was not searched."""
    tab = visit(codebook)
    tab.fill("#search", "fatalities-order")
    assert tab.locator(".entry:visible h4 code").all_inner_texts() == ["fatalities-order"]
    assert tab.inner_text("#found").startswith("1 of ")
    assert tab.locator("main > section:visible h2").all_inner_texts() == ["Rules"]
    tab.fill("#search", "Syria")
    assert tab.locator("#country-syr").is_visible()
    tab.fill("#search", "no such words anywhere")
    assert tab.inner_text("#found").startswith("0 of ")
    tab.fill("#search", "")
    assert tab.inner_text("#found") == ""
    assert not tab.locator("#country-syr").is_visible()


@browser_needed
def test_an_address_opens_its_entry(codebook, visit):
    """A link to an entry in a part that is closed leads to nothing that can be seen."""
    for address in ("country-syr", "rule-fatalities-order", "guide-04-fatalities"):
        tab = visit(codebook, f"#{address}", PHONE)
        assert tab.locator(f"#{address}").is_visible()
        top = tab.evaluate(
            "(id) => document.getElementById(id).getBoundingClientRect().top", address
        )
        assert -1 <= top < 844
        assert tab.evaluate("document.documentElement.scrollWidth") <= 390
    tab.click("#contents summary")
    tab.click("#contents a[href='#guide-02-event-types']")
    assert tab.evaluate("document.getElementById('guide-02-event-types').open")
    tab = visit(codebook, "#%E0%A4%A")
    tab.fill("#search", "deaths")


@browser_needed
def test_the_guide_leads_to_the_variables_that_it_names(codebook, visit):
    """The guide names a variable, and the reader searches for what it is."""
    tab = visit(codebook)
    links = tab.locator("#guide-04-fatalities a[href='#events-fatalities-words']")
    assert links.count() > 0
    links.first.click()
    assert tab.url.endswith("#events-fatalities-words")


@browser_needed
def test_a_definition_opens_where_the_name_is(pages, visit):
    """The definition of a variable was 8,000 pixels away, and the event was gone."""
    tab = visit(pages, "#?row=SYR-2019-0001")
    book = load("eventbook")
    name = tab.locator("#detail .defined").first
    definition = tab.locator("#definition")
    name.click()
    assert definition.is_visible() and name.get_attribute("aria-expanded") == "true"
    machine = definition.locator("code").inner_text()
    described = book.tables["events"][machine]
    assert described.description in definition.inner_text()
    tab.keyboard.press("Escape")
    assert not definition.is_visible() and name.get_attribute("aria-expanded") == "false"
    name.click()
    link = definition.locator("a")
    assert link.get_attribute("href") == f"events-codebook.html#{anchor('events', machine)}"
    link.click()
    tab.wait_for_url("**/events-codebook.html#*")
    assert tab.locator(f"#{anchor('events', machine)}").is_visible()
    tab.go_back()
    tab.wait_for_url("**/events.html#*row=SYR-2019-0001*")
    assert tab.locator("#detail h3").inner_text()


@browser_needed
def test_a_definition_opens_for_the_mouse_and_the_keyboard(pages, visit):
    """What opens on pointing alone does not open for who has no mouse."""
    tab = visit(pages, "#?row=SYR-2019-0001")
    names, definition = tab.locator("#detail .defined"), tab.locator("#definition")
    names.nth(1).hover()
    definition.wait_for(state="visible")
    definition.hover()
    tab.wait_for_timeout(500)
    assert definition.is_visible()
    tab.mouse.move(2, 2)
    definition.wait_for(state="hidden")
    names.nth(0).focus()
    tab.keyboard.press("Shift+Tab")
    tab.keyboard.press("Tab")
    definition.wait_for(state="visible")
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.closest('#definition') !== null")
    tab.keyboard.press("Tab")
    assert "Definition of" in (definition.get_attribute("aria-label") or "")


@browser_needed
def test_a_definition_opens_for_a_finger(pages, chromium):
    """On a phone nothing is pointed at."""
    context = chromium.new_context(viewport=PHONE, has_touch=True)
    tab = context.new_page()
    tab.goto(pages.as_uri() + "#?row=SYR-2019-0001")
    name = tab.locator("#detail .defined").first
    name.scroll_into_view_if_needed()
    name.tap()
    box = tab.locator("#definition").bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= 390
    tab.touchscreen.tap(380, 5)
    tab.locator("#definition").wait_for(state="hidden")
    context.close()


@browser_needed
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_axe_finds_nothing_serious(codebook, visit, viewport, scheme):
    """Contrast, names of controls, headings, landmarks: what a program can find, it finds."""
    from axe_playwright_python.sync_playwright import Axe

    tab = visit(codebook, "", viewport, scheme)
    found = Axe().run(tab).response["violations"]
    assert [v["id"] for v in found if v["impact"] in ("serious", "critical")] == []
    assert tab.evaluate("document.documentElement.scrollWidth") <= viewport["width"]


@browser_needed
def test_hostile_text_of_a_book_shows_as_text(visit, tmp_path):
    """A word of a codebook that runs as code in the reader's browser."""
    hostile = Hostile()
    book = hostile_book(hostile)
    # The first lines of a page are its title.
    guide = tuple(Page(f"p{n}", text, f"# {text}\n\n{text}\n") for n, text in enumerate(HOSTILE))
    path = tmp_path / "hostile.html"
    path.write_text(codebook_html(replace(book, guide=guide), HOSTILE[0], "x.html"), "utf-8")
    tab = visit(path)
    assert tab.evaluate("window.bad") is None
    assert tab.locator("script").count() == 1
    assert tab.locator("img, iframe, object").count() == 0
    assert [text for text in HOSTILE if text not in shown(tab)] == []


@pytest.mark.slow
def test_explore_writes_the_codebook_beside_the_page(tmp_path):
    """A page whose definitions lead to a file that is not there."""
    out = tmp_path / "page.html"
    done = invoke("explore", str(out), cwd=ROOT)
    assert done.returncode == 0, done.stderr
    beside = tmp_path / "page-codebook.html"
    assert 'href="page-codebook.html"' in out.read_text(encoding="utf-8")
    assert 'href="page.html"' in beside.read_text(encoding="utf-8")
    assert str(out) in done.stdout and str(beside) in done.stdout
    alone = tmp_path / "alone" / "page.html"
    alone.parent.mkdir()
    assert invoke("explore", str(alone), "--single-file", cwd=ROOT).returncode == 0
    assert [path.name for path in alone.parent.iterdir()] == ["page.html"]
    assert "codebook.html" not in re.sub(
        r"<script.*?</script>", "", alone.read_text(encoding="utf-8"), flags=re.S
    )
