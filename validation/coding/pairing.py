"""Two codings side by side: which variables are compared, and which names mean the same thing.

Coders give their own ids to what they find. Before anything is compared, the ids of both are
translated into one set of final ids.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass

from ...codebook import Book, ForeignKey, Table, Variable
from ..evidence.evidence_check import OWNERS
from .filed import Coding, Row

DOCUMENTS = "documents"
PARAGRAPHS = "passed_over"
UNITS = ("events", "claims")
"""The tables whose rows coders find in a text, each with an id of their own."""
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


def shared_tables(book: Book) -> list[str]:
    """Return the tables that coders share, because their rows belong to no document: actors, places.

    They are the tables that others point to and that themselves point to no document, not even by
    way of another table.
    """
    pointed_to = {
        key.table for table in book.tables.values() for key in table.foreign_keys if not key.absent
    }
    return [
        table.name
        for table in book.tables.values()
        if table.name in pointed_to
        and not table.derived
        and not _points_to(book, table, DOCUMENTS, set())
    ]


def _points_to(book: Book, table: Table, target: str, seen: set[str]) -> bool:
    if table.name == target:
        return True
    nexts = {k.table for k in table.foreign_keys if not k.absent} - seen - {table.name}
    return any(_points_to(book, book.tables[n], target, seen | {table.name}) for n in nexts)


def compared_variables(table: Table) -> list[Variable]:
    """Return the variables whose values are judgements on the words: not ids, not remarks."""
    return [
        v
        for v in table.coded
        if v.name not in table.primary_key
        and v.name != "document_id"
        and (v.evidence or v.words_for or v.codes or table.key_of(v.name))
    ]


def id_of(table: Table, row: Row) -> str:
    """Return the id of a row; the parts of a key of several columns are joined by a space."""
    return " ".join(row.get(name) or "" for name in table.primary_key)


def rows_by_id(book: Book, coding: Coding, name: str, documents: Iterable[str]) -> dict[str, Row]:
    """Return a coder's rows about some documents, or all of a shared table, by their ids."""
    wanted = set(documents)
    table = book.tables[name]
    shared = "document_id" not in table
    return {
        id_of(table, row): row
        for row in coding.rows(name)
        if shared or row.get("document_id") in wanted
    }


def pair_by_name(table: Table, first: Side, second: Side) -> list[Pair]:
    """Pair rows of a shared table that mean the same: by id, else by name, else by a common name.

    The first text column after the key is the name; lists of plain text hold other names. A row
    that could be several others is left alone.
    """
    pairs = [Pair(table.name, i, i) for i in first.rows if i in second.rows]
    ours = {i: names_of(table, r) for i, r in first.rows.items() if i not in second.rows}
    theirs = {i: names_of(table, r) for i, r in second.rows.items() if i not in first.rows}
    for same in (lambda a, b: a[0] == b[0], lambda a, b: not set(a).isdisjoint(b)):
        candidates = {i: [j for j, b in theirs.items() if same(a, b)] for i, a in ours.items()}
        for i, others in candidates.items():
            rivals = [k for k, them in candidates.items() if not set(them).isdisjoint(others)]
            if len(others) == 1 and rivals == [i]:
                pairs.append(Pair(table.name, i, others[0]))
                ours.pop(i)
                theirs.pop(others[0])
    return pairs


def names_of(table: Table, row: Row) -> list[str]:
    """Return the names in a row of a shared table, case-folded; the first is the name proper."""
    lists = [v for v in _plain_text(table) if v.separator]
    names = [row.get(name_variable(table).name) or ""]
    names += [part for v in lists for part in (row.get(v.name) or "").split(v.separator)]
    return [_folded(one) for one in names if one]


def name_variable(table: Table) -> Variable:
    """Return the variable that names a row of a shared table: the first plain text after its key."""
    return next(v for v in _plain_text(table) if v.name not in table.primary_key)


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
            new[variable.name] = _mapped(
                row.get(variable.name), variable.separator, names[key.table]
            )
    key, separator = claimed_key(book, row)
    if key is not None and key.table in names and row.get("value") and "value" in table:
        new["value"] = _mapped(row["value"], separator, names[key.table])
    return new


def claimed_key(book: Book, row: Row) -> tuple[ForeignKey | None, str]:
    """Return the key of the variable that a claim is about, and its separator.

    There is one where the claimed value is an id, or a list of ids.
    """
    about = row.get("about_variable")
    if about is None:
        return None, ""
    for table in book.tables.values():
        if about in table and (key := table.key_of(about)):
            return key, table[about].separator
    return None, ""


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


def evidence_of(coding: Coding) -> dict[tuple[str, str, str], list[Row]]:
    """Return a coder's evidence by table, id of the unit, and variable."""
    evidence: dict[tuple[str, str, str], list[Row]] = {}
    for row in coding.rows("evidence"):
        for table, column in OWNERS.items():
            if row.get(column) and not any(
                row.get(c) for t, c in OWNERS.items() if t != table and c != "document_id"
            ):
                owner = table, row[column] or "", row.get("variable") or ""
                evidence.setdefault(owner, []).append(row)
                break
    return evidence


def quote_of(evidence: Evidence, table: str, unit: str, variable: str) -> str | None:
    """Return the quotes for a value, with a bar between several; None without evidence."""
    rows = evidence.get((table, unit, variable), [])
    return " | ".join(dict.fromkeys(row["quote"] or "" for row in rows)) or None


def free_id(preferred: str, taken: Set[str]) -> str:
    """Return an id that is free: the preferred one, else the next number of its series."""
    if preferred not in taken:
        return preferred
    head = preferred.rstrip("0123456789")
    digits = preferred.removeprefix(head)
    if not digits:
        head, digits = f"{preferred}-", "1"
    series = re.compile(re.escape(head) + r"(\d+)")
    used = [int(m.group(1)) for i in taken if (m := series.fullmatch(i))]
    return f"{head}{max([*used, int(digits)]) + 1:0{len(digits)}d}"
