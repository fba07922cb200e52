"""The input of the benchmarks: packages with two filed codings, and the decisions between them."""

from __future__ import annotations

import csv
import shutil
import sys
from datetime import date

import pytest
from conftest import ROOT

sys.path.insert(0, str(ROOT / "tests" / "benchmarks"))

from codings import CODERS, FILED_ON
from packages import make

from eventbook.dataset.agreement.agree import measure_agreement
from eventbook.dataset.desk.adjudicate import bring_up_to_date
from eventbook.dataset.desk.filing import file_coding
from eventbook.validation.package.package import Package

EVENTS = 30


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("made") / "package"
    make(root, 10, EVENTS)
    return root


def contents(folder):
    return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*.*") if p.is_file()}


def test_its_tables_follow_from_its_decisions(folder):
    """A benchmark of `check` measured how it lists values that no coding gives."""
    report = Package(folder).check().report
    assert report.status(strict=True) == 0, list(report)


def test_it_may_be_published(folder):
    """`publish` needs settings that `check` does not: benchmarks of it ended at once."""
    assert Package(folder).metadata.keywords


def test_adjudicating_it_changes_nothing(folder):
    """The first of three runs wrote what the others only compared, and was slower."""
    done = bring_up_to_date(Package(folder), *CODERS)
    assert (done.open, done.changed) == ((), ())
    with (folder / "seeds/adjudication.csv").open(encoding="utf-8", newline="") as stream:
        decided = {row["decision"] for row in csv.DictReader(stream)}
    assert decided == {"one", "keep", "drop", "first", "second"}


def test_its_coders_differ_in_units_and_values(folder):
    """Coders who agree on everything give agreement nothing to do."""
    measured = measure_agreement(Package(folder), list(CODERS))
    assert measured.disagreements
    assert measured.partial


def test_its_codings_are_as_filing_leaves_them(folder, tmp_path):
    """Codings that `eventbook import` refuses, or writes otherwise, are no input of a user."""
    root = tmp_path / "package"
    shutil.copytree(folder, root)
    shutil.move(root / "seeds" / "codings", tmp_path / "typed")
    for coder in CODERS:
        typed = tmp_path / "typed" / coder
        filed = file_coding(Package(root), typed, coder, date.fromisoformat(FILED_ON))
        assert filed.rows is not None, list(filed.report)
        assert contents(root / "seeds" / "codings" / coder) == contents(typed)


def test_the_same_arguments_give_the_same_codings(folder, tmp_path):
    """Figures of two packages that differ cannot be compared."""
    make(tmp_path / "package", 10, EVENTS)
    assert contents(tmp_path / "package") == contents(folder)


def test_more_events_than_there_are_cannot_be_coded(tmp_path):
    """Asked for 3,000 events, it gave what there was, and the figures were of that."""
    with pytest.raises(ValueError, match="more --documents"):
        make(tmp_path / "package", 2, 1000)
