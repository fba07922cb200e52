"""The coder's page of the desk in a real browser, with a real server."""

from __future__ import annotations

import re
from itertools import count

import pytest
from conftest import DESK, ROOT, browser_needed, once, with_own_book
from desk_server import HARD, LONG_END, TITLE, new_package, served, until

STATIC = ROOT / "dataset" / "webdesk" / "static"
PHONE = {"width": 390, "height": 844}
PEOPLE = [f"coder-{n}" for n in range(30)]
RALLY, HARD_ONE, HOSTILE_ONE, LONG_ONE = (f"DOC-000{n}" for n in range(1, 5))

SELECT = """([words, nth]) => {
    const walker = document.createTreeWalker(document.getElementById('text'), NodeFilter.SHOW_TEXT);
    for (let node; (node = walker.nextNode()); ) {
        let at = -1;
        while ((at = node.data.indexOf(words, at + 1)) >= 0) {
            if (nth-- > 0) continue;
            const range = document.createRange();
            range.setStart(node, at);
            range.setEnd(node, at + words.length);
            node.parentElement.scrollIntoView({ block: 'center' });
            document.getSelection().removeAllRanges();
            document.getSelection().addRange(range);
            node.parentElement.dispatchEvent(new MouseEvent('mouseup', { bubbles: true, button: 0 }));
            return true;
        }
    }
    return false;
}"""


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """A desk for many coders, so that each test has a draft of its own."""
    package = once(tmp_path_factory, "desk-package", lambda folder: new_package(folder / "package"))
    root = tmp_path_factory.mktemp("desk") / "package"
    import shutil

    shutil.copytree(package / "package", root)
    with served(root, PEOPLE) as running:
        yield running


@pytest.fixture(scope="module")
def names():
    return (PEOPLE[n] for n in count())


class Coder:
    """Somebody at the desk: the tab, and what is on disk."""

    def __init__(self, tab, desk, name):
        self.tab, self.desk, self.name = tab, desk, name

    def rows(self, table):
        return self.desk.rows(self.name, table)

    def select(self, words, nth=0):
        assert self.tab.evaluate(SELECT, [words, nth]), words
        self.tab.wait_for_selector(".picker:popover-open")
        assert self.tab.locator(".picked-words").text_content() == words

    def press(self, *keys):
        for key in keys:
            self.tab.keyboard.press(key)

    def type(self, text, end="Enter"):
        self.tab.keyboard.type(text)
        if end:
            self.press(end)

    def field(self, name):
        return (
            self.tab.locator(f"#form [data-field='{name}']")
            .get_by_role("combobox")
            .or_(self.tab.locator(f"#form [data-field='{name}'] > .control > :is(input, textarea)"))
        )

    def in_hand(self):
        return self.tab.evaluate(
            "document.activeElement.closest('[data-field]')?.dataset.field ?? ''"
        )

    def saved(self):
        self.tab.wait_for_selector("#state[data-state='saved']")

    def event(self, words="Police broke up a rally of fishermen"):
        """Start the first event of a document from words."""
        before = len(self.rows("events"))
        self.select(words)
        self.press("e")
        if not before:
            self.tab.wait_for_selector("dialog[open] :focus")
            self.type("Iceland", "Tab")
            self.type("2024")
        until(lambda: len(self.rows("events")) == before + 1)
        until(lambda: self.in_hand() == "sub_event_type")


@pytest.fixture
def enter(chromium, desk, names):
    """Let a coder in; what the console complains of fails the test, refusals of requests aside."""
    contexts, wrong = [], []

    def heard(message):
        if message.type == "error" and "Failed to load resource" not in message.text:
            wrong.append(message.text)

    def come(document=RALLY, name=None, context=None, viewport=DESK, scheme="light"):
        name = name or next(names)
        if context is None:
            context = chromium.new_context(viewport=viewport, color_scheme=scheme)
            contexts.append(context)
        tab = context.new_page()
        tab.on("console", heard)
        tab.on("pageerror", lambda error: wrong.append(str(error)))
        tab.goto(desk.links[name])
        tab.wait_for_selector("html[data-ready]")
        if document != RALLY:
            tab.goto(f"{tab.url.partition('#')[0]}#document={document}")
            tab.reload()
            tab.wait_for_selector("html[data-ready]", timeout=60_000)
        return Coder(tab, desk, name)

    yield come
    for context in contexts:
        context.close()
    assert wrong == []


@pytest.fixture
def blank(chromium, desk):
    """A page of the desk's address, on which modules can be imported."""
    tab = chromium.new_page()
    tab.goto(f"{next(iter(desk.links.values())).partition('#')[0]}")
    yield tab
    tab.close()


# Words and offsets


@browser_needed
@pytest.mark.slow
def test_offsets_are_code_points_of_the_file(enter, desk):
    """A browser counts UTF-16 units: after an emoji every quote would be off by one."""
    coder = enter(HARD_ONE)
    words = [
        "signs \U0001f525 of",
        "Tabs\tand  blanks,\r\nlines that end",
        "\U0001f468\u200d\U0001f469\u200d\U0001f467 a family",
        "Cafe\u0301 de Ze\u0301 \U0001f1f8\U0001f1fe was",
        "na\u0308ive words follow \U0001f4a5\U0001f4a5 here",
        "\u0639\u0634\u0631\u0629 \u0645\u062f\u0646\u064a\u064a\u0646",
        "\u05e0\u05d4\u05e8\u05d2\u05d5 12 \u05d1\u05d7\u05dc\u05d1",
    ]
    coder.event(words[0])
    for n, one in enumerate(words[1:], 2):
        coder.select(one)
        coder.press("a")
        until(lambda n=n: len([q for q in coder.rows("quotes") if q.get("event_ids")]) == n)
    quotes = [q for q in coder.rows("quotes") if q.get("event_ids")]
    assert {q["quote"] for q in quotes} == set(words)
    for quote in quotes:
        assert HARD[int(quote["start"]) : int(quote["end"])] == quote["quote"]
        paragraph = HARD.split("\n\n")[int(quote["paragraph"]) - 1]
        assert quote["quote"] in paragraph


@browser_needed
@pytest.mark.slow
def test_blanks_at_the_ends_and_a_second_paragraph_are_left_out(enter):
    """A double click takes the blank behind the word along; a quote with it is found nowhere."""
    coder = enter()
    coder.tab.evaluate(
        """() => {
            const [first, , third] = [...document.querySelectorAll('#text p')].map((p) => p.firstChild);
            document.getSelection().setBaseAndExtent(first, 9, third, 6);
            third.parentElement.dispatchEvent(new MouseEvent('mouseup', { bubbles: true, button: 0 }));
        }"""
    )
    coder.tab.wait_for_selector(".picker:popover-open")
    words = coder.tab.locator(".picked-words").text_content()
    assert words == "police break up a rally in Reykjavik"
    assert "the rest was left out" in coder.tab.locator(".picker .about").text_content()


@browser_needed
@pytest.mark.slow
def test_a_document_of_a_megabyte(enter, desk):
    """A page that redraws the whole text with each key cannot be typed in."""
    coder = enter(LONG_ONE)
    coder.event("Paragraph 7 \U0001f4a5 of")
    coder.select("words \U0001f525 of a long report")
    coder.press("a")
    quotes = until(lambda: [q for q in coder.rows("quotes") if "words" in q.get("quote", "")])
    text = (desk.root / "long.txt").read_text(encoding="utf-8")
    assert text[int(quotes[0]["start"]) : int(quotes[0]["end"])] == quotes[0]["quote"]
    assert quotes[0]["quote"] in LONG_END and len(text) > 900_000
    took = coder.tab.evaluate(
        """async () => {
            const begin = performance.now();
            for (const letter of 'abcdefghij') document.execCommand('insertText', false, letter);
            await new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)));
            return (performance.now() - begin) / 10;
        }"""
    )
    assert took < 50, f"{took} ms a key"


POINTS = """async (text) => {
    const { Points } = await import('/static/text.js');
    const points = new Points(text);
    const all = [...text];
    const wrong = [];
    let unit = 0;
    for (let n = 0; n <= all.length; n += 1) {
        if (points.toUnits(n) !== unit || points.toPoints(unit) !== n) wrong.push(n);
        unit += n < all.length ? all[n].length : 0;
    }
    return [wrong, points.length, points.slice(0, 3)];
}"""


@browser_needed
@pytest.mark.slow
@pytest.mark.parametrize("text", ["", "plain", "\U0001f525", HARD, "a\U0001f525" * 500])
def test_points_and_units_are_each_others_inverse(blank, text):
    """Counting by halves of pairs goes wrong only in the texts that nobody tried."""
    wrong, length, first = blank.evaluate(POINTS, text)
    assert (wrong, length, first) == ([], len(text), text[:3])


@browser_needed
@pytest.mark.slow
def test_a_selection_stays_until_it_is_used_or_given_up(enter):
    """In other tools a click into a field unmarks the words that one is about to code."""
    coder = enter()
    coder.event()
    lit = "[...(CSS.highlights.get('picked') ?? [])].map((range) => range.endOffset - range.startOffset)"
    coder.select("batons")
    coder.field("date_start").click()
    assert coder.tab.evaluate(lit) == [6]
    coder.press("Alt+Enter")
    until(lambda: coder.tab.evaluate(lit) == [])
    until(lambda: any(q.get("quote") == "batons" for q in coder.rows("quotes")))
    coder.select("Nobody")
    coder.press("Escape")
    assert coder.tab.evaluate(lit) == []


@browser_needed
@pytest.mark.slow
def test_words_by_keyboard(enter):
    """Who has no mouse could select no words."""
    coder = enter()
    coder.event()
    coder.type("Protest with")
    until(lambda: coder.rows("events")[0].get("sub_event_type"))
    coder.press("Alt+t", "ArrowUp", "ArrowDown", "ArrowRight", "Shift+ArrowRight", "Enter")
    assert coder.tab.locator(".picked-words").text_content() == "broke up"
    coder.press("Shift+ArrowRight", "Alt+Shift+ArrowLeft")
    assert coder.tab.locator(".picked-words").text_content() == "Police broke up a"
    coder.press("Escape")
    coder.field("date_start").focus()
    coder.press("Alt+f")
    coder.type("3 MAY", "Enter")
    coder.press("Enter")
    row = until(lambda: coder.rows("events")[0].get("date_start") and coder.rows("events")[0])
    assert row["date_start"] == "2024-05-03"
    assert until(lambda: coder.in_hand() == "date_start")
    until(lambda: any(q.get("variables") == "date_start" for q in coder.rows("quotes")))


@browser_needed
@pytest.mark.slow
def test_one_quote_for_several_values_is_changed_and_split(enter):
    """One quote is typed three times, once a variable, where a tool cannot share it."""
    coder = enter()
    coder.event()
    coder.type("Protest with")
    coder.field("date_start").focus()
    coder.type("3 May", "Tab")
    coder.select("Police")
    options = coder.tab.locator(".variables [role=option]")
    names = [options.nth(n).get_attribute("data-name") for n in range(9)]
    coder.press(" ", "ArrowDown", " ", "Enter")
    shared = until(lambda: [q for q in coder.rows("quotes") if q.get("quote") == "Police"])
    assert shared[0]["variables"].split("; ") == names[:2]
    coder.saved()
    coder.tab.locator("#words").get_by_text("Police", exact=True).last.click()
    coder.press("Shift+ArrowRight", "Enter")
    until(lambda: [q for q in coder.rows("quotes") if q.get("quote") == "Police broke"])
    coder.saved()
    coder.tab.locator("#words").get_by_text("Police broke", exact=True).last.click()
    coder.press("s")
    split = until(
        lambda: (
            (rows := [q for q in coder.rows("quotes") if q.get("quote") == "Police broke"])
            and len(rows) == 2
            and rows
        )
    )
    assert {q["variables"] for q in split} == set(names[:2])


@browser_needed
@pytest.mark.slow
def test_passing_over_words_and_paragraphs(enter):
    """A paragraph that nobody passed over looks like one that nobody read."""
    coder = enter()
    coder.press("Alt+p")
    coder.press("Shift+P")
    coder.type("headline", "Tab")
    coder.type("It sums up the report.")
    row = until(lambda: coder.rows("passed_over"))[0]
    assert row["paragraph"] == "1" and row["reason"] == "headline" and "quote" not in row
    until(lambda: coder.tab.inner_text("#progress-text") == "1 of 3 paragraphs")
    coder.select("This report is invented.")
    coder.press("p")
    coder.type("background", "Tab")
    coder.type("About the report.")
    row = until(lambda: len(coder.rows("passed_over")) == 2 and coder.rows("passed_over")[1])
    assert row["quote"] == "This report is invented." and row["paragraph"] == "2"


# Nothing is lost


@browser_needed
@pytest.mark.slow
def test_undo_and_redo_reach_the_disk(enter):
    """An undo that is only on the page comes back with the next reload."""
    coder = enter()
    coder.event()
    coder.type("Protest with")
    until(lambda: coder.rows("events")[0].get("sub_event_type") == "Protest with intervention")
    coder.press("Control+z")
    until(lambda: "sub_event_type" not in coder.rows("events")[0])
    coder.press("Control+Shift+z")
    until(lambda: coder.rows("events")[0].get("sub_event_type") == "Protest with intervention")
    coder.press("Alt+Delete")
    until(
        lambda: not coder.rows("events") and not any("event_ids" in q for q in coder.rows("quotes"))
    )
    coder.tab.get_by_role("button", name="Undo").last.click()
    until(lambda: coder.rows("events") and any("event_ids" in q for q in coder.rows("quotes")))


@browser_needed
@pytest.mark.slow
def test_each_key_is_on_disk_soon_and_the_place_is_kept(enter):
    """A closed tab may cost half a second of typing, and not what one was at."""
    coder = enter()
    coder.event()
    coder.press("Alt+m")
    coder.field("notes").focus()
    coder.type("Nothing is lost", None)
    coder.tab.wait_for_timeout(600)
    from playwright.sync_api import Error

    with pytest.raises(Error):
        # The tab is killed: it hears no event, and can send nothing more.
        coder.tab.goto("chrome://crash")
    assert coder.rows("events")[0]["notes"] == "Nothing is lost"
    again = enter(name=coder.name)
    again.tab.wait_for_selector("#form [data-field='notes']")
    assert again.field("notes").input_value() == "Nothing is lost"


@browser_needed
@pytest.mark.slow
def test_a_reload_opens_the_same_row(enter):
    """After a crash one would have to look for the row that one was at."""
    coder = enter()
    coder.event()
    coder.event("Nobody was killed")
    coder.saved()
    coder.press("Alt+ArrowUp")
    before = coder.tab.inner_text("#head h2")
    coder.tab.reload()
    coder.tab.wait_for_selector("html[data-ready]")
    assert coder.tab.inner_text("#head h2") == before


@browser_needed
@pytest.mark.slow
def test_offline_one_types_on_and_it_is_sent_when_the_server_is_back(enter):
    """A page that says "saved" without a server loses an afternoon."""
    coder = enter()
    coder.event()
    coder.press("Alt+m")
    coder.tab.context.set_offline(True)
    coder.field("notes").focus()
    coder.type("typed on a train", None)
    coder.tab.wait_for_selector("#state[data-state='offline']")
    assert "kept in this browser" in coder.tab.inner_text("#state")
    coder.type(", and after the tunnel", None)
    assert "notes" not in coder.rows("events")[0]
    coder.tab.context.set_offline(False)
    coder.saved()
    assert coder.rows("events")[0]["notes"] == "typed on a train, and after the tunnel"


@browser_needed
@pytest.mark.slow
def test_a_full_store_of_the_browser_loses_nothing(enter):
    """The error of the store came before the sending: what was typed stayed on the page alone."""
    coder = enter()
    coder.event()
    coder.press("Alt+m")
    coder.tab.evaluate(
        """() => {
            Storage.prototype.setItem = () => { throw new DOMException("full", "QuotaExceededError"); };
        }"""
    )
    coder.field("notes").focus()
    coder.type("typed into a full store", None)
    until(lambda: coder.rows("events")[0].get("notes") == "typed into a full store")
    coder.tab.context.set_offline(True)
    coder.type(", offline", None)
    coder.tab.wait_for_selector("#state[data-state='only-here']")
    assert "keep this page open" in coder.tab.inner_text("#state")
    coder.tab.context.set_offline(False)
    coder.saved()
    assert coder.rows("events")[0]["notes"] == "typed into a full store, offline"


@browser_needed
@pytest.mark.slow
def test_offline_a_new_row_gets_the_next_number(enter):
    """A coder on a train could fill in what is there, and begin nothing."""
    coder = enter()
    coder.event()
    coder.press("Alt+c")
    until(lambda: coder.rows("claims"))
    coder.saved()
    coder.tab.context.set_offline(True)
    coder.press("Alt+c")
    until(lambda: coder.tab.locator("#list [data-depth='1']").count() == 2)
    coder.tab.context.set_offline(False)
    coder.saved()
    ids = [row["claim_id"] for row in coder.rows("claims")]
    assert ids == ["ISL-2024-C001", "ISL-2024-C002"]


@browser_needed
@pytest.mark.slow
def test_what_was_typed_offline_outlives_the_tab(enter):
    """The battery is empty, the tab is gone, the server was away: the words are still there."""
    coder = enter()
    coder.event()
    coder.press("Alt+m")
    context = coder.tab.context
    context.set_offline(True)
    coder.field("notes").focus()
    coder.type("kept", "Tab")
    coder.tab.wait_for_selector("#state[data-state='offline']")
    coder.tab.close()
    assert "notes" not in coder.rows("events")[0]
    context.set_offline(False)
    again = enter(name=coder.name, context=context)
    again.saved()
    assert again.rows("events")[0]["notes"] == "kept"


@browser_needed
@pytest.mark.slow
def test_two_tabs_see_each_other(enter):
    """The second tab would write its older rows over those of the first."""
    one = enter()
    one.event()
    two = enter(name=one.name, context=one.tab.context)
    one.field("sub_event_type").focus()
    one.type("Protest with")
    until(lambda: two.field("sub_event_type").input_value() == "Protest with intervention")
    two.press("Alt+m")
    two.field("notes").focus()
    two.type("from the second", "Tab")
    until(lambda: one.rows("events")[0].get("notes") == "from the second")
    assert one.rows("events")[0]["sub_event_type"] == "Protest with intervention"


@browser_needed
@pytest.mark.slow
@pytest.mark.parametrize("choice", ["Keep mine", "Take what is there"])
def test_the_same_cell_in_two_tabs_is_asked_about(enter, choice):
    """Whoever saves last would win, and nobody would know that there was another value."""
    one = enter()
    one.event()
    one.saved()
    two = enter(name=one.name)
    two.press("Alt+m")
    two.tab.context.set_offline(True)
    two.field("notes").focus()
    two.type("of the second", "Tab")
    two.tab.wait_for_selector("#state[data-state='offline']")
    one.press("Alt+m")
    one.field("notes").focus()
    one.type("of the first", "Tab")
    until(lambda: one.rows("events")[0].get("notes") == "of the first")
    two.tab.context.set_offline(False)
    two.tab.wait_for_selector("dialog[open] :focus")
    shown = two.tab.locator("dialog td").all_inner_texts()
    assert shown == ["of the first", "of the second"]
    two.press("Escape", "Escape")
    assert two.tab.locator("dialog[open]").count() == 1
    assert one.rows("events")[0]["notes"] == "of the first"
    two.tab.get_by_role("button", name=choice).click()
    two.saved()
    kept = "of the second" if choice == "Keep mine" else "of the first"
    until(lambda: one.rows("events")[0]["notes"] == kept)
    until(lambda: one.field("notes").input_value() == kept)
    until(lambda: two.field("notes").input_value() == kept)


@browser_needed
@pytest.mark.slow
def test_a_draft_changed_on_disk_is_shown(enter):
    """A colleague's script changes the draft; the page would write the old rows back."""
    coder = enter()
    coder.event()
    coder.saved()
    path = coder.desk.root / "drafts" / coder.name / "events.csv"
    text = path.read_text(encoding="utf-8")
    header = text.splitlines()[0].split(",")
    cells = dict(zip(header, text.splitlines()[1].split(","), strict=True))
    cells["notes"] = "by hand"
    path.write_text(",".join(header) + "\n" + ",".join(cells.values()) + "\n", encoding="utf-8")
    until(lambda: coder.tab.locator(".message", has_text="changed in another window").count())
    assert coder.field("notes").input_value() == "by hand"


MERGE = """async ([first, second]) => {
    const { mergedTables } = await import('/static/api.js');
    return mergedTables(first, second);
}"""


@browser_needed
@pytest.mark.slow
def test_changes_that_wait_are_joined(blank):
    """Sent one by one, a hundred keystrokes of an hour offline are a hundred requests."""
    rows = [{"k": "1"}, {"k": "1", "a": "x"}, {"k": "1", "a": "xy"}]
    change = [{"t": {"removed": [rows[n]], "added": [rows[n + 1]]}} for n in range(2)]
    assert blank.evaluate(MERGE, change) == {"t": {"removed": [rows[0]], "added": [rows[2]]}}
    back = [change[0], {"t": {"removed": [rows[1]], "added": [rows[0]]}}]
    assert blank.evaluate(MERGE, back) == {"t": {"removed": [], "added": []}}


# Fields


@browser_needed
@pytest.mark.slow
def test_the_combobox_by_keyboard(enter):
    """A list that only a mouse can choose from costs two seconds a value."""
    coder = enter()
    coder.event()
    box = coder.field("sub_event_type")
    assert box.get_attribute("aria-expanded") == "false"
    coder.press("ArrowDown")
    assert box.get_attribute("aria-expanded") == "true"
    coder.press("ArrowDown", "ArrowDown")
    active = box.get_attribute("aria-activedescendant")
    assert coder.tab.locator(f"#{active}").get_attribute("aria-selected") == "true"
    coder.press("Escape")
    assert box.get_attribute("aria-expanded") == "false" and box.input_value() == ""
    coder.type("broken up", None)
    listed = coder.tab.locator("#form [data-field='sub_event_type'] [role=option] .name")
    assert "Protest with intervention" in listed.all_text_contents()
    coder.press("Escape")
    coder.type("prot", "Tab")
    until(lambda: coder.rows("events")[0].get("sub_event_type") == "Protest with intervention")
    assert coder.in_hand() == "actor1_id"
    coder.type("nobody of this name and", None)
    coder.press("Escape")
    assert "actor1_id" not in coder.rows("events")[0]


@browser_needed
@pytest.mark.slow
def test_findings_come_while_one_types(enter):
    """Errors that one hears of when filing are made forty times."""
    coder = enter()
    coder.event()
    coder.field("date_start").focus()
    coder.type("2024-13-01", "Tab")
    finding = coder.tab.locator("#form [data-field='date_start'] .finding.error")
    finding.wait_for()
    assert coder.field("date_start").get_attribute("aria-invalid") == "true"
    assert "wrong" in coder.tab.inner_text("#count")
    assert coder.tab.locator("#list .badge.wrong").count() == 1
    coder.field("date_start").focus()
    coder.press("Control+a")
    coder.type("3 May 2024", "Tab")
    finding.wait_for(state="detached")
    assert "Friday" in coder.tab.inner_text("#form [data-field='date_start'] .below")


@browser_needed
@pytest.mark.slow
def test_a_new_actor_from_the_words(enter):
    """Leaving the event to make an actor, and finding back, is where coders lose the thread."""
    coder = enter()
    coder.event()
    coder.type("Protest with")
    coder.field("actor1_id").focus()
    coder.select("fishermen")
    coder.press("Enter")
    assert coder.tab.evaluate("document.activeElement.value") == "fishermen"
    coder.press("Enter")
    coder.tab.wait_for_selector("dialog[open] :focus")
    coder.type("civilians", "Tab")
    coder.type("DOC-0001")
    until(lambda: coder.rows("events")[0].get("actor1_id"))
    actor = coder.rows("actors")[0]
    assert actor["actor"] == "fishermen" and actor["reference"] == "DOC-0001"
    assert coder.rows("events")[0]["actor1_id"] == actor["actor_id"]
    quote = next(q for q in coder.rows("quotes") if q.get("quote") == "fishermen")
    assert quote["variables"] == "actor1_id"
    assert coder.field("actor1_id").input_value() == "fishermen"


@browser_needed
@pytest.mark.slow
def test_the_guide_opens_where_it_speaks_of_the_field(enter):
    """A guide of ten pages beside the form is not read; the page on the field is."""
    coder = enter()
    coder.event()
    coder.field("date_start").focus()
    coder.press("F1")
    assert (
        coder.tab.locator("#guide select").evaluate("(s) => s.selectedOptions[0].text") == "Dates"
    )
    assert coder.tab.locator("#guide code.lit").count() > 0
    coder.press("F1")
    assert coder.tab.locator("#guide").is_hidden()


@browser_needed
@pytest.mark.slow
def test_a_claim_belongs_to_the_event_in_hand(enter):
    """Ten claims of which each must be told its event are ten chances to name the wrong one."""
    coder = enter()
    coder.event()
    coder.press("Alt+c")
    claim = until(lambda: coder.rows("claims"))[0]
    assert claim["event_id"] == coder.rows("events")[0]["event_id"]
    coder.tab.wait_for_selector("#list [data-depth='1']")


@browser_needed
@pytest.mark.slow
def test_filing_is_rehearsed_and_what_is_filed_can_be_amended(chromium, tmp_path):
    """Filing by mistake froze half a coding, and nobody could correct it before the second coder."""
    root = tmp_path / "package"
    new_package(root)
    with served(root, ["zoe"]) as running:
        tab = chromium.new_context(viewport=DESK).new_page()
        tab.goto(running.links["zoe"])
        tab.wait_for_selector("html[data-ready]")
        coder = Coder(tab, running, "zoe")
        coder.press("Alt+Shift+F")
        tab.locator("dialog .finding.error").wait_for()
        coder.press("Escape")
        for n in range(3):
            until(lambda n=n: tab.inner_text("#progress-text") == f"{n} of 3 paragraphs")
            coder.press("Alt+p")
            tab.wait_for_selector(".picker:popover-open")
            coder.press("Shift+P")
            coder.type("background", "Tab")
            coder.type(f"Invented, {n}.")
        until(lambda: tab.inner_text("#progress-text") == "3 of 3 paragraphs")
        coder.press("Alt+Shift+F")
        tab.locator("dialog .report .good").wait_for()
        coder.press("Enter")
        tab.locator("#filed").wait_for()
        assert tab.locator("#list [data-begin]").first.is_disabled()
        coder.press("Alt+e")
        assert tab.locator("dialog").count() == 0 and not coder.rows("events")
        tab.get_by_role("button", name="Amend").click()
        tab.locator("#list summary", has_text="Passed over").click()
        tab.locator("#list details[open] button.unit").first.click()
        coder.field("because").fill("Invented for a test.")
        coder.press("Tab")
        until(
            lambda: any(r["because"] == "Invented for a test." for r in coder.rows("passed_over"))
        )
        coder.press("Alt+Shift+F")
        tab.locator("dialog .report .good").wait_for()
        tab.get_by_label("Why is it filed again?").fill("The reason was wrong.")
        coder.press("Enter")
        tab.locator("#filed").wait_for()
        record = (root / "seeds" / "codings" / "zoe" / "coding.yaml").read_text(encoding="utf-8")
        assert "The reason was wrong." in record
        tab.context.close()


# Who looks at it, and with what


def serious(tab):
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(tab).response["violations"]
    return [
        (v["id"], n["html"][:160], n.get("failureSummary", "")[:240])
        for v in found
        if v["impact"] in ("serious", "critical")
        for n in v["nodes"][:2]
    ]


@browser_needed
@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_axe_finds_nothing_serious(enter, viewport, scheme):
    """Contrast, names of controls, roles: what a program can find, it finds, in each state."""
    coder = enter(viewport=viewport, scheme=scheme)
    assert serious(coder.tab) == []
    coder.event()
    coder.type("Prot", None)
    assert serious(coder.tab) == []
    coder.press("Tab", "Alt+m")
    coder.tab.locator("#form [data-field='date_start'] input").fill("soon")
    coder.tab.locator("#form .finding.error").first.wait_for()
    assert serious(coder.tab) == []
    coder.select("batons")
    assert serious(coder.tab) == []
    coder.press("Escape", "F1")
    assert serious(coder.tab) == []
    coder.press("Alt+k")
    assert serious(coder.tab) == []


@browser_needed
@pytest.mark.slow
def test_a_phone_needs_no_sideways_scrolling(enter):
    """A page that is wider than the screen cannot be read on a phone."""
    coder = enter(viewport=PHONE)
    coder.event()
    coder.press("Alt+m")
    assert coder.tab.evaluate("document.documentElement.scrollWidth") <= 390


@browser_needed
@pytest.mark.slow
def test_hostile_names_show_as_text(enter):
    """A document's title or an actor's name that runs in the page runs with the coder's cookie."""
    coder = enter(HOSTILE_ONE)
    assert coder.tab.inner_text("#document-name") == TITLE
    coder.event("Some words of it.")
    coder.type("Protest with")
    coder.field("actor1_id").focus()
    coder.type("<img src=x onerror=window.bad=1>", "Tab")
    coder.tab.wait_for_selector("dialog[open] :focus")
    coder.type("civilians", "Tab")
    coder.type("<b>DOC</b>")
    coder.tab.wait_for_selector("dialog", state="detached")
    coder.press("Alt+o")
    coder.tab.wait_for_selector("dialog[open]")
    assert coder.tab.evaluate("window.bad") is None
    assert coder.tab.locator("img, #form b, #list b").count() == 0
    coder.press("Escape")
    coder.saved()


@browser_needed
@pytest.mark.slow
def test_a_wrong_link_lets_nobody_in(chromium, desk):
    """A page that says nothing leaves a coder who mistyped the link to guess."""
    tab = chromium.new_page()
    link = desk.links[PEOPLE[0]]
    tab.goto(link[:-3])
    until(lambda: "cannot come in" in tab.inner_text("#entering"))
    assert "#" not in tab.url
    tab.goto(link.partition("#")[0].replace("/enter", f"/{PEOPLE[0]}/"))
    assert "private link" in tab.inner_text("#entering")
    tab.close()


# Any book


NAME = re.compile(r"\b[a-z0-9]+_[a-z0-9_]+\b")


def test_the_page_names_nothing_of_a_book():
    """A column that the page knows by name is a book that the page cannot show."""
    from eventbook.codebook import load

    def names(book):
        columns = {v.name for table in book.tables.values() for v in table.variables}
        return columns | set(book.code_lists)

    api = {"dry_run", "can_be_filed", "may_amend", "filed_on"}
    decisions = names(load("adjudication"))
    for path in STATIC.glob("*.js"):
        # The table of decisions is the same for all books.
        own = decisions if path.name.startswith("adjudicate") else set()
        found = set(NAME.findall(path.read_text(encoding="utf-8"))) - api - own
        assert found & (names(load("eventbook")) | decisions) == set(), path.name


def test_every_module_says_what_it_is_for():
    """Modules without a purpose grow into one file."""
    for path in STATIC.glob("*.js"):
        first = path.read_text(encoding="utf-8").splitlines()[0]
        assert re.fullmatch(r"/\*\* [A-Z].*[.;:]? ?\*/", first), path.name
        # The guide comes as HTML that the server made of Markdown; all else is text.
        assert path.name == "guide.js" or "innerHTML" not in path.read_text(encoding="utf-8")


@browser_needed
@pytest.mark.slow
def test_the_strikes_book_is_coded_at_the_same_desk(chromium, tmp_path):
    """The desk of one book is a form with that book's names in it."""
    root = with_own_book(tmp_path / "strikes")
    with served(root, ["zoe"]) as running:
        tab = chromium.new_context(viewport=DESK).new_page()
        wrong = []
        tab.on("pageerror", lambda error: wrong.append(str(error)))
        tab.goto(running.links["zoe"])
        tab.wait_for_selector("html[data-ready]")
        coder = Coder(tab, running, "zoe")
        coder.press("Alt+k")
        assert "New strike" in tab.inner_text("dialog")
        coder.press("Escape")
        coder.select("Between 180 and 200 bakers at Brandt Bread")
        coder.press("s")
        # Each row of this book's quotations says one variable: the words wait for the first.
        until(lambda: coder.rows("strikes"))
        tab.wait_for_selector(".picker:popover-open [data-name='employer_id']")
        tab.locator("[data-name='employer_id'] .tick").click()
        tab.locator("[data-name='workers_low'] .tick").click()
        tab.locator(".variables").focus()
        coder.press("Enter")
        made = until(lambda: [q for q in coder.rows("quotations") if q.get("strike_id")])
        assert {q["says"] for q in made} == {"employer_id", "workers_low"}
        assert {q["words"] for q in made} == {"Between 180 and 200 bakers at Brandt Bread"}
        # The one employer that is named in the words is taken, and the number is not: there are two.
        until(lambda: coder.rows("strikes")[0].get("employer_id") == "EMP-1")
        assert "workers_low" not in coder.rows("strikes")[0]
        tab.locator(".paragraph .number").last.click()
        tab.wait_for_selector(".picker:popover-open")
        coder.press("Shift+P")
        coder.type("Nothing of a strike.")
        row = until(lambda: coder.rows("skipped"))[0]
        assert row["block"] == "6" and row["why_skipped"] == "Nothing of a strike."
        assert wrong == []
        tab.context.close()
