"""The coder's desk on the command line: starting things, and the tools that people code with."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from .output import in_language, say

if TYPE_CHECKING:
    from ..desk.new_row import AddedRow


ANY = "row"
"""The command for rows that have no command of their own; what they are called is its argument."""


class Kinds(TyperGroup):
    """The kinds of things that `eventbook new` makes; a word that is none of them makes nothing."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command, or say which one may be meant."""
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            if args[0] in _words_of_book():
                return args[0], self.commands[ANY], args
            from ...codebook.nearest import nearest

            kinds = dict.fromkeys([*self.commands, *_words_of_book()])
            close = nearest(args[0], kinds)
            hint = f"did you mean {close}?" if close else f"one of {', '.join(kinds)}."
            ctx.fail(
                f"new {args[0]}: no such command; {hint} "
                f"For a dataset package: eventbook new package {args[0]}"
            )
        return super().resolve_command(ctx, args)


new = typer.Typer(
    cls=Kinds,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Start a package, or add to one.",
)
desk = typer.Typer()


@new.command()
def package(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new or an empty folder.")],
    name: Annotated[
        str | None, typer.Option(help="The short name; by default that of DIR.")
    ] = None,
    title: Annotated[str | None, typer.Option(help="The title of the dataset.")] = None,
    author: Annotated[str | None, typer.Option(help="The author, a person or a group.")] = None,
    license: Annotated[str | None, typer.Option(help="CC-BY-4.0 (default) or CC0-1.0.")] = None,
    own_book: Annotated[
        bool, typer.Option("--own-book", help="Copy the codebook into the package, to adapt it.")
    ] = False,
    book: Annotated[
        Path | None, typer.Option(help="A codebook of your own, by its folder, to be copied.")
    ] = None,
    empty: Annotated[bool, typer.Option("--empty", help="Without the invented example.")] = False,
    tool: Annotated[
        str,
        typer.Option(
            metavar="REQUIREMENT",
            help="What pip installs eventbook from; by default where this one came from.",
        ),
    ] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing; use the defaults.")] = False,
) -> None:
    """Make a package, ready to check and publish.

    On a terminal it asks for what is not given. The package depends on this eventbook: the commit,
    archive or folder that it was installed from, or its version; --tool names another, as
    'eventbook>=1.0' or 'eventbook @ git+https://host/owner/name@v1.0.0'. The exit status is 0, or 2
    if no package was made.

    Example: eventbook new package my-events --title "Events of my region" --author "A. Coder"
    """
    from ..starter.new_package import Answers, new_package

    usual_name = re.sub(r"[^a-z0-9]+", "-", folder.resolve().name.lower()).strip("-") or "events"
    ask = _ask if sys.stdin.isatty() and not yes else _do_not_ask

    def answer(given: str | None, question: str, usual: str) -> str:
        return given if given is not None else ask(question, usual) or ""

    name = answer(name, "Short name", usual_name)
    answers = Answers(
        name,
        answer(title, "Title of the dataset", f"Events: {name}"),
        answer(author, "Author, a person or a group", f"The {name} team"),
        answer(license, "Licence of the data, CC-BY-4.0 or CC0-1.0", "CC-BY-4.0"),
        own_book,
        book,
        empty,
        tool=tool,
    )
    new_package(folder, answers, say)
    if book is not None:
        say(f"put your rows into {folder}/seeds/tables, under the headings that are there")
    say(f"next: cd {folder}; eventbook check; eventbook publish; pytest")


def _ask(question: str, usual: str | None) -> str | None:
    return typer.prompt(question, default=usual or "", show_default=bool(usual)) or None


def _do_not_ask(question: str, usual: str | None) -> str | None:
    return usual


def _asker() -> Callable[[str, str | None], str | None]:
    """Return what asks a person, where there is a terminal to ask on."""
    return _ask if sys.stdin.isatty() else _do_not_ask


def _pairs(given: list[str] | None, flag: str) -> dict[str, str]:
    """Return `VARIABLE=TEXT` options as a dict."""
    from ...validation.errors import InputError

    pairs: dict[str, str] = {}
    for one in given or ():
        name, sign, text = one.partition("=")
        if not sign or not name.strip():
            raise InputError(f"{flag} {one!r}: expected VARIABLE=TEXT")
        pairs[name.strip()] = text
    return pairs


def _values(ctx: typer.Context, given: list[str] | None) -> dict[str, str]:
    """Return the values that were given with `--set VARIABLE=VALUE` or as `--VARIABLE VALUE`."""
    from ...validation.errors import InputError

    values = _pairs(given, "--set")
    words = iter(ctx.args)
    for word in words:
        name, sign, text = word.removeprefix("--").partition("=")
        value = text if sign else next(words, None)
        if not word.startswith("--") or value is None:
            raise InputError(f"{word!r}: expected --VARIABLE VALUE")
        values[name.replace("-", "_")] = value
    return values


Values = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="VARIABLE=VALUE", help="A value, also as --VARIABLE VALUE."),
]
Quotes = Annotated[
    list[str] | None,
    typer.Option("--quote", metavar="[VARIABLES=]WORDS", help="Words of the document for values."),
]
LookUp = Annotated[
    bool, typer.Option("--look-up", help="Only show the candidates of the gazetteer.")
]
Pick = Annotated[
    int | None, typer.Option(metavar="N", help="Fill in from the candidate with this number.")
]
AsTyped = Annotated[bool, typer.Option("--as-typed", help="Look nothing up in the gazetteer.")]
TYPE = "type"
"""The option for the narrowest type of a row, whatever the book calls it."""
VARIABLES = {"allow_extra_args": True, "ignore_unknown_options": True}
"""Options that a command does not know are variables of its table."""


@new.command()
def document(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="The document, plain text in UTF-8.")
    ],
    title: Annotated[
        str | None,
        typer.Option(help="Its headline; by default the first paragraph, or its beginning."),
    ] = None,
    publisher: Annotated[str | None, typer.Option(help="Its publisher, if known.")] = None,
    language: Annotated[
        str | None, typer.Option(help="Its language, as en or ar; by default en.")
    ] = None,
    date: Annotated[str | None, typer.Option(help="The date of publication, if known.")] = None,
    first: Annotated[
        str | None, typer.Option("--from", help="Otherwise: the earliest possible date.")
    ] = None,
    last: Annotated[str | None, typer.Option("--to", help="The latest possible date.")] = None,
    best: Annotated[str | None, typer.Option(help="The most likely date, if one is.")] = None,
    basis: Annotated[str | None, typer.Option(help="stated, relative or inferred.")] = None,
    words: Annotated[str | None, typer.Option(help="The words of the text that date it.")] = None,
    quote: Annotated[
        str | None, typer.Option(help="Words from which the date follows, if none state it.")
    ] = None,
    reasoning: Annotated[str | None, typer.Option(help="How the date was arrived at.")] = None,
    rights: Annotated[
        str | None, typer.Option(help="Its terms, a code of the list rights.")
    ] = None,
    set: Values = None,
) -> None:
    """Add a source document to this package.

    Its bytes are kept, its hash is pinned, its paragraphs are numbered. On a terminal the command
    asks for what is not given. The exit status is 0, or 2 if nothing was added.

    Example: eventbook new document report.txt --date 2019-05-15 --basis stated --words "15 May 2019"
    """
    from ...validation.coding.pairing import documents_of
    from ...validation.package.package import Package, finish_interrupted
    from ..desk.new_document import (
        About,
        add_document,
        headline,
        interview,
        read_new,
        said_in,
    )

    package = Package.find()
    finish_interrupted(package)
    columns = said_in(documents_of(package.book))
    _, text = read_new(package, file)
    given = About(
        title=title,
        publisher=publisher,
        language=language,
        start=date or first,
        end=date or last,
        best=best or date,
        basis=basis,
        words=words,
        quote=quote,
        reasoning=reasoning,
        rights=rights,
    )
    about = interview(given, headline(text, package.book), _asker(), columns)
    say(*add_document(package, file, about, _pairs(set, "--set")).summary().split("\n"))


@new.command(context_settings=VARIABLES)
def event(
    ctx: typer.Context,
    document: Annotated[str | None, typer.Option(help="The document, as DOC-0001.")] = None,
    type: Annotated[str | None, typer.Option("--type", help="The sub-event type.")] = None,
    country: Annotated[
        str | None, typer.Option(help="The country of the conflict, as SYR.")
    ] = None,
    year: Annotated[str | None, typer.Option(help="The year in which the event began.")] = None,
    set: Values = None,
    quote: Quotes = None,
) -> None:
    """Start an event, with its id and evidence.

    On a terminal it asks for what is not given. The exit status is 0, or 2 if nothing was added.

    Example: eventbook new event --document DOC-0001 --type "Armed clash" --country SYR --year 2019
    """
    given = {TYPE: type, "country": country, "year": year}
    _add("event", {**given, **_values(ctx, set)}, quote, document)


@new.command(context_settings=VARIABLES)
def claim(
    ctx: typer.Context,
    document: Annotated[
        str | None, typer.Option(help="The document; by default that of the event.")
    ] = None,
    country: Annotated[
        str | None, typer.Option(help="The country of its id; by default that of the event.")
    ] = None,
    year: Annotated[
        str | None, typer.Option(help="The year of its id; by default that of the event.")
    ] = None,
    set: Values = None,
    quote: Quotes = None,
) -> None:
    """Start a claim, with its id and evidence.

    On a terminal it asks for what is not given. The exit status is 0, or 2 if nothing was added.

    Example: eventbook new claim --event_id SYR-2019-0001 --claimant_id ocha --act asserts
    """
    given = {"country": country, "year": year}
    _add("claim", {**given, **_values(ctx, set)}, quote, document)


@new.command(context_settings=VARIABLES)
def actor(ctx: typer.Context, set: Values = None) -> None:
    """Add an actor, with an id made of its name.

    On a terminal it asks for what is not given. The exit status is 0, or 2 if nothing was added.

    Example: eventbook new actor --actor "Police Forces of Iceland" --iso3 ISL --inter 1
    """
    _add("actor", {**_values(ctx, set)})


@new.command(context_settings=VARIABLES)
def place(
    ctx: typer.Context,
    set: Values = None,
    look_up: LookUp = False,
    pick: Pick = None,
    as_typed: AsTyped = False,
) -> None:
    """Add a place, with an id made of its name.

    Without a point it is looked up in a gazetteer, by name and country or by id: towns and villages of GeoNames, and countries. The row is filled in if one place is called so; else nothing is added, and the candidates are shown. On a terminal it asks for what is not given. The exit status is 0, or 2 if the row was not added.

    Example: eventbook new place --location Reykjavik --iso3 ISL
    """
    _add("place", {**_values(ctx, set)}, choice=(look_up, pick, as_typed))


@new.command(ANY, context_settings=VARIABLES)
def row(
    ctx: typer.Context,
    what: Annotated[
        str, typer.Argument(metavar="WHAT", help="The table, or what one row of it is called.")
    ],
    document: Annotated[str | None, typer.Option(help="Its document, if it has one.")] = None,
    set: Values = None,
    quote: Quotes = None,
    look_up: LookUp = False,
    pick: Pick = None,
    as_typed: AsTyped = False,
) -> None:
    """Add a row to any table of the package's book.

    `eventbook new WHAT` does the same where there is no such command. On a terminal it asks for what is not given. The exit status is 0, or 2 if nothing was added.

    Example: eventbook new row locations --location Reykjavik --place_type settlement
    """
    _add(what, {**_values(ctx, set)}, quote, document, (look_up, pick, as_typed))


def _words_of_book() -> list[str]:
    """Return what the rows of the package's book are called; nothing outside a package."""
    from ...codebook.errors import BookError
    from ...validation.errors import InputError
    from ...validation.package.package import Package
    from ..desk.new_row import tables_by_word

    try:
        return list(tables_by_word(Package.find().book))
    except (InputError, BookError):
        return []


def _add(
    word: str,
    given: dict[str, str | None],
    quotes: list[str] | None = None,
    document: str | None = None,
    choice: tuple[bool, int | None, bool] = (False, None, False),
) -> None:
    """Add a row, asking for what is missing where there is a terminal, and say what is to do."""
    from ...validation.package.package import Package
    from ..desk.drafts import ALL
    from ..desk.new_row import NewRow, add_row, asked_first, id_fields, table_called
    from ..desk.place_look_up import Choice, look_up_place
    from ..desk.table_files import read_table

    package, ask = Package.find(), _asker()
    book = package.book
    table = table_called(book, word)
    if table.roles.type and TYPE not in table and TYPE in given:
        given[table.roles.type[-1]] = given.pop(TYPE) or given.get(table.roles.type[-1])
    typed = {n: v for n, v in given.items() if v}
    rows = read_table(package, table.name) if table.roles.gazetteer else []
    looked_up = look_up_place(book, table, typed, rows, Choice(*choice))
    say(*looked_up.lines)
    if choice[0]:
        return
    given |= looked_up.values
    key = book.document_key(table)
    points_on = any(given.get(k.field) for k in table.foreign_keys)
    if key and not points_on:
        document = document or given.get(key) or ask(table[key].title, None)
    for name in asked_first(book, table):
        given[name] = given.get(name) or ask(table[name].title, None)
    fields = {name: given.get(name) for name in id_fields(table)}
    if not any(given.get(k.field) for k in table.foreign_keys):
        fields = {n: v or ask(n.replace("_", " ").capitalize(), None) for n, v in fields.items()}
    coded = {variable.name for variable in table.coded}
    values = {n: v for n, v in given.items() if v and (n in coded or n not in fields)}
    # Words alone carry all that the row has.
    named = [one if "=" in one else f"{ALL}={one}" for one in quotes or ()]
    words = {
        name.strip(): text
        for names, text in _pairs(named, "--quote").items()
        for name in re.split("[;,]", names)
    }
    new = NewRow(values, words, document, {n: v for n, v in fields.items() if v})
    _say_added(add_row(package, table.name, new))


def _say_added(added: AddedRow) -> None:
    """Print the id of a new row, and what is to do."""
    say(f"{added.row_id}: added to seeds/tables/{added.table}.csv")
    if added.follows:
        follows = "; ".join(f"{name} {text}" for name, text in added.follows)
        say(f"follows, if nothing else is typed: {follows}")
    say(f"needed: {', '.join(added.needed) or 'nothing more'}")
    say(f"also possible: {', '.join(added.possible)}")
    evidence = f" and the quotes in seeds/tables/{added.quotes}.csv" if added.quotes else ""
    say(f"next: fill in the row{evidence}; eventbook fmt; eventbook check")


@desk.command()
def fmt(
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; fail if something would change.")
    ] = False,
) -> None:
    """Format hand-edited files; fill in quote offsets.

    No value is changed: rows and columns get their order, cells the quotation marks they need, and
    the empty paragraph, start and end of evidence are filled in from its quote. The exit status
    is 1 if a quote was not found, or with --check if a file would change.

    Example: eventbook fmt --check
    """
    from ...validation.package.package import Package
    from ..desk.fmt import format_package, formatted

    package = Package.find()
    done = formatted(package) if check else format_package(package)
    for finding in done.findings:
        place = ":".join(str(part) for part in (finding.file, finding.line) if part)
        say(f"{place}: {finding.rule}: {finding.value!r}: {finding.message}")
        if finding.nearest:
            say(f"  exact words: {finding.nearest}")
    for name in done.changed:
        say(f"{'would change' if check else 'changed'}: {name}")
    if done.filled:
        say(f"quotes found in their documents: {done.filled}")
    if check and done.changed:
        say("Run: eventbook fmt")
    if not done.changed and not done.findings:
        say("nothing to change")
    raise typer.Exit(int(bool(done.findings or (check and done.changed))))


@desk.command()
def workbook(
    out: Annotated[Path, typer.Argument(metavar="OUT.xlsx", help="The workbook to write.")],
    coder: Annotated[
        str | None, typer.Option(help="Its coder; it then has no row that anybody coded.")
    ] = None,
    document: Annotated[
        list[str] | None, typer.Option(help="A document to code; by default all.")
    ] = None,
    lang: Annotated[
        str | None, typer.Option(help="A further language of the codebook, as nb or fr.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing file.")] = False,
) -> None:
    """Write a workbook to code in with Excel.

    It has a sheet for each table, with lists to choose from and definitions, the documents' texts,
    and the guide. The exit status is 0, or 2 if no workbook was written.

    Example: eventbook workbook --coder anna --document DOC-0001 anna.xlsx
    """
    from ...validation.errors import InputError
    from ...validation.package.package import Package
    from ..desk.filing import ensure_coder_name
    from ..desk.workbook import write_workbook
    from ..desk.workbook_contents import workbook_contents

    if out.exists() and not force:
        raise InputError(f"{out}: already exists; use --force to overwrite")
    if coder is not None:
        ensure_coder_name(coder)
    filled = workbook_contents(Package.find(), coder, tuple(document or ()))
    filled = replace(filled, book=in_language(filled.book, lang))
    write_workbook(filled, out)
    texts = ", ".join(filled.texts) or "no documents"
    say(f"{out}: {len(filled.tables)} tables, {texts}")
    say(f"next: fill it in; eventbook check {out}; eventbook import {out}")
