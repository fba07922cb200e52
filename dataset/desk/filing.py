"""Filing a coding: a coder's tables, checked, and then kept as they are for ever."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import polars as pl

from ...codebook import Book
from ...validation.coding.coded_workbook import (
    CheckedCoding,
    check_coded,
    rows_by_table,
    sources_of,
    table_name,
)
from ...validation.coding.faults import delivered_in, not_of_the_coding, without_faults
from ...validation.coding.filed import (
    CODER,
    CODINGS,
    RECORD,
    Coding,
    Row,
    coders,
    load_coding,
)
from ...validation.coding.json_coding import check_json, json_files
from ...validation.coding.machine import Delivered, Machine
from ...validation.coding.mapping_back import ensure_fits, in_varied_words, mapped_back
from ...validation.coding.pairing import id_of
from ...validation.coding.record import Filing, record_text
from ...validation.coding.typed_rows import with_documents
from ...validation.coding.variation import Variation
from ...validation.errors import InputError
from ...validation.files.atomic import write_all
from ...validation.files.hashing import sha256
from ...validation.findings import Finding, Report
from ...validation.package.package import Package, writing_verb
from ...validation.progress import step
from ...validation.reading.source import Source
from .table_files import table_bytes

Tables = dict[str, list[Row]]


@dataclass(frozen=True)
class FilingOptions:
    """How a coding is filed.

    An `amendment` says why documents that were filed before are filed anew; `documents` are the
    ids of those to file, all if it is empty. `machine` is the program that coded, None for a
    person; `without_faults` says that what is wrong in its coding is taken out. `variation` is the
    varied codebook that was followed, whose codes are mapped back by definition.
    """

    amendment: str = ""
    documents: tuple[str, ...] = ()
    machine: Machine | None = None
    without_faults: bool = False
    variation: Variation | None = None


AS_A_PERSON = FilingOptions()
"""All that a person brought, for the first time."""


@dataclass(frozen=True)
class Filed:
    """The report of the check; what was filed, unless it was refused.

    `delivered` is what a machine brought, before anything was taken out; `refused` are the errors
    because of which a machine's coding cannot be filed, even without its faults.
    """

    report: Report
    coder: str
    documents: tuple[str, ...] = ()
    rows: dict[str, int] | None = None
    delivered: Delivered | None = None
    refused: tuple[Finding, ...] = ()


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
    path: Path | Sequence[Path],
    coder: str | None,
    today: date | None = None,
    options: FilingOptions = AS_A_PERSON,
) -> Filed:
    """Check what a coder typed, and file it under `seeds/codings/<coder>`.

    That is a workbook, a folder of CSV tables, or codings as JSON, each of one document.

    What was filed before stays as it was: a second filing adds documents. Only as long as no other
    coder has filed the same documents may a coder amend them, with a reason that is recorded. A
    coder is a person or a machine for ever.

    Args:
        package: the package that is coded for.
        path: the workbook, the folder, or the files or the folder of codings as JSON.
        coder: who coded; as the workbook says if left out.
        today: the day of filing.
        options: what is filed, and how; all that a person brought if left out.

    Raises:
        InputError: there is no coder's name or an unusable one, the file is not a coder's, follows
            another book, has nothing new, or differs from what was filed; what is to be amended
            was filed by another coder, too; or a person's name is that of a machine, or a
            machine's that of a person or of another machine.
    """
    filed, filings, tables = _prepared(package, path, coder, today, options)
    if filed.rows is not None:
        _write(package, filed.coder, filings, tables)
    return filed


def try_filing(
    package: Package,
    path: Path | Sequence[Path],
    coder: str | None,
    options: FilingOptions = AS_A_PERSON,
) -> Filed:
    """Return what `file_coding` would file; nothing is written.

    Raises:
        InputError: as `file_coding`.
    """
    filed, _, _ = _prepared(package, path, coder, None, options)
    return filed


@dataclass(frozen=True)
class _Checked:
    """What a coder typed, checked: where it is, who coded, with which version of the book."""

    file: str
    coder: str
    version: str
    coding: CheckedCoding


def _prepared(
    package: Package,
    path: Path | Sequence[Path],
    coder: str | None,
    today: date | None,
    options: FilingOptions,
) -> tuple[Filed, tuple[Filing, ...], Tables]:
    """Return what is to be filed: its report, the record of all filings, all tables of the coder."""
    book = package.book
    machine, amendment = options.machine, options.amendment
    if options.without_faults and machine is None:
        raise InputError("a person's coding is never changed: its coder corrects what is wrong")
    variation = options.variation
    if variation is not None:
        ensure_fits(book, variation)
    step("checking the coding")
    typed = _typed(package, path, coder, options.documents, variation)
    name = typed.coder
    earlier = load_coding(package.root, book, name) if name in coders(package.root) else None
    _ensure_same_kind(name, machine, earlier)
    _ensure_same_variation(name, variation, earlier)
    if amendment and earlier is None:
        raise InputError(f"--amend: {name} has filed nothing yet")
    if machine and earlier and not (options.documents or amendment):
        # What was filed before was counted then.
        new = _not_filed_yet(book, typed.coding, earlier)
        typed = _typed(package, path, coder, new, variation) if new else typed
    checked, report, delivered = typed.coding, typed.coding.report, None
    if machine is not None:
        delivered = delivered_in(checked, book, package.root)
    if report.status():
        refused = tuple(not_of_the_coding(book, report)) if options.without_faults else ()
        if delivered is None or not options.without_faults or refused:
            return Filed(report, name, delivered=delivered, refused=refused), (), {}
        left = without_faults(checked, book, package.root)
        checked, delivered = left.checked, replace(delivered, incomplete=left.incomplete)
    tables = rows_by_table(checked.tables)
    coded = _coded_documents(book, tables)
    filings: tuple[Filing, ...] = ()
    if earlier is not None:
        filings = earlier.filings
        if amendment:
            coded = _amended(package, earlier, tables, coded)
            earlier = _without(book, earlier, coded)
        tables = _with_earlier(book, earlier, typed.file, tables, coded)
        coded = tuple(d for d in coded if d not in earlier.documents)
    if not coded:
        raise InputError(
            f"{typed.file}: nothing new: {name} filed all its documents before, or it has none"
        )
    day, codebook = today or date.today(), f"{book.name} {typed.version}"
    filing = Filing(day, codebook, coded, amendment, machine, delivered, variation)
    rows = {n: len(rows) for n, rows in tables.items()}
    return Filed(report, name, coded, rows, delivered), (*filings, filing), tables


def _ensure_same_kind(coder: str, machine: Machine | None, earlier: Coding | None) -> None:
    """Ensure that a coder who filed before is the same person, or the same machine.

    Raises:
        InputError: it is not.
    """
    if earlier is None:
        return
    before = earlier.machine
    if machine is None and before is not None:
        raise InputError(f"{coder}: filed as the machine {before.name}; name it with --machine")
    if machine is not None and before is None:
        raise InputError(f"{coder}: filed as a person, and is no machine; choose another --coder")
    if machine is not None and before is not None and machine.name != before.name:
        raise InputError(
            f"{coder}: filed as the machine {before.name}; {machine.name} is another coder, and "
            "needs another --coder"
        )


def _ensure_same_variation(coder: str, variation: Variation | None, earlier: Coding | None) -> None:
    """Ensure that a coder who filed before followed the same codebook, varied or not.

    Raises:
        InputError: it was another one.
    """
    if earlier is None or not earlier.filings or earlier.variation == variation:
        return
    before = earlier.variation.varied_name if earlier.variation else "the original codebook"
    now = variation.varied_name if variation else "the original codebook"
    raise InputError(
        f"{coder}: followed {before} in what was filed; with {now} it is another coder, and needs "
        "another --coder"
    )


def _not_filed_yet(book: Book, checked: CheckedCoding, earlier: Coding) -> tuple[str, ...]:
    """Return the documents that a coder has not filed; none where the tables do not say."""
    names = book.evidence
    source = checked.typed.get(names.documents)
    if source is None or source.frame is None or names.document_id not in source.columns:
        return ()
    ids = source.frame[names.document_id].drop_nulls().unique(maintain_order=True)
    return tuple(i for i in ids if i not in earlier.documents)


def _typed(
    package: Package,
    path: Path | Sequence[Path],
    coder: str | None,
    documents: tuple[str, ...],
    variation: Variation | None,
) -> _Checked:
    """Read and check what a coder typed, in whatever form.

    Raises:
        InputError: it is in no form that is read, or nobody is named as its coder.
    """
    paths = [path] if isinstance(path, Path) else [*path]
    codings = json_files(paths)
    if codings:
        return _checked_json(package, codings, coder, documents, variation)
    if len(paths) == 1:
        return _checked_tables(package, paths[0], coder, documents, variation)
    raise InputError("several files: only codings as JSON are filed together")


def _checked_json(
    package: Package,
    files: Sequence[Path],
    coder: str | None,
    documents: tuple[str, ...],
    variation: Variation | None,
) -> _Checked:
    book = package.book
    if not coder:
        raise InputError(f"{files[0]}: a coding as JSON names no coder; name one with --coder")
    ensure_coder_name(coder)
    checked = check_json(files, book, package.root, coder, documents, variation)
    made_for = next((s.made_for for s in checked.typed.values() if s.made_for), {})
    more = f" and {len(files) - 1} more" if len(files) > 1 else ""
    return _Checked(f"{files[0]}{more}", coder, made_for.get("version") or book.version, checked)


def _checked_tables(
    package: Package,
    path: Path,
    coder: str | None,
    documents: tuple[str, ...],
    variation: Variation | None,
) -> _Checked:
    """Check a coder's workbook, or folder of CSV tables.

    Raises:
        InputError: it is neither, follows another book, or nobody is named as its coder.
    """
    book = package.book
    sources = sources_of(path, book)
    made_for = next(s.made_for for s in sources if s.made_for)
    if made_for["codebook"] not in (book.name, variation.varied_name if variation else ""):
        raise InputError(
            f"{path}: was made for the codebook {made_for['codebook']}, not {book.name}"
        )
    name = coder or made_for["coder"]
    if not name:
        raise InputError(f"{path}: names no coder; name one with --coder")
    ensure_coder_name(name)
    if documents:
        sources = _about_documents(book, sources, documents)
    if variation is not None:
        sources = mapped_back(book, sources, variation)
    checked = check_coded(sources, book, package.root)
    if variation is not None:
        report = in_varied_words(book, checked.report, sources, variation)
        checked = replace(checked, report=report)
    return _Checked(str(path), name, made_for.get("version") or book.version, checked)


def _about_documents(
    book: Book, sources: Sequence[Source], documents: tuple[str, ...]
) -> list[Source]:
    """Return a coder's tables with the rows about some documents, and those that all share.

    Raises:
        InputError: the coder has no such document.
    """
    tables = with_documents(book, {table_name(source): source for source in sources})
    chosen: list[Source] = []
    for name, source in tables.items():
        key = book.document_key(book.tables[name]) if name in book.tables else ""
        if source.frame is None or not key or key not in source.frame.columns:
            chosen.append(source)
            continue
        if name == book.evidence.documents:
            known = set(source.frame[key].drop_nulls())
            if unknown := [d for d in documents if d not in known]:
                there = ", ".join(sorted(known)) or "none"
                raise InputError(f"{', '.join(unknown)}: no such document; there are: {there}")
        about = source.frame.filter(pl.col(key).is_in(list(documents)))
        chosen.append(replace(source, frame=about))
    return chosen


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
    book: Book, earlier: Coding, file: str, tables: Tables, coded: tuple[str, ...]
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
                f"{file}: {name}: rows about {changed} differ from what {earlier.coder} filed. A "
                "coding is never changed: decide what is wrong with it in the adjudication; as long "
                "as no other coder has filed it, --amend REASON replaces it"
            )
        merged[name] = [*filed, *(row for row in rows if row.get(key) not in old)]
    return merged


def _as_set(rows: list[Row]) -> set[str]:
    return {repr(sorted((k, v) for k, v in row.items() if v is not None)) for row in rows}
