"""Rows that are part of others: chains of any length, rings, and what hangs on a ring.

The plain definitions follow each row by itself, which takes the square of the length of a chain.
"""

from __future__ import annotations

import pandas as pd
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from eventbook.codebook import load
from eventbook.dataset.tables.deaths import sums_of_deaths
from eventbook.validation.checks.keys import loops

LONG = 100_000
NAMES = st.sampled_from([f"n{number}" for number in range(9)])
ROWS = st.lists(st.tuples(NAMES, st.none() | NAMES | st.just("nowhere")), max_size=14)


def on_a_loop(rows):
    """The keys from which the parents, one after the other, lead back to them."""
    above = {key: parent for key, parent in rows if parent is not None}
    found = set()
    for start in above:
        at = above[start]
        for _ in above:
            if at == start:
                found.add(start)
            at = above.get(at)
    return sorted(found)


def frame(rows):
    """A table of keys and parents."""
    return pl.DataFrame(rows, schema={"key": pl.String, "parent": pl.String}, orient="row")


@given(ROWS)
def test_the_rows_on_loops_are_those_from_which_a_way_leads_back(rows):
    """A ring that is not found, or a row that hangs on one and is blamed for it."""
    assert loops(frame(rows), "key", "parent") == on_a_loop(rows)


def test_a_long_chain_into_a_ring_blames_the_ring():
    """A chain of 60,000 rows took more than two minutes, as each row walked to its end."""
    chain = [(f"c{n}", f"c{n + 1}") for n in range(LONG)]
    rings = [("a", "b"), ("b", "a"), ("alone", "alone"), (f"c{LONG}", "a")]
    star = [(f"s{n}", "a") for n in range(LONG)]
    assert loops(frame(chain + rings + star), "key", "parent") == ["a", "alone", "b"]


def test_a_ring_of_all_rows_is_found_whole():
    """Steps that double must not stop one short."""
    for size in (1, 2, 3, 4, 5, 7, 8, 9, 1000):
        ring = [(f"r{n:04}", f"r{(n + 1) % size:04}") for n in range(size)]
        assert loops(frame(ring), "key", "parent") == [key for key, _ in ring]


def test_a_hierarchy_without_parents_has_no_loop():
    """A column that nobody filled in is a column of nulls."""
    assert loops(pl.DataFrame({"key": ["a"], "parent": [None]}), "key", "parent") == []


PARTS = st.lists(
    st.tuples(st.none() | NAMES, st.none() | NAMES, st.none() | st.integers(0, 3)), max_size=9
)


def deaths_of(rows):
    """A frame of events with what they are part of, what they repeat, and a lowest number."""
    columns = {
        "event_id": [f"n{number}" for number in range(len(rows))],
        "part_of": [part for part, _, _ in rows],
        "restates": [again for _, again, _ in rows],
        "fatalities_low": pd.array([low for _, _, low in rows], dtype="Int64"),
    }
    for name in ("fatalities_best", "fatalities_high"):
        columns[name] = pd.array([None] * len(rows), dtype="Int64")
    return pd.DataFrame(columns)


@given(PARTS)
def test_what_lies_in_another_row_with_a_number_is_left_out(rows):
    """Rings, and ways to a total by way of rows without a number: nobody is counted twice."""
    above = {f"n{n}": {part, again} - {None} for n, (part, again, _) in enumerate(rows)}
    known = {f"n{n}" for n, (_, _, low) in enumerate(rows) if low is not None}
    inside = 0
    for name, around in above.items():
        reached, before = set(around), None
        while reached != before:
            before = set(reached)
            reached |= {further for one in before for further in above.get(one, ())}
        inside += bool((reached - {name}) & known)
    table = load("eventbook").tables["events"]
    assert sums_of_deaths(table, deaths_of(rows)).attrs["left_out"] == inside


def test_the_sum_over_a_long_chain_counts_its_top():
    """20,000 events, each part of the next one, took 27 seconds."""
    rows = [(f"n{n + 1}", None, 1) for n in range(LONG)] + [(None, None, 5)]
    found = sums_of_deaths(load("eventbook").tables["events"], deaths_of(rows))
    assert found["low"].tolist() == [5]
