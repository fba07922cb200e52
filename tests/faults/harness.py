"""The harness of faults: a table of what is done to the command, and of what must come.

A line is a `Fault`: what it is, how its files are made and which command is run, and what must
come. To add one, write a function that makes the files in an empty folder and returns the words
of the command, and add a line to the list of its kind (`files`, `books`, `packages`, `terminals`).
Whatever a line says, each run must end in time, in bounded memory, without a traceback, and without
a control character on either stream.
"""

from __future__ import annotations

import json
import os
import re
import resource
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

COMMAND = shlex.split(os.environ.get("FAULTS_COMMAND", f"{sys.executable} -m eventbook"))
"""The command that is tried; another one to see what an older commit does."""

UNMEASURED = {k: v for k, v in os.environ.items() if not k.startswith("COVERAGE_")}
"""The environment without the measuring of coverage, which writes files and takes memory."""

SECONDS = 60
MEMORY = 1_200 << 20
"""Bytes of memory that a run may hold at once: 1 GB, and what the libraries take themselves."""

ADDRESSES = 12 << 30
"""The limit of addresses, so that a run without bounds cannot take the machine with it."""

CRASH = re.compile(r"Traceback \(most recent call last\)|panicked at|RUST_BACKTRACE|core dumped")
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True)
class Fault:
    """One line of the table.

    `make` gets an empty folder, the current one of the command, and returns its words. `status` are
    the exit statuses that may come, `shows` texts of which each must be in the output, `hides` texts
    that must not be. `guard` marks what was handled well before the line was written; each
    other line was seen to fail on the commit 487fdca, with its own package and books. `surroundings`
    are environment variables, `before` is called in the process before the command starts.
    """

    what: str
    make: Callable[[Path], list[str]]
    status: tuple[int, ...] = (1,)
    shows: tuple[str, ...] = ()
    hides: tuple[str, ...] = ()
    guard: bool = False
    surroundings: Mapping[str, str] = field(default_factory=dict)
    before: Callable[[], None] | None = None
    after: Callable[[Path], str] | None = None
    stdout: str = ""
    seconds: float = SECONDS

    @property
    def id(self) -> str:
        """The name of the test."""
        return re.sub(r"[^a-z0-9]+", "-", self.what.lower()).strip("-")


@dataclass(frozen=True)
class Run:
    """What a command did."""

    status: int
    out: str
    seconds: float
    memory: int
    left: tuple[str, ...] = ()


def run(fault: Fault, folder: Path) -> Run:
    """Make the files of a fault in an empty folder and run its command there."""
    words = fault.make(folder)
    made = set(folder.iterdir()) if folder.is_dir() else set()

    def before() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (ADDRESSES, ADDRESSES))
        os.setpgid(0, 0)
        if fault.before is not None:
            fault.before()

    environment = UNMEASURED | {"NO_COLOR": "1", "COLUMNS": "200"} | dict(fault.surroundings)
    begin = time.monotonic()
    with open(
        fault.stdout or folder.parent / "out.txt", "w+b" if not fault.stdout else "wb"
    ) as out:
        process = subprocess.Popen(
            [*COMMAND, *words],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.PIPE if fault.stdout else subprocess.STDOUT,
            env=environment,
            preexec_fn=before,
        )
        status, usage = _wait(process, fault.seconds)
        if fault.stdout:
            assert process.stderr is not None
            with process.stderr:
                text = process.stderr.read().decode("utf-8", "replace")
        else:
            out.seek(0)
            text = out.read().decode("utf-8", "replace")
    new = set(folder.iterdir()) - made if folder.is_dir() else set()
    left = tuple(sorted(path.name for path in new if path.name.startswith(".")))
    return Run(status, text, time.monotonic() - begin, usage.ru_maxrss * 1024, left)


def _wait(process: subprocess.Popen, seconds: float) -> tuple[int, resource.struct_rusage]:
    """Wait for a process and its like; what is not done in time is killed, with its children."""
    end = time.monotonic() + seconds
    while True:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            process.returncode = os.waitstatus_to_exitcode(status)
            return process.returncode, usage
        if time.monotonic() > end:
            os.killpg(process.pid, signal.SIGKILL)
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            return process.returncode, usage
        time.sleep(0.01)


def verdict(fault: Fault, done: Run, folder: Path) -> str:
    """What is wrong with what a command did; empty if nothing is."""
    shown = done.out[-1500:].encode("unicode_escape").decode()
    if done.status == -signal.SIGKILL:
        return f"not done after {fault.seconds} seconds"
    if CRASH.search(done.out):
        return f"a traceback: {shown}"
    if done.status not in fault.status:
        return f"status {done.status} instead of {fault.status}: {shown}"
    if bad := CONTROL.search(done.out):
        return f"a control character, {bad.group()!a}: {shown}"
    for text in fault.shows:
        if text not in done.out:
            return f"{text!r} is not in: {shown}"
    for text in fault.hides:
        if text in done.out:
            return f"{text!r} is in: {shown}"
    if done.memory > MEMORY:
        return f"{done.memory >> 20} MB of memory"
    if done.left:
        return f"left behind: {done.left}"
    return fault.after(folder) if fault.after else ""


def as_json(value: object) -> str:
    """A value for a message."""
    return json.dumps(value, ensure_ascii=True)
