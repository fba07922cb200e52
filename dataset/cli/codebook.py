"""The codebook on the command line."""

from __future__ import annotations

from typing import Annotated

import typer

from .output import say

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

    chosen = find_book(book) if book else own_book() or load()
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
