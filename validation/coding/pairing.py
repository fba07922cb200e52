"""Two codings side by side: which variables are compared, and whose names mean the same thing.

Coders give their own ids to what they find. Before anything is compared, the ids of both are
translated into one set of final ids.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ...codebook import Book, ForeignKey, Table, Variable
from ..evidence.check import OWNERS
from .filed import Coding, Row

DOCUMENTS = "documents"
PARAGRAPHS = "passed_over"
UNITS = ("events", "claims")
"""The tables whose rows coders find in a text, each with an id of their own."""
Names = dict[str, dict[str, str | None]]
"""For each table, final ids by a coder's own ids."""


@dataclass(frozen=True)
class Pair:
    """One unit: a row of one coder, of the other, or of both; each by its id."""

    table: str
    first: str | None
    second: str | None


def registers(book: Book) -> list[str]:
    """The tables that coders share, because their rows belong to no document: actors, places.

    They are the tables that others point to and that themselves lead to no document.
    """
    found = []
    for table in book.tables.values():
        pointed = any(
            k.table == table.name
            for t in book.tables.values()
            for k in t.foreign_keys
            if not k.absent
        )
        if pointed and not table.derived and not _reaches(book, table, DOCUMENTS, set()):
            found.append(table.name)
    return found


def _reaches(book: Book, table: Table, target: str, seen: set[str]) -> bool:
    if table.name == target:
        return True
    nexts = {k.table for k in table.foreign_keys if not k.absent} - seen - {table.name}
    return any(_reaches(book, book.tables[n], target, seen | {table.name}) for n in nexts)


def compared(table: Table) -> list[Variable]:
    """The variables whose values are judgements about the words, in order: not ids, not remarks."""
    return [
        v
        for v in table.coded
        if v.name not in table.primary_key
        and v.name != "document_id"
        and (v.evidence or v.words_for or v.codes or table.key_of(v.name))
    ]


def id_of(table: Table, row: Row) -> str:
    """The id of a row; of several columns, joined by a space."""
    return " ".join(row.get(name) or "" for name in table.primary_key)


def by_id(book: Book, coding: Coding, table: str, documents: Iterable[str]) -> dict[str, Row]:
    """The rows of a coder about some documents, or all of a shared table, by their ids."""
    wanted = set(documents)
    found = book.tables[table]
    own = "document_id" not in found
    return {
        id_of(found, row): row
        for row in coding.rows(table)
        if own or row.get("document_id") in wanted
    }


def link(book: Book, table: str, first: Mapping[str, Row], second: Mapping[str, Row]) -> list[Pair]:
    """Rows of a shared table that mean the same: by id, else by name, else by a name in common.

    The first text column after the key is the name; lists of plain text hold other names. A row
    that could be several others is left alone.
    """
    pairs = [Pair(table, i, i) for i in first if i in second]
    left = {i: names_of(book.tables[table], r) for i, r in first.items() if i not in second}
    right = {i: names_of(book.tables[table], r) for i, r in second.items() if i not in first}
    for same in (lambda a, b: a[0] == b[0], lambda a, b: bool({*a} & {*b})):
        likes = {i: [j for j, b in right.items() if same(a, b)] for i, a in left.items()}
        for i, found in likes.items():
            rivals = [k for k, others in likes.items() if set(others) & set(found)]
            if len(found) == 1 and rivals == [i]:
                pairs.append(Pair(table, i, found[0]))
                left.pop(i)
                right.pop(found[0])
    return pairs


def names_of(table: Table, row: Row) -> list[str]:
    """The names of a row of a shared table, folded; the first is the name proper."""
    plain = [
        v for v in table.coded if v.type == "string" and not v.codes and not table.key_of(v.name)
    ]
    name = next(v for v in plain if v.name not in table.primary_key)
    others = [v for v in plain if v.separator]
    said = [row.get(name.name) or ""]
    said += [one for v in others for one in (row.get(v.name) or "").split(v.separator)]
    return [_folded(one) for one in said if one]


def _folded(name: str) -> str:
    return re.sub(r"^the ", "", " ".join(re.sub(r"[^\w\s]", " ", name.casefold()).split()))


def translated(book: Book, table: Table, row: Row, names: Names) -> Row:
    """A row with the final ids in place of the coder's own; a dropped unit's id is left out."""
    new = dict(row)
    for variable in table.coded:
        key = table.key_of(variable.name)
        if key is not None and key.table in names:
            new[variable.name] = _mapped(
                row.get(variable.name), variable.separator, names[key.table]
            )
    key, separator = claimed(book, row)
    if key is not None and key.table in names and row.get("value") and "value" in table:
        new["value"] = _mapped(row["value"], separator, names[key.table])
    return new


def claimed(book: Book, row: Row) -> tuple[ForeignKey | None, str]:
    """The key of the variable that a claim is about, and its separator: what is claimed is an id."""
    about = row.get("about_variable")
    target = next(
        (t for t in book.tables.values() if about and about in t and t.key_of(about)), None
    )
    if about is None or target is None:
        return None, ""
    return target.key_of(about), target[about].separator


def _mapped(cell: str | None, separator: str, names: Mapping[str, str | None]) -> str | None:
    if not cell:
        return None
    parts = cell.split(separator) if separator else [cell]
    final = [names.get(part, part) for part in parts]
    return (separator or "").join(part for part in final if part) or None


def alike(variable: Variable, one: str | None, other: str | None) -> bool:
    """Whether two cells hold the same; the order within a list and spaces do not matter."""
    return value_of(variable, one) == value_of(variable, other)


def value_of(variable: Variable, cell: str | None) -> str | None:
    """A cell as it is compared: lists in one order, numbers in one spelling, spaces as one."""
    if cell is None or not cell.strip():
        return None
    if variable.separator:
        return variable.separator.join(
            sorted({part.strip() for part in cell.split(variable.separator)})
        )
    if variable.type in ("integer", "number"):
        try:
            return repr(float(cell))
        except ValueError:
            return cell
    return " ".join(cell.split())


def evidence_of(coding: Coding) -> dict[tuple[str, str, str], list[Row]]:
    """A coder's evidence by table, id of the unit and variable."""
    found: dict[tuple[str, str, str], list[Row]] = {}
    for row in coding.rows("evidence"):
        for table, column in OWNERS.items():
            if row.get(column) and not any(
                row.get(c) for t, c in OWNERS.items() if t != table and c != "document_id"
            ):
                owner = table, row[column] or "", row.get("variable") or ""
                found.setdefault(owner, []).append(row)
                break
    return found


def quote_of(
    evidence: Mapping[tuple[str, str, str], list[Row]], table: str, unit: str, variable: str
) -> str | None:
    """The words for a value, several with a bar between; None if there is no evidence."""
    rows = evidence.get((table, unit, variable), [])
    return " | ".join(dict.fromkeys(row["quote"] or "" for row in rows)) or None


def free(wanted: str, taken: set[str]) -> str:
    """An id that is free: the one that is wanted, else the next number of its series."""
    if wanted not in taken:
        return wanted
    head, digits = re.fullmatch(r"(.*?)(\d*)", wanted, re.S).groups()  # type: ignore[union-attr]
    if not digits:
        head, digits = f"{wanted}-", "1"
    used = [int(m.group(1)) for t in taken if (m := re.fullmatch(re.escape(head) + r"(\d+)", t))]
    return f"{head}{max([*used, int(digits)]) + 1:0{len(digits)}d}"
