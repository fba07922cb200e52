"""The explorer on the command line."""

from __future__ import annotations

from collections.abc import Mapping
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
    single: Annotated[
        bool,
        typer.Option("--single-file", help="Write one file, without the codebook's page."),
    ] = False,
    figure: Annotated[
        bool, typer.Option("--figure", help="Draw the README figure instead, as PNG.")
    ] = False,
    open_: Annotated[bool, typer.Option("--open", help="Open the page in a browser.")] = False,
) -> None:
    """Make a web page of the events and their words.

    The page works offline and requests nothing from the network; the codebook's page is written
    beside it. It shows what the codebook has: no map without points, no timeline without days.
    The exit status is 1 if the package has errors, and no page was made.

    Example: eventbook explore --open
    """
    from ...validation import reports
    from ...validation.errors import InputError
    from ...validation.package.package import Package
    from ..explorer.package_page import (
        PAGE,
        figure_of,
        figure_path,
        file_page,
        file_pages,
        package_page,
        package_pages,
    )
    from ..tables.build import build

    files = list(names or ())
    out = files.pop() if files and files[-1].suffix in (".html", ".png") else None
    if len(files) > 1:
        raise InputError(f"{files[1]}: only one file at a time")
    if files:
        if figure or with_documents:
            raise InputError("--figure and --with-documents are for a package, not for a file")
        out = out or Path(PAGE)
        if single:
            pages: dict[str, str | bytes] = {out.name: file_page(files[0], book)}
        else:
            pages = {**file_pages(files[0], out.name, book)}
    else:
        package = Package.find(instead="name a file of events")
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
            pages = {out.name: drawn}
        elif single:
            out = out or Path(PAGE)
            pages = {out.name: package_page(package, tables, with_documents)}
        else:
            out = out or Path(PAGE)
            pages = {**package_pages(package, tables, out.name, with_documents)}
    _write(out, pages)
    if open_:
        import webbrowser

        webbrowser.open(out.resolve().as_uri())


def _write(out: Path, pages: Mapping[str, str | bytes]) -> None:
    """Write a page and what is beside it, and say what was written."""
    from ...validation.files.atomic import atomic_file, report_os_errors
    from ..explorer.package_page import parts_folder

    folder = out.parent / parts_folder(out.name)
    parts = {out.parent / name for name in pages if (out.parent / name).parent == folder}
    if parts:
        with report_os_errors(folder):
            folder.mkdir(exist_ok=True)
    # The page itself comes last: what it leads to is there when it is opened.
    for name, page in reversed(list(pages.items())):
        with atomic_file(out.parent / name) as new:
            new.write_bytes(page if isinstance(page, bytes) else page.encode("utf-8"))
    for name in pages:
        target = out.parent / name
        if target.parent == out.parent:
            say(f"{target}: {target.stat().st_size:,} bytes")
    if parts:
        size = sum(part.stat().st_size for part in parts)
        say(f"{folder}: {len(parts)} parts of the evidence, {size:,} bytes; keep it with the page")
    # A page of the same name that was larger had more parts.
    old = {*folder.glob("[0-9][0-9][0-9][0-9].js")} - parts
    with report_os_errors(folder):
        for part in old:
            part.unlink()
        if old and not any(folder.iterdir()):
            folder.rmdir()
