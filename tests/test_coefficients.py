"""Coefficients of agreement against published examples, other software, and laws."""

from __future__ import annotations

import math
from collections import Counter

import krippendorff
import numpy as np
import pytest
from conftest import examples
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from eventbook.dataset.agreement.coefficients import LEVELS, alpha, interval, kappa, per_cent
from eventbook.dataset.agreement.unitising import UnitCounts, alpha_u, flat

N = None
# Krippendorff, Computing Krippendorff's Alpha-Reliability (2011), section E.
FOUR = list(
    zip(
        [1, 2, 3, 3, 2, 1, 4, 1, 2, N, N, N],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, N, 3],
        [N, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, N],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, N],
        strict=True,
    )
)
# Krippendorff, Content Analysis, 4th edition (2019), figure 12.11: three observers, length 60.
UNITISED = (
    [(0, 7, "1"), (7, 13, "2"), (30, 32, "5"), (32, 37, "6"), (37, 44, "6"), (44, 60, "7")],
    [(0, 7, "1"), (7, 13, "3"), (13, 21, "5"), (32, 44, "6")],
    [(0, 7, "1"), (7, 13, "4"), (13, 21, "5"), (32, 37, "6"), (37, 41, "6"), (41, 44, "6")],
)


@pytest.mark.parametrize(
    ("level", "published"),
    [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849), ("ratio", 0.797)],
)
def test_alpha_of_the_published_example(level, published):
    """An alpha that is right for full data and two coders only is the common mistake."""
    assert round(alpha(FOUR, level), 3) == published


def test_alpha_of_a_second_published_example():
    """Three coders, half of the values missing: 0.691 nominal and 0.811 interval."""
    one = [N, N, N, N, N, 3, 4, 1, 2, 1, 1, 3, 3, N, 3]
    two = [1, N, 2, 1, 3, 3, 4, 3, N, N, N, N, N, N, N]
    three = [N, N, 2, 1, 3, 4, 4, N, 2, 1, 1, 3, 3, N, 4]
    values = list(zip(one, two, three, strict=True))
    assert round(alpha(values, "nominal"), 3) == 0.691
    assert round(alpha(values, "interval"), 3) == 0.811


VALUES = st.integers(2, 4).flatmap(
    lambda coders: st.lists(
        st.tuples(*[st.one_of(st.none(), st.integers(0, 4))] * coders), min_size=2, max_size=12
    )
)


@settings(max_examples=examples(4))
@given(VALUES, st.sampled_from(LEVELS))
def test_alpha_is_that_of_the_package_krippendorff(values, level):
    """Two programs that share no line and agree are seldom both wrong in one way."""
    ours = alpha(values, level)
    paired = [v for row in values if sum(c is not None for c in row) > 1 for v in row]
    assume(len({v for v in paired if v is not None}) > 1)
    matrix = np.array(
        [[math.nan if v is None else v for v in row] for row in values], dtype=float
    ).T
    with np.errstate(all="ignore"):
        theirs = krippendorff.alpha(reliability_data=matrix, level_of_measurement=level)
    assert ours == pytest.approx(theirs, abs=1e-9)


@settings(max_examples=examples(2))
@given(VALUES, st.randoms())
def test_alpha_does_not_depend_on_the_order_of_units_or_coders(values, rng):
    """A coefficient that depends on who is named first measures the naming."""
    mixed = [tuple(row[::-1]) for row in rng.sample(values, len(values))]
    for level in LEVELS:
        one, other = alpha(values, level), alpha(mixed, level)
        assert (one is None and other is None) or one == pytest.approx(other)


def test_alpha_is_undefined_where_nothing_varies():
    """Full agreement on one value is no evidence that coders can tell values apart."""
    assert alpha([(1, 1), (1, 1)], "nominal") is None
    assert alpha([(1, N), (N, 2)], "nominal") is None
    assert alpha([], "ratio") is None
    assert alpha([(1, 1), (2, 2)], "nominal") == 1
    with pytest.raises(ValueError, match="nominal, ordinal"):
        alpha([(1, 2)], "cardinal")


def test_ordinal_alpha_follows_the_order_that_is_given():
    """Codes sorted by their spelling are in no order."""
    values = [("low", "middle"), ("middle", "high"), ("high", "high"), ("low", "low")]
    numbers = [(1, 2), (2, 3), (3, 3), (1, 1)]
    given_order = alpha(values, "ordinal", ("low", "middle", "high"))
    assert given_order == pytest.approx(alpha(numbers, "ordinal"))
    assert given_order != pytest.approx(alpha(values, "ordinal"))


def test_the_interval_holds_the_value_and_narrows_with_units():
    """An interval that does not widen for a few units hides how few they are."""
    few, many = interval(FOUR, "nominal"), interval(FOUR * 10, "nominal")
    assert few[0] <= alpha(FOUR, "nominal") <= few[1]
    assert many[1] - many[0] < (few[1] - few[0]) / 2
    assert interval(FOUR, "nominal") == few
    assert interval([(1, 2)], "nominal") is None


TWO = [
    (2, 2),
    (2, 2),
    (5, 6),
    (4, 4),
    (5, 5),
    (6, 6),
    (6, 5),
    (3, 3),
    (0, 0),
    (3, 3),
    (0, 0),
    (3, 1),
]
TWO += [(4, 4), (0, 0), (4, 4), (2, 2), (0, 0), (4, 3), (2, 2), (4, 2), (0, 0), (3, 3), (0, 0)]
TWO += [(5, 5), (2, 2)]


@pytest.mark.parametrize(
    ("values", "level", "whole", "low", "high"),
    [
        (FOUR, "nominal", 0.743421052631579, 0.4289614330948547, 1.0),
        (FOUR, "ordinal", 0.8153875037548813, 0.4484500609638409, 1.0),
        (FOUR, "interval", 0.8491071428571428, 0.43077866735835724, 1.0),
        (FOUR, "ratio", 0.7974027747116121, 0.44045974676169525, 1.0),
        (TWO, "nominal", 0.7614410905550146, 0.5646271001729986, 0.9045879943087037),
        (TWO, "ordinal", 0.9356122550482443, 0.798168117928653, 0.9940738899404397),
        (TWO, "interval", 0.9417989417989419, 0.8504641788417533, 0.9901001702623485),
        (TWO, "ratio", 0.9619918448606987, 0.8799745103992026, 0.9983648341186767),
    ],
)
def test_all_draws_at_once_give_what_each_by_itself_gave(values, level, whole, low, high):
    """The numbers of a loop over the draws, made before it became one matrix product."""
    assert alpha(values, level) == pytest.approx(whole, rel=1e-13)
    assert interval(values, level) == pytest.approx((low, high), rel=1e-13)


def test_kappa_of_a_published_example():
    """Fifty proposals, two readers, 20 yes together and 15 no: kappa 0.4."""
    values = [("y", "y")] * 20 + [("y", "n")] * 5 + [("n", "y")] * 10 + [("n", "n")] * 15
    assert kappa(values) == pytest.approx(0.4)
    assert per_cent(values) == 70
    assert kappa([("y", "y")]) is None and kappa([]) is None and per_cent([]) is None
    with pytest.raises(ValueError, match="two coders"):
        kappa([(1, 2, 3)])


@settings(max_examples=examples(2))
@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc")), min_size=60, max_size=90)
)
def test_kappa_and_nominal_alpha_differ_in_how_chance_is_counted(values):
    """Alpha pools both coders' codes, corrected for 2n of them; kappa, which does not, is never below.

    How near they are depends on how alike the coders use the codes, and not on the number of units.
    """
    codes = Counter(code for pair in values for code in pair)
    chance = sum((count / (2 * len(values))) ** 2 for count in codes.values())
    assume(chance < 1)
    observed = sum(first == second for first, second in values) / len(values)
    pi = (observed - chance) / (1 - chance)
    assert alpha(values, "nominal") == pytest.approx(1 - (1 - pi) * (1 - 1 / (2 * len(values))))
    assert kappa(values) >= pi - 1e-9


def test_alpha_u_of_the_published_example():
    """Krippendorff gives 0.510 for segments with values and 0.413 for chosen or not."""
    assert round(alpha_u(UNITISED, 60), 3) == 0.510
    assert alpha_u(UNITISED, 60, binary=True) == pytest.approx(0.413, abs=0.002)


def test_alpha_u_at_its_ends():
    """Full agreement is 1; words that only one chose are at or below chance."""
    assert alpha_u((UNITISED[0], UNITISED[0]), 60) == 1
    assert alpha_u(([(0, 9, "a")], [(20, 29, "a")]), 60) < 0
    assert alpha_u(([], []), 60) is None
    with pytest.raises(ValueError, match="two coders"):
        alpha_u(([],), 60)
    with pytest.raises(ValueError, match="overlaps"):
        alpha_u(([(0, 9, "a"), (5, 12, "b")], []), 60)


SPANS = st.lists(
    st.tuples(st.integers(0, 20), st.integers(1, 10), st.sampled_from("ab")).map(
        lambda s: (s[0], s[0] + s[1], s[2])
    ),
    max_size=8,
)


@settings(max_examples=examples(2))
@given(SPANS, SPANS)
def test_flattened_spans_cover_what_they_covered(one, other):
    """Quotes overlap; counted twice, a word would agree with itself."""
    pieces = flat(one)
    covered = {at for begin, end, _ in one for at in range(begin, end)}
    assert {at for begin, end, _ in pieces for at in range(begin, end)} == covered
    assert sum(end - begin for begin, end, _ in pieces) == len(covered)
    both = alpha_u((flat(one), flat(other)), 31), alpha_u((flat(other), flat(one)), 31)
    assert both[0] == pytest.approx(both[1])


@settings(max_examples=examples(2))
@given(SPANS, SPANS, st.booleans())
def test_alpha_u_is_that_of_all_pairs_of_segments(one, other, binary):
    """Lengths in common that are counted along the edges are those of each segment with each."""
    parts = [_with_gaps(flat(spans), 31) for spans in (one, other)]
    values = sorted({value for part in parts for _, _, value in part})
    observed = np.zeros((len(values), len(values)))
    own = 0
    for a, b in (parts, parts[::-1]):
        for begin, end, value in a:
            own += end - begin if not value else (end - begin) ** 2
            for since, until, its in b:
                shared = max(0, min(end, until) - max(begin, since))
                observed[values.index(value), values.index(its)] += shared
    totals, whole = observed.sum(axis=1), observed.sum()
    expected = np.outer(totals, totals) / (whole - own / whole)
    if binary and "" in values:
        gap = values.index("")
        wrong, chance = (m[gap].sum() - m[gap, gap] for m in (observed, expected))
    elif binary:
        wrong = chance = 0
    else:
        wrong, chance = (m.sum() - np.trace(m) for m in (observed, expected))
    found = alpha_u((flat(one), flat(other)), 31, binary)
    assert found == (pytest.approx(1 - wrong / chance) if chance else None)


def _with_gaps(segments, length):
    """Return segments with the gaps between them."""
    edges = [0, *(edge for begin, end, _ in segments for edge in (begin, end)), length]
    gaps = [(a, b, "") for a, b in zip(edges[::2], edges[1::2], strict=True) if a < b]
    return sorted([*segments, *gaps])


def test_found_by_both():
    """Precision and recall change places with the coders; F1 does not."""
    found, turned = UnitCounts(6, 1, 3), UnitCounts(6, 3, 1)
    assert found.precision == turned.recall == pytest.approx(6 / 9)
    assert found.f1 == turned.f1 == pytest.approx(0.75)
    assert UnitCounts(0, 0, 0).f1 is None
