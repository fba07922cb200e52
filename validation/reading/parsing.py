"""Convert cells to typed values, as the book defines them; a cell that is no value is a finding.

The usual form of a column is one expression over all rows. The other forms are tried only on cells
that have no value in the usual form.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

import polars as pl

from ...codebook import Book, CodeList, Table, Variable
from ..types import POLARS
from . import dates
from .source import LINE, Source

FORMS = {
    "string": "one text, no list and no group of values",
    "integer": "a whole number, digits only",
    "number": "a number, with a point for decimals",
    "date": "a day as YYYY-MM-DD",
    "datetime": "a date and time as YYYY-MM-DDTHH:MM:SSZ",
    "year": "a year as YYYY",
    "boolean": "true or false",
}

MISSING_WORDS = (
    *("NA", "N/A", "n/a", "#N/A", "#NA", "#N/A N/A", "<NA>", "NaT"),
    *("NaN", "-NaN", "nan", "-nan", "NULL", "null", "None"),
)
"""Words that R, pandas and other programs write and read as a missing value."""

LOGICAL = {
    **dict.fromkeys(("TRUE", "True", "true"), 1),
    **dict.fromkeys(("FALSE", "False", "false"), 0),
}


DIGITS = {"1": 1, "0": 0}
YEARS = 1000, 9999
"""The years of four digits."""

NOTES = ("missing-word", "logical", "looks-missing")
"""The ids of notes."""


@dataclass(frozen=True)
class Note:
    """Cells of a column with a hidden meaning, or that other programs read differently.

    `rule` is the id of the note; file, line and value are those of the first of `count` cells.
    """

    rule: str
    file: str
    line: int | None
    column: str
    value: str
    count: int


@dataclass(frozen=True)
class Parsed:
    """The typed columns of a source that are in its table, and the column of line numbers.

    `unreadable` marks, for each column that has such cells, those that are no value of its type;
    they are missing in `frame`. `doubtful` marks cells that may mean something else; they are in
    `frame` unchanged.
    """

    frame: pl.DataFrame
    unreadable: dict[str, pl.Series]
    doubtful: dict[str, pl.Series] = field(default_factory=dict[str, pl.Series])
    notes: tuple[Note, ...] = ()


def merged(notes: Iterable[Note]) -> list[Note]:
    """Return one note for each rule and column: the first, with the count of all."""
    first: dict[tuple[str, str], Note] = {}
    for note in notes:
        key = note.rule, note.column
        count = note.count + (first[key].count if key in first else 0)
        first[key] = replace(first.get(key, note), count=count)
    return list(first.values())


def usual_forms(table: Table, kinds: Mapping[str, pl.DataType]) -> list[pl.Expr]:
    """Return the columns that the table knows, each value read in its usual form.

    Args:
        table: says what the columns are.
        kinds: the columns of the frame as read, and their types.
    """
    return [_usual(table[name], kind).alias(name) for name, kind in kinds.items() if name in table]


def parse(source: Source, table: Table, book: Book, forms: list[pl.Expr] | None = None) -> Parsed:
    """Return the typed columns of a source.

    Args:
        source: the rows.
        table: says what the columns are.
        book: has the codes.
        forms: the `usual_forms` of its columns, if they were compiled before.
    """
    assert source.frame is not None
    frame, kinds = source.frame, source.frame.schema
    typed = frame.select(LINE, *(usual_forms(table, kinds) if forms is None else forms))
    empty = frame.null_count().row(0, named=True)
    unreadable: dict[str, pl.Series] = {}
    doubtful: dict[str, pl.Series] = {}
    notes: list[Note] = []

    def note(rule: str, cells: pl.Series, hits: pl.Series, lines: pl.Series) -> None:
        if hits.any():
            first = hits.arg_true()[0]
            value = cells.slice(first, 1).cast(pl.String).item()
            count = int(hits.sum())
            notes.append(Note(rule, source.file, lines[first], cells.name, value, count))

    for name, missing in typed.null_count().row(0, named=True).items():
        if missing == empty[name]:
            continue
        at = (typed[name].is_null() & frame[name].is_not_null()).arg_true()
        cells, lines = frame[name].gather(at), frame[LINE].gather(at)
        again = _read_again(table[name], book.code_list(table[name]), cells)
        typed = typed.with_columns(typed[name].scatter(at, again["value"]))
        note("logical", cells, again["logical"], lines)
        note("missing-word", cells, again["missing-word"], lines)
        lost = at.filter(again["value"].is_null() & ~again["missing"] & ~again["missing-word"])
        if len(lost):
            unreadable[name] = pl.repeat(False, typed.height, eager=True).scatter(lost, True)
    for name, mask in source.nested.items():
        if name in typed.columns:
            typed = typed.with_columns(pl.when(~mask).then(pl.col(name)).alias(name))
            unreadable[name] = unreadable.get(name, mask) | mask
    texts = [n for n in typed.columns if n in table and table[n].type == "string"]
    used = typed.select(pl.col(texts).is_in(MISSING_WORDS).any()).row(0) if texts else ()
    for name in (name for name, any_ in zip(texts, used, strict=True) if any_):
        words, certain = _words(table, table[name], book.code_list(table[name]))
        hits = typed[name].is_in(words).fill_null(False)
        if not hits.any():
            continue
        gone = typed[name].is_in(certain).fill_null(False)
        note("missing-word", typed[name], gone, frame[LINE])
        note("looks-missing", typed[name], hits & ~gone, frame[LINE])
        if (hits & ~gone).any():
            doubtful[name] = hits & ~gone
        typed = typed.with_columns(pl.when(~gone).then(pl.col(name)).alias(name))
    return Parsed(typed, unreadable, doubtful, tuple(notes))


def _usual(variable: Variable, kind: pl.DataType) -> pl.Expr:
    """A column as values of the variable's type in their usual form; null where a cell has another."""
    cell = _present(pl.col(variable.name), variable, kind)
    return USUAL[variable.type](cell, variable, kind)


def _present(cell: pl.Expr, variable: Variable, kind: pl.DataType) -> pl.Expr:
    """Return cells, null if they are one of the variable's codes for a missing value."""
    codes = [value for value in variable.missing_values if value]
    if not codes or not (kind == pl.String or kind.is_numeric()):
        return cell
    missing = pl.Series(codes).cast(kind, strict=False).drop_nulls()
    return pl.when(~cell.is_in(missing.implode())).then(cell)


def _day(cell: pl.Expr, variable: Variable, kind: pl.DataType) -> pl.Expr:
    if kind == pl.Date:
        return cell
    if kind == pl.String:
        return dates.usual(cell, variable)
    if isinstance(kind, pl.Datetime):
        return _at_midnight(cell)
    return pl.lit(None, pl.Date)


def days_of(cells: pl.Series, variable: Variable) -> pl.Series:
    """Return cells of any type as days in any form, whatever the limits of the variable."""
    if cells.dtype == pl.String:
        return dates.any_form(cells, variable)
    return cells.to_frame().select(_day(pl.col(cells.name), variable, cells.dtype)).to_series()


def _at_midnight(cell: pl.Expr) -> pl.Expr:
    """Return the local days of times, null for a time that is not midnight."""
    local = cell.dt.replace_time_zone(None)
    return pl.when(local.dt.truncate("1d") == local).then(local.dt.date())


def _day_within(cell: pl.Expr, variable: Variable, kind: pl.DataType) -> pl.Expr:
    return dates.within(_day(cell, variable, kind), variable)


def _moment(cell: pl.Expr, variable: Variable, kind: pl.DataType) -> pl.Expr:
    """Dates with their times of day, in UTC."""
    if kind == pl.String:
        return dates.usual_moment(cell)
    if isinstance(kind, pl.Datetime):
        utc = cell.dt.replace_time_zone("UTC") if kind.time_zone is None else cell
        return utc.dt.convert_time_zone("UTC").dt.cast_time_unit("us")
    return pl.lit(None, POLARS["datetime"])


def _year(cell: pl.Expr, variable: Variable, kind: pl.DataType) -> pl.Expr:
    """Whole numbers of four digits."""
    year = _number(cell, variable, kind)
    return pl.when(year.is_between(*YEARS)).then(year)


def _boolean(cell: pl.Expr, variable: Variable, kind: pl.DataType) -> pl.Expr:
    if kind == pl.Boolean:
        return cell
    if kind.is_numeric():
        return cell.cast(pl.Float64, strict=False).replace_strict(
            {1.0: True, 0.0: False}, default=None, return_dtype=pl.Boolean
        )
    if kind == pl.String:
        words = {word: bool(number) for word, number in LOGICAL.items()}
        return cell.replace_strict(words, default=None, return_dtype=pl.Boolean)
    return pl.lit(None, pl.Boolean)


def _text(cell: pl.Expr, variable: Variable, kind: pl.DataType) -> pl.Expr:
    if kind == pl.String:
        return cell
    if kind.is_float() or kind.is_decimal():
        return pl.coalesce(_whole(cell).cast(pl.String), cell.cast(pl.String))
    if isinstance(kind, pl.Datetime):
        return pl.coalesce(_at_midnight(cell).cast(pl.String), cell.dt.to_string("iso"))
    if kind.is_numeric() or kind in (pl.Date, pl.Time, pl.Boolean, pl.Null):
        return cell.cast(pl.String, strict=False)
    return pl.lit(None, pl.String)


def _number(cell: pl.Expr, variable: Variable, kind: pl.DataType) -> pl.Expr:
    whole = variable.type != "number"
    if not (kind == pl.String or kind.is_numeric() or kind == pl.Null):
        return pl.lit(None, POLARS[variable.type])
    if whole and (kind.is_float() or kind.is_decimal()):
        return _whole(cell)
    number = cell.cast(POLARS[variable.type], strict=False)
    # No position and no count is infinite; CSV spells that in letters.
    return number if whole else pl.when(number.is_finite()).then(number)


USUAL: dict[str, Callable[[pl.Expr, Variable, pl.DataType], pl.Expr]] = {
    "string": _text,
    "integer": _number,
    "number": _number,
    "date": _day_within,
    "datetime": _moment,
    "year": _year,
    "boolean": _boolean,
}
"""For each type of a variable, its values in their usual form; null where a cell has another."""


def _whole(cell: pl.Expr) -> pl.Expr:
    """Return whole numbers as integers, null for others, which a cast would truncate."""
    whole = cell.cast(pl.Int64, strict=False)
    return pl.when(whole == cell).then(whole)


def _read_again(variable: Variable, codes: CodeList | None, cells: pl.Series) -> pl.DataFrame:
    """Read cells that have no value in the usual form in all forms.

    Returns:
        A row a cell: `value`, null if it has none; and whether the cell is `missing` in a way of
        the variable's own, is a `missing-word`, and was read as `logical`.
    """
    kind, cell = cells.dtype, pl.col("cell")
    frame = cells.alias("cell").to_frame()
    read = pl.repeat(None, len(cells), dtype=POLARS[variable.type], eager=True)
    logical = pl.lit(None, POLARS[variable.type])
    word = pl.lit(False)
    if kind == pl.String:
        frame = frame.with_columns(_normal(cell, variable))
        read = _other_form(frame["cell"], variable, codes)
        word = cell.is_in(MISSING_WORDS)
    frame, value = frame.with_columns(read.alias("read")), pl.col("read")
    if _is_logical(variable, codes):
        if kind == pl.Boolean:
            logical = cell.cast(pl.Int64)
        elif kind == pl.String:
            logical = cell.replace_strict(LOGICAL, default=None, return_dtype=pl.Int64)
    missing = _present(cell, variable, kind).is_null()
    return frame.select(
        pl.coalesce(value, logical).alias("value"),
        missing.alias("missing"),
        (word & value.is_null() & ~missing).alias("missing-word"),
        (logical.is_not_null() & value.is_null()).alias("logical"),
    )


def _normal(cell: pl.Expr, variable: Variable) -> pl.Expr:
    """Text as the usual form has it, where programs write it in another way."""
    if variable.type in ("integer", "year", "boolean"):
        # One zero, as pandas writes it, is cut off: replacing takes far longer than looking.
        one_zero = cell.str.contains(r"^[+-]?\d+\.0$")
        others = pl.when(~one_zero).then(cell).str.replace(r"^([+-]?\d+)\.0+$", "$1")
        cell = pl.coalesce(others, cell.str.strip_suffix(".0"))
    # Labels are spelled with a hyphen or a dash, by the same publisher.
    return cell.str.replace_all("\u2013", "-", literal=True) if variable.labels else cell


def _other_form(cells: pl.Series, variable: Variable, codes: CodeList | None) -> pl.Series:
    """Text in any form of the variable as values; null where it has another."""
    if variable.type == "date":
        days = dates.any_form(cells, variable)
        return days.to_frame().select(dates.within(pl.col(days.name), variable)).to_series()
    return cells.to_frame().select(_other_value(pl.col(cells.name), variable, codes)).to_series()


def _other_value(cell: pl.Expr, variable: Variable, codes: CodeList | None) -> pl.Expr:
    """The same for a variable that is no day."""
    if variable.type == "datetime":
        return dates.any_moment(cell)
    if variable.type == "boolean":
        words = {word: bool(number) for word, number in (LOGICAL | DIGITS).items()}
        return cell.replace_strict(words, default=None, return_dtype=pl.Boolean)
    if variable.type == "year":
        return _year(_present(cell, variable, pl.String()), variable, pl.String())
    value = _number(_present(cell, variable, pl.String()), variable, pl.String())
    if not variable.labels or codes is None:
        return value
    labels = {code.label: code.code for code in codes.codes}
    return pl.coalesce(cell.replace_strict(labels, default=None, return_dtype=pl.Int64), value)


def _is_logical(variable: Variable, codes: CodeList | None) -> bool:
    """Whether a variable is a number that can only be 0 or 1."""
    if variable.type != "integer":
        return False
    allowed = set(codes.values) if codes else {variable.minimum, variable.maximum}
    return allowed == {0, 1}


def _words(table: Table, variable: Variable, codes: CodeList | None) -> tuple[list[str], list[str]]:
    """The words for a missing value that a text is not likely to be, and those that it cannot be."""
    words = [word for word in MISSING_WORDS if codes is None or word not in codes.values]
    if codes is not None or table.key_of(variable.name) is not None:
        return words, words
    form = re.compile(variable.unanchored_pattern) if variable.pattern else None
    return words, [] if form is None else [word for word in words if not form.fullmatch(word)]
