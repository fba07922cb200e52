"""How alike the actors of two events are: by the words of their names, on both sides.

Only names that meet in a pair of events are compared, each with each other once. All names of one
table with all of the other would be a matrix that grows with the square of the events.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

SIDES = ("side1", "side2")
ALONG = ((0, 1), (1, 0))
"""The side of theirs that each side of ours is held against: the same, and the other one."""
AT_ONCE = 1 << 18
"""How many pairs of names are compared at a time."""


class ActorLikeness:
    """The names of the actors of two tables of events, for comparing pairs of them."""

    def __init__(self, ours: pl.DataFrame, theirs: pl.DataFrame):
        """Number the names; `side1` and `side2` of a table have the one name of each side."""
        self.ours, self.our_names = _numbered(ours)
        self.theirs, self.their_names = _numbered(theirs)

    def __call__(self, a: Any, b: Any) -> Any:
        """Return how alike the sides are, side by side or crosswise, whichever is more.

        Args:
            a: numbers of rows of ours.
            b: numbers of rows of theirs, as many.

        Returns:
            From 0 to 1 for each pair; NaN where no side of either has a name, and everywhere if a
            whole table has none. A side that only one of the two names is unlike.
        """
        if not (len(self.our_names) and len(self.their_names)):
            return np.full(len(a), np.nan)
        mine, other = [numbers[a] for numbers in self.ours], [n[b] for n in self.theirs]
        met = [(mine[n], other[along[n]]) for along in ALONG for n in (0, 1)]
        likes = self._likes(met)
        named = [n >= 0 for n in mine], [n >= 0 for n in other]
        means = []
        for turn, (one, two) in enumerate(ALONG):
            # The mean over the sides that either table names.
            total = likes[2 * turn] + likes[2 * turn + 1]
            weight = (named[0][0] | named[1][one]).astype(float)
            weight += named[0][1] | named[1][two]
            unknown = np.full(len(total), np.nan)
            means.append(np.divide(total, weight, out=unknown, where=weight > 0))
        return np.fmax(*means)

    def _likes(self, met: list[tuple[Any, Any]]) -> list[Any]:
        """Return how alike pairs of names are, given by their numbers; 0 where one is missing."""
        width = len(self.their_names)
        both = [
            np.where((one >= 0) & (two >= 0), one.astype(np.int64) * width + two, -1)
            for one, two in met
        ]
        pairs, places = np.unique(np.concatenate([[-1], *both]), return_inverse=True)
        like = np.concatenate([[0.0], self._compared(*np.divmod(pairs[1:], width))])
        return np.split(like[places[1:]], len(both))

    def _compared(self, one: Any, two: Any) -> Any:
        from rapidfuzz import fuzz, process

        like = np.zeros(len(one))
        for begin in range(0, len(one), AT_ONCE):
            some = slice(begin, begin + AT_ONCE)
            like[some] = process.cpdist(
                self.our_names[one[some]].tolist(),
                self.their_names[two[some]].tolist(),
                scorer=fuzz.token_set_ratio,
                workers=-1,
                dtype=np.float32,
            )
        return like / 100


def _numbered(events: pl.DataFrame) -> tuple[list[Any], Any]:
    """Return the number of the name of each side, -1 where it has none, and the names.

    Names that differ in case and punctuation only have one number.
    """
    from rapidfuzz import utils

    written = pl.concat([events[side] for side in SIDES]).drop_nulls().unique(maintain_order=True)
    plain = pl.Series([utils.default_process(name) for name in written], dtype=pl.String)
    names = plain.unique(maintain_order=True)
    numbers = pl.DataFrame({"written": written, "plain": plain}).join(
        pl.DataFrame({"plain": names, "number": range(len(names))}), on="plain", how="left"
    )
    sides = [
        events.select(pl.col(side).cast(pl.String).alias("written"))
        .join(numbers, on="written", how="left", maintain_order="left")["number"]
        .fill_null(-1)
        .to_numpy()
        for side in SIDES
    ]
    return sides, np.array(names.to_list(), object)
