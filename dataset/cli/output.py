"""How verbs print: a result in a chosen form, to the screen or to a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import typer

from ...codebook.printable import printable_line

if TYPE_CHECKING:
    from ...codebook import Book
    from ...validation.findings import Report

Result = TypeVar("Result")


class ReportForm(StrEnum):
    """The forms of a report of findings."""

    human = "human"
    json = "json"
    github = "github"
    sarif = "sarif"


class PageForm(StrEnum):
    """The forms of a result that people also read as a page."""

    human = "human"
    json = "json"
    html = "html"


class TextForm(StrEnum):
    """The forms of a result that is text for people, or data for programs."""

    human = "human"
    json = "json"


def say(*lines: str, err: bool = False) -> None:
    """Print lines; what they have of data stays in its line.

    Args:
        lines: the lines.
        err: print them on standard error.
    """
    for line in lines:
        typer.echo(printable_line(line), err=err)


def emit(
    result: Result,
    forms: Mapping[str, Callable[[Result], str | Iterator[str]]],
    form: str,
    out: Path | None = None,
    summary: str = "",
) -> None:
    """Print a result in one of its forms, or write it to a file and print the summary.

    Args:
        result: what is to be shown.
        forms: for each form the function that makes its text, or yields it in pieces.
        form: the chosen form.
        out: the file to write; the screen if left out.
        summary: a line for the screen where the text goes to a file.

    Raises:
        InputError: the file cannot be written.
    """
    from ...validation.files.atomic import atomic_file

    text = forms[form](result)
    pieces = [text] if isinstance(text, str) else text
    if out is None:
        for piece in pieces:
            typer.echo(piece, nl=False)
        typer.echo()
        return
    with atomic_file(out) as path, path.open("w", encoding="utf-8") as stream:
        stream.writelines(pieces)
        stream.write("\n")
    if summary:
        say(summary)


def emit_report(report: Report, form: ReportForm, folder: Path | None = None) -> None:
    """Print a report of findings; on GitHub also add it to the summary of the step.

    Args:
        report: the report.
        form: the chosen form.
        folder: where the paths of the report start; code hosts need them from the root of the
            repository.
    """
    import os

    from ...validation import reports

    if folder is not None and form in (ReportForm.github, ReportForm.sarif):
        report = reports.from_repository_root(report, folder)
    emit(report, reports.FORMS, form)
    page = os.environ.get("GITHUB_STEP_SUMMARY")
    if form is ReportForm.github and page:
        with Path(page).open("a", encoding="utf-8") as stream:
            stream.write(reports.step_summary(report))


def refuse_existing(path: Path, force: bool) -> None:
    """Ensure that a file may be written.

    Raises:
        InputError: it exists, and nobody asked to overwrite it.
    """
    from ...validation.errors import InputError

    if path.exists() and not force:
        raise InputError(f"{path}: already exists; use --force to overwrite")


def in_language(book: Book, language: str | None) -> Book:
    """Return a book in a language that the person chose.

    Raises:
        InputError: the book does not have it.
    """
    from ...validation.errors import InputError

    if language is None:
        return book
    if language not in book.languages:
        known = ", ".join(book.languages) or "none besides its own"
        raise InputError(f"--lang {language}: the codebook {book.name} has the languages: {known}")
    return book.in_language(language)
