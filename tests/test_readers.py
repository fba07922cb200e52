"""Files as other programs write them: each is read as it was meant, or a line says what is wrong."""

import gzip
import io
import json
import os
import zipfile

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from eventbook.validation import check, check_large
from eventbook.validation.errors import InputError
from eventbook.validation.reading.read import read

HEADER = "event_id_cnty,event_date,year,notes,actor1"
ROWS = ["SYR1,2019-05-13,2019,one,A", "SYR2,2019-05-14,2019,two,B", "SYR3,2019-05-15,2019,three,C"]
ENGINES = pytest.mark.parametrize("engine", [check, check_large], ids=["small", "stream"])


def lines(*rows, end="\n", header=HEADER):
    return end.join([header, *rows, ""]).encode()


@pytest.fixture
def findings(tmp_path):
    """Check bytes as ACLED's events; the findings but for the columns that the rows do not have."""

    def of(engine, data, name="file.csv"):
        path = tmp_path / name
        path.write_bytes(data)
        report = engine(path, **{"book": "acled", "table": "events"})
        of.rows = report.rows.get("events")
        return [
            (f.rule, f.severity, f.line, f.column, f.value)
            for f in report
            if f.rule != "missing-column"
        ]

    return of


@ENGINES
@pytest.mark.parametrize(
    "data",
    [lines(*ROWS, end="\r"), HEADER.encode() + b"\r" + "\n".join(ROWS).encode()],
    ids=["everywhere", "after the header"],
)
def test_lines_that_end_in_cr_alone_are_refused(findings, engine, data):
    """The whole file was taken for its header: no rows, no findings, and fmt deleted sixteen rows."""
    assert findings(engine, data) == [("line-ends", "error", 1, None, None)]


@ENGINES
def test_mixed_line_ends_lose_no_row(findings, engine):
    """One engine read three rows and the other two."""
    data = f"{HEADER}\n{ROWS[0]}\r{ROWS[1]}\n{ROWS[2]}\n".encode()
    assert findings(engine, data) == [("line-ends", "error", 2, None, None)]
    assert findings.rows == 3


@ENGINES
def test_windows_line_ends_and_a_return_within_quotes_are_sound(findings, engine):
    """A rule on line ends must not object to those that are right."""
    assert findings(engine, lines(*ROWS, end="\r\n")) == []
    assert findings(engine, lines(ROWS[0], 'SYR2,2019-05-14,2019,"a\r\nb",B', end="\r\n")) == []


@ENGINES
@pytest.mark.parametrize(
    "cell",
    [
        '"Shelling" on the town',
        '""Shelling"" on the town',
        '"Shelling on "the" town"',
        'Shelling on "the" town',
        'a "quoted" and a "second"',
    ],
)
def test_stray_quotation_marks_are_a_finding(findings, engine, cell):
    """The marks vanished from the text without a word, and fmt made it last."""
    row = f"SYR2,2019-05-14,2019,{cell},B"
    data = lines(ROWS[0], row, ROWS[2])
    assert findings(engine, data) == [("stray-quotes", "error", 3, "notes", row[:80])]
    assert findings.rows == 2


@ENGINES
@pytest.mark.parametrize("cell", ['"ok ""x"", y"', '"two\nlines"', '""', '"""all"""', '"a"",b"'])
def test_quotation_marks_that_are_doubled_are_sound(findings, engine, cell):
    """A rule that objects to what every CSV writer makes is switched off by its users."""
    assert findings(engine, lines(ROWS[0], f"SYR2,2019-05-14,2019,{cell},B")) == []
    assert findings.rows == 2


@ENGINES
def test_a_single_mark_is_found_with_its_line(findings, engine):
    """`5" gun` is as common as an open quote; without a line it cannot be found."""
    found = findings(engine, lines(ROWS[0], 'SYR2,2019-05-14,2019,a 5" gun,B', ROWS[2]))
    assert ("quotes", "error", 3, None, None) in found


@ENGINES
def test_an_index_without_a_name_is_left_out(findings, engine):
    """What pandas and R write by default stopped everything at the first line."""
    data = lines(*(f"{n},{row}" for n, row in enumerate(ROWS)), header="," + HEADER)
    assert findings(engine, data) == [("unnamed-column", "note", 1, None, None)]
    assert findings.rows == 3


@ENGINES
def test_a_remark_right_of_the_headings_is_a_finding(findings, engine):
    """A remark beside the table was dropped with its column."""
    data = lines(f"{ROWS[0]},,", f"{ROWS[1]},,remark", header=HEADER + ",,")
    assert findings(engine, data) == [
        ("unnamed-column", "note", 1, None, None),
        ("unnamed-column", "note", 1, None, None),
        ("unnamed-cell", "error", 3, None, "remark"),
    ]


@ENGINES
def test_hxl_tags_are_no_event(findings, engine):
    """The row of tags counted as an event and was converted to one."""
    tags = "#event+code,#date+occurred,#date +year,#description,#group+name"
    assert findings(engine, lines(tags, *ROWS)) == [("tag-row", "note", 2, None, None)]
    assert findings.rows == 3
    assert findings(engine, lines("#1,2019-05-13,2019,#x,A"))[0][0] != "tag-row"


@ENGINES
def test_a_byte_order_mark_is_read(findings, engine):
    """Excel writes it and cannot do otherwise: a note at most."""
    data = b"\xef\xbb\xbf" + lines(*ROWS)
    assert findings(engine, data) == [("byte-order-mark", "note", 1, None, None)]
    assert findings.rows == 3


@ENGINES
def test_a_name_of_ours_is_refused(findings, engine):
    """A column called as our line numbers was a traceback, or moved every finding."""
    found = findings(engine, lines("1,2", header="__line,notes"))
    assert ("reserved-column", "error", 1, "__line", None) in found


def parquet(**columns):
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink)
    return sink.getvalue()


@ENGINES
@pytest.mark.parametrize(
    "cells",
    [
        pa.array([["a"], ["b"]]),
        pa.array([{"a": 1}, {"a": 2}]),
        pa.array([b"a", b"b"], pa.binary()),
        pa.array([[("a", 1)], None], pa.map_(pa.string(), pa.int64())),
    ],
    ids=["list", "struct", "binary", "map"],
)
def test_cells_that_hold_no_single_value_are_a_finding(findings, engine, cells):
    """Each was a traceback of polars."""
    data = parquet(event_id_cnty=["SYR1", "SYR2"], event_date=["2019-05-13"] * 2, notes=cells)
    assert ("nested-cell", "error", 1, "notes", None) in findings(engine, data, "file.parquet")
    assert findings.rows == 2


@ENGINES
def test_a_damaged_page_is_a_finding(findings, engine):
    """The footer was sound, the rows were not: a traceback of pyarrow in the middle."""
    sink = io.BytesIO()
    table = pa.table({"event_id_cnty": [f"SYR{n}" for n in range(500)]})
    pq.write_table(table, sink, compression="none", use_dictionary=False)
    data = bytearray(sink.getvalue())
    data[30:400] = b"\xff" * 370
    found = findings(engine, bytes(data), "file.parquet")
    assert [rule for rule, *_ in found if rule == "parquet"] == ["parquet"]


@ENGINES
def test_damaged_compression_is_a_finding(findings, engine):
    """Compression that breaks in the middle was a traceback of zlib."""
    data = bytearray(gzip.compress(lines(*ROWS * 5000)))
    data[len(data) // 2 : len(data) // 2 + 40] = b"\xff" * 40
    assert "gzip" in [rule for rule, *_ in findings(engine, bytes(data), "file.csv.gz")]


@ENGINES
@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("x.rda", gzip.compress(b"RDX3\nX\n\0\0\0\x03", mtime=0), "R data"),
        ("x.csv", gzip.compress(b"RDX3\nX\n\0\0\0\x03", mtime=0), "R data"),
        ("x.rds", gzip.compress(b"X\n\0\0\0\x03\0\x04", mtime=0), "R data"),
        ("x.dta", b"<stata_dta><header>", "Stata"),
        ("x.sav", b"$FL2@(#) SPSS DATA FILE", "SPSS"),
        ("x.feather", b"ARROW1\0\0", "Arrow"),
        ("x.csv.bz2", b"BZh91AY&SY", "bzip2"),
        ("x.geojson", b'{"type": "FeatureCollection", "features": []}', "GeoJSON"),
        ("x.html", b"<!DOCTYPE html><html>", "web page"),
        ("x.csv", b"<html><head>Sign in", "web page"),
        ("x.pdf", b"%PDF-1.7", "PDF"),
        ("x.parquet", b"\x8a\xa4\xff\x00\x91", "by its name Parquet, by its first bytes not"),
        ("x.xlsx", b"\x8a\xa4\xff\x00\x91", "by its name an Excel workbook"),
    ],
)
def test_other_formats_are_named(tmp_path, engine, name, data, says):
    """A NUL byte was reported for R data, 1,443 repeated columns for JSON, and a damaged Parquet
    file was to be saved as UTF-8.
    """
    (tmp_path / name).write_bytes(data)
    with pytest.raises(InputError, match=says) as error:
        engine(tmp_path / name)
    assert "eventbook reads CSV" in str(error.value)


def zipped(**members):
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        for name, data in members.items():
            archive.writestr(name.replace("_csv", ".csv"), data)
    return sink.getvalue()


def test_a_zip_with_one_table_is_read(findings, tmp_path):
    """UCDP ships GED in a ZIP file; it was called an unreadable workbook."""
    assert findings(check, zipped(ged_csv=lines(*ROWS)), "file.zip") == []
    assert findings.rows == 3
    (tmp_path / "two.zip").write_bytes(zipped(a_csv=b"x", b_csv=b"y"))
    with pytest.raises(InputError, match=r"2 tables: a\.csv, b\.csv"):
        check(tmp_path / "two.zip")
    (tmp_path / "bad.zip").write_bytes(zipped(a_csv=b"x" * 1000)[:-30])
    with pytest.raises(InputError, match="cannot be unpacked"):
        check(tmp_path / "bad.zip")


@pytest.mark.parametrize(
    "wrap",
    [
        lambda rows: rows,
        lambda rows: {"status": 200, "success": True, "count": 3, "data": rows},
        lambda rows: {"TotalCount": 3, "NextPageUrl": "", "Result": rows},
    ],
    ids=["list", "acled", "ucdp"],
)
def test_json_of_an_interface_is_read(findings, wrap):
    """What ACLED's and UCDP's interfaces give was read as CSV for half a minute."""
    names = HEADER.split(",")
    rows = [dict(zip(names, row.split(","), strict=True)) for row in ROWS]
    rows[1]["year"] = 2019
    rows[2]["actor1"] = None
    assert findings(check, json.dumps(wrap(rows)).encode(), "file.json") == [
        ("required", "error", 3, "actor1", None)
    ]
    assert findings.rows == 3


@pytest.mark.parametrize("data", [b"[1, 2]", b'{"a": 5}', b"[" * 100_000, b'{"a": '])
def test_json_that_is_no_table_is_one_line(tmp_path, data):
    """Nested without end, it was a traceback."""
    (tmp_path / "x.json").write_bytes(data)
    with pytest.raises(InputError, match=r"x\.json"):
        check(tmp_path / "x.json")


@ENGINES
def test_a_pipe_is_refused(tmp_path, engine):
    """Reading waited forever for a pipe that nobody writes to."""
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(InputError, match="a pipe, socket or device"):
        engine(tmp_path / "pipe.csv")


def workbook(path, *cells):
    """A workbook as a program writes it that computes nothing: cells are (place, value)."""
    import xlsxwriter

    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("events")
        sheet.write_row(0, 0, HEADER.split(","))
        for number, row in enumerate(ROWS, 1):
            sheet.write_row(number, 0, row.split(","))
        for place, value in cells:
            if str(value).startswith("="):
                sheet.write_formula(place, value, None, "")
            else:
                sheet.write(place, value)


def with_xml(path, old, new):
    """Change the XML of the first sheet."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    assert old in members[sheet]
    members[sheet] = members[sheet].replace(old, new)
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)


def odd(path):
    return [(f.rule, f.line, f.column, f.value) for f in read(path).findings]


def test_errors_and_formulas_of_a_workbook_are_findings(tmp_path):
    """Cells that showed something were read as empty, filed, and never changed afterwards."""
    path = tmp_path / "w.xlsx"
    workbook(path, ("D2", "=actors!A3"), ("D3", 5), ("H3", "a remark"))
    with_xml(path, b'<c r="D3"><v>5</v></c>', b'<c r="D3" t="e"><v>#NAME?</v></c>')
    assert odd(path) == [
        ("unnamed-cell", 3, None, "a remark"),
        ("formula-without-result", 2, "notes", "=actors!A3"),
        ("cell-error", 3, "notes", "#NAME?"),
    ]


def test_a_cell_far_outside_is_one_line(tmp_path):
    """One stray cell in the last row and column crashed the process, which ran out of memory."""
    path = tmp_path / "far.xlsx"
    workbook(path, ("XFD1048576", "x"))
    ((rule, *_),) = odd(path)
    assert rule == "workbook" and "XFD1048576" in read(path).findings[0].message


def test_a_valid_workbook_has_no_odd_cell(tmp_path):
    """A formula with a stored result is a value like any other."""
    path = tmp_path / "w.xlsx"
    workbook(path)
    assert odd(path) == [] and read(path).frame is not None
    assert isinstance(read(path).frame, pl.DataFrame)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('[{"event_id_cnty": "SYR1"}, {"event_id_cnty": "SYR2", "event_id_cnty": "SYR3"}]', 2),
        ('{"data": [{"event_id_cnty": "SYR1", "notes": 1, "notes": null}]}', 1),
    ],
)
def test_a_name_twice_in_one_row_of_json_is_a_finding(tmp_path, text, line):
    """Python keeps the last of two values of one name, and the first is gone."""
    path = tmp_path / "rows.json"
    path.write_text(text)
    found = [(f.rule, f.line) for f in read(path).findings]
    assert found == [("repeated-column", line)]
