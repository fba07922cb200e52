"""The codebook's own version is guarded like that of the data."""

from __future__ import annotations

from dataclasses import replace

import pytest

from eventbook.codebook import load
from eventbook.dataset.releases.book_changes import book_changes, objection

BOOK = load()


def with_rules(*rules):
    return replace(BOOK, rules=rules)


def with_variable(table, variable, **changes):
    old = BOOK.tables[table]
    variables = [replace(v, **changes) if v.name == variable else v for v in old.variables]
    return BOOK.with_table(replace(old, variables=tuple(variables)))


def with_codes(name, codes):
    lists = {**BOOK.code_lists, name: replace(BOOK.code_lists[name], codes=tuple(codes))}
    return replace(BOOK, code_lists=lists)


RULE = BOOK.rules[0]
CODES = BOOK.code_lists["event_type"].codes
CHANGED = [
    (with_rules(*BOOK.rules[1:]), "major", f"rule {RULE.id} was removed"),
    (with_rules(*BOOK.rules, replace(RULE, id="x")), "major", "rule x was added"),
    (with_rules(*BOOK.rules, replace(RULE, id="x", severity="warning")), "minor", "rule x was added"),
    (with_rules(replace(RULE, violates="TRUE"), *BOOK.rules[1:]), "major", "violates was changed"),
    (with_rules(replace(RULE, why="Other words."), *BOOK.rules[1:]), "patch", "words were changed"),
    (with_codes("event_type", CODES[1:]), "major", f"code {CODES[0].code} was removed"),
    (with_codes("event_type", [*CODES, replace(CODES[0], code="x")]), "minor", "code x was added"),
    (with_codes("event_type", [replace(CODES[0], label="x"), *CODES[1:]]), "patch", "words"),
    (with_variable("events", "latitude", minimum=-80), "major", "latitude: minimum was changed"),
    (with_variable("events", "latitude", title="x"), "patch", "words were changed"),
    (with_variable("events", "notes", name="remarks"), "major", "notes was removed"),
    (replace(BOOK, tables={k: t for k, t in BOOK.tables.items() if k != "claims"}), "major", "table claims was removed"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("new", "step", "says"), CHANGED, ids=lambda v: v if isinstance(v, str) else ""
)
def test_each_change_asks_for_its_step(new, step, says):
    """A rule was dropped and a code renamed, and the book was still 2.0.0."""
    steps = {change.step for change in book_changes(BOOK, new)}
    assert step in steps and not (step == "patch" and len(steps) > 1)
    assert any(says in change.says for change in book_changes(BOOK, new))
    (line,) = objection(BOOK, new, "the tag v1.0.0")
    major, minor, patch = map(int, BOOK.version.split("."))
    least = {
        "major": f"{major + 1}.0.0",
        "minor": f"{major}.{minor + 1}.0",
        "patch": f"{major}.{minor}.{patch + 1}",
    }[step]
    assert says in line and f"Set version to {least} or higher in its book.yaml" in line
    assert not list(objection(BOOK, replace(new, version=least), "x"))


def test_no_change_asks_for_nothing():
    """A book that did not change may keep its version for ever."""
    assert book_changes(BOOK, BOOK) == [] and not list(objection(BOOK, BOOK, "x"))
    assert not list(objection(None, BOOK, "x")) and not list(objection(BOOK, None, "x"))
    other = replace(CHANGED[0][0], name="another")
    assert not list(objection(BOOK, other, "x"))
