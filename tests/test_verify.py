"""Releases from strangers: what is hostile is refused by name, and nothing is written elsewhere."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import shutil
import sqlite3
import stat
import struct
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import pytest
from conftest import EVENTBOOK, ROOT, examples
from hypothesis import given, settings
from hypothesis import strategies as st

from eventbook.dataset.releases.problem import Unsound
from eventbook.dataset.releases.release import described_parts
from eventbook.dataset.releases.safe_zip import Refused, unpack_safely
from eventbook.dataset.releases.sqlite_file import read_sqlite
from eventbook.dataset.releases.untrusted import DEPTH, read_untrusted_json
from eventbook.dataset.releases.verify import verify

TOP = "eventbook-1.0.0/"


def sha256(data):
    return hashlib.sha256(data).hexdigest()


class Forged:
    """A release that a test changes; its own hashes are made to fit again, as a forger would."""

    def __init__(self, archive):
        with zipfile.ZipFile(archive) as opened:
            self.files = {n.removeprefix(TOP): opened.read(n) for n in opened.namelist()}
        self.tricks = []

    def json(self, name, change):
        found = json.loads(self.files[name])
        change(found)
        self.files[name] = json.dumps(found).encode()

    def replace(self, name, old, new):
        assert old.encode() in self.files[name], old
        self.files[name] = self.files[name].replace(old.encode(), new.encode(), 1)

    def described(self):
        """Put the sizes and hashes of the data files into the descriptor."""

        def renew(descriptor):
            for part in described_parts(descriptor):
                data = self.files.get(part["path"])
                if data is not None:
                    part |= {"bytes": len(data), "hash": f"sha256:{sha256(data)}"}

        self.json("datapackage.json", renew)

    def write(self, path, top=TOP):
        names = sorted(n for n in self.files if n != "SHA256SUMS")
        self.files["SHA256SUMS"] = "".join(
            f"{sha256(self.files[n])}  {n}\n" for n in names
        ).encode()
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in self.files.items():
                archive.writestr(top + name, data)
            for trick in self.tricks:
                trick(archive)
        return path


@pytest.fixture
def forged(built):
    return Forged(built)


def rules(path):
    return {finding.rule for finding in verify(path)}


def test_what_was_published_verifies(built, tmp_path):
    """A gate that refuses everything proves nothing by refusing a forgery."""
    report = verify(built)
    assert len(report) == 0 and report.rows["events"] == 7
    with zipfile.ZipFile(built) as archive:
        archive.extractall(tmp_path)
    assert len(verify(tmp_path)) == 0
    assert len(verify(ROOT)) == 0, "a checkout is a package, too"


def test_a_forged_release_with_fitting_hashes_verifies(forged, tmp_path):
    """The corpus below must be refused for its trick, and not because a test repacked it."""
    forged.described()
    assert rules(forged.write(tmp_path / "f.zip")) == set()


def member(name, data=b"x", **more):
    def add(archive):
        about = zipfile.ZipInfo("placeholder")
        about.filename = name
        about.compress_type = more.get("method", zipfile.ZIP_STORED)
        about.external_attr = more.get("mode", 0o100644) << 16
        archive.writestr(about, data)

    return add


NAMES = {
    "absolute": ("/etc/evil", "name-absolute"),
    "drive": ("C:/evil", "name-absolute"),
    "share": ("\\\\host\\share\\evil", "name-backslash"),
    "backslash": (TOP + "..\\..\\evil", "name-backslash"),
    "parent": ("../evil", "name-parent"),
    "parent inside": (TOP + "a/../../../evil", "name-parent"),
    "dot": (TOP + "./evil", "name-dot"),
    "empty part": (TOP + "a//evil", "name-dot"),
    "hidden": (TOP + ".bashrc", "name-hidden"),
    "hidden folder": (TOP + ".git/hooks/post-checkout", "name-hidden"),
    "device": (TOP + "dataset/CON.csv", "name-device"),
    "device number": (TOP + "com1", "name-device"),
    "ending dot": (TOP + "LICENSE.", "name-ending"),
    "ending space": (TOP + "LICENSE ", "name-ending"),
    "newline": (TOP + "a\nb.md", "name-control"),
    "direction": (TOP + "a\u202egpj.md", "name-control"),
    "zero byte": (TOP + "a\0b.md", "name-control"),
    "stream": (TOP + "a.md:b", "name-character"),
    "long": (TOP + "a" * 300 + ".md", "name-long"),
    "case": (TOP + "license", "archive-name-clash"),
    "accent": (TOP + "LICENSE", "archive-name-clash"),
    "file and folder": (TOP + "LICENSE/x.md", "archive-name-clash"),
}


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("case", NAMES)
def test_names_that_lead_elsewhere(forged, tmp_path, case, monkeypatch):
    """A name in an archive decides where a file is written: none may leave its folder."""
    name, rule = NAMES[case]
    forged.tricks.append(member(name))
    target = tmp_path / "deep" / "down"
    target.mkdir(parents=True)
    path = forged.write(tmp_path / "f.zip")
    monkeypatch.setattr(tempfile, "tempdir", str(target))
    before = {p for p in tmp_path.rglob("*") if not p.is_relative_to(target)}
    assert rule in rules(path)
    with pytest.raises(Refused):
        unpack_safely(path, target / "out")
    assert {p for p in tmp_path.rglob("*") if not p.is_relative_to(target)} == before
    assert not list(target.rglob("*")), "a refused archive is not unpacked at all"
    assert not Path("/etc/evil").exists()


def directory_of_many(archive):
    for number in range(10_001):
        archive.writestr(f"{TOP}x{number}.md", b"")


KINDS = {
    "link": (
        member(TOP + "codebook/x.md", b"/etc/passwd", mode=stat.S_IFLNK | 0o777),
        "archive-link",
    ),
    "pipe": (member(TOP + "x.md", mode=stat.S_IFIFO | 0o644), "archive-link"),
    "device": (member(TOP + "x.md", mode=stat.S_IFCHR | 0o644), "archive-link"),
    "method": (member(TOP + "x.md", b"x" * 99, method=zipfile.ZIP_BZIP2), "archive-method"),
    "bomb": (
        member(TOP + "x.md", b"0" * (64 << 20), method=zipfile.ZIP_DEFLATED),
        "archive-ratio",
    ),
    "many": (directory_of_many, "archive-members"),
}


@pytest.mark.parametrize("case", KINDS)
def test_members_that_are_no_files(forged, tmp_path, case):
    """Links, devices and bombs: what unpacking would follow, open or fill the disk with."""
    trick, rule = KINDS[case]
    forged.tricks.append(trick)
    assert rule in rules(forged.write(tmp_path / "f.zip"))


def patched(path, name, at, value, central=True):
    """Change a field in the table of contents (or in the member's own head) of an archive."""
    data = bytearray(path.read_bytes())
    mark = (b"PK\1\2", 46) if central else (b"PK\3\4", 30)
    start = 0
    while (start := data.find(mark[0], start)) >= 0:
        if data[start + mark[1] :].startswith(name.encode()):
            data[start + at : start + at + len(value)] = value
            break
        start += 4
    assert start >= 0
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("at", "value", "rule"),
    [
        (8, b"\1\0", "archive-encrypted"),
        (24, struct.pack("<I", 1), "archive-"),
        (24, struct.pack("<I", (1 << 32) - 2), "archive-ratio"),
        (16, b"\0\0\0\0", "archive-damaged"),
        (42, b"\0\0\0\0", "archive-"),
    ],
    ids=["encrypted", "says less", "says much", "checksum", "another's bytes"],
)
def test_a_table_of_contents_that_lies(forged, tmp_path, at, value, rule):
    """What an archive says of a member is not what is in it."""
    path = forged.write(tmp_path / "f.zip")
    patched(path, TOP + "README.md", at, value)
    assert any(found.startswith(rule) for found in rules(path))


def test_members_over_each_other(tmp_path, forged):
    """A few bytes that a thousand members share unpack to gigabytes, each within its ratio."""
    path = forged.write(tmp_path / "f.zip")
    with zipfile.ZipFile(path) as archive:
        first = archive.infolist()[0]
        other = archive.getinfo(TOP + "LICENSE")
    patched(path, other.filename, 42, struct.pack("<I", first.header_offset + 1))
    assert "archive-overlap" in rules(path)


def test_a_total_that_no_disk_has(tmp_path):
    """Many members below every ratio still fill a disk."""
    path = tmp_path / "f.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(5):
            archive.writestr(f"x/{number}.md", b"x" * 100)
    for number in range(5):
        patched(path, f"x/{number}.md", 20, struct.pack("<I", 100_000_000))
        patched(path, f"x/{number}.md", 24, struct.pack("<I", 4_000_000_000))
    assert "archive-total" in rules(path)


def test_a_table_of_contents_of_gigabytes(tmp_path):
    """The list of members is read whole before anybody can count it."""
    path = tmp_path / "f.zip"
    with path.open("wb") as stream:
        stream.truncate(3 << 30)
        stream.seek(3 << 30)
        stream.write(b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, 65535, 65535, 3 << 30, 0, 0))
    assert rules(path) == {"archive-members"}


def test_a_table_of_contents_that_a_second_record_belittles(tmp_path):
    """Two sizes of one table of contents: the smaller one is what a forger wants to be believed."""
    path = tmp_path / "f.zip"
    small = struct.pack("<IQHHIIQQQQ", 0x06064B50, 44, 45, 45, 0, 0, 1, 1, 100, 0)
    locator = struct.pack("<IIQI", 0x07064B50, 0, 0, 1)
    end = b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, 65535, 65535, 3 << 30, 0, 0)
    path.write_bytes(small + locator + end)
    assert rules(path) == {"archive-members"}


MACOS = ["__MACOSX/._eventbook-1.0.0", "eventbook-1.0.0/.DS_Store", "__MACOSX/eventbook-1.0.0/._x"]


def test_files_that_macos_adds_to_an_archive(built, tmp_path):
    """A release that was zipped again on a Mac looks hostile, without an explanation."""
    path = shutil.copy(built, tmp_path / "again.zip")
    with zipfile.ZipFile(path, "a") as archive:
        for name in MACOS:
            archive.writestr(name, b"x")
    (finding,) = verify(path)
    assert finding.rule == "macos-files" and finding.value == MACOS[0]
    assert "macOS added 3 files" in finding.message and "delete __MACOSX" in finding.message
    for words in (["diff", str(path), str(built)], ["load", "sqlite:///x.db", "--from", str(path)]):
        done = subprocess.run([*EVENTBOOK, *words], cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 2 and "macOS added 3 files" in done.stderr, done.stderr
    assert not (tmp_path / "x.db").exists()


def test_files_that_macos_adds_to_a_folder(built, tmp_path):
    """A folder that was opened in Finder once is that release all the same, but for one file."""
    with zipfile.ZipFile(built) as archive:
        archive.extractall(tmp_path)
    (tmp_path / "__MACOSX").mkdir()
    (tmp_path / TOP / "dataset" / ".DS_Store").write_bytes(b"x")
    (finding,) = verify(tmp_path)
    assert finding.rule == "macos-files" and "macOS added a file" in finding.message
    (tmp_path / TOP / "dataset" / ".DS_Store").unlink()
    assert len(verify(tmp_path)) == 0


@pytest.mark.parametrize("listed", [True, False])
def test_line_ends_that_were_changed(built, tmp_path, listed):
    """A checkout that rewrites line ends makes a right file look forged."""
    with zipfile.ZipFile(built) as archive:
        archive.extractall(tmp_path)
    if not listed:
        (tmp_path / TOP / "SHA256SUMS").unlink()
    path = tmp_path / TOP / "dataset" / "actors.csv"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    (finding,) = verify(tmp_path)
    assert finding.rule == ("sums-hash" if listed else "descriptor-hash")
    assert finding.file == "dataset/actors.csv"
    assert "Only its line ends were changed (CRLF for LF)" in finding.message
    path.write_bytes(b"x" + path.read_bytes())
    (finding,) = verify(tmp_path)
    assert "line ends" not in finding.message


@pytest.mark.parametrize("opening", ["[", '{"a": '])
def test_json_may_be_nested_to_a_limit(tmp_path, opening):
    """A file that is nested too deeply crashes its reader; one at the limit does not."""
    path, closing = tmp_path / "x.json", "]" if opening == "[" else "}"
    for depth, inside in ((DEPTH, "1"), (DEPTH + 1, "1"), (DEPTH + 1, "[]"), (100_000, "1")):
        path.write_text(opening * depth + inside + closing * depth)
        if depth == DEPTH:
            read_untrusted_json(path)
            continue
        with pytest.raises(Unsound) as raised:
            read_untrusted_json(path)
        assert raised.value.problem.rule == "json-depth"
    path.write_text(json.dumps({"a": "[" * 1000}))
    assert read_untrusted_json(path) == {"a": "[" * 1000}, "brackets in a text are text"


@pytest.mark.parametrize(
    "data", [b"", b"PK", b"PK\5\6", b"not a zip", b"PK\3\4" * 100, b"\0" * 9999]
)
def test_no_archive(tmp_path, data):
    """A file that is not an archive is a finding, not a traceback."""
    (tmp_path / "f.zip").write_bytes(data)
    assert rules(tmp_path / "f.zip") == {"archive-damaged"}


def cell(old, new, file="dataset/events.csv"):
    def change(forged):
        forged.replace(file, old, new)
        forged.described()

    return change


def descriptor(change):
    return lambda forged: forged.json("datapackage.json", change)


def text(name, data):
    def change(forged):
        forged.files[name] = data if isinstance(data, bytes) else data.encode()

    return change


def first(found):
    return found["resources"][0]


BOOK = "codebook/eventbook/book.yaml"
CODES, POINTS = "codebook/codes.csv", "dataset/events.geojson"
DEEP = "[" * 5000 + "]" * 5000
CONTENTS = {
    "formula": (cell(",Syria,", ",=cmd|'/c calc'!A0,"), "text-no-formula"),
    "direction": (cell("Idlib", "Id\u202elib"), "text-hidden-characters"),
    "control": (cell("Idlib", "Id\x07lib"), "text-hidden-characters"),
    "oversized": (cell("Idlib", "x" * 200_000), "cell-large"),
    "other cell": (cell("2019-05-13", "2019-05-12"), "content-hash"),
    "other type": (cell("2019-05-13", "2019-13-13"), "type"),
    "other column": (cell("event_id,", "event,"), "columns"),
    "NUL": (cell("Idlib", "Id\0lib"), "nul"),
    "formula in a label": (cell("Governments", "=1+1", CODES), "text-no-formula"),
    "other label": (cell("Suicide bomb,Suicide bomb", "Suicide bomb,Bomb", CODES), "content-hash"),
    "other point": (cell("35.93062", "36.93062", POINTS), "content-hash"),
    "other words on the map": (cell("Civilians", "Fighters", POINTS), "content-hash"),
    "a map of nothing": (cell('"features"', '"none"', POINTS), "content-hash"),
    "a map twice": (cell('"title"', '"name"', POINTS), "json-repeated-key"),
    "a second map": (
        text("dataset/other.geojson", '{"features": [], "features": 1}'),
        "json-repeated-key",
    ),
    "remote map": (
        descriptor(lambda d: first(d)["eventbook:geojson"].update(path="https://a.org/x.geojson")),
        "name-absolute",
    ),
    "remote path": (
        descriptor(lambda d: first(d).update(path="https://example.org/events.csv")),
        "name-absolute",
    ),
    "absolute path": (descriptor(lambda d: first(d).update(path="/etc/passwd")), "name-absolute"),
    "parent path": (descriptor(lambda d: first(d).update(path="../events.csv")), "name-parent"),
    "several paths": (descriptor(lambda d: first(d).update(path=["a", "b"])), "descriptor"),
    "inline data": (descriptor(lambda d: first(d).update(path="", data=[[1]])), "descriptor"),
    "remote twin": (
        descriptor(lambda d: first(d)["eventbook:parquet"].update(path="s3://b/x")),
        "name-absolute",
    ),
    "remote schema": (
        descriptor(lambda d: first(d).update(schema="https://example.org/s.json")),
        "descriptor",
    ),
    "no resources": (descriptor(lambda d: d.update(resources=5)), "descriptor"),
    "two of a name": (
        descriptor(lambda d: d["resources"].append(d["resources"][0])),
        "descriptor",
    ),
    "hash": (descriptor(lambda d: first(d).update(hash="sha256:" + "0" * 64)), "descriptor-hash"),
    "bytes": (descriptor(lambda d: first(d).update(bytes=1)), "descriptor-bytes"),
    "content": (descriptor(lambda d: first(d).update({"eventbook:content": "x"})), "content-hash"),
    "version": (descriptor(lambda d: d.update(version="1.0.1")), "version"),
    "day": (descriptor(lambda d: d.update(created="2020-01-01T00:00:00Z")), "date"),
    "codebook": (descriptor(lambda d: d.update({"eventbook:codebook": 5})), "codebook"),
    "codebook elsewhere": (
        descriptor(lambda d: d["eventbook:codebook"].update(name="../../../etc")),
        "codebook",
    ),
    "codebook version": (
        descriptor(lambda d: d["eventbook:codebook"].update(version="9.0.0")),
        "version",
    ),
    "profile": (descriptor(lambda d: d.update(licenses=[{}])), "frictionless"),
    "JSON twice": (text("datapackage.json", '{"name": 1, "name": 2}'), "json-repeated-key"),
    "JSON NaN": (text("datapackage.json", '{"name": NaN}'), "json-nan"),
    "JSON deep": (text("datapackage.json", DEEP), "json-depth"),
    "JSON broken": (text("croissant.json", "{"), "json-damaged"),
    "JSON not UTF-8": (text("croissant.json", b'{"a": "\xff"}'), "file-encoding"),
    "YAML alias": (text(BOOK, "a: &x [1]\nb: [*x, *x]\n"), "yaml-alias"),
    "YAML laughs": (
        text(BOOK, "a: &a [x]\n" + "".join(f"{c}: &{c} [*a, *a]\n" for c in "bcdefgh")),
        "yaml-alias",
    ),
    "YAML tag": (text(BOOK, "a: !!python/object/apply:os.system [id]\n"), "yaml-tag"),
    "YAML twice": (text(BOOK, "a: 1\nb: 2\na: 3\n"), "yaml-repeated-key"),
    "YAML deep": (text(BOOK, "[" * 100 + "]" * 100), "yaml-depth"),
    "YAML broken": (text("CITATION.cff", "a: [\n"), "yaml-damaged"),
    "codebook broken": (text(BOOK, "name: x\n"), "codebook"),
    "XML": (
        text("codebook/x.xml", '<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'),
        "file-kind",
    ),
    "workbook": (text("dataset/x.xlsx", b"PK\3\4"), "file-kind"),
    "program": (text("setup.py", "import os"), "file-kind"),
    "another archive": (text("inside.zip", b"PK\3\4"), "file-kind"),
    "page": (text("index.html", "<script>"), "file-kind"),
    "missing": (lambda f: f.files.pop("dataset/actors.csv"), "descriptor"),
    "damaged Parquet": (text("dataset/events.parquet", b"PAR1garbagePAR1"), "descriptor-"),
}


@pytest.mark.parametrize("case", CONTENTS)
def test_contents_that_are_hostile(forged, tmp_path, case):
    """A forger's hashes match, so the content of the files must be checked."""
    change, rule = CONTENTS[case]
    change(forged)
    found = verify(forged.write(tmp_path / "f.zip"))
    assert any(f.rule.startswith(rule) for f in found), [(f.rule, f.message) for f in found]
    assert "\u202e" not in str([list(vars(f).values()) for f in found])


def test_a_parquet_that_says_something_else(forged, tmp_path):
    """The Parquet file has other rows than the CSV file."""
    table = pq.read_table(io.BytesIO(forged.files["dataset/actors.parquet"]))
    names = table.column("name") if "name" in table.column_names else table.column(1)
    place = table.column_names.index(
        "name" if "name" in table.column_names else table.column_names[1]
    )
    other = pl.Series(["changed", *names.to_pylist()[1:]]).to_arrow().cast(names.type)
    out = io.BytesIO()
    pq.write_table(table.set_column(place, table.schema.field(place), other), out)
    forged.files["dataset/actors.parquet"] = out.getvalue()
    forged.described()
    assert rules(forged.write(tmp_path / "f.zip")) == {"content-hash"}


def test_a_row_that_breaks_the_codebook(forged, tmp_path):
    """Hashes, types and contents that agree do not make a table right: pandera looks again."""
    from eventbook.codebook import load
    from eventbook.validation.schemas.content_hash import content_hash

    frame = pl.read_parquet(io.BytesIO(forged.files["dataset/locations.parquet"]))
    frame = frame.with_columns(latitude=pl.lit(-60.0))
    csv, parquet = io.BytesIO(), io.BytesIO()
    plain = frame.with_columns(pl.col(pl.Categorical, pl.Enum).cast(pl.String))
    plain.write_csv(csv)
    frame.write_parquet(parquet)
    forged.files |= {
        "dataset/locations.csv": csv.getvalue(),
        "dataset/locations.parquet": parquet.getvalue(),
    }
    hashed = content_hash(load("eventbook").tables["locations"], plain)

    def renew(found):
        (resource,) = (r for r in found["resources"] if r["name"] == "locations")
        resource["eventbook:content"] = hashed

    forged.json("datapackage.json", renew)
    (name,) = (n for n in forged.files if n.endswith(".sqlite"))
    database = tmp_path / "x.sqlite"
    database.write_bytes(forged.files[name])
    with contextlib.closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        connection.execute("UPDATE locations SET latitude = -60.0")
    forged.files[name] = database.read_bytes()
    forged.described()
    assert rules(forged.write(tmp_path / "f.zip")) == {"pandera"}


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (lambda d: (d / "README.md").write_text("changed"), "sums-hash"),
        (lambda d: (d / "new.md").write_text("new"), "sums-unlisted"),
        (lambda d: (d / "LICENSE").unlink(), "sums-missing"),
        (lambda d: (d / "SHA256SUMS").write_text("nonsense\n"), "sums-line"),
        (
            lambda d: ((d / "LICENSE").unlink(), (d / "LICENSE").symlink_to("/etc/passwd")),
            "link-out",
        ),
    ],
    ids=["changed", "added", "removed", "no list", "link"],
)
def test_a_folder_that_was_changed(built, tmp_path, change, rule):
    """An unpacked release in which a value was corrected is not that release."""
    with zipfile.ZipFile(built) as archive:
        archive.extractall(tmp_path)
    change(tmp_path / TOP)
    assert rule in rules(tmp_path / TOP)


@pytest.mark.parametrize("name", ["SHA256SUMS", "CHANGELOG.md", "datapackage.json"])
def test_a_text_of_gigabytes(built, tmp_path, name):
    """A file full of holes takes no room on the disk, and all the memory when it is read."""
    with zipfile.ZipFile(built) as archive:
        archive.extractall(tmp_path)
    with (tmp_path / TOP / name).open("ab") as stream:
        stream.truncate(3 << 30)
    assert rules(tmp_path / TOP) & {"file-large", "sums-hash"}


def test_a_link_in_a_package_without_hashes(tmp_path):
    """A published table that is a link shows a file of the machine it is verified on."""
    shutil.copytree(ROOT / "dataset", tmp_path / "dataset", ignore=shutil.ignore_patterns("*.py*"))
    shutil.copy(ROOT / "datapackage.json", tmp_path)
    (tmp_path / "dataset" / "actors.csv").unlink()
    (tmp_path / "dataset" / "actors.csv").symlink_to("/etc/passwd")
    assert "link-out" in rules(tmp_path)


# The system's own count of a process begins with what its parent had.
PEAK = """
import sys
from eventbook.dataset.cli.main import main
try:
    main()
finally:
    (line,) = [l for l in open("/proc/self/status") if l.startswith("VmHWM")]
    sys.stderr.write(line)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Linux tells the peak there")
@pytest.mark.parametrize("case", ["bomb", "contents"])
def test_memory_stays_bounded(forged, tmp_path, case):
    """A small download must not take the machine with it."""
    path = tmp_path / "f.zip"
    if case == "bomb":
        with (
            zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
            archive.open("x/x.md", "w", force_zip64=True) as out,
        ):
            for _ in range(1500):
                out.write(b"\0" * (1 << 20))
    else:
        with path.open("wb") as stream:
            stream.truncate(3 << 30)
            stream.seek(3 << 30)
            stream.write(b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, 65535, 65535, 3 << 30, 0, 0))
    done = subprocess.run([sys.executable, "-c", PEAK, "verify", str(path)], capture_output=True)
    assert b"archive-" in done.stdout, done.stderr
    peak = int(done.stderr.split()[-2])
    assert 20_000 < peak < 500_000, "kilobytes"


def test_the_command(built, tmp_path, forged):
    """The exit status is what a script goes by."""
    forged.files["README.md"] += b"more"
    forged.write(tmp_path / "good.zip")
    sums = forged.files["SHA256SUMS"]
    bad = tmp_path / "bad.zip"
    with zipfile.ZipFile(bad, "w") as archive:
        for name, data in (forged.files | {"LICENSE": b"x", "SHA256SUMS": sums}).items():
            archive.writestr(TOP + name, data)
    for path, status in ((built, 0), (bad, 1), (tmp_path / "none.zip", 2)):
        done = subprocess.run([*EVENTBOOK, "verify", str(path)], capture_output=True, text=True)
        assert done.returncode == status, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
    assert "no such archive" in done.stderr


@pytest.mark.parametrize(
    ("statement", "rule"),
    [
        ("UPDATE events SET notes = 'other'", "content-hash"),
        ("DELETE FROM claims", "file-kind"),
        ("CREATE TABLE more (x)", "file-kind"),
        ("CREATE VIEW more AS SELECT 1", "file-kind"),
        ("CREATE TRIGGER more AFTER INSERT ON events BEGIN DELETE FROM events; END", "file-kind"),
        ("ALTER TABLE events ADD COLUMN more TEXT", "file-kind"),
        ("DROP TABLE claims", "file-kind"),
        ("", ""),
    ],
)
def test_the_database_of_a_release_has_its_rows_and_no_more(built, tmp_path, statement, rule):
    """An SQLite file whose rows differ from the verified CSV files passes."""
    forged = Forged(built)
    (name,) = (n for n in forged.files if n.endswith(".sqlite"))
    path = tmp_path / "x.sqlite"
    path.write_bytes(forged.files[name])
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(statement)
    forged.files[name] = path.read_bytes()
    found = list(verify(forged.write(tmp_path / "r.zip"), quick=True))
    assert [(f.rule, f.file) for f in found] == [(rule, name)] * bool(rule)


def test_a_database_that_is_damaged_is_a_finding(built, tmp_path):
    """The reader's own error would end the command."""
    forged = Forged(built)
    (name,) = (n for n in forged.files if n.endswith(".sqlite"))
    for data in (b"", b"x" * 5000, forged.files[name][:8000]):
        forged.files[name] = data
        found = list(verify(forged.write(tmp_path / "r.zip"), quick=True))
        assert [(f.rule, f.file) for f in found] == [("file-kind", name)]


@settings(max_examples=examples(2.5))
@given(st.data())
def test_any_bytes_changed(built, tmp_path_factory, data):
    """No archive, however damaged, gives a traceback, or a file outside the target."""
    whole = bytearray(built.read_bytes())
    end = whole.rfind(b"PK\5\6")
    start = int.from_bytes(whole[end + 16 : end + 20], "little")
    for _ in range(data.draw(st.integers(1, 6))):
        # Mostly in the table of contents, where a byte changes most.
        low = data.draw(st.sampled_from([0, start, start, end]))
        place = data.draw(st.integers(low, len(whole) - 1))
        whole[place] = data.draw(st.integers(0, 255))
    whole = whole[: data.draw(st.sampled_from([len(whole), len(whole), len(whole) - 5, 5000]))]
    folder = tmp_path_factory.mktemp("any")
    (folder / "f.zip").write_bytes(whole)
    (folder / "in").mkdir()
    try:
        unpack_safely(folder / "f.zip", folder / "in")
    except Refused as error:
        assert error.problems
    assert {p.name for p in folder.iterdir()} == {"f.zip", "in"}
    shutil.rmtree(folder)


def test_verifying_does_not_import_what_only_its_other_process_needs():
    """Each verify imported pandas and pandera twice, here and in the process that runs them."""
    words = "import sys, eventbook.dataset.releases.verify; print('pandas' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True)
    assert done.stdout == "False\n", done.stderr


def test_cells_of_several_types_in_a_column_of_sqlite_are_read(tmp_path):
    """SQLite keeps a number in a column of text: a reader by columns must not end there."""
    path = tmp_path / "mixed.sqlite"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE events (id ANY, note ANY)")
        connection.executemany("INSERT INTO events VALUES (?, ?)", [("a", 1.5), (2, None)])
        connection.commit()
    ((name, rows),) = read_sqlite(path, "mixed.sqlite", {"events": (("id", "note"), 2)})
    assert (name, rows["id"].to_list(), rows["note"].to_list()) == (
        "events",
        ["a", "2"],
        [1.5, None],
    )
