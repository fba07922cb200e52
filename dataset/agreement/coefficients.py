"""Coefficients of agreement: per cent, Krippendorff's alpha with its interval, Cohen's kappa.

Krippendorff's alpha: Klaus Krippendorff, Computing Krippendorff's Alpha-Reliability (2011), with
its four differences. Cohen's kappa: Jacob Cohen, A Coefficient of Agreement for Nominal Scales
(1960). The interval is a percentile bootstrap over units.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

LEVELS = ("nominal", "ordinal", "interval", "ratio")
Values = Sequence[Sequence[Any]]
"""One row a unit, one value a coder; None where a coder has none."""
DRAWS = 2000
SEED = 20190515
"""The interval is the same each time that it is computed."""


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
    found = _counts(values, level, order)
    if found is None:
        return None
    counts, scale = found
    drawn = _alphas(counts, scale, level, np.ones((1, len(counts))))[0]
    return None if np.isnan(drawn) else float(drawn)


def interval(
    values: Values, level: str, order: Sequence[Any] = (), draws: int = DRAWS
) -> tuple[float, float] | None:
    """The 95 % bootstrap interval of alpha: units are drawn again and again.

    Draws in which alpha is undefined are left out; None if it is in more than half of them, or if
    fewer than two units have two values.
    """
    found = _counts(values, level, order)
    if found is None or len(found[0]) < 2:
        return None
    counts, scale = found
    units = len(counts)
    drawn = np.random.default_rng(SEED).multinomial(units, [1 / units] * units, draws)
    alphas = _alphas(counts, scale, level, drawn.astype(float))
    alphas = alphas[~np.isnan(alphas)]
    if len(alphas) * 2 < draws:
        return None
    low, high = np.percentile(alphas, [2.5, 97.5])
    return float(low), float(high)


def _counts(
    values: Values, level: str, order: Sequence[Any]
) -> tuple[np.ndarray, np.ndarray] | None:
    """How often each value was given to each unit with two values or more, and the scale."""
    if level not in LEVELS:
        raise ValueError(f"{level}: no level of measurement; one of {', '.join(LEVELS)}")
    units = [[v for v in row if v is not None] for row in values]
    units = [row for row in units if len(row) >= 2]
    there = {v for row in units for v in row}
    categories = [v for v in order if v in there] + sorted(there - set(order))
    if len(categories) < 2:
        return None
    place = {v: n for n, v in enumerate(categories)}
    counts = np.zeros((len(units), len(categories)))
    for n, row in enumerate(units):
        for value in row:
            counts[n, place[value]] += 1
    metric = level in ("interval", "ratio")
    return counts, np.array(categories if metric else range(len(categories)), dtype=float)


def _alphas(counts: np.ndarray, scale: np.ndarray, level: str, weights: np.ndarray) -> np.ndarray:
    """Alpha for each row of weights over the units; NaN where it is undefined."""
    sizes = counts.sum(axis=1)
    alphas = np.full(len(weights), np.nan)
    # What one unit adds to the coincidences: its pairs of values, each value with the others.
    pairs = counts[:, :, None] * counts[:, None, :]
    pairs[:, np.arange(len(scale)), np.arange(len(scale))] -= counts
    pairs /= (sizes - 1)[:, None, None]
    for n, weight in enumerate(weights):
        coincidences = np.tensordot(weight, pairs, 1)
        totals = coincidences.sum(axis=1)
        whole = totals.sum()
        difference = _difference(totals, scale, level)
        expected = (np.outer(totals, totals) * difference).sum() / (whole - 1)
        if expected > 0:
            alphas[n] = 1 - (coincidences * difference).sum() / expected
    return alphas


def _difference(totals: np.ndarray, scale: np.ndarray, level: str) -> np.ndarray:
    """The squared difference of each pair of values at a level of measurement."""
    a, b = scale[:, None], scale[None, :]
    if level == "nominal":
        return (a != b).astype(float)
    if level == "interval":
        return (a - b) ** 2
    if level == "ratio":
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.nan_to_num(((a - b) / (a + b)) ** 2)
    # Ordinal: how many values lie between two, half of each of the two counted.
    summed = np.concatenate([[0.0], np.cumsum(totals)])
    middle = summed[:-1] + totals / 2
    return (middle[:, None] - middle[None, :]) ** 2


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
    firsts, seconds = [a for a, _ in both], [b for _, b in both]
    by_chance = sum(firsts.count(v) * seconds.count(v) for v in set(firsts)) / len(both) ** 2
    return None if by_chance == 1 else (observed - by_chance) / (1 - by_chance)
