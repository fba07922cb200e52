"""Spark: the same findings as on one machine, from Parquet in several files."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import polars as pl
import pytest

pyspark = pytest.importorskip(
    "pyspark", reason="pyspark has an environment of its own: it needs pandas 2; see .ci/run"
)
if shutil.which("java") is None:
    pytest.skip("Spark needs Java, and there is none", allow_module_level=True)

pytestmark = pytest.mark.spark

from benchmarks.made import make  # noqa: E402
from conftest import ROOT  # noqa: E402
from pyspark.sql import SparkSession  # noqa: E402
from typer.testing import CliRunner  # noqa: E402

from eventbook.dataset.cli.main import app  # noqa: E402
from eventbook.validation import check, check_large  # noqa: E402
from eventbook.validation.engines.row_groups import row_groups  # noqa: E402
from eventbook.validation.engines.spark import check_path, check_spark  # noqa: E402
from eventbook.validation.errors import InputError  # noqa: E402


@pytest.fixture(scope="module")
def spark():
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    session = (
        SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .getOrCreate()
    )
    yield session
    session.stop()


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A made export as CSV, and as Parquet in several files."""
    folder = tmp_path_factory.mktemp("made")
    make(3_000, 0.05, folder / "made.csv")
    frame = pl.read_csv(folder / "made.csv", infer_schema=False, null_values=[""])
    (folder / "parts").mkdir()
    for n, part in enumerate(frame.iter_slices(800)):
        part.write_parquet(folder / "parts" / f"{n}.parquet")
    return folder


def sorted_findings(report):
    return sorted((f.rule, f.severity, f.column, f.row_id, f.value) for f in report)


def test_parquet_in_several_files(spark, made, tmp_path):
    """A check that only works on a single file is useless on a cluster."""
    expected = check_large(made / "made.csv")
    found = check_path(made / "parts", session=spark, all_findings=tmp_path / "findings")
    assert sorted_findings(found) == sorted_findings(expected)
    assert found.rows == expected.rows == {"events": 3_000}
    assert pl.read_parquet(tmp_path / "findings" / "*.parquet").height == len(expected)


@pytest.mark.parametrize("few", [0, 100_000], ids=["summed up in Spark", "summed up here"])
def test_findings_past_the_limit_are_counted(spark, made, monkeypatch, few):
    """A report of a billion rows that counts only what it shows makes a bad table look good."""
    expected = check_large(made / "made.csv").totals
    monkeypatch.setattr("eventbook.validation.engines.spark.FEW", few)
    monkeypatch.setattr("eventbook.validation.engines.spark.KEPT", 3)
    found = check_path(made / "parts", session=spark)
    assert sorted(found.totals.rows(), key=str) == sorted(expected.rows(), key=str)
    monkeypatch.setattr("eventbook.validation.engines.spark.COUNTED", 5)
    fewer = check_path(made / "parts", session=spark).totals
    assert len(fewer) < len(expected)
    columns = ("rule", "severity", "column")
    sums = [t.group_by(columns).agg(pl.col("count").sum()).rows() for t in (fewer, expected)]
    assert sorted(sums[0], key=str) == sorted(sums[1], key=str)


def test_workers_read_the_files_themselves(spark, made, tmp_path, monkeypatch):
    """Copying each cell out of Java took several times as long as the checks."""
    folder = tmp_path / "a folder, 100 % ünïcode #1"
    shutil.copytree(made / "parts", folder)
    data = spark.read.parquet(str(folder))
    groups = row_groups(data)
    assert groups is not None and groups.rows == 3_000
    assert {Path(g.file) for g in groups.groups} == set(folder.glob("*.parquet"))
    of_workers = sorted_findings(check_path(folder, session=spark))
    monkeypatch.setattr("eventbook.validation.engines.spark.row_groups", lambda data: None)
    assert of_workers == sorted_findings(check_path(folder, session=spark))


def test_columns_in_the_names_of_folders_are_columns(spark, made, tmp_path):
    """`country=Syria/` is a column for Spark alone: a worker that reads the file misses it."""
    rows = pl.read_parquet(made / "parts" / "*.parquet").drop("country")
    (tmp_path / "country=Syria").mkdir()
    rows.write_parquet(tmp_path / "country=Syria" / "0.parquet")
    assert row_groups(spark.read.parquet(str(tmp_path))) is None
    expected = sorted_findings(check_large(made / "made.csv"))
    assert sorted_findings(check_path(tmp_path, session=spark)) == expected


def test_csv_with_line_breaks_in_cells(spark, made):
    """Spark's own reading of CSV splits such rows unless it is configured not to."""
    assert sorted_findings(check_path(made / "made.csv", session=spark)) == sorted_findings(
        check(made / "made.csv")
    )


def test_a_data_frame_in_python(spark, made):
    """People hold a DataFrame; the findings they get are one too, keyed by id."""
    done = check_spark(spark.read.parquet(str(made / "parts")))
    assert done.book.name == "acled" and done.table.name == "events"
    rules = {row["rule"] for row in done.frame.select("rule").distinct().collect()}
    assert {"primary-key", "code", "type", "year-of-date"} <= rules


def test_keys_into_the_table_itself(spark, tmp_path):
    """A link to an event that is not there, and a hierarchy that runs in a circle."""
    path = tmp_path / "events.csv"
    events = pl.read_csv(ROOT / "dataset" / "events.csv", infer_schema=False)
    for part_of, rule in (("SYR-2019-9999", "foreign-key"), ("SYR-2019-0002", "cycle")):
        is_linked = pl.col("event_id") == "SYR-2019-0002"
        link = pl.when(is_linked).then(pl.lit(part_of)).otherwise("part_of").alias("part_of")
        events.with_columns(link).write_csv(path)
        found = sorted_findings(check_path(path, session=spark))
        assert found == sorted_findings(check(path))
        assert rule in {f[0] for f in found}


def test_a_uri_and_what_is_not_there(spark, made):
    """A store's address must reach Spark as it was typed; a wrong one is an error in one line."""
    found = check_path(Path(f"file://{made / 'parts'}"), session=spark)
    assert found.rows == {"events": 3_000}
    for wrong in (made / "nothing", Path("file:/nothing/here")):
        with pytest.raises(InputError):
            check_path(wrong, session=spark)


def test_the_command(spark, made):
    """`--engine spark` prints the same tally as any other engine."""
    result = CliRunner().invoke(app, ["check", str(made / "parts"), "--engine", "spark"])
    assert result.exit_code == 1, result.output
    assert f"{check_large(made / 'made.csv').count('error'):,} errors" in result.output


def test_published_days_are_days(spark):
    """A day that a time zone moves, or that pandas 2 reads as an object, is no day."""
    import datetime

    import pandas as pd

    path = ROOT / "dataset" / "events.parquet"
    rows = spark.read.parquet(str(path))
    assert rows.schema["date_start"].dataType.simpleString() == "timestamp_ntz"
    zone = spark.conf.get("spark.sql.session.timeZone")
    spark.conf.set("spark.sql.session.timeZone", "America/Los_Angeles")
    from_may = rows.filter("date_start > '2019-05-01'").selectExpr("CAST(date_start AS DATE)")
    assert {row[0] for row in from_may.collect()} == {datetime.date(2019, 5, 13)}
    spark.conf.set("spark.sql.session.timeZone", zone)
    assert pd.__version__.startswith("2.")
    events = pd.read_parquet(path)
    assert str(events["date_start"].dtype) == "datetime64[ms]"
    assert (events["date_start"] > "2019-05-01").sum() == 2
    assert events.resample("MS", on="date_start").size().tolist() == [5, 2]
    assert events["fatalities_vague"].cat.ordered
    assert not (events["fatalities_vague"] > "dozens").any()
