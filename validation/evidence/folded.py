"""Text without the differences that programs make when words are copied: signs, blanks, capitals."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .shown import ShownText

FOLDED = {
    **dict.fromkeys("‘’‚‛′`´ʼ＇", "'"),
    **dict.fromkeys("“”„‟″«»＂", '"'),
    **dict.fromkeys("‐‑‒–—―−﹣－", "-"),
    "…": "...",
}
"""Characters treated as equal when a quote is searched; so are spaces of every kind."""
LONGER_OR_SHORTER = re.compile(r"\s{2,}|…|İ")
"""What is folded into more or fewer characters than it has."""
# A capital sigma is one small letter, whether it ends a word or not.
ONE_FOR_ONE = str.maketrans(
    {sign: new for sign, new in FOLDED.items() if len(new) == 1}
    | {sign: " " for sign in map(chr, range(0x3001)) if sign.isspace()}
    | {"Σ": "σ"}
)


def folded_text(text: str) -> ShownText:
    """Return a text with its characters folded, each run of blanks being one."""
    return ShownText.of(text, _pieces(text))


def _pieces(text: str) -> Iterator[tuple[int, int, str, bool]]:
    before = 0
    for match in LONGER_OR_SHORTER.finditer(text):
        start, end = match.span()
        if before < start:
            yield before, start, _one_for_one(text[before:start]), True
        sign = match.group()
        yield start, end, " " if sign.isspace() else FOLDED.get(sign, sign).lower(), False
        before = end
    if before < len(text):
        yield before, len(text), _one_for_one(text[before:]), True


def _one_for_one(part: str) -> str:
    return part.translate(ONE_FOR_ONE).lower()
