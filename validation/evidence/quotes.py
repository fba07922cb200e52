"""Locate quotes: where the words of a coder occur in a document, and which words are nearest.

A coder types or copies words, and programs change quotation marks, dashes and spaces. Nothing here
changes a quote; it returns where it occurs, or the exact words.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from ...codebook import Book
from ...codebook.roles import QuoteColumns
from ..errors import InputError
from ..findings import Finding
from ..reading.source import LINE, Source
from .documents import Document
from .shown import as_shown

FOLDED = {
    **dict.fromkeys("‘’‚‛′`´ʼ＇", "'"),
    **dict.fromkeys("“”„‟″«»＂", '"'),
    **dict.fromkeys("‐‑‒–—―−﹣－", "-"),
    "…": "...",
}
"""Characters treated as equal when a quote is searched; so are spaces of every kind."""
NEAR = 75
"""The minimum similarity, 0 to 100, of words suggested in place of a quote."""


@dataclass(frozen=True)
class Span:
    """Where words occur in a document: code points from 0, and the paragraph, from 1."""

    start: int
    end: int
    paragraph: int | None


def exact(document: Document, quote: str) -> list[Span]:
    """Return all places where these words are displayed, including overlapping ones.

    Where they occur code point by code point, the span is of exactly these.
    """
    literal = list(_starts(document.text, quote))
    spans = [(start, start + len(quote)) for start in literal]
    if document.shown.text != document.text or as_shown(quote) != quote:
        for start in _starts(document.shown.text, words := as_shown(quote)):
            span = document.shown.original(start, start + len(words))
            # The literal span is wider where the quote begins or ends with a sign nobody sees.
            if not _within(span, spans, bisect_right(literal, span[0]) - 1):
                spans.append(span)
    return [_place(document, *span) for span in sorted(spans)]


def _starts(text: str, words: str) -> Iterator[int]:
    start = text.find(words) if words else -1
    while start >= 0:
        yield start
        start = text.find(words, start + 1)


def _within(span: tuple[int, int], spans: list[tuple[int, int]], number: int) -> bool:
    return number >= 0 and span[1] <= spans[number][1]


def is_at(document: Document, start: int, end: int, quote: str) -> bool:
    """Return whether the words between two offsets are displayed as a quote is."""
    words = document.text[start:end]
    return words == quote or as_shown(words) == as_shown(quote)


def alike(document: Document, quote: str) -> list[Span]:
    """Return the places of words that differ only in quotation marks, dashes, spaces or capitals."""
    words, _ = _folded(as_shown(quote).strip())
    text, at = _folded(document.shown.text)
    return [
        _place(document, *document.shown.original(at[start], at[start + len(words) - 1] + 1))
        for start in _starts(text, words)
    ]


def known_places(document: Document, quote: str) -> list[Span]:
    """Return the places of words that a person says are in a document.

    Raises:
        InputError: they are not; the words that are most like them are named.
    """
    if places := exact(document, quote):
        return places
    close = next((p for p in [*alike(document, quote), nearest_words(document, quote)] if p), None)
    hint = f"; did you mean {document.text[close.start : close.end]!r}?" if close else ""
    raise InputError(f"{quote!r}: the document does not have these words{hint}")


def nearest_words(document: Document, quote: str) -> Span | None:
    """Return the whole words of the document most similar to a quote, if any are similar enough."""
    from rapidfuzz import fuzz

    text, quote = document.shown.text, as_shown(quote)
    hit = fuzz.partial_ratio_alignment(quote, text, score_cutoff=NEAR)
    if hit is None or len(quote) < 4:
        return None
    start, end = hit.dest_start, hit.dest_end
    while start > 0 and text[start - 1].isalnum() and text[start].isalnum():
        start -= 1
    while end < len(text) and text[end].isalnum() and text[end - 1].isalnum():
        end += 1
    inside = text[start:end]
    start += len(inside) - len(inside.lstrip())
    end = start + len(inside.strip())
    return _place(document, *document.shown.original(start, end)) if start < end else None


def _place(document: Document, start: int, end: int) -> Span:
    return Span(start, end, document.paragraph(start))


def _folded(text: str) -> tuple[str, list[int]]:
    """Return a text with its characters folded, and the original position of each of them."""
    signs: list[str] = []
    at: list[int] = []
    for position, sign in enumerate(text):
        new = " " if sign.isspace() else FOLDED.get(sign, sign).lower()
        if new == " " and signs and signs[-1] == " ":
            continue
        signs.extend(new)
        at.extend([position] * len(new))
    return "".join(signs), at


def fill(book: Book, source: Source, documents: Mapping[str, Document]) -> tuple[Source, int]:
    """Fill the paragraph, start and end of quotes where a coder left them empty.

    A quote that occurs once is located; among several places, the paragraph or start from the coder
    decides. A quote that cannot be located is added to the findings of the source.

    Args:
        book: the codebook.
        source: the table of quotes as read, cells as text.
        documents: the documents by their ids; rows of others are left as they are.

    Returns:
        The filled table, and the number of rows that were filled.
    """
    frame, columns = source.frame, book.evidence.quote
    if frame is None or columns.words not in frame.columns:
        return source, 0
    offsets = filled_columns(columns)
    written = [*offsets.values()]
    lacking = [name for name in (columns.document, *written) if name not in frame.columns]
    frame = frame.with_columns(pl.lit(None, pl.String).alias(name) for name in lacking)
    rows = frame.to_dicts()
    filled, unplaced = 0, list[Finding]()
    for row in rows:
        document = documents.get(row[columns.document] or "")
        quote = row[columns.words]
        if document is None or not quote or all(row[column] for column in offsets.values()):
            continue
        fitting = [p for p in exact(document, quote) if _fits(p, row, offsets)]
        if len(fitting) == 1:
            row |= {column: str(getattr(fitting[0], part)) for part, column in offsets.items()}
            filled += 1
        else:
            finding = _unplaced(source.file, row, document, book)
            unplaced.append(finding)
    cells = {column: [row[column] for row in rows] for column in written}
    frame = frame.with_columns(
        pl.Series(name, values, dtype=pl.String) for name, values in cells.items()
    )
    return replace(source, frame=frame, findings=(*source.findings, *unplaced)), filled


def filled_columns(columns: QuoteColumns) -> dict[str, str]:
    """Return the columns that a program fills in, by the part of a `Span` that each holds."""
    return {"paragraph": columns.paragraph, "start": columns.start, "end": columns.end}


def _fits(place: Span, row: Mapping[str, Any], names: Mapping[str, str]) -> bool:
    """Return whether a place matches the cells that are filled in."""
    return all(
        not row[name] or row[name] == str(getattr(place, part)) for part, name in names.items()
    )


def _unplaced(file: str, row: Mapping[str, Any], document: Document, book: Book) -> Finding:
    """Return the finding for a quote that could not be located, with what the coder can do."""
    column = book.evidence.quote.words
    quote, words = row[column], None
    if hits := exact(document, quote):
        rule = "quote-several"
        shown = "; ".join(_shown(document, place) for place in hits[:5])
        if len(hits) == 1:
            rule = "quote-elsewhere"
            message = f"The quote occurs once, but not where the cells say: {shown}."
        else:
            message = (
                f"The quote occurs {len(hits)} times: {shown}. "
                "Enter the paragraph, or the start if that is not enough."
            )
    else:
        close = alike(document, quote)
        place = close[0] if close else nearest_words(document, quote)
        if place is None:
            rule, message = "quote-found", "The quote does not occur in the document."
        else:
            words = document.text[place.start : place.end]
            rule = "quote-differs"
            by = (
                ", ".join(differences(as_shown(quote), as_shown(words)))
                if close
                else "other words or letters"
            )
            message = (
                f"The document has it with {by}: copy the exact words, paragraph {place.paragraph}."
            )
    owner = next((row[name] for name in book.typed_owners if row.get(name)), None)
    line = row.get(LINE)
    return Finding(rule, "error", file, line, column, owner, quote[:200], message, nearest=words)


def differences(quote: str, words: str) -> Iterator[str]:
    """Yield the kinds of characters in which two spellings of the same words differ."""
    for kind, signs in (
        ("another quotation mark", "'\""),
        ("another dash", "-"),
        ("another ellipsis", "."),
    ):
        if _only(quote, signs) != _only(words, signs):
            yield kind
    if [c for c in quote if c.isspace()] != [c for c in words if c.isspace()]:
        yield "another space or line break"
    if [c for c in quote if c.isalpha()] != [c for c in words if c.isalpha()]:
        yield "other capitals"


def _only(text: str, signs: str) -> list[str]:
    """Return the characters of a text that fold to one of the given ones."""
    return [c for c in text if set(FOLDED.get(c, c)) & set(signs)]


def _shown(document: Document, place: Span) -> str:
    before = document.text[max(0, place.start - 25) : place.start]
    after = document.text[place.end : place.end + 25]
    around = " ".join(f"{before}[...]{after}".split())
    return f"paragraph {place.paragraph}, start {place.start} ({around!r})"
