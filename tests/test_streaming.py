"""The streaming engine: the same findings as the small one, at any size, and nothing half-written."""

from __future__ import annotations

import gzip
import os
import signal
import subprocess
import sys
import time

import polars as pl
import pytest
from benchmarks.made import make
from conftest import ROOT, examples
from hypothesis import given, settings
from hypothesis import strategies as st

from eventbook.codebook import load
from eventbook.validation import check, check_large
from eventbook.validation.engines import stream as streaming
from eventbook.validation.errors import InputError
from eventbook.validation.reading import batches
from eventbook.validation.reports import human

ACLED = load("acled")
EVENTS = ACLED.tables["events"]


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """A made export with violations of every kind in one row of twenty, and the truth of them."""
    path = tmp_path_factory.mktemp("made") / "made.csv"
    make(6_000, 0.05, path)
    return path


@pytest.fixture
def small_batches(monkeypatch):
    """Batches of a few rows, so that a small file has many."""
    monkeypatch.setattr(batches, "BLOCK", 20_000)
    monkeypatch.setattr(batches, "ROWS", 40)


def slow(value):
    """A parameter that the everyday run leaves out."""
    return pytest.param(value, marks=pytest.mark.slow)


def sorted_findings(report):
    return sorted(
        (f.rule, f.line, f.column, f.row_id, f.value, f.message, f.nearest) for f in report
    )


@pytest.mark.slow
def test_the_injected_violations_are_found_and_no_others(made, small_batches):
    """The truth is known row by row: a finding too many or too few is a defect of the gate."""
    truth = pl.read_csv(f"{made}.truth.csv")
    lines, line = [], 2
    for cells in pl.read_csv(made, infer_schema=False).rows():
        lines.append(line)
        line += 1 + sum(cell.count("\n") for cell in cells if cell)
    expected = {(lines[row], column, rule) for row, column, rule in truth.rows()}
    # The row whose id is repeated has the finding too.
    expected |= {
        (lines[row - 1], "event_id_cnty", "primary-key")
        for row, _, rule in truth.rows()
        if rule == "primary-key"
    }
    found = check_large(made)
    assert {(f.line, f.column, f.rule) for f in found} == expected
    assert found.rows == {"events": 6_000}


@pytest.mark.parametrize("form", ["csv", slow("gz"), slow("parquet"), slow("folder")])
def test_streamed_and_small_findings_are_the_same(made, small_batches, tmp_path, form):
    """Two engines that disagree are two codebooks."""
    path = made
    if form == "gz":
        path = tmp_path / "made.csv.gz"
        path.write_bytes(gzip.compress(made.read_bytes()))
    frame = pl.read_csv(made, infer_schema=False, null_values=[""])
    if form == "parquet":
        path = tmp_path / "made.parquet"
        frame.write_parquet(path)
    if form == "folder":
        path = tmp_path / "made"
        path.mkdir()
        for n, part in enumerate(frame.iter_slices(1_500)):
            part.write_parquet(path / f"part-{n}.parquet")
    streamed = check_large(path)
    if form == "folder":
        whole = tmp_path / "whole.parquet"
        frame.write_parquet(whole)
        keep = lambda r: sorted((f.rule, f.column, f.row_id, f.value) for f in r)  # noqa: E731
        assert keep(streamed) == keep(check(whole))
    else:
        assert sorted_findings(streamed) == sorted_findings(check(path))


PIECES = ["a", "b", ",", '"', "\n", "\r\n", " ", "5", "-", "é", "٣", '""']
CELLS = st.lists(st.sampled_from(PIECES), max_size=6).map("".join) | st.none()


@settings(max_examples=examples(1.5))
@given(
    rows=st.lists(
        st.tuples(
            st.sampled_from(["SYR1", "SYR2", "x"]),
            st.sampled_from(["2019-05-13", "13-May-19", "2019-5-13", "", "no"]),
            st.sampled_from(["2019", "+2019", "2019.0", "", "1e3"]),
            st.sampled_from(["35.5", ".5", "91", "inf", "nan", "1e2", ""]),
            CELLS,
            CELLS,
        ),
        max_size=12,
    ),
    end=st.sampled_from(["\n", "\r\n"]),
    cut=st.integers(0, 12),
    block=st.integers(10, 400),
)
def test_any_bytes_are_read_alike(tmp_path_factory, rows, end, cut, block):
    """Quotes, commas, line breaks, ragged and truncated rows at every edge of a batch."""
    import csv
    import io

    names = ["event_id_cnty", "event_date", "year", "latitude", "notes", "actor1"]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator=end)
    writer.writerow(names)
    writer.writerows(rows)
    data = text.getvalue().encode()
    path = tmp_path_factory.mktemp("any") / "any.csv"
    path.write_bytes(data[: len(data) - cut] if cut < len(data) else data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batches, "BLOCK", block)
        streamed = check_large(path, "acled", "events")
    small = check(path, "events", "acled")
    encoding = [f for f in small if f.rule == "encoding"]
    if encoding:
        # A letter cut in two: what comes before its batch was checked already.
        assert [(f.rule, f.line) for f in streamed if f.rule == "encoding"] == [
            ("encoding", encoding[0].line)
        ]
        return
    assert sorted_findings(streamed) == sorted_findings(small)
    assert streamed.rows == small.rows


@pytest.mark.parametrize(
    ("cell", "rule", "value"), [("n\0n", "nul", None), ("x\r\r", "type", "x")], ids=["nul", "cr"]
)
def test_bytes_that_only_the_slow_reader_tells(tmp_path, monkeypatch, cell, rule, value):
    """A NUL or a doubled CR far from the header: the fast reader takes both for a part of the text."""
    monkeypatch.setattr(batches, "BLOCK", 100)
    rows = [f"SYR{n},2019-05-13,a,2019" for n in range(90)]
    rows[50] = f"SYR50,2019-05-13,a,{cell}"
    path = tmp_path / "odd.csv"
    path.write_bytes("\n".join(["event_id_cnty,event_date,actor1,year", *rows, ""]).encode())
    streamed = [(f.rule, f.line, f.value) for f in check_large(path, "acled", "events")]
    small = [(f.rule, f.line, f.value) for f in check(path, "events", "acled")]
    assert (rule, 52, value) in streamed and (rule, 52, value) in small


def test_the_written_rows_are_the_typed_rows(made, small_batches, tmp_path):
    """What is written must be what was checked, with the book's types and all its rows."""
    out = tmp_path / "out.parquet"
    check_large(made, out=out)
    rows = pl.read_parquet(out)
    assert rows.height == 6_000
    assert rows.schema["event_date"] == pl.Date and rows.schema["fatalities"] == pl.Int64
    raw = pl.read_csv(made, infer_schema=False)
    assert rows["notes"].to_list() == raw["notes"].to_list()
    sound = raw["fatalities"].str.contains(r"^-?\d+$")
    assert (
        rows["fatalities"].filter(sound).cast(pl.String).to_list()
        == raw["fatalities"].filter(sound).to_list()
    )
    assert list(tmp_path.iterdir()) == [out]
    # The file that was written breaks the same rules, but for what could not be typed.
    left = {(f.rule, f.row_id) for f in check(made) if f.rule not in ("type", "code")}
    assert left <= {(f.rule, f.row_id) for f in check(out)}


@pytest.mark.slow
def test_findings_past_the_limit_are_counted_and_written(
    made, small_batches, monkeypatch, tmp_path
):
    """A million findings must neither fill the memory nor be lost."""
    monkeypatch.setattr(streaming, "KEPT", 3)
    everything = tmp_path / "findings.parquet"
    report = check_large(made, findings=everything)
    whole = check(made)
    assert report.count("error") == whole.count("error")
    assert sorted(report.totals.rows(), key=str) == sorted(whole.totals.rows(), key=str)
    assert len(report) < len(whole)
    for rule in {f.rule for f in whole}:
        kept = [(f.line, f.column) for f in report if f.rule == rule]
        assert kept == [(f.line, f.column) for f in whole if f.rule == rule][:3]
    written = pl.read_parquet(everything)
    assert sorted(written.select("rule", "line").rows()) == sorted(
        whole.findings.select("rule", "line").rows()
    )


@pytest.mark.parametrize("kept", [1, 3, 50, 1_000])
def test_findings_that_are_only_counted_are_counted_exactly(
    small_batches, monkeypatch, tmp_path, kept
):
    """A conversion had 2.4 million findings in memory to keep a thousand of each rule."""
    example = {v.name: str(v.example) for v in EVENTS.variables if v.name in EVENTS.layout}
    row = pl.int_range(300).cast(pl.String)
    frame = pl.DataFrame([example] * 300).with_columns(
        event_id_cnty=pl.format("SYR{}", row),
        civilian_targeting=pl.lit(""),
        country=pl.lit(""),
        location=pl.lit(""),
        event_type=pl.when(pl.int_range(300) % 3 == 0)
        .then(pl.lit("War"))
        .otherwise(pl.lit("Riot")),
        latitude=pl.format("9{}", row),
    )
    path = tmp_path / "wrong.csv"
    frame.write_csv(path)
    monkeypatch.setattr(streaming, "KEPT", kept)
    listed = check_large(path, findings=tmp_path / "findings.parquet")
    report, whole = check_large(path), check(path)
    assert report.findings.equals(listed.findings)
    assert sorted(report.totals.rows(), key=str) == sorted(whole.totals.rows(), key=str)
    assert whole.totals.filter(rule="required")["count"].to_list() == [300, 300]


@pytest.mark.slow
def test_values_past_the_limit_are_counted_together(made, small_batches, monkeypatch):
    """A column of a million different wrong values must not fill the memory with counts of one."""
    monkeypatch.setattr(streaming, "KEPT", 3)
    monkeypatch.setattr(streaming, "COUNTED", 2)
    report, whole = check_large(made), check(made)
    by_column = ("rule", "severity", "column")
    assert len(report.totals) < len(whole.totals)
    for columns in (by_column, ("severity",)):
        sums = [
            sorted(r.totals.group_by(columns).agg(pl.col("count").sum()).rows(), key=str)
            for r in (report, whole)
        ]
        assert sums[0] == sums[1]
    text = human(report)
    assert (
        f"{whole.totals.filter(rule='primary-key')['count'].sum()} findings of primary-key" in text
    )
    assert "(other values)" in text and "--findings FILE.parquet lists them" in text


def test_keys_across_batches_are_exact(small_batches, tmp_path):
    """A duplicate key, a million rows apart, is an error that only the whole table shows."""
    example = {v.name: str(v.example) for v in EVENTS.variables if v.name in EVENTS.layout}
    example |= {"civilian_targeting": ""}
    frame = pl.DataFrame([example | {"event_id_cnty": f"SYR{n}"} for n in range(500)])
    frame = frame.with_columns(
        event_id_cnty=pl.when(pl.int_range(500) == 499)
        .then(pl.lit("SYR0"))
        .otherwise("event_id_cnty")
    )
    path = tmp_path / "keys.csv"
    frame.write_csv(path)
    assert sorted((f.rule, f.line) for f in check_large(path)) == [
        ("primary-key", 2),
        ("primary-key", 501),
    ]


def test_our_own_table_is_streamed_too(tmp_path):
    """Keys into the table itself, hierarchies and derived columns do not stop at the edge of a batch."""
    path = ROOT / "dataset" / "events.csv"
    unknown = pl.when(event_id="SYR-2019-0002").then(pl.lit("SYR-2019-9999")).otherwise("part_of")
    broken = tmp_path / "events.csv"
    pl.read_csv(path, infer_schema=False).with_columns(part_of=unknown).write_csv(broken)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batches, "BLOCK", 700)
        streamed = check_large(broken)
    assert sorted_findings(streamed) == sorted_findings(check(broken))
    assert ("foreign-key", "SYR-2019-0002") in {(f.rule, f.row_id) for f in streamed}


@pytest.mark.slow
def test_ctrl_c_leaves_nothing(tmp_path):
    """An interrupted run must not leave a file that looks whole, nor pieces of one."""
    big = tmp_path / "big.csv"
    make(300_000, 0, big)
    (tmp_path / f"{big.name}.truth.csv").unlink()
    out = tmp_path / "out.parquet"
    command = [sys.executable, "-m", "eventbook", "check", str(big), "--out", str(out)]
    running = subprocess.Popen(
        [
            sys.executable,
            "-c",
            f"import sys; sys.argv = {command[2:]!r}; from eventbook.dataset.cli.main import main; main()",
        ],
        stderr=subprocess.PIPE,
        env=os.environ | {"NO_COLOR": "1"},
    )
    for _ in range(400):
        if any(p.name.startswith(".out.parquet") for p in tmp_path.iterdir()):
            break
        time.sleep(0.01)
    running.send_signal(signal.SIGINT)
    _, output = running.communicate(timeout=60)
    if running.returncode == 0:
        pytest.skip("the check was done before it could be interrupted")
    assert running.returncode == 130, output
    assert b"Traceback" not in output
    assert [p.name for p in tmp_path.iterdir()] == ["big.csv"]


def test_a_folder_with_a_part_that_is_not_parquet(made, tmp_path):
    """One damaged file, or one of another table, must not hide what is wrong with the others."""
    rows = pl.read_csv(made, infer_schema=False, null_values=[""]).head(100)
    rows.write_parquet(tmp_path / "0.parquet")
    expected = sorted_findings(check_large(tmp_path))
    (tmp_path / "1.parquet").write_bytes(b"hello")
    rows.drop("notes").write_parquet(tmp_path / "2.parquet")
    found = check_large(tmp_path)
    about = {(f.rule, f.file) for f in found if f.line is None}
    assert about == {
        ("parquet", str(tmp_path / "1.parquet")),
        ("other-columns", str(tmp_path / "2.parquet")),
    }
    assert [f for f in sorted_findings(found) if f[1] is not None] == expected


def test_parts_of_a_folder_may_differ_in_their_types(made, tmp_path):
    """Two writers of one folder: a type that was found in the first file must not hold for all."""
    rows = pl.read_csv(made, infer_schema=False, null_values=[""])
    rows = rows.filter(pl.col("event_date").str.contains("-"))
    typed = rows.with_columns(
        pl.col("event_date").str.to_date(), pl.col("inter1").cast(pl.Categorical)
    )
    both, text = tmp_path / "both", tmp_path / "text"
    for folder, second in ((both, typed), (text, rows)):
        folder.mkdir()
        rows.head(3_000).write_parquet(folder / "0.parquet")
        second.tail(3_000).write_parquet(folder / "1.parquet")
    found = sorted_findings(check_large(both))
    assert found and found == sorted_findings(check_large(text))


def test_a_workbook_is_not_streamed(tmp_path):
    """A workbook that is read as text is called damaged, which it is not."""
    path = tmp_path / "book.xlsx"
    pl.DataFrame({"a": [1]}).write_excel(path)
    with pytest.raises(InputError, match="save it as CSV or Parquet"):
        check_large(path)


@pytest.mark.parametrize("name", ["no/such/folder.parquet", "."])
def test_a_result_that_cannot_be_written_is_an_error(made, tmp_path, name):
    """A wrong name for the result must be known before a gigabyte was read."""
    with pytest.raises(InputError, match="cannot be written"):
        check_large(made, out=tmp_path / name)


@pytest.mark.parametrize("zipped", [False, True])
def test_a_row_without_end_is_reported_and_what_comes_before_is_read(
    tmp_path, monkeypatch, made, zipped
):
    """A row longer than the limit ended the reading, and the unread rest was not reported."""
    monkeypatch.setattr(batches, "LONGEST", 1 << 16)
    monkeypatch.setattr(batches, "PIECE", 1 << 12)
    monkeypatch.setattr(batches, "BLOCK", 1 << 14)
    head, *lines = made.read_bytes().splitlines(keepends=True)
    rows = [line for line in lines if line.startswith(b"SYR") and line.count(b'"') % 2 == 0]
    data = b"".join([head, *rows[:100], b"x" * (1 << 18), b"\n", *rows[100:200]])
    path = tmp_path / ("long.csv.gz" if zipped else "long.csv")
    path.write_bytes(gzip.compress(data) if zipped else data)
    report = check_large(path)
    (only,) = [f for f in report if f.rule == "row-too-long"]
    assert only.line == 102
    assert report.rows["events"] == 100
