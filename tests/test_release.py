"""A release that is the same wherever and whenever it is built, and whole whatever happens."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import zipfile

import polars as pl
import pyarrow.parquet as pq
import pytest
from conftest import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st

from eventbook.codebook import load
from eventbook.dataset.publishing import publish as publishing
from eventbook.validation.errors import InputError
from eventbook.validation.files.atomic import (
    JOURNAL,
    STAGE,
    recover,
    replace_all,
    staging_folder,
    unchanged_while_reading,
)
from eventbook.validation.package.package import Package
from eventbook.validation.schemas.content_hash import content_hash

EVENTBOOK = [sys.executable, "-m", "eventbook"]
quiet = lambda line: None  # noqa: E731


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


def test_the_same_bytes_in_other_surroundings(copy, tmp_path):
    """A release that nobody can build again is a release that nobody can check."""
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
    assert len(tree(tmp_path / "a")) == 3
    generated = publishing.files(copy)
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


def test_croissant_is_read_by_its_own_library(built, tmp_path):
    """Metadata that only we can read are found by nobody."""
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
    said = json.loads((inside / "croissant.json").read_text(encoding="utf-8"))
    assert said["@type"] == "sc:Dataset" and said["conformsTo"].endswith("croissant/1.1")


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


@settings(deadline=None, max_examples=60)
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


KILLED = """
import os, signal, sys
from pathlib import Path
from eventbook.validation.files.atomic import replace_all, staging_folder
{prepare}
count, last = 0, int(sys.argv[1])
WATCHED = {{"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.chmod", "shutil.rmtree",
           "shutil.copyfile", "tempfile.mkdtemp", "tempfile.mkstemp", "os.truncate"}}
def die(event, args):
    global count
    if event in WATCHED and {only}:
        count += 1
        if count == last:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(die)
{work}
print(count)
"""
PLACE = """
root = Path(sys.argv[2])
with staging_folder(root) as stage:
    moves = {}
    for name in ("a.txt", "sub/b.txt", "new/c.txt"):
        path = stage / name.replace("/", "-")
        path.write_text("new " + name)
        moves[path] = root / name
    replace_all(stage, moves)
"""


def run_killed(tmp_path, number, folder, prepare="", work=PLACE, only="True"):
    script = tmp_path / "killed.py"
    script.write_text(KILLED.format(prepare=prepare, work=work, only=only), encoding="utf-8")
    return subprocess.run(
        [sys.executable, str(script), str(number), str(folder)], capture_output=True, text=True
    )


def test_a_kill_at_any_step_leaves_the_old_files_or_the_new(tmp_path):
    """Half of the tables old and half new is a dataset that never was."""
    old = {"a.txt": b"old", "sub/b.txt": b"old"}
    new = {n: f"new {n}".encode() for n in ("a.txt", "sub/b.txt", "new/c.txt")}
    seen, number = set(), 0
    while True:
        number += 1
        root = tmp_path / f"r{number}"
        (root / "sub").mkdir(parents=True)
        for name, data in old.items():
            (root / name).write_bytes(data)
        done = run_killed(tmp_path, number, root)
        finished = done.returncode == 0
        assert finished or done.returncode == -signal.SIGKILL, done.stderr
        recover(root)
        # What was begun and not decided lies about, hidden, until the next publication.
        now = {n: d for n, d in tree(root).items() if not n.startswith(".")}
        assert now in (old, new), number
        seen.add(now == new)
        with staging_folder(root):
            pass
        assert not list(root.glob(".*")), "the next one takes away what was left"
        if finished:
            break
    assert seen == {True, False} and number > 20


def test_publishing_killed_leaves_a_valid_package(copy, tmp_path):
    """The tables, the descriptor and the archive belong together after a power cut, too."""
    publishing.publish(copy, say=quiet)
    root, sheet = copy.root, copy.root / "seeds" / "tables" / "locations.csv"
    before = tree(root)
    changed = sheet.read_text(encoding="utf-8").replace("Idlib", "Idlib City", 1)
    work = """
from eventbook.dataset.publishing import publish as publishing
from eventbook.validation.package.package import Package
publishing.publish(Package.find(Path(sys.argv[2])), say=lambda line: None)
"""
    # Only what is done in the package counts, and of it only the last steps decide.
    only = "args and str(args[0]).startswith(sys.argv[2])"
    shutil.copytree(root, tmp_path / "count")
    whole = run_killed(tmp_path, 0, tmp_path / "count", "import pandas, frictionless", work, only)
    steps = int(whole.stdout)
    seen = set()
    for number in sorted({3, steps // 2, *range(steps - 60, steps, 9)}):
        root = tmp_path / f"k{number}"
        shutil.copytree(copy.root, root)
        (root / "seeds" / "tables" / "locations.csv").write_text(changed, encoding="utf-8")
        done = run_killed(tmp_path, number, root, "import pandas, frictionless", work, only)
        assert done.returncode == -signal.SIGKILL, done.stderr
        package = Package.find(root)
        old = all(tree(root)[n] == before[n] for n in publishing.files(package))
        current = publishing.stale(package, quiet).stale == ()
        assert old != current
        zips = {n: d for n, d in tree(root / "dist").items() if not n.startswith(".")}
        for line in zips["SHA256SUMS"].decode().splitlines():
            digest, name = line.split("  ")
            assert digest == hashlib.sha256(zips[name]).hexdigest()
        seen.add(current)
    assert seen == {True, False}


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left"), KeyboardInterrupt()])
def test_an_error_in_the_middle_puts_the_old_files_back(tmp_path, monkeypatch, error):
    """A disk that is full, or a Ctrl-C, after the first of two files leaves no mixture."""
    real, done = os.replace, []

    def full(source, target):
        if source.name == "c":
            raise error
        done.append(target)
        real(source, target)

    for name in ("a", "c"):
        (tmp_path / name).write_text("old")
    with pytest.raises((InputError, KeyboardInterrupt)) as told, staging_folder(tmp_path) as stage:
        for name in ("a", "b", "c"):
            (stage / name).write_text("new")
        monkeypatch.setattr(os, "replace", full)
        replace_all(stage, {stage / n: tmp_path / n for n in ("a", "b", "c")})
    assert told.type is KeyboardInterrupt or "No space left; the old files are back" in str(
        told.value
    )
    assert {tmp_path / "a", tmp_path / "b"} <= set(done), "two files were in place already"
    assert tree(tmp_path) == {"a": b"old", "c": b"old"}


def test_a_folder_in_the_way(tmp_path):
    """A folder where a file should go is found before anything is moved."""
    (tmp_path / "a").write_text("old")
    (tmp_path / "b" / "inside").mkdir(parents=True)
    with pytest.raises(InputError, match="cannot be written"), staging_folder(tmp_path) as stage:
        for name in ("a", "b"):
            (stage / name).write_text("new")
        replace_all(stage, {stage / n: tmp_path / n for n in ("a", "b")})
    assert (tmp_path / "a").read_text() == "old"
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize(
    "moves",
    [
        [["../x", "a"]],
        [[STAGE + "1/../../x", "a"]],
        [[STAGE + "1/x", "../../a"]],
        [[STAGE + "1/x", "/tmp/a"]],
        [[1, 2]],
        "x",
        None,
    ],
)
def test_a_strangers_journal_moves_nothing(tmp_path, moves):
    """`check` in a folder that was downloaded must not move files about by what it finds there."""
    root = tmp_path / "p"
    root.mkdir()
    (tmp_path / "x").write_text("x")
    (root / JOURNAL).write_text(json.dumps({"moves": moves}))
    with pytest.raises(InputError, match="not a journal"):
        recover(root)
    assert (tmp_path / "x").exists() and not (tmp_path / "a").exists()


def test_a_link_in_a_strangers_journal_leads_nowhere(tmp_path):
    """A folder that is a link to somewhere else is outside, however its name looks."""
    root = tmp_path / "p"
    (root / (STAGE + "1")).mkdir(parents=True)
    (root / (STAGE + "1") / "x").write_text("x")
    (root / "out").symlink_to(tmp_path)
    (root / JOURNAL).write_text(json.dumps({"moves": [[STAGE + "1/x", "out/stolen"]]}))
    with pytest.raises(InputError, match="not a journal"):
        recover(root)
    assert not (tmp_path / "stolen").exists()


def test_a_file_that_changes_while_it_is_read(tmp_path, copy):
    """Half of the old table and half of the new is nobody's coding."""
    path = tmp_path / "t.csv"
    path.write_text("a\n1\n")
    with (
        pytest.raises(InputError, match="changed while it was read"),
        unchanged_while_reading(path),
    ):
        path.write_text("a\n1\n2\n")
    before = tree(copy.root)

    def meddle(line):
        if line.startswith("checked"):
            with (copy.root / "seeds" / "tables" / "events.csv").open("a") as stream:
                stream.write("\n")

    with pytest.raises(InputError, match=r"events\.csv: changed while it was read"):
        publishing.publish(copy, say=meddle)
    del before["seeds/tables/events.csv"]
    now = tree(copy.root)
    del now["seeds/tables/events.csv"]
    assert now == before


FULL = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
most = int(sys.argv.pop(1))
resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
from eventbook.dataset.cli.main import main
sys.argv = ["eventbook", *sys.argv[1:]]
main()
"""


@pytest.mark.parametrize("verb", ["publish", "convert"])
def test_a_disk_that_takes_no_more(copy, tmp_path, verb):
    """A disk that fills up while a table is written: one line, and the old files."""
    before = tree(copy.root)
    words, most = ["publish"], "50000"
    if verb == "convert":
        table, most = str(ROOT / "dataset/events.parquet"), "5000"
        words = ["convert", table, "out.parquet", "--to", "acled"]
    done = subprocess.run(
        [sys.executable, "-c", FULL, most, *words], cwd=copy.root, capture_output=True, text=True
    )
    assert done.returncode == 2, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) <= 2
    assert tree(copy.root) == before


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
