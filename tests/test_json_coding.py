"""A coding as JSON: read strictly, checked like a coder's workbook, filed, and written again.

`tests/gao` is an invented report with a coding of it, in names and short ids as a model or a form of
somebody else would write it.
"""

from __future__ import annotations

import json
import re
import shutil
from datetime import date
from pathlib import Path

import pytest
from conftest import HOSTILE, OWN_BOOKS, ROOT, Sheet, book_folder, copied, examples, invoke
from hypothesis import given, settings
from hypothesis import strategies as st
from test_cut_books import CUTS, Cut

from eventbook.codebook import load
from eventbook.codebook.coding_form import coding_parts
from eventbook.dataset.desk.filing import FilingOptions, file_coding, try_filing
from eventbook.dataset.desk.json_export import export_codings
from eventbook.dataset.desk.table_files import table_bytes
from eventbook.validation import check_files
from eventbook.validation.coding.coded_workbook import rows_by_table
from eventbook.validation.coding.filed import load_coding
from eventbook.validation.coding.json_coding import check_json
from eventbook.validation.coding.record import Filing, record_text
from eventbook.validation.coding.typed_rows import completed_rows
from eventbook.validation.errors import InputError
from eventbook.validation.files.hashing import sha256
from eventbook.validation.package.package import Package
from eventbook.validation.reading.source import LINE

GAO = ROOT / "tests" / "gao"
GOOD = (GAO / "coding.json").read_text(encoding="utf-8")
DAY = date(2026, 11, 24)
BOOK = load("eventbook")


def report_of_gao(package: Package) -> Package:
    """Put the report, and what the package knows before it is coded, in place of its own."""
    for name in ("tables", "documents"):
        shutil.rmtree(package.root / "seeds" / name)
    shutil.copytree(GAO / "tables", package.root / "seeds" / "tables")
    (package.root / "seeds" / "documents").mkdir()
    shutil.copy(GAO / "DOC-0001.txt", package.root / "seeds" / "documents")
    return package


@pytest.fixture
def gao(copy):
    """A package with one report about Gao, not coded yet."""
    return report_of_gao(copy)


def written(package: Package, text: str, name: str = "coding.json") -> Path:
    path = package.root / name
    path.write_text(text, encoding="utf-8")
    return path


def found(package: Package, *paths: Path) -> list[tuple[str, int | None, str | None, str | None]]:
    """The findings in codings: the rule, line, path and value of each."""
    report = check_json(paths, package.book, package.root).report
    return [(f.rule, f.line, f.column, f.value) for f in report]


def tables(package: Package, coder: str) -> dict[str, list[dict[str, str]]]:
    """What a coder filed, without empty cells."""
    filed = load_coding(package.root, package.book, coder).filed
    return {
        name: [{n: c for n, c in row.items() if c} for row in rows] for name, rows in filed.items()
    }


def edited(*changes: tuple[str, str]) -> str:
    """The good coding with changes, each of words that it has once."""
    text = GOOD
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def test_the_keys_follow_from_the_book():
    """A schema, a reader and a writer that each guess the keys disagree in the first new book."""
    parts = coding_parts(BOOK)
    assert {name: part.kind for name, part in parts.items()} == {
        "events": "unit",
        "claims": "unit",
        "actors": "shared",
        "locations": "shared",
        "passed_over": "passage",
        "quotes": "quotes",
    }
    assert [part.id_field for part in parts.values()] == [
        "event_id",
        "claim_id",
        "actor_id",
        "location_id",
        "",
        "",
    ]
    assert not any("document_id" in part.fields for part in parts.values())
    events = parts["events"].fields
    assert (events["actor1_id"].target, events["actor1_id"].carried) == (
        BOOK.tables["actors"],
        True,
    )
    assert (events["notes"].carried, events["assoc_actor_1_ids"].is_list) == (False, True)
    assert [name for name, one in parts["claims"].fields.items() if one.claimed] == ["value"]
    assert not any(one.carried for one in parts["actors"].fields.values())
    assert list(parts["quotes"].fields) == [
        "quote",
        "paragraph",
        "start",
        "basis",
        "because",
        "variables",
    ]
    strikes = coding_parts(load(book_folder("strikes")))
    assert list(strikes) == ["strikes", "employers", "skipped", "quotations"]
    assert list(strikes["quotations"].fields) == [
        "words",
        "block",
        "from_char",
        "reasoning",
        "says",
    ]


# Checking


def test_a_good_coding_has_no_findings(gao):
    """Names, short ids and quotes as a model writes them must not need a person to translate them."""
    checked = check_json([written(gao, GOOD)], gao.book, gao.root)
    assert list(checked.report) == []
    (event,) = checked.complete["events"].to_dicts()
    assert event["event_id"] == "MLI-2026-0001"
    assert event["actor1_id"] == "mali-fighters"
    assert event["assoc_actor_2_ids"] == "mali-militia"
    assert event["location_id"] == "gao"
    assert (event["fatalities_low"], event["fatalities_best"]) == (5, 5)
    (claim,) = checked.complete["claims"].to_dicts()
    assert (claim["claim_id"], claim["event_id"]) == ("MLI-2026-C001", "MLI-2026-0001")
    assert (claim["claimant_id"], claim["value"]) == ("military-forces-of-mali", "5")


BAD = {
    "invented quote": (
        ("fighters clashed with soldiers", "rebels shelled the market"),
        [
            ("quote-found", 7, "events[0].sub_event_type.quotes[0]", "rebels shelled the market"),
        ],
    ),
    "nearly the quote": (
        ("fighters clashed with soldiers", "fighters clashed with the soldiers"),
        [
            (
                "quote-differs",
                7,
                "events[0].sub_event_type.quotes[0]",
                "fighters clashed with the soldiers",
            ),
        ],
    ),
    "words that are there twice": (
        ('{"quote": "fighters", "paragraph": 2}', '"fighters"'),
        [("quote-several", 8, "events[0].actor1_id.quotes[0]", "fighters")],
    ),
    "wrong paragraph": (
        ('"paragraph": 2}', '"paragraph": 1}'),
        [
            ("quote-several", 8, "events[0].actor1_id.quotes[0].quote", "fighters"),
            ("paragraph-accounted", 38, "passed_over[0].paragraph", "1"),
        ],
    ),
    "invented code": (
        ('"Armed clash"', '"Gunfight"'),
        [("code", 7, "events[0].sub_event_type", "Gunfight")],
    ),
    "a text for a number": (
        ('{"value": 1, "quotes": ["in Gao"]}', '{"value": "exact", "quotes": ["in Gao"]}'),
        [("type", 14, "events[0].ucdp_where_prec", "exact")],
    ),
    "a number with decimals for a whole one": (
        ('{"value": 1, "quotes": ["in Gao"]}', '{"value": 1.5, "quotes": ["in Gao"]}'),
        [("type", 14, "events[0].ucdp_where_prec", "1.5")],
    ),
    "true for a number": (
        ('{"value": 1, "quotes": ["in Gao"]}', '{"value": true, "quotes": ["in Gao"]}'),
        [("coding-form", 14, "events[0].ucdp_where_prec", "true")],
    ),
    "a number for a text": (
        ('"fatalities_words": "five"', '"fatalities_words": 5'),
        [("coding-form", 17, "events[0].fatalities_words", "5")],
    ),
    "a text for a list": (
        ('{"value": ["Mali militia"]', '{"value": "Mali militia"'),
        [("coding-form", 10, "events[0].assoc_actor_2_ids", "Mali militia")],
    ),
    "a list in a list": (
        ('{"value": ["Mali militia"]', '{"value": [["Mali militia"]]'),
        [("coding-form", 10, "events[0].assoc_actor_2_ids[0]", "[...]")],
    ),
    "the sign between values in one of them": (
        ('{"value": ["Mali militia"]', '{"value": ["Mali militia; x"]'),
        [("coding-form", 10, "events[0].assoc_actor_2_ids[0]", "Mali militia; x")],
    ),
    "unknown actor": (
        (
            '{"value": "Military Forces of Mali", "quotes": ["clashed',
            '{"value": "Miltary Forces of Mali", "quotes": ["clashed',
        ),
        [("foreign-key", 9, "events[0].actor2_id", "Miltary Forces of Mali")],
    ),
    "unknown event": (
        ('{"value": "e1"', '{"value": "e7"'),
        [("foreign-key", 27, "claims[0].event_id", "e7")],
    ),
    "key twice": (
        ('"notes": null', '"notes": "a",\n      "notes": "b"'),
        [("coding-form", 20, "events[0].notes", "notes")],
    ),
    "unknown key": (
        ('"notes": null', '"note": "a"'),
        [("coding-form", 19, "events[0].note", "note")],
    ),
    "unknown key beside a value": (
        ('"basis": "inferred"', '"bases": "inferred"'),
        [("coding-form", 11, "events[0].date_start.bases", "bases")],
    ),
    "a value that follows": (
        ('"notes": null', '"event_type": "Battles"'),
        [("coding-form", 19, "events[0].event_type", "event_type")],
    ),
    "a document in a row": (
        ('"notes": null', '"document_id": "DOC-0001"'),
        [("coding-form", 19, "events[0].document_id", "document_id")],
    ),
    "a table that nobody fills": (
        ('"passed_over": [', '"retired": [],\n  "passed_over": ['),
        [("coding-form", 37, "retired", "retired")],
    ),
    "unknown document": (
        ('"document": "DOC-0001",\n', '"document": "DOC-0009",\n'),
        [("coding-name", 3, "document", "DOC-0009")],
    ),
    "no document": (
        ('  "document": "DOC-0001",\n', ""),
        [("coding-form", 1, "document", None)],
    ),
    "another codebook": (
        ('"eventbook 2.0.0"', '"acled 1.0.0"'),
        [("coding-form", 2, "codebook", "acled 1.0.0")],
    ),
    "a value without quotes": (
        (
            '{"value": "Gao", "quotes": ["in Gao"]}',
            '"Gao"',
        ),
        [("value-without-evidence", 13, "events[0].location_id", "Gao")],
    ),
    "a reason without a quote": (
        ('"quotes": ["said"]', '"quotes": [], "because": "It says so."'),
        [
            ("coding-form", 26, "claims[0].act.because", "It says so."),
        ],
    ),
    "an empty quote": (
        ('"quotes": ["said"]', '"quotes": ["said", ""]'),
        [("coding-form", 26, "claims[0].act.quotes[1]", "")],
    ),
    "paragraphs of which nothing is said": (
        ('"passed_over": [', '"passed_over": [],\n  "passed": ['),
        [
            ("paragraph-accounted", 3, "document", None),
            ("paragraph-accounted", 3, "document", None),
            ("coding-form", 38, "passed", "passed"),
        ],
    ),
    "half a character": (
        ('"notes": null', '"notes": "\\ud800"'),
        [("coding-form", 19, "events[0].notes", None)],
    ),
    "NUL": (
        ('"notes": null', '"notes": "a\\u0000b"'),
        [("coding-form", 19, "events[0].notes", None)],
    ),
    "an id that is there twice": (
        (
            '{"actor_id": "mali-militia", "actor"',
            '{"actor_id": "mali-fighters", "actor"',
        ),
        [
            ("primary-key", 34, "actors[0].actor_id", "mali-fighters"),
            ("primary-key", 35, "actors[1].actor_id", "mali-fighters"),
        ],
    ),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_coding_is_found_at_its_path_and_line(gao, kind):
    """A finding without its place in the file cannot be corrected by who, or what, wrote the file."""
    change, expected = BAD[kind]
    assert found(gao, written(gao, edited(change))) == expected


def test_a_finding_has_what_is_allowed_and_what_is_near(gao):
    """A model that only hears that a value is wrong tries another wrong one."""
    text = edited(
        ('"Armed clash"', '"Armed clsh"'),
        ('{"value": "e1"', '{"value": "e7"'),
        ('["Military Forces of Mali"]', '["Military Force of Mali"]'),
        ('"because": "Weather."', '"becuase": "Weather."'),
    )
    report = check_json([written(gao, text)], gao.book, gao.root).report
    about = {f.column: f for f in report}
    assert about["events[0].sub_event_type"].nearest == "Armed clash"
    assert (about["events[0].sub_event_type"].allowed or "").startswith("Government regains")
    assert about["events[0].source_ids"].nearest == "Military Forces of Mali"
    assert about["claims[0].event_id"].allowed == "e1"
    assert about["claims[0].event_id"].row_id == "c1"
    assert about["passed_over[1].becuase"].nearest == "because"


def test_a_file_in_one_line_has_findings_at_its_rows(gao):
    """A model writes JSON in one line: the rows of a table must not run into each other there."""
    whole = json.loads(edited(('"Armed clash"', '"Gunfight"')))
    whole["events"].insert(0, json.loads(GOOD)["events"][0] | {"event_id": "e0"})
    assert found(gao, written(gao, json.dumps(whole))) == [
        ("code", 1, "events[1].sub_event_type", "Gunfight")
    ]


def test_a_name_of_several_rows_is_a_finding(gao):
    """Of two places of one name the reader would choose, and nobody would see that it did."""
    sheet = Sheet(gao, "locations")
    sheet.rows.append(sheet.rows[0] | {"location_id": "gao-hill", "gazetteer_id": "8"})
    sheet.save()
    report = check_json([written(gao, GOOD)], gao.book, gao.root).report
    (finding,) = report
    assert (finding.rule, finding.line, finding.column) == (
        "coding-name",
        13,
        "events[0].location_id",
    )
    assert finding.allowed == "gao (Gao), gao-hill (Gao)"
    assert found(gao, written(gao, edited(('"value": "Gao"', '"value": "gao-hill"')))) == []


def test_a_name_is_a_name_proper_before_it_is_another_name(gao):
    """An alias is what a document calls somebody: it must not take the name of somebody else."""
    sheet = Sheet(gao, "actors")
    sheet.rows[0]["aliases"] = "the army; Mali militia"
    sheet.save()
    checked = check_json([written(gao, GOOD)], gao.book, gao.root)
    assert list(checked.report) == []
    assert checked.complete["events"]["assoc_actor_2_ids"].to_list() == ["mali-militia"]
    text = edited(('["Military Forces of Mali"]', '["The Army"]'))
    checked = check_json([written(gao, text)], gao.book, gao.root)
    assert list(checked.report) == []
    assert checked.complete["events"]["source_ids"].to_list() == ["military-forces-of-mali"]


def test_a_claimed_value_is_resolved_like_a_value_of_its_variable(gao):
    """A claim about who did it names an actor; as a mere text it would be nobody."""
    text = edited(
        ('"about_variable": {"value": "fatalities_low"', '"about_variable": {"value": "actor2_id"'),
        ('"value": {"value": 5', '"value": {"value": "Mali militia"'),
    )
    checked = check_json([written(gao, text)], gao.book, gao.root)
    assert list(checked.report) == []
    assert checked.complete["claims"]["value"].to_list() == ["mali-militia"]
    listed = text.replace('"actor2_id", "quotes": ["five', '"assoc_actor_2_ids", "quotes": ["five')
    listed = listed.replace(
        '{"value": "Mali militia"', '{"value": ["Mali militia", "mali-fighters"]'
    )
    checked = check_json([written(gao, listed)], gao.book, gao.root)
    assert list(checked.report) == []
    assert checked.complete["claims"]["value"].to_list() == ["mali-militia; mali-fighters"]


def test_a_document_may_be_named_by_its_title(gao):
    """A person who pastes a report into a form of their own has its headline, and no id."""
    assert found(gao, written(gao, edited(('"DOC-0001",\n', '"gao clash  kills five",\n')))) == []
    sheet = Sheet(gao, "documents")
    sheet.rows.append(sheet.rows[0] | {"document_id": "DOC-0002"})
    sheet.save()
    text = edited(('"DOC-0001",\n', '"Gao clash kills five",\n'))
    report = check_json([written(gao, text)], gao.book, gao.root).report
    assert [(f.rule, f.allowed) for f in report] == [("coding-name", "DOC-0001, DOC-0002")]


def test_a_row_that_the_package_has_is_fine_if_it_is_equal(gao):
    """A model gives the actors it was shown again: they are the same, or it changed one."""
    known = (
        '{"actor_id": "military-forces-of-mali", "actor": "Military Forces of Mali", "inter": 1}'
    )
    text = edited(('  "actors": [\n', f'  "actors": [\n    {known},\n'))
    assert found(gao, written(gao, text)) == []
    other = text.replace('"inter": 1}', '"inter": 2}')
    checked = check_json([written(gao, other)], gao.book, gao.root)
    (finding,) = checked.report
    assert (finding.rule, finding.severity) == ("coding-form", "warning")
    assert (finding.line, finding.column) == (34, "actors[0].inter")
    assert (finding.value, finding.allowed) == ("2", "1")
    # What the coder says is filed: the adjudicator decides between the two.
    assert "2" in {str(row["inter"]) for row in checked.complete["actors"].to_dicts()[:1]}
    another = text.replace('"actor": "Military Forces of Mali"', '"actor": "Police of Mali"')
    assert found(gao, written(gao, another))[0] == (
        "coding-form",
        34,
        "actors[0].actor",
        "Police of Mali",
    )


def test_a_new_row_of_a_known_name_is_said(gao):
    """A second row of one actor is two actors in every table that is made of the coding."""
    again = '{"actor": "Military forces of Mali", "iso3": "MLI", "inter": 1, "reference": "x"}'
    text = edited(('  "actors": [\n', f'  "actors": [\n    {again},\n'))
    report = check_json([written(gao, text)], gao.book, gao.root).report
    # Its id is made of its name, and there it is.
    assert [(f.rule, f.severity, f.column) for f in report] == [
        ("coding-form", "warning", "actors[0].actor"),
        ("coding-form", "warning", "actors[0].reference"),
    ]
    text = text.replace('{"actor": "Mil', '{"actor_id": "army", "actor": "Mil')
    report = check_json([written(gao, text)], gao.book, gao.root).report
    assert [(f.rule, f.severity, f.column) for f in report] == [
        ("coding-name", "warning", "actors[0].actor")
    ]


def test_quotes_about_the_document_itself(gao):
    """The date of a report has words, too, and they belong to no event."""
    checked = check_json([written(gao, GOOD)], gao.book, gao.root)
    own = [row for row in checked.tables["quotes"].frame.to_dicts() if not row["event_ids"]]
    assert {row["quote"] for row in own if not row["claim_ids"]} == {"On Tuesday"}
    lone = (
        '{"quote": "On Tuesday", "variables": ["date_start", "date_best"], "because": "It is so."},\n'
        '    {"quote": "The weather stayed hot", "variables": ["date_end"]}'
    )
    text = edited(('  "passed_over": [', f'  "quotes": [\n    {lone}\n  ],\n  "passed_over": ['))
    checked = check_json([written(gao, text)], gao.book, gao.root)
    assert list(checked.report) == []
    own = [row for row in checked.complete["evidence"].to_dicts() if not row["event_id"]]
    assert [(r["variable"], r["quote"]) for r in own if not r["claim_id"]] == [
        ("date_start", "On Tuesday"),
        ("date_best", "On Tuesday"),
        ("date_end", "The weather stayed hot"),
    ]
    assert found(gao, written(gao, text.replace('"date_end"]', '"date"]'))) == [
        ("pattern", 39, "quotes[1].variables", "date"),
        ("variable-of-no-row", 39, "quotes[1].variables", "date"),
    ]
    unsaid = text.replace('"variables": ["date_end"]', '"variable": ["date_end"]')
    assert found(gao, written(gao, unsaid))[0][:3] == ("coding-form", 39, "quotes[1].variable")


# Files that are no coding


HOPELESS = {
    "empty": b"",
    "blanks": b" \n\n",
    "truncated": GOOD[:700].encode(),
    "a comma too many": GOOD.replace('"notes": null', '"notes": null,').encode(),
    "two values": (GOOD + "{}").encode(),
    "NaN": GOOD.replace('"value": 5,', '"value": NaN,', 1).encode(),
    "UTF-16": GOOD.encode("utf-16"),
    "Latin-1": GOOD.replace("Weather.", "Météo.").encode("latin-1"),
    "deep": b'{"document": "DOC-0001", "events": ' + b"[" * 200_000 + b"]" * 200_000 + b"}",
}


@pytest.mark.parametrize("kind", HOPELESS)
@pytest.mark.parametrize("verb", ["check", "import"])
def test_what_cannot_be_read_is_one_line(gao, kind, verb):
    """A traceback tells a program nothing, and a person less."""
    path = gao.root / "coding.json"
    path.write_bytes(HOPELESS[kind])
    done = invoke(verb, "coding.json", *(["--coder", "x"] * (verb == "import")), cwd=gao.root)
    assert done.returncode == 2
    assert done.stdout == ""
    assert re.fullmatch(r"eventbook: coding\.json.*\n", done.stderr), done.stderr
    assert not (gao.root / "seeds/codings/x").exists()


def test_where_a_file_is_no_json_is_said(gao):
    """A missing bracket in a thousand lines is not found by looking."""
    for text, line in (
        (HOPELESS["truncated"], 13),
        (HOPELESS["NaN"], 16),
        (HOPELESS["Latin-1"], 39),
    ):
        path = gao.root / "coding.json"
        path.write_bytes(text)
        assert f"coding.json:{line}: not " in invoke("check", "coding.json", cwd=gao.root).stderr


def test_another_value_than_an_object_is_a_finding_of_import(gao):
    """A list of codings in one file, or of rows, must not be filed as a coding of nothing."""
    path = written(gao, "[]")
    filed = file_coding(gao, path, "x")
    assert filed.rows is None
    assert [(f.rule, f.line, f.value) for f in filed.report] == [("coding-form", 1, "[]")]


def test_a_byte_order_mark_is_passed_over(gao):
    """Programs of Windows put one before every text; what follows is JSON all the same."""
    path = gao.root / "coding.json"
    path.write_bytes(GOOD.encode("utf-8-sig"))
    assert found(gao, path) == []


@pytest.mark.slow
def test_an_endless_text_is_refused_before_it_is_read(gao):
    """A model that repeats itself for ever fills the memory of who checks it."""
    path = written(gao, edited(('"notes": null', f'"notes": "{"x" * (50 << 20)}"')))
    done = invoke("import", "coding.json", "--coder", "x", cwd=gao.root)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "eventbook: coding.json: larger than 16 MB; expected one document's coding\n"
    )
    done = invoke("check", "coding.json", cwd=gao.root)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    path.write_text(edited(("fighters clashed with soldiers", "x" * (9 << 20))))
    done = invoke("check", "coding.json", "--format", "json", cwd=gao.root)
    assert [(f["rule"], f["line"], f["column"]) for f in json.loads(done.stdout)["findings"]] == [
        ("max-length", 7, "events[0].sub_event_type.quotes[0]"),
        ("quote-found", 7, "events[0].sub_event_type.quotes[0]"),
    ]


def test_json_that_is_no_coding_is_read_as_before(gao):
    """Downloads of others are JSON, too: their rows are a table, a map is none."""
    rows = [{"event_id_cnty": "SYR1", "fatalities": "many"}]
    path = written(gao, json.dumps({"status": 200, "data": rows}), "acled.json")
    report = check_files([path], "acled")
    assert "fatalities" in {f.column for f in report}
    path = written(gao, json.dumps({"type": "FeatureCollection", "features": []}), "map.json")
    with pytest.raises(InputError, match="GeoJSON"):
        check_files([path])


# The command line


def test_check_takes_codings_beside_each_other_and_in_a_folder(gao):
    """Whoever codes fifty reports has a folder of fifty files."""
    written(gao, edited(('"Armed clash"', '"Gunfight"')))
    done = invoke("check", "coding.json", "--format", "json", cwd=gao.root)
    (finding,) = json.loads(done.stdout)["findings"]
    assert done.returncode == 1
    assert (finding["file"], finding["line"]) == ("coding.json", 7)
    assert finding["column"] == "events[0].sub_event_type"
    assert finding["see"] == "eventbook codebook sub_event_type"
    (gao.root / "folder").mkdir()
    nameless = edited(('  "document": "DOC-0001",\n', ""))
    written(gao, nameless, "folder/one.json")
    done = invoke("check", "folder", "--document", "DOC-0001", cwd=gao.root)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("folder/one.json: read as a coding (codebook eventbook 2.0.0)\n")
    assert "0 errors, 0 warnings in 1 event, 1 claim" in done.stdout
    # One document is coded once.
    written(gao, GOOD, "folder/two.json")
    done = invoke("check", "folder", "--document", "DOC-0001", cwd=gao.root)
    assert "folder/two.json:3: error coding-form: document: 'DOC-0001': Another" in done.stdout


def test_a_coding_outside_of_a_package_is_refused(gao, tmp_path):
    """Without its document no quote can be found: a green light would mean nothing."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    shutil.copy(written(gao, GOOD), elsewhere)
    done = invoke("check", "coding.json", cwd=elsewhere)
    assert (done.returncode, done.stdout) == (2, "")
    assert "no package here or above" in done.stderr


def test_marks_and_fixes_are_for_workbooks(gao):
    """A copy of JSON with coloured cells there is not; the verb must say so, not fail."""
    written(gao, GOOD)
    for option in (["--fix", "--to", "b.json"], ["--marked", "b.xlsx"]):
        done = invoke("check", "coding.json", *option, cwd=gao.root)
        assert (done.returncode, done.stdout) == (2, ""), done
        assert len(done.stderr.splitlines()) == 1


# Filing


def test_a_coding_is_filed_and_twice_is_nothing_new(gao):
    """A script that is run again must not give the same rows other ids, or file them twice."""
    path = written(gao, GOOD)
    tried = try_filing(gao, path, "anna")
    assert (tried.documents, tried.rows and tried.rows["quotes"]) == (("DOC-0001",), 12)
    assert not (gao.root / "seeds/codings").exists()
    assert file_coding(gao, path, "anna", DAY).rows is not None
    first = tables(gao, "anna")
    assert first["events"][0]["event_id"] == "MLI-2026-0001"
    assert {
        "event_ids": "MLI-2026-0001",
        "variables": "fatalities_status; fatalities_low",
        "quote": "five fighters died",
        "document_id": "DOC-0001",
        "paragraph": "3",
        "start": "134",
        "end": "152",
    } in first["quotes"]
    with pytest.raises(InputError, match="nothing new: anna filed all its documents before"):
        file_coding(gao, path, "anna", DAY)
    assert tables(gao, "anna") == first
    # Another coder, blind: the same short ids, and the same numbers.
    assert file_coding(gao, path, "bert", DAY).rows is not None
    assert tables(gao, "bert") == first
    with pytest.raises(InputError, match="names no coder; name one with --coder"):
        file_coding(gao, path, None)


def test_errors_are_not_filed(gao):
    """What is filed stays for ever, an error too."""
    written(gao, edited(('"Armed clash"', '"Gunfight"')))
    done = invoke("import", "coding.json", "--coder", "anna", cwd=gao.root)
    assert done.returncode == 1
    assert "coding.json:7: error code: e1 events[0].sub_event_type: 'Gunfight'" in done.stdout
    assert done.stderr == "Nothing was filed. Fix the errors first.\n"
    assert not (gao.root / "seeds/codings").exists()


def test_an_amendment_keeps_the_numbers(gao):
    """Ids that change with a correction break whatever pointed to them."""
    file_coding(gao, written(gao, GOOD), "anna", DAY)
    other = edited(('"notes": null', '"notes": "Read again."'))
    with pytest.raises(InputError, match="differ from what anna filed"):
        file_coding(gao, written(gao, other), "anna", DAY)
    filed = file_coding(gao, written(gao, other), "anna", DAY, FilingOptions("read again"))
    assert filed.documents == ("DOC-0001",)
    (event,) = tables(gao, "anna")["events"]
    assert (event["event_id"], event["notes"]) == ("MLI-2026-0001", "Read again.")


def second_report(package: Package) -> str:
    """Add a second report of the same words, and return a coding of it."""
    data = (package.root / "seeds/documents/DOC-0001.txt").read_bytes() + b"\n"
    (package.root / "seeds/documents/DOC-0002.txt").write_bytes(data)
    own = {"document_id": "DOC-0002", "file": "DOC-0002.txt", "sha256": sha256(data)}
    sheet = Sheet(package, "documents")
    sheet.rows.append(sheet.rows[0] | own)
    sheet.save()
    sheet = Sheet(package, "quotes")
    sheet.rows.append(sheet.rows[0] | {"document_id": "DOC-0002"})
    sheet.save()
    return edited(('"DOC-0001",\n  "events"', '"DOC-0002",\n  "events"'))


def test_short_ids_of_several_files_become_different_ids(gao):
    """Each file begins with e1: two events of one id would be one."""
    second = second_report(gao)
    paths = [written(gao, GOOD, "a.json"), written(gao, second, "b.json")]
    filed = file_coding(gao, paths, "anna", DAY)
    assert filed.documents == ("DOC-0001", "DOC-0002")
    ours = tables(gao, "anna")
    assert {r["document_id"]: r["event_id"] for r in ours["events"]} == {
        "DOC-0001": "MLI-2026-0001",
        "DOC-0002": "MLI-2026-0002",
    }
    assert {r["claim_id"]: r["event_id"] for r in ours["claims"]} == {
        "MLI-2026-C001": "MLI-2026-0001",
        "MLI-2026-C002": "MLI-2026-0002",
    }
    # One after the other it is the same.
    file_coding(gao, paths[:1], "bert", DAY)
    file_coding(gao, paths[1:], "bert", DAY)
    assert tables(gao, "bert") == ours
    with pytest.raises(InputError, match="nothing new"):
        file_coding(gao, paths, "bert", DAY)


def test_a_full_id_of_another_report_is_a_finding(gao):
    """A model numbers from 0001 in each report: the second would be the first."""
    second = second_report(gao)
    full = [text.replace('"e1"', '"MLI-2026-0001"') for text in (GOOD, second)]
    file_coding(gao, written(gao, full[0]), "anna", DAY)
    filed = file_coding(gao, written(gao, full[1]), "anna", DAY)
    assert [(f.rule, f.line, f.column, f.value) for f in filed.report] == [
        ("coding-form", 6, "events[0].event_id", "MLI-2026-0001")
    ]


def test_short_ids_avoid_what_the_package_has(gao):
    """The id of an event that was published, or withdrawn, means that event for ever."""
    file_coding(gao, written(gao, GOOD), "anna", DAY)
    for name in ("events", "claims", "quotes", "actors", "passed_over"):
        source = gao.root / f"seeds/codings/anna/{name}.csv"
        shutil.copy(source, gao.root / "seeds/tables")
    sheet = Sheet(gao, "retired")
    sheet.rows.append(
        dict.fromkeys(sheet.header, "x") | {"event_id": "MLI-2026-0007", "successor_id": ""}
    )
    sheet.save()
    file_coding(gao, written(gao, GOOD), "bert", DAY)
    assert tables(gao, "bert")["events"][0]["event_id"] == "MLI-2026-0008"
    assert tables(gao, "bert")["claims"][0]["event_id"] == "MLI-2026-0008"


def test_an_id_that_cannot_be_made_is_a_finding(gao):
    """An id of an invented country is wrong for ever."""
    text = re.sub(r'      "(location_id|ucdp_where_prec)".*\n', "", GOOD).replace(
        '"iso3": "MLI", ', ""
    )
    sheet = Sheet(gao, "actors")
    sheet.rows[0]["iso3"] = ""
    sheet.save()
    report = check_json([written(gao, text)], gao.book, gao.root).report
    assert ("coding-form", 6, "events[0].event_id", "e1") in [
        (f.rule, f.line, f.column, f.value) for f in report
    ]


# Writing


def test_what_was_filed_is_written_and_read_again(gao):
    """A coding that changes on its way through JSON is another coding."""
    file_coding(gao, written(gao, GOOD), "anna", DAY)
    done = invoke("export", "anna", cwd=gao.root)
    assert (done.returncode, done.stderr) == (0, "")
    whole = json.loads(done.stdout)
    assert list(whole) == ["codebook", "document", "events", "claims", "actors", "passed_over"]
    event = whole["events"][0]
    assert event["fatalities_low"] == {"value": 5, "quotes": ["five fighters died"]}
    assert event["actor1_id"]["quotes"] == [{"quote": "fighters", "paragraph": 2}]
    assert event["date_start"]["basis"] == "inferred"
    assert event["assoc_actor_2_ids"]["value"] == ["mali-militia"]
    assert [row["actor_id"] for row in whole["actors"]] == ["mali-fighters", "mali-militia"]
    file_coding(gao, written(gao, done.stdout), "bert", DAY)
    assert tables(gao, "bert") == tables(gao, "anna")


def test_export_writes_a_file_for_each_document(gao):
    """Fifty codings in one file are no form that anything reads."""
    second = second_report(gao)
    paths = [written(gao, GOOD, "a.json"), written(gao, second, "b.json")]
    file_coding(gao, paths, "anna", DAY)
    done = invoke("export", "anna", cwd=gao.root)
    assert (done.returncode, done.stdout) == (2, "")
    assert "anna filed 2 documents: name a folder with --out" in done.stderr
    done = invoke("export", "anna", "--out", "out", cwd=gao.root)
    assert done.stdout.splitlines() == [
        "written: out/DOC-0001.json",
        "written: out/DOC-0002.json",
    ]
    assert invoke("check", "out", cwd=gao.root).returncode == 0
    assert invoke("export", "anna", "--out", "out", cwd=gao.root).returncode == 2
    done = invoke("export", "anna", "--document", "DOC-0002", "--out", "x.json", cwd=gao.root)
    assert done.stdout == "written: x.json\n"
    assert json.loads((gao.root / "x.json").read_text())["document"] == "DOC-0002"
    for words, says in (
        (["carl"], "no filed coding of that name; coders on file: anna"),
        (["anna", "--document", "DOC-0009"], "not filed by anna, who filed: DOC-0001, DOC-0002"),
    ):
        done = invoke("export", *words, cwd=gao.root)
        assert (done.returncode, done.stdout) == (2, "")
        assert says in done.stderr


def as_set(rows):
    """Rows without their empty cells, in no order."""
    return {frozenset((n, c) for n, c in row.items() if c and n != LINE) for row in rows}


def same_after_completion(package: Package, first: str, second: str) -> None:
    """Both filed the same rows, and the same evidence follows from their quotes."""
    whole = []
    for coder in (first, second):
        complete = completed_rows(
            package.book, load_coding(package.root, package.book, coder).filed
        )
        typed = package.book.typed_quotes
        whole.append(
            {
                name: as_set(rows)
                for name, rows in complete.items()
                # Which quotes share a row says nothing.
                if typed is None or name != typed.name or typed is package.book.quotes
            }
        )
    assert whole[0] == whole[1]


@pytest.mark.parametrize("coder", ["coder-a", "coder-b"])
def test_the_codings_of_the_article_are_written_and_read_again(tmp_path, coder):
    """A form that cannot hold what two people coded by hand is no way to hand a coding in."""
    package = copied(tmp_path / "package", traced=True)
    text = export_codings(package, coder).texts["DOC-0001"]
    filed = file_coding(package, written(package, text), "again", DAY)
    assert list(filed.report) == []
    same_after_completion(package, coder, "again")


@pytest.mark.parametrize("coder", ["mia", "ole"])
def test_another_book_has_other_keys(tmp_path, coder):
    """A reader that knows the words of one book reads nothing else."""
    root = Path(shutil.copytree(OWN_BOOKS / "strikes", tmp_path / "strikes"))
    package = Package(root)
    exported = export_codings(package, coder)
    assert list(exported.texts) == ["SRC-01", "SRC-02"]
    for name, text in exported.texts.items():
        written(package, text, f"{name}.json")
    filed = file_coding(package, sorted(root.glob("SRC-*.json")), "again", DAY)
    assert {f.severity for f in filed.report} <= {"warning"}
    same_after_completion(package, coder, "again")


def test_short_ids_of_another_book(tmp_path):
    """Numbers of employers are given by the book, too, and a new one has none yet."""
    package = Package(Path(shutil.copytree(OWN_BOOKS / "strikes", tmp_path / "strikes")))
    whole = json.loads(export_codings(package, "mia", ["SRC-01"]).texts["SRC-01"])
    whole["strikes"][0] |= {"strike_id": "first"}
    whole["strikes"][0]["employer_id"]["value"] = "bakery"
    whole["strikes"][1] |= {"strike_id": "second"}
    whole["strikes"][1]["employer_id"]["value"] = "amber harbour company"
    whole["employers"] = [{"employer_id": "bakery", "employer": "A bakery", "sector": "food"}]
    checked = check_json([written(package, json.dumps(whole))], package.book, package.root)
    assert [f.message for f in checked.report] == []
    rows = {r["strike_id"]: r["employer_id"] for r in checked.complete["strikes"].to_dicts()}
    used = {row["employer_id"] for row in Sheet(package, "employers").rows}
    assert len(rows) == 2 and all(re.fullmatch("ST-[0-9]{4}", one) for one in rows)
    assert not set(rows) & {row["strike_id"] for row in Sheet(package, "strikes").rows}
    (new,) = set(rows.values()) - used
    assert re.fullmatch("EMP-[0-9]+", new)


@pytest.mark.slow
@pytest.mark.parametrize("part", ["claims", "evidence", "passed over", "places", "tombstones"])
def test_a_book_that_lacks_a_part_has_codings_without_it(tmp_path, part):
    """Not every book has claims, places or quotes: what it has must be read without them."""
    package = copied(tmp_path / "package", own_book=True)
    report_of_gao(package)
    cut = Cut(package.root, CUTS[part])
    package = Package(package.root)
    for path in (package.root / "seeds/tables").glob("*.csv"):
        if path.stem not in cut.tables:
            path.unlink()
            continue
        sheet = Sheet(package, path.stem)
        kept = [v.name for v in package.book.tables[path.stem].coded]
        sheet.header = kept
        sheet.rows = [{n: row.get(n, "") for n in kept} for row in sheet.rows]
        sheet.save()
    parts = coding_parts(package.book)
    whole = {n: v for n, v in json.loads(GOOD).items() if n in (*parts, "codebook", "document")}
    for name, rows in whole.items():
        if isinstance(rows, list):
            whole[name] = [
                {n: v for n, v in row.items() if n in parts[name].fields} for row in rows
            ]
            for row in whole[name]:
                for field in parts[name].fields.values():
                    if not field.carried and isinstance(row.get(field.name), dict):
                        row[field.name] = row[field.name]["value"]
    if part == "evidence":
        # Without quotes nothing says whether the words are the claimant's own.
        whole["claims"][0]["speech"] = "reported"
    path = written(package, json.dumps(whole))
    assert found(package, path) == []
    assert file_coding(package, path, "anna", DAY).rows is not None
    text = export_codings(package, "anna").texts["DOC-0001"]
    assert file_coding(package, written(package, text), "bert", DAY).rows is not None
    same_after_completion(package, "anna", "bert")


def test_a_book_without_documents_has_no_codings(tmp_path):
    """Where nothing is coded from documents, a coding must be refused in a line."""
    root = Path(shutil.copytree(OWN_BOOKS / "shootings", tmp_path / "shootings"))
    (root / "coding.json").write_text('{"document": "x"}')
    assert coding_parts(Package(root).book) == {}
    for words in (["check", "coding.json"], ["import", "coding.json", "--coder", "a"]):
        done = invoke(*words, cwd=root)
        assert (done.returncode, done.stdout) == (2, "")
        assert "the book shootings has no documents" in done.stderr


# Whatever coders type


TEXT = (GAO / "DOC-0001.txt").read_text(encoding="utf-8")
WORDS = [match.span() for match in re.finditer(r"\S+", TEXT)]
REPEATED = [m.span() for m in re.finditer("five|fighters|soldiers", TEXT)]
STRANGE = st.sampled_from(
    [*HOSTILE, 'a "b" \\ c', "two\nlines", " blank ", "ß ⅓ 𝔸 e\u0301", "5", "true"]
)
FILED = ("events", "claims", "actors", "passed_over")


def cells(book, variable, ids):
    """What people may type into a cell of a variable, of which a part keeps no rule."""
    codes, key = book.code_list(variable), ids.get(variable.name)
    if key:
        one = st.sampled_from(key)
    elif codes is not None:
        one = st.sampled_from([str(value) for value in codes.values])
    elif variable.type == "string":
        one = STRANGE
    elif variable.type == "integer":
        one = st.integers(-3, 10**12).map(str)
    elif variable.type == "number":
        one = st.sampled_from(["1", "-0.5", "16.270", "1e-3", "0.1"])
    elif variable.type == "boolean":
        one = st.sampled_from(["true", "false"])
    else:
        one = st.dates(date(1997, 1, 1), date(2030, 1, 1)).map(str)
    if variable.separator:
        # A text with the sign of the list, or blanks at its ends, is other items.
        parts = one.map(lambda text: text.replace(";", ",").strip())
        one = st.lists(parts, min_size=1, max_size=3, unique=True).map(variable.separator.join)
    return one


@st.composite
def filed_tables(draw):
    """The tables of a coder, as text; keys lead somewhere, quotes are words of the document."""
    book = BOOK
    events = [f"MLI-2026-{n:04d}" for n in range(1, draw(st.integers(1, 3)) + 1)]
    claims = [f"MLI-2026-C{n:03d}" for n in range(1, draw(st.integers(0, 2)) + 1)]
    actors = ["fighters", "militia", "military-forces-of-mali"]
    keys = {"events": events, "claims": claims, "actors": actors[:2], "passed_over": ["x"]}
    made = {}
    for name in FILED:
        table = book.tables[name]
        ids = {
            v.name: {"events": events, "actors": actors, "locations": ["gao"]}[key.table]
            for v in table.coded
            if (key := table.key_of(v.name)) and key.table != "documents"
        }
        rows = []
        for row_id in keys[name]:
            names = draw(st.sets(st.sampled_from([v.name for v in table.coded]), max_size=12))
            row = {n: draw(cells(book, table[n], ids)) for n in sorted(names)}
            row |= {table.primary_key[0]: row_id} if name != "passed_over" else {"paragraph": "4"}
            if table.name == "claims":
                row |= {"value": "militia"} if "value" in row else {}
            if book.document_key(table):
                row["document_id"] = "DOC-0001"
            rows.append(row)
        made[name] = rows
    carried = [v.name for n in ("events", "claims") for v in book.tables[n].coded if v.evidence]
    made["quotes"] = []
    for _ in range(draw(st.integers(0, 8))):
        first = draw(st.integers(0, len(WORDS) - 1))
        last = draw(st.integers(first, min(first + 4, len(WORDS) - 1)))
        start, end = draw(st.sampled_from([(WORDS[first][0], WORDS[last][1]), *REPEATED]))
        owners = draw(st.sampled_from(["events", "claims"] if claims else ["events"]))
        some = draw(st.sets(st.sampled_from(keys[owners]), min_size=1))
        variables = draw(st.lists(st.sampled_from(carried), max_size=3, unique=True))
        made["quotes"].append(
            {
                "event_ids" if owners == "events" else "claim_ids": "; ".join(sorted(some)),
                "variables": "; ".join(variables),
                "quote": TEXT[start:end],
                "document_id": "DOC-0001",
                "paragraph": str(TEXT.count("\n\n", 0, start) + 1),
                "start": str(start),
                "end": str(end),
                "basis": draw(st.sampled_from(["", "inferred", "rule"])),
                "because": draw(st.sampled_from(["", "It is so."])),
            }
        )
    return made


@pytest.mark.slow
@settings(max_examples=examples(0.3))
@given(typed=filed_tables())
def test_whatever_was_filed_is_written_and_read_again(tmp_path_factory, typed):
    """A value, or a quote, that is lost on the way is missed by nobody."""
    folder = tmp_path_factory.mktemp("filed")
    package = report_of_gao(copied(folder / "package"))
    sheet = Sheet(package, "quotes")
    sheet.rows = []
    sheet.save()
    typed = dict(typed)
    for name in ("documents", "locations", "actors"):
        typed[name] = [*typed.get(name, []), *Sheet(package, name).rows]
    files = {f"{n}.csv": table_bytes(BOOK, BOOK.tables[n], rows) for n, rows in typed.items()}
    coder = package.root / "seeds/codings/anna"
    coder.mkdir(parents=True)
    for name, content in files.items():
        (coder / name).write_bytes(content)
    filing = Filing(DAY, f"{BOOK.name} {BOOK.version}", ("DOC-0001",), "")
    hashes = {name: sha256(content) for name, content in files.items()}
    (coder / "coding.yaml").write_text(record_text((filing,), hashes))
    text = export_codings(package, "anna").texts["DOC-0001"]
    checked = check_json([written(package, text)], BOOK, package.root)
    ours = load_coding(package.root, BOOK, "anna").tables
    theirs = completed_rows(BOOK, rows_by_table(checked.tables))
    for name in (*FILED, "evidence", "locations", "documents"):
        assert as_set(theirs[name]) == as_set(ours[name]), name
