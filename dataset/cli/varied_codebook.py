"""A codebook with other names, order or definitions of codes, from the command line."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path

from .output import say


class Vary(StrEnum):
    """What of a codebook is varied; here without the imports that the kinds themselves need."""

    names = "names"
    order = "order"
    definitions = "definitions"
    swap = "swap"


def vary_codebook(
    book: str | None, kind: Vary, seed: int, lists: Sequence[str], out: Path | None
) -> None:
    """Write a varied codebook, and say what of it differs."""
    from ...codebook import HUB
    from ...validation.coding.variation import VariationKind
    from ...validation.errors import InputError
    from ...validation.location import book_folder, own_book
    from ...validation.reports.human import plural
    from ..variation.vary import write_varied_book

    if out is None:
        raise InputError("--vary needs --out DIR")
    own = None if book else own_book()
    folder = own.folder if own is not None and own.folder else book_folder(book or HUB)
    made = write_varied_book(folder, VariationKind(kind.value), seed, lists, out)
    for name, codes in made.variation.lists.items():
        say(f"varied by {kind.value}: {name}, {plural(len(codes), 'code', 'codes')}")
    say(*(f"note: {note}" for note in made.notes))
    say(
        f"{out}: the codebook {made.variation.varied_name}; {out / 'variation.json'} is the key to it"
    )
    say(f"next: code with it, without the key; eventbook import FILE --variation {out} --dry-run")
