"""Checking on the command line."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .output import ReportForm, emit_report, refuse_existing, say

if TYPE_CHECKING:
    from ...validation.findings import Report

checking = typer.Typer()

LARGE = 8 << 20
"""The size in bytes from which on a file is checked in one pass, with little memory.

A file of short rows takes a hundred times its size, if it is read at once.
"""


class Engine(StrEnum):
    """How a file is checked."""

    auto = "auto"
    spark = "spark"


@checking.command()
def check(
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="FILE",
            help="CSV, gzipped CSV, Parquet, XLSX or a coding as JSON; by default the package of this folder.",
        ),
    ] = None,
    book: Annotated[
        str | None, typer.Option(help="The codebook, by name or folder; by default recognised.")
    ] = None,
    table: Annotated[str | None, typer.Option(help="The table that FILE is.")] = None,
    document: Annotated[
        list[str] | None,
        typer.Option(help="Check the coding of this document only."),
    ] = None,
    format: Annotated[ReportForm, typer.Option(help="The form of the report.")] = ReportForm.human,
    strict: Annotated[bool, typer.Option("--strict", help="Fail on warnings too.")] = False,
    skip_unrecognised: Annotated[
        bool,
        typer.Option(
            "--skip-unrecognised",
            help="Only note files that are no table of a known codebook; no effect with --book.",
        ),
    ] = False,
    out: Annotated[
        Path | None, typer.Option(help="Write the typed rows of one FILE here, as Parquet.")
    ] = None,
    findings: Annotated[
        Path | None, typer.Option(help="Write all findings of one FILE here, as Parquet.")
    ] = None,
    marked: Annotated[
        Path | None,
        typer.Option(
            metavar="OUT.xlsx",
            help="Write a copy of a workbook: cells coloured, findings as notes.",
        ),
    ] = None,
    fix: Annotated[
        bool,
        typer.Option(
            "--fix",
            help="Fix, in a copy of a coder's workbook or folder, what can only mean one thing.",
        ),
    ] = False,
    to: Annotated[
        Path | None, typer.Option(metavar="OUT", help="The copy with the fixes, without marks.")
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Overwrite OUT, which may be FILE itself.")
    ] = False,
    engine: Annotated[
        Engine,
        typer.Option(help="How to check: on this machine, large files in one pass; or with Spark."),
    ] = Engine.auto,
) -> None:
    """Check this package, files, or a codebook.

    With --book and no FILE, the codebook itself is checked.

    Every cell, key and rule is checked, and in a package every piece of evidence. The exit status
    is 0 if all is well, 1 if there are errors, and 2 if the command failed.

    The report lists what --fix would change: capitals and blanks of codes and ids, days such as 13
    May 2019, numbers such as 1,200, the quotation marks and dashes of quotes. It changes nothing
    that may mean two things, and never FILE: name a copy with --to, or with --marked to see in it
    what is left to do.

    A coding as JSON is checked for the package of this folder, which has its document; a finding
    has its path in the file, as events[2].fatalities_low.

    Example: eventbook check dataset/events.csv --format json
    """
    from ...validation import check_files
    from ...validation.errors import InputError
    from ...validation.findings import unrecognised_as_notes
    from ...validation.package.about_documents import about_documents
    from ...validation.package.package import Package

    if document and (book or table):
        raise InputError(
            "--document is about the package of this folder, or about codings as JSON: name no --book "
            "and no --table"
        )
    folder = Path.cwd()
    alone = files[0] if files and len(files) == 1 else None
    if alone is None and (out or findings or engine is Engine.spark):
        raise InputError("--out, --findings and --engine spark need exactly one FILE or folder")
    if marked or fix or to:
        if out or findings or engine is Engine.spark:
            raise InputError("--marked, --fix and --to go with no other output and no engine")
        report = _given_back(alone, book, table, fix, to, marked, force)
    elif alone is not None and engine is Engine.spark:
        from ...validation.engines.spark import check_path

        if out:
            raise InputError("--engine spark writes no --out")
        report = check_path(alone, book, table, findings)
    elif alone is not None and (out or findings or _is_large(alone)):
        report = _streamed(alone, book, table, out, findings)
    elif files:
        report = check_files(files, book, table, document or ())
    elif book is not None:
        raise typer.Exit(_checked_book(book, format, strict))
    else:
        package = Package.find(instead="name a file to check")
        report, folder = package.check().report, package.root
        if document:
            report = about_documents(report, package.book, package.sources(), document)
    if skip_unrecognised and book is None:
        report = unrecognised_as_notes(report)
    emit_report(report, format, folder)
    if marked and format is ReportForm.human:
        _say_marked(report, marked)
    raise typer.Exit(report.status(strict))


def _given_back(
    file: Path | None,
    book: str | None,
    table: str | None,
    fix: bool,
    to: Path | None,
    marked: Path | None,
    force: bool,
) -> Report:
    """Check a file, and write the copies of it that are asked for."""
    from ..desk.given_back import Copies, ensure_sensible, give_back

    copies = Copies(fix, to, marked)
    ensure_sensible(file, copies)
    for copy in (to, marked):
        if copy is not None:
            refuse_existing(copy, force)
    assert file is not None
    return give_back(file, copies, book, table)


def _say_marked(report: Report, marked: Path) -> None:
    """Say how many cells are marked in a copy, and where the other findings are."""
    from ...validation.reports.human import plural
    from ..desk.marked import FINDINGS

    places = [report.in_sheet(finding) for finding in report]
    cells = {place for place in places if place is not None}
    say(
        f"{marked}: {plural(len(cells), 'cell', 'cells')} marked; all findings, also the "
        f"{places.count(None)} about no cell, are on the sheet {FINDINGS}"
    )


PACKED = 10
"""How many times its size a gzipped table is likely to unpack to."""


def _checked_book(name: str, form: ReportForm, strict: bool) -> int:
    """Check a codebook, print what is wrong with it and what databases leave out of it.

    Returns:
        The exit status.
    """
    from ...validation.checks.book_check import check_book
    from ...validation.location import book_folder
    from ...validation.reports.human import plural
    from ..database.schema import left_out
    from ..database.sql_checks import DIALECTS, left_out_in_words

    folder = book_folder(name)
    report, book = check_book(folder)
    emit_report(report, form, Path.cwd())
    if book is not None and form is ReportForm.human:
        parts = (len(book.tables), len({v.name for t in book.tables.values() for v in t.variables}))
        say(
            f"codebook {book.name} {book.version}: {plural(parts[0], 'table', 'tables')}, "
            f"{plural(parts[1], 'variable', 'variables')}, "
            f"{plural(len(book.rules), 'rule', 'rules')}, all examples tried"
        )
        for dialect in DIALECTS:
            say(*left_out_in_words(left_out(book, dialect), dialect))
    return report.status(strict)


def _is_large(path: Path) -> bool:
    if path.is_dir():
        # A folder of CSV files is what a coder fills in.
        return not any(path.glob("*.csv")) and not any(path.glob("*.json"))
    if not path.is_file() or path.stat().st_size < LARGE // PACKED:
        return False
    from ...validation.coding.json_coding import is_coding

    if is_coding(path):
        return False
    packed = path.suffix == ".gz"
    return path.stat().st_size * (PACKED if packed else 1) >= LARGE


def _streamed(
    file: Path, book: str | None, table: str | None, out: Path | None, findings: Path | None
) -> Report:
    """Check one large file, and say how far it is."""
    from ...validation import check_large
    from ...validation.progress import step

    size = sum(f.stat().st_size for f in file.rglob("*.parquet")) if file.is_dir() else 0
    size = size or (file.stat().st_size if file.is_file() else 0)

    def read(done: int) -> None:
        step(f"checking {file.name}", min(1.0, done / size) if size else None)

    return check_large(file, book, table, out, findings, read)
