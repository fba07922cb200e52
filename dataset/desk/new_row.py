"""Add a row to a table: the next id, checked at once, its evidence prepared."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ...codebook import Book, Table
from ...codebook.nearest import nearest
from ...validation.coding.filed import Row, coders, load_coding
from ...validation.coding.id_form import YEAR, IdForm, id_form, id_of_words
from ...validation.coding.pairing import id_of, name_variable, names_of, rows_by_id, shared_tables
from ...validation.coding.typed_rows import completed_rows
from ...validation.errors import InputError
from ...validation.evidence.documents import read_documents
from ...validation.evidence.quotes import known_places
from ...validation.files.atomic import write_all
from ...validation.location import TABLES
from ...validation.package.package import Package, writing_verb
from .drafts import (
    ALL,
    ensure_legal,
    ensure_variables,
    evidence_stubs,
    implied,
    in_codes,
    open_variables,
)
from .table_files import read_table, table_bytes

YEARS = range(1900, 2100)


@dataclass(frozen=True)
class NewRow:
    """What a person says about a new row.

    `document` is the id of the document that it is coded from, `fields` what its id is made of, as
    the country and the year; both may follow from a row that it points to. `quotes` are words of
    the document by variable.
    """

    values: Mapping[str, str]
    quotes: Mapping[str, str]
    document: str | None = None
    fields: Mapping[str, str] | None = None


@dataclass(frozen=True)
class AddedRow:
    """A new row: its table and id, what it still needs and may have, the table of its quotes.

    `follows` are the values that nobody has to type, by variable.
    """

    table: str
    row_id: str
    needed: tuple[str, ...]
    possible: tuple[str, ...]
    quotes: str = ""
    follows: tuple[tuple[str, str], ...] = ()


def tables_by_word(book: Book) -> dict[str, Table]:
    """Return the tables that rows are added to, by what one row is called, or by their names."""
    tables = [t for t in book.tables.values() if not t.derived and t is not book.documents]
    words = {table.name: table for table in tables}
    unit = book.main_table
    for side in unit.roles.sides[:1]:
        if key := unit.key_of(side.actor):
            words["actor"] = book.tables[key.table]
    if unit.roles.place and (key := unit.key_of(unit.roles.place.location)):
        words["place"] = book.tables[key.table]
    return words | {table.row[0]: table for table in tables if table.row}


def table_called(book: Book, word: str) -> Table:
    """Return the table of which a row is called so.

    Raises:
        InputError: there is none; the message lists those that there are.
    """
    tables = tables_by_word(book)
    if word not in tables:
        rows = {table.name: _word(table) for table in tables.values()}
        close = nearest(word, tables)
        hint = f"did you mean {close}?" if close else f"there are: {', '.join(rows.values())}"
        raise InputError(f"new {word}: the book {book.name} has no such row; {hint}")
    return tables[word]


def _word(table: Table) -> str:
    """Return what one row of a table is called, if that is one word; else the table's name."""
    return table.row[0] if table.row and " " not in table.row[0] else table.name


def asked_first(book: Book, table: Table) -> tuple[str, ...]:
    """Return the variables without which no row is begun.

    That is the narrowest type, or what is required where the table has no types.
    """
    if table.roles.type:
        return table.roles.type[-1:]
    but = {*table.primary_key, book.document_key(table)}
    return tuple(v.name for v in table.coded if v.required and v.name not in but)


def id_fields(table: Table) -> tuple[str, ...]:
    """Return what the ids of a table are made of besides their numbers."""
    form = _form(table)
    return form.fields if form else ()


class IdLackingError(InputError):
    """What an id is made of is not known: `fields` are the names of these parts."""

    def __init__(self, fields: tuple[str, ...]) -> None:
        super().__init__(f"the id needs {' and '.join(fields)}")
        self.fields = fields


def key_of_new_row(
    book: Book,
    table: Table,
    values: Mapping[str, str],
    given: Mapping[str, str],
    used: Iterable[str],
    earlier: Sequence[Row],
) -> dict[str, str]:
    """Return the key of a new row, if it is given by number or made of a name.

    Args:
        book: the codebook.
        table: the table of the row.
        values: what is known of the row.
        given: what its id is made of, as a person says.
        used: the ids that cannot be used again.
        earlier: rows of the same document; what is not given is as in the last of them.

    Raises:
        InputError: a part of the id is no code of its list, or no year, or the id is used.
        IdLackingError: parts of the id are not known.
    """
    (key, *others) = table.primary_key or ("",)
    if others or values.get(key) or key not in table or table[key].derived:
        return {}
    form = _form(table)
    if form is not None:
        like = form.fields_of(earlier[-1].get(key) or "") if earlier else {}
        fields = like | _fields(book, table, values, given)
        if lacking := tuple(name for name in form.fields if name not in fields):
            raise IdLackingError(lacking)
        return {key: form.next_id(used, fields)}
    if table.key_of(key) or table.roles.tombstone:
        return {}
    name = name_variable(table).name
    if not values.get(name):
        raise IdLackingError((name,))
    made = id_from_name(key, values[name])
    if made in set(used):
        raise InputError(f"{made!r}: already exists in {table.name}")
    return {key: made}


@writing_verb
def add_row(package: Package, name: str, new: NewRow) -> AddedRow:
    """Add a row to a table, with a row of evidence for each value that it has or needs.

    Args:
        package: the package.
        name: the table.
        new: what is known of the row.

    Raises:
        InputError: the codebook has no such variable or value, the package no such document, or
            something is missing without which no row is begun.
    """
    book, table = package.book, package.book.tables[name]
    values = {n: v for n, v in new.values.items() if v}
    ensure_variables(table, [*values, *(name for name in new.quotes if name != ALL)])
    values = in_codes(book, table, values)
    values = implied(book, table, values) | values
    document_key = book.document_key(table)
    if document_key:
        document = new.document or values.get(document_key) or _document(package, table, values)
        values |= {document_key: document} if document else {}
    elif new.document:
        raise InputError(f"--document: {name} have no document")
    if new.quotes and name not in book.owner_keys:
        raise InputError(f"--quote: no quote carries the values of {name}")
    fields = _fields(book, table, values, new.fields or {})
    _ensure_begun(book, table, values, fields)
    if document_key:
        _ensure_document(package, values[document_key])
        _ensure_words(package, values[document_key], new.quotes)
    rows = read_table(package, name)
    if name in shared_tables(book):
        _ensure_unlike(table, values, rows)
    row: Row = {**_key(package, table, values, fields), **values}
    ensure_legal(package, name, [*rows, row], finished=False)
    variables = open_variables(book, table, row)
    files = {name: [*rows, row]}
    if name in book.owner_keys:
        stubs = evidence_stubs(book, table, row, variables.needed, new.quotes)
        quotes = _quotes(book)
        files[quotes] = [*read_table(package, quotes), *stubs]
    write_all(
        package.root,
        {f"{TABLES}/{n}.csv": table_bytes(book, book.tables[n], r) for n, r in files.items()},
    )
    return AddedRow(
        name,
        id_of(table, row).strip() or table.counted(1),
        tuple(n for n in variables.needed if not row.get(n)),
        variables.possible,
        _quotes(book) if name in book.owner_keys else "",
        _follows(package, table, files),
    )


def _follows(
    package: Package, table: Table, files: Mapping[str, list[Row]]
) -> tuple[tuple[str, str], ...]:
    """Return what follows from the last row of a table: its defaults, and its types."""
    book = package.book
    typed = {
        t.name: files.get(t.name) or read_table(package, t.name)
        for t in book.tables.values()
        if not t.derived
    }
    row, complete = files[table.name][-1], completed_rows(book, typed)[table.name][-1]
    computed = [v.name for v in table.variables if v.default]
    computed += [name for name in table.roles.type if table[name].derived]
    return tuple(
        (name, text)
        for name in table.names
        if name in computed and not row.get(name) and (text := complete.get(name))
    )


def _quotes(book: Book) -> str:
    """Return the table into which people type quotes."""
    return book.typed_quotes.name if book.typed_quotes else ""


def _ensure_words(package: Package, document: str, quotes: Mapping[str, str]) -> None:
    """Ensure that a document has the words that are to be evidence.

    Raises:
        InputError: it does not have some of them.
    """
    if not quotes:
        return
    book = package.book
    source = package.sources().get(book.evidence.documents)
    text = read_documents(package.root, book, source, [document]).get(document)
    if text is not None:
        for words in quotes.values():
            known_places(text, words)


def _form(table: Table) -> IdForm | None:
    """Return the form of the ids that a table gives itself; None if they are made otherwise."""
    if len(table.primary_key) != 1 or table.roles.tombstone:
        return None
    (key,) = table.primary_key
    return None if table[key].derived or table.key_of(key) else id_form(table)


def _key(
    package: Package, table: Table, values: Mapping[str, str], fields: Mapping[str, str]
) -> dict[str, str]:
    """Return the key of a new row as far as it is not given: the next number, else its name."""
    (key, *others) = table.primary_key or ("",)
    if others or key in values or key not in table or table[key].derived:
        return {}
    form = _form(table)
    if form is not None:
        return {key: form.next_id(used_ids(package, table), fields)}
    return {key: id_from_name(key, values[name_variable(table).name])}


def _document(package: Package, table: Table, values: Mapping[str, str]) -> str | None:
    """Return the document of a row that a new row points to."""
    book = package.book
    for field, target in _links(book, table):
        key, of_document = table.key_of(field), book.document_key(target)
        if key and of_document and target is not book.documents and values.get(field):
            rows = read_table(package, target.name)
            found = (r[of_document] for r in rows if r[key.target] == values[field])
            if document := next(found, None):
                return document
    return None


def _links(book: Book, table: Table) -> Iterator[tuple[str, Table]]:
    """Yield the keys of a table and where they lead; first what a claim is about."""
    about = table.roles.claim.about if table.roles.claim else ""
    names = [v.name for v in table.coded if table.key_of(v.name)]
    for name in sorted(names, key=lambda name: name != about):
        key = table.key_of(name)
        if key is not None:
            yield name, book.tables[key.table]


def _fields(
    book: Book, table: Table, values: Mapping[str, str], given: Mapping[str, str]
) -> dict[str, str]:
    """Return what the id of a new row is made of: as given, else as the id of a row it points to.

    Raises:
        InputError: one of them is no code of its list, or no year.
    """
    names = id_fields(table)
    if unknown := [name for name in given if name not in names]:
        ensure_variables(table, unknown)
    known = {name: _legal_field(book, name, given[name]) for name in names if given.get(name)}
    for field, target in _links(book, table):
        form = _form(target)
        if form is not None and values.get(field):
            known = {n: v for n, v in form.fields_of(values[field]).items() if n in names} | known
    return known


def _legal_field(book: Book, name: str, text: str) -> str:
    codes = book.code_lists.get(name)
    if codes is not None:
        labels = {str(code.code): code.label for code in codes.codes}
        value = text if text in labels else text.upper()
        if value not in labels:
            of_label = {label: code for code, label in labels.items()}
            code = nearest(value, labels) or of_label.get(nearest(text, of_label) or "")
            hint = f"; did you mean {code} ({labels[code]})?" if code else ""
            raise InputError(f"--{name} {text!r}: not a code of the list {name}{hint}")
        return value
    if name == YEAR and not (text.isdecimal() and int(text) in YEARS):
        raise InputError(f"--{YEAR} {text}: expected a year from {YEARS[0]} to {YEARS[-1]}")
    return text


def _ensure_begun(
    book: Book, table: Table, values: Mapping[str, str], fields: Mapping[str, str]
) -> None:
    """Ensure that a row has its document, and what its id is made of.

    Raises:
        InputError: something is missing; all of it is named.
    """
    key = book.document_key(table)
    lacking = ["--document"] if key and key not in values else []
    if table.roles.type and table.roles.type[-1] not in values:
        lacking.append(f"--{table.roles.type[-1]}")
    lacking += _lacking_of_key(book, table, values, fields)
    if lacking:
        row = table.row[0] if table.row else f"row of {table.name}"
        article = "an" if row[0] in "aeiou" else "a"
        raise InputError(f"{'; '.join(lacking)}: needed to start {article} {row}")


def _lacking_of_key(
    book: Book, table: Table, values: Mapping[str, str], fields: Mapping[str, str]
) -> list[str]:
    keys = [k for k in table.primary_key if table[k].derived is None and k not in values]
    if not keys:
        return []
    form = _form(table)
    if form is None:
        if len(table.primary_key) > 1 or table.roles.tombstone or table.key_of(keys[0]):
            return [f"--{k}" for k in keys if k != book.document_key(table)]
        name = name_variable(table).name
        return [] if values.get(name) else [f"--{name}"]
    if not (missing := [f"--{name}" for name in form.fields if name not in fields]):
        return []
    links = (f for f, t in _links(book, table) if set(id_fields(t)) & set(form.fields))
    link = next(links, "")
    return [(f"--{link}, or " if link else "") + " and ".join(missing)]


def _ensure_unlike(table: Table, values: Mapping[str, str], rows: list[Row]) -> None:
    """Ensure that a table that all documents share has no row of this name or id."""
    key = table.primary_key[0]
    names = names_of(table, dict(values))
    for row in rows:
        same_id = bool(values.get(key)) and row[key] == values[key]
        same_name = bool(names) and names[0] == next(iter(names_of(table, row)), None)
        # Two places may have one name, if a gazetteer tells them apart.
        of_gazetteer = table.roles.gazetteer.id if table.roles.gazetteer else ""
        known = values.get(of_gazetteer), row.get(of_gazetteer)
        if same_id or (same_name and not (all(known) and known[0] != known[1])):
            label = values.get(name_variable(table).name) or values.get(key)
            raise InputError(f"{label!r}: already exists, as {row[key]} of {table.name}")
    if _form(table) is None and not values.get(key):
        made = id_from_name(key, values[name_variable(table).name])
        if any(row[key] == made for row in rows):
            raise InputError(f"{made!r}: already exists, as {made} of {table.name}")


def _ensure_document(package: Package, document: str) -> None:
    names = package.book.evidence
    documents = [row[names.document_id] or "" for row in read_table(package, names.documents)]
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


def id_from_name(key: str, name: str) -> str:
    """Return an id made of a name: small letters, digits and hyphens."""
    row_id = id_of_words(name)
    if not row_id:
        raise InputError(f"--{key}: needed, because the name {name!r} has no Latin letters")
    return row_id
