"""The codebook on the command line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .codebook_forms import Asked, CodebookForm, emit_form, ensure_only_out, ensure_taken
from .output import in_language, say
from .varied_codebook import Vary, vary_codebook

if TYPE_CHECKING:
    from ...codebook.look_up import Hit
    from ...codebook.model import CodeList

codebooks = typer.Typer()


FEW = 5
"""Up to so many hits are shown in full."""
MOST = 40
"""How many hits are listed, unless all are asked for."""
MOST_CODES = 20
"""How many codes of a list are shown, unless all are asked for."""


@codebooks.command()
def codebook(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="TERM", help="A variable, table, code, rule, finding, or words to search."
        ),
    ] = None,
    book: Annotated[
        str | None,
        typer.Option(help="The codebook, by name or folder; by default that of this package."),
    ] = None,
    lang: Annotated[
        str | None, typer.Option(help="A further language of the codebook, as nb or fr.")
    ] = None,
    show_all: Annotated[
        bool, typer.Option("--all", help="Show all codes of long lists, and everything found.")
    ] = False,
    form: Annotated[
        CodebookForm,
        typer.Option(
            "--format", help="Instructions, JSON Schema or requests for text-only coders."
        ),
    ] = CodebookForm.human,
    documents: Annotated[
        list[str] | None,
        typer.Option("--document", help="A document to code; repeat for several requests."),
    ] = None,
    tables: Annotated[
        list[str] | None,
        typer.Option("--table", help="Only this table of the coding; repeat for several."),
    ] = None,
    length: Annotated[
        int | None, typer.Option(min=1, help="How many characters the instructions may have.")
    ] = None,
    without: Annotated[
        list[str] | None, typer.Option(help="A part of the instructions to leave out; repeat.")
    ] = None,
    vary: Annotated[
        Vary | None,
        typer.Option(help="Write the codebook with this changed, to see what coders follow."),
    ] = None,
    seed: Annotated[int, typer.Option(help="With --vary: what the draw depends on.")] = 1,
    lists: Annotated[
        list[str] | None,
        typer.Option(
            "--list",
            metavar="CODELIST",
            help="With --vary: only this list; may be repeated. By default those of judged variables.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="The file to write; with --vary the new folder of the changed codebook."),
    ] = None,
) -> None:
    """Look up a variable, code, rule or finding.

    Capitals, blanks and underscores make no difference. Words that are none of these are searched
    for in the whole codebook. With --format it is written for coders who only read and write text,
    such as programs: `instructions`, a JSON Schema of their answer, or `requests` with both for
    each document. With --vary, the codebook is written with neutral names of codes, with its codes
    in another order, or with definitions that went round among the names of a list or were swapped
    in pairs; what is coded with it is filed by import --variation. The exit status is 1 if no entry
    was found.

    Example: eventbook codebook fatalities-order
    """
    from ...codebook import load
    from ...codebook.look_up import look_up, nearest_name
    from ...validation.errors import InputError
    from ...validation.location import find_book, own_book

    term = " ".join(words) if words else None
    if term is not None and not any(map(str.isalnum, term)):
        raise InputError(f"'{term}': a name, or words to look for, have a letter or a digit")
    asked = Asked(
        term,
        tuple(documents or ()),
        tuple(tables or ()),
        length,
        tuple(without or ()),
        out,
        show_all,
    )
    if vary is not None:
        ensure_only_out(form, asked)
        vary_codebook(book, vary, seed, lists or [], out)
        return
    if lists:
        raise InputError("--list needs --vary")
    chosen = in_language(find_book(book) if book else own_book() or load(), lang)
    if form is not CodebookForm.human:
        emit_form(chosen, form, asked)
        return
    ensure_taken(form, asked)
    if term is None:
        say(f"{chosen.title}, version {chosen.version}", chosen.description, "")
        for table in chosen.tables.values():
            say(f"{table.name}: {', '.join(table.names)}")
        say("", "Look one up: eventbook codebook TERM")
        return
    hits = look_up(chosen, term)
    if not hits:
        name = nearest_name(chosen, term)
        hint = f"; did you mean {name}?" if name else ""
        say(f"{term}: no entry of {chosen.name} has this name or these words{hint}", err=True)
        raise typer.Exit(1)
    _show(hits, f"eventbook codebook {{}} --all{f' --book {book}' if book else ''}", show_all)


def _show(hits: list[Hit], command: str, show_all: bool) -> None:
    """Print what a look-up found: a few hits in full, many by their names.

    Args:
        hits: the hits.
        command: the command that shows all codes of a list; `{}` is the name of the list.
        show_all: show every hit, and every code of the lists of hits that are shown in full.
    """
    listed: set[str] = set()
    for hit in hits if show_all else hits[:MOST]:
        say(f"{hit.entry.name} ({hit.kind}): {hit.entry.title}")
        if len(hits) > FEW:
            continue
        say(*(f"  {line}" for line in hit.entry.text.split("\n")))
        if hit.codes and hit.codes.of_variables:
            say(f"  Codes: the names of {hit.codes.name}")
        elif hit.codes and hit.codes.name in listed:
            say(f"  Codes: the list {hit.codes.name}, as above")
        elif hit.codes:
            listed.add(hit.codes.name)
            say(*_code_lines(hit.codes, command.format(hit.codes.name), show_all))
        say("")
    if len(hits) > MOST and not show_all:
        say(f"... and {len(hits) - MOST} more; --all shows them")


def _code_lines(codes: CodeList, command: str, show_all: bool) -> Iterator[str]:
    """Yield a line for each code of a list, with its label and definition."""
    number = len(codes.codes)
    yield f"  Codes of the list {codes.name} ({number}):"
    shown = codes.codes if show_all else codes.codes[:MOST_CODES]
    width = max((len(str(code.code)) for code in shown), default=0)
    for code in shown:
        label = f"{code.label}: " if code.label != str(code.code) else ""
        gone = " (deprecated)" if code.deprecated else ""
        yield f"    {code.code!s:{width}}  {label}{code.definition}{gone}"
    if len(shown) < number:
        yield f"    ... and {number - len(shown)} more: {command}"


@codebooks.command()
def init(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE", help="The tables: CSV, Parquet or XLSX.")
    ],
    name: Annotated[
        str | None, typer.Option(help="The short name of the codebook; by default the file's.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Its folder, which is made; by default the name.")
    ] = None,
) -> None:
    """Make a first codebook from existing tables.

    Types, codes, bounds, keys and ways of writing missing are those that the cells show; a person
    corrects them, describes what says "To be described.", and writes rules. The exit status is 0,
    or 2 if no codebook was made.

    Example: eventbook init strikes.csv employers.csv --name strikes
    """
    import re

    from ...validation import check_files
    from ...validation.reports.human import plural, tally
    from ..starter.first_book import make_book

    stem = files[0].name.partition(".")[0]
    name = name or re.sub(r"[^a-z0-9]+", "-", stem.lower()).strip("-") or "book"
    made = make_book(files, out or Path(name), name)
    for table in made.tables:
        key = f", key {' and '.join(table.key)}" if table.key else ""
        say(
            f"{table.path}: table {table.name}, {plural(len(table.columns), 'variable', 'variables')}{key}"
        )
    for key in made.keys:
        say(f"key: {key.table}.{key.column} to {key.target}.{key.target_column}")
    say(*(f"note: {note}" for note in made.notes))
    checked = [made.folder / f"{t.name}.csv" if t.renamed else t.path for t in made.tables]
    report = check_files(checked, made.folder)
    words = " ".join(map(str, checked))
    say(f"eventbook check {words} --book {made.folder}: {tally(report)}")
    say(
        f'next: describe what says "To be described." in {made.folder}; eventbook check --book '
        f"{made.folder}; eventbook new package DIR --book {made.folder}"
    )
    raise typer.Exit(report.status(False))
