"""Files all or nothing: killed, interrupted, crowded, or led astray by what a stranger left."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time

import pytest
from conftest import EVENTBOOK, quiet

from eventbook.dataset.publishing import publish as publishing
from eventbook.validation.errors import InputError
from eventbook.validation.files import journal, lock, state
from eventbook.validation.files.atomic import (
    STAGE,
    atomic_file,
    replace_all,
    staging_folder,
    unchanged_while_reading,
    write_all,
    writing,
)
from eventbook.validation.package.package import Package


@pytest.fixture(autouse=True)
def home(tmp_path_factory, monkeypatch):
    """A state folder of its own for each test."""
    folder = tmp_path_factory.mktemp("state")
    monkeypatch.setenv("XDG_STATE_HOME", str(folder))
    return folder / "eventbook"


def tree(folder):
    """Every file below a folder with its bytes."""
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()
    }


KILLED = """
import os, signal, sys
from pathlib import Path
from eventbook.validation.files.atomic import replace_all, staging_folder
count, last = 0, int(sys.argv[1])
WATCHED = {{"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.chmod", "shutil.rmtree",
           "shutil.copyfile", "tempfile.mkdtemp", "tempfile.mkstemp", "os.truncate"}}
def die(event, args):
    global count
    if event in WATCHED:
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


def run_killed(tmp_path, number, *folders, work=PLACE):
    script = tmp_path / "killed.py"
    script.write_text(KILLED.format(work=work), encoding="utf-8")
    return subprocess.run(
        [sys.executable, str(script), str(number), *map(str, folders)],
        capture_output=True,
        text=True,
    )


@pytest.mark.slow
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
        with writing(root):
            pass
        # What was begun and not decided lies about, hidden, until the next command that writes.
        now = {n: d for n, d in tree(root).items() if not n.startswith(".")}
        assert now in (old, new), number
        seen.add(now == new)
        with staging_folder(root):
            pass
        assert not list(root.glob(".*")), "the next one takes away what was left"
        if finished:
            break
    assert seen == {True, False} and number > 20


PUBLISHED = """
import shutil
root, new = Path(sys.argv[2]), Path(sys.argv[3])
with staging_folder(root) as stage:
    moves = {}
    for path in sorted(p for p in new.rglob("*") if p.is_file()):
        name = path.relative_to(new)
        (stage / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, stage / name)
        moves[stage / name] = root / name
    replace_all(stage, moves)
"""


@pytest.mark.slow
def test_publishing_killed_leaves_a_valid_package(copy, tmp_path):
    """The tables, the descriptor and the archive belong together after a power cut, too."""

    def published(folder):
        publishing.publish(copy, say=quiet)
        for name in publishing.published_files(copy):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(copy.root / name, folder / name)
        shutil.copytree(copy.root / "dist", folder / "dist")
        return folder

    old = published(tmp_path / "old")
    sheet = copy.root / "seeds" / "tables" / "locations.csv"
    text = sheet.read_text(encoding="utf-8")
    sheet.write_text(text.replace("Idlib", "Idlib City", 1), encoding="utf-8")
    new = published(tmp_path / "new")
    shutil.copytree(old, tmp_path / "whole")
    steps = int(run_killed(tmp_path, 0, tmp_path / "whole", new, work=PUBLISHED).stdout)
    assert tree(tmp_path / "whole") == tree(new)
    seen = []
    for number in range(steps, 0, -max(1, steps // 12)):
        root = tmp_path / f"k{number}"
        shutil.copytree(old, root)
        done = run_killed(tmp_path, number, root, new, work=PUBLISHED)
        assert done.returncode == -signal.SIGKILL, done.stderr
        with writing(root):
            now = {n: data for n, data in tree(root).items() if not n.startswith(STAGE)}
        assert now in (tree(old), tree(new))
        seen.append(now == tree(new))
    assert set(seen) == {True, False}


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
    with (
        pytest.raises((InputError, KeyboardInterrupt)) as raised,
        staging_folder(tmp_path) as stage,
    ):
        for name in ("a", "b", "c"):
            (stage / name).write_text("new")
        monkeypatch.setattr(os, "replace", full)
        replace_all(stage, {stage / n: tmp_path / n for n in ("a", "b", "c")})
    assert raised.type is KeyboardInterrupt or "No space left; the old files are back" in str(
        raised.value
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


def interrupted(root, names=("a.txt",)):
    """A folder in which a run was killed after its journal was written, before the moves."""
    root.mkdir(exist_ok=True)
    stage = root / (STAGE + "1")
    stage.mkdir()
    for number, name in enumerate(names):
        (root / name).write_text("old")
        (stage / str(number)).write_text("new")
    journal.write(root, stage, [(f"{stage.name}/{n}", name) for n, name in enumerate(names)])
    return stage


def test_the_next_writer_finishes_what_was_interrupted_and_says_so(tmp_path, caplog):
    """Files that change without a word make people doubt their own memory."""
    interrupted(tmp_path / "p")
    with writing(tmp_path / "p"):
        assert (tmp_path / "p" / "a.txt").read_text() == "new"
    assert "finished what an interrupted run began: a.txt" in caplog.text
    with writing(tmp_path / "p"):
        pass
    assert len(caplog.records) == 1


def test_a_command_that_reads_moves_nothing(copy):
    """`check` in a folder must not change it, whatever is left to do there."""
    stage = copy.root / (STAGE + "1")
    stage.mkdir()
    (stage / "0").write_text("new")
    journal.write(copy.root, stage, [(f"{stage.name}/0", "README.md")])
    before = tree(copy.root)
    Package.find(copy.root / "seeds").check()
    done = subprocess.run([*EVENTBOOK, "check"], cwd=copy.root, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert tree(copy.root) == before


@pytest.mark.parametrize("name", [".eventbook-journal.json", "{}.json", "eventbook/{}.json"])
def test_a_journal_that_came_with_the_folder_is_no_journal(tmp_path, name):
    """A clone whose journal is acted on runs its author's code at the next commit."""
    root = tmp_path / "p"
    stage = root / (STAGE + "1")
    stage.mkdir(parents=True)
    (stage / "hook").write_text("#!/bin/sh")
    (root / ".git" / "hooks").mkdir(parents=True)
    (root / "LICENSE").write_text("ours")
    key = hashlib.sha256(os.fsencode(root)).hexdigest()[:32]
    moves = [[f"{stage.name}/hook", ".git/hooks/pre-commit"], [None, "LICENSE"]]
    identity = [stage.stat().st_dev, stage.stat().st_ino]
    path = root / name.format(key)
    path.parent.mkdir(exist_ok=True)
    path.write_text(
        json.dumps({"root": str(root), "stage": stage.name, "identity": identity, "moves": moves})
    )
    with writing(root):
        pass
    write_all(root, {"a": b"a"})
    assert not list((root / ".git" / "hooks").iterdir())
    assert (root / "LICENSE").read_text() == "ours"


def test_a_folder_that_took_the_place_of_another(tmp_path, caplog):
    """A clone at a path where a run was interrupted must not get, or lose, files by its journal."""
    root = tmp_path / "p"
    stage = interrupted(root)
    journal.write(root, stage, [(f"{stage.name}/0", "a.txt"), (None, "LICENSE")])
    root.rename(tmp_path / "elsewhere")
    (root / stage.name).mkdir(parents=True)
    (root / stage.name / "0").write_text("new")
    (root / "LICENSE").write_text("theirs")
    with writing(root):
        assert sorted(p.name for p in root.iterdir()) == ["LICENSE"]
    assert "nothing was moved" in caplog.text
    assert journal.unfinished(root) is None


@pytest.mark.parametrize("text", ["", "x", "[]", "[" * 100_000, '{"moves": 1}', "\0", "\ud800"])
def test_a_journal_that_is_damaged_is_one_line(tmp_path, text):
    """A disk that failed while the journal was written must not end in a traceback."""
    root = tmp_path / "p"
    interrupted(root)
    (path,) = state.state_folder().glob("*.json")
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(InputError, match="inspect and delete it"), writing(root):
        pass
    assert (root / "a.txt").read_text() == "old"


def test_a_link_that_leads_out_of_the_folder(tmp_path):
    """A clone with a folder that is a link makes `publish` write wherever it points."""
    root, outside = tmp_path / "p", tmp_path / "outside"
    outside.mkdir()
    root.mkdir()
    (root / "dataset").symlink_to(outside)
    with pytest.raises(InputError, match="a link leads out"):
        write_all(root, {"a": b"a", "dataset/events.csv": b"x"})
    assert not list(outside.iterdir()) and sorted(p.name for p in root.iterdir()) == ["dataset"]
    (root / "dataset").unlink()
    (root / "real").mkdir()
    (root / "dataset").symlink_to(root / "real")
    write_all(root, {"dataset/events.csv": b"x"})
    assert (root / "real" / "events.csv").read_bytes() == b"x"


def test_a_file_that_is_a_link_is_replaced_and_not_followed(tmp_path):
    """A clone whose README is a link to a file of the user must not have that file overwritten."""
    (tmp_path / "private").write_text("mine")
    root = tmp_path / "p"
    root.mkdir()
    (root / "README.md").symlink_to(tmp_path / "private")
    write_all(root, {"README.md": b"new"})
    with atomic_file(root / "README.md") as new:
        new.write_text("newer")
    assert (tmp_path / "private").read_text() == "mine"
    assert (root / "README.md").read_text() == "newer"


def test_a_staging_folder_that_is_a_link_is_left_alone(tmp_path):
    """A link with the name of a leftover must not have what it points to removed."""
    (tmp_path / "private").mkdir()
    (tmp_path / "private" / "x").write_text("mine")
    root = tmp_path / "p"
    root.mkdir()
    (root / (STAGE + "1")).symlink_to(tmp_path / "private")
    write_all(root, {"a": b"a"})
    assert (tmp_path / "private" / "x").exists()


def test_two_writers_take_turns(tmp_path):
    """Two commands at once would each build on what the other is about to replace."""
    path = tmp_path / "count"
    path.write_text("0")
    errors = []

    def add():
        try:
            with writing(tmp_path):
                number = int(path.read_text())
                time.sleep(0.01)
                write_all(tmp_path, {"count": str(number + 1).encode()})
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=add) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == [] and path.read_text() == "8"


def test_a_writer_that_waits_too_long_says_for_what(tmp_path, monkeypatch):
    """A command that hangs without a word is killed, and with it perhaps the one that works."""
    monkeypatch.setattr(lock, "WAIT", 0.1)
    program = (
        "import sys, time; from pathlib import Path; "
        "from eventbook.validation.files.lock import one_writer\n"
        "with one_writer(Path(sys.argv[1])): print(1, flush=True); time.sleep(60)"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert other.stdout and other.stdout.readline() == "1\n"
        with pytest.raises(InputError, match="another eventbook command is writing"):
            write_all(tmp_path, {"a": b"a"})
    finally:
        other.kill()
        other.communicate()
    write_all(tmp_path, {"a": b"a"})
    assert tree(tmp_path) == {"a": b"a"}


@pytest.mark.skipif(os.name == "nt", reason="Windows has other permissions")
def test_permissions_are_the_users(tmp_path):
    """What a user keeps from others must not become readable because a command rewrote it."""
    (tmp_path / "private").write_text("old")
    (tmp_path / "private").chmod(0o600)
    before = os.umask(0o027)
    try:
        write_all(tmp_path, {"private": b"new", "fresh": b"new"})
        with atomic_file(tmp_path / "single") as new:
            new.write_text("new")
    finally:
        os.umask(before)
    modes = {p.name: oct(p.stat().st_mode & 0o777) for p in tmp_path.iterdir()}
    assert modes == {"private": "0o600", "fresh": "0o640", "single": "0o640"}


@pytest.mark.skipif(os.name == "nt", reason="Windows has other permissions")
def test_the_state_folder_is_the_users_own(tmp_path, monkeypatch):
    """A folder that others may write to could hold a journal that others wrote."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "xdg"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert state.state_folder() == tmp_path / "xdg" / "eventbook"
    (tmp_path / "xdg" / "eventbook").chmod(0o777)
    assert state.state_folder() == tmp_path / "home" / ".local" / "state" / "eventbook"
    monkeypatch.setenv("XDG_STATE_HOME", "relative")
    assert state.state_folder() == tmp_path / "home" / ".local" / "state" / "eventbook"
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("HOME", str(tmp_path / "file"))
    monkeypatch.setattr(state.tempfile, "gettempdir", lambda: str(tmp_path / "tmp"))
    assert state.state_folder() == tmp_path / "tmp" / f"eventbook-{os.getuid()}"
    (tmp_path / "tmp" / f"eventbook-{os.getuid()}").chmod(0o777)
    with pytest.raises(InputError, match="set XDG_STATE_HOME"):
        state.state_folder()


@pytest.mark.slow
def test_a_file_that_changes_while_it_is_read(tmp_path, copy):
    """Half of the old table and half of the new one is a coding that never existed."""
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
