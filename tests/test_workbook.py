"""The coder's workbook: read by people, read back with its labels, given back marked and fixed."""

from __future__ import annotations

import re
import shutil
import subprocess
import zipfile
from dataclasses import replace
from datetime import date

import openpyxl
import pytest
from conftest import invoke

from eventbook.codebook import Code, CodeList, load
from eventbook.codebook.nearest import same_word
from eventbook.dataset.desk.guide_rows import guide_rows
from eventbook.dataset.desk.marked import FINDINGS, FORMULA
from eventbook.dataset.desk.workbook import write_workbook
from eventbook.dataset.desk.workbook_cells import lines_of
from eventbook.dataset.desk.workbook_contents import workbook_contents
from eventbook.dataset.desk.xlsx_notes import MARK
from eventbook.dataset.desk.xlsx_parts import xml_text
from eventbook.dataset.starter.new_package import Answers, write_package
from eventbook.validation import check_files
from eventbook.validation.coding.choices import cell_of, labels_say_more
from eventbook.validation.coding.coded_workbook import check_coded
from eventbook.validation.coding.fixes import with_fixes
from eventbook.validation.findings import Fix
from eventbook.validation.package.package import Package
from eventbook.validation.reading.dates import certain_day
from eventbook.validation.reading.read import read, read_all
from eventbook.validation.reports import human

SOFFICE = shutil.which("soffice")
needs_office = pytest.mark.skipif(SOFFICE is None, reason="LibreOffice (soffice) is not installed")
EVENT = "ISL-2024-0001"
MARCH = "About a hundred people marched peacefully through Reykjavik"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A package with its invented example, a march, and two workbooks without the guide.

    `blank.xlsx` is that of a coder who has typed nothing yet; in `whole.xlsx` nothing is wrong.
    """
    folder = tmp_path_factory.mktemp("made")
    write_package(folder / "package", Answers("field", "Field", "Eva"))
    package = Package(folder / "package")
    for name, coder in (("blank", "anna"), ("whole", None)):
        contents = workbook_contents(package, coder, ())
        short = replace(contents, book=replace(contents.book, guide=()))
        write_workbook(short, folder / f"{name}.xlsx")
    return folder


@pytest.fixture
def package(made, tmp_path, monkeypatch):
    """The package, for one test, as the current folder."""
    root = shutil.copytree(made / "package", tmp_path / "package")
    monkeypatch.chdir(root)
    return Package(root)


@pytest.fixture
def blank(made, package, tmp_path):
    return shutil.copy(made / "blank.xlsx", tmp_path / "anna.xlsx")


@pytest.fixture
def whole(made, package, tmp_path):
    return shutil.copy(made / "whole.xlsx", tmp_path / "all.xlsx")


@pytest.fixture(scope="module")
def with_guide(made):
    """The workbook as coders get it, as another library reads it."""
    path = made / "guide.xlsx"
    write_workbook(workbook_contents(Package(made / "package"), "anna", ()), path)
    return openpyxl.load_workbook(path)


@pytest.fixture(scope="module")
def coded(made):
    """Check the example with some cells changed; each is sheet, row, column, value."""
    sources, package = read_all(made / "whole.xlsx"), Package(made / "package")

    def check(*cells):
        changes = [
            Fix(f"{made}/whole.xlsx[{s}]", row, name, None, "", new) for s, row, name, new in cells
        ]
        return check_coded(with_fixes(sources, changes), package.book, package.root).report

    return check


def named(heading):
    return (heading.value or "").split("\n")[-1]


def typed(path, out, *cells):
    """A workbook with cells typed by another program; each is sheet, row, column, value."""
    workbook = openpyxl.load_workbook(path)
    for sheet, row, column, value in cells:
        columns = {named(c): c.column for c in workbook[sheet][1]}
        workbook[sheet].cell(row, columns[column]).value = value
    workbook.save(out)
    return out


def through_office(path, folder):
    """The workbook as LibreOffice saves it."""
    words = ["--headless", "--convert-to", "xlsx", "--outdir", str(folder), str(path)]
    profile = f"-env:UserInstallation=file://{folder / 'profile'}"
    subprocess.run([SOFFICE, profile, *words], check=True, capture_output=True, timeout=180)
    return folder / path.name


# To read


def test_it_opens_on_how_to_work(with_guide):
    """A coder who meets 46 headings first does not find the sheet that says what to do."""
    workbook = with_guide
    assert workbook.active.title == "read me"
    words = " ".join(str(c.value) for row in workbook["read me"] for c in row if c.value)
    assert "several times in the document, enter the paragraph" in words
    assert "--marked" in words and "--fix" in words and '--amend "REASON"' in words


def test_a_heading_has_its_title_and_its_name(with_guide, blank, book):
    """`assoc_actor_1_ids` says nothing to whom the codebook calls it associate actors."""
    for name in ("events", "quotes", "actors"):
        headings = [c.value for c in with_guide[name][1]]
        assert headings == [f"{v.title}\n{v.name}" for v in book.tables[name].coded]
    source = next(s for s in read_all(blank) if s.sheet == "events")
    assert source.columns == [v.name for v in book.tables["events"].coded]


def test_headings_that_a_person_made_are_read(whole, tmp_path):
    """A coder's own sheet has the bare names, and maybe a column of remarks."""
    workbook = openpyxl.load_workbook(whole)
    for name in ("events", "quotes"):
        for heading in workbook[name][1]:
            heading.value = named(heading)
    workbook.save(tmp_path / "plain.xlsx")
    assert check_files([tmp_path / "plain.xlsx"]).status() == 0


def test_a_workbook_without_its_hidden_sheet_is_named(whole, tmp_path):
    """Four times "no book has such a table" does not say that a sheet was deleted."""
    workbook = openpyxl.load_workbook(whole)
    del workbook["eventbook"]
    workbook.save(tmp_path / "x.xlsx")
    (finding,) = check_files([tmp_path / "x.xlsx"])
    assert finding.rule == "workbook" and "hidden sheet eventbook is gone" in finding.message


def widths_of(sheet):
    """The width of each column; those of neighbours that are alike are stored once."""
    stored = [(d.min, d.max, d.width) for d in sheet.column_dimensions.values()]
    return [next(w for lo, hi, w in stored if lo <= c.column <= hi) for c in sheet[1]]


def test_rows_are_as_high_as_their_text(package, tmp_path):
    """LibreOffice prints wrapped paragraphs over each other, where a row has no height."""
    contents = workbook_contents(package, None, ())
    contents.tables["actors"][0]["notes"] = "word " * 100
    contents = replace(contents, book=replace(contents.book, guide=()))
    write_workbook(contents, tmp_path / "x.xlsx")
    workbook = openpyxl.load_workbook(tmp_path / "x.xlsx")
    for name in ("read me", "text", "codes", "actors", "documents"):
        sheet = workbook[name]
        widths = widths_of(sheet)
        for row in sheet.iter_rows(min_row=2):
            lines = max(lines_of(str(c.value or ""), w) for c, w in zip(row, widths, strict=True))
            height = sheet.row_dimensions[row[0].row].height or 15
            assert height >= min(409, 15 * lines), (name, row[0].row)
    assert workbook["actors"].row_dimensions[2].height > 100


def test_the_guide_has_no_markup(with_guide):
    """`|---|---|` and `**bombardment**` in cells are for programs."""
    sheet = with_guide["guide"]
    cells = [c for row in sheet.iter_rows() for c in row if c.value]
    assert len(cells) > 300
    for cell in cells:
        assert not re.search(r"\*\*|^#|^\||\|-|```|\]\(", str(cell.value)), cell.value
    links = [c for c in cells if c.hyperlink]
    assert links and all("guide" in (c.hyperlink.location or "") for c in links)
    for link in links:
        target = sheet[link.hyperlink.location.rpartition("!")[2]]
        assert target.value == link.value


def test_markdown_becomes_cells():
    """A table in one cell, a list without its signs, a command in the font of the text."""
    text = (
        "# A *b*\n\nOne **two** [three](#x).\n\n1. first\n2. second\n   - inner\n\n"
        "| a | long heading |\n|---|---|\n| `c` | d |\n\n```csv x.xlsx events\np,q\n1,2\n```\n"
        "```sh\neventbook check\n```\n"
    )
    rows = list(guide_rows(text, 6))
    shown = [(row.form, ["".join(t for t, _ in cell) for cell in row.cells]) for row in rows]
    assert shown == [
        ("title", ["A b"]),
        ("text", ["One two three."]),
        ("text", ["1. first"]),
        ("text", ["2. second"]),
        ("text", ["    • inner"]),
        ("grid head", ["a", "long heading"]),
        ("grid", ["c", "d"]),
        ("caption", ["x.xlsx, events"]),
        ("grid head", ["p", "q"]),
        ("grid", ["1", "2"]),
        ("command", ["eventbook check"]),
    ]
    assert all(sum(row.spans) == 6 for row in rows)
    assert ("two", "bold") in rows[1].cells[0] and ("c", "code") in rows[6].cells[0]
    wide = list(guide_rows("|a|b|c|\n|-|-|-|\n|d|e|f|\n", 2))
    assert ["".join(t for t, _ in row.cells[0]) for row in wide] == ["a | b | c", "d | e | f"]


def test_it_prints_across_and_fits(with_guide):
    """77 pages upright, with a column on each."""
    for sheet in with_guide:
        if sheet.sheet_state == "visible":
            assert sheet.page_setup.orientation == "landscape", sheet.title
            assert sheet.sheet_properties.pageSetUpPr.fitToPage, sheet.title
            assert not sheet.page_setup.fitToHeight, sheet.title
            assert sheet.print_title_rows == "$1:$1", sheet.title


# Lists


def rules_of(sheet):
    return {
        named(sheet.cell(1, next(iter(r.sqref.ranges)).min_col)): r
        for r in sheet.data_validations.dataValidation
    }


def test_a_list_has_labels_beside_its_numbers(with_guide, book):
    """A list of 1 to 7 asks a coder to know seven scales by heart."""
    workbook = with_guide
    rule = rules_of(workbook["events"])["ucdp_where_prec"]
    where = rule.formula1.replace("$", "").split("!")[1]
    offered = [c.value for (c,) in workbook["lists"][where]]
    codes = book.code_lists["where_prec"].codes
    assert offered == [f"{c.code}: {c.label}" for c in codes] + [c.code for c in codes]
    assert rule.errorStyle in (None, "stop")


def test_lists_go_on_to_the_last_row(with_guide):
    """Row 1,003 had no list, no colour and no warning."""
    for name in ("events", "quotes"):
        sheet = with_guide[name]
        ranges = [r for v in sheet.data_validations.dataValidation for r in v.sqref.ranges]
        ranges += [r for f in sheet.conditional_formatting for r in f.sqref.ranges]
        assert ranges and {r.max_row for r in ranges} == {1_048_576}


@pytest.mark.office
@needs_office
def test_a_list_of_actors_has_names_and_new_rows(blank, tmp_path):
    """An actor that the coder has just added is not in a list that was made before."""
    workbook = openpyxl.load_workbook(blank)
    source = rules_of(workbook["events"])["actor1_id"].formula1
    for row, ident, name in ((2, "a-one", "One"), (3, "a-two", None), (5, "a-four", "Four")):
        workbook["actors"].cell(row, 1).value = ident
        workbook["actors"].cell(row, 2).value = name
    sheet = workbook.create_sheet("asked")
    sheet["A1"] = f"=ROWS({source})"
    for number in range(1, 5):
        sheet.cell(number, 2).value = f"=INDEX({source},{number},1)"
    ids = rules_of(workbook["claims"])["event_id"].formula1
    workbook["events"]["A2"], workbook["events"]["A4"] = "E-1", "E-3"
    sheet["A2"] = f"=ROWS({ids})"
    workbook.save(tmp_path / "asked.xlsx")
    saved = through_office(tmp_path / "asked.xlsx", tmp_path / "out")
    sheet = openpyxl.load_workbook(saved, data_only=True)["asked"]
    assert [sheet.cell(n, 2).value or None for n in range(1, 5)] == [
        "a-one: One",
        "a-two",
        None,
        "a-four: Four",
    ]
    assert (sheet["A1"].value, sheet["A2"].value) == (4, 3)


@pytest.mark.parametrize(
    ("column", "value", "rules"),
    [
        ("ucdp_where_prec", "1: Exact place", set()),
        ("ucdp_where_prec", "1", set()),
        ("ucdp_where_prec", "1: Around a place", {"type"}),
        ("ucdp_where_prec", "9: Exact place", {"type"}),
        ("ucdp_where_prec", "Exact place", {"type"}),
        ("actor1_id", "isl-protesters: Protesters (Iceland)", set()),
        ("actor1_id", "isl-protesters", set()),
        ("actor1_id", "isl-protesters: Police", {"foreign-key", "pattern"}),
        ("sub_event_type", "Peaceful protest", set()),
        ("sub_event_type", "Peaceful protest: Attack", {"code"}),
    ],
)
def test_a_value_is_read_with_its_label_or_alone(coded, column, value, rules):
    """A label that is another code's says two things; taking either of them would be a guess."""
    report = coded(("events", 2, column, value))
    assert {f.rule for f in report if f.column == column and f.severity == "error"} <= rules
    assert bool(report.status()) is bool(rules)


def test_what_is_filed_has_values_alone(whole, package):
    """Labels in filed tables would be another value in each language and each version."""
    assert "6: Protesters" in [c.value for c in openpyxl.load_workbook(whole)["actors"]["D"]]
    assert invoke("import", str(whole), "--coder", "anna").returncode == 0
    for name in ("events", "actors", "locations"):
        filed = read(package.root / f"seeds/codings/anna/{name}.csv").frame
        ours = read(package.root / f"seeds/tables/{name}.csv").frame
        assert filed.equals(ours.select(filed.columns)), name


def test_labels_that_repeat_the_code_are_not_shown():
    """`rule: Rule` in a list is a word read twice."""

    def codes(*pairs):
        listed = tuple(Code(code, label, "x") for code, label in pairs)
        return CodeList("x", "x", "x", "string", {}, listed)

    same = codes(("not_mentioned", "Not mentioned"), ("by_order", "By the order"))
    more = codes(("ISL", "Iceland"), ("notes", "Notes"))
    assert not labels_say_more(same) and cell_of(same, "not_mentioned") == "not_mentioned"
    assert labels_say_more(more) and cell_of(more, "notes") == "notes: Notes"
    assert cell_of(more, "NOR") == "NOR: " or cell_of(more, "NOR") == "NOR"


# Findings


def test_a_paragraph_is_found_where_it_is_read(blank):
    """`documents!2:2` for a paragraph of the text: nothing is wrong there."""
    done = invoke("check", str(blank))
    assert "anna.xlsx text!C3: error paragraph-accounted" in done.stdout
    assert "documents!" not in done.stdout
    assert "it shows …'" in done.stdout, "a beginning ends between words, with a sign"


def test_a_blank_after_an_id_is_one_line(coded):
    """One blank was three errors of the cell, and five of what points to it."""
    said = human(coded(("actors", 3, "actor_id", "isl-protesters ")))
    lines = [line for line in said.splitlines() if ": error " in line]
    assert len(lines) == 1 and "actors!A3" in lines[0], said


@pytest.mark.parametrize(
    ("column", "value", "says"),
    [
        ("date_start", "3 May 2024", "Did you mean 2024-05-03?"),
        ("fatalities_low", "more than 120", "go into fatalities_words"),
        ("crowd_low", "about 100", "go into crowd_words"),
        ("targets_struck", "several", "Not a whole number. Allowed"),
        ("fatalities_low", "12.5", "Not a whole number. Allowed"),
        ("ucdp_where_prec", "close", "Not a code of the list where_prec. Allowed: 1, 2, 3"),
    ],
)
def test_a_finding_says_where_to_go(coded, column, value, says):
    """ "Not a whole number" leaves "more than 120" without a place."""
    assert says in human(coded(("events", 2, column, value)))


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("13 May 2019", "2019-05-13"),
        ("May 13, 2019", "2019-05-13"),
        ("Monday, 13 May 2019", "2019-05-13"),
        ("Tuesday 13 May 2019", None),
        ("13th of May 2019", "2019-05-13"),
        ("13-May-2019", "2019-05-13"),
        ("4 Sept. 2019", "2019-09-04"),
        ("13/05/2019", "2019-05-13"),
        ("05/13/2019", "2019-05-13"),
        ("04.04.2019", "2019-04-04"),
        ("03/04/2019", None),
        ("3.4.2019", None),
        ("13/05/19", None),
        ("2019-5-3", "2019-05-03"),
        ("2019/05/03", "2019-05-03"),
        ("20190513", "2019-05-13"),
        ("2019-02-30", None),
        ("31 June 2019", None),
        ("13 Ma 2019", None),
        ("13 mai 2019", None),
        ("May 2019", None),
        ("2019", None),
        ("43598", None),
        ("", None),
    ],
)
def test_only_a_certain_day_is_one(text, day):
    """03/04/2019 is two days, and whoever picks one has coded."""
    assert certain_day(text) == (date.fromisoformat(day) if day else None)


# Fixes


@pytest.mark.parametrize(
    ("sheet", "column", "old", "new"),
    [
        ("events", "sub_event_type", "peaceful  protest ", "Peaceful protest"),
        ("events", "fatalities_status", "Not mentioned", "not_mentioned"),
        ("events", "ucdp_where_prec", "exact place", "1"),
        ("events", "actor1_id", " ISL-Protesters", "isl-protesters"),
        ("events", "actor1_id", "protesters (iceland)", None),
        ("events", "date_start", "3 May 2024", "2024-05-03"),
        ("events", "date_start", "03/05/2024", None),
        ("events", "date_start", "3 May 1024", None),
        ("events", "crowd_low", "1,200", "1200"),
        ("events", "crowd_low", "1 200", "1200"),
        ("events", "crowd_low", "1.200", None),
        ("events", "crowd_low", "more than 90", None),
        ("events", "source_ids", "ISL-bread-organisers", "isl-bread-organisers"),
        ("events", "notes", "A note. ", "A note."),
        ("events", "sub_event_type", "Peaceful", None),
        ("events", "event_id", "ISL-2024-0001 ", "ISL-2024-0001"),
        ("quotes", "variables", "Crowd_low;crowd_high", "crowd_low; crowd_high"),
        ("quotes", "quote", "about a hundred  people", "About a hundred people"),
        ("quotes", "quote", "about a thousand people", None),
        ("locations", "latitude", "64,135", None),
    ],
)
def test_what_can_only_mean_one_thing_is_offered(coded, sheet, column, old, new):
    """Fifty cells to type again, each of which says what it means; or one that was guessed."""
    cells = [(sheet, 2, column, old)]
    if column == "quote":
        cells += [(sheet, 2, name, None) for name in ("paragraph", "start", "end")]
    report = coded(*cells)
    assert report.status() == 1
    (*found,) = ((f.column, f.old, f.new) for f in report.fixes)
    assert found == ([(column, old, new)] if new else [])


@pytest.mark.slow
def test_a_quote_with_two_places_is_left(package, whole, tmp_path):
    """The words of another sentence would carry the value."""
    cells = [("quotes", 2, name, None) for name in ("paragraph", "start", "end")]
    twice = [("quotes", 2, "quote", "reykjavik")]
    path = typed(whole, tmp_path / "x.xlsx", *cells, *twice)
    (fix,) = check_files([path]).fixes
    # The words are certain, though their place is not: that stays a finding.
    assert (fix.old, fix.new) == ("reykjavik", "Reykjavik")
    out = tmp_path / "out.xlsx"
    done = invoke("check", str(path), "--fix", "--to", str(out))
    assert "quote-several" in done.stdout and done.returncode == 1


def test_an_id_that_another_row_has_is_left(coded):
    """Two actors would become one."""
    report = coded(("actors", 2, "actor_id", "isl-protesters "))
    assert ("text-edges", "actors!A2") in {(f.rule, report.cell(f)) for f in report}
    assert not report.fixes


def test_a_word_with_two_meanings_is_none():
    """A label of two codes names neither."""
    meant = {"1": "1", "day": "1", "Day": "2", "2": "2"}
    assert same_word("DAY", meant) is None
    assert same_word("day", meant) == "1" and same_word(" 2 ", meant) == "2"
    assert same_word(" ", {"": "x"}) is None


BAD = (
    ("events", 2, "event_id", f"{EVENT} "),
    ("events", 2, "document_id", "doc-0001"),
    ("events", 2, "sub_event_type", "peaceful protest"),
    ("events", 2, "date_start", "3 May 2024"),
    ("events", 2, "crowd_low", "90 "),
    ("quotes", 2, "quote", "about a hundred people"),
    ("quotes", 2, "paragraph", None),
    ("quotes", 2, "start", None),
    ("quotes", 2, "end", None),
    ("quotes", 2, "document_id", None),
)


@pytest.mark.slow
def test_fixes_are_made_in_a_copy_and_reported(whole, tmp_path):
    """A quote is known only when the id of its event is right: one round finds half."""
    path, out = typed(whole, tmp_path / "bad.xlsx", *BAD), tmp_path / "fixed.xlsx"
    before = path.read_bytes()
    offered = invoke("check", str(path))
    assert offered.returncode == 1
    assert f"would be fixed by --fix: event_id: '{EVENT} ' -> '{EVENT}'" in offered.stdout
    done = invoke("check", str(path), "--fix", "--to", str(out))
    assert done.returncode == 0, done.stdout
    assert "quotes!D2: fixed: quote: 'about a hundred people' -> 'About a hundred people'" in (
        done.stdout
    )
    assert path.read_bytes() == before
    again = check_files([out])
    assert again.status() == 0 and not again.fixes
    assert openpyxl.load_workbook(out)["events"]["A2"].value == EVENT


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["{x}", "--fix"], "never FILE: name the copy"),
        (["{x}", "--to", "{new}"], "--to is where --fix writes"),
        (["{x}", "--fix", "--to", "{x}"], "already exists; use --force"),
        (["{x}", "--marked", "{x}"], "already exists; use --force"),
        (["{x}", "--marked", "{csv}new.csv"], "must end in .xlsx"),
        (["{csv}", "--marked", "{new}"], "is a folder"),
        (["{csv}events.csv", "--marked", "{new}"], "works on workbooks"),
        (["{csv}events.csv", "--fix", "--to", "{new}"], "works on a coder's workbook"),
        (["--marked", "{new}"], "exactly one FILE"),
        (["{x}", "{csv}events.csv", "--marked", "{new}"], "exactly one FILE"),
        (["{x}", "--marked", "{new}", "--engine", "spark"], "no other output"),
    ],
)
def test_what_cannot_be_given_back_is_refused(whole, package, tmp_path, words, says):
    """The only copy of a day's coding, overwritten; or a refusal that does not say what to do."""
    paths = {"x": whole, "new": tmp_path / "new.xlsx", "csv": f"{package.root}/seeds/tables/"}
    before = whole.read_bytes()
    done = invoke("check", *(word.format(**paths) for word in words))
    assert done.returncode == 2 and says in done.stderr, done.stderr
    assert whole.read_bytes() == before and not (tmp_path / "new.xlsx").exists()


@pytest.mark.slow
def test_a_folder_of_tables_is_fixed_in_a_copy(package, tmp_path):
    """Who codes in text files types the same slips."""
    tables = package.root / "seeds/tables"
    for name, old, new in (
        ("events", "Peaceful protest", "peaceful protest"),
        ("quotes", "on 3 May,rule", "On 3 May ,rule"),
    ):
        path = tables / f"{name}.csv"
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")
    before = {p.name: p.read_bytes() for p in tables.iterdir()}
    out = tmp_path / "fixed"
    done = invoke("check", str(tables), "--fix", "--to", str(out))
    assert done.returncode == 0, done.stdout
    assert {p.name: p.read_bytes() for p in tables.iterdir()} == before
    assert "Peaceful protest" in (out / "events.csv").read_text(encoding="utf-8")
    assert "on 3 May,rule" in (out / "quotes.csv").read_text(encoding="utf-8")
    assert (out / "actors.csv").read_bytes() == before["actors.csv"]
    done = invoke("check", str(tables), "--fix", "--to", str(tables), "--force")
    assert done.returncode == 0 and package.check().report.status() == 0


def test_a_table_that_was_not_read_whole_is_not_written(package, tmp_path):
    """A row with a cell too many is dropped by a writer that does not look."""
    path = package.root / "seeds/tables/events.csv"
    text = path.read_text(encoding="utf-8").replace("Peaceful protest", "peaceful protest")
    path.write_text(f"{text}one,two\n", encoding="utf-8")
    out = tmp_path / "fixed"
    done = invoke("check", str(path.parent), "--fix", "--to", str(out))
    assert done.returncode == 2 and "not read whole" in done.stderr
    assert not (out / "events.csv").exists()


# Marked


WRONG = (
    ("events", 2, "sub_event_type", "Armed clsh"),
    ("events", 2, "fatalities_low", "more than 120"),
    ("events", 3, "event_id", "ISL-2024-0002"),
    ("claims", 2, "claim_id", "ISL-2024-C001"),
)


def notes_of(path):
    return {
        f"{sheet.title}!{cell.coordinate}": cell.comment.text
        for sheet in openpyxl.load_workbook(path)
        for row in sheet.iter_rows()
        for cell in row
        if cell.comment and MARK in cell.comment.text
    }


def coloured(path):
    """The marked cells with their colours."""
    found = {}
    for sheet in openpyxl.load_workbook(path):
        for formatting in sheet.conditional_formatting:
            for rule in formatting.rules:
                if rule.formula == [FORMULA]:
                    for part in formatting.sqref.ranges:
                        for row, column in part.cells:
                            cell = sheet.cell(row, column).coordinate
                            found[f"{sheet.title}!{cell}"] = rule.dxf.fill.bgColor.rgb
    return found


def test_cells_are_coloured_and_have_their_sentences(whole, tmp_path):
    """Sixty lines on a screen are sixty times looking for a cell."""
    path, out = typed(whole, tmp_path / "bad.xlsx", *WRONG), tmp_path / "marked.xlsx"
    done = invoke("check", str(path), "--marked", str(out))
    assert done.returncode == 1 and f"on the sheet {FINDINGS}" in done.stdout
    report = check_files([path])
    notes, colours = notes_of(out), coloured(out)
    assert notes.keys() == colours.keys()
    cells = {report.cell(f).replace("3:3", "A3") for f in report if f.line}
    assert cells <= notes.keys() and {"events!C2", "events!L2", "claims!A2"} <= notes.keys()
    assert "Did you mean Armed clash?" in notes["events!C2"]
    assert notes["events!L2"].count("error: ") == len(
        {f.message for f in report if report.cell(f) == "events!L2"}
    )
    listed = list(openpyxl.load_workbook(out)[FINDINGS].iter_rows(min_row=2, values_only=True))
    assert len(listed) == len(report)


def test_errors_and_warnings_have_other_colours(package, whole, tmp_path):
    """A warning that looks like an error is mended before the errors."""
    headline = "Invented example: a march for bread"
    workbook = openpyxl.load_workbook(whole)
    quotes = workbook["quotes"]
    quotes.delete_rows(3, 5)
    columns = {named(c): c.column for c in quotes[1]}
    for name in ("paragraph", "start", "end", "variables", "basis", "because", "document_id"):
        quotes.cell(2, columns[name]).value = None
    quotes.cell(2, columns["quote"]).value = headline
    workbook.save(tmp_path / "x.xlsx")
    report = check_files([tmp_path / "x.xlsx"])
    warned = {report.cell(f) for f in report if f.severity == "warning"}
    failed = {report.cell(f) for f in report if f.severity == "error"}
    assert warned - failed
    invoke("check", str(tmp_path / "x.xlsx"), "--marked", str(tmp_path / "m.xlsx"))
    colours = coloured(tmp_path / "m.xlsx")
    assert {colours[cell] for cell in warned - failed}.isdisjoint(colours[c] for c in failed)


def parts(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


EXTENSION = (
    b'<extLst><ext uri="{CCE6A557-97BC-4b89-ADB6-D9C93CAAB3DF}" '
    b'xmlns:x14="http://schemas.microsoft.com/office/spreadsheetml/2009/9/main">'
    b'<x14:dataValidations count="0"/></ext></extLst></worksheet>'
)
"""As Excel saves lists that are on another sheet, which libraries do not know and drop."""


def test_nothing_else_of_the_workbook_changes(blank, tmp_path):
    """A library that writes the workbook anew loses lists, sizes of notes and pictures."""
    made = parts(blank)
    made = {n: d.replace(b"</worksheet>", EXTENSION) for n, d in made.items()}
    path, out, twice = (tmp_path / name for name in ("excel.xlsx", "m.xlsx", "n.xlsx"))
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in made.items():
            archive.writestr(name, data)
    invoke("check", str(path), "--marked", str(out))
    marked = parts(out)
    for name, data in made.items():
        new = marked[name]
        if new == data:
            continue
        if name.startswith("xl/worksheets/sheet"):
            new = re.sub(
                rb'<conditionalFormatting sqref="[A-Z0-9 ]+"><cfRule[^>]*stop.*?</conditionalFormatting>',
                b"",
                new,
            )
            new = re.sub(rb"<legacyDrawing [^>]*xmlns:r[^>]*/>", b"", new)
            priority = re.compile(rb' priority="\d+"')
            assert priority.sub(b"", new) == priority.sub(b"", data), name
        else:
            assert name in {
                "[Content_Types].xml",
                "xl/workbook.xml",
                "xl/_rels/workbook.xml.rels",
                "xl/styles.xml",
            }, name
    assert sum(data.count(MARK.encode()) for data in marked.values()) == 3
    # Marked again, it is the same; with nothing wrong, the marks are gone.
    invoke("check", str(out), "--marked", str(twice))
    assert parts(twice) == marked


@pytest.mark.slow
def test_marks_are_gone_when_all_is_well(whole, tmp_path):
    """A coder who goes on in the marked copy would keep the notes of what she has corrected."""
    path, out = typed(whole, tmp_path / "bad.xlsx", *WRONG[:2]), tmp_path / "marked.xlsx"
    workbook = openpyxl.load_workbook(path)
    workbook["events"]["C2"].comment = openpyxl.comments.Comment("Ask Bert", "anna")
    workbook.save(path)
    invoke("check", str(path), "--marked", str(out))
    assert notes_of(out)["events!C2"].startswith("Ask Bert\n\n" + MARK)
    good = (
        ("events", 2, "sub_event_type", "Peaceful protest"),
        ("events", 2, "fatalities_low", None),
    )
    path = typed(out, tmp_path / "good.xlsx", *good)
    done = invoke("check", str(path), "--marked", str(tmp_path / "clean.xlsx"))
    assert done.returncode == 0, done.stdout
    assert notes_of(tmp_path / "clean.xlsx") == {} == coloured(tmp_path / "clean.xlsx")
    clean = openpyxl.load_workbook(tmp_path / "clean.xlsx")
    assert clean["events"]["C2"].comment.text == "Ask Bert"
    assert clean[FINDINGS]["C1"].value == "nothing is wrong" and clean[FINDINGS].max_row == 1


@pytest.mark.office
@needs_office
def test_libreoffice_reads_the_marks_and_they_are_found_again(whole, tmp_path):
    """A file that only its writer can open is no answer to a coder."""
    path, out = typed(whole, tmp_path / "bad.xlsx", *WRONG), tmp_path / "marked.xlsx"
    invoke("check", str(path), "--marked", str(out))
    saved = through_office(out, tmp_path / "saved")
    assert notes_of(saved).keys() == notes_of(out).keys() == coloured(saved).keys()
    again = tmp_path / "again.xlsx"
    invoke("check", str(saved), "--marked", str(again))
    assert {c: t.count(MARK) for c, t in notes_of(again).items()} == dict.fromkeys(notes_of(out), 1)
    assert coloured(again) == coloured(out)


def test_what_is_about_no_cell_is_listed(whole, tmp_path):
    """A sheet that was deleted has no cell to colour."""
    workbook = openpyxl.load_workbook(whole)
    del workbook["claims"]
    workbook.save(tmp_path / "x.xlsx")
    invoke("check", str(tmp_path / "x.xlsx"), "--marked", str(tmp_path / "m.xlsx"))
    rows = openpyxl.load_workbook(tmp_path / "m.xlsx")[FINDINGS].iter_rows(values_only=True)
    assert any("The table claims is missing" in row[2] for row in rows)


@pytest.mark.slow
def test_hostile_words_are_text_in_a_marked_workbook(whole, tmp_path):
    """A value that ends the XML around it, or a control character, makes a file nobody opens."""
    bad = "<x>&' ]]> =1+1 {{x}}"
    path = typed(whole, tmp_path / "bad.xlsx", ("events", 2, "sub_event_type", bad))
    invoke("check", str(path), "--marked", str(tmp_path / "m.xlsx"))
    assert repr(bad) in notes_of(tmp_path / "m.xlsx")["events!C2"]
    assert xml_text("a\x01_x0041_\n<\r") == "a_x0001__x005F_x0041_\n&lt;_x000D_"
    assert check_files([tmp_path / "m.xlsx"]).findings.equals(
        check_files([path]).findings.with_columns(
            file=check_files([tmp_path / "m.xlsx"]).findings["file"]
        )
    )


def test_entities_are_refused(whole, tmp_path):
    """A part that unpacks itself a million times."""
    made = parts(whole)
    evil = b'<!DOCTYPE x [<!ENTITY a "aaaa">]>'
    made["xl/styles.xml"] = made["xl/styles.xml"].replace(b"<styleSheet", evil + b"<styleSheet", 1)
    with zipfile.ZipFile(tmp_path / "x.xlsx", "w") as archive:
        for name, data in made.items():
            archive.writestr(name, data)
    done = invoke("check", str(tmp_path / "x.xlsx"), "--marked", str(tmp_path / "m.xlsx"))
    assert done.returncode == 2 and "document type" in done.stderr
    assert not (tmp_path / "m.xlsx").exists()


def test_any_workbook_can_be_marked(tmp_path):
    """An export of ACLED that somebody works on in Excel has cells, too."""
    book = load("acled")
    table = book.main_table
    workbook = openpyxl.Workbook()
    workbook.active.append([v.name for v in table.variables])
    workbook.active.append([str(v.example) for v in table.variables])
    column = next(n for n, v in enumerate(table.variables, 1) if v.codes)
    workbook.active.cell(2, column).value = "no such code"
    workbook.save(tmp_path / "acled.xlsx")
    done = invoke("check", str(tmp_path / "acled.xlsx"), "--marked", str(tmp_path / "m.xlsx"))
    assert done.returncode == 1, done.stderr
    assert any("no such code" in text for text in notes_of(tmp_path / "m.xlsx").values())
