"""Books of others: what their SQL and their patterns may not have, before any data is read."""

import re
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace

import duckdb
import polars as pl
import pytest
import sqlglot
from faults.books import BOOK as TEXT
from faults.books import CODES, SQL, rule

from eventbook.codebook import BookError, available, load
from eventbook.codebook.loader import forget
from eventbook.codebook.model import Rule
from eventbook.codebook.sql_parts import sql_parts
from eventbook.dataset.database.sql_checks import row_checks
from eventbook.validation.checks import day_differences
from eventbook.validation.checks.day_differences import with_days_as_numbers
from eventbook.validation.checks.rules import compile_rule
from eventbook.validation.checks.trial import fault_in_sql, trial_faults, try_book

MAY_BE_USED = [
    "notes = 'x'",
    "LENGTH(notes) = 1 AND count > 5",
    "notes LIKE 'x%' AND CAST(day AS TIMESTAMP) < CAST('2020-01-01' AS TIMESTAMP)",
    "COALESCE(count, 0) * 2 > number AND SUBSTR(id, 1, 1) = 'a' AND notes <> 'y'",
    "CASE WHEN notes = 'x' THEN TRUE ELSE FALSE END",
    "EXTRACT(YEAR FROM day) = 2019 AND notes IN ('x', 'z')",
]


@pytest.fixture
def small(tmp_path):
    """Write a small book of our own, changed, and load it."""

    def make(rules="{}\n", change=lambda text: text):
        folder = tmp_path / "small"
        (folder / "codes").mkdir(parents=True)
        (folder / "book.yaml").write_text(change(TEXT), encoding="utf-8")
        (folder / "rules.yaml").write_text(rules, encoding="utf-8")
        (folder / "codes" / "colour.csv").write_text(CODES, encoding="utf-8")
        return load(folder)

    return make


@pytest.mark.parametrize("name", available())
def test_the_books_that_ship_are_tried_here(name):
    """Commands do not try them: a shipped rule that no engine can run would be found by a user."""
    assert load(name).ships
    assert list(trial_faults(load(name))) == []


@pytest.mark.parametrize("name", available())
def test_a_copy_of_a_shipped_book_ships_until_it_is_changed(tmp_path, name):
    """Each check of a release, and of a package that has a copy of its book, tried all of it again."""
    for shipped in available():
        shutil.copytree(load(shipped).folder, tmp_path / shipped)
    assert load(tmp_path / name).ships
    text = tmp_path / name / "book.yaml"
    text.write_bytes(text.read_bytes() + b"# ours\n")
    forget()
    assert not load(tmp_path / name).ships


def test_a_copy_that_borrows_from_a_changed_book_does_not_ship(tmp_path):
    """Its files are those of the shipped one, but its codes, which its rules use, are not."""
    for shipped in available():
        shutil.copytree(load(shipped).folder, tmp_path / shipped)
    lent = tmp_path / "eventbook" / "codes" / "inter.csv"
    lent.write_text(
        lent.read_text("utf-8").replace("Armed forces, police", "Armed forces", 1), "utf-8"
    )
    assert not load(tmp_path / "acled").ships


@pytest.mark.parametrize("sql", MAY_BE_USED)
def test_what_a_rule_may_have(small, sql):
    """A trial that refuses everything makes it impossible to write a book."""
    book = small(rule(sql))
    assert not book.ships
    try_book(book)


@pytest.mark.parametrize(("what", "sql"), SQL)
def test_what_a_rule_may_not_have(small, what, sql):
    """SQL that reads files, other rows or gigabytes, or that fails at some cell of the data."""
    with pytest.raises(BookError) as refused:
        try_book(small(rule(sql)))
    assert all(re.match(r"small/rules\.yaml:7: rule a-rule: \w", p) for p in refused.value.problems)


def test_all_mistakes_are_listed_with_their_lines(small):
    """An author who sees one mistake at a time runs the command twenty times."""
    book = small(
        rule("notez = 'x'", "one") + rule("RANDOM() > 0.5", "two"),
        lambda text: text.replace(
            "example: some words}", 'example: some words, constraints: {pattern: "(?=s).*"}}'
        ),
    )
    first, second, third = map(str, trial_faults(book))
    assert first.startswith("small/book.yaml:14: variable notes: pattern: not a regular expression")
    assert second == (
        "small/rules.yaml:7: rule one: notez is not a variable of things; did you mean notes?"
    )
    assert third.startswith(
        "small/rules.yaml:19: rule two: RAND is not allowed in the SQL of a book"
    )


def test_an_example_that_its_own_pattern_refuses(small):
    """The example is what people copy."""
    book = small(change=lambda text: text.replace("example: a-1", "example: A1"))
    assert [str(fault) for fault in trial_faults(book)] == [
        "small/book.yaml:10: variable id: pattern: the example 'A1' breaks it"
    ]


def test_a_computed_column_that_needs_itself(small):
    """Two columns that wait for each other were silently left out."""
    book = small(
        change=lambda text: text.replace(
            "example: 3}", "example: 3, derived: {sql: number + 1}}"
        ).replace("example: 1.5}", "example: 1.5, derived: {sql: count + 1}}")
    )
    first, second = map(str, trial_faults(book))
    assert first.startswith("small/book.yaml:12: variable number: derived: it needs itself")
    assert second.startswith("small/book.yaml:13: variable count: derived: it needs itself")


WITHOUT_MEANING = [
    ("day < '2019-05-01'", "a day is compared with a text; write a day as CAST("),
    ("day > 2019", "a day is compared with a number"),
    ("count = 'x'", "a number is compared with a text; write a number without quotation marks"),
    ("number IN (1, '2')", "a number is compared with a text"),
    ("day BETWEEN '2019-01-01' AND '2019-12-31'", "a day is compared with a text"),
    ("notes = NULL", "a comparison with NULL is never true; write IS NULL"),
    ("count <> NULL OR notes = 'x'", "write IS NULL"),
    ("colour = 'rad'", "'rad' is no code of colour; did you mean red?"),
    ("colour IN ('red', 'blue')", "'blue' is no code of colour"),
    ("LENGTH(notes) = '1'", "a number is compared with a text"),
    ("notez = 'x'", "notez is not a variable of things; did you mean notes?"),
    (
        "COALESC(notes, 'x') = 'x'",
        "COALESC is not allowed in the SQL of a book; did you mean COALESCE?",
    ),
    ("day - count > 3", "it cannot be run on its bad example"),
]


@pytest.mark.parametrize(("sql", "says"), WITHOUT_MEANING)
def test_a_condition_without_meaning_is_refused(small, sql, says):
    """One engine fails, one compares letters, one finds nothing, and the rule is never broken."""
    (fault,) = trial_faults(small(rule(sql)))
    assert says in fault.message and fault.file == "small/rules.yaml"


@pytest.mark.parametrize(
    ("sql", "broken"),
    [
        ("day - CAST('2019-04-28' AS DATE) > 2", True),
        ("day - CAST('2019-04-28' AS DATE) > 3", False),
        ("day - DATE '2019-04-28' = 3", True),
        ("(day - DATE '2018-05-01') * 2 = 730", True),
        ("DATE '2019-04-28' - day = -3", True),
    ],
)
def test_days_minus_days_are_days(small, sql, broken):
    """Strikes of 3 and 18 days were longer than 9,999 days: polars counts microseconds."""
    book = small(rule(sql))
    check = compile_rule(book, book.tables["things"], book.rules[0])
    frame = pl.DataFrame({"day": ["2019-05-01"]}).select(pl.col("day").str.to_date())
    assert frame.select(check.violates).item() is broken
    assert duckdb.sql(f"SELECT {sql} FROM frame").fetchall() == [(broken,)]


FRESH = Rule("tried", "things", "error", "Something.", "Why.", column="notes")
ROWS = pl.DataFrame(
    {
        "id": ["a-1", "a-2", "a-3"],
        "day": ["2019-05-01", "2018-12-31", None],
        "number": [1.5, -0.5, None],
        "count": [3, 12, None],
        "notes": ["some words", "x; x", None],
        "colour": ["red", "red", None],
    }
).with_columns(pl.col("day").str.to_date())


@pytest.mark.parametrize("part", sql_parts(), ids=lambda part: part.form)
def test_each_part_of_sql_means_the_same_beside_a_difference_of_days(small, part):
    """An expression with days is written anew: REGEXP_LIKE got DuckDB's name, which polars lacks."""
    book = small()
    table = book.tables["things"]
    always = "COALESCE(day - CAST('1900-01-01' AS DATE) > 0, TRUE)"
    assert with_days_as_numbers(table, always) != always
    for beside in (f"{always} AND ({part.example})", f"({part.example}) AND {always}"):
        assert fault_in_sql(book, table, beside) == ""
        alone, joined = (
            ROWS.select(compile_rule(book, table, replace(FRESH, violates=sql)).violates)
            for sql in (part.example, beside)
        )
        assert joined.to_series().to_list() == alone.to_series().to_list()


@pytest.mark.parametrize(
    "sql",
    [
        "(day - CAST('1900-01-01' AS DATE)) % 7 = 1",
        "notes = 'x - y' AND (CAST('2020-01-01' AS DATE) - day) > 3",
        "COALESCE(day - CAST('1900-01-01' AS DATE)) > 0 AND (count - number) > 2",
        "REGEXP_LIKE(notes, '(day - day)') AND (day - day) = 0",
        "count - (day - CAST('1900-01-01' AS DATE)) > 0",
        "day - CAST('1900-01-01' AS DATE) * count > 0",
    ],
)
def test_a_difference_of_days_is_the_same_in_parentheses_of_its_own(small, sql, monkeypatch):
    """Such a difference is read without the parser, and must not be another one than it reads."""
    table = small().tables["things"]
    short = pl.sql_expr(with_days_as_numbers(table, sql))
    monkeypatch.setattr(day_differences, "ALONE", re.compile("(?!)"))
    parsed = pl.sql_expr(with_days_as_numbers(table, sql))
    assert short.meta.eq(parsed)


@pytest.mark.parametrize("part", sql_parts(), ids=lambda part: part.form)
def test_each_part_of_sql_means_the_same_in_every_engine(small, part):
    """A page that offers a function which is refused, or means something else, misleads its reader."""
    book = small()
    table = book.tables["things"]
    assert fault_in_sql(book, table, part.example) == ""
    kinds = {type(node).__name__ for node in sqlglot.parse_one(part.example, read="duckdb").walk()}
    assert set(part.names) - {"If", "Var", "Tuple"} <= kinds
    tried = replace(FRESH, violates=part.example)
    ours = ROWS.select(compile_rule(book, table, tried).violates).to_series().to_list()
    (sql,) = sqlglot.transpile(part.example, read="duckdb", write="duckdb")
    theirs = duckdb.sql(f"SELECT {sql} FROM ROWS").fetchall()
    assert ours == [verdict for (verdict,) in theirs]
    if part.databases["sqlite"]:
        with closing(sqlite3.connect(":memory:")) as connection:
            columns = ", ".join(f'"{name}"' for name in ROWS.columns)
            connection.execute(f"CREATE TABLE things ({columns})")
            cells = ROWS.with_columns(pl.col("day").cast(pl.String)).rows()
            connection.executemany(f"INSERT INTO things VALUES ({', '.join('?' * 6)})", cells)
            checks, _ = row_checks(replace(book, rules=(tried,)), table, "sqlite")
            (holds,) = (check.holds for check in checks if check.name == tried.id)
            verdicts = connection.execute(f"SELECT NOT ({holds}) FROM things").fetchall()
            assert ours == [None if verdict is None else bool(verdict) for (verdict,) in verdicts]
