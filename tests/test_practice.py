"""Training: a package to code in, a coder beside the key, and the practice set that ships."""

from __future__ import annotations

import csv
import json
import re
import shutil
from collections import Counter
from pathlib import Path

import pytest
from conftest import HOSTILE, OWN_BOOKS, ROOT, book_folder, invoke

from eventbook.codebook import folder_of
from eventbook.dataset.practice.key_coding import unseen_agreement
from eventbook.dataset.practice.practice_page import (
    countries,
    passing_block,
    renewed_page,
    reports_block,
    unseen_block,
)
from eventbook.dataset.practice.practice_set import (
    SHIPPED,
    headings,
    load_practice_set,
    row_id,
    rows_in,
)
from eventbook.dataset.practice.training_package import write_training_package
from eventbook.validation.coding.json_coding import check_json
from eventbook.validation.coding.pairing import shared_tables
from eventbook.validation.errors import InputError
from eventbook.validation.findings import Severity

STRIKES = ROOT / "tests" / "practice" / "strikes"
"""A practice set for a book of the tests; its key is what the tables of the book's package say."""
BY_HAND = ROOT / "tests" / "practice" / "by-hand"
"""A coding of one of the reports that ship, as somebody writes one: with names, and a town for what is near it."""
TOOL_PAGES = {"10-desk"}
"""The pages of the guide that are about tools, and decide no coding."""


def strikes(folder: Path = STRIKES):
    return load_practice_set(folder, folder_of(book_folder("strikes")))


@pytest.fixture
def training(tmp_path):
    """A package to train in, with the reports on strikes."""
    folder = tmp_path / "training"
    done = invoke(
        "practice", str(folder), "--set", str(STRIKES), "--book", str(book_folder("strikes"))
    )
    assert done.returncode == 0, done.stderr
    return folder


def rows_of_file(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


def filed(training: Path, coder: str, *more: str) -> None:
    """File what a coder of the strikes filed in their own package."""
    folder = training.parent / coder
    if not folder.exists():
        folder.mkdir()
        for path in (OWN_BOOKS / "strikes" / "seeds" / "codings" / coder).glob("*.csv"):
            shutil.copy(path, folder)
    done = invoke("import", str(folder), "--coder", coder, *more, cwd=training)
    assert done.returncode == 0, done.stdout


def compared(training: Path, coder: str, *more: str):
    return invoke("practice", "--compare", coder, "--set", str(STRIKES), *more, cwd=training)


def test_a_package_to_train_in_has_the_reports_and_the_shared_names(training):
    """A coder who must first make the list of employers trains typing, and differs in every name."""
    tables = {
        path.stem: rows_of_file(path) for path in (training / "seeds" / "tables").glob("*.csv")
    }
    assert [row["source_id"] for row in tables["sources"]] == ["SRC-01", "SRC-02"]
    assert [row["employer_id"] for row in tables["employers"]] == ["EMP-1", "EMP-2", "EMP-3"]
    assert [row["says"] for row in tables["quotations"]] == ["printed", "printed"]
    readme = (training / "README.md").read_text(encoding="utf-8")
    assert "| SRC-02 | 143 | Nurses and tram crews stop work |" in readme
    assert "1 is left for you to add" in readme


def test_the_key_is_not_in_the_package(training):
    """A key beside the report is read first, if only to see how long the coding should be."""
    text = "".join(
        path.read_text(encoding="utf-8")
        for path in training.rglob("*")
        if path.is_file() and "codebook" not in path.parts and path.parent.name != "documents"
    )
    assert "Brandt Bread" in text and "compromise" not in text and "second man" not in text
    assert not list(training.rglob("*.json")) or all(
        "schema" in p.name for p in training.rglob("*.json")
    )


def test_a_folder_with_something_in_it_is_refused(tmp_path):
    """Training must not write over a package that somebody has coded in."""
    (tmp_path / "mine.txt").write_text("mine")
    done = invoke(
        "practice", str(tmp_path), "--set", str(STRIKES), "--book", str(book_folder("strikes"))
    )
    assert done.returncode == 2
    assert "already exists and is not empty; name another folder" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_who_codes_as_the_key_may_code(training):
    """A test that nobody passes, or everybody, says nothing about a coder."""
    filed(training, "mia")
    done = compared(training, "mia")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.split("\n")
    assert lines[:5] == [
        "mia beside the key: SRC-01, SRC-02 (2 of 2 reports)",
        "may code",
        "  ok       strikes 4 in the key of these reports, needs 4",
        "  ok       strikes F1 1.00 of n 4, needs 0.90",
        "  ok       strikes.demand 100 % of n 4, needs 75 %",
    ]
    assert "SRC-02: 2 rows found by both, 0 differences" in lines


def test_who_differs_learns_what_decides_it(training):
    """A coder who sees only a share of agreement cannot know what to do otherwise."""
    filed(training, "ole")
    done = compared(training, "ole")
    assert done.returncode == 1, done.stderr
    lines = done.stdout.split("\n")
    assert lines[1] == (
        "not yet: strikes F1 0.86 of n 4, needs 0.90; strikes.demand 67 % of n 3, needs 75 %"
    )
    first = lines.index("SRC-01: 2 rows found by both, 1 difference")
    assert lines[first + 1 :] == [
        "  ST-0011 = s1, ST-0002 = s2",
        "  strikes: ST-0002 = s2: demand",
        "    yours: staffing  <- 'They want a second man on each crane'",
        "    key:   safety  <- 'They want a second man on each crane'",
        "    guide: 01-strikes, Procedure: They ask for a second man on each crane: the accident "
        "before is the cause, and the demand is safety.",
        "",
        "SRC-02: 1 row found by both, 1 difference",
        "  ST-0003 = s1",
        "  strikes: missed, s2 of the key",
        "    key:   EMP-4; 2022-04-25  <- 'The tram crews of Corrin Transit'",
        "    guide: 01-strikes, Procedure: The crews of one employer left work together.",
        "",
    ]


def test_what_the_key_does_not_have_is_explained_by_what_it_passes_over(training):
    """An invented event is the hardest to see from the text alone: the key has nothing there."""
    filed_rows(training, "zoe", employer="EMP-1", began="2022-05-02", words="A day of protest")
    done = compared(training, "zoe", "--format", "json")
    (found,) = [d for d in json.loads(done.stdout)["differences"] if d["kind"] == "invented"]
    assert (found["document"], found["own"], found["keys"]) == ("SRC-02", "ST-0009", None)
    assert found["reasons"] == [
        {
            "page": "01-strikes",
            "heading": "Coding strikes",
            "why": "A day of protest that was called off is no strike.",
        }
    ]


def filed_rows(training: Path, coder: str, employer: str, began: str, words: str) -> None:
    """File mia's strikes for another coder, with one more that is none."""
    folder = training.parent / coder
    folder.mkdir()
    for path in (OWN_BOOKS / "strikes" / "seeds" / "codings" / "mia").glob("*.csv"):
        rows = rows_of_file(path)
        header = list(rows[0])
        if path.stem == "strikes":
            rows.append(
                {
                    "strike_id": "ST-0009",
                    "source_id": "SRC-02",
                    "employer_id": employer,
                    "began": began,
                    "demand": "pay",
                }
            )
        if path.stem == "quotations":
            rows += [
                {
                    "strike_id": "ST-0009",
                    "source_id": "SRC-02",
                    "says": name,
                    "words": words,
                    "reasoning": "x",
                }
                for name in ("employer_id", "began", "demand")
            ]
        if path.stem == "skipped":
            rows = [row for row in rows if (row["source_id"], row["block"]) != ("SRC-02", "5")]
        with (folder / path.name).open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, header, restval="")
            writer.writeheader()
            writer.writerows(rows)
    filed(training, coder)


def test_the_key_is_shown_of_filed_reports_only(training):
    """Who compares after the first report must not see the second one's key."""
    filed(training, "ole", "--document", "SRC-01")
    done = compared(training, "ole")
    assert done.returncode == 1
    assert "ole beside the key: SRC-01 (1 of 2 reports)" in done.stdout
    assert "strikes 2 in the key of these reports, needs 4" in done.stdout
    assert "SRC-02" not in done.stdout and "Corrin" not in done.stdout
    asked = compared(training, "ole", "--document", "SRC-02")
    assert asked.returncode == 2
    assert "SRC-02: ole has not filed it" in asked.stderr and "Corrin" not in asked.stderr


def test_who_has_filed_nothing_reads_what_to_do(training):
    """A traceback, or an empty comparison, leaves a beginner with nothing."""
    done = compared(training, "mia")
    assert done.returncode == 2
    assert "mia: has filed nothing here yet" in done.stderr
    assert "eventbook import FILE --coder mia" in done.stderr


def test_a_report_that_is_not_the_sets_is_not_compared(training):
    """A package of one's own has a DOC-0001, too; the key of another report would fail its coder."""
    filed(training, "mia")
    table = training / "seeds" / "tables" / "sources.csv"
    text = table.read_text(encoding="utf-8")
    table.write_text(re.sub(r"(SRC-02.*,)[0-9a-f]{64}", r"\g<1>" + "0" * 64, text))
    done = compared(training, "mia")
    assert done.returncode == 2
    assert "SRC-02: is not the report of the practice set with this id" in done.stderr
    done = compared(training, "mia", "--document", "SRC-01")
    assert done.returncode == 1 and "SRC-02" not in done.stdout


def test_a_package_of_another_book_hears_that_there_is_no_set(training):
    """The set that ships is for one book; compared with another, every row would be wrong."""
    filed(training, "mia")
    done = invoke("practice", "--compare", "mia", cwd=training)
    assert done.returncode == 2
    assert "a practice set for the codebook eventbook; there is none for strikes" in done.stderr
    assert "--set DIR" in done.stderr


def test_the_page_escapes_what_coders_wrote(training):
    """The page is opened in a browser, and what a coder typed must not run in it."""
    filed(training, "mia")
    for path in (training / "seeds/codings/mia").glob("strikes.csv"):
        path.write_text(
            path.read_text(encoding="utf-8").replace("Port Amber,450", f'"{HOSTILE[0]}",450')
        )
    out = training / "mia.html"
    done = compared(training, "mia", "--format", "html", "--out", str(out))
    assert done.stdout == f"{out}: 1 difference; may code\n"
    page = out.read_text(encoding="utf-8")
    assert "<script>" not in page and "&lt;script&gt;window.bad" in page


@pytest.mark.parametrize(
    ("file", "good", "bad", "message"),
    [
        ("cases.csv", "strikes,s2,demand", "strikes,s9,demand", "cases.csv:2: no row of SRC-01 's9'"),
        (
            "cases.csv",
            "strikes,s2,demand",
            "strikes,s2,demands",
            "cases.csv:2: no variable of strikes 'demands'; did you mean 'demand'?",
        ),
        ("cases.csv", "s1,outcome,01-strikes", "s1,outcome,1-strikes", "cases.csv:3: no page of the guide '1-strikes'; did you mean '01-strikes'?"),
        ("cases.csv", "Procedure,Six", "Procedures,Six", "cases.csv:3: no heading of 01-strikes 'Procedures'; did you mean 'Procedure'?"),
        ("cases.csv", "SRC-02,skipped,5", "SRC-02,skipped,2", "cases.csv:5: no row of SRC-02 '2'"),
        ("cases.csv", "Procedure,Six of the twelve per cent asked for is half.", "Procedure,", "cases.csv:3: why: empty"),
        ("cases.csv", "half-won,", "second-man,", "cases.csv:3: the case second-man is there twice"),
        ("passing.csv", "f1,strikes", "F2,strikes", "passing.csv:3: no measure 'F2'; there are: units, f1, per_cent"),
        ("passing.csv", "0.9", "most", "passing.csv:3: least: 'most': expected a number"),
        ("passing.csv", "strikes.demand", "strikes", "passing.csv:4: per_cent: of a variable"),
        ("passing.csv", "strikes.demand", "strikes.demnd", "passing.csv:4: no variable of strikes 'demnd'; did you mean 'demand'?"),
        ("passing.csv", "least", "leest", "passing.csv: unknown column leest; did you mean least?"),
        ("to_add.csv", "EMP-4", "EMP-7", "to_add.csv:2: no row of employers 'EMP-7'; did you mean"),
        ("documents.csv", "SRC-02,Nurses", "SRC-03,Nurses", "SRC-03.json is missing"),
        ("documents.csv", "paper", "paperr", "documents.csv: unknown column paperr; did you mean paper?"),
        ("key/SRC-01.json", '"document"', "document", "SRC-01.json:3: not JSON"),
        ("key/SRC-01.json", "strikes 1.0.0", "shootings 1.0.0", "a practice set for the codebook shootings; there is none for strikes"),
    ],
)  # fmt: skip
def test_a_set_that_does_not_fit_together_is_refused(tmp_path, file, good, bad, message):
    """A case that names no row of the key is never shown, and nobody misses it."""
    folder = Path(shutil.copytree(STRIKES, tmp_path / "set"))
    strikes(folder)
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert good in text
    path.write_text(text.replace(good, bad, 1), encoding="utf-8")
    with pytest.raises(InputError) as refused:
        strikes(folder)
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "name a new folder to train in, or --compare CODER, or --agreement"),
        (("new", "--compare", "anna"), "name a new folder to train in, or --compare"),
        (("new", "--document", "DOC-0001"), "--document: only with --compare"),
        (("new", "--set", "nowhere"), "nowhere: no practice set: expected documents.csv"),
        (
            ("new", "--set", str(STRIKES)),
            "for the codebook strikes; name its folder with --book DIR",
        ),
    ],
)
def test_words_that_do_not_go_together_are_refused(tmp_path, words, message):
    """Half of an order that is obeyed is taken for the whole."""
    done = invoke("practice", *words, cwd=tmp_path)
    assert done.returncode == 2 and message in done.stderr
    assert not list(tmp_path.iterdir())


@pytest.fixture
def with_unseen(tmp_path):
    """The set on strikes, coded by two who had not seen the key; the second has one strike less."""
    folder = Path(shutil.copytree(STRIKES, tmp_path / "set"))
    for name in ("first", "second"):
        shutil.copytree(folder / "key", folder / "unseen" / name)
    path = folder / "unseen" / "second" / "SRC-02.json"
    coding = json.loads(path.read_text(encoding="utf-8"))
    coding["strikes"].pop()
    coding["skipped"].append({"block": 4, "why_skipped": "Overlooked."})
    path.write_text(json.dumps(coding), encoding="utf-8")
    return folder


def test_the_agreement_of_unseen_coders_is_measured_over_the_whole_set(with_unseen):
    """A number on a page that no command prints cannot be checked."""
    practice = strikes(with_unseen)
    block = unseen_block(practice)
    assert "| strikes | 3 | 1 | 0 | 0.86 |" in block
    assert "first and second, 2 reports, strikes 1.0.0" in block
    assert "| strikes.demand | nominal | 3 | 100 % | 1.00 |" in block
    words = ["--set", str(with_unseen), "--book", str(book_folder("strikes"))]
    done = invoke("practice", "--agreement", *words)
    assert done.returncode == 0, done.stderr
    assert "first, second: both 3, only first 1, only second 0" in done.stdout
    assert "eventbook practice --agreement" in block


def test_without_unseen_codings_the_page_says_so():
    """An empty block reads as if nobody had thought of measuring."""
    assert unseen_block(strikes()).startswith("No two coders have coded the set")
    with pytest.raises(InputError, match="without two codings of the same reports"):
        unseen_agreement(strikes())


def test_the_blocks_of_a_page_are_made_from_the_set():
    """A list that people keep beside the set has soon another number of events."""
    practice = strikes()
    assert reports_block(practice).split("\n") == [
        "| report | title | country | words | strikes |",
        "|---|---|---|---:|---:|",
        "| SRC-01 | Ovens go cold at Halvik bakery |  | 164 | 2 |",
        "| SRC-02 | Nurses and tram crews stop work |  | 143 | 2 |",
        "| 2 | | | 307 | 4 |",
    ]
    assert passing_block(practice).split("\n")[2:] == [
        "| strikes | units of the key in the reports that were filed | 4 | Fewer strikes than four say nothing about a coder. |",
        "| strikes | F1 of the units found | 0.9 | A strike that is missed is never decided on. |",
        "| strikes.demand | values coded as in the key, per cent | 75 | The demand is what is counted most. |",
    ]


@pytest.fixture(scope="module")
def shipped():
    return load_practice_set(SHIPPED, folder_of("eventbook"))


@pytest.mark.slow
def test_the_key_of_the_shipped_set_passes_the_check(shipped, tmp_path):
    """A key with a wrong quote teaches what the check then refuses."""
    write_training_package(tmp_path / "package", shipped)
    files = list(shipped.files().values())
    found = [f for f in check_json(files, shipped.book, tmp_path / "package").report]
    wrong = [f for f in found if f.severity in (Severity.error, Severity.warning)]
    assert [(f.file, f.line, f.rule, f.message) for f in wrong] == []


@pytest.mark.slow
def test_the_shipped_set_has_reports_of_several_countries(shipped):
    """Who trains on one conflict learns its names, and not the book."""
    assert len(shipped.documents) >= 12
    assert len({country for listed in countries(shipped).values() for country in listed}) >= 8


def test_each_sub_event_type_is_in_the_shipped_set(shipped):
    """A type that no report has is first met in earnest."""
    table = shipped.book.main_table
    narrowest = table.roles.type[-1]
    codes = shipped.book.code_list(table[narrowest])
    coded = {
        row[narrowest]["value"] for coding in shipped.key.values() for row in rows_in(coding, table)
    }
    assert {code.code for code in codes.codes if not code.deprecated} - coded == set()


def decision_tables(text: str) -> Counter[str]:
    """The headings of a page of the guide, as often as there is a table under each."""
    found, heading = Counter(), ""
    for line in re.sub(r"(?ms)^```.*?^```", "", text).split("\n"):
        if line.startswith("#"):
            heading = line.lstrip("# ").strip()
        elif re.match(r"\|[\s:|-]+\|$", line):
            found[heading] += 1
    return found


def test_each_decision_table_of_the_guide_decides_a_case(shipped):
    """A table that no report needs is read by nobody until it is needed."""
    cases = Counter((case.page, case.heading) for case in shipped.cases)
    pages = [page for page in shipped.book.guide if page.name not in TOOL_PAGES]
    few = {
        (page.name, heading): (count, cases[page.name, heading])
        for page in pages
        for heading, count in decision_tables(page.text).items()
        if cases[page.name, heading] < count
    }
    assert len(pages) >= 9 and few == {}
    assert set().union(*(headings(page.text) for page in pages)) >= {
        c.heading for c in shipped.cases
    }


def test_a_few_names_are_left_to_be_added(shipped):
    """Who never adds an actor in training adds the first one twice."""
    for name in shared_tables(shipped.book):
        left = [row for table, row in shipped.to_add if table == name]
        assert 1 <= len(left) <= 5, name
        table = shipped.book.tables[name]
        ids = {row_id(table, row) for row in shipped.shared_rows(table)}
        assert set(left) <= ids


def test_each_report_says_that_it_is_invented(shipped):
    """A report that leaves the set without its label is taken for news."""
    for document, row in shipped.documents.items():
        assert "invented" in " ".join(filter(None, row.values())).lower(), document


@pytest.mark.slow
def test_two_unseen_coders_share_more_than_forty_events(shipped):
    """Over few events agreement is chance."""
    measured = unseen_agreement(shipped)
    units = next(u for u in measured.units if u.table == shipped.book.main_table.name)
    (counts,) = units.counts.values()
    assert counts.both > 40


@pytest.mark.slow
def test_the_page_is_current(shipped):
    """A table of another set is worse than none."""
    text = (ROOT / "dataset" / "practice.md").read_text(encoding="utf-8")
    assert renewed_page(text, shipped) == text, "run: make references"
    assert {reports_block(shipped), passing_block(shipped)} <= {*re.split(r"\n*<!--.*-->\n*", text)}
    assert "Nothing in these reports happened" in text


@pytest.fixture
def reports(tmp_path):
    """A package to train in, with the reports that ship."""
    done = invoke("practice", "training", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    return tmp_path / "training"


def key_of(document: str) -> dict:
    return json.loads((SHIPPED / "key" / f"{document}.json").read_text(encoding="utf-8"))


@pytest.mark.slow
def test_a_bad_coding_is_found_out_by_kind(reports):
    """Four mistakes of four kinds that are one number: nobody learns which one to stop making."""
    coding = key_of("DOC-0001")
    events = {event["event_id"]: event for event in coding["events"]}
    # Invented words, an invented code, another number of the document, and an event overlooked.
    events["e3"]["actor1_id"]["quotes"] = ["two lorries full of gunmen"]
    events["e4"]["fatalities_status"] = {"value": "rumoured", "quotes": ["Dozens of villagers"]}
    assert events["e1"]["fatalities_low"]["value"] == 9
    events["e1"]["fatalities_low"] |= {"value": 14, "quotes": ["14 of the attackers"]}
    coding["events"].remove(events["e2"])
    coding["claims"] = [c for c in coding["claims"] if '"e2"' not in json.dumps(c)]
    coding["passed_over"].append({"paragraph": 4, "reason": "background", "because": "Overlooked."})
    path = reports / "DOC-0001.json"
    path.write_text(json.dumps(coding, indent=1), encoding="utf-8")

    done = invoke("check", path.name, "--format", "json", cwd=reports)
    found = {f["rule"]: f for f in json.loads(done.stdout)["findings"]}
    assert done.returncode == 1
    assert found["quote-found"]["column"] == "events[1].actor1_id.quotes[0]"
    assert found["quote-found"]["value"] == "two lorries full of gunmen"
    assert (found["code"]["column"], found["code"]["value"]) == (
        "events[2].fatalities_status",
        "rumoured",
    )
    assert set(found) <= {"quote-found", "code", "value-without-evidence"}

    machine = ("--machine", "reader", "--machine-version", "1", "--take-out-faults")
    done = invoke("import", path.name, "--coder", "reader", *machine, cwd=reports)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "  invented-quotes: 1 of 61 quotes" in done.stdout
    assert "  unknown-codes: 1 of 73 values" in done.stdout

    done = invoke("practice", "--compare", "reader", "--format", "json", cwd=reports)
    differences = json.loads(done.stdout)["differences"]
    assert done.returncode == 1
    kinds = {(d["kind"], d["keys"], d["variable"]) for d in differences if d["table"] == "events"}
    assert {("missed", "e2", None), ("value", "e1", "fatalities_low")} <= kinds
    shifted = next(d for d in differences if d["variable"] == "fatalities_low")
    assert (shifted["own_value"], shifted["key_value"]) == ("14", "9")
    assert ("04-fatalities", "Numbers in conflict") in {
        (r["page"], r["heading"]) for r in shifted["reasons"]
    }


@pytest.mark.slow
def test_a_report_passes_from_instructions_to_agreement(reports):
    """Each step works alone, and the file that one writes is not what the next one takes."""
    read = invoke("codebook", "--format", "instructions", "--document", "DOC-0005", cwd=reports)
    assert read.returncode == 0, read.stderr
    text = (SHIPPED / "documents" / "DOC-0005.txt").read_text(encoding="utf-8")
    assert all(paragraph in read.stdout for paragraph in text.strip().split("\n\n"))
    # A coder who has read this wrote the file: names instead of ids, the title of the document.
    coding = Path(shutil.copy(BY_HAND / "DOC-0005.json", reports))
    assert {"truce", "clash"} < set(re.findall(r"\w+", coding.read_text(encoding="utf-8")))
    checked_file = invoke("check", coding.name, cwd=reports)
    assert checked_file.returncode == 0, checked_file.stdout
    assert "0 errors, 0 warnings in 2 events, 3 claims" in checked_file.stdout
    done = invoke("import", coding.name, "--coder", "anna", cwd=reports)
    assert done.returncode == 0, done.stdout

    done = invoke("practice", "--compare", "anna", "--format", "json", cwd=reports)
    found = json.loads(done.stdout)
    assert done.returncode == 1 and found["documents"] == ["DOC-0005"]
    assert found["verdict"] == "not yet: events 2 in the key of these reports, needs 20"
    assert [(p["own"], p["keys"]) for p in found["pairs"]] == [
        ("PHL-2026-0001", "e1"),
        ("PHL-2026-0002", "e2"),
        ("PHL-2026-C001", "c1"),
        ("PHL-2026-C002", "c2"),
        ("PHL-2026-C003", "c3"),
    ]
    by_variable = {d["variable"]: d for d in found["differences"]}
    assert set(by_variable) == {
        "ucdp_where_prec",
        "location_basis",
        "location_words",
        "fatalities_words",
    }
    assert by_variable["ucdp_where_prec"]["reasons"] == [
        {
            "page": "06-places",
            "heading": "Procedure",
            "why": "Near Datu Piang is the town with precision 2.",
        }
    ]

    second = SHIPPED / "unseen" / "coder-c" / "DOC-0005.json"
    done = invoke("import", str(second), "--coder", "bert", cwd=reports)
    assert done.returncode == 0, done.stdout
    agreed = json.loads(invoke("agree", "anna", "bert", "--format", "json", cwd=reports).stdout)
    assert [(u["table"], u["pairs"][0]["both"]) for u in agreed["units"]] == [
        ("events", 2),
        ("claims", 3),
    ]


@pytest.mark.slow
def test_a_report_that_repeats_an_event_of_an_earlier_one_is_filed_after_it(tmp_path):
    """A report that restates a filed event could only be filed together with the earlier report."""
    folder = tmp_path / "training"
    assert invoke("practice", str(folder)).returncode == 0
    first, second = (SHIPPED / "key" / f"DOC-00{number}.json" for number in (11, 12))
    alone = invoke("import", str(second), "--coder", "anna", cwd=folder)
    assert alone.returncode == 1
    assert "events[5].restates: 'IRQ-2026-0001': There is no such row in events" in alone.stdout
    assert invoke("import", str(first), "--coder", "anna", cwd=folder).returncode == 0
    before = rows_of_file(folder / "seeds" / "codings" / "anna" / "quotes.csv")
    after = invoke("import", str(second), "--coder", "anna", cwd=folder)
    assert after.returncode == 0, after.stdout
    assert "in 6 events, 8 claims and 98 pieces of evidence" in after.stdout
    both = invoke("import", str(first), str(second), "--coder", "bert", cwd=folder)
    assert both.returncode == 0, both.stdout
    codings = folder / "seeds" / "codings"
    one_by_one = rows_of_file(codings / "anna" / "quotes.csv")
    assert [row for row in one_by_one if row["document_id"] == "DOC-0011"] == before
    for name in ("events", "claims", "passed_over", "quotes", "actors", "locations"):
        anna, bert = (rows_of_file(codings / coder / f"{name}.csv") for coder in ("anna", "bert"))
        assert anna == bert, name
