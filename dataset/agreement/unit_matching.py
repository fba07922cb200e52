"""Match the events and claims of two coders: by document, words, type, time, place and actors.

The assignment is one to one and the best there is: of all of them the one with the greatest sum.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from ...codebook import Book, Table
from ...validation.coding.case import open_case
from ...validation.coding.filed import Coding, Row
from ...validation.coding.pairing import (
    DOCUMENTS,
    PARAGRAPHS,
    UNITS,
    Pair,
    Side,
    evidence_of,
    list_items,
    rows_by_id,
    shared_tables,
)
from ...validation.errors import InputError

EXTRA = "measuring agreement needs the extra: pip install 'eventbook[agree]'"
WEIGHTS: Mapping[str, Mapping[str, float]] = {
    "events": {"words": 0.35, "type": 0.2, "time": 0.2, "actors": 0.15, "place": 0.1},
    "claims": {"words": 0.5, "who": 0.2, "act": 0.15, "about": 0.15},
}
"""What each likeness of two rows weighs; the sum is 1."""
LEAST = 0.4
"""The least score of two rows that can be the same."""
Characters = set[tuple[str, int]]
"""Positions in documents: the characters of all quotes for a row."""
CoderIds = dict[str, str]
"""One unit: its id in the tables of each coder who has it, by the coder."""


def match_units(table: Table, first: Side, second: Side) -> list[Pair]:
    """Return the pairs of rows of a table that are taken for the same unit.

    Raises:
        InputError: the library that assigns is not installed.
    """
    try:
        import numpy as np
        from scipy.optimize import linear_sum_assignment
    except ImportError:
        raise InputError(EXTRA) from None
    words = (
        quoted_characters(first.coding, table.name),
        quoted_characters(second.coding, table.name),
    )
    score = np.array(
        [
            [
                likeness(table, ours, theirs, words[0].get(i, set()), words[1].get(j, set()))
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
    table: Table, ours: Row, theirs: Row, our_words: Characters, their_words: Characters
) -> float:
    """Return how like two rows are, from 0 to 1; 0 for rows of two documents."""
    if ours.get("document_id") != theirs.get("document_id"):
        return 0.0
    fewer = min(len(our_words), len(their_words))
    parts: dict[str, float] = {
        "words": len(our_words & their_words) / fewer if fewer else 0,
        "type": _type(ours, theirs),
        "time": _time(ours, theirs),
        "actors": _actors(table, ours, theirs),
        "place": _same(ours, theirs, "location_id"),
        "who": _same(ours, theirs, "claimant_id"),
        "act": _same(ours, theirs, "act"),
        "about": _same(ours, theirs, "event_id"),
    }
    return sum(weight * parts[name] for name, weight in WEIGHTS[table.name].items())


def quoted_characters(coding: Coding, table: str) -> dict[str, Characters]:
    """Return for each row of a table, by its id, the characters of its quotes."""
    characters: dict[str, Characters] = {}
    for (owner, unit, _), rows in evidence_of(coding).items():
        if owner == table:
            for row in rows:
                document, span = row["document_id"] or "", range(*_span(row))
                characters.setdefault(unit, set()).update((document, at) for at in span)
    return characters


def _span(row: Row) -> tuple[int, int]:
    return int(row["start"] or 0), int(row["end"] or 0)


def _same(one: Row, other: Row, name: str) -> float:
    return float(one.get(name) == other.get(name))


def _type(one: Row, other: Row) -> float:
    return (_same(one, other, "event_type") + _same(one, other, "sub_event_type")) / 2


def _time(one: Row, other: Row) -> float:
    """Return the days in common, as a share of the days of both."""
    since, until = _day(one.get("date_start")), _day(one.get("date_end"))
    start, end = _day(other.get("date_start")), _day(other.get("date_end"))
    if since is None or until is None or start is None or end is None:
        return 0.0
    shared = min(until, end) - max(since, start) + 1
    return max(0, shared) / (max(until, end) - min(since, start) + 1)


def _day(text: str | None) -> int | None:
    try:
        return date.fromisoformat(text or "").toordinal()
    except ValueError:
        return None


def _actors(table: Table, one: Row, other: Row) -> float:
    """Return the actors in common, as a share of those of both; half for the right side."""
    sides = []
    for names in (("actor1_id", "assoc_actor_1_ids"), ("actor2_id", "assoc_actor_2_ids")):
        a, b = (_listed(table, row, names) for row in (one, other))
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
    tables = (DOCUMENTS, PARAGRAPHS, *shared_tables(book), *UNITS)
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
