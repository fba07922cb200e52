"""A filed coding as JSON, one text a document: what a coder filed, in the form in which it is read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ...codebook import Book, Table, Variable
from ...codebook.coding_form import (
    CODEBOOK,
    DOCUMENT,
    QUOTES,
    VALUE,
    CodingPart,
    QuoteForm,
    coding_parts,
    quote_form,
)
from ...validation.coding.filed import Coding, Row, load_coding
from ...validation.coding.json_names import keys_in
from ...validation.coding.pairing import claimed_variable, coded_documents, list_items
from ...validation.errors import InputError
from ...validation.evidence.documents import Document, read_documents
from ...validation.evidence.quotes import exact
from ...validation.package.package import Package
from .table_files import read_table

Json = dict[str, Any]
Owner = tuple[str, str]


@dataclass(frozen=True)
class ExportedCodings:
    """The codings of a coder as JSON, by document; `notes` say what is not in them."""

    texts: Mapping[str, str]
    notes: tuple[str, ...] = ()


def export_codings(package: Package, coder: str, documents: Sequence[str] = ()) -> ExportedCodings:
    """Return what a coder filed as JSON.

    Args:
        package: the package.
        coder: whose coding.
        documents: the ids of the documents; all that the coder filed if empty.

    Raises:
        InputError: nobody of that name filed anything, or not one of these documents; or the book
            has nothing that is coded from documents.
    """
    coded_documents(package.book)
    coding = load_coding(package.root, package.book, coder)
    if unknown := [name for name in documents if name not in coding.documents]:
        filed = ", ".join(coding.documents) or "none"
        raise InputError(f"{', '.join(unknown)}: not filed by {coder}, who filed: {filed}")
    export = _Export(package, coding)
    chosen = tuple(documents) or coding.documents
    texts = {name: _text(export.document(name)) for name in chosen}
    return ExportedCodings(texts, tuple(export.notes(chosen)))


def _text(whole: Json) -> str:
    """Return a coding as JSON with a line for each row's value, as people read it best."""
    lines: list[str] = []
    for key, value in whole.items():
        if not isinstance(value, list):
            lines.append(f"  {_plain(key)}: {_plain(value)}")
            continue
        rows = [
            "    {\n"
            + ",\n".join(f"      {_plain(n)}: {_plain(v)}" for n, v in row.items())
            + "\n    }"
            for row in value
        ]
        lines.append(f"  {_plain(key)}: [\n" + ",\n".join(rows) + "\n  ]")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _plain(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


@dataclass(frozen=True)
class _Quote:
    """A quote as it carries values: whose, which variable's, and its cells."""

    owner: Owner | None
    variable: str
    document: str
    cells: Row


@dataclass(frozen=True)
class _Export:
    """What is written of one coder's tables."""

    package: Package
    coding: Coding

    @property
    def book(self) -> Book:
        return self.package.book

    @cached_property
    def parts(self) -> dict[str, CodingPart]:
        return coding_parts(self.book)

    @cached_property
    def texts(self) -> dict[str, Document]:
        documents = self.package.sources().get(self.book.evidence.documents)
        return read_documents(self.package.root, self.book, documents)

    def document(self, document: str) -> Json:
        """Return the coding of one document."""
        filing = next(f for f in reversed(self.coding.filings) if document in f.documents)
        whole: Json = {CODEBOOK: filing.codebook, DOCUMENT: document}
        for name, part in self.parts.items():
            if part.kind == "shared":
                chosen = self.shared_rows(document, part.table)
                rows = [self.row(part, row, explicit=True) for row in chosen]
            elif part.kind == "quotes":
                rows = list(self.lone_quotes(document))
            else:
                rows = [self.row(part, row) for row in self.rows(part.table, document)]
            if rows or part.kind == "unit":
                whole[name] = rows
        return whole

    def notes(self, documents: Iterable[str]) -> Iterator[str]:
        """Yield what of a coding cannot be said in this form: values of the documents themselves."""
        name, key = self.book.evidence.documents, self.book.evidence.document_id
        ours = {row.get(key): row for row in read_table(self.package, name)}
        for row in self.coding.filed.get(name, []):
            document = row.get(key) or ""
            there = ours.get(document, {})
            differing = [
                v.name
                for v in self.book.tables[name].coded
                if (row.get(v.name) or "") != (there.get(v.name) or "")
            ]
            if document in documents and differing:
                yield (
                    f"{document}: {', '.join(differing)} as {self.coding.coder} filed them are not "
                    f"in the JSON, which takes {name} from the package"
                )

    def rows(self, table: Table, document: str) -> list[Row]:
        """Return the typed rows of a table about one document."""
        key = self.book.document_key(table)
        typed, complete = self.coding.filed.get(table.name, []), self.coding.rows(table.name)
        return [
            row for row, whole in zip(typed, complete, strict=True) if whole.get(key) == document
        ]

    def row(self, part: CodingPart, row: Row, explicit: bool = False) -> Json:
        """Return a row as an object; with `explicit`, what is empty is null, else left out."""
        made: Json = {}
        key = part.id_field
        for one in part.fields.values():
            about = claimed_variable(self.book, part.table, row) if one.claimed else None
            value = json_value(one.variable, row.get(one.name), about)
            if one.carried and part.quote:
                owner = part.name, row.get(key) or ""
                quotes = [q for q in self.quotes if (q.owner, q.variable) == (owner, one.name)]
                if quotes:
                    made[one.name] = {VALUE: value, **self.quoted(part.quote, quotes)}
                    continue
            if value is not None or explicit:
                made[one.name] = value
        return made

    # Shared rows

    @cached_property
    def own_rows(self) -> dict[str, list[Row]]:
        """The shared rows of the coder that the package does not have in the same words."""
        own: dict[str, list[Row]] = {}
        for table in self.book.shared:
            there = {_filled(row) for row in read_table(self.package, table.name)}
            filed = self.coding.filed.get(table.name, [])
            own[table.name] = [row for row in filed if _filled(row) not in there]
        return own

    def shared_rows(self, document: str, table: Table) -> list[Row]:
        """Return the coder's own rows of a table that a document needs, and those that none does."""
        needed = self.needed(document)
        used = {pair for d in self.coding.documents for pair in self.needed(d)}
        key = table.primary_key[0]
        pairs = [((table.name, row.get(key) or ""), row) for row in self.own_rows[table.name]]
        return [row for pair, row in pairs if pair in needed or pair not in used]

    def needed(self, document: str) -> set[Owner]:
        """Return the shared rows that the rows about a document point to, also by way of others."""
        shared = {table.name for table in self.book.shared}
        waiting = [
            (part.table, row)
            for part in self.parts.values()
            if part.kind == "unit"
            for row in self.rows(part.table, document)
        ]
        found = set[Owner]()
        while waiting:
            table, row = waiting.pop()
            for column, target, separator in keys_in(self.book, table, row):
                for one in list_items(row.get(column), separator) if target in shared else ():
                    if (target, one) not in found:
                        found.add((target, one))
                        there = self.book.tables[target]
                        key = there.primary_key[0]
                        rows = self.coding.filed.get(target, [])
                        waiting += [(there, row) for row in rows if row.get(key) == one]
        return found

    # Quotes

    @cached_property
    def quotes(self) -> list[_Quote]:
        """The coder's quotes, one for each value that it carries."""
        form, names = quote_form(self.book), self.book.evidence
        if form is None:
            return []
        found: list[_Quote] = []
        for row in self.coding.rows(names.quotes):
            owner = names.owner(row)
            own = owner is not None and owner[0] != names.documents
            cells: Row = {name: row.get(name) for name in form.fields}
            # What follows by default is not written: nobody typed it.
            if typed := next(self.typed_as(row, form), None):
                cells |= {reason.name: typed.get(reason.name) for reason in form.reasons}
            found.append(
                _Quote(
                    owner if own else None,
                    row.get(names.quote.variable) or "",
                    row.get(names.quote.document) or "",
                    cells,
                )
            )
        return found

    def typed_as(self, row: Row, form: QuoteForm) -> Iterator[Row]:
        """Yield the quotes as typed from which a quote for one value may come, those naming it first."""
        table, long = self.book.typed_quotes, self.book.quotes
        if table is None or long is None:
            return
        spread = long.derived.spread if long.derived else ()
        pairs = {part.column: part.into for part in spread}
        pairs |= {} if pairs else {name: name for name in self.book.typed_owners}
        listed = form.variables
        variable = row.get(self.book.evidence.quote.variable) or ""
        typed = zip(
            self.coding.filed.get(table.name, []), self.coding.rows(table.name), strict=True
        )
        rest: list[Row] = []
        for one, whole in typed:
            alike = all(whole.get(name) == row.get(name) for name in form.fields)
            owners = {
                into: list_items(one.get(column), table[column].separator)
                for column, into in pairs.items()
            }
            of_row = [row[into] in ids for into, ids in owners.items() if row.get(into)]
            if not alike or not (all(of_row) if of_row else not any(owners.values())):
                continue
            names = list_items(one.get(listed.name), listed.variable.separator) if listed else []
            if variable in names:
                yield one
            elif not names:
                rest.append(one)
        yield from rest

    def quoted(self, form: QuoteForm, quotes: Sequence[_Quote]) -> Json:
        """Return the quotes of a value; what is said of all of them alike is beside the value."""
        names = [reason.name for reason in form.reasons]
        same = {name for name in names if len({q.cells.get(name) for q in quotes}) == 1}
        items = [self.item(form, quote, [n for n in names if n not in same]) for quote in quotes]
        made: Json = {QUOTES: items}
        for reason in form.reasons:
            if reason.name in same and (cell := quotes[0].cells.get(reason.name)):
                made[reason.name] = json_value(reason.variable, cell)
        return made

    def item(self, form: QuoteForm, quote: _Quote, reasons: Sequence[str]) -> Any:
        """Return a quote: its words where these are enough, else an object."""
        cells = quote.cells
        made: Json = {form.words.name: cells.get(form.words.name)}
        place = self.place(form, quote)
        for one in (form.paragraph, form.start):
            if one.name in place:
                made[one.name] = json_value(one.variable, cells.get(one.name))
        for name in reasons:
            if cell := cells.get(name):
                made[name] = json_value(form.fields[name].variable, cell)
        return made[form.words.name] if len(made) == 1 else made

    def place(self, form: QuoteForm, quote: _Quote) -> list[str]:
        """Return what has to be said of the place of a quote besides its words."""
        cells, both = quote.cells, [form.paragraph.name, form.start.name]
        text = self.texts.get(quote.document)
        if text is None:
            return [name for name in both if cells.get(name)]
        start, paragraph = cells.get(form.start.name), cells.get(form.paragraph.name)
        places = exact(text, cells.get(form.words.name) or "")
        there = [p for p in places if str(p.start) == start and str(p.paragraph) == paragraph]
        if len(there) != 1:
            return [name for name in both if cells.get(name)]
        if len(places) == 1:
            return []
        inside = [place for place in places if str(place.paragraph) == paragraph]
        return both[:1] if len(inside) == 1 else both

    def lone_quotes(self, document: str) -> Iterator[Json]:
        """Yield the quotes about a document itself, unless they are those of the package."""
        form = quote_form(self.book)
        if form is None or form.variables is None or self.are_prepared(document):
            return
        listed = form.variables
        names = [reason.name for reason in form.reasons]
        together: dict[str, tuple[Json, list[str]]] = {}
        for quote in self.quotes:
            if quote.owner is not None or quote.document != document:
                continue
            item = self.item(form, quote, names)
            made = item if isinstance(item, dict) else {form.words.name: item}
            # Where a quote carries one value, each is a row of its own.
            key = _plain([made, "" if listed.is_list else quote.variable])
            together.setdefault(key, (made, []))[1].append(quote.variable)
        for made, variables in together.values():
            yield {**made, listed.name: variables if listed.is_list else variables[0]}

    def are_prepared(self, document: str) -> bool:
        """Return whether the quotes about a document are those that the package has."""
        typed, key = self.book.typed_quotes, self.book.evidence.quote.document
        if typed is None:
            return True

        def own(rows: Iterable[Row]) -> set[tuple[tuple[str, str], ...]]:
            return {
                _filled(row)
                for row in rows
                if row.get(key) == document
                and not any(row.get(name) for name in self.book.typed_owners)
            }

        return own(self.coding.filed.get(typed.name, [])) == own(
            read_table(self.package, typed.name)
        )


def _filled(row: Row) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((name, cell) for name, cell in row.items() if cell))


def json_value(variable: Variable, cell: str | None, about: Variable | None = None) -> Any:
    """Return a cell as a value of JSON: a number, true or false, an array, a text, or None.

    Args:
        variable: the variable of the cell.
        cell: the cell as text.
        about: for a claimed value, the variable that it is of.
    """
    like = about or variable
    if not cell:
        return None
    if like.separator:
        return [_scalar(like, part) for part in cell.split(like.separator)]
    return _scalar(like, cell)


def _scalar(variable: Variable, text: str) -> Any:
    """Return a text in its type, if reading it again gives the same text."""
    if variable.type == "boolean" and text in ("true", "false"):
        return text == "true"
    if variable.is_number:
        for kind in (int, float):
            try:
                number = kind(text)
            except ValueError:
                continue
            if json.dumps(number) == text:
                return number
    return text
