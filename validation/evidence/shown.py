"""Text as a person sees it, and where each of its characters is in the original.

The same words have several spellings in code points: composed (NFC) or decomposed (NFD) letters,
three kinds of line ends, signs that nobody sees. Copying, typing and spreadsheets change one into
another, so words are compared as they are displayed.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from io import StringIO

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
LINE_ENDS, INVISIBLE_SIGNS = re.compile(LINE_END), re.compile(f"[{INVISIBLE}]")
NEVER_AS_IT_IS = re.compile(f"[{INVISIBLE}\r\x85\u2028\u2029]")
BLOCK = 50_000
"""Characters of a text, and the rest of a line, that are looked at together."""
OFTEN = 8
"""Characters of a cluster up to which it is one that may come again."""


@dataclass(frozen=True)
class ShownText:
    """A text as displayed, in pieces.

    A piece is a stretch of the original that is displayed sign for sign, or a few signs that are
    displayed as others. The positions of both texts are code points from 0; `shown_at` and
    `original_at` have one more element, the ends of the texts.
    """

    text: str
    shown_at: Sequence[int]
    original_at: Sequence[int]
    sign_for_sign: Sequence[int]

    @classmethod
    def of(cls, text: str, pieces: Iterable[tuple[int, int, str, bool]]) -> ShownText:
        """Return a text as displayed.

        Args:
            text: the original.
            pieces: from where to where each piece is, what is displayed, and whether that is sign
                for sign; in order, and without gaps.
        """
        parts = StringIO(newline="")
        shown_at, original_at, sign_for_sign = array("q"), array("q"), bytearray()
        for start, _, part, same in pieces:
            shown_at.append(parts.tell())
            original_at.append(start)
            sign_for_sign.append(same)
            parts.write(part)
        shown_at.append(parts.tell())
        original_at.append(len(text))
        shown = parts.getvalue()
        # A text of which nothing changes is held, and compared, once.
        return cls(text if shown == text else shown, shown_at, original_at, sign_for_sign)

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Return where the displayed characters from `start` to `end` are in the original."""
        return self._position(start, after=False), self._position(end - 1, after=True)

    def _position(self, shown: int, *, after: bool) -> int:
        """Return the original position of a displayed character, or the first one after it."""
        piece = bisect_right(self.shown_at, shown, hi=len(self.sign_for_sign)) - 1
        if self.sign_for_sign[piece]:
            return self.original_at[piece] + shown - self.shown_at[piece] + after
        return self.original_at[piece + after]

    def length(self, start: int, end: int) -> int:
        """Return how many signs are displayed, at least, of the original from `start` to `end`.

        A piece that is there in part may be displayed as nothing. Of positions that are none, such
        as negative ones, nothing is known, and 0 is returned.
        """
        if not 0 <= start < end:
            return 0
        end = min(end, self.original_at[-1])
        return max(0, self._shown(end, after=False) - self._shown(start, after=True))

    def _shown(self, original: int, *, after: bool) -> int:
        """Return where the signs before an original position end, or those from it on begin."""
        piece = bisect_right(self.original_at, original) - 1
        if piece == len(self.sign_for_sign):
            return self.shown_at[piece]
        inside = original - self.original_at[piece]
        if self.sign_for_sign[piece]:
            return self.shown_at[piece] + inside
        return self.shown_at[piece + (after and inside > 0)]


def shown_text(text: str) -> ShownText:
    """Return a text in NFC, with line feeds at line ends, without the signs that nobody sees."""
    return ShownText.of(
        text,
        (
            (start, end, text[start:end] if new is None else new, new is None)
            for start, end, new in _pieces(text)
        ),
    )


def as_shown(text: str) -> str:
    """Return a text as it is displayed."""
    return shown_text(text).text if re.search(MAY_DIFFER, text) else text


def _pieces(text: str) -> Iterator[tuple[int, int, str | None]]:
    """Yield the pieces of a text: from where to where, and what is displayed if it is other."""
    before = 0
    for stretch in _stretches(text):
        # A mark belongs to the letter before it.
        start = max(before, stretch.start() - 1)
        for match in _patterns()[1].finditer(text, start, stretch.end()):
            part = match.group()
            new = _displayed_often(part) if len(part) <= OFTEN else _displayed(part)
            if new != part:
                if before < match.start():
                    yield before, match.start(), None
                yield match.start(), match.end(), new
                before = match.end()
    if before < len(text):
        yield before, len(text), None


def _stretches(text: str) -> Iterator[re.Match[str]]:
    """Yield the stretches of a text that may be displayed as others.

    Blocks that are displayed as they are need no closer look. No cluster goes beyond the line feed
    with which a block ends.
    """
    start = 0
    while start < len(text):
        end = text.find("\n", start + BLOCK) + 1 or len(text)
        block = text[start:end]
        if NEVER_AS_IT_IS.search(block) or not unicodedata.is_normalized("NFC", block):
            yield from _patterns()[0].finditer(text, start, end)
        start = end


def _displayed(part: str) -> str:
    line_ends = LINE_ENDS.sub("\n", part)
    return unicodedata.normalize("NFC", INVISIBLE_SIGNS.sub("", line_ends))


# A text has a few clusters many times.
_displayed_often = lru_cache(maxsize=10_000)(_displayed)


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
