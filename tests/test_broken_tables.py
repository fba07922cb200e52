"""Tables of a package whose headings are not what the codebook says: a finding, never a traceback."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import shutil
from dataclasses import replace

import polars as pl
import pytest
from conftest import ROOT, copied, invoke

from eventbook.codebook import load
from eventbook.validation import check_files, check_large
from eventbook.validation.engines.small import check_sources
from eventbook.validation.package.package import Package
from eventbook.validation.reading.source import Source

TABLES = [table.name for table in load("eventbook").tables.values() if not table.derived]
NAMES = {t: [v.name for v in load("eventbook").tables[t].coded] for t in TABLES}


@pytest.fixture(scope="module")
def frames():
    """The hand-coded tables of the package as read."""
    return {name: source.frame for name, source in Package(ROOT).sources().items()}


def findings(frames, table, frame):
    """The findings (rule, column) of the package with another frame in the place of a table."""
    changed = {**frames, table: frame}
    sources = {name: Source(f"{name}.csv", some) for name, some in changed.items()}
    report = check_sources(load("eventbook"), sources, ROOT).report
    assert report.status() == 1
    return {(f.rule, f.column) for f in report}, report


def ensure_heading_is_checked(frames, table, name):
    """Ensure that a column that is renamed is reported, and one that is missing if it must be there."""
    wrong = name.replace("_", "") if "_" in name else f"{name}s"
    found, report = findings(frames, table, frames[table].rename({name: wrong}))
    assert ("unknown-column", wrong) in found
    (unknown,) = (f for f in report if f.rule == "unknown-column")
    assert unknown.nearest == name
    # A file may lack a column in which every cell takes its default.
    needed = name not in load("eventbook").tables[table].omittable
    assert (("missing-column", name) in found) is needed
    if not needed:
        return
    found, _ = findings(frames, table, frames[table].drop(name))
    assert ("missing-column", name) in found


@pytest.mark.parametrize("table", TABLES)
def test_a_renamed_or_missing_key_is_reported(table, frames):
    """`claimid` for `claim_id` ended the check with a KeyError; nothing else was seen."""
    ensure_heading_is_checked(frames, table, NAMES[table][0])


@pytest.mark.parametrize("table, name", [("quotes", "quote"), ("events", "date_start")])
def test_a_renamed_or_missing_column_is_reported(table, name, frames):
    """The check assumed that the columns that it reads itself are there."""
    ensure_heading_is_checked(frames, table, name)


@pytest.mark.slow
@pytest.mark.parametrize("table, name", [(t, n) for t in TABLES for n in NAMES[t]])
def test_any_renamed_or_missing_column_is_reported(table, name, frames):
    """Which columns the parts of the check need is written down apart from them."""
    ensure_heading_is_checked(frames, table, name)


def test_what_a_missing_column_leaves_unchecked_is_listed(frames):
    """Quotes that were not checked must not pass: what was skipped is reported."""
    found, report = findings(frames, "quotes", frames["quotes"].drop("quote"))
    assert not {"quote-found", "words-in-quote"} & {rule for rule, _ in found}
    assert "quote-found: needs evidence.quote" in report.unchecked
    assert "words-in-quote: needs evidence.quote" in report.unchecked


def test_the_rest_of_the_evidence_is_checked_without_the_table_of_paragraphs(frames):
    """One unreadable table switched the whole check of the evidence off, in silence."""
    sources = {name: Source(f"{name}.csv", frame) for name, frame in frames.items()}
    quote = pl.col("quote").str.replace("^.", "Never ")
    changed = frames["quotes"].with_columns(quote)
    sources["quotes"] = replace(sources["quotes"], frame=changed)
    sources["passed_over"] = replace(sources["passed_over"], frame=None)
    report = check_sources(load("eventbook"), sources, ROOT).report
    assert "quote-found" in {f.rule for f in report}
    assert any(
        line.startswith("paragraph-accounted: needs passed_over") for line in report.unchecked
    )


def table_text(rows):
    """Rows as CSV."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()


def damaged(rows):
    """What people and programs do to a table, by a name: the text of the file."""
    head, width = rows[0], len(rows[0])
    yield "a title, as Excel saves it", table_text([["My table"] + [""] * (width - 1), *rows])
    yield "a title alone in its line", "My table\n" + table_text(rows)
    yield "an empty line", "\n" + table_text(rows)
    yield "nothing", ""
    yield "headings only", table_text(rows[:1])
    yield "a heading twice", table_text([[*row, row[0]] for row in rows])
    yield "the key renamed", table_text([[head[0].replace("_", ""), *head[1:]], *rows[1:]])
    # What a program fills in is no loss.
    last = max(at for at, name in enumerate(head) if name not in {"paragraph", "start", "end"})
    last = head.index("quote") if "quote" in head and "variables" in head else last
    yield "the last column gone", table_text([row[:last] + row[last + 1 :] for row in rows])
    yield "a column of the user's own", table_text([[*row, "mine"] for row in rows])
    if rows[1:]:
        yield "a cell too many", table_text([head, *([*row, "x"] for row in rows[1:])])


EVENT = {"document": "DOC-0001", "type": "Armed clash", "country": "SYR", "year": "2019"}
DOCUMENT = {"date": "2024-05-04", "basis": "stated", "words": "4 May 2024"}
VERBS = (
    ("check", "--strict"),
    ("fmt",),
    ("publish", "--check"),
    ("publish",),
    ("new", "event", *(f"--{name}={value}" for name, value in EVENT.items())),
    ("new", "claim", "--event_id", "SYR-2019-0001", "--claimant_id", "ocha", "--act", "asserts"),
    ("new", "actor", "--actor", "Police Forces of Iceland", "--iso3", "ISL", "--inter", "1"),
    ("new", "place", "--location", "Akureyri", "--place_type", "settlement", "--as-typed"),
    ("new", "document", "report.txt", *(f"--{name}={value}" for name, value in DOCUMENT.items())),
    ("workbook", "--coder", "anna", "anna.xlsx", "--force"),
    ("adjudicate", "coder-a", "coder-b"),
    ("import", "coded", "--coder", "anna"),
    ("explore", "events.html"),
)
CHECK_FIRST = {
    ("publish", "--check"),
    ("explore", "events.html"),
    ("adjudicate", "coder-a", "coder-b"),
}
"""Verbs that check the package before anything else, as `publish` does, and stop with its report."""
ALWAYS_TRIED = {"nothing", "headings only", "the key renamed"}
"""Damages that each verb meets in each table: no frame, no rows, no column by the name."""
READ_BY = {
    "event": {"events", "quotes", "documents"},
    "claim": {"claims", "events", "quotes", "documents"},
    "actor": {"actors"},
    "place": {"locations"},
    "document": {"documents", "quotes"},
}


@pytest.mark.slow
@pytest.mark.parametrize("table", TABLES)
def test_no_verb_fails_on_a_damaged_table_or_writes_it_again(table, tmp_path):
    """`new claim` rewrote a table from what it had read of it, and lost the column it did not know."""
    package = copied(tmp_path / "package", traced=True)
    (package.root / "report.txt").write_text("Fighting on 4 May 2024 in the town.\n")
    seeds = package.root / "seeds" / "tables"
    path = seeds / f"{table}.csv"
    rows = list(csv.reader(io.StringIO(path.read_text("utf-8"), newline="")))
    wrong = []
    before = snapshot(package.root)
    for name, text in damaged(rows):
        for verb in VERBS:
            if not is_tried(verb, table, name):
                continue
            path.write_text(text, "utf-8", newline="")
            if verb[0] == "import":
                shutil.copytree(seeds, package.root / "coded")
            result = invoke(*verb, cwd=package.root)
            problem = wrong_with(result, verb, table, sound=name == "headings only")
            if (
                verb == ("publish",)
                and result.returncode
                and changed(package.root, before) - {path}
            ):
                problem = "something was published"
            if name != "headings only" and verb[0] != "fmt" and path.read_bytes() != text.encode():
                problem = "it was written again"
            if problem:
                wrong.append((name, verb, problem, result.stderr[:200], result.stdout[:200]))
            restore(package.root, before)
    assert not wrong, "\n".join(map(str, wrong))


def is_tried(verb, table, damage):
    """Whether a verb is tried on a damage: always, unless it would only do what another one does."""
    if damage in ALWAYS_TRIED:
        return True
    return verb not in CHECK_FIRST and (verb[0] != "new" or table in READ_BY[verb[1]])


def wrong_with(result, verb, table, sound):
    """What is wrong with how a verb took a damaged table, if anything is."""
    coded = table != "retired"
    if result.returncode not in (0, 1, 2):
        return "it failed"
    if sound:
        return None
    fails = verb[0] in ("check", "publish") or (verb[0] == "import" and coded)
    if fails and result.returncode == 0:
        return "nothing was found"
    reads = verb[0] == "new" and table in READ_BY[verb[1]]
    if reads and (result.returncode, len(result.stderr.splitlines())) != (2, 1):
        return "it is not refused in one line"
    return None


PUBLISHED = {table.name: table.names for table in load("eventbook").tables.values()}


@pytest.mark.slow
@pytest.mark.parametrize("table", PUBLISHED)
def test_no_verb_fails_on_a_damaged_table_of_a_release(table, tmp_path):
    """A release whose table was opened and saved by a spreadsheet ended `diff` with a traceback."""
    folder, whole = tmp_path / "release", ROOT / "dataset" / f"{table}.csv"
    shutil.copytree(ROOT / "dataset", folder / "dataset")
    descriptor = json.loads((ROOT / "datapackage.json").read_text("utf-8"))
    (described,) = [r for r in descriptor["resources"] if r["name"] == table]
    path = folder / described["path"]
    wrong = []
    for name, text in damaged(list(csv.reader(io.StringIO(whole.read_text("utf-8"), newline="")))):
        data = text.encode()
        if data == whole.read_bytes():
            continue
        path.write_bytes(data)
        described |= {"hash": f"sha256:{hashlib.sha256(data).hexdigest()}", "bytes": len(data)}
        (folder / "datapackage.json").write_text(json.dumps(descriptor), "utf-8")
        before = snapshot(tmp_path)
        for verb, may in (
            (("verify", str(folder)), (1,)),
            (("diff", str(whole), str(path)), (1, 2)),
            (("diff", str(path), str(whole)), (1, 2)),
            (("diff", str(folder), str(ROOT)), (0, 1, 2)),
            (("load", "sqlite://", "--from", str(folder)), (0, 2)),
        ):
            done = invoke(*verb, cwd=tmp_path)
            output = done.stdout + done.stderr
            one_line = len(done.stderr.splitlines()) == 1
            if done.returncode not in may or not output or (done.returncode == 2 and not one_line):
                wrong.append((name, verb, done.returncode, output[:400]))
        if snapshot(tmp_path) != before:
            wrong.append((name, "a file changed"))
    assert not wrong, "\n".join(map(str, wrong))


def changed(root, before):
    """The files of a folder that are not as they were, or new."""
    return {path for path, data in snapshot(root).items() if before.get(path) != data}


def snapshot(root):
    """The bytes of all files of a folder."""
    return {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}


def restore(root, before):
    """Give a folder its files back."""
    shutil.rmtree(root / "coded", ignore_errors=True)
    now = snapshot(root)
    for path in now.keys() - before.keys():
        path.unlink()
    for path, data in before.items():
        if now.get(path) != data:
            path.write_bytes(data)


EXPORT = """event_id_cnty,event_date,year,country,fatalities
SYR1,2019-05-01,2019,Syria,3
"""


@pytest.mark.parametrize("check", [lambda path: check_files([path]), check_large])
@pytest.mark.parametrize(
    "above, line", [("ACLED export\n", 2), ("ACLED export,,,,\n", 2), ("Export\nof today\n\n", 4)]
)
def test_a_title_above_the_headings_is_one_finding(check, above, line, tmp_path):
    """A title made every column of the table missing: forty findings, and none says why."""
    path = tmp_path / "export.csv"
    path.write_text(above + EXPORT)
    (finding,) = check(path)
    assert (finding.rule, finding.severity, finding.line) == ("header", "error", 1)
    assert f"the column names are in line {line}" in finding.message


def test_a_title_above_the_headings_of_a_sheet_is_one_finding(tmp_path):
    """Reports begin with a title more often in Excel than anywhere else."""
    xlsxwriter = pytest.importorskip("xlsxwriter")
    path = tmp_path / "export.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate([["ACLED export"], [], *csv.reader(io.StringIO(EXPORT))]):
            sheet.write_row(number, 0, row)
    (finding,) = check_files([path])
    assert finding.rule == "header"
    assert "the column names are in line 3. Delete the 2 rows above it" in finding.message


@pytest.mark.parametrize("check", [lambda path: check_files([path]), check_large])
@pytest.mark.parametrize("text", [EXPORT, ",a,b\nx,y,z\n", "name\nShelling of a town\nBattle\n"])
def test_headings_in_the_first_line_are_left_there(check, text, tmp_path):
    """A row of words under an index column or a single heading was taken for the headings."""
    path = tmp_path / "table.csv"
    path.write_text(text)
    assert "header" not in {f.rule for f in check(path)}


@pytest.mark.parametrize("check", [lambda path: check_files([path]), check_large])
@pytest.mark.parametrize("end", ["", "\n", "\n\n,,,,\n"])
def test_a_header_without_rows_is_a_note(check, end, tmp_path):
    """A query that found nothing looked like a file without errors."""
    head = (ROOT / "dataset" / "events.csv").read_text("utf-8").splitlines()[0]
    path = tmp_path / "events.csv"
    path.write_text(head + (end if "," not in end else "\n\n" + "," * head.count(",") + "\n"))
    report = check(path)
    assert [(f.rule, f.severity) for f in report] == [("no-rows", "note")]
    assert (report.status(), report.status(strict=True)) == (0, 0)


@pytest.mark.parametrize("check", [lambda path: check_files([path]), check_large])
def test_rows_that_cannot_be_read_are_not_no_rows(check, tmp_path):
    """Two findings that contradict each other: a row was skipped, and there are no rows."""
    head = (ROOT / "dataset" / "events.csv").read_text("utf-8").splitlines()[0]
    path = tmp_path / "events.csv"
    path.write_text(f"{head}\na,b\n")
    assert [f.rule for f in check(path)] == ["ragged-row"]
