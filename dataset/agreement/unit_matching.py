"""Match the units of two coders: by document, words, and what the book says of their likeness.

The assignment is one to one and the best there is: of all of them the one with the greatest sum.
"""

from __future__ import annotations

from ...codebook import Book, Table
from ...validation.coding.case import open_case
from ...validation.coding.filed import Coding, Row
from ...validation.coding.pairing import (
    Pair,
    Side,
    rows_by_id,
    shared_tables,
    units_of,
)
from ...validation.installed import MissingExtra

LEAST = 0.4
"""The least score of two rows that can be the same."""
CoderIds = dict[str, str]
"""One unit: its id in the tables of each coder who has it, by the coder."""


def match_units(book: Book, table: Table, first: Side, second: Side) -> list[Pair]:
    """Return the pairs of rows of a table that are taken for the same unit.

    Rows of two documents are never the same, so each document is assigned by itself.

    Raises:
        InputError: the library that assigns is not installed.
    """
    try:
        from scipy.optimize import linear_sum_assignment

        from .likeness import likenesses, quoted_spans, weights
    except ImportError:
        raise MissingExtra("measuring agreement", "agree") from None
    shares = weights(book, table)
    quoted = [quoted_spans(book, side.coding, table.name) for side in (first, second)]
    ours, theirs = (_ids_by_document(book, table, side) for side in (first, second))
    partner: dict[str, str] = {}
    for document, our_ids in ours.items():
        their_ids = theirs.get(document, [])
        score = likenesses(
            table,
            shares,
            [first.rows[i] for i in our_ids],
            [second.rows[j] for j in their_ids],
            ([quoted[0].get(i, []) for i in our_ids], [quoted[1].get(j, []) for j in their_ids]),
        )
        possible = score >= LEAST
        rows, columns = linear_sum_assignment(score * possible, maximize=True)
        taken = possible[rows, columns]
        for row, column in zip(rows[taken], columns[taken], strict=True):
            partner[our_ids[row]] = their_ids[column]
    return [Pair(table.name, i, partner[i]) for i in first.rows if i in partner]


def _ids_by_document(book: Book, table: Table, side: Side) -> dict[str | None, list[str]]:
    of_document = book.document_key(table)
    ids: dict[str | None, list[str]] = {}
    for i, row in side.rows.items():
        ids.setdefault(row.get(of_document), []).append(i)
    return ids


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
