"""The command line: each verb one job, and the exit status: 0 clean, 1 findings, 2 could not do it.

Verbs import what they need when they run, so that `--help` answers at once.
"""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .agreement import agreement
from .desk import desk, new
from .explorer import explorer

if TYPE_CHECKING:
    from ...validation.findings import Report

app = typer.Typer(
    name="eventbook",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Hand-coded event data: check, publish, look up. Exit status: 0 clean, 1 findings, 2 error.",
)


app.add_typer(new, name="new")
app.add_typer(desk)
app.add_typer(agreement)
app.add_typer(explorer)


class Format(StrEnum):
    """The forms of a report."""

    human = "human"
    json = "json"
    github = "github"
    sarif = "sarif"


class Told(StrEnum):
    """The forms of what is no report of findings."""

    human = "human"
    json = "json"


class Engine(StrEnum):
    """How a file is checked."""

    auto = "auto"
    small = "small"
    stream = "stream"
    spark = "spark"


LARGE = 64 << 20
"""Bytes from which on a file is streamed."""


@app.command()
def check(
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[FILE]...", help="CSV, gzipped CSV, Parquet or XLSX."),
    ] = None,
    book: Annotated[str | None, typer.Option(help="The codebook, by name or folder.")] = None,
    table: Annotated[str | None, typer.Option(help="The table that FILE is.")] = None,
    format: Annotated[Format, typer.Option(help="The form of the report.")] = Format.human,
    strict: Annotated[bool, typer.Option("--strict", help="Fail on warnings too.")] = False,
    out: Annotated[
        Path | None, typer.Option(help="Write the typed rows of one FILE here, as Parquet.")
    ] = None,
    findings: Annotated[
        Path | None, typer.Option(help="Write all findings of one FILE here, as Parquet.")
    ] = None,
    engine: Annotated[
        Engine, typer.Option(help="How to check; auto streams large files and folders.")
    ] = Engine.auto,
) -> None:
    """Check this package, or files: every cell, rule, key and piece of evidence.

    Example: eventbook check dataset/events.csv --format json
    """
    from ...validation import check_files
    from ...validation.package.package import Package

    folder = Path.cwd()
    if engine is Engine.auto and files and len(files) == 1:
        large = files[0].is_dir() or (files[0].is_file() and files[0].stat().st_size >= LARGE)
        engine = Engine.stream if large or out or findings else Engine.small
    if engine is Engine.stream:
        if not files or len(files) != 1:
            raise Failure("--out, --findings and --engine stream need exactly one FILE")
        report = _streamed(files[0], book, table, out, findings)
    elif engine is Engine.spark:
        from ...validation.engines.spark import check_path

        if not files or len(files) != 1 or out:
            raise Failure("--engine spark needs exactly one FILE or folder, and writes no --out")
        report = check_path(files[0], book, table, findings)
    elif out or findings:
        raise Failure("--out and --findings need exactly one FILE, and --engine stream")
    elif files:
        report = check_files(files, book, table)
    else:
        package = Package.find()
        report, folder = package.check().report, package.root
    _print(report, format, folder)
    raise typer.Exit(report.status(strict))


def _print(report: Report, format: Format, folder: Path | None = None) -> None:
    """Print a report; on GitHub also add it to the summary of the step.

    `folder` is where the paths of the report start; a code host reads them from the repository's
    root.
    """
    import os

    from ...validation import reports

    if folder is not None and format in (Format.github, Format.sarif):
        report = reports.from_repository_root(report, folder)
    typer.echo(reports.FORMS[format.value](report))
    page = os.environ.get("GITHUB_STEP_SUMMARY")
    if format is Format.github and page:
        with Path(page).open("a", encoding="utf-8") as stream:
            stream.write(reports.summary(report))


def _streamed(
    file: Path, book: str | None, table: str | None, out: Path | None, findings: Path | None
) -> Report:
    """Check one large file, with progress on a terminal."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    from ...validation import check_large

    parts = (BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    size = sum(f.stat().st_size for f in file.rglob("*.parquet")) if file.is_dir() else 0
    size = size or (file.stat().st_size if file.is_file() else 0)
    with Progress(*parts, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=size)
        return check_large(
            file, book, table, out, findings, lambda done: bar.update(task, completed=done)
        )


@app.command()
def publish(
    out: Annotated[
        Path | None, typer.Option(help="Folder of the archive; dist if left out.")
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Only say whether the published files are current.")
    ] = False,
    since: Annotated[
        Path | None, typer.Option(help="The last release; the newest tag or archive if left out.")
    ] = None,
) -> None:
    """Check, derive and write the published tables, descriptor, reference page and archive.

    Example: eventbook publish --out dist
    """
    from ...validation import reports
    from ...validation.package.package import Package
    from ..publishing import publish as publishing

    package = Package.find()
    try:
        if check:
            outcome = publishing.stale(package, typer.echo, since)
        else:
            outcome = publishing.publish(package, out, typer.echo, since)
    except publishing.PublishError as error:
        raise Failure(f"{error}\nNothing was published.") from error
    if outcome.report.status():
        typer.echo(reports.human(outcome.report))
        typer.echo("Nothing was published: mend the errors first.", err=True)
        raise typer.Exit(1)
    if outcome.stale:
        typer.echo(f"not current: {', '.join(outcome.stale)}")
        typer.echo("Run: eventbook publish")
        raise typer.Exit(1)
    typer.echo("current" if check else "published")


@app.command()
def convert(
    source: Annotated[Path, typer.Argument(metavar="IN", help="CSV, gzipped CSV, Parquet, XLSX.")],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="CSV, gzipped CSV or Parquet.")],
    to: Annotated[
        str | None, typer.Option(help="The layout of OUT: a codebook; that of IN if left out.")
    ] = None,
    book: Annotated[str | None, typer.Option(help="The codebook of IN; else recognised.")] = None,
    divide: Annotated[
        bool, typer.Option("--divide", help="Divide totals over their days, as ACLED does.")
    ] = False,
    report: Annotated[
        Path | None, typer.Option(help="The loss report, a CSV; OUT.loss.csv if left out.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace files that are there.")] = False,
) -> None:
    """Convert events between ACLED, UCDP GED and our own layout, and say what is lost.

    Example: eventbook convert dataset/events.parquet events-acled.csv --to acled
    """
    from ...validation import check as check_file
    from ...validation.reports.human import tally
    from ..exchange import convert as exchange
    from ..exchange import losses
    from ..exchange import output as files
    from ..exchange.known_table import read_recognised

    report = report or out.with_name(f"{out.name}.loss.csv")
    for path in (out, report):
        if path.resolve() == source.resolve():
            raise Failure(f"{path}: that is the file to read; give the result another name")
        if path.exists() and not force:
            raise Failure(f"{path}: is there already; --force replaces it")
    files.form_of(out)
    known = read_recognised(source, book)
    done = exchange.convert(known, to or known.book.name, divide)
    files.write_both(done, losses.table(done.losses), out, report)
    variant = f", {known.variant}" if known.variant else ""
    typer.echo(f"{source}: {known.book.name}{variant}: {known.frame.height:,} rows")
    typer.echo(f"{out}: {done.book.name}: {done.frame.height:,} rows")
    for line in losses.human(done.losses):
        typer.echo(line)
    typer.echo(f"loss report: {report}")
    typer.echo(f"check {out}: {tally(check_file(out, done.table.name, done.book))}")


class DiffFormat(StrEnum):
    """The forms of a difference."""

    human = "human"
    json = "json"
    html = "html"


@app.command()
def diff(
    old: Annotated[Path, typer.Argument(metavar="OLD", help="An archive, a folder or a file.")],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="An archive, a folder or a file.")],
    format: Annotated[DiffFormat, typer.Option(help="The form of the report.")] = DiffFormat.human,
    key: Annotated[
        list[str] | None,
        typer.Option(help="A column that names a row, where no codebook says; may be repeated."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Write the report to this file.")] = None,
) -> None:
    """Say what changed between two releases, and which version step that asks for.

    Exit status 0 if nothing differs, 1 if something does.

    Example: eventbook diff eventbook-1.0.0.zip eventbook-1.1.0.zip --format html --out diff.html
    """
    from ...validation.files.atomic import atomic_file
    from ..releases import diff as history
    from ..releases import diff_report as pages
    from ..releases import release

    names = tuple(key or ())
    found = history.diff(release.open_release(old, names), release.open_release(new, names))
    forms = {"human": pages.human, "json": pages.to_json, "html": pages.to_html}
    text = forms[format.value](found)
    if out is None:
        typer.echo(text)
    else:
        with atomic_file(out) as path:
            path.write_text(text + "\n", encoding="utf-8")
        typer.echo(pages.last_line(found))
    raise typer.Exit(int(bool(found.kinds)))


@app.command()
def verify(
    package: Annotated[
        Path, typer.Argument(metavar="ARCHIVE|DIR", help="A release, packed or unpacked.")
    ],
    format: Annotated[Format, typer.Option(help="The form of the report.")] = Format.human,
) -> None:
    """Say whether a release is whole, untouched and harmless, and passes its own codebook.

    Example: eventbook verify eventbook-1.0.0.zip
    """
    from ..releases.verify import verify as verify_release

    report = verify_release(package)
    _print(report, format, package if package.is_dir() else None)
    raise typer.Exit(report.status())


@app.command()
def compare(
    ours: Annotated[Path, typer.Argument(metavar="OURS", help="Our events, in a known layout.")],
    theirs: Annotated[Path, typer.Argument(metavar="THEIRS", help="Others', in a known layout.")],
    near: Annotated[float, typer.Option(help="Kilometres that two points may lie apart.")] = 20,
    days: Annotated[int, typer.Option(help="Days that may lie between two intervals.")] = 3,
    area: Annotated[
        list[str] | None,
        typer.Option(
            help="A first-level division of THEIRS to count totals over; may be repeated."
        ),
    ] = None,
    least: Annotated[float, typer.Option(help="The least score of a pair, 0 to 1.")] = 0.5,
    format: Annotated[Told, typer.Option(help="The form of the report.")] = Told.human,
    out: Annotated[Path | None, typer.Option(help="A file for the pairs, CSV.")] = None,
) -> None:
    """Say which of our events another dataset has too, and what it counts where we have a total.

    Example: eventbook compare dataset/events.csv ged.csv --near 20 --days 3 --area "Idlib Governorate"
    """
    from ..exchange import compare as exchange
    from ..exchange import comparison_report as comparison
    from ..exchange import output as files
    from ..exchange.known_table import read_recognised

    found = exchange.compare(
        read_recognised(ours), read_recognised(theirs), near, days, area, least
    )
    typer.echo(comparison.to_json(found) if format is Told.json else comparison.human(found))
    if out is not None:
        files.write_plain(found.matches, out)


@app.command()
def load(
    url: Annotated[
        str, typer.Argument(metavar="URL", help="postgresql://user@host/database, sqlite:///file.")
    ],
    source: Annotated[
        Path | None,
        typer.Option("--from", help="A release or package folder; the package here if left out."),
    ] = None,
    schema: Annotated[
        str | None, typer.Option(help="The schema of PostgreSQL to load into; made if missing.")
    ] = None,
) -> None:
    """Load the published tables into PostgreSQL or SQLite, with their keys and rules.

    A password may stand in the variable PGPASSWORD instead of the URL.

    Example: eventbook load postgresql://me@localhost/conflict --schema eventbook
    """
    from ...validation.package.package import Package
    from ..database.load import load as load_release
    from ..database.release import read_release

    release = read_release(source or Package.find().root)
    for done in load_release(release, url, schema):
        changes = f"{done.new:,} new, {done.changed:,} changed, {done.gone:,} gone"
        typer.echo(f"{done.table}: {done.rows:,} rows: {changes}")
    typer.echo(f"loaded {release.package} {release.version}")


@app.command()
def codebook(
    term: Annotated[
        str | None,
        typer.Argument(help="A variable, code, rule or finding, or words to search for."),
    ] = None,
    book: Annotated[
        str | None,
        typer.Option(help="The codebook, by name or folder; that of the package here if left out."),
    ] = None,
) -> None:
    """Look up a variable, a code, a rule or a finding, or search the codebook.

    Example: eventbook codebook fatalities-order
    """
    from ...codebook import HUB, book_of, load
    from ...codebook.pages import entries, look_up
    from ...validation.errors import InputError
    from ...validation.package.package import Package

    try:
        package = Package.find()
        found = load(book_of(package.root, book)) if book else package.book
    except InputError:
        found = load(book or HUB)
    if term is None:
        typer.echo(f"{found.title}, version {found.version}\n{found.description}\n")
        for table in found.tables.values():
            typer.echo(f"{table.name}: {', '.join(table.names)}")
        typer.echo("\nLook one up: eventbook codebook TERM")
        return
    hits = look_up(found, term)
    if not hits:
        from rapidfuzz import process

        best = process.extractOne(term, [e.name for e in entries(found)], score_cutoff=60)
        hint = f"; did you mean {best[0]}?" if best else ""
        typer.echo(
            f"{term}: nothing of that name or with these words in {found.name}{hint}", err=True
        )
        raise typer.Exit(1)
    whole = len(hits) <= 5
    for entry in hits[:40]:
        typer.echo(f"{entry.name} ({entry.kind}): {entry.title}")
        if whole:
            typer.echo("  " + entry.text.replace("\n", "\n  ") + "\n")
    if len(hits) > 40:
        typer.echo(f"... and {len(hits) - 40} more")


class Failure(Exception):
    """The command could not do its work; the message is for the person who ran it."""


def main() -> None:
    """Run the command line; what a person can mend is told in a line, never as a traceback."""
    from ...codebook import BookError
    from ...validation.engines.memory import keep_freed_memory
    from ...validation.errors import InputError

    keep_freed_memory()
    try:
        app()
    except (InputError, BookError, Failure) as error:
        typer.echo(f"eventbook: {error}", err=True)
        sys.exit(2)
    except KeyboardInterrupt:
        typer.echo("eventbook: interrupted; nothing was left half-written", err=True)
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(0)
