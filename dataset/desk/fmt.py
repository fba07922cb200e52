"""The formatter: one form for every hand-edited file, and the places of quotes filled in.

It changes no value. A cell that is empty because a program can fill it (where a quote stands) is
filled; everything else that differs afterwards is order, quotation marks and line endings.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from pathlib import Path

from ...codebook import Book, Table
from ...validation.coding.filed import ADJUDICATION, adjudication_book
from ...validation.errors import InputError
from ...validation.evidence import quotes
from ...validation.evidence.documents import read_documents
from ...validation.files.atomic import unchanged_while_reading, write_all
from ...validation.findings import Finding
from ...validation.package.package import TABLES, Package, writing_verb
from ...validation.reading.read import read
from ...validation.reading.source import Source
from .table_files import canonical, csv_bytes

TEXTS = (".yaml", ".md")


@dataclass
class Formatted:
    """What formatting gives: new bytes of the files that change, quotes that were found, problems."""

    changed: dict[str, bytes] = field(default_factory=dict)
    filled: int = 0
    findings: list[Finding] = field(default_factory=list)


def formatted(package: Package) -> Formatted:
    """What every hand-edited file of a package would be in its one form; nothing is written.

    A file that cannot be read without loss is left alone, and a finding says why. Documents and
    filed codings are never touched: what was read and what was filed stays.
    """
    done = Formatted()
    for table in package.book.tables.values():
        name = f"{TABLES}/{table.name}.csv"
        if not table.derived and (package.root / name).is_file():
            _table(package, package.book, table, name, done)
    if (package.root / ADJUDICATION).is_file():
        book = adjudication_book()
        _table(package, book, book.tables["decisions"], ADJUDICATION, done)
    for path in _others(package):
        name = path.relative_to(package.root).as_posix()
        try:
            old = path.read_bytes()
        except OSError as error:
            raise InputError(f"{name}: cannot be read: {error.strerror}") from None
        new = _plain_csv(old) if path.suffix == ".csv" else _text(old)
        if new != old:
            done.changed[name] = new
    return done


@writing_verb
def fmt(package: Package) -> Formatted:
    """Format a package: all files that change, or none.

    Raises:
        InputError: a file changed meanwhile, or cannot be written.
    """
    with unchanged_while_reading(*package.inputs()):
        done = formatted(package)
    if done.changed:
        write_all(package.root, done.changed)
    return done


def _table(package: Package, book: Book, table: Table, name: str, done: Formatted) -> None:
    source: Source = read(package.root / name, name)
    errors = [f for f in source.findings if f.rule != "byte-order-mark"]
    if errors or source.frame is None:
        done.findings += errors
        return
    if table.name == "evidence":
        source.findings.clear()
        done.filled += quotes.fill(source, read_documents(package.root, _documents(package)))
        done.findings += source.findings
    new = csv_bytes(canonical(book, table, source.frame))
    if new != (package.root / name).read_bytes():
        done.changed[name] = new


def _documents(package: Package) -> Source:
    name = f"{TABLES}/documents.csv"
    return read(package.root / name, name)


def _others(package: Package) -> list[Path]:
    """The codebook of the package, if it has one of its own, and its corrections."""
    found = [package.root / "seeds" / "corrections.yaml"]
    if package.book_folder.is_relative_to(package.root):
        found += sorted(package.book_folder.rglob("*"))
    return [p for p in found if p.is_file() and p.suffix in (".csv", *TEXTS)]


def _plain_csv(old: bytes) -> bytes:
    """A list of codes or a crosswalk: its order has a meaning and stays."""
    try:
        text = old.decode("utf-8-sig")
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error):
        return old
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows(row for row in rows if row)
    return out.getvalue().encode()


def _text(old: bytes) -> bytes:
    """A text: no byte order mark, line feeds, one at the end."""
    new = old.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").rstrip(b"\n")
    return new + b"\n" if new else new
