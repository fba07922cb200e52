"""`eventbook init`: a first book from tables that exist, by which they have no error."""

from __future__ import annotations

import polars as pl
import pytest
from conftest import ROOT, examples
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from eventbook.codebook import load
from eventbook.codebook.loader import forget
from eventbook.dataset.cli.main import app
from eventbook.dataset.starter.first_book import make_book
from eventbook.validation import check_files
from eventbook.validation.checks.book_check import check_book
from eventbook.validation.errors import InputError

STRIKES = """\
strike_id,began,ended,employer_id,workers,official,demands,place,Year of law,call,notes
ST-0001,03/02/2019,05/02/2019,E1,120,TRUE,wages; hours,Leeds,2019,007,first
ST-0002,14/02/2019,14/02/2019,E2,NA,FALSE,wages,Leeds,2018,008,
ST-0003,15/03/2019,,E1,45,TRUE,safety; wages,York,2018,009,"third, long"
ST-0004,16/03/2019,18/03/2019,E3,1200,TRUE,hours,York,2018,010,x
ST-0005,17/03/2019,18/03/2019,E3,12,TRUE,hours,York,2018,011,y
ST-0006,17/03/2019,18/03/2019,E3,12.0,TRUE,hours; safety,Leeds,2018,012,z
"""
EMPLOYERS = (
    "employer_id,name,latitude,longitude\nE1,Mill,53.8,-1.5\nE2,Dock,53.9,-1.1\nE3,Mine,53.7,-1.2\n"
)


@pytest.fixture
def strikes(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "strikes.csv").write_text(STRIKES, encoding="utf-8")
    (tmp_path / "employers.csv").write_text(EMPLOYERS, encoding="utf-8")
    yield tmp_path
    forget()


def run(*words):
    return CliRunner().invoke(app, list(words), catch_exceptions=False)


def test_the_book_says_what_the_cells_show(strikes):
    """Sixty lines of YAML by hand, before the first check, are where most people stop."""
    done = run("init", "strikes.csv", "employers.csv", "--out", "book")
    assert done.exit_code == 0, done.output
    # NA in workers is a way of writing missing that the book knows, and no note.
    assert "0 errors, 0 warnings in 6 rows of strikes and 3 rows of employers" in done.output
    assert "key: strikes.employer_id to employers.employer_id" in done.output
    assert "'Year of law' is year_of_law; see book/strikes.csv" in done.output
    book = load(strikes / "book")
    table = book.tables["strikes"]
    assert {v.name: v.type for v in table.variables} == {
        "strike_id": "string",
        "began": "date",
        "ended": "date",
        "employer_id": "string",
        "workers": "integer",
        "official": "boolean",
        "demands": "string",
        "place": "string",
        "year_of_law": "year",
        # Zeros in front make it an id, which a number would lose.
        "call": "string",
        "notes": "string",
    }
    assert table.primary_key == ("strike_id",) and table["strike_id"].pattern == "ST-[0-9]{4,}"
    assert table["began"].formats == ("%d/%m/%Y",) and table["began"].required
    assert (table["began"].minimum, table["began"].maximum) == ("2019-02-03", "2019-03-17")
    assert not table["ended"].required and table["ended"].missing == "To be described."
    assert table["workers"].missing_values == ("", "NA") and table["workers"].maximum == 1200
    assert book.code_lists["demands"].values == ("hours", "safety", "wages")
    assert table["demands"].separator == "; "
    assert book.code_lists["place"].values == ("Leeds", "York")
    assert table.roles.interval.start == "began" and table.roles.interval.end == "ended"
    assert book.tables["employers"].roles.point.latitude == "latitude"
    report, _ = check_book(strikes / "book")
    assert not len(report)


@pytest.mark.slow
def test_a_package_starts_with_the_book(strikes):
    """A book that cannot be published from is a checker, and no start."""
    assert run("init", "strikes.csv", "employers.csv", "--out", "book").exit_code == 0
    assert run("new", "package", "pack", "--book", "book", "--yes").exit_code == 0
    own = strikes / "pack" / "codebook" / "books" / "strikes"
    assert not list(own.glob("*.csv")) and not list(own.glob("*.json"))
    first = (own / "book.yaml").read_text(encoding="utf-8").splitlines()[0]
    assert (own / first.partition("=")[2]).resolve().is_file()
    assert "seeds/tables/retired.csv" not in (strikes / "pack" / "README.md").read_text()


def test_an_ambiguous_column_is_reported(tmp_path):
    """01/02/2019 is two days; the one that was taken has to be looked at."""
    path = tmp_path / "a.csv"
    path.write_text("id,day\n1,01/02/2019\n2,03/04/2019\n", encoding="utf-8")
    made = make_book([path], tmp_path / "book", "a")
    assert made.notes == ("day: its days fit %d/%m/%Y and %m/%d/%Y; %d/%m/%Y was taken",)
    path.write_text("id,day\n1,01/02/2019\n2,03/14/2019\n", encoding="utf-8")
    made = make_book([path], tmp_path / "other", "a")
    assert made.notes == ()
    assert load(tmp_path / "other").tables["a"]["day"].formats == ("%m/%d/%Y",)


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({"a.csv": "id,x\n1,2,3\n"}, "a.csv: line 2"),
        ({"a.csv": ""}, "a.csv: "),
        ({"a.csv": "id\n1\n", "b/a.csv": "id\n2\n"}, "a: two files have this name"),
        ({"nix.csv": None}, "nix.csv"),
        ({"a.rds": "RDX3"}, "R data"),
    ],
)
def test_a_file_that_cannot_be_read_makes_no_book(tmp_path, files, says):
    """A book made of the rows that could be read would fit half of the file."""
    paths = []
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        if text is not None:
            path.write_text(text, encoding="utf-8")
        paths.append(path)
    with pytest.raises(InputError, match=says):
        make_book(paths, tmp_path / "book", "a")
    assert not (tmp_path / "book").exists()


def test_a_folder_that_exists_is_not_written_into(strikes):
    """A second run would overwrite what a person has described meanwhile."""
    assert run("init", "strikes.csv", "--out", "book").exit_code == 0
    with pytest.raises(InputError, match="book: already exists"):
        run("init", "strikes.csv", "--out", "book")


WORDS = [
    "",
    "NA",
    "-",
    "x",
    "y",
    "true",
    "FALSE",
    "0",
    "1",
    "12",
    "-3",
    "3.5",
    "007",
    "1e3",
    "2019",
]
DATES = [
    "2019-05-13",
    "13/05/2019",
    "05/13/2019",
    "1 May 2019",
    "2019-05-13T14:00:00Z",
    "0031-01-01",
]
TRAPS = ["a; b", "a|b", "=1+1", " x", "ä", "\u202e", "'", "x,y", '"', "None", "null", "nan", "#N/A"]
CELLS = st.one_of(
    st.sampled_from(WORDS + DATES + TRAPS),
    st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=4),
)
COLUMNS = st.lists(st.text(min_size=1, max_size=6), min_size=1, max_size=4, unique=True)


@settings(max_examples=examples(1), deadline=None)
@given(st.data())
def test_the_tables_have_no_error_by_the_book_that_is_made_of_them(tmp_path_factory, data):
    """A first book by which its own table is wrong teaches its maker to ignore errors."""
    folder = tmp_path_factory.mktemp("init")
    names = data.draw(COLUMNS)
    pools = [data.draw(st.lists(CELLS, min_size=1, max_size=4)) for _ in names]
    count = data.draw(st.integers(0, 12))
    rows = [[data.draw(st.sampled_from(pool)) for pool in pools] for _ in range(count)]
    frame = pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row")
    path = folder / "things.csv"
    frame.write_csv(path, quote_style="necessary")
    try:
        made = make_book([path], folder / "book", "things")
    except InputError as refused:
        assert "things.csv" in str(refused)
        return
    (table,) = made.tables
    checked = folder / "book" / "things.csv" if table.renamed else path
    report = check_files([checked], folder / "book")
    assert not [f for f in report if f.severity == "error"], list(report)
    forget()


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["ucdp_ged_mexico_1989_2023.csv.gz", "ucdp_ged_syria_2016_2019.csv.gz"]
)
def test_real_files_have_no_error_by_their_first_book(tmp_path, name):
    """Invented tables have none of the habits of real ones."""
    path = ROOT.parent / "shared" / "data" / name
    if not path.is_file():
        pytest.skip("the real files are not here")
    made = make_book([path], tmp_path / "book", "ged")
    assert made.tables[0].key == ("id",)
    report = check_files([path], tmp_path / "book")
    assert not report.count("error")


def test_a_folder_named_as_a_table_is_reported_as_one(tmp_path):
    """`init folder` spoke of a book that is there already, and the folder was none."""
    (tmp_path / "fold").mkdir()
    with pytest.raises(InputError) as refused:
        make_book([tmp_path / "fold"], tmp_path / "fold", "fold")
    assert "already exists" not in str(refused.value)
