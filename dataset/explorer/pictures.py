"""The pictures: timeline, map, fatalities and actors, as Vega-Lite made with Altair.

Each takes its rows from a named data set, which the page fills again when a filter changes and the
figure fills once. The shapes show uncertainty: an interval is a bar, a total is a pale broad
one, a place that is known roughly is an open circle, an unknown number has no mark.
"""

from __future__ import annotations

from typing import Any

from ...validation.errors import InputError
from .palette import Palette

EXTRA = "the explorer needs the extra: pip install 'eventbook[explore]'"
LABELS = 260
"""Pixels for the labels of events at the side."""


def altair() -> Any:
    """Return the library, with a message where it is missing.

    Raises:
        InputError: it is not installed.
    """
    try:
        import altair as alt
        import vl_convert  # noqa: F401
    except ImportError:
        raise InputError(EXTRA) from None
    return alt


def _colour(alt: Any, colours: Palette, legend: bool = True) -> Any:
    shown = alt.Legend(title=None, orient="top", columns=4, symbolType="square")
    legend = legend and bool(colours.names)
    return alt.Color("type:N", scale=alt.Scale(**colours.scale), legend=shown if legend else None)


def timeline(colours: Palette, row: str) -> dict[str, Any]:
    """Draw rows as bars from the first to the last possible day, with a tick at the best day."""
    alt = altair()
    base = alt.Chart(alt.NamedData("timeline")).encode(
        y=alt.Y("label:N", sort=None, title=None, axis=alt.Axis(labelLimit=LABELS, ticks=False))
    )
    # A day is a day wherever the reader is: without utc it would begin the evening before.
    span = alt.X(
        "start:T",
        title=None,
        scale=alt.Scale(type="utc"),
        axis=alt.Axis(format="%-d %b %Y", labelOverlap=True),
    )
    tips = [
        alt.Tooltip("label:N", title=row),
        alt.Tooltip("from:N"),
        alt.Tooltip("to:N"),
        alt.Tooltip("known:N", title="date"),
        alt.Tooltip("who:N"),
    ]
    totals = (
        base.transform_filter("datum.total")
        .mark_bar(height=18, opacity=0.32)
        .encode(
            x=span, x2="end:T", color=_colour(alt, colours), tooltip=tips,
        )
    )  # fmt: skip
    single = (
        base.transform_filter("!datum.total")
        .mark_bar(height=8, cornerRadius=3)
        .encode(
            x=span, x2="end:T", color=_colour(alt, colours), tooltip=tips,
            opacity=alt.Opacity("sure:Q", scale=alt.Scale(domain=[0, 1], range=[0.35, 1]), legend=None),
        )
    )  # fmt: skip
    best = (
        base.transform_filter("isValid(datum.best)")
        .mark_tick(thickness=3, height=18, color="#888888")
        .encode(x="best:T")
    )
    return _done((totals + single + best).properties(width="container", height=alt.Step(26)))


def months(colours: Palette, rows: str) -> dict[str, Any]:
    """Draw rows by month of their first day, for tables too long for one bar per row."""
    alt = altair()
    chart = (
        alt.Chart(alt.NamedData("months"))
        .mark_bar()
        .encode(
            # A unit and not a moment: one month alone would lie between days of the month before.
            x=alt.X("utcyearmonth(month):T", title=None, scale=alt.Scale(type="utc")),
            y=alt.Y("count:Q", title=rows),
            color=_colour(alt, colours),
            tooltip=["type:N", "name:N", "count:Q"],
        )
    )
    return _done(chart.properties(width="container", height=220))


def places(colours: Palette, rows: str, graded: bool) -> dict[str, Any]:
    """Draw points on outlines: filled where the place is known, open and broad where it is not.

    Args:
        colours: the types and their colours.
        rows: what several rows are called.
        graded: whether the codebook says how exact points are.
    """
    alt = altair()
    known = ["known:N"] if graded else []
    land = (
        alt.Chart(alt.NamedData("outlines"))
        .mark_geoshape(strokeWidth=1)
        .encode(
            fill=alt.condition("datum.properties.own", alt.value("#8883"), alt.value("#8881")),
            stroke=alt.value("#888888"),
        )
    )
    points = (
        alt.Chart(alt.NamedData("places"))
        .mark_point(filled=False, strokeWidth=2)
        .encode(
            longitude="longitude:Q", latitude="latitude:Q",
            size=alt.Size("size:Q", scale=None, legend=None),
            color=_colour(alt, colours, False),
            strokeDash=alt.condition("datum.sure", alt.value([1, 0]), alt.value([4, 3])),
            fillOpacity=alt.condition("datum.sure", alt.value(0.8), alt.value(0.08)),
            fill=alt.Fill("type:N", scale=alt.Scale(**colours.scale), legend=None),
            tooltip=["place:N", *known, alt.Tooltip("rows:Q", title=rows), "names:N"],
        )
    )  # fmt: skip
    return _done((land + points).project("mercator").properties(width="container", height=380))


def fatalities(colours: Palette, row: str) -> dict[str, Any]:
    """Draw deaths from lowest to highest with the best between; an open end is an arrow."""
    alt = altair()
    base = alt.Chart(alt.NamedData("fatalities")).encode(
        y=alt.Y("label:N", sort=None, title=None, axis=alt.Axis(labelLimit=LABELS, ticks=False))
    )
    tips = [alt.Tooltip("label:N", title=row), "lowest:N", "best:N", "highest:N", "words:N"]
    line = (
        base.transform_filter("isValid(datum.low) && isValid(datum.high)")
        .mark_rule(strokeWidth=4, opacity=0.6)
        .encode(
            x=alt.X("low:Q", title="deaths"),
            x2="high:Q",
            color=_colour(alt, colours, False),
            tooltip=tips,
        )
    )
    arrow = (
        base.transform_filter("isValid(datum.low) && !isValid(datum.high)")
        .mark_point(shape="triangle-right", size=120, filled=True)
        .encode(
            x=alt.X("low:Q", title="deaths"),
            color=_colour(alt, colours, False),
            tooltip=tips,
            xOffset=alt.value(8),
        )
    )
    best = (
        base.transform_filter("isValid(datum.bestNumber)")
        .mark_tick(thickness=3, height=16)
        .encode(
            x=alt.X("bestNumber:Q", title="deaths"),
            color=_colour(alt, colours, False),
            tooltip=tips,
        )
    )
    unknown = (
        base.transform_filter(
            "!isValid(datum.low) && !isValid(datum.bestNumber) && !isValid(datum.high)"
        )
        .mark_text(align="left", fontStyle="italic", dx=4, color="#777777")
        .encode(x=alt.value(0), text="status:N", tooltip=tips)
    )
    return _done((line + arrow + best + unknown).properties(width="container", height=alt.Step(26)))


def network(colours: Palette, rows: str) -> dict[str, Any]:
    """Draw actors on a circle, one line per pair and type, with an arrow at the target."""
    alt = altair()
    scale = alt.Scale(domain=[-1.35, 1.35])
    lines = (
        alt.Chart(alt.NamedData("lines"))
        .mark_rule(opacity=0.75)
        .encode(
            x=alt.X("x:Q", axis=None, scale=scale), y=alt.Y("y:Q", axis=None, scale=scale),
            x2="x2:Q", y2="y2:Q", color=_colour(alt, colours, False),
            strokeWidth=alt.StrokeWidth("count:Q", scale=alt.Scale(range=[1.5, 6]), legend=None),
            tooltip=["from:N", "to:N", "type:N", "count:Q"],
        )
    )  # fmt: skip
    heads = (
        alt.Chart(alt.NamedData("lines"))
        .mark_point(shape="triangle-up", filled=True, size=90)
        .encode(
            x="xh:Q", y="yh:Q", color=_colour(alt, colours, False),
            angle=alt.Angle("angle:Q", scale=None), tooltip=["from:N", "to:N", "type:N", "count:Q"],
        )
    )  # fmt: skip
    nodes = (
        alt.Chart(alt.NamedData("actors"))
        .mark_circle(size=110, opacity=1, color="#777777")
        .encode(x="x:Q", y="y:Q", tooltip=["actor:N", alt.Tooltip("rows:Q", title=rows)])
    )
    right = (
        alt.Chart(alt.NamedData("actors")).transform_filter("datum.x >= 0")
        .mark_text(align="left", dx=8, limit=190).encode(x="x:Q", y="y:Q", text="actor:N")
    )  # fmt: skip
    left = (
        alt.Chart(alt.NamedData("actors")).transform_filter("datum.x < 0")
        .mark_text(align="right", dx=-8, limit=190).encode(x="x:Q", y="y:Q", text="actor:N")
    )  # fmt: skip
    return _done((lines + heads + nodes + right + left).properties(width="container", height=420))


def _done(chart: Any) -> dict[str, Any]:
    """Return a chart as a specification without a frame; its colours of text follow the page."""
    return chart.configure_view(stroke=None).to_dict(validate=False)


def all_specs(colours: Palette, row: str, rows: str, graded: bool) -> dict[str, dict[str, Any]]:
    """Return all pictures by name.

    Args:
        colours: the types and their colours.
        row: what a row is called.
        rows: what several are.
        graded: whether the codebook says how exact points are.
    """
    return {
        "timeline": timeline(colours, row),
        "months": months(colours, rows),
        "places": places(colours, rows, graded),
        "fatalities": fatalities(colours, row),
        "network": network(colours, rows),
    }
