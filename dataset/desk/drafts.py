"""Rows that are not finished: whether they are legal so far, and what they still need."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ...codebook import Book, Table
from ...codebook.nearest import nearest
from ...validation.coding.codes import Basis
from ...validation.coding.filed import Row
from ...validation.engines.small import check_sources
from ...validation.errors import InputError
from ...validation.findings import Finding
from ...validation.package.package import Package
from .table_files import Rows, source_of


@dataclass(frozen=True)
class Open:
    """The variables that a row still needs, and those that it may have as well."""

    needed: tuple[str, ...]
    possible: tuple[str, ...]


def ensure_variables(table: Table, names: Iterable[str]) -> None:
    """Ensure that people code these variables of a table.

    Raises:
        InputError: one is no such variable.
    """
    coded = [v.name for v in table.coded]
    for name in names:
        if name not in coded:
            close = nearest(name, coded)
            hint = f"; did you mean {close}?" if close else f"; there are: {', '.join(coded)}"
            raise InputError(f"{name}: {table.name} have no such coded variable{hint}")


def ensure_legal(
    package: Package, name: str, rows: Rows, row_id: str, finished: bool = True
) -> None:
    """Ensure that a new row of a table is legal by the codebook.

    Ids in it are looked up in the tables that they point to.

    Args:
        package: the package.
        name: the table.
        rows: its rows with the new one.
        row_id: the id of the new row.
        finished: what is empty counts, too; else only what is filled in.

    Raises:
        InputError: the codebook does not allow a value; all reasons are given.
    """
    table = package.book.tables[name]
    targets = {k.table for k in table.foreign_keys} - {name}
    sources = {n: s for n, s in package.sources().items() if n in targets and s.frame is not None}
    new = source_of(table, rows)
    report = check_sources(package.book, {**sources, name: new}).report
    wrong = [
        _reason(f)
        for f in report
        if f.file == new.file
        and f.row_id == row_id
        and f.severity == "error"
        and (finished or f.value is not None)
    ]
    if wrong:
        raise InputError(*wrong)


def _reason(finding: Finding) -> str:
    value = f" {finding.value!r}" if finding.value else ""
    allowed = f"; allowed: {finding.allowed}" if finding.allowed else ""
    close = f"; did you mean {finding.nearest}?" if finding.nearest else ""
    return f"{finding.column}{value}: {finding.message}{allowed}{close}"


def open_variables(book: Book, table: Table, row: Mapping[str, str | None]) -> Open:
    """Return the variables that a row like this needs, filled in or not, and that it may have.

    Needed are the required ones, and those that a rule blames because they are empty. Possible are
    those that no rule would blame if they held their example.
    """
    names = [v.name for v in table.coded if v.name not in table.primary_key]
    blamed = {column for _, column in _blamed(book, table, [row]) if not row.get(column)}
    by_rule = {n for n in blamed if not table[n].required}
    needed = tuple(n for n in names if n in blamed or table[n].required)
    # With what the rules ask for in place, what they blame is what they forbid.
    filled = {**row, **{n: str(table[n].example) for n in by_rule}}
    others = [n for n in names if n not in needed and not row.get(n)]
    tried = [{**filled, n: str(table[n].example)} for n in others]
    barred = {others[at] for at, column in _blamed(book, table, tried) if column == others[at]}
    return Open(needed, tuple(n for n in others if n not in barred))


def _blamed(
    book: Book, table: Table, rows: Sequence[Mapping[str, str | None]]
) -> set[tuple[int, str]]:
    """Return for rows, by their number, the columns that findings of the check blame."""
    if not rows:
        return set()
    key = table.primary_key[0]
    numbered = [{**row, key: f"{row.get(key)}{n}"} for n, row in enumerate(rows)]
    report = check_sources(book, {table.name: source_of(table, numbered)}).report
    return {(f.line - 2, f.column) for f in report if f.column and f.line}


def evidence_stubs(
    table: Table, row: Row, needed: Iterable[str], quotes: Mapping[str, str]
) -> list[Row]:
    """Return a row of evidence for each value that takes some, with its quote if there is one yet.

    Args:
        table: the table of the row.
        row: the row.
        needed: the variables that it still needs.
        quotes: words of the document by variable.
    """
    key = table.primary_key[0]
    proved = [v.name for v in table.coded if v.evidence and (row.get(v.name) or v.name in needed)]
    return [
        {
            key: row[key],
            "variable": name,
            "document_id": row.get("document_id"),
            "basis": Basis.STATED.value if quotes.get(name) else None,
            "quote": quotes.get(name),
        }
        for name in dict.fromkeys([*proved, *quotes])
    ]
