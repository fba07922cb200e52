"""What codings as JSON mean in a package: their documents, names and ids."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ...codebook import Book, Table
from ...codebook.coding_form import DOCUMENT, CodingPart, coding_parts
from ...codebook.nearest import nearest
from ..evidence.documents import read_documents
from ..location import TABLES
from ..reading.read import read
from ..reading.source import LINE, Source
from .filed import CODINGS, coders, load_coding, rows_of
from .id_form import IdForm, id_form, id_of_words
from .json_ids import FiledIds, FreeIds
from .json_names import (
    MOST_NAMED,
    IdParts,
    SharedRows,
    in_order_of_keys,
    is_local,
    keys_in,
    replaced,
)
from .json_quotes import TypedQuotes
from .json_rows import DocumentCoding, JsonPlace, JsonRow, form_finding
from .pairing import list_items
from .typed_rows import Row


@dataclass(frozen=True)
class PackageRows:
    """What a package has already: its rows by table, a coder's earlier ones, texts of documents."""

    root: Path
    rows: Mapping[str, list[JsonRow]]
    coder: str
    filed: Mapping[str, Sequence[Row]]
    documents: Source | None

    @classmethod
    def read(cls, book: Book, root: Path, coder: str) -> PackageRows:
        """Read the hand-coded tables of a package, and what a coder filed.

        Raises:
            InputError: what the coder filed cannot be read.
        """
        rows: dict[str, list[JsonRow]] = {}
        documents: Source | None = None
        for table in book.tables.values():
            name = f"{TABLES}/{table.name}.csv"
            if table.derived or not (root / name).is_file():
                continue
            source = read(root / name, name)
            if table is book.documents:
                documents = source
            lines = [] if source.frame is None else source.frame[LINE].to_list()
            rows[table.name] = [
                JsonRow(table.name, row, JsonPlace(name, line))
                for row, line in zip(rows_of(source), lines, strict=True)
            ]
        filed: Mapping[str, Sequence[Row]] = {}
        if coder and coder in coders(root):
            filed = load_coding(root, book, coder).filed
        return cls(root, rows, coder, filed, documents)


@dataclass
class Resolver:
    """Gives rows the document, the ids and the quotes that the tables need."""

    book: Book
    package: PackageRows
    codings: list[DocumentCoding]
    codebooks: Sequence[str]
    """The names by which a coding may name the codebook that it follows."""
    shared: dict[str, SharedRows] = field(default_factory=dict[str, SharedRows])
    placed: list[DocumentCoding] = field(default_factory=list[DocumentCoding])
    local: dict[str, dict[str, dict[str, str]]] = field(
        default_factory=dict[str, dict[str, dict[str, str]]]
    )
    """By file and table, the full id of each local one."""
    ids: dict[str, FreeIds] = field(default_factory=dict[str, FreeIds])
    filed: dict[str, FiledIds] = field(default_factory=dict[str, FiledIds])
    quotes: list[JsonRow] = field(default_factory=list[JsonRow])

    def resolve(self, documents: Sequence[str]) -> None:
        """Resolve all codings; what cannot be is a finding of its coding."""
        for coding in self.codings:
            self._check_codebook(coding)
            if self._find_document(coding, documents):
                self.placed.append(coding)
        self._share_rows()
        parts = coding_parts(self.book)
        units = [part.table for part in parts.values() if part.kind == "unit"]
        for coding in self.placed:
            self._name_rows(coding, parts)
            self._number_rows(coding, in_order_of_keys(self.book, units))
        placed = {coding.document for coding in self.placed}
        texts = read_documents(self.package.root, self.book, self.package.documents, placed)
        quotes = TypedQuotes(self.book, self.placed, texts)
        self.quotes = [*quotes.rows(), *self._prepared()]

    def rows(self, tables: Iterable[str]) -> dict[str, list[JsonRow]]:
        """Return the rows of each table, those of the package that belong to it included."""
        found: dict[str, list[JsonRow]] = {}
        typed = self.book.typed_quotes
        for name in tables:
            if name in self.shared:
                found[name] = self.shared[name].rows
            elif name == self.book.evidence.documents:
                found[name] = [self._document_row(coding) for coding in self.placed]
            elif typed is not None and name == typed.name:
                found[name] = self.quotes
            else:
                found[name] = [row for coding in self.placed for row in coding.rows.get(name, [])]
        return found

    # The document

    def _check_codebook(self, coding: DocumentCoding) -> None:
        if coding.codebook and coding.codebook.partition(" ")[0] not in self.codebooks:
            place = coding.codebook_place or coding.place
            allowed = f"{self.book.name} {self.book.version}"
            message = "The coding follows another codebook than the package."
            coding.findings.append(
                form_finding("coding-form", place, message, coding.codebook, allowed)
            )

    def _find_document(self, coding: DocumentCoding, documents: Sequence[str]) -> bool:
        """Give a coding the id of its document; return whether it counts."""
        place = coding.document_place or replace(coding.place, path=DOCUMENT)
        if not coding.document and len(documents) == 1:
            coding.document = documents[0]
        if not coding.document:
            # What is no object, or has another document than a text, was found already.
            if any(finding.column in (None, DOCUMENT) for finding in coding.findings):
                return False
            coding.findings.append(
                form_finding("coding-form", place, "The coding names no document.")
            )
            return False
        names = self.book.evidence
        title = names.document.title
        rows = [row.cells for row in self.package.rows.get(names.documents, [])]
        ids = [row.get(names.document_id) or "" for row in rows]
        titles = [row.get(title) or "" for row in rows] if title else []
        found = [one for one in ids if one == coding.document]
        found = found or [
            one
            for one, text in zip(ids, titles, strict=False)
            if _folded(text) == _folded(coding.document)
        ]
        if len(found) != 1:
            message = (
                "Several documents have this title: give the id."
                if found
                else "The package has no such document."
            )
            near = None if found else nearest(coding.document, [*ids, *titles])
            allowed = ", ".join((found or ids)[:MOST_NAMED]) or "none yet: eventbook new document"
            coding.findings.append(
                form_finding("coding-name", place, message, coding.document, allowed, near)
            )
            return False
        coding.document = found[0]
        if documents and coding.document not in documents:
            return False
        if any(other.document == coding.document for other in self.placed):
            message = "Another of these files is a coding of the same document."
            coding.findings.append(form_finding("coding-form", place, message, coding.document))
            return False
        return True

    def _document_row(self, coding: DocumentCoding) -> JsonRow:
        key = self.book.evidence.document_id
        rows = self.package.rows[self.book.evidence.documents]
        return next(row for row in rows if row.cells.get(key) == coding.document)

    # Shared rows, and names

    def _share_rows(self) -> None:
        """Collect the rows of shared tables: the package's, those filed before, those of the files."""
        for table in self.book.shared:
            shared = SharedRows(table)
            for row in self.package.rows.get(table.name, []):
                shared.add(row)
            place = JsonPlace(f"{CODINGS}/{self.package.coder}/{table.name}.csv", 0)
            for cells in self.package.filed.get(table.name, []):
                shared.put(JsonRow(table.name, dict(cells), place))
            self.shared[table.name] = shared
        mentioned = {pair for coding in self.placed for pair in self._mentioned(coding)}
        for table in self.book.shared:
            shared, own = self.shared[table.name], dict[str, JsonRow]()
            for coding in self.placed:
                for row in coding.rows.get(table.name, []):
                    self._add_shared(coding, shared, row, own)
            for coding in self.placed:
                for row in coding.rows.get(table.name, []):
                    self._leave_out_namesakes(coding, shared, row, own, mentioned)

    def _mentioned(self, coding: DocumentCoding) -> Iterator[tuple[str, str]]:
        """Yield what the rows of a file point to: each table, and the text that is an id or a name."""
        for name, rows in coding.rows.items():
            for row in rows:
                for column, target, sign in keys_in(self.book, self.book.tables[name], row.cells):
                    for text in list_items(row.cells.get(column), sign):
                        yield target, text

    def _leave_out_namesakes(
        self,
        coding: DocumentCoding,
        shared: SharedRows,
        row: JsonRow,
        own: Mapping[str, JsonRow],
        mentioned: Collection[tuple[str, str]],
    ) -> None:
        """Leave out the package's rows of the name of a new one, and say that there are some.

        What a file points to by id stays.
        """
        row_id = row.cells.get(shared.key) or ""
        for other in shared.of_name(row) if own.get(row_id) is row else ():
            other_id = other.cells.get(shared.key) or ""
            if other_id in own:
                continue
            message = (
                f"The package has {shared.called(other_id)} of this name: give its id, unless this "
                f"is another one."
            )
            place, name = row.place_of(shared.label), row.cells.get(shared.label)
            coding.findings.append(
                form_finding("coding-name", place, message, name, severity="warning")
            )
            if (shared.table.name, other_id) not in mentioned:
                shared.take(other)

    def _add_shared(
        self, coding: DocumentCoding, shared: SharedRows, row: JsonRow, own: dict[str, JsonRow]
    ) -> None:
        """Add a row of a file to those of a shared table, unless it is there.

        Args:
            coding: the file.
            shared: the rows.
            row: the new one.
            own: the rows of all files so far, by id.
        """
        if is_local(shared.table, row.cells.get(shared.key)):
            self._number(coding, shared.table, row)
        elif not row.cells.get(shared.key) and not shared.table[shared.key].derived:
            row.cells[shared.key] = id_of_words(row.cells.get(shared.label) or "") or None
        row_id = row.cells.get(shared.key)
        there = shared.by_id(row_id)
        if there is None or not row_id:
            shared.add(row)
            own[row_id or ""] = row
            return
        differing = list(shared.differing(row))
        if not differing:
            return
        if row_id in own:
            # Two rows of one id are a finding of the table.
            shared.add(row)
            return
        renamed = shared.label in dict(differing) and there not in shared.of_name(row)
        for name, value in differing:
            other = renamed and name == shared.label
            message = (
                f"The package has another row of {shared.table.name} with this id: give it an id "
                "that is free."
                if other
                else f"The package has this row of {shared.table.name} with another value. Leave "
                "the row out, unless this value is right."
            )
            place, cell = row.place_of(name), row.cells.get(name)
            severity = "error" if other else "warning"
            coding.findings.append(
                form_finding(
                    "coding-form", place, message, cell, value or "empty", severity=severity
                )
            )
        if renamed:
            return
        own[row_id] = row
        # A cell that the file does not have is as the package has it.
        row.cells = there.cells | {n: c for n, c in row.cells.items() if n in row.places}
        shared.put(row)

    def _name_rows(self, coding: DocumentCoding, parts: Mapping[str, CodingPart]) -> None:
        """Give the rows of a file their document, and ids for the names in them."""
        for name, part in parts.items():
            of_document = self.book.document_key(part.table)
            for row in coding.rows.get(name, []):
                if of_document:
                    row.cells[of_document] = coding.document
                for column, target, separator in list(keys_in(self.book, part.table, row.cells)):
                    if target in self.shared:
                        ids = self._ids_of(coding, row, column, self.shared[target], separator)
                        row.change(column, replaced(row.cells.get(column), separator, ids))

    def _ids_of(
        self,
        coding: DocumentCoding,
        row: JsonRow,
        column: str,
        shared: SharedRows,
        separator: str,
    ) -> dict[str, str]:
        """Return the ids of the names in a cell, by name."""
        ids = dict(self.local.get(coding.place.file, {}).get(shared.table.name, {}))
        for text in list_items(row.cells.get(column), separator):
            if text in ids:
                continue
            meant = shared.meant(text)
            if len(meant) == 1:
                ids[text] = meant[0]
            elif meant:
                several = ", ".join(map(shared.called, meant[:MOST_NAMED]))
                message = f"Several rows of {shared.table.name} have this name: give the id."
                coding.findings.append(
                    form_finding("coding-name", row.place_of(column), message, text, several)
                )
        return ids

    # Ids

    def _number_rows(self, coding: DocumentCoding, tables: Sequence[Table]) -> None:
        """Give the rows of a file ids of the book's form, and let keys follow."""
        parts = IdParts(self.book, self.shared, self._document_row(coding).cells)
        local = self.local.setdefault(coding.place.file, {})
        for table in tables:
            for row in coding.rows.get(table.name, []):
                self._follow(table, row, local)
            for row in coding.rows.get(table.name, []):
                key = table.primary_key[0] if len(table.primary_key) == 1 else ""
                if is_local(table, row.cells.get(key)):
                    self._number(coding, table, row, parts)
                elif key and key in row.cells:
                    self._ensure_own(coding, table, row)
            for row in coding.rows.get(table.name, []):
                self._follow(table, row, local)

    def _follow(self, table: Table, row: JsonRow, local: Mapping[str, Mapping[str, str]]) -> None:
        for column, target, separator in list(keys_in(self.book, table, row.cells)):
            if target in local:
                row.change(column, replaced(row.cells.get(column), separator, local[target]))

    def _number(
        self, coding: DocumentCoding, table: Table, row: JsonRow, parts: IdParts | None = None
    ) -> None:
        """Give a row an id of the book's form; that it cannot be made is a finding."""
        key, form = table.primary_key[0], id_form(table)
        if form is None:
            return
        written = row.cells.get(key) or ""
        names = self.local.setdefault(coding.place.file, {}).setdefault(table.name, {})
        ids = self._ids(table, form)
        if written in names:
            ids.change(written, names[written])
            row.change(key, names[written])
            return
        fields = parts.of(table, row) if parts else {}
        if lacking := [name for name in form.fields if name not in fields]:
            message = (
                f"No {' and no '.join(lacking)} follows from the row, so it cannot be numbered: give "
                f"it a full id."
            )
            allowed = f"an id such as {table[key].example}"
            coding.findings.append(
                form_finding("coding-form", row.place_of(key), message, written or None, allowed)
            )
            return
        mine = self._filed(table).of_document.get(coding.document, ())
        again = (old for old in mine if old not in ids.own and form.has(old, fields))
        # What was filed of the document keeps its own.
        new = next(again, None) or ids.next_id(fields)
        if written:
            names[written] = new
        ids.change(written, new)
        row.change(key, new)

    def _ids(self, table: Table, form: IdForm) -> FreeIds:
        """Return the ids of a table, which nothing else may have."""
        if table.name not in self.ids:
            key = table.primary_key[0]
            own = [
                row.cells.get(key) or "" for c in self.codings for row in c.rows.get(table.name, [])
            ]
            others = [row.cells.get(key) or "" for row in self.package.rows.get(table.name, [])]
            others += self._filed(table).documents_of
            for gone in (k for k in table.foreign_keys if k.absent and k.field == key):
                rows = self.package.rows.get(gone.table, [])
                others += [row.cells.get(gone.target) or "" for row in rows]
            self.ids[table.name] = FreeIds.of(form, own, others)
        return self.ids[table.name]

    def _filed(self, table: Table) -> FiledIds:
        """Return the ids that the coder filed before, by document."""
        if table.name not in self.filed:
            key, of_document = table.primary_key[0], self.book.document_key(table)
            rows = self.package.filed.get(table.name, [])
            self.filed[table.name] = FiledIds.of(
                (row.get(key) or "", row.get(of_document)) for row in rows
            )
        return self.filed[table.name]

    def _ensure_own(self, coding: DocumentCoding, table: Table, row: JsonRow) -> None:
        """Report a full id that the coder filed in the coding of another document."""
        key = table.primary_key[0]
        for other in self._filed(table).documents_of.get(row.cells[key] or "", ()):
            if other and other != coding.document:
                message = f"The id is already that of a row which was filed with {other}."
                coding.findings.append(
                    form_finding("coding-form", row.place_of(key), message, row.cells[key])
                )

    def _prepared(self) -> Iterator[JsonRow]:
        """Yield the package's quotes for documents of whose own quotes the files say nothing."""
        typed = self.book.typed_quotes
        silent = {coding.document for coding in self.placed if not coding.quotes}
        for row in self.package.rows.get(typed.name, []) if typed else ():
            about = row.cells.get(self.book.evidence.quote.document)
            if about in silent and not any(row.cells.get(n) for n in self.book.typed_owners):
                yield row


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()
