"""What the codes of varied lists are called: new names, or those of other codes; drawn by a seed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

from ...codebook import Book, CodeList
from ...validation.coding.variation import VariationKind

Drawn = TypeVar("Drawn")
PREFIX = "code-"
"""How the neutral name of a code begins; a number follows."""


@dataclass(frozen=True)
class NewName:
    """What a code is called in the varied book; `labels` has the label in each further language."""

    code: str
    label: str
    labels: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True)
class Renaming:
    """The new name of each code of each varied list."""

    lists: Mapping[str, Mapping[str, NewName]]

    @cached_property
    def codes(self) -> dict[str, dict[str, str]]:
        """For each varied list its codes, with the new ones."""
        return {
            name: {code: new.code for code, new in names.items()}
            for name, names in self.lists.items()
        }


def renaming_of(book: Book, kind: VariationKind, seed: int, names: Sequence[str]) -> Renaming:
    """Return the names of the codes of lists in a varied book; where the order varies, none changes.

    Args:
        book: the book.
        kind: the kind of variation.
        seed: what the draw depends on; the same seed gives the same names on every machine.
        names: the lists.
    """
    lists = [book.code_lists[name] for name in names]
    if kind is VariationKind.ORDER:
        return Renaming({})
    if kind is VariationKind.NAMES:
        return Renaming(_neutral(book, seed, lists))
    exchange = _round if kind is VariationKind.DEFINITIONS else _in_pairs
    return Renaming({codes.name: _exchanged(codes, exchange(seed, codes)) for codes in lists})


def shuffled(seed: int, codes: CodeList) -> tuple[str | int, ...]:
    """Return the codes of a list in another order."""
    order = drawn(seed, codes.name, codes.values)
    return (*order[1:], order[0]) if tuple(order) == codes.values else tuple(order)


def drawn(seed: int, salt: str, items: Iterable[Drawn]) -> list[Drawn]:
    """Return items in an order that follows from the seed alone, not from a library's version."""

    def place(item: Drawn) -> bytes:
        return hashlib.sha256(f"{seed}/{salt}/{item}".encode()).digest()

    return sorted(items, key=place)


def _neutral(book: Book, seed: int, lists: Sequence[CodeList]) -> dict[str, dict[str, NewName]]:
    """Return neutral names: one for each different code, so that lists that share one still do."""
    texts = dict.fromkeys(str(code.code) for codes in lists for code in codes.codes)
    taken = {str(value) for codes in book.code_lists.values() for value in codes.values}
    digits = max(2, len(str(2 * len(texts))))
    numbers = range(10 ** (digits - 1), 10**digits)
    free = [name for n in numbers if (name := f"{PREFIX}{n}") not in taken]
    names = dict(zip(texts, drawn(seed, "names", free), strict=False))
    return {
        codes.name: {
            str(code.code): NewName(
                names[str(code.code)],
                names[str(code.code)],
                {
                    language: names[str(code.code)]
                    for language, words in code.translations.items()
                    if "label" in words
                },
            )
            for code in codes.codes
        }
        for codes in lists
    }


def _exchanged(codes: CodeList, new: Mapping[str, str]) -> dict[str, NewName]:
    """Return for each code the names of the one whose place it takes, labels included."""
    by_code = {str(code.code): code for code in codes.codes}

    def name(code: str) -> NewName:
        labels = {n: w["label"] for n, w in by_code[code].translations.items() if "label" in w}
        return NewName(code, by_code[code].label, labels)

    return {code: name(new[code]) for code in by_code}


def _round(seed: int, codes: CodeList) -> dict[str, str]:
    """Return for each code the next one of a drawn circle, so that none keeps its definition."""
    circle = drawn(seed, codes.name, map(str, codes.values))
    return dict(zip(circle, (*circle[1:], circle[0]), strict=True))


def _in_pairs(seed: int, codes: CodeList) -> dict[str, str]:
    """Return for each code the other one of its pair; one of an odd number stays what it is."""
    order = drawn(seed, codes.name, map(str, codes.values))
    pairs = list(zip(order[::2], order[1::2], strict=False))
    other = {**dict(pairs), **{second: first for first, second in pairs}}
    return {code: other.get(code, code) for code in order}
