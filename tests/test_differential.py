"""One codebook, many engines: the same rows break the same rules in each of them."""

from __future__ import annotations

import pandera.errors
import polars as pl
import pytest
from benchmarks.made import chunk
from conftest import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from eventbook.codebook import load
from eventbook.validation import check_large, schema
from eventbook.validation.checks.rules import compile_rule
from eventbook.validation.reading.parsing import parse
from eventbook.validation.reading.source import LINE, Source
from eventbook.validation.schemas.table_schema import table_schema

BOOK = load("acled")
TABLE = BOOK.tables["events"]
NEEDS = {rule.id: compile_rule(BOOK, TABLE, rule).needs for rule in BOOK.rules_on("events")}
NAMES = [v.name for v in TABLE.variables]


def typed(rows):
    """Rows of a made export with the book's types; what cannot be typed is missing."""
    rows = rows.with_columns(pl.when(pl.col(pl.String) != "").then(pl.col(pl.String)))
    source = Source("made", rows.with_columns(pl.int_range(pl.len(), dtype=pl.Int64).alias(LINE)))
    frame = parse(source, TABLE, BOOK).frame
    missing = [n for n in NAMES if n not in frame.columns]
    empty = {"string": pl.String, "integer": pl.Int64, "number": pl.Float64, "date": pl.Date}
    return frame.with_columns(pl.lit(None, empty[TABLE[n].type]).alias(n) for n in missing).select(
        NAMES
    )


def streamed(frame, tmp):
    """Findings of the streaming engine as (rule, column, row)."""
    path = tmp / "rows.parquet"
    frame.select(n for n in NAMES if n in TABLE.layout).write_parquet(path)
    return {(f.rule, f.column, f.line - 1) for f in check_large(path, BOOK, "events")}


def by_pandera(frame, backend):
    """The failure cases of pandera, as (rule, row); what follows from an unknown code left out."""
    data = frame
    if backend == "pandas":
        data = frame.to_pandas(use_pyarrow_extension_array=False)
        for name in NAMES:
            kinds = {
                "string": "string",
                "integer": "Int64",
                "number": "Float64",
                "date": "datetime64[ns]",
            }
            data[name] = data[name].astype(kinds[TABLE[name].type])
    expected = schema("events", BOOK, backend)
    try:
        expected.validate(data, lazy=True)
    except pandera.errors.SchemaErrors as error:
        cases = error.failure_cases
        cases = (
            cases
            if isinstance(cases, pl.DataFrame)
            else pl.from_pandas(
                cases[["check", "column", "index"]].astype(
                    {"check": str, "column": str, "index": "Int64"}
                )
            )
        )
        renamed = {"not_nullable": "required"}
        return {
            (renamed.get(c, c), row) for c, row in cases.select("check", "index").unique().rows()
        }
    return set()


def agree(frame, tmp):
    ours = streamed(frame, tmp)
    unknown = {(column, row) for rule, column, row in ours if rule == "code"}
    for backend in ("pandas", "polars"):
        theirs = {
            (rule, row)
            for rule, row in by_pandera(frame, backend)
            if not any((need, row) in unknown for need in NEEDS.get(rule, ()))
        }
        assert {(rule, row) for rule, _, row in ours} == theirs, backend


@pytest.mark.slow
@settings(max_examples=examples(0.5))
@given(
    first=st.integers(0, 10_000),
    rows=st.integers(1, 30),
    rate=st.sampled_from([0, 0.3, 1]),
    empty=st.lists(st.tuples(st.sampled_from(NAMES[:31]), st.integers(0, 29)), max_size=5),
)
def test_streamed_and_pandera_agree(tmp_path_factory, first, rows, rate, empty):
    """A rule that means one thing to the gate and another to the notebook is two rules."""
    frame = typed(chunk(first, rows, rate)[0])
    for name, row in empty:
        if row < rows:
            hole = pl.when(pl.int_range(pl.len()) != row).then(pl.col(name)).alias(name)
            frame = frame.with_columns(hole)
    agree(frame, tmp_path_factory.mktemp("rows"))


def test_the_injected_violations(tmp_path):
    """Every kind of violation at once, in a file that is large enough to have each often."""
    agree(typed(chunk(0, 4_000, 0.05)[0]), tmp_path)


def test_frictionless_finds_what_a_table_schema_can_say(tmp_path):
    """The descriptor is what strangers validate with: it must know each constraint and the key."""
    from frictionless import Resource, Schema, system

    frame = typed(chunk(0, 2_000, 0.05)[0]).select(n for n in NAMES if n in TABLE.layout)
    ours = streamed(frame.with_columns(), tmp_path)
    path = tmp_path / "rows.csv"
    frame.write_csv(path)
    expected = table_schema(BOOK, TABLE)
    expected["fields"] = [f for f in expected["fields"] if f["name"] in frame.columns]
    expected["fieldsMatch"] = "subset"
    with system.use_context(trusted=True):
        resource = Resource(str(path), schema=Schema.from_descriptor(expected))
        report = resource.validate(limit_errors=100_000)
    errors = report.flatten(["type", "fieldName", "rowNumber"])
    theirs = {(name, row - 2) for kind, name, row in errors if kind == "constraint-error"}
    plain = {"required", "minimum", "maximum", "pattern", "code", "max-length"}
    assert {(column, row) for rule, column, row in ours if rule in plain} == theirs
    # frictionless names the second row of a pair only.
    keys = {row - 2 for kind, _, row in errors if kind == "primary-key"}
    both = {row for rule, _, row in ours if rule == "primary-key"}
    assert keys and keys <= both and {row - 1 for row in keys} | keys == both


@pytest.mark.parametrize("backend", ["pandas", "polars"])
def test_a_sound_table_passes_everywhere(tmp_path, backend):
    """A check that fails on what is right is switched off, and then finds nothing."""
    frame = typed(chunk(0, 500, 0)[0])
    assert not streamed(frame, tmp_path)
    assert not by_pandera(frame, backend)
