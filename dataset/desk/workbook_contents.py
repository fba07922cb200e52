"""The contents of a coder's workbook: documents and shared tables; other rows unless it is blind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ...codebook import Book, Table
from ...validation.coding.coded_workbook import tables_of
from ...validation.coding.filed import coders, complete_rows, load_coding
from ...validation.coding.pairing import coded_documents, shared_tables
from ...validation.errors import InputError
from ...validation.evidence.documents import read_documents
from ...validation.evidence.quotes import filled_columns
from ...validation.package.package import Package
from ...validation.progress import step
from .table_files import Rows
from .workbook import Contents
from .workbook_lists import parent_of


def workbook_contents(package: Package, coder: str | None, documents: tuple[str, ...]) -> Contents:
    """Return the contents of a workbook for coding some documents.

    For a coder it has the documents with the evidence for their dates, and what coders share
    (actors, places), but no event or claim that anybody coded. Without a coder it has the
    package's tables as they are.

    Args:
        package: the package.
        coder: who it is for; rows are left out so that the coding is blind.
        documents: the ids of the documents to code; all if empty.

    Raises:
        InputError: there is no such document, the coder filed one of them before, or a table
            cannot be read whole or has not the columns of the codebook.
    """
    book = package.book
    documents_name = coded_documents(book).name
    step("reading the package")
    sources = package.sources()
    rows = {table.name: complete_rows(table, sources[table.name]) for table in tables_of(book)}
    ids = [row[book.evidence.document_id] or "" for row in rows[documents_name]]
    if unknown := [d for d in documents if d not in ids]:
        exist = ", ".join(ids) or "none"
        raise InputError(f"{', '.join(unknown)}: no such document; there are: {exist}")
    chosen = _not_filed(package, coder, documents, ids) if coder else documents or tuple(ids)
    shared = shared_tables(book)
    # What is coded comes first in the workbook, what it points to last.
    order = [n for n in rows if n not in (*shared, documents_name)]
    order += [*shared, documents_name]
    tables = {
        name: rows[name]
        if name in shared
        else _prefilled(book, book.tables[name], rows[name], chosen, blind=bool(coder))
        for name in order
    }
    shown = read_documents(package.root, book, sources[documents_name], chosen)
    return Contents(book, tables, shown, coder or "", tuple(_read_me(book, order)))


def blind_rows(package: Package) -> dict[str, Rows]:
    """Return what a coder begins with, by table: documents, the quotes for their dates, shared rows.

    Raises:
        InputError: a table cannot be read whole or has not the columns of the codebook.
    """
    book = package.book
    coded_documents(book)
    sources, shared = package.sources(), shared_tables(book)
    rows = {t.name: complete_rows(t, sources[t.name]) for t in tables_of(book)}
    key = book.evidence.document_id
    ids = tuple(row[key] or "" for row in rows[book.evidence.documents])
    return {
        name: some if name in shared else _prefilled(book, book.tables[name], some, ids, blind=True)
        for name, some in rows.items()
    }


def _read_me(book: Book, sheets: Sequence[str]) -> Iterator[str]:
    """Yield how to work with the workbook, in the words of the book."""
    tables = [book.tables[name] for name in sheets]
    coded = [t for t in tables if t.unit or t is book.typed_quotes]
    rows = [t.row[0] if t.row else f"row of {t.name}" for t in coded]
    yield f"Each sheet with a coloured header is a table; each row is one {_or(rows)}."
    first = "Read the sheet guide first, and the document" if book.guide else "Read the document"
    yield f"{first} on the sheet text. Then fill in the tables."
    yield (
        "A heading has the title of the column and, small, its name in the codebook. What is yellow "
        "must be filled in; point at a heading to read what it means."
    )
    parents = {(v.title, parent_of(book, t, v)): t for t in tables for v in t.coded}
    follows = [
        f" The choice of {title} follows {table[parent].title}."
        for (title, parent), table in parents.items()
        if parent
    ]
    yield (
        "Where a cell has an arrow, choose from the list. A code or an id has its label beside it; "
        "the code or the id alone is as good." + "".join(follows)
    )
    yield (
        "Write days as 2019-05-13. Leave a cell empty where the document does not say: empty is "
        "not 0."
    )
    if (typed := book.typed_quotes) and typed.name in sheets:
        *some, last = filled_columns(book.evidence.quote).values()
        paragraph = book.evidence.quote.paragraph
        yield (
            "For each value copy the words that carry it from the sheet text into the sheet "
            f"{typed.name}; leave {', '.join(some)} and {last} empty: they are found from the words."
        )
        yield (
            f"If the same words occur several times in the document, enter the {paragraph}: the "
            f"number on the sheet text. If they do so in one paragraph, copy more words."
        )
    if shared := [name for name in shared_tables(book) if name in sheets]:
        yield f"What is not in the sheet {_or(shared)} yet: add a row there first."
    yield (
        "To see what is wrong: eventbook check FILE.xlsx --marked MARKED.xlsx gives you a copy with "
        "the cells coloured, and what is wrong with them as notes. With --fix, what can only mean one "
        "thing is corrected in the copy."
    )
    yield "When done: eventbook import FILE.xlsx files it. What is filed is never changed."
    yield (
        "An error found later, before another coder has filed the same document: correct it here, "
        'and eventbook import FILE.xlsx --amend "REASON". After that: tell whoever adjudicates.'
    )


def _or(words: Sequence[str]) -> str:
    """Return words as a list that ends in `or`."""
    return " or ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))


def _not_filed(
    package: Package, coder: str, documents: tuple[str, ...], all_ids: list[str]
) -> tuple[str, ...]:
    """Return the documents that a coder is to code: those asked for, else all not filed yet."""
    if coder not in coders(package.root):
        return documents or tuple(all_ids)
    filed = load_coding(package.root, package.book, coder).documents
    if again := [d for d in documents if d in filed]:
        raise InputError(
            f"{', '.join(again)}: {coder} has filed this already; a coding is never changed"
        )
    left = documents or tuple(d for d in all_ids if d not in filed)
    if not left:
        raise InputError(f"{coder} has filed all documents of the package")
    return left


def _prefilled(
    book: Book, table: Table, rows: Rows, documents: tuple[str, ...], blind: bool
) -> Rows:
    """Return the rows of a table on some documents; for a blind coding only the documents' own."""
    key = book.document_key(table)
    about = [row for row in rows if row.get(key) in documents]
    if not blind or table is book.documents:
        return about
    return [row for row in about if table is book.typed_quotes and _of_document(book, row)]


def _of_document(book: Book, row: Mapping[str, str | None]) -> bool:
    """Return whether a quote is for the document itself: its date."""
    return not any(row.get(column) for column in book.typed_owners)
