"""Filed codings: coders' tables as they filed them, with the codebook followed and the day.

`seeds/codings/<coder>/` holds the tables of one coder and `coding.yaml`, the record of the filings
with the SHA-256 of each file. Filed tables are never changed: agreement is measured on them, and
the final tables are built from them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from ...codebook import Book, Code, Table, folder_of, load
from ...codebook.plain_yaml import UnreadableYaml, plain_yaml
from ..errors import InputError, one_line
from ..files.hashing import sha256_of_file
from ..findings import Finding
from ..reading.layouts import header_findings
from ..reading.read import read
from ..reading.source import LINE, Source
from .typed_rows import Row, completed_rows

CODINGS = "seeds/codings"
ADJUDICATION = "seeds/adjudication.csv"
RECORD = "coding.yaml"
UNIT = "unit"
"""The variable of the adjudicator's file, and the list of its codes, for what is decided on."""
CODER = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
PLAIN = re.compile(
    r"(?!(?i:true|false|null|yes|no|on|off|y|n)$)[A-Za-z][A-Za-z0-9._-]*( [0-9]+(\.[0-9]+)*)?"
)
"""A text that YAML reads as it is, quoted or not: an id, the name of a file or of a codebook."""


@dataclass(frozen=True)
class Filing:
    """One filing: the day, the codebook's name and version, and the documents that it added.

    An `amendment` says why the coder changed what was filed of these documents before.
    """

    filed: date
    codebook: str
    documents: tuple[str, ...]
    amendment: str = ""


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

    @property
    def documents(self) -> tuple[str, ...]:
        """The coded documents, in the order of filing."""
        return tuple(dict.fromkeys(d for filing in self.filings for d in filing.documents))

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
    return [] if source.frame is None else source.frame.drop(LINE, strict=False).to_dicts()


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


def load_coding(root: Path, book: Book, coder: str) -> Coding:
    """Return what a coder filed.

    Raises:
        InputError: there is no such coder, or the record or a table cannot be read.
    """
    folder = root / CODINGS / coder
    if not (folder / RECORD).is_file():
        on_file = ", ".join(coders(root)) or "none"
        raise InputError(f"{coder}: no filed coding of that name; coders on file: {on_file}")
    filings, hashes = _read_record(folder / RECORD)
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


def _read_record(path: Path) -> tuple[tuple[Filing, ...], dict[str, str]]:
    try:
        plain = plain_yaml(path)
        for line, message in plain.faults:
            raise UnreadableYaml(line, f"line {line}: {message}")
        record = plain.content
        filings = tuple(
            Filing(
                date.fromisoformat(f["filed"]),
                str(f["codebook"]),
                tuple(map(str, f["documents"])),
                str(f.get("amendment", "")),
            )
            for f in record["filings"]
        )
        return filings, {str(k): str(v) for k, v in record["sha256"].items()}
    except (UnreadableYaml, KeyError, TypeError, ValueError, AttributeError) as error:
        reason = one_line(error)
        raise InputError(f"{path}: not readable as the record of a coding: {reason}") from None


def record_text(filings: tuple[Filing, ...], hashes: Mapping[str, str]) -> str:
    """Return the text of `coding.yaml`."""
    lines = [
        "# What was filed, and the hashes of the files; `eventbook import` writes this.",
        "filings:",
    ]
    for filing in filings:
        lines += [
            f"  - filed: {filing.filed.isoformat()}",
            f"    codebook: {_scalar(filing.codebook)}",
            f"    documents: [{', '.join(map(_scalar, filing.documents))}]",
        ]
        if filing.amendment:
            lines.append(f"    amendment: {json.dumps(filing.amendment, ensure_ascii=False)}")
    lines.append("sha256:")
    lines += [f"  {_scalar(name)}: '{digest}'" for name, digest in sorted(hashes.items())]
    return "\n".join(lines) + "\n"


def _scalar(text: str) -> str:
    """Return a text as YAML that is read back as that text, whatever a workbook had in it."""
    return text if PLAIN.fullmatch(text) else json.dumps(text)


def changed_since(root: Path) -> list[Finding]:
    """Return a finding for each file of a filed coding that is not as it was filed."""
    findings = []
    for coder in coders(root):
        folder = root / CODINGS / coder
        _, hashes = _read_record(folder / RECORD)
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
