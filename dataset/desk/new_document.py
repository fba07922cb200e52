"""Add a source document to a package: its bytes kept, its hash pinned, its paragraphs numbered."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from ...codebook import Book
from ...validation.coding.codes import Basis
from ...validation.coding.filed import Row
from ...validation.errors import InputError
from ...validation.evidence.documents import DOCUMENTS, Document
from ...validation.evidence.quotes import Span, alike, exact, nearest_words
from ...validation.files.atomic import unchanged_while_reading, write_all
from ...validation.files.hashing import sha256
from ...validation.location import TABLES
from ...validation.package.package import Package, writing_verb
from .drafts import ensure_legal
from .new_row import next_id
from .table_files import Rows, read_table, table_bytes

Ask = Callable[[str, str | None], str | None]
"""Asks a person a question and returns the answer; the usual answer, or None, if there is none."""
BINARY = {
    b"%PDF": "a PDF file",
    b"PK\x03\x04": "a ZIP or Word file",
    b"\xd0\xcf\x11\xe0": "a Word file",
}
SHOWN = 90
"""The most characters of a paragraph that the summary shows."""


@dataclass(frozen=True)
class About:
    """What a person says about a document; None for what is not said.

    Days are YYYY-MM-DD; `date_best` is the most likely one. `basis` and `rights` are codes of the
    book. `words` are the words of the text that date it, `quote` a longer quote that contains
    them, or from which an inferred date follows.
    """

    title: str | None = None
    publisher: str | None = None
    language: str | None = None
    date_start: str | None = None
    date_end: str | None = None
    date_best: str | None = None
    basis: str | None = None
    words: str | None = None
    quote: str | None = None
    reasoning: str | None = None
    rights: str | None = None


@dataclass(frozen=True)
class AddedDocument:
    """A document of the package; `unproved` are the variables whose evidence needs its quote."""

    document_id: str
    size: int
    paragraphs: tuple[str, ...]
    unproved: tuple[str, ...]

    def summary(self) -> str:
        """Return the document in short: its paragraphs, and what is to do."""
        lines = [f"{self.document_id}: {self.size:,} bytes, {len(self.paragraphs)} paragraphs"]
        for number, text in enumerate(self.paragraphs, 1):
            lines.append(f"{number:4d}  {text[:SHOWN]}{'...' if len(text) > SHOWN else ''}")
        if self.unproved:
            names = ", ".join(self.unproved)
            lines.append(f"to do: the words for {names} in {TABLES}/evidence.csv; eventbook fmt")
        lines.append(
            f"next: eventbook new event --document {self.document_id}, or eventbook workbook OUT.xlsx"
        )
        return "\n".join(lines)


def interview(given: About, headline: str, ask: Ask) -> About:
    """Ask for what is not given; which questions there are depends on the answers.

    Args:
        given: what is known already.
        headline: the usual title.
        ask: asks one question.

    Raises:
        InputError: there is no date, or an answer is none.
    """

    def answer(value: str | None, question: str, usual: str | None = None) -> str | None:
        return value if value is not None else ask(question, usual)

    about = replace(
        given,
        title=answer(given.title, "Title", headline),
        publisher=answer(given.publisher, "Publisher (leave empty if not known)"),
        language=answer(given.language, "Language", "en"),
        rights=given.rights or "unknown",
    )
    start, end, best = given.date_start, given.date_end, given.date_best
    if start is None and end is None:
        day = ask("Date of publication, YYYY-MM-DD (leave empty if not known)", None)
        start, end, best = day, day, best or day
    start = answer(start, "Earliest possible date")
    end = answer(end, "Latest possible date")
    if best is None:
        best = ask("Most likely date (leave empty if none)", None)
    if start is None or end is None:
        raise InputError("--date, or --from and --to: needed to date the document")
    one_day = start == end == best
    usual = Basis.STATED if one_day else Basis.INFERRED
    basis = answer(given.basis, "Basis of the date: stated, relative, inferred", usual.value)
    words, quote, reasoning = given.words, given.quote, given.reasoning
    if basis != Basis.INFERRED:
        words = answer(words, "Words of the text that date it")
    if basis != Basis.STATED:
        quote = answer(quote, "Words that the date follows from", words)
        reasoning = answer(reasoning, "How the date was arrived at")
    return replace(
        about,
        date_start=_date(start),
        date_end=_date(end),
        date_best=_date(best) if best else None,
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
    """Return the first paragraph as a title: one line, without characters that no cell may have."""
    begin, end = document.paragraphs[0]
    title = " ".join(unicodedata.normalize("NFC", document.text[begin:end]).split())
    before = None
    while title != before:
        before = title
        for rule in book.text_rules:
            title = re.sub(rule.forbids, "", title) if rule.forbids else title
    return title


def read_new(package: Package, path: Path) -> tuple[bytes, Document]:
    """Return the bytes and the text of a document that is not in the package yet.

    Raises:
        InputError: the file is missing, empty, not text, not in UTF-8, or was added before.
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
    for row in read_table(package, "documents"):
        if row.get("sha256") == digest:
            raise InputError(f"{path}: was added before, as {row['document_id']}")
    return data, document


def _bytes_of(path: Path) -> bytes:
    try:
        with unchanged_while_reading(path):
            return path.read_bytes()
    except IsADirectoryError:
        raise InputError(f"{path}: a folder; name the file of one document") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from None


@writing_verb
def add_document(package: Package, path: Path, about: About) -> AddedDocument:
    """Copy a document into the package and give it a row in the table of documents.

    Raises:
        InputError: the file cannot be read, was added before, or the package cannot be written
            to; or what is said about it breaks the codebook, with the reasons.
    """
    book, table = package.book, package.book.tables["documents"]
    data, document = read_new(package, path)
    rows, evidence = read_table(package, "documents"), read_table(package, "evidence")
    used = {row["document_id"] or "" for row in rows}
    used |= {file.stem for file in (package.root / DOCUMENTS).glob("*.txt")}
    document_id = next_id(table, used)
    row: Row = {
        "document_id": document_id,
        "title": about.title,
        "publisher": about.publisher,
        "language": about.language,
        "file": f"{document_id}.txt",
        "sha256": sha256(data),
        "date_words": about.words,
        "date_start": about.date_start,
        "date_end": about.date_end,
        "date_best": about.date_best,
        "date_basis": about.basis,
        "date_reasoning": about.reasoning,
        "rights": about.rights,
    }
    ensure_legal(package, table.name, [*rows, row], document_id)
    proofs = _evidence(book, row, about, document)
    write_all(
        package.root,
        {
            f"{DOCUMENTS}/{row['file']}": data,
            f"{TABLES}/documents.csv": table_bytes(book, table, [*rows, row]),
            f"{TABLES}/evidence.csv": table_bytes(
                book, book.tables["evidence"], [*evidence, *proofs]
            ),
        },
    )
    paragraphs = (" ".join(document.text[b:e].split()) for b, e in document.paragraphs)
    unproved = (proof["variable"] or "" for proof in proofs if not proof["start"])
    return AddedDocument(document_id, len(data), tuple(paragraphs), tuple(unproved))


def _evidence(book: Book, row: Row, about: About, document: Document) -> Rows:
    """Return the evidence for the date of a document, with the offsets if its words occur once."""
    quote = about.quote or about.words
    places = _places(document, quote) if quote else []
    at = places[0] if len(places) == 1 else None
    stated = about.basis == Basis.STATED
    because = None if stated else about.reasoning
    longest = book.tables["evidence"]["because"].max_length or 0
    if because and len(because) > longest:
        because = "By the reasoning given with the document."
    return [
        {
            "variable": variable.name,
            "basis": (Basis.STATED if stated else Basis.INFERRED).value,
            "document_id": row["document_id"],
            "paragraph": str(at.paragraph) if at else None,
            "start": str(at.start) if at else None,
            "end": str(at.end) if at else None,
            "quote": quote,
            "because": because,
        }
        for variable in book.tables["documents"].coded
        if variable.evidence and row.get(variable.name)
    ]


def _places(document: Document, quote: str) -> list[Span]:
    """Return the places of a quote in the document.

    Raises:
        InputError: it is not in the document; the words that are most like it are named.
    """
    if places := exact(document, quote):
        return places
    close = next((p for p in [*alike(document, quote), nearest_words(document, quote)] if p), None)
    hint = f"; did you mean {document.text[close.start : close.end]!r}?" if close else ""
    raise InputError(f"{quote!r}: the document does not have these words{hint}")
