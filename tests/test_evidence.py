"""Evidence in books of any names: what is checked does not depend on what tables are called.

The names are those of `books/strikes`, none of which is in the shipped book.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import pytest
from conftest import ROOT, Sheet, invoke

from eventbook.codebook import load
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
    """The check looked for a table `evidence`, and said 0 errors where there was none."""
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
    sources["quotations"].frame = sources["quotations"].frame.drop(column)
    report = check_sources(strikes.book, sources, strikes.root).report
    assert any(f"quotations.{column}" in line for line in report.unchecked)


def test_a_book_without_passed_over_paragraphs_says_what_is_not_checked(strikes):
    """Without this one table the whole check of the evidence was off, and nothing said so."""
    book = strikes.book
    less = replace(book, tables={n: t for n, t in book.tables.items() if n != "skipped"})
    sources = {n: s for n, s in strikes.sources().items() if n != "skipped"}
    quotations = sources["quotations"]
    quotations.frame = quotations.frame.with_columns(words=quotations.frame["words"].str.slice(1))
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
    quotations = sources["quotations"]
    quotations.frame = quotations.frame.filter(quotations.frame["strike_id"].is_not_null())
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
