"""Converting events by the crosswalks, with an account of all that could not be carried.

Every layout is led to our own book first and from there to the other, so that a layout needs two
crosswalks and not one for each other layout.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import polars as pl

from ...codebook import HUB, Book, Crosswalk, Table, crosswalk, load
from ...codebook.crosswalks import MADE, Row
from ...codebook.reading import typed as typed_code
from ...validation.checks.derived import derivation_steps, run
from ...validation.errors import InputError
from ...validation.types import POLARS
from .division import divide as divided
from .known_table import RecognisedTable
from .losses import Loss

FIRST = 5
"""How many ids a loss shows."""


@dataclass(frozen=True)
class Converted:
    """Rows in another layout, and what was lost on the way."""

    book: Book
    table: Table
    frame: pl.DataFrame
    losses: list[Loss]


def convert_events(known: RecognisedTable, to: str, divide: bool = False) -> Converted:
    """Events in the layout of another book.

    Args:
        known: a file as read.
        to: the name of the book; the same book gives the same rows.
        divide: divide totals over their days as ACLED does; for ACLED only.

    Raises:
        InputError: the file holds no events, or division is asked for another book than ACLED.
        BookError: no crosswalk leads there.
    """
    if divide and to != "acled":
        raise InputError("--divide is ACLED's way with totals: it needs --to acled")
    if known.table.name != "events":
        raise InputError(f"{known.file}: convert takes events; these are {known.table.name}")
    load(to)
    book, frame = known.book, known.frame
    losses = [
        Loss("reading", "value", name, "", "", "", "none", rows, "", "no value of its type")
        for name, rows in known.unread.items()
    ]
    losses += [
        Loss(
            "reading",
            "variable",
            name,
            "",
            "",
            "",
            "none",
            frame.height,
            "",
            "no column of the book",
        )
        for name in known.unknown
    ]
    if book.name == HUB and to != HUB:
        _needs_names(known)
    way = [to] if HUB in (book.name, to) else [HUB, to]
    for step in way if to != book.name else []:
        if divide and step == "acled":
            frame, more = divided(book.tables["events"], frame)
            losses += more
        walk = crosswalk(book.name, step)
        frame, more = translate(frame, walk)
        losses += more
        book = load(step)
    table = book.tables[known.table.name]
    return Converted(book, table, in_layout(book, known, frame), losses)


def _needs_names(known: RecognisedTable) -> None:
    """Our own table must be the published one, whose names and coordinates are joined in."""
    missing = [
        n for n in ("actor1", "inter1_code", "latitude", "days") if n not in known.frame.columns
    ]
    if missing:
        raise InputError(
            f"{known.file}: convert takes the published table, which has {', '.join(missing)} too: "
            "dataset/events.csv or dataset/events.parquet; run eventbook publish to write them"
        )


def in_layout(book: Book, known: RecognisedTable, frame: pl.DataFrame) -> pl.DataFrame:
    """The columns that files of a book have, in its order; the same book keeps what it had.

    Our own published table has its derived columns; other layouts have the coded ones only.
    """
    table = book.tables["events"]
    if book.name == known.book.name:
        return frame.select(n for n in table.names if n in frame.columns)
    names = table.names if book.name == HUB else [n for n in table.names if n in table.layout]
    return frame.select(names)


def translate(frame: pl.DataFrame, walk: Crosswalk) -> tuple[pl.DataFrame, list[Loss]]:
    """Rows of one book in the layout of another, by a crosswalk between the two.

    Returns:
        The typed rows, with what the target's book derives from them; and the losses.
    """
    assert walk.target is not None
    here, there = walk.source.tables["events"], walk.target.tables["events"]
    frame = _completed(walk.source, here, frame)
    key = pl.col(here.primary_key[0]).cast(pl.String)
    step = f"{walk.source.name} to {walk.target.name}"
    losses: list[Loss] = []

    def lose(kind: str, row: Row, mask: pl.Expr, code: str | None = None, note: str = "") -> None:
        ids = frame.filter(mask.fill_null(False)).select(key).to_series()
        if ids.len():
            first = "; ".join(ids.head(FIRST).fill_null("(no id)"))
            said = row.code if code is None else code
            losses.append(
                Loss(step, kind, "" if kind == "row" else row.variable, said, row.target,
                     row.target_code, row.match, ids.len(), first, note or row.note)
            )  # fmt: skip

    masks = {row: pl.sql_expr(walk.sql(row)).fill_null(False) for row in walk.excluded}
    for row, mask in masks.items():
        lose("row", row, mask)
    if masks:
        frame = frame.filter(~pl.any_horizontal(*masks.values()))
    for target, row in walk.makers.items():
        value = _value(walk, row, here, there).cast(POLARS[there[target].type], strict=False)
        frame = frame.with_columns(value.alias(MADE + target))
        if row.variable and (row.match == "exact" or not row.sql):
            _unmapped(frame, walk, row, lose)
    for row in walk.rows:
        if row.match == "exact" or row in masks:
            continue
        if row.code:
            lose("code", row, pl.col(row.variable) == typed_code(row.code, here[row.variable].type))
        elif not row.variable:
            lose("target", row, key.is_null() | True)
        elif not walk.coded(row):
            told = pl.col(row.variable).is_not_null()
            if walk.makers.get(row.target) is row:
                # Also where the value is made of something else, for want of this one.
                told = told | pl.col(MADE + row.target).is_not_null()
            lose("variable", row, told)
    made = frame.select(pl.col(MADE + name).alias(name) for name in walk.makers)
    return _completed(walk.target, there, made), losses


def _completed(book: Book, table: Table, frame: pl.DataFrame) -> pl.DataFrame:
    """A frame with all columns of a table: derived where that can be done, else empty."""

    def with_empty(found: pl.DataFrame, derived: bool) -> pl.DataFrame:
        missing = [v for v in table.variables if v.name not in found.columns]
        return found.with_columns(
            pl.lit(None, POLARS[v.type]).alias(v.name)
            for v in missing
            if derived or v.derived is None
        )

    coded = with_empty(frame, False)
    return with_empty(run(derivation_steps(book, table, coded.columns, {}), coded), True)


def _unmapped(frame: pl.DataFrame, walk: Crosswalk, row: Row, lose) -> None:  # type: ignore[no-untyped-def]
    """Values that are there and have none in the target, though the crosswalk does not say so."""
    said = walk.codes(row.variable, row.target)
    here = walk.source.tables["events"][row.variable]
    empty = pl.col(row.variable).is_not_null() & pl.col(MADE + row.target).is_null()
    values = frame.filter(empty)[row.variable].unique().sort()
    for value in values:
        if str(value) not in said:
            mask = empty & (pl.col(row.variable) == typed_code(str(value), here.type))
            lose("value", row, mask, str(value), "no equivalent is known")


def _value(walk: Crosswalk, row: Row, here: Table, there: Table) -> pl.Expr:
    """The expression that makes a target's value."""
    if slugged := re.fullmatch(r"SLUG\((\w+)\)", row.sql):
        return slug(pl.col(slugged.group(1)))
    if row.sql:
        value = pl.sql_expr(walk.sql(row))
    else:
        value = pl.col(row.variable)
        codes = walk.target.code_list(there[row.target]) if walk.target else None
        if codes is not None and here[row.variable].type == codes.type:
            value = pl.when(value.is_in(list(codes.values))).then(value)
    if not row.variable or not walk.coded(row):
        return value
    mapped = walk.codes(row.variable, row.target)
    kinds = here[row.variable].type, there[row.target].type
    pairs = {
        typed_code(c, kinds[0]): typed_code(r.target_code, kinds[1]) for c, r in mapped.items()
    }
    default = value if row.sql or walk.same_codes(row) else None
    return pl.col(row.variable).replace_strict(
        list(pairs), list(pairs.values()), default=default, return_dtype=POLARS[kinds[1]]
    )


def slug(text: pl.Expr) -> pl.Expr:
    """An id made of a name: letters and digits of ASCII in lower case, hyphens between."""
    plain = text.str.normalize("NFKD").str.replace_all(r"\p{M}", "").str.to_lowercase()
    found = plain.str.replace_all("[^a-z0-9]+", "-").str.strip_chars("-")
    return pl.when(found != "").then(found)
