"""What the verbs took beside frictionless, in a table with the aims, and against earlier figures."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

YARDSTICK = "frictionless"
RATIOS = {
    "check": 0.15,
    "publish": 1.6,
    "verify": 1.5,
    "load": 0.4,
    "agree": 1.0,
    "adjudicate": 1.0,
    "adjudicate anew": 1.0,
}
"""The largest share of the time of frictionless that a verb is to take, in the largest step."""
MEMORY = 800
"""Megabytes: what no verb is to need."""
GROWTH = 11
"""How many times the time is to grow at most, from 100 to 1,000 documents."""
SEVEN = {"check": 0.7, "publish": 5.0, "verify": 4.0}
"""CPU seconds that a verb is to take with the seven events of this repository."""
OWN = "own"
"""The step of the seven events of this repository."""
LARGEST = "1000"
WORSE = 1.2
"""How many times the earlier ratio is worse, and not only measured otherwise."""
LEAST = 0.3
"""CPU seconds: a smaller difference is not worse, because the start of Python varies by as much."""


@dataclass(frozen=True)
class Runs:
    """The CPU seconds and the peak megabytes of each run of one command."""

    seconds: tuple[float, ...]
    megabytes: tuple[float, ...]

    @property
    def second(self) -> float:
        """The median of the CPU seconds."""
        return median(self.seconds)

    @property
    def megabyte(self) -> float:
        """The median of the peak megabytes."""
        return median(self.megabytes)

    def __add__(self, more: Runs) -> Runs:
        """Return these runs and more of the same command."""
        return Runs(self.seconds + more.seconds, self.megabytes + more.megabytes)


Taken = Mapping[str, Mapping[str, Runs]]
"""What each command took, by step and name; steps are numbers of documents, and `OWN`."""


def with_more(taken: Taken, more: Taken) -> Taken:
    """Return what was taken, with the runs of some of its commands that were measured again."""
    return {
        step: {
            name: runs + more[step][name] if name in more.get(step, {}) else runs
            for name, runs in commands.items()
        }
        for step, commands in taken.items()
    }


def ratios(
    taken: Taken, chosen: Callable[[tuple[float, ...]], float] = median
) -> dict[str, dict[str, float]]:
    """Return the CPU seconds of each command as a share of those of frictionless in its step.

    Args:
        taken: what was measured.
        chosen: which of the runs counts, the median or the quickest (`min`).
    """
    return {
        step: {
            name: round(chosen(runs.seconds) / chosen(commands[YARDSTICK].seconds), 3)
            for name, runs in commands.items()
            if name != YARDSTICK
        }
        for step, commands in taken.items()
        if YARDSTICK in commands
    }


def table(taken: Taken) -> Iterator[str]:
    """Yield the lines of a table: time, memory and ratio in each step, the growth, the aims."""
    steps = [step for step in taken if step != OWN]
    names = list(dict.fromkeys(name for step in steps for name in taken[step]))
    shares = ratios(taken)
    pairs = list(pairwise(steps))
    head = "".join(f" | {int(step):>7,}: CPU s    MB ratio" for step in steps)
    head += "".join(f" | {'x' + str(int(b) // int(a)):>6}" for a, b in pairs)
    yield f"{'documents':<16}{head} | aims"
    for name in names:
        line = f"{name:<16}"
        for step in steps:
            runs, share = taken[step].get(name), shares.get(step, {}).get(name)
            line += " | " + (f"{runs.second:>14.2f}{runs.megabyte:>6.0f}" if runs else " " * 20)
            line += f"{share:>6.2f}" if share is not None else " " * 6
        for before, after in pairs:
            grown = _growth(taken, name, before, after)
            line += " | " + (f"{grown:>6.1f}" if grown is not None else " " * 6)
        yield f"{line} | {'; '.join(_aims(taken, shares, name))}".rstrip()
    if OWN in taken:
        yield ""
        yield f"{'seven events':<16} | {'CPU s':>7}{'MB':>6}{'ratio':>7} | aims"
        for name, runs in taken[OWN].items():
            share = shares.get(OWN, {}).get(name)
            shown = f"{share:>7.2f}" if share is not None else " " * 7
            said = _said("below {:g} s", SEVEN.get(name), runs.second)
            line = f"{name:<16} | {runs.second:>7.2f}{runs.megabyte:>6.0f}{shown} | {said}"
            yield line.rstrip()


def _growth(taken: Taken, name: str, before: str, after: str) -> float | None:
    small, large = taken[before].get(name), taken[after].get(name)
    return large.second / small.second if small and large else None


def _aims(taken: Taken, shares: Mapping[str, Mapping[str, float]], name: str) -> Iterator[str]:
    """Yield the aims of a verb that can be judged from what was measured."""
    if LARGEST not in taken or name not in taken[LARGEST] or name == YARDSTICK:
        return
    if name in RATIOS:
        yield _said("ratio <= {:g}", RATIOS[name], shares.get(LARGEST, {}).get(name))
    yield _said("< {:g} MB", MEMORY, taken[LARGEST][name].megabyte)
    if "100" in taken:
        yield _said("growth <= {:g}", GROWTH, _growth(taken, name, "100", LARGEST))


def _said(form: str, aim: float | None, value: float | None) -> str:
    if aim is None or value is None:
        return ""
    return form.format(aim) + ("" if value <= aim else ": MISSED")


@dataclass(frozen=True)
class Worse:
    """A command whose ratio to frictionless is worse than it was."""

    step: str
    name: str
    before: float
    now: float


def worse(taken: Taken, earlier: Mapping[str, Mapping[str, float]]) -> list[Worse]:
    """Return what takes over a fifth more of the time of frictionless than it did.

    The quickest runs are compared: what else the machine does only ever adds time. Only what is in
    both is compared.

    Args:
        taken: what was measured.
        earlier: the ratios of the quickest runs that were measured before.
    """
    return [
        Worse(step, name, before, now)
        for step, commands in ratios(taken, min).items()
        for name, now in commands.items()
        if (before := earlier.get(step, {}).get(name)) is not None
        and now > before * WORSE
        and (now - before) * min(taken[step][YARDSTICK].seconds) >= LEAST
    ]


def worse_text(found: list[Worse]) -> Iterator[str]:
    """Yield the lines of a table of what is worse."""
    yield f"{'documents':<10} {'verb':<16} {'was':>7} {'is':>7}  worse by"
    for one in found:
        by = f"{one.now / one.before - 1:.0%}"
        yield f"{one.step:<10} {one.name:<16} {one.before:>7.2f} {one.now:>7.2f}  {by}"
