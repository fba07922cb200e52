"""Time and memory of the verbs as a dataset grows, beside `frictionless validate` of the same data.

    python tests/benchmarks/growth.py [--documents 10 100 1000] [--repeats 3] [--only VERB ...]
        [--json FILE] [--compare tests/benchmarks/growth.json]

Each command runs in a process of its own, three times, all in turns; medians count. Time is CPU
seconds of the process and its children, memory the largest process's. A step has packages with
that many documents; three events a document that two coders filed and an adjudicator decided on;
and, for a thousand documents, two exports of 30,000 events to compare, one of 400,000 to convert,
and two of 300,000, all rows of which were changed, for `diff all`.

`--compare` exits 1 if the quickest run of a verb takes over a fifth more of the time of the quickest
run of frictionless than in a file that `--json` wrote. What seems so is measured up to five times
more.
"""

from __future__ import annotations

# The peak memory of a process is at least that of the one that started it: nothing large is
# imported here, and all input is made in processes of its own.
import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from growth_report import (
    OWN,
    YARDSTICK,
    Runs,
    Taken,
    Worse,
    ratios,
    table,
    with_more,
    worse,
    worse_text,
)

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
BIN = Path(sys.executable).parent
STEPS = (10, 100, 1000)
CODED, COMPARED, CONVERTED, CHANGED = 3, 30, 400, 300
"""Coded events, and rows to compare, convert and change, for each document of a step."""
CONFIRMED = 5
"""How often what seems worse is measured again, at most."""
YARDSTICK_RUNS = 3
"""How often frictionless is measured in a turn: all ratios depend on it."""
THREADS = {"POLARS_MAX_THREADS": "2"}
"""The CPU seconds of polars depend on how many threads it starts, and thus on the machine."""


def _nothing() -> None:
    """Prepare nothing."""


@dataclass(frozen=True)
class Command:
    """A command to measure: its words, where it runs, and what is prepared before each run.

    `status` is the exit status that says that it did its work.
    """

    words: tuple[str, ...]
    folder: Path
    prepare: Callable[[], None] = _nothing
    status: int = 0

    def run(self) -> tuple[float, float]:
        """Run it once, and return its CPU seconds and peak megabytes.

        Raises:
            SystemExit: it failed.
        """
        self.prepare()
        with tempfile.TemporaryFile("w+") as printed:
            process = subprocess.Popen(
                self.words,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=subprocess.STDOUT,
                env=THREADS | os.environ,
            )
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            if process.returncode != self.status:
                printed.seek(0)
                sys.exit(f"{' '.join(self.words)}\nin {self.folder}:\n{printed.read()[-3000:]}")
        return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


Commands = dict[str, dict[str, Command]]
"""Commands by step and name."""


def eventbook(*words: str | Path) -> tuple[str, ...]:
    """Return the words of a verb of eventbook."""
    return (str(BIN / "eventbook"), *map(str, words))


def made(program: str, *words: str | int | Path) -> None:
    """Run a program of this folder that makes input."""
    subprocess.run([sys.executable, str(HERE / program), *map(str, words)], check=True)


def step_of(documents: int, folder: Path, only: list[str]) -> dict[str, Command]:
    """Make the input of a step, and return its commands, the one that publishes first.

    Args:
        documents: how many the packages have.
        folder: a new folder for the input.
        only: the names of the commands; all if it is empty.
    """
    names = ("package", "changed", "coded", "undecided", "published")
    package, changed, coded, undecided, published = (folder / name for name in names)
    names = ("ours", "theirs", "export", "before", "after")
    ours, theirs, export, before, after = (folder / f"{name}.csv" for name in names)
    made("packages.py", package, "--documents", documents)
    made("packages.py", coded, "--documents", documents, "--coded-events", documents * CODED)

    def publish_anew() -> None:
        shutil.rmtree(published, ignore_errors=True)
        shutil.copytree(package, published)

    def forget_decisions() -> None:
        shutil.rmtree(undecided, ignore_errors=True)
        shutil.copytree(coded, undecided)
        (undecided / "seeds" / "adjudication.csv").unlink()

    def without(*names: str) -> Callable[[], None]:
        return lambda: [(published / name).unlink(missing_ok=True) for name in names] and None

    archive = published / "dist" / "package-1.0.0.zip"
    other = changed / "dist" / "changed-1.0.0.zip"
    convert = eventbook("convert", export, folder / "converted.csv", "--to", "ucdp-ged", "--force")
    frictionless = (str(BIN / "frictionless"), "validate", "datapackage.json")
    commands = {
        "publish": Command(eventbook("publish"), published, publish_anew),
        YARDSTICK: Command(frictionless, published),
        "check": Command(eventbook("check"), published),
        "verify": Command(eventbook("verify", archive), published),
        "load": Command(eventbook("load", "sqlite:///new.db"), published, without("new.db")),
        "workbook": Command(
            eventbook("workbook", "--coder", "c", "new.xlsx"), published, without("new.xlsx")
        ),
        "explore": Command(eventbook("explore", folder / "page.html"), published),
        "fmt --check": Command(eventbook("fmt", "--check"), published),
        "diff": Command(eventbook("diff", other, archive), published, status=1),
        "agree": Command(eventbook("agree", "a", "b"), coded),
        "adjudicate": Command(eventbook("adjudicate", "a", "b"), coded),
        "adjudicate anew": Command(
            eventbook("adjudicate", "a", "b"), undecided, forget_decisions, status=1
        ),
        "check decided": Command(eventbook("check"), coded),
        "compare": Command(eventbook("compare", ours, theirs), folder),
        "convert": Command(convert, folder),
        "diff all": Command(eventbook("diff", before, after), folder, status=1),
    }
    chosen = {n: c for n, c in commands.items() if not only or n in only or n == YARDSTICK}
    if "publish" not in chosen:
        commands["publish"].run()
    if "diff" in chosen:
        made("packages.py", changed, "--documents", documents, "--seed", 1)
        Command(eventbook("publish"), changed).run()
    if "compare" in chosen:
        made("two_exports.py", documents * COMPARED, ours, theirs)
    if "convert" in chosen:
        made("made.py", documents * CONVERTED, 0, export)
    if "diff all" in chosen:
        made("two_exports.py", documents * CHANGED, before, after, "--same-ids")
    return chosen


def own_step(folder: Path, only: list[str]) -> dict[str, Command]:
    """Copy this repository, and return the commands for its seven events."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    project = tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))["project"]
    archive = folder / "dist" / f"{project['name']}-{project['version']}.zip"
    commands = {
        "publish": Command(eventbook("publish"), folder),
        YARDSTICK: Command((str(BIN / "frictionless"), "validate", "datapackage.json"), folder),
        "check": Command(eventbook("check"), folder),
        "verify": Command(eventbook("verify", archive), folder),
    }
    chosen = {n: c for n, c in commands.items() if not only or n in only or n == YARDSTICK}
    if "verify" in chosen and "publish" not in chosen:
        commands["publish"].run()
    return chosen if len(chosen) > 1 else {}


def measure(commands: Commands, repeats: int) -> Taken:
    """Run all commands in turns, and return what each run took.

    What changes on the machine meanwhile meets all of them alike.
    """
    runs: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for turn in range(1, repeats + 1):
        for step, of_step in commands.items():
            for name, command in of_step.items():
                print(f"turn {turn} of {repeats}: {step} {name}", file=sys.stderr, flush=True)
                of_command = runs.setdefault((step, name), [])
                for _ in range(YARDSTICK_RUNS if name == YARDSTICK else 1):
                    of_command.append(command.run())
    return {
        step: {
            name: Runs(*zip(*runs[step, name], strict=True))  # type: ignore[arg-type]
            for name in of_step
        }
        for step, of_step in commands.items()
    }


def again(commands: Commands, found: Iterable[tuple[str, str]]) -> Commands:
    """Return the commands to measure again, with the yardstick of their step."""
    chosen: Commands = {}
    for step, name in found:
        chosen.setdefault(step, {YARDSTICK: commands[step][YARDSTICK]})[name] = commands[step][name]
    return chosen


def confirmed(
    taken: Taken, commands: Commands, earlier: Mapping[str, Mapping[str, float]]
) -> list[Worse]:
    """Return what is worse than before, and still is when it is measured again."""
    found = worse(taken, earlier)
    for _ in range(CONFIRMED):
        if not found:
            break
        print("\nworse, and so measured again:", *worse_text(found), sep="\n", flush=True)
        seen = {(one.step, one.name) for one in found}
        taken = with_more(taken, measure(again(commands, seen), 1))
        found = [one for one in worse(taken, earlier) if (one.step, one.name) in seen]
    return found


def main() -> None:
    """Make the input, measure, print the table, and compare it with what was measured before."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--documents", type=int, nargs="+", default=STEPS)
    options.add_argument("--repeats", type=int, default=3)
    options.add_argument("--only", nargs="+", default=[], metavar="VERB")
    options.add_argument("--json", type=Path)
    options.add_argument("--compare", type=Path)
    given = options.parse_args()
    earlier = json.loads(given.compare.read_text("utf-8"))["ratios"] if given.compare else {}
    with tempfile.TemporaryDirectory() as name:
        commands: Commands = {}
        for documents in given.documents:
            print(f"input of {documents:,} documents", file=sys.stderr, flush=True)
            commands[str(documents)] = step_of(documents, Path(name, str(documents)), given.only)
        if own := own_step(Path(name, OWN), given.only):
            commands[OWN] = own
        taken = measure(commands, given.repeats)
        print(*table(taken), sep="\n", flush=True)
        found = confirmed(taken, commands, earlier)
    if given.json:
        given.json.write_text(json.dumps(_figures(taken, given.repeats), indent=1) + "\n", "utf-8")
    if found:
        print(f"\nover a fifth worse than in {given.compare}:", *worse_text(found), sep="\n")
        sys.exit(1)
    if given.compare:
        print(f"\nno ratio is over a fifth worse than in {given.compare}")


def _figures(taken: Taken, repeats: int) -> dict[str, object]:
    return {
        "machine": f"{platform.machine()}, Python {platform.python_version()}",
        "repeats": repeats,
        "ratios": ratios(taken, min),
        "taken": {
            step: {
                name: {"seconds": round(runs.second, 3), "megabytes": round(runs.megabyte)}
                for name, runs in commands.items()
            }
            for step, commands in taken.items()
        },
    }


if __name__ == "__main__":
    main()
