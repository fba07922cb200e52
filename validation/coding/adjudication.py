"""The adjudicator's file: a row for each thing to decide between two coders, and what is open."""

from __future__ import annotations

from collections.abc import Iterable

from ...codebook import Book, Table
from ..codes import Decision
from .case import Case
from .filed import Row
from .pairing import (
    Evidence,
    Pair,
    compared_variables,
    evidence_of,
    quote_of,
    same_value,
    shared_tables,
    units_of,
)

FILLED_IN = ("decision", "value", "quote", "because", "reason", "decided_by", "decided_on")
"""The columns that an adjudicator fills in."""
SIGNED = ("decision", "decided_by", "decided_on")
"""The columns without which a row is not decided."""


def decision_rows(case: Case) -> list[Row]:
    """Return the rows of the adjudicator's file: all that is to decide, and what was decided.

    Decisions on what no longer differs are kept, after the others.
    """
    book = case.book
    evidence = evidence_of(book, case.first), evidence_of(book, case.second)
    rows: list[Row] = []
    units = units_of(book)
    for name in (book.evidence.documents, *shared_tables(book), *units, book.evidence.passages):
        for pair in case.units.get(name, ()):
            both, sides = pair.first is not None and pair.second is not None, case.sides(pair)
            if name in units or (both and pair.first != pair.second):
                rows.append(_decision_row(case, pair, None, sides, evidence))
            if both:
                rows += [
                    _decision_row(case, pair, variable, sides, evidence)
                    for variable in _to_decide(case, pair, sides)
                ]
    listed = {(r["unit"] or "", r["first_id"], r["second_id"], r["variable"]) for r in rows}
    kept = [r for key, r in case.decisions.items() if key not in listed and r.get("decision")]
    return rows + [dict(row) for row in kept]


def _to_decide(case: Case, pair: Pair, sides: tuple[Row, Row]) -> list[str]:
    """Return the variables of a unit whose values differ, or were decided before.

    What both coders left to follow from other values is decided with these.
    """
    first_row, second_row = sides
    return [
        v.name
        for v in compared_variables(case.book, case.book.tables[pair.table])
        if (
            case.typed(pair, v.name)
            and not same_value(v, first_row.get(v.name), second_row.get(v.name))
        )
        or (case.decision_on(pair, v.name) or {}).get("decision")
    ]


def _decision_row(
    case: Case,
    pair: Pair,
    variable: str | None,
    sides: tuple[Row, Row],
    evidence: tuple[Evidence, Evidence],
) -> Row:
    book, table = case.book, case.book.tables[pair.table]
    of_document = book.document_key(table)
    decision = case.decision_on(pair, variable) or {}
    row: Row = {
        "document_id": sides[0].get(of_document) or sides[1].get(of_document),
        "first_coder": case.first.coder,
        "second_coder": case.second.coder,
        "unit": pair.table,
        "first_id": pair.first,
        "second_id": pair.second,
        "final_id": None if variable or case.dropped(pair) else case.final_ids[pair],
        "variable": variable,
    }
    for name, side, quotes, unit in zip(
        ("first", "second"), sides, evidence, (pair.first, pair.second), strict=True
    ):
        row[f"{name}_value"] = side.get(variable) if variable else unit_summary(book, table, side)
        row[f"{name}_quote"] = (
            quote_of(book, quotes, pair.table, unit, variable) if variable and unit else None
        )
    row |= {name: decision.get(name) for name in FILLED_IN}
    if variable is None and pair.first and pair.second:
        row["decision"] = row["decision"] or Decision.ONE.value
    return row


def unit_summary(book: Book, table: Table, row: Row) -> str | None:
    """Return a unit in short: the values of its required variables, without its keys."""
    variables = compared_variables(book, table)
    named = [v.name for v in variables if v.required] or [v.name for v in variables]
    return "; ".join(row[n] or "" for n in named if row.get(n)) or row.get(table.coded[1].name)


def undecided(rows: Iterable[Row]) -> list[Row]:
    """Return the rows that lack a decision, or the name and day of whoever decided."""
    return [row for row in rows if not all(row.get(name) for name in SIGNED)]
