"""The agreement between the coders whose codings were adjudicated, published with the tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ...codebook.printable import markdown_text
from ...validation.coding.filed import ADJUDICATION, CODINGS, RECORD, decisions_of, rows_of
from ...validation.coding.traced import pairs_of_coders
from ...validation.package.package import Package
from ..agreement.agree import SMALL, Agreement, VariableAgreement, measure_agreement
from ..agreement.agreement_report import number

Pair = tuple[str, str]
Agreements = Mapping[Pair, Agreement]


def pairs(package: Package) -> list[Pair]:
    """Return the pairs of coders whose codings were adjudicated."""
    source = decisions_of(package.root)
    if source is None or source.frame is None or "first_coder" not in source.columns:
        return []
    return pairs_of_coders(rows_of(source))


def report_name(pair: Pair) -> str:
    """Return the name of the published report on a pair of coders."""
    return f"dataset/agreement-{pair[0]}-{pair[1]}.json"


def coding_files(package: Package) -> list[str]:
    """Return the files from which the published values can be traced: codings and decisions."""
    names = {name for pair in pairs(package) for name in pair}
    return ([ADJUDICATION] if names else []) + files_of_coders(package, names)


def files_of_coders(package: Package, names: Iterable[str]) -> list[str]:
    """Return the files of some coders' filed codings."""
    files: list[str] = []
    for coder in sorted(names):
        folder = package.root / CODINGS / coder
        paths = [p for p in sorted(folder.iterdir()) if p.name == RECORD or p.suffix == ".csv"]
        files += [p.relative_to(package.root).as_posix() for p in paths]
    return files


def measure(package: Package) -> Agreements:
    """Measure the agreement of each pair.

    Raises:
        InputError: a coding cannot be read, or the extra `agree` is not installed.
    """
    return {pair: measure_agreement(package, pair) for pair in pairs(package)}


def agreement_block(package: Package, agreements: Agreements) -> str:
    """Return a summary of the agreement as Markdown: units, and the required variables."""
    parts = []
    for agreement in agreements.values():
        lines = [
            markdown_text(
                f"{' and '.join(agreement.coders)}, {', '.join(agreement.documents)}, "
                f"{', '.join(agreement.codebooks)}:"
            ),
            "",
            *units_table(agreement),
            "",
            *variables_table(
                v for v in agreement.variables if package.book.tables[v.table][v.variable].required
            ),
        ]
        most = max([v.n for v in agreement.variables], default=0)
        if most < SMALL:
            lines += [
                "",
                f"At most {most} units were coded by both. So small an n says where two readers differ, "
                "not how reliable the codebook is: one unit more or less moves each coefficient, and "
                "the intervals are as wide as they are.",
            ]
        parts.append("\n".join(lines))
    return "\n\n".join(parts) or "No document was coded twice."


def units_table(agreement: Agreement) -> list[str]:
    """Return the lines of a Markdown table: the units found by both coders, and by one only."""
    lines = [
        "| | both | first only | second only | F1 | alpha-U | alpha-U, quoted or not |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for on in agreement.units:
        for n in on.counts.values():
            cells = (n.both, n.first_only, n.second_only, number(n.f1), number(on.alpha_u))
            lines.append(
                f"| {on.table} | {' | '.join(map(str, cells))} | {number(on.alpha_u_binary)} |"
            )
    return lines


def variables_table(variables: Iterable[VariableAgreement]) -> list[str]:
    """Return the lines of a Markdown table: the agreement on variables."""
    lines = [
        "| variable | level | n | agree | alpha | 95 % interval | kappa |",
        "|---|---|---:|---:|---:|---|---:|",
    ]
    for v in variables:
        interval = (
            "" if v.interval is None else f"{number(v.interval[0])} to {number(v.interval[1])}"
        )
        agreed = "" if v.per_cent is None else f"{v.per_cent:.0f} %"
        undefined = "undefined: no variation" if "no variation" in v.note else number(v.alpha)
        lines.append(
            f"| {v.table}.{v.variable} | {v.level} | {v.n} | {agreed} | {undefined} | {interval} | {number(v.kappa)} |"
        )
    return lines
