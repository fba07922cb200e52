"""Events under the names of their roles, so that those of two books can be set side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from ...codebook import Book, Table
from ...validation.errors import InputError
from ...validation.types import POLARS

KEY = "id"
NUMBERS = ("low", "best", "high", "dead1", "dead2", "civilians", "unknown")
"""The numbers of dead, by role."""

KINDS = {
    "id": "string",
    "kind": "string",
    "aggregate": "boolean",
    "speech": "boolean",
    "start": "date",
    "end": "date",
    "inferred": "boolean",
    "country": "string",
    "division": "string",
    "place": "string",
    "place_words": "string",
    "latitude": "number",
    "longitude": "number",
    "extent": "string",
    "side1": "string",
    "side2": "string",
    "type": "string",
    "subtype": "string",
    "death_words": "string",
} | dict.fromkeys(NUMBERS, "integer")
"""The columns of events by role, with their types; those that a book does not name are empty."""

TYPES = {**POLARS, "boolean": pl.Boolean()}


@dataclass(frozen=True)
class RoleEvents:
    """The events of a table: `frame` by role, and `rows` as their book has them, row by row.

    `names` has the column of the book for each role that it names.
    """

    book: Book
    table: Table
    frame: pl.DataFrame
    rows: pl.DataFrame
    names: Mapping[str, str]

    def name_of(self, role: str) -> str:
        """Return what the book calls the column of a role; the role itself where it names none."""
        return self.names.get(role, role)


def can_be_compared(table: Table) -> bool:
    """Return whether a table says when and where its rows were."""
    return table.roles.interval is not None and table.roles.point is not None


def by_role(file: str, book: Book, table: Table, rows: pl.DataFrame, ids: pl.Series) -> RoleEvents:
    """Return events by role.

    Args:
        file: where they come from, for the message.
        book: their codebook.
        table: their table.
        rows: the typed rows, with the columns of the book.
        ids: the ids of the rows as the file has them.

    Raises:
        InputError: the book does not say when and where they were.
    """
    if not can_be_compared(table):
        roles = {"interval": table.roles.interval, "point": table.roles.point}
        lacking = " and ".join(name for name, columns in roles.items() if columns is None)
        raise InputError(
            f"{file}: compare needs to know when and where events were; the book {book.name} names "
            f"no columns of {table.name} for the role {lacking}"
        )
    rows = rows.with_columns(ids.cast(pl.String).alias(table.primary_key[0]))
    names = {role: name for role, name in _names(table) if name and name in rows.columns}
    marks = dict(_marks(book, table, rows.columns))
    columns = [
        marks[role]
        if role in marks
        else pl.col(names[role]).cast(TYPES[kind]).alias(role)
        if role in names
        else pl.lit(None, TYPES[kind]).alias(role)
        for role, kind in KINDS.items()
    ]
    frame = rows.select(columns).with_columns(pl.col("end").fill_null(pl.col("start")))
    return RoleEvents(book, table, frame, rows, names)


def _names(table: Table) -> Iterator[tuple[str, str]]:
    """Yield the columns of a table that have a role here."""
    roles = table.roles
    yield KEY, table.primary_key[0]
    yield "kind", roles.kind
    if roles.interval:
        yield "start", roles.interval.start
        yield "end", roles.interval.end
    if roles.place:
        yield "country", roles.place.country
        yield "division", roles.place.division
        yield "place", roles.place.name or roles.place.location
        yield "place_words", roles.place.words
    if roles.point:
        yield "latitude", roles.point.latitude
        yield "longitude", roles.point.longitude
    for number, side in enumerate(roles.sides[:2], 1):
        yield f"side{number}", side.name or side.actor
    if roles.type:
        yield "type", roles.type[0]
        yield "subtype", roles.type[-1]
    if roles.deaths:
        yield "low", roles.deaths.low
        yield "best", roles.deaths.best
        yield "high", roles.deaths.high
        for number, name in enumerate(roles.deaths.sides[:2], 1):
            yield f"dead{number}", name
        yield "civilians", roles.deaths.civilians
        yield "unknown", roles.deaths.unknown
        yield "death_words", roles.deaths.words


def _marks(book: Book, table: Table, columns: list[str]) -> Iterator[tuple[str, pl.Expr]]:
    """Yield what attributes of codes say of the events; empty where the codes have none."""
    roles = table.roles
    for role, name, attribute in (
        ("aggregate", roles.kind, "aggregate"),
        ("speech", roles.type[0] if roles.type else "", "speech"),
        ("inferred", roles.interval.basis if roles.interval else "", "inferred"),
        ("extent", roles.point.precision if roles.point else "", "extent"),
    ):
        kind = TYPES[KINDS[role]]
        codes = book.code_list(table[name]) if name in columns else None
        if codes is None or attribute not in codes.attributes:
            continue
        said = codes.look_up(attribute)
        value = pl.col(name).replace_strict(
            list(said),
            list(said.values()),
            default=None,
            return_dtype=POLARS[codes.type_of(attribute)],
        )
        yield role, value.cast(kind).alias(role)
