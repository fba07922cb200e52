"""Names in a coding as JSON: what an id or a name means, and the ids of what has none yet.

Who codes for one document writes the names of actors and places, and short ids for what is found. A
name means the one row of a shared table that has it; a short id becomes one of the book's form.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from ...codebook import Book, Table
from ...codebook.nearest import nearest
from .id_form import YEAR, IdForm, id_form
from .json_rows import JsonRow
from .pairing import claimed_key, list_items, name_variable, names_of, same_value
from .typed_rows import Row

MOST_NAMED = 12


@dataclass
class SharedRows:
    """The rows of a table that all documents share, with what they are called."""

    table: Table
    rows: list[JsonRow] = field(default_factory=list[JsonRow])
    _places: dict[str, int] = field(default_factory=dict[str, int])
    _names: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    _near: dict[str, str | None] = field(default_factory=dict[str, str | None])

    @property
    def key(self) -> str:
        """The variable with the id of a row."""
        return self.table.primary_key[0]

    def add(self, row: JsonRow) -> None:
        """Add a row; by its id the first one is found."""
        self._places.setdefault(row.cells.get(self.key) or "", len(self.rows))
        self.rows.append(row)
        self._names, self._near = {}, {}

    def put(self, row: JsonRow) -> None:
        """Add a row, in the place of the one that has its id."""
        place = self._places.get(row.cells.get(self.key) or "")
        if place is None:
            self.add(row)
        else:
            self.rows[place] = row
            self._names, self._near = {}, {}

    def take(self, row: JsonRow) -> None:
        """Take a row out."""
        rows = [one for one in self.rows if one is not row]
        self.rows, self._places, self._names = [], {}, {}
        for one in rows:
            self.add(one)

    def of_name(self, row: JsonRow) -> list[JsonRow]:
        """Return the other rows that have the name of a row, unless a gazetteer tells them apart."""
        name = _proper(self.table, row)
        gazetteer = self.table.roles.gazetteer.id if self.table.roles.gazetteer else ""

        def by_gazetteer(other: JsonRow) -> bool:
            known = row.cells.get(gazetteer), other.cells.get(gazetteer)
            return all(known) and known[0] != known[1]

        return [
            other
            for other in self.rows
            if other is not row
            and name
            and _proper(self.table, other) == name
            and not by_gazetteer(other)
        ]

    def by_id(self, row_id: str | None) -> JsonRow | None:
        """Return the row with an id; None if there is none."""
        place = self._places.get(row_id) if row_id else None
        return None if place is None else self.rows[place]

    def meant(self, text: str) -> list[str]:
        """Return the ids of the rows that a text may mean, an id or a name.

        An id comes before the name proper of a row, and that before its other names, in any
        capitals.
        """
        if self.by_id(text):
            return [text]
        if not self._names:
            label = self.label
            for row in self.rows:
                row_id = row.cells.get(self.key) or ""
                proper = f"={row.cells.get(label)}"
                for name in dict.fromkeys([proper, *names_of(self.table, row.cells)]):
                    self._names.setdefault(name, []).append(row_id)
        folded = names_of(self.table, {self.label: text})
        found = self._names.get(f"={text}") or self._names.get(folded[0] if folded else "", [])
        return list(dict.fromkeys(found))

    @property
    def label(self) -> str:
        """The variable that names a row."""
        return name_variable(self.table).name

    def called(self, row_id: str) -> str:
        """Return an id with the name of its row."""
        row = self.by_id(row_id)
        return f"{row_id} ({row.cells.get(self.label)})" if row else row_id

    def near(self, text: str) -> str | None:
        """Return the name, or the id, that is most like a text."""
        if text not in self._near:
            names = self.label, self.key
            words = [row.cells.get(name) for row in self.rows for name in names]
            self._near[text] = nearest(text, [word for word in words if word])
        return self._near[text]

    def differing(self, new: JsonRow) -> Iterator[tuple[str, str | None]]:
        """Yield the cells in which a row differs from the one of the same id, with its values there.

        A cell that the file does not have says nothing.
        """
        old = self.by_id(new.cells.get(self.key))
        for variable in self.table.coded if old else ():
            there = old.cells.get(variable.name) if old else None
            if variable.name in new.places and not same_value(
                variable, new.cells.get(variable.name), there
            ):
                yield variable.name, there


def _proper(table: Table, row: JsonRow) -> str:
    """Return the name proper of a row, case-folded."""
    label = name_variable(table).name
    return next(iter(names_of(table, {label: row.cells.get(label)})), "")


def keys_in(book: Book, table: Table, cells: Row) -> Iterator[tuple[str, str, str]]:
    """Yield the cells of a row that point to tables: the variable, the table, the separator."""
    for variable in table.coded:
        key = table.key_of(variable.name)
        if key is not None and cells.get(variable.name):
            yield variable.name, key.table, variable.separator
    key, separator = claimed_key(book, table, cells)
    if key is not None and table.roles.claim and cells.get(table.roles.claim.value):
        yield table.roles.claim.value, key.table, separator


def replaced(cell: str | None, separator: str, ids: Mapping[str, str]) -> str | None:
    """Return a cell with other ids in the place of some."""
    parts = [ids.get(part, part) for part in list_items(cell, separator)]
    return (separator.join(parts) if separator else parts[0]) if parts else None


def is_local(table: Table, row_id: str | None) -> bool:
    """Return whether an id is one that only its file knows: it has not the form of the book's ids."""
    if len(table.primary_key) != 1 or table.key_of(table.primary_key[0]):
        return False
    key = table[table.primary_key[0]]
    if key.derived is not None or id_form(table) is None:
        return False
    if not row_id:
        return True
    pattern = key.unanchored_pattern
    form = id_form(table)
    if pattern:
        return re.fullmatch(pattern, row_id) is None
    return form is not None and not form.has(row_id, {})


def in_order_of_keys(book: Book, tables: Iterable[Table]) -> list[Table]:
    """Return tables so that those which others point to come first, as far as there is an order."""
    left, ordered = list(tables), list[Table]()
    while left:
        names = {table.name for table in left}
        free = [t for t in left if not {k.table for k in t.foreign_keys} & (names - {t.name})]
        chosen = free[0] if free else left[0]
        ordered.append(chosen)
        left.remove(chosen)
    return ordered


@dataclass
class IdParts:
    """What the ids of rows are made of, as it follows from the rows and from what they point to."""

    book: Book
    shared: Mapping[str, SharedRows]
    document: Row
    latest: dict[str, str] = field(default_factory=dict[str, str])

    def of(self, table: Table, row: JsonRow) -> dict[str, str]:
        """Return the parts of the id of a row, as far as they are known.

        A claim is numbered with what it is about. Else the row itself comes first: the country of
        its place, then of its actors, and the year of its first day. What nobody knows is as in the
        row before.
        """
        form = id_form(table)
        if form is None:
            return {}
        ways = (dict(self._linked(table, row)), dict(self._own(form, table, row)))
        first, second = ways if table.roles.claim else ways[::-1]
        known = self.latest | dict(self._of_document(form)) | second | first
        self.latest |= {name: known[name] for name in form.fields if name in known}
        return {name: known[name] for name in form.fields if name in known}

    def _linked(self, table: Table, row: JsonRow) -> Iterator[tuple[str, str]]:
        claim = table.roles.claim
        links = [
            (name, target)
            for name, target, separator in keys_in(self.book, table, row.cells)
            if target not in self.shared and not separator
        ]
        # The last that is yielded counts: what a claim is about.
        for name, target in sorted(links, key=lambda link: bool(claim) and link[0] == claim.about):
            if (form := id_form(self.book.tables[target])) is not None:
                yield from form.fields_of(row.cells.get(name) or "").items()

    def _own(self, form: IdForm, table: Table, row: JsonRow) -> Iterator[tuple[str, str]]:
        for name in form.fields:
            interval = table.roles.interval
            if name == YEAR and interval:
                yield from self._year(row.cells.get(interval.start))
            elif name in self.book.code_lists and (code := self._code(name, table, row)):
                yield name, code

    def _of_document(self, form: IdForm) -> Iterator[tuple[str, str]]:
        documents = self.book.documents
        interval = documents.roles.interval if documents else None
        if YEAR in form.fields and interval and YEAR not in self.latest:
            yield from self._year(self.document.get(interval.best or interval.start))

    @staticmethod
    def _year(day: str | None) -> Iterator[tuple[str, str]]:
        if match := re.match(r"([0-9]{4})-", day or ""):
            yield YEAR, match[1]

    def _code(self, name: str, table: Table, row: JsonRow) -> str | None:
        """Return the code of a list that a row has, or a row that it points to."""
        own = (row.cells.get(v.name) for v in table.coded if v.codes == name)
        if found := next(filter(None, own), None):
            return found
        place = (table.roles.place.location,) if table.roles.place else ()
        sides = (side.actor for side in table.roles.sides)
        keys = {n: (t, sign) for n, t, sign in keys_in(self.book, table, row.cells)}
        for key in dict.fromkeys([*place, *sides, *keys]):
            target, separator = keys.get(key, ("", ""))
            if target not in self.shared:
                continue
            there = self.book.tables[target]
            for part in list_items(row.cells.get(key), separator):
                if pointed := self.shared[target].by_id(part):
                    codes = (pointed.cells.get(v.name) for v in there.coded if v.codes == name)
                    if found := next(filter(None, codes), None):
                        return found
        return None
