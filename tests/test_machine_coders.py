"""A machine is a coder that is recorded, measured against people, and decides nothing."""

from __future__ import annotations

import hashlib
import json
import shutil
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from conftest import invoke, with_own_book
from conftest import once as made_once
from two_coders import CODED, DAY, coded_once, filed_by_two

from eventbook.codebook.catalogue import catalogue
from eventbook.dataset.agreement.agree import measure_agreement, variable_agreement
from eventbook.dataset.agreement.agreement_report import as_dict
from eventbook.dataset.agreement.coefficients import alpha, interval
from eventbook.dataset.agreement.with_machines import has_both, measure_with_machines
from eventbook.dataset.agreement.with_machines_report import (
    machines_in_html,
    machines_in_json,
    machines_in_text,
)
from eventbook.dataset.desk.adjudicate import bring_up_to_date
from eventbook.dataset.desk.filing import FilingOptions, file_coding, try_filing
from eventbook.dataset.desk.workbook_contents import workbook_contents
from eventbook.dataset.publishing.products import products
from eventbook.dataset.webdesk.adjudicating import list_pairs, open_text
from eventbook.dataset.webdesk.deciding import ensure_pair
from eventbook.dataset.webdesk.people import people_of
from eventbook.validation.coding.coded_workbook import check_coded, sources_of
from eventbook.validation.coding.faults import (
    delivered_in,
    kind_of_fault,
    not_of_the_coding,
    without_faults,
)
from eventbook.validation.coding.filed import ADJUDICATION, load_coding, machines, people
from eventbook.validation.coding.json_coding import check_json
from eventbook.validation.coding.machine import (
    FAULTS,
    KINDS_OF_FAULTS,
    Delivered,
    Machine,
    machine_of,
    settings_of,
    together,
)
from eventbook.validation.coding.record import Filing, read_record, record_text
from eventbook.validation.errors import InputError
from eventbook.validation.findings import Finding
from eventbook.validation.package.package import Package
from eventbook.validation.settings import read_settings

MODEL = Machine("Model X", "2026-03", (("seed", "7"), ("temperature", "0")))
TAKEN = "Non-state actor overtakes territory"
PLACES = ("paragraph", "start", "end")


@pytest.fixture
def once(copy):
    """A package with a short report, coded; nothing is filed."""
    return coded_once(copy)


@pytest.fixture(scope="session")
def filed_twice(tmp_path_factory):
    """The report as a filed it and as b did, who misses an event and a claim."""
    return filed_by_two(tmp_path_factory)


@pytest.fixture(scope="session")
def filed_thrice(filed_twice, tmp_path_factory):
    """The same, as a machine filed it, too, that got one sub-type and one day wrong."""

    def other(rows):
        rows[1]["sub_event_type"] = TAKEN
        rows[4]["date_start"] = "2020-04-25"

    def make(folder):
        package = Package(Path(shutil.copytree(filed_twice, folder / "package")))
        tables = coded(package, folder / "model", events=other)
        options = FilingOptions(machine=MODEL)
        assert file_coding(package, tables, "model-x", DAY, options).rows is not None

    return made_once(tmp_path_factory, "filed-thrice", make) / "package"


@pytest.fixture
def twice(filed_twice, tmp_path):
    """A copy of the report as two people filed it."""
    return Package(Path(shutil.copytree(filed_twice, tmp_path / "package")))


@pytest.fixture
def with_model(filed_thrice, tmp_path):
    """A copy of the report as two people and a machine filed it."""
    return Package(Path(shutil.copytree(filed_thrice, tmp_path / "package")))


def coded(package, folder, **changes):
    """Write the package's tables into a folder, some of them changed."""
    tables = package / "tables" if isinstance(package, Path) else package.root / "seeds/tables"
    shutil.copytree(tables, folder)
    for name, change in changes.items():
        frame = pl.read_csv(folder / f"{name}.csv", infer_schema=False)
        rows = frame.to_dicts()
        changed = change(rows)
        rows = rows if changed is None else changed
        pl.DataFrame(rows, schema=frame.schema).write_csv(folder / f"{name}.csv")
    return folder


def faulty_events(rows):
    rows[0]["fatalities_low"] = "three"
    rows[1]["sub_event_type"] = "War"
    rows[2]["actor1_id"] = "nobody"
    rows[2]["assoc_actor_2_ids"] = "syria-civilians; nobody-else"


def invented_quote(rows):
    rows[1] |= {"quote": "an oil price that nobody wrote of"} | dict.fromkeys(PLACES)


@pytest.fixture
def faulty(tmp_path):
    """A coding with a number in letters, a code and two ids that do not exist, an invented quote."""
    return coded(CODED, tmp_path / "faulty", events=faulty_events, quotes=invented_quote)


COUNTED = {
    "invented-quotes": 1,
    "words-in-no-quote": 1,
    "unknown-codes": 1,
    "unknown-ids": 2,
    "wrong-form": 1,
}
TAKEN_OUT = FilingOptions(machine=MODEL, without_faults=True)


def cells(package, coder, table, row):
    return load_coding(package.root, package.book, coder).filed[table][row]


# What is recorded


@pytest.mark.slow
def test_a_machine_is_recorded_with_all_that_it_was(once, tmp_path):
    """Without its version, settings and instructions nobody can say which program coded."""
    told = tmp_path / "instructions.md"
    told.write_text("Code each event.\n", encoding="utf-8")
    words = ["import", "seeds/tables", "--coder", "model-x", "--machine", "Model X"]
    words += ["--machine-version", "2026-03", "--setting", "temperature=0", "--setting", "seed=7"]
    done = invoke(*words, "--instructions", str(told), cwd=once.root)
    assert done.returncode == 0, done.stderr
    assert "faults, as delivered: none" in done.stdout
    digest = hashlib.sha256(b"Code each event.\n").hexdigest()
    text = (once.root / "seeds/codings/model-x/coding.yaml").read_text(encoding="utf-8")
    assert (
        "    documents: [DOC-0001]\n"
        "    machine:\n"
        '      name: "Model X"\n'
        '      version: "2026-03"\n'
        "      settings:\n"
        '        seed: "7"\n'
        '        temperature: "0"\n'
        f"      instructions: '{digest}'\n"
        "    delivered: {values: 54, quotes: 16, incomplete: 0}\n"
        "    faults: {}\n"
        "sha256:\n"
    ) in text
    coding = load_coding(once.root, once.book, "model-x")
    assert coding.machine == Machine("Model X", "2026-03", MODEL.settings, digest)
    assert machines(once.root) == {"model-x": coding.machine} and people(once.root) == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"version": "1"}, "--machine-version: is about a machine"),
        ({"settings": ["a=1"]}, "--setting: is about a machine"),
        ({"instructions": "x.md"}, "--instructions: is about a machine"),
        ({"name": "M"}, "--machine: needs --machine-version"),
        ({"name": "M", "version": "1", "settings": ["a"]}, "expected a name and a value"),
        ({"name": "M", "version": "1", "settings": ["a=1", "a=2"]}, "a is given twice"),
        ({"name": "M", "version": "1", "settings": ["a="]}, "expected a text of one line"),
        ({"name": "M\n", "version": "1\n2"}, "--machine-version '1.n2'"),
        ({"name": "M", "version": "1", "instructions": "no-such.md"}, "no such file, and no SHA"),
    ],
)
def test_half_a_machine_is_refused(options, message):
    """A version without a name, or a setting that nobody can read, is a record of nothing."""
    with pytest.raises(InputError, match=message):
        machine_of(**{"name": None} | options)


def test_instructions_can_be_named_by_their_hash(tmp_path):
    """Who may not publish the instructions can still say which they were."""
    found = machine_of("M", "1", ["b = x=y", "a=1"], "AB" * 32)
    assert found == Machine("M", "1", (("a", "1"), ("b", "x=y")), "ab" * 32)
    assert machine_of(None) is None and settings_of([]) == ()


def filing(machine=MODEL, **more):
    delivered = Delivered(3, 4, {"unknown-codes": 2}, 1) if machine else None
    return Filing(date(2026, 1, 2), "eventbook 2.0.0", ("DOC-0001",), "", machine, delivered)


def test_the_record_is_read_as_it_was_written(tmp_path):
    """A setting called `on`, or a version 1.0, came back from YAML as another value."""
    machine = Machine("Ü: #1", "1.0", (("no", "yes"), ("on", "0x1F")), "0" * 64)
    path = tmp_path / "coding.yaml"
    path.write_text(record_text((filing(machine),), {"a.csv": "1" * 64}), encoding="utf-8")
    assert read_record(path) == ((filing(machine),), {"a.csv": "1" * 64})


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("    faults: {unknown-codes: 2}\n", "", "faults is missing"),
        ("unknown-codes: 2", "typing-errors: 2", "typing-errors: no such key"),
        ("unknown-codes: 2", "unknown-codes: many", "a count is a whole number"),
        ("unknown-codes: 2", "unknown-codes: -1", "a count is a whole number"),
        ('version: "2026-03"', "version: 2026.3", "texts in quotation marks"),
        ('      version: "2026-03"\n', "", "version is missing"),
        ("    machine:", "    program:", "no such key"),
        ("sha256:", "signed: eva\nsha256:", "signed: no such key"),
    ],
)
def test_a_record_of_another_form_is_refused(tmp_path, old, new, message):
    """A key that is misspelt, and passed over, makes a person of a machine."""
    path = tmp_path / "coding.yaml"
    text = record_text((filing(),), {"a.csv": "1" * 64})
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(InputError, match=message):
        read_record(path)


def test_a_person_and_a_machine_are_no_one_coder(tmp_path):
    """A record that is half a person's is counted as one, or as the other, by chance."""
    with pytest.raises(ValueError, match="one person or one machine"):
        record_text((filing(), filing(None)), {})
    path = tmp_path / "coding.yaml"
    text = record_text((filing(),), {"a.csv": "1" * 64})
    entry = "  - filed: 2026-01-02\n    codebook: eventbook 2.0.0\n    documents: []\nsha256:"
    path.write_text(text.replace("sha256:", entry), encoding="utf-8")
    with pytest.raises(InputError, match="one person or one machine"):
        read_record(path)


@pytest.mark.slow
def test_a_coder_stays_what_it_was(once, tmp_path):
    """A person's name under a machine's later filing: whose coding is it then?"""
    folder = coded(once, tmp_path / "coded")
    file_coding(once, folder, "anna", DAY)
    with pytest.raises(InputError, match="anna: filed as a person"):
        try_filing(once, folder, "anna", FilingOptions("again", machine=MODEL))
    file_coding(once, folder, "model-x", DAY, FilingOptions(machine=MODEL))
    with pytest.raises(InputError, match="model-x: filed as the machine Model X"):
        try_filing(once, folder, "model-x", FilingOptions("again"))
    with pytest.raises(InputError, match="Model Y is another coder"):
        try_filing(once, folder, "model-x", FilingOptions("again", machine=Machine("Model Y", "1")))


@pytest.mark.slow
def test_each_filing_says_which_version_it_was(once, tmp_path):
    """Documents coded by a newer version under the name of the older one."""
    folder = coded(once, tmp_path / "coded")
    file_coding(once, folder, "model-x", DAY, FilingOptions(machine=MODEL))
    (folder / "events.csv").write_text(
        (folder / "events.csv").read_text(encoding="utf-8").replace("Armed clash", TAKEN),
        encoding="utf-8",
    )
    newer = Machine("Model X", "2026-04")
    file_coding(once, folder, "model-x", DAY, FilingOptions("Run again.", machine=newer))
    filings = load_coding(once.root, once.book, "model-x").filings
    assert [f.machine for f in filings] == [MODEL, newer]
    assert machines(once.root) == {"model-x": newer}


# Faults


def test_kinds_of_faults_are_those_of_findings():
    """A finding that was renamed would no longer be counted, and the machine would look better."""
    assert set(FAULTS) <= set(catalogue())
    assert set(FAULTS.values()) | {"broken-rules"} == set(KINDS_OF_FAULTS)


def test_faults_are_counted_before_anything_is_refused(once, faulty):
    """What a machine got wrong is gone from the record as soon as somebody has corrected it."""
    filed = try_filing(once, faulty, "model-x", FilingOptions(machine=MODEL))
    assert filed.rows is None
    assert filed.delivered == Delivered(55, 16, COUNTED)
    words = ["import", str(faulty), "--coder", "model-x", "--machine", "M"]
    done = invoke(*words, "--machine-version", "1", cwd=once.root)
    assert done.returncode == 1 and not (once.root / "seeds/codings").exists()
    assert "  invented-quotes: 1 of 16 quotes (quotes that are not in" in done.stdout
    assert "  unknown-ids: 2 of 55 values (" in done.stdout
    assert "--take-out-faults counts the faults and files the rest" in done.stderr


def test_what_is_wrong_is_taken_out_and_nothing_else(once, faulty):
    """A fault that is repaired by a program is a value that nobody coded."""
    filed = file_coding(once, faulty, "model-x", DAY, TAKEN_OUT)
    assert filed.delivered == Delivered(55, 16, COUNTED, incomplete=3)
    of_first = cells(once, "model-x", "events", 0)
    # All that rested on the invented quote went with it.
    gone = ("actor2_id", "fatalities_status", "fatalities_low", "fatalities_words", "source_ids")
    assert {of_first[name] for name in gone} == {None}
    assert of_first["fatalities_civilians"] is None and of_first["actor1_id"] == "syria-army"
    assert of_first["sub_event_type"] == "Shelling/artillery/missile attack"
    second, third = (cells(once, "model-x", "events", n) for n in (1, 2))
    assert second["sub_event_type"] is None and second["actor1_id"] == "syria-rebels"
    assert third["actor1_id"] is None and third["assoc_actor_2_ids"] == "syria-civilians"
    words = [row["quote"] for row in load_coding(once.root, once.book, "model-x").filed["quotes"]]
    assert "an oil price that nobody wrote of" not in words
    # A quote for two events serves each for what it still has.
    shared = [
        (row["event_ids"], row["variables"])
        for row in load_coding(once.root, once.book, "model-x").filed["quotes"]
        if row["quote"] == "On Friday rebels attacked"
    ]
    assert sorted(shared) == [
        ("SYR-2020-0002", "actor1_id; date_start"),
        ("SYR-2020-0003", "sub_event_type; date_start"),
    ]
    left = check_coded(
        sources_of(once.root / "seeds/codings/model-x", once.book), once.book, once.root
    ).report
    assert {(f.rule, f.row_id, f.column) for f in left if f.severity == "error"} == {
        ("required", "SYR-2020-0001", "fatalities_status"),
        ("required", "SYR-2020-0002", "sub_event_type"),
        ("required", "SYR-2020-0003", "actor1_id"),
    }


@pytest.mark.slow
def test_an_invented_event_is_still_one_that_was_found(once, tmp_path):
    """An event without a true word, dropped, would leave a machine that invents events precise."""

    def invented(rows):
        event = next(row for row in rows if row["event_id"] == "SYR-2020-0002")
        rows.append(event | {"event_id": "SYR-2020-0099"})

    def quoted(rows):
        words = {"quote": "a bridge in Cairo fell down", "event_ids": "SYR-2020-0099"}
        rows.append(dict.fromkeys(rows[0]) | words | {"document_id": "DOC-0001"})

    folder = coded(once, tmp_path / "coded", events=invented, quotes=quoted)
    filed = file_coding(once, folder, "model-x", DAY, TAKEN_OUT)
    assert filed.delivered.faults == {"invented-quotes": 1, "words-in-no-quote": 2}
    row = cells(once, "model-x", "events", 5)
    assert {name for name, cell in row.items() if cell} == {
        "event_id",
        "document_id",
    }
    file_coding(once, once.root / "seeds/tables", "a", DAY)
    found = measure_with_machines(once, ["a", "model-x"])
    counts = found.machines[0].units["events"]
    assert (counts.both, counts.first_only, counts.second_only) == (5, 0, 1)
    assert counts.precision == pytest.approx(5 / 6) and counts.recall == 1


@pytest.mark.parametrize(
    ("table", "change", "faults"),
    [
        # The quote is there, elsewhere: its words are not invented.
        ("quotes", {0: {"start": "61", "end": "113"}}, {"misplaced-quotes": 1}),
        ("quotes", {0: {"quote": "Government troops shelled the town of Hama on Sunday"}}, None),
        ("events", {0: {"location_id": "hama; homs"}}, {"unknown-ids": 1, "broken-rules": 1}),
        ("events", {0: {"fatalities_low": "-3"}}, {"wrong-form": 1, "broken-rules": 1}),
        ("events", {0: {"notes": "=1+1"}}, {"wrong-form": 1}),
        ("quotes", {1: {"variables": "actor2_id"}}, {"values-without-quotes": 4}),
        ("events", {0: {"sub_event_type": None}}, {"missing-values": 1, "idle-quotes": 1}),
        ("claims", {0: {"value": "somebody"}}, {"wrong-claims": 1}),
        ("passed_over", {2: {"quote": "The war in Asia", "reason": "background"}}, None),
    ],
)
def test_each_kind_of_fault_is_one(once, tmp_path, table, change, faults):
    """A fault under another name, or counted once for each value of its quote."""

    def changed(rows):
        for number, values in change.items():
            rows[number] |= values
            if "quote" in values and table == "quotes":
                rows[number] |= dict.fromkeys(PLACES)

    folder = coded(once, tmp_path / "coded", **{table: changed})
    filed = file_coding(once, folder, "model-x", DAY, TAKEN_OUT)
    if faults is None:
        kind = "altered-quotes" if table == "quotes" else "invented-quotes"
        more = {"unread-paragraphs": 1} if table == "passed_over" else {}
        faults = {kind: 1, **more}
    assert filed.delivered.faults == faults


def test_a_row_without_any_quote_is_as_many_faults_as_it_has_values(once, tmp_path):
    """Forty values without a word, counted as one fault."""

    def unquoted(rows):
        return [row for row in rows if row["event_ids"] != "SYR-2020-0005"]

    folder = coded(once, tmp_path / "coded", quotes=unquoted)
    filed = file_coding(once, folder, "model-x", DAY, TAKEN_OUT)
    # Sub-type, two actors, day and fatalities; and nobody read the paragraph.
    assert filed.delivered.faults == {"values-without-quotes": 5, "unread-paragraphs": 1}
    row = cells(once, "model-x", "events", 4)
    assert row["event_id"] == "SYR-2020-0005" and row["sub_event_type"] is None


def test_only_a_lost_key_takes_a_row_along(once, tmp_path):
    """Two rows under one id, or a row of no document, cannot be pointed to."""

    def double(rows):
        rows.append(rows[1] | {"notes": "the same id again"})
        rows.append(rows[2] | {"event_id": None})

    folder = coded(once, tmp_path / "coded", events=double)
    filed = file_coding(once, folder, "model-x", DAY, TAKEN_OUT)
    assert filed.rows["events"] == 5
    assert filed.delivered.faults["repeated-rows"] == 2
    assert filed.delivered.faults["missing-values"] == 1
    assert cells(once, "model-x", "events", 1)["notes"] is None


def test_faults_in_a_book_of_other_names(tmp_path):
    """A book whose quotes are a row a value, and are called otherwise, would keep all its faults."""
    package = Package(with_own_book(tmp_path / "strikes"))

    def unknown(rows):
        rows[1]["employer_id"] = "nobody"

    def invented(rows):
        rows[0] |= {"words": "nothing of the kind"} | dict.fromkeys(
            ("block", "from_char", "to_char")
        )

    folder = coded(package, tmp_path / "coded", strikes=unknown, quotations=invented)
    filed = file_coding(package, folder, "model-x", DAY, TAKEN_OUT)
    faults = {"invented-quotes": 1, "unknown-ids": 1}
    assert filed.delivered == Delivered(45, 35, faults, incomplete=2)
    # The invented quote, and the one for the employer whom nobody knows.
    assert filed.rows["quotations"] == 33
    strikes = load_coding(package.root, package.book, "model-x").filed["strikes"]
    assert [row["employer_id"] for row in strikes] == [None, None, "EMP-3", "EMP-4"]
    (model,) = measure_with_machines(package, ["mia", "ole", "model-x"]).machines
    assert (model.units["strikes"].both, model.units["strikes"].second_only) == (7, 1)


def test_a_persons_coding_is_never_changed(once, faulty):
    """A person whose faults are taken out has coded what a program left."""
    options = FilingOptions(without_faults=True)
    with pytest.raises(InputError, match="a person's coding is never changed"):
        file_coding(once, faulty, "anna", DAY, options)
    assert file_coding(once, faulty, "anna", DAY).rows is None
    assert not (once.root / "seeds/codings").exists()


def test_a_damaged_file_is_no_fault_of_a_coding(once, faulty):
    """A column that was lost on the way would be a machine that codes nothing."""
    frame = pl.read_csv(faulty / "events.csv", infer_schema=False)
    frame.drop("sub_event_type").write_csv(faulty / "events.csv")
    filed = file_coding(once, faulty, "model-x", DAY, TAKEN_OUT)
    assert filed.rows is None and [f.rule for f in filed.refused] == ["missing-column"]
    frame.write_csv(faulty / "events.csv")
    assert file_coding(once, faulty, "model-x", DAY, TAKEN_OUT).rows is not None


def test_faults_of_two_filings_are_counted_together():
    """A second filing would replace what is known of the first."""
    one = Delivered(10, 4, {"unknown-codes": 1, "invented-quotes": 2}, 1)
    two = Delivered(5, 1, {"unknown-codes": 3}, 0)
    assert together([one, two]) == Delivered(15, 5, {"invented-quotes": 2, "unknown-codes": 4}, 1)
    assert list(together([one]).faults) == ["invented-quotes", "unknown-codes"]


def test_a_quote_that_is_elsewhere_is_not_invented(book):
    """Offsets that a machine counted wrong are another fault than words that nobody wrote."""
    lost = Finding("quote-found", "error", "q.csv", 2, "quote", None, "x", "m")
    moved = Finding("quote-found", "error", "q.csv", 2, "quote", None, "x", "m", None, "3-9")
    assert kind_of_fault(book, lost) == "invented-quotes"
    assert kind_of_fault(book, moved) == "misplaced-quotes"
    assert kind_of_fault(book, Finding("csv", "error", "q.csv", 2, None, None, None, "m")) is None
    rule = book.rules[0].id
    assert kind_of_fault(book, Finding(rule, "error", "q", 2, None, None, None, "m")) == (
        "broken-rules"
    )


# A coding as JSON


EVENT = {
    "event_id": "e1",
    "sub_event_type": {"value": "Armed clash", "quotes": ["rebels attacked an army post"]},
    "actor1_id": {"value": "Syrian rebels", "quotes": ["rebels attacked"]},
    "actor2_id": {"value": "Military Forces of Syria", "quotes": ["attacked an army post"]},
    "date_start": {"value": "2020-05-01", "quotes": ["On Friday rebels attacked"]},
    "date_words": "On Friday",
    "location_id": {"value": "Homs", "quotes": ["in the town of Homs"]},
    "fatalities_status": {"value": "not_mentioned", "quotes": ["attacked an army post"]},
}
PASSED = [
    {"paragraph": n, "reason": "background", "because": "Another one codes it."}
    for n in (1, 2, 3, 5, 6, 7, 8)
]


def written(path, **values):
    event = {**EVENT, **values}
    whole = {"document": "DOC-0001", "events": [event], "passed_over": PASSED}
    path.write_text(json.dumps(whole), encoding="utf-8")
    return path


def test_faults_of_a_coding_as_json_are_counted_alike(once, tmp_path):
    """On one line of JSON all rows are in one place, and would be one fault."""
    good = check_json([written(tmp_path / "good.json")], once.book, once.root)
    assert good.report.status() == 0
    assert delivered_in(good, once.book, once.root) == Delivered(14, 6, {})
    same = "an oil price that nobody wrote of"
    bad = check_json(
        [
            written(
                tmp_path / "bad.json",
                sub_event_type={"value": "War", "quotes": ["rebels attacked an army post"]},
                actor1_id={"value": "Nobody", "quotes": [same]},
                location_id={"value": "Homs", "quotes": [same]},
                fatalities_low={"value": True, "quotes": ["attacked an army post"]},
                colour="red",
            )
        ],
        once.book,
        once.root,
    )
    assert not_of_the_coding(once.book, bad.report) == []
    delivered = delivered_in(bad, once.book, once.root)
    assert delivered.faults == {
        "invented-quotes": 1,
        "unknown-codes": 1,
        "unknown-ids": 1,
        "wrong-structure": 2,
    }
    left = without_faults(bad, once.book, once.root).checked.tables
    (event,) = left["events"].frame.to_dicts()
    assert event["actor2_id"] == "syria-army" and event["event_id"] == "SYR-2020-0006"
    assert {event[n] for n in ("sub_event_type", "actor1_id", "location_id")} == {None}
    assert same not in left["quotes"].frame["quote"].to_list()


@pytest.mark.slow
def test_a_machine_files_codings_as_json(once, tmp_path):
    """Where a model's answer must first become a workbook, people correct it on the way."""
    path = written(tmp_path / "a.json", sub_event_type={"value": "War", "quotes": []})
    words = ["import", str(path), "--coder", "model-x", "--machine", "M"]
    words += ["--machine-version", "1", "--take-out-faults"]
    done = invoke(*words, "--dry-run", cwd=once.root)
    assert done.returncode == 0 and "would be filed: seeds/codings/model-x" in done.stdout
    assert not (once.root / "seeds/codings").exists()
    done = invoke(*words, cwd=once.root)
    assert done.returncode == 0, done.stderr
    (filing,) = load_coding(once.root, once.book, "model-x").filings
    assert filing.delivered == Delivered(
        14, 5, {"values-without-quotes": 1, "unknown-codes": 1}, incomplete=1
    )
    assert "errors that are left: 1" in done.stdout


@pytest.mark.slow
def test_a_second_filing_counts_its_own_documents_only(once, tmp_path):
    """The faults of the first document, counted with each document that follows."""
    text = once.root / "seeds/documents/DOC-0001.txt"
    shutil.copy(text, text.with_name("DOC-0002.txt"))
    path = once.root / "seeds/tables/documents.csv"
    rows = path.read_text(encoding="utf-8").splitlines()
    second = rows[1].replace("DOC-0001", "DOC-0002")
    path.write_text("\n".join([*rows, second]) + "\n", encoding="utf-8")
    path = once.root / "seeds/tables/quotes.csv"
    rows = path.read_text(encoding="utf-8").splitlines()
    dated = next(row for row in rows if "Tuesday 5 May 2020" in row)
    second = dated.replace("DOC-0001", "DOC-0002")
    path.write_text("\n".join([*rows, second]) + "\n", encoding="utf-8")
    first = written(tmp_path / "1.json", sub_event_type={"value": "War", "quotes": []})
    file_coding(once, first, "model-x", DAY, TAKEN_OUT)
    again = written(tmp_path / "2.json")
    again.write_text(again.read_text().replace("DOC-0001", "DOC-0002"), encoding="utf-8")
    filed = file_coding(once, [first, again], "model-x", DAY, TAKEN_OUT)
    assert filed.documents == ("DOC-0002",)
    one, two = load_coding(once.root, once.book, "model-x").filings
    assert one.delivered.faults == {"values-without-quotes": 1, "unknown-codes": 1}
    assert two.delivered == Delivered(14, 6, {})


def test_a_coding_of_no_document_is_not_filed_without_its_faults(once, tmp_path):
    """All values of a coding whose document nobody knows would be taken out, and the rest filed."""
    path = written(tmp_path / "lost.json")
    path.write_text(path.read_text().replace("DOC-0001", "DOC-0999"), encoding="utf-8")
    checked = check_json([path], once.book, once.root)
    (refused,) = not_of_the_coding(once.book, checked.report)
    assert (refused.rule, refused.column) == ("coding-name", "document")


# Never an adjudicator, never a person


@pytest.mark.parametrize("pair", [("a", "model-x"), ("model-x", "a")])
def test_nothing_is_decided_between_a_person_and_a_machine(with_model, pair):
    """Tables that follow from a program's coding, under the name of double coding."""
    with pytest.raises(InputError, match="model-x is a machine: people decide"):
        bring_up_to_date(with_model, *pair)
    assert not (with_model.root / ADJUDICATION).exists()


@pytest.mark.slow
def test_a_machine_signs_nothing(with_model):
    """A decision by the program whose coding is measured on it."""
    with pytest.raises(InputError, match="model-x is a machine"):
        bring_up_to_date(with_model, "a", "b", by="model-x")
    rows = list(bring_up_to_date(with_model, "a", "b").rows)
    for row in rows:
        row["decision"] = row["decision"] or ("first" if row["variable"] else "keep")
        row["reason"] = "A test."
    done = bring_up_to_date(with_model, "a", "b", [{**row} for row in rows], by="eva", today=DAY)
    assert done.open == () and "machine-decided" not in {f.rule for f in with_model.check().report}
    path = with_model.root / ADJUDICATION
    good = path.read_text(encoding="utf-8")
    path.write_text(good.replace(",eva,", ",model-x,", 1), encoding="utf-8")
    (found,) = [f for f in with_model.check().report if f.rule == "machine-decided"]
    assert (found.file, found.line, found.column) == (ADJUDICATION, 2, "decided_by")
    signed = [row | {"decided_by": "model-x", "decided_on": str(DAY)} for row in rows]
    assert "machine-decided" in {
        f.rule for f in bring_up_to_date(with_model, "a", "b", signed).report
    }
    path.write_text(good.replace(",a,b,", ",a,model-x,", 1), encoding="utf-8")
    (found,) = [f for f in with_model.check().report if f.rule == "machine-decided"]
    assert (found.column, found.value) == ("second_coder", "model-x")
    path.write_text(good, encoding="utf-8")
    assert "machine-decided" not in {f.rule for f in with_model.check().report}


def test_a_machine_is_no_second_coder(once, tmp_path):
    """A document that one person and a machine filed looked double coded."""
    for name in ("events", "claims", "quotes", "passed_over"):
        path = once.root / f"seeds/tables/{name}.csv"
        shutil.copy(path, tmp_path / f"{name}.csv")
    folder = coded(once, tmp_path / "coded")
    file_coding(once, folder, "model-x", DAY, FilingOptions(machine=MODEL))
    file_coding(once, folder, "anna", DAY)
    for name in ("events", "claims", "passed_over", "quotes"):
        path = once.root / f"seeds/tables/{name}.csv"
        header, *rows = path.read_text(encoding="utf-8").splitlines(keepends=True)
        kept = [row for row in rows if name == "quotes" and row.startswith(",,")]
        path.write_text(header + "".join(kept), encoding="utf-8")
    messages = [f.message for f in once.check().report if f.rule == "coding-open"]
    assert messages == ["Filed by anna: a second coder has not filed it yet."]
    # Nor does the adjudicator see what only one person has coded.
    filed = list_pairs(once, "eva")
    assert [c["name"] for c in filed["coders"]] == ["anna"] and filed["pairs"] == []
    with pytest.raises(InputError, match="no document of that name was filed by two"):
        open_text(once, "eva", "DOC-0001")


def test_the_desk_is_for_people(with_model):
    """A link for a machine, or a machine that decides at the desk."""
    with pytest.raises(InputError, match="model-x: is a machine that coded"):
        people_of(["model-x"], "eva", machines(with_model.root))
    with pytest.raises(InputError, match="model-x is a machine"):
        ensure_pair(with_model, "eva", "a", "model-x")
    with pytest.raises(InputError, match="model-x is a machine"):
        ensure_pair(with_model, "model-x", "a", "b")
    ensure_pair(with_model, "eva", "a", "b")
    assert [(p["first"], p["second"]) for p in list_pairs(with_model, "eva")["pairs"]] == [
        ("a", "b")
    ]


def test_a_coder_sees_nothing_of_a_machine(with_model):
    """A person who starts from what a program found is not blind."""
    blind = workbook_contents(with_model, "bert", ("DOC-0001",))
    assert blind.tables["events"] == blind.tables["claims"] == blind.tables["passed_over"] == []


# Agreement


def test_people_are_measured_as_if_there_were_no_machine(with_model):
    """A third coder among two changes every coefficient of the two."""
    assert has_both(with_model, ["a", "model-x"]) and not has_both(with_model, ["a", "b"])
    found = measure_with_machines(with_model, ["model-x", "a", "b"])
    assert found.persons == ("a", "b")
    assert as_dict(found.people) == as_dict(measure_agreement(with_model, ["a", "b"]))


def test_a_machine_against_each_person_pooled(with_model):
    """Of 5 and 4 events in common, computed by hand: the machine differs from both in one sub-type."""
    found = measure_with_machines(with_model, ["a", "b", "model-x"])
    (model,) = found.machines
    events, claims = model.units["events"], model.units["claims"]
    # b misses the consultation, and a claim.
    assert (events.both, events.first_only, events.second_only) == (9, 0, 1)
    assert events.precision == pytest.approx(9 / 10) and events.recall == 1
    assert events.f1 == pytest.approx(18 / 19)
    assert (claims.both, claims.first_only, claims.second_only) == (3, 0, 1)
    of_model = {v.variable: v for v in model.variables if v.table == "events"}
    kind = of_model["sub_event_type"]
    assert (kind.n, kind.valued) == (9, 9)
    assert kind.per_cent == pytest.approx(100 * 7 / 9)
    # 18 values: shelling 4, clash 6, territory 2, appeal 4, consultation 2; 4 in pairs that differ.
    counts = (4, 6, 2, 4, 2)
    chance = sum(one * (18 - one) for one in counts) / (18 * 17)
    assert kind.alpha == pytest.approx(1 - (4 / 18) / chance)
    # The day of the consultation is in the one comparison with a.
    assert of_model["date_start"].per_cent == pytest.approx(100 * 8 / 9)
    # b has another last day of the appeal, and a another one of the consultation.
    assert of_model["date_end"].per_cent == pytest.approx(100 * 7 / 9)
    by = {(table, name): sides for table, name, sides in found.variables()}
    between = by["events", "sub_event_type"]
    assert set(between) == {"", "model-x"} and between[""].n == 4
    assert between[""].per_cent == 100
    assert {d.variable for d in model.pairs["b"].disagreements} >= {"sub_event_type", "date_end"}


def test_one_person_and_a_machine(with_model):
    """With one person there is nobody to agree with her, and nothing to show of it."""
    found = measure_with_machines(with_model, ["a", "model-x"])
    assert found.people is None and found.machines[0].variables[0].n == 5
    assert "people: a; machines: model-x: DOC-0001" in machines_in_text(found)
    assert json.loads(machines_in_json(found))["people"] is None
    assert "Between people" not in machines_in_html(found)


@pytest.mark.slow
def test_two_machines_are_each_compared_with_people(with_model, tmp_path):
    """The second machine, matched by way of the first, would depend on it."""
    alone = measure_with_machines(with_model, ["a", "b", "model-x"])
    folder = coded(with_model, tmp_path / "y")
    machine = FilingOptions(machine=Machine("Model Y", "1"))
    file_coding(with_model, folder, "model-y", DAY, machine)
    both = measure_with_machines(with_model, ["a", "model-y", "b", "model-x"])
    assert both.machines[1].variables == alone.machines[0].variables
    assert both.machines[1].units == alone.machines[0].units
    assert [m.coder for m in both.machines] == ["model-y", "model-x"]


@pytest.mark.slow
def test_the_forms_of_an_agreement_with_machines(with_model):
    """A form that leaves out the faults, or the people, shows the better half."""
    words = ["agree", "a", "b", "model-x"]
    done = invoke(*words, cwd=with_model.root)
    assert done.returncode == 0, done.stderr
    text = done.stdout
    assert "model-x: Model X, version 2026-03; seed=7; temperature=0\n" in text
    assert "delivered 54 values and 16 quotes of 1 document; no faults" in text
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert "events people 4 1 0 0.89" in lines
    assert "events model-x with people 9 0 1 0.90 1.00 0.95" in lines
    assert "between people" in lines
    shown = json.loads(invoke(*words, "--format", "json", cwd=with_model.root).stdout)
    (model,) = shown["machines"]
    assert model["programs"] == [
        {
            "name": "Model X",
            "version": "2026-03",
            "settings": {"seed": "7", "temperature": "0"},
            "instructions": None,
        }
    ]
    assert model["units"][0] == {
        "table": "events",
        "both": 9,
        "person_only": 0,
        "machine_only": 1,
        "precision": 0.9,
        "recall": 1.0,
        "f1": 0.9474,
    }
    assert shown["people"]["coders"] == ["a", "b"]
    done = invoke(*words, "--format", "html", "--out", "x.html", cwd=with_model.root)
    assert done.returncode == 0 and "values that machines coded differently" in done.stdout
    page = (with_model.root / "x.html").read_text(encoding="utf-8")
    assert "default-src 'none'" in page and "Model X, version 2026-03" in page


def test_faults_are_shown_with_what_they_are_among(twice, faulty):
    """Two faults of twenty values are not two of two thousand."""
    file_coding(twice, faulty, "model-x", DAY, TAKEN_OUT)
    found = measure_with_machines(twice, ["a", "b", "model-x"])
    text = machines_in_text(found)
    assert "    invented-quotes: 1 of 16 quotes (" in text
    assert "    unknown-ids: 2 of 55 values (" in text
    assert "errors that are left: 3" in text
    delivered = json.loads(machines_in_json(found))["machines"][0]["delivered"]
    assert delivered == {
        "documents": 1,
        "values": 55,
        "quotes": 16,
        "faults": COUNTED,
        "incomplete": 3,
    }
    assert "1 of 16 quotes</td>" in machines_in_html(found)


def test_comparisons_of_one_unit_are_drawn_together():
    """Two people who agree would make a machine's interval look as if there were twice the units."""
    one = [("x", "x"), ("x", "y"), ("y", "y"), ("y", "y"), ("x", "x"), ("x", "y")]
    twice_as_many = [row for row in one for _ in range(2)]
    units = [number for number in range(len(one)) for _ in range(2)]
    apart = interval(twice_as_many, "nominal")
    together_ = interval(twice_as_many, "nominal", units=units)
    single = interval(one, "nominal")
    assert together_[1] - together_[0] > apart[1] - apart[0]
    assert together_ == pytest.approx(single, abs=0.07)
    assert interval(one, "nominal", units=range(6)) == single
    assert interval(one[:2], "nominal", units=["u", "u"]) is None


def test_agreement_of_pooled_comparisons_by_hand(book):
    """Four comparisons of three units: A A, A A, B A, B B."""
    table = book.tables["events"]
    rows = [("A", "A"), ("A", "A"), ("B", "A"), ("B", "B")]
    found = variable_agreement(table, table["sub_event_type"], rows, book, 2, ["1", "1", "2", "3"])
    # 5 A and 3 B: by chance 2 * 5 * 3 / (8 * 7) differ, and 2 of 8 do.
    assert found.alpha == pytest.approx(1 - (2 / 8) / (2 * 5 * 3 / 56))
    assert found.alpha == alpha(rows, "nominal")
    # By Cohen: 3 of 4 agree; by chance 2/4 * 3/4 + 2/4 * 1/4.
    assert found.kappa == pytest.approx((3 / 4 - 1 / 2) / (1 - 1 / 2))
    assert found.n == 4 and found.per_cent == 75


def test_agreement_keeps_what_it_was_measured_on(twice):
    """Pooled numbers of other cells than those that the report shows."""
    found = measure_agreement(twice, ["a", "b"])
    kind = next(c for c in found.compared if c.of[1].name == "date_end")
    assert len(kind.cells) == len(kind.ids) == 4
    assert sum(len(set(row)) > 1 for row in kind.cells) == 1


# What is published


def test_machines_are_published_only_where_the_package_says_so(with_model):
    """A program's numbers in a release whose readers take all coders for people."""
    rows = list(bring_up_to_date(with_model, "a", "b").rows)
    for row in rows:
        row["decision"] = row["decision"] or ("first" if row["variable"] else "keep")
        row["reason"] = "A test."
    bring_up_to_date(with_model, "a", "b", rows, by="eva", today=DAY)
    names = {product.name for product in products(with_model)}
    assert "dataset/agreement-a-b.json" in names
    assert not [name for name in names if "model-x" in name]
    settings = with_model.root / "pyproject.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace("[tool.eventbook]", "[tool.eventbook]\nmachines_count = true"))
    counting = Package(with_model.root)
    names = {product.name for product in products(counting)}
    assert "dataset/agreement-a-b.json" in names
    assert "dataset/agreement-a-b-with-model-x.json" in names
    assert "seeds/codings/model-x/coding.yaml" in names


def test_the_setting_is_true_or_false(copy):
    """`machines_count = "no"` would be true of a text that is not empty."""
    path = copy.root / "pyproject.toml"
    text = path.read_text(encoding="utf-8")
    assert read_settings(path).machines_count is False
    path.write_text(text.replace("[tool.eventbook]", '[tool.eventbook]\nmachines_count = "no"'))
    with pytest.raises(InputError, match="machines_count: expected true or false; it is 'no'"):
        _ = read_settings(path).machines_count
