"""Which events two coders mean alike: scored by document, words, type, time, place and actors.

The assignment is one to one and the best there is: of all of them the one with the greatest sum.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from ...codebook import Book, Table
from ...validation.coding.adjudication import Case
from ...validation.coding.filed import Coding, Row
from ...validation.coding.pairing import Pair, evidence_of, translated
from ...validation.errors import InputError

EXTRA = "measuring agreement needs the extra: pip install 'eventbook[agree]'"
WEIGHTS: Mapping[str, Mapping[str, float]] = {
    "events": {"words": 0.35, "type": 0.2, "time": 0.2, "actors": 0.15, "place": 0.1},
    "claims": {"words": 0.5, "who": 0.2, "act": 0.15, "about": 0.15},
}
"""What each likeness of two rows weighs; the sum is 1."""
LEAST = 0.4
"""The least score of two rows that can be the same."""
Spans = set[tuple[str, int]]
"""Positions in documents: the characters of all quotes for a row."""


def match(table: str, case: Case) -> list[Pair]:
    """The pairs of rows of a table that nothing is decided about and that are taken for the same.

    Raises:
        InputError: the library that assigns is not installed.
    """
    try:
        import numpy as np
        from scipy.optimize import linear_sum_assignment
    except ImportError:
        raise InputError(EXTRA) from None
    found = case.book.tables[table]
    taken = {(p.first, p.second) for p in case.of(table)}
    firsts = {p for p, _ in taken}
    seconds = {p for _, p in taken}
    names = case.names()
    one, other = case.rows(table)
    left = {i: translated(case.book, found, r, names[0]) for i, r in one.items() if i not in firsts}
    right = {
        i: translated(case.book, found, r, names[1]) for i, r in other.items() if i not in seconds
    }
    if not left or not right:
        return []
    words = spans(case.first, table), spans(case.second, table)
    score = np.array(
        [
            [
                likeness(found, a, b, words[0].get(i, set()), words[1].get(j, set()))
                for j, b in right.items()
            ]
            for i, a in left.items()
        ]
    )
    rows, columns = linear_sum_assignment(np.where(score >= LEAST, score, 0), maximize=True)
    ours, theirs = list(left), list(right)
    return [
        Pair(table, ours[r], theirs[c])
        for r, c in zip(rows, columns, strict=True)
        if score[r, c] >= LEAST
    ]


def likeness(table: Table, one: Row, other: Row, words: Spans, its_words: Spans) -> float:
    """How like two rows are, from 0 to 1; 0 for rows of two documents."""
    if one.get("document_id") != other.get("document_id"):
        return 0.0
    weights = WEIGHTS[table.name]
    parts: dict[str, float] = {
        "words": len(words & its_words) / min(len(words), len(its_words))
        if words and its_words
        else 0,
        "type": _type(one, other),
        "time": _time(one, other),
        "actors": _actors(table, one, other),
        "place": _same(one, other, "location_id"),
        "who": _same(one, other, "claimant_id"),
        "act": _same(one, other, "act"),
        "about": _same(one, other, "event_id"),
    }
    return sum(weight * parts[name] for name, weight in weights.items())


def spans(coding: Coding, table: str) -> dict[str, Spans]:
    """For each row of a table the characters of its quotes."""
    found: dict[str, Spans] = {}
    for (owner, unit, _), rows in evidence_of(coding).items():
        if owner == table:
            for row in rows:
                begin, end = int(row["start"] or 0), int(row["end"] or 0)
                found.setdefault(unit, set()).update(
                    (row["document_id"] or "", at) for at in range(begin, end)
                )
    return found


def _same(one: Row, other: Row, name: str) -> float:
    return float(one.get(name) == other.get(name))


def _type(one: Row, other: Row) -> float:
    return (_same(one, other, "event_type") + _same(one, other, "sub_event_type")) / 2


def _time(one: Row, other: Row) -> float:
    """The days in common, as a share of the days of both."""
    days = [_day(row.get(name)) for row in (one, other) for name in ("date_start", "date_end")]
    if None in days:
        return 0.0
    since, until, start, end = (day or 0 for day in days)
    shared = min(until, end) - max(since, start) + 1
    return max(0, shared) / (max(until, end) - min(since, start) + 1)


def _day(text: str | None) -> int | None:
    try:
        return date.fromisoformat(text or "").toordinal()
    except ValueError:
        return None


def _actors(table: Table, one: Row, other: Row) -> float:
    """The actors in common, as a share of those of both; half for the right side."""
    sides = []
    for names in (("actor1_id", "assoc_actor_1_ids"), ("actor2_id", "assoc_actor_2_ids")):
        a, b = (_listed(table, row, names) for row in (one, other))
        sides.append(len(a & b) / len(a | b) if a | b else 1.0)
    return sum(sides) / len(sides)


def _listed(table: Table, row: Row, names: tuple[str, ...]) -> set[str]:
    found: set[str] = set()
    for name in names:
        if name in table and row.get(name):
            separator = table[name].separator
            found |= set((row[name] or "").split(separator) if separator else [row[name] or ""])
    return found


def units(
    book: Book, codings: list[Coding], decisions: list[Row]
) -> dict[str, list[dict[str, str]]]:
    """For each table its units: the id that each coder gives, by the coder.

    Two coders are matched at a time; each further coder is matched with those before, in order.

    Args:
        book: the codebook.
        codings: the coders', at least two.
        decisions: decisions on what coders share: which names of actors and places are one.
    """
    from ...validation.coding.adjudication import open_case

    found: dict[str, list[dict[str, str]]] = {}
    place: dict[tuple[str, str, str], dict[str, str]] = {}
    for number, coding in enumerate(codings):
        for earlier in codings[:number]:
            case = open_case(book, earlier, coding, decisions, match, {})
            for pair in case.pairs:
                if pair.first is not None:
                    _enter(found, place, pair.table, earlier.coder, pair.first)
                if pair.first is None or pair.second is None:
                    continue
                unit = place[pair.table, earlier.coder, pair.first]
                if (
                    coding.coder not in unit
                    and (pair.table, coding.coder, pair.second) not in place
                ):
                    unit[coding.coder] = pair.second
                    place[pair.table, coding.coder, pair.second] = unit
        for earlier in codings[:number]:
            case = open_case(book, earlier, coding, decisions, None, {})
            for pair in case.pairs:
                if pair.second is not None:
                    _enter(found, place, pair.table, coding.coder, pair.second)
    return found


def _enter(
    found: dict[str, list[dict[str, str]]],
    place: dict[Any, dict[str, str]],
    table: str,
    coder: str,
    unit: str,
) -> None:
    if (table, coder, unit) not in place:
        place[table, coder, unit] = {coder: unit}
        found.setdefault(table, []).append(place[table, coder, unit])
