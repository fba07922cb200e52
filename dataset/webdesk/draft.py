"""A coder's draft: the tables of a coding on disk, which the desk reads and changes row by row.

It is the folder `drafts/<coder>` of the package, with the same CSV tables that `eventbook check` and
`eventbook import` take. A change names the rows that it removes, with all their cells, and those
that it adds. So two windows can work on one draft: a change of a row that is no longer there is
refused, and nothing is overwritten.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ...codebook import Book, Table
from ...validation.coding.coded_workbook import tables_of
from ...validation.coding.filed import Coding, Row, coders, complete_rows, load_coding
from ...validation.coding.pairing import id_of, shared_tables
from ...validation.coding.typed_rows import with_documents
from ...validation.errors import InputError
from ...validation.files.atomic import write_all, writing
from ...validation.package.package import Package
from ...validation.reading.read import read
from ..desk.table_files import Rows, source_of, table_bytes
from ..desk.workbook_contents import blind_rows

DRAFTS = "drafts"
Cells = tuple[tuple[str, str], ...]
"""The cells of a row that are not empty, in the order of their columns' names."""
State = tuple[int, int, int]


@dataclass(frozen=True)
class RowChanges:
    """The rows of a table that a change removes, and those that it adds."""

    removed: tuple[Row, ...] = ()
    added: tuple[Row, ...] = ()


@dataclass(frozen=True)
class DraftChange:
    """What a page changes in one document's rows and in the shared ones, by table.

    `revision` is that of the draft which the page has.
    """

    document: str
    revision: str
    tables: Mapping[str, RowChanges]


@dataclass(frozen=True)
class Saved:
    """The revision after a change; whether somebody else had changed the draft before it."""

    revision: str
    elsewhere: bool


@dataclass
class ConflictError(Exception):
    """Rows that a change removes are not in the draft any more: table and row of each."""

    missing: list[tuple[str, Row]]
    revision: str


@dataclass
class Draft:
    """The draft of one coder; what was read of it last is kept until its files change."""

    package: Package
    coder: str
    _tables: dict[str, Rows] = field(default_factory=dict)
    _states: dict[str, State | None] | None = None
    _revision: str = ""
    _lock: threading.RLock = field(default_factory=threading.RLock)

    @property
    def folder(self) -> Path:
        """The folder of its tables."""
        return self.package.root / DRAFTS / self.coder

    @property
    def book(self) -> Book:
        """The codebook that it follows."""
        return self.package.book

    def revision(self) -> str:
        """Return what changes with each change of the draft, whoever makes it."""
        with self._lock:
            self._refresh()
            return self._revision

    def tables(self) -> dict[str, Rows]:
        """Return the rows of the draft by table.

        Raises:
            InputError: a file of it cannot be read whole.
        """
        with self._lock:
            self._refresh()
            return {name: [*rows] for name, rows in self._tables.items()}

    def filed(self) -> Coding | None:
        """Return what the coder has filed; None if nothing."""
        if self.coder not in coders(self.package.root):
            return None
        return load_coding(self.package.root, self.book, self.coder)

    def save(self, change: DraftChange) -> Saved:
        """Write a change to disk; it is there when this returns.

        Raises:
            ConflictError: a row that it removes is not as the page has it.
            InputError: the change is about other rows than it may be, a file of the draft cannot
                be read, or the disk refuses to be written to.
        """
        with self._lock, writing(self._made_folder(), self._files()):
            self._refresh()
            elsewhere = change.revision != self._revision
            self._ensure_allowed(change)
            changed = self._changed(change)
            if changed:
                self._write(changed)
            return Saved(self._revision, elsewhere)

    def _made_folder(self) -> Path:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"{self.folder}: {error.strerror or error}") from None
        return self.folder

    def _files(self) -> list[str]:
        return [f"{table.name}.csv" for table in tables_of(self.book)]

    def _changed(self, change: DraftChange) -> dict[str, Rows]:
        """Return the tables that a change makes different.

        Raises:
            ConflictError: a row that it removes is not there.
        """
        changed: dict[str, Rows] = {}
        missing: list[tuple[str, Row]] = []
        done = True
        for name, rows in change.tables.items():
            present = {filled_cells(row): row for row in self._tables.get(name, [])}
            absent = [row for row in rows.removed if filled_cells(row) not in present]
            missing += [(name, row) for row in absent]
            done &= len(absent) == len(rows.removed)
            done &= all(filled_cells(row) in present for row in rows.added if filled_cells(row))
            removed = {filled_cells(row) for row in rows.removed}
            kept = [row for key, row in present.items() if key not in removed]
            new = {
                filled_cells(row): _without_blanks(row) for row in rows.added if filled_cells(row)
            }
            changed[name] = [*kept, *(row for key, row in new.items() if key not in present)]
            changed[name] += [row for key, row in new.items() if key in present and key in removed]
        if done:
            # The page did not hear that it was saved, and sent it again.
            return {}
        if missing:
            raise ConflictError(missing, self._revision)
        return changed

    def _ensure_allowed(self, change: DraftChange) -> None:
        """Ensure that a change keeps to its document, and that this is not filed for good.

        Raises:
            InputError: it does not.
        """
        book = self.book
        names = [table.name for table in tables_of(book)]
        ids = {row.get(book.evidence.document_id) for row in self._tables[book.evidence.documents]}
        if change.document not in ids:
            raise InputError(f"{change.document}: no such document")
        for name, rows in change.tables.items():
            if name not in names:
                raise InputError(f"{name}: no table of a coder")
            table = book.tables[name]
            for row in (*rows.removed, *rows.added):
                ensure_columns(table, row)
                key = book.document_key(table)
                if key and row.get(key) != change.document:
                    raise InputError(f"{name}: a row is not about {change.document}")
            if table is book.documents and len(rows.removed) != len(rows.added):
                raise InputError(f"{name}: documents are added and removed in the package")

    def _write(self, changed: Mapping[str, Rows]) -> None:
        files = {
            f"{name}.csv": table_bytes(self.book, self.book.tables[name], rows)
            for name, rows in changed.items()
        }
        if not (self.folder / f"{self.book.evidence.documents}.csv").is_file():
            # The first change writes all tables: what was prepared belongs to the draft.
            files = {
                f"{name}.csv": table_bytes(self.book, self.book.tables[name], rows)
                for name, rows in {**self._tables, **changed}.items()
            }
        write_all(self.folder, files)
        self._tables |= changed
        self._note_state()

    def _refresh(self) -> None:
        """Read the tables again if somebody else has changed their files."""
        if self._states is not None and self._states == self._current_states():
            return
        self._tables = self._read()
        self._note_state()

    def _note_state(self) -> None:
        self._states = self._current_states()
        digest = hashlib.sha256()
        for name in self._files():
            path = self.folder / name
            data = path.read_bytes() if path.is_file() else b""
            digest.update(f"{name}\0{len(data)}\0".encode() + data)
        self._revision = digest.hexdigest()[:20]

    def _current_states(self) -> dict[str, State | None]:
        states: dict[str, State | None] = {}
        for name in self._files():
            try:
                found = (self.folder / name).stat()
                states[name] = (found.st_mtime_ns, found.st_size, found.st_ino)
            except OSError:
                states[name] = None
        return states

    def _read(self) -> dict[str, Rows]:
        """Return the rows on disk, and those of the package that are not in them yet."""
        rows: dict[str, Rows] = {
            table.name: [_without_blanks(row) for row in self._rows_on_disk(table)]
            for table in tables_of(self.book)
        }
        prepared = blind_rows(self.package)
        begun = (self.folder / f"{self.book.evidence.documents}.csv").is_file()
        filed = self.filed()
        for name, some in prepared.items():
            table = self.book.tables[name]
            # A quote that was prepared for a document comes with the document, and only then.
            if not begun or table is self.book.documents or name in shared_tables(self.book):
                rows[name] += _not_in(table, rows[name], some)
        if filed is not None and not begun:
            for name, filed_rows in filed.filed.items():
                new = [_without_blanks(row) for row in filed_rows]
                rows[name] = [*new, *_not_in(self.book.tables[name], new, rows[name])]
        return self._with_documents(rows)

    def _rows_on_disk(self, table: Table) -> Rows:
        path = self.folder / f"{table.name}.csv"
        if not path.is_file():
            return []
        return complete_rows(table, read(path, f"{DRAFTS}/{self.coder}/{table.name}.csv"))

    def _with_documents(self, rows: dict[str, Rows]) -> dict[str, Rows]:
        """Return rows that name their document, where that follows from other rows."""
        book = self.book
        lacking = [
            n for n in rows if (k := book.document_key(book.tables[n])) and _some(rows[n], k)
        ]
        if not lacking:
            return rows
        sources = {name: source_of(book.tables[name], rows[name]) for name in rows}
        filled = with_documents(book, sources)
        for name in lacking:
            key, frame = book.document_key(book.tables[name]), filled[name].frame
            if frame is not None and key in frame.columns:
                found = frame[key].to_list()
                rows[name] = [
                    {**row, key: text} if text else row
                    for row, text in zip(rows[name], found, strict=True)
                ]
        return rows


def filled_cells(row: Mapping[str, str | None]) -> Cells:
    """Return what makes two rows the same: their cells that are not empty."""
    return tuple(sorted((name, text) for name, text in row.items() if text))


def about(book: Book, tables: Mapping[str, Rows], document: str) -> dict[str, Rows]:
    """Return the rows of a draft that are about one document, and those that all documents share."""
    found: dict[str, Rows] = {}
    for name, rows in tables.items():
        key = book.document_key(book.tables[name])
        found[name] = [row for row in rows if not key or row.get(key) == document]
    return found


def _some(rows: Iterable[Row], column: str) -> bool:
    return any(not row.get(column) for row in rows)


def _not_in(table: Table, rows: Sequence[Row], new: Iterable[Row]) -> Iterator[Row]:
    """Yield the new rows whose key, or which themselves, are not in a table yet."""
    keyed = bool(table.primary_key) and set(table.primary_key) <= {v.name for v in table.coded}
    known = {id_of(table, row) if keyed else filled_cells(row) for row in rows}
    for row in new:
        if (id_of(table, row) if keyed else filled_cells(row)) not in known:
            yield _without_blanks(row)


def _without_blanks(row: Mapping[str, str | None]) -> Row:
    return {name: text for name, text in row.items() if text}


def ensure_columns(table: Table, row: Row) -> None:
    """Ensure that a row has only columns that people fill in, and text that a file can hold.

    Raises:
        InputError: it does not.
    """
    names = {v.name for v in table.coded}
    for name, text in row.items():
        if name not in names:
            raise InputError(f"{table.name}: no column {name!r} to fill in")
        if text and "\0" in text:
            raise InputError(f"{table.name}.{name}: a text with the character NUL is not saved")
        try:
            (text or "").encode()
        except UnicodeEncodeError:
            raise InputError(f"{table.name}.{name}: half a character is not saved") from None
