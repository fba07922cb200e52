"""`eventbook new`: what people start from."""

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
    help="Make another dataset package: eventbook new DIR.",
)


@new.callback()
def group() -> None:
    """Make another dataset package: eventbook new DIR."""


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
    from .new_package import Answers, new_package

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
