"""ACLED exports in their known layouts: recognised by name, and only what is wrong is found."""

from __future__ import annotations

import pandas as pd
import pytest

from eventbook.codebook import load
from eventbook.validation import check, check_large, reports
from eventbook.validation.reading.layouts import variant_of

BOOK = load("acled")
TABLE = BOOK.tables["events"]
OLD_IDS = {"data_id": "1", "event_id_no_cnty": "2", "iso3": "SYR"}


@pytest.fixture
def rows():
    """Two sound rows of the current layout, of the book's own examples."""
    one = {v.name: str(v.example) for v in TABLE.variables if v.name in TABLE.layout}
    one |= {"civilian_targeting": ""}
    return pd.DataFrame([one, one | {"event_id_cnty": "SYR2"}])


def found(frame, tmp_path):
    path = tmp_path / "acled.csv"
    frame.to_csv(path, index=False, lineterminator="\n")
    report = check(path)
    assert report.book and report.book.name == "acled"
    return {(f.rule, f.column) for f in report}, report.files[0].variant


def until_2018(frame, **changes):
    """Rows as ACLED published them until 2018."""
    variant = next(v for v in TABLE.variants if v.name == "until 2018")
    old = frame.drop(columns=sorted(variant.without)).assign(
        event_id_cnty=["1SYR", "2SYR"],
        event_date="01-May-2015",
        year="2015",
        event_type="Battle-No change of territory",
        event_id_no_cnty="1",
        gwno="652",
        ally_actor_1="Ally Z",
        ally_actor_2="",
    )
    return old.assign(**changes).rename(columns=str.upper)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"event_date": "13/05/2015"}, set()),
        ({"event_date": "13/05/2014"}, {("year-of-date", "year")}),
        ({"event_type": "Battles"}, {("code", "event_type")}),
        ({"event_id_cnty": ["SYR1", "2SYR"]}, {("pattern", "event_id_cnty")}),
    ],
)
def test_rows_until_2018_have_codes_and_ids_of_their_own(rows, tmp_path, changes, expected):
    """19,700 false findings in a file of 2017, because the codes of today are asked of it."""
    assert found(until_2018(rows, **changes), tmp_path)[0] == expected


def test_codes_of_old_layouts_are_wrong_today(rows, tmp_path):
    """A type that ended in 2018, in a file of 2024, is a mistake in a merge."""
    rows.loc[0, "event_type"] = "Riots/Protests"
    rows.loc[1, "event_id_cnty"] = "2SYR"
    assert found(rows, tmp_path)[0] == {("code", "event_type"), ("pattern", "event_id_cnty")}


@pytest.mark.parametrize("spelling", ["Civilian targeting", "Civilians targeted", ""])
def test_civilian_targeting_has_two_spellings(rows, tmp_path, spelling):
    """ACLED's exports write the one, its codebook the other: thousands of false errors."""
    assert found(rows.assign(civilian_targeting=spelling), tmp_path)[0] == set()


def test_a_number_that_is_none_of_iso_is_no_error_and_gets_no_hint(rows, tmp_path):
    """ACLED files Akrotiri and Dhekelia under 2, which is not a slip for 12, Algeria."""
    path = tmp_path / "acled.csv"
    rows.assign(iso="2", country="Akrotiri and Dhekelia").to_csv(path, index=False)
    report = check(path)
    assert {(f.rule, f.severity, f.nearest) for f in report} == {("iso-known", "warning", None)}
    assert report.status() == 0


def test_lists_are_borrowed_and_not_copied():
    """Two copies of one taxonomy drift apart at the first correction."""
    assert len(TABLE.layout) == 31
    ours = load("eventbook").code_lists["sub_event_type"].codes
    assert BOOK.code_lists["sub_event_type"].codes == tuple(
        c for c in ours if c.attributes["event_type"] != "Diplomacy"
    )
    assert len(BOOK.code_lists["sub_event_type"].codes) == 25


@pytest.mark.parametrize(
    ("change", "variant"),
    [
        (lambda f: f, ""),
        (lambda f: f[sorted(f.columns)], ""),
        (lambda f: f.assign(population_best="100"), ""),
        (lambda f: f.rename(columns=str.upper), "header in capitals"),
        (
            lambda f: f.drop(columns=["disorder_type", "civilian_targeting", "tags"]).assign(
                **OLD_IDS
            ),
            "before March 2023",
        ),
        (
            lambda f: (
                f.drop(columns=["disorder_type", "civilian_targeting", "tags"])
                .assign(**OLD_IDS)
                .rename(columns=str.upper)
            ),
            "before March 2023; header in capitals",
        ),
        (
            lambda f: (
                f.drop(columns=["disorder_type", "civilian_targeting", "tags", "timestamp"])
                .assign(event_id_no_cnty="2")
                .rename(columns=str.upper)
            ),
            "curated file before March 2023; header in capitals",
        ),
        (lambda f: until_2018(f), "until 2018; header in capitals"),
    ],
)
def test_layouts_are_recognised_by_name(rows, tmp_path, change, variant):
    """An old export that is read as a broken new one sends its owner away."""
    assert found(change(rows), tmp_path) == (set(), variant)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"inter1": "1", "inter2": "2", "interaction": "12"}, set()),
        ({"interaction": "State forces\u2013Rebel group"}, set()),
        ({"inter2": "0", "actor2": "", "interaction": "State forces only"}, set()),
        ({"event_date": "13-May-19"}, set()),
        ({"event_date": "13-May-2019"}, set()),
        ({"event_date": "13 May 2019"}, set()),
        ({"event_date": "05/13/2019"}, {("type", "event_date")}),
        ({"year": "2018"}, {("year-of-date", "year")}),
        ({"inter1": "Rebel Forces"}, {("code", "inter1")}),
        ({"interaction": "17"}, {("interaction-of-inter", "interaction")}),
        ({"event_type": "Diplomacy"}, {("code", "event_type")}),
        ({"event_type": "Riots"}, {("sub-type-in-type", "sub_event_type")}),
        ({"disorder_type": "Demonstrations"}, {("disorder-follows", "disorder_type")}),
        ({"actor2": ""}, {("side-2-complete", "inter2")}),
        ({"fatalities": ""}, {("required", "fatalities")}),
        (
            {"event_type": "Violence against civilians", "sub_event_type": "Attack"},
            {("civilians-on-side-2", "actor2")},
        ),
        ({"country": "Iraq"}, {("country-of-iso", "country")}),
        ({"iso": "999"}, {("iso-known", "iso")}),
        ({"tags": "crowd size=around 100; sexual violence"}, set()),
        ({"tags": "; women targeted: politicians"}, {("pattern", "tags")}),
        (
            {"event_date": "0031-12-19", "year": "2019"},
            {("minimum", "event_date")},
        ),
        ({"timestamp": "1500000000"}, {("uploaded-after", "timestamp")}),
        ({"timestamp": "1684271000000"}, {("maximum", "timestamp")}),
        ({"event_id_cnty": "SYR2"}, {("primary-key", "event_id_cnty")}),
    ],
)
def test_one_broken_row(rows, tmp_path, changes, expected):
    """Both spellings of the codes are sound; each rule finds its own error and no other."""
    for column, value in changes.items():
        rows.loc[0, column] = value
    assert found(rows, tmp_path)[0] == expected


def test_the_nearest_label_is_offered(rows, tmp_path):
    """An older vocabulary for the same code should lead to the current one."""
    rows.loc[0, "inter1"] = "Rebel groups"
    path = tmp_path / "acled.csv"
    rows.to_csv(path, index=False)
    (finding,) = check(path)
    assert finding.nearest == "Rebel group" and finding.value == "Rebel groups"


def test_a_number_has_no_nearest_one(rows, tmp_path):
    """Precision 9 is not a misspelt 3; following such a hint invents a value."""
    rows.loc[0, "geo_precision"] = "9"
    path = tmp_path / "acled.csv"
    rows.to_csv(path, index=False)
    (finding,) = check(path)
    assert (finding.rule, finding.value, finding.nearest) == ("code", "9", None)
    assert "Did you mean" not in reports.human(check(path))


def before_2023(frame):
    """Rows as ACLED published them before March 2023."""
    return frame.drop(columns=["disorder_type", "civilian_targeting", "tags"]).assign(**OLD_IDS)


@pytest.mark.parametrize("checked", [check, check_large])
@pytest.mark.parametrize(
    ("change", "extra", "lacking", "variant"),
    [
        (lambda f: f.assign(mine="x"), ("mine",), (), ""),
        (lambda f: f.drop(columns="notes").assign(mine="x"), ("mine",), ("notes",), ""),
        (lambda f: before_2023(f).assign(mine="x"), ("mine",), (), "before March 2023"),
        (
            lambda f: before_2023(f).drop(columns="notes").assign(mine="x"),
            ("mine",),
            ("notes",),
            "before March 2023",
        ),
        (
            lambda f: before_2023(f).rename(columns=str.upper).assign(mine="x", MINE="y"),
            ("mine", "MINE"),
            (),
            "before March 2023; header in capitals",
        ),
        (
            lambda f: until_2018(f).drop(columns="NOTES").assign(mine="x"),
            ("mine",),
            ("notes",),
            "until 2018; header in capitals",
        ),
    ],
)
def test_columns_of_the_user_and_lacking_ones_leave_the_layout_recognised(
    rows, tmp_path, checked, change, extra, lacking, variant
):
    """One column of the user's own made an old export a broken new one, with codes of today."""
    path = tmp_path / "acled.csv"
    change(rows).to_csv(path, index=False, lineterminator="\n")
    report = checked(path)
    (file,) = report.files
    assert (file.extra, file.lacking, file.variant) == (extra, lacking, variant)
    expected = {("unknown-column", name) for name in extra}
    expected |= {("missing-column", name) for name in lacking}
    assert {(f.rule, f.column) for f in report if f.severity == "error"} == expected


def test_a_few_current_columns_are_not_an_old_layout():
    """A selection of columns has no sub-event types either, and was read with codes of 2017."""
    few = ["event_id_cnty", "event_date", "year", "event_type", "country", "fatalities"]
    assert variant_of(TABLE, few) is None
    assert variant_of(TABLE, [*few, "mine"]) is None


@pytest.mark.parametrize("checked", [check, check_large])
def test_the_nearest_book_is_named_with_the_number_of_columns_that_it_shares(
    rows, tmp_path, checked
):
    """A list of staff was reported as close to a book with which it has nothing in common."""
    path = tmp_path / "part.csv"
    rows[sorted(TABLE.layout)[:11]].assign(mine="x").to_csv(path, index=False)
    (finding,) = checked(path)
    assert finding.rule == "unrecognised"
    words = "11 of 12 columns are those of the table events of ACLED: --book acled checks them"
    assert words in finding.message
    report = checked(path, book="acled")
    assert report.files[0].extra == ("mine",)
    assert report.rows == {"events": 2}
    pd.DataFrame({"salary": [1], "boss": ["x"]}).to_csv(path, index=False)
    (finding,) = checked(path)
    assert finding.message == "No book has a table with these columns."
