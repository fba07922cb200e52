"""Our events beside another dataset's: pairs that are right, and totals that are counted, not made."""

from __future__ import annotations

import json
import shlex
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
import polars as pl
import pytest
from conftest import ROOT, examples
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from eventbook.dataset.cli.main import app
from eventbook.dataset.exchange import event_matching as matching
from eventbook.dataset.exchange.compare import compare_events
from eventbook.dataset.exchange.known_table import read_recognised

EVENTS = ROOT / "dataset" / "events.parquet"
SYRIA = ROOT.parent / "shared" / "data" / "ucdp_ged_syria_2016_2019.csv.gz"
AREAS = ["Idlib Governorate", "Hamah Governorate"]


@pytest.fixture
def syria():
    if not SYRIA.is_file():
        pytest.skip("the real GED file of Syria is not part of the project and not at hand")
    return SYRIA


def table(rows):
    """Events in our layout, of (latitude, longitude, first day, days, actor 1, actor 2)."""
    first = date(2019, 5, 1)
    return pl.DataFrame(
        [
            {
                "latitude": lat,
                "longitude": lon,
                "date_start": first + timedelta(start),
                "date_end": first + timedelta(start + days - 1),
                "actor1": one,
                "actor2": two,
                "event_type": None,
                "sub_event_type": None,
            }
            for lat, lon, start, days, one, two in rows
        ],
        schema_overrides={
            "event_type": pl.String,
            "sub_event_type": pl.String,
            "actor2": pl.String,
        },
    )


SPOTS = st.tuples(
    st.floats(-89, 89),
    st.floats(-180, 180),
    st.integers(0, 6),
    st.integers(1, 12),
    st.sampled_from(["Rebels", "Army"]),
    st.none() | st.just("Civilians"),
)


@settings(max_examples=examples(2))
@given(
    ours=st.lists(SPOTS, min_size=1, max_size=8),
    theirs=st.lists(SPOTS, min_size=1, max_size=8),
    near=st.floats(0.1, 20000),
    days=st.integers(0, 5),
)
def test_the_tree_finds_what_looking_at_all_pairs_finds(ours, theirs, near, days):
    """An index that loses pairs at the date line, the pole or for long intervals loses events."""
    a, b = table(ours), table(theirs)
    found = {
        tuple(r) for r in matching.candidates(a, b, near, days).select("ours", "theirs").rows()
    }
    wanted, unsure = set(), set()
    for i, x in enumerate(a.iter_rows(named=True)):
        for j, y in enumerate(b.iter_rows(named=True)):
            gap = max(
                (y["date_start"] - x["date_end"]).days, (x["date_start"] - y["date_end"]).days, 0
            )
            km = distance(x, y)
            if gap <= days and km <= near:
                wanted.add((i, j))
            if abs(km - near) < 1e-6 * max(near, 1):
                unsure.add((i, j))
    assert found - unsure == wanted - unsure


def distance(x, y):
    """The great circle by the spherical law of cosines in vectors: another formula than ours."""
    points = []
    for row in (x, y):
        lat, lon = np.radians(row["latitude"]), np.radians(row["longitude"])
        points.append([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
    one, two = np.array(points)
    angle = np.arctan2(np.linalg.norm(np.cross(one, two)), np.dot(one, two))
    return float(angle) * matching.EARTH


def test_events_over_the_date_line_are_near():
    """East 179.99 and west 179.99 are two kilometres apart and not forty thousand."""
    a, b = table([(0, 179.99, 0, 1, "A", None)]), table([(0, -179.99, 0, 1, "A", None)])
    (pair,) = matching.match_events(a, b, 5, 0, 0.5).to_dicts()
    assert pair["km"] == pytest.approx(2.224, abs=0.001) and pair["gap"] == 0


@given(
    scores=st.lists(
        st.tuples(st.integers(0, 4), st.integers(0, 4), st.floats(0, 1)),
        max_size=12,
        unique_by=lambda t: t[:2],
    )
)
def test_the_assignment_is_one_to_one_and_the_best(scores):
    """A greedy match takes the first likely partner and leaves a better whole behind."""
    pairs = pl.DataFrame(
        scores, schema={"ours": pl.Int64, "theirs": pl.Int64, "score": pl.Float64}, orient="row"
    )
    chosen = matching.assign(pairs, 5, 5)
    assert chosen["ours"].is_unique().all() and chosen["theirs"].is_unique().all()
    price = np.zeros((5, 5))
    for i, j, value in scores:
        price[i, j] = value
    from scipy.optimize import linear_sum_assignment

    rows, columns = linear_sum_assignment(price, maximize=True)
    assert chosen["score"].sum() == pytest.approx(price[rows, columns].sum())


def test_the_likelier_event_is_chosen_and_reasons_are_told():
    """The same place and day, but other actors, is another event."""
    ours = table([(35.0, 36.0, 0, 1, "Government of Syria", "Syrian rebels")])
    theirs = table(
        [
            (35.0, 36.0, 0, 1, "Islamic State", "Kurdish forces"),
            (35.01, 36.0, 1, 1, "Syrian rebels", "Government of Syria"),
        ]
    )
    (pair,) = matching.match_events(ours, theirs, 20, 3, 0.5).to_dicts()
    assert pair["theirs"] == 1
    assert pair["actors"] == 1 and pair["gap"] == 1 and pair["type"] is None
    weight = {n: matching.WEIGHTS[n] for n in ("place", "time", "actors")}
    expected = sum(pair[n] * w for n, w in weight.items()) / sum(weight.values())
    assert pair["score"] == pytest.approx(expected)


@pytest.mark.slow
def test_a_dataset_is_its_own_best_match(syria):
    """Every event that is compared with itself must find itself, at full score."""
    known = read_recognised(syria)
    found = compare_events(known, known, 5, 0)
    assert found.matches.height + found.alone.height + found.pointless < known.frame.height
    assert found.alone.is_empty()
    assert (found.matches["score"] == 1).all()


def test_the_worked_example_is_what_pandas_counts(syria):
    """The number in the read-me must be what anybody can count from the file."""
    ged = pd.read_csv(syria, low_memory=False)
    here = ged[ged.adm_1.isin(AREAS)]
    first, last = here.date_start.str[:10], here.date_end.str[:10]
    inside = here[(first >= "2019-04-28") & (last <= "2019-05-15")]
    partly = here[(first <= "2019-05-15") & (last >= "2019-04-28")].index.difference(inside.index)
    found = compare_events(read_recognised(EVENTS), read_recognised(syria), 20, 3, AREAS)
    total = next(t for t in found.totals if t.ours["event_id"] == "SYR-2019-0001")
    assert total.counts == {
        "events": len(inside),
        "untold": 0,
        "fatalities_low": inside.low.sum(),
        "fatalities_best": inside.best.sum(),
        "fatalities_high": inside.high.sum(),
        "fatalities_side1": inside.deaths_a.sum(),
        "fatalities_side2": inside.deaths_b.sum(),
        "fatalities_civilians": inside.deaths_civilians.sum(),
        "fatalities_unknown": inside.deaths_unknown.sum(),
    }
    assert any(f"{len(partly)} event" in said for said in total.cannot_say)
    assert sum(p["events"] for p in total.pairs) == len(inside)


def test_the_command_prints_and_writes(syria, tmp_path):
    """Pairs to a file, the whole as JSON, and the text for people, from one run each."""
    out = tmp_path / "pairs.csv"
    arguments = ["compare", str(EVENTS), str(syria), "--near", "20", "--days", "3"]
    areas = [part for area in AREAS for part in ("--area", area)]
    human = CliRunner().invoke(app, [*arguments, *areas, "--out", str(out)])
    assert human.exit_code == 0, human.output
    assert '"more than 120 civilians"' in human.output and "what this cannot say" in human.output
    whole = json.loads(CliRunner().invoke(app, [*arguments, *areas, "--format", "json"]).output)
    assert whole["schema"] == "eventbook-comparison/1" and len(whole["totals"]) == 2
    assert list(pd.read_csv(out).columns)[:3] == ["ours_event_id", "theirs_event_id", "score"]


def test_an_area_that_is_not_there_is_told(syria):
    """Hama is spelled otherwise in another dataset: the nearest names help, a count of 0 does not."""
    result = CliRunner().invoke(
        app, ["compare", str(EVENTS), str(syria), "--area", "Hama Governorate"]
    )
    assert "Hamah Governorate" in str(result.exception)


def test_an_area_without_a_name_is_what_lies_near_the_point():
    """Where the other dataset has no such division, only what lies around the point may be counted."""
    ours = read_recognised(EVENTS)
    rows = ours.frame.filter(pl.col("event_id") == "SYR-2019-0001")
    there = pl.concat([rows] * 3).with_columns(
        event_id=pl.format("SYR-2019-{}", pl.int_range(9001, 9004)),
        admin1=pl.lit("elsewhere"),
        latitude=pl.col("latitude") + pl.Series([0.0, 0.17, 0.19]),
    )
    (total,) = compare_events(
        replace(ours, frame=rows), replace(ours, frame=there), near=20, days=0
    ).totals
    assert (total.area, total.counts["events"]) == ("20 km around the point", 2)


def test_without_an_area_the_places_own_division_is_counted(syria):
    """The default must be the area of the place, named, and never the whole file."""
    found = compare_events(read_recognised(EVENTS), read_recognised(syria), 20, 3)
    assert {t.area for t in found.totals} == {"Idlib Governorate"}


def test_the_page_shows_what_the_command_prints(syria, monkeypatch, tmp_path):
    """A worked example that is older than the code or the data is a wrong number in print."""
    text = (ROOT / "dataset/exchange.md").read_text(encoding="utf-8")
    block = text.split("<!-- worked example -->\n```\n$ ")[1].split("\n```")[0]
    command, shown = block.split("\n", 1)
    (tmp_path / syria.name).symlink_to(syria)
    (tmp_path / "dataset").symlink_to(ROOT / "dataset")
    monkeypatch.chdir(tmp_path)
    printed = CliRunner().invoke(app, shlex.split(command)[1:]).output
    assert shown.endswith("\n...")
    assert printed.startswith(shown.removesuffix("..."))
