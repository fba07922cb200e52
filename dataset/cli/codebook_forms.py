"""The codebook in forms for coders who only read and write text, and for their programs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from .output import emit

if TYPE_CHECKING:
    from ...codebook import Book
    from ..instructions import Given


class CodebookForm(StrEnum):
    """The forms of a codebook."""

    human = "human"
    json_schema = "json-schema"
    instructions = "instructions"
    requests = "requests"


@dataclass(frozen=True)
class Asked:
    """What a person asked of a form; empty where it is left open."""

    term: str | None = None
    documents: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    length: int | None = None
    without: tuple[str, ...] = ()
    out: Path | None = None
    show_all: bool = False

    def given(self) -> list[str]:
        """Return the arguments and options that are given."""
        options = {
            "TERM": self.term is not None,
            "--document": bool(self.documents),
            "--table": bool(self.tables),
            "--length": self.length is not None,
            "--without": bool(self.without),
            "--out": self.out is not None,
            "--all": self.show_all,
        }
        return [name for name, is_given in options.items() if is_given]


OF_TEXT = ("--length", "--without")
TAKEN: Mapping[CodebookForm, tuple[str, ...]] = {
    CodebookForm.human: ("TERM", "--all"),
    CodebookForm.json_schema: ("--document", "--table", "--out"),
    CodebookForm.instructions: ("TERM", "--document", "--table", *OF_TEXT, "--out"),
    CodebookForm.requests: ("--document", "--table", *OF_TEXT, "--out"),
}
"""The arguments and options that each form takes."""


def ensure_taken(form: CodebookForm, asked: Asked) -> None:
    """Ensure that a form takes all that was asked of it.

    Raises:
        InputError: it does not.
    """
    from ...validation.errors import InputError

    given = asked.given()
    for name in (name for name in given if name not in TAKEN[form]):
        forms = " or ".join(f"--format {other}" for other, taken in TAKEN.items() if name in taken)
        raise InputError(f"{name} is for {forms}, not for --format {form}")
    if form is not CodebookForm.requests and len(asked.documents) > 1:
        raise InputError(f"--format {form} is about one document; --format requests takes several")
    beside = [name for name in given if name not in ("TERM", "--out", "--all")]
    if asked.term is not None and beside:
        raise InputError(f"TERM is shown alone: leave out {' and '.join(beside)}")


def ensure_only_out(form: CodebookForm, asked: Asked) -> None:
    """Ensure that a varied codebook is asked for alone.

    Raises:
        InputError: a form of the codebook is asked for, too.
    """
    from ...validation.errors import InputError

    others = [name for name in asked.given() if name != "--out"]
    others += [f"--format {form}"] if form is not CodebookForm.human else []
    if others:
        raise InputError(
            f"--vary writes a codebook: leave out {' and '.join(others)}, and use --book with what "
            "was written"
        )


def emit_form(book: Book, form: CodebookForm, asked: Asked) -> None:
    """Print a codebook in one of the forms for programs, or write it to a file.

    Args:
        book: the codebook.
        form: the form.
        asked: what was asked of it.

    Raises:
        InputError: the form takes something else, or there is no such term, table or document.
    """
    ensure_taken(form, asked)
    makers: Mapping[str, Callable[[Book, Asked], tuple[str, str]]] = {
        CodebookForm.json_schema: _schema,
        CodebookForm.instructions: _instructions,
        CodebookForm.requests: _requests,
    }
    text, summary = makers[form](book, asked)
    emit(text, {form: str}, form, asked.out, f"{asked.out}: {summary}")


def _schema(book: Book, asked: Asked) -> tuple[str, str]:
    import json

    from ...validation.schemas.json_schema import json_schema, size_of

    document = asked.documents[0] if asked.documents else None
    if document is not None:
        _given(book).document(document)
    schema = json_schema(book, document, asked.tables or None)
    size = size_of(schema)
    summary = (
        f"{size.properties:,} properties, {size.levels} levels of objects, {size.codes:,} codes; "
        f"{size.characters:,} characters of names and codes"
    )
    return json.dumps(schema, ensure_ascii=False, indent=1), summary


def _instructions(book: Book, asked: Asked) -> tuple[str, str]:
    from ..instructions import instructions, instructions_on

    if asked.term is not None:
        text = instructions_on(book, asked.term)
        return text.removesuffix("\n"), f"{len(text):,} characters"
    made = instructions(
        book,
        _given(book),
        asked.documents[0] if asked.documents else None,
        asked.tables or None,
        asked.length,
        asked.without,
    )
    left_out = f"; left out: {'; '.join(made.left_out)}" if made.left_out else ""
    return made.text.removesuffix("\n"), f"{len(made.text):,} characters{left_out}"


def _requests(book: Book, asked: Asked) -> tuple[str, str]:
    from ...validation.errors import InputError
    from ...validation.reports.human import plural
    from ...validation.schemas.json_schema import chosen_parts
    from ..instructions import as_lines, coding_requests

    chosen_parts(book, asked.tables or None)
    given = _given(book)
    if not given.documents:
        raise InputError("no documents: requests are for the documents of a package; go to one")
    requests = list(
        coding_requests(
            book, given, asked.documents, asked.tables or None, asked.length, asked.without
        )
    )
    lines = as_lines(requests)
    return lines, f"{plural(len(requests), 'request', 'requests')}, {len(lines):,} characters"


def _given(book: Book) -> Given:
    """Return what the package around the current folder gives to who follows a book."""
    from ...validation.location import package_root
    from ...validation.package.package import Package
    from ..instructions import Given, given_by

    if package_root(Path.cwd()) is None:
        return Given()
    return given_by(Package.find(), book)
