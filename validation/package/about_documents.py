"""The findings about some documents: what a coder asks while the others are not begun yet."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

import polars as pl

from ...codebook import Book
from ..coding.typed_rows import with_documents
from ..errors import InputError
from ..findings import Report
from ..reading.source import LINE, Source


def about_documents(
    report: Report, book: Book, sources: Mapping[str, Source], documents: Collection[str]
) -> Report:
    """Return a report with the findings in rows about some documents, and in shared tables.

    Args:
        report: the report on a package.
        book: its codebook.
        sources: its hand-coded tables as read.
        documents: the ids of the documents.

    Raises:
        InputError: the codebook has no documents, or the package has no such document.
    """
    if book.documents is None:
        raise InputError(f"the codebook {book.name} has no documents: leave out --document")
    known = _ids(sources.get(book.documents.name), book.document_key(book.documents))
    if unknown := sorted(set(documents) - known):
        there = ", ".join(sorted(known)) or "none"
        raise InputError(f"{', '.join(unknown)}: no such document; there are: {there}")
    sources = with_documents(book, sources)
    elsewhere = pl.lit(False)
    for table in book.tables.values():
        source, key = sources.get(table.name), book.document_key(table)
        if source is None or source.frame is None or key not in source.frame.columns:
            continue
        others = source.frame.filter(~pl.col(key).is_in(list(documents)).fill_null(False))[LINE]
        in_file = pl.col("file") == source.file
        elsewhere = elsewhere | (in_file & pl.col("line").is_in(others.implode()))
    # What has no line is about no single row.
    about = report.findings.filter(~elsewhere.fill_null(False))
    return replace(report, findings=about, for_coder=True)


def _ids(source: Source | None, key: str) -> set[str]:
    if source is None or source.frame is None or key not in source.frame.columns:
        return set()
    return set(source.frame[key].drop_nulls())
