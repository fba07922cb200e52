"""What a new user met who coded two reports: each slip is found, and nothing false is."""

from __future__ import annotations

import shutil

import pytest
from conftest import invoke

from eventbook.dataset.desk.filing import FilingOptions, file_coding
from eventbook.dataset.desk.new_row import NewRow, add_row
from eventbook.dataset.desk.table_files import read_table, table_bytes
from eventbook.dataset.starter.new_package import Answers, write_package
from eventbook.validation.errors import InputError
from eventbook.validation.location import TABLES
from eventbook.validation.package.package import Package

EVENT = "ISL-2024-0001"


@pytest.fixture
def package(tmp_path):
    """A package with its invented example: a march on Friday 3 May 2024."""
    root = tmp_path / "package"
    write_package(root, Answers("field", "Field", "Eva"))
    return Package(root)


def typed(package, name, change):
    """Write a table again after a change of its rows."""
    rows = read_table(package, name)
    changed = change(rows)
    rows = rows if changed is None else changed
    table = package.book.tables[name]
    (package.root / TABLES / f"{name}.csv").write_bytes(table_bytes(package.book, table, rows))


def found(package):
    return {(f.rule, f.column) for f in package.check().report if f.severity != "note"}


def test_the_example_is_sound(package):
    """Each test here changes one thing of it."""
    assert found(package) == set()


def test_a_headline_for_everything_is_a_warning(package):
    """One headline as the quote for every value passed."""
    headline = {"event_ids": EVENT, "quote": "Invented example: a march for bread"}
    typed(
        package,
        "quotes",
        lambda rows: [r for r in rows if r["event_ids"] != EVENT] + [headline | {"because": None}],
    )
    assert ("one-quote", "event_id") in found(package)


@pytest.mark.parametrize(
    ("words", "rule"),
    [
        ("on Thursday", True),
        ("on Thursday afternoon", True),
        ("on Thursday evening", True),
        ("on Friday", False),
        ("the day after Thursday", False),
        ("the eve of Saturday", False),
    ],
)
def test_a_weekday_in_the_words_is_that_of_the_day(package, words, rule):
    """ "On Monday", coded as a Tuesday, passed; so did "afternoon", in which there is an "after"."""
    typed(package, "events", lambda rows: rows[0].update(date_words=words))
    assert (("weekday-of-event", "date_start") in found(package)) == rule


def test_near_is_not_in(package):
    """A village near a town became the town."""
    typed(package, "events", lambda rows: rows[0].update(location_words="near Reykjavik"))
    assert ("place-words-near", "ucdp_where_prec") in found(package)


def test_a_reason_is_for_what_is_named(package):
    """A row for all that is left carried a value that somebody typed later, by another's reason."""

    def change(rows):
        next(r for r in rows if r["because"]).update(variables=None)

    typed(package, "quotes", change)
    assert ("quote-reason-of-what", "variables") in found(package)


def test_a_check_before_the_formatter_says_what_the_formatter_would(package):
    """Cells that nobody types were "required", and a misquoted word was not named."""

    def change(rows):
        for row in rows:
            row.update(paragraph=None, start=None, end=None)
        rows[0]["quote"] = "Abot a hundred people"

    typed(package, "quotes", change)
    rules = {rule for rule, _ in found(package)}
    assert "quote-differs" in rules and "required" not in rules


def test_a_document_that_is_only_filed_is_one_finding(package, tmp_path):
    """Each paragraph counted as unread, as if the import had failed."""
    shutil.copytree(package.root / TABLES, tmp_path / "anna")
    assert file_coding(package, tmp_path / "anna", "anna").rows is not None
    for name in ("events", "quotes", "passed_over"):
        typed(package, name, lambda rows: [])
    report = package.check().report
    (finding,) = [f for f in report if f.rule in ("coding-open", "paragraph-accounted")]
    assert finding.rule == "coding-open" and "Filed by anna" in finding.message


def test_an_amendment_of_nothing_is_refused(package, tmp_path):
    """The same amendment twice was recorded twice."""
    shutil.copytree(package.root / TABLES, tmp_path / "anna")
    file_coding(package, tmp_path / "anna", "anna")
    with pytest.raises(InputError, match="nothing differs"):
        file_coding(package, tmp_path / "anna", "anna", options=FilingOptions("read again"))


def test_one_quote_for_all_of_a_new_claim(package):
    """The usual claim, with one quote and no list, could not be started by the command."""
    done = invoke(
        *("new", "claim", "--event_id", EVENT, "--claimant_id", "isl-bread-organisers"),
        *("--act", "asserts", "--set", "statement=They marched.", "--quote", "the organisers said"),
        cwd=package.root,
    )
    assert done.returncode == 0, done.stderr
    (row,) = [r for r in read_table(package, "quotes") if r["claim_ids"]]
    assert row["variables"] is None and row["quote"] == "the organisers said"
    assert found(package) == set()


def test_prepared_quotes_carry_nothing(package):
    """Rows that the command itself had prepared were "evidence for no value"."""
    new = NewRow({"sub_event_type": "Armed clash", "actor1_id": "isl-protesters"}, {}, "DOC-0001")
    add_row(
        package, "events", NewRow(new.values, {}, "DOC-0001", {"country": "ISL", "year": "2024"})
    )
    assert "evidence-without-value" not in {rule for rule, _ in found(package)}


def test_two_places_of_one_name(package):
    """The second Springfield was refused, though the gazetteer tells them apart."""
    values = {
        "location": "Reykjavik",
        "location_id": "reykjavik-farm",
        "place_type": "site",
        "iso3": "ISL",
        "gazetteer": "another gazetteer",
        "gazetteer_id": "7",
        "latitude": "64.5",
        "longitude": "-21.5",
    }
    assert add_row(package, "locations", NewRow(values, {})).row_id == "reykjavik-farm"
