"""Filing a coding: a coder's tables, checked, kept as they are for ever."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from ...validation.coding.coded_workbook import check_coded, rows_by_table, sources_of
from ...validation.coding.filed import (
    CODER,
    CODINGS,
    RECORD,
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


@dataclass(frozen=True)
class Filed:
    """The report of the check; what was filed, unless the report has errors."""

    report: Report
    coder: str
    documents: tuple[str, ...] = ()
    rows: dict[str, int] | None = None


@writing_verb
def file_coding(
    package: Package, path: Path, coder: str | None, today: date | None = None
) -> Filed:
    """Check a coder's workbook, or folder of CSV tables, and file it under `seeds/codings/<coder>`.

    What was filed before stays as it was: a second filing adds documents.

    Args:
        package: the package that is coded for.
        path: the workbook or the folder.
        coder: who coded; what the workbook says if left out.
        today: the day of filing.

    Raises:
        InputError: there is no coder's name or an unusable one, the file is no coder's, follows
            another book, has nothing new, or differs from what was filed.
    """
    sources = sources_of(path, package.book)
    said = next((s.made_for for s in sources if s.made_for), None) or {}
    if said.get("codebook", package.book.name) != package.book.name:
        raise InputError(
            f"{path}: was made for the codebook {said['codebook']}, not {package.book.name}"
        )
    name = coder or said.get("coder") or ""
    if not name:
        raise InputError(f"{path}: says no coder; name one with --coder")
    if CODER.fullmatch(name) is None:
        raise InputError(
            f"--coder {name!r}: small letters, digits and hyphens are allowed, as anna or coder-b"
        )
    checked = check_coded(sources, package.book, package.root)
    if checked.report.status():
        return Filed(checked.report, name)
    tables = {n: rows for n, rows in rows_by_table(sources).items() if n in package.book.tables}
    coded = _coded(package, tables)
    filings, tables = _with_earlier(package, name, path, tables, coded)
    new = tuple(d for d in coded if d not in {x for f in filings for x in f.documents})
    if not new:
        raise InputError(f"{path}: nothing new: all its documents were filed by {name} before")
    book = package.book
    version = said.get("version") or book.version
    filings = (*filings, Filing(today or date.today(), f"{book.name} {version}", new))
    files = {f"{n}.csv": table_bytes(book, book.tables[n], rows) for n, rows in tables.items()}
    hashes = {n: sha256(data) for n, data in files.items()}
    files[RECORD] = record_text(filings, hashes).encode()
    write_all(package.root, {f"{CODINGS}/{name}/{n}": data for n, data in files.items()})
    return Filed(checked.report, name, new, {n: len(rows) for n, rows in tables.items()})


def _coded(package: Package, tables: dict[str, list[Row]]) -> tuple[str, ...]:
    """The documents from which something is coded or of which a paragraph is passed over."""
    used = {
        row.get("document_id") or ""
        for name, rows in tables.items()
        if name != "documents" and "document_id" in package.book.tables[name]
        for row in rows
    }
    return tuple(
        d for row in tables.get("documents", []) if (d := row["document_id"] or "") in used
    )


def _with_earlier(
    package: Package, coder: str, path: Path, tables: dict[str, list[Row]], coded: tuple[str, ...]
) -> tuple[tuple[Filing, ...], dict[str, list[Row]]]:
    """Earlier filings, and all tables with the rows of those as they were filed."""
    if coder not in coders(package.root):
        return (), tables
    before = load_coding(package.root, package.book, coder)
    old = set(before.documents)
    merged: dict[str, list[Row]] = {}
    for name, rows in tables.items():
        table = package.book.tables[name]
        if "document_id" not in table:
            there = {id_of(table, row) for row in before.rows(name)}
            merged[name] = [*before.rows(name), *(r for r in rows if id_of(table, r) not in there)]
            continue
        filed = [r for r in before.rows(name) if r.get("document_id") in old]
        same = [r for r in rows if r.get("document_id") in old]
        if name != "documents" and same and _as_set(same) != _as_set(filed):
            changed = ", ".join(sorted(old & set(coded)))
            raise InputError(
                f"{path}: {name}: rows about {changed} differ from what {coder} filed. A coding is "
                "never changed: decide what is wrong with it in the adjudication"
            )
        merged[name] = [*filed, *(r for r in rows if r.get("document_id") not in old)]
    return before.filings, merged


def _as_set(rows: list[Row]) -> set[str]:
    return {repr(sorted((k, v) for k, v in row.items() if v is not None)) for row in rows}
