"""UCDP GED files as published: recognised, read as they are, and only what is wrong is found."""

from __future__ import annotations

import gzip

import pandas as pd
import polars as pl
import pytest
from conftest import ROOT

from eventbook.codebook import load
from eventbook.validation import check

BOOK = load("ucdp-ged")
FILES = {
    "ucdp_ged_syria_2016_2019.csv.gz": "release 652.1601.1911, Syria 2016 to 2019",
    "ucdp_ged_mexico_1989_2023.csv.gz": "",
}
DATA = ROOT.parent / "shared" / "data"


@pytest.fixture(params=FILES)
def real(request):
    path = DATA / request.param
    if not path.is_file():
        pytest.skip(f"the real file {request.param} is not part of the project and not at hand")
    return path


OLDER = ["relid", "code_status", "conflict_dset_id", "dyad_dset_id", "side_a_dset_id", "side_b_dset_id", "where_description"]  # fmt: skip


def test_releases_17_to_19_are_recognised(rows, tmp_path):
    """A published release that is read as a broken new one gives seven false findings."""
    path = tmp_path / "ged191.csv"
    rows.drop(columns=OLDER).to_csv(path, index=False)
    report = check(path)
    assert (list(report), report.files[0].variant) == ([], "releases 17 to 19")


def test_a_candidate_release_is_sound(rows, tmp_path):
    """The monthly candidate files do not know yet whether the year is active, and say so."""
    path = tmp_path / "candidate.csv"
    rows.assign(active_year="", code_status="Check deaths").to_csv(path, index=False)
    report = check(path)
    assert (list(report), report.files[0].variant) == ([], "")


def test_the_numbers_and_names_of_countries_are_ucdps():
    """Yemen under the number of the South that ended in 1990 joins with nothing of UCDP's."""
    names = {code.code: (code.label, code.attributes["iso3"]) for code in
             BOOK.code_lists["country_id"].codes}  # fmt: skip
    assert names[678] == ("Yemen (North Yemen)", "YEM")
    assert names[816] == ("Vietnam (North Vietnam)", "VNM")
    assert names[345] == ("Serbia (Yugoslavia)", "SRB")
    assert names[347] == ("Kosovo", "XKX")
    assert names[490] == ("DR Congo (Zaire)", "COD")
    assert names[365] == ("Russia (Soviet Union)", "RUS")
    ours = load("eventbook").code_lists["country"].look_up("gleditsch_ward")
    assert {number: names[number][1] for number in ours.values() if number} == {
        number: iso3 for iso3, number in ours.items() if number
    }


def test_exactly_the_wrong_rows_are_found(real):
    """A gate that flags sound rows of a famous dataset, or misses its unsound ones, is not used."""
    frame = pd.read_csv(real, low_memory=False)
    wrong = frame[(frame.low > frame.best) | (frame.best > frame.high)]
    report = check(real)
    assert report.book and report.book.name == "ucdp-ged"
    assert report.files[0].variant == FILES[real.name]
    assert report.rows == {"events": len(frame)}
    assert {f.rule for f in report} == {"estimates-order"}
    assert sorted(int(f.row_id) for f in report) == sorted(wrong.id)


def test_findings_have_the_line_where_the_row_starts(real):
    """Line breaks inside cells must not shift the line that a person opens in an editor."""
    lines = gzip.decompress(real.read_bytes()).decode("utf-8").split("\n")
    for finding in check(real):
        assert lines[finding.line - 1].split(",")[0].strip('"') == finding.row_id


@pytest.mark.slow
def test_every_form_of_the_file_gives_the_same_findings(real, tmp_path):
    """-1 in a typed column, a whole number that a workbook stores as a float: read alike."""
    frame = pl.read_csv(real, infer_schema_length=None)
    plain, parquet, sheet = (tmp_path / f"ged.{form}" for form in ("csv", "parquet", "xlsx"))
    plain.write_bytes(gzip.decompress(real.read_bytes()))
    frame.write_parquet(parquet)
    frame.write_excel(sheet)
    expected = sorted((f.rule, f.row_id) for f in check(real))
    for path in (plain, parquet, sheet):
        report = check(path)
        assert report.book and (report.book.name, report.unchecked) == ("ucdp-ged", ())
        assert sorted((f.rule, f.row_id) for f in report) == expected


def test_a_truncated_file_is_read_up_to_the_cut(real, tmp_path):
    """A download that broke off must say so, and still tell what it holds."""
    whole = gzip.decompress(real.read_bytes())
    rows = check(real).rows["events"]
    for cut in (-3, -40, -400):
        path = tmp_path / "cut.csv"
        path.write_bytes(whole[:cut])
        report = check(path)
        about_the_file = {f.rule for f in report} - {"estimates-order"}
        assert about_the_file <= {"ragged-row", "quotes", "required", "parts-sum", "csv"}
        assert about_the_file or cut == -3
        assert rows - 3 <= report.rows["events"] <= rows


def test_a_file_without_a_header_is_reported(real, tmp_path):
    """A release was published without its header: its first event is no list of columns."""
    path = tmp_path / "bare.csv"
    path.write_bytes(gzip.decompress(real.read_bytes()).split(b"\n", 1)[1])
    (finding,) = check(path)
    assert (finding.rule, finding.line) == ("no-header", 1)


@pytest.fixture
def rows():
    """Two sound rows in the full layout, of the book's own examples."""
    one = {v.name: str(v.example) for v in BOOK.tables["events"].coded}
    parts = {"deaths_a": "2", "deaths_b": "3", "deaths_civilians": "4", "deaths_unknown": "0"}
    one |= {"id": "1", "year": "2016", "side_b_new_id": "4456", **parts}
    return pd.DataFrame([one, one | {"id": "2"}])


@pytest.mark.parametrize(
    ("column", "value", "found"),
    [
        ("number_of_sources", "-1", set()),
        ("number_of_sources", "0", {("minimum", "number_of_sources")}),
        ("date_start", "2016-01-01 00:00:00", set()),
        ("date_start", "01/01/2016", {("type", "date_start")}),
        ("date_prec", "2", {("date-prec-length", "date_prec")}),
        ("year", "2017", {("year-of-dates", "year")}),
        ("type_of_violence", "4", {("code", "type_of_violence")}),
        (
            "latitude",
            "91",
            {
                ("maximum", "latitude"),
                ("point-agrees", "geom_wkt"),
                ("cell-of-point", "priogrid_gid"),
            },
        ),
        ("geom_wkt", "POINT (35.69 36.45)", {("point-agrees", "geom_wkt")}),
        ("geom_wkt", "POINT(36.45 35.69)", set()),
        ("priogrid_gid", "181152", {("cell-of-point", "priogrid_gid")}),
        ("side_b_new_id", "13408", {("sides-differ", "side_b_new_id")}),
        ("high", "0", {("estimates-order", "best")}),
        ("where_description", "a control \x07 character, a no-break\xa0space", set()),
        ("deaths_a", "7", {("parts-sum", "best")}),
        ("low", "10", {("estimates-order", "best")}),
        ("id", "2", {("primary-key", "id")}),
        ("where_description", 'a "quoted"\r\nline', set()),
        ("source_article", "x" * 6000, set()),
        ("geom_wkt", "POINT 36 35", {("pattern", "geom_wkt")}),
    ],
)
def test_one_broken_cell(rows, tmp_path, column, value, found):
    """Each rule and each missing code of the layout, in a file that is sound but for one cell."""
    rows.loc[0, column] = value
    path = tmp_path / "ged.csv"
    rows.to_csv(path, index=False, lineterminator="\n")
    assert {(f.rule, f.column) for f in check(path)} == found
