"""Crosswalks of a book of one's own, which began as a copy of ours and went its own way."""

from __future__ import annotations

import shutil
from dataclasses import replace

import polars as pl
import pytest
from conftest import ROOT
from typer.testing import CliRunner

from eventbook.codebook import BookError, crosswalk, folder_of, load
from eventbook.codebook.crosswalks import crosswalk_problems, partners
from eventbook.dataset.cli.main import app
from eventbook.dataset.exchange.compare import compare_events
from eventbook.dataset.exchange.comparison_report import comparison_json, comparison_text
from eventbook.dataset.exchange.convert import convert_events
from eventbook.dataset.exchange.known_table import read_recognised
from eventbook.dataset.exchange.translation import Translation
from eventbook.validation.checks.book_check import check_book
from eventbook.validation.errors import InputError

EVENTS = ROOT / "dataset" / "events.csv"
MATCH = "match 'exakt' is none of exact, broader, narrower, none"
TO_ACLED = "crosswalks/to-acled.csv"


@pytest.fixture
def own(tmp_path):
    """A folder with a copy of our book, under another name."""
    folder = tmp_path / "mine"
    shutil.copytree(folder_of("eventbook"), folder)
    change(folder / "book.yaml", "name: eventbook\n", "name: mine\n")
    return folder


def change(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text, (path.name, old)
    path.write_text(text.replace(old, new), encoding="utf-8")


def converted(folder, to="acled", path=EVENTS):
    return convert_events(read_recognised(path, folder), to)


def lost(done, kind):
    return {(x.variable, x.code, x.target) for x in done.losses if x.kind == kind}


@pytest.mark.slow
def test_a_copy_converts_as_the_original_does(own):
    """The crosswalks of a copied book were left out, and "no crosswalk from mine" was the answer."""
    ours, theirs = convert_events(read_recognised(EVENTS), "acled"), converted(own)
    assert theirs.frame.equals(ours.frame) and theirs.frame.height
    assert [replace(x, step="") for x in theirs.losses] == [
        replace(x, step="") for x in ours.losses
    ]
    assert partners(load(own)) == partners()
    assert crosswalk_problems(load(own)) == ([], [])


def test_the_way_back_leads_to_the_own_book(own):
    """Rows of ACLED that arrive in our book, and not in the person's, have codes that are not theirs."""
    there = converted(own)
    known = replace(read_recognised(EVENTS), book=there.book, table=there.table, frame=there.frame)
    back = convert_events(known, load(own))
    assert back.book.name == "mine" and back.frame.height == there.frame.height
    assert back.frame.columns == list(load(own).tables["events"].names)


def test_a_row_may_be_left_out_by_an_attribute_of_its_code(own):
    """The columns with attributes were there for the values, and not for the selection of rows."""
    with (own / TO_ACLED).open("a", encoding="utf-8") as stream:
        stream.write("row,,,,none,{iso3.iso_numeric} = 760,Not there.\n")
    done = converted(own)
    assert not done.frame.height
    assert sum(x.rows for x in done.losses if x.note == "Not there.")


def test_what_is_looked_up_of_an_unknown_value_is_unknown(own):
    """What nobody could know counted as an error of the rows themselves."""
    change(own / TO_ACLED, "notes,,notes,,exact,,", "notes,,notes,,exact,{iso3.label},")
    made = Translation(crosswalk(load(own), "acled"), load(own).tables["events"].names)
    assert "notes" in made.not_known(frozenset({"iso3"})) - made.not_known(frozenset())


def test_a_renamed_code_has_no_equivalent(own, tmp_path):
    """A code that the crosswalk does not know must be a loss with a number, and no traceback."""
    change(own / "codes/sub_event_type.csv", "\nShelling/artillery/missile attack,", "\nShelling,")
    rows = read_recognised(EVENTS, own)
    renamed = rows.frame.with_columns(
        sub_event_type=pl.col("sub_event_type").replace("Air/drone strike", "Shelling"),
        record_kind=pl.lit("incident"),
        latitude=pl.lit(35.0),
        time_precision=pl.lit(1, pl.Int64),
        event_type=pl.lit("Explosions/Remote violence"),
    )
    done = convert_events(replace(rows, frame=renamed), "acled")
    assert ("sub_event_type", "Shelling", "sub_event_type") in lost(done, "value")
    assert "Shelling" not in done.frame["sub_event_type"].to_list()


def test_a_code_that_a_row_names_is_gone(own):
    """A crosswalk that names an unknown code may have a typing error: file, line, nearest code."""
    change(own / "codes/sub_event_type.csv", "\nThreat,", "\nThreats,")
    text = (own / TO_ACLED).read_text(encoding="utf-8")
    line = text.split("sub_event_type,Threat,")[0].count("\n") + 1
    messages = [str(problem) for problem in crosswalk_problems(load(own))[1]]
    where = f"mine/crosswalks/to-acled.csv:{line}"
    assert f"{where}: sub_event_type has no code Threat; did you mean Threats?" in messages
    assert any("to-cameo.csv:1: no row for the code Threats" in text for text in messages)
    assert converted(own).frame.height


def test_a_variable_that_is_gone_leaves_its_target_empty(own):
    """An expression that reads a column which is no longer there: a traceback of the engine."""
    change(own / TO_ACLED, "notes,,notes,,exact,,", "notes,,notes,,exact,remarks,")
    change(own / TO_ACLED, "target_type,,", "target_typ,,")
    done = converted(own)
    assert done.frame["notes"].null_count() == done.frame.height
    (loss,) = (x for x in done.losses if x.target == "notes")
    assert loss.kind == "target" and loss.rows == done.frame.height
    assert "to-acled.csv" in loss.note and "events of mine has no remarks" in loss.note
    messages = [p.message for p in crosswalk_problems(load(own))[1]]
    assert "mine has no variable target_typ; did you mean target_type?" in messages
    assert "no row for the variable target_type" in messages


def test_what_needs_a_lost_target_is_lost_too(own):
    """`region` is made of `iso`; without it the engine found no such column."""
    change(own / TO_ACLED, "{iso3.iso_numeric}", "{iso3.iso_nummer}")
    done = converted(own)
    for name in ("iso", "country", "region"):
        assert done.frame[name].null_count() == done.frame.height, name
    messages = [p.message for p in crosswalk_problems(load(own))[1]]
    assert "sql: {iso3.iso_nummer} leads nowhere" in messages


def test_no_other_row_makes_a_target_that_is_lost(own):
    """A row that only records where a variable went must not put ids where names belong."""
    change(own / TO_ACLED, "actor1,,actor1,,exact,actor1,", "actor1,,actor1,,exact,aktor1,")
    done = converted(own)
    assert done.frame["actor1"].null_count() == done.frame.height


def test_rows_that_must_not_be_converted_stay_selected(own):
    """A selection that cannot be made lets a repetition be counted a second time."""
    change(own / TO_ACLED, "record_kind = 'restatement'", "kind_of_record = 'restatement'")
    with pytest.raises(
        BookError, match=r"to-acled\.csv:3: sql: events of mine has no kind_of_record"
    ):
        converted(own)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("notes,,notes,,exact,,", "notes,,notes,,exakt,,", "match 'exakt' is none of"),
        ("variable,code,", "variable,", "the header must be"),
        ("notes,,notes,,exact,,", "notes,notes", "2 cells, but the header has 7"),
        (
            "divide,,notes,",
            "table,evnts,events,,exact,,\ndivide,,notes,",
            "has no table evnts; did",
        ),
    ],
)
def test_a_mistake_in_its_form_is_refused(own, old, new, message):
    """A crosswalk that cannot be read as it was meant converts to something else."""
    change(own / TO_ACLED, old, new)
    with pytest.raises(BookError, match=r"to-acled\.csv:\d+: ") as refused:
        converted(own)
    assert message in str(refused.value)
    assert any(message in p.message for p in crosswalk_problems(load(own))[0])


def test_an_expression_that_cannot_be_run_is_refused(own):
    """An unknown function must be found before the data are read."""
    change(own / TO_ACLED, "notes,,notes,,exact,,", "notes,,notes,,exact,NOTHING(notes),")
    with pytest.raises(BookError, match=r"to-acled\.csv:\d+: sql: not readable as SQL: .*nothing"):
        converted(own)


@pytest.mark.slow
def test_the_command_takes_a_package_with_an_own_book(own, tmp_path, monkeypatch):
    """The book is recognised, or given as a folder; the exit status says whether values were lost."""
    monkeypatch.chdir(tmp_path)
    arguments = ["convert", str(EVENTS), "out.csv", "--to", "acled", "--book", str(own)]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    assert "mine: " in done.output and (tmp_path / "out.csv").is_file()


def test_own_events_are_compared_by_role(own):
    """Columns of other names were not found; the totals of our book were found by its codes."""
    ours = compare_events(read_recognised(EVENTS), read_recognised(EVENTS), 20, 3)
    mine = compare_events(read_recognised(EVENTS, own), read_recognised(EVENTS), 20, 3)
    assert comparison_text(mine) == comparison_text(ours)
    assert comparison_json(mine) == comparison_json(ours)


def test_what_a_book_lacks_is_reported_in_a_line(own):
    """A book without places cannot be matched; one without deaths can, and says what is left out."""
    book = load(own)
    table = book.tables["events"]
    known = read_recognised(EVENTS, own)
    no_point = replace(table, roles=replace(table.roles, point=None))
    bare = replace(known, book=book.with_table(no_point), table=no_point)
    message = "the book mine names no columns of events for the role point"
    with pytest.raises(InputError, match=message):
        compare_events(bare, bare, 20, 3)
    alive = replace(table, roles=replace(table.roles, deaths=None, type=()))
    found = compare_events(replace(known, book=book.with_table(alive), table=alive), known, 20, 3)
    assert found.lacking == ["type (no such role in mine)", "deaths (no such role in mine)"]
    assert "not compared: type (no such role in mine); deaths" in comparison_text(found)
    assert comparison_json(found)


def test_a_conversion_does_not_go_through_a_foreign_layout(own):
    """A conversion from a copy to our book through ACLED loses most of a row, without need."""
    with pytest.raises(BookError, match="no crosswalk from mine to eventbook"):
        converted(own, "eventbook")


def test_a_vocabulary_of_the_own_book(own):
    """A list of codes of one's own is found next to the crosswalk that leads to it."""
    (own / "crosswalks/to-list.csv").write_text(
        "variable,code,target,target_code,match,sql,note\n"
        "sub_event_type,Attack,verb,fight,exact,,\n",
        encoding="utf-8",
    )
    (own / "crosswalks/vocabularies/list.csv").write_text(
        "variable,code\nverb,fight\n", encoding="utf-8"
    )
    assert [row.target_code for row in crosswalk(load(own), "list").rows] == ["fight"]
    assert crosswalk_problems(load(own)) == ([], [])


def test_the_check_of_a_book_looks_at_its_crosswalks(own):
    """A crosswalk that nobody runs for a year is found out of date when the data must go out."""
    change(own / TO_ACLED, "notes,,notes,,exact,,", "notez,,notes,,exakt,,")
    report, book = check_book(own)
    found = {(f.rule, f.severity, f.file, f.message) for f in report}
    file = str(own / TO_ACLED)
    assert ("codebook-mistake", "error", file, MATCH) in found
    gap = "mine has no variable notez; did you mean notes?"
    assert ("crosswalk-gap", "warning", file, gap) in found
    assert book is not None and report.status(strict=False) == 1


def test_a_made_column_is_written_though_files_may_omit_it(own):
    """A column with a default may be missing from a file: what was made for it was left out."""
    theirs = own.parent / "theirs"
    shutil.copytree(folder_of("acled"), theirs)
    change(theirs / "book.yaml", "name: acled\n", "name: theirs\n")
    change(
        theirs / "book.yaml", "    title: Tags\n", "    title: Tags\n    default: {sql: notes}\n"
    )
    shutil.copy(own / TO_ACLED, own / "crosswalks/to-theirs.csv")
    done, plain = converted(own, load(theirs)).frame, converted(own).frame
    assert done.columns == plain.columns and done["tags"].equals(plain["tags"])
