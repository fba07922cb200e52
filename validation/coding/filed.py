"""What coders filed: their tables, as they filed them, under which codebook, on which day.

`seeds/codings/<coder>/` holds the tables of one coder and `coding.yaml`, the record of the filings
with the SHA-256 of each file. Filed tables are never changed: agreement is measured on them, and
the final tables are built from them.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from ...codebook import Book, folder_of, load
from ..errors import InputError
from ..findings import Finding
from ..reading.read import read
from ..reading.source import LINE, Source

CODINGS = "seeds/codings"
ADJUDICATION = "seeds/adjudication.csv"
RECORD = "coding.yaml"
CODER = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
Row = dict[str, str | None]


@dataclass(frozen=True)
class Filing:
    """One filing: the day, the codebook's name and version, and the documents that it added."""

    filed: date
    codebook: str
    documents: tuple[str, ...]


@dataclass(frozen=True)
class Coding:
    """A coder's tables as filed; `sha256` is the hash of each file after the last filing."""

    coder: str
    filings: tuple[Filing, ...]
    sha256: Mapping[str, str]
    tables: Mapping[str, list[Row]]

    @property
    def documents(self) -> tuple[str, ...]:
        """The documents that were coded, in the order of filing."""
        return tuple(d for filing in self.filings for d in filing.documents)

    def rows(self, table: str) -> list[Row]:
        """The rows of a table; none if the coder filed no such table."""
        return self.tables.get(table, [])


def adjudication_book() -> Book:
    """The codebook of the adjudicator's file."""
    return load(folder_of("adjudication"))


def coders(root: Path) -> list[str]:
    """The coders of a package who filed something, in the order of their names."""
    return sorted(p.parent.name for p in (root / CODINGS).glob(f"*/{RECORD}"))


def load_coding(root: Path, book: Book, coder: str) -> Coding:
    """What a coder filed.

    Raises:
        InputError: there is no such coder, or the record or a table cannot be read.
    """
    folder = root / CODINGS / coder
    if not (folder / RECORD).is_file():
        there = ", ".join(coders(root)) or "nobody yet"
        raise InputError(f"{coder}: no coding was filed under that name; filed have: {there}")
    filings, hashes = _record(folder / RECORD)
    tables = {}
    for table in book.tables.values():
        path = folder / f"{table.name}.csv"
        if table.derived or not path.is_file():
            continue
        source = read(path)
        if source.frame is None:
            raise InputError(f"{path}: {source.findings[0].message}")
        tables[table.name] = source.frame.drop(LINE).to_dicts()
    return Coding(coder, filings, hashes, tables)


def _record(path: Path) -> tuple[tuple[Filing, ...], dict[str, str]]:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        found: Any = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
        filings = tuple(
            Filing(_day(f["filed"]), str(f["codebook"]), tuple(map(str, f["documents"])))
            for f in found["filings"]
        )
        return filings, {str(k): str(v) for k, v in found["sha256"].items()}
    except (YAMLError, UnicodeDecodeError, OSError, KeyError, TypeError, AttributeError) as error:
        said = " ".join(str(error).split())[:200]
        raise InputError(f"{path}: not readable as the record of a coding: {said}") from None


def _day(value: Any) -> date:
    if not isinstance(value, date):
        raise TypeError(f"{value!r} is no day, YYYY-MM-DD")
    return value


def record(filings: tuple[Filing, ...], hashes: Mapping[str, str]) -> str:
    """The text of `coding.yaml`."""
    lines = [
        "# What was filed, and the hashes of the files; `eventbook import` writes this.",
        "filings:",
    ]
    for filing in filings:
        lines += [
            f"  - filed: {filing.filed.isoformat()}",
            f"    codebook: {filing.codebook}",
            f"    documents: [{', '.join(filing.documents)}]",
        ]
    lines.append("sha256:")
    lines += [f"  {name}: '{digest}'" for name, digest in sorted(hashes.items())]
    return "\n".join(lines) + "\n"


def changed_since(root: Path) -> list[Finding]:
    """Files of filed codings that are not what was filed."""
    found = []
    for coder in coders(root):
        folder = root / CODINGS / coder
        _, hashes = _record(folder / RECORD)
        there = {p.name: p for p in folder.glob("*.csv")}
        for name in sorted(set(hashes) | set(there)):
            file = f"{CODINGS}/{coder}/{name}"
            if name not in there:
                message = "The file was filed and is gone: take it back from version control."
            elif name not in hashes:
                message = "The file was not filed: file a coding with `eventbook import`."
            elif hashlib.sha256(there[name].read_bytes()).hexdigest() != hashes[name]:
                message = (
                    "The file is not what was filed. A coding is never changed: take it back from "
                    "version control, and decide what is wrong with it in the adjudication."
                )
            else:
                continue
            found.append(Finding("coding-changed", "error", file, None, None, None, None, message))
    return found


def decisions_of(root: Path) -> Source | None:
    """The adjudicator's file as read; None if there is none."""
    path = root / ADJUDICATION
    return read(path, ADJUDICATION) if path.is_file() else None
