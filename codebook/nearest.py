"""Find the most similar of the allowed words, for every "did you mean"."""

from __future__ import annotations

from collections.abc import Iterable

CLOSE = 60
"""The minimum similarity, from 0 to 100, of a suggestion."""


def nearest(word: str, choices: Iterable[str], close: float = CLOSE) -> str | None:
    """Return the choice that is most similar to a word, or None if none is close.

    Only letters and digits are compared, ignoring case. A number has no similar one: 12 is not a
    misspelling of 2.

    Args:
        word: the word as written.
        choices: the allowed words.
        close: the minimum similarity of a suggestion, from 0 to 100.
    """
    from rapidfuzz import fuzz, process, utils

    if not any(character.isalpha() for character in word):
        return None
    best = process.extractOne(
        word, list(choices), scorer=fuzz.ratio, processor=utils.default_process, score_cutoff=close
    )
    return best[0] if best else None
