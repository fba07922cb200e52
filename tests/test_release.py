"""A release that is the same wherever and whenever it is built, and whole whatever happens."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile

import polars as pl
import pyarrow.parquet as pq
import pytest
from conftest import EVENTBOOK, ROOT, UNMEASURED
from hypothesis import given
from hypothesis import strategies as st
from test_habits import dead_links

from eventbook.codebook import load
from eventbook.dataset.publishing import publish as publishing
from eventbook.dataset.publishing.links import linked_pages, without_dead_links
from eventbook.validation.package.package import Package
from eventbook.validation.schemas.content_hash import content_hash


def tree(folder):
    """Every file below a folder with its bytes."""
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()
    }


def publish_in(package, out, **surroundings):
    done = subprocess.run(
        [*EVENTBOOK, "publish", "--out", str(out)],
        cwd=package,
        env=os.environ | surroundings,
        capture_output=True,
        text=True,
        umask=int(surroundings.get("UMASK", "22"), 8),
    )
    assert done.returncode == 0, done.stderr + done.stdout


@pytest.mark.slow
def test_the_same_bytes_in_other_surroundings(copy, tmp_path):
    """A release that cannot be built again cannot be checked."""
    other = tmp_path / "elsewhere with a space" / "p"
    shutil.copytree(copy.root, other, copy_function=shutil.copy)
    for path in other.rglob("*"):
        os.utime(path, (1_000_000_000, 1_000_000_000))
    publish_in(copy.root, tmp_path / "a", TZ="UTC", LC_ALL="C", PYTHONHASHSEED="0", UMASK="22")
    publish_in(
        other,
        tmp_path / "b",
        TZ="Pacific/Kiritimati",
        LC_ALL="tr_TR.UTF-8",
        PYTHONHASHSEED="4242",
        SOURCE_DATE_EPOCH="1600000000",
        USER="somebody",
        HOME=str(tmp_path),
        POLARS_MAX_THREADS="1",
        UMASK="77",
    )
    assert tree(tmp_path / "a") == tree(tmp_path / "b")
    assert len(tree(tmp_path / "a")) == 4
    generated = publishing.published_files(copy)
    first, second = tree(copy.root), tree(other)
    assert {n: first[n] for n in generated} == {n: second[n] for n in generated}


def test_sha256sum_agrees(built, tmp_path):
    """A list of hashes that the system's own command cannot read is decoration."""
    subprocess.run(["sha256sum", "--status", "-c", "SHA256SUMS"], cwd=built.parent, check=True)
    with zipfile.ZipFile(built) as archive:
        archive.extractall(tmp_path)
    (inside,) = tmp_path.glob("eventbook-*")
    subprocess.run(["sha256sum", "--status", "-c", "SHA256SUMS"], cwd=inside, check=True)
    (inside / "dataset" / "events.csv").write_text("changed\n")
    done = subprocess.run(["sha256sum", "--status", "-c", "SHA256SUMS"], cwd=inside, check=False)
    assert done.returncode == 1


def test_links_of_an_unpacked_release_lead_somewhere(built, tmp_path):
    """Who downloads the release reads its README without the repository around it."""
    with zipfile.ZipFile(built) as archive:
        archive.extractall(tmp_path)
    (inside,) = tmp_path.glob("eventbook-*")
    pages = sorted(inside.rglob("*.md"))
    assert {inside / "README.md", inside / "codebook" / "codebook.md"} <= set(pages)
    assert {page.name: dead_links(page) for page in pages} == {page.name: [] for page in pages}
    text = (inside / "README.md").read_text(encoding="utf-8")
    assert "[`codebook/codebook.md`](codebook/codebook.md)" in text


def test_a_page_leads_to_others_inside_the_package_only(tmp_path):
    """A page of a stranger's package must not put a file of this computer into its release."""
    root = tmp_path / "package"
    (root / "a").mkdir(parents=True)
    (tmp_path / "secret.md").write_text("secret")
    (root / "README.md").write_text(
        "[p](a/p.md#x) [s](../secret.md) [w](https://a.org/w.md) [l](l.md) [no](no.md) [c](c.csv)"
    )
    (root / "a" / "p.md").write_text("[r](../README.md) [q](q.md) ![f](f.png)")
    (root / "a" / "q.md").write_text("[p](p.md)")
    (root / "l.md").symlink_to(tmp_path / "secret.md")
    assert linked_pages(root, "README.md") == ["a/p.md", "a/q.md"]
    text = "[r](../README.md) [q](q.md#h) ![f](f.png) [w](https://a.org/w.md) [h](#h)"
    assert without_dead_links(text, "a/p.md", {"a/q.md"}) == (
        "r [q](q.md#h) f [w](https://a.org/w.md) [h](#h)"
    )


def test_croissant_is_read_by_its_own_library(built, tmp_path):
    """Metadata that only we can read are not found by search engines."""
    croissant = pytest.importorskip("mlcroissant")
    with zipfile.ZipFile(built) as archive:
        archive.extractall(tmp_path)
    (inside,) = tmp_path.glob("eventbook-*")
    dataset = croissant.Dataset(jsonld=str(inside / "croissant.json"))
    assert not dataset.metadata.issues.errors
    events = pl.read_csv(inside / "dataset" / "events.csv", infer_schema=False)
    ids = [
        record["events/event_id"].decode()
        if isinstance(record["events/event_id"], bytes)
        else record["events/event_id"]
        for record in dataset.records("events")
    ]
    assert ids == events["event_id"].to_list()
    content = json.loads((inside / "croissant.json").read_text(encoding="utf-8"))
    assert content["@type"] == "sc:Dataset" and content["conformsTo"].endswith("croissant/1.1")


def test_the_content_hash_outlives_the_writer(tmp_path):
    """A new version of a library writes other bytes of the same rows: they are the same release."""
    package = Package(ROOT)
    descriptor = json.loads((ROOT / "datapackage.json").read_text(encoding="utf-8"))
    for resource in descriptor["resources"]:
        table = package.book.tables[resource["name"]]
        frame = pq.read_table(ROOT / f"dataset/{table.name}.parquet")
        pq.write_table(frame, tmp_path / "t.parquet", compression="snappy", version="1.0")
        again = pl.read_parquet(tmp_path / "t.parquet").select(reversed(table.names))
        again = again.sample(fraction=1, shuffle=True, seed=1)
        assert content_hash(table, again) == resource["eventbook:content"]


TABLE = load("eventbook").tables["locations"]
CELLS = st.one_of(st.none(), st.text(max_size=5))


@given(st.lists(st.tuples(CELLS, CELLS), max_size=4), st.data())
def test_another_cell_is_another_content(rows, data):
    """Cells that run together ("a", "bc" and "ab", "c"), or empty for missing, hide a change."""
    names = ["location_id", "location"]
    assert set(names) <= set(TABLE.names)
    schema = dict.fromkeys(names, pl.String)
    other = data.draw(st.lists(st.tuples(CELLS, CELLS), max_size=4))
    one, two = (pl.DataFrame(r, schema=schema, orient="row").sort(names) for r in (rows, other))
    same = content_hash(TABLE, one) == content_hash(TABLE, two)
    keys = [r[0] for r in rows], [r[0] for r in other]
    if all(len(set(k)) == len(k) for k in keys):
        assert same == one.equals(two)


FULL = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
most = int(sys.argv.pop(1))
resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
from eventbook.dataset.cli.main import main
sys.argv = ["eventbook", *sys.argv[1:]]
main()
"""


@pytest.mark.slow
@pytest.mark.parametrize("verb", ["publish", "convert"])
def test_a_disk_that_takes_no_more(copy, tmp_path, verb):
    """A disk that fills up while a table is written: one line, and the old files."""
    before = tree(copy.root)
    words, most = ["publish"], "50000"
    if verb == "convert":
        table, most = str(ROOT / "dataset/events.parquet"), "5000"
        words = ["convert", table, "out.parquet", "--to", "acled"]
    done = subprocess.run(
        [sys.executable, "-c", FULL, most, *words],
        cwd=copy.root,
        capture_output=True,
        text=True,
        env=UNMEASURED,
    )
    assert done.returncode == 2, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) <= 2
    assert tree(copy.root) == before


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="users are Unix")
@pytest.mark.parametrize("verb", [["publish"], ["publish", "--out", "ro"], ["check"]])
def test_a_folder_that_cannot_be_written(copy, verb):
    """A checkout of somebody else's: checking works, publishing says why it does not."""
    (copy.root / "ro").mkdir()
    for path in (copy.root, *copy.root.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    # Root may write anywhere, unless that capability is taken from it.
    caps = "-dac_override,-dac_read_search"
    as_others = ["setpriv", f"--bounding-set={caps}"] if os.geteuid() == 0 else []
    if as_others and not shutil.which("setpriv"):
        pytest.skip("root without setpriv can write anywhere")
    done = subprocess.run(
        [*as_others, *EVENTBOOK, *verb], cwd=copy.root, capture_output=True, text=True
    )
    for path in (copy.root, *copy.root.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    if verb == ["check"]:
        assert done.returncode == 0, done.stderr
    else:
        assert done.returncode == 2, done.stdout
        assert "cannot be written" in done.stderr
        assert "Traceback" not in done.stderr
