"""The features of a GeoJSON file that a stranger made, read a line at a time."""

from __future__ import annotations

import json

import polars as pl
import pytest
from conftest import ROOT
from hypothesis import given
from hypothesis import strategies as st

from eventbook.codebook import load
from eventbook.dataset.releases import features
from eventbook.dataset.releases.features import read_features
from eventbook.dataset.releases.problem import Unsound
from eventbook.dataset.tables.geojson import geojson, has_rows

BOOK = load("eventbook")
TABLE = BOOK.tables["events"]
ROWS = pl.DataFrame(
    {
        "event_id": ["SYR-2019-0001", "SYR-2019-0002"],
        "latitude": [35.5, 36.0],
        "longitude": [36.5, 37.0],
    }
).with_columns(
    pl.lit(None).alias(name) for name in TABLE.names if "tude" not in name and name != "event_id"
)


def written(tmp_path, text):
    path = tmp_path / "events.geojson"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("rows", [ROWS, ROWS.head(1), ROWS.head(0)])
def test_what_is_written_is_read_a_line_at_a_time(rows, tmp_path, monkeypatch):
    """A map that is too large to be read at once was refused."""
    monkeypatch.setattr(features, "MOST_BYTES_AT_ONCE", 10)
    text = geojson(BOOK, TABLE, rows)
    found = list(read_features(written(tmp_path, text), "events.geojson"))
    assert found == json.loads(text)["features"] and len(found) == rows.height
    assert has_rows(TABLE, rows, found)


def test_a_file_of_another_program_is_read_at_once(tmp_path, monkeypatch):
    """A map that was saved again, indented, is the same map."""
    text = json.dumps(json.loads(geojson(BOOK, TABLE, ROWS)), indent=1)
    path = written(tmp_path, text)
    assert has_rows(TABLE, ROWS, read_features(path, "events.geojson"))
    monkeypatch.setattr(features, "MOST_BYTES_AT_ONCE", 10)
    with pytest.raises(Unsound, match="Larger than 10 bytes"):
        list(read_features(path, "events.geojson"))


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ("\n]}\n", "\n", "json-damaged"),
        ("\n]}\n", "", "json-damaged"),
        ("\n]}\n", ",\n]}\n", "json-damaged"),
        ("\n]}\n", "\n]}\n{}", "json-damaged"),
        ("\n]}\n", "\n]}\n" + " " * features.MOST_BYTES_OF_JSON + "{}", "json-damaged"),
        (",\n", ",\f\n", "json-damaged"),
        ("\n]}\n", '\n], "features": []}\n', "json-damaged"),
        ('{"type": "Feature", ', "", "json-damaged"),
        ('"type": "Feature", ', '"type": NaN, ', "json-nan"),
        ('"type": "Feature", ', '"type": "Feature", "type": 1, ', "json-repeated-key"),
        ('"name": "events"', '"features": []', "json-repeated-key"),
        ('"type": "Feature", ', f'"type": {"[" * 70}{"]" * 70}, ', "json-depth"),
        ('"features"', '"none"', "content-hash"),
        ('"features": [', '"features": 5, "x": [', "content-hash"),
    ],
)
def test_a_damaged_file_is_refused(old, new, rule, tmp_path):
    """Whoever reads a file a line at a time may take what no other reader takes."""
    text = geojson(BOOK, TABLE, ROWS)
    assert old in text
    with pytest.raises(Unsound) as raised:
        list(read_features(written(tmp_path, text.replace(old, new, 1)), "events.geojson"))
    assert raised.value.problem.rule == rule


def test_other_bytes_are_refused(tmp_path):
    """A sign of another encoding in one of a million lines."""
    path = tmp_path / "events.geojson"
    path.write_bytes(geojson(BOOK, TABLE, ROWS).replace("SYR", "SÝR").encode("latin-1"))
    with pytest.raises(Unsound, match="Not UTF-8"):
        list(read_features(path, "events.geojson"))


@given(cut=st.integers(0, 400))
def test_a_cut_file_is_refused(cut, tmp_path_factory):
    """A download that broke off has fewer points, and looks like a whole file."""
    text = geojson(BOOK, TABLE, ROWS)[: -2 - cut]
    path = written(tmp_path_factory.mktemp("cut"), text)
    with pytest.raises(Unsound):
        list(read_features(path, "events.geojson"))


@pytest.mark.parametrize("rows", [ROWS.head(1), pl.concat([ROWS, ROWS])])
def test_a_row_more_or_less_is_another_map(rows):
    """A map that lacks the last event was taken for the whole."""
    found = json.loads(geojson(BOOK, TABLE, rows))["features"]
    assert not has_rows(TABLE, ROWS, found)


def test_the_published_map_is_read():
    """The file that everybody downloads."""
    path = ROOT / "dataset" / "events.geojson"
    whole = json.loads(path.read_text(encoding="utf-8"))
    assert list(read_features(path, "events.geojson")) == whole["features"]
