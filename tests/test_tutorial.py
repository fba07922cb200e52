"""The coder's tutorial is run from its own blocks: what it tells a person to type is typed."""

from __future__ import annotations

import csv
import io
import os
import re
import subprocess
import sys
from pathlib import Path

import openpyxl
import pytest

from eventbook.codebook import folder_of
from eventbook.dataset.releases.verify import verify

pytestmark = pytest.mark.slow
PAGE = folder_of("eventbook") / "guide" / "10-desk.md"
BLOCK = re.compile(r"^```(\S+)(.*)\n((?:.*\n)*?)```$", re.M)


def type_in(book: Path, sheet: str, text: str) -> None:
    """Type rows into a sheet as a person does: below what is there, decisions beside their ids."""
    workbook = openpyxl.load_workbook(book)
    cells = workbook[sheet]
    columns = {c.value.split("\n")[-1]: c.column for c in cells[1]}
    filled = [r for r in range(2, cells.max_row + 1) if any(c.value for c in cells[r])]
    below = max([1, *filled]) + 1
    ids = {cells.cell(r, 1).value: r for r in filled} if sheet == "decisions" else {}
    for row in csv.DictReader(io.StringIO(text)):
        line = ids.get(next(iter(row.values())), below)
        below += line == below
        for name, value in row.items():
            if value:
                cells.cell(line, columns[name]).value = value
    workbook.save(book)


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """The tutorial done from the first to the last block; what each command block printed."""
    here = tmp_path_factory.mktemp("desk")
    start = here
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    outputs = []
    for kind, about, text in BLOCK.findall(PAGE.read_text(encoding="utf-8")):
        if (kind, about.strip()) == ("sh", "desk"):
            continue  # `test_tutorial_at_the_desk` opens it
        if kind == "sh":
            run = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", f"{text}\necho; pwd"],
                cwd=here,
                env={**os.environ, "PATH": path},
                capture_output=True,
                text=True,
            )
            assert run.returncode == 0, f"{text}\n{run.stdout}\n{run.stderr}"
            *shown, last = run.stdout.rstrip().split("\n")
            here = Path(last)
            outputs.append("\n".join(shown))
        elif kind == "csv":
            *books, sheet = about.split()
            for book in books:
                type_in(here / book, sheet, text)
        else:
            pytest.fail(f"a block that is not run: {kind}")
    return start / "rally", outputs


def test_a_person_with_a_spreadsheet_gets_from_a_document_to_a_release(done):
    """A tutorial that is never run shows commands that no longer exist."""
    package, outputs = done
    whole = "\n".join(outputs)
    assert "0 errors" in whole
    assert "0 open" in whole
    assert "published" in whole
    assert "undefined" in whole and "small n" in whole
    archive = next((package / "dist").glob("*.zip"))
    assert verify(archive).status() == 0


def test_the_decision_is_in_the_published_table(done):
    """An adjudication that leaves the table as one coder had it decides nothing."""
    package, _ = done
    text = (package / "dataset" / "events.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    assert [row["sub_event_type"] for row in rows] == ["Protest with intervention"]
    assert rows[0]["fatalities_best"] == "0"


def test_an_event_costs_few_cells_and_quotes():
    """An event of one sentence cost 24 cells and 19 rows of evidence: nobody codes many of them."""
    rows = {
        tuple(about.split()): list(csv.DictReader(io.StringIO(text)))
        for kind, about, text in BLOCK.findall(PAGE.read_text(encoding="utf-8"))
        if kind == "csv"
    }
    (event,) = rows["anna.xlsx", "events"]
    assert sum(bool(cell) for cell in event.values()) <= 16
    assert len(rows["anna.xlsx", "bert.xlsx", "quotes"]) <= 5
