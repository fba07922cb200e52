"""Codings as JSON: read, their names and ids resolved, checked as a coder's tables are.

A file becomes the same typed tables that a workbook has, so all that is done with a coder's tables
is done with it. Each finding says where in the file it is: the path, and the line.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl

from ...codebook import Book, Table
from ...codebook.coding_form import CODEBOOK, DOCUMENT
from .. import findings
from ..errors import InputError
from ..findings import Report, TableFile
from ..reading.json_places import LARGEST, PlacedObject, placed_json, read_placed
from ..reading.source import LINE, Source
from .coded_workbook import CheckedCoding, check_coded, tables_of
from .json_earlier import filed_and_meant
from .json_located import Located
from .json_resolving import PackageRows, Resolver
from .json_rows import FIRST_LINE, DocumentCoding, JsonRow, document_coding
from .mapping_back import in_varied_words, mapped_back
from .variation import Variation

WORD = re.compile(rb'"(?:' + f"{DOCUMENT}|{CODEBOOK}".encode() + rb')"\s*:')
"""A key that a coding has, and no other JSON that is checked."""
BEGINNING = 1 << 16
"""How many bytes of a large file are looked at."""


def is_coding(path: Path) -> bool:
    """Return whether a file is a coding as JSON: an object that names a document or a codebook.

    What cannot be read whole is one if it looks so; of what is too large, the beginning counts.
    """
    if not path.is_file():
        return False
    large = path.stat().st_size > LARGEST
    try:
        with path.open("rb") as stream:
            data = stream.read(BEGINNING)
            if not data.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{"):
                return False
            data += b"" if large else stream.read()
    except OSError:
        return False
    if not WORD.search(data):
        return False
    if large:
        return True
    try:
        whole = placed_json(data.decode("utf-8"), str(path)).value
    except (InputError, UnicodeDecodeError):
        return True
    return isinstance(whole, PlacedObject) and bool({DOCUMENT, CODEBOOK} & set(whole))


def codings_among(paths: Sequence[Path]) -> tuple[list[Path], list[Path]]:
    """Return those of some paths that are codings as JSON, and the others.

    A folder stands for the codings in it, if it has some and no tables.
    """
    codings, others = list[Path](), list[Path]()
    for path in dict.fromkeys(paths):
        found = [one for one in json_files([path]) or [path] if is_coding(one)]
        codings += found
        others += [] if found else [path]
    return codings, others


def json_files(paths: Sequence[Path]) -> list[Path]:
    """Return the files that must be codings as JSON by their names, if any path is one.

    A folder stands for the files in it, unless it has tables.

    Raises:
        InputError: some paths are others.
    """
    found: dict[Path, list[Path]] = {}
    for path in dict.fromkeys(paths):
        if path.is_dir():
            found[path] = [] if any(path.glob("*.csv")) else sorted(path.glob("*.json"))
        else:
            found[path] = [path] if path.suffix.lower() == ".json" else []
    if any(found.values()) and (others := [path for path, files in found.items() if not files]):
        raise InputError(f"{others[0]}: not a coding as JSON, as the other files are")
    return [file for files in found.values() for file in files]


def check_json(
    paths: Sequence[Path],
    book: Book,
    root: Path,
    coder: str = "",
    documents: Sequence[str] = (),
    variation: Variation | None = None,
) -> CheckedCoding:
    """Check codings as JSON together, each of one document of a package.

    Args:
        paths: the files.
        book: the codebook of the package.
        root: the folder of the package.
        coder: who coded; what they filed before keeps its ids.
        documents: the only documents that count; one is also that of a file that names none.
        variation: the varied book that was followed, whose codes are mapped back; None if it was
            the book itself.

    Raises:
        InputError: a file cannot be read at all, or the book has nothing to code from documents.
    """
    tables = [table.name for table in tables_of(book)]
    codings = [document_coding(book, str(path), read_placed(path)) for path in paths]
    followed = (book.name, *([variation.varied_name] if variation else []))
    resolver = Resolver(book, PackageRows.read(book, root, coder), codings, followed)
    resolver.resolve(documents)
    found = [finding for coding in codings for finding in coding.findings]
    rows = resolver.rows(tables)
    if not resolver.placed:
        files = _files(book, codings)
        report = Report(book, findings.merge([findings.table(found)]), {}, files=files)
        return CheckedCoding(replace(report, for_coder=True), {}, {}, {})
    version = next((c.codebook.partition(" ")[2] for c in codings if c.codebook), "")
    made_for = {"coder": "", "codebook": book.name, "version": version, "tables": " ".join(tables)}
    earlier = filed_and_meant(book, resolver.package, rows)
    sources = [
        replace(
            _source(book.tables[name], [*some, *earlier.get(name, ())], codings[0]),
            made_for=made_for,
        )
        for name, some in rows.items()
    ]
    if variation is not None:
        sources = mapped_back(book, sources, variation)
    checked = check_coded(sources, book, root)
    if earlier:
        checked = _without_earlier(book, checked, rows)
    report = checked.report
    if variation is not None:
        report = in_varied_words(book, report, sources, variation)
    whole = Located(book, rows, {s.file: s.sheet for s in sources}, resolver, found)
    report = replace(
        report,
        findings=findings.merge([findings.table([*found, *whole.findings(report)])]),
        files=_files(book, codings),
        fixes=(),
    )
    return replace(checked, report=report)


def _without_earlier(
    book: Book, checked: CheckedCoding, rows: Mapping[str, Sequence[JsonRow]]
) -> CheckedCoding:
    """Return a checked coding without the rows that were filed before, which come after its own."""
    ends = {name: FIRST_LINE + len(some) for name, some in rows.items()}
    for name, table in book.tables.items():
        if table.derived and table.derived.source in ends:
            ends[name] = ends[table.derived.source]
    found = checked.report.findings
    for name, source in checked.tables.items():
        if name in ends:
            of_earlier = (pl.col("file") == source.file) & (pl.col("line") >= ends[name])
            found = found.filter(~of_earlier.fill_null(False))

    def own(frame: pl.DataFrame, name: str) -> pl.DataFrame:
        known = name in ends and LINE in frame.columns
        return frame.filter(pl.col(LINE) < ends[name]) if known else frame

    def own_source(source: Source, name: str) -> Source:
        return source if source.frame is None else replace(source, frame=own(source.frame, name))

    complete = {name: own(frame, name) for name, frame in checked.complete.items()}
    counted = {n: complete[n].height for n in checked.report.rows if n in complete}
    return CheckedCoding(
        replace(checked.report, findings=found, rows={**checked.report.rows, **counted}),
        {name: own_source(source, name) for name, source in checked.tables.items()},
        {name: own_source(source, name) for name, source in checked.typed.items()},
        complete,
    )


def _files(book: Book, codings: Sequence[DocumentCoding]) -> tuple[TableFile, ...]:
    return tuple(TableFile(coding.place.file, book, "") for coding in codings)


def _source(table: Table, rows: Sequence[JsonRow], first: DocumentCoding) -> Source:
    frame = pl.DataFrame(
        {v.name: [row.cells.get(v.name) for row in rows] for v in table.coded},
        schema={v.name: pl.String for v in table.coded},
    )
    lines = pl.int_range(FIRST_LINE, len(rows) + FIRST_LINE, dtype=pl.Int64, eager=True)
    name = f"{first.place.file}[{table.name}]"
    return Source(name, frame.with_columns(lines.alias(LINE)), sheet=table.name)
