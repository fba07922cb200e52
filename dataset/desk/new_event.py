"""Starting an event: a row with the next free id, and the evidence that it needs, to be filled in."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ...codebook import Book, Table
from ...validation.coding.filed import coders, load_coding
from ...validation.coding.pairing import rows_by_id
from ...validation.errors import InputError
from ...validation.files.atomic import write_all
from ...validation.package.package import TABLES, Package, writing_verb
from .new_document import hold
from .table_files import Rows, read_table, source_of, table_bytes


@dataclass(frozen=True)
class Started:
    """A new event: its id, the variables that this type still needs, those it may have besides."""

    event_id: str
    needed: tuple[str, ...]
    possible: tuple[str, ...]


@writing_verb
def start_event(
    package: Package,
    document: str,
    country: str,
    year: int,
    values: Mapping[str, str],
    quotes: Mapping[str, str],
) -> Started:
    """Add an event to the hand-coded tables, with a row of evidence for each value it needs.

    Args:
        package: the package.
        document: the id of the document that it is coded from.
        country: the country whose conflict it belongs to, by its three-letter code.
        year: the year in which it began.
        values: values by variable, at least the sub-event type.
        quotes: words of the document by variable.

    Raises:
        InputError: a variable, a value or the document is none of the codebook's or the package's.
    """
    book = package.book
    table = book.tables["events"]
    tables = {n: read_table(package, n) for n in ("events", "evidence", "documents", "retired")}
    if document not in {row["document_id"] for row in tables["documents"]}:
        there = ", ".join(str(row["document_id"]) for row in tables["documents"]) or "none"
        raise InputError(
            f"{document}: no such document; there are: {there}. See: eventbook new document"
        )
    for name in (*values, *quotes):
        if name not in {v.name for v in table.coded}:
            raise InputError(f"{name}: events have no such coded variable{_near(name, table)}")
    new_id = next_id(package, country, year, tables)
    row: dict[str, str | None] = {"event_id": new_id, "document_id": document}
    row |= _type(book, values)
    row |= values
    hold(package, "events", [row], new_id, strict=False)
    needed, possible = wanted(book, table, row)
    proofs = [v.name for v in table.coded if v.evidence and (row.get(v.name) or v.name in needed)]
    stubs: Rows = [
        {
            "event_id": new_id,
            "variable": name,
            "document_id": document,
            "basis": "stated" if quotes.get(name) else None,
            "quote": quotes.get(name),
        }
        for name in dict.fromkeys([*proofs, *quotes])
    ]
    write_all(
        package.root,
        {
            f"{TABLES}/{name}.csv": table_bytes(book, book.tables[name], [*tables[name], *rows])
            for name, rows in (("events", [row]), ("evidence", stubs))
        },
    )
    return Started(new_id, tuple(n for n in needed if not row.get(n)), possible)


def next_id(package: Package, country: str, year: int, tables: Mapping[str, Rows]) -> str:
    """The next free event id: never one that stands, was withdrawn, or that a coder filed.

    Raises:
        InputError: the country is none of the codebook's.
    """
    codes = package.book.code_lists["country"]
    if country not in codes.values:
        from rapidfuzz import process

        names = {f"{c.code} ({c.label})": c.code for c in codes.codes}
        hit = process.extractOne(country, names, score_cutoff=50)
        hint = f"; did you mean {hit[0]}?" if hit else ""
        raise InputError(f"{country!r}: no country's three-letter code{hint}")
    used = {r["event_id"] or "" for n in ("events", "retired") for r in tables[n]}
    for coder in coders(package.root):
        coding = load_coding(package.root, package.book, coder)
        used |= set(rows_by_id(package.book, coding, "events", coding.documents))
    start = f"{country}-{year:04d}-"
    numbers = [int(i[len(start) :]) for i in used if re.fullmatch(re.escape(start) + r"\d+", i)]
    return f"{start}{max([0, *numbers]) + 1:04d}"


def wanted(
    book: Book, table: Table, row: Mapping[str, str | None]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The variables that a row of this type needs, and those that it may have besides.

    Needed are the required ones, and those that a rule blames because they are empty. Possible are
    those that no rule would blame if they held their example.
    """
    names = [v.name for v in table.coded if v.name not in table.primary_key]
    blamed = {column for _, column in _blamed(book, table, [row]) if not row.get(column)}
    by_rule = {n for n in blamed if not table[n].required}
    filled = {**row, **{n: str(table[n].example) for n in by_rule}}
    needed = tuple(n for n in names if n in blamed or table[n].required)
    others = [n for n in names if n not in needed and not row.get(n)]
    tried = [{**filled, n: str(table[n].example)} for n in others]
    barred = {others[at] for at, column in _blamed(book, table, tried) if column == others[at]}
    return needed, tuple(n for n in others if n not in barred)


def _blamed(
    book: Book, table: Table, rows: Sequence[Mapping[str, str | None]]
) -> set[tuple[int, str]]:
    """For rows by their number, the columns that findings of the check blame."""
    from ...validation.engines.small import check_sources

    if not rows:
        return set()
    key = table.primary_key[0]
    numbered = [{**row, key: f"{row.get(key)}{n}"} for n, row in enumerate(rows)]
    report = check_sources(book, {table.name: source_of(table, numbered)}).report
    return {(f.line - 2, f.column) for f in report if f.column and f.line}


def _type(book: Book, values: Mapping[str, str]) -> dict[str, str | None]:
    """The event type that follows from the sub-event type."""
    sub = values.get("sub_event_type")
    codes = book.code_lists["sub_event_type"]
    if sub in codes.values and "event_type" in codes.attributes:
        return {"event_type": str(codes.look_up("event_type")[sub])}
    return {}


def _near(name: str, table: Table) -> str:
    from rapidfuzz import process

    hit = process.extractOne(name, [v.name for v in table.coded], score_cutoff=60)
    return f"; did you mean {hit[0]}?" if hit else ""
