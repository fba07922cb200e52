"""The same checks on Spark, for tables that outgrow one machine.

The compiled checks run inside `mapInArrow` on the rows of each partition; keys are grouped and
joined by Spark. Findings are a Spark DataFrame: rows have no line there, they have their id.
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
from .stream import COUNTED, KEPT
from .table_checker import BatchChecker
from .whole_table import whole_checks

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

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
    choice = layouts.choose_book(book, table, near)
    start = Source("the DataFrame", pl.DataFrame(schema=[*data.columns, LINE]))
    recognised = layouts.identify(start, choice)
    if isinstance(recognised, Finding):
        raise InputError(recognised.message)
    return _check(data, *recognised)


def _check(data: DataFrame, book: Book, table: Table) -> SparkFindings:
    written = Source("the DataFrame", pl.DataFrame(schema=[*data.columns, LINE]))
    taken_for = layouts.table_file(book, table, written)
    if layouts.is_upper_case(table, data.columns):
        data = data.toDF(*layouts.folded(table, data.columns))
    names = data.columns
    empty = pl.DataFrame(schema=dict.fromkeys(names, pl.String) | {LINE: pl.Int64})
    about_header = layouts.header_findings(table, Source("the DataFrame", empty))

    def checked(batches: Iterator[Any]) -> Iterator[Any]:
        checker = None
        notes: list[Note] = []
        for batch in batches:
            frame = plain(pl.DataFrame(pl.from_arrow(batch)))
            frame = frame.with_columns(pl.lit(None, pl.Int64).alias(LINE))
            source = Source("", frame, typed=True)
            if checker is None:
                checker = BatchChecker(book, table, Source("", frame.clear(), typed=True))
            _, found, more = checker.check(source)
            notes += more
            yield from _batches(found, pl.lit(1))
        notes = merged(notes)
        yield from _batches(
            note_findings(notes), pl.Series([n.count for n in notes], dtype=pl.Int64)
        )

    parts = [data.mapInArrow(checked, SCHEMA), *_keys(data, book, table, names)]
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
    done = check_spark(data, book, table, path)
    every = done.frame.cache()
    is_note = every["rule"].isin(*NOTES)
    frame = every.where(~is_note).drop(CELLS)
    notes = merged(
        Note(row["rule"], str(path), None, row["column"], row["value"], row[CELLS])
        for row in every.where(is_note).collect()
    )
    if all_findings is not None:
        every.drop(CELLS).write.mode("overwrite").parquet(str(all_findings))
    kept = findings.table([Finding(**row.asDict()) for row in _first(frame).collect()])
    cells = findings.merge([kept]).with_columns(pl.col("file").fill_null(str(path)))
    left_out = _left_out(frame, cells)
    shown = findings.merge([cells, note_findings(notes)])
    rows = data.count()
    every.unpersist()
    return Report(
        done.book,
        shown,
        {done.table.name: rows},
        time.perf_counter() - begin,
        done.unchecked,
        left_out,
        (replace(done.taken_for, file=str(path)),),
    )


def _first(frame: DataFrame) -> DataFrame:
    """The first findings of each rule, by row id; one job for all rules."""
    from pyspark.sql import Window
    from pyspark.sql import functions as F

    in_order = Window.partitionBy("rule").orderBy("row_id", "column", "value")
    numbered = frame.withColumn("__number", F.row_number().over(in_order))
    return numbered.where(F.col("__number") <= KEPT).drop("__number")


def _left_out(frame: DataFrame, shown: pl.DataFrame) -> dict[Kind, int]:
    """The findings that are not shown; values that are not frequent are counted together."""
    counts = frame.groupBy(*KINDS).count()
    frequent = counts.orderBy("count", ascending=False).limit(COUNTED).collect()
    left = Counter({tuple(row)[:-1]: row["count"] for row in frequent})
    for row in frame.groupBy(*KINDS[:-1]).count().collect():
        known = sum(n for kind, n in left.items() if kind[:-1] == tuple(row)[:-1])
        left[*tuple(row)[:-1], OTHER_VALUES] = row["count"] - known
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
