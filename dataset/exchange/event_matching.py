"""Matching the events of two tables: near in space and time, scored, one to one.

Candidates come from a k-d tree over points on the sphere and days, so that not all pairs are
compared. The assignment is the one with the greatest sum of scores.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import polars as pl

from ...validation.errors import InputError
from ...validation.installed import MissingExtra
from .actor_likeness import ActorLikeness

EARTH = 6371.0088
"""Mean radius of the earth in kilometres (IUGG)."""

WEIGHTS = {"place": 0.3, "time": 0.3, "actors": 0.3, "type": 0.1}
"""The weight of each likeness; one that is not known is left out, and the others weigh more."""

SAME_ID = 1e-6
"""What an id in common adds to a score, so that it decides between pairs that are equally good."""
AT_ONCE = 1 << 18
"""About how many pairs are measured and scored at a time."""
MOST = 50_000_000
"""The most pairs that are assigned: some gigabytes."""


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

    Raises:
        InputError: the library that searches is not installed, or too many pairs are alike.
    """
    likeness = ActorLikeness(ours, theirs)
    kept = [pl.DataFrame(schema={"ours": pl.Int32, "theirs": pl.Int32, "score": pl.Float64})]
    for near_pairs in candidates(ours, theirs, near, days):
        scored = score(ours, theirs, near_pairs, likeness, near, days)
        kept.append(scored.filter(pl.col("score") >= least).select(kept[0].columns))
        _ensure_few(sum(part.height for part in kept))
    pairs = pl.concat(kept)
    kept.clear()
    if same_ids:
        ids = ours["id"].gather(pairs["ours"]), theirs["id"].gather(pairs["theirs"])
        same = pl.lit(ids[0] == ids[1]).fill_null(False) * SAME_ID
        pairs = pairs.with_columns(pl.col("score") + same)
    chosen = assign(pairs, ours.height, theirs.height).select(pl.col("ours", "theirs").cast(int))
    return score(ours, theirs, _measured(ours, theirs, chosen), likeness, near, days)


def _ensure_few(pairs: int) -> None:
    """Ensure that the best of all assignments can be found in memory.

    Raises:
        InputError: there are too many pairs.
    """
    if pairs > MOST:
        raise InputError(
            f"more than {MOST:,} pairs of events may be the same one, which is more than can be "
            "assigned; take a smaller --near or --days, a greater --least, or parts of the files"
        )


def candidates(
    ours: pl.DataFrame, theirs: pl.DataFrame, near: float, days: int
) -> Iterator[pl.DataFrame]:
    """Yield all pairs within `near` kilometres and `days` days, with `km` and `gap`, some at a time.

    Intervals are grouped by length, so that a few long ones do not widen the search for all.

    Raises:
        InputError: the library that searches is not installed.
    """
    for mine, my_half in _by_length(ours):
        for other, other_half in _by_length(theirs):
            reach = max(days + my_half + other_half, 0.5)
            for pairs in _near(ours, mine, theirs, other, near, reach):
                yield _measured(ours, theirs, pairs).filter(
                    (pl.col("km") <= near) & (pl.col("gap") <= days)
                )


def _measured(ours: pl.DataFrame, theirs: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    """Return pairs with `km` and `gap`."""
    a, b = pairs["ours"].to_numpy(), pairs["theirs"].to_numpy()
    first, last = _days(ours, "start"), _days(ours, "end")
    since, until = _days(theirs, "start"), _days(theirs, "end")
    gap = np.maximum(0, np.maximum(since[b] - last[a], first[a] - until[b]))
    return pairs.with_columns(
        km=pl.Series(_kilometres(ours, a, theirs, b)), gap=pl.Series(gap, dtype=pl.Int64)
    )


def _by_length(frame: pl.DataFrame) -> list[tuple[Any, float]]:
    """Return the row numbers of intervals of like length, with half the greatest length in days."""
    length = _length(frame) - 1
    group = np.ceil(np.log2(length + 1)).astype(int)
    return [(np.flatnonzero(group == g), length[group == g].max() / 2) for g in np.unique(group)]


def _near(
    ours: pl.DataFrame, mine: Any, theirs: pl.DataFrame, other: Any, near: float, reach: float
) -> Iterator[pl.DataFrame]:
    """Yield the pairs of some rows that a tree finds: a few too many at the corners, none missing."""
    try:
        from scipy.spatial import KDTree
    except ImportError:
        raise MissingExtra("comparing", "compare") from None
    scale, distance = near / reach, near * 2**0.5 * (1 + 1e-9)
    points, tree = _points(ours, mine, scale), KDTree(_points(theirs, other, scale))
    found = tree.query_ball_point(points, distance, return_length=True).cumsum()
    begin = 0
    while begin < len(mine):
        before = found[begin - 1] if begin else 0
        end = max(begin + 1, int(np.searchsorted(found, before + AT_ONCE, "right")))
        hits = KDTree(points[begin:end]).sparse_distance_matrix(
            tree, distance, output_type="ndarray"
        )
        rows = {"ours": mine[begin:end][hits["i"]], "theirs": other[hits["j"]]}
        yield pl.DataFrame(rows, schema=dict.fromkeys(rows, pl.Int32))
        begin = end


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
    ours: pl.DataFrame,
    theirs: pl.DataFrame,
    pairs: pl.DataFrame,
    likeness: ActorLikeness,
    near: float,
    days: int,
) -> pl.DataFrame:
    """Return pairs with their likenesses and score; a likeness that is not known is missing.

    Intervals of other lengths are unlike even if they share a day: an event of a week is as like
    one of its days as a seventh.
    """
    a, b = pairs["ours"].to_numpy(), pairs["theirs"].to_numpy()
    lengths = _length(ours)[a], _length(theirs)[b]
    scored = pairs.with_columns(
        place=1 - pl.col("km") / max(near, 1e-9),
        time=(1 - pl.col("gap") / (days + 1))
        * pl.Series(np.minimum(*lengths) / np.maximum(*lengths)),
        actors=pl.Series(likeness(a, b)).fill_nan(None),
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


def assign(pairs: pl.DataFrame, ours: int, theirs: int) -> pl.DataFrame:
    """Return the pairs, each event in one at most, whose scores sum to the most."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import min_weight_full_bipartite_matching

    if not pairs.height:
        return pairs
    pairs = pairs.sort("ours", "theirs")
    ends = np.bincount(pairs["ours"], minlength=ours).cumsum()
    alone = np.arange(ours + 1)
    # A private place for each of ours, at the price of a score of 0: it may stay alone. The least
    # price is above 0, which a sparse matrix would take for no pair.
    prices = np.insert(2 - pairs["score"].to_numpy(), ends, 2.0)
    columns = np.insert(pairs["theirs"].to_numpy().astype(np.int32), ends, theirs + alone[:-1])
    begins = np.concatenate([[0], ends]) + alone
    matrix = csr_array(
        (prices, columns, begins.astype(np.int32)), shape=(ours, theirs + ours), copy=False
    )
    mine, other = min_weight_full_bipartite_matching(matrix)
    kinds = {name: pairs.schema[name] for name in ("ours", "theirs")}
    chosen = pl.DataFrame({"ours": mine, "theirs": other}, schema=kinds)
    return pairs.join(chosen.filter(pl.col("theirs") < theirs), on=list(kinds), how="semi")
