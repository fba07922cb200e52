"""Locate quotes: where the words of a coder occur in a document, and which words are nearest.

A coder types or copies words, and programs change quotation marks, dashes and spaces. Nothing here
changes a quote; it returns where it occurs, or the exact words.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

import polars as pl

from ...codebook import Book
from ...codebook.roles import QuoteColumns
from ..errors import InputError
from ..findings import Finding
from ..reading.source import LINE, Source
from .documents import Document
from .folded import FOLDED, folded_text
from .shown import as_shown
from .word_search import starts_of

NEAR = 75
"""The minimum similarity, 0 to 100, of words suggested in place of a quote."""
MOST_COMPARED = 200_000_000
"""Characters of documents that are compared with quotes of one table which they do not have."""


Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Span:
    """Where words occur in a document: code points from 0, and the paragraph, from 1."""

    start: int
    end: int
    paragraph: int | None


def exact(document: Document, quote: str) -> list[Span]:
    """Return all places where these words are displayed, including overlapping ones.

    Where they occur code point by code point, the span is of exactly these.
    """
    return exact_places(document, [quote])[quote]


def exact_places(document: Document, quotes: Iterable[str]) -> dict[str, list[Span]]:
    """Return for each of some quotes what `exact` does, in one pass over the document."""
    shown = {quote: as_shown(quote) for quote in quotes}
    literal = starts_of(document.text, shown.keys())
    is_plain = document.shown.text == document.text
    displayed = {words for quote, words in shown.items() if not is_plain or words != quote}
    starts = starts_of(document.shown.text, displayed)
    return {
        quote: _places(document, quote, literal[quote], words, starts.get(words, ()))
        for quote, words in shown.items()
    }


def _places(
    document: Document, quote: str, literal: list[int], words: str, displayed: Iterable[int]
) -> list[Span]:
    """Return the places of a quote, from where it begins in the text, and in the displayed one."""
    spans = [(start, start + len(quote)) for start in literal]
    for start in displayed:
        span = document.shown.original(start, start + len(words))
        # The literal span is wider where the quote begins or ends with a sign nobody sees.
        if not _within(span, spans, bisect_right(literal, span[0]) - 1):
            spans.append(span)
    return [_place(document, *span) for span in sorted(spans)]


def _within(span: tuple[int, int], spans: list[tuple[int, int]], number: int) -> bool:
    return number >= 0 and span[1] <= spans[number][1]


def is_at(document: Document, start: int, end: int, quote: str) -> bool:
    """Return whether the words between two offsets are displayed as a quote is."""
    shown = as_shown(quote)
    if document.shown.length(start, end) > len(shown):
        return False  # without a look at what may be the rest of a long document
    words = document.text[start:end]
    return words == quote or as_shown(words) == shown


def alike(document: Document, quote: str) -> list[Span]:
    """Return the places of words that differ only in quotation marks, dashes, spaces or capitals."""
    return alike_places(document, [quote])[quote]


def alike_places(document: Document, quotes: Iterable[str]) -> dict[str, list[Span]]:
    """Return for each of some quotes what `alike` does, in one pass over the document."""
    text = document.folded
    folded = {quote: folded_text(as_shown(quote).strip()).text for quote in quotes}
    starts = starts_of(text.text, set(folded.values()))
    return {
        quote: [
            _place(document, *document.shown.original(*text.original(start, start + len(words))))
            for start in starts[words]
        ]
        for quote, words in folded.items()
    }


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
    open_rows = [
        row
        for row in rows
        if row[columns.document] in documents
        and row[columns.words]
        and not all(row[column] for column in written)
    ]
    sought = _sought(open_rows, columns, documents)
    filled, unplaced = 0, list[Row]()
    for row in open_rows:
        at = sought[row[columns.document]].places[row[columns.words]].fitting(row, offsets)
        if at is not None:
            row |= {column: str(getattr(at, part)) for part, column in offsets.items()}
            filled += 1
        else:
            unplaced.append(row)
    found = _all_unplaced(unplaced, source.file, sought, book)
    cells = {column: [row[column] for row in rows] for column in written}
    frame = frame.with_columns(
        pl.Series(name, values, dtype=pl.String) for name, values in cells.items()
    )
    return replace(source, frame=frame, findings=(*source.findings, *found)), filled


def filled_columns(columns: QuoteColumns) -> dict[str, str]:
    """Return the columns that a program fills in, by the part of a `Span` that each holds."""
    return {"paragraph": columns.paragraph, "start": columns.start, "end": columns.end}


@dataclass
class _Places:
    """The places of one quote, and the same by what a cell says of a part of them."""

    spans: Sequence[Span]
    by_part: dict[str, dict[str, list[Span]]] = field(default_factory=dict)

    def fitting(self, row: Row, names: Mapping[str, str]) -> Span | None:
        """Return the one place that matches the cells that are filled in, if it is one."""
        said = {part: row[name] for part, name in names.items() if row[name]}
        spans = self.spans
        for part in ("paragraph", "end", "start"):
            if part in said:
                spans = self._of(part).get(said[part], ())
        fit = (
            p for p in spans if all(str(getattr(p, part)) == cell for part, cell in said.items())
        )
        first_two = list(islice(fit, 2))
        return first_two[0] if len(first_two) == 1 else None

    def _of(self, part: str) -> dict[str, list[Span]]:
        if part not in self.by_part:
            groups = self.by_part[part] = defaultdict[str, list[Span]](list)
            for span in self.spans:
                groups[str(getattr(span, part))].append(span)
        return self.by_part[part]


@dataclass(frozen=True)
class _Sought:
    """The quotes of one document that were looked for in it."""

    document: Document
    places: Mapping[str, _Places]


def _sought(
    rows: Iterable[Row], columns: QuoteColumns, documents: Mapping[str, Document]
) -> dict[str, _Sought]:
    """Look for the quotes of rows, those of each document together."""
    quotes: dict[str, dict[str, None]] = {}
    for row in rows:
        quotes.setdefault(row[columns.document], {})[row[columns.words]] = None
    return {
        name: _Sought(
            documents[name],
            {quote: _Places(at) for quote, at in exact_places(documents[name], some).items()},
        )
        for name, some in quotes.items()
    }


def _all_unplaced(
    rows: Sequence[Row], file: str, sought: Mapping[str, _Sought], book: Book
) -> list[Finding]:
    """Return the findings for quotes that could not be located.

    Words that are only similar are looked for as long as not too much was compared.
    """
    columns = book.evidence.quote
    unknown: dict[str, dict[str, None]] = {}
    for row in rows:
        name, quote = row[columns.document], row[columns.words]
        if not sought[name].places[quote].spans:
            unknown.setdefault(name, {})[quote] = None
    close: dict[tuple[str, str], tuple[Span | None, bool]] = {}
    compared = 0
    for name, quotes in unknown.items():
        document = sought[name].document
        for quote, spans in alike_places(document, quotes).items():
            place = spans[0] if spans else None
            if place is None and compared < MOST_COMPARED:
                compared += len(document.text)
                place = nearest_words(document, quote)
            close[name, quote] = place, bool(spans)
    return [
        _unplaced(
            file,
            row,
            sought[row[columns.document]],
            close.get((row[columns.document], row[columns.words]), (None, False)),
            book,
        )
        for row in rows
    ]


def _unplaced(
    file: str, row: Row, sought: _Sought, close: tuple[Span | None, bool], book: Book
) -> Finding:
    """Return the finding for a quote that could not be located, with what the coder can do.

    Args:
        file: the file of the row.
        row: the row of the quote.
        sought: the quotes that were looked for in its document.
        close: the words that are most like it, and whether only signs of them are others.
        book: the codebook.
    """
    column = book.evidence.quote.words
    quote, words, document = row[column], None, sought.document
    if hits := sought.places[quote].spans:
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
        place, is_alike = close
        if place is None:
            rule, message = "quote-found", "The quote does not occur in the document."
        else:
            words = document.text[place.start : place.end]
            rule = "quote-differs"
            by = (
                ", ".join(differences(as_shown(quote), as_shown(words)))
                if is_alike
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
