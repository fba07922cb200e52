"""Whether the data are right: from a book to checks, schemas, findings and reports.

It never prints or exits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd
    import pandera.pandas as pa
    import polars as pl

    from ..codebook import Book
    from .findings import Report
    from .reading.source import Source

__all__ = ["check", "check_files", "check_large", "coding_schema", "schema"]


def check(
    data: str | Path | pd.DataFrame | pl.DataFrame,
    table: str | None = None,
    book: str | Path | Book | None = None,
) -> Report:
    """Check one table: a file (CSV, gzipped CSV, Parquet, XLSX, a coding as JSON), or a pandas or polars frame.

    Args:
        data: a path or a frame.
        table: its name in the book; recognised from the columns if left out.
        book: the codebook, its name or folder; recognised from the columns if left out.

    Returns:
        The report: iterate over it for findings, `report.findings` is a polars frame of them.

    Raises:
        InputError: the file cannot be read at all.
        BookError: there is no such book.
    """
    if isinstance(data, str | Path):
        return check_files([Path(data)], book, table)
    from .reading.frames import from_frame

    return _check([from_frame(data)], book, table)


def check_files(
    paths: list[Path],
    book: str | Path | Book | None = None,
    table: str | None = None,
    documents: Sequence[str] = (),
) -> Report:
    """Check files, each by its own book; keys between files that belong together are followed.

    Several files of one table are one table: its keys are compared over all of them. See
    `grouping.groups` for what belongs together.

    Args:
        paths: the files.
        book: the name or folder of the codebook; recognised from the columns if left out.
        table: the table that the files are; recognised from the columns if left out.
        documents: the documents of codings as JSON that are to be checked; all if empty.

    Raises:
        InputError: a file cannot be read at all, or a coding as JSON is in no package.
        BookError: there is no such book.
    """
    from .coding.json_coding import codings_among
    from .findings import combined
    from .grouping import groups
    from .reading.read import read_all

    reports: list[Report] = []
    # A named book or table says what the files are.
    codings, others = ([], paths) if book or table else codings_among(paths)
    if documents and others:
        from .errors import InputError

        raise InputError(
            "--document is about the package of this folder, or about codings as JSON: name no FILE "
            f"such as {others[0]}"
        )
    if codings:
        reports.append(_check_json(codings, documents))
    for group in groups(others):
        plain: list[Source] = []
        for path in group:
            sources = _coder_folder(path) if path.is_dir() else read_all(path)
            made_for = next((source.made_for for source in sources if source.made_for), None)
            if made_for is None:
                plain += [source.with_note_on_no_rows() for source in sources]
            else:
                reports.append(_check_coded(sources, made_for["codebook"]))
        if plain:
            reports.append(_check(plain, book, table, group[0]))
    return combined(reports)


def check_large(
    path: Path,
    book: str | Path | Book | None = None,
    table: str | None = None,
    out: Path | None = None,
    findings: Path | None = None,
    progress: Callable[[int], None] = lambda done: None,
) -> Report:
    """Check one file of any size, or a folder of Parquet files, in one pass and little memory.

    Args:
        path: a CSV file (also gzipped), a Parquet file, or a folder of Parquet files.
        book: the codebook, its name or folder; recognised from the columns if left out.
        table: the table that the file is; recognised from the columns if left out.
        out: where to write the typed rows as Parquet.
        findings: where to write all findings as Parquet; the report keeps the first of each rule.
        progress: called with the number of bytes read so far.

    Raises:
        InputError: the file cannot be read, or a result cannot be written.
        BookError: there is no such book.
    """
    from .engines.stream import stream
    from .reading.layouts import choose_book, identify

    choice = choose_book(book, table, path)
    return stream(path, lambda s: identify(s, choice), out, findings, progress)


def _coder_folder(path: Path) -> list[Source]:
    """Return a coder's tables from a folder of CSV files, as the book of the package around has them.

    Raises:
        InputError: there is no package, or the folder has none of its tables.
    """
    from .coding.coded_workbook import sources_of
    from .location import own_book

    book = own_book(path)
    if book is None:
        from .errors import InputError

        raise InputError(f"{path}: a folder in no package; name the files in it")
    return sources_of(path, book)


def _check_json(paths: list[Path], documents: Sequence[str]) -> Report:
    """Check codings as JSON for the package around the current folder.

    Raises:
        InputError: there is no package.
    """
    from .coding.json_coding import check_json
    from .package.package import Package

    package = Package.find()
    return check_json(paths, package.book, package.root, documents=documents).report


def _check_coded(sources: list[Source], name: str) -> Report:
    """Check a coder's tables, for the package around the current folder if it has that book."""
    from .coding.coded_workbook import check_coded
    from .package.package import book_for

    return check_coded(sources, *book_for(name)).report


def _check(
    sources: list[Source],
    book: str | Path | Book | None,
    table: str | None,
    near: Path | None = None,
) -> Report:
    """Check tables that belong together, those of each book against each other."""
    from . import findings
    from .engines.small import check_parts
    from .findings import Finding, Report, combined
    from .reading.layouts import choose_book, identify

    choice = choose_book(book, table, near)
    books: dict[tuple[str, bool], tuple[Book, list[tuple[str, Source]]]] = {}
    others: list[Finding] = []
    for source in sources:
        if source.frame is None:
            others += source.findings
            continue
        recognised = identify(source, choice)
        if isinstance(recognised, Finding):
            others += [*source.findings, recognised]
            continue
        found, its_table = recognised
        files = books.setdefault((found.name, found.ships), (found, []))[1]
        files.append((its_table.name, source))
    reports = [check_parts(found, files).report for found, files in books.values()]
    return combined([*reports, Report(choice.named, findings.table(others), {})])


def schema(
    table: str | None = None,
    book: str | Path | Book | None = None,
    backend: str = "pandas",
    tables: dict[str, Any] | None = None,
) -> pa.DataFrameSchema:
    """Return a table of a book as a pandera schema: types, codes, bounds, patterns, keys and rules.

    Args:
        table: the table's name in the book; by default its main table, as `events`.
        book: the book, its name or its folder; by default that of the package around the current
            folder, else `eventbook`.
        backend: `pandas`, or `polars` for a schema of pandera.polars.
        tables: the other tables as frames, for keys and rules that refer to them; keys and rules
            within the table itself need none.

    Raises:
        KeyError: the book has no such table.
        ValueError: there is no such backend.
    """
    from ..codebook import load
    from .location import find_book, own_book
    from .schemas.pandera import pandera_schema

    found = (own_book() or load()) if book is None else find_book(book)
    described = found.tables[table] if table else found.main_table
    return pandera_schema(found, described, backend, tables)


def coding_schema(
    book: str | Path | Book | None = None,
    document: str | None = None,
    tables: Iterable[str] | None = None,
) -> dict[str, Any]:
    """Return the JSON Schema of a coding of one document, for programs that write one.

    Args:
        book: the book, its name or its folder; by default that of the package around the current
            folder, else `eventbook`.
        document: the id of the document, if the schema is for that one only.
        tables: the tables that the coding has; all that coders fill if left out.

    Raises:
        InputError: the book has nothing that is coded from documents, or no such table to code.
    """
    from ..codebook import load
    from .location import find_book, own_book
    from .schemas.json_schema import json_schema

    found = (own_book() or load()) if book is None else find_book(book)
    return json_schema(found, document, tables)
