"""Add a source document to a package: its bytes kept, its hash pinned, its paragraphs numbered."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from ...codebook import Book, Table
from ...validation.codes import Basis, Rights
from ...validation.coding.filed import Row
from ...validation.coding.id_form import id_form
from ...validation.coding.pairing import documents_of
from ...validation.coding.typed_rows import typed_quotes
from ...validation.errors import InputError
from ...validation.evidence.documents import DOCUMENTS, Document
from ...validation.evidence.quotes import known_places
from ...validation.files.atomic import unchanged_while_reading, write_all
from ...validation.files.hashing import sha256
from ...validation.files.inside import LARGEST
from ...validation.location import TABLES
from ...validation.missing import hint
from ...validation.package.package import Package, writing_verb
from .drafts import ensure_legal, ensure_variables
from .new_row import id_from_name
from .table_files import Rows, read_table, table_bytes

Ask = Callable[[str, str | None], str | None]
"""Asks a person a question and returns the answer; the usual answer, or None, if there is none."""
BINARY = {
    b"%PDF": "a PDF file",
    b"PK\x03\x04": "a ZIP or Word file",
    b"\xd0\xcf\x11\xe0": "a Word file",
}
WORD = re.compile(r"\S+")
FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
SHOWN = 90
"""The most characters of a paragraph that the summary shows."""
LONGEST_HEADLINE = 300
"""The most characters of a first paragraph that are taken for its title."""


@dataclass(frozen=True)
class About:
    """What a person says about a document; None for what is not said.

    Days are YYYY-MM-DD; `best` is the most likely one. `basis` and `rights` are codes of the
    book. `words` are the words of the text that date it, `quote` a longer quote that contains
    them, or from which an inferred date follows.
    """

    title: str | None = None
    publisher: str | None = None
    language: str | None = None
    start: str | None = None
    end: str | None = None
    best: str | None = None
    basis: str | None = None
    words: str | None = None
    quote: str | None = None
    reasoning: str | None = None
    rights: str | None = None


def said_in(table: Table) -> dict[str, str]:
    """Return the columns of a table of documents by the names of `About`."""
    document, interval = table.roles.document, table.roles.interval
    columns: dict[str, str] = {}
    if document is not None:
        names = ("title", "publisher", "language", "rights")
        columns |= {name: getattr(document, name) for name in names}
    if interval is not None:
        names = ("start", "end", "best", "words", "basis", "reasoning")
        columns |= {name: getattr(interval, name) for name in names}
    return {name: column for name, column in columns.items() if column}


@dataclass(frozen=True)
class AddedDocument:
    """A document of the package; `unproved` are the variables whose evidence needs its quote.

    `paragraphs` has the beginning of each in one line, `quotes` is the table of quotes, `units`
    what the rows are called that are coded from it.
    """

    document_id: str
    size: int
    paragraphs: tuple[str, ...]
    unproved: tuple[str, ...]
    quotes: str = ""
    units: tuple[str, ...] = ()

    def summary(self) -> str:
        """Return the document in short: its paragraphs, and what is to do."""
        lines = [f"{self.document_id}: {self.size:,} bytes, {len(self.paragraphs)} paragraphs"]
        for number, text in enumerate(self.paragraphs, 1):
            lines.append(f"{number:4d}  {text}")
        if self.unproved:
            names = ", ".join(self.unproved)
            lines.append(
                f"to do: the words for {names} in {TABLES}/{self.quotes}.csv; eventbook fmt"
            )
        if self.units:
            lines.append(
                f"next: eventbook new {self.units[0]} --document {self.document_id}, or eventbook "
                "workbook OUT.xlsx"
            )
        return "\n".join(lines)


def interview(given: About, headline: str, ask: Ask, columns: Mapping[str, str]) -> About:
    """Ask for what is not given; which questions there are depends on the book and the answers.

    Args:
        given: what is known already.
        headline: the usual title.
        ask: asks one question.
        columns: what the book has columns for; see `said_in`.

    Raises:
        InputError: there is no date, or an answer is none.
    """

    def answer(name: str, question: str, usual: str | None = None) -> str | None:
        value: str | None = getattr(given, name)
        return value if value is not None or name not in columns else ask(question, usual)

    about = replace(
        given,
        title=answer("title", "Title", headline),
        publisher=answer("publisher", "Publisher (leave empty if not known)"),
        language=answer("language", "Language", "en"),
        rights=given.rights or (Rights.UNKNOWN.value if "rights" in columns else None),
    )
    return _dated(about, answer, ask, columns) if "start" in columns else about


def _dated(
    given: About, answer: Callable[..., str | None], ask: Ask, columns: Mapping[str, str]
) -> About:
    """Ask when a document was published, and which words say so."""
    start, end, best = given.start, given.end, given.best
    if start is None and end is None:
        day = ask("Date of publication, YYYY-MM-DD (leave empty if not known)", None)
        start, end, best = day, day, best or day
    if start is None:
        start = ask("Earliest possible date", None)
    if end is None:
        end = ask("Latest possible date", None)
    if best is None and "best" in columns:
        best = ask("Most likely date (leave empty if none)", None)
    if start is None or end is None:
        raise InputError("--date, or --from and --to: needed to date the document")
    one_day = start == end == best
    usual = Basis.STATED if one_day else Basis.INFERRED
    basis = answer("basis", "Basis of the date: stated, relative, inferred", usual.value)
    words, quote, reasoning = given.words, given.quote, given.reasoning
    if basis != Basis.INFERRED:
        words = answer("words", "Words of the text that date it")
    if basis not in (Basis.STATED, None):
        quote = quote if quote is not None else ask("Words that the date follows from", words)
        reasoning = answer("reasoning", "How the date was arrived at")
    return replace(
        given,
        start=_date(start),
        end=_date(end),
        best=_date(best) if best else None,
        basis=basis,
        words=words,
        quote=quote,
        reasoning=reasoning,
    )


def _date(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise InputError(f"{text!r}: expected a date, YYYY-MM-DD") from None


def headline(document: Document, book: Book) -> str:
    """Return the first paragraph as a title: one line, without characters that no cell may have.

    Of a text without a headline, it is the first words.
    """
    begin, end = document.paragraphs[0]
    title = _one_line(document.text[begin:end], LONGEST_HEADLINE, " ...")
    title = " ".join(unicodedata.normalize("NFC", title).split())
    before = None
    while title != before:
        before = title
        for rule in book.text_rules:
            title = re.sub(rule.forbids, "", title) if rule.forbids else title
    return title


def read_new(package: Package, path: Path) -> tuple[bytes, Document]:
    """Return the bytes and the text of a document that is not in the package yet.

    Raises:
        InputError: the file is missing, empty, not text, not in UTF-8, larger than documents may
            be, or was added before.
    """
    data = _bytes_of(path)
    kind = next((kind for start, kind in BINARY.items() if data.startswith(start)), None)
    if kind or b"\0" in data:
        what = kind or "not text, it has a NUL byte"
        raise InputError(f"{path}: {what}; save the document as plain text in UTF-8")
    try:
        document = Document.of(data)
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path}: not UTF-8 (byte {error.start}); save the document as plain text in UTF-8"
        ) from None
    if not document.paragraphs:
        raise InputError(f"{path}: the document has no words")
    digest = sha256(data)
    names = package.book.evidence
    for row in read_table(package, documents_of(package.book).name):
        if row.get(names.document.hash) == digest:
            raise InputError(f"{path}: was added before, as {row[names.document_id]}")
    return data, document


def _bytes_of(path: Path) -> bytes:
    try:
        with unchanged_while_reading(path):
            if path.stat().st_size > LARGEST:
                raise InputError(
                    f"{path}: larger than {LARGEST:,} bytes; add it in parts, each a document"
                )
            return path.read_bytes()
    except IsADirectoryError:
        raise InputError(f"{path}: a folder; name the file of one document") from None
    except FileNotFoundError:
        raise InputError(f"{path}: no such file{hint(path)}") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from None


@writing_verb
def add_document(
    package: Package, path: Path, about: About, values: Mapping[str, str] | None = None
) -> AddedDocument:
    """Copy a document into the package and give it a row in the table of documents.

    Args:
        package: the package.
        path: the document.
        about: what is said about it; what the book has no column for is left out.
        values: further values, by variable.

    Raises:
        InputError: the file cannot be read, was added before, or the package cannot be written
            to; or what is said about it breaks the codebook, with the reasons.
    """
    book, names, table = package.book, package.book.evidence, documents_of(package.book)
    ensure_variables(table, values or {})
    data, document = read_new(package, path)
    rows = read_table(package, table.name)
    known: Row = {
        **{column: getattr(about, name) for name, column in said_in(table).items()},
        **(values or {}),
    }
    document_id = _document_id(package, table, rows, known)
    file = f"{document_id}.txt"
    row: Row = {
        **known,
        names.document_id: document_id,
        names.document.file: file,
        names.document.hash: sha256(data),
    }
    ensure_legal(package, table.name, [*rows, row])
    files = {
        f"{DOCUMENTS}/{file}": data,
        f"{TABLES}/{table.name}.csv": table_bytes(book, table, [*rows, row]),
    }
    proofs = _evidence(book, row, about, document)
    typed = book.typed_quotes
    if typed is not None:
        quotes = [*read_table(package, typed.name), *typed_quotes(book, proofs)]
        files[f"{TABLES}/{typed.name}.csv"] = table_bytes(book, typed, quotes)
    write_all(package.root, files)
    return AddedDocument(
        document_id,
        len(data),
        tuple(_one_line(document.text[b:e], SHOWN, "...") for b, e in document.paragraphs),
        tuple(p[names.quote.variable] or "" for p in proofs if not p.get(names.quote.start)),
        typed.name if typed else "",
        tuple(unit.row[0] if unit.row else unit.name for unit in book.units),
    )


def _one_line(text: str, most: int, goes_on: str) -> str:
    """Return the beginning of a text in one line, with a sign where it goes on.

    Args:
        text: the text.
        most: how many characters of it there are at most.
        goes_on: the sign.
    """
    words: list[str] = []
    length = -1
    for match in WORD.finditer(text):
        words.append(match.group()[: most + 1])
        length += 1 + len(words[-1])
        if length > most:
            return " ".join(words)[:most] + goes_on
    return " ".join(words)


def _document_id(package: Package, table: Table, rows: Rows, known: Row) -> str:
    """Return the id of a new document: as given, the next number, else made of its title."""
    key = package.book.evidence.document_id
    used = {row[key] or "" for row in rows}
    used |= {file.stem for file in (package.root / DOCUMENTS).glob("*.txt")}
    if given := known.get(key):
        if FILE_NAME.fullmatch(given) is None or given in used:
            raise InputError(f"{key} {given!r}: is used, or cannot be the name of a file")
        return given
    form = id_form(table)
    if form is None or form.fields:
        title = table.roles.document.title if table.roles.document else ""
        return id_from_name(key, known.get(title) or "")
    return form.next_id(used, {})


def _evidence(book: Book, row: Row, about: About, document: Document) -> Rows:
    """Return the evidence for the values of a document, with the offsets if its words occur once."""
    names = book.evidence
    columns = names.quote
    quote = about.quote or about.words
    places = known_places(document, quote) if quote else []
    at = places[0] if len(places) == 1 else None
    stated = about.basis in (Basis.STATED, None)
    because = None if stated else about.reasoning
    reason = book.tables[names.quotes][columns.because] if columns.because else None
    if because and reason and reason.max_length and len(because) > reason.max_length:
        because = "By the reasoning given with the document."
    proofs: Rows = [
        {
            columns.variable: variable.name,
            columns.basis: (Basis.STATED if stated else Basis.INFERRED).value,
            columns.document: row[names.document_id],
            columns.paragraph: str(at.paragraph) if at else None,
            columns.start: str(at.start) if at else None,
            columns.end: str(at.end) if at else None,
            columns.words: quote,
            columns.because: because,
        }
        for variable in book.tables[names.documents].coded
        if variable.evidence and row.get(variable.name)
    ]
    return [{name: cell for name, cell in proof.items() if name} for proof in proofs]
