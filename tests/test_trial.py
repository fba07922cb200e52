"""Books of others: what their SQL and their patterns may not have, before any data is read."""

import re

import pytest
from faults.books import BOOK as TEXT
from faults.books import CODES, SQL, rule

from eventbook.codebook import BookError, available, load
from eventbook.validation.checks.trial import trial_faults, try_book

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


@pytest.mark.parametrize("sql", MAY_BE_USED)
def test_what_a_rule_may_have(small, sql):
    """A trial that refuses everything makes nobody's own book possible."""
    book = small(rule(sql))
    assert not book.ships
    try_book(book)


@pytest.mark.parametrize(("what", "sql"), SQL)
def test_what_a_rule_may_not_have(small, what, sql):
    """SQL that reads files, other rows or gigabytes, or that fails at some cell of the data."""
    with pytest.raises(BookError) as refused:
        try_book(small(rule(sql)))
    assert all(re.match(r"small/rules\.yaml:1: rule a-rule: \w", p) for p in refused.value.problems)


def test_all_mistakes_are_listed_with_their_lines(small):
    """Whoever writes a book and hears of one mistake at a time runs the command twenty times."""
    book = small(
        rule("notez = 'x'", "one") + rule("RANDOM() > 0.5", "two"),
        lambda text: text.replace(
            "example: some words}", 'example: some words, constraints: {pattern: "(?=s).*"}}'
        ),
    )
    first, second, third = trial_faults(book)
    assert first.startswith("small/book.yaml:14: variable notes: pattern: not a regular expression")
    assert second == (
        "small/rules.yaml:1: rule one: notez is not a variable of things; did you mean notes?"
    )
    assert third == "small/rules.yaml:13: rule two: RAND is not allowed in the SQL of a book"


def test_an_example_that_its_own_pattern_refuses(small):
    """The example is what people copy."""
    book = small(change=lambda text: text.replace("example: a-1", "example: A1"))
    assert list(trial_faults(book)) == [
        "small/book.yaml:10: variable id: pattern: the example 'A1' breaks it"
    ]


def test_a_computed_column_that_needs_itself(small):
    """Two columns that wait for each other were left out in silence."""
    book = small(
        change=lambda text: text.replace(
            "example: 3}", "example: 3, derived: {sql: number + 1}}"
        ).replace("example: 1.5}", "example: 1.5, derived: {sql: count + 1}}")
    )
    (first, second) = trial_faults(book)
    assert first.startswith("small/book.yaml:12: variable number: derived: it needs itself")
    assert second.startswith("small/book.yaml:13: variable count: derived: it needs itself")
