"""A varied codebook as a coding was made with it: its record, and its codes mapped back.

`eventbook codebook --vary` writes the record, `variation.json`, beside the varied book.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any

from ..errors import InputError, one_line

VARIATION = "variation.json"
FORM = 1
"""The version of the form of the record."""


class VariationKind(StrEnum):
    """What of a codebook is varied.

    `NAMES`: codes have neutral names. `ORDER`: codes are listed in another order. `DEFINITIONS`:
    the definitions of a list go round among its names. `SWAP`: they are exchanged in pairs.
    """

    NAMES = "names"
    ORDER = "order"
    DEFINITIONS = "definitions"
    SWAP = "swap"


@dataclass(frozen=True)
class Variation:
    """How a varied book differs from the one that it was made from.

    `lists` has for each varied list the codes of the varied book, each with the code of the
    original book whose definition it carries. `sha256` is the hash of the original book's files.
    """

    kind: VariationKind
    seed: int
    varied_name: str
    book: str
    version: str
    sha256: str
    lists: Mapping[str, Mapping[str, str]]

    @cached_property
    def names(self) -> Mapping[str, Mapping[str, str]]:
        """For each varied list the codes of the original book, with their varied codes."""
        return {
            name: {original: varied for varied, original in codes.items()}
            for name, codes in self.lists.items()
        }


def variation_text(variation: Variation) -> str:
    """Return the text of `variation.json`."""
    return (
        json.dumps({"version": FORM, **as_record(variation)}, ensure_ascii=False, indent=2) + "\n"
    )


def as_record(variation: Variation) -> dict[str, Any]:
    """Return a variation as plain values."""
    return {
        "kind": variation.kind.value,
        "seed": variation.seed,
        "name": variation.varied_name,
        "book": {
            "name": variation.book,
            "version": variation.version,
            "sha256": variation.sha256,
        },
        "lists": {name: dict(codes) for name, codes in variation.lists.items()},
    }


def variation_of(record: Any) -> Variation:
    """Return a variation from plain values.

    Raises:
        ValueError: they do not have the form of a record, or two codes are mapped to one.
    """
    try:
        book = record["book"]
        lists = {
            str(name): {str(varied): str(original) for varied, original in codes.items()}
            for name, codes in record["lists"].items()
        }
        kind = str(record["kind"])
        if kind not in list(VariationKind):
            raise ValueError(f"kind {kind!r}: expected one of {', '.join(VariationKind)}")
        variation = Variation(
            VariationKind(kind),
            int(record["seed"]),
            str(record["name"]),
            str(book["name"]),
            str(book["version"]),
            str(book["sha256"]),
            lists,
        )
    except KeyError as error:
        raise ValueError(f"the key {error} is missing") from None
    except (TypeError, AttributeError) as error:
        raise ValueError(str(error)) from None
    for name, codes in lists.items():
        if len(set(codes.values())) < len(codes):
            raise ValueError(f"in the list {name} two codes are mapped to one")
    return variation


def read_variation(path: Path) -> Variation:
    """Read the record of a varied book, given its folder or the record itself.

    Raises:
        InputError: there is none, or it cannot be read.
    """
    file = path / VARIATION if path.is_dir() else path
    if not file.is_file():
        raise InputError(
            f"{file}: no such file; make a varied book with eventbook codebook --vary KIND"
        )
    try:
        return variation_of(json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, RecursionError) as error:
        reason = one_line(error)
        raise InputError(f"{file}: not readable as the record of a variation: {reason}") from None
