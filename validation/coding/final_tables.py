"""From two codings and the decisions between them to the final tables.

Everything here is a function of what was filed and decided: no value is chosen, none is added.
Where the coders agree the first coder's row is used with its evidence; where they differ, the
decided value, with the evidence of whose value it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ...codebook import Book
from ...codebook.model import EvidenceTables
from ..codes import Basis, Decision
from ..evidence.documents import Document
from ..evidence.quotes import exact
from .case import Case, Tables, Value, decided_value
from .filed import Row
from .pairing import (
    Evidence,
    Pair,
    claimed_key,
    evidence_of,
    id_of,
    list_items,
    shared_tables,
    units_of,
)


def final_tables(case: Case, seeds: Tables, texts: Mapping[str, Document]) -> dict[str, list[Row]]:
    """Return all hand-coded tables: rows on the case's documents as decided, others as they are.

    Args:
        case: two codings, and decisions on all that differs.
        seeds: the hand-coded tables as they are.
        texts: the documents, for the quotes of values that the adjudicator decided.
    """
    tables = {name: list(rows) for name, rows in seeds.items()}
    book, names = case.book, case.book.evidence
    evidence_by_coder = evidence_of(book, case.first), evidence_of(book, case.second)
    evidence: list[Row] = []
    for name in (names.documents, *units_of(book)):
        tables[name] = _about_others(case, tables, name)
        for pair in case.units[name]:
            if not case.dropped(pair):
                row, proofs = _final_unit(case, pair, evidence_by_coder, texts)
                tables[name].append(row)
                evidence += proofs
    if names.quotes:
        tables[names.quotes] = _about_others(case, tables, names.quotes) + evidence
    for name in shared_tables(book):
        tables[name] = _final_shared(case, name, tables)
    if names.passages:
        paragraphs = _final_paragraphs(case, evidence)
        tables[names.passages] = _about_others(case, tables, names.passages) + paragraphs
    return tables


def _about_others(case: Case, tables: Tables, name: str) -> list[Row]:
    """Return the rows of a table on other documents than those of the case."""
    of_document = case.book.document_key(case.book.tables[name])
    documents = set(case.documents)
    return [r for r in tables.get(name, []) if r.get(of_document) not in documents]


def _final_unit(
    case: Case, pair: Pair, evidence: tuple[Evidence, Evidence], texts: Mapping[str, Document]
) -> tuple[Row, list[Row]]:
    """Return the final row of a unit, and its evidence."""
    book, table = case.book, case.book.tables[pair.table]
    key, final_id = table.primary_key[0], case.final_ids[pair]
    of_document = book.document_key(table)
    first_row, second_row = case.sides(pair)
    whose = Decision.FIRST if pair.first is not None else Decision.SECOND
    base = first_row if whose is Decision.FIRST else second_row
    row: Row = {}
    proofs: list[Row] = []
    for variable in table.coded:
        decided = decided_value(case, pair, variable.name, first_row, second_row)
        value = decided or Value(base.get(variable.name), whose)
        # What nobody typed follows from the values that were decided.
        kept = decided or variable.name == of_document or case.typed(pair, variable.name)
        row[variable.name] = value.text if kept else None
        if not variable.evidence or not value.text:
            continue
        if value.whose is Decision.OTHER:
            decision = case.decision_on(pair, variable.name) or {}
            document = base.get(of_document) or ""
            proofs += _evidence_decided(book.evidence, decision, document, texts)
        else:
            side, unit = (0, pair.first) if value.whose is Decision.FIRST else (1, pair.second)
            proofs += evidence[side].get((pair.table, unit or "", variable.name), [])
    owner = book.owner_keys.get(table.name, "")
    return row | {key: final_id}, [proof | {owner: final_id} for proof in proofs]


def _evidence_decided(
    names: EvidenceTables, decision: Row, document: str, texts: Mapping[str, Document]
) -> Iterator[Row]:
    """Yield the evidence that an adjudicator gave for a value; none without a quote."""
    quote = decision.get("quote")
    if not quote or document not in texts:
        return
    at = next(iter(exact(texts[document], quote)), None)
    columns = names.quote
    row: Row = {
        columns.variable: decision.get("variable"),
        columns.basis: (Basis.INFERRED if decision.get("because") else Basis.STATED).value,
        columns.document: document,
        columns.paragraph: str(at.paragraph) if at else None,
        columns.start: str(at.start) if at else None,
        columns.end: str(at.end) if at else None,
        columns.words: quote,
        columns.because: decision.get("because"),
    }
    yield {key.field: None for key in names.owners} | _named(row)


def _named(row: Row) -> Row:
    """Return a row without the columns that the book does not name."""
    return {name: value for name, value in row.items() if name}


def _final_shared(case: Case, name: str, tables: Tables) -> list[Row]:
    """Return a table of actors or places: those there are as decided, and those now pointed to."""
    table = case.book.tables[name]
    rows = {id_of(table, row): dict(row) for row in tables.get(name, [])}
    offered = {
        case.final_ids[pair]: _final_shared_row(case, pair, rows) for pair in case.units[name]
    }
    rows |= {i: row for i, row in offered.items() if i in rows}
    # An added row may itself point to rows that are not there yet.
    while True:
        pointed_to = _pointed_to(case.book, name, {**tables, name: list(rows.values())})
        new = [i for i in offered if i in pointed_to and i not in rows]
        if not new:
            return list(rows.values())
        rows |= {i: offered[i] for i in new}


def _final_shared_row(case: Case, pair: Pair, rows: Mapping[str, Row]) -> Row:
    """Return the final row of an actor or place: the package's own one unless a value was decided."""
    table, final_id = case.book.tables[pair.table], case.final_ids[pair]
    first_row, second_row = case.sides(pair)
    base = rows.get(final_id) or (first_row if pair.first is not None else second_row)
    row: Row = {}
    for variable in table.coded:
        value = decided_value(case, pair, variable.name, first_row, second_row)
        row[variable.name] = value.text if value else base.get(variable.name)
    return row | {table.primary_key[0]: final_id}


def _pointed_to(book: Book, name: str, tables: Tables) -> set[str]:
    """Return the ids of a table that the rows of all tables, and claimed values, point to."""
    ids: set[str] = set()
    for table in book.tables.values():
        for key in table.foreign_keys:
            if key.table == name and not key.absent and not table.derived:
                separator = table[key.field].separator
                for row in tables.get(table.name, []):
                    ids.update(list_items(row.get(key.field), separator))
    for table in book.tables.values():
        claim = table.roles.claim
        for row in tables.get(table.name, []) if claim else []:
            key, separator = claimed_key(book, table, row)
            if claim and key is not None and key.table == name:
                ids.update(list_items(row.get(claim.value), separator))
    return ids


def _final_paragraphs(case: Case, evidence: list[Row]) -> list[Row]:
    """Return the paragraphs without evidence that a coder or the adjudicator passed over."""
    names = case.book.evidence
    quote, passage = names.quote, names.passage
    # What dates a document says nothing of the paragraph that it is in.
    used = {
        (row.get(quote.document), row.get(quote.paragraph))
        for row in evidence
        if (names.owner(row) or (names.documents,))[0] != names.documents
    }
    pairs = (pair for pair in case.units[names.passages] if not case.dropped(pair))
    rows = [_final_paragraph(case, pair) for pair in pairs]
    listed = {(row.get(passage.document), row.get(passage.paragraph)) for row in rows}
    rows += [
        row
        for row in _added_paragraphs(case)
        if (row.get(passage.document), row.get(passage.paragraph)) not in listed
    ]
    return [
        row
        for row in rows
        if row.get(passage.words)
        or (row.get(passage.document), row.get(passage.paragraph)) not in used
    ]


def _final_paragraph(case: Case, pair: Pair) -> Row:
    passage = case.book.evidence.passage
    first_row, second_row = case.sides(pair)
    value = decided_value(case, pair, passage.reason, first_row, second_row)
    if value is not None and value.whose is Decision.SECOND:
        return dict(second_row)
    row = dict(first_row or second_row)
    if value is not None and value.whose is Decision.OTHER:
        decision = case.decision_on(pair, passage.reason) or {}
        row |= _named({passage.reason: value.text, passage.because: decision.get("reason")})
    return row


def _added_paragraphs(case: Case) -> Iterator[Row]:
    """Yield the paragraphs that the adjudicator alone passed over."""
    passages, passage = case.book.evidence.passages, case.book.evidence.passage
    for (table, place, _, variable), decision in case.decisions.items():
        if table == passages and variable == passage.reason and place:
            document, number, *words = place.split(" ", 2)
            if decision.get("decision") == Decision.OTHER:
                yield _named(
                    {
                        passage.document: document,
                        passage.paragraph: number,
                        passage.words: next(iter(words), None),
                        passage.reason: decision.get("value"),
                        passage.because: decision.get("reason"),
                    }
                )
