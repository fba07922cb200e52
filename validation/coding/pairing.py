"""Two codings side by side: which variables are compared, and which names mean the same thing.

Coders give their own ids to what they find. Before anything is compared, the ids of both are
translated into one set of final ids.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from string import digits as DIGITS

from ...codebook import Book, ForeignKey, Table, Variable
from ..checks.compiled import once_for_each_table
from ..errors import InputError
from .filed import Coding, Row

Names = dict[str, dict[str, str | None]]
"""For each table, final ids by a coder's own ids; None for a unit that was dropped."""
Evidence = Mapping[tuple[str, str, str], Sequence[Row]]
"""A coder's rows of evidence by table, id of the unit, and variable."""


@dataclass(frozen=True)
class Pair:
    """One unit: a row of one coder, of the other, or of both; each by its id."""

    table: str
    first: str | None
    second: str | None


@dataclass(frozen=True)
class Side:
    """One coder's rows of a table that are in no unit yet, by id, with final ids where known."""

    coding: Coding
    rows: Mapping[str, Row]


def documents_of(book: Book) -> Table:
    """Return the table of documents.

    Raises:
        InputError: the book has none.
    """
    if book.documents is None:
        raise InputError(f"the book {book.name} has no documents: no table has the role document")
    return book.documents


def coded_documents(book: Book) -> Table:
    """Return the table of the documents that coders read.

    Raises:
        InputError: the book has no such table, or nothing that coders would find in documents.
    """
    documents = documents_of(book)
    if not units_of(book):
        raise InputError(
            f"the book {book.name} has no units: no table with unit: true has a key to "
            f"{documents.name}"
        )
    return documents


def units_of(book: Book) -> list[str]:
    """Return the tables whose rows coders find in a text, each with an id of their own."""
    return [table.name for table in book.units if book.document_key(table)]


def shared_tables(book: Book) -> list[str]:
    """Return the tables that coders share, because their rows belong to no document: actors, places."""
    return [table.name for table in book.shared]


@once_for_each_table
def compared_variables(book: Book, table: Table) -> list[Variable]:
    """Return the variables whose values are judgements on the words: not ids, not remarks."""
    return [
        v
        for v in table.coded
        if v.name not in table.primary_key
        and v.name != book.document_key(table)
        and (v.evidence or v.words_for or v.codes or table.key_of(v.name))
    ]


def id_of(table: Table, row: Row) -> str:
    """Return the id of a row; the parts of a key of several columns are joined by a space.

    A passage is named by its document, its paragraph, and its words if it has some.
    """
    if passage := table.roles.passage:
        names = (passage.document, passage.paragraph, passage.words)
        return " ".join(filter(None, (row.get(name) for name in names)))
    return " ".join(row.get(name) or "" for name in table.primary_key)


def rows_by_id(book: Book, coding: Coding, name: str, documents: Iterable[str]) -> dict[str, Row]:
    """Return a coder's rows about some documents, or all of a shared table, by their ids."""
    chosen = set(documents)
    table = book.tables[name]
    of_document = book.document_key(table)
    return {
        id_of(table, row): row
        for row in coding.rows(name)
        if not of_document or row.get(of_document) in chosen
    }


def pair_by_name(_book: Book, table: Table, first: Side, second: Side) -> list[Pair]:
    """Pair rows of a shared table that mean the same: by id, else by name, else by a common name.

    The first text column after the key is the name; lists of plain text hold other names. A row
    that could be several others is left alone.
    """
    pairs = [Pair(table.name, i, i) for i in first.rows if i in second.rows]
    ours = {i: names_of(table, r) for i, r in first.rows.items() if i not in second.rows}
    theirs = {i: names_of(table, r) for i, r in second.rows.items() if i not in first.rows}
    for number in (1, None):
        ours_alone, theirs_alone = (
            {i: names[:number] for i, names in side.items()} for side in (ours, theirs)
        )
        for i, j in _only_each_other(ours_alone, theirs_alone):
            pairs.append(Pair(table.name, i, j))
            ours.pop(i)
            theirs.pop(j)
    return pairs


def _only_each_other(
    ours: Mapping[str, Sequence[str]], theirs: Mapping[str, Sequence[str]]
) -> list[tuple[str, str]]:
    """Return the rows of both sides that have a name in common with each other and with no third."""
    here, there = _named(ours, theirs), _named(theirs, ours)
    return [(i, j) for i, j in here.items() if there.get(j) == i]


def _named(
    rows: Mapping[str, Sequence[str]], others: Mapping[str, Sequence[str]]
) -> dict[str, str]:
    """Return for each row that has a name in common with one other row only, that one."""
    called: dict[str, set[str]] = {}
    for other, names in others.items():
        for name in names:
            called.setdefault(name, set()).add(other)
    found: dict[str, str] = {}
    for row, names in rows.items():
        # A name of many is looked at no further than to see that it is not of one.
        same = {other for name in names for other in islice(called.get(name, ()), 2)}
        if len(same) == 1:
            found[row] = same.pop()
    return found


def names_of(table: Table, row: Row) -> list[str]:
    """Return the names in a row of a shared table, case-folded; the first is the name proper."""
    lists = [v for v in _plain_text(table) if v.separator]
    names = [row.get(name_variable(table).name) or ""]
    names += [part for v in lists for part in (row.get(v.name) or "").split(v.separator)]
    return [_folded(one) for one in names if one]


def name_variable(table: Table) -> Variable:
    """Return the variable that names a row of a shared table: the first plain text after its key.

    It is the key where there is no other text.
    """
    others = (v for v in _plain_text(table) if v.name not in table.primary_key)
    return next(others, table[table.primary_key[0]])


def _plain_text(table: Table) -> list[Variable]:
    return [
        v for v in table.coded if v.type == "string" and not v.codes and not table.key_of(v.name)
    ]


def _folded(name: str) -> str:
    return re.sub(r"^the ", "", " ".join(re.sub(r"[^\w\s]", " ", name.casefold()).split()))


def translated(book: Book, table: Table, row: Row, names: Names) -> Row:
    """Return a row with final ids in place of the coder's own; ids of dropped units are left out."""
    new = dict(row)
    for variable in table.coded:
        key = table.key_of(variable.name)
        if key is not None and key.table in names:
            cell = row.get(variable.name)
            new[variable.name] = _mapped(cell, variable.separator, names[key.table])
    key, separator = claimed_key(book, table, row)
    if key is not None and key.table in names and table.roles.claim:
        value = table.roles.claim.value
        if row.get(value):
            new[value] = _mapped(row[value], separator, names[key.table])
    return new


def claimed_key(book: Book, claims: Table, row: Row) -> tuple[ForeignKey | None, str]:
    """Return the key of the variable that a row of a table of claims is about, and its separator.

    There is one where the claimed value is an id, or a list of ids.
    """
    for table, variable in _claimed(book, claims, row):
        if key := table.key_of(variable.name):
            return key, variable.separator
    return None, ""


def claimed_variable(book: Book, claims: Table, row: Row) -> Variable | None:
    """Return the variable that a row of a table of claims is about, whose values it claims."""
    return next((variable for _, variable in _claimed(book, claims, row)), None)


def _claimed(book: Book, claims: Table, row: Row) -> Iterator[tuple[Table, Variable]]:
    """Yield the tables that have the variable which a claim is about."""
    claim = claims.roles.claim
    about = row.get(claim.variable) if claim and claim.variable and claim.value else None
    for table in book.tables.values():
        if about and about in table:
            yield table, table[about]


def _mapped(cell: str | None, separator: str, names: Mapping[str, str | None]) -> str | None:
    if not cell:
        return None
    final = [names.get(part, part) for part in list_items(cell, separator)]
    return separator.join(part for part in final if part) or None


def list_items(cell: str | None, separator: str) -> list[str]:
    """Return the parts of a cell that holds a list; a cell without a separator is one part."""
    if not cell:
        return []
    return cell.split(separator) if separator else [cell]


def same_value(variable: Variable, first: str | None, second: str | None) -> bool:
    """Return whether two cells mean the same: the order within a list and spaces do not matter."""
    return comparable(variable, first) == comparable(variable, second)


def comparable(variable: Variable, cell: str | None) -> str | None:
    """Return a cell in the form that is compared.

    Lists are in one order, numbers in one spelling, and any white space is one space.
    """
    if cell is None or not cell.strip():
        return None
    if variable.separator:
        return variable.separator.join(
            sorted({part.strip() for part in cell.split(variable.separator)})
        )
    if variable.is_number:
        try:
            return repr(float(cell))
        except ValueError:
            return cell
    return " ".join(cell.split())


def evidence_of(book: Book, coding: Coding) -> dict[tuple[str, str, str], list[Row]]:
    """Return a coder's evidence by table, id of the unit, and variable.

    A quote that is for several rows is nobody's.
    """
    names, evidence = book.evidence, dict[tuple[str, str, str], list[Row]]()
    variable = names.quote.variable
    *own, document = [(key.table, key.field) for key in names.owners] or [("", "")]
    for row in coding.rows(names.quotes):
        owners = [(table, i) for table, field in own if (i := row.get(field))]
        if not owners and (i := row.get(document[1])):
            owners = [(document[0], i)]
        if len(owners) == 1:
            evidence.setdefault((*owners[0], row.get(variable) or ""), []).append(row)
    return evidence


def quote_of(book: Book, evidence: Evidence, table: str, unit: str, variable: str) -> str | None:
    """Return the quotes for a value, with a bar between several; None without evidence."""
    rows, words = evidence.get((table, unit, variable), []), book.evidence.quote.words
    return " | ".join(dict.fromkeys(row.get(words) or "" for row in rows)) or None


class UsedIds:
    """Ids that are in use, and the highest number of each series of them."""

    def __init__(self, ids: Iterable[str] = ()) -> None:
        self._ids: set[str] = set()
        self._highest: dict[str, int] = {}
        for one in ids:
            self.add(one)

    def add(self, one: str) -> None:
        """Take one more id into use."""
        self._ids.add(one)
        head = one.rstrip(DIGITS)
        if digits := one.removeprefix(head):
            self._highest[head] = max(self._highest.get(head, 0), int(digits))

    def free(self, preferred: str) -> str:
        """Return an id that is free: the preferred one, else the next number of its series."""
        if preferred not in self._ids:
            return preferred
        head = preferred.rstrip(DIGITS)
        digits = preferred.removeprefix(head)
        if not digits:
            head, digits = f"{preferred}-", "1"
        highest = max(self._highest.get(head, 0), int(digits))
        return f"{head}{highest + 1:0{len(digits)}d}"
