"""Rows that are not finished: whether they are legal so far, and what they still need."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ...codebook import Book, Table
from ...codebook.nearest import nearest, same_word
from ...validation.coding.filed import Row
from ...validation.coding.typed_rows import typed_quotes
from ...validation.engines.small import check_sources
from ...validation.errors import InputError
from ...validation.findings import Finding
from ...validation.package.package import Package
from .table_files import Rows, source_of

ALL = "*"
"""Stands for all variables of a row, where words are given for them."""


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


def ensure_legal(package: Package, name: str, rows: Rows, finished: bool = True) -> None:
    """Ensure that a new row of a table, the last of its rows, is legal by the codebook.

    Ids in it are looked up in the tables that they point to.

    Args:
        package: the package.
        name: the table.
        rows: its rows with the new one.
        finished: what is empty counts, too; else only what is filled in.

    Raises:
        InputError: the codebook does not allow a value; all reasons are given.
    """
    table = package.book.tables[name]
    targets = {k.table for k in table.foreign_keys} - {name}
    sources = {n: s for n, s in package.sources().items() if n in targets and s.frame is not None}
    new = source_of(table, rows)
    report = check_sources(package.book, {**sources, name: new}).report
    last = len(rows) + 1
    wrong = [
        _reason(f)
        for f in report
        if f.file == new.file
        and f.line == last
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


def in_codes(book: Book, table: Table, values: Mapping[str, str]) -> dict[str, str]:
    """Return values with codes as their lists spell them, whatever the case of what was typed."""
    coded = dict(values)
    for name, value in values.items():
        codes = book.code_list(table[name])
        if codes is None or table[name].separator:
            continue
        coded[name] = same_word(value, {str(code): str(code) for code in codes.values}) or value
    return coded


def implied(book: Book, table: Table, values: Mapping[str, str]) -> dict[str, str]:
    """Return the codes that follow from others: an attribute of a code is a variable of the row."""
    found: dict[str, str] = {}
    for name, value in values.items():
        codes = book.code_list(table[name])
        for attribute in codes.attributes if codes and value in codes.values else ():
            if codes is None or attribute not in table or table[attribute].derived:
                continue
            of_code = codes.look_up(attribute)[value]
            if table[attribute].codes and of_code is not None:
                found[attribute] = str(of_code)
    return found


def open_variables(book: Book, table: Table, row: Mapping[str, str | None]) -> Open:
    """Return the variables that a row like this needs, filled in or not, and that it may have.

    Needed are the required ones, and those that a rule blames because they are empty. Possible are
    those that no rule would blame if they held their example, or another code of their list.
    """
    names = [v.name for v in table.coded if v.name not in table.primary_key]
    must = {v.name for v in table.coded if v.must_be_typed}
    # What has a default is complete as soon as what it follows from is there.
    blamed = {
        column
        for _, column in _blamed(book, table, [row])
        if not row.get(column) and not table[column].default
    }
    by_rule = {n for n in blamed if n not in must}
    needed = tuple(n for n in names if n in blamed or n in must)
    # With what the rules ask for in place, what they blame is what they forbid.
    filled = {**row, **{n: str(table[n].example) for n in by_rule}}
    others = [n for n in names if n not in needed and not row.get(n)]
    barred = set(others) - _legal(book, table, filled, [(n, str(table[n].example)) for n in others])
    codes = [
        (n, str(value))
        for n in barred
        if (listed := book.code_list(table[n])) is not None
        for value in listed.values
    ]
    barred -= _legal(book, table, filled, codes)
    return Open(needed, tuple(n for n in others if n not in barred))


def _legal(
    book: Book,
    table: Table,
    row: Mapping[str, str | None],
    values: Sequence[tuple[str, str]],
) -> set[str]:
    """Return the variables that no rule blames in a row with one of these values."""
    tried = [{**row, name: value} for name, value in values]
    blamed = _blamed(book, table, tried)
    return {name for at, (name, _) in enumerate(values) if (at, name) not in blamed}


def _blamed(
    book: Book, table: Table, rows: Sequence[Mapping[str, str | None]]
) -> set[tuple[int, str]]:
    """Return for rows, by their number, the columns that findings of the check blame."""
    if not rows:
        return set()
    # Rows of one key would be findings of their own.
    keys = [k for k in table.primary_key if table[k].type == "string"]
    numbered = [{**row, **{k: f"{row.get(k)}{n}" for k in keys}} for n, row in enumerate(rows)]
    report = check_sources(book, {table.name: source_of(table, numbered)}).report
    return {(f.line - 2, f.column) for f in report if f.column and f.line}


def evidence_stubs(
    book: Book, table: Table, row: Row, needed: Iterable[str], quotes: Mapping[str, str]
) -> list[Row]:
    """Return the quotes for the values that take one, with their words if there are any yet.

    Args:
        book: the codebook.
        table: the table of the row.
        row: the row.
        needed: the variables that it still needs.
        quotes: words of the document by variable.
    """
    evidence = book.evidence
    key = next(key for key in evidence.owners if key.table == table.name)
    columns = evidence.quote
    proved = [v.name for v in table.coded if v.evidence and (row.get(v.name) or v.name in needed)]
    if ALL in quotes and book.quotes is not None and book.quotes.derived is not None:
        # What one quote carries besides needs no row of its own.
        proved = []
    stubs: list[Row] = [
        {
            key.field: row[key.target],
            columns.variable: name,
            columns.document: row.get(book.document_key(table)),
            columns.words: quotes.get(name),
        }
        for name in dict.fromkeys([*proved, *quotes])
    ]
    typed = typed_quotes(book, [{n: cell for n, cell in stub.items() if n} for stub in stubs])
    for one in typed:
        one.update({n: None for n, cell in one.items() if cell == ALL})
    return typed
