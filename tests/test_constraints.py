"""The constraints of a variable: one list in the model, one table in each target."""

from __future__ import annotations

import ast
from dataclasses import replace
from datetime import date

import polars as pl
import pytest
from conftest import ROOT

from eventbook.codebook import CodeList, Variable, load, pages
from eventbook.codebook.model import CONSTRAINT_KINDS
from eventbook.dataset.database import sql_checks
from eventbook.validation.checks import constraints as compiled
from eventbook.validation.schemas import json_schema, pandera, table_schema

CODES = load("acled").code_lists["inter"]
FULL = Variable(
    "x",
    "X",
    "A variable with every constraint.",
    "integer",
    1,
    required=True,
    unique=True,
    minimum=0,
    maximum=8,
    max_length=3,
    pattern="[0-9]|x",
    codes="inter",
)
TARGETS = {
    "polars": (compiled.POLARS, {}),
    "pandera": (pandera.CONSTRAINTS, pandera.OF_THE_COLUMN),
    "Table Schema": (table_schema.CONSTRAINTS, {}),
    "JSON Schema": (json_schema.CONSTRAINTS, json_schema.IN_DESCRIPTION),
    "words": (pages.IN_WORDS, {"code": "the page shows the list itself"}),
    "SQL": (sql_checks.CONSTRAINTS, sql_checks.OF_THE_COLUMN),
}


@pytest.mark.parametrize("target", TARGETS)
def test_no_target_lacks_a_kind_silently(target):
    """A constraint that one of the schemas drops is silently not checked there."""
    table, left_out = TARGETS[target]
    assert set(table) | set(left_out) == set(CONSTRAINT_KINDS)
    assert not set(table) & set(left_out)
    assert all(left_out.values()), "a kind that is left out needs its reason"


def test_the_list_has_every_kind_in_its_order():
    """A kind that the model never makes is a kind that no check is compiled for."""
    found = FULL.constraints(CODES)
    assert tuple(c.kind for c in found) == CONSTRAINT_KINDS
    assert all(c.says.endswith(".") for c in found)
    assert Variable("x", "X", "No constraint.", "string", "a").constraints(None) == ()


def test_limits_have_the_type_of_the_column():
    """A bound on days that is text is compared as text, or not at all."""
    day = replace(FULL, type="date", minimum="1900-01-01", maximum=None, pattern="", codes="")
    limits = {c.kind: c.limit for c in day.constraints(None)}
    assert limits["minimum"] == date(1900, 1, 1) and "maximum" not in limits


@pytest.mark.parametrize(
    ("variable", "cells", "bad"),
    [
        (FULL, [1, 2, None], [("required", 2)]),
        (FULL, [1, 1, 2], [("unique", 0), ("unique", 1)]),
        (FULL, [1, -1, 9], [("minimum", 1), ("maximum", 2), ("code", 1), ("code", 2)]),
    ],
)
def test_the_compiled_constraints_find_their_cells(variable, cells, bad):
    """A table of lambdas is easily off by one: `<` for `<=` lets a bound through."""
    numbers = replace(variable, max_length=None, pattern="")
    book = load("acled")
    table = replace(book.tables["events"], variables=(numbers,), primary_key=(), foreign_keys=())
    frame = pl.DataFrame({"x": cells}, schema={"x": pl.Int64})
    found = [
        (check.id, row)
        for check in compiled.constraint_checks(book, table, ["x"])
        for row, hit in enumerate(frame.select(check.violates.fill_null(False)).to_series())
        if hit
    ]
    assert sorted(found) == sorted(bad)


def test_text_constraints_judge_the_whole_cell():
    """`A|B` without anchors accepts every cell that has an A in it."""
    book = load("acled")
    text = replace(
        FULL, type="string", minimum=None, maximum=None, codes="", unique=False, required=False
    )
    table = replace(book.tables["events"], variables=(text,), primary_key=(), foreign_keys=())
    frame = pl.DataFrame({"x": ["1", "x", "12", "ax", "1234", None]})
    found = {
        check.id: frame.select(check.violates.fill_null(False)).to_series().to_list()
        for check in compiled.constraint_checks(book, table, ["x"])
    }
    assert found == {
        "max-length": [False, False, False, False, True, False],
        "pattern": [False, False, True, True, True, False],
    }


def test_lists_in_the_reference_page_and_in_findings_are_cut_alike():
    """A list of 249 countries in a message buries what is wrong."""
    many = CodeList("n", "N", "Numbers.", "integer", {}, ())
    assert many.some_values == ""
    assert load("acled").code_lists["iso"].some_values.endswith("codes)")


def test_engines_dispatch_on_what_a_check_needs():
    """A check that is recognised by the spelling of its id is a hidden special case."""
    for path in sorted((ROOT / "validation" / "engines").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Compare):
                assert ".id" not in ast.unparse(node), f"{path.name}:{node.lineno}"
