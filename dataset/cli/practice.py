"""Training coders on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .output import PageForm, emit, say

practising = typer.Typer()


@practising.command()
def practice(
    folder: Annotated[
        Path | None, typer.Argument(metavar="DIR", help="A new or an empty folder to train in.")
    ] = None,
    set: Annotated[
        Path | None, typer.Option(metavar="DIR", help="A practice set of your own.")
    ] = None,
    book: Annotated[
        Path | None, typer.Option(metavar="DIR", help="The codebook of that set, to be copied.")
    ] = None,
    compare: Annotated[
        str | None, typer.Option(metavar="CODER", help="Compare what this coder filed to the key.")
    ] = None,
    document: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Only this report; may be repeated.")
    ] = None,
    agreement: Annotated[
        bool, typer.Option("--agreement", help="How far coders agree who had not seen the key.")
    ] = False,
    format: Annotated[PageForm, typer.Option(help="The form of the report.")] = PageForm.human,
    out: Annotated[Path | None, typer.Option(help="Write the report to this file.")] = None,
) -> None:
    """Train coders on reports with a known coding.

    With DIR it makes a package with the reports. With --compare it shows, in such a package, where a coder differs from the key in the reports that the coder has filed, which page of the guide decides it, and whether the coder may code. The exit status is 0, with --compare 1 if that is not enough yet, and 2 if the command failed.

    Example: eventbook practice training
    """
    from ...validation.errors import InputError
    from ..practice.practice_set import SHIPPED

    chosen = [folder is not None, compare is not None, agreement]
    if sum(chosen) != 1:
        raise InputError(
            "practice: name a new folder to train in, or --compare CODER, or --agreement"
        )
    if book is not None and compare is not None:
        raise InputError("--book: the package has its book; leave it out with --compare")
    if document and compare is None:
        raise InputError("--document: only with --compare")
    if folder is not None:
        _begin(folder, set or SHIPPED, book)
    elif compare is not None:
        _compare(set or SHIPPED, compare, tuple(document or ()), format, out)
    else:
        _agreement(set or SHIPPED, book, format, out)


def _begin(folder: Path, set_folder: Path, book: Path | None) -> None:
    """Make a package to train in, and say what to do in it."""
    from ..practice.training_package import make_training_package

    make_training_package(folder, set_folder, book, say)
    say(
        f"next: cd {folder}; read README.md; code a report and file it, with",
        "  eventbook desk --coder NAME --open, or",
        "  eventbook workbook --coder NAME NAME.xlsx and eventbook import NAME.xlsx, or",
        "  a coding as JSON and eventbook import FILE.json --coder NAME",
        "then: eventbook practice --compare NAME",
    )


def _compare(
    set_folder: Path, coder: str, documents: tuple[str, ...], format: PageForm, out: Path | None
) -> None:
    """Show a coder beside the key; the exit status is 1 if it is not enough yet."""
    from ...validation.package.package import Package
    from ...validation.reports.human import plural
    from ..practice.against_key import compare_with_key
    from ..practice.practice_report import human, to_html, to_json, verdict
    from ..practice.practice_set import load_practice_set

    package = Package.find()
    practice = load_practice_set(set_folder, package.book_folder)
    compared = compare_with_key(package, practice, coder, documents)
    forms = {"human": human, "json": to_json, "html": to_html}
    found = plural(len(compared.differences), "difference", "differences")
    summary = f"{out}: {found}; {verdict(compared)}"
    emit(compared, forms, format, out, summary)
    raise typer.Exit(int(not compared.passed))


def _agreement(set_folder: Path, book: Path | None, format: PageForm, out: Path | None) -> None:
    """Show how far coders agree who had not seen the key."""
    from ..agreement.agreement_report import human, to_html, to_json
    from ..practice.key_coding import unseen_agreement
    from ..practice.practice_set import load_practice_set
    from ..practice.training_package import book_of_set

    practice = load_practice_set(set_folder, book_of_set(set_folder, book))
    measured = unseen_agreement(practice)
    forms = {"human": human, "json": to_json, "html": to_html}
    emit(measured, forms, format, out, f"{out}: {', '.join(measured.coders)}")
