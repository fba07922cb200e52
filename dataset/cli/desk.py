"""The coder's desk on the command line: what people start from, and the tools they code with."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup


class PackageUnlessNamed(TyperGroup):
    """`eventbook new DIR` is `eventbook new package DIR`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the name of the command in where none was given."""
        if args and args[0] not in self.commands and args[0] not in ("--help", "-h"):
            args = ["package", *args]
        return super().parse_args(ctx, args)


new = typer.Typer(
    cls=PackageUnlessNamed,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Start a dataset package, a document or an event: eventbook new DIR.",
)
desk = typer.Typer()


@new.callback()
def group() -> None:
    """Start a dataset package, a document or an event: eventbook new DIR."""


@new.command()
def package(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that is not there yet.")],
    name: Annotated[
        str | None, typer.Option(help="The short name; that of DIR if left out.")
    ] = None,
    title: Annotated[str | None, typer.Option(help="The title of the dataset.")] = None,
    author: Annotated[str | None, typer.Option(help="Who makes it, a person or a group.")] = None,
    license: Annotated[str | None, typer.Option(help="CC-BY-4.0 (if left out) or CC0-1.0.")] = None,
    own_book: Annotated[
        bool, typer.Option("--own-book", help="Copy the codebook into the package, to adapt it.")
    ] = False,
    empty: Annotated[bool, typer.Option("--empty", help="Leave the invented example out.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing; take what is usual.")] = False,
) -> None:
    """Make a dataset package with the layout of ours, which passes its own checks at once.

    Asks for what was not given, if there is a terminal to ask on.

    Example: eventbook new my-events --title "Events of my region" --author "A. Coder"
    """
    from ..starter.new_package import Answers, new_package

    short = re.sub(r"[^a-z0-9]+", "-", folder.resolve().name.lower()).strip("-") or "events"
    asks = sys.stdin.isatty() and not yes

    def answer(given: str | None, question: str, usual: str) -> str:
        if given is not None or not asks:
            return given if given is not None else usual
        return typer.prompt(question, default=usual)

    name = answer(name, "Short name", short)
    answers = Answers(
        name,
        answer(title, "Title of the dataset", f"Events: {name}"),
        answer(author, "Author, a person or a group", f"The {name} team"),
        answer(license, "Licence of the data, CC-BY-4.0 or CC0-1.0", "CC-BY-4.0"),
        own_book,
        empty,
    )
    new_package(folder, answers, typer.echo)
    typer.echo(f"next: cd {folder}; eventbook check; eventbook publish; pytest")


Given = Annotated[list[str] | None, typer.Option(metavar="VARIABLE=TEXT")]


def _pairs(given: list[str] | None, flag: str) -> dict[str, str]:
    """`VARIABLE=TEXT` options as a dict."""
    from ...validation.errors import InputError

    found = {}
    for one in given or ():
        name, sign, text = one.partition("=")
        if not sign or not name:
            raise InputError(f"{flag} {one!r}: VARIABLE=TEXT is wanted")
        found[name.strip()] = text
    return found


def _ask(given: str | None, question: str, usual: str | None, asks: bool) -> str | None:
    """What was given; else the answer, where there is a terminal to ask on; else what is usual."""
    if given is not None or not asks:
        return (given if given is not None else usual) or None
    return typer.prompt(question, default=usual or "", show_default=bool(usual)) or None


@new.command()
def document(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="The document, plain text in UTF-8.")
    ],
    title: Annotated[
        str | None, typer.Option(help="Its headline; the first paragraph if left out.")
    ] = None,
    publisher: Annotated[
        str | None, typer.Option(help="Who published it, if that is known.")
    ] = None,
    language: Annotated[
        str | None, typer.Option(help="Its language, as en or ar; en if left out.")
    ] = None,
    date: Annotated[
        str | None, typer.Option(help="The day of publication, if it is known.")
    ] = None,
    first: Annotated[
        str | None, typer.Option("--from", help="Else the first day it may be of.")
    ] = None,
    last: Annotated[
        str | None, typer.Option("--to", help="The last day that it may be of.")
    ] = None,
    best: Annotated[
        str | None, typer.Option(help="The likeliest of these days, if one is.")
    ] = None,
    basis: Annotated[str | None, typer.Option(help="stated, relative or inferred.")] = None,
    words: Annotated[str | None, typer.Option(help="The words of the text that date it.")] = None,
    quote: Annotated[
        str | None, typer.Option(help="Words that the date follows from, where none state it.")
    ] = None,
    reasoning: Annotated[str | None, typer.Option(help="How the date was arrived at.")] = None,
    rights: Annotated[
        str | None, typer.Option(help="Its terms, a code of the list rights.")
    ] = None,
) -> None:
    """Take a source document into this package: bytes kept, hash pinned, paragraphs numbered.

    Asks for what was not given, if there is a terminal to ask on.

    Example: eventbook new document report.txt --date 2019-05-15 --basis stated --words "15 May 2019"
    """
    from ...validation.errors import InputError
    from ...validation.package.package import Package
    from ..desk import new_document as take_in

    found = Package.find()
    data, text = take_in.text_of(file)
    if there := take_in.known(found, data):
        raise InputError(f"{file}: was taken in before, as {there}")
    asks = sys.stdin.isatty()
    begins, ends = text.paragraphs[0]
    title = _ask(title, "Title", " ".join(text.text[begins:ends].split()), asks)
    publisher = _ask(publisher, "Publisher (empty: not known)", None, asks)
    language = _ask(language, "Language", "en", asks)
    if first is None and last is None:
        date = _ask(date, "Day of publication, YYYY-MM-DD (empty: not known)", None, asks)
    if date is None:
        first = _ask(first, "First day that it may be of", None, asks)
        last = _ask(last, "Last day that it may be of", None, asks)
        best = _ask(best, "The likeliest of these days (empty: none)", None, asks)
    if date is None and (first is None or last is None):
        raise InputError("a day is needed: --date, or --from and --to with the days it may be of")
    basis = _ask(
        basis,
        "Basis of the date: stated, relative, inferred",
        "stated" if date else "inferred",
        asks,
    )
    if basis != "inferred":
        words = _ask(words, "Words of the text that date it", None, asks)
    if basis != "stated":
        quote = _ask(quote, "Words that the date follows from", words, asks)
        reasoning = _ask(reasoning, "How the date was arrived at", None, asks)
    days = [
        take_in.a_day(day, flag)
        for day, flag in (
            (date or first or "", "--date" if date else "--from"),
            (date or last or "", "--date" if date else "--to"),
        )
    ]
    likeliest = take_in.a_day(best, "--best") if best else (days[0] if date else None)
    done = take_in.take_in(
        found,
        file,
        take_in.About(
            title or "",
            publisher,
            language or "en",
            days[0],
            days[1],
            likeliest,
            basis or "",
            words,
            reasoning,
            rights or "unknown",
            quote,
        ),
    )
    typer.echo(f"{done.document_id}: {len(data):,} bytes, {len(text.paragraphs)} paragraphs")
    for number, (begins, ends) in enumerate(text.paragraphs, 1):
        line = " ".join(text.text[begins:ends].split())
        typer.echo(f"{number:4d}  {line[:90]}{'...' if len(line) > 90 else ''}")
    if done.unproved:
        typer.echo(
            f"to do: the words for {', '.join(done.unproved)} in seeds/tables/evidence.csv; eventbook fmt"
        )
    typer.echo(
        f"next: eventbook new event --document {done.document_id}, or eventbook workbook OUT.xlsx"
    )


@new.command()
def event(
    document: Annotated[str | None, typer.Option(help="The document, as DOC-0001.")] = None,
    type: Annotated[str | None, typer.Option("--type", help="The sub-event type.")] = None,
    country: Annotated[
        str | None, typer.Option(help="The country of the conflict, as SYR.")
    ] = None,
    year: Annotated[int | None, typer.Option(help="The year in which the event began.")] = None,
    set: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="VARIABLE=VALUE", help="A value; may be repeated."),
    ] = None,
    quote: Annotated[
        list[str] | None,
        typer.Option(
            "--quote",
            metavar="VARIABLE=WORDS",
            help="Words of the document that carry a value; may be repeated.",
        ),
    ] = None,
) -> None:
    """Start an event: the next free id, the variables that its type needs, rows for their evidence.

    Asks for what was not given, if there is a terminal to ask on.

    Example: eventbook new event --document DOC-0001 --type "Armed clash" --country SYR --year 2019
    """
    from ...validation.errors import InputError
    from ...validation.package.package import Package
    from ..desk.new_event import start_event

    found = Package.find()
    asks = sys.stdin.isatty()
    document = _ask(document, "Document", None, asks)
    type = _ask(type, "Sub-event type", None, asks)
    country = _ask(country, "Country of the conflict, three letters", None, asks)
    said = _ask(str(year) if year is not None else None, "Year in which it began", None, asks)
    lacking = [
        flag
        for flag, value in (
            ("--document", document),
            ("--type", type),
            ("--country", country),
            ("--year", said),
        )
        if not value
    ]
    if lacking or document is None or type is None or country is None or said is None:
        raise InputError(f"{', '.join(lacking)}: needed to start an event")
    if not said.isdigit() or not 1900 <= int(said) <= 2099:
        raise InputError(f"--year {said}: a year from 1900 to 2099 is wanted")
    values = {"sub_event_type": type, **_pairs(set, "--set")}
    done = start_event(
        found, document, country.upper(), int(said), values, _pairs(quote, "--quote")
    )
    typer.echo(f"{done.event_id}: started in seeds/tables/events.csv")
    typer.echo(f"needed: {', '.join(done.needed) or 'nothing more'}")
    typer.echo(f"possible besides: {', '.join(done.possible)}")
    typer.echo(
        "next: fill the row and the quotes in seeds/tables/evidence.csv; eventbook fmt; eventbook check"
    )


@desk.command()
def fmt(
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; fail if something would change.")
    ] = False,
) -> None:
    """Put hand-edited files into their one form, and fill in where quotes stand.

    No value is changed: rows and columns get their order, cells the quotation marks they need, and
    the empty paragraph, start and end of evidence are filled from its quote.

    Example: eventbook fmt --check
    """
    from ...validation.package.package import Package
    from ..desk import fmt as formatter

    package = Package.find()
    done = formatter.formatted(package) if check else formatter.fmt(package)
    for found in done.findings:
        place = ":".join(str(part) for part in (found.file, found.line) if part)
        typer.echo(f"{place}: {found.rule}: {found.value!r}: {found.message}")
        if found.nearest:
            typer.echo(f"  exact words: {found.nearest}")
    said = "would change" if check else "changed"
    for name in done.changed:
        typer.echo(f"{said}: {name}")
    if done.filled:
        typer.echo(f"quotes found in their documents: {done.filled}")
    if check and done.changed:
        typer.echo("Run: eventbook fmt")
    if not done.changed and not done.findings:
        typer.echo("nothing to change")
    raise typer.Exit(int(bool(done.findings or (check and done.changed))))


@desk.command()
def workbook(
    out: Annotated[Path, typer.Argument(metavar="OUT.xlsx", help="The workbook to write.")],
    coder: Annotated[
        str | None, typer.Option(help="For whom; it then holds no row that anybody coded.")
    ] = None,
    document: Annotated[
        list[str] | None, typer.Option(help="A document to code; all if left out.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
) -> None:
    """Write the codebook as a workbook for Excel: a sheet a table, lists to choose from, the texts.

    Example: eventbook workbook --coder anna --document DOC-0001 anna.xlsx
    """
    from ...validation.coding.filed import CODER
    from ...validation.errors import InputError
    from ...validation.package.package import Package
    from ..desk.workbook import write_workbook
    from ..desk.workbook_contents import contents

    if out.exists() and not force:
        raise InputError(f"{out}: is there already; --force replaces it")
    if coder is not None and CODER.fullmatch(coder) is None:
        raise InputError(f"--coder {coder!r}: small letters, digits and hyphens are allowed")
    made = contents(Package.find(), coder, tuple(document or ()))
    write_workbook(made, out)
    texts = ", ".join(made.texts) or "no documents"
    typer.echo(f"{out}: {len(made.tables)} tables, {texts}")
    typer.echo(f"next: fill it; eventbook check {out}; eventbook import {out}")


@desk.command("import")
def import_(
    file: Annotated[
        Path, typer.Argument(metavar="FILE.xlsx|DIR", help="A coder's workbook, or tables as CSV.")
    ],
    coder: Annotated[
        str | None, typer.Option(help="Who coded; what the workbook says if left out.")
    ] = None,
) -> None:
    """File a coder's workbook under seeds/codings: checked, and never changed afterwards.

    Example: eventbook import anna.xlsx
    """
    from ...validation import reports
    from ...validation.package.package import Package
    from ..desk.filing import file_coding

    filed = file_coding(Package.find(), file, coder)
    typer.echo(reports.human(filed.report))
    if filed.rows is None:
        typer.echo("Nothing was filed: mend the errors first.", err=True)
        raise typer.Exit(1)
    rows = ", ".join(f"{count} {name}" for name, count in filed.rows.items() if count)
    typer.echo(f"filed: seeds/codings/{filed.coder}: {', '.join(filed.documents)}: {rows}")
