"""The explorer on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .output import say

explorer = typer.Typer()


@explorer.command()
def explore(
    names: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="FILE|OUT.html",
            help="A file of a known layout, by default this package; the page, by default "
            "explore.html.",
        ),
    ] = None,
    book: Annotated[
        str | None, typer.Option(help="The codebook of FILE; by default recognised.")
    ] = None,
    with_documents: Annotated[
        bool,
        typer.Option(
            "--with-documents", help="Include the whole documents: for yourself, not to publish."
        ),
    ] = False,
    figure: Annotated[
        bool, typer.Option("--figure", help="Draw the README figure instead, as PNG.")
    ] = False,
    open_: Annotated[bool, typer.Option("--open", help="Open the page in a browser.")] = False,
) -> None:
    """Make a web page of the events and their words.

    One file, which works offline and requests nothing from the network. It shows what the
    codebook has: no map without points, no timeline without days. The exit status is 1 if the
    package has errors, and no page was made.

    Example: eventbook explore --open
    """
    from ...validation import reports
    from ...validation.errors import InputError
    from ...validation.files.atomic import atomic_file
    from ...validation.package.package import Package
    from ..explorer.package_page import PAGE, figure_of, figure_path, file_page, package_page
    from ..tables.build import build

    files = list(names or ())
    out = files.pop() if files and files[-1].suffix in (".html", ".png") else None
    if len(files) > 1:
        raise InputError(f"{files[1]}: only one file at a time")
    if files:
        if figure or with_documents:
            raise InputError("--figure and --with-documents are for a package, not for a file")
        page: str | bytes = file_page(files[0], book)
    else:
        package = Package.find()
        checked = package.check()
        if checked.report.status():
            say(*reports.human(checked.report).split("\n"))
            say("No page was made. Fix the errors first.", err=True)
            raise typer.Exit(1)
        tables = build(package.book, checked.tables)
        if figure:
            out = out or package.root / figure_path(package.book)
            drawn = figure_of(package, tables)
            if drawn is None:
                raise InputError(
                    f"{package.book.title} names neither days nor points of "
                    f"{package.book.main_table.name}: there is nothing to draw"
                )
            page = drawn
        else:
            page = package_page(package, tables, with_documents)
    out = out or Path(PAGE)
    with atomic_file(out) as new:
        new.write_bytes(page if isinstance(page, bytes) else page.encode("utf-8"))
    say(f"{out}: {out.stat().st_size:,} bytes")
    if open_:
        import webbrowser

        webbrowser.open(out.resolve().as_uri())
