"""Agreement on the units: rows found by both, and alpha-U over the words.

Alpha-U: Klaus Krippendorff, Content Analysis, 4th edition (2019), section 12.6, and Krippendorff,
Mathet, Bouvry and Widlöcher, On the reliability of unitizing textual continua (2016): the nominal
coefficient over segments with values, and the binary one, which asks only what was chosen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import combinations, pairwise

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

    What several quotes for one unit cover together is one segment, also where they only adjoin.
    """
    ordered = sorted(span for span in spans if span[0] < span[1])
    edges = sorted({edge for begin, end, _ in ordered for edge in (begin, end)})
    pieces: list[Segment] = []
    # Those that began, the shortest first; one that ended stays until it is the first.
    begun: list[tuple[int, Segment]] = []
    following = 0
    for begin, end in pairwise(edges):
        while following < len(ordered) and ordered[following][0] == begin:
            span = ordered[following]
            heappush(begun, (span[1] - span[0], span))
            following += 1
        while begun and begun[0][1][1] <= begin:
            heappop(begun)
        if not begun:
            continue
        value = begun[0][1][2]
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
    values = {GAP: 0}
    for part in parts:
        for _, _, value in part:
            values.setdefault(value, len(values))
    sizes = np.zeros(len(values))
    # A unit cannot be paired with itself; in a gap every position is a unit of its own.
    own = 0
    for part in parts:
        for begin, end, value in part:
            sizes[values[value]] += end - begin
            own += end - begin if value == GAP else (end - begin) ** 2
    whole, gap = sizes.sum(), sizes[0]
    alike, alike_gap = _in_common(parts, values)
    if binary:
        wrong, by_chance = 2 * (gap - alike_gap), 2 * gap * (whole - gap)
    else:
        wrong, by_chance = whole - alike, whole**2 - (sizes**2).sum()
    by_chance /= whole - own / whole if whole else 1
    return float(1 - wrong / by_chance) if by_chance > 0 else None


def _in_common(
    parts: Sequence[Sequence[Segment]], values: Mapping[str, int]
) -> tuple[float, float]:
    """Return the length to which coders gave one value, and to which they gave none.

    Each coder is compared with each other one, and the lengths are by the number of others.

    Args:
        parts: for each coder the whole continuum, the gaps included.
        values: the number of each value; that of a gap is 0.
    """
    begins = [np.array([begin for begin, _, _ in part]) for part in parts]
    given = [np.array([values[value] for _, _, value in part]) for part in parts]
    # Between two neighbouring edges of any coder, nobody's value changes.
    edges = np.unique(np.concatenate(begins))
    ends = np.append(edges[1:], parts[0][-1][1] if parts[0] else 0)
    lengths = ends - edges
    at = [
        numbers[np.searchsorted(begin, edges, side="right") - 1]
        for begin, numbers in zip(begins, given, strict=True)
    ]
    alike = alike_gap = 0
    for one, other in combinations(at, 2):
        same = one == other
        alike += 2 * lengths[same].sum()
        alike_gap += 2 * lengths[same & (one == 0)].sum()
    return alike / (len(parts) - 1), alike_gap / (len(parts) - 1)


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
