"""Time and memory of checking a large file, as ratios in one run.

    python tests/benchmarks/scale.py [--rows 1000000] [--json FILE] [--quick]
        [--habits] [--findings] [--large ROWS] [--spark PYTHON]

Each engine runs in a fresh process, three times, in turns (frictionless once: it is slow); the
median counts. The clock starts after the imports and includes reading the CSV.

- `floor` is polars reading the same CSV whole and writing zstd Parquet, `floor_stream` polars doing
  that in a stream; both check nothing.
- `ours` checks everything and writes typed zstd Parquet, `ours_check` writes nothing, as pandera and
  frictionless write nothing; `ours_bad` is `ours` with 5 % of the rows bad, `ours_large` with three
  times the rows.
- `frictionless` has the rules as its own `row-constraint` checks, `frictionless_python` as a check
  on rows that was written in Python for this comparison.

`--quick` leaves the slow engines and the three times larger file out. The other options measure what
follows, and nothing of the above but `floor_stream`, `ours` and `ours_check`:

- `--habits`: the same rows as R, pandas and spreadsheets write them, one habit a file;
- `--findings`: five bad cells in each row, without and with a file of all findings;
- `--large ROWS`: a file of so many rows, for its memory;
- `--spark PYTHON`: Spark on two local cores beside the stream, both on the same folder of Parquet,
  without the start of Java; PYTHON is that of an environment that has pyspark.

Beside the seconds on the clock stand the processor's: where others use the machine, only those can
be compared. Those of Spark are its whole tree of processes'.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

REPEATS = 3


def ours(path: Path, out: Path | None) -> int:
    """The streaming engine as the command runs it: every check, typed Parquet out."""
    # Imports are not measured.
    import pyarrow.parquet  # noqa: F401
    import rapidfuzz.process  # noqa: F401

    from eventbook.codebook import load
    from eventbook.validation import check_large
    from eventbook.validation.engines import stream  # noqa: F401

    load("acled")
    with clock():
        return check_large(path, "acled", "events", out).count("error")


def ours_check(path: Path, out: Path) -> int:
    """The same, without writing."""
    return ours(path, None)


def pandera_pandas(path: Path, out: Path) -> int:
    """The same book as a pandera schema, on a pandas frame."""
    import pandas as pd
    import pandera.errors

    from eventbook.codebook import load
    from eventbook.validation import schema

    book = load("acled")
    expected = schema("events", book)
    with clock():
        frame = pd.read_csv(
            path, dtype_backend="numpy_nullable", keep_default_na=False, na_values=[""]
        )
        frame["event_date"] = pd.to_datetime(
            frame["event_date"], errors="coerce", format="%Y-%m-%d"
        )
        for name in frame.columns:
            kind = book.tables["events"][name].type
            if kind in ("integer", "number"):
                frame[name] = pd.to_numeric(frame[name], errors="coerce")
        try:
            expected.validate(frame.reindex(columns=list(expected.columns)), lazy=True)
        except pandera.errors.SchemaErrors as error:
            return len(error.failure_cases)
    return 0


def frictionless_python(path: Path, out: Path) -> int:
    """The same constraints and key as a Table Schema, and the same rules as a check in Python."""
    from frictionless import Check, Checklist, errors

    from eventbook.codebook import load

    book = load("acled")
    lists = {n: c.look_up for n, c in book.code_lists.items()}
    types, disorders = (lists["sub_event_type"](n) for n in ("event_type", "disorder_type"))
    countries = lists["iso"]("label")

    class Rules(Check):
        """The rules of the book in Python, as a user of frictionless would write them."""

        Errors = [errors.RowConstraintError]  # noqa: RUF012

        def validate_row(self, row):  # type: ignore[no-untyped-def]
            sub, one, two, day = (
                row[n] for n in ("sub_event_type", "inter1", "inter2", "event_date")
            )
            pair = (
                None
                if one is None
                else one * 10
                if two is None
                else min(one, two) * 10 + max(one, two)
            )
            stamp = None if day is None else (day.toordinal() - 719_163) * 86_400
            broken = [
                sub in types and row["event_type"] is not None and types[sub] != row["event_type"],
                sub in disorders and row["disorder_type"] not in (None, disorders[sub]),
                day is not None and row["year"] not in (None, day.year),
                pair is not None and row["interaction"] not in (None, pair),
                (row["actor2"] is None) != (two is None),
                row["event_type"] == "Violence against civilians" and two != 7,
                row["iso"] in countries
                and row["iso"] != 0
                and countries[row["iso"]] != row["country"],
                stamp is not None and row["timestamp"] is not None and row["timestamp"] < stamp,
            ]
            for number, bad in enumerate(broken):
                if bad:
                    yield errors.RowConstraintError.from_row(row, note=str(number))

    return _frictionless(path, book, Checklist(checks=[Rules()]))


def frictionless(path: Path, out: Path) -> int:
    """The same constraints and key, and the rules as frictionless' own `row-constraint` checks.

    All but one, to its advantage: the country's number in 249 pairs would be read anew for each row.
    """
    from frictionless import Checklist, checks

    from eventbook.codebook import load

    book = load("acled")
    codes = book.code_lists["sub_event_type"].codes
    pairs = [f"{c.attributes['event_type']}/{c.code}" for c in codes]
    orders = [f"{c.attributes['disorder_type']}/{c.code}" for c in codes]
    formulas = [
        f"event_type + '/' + sub_event_type in {pairs}",
        f"disorder_type + '/' + sub_event_type in {orders}",
        "year == event_date.year",
        "interaction == (inter1 * 10 if inter2 is None else "
        "inter1 * 10 + inter2 if inter1 <= inter2 else inter2 * 10 + inter1)",
        "(actor2 is None) == (inter2 is None)",
        "event_type != 'Violence against civilians' or inter2 == 7",
        "timestamp >= (event_date.toordinal() - 719163) * 86400",
    ]
    rules = [checks.row_constraint(formula=formula) for formula in formulas]
    return _frictionless(path, book, Checklist(checks=rules))


def _frictionless(path: Path, book: Any, checklist: Any) -> int:
    """The constraints and the key as a Table Schema, with further checks; the errors' number."""
    from frictionless import Resource, Schema, system

    from eventbook.validation.schemas.table_schema import table_schema

    expected = table_schema(book, book.tables["events"])
    header = path.open(encoding="utf-8").readline().strip().split(",")
    expected["fields"] = [f for f in expected["fields"] if f["name"] in header]
    expected["fieldsMatch"] = "subset"
    with clock(), system.use_context(trusted=True):
        resource_ = Resource(str(path), schema=Schema.from_descriptor(expected))
        report = resource_.validate(checklist, limit_errors=10_000_000)
        return report.stats["errors"]


def floor(path: Path, out: Path) -> int:
    """Reading and writing only, in memory."""
    import polars as pl

    with clock():
        frame = pl.read_csv(path, infer_schema_length=1000, ignore_errors=True)
        frame.write_parquet(out, compression="zstd")
    return 0


def floor_stream(path: Path, out: Path) -> int:
    """Reading and writing only, in a stream."""
    import polars as pl

    with clock():
        frame = pl.scan_csv(path, infer_schema_length=1000, ignore_errors=True)
        frame.sink_parquet(out, compression="zstd")
    return 0


def ours_findings(path: Path, out: Path) -> int:
    """The streaming engine with a file of all findings."""
    from eventbook.codebook import load
    from eventbook.validation import check_large
    from eventbook.validation.engines import stream  # noqa: F401

    load("acled")
    with clock():
        return check_large(path, "acled", "events", findings=out).count("error")


def spark(path: Path, out: Path) -> int:
    """Spark on two cores of this machine, after it has started."""
    from pyspark.sql import SparkSession

    from eventbook.validation.engines.spark import check_path

    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    settings = {"spark.ui.enabled": "false", "spark.ui.showConsoleProgress": "false"}
    settings |= dict.fromkeys(("spark.driver.bindAddress", "spark.driver.host"), "127.0.0.1")
    session = SparkSession.builder.master("local[2]").config(map=settings).getOrCreate()
    session.range(1).count()
    with clock():
        found = check_path(path, "acled", "events", session=session).count("error")
    session.stop()
    return found


ENGINES: dict[str, Callable[[Path, Path], int]] = {
    f.__name__: f
    for f in (
        *(floor, floor_stream, ours, ours_check, ours_findings, spark),
        *(pandera_pandas, frictionless, frictionless_python),
    )
}


class clock:
    """Seconds between entering and leaving, those of the clock and of the processor."""

    seconds = 0.0
    processor = 0.0

    def __enter__(self) -> None:
        self.used, self.begin = processor_seconds(), time.perf_counter()

    def __exit__(self, *_: object) -> None:
        clock.seconds = time.perf_counter() - self.begin
        clock.processor = processor_seconds() - self.used


def processor_seconds() -> float:
    """Return what this process and those that it started have taken of the processor; Linux only."""
    ticks: dict[int, int] = {}
    started: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            started.setdefault(int(fields[1]), []).append(int(entry.name))
            ticks[int(entry.name)] = sum(map(int, fields[11:15]))
    total, waiting = 0, [os.getpid()]
    while waiting:
        process = waiting.pop()
        total += ticks.get(process, 0)
        waiting += started.get(process, [])
    return total / os.sysconf("SC_CLK_TCK")


def one(engine: str, path: Path) -> None:
    """Run one engine in this process and print what it took."""
    with tempfile.TemporaryDirectory() as folder:
        found = ENGINES[engine](path, Path(folder) / "out.parquet")
    # What getrusage says may be the memory of the process that started this one.
    status = Path("/proc/self/status").read_text()
    peak = int(status.partition("VmHWM:")[2].split()[0]) // 1024
    taken = {"seconds": clock.seconds, "processor": clock.processor, "megabytes": peak}
    print(json.dumps(taken | {"findings": found}))


def measure(
    runs: dict[str, tuple[str, Path]], repeats: int = REPEATS, python: str = sys.executable
) -> dict[str, dict[str, float]]:
    """Of each run, by its name, the medians of several, each in a process of its own.

    They take turns: what changes on the machine meanwhile meets all of them alike. `python` is
    the interpreter that runs them.
    """
    taken: dict[str, list[dict[str, float]]] = {name: [] for name in runs}
    for _ in range(repeats):
        for name, (engine, path) in runs.items():
            command = [python, __file__, "--one", engine, str(path)]
            output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            taken[name].append(json.loads(output.splitlines()[-1]))
    medians = {
        name: {
            "seconds": round(statistics.median(t["seconds"] for t in times), 3),
            "processor": round(statistics.median(t["processor"] for t in times), 3),
            "megabytes": statistics.median(t["megabytes"] for t in times),
            "findings": times[0]["findings"],
            "runs": repeats,
        }
        for name, times in taken.items()
    }
    for name, median in medians.items():
        taken_of = f"{median['seconds']:>9.2f} s {median['processor']:>9.2f} s of processor"
        print(f"  {name:<22}{taken_of} {median['megabytes']:>7.0f} MB", flush=True)
    return medians


def main() -> None:
    """Make the files, measure, print the ratios beside their targets."""
    options = argparse.ArgumentParser()
    options.add_argument("--rows", type=int, default=1_000_000)
    options.add_argument("--json", type=Path)
    options.add_argument("--quick", action="store_true")
    options.add_argument("--habits", action="store_true")
    options.add_argument("--findings", action="store_true")
    options.add_argument("--large", type=int, metavar="ROWS")
    options.add_argument("--spark", metavar="PYTHON")
    options.add_argument("--one", nargs=2)
    given = options.parse_args()
    if given.one:
        one(given.one[0], Path(given.one[1]))
        return
    sys.path.insert(0, str(Path(__file__).parent))
    if given.habits or given.findings or given.large or given.spark:
        measure_others(given)
        return
    from made import make

    taken: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        clean, bad, large = (Path(folder) / f"{n}.csv" for n in ("clean", "bad", "large"))
        make(given.rows, 0.0001, clean)
        make(given.rows, 0.05, bad)
        size = clean.stat().st_size
        print(f"{given.rows:,} rows, {size / 1e6:,.0f} MB, 0.01 % of them bad (ours_bad: 5 %)")
        engines = ["floor", "floor_stream", "ours", "ours_check"]
        engines += ["pandera_pandas"] * (not given.quick)
        taken |= measure({e: (e, clean) for e in engines} | {"ours_bad": ("ours", bad)})
        bad.unlink()
        if not given.quick:
            slow = ("frictionless_python", "frictionless")
            taken |= measure({e: (e, clean) for e in slow}, 1)
            clean.unlink()
            make(given.rows * 3, 0.0001, large)
            print("three times the rows")
            taken |= measure({"ours_large": ("ours", large)})
    ratios = report(taken)
    whole = {
        "rows": given.rows,
        "bytes": size,
        "machine": f"{platform.machine()}, Python {platform.python_version()}",
        "taken": taken,
        "ratios": ratios,
    }
    if given.json:
        given.json.write_text(json.dumps(whole, indent=2) + "\n", encoding="utf-8")


def measure_others(given: argparse.Namespace) -> None:
    """Measure what the options ask for, each beside the same rows without it."""
    from made import HABITS, make, write_bad, write_habit, write_parts

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        clean = folder / "clean.csv"
        make(given.rows, 0.0001, clean)
        print(f"{given.rows:,} rows, {clean.stat().st_size / 1e6:,.0f} MB")
        runs = {e: (e, clean) for e in ("floor_stream", "ours", "ours_check")}
        if given.habits:
            for habit in HABITS:
                write_habit(clean, habit, folder / f"{habit}.csv")
                runs[f"ours, {habit}"] = ("ours", folder / f"{habit}.csv")
        if given.findings:
            write_bad(clean, folder / "bad.csv")
            runs["ours, 5 bad cells a row"] = ("ours", folder / "bad.csv")
            runs["all of them written"] = ("ours_findings", folder / "bad.csv")
        taken = measure(runs)
        for name in taken:
            if name.startswith("ours,"):
                print_ratio(f"{name} / ours", taken[name], taken["ours"])
        if given.spark:
            write_parts(clean, folder / "parts")
            both = {
                "ours_check": ("ours_check", folder / "parts"),
                "spark": ("spark", folder / "parts"),
            }
            taken = measure(both, python=given.spark)
            print_ratio("spark / ours_check", taken["spark"], taken["ours_check"])
            same = taken["spark"]["findings"] == taken["ours_check"]["findings"]
            print("the same number of errors" if same else "NOT the same number of errors")
        if given.large:
            for file in folder.glob("*.csv"):
                file.unlink()
            make(given.large, 0.0001, folder / "large.csv")
            print(f"{given.large:,} rows")
            measure({"ours": ("ours", folder / "large.csv")}, 1)


def print_ratio(name: str, one: dict[str, float], other: dict[str, float]) -> None:
    """Print how many times as long one run took as the other, by the clock and the processor."""
    by_clock, by_processor = (round(one[x] / other[x], 2) for x in ("seconds", "processor"))
    print(f"{name:<34}{by_clock:>9} {by_processor:>9} of processor")


def report(taken: dict[str, dict[str, float]]) -> dict[str, float]:
    """The ratios, with what was aimed at."""

    def seconds(one: str, other: str) -> float:
        return round(taken[one]["seconds"] / taken[other]["seconds"], 2)

    aims = {
        "ours / floor": (seconds("ours", "floor"), "at most 1.3"),
        "ours / floor_stream": (seconds("ours", "floor_stream"), "at most 1.15"),
        "ours_check / floor_stream": (seconds("ours_check", "floor_stream"), "at most 0.65"),
        "5 % bad / 0.01 % bad": (seconds("ours_bad", "ours"), "at most 2"),
    }
    if "frictionless" in taken:
        memory = taken["ours_large"]["megabytes"]
        aims |= {
            "frictionless / ours": (seconds("frictionless", "ours"), "at least 40"),
            "frictionless_python / ours": (
                seconds("frictionless_python", "ours"),
                "at least 40",
            ),
            "frictionless_python / ours_check": (
                seconds("frictionless_python", "ours_check"),
                "no aim",
            ),
            "pandera_pandas / ours": (seconds("pandera_pandas", "ours"), "at least 5"),
            "memory, 3 x the rows / once": (
                round(memory / taken["ours"]["megabytes"], 2),
                "at most 1.2",
            ),
            "memory at 3 x the rows, MB": (memory, "under 800"),
        }
    print()
    for name, (value, aim) in aims.items():
        print(f"{name:<34}{value:>9} {aim:>14}")
    return {name: value for name, (value, _) in aims.items()}


if __name__ == "__main__":
    main()
