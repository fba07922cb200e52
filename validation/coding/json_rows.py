"""The rows in a coding as JSON, as the file has them: cells as text, each with its place.

What is of another form than `codebook.coding_form` says is a finding. What the values mean (names,
ids, the document) is not looked at here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast

from ...codebook import Book, Table, Variable
from ...codebook.coding_form import (
    CODEBOOK,
    DOCUMENT,
    QUOTES,
    VALUE,
    CodingPart,
    Field,
    QuoteForm,
    coding_parts,
)
from ...codebook.nearest import nearest
from ..errors import one_line
from ..findings import Finding
from ..reading.json_places import (
    PlacedObject,
    PlacedValue,
    WrittenNumber,
    unreadable_signs,
)
from .pairing import claimed_variable
from .typed_rows import Row

SHOWN = 80
"""The most characters of a value that a finding shows."""
UNKNOWN = "No such key."
FIRST_LINE = 2
"""The number of the first row of a table, as in a file with a header."""
KINDS = {
    "string": 'a text, as "{}"',
    "integer": "a whole number, as {}",
    "number": "a number, as {}",
    "year": "a year, as {}",
    "date": 'a day, as "{}"',
    "datetime": 'a date and time, as "{}"',
    "boolean": "true or false",
}
"""What is expected of a value, by the type of the variable; with its example."""


@dataclass(frozen=True)
class JsonPlace:
    """A place in a file: the path from the top, as `events[2].fatalities_low`, and its line."""

    file: str
    line: int
    path: str = ""


@dataclass(frozen=True)
class JsonQuote:
    """Words that carry the value of a variable: cells of the table of quotes, and where they are."""

    variable: str
    cells: Row
    place: JsonPlace
    places: Mapping[str, JsonPlace]


@dataclass
class JsonRow:
    """A row of a table: its cells as text, where they are, and the quotes of its values.

    `written` has the cells as the file has them, where they were changed since.
    """

    table: str
    cells: Row
    place: JsonPlace
    places: dict[str, JsonPlace] = field(default_factory=dict[str, JsonPlace])
    quotes: list[JsonQuote] = field(default_factory=list[JsonQuote])
    written: dict[str, str] = field(default_factory=dict[str, str])

    def place_of(self, name: str | None) -> JsonPlace:
        """Return the place of a cell; that of the row, if the file does not have the cell."""
        if not name:
            return self.place
        path = f"{self.place.path}.{name}" if self.place.path else name
        return self.places.get(name) or replace(self.place, path=path)

    def change(self, name: str, cell: str | None) -> None:
        """Give a cell another value; findings go on to show the one in the file."""
        old = self.cells.get(name)
        if cell != old:
            self.written.setdefault(name, old or "")
            self.cells[name] = cell


@dataclass
class DocumentCoding:
    """The coding of one document, as its file has it; `quotes` are about the document itself."""

    place: JsonPlace
    codebook: str = ""
    document: str = ""
    rows: dict[str, list[JsonRow]] = field(default_factory=dict[str, list[JsonRow]])
    quotes: list[JsonQuote] = field(default_factory=list[JsonQuote])
    findings: list[Finding] = field(default_factory=list[Finding])
    codebook_place: JsonPlace | None = None
    document_place: JsonPlace | None = None


def form_finding(
    rule: str,
    place: JsonPlace,
    message: str,
    value: object = None,
    allowed: str | None = None,
    near: str | None = None,
    severity: str = "error",
) -> Finding:
    """Return a finding at a place of a coding as JSON."""
    shown = None if value is None else one_line(value)[:SHOWN]
    path, file, line = place.path or None, place.file, place.line
    return Finding(rule, severity, file, line, path, None, shown, message, allowed, near)


def document_coding(book: Book, file: str, whole: PlacedValue) -> DocumentCoding:
    """Return the rows of a coding, and what is wrong with its form.

    Args:
        book: the codebook.
        file: the file, as findings name it.
        whole: what is in the file.
    """
    coding = DocumentCoding(JsonPlace(file, whole.line))
    reader = _Reader(book, coding)
    reader.read(whole)
    return coding


def _path(*parts: str | int) -> str:
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)
    return text.removeprefix(".")


@dataclass
class _Reader:
    """Reads one file; what is wrong goes into the findings of the coding."""

    book: Book
    coding: DocumentCoding

    def at(self, placed: PlacedValue, *path: str | int) -> JsonPlace:
        return JsonPlace(self.coding.place.file, placed.line, _path(*path))

    def problem(
        self, place: JsonPlace, message: str, value: object = None, **more: str | None
    ) -> None:
        shown = _as_json(value) if isinstance(value, PlacedValue) else value
        self.coding.findings.append(form_finding("coding-form", place, message, shown, **more))  # pyright: ignore

    def read(self, whole: PlacedValue) -> None:
        if not isinstance(whole.value, PlacedObject):
            allowed = f'{{"{DOCUMENT}": ..., ...}}'
            self.problem(self.coding.place, "A coding is one JSON object.", whole, allowed=allowed)
            return
        parts = coding_parts(self.book)
        self.check_keys(whole.value, (), [CODEBOOK, DOCUMENT, *parts])
        for name in (CODEBOOK, DOCUMENT):
            self.read_word(whole.value.get(name), name)
        for name, part in parts.items():
            for number, placed in self.items(whole.value.get(name), name):
                if part.kind == "quotes":
                    self.coding.quotes += self.lone_quote(part, placed, name, number)
                elif row := self.row(part, placed, name, number):
                    self.coding.rows.setdefault(name, []).append(row)

    def read_word(self, placed: PlacedValue | None, name: str) -> None:
        if placed is None or placed.value is None:
            return
        place = self.at(placed, name)
        text = self.text_of(placed, place, "a text")
        if name == CODEBOOK:
            self.coding.codebook, self.coding.codebook_place = text or "", place
        else:
            self.coding.document, self.coding.document_place = text or "", place

    def check_keys(
        self,
        found: PlacedObject,
        path: tuple[str | int, ...],
        names: Iterable[str],
        table: Table | None = None,
    ) -> None:
        """Report keys that are there twice, and those that mean nothing."""
        known = list(names)
        for name, placed in found.repeated:
            self.problem(self.at(placed, *path, name), "The object has this key twice.", name)
        for name, placed in found.items():
            if name not in known:
                message = self.unknown(name, table)
                near = nearest(name, known) if message == UNKNOWN else None
                allowed = ", ".join(known) if message == UNKNOWN and not near else None
                self.problem(
                    self.at(placed, *path, name), message, name, allowed=allowed, near=near
                )

    def unknown(self, name: str, table: Table | None) -> str:
        """Return what is wrong with a key that is none of those expected."""
        if table is not None and name in table:
            if name == self.book.document_key(table):
                return "The document is named once, at the top of the file."
            return "The value follows from others: leave the key out."
        if table is None and name in self.book.tables:
            return "The rows of this table are not part of a coding."
        return UNKNOWN

    def items(
        self, placed: PlacedValue | None, *path: str | int
    ) -> Iterator[tuple[int, PlacedValue]]:
        """Yield the items of an array with their numbers; none if there is no array."""
        if placed is None or placed.value is None:
            return
        if isinstance(placed.value, list):
            yield from enumerate(cast("list[PlacedValue]", placed.value))
        else:
            self.problem(self.at(placed, *path), "Expected an array.", placed, allowed="[...]")

    def row(self, part: CodingPart, placed: PlacedValue, *path: str | int) -> JsonRow | None:
        place = self.at(placed, *path)
        if not isinstance(placed.value, PlacedObject):
            self.problem(place, "Expected an object.", placed, allowed="{...}")
            return None
        self.check_keys(placed.value, path, part.fields, part.table)
        row = JsonRow(part.name, {}, place)
        # What a value is of depends on the variable that another cell names.
        for one in sorted(part.fields.values(), key=lambda one: one.claimed):
            given = placed.value.get(one.name)
            if given is None:
                continue
            inner = given
            if one.carried and part.quote and isinstance(given.value, PlacedObject):
                inner = self.carried(row, one, part.quote, given, *path, one.name)
                if inner is None:
                    row.places[one.name] = self.at(given, *path, one.name)
                    continue
            cell_place = replace(self.at(given, *path, one.name), line=inner.line)
            row.places[one.name] = cell_place
            claimed = claimed_variable(self.book, part.table, row.cells) if one.claimed else None
            row.cells[one.name] = self.cell(one, inner, cell_place, claimed)
        return row

    def carried(
        self, row: JsonRow, one: Field, quote: QuoteForm, placed: PlacedValue, *path: str | int
    ) -> PlacedValue | None:
        """Add the quotes of a value to its row, and return the value, if there is one."""
        found: PlacedObject = placed.value
        reasons = {reason.name: reason for reason in quote.reasons}
        self.check_keys(found, path, [VALUE, QUOTES, *reasons])
        shared: Row = {}
        places: dict[str, JsonPlace] = {}
        for name, reason in reasons.items():
            if name in found:
                places[name] = self.at(found[name], *path, name)
                shared[name] = self.cell(reason, found[name], places[name])
        quotes = [
            made
            for number, item in self.items(found.get(QUOTES), *path, QUOTES)
            if (made := self.quote(quote, one.name, item, shared, places, *path, QUOTES, number))
        ]
        if not quotes:
            for name, text in shared.items():
                if text is not None:
                    self.problem(places[name], "There is no quote that this is said of.", text)
        row.quotes += quotes
        return found.get(VALUE)

    def quote(
        self,
        form: QuoteForm,
        variable: str,
        placed: PlacedValue,
        shared: Row,
        shared_places: Mapping[str, JsonPlace],
        *path: str | int,
    ) -> JsonQuote | None:
        place, words = self.at(placed, *path), form.words.name
        if not isinstance(placed.value, PlacedObject):
            text = self.text_of(placed, place, f'words of the document, or {{"{words}": ...}}')
            if text is None:
                if placed.value == "":
                    self.problem(place, "The quote has no words.", "")
                return None
            return JsonQuote(variable, {**shared, words: text}, place, {**shared_places})
        self.check_keys(placed.value, path, form.fields)
        return self.quote_of(form.fields, form, variable, placed, shared, shared_places, *path)

    def quote_of(
        self,
        fields: Mapping[str, Field],
        form: QuoteForm,
        variable: str,
        placed: PlacedValue,
        shared: Row,
        shared_places: Mapping[str, JsonPlace],
        *path: str | int,
    ) -> JsonQuote | None:
        cells, places = dict(shared), dict(shared_places)
        found: PlacedObject = placed.value
        for name, one in fields.items():
            if name in found:
                place = self.at(found[name], *path, name)
                text = self.cell(one, found[name], place)
                if text is not None or name not in cells:
                    cells[name], places[name] = text, place
        if not cells.get(form.words.name):
            place = replace(self.at(placed, *path, form.words.name), line=placed.line)
            self.problem(places.get(form.words.name, place), "The quote has no words.")
            return None
        return JsonQuote(variable, cells, self.at(placed, *path), places)

    def lone_quote(
        self, part: CodingPart, placed: PlacedValue, *path: str | int
    ) -> Iterator[JsonQuote]:
        """Yield a quote that is beside no value, once for each variable that it carries."""
        form = part.quote
        if form is None or not isinstance(placed.value, PlacedObject):
            self.problem(self.at(placed, *path), "Expected an object.", placed, allowed="{...}")
            return
        self.check_keys(placed.value, path, part.fields, part.table)
        made = self.quote_of(form.fields, form, "", placed, {}, {}, *path)
        names = form.variables
        if made is None or names is None:
            return
        given = placed.value.get(names.name)
        place = self.at(given or placed, *path, names.name)
        cell = self.cell(names, given, place) if given else None
        variables = cell.split(names.variable.separator) if cell and names.is_list else [cell]
        for variable in variables:
            yield replace(made, variable=variable or "", places={**made.places, names.name: place})

    def cell(
        self,
        one: Field,
        placed: PlacedValue,
        place: JsonPlace,
        claimed: Variable | None = None,
    ) -> str | None:
        """Return a value as the text of a cell; None if it is empty or of another form."""
        separator = claimed.separator if claimed else one.variable.separator
        if placed.value is None or not separator:
            return self.scalar(one, placed, place)
        if isinstance(placed.value, str) and one.claimed:
            return self.scalar(one, placed, place)
        if not isinstance(placed.value, list):
            example = f'["{one.variable.example}"]'
            self.problem(place, "Expected an array.", placed, allowed=f"a list, as {example}")
            return None
        parts: list[str] = []
        for number, item in enumerate(cast("list[PlacedValue]", placed.value)):
            item_place = replace(place, line=item.line, path=f"{place.path}[{number}]")
            text = self.scalar(one, item, item_place)
            if text is None:
                if item.value is None or item.value == "":
                    self.problem(item_place, "An item of a list is empty: leave it out.", item)
            elif separator in text or text != text.strip():
                message = f"An item of a list may not contain {separator!r}, nor begin or end with a blank."
                self.problem(item_place, message, item)
            else:
                parts.append(text)
        return separator.join(parts) or None

    def scalar(self, one: Field, placed: PlacedValue, place: JsonPlace) -> str | None:
        value = placed.value
        if value is None:
            return None
        if isinstance(value, bool):
            fits = one.type == "boolean" or one.claimed
            text = str(value).lower()
        elif isinstance(value, WrittenNumber):
            fits, text = one.variable.is_number or one.claimed, str(value)
        elif isinstance(value, str):
            return self.text_of(placed, place, "")
        else:
            fits, text = False, ""
        if not fits:
            what = KINDS[one.type].format(one.variable.example)
            self.problem(place, f"Expected {what}.", placed)
            return None
        return text

    def text_of(self, placed: PlacedValue, place: JsonPlace, what: str) -> str | None:
        """Return a text; None if it is empty, of another type, or no file can hold it."""
        if not isinstance(placed.value, str) or isinstance(placed.value, WrittenNumber):
            self.problem(place, f"Expected {what}.", placed)
            return None
        if signs := next(unreadable_signs(placed.value), ""):
            self.problem(place, f"The text has {signs}, which no text file can hold.")
            return None
        return placed.value or None


def _as_json(placed: PlacedValue) -> str:
    """Return a value as it may be written in JSON, shortened."""
    value: Any = placed.value
    if isinstance(value, PlacedObject):
        return "{" + ", ".join(f'"{name}": ...' for name in value) + "}"
    if isinstance(value, list):
        return "[...]" if value else "[]"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)
