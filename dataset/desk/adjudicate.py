"""Adjudication: keep the table of decisions up to date, and build the final tables from it."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from ...codebook import Book
from ...validation.coding.adjudication import decision_rows, undecided
from ...validation.coding.case import ids_elsewhere, open_case
from ...validation.coding.choices import without_labels
from ...validation.coding.deciders import decided_by_machines, ensure_people
from ...validation.coding.filed import (
    ADJUDICATION,
    Coding,
    Row,
    adjudication_book,
    complete_rows,
    decisions_of,
    load_coding,
    rows_of,
)
from ...validation.coding.final_tables import final_tables
from ...validation.coding.pairing import coded_documents
from ...validation.coding.typed_rows import completed_rows, typed_rows
from ...validation.engines.small import check_sources
from ...validation.errors import InputError
from ...validation.evidence.documents import Document, read_documents
from ...validation.files.atomic import write_all
from ...validation.findings import Report
from ...validation.location import TABLES
from ...validation.package.package import Package, writing_verb
from ...validation.progress import step
from ...validation.reading.read import read_all
from ...validation.reading.source import Source
from ..agreement.unit_matching import match_units
from .table_files import source_of, table_bytes
from .workbook import Contents, write_workbook

DECISIONS = "decisions"
KEY = ("first_coder", "second_coder", "unit", "first_id", "second_id", "variable")
COMPARED = frozenset({"first_value", "first_quote", "second_value", "second_quote", "reason"})
"""The columns of the workbook that are wide: what is compared, and why it was decided so."""
READ_ME = (
    "Each row of the sheet decisions is one thing to decide; point at a heading for its definition.",
    "A row without a variable is about a whole row: are the two rows one "
    "or apart; is what only one coder has kept or dropped?",
    "A row with a variable is about one value: the first coder's, the second's, or another, which "
    "then goes into value, with the words for it into quote.",
    "Give the reason, who decided, and the day as 2026-11-24.",
    "When done: eventbook adjudicate FIRST SECOND --from FILE.xlsx",
)


@dataclass(frozen=True)
class Adjudicated:
    """All decisions, those that are open, and the files that changed.

    `report` says what is wrong with the decisions; nothing is written then.
    """

    report: Report
    rows: tuple[Row, ...]
    open: tuple[Row, ...]
    changed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Brought:
    """What two coders and the package bring to an adjudication.

    `seeds` are the package's hand-coded tables as they are, complete; `taken` the ids that other
    documents use; `texts` the documents.
    """

    codings: tuple[Coding, Coding]
    seeds: Mapping[str, list[Row]]
    taken: Mapping[str, set[str]]
    texts: Mapping[str, Document]


def brought_by(package: Package, first: str, second: str) -> Brought:
    """Read what two coders and the package bring to an adjudication.

    Raises:
        InputError: a coder filed nothing or is a machine, or a file cannot be read.
    """
    if first == second:
        raise InputError(f"{first}: nobody disagrees with themselves; name two coders")
    ensure_people(package.root, first, second)
    book = package.book
    coded_documents(book)
    step("reading the codings")
    codings = load_coding(package.root, book, first), load_coding(package.root, book, second)
    sources = package.sources()
    seeds = completed_rows(book, {n: complete_rows(book.tables[n], s) for n, s in sources.items()})
    taken = ids_elsewhere(book, seeds, set(codings[0].documents) & set(codings[1].documents))
    texts = read_documents(package.root, book, sources.get(book.evidence.documents))
    return Brought(codings, seeds, taken, texts)


@writing_verb
def bring_up_to_date(
    package: Package,
    first: str,
    second: str,
    decisions: list[Row] | None = None,
    by: str | None = None,
    today: date | None = None,
    brought: Brought | None = None,
) -> Adjudicated:
    """Bring the table of decisions up to date and, where nothing is open, build the final tables.

    Args:
        package: the package.
        first: the coder whose rows are used where both agree.
        second: the other coder.
        decisions: decisions from a workbook; those of the package's file if left out.
        by: signs, with today's day, every decision that nobody signed.
        today: the day of signing.
        brought: what the coders bring, if it was read before and no file of it has changed.

    Raises:
        InputError: a coder filed nothing, they have no document in common, who signs or was
            compared is a machine, or a file cannot be read or written.
    """
    if by is not None:
        ensure_people(package.root, by)
    brought = brought or brought_by(package, first, second)
    book, codings, taken = package.book, brought.codings, brought.taken
    decisions = decisions if decisions is not None else filed_decisions(package)
    step("finding the same units")
    case = open_case(book, *codings, decisions, match_units, taken)
    rows = _numbered(decisions, decision_rows(case), (first, second))
    if by is not None:
        _sign(rows, by, today or date.today())
    open_rows = tuple(r for r in undecided(rows) if _coders(r) == (first, second))
    report = _report(package, rows)
    if report.status():
        return Adjudicated(report, tuple(rows), open_rows)
    rules = adjudication_book(book)
    files = {ADJUDICATION: table_bytes(rules, rules.tables[DECISIONS], rows)}
    if not open_rows:
        step("building the tables")
        case = open_case(book, *codings, rows, None, taken)
        tables = final_tables(case, brought.seeds, brought.texts)
        # What the coders brought is as large as the tables, and not needed to type these.
        del case, codings, brought
        for name, final_rows in typed_rows(book, tables).items():
            files[f"{TABLES}/{name}.csv"] = table_bytes(book, book.tables[name], final_rows)
    changed = {n: data for n, data in files.items() if _current(package.root / n) != data}
    if changed:
        write_all(package.root, changed)
    return Adjudicated(report, tuple(rows), open_rows, tuple(changed))


def _coders(row: Row) -> tuple[str | None, str | None]:
    return row.get("first_coder"), row.get("second_coder")


def _current(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def filed_decisions(package: Package) -> list[Row]:
    """Return the decisions in the package's file; none if there is no such file.

    Raises:
        InputError: it cannot be read, or lacks columns.
    """
    source = decisions_of(package.root)
    return [] if source is None else _complete(package.book, source, source.file)


def _complete(book: Book, source: Source, name: str) -> list[Row]:
    """Return the rows of a table of decisions.

    Raises:
        InputError: it could not be read, or lacks columns.
    """
    if source.frame is None:
        raise InputError(f"{name}: {source.errors[0].message}")
    columns = [v.name for v in adjudication_book(book).tables[DECISIONS].coded]
    if missing := [column for column in columns if column not in source.columns]:
        raise InputError(f"{name}: missing columns: {', '.join(missing)}")
    return [{column: row[column] for column in columns} for row in rows_of(source)]


def _numbered(decisions: list[Row], rows: list[Row], coders: tuple[str, str]) -> list[Row]:
    """Return all rows of the file: the new ones of two coders, those of others as they are."""
    ids = {_key(r): r.get("decision_id") for r in decisions}
    serials = [int(i[1:]) for i in ids.values() if i and re.fullmatch(r"D\d+", i)]
    numbers = itertools.count(max(serials, default=0) + 1)
    others = [dict(r) for r in decisions if _coders(r) != coders]
    return others + [
        {**row, "decision_id": ids.get(_key(row)) or f"D{next(numbers):04d}"} for row in rows
    ]


def _key(row: Mapping[str, str | None]) -> tuple[str | None, ...]:
    return tuple(row.get(name) for name in KEY)


def _sign(rows: list[Row], by: str, day: date) -> None:
    for row in rows:
        if row.get("decision") and not row.get("decided_by"):
            row |= {"decided_by": by, "decided_on": day.isoformat()}


def _report(package: Package, rows: list[Row]) -> Report:
    """Return what is wrong with the rows that are decided; those that are open are unfinished."""
    rules = adjudication_book(package.book)
    open_ids = {row.get("decision_id") for row in undecided(rows)}
    done = [row for row in rows if row.get("decision_id") not in open_ids]
    source = source_of(rules.tables[DECISIONS], done, ADJUDICATION)
    by_machines = decided_by_machines(package.root, done)
    return check_sources(rules, {DECISIONS: source}, before=by_machines).report


def decisions_from_workbook(package: Package, path: Path) -> list[Row]:
    """Return the decisions in a workbook.

    Raises:
        InputError: it cannot be read, or has no sheet of decisions.
    """
    for source in read_all(path):
        if source.sheet == DECISIONS and source.frame is not None:
            rules = adjudication_book(package.book)
            plain = without_labels(rules, {DECISIONS: source})[DECISIONS]
            return _complete(package.book, plain, str(path))
    raise InputError(
        f"{path}: no sheet {DECISIONS}; make the workbook with eventbook adjudicate ... --to FILE.xlsx"
    )


def decisions_to_workbook(package: Package, rows: tuple[Row, ...], path: Path) -> None:
    """Write the decisions as a workbook, with the texts of the documents that they are about."""
    book = package.book
    documents = package.sources().get(book.evidence.documents)
    about = {document for row in rows if (document := row.get("document_id"))}
    shown = read_documents(package.root, book, documents, about)
    tables = {DECISIONS: [dict(row) for row in rows]}
    step(f"writing {path.name}")
    contents = Contents(adjudication_book(book), tables, shown, "", READ_ME, COMPARED)
    write_workbook(contents, path)
