"""From two codings and the decisions between them to the final tables.

Everything here is a function of what was filed and decided: no value is chosen, none is added.
Where the coders agree the first coder's row stands with its evidence; where they differ, the
decision does, with the evidence of whose value it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from ...codebook import Book, Table
from ..errors import InputError
from ..evidence.documents import Document
from ..evidence.quotes import exact
from .filed import Coding, Row
from .pairing import (
    DOCUMENTS,
    PARAGRAPHS,
    UNITS,
    Names,
    Pair,
    alike,
    by_id,
    claimed,
    compared,
    evidence_of,
    free,
    id_of,
    link,
    quote_of,
    registers,
    translated,
)

Tables = dict[str, list[Row]]
Match = Callable[[str, "Case"], list[Pair]]
"""Finds the units of a table that are the same; given the table and the case so far."""
GIVEN = ("decision", "value", "quote", "because", "reason", "decided_by", "decided_on", "final_id")
"""What an adjudicator fills in, and the id that is given once."""


@dataclass
class Case:
    """Two codings of some documents, and what is decided between them.

    `pairs` are the units so far; `said` holds decisions by unit, ids and variable.
    """

    book: Book
    first: Coding
    second: Coding
    documents: tuple[str, ...]
    said: dict[tuple[str, str | None, str | None, str | None], Row] = field(default_factory=dict)
    pairs: list[Pair] = field(default_factory=list)
    finals: dict[Pair, str] = field(default_factory=dict)

    def rows(self, table: str) -> tuple[dict[str, Row], dict[str, Row]]:
        """Both coders' rows of a table about the documents, by their ids."""
        return (
            by_id(self.book, self.first, table, self.documents),
            by_id(self.book, self.second, table, self.documents),
        )

    def of(self, table: str) -> list[Pair]:
        """The units of a table."""
        return [pair for pair in self.pairs if pair.table == table]

    def names(self) -> tuple[Names, Names]:
        """Final ids by each coder's own; None for what was dropped."""
        one: Names = {}
        other: Names = {}
        for pair in self.pairs:
            final = None if self.dropped(pair) else self.finals[pair]
            if pair.first is not None:
                one.setdefault(pair.table, {})[pair.first] = final
            if pair.second is not None:
                other.setdefault(pair.table, {})[pair.second] = final
        return one, other

    def decided(self, pair: Pair, variable: str | None = None) -> Row | None:
        """The decision on a unit, or on a variable of it."""
        return self.said.get((pair.table, pair.first, pair.second, variable))

    def dropped(self, pair: Pair) -> bool:
        """Whether a unit was dropped."""
        row = self.decided(pair)
        return row is not None and row.get("decision") == "drop"


def open_case(
    book: Book,
    first: Coding,
    second: Coding,
    decisions: Iterable[Row],
    match: Match | None,
    taken: Mapping[str, set[str]],
) -> Case:
    """Two codings with their units paired: as decided, the rest as `match` says.

    Args:
        book: the codebook of the package.
        first: the coder whose rows stand where both agree.
        second: the other coder.
        decisions: the rows of the adjudicator's file; those of other coders are passed over.
        match: pairs the events and claims about which nothing is decided; None to leave them.
        taken: for each table the ids that other documents use.

    Raises:
        InputError: the coders have no document in common.
    """
    documents = tuple(d for d in first.documents if d in second.documents)
    if not documents:
        raise InputError(f"{first.coder} and {second.coder} have no document in common")
    case = Case(book, first, second, documents)
    for row in decisions:
        if (row.get("first_coder"), row.get("second_coder")) == (first.coder, second.coder):
            key = (
                row.get("unit") or "",
                row.get("first_id"),
                row.get("second_id"),
                row.get("variable"),
            )
            case.said[key] = row
    for table in (DOCUMENTS, PARAGRAPHS):
        left, right = case.rows(table)
        _add(case, [Pair(table, i, i if i in right else None) for i in left], taken)
        _add(case, [Pair(table, None, i) for i in right if i not in left], taken)
    for table in registers(book):
        left, right = case.rows(table)
        _pair(case, table, lambda t, c: link(book, t, *_left(c, t)), taken)
    for table in UNITS:
        _pair(case, table, match, taken)
    return case


def _left(case: Case, table: str) -> tuple[dict[str, Row], dict[str, Row]]:
    """The rows of a table that are in no unit yet."""
    one, other = case.rows(table)
    firsts = {p.first for p in case.of(table)}
    seconds = {p.second for p in case.of(table)}
    return (
        {i: r for i, r in one.items() if i not in firsts},
        {i: r for i, r in other.items() if i not in seconds},
    )


def _pair(case: Case, table: str, match: Match | None, taken: Mapping[str, set[str]]) -> None:
    """Pair the rows of a table: as decided, then as matched, then each by itself."""
    one, other = case.rows(table)
    apart = set()
    for (unit, i, j, variable), row in case.said.items():
        if unit != table or variable is not None:
            continue
        if i is not None and j is not None and row.get("decision") == "apart":
            apart.add((i, j))
        elif (i is None or i in one) and (j is None or j in other) and (i or j):
            _add(case, [Pair(table, i, j)], taken)
    if match is not None:
        _add(case, [p for p in match(table, case) if (p.first, p.second) not in apart], taken)
    one, other = _left(case, table)
    _add(case, [Pair(table, i, None) for i in one], taken)
    _add(case, [Pair(table, None, j) for j in other], taken)


def _add(case: Case, pairs: list[Pair], taken: Mapping[str, set[str]]) -> None:
    for pair in pairs:
        row = case.decided(pair) or {}
        given = set(taken.get(pair.table, ())) | {case.finals[p] for p in case.of(pair.table)}
        case.pairs.append(pair)
        case.finals[pair] = row.get("final_id") or free(pair.first or pair.second or "", given)


def table_of(case: Case) -> list[Row]:
    """All that is to decide, with what is decided: the rows of the adjudicator's file."""
    rows = []
    wordings = evidence_of(case.first), evidence_of(case.second)
    for name in (*[t for t in (DOCUMENTS, *registers(case.book))], *UNITS, PARAGRAPHS):
        table = case.book.tables[name]
        for pair in case.of(name):
            if name in UNITS or (pair.first != pair.second and pair.first and pair.second):
                rows.append(_row(case, pair, None, wordings))
            if pair.first is None or pair.second is None:
                continue
            one, other = sides(case, pair)
            for variable in compared(table):
                differs = not alike(variable, one.get(variable.name), other.get(variable.name))
                if differs or (case.decided(pair, variable.name) or {}).get("decision"):
                    rows.append(_row(case, pair, variable.name, wordings))
    added = {(r["unit"], r["first_id"], r["second_id"], r["variable"]) for r in rows}
    for (unit, i, j, variable), row in case.said.items():
        if (unit, i, j, variable) not in added and row.get("decision"):
            rows.append(dict(row))
    return rows


def sides(case: Case, pair: Pair) -> tuple[Row, Row]:
    """Both coders' rows of a unit with the final ids; an empty one where a coder has none."""
    table = case.book.tables[pair.table]
    one, other = case.rows(pair.table)
    names = case.names()
    first = translated(case.book, table, one[pair.first], names[0]) if pair.first else {}
    second = translated(case.book, table, other[pair.second], names[1]) if pair.second else {}
    return first, second


Wordings = tuple[Mapping[tuple[str, str, str], list[Row]], Mapping[tuple[str, str, str], list[Row]]]


def _row(case: Case, pair: Pair, variable: str | None, wordings: Wordings) -> Row:
    table = case.book.tables[pair.table]
    one, other = sides(case, pair)
    row: Row = {
        "document_id": one.get("document_id") or other.get("document_id"),
        "first_coder": case.first.coder,
        "second_coder": case.second.coder,
        "unit": pair.table,
        "first_id": pair.first,
        "second_id": pair.second,
        "final_id": None if variable or case.dropped(pair) else case.finals[pair],
        "variable": variable,
    }
    for side, own, quotes, unit in (
        ("first", one, wordings[0], pair.first),
        ("second", other, wordings[1], pair.second),
    ):
        row[f"{side}_value"] = own.get(variable) if variable else in_short(table, own)
        row[f"{side}_quote"] = (
            quote_of(quotes, pair.table, unit, variable) if variable and unit else None
        )
    said = case.decided(pair, variable) or {}
    proposed = "one" if variable is None and pair.first and pair.second else None
    row |= {name: said.get(name) for name in GIVEN if name != "final_id"}
    row["decision"] = row["decision"] or proposed
    return row


def in_short(table: Table, row: Row) -> str | None:
    """A unit in short: the values that its table requires, without its keys."""
    named = [v.name for v in compared(table) if v.required] or [v.name for v in compared(table)]
    return "; ".join(row[n] or "" for n in named if row.get(n)) or row.get(table.coded[1].name)


def undecided(rows: Iterable[Row]) -> list[Row]:
    """The rows that lack a decision, or the name and day of whoever decided."""
    needed = ("decision", "decided_by", "decided_on")
    return [row for row in rows if not all(row.get(name) for name in needed)]


def build(case: Case, seeds: Tables, texts: Mapping[str, Document]) -> Tables:
    """The final tables: rows of the case's documents as decided, all others as they are.

    Args:
        case: two codings, and decisions on all that differs.
        seeds: the hand-coded tables as they are.
        texts: the documents, for the quotes of values that the adjudicator decided.
    """
    final = {name: list(rows) for name, rows in seeds.items()}
    wordings = evidence_of(case.first), evidence_of(case.second)
    evidence: list[Row] = []
    for name in (DOCUMENTS, *UNITS):
        kept = [r for r in final.get(name, []) if r.get("document_id") not in case.documents]
        for pair in case.of(name):
            if case.dropped(pair):
                continue
            row, proofs = _merged(case, pair, wordings, texts)
            kept.append(row)
            evidence += proofs
        final[name] = kept
    final["evidence"] = [
        r for r in final.get("evidence", []) if r.get("document_id") not in case.documents
    ] + evidence
    _shared(case, final)
    final[PARAGRAPHS] = [
        r for r in final.get(PARAGRAPHS, []) if r.get("document_id") not in case.documents
    ] + _paragraphs(case, evidence)
    return final


def _merged(
    case: Case, pair: Pair, wordings: Wordings, texts: Mapping[str, Document]
) -> tuple[Row, list[Row]]:
    """The final row of a unit, and its evidence."""
    table = case.book.tables[pair.table]
    one, other = sides(case, pair)
    base = one if pair.first is not None else other
    row = {v.name: base.get(v.name) for v in table.coded}
    row[table.primary_key[0]] = case.finals[pair]
    proofs = []
    for variable in table.coded:
        name = variable.name
        side = 0 if pair.first is not None else 1
        said = case.decided(pair, name)
        choice = said.get("decision") if said else None
        if choice == "second":
            row[name], side = other.get(name), 1
        elif choice == "other" and said is not None:
            row[name] = said.get("value")
            if row[name] and variable.evidence:
                proofs += _decided_proof(case, pair, said, base, texts)
            continue
        if variable.evidence and row[name]:
            unit = (pair.first, pair.second)[side]
            proofs += [
                _owned(case, pair, proof)
                for proof in wordings[side].get((pair.table, unit or "", name), [])
            ]
    return row, proofs


def _owned(case: Case, pair: Pair, proof: Row) -> Row:
    column = case.book.tables[pair.table].primary_key[0]
    return {**proof, column: case.finals[pair]}


def _decided_proof(
    case: Case, pair: Pair, said: Row, base: Row, texts: Mapping[str, Document]
) -> list[Row]:
    """The evidence that an adjudicator gave for a value; none without a quote."""
    document, quote = base.get("document_id") or "", said.get("quote")
    if not quote or document not in texts:
        return []
    places = exact(texts[document], quote)
    at = places[0] if places else None
    proof: Row = {
        "event_id": None,
        "claim_id": None,
        "variable": said.get("variable"),
        "basis": "inferred" if said.get("because") else "stated",
        "document_id": document,
        "paragraph": str(at.paragraph) if at else None,
        "start": str(at.start) if at else None,
        "end": str(at.end) if at else None,
        "quote": quote,
        "because": said.get("because"),
    }
    return [_owned(case, pair, proof)]


def _shared(case: Case, final: Tables) -> None:
    """Add the actors and places that the final rows need; those that are there stay as they are."""
    for name in registers(case.book):
        table = case.book.tables[name]
        there = {id_of(table, row): dict(row) for row in final.get(name, [])}
        offered: dict[str, Row] = {}
        for pair in case.of(name):
            i = case.finals[pair]
            one, other = sides(case, pair)
            base = there.get(i) or (one if pair.first is not None else other)
            row = {v.name: base.get(v.name) for v in table.coded} | {table.primary_key[0]: i}
            for variable in table.coded:
                said = case.decided(pair, variable.name)
                values = {"first": one, "second": other}
                if said is not None and said.get("decision") == "other":
                    row[variable.name] = said.get("value")
                elif said is not None and said.get("decision") in values:
                    row[variable.name] = values[said["decision"] or ""].get(variable.name)
            offered[i] = row
        there |= {i: row for i, row in offered.items() if i in there}
        final[name] = list(there.values())
        while new := (_needed(case.book, name, final) & set(offered)) - set(there):
            there |= {i: offered[i] for i in new}
            final[name] = list(there.values())


def _needed(book: Book, name: str, tables: Tables) -> set[str]:
    """The ids of a table that the rows of all tables point to."""
    needed: set[str] = set()
    for table in book.tables.values():
        for key in table.foreign_keys:
            if key.table == name and not key.absent and not table.derived:
                separator = table[key.field].separator
                for row in tables.get(table.name, []):
                    cell = row.get(key.field) or ""
                    needed |= set(cell.split(separator) if separator else [cell])
    for row in tables.get("claims", []):
        key, separator = claimed(book, row)
        if key is not None and key.table == name:
            cell = row.get("value") or ""
            needed |= set(cell.split(separator) if separator else [cell])
    return needed


def _paragraphs(case: Case, evidence: list[Row]) -> list[Row]:
    """The paragraphs without evidence that a coder passed over, or that the adjudicator adds."""
    used = {(r.get("document_id"), r.get("paragraph")) for r in evidence}
    found = []
    for pair in case.of(PARAGRAPHS):
        one, other = sides(case, pair)
        row = dict(one or other)
        said = case.decided(pair, "reason")
        if said is not None:
            if said.get("decision") == "second":
                row = dict(other)
            elif said.get("decision") == "other":
                row |= {"reason": said.get("value"), "because": said.get("reason")}
        if (row.get("document_id"), row.get("paragraph")) not in used:
            found.append(row)
    there = {id_of(case.book.tables[PARAGRAPHS], row) for row in found}
    for (unit, i, _, variable), said in case.said.items():
        if unit == PARAGRAPHS and variable == "reason" and i and i not in there:
            document, _, number = i.partition(" ")
            if (document, number) not in used and said.get("decision") == "other":
                found.append(
                    {
                        "document_id": document,
                        "paragraph": number,
                        "reason": said.get("value"),
                        "because": said.get("reason"),
                    }
                )
    return found
