"""Each rule good, bad and fixed; the same text gives the same verdict on every engine."""

from __future__ import annotations

import duckdb
import polars as pl
import pytest

from eventbook.codebook import available, load
from eventbook.validation import schema
from eventbook.validation.checks import trial
from eventbook.validation.checks.derived import reference_steps, references, run
from eventbook.validation.checks.rules import compile_rule, text_mask
from eventbook.validation.schemas.pandera import CompiledRows, as_polars
from eventbook.validation.types import POLARS

BOOK = load("eventbook")
DUCKDB = duckdb.connect()
DUCKDB.execute("CREATE MACRO regexp_like(text, form) AS regexp_matches(text, form)")  # its own name
ROW_RULES = [rule for rule in BOOK.rules if rule.violates]
ALL_BOOKS = [
    pytest.param(load(name), rule, id=f"{name}-{rule.id}")
    for name in available()
    for rule in load(name).rules
    if rule.violates
]


def example_frame(rule, row, book=BOOK):
    """A frame of one row with all columns that the rule reads, typed by the book."""
    table = book.tables[rule.on]
    return trial.example_frame(book, table, compile_rule(book, table, rule).needs | set(row), row)


def by_polars(rule, frame, book=BOOK):
    table = book.tables[rule.on]
    check = compile_rule(book, table, rule)
    steps, _ = reference_steps(book, table, frame.columns, {}, references(book, table))
    frame = run(steps, frame)
    return frame.select(check.violates.fill_null(False)).item()


def by_duckdb(rule, frame, book=BOOK):
    sql, _ = book.sql(book.tables[rule.on], rule.violates)
    columns = ", ".join(f'"{c}"' for c in frame.columns)
    rows = frame.to_arrow()
    query = f"SELECT COALESCE({sql}, FALSE) FROM (SELECT {columns} FROM rows)"
    with DUCKDB.cursor() as connection:
        connection.register("rows", rows)
        return connection.execute(query).fetchone()[0]


@pytest.mark.parametrize("engine", [by_polars, by_duckdb])
@pytest.mark.parametrize(("book", "rule"), ALL_BOOKS)
def test_examples(book, rule, engine):
    """A rule that its own bad example does not break, or its good one does, is not that rule."""
    assert rule.bad and rule.good
    for row in rule.bad:
        assert engine(rule, example_frame(rule, row, book), book) is True, row
    for row in rule.good:
        assert engine(rule, example_frame(rule, row, book), book) is False, row


@pytest.mark.parametrize("rule", BOOK.text_rules, ids=lambda r: r.id)
def test_text_examples(rule):
    """Hidden characters cannot be seen in a review: only the rule finds them."""
    for rows, expected in ((rule.bad, True), (rule.good, False)):
        for row in rows:
            frame = pl.DataFrame({"text": [row["text"]]})
            assert frame.select(text_mask(rule, pl.col("text"))).item() is expected, row


def may_be_empty(rule):
    """Whether a row may be empty in all that a rule reads."""
    table = BOOK.tables[rule.on]
    required = {v.name for v in table.variables if v.required}
    return not compile_rule(BOOK, table, rule).needs & required


@pytest.mark.parametrize("rule", [r for r in ROW_RULES if may_be_empty(r)], ids=lambda r: r.id)
def test_missing_is_no_violation_by_accident(rule):
    """A rule that fires on a row where everything is missing would punish honest unknowns.

    A rule that means to has such a row as a bad example.
    """
    meant = any(all(value is None for value in row.values()) for row in rule.bad)
    assert by_polars(rule, example_frame(rule, {})) is meant
    assert by_duckdb(rule, example_frame(rule, {})) is meant


def on_valid_row(rule, row, published):
    """A published row of the rule's table, with the example's values put in."""
    frame = published[rule.on]
    if not frame.height:
        columns = BOOK.tables[rule.on].variables
        frame = pl.DataFrame(
            {v.name: [None] for v in columns}, schema={v.name: POLARS[v.type] for v in columns}
        )
    given = example_frame(rule, row)
    return frame.head(1).with_columns(given[c].alias(c) for c in given.columns)


@pytest.fixture(scope="module", params=["pandas", "polars"])
def verdicts(request, published):
    """For each row rule the examples that pandera says break it: one validation a table."""
    found = {}
    for table in {rule.on for rule in ROW_RULES}:
        examples = [
            (rule.id, kind, n, on_valid_row(rule, row, published))
            for rule in BOOK.rules_on(table)
            for kind, rows in (("bad", rule.bad), ("good", rule.good))
            for n, row in enumerate(rows)
        ]
        frame = pl.concat([e[-1] for e in examples], how="diagonal")
        checker = loose(table, request.param, published)
        cases = failure_cases(checker, frame.to_pandas() if request.param == "pandas" else frame)
        for check, index in cases:
            rule_id, kind, n, _ = examples[index]
            if rule_id == check:
                found.setdefault(rule_id, set()).add((kind, n))
    return found


@pytest.mark.parametrize("rule", ROW_RULES, ids=lambda r: r.id)
def test_pandera_agrees_on_each_example(rule, verdicts):
    """A rule that the second opinion does not run is checked by one engine only."""
    assert verdicts.get(rule.id) == {("bad", n) for n in range(len(rule.bad))}


@pytest.mark.parametrize("backend", ["pandas", "polars"])
def test_pandera_finds_bad_text(backend, published):
    """The same for the rules on every text."""
    examples = [(rule.id, row["text"]) for rule in BOOK.text_rules for row in rule.bad]
    frame = pl.concat([published["actors"].head(1)] * len(examples)).with_columns(
        pl.Series("notes", [text for _, text in examples])
    )
    checker = schema("actors", BOOK, backend, published)
    cases = failure_cases(checker, frame.to_pandas() if backend == "pandas" else frame)
    assert {(rule, n) for n, (rule, _) in enumerate(examples)} <= cases


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["pandas", "polars"])
def test_references_are_joined_once_with_the_same_verdicts(backend, published, monkeypatch):
    """Joining anew for each rule took half of every publish; remembering a wrong frame is worse."""
    rows = {}
    for table in ("events", "claims"):
        examples = [
            on_valid_row(rule, row, published)
            for rule in BOOK.rules_on(table)
            for row in (*rule.bad, *rule.good)
        ]
        frame = pl.concat(examples, how="diagonal")
        rows[table] = frame.to_pandas() if backend == "pandas" else frame
    once, looked_up = {}, []
    prepared = CompiledRows.prepared

    def counted(self, frame):
        looked_up.append(self.table.name)
        return prepared(self, frame)

    monkeypatch.setattr(CompiledRows, "prepared", counted)
    for table in rows:
        checker, sound = loose(table, backend, published), published[table]
        checker.validate(sound.to_pandas() if backend == "pandas" else sound, lazy=True)
        once[table] = failure_cases(checker, rows[table])
    # Each table has two frames here, whatever number of columns and rules.
    assert sorted(looked_up) == sorted([*rows, *rows])
    joins = []

    def joined_anew(self, frame, number):
        check = self.checks[number]
        joins.append(check.id)
        whole = prepared(self, as_polars(frame, self.table))
        return whole.select(check.violates.fill_null(False)).to_series()

    monkeypatch.setattr(CompiledRows, "bad", joined_anew)
    for table in rows:
        assert failure_cases(loose(table, backend, published), rows[table]) == once[table]
    assert len(joins) > 50 and all(len(cases) > 20 for cases in once.values())


def loose(table, backend, published):
    """A schema that lets the columns pass that examples bring from other tables."""
    checker = schema(table, BOOK, backend, published)
    checker.strict = False
    return checker


def failure_cases(checker, data):
    """The (check, row) pairs that a schema finds in a frame."""
    import pandera.errors

    with pytest.raises((pandera.errors.SchemaErrors, Exception)) as error:
        checker.validate(data, lazy=True)
    cases = error.value.failure_cases
    rows = cases.to_dicts() if isinstance(cases, pl.DataFrame) else cases.to_dict("records")
    return {
        (r["check"], int(r["index"]))
        for r in rows
        if r["index"] == r["index"] and r["index"] is not None
    }


@pytest.fixture(scope="module")
def published(checked):
    from eventbook.dataset.tables.build import build

    return build(BOOK, checked.tables)
