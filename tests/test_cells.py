"""Cells become values: in every container alike, and what is not understood is a finding.

Nothing is silently empty, rounded, shifted or cut. Each test has the right value beside the form in
which a program writes it.
"""

from __future__ import annotations

import csv
import gzip
import zipfile
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import pandas as pd
import pandera.errors
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import ROOT
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eventbook.codebook import load
from eventbook.dataset import read as read_pandas
from eventbook.validation import check, check_large, schema
from eventbook.validation.engines.found import as_text
from eventbook.validation.reading import batches
from eventbook.validation.reading.frames import from_frame
from eventbook.validation.reading.parsing import MISSING_WORDS, parse
from eventbook.validation.reading.read import read
from eventbook.validation.reading.source import LINE, Source

ACLED, GED, OURS = (load(name) for name in ("acled", "ucdp-ged", "eventbook"))
DAY = date(2019, 5, 13)
DAYS = [
    "2019-05-13",
    "2019-05-13 00:00",
    "2019-05-13 00:00:00",
    "2019-05-13 00:00:00.000",
    "2019-05-13T00:00:00",
    "2019-05-13T00:00:00.000000",
    "2019-05-13T00:00:00Z",
    "2019-05-13T00:00:00+00:00",
    "2019-05-13 00:00:00+03",
    "2019-05-13 00:00:00 +0300",
]


def typed(book, column, cells):
    """The values that cells of a column of events become, and the rows that are unreadable."""
    frame = cells if isinstance(cells, pl.DataFrame) else pl.DataFrame({column: cells})
    source = Source("x", frame.with_row_index(LINE).cast({LINE: pl.Int64}))
    parsed = parse(source, book.tables["events"], book)
    bad = parsed.unreadable.get(column)
    return parsed.frame[column].to_list(), [] if bad is None else bad.arg_true().to_list()


def findings(data, column, book):
    return [
        (f.rule, f.line, f.value, f.message)
        for f in check(data, "events", book)
        if f.column == column and f.rule not in ("missing-column", "required")
    ]


# Days


@pytest.mark.parametrize("book", [ACLED, GED, OURS], ids=lambda b: b.name)
def test_midnight_in_any_form_is_a_day(book):
    """UCDP writes 00:00:00.000 behind each day: every row had two false errors and lost its days."""
    column = "event_date" if book is ACLED else "date_start"
    assert typed(book, column, DAYS) == ([DAY] * len(DAYS), [])


@pytest.mark.parametrize(
    ("written", "likely"),
    [
        ("31-12-19", "DD-MM-YY"),
        ("04/28/19", "MM/DD/YY"),
        ("28/04/2019", "DD/MM/YYYY"),
        ("4/28/2019", "MM/DD/YYYY"),
        ("03/04/2019", "DD/MM/YYYY or MM/DD/YYYY"),
        ("28.04.2019", "DD.MM.YYYY"),
        ("2019/04/28", "YYYY/MM/DD"),
        ("20190428", "YYYYMMDD"),
        ("43583", "a day number of Excel, 2019-04-28"),
        ("2019-04-28 23:59:00", "a day with a time of day"),
        ("2019", "a year"),
        ("2019-04", "a month"),
        ("1556409600", "seconds or milliseconds since 1970"),
        ("May 13, 2019", "a day with the name of its month"),
        ("99-12-31", "YY-MM-DD"),
    ],
)
@pytest.mark.parametrize("book", [ACLED, OURS], ids=lambda b: b.name)
def test_what_is_no_day_is_shown_with_its_likely_form(book, written, likely):
    """31-12-19 was read as a day of the year 31, and went on into files that cannot be opened."""
    column = "event_date" if book is ACLED else "date_start"
    found = findings(pl.DataFrame({column: ["2019-05-13", written]}), column, book)
    assert found == [("type", 2, written, f"Not a date; looks like {likely}.")]


@pytest.mark.parametrize(
    ("written", "rule"),
    [
        ("0016-10-07", "minimum"),
        ("1066-10-14", "minimum"),
        ("2916-10-07", "maximum"),
        ("2019-02-30", "type"),
        ("no day", "type"),
    ],
)
@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_no_day_outside_the_limits_of_the_book_reaches_a_file(tmp_path, written, rule, form):
    """An export had the year 0016: the converted file could not be opened by pandas at all."""
    one = {v.name: str(v.example) for v in ACLED.tables["events"].variables}
    one = {n: v for n, v in one.items() if n in ACLED.tables["events"].layout}
    frame = pl.DataFrame([one, one | {"event_id_cnty": "SYR2", "event_date": written}])
    if form == "parquet" and rule != "type":
        frame = frame.with_columns(pl.col("event_date").str.to_date())
    path = tmp_path / f"acled.{form}"
    getattr(frame, f"write_{form}")(path)
    (found,) = findings(path, "event_date", ACLED)
    assert found[0] == rule and found[2] == written
    out = tmp_path / "out.parquet"
    check_large(path, ACLED, "events", out)
    assert pd.read_parquet(out)["event_date"].isna().tolist() == [False, True]
    with pytest.warns(UserWarning, match="event_date"):
        assert read_pandas(path)["event_date"].isna().tolist() == [False, True]


def test_a_book_without_limits_keeps_the_days_that_can_be_stored():
    """A day of the year 16 in a column without limits ends in a traceback of pandas."""
    retired = OURS.tables["retired"]
    variables = [
        replace(v, minimum=None, maximum=None) if v.name == "retired_on" else v
        for v in retired.variables
    ]
    tables = {**OURS.tables, "retired": replace(retired, variables=tuple(variables))}
    cells = ["2019-05-13", "0016-10-07", "9999-12-31"]
    found = check(pl.DataFrame({"retired_on": cells}), "retired", replace(OURS, tables=tables))
    wrong = [(f.line, f.rule, f.message) for f in found if f.column == "retired_on"]
    says = "Not a date from 1678-01-01 to 2261-12-31."
    assert wrong == [(2, "type", says), (3, "type", says)]


def test_a_day_with_a_zone_keeps_its_local_day():
    """Read in UTC, every day of Damascus is the day before."""
    local = pl.Series([datetime(2019, 5, 13)]).dt.replace_time_zone("Asia/Damascus")
    assert typed(ACLED, "event_date", pl.DataFrame({"event_date": local})) == ([DAY], [])
    utc = local.dt.convert_time_zone("UTC")
    assert typed(ACLED, "event_date", pl.DataFrame({"event_date": utc})) == ([None], [0])
    frame = pl.DataFrame({"event_date": local}).to_pandas()
    assert findings(frame, "event_date", ACLED) == []
    late = frame.assign(event_date=frame["event_date"] + timedelta(hours=23, minutes=59))
    ((rule, line, _, message),) = findings(late, "event_date", ACLED)
    assert (rule, line) == ("type", 1) and "time of day" in message


@pytest.mark.parametrize("cells", [[20190513], [18029.0], [True], [timedelta(days=1)], [[DAY]]])
def test_a_number_is_no_day(cells):
    """Cast to a date, 20190513 is a day of the year 57,249."""
    assert typed(ACLED, "event_date", cells) == ([None], [0])


# Numbers


@pytest.mark.parametrize(
    ("cells", "values", "bad"),
    [
        (["652.0", "-3.00", "7"], [652, -3, 7], []),
        (["2.5", "1e3", "12o", "1,234"], [None] * 4, [0, 1, 2, 3]),
        ([2.5, 2.0, float("inf"), 1e30], [None, 2, None, None], [0, 2, 3]),
        ([Decimal("121.6"), Decimal("121.0")], [None, 121], [0]),
        ([True, False], [None, None], [0, 1]),
        (["TRUE", "FALSE"], [None, None], [0, 1]),
        ([date(2019, 5, 13)], [None], [0]),
        ([[2], [3]], [None, None], [0, 1]),
    ],
)
def test_whole_numbers(cells, values, bad):
    """121.6 deaths became 121 without a word, in every typed file."""
    assert typed(ACLED, "fatalities", cells) == (values, bad)


@pytest.mark.parametrize(
    ("cells", "values", "bad"),
    [
        (["35.5", "1e2", "inf", "x"], [35.5, 100.0, None, None], [2, 3]),
        ([35.5, float("inf")], [35.5, None], [1]),
        ([Decimal("35.5")], [35.5], []),
        ([True], [None], [0]),
        ([36], [36.0], []),
    ],
)
def test_numbers(cells, values, bad):
    """A latitude of infinity passes every comparison with a bound but one."""
    assert typed(ACLED, "latitude", cells) == (values, bad)


def test_a_way_of_missing_is_one_in_every_form():
    """-1 sources, written -1.0 by a program that has only floats, are not a number below 0."""
    for cells in (["-1", "-1.0", "3.0"], [-1, -1, 3], [-1.0, -1.0, 3.0]):
        assert typed(GED, "number_of_sources", cells) == ([None, None, 3], [])
    assert typed(ACLED, "inter2", ["0", "0.0", "7.0", "Civilians"]) == ([None, None, 7, 7], [])


@pytest.mark.parametrize("cells", [["TRUE", "FALSE", "1"], ["true", "False", "1.0"]])
def test_true_and_false_are_1_and_0_where_nothing_else_can_be(cells):
    """R's file of GED has active_year as TRUE and FALSE: 7,374 false errors."""
    assert typed(GED, "active_year", cells) == ([1, 0, 1], [])
    assert typed(GED, "active_year", [True, False, None]) == ([1, 0, None], [])
    ((rule, line, value, message),) = findings(
        pl.DataFrame({"active_year": cells}), "active_year", GED
    )
    assert (rule, line, value) == ("logical", 1, cells[0]) and message.startswith("2 cells")


# Text, and missing values


@pytest.mark.parametrize("word", MISSING_WORDS)
def test_words_that_others_read_as_missing(tmp_path, word):
    """NA of R became an actor; in a column of numbers each NA was an error of its own."""
    path = tmp_path / "words.csv"
    path.write_text(f"a,b\n{word},1\n")
    assert word == "NaT" or pd.read_csv(path)["a"].isna().all()
    frame = pl.DataFrame(
        {
            "actor2": [word, "Civilians", word],
            "fatalities": [word, "3", "4"],
            "event_date": [word, word, "2019-05-13"],
            "civilian_targeting": [word, "Civilians targeted", None],
            "inter2": [word, "7", word],
        }
    )
    found = {
        (f.column, f.rule, f.severity, f.line, f.message.split(" cell")[0])
        for f in check(frame, "events", ACLED)
        if f.rule not in ("missing-column", "required")
    }
    assert found == {
        ("actor2", "looks-missing", "warning", 1, "2"),
        ("fatalities", "missing-word", "note", 1, "1"),
        ("event_date", "missing-word", "note", 1, "2"),
        ("civilian_targeting", "missing-word", "note", 1, "1"),
        ("inter2", "missing-word", "note", 1, "2"),
    }


def test_a_code_or_label_that_is_such_a_word_stays_one():
    """NA is Namibia's code: a reader that knows better than the list makes a country disappear."""
    codes = ACLED.code_lists["civilian_targeting"]
    namibia = replace(codes.codes[0], code="NA", label="Namibia")
    lists = {**ACLED.code_lists, "civilian_targeting": replace(codes, codes=(namibia,))}
    book = replace(ACLED, code_lists=lists)
    assert typed(book, "civilian_targeting", ["NA", "null"]) == (["NA", None], [])


def test_doubtful_text_breaks_no_other_rule():
    """A second actor NA beside no second type of actor: one finding for the column, not one a row."""
    one = {v.name: str(v.example) for v in ACLED.tables["events"].variables}
    one = {n: v for n, v in one.items() if n in ACLED.tables["events"].layout}
    one |= {"civilian_targeting": "NA", "actor2": "NA", "inter2": "NA"}
    one |= {"interaction": f"{one['inter1']} only"}
    found = {(f.rule, f.column) for f in check(pl.DataFrame([one]))}
    assert found == {
        ("missing-word", "civilian_targeting"),
        ("missing-word", "inter2"),
        ("looks-missing", "actor2"),
    }


def test_words_in_our_own_tables_are_warned_about(copy, sheet):
    """pandas reads the published CSV as missing, and the Parquet file not."""
    events = sheet("events")
    events.rows[0]["notes"] = events.rows[2]["notes"] = "None"
    events.save()
    (found,) = copy.check().report
    assert (found.rule, found.severity, found.line) == ("looks-missing", "warning", 2)
    assert found.message.startswith("2 cells say None")


def test_empty_text_in_typed_files_is_missing(tmp_path):
    """ACLED's API gives empty texts: the same rows had other findings as Parquet than as CSV."""
    api = pl.DataFrame(
        {
            "event_id_cnty": ["SYR1", "SYR2"],
            "actor2": ["", "A"],
            "inter2": ["", "7"],
            "country": ["", "Syria"],
            "civilian_targeting": ["", ""],
        }
    )
    api.write_csv(tmp_path / "api.csv")
    api.write_parquet(tmp_path / "api.parquet")
    expected = [
        (f.rule, f.line - 1, f.column) for f in check(tmp_path / "api.csv", "events", ACLED)
    ]
    assert ("required", 1, "country") in expected
    for data in (tmp_path / "api.parquet", api, api.to_pandas()):
        found = check(data, "events", ACLED)
        about = [(f.rule, f.line, f.column) for f in found if f.line and f.rule != "missing-column"]
        assert about == [w for w in expected if w[0] != "missing-column"]


def test_numbers_in_a_column_of_text_are_written_as_in_csv():
    """An id of 652 that is 652.0 in a frame is another id."""
    assert typed(ACLED, "actor2", [652.0, 2.5, None]) == (["652", "2.5", None], [])
    assert typed(ACLED, "actor2", [datetime(2019, 5, 13)]) == (["2019-05-13"], [])


# Frames


@pytest.mark.parametrize(
    ("column", "cells", "expected"),
    [
        ("fatalities", [3, "several", 4], [("type", 2, "several")]),
        ("actor2", ["A", 12, None], []),
        ("event_date", [DAY, "unknown", DAY], [("type", 2, "unknown")]),
        ("event_date", [pd.Timestamp(DAY), "2019-05-13", None], []),
        (
            "actor2",
            ["A", ["B", "C"], {"D": 1}],
            [("type", 2, "['B', 'C']"), ("type", 3, "{'D': 1}")],
        ),
        ("actor2", [["B"], None, ["C", "D"]], [("type", 1, '["B"]'), ("type", 3, '["C","D"]')]),
        ("actor2", [{"a": 1}, {"a": 2}, None], [("type", 1, '{"a":1}'), ("type", 2, '{"a":2}')]),
        ("fatalities", [3, [4], "5"], [("type", 2, "[4]")]),
    ],
)
def test_frames_of_mixed_cells(column, cells, expected):
    """One word in a column of numbers raised an error of pyarrow that named no column and no row."""
    frame = pd.DataFrame({column: pd.Series(cells, dtype=object)})
    assert [f[:3] for f in findings(frame, column, ACLED)] == expected
    assert [f[:3] for f in findings(frame.set_index(frame.index + 7), column, ACLED)] == expected


DAY, NIGHT = date(2019, 5, 13), datetime(2019, 5, 13, 23, 30)


@pytest.mark.parametrize("category", [False, True])
@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ([DAY, 5], [("type", 2, "5")]),
        ([DAY, None, 43598.5], [("type", 3, "43598.5")]),
        ([DAY, 2**30], [("type", 2, "1073741824")]),
        ([DAY, NIGHT], [("type", 2, "2019-05-13 23:30:00")]),
        ([NIGHT, 17], [("type", 1, "2019-05-13 23:30:00"), ("type", 2, "17")]),
        ([DAY, None, pd.NaT], []),
    ],
)
def test_days_mixed_with_other_cells(cells, expected, category):
    """Arrow took the number 5 below a day for 6 January 1970, and left out the time of day."""
    column = pd.Series(cells, dtype=object)
    if category:
        column = pd.Series(pd.Categorical(column, categories=list(dict.fromkeys(column.dropna()))))
    frame = pd.DataFrame({"event_date": column})
    assert [f[:3] for f in findings(frame, "event_date", ACLED)] == expected


def test_categories_of_arrow_are_categories():
    """pandas has two kinds of columns of categories, and only one of them has `.cat`."""
    kind = pd.ArrowDtype(pa.dictionary(pa.int32(), pa.string()))
    frame = pd.DataFrame({"actor2": pd.Series(["a", None, "b"], dtype=kind)})
    assert from_frame(frame).frame["actor2"].to_list() == ["a", None, "b"]


def test_spans_of_time_are_no_days():
    """A span of more years than the calendar has was written as a day."""
    spans = pl.Series([2**62, 5], dtype=pl.Int64).cast(pl.Duration("us"))
    source = from_frame(pl.DataFrame({"actor2": spans}))
    assert source.frame["actor2"].dtype == pl.Duration("us")


@pytest.mark.parametrize(
    ("kind", "number", "text"),
    [
        (pl.Date, 2**30, "1073741824"),
        (pl.Date, -(2**31), "-2147483648"),
        (pl.Datetime("us"), 2**62, "4611686018427387904"),
        (pl.Datetime("ms", "UTC"), -(2**62), "-4611686018427387904"),
    ],
)
@pytest.mark.parametrize("column", ["event_date", "actor2"])
def test_days_that_no_calendar_has(tmp_path, column, kind, number, text):
    """polars panics when it writes such a day: a damaged Parquet file gave a traceback of Rust."""
    whole = pl.Int32 if kind == pl.Date else pl.Int64
    frame = pl.DataFrame({column: pl.Series([number, None], dtype=whole).cast(kind)})
    expected = [("type", 1, text)] if column == "event_date" else []
    assert [f[:3] for f in findings(frame, column, ACLED)] == expected
    frame.write_parquet(tmp_path / "events.parquet")
    source = read(tmp_path / "events.parquet")
    assert source.frame is not None and source.frame[column].to_list() == [text, None]


def test_a_polars_frame_of_objects():
    """polars cannot compare objects: its own error named neither row nor column."""
    frame = pl.DataFrame({"fatalities": pl.Series(["3", {1, 2}, 4], dtype=pl.Object)})
    assert [f[:3] for f in findings(frame, "fatalities", ACLED)] == [("type", 2, "{1, 2}")]


def test_a_frame_with_a_column_twice():
    """pandas joins tables into frames with two columns of one name; the second must not vanish."""
    frame = pd.DataFrame([[1, 2]], columns=["fatalities", "fatalities"])
    (found,) = check(frame, "events", ACLED)
    assert (found.rule, found.column) == ("repeated-column", "fatalities")


LONG_DECIMALS = [Decimal("2.52595663135355117438E-20"), Decimal(1)]


def test_a_frame_of_decimals_of_more_than_38_digits():
    """polars panics at such numbers: a data base's NUMERIC column gave a traceback of Rust."""
    frame = pd.DataFrame({"fatalities": pd.Series(LONG_DECIMALS, dtype=object)})
    found = [("type", 1, "2.52595663135355117438E-20")]
    assert [f[:3] for f in findings(frame, "fatalities", ACLED)] == found


@pytest.mark.parametrize("dictionary", [False, True])
def test_a_parquet_file_of_decimals_of_more_than_38_digits(tmp_path, dictionary):
    """The same from a file; whole numbers among them keep their value."""
    cells = pa.array(LONG_DECIMALS)
    path = tmp_path / "events.parquet"
    pq.write_table(
        pa.table({"fatalities": cells.dictionary_encode() if dictionary else cells}), path
    )
    source = read(path)
    parsed = parse(source, ACLED.tables["events"], ACLED)
    assert parsed.frame["fatalities"].to_list() == [None, 1]
    assert parsed.unreadable["fatalities"].to_list() == [True, False]


CELLS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(max_size=5),
    st.dates(),
    st.datetimes(),
    st.decimals(),
    st.lists(st.integers(), max_size=2),
    st.binary(max_size=3),
    st.sampled_from(["2019-05-13", "31-12-19", "0001-01-01", "NA", "", "1.0", "TRUE"]),
)


@settings(deadline=None, suppress_health_check=list(HealthCheck))
@given(
    cells=st.lists(CELLS, min_size=1, max_size=6),
    column=st.sampled_from(
        ["fatalities", "event_date", "latitude", "actor2", "inter2", "civilian_targeting"]
    ),
)
def test_any_cell_is_a_value_or_a_finding(cells, column):
    """Nothing is silently empty: a cell with something in it has a value, a finding or a note."""
    frame = pd.DataFrame({column: pd.Series(cells, dtype=object)})
    source = from_frame(frame)
    parsed = parse(source, ACLED.tables["events"], ACLED)
    values = parsed.frame[column]
    lost = values.is_null() & source.frame[column].is_not_null()
    unreadable = parsed.unreadable.get(column, pl.repeat(False, len(cells), eager=True))
    noted = sum(n.count for n in parsed.notes if n.rule == "missing-word")
    own = ACLED.tables["events"][column].missing_values
    text = as_text(source.frame[column])
    ways = text.is_in([w for w in own if w])
    zero = text.str.contains(r"^-?0\.0$")
    assert (lost & ~unreadable & ~ways & ~zero).sum() == noted
    assert not (unreadable & values.is_not_null()).any()
    if values.dtype == pl.Date:
        assert values.drop_nulls().is_between(date(1989, 1, 1), date(2099, 12, 31)).all()
    check(frame, "events", ACLED)


# One and the same in every container


def rows_in_other_forms():
    """Sound and broken rows as different programs write them: text, and the same typed."""
    one = {v.name: str(v.example) for v in ACLED.tables["events"].variables}
    one = {n: v for n, v in one.items() if n in ACLED.tables["events"].layout}
    changes = [
        {},
        {"event_date": "2019-05-13 00:00:00.000"},
        {"event_date": "31-12-19"},
        {"event_date": "0016-10-07", "fatalities": "2.5"},
        {"fatalities": "3.0", "inter2": "NA", "actor2": "NA"},
        {"civilian_targeting": "NA", "notes": "NA"},
        {"notes": "null", "latitude": "nan"},
        {"iso": "760.0", "timestamp": "TRUE"},
    ]
    return pl.DataFrame([one | c | {"event_id_cnty": f"SYR{n}"} for n, c in enumerate(changes)])


@pytest.mark.parametrize(
    "form", ["csv", "gz", "zip", "json", "parquet", "xlsx", "pandas", "polars", "stream", "parts"]
)
def test_every_container_gives_the_same_findings(tmp_path, monkeypatch, form):
    """A value that is an error in one container and a number in another is two codebooks."""
    frame = rows_in_other_forms()
    frame.write_csv(tmp_path / "a.csv")
    first = 2 if form in ("csv", "gz", "zip", "xlsx", "stream") else 1
    expected = [relative(f, 2) for f in check(tmp_path / "a.csv")]
    rules = {rule for rule, *_ in expected}
    assert rules == {
        *("type", "minimum", "missing-word", "looks-missing", "required"),
        # The second type of actor is NA, and the interaction has one.
        "interaction-of-inter",
    }
    if form == "gz":
        (tmp_path / "a.csv.gz").write_bytes(gzip.compress((tmp_path / "a.csv").read_bytes()))
        found = check(tmp_path / "a.csv.gz")
    elif form == "zip":
        with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
            archive.write(tmp_path / "a.csv", "a.csv")
        found = check(tmp_path / "a.zip")
    elif form == "stream":
        monkeypatch.setattr(batches, "BLOCK", 400)
        found = check_large(tmp_path / "a.csv")
    elif form == "parts":
        monkeypatch.setattr(batches, "ROWS", 2)
        frame.write_parquet(tmp_path / "a.parquet")
        found = check_large(tmp_path / "a.parquet")
    elif form in ("pandas", "polars"):
        found = check(frame.to_pandas() if form == "pandas" else frame)
    elif form == "xlsx":
        frame.write_excel(tmp_path / "a.xlsx")
        found = check(tmp_path / "a.xlsx")
    else:
        getattr(frame, f"write_{form}")(tmp_path / f"a.{form}")
        found = check(tmp_path / f"a.{form}")
    assert sorted(map(str, (relative(f, first) for f in found))) == sorted(map(str, expected))


def relative(finding, first):
    return (
        finding.rule,
        finding.severity,
        finding.line - first,
        finding.column,
        finding.row_id,
        finding.value,
        finding.message,
    )


# The pandera schema


@pytest.fixture(scope="module")
def published():
    from eventbook import dataset

    return {name: dataset.load(name) for name in ("events", "documents", "locations", "actors")}


def cases(frame, backend="pandas"):
    """The failure cases of a schema: check, column, cell and row."""
    with pytest.raises(pandera.errors.SchemaErrors) as error:
        schema("events", backend=backend).validate(frame, lazy=True)
    found = error.value.failure_cases
    rows = found.to_dicts() if isinstance(found, pl.DataFrame) else found.to_dict("records")
    assert len(str(error.value)) < 4_000
    return [(r["check"], r["column"], r["failure_case"], r["index"]) for r in rows]


@pytest.mark.parametrize("backend", ["pandas", "polars"])
def test_one_bad_cell_is_one_case_a_rule(published, backend):
    """One row with best below lowest gave 138 cases, 46 for each of three rules."""
    frame = published["events"].copy()
    frame.loc[0, "fatalities_best"] = 100
    if backend == "polars":
        types = {v.name: v.type for v in OURS.tables["events"].variables}
        text = frame.astype({n: "string" for n, t in types.items() if t == "string"})
        frame = pl.from_pandas(text).with_columns(pl.col(pl.Datetime).cast(pl.Date))
    found = cases(frame, backend)
    assert ("fatalities-order", "fatalities_best", "100", 0) in [
        (*c[:2], str(c[2]), c[3]) for c in found
    ]
    assert len(found) == len({c[0] for c in found}) == 3


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("date_start", "28/04/2019"),
        ("date_start", "04/05/2019"),
        ("date_start", "2019-04-31"),
        ("fatalities_low", "many"),
        ("fatalities_low", 2.5),
    ],
)
def test_the_cell_that_cannot_be_read_comes_first(published, column, value):
    """28/04/2019 named no row; a word among numbers listed 41 rules that do not look at it."""
    frame = published["events"].copy()
    as_text = frame[column].dt.strftime("%Y-%m-%d") if column == "date_start" else frame[column]
    frame[column] = as_text.astype(object)
    frame.loc[4, column] = value
    found = cases(frame)
    assert found[0][1:] == (column, str(value), 4)
    assert len(found) <= 2 and {c[1] for c in found} == {column}


def test_a_schema_keeps_the_local_day(published):
    """Validating days of Damascus gave back the evening before."""
    frame = published["events"].copy()
    frame["date_start"] = frame["date_start"].dt.tz_localize("Asia/Damascus")
    kept = schema("events").validate(frame)["date_start"]
    pd.testing.assert_series_equal(kept, published["events"]["date_start"])
    frame["date_start"] += pd.Timedelta(hours=12)
    assert {c[1] for c in cases(frame)} == {"date_start"}


# Real files in the forms of other programs

DATA = ROOT.parent / "shared" / "data"
REAL = ["ucdp_ged_mexico_1989_2023.csv.gz", "ucdp_ged_syria_2016_2019.csv.gz"]


def as_r(frame):
    """Rows as R writes them: NA for what is missing, and words for what is 0 or 1."""
    words = pl.col("active_year").replace({"1": "TRUE", "0": "FALSE"})
    return frame.with_columns(words).fill_null("NA")


FORMS = {
    "dates of UCDP": lambda f: f.with_columns(
        pl.concat_str(pl.col("date_start").str.head(10), pl.lit(" 00:00:00.000")),
        pl.concat_str(pl.col("date_end").str.head(10), pl.lit("T00:00:00Z")),
    ),
    "652.0": lambda f: f.with_columns(
        pl.when(pl.col(n).str.contains(r"^-?\d+$"))
        .then(pl.concat_str(n, pl.lit(".0")))
        .otherwise(n)
        for n, v in ((v.name, v) for v in GED.tables["events"].variables)
        if v.type == "integer" and n in f.columns and n != "id"
    ),
    "R": as_r,
    "R with row names": as_r,
    "an index": lambda f: f.select(pl.int_range(pl.len()).cast(pl.String).alias(""), pl.all()),
    "Parquet with empty texts": lambda f: f.fill_null(""),
}
NOTED = {
    "R": {"logical", "missing-word"},
    "R with row names": {"logical", "missing-word", "unnamed-column"},
    "an index": {"unnamed-column"},
}
"""The notes of the forms that have some; each column has one."""


@pytest.mark.slow
@pytest.mark.parametrize("name", REAL)
@pytest.mark.parametrize("form", FORMS)
def test_real_files_as_other_programs_write_them(tmp_path, name, form):
    """Files of GED that passed through R, pandas or Parquet had up to 30,000 false findings."""
    if not (DATA / name).is_file():
        pytest.skip(f"the real file {name} is not part of the project and not at hand")
    frame = pl.read_csv(DATA / name, infer_schema=False)
    key = ["rule", "row_id", "message"]
    expected = check(DATA / name).findings.select(key).sort(key)
    assert expected.height > 50
    changed = FORMS[form](frame)
    assert not changed.equals(frame)
    path = tmp_path / "ged.csv"
    if form.startswith("R"):
        # As write.csv: text in quotation marks, NA without.
        index = {"index_label": ""} if "row names" in form else {"index": False}
        words = changed.to_pandas().replace("NA", None)
        words.to_csv(path, quoting=csv.QUOTE_NONNUMERIC, na_rep="NA", **index)
    elif form.startswith("Parquet"):
        path = tmp_path / "ged.parquet"
        changed.write_parquet(path)
    else:
        changed.write_csv(path)
    for report in (check(path), check_large(path)):
        cells = report.findings.filter(pl.col("severity") == "error")
        assert cells.select(key).sort(key).equals(expected)
        notes = report.findings.filter(pl.col("severity") != "error")
        assert notes.height == notes["column"].n_unique()
        if form in NOTED:
            assert NOTED[form] <= set(notes["rule"])
        else:
            assert not notes.height
