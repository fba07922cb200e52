"""Recognise the book, table and layout of a header, and report columns that differ."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from ...codebook import Book, Table, Variant, available, load
from ..errors import InputError
from ..findings import Finding, TableFile
from ..location import find_book, own_book
from .source import Source

RECOGNISED = 0.5
"""The share of columns that must match for a file to be recognised as a table."""


def is_upper_case(table: Table, columns: Iterable[str]) -> bool:
    """Return whether a header spells the columns of the table in capitals; ignore other columns."""
    known = [name for name in columns if name.lower() in table]
    return table.upper_case and bool(known) and all(name == name.upper() for name in known)


def folded(table: Table, columns: Iterable[str]) -> list[str]:
    """Return a header as the book spells it; names that are not in capitals stay as they are."""
    names = list(columns)
    if not is_upper_case(table, names):
        return names
    return [n.lower() if n == n.upper() and n.lower() not in names else n for n in names]


def fold(table: Table, source: Source) -> Source:
    """Return a source with its columns as the book spells them; `header` has the file's spelling."""
    if source.frame is None or not is_upper_case(table, source.columns):
        return source
    names = dict(zip(source.columns, folded(table, source.columns), strict=True))
    return replace(source, frame=source.frame.rename(names), header=tuple(source.columns))


def variant_of(table: Table, columns: Iterable[str]) -> Variant | None:
    """Return the variant of the table that a header is in; None for the current layout.

    The order of the columns does not matter, nor do columns that no layout of the table has. A
    header that matches no layout exactly is in the most similar variant, if it has columns that
    only variants have, and none that the variant lacks.
    """
    header = set(folded(table, columns)).intersection(table.names) - table.optional
    exact = [v for v in table.variants if header == _columns_of(table, v)]
    if exact or header == table.layout:
        return exact[0] if exact else None
    similar = [v for v in table.variants if header & v.additional and not header & v.without]
    return min(similar, key=lambda v: len(header ^ _columns_of(table, v)), default=None)


def _columns_of(table: Table, variant: Variant) -> frozenset[str]:
    return frozenset((table.layout - variant.without) | variant.additional)


def variant_name(table: Table, columns: Iterable[str]) -> str:
    """Return the name of the variant that a header is in; empty for the current layout."""
    names = list(columns)
    variant = variant_of(table, names)
    names_of_variant = [variant.name] if variant else []
    return "; ".join(
        [*names_of_variant, *(["header in capitals"] if is_upper_case(table, names) else [])]
    )


def expected_columns(table: Table, columns: Iterable[str]) -> tuple[str, ...]:
    """Return the columns that a file should have: the coded ones, all, or those of a variant."""
    header = folded(table, columns)
    if not is_typed(table, header):
        return table.names
    variant = variant_of(table, header)
    expected = _columns_of(table, variant) if variant else table.layout
    # What nobody has to type may be there.
    expected |= {v.name for v in table.variables if v.computed and v.name in header}
    return tuple(name for name in table.names if name in expected)


def is_typed(table: Table, columns: Iterable[str]) -> bool:
    """Return whether a file is one into which people type: it lacks most of what is derived."""
    derived = {v.name for v in table.variables if v.derived}
    there = derived.intersection(folded(table, columns))
    return table.derived is None and (not derived or len(there) * 2 < len(derived))


def recognise(columns: list[str], books: Iterable[Book]) -> tuple[Book, Table, float]:
    """Return the book and table, among several books, that match a header best.

    Returns:
        Book, table, and the share of columns that match, from 0 to 1.
    """
    best: tuple[float, Book, Table] | None = None
    for book in books:
        for table in book.tables.values():
            header = set(folded(table, columns)) - table.optional
            expected = set(expected_columns(table, columns))
            score = len(expected & header) / max(1, len(expected | header))
            if best is None or score > best[0]:
                best = (score, book, table)
    assert best is not None
    return best[1], best[2], best[0]


@dataclass(frozen=True)
class BookChoice:
    """How the book and table of a file are chosen: by name if the user gave one, else by columns.

    `own` is the book of the surrounding package, which comes before the shipped ones.
    """

    named: Book | None = None
    table: str | None = None
    own: Book | None = None

    @property
    def books(self) -> list[Book]:
        """The books to search for the columns of a file."""
        if self.named is not None:
            return [self.named]
        shipped = [load(name) for name in available()]
        return shipped if self.own is None or self.own in shipped else [self.own, *shipped]


def choose_book(
    book: str | Path | Book | None, table: str | None = None, near: Path | None = None
) -> BookChoice:
    """Return how the book and table of a file are found.

    Args:
        book: the book, its name or folder, if the user named one.
        table: the table, if the user named one; without a book, in the book of the package.
        near: the file, whose package is searched for; by default the current folder.

    Raises:
        InputError: the book has no such table.
        BookError: there is no such book.
    """
    own = own_book(near) if book is None else None
    named = None if book is None else find_book(book, near)
    if table is not None:
        named = named or own or load()
        if table not in named.tables:
            names = ", ".join(named.tables)
            raise InputError(f"{table}: no such table in the book {named.name}; it has {names}")
    return BookChoice(named, table, own)


def identify(source: Source, choice: BookChoice) -> tuple[Book, Table] | Finding:
    """Return the book and table of a source; a book or table that was named is not searched for.

    Returns:
        The book, and the table as the layout of the source defines it; if no book has such a
        table, the finding that reports it.
    """
    named = choice.named
    if named is not None and choice.table is not None:
        return in_layout(named, named.tables[choice.table], source)
    recognised = _recognised(source, choice.books, named)
    return recognised if isinstance(recognised, Finding) else in_layout(*recognised, source)


def in_layout(book: Book, table: Table, source: Source) -> tuple[Book, Table]:
    """Return a book and its table as the variant that a source is in defines it."""
    variant = variant_of(table, source.columns)
    if variant is None or not variant.redefined:
        return book, table
    table = table.in_variant(variant)
    return book.with_table(table), table


def _recognised(
    source: Source, books: list[Book], named: Book | None
) -> tuple[Book, Table] | Finding:
    book, table, score = recognise(source.columns, books)
    if score >= RECOGNISED:
        return book, table
    columns = source.columns
    shared, book, table = max(
        (
            (_shared(table, columns), book, table)
            for book in books
            for table in book.tables.values()
        ),
        key=lambda nearest: nearest[0],
    )
    enough = shared >= max(1, RECOGNISED * len(columns))
    if named and enough:
        return book, table
    message = "No book has a table with these columns."
    if shared:
        verb = f"--book {book.name} checks them"
        message += (
            f" {shared} of {len(columns)} columns are those of the table {table.name} of "
            f"{book.title}{f': {verb}' if enough and not named else ''}."
        )
    return Finding("unrecognised", "error", source.file, 1, None, None, None, message)


def _shared(table: Table, columns: list[str]) -> int:
    return sum(name in table for name in folded(table, columns))


def table_file(book: Book, table: Table, source: Source) -> TableFile:
    """Return what a source was recognised as, and the columns that differ from that layout."""
    written = source.header or source.columns
    columns = folded(table, written)
    return TableFile(
        source.file,
        book,
        table.name,
        variant=variant_name(table, written),
        extra=tuple(w for w, name in zip(written, columns, strict=True) if name not in table),
        lacking=tuple(n for n in expected_columns(table, columns) if n not in columns),
        columns=tuple(written),
        sheet=source.sheet,
    )


def header_findings(table: Table, source: Source) -> list[Finding]:
    """Report missing and unknown columns; derived ones are expected if there is any of them."""
    columns = source.columns
    expected = expected_columns(table, columns)
    missing = [n for n in expected if n not in columns]
    allowed = set(expected) | table.optional
    findings: list[Finding] = []
    for name in (c for c in columns if c not in allowed):
        from rapidfuzz import process

        match = process.extractOne(name, missing or list(table.names), score_cutoff=60)
        message = f"The table {table.name} has no such column."
        findings.append(
            Finding(
                "unknown-column",
                "error",
                source.file,
                1,
                name,
                None,
                name,
                message,
                nearest=match[0] if match else None,
            )
        )
    for name in missing:
        message = f"The table {table.name} needs this column: {table[name].title.lower()}."
        findings.append(
            Finding("missing-column", "error", source.file, 1, name, None, None, message)
        )
    return findings
