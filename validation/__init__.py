"""Whether the data are right: from a codebook to checks, schemas, findings and reports.

`check` tells what is wrong, row by row. `schema` is the same book as a pandera schema.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd
    import pandera.pandas as pa
    import polars as pl

    from ..codebook import Book
    from .findings import Report

__all__ = ["check", "check_files", "schema"]


def check(
    data: str | Path | pd.DataFrame | pl.DataFrame,
    table: str | None = None,
    book: str | Path | None = None,
) -> Report:
    """Check one table: a file (CSV, gzipped CSV, Parquet), or a pandas or polars frame.

    Args:
        data: a path or a frame.
        table: its name in the book; recognised from the columns if left out.
        book: the name or folder of the codebook; recognised from the columns if left out.

    Returns:
        The report: iterate over it for findings, `report.findings` is a polars frame of them.

    Raises:
        InputError: the file cannot be had at all.
        BookError: there is no such book.
    """
    if isinstance(data, str | Path):
        return check_files([Path(data)], book, table)
    import polars as pl

    from .reading import LINE, Source

    frame = data if isinstance(data, pl.DataFrame) else pl.from_pandas(data)
    frame = frame.with_columns(pl.col(pl.Categorical, pl.Enum).cast(pl.String))
    frame = frame.with_columns(pl.col(pl.Datetime).cast(pl.Date))
    lines = pl.int_range(1, frame.height + 1, dtype=pl.Int64, eager=True).alias(LINE)
    return _check([Source("frame", frame.with_columns(lines), typed=True)], book, table)


def check_files(
    paths: list[Path], book: str | Path | None = None, table: str | None = None
) -> Report:
    """Check files together: keys between them are followed.

    Args:
        paths: the files, each a table of one and the same book.
        book: the name or folder of the codebook; recognised from the columns if left out.
        table: the table that the files are; recognised from the columns if left out.
    """
    from .reading import read

    return _check([read(path) for path in paths], book, table)


def _check(sources: list[Any], book: str | Path | None, table: str | None) -> Report:
    from ..codebook import load
    from . import findings
    from .checking import check_sources, expected_columns, recognise
    from .findings import Report
    from .reading import InputError

    named: Book | None = load(book) if book is not None else None
    if named is not None and table is not None and table not in named.tables:
        raise InputError(
            f"{table}: the book {named.name} has no such table; it has {', '.join(named.tables)}"
        )
    chosen, parts = {}, []
    for source in sources:
        if source.frame is None:
            parts.append(findings.table(source.findings))
            continue
        found, fits, score = recognise(source.columns, [book] if book is not None else None)  # type: ignore[list-item]
        if table is not None:
            found = named or load()
            fits, score = found.tables[table], 1.0
        named = named or found
        if score < 0.5:
            expected = expected_columns(fits, source.columns)
            missing = ", ".join(n for n in expected if n not in source.columns)
            unknown = ", ".join(n for n in source.columns if n not in expected)
            source.problem(
                "unrecognised",
                f"No book has a table with these columns. The nearest is {fits.name} of "
                f"{found.name}; it also has: {missing or 'nothing'}; it has not: "
                f"{unknown or 'nothing'}.",
                1,
            )
            parts.append(findings.table(source.findings))
        elif fits.name in chosen:
            source.problem("two-files", f"Another file is the table {fits.name} already.", 1)
            parts.append(findings.table(source.findings))
        else:
            chosen[fits.name] = source
    if not chosen:
        return Report(named.name if named else "", findings.merge(parts), {})
    assert named is not None
    report = check_sources(named, chosen).report
    return Report(
        report.book, findings.merge([report.findings, *parts]), report.rows, report.seconds,
        report.unchecked,
    )  # fmt: skip


def schema(
    table: str = "events",
    book: str | Path | Book = "eventbook",
    backend: str = "pandas",
    tables: dict[str, Any] | None = None,
) -> pa.DataFrameSchema:
    """A table of a book as a pandera schema: types, codes, bounds, patterns, keys and every rule.

    Args:
        table: the table's name in the book.
        book: the book, its name or its folder.
        backend: `pandas`, or `polars` for a schema of pandera.polars.
        tables: the other tables as frames, for the keys and rules that look into them; keys and
            rules that only look into the table itself need none.

    Raises:
        KeyError: the book has no such table.
        ValueError: there is no such backend.
    """
    from ..codebook import Book, load
    from .derive import pandera_schema

    found = book if isinstance(book, Book) else load(book)
    return pandera_schema(found, found.tables[table], backend, tables)
