"""The codebook on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .output import in_language, say

codebooks = typer.Typer()

FEW = 5
"""Up to so many hits are shown in full."""
MOST = 40
"""How many hits are listed."""


@codebooks.command()
def codebook(
    term: Annotated[
        str | None,
        typer.Argument(
            metavar="TERM", help="A variable, code, rule or finding, or words to search for."
        ),
    ] = None,
    book: Annotated[
        str | None,
        typer.Option(help="The codebook, by name or folder; by default that of this package."),
    ] = None,
    lang: Annotated[
        str | None, typer.Option(help="A further language of the codebook, as nb or fr.")
    ] = None,
) -> None:
    """Look up a variable, code, rule or finding.

    Words that are none of these are searched for in the whole codebook. The exit status is 1 if no
    entry was found.

    Example: eventbook codebook fatalities-order
    """
    from ...codebook import load
    from ...codebook.nearest import nearest
    from ...codebook.pages import entries, look_up
    from ...validation.location import find_book, own_book

    chosen = in_language(find_book(book) if book else own_book() or load(), lang)
    if term is None:
        say(f"{chosen.title}, version {chosen.version}", chosen.description, "")
        for table in chosen.tables.values():
            say(f"{table.name}: {', '.join(table.names)}")
        say("", "Look one up: eventbook codebook TERM")
        return
    hits = look_up(chosen, term)
    if not hits:
        best = nearest(term, [entry.name for entry in entries(chosen)])
        hint = f"; did you mean {best}?" if best else ""
        say(f"{term}: no entry of {chosen.name} has this name or these words{hint}", err=True)
        raise typer.Exit(1)
    for entry in hits[:MOST]:
        say(f"{entry.name} ({entry.kind}): {entry.title}")
        if len(hits) <= FEW:
            say(*(f"  {line}" for line in entry.text.split("\n")), "")
    if len(hits) > MOST:
        say(f"... and {len(hits) - MOST} more")


@codebooks.command()
def init(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="The tables: CSV, Parquet or XLSX.")
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
