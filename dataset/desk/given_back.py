"""A coder's tables checked and given back as a copy: with certain fixes made, and findings marked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ...validation import check_files
from ...validation.coding.coded_workbook import check_coded, sources_of
from ...validation.coding.fixes import with_fixes
from ...validation.errors import InputError
from ...validation.files.atomic import atomic_file, report_os_errors
from ...validation.findings import Fix, Report
from ...validation.package.package import Package, book_for
from ...validation.reading.read import read_all
from ...validation.reading.source import Source
from .marked import write_workbook_again
from .table_files import csv_bytes

ROUNDS = 5
"""How often it is looked for fixes: a quote is known only when the id of its event is right."""
READ_DIFFERENTLY = ("byte-order-mark", "no-rows")
"""Findings on a file of which nothing is lost when it is written again."""


@dataclass(frozen=True)
class Copies:
    """What is to be written: with fixes, and with marks, each to a file if it is given."""

    fix: bool = False
    fixed: Path | None = None
    marked: Path | None = None


def ensure_sensible(path: Path | None, copies: Copies) -> None:
    """Ensure that a file can be given back in the way that is asked for.

    Raises:
        InputError: it cannot.
    """
    if path is None:
        raise InputError("--marked, --fix and --to need exactly one FILE: a workbook or a folder")
    if copies.fix and not (copies.fixed or copies.marked):
        raise InputError(
            "--fix changes a copy and never FILE: name the copy with --to OUT, or with --marked "
            "OUT.xlsx to see in it what is left"
        )
    if copies.fixed and not copies.fix:
        raise InputError("--to is where --fix writes; --marked OUT.xlsx marks what is wrong")
    if copies.marked and path.is_dir():
        raise InputError(
            f"--marked: {path} is a folder, whose tables have no cells to colour; eventbook check "
            "shows file and line"
        )


def give_back(
    path: Path, copies: Copies, book: str | None = None, table: str | None = None
) -> Report:
    """Check a file, and write copies of it.

    Args:
        path: a workbook; for fixes that of a coder, or a folder of a coder's tables as CSV.
        copies: what is written.
        book: the codebook of a workbook that is not a coder's, if the user named one.
        table: its table, if the user named one.

    Returns:
        The report on the copy; it says what was fixed.

    Raises:
        InputError: the file is not of that kind, or a copy cannot be written.
    """
    sources = _coded_sources(path, copies.fix)
    if sources is None:
        report = check_files([path], book, table)
    else:
        report, sources = _checked(sources, copies.fix)
    if path.is_dir():
        _write_folder(path, copies.fixed or path, sources or [], report.fixed)
        return report
    for out, mark in ((copies.fixed, False), (copies.marked, True)):
        if out is not None:
            data = write_workbook_again(path, out, report.fixed, report, mark)
            with atomic_file(out) as new:
                new.write_bytes(data)
    return report


def _coded_sources(path: Path, fix: bool) -> list[Source] | None:
    """Return a coder's tables; None for another workbook, in which cells are only marked.

    Raises:
        InputError: nothing can be fixed in such a file.
    """
    if path.is_dir():
        return sources_of(path, Package.find().book)
    sources = read_all(path)
    if any(source.made_for for source in sources):
        return sources
    if fix:
        raise InputError(
            f"{path}: --fix works on a coder's workbook, and on a folder of a coder's tables as CSV"
        )
    if not any(source.sheet for source in sources):
        raise InputError(
            f"{path}: --marked works on workbooks; of other files eventbook check shows the lines"
        )
    return None


def _checked(sources: Sequence[Source], fix: bool) -> tuple[Report, list[Source]]:
    """Return the report on a coder's tables, after all fixes if they are to be made."""
    made_for = next(source.made_for for source in sources if source.made_for)
    book, root = book_for(made_for["codebook"])
    report = check_coded(sources, book, root).report
    fixed: dict[tuple[str, int, str], Fix] = {}
    for _ in range(ROUNDS if fix else 0):
        if not report.fixes:
            break
        for new in report.fixes:
            place = new.file, new.line, new.column
            fixed[place] = replace(new, old=fixed[place].old) if place in fixed else new
        sources = with_fixes(sources, report.fixes)
        report = check_coded(sources, book, root).report
    return replace(report, fixed=tuple(fixed.values())), list(sources)


def _write_folder(path: Path, out: Path, sources: Sequence[Source], fixes: Sequence[Fix]) -> None:
    """Write the tables of a folder: those with fixes anew, the others as they are.

    Raises:
        InputError: a table with fixes was not read whole, or the folder cannot be written to.
    """
    changed = {fix.file for fix in fixes}
    for source in sources:
        lossy = [f for f in source.findings if f.rule not in READ_DIFFERENTLY]
        if source.file in changed and lossy:
            raise InputError(f"{source.file}: not read whole, so not written: {lossy[0].message}")
    with report_os_errors(out):
        out.mkdir(exist_ok=True)
    for source in sources:
        file = Path(source.file)
        if source.file in changed and source.frame is not None:
            data = csv_bytes(source.frame)
        elif out.resolve() == path.resolve():
            continue
        else:
            data = file.read_bytes()
        with atomic_file(out / file.name) as new:
            new.write_bytes(data)
