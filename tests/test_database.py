"""The book in a database: what it refuses, what comes back, and loading again. SQLite and PostgreSQL."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache

import polars as pl
import pytest
import sqlalchemy as sa
from conftest import ROOT, examples, invoke
from hypothesis import given, settings
from hypothesis import strategies as st

from eventbook.codebook import available
from eventbook.codebook import load as load_book
from eventbook.dataset.database import connection, copying, rows, schema
from eventbook.dataset.database import sql_checks as checks
from eventbook.dataset.database.load import REGISTER, load_release
from eventbook.dataset.database.sqlite import write_sqlite
from eventbook.dataset.releases.release import open_release
from eventbook.validation.errors import InputError

POSTGRES = os.environ.get("EVENTBOOK_POSTGRES", "")
DIALECTS = ["sqlite", "postgresql"]
SERVERS = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]
RULES = [
    pytest.param(load_book(name), rule, id=f"{name}-{rule.id}")
    for name in available()
    for rule in load_book(name).rules
    if rule.violates
]
NEW_EVENT = "SYR-2019-0099"


@pytest.fixture(params=SERVERS)
def url(request, tmp_path):
    """The URL of an empty database of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'events.db'}"
        return
    with fresh_postgres() as found:
        yield found


class fresh_postgres:
    """A database of its own on the server that EVENTBOOK_POSTGRES names."""

    def __enter__(self):
        if not POSTGRES:
            pytest.skip("EVENTBOOK_POSTGRES has no URL of a PostgreSQL server")
        self.name = f"test_{os.urandom(6).hex()}"
        self.server = connection.parsed(POSTGRES)
        self.run(f"CREATE DATABASE {self.name}")
        made = sa.engine.make_url(POSTGRES).set(database=self.name)
        return made.render_as_string(hide_password=False)

    def __exit__(self, *_):
        self.run(f"DROP DATABASE {self.name} WITH (FORCE)")

    def run(self, statement):
        engine = sa.create_engine(self.server, isolation_level="AUTOCOMMIT")
        with engine.connect() as connected:
            connected.execute(sa.text(statement))
        engine.dispose()


@pytest.fixture(scope="module")
def release():
    return open_release(ROOT)


def content(url, book, schema_name=None):
    """What the tables of a database hold, as frames with the book's types."""
    found = {}
    with connection.transaction(url) as (connected, dialect):
        made = schema.metadata(book, dialect, schema_name)
        for table in made.tables.values():
            cells = connected.execute(sa.select(table)).all()
            frame = pl.DataFrame(
                [tuple(row) for row in cells],
                schema=list(table.columns.keys()),
                orient="row",
                infer_schema_length=None,
            )
            found[table.name] = rows.published_rows(book.tables[table.name], frame)
    return found


def holds(url, release, schema_name=None):
    got = content(url, release.book, schema_name)
    for name, frame in release.tables.items():
        key = release.book.tables[name].primary_key
        assert got[name].sort(key).equals(frame.sort(key)), name


def execute(url, statement, **values):
    with connection.transaction(url) as (connected, _):
        result = connected.execute(sa.text(statement), values)
        return result.all() if result.returns_rows else []


def changed(release, **frames):
    return replace(release, tables={**release.tables, **frames}, version="1.0.1")


# The book as CHECKs


@pytest.fixture(scope="module")
def engines():
    """An open database of each kind for the examples of the rules."""
    found = {"sqlite": sa.create_engine("sqlite://")}
    with_server = fresh_postgres() if POSTGRES else None
    if with_server:
        found["postgresql"] = sa.create_engine(connection.parsed(with_server.__enter__()))
    yield found
    for engine in found.values():
        engine.dispose()
    if with_server:
        with_server.__exit__()


@contextmanager
def dropped_after(connected, table):
    table.create(connected)
    try:
        yield
    finally:
        connected.rollback()
        table.drop(connected, checkfirst=True)
        connected.commit()


def as_typed(variable, value):
    return date.fromisoformat(value) if variable.type == "date" and value else value


@cache
def left_out_of(name, dialect):
    return {(x.table, x.name): x.reason for x in schema.left_out(load_book(name), dialect)}


@cache
def tables_of(name, dialect):
    return schema.metadata(load_book(name), dialect).tables


IN_OUR_ENGINES_ONLY = {f"weekday-of-{row}": "MOD" for row in ("event", "claim", "document")}
"""The rules of errors that use what databases read differently, and the part that is the reason."""


@pytest.mark.parametrize("dialect", SERVERS)
@pytest.mark.parametrize(("book", "rule"), RULES)
def test_each_rule_refuses_its_bad_examples(book, rule, dialect, engines):
    """A rule that the database reads otherwise lets bad rows in, or refuses good ones."""
    left = left_out_of(book.name, dialect)
    if (rule.on, rule.id) in left:
        reason = left[rule.on, rule.id]
        if rule.id in IN_OUR_ENGINES_ONLY:
            assert reason == f"{IN_OUR_ENGINES_ONLY[rule.id]} differs in {dialect}"
        else:
            assert "involves other rows" in reason or "severity" in reason
        return
    if dialect not in engines:
        pytest.skip("EVENTBOOK_POSTGRES has no URL of a PostgreSQL server")
    whole = tables_of(book.name, dialect)[rule.on]
    (check,) = [c for c in whole.constraints if c.name == rule.id]
    table = sa.Table(
        "examples",
        sa.MetaData(),
        *(sa.Column(c.name, c.type, quote=True) for c in whole.columns),
        sa.CheckConstraint(check.sqltext, name=check.name),
    )
    with engines[dialect].connect() as connected, dropped_after(connected, table):

        def insert(row):
            cells = {n: as_typed(book.tables[rule.on][n], v) for n, v in row.items()}
            with connected.begin_nested():
                connected.execute(sa.insert(table).values(cells))

        for row in rule.bad:
            with pytest.raises(sa.exc.DBAPIError, match=rule.id):
                insert(row)
        for row in rule.good:
            insert(row)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_what_is_left_out_is_reported(dialect):
    """A constraint that the database silently does not enforce is a false promise."""
    for name in available():
        book = load_book(name)
        left = left_out_of(name, dialect)
        for table in book.tables.values():
            made = {c.name for c in tables_of(name, dialect)[table.name].constraints}
            for rule in book.rules_on(table.name):
                assert (rule.id in made) != ((table.name, rule.id) in left), rule.id


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("MYSTERY(notes) = 1", "MYSTERY"),
        ("fatalities_low / fatalities_best > 1", "DIV"),
        ("date_end + 4 > date_start", "date arithmetic"),
        ("CAST(notes AS BIGINT) > 1", "CAST"),
        ("notes = (", "cannot be parsed"),
    ],
)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_sql_that_databases_read_differently_is_left_out(book, sql, reason, dialect):
    """A rule of somebody's own book must not stop the load, nor mean something else there."""
    rule = next(r for r in book.rules if r.id == "fatalities-order")
    other = replace(book, rules=(replace(rule, violates=sql),))
    left = checks.row_checks(other, other.tables["events"], dialect)[1]
    assert reason in next(x.reason for x in left if x.name == rule.id)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_days_minus_days_are_days(book, dialect, engines):
    """In SQLite the years are subtracted, and every strike of a year's end lasts a year."""
    if dialect not in engines:
        pytest.skip("EVENTBOOK_POSTGRES has no URL of a PostgreSQL server")
    rule = next(r for r in book.rules if r.id == "fatalities-order")
    sql = "date_end - date_start > 4 OR date_end - CAST('2019-05-13' AS DATE) = -3"
    other = replace(book, rules=(replace(rule, violates=sql),))
    (check,) = (
        c for c in checks.row_checks(other, other.tables["events"], dialect)[0] if c.name == rule.id
    )
    table = sa.Table(
        "differences",
        sa.MetaData(),
        *(sa.Column(name, sa.Date, quote=True) for name in ("date_start", "date_end")),
        sa.CheckConstraint(sa.text(check.holds), name="days"),
    )
    with engines[dialect].connect() as connected, dropped_after(connected, table):

        def insert(start, end):
            days = {"date_start": date.fromisoformat(start), "date_end": date.fromisoformat(end)}
            with connected.begin_nested():
                connected.execute(sa.insert(table).values(days))

        insert("2018-12-30", "2019-01-03")
        for bad in (("2018-12-30", "2019-01-04"), ("2019-05-10", "2019-05-10")):
            with pytest.raises(sa.exc.DBAPIError):
                insert(*bad)


PATTERNS = sorted(
    {v.cell_pattern for n in available() for t in load_book(n).tables.values() for v in t.variables}
    - {""}
)


@pytest.mark.postgres
@settings(max_examples=examples(0.7))
@given(st.data())
def test_patterns_mean_the_same_in_postgresql(engines, data):
    """A pattern that PostgreSQL reads otherwise refuses a release that passed the gate."""
    if "postgresql" not in engines:
        pytest.skip("EVENTBOOK_POSTGRES has no URL of a PostgreSQL server")
    pattern = data.draw(st.sampled_from(PATTERNS))
    texts = data.draw(
        st.lists(
            st.from_regex(pattern, fullmatch=True)
            | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
            | st.from_regex(pattern).map(lambda t: t[:-1] + "\n"),
            min_size=1,
            max_size=8,
        )
    )
    texts = [t for t in texts if "\0" not in t]
    ours = pl.Series(texts, dtype=pl.String).str.contains(pattern).to_list()
    with engines["postgresql"].connect() as connected:
        theirs = [connected.scalar(sa.select(sa.literal(t).op("~")(pattern))) for t in texts]
    assert theirs == ours


@pytest.mark.parametrize("pattern", [r"\d+", "(?i)a", "(?=a)a", "a+?", "[[:alpha:]]", "a{1,300}"])
def test_patterns_that_postgresql_reads_otherwise_are_left_out(book, pattern):
    """Half a pattern is worse than none."""
    events = book.tables["events"]
    variable = replace(events["notes"], pattern=pattern)
    other = replace(events, variables=(variable,), foreign_keys=())
    made, left = checks.row_checks(replace(book, rules=()), other, "postgresql")
    assert "notes.pattern" in {x.name for x in left} - {c.name for c in made}


# The file of SQLite


def test_the_same_tables_give_the_same_bytes(tmp_path, release):
    """A release whose hash changes with the build cannot be verified by anybody."""
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        write_sqlite(release.book, release.tables, tmp_path / name / "events.db")
        assert [p.name for p in (tmp_path / name).iterdir()] == ["events.db"]
    data = [(tmp_path / name / "events.db").read_bytes() for name in ("one", "two")]
    assert data[0] == data[1]
    assert data[0][24:28] == data[0][92:96] == (1).to_bytes(4, "big")
    assert data[0][96:100] == bytes(4)


@pytest.fixture(scope="module")
def written(tmp_path_factory, release):
    path = tmp_path_factory.mktemp("sqlite") / "events.db"
    write_sqlite(release.book, release.tables, path)
    return path


def test_the_file_is_valid_and_complete(written, release):
    """A header changed by hand may make a file that SQLite calls damaged."""
    with sqlite3.connect(written) as connected:
        assert connected.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connected.execute("PRAGMA foreign_key_check").fetchall() == []
        assert connected.execute("SELECT typeof(date_start) FROM events").fetchone() == ("text",)
        (made,) = connected.execute(
            "SELECT sql FROM sqlite_master WHERE name = 'events'"
        ).fetchone()
    assert release.book.tables["events"]["fatalities_low"].description in made
    holds(f"sqlite:///{written}", release)


def test_rows_that_were_checked_give_the_same_file(tmp_path, written, release):
    """CHECKs that are not run while publishing might be left out of the file, or not hold in it."""
    path = tmp_path / "checked.db"
    write_sqlite(release.book, release.tables, path, checked=True)
    assert path.read_bytes() == written.read_bytes()
    with sqlite3.connect(path) as connected:
        # With ignore_check_constraints off, as by default, it checks the CHECKs of every row.
        assert connected.execute("PRAGMA quick_check").fetchall() == [("ok",)]


@pytest.mark.parametrize("book", available())
def test_tables_come_after_those_that_they_point_to(book):
    """A row that comes before the one it points to: SQLite then searches the whole table for each."""
    found = load_book(book)
    order = schema.referenced_first(schema.metadata(found, "sqlite"))
    assert sorted(order) == sorted(found.tables)
    for table in found.tables.values():
        for key in table.foreign_keys:
            if not schema._key_reason(found, table, key) and key.table != table.name:
                assert order.index(key.table) < order.index(table.name)


def test_many_rows_go_into_sqlite_in_one_statement(tmp_path, release):
    """One statement a row: each prepares the lists of codes of all CHECKs again."""
    many = pl.concat(
        release.tables["locations"].head(1).with_columns(location_id=pl.lit(f"many-{n:04}"))
        for n in range(1000)
    )
    statements = []
    with connection.transaction(f"sqlite:///{tmp_path / 'many.db'}") as (connected, _):
        metadata = schema.metadata(release.book, "sqlite")
        schema.create(connected, metadata, "sqlite")
        connected.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        sa.event.listen(
            connected, "before_cursor_execute", lambda *given: statements.append(given[2])
        )
        typed = rows.published_rows(release.book.tables["locations"], many)
        rows.insert(connected, metadata.tables["locations"], typed, "sqlite")
        assert connected.exec_driver_sql("SELECT count(*) FROM locations").scalar_one() == 1000
    assert len(statements) <= 1 + 1000 // rows.SQLITE_CHUNK


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ("fatalities_low = 9, fatalities_best = 8", "fatalities"),
        ("date_start = '2019-05-20', date_end = '2019-05-13'", "date"),
        ("date_start = '13 May 2019'", "date_start"),
        ("date_start = '2019-02-30'", "date_start"),
        ("fatalities_low = 'many'", "fatalities_low.type"),
        ("event_type = 'Battle'", "event_type.code|sub-type-in-type"),
        ("latitude = 91", "latitude.maximum"),
        ("record_kind = NULL", "NOT NULL"),
        ("actor1_id = 'nobody'", "FOREIGN KEY"),
    ],
)
def test_plain_sqlite_refuses_a_bad_row(written, tmp_path, change, named):
    """SQLite keeps any text in any column unless a CHECK forbids it."""
    path = shutil.copy(written, tmp_path / "copy.db")
    with sqlite3.connect(path) as connected:
        connected.execute("PRAGMA foreign_keys = ON")
        with pytest.raises(sqlite3.IntegrityError, match=named):
            connected.execute(f"UPDATE events SET {change}")


@pytest.mark.slow
def test_a_file_that_fails_leaves_the_old_one(tmp_path, release):
    """Half a database looks like a whole one."""
    path = tmp_path / "events.db"
    path.write_text("old")
    with pytest.raises(InputError, match=r"latitude\.minimum|place-in-country"):
        write_sqlite(release.book, broken(release).tables, path)
    with pytest.raises(InputError, match="FOREIGN KEY"):
        none = release.tables["actors"].clear()
        write_sqlite(release.book, {**release.tables, "actors": none}, path)
    with pytest.raises(InputError, match="the rows of these tables are missing: claims"):
        write_sqlite(release.book, {n: f for n, f in release.tables.items() if n != "claims"}, path)
    assert path.read_text() == "old" and len(list(tmp_path.iterdir())) == 1


def broken(release):
    bad = release.tables["locations"].with_columns(pl.lit(-99.0).alias("latitude"))
    return changed(release, locations=bad)


# Loading


def test_load_twice_and_a_changed_release(url, release):
    """A second load that doubles the rows, or a gone row that stays, spoils every count."""
    first = load_release(release, url)
    assert sum(x.new for x in first) == sum(f.height for f in release.tables.values())
    holds(url, release)
    assert all((x.new, x.changed, x.gone) == (0, 0, 0) for x in load_release(release, url))
    events = release.tables["events"]
    keep = events.filter(pl.col("event_id") != events["event_id"][-1])
    edited = keep.with_columns(
        pl.when(pl.int_range(pl.len()) == 0)
        .then(pl.lit("changed"))
        .otherwise("notes")
        .alias("notes")
    )
    added = events.tail(1).with_columns(
        pl.lit(NEW_EVENT).alias("event_id"), pl.lit(None, pl.String).alias("notes")
    )
    gone = events["event_id"][-1]
    newer = changed(
        release,
        events=pl.concat([edited, added]),
        **{
            name: release.tables[name].filter(pl.col("event_id").ne_missing(gone))
            for name in ("participants", "evidence")
        },
        claims=release.tables["claims"].with_columns(
            pl.col("event_id", "said_in").replace(gone, NEW_EVENT)
        ),
    )
    done = {x.table: x for x in load_release(newer, url)}
    assert (done["events"].new, done["events"].changed, done["events"].gone) == (1, 1, 1)
    holds(url, newer)
    assert execute(url, f"SELECT DISTINCT version FROM {REGISTER}") == [("1.0.1",)]


def test_a_failing_load_leaves_the_old_state(url, release):
    """A half-loaded release is a dataset that was never published."""
    load_release(release, url)
    with pytest.raises(InputError, match=r"latitude\.minimum|place-in-country"):
        load_release(broken(release), url)
    holds(url, release)
    with pytest.raises(InputError, match=r"(?i)foreign.key"):
        load_release(changed(release, actors=release.tables["actors"].clear()), url)
    holds(url, release)
    assert execute(url, f"SELECT DISTINCT version FROM {REGISTER}") == [(release.version,)]


def test_a_first_load_that_fails_leaves_nothing(url, release, tmp_path):
    """Tables that were made for rows that never came look like an empty dataset."""
    with pytest.raises(InputError):
        load_release(broken(release), url)
    assert not list(tmp_path.iterdir())
    with connection.transaction(url) as (connected, _):
        assert sa.inspect(connected).get_table_names() == []


def test_rules_keys_and_comments_are_in_the_database(url, release):
    """What only the gate refuses comes in by hand afterwards."""
    load_release(release, url)
    change = "UPDATE events SET event_type = 'Riots' WHERE event_type <> 'Riots'"
    with pytest.raises(InputError, match="sub-type-in-type"):
        execute(url, change)
    with pytest.raises(InputError, match=r"(?i)foreign.key"):
        execute(url, "UPDATE events SET actor1_id = 'nobody'")
    with pytest.raises(InputError, match=r"(?i)foreign.key"):
        execute(url, "DELETE FROM documents")
    if url.startswith("sqlite"):
        return
    events = release.book.tables["events"]
    with connection.transaction(url) as (connected, _):
        look = sa.inspect(connected)
        assert events.description in look.get_table_comment("events")["text"]
        for column in look.get_columns("events"):
            assert events[column["name"]].description in column["comment"]
    with pytest.raises(InputError, match=r"event_id\.pattern"):
        execute(
            url,
            "INSERT INTO retired (event_id, retired_on, retirement_reason, explanation) "
            "VALUES ('x', '2020-01-01', 'duplicate', 'x')",
        )


@pytest.mark.slow
def test_what_others_built_on_the_tables_stays(url, release):
    """Tables dropped and made again at each load take views, and rows that point here, with them."""
    load_release(release, url)
    execute(url, "CREATE VIEW riots AS SELECT event_id FROM events WHERE event_type = 'Riots'")
    execute(
        url,
        "CREATE TABLE remarks (event_id TEXT REFERENCES events ON DELETE CASCADE, remark TEXT)",
    )
    event = release.tables["events"]["event_id"][0]
    execute(url, "INSERT INTO remarks VALUES (:event, 'mine')", event=event)
    first = pl.when(pl.col("event_id") == event)
    newer = changed(
        release,
        events=release.tables["events"].with_columns(
            notes=first.then(pl.lit("changed")).otherwise("notes")
        ),
    )
    assert {x.table: x.changed for x in load_release(newer, url)}["events"] == 1
    assert execute(url, "SELECT * FROM remarks") == [(event, "mine")]
    assert execute(url, "SELECT count(*) FROM riots") == [(0,)]


@pytest.mark.slow
def test_swapped_unique_cells(url, release):
    """Two rows that swap a unique value cannot be updated one after the other."""
    one = release.tables["documents"]
    two = one.with_columns(
        pl.lit("DOC-0002").alias("document_id"),
        pl.lit("b.txt").alias("file"),
        pl.lit("b" * 64).alias("sha256"),
    )
    load_release(changed(release, documents=pl.concat([one, two])), url)
    swapped = pl.concat([one, two]).with_columns(
        pl.col("file").reverse(), pl.col("sha256").reverse()
    )
    newer = changed(release, documents=swapped)
    assert {x.table: x.changed for x in load_release(newer, url)}["documents"] == 2
    holds(url, newer)


@pytest.mark.slow
def test_a_newer_book_makes_the_tables_anew(url, release):
    """A column that the newer release has needs a place; one that went must go."""
    load_release(release, url)
    book = release.book
    locations = book.tables["locations"]
    more = replace(locations["notes"], name="height", title='100% "new": it\'s */ :x \\ %s')
    table = replace(locations, variables=(*locations.variables, more))
    tables = {n: t for n, t in book.tables.items() if n != "passed_over"} | {"locations": table}
    newer = replace(
        changed(
            release,
            locations=release.tables["locations"].with_columns(pl.lit("high").alias("height")),
        ),
        book=replace(book, tables=tables),
    )
    newer = replace(newer, tables={n: newer.tables[n] for n in tables})
    load_release(newer, url)
    holds(url, newer)
    with connection.transaction(url) as (connected, dialect):
        look = sa.inspect(connected)
        assert "passed_over" not in look.get_table_names()
        if dialect == "postgresql":
            comment = look.get_columns("locations")[-1]["comment"]
            assert comment.startswith(more.title)
    load_release(release, url)
    holds(url, release)


@pytest.mark.slow
def test_tables_of_others_are_left_alone(url, release):
    """Somebody's own table of events is not ours to replace."""
    execute(url, "CREATE TABLE events (mine TEXT)")
    execute(url, "INSERT INTO events VALUES ('precious')")
    with pytest.raises(InputError, match="did not create"):
        load_release(release, url)
    assert execute(url, "SELECT mine FROM events") == [("precious",)]
    execute(url, "DROP TABLE events")
    load_release(release, url)
    with pytest.raises(InputError, match="belongs to the package eventbook"):
        load_release(replace(release, package="another"), url)
    execute(url, "ALTER TABLE events ADD COLUMN mine TEXT")
    with pytest.raises(InputError, match="other columns"):
        load_release(release, url)


def test_tables_in_a_ring(url, release):
    """Tables that point to each other have no order in which all keys hold at once."""
    book = release.book
    places = book.tables["locations"]
    away = replace(
        book.tables["events"].key_of("location_id"),
        field="notes",
        table="events",
        target="event_id",
    )
    ring = replace(places, foreign_keys=(away,))
    other = replace(book, tables={**book.tables, "locations": ring})
    events = release.tables["events"]["event_id"]
    rowed = release.tables["locations"].with_columns(pl.lit(events[0]).alias("notes"))
    newer = replace(changed(release, locations=rowed), book=other)
    load_release(newer, url)
    load_release(newer, url)
    holds(url, newer)


@pytest.mark.postgres
def test_a_schema_of_its_own():
    """Two datasets in one database need two rooms."""
    release = open_release(ROOT)
    with fresh_postgres() as url:
        for name in ('one "day" 100%', "two", "two"):
            load_release(release, url, name)
            holds(url, release, name)


words = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)


@settings(max_examples=examples(0.3))
@given(
    st.lists(
        st.tuples(
            st.none() | words,
            st.none() | st.integers(-(2**63), 2**63 - 1),
            st.none() | st.floats(allow_nan=False, allow_infinity=False),
            st.none() | st.dates(),
        ),
        max_size=5,
    )
)
@pytest.mark.parametrize("dialect", SERVERS)
def test_what_goes_in_comes_back(engines, dialect, cells):
    """Empty text that comes back as missing, or a number rounded on the way, is other data."""
    if dialect not in engines:
        pytest.skip("EVENTBOOK_POSTGRES has no URL of a PostgreSQL server")
    frame = pl.DataFrame(
        cells, schema={"s": pl.String, "i": pl.Int64, "n": pl.Float64, "d": pl.Date}, orient="row"
    )
    table = sa.Table(
        "cells",
        sa.MetaData(),
        sa.Column("s", sa.Text),
        sa.Column("i", sa.BigInteger),
        sa.Column("n", sa.Double),
        sa.Column("d", sa.Date),
        prefixes=["TEMPORARY"],
    )
    with engines[dialect].connect() as connected, dropped_after(connected, table):
        rows.insert(connected, table, frame, dialect)
        got = connected.execute(sa.select(table)).all()
    assert [tuple(row) for row in got] == frame.rows()


# The command


def command(*arguments, cwd=ROOT, **variables):
    with pytest.MonkeyPatch.context() as surroundings:
        for name, value in variables.items():
            surroundings.setenv(name, value)
        return invoke("load", *arguments, cwd=cwd)


@pytest.mark.slow
def test_the_command_loads_a_package_and_a_release(url, tmp_path, release):
    """The verb is what people have; the functions behind it are not."""
    done = command(url)
    assert done.returncode == 0, done.stderr
    assert "events: 7 rows: 7 new" in done.stdout
    folder = tmp_path / "release"
    for name in ("dataset", "codebook/books/eventbook"):
        goal = "codebook/eventbook" if "books" in name else name
        shutil.copytree(ROOT / name, folder / goal)
    shutil.copy(ROOT / "datapackage.json", folder)
    done = command(url, "--from", str(folder), cwd=tmp_path)
    missing = "datapackage.json: 'codebook/codes.csv': There is no such file."
    assert done.returncode == 2 and missing in done.stderr, "the message names the file"
    shutil.copy(ROOT / "codebook/codes.csv", folder / "codebook")
    archive = shutil.make_archive(str(tmp_path / "release"), "zip", folder)
    for source in (folder, archive):
        done = command(url, "--from", str(source), cwd=tmp_path)
        assert done.returncode == 0 and "events: 7 rows: 0 new" in done.stdout, done.stderr
    done = command(url, "--from", str(folder), cwd=tmp_path)
    assert done.returncode == 0 and "events: 7 rows: 0 new" in done.stdout, done.stderr
    holds(url, release)
    (folder / "dataset" / "events.parquet").write_bytes(b"PAR1")
    done = command(url, "--from", str(folder), cwd=tmp_path)
    assert done.returncode == 2 and "its hash differs" in done.stderr


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("postgresql://a:S3cretS3cret@127.0.0.1:1/x", "cannot connect"),
        ("mysql://a:S3cretS3cret@localhost/x", "not a database that eventbook supports"),
        ("postgresql+nix://a:S3cretS3cret@localhost/x", "SQLAlchemy has no such driver"),
        ("postgresql+psycopg2cffi://a:S3cretS3cret@localhost/x", "not installed"),
        ("postgresql://a:S3cretS3cret@localhost:port/x", "not the URL"),
        ("S3cretS3cret", "not the URL"),
        ("sqlite://", "has no file name"),
        ("sqlite:////no/such/folder/x.db", "unable to open"),
        ("sqlite:///README.md", "not a database"),
    ],
)
def test_an_unreachable_database_is_reported_in_a_line(url, message):
    """A traceback of a driver has the password in it, and says nothing to the reader."""
    done = command(url)
    assert done.returncode == 2 and message in done.stderr
    assert done.stderr.count("\n") == 1 and "S3cretS3cret" not in done.stderr + done.stdout


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:S3cretS3cret@w0rdw0rd@127.0.0.1:1/d",
        "postgresql://u:S3cretS3cret%40w0rdw0rd@127.0.0.1:1/d",
        "postgresql://u@127.0.0.1:1/d?password=S3cretS3cret%40w0rdw0rd",
        "postgresql://u:S3cretS3cret:w0rdw0rd@127.0.0.1:1/d?passfile=S3cretS3cret",
        "sqlite://u:S3cretS3cret@w0rdw0rd/x.db",
        "sqlite://w0rdw0rd/x.db",
    ],
)
def test_no_part_of_a_password_is_printed(url):
    """What comes after an @ in a password was taken for the host, and the host is printed."""
    done = command(url)
    assert done.returncode == 2 and done.stderr.count("\n") == 1
    assert "S3cret" not in done.stderr and "w0rd" not in done.stderr


@pytest.mark.postgres
@pytest.mark.parametrize(
    "name", ['a"; DROP TABLE events; --', "a'b", "a.b", "%s", "a:b", "x\ny", "A ü"]
)
def test_a_schema_of_any_name(release, name):
    """A name that reaches the statement as it is would be a statement of its own."""
    with fresh_postgres() as url:
        for _ in range(2):
            load_release(release, url, name)
        holds(url, release, name)
        assert execute(url, "SELECT 1 FROM pg_namespace WHERE nspname = :name", name=name) == [(1,)]


@pytest.mark.postgres
def test_a_lock_of_others_is_not_waited_for_without_end(release, monkeypatch):
    """A load behind somebody's open transaction hung without a word."""
    monkeypatch.setattr(connection, "LOCK_SECONDS", 1)
    with fresh_postgres() as url:
        load_release(release, url)
        engine = sa.create_engine(connection.parsed(url))
        with engine.begin() as other:
            other.execute(sa.text("LOCK TABLE events IN ACCESS EXCLUSIVE MODE"))
            with pytest.raises(InputError, match="another session has held a lock"):
                load_release(release, url)
        engine.dispose()
        assert load_release(release, url)[0].new == 0


@pytest.mark.postgres
def test_a_connection_that_is_lost_is_a_line(release):
    """A server that is restarted during a load gave the driver's traceback, and no reason."""
    with fresh_postgres() as url:
        load_release(release, url)
        with (
            pytest.raises(InputError, match="connection was lost"),
            connection.transaction(url) as (connected, _),
        ):
            (pid,) = connected.execute(sa.text("SELECT pg_backend_pid()")).one()
            execute(url, "SELECT pg_terminate_backend(:pid)", pid=pid)
            connected.execute(sa.text("SELECT 1"))
        holds(url, release)


def test_a_register_that_is_damaged_is_a_line(url, release):
    """Somebody's edit of our own table must not end in a traceback."""
    load_release(release, url)
    execute(url, f"UPDATE {REGISTER} SET columns = 'x' WHERE table_name = 'events'")
    with pytest.raises(InputError, match="has other columns than eventbook gave it"):
        load_release(release, url)
    holds(url, release)


@pytest.mark.postgres
def test_postgresql_says_who_may_not():
    """Wrong password, no such database, no permission: three things to fix, three messages."""
    with fresh_postgres() as url:
        given_ = sa.engine.make_url(url)
        for change, message in (
            ({"password": "S3cretS3cret"}, "rejected this user or password"),
            ({"database": "nowhere"}, "no such database"),
        ):
            wrong = given_.set(**change).render_as_string(hide_password=False)
            done = command(wrong)
            assert done.returncode == 2 and message in done.stderr and "S3cret" not in done.stderr
        role = f"reader_{os.urandom(4).hex()}"
        execute(url, f"CREATE ROLE {role} LOGIN PASSWORD 'S3cretS3cret'")
        execute(url, "REVOKE CREATE ON SCHEMA public FROM PUBLIC")
        reader = f"postgresql://{role}@{given_.host}:{given_.port}/{given_.database}"
        done = command(reader, PGPASSWORD="S3cretS3cret")
        assert done.returncode == 2 and "no permission" in done.stderr, done.stderr
        execute(url, f"DROP ROLE {role}")


def test_copied_text_is_quoted_and_what_is_missing_is_not():
    """COPY took an empty text for a missing one, and the text `\\.` for the end of all rows."""
    moment = datetime(2019, 5, 13, 4, 5, 6, tzinfo=UTC)
    frame = pl.DataFrame(
        {
            "text": ["", None, "\\.", 'a "b",\nc', "\\N"],
            "number": [0.1, None, 1e300, -0.0, 1e-9],
            "day": [date(2019, 5, 13), *[None] * 4],
            "moment": [moment, *[None] * 4],
            "yes": [True, False, None, None, None],
        }
    )
    assert copying.as_csv(frame).decode() == (
        '"",0.1,"2019-05-13","2019-05-13T04:05:06.000000Z","true"\n'
        ',,,,"false"\n'
        '"\\.",1e+300,,,\n'
        '"a ""b"",\nc",-0.0,,,\n'
        '"\\N",1e-9,,,\n'
    )
