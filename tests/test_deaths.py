"""Sums of deaths: what is unknown is not a zero, and nobody dies twice."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from conftest import ROOT

from eventbook import dataset
from eventbook.codebook import load
from eventbook.validation.errors import InputError

NAMES = ("event_id", "part_of", "restates", "event_type")
COUNTS = ("fatalities_low", "fatalities_best", "fatalities_high")


def events(*rows):
    """Make events of id, part_of, restates, type, low, best and high."""
    frame = pd.DataFrame(rows, columns=[*NAMES, *COUNTS])
    return frame.astype(dict.fromkeys(COUNTS, "Int64"))


def sums(frame, by="event_type"):
    """Return the sums as plain values, None where they are not known."""
    found = dataset.deaths(frame, by)
    return {
        name: [None if pd.isna(value) else int(value) for value in row]
        for name, row in zip(found.index, found.itertuples(index=False), strict=True)
    }


def test_a_group_of_which_nothing_is_known_is_no_zero():
    """pandas sums nothing to 0: battles of which no number is known had no dead."""
    found = dataset.deaths(by="event_type")
    columns = ["rows", "low", "best", "high", "without_low", "without_best", "without_high"]
    assert list(found.columns) == columns
    assert found.loc["Explosions/Remote violence"].tolist() == [1, 121, 121, pd.NA, 0, 0, 1]
    assert found.loc["Battles"].isna().tolist() == [False, True, True, True, False, False, False]
    assert found.loc["Battles", "without_best"] == 2
    assert dataset.load("events").groupby("event_type", observed=True)["fatalities_best"].sum(
        min_count=1
    ).isna().tolist() == [True, False, True]


def test_what_is_known_is_summed_and_what_is_not_is_counted():
    """A sum without the number of those that it leaves out looks complete."""
    frame = events(
        ("a", None, None, "Battles", 3, 4, 5),
        ("b", None, None, "Battles", 10, None, None),
        ("c", None, None, "Battles", None, None, None),
        ("d", None, None, "Riots", 0, 0, 0),
    )
    assert sums(frame) == {
        "Battles": [3, 13, 4, None, 1, 2, 2],
        "Riots": [1, 0, 0, 0, 0, 0, 0],
    }
    assert sums(frame, None) == {"events": [4, 13, 4, None, 1, 2, 2]}


@pytest.mark.parametrize(
    ("parts", "low", "left_out"),
    [
        # The total has a number: its parts are in it, also parts of parts.
        ([("t", None, None, 40), ("p", "t", None, 10), ("q", "p", None, 5)], 40, 2),
        # It has none: what is known of its parts is all that is known.
        ([("t", None, None, None), ("p", "t", None, 10)], 10, 0),
        # The middle has none, the outermost has one.
        ([("t", None, None, 40), ("p", "t", None, None), ("q", "p", None, 5)], 40, 2),
        # A repetition is never counted with what it repeats.
        ([("e", None, None, 12), ("r", None, "e", 15)], 12, 1),
        # The total is not among the rows.
        ([("p", "t", None, 10), ("q", "t", None, 5)], 15, 0),
        # A circle, which a check reports, does not hang.
        ([("p", "q", None, 10), ("q", "p", None, 5)], None, 2),
    ],
)
def test_nobody_is_counted_twice(parts, low, left_out):
    """A total and an event that is in it are the same dead."""
    frame = events(*((i, p, r, "Battles", n, n, None) for i, p, r, n in parts))
    found = dataset.deaths(frame)
    assert found.attrs["left_out"] == left_out
    assert low is None or found.loc["events", "low"] == low


def test_it_takes_what_pandas_groups_by_and_keeps_unknown_groups():
    """A group that is missing is dropped by pandas, and its dead with it."""
    frame = pd.read_csv(ROOT / "dataset" / "events.csv", parse_dates=["date_start"])
    found = dataset.deaths(frame, "country")
    assert found["rows"].tolist() == [3, 4] and pd.isna(found.index[1])
    months = dataset.deaths(frame, pd.Grouper(key="date_start", freq="MS"))
    assert months["rows"].tolist() == [5, 2] and months["low"].tolist() == [121, pd.NA]
    assert dataset.deaths(frame, ["country", "event_type"])["rows"].tolist() == [2, 1, 4]


def test_any_book_that_says_which_columns_count():
    """A function for our columns only is of no use to who has others."""
    book = load("eventbook")
    table = book.tables["events"]
    assert table.roles.deaths is not None
    deaths = replace(table.roles.deaths, low="wounded_low", best="", high="wounded_high")
    other = book.with_table(replace(table, roles=replace(table.roles, deaths=deaths)))
    frame = pd.DataFrame({"wounded_low": [2, None], "wounded_high": [3, 4]})
    found = dataset.deaths(frame, book=other)
    assert found.loc["events"].to_dict() == {
        **{"rows": 2, "low": 2, "high": 7},
        **{"without_low": 1, "without_high": 0},
    }
    with pytest.raises(InputError, match="does not have the columns fatalities_low"):
        dataset.deaths(frame)
    with pytest.raises(InputError, match="does not say which columns"):
        dataset.deaths(frame, book="ucdp-ged")
