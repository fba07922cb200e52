"""Match the units of two coders: by document, words, and what the book says of their likeness.

The assignment is one to one and the best there is: of all of them the one with the greatest sum.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from ...codebook import Book, Table
from ...codebook.roles import IntervalColumns
from ...validation.coding.case import open_case
from ...validation.coding.filed import Coding, Row
from ...validation.coding.pairing import (
    Pair,
    Side,
    evidence_of,
    list_items,
    rows_by_id,
    shared_tables,
    units_of,
)
from ...validation.installed import MissingExtra

WORDS = "words"
"""The name of the likeness of two rows by the words that are quoted for them."""
WORDS_WEIGH = 0.5
"""What the words weigh where the book gives no weights; all else weighs the rest, evenly."""
ROLES = ("type", "interval", "sides", "place")
"""The roles that are compared where the book gives no weights."""
LEAST = 0.4
"""The least score of two rows that can be the same."""
Characters = set[tuple[str, int]]
"""Positions in documents: the characters of all quotes for a row."""
CoderIds = dict[str, str]
"""One unit: its id in the tables of each coder who has it, by the coder."""


def match_units(book: Book, table: Table, first: Side, second: Side) -> list[Pair]:
    """Return the pairs of rows of a table that are taken for the same unit.

    Raises:
        InputError: the library that assigns is not installed.
    """
    try:
        import numpy as np
        from scipy.optimize import linear_sum_assignment
    except ImportError:
        raise MissingExtra("measuring agreement", "agree") from None
    words = (
        quoted_characters(book, first.coding, table.name),
        quoted_characters(book, second.coding, table.name),
    )
    score = np.array(
        [
            [
                likeness(book, table, ours, theirs, words[0].get(i, set()), words[1].get(j, set()))
                for j, theirs in second.rows.items()
            ]
            for i, ours in first.rows.items()
        ]
    )
    rows, columns = linear_sum_assignment(np.where(score >= LEAST, score, 0), maximize=True)
    our_ids, their_ids = list(first.rows), list(second.rows)
    return [
        Pair(table.name, our_ids[r], their_ids[c])
        for r, c in zip(rows, columns, strict=True)
        if score[r, c] >= LEAST
    ]


def likeness(
    book: Book,
    table: Table,
    ours: Row,
    theirs: Row,
    our_words: Characters,
    their_words: Characters,
) -> float:
    """Return how like two rows are, from 0 to 1; 0 for rows of two documents."""
    of_document = book.document_key(table)
    if ours.get(of_document) != theirs.get(of_document):
        return 0.0
    fewer = min(len(our_words), len(their_words))
    words = len(our_words & their_words) / fewer if fewer else 0
    return sum(
        weight * (words if name == WORDS else _alike(table, name, ours, theirs))
        for name, weight in weights(book, table).items()
    )


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


def _columns(table: Table, role: str) -> list[str]:
    """Return the columns of a role; the variable itself if it is none."""
    value = getattr(table.roles, role, role)
    if role == "sides":
        return [name for side in table.roles.sides for name in side.columns()]
    if isinstance(value, str):
        return [value] if value else []
    return list(value if isinstance(value, tuple) else value.columns() if value else ())


def _alike(table: Table, name: str, ours: Row, theirs: Row) -> float:
    """Return how like two rows are in a role, or in a variable."""
    roles = table.roles
    if name == "interval" and roles.interval is not None:
        return _days_in_common(roles.interval, ours, theirs)
    if name == "sides" and roles.sides:
        return _sides_in_common(table, ours, theirs)
    if name == "place" and roles.place is not None:
        return _same(ours, theirs, roles.place.location or roles.place.name)
    columns = _columns(table, name)
    return sum(_same(ours, theirs, c) for c in columns) / len(columns) if columns else 0.0


def quoted_characters(book: Book, coding: Coding, table: str) -> dict[str, Characters]:
    """Return for each row of a table, by its id, the characters of its quotes."""
    characters: dict[str, Characters] = {}
    quote = book.evidence.quote
    for (owner, unit, _), rows in evidence_of(book, coding).items():
        if owner == table:
            for row in rows:
                document = row.get(quote.document) or ""
                span = range(int(row.get(quote.start) or 0), int(row.get(quote.end) or 0))
                characters.setdefault(unit, set()).update((document, at) for at in span)
    return characters


def _same(one: Row, other: Row, name: str) -> float:
    return float(one.get(name) == other.get(name))


def _days_in_common(interval: IntervalColumns, one: Row, other: Row) -> float:
    """Return the days in common, as a share of the days of both."""
    since, until = _day(one.get(interval.start)), _day(one.get(interval.end))
    start, end = _day(other.get(interval.start)), _day(other.get(interval.end))
    if since is None or until is None or start is None or end is None:
        return 0.0
    shared = min(until, end) - max(since, start) + 1
    return max(0, shared) / (max(until, end) - min(since, start) + 1)


def _day(text: str | None) -> int | None:
    try:
        return date.fromisoformat(text or "").toordinal()
    except ValueError:
        return None


def _sides_in_common(table: Table, one: Row, other: Row) -> float:
    """Return the actors in common, as a share of those of both; half for the right side."""
    sides: list[float] = []
    for side in table.roles.sides:
        a, b = (_listed(table, row, (side.actor, side.others)) for row in (one, other))
        sides.append(len(a & b) / len(a | b) if a | b else 1.0)
    return sum(sides) / len(sides)


def _listed(table: Table, row: Row, names: tuple[str, ...]) -> set[str]:
    return {
        part for n in names if n in table for part in list_items(row.get(n), table[n].separator)
    }


def matched_units(
    book: Book, codings: list[Coding], decisions: list[Row]
) -> dict[str, list[CoderIds]]:
    """Return for each table its units.

    Two coders are matched at a time; each further coder is matched with those before, in order.

    Args:
        book: the codebook.
        codings: the coders', at least two.
        decisions: decisions on what coders share: which names of actors and places are one.
    """
    names = book.evidence
    tables = [*filter(None, (names.documents, names.passages)), *shared_tables(book)]
    tables += units_of(book)
    units: dict[str, list[CoderIds]] = {name: [] for name in tables}
    unit_of: dict[tuple[str, str, str], CoderIds] = {}
    for number, coding in enumerate(codings):
        for earlier in codings[:number]:
            case = open_case(book, earlier, coding, decisions, match_units, {})
            for pair in (p for pairs in case.units.values() for p in pairs):
                if pair.first is None or pair.second is None:
                    continue
                unit = unit_of[pair.table, earlier.coder, pair.first]
                own = pair.table, coding.coder, pair.second
                if coding.coder not in unit and own not in unit_of:
                    unit[coding.coder] = pair.second
                    unit_of[own] = unit
        for name in tables:
            for i in rows_by_id(book, coding, name, coding.documents):
                if (name, coding.coder, i) not in unit_of:
                    unit_of[name, coding.coder, i] = {coding.coder: i}
                    units[name].append(unit_of[name, coding.coder, i])
    return units
