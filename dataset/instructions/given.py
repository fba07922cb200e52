"""What a package gives a coder: its documents, with their paragraphs numbered, and known names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from ...codebook import Book, Table
from ...codebook.coding_form import coding_parts
from ...validation.coding.filed import complete_rows
from ...validation.coding.pairing import list_items, name_variable
from ...validation.coding.typed_rows import Row
from ...validation.errors import InputError
from ...validation.evidence.documents import Document, read_documents
from ...validation.package.package import Package


@dataclass(frozen=True)
class KnownRow:
    """A row that all documents share, as an actor: its id, its name, its other names."""

    id: str
    name: str
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class GivenDocument:
    """A document to code: what is known of it by title, and its paragraphs."""

    id: str
    known: Mapping[str, str]
    paragraphs: tuple[str, ...]


@dataclass(frozen=True)
class Given:
    """The documents of a package by their ids, and its shared rows by their tables."""

    documents: Mapping[str, GivenDocument] = field(default_factory=dict[str, GivenDocument])
    rows: Mapping[str, tuple[KnownRow, ...]] = field(
        default_factory=dict[str, tuple[KnownRow, ...]]
    )

    def document(self, name: str) -> GivenDocument:
        """Return a document.

        Raises:
            InputError: there is none of that id.
        """
        if name not in self.documents:
            there = ", ".join(self.documents) or "none"
            raise InputError(f"{name}: no such document, or it cannot be read; there are: {there}")
        return self.documents[name]


NOTHING = Given()


def given_by(package: Package, book: Book | None = None) -> Given:
    """Return what a package gives a coder: nothing that anybody coded from a document.

    Args:
        package: the package.
        book: the book that the coder follows, which may be a variant of the package's own with the
            same tables; for one with other tables the package gives nothing.

    Raises:
        InputError: a table cannot be read whole, or has not the columns of the codebook.
    """
    if book is not None and set(coding_parts(book)) != set(coding_parts(package.book)):
        return NOTHING
    book = package.book
    sources = package.sources()
    tables = [*book.shared, *([book.documents] if book.documents else [])]
    rows = {table.name: complete_rows(table, sources[table.name]) for table in tables}
    documents: dict[str, GivenDocument] = {}
    if book.documents is not None:
        texts = read_documents(package.root, book, sources[book.documents.name])
        for row in rows[book.documents.name]:
            name = row[book.evidence.document_id] or ""
            if name in texts:
                documents[name] = _document(book, book.documents, name, row, texts[name])
    known = {t.name: tuple(_known_rows(t, rows[t.name])) for t in book.shared}
    return Given(documents, known)


def _document(book: Book, table: Table, name: str, row: Row, text: Document) -> GivenDocument:
    """Return a document with what its roles name: title, publisher, language, when it is from."""
    role, interval = book.evidence.document, table.roles.interval
    columns = [role.title, role.publisher, role.language, *(interval.columns() if interval else ())]
    known = {table[n].title: value for n in columns if n and (value := row.get(n))}
    return GivenDocument(name, known, tuple(text.text[a:b] for a, b in text.paragraphs))


def _known_rows(table: Table, rows: Iterable[Row]) -> Iterator[KnownRow]:
    key, name = table.primary_key[0], name_variable(table).name
    lists = [
        v
        for v in table.coded
        if v.separator and v.type == "string" and not v.codes and not table.key_of(v.name)
    ]
    for row in rows:
        aliases = (part for v in lists for part in list_items(row.get(v.name), v.separator))
        yield KnownRow(row.get(key) or "", row.get(name) or "", tuple(aliases))
