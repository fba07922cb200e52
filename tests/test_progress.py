"""What a verb is doing is shown on a terminal, and nowhere else."""

from __future__ import annotations

import os
import pty
import re
import shutil
import subprocess
import sys
import threading
import time

import pytest
from conftest import ROOT, copied, invoke

from eventbook.dataset.cli import progress
from eventbook.validation.progress import shown_by, step

EVENTS = str(ROOT / "dataset" / "events.parquet")
AT_ONCE = """
import sys
from eventbook.dataset.cli import main, progress
progress.DELAY = 0
sys.argv = ["eventbook", *sys.argv[1:]]
main.main()
"""
"""The command, which shows at once what it does, however quick it is."""
WATCHED = {n: v for n, v in os.environ.items() if n != "CI"} | {"TERM": "xterm", "COLUMNS": "80"}
SHOWN_AGAIN = "\x1b[?25h"
ERASED = "\x1b[2K"


class Terminal:
    """A pseudo terminal: what is written to it, and the end to write to."""

    def __init__(self):
        self.master, self.slave = pty.openpty()
        self.written = b""
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        while True:
            try:
                part = os.read(self.master, 4096)
            except OSError:  # the other end is closed
                return
            if not part:
                return
            self.written += part

    def text(self):
        """What was written, once nobody can write any more."""
        os.close(self.slave)
        self.reader.join(timeout=10)
        return self.written.decode()


def on_terminal(*words, cwd, env=WATCHED):
    """Run the command with its errors on a terminal; return what it printed there and elsewhere."""
    terminal = Terminal()
    command = [sys.executable, "-c", AT_ONCE, *words]
    done = subprocess.run(
        command, cwd=cwd, env=env, stdout=subprocess.PIPE, stderr=terminal.slave, text=True
    )
    return done, terminal.text()


def test_a_terminal_shows_what_is_done_and_forgets_it():
    """Two minutes without a word look like a program that hangs."""
    done, shown = on_terminal("check", "--format", "json", cwd=ROOT)
    assert done.returncode == 0
    assert "checking the" in shown
    # The last that is written removes the line, and gives the cursor back.
    assert SHOWN_AGAIN in shown
    assert shown.rpartition(ERASED)[1] == ERASED
    assert shown.rpartition(ERASED)[2].strip("\r\n\x1b[1A") == ""
    piped = invoke("check", "--format", "json", cwd=ROOT)
    assert len(done.stdout.splitlines()) == len(piped.stdout.splitlines())
    assert "\x1b" not in done.stdout


def test_what_is_printed_is_not_mixed_with_it():
    """The line of a step ran into the lines of the result, which begin where it stood."""
    terminal = Terminal()
    command = [sys.executable, "-c", AT_ONCE, "agree", "coder-a", "coder-b"]
    subprocess.run(command, cwd=ROOT, env=WATCHED, stdout=terminal.slave, stderr=terminal.slave)
    before, _, result = terminal.text().partition("coder-a, coder-b:")
    assert "codings" in before or "agreement" in before
    assert before.rpartition(ERASED)[2].strip("\r\n\x1b[1A") == ""
    assert "\x1b" not in result


@pytest.mark.parametrize("surroundings", [{"CI": "true"}, {"TERM": "dumb"}])
def test_nothing_is_shown_where_nobody_watches(surroundings):
    """The log of a build had hundreds of lines that were to be erased."""
    _, shown = on_terminal("check", cwd=ROOT, env=WATCHED | surroundings)
    assert shown == ""


def test_nothing_is_shown_in_a_pipe():
    """A program that reads the errors of the command took a step for one."""
    command = [sys.executable, "-c", AT_ONCE, "check"]
    done = subprocess.run(command, cwd=ROOT, env=WATCHED, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert "\x1b" not in done.stdout


def test_what_is_quick_shows_nothing(monkeypatch):
    """A line that flashes up for a moment only disturbs."""
    monkeypatch.setattr(progress, "DELAY", 60)
    terminal = Terminal()
    with os.fdopen(os.dup(terminal.slave), "w") as stream:
        line = progress.Line(stream)
        line.show("reading", None)
        line.erase()
    assert terminal.text() == ""


def test_a_share_is_shown_with_the_time_that_is_left(monkeypatch):
    """A file of an hour was only said to be checked."""
    monkeypatch.setattr(progress, "DELAY", 0)
    terminal = Terminal()
    with os.fdopen(os.dup(terminal.slave), "w") as stream:
        line = progress.Line(stream)
        line.show("checking a.csv", 0.5)
        until = time.monotonic() + 10
        while b"a.csv" not in terminal.written and time.monotonic() < until:
            time.sleep(0.01)
        line.erase()
    assert re.search(r"checking a.csv: 50%, about \d+ s left", terminal.text())


def test_names_of_files_cannot_act_on_the_terminal(monkeypatch):
    """A file named by an escape sequence renames the window, or worse."""
    said = []
    line = progress.Line(sys.stderr)
    monkeypatch.setattr(progress, "DELAY", 60)
    with shown_by(line.show):
        step("reading \x1b]0;x\x07.csv")
        said.append(line._text().plain)
    line.erase()
    assert "\x1b" not in said[0]


def test_steps_are_of_their_own_thread():
    """The pages that a server checks for others appeared on the terminal where it was started."""
    heard = []
    with shown_by(lambda doing, done: heard.append(doing)):
        other = threading.Thread(target=step, args=("theirs",))
        other.start()
        other.join()
        step("ours")
    step("nobody's")
    assert heard == ["ours"]


VERBS = {
    "agree": ["agree", "coder-a", "coder-b"],
    "check": ["check"],
    "compare": ["compare", EVENTS, EVENTS],
    "convert": ["convert", EVENTS, "{out}/acled.csv", "--to", "acled"],
    "diff": ["diff", ".", "."],
    "explore": ["explore", "{out}/page.html"],
    "fmt": ["fmt", "--check"],
    "publish": ["publish", "--check"],
    "load": ["load", "sqlite:///{out}/new.db"],
    "verify": ["verify", "."],
    "workbook": ["workbook", "{out}/new.xlsx"],
}
MARKS = {"publish": pytest.mark.slow, "verify": pytest.mark.slow}


@pytest.mark.parametrize("verb", [pytest.param(v, marks=MARKS.get(v, ())) for v in VERBS])
def test_a_verb_says_what_it_is_doing(verb, tmp_path):
    """A verb that takes a minute with a large dataset shows nothing for that long."""
    heard = []
    with shown_by(lambda doing, done: heard.append(doing)):
        invoke(*(word.format(out=tmp_path) for word in VERBS[verb]), cwd=ROOT)
    assert heard
    assert all(doing and doing == doing.strip() for doing in heard)


def test_filing_and_adjudicating_say_what_they_are_doing(tmp_path):
    """As above, for the verbs that write to the package."""
    heard = []
    package = copied(tmp_path / "package", traced=True)
    typed = package.root / "typed"
    shutil.move(package.root / "seeds" / "codings" / "coder-a", typed)
    (typed / "coding.yaml").unlink()
    with shown_by(lambda doing, done: heard.append(doing)):
        filed = invoke("import", str(typed), "--coder", "coder-a", cwd=package.root)
        assert filed.returncode == 0, filed.stdout + filed.stderr
        assert "checking the coding" in heard
        invoke("adjudicate", "coder-a", "coder-b", cwd=package.root)
    assert {"finding the same units", "building the tables"} <= {*heard}


@pytest.mark.slow
def test_publishing_and_verifying_show_their_steps_on_a_terminal(tmp_path):
    """Both took half a minute with a thousand documents, and a terminal stayed as it was."""
    package = copied(tmp_path / "package")
    done, shown = on_terminal("publish", cwd=package.root)
    assert done.returncode == 0, done.stdout + shown
    assert "\x1b" not in done.stdout
    # Each of the two is long enough to be seen, in one line that is drawn again and again.
    assert "asking pandera" in shown and "asking frictionless" in shown
    (archive,) = (package.root / "dist").glob("*.zip")
    done, shown = on_terminal("verify", str(archive), cwd=tmp_path)
    assert done.returncode == 0, done.stdout + shown
    assert "verifying: validators" in shown
    assert shown.rpartition(ERASED)[1] == ERASED
