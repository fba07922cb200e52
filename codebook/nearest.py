"""Find the allowed word that is meant: the most similar one, or one that is certainly the same."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

CLOSE = 60
"""The minimum similarity, from 0 to 100, of a suggestion."""
MOST_TRIED = 5
"""How many of the most similar words are compared word by word."""


def nearest(word: str, choices: Iterable[str], close: float = CLOSE) -> str | None:
    """Return the choice that is most similar to a word, or None if none is close.

    Only letters and digits are compared, ignoring case. A number has no similar one: 12 is not a
    misspelling of 2. Where both have several words, as `syria-military` and `russia-military`, each
    word is similar: what they share would hide that the other word is another.

    Args:
        word: the word as written.
        choices: the allowed words.
        close: the minimum similarity of a suggestion, from 0 to 100.
    """
    from rapidfuzz import fuzz, process, utils

    if not any(character.isalpha() for character in word):
        return None
    best = process.extract(
        word,
        list(choices),
        scorer=fuzz.ratio,
        processor=utils.default_process,
        score_cutoff=close,
        limit=MOST_TRIED,
    )
    return next((choice for choice, _, _ in best if _word_by_word(word, choice, close)), None)


def _word_by_word(word: str, choice: str, close: float) -> bool:
    """Return whether each word of the one is similar to that of the other, if they have as many."""
    from rapidfuzz import fuzz

    ours, theirs = (re.findall(r"[^\W_]+", text.casefold()) for text in (word, choice))
    if len(ours) != len(theirs):
        return True
    pairs = zip(ours, theirs, strict=True)
    return all(our.isdigit() or fuzz.ratio(our, their) >= close for our, their in pairs)


def same_word(word: str, choices: Mapping[str, str]) -> str | None:
    """Return what a word is certain to mean: it is one of the choices in other capitals or blanks.

    Args:
        word: the word as written.
        choices: what each spelling means; one that means several things is none of them.
    """
    if word in choices:
        return choices[word]
    wanted = folded_word(word)
    meant = {value for choice, value in choices.items() if folded_word(choice) == wanted}
    return meant.pop() if len(meant) == 1 and wanted else None


def folded_word(word: str) -> str:
    """Return a word without differences of capitals, blanks and underscores."""
    return " ".join(word.replace("_", " ").casefold().split())
