"""What a coder's workbook holds: the package's documents and shared tables, and rows if wanted."""

from __future__ import annotations

from collections.abc import Mapping

from ...validation.coding.coded_workbook import tables_of
from ...validation.coding.filed import coders, load_coding, rows_of
from ...validation.coding.pairing import DOCUMENTS, shared_tables
from ...validation.errors import InputError
from ...validation.evidence.check import OWNERS
from ...validation.evidence.documents import read_documents
from ...validation.package.package import Package
from .table_files import Rows
from .workbook import Contents

READ_ME = (
    "Each sheet with a coloured header is a table; each row is one event, claim or piece of evidence.",
    "Read the sheet guide first, and the document on the sheet text. Then fill the tables.",
    "A yellow heading must be filled; point at a heading to read what it means.",
    "Where a cell has an arrow, choose from the list. The sub-event types follow the event type.",
    "Write days as 2019-05-13. Leave a cell empty where the document does not say: empty is not 0.",
    "For each value copy the words that carry it into the sheet evidence; leave paragraph, start and end empty.",
    "An actor or a place that is not in its sheet yet: add a row there first.",
    "When done: eventbook check FILE.xlsx says what is wrong, with sheet and cell. "
    "eventbook import FILE.xlsx files it.",
)


def contents(package: Package, coder: str | None, documents: tuple[str, ...]) -> Contents:
    """The contents of a workbook for coding some documents.

    For a coder it has the documents with the evidence for their dates, and what coders share
    (actors, places), and no event or claim that anybody coded; without a coder it has the package's tables as they are.

    Args:
        package: the package.
        coder: for whom; rows are left out so that the coding is blind.
        documents: the ids of the documents to code; all if empty.

    Raises:
        InputError: there is no such document, or the coder filed one of them before.
    """
    sources = package.sources()
    tables: dict[str, Rows] = {}
    rows = rows_of(sources[DOCUMENTS])
    there = [row["document_id"] or "" for row in rows]
    wanted = documents or tuple(there)
    if unknown := [d for d in wanted if d not in there]:
        raise InputError(
            f"{', '.join(unknown)}: no such document; there are: {', '.join(there) or 'none'}"
        )
    if coder and coder in coders(package.root):
        filed = load_coding(package.root, package.book, coder).documents
        wanted = wanted if documents else tuple(d for d in wanted if d not in filed)
        if again := [d for d in wanted if d in filed]:
            raise InputError(
                f"{', '.join(again)}: {coder} has filed that; a coding is never changed"
            )
        if not wanted:
            raise InputError(f"{coder} has filed all documents of the package")
    shared = shared_tables(package.book)
    for table in tables_of(package.book):
        own = rows_of(sources[table.name])
        if table.name == DOCUMENTS:
            own = [r for r in own if r["document_id"] in wanted]
        elif table.name not in shared:
            own = [r for r in own if r.get("document_id") in wanted]
            if coder:
                own = [r for r in own if table.name == "evidence" and _of_document(r)]
        tables[table.name] = own
    order = [n for n in tables if n not in (*shared, DOCUMENTS)] + [*shared, DOCUMENTS]
    texts = read_documents(package.root, sources[DOCUMENTS])
    return Contents(
        package.book,
        {n: tables[n] for n in order},
        {n: text for n, text in texts.items() if n in wanted},
        coder or "",
        READ_ME,
    )


def _of_document(row: Mapping[str, str | None]) -> bool:
    """Whether a piece of evidence is for the document itself: its date."""
    return not any(row.get(c) for t, c in OWNERS.items() if t != DOCUMENTS)
