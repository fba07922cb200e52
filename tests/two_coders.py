"""The report of `tests/coded`, coded by two who differ in known places."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import polars as pl
from conftest import ROOT, copied, once

from eventbook.dataset.desk.filing import file_coding
from eventbook.dataset.desk.workbook import write_workbook
from eventbook.dataset.desk.workbook_contents import workbook_contents
from eventbook.validation.package.package import Package
from eventbook.validation.reading.source import LINE

CODED = ROOT / "tests" / "coded"
"""A short report and its tables, as people type them and adjudication writes them.

A quote serves two events; defaults are left empty, but one.
"""
DAY = date(2026, 11, 24)
RENAMED = {
    "syria-rebels": "rebels",
    "SYR-2020-0003": "SYR-2020-0009",
    "SYR-2020-0001": "SYR-2020-0003",
}
GONE = frozenset({"SYR-2020-0005", "SYR-2020-C002"})


def coded_once(package: Package) -> Package:
    """Put the report and its tables into a package, in place of its own."""
    for name in ("tables", "documents"):
        shutil.rmtree(package.root / "seeds" / name)
    shutil.copytree(CODED / "tables", package.root / "seeds" / "tables")
    (package.root / "seeds" / "documents").mkdir()
    shutil.copy(CODED / "DOC-0001.txt", package.root / "seeds" / "documents")
    return package


def coded_workbook(tmp_path_factory) -> Path:
    """The tables of a package with the report as a workbook, which is made once."""

    def make(folder):
        package = coded_once(copied(folder / "package"))
        write_workbook(workbook_contents(package, None, ()), folder / "all.xlsx")

    return once(tmp_path_factory, "coded-workbook", make) / "all.xlsx"


def filed_by_two(tmp_path_factory) -> Path:
    """A package with the report as a filed it and as b did; nothing is decided. It is made once."""

    def make(folder):
        package = coded_once(copied(folder / "package"))
        assert file_coding(package, package.root / "seeds/tables", "a", DAY).rows is not None
        file_second(package, folder / "b")

    return once(tmp_path_factory, "filed-by-two", make) / "package"


def file_second(package: Package, folder: Path) -> None:
    """File the same report for b, who gives other ids, misses an event and a claim, and has another day."""
    folder.mkdir()
    for name, source in package.sources().items():
        frame = source.frame.drop(LINE)
        if name == "retired":
            continue
        rows = [
            {
                column: "; ".join(RENAMED.get(p, p) for p in cell.split("; ") if p not in GONE)
                for column, cell in row.items()
                if cell
            }
            for row in frame.to_dicts()
        ]
        # Of what b does not have there is no row, and no quote.
        rows = [row for row in rows if "" not in row.values()]
        if name == "events":
            appeal = next(row for row in rows if row["event_id"] == "SYR-2020-0004")
            appeal |= {"date_end": "2020-05-04"}
        if name == "passed_over":
            rows += [rows[0] | {"paragraph": "7", "reason": "background", "because": "No act."}]
        pl.DataFrame(rows, schema=frame.schema).write_csv(folder / f"{name}.csv")
    filed = file_coding(package, folder, "b", DAY)
    assert filed.rows is not None, list(filed.report)
