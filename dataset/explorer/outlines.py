"""The background of a map: the countries in and around its frame, and the largest cities there."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent / "outlines.json"
MARGIN = 0.18
"""The part of the points' extent that the frame leaves free on each side."""
SMALLEST = 4.4
"""Degrees of a frame's height at least: one point alone is shown in its country."""
AROUND = 3.2
"""How many times as wide as high, or as high as wide, the land is that a page has."""
CITIES = 60
"""How many cities a page has at most, the largest of those in and around the frame."""
COARSER = 600
"""By which part of a wide map's width points of outlines lie apart at least; less is not seen."""
DETAILED = 20.0
"""Degrees of width up to which a map has all points."""
DIGITS = 3
"""Decimals of a degree: about a hundred metres, less than the outlines are exact."""
GRID = 10
"""Points of a grid on each side, among which the place of a name is."""
HIGHEST = 84.0
"""The latitude at which a map ends, as its projection has no poles."""
Point = tuple[float, float]
Box = tuple[float, float, float, float]
Ring = list[Point]


@dataclass(frozen=True)
class Country:
    """A country: its code in ISO 3166-1 (empty if it has none), two names, polygons of rings."""

    code: str
    name: str
    long: str
    polygons: tuple[tuple[Ring, ...], ...]
    box: Box

    def is_one_of(self, names: Collection[str]) -> bool:
        """Return whether its code or one of its names is among some."""
        return bool(self.code and self.code in names) or self.name in names or self.long in names


@dataclass(frozen=True)
class Background:
    """The background of a map.

    `frame` is a box of west, south, east, north around the points, and `box` the wider one at
    which `land` is cut. A land has its `code`, `name`, `names` that data may have for it, whether
    it is one that the data name (`own`), and `rings` of longitude, latitude, longitude, ...
    `cities` have a name, longitude, latitude, and inhabitants.
    """

    frame: Box
    box: Box
    land: list[dict[str, Any]]
    cities: list[list[Any]]


@cache
def _file() -> dict[str, Any]:
    return json.loads(FILE.read_text(encoding="utf-8"))


@cache
def world(step: float) -> tuple[Country, ...]:
    """Return all countries, decoded (TopoJSON: arcs are differences of whole numbers).

    Args:
        step: degrees that lie at least between two points of an arc. Neighbours share arcs, so
            that their borders are the same however large it is.
    """
    file = _file()
    (width, height), (west, south) = file["transform"]["scale"], file["transform"]["translate"]
    arcs: list[Ring] = []
    for arc in file["arcs"]:
        x = y = 0
        points: Ring = []
        for dx, dy in arc:
            x, y = x + dx, y + dy
            points.append((round(x * width + west, DIGITS), round(y * height + south, DIGITS)))
        arcs.append(_thinned(points, step))
    return tuple(
        _country(land, [[_ring(numbers, arcs) for numbers in rings] for rings in land["polygons"]])
        for land in file["countries"]
    )


def _thinned(points: Ring, step: float) -> Ring:
    """Return the first and last of some points, and those between that are a step apart."""
    kept = points[:1]
    for x, y in points[1:-1]:
        if abs(x - kept[-1][0]) + abs(y - kept[-1][1]) >= step:
            kept.append((x, y))
    if points[0] == points[-1] and len(kept) < 3:
        # A small island stays, as a few of its points.
        kept = points[: -1 : max(1, len(points) // 4)]
    return [*kept, points[-1]]


def _country(land: dict[str, Any], polygons: Sequence[Sequence[Ring]]) -> Country:
    outer = [point for rings in polygons for point in rings[0]]
    names = land["code"], land["name"], land["long"]
    return Country(*names, tuple(tuple(rings) for rings in polygons), box_of(outer))


def _ring(numbers: Sequence[int], arcs: Sequence[Ring]) -> Ring:
    """Return the arcs of a ring as one; a negative number is that of an arc backwards."""
    ring: Ring = []
    for number in numbers:
        arc = arcs[number] if number >= 0 else arcs[~number][::-1]
        ring += arc[1:] if ring else arc
    return ring


def box_of(points: Sequence[Point]) -> Box:
    """Return the smallest box around points."""
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return min(xs), min(ys), max(xs), max(ys)


def background(points: Sequence[Point], countries: Collection[str]) -> Background | None:
    """Return the background of a map.

    Args:
        points: points of longitude and latitude, which the frame fits; if there are none, it fits
            the countries.
        countries: the codes or English names of countries that the data name.

    Returns:
        The frame, and the land and cities in and around it; None if there is nothing to fit.
    """
    own = [country for country in world(0.0) if country.is_one_of(countries)]
    fitted = [(x, y) for x, y in points if abs(x) <= 180 and abs(y) <= 90]
    fitted = fitted or [point for c in own for point in ((c.box[:2]), (c.box[2:]))]
    if not fitted:
        return None
    frame = widened(box_of(fitted))
    box = _around(frame)
    named = {country.name for country in own}
    return Background(frame, box, list(_land(box, named)), _cities(box))


def widened(box: Box) -> Box:
    """Return a box with a margin, and not smaller than what shows a place in its country."""
    west, south, east, north = box
    high = max((north - south) * (1 + 2 * MARGIN), SMALLEST)
    wide = max((east - west) * (1 + 2 * MARGIN), SMALLEST)
    return _within((west + east) / 2, (south + north) / 2, wide, high)


def _around(frame: Box) -> Box:
    west, south, east, north = frame
    wide, high = east - west, north - south
    around = max(wide, high * AROUND * 1.4), max(high, wide * AROUND / 2)
    return _within((west + east) / 2, (south + north) / 2, *around)


def _within(x: float, y: float, wide: float, high: float) -> Box:
    """Return a box in the world: one over its edge is cut there."""
    return (
        round(max(x - wide / 2, -180.0), DIGITS),
        round(max(y - high / 2, -HIGHEST), DIGITS),
        round(min(x + wide / 2, 180.0), DIGITS),
        round(min(y + high / 2, HIGHEST), DIGITS),
    )


def _land(box: Box, named: Collection[str]) -> Iterator[dict[str, Any]]:
    wide = box[2] - box[0]
    for country in world(round(wide / COARSER, 1) if wide > DETAILED else 0.0):
        west, south, east, north = country.box
        if west > box[2] or east < box[0] or south > box[3] or north < box[1]:
            continue
        rings = [clipped(ring, box) for polygon in country.polygons for ring in polygon]
        if rings := [list(chain.from_iterable(ring)) for ring in rings if ring]:
            yield {
                "code": country.code,
                "name": country.name,
                "names": [
                    n for n in dict.fromkeys((country.code, country.name, country.long)) if n
                ],
                "own": country.name in named,
                "rings": rings,
            }


def _cities(box: Box) -> list[list[Any]]:
    """Return the largest cities in a box; the file has them by size."""
    west, south, east, north = box
    inside = (c for c in _file()["cities"] if west < c[1] < east and south < c[2] < north)
    return [city for city, _ in zip(inside, range(CITIES), strict=False)]


def clipped(ring: Sequence[Sequence[float]], box: Box) -> Ring:
    """Return the part of a ring in a box of west, south, east, north (Sutherland, Hodgman, 1974)."""
    points: Ring = [(float(x), float(y)) for x, y in ring[:-1]]
    for axis, edge, sign in ((0, box[0], 1), (1, box[1], 1), (0, box[2], -1), (1, box[3], -1)):
        kept: Ring = []
        for one, two in zip(points, points[1:] + points[:1], strict=True):
            inside = sign * (one[axis] - edge) >= 0
            if inside:
                kept.append(one)
            if inside != (sign * (two[axis] - edge) >= 0):
                part = (edge - one[axis]) / (two[axis] - one[axis])
                kept.append(
                    (
                        round(one[0] + part * (two[0] - one[0]), DIGITS),
                        round(one[1] + part * (two[1] - one[1]), DIGITS),
                    )
                )
        points = kept
    return [*points, points[0]] if len(points) > 2 else []


def label_point(ring: Sequence[Point], shown: Box) -> tuple[Point, float] | None:
    """Return the point of a ring that is farthest from its edges and those of what is shown.

    Args:
        ring: points of longitude and latitude.
        shown: the box that is drawn.

    Returns:
        The best point of a grid, and its distance in degrees; None if nothing of it is shown.
    """
    west, south, east, north = box_of(ring)
    west, south = max(west, shown[0]), max(south, shown[1])
    east, north = min(east, shown[2]), min(north, shown[3])
    best: tuple[Point, float] | None = None
    if west >= east or south >= north:
        return None
    for i in range(GRID):
        for j in range(GRID):
            x = west + (east - west) * (i + 0.5) / GRID
            y = south + (north - south) * (j + 0.5) / GRID
            far = min(x - shown[0], shown[2] - x, 2 * (y - shown[1]), 2 * (shown[3] - y))
            far = min(far, min(abs(a - x) + 2 * abs(b - y) for a, b in ring))
            if (best is None or far > best[1]) and _contains(ring, x, y):
                best = (round(x, DIGITS), round(y, DIGITS)), far
    return best


def _contains(ring: Sequence[Point], x: float, y: float) -> bool:
    inside = False
    for (ax, ay), (bx, by) in zip(ring, [*ring[1:], ring[0]], strict=True):
        if (ay > y) != (by > y) and x < (bx - ax) * (y - ay) / (by - ay) + ax:
            inside = not inside
    return inside
