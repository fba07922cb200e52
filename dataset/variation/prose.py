"""New names of codes in prose: descriptions, rules in words, pages of the guide.

A code or a label can be an ordinary word, too, so not every occurrence is a name. Replaced is

- a text in backticks or in bold, a whole heading, a whole cell of a table below its head, a field of
  CSV or a word in quotation marks in a block of code;
- wherever it occurs as whole words, a text that can only be a name: of several words with a capital,
  or with an underscore or a slash;
- a single word with a capital: wherever it occurs, if the book never has it in small letters; else
  inside a sentence, where the capital says that it is a name, or where it is all of one;
- what follows a colon, if it is only codes to the end of the sentence: `No number: vague or range.`;
- in the description of a variable, each code of its own list.

Words in italics are left, because guides mark the words of documents so, and so is a code that
another list has, too, and that has no new name there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from ...codebook import Book
from .renamings import Renaming

FENCE = re.compile(r"\s*(?:```|~~~)")
BLOCK = re.compile(r"^\s*(?:```|~~~).*?^\s*(?:```|~~~)|`[^`\n]*`", re.M | re.S)
HEAD = re.compile(r"\s*\|?(?:\s*:?-{2,}:?\s*\|)+(?:\s*:?-{2,}:?)?\s*")
"""The line below the head of a table."""
STARTS = re.compile(r"(?:^|[.?!|]|^\s*(?:#+|[-*+]|\d+\.)\s)[\s\"'“„«(*]*$")
"""What is before a word at the start of a sentence, a cell, a heading or an item of a list."""
ALONE = re.compile(r"[*\"'”»)]*(?:[.:]|\s*\||\s*$)")
"""What follows a word at the start of a sentence if it is all of it, or its heading."""
NO_NAMES = re.compile(r"(?!)")


@dataclass(frozen=True)
class Prose:
    """Replaces names of codes in prose; `names` has the new text for each old one.

    `ordinary` are the capitalised words that the book also has in small letters, `left` the names
    that have no new one because it would differ from list to list.
    """

    names: Mapping[str, str]
    ordinary: frozenset[str]
    left: tuple[str, ...]

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return _whole(self.names)

    @cached_property
    def _only_codes(self) -> re.Pattern[str]:
        one = self._pattern.pattern
        if not self.names:
            return NO_NAMES
        return re.compile(rf"(?<=: ){one}(?:(?:, | or | and |, or ){one})*(?=[.;]|\s*\||\s*$)")

    def replaced(self, text: str, own: Mapping[str, str] | None = None) -> str:
        """Return prose with the new names.

        Args:
            text: a sentence, several, or a page in Markdown.
            own: the codes of the variable that the text describes, with the new ones.
        """
        pattern = _whole({**self.names, **own}) if own else self._pattern
        lines, fenced, done = text.split("\n"), False, list[str]()
        for number, line in enumerate(lines):
            if FENCE.match(line):
                fenced = not fenced
            head = number + 1 < len(lines) and bool(HEAD.fullmatch(lines[number + 1]))
            done.append(self._in_line(line, pattern, own or {}, fenced, head))
        return "\n".join(done)

    def _in_line(
        self, line: str, pattern: re.Pattern[str], own: Mapping[str, str], fenced: bool, head: bool
    ) -> str:
        tails = [match.span() for match in self._only_codes.finditer(line)]

        def new(match: re.Match[str]) -> str:
            text, (start, end) = match[0], match.span()
            if text in own:
                return own[text]
            if (
                _marked(line, start, end, fenced, head)
                or any(begin <= start and end <= stop for begin, stop in tails)
                or _only_a_name(text)
                or self._capital_says_so(line, start, end)
            ):
                return self.names[text]
            return text

        return pattern.sub(new, line)

    def _capital_says_so(self, line: str, start: int, end: int) -> bool:
        text, before = line[start:end], line[:start]
        if not text[0].isupper() or (before.endswith("*") and not before.endswith("**")):
            return False
        if text not in self.ordinary or not STARTS.search(before):
            return True
        return bool(ALONE.match(line, end))


def prose_of(book: Book, renaming: Renaming) -> Prose:
    """Return what replaces the names of codes in the prose of a book."""
    images: dict[str, set[str]] = {}
    for names in renaming.lists.values():
        for code, new in names.items():
            images.setdefault(code, set()).add(new.code)
    lists = [codes for codes in book.code_lists.values() if not codes.of_variables]
    for codes in (c for c in lists if c.name not in renaming.lists):
        for value in (str(v) for v in codes.values if str(v) in images):
            images[value].add(value)
    labels: dict[str, set[str]] = {}
    for name, names in renaming.lists.items():
        for code in book.code_lists[name].codes:
            if code.label not in images:
                labels.setdefault(code.label, set()).add(names[str(code.code)].label)
    names = {old: next(iter(new)) for old, new in {**images, **labels}.items() if len(new) == 1}
    kept = {*book.tables, *book.code_lists, *(v for t in book.tables.values() for v in t.names)}
    left = tuple(old for old, new in images.items() if len(new) > 1)
    names = {old: new for old, new in names.items() if old not in kept and old != new}
    words = set(
        re.findall(r"(?<![\w/-])[^\W\d_]+(?![\w/-])", BLOCK.sub(" ", "\n".join(_texts(book))))
    )
    ordinary = frozenset(old for old in names if old[0].isupper() and old.lower() in words)
    return Prose(names, ordinary, left)


def _texts(book: Book) -> Iterator[str]:
    """Yield the prose of a book."""
    yield from (page.text for page in book.guide)
    for codes in book.code_lists.values():
        yield codes.description
        for code in codes.codes:
            yield from (code.definition, code.include, code.exclude)
    for table in book.tables.values():
        yield table.description
        yield from (text for v in table.variables for text in (v.description, v.missing))
    yield from (text for rule in book.rules for text in (rule.says, rule.why))


def _whole(names: Iterable[str]) -> re.Pattern[str]:
    """Return a pattern of names as whole words, of which the longest is found."""
    longest = sorted(names, key=lambda name: (-len(name), name))
    if not longest:
        return NO_NAMES
    return re.compile(rf"(?<![\w/-])(?:{'|'.join(map(re.escape, longest))})(?![\w/-])")


def _only_a_name(text: str) -> bool:
    several = len(text.split()) > 1 and any(letter.isupper() for letter in text)
    return several or "_" in text or ("/" in text and any(letter.isupper() for letter in text))


def _marked(line: str, start: int, end: int, fenced: bool, head: bool) -> bool:
    """Return whether a text in a line is marked as a name by what is around it."""
    before, after = line[:start], line[end:]
    if before.endswith("`") and after.startswith("`"):
        return True
    if before.endswith("**") and after.startswith("**"):
        return True
    if fenced:
        return before[-1:] in ("", ",", '"', "'") and after[:1] in ("", ",", '"', "'")
    if not head and before.rstrip().endswith("|") and after.lstrip().startswith("|"):
        return True
    return bool(re.fullmatch(r"#+\s+", before)) and not after.strip()
