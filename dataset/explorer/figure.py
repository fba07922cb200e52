"""The README figure: timeline and map as one PNG, drawn from the published table."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import polars as pl

from . import pictures
from .gather import outlines

WIDTH = 760
SCALE = 2
FONT = "DejaVu Sans"
INK, LINE = "#1c1f23", "#c9c5bd"


def spec(events: pl.DataFrame, totals: tuple[str, ...]) -> dict[str, Any]:
    """Return the specification: timeline above, map below, on white, with their rows.

    Args:
        events: the published events.
        totals: the record kinds that are totals.

    Raises:
        InputError: the libraries that draw are not installed.
    """
    data = {
        "timeline": timeline_rows(events, totals),
        "places": place_rows(events),
        "outlines": outlines(events),
    }
    top = _part(pictures.timeline(), WIDTH - 300)
    bottom = _part(pictures.places(), WIDTH - 300) | {"height": 300}
    return {
        "$schema": top.pop("$schema"),
        "background": "#ffffff",
        "padding": 12,
        "datasets": data,
        "vconcat": [top, {k: v for k, v in bottom.items() if k != "$schema"}],
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


def _part(spec: dict[str, Any], width: int) -> dict[str, Any]:
    return {k: v for k, v in spec.items() if k not in ("config", "autosize")} | {"width": width}


def timeline_rows(events: pl.DataFrame, totals: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return the rows of the timeline: each total first, then its parts."""
    rows = []
    for event in events.iter_rows(named=True):
        begin, end = event["date_start"], event["date_end"]
        best: date | None = event["date_best"]
        rows.append(
            {
                "label": f"{event['event_id']} {event['sub_event_type']}",
                "start": begin.isoformat(),
                "end": (end + timedelta(days=1)).isoformat(),
                "best": f"{best.isoformat()}T12:00:00Z" if best else None,
                "total": event["record_kind"] in totals,
                "sure": 1 / ((end - begin).days + 1) ** 0.5,
                "type": event["event_type"],
                "part": event["part_of"] or event["event_id"],
            }
        )
    return sorted(rows, key=lambda r: (r["part"], not r["total"], r["start"]))


def place_rows(events: pl.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of the map: each place once per type."""
    with_point = events.filter(pl.col("latitude").is_not_null())
    grouped = with_point.group_by(
        ["latitude", "longitude", "event_type", "where_prec"], maintain_order=True
    ).len()
    return [
        {
            "latitude": row["latitude"],
            "longitude": row["longitude"],
            "type": row["event_type"],
            "sure": (row["where_prec"] or 9) <= 1,
            "size": (60 if (row["where_prec"] or 9) <= 1 else 900) + 30 * row["len"] ** 0.5,
        }
        for row in grouped.iter_rows(named=True)
    ]
