"""How much it costs to code a report at the desk: every click, selection, chord and typed field is counted."""

from __future__ import annotations

import pytest
from conftest import DESK, browser_needed, invoke
from desk_server import served, until
from test_desk_page import SELECT

REPORT = """Invented: clashes and strikes near Gyumri

This report is invented. Armenia, 16 March 2024.

On 12 March 2024 soldiers of the Northern Army and fighters of the River Front clashed near Gyumri. The army said that eleven fighters were killed. The River Front denied this and said that only two of its men had died. The governor of Gyumri called on both sides to stop.

On 13 March 2024 a drone of the Northern Army struck a clinic in Meghri. Three nurses were killed, the clinic said. The army denied that its drones had been in the air. The River Front accused the army of striking the clinic on purpose, and a rights group, Open Eye, attributed the strike to the army, too.

On 14 March 2024 some two hundred people marched peacefully in Meghri against the strike. Nobody was killed. The mayor of Meghri asserted that the marchers had been paid; the organisers denied it.

On 15 March 2024 police arrested five organisers of the march in Meghri. Open Eye called for their release.

More fighting is expected.
"""
MOST = 160
STATE, CIVILIANS = "State forces", "Civilians"


class Hands:
    """The hands of a coder: each of their actions is counted."""

    def __init__(self, tab):
        self.tab = tab
        self.actions = 0

    def select(self, words, nth=0):
        self.actions += 1
        assert self.tab.evaluate(SELECT, [words, nth]), words
        self.tab.wait_for_selector(".picker:popover-open")
        assert self.tab.locator(".picked-words").text_content() == words

    def press(self, key):
        self.actions += 1
        self.tab.keyboard.press(key)

    def type(self, text, end="Enter"):
        """Type into the field that has the focus; the key that ends the typing belongs to it."""
        self.actions += 1
        self.tab.keyboard.type(text)
        self.tab.keyboard.press(end)

    def at(self, field):
        """Wait until the focus is in a field, of a form that knows what the row needs."""
        now = (
            "[...document.querySelectorAll('.fields')].some(({ariaBusy}) => ariaBusy === 'true')"
            " ? 'busy' : document.activeElement.closest('[data-field]')?.dataset.field"
        )
        until(lambda: self.tab.evaluate(now) == field, lambda: f"{self.tab.evaluate(now)}, {field}")

    def asked(self):
        self.tab.wait_for_selector("dialog[open] :focus")

    def answered(self):
        self.tab.wait_for_selector("dialog", state="detached")

    def carry(self, words, title, nth=0):
        """Select words and press the number of a variable."""
        self.select(words, nth)
        names = self.tab.locator(".variables [role=option] .name").all_text_contents()
        self.press(str(names[:9].index(title) + 1))

    def new_actor(self, inter):
        """Fill in what is asked about an actor that is not there yet."""
        self.asked()
        self.at("inter")
        self.type(inter, "Tab")
        known = "document.querySelector('dialog [data-field=reference] input').value"
        if self.tab.evaluate(known):
            self.press("Enter")
        else:
            self.type("DOC-0001")
        self.answered()

    def actor(self, field, name, inter=""):
        """Name an actor, who is new with an inter code."""
        self.at(field)
        self.type(name, "Tab" if inter else "Enter")
        if inter:
            self.new_actor(inter)
            self.at(field)
            self.press("Enter")

    def place(self, words, nth=0):
        """Have words carry the place, and take the place from the gazetteer."""
        self.carry(words, "Place, id", nth)
        self.at("location_id")
        self.press("Tab")
        self.asked()
        self.press("Alt+l")
        self.tab.wait_for_selector(".places .places button:focus")
        self.press("Enter")
        self.tab.wait_for_selector("dialog button.main:focus")
        self.press("Enter")
        self.answered()
        self.at("location_id")
        self.press("Enter")

    def event(self, words, kind, id_parts=()):
        self.select(words)
        self.press("e")
        if id_parts:
            self.asked()
            self.type(id_parts[0], "Tab")
            self.type(id_parts[1])
            self.answered()
        self.at("sub_event_type")
        self.type(kind)

    def claim(self, words, claimant, act, statement, inter=""):
        self.select(words)
        self.press("c")
        self.actor("claimant_id", claimant, inter)
        self.at("act")
        self.type(act)
        self.at("statement")
        self.type(statement)

    def pass_paragraph(self, reason, because):
        self.press("Alt+p")
        self.tab.wait_for_selector(".picker:popover-open")
        self.press("Shift+P")
        self.type(reason, "Tab")
        self.type(because)
        self.tab.wait_for_selector(".picker:popover-open", state="detached")


def clash(hands):
    hands.event(
        "soldiers of the Northern Army and fighters of the River Front clashed near Gyumri",
        "Armed clash",
        ("Armenia", "2024"),
    )
    hands.actor("actor1_id", "Northern Army", STATE)
    hands.actor("actor2_id", "River Front", "Rebel")
    hands.at("date_start")
    hands.select("12 March 2024")
    hands.press("Enter")
    hands.place("Gyumri", 1)
    hands.at("fatalities_status")
    hands.type("range")
    hands.at("fatalities_low")
    hands.type("2", "Tab")
    hands.at("fatalities_high")
    hands.type("11")
    hands.claim(
        "The army said that eleven fighters were killed",
        "Northern",
        "asserts",
        "The army says that eleven fighters were killed.",
    )
    hands.claim(
        "The River Front denied this and said that only two of its men had died",
        "River",
        "disputes",
        "The River Front says that only two of its men died.",
    )
    hands.claim(
        "The governor of Gyumri called on both sides to stop",
        "Governor of Gyumri",
        "calls for",
        "The governor calls on both sides to stop.",
        STATE,
    )


def strike(hands):
    hands.event("a drone of the Northern Army struck a clinic in Meghri", "air")
    hands.actor("actor1_id", "Northern")
    hands.at("date_start")
    hands.select("13 March 2024")
    hands.press("Enter")
    hands.place("Meghri")
    hands.at("fatalities_status")
    hands.type("counted")
    hands.carry("Three nurses", "Actor 2, id")
    hands.at("actor2_id")
    hands.press("Tab")
    hands.new_actor(CIVILIANS)
    hands.carry("Three", "Fatalities, lowest")
    hands.claim(
        "Three nurses were killed, the clinic said",
        "Clinic of Meghri",
        "asserts",
        "The clinic says that three nurses were killed.",
        CIVILIANS,
    )
    hands.claim(
        "The army denied that its drones had been in the air",
        "Northern",
        "denies",
        "The army denies that its drones were in the air.",
    )
    hands.claim(
        "The River Front accused the army of striking the clinic on purpose",
        "River",
        "attributes",
        "The River Front says that the army struck the clinic on purpose.",
    )
    hands.claim(
        "a rights group, Open Eye, attributed the strike to the army, too",
        "Open Eye",
        "attributes",
        "Open Eye attributes the strike to the army.",
        "Other",
    )


def march(hands):
    hands.event(
        "some two hundred people marched peacefully in Meghri against the strike", "peaceful"
    )
    hands.actor("actor1_id", "Marchers of Meghri", "Protesters")
    hands.at("date_start")
    hands.select("14 March 2024")
    hands.press("Enter")
    hands.at("date_start")
    hands.press("Enter")
    hands.at("location_id")
    hands.type("Meghri")
    hands.at("fatalities_status")
    hands.type("reported none")
    hands.carry("Nobody was killed", "Fatalities, status")
    hands.claim(
        "The mayor of Meghri asserted that the marchers had been paid",
        "Mayor of Meghri",
        "asserts",
        "The mayor says that the marchers were paid.",
        STATE,
    )
    hands.claim(
        "the organisers denied it",
        "Organisers of the march",
        "denies",
        "The organisers deny that the marchers were paid.",
        "Protesters",
    )


def arrests(hands):
    hands.event("police arrested five organisers of the march in Meghri", "arrests")
    hands.actor("actor1_id", "Police", STATE)
    hands.at("date_start")
    hands.select("15 March 2024")
    hands.press("Enter")
    hands.at("date_start")
    hands.press("Enter")
    hands.at("location_id")
    hands.type("Meghri")
    hands.at("fatalities_status")
    hands.type("not mentioned")
    hands.claim(
        "Open Eye called for their release",
        "Open Eye",
        "calls for",
        "Open Eye calls for their release.",
    )


@browser_needed
@pytest.mark.slow
def test_a_report_with_four_events_and_ten_claims_in_160_actions(chromium, tmp_path):
    """At eight seconds a cell, ten short reports are 23 hours of typing; nobody can pay that."""
    root = tmp_path / "river"
    invoke("new", "package", str(root), "--empty", "--yes")
    (root / "report.txt").write_text(REPORT, encoding="utf-8")
    about = ("--date", "2024-03-16", "--basis", "stated", "--words", "16 March 2024")
    made = invoke("new", "document", "report.txt", *about, cwd=root)
    assert made.returncode == 0, made.stderr
    assert 170 <= len(REPORT.split()) <= 210
    with served(root, ["anna"]) as desk:
        tab = chromium.new_context(viewport=DESK).new_page()
        wrong = []
        tab.on("pageerror", lambda error: wrong.append(str(error)))
        tab.goto(desk.links["anna"])
        tab.wait_for_selector("html[data-ready]")
        hands = Hands(tab)
        for part in (clash, strike, march, arrests):
            part(hands)
        until(lambda: tab.inner_text("#progress-text") == "4 of 7 paragraphs")
        hands.pass_paragraph("headline", "It sums up the report.")
        until(lambda: tab.inner_text("#progress-text") == "5 of 7 paragraphs")
        hands.pass_paragraph("background", "It says where and when it was written.")
        until(lambda: tab.inner_text("#progress-text") == "6 of 7 paragraphs")
        hands.pass_paragraph("forecast", "It says what may come.")
        until(lambda: tab.inner_text("#progress-text") == "7 of 7 paragraphs")
        tab.wait_for_selector("#state[data-state='saved']")
        assert tab.locator("#list .badge.wrong, #list .units .badge.lacking").count() == 0
        assert (len(desk.rows("anna", "events")), len(desk.rows("anna", "claims"))) == (4, 10)
        hands.press("Alt+Shift+F")
        tab.locator("dialog .report .good").wait_for()
        hands.press("Enter")
        tab.locator("#filed").wait_for()
        tab.context.close()
        assert wrong == []
    assert (root / "seeds" / "codings" / "anna" / "coding.yaml").is_file()
    assert hands.actions <= MOST, hands.actions
    print(f"{hands.actions} actions")
