"""The parts of the README figure, as Vega-Lite made with Altair.

Each takes its rows from a named data set, which the figure fills. The shapes show uncertainty: an
interval is a bar, a total is a pale broad one, an area is a dashed disc and not a point.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

from ...validation.installed import MissingExtra
from .palette import Palette

DOWN = 8
"""Pixels of a bar below the middle of its row, and of its name above it."""
FONT = "DejaVu Sans"
INK, SOFT, LINE, GRID = "#1c1f23", "#5b6168", "#d8d5cf", "#ebe8e2"
SEA, LAND, OWN, BORDER, AREA = "#dfe8ee", "#f1eee7", "#fffdf8", "#b3aca0", "#12557f"


def altair() -> Any:
    """Return the library, with a message where it is missing.

    Raises:
        InputError: it is not installed.
    """
    try:
        import altair as alt
    except ImportError:
        alt = None
    # What draws is large, and has a process of its own.
    if alt is None or find_spec("vl_convert") is None:
        raise MissingExtra("drawing the figure", "explore") from None
    return alt


def _colour(alt: Any, colours: Palette, types: Sequence[str]) -> Any:
    """Return the colours of types, with a legend of those that occur if there are several."""
    shown = alt.Legend(
        title=None,
        orient="top",
        columns=4,
        symbolType="square",
        values=[*types],
        labelLimit=0,
        symbolOpacity=1,
    )
    return alt.Color(
        "type:N", scale=alt.Scale(**colours.scale), legend=shown if len(types) > 1 else None
    )


def timeline(colours: Palette, types: Sequence[str], days: str) -> Any:
    """Return rows as bars from the first to the last possible day, with a tick at the best day.

    Args:
        colours: the types and their colours.
        types: those that occur.
        days: the form of days, as strftime has it.
    """
    alt = altair()
    base = alt.Chart(alt.NamedData("timeline")).encode(y=alt.Y("label:N", sort=None, axis=None))
    # A day is a day wherever the figure is made: without utc it would begin the evening before.
    span = alt.X(
        "start:T",
        title=None,
        scale=alt.Scale(type="utc"),
        axis=alt.Axis(format=days, labelOverlap=True, tickCount=6, domain=False),
    )
    colour = _colour(alt, colours, types)
    totals = (
        base.transform_filter("datum.total")
        .mark_bar(height=16, opacity=0.35, yOffset=DOWN)
        .encode(x=span, x2="end:T", color=colour)
    )
    single = (
        base.transform_filter("!datum.total")
        .mark_bar(height=9, cornerRadius=3, yOffset=DOWN)
        .encode(
            x=span, x2="end:T", color=colour,
            opacity=alt.Opacity("sure:Q", scale=alt.Scale(domain=[0, 1], range=[0.4, 1]), legend=None),
        )
    )  # fmt: skip
    best = (
        base.transform_filter("isValid(datum.best)")
        .mark_tick(thickness=3, height=16, color=INK, yOffset=DOWN)
        .encode(x="best:T")
    )
    names = base.mark_text(align="left", dx=2, yOffset=-DOWN - 2, fontSize=11, color=INK).encode(
        x=alt.value(0), text="label:N"
    )
    return (totals + single + best + names).properties(height=alt.Step(37))


def months(colours: Palette, rows: str, types: Sequence[str]) -> Any:
    """Return rows by month of their first day, for tables too long for one bar per row."""
    alt = altair()
    return (
        alt.Chart(alt.NamedData("months"))
        .mark_bar()
        .encode(
            # A unit and not a moment: one month alone would lie between days of the month before.
            x=alt.X("utcyearmonth(month):T", title=None, scale=alt.Scale(type="utc")),
            y=alt.Y("count:Q", title=rows),
            color=_colour(alt, colours, types),
        )
        .properties(height=220)
    )


def places(colours: Palette, projection: dict[str, Any]) -> Any:
    """Return places on land: points where a place is known, dashed discs for areas, with names.

    Args:
        colours: the types and their colours.
        projection: the projection that fits the frame, as Vega-Lite has it.
    """
    alt = altair()
    land = (
        alt.Chart(alt.NamedData("land"))
        .mark_geoshape(strokeWidth=0.9, stroke=BORDER, clip=True)
        .encode(fill=alt.condition("datum.properties.own", alt.value(OWN), alt.value(LAND)))
    )

    def at(data: str) -> Any:
        return alt.Chart(alt.NamedData(data)).encode(longitude="longitude:Q", latitude="latitude:Q")

    def halo(data: str, text: dict[str, Any], encoding: dict[str, Any]) -> Any:
        """Return text with an edge in the colour of land, as on printed maps."""
        edge = at(data).mark_text(**text, stroke=OWN, strokeWidth=3, strokeOpacity=0.85)
        return edge.encode(**encoding) + at(data).mark_text(**text).encode(**encoding)

    size = {"size": alt.Size("size:Q", scale=None, legend=None)}
    discs = (
        at("areas")
        .mark_point(shape="circle", stroke=AREA, strokeDash=[5, 4], fill=AREA, fillOpacity=0.12)
        .encode(**size)
    )
    points = (
        at("places")
        .mark_point(filled=True, opacity=1, stroke=OWN, strokeWidth=1.5)
        .encode(**size, color=alt.Color("type:N", scale=alt.Scale(**colours.scale), legend=None))
    )
    names = {"text": "name:N"}
    towns = at("cities").mark_point(filled=True, size=12, color=SOFT, opacity=1)
    town_names = halo("cities", {"align": "left", "dx": 6, "fontSize": 11, "color": SOFT}, names)
    countries = halo(
        "countries", {"fontSize": 12, "fontWeight": 600, "color": SOFT}, {"text": "name:N"}
    )
    labels = halo(
        "labels", {"align": "left", "fontSize": 12, "fontWeight": 600, "color": INK, "dx": 6}, names
    )
    return (land + towns + town_names + countries + discs + points + labels).project(**projection)
