"""The explorer on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

explorer = typer.Typer()


@explorer.command()
def explore(
    names: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[FILE] [OUT.html]",
            help="A file of events, if not this package; where to write, explore.html if left out.",
        ),
    ] = None,
    book: Annotated[str | None, typer.Option(help="The codebook of FILE; else recognised.")] = None,
    with_documents: Annotated[
        bool,
        typer.Option(
            "--with-documents", help="Put the whole documents in: for you, not to publish."
        ),
    ] = False,
    figure: Annotated[
        bool, typer.Option("--figure", help="Draw the figure of the read-me instead, as PNG.")
    ] = False,
    open_: Annotated[bool, typer.Option("--open", help="Open the page in a browser.")] = False,
) -> None:
    """Make a page to look at the events, and at the words they were coded from: one file, offline.

    Example: eventbook explore --open
    """
    from ...validation import reports
    from ...validation.errors import InputError
    from ...validation.files.atomic import atomic_file
    from ...validation.package.package import Package
    from ..explorer import package_page as build
    from ..explorer.package_page import FIGURE, PAGE
    from ..tables import build as tables_of

    given = list(names or ())
    out = given.pop() if given and given[-1].suffix in (".html", ".png") else None
    if len(given) > 1:
        raise InputError(f"{given[1]}: one file of events at a time")
    if given:
        if figure or with_documents:
            raise InputError("--figure and --with-documents are for a package, not for a file")
        text: str | bytes = build.file_page(given[0], book)
    else:
        package = Package.find()
        checked = package.check()
        if checked.report.status():
            typer.echo(reports.human(checked.report))
            typer.echo("Mend the errors first.", err=True)
            raise typer.Exit(1)
        tables = tables_of.build(package.book, checked.tables)
        if figure:
            out = out or package.root / FIGURE
            text = build.figure_of(package, tables["events"])
        else:
            text = build.package_page(package, tables, with_documents)
    out = out or Path(PAGE)
    with atomic_file(out) as new:
        new.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    typer.echo(f"{out}: {out.stat().st_size:,} bytes")
    if open_:
        import webbrowser

        webbrowser.open(out.resolve().as_uri())
