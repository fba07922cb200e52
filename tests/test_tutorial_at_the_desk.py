"""The tutorial at the desk: Anna codes with the mouse, Bert with the keyboard, Eva decides, and it is published."""

from __future__ import annotations

import csv
import re

import pytest
from conftest import DESK, browser_needed, invoke
from desk_server import until
from running_desk import RunningDesk
from test_desk_actions import STATE, Hands
from test_desk_adjudication import begin, by_keyboard, step
from test_tutorial import BLOCK, PAGE

from eventbook.dataset.releases.verify import verify

pytestmark = [pytest.mark.slow, browser_needed]
ACT, DAY, DEAD = "Police broke up a rally of fishermen", "3 May", "Nobody was killed"
FISHERMEN, POLICE = "Fishermen (Iceland)", "Police Forces of Iceland"
PASSED = {
    "headline": "It sums up the third paragraph.",
    "background": "It says where and when the report was written.",
}
# Words that go on in the next line have two boxes.
AREA = """words => {
  const found = [...document.querySelectorAll("#text p")].flatMap((p) => [...p.childNodes])
    .filter((node) => node.nodeType === 3 && node.data.includes(words));
  const node = found.at(-1), at = node.data.indexOf(words), range = document.createRange();
  range.setStart(node, at); range.setEnd(node, at + words.length);
  const boxes = [...range.getClientRects()], [first, last] = [boxes[0], boxes.at(-1)];
  return [first.left, first.top + first.height / 2, last.right, last.top + last.height / 2];
}"""


class Mouse:
    """A coder who clicks wherever there is something to click, and types the rest."""

    def __init__(self, tab):
        self.tab = tab

    def drag(self, words):
        """Select words of the last paragraph that has them."""
        left, first, right, last = self.tab.evaluate(AREA, words)
        self.tab.mouse.move(left + 1, first)
        self.tab.mouse.down()
        self.tab.mouse.move(right - 1, last, steps=5)
        self.tab.mouse.up()
        self.tab.wait_for_selector(".picker:popover-open")
        assert self.tab.locator(".picked-words").text_content() == words

    def button(self, text):
        self.tab.locator(".picker .actions button", has_text=text).first.click()

    def variable(self, title):
        """Tick a variable in the panel, and add the quote."""
        named = re.compile(rf"^{re.escape(title)}$")
        option = self.tab.locator(".picker [role=option]").filter(
            has=self.tab.locator(".name", has_text=named)
        )
        option.first.click()
        if self.tab.locator(".picker:popover-open").count():
            self.button("Add 1")
        self.tab.wait_for_selector(".picker:popover-open", state="detached")

    def choose(self, field, text, option):
        """Open a list, type a part of a label, and click on the choice."""
        box = self.tab.locator(f"#form [data-field='{field}']").get_by_role("combobox")
        box.click()
        box.fill(text)
        self.tab.locator(
            f"#form [data-field='{field}'] [role=option]", has_text=option
        ).first.click()

    def make(self, field, name, kind):
        """Make an actor where its name is typed."""
        box = self.tab.locator(f"#form [data-field='{field}']").get_by_role("combobox")
        box.click()
        box.fill(name)
        box.press("Tab")
        dialog = self.tab.locator("dialog[open]")
        dialog.locator("[data-field='inter']").get_by_role("combobox").fill(kind)
        dialog.locator("[data-field='inter'] [role=option]").first.click()
        reference = dialog.locator("[data-field='reference'] input")
        if not reference.input_value():
            reference.fill("DOC-0001")
        dialog.locator("button.main").click()
        dialog.wait_for(state="detached")


@pytest.fixture(scope="module")
def rally(tmp_path_factory):
    """The package of the tutorial with its document, made by the tutorial's first block, and the desk."""
    here = tmp_path_factory.mktemp("rally")
    first = next(
        text for kind, _, text in BLOCK.findall(PAGE.read_text(encoding="utf-8")) if kind == "sh"
    )
    report = re.search(r"<<'END'\n(.*?)END\n", first, re.S)[1]
    assert invoke("new", "package", "rally", "--empty", "--yes", cwd=here).returncode == 0
    root = here / "rally"
    (root / "report.txt").write_text(report, encoding="utf-8")
    about = ("--date", "2024-05-04", "--basis", "stated", "--words", "4 May 2024")
    made = invoke("new", "document", "report.txt", *about, cwd=root)
    assert made.returncode == 0, made.stderr
    desk = RunningDesk(root, "--coder", "anna", "--coder", "bert", "--adjudicator", "eva")
    yield desk
    desk.stop()


def opened(chromium, desk, name, ready, wrong):
    tab = chromium.new_context(viewport=DESK).new_page()
    tab.set_default_timeout(20_000)
    tab.on("pageerror", lambda error: wrong.append(str(error)))
    tab.on(
        "console",
        lambda m: wrong.append(m.text) if m.type == "error" and "resource" not in m.text else None,
    )
    tab.goto(desk.links[name])
    tab.wait_for_selector(ready)
    return tab


def see_nothing_wrong(tab):
    """Look at what would be filed, before it is."""
    report = tab.locator("dialog .report")
    report.locator("li, .good").first.wait_for()
    assert report.locator(".good").count(), report.inner_text()


def with_the_mouse(tab):
    mouse = Mouse(tab)
    mouse.drag(ACT)
    mouse.button("New event")
    dialog = tab.locator("dialog[open]")
    dialog.get_by_role("combobox").first.fill("Iceland")
    dialog.locator("[role=option]").first.click()
    dialog.locator("input").last.fill("2024")
    dialog.locator("button.main").click()
    dialog.wait_for(state="detached")
    mouse.choose("sub_event_type", "intervention", "Protest with intervention")
    mouse.make("actor1_id", FISHERMEN, "Protesters")
    mouse.make("actor2_id", POLICE, STATE)
    mouse.drag(DAY)
    mouse.variable("First day")
    mouse.drag("Reykjavik")
    mouse.variable("Place, id")
    box = tab.locator("#form [data-field='location_id']").get_by_role("combobox")
    box.click()
    box.press("Tab")
    place = tab.locator("dialog[open]")
    place.locator("button", has_text="Look").first.click()
    place.locator(".places .places button").first.click()
    place.locator("button.main").click()
    place.wait_for(state="detached")
    mouse.choose("fatalities_status", "none", "")
    mouse.drag(DEAD)
    mouse.variable("Fatalities, status")
    for (reason, because), words in zip(
        PASSED.items(), ("Invented", "This report is invented."), strict=True
    ):
        mouse.drag(words)
        mouse.button("Pass over paragraph")
        reason_box = tab.locator(".picker .extra").get_by_role("combobox")
        reason_box.fill(reason)
        tab.locator(".picker .extra [role=option]").first.click()
        tab.locator(".picker .extra input").last.fill(because)
        tab.locator(".picker .actions button", has_text="Pass over").first.click()
        tab.wait_for_selector(".picker:popover-open", state="detached")
    until(lambda: tab.inner_text("#progress-text") == "3 of 3 paragraphs")
    tab.wait_for_selector("#state[data-state='saved']")
    tab.get_by_role("button", name=re.compile("^File")).first.click()
    see_nothing_wrong(tab)
    tab.locator("dialog button.main").click()
    tab.locator("#filed").wait_for()


class Keys(Hands):
    """A coder without a mouse: words are found by typing them."""

    def select(self, words, nth=0):
        self.press("Alt+f")
        self.type(words)
        self.tab.wait_for_selector(".picker:popover-open")
        for _ in range(nth):
            self.press("Alt+f")


def with_the_keyboard(tab):
    keys = Keys(tab)
    keys.event(ACT, "excessive", ("Iceland", "2024"))
    keys.actor("actor1_id", FISHERMEN, "Protesters")
    keys.actor("actor2_id", POLICE, STATE)
    keys.at("date_start")
    keys.select(f"on {DAY}")
    keys.press("Enter")
    keys.place("fishermen in Reykjavik")
    keys.at("fatalities_status")
    keys.type("reported none")
    keys.carry(DEAD, "Fatalities, status")
    for reason, because in PASSED.items():
        keys.pass_paragraph(reason, because)
    until(lambda: tab.inner_text("#progress-text") == "3 of 3 paragraphs")
    tab.wait_for_selector("#state[data-state='saved']")
    keys.press("Alt+Shift+F")
    see_nothing_wrong(tab)
    keys.press("Enter")
    tab.locator("#filed").wait_for()


def test_from_a_document_to_a_release_in_the_browser(chromium, rally):
    """Each page worked alone, and nobody had gone the whole way as the tutorial tells it."""
    wrong: list[str] = []
    for name, code in (("anna", with_the_mouse), ("bert", with_the_keyboard)):
        tab = opened(chromium, rally, name, "html[data-ready]", wrong)
        code(tab)
        tab.context.close()
        assert (rally.root / f"seeds/codings/{name}/coding.yaml").is_file()
    tab = opened(chromium, rally, "eva", ".pairs", wrong)
    begin(tab)

    def first(heading):
        units = tab.locator(".sides.units").count()
        return lambda: step(tab, "1", text="" if units else "The guide on event types.")

    by_keyboard(tab, first)
    tab.context.close()
    assert wrong == []
    published = invoke("publish", cwd=rally.root)
    assert published.returncode == 0, published.stdout + published.stderr
    with (rally.root / "dataset/events.csv").open(encoding="utf-8", newline="") as file:
        (event,) = csv.DictReader(file)
    assert event["sub_event_type"] == "Protest with intervention"
    assert (event["date_start"], event["fatalities_best"]) == ("2024-05-03", "0")
    assert (event["actor1"], event["location"]) == (FISHERMEN, "Reykjavik")
    (archive,) = (rally.root / "dist").glob("*.zip")
    assert verify(archive).status() == 0
