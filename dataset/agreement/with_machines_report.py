"""The agreement of people and machines as text, as JSON and as a page."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from ...codebook.printable import printable_line
from ...validation.coding.machine import KINDS_OF_FAULTS, Machine, among, faults_in_words
from ...validation.reports.human import plural
from ..html.shell import render
from .agree import SMALL, VariableAgreement
from .agreement_report import (
    TEMPLATES,
    as_dict,
    disagreement_as_dict,
    disagreement_lines,
    human,
    in_columns,
    number,
    rounded,
    variable_as_dict,
)
from .followed_report import lines_of_followed, percents, plain_followed
from .unitising import UnitCounts
from .with_machines import PeopleAndMachines, WithPeople

VERSION = 1
PEOPLE = "people"
"""What the rows of people are called, beside those of machines."""
NOTE = (
    "Each machine is compared with each person by itself; n counts these comparisons, and those of "
    "one unit are drawn together for the interval. Precision is the share of the machine's units "
    "that a person has too, recall the share of a person's units that the machine has too."
)


def machines_in_text(measured: PeopleAndMachines) -> str:
    """Return the agreement of people and machines as text for a terminal."""
    lines = [
        f"people: {', '.join(measured.persons)}; "
        f"machines: {', '.join(m.coder for m in measured.machines)}: "
        f"{', '.join(measured.documents)}, by {', '.join(measured.codebooks)}"
    ]
    for machine in measured.machines:
        lines += [
            "",
            *(f"{machine.coder}: {machine_in_words(program)}" for program in machine.programs),
        ]
        lines += [f"  {line}" for line in _lines_of_faults(machine)]
    lines += ["", "the same units?", *in_columns(_unit_rows(measured))]
    lines += ["", "the same values?", *in_columns(_variable_rows(measured))]
    lines += [NOTE, f"small n: fewer than {SMALL} units"]
    for machine in measured.machines:
        for person, agreement in machine.pairs.items():
            between = f"between {person} and {machine.coder}"
            if agreement.followed:
                lines += ["", *lines_of_followed(agreement.followed)]
            lines += ["", f"{between}: {len(agreement.disagreements)} values coded differently"]
            lines += [line for d in agreement.disagreements for line in disagreement_lines(d)]
            lines += ["", f"{between}: {len(agreement.partial)} units found by one only"]
            lines += [line for d in agreement.partial for line in disagreement_lines(d)]
    text = "\n".join(map(printable_line, lines))
    return f"{text}\n\nbetween people\n{human(measured.people)}" if measured.people else text


def machine_in_words(program: Machine) -> str:
    """Return what a machine was, in one line."""
    settings = "".join(f"; {name}={value}" for name, value in program.settings)
    instructions = f"; instructions {program.instructions[:12]}" if program.instructions else ""
    return f"{program.name}, version {program.version}{settings}{instructions}"


def _lines_of_faults(machine: WithPeople) -> list[str]:
    found = machine.delivered
    documents = plural(machine.documents, "document", "documents")
    what = f"{found.values} values and {found.quotes} quotes of {documents}"
    if not found.faults:
        return [f"delivered {what}; no faults"]
    return [
        f"delivered {what}; faults, taken out before it was compared:",
        *(f"  {line}" for line in faults_in_words(found)),
        f"errors that are left: {found.incomplete}",
    ]


def _units(measured: PeopleAndMachines) -> Iterable[tuple[str, str, UnitCounts]]:
    """Yield for each table who is compared, and what they found."""
    between = measured.between_people
    for table in measured.machines[0].units:
        if table in between:
            yield table, PEOPLE, between[table]
        for machine in measured.machines:
            yield table, machine.coder, machine.units[table]


def _unit_rows(measured: PeopleAndMachines) -> list[tuple[str, ...]]:
    head: tuple[str, ...] = (
        "table",
        "",
        "both",
        "one only",
        "other only",
        "precision",
        "recall",
        "F1",
    )
    return [
        head,
        *(
            (
                table,
                who if who == PEOPLE else f"{who} with people",
                str(n.both),
                str(n.first_only),
                str(n.second_only),
                # Between people nobody is right, so there is no precision.
                *(("", "") if who == PEOPLE else (number(n.precision), number(n.recall))),
                number(n.f1),
            )
            for table, who, n in _units(measured)
        ),
    ]


def _variable_rows(measured: PeopleAndMachines) -> list[tuple[str, ...]]:
    head = ("table", "variable", "level", "", "n", "valued", "agree", "alpha", "95 % interval", "")
    rows: list[tuple[str, ...]] = [head]
    for table, variable, by in measured.variables():
        for who, v in by.items():
            rows.append(
                (
                    table,
                    variable,
                    v.level,
                    f"{who} with people" if who else PEOPLE,
                    str(v.n),
                    str(v.valued),
                    "" if v.per_cent is None else f"{v.per_cent:.0f} %",
                    number(v.alpha),
                    shown_interval(v),
                    v.note,
                )
            )
    return rows


def shown_interval(v: VariableAgreement) -> str:
    """Return the interval of a coefficient with two decimals; empty where there is none."""
    return "" if v.interval is None else f"{v.interval[0]:.2f} to {v.interval[1]:.2f}"


def machines_as_dict(measured: PeopleAndMachines) -> dict[str, Any]:
    """Return the agreement of people and machines as plain values, rounded to four decimals."""
    return {
        "version": VERSION,
        "persons": list(measured.persons),
        "documents": list(measured.documents),
        "codebooks": list(measured.codebooks),
        "people": as_dict(measured.people) if measured.people else None,
        "machines": [_machine(machine) for machine in measured.machines],
    }


def _machine(machine: WithPeople) -> dict[str, Any]:
    return {
        "coder": machine.coder,
        "programs": [
            {
                "name": program.name,
                "version": program.version,
                "settings": dict(program.settings),
                "instructions": program.instructions or None,
            }
            for program in machine.programs
        ],
        "delivered": {
            "documents": machine.documents,
            "values": machine.delivered.values,
            "quotes": machine.delivered.quotes,
            "faults": dict(machine.delivered.faults),
            "incomplete": machine.delivered.incomplete,
        },
        "units": [
            {
                "table": table,
                "both": n.both,
                "person_only": n.first_only,
                "machine_only": n.second_only,
                "precision": rounded(n.precision),
                "recall": rounded(n.recall),
                "f1": rounded(n.f1),
            }
            for table, n in machine.units.items()
        ],
        "variables": [variable_as_dict(v) for v in machine.variables],
        "pairs": [
            {
                "person": person,
                "disagreements": [disagreement_as_dict(d) for d in agreement.disagreements],
                "not_found_by_both": [disagreement_as_dict(d) for d in agreement.partial],
                **({"followed": plain_followed(agreement.followed)} if agreement.followed else {}),
            }
            for person, agreement in machine.pairs.items()
        ],
    }


def machines_in_json(measured: PeopleAndMachines) -> str:
    """Return the agreement of people and machines as JSON, with a version."""
    return json.dumps(machines_as_dict(measured), ensure_ascii=False, indent=2)


def machines_in_html(measured: PeopleAndMachines) -> str:
    """Return the agreement of people and machines as one self-contained page."""
    return render(
        TEMPLATES,
        "with_machines.html",
        measured=measured,
        units=list(_units(measured)),
        people=PEOPLE,
        note=NOTE,
        kinds=KINDS_OF_FAULTS,
        small=SMALL,
        number=number,
        among=among,
        plural=plural,
        machine_in_words=machine_in_words,
        shown_interval=shown_interval,
        percents=percents,
    )
