"""The README figure: timeline and map as one PNG, drawn from the published main table."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import Any

import polars as pl

from ...codebook import Book, Table
from ...codebook.roles import IntervalColumns, PointColumns
from . import pictures
from .gather import country_outlines
from .layout import NO_NAMES, exact_codes, totals
from .palette import UNKNOWN, Palette, palette

WIDTH = 760
SCALE = 2
BARS = 80
"""Rows above which months are drawn instead of a bar for each."""
FONT = "DejaVu Sans"
INK, LINE = "#1c1f23", "#c9c5bd"


def spec(book: Book, table: Table, rows: pl.DataFrame) -> dict[str, Any] | None:
    """Return the specification: timeline above, map below, on white, with their rows.

    Args:
        book: the book of the table.
        table: the table.
        rows: its published rows.

    Returns:
        The part that the table's roles allow, or both; None if they allow none.

    Raises:
        InputError: the libraries that draw are not installed.
    """
    colours = palette(book, table, rows)
    one, several = table.row or NO_NAMES
    data: dict[str, Any] = {}
    parts: list[dict[str, Any]] = []
    if interval := table.roles.interval:
        data["timeline"] = timeline_rows(book, table, interval, colours, rows)
        if len(data["timeline"]) > BARS:
            data["months"] = month_rows(data.pop("timeline"))
            parts.append(_part(pictures.months(colours, several)))
        else:
            parts.append(_part(pictures.timeline(colours, one)))
    if point := table.roles.point:
        data["places"] = place_rows(book, table, point, colours, rows)
        data["outlines"] = country_outlines(book, table, rows)
        graded = exact_codes(book, table) is not None
        parts.append(_part(pictures.places(colours, several, graded)) | {"height": 300})
    if not parts:
        return None
    (schema,) = {part.pop("$schema") for part in parts}
    return {
        "$schema": schema,
        "background": "#ffffff",
        "padding": 12,
        "datasets": data,
        "vconcat": parts,
        "config": {
            "font": FONT,
            "view": {"stroke": None},
            "axis": {"labelColor": INK, "gridColor": LINE, "domainColor": LINE, "tickColor": LINE},
            "legend": {"labelColor": INK},
        },
    }


def to_png(drawing: dict[str, Any]) -> bytes:
    """Return a drawing as PNG."""
    import vl_convert

    return vl_convert.vegalite_to_png(drawing, scale=SCALE)


def _part(spec: dict[str, Any]) -> dict[str, Any]:
    width = WIDTH - 300
    return {k: v for k, v in spec.items() if k not in ("config", "autosize")} | {"width": width}


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


def place_rows(
    book: Book, table: Table, point: PointColumns, colours: Palette, rows: pl.DataFrame
) -> list[dict[str, Any]]:
    """Return the rows of the map: each place once per type."""
    sites = exact_codes(book, table)
    with_point = rows.drop_nulls([point.latitude, point.longitude])
    keys = [
        point.latitude,
        point.longitude,
        *table.roles.type[:1],
        *filter(None, [point.precision]),
    ]
    grouped = with_point.group_by([*dict.fromkeys(keys)], maintain_order=True).len("number of rows")
    drawn: list[dict[str, Any]] = []
    for row in grouped.iter_rows(named=True):
        sure = sites is None or str(row[point.precision]) in sites
        drawn.append(
            {
                "latitude": row[point.latitude],
                "longitude": row[point.longitude],
                "type": _type(row, table, colours),
                "sure": sure,
                "size": (60 if sure else 900) + 30 * row["number of rows"] ** 0.5,
            }
        )
    return drawn
