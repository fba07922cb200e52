"""Coefficients of agreement: per cent, Krippendorff's alpha with its interval, Cohen's kappa.

Krippendorff's alpha: Klaus Krippendorff, Computing Krippendorff's Alpha-Reliability (2011), with
its four differences. Cohen's kappa: Jacob Cohen, A Coefficient of Agreement for Nominal Scales
(1960). The interval is a percentile bootstrap over units.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy.sparse import csr_array

LEVELS = ("nominal", "ordinal", "interval", "ratio")
Values = Sequence[Sequence[Any]]
"""One row a unit, one value a coder; None where a coder has none."""
Counts = NDArray[np.float64]
DRAWS = 2000
SEED = 20190515
"""The interval is the same each time that it is computed."""
AT_ONCE = 1 << 20
"""How many weights, draws by units, are worked on at a time."""
KEPT = 1 << 24
"""The most weights that are kept from one variable to the next."""
BLOCK = 512
"""How many values on a ratio scale are compared with all others at a time."""


def alpha(values: Values, level: str, order: Sequence[Any] = ()) -> float | None:
    """Krippendorff's alpha: 1 for full agreement, 0 for what chance would give, below 0 for less.

    Args:
        values: a row a unit, with each coder's value or None; numbers for interval and ratio.
        level: nominal, ordinal, interval or ratio.
        order: for ordinal values the categories in their order; sorted if left out.

    Returns:
        Alpha, or None if it is undefined: no unit has two values, or all values are one.

    Raises:
        ValueError: there is no such level.
    """
    counted = _counts(values, level, order)
    if counted is None:
        return None
    counts, scale = counted
    result = _alphas(counts, scale, level, np.ones((1, len(counts.sum(axis=1)))))[0]
    return None if np.isnan(result) else float(result)


def interval(
    values: Values,
    level: str,
    order: Sequence[Any] = (),
    draws: int = DRAWS,
    units: Sequence[Hashable] = (),
) -> tuple[float, float] | None:
    """The 95 % bootstrap interval of alpha: units are drawn again and again.

    Draws in which alpha is undefined are left out; None if it is in more than half of them, or if
    fewer than two units have two values.

    Args:
        values: as those of `alpha`.
        level: as that of `alpha`.
        order: as that of `alpha`.
        draws: how often.
        units: the unit that each row is about, where several are about one; they are drawn together.
    """
    counted = _counts(values, level, order)
    if counted is None:
        return None
    counts, scale = counted
    names = list(units) or list(range(len(values)))
    paired = [name for name, row in zip(names, values, strict=True) if _is_paired(row)]
    places = {name: place for place, name in enumerate(dict.fromkeys(paired))}
    number = len(places)
    if number < 2:
        return None
    rows = np.array([places[name] for name in paired])
    alphas = np.concatenate(
        [
            _alphas(counts, scale, level, drawn[:, rows].astype(float))
            for drawn in _drawn(number, draws)
        ]
    )
    alphas = alphas[~np.isnan(alphas)]
    if len(alphas) * 2 < draws:
        return None
    low, high = np.percentile(alphas, [2.5, 97.5])
    return float(low), float(high)


def _drawn(number: int, draws: int) -> Iterator[NDArray[np.int16]]:
    """Yield draws of a number of units, some at a time: how often each unit is in each draw.

    They are the same each time; those of few units are kept for the next variable.
    """
    each = max(1, AT_ONCE // number)
    if number * draws > KEPT:
        yield from _newly_drawn(number, draws, each)
    else:
        yield from _kept(number, draws, each)


@lru_cache(maxsize=4)
def _kept(number: int, draws: int, each: int) -> tuple[NDArray[np.int16], ...]:
    return tuple(_newly_drawn(number, draws, each))


def _newly_drawn(number: int, draws: int, each: int) -> Iterator[NDArray[np.int16]]:
    chance, shares = np.random.default_rng(SEED), [1 / number] * number
    for begin in range(0, draws, each):
        some = min(each, draws - begin)
        yield chance.multinomial(number, shares, some).astype(np.int16)


def _counts(
    values: Values, level: str, order: Sequence[Any]
) -> tuple[csr_array[np.float64], Counts] | None:
    """How often each value was given to each unit with two values or more, and the scale.

    Most units have few of the values, so the counts are a sparse matrix.
    """
    from scipy.sparse import coo_array

    if level not in LEVELS:
        raise ValueError(f"{level}: no level of measurement; one of {', '.join(LEVELS)}")
    units = [[v for v in row if v is not None] for row in values if _is_paired(row)]
    there = {v for row in units for v in row}
    categories = [v for v in order if v in there] + sorted(there - set(order))
    if len(categories) < 2:
        return None
    place = {v: n for n, v in enumerate(categories)}
    rows = np.repeat(np.arange(len(units)), [len(row) for row in units])
    columns = np.array([place[value] for row in units for value in row])
    # Where a unit has a value from several coders, the ones are added up.
    counts = coo_array(
        (np.ones(len(rows)), (rows, columns)), shape=(len(units), len(categories))
    ).tocsr()
    metric = level in ("interval", "ratio")
    return counts, np.array(categories if metric else range(len(categories)), dtype=float)


def _is_paired(row: Sequence[Any]) -> bool:
    """Return whether a unit has two values or more."""
    return sum(value is not None for value in row) >= 2


def _alphas(counts: csr_array[np.float64], scale: Counts, level: str, weights: Counts) -> Counts:
    """Return alpha for each row of weights over the units; NaN where it is undefined.

    Args:
        counts: units x values; how often each value was given to each unit.
        scale: the values as numbers.
        level: the level of measurement.
        weights: draws x units; how often each unit is in each draw.
    """
    sizes = counts.sum(axis=1)
    totals = (counts.T @ weights.T).T
    whole = totals.sum(axis=1)
    # Twice the sum of squared differences of all pairs of values, in each unit and in the whole.
    match level:
        case "nominal":
            within = sizes**2 - counts.power(2).sum(axis=1)
            between = whole**2 - (totals**2).sum(axis=1)
        case "ordinal":
            # Two values differ by what lies between them, half of each of the two counted, so the
            # distances depend on the draw. These sums are of whole and half numbers, hence exact.
            middles = totals.cumsum(axis=1) - totals / 2
            within = 2 * (sizes * (counts @ (middles**2).T).T - (counts @ middles.T).T ** 2)
            between = 2 * (whole * (totals * middles**2).sum(axis=1))
            between -= 2 * (totals * middles).sum(axis=1) ** 2
        case "interval":
            # Squares of numbers that lie around 0 are not so great that the difference is lost.
            middle = scale - scale.mean()
            within = 2 * (sizes * (counts @ middle**2) - (counts @ middle) ** 2)
            between = 2 * (whole * (totals @ middle**2) - (totals @ middle) ** 2)
            between[(totals > 0).sum(axis=1) < 2] = 0
        case _:
            within, between = _ratio_differences(counts, totals, scale)
    observed = (weights * within / (sizes - 1)).sum(axis=1)
    expected = between / (whole - 1)
    undefined = np.full(len(weights), np.nan)
    return 1 - np.divide(observed, expected, out=undefined, where=expected > 0)


def _ratio_differences(
    counts: csr_array[np.float64], totals: Counts, scale: Counts
) -> tuple[Counts, Counts]:
    """Return the sums of squared differences on the ratio scale: in each unit, and in each draw."""
    within, between = np.zeros(len(counts.sum(axis=1))), np.zeros(len(totals))
    by_value = counts.tocsc()
    for begin in range(0, len(scale), BLOCK):
        some = slice(begin, begin + BLOCK)
        a, b = scale[:, None], scale[None, some]
        with np.errstate(invalid="ignore", divide="ignore"):
            difference = np.nan_to_num(((a - b) / (a + b)) ** 2)
        within += by_value[:, some].multiply(counts @ difference).sum(axis=1)
        between += ((totals @ difference) * totals[:, some]).sum(axis=1)
    return within, between


def per_cent(values: Values) -> float | None:
    """The share, from 0 to 100, of pairs of coders who agree on a unit; None without a pair."""
    same = total = 0
    for row in values:
        there = [v for v in row if v is not None]
        pairs = [(a, b) for n, a in enumerate(there) for b in there[n + 1 :]]
        same += sum(a == b for a, b in pairs)
        total += len(pairs)
    return 100 * same / total if total else None


def kappa(values: Values) -> float | None:
    """Cohen's kappa of two coders; None if it is undefined: no units, or one value only.

    Raises:
        ValueError: a unit has not two values.
    """
    if any(len(row) != 2 for row in values):
        raise ValueError("Cohen's kappa is a coefficient for two coders")
    both = [tuple(row) for row in values if None not in row]
    if not both:
        return None
    observed = sum(a == b for a, b in both) / len(both)
    firsts, seconds = Counter(a for a, _ in both), Counter(b for _, b in both)
    by_chance = sum(count * seconds[v] for v, count in firsts.items()) / len(both) ** 2
    return None if by_chance == 1 else (observed - by_chance) / (1 - by_chance)
