"""The options of `import` for the coding of a machine, and what it prints of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from .output import say

if TYPE_CHECKING:
    from ..desk.filing import Filed

MachineName = Annotated[
    str | None, typer.Option("--machine", metavar="NAME", help="The program that coded.")
]
MachineVersion = Annotated[
    str | None, typer.Option("--machine-version", metavar="V", help="Its version.")
]
Setting = Annotated[
    list[str] | None,
    typer.Option("--setting", metavar="KEY=VALUE", help="One of its settings; may be repeated."),
]
Instructions = Annotated[
    str | None,
    typer.Option(
        "--instructions", metavar="FILE", help="What it was to do: the file, or its SHA-256."
    ),
]
TakeOutFaults = Annotated[
    bool,
    typer.Option("--take-out-faults", help="Count a machine's faults, and file the rest."),
]


def say_faults(filed: Filed) -> None:
    """Print what was wrong with the coding of a machine, as it was delivered."""
    from ...validation.coding.machine import faults_in_words

    if filed.delivered is None:
        return
    found = faults_in_words(filed.delivered)
    say("faults, as delivered:" if found else "faults, as delivered: none")
    say(*(f"  {line}" for line in found))
    if filed.rows is not None and found:
        say(f"  taken out; errors that are left: {filed.delivered.incomplete}")


def say_refused(filed: Filed) -> None:
    """Print why nothing was filed, and what can be done."""
    if filed.refused:
        first = filed.refused[0]
        place = filed.report.place(first)
        say(
            f"Nothing was filed. {place}: {first.rule} cannot be taken out of a coding: fix the file.",
            err=True,
        )
    elif filed.delivered is not None:
        say("Nothing was filed. --take-out-faults counts the faults and files the rest.", err=True)
    else:
        say("Nothing was filed. Fix the errors first.", err=True)
