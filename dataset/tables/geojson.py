"""The rows with a point as GeoJSON (RFC 7946), each with how exact its point is."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

import polars as pl

from ...codebook import Book, Table
from ...codebook.model import CodeList, cell

EXACT = "site"
"""The extent of a point that is the place itself."""


def geojson_path(table: Table) -> str:
    """Return the name of the file of a table."""
    return f"dataset/{table.name}.geojson"


def with_points(book: Book) -> list[Table]:
    """Return the tables of which the book says that their rows have points."""
    return [table for table in book.tables.values() if table.roles.point]


def geojson(book: Book, table: Table, frame: pl.DataFrame) -> str:
    """Return the rows of a table that have a point as a FeatureCollection, a line for each.

    A feature has the main columns of its row and, where the book says how exact points are, as
    `point_precision`, `point_label` and `point_extent` the code, its label and what the point
    stands for. `point_exact` is false where that is an area, and null where it is not known.
    `rows_without_point` counts the rows that are left out.

    Args:
        book: the codebook.
        table: a table with the role `point`.
        frame: its published rows.
    """
    point = table.roles.point
    assert point is not None
    located = frame.drop_nulls([point.latitude, point.longitude])
    codes = book.code_list(table[point.precision]) if point.precision else None
    columns = list(_main_columns(table))
    features = (
        {
            "type": "Feature",
            "id": "/".join(cell(row[name]) for name in table.primary_key),
            "geometry": {
                "type": "Point",
                "coordinates": [row[point.longitude], row[point.latitude]],
            },
            "properties": {
                **{name: _plain(row[name]) for name in columns},
                **_exactness(row.get(point.precision), codes),
            },
        }
        for row in located.iter_rows(named=True)
    )
    about = {
        "type": "FeatureCollection",
        "name": table.name,
        "title": table.title,
        "rows_without_point": frame.height - located.height,
    }
    lines = ",\n".join(map(_json, features))
    return f'{_json(about)[:-1]}, "features": [\n{lines}\n]}}\n'


def has_rows(table: Table, frame: pl.DataFrame, features: Iterable[Any]) -> bool:
    """Return whether features are the rows of a table that have a point, and no others.

    Args:
        table: a table with the role `point`.
        frame: its published rows.
        features: what was read from the file, in its order.
    """
    point = table.roles.point
    if point is None:
        return False
    located = frame.drop_nulls([point.latitude, point.longitude]).sort(table.primary_key)
    rows = located.iter_rows(named=True)
    try:
        return all(
            feature["geometry"]["coordinates"] == [row[point.longitude], row[point.latitude]]
            and all(
                value == _plain(row[name])
                for name, value in feature["properties"].items()
                if name in row
            )
            and all(name in feature["properties"] for name in table.primary_key)
            for feature, row in zip(features, rows, strict=True)
        )
    # ValueError: there are more of one than of the other.
    except (KeyError, TypeError, AttributeError, ValueError):
        return False


def _main_columns(table: Table) -> Iterator[str]:
    """Yield the columns that tell what a row is, in published order."""
    roles = table.roles
    main = {*table.primary_key, *table.featured, *roles.caption, *roles.type, roles.kind}
    for side in roles.sides:
        main |= {side.name or side.actor, side.other_names or side.others}
    if roles.interval:
        main |= {roles.interval.start, roles.interval.end}
    if place := roles.place:
        main |= {place.name or place.location, place.words, place.division}
    if roles.deaths:
        main |= {roles.deaths.low, roles.deaths.best, roles.deaths.high}
    if not roles.caption and not table.featured:
        main |= {*table.names}
    yield from (name for name in table.names if name in main)


def _exactness(code: Any, codes: CodeList | None) -> dict[str, Any]:
    """Return what is known of how exact a point is."""
    if codes is None or code is None:
        return {"point_exact": None}
    known = next((c for c in codes.codes if c.code == code), None)
    extent = known.attributes.get("extent") if known else None
    return {
        "point_precision": code,
        "point_label": known.label if known else None,
        "point_extent": extent,
        "point_exact": None if extent is None else extent == EXACT,
    }


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, int | float | str) else cell(value)


def _json(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False, allow_nan=False)
