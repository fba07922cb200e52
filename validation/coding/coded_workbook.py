"""One coder's tables, in a workbook or a folder: read, their quotes found, checked together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from ...codebook import Book, Table
from ..engines.small import check_sources
from ..errors import InputError
from ..evidence import quotes
from ..evidence.documents import read_documents
from ..evidence.evidence_check import Place
from ..findings import Report, TableFile
from ..location import TABLES
from ..reading.read import read, read_all
from ..reading.source import LINE, ProblemLog, Source
from ..reading.workbooks import PARAGRAPHS, TEXT
from .choices import without_labels
from .filed import Row, rows_of
from .fixes import certain_fixes
from .pairing import coded_documents, shared_tables
from .typed_rows import with_documents


@dataclass(frozen=True)
class CheckedCoding:
    """The report on a coder's tables, and the tables by their names.

    In `tables` the offsets of quotes are filled in; `typed` are the same as the coder typed them.
    `complete` are the rows with their types, what follows and defaults, and the tables that are
    computed from them; `LINE` has the line of each row.
    """

    report: Report
    tables: dict[str, Source]
    typed: dict[str, Source]
    complete: dict[str, pl.DataFrame]


def tables_of(book: Book) -> list[Table]:
    """Return the tables that a coder fills: what is coded from documents, and shared tables.

    Raises:
        InputError: the book has nothing that is coded from documents.
    """
    coded_documents(book)
    shared = shared_tables(book)
    return [
        t
        for t in book.tables.values()
        if not t.derived and (t.name in shared or book.document_key(t))
    ]


def sources_of(path: Path, book: Book) -> list[Source]:
    """Return a coder's tables from a workbook, or from a folder of CSV files.

    Raises:
        InputError: it is neither, or has no table.
    """
    if not path.is_dir():
        sources = [source for source in read_all(path) if source.made_for]
        if not sources:
            raise InputError(
                f"{path}: not a coder's workbook; make one with eventbook workbook, or name a "
                "folder with the tables as CSV"
            )
        return sources
    names = [table.name for table in tables_of(book)]
    made_for = {"coder": "", "codebook": book.name, "tables": " ".join(names)}
    files = [file for name in names if (file := path / f"{name}.csv").is_file()]
    if not files:
        raise InputError(f"{path}: a folder without tables; expected {', '.join(names)} as CSV")
    return [replace(read(file), made_for=made_for) for file in files]


def table_name(source: Source) -> str:
    """Return the table that a source holds, by the name of its sheet or file."""
    return source.sheet or Path(source.file).stem


def check_coded(sources: Sequence[Source], book: Book, root: Path | None = None) -> CheckedCoding:
    """Check one coder's tables together.

    Where the package is known, so are its documents: offsets of quotes that are empty are filled
    in, and evidence is checked.

    Args:
        sources: the tables as read.
        book: the book that they were made with.
        root: the folder of the package that is coded for.
    """
    expected = next(s.made_for for s in sources if s.made_for)["tables"].split()
    page = next((s for s in sources if s.sheet == TEXT and TEXT not in expected), None)
    tables = {n: s for s in sources if s is not page and (n := table_name(s)) in book.tables}
    typed_tables = tables
    log = ProblemLog(sources[0].file.split("[")[0])
    for name in expected:
        if name not in tables:
            log.problem("missing-table", f"The table {name} is missing.")
    typed = book.typed_quotes.name if book.typed_quotes else ""
    if not {typed, book.evidence.documents} <= set(tables):
        root = None
    tables = with_places(book, without_labels(book, tables), root)
    tombstones = _tombstones(book, root)
    places = _paragraphs(page)
    checked = check_sources(book, {**tables, **tombstones}, root, log.findings, paragraphs=places)
    # What they point to is in the package, and here under the coder's own ids.
    others = pl.col("file").is_in([source.file for source in tombstones.values()])
    report = replace(
        checked.report,
        findings=checked.report.findings.filter(~others),
        for_coder=True,
        pages=()
        if page is None
        else (TableFile(page.file, book, "", columns=PARAGRAPHS, sheet=TEXT),),
    )
    report = _without_echoes(without_offsets(report, tables, book))
    fixes = tuple(certain_fixes(book, typed_tables, report, root))
    return CheckedCoding(replace(report, fixes=fixes), tables, typed_tables, checked.tables)


def _paragraphs(page: Source | None) -> dict[tuple[str, int], Place]:
    """Return where the paragraphs of documents are on the sheet of texts: the first row of each."""
    found: dict[tuple[str, int], Place] = {}
    if page is None or page.frame is None or not {*PARAGRAPHS} <= {*page.columns}:
        return found
    for document, number, line in page.frame.select(*PARAGRAPHS[:2], LINE).iter_rows():
        if document and number and number.isdecimal():
            place = document, int(number)
            found.setdefault(place, Place(page.file, line, PARAGRAPHS[-1]))
    return found


def with_places(book: Book, tables: Mapping[str, Source], root: Path | None) -> dict[str, Source]:
    """Return typed tables with what a program fills in: documents, and where quotes are in them.

    Args:
        book: the codebook.
        tables: the tables as read, by their names.
        root: the package that has the documents; None if it is not known.
    """
    filled = with_documents(book, tables)
    typed = book.typed_quotes
    if root is not None and typed is not None and typed.name in filled:
        documents = _to_search(book, filled[typed.name], filled.get(book.evidence.documents))
        if documents is None or documents.frame is None or documents.frame.height:
            texts = read_documents(root, book, documents)
            filled[typed.name], _ = quotes.fill(book, filled[typed.name], texts)
    return filled


def _to_search(book: Book, typed: Source, documents: Source | None) -> Source | None:
    """Return the documents with quotes whose places nobody typed."""
    columns, key = book.evidence.quote, book.evidence.document_id
    offsets = [*quotes.filled_columns(columns).values()]
    rows, known = typed.frame, documents and documents.frame
    if rows is None or known is None or documents is None or key not in known.columns:
        return documents
    if not {columns.document, columns.words, *offsets} <= set(rows.columns):
        return documents
    is_open = pl.any_horizontal(pl.col(offsets).cast(pl.String).fill_null("") == "")
    there = pl.col(columns.words).cast(pl.String).fill_null("") != ""
    ids = rows.filter(is_open & there)[columns.document].unique()
    return replace(documents, frame=known.filter(pl.col(key).is_in(ids.implode())))


def _tombstones(book: Book, root: Path | None) -> dict[str, Source]:
    """Return the tables of a package with withdrawn ids, which no coder has and nobody may use."""
    if root is None:
        return {}
    names = {k.table for t in book.tables.values() for k in t.foreign_keys if k.absent}
    files = {name: root / TABLES / f"{name}.csv" for name in names}
    return {n: read(path, f"{TABLES}/{n}.csv") for n, path in files.items() if path.is_file()}


def without_offsets(report: Report, tables: Mapping[str, Source], book: Book) -> Report:
    """Return a report that asks no coder for offsets: a quote has a finding of its own."""
    typed = book.typed_quotes.name if book.typed_quotes else ""
    file = tables[typed].file if typed in tables else ""
    asks = (
        (pl.col("rule") == "required")
        & (pl.col("file") == file)
        & pl.col("column").is_in(list(quotes.filled_columns(book.evidence.quote).values()))
    )
    return replace(report, findings=report.findings.filter(~asks))


def _without_echoes(report: Report) -> Report:
    """Return a report that blames a blank around an id at the id, not where others point to it."""
    same = pl.col("nearest").str.strip_chars() == pl.col("value")
    echo = (pl.col("rule") == "foreign-key") & same & (pl.col("nearest") != pl.col("value"))
    return replace(report, findings=report.findings.filter(~echo.fill_null(False)))


def rows_by_table(tables: Mapping[str, Source]) -> dict[str, list[Row]]:
    """Return the rows of tables that could be read, cells as text."""
    return {name: rows_of(source) for name, source in tables.items() if source.frame is not None}
