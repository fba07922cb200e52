"""Evidence in books of any names: what is checked does not depend on what tables are called.

The names are those of `books/strikes`, none of which is in the shipped book.
"""

from __future__ import annotations

import csv
import json
import shutil
from dataclasses import replace

import pytest
from conftest import ROOT, Sheet, invoke

from eventbook.codebook import load
from eventbook.codebook.model import Rule
from eventbook.dataset.desk.drafts import open_variables
from eventbook.dataset.desk.new_row import tables_by_word
from eventbook.validation import check, check_large
from eventbook.validation.coding.id_form import IdForm
from eventbook.validation.engines.small import check_sources
from eventbook.validation.package.package import Package

STRIKES = ROOT / "tests/books/strikes"


@pytest.fixture
def strikes(tmp_path):
    """A copy of a package whose book has names of its own."""
    return Package(shutil.copytree(STRIKES, tmp_path / "strikes"))


def found(package):
    """The findings (rule, table, column) of the check of a package."""
    report = package.check().report
    return {(f.rule, f.file.split("/")[-1].removesuffix(".csv"), f.column) for f in report}


def test_a_false_quote_is_found_whatever_it_is_called(strikes):
    """The check looked for a table `evidence`, and reported 0 errors if there was none."""
    quotations = Sheet(strikes, "quotations")
    quotations.rows[0]["words"] = "Words that nobody wrote."
    quotations.save()
    assert ("quote-found", "quotations", "words") in found(strikes)


def test_a_swapped_document_is_found_whatever_it_is_called(strikes):
    """Another text under the same name moves every quote in silence."""
    (strikes.root / "seeds/documents/SRC-01.txt").write_text("Something else.\n", encoding="utf-8")
    assert ("document-hash", "sources", "checksum") in found(strikes)


def test_a_value_without_evidence_is_found_whatever_it_is_called(strikes):
    """A coded value that no words carry."""
    quotations = Sheet(strikes, "quotations")
    taken = next(row for row in quotations.rows if row["says"] == "began")
    quotations.rows.remove(taken)
    quotations.save()
    assert ("value-without-evidence", "strikes", "began") in found(strikes)


def test_a_row_without_evidence_is_found_whatever_it_is_called(strikes):
    """A strike that nobody quoted anything for."""
    quotations = Sheet(strikes, "quotations")
    quotations.rows = [row for row in quotations.rows if row["strike_id"] != "ST-0001"]
    quotations.save()
    assert ("value-without-evidence", "strikes", "strike_id") in found(strikes)


def test_a_paragraph_that_nobody_mentions_is_found_whatever_it_is_called(strikes):
    """A paragraph that was not read."""
    skipped = Sheet(strikes, "skipped")
    skipped.rows.clear()
    skipped.save()
    assert ("paragraph-accounted", "sources", None) in found(strikes)


@pytest.mark.parametrize("column", ["words", "source_id", "says", "block"])
def test_a_column_that_is_missing_is_listed_as_unchecked(column, strikes):
    """A traceback, or a pass for quotes that were not checked."""
    sources = strikes.sources()
    quotations = sources["quotations"]
    sources["quotations"] = replace(quotations, frame=quotations.frame.drop(column))
    report = check_sources(strikes.book, sources, strikes.root).report
    assert any(f"quotations.{column}" in line for line in report.unchecked)


def test_a_book_without_passed_over_paragraphs_says_what_is_not_checked(strikes):
    """Without this one table the whole check of the evidence was off, without any message."""
    book = strikes.book
    less = replace(book, tables={n: t for n, t in book.tables.items() if n != "skipped"})
    sources = {n: s for n, s in strikes.sources().items() if n != "skipped"}
    quotations = sources["quotations"].frame
    wrong = quotations.with_columns(words=quotations["words"].str.slice(1))
    sources["quotations"] = replace(sources["quotations"], frame=wrong)
    report = check_sources(less, sources, strikes.root).report
    assert "quote-found" in {f.rule for f in report}
    assert report.unchecked == (
        "paragraph-accounted: the book has no table of paragraphs that were passed over",
    )


def test_a_document_without_variables_that_need_evidence_needs_none(strikes):
    """Each document had to have a quote, also where the book asks for none."""
    book = strikes.book
    sources_table = book.tables["sources"]
    plain = tuple(replace(v, evidence=False) for v in sources_table.variables)
    less = book.with_table(replace(sources_table, variables=plain))
    sources = strikes.sources()
    quotations = sources["quotations"].frame
    kept = quotations.filter(quotations["strike_id"].is_not_null())
    sources["quotations"] = replace(sources["quotations"], frame=kept)
    report = check_sources(less, sources, strikes.root).report
    assert "value-without-evidence" not in {f.rule for f in report}


def test_the_last_line_of_the_check_names_what_was_not_checked(strikes):
    """What is skipped was a number in a line above, without a word on what."""
    book = strikes.root / "codebook/books/strikes/book.yaml"
    text = book.read_text(encoding="utf-8")
    assert "      passage: {" in text
    lines = text.splitlines()
    at = next(n for n, line in enumerate(lines) if line.startswith("      passage: {"))
    assert lines[at - 1].strip() == "roles:"
    book.write_text("\n".join([*lines[: at - 1], *lines[at + 1 :], ""]), encoding="utf-8")
    done = invoke("check", cwd=strikes.root)
    assert "not checked: paragraph-accounted: the book has no table" in done.stdout.splitlines()[-1]


def test_a_package_that_is_whole_has_no_word_on_what_is_not_checked():
    """A line that is always there is a line that nobody reads."""
    done = invoke("check", cwd=STRIKES)
    last = done.stdout.splitlines()[-1]
    assert "not checked" not in last and "4 strikes and" in last
    assert json.loads(invoke("check", "--format", "json", cwd=STRIKES).stdout)["unchecked"] == []


def test_a_quote_for_a_row_of_another_table_carries_no_value():
    """Two tables may have the same id; a quote for one row is no quote for the other."""
    evidence = load("eventbook").evidence
    assert evidence.owner({"event_id": "A", "document_id": "D"}) == ("events", "A")
    assert evidence.owner({"claim_id": "A", "document_id": "D"}) == ("claims", "A")
    assert evidence.owner({"event_id": None, "document_id": "D"}) == ("documents", "D")
    assert evidence.owner({}) is None


@pytest.fixture
def coded_twice(strikes, tmp_path):
    """The strikes as two coders filed them: Ben has another id for one, another outcome for one."""
    shutil.rmtree(strikes.root / "seeds/codings")
    (strikes.root / "seeds/adjudication.csv").unlink()
    for coder in ("anna", "ben"):
        folder = tmp_path / coder
        shutil.copytree(strikes.root / "seeds/tables", folder)
        (folder / "withdrawn.csv").unlink()
        if coder == "ben":
            for name in ("strikes", "quotations"):
                path = folder / f"{name}.csv"
                text = path.read_text(encoding="utf-8").replace("ST-0004,", "ST-0044,")
                path.write_text(text.replace(",compromise,", ",won,"), encoding="utf-8")
        done = invoke("import", str(folder), "--coder", coder, cwd=strikes.root)
        assert done.returncode == 0, done.stdout + done.stderr
    return strikes


@pytest.mark.slow
def test_two_coders_of_another_book_are_compared_and_made_one(coded_twice):
    """Agreement and adjudication ended in a KeyError: 'events'."""
    before = {p.name: p.read_bytes() for p in (coded_twice.root / "seeds/tables").iterdir()}
    done = invoke("agree", "anna", "ben", "--format", "json", cwd=coded_twice.root)
    measured = json.loads(done.stdout)
    (pair,) = measured["units"][0]["pairs"]
    assert measured["units"][0]["table"] == "strikes" and pair["f1"] == 1
    differ = {(d["unit"], d["variable"]) for d in measured["disagreements"]}
    assert differ == {("ST-0001", "outcome")}
    done = invoke("adjudicate", "anna", "ben", cwd=coded_twice.root)
    decisions = coded_twice.root / "seeds/adjudication.csv"
    text = decisions.read_text(encoding="utf-8")
    assert "compromise" in text and "ST-0044" in text
    with decisions.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    for row in rows:
        decided = "first" if row["variable"] else "one"
        row |= {"decision": decided, "decided_by": "cleo", "decided_on": "2026-11-24"}
        if row["variable"]:
            row["reason"] = "The report says so."
    with decisions.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    done = invoke("adjudicate", "anna", "ben", cwd=coded_twice.root)
    assert done.returncode == 0, done.stdout + done.stderr
    after = {p.name: p.read_bytes() for p in (coded_twice.root / "seeds/tables").iterdir()}
    assert after == before
    done = invoke("check", cwd=coded_twice.root)
    assert done.returncode == 0 and "0 errors" in done.stdout


def test_a_workbook_speaks_of_what_the_book_has(strikes, tmp_path):
    """The first sheet spoke of events and sub-event types to whoever codes strikes."""
    openpyxl = pytest.importorskip("openpyxl")
    path = tmp_path / "anna.xlsx"
    assert invoke("workbook", str(path), "--coder", "anna", cwd=strikes.root).returncode == 0
    workbook = openpyxl.load_workbook(path)
    text = "\n".join(str(row[1].value) for row in workbook["read me"].iter_rows())
    assert "one strike or quotation" in text and "leave block, from_char and to_char" in text
    assert "event " not in text and "actor" not in text
    needed = {c.value.split("\n")[1]: c.fill.fgColor.rgb for c in workbook["quotations"][1]}
    assert needed["words"] != needed["from_char"]


@pytest.mark.parametrize(
    "words",
    [
        ("workbook", "x.xlsx"),
        ("import", "seeds/tables", "--coder", "anna"),
        ("agree", "anna", "ben"),
        ("adjudicate", "anna", "ben"),
        ("new", "document", "README.md"),
    ],
)
def test_a_book_without_documents_says_so_in_a_line(words):
    """A traceback with a KeyError for whoever codes something else than documents."""
    done = invoke(*words, cwd=ROOT / "tests/books/shootings")
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "eventbook: the book shootings has no documents: no table has the role document"
    ]


def test_rows_are_added_by_the_words_of_the_book(strikes, tmp_path):
    """`new event` was the only row that could be added, with a country and a year in its id."""
    report = tmp_path / "report.txt"
    report.write_text("A headline\n\nThe dockers walked out on 3 May 2022.\n", encoding="utf-8")
    words = [str(report), "--date", "2022-05-03", "--words", "3 May 2022"]
    done = invoke("new", "document", *words, cwd=strikes.root)
    assert done.returncode == 0 and "eventbook new strike --document SRC-03" in done.stdout
    words = ["--document", "SRC-03", "--type", "pay", "--set", "employer_id=EMP-1"]
    words += ["--quote", "began=on 3 May 2022"]
    done = invoke("new", "strike", *words, cwd=strikes.root)
    assert done.returncode == 0, done.stderr
    added = done.stdout.split(":")[0]
    assert added not in {row["strike_id"] for row in Sheet(Package(STRIKES), "strikes").rows}
    quotes = [r for r in Sheet(strikes, "quotations").rows if r["strike_id"] == added]
    assert {"began", "employer_id", "demand"} <= {row["says"] for row in quotes}
    done = invoke("new", "employers", "--employer", "Port of Halvik", cwd=strikes.root)
    assert done.returncode == 0 and done.stdout.startswith("EMP-10: added")
    done = invoke("new", "event", cwd=strikes.root)
    assert done.returncode == 2 and "there are: strike, employer, quotation" in done.stderr
    done = invoke("new", "withdrawn", cwd=strikes.root)
    assert done.returncode == 2 and "--strike_id: needed" in done.stderr


def test_a_row_that_its_book_calls_otherwise_is_found_by_its_role():
    """`new place` works for our book, whose places are called locations."""
    words = tables_by_word(load("eventbook"))
    assert words["place"].name == "locations" and words["actor"].name == "actors"
    assert {"event", "claim", "events", "passed_over"} <= set(words) and "document" not in words


@pytest.mark.parametrize(
    ("form", "row_id", "fields"),
    [
        ("{country}-{year}-{serial:04}", "SYR-2019-0007", {"country": "SYR", "year": "2019"}),
        ("{country}-{year}-C{serial:03}", "SYR-2019-C012", {"country": "SYR", "year": "2019"}),
        ("W{serial:02}/{town}/{town}", "W09/Ys/Ys", {"town": "Ys"}),
    ],
)
def test_an_id_is_made_and_read_in_the_form_of_the_book(form, row_id, fields):
    """An id form that is in code fits one dataset of all."""
    made = IdForm(form)
    assert made.fields_of(row_id) == fields and made.fields_of("x" + row_id[1:] + "?") == {}
    after = made.next_id({row_id, "something else"}, fields)
    assert made.fields_of(after) == fields and after > row_id[: len(after)]
    assert made.next_id(set(), fields) == made.next_id({"something else"}, fields)


def test_a_variable_is_possible_if_some_code_of_its_list_is(book):
    """A variable was left out because its one example broke a rule, though other codes do not."""
    table = book.tables["events"]
    kind = {"event_type": "Protests", "sub_event_type": "Peaceful protest"}
    row = {"event_id": "SYR-2019-0001", "document_id": "DOC-0001", **kind}
    barred = Rule("r", "events", "error", "s", "w", "target_type = 'market'", column="target_type")
    example = replace(table["target_type"], example="market")
    variables = tuple(example if v.name == "target_type" else v for v in table.variables)
    changed = book.with_table(replace(table, variables=variables))
    changed = replace(changed, rules=(*book.rules, barred))
    possible = open_variables(changed, changed.tables["events"], row).possible
    assert "target_type" in possible


def test_the_check_of_one_document(strikes, monkeypatch):
    """After the first report 53 of 54 errors were about reports that nobody had begun."""
    rows = Sheet(strikes, "quotations")
    for row in rows.rows:
        row["words"] = "Words that no report has." if row["says"] == "began" else row["words"]
    rows.save()

    def found(*words):
        done = invoke("check", "--format", "json", *words, cwd=strikes.root)
        return done, json.loads(done.stdout or "{}").get("findings", [])

    _, everything = found()
    documents = {name: found("--document", name)[1] for name in ("SRC-01", "SRC-02")}
    assert all(documents.values())
    in_rows = [f for f in everything if f["line"] is not None]
    assert len(in_rows) == sum(f["line"] is not None for d in documents.values() for f in d)
    for shown in documents.values():
        assert [f for f in shown if f["line"] is None] == [
            f for f in everything if f["line"] is None
        ]
    done, _ = found("--document", "SRC-09")
    assert done.returncode == 2
    assert "SRC-09: no such document; there are: SRC-01, SRC-02" in done.stderr
    done = invoke("check", "seeds/tables/strikes.csv", "--document", "SRC-01", cwd=strikes.root)
    assert done.returncode == 2 and "name no FILE" in done.stderr


def test_a_table_apart_from_its_package_has_its_evidence_unchecked():
    """Outside the package no quote was looked at, and the last line did not say so."""
    path = STRIKES / "seeds/tables/strikes.csv"
    says = "strikes: its evidence needs the whole package"
    assert check(path).unchecked[0] == says
    assert says in check_large(path).unchecked
    assert says not in Package(STRIKES).check().report.unchecked
    shootings = STRIKES.parent / "shootings/seeds/tables/shootings.csv"
    assert check(shootings).unchecked == ()
