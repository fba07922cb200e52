"""Agreement on the units: rows found by both, and alpha-U over the words.

Alpha-U: Klaus Krippendorff, Content Analysis, 4th edition (2019), section 12.6, and Krippendorff,
Mathet, Bouvry and Widlöcher, On the reliability of unitizing textual continua (2016): the nominal
coefficient over segments with values, and the binary one, which asks only what was chosen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

Segment = tuple[int, int, str]
"""Begin, end (the first position after it), and value; the segments of a coder do not overlap."""
GAP = ""


@dataclass(frozen=True)
class UnitCounts:
    """How many units two coders found together and alone."""

    both: int
    first_only: int
    second_only: int

    @property
    def precision(self) -> float | None:
        """The share of the second coder's units that the first has too."""
        return _share(self.both, self.both + self.second_only)

    @property
    def recall(self) -> float | None:
        """The share of the first coder's units that the second has too."""
        return _share(self.both, self.both + self.first_only)

    @property
    def f1(self) -> float | None:
        """The harmonic mean of both; it does not depend on who is first."""
        return _share(2 * self.both, 2 * self.both + self.first_only + self.second_only)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def flat(spans: Sequence[Segment]) -> list[Segment]:
    """Return segments that do not overlap from spans that may: the shortest of several counts.

    Adjoining pieces of one value are one segment.
    """
    edges = sorted({edge for begin, end, _ in spans for edge in (begin, end)})
    pieces: list[Segment] = []
    for begin, end in pairwise(edges):
        over = [s for s in spans if s[0] <= begin and s[1] >= end]
        if not over:
            continue
        value = min(over, key=lambda s: (s[1] - s[0], s))[2]
        if pieces and pieces[-1][1] == begin and pieces[-1][2] == value:
            pieces[-1] = (pieces[-1][0], end, value)
        else:
            pieces.append((begin, end, value))
    return pieces


def alpha_u(coders: Sequence[Sequence[Segment]], length: int, binary: bool = False) -> float | None:
    """Return Krippendorff's alpha for unitising a continuum.

    Args:
        coders: for each coder the segments, which do not overlap.
        length: the length of the continuum.
        binary: ask only whether words were chosen, not for what value.

    Returns:
        Alpha, or None if it is undefined: nobody chose anything, or all chose everything alike.

    Raises:
        ValueError: there are not two coders, or segments overlap or leave the continuum.
    """
    if len(coders) < 2:
        raise ValueError("agreement needs two coders")
    parts = [_partition(segments, length) for segments in coders]
    values = sorted({value for part in parts for _, _, value in part} | {GAP})
    place = {value: n for n, value in enumerate(values)}
    observed = np.zeros((len(values), len(values)))
    for i, one in enumerate(parts):
        for j, other in enumerate(parts):
            if i == j:
                continue
            for begin, end, value in one:
                for since, until, its in other:
                    shared = min(end, until) - max(begin, since)
                    if shared > 0:
                        observed[place[value], place[its]] += shared
    observed /= len(coders) - 1
    totals, whole = observed.sum(axis=1), observed.sum()
    # A unit cannot be paired with itself; in a gap every position is a unit of its own.
    own = np.zeros(len(values))
    for part in parts:
        for begin, end, value in part:
            own[place[value]] += end - begin if value == GAP else (end - begin) ** 2
    expected = (np.outer(totals, totals) - np.diag(own)) / (whole - own.sum() / whole)
    if binary:
        gap = place[GAP]
        wrong, by_chance = (2 * m[gap].sum() - 2 * m[gap, gap] for m in (observed, expected))
    else:
        wrong, by_chance = (m.sum() - np.trace(m) for m in (observed, expected))
    return float(1 - wrong / by_chance) if by_chance > 0 else None


def _partition(segments: Sequence[Segment], length: int) -> list[Segment]:
    """Return the whole continuum: the segments, and the gaps between them."""
    parts: list[Segment] = []
    at = 0
    for begin, end, value in sorted(segments):
        if begin < at or end <= begin or end > length:
            raise ValueError(f"the segment {begin} to {end} overlaps another or leaves the text")
        if begin > at:
            parts.append((at, begin, GAP))
        parts.append((begin, end, value))
        at = end
    if at < length:
        parts.append((at, length, GAP))
    return parts
