"""The published files in the libraries that people open them with: pandas, polars, DuckDB."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime

import duckdb
import pandas as pd
import polars as pl
import pyarrow.parquet as pq
import pytest
from conftest import ROOT

from eventbook import dataset
from eventbook.dataset.tables.geojson import geojson
from eventbook.dataset.tables.write import write_parquet
from eventbook.validation import schema
from eventbook.validation.package.package import Package
from eventbook.validation.reading.typed import days_of_midnights

EVENTS = ROOT / "dataset" / "events.parquet"
FROM_MAY = ["SYR-2019-0003", "SYR-2019-0006"]
BOOK = Package(ROOT).book


def test_days_are_dates_in_pandas():
    """A day that pandas reads as an object has no .dt, and compares with no text."""
    events = pd.read_parquet(EVENTS)
    days = events["date_start"]
    assert str(days.dtype) == "datetime64[ms]"
    assert days.dt.year.unique().tolist() == [2019]
    for first in ("2019-05-01", pd.Timestamp("2019-05-01"), datetime(2019, 5, 1)):
        assert events.loc[days > first, "event_id"].tolist() == FROM_MAY
    months = events.resample("MS", on="date_start").size()
    assert months.tolist() == [5, 2]
    assert events.groupby(pd.Grouper(key="date_start", freq="MS")).size().equals(months)
    assert (events["date_end"] - days).dt.days.add(1).tolist() == events["days"].tolist()


def test_days_are_midnights_without_a_zone_elsewhere():
    """A day that a zone moves is another day."""
    assert str(pq.read_schema(EVENTS).field("date_start").type) == "timestamp[ms]"
    events = pl.read_parquet(EVENTS)
    assert events.schema["date_start"] == pl.Datetime("ms")
    assert events.filter(pl.col("date_start") > date(2019, 5, 1))["event_id"].to_list() == FROM_MAY
    assert days_of_midnights(events).schema["date_start"] == pl.Date
    found = duckdb.sql(
        f"SELECT event_id, date_start::DATE FROM '{EVENTS}' WHERE date_start > '2019-05-01' ORDER BY 1"
    ).fetchall()
    assert found == [(name, date(2019, 5, 13)) for name in FROM_MAY]


def test_a_time_of_day_is_no_day():
    """A column of times that is read as days says nothing of what it cut."""
    times = pl.DataFrame({"day": [datetime(2019, 5, 1)], "time": [datetime(2019, 5, 1, 14)]})
    assert days_of_midnights(times).schema == {"day": pl.Date, "time": pl.Datetime("us")}


def vague(tmp_path):
    """Write three events whose dead are words, and return the file."""
    table, path = BOOK.tables["events"], tmp_path / "events.parquet"
    words = pl.DataFrame({"fatalities_vague": ["few_or_several", "hundreds", None]})
    write_parquet(BOOK, table, words, "1.0.0", path)
    return path


def test_number_words_are_ordered(tmp_path):
    """Which events killed more than dozens is what one asks of dozens and hundreds."""
    path = vague(tmp_path)
    words = pd.read_parquet(path)["fatalities_vague"]
    assert (words > "dozens").tolist() == [False, True, False]
    assert words.max() == "hundreds" and list(words.cat.categories)[-1] == "thousands"
    frame = pl.read_parquet(path)
    more = frame.filter(pl.col("fatalities_vague") > "dozens")
    assert more["fatalities_vague"].to_list() == ["hundreds"]
    assert isinstance(frame.schema["fatalities_vague"], pl.Enum)
    assert duckdb.sql(f"SELECT count(fatalities_vague) FROM '{path}'").fetchall() == [(2,)]
    assert pq.read_schema(path).field("fatalities_vague").type.ordered
    assert dataset.load("events")["fatalities_vague"].cat.ordered


def test_a_list_without_an_order_has_none():
    """Battles are not less than Riots."""
    events = pd.read_parquet(EVENTS)
    assert not events["event_type"].cat.ordered
    with pytest.raises(TypeError, match="Unordered"):
        _ = events["event_type"] > "Battles"


def test_the_order_is_that_of_the_lowest_number():
    """An order of the list that is not the order of the numbers makes every comparison wrong."""
    lowest = list(BOOK.code_lists["vague_quantity"].look_up("low").values())
    assert lowest == sorted(lowest)


def test_what_pandas_reads_passes_the_schema():
    """A schema that refuses the published file is of no use to those who have the file only."""
    schema("events").validate(pd.read_parquet(EVENTS), lazy=True)


def test_the_first_ten_columns_tell_the_event():
    """What head() shows of a wide table is all that most people see of it."""
    events = pd.read_parquet(EVENTS)
    assert list(events.columns[:10]) == [
        *("event_id", "actor1", "sub_event_type", "actor2", "location", "country"),
        *("date_start", "date_end", "fatalities_low", "fatalities_best"),
    ]
    assert list(events.columns[-4:]) == ["source_ids", "document_id", "document_title", "notes"]


def test_precision_is_in_words_beside_its_number():
    """A bare 4 sends each reader to the codebook."""
    events = pd.read_parquet(EVENTS)
    first = events.loc[0, ["ucdp_where_prec", "location_precision", "date_precision"]].tolist()
    assert first == [4, "First-level division", "Month"]
    assert events.loc[0, "according_to"] == "the document itself"


def test_the_label_of_any_code_is_one_join_away():
    """Labels that only the codebook has are typed off it, with errors."""
    events, codes = pd.read_parquet(EVENTS), pd.read_csv(ROOT / "codebook" / "codes.csv")
    labels = codes[codes["variable"] == "inter1_code"].set_index("code")["label"]
    kinds = events["inter1_code"].astype(str).map(labels)
    assert kinds.dropna().tolist() == events["inter1"].dropna().tolist()
    of_events = codes[codes["table"] == "events"]
    coded = {v.name for v in BOOK.tables["events"].variables if v.codes}
    assert set(of_events["variable"]) == coded
    assert not codes[["table", "variable", "code", "label", "definition"]].isna().any(axis=None)
    found = duckdb.sql(
        f"""SELECT event_id, label FROM '{EVENTS}' JOIN '{ROOT}/codebook/codes.csv' AS codes
        ON codes.code = ucdp_date_prec::VARCHAR AND variable = 'ucdp_date_prec'
        WHERE event_id = 'SYR-2019-0003'"""
    ).fetchall()
    assert found == [("SYR-2019-0003", "Day")]


def test_points_are_geojson_with_how_exact_they_are():
    """A dot on a city for something in its province is a lie that a map repeats."""
    collection = json.loads((ROOT / "dataset" / "events.geojson").read_text(encoding="utf-8"))
    assert collection["type"] == "FeatureCollection" and collection["rows_without_point"] == 5
    first, second = collection["features"]
    assert first["id"] == "SYR-2019-0001" and second["id"] == "SYR-2019-0002"
    assert first["geometry"] == {"type": "Point", "coordinates": [36.63393, 35.93062]}
    assert {k: v for k, v in first["properties"].items() if k.startswith("point")} == {
        "point_precision": 4,
        "point_label": "First-level division",
        "point_extent": "division",
        "point_exact": False,
    }
    shown = {"date_start": "2019-04-28", "fatalities_low": 121, "fatalities_high": None}
    assert first["properties"].items() >= shown.items()


def test_a_place_itself_is_exact_and_a_book_without_precision_does_not_say():
    """Exact is what the book says, and no guess."""
    table = BOOK.tables["events"]
    rows = pl.read_csv(ROOT / "dataset" / "events.csv").head(1)
    at_site = rows.with_columns(ucdp_where_prec=1)
    feature = json.loads(geojson(BOOK, table, at_site))["features"][0]
    assert feature["properties"]["point_exact"] is True
    roles = replace(table.roles, point=replace(table.roles.point, precision=""))
    plain = replace(table, roles=roles)
    properties = json.loads(geojson(BOOK.with_table(plain), plain, rows))["features"][0]
    assert properties["properties"]["point_exact"] is None
    assert "point_precision" not in properties["properties"]


def test_rows_without_points_give_an_empty_collection():
    """A file that is no JSON where nothing has a point stops a map."""
    table = BOOK.tables["events"]
    rows = pl.read_csv(ROOT / "dataset" / "events.csv").with_columns(latitude=None)
    empty = json.loads(geojson(BOOK, table, rows))
    assert empty["features"] == [] and empty["rows_without_point"] == 7
