"""The codes of all published tables as one table, to join labels to the codes of any column."""

from __future__ import annotations

import polars as pl

from ...codebook import Book

COLUMNS = ("table", "variable", "code", "label", "definition", "include", "exclude")


def codes_path(book: Book) -> str:
    """Return where the table is published, beside the codebook; empty if the book has no codes."""
    return "codebook/codes.csv" if codes_table(book).height else ""


def codes_table(book: Book) -> pl.DataFrame:
    """Return one row for each code of each coded variable, in the order of the book.

    Codes are text, as the codes of most lists are. Lists of variables are left out: the codebook
    describes these by themselves.
    """
    rows: list[tuple[str, ...]] = []
    for table in book.tables.values():
        for variable in table.variables:
            codes = book.code_list(variable)
            if codes is None or codes.of_variables:
                continue
            rows += [
                (
                    table.name,
                    variable.name,
                    str(c.code),
                    c.label,
                    c.definition,
                    c.include,
                    c.exclude,
                )
                for c in codes.codes
            ]
    frame = pl.DataFrame(rows, schema=dict.fromkeys(COLUMNS, pl.String), orient="row")
    return frame.with_columns(pl.when(pl.col(c) != "").then(pl.col(c)) for c in COLUMNS)
