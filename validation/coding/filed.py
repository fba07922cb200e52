"""Filed codings: coders' tables as they filed them, with the codebook followed and the day.

`seeds/codings/<coder>/` holds the tables of one coder and `coding.yaml`, the record of the filings
with the SHA-256 of each file. Filed tables are never changed: agreement is measured on them, and
the final tables are built from them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from ...codebook import Book, Code, Table, folder_of, load
from ..errors import InputError
from ..files.hashing import sha256_of_file
from ..findings import Finding
from ..reading.layouts import header_findings
from ..reading.read import read
from ..reading.source import LINE, Source
from .machine import Machine
from .record import Filing, read_record
from .typed_rows import Row, completed_rows, rows_of_frame
from .variation import Variation

CODINGS = "seeds/codings"
ADJUDICATION = "seeds/adjudication.csv"
RECORD = "coding.yaml"
UNIT = "unit"
"""The variable of the adjudicator's file, and the list of its codes, for what is decided on."""
CODER = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@dataclass(frozen=True)
class Coding:
    """A coder's tables; `sha256` is the hash of each file after the last filing.

    `filed` are the rows as the coder typed them, `tables` the same with all that follows from them.
    """

    coder: str
    filings: tuple[Filing, ...]
    sha256: Mapping[str, str]
    filed: Mapping[str, list[Row]]
    tables: Mapping[str, list[Row]]

    @cached_property
    def documents(self) -> tuple[str, ...]:
        """The coded documents, in the order of filing."""
        return tuple(dict.fromkeys(d for filing in self.filings for d in filing.documents))

    @property
    def machine(self) -> Machine | None:
        """The program that coded, as it was at the last filing; None if it was a person."""
        return self.filings[-1].machine if self.filings else None

    @property
    def variation(self) -> Variation | None:
        """The varied codebook that was followed; None if it was the original one."""
        return self.filings[-1].variation if self.filings else None

    def rows(self, table: str) -> list[Row]:
        """Return the rows of a table; none if the coder filed no such table."""
        return self.tables.get(table, [])


def adjudication_book(book: Book) -> Book:
    """Return the codebook of the adjudicator's file, whose units are the tables of a book."""
    rules = load(folder_of("adjudication"))
    units = rules.code_lists[UNIT]
    shipped = {code.code: code for code in units.codes}
    codes = tuple(
        shipped.get(t.name) or Code(t.name, t.title, t.description)
        for t in book.tables.values()
        if not t.derived
    )
    closed = replace(units, codes=codes, open=False)
    return replace(rules, code_lists={**rules.code_lists, UNIT: closed})


def rows_of(source: Source) -> list[Row]:
    """Return the rows of a table as read, without their lines; none if it could not be read."""
    return [] if source.frame is None else rows_of_frame(source.frame.drop(LINE, strict=False))


def complete_rows(table: Table, source: Source) -> list[Row]:
    """Return the rows of a hand-coded table that was read whole, with the columns of the table.

    Whoever writes a table again from its rows would lose all that was not read.

    Raises:
        InputError: some of it could not be read, or a column is missing or unknown.
    """
    wrong = source.errors or header_findings(table, source)
    if wrong:
        raise InputError(f"{_place(wrong[0])}: {wrong[0].message} Run eventbook check")
    return rows_of(source)


def _place(finding: Finding) -> str:
    line = "" if finding.line is None else f":{finding.line}"
    column = "" if finding.column is None else f": {finding.column}"
    return f"{finding.file}{line}{column}"


def coders(root: Path) -> list[str]:
    """Return the coders of a package who filed something, in the order of their names."""
    return sorted(p.parent.name for p in (root / CODINGS).glob(f"*/{RECORD}"))


def machines(root: Path) -> dict[str, Machine]:
    """Return the coders who are machines, by name, each as it was at its last filing.

    Raises:
        InputError: a record cannot be read.
    """
    last = {name: filings[-1] for name in coders(root) if (filings := filings_of(root, name))}
    return {name: filing.machine for name, filing in last.items() if filing.machine}


def people(root: Path) -> list[str]:
    """Return the coders who are people, in the order of their names.

    Raises:
        InputError: a record cannot be read.
    """
    programs = machines(root)
    return [name for name in coders(root) if name not in programs]


def load_coding(root: Path, book: Book, coder: str) -> Coding:
    """Return what a coder filed.

    Raises:
        InputError: there is no such coder, or the record or a table cannot be read.
    """
    folder = root / CODINGS / coder
    if not (folder / RECORD).is_file():
        on_file = ", ".join(coders(root)) or "none"
        raise InputError(f"{coder}: no filed coding of that name; coders on file: {on_file}")
    filings, hashes = read_record(folder / RECORD)
    tables = {}
    for table in book.tables.values():
        path = folder / f"{table.name}.csv"
        if table.derived or not path.is_file():
            continue
        source = read(path)
        if source.errors:
            raise InputError(f"{path}: {source.errors[0].message}")
        tables[table.name] = rows_of(source)
    return Coding(coder, filings, hashes, tables, completed_rows(book, tables))


def filed_at(root: Path, coder: str) -> int:
    """Return when a coder's record was last written, in nanoseconds."""
    return (root / CODINGS / coder / RECORD).stat().st_mtime_ns


def filings_of(root: Path, coder: str) -> tuple[Filing, ...]:
    """Return the filings of a coder, without the tables.

    Raises:
        InputError: the record cannot be read.
    """
    return read_record(root / CODINGS / coder / RECORD)[0]


def changed_since(root: Path) -> list[Finding]:
    """Return a finding for each file of a filed coding that is not as it was filed."""
    findings = []
    for coder in coders(root):
        folder = root / CODINGS / coder
        _, hashes = read_record(folder / RECORD)
        files = {p.name: p for p in folder.glob("*.csv")}
        for name in sorted({*hashes, *files}):
            message = _changed(hashes.get(name), files.get(name))
            if message:
                file = f"{CODINGS}/{coder}/{name}"
                findings.append(
                    Finding("coding-changed", "error", file, None, None, None, None, message)
                )
    return findings


def _changed(filed_hash: str | None, file: Path | None) -> str | None:
    """Return what is wrong with a file of a filed coding, if anything is."""
    if file is None:
        return "The file was filed and is missing. Restore it from version control."
    if filed_hash is None:
        return "The file was not filed. File a coding with `eventbook import`."
    if sha256_of_file(file) != filed_hash:
        return (
            "The file is not what was filed. A coding is never changed: restore it from version "
            "control, and decide what is wrong with it in the adjudication."
        )
    return None


def decisions_of(root: Path) -> Source | None:
    """Return the adjudicator's file as read; None if there is none."""
    path = root / ADJUDICATION
    return read(path, ADJUDICATION) if path.is_file() else None
