"""How far machines agree with the people whose codings were adjudicated, where a package says so.

Without the setting `machines_count = true` nothing of what machines coded is published.
"""

from __future__ import annotations

from collections.abc import Mapping

from ...codebook.printable import markdown_text
from ...validation.coding.filed import coders, filings_of, machines
from ...validation.coding.machine import faults_in_words
from ...validation.package.package import Package
from ..agreement.agreement_report import number
from ..agreement.with_machines import PeopleAndMachines, measure_with_machines
from ..agreement.with_machines_report import machine_in_words, shown_interval
from .agreement_block import Pair, files_of_coders, pairs

MachineAgreements = Mapping[tuple[Pair, str], PeopleAndMachines]


def machine_reports(package: Package) -> list[tuple[Pair, str]]:
    """Return the machines that are published beside each pair of coders.

    None is, unless the package says that machines count; then those are that filed a document that
    both coders filed.
    """
    if not package.settings.machines_count:
        return []
    documents = {
        name: {document for f in filings_of(package.root, name) for document in f.documents}
        for name in coders(package.root)
    }
    return [
        (pair, machine)
        for pair in pairs(package)
        for machine in machines(package.root)
        if documents.get(pair[0], set()) & documents.get(pair[1], set()) & documents[machine]
    ]


def machine_report_name(pair: Pair, machine: str) -> str:
    """Return the name of the published report on a machine beside a pair of coders."""
    return f"dataset/agreement-{pair[0]}-{pair[1]}-with-{machine}.json"


def machine_coding_files(package: Package) -> list[str]:
    """Return the files from which the numbers on the machines that are published can be traced."""
    return files_of_coders(package, {machine for _, machine in machine_reports(package)})


def measure_machines(package: Package) -> MachineAgreements:
    """Measure how far the machines that are published agree with each pair of coders.

    Raises:
        InputError: a coding cannot be read, or the extra `agree` is not installed.
    """
    return {
        (pair, machine): measure_with_machines(package, (*pair, machine))
        for pair, machine in machine_reports(package)
    }


def machine_block(package: Package, agreements: MachineAgreements) -> str:
    """Return a summary of the machines as Markdown: units, required variables, faults."""
    return "\n\n".join("\n".join(_lines(package, one)) for one in agreements.values())


def _lines(package: Package, measured: PeopleAndMachines) -> list[str]:
    (machine,) = measured.machines
    programs = "; ".join(machine_in_words(program) for program in machine.programs)
    faults = "; ".join(faults_in_words(machine.delivered)) or "none"
    lines = [
        markdown_text(
            f"The machine {machine.coder} ({programs}) with {' and '.join(measured.persons)}, "
            f"{', '.join(measured.documents)}:"
        ),
        "",
        "| | both | person only | machine only | precision | recall | F1 |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    lines += [
        f"| {table} | {n.both} | {n.first_only} | {n.second_only} | {number(n.precision)} "
        f"| {number(n.recall)} | {number(n.f1)} |"
        for table, n in machine.units.items()
    ]
    lines += [
        "",
        "| variable | n, people | alpha, people | n, machine | alpha, machine | 95 % interval |",
        "|---|---:|---:|---:|---:|---|",
    ]
    for table, variable, by in measured.variables():
        of_people, of_machine = by.get(""), by.get(machine.coder)
        if of_machine is None or not package.book.tables[table][variable].required:
            continue
        between = (str(of_people.n), number(of_people.alpha)) if of_people else ("", "")
        lines.append(
            f"| {table}.{variable} | {' | '.join(between)} | {of_machine.n} "
            f"| {number(of_machine.alpha)} | {shown_interval(of_machine)} |"
        )
    return [*lines, "", f"Faults in what it delivered: {faults}."]
