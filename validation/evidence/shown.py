"""Text as a person sees it, and where each of its characters is in the original.

The same words have several spellings in code points: composed (NFC) or decomposed (NFD) letters,
three kinds of line ends, signs that nobody sees. Copying, typing and spreadsheets change one into
another, so words are compared as they are displayed.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

INVISIBLE = (
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f"  # controls but tab and line ends
    "\u00ad\u200b-\u200d\u2060-\u2064\ufeff"  # where lines break, letters join, files begin
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # the direction of writing
)
"""The signs that are not displayed, as the inside of a character class."""
LINE_END = r"\r\n?|[\n\x85\u2028\u2029]"
MAY_DIFFER = "[^\t\n -~\u00a0-\u00ac\u00ae-\u02ff\u2010-\u2027\u2030-\u205e]"
"""A sign that may be displayed as another; text without any is displayed as it is. Most of these
signs are, too: telling them apart takes longer, and only other alphabets need it."""


@dataclass(frozen=True)
class ShownText:
    """A text as displayed, in pieces.

    A piece is a stretch of the original that is displayed as it is, or a few signs that are
    displayed as others. The positions of both texts are code points from 0; `shown_at` and
    `original_at` have one more element, the ends of the texts.
    """

    text: str
    shown_at: tuple[int, ...]
    original_at: tuple[int, ...]
    as_it_is: tuple[bool, ...]

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Return where the displayed characters from `start` to `end` are in the original."""
        return self._position(start, after=False), self._position(end - 1, after=True)

    def _position(self, shown: int, *, after: bool) -> int:
        """Return the original position of a displayed character, or the first one after it."""
        piece = bisect_right(self.shown_at, shown, hi=len(self.as_it_is)) - 1
        if self.as_it_is[piece]:
            return self.original_at[piece] + shown - self.shown_at[piece] + after
        return self.original_at[piece + after]


def shown_text(text: str) -> ShownText:
    """Return a text in NFC, with line feeds at line ends, without the signs that nobody sees."""
    parts: list[str] = []
    shown_at, original_at, as_it_is = [], [], []
    length = 0
    for start, end, new in _pieces(text):
        part = text[start:end] if new is None else new
        parts.append(part)
        shown_at.append(length)
        original_at.append(start)
        as_it_is.append(new is None)
        length += len(part)
    return ShownText(
        "".join(parts), (*shown_at, length), (*original_at, len(text)), tuple(as_it_is)
    )


def as_shown(text: str) -> str:
    """Return a text as it is displayed."""
    return shown_text(text).text if re.search(MAY_DIFFER, text) else text


def _pieces(text: str) -> Iterator[tuple[int, int, str | None]]:
    """Yield the pieces of a text: from where to where, and what is displayed if it is other."""
    before = 0
    changing, cluster = _patterns()
    for stretch in changing.finditer(text):
        # A mark belongs to the letter before it.
        start = max(before, stretch.start() - 1)
        for match in cluster.finditer(text, start, stretch.end()):
            new = _displayed(match.group())
            if new != match.group():
                if before < match.start():
                    yield before, match.start(), None
                yield match.start(), match.end(), new
                before = match.end()
    if before < len(text):
        yield before, len(text), None


def _displayed(part: str) -> str:
    line_ends = re.sub(LINE_END, "\n", part)
    return unicodedata.normalize("NFC", re.sub(f"[{INVISIBLE}]", "", line_ends))


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return a pattern of stretches that may be displayed as others, and of the clusters in one.

    A cluster is a letter with its marks, also across signs that nobody sees. Marks are the signs
    with a combining class, the second ones of Unicode's compositions, and the jamo of Hangul's
    syllables, which are composed by arithmetic.
    """
    marks, alone = set(range(0x1161, 0x1176)) | set(range(0x11A8, 0x11C3)), set()
    for code in range(0x300, 0x2FA20):
        sign = chr(code)
        if unicodedata.combining(sign):
            marks.add(code)
        decomposed = unicodedata.decomposition(sign)
        if decomposed and decomposed[0] != "<":
            first, *others = (int(part, 16) for part in decomposed.split())
            marks.update(others)
            if unicodedata.combining(chr(first)):
                marks.add(code)
            if unicodedata.normalize("NFC", sign) != sign:
                alone.add(code)
    # One range for all beyond the first plane: single signs there are slow to search.
    near = "".join(_escaped(code) for code in sorted(marks | alone) if code < 0x10000)
    changing = f"[{near}\U00010000-\U0010ffff{INVISIBLE}\r\x85\u2028\u2029]"
    following = f"[{near}\U00010000-\U0010ffff{INVISIBLE}\n]*"
    mark = "".join(map(_escaped, sorted(marks)))
    with_marks = f"(?:[{INVISIBLE}]*[{mark}])"
    cluster = f"{LINE_END}|[^{mark}{INVISIBLE}]{with_marks}*|{with_marks}+|[{INVISIBLE}]+"
    return re.compile(changing + following), re.compile(cluster)


def _escaped(code: int) -> str:
    return f"\\U{code:08x}"
