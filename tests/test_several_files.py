"""Several files in one call: each by its own book, those of one table as one table."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import polars as pl
import pytest
from benchmarks.made import make
from conftest import ROOT, invoke
from ruamel.yaml import YAML

from eventbook.codebook import load
from eventbook.validation import check_files

ACLED = load("acled").tables["events"]
GED = load("ucdp-ged").tables["events"]
OURS = sorted((ROOT / "seeds/tables").glob("*.csv"))
SOUND = {"deaths_b": "0", "deaths_civilians": "0", "deaths_unknown": "0", "side_b_new_id": "1"}
SOUND |= {"year": "2016"}
"""What makes a row of the examples of UCDP's variables one that breaks no rule."""
PUBLISHED = sorted(p for form in ("csv", "parquet") for p in (ROOT / "dataset").glob(f"*.{form}"))


def row(table, **cells):
    """A sound row of the current layout, of the book's own examples."""
    return {v.name: str(v.example) for v in table.variables if v.name in table.layout} | cells


def write(path, *rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(list(rows)).to_csv(path, index=False, lineterminator="\n")
    return path


def acled(path, *ids, **cells):
    return write(path, *(row(ACLED, event_id_cnty=i, civilian_targeting="", **cells) for i in ids))


def places(report):
    return sorted((Path(f.file).name, f.line, f.rule, f.row_id) for f in report)


def test_keys_are_compared_over_yearly_files(tmp_path):
    """An event in two yearly exports is counted twice when they are joined."""
    one = acled(tmp_path / "2023.csv", "SYR1", "SYR2")
    two = acled(tmp_path / "later" / "2024.csv", "SYR3", "SYR2", "SYR4")
    assert len(check_files([one])) == len(check_files([two])) == 0
    report = check_files([one, two])
    assert places(report) == [
        ("2023.csv", 3, "primary-key", "SYR2"),
        ("2024.csv", 3, "primary-key", "SYR2"),
    ]
    assert report.rows == {"events": 5}


def test_each_file_is_checked_by_its_own_book(tmp_path):
    """A valid UCDP file next to an ACLED file was reported as of no known layout."""
    one = acled(tmp_path / "acled.csv", "SYR1", "SYR2")
    two = acled(tmp_path / "acled_2024.csv", "SYR3", event_type="Battlez")
    ged = write(tmp_path / "ged.csv", row(GED, **SOUND))
    report = check_files([one, ged, two])
    assert [(Path(f.file).name, f.book.name) for f in report.files] == [
        ("acled.csv", "acled"),
        ("acled_2024.csv", "acled"),
        ("ged.csv", "ucdp-ged"),
    ]
    assert places(report) == [("acled_2024.csv", 2, "code", "SYR3")]
    text = invoke("check", str(one), str(ged), str(two)).stdout
    assert "  see: eventbook codebook event_type --book acled\n" in text
    assert f"{ged}: read as events (codebook ucdp-ged" in text


def test_each_file_of_a_table_keeps_its_layout(tmp_path):
    """Files of two layouts under one header would lack columns, or have too many."""
    new = acled(tmp_path / "new.csv", "SYR1")
    older = row(ACLED, event_id_cnty="SYR2", data_id="7", event_id_no_cnty="2", iso3="SYR")
    for name in ("disorder_type", "civilian_targeting", "tags"):
        del older[name]
    old = write(tmp_path / "old.csv", older, older | {"event_id_cnty": "SYR1"})
    typed = tmp_path / "typed.parquet"
    pl.read_csv(acled(tmp_path / "third.csv", "SYR3")).write_parquet(typed)
    report = check_files([new, old, typed])
    assert places(report) == [
        ("new.csv", 2, "primary-key", "SYR1"),
        ("old.csv", 3, "primary-key", "SYR1"),
    ]
    assert [file.variant for file in report.files] == ["", "before March 2023", ""]
    assert report.unchecked == (), "what a layout does not have is not left unchecked"


def test_a_table_in_three_files_has_the_findings_of_one(tmp_path):
    """The way in which rows are spread over files must not change what is wrong with them."""
    whole = tmp_path / "whole.csv"
    make(1_500, 0.1, whole)
    frame = pl.read_csv(whole, infer_schema=False)
    parts, ids = [], []
    for number, (first, size) in enumerate([(0, 700), (700, 1), (701, 799)]):
        parts.append(tmp_path / f"part {number}.csv")
        frame.slice(first, size).write_csv(parts[-1])

    def sorted_findings(report):
        found = [(f.rule, f.column, f.row_id, f.value, f.message, f.nearest) for f in report]
        return sorted(found, key=str)

    report = check_files(parts)
    assert sorted_findings(report) == sorted_findings(check_files([whole])) and len(report) > 100
    assert {f.file for f in report} <= {str(p) for p in parts}
    for finding in report:
        lines = Path(finding.file).read_text(encoding="utf-8").split("\n")
        ids.append(lines[finding.line - 1].startswith(f"{finding.row_id},"))
    assert all(ids)


def test_tables_of_one_book_follow_their_keys(copy):
    """An actor that the other file does not have is found only if both are looked at together."""
    events, actors = (copy.root / f"seeds/tables/{name}.csv" for name in ("events", "actors"))
    first = actors.read_text(encoding="utf-8").split("\n")[1].split(",")[0]
    text = actors.read_text(encoding="utf-8")
    actors.write_text(text.replace(f"\n{first},", "\nnobody,", 1), encoding="utf-8")
    assert not [f for f in check_files([events]) if f.rule == "foreign-key"]
    lost = [f for f in check_files([events, actors]) if f.rule == "foreign-key"]
    assert lost and {Path(f.file).name for f in lost} <= {"events.csv", "actors.csv"}
    assert first in {f.value for f in lost}


def test_our_own_package_passes_file_by_file():
    """After `publish` the hand-coded tables and the published ones change in one commit."""
    report = check_files([*OURS, *PUBLISHED])
    assert {f.rule for f in report} <= {"no-rows"}
    assert len(report.files) == len(OURS) + len(PUBLISHED)


def test_a_file_that_is_no_event_table(tmp_path):
    """A list of staff in the same repository is no reason to stop a commit; a misspelt table is."""
    staff = write(tmp_path / "staff.csv", {"name": "Ada", "room": "12"})
    events = acled(tmp_path / "acled.csv", "SYR1")
    (plain,) = check_files([staff])
    assert (plain.rule, plain.severity) == ("unrecognised", "error")
    assert invoke("check", str(staff)).returncode == 1
    words = ["check", "--strict", "--skip-unrecognised", str(staff)]
    noted = invoke(*words)
    assert noted.returncode == 0 and "1 note in no rows" in noted.stdout
    assert "1 note in 1 event" in invoke(*words, str(events)).stdout
    assert invoke(*words, "--book", "acled").returncode == 1
    wrong = acled(tmp_path / "wrong.csv", "SYR1", event_type="Battlez")
    assert invoke(*words, str(wrong)).returncode == 1


@pytest.mark.slow
def test_the_hook_for_files_runs_in_a_repository(copy, tmp_path):
    """pre-commit passes all changed files in one call: of a package, of others, and staff lists."""
    git = ["git", "-C", str(copy.root), "-c", "user.name=x", "-c", "user.email=x@example.org"]
    hooks = YAML(typ="safe").load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    (hook,) = (h for h in hooks if h["id"] == "eventbook-check-file")
    # It runs this eventbook, which has its extras.
    here = {n: v for n, v in hook.items() if n != "additional_dependencies"}
    local = {"repos": [{"repo": "local", "hooks": [here | {"language": "system"}]}]}
    with (copy.root / ".pre-commit-config.yaml").open("w", encoding="utf-8") as stream:
        YAML().dump(local, stream)
    (copy.root / "dataset").mkdir(exist_ok=True)
    for path in PUBLISHED:
        shutil.copy(path, copy.root / "dataset" / path.name)
    acled(copy.root / "others/acled_2023.csv", "SYR1", "SYR2")
    later = acled(copy.root / "others/acled_2024.csv", "SYR3")
    write(copy.root / "staff.csv", {"name": "Ada", "room": "12"})
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "add", "."], check=True)
    folder = str(Path(sys.executable).parent)
    env = os.environ | {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}
    words = [f"{folder}/pre-commit", "run", "--all-files", "--verbose"]
    done = subprocess.run(words, cwd=copy.root, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    # The file that is no event table, and three files without rows.
    assert "0 errors, 0 warnings, 4 notes" in done.stdout
    acled(later, "SYR3", "SYR1")
    done = subprocess.run(words, cwd=copy.root, env=env, capture_output=True, text=True)
    assert done.returncode == 1
    assert "others/acled_2023.csv:2: error primary-key: SYR1" in done.stdout
    assert "others/acled_2024.csv:3: error primary-key: SYR1" in done.stdout
