"""How like the rows of two coders are: by the words quoted for them, and by what they say.

All rows of one document are compared at a time, those of one coder with those of the other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ...codebook import Book, Table
from ...codebook.roles import IntervalColumns
from ...validation.coding.filed import Coding, Row
from ...validation.coding.pairing import evidence_of, list_items

WORDS = "words"
"""The name of the likeness of two rows by the words that are quoted for them."""
WORDS_WEIGH = 0.5
"""What the words weigh where the book gives no weights; all else weighs the rest, evenly."""
ROLES = ("type", "interval", "sides", "place")
"""The roles that are compared where the book gives no weights."""
Span = tuple[str, int, int]
"""Where words are: the document, the first position, and the first after the last."""
Spans = Mapping[str, Sequence[Span]]
"""Where the quotes for each row of a table are, by its id."""
Scores = NDArray[np.float64]
"""A row for each row of the first coder, a column for each of the second."""


def likenesses(
    table: Table,
    shares: Mapping[str, float],
    ours: Sequence[Row],
    theirs: Sequence[Row],
    words: tuple[Sequence[Sequence[Span]], Sequence[Sequence[Span]]],
) -> Scores:
    """Return how like rows of one document are, from 0 to 1.

    Args:
        table: their table.
        shares: what each likeness weighs; see `weights`.
        ours: the rows of the first coder.
        theirs: the rows of the second coder.
        words: for each row of either where its quotes are.
    """
    score = np.zeros((len(ours), len(theirs)))
    for name, weight in shares.items():
        alike = _words_in_common(*words) if name == WORDS else _alike(table, name, ours, theirs)
        score += weight * alike
    return score


def weights(book: Book, table: Table) -> Mapping[str, float]:
    """Return what each likeness of two rows of a table weighs; the sum is 1.

    Without weights in the book, and with quotes, the words weigh half; the other half is evenly on
    the roles that the table declares and the other variables that are keys.
    """
    if table.matching:
        return table.matching
    roles = [name for name in ROLES if getattr(table.roles, name)]
    in_roles = {name for role in roles for name in _columns(table, role)}
    keys = [
        v.name
        for v in table.coded
        if table.key_of(v.name)
        and v.name not in (*table.primary_key, book.document_key(table), *in_roles)
    ]
    others = [*roles, *keys]
    words = (WORDS_WEIGH if others else 1.0) if book.quotes else 0.0
    shares = {name: (1 - words) / len(others) for name in others}
    return {WORDS: words, **shares}


def quoted_spans(book: Book, coding: Coding, table: str) -> dict[str, list[Span]]:
    """Return for each row of a table, by its id, where its quotes are."""
    spans: dict[str, list[Span]] = {}
    quote = book.evidence.quote
    for (owner, unit, _), rows in evidence_of(book, coding).items():
        if owner == table:
            spans.setdefault(unit, []).extend(
                (
                    row.get(quote.document) or "",
                    int(row.get(quote.start) or 0),
                    int(row.get(quote.end) or 0),
                )
                for row in rows
            )
    return spans


def _columns(table: Table, role: str) -> list[str]:
    """Return the columns of a role; the variable itself if it is none."""
    value = getattr(table.roles, role, role)
    if role == "sides":
        return [name for side in table.roles.sides for name in side.columns()]
    if isinstance(value, str):
        return [value] if value else []
    return list(value if isinstance(value, tuple) else value.columns() if value else ())


def _alike(table: Table, name: str, ours: Sequence[Row], theirs: Sequence[Row]) -> Scores:
    """Return how like rows are in a role, or in a variable."""
    roles = table.roles
    if name == "interval" and roles.interval is not None:
        return _days_in_common(roles.interval, ours, theirs)
    if name == "sides" and roles.sides:
        return _sides_in_common(table, ours, theirs)
    if name == "place" and roles.place is not None:
        return _same(ours, theirs, roles.place.location or roles.place.name)
    alike = np.zeros((len(ours), len(theirs)))
    columns = _columns(table, name)
    for column in columns:
        alike += _same(ours, theirs, column)
    return alike / max(1, len(columns))


def _same(ours: Sequence[Row], theirs: Sequence[Row], name: str) -> Scores:
    one, other = (np.array([row.get(name) for row in rows], object) for rows in (ours, theirs))
    return np.equal.outer(one, other).astype(float)


def _words_in_common(ours: Sequence[Sequence[Span]], theirs: Sequence[Sequence[Span]]) -> Scores:
    """Return the characters that are quoted for both, as a share of those of the row with fewer."""
    quoted = {span for spans in (*ours, *theirs) for span in spans if span[1] < span[2]}
    edges = sorted({edge for name, begin, end in quoted for edge in ((name, begin), (name, end))})
    places = {edge: place for place, edge in enumerate(edges)}
    # Between two neighbouring edges of one document, all characters are of the same quotes.
    lengths = np.array(
        [
            float(end - begin) if name == other else 0.0
            for (name, begin), (other, end) in pairwise(edges)
        ]
    )

    def covered(rows: Sequence[Sequence[Span]]) -> Scores:
        found = np.zeros((len(rows), len(lengths)))
        for place, spans in enumerate(rows):
            for name, begin, end in spans:
                if begin < end:
                    found[place, places[name, begin] : places[name, end]] = 1
        return found

    here, there = covered(ours), covered(theirs)
    fewer = np.minimum.outer(here @ lengths, there @ lengths)
    common = (here * lengths) @ there.T
    return np.divide(common, fewer, out=np.zeros_like(common), where=fewer > 0)


def _days_in_common(
    interval: IntervalColumns, ours: Sequence[Row], theirs: Sequence[Row]
) -> Scores:
    """Return the days in common, as a share of the days of both; 0 where a day is unknown."""
    (since, until), (start, end) = (
        (
            np.array([_day(row.get(interval.start)) for row in rows]),
            np.array([_day(row.get(interval.end)) for row in rows]),
        )
        for rows in (ours, theirs)
    )
    shared = np.minimum.outer(until, end) - np.maximum.outer(since, start) + 1
    whole = np.maximum.outer(until, end) - np.minimum.outer(since, start) + 1
    known = np.logical_and.outer(~np.isnan(since + until), ~np.isnan(start + end))
    return np.divide(np.maximum(shared, 0), whole, out=np.zeros_like(whole), where=known)


def _day(text: str | None) -> float:
    try:
        return float(date.fromisoformat(text or "").toordinal())
    except ValueError:
        return np.nan


def _sides_in_common(table: Table, ours: Sequence[Row], theirs: Sequence[Row]) -> Scores:
    """Return the actors in common, as a share of those of both; half for the right side."""
    alike = np.zeros((len(ours), len(theirs)))
    for side in table.roles.sides:
        names = side.actor, side.others
        there = [_listed(table, row, names) for row in theirs]
        for place, row in enumerate(ours):
            a = _listed(table, row, names)
            alike[place] += [len(a & b) / len(a | b) if a | b else 1.0 for b in there]
    return alike / len(table.roles.sides)


def _listed(table: Table, row: Row, names: tuple[str, ...]) -> set[str]:
    return {
        part for n in names if n in table for part in list_items(row.get(n), table[n].separator)
    }
