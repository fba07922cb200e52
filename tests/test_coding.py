"""Double coding: workbooks, filing, agreement, adjudication, and what traces the table to both."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
from dataclasses import replace
from datetime import date
from pathlib import Path

import openpyxl
import polars as pl
import pytest
import xlsxwriter
from conftest import ROOT, Sheet
from two_coders import DAY, coded_once, coded_workbook, filed_by_two
from typer.testing import CliRunner

from eventbook.dataset.agreement.agree import measure_agreement
from eventbook.dataset.agreement.agreement_report import human, to_html, to_json
from eventbook.dataset.agreement.unit_matching import match_units
from eventbook.dataset.cli.main import app
from eventbook.dataset.desk.adjudicate import bring_up_to_date
from eventbook.dataset.desk.filing import file_coding
from eventbook.dataset.desk.new_document import About, add_document
from eventbook.dataset.desk.workbook import write_workbook
from eventbook.dataset.desk.workbook_cells import LONGEST, MOST_LINES, as_number, lines_of
from eventbook.dataset.desk.workbook_contents import workbook_contents
from eventbook.dataset.desk.workbook_pages import parts_that_fit
from eventbook.dataset.publishing.publish import publish
from eventbook.validation import check_files
from eventbook.validation.codes import Decision
from eventbook.validation.coding.filed import (
    ADJUDICATION,
    Coding,
    adjudication_book,
    load_coding,
)
from eventbook.validation.coding.pairing import Pair, Side, UsedIds, pair_by_name
from eventbook.validation.coding.traced import _same_rows
from eventbook.validation.errors import InputError
from eventbook.validation.package.package import Package
from eventbook.validation.reading.read import read_all
from eventbook.validation.reading.source import LINE

SOFFICE = shutil.which("soffice")


@pytest.fixture
def once(copy):
    """A package with a short report, coded as the codebook says; nothing is filed or decided."""
    return coded_once(copy)


@pytest.fixture
def book_of(once, tmp_path, tmp_path_factory, monkeypatch):
    """The package's tables as a workbook."""
    monkeypatch.chdir(once.root)
    return Path(shutil.copy(coded_workbook(tmp_path_factory), tmp_path / "all.xlsx"))


def named(heading):
    """The name of the column, below the title."""
    return (heading.value or "").split("\n")[-1]


def cell(workbook, sheet, row, column):
    header = {named(c): c.column for c in workbook[sheet][1]}
    return workbook[sheet].cell(row, header[column])


def changed(path, out, *cells):
    """A workbook with some cells changed, by another program than the one that wrote it."""
    workbook = openpyxl.load_workbook(path)
    for sheet, row, column, value in cells:
        cell(workbook, sheet, row, column).value = value
    workbook.save(out)
    return out


def tables(package):
    return {n: s.frame.drop(LINE) for n, s in package.sources().items()}


# The workbook


def test_another_library_reads_the_workbook(book_of, once):
    """A workbook that only its writer can read is no workbook."""
    workbook = openpyxl.load_workbook(book_of)
    assert workbook.sheetnames[:2] == ["read me", "events"]
    assert {"lists", "eventbook"} == {s.title for s in workbook if s.sheet_state == "hidden"}
    events = workbook["events"]
    assert events["A2"].value == "SYR-2020-0001" and events["A2"].number_format == "@"
    day = cell(workbook, "events", 2, "date_start")
    assert day.value == "2020-05-03" and day.data_type == "s" and day.number_format == "@"
    assert cell(workbook, "events", 2, "fatalities_low").value == 3
    assert [r[1].value for r in workbook["text"].iter_rows(min_row=2)] == list(range(1, 9))
    assert any("What an event is" in str(r[0].value) for r in workbook["guide"].iter_rows())


def test_lists_definitions_and_marks(book_of, book):
    """A coder who must remember 35 sub-event types and which columns are needed will not."""
    workbook = openpyxl.load_workbook(book_of)
    events = workbook["events"]
    rules = {
        str(r.sqref).split(":")[0].rstrip("0123456789"): r
        for r in events.data_validations.dataValidation
    }
    header = {named(c): c.column_letter for c in events[1]}
    kind = rules[header["sub_event_type"]]
    where = kind.formula1.lstrip("=").replace("$", "").split("!")
    first, last = where[1].split(":")
    listed = [c.value for (c,) in workbook["lists"][f"{first}:{last}"]]
    assert listed == list(book.code_lists["sub_event_type"].values)
    assert kind.showDropDown in (None, False) and kind.errorStyle in (None, "stop")
    assert kind.prompt.startswith(book.tables["events"]["sub_event_type"].description[:60])
    assert len(kind.prompt) <= 255
    assert rules[header["actor1_id"]].formula1.startswith("OFFSET(lists!")
    fills = {named(c): c.fill.fgColor.rgb for c in events[1]}
    assert fills["date_start"] != fills["date_best"]
    assert fills["date_end"] == fills["record_kind"] == fills["date_best"]
    assert not {"event_type", "days", "acled_time_precision"} & set(header)
    assert all(c.comment is not None for c in events[1])
    quotes = {named(c): c.fill.fgColor.rgb for c in workbook["quotes"][1]}
    assert quotes["quote"] == fills["date_start"]
    assert quotes["variables"] == quotes["start"] == quotes["document_id"] == fills["date_best"]


LONG_TEXTS = [
    "word " * 9000 + "Nobody was killed at the end.",
    "词" * 70_000,
    "💥" * 40_000,
    "x" * LONGEST,
    "x" * (LONGEST + 1),
    "line\n" * 9000,
]


@pytest.mark.parametrize("text", LONG_TEXTS)
def test_a_long_text_is_divided_and_none_of_it_lost(text):
    """Excel cuts without a word what a cell does not hold, and shows no more than 409 points of it."""
    parts = parts_that_fit(text, 110)
    assert "".join(parts) == text
    assert all(len(part.encode("utf-16-le")) // 2 <= LONGEST for part in parts)
    assert all(lines_of(part, 110) <= MOST_LINES for part in parts)
    assert all(part[-1] in " \n" for part in parts[:-1]) or " " not in text


def test_the_sheet_text_has_the_whole_of_a_long_paragraph(once, tmp_path):
    """A report without blank lines is one paragraph; its end was not on the sheet."""
    end = "Nobody was killed at the end."
    report = tmp_path / "report.txt"
    report.write_text(f"A headline\n\nHama, 3 May 2020. {'word ' * 9000}{end}\n", encoding="utf-8")
    days = dict.fromkeys(("start", "end", "best"), "2020-05-03")
    about = About("T", None, "en", **days, basis="stated", words="3 May 2020", rights="unknown")
    add_document(once, report, about)
    write_workbook(workbook_contents(once, "anna", ("DOC-0002",)), tmp_path / "x.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "x.xlsx")["text"]
    rows = [[c.value for c in row] for row in sheet.iter_rows(min_row=2)]
    assert {row[0] for row in rows} == {"DOC-0002"}
    assert [row[1] for row in rows] == [1, *[2] * (len(rows) - 1)]
    whole = "".join(row[2] for row in rows[1:])
    assert whole.rstrip("\n") == f"Hama, 3 May 2020. {'word ' * 9000}{end}"


def test_a_value_that_no_cell_holds_is_refused_by_name(once, tmp_path):
    """A note that is cut at 32,767 characters comes back as another note."""
    filled = workbook_contents(once, None, ())
    filled.tables["events"][0]["notes"] = "x" * 40_000
    with pytest.raises(InputError, match=r"events![A-Z]+2: 40,000 characters do not fit"):
        write_workbook(filled, tmp_path / "x.xlsx")
    assert list(tmp_path.glob("*.xlsx")) == []


def test_the_sub_types_of_each_type_are_cut_out_right(once, book, tmp_path):
    """A list that is cut at the wrong place offers the sub-types of another type.

    The book is one in which people type both the type and the sub-type.
    """
    events = book.tables["events"]
    both = (replace(v, derived=None) if v.name == "event_type" else v for v in events.variables)
    contents = replace(
        workbook_contents(once, None, ()),
        book=book.with_table(replace(events, variables=tuple(both))),
    )
    write_workbook(contents, tmp_path / "both.xlsx")
    workbook = openpyxl.load_workbook(tmp_path / "both.xlsx")
    formula = next(
        r.formula1
        for r in workbook["events"].data_validations.dataValidation
        if "MATCH" in (r.formula1 or "")
    )
    (kind,) = (c.column_letter for c in workbook["events"][1] if named(c) == "event_type")
    assert f"${kind}2" in formula and len(formula) < 255
    top = formula.split("OFFSET(")[1].split(",")[0].split("!")[1].replace("$", "")
    beside = formula.split("COUNTIF(")[1].split(",")[0].split("!")[1].replace("$", "")
    begin, end = beside.split(":")
    parents = [c.value for (c,) in workbook["lists"][f"{begin}:{end}"]]
    column = top.rstrip("0123456789")
    for kind in book.code_lists["event_type"].values:
        at, count = parents.index(kind), parents.count(kind)
        offered = [workbook["lists"][f"{column}{at + 1 + n}"].value for n in range(count)]
        codes = book.code_lists["sub_event_type"]
        assert sorted(offered) == sorted(
            c for c, t in codes.look_up("event_type").items() if t == kind
        )


def test_a_coder_gets_nothing_that_anybody_coded(once):
    """A blind coding whose workbook shows the first coder's rows is not blind."""
    blind = workbook_contents(once, "bert", ())
    assert blind.tables["events"] == [] and blind.tables["claims"] == []
    assert blind.tables["passed_over"] == []
    assert [r["quote"] for r in blind.tables["quotes"]] == ["Tuesday 5 May 2020"]
    assert blind.tables["documents"] and blind.tables["actors"] and blind.texts
    with pytest.raises(InputError, match="DOC-0001"):
        workbook_contents(once, "bert", ("DOC-0007",))


def test_check_names_sheet_and_cell(book_of, tmp_path):
    """ "Line 6 of the workbook" is nowhere in a program that has sheets and letters."""
    broken = changed(
        book_of,
        tmp_path / "broken.xlsx",
        ("events", 6, "sub_event_type", "Armed clsh"),
        ("quotes", 3, "quote", "Government forces shelled the town of Homa on Sunday"),
        ("quotes", 3, "start", None),
    )
    found = check_files([broken])
    letter = openpyxl.load_workbook(broken)["events"]
    column = next(c.column_letter for c in letter[1] if named(c) == "sub_event_type")
    places = {f.rule: found.cell(f) for f in found}
    assert places["code"] == f"events!{column}6"
    assert places["quote-differs"].startswith("quotes!")
    result = CliRunner().invoke(app, ["check", str(broken)])
    assert f"broken.xlsx events!{column}6: error code" in result.output and result.exit_code == 1
    whole = json.loads(CliRunner().invoke(app, ["check", str(broken), "--format", "json"]).output)
    assert f"events!{column}6" in {f.get("cell") for f in whole["findings"]}


def test_a_sheet_that_was_deleted_is_missed(book_of, tmp_path):
    """A coding without its quotes passes if only the sheets that are there are looked at."""
    workbook = openpyxl.load_workbook(book_of)
    del workbook["quotes"]
    workbook.save(tmp_path / "less.xlsx")
    found = check_files([tmp_path / "less.xlsx"])
    assert "missing-table" in {f.rule for f in found}


def same_as_filed(package, coder):
    coding = load_coding(package.root, package.book, coder)
    for name, rows in coding.filed.items():
        table = package.book.tables[name]
        names = [v.name for v in table.coded]
        ours = [tuple(r[n] for n in names) for r in tables(package)[name].to_dicts()]
        assert sorted(map(str, ours)) == sorted(str(tuple(r[n] for n in names)) for r in rows), name


def test_the_round_trip_loses_nothing(book_of, once):
    """An id, a date or a number that the workbook turns into another is a changed value."""
    filed = file_coding(once, book_of, "anna", DAY)
    assert filed.rows is not None and filed.documents == ("DOC-0001",)
    same_as_filed(once, "anna")
    assert once.check().report.status() == 0


@pytest.mark.office
@pytest.mark.skipif(SOFFICE is None, reason="LibreOffice (soffice) is not installed")
def test_the_round_trip_through_libreoffice(book_of, once, tmp_path):
    """Another program's save must bring every cell back as it was."""
    out = tmp_path / "saved"
    home = f"-env:UserInstallation=file://{tmp_path / 'profile'}"
    words = [
        SOFFICE,
        home,
        "--headless",
        "--convert-to",
        "xlsx",
        "--outdir",
        str(out),
        str(book_of),
    ]
    subprocess.run(words, check=True, capture_output=True, timeout=180)
    filed = file_coding(once, out / "all.xlsx", "anna", DAY)
    assert filed.rows is not None
    same_as_filed(once, "anna")


HOSTILE = [
    "=1+1",
    "+49",
    "-5",
    "@x",
    "0012",
    "1e5",
    "TRUE",
    "2019-05-13",
    "1/2",
    " two ",
    "a\nb",
    "مرحبا",
    "“x”",
    "'x",
    "12345678901234567890",
]


def test_text_stays_text(once, tmp_path, monkeypatch):
    """What looks like a formula, a number or a date must come back as the text that it is."""
    monkeypatch.chdir(once.root)
    made = workbook_contents(once, None, ())
    rows = made.tables["events"]
    rows[:] = [{**rows[0], "notes": text} for text in HOSTILE]
    write_workbook(made, tmp_path / "x.xlsx")
    sheet = next(s for s in read_all(tmp_path / "x.xlsx") if s.sheet == "events")
    assert sheet.frame["notes"].to_list() == HOSTILE


@pytest.mark.parametrize("text", ["0", "-3", "121", "0.5", "00", "1.50", "1e3", "", "1" * 16, "-0"])
def test_a_number_is_stored_as_one_only_if_it_comes_back_the_same(text):
    """1.50 that becomes 1.5 is a value that somebody else typed."""
    number = as_number(text)
    shown = (
        None if number is None else str(int(number)) if float(number).is_integer() else str(number)
    )
    assert shown in (None, text)


def test_a_workbook_is_not_written_over(book_of, once, monkeypatch):
    """A day's coding lost to a second call."""
    monkeypatch.chdir(once.root)
    before = book_of.read_bytes()
    done = CliRunner().invoke(app, ["workbook", str(book_of)])
    assert isinstance(done.exception, InputError) and book_of.read_bytes() == before
    done = CliRunner().invoke(app, ["workbook", str(book_of.with_suffix(".csv"))])
    assert "xlsx" in str(done.exception)


# Filing


def test_a_filed_coding_is_never_changed(book_of, once):
    """Agreement on codings that were changed afterwards is not agreement between coders."""
    file_coding(once, book_of, "anna", DAY)
    path = once.root / "seeds/codings/anna/events.csv"
    path.write_text(
        path.read_text(encoding="utf-8").replace("Armed clash", "Mob violence", 1), encoding="utf-8"
    )
    (path.parent / "claims.csv").unlink()
    (path.parent / "more.csv").write_text("x\n", encoding="utf-8")
    found = [f for f in once.check().report if f.rule == "coding-changed"]
    assert sorted(f.file.rsplit("/", 1)[1] for f in found) == [
        "claims.csv",
        "events.csv",
        "more.csv",
    ]


@pytest.mark.slow
def test_filing_again_adds_documents_only(book_of, once, tmp_path):
    """A coder who files a second document must not be able to slip in a changed first one."""
    file_coding(once, book_of, "anna", DAY)
    with pytest.raises(InputError, match="nothing new"):
        file_coding(once, book_of, "anna", DAY)
    other = changed(book_of, tmp_path / "other.xlsx", ("events", 3, "notes", "something else"))
    with pytest.raises(InputError, match="never changed"):
        file_coding(once, other, "anna", DAY)


def test_errors_are_not_filed(book_of, once, tmp_path):
    """A coding that breaks the codebook cannot be compared with one that does not."""
    bad = changed(book_of, tmp_path / "bad.xlsx", ("events", 3, "sub_event_type", "War"))
    filed = file_coding(once, bad, "anna", DAY)
    assert filed.rows is None and filed.report.status() == 1
    assert not (once.root / "seeds/codings").exists()


def test_a_dry_run_shows_what_would_be_frozen(book_of, once):
    """A filing is for ever, and was made to see whether it would be accepted."""
    words = ["import", str(book_of), "--coder", "anna"]
    done = CliRunner().invoke(app, [*words, "--dry-run"])
    assert done.exit_code == 0, done.output
    assert "would be filed: seeds/codings/anna: DOC-0001" in done.output
    assert not (once.root / "seeds/codings").exists()
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0 and (once.root / "seeds/codings/anna").is_dir()


def test_a_cell_that_shows_an_error_is_not_filed(book_of, once, tmp_path):
    """The cell was silently read as empty, and filed that way for good."""
    signs = ("#N/A", "#REF!", "#NAME?", "#DIV/0!", "#VALUE!", "#NULL!", "#NUM!")
    wrong = [("events", row, "notes", sign) for row, sign in enumerate(signs, 2)]
    wrong += [("events", 3, "assoc_actor_1_ids", "=actors!A3"), ("quotes", 4, "because", "#N/A")]
    bad = changed(book_of, tmp_path / "bad.xlsx", *wrong)
    workbook = openpyxl.load_workbook(bad)
    report = check_files([bad])
    assert {
        (report.cell(f), f.value) for f in report if "cell" in f.rule or "formula" in f.rule
    } == {
        (f"{sheet}!{cell(workbook, sheet, row, column).coordinate}", value)
        for sheet, row, column, value in wrong
    }
    done = CliRunner().invoke(app, ["import", str(bad), "--coder", "anna"])
    assert done.exit_code == 1 and "Nothing was filed" in done.output
    for sheet, row, column, value in wrong:
        assert f"{sheet}!{cell(workbook, sheet, row, column).coordinate}" in done.output
        assert value in done.output
    assert not (once.root / "seeds/codings").exists()


@pytest.mark.parametrize("name", ["", "Anna B.", "../x", "a b"])
def test_a_coder_has_a_plain_name(book_of, once, name):
    """The name becomes a folder."""
    with pytest.raises(InputError, match="--coder"):
        file_coding(once, book_of, name, DAY)


def test_a_folder_of_tables_can_be_filed(once):
    """Who codes in CSV files files, too."""
    filed = file_coding(once, once.root / "seeds/tables", "coder-a", DAY)
    assert filed.rows["events"] == 5
    assert not (once.root / "seeds/codings/coder-a/retired.csv").exists()
    with pytest.raises(InputError, match="not a coder's workbook"):
        file_coding(once, once.root / "pyproject.toml", "coder-b", DAY)


OWNERS = {"quotes": ("event_ids", "claim_ids"), "claims": ("event_id",)}
FILLED = {"quotes": ("paragraph", "start", "end"), "claims": ("document_id",)}
"""What a program fills in, by table; and the document of a quote that is for an event or claim."""


@pytest.mark.parametrize("columns", ["empty", "absent"])
@pytest.mark.parametrize("form", ["workbook", "folder"])
def test_what_a_program_fills_in_is_filed_filled(once, tmp_path, form, columns):
    """A coder who copied words alone was refused, or filed quotes that are in no document."""
    contents = workbook_contents(once, None, ())
    for name, filled in FILLED.items():
        for row in contents.tables[name]:
            of_document = not any(row[owner] for owner in OWNERS[name])
            row |= dict.fromkeys(filled if of_document else {*filled, "document_id"})
    gone = FILLED if columns == "absent" else {}
    if form == "workbook":
        coded = tmp_path / "coded.xlsx"
        write_workbook(contents, coded)
        workbook = openpyxl.load_workbook(coded)
        for name, filled in gone.items():
            for column in filled:
                workbook[name].delete_cols(cell(workbook, name, 1, column).column)
        workbook.save(coded)
    else:
        coded = tmp_path / "coded"
        coded.mkdir()
        for name, rows in contents.tables.items():
            names = [v.name for v in once.book.tables[name].coded]
            frame = pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String))
            frame.drop(gone.get(name, ())).write_csv(coded / f"{name}.csv")
    filed = file_coding(once, coded, "anna", DAY)
    assert filed.rows is not None, list(filed.report)
    same_as_filed(once, "anna")


def test_a_quote_serves_all_rows_that_it_names(once, book_of):
    """A quote for two events carried the values of one of them, or of neither."""
    file_coding(once, book_of, "anna", DAY)
    of_both = ["SYR-2020-0002", "SYR-2020-0003"]
    long = once.check().tables["evidence"].filter(quote="On Friday rebels attacked")
    names = ["sub_event_type", "actor1_id", "date_start"]
    assert sorted(long.select("event_id", "variable").rows()) == sorted(
        (event, name) for event in of_both for name in names
    )
    coding = load_coding(once.root, once.book, "anna")
    assert [r["event_ids"] for r in coding.filed["quotes"] if r["event_ids"]].count(
        "; ".join(of_both)
    ) == 2
    of_coder = [r for r in coding.rows("evidence") if r["quote"] == "On Friday rebels attacked"]
    assert {r["event_id"] for r in of_coder} == set(of_both) and len(of_coder) == 6


# Two codings of the report, the second with known differences


@pytest.fixture
def twice(tmp_path_factory, tmp_path, monkeypatch):
    """The report coded by a and by b, who differs in known places and names things otherwise."""
    root = shutil.copytree(filed_by_two(tmp_path_factory), tmp_path / "twice")
    monkeypatch.chdir(root)
    return Package(Path(root))


def test_agree_finds_what_differs_and_nothing_else(twice):
    """Ids that differ are no disagreement; a different day is."""
    found = measure_agreement(twice, ["a", "b"])
    events, claims = found.units
    assert events.counts["a", "b"].both == 4 and events.counts["a", "b"].first_only == 1
    assert events.counts["a", "b"].recall == pytest.approx(4 / 5)
    assert claims.counts["a", "b"].first_only == 1
    assert {(d.table, d.unit, d.variable) for d in found.disagreements} == {
        ("events", "SYR-2020-0004", "date_end")
    }
    only = {(d.table, d.unit) for d in found.partial}
    assert only == {("events", "SYR-2020-0005"), ("claims", "SYR-2020-C002")}
    assert all("small n" in v.note for v in found.variables)
    status = next(v for v in found.variables if v.variable == "date_end" and v.table == "events")
    assert status.per_cent == pytest.approx(100 * 3 / 4) and status.level == "interval"
    assert any(d.quotes["a"] for d in found.disagreements)


def typing_defaults(rows):
    """The same coding by somebody who types what is the default, and what is derived."""
    return [
        row
        | {"record_kind": "incident", "contested": "false", "date_basis": "relative"}
        | {"date_end": row["date_end"] or row["date_start"]}
        for row in rows
    ]


USUAL = ("record_kind", "contested", "date_end")


def test_a_default_is_the_same_typed_or_left_empty(twice):
    """One coder types what the other leaves to follow: a disagreement over nothing."""
    refile(twice, "c", events=typing_defaults)
    found = measure_agreement(twice, ["a", "c"])
    of_events = {v.variable: v for v in found.variables if v.table == "events"}
    assert {of_events[name].per_cent for name in USUAL} == {100}
    assert {of_events[name].n for name in USUAL} == {5}
    # The appeal has no words for its date: there another basis than inferred is another value.
    (only,) = found.disagreements
    assert (only.unit, only.variable) == ("SYR-2020-0004", "date_basis")
    rows = bring_up_to_date(twice, "a", "c").rows
    assert [
        (r["first_id"], r["variable"]) for r in rows if r["unit"] == "events" and r["variable"]
    ] == [("SYR-2020-0004", "date_basis")]


def test_agreement_has_the_type_that_follows_from_the_sub_type(twice):
    """The broadest judgement of all dropped out of the table, because nobody types it."""
    refile(twice, "c", events=recoded("SYR-2020-0002", sub_event_type="Attack"))
    found = {v.variable: v for v in measure_agreement(twice, ["a", "c"]).variables}
    assert found["event_type"].per_cent == found["sub_event_type"].per_cent == 80
    assert found["event_type"].n == 5
    same = {v.variable: v for v in measure_agreement(twice, ["a", "b"]).variables}
    assert same["event_type"].per_cent == 100 and same["event_type"].valued == 4


@pytest.mark.slow
def test_agreement_of_a_coding_with_itself_is_whole(twice):
    """Each coefficient is 1 or undefined; another value is a fault of the measuring."""
    shutil.copytree(twice.root / "seeds/codings/a", twice.root / "seeds/codings/c")
    found = measure_agreement(twice, ["a", "c"])
    assert found.disagreements == () and found.partial == ()
    assert {v.alpha for v in found.variables} <= {1.0, None}
    assert {v.kappa for v in found.variables} <= {1.0, None} or all(
        v.kappa is None or v.kappa == pytest.approx(1) for v in found.variables
    )
    assert all(u.alpha_u == pytest.approx(1) for u in found.units)
    three = measure_agreement(twice, ["a", "b", "c"])
    assert set(three.units[0].counts) == {("a", "b"), ("a", "c"), ("b", "c")}
    assert {(d.table, d.variable) for d in three.disagreements} == {("events", "date_end")}


@pytest.mark.slow
def test_the_forms_of_an_agreement(twice, monkeypatch):
    """JSON that cannot be read, or a page that lets a cell speak HTML."""
    monkeypatch.chdir(twice.root)
    found = measure_agreement(twice, ["a", "b"])
    whole = json.loads(to_json(found))
    assert whole["version"] == 1 and whole["units"][0]["pairs"][0]["both"] == 4
    assert "undefined: no variation" in human(found)
    html = to_html(found)
    assert html.count("<table>") == 4 and "default-src 'none'" in html
    done = CliRunner().invoke(app, ["agree", "a", "b", "--format", "html", "--out", "x.html"])
    assert (
        done.exit_code == 0
        and (twice.root / "x.html").read_text(encoding="utf-8").rstrip() == html.rstrip()
    )


def recoded(event_id, **cells):
    """Return what gives one event other cells, among the rows of all."""
    return lambda rows: [row | cells if row["event_id"] == event_id else row for row in rows]


def refile(package, coder, **rows):
    """Another coder's coding: that of `a` with the rows of some tables changed."""
    folder = package.root / "seeds/codings" / coder
    shutil.copytree(package.root / "seeds/codings/a", folder)
    for name, change in rows.items():
        frame = pl.read_csv(folder / f"{name}.csv", infer_schema=False)
        pl.DataFrame(change(frame.to_dicts()), schema=frame.schema).write_csv(
            folder / f"{name}.csv"
        )
    return folder


def none_of(rows):
    return []


def test_what_one_coder_filled_was_not_left_empty_by_all(twice):
    """One coder finds no event: her colleague's cells are no empty cells, they have no counterpart."""
    refile(twice, "n", events=none_of, claims=none_of)
    found = measure_agreement(twice, ["a", "n"])
    assert found.no_common == ("events", "claims") and found.variables == ()
    assert not [name for name in found.empty if not name.startswith("documents.")]
    assert len([d for d in found.partial if d.table == "events"]) == 5
    text = human(found)
    assert "no unit in common, so no values to compare: events, claims" in text
    assert "left empty by all: events" not in text
    assert json.loads(to_json(found))["no_unit_in_common"] == ["events", "claims"]
    assert "No unit in common" in to_html(found)


@pytest.mark.slow
def test_a_unit_that_two_of_three_have_is_shown_as_theirs(twice):
    """Shown as the first coder's alone, the second coder's finding is lost."""
    refile(twice, "c")
    refile(twice, "n", events=none_of, claims=none_of)
    found = measure_agreement(twice, ["a", "c", "n"])
    first = next(d for d in found.partial if d.unit == "SYR-2020-0001")
    assert list(first.values) == list(first.quotes) == ["a", "c"]
    assert "  events SYR-2020-0001: found by a, c, not by n\n    a: " in human(found)
    assert found.no_common == () and {v.kappa for v in found.variables} == {None}


@pytest.mark.slow
def test_only_documents_that_all_coded_are_compared(twice):
    """Two of three coders filed a second document; their units of it have no third to compare."""

    def more(rows):
        return [*rows, rows[0] | {"document_id": "DOC-0002", "event_id": "SYR-2020-0099"}]

    for coder in ("c", "d"):
        record = refile(twice, coder, events=more) / "coding.yaml"
        record.write_text(record.read_text().replace("[DOC-0001]", "[DOC-0001, DOC-0002]"))
    found = measure_agreement(twice, ["c", "d", "b"])
    assert found.documents == ("DOC-0001",)
    assert "SYR-2020-0099" not in to_json(found)
    assert measure_agreement(twice, ["c", "d"]).documents == ("DOC-0001", "DOC-0002")


@pytest.mark.parametrize("names", [["a"], ["a", "a"], ["a", "nobody"], []])
def test_agree_needs_two_who_filed(twice, names):
    """A typing error in a name must not give an agreement with nobody."""
    with pytest.raises(InputError, match="coders on file: a, b"):
        measure_agreement(twice, names)


def test_matching_is_one_to_one_and_the_best(twice):
    """Greedy matching takes the first that fits and leaves the next one without its own."""
    from eventbook.validation.coding.case import open_case

    a, b = (load_coding(twice.root, twice.book, n) for n in "ab")
    case = open_case(twice.book, a, b, [], match_units, {})
    events = [p for p in case.units["events"] if p.first and p.second]
    assert len({p.first for p in events}) == len({p.second for p in events}) == len(events) == 4
    assert Pair("events", "SYR-2020-0001", "SYR-2020-0003") in events
    assert Pair("events", "SYR-2020-0003", "SYR-2020-0009") in events
    actors = [p for p in case.units["actors"] if p.first == "syria-rebels"]
    assert actors == [Pair("actors", "syria-rebels", "rebels")]


def test_a_quote_beyond_its_document_is_named(twice):
    """Its last words would be counted as the first ones of the next document, or end in a traceback."""

    def moved(rows):
        return [{**rows[0], "end": "999999"}, *rows[1:]]

    refile(twice, "c", quotes=moved)
    with pytest.raises(InputError, match="c: a quote ends at character 999,999 of DOC-0001"):
        measure_agreement(twice, ["a", "c"])


def test_what_is_the_same_in_a_document_does_not_depend_on_the_others(twice):
    """Rows of other documents must neither be compared nor change who is paired with whom."""
    a, b = (load_coding(twice.root, twice.book, n) for n in "ab")
    table = twice.book.tables["events"]
    alone = [Side(c, {row["event_id"]: row for row in c.rows("events")}) for c in (a, b)]
    more = [
        Side(s.coding, {f"{i} again": {**r, "document_id": "DOC-9"} for i, r in s.rows.items()})
        for s in alone
    ]
    both = [Side(s.coding, {**m.rows, **s.rows}) for s, m in zip(alone, more, strict=True)]
    pairs = match_units(twice.book, table, *alone)
    together = match_units(twice.book, table, *both)
    assert [pair for pair in together if not pair.first.endswith("again")] == pairs
    assert all(p.first.endswith("again") == p.second.endswith("again") for p in together)


def decide(package, between="ab", **by_variable):
    """Decide all that is open: what is asked for by variable, the rest for the first coder."""
    rows = list(bring_up_to_date(package, *between).rows)
    for row in rows:
        if row["variable"] in by_variable:
            row |= by_variable[row["variable"]] | {"reason": "The guide says so."}
        elif row["variable"]:
            row |= {"decision": "first", "reason": "The guide says so."}
        elif not row["decision"]:
            row |= {"decision": "keep"}
    return rows


def test_adjudication_from_start_to_end(twice):
    """What was decided, and nothing else, is in the final tables."""
    before = tables(twice)
    start = bring_up_to_date(twice, "a", "b")
    assert start.open and (twice.root / ADJUDICATION).is_file()
    assert (
        "adjudication-open" in {f.rule for f in twice.check().report}
        or twice.check().report.status()
    )
    rows = decide(twice, date_end={"decision": "second"})
    done = bring_up_to_date(twice, "a", "b", rows, by="eva", today=DAY)
    assert done.open == ()
    after = tables(twice)
    changed_cells = [
        (row["event_id"], name)
        for row, old in zip(after["events"].to_dicts(), before["events"].to_dicts(), strict=True)
        for name in row
        if row[name] != old[name]
    ]
    assert changed_cells == [("SYR-2020-0004", "date_end")]
    assert after["events"]["date_end"][3] == "2020-05-04"
    report = twice.check().report
    assert "adjudication-stale" not in {f.rule for f in report}
    assert bring_up_to_date(twice, "a", "b").changed == ()
    with (twice.root / ADJUDICATION).open(encoding="utf-8") as stream:
        decisions = list(csv.DictReader(stream))
    assert {r["decided_by"] for r in decisions} == {"eva"}


@pytest.mark.slow
def test_final_tables_are_written_as_people_type_them(twice):
    """A program that fills in every default, and takes every quote apart, leaves nobody's table."""
    before = tables(twice)
    bring_up_to_date(twice, "a", "b", decide(twice), by="eva", today=DAY)
    after = tables(twice)
    for name in ("events", "claims", "quotes"):
        assert sorted(after[name].rows(), key=str) == sorted(before[name].rows(), key=str), name
    assert set(after["events"]["record_kind"]) == set(after["events"]["contested"]) == {None}
    assert len(
        set(after["quotes"].select("event_ids", "claim_ids", "quote", "because").rows())
    ) == len(after["quotes"])
    assert twice.check().report.status() == 0


@pytest.mark.slow
def test_what_follows_from_a_decided_value_is_not_asked(twice):
    """One other day was five decisions: its last day, its best, its words, what they are based on."""
    refile(twice, "c", events=recoded("SYR-2020-0003", date_start="2020-04-30"))
    open_rows = [r for r in bring_up_to_date(twice, "a", "c").open if r["variable"]]
    assert [(r["first_id"], r["variable"]) for r in open_rows] == [("SYR-2020-0003", "date_start")]
    rows = decide(twice, between="ac", date_start={"decision": "second"})
    assert bring_up_to_date(twice, "a", "c", rows, by="eva", today=DAY).open == ()
    typed = tables(twice)["events"].row(2, named=True)
    assert typed["date_start"] == "2020-04-30" and typed["date_end"] is None
    found = twice.check()
    assert {f.rule for f in found.report if f.file == ADJUDICATION} == set()
    assert "adjudication-stale" not in {f.rule for f in found.report}
    of_event = found.tables["events"].filter(event_id="SYR-2020-0003")
    assert of_event["date_end"].to_list() == of_event["date_best"].to_list() == [date(2020, 4, 30)]


@pytest.mark.slow
def test_another_value_brings_its_own_quote(twice):
    """A value of the adjudicator's without words would be the only one without evidence."""
    quote = "Turkey called on Russia to stop"
    other = {"decision": "other", "value": "2020-05-04", "quote": quote, "because": "A test."}
    bring_up_to_date(twice, "a", "b", decide(twice, date_end=other), by="eva", today=DAY)
    after = tables(twice)
    assert after["events"]["date_end"][3] == "2020-05-04"
    proof = after["quotes"].filter(
        (pl.col("event_ids") == "SYR-2020-0004") & pl.col("variables").str.contains("date_end")
    )
    assert proof["quote"].to_list() == [quote] and proof["because"].to_list() == ["A test."]
    assert proof["basis"].to_list() == [None]
    assert twice.check().report.status() == 0


@pytest.mark.slow
def test_a_decided_value_that_is_the_default_is_left_to_follow(twice):
    """The one typed default among empty cells, whose quote says what nobody asks of the others."""
    other = {"decision": "other", "value": "2020-05-03", "quote": None, "because": None}
    bring_up_to_date(twice, "a", "b", decide(twice, date_end=other), by="eva", today=DAY)
    appeal = tables(twice)["events"].row(3, named=True)
    assert appeal["date_end"] is None and appeal["date_best"] is None
    found = twice.check()
    assert found.report.status() == 0
    of_appeal = found.tables["events"].filter(event_id="SYR-2020-0004")
    assert of_appeal["date_best"].to_list() == [date(2020, 5, 3)]


@pytest.mark.slow
def test_a_dropped_event_takes_its_evidence_along_and_leaves_no_reference(twice):
    """Evidence for an event that is not there, and a claim made in it."""
    rows = decide(twice)
    for row in rows:
        if row["unit"] in ("events", "claims") and not row["second_id"]:
            row |= {"decision": "drop", "reason": "A standing state, no act.", "final_id": None}
    bring_up_to_date(twice, "a", "b", rows, by="eva", today=DAY)
    after = tables(twice)
    assert "SYR-2020-0005" not in after["events"]["event_id"].to_list()
    assert "SYR-2020-0005" not in after["quotes"]["event_ids"].to_list()
    assert "7" in after["passed_over"]["paragraph"].to_list()
    assert twice.check().report.status() == 0


@pytest.mark.slow
def test_apart_makes_two_units_to_decide(twice):
    """Two rows that a program took for one are two decisions, not one lost row."""
    rows = decide(twice)
    row = next(
        r
        for r in rows
        if r["unit"] == "events" and r["first_id"] == "SYR-2020-0002" and not r["variable"]
    )
    row |= {"decision": "apart", "reason": "Two advances."}
    done = bring_up_to_date(twice, "a", "b", rows, by="eva", today=DAY)
    assert {(r["first_id"], r["second_id"]) for r in done.open if not r["variable"]} >= {
        ("SYR-2020-0002", None),
        (None, "SYR-2020-0002"),
    }
    second = next(r for r in done.open if r["second_id"] == "SYR-2020-0002" and not r["variable"])
    assert second["final_id"] not in {None, "SYR-2020-0002"}


@pytest.mark.slow
def test_decisions_by_workbook(twice, tmp_path, monkeypatch):
    """An adjudicator with a spreadsheet, who leaves one row open and makes one mistake."""
    monkeypatch.chdir(twice.root)
    path = tmp_path / "decide.xlsx"
    assert CliRunner().invoke(app, ["adjudicate", "a", "b", "--to", str(path)]).exit_code == 0
    workbook = openpyxl.load_workbook(path)
    sheet = workbook["decisions"]
    names = {named(c): c.column for c in sheet[1]}
    for line in range(2, sheet.max_row + 1):
        if not sheet.cell(line, 1).value:
            continue
        variable = sheet.cell(line, names["variable"]).value
        both = (
            sheet.cell(line, names["first_id"]).value and sheet.cell(line, names["second_id"]).value
        )
        sheet.cell(line, names["decision"]).value = (
            "second" if variable else "one" if both else "keep"
        )
        sheet.cell(line, names["decided_by"]).value = "eva"
        sheet.cell(line, names["decided_on"]).value = "2026-11-24"
        if variable:
            sheet.cell(line, names["reason"]).value = "The guide says so."
    workbook.save(path)
    done = CliRunner().invoke(app, ["adjudicate", "a", "b", "--from", str(path)])
    assert done.exit_code == 0 and "0 open" in done.output
    sheet.cell(2, names["decision"]).value = "drop"
    workbook.save(path)
    before = (twice.root / ADJUDICATION).read_bytes()
    done = CliRunner().invoke(app, ["adjudicate", "a", "b", "--from", str(path)])
    assert done.exit_code == 1 and "decision-ids" in done.output
    assert (twice.root / ADJUDICATION).read_bytes() == before


@pytest.mark.slow
def test_what_is_compared_is_wide(twice, tmp_path, monkeypatch):
    """The values to compare had 13 characters, and the empty cells beside them 61."""
    monkeypatch.chdir(twice.root)
    path = tmp_path / "decide.xlsx"
    assert CliRunner().invoke(app, ["adjudicate", "a", "b", "--to", str(path)]).exit_code == 0
    workbook = openpyxl.load_workbook(path)
    assert "guide" not in workbook.sheetnames
    sheet = workbook["decisions"]
    stored = [(d.min, d.max, d.width) for d in sheet.column_dimensions.values()]
    widths = {
        named(c): next(w for first, last, w in stored if first <= c.column <= last)
        for c in sheet[1]
    }
    wide = {name for name, width in widths.items() if width >= 45}
    assert wide == {"first_value", "first_quote", "second_value", "second_quote", "reason"}


@pytest.mark.slow
def test_decisions_that_cannot_be_used(twice, tmp_path, monkeypatch):
    """A file that lacks a column, another file, one coder twice: a line each, nothing written."""
    monkeypatch.chdir(twice.root)
    run = CliRunner().invoke
    assert "nobody disagrees" in str(run(app, ["adjudicate", "a", "a"]).exception)
    assert "xlsx" in str(run(app, ["adjudicate", "a", "b", "--to", "x.csv"]).exception)
    assert "no sheet" in str(run(app, ["adjudicate", "a", "b", "--from", "README.md"]).exception)
    assert not (twice.root / ADJUDICATION).exists()
    (twice.root / ADJUDICATION).write_text("unit,reason\nevents,x\n", encoding="utf-8")
    assert "missing columns: decision_id" in str(run(app, ["adjudicate", "a", "b"]).exception)
    assert "missing-column" in {f.rule for f in twice.check().report}
    assert "without tables" in str(run(app, ["import", str(tmp_path), "--coder", "c"]).exception)


@pytest.mark.slow
def test_a_table_edited_against_the_decisions_is_found(twice):
    """A value that was changed by hand after the adjudication has no decision behind it."""
    bring_up_to_date(twice, "a", "b", decide(twice), by="eva", today=DAY)
    assert twice.check().report.status() == 0
    events = Sheet(twice, "events")
    events.rows[0]["notes"] = "changed"
    gone = events.rows.pop()
    events.save()
    found = [f for f in twice.check().report if f.rule == "adjudication-stale"]
    assert {(f.row_id, f.column) for f in found if f.file.endswith("events.csv")} == {
        ("SYR-2020-0001", "notes"),
        (gone["event_id"], None),
    }


def test_other_documents_stay_as_they_are(twice):
    """Deciding one document must not touch, or take the ids of, another."""
    documents = Sheet(twice, "documents")
    documents.rows.append(
        documents.rows[0] | {"document_id": "DOC-0002", "file": "DOC-0002.txt", "sha256": "0" * 64}
    )
    documents.save()
    events = Sheet(twice, "events")
    events.rows.append(events.rows[4] | {"event_id": "SYR-2020-0008", "document_id": "DOC-0002"})
    events.save()
    rows = decide(twice)
    bring_up_to_date(twice, "a", "b", rows, by="eva", today=DAY)
    after = tables(twice)
    assert "DOC-0002" in after["documents"]["document_id"].to_list()
    assert "SYR-2020-0008" in after["events"]["event_id"].to_list()


@pytest.mark.slow
def test_the_release_has_what_traces_it(twice, tmp_path):
    """A published value whose coders and decision stay at home cannot be traced."""
    import zipfile

    bring_up_to_date(twice, "a", "b", decide(twice), by="eva", today=DAY)
    page = twice.root / "README.md"
    page.write_text("# x\n\n<!-- agreement -->\n<!-- /agreement -->\n", encoding="utf-8")
    archive = publish(twice, tmp_path / "dist", lambda line: None).archive
    names = {n.split("/", 1)[1] for n in zipfile.ZipFile(archive).namelist()}
    assert {
        "dataset/agreement-a-b.json",
        ADJUDICATION,
        "seeds/codings/a/coding.yaml",
        "seeds/codings/b/events.csv",
    } <= names
    readme = page.read_text(encoding="utf-8")
    assert "events.sub_event_type" in readme and "small an n" in readme


# Laws


def test_the_code_knows_the_decisions_of_the_book(book):
    """A code that is renamed in the book alone would be decided, and do nothing."""
    assert set(Decision) == set(adjudication_book(book).code_lists["decision"].values)


def test_a_free_id_is_the_next_of_its_series():
    """An id given twice makes two events one."""
    assert UsedIds().free("SYR-2019-0003") == "SYR-2019-0003"
    assert UsedIds({"SYR-2019-0003", "SYR-2019-0010"}).free("SYR-2019-0003") == "SYR-2019-0011"
    assert UsedIds({"rebels"}).free("rebels") == "rebels-2"
    assert UsedIds({"rebels", "rebels-2"}).free("rebels") == "rebels-3"


def test_names_that_could_be_several_are_not_linked(book):
    """A guess between two actors is a value that nobody coded."""
    table = book.tables["actors"]
    ours = {"army": {"actor_id": "army", "actor": "Army of X", "aliases": "the army; soldiers"}}
    theirs = {
        "forces": {"actor_id": "forces", "actor": "Forces", "aliases": "soldiers"},
        "men": {"actor_id": "men", "actor": "Men", "aliases": "The Army"},
    }
    one, two = (Side(Coding(c, (), {}, {}, {}), rows) for c, rows in (("a", ours), ("b", theirs)))
    assert pair_by_name(book, table, one, two) == []
    del theirs["men"]
    assert pair_by_name(book, table, one, two) == [Pair("actors", "army", "forces")]


def test_the_package_itself_is_traced():
    """Our own table must pass what we ask of others'."""
    package = Package(ROOT)
    assert {f.rule for f in package.check().report} == set()
    assert xlsxwriter.__version__


def test_tables_are_the_same_if_their_rows_are_in_whatever_order():
    """A row that is there twice, or lacks a cell, would pass for what was decided."""
    a, b = {"id": "a", "n": "1"}, {"id": "b", "n": None}
    assert _same_rows([a, b], [{"id": "b"}, {"n": "1", "id": "a", "more": ""}])
    assert not _same_rows([a, b], [a, b, b])
    assert not _same_rows([a, b], [b])
    assert not _same_rows([a], [{"id": "1", "n": "a"}])
