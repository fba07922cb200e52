"""The nearest of the allowed words: every "did you mean" comes from here."""

from __future__ import annotations

from collections.abc import Iterable

CLOSE = 60
"""The similarity, from 0 to 100, from which on a word is worth suggesting."""


def nearest(word: str, choices: Iterable[str], close: float = CLOSE) -> str | None:
    """Return the choice that is most like a word, or None if none is close.

    Letters and digits are compared, whatever their case. A number has no nearest one: 12 is no
    likelier spelling of 2 than any other.

    Args:
        word: what somebody wrote.
        choices: what is allowed.
        close: the similarity that a suggestion needs, from 0 to 100.
    """
    from rapidfuzz import fuzz, process, utils

    if not any(sign.isalpha() for sign in word):
        return None
    best = process.extractOne(
        word, list(choices), scorer=fuzz.ratio, processor=utils.default_process, score_cutoff=close
    )
    return best[0] if best else None
