"""How far machines agree with people, beside how far people agree with each other.

Each machine is compared with each person by itself, and the comparisons are pooled: a machine is
never one of the coders among whom people are measured. The numbers between people are the same
with and without machines.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ...codebook import Book
from ...validation.coding.filed import Coding, load_coding, machines
from ...validation.coding.machine import Delivered, Machine, together
from ...validation.package.package import Package
from .agree import (
    Agreement,
    Compared,
    VariableAgreement,
    agreement_of,
    codings_in_common,
    ensure_several,
    variable_agreement,
)
from .unitising import UnitCounts


@dataclass(frozen=True)
class WithPeople:
    """How far one machine agrees with people.

    `programs` is what it was in its filings, each state once; `delivered` what it brought in all
    of them, of `documents` documents. `units` counts by table the units found, a person being the
    first and the machine the second of each comparison; `variables` is over all comparisons of the
    machine with a person, `n` being their number. `pairs` is the machine with each person.
    """

    coder: str
    programs: tuple[Machine, ...]
    documents: int
    delivered: Delivered
    units: Mapping[str, UnitCounts]
    variables: tuple[VariableAgreement, ...]
    pairs: Mapping[str, Agreement]


@dataclass(frozen=True)
class PeopleAndMachines:
    """People against people, unless there is one only, and each machine against people."""

    persons: tuple[str, ...]
    documents: tuple[str, ...]
    codebooks: tuple[str, ...]
    people: Agreement | None
    machines: tuple[WithPeople, ...]

    @property
    def between_people(self) -> Mapping[str, UnitCounts]:
        """The units found by two people, over all pairs of them, by table."""
        units = self.people.units if self.people else ()
        return {on.table: _sum(on.counts.values()) for on in units}

    def variables(self) -> list[tuple[str, str, dict[str, VariableAgreement]]]:
        """Return each variable: its table, its name, and who agrees how far in it.

        The people are under an empty name, the machines under theirs.
        """
        found: dict[tuple[str, str], dict[str, VariableAgreement]] = {}
        sides = [("", self.people.variables if self.people else ())]
        sides += [(machine.coder, machine.variables) for machine in self.machines]
        for name, variables in sides:
            for v in variables:
                found.setdefault((v.table, v.variable), {})[name] = v
        return [(table, variable, by) for (table, variable), by in found.items()]


def has_both(package: Package, names: Sequence[str]) -> bool:
    """Return whether there are people and machines among coders."""
    programs = machines(package.root)
    return len({name in programs for name in names}) > 1


def measure_with_machines(package: Package, names: Sequence[str]) -> PeopleAndMachines:
    """Measure how far people and machines agree on the documents that all of them filed.

    Args:
        package: the package.
        names: the coders: at least one person, and at least one machine.

    Raises:
        InputError: a name comes twice, one filed nothing, or they have no document in common.
    """
    ensure_several(package, names)
    shared, programs = codings_in_common(package, names), machines(package.root)
    codings = {coding.coder: coding for coding in shared.codings}
    persons = [codings[name] for name in names if name not in programs]
    book, about = package.book, shared.about
    with_people = [
        _with_people(
            package,
            name,
            {p.coder: agreement_of(book, [p, codings[name]], *about) for p in persons},
        )
        for name in names
        if name in programs
    ]
    return PeopleAndMachines(
        persons=tuple(coding.coder for coding in persons),
        documents=about[0],
        codebooks=_codebooks(shared.codings),
        people=agreement_of(book, persons, *about) if len(persons) > 1 else None,
        machines=tuple(with_people),
    )


def _codebooks(codings: Iterable[Coding]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(f.codebook for coding in codings for f in coding.filings))


def _with_people(package: Package, coder: str, pairs: Mapping[str, Agreement]) -> WithPeople:
    filings = load_coding(package.root, package.book, coder).filings
    programs = dict.fromkeys(f.machine for f in filings if f.machine)
    tables = [on.table for on in next(iter(pairs.values())).units]
    return WithPeople(
        coder=coder,
        programs=tuple(programs),
        documents=len({document for f in filings for document in f.documents}),
        delivered=together(f.delivered for f in filings if f.delivered),
        units={
            table: _sum(
                counts
                for agreement in pairs.values()
                for on in agreement.units
                if on.table == table
                for counts in on.counts.values()
            )
            for table in tables
        },
        variables=tuple(_pooled(package.book, coder, pairs)),
        pairs=pairs,
    )


def _pooled(book: Book, coder: str, pairs: Mapping[str, Agreement]) -> Iterable[VariableAgreement]:
    """Yield the agreement on each variable over all comparisons with a person.

    The comparisons of one unit of the machine are drawn together for the interval, because they
    have the machine's value in common.
    """
    by_variable: dict[tuple[str, str], list[Compared]] = {}
    for agreement in pairs.values():
        for one in agreement.compared:
            by_variable.setdefault((one.of[0].name, one.of[1].name), []).append(one)
    order = [(t.name, v.name) for t in book.tables.values() for v in t.variables]
    for name in sorted(by_variable, key=order.index):
        several = by_variable[name]
        cells = [row for one in several for row in one.cells]
        units = [ids[coder] for one in several for ids in one.ids]
        yield variable_agreement(*several[0].of, cells, book, 2, units)


def _sum(counts: Iterable[UnitCounts]) -> UnitCounts:
    counts = list(counts)
    return UnitCounts(
        sum(one.both for one in counts),
        sum(one.first_only for one in counts),
        sum(one.second_only for one in counts),
    )
