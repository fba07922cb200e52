"""The same checks on Spark, for tables that outgrow one machine.

The compiled checks run inside `mapInArrow`, on the rows of each partition, or on row groups that the
workers read themselves; keys are grouped and joined by Spark. Findings are a Spark DataFrame: rows have no line there, they have their id.
"""

# pyright: reportMissingImports=false
from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from ...codebook import Book, ForeignKey, Table
from .. import findings
from ..checks.check import Check
from ..checks.keys import loops
from ..errors import InputError, one_line
from ..evidence.evidence_check import unchecked_without_package
from ..findings import KINDS, OTHER_VALUES, Finding, Kind, Report, TableFile
from ..installed import MissingExtra
from ..reading import layouts
from ..reading.parsing import NOTES, Note, merged
from ..reading.source import LINE, Source
from ..reading.typed import plain
from .found import note_findings
from .row_groups import RowGroups, read_row_groups, row_groups
from .stream import COUNTED, KEPT
from .table_checker import BatchChecker
from .whole_table import whole_checks

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

FEW = 100_000
"""Findings that are summed up here, not in Spark."""

CELLS = "cells"
"""The column that counts the cells of a finding: 1, but for a note on a column of a partition."""

TYPES = {f.name: "bigint" if f.name == "line" else "string" for f in fields(Finding)} | {
    CELLS: "bigint"
}
SCHEMA = ", ".join(f"`{name}` {type_}" for name, type_ in TYPES.items())


@dataclass(frozen=True)
class SparkFindings:
    """The result of a check on Spark.

    `frame` has the fields of a finding, lazily computed, and `cells`, which counts the cells that
    the finding is about: more than 1 for a note on a column, of which there is one a partition.
    """

    book: Book
    table: Table
    frame: DataFrame
    unchecked: tuple[str, ...]
    taken_for: TableFile


def check_spark(
    data: DataFrame,
    book: str | Path | Book | None = None,
    table: str | None = None,
    near: Path | None = None,
) -> SparkFindings:
    """Check a Spark DataFrame, text (as read from CSV) or typed (as read from Parquet).

    Args:
        data: the rows.
        book: the codebook, its name or folder; recognised from the columns if left out.
        table: the table that the rows are; recognised from the columns if left out.
        near: where they were read, for the book of the package around.

    Raises:
        InputError: the columns are those of no known table.
        BookError: there is no such book.
    """
    return _check(data, *_recognised(data, book, table, near))


def _recognised(
    data: DataFrame, book: str | Path | Book | None, table: str | None, near: Path | None
) -> tuple[Book, Table]:
    """Return the book and the table of a DataFrame; the arguments are those of `check_spark`."""
    choice = layouts.choose_book(book, table, near)
    start = Source("the DataFrame", pl.DataFrame(schema=[*data.columns, LINE]))
    recognised = layouts.identify(start, choice)
    if isinstance(recognised, Finding):
        raise InputError(recognised.message)
    return recognised


def _check(
    data: DataFrame, book: Book, table: Table, read: RowGroups | None = None
) -> SparkFindings:
    """Check a DataFrame; `read` says which row groups the workers can read themselves."""
    written = Source("the DataFrame", pl.DataFrame(schema=[*data.columns, LINE]))
    taken_for = layouts.table_file(book, table, written)
    if layouts.is_upper_case(table, data.columns):
        data = data.toDF(*layouts.folded(table, data.columns))
    names = data.columns
    empty = pl.DataFrame(schema=dict.fromkeys(names, pl.String) | {LINE: pl.Int64})
    about_header = layouts.header_findings(table, Source("the DataFrame", empty))

    def checked(frames: Iterator[pl.DataFrame]) -> Iterator[Any]:
        checker = None
        notes: list[Note] = []
        for rows in frames:
            frame = rows.with_columns(pl.lit(None, pl.Int64).alias(LINE))
            source = Source("", frame, typed=True)
            if checker is None:
                start = layouts.fold(table, replace(source, frame=frame.clear()))
                checker = BatchChecker(book, table, start)
            _, found, more = checker.check(source)
            notes += more
            yield from _batches(found, pl.lit(1))
        notes = merged(notes)
        yield from _batches(
            note_findings(notes), pl.Series([n.count for n in notes], dtype=pl.Int64)
        )

    def checked_rows(batches: Iterator[Any]) -> Iterator[Any]:
        return checked(plain(pl.DataFrame(pl.from_arrow(batch))) for batch in batches)

    def checked_groups(batches: Iterator[Any]) -> Iterator[Any]:
        assert read is not None
        numbers = (number for batch in batches for number in batch["id"].to_pylist())
        return checked(read_row_groups(read.groups[number] for number in numbers))

    if read is None:
        found = data.mapInArrow(checked_rows, SCHEMA)
    else:
        number = len(read.groups)
        dealt = data.sparkSession.range(0, number, 1, min(number, _partitions(data) or number))
        found = dealt.mapInArrow(checked_groups, SCHEMA)
    parts = [found, *_keys(data, book, table, names)]
    if about_header:
        rows = [(*(getattr(f, x.name) for x in fields(Finding)), 1) for f in about_header]
        parts.append(data.sparkSession.createDataFrame(rows, SCHEMA))
    whole = parts[0]
    for part in parts[1:]:
        whole = whole.unionByName(part)
    unchecked = BatchChecker(book, table, Source("", empty)).checker.unchecked
    unchecked += unchecked_without_package(book, [table.name])
    return SparkFindings(book, table, whole, tuple(unchecked), taken_for)


def _batches(found: pl.DataFrame, cells: pl.Expr | pl.Series) -> Iterator[Any]:
    """Findings as Arrow batches, as Spark takes them."""
    import pyarrow as pa

    whole = found.with_columns(pl.lit(None, pl.String).alias("file"), cells.alias(CELLS))
    kinds = {
        name: pa.int64() if type_ == "bigint" else pa.string() for name, type_ in TYPES.items()
    }
    table = whole.to_arrow(compat_level=pl.CompatLevel.oldest())
    yield from table.cast(pa.schema(kinds)).to_batches()


def _keys(data: DataFrame, book: Book, table: Table, names: list[str]) -> list[DataFrame]:
    """Repeated keys, and keys into the table itself that point nowhere or in a circle."""
    from pyspark.sql import functions as F

    parts: list[DataFrame] = []
    for check in whole_checks(book, table, names):
        if check.scope == "repeated":
            bad = _repeated(data, table, check)
        elif check.scope == "pointer":
            key = next(k for k in table.foreign_keys if k.field == check.column and not k.absent)
            bad = _pointing_nowhere(data, table, key, F)
        else:
            own = table.primary_key[0]
            pairs = pl.from_pandas(data.select(own, check.column).dropna().toPandas())
            bad = data.where(F.col(own).isin(loops(pairs, own, check.column)))
        parts.append(_as_findings(bad, table, check))
    return parts


def _repeated(data: DataFrame, table: Table, check: Check) -> DataFrame:
    """The rows whose key occurs more than once: the rows go once to where the equal ones are."""
    from pyspark.sql import Window
    from pyspark.sql import functions as F

    needs = sorted(check.needs)
    shown = {*needs, check.column, *table.primary_key[:1]}
    rows = data.select(*(name for name in data.columns if name in shown)).dropna(subset=needs)
    if parts := _partitions(data):
        # Spark would take 200, and keep all of them in the cache, however few rows there are.
        rows = rows.repartition(parts, *needs)
    equal = F.count("*").over(Window.partitionBy(*needs))
    return rows.withColumn("__equal", equal).where("__equal > 1").drop("__equal")


def _partitions(data: DataFrame) -> int:
    """The number of partitions of the rows; 0 if it is not known, as of a remote session's."""
    from pyspark.errors import PySparkException

    try:
        return data.rdd.getNumPartitions()
    except PySparkException:
        return 0


def _pointing_nowhere(data: DataFrame, table: Table, key: ForeignKey, functions: Any) -> DataFrame:
    """The rows whose key, or one key of a list, is that of no row."""
    import re

    targets = data.select(functions.col(key.target).alias("__target")).dropna().distinct()
    separator = table[key.field].separator
    one = functions.col(key.field)
    if separator:
        one = functions.explode(functions.split(one, re.escape(separator)))
    pointing = data.where(functions.col(key.field).isNotNull()).withColumn("__one", one)
    lost = pointing.join(targets, functions.col("__one") == functions.col("__target"), "left_anti")
    return lost.drop("__one").dropDuplicates([table.primary_key[0]])


def _as_findings(bad: DataFrame, table: Table, check: Check) -> DataFrame:
    """Rows as findings of one check."""
    from pyspark.sql import functions as F

    key = (
        table.primary_key[0] if table.primary_key and table.primary_key[0] in bad.columns else None
    )
    shown = {
        "rule": F.lit(check.id),
        "severity": F.lit(check.severity),
        "file": F.lit(None).cast("string"),
        "line": F.lit(None).cast("bigint"),
        "column": F.lit(check.column),
        "row_id": F.col(key).cast("string") if key else F.lit(None).cast("string"),
        "value": F.col(check.column).cast("string"),
        "message": F.lit(check.says),
        "allowed": F.lit(check.allowed or None).cast("string"),
        "nearest": F.lit(None).cast("string"),
        CELLS: F.lit(1).cast("bigint"),
    }
    return bad.select(*(value.alias(name) for name, value in shown.items()))


def check_path(
    path: Path,
    book: str | Path | Book | None = None,
    table: str | None = None,
    all_findings: Path | None = None,
    session: SparkSession | None = None,
) -> Report:
    """Check a file or folder with Spark, and bring the counts and the first findings home.

    Args:
        path: Parquet (a file or folder), or CSV; also a URI of a store that Spark knows.
        book: the codebook; recognised from the columns if left out.
        table: the table; recognised from the columns if left out.
        all_findings: a folder that takes all findings as Parquet, in as many files as Spark makes.
        session: the Spark session; the active one, or a new one, if left out.

    Raises:
        InputError: there is no Spark, no Java, or no such file.
    """
    import re
    import time

    begin = time.perf_counter()
    # A path has lost one of the two strokes of a URI, but for file:/, which is written with one.
    where = re.sub(r"^(?!file:)([a-z][a-z0-9]+):/(?!/)", r"\1://", str(path))
    if not re.match("[a-z][a-z0-9]+:/", where) and not path.exists():
        raise InputError(f"{path}: no such file or folder")
    spark = session or _session()
    from pyspark.errors import AnalysisException

    try:
        if ".csv" in path.suffixes:
            data = spark.read.csv(where, header=True, multiLine=True, escape='"', quote='"')
        else:
            data = spark.read.parquet(where)
    except AnalysisException as error:
        raise InputError(f"{where}: {one_line(error)}") from None
    recognised = _recognised(data, book, table, path)
    read = None if ".csv" in path.suffixes else row_groups(data)
    done = _check(data, *recognised, read)
    every = done.frame.cache()
    few = every.count() <= FEW
    summary = _summary_of_few(pl.DataFrame(every.toArrow())) if few else _summary(every)
    notes = merged(
        Note(rule, str(path), None, column, value, cells)
        for rule, column, value, cells in summary.notes
    )
    if all_findings is not None:
        every.drop(CELLS).write.mode("overwrite").parquet(str(all_findings))
    every.unpersist()
    kept = findings.table(summary.first)
    cells = findings.merge([kept]).with_columns(pl.col("file").fill_null(str(path)))
    left_out = _left_out(summary, cells)
    shown = findings.merge([cells, note_findings(notes)])
    rows = data.count() if read is None else read.rows
    return Report(
        done.book,
        shown,
        {done.table.name: rows},
        time.perf_counter() - begin,
        done.unchecked,
        left_out,
        (replace(done.taken_for, file=str(path)),),
    )


@dataclass(frozen=True)
class _Summary:
    """What a report needs to know of all findings.

    `first` are the first of each rule, by row id; `frequent` the kinds with the most findings, with
    their number; `sums` all kinds but for the value, with theirs. `notes` are on columns of single
    partitions: rule, column, value and number of cells.
    """

    first: list[Finding]
    frequent: list[tuple[Any, ...]]
    sums: list[tuple[Any, ...]]
    notes: list[tuple[Any, ...]]


NOTE = ("rule", "column", "value", CELLS)
ORDER = ("row_id", "column", "value")


def _summary(every: DataFrame) -> _Summary:
    """Sum findings up in Spark; one job for each part."""
    from pyspark.sql import Window
    from pyspark.sql import functions as F

    is_note = every["rule"].isin(*NOTES)
    notes, frame = every.where(is_note).select(*NOTE), every.where(~is_note).drop(CELLS)
    in_order = Window.partitionBy("rule").orderBy(*ORDER)
    first = frame.withColumn("__number", F.row_number().over(in_order))
    first = first.where(F.col("__number") <= KEPT).drop("__number")
    frequent = frame.groupBy(*KINDS).count().orderBy("count", ascending=False).limit(COUNTED)
    return _Summary(
        [Finding(**row.asDict()) for row in first.collect()],
        [tuple(row) for row in frequent.collect()],
        [tuple(row) for row in frame.groupBy(*KINDS[:-1]).count().collect()],
        [tuple(row) for row in notes.collect()],
    )


def _summary_of_few(every: pl.DataFrame) -> _Summary:
    """Sum findings up here: each job of Spark takes longer than that."""
    is_note = pl.col("rule").is_in(NOTES)
    frame = every.filter(~is_note).drop(CELLS)
    first = frame.sort(*ORDER).group_by("rule", maintain_order=True).head(KEPT)
    frequent = frame.group_by(KINDS).len().sort("len", descending=True).head(COUNTED)
    return _Summary(
        [Finding(**row) for row in first.iter_rows(named=True)],
        frequent.rows(),
        frame.group_by(KINDS[:-1]).len().rows(),
        every.filter(is_note).select(NOTE).rows(),
    )


def _left_out(summary: _Summary, shown: pl.DataFrame) -> dict[Kind, int]:
    """The findings that are not shown; values that are not frequent are counted together."""
    left = Counter({tuple(kind): number for *kind, number in summary.frequent})
    for *kind, number in summary.sums:
        known = sum(n for other, n in left.items() if other[:-1] == tuple(kind))
        left[*kind, OTHER_VALUES] = number - known
    for *kind, number in shown.group_by(KINDS).len().rows():
        left[tuple(kind) if tuple(kind) in left else (*kind[:-1], OTHER_VALUES)] -= number
    return {kind: number for kind, number in left.items() if number}


def _session() -> SparkSession:
    """The active Spark session, or a new one with what the environment and spark-submit say."""
    import os
    import shutil
    import sys

    # On one machine the workers run in this environment; a cluster says its own.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    try:
        from pyspark.errors import PySparkRuntimeError
        from pyspark.sql import SparkSession
    except ImportError:
        raise MissingExtra("checking with Spark", "spark") from None
    if SparkSession.getActiveSession() is None and shutil.which("java") is None:
        raise InputError("Spark needs Java 17 or newer, and there is no java on the path")
    try:
        return SparkSession.builder.appName("eventbook").getOrCreate()
    except PySparkRuntimeError as error:
        raise InputError(f"Spark did not start: {one_line(error)}") from None
