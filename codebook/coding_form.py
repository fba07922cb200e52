"""The form of a coding as JSON: which keys the file of one document has, and what is under them.

Everything follows from the book: a key is the name of a table that coders fill, or of a variable
that they type. Who reads a coding, writes one or describes the form asks here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from .model import Book, CodeList, Table, Variable

CODEBOOK = "codebook"
"""The key of the file with the name and the version of the codebook, as `eventbook 2.0.0`."""
DOCUMENT = "document"
"""The key of the file with the document, by its id or its title."""
VALUE = "value"
"""The key of a value that has its quotes beside it."""
QUOTES = "quotes"
"""The key of the quotes that carry a value."""

PartKind = Literal["unit", "shared", "passage", "quotes"]
"""What the rows under a key are: found in the document, shared by all documents (actors, places),
passages from which nothing is coded, quotes that carry values of the document itself."""


@dataclass(frozen=True)
class Field:
    """A key of an object, and the variable whose value is under it.

    A value that is `carried` is an object with the value (`VALUE`), its quotes (`QUOTES`), and why
    they carry it. `codes` is the variable's list, `target` the table that it points to, by id or by
    name. A `claimed` value is of the type of the variable that another field of the row names.
    """

    variable: Variable
    carried: bool = False
    codes: CodeList | None = None
    target: Table | None = None
    claimed: bool = False

    @property
    def name(self) -> str:
        """The key."""
        return self.variable.name

    @property
    def type(self) -> str:
        """The type of the value, or of each value of a list, in the words of the book."""
        return self.variable.type

    @property
    def is_list(self) -> bool:
        """Whether the value is an array."""
        return bool(self.variable.separator)


@dataclass(frozen=True)
class QuoteForm:
    """What is said of a quote: its words, where they are, how and why they carry the value.

    `words`, `paragraph` and `start` are the keys of a quote as an object. `reasons` (basis, because,
    and what else people type about a quote) may be there, too, or beside the value, where they hold
    for all its quotes. `variables` is the key for what a quote carries that is beside no value.
    """

    words: Field
    paragraph: Field
    start: Field
    reasons: tuple[Field, ...] = ()
    variables: Field | None = None

    @cached_property
    def fields(self) -> Mapping[str, Field]:
        """The keys of a quote beside a value."""
        fields = (self.words, self.paragraph, self.start, *self.reasons)
        return {one.name: one for one in fields}


@dataclass(frozen=True)
class CodingPart:
    """A key of the file: the rows of one table, each an object with the keys of `fields`.

    `ids` says whether the first field is an id that the rows are called by, which may be one that
    only this file knows. `quote` is the form of the quotes, where the rows have values that are
    carried or are quotes.
    """

    table: Table
    kind: PartKind
    fields: Mapping[str, Field] = field(default_factory=dict[str, Field])
    quote: QuoteForm | None = None

    @property
    def name(self) -> str:
        """The key."""
        return self.table.name

    @property
    def id_field(self) -> str:
        """The key of the id of a row; empty where rows are not called by one that people type."""
        names = self.table.primary_key
        return names[0] if len(names) == 1 and names[0] in self.fields else ""


def coding_parts(book: Book) -> dict[str, CodingPart]:
    """Return the keys of a coding as JSON besides `CODEBOOK` and `DOCUMENT`, in the book's order.

    Units come first, then what they point to. The rows under a key do not name their document: it
    is that of the file. Empty for a book without documents.
    """
    quote = quote_form(book)
    parts = [part for table in book.tables.values() if (part := _part(book, table, quote))]
    order = ("unit", "shared", "passage", "quotes")
    return {part.name: part for part in sorted(parts, key=lambda part: order.index(part.kind))}


def quote_form(book: Book) -> QuoteForm | None:
    """Return what is said of a quote; None for a book that ties no value to words."""
    table, columns = book.typed_quotes, book.evidence.quote
    if table is None or book.quotes is None:
        return None
    names = _carried_names(book)
    listed = next((one for one in names if one in table), "")
    known = {*book.typed_owners, columns.document, columns.words, columns.paragraph}
    known |= {columns.start, columns.end, listed, *table.primary_key}
    words, paragraph, start = (
        _field(book, table, table[name])
        for name in (columns.words, columns.paragraph, columns.start)
    )
    return QuoteForm(
        words,
        paragraph,
        start,
        tuple(_field(book, table, v) for v in table.coded if v.name not in known),
        _field(book, table, table[listed]) if listed else None,
    )


def _carried_names(book: Book) -> Iterator[str]:
    """Yield the columns that name the variables which a typed quote carries."""
    quotes = book.quotes
    if quotes is not None and quotes.derived is not None:
        yield from (part.column for part in quotes.derived.unnest)
    else:
        yield book.evidence.quote.variable


def _part(book: Book, table: Table, quote: QuoteForm | None) -> CodingPart | None:
    """Return the key of a table; None if a coder of one document does not fill it."""
    if table is book.documents or book.documents is None or table.derived:
        return None
    of_document = book.document_key(table)
    if table is book.typed_quotes and quote is not None:
        names = {
            **quote.fields,
            **({quote.variables.name: quote.variables} if quote.variables else {}),
        }
        return CodingPart(table, "quotes", names, quote)
    if not of_document and table not in book.shared:
        return None
    kind: PartKind = "shared" if not of_document else "passage" if table.roles.passage else "unit"
    carried = quote is not None and table.name in book.owner_keys
    fields = {v.name: _field(book, table, v, carried) for v in table.coded if v.name != of_document}
    return CodingPart(table, kind, fields, quote if carried else None)


def _field(book: Book, table: Table, variable: Variable, carried: bool = False) -> Field:
    key, claim = table.key_of(variable.name), table.roles.claim
    return Field(
        variable,
        carried and variable.evidence,
        book.code_list(variable),
        book.tables[key.table] if key else None,
        claim is not None and variable.name == claim.value,
    )
