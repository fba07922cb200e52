"""Source documents: their text, and where each paragraph begins and ends."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from ...codebook import Book
from ..errors import InputError
from ..files.inside import read_plain
from ..reading.source import Source
from .folded import folded_text
from .shown import INVISIBLE, ShownText, shown_text

DOCUMENTS = "seeds/documents"
PARAGRAPH = re.compile(rf"[^\s{INVISIBLE}](?:[^\r\n]++|(?:\r\n?|\n)(?![^\S\r\n]*+(?:\r|\n|\Z)))*+")
"""A block between blank lines, from its first visible sign on; lines end with CR, LF or both.

No line is tried twice: what else it could be is not kept, which would take memory for each line.
"""


@dataclass(frozen=True)
class Document:
    """A source document: its text, and where each paragraph begins and ends."""

    text: str
    paragraphs: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, data: bytes) -> Document:
        """Return a document from its bytes."""
        text = data.decode("utf-8")
        return cls(text, tuple(m.span() for m in PARAGRAPH.finditer(text)))

    @cached_property
    def shown(self) -> ShownText:
        """The text as it is displayed."""
        return shown_text(self.text)

    @cached_property
    def folded(self) -> ShownText:
        """The displayed text without differences that copying makes."""
        return folded_text(self.shown.text)

    @cached_property
    def _beginnings(self) -> list[int]:
        """Where each paragraph begins."""
        return [begins for begins, _ in self.paragraphs]

    def paragraph(self, start: int) -> int | None:
        """Return the number of the paragraph at a position."""
        number = bisect_right(self._beginnings, start)
        return number if number and start < self.paragraphs[number - 1][1] else None


def read_documents(
    root: Path, book: Book, source: Source | None, only: Collection[str] | None = None
) -> dict[str, Document]:
    """Return the readable documents of a package by their ids.

    Args:
        root: the package folder.
        book: its codebook.
        source: its table of documents as read; None if the book has none.
        only: the ids of the documents that are wanted; all if left out.
    """
    found: dict[str, Document] = {}
    key, file = book.evidence.document_id, book.evidence.document.file
    if source is None or source.frame is None or not {key, file} <= set(source.frame.columns):
        return found
    for row in source.frame.iter_rows(named=True):
        if only is not None and row[key] not in only:
            continue
        try:
            data = read_plain(root / DOCUMENTS, row[file] or "")
            found[row[key]] = Document.of(data)
        except (InputError, OSError, UnicodeDecodeError):
            continue  # the check reports what is wrong with it
    return found
