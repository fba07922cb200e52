"""Codes of the books that the code itself sets or acts on; everything else is only in the books."""

from __future__ import annotations

from enum import StrEnum


class Decision(StrEnum):
    """What an adjudicator decides on a unit, or on a value of it."""

    ONE = "one"
    APART = "apart"
    KEEP = "keep"
    DROP = "drop"
    FIRST = "first"
    SECOND = "second"
    OTHER = "other"


class Rights(StrEnum):
    """The terms of a document of which nothing is known."""

    UNKNOWN = "unknown"


class Basis(StrEnum):
    """How a value follows from the words: they state it, or it is inferred from them."""

    STATED = "stated"
    INFERRED = "inferred"
