"""Add an event, a claim, an actor or a place: the next id, checked at once, its evidence prepared."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ...codebook import Book, Table
from ...codebook.nearest import nearest
from ...validation.coding.filed import Row, coders, load_coding
from ...validation.coding.pairing import name_variable, names_of, rows_by_id
from ...validation.errors import InputError
from ...validation.files.atomic import write_all
from ...validation.location import TABLES
from ...validation.package.package import Package, writing_verb
from .drafts import ensure_legal, ensure_variables, evidence_stubs, open_variables
from .table_files import read_table, table_bytes

SERIES = re.compile(r"[A-Z]{3}-[0-9]{4}")
"""How the ids of events and claims begin: the country and the year."""
YEARS = range(1900, 2100)


@dataclass(frozen=True)
class AddedRow:
    """A new row: its table and id, what it still needs and what it may have, if it takes evidence."""

    table: str
    row_id: str
    needed: tuple[str, ...]
    possible: tuple[str, ...]
    evidence: bool


@writing_verb
def add_event(
    package: Package,
    document: str,
    country: str,
    year: int,
    values: Mapping[str, str],
    quotes: Mapping[str, str],
) -> AddedRow:
    """Add an event, with a row of evidence for each value that it has or needs.

    Args:
        package: the package.
        document: the id of the document that it is coded from.
        country: the country whose conflict it belongs to, by its three-letter code.
        year: the year in which it began.
        values: values by variable, at least the sub-event type.
        quotes: words of the document by variable.

    Raises:
        InputError: the codebook has no such variable or value, or the package no such document.
    """
    table = _table(package.book, "events")
    series = series_of(package.book, country, year)
    row = {"document_id": document, **_event_type(package.book, values), **values}
    return _add(package, table, row, quotes, series)


@writing_verb
def add_claim(
    package: Package,
    document: str | None,
    country: str | None,
    year: int | None,
    values: Mapping[str, str],
    quotes: Mapping[str, str],
) -> AddedRow:
    """Add a claim, with a row of evidence for each value that it has or needs.

    Args:
        package: the package.
        document: the id of the document that it is coded from; that of its event if left out.
        country: the country of its id; that of its event if left out.
        year: the year of its id; that of its event if left out.
        values: values by variable.
        quotes: words of the document by variable.

    Raises:
        InputError: the codebook has no such variable or value, or the package no such document or
            event; or there is neither an event nor a country and a year for the id.
    """
    table = _table(package.book, "claims")
    event = values.get("event_id") or values.get("said_in") or ""
    if country is not None and year is not None:
        series = series_of(package.book, country, year)
    elif match := SERIES.match(event):
        series = match.group()
    else:
        raise InputError("--event_id, or --country and --year: needed for the id of the claim")
    if document is None:
        events = read_table(package, "events")
        document = next((r["document_id"] for r in events if r["event_id"] == event), None)
    if document is None:
        raise InputError("--document: needed to start a claim")
    return _add(package, table, {"document_id": document, **values}, quotes, series)


@writing_verb
def add_shared(package: Package, name: str, values: Mapping[str, str]) -> AddedRow:
    """Add a row to a table that all documents share: an actor, a place.

    Its id is the one that is given, else made of its name.

    Args:
        package: the package.
        name: the table.
        values: values by variable, at least the name.

    Raises:
        InputError: the codebook has no such table, variable or value, or there is a row of that
            name or id.
    """
    table = _table(package.book, name)
    key, named = table.primary_key[0], name_variable(table).name
    ensure_variables(table, values)
    if not values.get(named):
        raise InputError(f"--{named}: needed to start a row of {name}")
    row_id = values.get(key) or _slug(key, values[named])
    our_name, *_ = names_of(table, dict(values))
    for row in read_table(package, name):
        if row[key] == row_id or our_name == next(iter(names_of(table, row)), None):
            raise InputError(f"{values[named]!r}: already exists, as {row[key]} of {name}")
    return _add(package, table, {**values, key: row_id}, {}, None)


def _table(book: Book, name: str) -> Table:
    if name not in book.tables:
        raise InputError(f"the codebook {book.name} has no table {name}")
    return book.tables[name]


def _add(
    package: Package,
    table: Table,
    values: Mapping[str, str | None],
    quotes: Mapping[str, str],
    series: str | None,
) -> AddedRow:
    """Add a row to a table, and rows of evidence; all or nothing."""
    book, key = package.book, table.primary_key[0]
    ensure_variables(table, [*values, *quotes])
    if "document_id" in values:
        _ensure_document(package, values["document_id"] or "")
    rows = read_table(package, table.name)
    row_id = values.get(key) or next_id(table, used_ids(package, table), series)
    row: Row = {**values, key: row_id}
    ensure_legal(package, table.name, [*rows, row], row_id, finished=False)
    variables = open_variables(book, table, row)
    files = {table.name: [*rows, row]}
    if table.name in book.owner_keys:
        stubs = evidence_stubs(table, row, variables.needed, quotes)
        files["evidence"] = [*read_table(package, "evidence"), *stubs]
    write_all(
        package.root,
        {f"{TABLES}/{n}.csv": table_bytes(book, book.tables[n], r) for n, r in files.items()},
    )
    needed = tuple(name for name in variables.needed if not row.get(name))
    return AddedRow(table.name, row_id, needed, variables.possible, "evidence" in files)


def _ensure_document(package: Package, document: str) -> None:
    documents = [row["document_id"] or "" for row in read_table(package, "documents")]
    if document not in documents:
        exist = ", ".join(documents) or "none"
        raise InputError(
            f"{document}: no such document; there are: {exist}. See: eventbook new document"
        )


def used_ids(package: Package, table: Table) -> set[str]:
    """Return the ids of a table that are used, were withdrawn, or that a coder filed."""
    key = table.primary_key[0]
    used = {row[key] or "" for row in read_table(package, table.name)}
    for tombstones in (k for k in table.foreign_keys if k.absent and k.field == key):
        used |= {row[tombstones.target] or "" for row in read_table(package, tombstones.table)}
    for coder in coders(package.root):
        coding = load_coding(package.root, package.book, coder)
        used |= set(rows_by_id(package.book, coding, table.name, coding.documents))
    return used


def next_id(table: Table, used: Iterable[str], series: str | None = None) -> str:
    """Return the next serial id of a table, in the form of its key's example in the book.

    Args:
        table: the table, whose key is one column.
        used: the ids that are used.
        series: the country and year, as SYR-2019, in place of the example's.
    """
    example = str(table[table.primary_key[0]].example)
    head = example.rstrip("0123456789")
    width = len(example) - len(head)
    if series is not None:
        head = SERIES.sub(series, head, count=1)
    serial = re.compile(re.escape(head) + r"([0-9]+)")
    numbers = [int(match.group(1)) for i in used if (match := serial.fullmatch(i))]
    return f"{head}{max(numbers, default=0) + 1:0{width}d}"


def series_of(book: Book, country: str, year: int) -> str:
    """Return how the ids of a country's events of a year begin, as SYR-2019.

    Raises:
        InputError: the codebook has no such country, or nobody codes such a year.
    """
    countries = {str(c.code): c.label for c in book.code_lists["country"].codes}
    if country not in countries:
        labels = {label: code for code, label in countries.items()}
        code = nearest(country, countries) or labels.get(nearest(country, labels) or "")
        hint = f"; did you mean {code} ({countries[code]})?" if code else ""
        raise InputError(f"{country!r}: not a country's three-letter code{hint}")
    if year not in YEARS:
        raise InputError(f"--year {year}: expected a year from {YEARS[0]} to {YEARS[-1]}")
    return f"{country}-{year:04d}"


def _event_type(book: Book, values: Mapping[str, str]) -> dict[str, str]:
    """Return the event type that follows from the sub-event type."""
    codes = book.code_lists["sub_event_type"]
    sub_type = values.get("sub_event_type")
    if sub_type in codes.values and "event_type" in codes.attributes:
        return {"event_type": str(codes.look_up("event_type")[sub_type])}
    return {}


def _slug(key: str, name: str) -> str:
    """Return an id made of a name: small letters, digits and hyphens."""
    letters = unicodedata.normalize("NFKD", name.lower()).encode("ascii", "ignore").decode()
    slug = "-".join(re.findall(r"[a-z0-9]+", letters))
    if not slug:
        raise InputError(f"--{key}: needed, because the name {name!r} has no Latin letters")
    return slug
