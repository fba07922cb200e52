"""A practice set on disk: its reports, the key, the decided cases, and what must be reached.

The folder has `documents.csv` and `documents/<id>.txt`; `key/<id>.json`, the project's own coding
of each; `cases.csv`, the page of the guide that decides a value; `passing.csv`, what a coder must
reach; and, where there are some, `to_add.csv`, the shared rows that are left to the coder, and
`unseen/<coder>/<id>.json`, codings of people who had not seen the key.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from ...codebook import Book, Table, Variable, load
from ...codebook.model import cell
from ...codebook.nearest import nearest
from ...validation.coding.filed import Row, rows_of
from ...validation.coding.pairing import documents_of, shared_tables, units_of
from ...validation.errors import InputError
from ...validation.evidence.documents import Document
from ...validation.files.hashing import sha256_of_file
from ...validation.reading.read import read
from ...validation.reading.source import LINE

SHIPPED = Path(__file__).parent / "set"
"""The practice set that is part of the package."""
KEY = "key"
UNSEEN = "unseen"
DOCUMENTS = "documents"
MEASURES = {
    "units": "units of the key in the reports that were filed",
    "f1": "F1 of the units found",
    "per_cent": "values coded as in the key, per cent",
}
"""What a line of `passing.csv` can ask for; the first two of a table, the last of a variable."""
OF_VARIABLE = "per_cent"
MOST_NAMED = 12
Coded = Mapping[str, Any]
"""One coding, as its JSON has it."""


@dataclass(frozen=True)
class DecidedCase:
    """A value, or a row, of the key, where in the guide it is decided, and the project's reason.

    `variable` is empty for a row as a whole: that it is one, or that it is of its type.
    """

    case: str
    document: str
    table: str
    row: str
    variable: str
    page: str
    heading: str
    why: str


@dataclass(frozen=True)
class Threshold:
    """What a coder must reach: `least` of a measure of a table, or of a variable of a table."""

    measure: str
    variable: str
    least: float
    why: str

    @property
    def table(self) -> str:
        """The table that it is about."""
        return self.variable.partition(".")[0]

    @property
    def column(self) -> str:
        """The variable of the table; empty where it is about the rows."""
        return self.variable.partition(".")[2]


@dataclass(frozen=True)
class PracticeSet:
    """A practice set that was read and is complete.

    `documents` are the rows of its reports by their ids, `key` the codings by document, and
    `to_add` the tables and ids of shared rows that a training package leaves out.
    """

    folder: Path
    book: Book
    book_folder: Path
    documents: Mapping[str, Row]
    key: Mapping[str, Coded]
    cases: tuple[DecidedCase, ...]
    thresholds: tuple[Threshold, ...]
    to_add: frozenset[tuple[str, str]]

    @property
    def ships(self) -> bool:
        """Whether it is part of the package."""
        return self.folder == SHIPPED

    def text_file(self, document: str) -> Path:
        """Return the file of a report."""
        return self.folder / DOCUMENTS / f"{document}.txt"

    @cached_property
    def texts(self) -> Mapping[str, Document]:
        """The reports by their ids."""
        return {d: Document.of(self.text_file(d).read_bytes()) for d in self.documents}

    def sha256(self, document: str) -> str:
        """Return the hash of the file of a report."""
        return sha256_of_file(self.text_file(document))

    def title(self, document: str) -> str:
        """Return the headline of a report."""
        roles = documents_of(self.book).roles.document
        return (self.documents[document].get(roles.title) if roles else None) or document

    def words(self, document: str) -> int:
        """Return how many words a report has."""
        return len(self.texts[document].text.split())

    def files(self, coder: str = "") -> dict[str, Path]:
        """Return the files of an unseen coder, or of the key, by document."""
        folder = self.folder / (f"{UNSEEN}/{coder}" if coder else KEY)
        return {d: path for d in self.documents if (path := folder / f"{d}.json").is_file()}

    def unseen_coders(self) -> list[str]:
        """Return the coders who had not seen the key, in the order of their names."""
        folders = (p for p in (self.folder / UNSEEN).glob("*") if p.is_dir())
        return sorted(folder.name for folder in folders)

    def shared_rows(self, table: Table) -> list[Row]:
        """Return the rows of a shared table that the key uses, each once."""
        rows = {
            row_id(table, row): row_cells(table, row)
            for coding in self.key.values()
            for row in rows_in(coding, table)
        }
        return list(rows.values())


def named_book(folder: Path) -> str:
    """Return the name of the book that a practice set is for.

    Raises:
        InputError: there is no practice set in the folder, or it names no book.
    """
    files = sorted((folder / KEY).glob("*.json"))
    if not files or not (folder / "documents.csv").is_file():
        raise InputError(
            f"{folder}: no practice set: expected documents.csv, documents/, key/, cases.csv and "
            "passing.csv"
        )
    named = plain_coding(files[0]).get("codebook")
    if not isinstance(named, str) or not named.split():
        raise InputError(f"{files[0]}: codebook: expected the name and version of the book")
    return named.split()[0]


def load_practice_set(folder: Path, book_folder: Path) -> PracticeSet:
    """Read a practice set and ensure that all of it fits together and fits its book.

    Args:
        folder: its folder.
        book_folder: the folder of the book that it is for.

    Raises:
        InputError: it is for another book, or with all that is wrong in it, each with its line.
    """
    book = load(book_folder)
    if (name := named_book(folder)) != book.name:
        raise InputError(
            f"{folder}: a practice set for the codebook {name}; there is none for {book.name}. "
            "Name one with --set DIR"
        )
    table = documents_of(book)
    key = table.primary_key[0]
    faults: list[str] = []
    documents = {
        row[key] or "": row
        for _, row in _rows(folder / "documents.csv", tuple(v.name for v in table.coded), (key,))
    }
    codings: dict[str, Coded] = {}
    for document in documents:
        if not (folder / DOCUMENTS / f"{document}.txt").is_file():
            faults.append(f"{folder / DOCUMENTS}: {document}.txt is missing")
        path = folder / KEY / f"{document}.json"
        if path.is_file():
            codings[document] = plain_coding(path)
        else:
            faults.append(f"{path.parent}: {path.name} is missing")
    cases = list(_of_file(folder / "cases.csv", DecidedCase, _as_case))
    thresholds = list(_of_file(folder / "passing.csv", Threshold, _as_threshold))
    to_add: list[tuple[int, Row]] = []
    if (path := folder / "to_add.csv").is_file():
        to_add = list(_rows(path, ("table", "row", "why"), ("table", "row")))
    found = PracticeSet(
        folder,
        book,
        book_folder,
        documents,
        codings,
        tuple(case for _, case in cases),
        tuple(threshold for _, threshold in thresholds),
        frozenset((row["table"] or "", row["row"] or "") for _, row in to_add),
    )
    cases_file, seen = folder / "cases.csv", set[str]()
    for line, case in cases:
        if case.case in seen:
            faults.append(f"{cases_file}:{line}: the case {case.case} is there twice")
        seen.add(case.case)
        faults += (f"{cases_file}:{line}: {fault}" for fault in _in_case(found, case))
    faults += (
        f"{folder / 'passing.csv'}:{n}: {fault}"
        for n, threshold in thresholds
        if (fault := _in_threshold(book, threshold))
    )
    faults += (f"{path}:{n}: {fault}" for n, r in to_add if (fault := _not_shared(found, r)))
    if faults:
        raise InputError("\n".join(faults))
    return found


def _as_case(row: Row) -> DecidedCase:
    return DecidedCase(**{name: cell or "" for name, cell in row.items()})


def _as_threshold(row: Row) -> Threshold:
    text = row["least"] or ""
    try:
        least = float(text)
    except ValueError:
        raise InputError(f"least: {text!r}: expected a number") from None
    return Threshold(row["measure"] or "", row["variable"] or "", least, row["why"] or "")


def _of_file(path: Path, form: type, make: Callable[[Row], Any]) -> Iterator[tuple[int, Any]]:
    """Yield the lines of a table of the set, each as what it is."""
    names = tuple(form.__dataclass_fields__)
    needed = tuple(name for name in names if name != "variable")
    for line, row in _rows(path, names, needed if form is DecidedCase else names):
        try:
            yield line, make(row)
        except InputError as error:
            raise InputError(f"{path}:{line}: {error}") from None


def _rows(path: Path, known: Sequence[str], needed: Sequence[str]) -> Iterator[tuple[int, Row]]:
    """Yield the line and the cells of each row of a table of the set.

    Raises:
        InputError: it cannot be read, has an unknown column, lacks one, or a cell is empty.
    """
    source = read(path)
    if source.errors or source.frame is None:
        reason = source.errors[0].message if source.errors else "no table"
        raise InputError(f"{path}: {reason}")
    for name in source.columns:
        if name not in known:
            close = nearest(name, known)
            hint = f"did you mean {close}?" if close else f"expected {', '.join(known)}"
            raise InputError(f"{path}: unknown column {name}; {hint}")
    if missing := [name for name in needed if name not in source.columns]:
        raise InputError(f"{path}: without the column {', '.join(missing)}")
    for line, row in zip(source.frame[LINE], rows_of(source), strict=True):
        if empty := [name for name in needed if not row.get(name)]:
            raise InputError(f"{path}:{line}: {', '.join(empty)}: empty")
        yield line, row


def plain_coding(path: Path) -> Coded:
    """Return a coding as its JSON has it."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise InputError(f"{path}:{error.lineno}: not JSON: {error.msg}") from None
    except (UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"{path}: not JSON in UTF-8: {error}") from None
    if not isinstance(content, dict):
        raise InputError(f"{path}: expected the object of a coding")
    return content


def rows_in(coding: Coded, table: Table) -> list[Mapping[str, Any]]:
    """Return the rows of a table in a coding."""
    rows = coding.get(table.name)
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def row_id(table: Table, row: Mapping[str, Any]) -> str:
    """Return the id of a row in a coding: of a passage its paragraph."""
    passage = table.roles.passage
    names = (passage.paragraph,) if passage else table.primary_key
    return " ".join(cell(_value(row.get(name)) or "") for name in names)


def row_cells(table: Table, row: Mapping[str, Any]) -> Row:
    """Return a row of a coding as the cells of its table."""
    return {v.name: _cell(v, _value(row.get(v.name))) for v in table.coded}


def _value(item: Any) -> Any:
    return item.get("value") if isinstance(item, dict) else item


def _cell(variable: Variable, value: Any) -> str | None:
    if isinstance(value, list):
        value = variable.separator.join(map(cell, value))
    return None if value is None or value == "" else cell(value)


def headings(text: str) -> list[str]:
    """Return the headings of a page of the guide; those of commands in it are none."""
    plain = re.sub(r"(?ms)^```.*?^```", "", text)
    return re.findall(r"(?m)^#+ +(.+?) *$", plain)


def _in_case(practice: PracticeSet, case: DecidedCase) -> Iterator[str]:
    """Yield what a case names that is not there."""
    book = practice.book
    if case.document not in practice.key:
        yield _unknown("document", case.document, practice.key)
    if case.table not in book.tables:
        yield _unknown("table", case.table, book.tables)
    elif case.document in practice.key:
        table = book.tables[case.table]
        ids = [row_id(table, row) for row in rows_in(practice.key[case.document], table)]
        if table is book.documents:
            ids = [case.document]
        if case.row not in ids:
            yield _unknown(f"row of {case.document}", case.row, ids)
        if case.variable and case.variable not in table:
            yield _unknown(f"variable of {case.table}", case.variable, table.names)
    pages = {page.name: page for page in book.guide}
    if case.page not in pages:
        yield _unknown("page of the guide", case.page, pages)
    elif case.heading not in (known := headings(pages[case.page].text)):
        yield _unknown(f"heading of {case.page}", case.heading, known)


def _in_threshold(book: Book, threshold: Threshold) -> str:
    """Return what is wrong with a threshold; empty if nothing is."""
    if threshold.measure not in MEASURES:
        return _unknown("measure", threshold.measure, MEASURES)
    units = units_of(book)
    if threshold.table not in units:
        return _unknown("table of units", threshold.table, units)
    if (threshold.measure == OF_VARIABLE) != bool(threshold.column):
        return f"{threshold.measure}: of a {'variable, as events.date' if threshold.measure == OF_VARIABLE else 'table'}"
    table = book.tables[threshold.table]
    if threshold.column and threshold.column not in table:
        return _unknown(f"variable of {table.name}", threshold.column, table.names)
    return ""


def _not_shared(practice: PracticeSet, row: Row) -> str:
    """Return what is wrong with a row that is left to be added; empty if nothing is."""
    shared = shared_tables(practice.book)
    name, own = row["table"] or "", row["row"] or ""
    if name not in shared:
        return _unknown("shared table", name, shared)
    table = practice.book.tables[name]
    ids = [row_id(table, r) for coding in practice.key.values() for r in rows_in(coding, table)]
    return "" if own in ids else _unknown(f"row of {name}", own, ids)


def _unknown(what: str, name: str, known: Iterable[str]) -> str:
    """Return that there is no such thing, and what may be meant."""
    listed = list(known)
    close = nearest(name, listed)
    some = ", ".join(listed[:MOST_NAMED]) or "none"
    return f"no {what} {name!r}; " + (f"did you mean {close!r}?" if close else f"there are: {some}")
