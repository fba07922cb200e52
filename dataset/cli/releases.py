"""Publishing and releases on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .output import PageForm, ReportForm, emit, emit_report, say

releases = typer.Typer()


@releases.command()
def publish(
    out: Annotated[
        Path | None, typer.Option(help="The folder of the archive; by default dist.")
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Only report whether the published files are current.")
    ] = False,
    since: Annotated[
        Path | None, typer.Option(help="The last release; by default the newest tag or archive.")
    ] = None,
) -> None:
    """Check and publish this package.

    Writes the tables, the descriptor, the reference page and the archive, once two other
    validators agree that they are valid. The exit status is 1 if the package has errors, or with
    --check if a published file is not current.

    Example: eventbook publish --out dist
    """
    from ...validation import reports
    from ...validation.errors import InputError
    from ...validation.package.package import Package
    from ..publishing import publish as publishing

    package = Package.find()
    try:
        if check:
            outcome = publishing.stale(package, say, since)
        else:
            outcome = publishing.publish(package, out, say, since)
    except publishing.PublishError as error:
        raise InputError(*str(error).split("\n"), "Nothing was published.") from error
    if outcome.report.status():
        say(*reports.human(outcome.report).split("\n"))
        say("Nothing was published. Fix the errors first.", err=True)
        raise typer.Exit(1)
    if outcome.stale:
        say(f"not current: {', '.join(outcome.stale)}")
        say("Run: eventbook publish")
        raise typer.Exit(1)
    say("current" if check else "published")


@releases.command()
def verify(
    package: Annotated[
        Path, typer.Argument(metavar="ARCHIVE|DIR", help="A release, packed or unpacked.")
    ],
    format: Annotated[ReportForm, typer.Option(help="The form of the report.")] = ReportForm.human,
) -> None:
    """Verify that a download is a sound release.

    Complete, unmodified, safe to open, and valid by its own codebook. The exit status is 1 if it is
    not.

    Example: eventbook verify eventbook-1.0.0.zip
    """
    from ..releases.verify import verify as verify_release

    report = verify_release(package)
    emit_report(report, format, package if package.is_dir() else None)
    raise typer.Exit(report.status())


@releases.command()
def diff(
    old: Annotated[Path, typer.Argument(metavar="OLD", help="An archive, a folder or a file.")],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="An archive, a folder or a file.")],
    format: Annotated[PageForm, typer.Option(help="The form of the report.")] = PageForm.human,
    key: Annotated[
        list[str] | None,
        typer.Option(help="A column that names a row, where no codebook says; may be repeated."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Write the report to this file.")] = None,
) -> None:
    """Show what changed between two releases.

    Also says which version bump the changes require. The exit status is 0 if nothing differs, 1 if
    something does.

    Example: eventbook diff eventbook-1.0.0.zip eventbook-1.1.0.zip --format html --out diff.html
    """
    from ..releases import diff as history
    from ..releases import diff_report as pages
    from ..releases.release import open_release

    names = tuple(key or ())
    difference = history.diff(open_release(old, names), open_release(new, names))
    forms = {"human": pages.human, "json": pages.json_pieces, "html": pages.to_html}
    emit(difference, forms, format, out, pages.last_line(difference))
    raise typer.Exit(int(bool(difference.kinds)))


@releases.command()
def load(
    url: Annotated[
        str, typer.Argument(metavar="URL", help="postgresql://user@host/database, sqlite:///file.")
    ],
    source: Annotated[
        Path | None,
        typer.Option("--from", help="A release, as archive or folder; by default this package."),
    ] = None,
    schema: Annotated[
        str | None, typer.Option(help="The schema of PostgreSQL to load into; made if missing.")
    ] = None,
) -> None:
    """Load the tables into PostgreSQL or SQLite.

    They get their keys and rules as constraints. A password may be in the environment variable
    PGPASSWORD instead of the URL. The exit status is 0, or 2 if nothing was loaded.

    Example: eventbook load postgresql://me@localhost/conflict --schema eventbook
    """
    from ...validation.package.package import Package
    from ..database.load import load_release as load_release
    from ..database.schema import left_out
    from ..database.sql_checks import left_out_in_words
    from ..releases.release import open_release

    release = open_release(source or Package.find(instead="name a release with --from").root)
    for done in load_release(release, url, schema):
        rows = "row" if done.rows == 1 else "rows"
        changes = f"{done.new:,} new, {done.changed:,} changed, {done.gone:,} gone"
        say(f"{done.table}: {done.rows:,} {rows}: {changes}")
    if release.book is not None:
        dialect = "sqlite" if url.startswith("sqlite") else "postgresql"
        say(*left_out_in_words(left_out(release.book, dialect), dialect))
    say(f"loaded {release.package} {release.version}")
