"""The frame of a map that is drawn once: its projection, distances in pixels, room for names."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from .outlines import Box, Point

KM = 111.32
"""Kilometres of a degree."""
LINE = 16
"""Pixels of a line of text."""


@dataclass(frozen=True)
class Frame:
    """A view in the projection of Mercator: its middle, pixels for a degree, size in pixels."""

    x: float
    y: float
    scale: float
    width: int
    height: int
    taken: list[tuple[float, float, float, float]] = field(default_factory=list)

    @classmethod
    def fitting(cls, box: Box, width: int, height: int) -> Frame:
        """Return the frame that fits a box of west, south, east, north."""
        west, south, east, north = box
        low, top = mercator(south), mercator(north)
        scale = min(width / (east - west), height / (top - low))
        return cls((west + east) / 2, (low + top) / 2, scale, width, height)

    @property
    def shown(self) -> Box:
        """What of the world is in the frame."""
        wide, high = self.width / self.scale / 2, self.height / self.scale / 2
        return (
            self.x - wide, latitude(self.y - high), self.x + wide, latitude(self.y + high),
        )  # fmt: skip

    def projection(self) -> dict[str, Any]:
        """Return the projection as Vega-Lite has it."""
        return {
            "type": "mercator",
            "center": [round(self.x, 4), round(latitude(self.y), 4)],
            "scale": round(math.degrees(self.scale), 3),
            "translate": [self.width / 2, self.height / 2],
        }

    def pixels(self, km: float, at: float) -> float:
        """Return kilometres in pixels at a latitude."""
        return km / KM / math.cos(math.radians(at)) * self.scale

    def moved(self, point: Point, right: float, up: float) -> Point:
        """Return the point some pixels to the right and up."""
        x, y = point[0] + right / self.scale, mercator(point[1]) + up / self.scale
        return round(x, 4), round(latitude(y), 4)

    def beside(self, point: Point, number: int, radius: float) -> list[Point]:
        """Return points for rows of one spot: at it, or beside each other on a circle around it."""
        if number == 1 and not radius:
            return [point]
        reach = radius or 18.0
        step = min(2 * math.pi / number, 26 / reach) if radius else 2 * math.pi / number
        angles = [math.pi / 2 - (n - (number - 1) / 2) * step for n in range(number)]
        return [self.moved(point, reach * math.cos(a), reach * math.sin(a)) for a in angles]

    def has_room(self, point: Point, text: str, letter: float, centred: bool = False) -> bool:
        """Take the room for a text at a point, if it is free and within the frame.

        Args:
            point: where the text begins, or its middle.
            text: the text.
            letter: pixels of a letter.
            centred: whether the point is the middle.
        """
        wide = len(text) * letter + 10
        x = self.width / 2 + (point[0] - self.x) * self.scale - (wide / 2 if centred else 4)
        y = self.height / 2 - (mercator(point[1]) - self.y) * self.scale - LINE / 2
        if x < 2 or y < 2 or x + wide > self.width - 2 or y + LINE > self.height - 2:
            return False
        for left, top, width, height in self.taken:
            if x < left + width and left < x + wide and y < top + height and top < y + LINE:
                return False
        self.taken.append((x, y, wide, LINE))
        return True


def mercator(degrees: float) -> float:
    """Return the height of a latitude on a map of Mercator, in degrees of longitude."""
    return math.degrees(math.log(math.tan(math.pi / 4 + math.radians(degrees) / 2)))


def latitude(height: float) -> float:
    """Return the latitude at a height."""
    return math.degrees(2 * math.atan(math.exp(math.radians(height))) - math.pi / 2)
