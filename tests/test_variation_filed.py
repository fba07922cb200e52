"""Codings made with a varied codebook: mapped back, filed, and what their coders followed."""

import json
import re
from dataclasses import replace

import polars as pl
import pytest
from two_coders import DAY, coded_once
from typer.testing import CliRunner

from eventbook.codebook import load
from eventbook.dataset.agreement.agree import measure_agreement
from eventbook.dataset.agreement.agreement_report import human, to_html, to_json
from eventbook.dataset.agreement.followed import wilson
from eventbook.dataset.agreement.with_machines import measure_with_machines
from eventbook.dataset.agreement.with_machines_report import (
    machines_in_html,
    machines_in_json,
    machines_in_text,
)
from eventbook.dataset.cli.main import app
from eventbook.dataset.desk.filing import FilingOptions, file_coding
from eventbook.dataset.desk.json_export import export_codings
from eventbook.dataset.variation.vary import write_varied_book
from eventbook.validation.coding.filed import load_coding
from eventbook.validation.coding.json_coding import check_json
from eventbook.validation.coding.machine import Machine
from eventbook.validation.coding.mapping_back import mapped_back
from eventbook.validation.coding.record import read_record
from eventbook.validation.coding.variation import Variation, VariationKind, variation_text
from eventbook.validation.errors import InputError
from eventbook.validation.reading.source import LINE, Source

TYPES = [
    "Shelling/artillery/missile attack",
    "Armed clash",
    "Armed clash",
    "Appeal or demand",
    "Consultation",
]
"""The sub-event types of the five events of the report."""
SWAPPED = {
    "Shelling/artillery/missile attack": "Air/drone strike",
    "Armed clash": "Non-state actor overtakes territory",
    "Appeal or demand": "Threat",
    "Consultation": "Refusal",
}


def by_hand(book):
    """A varied book in which four pairs of sub-event types have each other's definition."""
    pairs = {**SWAPPED, **{other: one for one, other in SWAPPED.items()}}
    codes = {str(v): pairs.get(str(v), str(v)) for v in book.code_lists["sub_event_type"].values}
    return Variation(
        VariationKind.SWAP,
        3,
        "eventbook-0a1b2c",
        book.name,
        book.version,
        "",
        {"sub_event_type": codes},
    )


@pytest.fixture
def once(copy, monkeypatch):
    """A package with a short report, which `a` coded with the codebook as it is."""
    package = coded_once(copy)
    monkeypatch.chdir(package.root)
    file_coding(package, package.root / "seeds/tables", "a", DAY)
    return package


def folder_of_tables(package, tmp_path, name, change):
    """A coder's folder: the tables of the package, each row of each table changed by a function."""
    folder = tmp_path / name
    folder.mkdir()
    for table, source in package.sources().items():
        frame = source.frame.drop(LINE)
        if table != "retired":
            rows = [change(table, row) for row in frame.to_dicts()]
            pl.DataFrame(rows, schema=frame.schema).write_csv(folder / f"{table}.csv")
    return folder


def answering(answers):
    """Return what gives the events other sub-event types, in their order."""
    left = iter(answers)
    return lambda table, row: {**row, "sub_event_type": next(left)} if table == "events" else row


def file_answers(package, tmp_path, coder, answers, variation):
    folder = folder_of_tables(package, tmp_path, coder, answering(answers))
    filed = file_coding(package, folder, coder, DAY, FilingOptions(variation=variation))
    assert filed.rows is not None, list(filed.report)
    return measure_agreement(package, ["a", coder])


def test_a_coder_who_follows_definitions(once, tmp_path):
    """Whoever follows definitions answers with other names, and must not count as disagreeing."""
    answers = [SWAPPED[name] for name in TYPES]
    agreement = file_answers(once, tmp_path, "m", answers, by_hand(once.book))
    (found,) = agreement.followed
    assert (found.n, found.by_definition, found.by_name, found.neither) == (5, 5, 0, 0)
    assert (found.coder, found.reference, found.codes) == ("m", "a", "sub_event_type")
    assert found.variables == ("events.sub_event_type",)
    filed = load_coding(once.root, once.book, "m").filed["events"]
    assert [row["sub_event_type"] for row in filed] == TYPES
    assert agreement.disagreements == ()


def test_a_coder_who_follows_names(once, tmp_path):
    """Whoever answers from the names alone agrees on the face of it, and read no definition."""
    agreement = file_answers(once, tmp_path, "m", TYPES, by_hand(once.book))
    (found,) = agreement.followed
    assert (found.n, found.by_definition, found.by_name, found.neither) == (5, 0, 5, 0)
    filed = load_coding(once.root, once.book, "m").filed["events"]
    assert [row["sub_event_type"] for row in filed] == [SWAPPED[name] for name in TYPES]


def test_a_coder_who_does_both(once, tmp_path):
    """Counts that are off by one are the whole result where there are five values."""
    # By definition, by name, by definition, neither, by name.
    answers = [SWAPPED[TYPES[0]], TYPES[1], SWAPPED[TYPES[2]], "Offer or mediation", TYPES[4]]
    agreement = file_answers(once, tmp_path, "m", answers, by_hand(once.book))
    (found,) = agreement.followed
    assert (found.n, found.by_definition, found.by_name, found.neither) == (5, 2, 2, 1)
    # Wilson's score for 2 of 5, by its formula.
    assert found.definition_interval == pytest.approx((0.1176, 0.7693), abs=1e-4)
    text = human(agreement)
    assert "  m (codebook varied by swap, seed 3) against a\n" in text
    assert (
        "    sub_event_type (events.sub_event_type): n 5, by definition 2 (40 %, 12 to 77 %), "
        "by name 2 (40 %, 12 to 77 %), neither 1\n"
    ) in text
    assert json.loads(to_json(agreement))["followed"] == [
        {
            "coder": "m",
            "reference": "a",
            "kind": "swap",
            "seed": 3,
            "list": "sub_event_type",
            "variables": ["events.sub_event_type"],
            "n": 5,
            "by_definition": 2,
            "by_definition_interval": [0.1176, 0.7693],
            "by_name": 2,
            "by_name_interval": [0.1176, 0.7693],
            "neither": 1,
        }
    ]
    page = to_html(agreement)
    assert "<h2>A varied codebook: definitions or names?</h2>" in page
    assert '<td class="n">2</td><td class="n">12 to 77 %</td><td class="n">1</td>' in page


def test_a_machine_against_people(once, tmp_path):
    """It is for machines that codebooks are varied; their report must have it, per person."""
    folder = folder_of_tables(once, tmp_path, "m", answering(TYPES))
    machine = Machine("reader", "1")
    options = FilingOptions(machine=machine, variation=by_hand(once.book))
    assert file_coding(once, folder, "m", DAY, options).rows is not None
    other = folder_of_tables(once, tmp_path, "b", answering(TYPES))
    assert file_coding(once, other, "b", DAY).rows is not None
    measured = measure_with_machines(once, ["a", "b", "m"])
    text = machines_in_text(measured)
    assert text.count("  m (codebook varied by swap, seed 3) against") == 2
    assert text.count("n 5, by definition 0 (0 %, 0 to 43 %), by name 5 (100 %, 57 to 100 %)") == 2
    (found,) = json.loads(machines_in_json(measured))["machines"]
    assert [
        (pair["person"], pair["followed"][0]["n"], pair["followed"][0]["by_name"])
        for pair in found["pairs"]
    ] == [("a", 5, 5), ("b", 5, 5)]
    page = machines_in_html(measured)
    assert page.count("did its coder follow the definitions, or the names of the codes?") == 2


def test_what_is_the_same_in_both_books_says_nothing(once, tmp_path):
    """A code that kept its definition is right by name and by definition, and proves neither."""
    same = {k: v for k, v in SWAPPED.items() if k != "Armed clash"}
    pairs = {**same, **{other: one for one, other in same.items()}}
    whole = by_hand(once.book)
    codes = {code: pairs.get(code, code) for code in whole.lists["sub_event_type"]}
    variation = replace(whole, lists={"sub_event_type": codes})
    answers = [pairs.get(name, name) for name in TYPES]
    (found,) = file_answers(once, tmp_path, "m", answers, variation).followed
    assert (found.n, found.by_definition, found.by_name) == (3, 3, 0)


def test_agreement_of_unvaried_codings_is_as_it_was(once, tmp_path):
    """A section about variations in every report hides what is there."""
    agreement = file_answers(once, tmp_path, "b", TYPES, None)
    assert agreement.followed == ()
    assert "varied" not in human(agreement) + to_html(agreement)
    assert "followed" not in json.loads(to_json(agreement))


def test_no_share_of_nothing():
    """A share of no values is no number."""
    assert wilson(0, 0) is None
    assert wilson(0, 10) == pytest.approx((0, 0.2775), abs=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("kind", VariationKind)
def test_a_coding_with_a_book_that_was_written(once, tmp_path, kind):
    """The same judgements in the words of any varied book must be filed as the same coding."""
    made = write_varied_book(once.book.folder, kind, 12, (), tmp_path / "varied")
    new, book = made.variation.names, once.book

    def change(table, row):
        if table in ("documents", "actors", "locations"):
            return row
        cells = {
            name: new[book.tables[table][name].codes].get(cell, cell)
            for name, cell in row.items()
            if cell and book.tables[table][name].codes in new
        }
        return {**row, **cells}

    folder = folder_of_tables(once, tmp_path, "coded", change)
    outcome = CliRunner().invoke(
        app, ["import", str(folder), "--coder", "m", "--variation", str(made.folder)]
    )
    assert outcome.exit_code == 0, outcome.output
    ours, theirs = (load_coding(once.root, book, name) for name in ("a", "m"))
    assert theirs.filed == ours.filed
    assert theirs.variation == made.variation
    followed = measure_agreement(once, ["a", "m"]).followed
    types = next(f for f in followed if f.codes == "sub_event_type")
    assert types.n == types.by_definition == (0 if kind is VariationKind.ORDER else 5)


def test_the_record_is_read_back(once, tmp_path):
    """A record that loses a code of the mapping makes the report wrong for ever."""
    variation = by_hand(once.book)
    variation = replace(
        variation, lists={"sub_event_type": dict(sorted(variation.lists["sub_event_type"].items()))}
    )
    file_answers(once, tmp_path, "m", TYPES, variation)
    path = once.root / "seeds/codings/m/coding.yaml"
    (filing,), _ = read_record(path)
    assert filing.variation == variation
    path.write_text(path.read_text().replace('kind: "swap"', 'kind: "turn"'))
    with pytest.raises(
        InputError, match="kind 'turn': expected one of names, order, definitions, swap"
    ):
        read_record(path)


def test_an_original_code_is_no_answer_under_neutral_names(once, tmp_path):
    """A remembered label that passes as an answer hides that nobody read the neutral names."""
    made = write_varied_book(
        once.book.folder, VariationKind.NAMES, 1, ["sub_event_type"], tmp_path / "varied"
    )
    new = made.variation.names["sub_event_type"]
    answers = [new[TYPES[0]], "Armed clash", "code-1", new[TYPES[3]], new[TYPES[4]]]
    folder = folder_of_tables(once, tmp_path, "m", answering(answers))
    options = FilingOptions(variation=made.variation)
    filed = file_coding(once, folder, "m", DAY, options)
    assert filed.rows is None
    wrong = [f for f in filed.report if f.rule == "code"]
    assert [(f.line, f.column, f.value, f.nearest) for f in wrong] == [
        (3, "sub_event_type", "Armed clash", None),
        (4, "sub_event_type", "code-1", None),
    ]
    assert wrong[0].allowed == ", ".join(made.variation.lists["sub_event_type"])
    machine = Machine("reader", "1")
    taken = replace(options, machine=machine, without_faults=True)
    filed = file_coding(once, folder, "m", DAY, taken)
    assert filed.delivered.faults["unknown-codes"] == 2


def test_claimed_codes_are_mapped_too():
    """A claim about a type, or of dozens of dead, is in the words of the varied book as well."""
    book = load()
    variation = Variation(
        VariationKind.NAMES,
        1,
        "eventbook-0",
        book.name,
        book.version,
        "",
        {
            "sub_event_type": {"code-1": "Armed clash"},
            "vague_quantity": {"code-2": "dozens"},
            "claim_act": {"code-3": "asserts"},
        },
    )
    rows = [
        ("code-3", "sub_event_type", "code-1"),
        ("code-3", "fatalities_low", "code-2"),
        ("code-3", "fatalities_low", "12"),
        ("code-3", "actor2_id", "code-1"),
        ("asserts", None, None),
    ]
    frame = pl.DataFrame(rows, schema=["act", "about_variable", "value"], orient="row")
    source = Source("claims.csv", frame.with_columns(pl.Series(LINE, range(2, 7))))
    (mapped,) = mapped_back(book, [source], variation)
    assert mapped.frame.select("act", "value").rows() == [
        ("asserts", "Armed clash"),
        ("asserts", "dozens"),
        ("asserts", "12"),
        ("asserts", "code-1"),
        ("asserts (not a code of the varied codebook)", None),
    ]


def test_another_codebook_is_another_coder(once, tmp_path):
    """A coder half with one codebook and half with another followed neither."""
    file_answers(once, tmp_path, "m", TYPES, by_hand(once.book))
    folder = folder_of_tables(once, tmp_path, "again", answering(TYPES))
    with pytest.raises(
        InputError, match="m: followed eventbook-0a1b2c in what was filed; with the"
    ):
        file_coding(once, folder, "m", DAY)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"version": "1.0.0"},
            "was made from eventbook 1.0.0, and this package has eventbook 2.0.0",
        ),
        ({"lists": {"speech": {"quoted": "quoted"}}}, "has other codes than speech has now"),
        ({"lists": {"gone": {}}}, "has other codes than gone has now"),
    ],
)
def test_a_variation_of_another_state(once, tmp_path, change, message):
    """A mapping to codes that mean something else by now files what nobody answered."""
    variation = replace(by_hand(once.book), **change)
    folder = folder_of_tables(once, tmp_path, "m", answering(TYPES))
    with pytest.raises(InputError, match=re.escape(message)):
        file_coding(once, folder, "m", DAY, FilingOptions(variation=variation))


def test_a_coding_as_json(once, tmp_path):
    """A program answers as JSON: its codes are mapped, and what is wrong is said in its words."""
    variation = by_hand(once.book)

    def coding(codebook, sub_event_type):
        event = {
            "event_id": "e1",
            "sub_event_type": {"value": sub_event_type, "quotes": ["rebels attacked an army post"]},
            "actor1_id": {"value": "syria-rebels", "quotes": ["rebels attacked an army post"]},
            "actor2_id": {"value": "syria-army", "quotes": ["an army post"]},
            "date_start": {
                "value": "2020-05-01",
                "quotes": ["On Friday"],
                "basis": "rule",
                "because": "The latest Friday.",
            },
            "location_id": {"value": "hama", "quotes": ["near Hama"]},
            "fatalities_status": "not_mentioned",
        }
        path = tmp_path / "coding.json"
        content = {"codebook": codebook, "document": "DOC-0001", "events": [event]}
        path.write_text(json.dumps(content, indent=1))
        return check_json([path], once.book, once.root, variation=variation)

    def wrong(checked):
        return [
            (f.rule, f.column, f.value, f.nearest)
            for f in checked.report
            if f.rule in ("code", "coding-form")
        ]

    checked = coding("eventbook-0a1b2c 2.0.0", "Non-state actor overtakes territory")
    assert checked.tables["events"].frame["sub_event_type"].to_list() == ["Armed clash"]
    assert wrong(checked) == []
    checked = coding("eventbook-0a1b2c 2.0.0", "Armed clashes")
    assert wrong(checked) == [("code", "events[0].sub_event_type", "Armed clashes", None)]
    checked = coding("eventbook-999999 2.0.0", "Armed clash")
    assert wrong(checked) == [("coding-form", "codebook", "eventbook-999999 2.0.0", None)]


def test_a_filed_coding_as_json(once, tmp_path):
    """The way of programs from end to end: exported, answered in other words, filed as the same."""
    variation = by_hand(once.book)
    (text,) = export_codings(once, "a", ()).texts.values()
    coding = json.loads(text)
    for event in coding["events"]:
        event["sub_event_type"]["value"] = SWAPPED[event["sub_event_type"]["value"]]
    path = tmp_path / "DOC-0001.json"
    path.write_text(json.dumps({**coding, "codebook": "eventbook-0a1b2c 2.0.0"}))
    filed = file_coding(once, path, "m", DAY, FilingOptions(variation=variation))
    assert filed.rows is not None, list(filed.report)
    tables = load_coding(once.root, once.book, "m").filed
    assert [row["sub_event_type"] for row in tables["events"]] == TYPES
    (found,) = measure_agreement(once, ["a", "m"]).followed
    assert (found.n, found.by_definition) == (5, 5)
    # Without its key it is not taken for a coding by the original codebook.
    refused = file_coding(once, path, "other", DAY)
    assert [(f.rule, f.value) for f in refused.report if f.severity == "error"] == [
        ("coding-form", "eventbook-0a1b2c 2.0.0")
    ]


def test_the_key_to_a_varied_book_by_the_command(once, tmp_path):
    """A folder without the key ends in one line, and the key alone is enough to file."""
    record = tmp_path / "variation.json"
    record.write_text(variation_text(by_hand(once.book)))
    folder = str(folder_of_tables(once, tmp_path, "m", answering(TYPES)))
    to = ["import", folder, "--coder", "m", "--dry-run", "--variation"]
    outcome = CliRunner().invoke(app, [*to, str(tmp_path / "m")])
    assert isinstance(outcome.exception, InputError)
    assert "make a varied book with eventbook codebook --vary" in str(outcome.exception)
    outcome = CliRunner().invoke(app, [*to, str(record)])
    assert outcome.exit_code == 0, outcome.output
    assert "would be filed: seeds/codings/m: DOC-0001: 5 events" in outcome.output
