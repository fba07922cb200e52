"""The outlines of countries around the points of a map."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent / "outlines.json"
MARGIN = 1.5
"""Degrees around the countries and points within which others are drawn."""
Point = tuple[float, float]
Box = tuple[float, float, float, float]


@cache
def world() -> list[dict[str, Any]]:
    """Return the outlines of all countries: code, name, polygons of rings of longitude and latitude."""
    return json.loads(FILE.read_text(encoding="utf-8"))["countries"]


def outlines(spots: Sequence[Point], countries: Collection[str]) -> list[dict[str, Any]]:
    """Return the outlines of countries and of their neighbours.

    Args:
        spots: points of longitude and latitude.
        countries: their codes or English names.

    Returns:
        GeoJSON features; `own` says whether a country is one of those named. Others are cut at
        the edge, so that they do not make the map small.
    """
    own = [c for c in world() if c["country"] in countries or c["name"] in countries]
    named = {c["country"] for c in own}
    corners = [*spots] + [(x, y) for c in own for polygon in c["polygons"] for x, y in polygon[0]]
    if not corners:
        return []
    xs, ys = [x for x, _ in corners], [y for _, y in corners]
    box = min(xs) - MARGIN, min(ys) - MARGIN, max(xs) + MARGIN, max(ys) + MARGIN
    features = []
    for country in world():
        polygons = [[r for ring in p if (r := clipped(ring, box))] for p in country["polygons"]]
        if polygons := [p for p in polygons if p]:
            features.append(
                {
                    "type": "Feature",
                    "properties": {"name": country["name"], "own": country["country"] in named},
                    "geometry": {"type": "MultiPolygon", "coordinates": polygons},
                }
            )
    return features


def clipped(ring: Sequence[Sequence[float]], box: Box) -> list[Point]:
    """Return the part of a ring in a box of west, south, east, north (Sutherland, Hodgman, 1974)."""
    points: list[Point] = [(float(x), float(y)) for x, y in ring[:-1]]
    for axis, edge, sign in ((0, box[0], 1), (1, box[1], 1), (0, box[2], -1), (1, box[3], -1)):
        kept: list[Point] = []
        for one, two in zip(points, points[1:] + points[:1], strict=True):
            inside = sign * (one[axis] - edge) >= 0
            if inside:
                kept.append(one)
            if inside != (sign * (two[axis] - edge) >= 0):
                part = (edge - one[axis]) / (two[axis] - one[axis])
                kept.append(
                    (
                        round(one[0] + part * (two[0] - one[0]), 2),
                        round(one[1] + part * (two[1] - one[1]), 2),
                    )
                )
        points = kept
    return [*points, points[0]] if len(points) > 2 else []
