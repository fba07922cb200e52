"""Booleans, dates with times, years and lists of codes: from the cell to every target."""

from __future__ import annotations

import json
import sqlite3

import pandas as pd
import polars as pl
import pytest
import sqlalchemy as sa
from faults.books import BOOK
from test_cells import relative

from eventbook.codebook.loader import forget
from eventbook.dataset.database.rows import insert, published_rows
from eventbook.dataset.database.schema import metadata
from eventbook.dataset.tables.write import write_csv, write_parquet
from eventbook.validation import check, schema
from eventbook.validation.checks.book_check import check_book

VARIABLES = """\
  proven: {title: Proven, description: Whether it is., type: boolean, example: true, constraints: {required: true}}
  seen: {title: Seen, description: When., type: datetime, example: "2019-05-13T14:05:00Z", constraints: {minimum: "2019-01-01T00:00:00Z"}}
  since: {title: Since, description: The year., type: year, example: 2011, constraints: {minimum: 1900}}
  colours: {title: Colours, description: Which., type: string, example: red; dark-blue, codes: colour, separator: "; "}
tables:
"""
CODES = "code,label,definition\nred,Red,The colour red.\ndark-blue,Dark blue,A colour.\ngreen,Green,A colour.\n"
RULE = """\
proven-since:
  on: things
  severity: error
  column: since
  says: What is proven has a year.
  why: It has.
  violates: proven AND since IS NULL
  bad: {proven: true}
  good: [{proven: true, since: 2011}, {proven: false}]
"""


@pytest.fixture
def book(tmp_path):
    folder = tmp_path / "small"
    (folder / "codes").mkdir(parents=True)
    text = BOOK.replace("tables:\n", VARIABLES)
    text = text.replace("notes, colour]", "notes, colour, proven, seen, since, colours]")
    (folder / "book.yaml").write_text(text, encoding="utf-8")
    (folder / "rules.yaml").write_text(RULE, encoding="utf-8")
    (folder / "codes" / "colour.csv").write_text(CODES, encoding="utf-8")
    report, found = check_book(folder)
    assert found is not None, list(report)
    yield found
    forget()


ROWS = [
    {"proven": "true", "seen": "2019-05-13T14:05:00Z", "since": "2011", "colours": "red; green"},
    {"proven": "false", "seen": "", "since": "", "colours": ""},
    # As R, pandas, PostgreSQL and Excel write them.
    {"proven": "TRUE", "seen": "2019-05-13 16:05:00+02", "since": "2011.0", "colours": "dark-blue"},
    {"proven": "0", "seen": "2019-05-13T14:05", "since": "1999", "colours": "red"},
    {"proven": "1", "seen": "2019-05-13T14:05:00.000000+00:00", "since": "1900", "colours": "red"},
    # Wrong.
    {"proven": "yes", "seen": "2019-05-13", "since": "11", "colours": "red;green"},
    {"proven": "", "seen": "13/05/2019 14:05", "since": "20111", "colours": "red; grean"},
    {"proven": "2", "seen": "2018-12-31T23:59:59Z", "since": "1899", "colours": "green; "},
    {"proven": "true", "seen": "2019-13-01T00:00:00Z", "since": "", "colours": "Red"},
]
WRONG = [
    ("a-6", "type", "proven"),
    ("a-6", "type", "seen"),
    ("a-6", "type", "since"),
    ("a-6", "pattern", "colours"),
    ("a-7", "required", "proven"),
    ("a-7", "type", "seen"),
    ("a-7", "type", "since"),
    ("a-7", "pattern", "colours"),
    ("a-8", "type", "proven"),
    ("a-8", "minimum", "seen"),
    ("a-8", "minimum", "since"),
    ("a-8", "pattern", "colours"),
    ("a-9", "type", "seen"),
    ("a-9", "pattern", "colours"),
    ("a-9", "proven-since", "since"),
]


def table(rows=ROWS):
    fixed = {"day": "", "number": "", "count": "", "notes": "", "colour": ""}
    return pl.DataFrame([{"id": f"a-{n}", **fixed, **row} for n, row in enumerate(rows, 1)])


def wrong(report):
    return sorted((f.row_id, f.rule, f.column) for f in report if f.severity == "error")


@pytest.mark.parametrize("form", ["csv", "parquet", "xlsx", "pandas", "polars"])
def test_each_cell_is_judged_alike_in_every_container(tmp_path, book, form):
    """A moment that is cut to its day, or a flag that is text in one file, is another value."""
    path = tmp_path / f"things.{form}"
    if form == "csv":
        table().write_csv(path)
    elif form == "parquet":
        table().write_parquet(path)
    elif form == "xlsx":
        table().write_excel(path)
    data = {"pandas": table().to_pandas(), "polars": table()}.get(form, path)
    report = check(data, "things", book)
    assert wrong(report) == sorted(WRONG), [relative(f, 0) for f in report]


def sound(tmp_path, book):
    """The sound rows as typed values."""
    from eventbook.dataset.exchange.known_table import read_recognised

    path = tmp_path / "sound.csv"
    table(ROWS[:5]).write_csv(path)
    return read_recognised(path, book).frame


def test_values_are_the_same_moments_flags_and_years(tmp_path, book):
    """16:05 in Paris is 14:05 in UTC, and not 16:05 there."""
    frame = sound(tmp_path, book)
    assert frame["proven"].to_list() == [True, False, True, False, True]
    assert frame["seen"].dtype == pl.Datetime("us", "UTC")
    assert frame["seen"].drop_nulls().unique().dt.strftime("%H:%M").to_list() == ["14:05"]
    assert frame["since"].to_list() == [2011, None, 2011, 1999, 1900]


def test_typed_files_keep_them(tmp_path, book):
    """What is published is read back as it was, by us and by pandas."""
    frame = sound(tmp_path, book)
    things = book.tables["things"]
    write_csv(frame, tmp_path / "things.csv")
    assert "true,2019-05-13T14:05:00Z,2011,red; green" in (tmp_path / "things.csv").read_text()
    write_parquet(book, things, frame, "1.0.0", tmp_path / "things.parquet")
    for name in ("things.csv", "things.parquet"):
        assert not len(check(tmp_path / name, "things", book))
    back = pd.read_parquet(tmp_path / "things.parquet")
    assert str(back["seen"].dtype) == "datetime64[us, UTC]"
    assert back["seen"].dt.hour.tolist()[0] == 14
    assert str(back["colours"].dtype) in ("object", "str", "string")
    aware = frame.with_columns(pl.col("seen").dt.convert_time_zone("Asia/Damascus"))
    naive = frame.with_columns(pl.col("seen").dt.replace_time_zone(None))
    for other in (aware, naive, aware.to_pandas()):
        assert not len(check(other, "things", book))


@pytest.mark.parametrize("backend", ["pandas", "polars"])
def test_the_pandera_schema_agrees(tmp_path, book, backend):
    """A second opinion that knows four types passes over the others."""
    import pandera.errors

    checker = schema("things", book, backend)
    frame = sound(tmp_path, book)
    good = frame.to_pandas() if backend == "pandas" else frame
    checker.validate(good, lazy=True)
    bad = frame.with_columns(
        since=pl.lit(1899, pl.Int64), colours=pl.lit("red;green"), proven=pl.lit(None, pl.Boolean)
    )
    with pytest.raises(pandera.errors.SchemaErrors) as error:
        checker.validate(bad.to_pandas() if backend == "pandas" else bad, lazy=True)
    cases = error.value.failure_cases
    found = set(cases["check"].to_list())
    assert {"minimum", "pattern", "not_nullable"} <= found


def test_frictionless_agrees(tmp_path, book):
    """The descriptor is what others check with."""
    from frictionless import Resource, Schema

    from eventbook.validation.schemas.table_schema import table_schema

    descriptor = table_schema(book, book.tables["things"])
    fields = {field["name"]: field for field in descriptor["fields"]}
    assert [fields[n]["type"] for n in ("proven", "seen", "since")] == [
        "boolean",
        "datetime",
        "year",
    ]
    assert "categories" not in fields["colours"]
    write_csv(sound(tmp_path, book), tmp_path / "things.csv")
    made = Schema.from_descriptor(json.loads(json.dumps(descriptor)))
    report = Resource(path="things.csv", basepath=str(tmp_path), schema=made).validate()
    assert report.valid, report.flatten(["rowNumber", "fieldName", "message"])
    lines = (tmp_path / "things.csv").read_text().splitlines()
    lines[1] = lines[1].replace("red; green", "red;green").replace("true", "perhaps")
    (tmp_path / "things.csv").write_text("\n".join(lines) + "\n")
    report = Resource(path="things.csv", basepath=str(tmp_path), schema=made).validate()
    wrong = {row[0] for row in report.flatten(["fieldName"])}
    assert wrong == {"proven", "colours"}


def test_sqlite_holds_and_enforces_them(tmp_path, book):
    """A database in which any text is a moment has lost the type."""
    path = tmp_path / "things.sqlite"
    tables = metadata(book, "sqlite")
    engine = sa.create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        tables.create_all(connection)
        rows = published_rows(book.tables["things"], sound(tmp_path, book))
        insert(connection, tables.tables["things"], rows, "sqlite")
    engine.dispose()
    with sqlite3.connect(path) as connection:
        row = connection.execute("SELECT proven, seen, since, colours FROM things").fetchone()
        assert row == (1, "2019-05-13T14:05:00Z", 2011, "red; green")
        for column, value in (
            ("proven", 2),
            ("seen", "2019-05-13"),
            ("since", 1899),
            ("since", "x"),
        ):
            with pytest.raises(sqlite3.IntegrityError):
                connection.execute(f"UPDATE things SET {column} = ?", [value])
