"""Verbs that write a package, started at once, and an editor that saves meanwhile: nothing is lost."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from conftest import EVENTBOOK, UNMEASURED, Sheet, copied, invoke

WORKER = """\
import json, sys
from conftest import invoke

print(flush=True)
for line in sys.stdin:
    done = invoke(*json.loads(line)["words"], cwd=json.loads(line)["folder"])
    print(json.dumps([done.returncode, done.stdout + done.stderr]), flush=True)
"""
WRITERS = {
    "new event": [
        *("new", "event", "--document", "DOC-0002", "--country", "SYR", "--year", "2019"),
        *("--type", "Armed clash"),
    ],
    "new claim": ["new", "claim", "--event_id", "{event}"],
    "new actor": ["new", "actor", "--actor", "Actor {n}"],
    "new document": [
        *("new", "document", "../{n}.txt", "--title", "T", "--date", "2019-05-13"),
        *("--words", "13 May 2019"),
    ],
    "fmt": ["fmt"],
    "publish": ["publish"],
    "import": ["import", "../coded", "--coder", "coder-{n}"],
    "adjudicate": ["adjudicate", "coder-a", "coder-b"],
}
TABLES_OF = {
    "new event": "events",
    "new claim": "claims",
    "new actor": "actors",
    "new document": "documents",
}
MAY_FAIL = {"publish": (0, 1)}
"""A row that is not finished may not be published."""

ROUNDS, ROUNDS_OF_PUBLISH = 3, 1
AT_ONCE = 4


@pytest.fixture(scope="module")
def start():
    """Run verbs at the same moment, in processes that have imported everything before."""
    path = {"PYTHONPATH": str(Path(__file__).parent)}
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER],
            env=UNMEASURED | path,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(AT_ONCE)
    ]
    for worker in workers:
        assert worker.stdout.readline() == "\n"

    def go(folder, verbs):
        running = workers[: len(verbs)]
        for worker, words in zip(running, verbs, strict=True):
            worker.stdin.write(json.dumps({"words": words, "folder": str(folder)}) + "\n")
            worker.stdin.flush()
        return [json.loads(worker.stdout.readline()) for worker in running]

    yield go
    for worker in workers:
        worker.communicate(timeout=60)


def prepared(folder):
    """A package with a document of its own for new rows, and the id of an event on it."""
    package = copied(folder / "package", traced=True)
    settings = package.root / "pyproject.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace("explorer = true", "explorer = false"), encoding="utf-8")
    shutil.copytree(package.root / "seeds/codings/coder-a", folder / "coded")
    (folder / "coded/coding.yaml").unlink()
    for n in (*range(ROUNDS * AT_ONCE), "first"):
        (folder / f"{n}.txt").write_text(f"Published on 13 May 2019: text {n}.\n")
    known = {row["event_id"] for row in Sheet(package, "events").rows}
    for verb in ("new document", "new event"):
        assert invoke(*words_of(verb, "first"), cwd=package.root).returncode == 0
    (event,) = {row["event_id"] for row in Sheet(package, "events").rows} - known
    return package, event


def words_of(verb, n, event=""):
    return [word.format(n=n, event=event) for word in WRITERS[verb]]


def spoil(package):
    """Change a value that was adjudicated, and the order: something to write for each verb."""
    events = Sheet(package, "events")
    events.rows[0]["notes"] = "Changed by hand."
    events.rows.reverse()
    events.save()


def left_behind(package):
    return [path for path in package.root.rglob("*") if ".eventbook" in path.name]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("first", "second"), list(itertools.combinations_with_replacement(WRITERS, 2))
)
def test_two_writers_at_once_lose_nothing(tmp_path, start, first, second):
    """Both reported success with one id, and one of the two rows was gone."""
    package, event = prepared(tmp_path)
    verbs = [first, second] * (AT_ONCE // 2)
    before = {name: len(Sheet(package, name).rows) for name in TABLES_OF.values()}
    rounds = ROUNDS_OF_PUBLISH if "publish" in (first, second) else ROUNDS
    for number in range(1, rounds + 1):
        if "adjudicate" in verbs:
            spoil(package)
        begin = (number - 1) * AT_ONCE
        printed = start(
            package.root, [words_of(verb, begin + n, event) for n, verb in enumerate(verbs)]
        )
        for verb, (status, _) in zip(verbs, printed, strict=True):
            assert status in MAY_FAIL.get(verb, (0,)), printed
        for verb, table in TABLES_OF.items():
            rows = Sheet(package, table).rows
            assert len(rows) - before[table] == number * verbs.count(verb), (verb, printed)
            key = package.book.tables[table].primary_key[0]
            assert len({row[key] for row in rows}) == len(rows)
        if "adjudicate" in verbs:
            assert "Changed by hand." not in {row["notes"] for row in Sheet(package, "events").rows}
        filed = list(package.root.glob("seeds/codings/coder-[0-9]*/coding.yaml"))
        assert len(filed) == number * verbs.count("import"), printed
        assert not left_behind(package)


@pytest.mark.slow
def test_a_coding_that_two_file_at_once_is_filed_once(tmp_path, start):
    """Each of the two found no coding of that name, and the second replaced the first's."""
    package, _ = prepared(tmp_path)
    for number in range(ROUNDS):
        printed = start(package.root, [words_of("import", number)] * AT_ONCE)
        assert sorted(status for status, _ in printed) == [0, *[2] * (AT_ONCE - 1)], printed
        assert sum("nothing new" in text for _, text in printed) == AT_ONCE - 1
    assert invoke("check", cwd=package.root).returncode in (0, 1)


@pytest.mark.slow
@pytest.mark.parametrize("verb", ["new event", "new document", "fmt", "import", "adjudicate"])
def test_a_killed_verb_leaves_nothing_after_the_next_run(tmp_path, verb):
    """Each kill left a folder of half-written files in the package for ever."""
    package, _ = prepared(tmp_path)
    table, killed = TABLES_OF.get(verb, "events"), 0
    for number in range(4):
        spoil(package)
        rows = len(Sheet(package, table).rows)
        process = subprocess.Popen(
            [*EVENTBOOK, *words_of(verb, number)],
            cwd=package.root,
            env=UNMEASURED,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        while process.poll() is None and not list(package.root.glob(".eventbook-stage-*")):
            time.sleep(0.001)
        time.sleep(number * 0.003)
        process.kill()
        killed += process.wait() < 0
        assert len(Sheet(package, table).rows) in (rows, rows + (verb in TABLES_OF))
        done = invoke(*words_of(verb, number), cwd=package.root)
        # What the killed run had decided is finished first, and then it is there already.
        known = ("already", "nothing new", "was added before")
        assert done.returncode == 0 or any(words in done.stderr for words in known)
        assert not left_behind(package), done.stderr
        keys = [next(iter(row.values())) for row in Sheet(package, table).rows]
        assert len(set(keys)) == len(keys)
    assert killed, "it had nothing to write"


class Editor(threading.Thread):
    """Saves a file again and again, as an editor or a sync does, which ask for no lock."""

    def __init__(self, sheet):
        super().__init__()
        self.path, self.saved, self.stopped = sheet.path, [], threading.Event()
        self.rest = "," * (len(sheet.header) - 2)

    def run(self):
        while not self.stopped.wait(0.15):
            name = f"Saved {len(self.saved)}"
            self.append(f"saved-{len(self.saved)},{name}{self.rest}\n")
            self.saved.append(name)

    def append(self, text):
        """Add a line to the file that is there now, not to one that was replaced meanwhile."""
        while True:
            with self.path.open("a", encoding="utf-8") as stream:
                stream.write(text)
                stream.flush()
                if self.path.stat().st_ino == os.fstat(stream.fileno()).st_ino:
                    return


@pytest.mark.slow
def test_what_an_editor_saves_while_verbs_write_is_not_lost(tmp_path, start):
    """An editor asks for no lock: what a person saved while a command worked was lost."""
    package, _ = prepared(tmp_path)
    editor = Editor(Sheet(package, "actors"))
    editor.start()
    done, begin, number = [], time.monotonic(), 0
    try:
        while time.monotonic() - begin < 6:
            verbs = [words_of("new actor", number + n) for n in range(3)]
            done += start(package.root, [*verbs, ["fmt"]])
            number += 3
    finally:
        editor.stopped.set()
        editor.join()
    names = [row["actor"] for row in Sheet(package, "actors").rows]
    added = [name for name in names if name.startswith("Actor ")]
    assert [name for name in editor.saved if names.count(name) != 1] == []
    succeeded = [text for status, text in done if "added to" in text]
    assert len(added) == len(set(added)) == len(succeeded) > 0
    for status, text in done:
        assert status == 0 or (status == 2 and len(text.splitlines()) == 1), text
