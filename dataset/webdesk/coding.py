"""What a coder can do at the desk: open a document, start a row, look a place up, file.

Each function gets what a request says, and returns plain data. Whose work it is about comes from
the draft, never from the request.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from ...codebook import Book, Table
from ...validation import reports
from ...validation.coding.filed import CODINGS, Row, coders, filed_at, filings_of
from ...validation.coding.pairing import shared_tables
from ...validation.coding.record import Filing
from ...validation.errors import InputError
from ...validation.evidence.documents import Document, read_documents
from ...validation.location import TABLES
from ...validation.package.package import Package
from ...validation.reading.read import read
from ..desk.drafts import in_codes
from ..desk.filing import FilingOptions, file_coding, try_filing
from ..desk.new_row import key_of_new_row
from ..desk.table_files import Rows
from .draft import Draft, DraftChange, Saved, about

RIGHT_TO_LEFT = frozenset(
    {"ar", "arc", "ckb", "dv", "fa", "he", "iw", "ks", "ku", "ps", "sd", "syr", "ug", "ur", "yi"}
)
"""The languages that are written from right to left, by their codes."""

Plain = dict[str, Any]


@dataclass(frozen=True)
class Filings:
    """Which documents a coder has filed, with the day, and which of them may still be amended."""

    days: Mapping[str, str]
    amendable: frozenset[str]


def documents_filed(draft: Draft) -> Filings:
    """Return what a coder has filed."""
    days: dict[str, str] = {}
    others: set[str] = set()
    for coder, filings in _records(draft.package.root):
        for filing in filings:
            if coder == draft.coder:
                days |= dict.fromkeys(filing.documents, filing.filed.isoformat())
            else:
                others.update(filing.documents)
    return Filings(days, frozenset(days) - others)


def _records(root: Path) -> tuple[tuple[str, tuple[Filing, ...]], ...]:
    """Return the filings of all coders; read again only when a record has changed."""
    names = coders(root)
    return _read_records(root, tuple((name, filed_at(root, name)) for name in names))


@lru_cache(maxsize=4)
def _read_records(
    root: Path, states: tuple[tuple[str, int], ...]
) -> tuple[tuple[str, tuple[Filing, ...]], ...]:
    return tuple((name, filings_of(root, name)) for name, _ in states)


def save(draft: Draft, change: DraftChange) -> Saved:
    """Write a change of a page to a coder's draft.

    Raises:
        ConflictError: a row that it removes is not as the page has it.
        InputError: it is about a document that was filed for good, or cannot be written.
    """
    filed = documents_filed(draft)
    if change.document in filed.days and change.document not in filed.amendable:
        raise InputError(
            f"{change.document}: was filed on {filed.days[change.document]}, and a second coder has "
            "filed it, too: what is wrong with it is decided in the adjudication"
        )
    return draft.save(change)


def _texts(package: Package, only: Collection[str] | None = None) -> dict[str, Document]:
    """Return the texts of the package's documents, or only of some, by their ids."""
    source = package.sources()[package.book.evidence.documents]
    return read_documents(package.root, package.book, source, only)


def list_documents(draft: Draft) -> Plain:
    """Return the documents that a coder has before them, and how far each is."""
    book, tables = draft.book, draft.tables()
    names = book.evidence
    filed, texts = documents_filed(draft), _texts(draft.package)
    documents = [row.get(names.document_id) or "" for row in tables[names.documents]]
    numbers = {t.name: _numbers_about(book, t, tables, documents) for t in book.units}
    listed: list[Plain] = []
    for row in tables[names.documents]:
        name = row.get(names.document_id) or ""
        text = texts.get(name)
        listed.append(
            {
                "id": name,
                "title": row.get(names.document.title) or name,
                "paragraphs": len(text.paragraphs) if text else 0,
                "units": {unit: number[name] for unit, number in numbers.items()},
                "filed": name in filed.days,
                "filed_on": filed.days.get(name, ""),
                "may_amend": name in filed.amendable,
            }
        )
    return {"documents": listed}


def _numbers_about(
    book: Book, table: Table, tables: Mapping[str, Rows], documents: Iterable[str]
) -> dict[str, int]:
    """Return how many rows of a table are about each document, or belong to all of them."""
    key, rows = book.document_key(table), tables.get(table.name, [])
    numbers = Counter(row.get(key) for row in rows)
    return {name: numbers[name] if key else len(rows) for name in documents}


def open_document(draft: Draft, name: str) -> Plain:
    """Return a document with its text, and the rows about it.

    Raises:
        InputError: there is no such document, or its text cannot be read.
    """
    book, tables = draft.book, draft.tables()
    names = book.evidence
    row = next((r for r in tables[names.documents] if r.get(names.document_id) == name), None)
    text = _texts(draft.package, [name]).get(name) if row is not None else None
    if row is None:
        raise InputError(f"{name}: no such document")
    if text is None:
        raise InputError(f"{name}: its text cannot be read; eventbook check says why")
    filed = documents_filed(draft)
    return {
        **shown_document(book, row, text),
        "filed": name in filed.days,
        "may_amend": name in filed.amendable,
        "tables": about(book, tables, name),
        "revision": draft.revision(),
    }


def shown_document(book: Book, row: Row, text: Document) -> Plain:
    """Return a document as a page shows it: its title, its language, and its text."""
    names = book.evidence
    name = row.get(names.document_id) or ""
    language = row.get(names.document.language) or ""
    return {
        "id": name,
        "title": row.get(names.document.title) or name,
        "language": language,
        "direction": "rtl" if language.lower().split("-")[0] in RIGHT_TO_LEFT else "ltr",
        "text": text.text,
        "paragraphs": [list(span) for span in text.paragraphs],
    }


def start_row(
    draft: Draft, table: str, document: str, values: Mapping[str, str], fields: Mapping[str, str]
) -> Plain:
    """Return a new row with its id; nothing is written.

    What the id is made of follows from a row that the new one points to, or from the last row of
    the document, unless it is given.

    Raises:
        InputError: there is no such table or column, or a part of the id is no code.
        IdLackingError: parts of the id are not known.
    """
    book, tables = draft.book, draft.tables()
    if table not in tables:
        raise InputError(f"{table}: no table of a coder")
    new = book.tables[table]
    values = in_codes(book, new, {n: v for n, v in values.items() if v and n in new})
    key = book.document_key(new)
    row = {**({key: document} if key else {}), **values}
    used = {r.get(new.primary_key[0]) or "" for r in tables[table]} | _withdrawn(draft.package, new)
    earlier = [r for r in about(book, tables, document)[table]] if key else []
    made = key_of_new_row(book, new, row, fields, used, earlier)
    return {"row": {**made, **row}}


def _withdrawn(package: Package, table: Table) -> set[str]:
    """Return the ids of a table that were withdrawn; nobody may use them again."""
    ids: set[str] = set()
    for key in (k for k in table.foreign_keys if k.absent and k.field in table.primary_key):
        path = package.root / TABLES / f"{key.table}.csv"
        frame = read(path, key.table).frame if path.is_file() else None
        if frame is not None and key.target in frame.columns:
            ids |= set(frame[key.target].drop_nulls())
    return ids


def file_documents(draft: Draft, documents: Sequence[str], dry_run: bool, amendment: str) -> Plain:
    """File a coder's rows about some documents, or say what would be filed.

    Raises:
        InputError: nothing can be filed: another coder filed what is to be amended, or nothing is
            new.
    """
    do = try_filing if dry_run else file_coding
    options = FilingOptions(amendment, tuple(documents))
    filed = do(draft.package, draft.folder, draft.coder, options=options)
    return {
        "filed": filed.rows is not None and not dry_run,
        "can_be_filed": filed.rows is not None,
        "documents": list(filed.documents),
        "rows": filed.rows or {},
        "lines": reports.human(filed.report).split("\n"),
        "folder": f"{CODINGS}/{draft.coder}",
        "shared": [n for n in shared_tables(draft.book) if (filed.rows or {}).get(n)],
    }
