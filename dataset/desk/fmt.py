"""The formatter: one form for every hand-edited file, and the offsets of quotes filled in.

It changes no value. A cell that is empty because a program can fill it (where a quote is in its
document) is filled; everything else that differs afterwards is order, quotation marks and line
endings. A table that would not be read back as it was read is not written.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from ...codebook import Book, Table
from ...codebook.plain_yaml import UnreadableYaml, plain_yaml_of
from ...validation.coding.filed import ADJUDICATION, adjudication_book
from ...validation.coding.typed_rows import with_documents
from ...validation.errors import InputError
from ...validation.evidence import quotes
from ...validation.evidence.documents import read_documents
from ...validation.files.atomic import unchanged_while_reading, write_all
from ...validation.files.temporary import temporary_folder
from ...validation.findings import Finding
from ...validation.location import TABLES
from ...validation.package.package import Package, writing_verb
from ...validation.progress import step
from ...validation.reading.read import read
from ...validation.reading.source import LINE
from .table_files import canonical, csv_bytes

TEXTS = (".yaml", ".md")
CHANGES = (
    "{}: formatting would change a value, so nothing was written; run eventbook check and look for "
    "unusual characters"
)


@dataclass(frozen=True)
class Formatted:
    """New bytes of the files that change, how many quotes were located, and what is in the way."""

    changed: dict[str, bytes]
    filled: int = 0
    findings: tuple[Finding, ...] = ()


def formatted(package: Package) -> Formatted:
    """Return what formatting would change; nothing is written.

    A file that cannot be read without loss is left alone, and a finding says why. Documents and
    filed codings are never touched: they stay as they were read and filed.

    Raises:
        InputError: a file cannot be read, or would not be read back as it was read.
    """
    tables = [
        (package.book, table, f"{TABLES}/{table.name}.csv")
        for table in package.book.tables.values()
        if not table.derived
    ]
    rules = adjudication_book(package.book)
    tables += [(rules, table, ADJUDICATION) for table in rules.tables.values()]
    parts = [
        _table(package, book, table, name)
        for book, table, name in tables
        if (package.root / name).is_file()
    ]
    parts += [_other(package, path) for path in _other_files(package)]
    return Formatted(
        {name: data for part in parts for name, data in part.changed.items()},
        sum(part.filled for part in parts),
        tuple(finding for part in parts for finding in part.findings),
    )


@writing_verb
def format_package(package: Package) -> Formatted:
    """Format a package: all files that change, or none.

    Raises:
        InputError: a file changed meanwhile, cannot be read or written, or would not be read back
            as it was read.
    """
    with unchanged_while_reading(*package.inputs()):
        result = formatted(package)
    if result.changed:
        write_all(package.root, result.changed)
    return result


def _table(package: Package, book: Book, table: Table, name: str) -> Formatted:
    step(f"formatting {name}")
    source = read(package.root / name, name)
    problems = tuple(f for f in source.findings if f.rule != "byte-order-mark")
    source = replace(source, findings=problems)
    filled = 0
    if book is package.book and not problems and source.frame is not None:
        tables = with_documents(book, package.sources() | {table.name: source})
        source = tables[table.name]
        if table is book.typed_quotes:
            texts = read_documents(package.root, book, tables.get(book.evidence.documents))
            source, filled = quotes.fill(book, source, texts)
    if problems or source.frame is None:
        return Formatted({}, 0, problems)
    ordered = canonical(book, table, source.frame)
    new = csv_bytes(ordered)
    if new == (package.root / name).read_bytes():
        return Formatted({}, filled, source.findings)
    _ensure_kept(ordered, new, name)
    return Formatted({name: new}, filled, source.findings)


def _ensure_kept(table: pl.DataFrame, new: bytes, name: str) -> None:
    """Ensure that the new bytes are read as the table that they were made from.

    Raises:
        InputError: they are not.
    """
    with temporary_folder() as folder:
        path = folder / "table.csv"
        path.write_bytes(new)
        again = read(path, name).frame
    if again is None or not again.drop(LINE).equals(table.drop(LINE, strict=False)):
        raise InputError(CHANGES.format(name))


def _other_files(package: Package) -> list[Path]:
    """Return the files of the package's own codebook, if it has one, and its corrections."""
    files = [package.root / "seeds" / "corrections.yaml"]
    if package.book_folder.is_relative_to(package.root):
        files += sorted(package.book_folder.rglob("*"))
    return [p for p in files if p.is_file() and p.suffix in (".csv", *TEXTS)]


def _other(package: Package, path: Path) -> Formatted:
    """Return the new form of a list of codes, a crosswalk, or a text.

    Raises:
        InputError: it cannot be read, or would not be read back as it was read.
    """
    name = path.relative_to(package.root).as_posix()
    try:
        old = path.read_bytes()
    except OSError as error:
        raise InputError(f"{name}: cannot be read: {error.strerror}") from None
    new = _plain_csv(old) if path.suffix == ".csv" else _text(old)
    if new == old:
        return Formatted({})
    content = {".csv": _rows, ".yaml": _values}.get(path.suffix)
    if content is not None and content(new) != content(old):
        raise InputError(CHANGES.format(name))
    return Formatted({name: new})


def _plain_csv(old: bytes) -> bytes:
    """Return a list of codes or a crosswalk in the one form: its order has a meaning and stays."""
    rows = _rows(old)
    return old if rows is None else b"".join(_csv_line(row) for row in rows)


def _rows(data: bytes) -> list[list[str]] | None:
    """Return the rows of a CSV file that are not empty; None if it is not well-formed."""
    try:
        text = data.decode("utf-8-sig")
        return [row for row in csv.reader(io.StringIO(text, newline=""), strict=True) if row]
    except (UnicodeDecodeError, csv.Error):
        return None


def _csv_line(row: list[str]) -> bytes:
    """Return a row of CSV; a cell with any sign of a line end is quoted."""
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\r\n").writerow(row)
    return out.getvalue().removesuffix("\r\n").encode() + b"\n"


def _text(old: bytes) -> bytes:
    """Return a text without byte order mark, with line feeds, one of them at its end."""
    new = old.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").rstrip(b"\n")
    return new + b"\n" if new else new


def _values(data: bytes) -> object:
    """Return what a YAML file says; the bytes themselves if it is not well-formed."""
    try:
        plain = plain_yaml_of(data.decode("utf-8-sig"))
    except (UnicodeDecodeError, UnreadableYaml):
        return data
    return plain.content, plain.faults
