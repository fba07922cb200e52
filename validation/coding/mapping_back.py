"""Answers given with a varied codebook, as codes of the original one: mapped by definition.

A code of the varied book means the code of the original book whose definition it carries. What
coders share, as documents and actors, has the codes of the original book and stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import polars as pl

from ...codebook import Book, Table, Variable
from .. import findings
from ..errors import InputError
from ..findings import Finding, Report
from ..reading.source import LINE, Source
from .coded_workbook import table_name
from .pairing import list_items, shared_tables
from .typed_rows import Row
from .variation import Variation

FOREIGN = " (not a code of the varied codebook)"
"""What is added to a code that only the original book has, so that no check takes it for an answer."""


def ensure_fits(book: Book, variation: Variation) -> None:
    """Ensure that a varied book was made from a book as it is now.

    Raises:
        InputError: it is of another book or version, or has other codes.
    """
    made_from = f"{variation.book} {variation.version}"
    if made_from != f"{book.name} {book.version}":
        raise InputError(
            f"the varied codebook {variation.varied_name} was made from {made_from}, "
            f"and this package has {book.name} {book.version}"
        )
    for name, codes in variation.lists.items():
        own = book.code_lists.get(name)
        if own is None or set(map(str, own.values)) != set(codes.values()):
            raise InputError(
                f"the varied codebook {variation.varied_name} has other codes than {name} has now"
            )


def codes_of_shared_rows(book: Book) -> frozenset[str]:
    """Return the code lists of variables of documents, and of other rows that coders share."""
    tables = [book.tables[name] for name in _kept(book) if name in book.tables]
    return frozenset(v.codes for table in tables for v in table.variables if v.codes)


def _kept(book: Book) -> tuple[str, ...]:
    """Return the tables whose rows coders share; their codes are those of the original book."""
    return (*shared_tables(book), book.evidence.documents)


def mapped_back(book: Book, sources: Sequence[Source], variation: Variation) -> list[Source]:
    """Return a coder's tables with codes of the original book.

    A text that is no code of the varied book is left as it is, for the check to report; one that
    only the original book has is marked, because the check would take it for an answer.

    Args:
        book: the original book.
        sources: the tables as read.
        variation: the varied book that they were coded with.
    """

    def original(codes: str, text: str) -> str:
        if text in variation.lists[codes]:
            return variation.lists[codes][text]
        return f"{text}{FOREIGN}" if text in variation.names[codes] else text

    return [_with_cells(book, source, variation, original) for source in sources]


def in_varied_words(
    book: Book, report: Report, sources: Sequence[Source], variation: Variation
) -> Report:
    """Return a report on tables that were mapped back, in the words of the varied book.

    Args:
        book: the original book.
        report: the report on what `mapped_back` returned.
        sources: the tables that were checked.
        variation: the varied book.
    """
    by_file = {source.file: source for source in sources}

    def varied(codes: str, text: str) -> str:
        if text.endswith(FOREIGN):
            return text.removesuffix(FOREIGN)
        return variation.names[codes].get(text, text)

    def reported(finding: Finding) -> Finding:
        source = by_file.get(finding.file)
        owner = book.tables.get(table_name(source)) if source else None
        if source is None or source.frame is None or owner is None or finding.value is None:
            return finding
        rows = source.frame.filter(pl.col(LINE) == finding.line).to_dicts()
        variable = _coded_as(book, owner, finding.column or "", rows[0]) if rows else None
        if variable is None or variable.codes not in variation.lists or owner.name in _kept(book):
            return finding
        value = _each(variable, finding.value, varied)
        is_code = finding.rule in ("code", "claimed-value")
        allowed = ", ".join(variation.lists[variable.codes]) if is_code else finding.allowed
        return replace(finding, value=value, allowed=allowed, nearest=None)

    changed = findings.table([reported(finding) for finding in report])
    # What a cell surely means is said in the words of the original book.
    return replace(report, findings=changed, fixes=())


def _with_cells(
    book: Book, source: Source, variation: Variation, new: Callable[[str, str], str]
) -> Source:
    """Return a table with other texts in the cells that hold codes of varied lists."""
    owner = book.tables.get(table_name(source))
    if owner is None or source.frame is None or owner.name in _kept(book):
        return source
    columns: dict[str, list[str | None]] = {}
    rows = source.frame.to_dicts()
    for name in (name for name in source.columns if name in owner):
        variables = [_coded_as(book, owner, name, row) for row in rows]
        if any(v is not None and v.codes in variation.lists for v in variables):
            columns[name] = [
                _each(variable, row[name], new)
                if row[name] and variable is not None and variable.codes in variation.lists
                else row[name]
                for variable, row in zip(variables, rows, strict=True)
            ]
    series = (pl.Series(name, cells, dtype=pl.String) for name, cells in columns.items())
    return replace(source, frame=source.frame.with_columns(series))


def _each(variable: Variable, cell: str, new: Callable[[str, str], str]) -> str:
    """Return a cell with another text for each code in it."""
    codes, separator = variable.codes, variable.separator
    return separator.join(new(codes, text) for text in list_items(cell, separator))


def _coded_as(book: Book, owner: Table, name: str, row: Row) -> Variable | None:
    """Return the variable whose codes a cell has: its own, or the one that a claim is about.

    A number of something may be claimed as a vague quantity.
    """
    if name not in owner:
        return None
    claim = owner.roles.claim
    if claim is None or not claim.variable or name != claim.value:
        return owner[name]
    about = row.get(claim.variable)
    for table in (*book.units, *book.tables.values()):
        if about and about in table and not table.derived:
            deaths, variable = table.roles.deaths, table[about]
            if deaths and deaths.vague and variable.type == "integer" and not variable.codes:
                return table[deaths.vague]
            return variable
    return None
