"""From masks of bad rows to findings: file, line, row id, the value as written, what is near it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import polars as pl

from ...codebook import Book, Table
from .. import findings
from ..checks.check import Check
from ..checks.constraints import compile_constraint
from ..findings import KINDS, Finding, Severity
from ..reading import dates
from ..reading.parsing import FORMS, Note, days_of
from ..reading.source import LINE, Source

KEPT_VALUE = 200
"""Characters of a value that a finding shows at most."""

SAYS = {
    "integer": "Not a whole number.",
    "number": "Not a number.",
    "date": "Not a date.",
    "datetime": "Not a date and a time of day.",
    "year": "Not a year of four digits.",
    "boolean": "Neither true nor false.",
    "string": "Not a single value.",
}

MOST_LOOKED_UP = 1_000
"""Different bad values for which the nearest allowed one is looked for."""


def rows_found(
    table: Table,
    frame: pl.DataFrame,
    check: Check,
    source: Source,
    mask: pl.Series,
    messages: pl.Series | None = None,
    meant: Mapping[str, str] | None = None,
) -> pl.DataFrame:
    """Return the findings of one check.

    Args:
        table: the table.
        frame: the rows with the columns that the check needs.
        check: the check.
        source: the same rows as they were written.
        mask: is true for the rows that the check finds.
        messages: what to say about each row, where that is not what the check says.
        meant: what values as written certainly mean, where that is known.

    Returns:
        A frame with the fields of a finding, one row for each row of the mask.
    """
    assert source.frame is not None
    as_written = source.frame if check.column in source.frame.columns else frame
    values = as_text(as_written[check.column].filter(mask))
    nearest = _nearest(values, check.codes)
    if meant is not None:
        nearest = pl.Series([meant.get(value) for value in values], dtype=pl.String)
    others = sorted(check.needs)
    message = pl.lit(check.says if messages is None else messages.filter(mask))
    if len(others) > 1:
        shown = [
            pl.format("{} {}", pl.lit(n), pl.col(n).cast(pl.String).fill_null("(empty)"))
            for n in others
        ]
        message = pl.format(
            "{} Here: {}.", pl.lit(check.says), pl.concat_str(shown, separator=", ")
        )
    key = table.primary_key[0] if table.primary_key else ""
    allowed = pl.lit(check.allowed or None, pl.String)
    if check.follows is not None:
        allowed = check.follows.cast(pl.String)
    fields = {
        "rule": pl.lit(check.id),
        "severity": pl.lit(check.severity),
        "file": pl.lit(source.file),
        "line": pl.col(LINE),
        "column": pl.lit(check.column),
        "row_id": pl.col(key).cast(pl.String) if key in frame.columns else pl.lit(None, pl.String),
        "value": pl.lit(values.str.slice(0, KEPT_VALUE)),
        "message": message,
        "allowed": allowed,
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
    value = as_text(as_written[check.column].filter(mask)).str.slice(0, KEPT_VALUE)
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


def as_text(cells: pl.Series) -> pl.Series:
    """Return cells of any type as text, for people to read."""
    if cells.dtype.is_nested():
        json = pl.struct(pl.col(cells.name).alias("")).struct.json_encode()
        # Without the structure around it.
        text = pl.when(pl.col(cells.name).is_not_null()).then(json.str.slice(4).str.head(-1))
        return cells.to_frame().select(text.alias(cells.name)).to_series()
    if cells.dtype == pl.Binary:
        return cells.bin.encode("hex")
    return cells.cast(pl.String, strict=False)


def unreadable_cells(
    book: Book, table: Table, source: Source, column: str, mask: pl.Series
) -> pl.DataFrame:
    """Return the findings about cells that are no value of their variable's type.

    A day outside the limits of its variable is one of them: it must not reach a file.
    """
    assert source.frame is not None
    variable, codes = table[column], book.code_list(table[column])
    frame = source.frame.filter(mask)
    cells, every = replace(source, frame=frame), pl.repeat(True, frame.height, eager=True)
    if variable.labels and codes is not None:
        labels = tuple(code.label for code in codes.codes)
        says, shown = f"Not a code or label of the list {codes.name}.", ", ".join(labels[:12])
        check = Check("code", "error", column, pl.lit(True), says, frozenset(), shown, labels)
        return rows_found(table, frame, check, cells, every)
    says, shown = SAYS[variable.type], FORMS[variable.type]
    if codes is not None:
        says, shown = f"Not a code of the list {codes.name}.", codes.some_values
    check = Check("type", "error", column, pl.lit(True), says, frozenset(), shown)
    if variable.type != "date":
        messages = None
        if words := table.words_column(column):
            written = as_text(frame[column]).alias("cell").to_frame()
            where = pl.lit(f"{says} Words of the document go into {words}, the number here.")
            has_words = pl.col("cell").str.contains(r"\p{L}")
            messages = written.select(pl.when(has_words).then(where).otherwise(pl.lit(says)))
        return rows_found(
            table, frame, check, cells, every, None if messages is None else messages.to_series()
        )
    days = days_of(frame[column], variable).alias(column).to_frame()
    parts: list[pl.DataFrame] = []
    for constraint in book.constraints(variable):
        if constraint.kind in ("minimum", "maximum"):
            bound = compile_constraint(variable, constraint)
            beyond = days.select(bound.violates.fill_null(False)).to_series()
            parts.append(rows_found(table, frame, bound, cells, beyond))
            every &= ~beyond
    first, last = dates.STORABLE
    stored = Check(
        "type",
        "error",
        column,
        pl.lit(True),
        f"Not a date from {first} to {last}.",
        frozenset(),
        shown,
    )
    beyond = every & days.to_series().is_not_null()
    parts.append(rows_found(table, frame, stored, cells, beyond))
    every &= ~beyond
    likely = dates.looks_like(as_text(frame[column])).alias("likely").to_frame()
    messages = likely.select(
        pl.coalesce(pl.format("Not a date; looks like {}.", "likely"), pl.lit(says))
    ).to_series()
    different = as_text(frame[column].filter(every)).drop_nulls().unique().head(MOST_LOOKED_UP)
    meant = {v: day for v in different if (day := dates.day_meant(variable, v)) is not None}
    return findings.joined([*parts, rows_found(table, frame, check, cells, every, messages, meant)])


def note_findings(notes: Iterable[Note]) -> pl.DataFrame:
    """Return one finding for each column that has cells with another meaning than they say."""
    return findings.table(
        [
            Finding(n.rule, severity, n.file, n.line, n.column, None, n.value, message)
            for n in notes
            for severity, message in [_note_message(n)]
        ]
    )


def _note_message(note: Note) -> tuple[Severity, str]:
    cells = "1 cell says" if note.count == 1 else f"{note.count:,} cells say"
    if note.rule == "missing-word":
        return Severity.note, f"{cells} {note.value} or the like: read as missing."
    if note.rule == "logical":
        return Severity.note, f"{cells} TRUE or FALSE: read as 1 and 0."
    return Severity.warning, (
        f"{cells} {note.value} or the like, which pandas and R read as missing. "
        "If nothing is known, leave the cell empty. Rules that read these cells were not checked."
    )
