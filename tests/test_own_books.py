"""Two invented books of other tables and columns: every verb works, or says what the book lacks.

`books/strikes` has documents, quotations, two coders and tombstones under names of its own, and no
deaths and no claims; `books/shootings` is one table and nothing else.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import zipfile
from pathlib import Path

import openpyxl
import polars as pl
import pytest
from conftest import OWN_BOOKS, Sheet, book_folder, invoke, once, with_own_book
from ruamel.yaml import YAML

from eventbook.codebook.loader import forget
from eventbook.validation.evidence.evidence_check import EvidenceCheck
from eventbook.validation.package.package import Package

ROWS = {"strikes": 4, "shootings": 30}
"""The rows of the table that readers look at first, which has the name of its book."""
WORDS = {"strikes": "workers_low", "shootings": "armed"}
"""A word of each book that the shipped ones do not have."""

both = pytest.mark.parametrize("name", sorted(ROWS))


def ok(*words, cwd, status=0):
    """Run a verb in this process; it must end so."""
    done = invoke(*map(str, words), cwd=cwd)
    printed = done.stdout + done.stderr
    assert done.returncode == status, f"{words}: {done.returncode}\n{printed}"
    return printed


def one_line(*words, cwd, lacks):
    """Run a verb that the book lacks something for; it says so in one line."""
    printed = ok(*words, cwd=cwd, status=2).strip()
    assert "\n" not in printed and lacks in printed, printed


# Every day


@both
def test_the_book_has_no_mistakes(name):
    """A book that is only read together with its data is never tested where nobody has any."""
    printed = ok("check", "--book", f"codebook/books/{name}", cwd=OWN_BOOKS / name)
    assert "all examples tried" in printed


@both
def test_the_data_have_no_errors_and_nothing_is_unchecked(name):
    """A check that was switched off by the names of the tables, and reported 0 errors."""
    done = invoke("check", "--format", "json", cwd=OWN_BOOKS / name)
    report = json.loads(done.stdout)
    assert done.returncode == 0 and report["findings"] == []
    assert report["unchecked"] == []
    assert report["rows"][name] == ROWS[name]


@both
def test_a_file_alone_follows_the_book_around_it(name):
    """The shipped books do not know the table, and the package's own one was not asked."""
    printed = ok("check", OWN_BOOKS / name / f"seeds/tables/{name}.csv", cwd=OWN_BOOKS)
    assert f"codebook {name} 1.0.0" in printed and "0 errors" in printed


@both
def test_a_word_is_looked_up_in_the_own_book(name):
    """`codebook` knew the words of the shipped book only."""
    assert WORDS[name] in ok("codebook", WORDS[name], cwd=OWN_BOOKS / name)


def replaced(table, column, old, new):
    """Change the first cell of the seeds that holds something."""

    def change(root):
        sheet = Sheet(Package(root), table)
        next(row for row in sheet.rows if row[column] == old)[column] = new
        sheet.save()

    return change


def dropped(table, **cells):
    """Drop the rows with these cells from the seeds."""

    def change(root):
        sheet = Sheet(Package(root), table)
        left = [row for row in sheet.rows if any(row[k] != v for k, v in cells.items())]
        assert len(left) < len(sheet.rows)
        sheet.rows = left
        sheet.save()

    return change


def swapped(root):
    """Put another text where a document was."""
    (root / "seeds/documents/SRC-01.txt").write_text("Something else entirely.\n")


SIGNED = "both sides signed a paper: 6 per cent from April"
LIES = {
    "a false quote": (
        replaced("quotations", "words", SIGNED, SIGNED.replace("6", "9")),
        "quote-found",
    ),
    "a document swapped": (swapped, "document-hash"),
    "a value without a quote": (
        dropped("quotations", strike_id="ST-0001", says="rise_asked"),
        "value-without-evidence",
    ),
    "a row without a quote": (
        dropped("quotations", strike_id="ST-0004"),
        "value-without-evidence",
    ),
    "a day of printing without a quote": (
        dropped("quotations", strike_id="", source_id="SRC-02"),
        "value-without-evidence",
    ),
    "a quote without a value": (
        replaced("strikes", "rise_asked", "12", ""),
        "evidence-without-value",
    ),
    "words that no quote has": (
        replaced("strikes", "workers_words", "450 stevedores", "all the stevedores"),
        "words-in-quote",
    ),
    "a paragraph of which nothing is said": (
        dropped("skipped", source_id="SRC-02", block="5"),
        "paragraph-accounted",
    ),
    "a quote in another paragraph": (replaced("quotations", "block", "5", "4"), "quote-paragraph"),
    "a number that was withdrawn": (
        replaced("withdrawn", "strike_id", "ST-0005", "ST-0003"),
        "retired-id",
    ),
}
"""What is changed in the package of strikes, and the rule that finds it."""


def without_codings(root):
    """Take away what the coders filed: it would differ from changed tables, and be the finding."""
    shutil.rmtree(root / "seeds/codings")
    (root / "seeds/adjudication.csv").unlink()


def with_lie(lie, folder):
    """A copy of the package of strikes with a lie in it, and the rule that must find it."""
    change, rule = LIES[lie]
    root = Path(shutil.copytree(OWN_BOOKS / "strikes", folder / "strikes"))
    without_codings(root)
    change(root)
    return root, rule


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_is_found(tmp_path, lie):
    """A book with tables of other names had no evidence check, and no line reported it."""
    root, rule = with_lie(lie, tmp_path)
    done = invoke("check", "--format", "json", cwd=root)
    assert done.returncode == 1
    assert {finding["rule"] for finding in json.loads(done.stdout)["findings"]} >= {rule}


# Now and then


@pytest.mark.slow
@pytest.mark.parametrize("lie", LIES)
def test_a_lie_is_not_published(tmp_path, lie):
    """`publish` is the last who can see the documents: they are in no release."""
    root, rule = with_lie(lie, tmp_path)
    assert rule in ok("publish", cwd=root, status=1)
    assert not (root / "dist").exists() and not (root / "dataset").exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    "lie", ["a value without a quote", "a row without a quote", "words that no quote has"]
)
def test_a_release_with_a_lie_does_not_verify(tmp_path, lie, monkeypatch):
    """Whoever publishes with a program of their own has no check that stops them."""
    root, rule = with_lie(lie, tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(EvidenceCheck, "findings_in_documents", lambda self: [])
        patched.setattr(EvidenceCheck, "findings_in_tables", lambda self: [])
        ok("publish", cwd=root)
    (archive,) = (root / "dist").glob("*.zip")
    assert rule in ok("verify", archive, cwd=tmp_path, status=1)


@pytest.mark.slow
@pytest.mark.parametrize("lie", ["a false quote", "a document swapped"])
def test_a_package_with_a_lie_does_not_verify(tmp_path, lie, monkeypatch):
    """A folder that has the documents can be held against them."""
    root, rule = with_lie(lie, tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(EvidenceCheck, "findings_in_documents", lambda self: [])
        patched.setattr(EvidenceCheck, "findings_in_tables", lambda self: [])
        ok("publish", cwd=root)
    assert rule in ok("verify", root, cwd=tmp_path, status=1)


def package_of(name, tmp_path, tmp_path_factory):
    """A complete package with one of the books, published, that a test may change."""

    def make(folder):
        root = folder / name
        ok("new", "package", root, "--book", book_folder(name), "--yes", cwd=folder)
        with_own_book(root)
        forget()
        ok("publish", cwd=root)

    made = once(tmp_path_factory, f"own-{name}", make) / name
    return Path(shutil.copytree(made, tmp_path / name))


@pytest.fixture
def package(name, tmp_path, tmp_path_factory):
    return package_of(name, tmp_path, tmp_path_factory)


@pytest.fixture
def strikes(tmp_path, tmp_path_factory):
    return package_of("strikes", tmp_path, tmp_path_factory)


@pytest.fixture
def shootings(tmp_path, tmp_path_factory):
    return package_of("shootings", tmp_path, tmp_path_factory)


def archive_of(package):
    (path,) = (package / "dist").glob("*.zip")
    return path


@pytest.mark.slow
@both
def test_it_is_published_and_verified(name, package, tmp_path):
    """Two lines about events and documents stopped every book without them."""
    assert "current" in ok("publish", "--check", cwd=package)
    assert "0 errors" in ok("verify", archive_of(package), cwd=tmp_path)
    assert "0 errors" in ok("verify", package, cwd=tmp_path)
    tables = Package(package).book.tables
    assert {p.stem for p in (package / "dataset").glob("*.csv")} == set(tables)
    descriptor = json.loads((package / "datapackage.json").read_text())
    assert {r["name"] for r in descriptor["resources"]} == set(tables)
    with zipfile.ZipFile(archive_of(package)) as archive:
        assert not [n for n in archive.namelist() if "SRC-" in n], "documents are not published"


@pytest.mark.slow
@both
def test_what_pip_and_the_workflow_run_passes(name, package):
    """The first push of a team must not fail for what the template took for granted."""
    workflow = YAML(typ="safe").load((package / ".github/workflows/ci.yml").read_text())
    _, *steps = [s["run"] for s in workflow["jobs"]["check"]["steps"] if "run" in s]
    assert steps[-1] == "pytest"
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    for step in [*steps, "frictionless validate datapackage.json"]:
        done = subprocess.run(
            ["bash", "-e", "-c", step],
            cwd=package,
            env=os.environ | {"PATH": path},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, f"{step}: {done.stdout}{done.stderr}"


@pytest.mark.slow
def test_a_withdrawn_strike_makes_the_next_version(strikes, tmp_path):
    """The tombstone was looked for in a table `retired` with a column `event_id`."""
    first = shutil.copy(archive_of(strikes), tmp_path / "first.zip")
    without_codings(strikes)
    dropped("strikes", strike_id="ST-0004")(strikes)
    dropped("quotations", strike_id="ST-0004")(strikes)
    (strikes / "seeds/corrections.yaml").write_text(
        "- {table: withdrawn, row: ST-0005, column: replaced_by, old: ST-0004, new: null, "
        "reason: It is withdrawn as well., who: Vera, when: 2023-02-01}\n"
    )
    sheet = Sheet(Package(strikes), "skipped")
    sheet.rows.append({"source_id": "SRC-02", "block": "4", "why_skipped": "Withdrawn."})
    sheet.save()
    printed = ok("publish", "--since", first, cwd=strikes, status=2)
    assert "ST-0004" in printed and "seeds/tables/withdrawn.csv" in printed
    sheet = Sheet(Package(strikes), "withdrawn")
    sheet.rows.append(
        {
            "strike_id": "ST-0004",
            "withdrawn_on": "2023-02-01",
            "why_withdrawn": "The crews had been locked out.",
            "replaced_by": "",
        }
    )
    sheet.save()
    assert "0.2.0" in ok("publish", "--since", first, cwd=strikes, status=2)
    released(strikes, "0.2.0")
    ok("publish", "--since", first, cwd=strikes)
    second = next((strikes / "dist").glob("*0.2.0.zip"))
    assert "0 errors" in ok("verify", second, cwd=tmp_path)
    printed = ok("diff", first, second, cwd=tmp_path, status=1)
    assert "ST-0004" in printed and "The crews had been locked out." in printed
    page = tmp_path / "diff.html"
    ok("diff", first, second, "--format", "html", "--out", page, cwd=tmp_path, status=1)
    assert "ST-0004" in page.read_text(encoding="utf-8")


@pytest.mark.slow
def test_a_changed_shooting_makes_the_next_version(shootings, tmp_path):
    """A correction of one cell in a table that no shipped book has."""
    first = shutil.copy(archive_of(shootings), tmp_path / "first.zip")
    (shootings / "seeds/corrections.yaml").write_text(
        "- {table: shootings, row: 3, column: age, old: 60, new: 61, reason: A birthday., "
        "who: Vera, when: 2023-02-01}\n"
    )
    released(shootings, "0.1.1")
    ok("publish", "--since", first, cwd=shootings)
    printed = ok(
        "diff", first, next((shootings / "dist").glob("*0.1.1.zip")), cwd=tmp_path, status=1
    )
    assert "61" in printed


def released(package, version):
    """Raise the version, with its day and its entry in the changelog."""
    project = package / "pyproject.toml"
    text = project.read_text().replace('version = "0.1.0"', f'version = "{version}"')
    project.write_text(text.replace("2023-01-10", "2023-02-10"))
    log = package / "CHANGELOG.md"
    block = f"## [{version}] - 2023-02-10\n\n<!-- data {version}: written by eventbook publish -->\n<!-- /data -->\n\n"
    log.write_text(log.read_text().replace("## [0.1.0]", f"{block}## [0.1.0]"))


@pytest.mark.slow
@both
def test_it_is_loaded_into_a_database(name, package, tmp_path):
    """The keys and rules of the book are those of the database."""
    ok("load", f"sqlite:///{tmp_path}/db.sqlite", cwd=package)
    ok("load", f"sqlite:///{tmp_path}/db.sqlite", "--from", archive_of(package), cwd=tmp_path)
    database = sqlite3.connect(tmp_path / "db.sqlite")
    assert database.execute(f"select count(*) from {name}").fetchone() == (ROWS[name],)
    change = {
        "strikes": "update strikes set ended = '1999-01-01'",
        "shootings": "update shootings set longitude = null",
    }
    with pytest.raises(sqlite3.IntegrityError):
        database.execute(change[name])
    database.close()


@pytest.mark.slow
@both
@pytest.mark.parametrize("end", [".csv", ".parquet", ".csv.gz"])
def test_a_table_is_converted(name, package, tmp_path, end):
    """`convert` takes any table of a book from one container to another; only layouts are of events."""
    printed = ok("convert", f"dataset/{name}.csv", tmp_path / f"out{end}", cwd=package)
    assert "lost" not in printed
    read = pl.read_parquet if end == ".parquet" else pl.read_csv
    assert read(tmp_path / f"out{end}").height == ROWS[name]
    one_line(
        "convert",
        f"dataset/{name}.csv",
        tmp_path / "a.csv",
        "--to",
        "acled",
        cwd=package,
        lacks="acled",
    )


@pytest.mark.slow
@both
def test_there_is_a_page_to_look_at(name, package, tmp_path):
    """The page had headings and filters of events, whatever the book."""
    ok("explore", tmp_path / "whole.html", cwd=package)
    ok("explore", f"dataset/{name}.csv", tmp_path / "file.html", cwd=package)
    for page in ("whole", "file"):
        text = (tmp_path / f"{page}.html").read_text(encoding="utf-8")
        assert {"strikes": "Brandt Bread", "shootings": "Marrow Creek"}[name] in text
        seen = re.sub(r"<script.*?</script>", "", text, flags=re.S)
        assert "Fatalities" not in seen and "Claims" not in seen


@pytest.mark.slow
@both
def test_files_are_formatted(name, package):
    """A package that was just published is in the one form."""
    ok("fmt", "--check", cwd=package)
    path = package / f"seeds/tables/{name}.csv"
    path.write_text(path.read_text().replace("\n", "\r\n"))
    ok("fmt", "--check", cwd=package, status=1)
    ok("fmt", cwd=package)
    ok("fmt", "--check", cwd=package)


@pytest.mark.slow
def test_offsets_are_filled_in(strikes):
    """Coders copy words and count nothing, whatever the columns are called."""
    sheet = Sheet(Package(strikes), "quotations")
    before = sheet.path.read_text()
    for row in sheet.rows:
        row |= {"block": "", "from_char": "", "to_char": ""}
    sheet.save()
    ok("fmt", cwd=strikes)
    assert sheet.path.read_text() == before


# Two coders


def other_tables(strikes, folder):
    """The tables of a coder who numbers and codes some things otherwise, and missed a strike."""
    shutil.copytree(strikes / "seeds/tables", folder)
    for path in folder.glob("*.csv"):
        text = path.read_text(encoding="utf-8")
        for one, other in (("ST-0001", "ST-0011"), ("EMP-1", "EMP-9")):
            text = text.replace(one, other)
        path.write_text(text, encoding="utf-8")
    quotations = folder / "quotations.csv"
    why = "A second person at a machine is about safety; the sentence before names the accident."
    text = quotations.read_text(encoding="utf-8")
    assert why in text
    quotations.write_text(text.replace(why, "More people for the same work."), encoding="utf-8")
    strikes_file = folder / "strikes.csv"
    strikes_file.write_text(strikes_file.read_text().replace(",safety,", ",staffing,"))
    for name in ("strikes", "quotations"):
        path = folder / f"{name}.csv"
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        path.write_text("".join(line for line in lines if not line.startswith("ST-0004")))
    with (folder / "skipped.csv").open("a", encoding="utf-8") as stream:
        stream.write("SRC-02,4,The trams stood still because the city closed the line.\n")
    return folder


@pytest.mark.slow
def test_two_coders_from_workbook_to_release(strikes, tmp_path):
    """Workbook, import, agreement and decisions asked for events, claims and evidence."""
    without_codings(strikes)
    ok("workbook", tmp_path / "blank.xlsx", "--coder", "mia", cwd=strikes)
    workbook = openpyxl.load_workbook(tmp_path / "blank.xlsx", read_only=True)
    sheets = {sheet.title: [*sheet.values] for sheet in workbook}
    workbook.close()
    assert {"strikes", "quotations", "employers", "skipped", "text"} <= set(sheets)
    assert "Halvik bakery" in str(sheets["text"])
    assert "ST-0001" not in str(sheets["strikes"]), "the coding is blind"
    assert "sub-event" not in str(sheets)
    ok("workbook", tmp_path / "mia.xlsx", cwd=strikes)
    ok("check", tmp_path / "mia.xlsx", cwd=strikes)
    ok("import", tmp_path / "mia.xlsx", "--coder", "mia", cwd=strikes)
    ok("import", other_tables(strikes, tmp_path / "ole"), "--coder", "ole", cwd=strikes)
    agreement = json.loads(ok("agree", "mia", "ole", "--format", "json", cwd=strikes))
    assert "strikes" in str(agreement)
    ok("agree", "mia", "ole", "--format", "html", "--out", tmp_path / "a.html", cwd=strikes)
    assert "demand" in (tmp_path / "a.html").read_text(encoding="utf-8")
    ok("adjudicate", "mia", "ole", "--to", tmp_path / "decide.xlsx", cwd=strikes)
    ok("adjudicate", "mia", "ole", cwd=strikes, status=1)
    decisions = decide(strikes)
    assert {"demand"} <= {row["variable"] for row in decisions}
    before = {p.name: p.read_text() for p in (strikes / "seeds/tables").glob("*.csv")}
    ok("adjudicate", "mia", "ole", "--by", "eva", cwd=strikes)
    after = {p.name: p.read_text() for p in (strikes / "seeds/tables").glob("*.csv")}
    assert after == before, "every decision was for the first coder"
    ok("check", cwd=strikes)
    ok("publish", cwd=strikes)
    assert (strikes / "dataset/agreement-mia-ole.json").is_file()
    ok("verify", archive_of(strikes), cwd=tmp_path)
    replaced("strikes", "demand", "safety", "pay")(strikes)
    assert "ST-0002" in ok("check", cwd=strikes, status=1), "no decision says so"


def decide(strikes):
    """Decide every open case for the first coder."""
    path = strikes / "seeds/adjudication.csv"
    frame = pl.read_csv(path, infer_schema=False)
    rows = frame.to_dicts()
    for row in rows:
        of_one = "keep" if row["first_id"] is None or row["second_id"] is None else "one"
        row["decision"] = row["decision"] or ("first" if row["variable"] else of_one)
        row["reason"] = row["reason"] or "The guide."
        row["decided_on"] = row["decided_on"] or "2023-01-05"
    pl.DataFrame(rows, schema=frame.schema).write_csv(path)
    return rows


@pytest.mark.slow
@pytest.mark.parametrize(
    "words",
    [
        ("workbook", "blank.xlsx"),
        ("import", "seeds/tables", "--coder", "mia"),
        ("agree", "mia", "ole"),
        ("adjudicate", "mia", "ole"),
        ("new", "document", "README.md"),
    ],
    ids=" ".join,
)
def test_a_book_without_documents_has_no_coders(shootings, words):
    """What is only for documents was a KeyError for whoever has none."""
    one_line(*words, cwd=shootings, lacks="the book shootings has no documents")
