"""Two coders' tables of the same documents: their units paired, their ids made one, the decisions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from ...codebook import Book, Table
from ..codes import Decision
from ..errors import InputError
from .filed import Coding, Row
from .pairing import (
    Names,
    Pair,
    Side,
    UsedIds,
    id_of,
    pair_by_name,
    rows_by_id,
    shared_tables,
    translated,
    units_of,
)

Tables = Mapping[str, list[Row]]
Match = Callable[[Book, Table, Side, Side], list[Pair]]
"""Pairs the rows of a table that are the same unit, given those of both coders."""
Key = tuple[str, str | None, str | None, str | None]
"""What a decision is on: the table, each coder's id, and the variable unless it is on the unit."""


@dataclass(frozen=True)
class Value:
    """A value that was decided, and whose it is: `FIRST`, `SECOND` or `OTHER`."""

    text: str | None
    whose: Decision


@dataclass(frozen=True)
class Case:
    """Two codings of some documents, their units, and what was decided on these.

    `rows` holds, for each table, both coders' rows by their ids; `names` both coders' ids with
    the final ones.
    """

    book: Book
    first: Coding
    second: Coding
    documents: tuple[str, ...]
    decisions: Mapping[Key, Row]
    units: Mapping[str, list[Pair]]
    final_ids: Mapping[Pair, str]
    rows: Mapping[str, tuple[Mapping[str, Row], Mapping[str, Row]]]
    names: tuple[Names, Names]

    def decision_on(self, pair: Pair, variable: str | None = None) -> Row | None:
        """Return the adjudicator's row on a unit, or on a variable of it."""
        return self.decisions.get((pair.table, pair.first, pair.second, variable))

    def dropped(self, pair: Pair) -> bool:
        """Return whether a unit was dropped."""
        return _decided(self.decision_on(pair)) == Decision.DROP

    def typed(self, pair: Pair, variable: str) -> bool:
        """Return whether a coder typed a value, or all left it to follow from other values."""
        first, second = (rows.get(pair.table, {}) for rows in self._filed)
        return bool(
            (pair.first is not None and first[pair.first].get(variable))
            or (pair.second is not None and second[pair.second].get(variable))
        )

    @cached_property
    def _filed(self) -> tuple[Mapping[str, Mapping[str, Row]], ...]:
        """Each coder's rows as they were typed, by table and id."""
        return tuple(
            {
                name: {id_of(self.book.tables[name], row): row for row in rows}
                for name, rows in coding.filed.items()
            }
            for coding in (self.first, self.second)
        )

    def sides(self, pair: Pair) -> tuple[Row, Row]:
        """Return both coders' rows of a unit with final ids; an empty row where a coder has none."""
        table = self.book.tables[pair.table]
        ours, theirs = self.rows[pair.table]
        return (
            translated(self.book, table, ours[pair.first], self.names[0]) if pair.first else {},
            translated(self.book, table, theirs[pair.second], self.names[1]) if pair.second else {},
        )


def _once(pairs: list[Pair]) -> list[Pair]:
    """Return pairs without the rows of one coder that are in a pair of both, too.

    They were decided on while the two were apart.
    """
    both = {pair for pair in pairs if pair.first is not None and pair.second is not None}
    first, second = {pair.first for pair in both}, {pair.second for pair in both}
    return [
        pair
        for pair in pairs
        if pair in both or (pair.first not in first and pair.second not in second)
    ]


def _decided(row: Row | None) -> str | None:
    return row.get("decision") if row is not None else None


def decided_value(
    case: Case, pair: Pair, variable: str, first_row: Row, second_row: Row
) -> Value | None:
    """Return the value that was decided for a variable of a unit; None if nothing was decided."""
    row = case.decision_on(pair, variable)
    match _decided(row):
        case Decision.FIRST:
            return Value(first_row.get(variable), Decision.FIRST)
        case Decision.SECOND:
            return Value(second_row.get(variable), Decision.SECOND)
        case Decision.OTHER if row is not None:
            return Value(row.get("value"), Decision.OTHER)
    return None


def open_case(
    book: Book,
    first: Coding,
    second: Coding,
    decisions: Iterable[Row],
    match: Match | None,
    taken: Mapping[str, set[str]],
) -> Case:
    """Pair the units of two codings: as decided, then by `match`, what is left each by itself.

    Args:
        book: the codebook of the package.
        first: the coder whose rows are used where both agree.
        second: the other coder.
        decisions: the rows of the adjudicator's file; those on other coders are passed over.
        match: pairs the units on which nothing is decided; None leaves them unpaired.
        taken: for each table the ids that other documents use.

    Raises:
        InputError: the coders have no document in common.
    """
    theirs = set(second.documents)
    documents = tuple(d for d in first.documents if d in theirs)
    if not documents:
        raise InputError(f"{first.coder} and {second.coder} have no document in common")
    coders = (first.coder, second.coder)
    between = {
        (row.get("unit") or "", row.get("first_id"), row.get("second_id"), row.get("variable")): row
        for row in decisions
        if (row.get("first_coder"), row.get("second_coder")) == coders
    }
    opening = _Opening(book, (first, second), documents, between, taken)
    for table in filter(None, (book.evidence.documents, book.evidence.passages)):
        opening.add_by_id(table)
    for table in shared_tables(book):
        opening.add(table, pair_by_name)
    for table in units_of(book):
        opening.add(table, match)
    return opening.case()


@dataclass
class _Opening:
    """A case while its units are being paired, one table after the other."""

    book: Book
    codings: tuple[Coding, Coding]
    documents: tuple[str, ...]
    decisions: Mapping[Key, Row]
    taken: Mapping[str, set[str]]
    units: dict[str, list[Pair]] = field(default_factory=dict)
    final_ids: dict[Pair, str] = field(default_factory=dict)
    rows: dict[str, tuple[dict[str, Row], dict[str, Row]]] = field(default_factory=dict)
    names: tuple[Names, Names] = field(default_factory=lambda: ({}, {}))

    def case(self) -> Case:
        """Return the case, all of whose units are paired."""
        return Case(
            book=self.book,
            first=self.codings[0],
            second=self.codings[1],
            documents=self.documents,
            decisions=self.decisions,
            units=self.units,
            final_ids=self.final_ids,
            rows=self.rows,
            names=self.names,
        )

    def add_by_id(self, table: str) -> None:
        """Pair the rows of a table whose ids are not the coders' own."""
        ours, theirs = self._start(table)
        pairs = [Pair(table, i, i if i in theirs else None) for i in ours]
        self._enter(table, [*pairs, *(Pair(table, None, i) for i in theirs if i not in ours)])

    def add(self, table: str, match: Match | None) -> None:
        """Pair the rows of a table: as decided, then as matched, then each by itself."""
        ours, theirs = self._start(table)
        apart, decided = set(), []
        for (unit, i, j, variable), row in self.decisions.items():
            if unit != table or variable is not None:
                continue
            if i is not None and j is not None and _decided(row) == Decision.APART:
                apart.add((i, j))
            elif (i is None or i in ours) and (j is None or j in theirs) and (i or j):
                decided.append(Pair(table, i, j))
        decided = _once(decided)
        self._enter(table, decided)
        if match is not None:
            first, second = self._unpaired(table)
            if first.rows and second.rows:
                matched = match(self.book, self.book.tables[table], first, second)
                self._enter(table, [p for p in matched if (p.first, p.second) not in apart])
        first, second = self._unpaired(table)
        self._enter(table, [Pair(table, i, None) for i in first.rows])
        self._enter(table, [Pair(table, None, j) for j in second.rows])

    def _start(self, table: str) -> tuple[dict[str, Row], dict[str, Row]]:
        self.units[table] = []
        first, second = (rows_by_id(self.book, c, table, self.documents) for c in self.codings)
        self.rows[table] = first, second
        return first, second

    def _unpaired(self, name: str) -> tuple[Side, Side]:
        """Return both coders' rows of a table that are in no unit yet."""
        table, pairs = self.book.tables[name], self.units[name]
        paired = {p.first for p in pairs}, {p.second for p in pairs}
        first, second = (
            Side(
                coding,
                {
                    i: translated(self.book, table, row, names)
                    for i, row in rows.items()
                    if i not in there
                },
            )
            for coding, rows, names, there in zip(
                self.codings, self.rows[name], self.names, paired, strict=True
            )
        )
        return first, second

    def _enter(self, table: str, pairs: list[Pair]) -> None:
        """Take units into the case, each with a final id of its own."""
        used = UsedIds(self.taken.get(table, ()))
        for pair in self.units[table]:
            used.add(self.final_ids[pair])
        for pair in pairs:
            row = self.decisions.get((table, pair.first, pair.second, None)) or {}
            final = row.get("final_id") or used.free(pair.first or pair.second or "")
            used.add(final)
            self.units[table].append(pair)
            self.final_ids[pair] = final
            for names, own in zip(self.names, (pair.first, pair.second), strict=True):
                if own is not None:
                    dropped = _decided(row) == Decision.DROP
                    names.setdefault(table, {})[own] = None if dropped else final


def ids_elsewhere(book: Book, seeds: Tables, documents: Iterable[str]) -> dict[str, set[str]]:
    """Return for each table the ids that rows of other documents, and withdrawn rows, use."""
    own = set(documents)
    taken: dict[str, set[str]] = {}
    for table in book.tables.values():
        if not (of_document := book.document_key(table)):
            continue
        rows = [r for r in seeds.get(table.name, []) if r.get(of_document) not in own]
        taken[table.name] = {id_of(table, row) for row in rows}
        for key in table.foreign_keys:
            if key.absent:
                taken[table.name] |= {r.get(key.target) or "" for r in seeds.get(key.table, [])}
    return taken
