"""One coder's tables, in a workbook or a folder: read, their quotes found, checked together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl

from ...codebook import Book, Table
from ..engines.small import Checked, check_sources
from ..errors import InputError
from ..evidence import quotes
from ..evidence.documents import read_documents
from ..findings import Report
from ..reading.read import read, read_all
from ..reading.source import LINE, Source
from .filed import Row
from .pairing import DOCUMENTS, registers


def tables_of(book: Book) -> list[Table]:
    """The tables that a coder fills: what is coded from documents, and what coders share."""
    shared = registers(book)
    return [
        t
        for t in book.tables.values()
        if not t.derived and (t.name in (*shared, DOCUMENTS) or "document_id" in t)
    ]


def sources_of(path: Path, book: Book) -> list[Source]:
    """A coder's tables from a workbook, or from a folder of CSV files.

    Raises:
        InputError: it is neither, or lacks a table.
    """
    names = [table.name for table in tables_of(book)]
    if path.is_dir():
        found = [read(path / f"{n}.csv") for n in names if (path / f"{n}.csv").is_file()]
        for source in found:
            source.made_for = {"coder": "", "codebook": book.name, "tables": " ".join(names)}
            source.sheet = ""
        if not found:
            raise InputError(
                f"{path}: a folder without tables; wanted are {', '.join(names)} as CSV"
            )
    else:
        found = [source for source in read_all(path) if source.made_for]
        if not found:
            raise InputError(
                f"{path}: no coder's workbook; make one with eventbook workbook, or name a folder "
                "with the tables as CSV"
            )
    return found


def name_of(source: Source) -> str:
    """The table that a source is, by the name of its sheet or file."""
    return source.sheet or Path(source.file).stem


def check_coded(sources: Sequence[Source], book: Book, root: Path | None = None) -> Checked:
    """Check one coder's tables together.

    Where the package is known its documents are, and evidence is checked, after the places of
    quotes that are empty were found.

    Args:
        sources: the tables as read; `evidence` gets its places filled.
        book: the book that they were made with.
        root: the folder of the package that is coded for.
    """
    said = next(s.made_for for s in sources if s.made_for)
    known = {n: s for s in sources if (n := name_of(s)) in book.tables}
    missing = Source(next(iter(sources)).file.split("[")[0], None)
    for name in said["tables"].split():
        if name not in known:
            missing.problem("missing-table", f"The table {name} is not there.")
    if not {"evidence", DOCUMENTS} <= set(known):
        root = None
    if root is not None:
        quotes.fill(known["evidence"], read_documents(root, known[DOCUMENTS]))
    checked = check_sources(book, known, root, missing.findings)
    return replace(checked, report=_without_places(checked.report, known, root is not None))


def _without_places(report: Report, known: Mapping[str, Source], found: bool) -> Report:
    """A report that asks no coder for paragraph, start and end: a quote has a finding of its own."""
    file = known["evidence"].file if "evidence" in known else ""
    asks = (
        (pl.col("rule") == "required")
        & (pl.col("file") == file)
        & pl.col("column").is_in(quotes.PLACES)
    )
    unchecked = () if found else ("quotes: the documents are in the package, which is not here",)
    return replace(
        report, findings=report.findings.filter(~asks), unchecked=(*report.unchecked, *unchecked)
    )


def rows_of(sources: Sequence[Source]) -> dict[str, list[Row]]:
    """The rows of a coder's tables by the names of the tables, cells as text."""
    return {name_of(s): s.frame.drop(LINE).to_dicts() for s in sources if s.frame is not None}
