"""Filing a coding: a coder's tables, checked, and then kept as they are for ever."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from ...codebook import Book
from ...validation.coding.coded_workbook import check_coded, rows_by_table, sources_of
from ...validation.coding.filed import (
    CODER,
    CODINGS,
    RECORD,
    Coding,
    Filing,
    Row,
    coders,
    load_coding,
    record_text,
)
from ...validation.coding.pairing import id_of
from ...validation.errors import InputError
from ...validation.files.atomic import write_all
from ...validation.files.hashing import sha256
from ...validation.findings import Report
from ...validation.package.package import Package, writing_verb
from .table_files import table_bytes

Tables = dict[str, list[Row]]


@dataclass(frozen=True)
class Filed:
    """The report of the check; what was filed, unless the report has errors."""

    report: Report
    coder: str
    documents: tuple[str, ...] = ()
    rows: dict[str, int] | None = None


def ensure_coder_name(name: str) -> None:
    """Ensure that a coder's name can be the name of a folder.

    Raises:
        InputError: it cannot.
    """
    if CODER.fullmatch(name) is None:
        raise InputError(
            f"--coder {name!r}: small letters, digits and hyphens are allowed, as anna or coder-b"
        )


@writing_verb
def file_coding(
    package: Package,
    path: Path,
    coder: str | None,
    today: date | None = None,
    amendment: str = "",
) -> Filed:
    """Check a coder's workbook, or folder of CSV tables, and file it under `seeds/codings/<coder>`.

    What was filed before stays as it was: a second filing adds documents. Only as long as no other
    coder has filed the same documents may a coder amend them, with a reason that is recorded.

    Args:
        package: the package that is coded for.
        path: the workbook or the folder.
        coder: who coded; as the workbook says if left out.
        today: the day of filing.
        amendment: why documents that were filed before are filed anew.

    Raises:
        InputError: there is no coder's name or an unusable one, the file is not a coder's, follows
            another book, has nothing new, or differs from what was filed; or what is to be
            amended was filed by another coder, too.
    """
    filed, filings, tables = _prepared(package, path, coder, today, amendment)
    if filed.rows is not None:
        _write(package, filed.coder, filings, tables)
    return filed


def try_filing(package: Package, path: Path, coder: str | None, amendment: str = "") -> Filed:
    """Return what `file_coding` would file; nothing is written.

    Raises:
        InputError: as `file_coding`.
    """
    filed, _, _ = _prepared(package, path, coder, None, amendment)
    return filed


def _prepared(
    package: Package, path: Path, coder: str | None, today: date | None, amendment: str
) -> tuple[Filed, tuple[Filing, ...], Tables]:
    """Return what is to be filed: its report, the record of all filings, all tables of the coder."""
    book = package.book
    sources = sources_of(path, book)
    made_for = next(s.made_for for s in sources if s.made_for)
    if made_for["codebook"] != book.name:
        raise InputError(
            f"{path}: was made for the codebook {made_for['codebook']}, not {book.name}"
        )
    name = coder or made_for["coder"]
    if not name:
        raise InputError(f"{path}: names no coder; name one with --coder")
    ensure_coder_name(name)
    checked = check_coded(sources, book, package.root)
    report = checked.report
    if report.status():
        return Filed(report, name), (), {}
    tables = rows_by_table(checked.tables)
    coded = _coded_documents(book, tables)
    filings: tuple[Filing, ...] = ()
    if amendment and name not in coders(package.root):
        raise InputError(f"--amend: {name} has filed nothing yet")
    if name in coders(package.root):
        earlier = load_coding(package.root, book, name)
        filings = earlier.filings
        if amendment:
            coded = _amended(package, earlier, tables, coded)
            earlier = _without(book, earlier, coded)
        tables = _with_earlier(book, earlier, path, tables, coded)
        coded = tuple(d for d in coded if d not in earlier.documents)
    if not coded:
        raise InputError(
            f"{path}: nothing new: {name} filed all its documents before, or it has none"
        )
    version = made_for.get("version") or book.version
    filing = Filing(today or date.today(), f"{book.name} {version}", coded, amendment)
    rows = {n: len(rows) for n, rows in tables.items()}
    return Filed(report, name, coded, rows), (*filings, filing), tables


def _write(package: Package, coder: str, filings: tuple[Filing, ...], tables: Tables) -> None:
    book = package.book
    files = {f"{n}.csv": table_bytes(book, book.tables[n], rows) for n, rows in tables.items()}
    hashes = {name: sha256(data) for name, data in files.items()}
    files[RECORD] = record_text(filings, hashes).encode()
    write_all(package.root, {f"{CODINGS}/{coder}/{name}": data for name, data in files.items()})


def _coded_documents(book: Book, tables: Tables) -> tuple[str, ...]:
    """Return the documents from which something is coded, or of which a paragraph is passed over."""
    documents_name = book.evidence.documents
    used = {
        row.get(key)
        for name, rows in tables.items()
        if name != documents_name and (key := book.document_key(book.tables[name]))
        for row in rows
    }
    documents = (row[book.evidence.document_id] or "" for row in tables.get(documents_name, []))
    return tuple(d for d in documents if d in used)


def _amended(
    package: Package, earlier: Coding, tables: Tables, coded: tuple[str, ...]
) -> tuple[str, ...]:
    """Return the documents that a coder files anew.

    Raises:
        InputError: none of them differs from what was filed, or another coder filed it.
    """
    book = package.book
    again = tuple(d for d in coded if d in earlier.documents)
    if not again:
        raise InputError(f"--amend: {earlier.coder} has filed none of these documents")
    for other in (c for c in coders(package.root) if c != earlier.coder):
        both = [d for d in load_coding(package.root, book, other).documents if d in again]
        if both:
            raise InputError(
                f"--amend: {other} has filed {', '.join(both)}, too: a coding that another one is "
                "compared with is never changed; decide in the adjudication"
            )
    same = all(
        _as_set(_about(book, name, tables.get(name, []), again))
        == _as_set(_about(book, name, earlier.filed.get(name, []), again))
        for name in {**tables, **earlier.filed}
    )
    if same:
        raise InputError(f"--amend: nothing differs from what {earlier.coder} filed")
    return again


def _about(book: Book, name: str, rows: list[Row], documents: tuple[str, ...]) -> list[Row]:
    """Return the rows of a table about some documents; all of a table that they share."""
    key = book.document_key(book.tables[name])
    return [row for row in rows if not key or row.get(key) in documents]


def _without(book: Book, earlier: Coding, documents: tuple[str, ...]) -> Coding:
    """Return what a coder filed, without some documents, and what all of them share."""
    kept: dict[str, list[Row]] = {}
    for name, rows in earlier.filed.items():
        key = book.document_key(book.tables[name])
        kept[name] = [row for row in rows if key and row.get(key) not in documents]
    filings = tuple(
        replace(f, documents=tuple(d for d in f.documents if d not in documents))
        for f in earlier.filings
    )
    return replace(earlier, filings=filings, filed=kept)


def _with_earlier(
    book: Book, earlier: Coding, path: Path, tables: Tables, coded: tuple[str, ...]
) -> Tables:
    """Return all tables of a coder: the rows that were filed as they were, and the new ones.

    Raises:
        InputError: rows on a document that was filed differ from those that were filed.
    """
    old = set(earlier.documents)
    merged: Tables = {}
    for name in {**earlier.filed, **tables}:
        table, rows = book.tables[name], tables.get(name, [])
        filed = earlier.filed.get(name, [])
        if not (key := book.document_key(table)):
            ids = {id_of(table, row) for row in filed}
            merged[name] = [*filed, *(row for row in rows if id_of(table, row) not in ids)]
            continue
        filed = [row for row in filed if row.get(key) in old]
        again = [row for row in rows if row.get(key) in old]
        if table is not book.documents and again and _as_set(again) != _as_set(filed):
            changed = ", ".join(sorted(old & set(coded)))
            raise InputError(
                f"{path}: {name}: rows about {changed} differ from what {earlier.coder} filed. A "
                "coding is never changed: decide what is wrong with it in the adjudication; as long "
                "as no other coder has filed it, --amend REASON replaces it"
            )
        merged[name] = [*filed, *(row for row in rows if row.get(key) not in old)]
    return merged


def _as_set(rows: list[Row]) -> set[str]:
    return {repr(sorted((k, v) for k, v in row.items() if v is not None)) for row in rows}
