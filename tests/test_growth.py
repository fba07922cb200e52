"""How the growth benchmark judges: what counts as worse than before. It measures nothing here."""

from __future__ import annotations

import sys

import pytest
from conftest import ROOT

sys.path.insert(0, str(ROOT / "tests" / "benchmarks"))

from growth_report import Runs, ratios, table, with_more, worse


def taken(**seconds):
    """What commands took with 100 documents, frictionless 10 s."""
    runs = {"frictionless": 10.0, **seconds}
    return {"100": {name: Runs((s - 0.1, s, 5 * s), (50.0,) * 3) for name, s in runs.items()}}


def test_a_ratio_is_of_medians():
    """One slow run among three made a verb slower than it is."""
    assert ratios(taken(check=2.0)) == {"100": {"check": 0.2}}


def test_the_quickest_runs_are_compared():
    """A verb that nobody had changed failed CI: one of its runs had met a busy machine."""
    slow = {"100": taken()["100"] | {"check": Runs((2.9, 3.5), (50.0, 50.0))}}
    assert [one.name for one in worse(slow, {"100": {"check": 0.2}})] == ["check"]
    quick = {"100": {"check": Runs((2.1,), (50.0,))}}
    assert worse(with_more(slow, quick), {"100": {"check": 0.2}}) == []


@pytest.mark.parametrize(("now", "found"), [(2.3, []), (2.5, ["check"])])
def test_over_a_fifth_more_is_worse(now, found):
    """A verb that became twice as slow passed; one that was measured a little otherwise failed."""
    assert [one.name for one in worse(taken(check=now), {"100": {"check": 0.2}})] == found


def test_only_what_was_measured_twice_is_compared():
    """A run with few documents failed because of the many that it did not measure."""
    earlier = {"100": {"load": 0.1}, "1000": {"check": 0.1}}
    assert worse(taken(check=9.0), earlier) == []


@pytest.mark.parametrize(("now", "found"), [(0.5, []), (0.8, ["check"])])
def test_a_short_difference_is_not_worse(now, found):
    """The start of Python alone varies by more than a fifth of a quick verb."""
    assert [one.name for one in worse(taken(check=now), {"100": {"check": 0.03}})] == found


def test_a_missed_aim_is_named():
    """A table of numbers in which nobody sees that one is too large."""
    figures = {"100": taken(check=1.0)["100"], "1000": taken(check=20.0)["100"]}
    (line,) = (line for line in table(figures) if line.startswith("check"))
    assert "ratio <= 0.15: MISSED; < 800 MB; growth <= 11: MISSED" in line
