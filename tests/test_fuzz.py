"""Whatever bytes come: a message or findings, never a traceback, a hang, or a file elsewhere."""

from __future__ import annotations

import json
import tempfile
from datetime import timedelta

import pytest
from conftest import ROOT
from hypothesis import example, given, settings
from hypothesis import strategies as st

from eventbook.codebook import BookError, load
from eventbook.codebook.loader import forget
from eventbook.dataset.releases.diff import diff
from eventbook.dataset.releases.release import open_release
from eventbook.dataset.releases.verify import verify
from eventbook.validation import check, check_large
from eventbook.validation.errors import InputError
from eventbook.validation.package.corrections import load_corrections

# An example that takes longer than this hangs, as far as a person is concerned.
BOUND = settings(deadline=timedelta(seconds=20))
EVENTS = (ROOT / "dataset/events.csv").read_bytes()
BOOK = ROOT / "codebook/books/ucdp-ged"
PIECES = st.sampled_from(
    [
        b'"', b"\n", b"\r", b"\r\n", b",", b";", b"\0", b"\xff", b"\xef\xbb\xbf", b"\xff\xfe",
        b"=1+1", b"NaN", b"1e999", b"-0", b"9" * 400, b"2019-02-30", "\u202e\ud7ff".encode(),
        b"&a ", b"*a", b"!!python/name:os.system ", b"? ", b": ", b"- ", b"<<: ", b"{", b"}", b"[",
        b"%YAML 9", b"---", b"\t", b"|", b"|2147483647", b"(a+)+$", b"*{99999}", b"true", b"null",
        b"0x1F", b"1_000", b"{a.b}", b"(((", b"SELECT", b"' OR 1=1 --",
    ]
)  # fmt: skip


@st.composite
def changed(draw, whole: bytes):
    """Bytes with some parts cut out, put twice, or replaced by what readers stumble over."""
    data = whole
    for _ in range(draw(st.integers(1, 5))):
        start = draw(st.integers(0, len(data)))
        end = draw(st.integers(start, min(len(data), start + 200)))
        what = draw(st.one_of(PIECES, st.binary(max_size=8), st.just(data[start:end] * 2)))
        data = data[:start] + what + data[end:]
    return data


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder to write in, in which the system's temporary files are, too."""
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    return tmp_path


def untouched(place, names):
    assert {p.name for p in place.iterdir()} == {"tmp", *names}
    assert not list((place / "tmp").iterdir())


@BOUND
@given(changed(EVENTS) | st.binary(max_size=60))
def test_any_csv(place, data):
    """A table from anywhere: checked small and streamed, and compared with itself."""
    path = place / "t.csv"
    path.write_bytes(data)
    for work in (
        lambda: check(path, "events", "eventbook"),
        lambda: check_large(path, "eventbook", "events"),
        lambda: diff(open_release(path), open_release(path)),
    ):
        try:
            work()
        except InputError as error:
            assert str(error) and "\n" not in str(error)
    untouched(place, {"t.csv"})


@pytest.mark.parametrize("file", ["book.yaml", "rules.yaml", "codes"])
@BOUND
@given(data=st.data())
def test_any_book(place, file, data):
    """A codebook that somebody is in the middle of writing, or that comes from a stranger."""
    folder = place / "book"
    for path in BOOK.rglob("*"):
        if path.is_file():
            new = folder / path.relative_to(BOOK)
            new.parent.mkdir(parents=True, exist_ok=True)
            new.write_bytes(path.read_bytes())
    target = folder / file if file != "codes" else sorted((folder / "codes").glob("*.csv"))[0]
    target.write_bytes(data.draw(changed(target.read_bytes()) | st.binary(max_size=60)))
    forget()
    try:
        load(folder)
    except BookError as error:
        assert str(error)
    finally:
        forget()
    untouched(place, {"book"})


WORDS = st.sampled_from(
    ["name", "resources", "schema", "fields", "path", "type", "primaryKey", "constraints", "enum",
     "eventbook:parquet", "eventbook:codebook", "eventbook:tombstones", "foreignKeys", "categories"]
)  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=5),
    max_leaves=25,
)
DESCRIPTOR = json.loads((ROOT / "datapackage.json").read_text(encoding="utf-8"))


@st.composite
def descriptors(draw):
    """A descriptor in which something, somewhere, is something else."""
    found = json.loads(json.dumps({**DESCRIPTOR, "resources": DESCRIPTOR["resources"][-2:]}))
    for _ in range(draw(st.integers(1, 3))):
        at = found
        while True:
            keys = list(at) if isinstance(at, dict) else list(range(len(at)))
            if not keys:
                break
            key = draw(st.sampled_from(keys))
            if isinstance(at[key], dict | list) and draw(st.integers(0, 4)):
                at = at[key]
                continue
            at[key] = draw(JSON)
            break
    return json.dumps(found).encode()


@pytest.mark.slow
@BOUND
@given(descriptors() | JSON.map(lambda j: json.dumps(j).encode()) | changed(b'{"resources": []}'))
def test_any_descriptor(place, data):
    """A descriptor decides which files are read: it is a stranger's, and may say anything."""
    folder = place / "package"
    (folder / "dataset").mkdir(parents=True, exist_ok=True)
    for resource in DESCRIPTOR["resources"][-2:]:
        for name in (resource["path"], resource["eventbook:parquet"]["path"]):
            (folder / name).write_bytes((ROOT / name).read_bytes())
    (folder / "datapackage.json").write_bytes(data)
    report = verify(folder)
    assert report.status() == 1, "a part of the package, or a changed one, is not the package"
    try:
        found = diff(open_release(folder), open_release(ROOT))
        assert found.kinds
    except InputError as error:
        assert str(error)
    untouched(place, {"package"})


@BOUND
@given(
    changed(b"- table: events\n  row: a\n  column: b\n  old: 1\n  new: 2\n")
    | st.binary(max_size=40)
)
@example(b"? -  new: 2\n")
def test_any_corrections(place, data):
    """A file that people write by hand has every mistake in it sooner or later."""
    (place / "c.yaml").write_bytes(data)
    try:
        load_corrections(place / "c.yaml")
    except InputError as error:
        assert "c.yaml" in str(error)
    untouched(place, {"c.yaml"})
