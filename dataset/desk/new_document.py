"""Taking a source document in: its bytes kept, its hash pinned, its paragraphs numbered."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from ...validation.coding.pairing import free_id
from ...validation.errors import InputError
from ...validation.evidence.documents import DOCUMENTS, Document
from ...validation.evidence.quotes import alike, exact, nearest
from ...validation.files.atomic import unchanged_while_reading, write_all
from ...validation.package.package import TABLES, Package, writing_verb
from .table_files import Rows, read_table, source_of, table_bytes

FIRST_ID = "DOC-0001"
BINARY = {
    b"%PDF": "a PDF file",
    b"PK\x03\x04": "a ZIP or Word file",
    b"\xd0\xcf\x11\xe0": "a Word file",
}


@dataclass(frozen=True)
class About:
    """What a person says of a document; days as YYYY-MM-DD, `basis` a code of the book.

    `words` are those of the text that date it, `quote` a longer quote that holds them, or what an
    inferred date follows from.
    """

    title: str
    publisher: str | None
    language: str
    date_start: str
    date_end: str
    date_best: str | None
    basis: str
    words: str | None
    reasoning: str | None
    rights: str
    quote: str | None = None


@dataclass(frozen=True)
class TakenIn:
    """The id that a document got, and the variables whose evidence still needs its quote."""

    document_id: str
    unproved: tuple[str, ...]


def text_of(path: Path) -> tuple[bytes, Document]:
    """The bytes of a file and its text.

    Raises:
        InputError: it is not there, is empty, is no text, or not in UTF-8.
    """
    try:
        with unchanged_while_reading(path):
            data = path.read_bytes()
    except IsADirectoryError:
        raise InputError(f"{path}: a folder; name the file of one document") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from None
    kind = next((said for start, said in BINARY.items() if data.startswith(start)), None)
    if kind or b"\0" in data:
        what = kind or "no text, it holds a NUL byte"
        raise InputError(f"{path}: {what}; save the document as plain text in UTF-8")
    try:
        document = Document.of(data)
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path}: not UTF-8 (byte {error.start}); save the document as plain text in UTF-8"
        ) from None
    if not document.paragraphs:
        raise InputError(f"{path}: the document has no words")
    return data, document


def known(package: Package, data: bytes) -> str | None:
    """The id of the document with the same bytes, if it was taken in before."""
    digest = hashlib.sha256(data).hexdigest()
    return next(
        (r["document_id"] for r in read_table(package, "documents") if r.get("sha256") == digest),
        None,
    )


@writing_verb
def take_in(package: Package, path: Path, about: About) -> TakenIn:
    """Copy a document into the package and give it a row in the table of documents.

    Raises:
        InputError: it cannot be read, was taken in before, or the package cannot be written to;
            or what is said of it breaks the codebook, with the reasons.
    """
    data, document = text_of(path)
    if there := known(package, data):
        raise InputError(f"{path}: was taken in before, as {there}")
    rows, proofs = read_table(package, "documents"), read_table(package, "evidence")
    name = free_id(FIRST_ID, {row["document_id"] or "" for row in rows})
    row: dict[str, str | None] = {
        "document_id": name,
        "title": about.title,
        "publisher": about.publisher,
        "language": about.language,
        "file": f"{name}.txt",
        "sha256": hashlib.sha256(data).hexdigest(),
        "date_words": about.words,
        "date_start": about.date_start,
        "date_end": about.date_end,
        "date_best": about.date_best,
        "date_basis": about.basis,
        "date_reasoning": about.reasoning,
        "rights": about.rights,
    }
    hold(package, "documents", [*rows, row], name)
    own = _evidence(package, row, about, document)
    book = package.book
    write_all(
        package.root,
        {
            f"{DOCUMENTS}/{name}.txt": data,
            f"{TABLES}/documents.csv": table_bytes(book, book.tables["documents"], [*rows, row]),
            f"{TABLES}/evidence.csv": table_bytes(book, book.tables["evidence"], [*proofs, *own]),
        },
    )
    return TakenIn(name, tuple(r["variable"] or "" for r in own if not r["start"]))


def _evidence(
    package: Package, row: dict[str, str | None], about: About, document: Document
) -> Rows:
    """The evidence for the date of a document, as far as its words are known and stand once."""
    quote = about.quote or about.words
    places = exact(document, quote) if quote else []
    if quote and not places:
        close = [*alike(document, quote), nearest(document, quote)]
        near = next((document.text[p.start : p.end] for p in close if p), None)
        hint = f"; did you mean {near!r}?" if near else ""
        raise InputError(f"{quote!r}: the document does not have these words{hint}")
    at = places[0] if len(places) == 1 else None
    reason = about.reasoning if about.basis != "stated" else None
    if reason and len(reason) > (package.book.tables["evidence"]["because"].max_length or 0):
        reason = "By the reasoning that stands with the document."
    coded = [
        v.name for v in package.book.tables["documents"].coded if v.evidence and row.get(v.name)
    ]
    return [
        {
            "variable": name,
            "basis": "stated" if about.basis == "stated" else "inferred",
            "document_id": row["document_id"],
            "paragraph": str(at.paragraph) if at else None,
            "start": str(at.start) if at else None,
            "end": str(at.end) if at else None,
            "quote": quote,
            "because": reason,
        }
        for name in coded
    ]


def hold(package: Package, name: str, rows: Rows, row_id: str, strict: bool = True) -> None:
    """Hold that a new row of a table is legal by the codebook.

    Args:
        package: the package.
        name: the table.
        rows: its rows with the new one.
        row_id: the id of the new row.
        strict: mind what is empty, too; else only what is there.

    Raises:
        InputError: a value is none that the codebook allows; all reasons are given.
    """
    from ...validation.engines.small import check_sources

    source = source_of(package.book.tables[name], rows)
    report = check_sources(package.book, {name: source}).report
    wrong = [
        f
        for f in report
        if f.row_id == row_id and f.severity == "error" and (strict or f.value is not None)
    ]
    if wrong:
        said = []
        for f in wrong:
            hint = f"; allowed: {f.allowed}" if f.allowed else ""
            near = f"; did you mean {f.nearest}?" if f.nearest else ""
            value = f" {f.value!r}" if f.value else ""
            said.append(f"{f.column}{value}: {f.message}{hint}{near}")
        raise InputError("\n".join(said))


def a_day(text: str, what: str) -> str:
    """A day as it is coded.

    Raises:
        InputError: it is none.
    """
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise InputError(f"{what} {text!r}: a day is wanted, YYYY-MM-DD") from None
