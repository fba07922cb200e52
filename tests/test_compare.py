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
from rapidfuzz import fuzz, utils
from typer.testing import CliRunner

from eventbook.codebook import load
from eventbook.dataset.cli.main import app
from eventbook.dataset.exchange import event_matching as matching
from eventbook.dataset.exchange.actor_likeness import ActorLikeness
from eventbook.dataset.exchange.compare import compare_events
from eventbook.dataset.exchange.comparison_report import comparison_text
from eventbook.dataset.exchange.known_table import read_recognised
from eventbook.dataset.exchange.totals import same_division
from eventbook.validation.errors import InputError

EVENTS = ROOT / "dataset" / "events.parquet"
SYRIA = ROOT.parent / "shared" / "data" / "ucdp_ged_syria_2016_2019.csv.gz"
AREAS = ["Idlib Governorate", "Hamah Governorate"]


@pytest.fixture
def syria():
    if not SYRIA.is_file():
        pytest.skip("the real GED file of Syria is not part of the project and not at hand")
    return SYRIA


SYRIA_YEAR = {"date_start": "2019-01-01", "date_end": "2019-12-28", "date_prec": "5"}
DAY = {"date_start": "2019-11-04", "date_end": "2019-11-04", "date_prec": "1"}
NEPAL = {"country": "Nepal", "country_id": "790", "iso": "524"}
AFGHANISTAN = {"country": "Afghanistan", "country_id": "700", "iso": "4"}


def others(path, book, *rows):
    """A file of another layout as read; a row has the cells that are not the book's examples."""
    variables = load(book).tables["events"].variables
    one = {v.name: str(v.example) for v in variables if v.derived is None}
    pd.DataFrame([one | row for row in rows]).to_csv(path, index=False)
    return read_recognised(path, book)


def table(rows):
    """Events by role, of (latitude, longitude, first day, days, actor 1, actor 2)."""
    first = date(2019, 5, 1)
    return pl.DataFrame(
        [
            {
                "latitude": lat,
                "longitude": lon,
                "start": first + timedelta(start),
                "end": first + timedelta(start + days - 1),
                "side1": one,
                "side2": two,
                "type": None,
                "subtype": None,
            }
            for lat, lon, start, days, one, two in rows
        ],
        schema_overrides={
            "type": pl.String,
            "subtype": pl.String,
            "side2": pl.String,
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


@pytest.mark.slow
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
    parts = [part.select("ours", "theirs") for part in matching.candidates(a, b, near, days)]
    found = set(pl.concat(parts).rows())
    assert len(found) == sum(part.height for part in parts)
    close, unsure = set(), set()
    for i, x in enumerate(a.iter_rows(named=True)):
        for j, y in enumerate(b.iter_rows(named=True)):
            gap = max((y["start"] - x["end"]).days, (x["start"] - y["end"]).days, 0)
            km = distance(x, y)
            if gap <= days and km <= near:
                close.add((i, j))
            if abs(km - near) < 1e-6 * max(near, 1):
                unsure.add((i, j))
    assert found - unsure == close - unsure


def distance(x, y):
    """The great circle by the spherical law of cosines in vectors: another formula than ours."""
    points = []
    for row in (x, y):
        lat, lon = np.radians(row["latitude"]), np.radians(row["longitude"])
        points.append([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
    one, two = np.array(points)
    angle = np.arctan2(np.linalg.norm(np.cross(one, two)), np.dot(one, two))
    return float(angle) * matching.EARTH


def named(*pairs):
    """Events by role with these names of sides."""
    return pl.DataFrame(pairs, schema={"side1": pl.String, "side2": pl.String}, orient="row")


NAMES = st.none() | st.sampled_from(
    ["Rebels", "REBELS!", "Army of Syria", "Syria: the army", "Islamic State", "", "...", "جيش"]
)
EVENTS_NAMED = st.lists(st.tuples(NAMES, NAMES), min_size=1, max_size=6)


@given(ours=EVENTS_NAMED, theirs=EVENTS_NAMED)
def test_names_that_meet_are_as_alike_as_all_names_compared_one_by_one(ours, theirs):
    """An index of names by number gives one event another one's actor, or a nameless one any."""

    def mean(*sides):
        likes = [
            fuzz.token_set_ratio(one, two, processor=utils.default_process) / 100
            if one is not None and two is not None
            else 0
            for one, two in sides
            if one is not None or two is not None
        ]
        return sum(likes) / len(likes) if likes else np.nan

    all_named = all(
        any(name is not None for row in rows for name in row) for rows in (ours, theirs)
    )
    expected = [
        max(mean((a, c), (b, d)), mean((a, d), (b, c))) if all_named else np.nan
        for a, b in ours
        for c, d in theirs
    ]
    a, b = np.divmod(np.arange(len(ours) * len(theirs)), len(theirs))
    found = ActorLikeness(named(*ours), named(*theirs))(a, b)
    assert found == pytest.approx(expected, abs=1e-6, nan_ok=True)


def test_only_names_that_meet_are_compared(monkeypatch):
    """All names with all names of two files of 30,000 events would be 100 GB of likenesses."""
    compared = []
    monkeypatch.setattr(
        "rapidfuzz.process.cpdist",
        lambda one, two, **_: compared.extend(zip(one, two, strict=True)) or np.ones(len(one)),
    )
    far = [(35.0 + n / 2, 36.0, 0, 1, f"Army {n}", f"Rebels {n}") for n in range(50)]
    assert matching.match_events(table(far), table(far), 20, 3, 0.5).height == 50
    numbers = {one.split()[1] == two.split()[1] for one, two in compared}
    assert numbers == {True} and len(compared) == len(set(compared)) * 2 == 50 * 4 * 2


@given(
    ours=st.lists(SPOTS, min_size=1, max_size=8),
    theirs=st.lists(SPOTS, min_size=1, max_size=8),
    at_once=st.integers(1, 20),
)
def test_the_pairs_do_not_depend_on_how_many_are_scored_at_a_time(ours, theirs, at_once):
    """A block that begins a row late loses a pair; one that begins early has it twice."""
    near = [[(lat / 900, lon / 1800, *rest) for lat, lon, *rest in rows] for rows in (ours, theirs)]
    a, b = table(near[0]), table(near[1])
    whole = matching.match_events(a, b, 20, 3, 0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(matching, "AT_ONCE", at_once)
        assert matching.match_events(a, b, 20, 3, 0).equals(whole)


def test_more_pairs_than_can_be_assigned_are_refused(monkeypatch):
    """A hundred thousand events of one day and one place would take all memory for hours."""
    monkeypatch.setattr(matching, "MOST", 8)
    one = table([(35.0, 36.0, 0, 1, "Army", "Rebels")] * 3)
    with pytest.raises(InputError, match="smaller --near or --days"):
        matching.match_events(one, one, 20, 3, 0.5)


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


def test_the_likelier_event_is_chosen_with_reasons():
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
    single = known.frame.filter(pl.col("event_clarity") != 2)
    days = (single["date_end"] - single["date_start"]).dt.total_days() + 1
    matched = single.filter((days <= 31) & (single["where_prec"] <= 4))
    assert found.unmatched.is_empty()
    assert found.matches["ours_id"].to_list() == matched["id"].cast(pl.String).to_list()
    assert (found.matches["ours_id"] == found.matches["theirs_id"]).all()
    assert (found.matches["score"] == 1).all()
    assert len(found.totals) == known.frame.height - single.height


def test_the_worked_example_is_what_pandas_counts(syria):
    """The number in the read-me must be what anybody can count from the file."""
    ged = pd.read_csv(syria, low_memory=False)
    here = ged[ged.adm_1.isin(AREAS)]
    first, last = here.date_start.str[:10], here.date_end.str[:10]
    inside = here[(first >= "2019-04-28") & (last <= "2019-05-15")]
    partly = here[(first <= "2019-05-15") & (last >= "2019-04-28")].index.difference(inside.index)
    found = compare_events(read_recognised(EVENTS), read_recognised(syria), 20, 3, AREAS)
    total = next(t for t in found.totals if t.ours["id"] == "SYR-2019-0001")
    assert total.counts == {
        "events": len(inside),
        "unreported": 0,
        "low": inside.low.sum(),
        "best": inside.best.sum(),
        "high": inside.high.sum(),
        "dead1": inside.deaths_a.sum(),
        "dead2": inside.deaths_b.sum(),
        "civilians": inside.deaths_civilians.sum(),
        "unknown": inside.deaths_unknown.sum(),
    }
    assert any(f"{len(partly)} event" in limit for limit in total.limits)
    assert sum(p["events"] for p in total.pairs) == len(inside)


def test_the_command_prints_and_writes(syria, tmp_path):
    """Pairs to a file, the whole as JSON, and the text for people, from one run each."""
    out = tmp_path / "pairs.csv"
    arguments = ["compare", str(EVENTS), str(syria), "--near", "20", "--days", "3"]
    areas = [part for area in AREAS for part in ("--area", area)]
    human = CliRunner().invoke(app, [*arguments, *areas, "--out", str(out)])
    assert human.exit_code == 0, human.output
    assert (
        '"more than 120 civilians"' in human.output and "limits of this comparison" in human.output
    )
    whole = json.loads(CliRunner().invoke(app, [*arguments, *areas, "--format", "json"]).output)
    assert whole["schema"] == "eventbook-comparison/1" and len(whole["totals"]) == 2
    assert list(pd.read_csv(out).columns)[:3] == ["ours_event_id", "theirs_event_id", "score"]


def test_an_unknown_area_is_an_error(syria):
    """Hama is spelled otherwise in another dataset: the nearest names help, a count of 0 does not."""
    result = CliRunner().invoke(
        app, ["compare", str(EVENTS), str(syria), "--area", "Hama Governorate"]
    )
    assert "Hamah Governorate" in str(result.exception)


def test_an_area_without_a_name_is_around_the_point():
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


@pytest.mark.slow
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


@pytest.mark.parametrize(
    "summary",
    [
        SYRIA_YEAR,
        SYRIA_YEAR | {"event_clarity": "2"},
        DAY | {"event_clarity": "2"},
        DAY | {"where_prec": "6"},
        DAY | {"where_prec": "5"},
    ],
)
@pytest.mark.parametrize("turned", [False, True])
def test_a_summary_is_no_partner_of_an_event(tmp_path, summary, turned):
    """A year's or a country's summary shares a day and a point with any event of that country."""
    one = others(tmp_path / "day.csv", "ucdp-ged", DAY)
    two = others(tmp_path / "summary.csv", "ucdp-ged", summary)
    found = compare_events(*((two, one) if turned else (one, two)), 20, 3, least=0)
    assert found.matches.is_empty()
    assert compare_events(one, one, 20, 3).matches["score"].to_list() == [1]


def test_an_event_of_a_week_is_less_like_its_day_than_the_day_is(tmp_path):
    """A day in common is not enough: an event known to the week may be of any of its days."""
    week = {"date_start": "2019-11-01", "date_end": "2019-11-07", "date_prec": "3"}
    ours = others(tmp_path / "ours.csv", "ucdp-ged", DAY)
    theirs = others(tmp_path / "theirs.csv", "ucdp-ged", {**week, "id": "1"}, {**DAY, "id": "2"})
    (pair,) = compare_events(ours, theirs, 20, 3).matches.to_dicts()
    assert (pair["theirs_id"], pair["time"]) == ("2", 1)
    alone = replace(theirs, frame=theirs.frame.head(1))
    (pair,) = compare_events(ours, alone, 20, 3).matches.to_dicts()
    assert (pair["theirs_id"], pair["time"]) == ("1", pytest.approx(1 / 7, abs=0.001))


def test_of_equal_pairs_the_one_with_the_same_id_is_taken(tmp_path):
    """Two releases of one dataset: events of one day and place must find themselves."""
    ours = others(tmp_path / "ours.csv", "ucdp-ged", *({**DAY, "id": str(n)} for n in range(1, 9)))
    turned = replace(ours, frame=ours.frame.reverse())
    pairs = compare_events(ours, turned, 20, 3).matches
    assert pairs["ours_id"].to_list() == pairs["theirs_id"].to_list()


def test_ids_are_shown_as_the_files_have_them(tmp_path):
    """An id of our own making, such as COD-0000-25768, is in neither file."""
    ours = others(tmp_path / "ours.csv", "ucdp-ged", DAY | {"id": "209980"})
    days = {"event_date": "2019-11-04", "year": "2019", "civilian_targeting": ""}
    theirs = others(tmp_path / "theirs.csv", "acled", days | {"event_id_cnty": "DRC25768"})
    point = ours.frame.select("latitude", "longitude").row(0)
    theirs = replace(theirs, frame=theirs.frame.with_columns(latitude=point[0], longitude=point[1]))
    found = compare_events(ours, theirs, 20, 3, least=0)
    (pair,) = found.matches.to_dicts()
    assert (pair["ours_id"], pair["theirs_id"]) == ("209980", "DRC25768")
    assert "209980 = DRC25768" in comparison_text(found)
    far = compare_events(ours, replace(theirs, frame=theirs.frame.clear()), 20, 3)
    assert far.unmatched["id"].to_list() == ["209980"]
    assert "no event in this country" in comparison_text(far)


def total_of(tmp_path, row, *rows, book="ucdp-ged", areas=None):
    """Our one total, counted in the rows of another file."""
    period = {"event_clarity": "2", "date_start": "2019-05-01", "date_end": "2019-05-20"}
    ours = others(tmp_path / "ours.csv", "ucdp-ged", {**period, **row})
    found = compare_events(ours, others(tmp_path / "theirs.csv", book, *rows), 20, 3, areas)
    (total,) = found.totals
    return total, comparison_text(found)


HELMAND = AFGHANISTAN | {"adm_1": "Helmand province", "latitude": "31", "longitude": "64"}


@pytest.mark.parametrize("areas", [None, ["Province 1"]])
def test_another_countrys_dead_are_not_counted(tmp_path, areas):
    """Helmand province was mistaken for Province 1 of Nepal, because both names have the word."""
    nepal = {"admin1": "Province 1", "event_date": "2019-05-10", "fatalities": "9"}
    row, both = HELMAND, ({**nepal, **NEPAL}, {**nepal, **AFGHANISTAN, "admin1": "Kabul"})
    total, text = total_of(
        tmp_path, row, *both[: 1 if areas is None else 2], book="acled", areas=areas
    )
    assert total.counts["events"] == 0 and total.counts["low"] is None
    assert total.uncovered
    assert "9" not in text.split("not counted: ")[1]


def test_a_division_of_the_own_country_is_counted(tmp_path):
    """The same name, with or without the word province, in the same country and no other."""
    day = {"event_date": "2019-05-10", "fatalities": "9", "admin1": "Helmand"}
    rows = [{**day, **AFGHANISTAN}, {**day, **NEPAL}, {**day, **AFGHANISTAN, "admin1": "Kabul"}]
    total, _ = total_of(tmp_path, HELMAND, *rows, book="acled")
    assert (total.area, total.counts["events"]) == ("Helmand", 1)
    assert total.counts["low"] == 9 and total.counts["best"] is None


def test_around_a_point_the_neighbour_is_not_counted(tmp_path):
    """A point at a border has another country's events within its kilometres."""
    day = {"event_date": "2019-05-10", "admin1": "Nimruz", "latitude": "31", "longitude": "64"}
    rows = [{**day, **AFGHANISTAN}, {**day, **NEPAL, "admin1": "Province 1"}]
    total, _ = total_of(tmp_path, HELMAND, *rows, book="acled")
    assert (total.area, total.counts["events"]) == ("20 km around the point", 1)
    assert any("no division Helmand province in AFG" in limit for limit in total.limits)


def test_a_total_of_a_country_is_counted_over_the_country(tmp_path):
    """The point of a country lies somewhere in its middle: the kilometres around it are nowhere."""
    row = AFGHANISTAN | {"where_prec": "6", "adm_1": "", "latitude": "34", "longitude": "66"}
    rows = [AFGHANISTAN | DAY | {"date_start": "2019-05-04", "date_end": "2019-05-04"}, NEPAL]
    total, _ = total_of(tmp_path, row, *rows)
    assert (total.area, total.counts["events"]) == ("AFG", 1)


@pytest.mark.parametrize(
    ("days", "covered", "says"),
    [
        (("2020-01-01", "2020-12-31"), False, "it may not cover these days"),
        (("2019-05-10", "2019-12-31"), True, "it may cover only a part of these days"),
        (("2019-01-01", "2019-12-31"), True, ""),
    ],
)
def test_days_that_the_other_file_does_not_cover_are_reported(tmp_path, days, covered, says):
    """0 events of a year that the other file has not is no 0."""
    rows = [HELMAND | {"date_start": d, "date_end": d, "id": str(n)} for n, d in enumerate(days)]
    total, text = total_of(tmp_path, HELMAND, *rows)
    assert bool(total.uncovered) is not covered
    assert says in text and ("may" in text or not says)
    assert ("they count in Helmand province" in text) is covered


@pytest.mark.parametrize("number", [0, 1, 2])
def test_no_event_gives_no_number(tmp_path, number):
    """Where the other file has one row, a number that nobody reports became 0."""
    rows = [HELMAND | {"id": str(n), "latitude": "20", "date_start": "2019-05-01",
                       "date_end": "2019-06-30"} for n in range(number + 1)]  # fmt: skip
    total, _ = total_of(tmp_path, HELMAND, *rows)
    assert total.counts == dict.fromkeys(total.counts) | {"events": 0, "unreported": 0}


def test_many_totals_are_cut_short_on_the_screen(tmp_path):
    """7,302 lines of totals hide the pairs."""
    rows = [HELMAND | {"event_clarity": "2", "id": str(n)} for n in range(12)]
    ours = others(tmp_path / "ours.csv", "ucdp-ged", *rows)
    found = compare_events(ours, ours, 20, 3)
    assert len(found.totals) == 12
    text = comparison_text(found)
    assert text.count("they count in") == 10
    assert text.endswith("... and 2 more totals; --format json has all")


@pytest.mark.parametrize(
    ("name", "divisions", "same"),
    [
        ("Idlib", ["Idlib Governorate", "Hamah Governorate"], "Idlib Governorate"),
        ("IDLIB Governorate", ["Idlib"], "Idlib"),
        ("Québec", ["Quebec"], "Quebec"),
        ("Nord-Kivu province", ["Nord Kivu", "Sud Kivu"], "Nord Kivu"),
        ("North Kivu", ["South Kivu"], None),
        ("Eastern Equatoria", ["Western Equatoria"], None),
        ("Karnali province", ["Province 1"], None),
        ("Province 1", ["Province 2"], None),
        ("Province", ["Province 1"], None),
        ("Moscow", ["Moscow oblast", "Moscow region"], None),
        ("Moscow", ["Moscow oblast", "Moscow"], "Moscow"),
        ("حلب", ["إدلب"], None),
    ],
)
def test_the_same_division_is_the_same_name(name, divisions, same):
    """A name that is only similar is another place, and its dead are others."""
    assert same_division(name, divisions) == same
