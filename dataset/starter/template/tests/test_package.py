"""The data pass their codebook, and what is published is what the hand-coded tables give."""

from pathlib import Path

import pandas as pd
import pytest

from eventbook.dataset.publishing.publish import stale
from eventbook.validation import schema
from eventbook.validation.package.package import Package

ROOT = Path(__file__).resolve().parent.parent


def test_the_coded_tables_have_no_errors():
    """A wrong code, a broken key or a quotation that is not in its document."""
    report = Package(ROOT).check().report
    assert not report.status(), [finding.message for finding in report]


def test_the_published_files_are_current():
    """A table that was changed and not published again."""
    assert stale(Package(ROOT)).stale == (), "run: eventbook publish"


@pytest.mark.parametrize("table", Package(ROOT).book.tables)
def test_the_published_tables_pass_pandera(table):
    """A table that analysts load and that its own schema refuses."""
    package = Package(ROOT)
    tables = {n: pd.read_parquet(ROOT / f"dataset/{n}.parquet") for n in package.book.tables}
    schema(table, package.book, tables=tables).validate(tables[table])
