"""Machine coders: what is recorded of a program that coded, and the kinds of its faults.

A machine is a coder like others, blind and filed, but it is no person: whoever reads how far it
agrees with people must know which program it was, how it was set, and what it was told to do.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ...codebook.printable import printable_line
from ..errors import InputError
from ..files.hashing import sha256_of_file

HASH = re.compile(r"[0-9a-f]{64}")
SETTING = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,99}")
LONGEST_TEXT = 500
"""The most characters of a name, a version, or the value of a setting."""

FAULTS: Mapping[str, str] = {
    "quote-found": "invented-quotes",
    "quote-differs": "altered-quotes",
    "quote-elsewhere": "misplaced-quotes",
    "quote-paragraph": "misplaced-quotes",
    "quote-several": "misplaced-quotes",
    "evidence-without-value": "idle-quotes",
    "variable-of-no-row": "idle-quotes",
    "words-in-quote": "words-in-no-quote",
    "value-without-evidence": "values-without-quotes",
    "code": "unknown-codes",
    "foreign-key": "unknown-ids",
    "retired-id": "unknown-ids",
    "claimed-value": "wrong-claims",
    "type": "wrong-form",
    "pattern": "wrong-form",
    "minimum": "wrong-form",
    "maximum": "wrong-form",
    "max-length": "wrong-form",
    "looks-missing": "wrong-form",
    "required": "missing-values",
    "primary-key": "repeated-rows",
    "unique": "repeated-rows",
    "derived-differs": "contradictions",
    "cycle": "contradictions",
    "paragraph-accounted": "unread-paragraphs",
    "coding-form": "wrong-structure",
    "coding-name": "unknown-ids",
}
"""The kinds of faults, by the findings that a check reports of them."""
BROKEN_RULES = "broken-rules"
"""The kind of the findings that are rules of a book."""
KINDS_OF_FAULTS: Mapping[str, str] = {
    "invented-quotes": "quotes that are not in their document",
    "altered-quotes": "quotes whose words differ from those of the document",
    "misplaced-quotes": "quotes that are not where they are said to be, or whose place is not clear",
    "idle-quotes": "quotes for values that are not coded",
    "words-in-no-quote": "words of a document that are in none of the quotes",
    "values-without-quotes": "values without quotes",
    "unknown-codes": "codes that do not exist",
    "unknown-ids": "ids and names that do not exist, or were withdrawn",
    "wrong-claims": "claimed values that are no values of their variable",
    "wrong-form": "numbers, days and texts of the wrong form",
    "missing-values": "required values that are missing",
    "repeated-rows": "rows that are there twice",
    "contradictions": "values that contradict what they follow from",
    "unread-paragraphs": "paragraphs that are neither coded nor passed over, or both",
    "wrong-structure": "keys and types of values that a coding as JSON does not have",
    BROKEN_RULES: "rules of the codebook that rows break",
}
"""What each kind of fault is, in words."""
OF_QUOTES = frozenset({"invented-quotes", "altered-quotes", "misplaced-quotes", "idle-quotes"})
"""The kinds that are counted among quotes."""
OF_ROWS = frozenset({"repeated-rows", "unread-paragraphs", "wrong-structure", BROKEN_RULES})
"""The kinds that are neither about a quote nor about one value; the others are counted among values."""


@dataclass(frozen=True)
class Machine:
    """A program that coded.

    `settings` are pairs of a name and a text, in the order of the names; `instructions` is the
    SHA-256 of the instructions that it was given, empty if it was given none.
    """

    name: str
    version: str
    settings: tuple[tuple[str, str], ...] = ()
    instructions: str = ""


@dataclass(frozen=True)
class Delivered:
    """What a machine delivered, counted before anything was taken out of it.

    `values` are the judged values, `quotes` the quotes; `faults` counts what was wrong, by kind.
    `incomplete` are the errors that what was filed still has: cells that are empty and must not
    be, rules that rows break.
    """

    values: int
    quotes: int
    faults: Mapping[str, int]
    incomplete: int = 0


def machine_of(
    name: str | None,
    version: str | None = None,
    settings: Iterable[str] = (),
    instructions: str | None = None,
) -> Machine | None:
    """Return the machine that a person describes; None if nothing is said of one.

    Args:
        name: what the program is called.
        version: its version.
        settings: each as `name=value`.
        instructions: the file of the instructions that it was given, or the SHA-256 of them.

    Raises:
        InputError: only a part is given, a setting has another form or comes twice, a text cannot
            be recorded, or the file cannot be read.
    """
    settings = list(settings)
    if name is None:
        given = {
            "--machine-version": version,
            "--setting": settings,
            "--instructions": instructions,
        }
        if lone := next((option for option, value in given.items() if value), None):
            raise InputError(f"{lone}: is about a machine that coded; name it with --machine")
        return None
    if not version:
        raise InputError("--machine: needs --machine-version: another version is another coder")
    return Machine(
        _plain("--machine", name),
        _plain("--machine-version", version),
        settings_of(settings),
        _hash_of(instructions) if instructions else "",
    )


def settings_of(texts: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Return settings that are given as `name=value`, in the order of their names.

    Raises:
        InputError: a text is no such pair, or a name comes twice.
    """
    found: dict[str, str] = {}
    for text in texts:
        name, sign, value = (part.strip() for part in text.partition("="))
        if not sign or not SETTING.fullmatch(name):
            raise InputError(f"--setting {text!r}: expected a name and a value, as temperature=0")
        if name in found:
            raise InputError(f"--setting {text!r}: {name} is given twice")
        found[name] = _plain(f"--setting {name}", value)
    return tuple(sorted(found.items()))


def _plain(option: str, text: str) -> str:
    """Return a text that can be recorded: one line, not empty, not long.

    Raises:
        InputError: it cannot.
    """
    text = text.strip()
    if not text or len(text) > LONGEST_TEXT or printable_line(text) != text:
        raise InputError(
            f"{option} {text[:80]!r}: expected a text of one line, of 1 to {LONGEST_TEXT} characters"
        )
    return text


def _hash_of(instructions: str) -> str:
    """Return the SHA-256 of the instructions, given as a file or as that hash.

    Raises:
        InputError: it is neither.
    """
    if HASH.fullmatch(instructions.lower()):
        return instructions.lower()
    path = Path(instructions)
    if not path.is_file():
        raise InputError(
            f"--instructions {instructions}: no such file, and no SHA-256 of 64 digits either"
        )
    try:
        return sha256_of_file(path)
    except OSError as error:
        raise InputError(f"--instructions {instructions}: {error.strerror or error}") from None


def in_order(faults: Mapping[str, int]) -> dict[str, int]:
    """Return counts of faults in the order of the kinds, without those that did not occur."""
    return {kind: faults[kind] for kind in KINDS_OF_FAULTS if faults.get(kind)}


def faults_in_words(delivered: Delivered) -> list[str]:
    """Return a line for each kind of fault, with how many of what there were."""
    return [
        f"{kind}: {count}{among(delivered, kind)} ({KINDS_OF_FAULTS[kind]})"
        for kind, count in in_order(delivered.faults).items()
    ]


def among(delivered: Delivered, kind: str) -> str:
    """Return among how many quotes or values a kind of fault is counted, as words that follow it."""
    if kind in OF_QUOTES:
        return f" of {delivered.quotes} quotes"
    return "" if kind in OF_ROWS else f" of {delivered.values} values"


def together(parts: Iterable[Delivered]) -> Delivered:
    """Return what several filings delivered, as one."""
    parts = list(parts)
    faults: dict[str, int] = {}
    for part in parts:
        for kind, count in part.faults.items():
            faults[kind] = faults.get(kind, 0) + count
    return Delivered(
        sum(part.values for part in parts),
        sum(part.quotes for part in parts),
        in_order(faults),
        sum(part.incomplete for part in parts),
    )
