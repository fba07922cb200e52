"""From masks of bad rows to findings: file, line, row id, the value as written, what is near it."""

from __future__ import annotations

import polars as pl

from ...codebook import Book, Table
from ..checks.check import Check
from ..findings import KINDS
from ..reading.parsing import FORMS
from ..reading.source import LINE, Source

KEPT_VALUE = 200
"""Characters of a value that a finding shows at most."""

MOST_LOOKED_UP = 1_000
"""Different bad values for which the nearest allowed one is looked for."""


def rows_found(
    table: Table, frame: pl.DataFrame, check: Check, source: Source, mask: pl.Series
) -> pl.DataFrame:
    """Return the findings of one check.

    Args:
        table: the table.
        frame: the rows with the columns that the check needs.
        check: the check.
        source: the same rows as they were written.
        mask: is true for the rows that the check finds.

    Returns:
        A frame with the fields of a finding, one row for each row of the mask.
    """
    assert source.frame is not None
    as_written = source.frame if check.column in source.frame.columns else frame
    values = as_written[check.column].filter(mask).cast(pl.String)
    nearest = _nearest(values, check.codes)
    others = sorted(check.needs)
    message = pl.lit(check.says)
    if len(others) > 1:
        shown = [
            pl.format("{} {}", pl.lit(n), pl.col(n).cast(pl.String).fill_null("(empty)"))
            for n in others
        ]
        message = pl.format(
            "{} Here: {}.", pl.lit(check.says), pl.concat_str(shown, separator=", ")
        )
    key = table.primary_key[0] if table.primary_key else ""
    fields = {
        "rule": pl.lit(check.id),
        "severity": pl.lit(check.severity),
        "file": pl.lit(source.file),
        "line": pl.col(LINE),
        "column": pl.lit(check.column),
        "row_id": pl.col(key).cast(pl.String) if key in frame.columns else pl.lit(None, pl.String),
        "value": pl.lit(values.str.slice(0, KEPT_VALUE)),
        "message": message,
        "allowed": pl.lit(check.allowed or None, pl.String),
        "nearest": pl.lit(nearest),
    }
    read = {name for field in fields.values() for name in field.meta.root_names()}
    # Formatting panics in polars 2.1 where the chunks of the columns do not lie alike.
    rows = frame.select(sorted(read)).filter(mask).rechunk()
    return rows.select(field.alias(name) for name, field in fields.items())


def counted(frame: pl.DataFrame, check: Check, source: Source, mask: pl.Series) -> pl.DataFrame:
    """Return the findings of one check by kind, with their `count`; the arguments of `rows_found`."""
    assert source.frame is not None
    as_written = source.frame if check.column in source.frame.columns else frame
    value = as_written[check.column].filter(mask).cast(pl.String).str.slice(0, KEPT_VALUE)
    rows = value.alias("value").value_counts(name="count")
    kind = {"rule": check.id, "severity": check.severity, "column": check.column}
    texts = (pl.lit(text, pl.String).alias(name) for name, text in kind.items())
    return rows.with_columns(texts).select(*KINDS, pl.col("count").cast(pl.Int64))


def _nearest(values: pl.Series, codes: tuple[str | int, ...]) -> pl.Series:
    """For each value the nearest allowed one, if one is near."""
    from ...codebook.nearest import nearest

    best: dict[str, str | None] = {}
    if codes:
        choices = [str(code) for code in codes]
        for value in values.drop_nulls().unique().head(MOST_LOOKED_UP):
            best[value] = nearest(value, choices)
    return pl.Series([best.get(v) for v in values], dtype=pl.String)


def unreadable_cells(
    book: Book, table: Table, source: Source, column: str, mask: pl.Series
) -> pl.DataFrame:
    """Return the findings about cells that are no value of their variable's type."""
    assert source.frame is not None
    variable = table[column]
    codes = book.code_list(variable)
    if variable.labels and codes is not None:
        labels = tuple(code.label for code in codes.codes)
        says, shown = f"Not a code or label of the list {codes.name}.", ", ".join(labels[:12])
        check = Check("code", "error", column, pl.lit(True), says, frozenset(), shown, labels)
    else:
        says, shown = f"Not a value of type {variable.type}.", FORMS[variable.type]
        check = Check("type", "error", column, pl.lit(True), says, frozenset(), shown)
    return rows_found(table, source.frame, check, source, mask)
