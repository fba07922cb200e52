"""Adjudication at the desk: the same decisions and tables as from the workbook, and nobody's drafts."""

from __future__ import annotations

import contextlib
import csv
import itertools
import json
import re
import shutil
import socket
from pathlib import Path

import polars as pl
import pytest
from conftest import HOSTILE, browser_needed, once, with_own_book
from running_desk import RunningDesk
from two_coders import DAY, filed_by_two

from eventbook.dataset.agreement.agree import measure_agreement
from eventbook.dataset.agreement.agreement_report import as_dict
from eventbook.dataset.desk.adjudicate import (
    KEY,
    bring_up_to_date,
    decisions_from_workbook,
    decisions_to_workbook,
    filed_decisions,
)
from eventbook.dataset.webdesk.adjudicating import (
    ADJUDICATING,
    agreement,
    list_pairs,
    open_text,
)
from eventbook.dataset.webdesk.app import CODING
from eventbook.dataset.webdesk.deciding import (
    Asked,
    ElsewhereError,
    MistakenError,
    decide,
    open_differences,
)
from eventbook.validation.coding.adjudication import FILLED_IN
from eventbook.validation.coding.filed import ADJUDICATION
from eventbook.validation.errors import InputError
from eventbook.validation.package.package import Package

REASON = "The guide says so."
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="session")
def filed_strikes(tmp_path_factory):
    """The package of strikes with what two coders filed, and nothing decided."""

    def make(folder):
        root = with_own_book(folder / "strikes")
        (root / ADJUDICATION).unlink()

    return once(tmp_path_factory, "filed-strikes", make) / "strikes"


@pytest.fixture(scope="session")
def filed_report(tmp_path_factory):
    """A package of the shipped book with what a and b filed, and nothing decided."""
    return filed_by_two(tmp_path_factory)


@pytest.fixture
def strikes(filed_strikes, tmp_path):
    return Package(Path(shutil.copytree(filed_strikes, tmp_path / "strikes")))


@pytest.fixture
def report(filed_report, tmp_path):
    return Package(Path(shutil.copytree(filed_report, tmp_path / "report")))


def on_file(package):
    path = package.root / ADJUDICATION
    return path.read_bytes() if path.is_file() else None


def row_on(found, variable=None, **ids):
    """The row of the page on a unit or a value."""
    return next(
        one["row"]
        for one in found["rows"]
        if one["row"]["variable"] == variable
        and all(one["row"][name] == value for name, value in ids.items())
    )


def asked(row, decision="", **filled):
    return [Asked(row, {"decision": decision, **filled})]


@contextlib.contextmanager
def changed_rows(package, coder, table):
    """Change the rows that a coder filed."""
    path = package.root / "seeds/codings" / coder / f"{table}.csv"
    frame = pl.read_csv(path, infer_schema=False)
    rows = frame.to_dicts()
    yield rows
    pl.DataFrame(rows, schema=frame.schema).write_csv(path)


def seeds(root):
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in sorted((root / "seeds").rglob("*"))
        if path.is_file()
    }


# What is shown


def test_an_adjudicator_sees_who_filed_what_and_the_pairs(strikes):
    """A pair that nobody offers is never adjudicated."""
    found = list_pairs(strikes, "eva")
    assert [coder["name"] for coder in found["coders"]] == ["mia", "ole"]
    (pair,) = found["pairs"]
    assert (pair["first"], pair["second"], pair["own"]) == ("mia", "ole", False)
    assert [one["id"] for one in pair["documents"]] == ["SRC-01", "SRC-02"]
    assert (pair["decisions"], pair["decided"]) == (0, 0)


def only_the_first_document(strikes, coder):
    """Take the second document out of what a coder filed."""
    folder = strikes.root / "seeds/codings" / coder
    record = folder / "coding.yaml"
    text = record.read_text(encoding="utf-8")
    assert "SRC-01, SRC-02" in text
    record.write_text(text.replace("SRC-01, SRC-02", "SRC-01"), encoding="utf-8")


def test_what_only_one_coder_filed_is_not_shown(strikes):
    """A coder who has not filed yet could be told by the adjudicator what the other found."""
    only_the_first_document(strikes, "ole")
    found = open_differences(strikes, "eva", "mia", "ole")
    assert [one["id"] for one in found["documents"]] == ["SRC-01"]
    assert "ST-0003" not in json.dumps(found) and "Corrin General" not in json.dumps(found)
    assert open_text(strikes, "eva", "SRC-01")["text"]
    for name in ("SRC-02", "../SRC-01", ""):
        with pytest.raises(InputError, match="filed by two coders"):
            open_text(strikes, "eva", name)


def test_nobody_decides_between_themselves_and_another(strikes):
    """A coder who is also the adjudicator is always right."""
    (pair,) = list_pairs(strikes, "mia")["pairs"]
    assert pair["own"]
    for ask in (open_differences, agreement):
        with pytest.raises(InputError, match="mia is one of the two coders"):
            ask(strikes, "mia", "mia", "ole")
    assert on_file(strikes) is None


@pytest.mark.parametrize("name", ["..", "../../codings/mia", "", "MIA", "nobody", "mia"])
def test_what_is_no_other_coder_is_refused(strikes, name):
    """A name from an address that became part of a path reads any file."""
    with pytest.raises(InputError, match=r"no coding was filed|in common"):
        open_differences(strikes, "eva", "mia", name)


def test_the_agreement_is_that_of_the_command(strikes):
    """Two numbers for one agreement, and nobody knows which to report."""
    shown = agreement(strikes, "eva", "mia", "ole")
    measured = as_dict(measure_agreement(strikes, ["mia", "ole"]))
    for name in ("units", "variables"):
        numbers = [{k: one[k] for k in measured[name][0]} for one in shown[name]]
        assert numbers == measured[name] and numbers
    assert {one["title"] for one in shown["units"]} == {"Strikes"}


def test_values_are_shown_in_words_with_both_quotes(strikes):
    """An adjudicator who must know all ids and codes by heart looks them up all day."""
    found = open_differences(strikes, "eva", "mia", "ole")
    one = next(one for one in found["rows"] if one["row"]["variable"] == "demand")
    assert one["values"] == {"first": "Safety", "second": "Staffing", "value": ""}
    unit = found["units"][one["unit"]]
    text = open_text(strikes, "eva", "SRC-01")["text"]
    for side in unit["quotes"]:
        quotes = [quote for quote in side if quote["variable"] == "demand"]
        assert [text[q["start"] : q["end"]] for q in quotes] == [
            "They want a second man on each crane"
        ]
    employer = next(c for c in unit["columns"] if c["name"] == "employer_id")
    assert employer["values"] == ["EMP-2", "EMP-2"] and all(employer["words"])


# Deciding


def test_a_decision_is_on_disk_and_signed_and_no_other(strikes):
    """A program that signs what it only proposes has decided it."""
    found = open_differences(strikes, "eva", "mia", "ole")
    row = row_on(found, "demand")
    after = decide(strikes, "eva", "mia", "ole", asked(row, "second", reason=REASON), today=DAY)
    signed = [r for r in filed_decisions(strikes) if r["decided_by"]]
    assert [(r["variable"], r["decision"], r["decided_by"], r["decided_on"]) for r in signed] == [
        ("demand", "second", "eva", DAY.isoformat())
    ]
    assert row_on(after, "demand") == signed[0]
    assert sum(one["open"] for one in after["rows"]) == len(after["rows"]) - 1
    assert after["revision"] != found["revision"]


def test_a_row_that_was_changed_meanwhile_is_not_overwritten(strikes):
    """Two tabs, or a tab and a spreadsheet: the later one wins, and nobody hears of it."""
    found = open_differences(strikes, "eva", "mia", "ole")
    row = row_on(found, "demand")
    decide(strikes, "ida", "mia", "ole", asked(row, "first", reason="Another."), today=DAY)
    before = on_file(strikes)
    with pytest.raises(ElsewhereError) as refused:
        decide(strikes, "eva", "mia", "ole", asked(row, "second", reason=REASON), today=DAY)
    assert [(r["decision"], r["decided_by"]) for r in refused.value.rows] == [("first", "ida")]
    assert on_file(strikes) == before
    now = row_on(open_differences(strikes, "eva", "mia", "ole"), "demand")
    decide(strikes, "eva", "mia", "ole", asked(now, "second", reason=REASON), today=DAY)


def test_a_decision_that_is_sent_again_is_made_once(strikes):
    """The answer got lost; the page sends it again, and is told that somebody else decided."""
    row = row_on(open_differences(strikes, "eva", "mia", "ole"), "demand")
    for _ in range(2):
        decide(strikes, "eva", "mia", "ole", asked(row, "second", reason=REASON), today=DAY)
    now = row_on(open_differences(strikes, "eva", "mia", "ole"), "demand")
    for _ in range(2):
        after = decide(strikes, "eva", "mia", "ole", asked(now), today=DAY)
    assert row_on(after, "demand") == row


def test_what_the_book_does_not_allow_is_said_and_not_written(strikes):
    """A value without a reason, whose reason nobody remembers a year later."""
    found = open_differences(strikes, "eva", "mia", "ole")
    before = on_file(strikes)
    for row, decision in (
        (row_on(found, "demand"), "second"),
        (row_on(found, first_id="ST-0004"), "drop"),
        (row_on(found, first_id="ST-0004"), "apart"),
        (row_on(found, "demand"), "keep"),
    ):
        with pytest.raises(MistakenError) as refused:
            decide(strikes, "eva", "mia", "ole", asked(row, decision), today=DAY)
        assert [*refused.value.mistakes] == [row["decision_id"]]
        assert all(said["text"] for said in refused.value.mistakes[row["decision_id"]])
    assert on_file(strikes) == before


@pytest.mark.parametrize(
    ("filled", "says"),
    [
        ({"value": "stafing"}, "staffing"),
        ({"value": "pay", "quote": "words that nobody wrote"}, "does not have these words"),
        ({"value": "pay", "reason": "half a pair \ud83d"}, "half a character"),
        ({"value": "a\0b"}, "NUL"),
        ({"first_id": "x"}, ""),
    ],
)
def test_another_value_must_be_possible(strikes, filled, says):
    """A typing error in a value was found only when the last decision was made."""
    row = row_on(open_differences(strikes, "eva", "mia", "ole"), "demand")
    before = on_file(strikes)
    if says:
        with pytest.raises(InputError, match=says):
            decide(
                strikes, "eva", "mia", "ole", asked(row, "other", **{"reason": REASON, **filled})
            )
        assert on_file(strikes) == before
        return
    # What the page may not change is not changed.
    after = decide(strikes, "eva", "mia", "ole", asked(row, "first", reason=REASON, **filled))
    assert row_on(after, "demand")["first_id"] == row["first_id"]


@pytest.mark.slow
def test_a_value_that_names_an_actor_names_one_that_there_is(report):
    """The id of an actor, typed from memory, pointed to nobody until the last decision was made."""
    with changed_rows(report, "b", "events") as rows:
        rows[0]["actor1_id"] = rows[1]["actor1_id"]
    row = row_on(open_differences(report, "eva", "a", "b"), "actor1_id")
    with pytest.raises(InputError, match="Did you mean syria-rebels"):
        decide(report, "eva", "a", "b", asked(row, "other", value="syria-rebel", reason=REASON))
    decide(report, "eva", "a", "b", asked(row, "other", value="syria-rebels", reason=REASON))


def test_what_follows_from_a_decision_on_units_comes_and_goes(strikes):
    """Put apart and together again, one strike was there three times."""
    found = open_differences(strikes, "eva", "mia", "ole")
    pair = row_on(found, first_id="ST-0002", second_id="ST-0002")
    after = decide(strikes, "eva", "mia", "ole", asked(pair, "apart", reason="Two."), today=DAY)
    units = [(r["row"]["first_id"], r["row"]["second_id"]) for r in after["rows"]]
    assert ("ST-0002", None) in units and (None, "ST-0002") in units
    assert not [one for one in after["rows"] if one["row"]["variable"] == "demand"]
    kept = row_on(after, first_id="ST-0002", second_id=None)
    after = decide(strikes, "eva", "mia", "ole", asked(kept, "keep"), today=DAY)
    pair = row_on(after, first_id="ST-0002", second_id="ST-0002")
    after = decide(strikes, "eva", "mia", "ole", asked(pair, "one"), today=DAY)
    about = [
        r["row"]
        for r in after["rows"]
        if "ST-0002" in (r["row"]["first_id"], r["row"]["second_id"])
    ]
    assert [(r["first_id"], r["second_id"], r["variable"]) for r in about] == [
        ("ST-0002", "ST-0002", None),
        ("ST-0002", "ST-0002", "demand"),
    ]
    for row in [one["row"] for one in after["rows"] if one["open"]]:
        way = (
            "first"
            if row["variable"]
            else "one"
            if row["first_id"] and row["second_id"]
            else "keep"
        )
        after = decide(strikes, "eva", "mia", "ole", asked(row, way, reason=REASON), today=DAY)
    ids = pl.read_csv(strikes.root / "seeds/tables/strikes.csv")["strike_id"].to_list()
    assert ids == sorted(set(ids)) and len(ids) == 4


def make_unlike(strikes):
    """Make one strike of the second coder so different that the program does not match it."""
    with changed_rows(strikes, "ole", "strikes") as rows:
        row = next(r for r in rows if r["strike_id"] == "ST-0003")
        row |= {"employer_id": "EMP-2", "began": "2022-01-01", "began_words": "long ago"}
        row |= {"ended": None, "place": "Nowhere", "place_words": "Nowhere", "demand": "pay"}
    with changed_rows(strikes, "ole", "quotations") as rows:
        rows[:] = [r for r in rows if r["strike_id"] != "ST-0003"]


def test_two_units_that_the_program_did_not_match_can_be_one(strikes):
    """The only way to say so was to type a row into the file."""
    make_unlike(strikes)
    found = open_differences(strikes, "eva", "mia", "ole")
    ours = row_on(found, first_id="ST-0003", second_id=None)
    made = {name: ours[name] for name in KEY} | {"second_id": "ST-0003"}
    after = decide(strikes, "eva", "mia", "ole", [Asked(made, {"decision": "one"}, made=True)])
    assert row_on(after, first_id="ST-0003", second_id="ST-0003")["decided_by"] == "eva"
    assert row_on(after, "demand", first_id="ST-0003")["second_value"] == "pay"
    assert not [
        r
        for r in after["rows"]
        if r["row"]["second_id"] is None and r["row"]["first_id"] == "ST-0003"
    ]
    now = row_on(after, first_id="ST-0003", second_id="ST-0003")
    again = decide(strikes, "eva", "mia", "ole", [Asked(now, {}, withdrawn=True)])
    assert row_on(again, first_id="ST-0003", second_id=None)["decision"] is None
    other = made | {"first_id": "ST-0001"}
    with pytest.raises(InputError, match="in one document"):
        decide(strikes, "eva", "mia", "ole", [Asked(other, {"decision": "one"}, made=True)])


def test_decisions_on_others_stay_as_they_are(strikes):
    """A file with the decisions on two pairs of coders comes back with those on one."""
    open_differences(strikes, "eva", "mia", "ole")
    path = strikes.root / ADJUDICATION
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    other = {**rows[0], "decision_id": "D0900", "first_coder": "ann", "second_coder": "bo"}
    with path.open("a", encoding="utf-8", newline="") as stream:
        csv.DictWriter(stream, list(rows[0]), lineterminator="\n").writerow(other)
    row = row_on(open_differences(strikes, "eva", "mia", "ole"), "demand")
    decide(strikes, "eva", "mia", "ole", asked(row, "first", reason=REASON), today=DAY)
    kept = [r for r in filed_decisions(strikes) if r["first_coder"] == "ann"]
    assert kept == [{name: cell or None for name, cell in other.items()}]


# The server


@pytest.fixture(scope="module")
def server(filed_strikes, tmp_path_factory):
    root = Path(shutil.copytree(filed_strikes, tmp_path_factory.mktemp("desk") / "strikes"))
    running = RunningDesk(root, "--coder", "zoe", "--adjudicator", "eva")
    yield running
    running.stop()


@pytest.mark.slow
def test_a_coder_gets_nothing_of_it(server):
    """A coder who reads the other's codes before filing has coded with open eyes."""
    zoe = server.enter("zoe")
    asked_only = [key for key in ADJUDICATING if key not in CODING]
    assert len(asked_only) >= 5
    for method, path in asked_only:
        path = path.format(first="mia", second="ole", name="SRC-01")
        body = {"first": "mia", "second": "ole", "decisions": []} if method == "POST" else None
        reply = zoe.ask(path, body)
        assert reply.status == 403 and set(reply.json) == {"error"}, path
    seen = zoe.ask("document/SRC-01").body + zoe.ask("documents").body + zoe.ask("book").body
    assert b"ST-0011" not in seen and b"EMP-9" not in seen


@pytest.mark.slow
def test_an_adjudicator_gets_nothing_of_drafts(server):
    """What a coder is still writing is nobody's business."""
    zoe, eva = server.enter("zoe"), server.enter("eva")
    row = {"source_id": "SRC-01", "block": "1", "why_skipped": "a secret of the draft"}
    assert zoe.change("skipped", added=[row], document="SRC-01").status == 200
    assert b"a secret of the draft" in zoe.ask("document/SRC-01").body
    said = []
    for method, path in dict.fromkeys([*CODING, *ADJUDICATING]):
        path = path.format(first="mia", second="ole", name="SRC-01")
        body = {"first": "mia", "second": "ole", "document": "SRC-01", "tables": {}}
        reply = eva.ask(path, body if method == "POST" else None)
        if (method, path) in CODING and (method, path) not in ADJUDICATING:
            assert reply.status == 403, path
        said.append(reply.body)
    assert b"a secret of the draft" not in b"".join(said)
    assert eva.ask("agreement/mia/zoe").status == 422


@pytest.mark.slow
def test_requests_that_are_no_decisions_are_answered_in_a_sentence(server):
    """A traceback, or half of a list of decisions made."""
    eva = server.enter("eva")
    pair = {"first": "mia", "second": "ole"}
    found = eva.ask("differences", pair).json
    before = (server.root / ADJUDICATION).read_bytes()
    row = row_on(found, "demand")
    good = {"row": row, "filled": {"decision": "first", "reason": REASON}}
    for decisions in (
        None,
        [],
        "x",
        [1],
        [{}],
        [{"row": row}],
        [{"row": [], "filled": {}}],
        [good, {"row": {**row, "first_coder": "x"}, "filled": {"decision": "first"}}],
        [good, {**good, "made": "yes"}],
        [{**good, "filled": {"decision": "never", "reason": REASON}}],
        [{**good, "filled": {"decision": ["first"]}}],
        [good] * 2_001,
    ):
        reply = eva.ask("decide", {**pair, "decisions": decisions})
        assert reply.status == 422 and reply.json["error"], decisions
    gone = {**row, "variable": "outcome"}
    reply = eva.ask("decide", {**pair, "decisions": [good, {**good, "row": gone}]})
    assert reply.status == 409 and reply.json["rows"]
    assert (server.root / ADJUDICATION).read_bytes() == before


# The page


@pytest.fixture
def at_desk(chromium, tmp_path):
    """Open the page of the adjudicator; what the browser complains of fails the test."""
    opened, running, wrong = [], [], []

    def go(root, scheme="light", viewport=None, adjudicator="eva"):
        # A port of its own: a server that is started again must find it free.
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        desk = RunningDesk(root, "--adjudicator", adjudicator, "--port", str(port))
        running.append(desk)
        return desk, visit(desk, scheme, viewport, adjudicator)

    def visit(desk, scheme="light", viewport=None, adjudicator="eva"):
        context = chromium.new_context(
            viewport=viewport or {"width": 1280, "height": 900}, color_scheme=scheme
        )
        opened.append(context)
        tab = context.new_page()
        tab.on("console", lambda m: wrong.append(m.text) if m.type == "error" else None)
        tab.on("pageerror", lambda e: wrong.append(str(e)))
        tab.set_default_timeout(20_000)
        tab.goto(desk.links[adjudicator])
        tab.wait_for_selector(".pairs")
        return tab

    go.visit, go.wrong = visit, wrong
    yield go
    for context in opened:
        context.close()
    for desk in running:
        desk.stop()
    assert wrong == []


def begin(tab):
    """From the pairs to the first difference, by keyboard."""
    tab.locator(".pair button").focus()
    tab.keyboard.press("Enter")
    tab.wait_for_selector("#decide")
    tab.keyboard.press("Enter")
    tab.wait_for_selector(".card h2")


def count(tab):
    """How many are decided, and of how many."""
    return tuple(map(int, re.findall(r"\d+", tab.inner_text("#count"))))


def press(tab, *keys):
    for key in keys:
        tab.keyboard.press(key)


def until_decided(tab, before):
    tab.wait_for_function(
        "before => document.getElementById('state').textContent === 'saved' &&"
        " document.getElementById('count').textContent !== before",
        arg=before,
    )


def step(tab, *keys, text=""):
    """Press keys, type a text, and Enter if there is one; wait until it is saved."""
    before = tab.inner_text("#count")
    press(tab, *keys)
    if text:
        tab.keyboard.type(text)
        tab.keyboard.press("Enter")
    until_decided(tab, before)


def by_keyboard(tab, special=lambda heading: None):
    """Decide all that is open, one after the other: pairs are one, rows of one are kept, values the second's."""
    reasons = itertools.count(1)
    while (heading := tab.inner_text(".card h2")) not in ("Everything is decided",):
        if (act := special(heading)) is not None:
            act()
        elif tab.locator(".sides.units").count():
            step(tab, "1")
        else:
            step(tab, "2", text=f"The guide, step {next(reasons)}.")


def same_by_workbook(filed, done, pair, folder):
    """Make the decisions of a finished package in a workbook for the package as it was filed."""
    package = Package(Path(shutil.copytree(filed, folder / filed.name)))
    start = bring_up_to_date(package, *pair)
    decided = {tuple(r[n] for n in KEY): r for r in filed_decisions(Package(done))}
    rows = [
        {**r, **{n: decided[tuple(r[k] for k in KEY)][n] for n in FILLED_IN}} for r in start.rows
    ]
    decisions_to_workbook(package, tuple(rows), folder / "decide.xlsx")
    rows = decisions_from_workbook(package, folder / "decide.xlsx")
    made = bring_up_to_date(package, *pair, decisions=rows)
    assert made.open == () and not made.report.status()
    return package


@browser_needed
@pytest.mark.slow
def test_the_strikes_are_adjudicated_by_keyboard(at_desk, strikes, filed_strikes, tmp_path):
    """A page that knows the shipped book only; tables that differ from those of the workbook."""
    _, tab = at_desk(strikes.root)
    begin(tab)
    by_keyboard(tab)
    tab.wait_for_selector(".findings h3")
    assert tab.inner_text(".findings h3") == "The check finds nothing wrong"
    assert "seeds/tables/strikes.csv" in tab.inner_text(".card")
    by_hand = same_by_workbook(filed_strikes, strikes.root, ("mia", "ole"), tmp_path / "other")
    assert seeds(strikes.root) == seeds(by_hand.root)
    assert b"staffing" in (strikes.root / "seeds/tables/strikes.csv").read_bytes()


@browser_needed
@pytest.mark.slow
def test_the_report_is_adjudicated_by_keyboard_with_a_value_of_her_own(
    at_desk, report, filed_report, tmp_path
):
    """A value that neither coder has, its words taken from the text without a mouse."""
    _, tab = at_desk(report.root)
    begin(tab)

    def last_day():
        before = tab.inner_text("#count")
        assert tab.locator(".side").count() == 2
        press(tab, "3")
        tab.keyboard.type("2020-05-06")
        press(tab, "Tab")
        tab.keyboard.type("turkey CALLED  on")
        assert tab.locator(".other-fields .lacking").count() == 0
        press(tab, "Tab")
        tab.keyboard.type("A test.")
        press(tab, "Tab")
        tab.keyboard.type("Neither day is in the text.")
        press(tab, "Enter")
        until_decided(tab, before)

    by_keyboard(tab, lambda heading: last_day if heading == "Last day" else None)
    decided = [r for r in filed_decisions(report) if r["decision"] == "other"]
    assert [(r["variable"], r["value"], r["quote"], r["because"]) for r in decided] == [
        ("date_end", "2020-05-06", "Turkey called on", "A test.")
    ]
    tab.wait_for_selector(".findings h3")
    by_hand = same_by_workbook(filed_report, report.root, ("a", "b"), tmp_path / "other")
    assert seeds(report.root) == seeds(by_hand.root)
    shown = tab.inner_text(".findings h3")
    assert ("nothing wrong" in shown) == (by_hand.check().report.status() == 0), shown


@browser_needed
@pytest.mark.slow
def test_taken_back_confirmed_at_once_and_opened_again(at_desk, strikes):
    """A wrong key that cannot be taken back is a wrong table."""
    _, tab = at_desk(strikes.root)
    begin(tab)
    start = count(tab)
    step(tab, "1")
    assert count(tab) == (1, start[1])
    step(tab, "u")
    assert count(tab) == start
    tab.locator(".confirm").click()
    before = tab.inner_text("#count")
    press(tab, "Enter")
    until_decided(tab, before)
    assert count(tab) == (4, 6)
    assert tab.locator(".item.open").count() == 2
    press(tab, "f")
    assert tab.locator(".item").count() == 2
    press(tab, "f", "f")
    step(tab, "u")
    assert count(tab) == start
    assert not [r for r in filed_decisions(strikes) if r["decided_by"]]
    step(tab, "1")
    press(tab, "p")
    tab.wait_for_selector(".done-note")
    step(tab, "x")
    assert count(tab) == start


@browser_needed
@pytest.mark.slow
def test_two_are_made_one_and_two_again_by_keyboard(at_desk, strikes):
    """What the program did not match could only be matched in the file."""
    make_unlike(strikes)
    _, tab = at_desk(strikes.root)
    begin(tab)
    tab.locator(".item", has_text="Only ole").click()
    press(tab, "3")
    tab.wait_for_selector(".other-fields:not([hidden]) input")
    press(tab, "ArrowDown", "Enter")
    step(tab, "Enter")
    made = [r for r in filed_decisions(strikes) if r["decided_by"]]
    assert [(r["first_id"], r["second_id"], r["decision"]) for r in made] == [
        ("ST-0003", "ST-0003", "one")
    ]
    assert tab.locator(".item", has_text="Only ole").count() == 0
    press(tab, "u")
    tab.wait_for_function("() => document.body.innerText.includes('Only ole')")
    assert not [r for r in filed_decisions(strikes) if r["decided_by"]]
    pair = tab.locator(".group", has_text="Amber Harbour").locator(".item").first
    pair.click()
    before = count(tab)[1]
    step(tab, "2", text="Two strikes.")
    assert count(tab) == (1, before + 1)
    tab.wait_for_selector(".group:has-text('Amber Harbour') .item:has-text('Only mia')")


@browser_needed
@pytest.mark.slow
def test_the_last_reason_is_one_key(at_desk, strikes):
    """The same reason typed sixty times."""
    _, tab = at_desk(strikes.root)
    begin(tab)
    tab.locator(".item", has_text="Demand").click()
    step(tab, "2", text="The guide on demands.")
    tab.locator(".item", has_text="Only mia").click()
    tab.wait_for_selector(".card .sides.units")
    step(tab, "Shift+Digit2")
    dropped = next(r for r in filed_decisions(strikes) if r["decision"] == "drop")
    assert dropped["reason"] == "The guide on demands."
    tab.locator(".item", has_text="Demand").click()
    tab.wait_for_selector(".done-note")
    press(tab, "x")
    tab.wait_for_selector(".done-note", state="detached")
    step(tab, "1", "ArrowDown", "Enter")
    assert row_of(strikes, "demand")["reason"] == "The guide on demands."


def row_of(package, variable):
    return next(r for r in filed_decisions(package) if r["variable"] == variable)


@browser_needed
@pytest.mark.slow
def test_a_decision_without_a_reason_is_refused_at_its_place(at_desk, strikes):
    """A refusal that is said nowhere is taken for a decision."""
    _, tab = at_desk(strikes.root)
    begin(tab)
    tab.locator(".item", has_text="Demand").click()
    press(tab, "2", "Enter")
    assert tab.inner_text(".card .wrong-note") == "This decision needs a reason."
    press(tab, "Escape", "3")
    tab.keyboard.type("nonsense")
    press(tab, "Tab")
    tab.locator(".reason textarea").fill("A reason.")
    press(tab, "Enter")
    tab.wait_for_function(
        "() => document.querySelector('.card .wrong-note').innerText.includes('not in the list')"
    )
    assert tab.inner_text("#state") == "not saved"
    assert row_of(strikes, "demand")["decision"] is None
    at_desk.wrong[:] = [text for text in at_desk.wrong if "422" not in text]


@browser_needed
@pytest.mark.slow
def test_what_was_changed_on_disk_is_shown_and_asked(at_desk, strikes):
    """The spreadsheet that is open beside the page is overwritten by it, or the page by the spreadsheet."""
    _, tab = at_desk(strikes.root)
    begin(tab)
    tab.locator(".item", has_text="Demand").click()
    press(tab, "2")
    row = row_of(strikes, "demand")
    decide(strikes, "ida", "mia", "ole", asked(row, "first", reason="Ida's."), today=DAY)
    tab.keyboard.type("Mine.")
    press(tab, "Enter")
    tab.wait_for_selector("dialog[open] :focus")
    assert "ida" in tab.inner_text("dialog[open]")
    assert row_of(strikes, "demand")["decided_by"] == "ida"
    press(tab, "Enter")
    tab.wait_for_function("() => document.getElementById('state').textContent === 'saved'")
    tab.wait_for_function("() => !document.querySelector('dialog')")
    now = row_of(strikes, "demand")
    assert (now["decision"], now["decided_by"], now["reason"]) == ("second", "eva", "Mine.")
    at_desk.wrong[:] = [text for text in at_desk.wrong if "409" not in text]


@browser_needed
@pytest.mark.slow
def test_a_server_that_is_gone_costs_nothing(at_desk, strikes):
    """Saved, said the page, and the server had been dead for an hour."""
    desk, tab = at_desk(strikes.root)
    begin(tab)
    tab.locator(".item", has_text="Demand").click()
    press(tab, "2")
    tab.keyboard.type("Kept in the bro")
    desk.kill()
    tab.keyboard.type("wser.")
    press(tab, "Enter")
    tab.wait_for_function(
        "() => document.getElementById('state').textContent.startsWith('not saved')"
    )
    assert row_of(strikes, "demand")["decision"] is None
    desk.start()
    tab.wait_for_function("() => document.getElementById('state').textContent === 'saved'")
    assert row_of(strikes, "demand")["reason"] == "Kept in the browser."
    at_desk.wrong[:] = [text for text in at_desk.wrong if "ERR_CONNECTION" not in text]


@browser_needed
@pytest.mark.slow
def test_what_was_typed_outlives_a_reload(at_desk, strikes):
    """A reload, and the reason has to be thought of again."""
    _, tab = at_desk(strikes.root)
    begin(tab)
    tab.locator(".item", has_text="Demand").click()
    press(tab, "2")
    tab.keyboard.type("Half a rea")
    tab.reload()
    tab.wait_for_selector(".card .reason textarea")
    assert tab.input_value(".reason textarea") == "Half a rea"
    assert tab.get_attribute("[data-choice='2']", "aria-pressed") == "true"


@browser_needed
@pytest.mark.slow
def test_words_selected_with_the_mouse_are_the_quote(at_desk, strikes):
    """A quote that is copied from the page has the page's blanks, not the document's."""
    _, tab = at_desk(strikes.root)
    begin(tab)
    tab.locator(".item", has_text="Demand").click()
    tab.wait_for_function(
        "() => document.querySelector('.card h2').textContent.startsWith('Demand')"
    )
    tab.wait_for_selector("#document p")
    press(tab, "3")
    tab.keyboard.type("pay")
    press(tab, "Tab")
    box = tab.evaluate(
        """() => { const node = [...document.querySelectorAll('#document p')].find((p) => p.textContent.includes('second man')).firstChild;
        const range = document.createRange(); const at = node.data.indexOf('a second man');
        range.setStart(node, at); range.setEnd(node, at + 12); const box = range.getBoundingClientRect();
        return [box.left, box.right, box.top + box.height / 2]; }"""
    )
    tab.mouse.move(box[0] + 1, box[2])
    tab.mouse.down()
    tab.mouse.move(box[1] - 1, box[2], steps=4)
    tab.mouse.up()
    words = tab.locator(".other-fields input").nth(1)
    assert words.input_value() == "a second man"
    tab.locator(".reason textarea").fill("The crane.")
    step(tab, "Enter")
    assert row_of(strikes, "demand")["quote"] == "a second man"


@browser_needed
@pytest.mark.slow
def test_hostile_words_show_as_text(at_desk, strikes):
    """A name or reason that runs in the adjudicator's browser decides for her."""
    open_differences(strikes, "eva", "mia", "ole")
    for coder in ("mia", "ole"):
        with changed_rows(strikes, coder, "employers") as rows:
            for row, text in zip(rows, itertools.cycle(HOSTILE), strict=False):
                row["employer"] = text
    with changed_rows(strikes, "ole", "strikes") as rows:
        rows[0]["demand"] = HOSTILE[1]
    _, tab = at_desk(strikes.root)
    begin(tab)
    for _ in range(12):
        press(tab, "n")
    tab.locator(".item", has_text="Demand").first.click()
    step(tab, "1", text=HOSTILE[0])
    press(tab, "u")
    assert HOSTILE[0] in tab.inner_text("body")
    assert tab.evaluate("window.bad") is None
    assert tab.locator("main img, main script").count() == 0


@browser_needed
@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [None, PHONE], ids=["desk", "phone"])
def test_axe_finds_nothing_serious(at_desk, report, scheme, viewport):
    """Contrast, names of controls, headings, landmarks: what a program can find, it finds."""
    from axe_playwright_python.sync_playwright import Axe

    _, tab = at_desk(report.root, scheme, viewport)

    def serious():
        return [
            (v["id"], v["nodes"][0]["html"][:120], v["nodes"][0].get("failureSummary", "")[:200])
            for v in Axe().run(tab).response["violations"]
            if v["impact"] in ("serious", "critical")
        ]

    found = [*serious()]
    tab.locator(".pair button").click()
    tab.wait_for_selector("#decide")
    found += serious()
    tab.locator("#decide").click()
    tab.wait_for_selector(".card h2")
    found += serious()
    tab.locator(".item", has_text="Last day").click()
    tab.wait_for_selector(".side")
    press(tab, "3")
    found += serious()
    press(tab, "Escape", "1")
    tab.keyboard.type("A reason.")
    press(tab, "Enter")
    tab.wait_for_function("() => document.getElementById('count').textContent.startsWith('1 ')")
    assert tab.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    found += serious()
    press(tab, "?")
    tab.wait_for_selector("dialog[open]")
    found += serious()
    assert found == []
