"""The differences between two codings as the page of an adjudicator shows them.

They are the rows of the table of decisions, each with the unit that it is about: both coders' values
in words and the places of their quotes in the documents.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from ...codebook import Book, Table, Variable, folder_of, load
from ...validation.codes import Decision
from ...validation.coding.case import Case, open_case
from ...validation.coding.filed import ADJUDICATION, Coding, Row, adjudication_book
from ...validation.coding.pairing import (
    Pair,
    comparable,
    compared_variables,
    evidence_of,
    list_items,
    name_variable,
    shared_tables,
    units_of,
)
from ...validation.engines.small import check_sources
from ...validation.evidence.quotes import exact
from ...validation.findings import Report
from ...validation.reports.terms import coder_sentence
from ..desk.adjudicate import DECISIONS, Adjudicated, Brought
from ..desk.table_files import source_of

Plain = dict[str, Any]
ByUnit = dict[tuple[str, str], dict[str, list[Row]]]
"""A coder's quotes by the table and id of their unit, and then by variable."""
SIDES = (0, 1)
"""The first coder and the second."""
WORDS_IN_CAPTION = 4
"""The most values with which a row is named."""


def describe(book: Book, brought: Brought, done: Adjudicated) -> Plain:
    """Return all differences between two coders, decided or not, and how far the decisions are."""
    coders = tuple(coding.coder for coding in brought.codings)
    rows = [row for row in done.rows if (row["first_coder"], row["second_coder"]) == coders]
    case = open_case(book, *brought.codings, rows, None, brought.taken)
    shown = Shown(case, brought)
    open_ids = {row["decision_id"] for row in done.open}
    mistakes = mistakes_of(book, done.report, done.rows)
    asked = asked_of(rows)
    units = dict.fromkeys(pair_of(row) for row in asked)
    return {
        "first": coders[0],
        "second": coders[1],
        "documents": [shown.document(name) for name in case.documents],
        "rows": [
            {
                "row": row,
                "open": row["decision_id"] in open_ids,
                "unit": key_of(pair_of(row)),
                "field": shown.field(row),
                "values": shown.values(row),
                "mistakes": mistakes.get(row["decision_id"] or "", []),
            }
            for row in asked
        ],
        "units": {key_of(pair): shown.unit(pair) for pair in units},
        "decisions": list(choices()),
        "complete": not done.open and not done.report.status(),
        "written": list(done.changed),
    }


@cache
def choices() -> tuple[Plain, ...]:
    """Return what can be decided, by the book of decisions, and whether it needs a reason."""
    rules = load(folder_of("adjudication"))
    table = rules.tables[DECISIONS]
    codes = rules.code_lists["decision"].codes
    rows: list[Row] = [{"decision": str(code.code)} for code in codes]
    report = check_sources(rules, {DECISIONS: source_of(table, rows)}).report
    lines = {finding.line for finding in report if finding.column == "reason"}
    return tuple(
        {
            "code": str(code.code),
            "label": code.label,
            "definition": code.definition,
            "reasoned": line in lines,
        }
        for line, code in enumerate(codes, 2)
    )


def pair_of(row: Row) -> Pair:
    """Return the unit that a decision is about."""
    return Pair(row["unit"] or "", row["first_id"], row["second_id"])


def key_of(pair: Pair) -> str:
    """Return a text that no other unit has."""
    return "\n".join((pair.table, pair.first or "", pair.second or ""))


def asked_of(rows: Sequence[Row]) -> list[Row]:
    """Return the decisions between two coders that are asked: not those that others made needless.

    Where two rows are apart nobody asks for their values; where they are one nobody asks whether
    each is kept.
    """
    units = {pair_of(row): row["decision"] for row in rows if not row["variable"]}
    apart = {pair for pair, decision in units.items() if decision == Decision.APART}
    both = [p for p in units if p.first and p.second and p not in apart]
    first, second = {(p.table, p.first) for p in both}, {(p.table, p.second) for p in both}

    def is_asked(row: Row) -> bool:
        pair = pair_of(row)
        if row["variable"]:
            return pair not in apart
        if pair.first and pair.second:
            return True
        return (pair.table, pair.first) not in first and (pair.table, pair.second) not in second

    return [row for row in rows if is_asked(row)]


def mistakes_of(book: Book, report: Report, rows: Sequence[Row]) -> dict[str, list[Plain]]:
    """Return what is wrong with decisions, by their ids; "" for what is about no single one."""
    rules = adjudication_book(book)
    table = rules.tables[DECISIONS]
    ids = {row["decision_id"] for row in rows}
    found: dict[str, list[Plain]] = {}
    for finding in report:
        if finding.severity != "error" or finding.file != ADJUDICATION:
            continue
        said = {
            "column": finding.column or "",
            "rule": finding.rule,
            "text": coder_sentence(rules, table, finding),
        }
        owner = finding.row_id if finding.row_id in ids else ""
        found.setdefault(owner or "", []).append(said)
    return found


@dataclass(frozen=True)
class Shown:
    """Says in words what a case holds, and where in the documents it is quoted."""

    case: Case
    brought: Brought

    @property
    def book(self) -> Book:
        """The codebook of the case."""
        return self.case.book

    @cached_property
    def evidence(self) -> tuple[ByUnit, ByUnit]:
        """Both coders' quotes."""
        return self._by_unit(self.case.first), self._by_unit(self.case.second)

    def _by_unit(self, coding: Coding) -> ByUnit:
        units: ByUnit = {}
        for (table, owner, variable), rows in evidence_of(self.book, coding).items():
            units.setdefault((table, owner), {})[variable] = rows
        return units

    @cached_property
    def names(self) -> Mapping[str, Mapping[str, str]]:
        """For each table that others point to, the names of its rows by their final ids."""
        named: dict[str, dict[str, str]] = {}
        for name in shared_tables(self.book):
            table = self.book.tables[name]
            key, label = table.primary_key[0], name_variable(table).name
            rows = [*self.brought.seeds.get(name, [])]
            rows += [
                self._row(pair) | {key: self.case.final_ids[pair]} for pair in self.pairs(name)
            ]
            named[name] = {row.get(key) or "": row.get(label) or "" for row in rows}
        for name in units_of(self.book):
            named[name] = {
                self.case.final_ids[pair]: self._caption(
                    self.book.tables[name], self._row(pair), named
                )
                for pair in self.pairs(name)
            }
        return named

    def pairs(self, table: str) -> Sequence[Pair]:
        """Return the units of a table."""
        return self.case.units.get(table, ())

    def document(self, name: str) -> Plain:
        """Return a document that both coders filed."""
        names = self.book.evidence
        rows = self.brought.seeds.get(names.documents, [])
        row = next((r for r in rows if r.get(names.document_id) == name), {})
        return {"id": name, "title": row.get(names.document.title) or name}

    def unit(self, pair: Pair) -> Plain:
        """Return a unit: both coders' values, and their quotes for it."""
        table = self.book.tables[pair.table]
        sides = self._sides(pair)
        row = sides[0] or sides[1]
        one = table.row[0] if table.row else table.title
        return {
            "table": table.name,
            "kind": one,
            "first": pair.first,
            "second": pair.second,
            "final": self.case.final_ids.get(pair),
            "document": row.get(self.book.document_key(table)),
            "title": self._caption(table, row, self.names),
            "columns": list(self._columns(table, sides)),
            "quotes": [list(self._quotes(pair, side)) for side in SIDES],
            "guide": self.book.page_naming(table.name),
            # Two rows can be made one if their ids are the coders' own.
            "own": table.name in units_of(self.book),
        }

    def field(self, row: Row) -> Plain | None:
        """Return the variable that says how another value is typed; None for a whole unit.

        The value of a claim is one of the variable that it is about.
        """
        if not row["variable"]:
            return None
        pair = pair_of(row)
        table, sides = self.book.tables[pair.table], self._sides(pair)
        about, variable = self.variable_of(row)
        own = table[row["variable"]]
        return {
            "table": about.name,
            "name": variable.name,
            "title": own.title,
            "help": own.description,
            "evidence": own.evidence,
            "parents": {v.name: sides[0].get(v.name) or sides[1].get(v.name) for v in table.coded},
            "options": [
                {"code": i, "label": label} for i, label in self.ids_of(about, variable).items()
            ],
        }

    def variable_of(self, row: Row) -> tuple[Table, Variable]:
        """Return the table and variable whose value is decided."""
        pair = pair_of(row)
        table = self.book.tables[pair.table]
        return meaning(self.book, table, row["variable"] or "", self._row(pair))

    def values(self, row: Row) -> Plain:
        """Return in words what the values of a decision mean; empty where they say so themselves."""
        if not row["variable"]:
            return {}
        pair = pair_of(row)
        table, sides = self.book.tables[pair.table], self._sides(pair)
        cells = (row["first_value"], row["second_value"], row["value"])
        rows = (*sides, sides[0] or sides[1])
        return {
            name: self._words(table, row["variable"], {**of, row["variable"]: cell}, self.names)
            for name, cell, of in zip(("first", "second", "value"), cells, rows, strict=True)
        }

    def ids_of(self, table: Table, variable: Variable) -> Mapping[str, str]:
        """Return the final ids that a value can be, of whichever coder, with the names of their rows."""
        key = table.key_of(variable.name)
        return dict(sorted(self.names.get(key.table, {}).items())) if key is not None else {}

    def _sides(self, pair: Pair) -> tuple[Row, Row]:
        ours, theirs = self.case.rows.get(pair.table, ({}, {}))
        there = Pair(
            pair.table,
            pair.first if pair.first in ours else None,
            pair.second if pair.second in theirs else None,
        )
        return self.case.sides(there)

    def _row(self, pair: Pair) -> Row:
        sides = self._sides(pair)
        return sides[0] or sides[1]

    def _columns(self, table: Table, sides: tuple[Row, Row]) -> Iterator[Plain]:
        for variable in table.coded:
            name = variable.name
            cells = [side.get(name) for side in sides]
            if name in table.primary_key or name == self.book.document_key(table) or not any(cells):
                continue
            yield {
                "name": name,
                "title": variable.title,
                "values": cells,
                "words": [self._words(table, name, side, self.names) for side in sides],
                "differs": comparable(variable, cells[0]) != comparable(variable, cells[1]),
            }

    def _quotes(self, pair: Pair, side: int) -> Iterator[Plain]:
        """Yield the places of a coder's quotes for a unit."""
        unit = (pair.first, pair.second)[side]
        passage = self.book.passages
        if passage is not None and pair.table == passage.name:
            yield from self._passed_over(self._sides(pair)[side])
            return
        columns = self.book.evidence.quote
        for variable, rows in self.evidence[side].get((pair.table, unit or ""), {}).items():
            for row in rows:
                words, document = row.get(columns.words) or "", row.get(columns.document) or ""
                place = self._place(document, words, row.get(columns.start), row.get(columns.end))
                if place is not None:
                    yield {"variable": variable, "document": document, "words": words, **place}

    def _place(self, document: str, words: str, start: str | None, end: str | None) -> Plain | None:
        text = self.brought.texts.get(document)
        if text is None:
            return None
        if start and end and start.isdecimal() and end.isdecimal():
            return {"start": int(start), "end": int(end)}
        found = next(iter(exact(text, words)), None)
        return {"start": found.start, "end": found.end} if found else None

    def _passed_over(self, row: Row) -> Iterator[Plain]:
        columns = self.book.evidence.passage
        document, number = row.get(columns.document) or "", row.get(columns.paragraph) or ""
        text = self.brought.texts.get(document)
        if text is None or not number.isdecimal() or not 0 < int(number) <= len(text.paragraphs):
            return
        start, end = text.paragraphs[int(number) - 1]
        words = row.get(columns.words) if columns.words else None
        if words:
            found = [s for s in exact(text, words) if s.paragraph == int(number)]
            start, end = (found[0].start, found[0].end) if found else (start, end)
        words = text.text[start:end]
        yield {"variable": columns.reason, "document": document, "words": words} | {
            "start": start,
            "end": end,
        }

    def _caption(self, table: Table, row: Row, names: Mapping[str, Mapping[str, str]]) -> str:
        """Return a row in a few words, without its id."""
        if table.name in shared_tables(self.book):
            return row.get(name_variable(table).name) or ""
        ids = (*table.primary_key, self.book.document_key(table))
        required = [v.name for v in compared_variables(self.book, table) if v.required]
        columns = [n for n in dict.fromkeys([*table.roles.caption, *required]) if n not in ids]
        cells = [self._words(table, n, row, names) or row.get(n) or "" for n in columns]
        return ", ".join([*dict.fromkeys(filter(None, cells))][:WORDS_IN_CAPTION])

    def _words(
        self, table: Table, name: str, row: Row, names: Mapping[str, Mapping[str, str]]
    ) -> str:
        """Return what a cell means in words: labels for codes, names for ids; empty if neither."""
        about, variable = meaning(self.book, table, name, row)
        known: dict[str, str] = {}
        if (codes := self.book.code_list(variable)) is not None:
            known = {str(code.code): code.label for code in codes.codes}
        elif (key := about.key_of(variable.name)) is not None:
            known = dict(names.get(key.table, {}))
        items = list_items(row.get(name), variable.separator)
        words = [known.get(item) or item for item in items]
        return "" if words == items else (variable.separator or "; ").join(words)


def meaning(book: Book, table: Table, name: str, row: Row) -> tuple[Table, Variable]:
    """Return the table and variable whose value a cell holds: for a claim those that it is about."""
    claim = table.roles.claim
    if claim is not None and claim.variable and name == claim.value:
        about = row.get(claim.variable) or ""
        for other in book.tables.values():
            if about in other and not other.derived:
                return other, other[about]
    return table, table[name]
