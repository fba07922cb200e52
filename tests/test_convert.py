"""Conversion: nothing invented, nothing lost that the loss report does not say."""

from __future__ import annotations

import warnings
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import polars as pl
import pytest
from conftest import ROOT, invoke
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from eventbook import dataset
from eventbook.codebook import crosswalk, load
from eventbook.dataset.cli.main import app
from eventbook.dataset.exchange.convert import convert_events
from eventbook.dataset.exchange.known_table import RecognisedTable, open_recognised, read_recognised
from eventbook.dataset.exchange.output import row_writer
from eventbook.dataset.exchange.translation import Completion, translate
from eventbook.validation import check
from eventbook.validation.errors import InputError
from eventbook.validation.types import POLARS

EVENTS = ROOT / "dataset" / "events.parquet"
DATA = ROOT.parent / "shared" / "data"
REAL = {"ucdp_ged_syria_2016_2019.csv.gz": 101, "ucdp_ged_mexico_1989_2023.csv.gz": 89}
BOOK, ACLED, GED = load(), load("acled"), load("ucdp-ged")
TYPES = [(c.code, c.attributes["event_type"]) for c in BOOK.code_lists["sub_event_type"].codes]
SIDE2 = {c.code: c.attributes["side2"] for c in BOOK.code_lists["sub_event_type"].codes}
COUNTRIES = ["SYR", "MEX", "COD", "CIV", "TUR"]
SOURCES = [
    {"source_ids": None, "according_to": "the document itself"},
    {"source_ids": "sana; the-police", "according_to": "SANA; the police"},
]
PERSONS = [v.name for v in BOOK.tables["events"].variables if v.unit == "persons"]


def known(frame, book="eventbook"):
    found = load(book)
    return RecognisedTable("frame", found, found.tables["events"], "", frame, {}, ())


@st.composite
def events(draw):
    """A published row of ours: what the sources allow, unknowns included."""
    maybe = lambda strategy: st.none() | strategy  # noqa: E731
    sub, type_ = draw(st.sampled_from(TYPES))
    first = draw(st.dates(date(1997, 1, 5), date(2030, 1, 1)))
    days = draw(st.sampled_from([1, 1, 2, 6, 7, 8, 18, 31, 32, 90]))
    low = draw(maybe(st.integers(0, 300)))
    best = None if low is None else draw(maybe(st.just(low)))
    high = None if low is None else draw(maybe(st.integers(low, 400)))
    precision = draw(st.sampled_from([1, 2, 3, 4, 6]))
    point = precision != 6
    alone = SIDE2[sub] != "required" and draw(st.booleans())
    one, two = draw(st.sampled_from([1, 2, 3, 8])), draw(st.sampled_from([1, 2, 7, 8]))
    if type_ == "Violence against civilians":
        two = 7
    civilians = draw(maybe(st.integers(0, best))) if best is not None else None
    name = st.sampled_from(["Rebels", "Military Forces of Syria", "Ötüken & Co.", "Civilians"])
    return {
        "event_id": f"{draw(st.sampled_from(COUNTRIES))}-{draw(st.sampled_from(['0000', '2019']))}-"
        f"{draw(st.integers(1, 20000)):04d}",
        "record_kind": draw(st.sampled_from(["incident", "period_aggregate", "area_aggregate"])),
        "document_id": "DOC-0001",
        "date_start": first,
        "date_end": first + timedelta(days - 1),
        "date_best": first if days == 1 else draw(maybe(st.just(first + timedelta(1)))),
        "date_words": draw(maybe(st.just("on Monday"))),
        "date_basis": "stated",
        "sub_event_type": sub,
        "actor1_id": "rebels",
        "actor1": draw(name),
        "assoc_actor_1": draw(maybe(st.just("Allies; Friends"))),
        "inter1_code": one,
        "actor2_id": None if alone else "others",
        "actor2": None if alone else draw(name) + " (2)",
        "inter2_code": None if alone else two,
        "location_id": "idlib",
        "location": "Idlib",
        "location_words": "in Idlib",
        "location_basis": "stated",
        "iso3": draw(st.sampled_from(COUNTRIES)),
        "admin1": draw(maybe(st.just("Idlib Governorate"))),
        "latitude": draw(st.floats(-80, 80).map(lambda x: round(x, 4))) if point else None,
        "longitude": draw(st.floats(-170, 170).map(lambda x: round(x, 4))) if point else None,
        "ucdp_where_prec": precision,
        "fatalities_status": "minimum" if low is not None else "not_mentioned",
        "fatalities_low": low,
        "fatalities_best": best,
        "fatalities_high": high,
        "fatalities_civilians": civilians,
        "fatalities_side1": draw(maybe(st.just(0))),
        "document_title": "A title",
        "contested": draw(st.booleans()),
        "acts": draw(maybe(st.integers(2, 60))),
        **{name: low for name in PERSONS if name.endswith("_low") and name != "fatalities_low"},
        **{name: high for name in PERSONS if name.endswith("_high") and name != "fatalities_high"},
        "wounded_words": draw(maybe(st.just("20 wounded"))),
        "crowd_words": draw(maybe(st.sampled_from(["about 200", "hundreds; then more", "1,500"]))),
        **draw(st.sampled_from(SOURCES)),
        "notes": draw(maybe(st.just('A "note", with a comma'))),
    }  # fmt: skip


def table(rows):
    """Rows as a published table, each id once."""
    unique = list({row["event_id"]: row for row in rows}.values())
    here = BOOK.tables["events"]
    schema = {v.name: POLARS[v.type] for v in here.variables if v.name in unique[0]}
    frame = pl.DataFrame(unique, schema=schema)
    return Completion(BOOK, here, frame.columns)(frame).select(here.names)


@pytest.mark.slow
@pytest.mark.parametrize("other", ["acled", "ucdp-ged"])
@given(rows=st.lists(events(), min_size=1, max_size=8))
def test_round_trips_lose_only_what_the_report_says(other, rows):
    """A value that comes back changed, with no word of it in a loss report, is a lie about the data."""
    frame = table(rows)
    there, lost = translate(frame, crosswalk("eventbook", other))
    back, lost_back = translate(there, crosswalk(other, "eventbook"))
    assert (frame.height == there.height) == (not [x for x in lost if x.kind == "row"])
    assert there.height == back.height
    reported = {x.variable for x in lost if x.kind in ("variable", "code", "value")}
    reported |= {x.target for x in lost_back}
    both = frame.join(back, on="event_id", suffix="_back")
    assert both.height == there.height, "an id did not come back"
    for name in BOOK.tables["events"].names:
        if name not in {"event_id", *reported} and not derived_of(name, reported):
            changed = both.filter(pl.col(name).ne_missing(pl.col(f"{name}_back")))
            assert changed.is_empty(), (name, changed.select(name, f"{name}_back").rows())


def derived_of(name, reported):
    """Whether a variable follows from another of which the report speaks."""
    follows = {
        "days": {"date_start", "date_end"},
        "year": {"date_start"},
        "acled_fatalities": {"fatalities_low", "fatalities_status", "fatalities_vague"},
        "inter1": {"inter1_code"},
        "inter2": {"inter2_code"},
        "interaction_code": {"inter1_code", "inter2_code"},
        "interaction": {"inter1_code", "inter2_code"},
        "disorder_type": {"sub_event_type"},
    }
    return bool(follows.get(name, set()) & reported)


@st.composite
def acled_rows(draw):
    """A row of an ACLED export."""
    sub, type_ = draw(st.sampled_from([t for t in TYPES if t[1] != "Diplomacy"]))
    one, two = draw(st.integers(1, 8)), draw(st.none() | st.integers(1, 8))
    day = draw(st.dates(date(1997, 1, 20), date(2030, 1, 1)))
    disorder = {
        c.code: c.attributes["disorder_type"] for c in BOOK.code_lists["sub_event_type"].codes
    }
    return {
        "event_id_cnty": f"{draw(st.sampled_from(COUNTRIES))}{draw(st.integers(1, 999999))}",
        "event_date": day,
        "year": day.year,
        "time_precision": draw(st.integers(1, 3)),
        "disorder_type": disorder[sub],
        "event_type": type_,
        "sub_event_type": sub,
        "actor1": draw(st.sampled_from(["Rebels", "Military Forces of Syria (2000-)"])),
        "assoc_actor_1": draw(st.none() | st.just("Civilians (Syria)")),
        "inter1": one,
        "actor2": None if two is None else "Others",
        "inter2": two,
        "interaction": one * 10 if two is None else min(one, two) * 10 + max(one, two),
        **draw(
            st.sampled_from(
                [
                    {"iso": 760, "country": "Syria"},
                    {"iso": 180, "country": "Democratic Republic of Congo"},
                    {"iso": 0, "country": "Kosovo"},
                ]
            )
        ),
        "region": "Middle East",
        "admin1": "Idleb",
        "admin2": draw(st.none() | st.just("Al Mara")),
        "location": "Khan Shaykun",
        "latitude": draw(st.floats(-80, 80)),
        "longitude": draw(st.floats(-170, 170)),
        "geo_precision": draw(st.integers(1, 3)),
        "source": "SOHR; SANA",
        "notes": draw(st.none() | st.just("Casualties unknown.")),
        "fatalities": draw(st.integers(0, 50)),
        "timestamp": 1684271000,
    }


@pytest.mark.slow
@given(rows=st.lists(acled_rows(), min_size=1, max_size=8, unique_by=lambda r: r["event_id_cnty"]))
def test_acled_rows_come_back_as_they_went(rows):
    """An ACLED file that was in our layout and is exported again keeps its ids, days and deaths."""
    from eventbook.validation.types import POLARS

    schema = {v.name: POLARS[v.type] for v in ACLED.tables["events"].variables if v.name in rows[0]}
    frame = pl.DataFrame(rows, schema=schema)
    ours, lost = translate(frame, crosswalk("acled", "eventbook"))
    back, lost_back = translate(ours, crosswalk("eventbook", "acled"))
    assert back.height == frame.height
    reported = {x.variable for x in lost} | {x.target for x in lost_back}
    # The interval is wider than the day, and its middle is the day again.
    reported -= {"event_date", "year", "fatalities"}
    both = frame.join(back, on="event_id_cnty", suffix="_back")
    assert both.height == frame.height
    for name in set(frame.columns) - {"event_id_cnty"} - reported:
        changed = both.filter(pl.col(name).ne_missing(pl.col(f"{name}_back")))
        assert changed.is_empty(), (name, changed.select(name, f"{name}_back").rows())


@pytest.mark.slow
@pytest.mark.parametrize("other", ["acled", "ucdp-ged"])
@given(rows=st.lists(events(), min_size=1, max_size=8))
def test_what_is_carried_passes_the_other_books_check(tmp_path_factory, other, rows):
    """A file that its own layout's check refuses cannot be handed on."""
    done = convert_events(known(table(rows)), other)
    if not done.frame.height:
        return
    path = tmp_path_factory.mktemp("out") / "out.csv"
    with row_writer(path, ".csv", done.book, done.table) as write:
        write(done.frame)
    report = check(path)
    assert report.book and report.book.name == other
    wrong = {(f.rule, f.column) for f in report if f.severity == "error"}
    # ACLED's region is not known of every country.
    assert wrong <= {("required", "region")} if other == "acled" else not wrong, wrong


@pytest.mark.slow
@given(rows=st.lists(events(), min_size=1, max_size=8))
def test_division_sums_back_exactly(rows):
    """A remainder that is dropped, 20 deaths over 6 days as 18, kills two people twice."""
    frame = table(rows)
    plain = convert_events(known(frame), "acled").frame
    divided = convert_events(known(frame), "acled", divide=True).frame
    assert plain["fatalities"].sum() == divided["fatalities"].sum()
    assert divided["event_id_cnty"].is_unique().all()
    spans = frame.filter(
        pl.col("record_kind").str.ends_with("_aggregate") & (pl.col("days") > 1)
    ).filter(pl.col("event_id").str.replace_all("-", "").is_in(plain["event_id_cnty"].to_list()))
    for row in spans.iter_rows(named=True):
        root = row["event_id"].replace("-", "")
        parts = divided.filter(
            pl.col("event_id_cnty").str.starts_with(root)
            & (pl.col("event_id_cnty").str.len_chars() == len(root) + 4)
        )
        assert parts.height == row["days"]
        assert parts["fatalities"].sum() == row["acled_fatalities"]
        assert parts["event_date"].min() == row["date_start"]
        assert parts["event_date"].max() == row["date_end"]


def test_no_acled_zero_becomes_a_known_zero():
    """0 in ACLED says none or unknown; a table that reads it as none counts the unknown as alive."""
    one = {
        v.name: v.example
        for v in ACLED.tables["events"].variables
        if v.name in ACLED.tables["events"].layout
    }
    one |= {"inter1": 1, "inter2": 2, "interaction": 12, "civilian_targeting": None}
    one["event_date"] = date(2019, 5, 13)
    frame = pl.DataFrame([one | {"fatalities": n, "event_id_cnty": f"SYR{n}"} for n in (0, 3)])
    done = convert_events(known(frame, "acled"), "eventbook")
    assert done.frame["fatalities_low"].to_list() == [None, 3]
    for name in ("fatalities_best", "fatalities_high", "fatalities_civilians", "fatalities_status"):
        assert done.frame[name].null_count() == 2
    zero = next(x for x in done.losses if x.variable == "fatalities" and x.code == "0")
    assert (zero.match, zero.rows, zero.first) == ("none", 1, "SYR0")
    again = convert_events(known(done.frame), "acled").frame
    assert again["fatalities"].to_list() == [0, 3]
    assert again["event_id_cnty"].to_list() == ["SYR0", "SYR3"]


PLACES = [
    ("YEM", 887, "Yemen", "Middle East", 678, "Yemen (North Yemen)"),
    ("VNM", 704, "Vietnam", "Southeast Asia", 816, "Vietnam (North Vietnam)"),
    ("SRB", 688, "Serbia", "Europe", 345, "Serbia (Yugoslavia)"),
    ("COD", 180, "Democratic Republic of Congo", "Middle Africa", 490, "DR Congo (Zaire)"),
    ("RUS", 643, "Russia", "Europe", 365, "Russia (Soviet Union)"),
    ("MMR", 104, "Myanmar", "Southeast Asia", 775, "Myanmar (Burma)"),
    ("XKX", 0, "Kosovo", "Europe", 347, "Kosovo"),
    ("BRA", 76, "Brazil", "South America", 140, "Brazil"),
]

NAMES = {c.code: c.label for c in BOOK.code_lists["country"].codes}


@pytest.mark.parametrize(("iso3", "number", "name", "region", "id_", "ged_name"), PLACES)
def test_each_layout_has_its_own_names_and_numbers_of_countries(
    iso3, number, name, region, id_, ged_name
):
    """A name that the other dataset does not use joins with nothing, and no one notices."""
    acled = pl.DataFrame([acled_example(iso=number, country=name, region=region)])
    ours = convert_events(known(acled, "acled"), "eventbook").frame
    assert ours.select("iso3", "country").rows() == [(iso3, NAMES[iso3])]
    assert convert_events(known(ours), "acled").frame.select("iso", "country", "region").rows() == [
        (number, name, region)
    ]
    ged = convert_events(known(acled, "acled"), "ucdp-ged").frame
    assert ged.select("country_id", "country").rows() == [(id_, ged_name)]
    assert convert_events(known(ged, "ucdp-ged"), "eventbook").frame["iso3"].to_list() == [iso3]


def acled_example(**changes):
    """A sound row of ACLED's layout, typed."""
    table = ACLED.tables["events"]
    one = {v.name: v.example for v in table.variables if v.name in table.layout}
    one |= {"inter1": 1, "inter2": 2, "interaction": 12, "civilian_targeting": None}
    return one | {"event_date": date(2019, 5, 13)} | changes


def test_rows_of_acled_until_2018_are_converted():
    """The old types keep their meaning; a type that was split is not guessed."""
    variant = next(v for v in ACLED.tables["events"].variants if v.name == "until 2018")
    types = {
        "Battle-No change of territory": ("Battles", "Armed clash"),
        "Battle-Government regains territory": ("Battles", "Government regains territory"),
        "Remote violence": ("Explosions/Remote violence", None),
        "Riots/Protests": (None, None),
        "Violence against civilians": ("Violence against civilians", None),
    }
    frame = pl.DataFrame(
        [
            acled_example(event_id_cnty=f"{n}SYR", event_type=name, gwno=652, ally_actor_1="Ally Z")
            for n, name in enumerate(types)
        ]
    ).drop(variant.without)
    done = convert_events(known(frame, "acled"), "eventbook")
    assert done.frame["event_id"].to_list() == [f"SYR-0001-{n:04}" for n in range(len(types))]
    assert dict(
        zip(types, done.frame.select("event_type", "sub_event_type").rows(), strict=True)
    ) == types  # fmt: skip
    assert set(done.frame.select("iso3", "assoc_actor_1").rows()) == {("SYR", "Ally Z")}
    assert any(x.code == "Riots/Protests" for x in done.losses)


CROWDS = [
    ("crowd size=no report", None, None, None),
    ("crowd size=about 200", "about 200", None, None),
    ("crowd size=dozens to about 150", "dozens to about 150", None, None),
    ("crowd size=hundreds", "hundreds", None, None),
    ("crowd size=1,500", "1,500", 1500, 1500),
    ("crowd size=200-300", "200-300", 200, 300),
    ("crowd size=at least 40", "at least 40", 40, None),
    ("crowd size=at least five", "at least five", None, None),
    ("armed; counter-demonstration; crowd size=50; statue", "50", 50, 50),
    ("crowd size=99999999999999999999", "99999999999999999999", None, None),
    ("women targeted: girls", None, None, None),
    (None, None, None, None),
]


@pytest.mark.parametrize(("tags", "words", "low", "high"), CROWDS)
def test_the_size_of_a_crowd_is_read_from_acleds_tags(tags, words, low, high):
    """ "No report" is not the words of a document, and no number is read out of a word."""
    frame = pl.DataFrame([acled_example(tags=tags)], schema_overrides={"tags": pl.String})
    done = convert_events(known(frame, "acled"), "eventbook")
    columns = ["crowd_words", "crowd_low", "crowd_high"]
    assert done.frame.select(columns).rows() == [(words, low, high)]
    assert any(x.variable == "tags" for x in done.losses) == (tags is not None)


@pytest.mark.parametrize(
    ("words", "low", "high", "tags"),
    [
        ("about 200 people; some armed", 180, 220, "crowd size=about 200 people, some armed"),
        (None, 200, 200, "crowd size=200"),
        (None, 200, 300, "crowd size=200-300"),
        (None, 200, None, "crowd size=at least 200"),
        (None, None, None, None),
    ],
)
def test_the_size_of_a_crowd_is_written_into_acleds_tags(words, low, high, tags):
    """A semicolon within a tag makes two tags of it; an empty tag is no tag."""
    crowd = {"crowd_words": words, "crowd_low": low, "crowd_high": high}
    done = convert_events(known(published_example(**crowd)), "acled")
    assert done.frame["tags"].to_list() == [tags]
    again = convert_events(known(done.frame, "acled"), "eventbook").frame
    if words is None:
        assert again.select("crowd_low", "crowd_high").rows() == [(low, high)]


def published_example(**changes):
    """A sound row of our published table, typed, that every layout has room for."""
    one = {v.name: v.example for v in BOOK.tables["events"].variables}
    one |= {"event_type": "Protests", "sub_event_type": "Peaceful protest"}
    one |= {name: date(2019, 5, 13) for name in ("date_start", "date_end", "date_best")}
    types = {v.name: POLARS[v.type] for v in BOOK.tables["events"].variables}
    return pl.DataFrame([one | changes], schema=types)


def ged_example(**changes):
    """A sound row of UCDP GED's layout, typed."""
    one = {v.name: v.example for v in GED.tables["events"].coded}
    one |= {"date_start": date(2016, 5, 1), "date_end": date(2016, 5, 1), "date_prec": 1}
    return one | changes


@pytest.mark.parametrize("book", ["acled", "ucdp-ged"])
def test_what_another_layout_leaves_open_is_filled_or_stays_unknown(book):
    """A default that is filled in where nothing is known says of a date that it was inferred."""
    sound = {"acled": acled_example(), "ucdp-ged": ged_example()}[book]
    ours = convert_events(known(pl.DataFrame([sound]), book), "eventbook").frame
    assert ours.select("record_kind", "contested").rows() == [("incident", False)]
    assert ours["date_end"].null_count() == 0
    unknown = ["date_basis", "location_basis", "date_words", "fatalities_status", "wounded_low"]
    assert ours.select(unknown).rows() == [(None,) * len(unknown)]


def test_a_precision_that_disagrees_with_its_days_stays_geds_own():
    """Recomputed on the way, 13 days that UCDP calls a week would be a month when they come back."""
    days = {"date_start": date(2016, 5, 1), "date_end": date(2016, 5, 13), "date_prec": 3}
    frame = pl.DataFrame([ged_example(**days, where_prec=5)])
    ours = convert_events(known(frame, "ucdp-ged"), "eventbook").frame
    columns = ["ucdp_date_prec", "acled_time_precision", "ucdp_where_prec", "acled_geo_precision"]
    assert ours.select(columns).rows() == [(3, 2, 5, None)]
    back = convert_events(known(ours), "ucdp-ged").frame
    assert back.select("date_prec", "where_prec").rows() == [(3, 5)]


@pytest.mark.parametrize(
    ("original", "ours", "back"),
    [
        ("SOHR, SDF", "SOHR, SDF", "SOHR, SDF"),
        ("Military sources \n", "Military sources", "Military sources"),
        (None, None, None),
    ],
)
def test_whom_a_report_names_as_its_source_goes_to_ged_and_back(original, ours, back):
    """Six real cells end in a line break, which is an error in our text; an empty one is unknown."""
    frame = pl.DataFrame(
        [ged_example(source_original=original)], schema_overrides={"source_original": pl.String}
    )
    done = convert_events(known(frame, "ucdp-ged"), "eventbook").frame
    assert done["according_to"].to_list() == [ours]
    again = convert_events(known(done), "ucdp-ged").frame
    assert again["source_original"].to_list() == [back]


def test_the_document_itself_is_no_source_in_ged():
    """GED's column says who told the publisher: our words for nobody are none of its sources."""
    names = {"source_ids": None, "according_to": "the document itself"}
    for changes, original in (({}, "Syrian rebels"), (names, None)):
        done = convert_events(known(published_example(**changes)), "ucdp-ged").frame
        assert done["source_original"].to_list() == [original]


def test_publishers_and_not_headlines_are_acleds_sources():
    """A column of publishers' names with headlines in it cannot be grouped by source."""
    ged = convert_events(known(pl.DataFrame([acled_example()]), "acled"), "ucdp-ged").frame
    ged = ged.with_columns(source_office=pl.lit("AFP; SANA"), source_headline=pl.lit("A headline"))
    assert convert_events(known(ged, "ucdp-ged"), "acled").frame["source"].to_list() == [
        "AFP; SANA"
    ]


@pytest.mark.parametrize("other", ["acled", "ucdp-ged"])
def test_our_table_passes_the_check_of_each_layout(tmp_path, other):
    """What the project itself publishes must be the first thing that converts."""
    out = tmp_path / "out.csv"
    result = CliRunner().invoke(app, ["convert", str(EVENTS), str(out), "--to", other])
    assert result.exit_code == 0, result.output
    report = check(out)
    assert report.book and (report.book.name, len(report)) == (other, 0)
    losses = pd.read_csv(f"{out}.loss.csv")
    assert set(losses["match"]) <= {"none", "broader", "narrower"}
    assert (losses["rows"] > 0).all()
    assert losses["note"].notna().all()


@pytest.mark.slow
@pytest.mark.parametrize("name", REAL)
def test_real_files_go_to_all_layouts_and_back(tmp_path, name):
    """The rows that are wrong stay wrong on the way, and no sound one becomes wrong."""
    path = DATA / name
    if not path.is_file():
        pytest.skip(f"the real file {name} is not part of the project and not at hand")
    ours, ged, acled = (tmp_path / f for f in ("ours.parquet", "ged.csv", "acled.csv.gz"))
    original = pd.read_csv(path, low_memory=False)
    run = CliRunner().invoke
    assert run(app, ["convert", str(path), str(ours), "--to", "eventbook"]).exit_code == 0
    assert run(app, ["convert", str(ours), str(ged), "--to", "ucdp-ged"]).exit_code == 0
    assert run(app, ["convert", str(path), str(acled), "--to", "acled"]).exit_code == 0
    disordered = [f for f in check(ours) if f.rule == "fatalities-order"]
    assert len(disordered) == REAL[name]
    back = dataset.read(ged)
    assert sorted(back["id"]) == sorted(original["id"])
    rules = pd.Series([f.rule for f in check(ged)]).value_counts()
    assert rules["estimates-order"] == REAL[name]
    assert set(rules.index) == {"estimates-order", "required"}
    kept = ["best", "low", "high", "deaths_a", "deaths_b", "deaths_civilians", "latitude", "side_a"]
    joined = back.merge(original, on="id", suffixes=("", "_was"))
    for column in kept:
        assert (joined[column] == joined[f"{column}_was"]).all(), column
    one_day = dataset.read(acled)
    assert one_day["fatalities"].sum() <= original["low"].sum()
    aggregates = original[original.event_clarity == 2]
    assert len(one_day) <= len(original) and len(aggregates) > 0


def test_reading_a_file_gives_a_typed_frame(tmp_path):
    """Codes that arrive as floats, and days as text, are what people re-type in every notebook."""
    frame = dataset.read(EVENTS)
    assert frame.attrs["book"] == "eventbook" and frame.attrs["version"] == BOOK.version
    assert frame.attrs["variant"] == "" and frame.attrs["unread"] == {}
    pd.testing.assert_frame_equal(frame, dataset.load(), check_flags=False)
    acled = tmp_path / "acled.csv"
    CliRunner().invoke(app, ["convert", str(EVENTS), str(acled), "--to", "acled"])
    read = dataset.read(acled)
    assert read.attrs["book"] == "acled"
    assert read["inter1"].dtype == "Int64" and read["event_date"].dtype == "datetime64[ns]"
    text = acled.read_text(encoding="utf-8").replace(",121,", ",many,")
    acled.write_text(text, encoding="utf-8")
    with pytest.warns(UserWarning, match="1 of fatalities"):
        assert dataset.read(acled)["fatalities"].isna().sum() == 1


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_reading_keeps_columns_that_the_book_does_not_have(tmp_path, form):
    """10,194 rows of allies were gone without a word: the frame had the book's columns only."""
    frame = acled({}, {}).assign(my_note=["x", ""], my_number=["1", "2"])
    path = tmp_path / f"acled.{form}"
    (frame.to_csv if form == "csv" else frame.to_parquet)(path, index=False)
    read = dataset.read(path)
    assert list(read.columns) == list(frame.columns)
    assert read["my_note"].fillna("").tolist() == ["x", ""]
    assert read["my_number"].tolist() == ["1", "2"]
    assert (read.attrs["extra"], read.attrs["missing"]) == (["my_note", "my_number"], [])


def test_reading_names_the_columns_that_are_missing(tmp_path):
    """A script that reads `notes` fails much later, if the missing column is not reported."""
    path = tmp_path / "acled.csv"
    acled({}).drop(columns=["notes", "tags"]).to_csv(path, index=False)
    with pytest.warns(UserWarning, match="missing columns: notes, tags"):
        frame = dataset.read(path)
    assert frame.attrs["missing"] == ["notes", "tags"] and "notes" not in frame.columns


@pytest.mark.parametrize("form", ["csv", "parquet"])
@pytest.mark.parametrize("day", ["31-12-19", "0031-01-01", "9999-12-31", "0016-10-07"])
def test_reading_a_day_that_pandas_cannot_hold_says_so(tmp_path, day, form):
    """Nanoseconds reach from 1677 to 2262: ACLED's API once gave the year 16, a traceback here."""
    path = tmp_path / f"acled.{form}"
    frame = acled({"event_date": day}, {"event_date": "2019-05-13"})
    (frame.to_csv if form == "csv" else frame.to_parquet)(path, index=False)
    with pytest.warns(UserWarning, match="1 of event_date"):
        read = dataset.read(path)
    assert read["event_date"].isna().tolist() == [True, False]
    assert read["event_date"][1] == pd.Timestamp("2019-05-13")
    assert read.attrs["unread"] == {"event_date": 1}


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_reading_headings_alone_gives_the_columns_with_their_types(tmp_path, form):
    """The export of a query without results is a frame without rows, and no error."""
    path = tmp_path / f"acled.{form}"
    frame = acled({}).head(0)
    (frame.to_csv if form == "csv" else frame.to_parquet)(path, index=False)
    read = dataset.read(path)
    assert read.empty and list(read.columns) == list(frame.columns)
    assert read["fatalities"].dtype == "Int64" and read["event_date"].dtype == "datetime64[ns]"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["IN", "out.xls", "--to", "acled"], "must end in"),
        (["IN", "IN", "--to", "acled"], "that is the file to read"),
        (["IN", "there.csv"], "use --force to overwrite"),
        (["IN", "no/folder.csv"], "cannot be written"),
        (["IN", "out.csv", "--divide"], "--divide spreads totals"),
        (["IN", "out.csv", "--to", "gtd"], "no such book"),
        (["nothing.csv", "out.csv"], "no such file"),
        (["claims.csv", "out.csv", "--to", "acled"], "convert takes events"),
        (["seeds.csv", "out.csv", "--to", "acled"], "the published table"),
        (["there.csv", "out.csv"], "No book has a table"),
    ],
)
def test_what_cannot_be_converted_is_reported_in_a_line(tmp_path, arguments, message):
    """A traceback, or half a file, after a typing error in the command."""
    (tmp_path / "IN.parquet").write_bytes(EVENTS.read_bytes())
    (tmp_path / "there.csv").write_text("a,b\n1,2\n")
    (tmp_path / "claims.csv").write_bytes((ROOT / "dataset/claims.csv").read_bytes())
    (tmp_path / "seeds.csv").write_bytes((ROOT / "seeds/tables/events.csv").read_bytes())
    named = ["IN.parquet" if a == "IN" else a for a in arguments]
    done = invoke("convert", *named, cwd=tmp_path)
    assert done.returncode == 2
    assert message in done.stderr and "Traceback" not in done.stderr
    assert not (tmp_path / "out.csv").exists()


def test_without_a_target_only_the_form_of_the_file_changes(tmp_path):
    """CSV to Parquet is the conversion most people want: every row and column must stay."""
    out = tmp_path / "out.parquet"
    done = invoke("convert", str(ROOT / "dataset/events.csv"), str(out))
    assert done.returncode == 0, done.stderr
    pd.testing.assert_frame_equal(dataset.read(out), dataset.load(), check_flags=False)
    with pytest.raises(InputError):
        read_recognised(ROOT / "README.md")


def ged(*rows):
    """Rows of UCDP GED, sound but for what is given, as a frame of text."""
    one = {v.name: str(v.example) for v in GED.tables["events"].coded}
    parts = {"deaths_a": "2", "deaths_b": "3", "deaths_civilians": "4", "deaths_unknown": "0"}
    one |= {"year": "2016", "side_b_new_id": "4456", "number_of_sources": "2", **parts}
    return pd.DataFrame([one | {"id": str(n)} | row for n, row in enumerate(rows, 1)])


def acled(*rows):
    """Rows of an ACLED export, sound but for what is given, as a frame of text."""
    table = ACLED.tables["events"]
    one = {v.name: str(v.example) for v in table.variables if v.name in table.layout}
    one |= {"inter1": "State forces", "inter2": "Rebel group", "civilian_targeting": ""}
    one |= {"interaction": "State forces-Rebel group"}
    return pd.DataFrame([one | {"event_id_cnty": f"SYR{n}"} | r for n, r in enumerate(rows, 1)])


def written(frame, path):
    frame.to_csv(path, index=False, lineterminator="\n")
    return str(path)


@pytest.mark.parametrize("to", ["eventbook", "acled"])
def test_an_unknown_kind_of_side_leaves_the_interaction_unknown(tmp_path, to):
    """Of 7,374 real rows 4,966 said "State forces only", though a rebel group was on side 2."""
    here = {"country_id": "652", "side_a": "Government of Syria", "gwnoa": "652", "gwnob": ""}
    frame = ged(
        here | {"type_of_violence": "1", "side_b": "Group X"},
        here | {"type_of_violence": "3", "side_b": "Civilians"},
    )
    out = tmp_path / "out.csv"
    invoke("convert", written(frame, tmp_path / "ged.csv"), str(out), "--to", to)
    result = pd.read_csv(out, dtype=str, keep_default_na=False)
    assert result["actor2"].tolist() == ["Group X", "Civilians"]
    assert result["inter2"].tolist() == ["", "Civilians"]
    assert result["interaction"].tolist() == ["", "State forces-Civilians"]


def test_one_side_alone_is_still_one_side():
    """The interaction of an event without a second actor is known."""
    one = {
        "event_id": "SYR-2019-0001",
        "actor1": "Army",
        "inter1_code": 1,
        "date_start": date(2019, 5, 1),
    }
    frame = pl.DataFrame([one | {"actor2": None, "inter2_code": None}], infer_schema_length=None)
    done = Completion(BOOK, BOOK.tables["events"], frame.columns)(
        frame.with_columns(pl.col("actor2").cast(pl.String), pl.col("inter2_code").cast(pl.Int64))
    )
    assert done["interaction"].to_list() == ["State forces only"]


def test_ids_stay_unique_in_ged(tmp_path):
    """SYR123 and YEM123 are two events; 123 would be the id of both, and perhaps one of UCDP's."""
    frame = acled(
        {"event_id_cnty": "SYR123"}, {"event_id_cnty": "YEM123", "iso": "887", "country": "Yemen"}
    )
    out = tmp_path / "ged.csv"
    done = invoke("convert", written(frame, tmp_path / "acled.csv"), str(out), "--to", "ucdp-ged")
    result = pd.read_csv(out)
    assert result["id"].is_unique and (result["id"] > 1_000_000_000).all()
    assert result["relid"].tolist() == ["SYR-0001-0123", "YEM-0001-0123"]
    assert "primary-key" not in {f.rule for f in check(out)}
    again = tmp_path / "again.csv"
    assert invoke("convert", str(out), str(again), "--to", "acled").returncode == 0
    assert pd.read_csv(again)["event_id_cnty"].tolist() == ["SYR123", "YEM123"]
    assert done.returncode == 0


@pytest.mark.slow
def test_ids_of_ged_come_back_through_acled(tmp_path):
    """GED that is converted to ACLED's layout and back must have UCDP's events again."""
    source, there, back = (tmp_path / f"{n}.csv" for n in ("ged", "acled", "back"))
    written(ged({"id": "209980"}, {"id": "7"}), source)
    assert invoke("convert", str(source), str(there), "--to", "acled").returncode == 0
    invoke("convert", str(there), str(back), "--to", "ucdp-ged")
    assert pd.read_csv(back)["id"].tolist() == [209980, 7]


ODD = {
    "inter1": "Protesters",  # a label in a column of codes
    "event_date": "13-May-19",
    "my_note": "kept",
}


@pytest.mark.parametrize("book", ["acled", "ucdp-ged"])
def test_without_a_target_nothing_is_recoded(tmp_path, book):
    """CSV got words and Parquet numbers for the same codes, and -1 sources became an empty cell."""
    frame = (
        acled(ODD, ODD | {"inter1": "State forces"}, ODD | {"fatalities": "many"})
        if book == "acled"
        else ged({"number_of_sources": "-1", "my_note": "kept"}, {"my_note": ""})
    )
    source = written(frame, tmp_path / "in.csv")
    csv_file, parquet, again = (
        tmp_path / "out.csv",
        tmp_path / "out.parquet",
        tmp_path / "again.csv",
    )
    for one, two in ((source, csv_file), (source, parquet), (parquet, again)):
        done = invoke("convert", str(one), str(two))
        assert done.returncode == 0, done.stdout + done.stderr
    assert csv_file.read_bytes() == (tmp_path / "in.csv").read_bytes()
    stored = pd.read_parquet(parquet)
    assert list(stored.columns) == list(frame.columns)
    if book == "acled":
        assert stored["inter1"].tolist() == ["Protesters", "State forces", "Protesters"]
        assert stored["fatalities"].tolist()[-1] == "many"
        assert stored["event_date"].tolist() == [pd.Timestamp(2019, 5, 13)] * 3
    else:
        assert stored["number_of_sources"].tolist() == [-1, 2]
        assert pd.read_csv(again)["number_of_sources"].tolist() == [-1, 2]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        frames = [dataset.read(path) for path in (source, csv_file, parquet, again)]
    for other in frames[1:]:
        pd.testing.assert_frame_equal(other, frames[0], check_flags=False)


def test_a_header_in_capitals_stays_in_capitals(tmp_path):
    """Without --to the layout stays, and with it the names that people's programs look for."""
    frame = acled({}).rename(columns=str.upper)
    source, out = written(frame, tmp_path / "in.csv"), tmp_path / "out.parquet"
    assert invoke("convert", source, str(out)).returncode == 0
    assert list(pd.read_parquet(out).columns) == list(frame.columns)


def test_lost_values_are_summed_up_and_fail(tmp_path):
    """A conversion that lost all dates ended with status 0 and no word of them."""
    frame = ged({"date_start": "05/13/2019"}, {"date_start": "05/14/2019"}, {})
    out = tmp_path / "out.csv"
    done = invoke("convert", written(frame, tmp_path / "ged.csv"), str(out), "--to", "eventbook")
    assert done.returncode == 1
    assert "2 values that are lost: they cannot be read, or have no equivalent:" in done.stdout
    assert "  2 rows: date_start: no value of its type" in done.stdout
    assert out.is_file()


def test_expected_errors_are_listed_separately(tmp_path):
    """2,318,290 errors of a sound file look like a broken conversion; six a row could not be known."""
    wrong = {
        "low": "9",
        "best": "2",
        "high": "3",
        "deaths_a": "2",
        "deaths_b": "0",
        "deaths_civilians": "0",
    }
    frame = ged({}, wrong)
    out = tmp_path / "out.csv"
    done = invoke("convert", written(frame, tmp_path / "ged.csv"), str(out), "--to", "eventbook")
    assert done.returncode == 0
    errors = [f for f in check(out) if f.severity == "error"]
    own = [f for f in errors if f.rule == "fatalities-order"]
    assert len(own) == 1 and len(errors) > 10
    expected = len(errors) - len(own)
    assert f"  {expected} of the errors are to be expected: ucdp-ged does not say" in done.stdout
    assert f"  1 error comes from the rows themselves: eventbook check {out}" in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("to", ["eventbook", "acled", "ucdp-ged"])
def test_a_file_in_batches_becomes_what_it_becomes_at_once(tmp_path, monkeypatch, to):
    """A file of any size is converted in batches: numbers go on, and losses are added up."""
    from eventbook.dataset.exchange import known_table

    rows = [
        {"event_id_cnty": f"SYR{n}", "actor1": f"Group {n % 5}", "fatalities": str(n % 3)}
        for n in range(1, 40)
    ]
    source = written(acled(*rows), tmp_path / "in.csv")
    results = []
    for size in (50_000, 7):
        monkeypatch.setattr(known_table, "ROWS", size)
        out = tmp_path / f"{size}.csv"
        done = invoke("convert", source, str(out), "--to", to)
        losses = (tmp_path / f"{size}.csv.loss.csv").read_bytes()
        results.append((done.returncode, out.read_bytes(), losses))
    assert results[0] == results[1]
    if to == "ucdp-ged":
        result = pd.read_csv(out)
        assert result["side_a_new_id"].nunique() == 5
        assert result["id"].is_unique


def test_a_large_file_is_read_in_batches(tmp_path, monkeypatch):
    """Memory that grows with the file ends the conversion of a global dataset on a laptop."""
    from eventbook.dataset.exchange import known_table

    monkeypatch.setattr(known_table, "STREAMED", 1000)
    monkeypatch.setattr("eventbook.validation.reading.batches.BLOCK", 4000)
    source = written(acled(*[{}] * 60), tmp_path / "in.csv")
    batches = [parsed.frame.height for _, parsed in open_recognised(Path(source)).batches()]
    assert len(batches) > 3 and sum(batches) == 60
