"""The README figure: a finding, timeline and map as one PNG, from the published main table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from textwrap import wrap
from typing import Any

import polars as pl

from ...codebook import Book, Table
from ...codebook.roles import IntervalColumns, PointColumns
from . import pictures
from .frame import Frame
from .gather import map_background
from .layout import NO_NAMES, exact_codes, extents, layout_of, totals
from .outlines import Background, label_point
from .palette import UNKNOWN, Palette, palette
from .story import summary

WIDTH, HEIGHT = 800, 360
BARS = 80
"""Rows above which months are drawn instead of a bar for each."""
FANNED = 12
"""Rows up to which those of one spot are drawn one beside the other."""
RADII = {"district": 20.0, "division": 45.0, "part": 90.0, "country": 150.0, "outside": 90.0}
"""Kilometres of a disc by what a point stands for: a kind of area has no measured size."""
SMALL_AREA = 10.0
NAMED_CITIES = 9
LETTERS = 116
"""How many letters fit in a line below the title."""
CREDITS = "Map: Natural Earth 1:50m; cities: GeoNames (CC BY 4.0)."


def spec(
    book: Book, table: Table, rows: pl.DataFrame, finding: str = "", source: str = ""
) -> dict[str, Any] | None:
    """Return the specification: title, timeline above, map below, on white, with their rows.

    Args:
        book: the book of the table.
        table: the table.
        rows: its published rows.
        finding: its title; by default a sentence on its rows.
        source: what the line of sources begins with.

    Returns:
        The part that the table's roles allow, or both; None if they allow none.

    Raises:
        InputError: the libraries that draw are not installed.
    """
    colours = palette(book, table, rows)
    _, several = table.row or NO_NAMES
    data: dict[str, Any] = {}
    parts: list[Any] = []
    if interval := table.roles.interval:
        data["timeline"] = timeline_rows(book, table, interval, colours, rows)
        occur = {row["type"] for row in data["timeline"]}
        types = [kind for kind in colours.colours if kind in occur]
        if len(data["timeline"]) > BARS:
            data["months"] = month_rows(data.pop("timeline"))
            parts.append(pictures.months(colours, several, types))
        else:
            years = {row["start"][:4] for row in data["timeline"]}
            days = "%-d %b" if len(years) == 1 else "%-d %b %Y"
            parts.append(pictures.timeline(colours, types, days))
    if point := table.roles.point:
        background = map_background(book, table, rows)
        if background:
            frame = Frame.fitting(background.frame, WIDTH, HEIGHT)
            data |= land_rows(background, frame)
            data |= place_rows(book, table, point, colours, rows, frame)
            drawn = pictures.places(colours, frame.projection())
            parts.append(drawn.properties(width=WIDTH, height=HEIGHT, view={"fill": pictures.SEA}))
    if not parts:
        return None
    if table.roles.interval:
        parts[0] = parts[0].properties(width=WIDTH)
    chart = pictures.altair().vconcat(*parts, spacing=18, align="none")
    drawing: dict[str, Any] = chart.to_dict(validate=False)
    credits = CREDITS if table.roles.point else ""
    return drawing | {
        "background": "#ffffff",
        "padding": 14,
        "datasets": data,
        "title": title(
            finding,
            summary(book, table, rows, layout_of(book, table, rows)),
            [key_to(data), source, credits],
        ),
        "config": {
            "font": pictures.FONT,
            "view": {"stroke": None},
            "axis": {
                "labelColor": pictures.INK,
                "labelFontSize": 11,
                "gridColor": pictures.GRID,
                "tickColor": pictures.LINE,
            },
            "legend": {"labelColor": pictures.INK, "labelFontSize": 12},
        },
    }


def key_to(data: dict[str, Any]) -> str:
    """Return what the shapes mean that occur."""
    bars = data.get("timeline", [])
    said = [
        "Broad pale bar: a total over its days." if any(bar["total"] for bar in bars) else "",
        "Tick: the most likely day." if any(bar["best"] for bar in bars) else "",
        "Dashed circle: an area, not a point." if data.get("areas") else "",
    ]
    return " ".join(filter(None, said))


def title(finding: str, summary: str, notes: list[str]) -> dict[str, Any]:
    """Return the title of the figure: the finding, or else the first sentence of the summary.

    Args:
        finding: what the data show; may be empty.
        summary: what the rows are about.
        notes: the lines below, of which those that are empty are left out.
    """
    first, *rest = [finding, summary] if finding else summary.split(". ", 1)
    return {
        "text": first.removesuffix("."),
        "subtitle": [line for text in (*rest, *notes) for line in wrap(text, LETTERS)],
        "anchor": "start",
        "frame": "bounds",
        "fontSize": 18,
        "subtitleFontSize": 12,
        "subtitleLineHeight": 17,
        "color": pictures.INK,
        "subtitleColor": pictures.SOFT,
        "offset": 14,
        "limit": WIDTH,
    }


def timeline_rows(
    book: Book, table: Table, interval: IntervalColumns, colours: Palette, rows: pl.DataFrame
) -> list[dict[str, Any]]:
    """Return the rows of the timeline: each total first, then its parts."""
    roles = table.roles
    aggregates = totals(book, table)
    drawn: list[dict[str, Any]] = []
    for row in rows.filter(pl.col(interval.start).is_not_null()).iter_rows(named=True):
        begin: date = row[interval.start]
        end: date = row[interval.end] or begin
        best: date | None = row.get(interval.best)
        key = " ".join(str(row[name]) for name in table.primary_key) if roles.part_of else ""
        caption = [row[name] for name in roles.caption or table.primary_key]
        drawn.append(
            {
                "label": " ".join(str(text) for text in caption if text is not None),
                "start": begin.isoformat(),
                "end": (end + timedelta(days=1)).isoformat(),
                "best": f"{best.isoformat()}T12:00:00Z" if best else None,
                "total": row.get(roles.kind) in aggregates,
                "sure": 1 / ((end - begin).days + 1) ** 0.5,
                "type": _type(row, table, colours),
                "part": str(row.get(roles.part_of) or key),
            }
        )
    return sorted(drawn, key=lambda r: (r["part"], not r["total"], r["start"]))


def month_rows(bars: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return how many of the rows of a timeline begin in each month, by type."""
    counts = Counter((bar["start"][:7], bar["type"]) for bar in bars)
    return [
        {"month": f"{month}-01", "name": month, "type": kind, "count": count}
        for (month, kind), count in sorted(counts.items())
    ]


def _type(row: dict[str, Any], table: Table, colours: Palette) -> str:
    if not table.roles.type:
        return table.name
    return colours.names.get(str(row[table.roles.type[0]]), UNKNOWN)


def land_rows(background: Background, frame: Frame) -> dict[str, list[dict[str, Any]]]:
    """Return the land of a map as GeoJSON, and the names of countries and cities in its frame."""
    land: list[dict[str, Any]] = []
    countries: list[dict[str, Any]] = []
    for one in background.land:
        rings = [list(zip(ring[::2], ring[1::2], strict=True)) for ring in one["rings"]]
        # Vega fills what is on the one side of a ring; ours are as the source has them.
        geometry = {"type": "MultiPolygon", "coordinates": [[ring] for ring in rings]}
        land.append({"type": "Feature", "properties": {"own": one["own"]}, "geometry": geometry})
        spot = max(
            filter(None, (label_point(ring, frame.shown) for ring in rings)),
            key=lambda found: found[1],
            default=None,
        )
        if spot and frame.has_room(spot[0], one["name"].upper(), 8.5, centred=True):
            countries.append(_at(spot[0]) | {"name": one["name"].upper()})
    cities: list[dict[str, Any]] = []
    for name, x, y, _ in background.cities:
        if len(cities) < NAMED_CITIES and frame.has_room((x, y), name, 6.6):
            cities.append(_at((x, y)) | {"name": name})
    return {"land": land, "countries": countries, "cities": cities}


def _at(point: tuple[float, float]) -> dict[str, Any]:
    return {"longitude": point[0], "latitude": point[1]}


@dataclass(frozen=True)
class Spot:
    """The rows of one point: whether it is the place itself, what it stands for, its name."""

    point: tuple[float, float]
    sure: bool
    extent: str
    name: str
    rows: tuple[dict[str, Any], ...]


def spots(book: Book, table: Table, point: PointColumns, rows: pl.DataFrame) -> Iterator[Spot]:
    """Yield the points of rows, with what the codebook says of how exact they are."""
    sites, kinds = exact_codes(book, table), extents(book, table)
    name = table.roles.place.name if table.roles.place else ""
    keys = [point.latitude, point.longitude, *filter(None, [point.precision])]
    with_point = rows.drop_nulls([point.latitude, point.longitude])
    for key, group in with_point.group_by(keys, maintain_order=True):
        code = str(key[-1])
        found = tuple(group.iter_rows(named=True))
        yield Spot(
            point=(float(key[1]), float(key[0])),
            sure=sites is None or code in sites,
            extent=kinds.get(code, ""),
            name=str(found[0].get(name) or ""),
            rows=found,
        )


def place_rows(
    book: Book,
    table: Table,
    point: PointColumns,
    colours: Palette,
    rows: pl.DataFrame,
    frame: Frame,
) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of the map: discs of areas, points of rows beside each other, names."""
    areas: list[dict[str, Any]] = []
    places: list[dict[str, Any]] = []
    labels: list[dict[str, Any]] = []
    for spot in spots(book, table, point, rows):
        radius = 0.0
        if not spot.sure:
            radius = max(16.0, frame.pixels(RADII.get(spot.extent, SMALL_AREA), spot.point[1]))
            areas.append(_at(spot.point) | {"size": 3.14159 * radius**2})
        if len(spot.rows) <= FANNED:
            fan = frame.beside(spot.point, len(spot.rows), radius)
            for place, row in zip(fan, spot.rows, strict=True):
                places.append(_at(place) | {"type": _type(row, table, colours), "size": 130})
        else:
            kinds = Counter(_type(row, table, colours) for row in spot.rows)
            size = 60 + 30 * len(spot.rows) ** 0.5
            places.append(_at(spot.point) | {"type": kinds.most_common(1)[0][0], "size": size})
        edge = frame.moved(spot.point, radius + 4, 0)
        if spot.name and frame.has_room(edge, spot.name, 7.6):
            labels.append(_at(edge) | {"name": spot.name})
    return {"areas": areas, "places": places, "labels": labels}
