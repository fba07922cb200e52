"""Matching the events of two tables: near in space and time, scored, one to one.

Candidates come from a k-d tree over points on the sphere and days, so that not all pairs are
compared. The assignment is the one with the greatest sum of scores.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from ...validation.installed import MissingExtra

EARTH = 6371.0088
"""Mean radius of the earth in kilometres (IUGG)."""

WEIGHTS = {"place": 0.3, "time": 0.3, "actors": 0.3, "type": 0.1}
"""The weight of each likeness; one that is not known is left out, and the others weigh more."""

SAME_ID = 1e-6
"""What an id in common adds to a score, so that it decides between pairs that are equally good."""


def match_events(
    ours: pl.DataFrame,
    theirs: pl.DataFrame,
    near: float,
    days: int,
    least: float,
    same_ids: bool = False,
) -> pl.DataFrame:
    """Return the pairs of events that are taken for the same one.

    Args:
        ours: events by role, with points.
        theirs: the same.
        near: kilometres that the points may lie apart.
        days: days that may lie between the two intervals.
        least: the least score of a pair, from 0 to 1.
        same_ids: prefer, of pairs that are equally good, the one whose id is the same.

    Returns:
        One row per pair: `ours` and `theirs` (row numbers), `score`, `km`, `gap` (days between the
        intervals, 0 if they share a day), and the likenesses `place`, `time`, `actors`, `type`.
    """
    pairs = score(ours, theirs, candidates(ours, theirs, near, days), near, days)
    pairs = pairs.filter(pl.col("score") >= least)
    value = pl.col("score")
    if same_ids:
        ids = ours["id"].gather(pairs["ours"]), theirs["id"].gather(pairs["theirs"])
        value = value + pl.lit(ids[0] == ids[1]).fill_null(False) * SAME_ID
    chosen = assign(pairs.select("ours", "theirs", score=value), ours.height, theirs.height)
    return pairs.join(chosen, on=["ours", "theirs"], how="semi").sort("ours")


def candidates(ours: pl.DataFrame, theirs: pl.DataFrame, near: float, days: int) -> pl.DataFrame:
    """Return all pairs within `near` kilometres and `days` days, with `km` and `gap`.

    Intervals are grouped by length, so that a few long ones do not widen the search for all.

    Raises:
        InputError: the library that searches is not installed.
    """
    near_pairs = [pl.DataFrame(schema={"ours": pl.Int64, "theirs": pl.Int64})]
    for mine, my_half in _by_length(ours):
        for other, other_half in _by_length(theirs):
            reach = max(days + my_half + other_half, 0.5)
            near_pairs.append(_near(ours, mine, theirs, other, near, reach))
    pairs = pl.concat(near_pairs)
    a, b = pairs["ours"].to_numpy(), pairs["theirs"].to_numpy()
    first, last = _days(ours, "start"), _days(ours, "end")
    since, until = _days(theirs, "start"), _days(theirs, "end")
    gap = np.maximum(0, np.maximum(since[b] - last[a], first[a] - until[b]))
    return pairs.with_columns(
        km=pl.Series(_kilometres(ours, a, theirs, b)), gap=pl.Series(gap, dtype=pl.Int64)
    ).filter((pl.col("km") <= near) & (pl.col("gap") <= days))


def _by_length(frame: pl.DataFrame) -> list[tuple[Any, float]]:
    """Return the row numbers of intervals of like length, with half the greatest length in days."""
    length = _length(frame) - 1
    group = np.ceil(np.log2(length + 1)).astype(int)
    return [(np.flatnonzero(group == g), length[group == g].max() / 2) for g in np.unique(group)]


def _near(
    ours: pl.DataFrame, mine: Any, theirs: pl.DataFrame, other: Any, near: float, reach: float
) -> pl.DataFrame:
    """Return the pairs of some rows that a tree finds: a few too many at the corners, none missing."""
    try:
        from scipy.spatial import KDTree
    except ImportError:
        raise MissingExtra("comparing", "compare") from None
    scale = near / reach
    tree = KDTree(_points(ours, mine, scale))
    hits = tree.sparse_distance_matrix(
        KDTree(_points(theirs, other, scale)), near * 2**0.5 * (1 + 1e-9), output_type="ndarray"
    )
    return pl.DataFrame(
        {"ours": mine[hits["i"]], "theirs": other[hits["j"]]},
        schema={"ours": pl.Int64, "theirs": pl.Int64},
    )


def _points(frame: pl.DataFrame, rows: Any, scale: float) -> Any:
    """Return kilometres in space and the middle of the interval, scaled so that a reach is `near`."""
    latitude, longitude = _radians(frame, rows)
    middle = (_days(frame, "start")[rows] + _days(frame, "end")[rows]) / 2
    return np.column_stack(
        [
            np.cos(latitude) * np.cos(longitude) * EARTH,
            np.cos(latitude) * np.sin(longitude) * EARTH,
            np.sin(latitude) * EARTH,
            middle * scale,
        ]
    )


def _radians(frame: pl.DataFrame, rows: Any) -> tuple[Any, Any]:
    latitude, longitude = (frame[n].to_numpy()[rows] for n in ("latitude", "longitude"))
    return np.radians(latitude), np.radians(longitude)


def _length(frame: pl.DataFrame) -> Any:
    """Return the days of each interval, at least 1."""
    return np.maximum(_days(frame, "end") - _days(frame, "start"), 0) + 1


def _days(frame: pl.DataFrame, name: str) -> Any:
    return frame[name].to_physical().to_numpy().astype(np.int64)


def _kilometres(ours: pl.DataFrame, a: Any, theirs: pl.DataFrame, b: Any) -> Any:
    """Return the great-circle distances of pairs of rows."""
    return _great_circle(_radians(ours, a), _radians(theirs, b))


def _great_circle(one: tuple[Any, Any], two: tuple[Any, Any]) -> Any:
    """Return kilometres between points in radians, by the haversine formula."""
    (lat, lon), (lat2, lon2) = one, two
    half = np.sin((lat2 - lat) / 2) ** 2
    half += np.cos(lat) * np.cos(lat2) * np.sin((lon2 - lon) / 2) ** 2
    return 2 * EARTH * np.arcsin(np.minimum(1, np.sqrt(half)))


def kilometres_from(events: pl.DataFrame, latitude: float, longitude: float) -> pl.Series:
    """Return the distance of each event's point from one point, in kilometres; missing without one."""
    here = np.radians(latitude), np.radians(longitude)
    return pl.Series(_great_circle(_radians(events, slice(None)), here))


def score(
    ours: pl.DataFrame, theirs: pl.DataFrame, pairs: pl.DataFrame, near: float, days: int
) -> pl.DataFrame:
    """Return pairs with their likenesses and score; a likeness that is not known is missing.

    Intervals of other lengths are unlike even if they share a day: an event of a week is as like
    one of its days as a seventh.
    """
    a, b = pairs["ours"].to_numpy(), pairs["theirs"].to_numpy()
    lengths = _length(ours)[a], _length(theirs)[b]
    actors = _actors(ours, theirs, a, b)
    scored = pairs.with_columns(
        place=1 - pl.col("km") / max(near, 1e-9),
        time=(1 - pl.col("gap") / (days + 1))
        * pl.Series(np.minimum(*lengths) / np.maximum(*lengths)),
        actors=pl.Series(actors).fill_nan(None),
        type=_type(ours, theirs, a, b),
    )
    weight = pl.sum_horizontal(
        pl.when(pl.col(n).is_not_null()).then(w).otherwise(0.0) for n, w in WEIGHTS.items()
    )
    total = pl.sum_horizontal(pl.col(n) * w for n, w in WEIGHTS.items())
    return scored.with_columns(score=total / weight)


def _type(ours: pl.DataFrame, theirs: pl.DataFrame, a: Any, b: Any) -> pl.Series:
    """Return 1 for the same narrow type, 0.5 for the same wide type, 0 for another."""
    frame = pl.DataFrame(
        {
            "sub": ours["subtype"].gather(a) == theirs["subtype"].gather(b),
            "whole": ours["type"].gather(a) == theirs["type"].gather(b),
        }
    )
    whole, sub = pl.col("whole"), pl.col("sub").fill_null(False)
    like = pl.when(sub).then(1.0).when(whole).then(0.5).when(~whole).then(0.0)
    return frame.select(like.alias("type")).to_series()


def _actors(ours: pl.DataFrame, theirs: pl.DataFrame, a: Any, b: Any) -> Any:
    """Return how alike the names of the sides are, side by side or crosswise, whichever is more."""
    from rapidfuzz import fuzz, process, utils

    sides = ("side1", "side2")
    here = pl.concat([ours[s] for s in sides]).drop_nulls().unique().sort()
    there = pl.concat([theirs[s] for s in sides]).drop_nulls().unique().sort()
    if here.is_empty() or there.is_empty() or not len(a):
        return np.full(len(a), np.nan)
    like = process.cdist(
        here.to_list(),
        there.to_list(),
        scorer=fuzz.token_set_ratio,
        processor=utils.default_process,
        workers=-1,
        dtype=np.float32,
    )
    like = np.pad(like.astype(np.float64) / 100, ((0, 1), (0, 1)), constant_values=np.nan)

    def places(frame: pl.DataFrame, side: str, names: pl.Series, rows: Any) -> Any:
        numbers = {name: n for n, name in enumerate(names)}
        place = frame[side].replace_strict(numbers, default=len(names), return_dtype=pl.Int64)
        return place.fill_null(len(names)).to_numpy()[rows]

    mine = [places(ours, side, here, a) for side in sides]
    other = [places(theirs, side, there, b) for side in sides]
    named = [m < len(here) for m in mine], [o < len(there) for o in other]

    def along(one: int, two: int) -> Any:
        """Return the mean over the sides that either table names; one named by one only is unlike."""
        either = [named[0][0] | named[1][one], named[0][1] | named[1][two]]
        likes = np.nan_to_num(like[mine[0], other[one]]) + np.nan_to_num(like[mine[1], other[two]])
        weight = either[0].astype(float) + either[1]
        return np.divide(likes, weight, out=np.full(len(a), np.nan), where=weight > 0)

    return np.fmax(along(0, 1), along(1, 0))


def assign(pairs: pl.DataFrame, ours: int, theirs: int) -> pl.DataFrame:
    """Return the pairs, each event in one at most, whose scores sum to the most."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import min_weight_full_bipartite_matching

    if not pairs.height:
        return pairs
    # A private place for each of ours, at the price of a score of 0: it may stay alone.
    alone = np.arange(ours)
    rows = np.concatenate([pairs["ours"].to_numpy(), alone])
    columns = np.concatenate([pairs["theirs"].to_numpy(), theirs + alone])
    # The least price is above 0, which a sparse matrix would take for no pair.
    prices = np.concatenate([2 - pairs["score"].to_numpy(), np.full(ours, 2.0)])
    matrix = coo_array((prices, (rows, columns)), shape=(ours, theirs + ours)).tocsr()
    mine, other = min_weight_full_bipartite_matching(matrix)
    chosen = pl.DataFrame(
        {"ours": mine, "theirs": other}, schema={"ours": pl.Int64, "theirs": pl.Int64}
    )
    chosen = chosen.filter(pl.col("theirs") < theirs)
    return pairs.join(chosen, on=["ours", "theirs"], how="semi").sort("ours")
