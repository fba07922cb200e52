"""What a page shows of a table: the columns by their roles, the parts that those allow, filters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

import polars as pl

from ...codebook import Book, Code, CodeList, Table, Variable
from ...codebook.pages import anchor
from ...codebook.roles import Roles, SideColumns
from ..tables.geojson import EXACT
from .palette import Palette, palette

LISTED = 6
"""How many of the first columns the list of rows shows, where the book features none."""
NO_NAMES = ("row", "rows")
"""What a row is called, and what several are, where the book does not say."""


@dataclass(frozen=True)
class Parts:
    """The parts of a page besides the list, the details and the codebook: whether it has each."""

    timeline: bool
    map: bool
    fatalities: bool
    actors: bool
    claims: bool
    words: bool

    @classmethod
    def of(cls, book: Book, table: Table) -> Parts:
        """Return the parts that the roles of a table, and the other tables of its book, allow."""
        roles = table.roles
        return cls(
            timeline=roles.interval is not None,
            map=roles.point is not None,
            fatalities=roles.deaths is not None,
            actors=len(roles.sides) > 1,
            claims=claims_about(book, table) is not None,
            words=table.name in book.owner_keys,
        )

    def missing(self) -> str:
        """Return the parts that a page does not have, in words; empty if it has all."""
        return ", ".join(f.name for f in fields(self) if not getattr(self, f.name))


@dataclass(frozen=True)
class Layout:
    """What a page knows of its table from the codebook.

    `columns` are those of the rows, in the order in which they are published. `heads` are the
    columns that name a row in the list, `others` those that it shows besides the ones with a role.
    `filters` are coded variables that the page filters by, `more_filters` those that it offers on
    demand. `totals` and `exact` are codes, and `exact` is None where the book does not say how
    exact points are; `extents` says what each code of a point stands for. `status` is the column
    that says how the document speaks of deaths.
    """

    table: str
    title: str
    one: str
    several: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    roles: Roles
    parts: Parts
    heads: tuple[str, ...]
    others: tuple[str, ...]
    filters: tuple[str, ...]
    more_filters: tuple[str, ...]
    variables: Mapping[str, Mapping[str, Any]]
    palette: Palette
    totals: tuple[str, ...]
    exact: tuple[str, ...] | None
    extents: Mapping[str, str]
    status: str

    def counted(self, number: int) -> str:
        """Return a number of rows in words."""
        return f"{number:,} {self.one if number == 1 else self.several}"


def layout_of(book: Book, table: Table, rows: pl.DataFrame) -> Layout:
    """Return what a page shows of a table.

    Args:
        book: the book of the table.
        table: the table.
        rows: its rows; of code lists the page needs the codes that occur.
    """
    roles = table.roles
    one, several = table.row or NO_NAMES
    shown = frozenset(_shown(roles))
    key = frozenset(table.primary_key)
    heads = tuple(name for name in roles.caption if name not in shown) or table.primary_key
    listed = table.featured or table.names[:LISTED]
    others = tuple(name for name in listed if name not in shown | key | {*heads})
    status = _status(book, table)
    filters = [n for n in _filters(book, table, rows) if n not in (*roles.type, status)]
    return Layout(
        table=table.name,
        title=table.title,
        one=one,
        several=several,
        columns=tuple(name for name in table.names if name in rows),
        key=table.primary_key,
        roles=roles,
        parts=Parts.of(book, table),
        heads=heads,
        others=others,
        filters=tuple(name for name in filters if name in listed),
        more_filters=tuple(name for name in filters if name not in listed),
        variables={v.name: _facts(book, table, v, rows) for v in table.variables},
        palette=palette(book, table, rows),
        totals=totals(book, table),
        exact=exact_codes(book, table),
        extents=extents(book, table),
        status=status,
    )


def claims_about(book: Book, table: Table) -> Table | None:
    """Return the table of claims about the rows of a table, if the book has one."""
    for other in book.tables.values():
        claim = other.roles.claim
        if other.name != table.name and claim and claim.about:
            key = other.key_of(claim.about)
            if key is not None and key.table == table.name:
                return other
    return None


def totals(book: Book, table: Table) -> tuple[str, ...]:
    """Return the kinds of row that are totals of several acts."""
    return codes_with(_codes(book, table, table.roles.kind), "aggregate", 1) or ()


def exact_codes(book: Book, table: Table) -> tuple[str, ...] | None:
    """Return the codes of a point that is the place itself; None if the book has no such codes."""
    point = table.roles.point
    return codes_with(_codes(book, table, point.precision), "extent", EXACT) if point else None


def extents(book: Book, table: Table) -> dict[str, str]:
    """Return what a point of each code of exactness stands for: a site, an area, a division, ..."""
    point = table.roles.point
    codes = _codes(book, table, point.precision) if point else None
    if codes is None or "extent" not in codes.attributes:
        return {}
    return {str(code): str(extent) for code, extent in codes.look_up("extent").items()}


def codes_with(codes: CodeList | None, attribute: str, value: str | int) -> tuple[str, ...] | None:
    """Return the codes of which an attribute has a value; None if they do not have it."""
    if codes is None or attribute not in codes.attributes:
        return None
    return tuple(str(code) for code, said in codes.look_up(attribute).items() if said == value)


def _codes(book: Book, table: Table, name: str) -> CodeList | None:
    return book.code_list(table[name]) if name else None


def _status(book: Book, table: Table) -> str:
    """Return the coded variable that the words about deaths are for; empty if there is none."""
    deaths = table.roles.deaths
    name = table[deaths.words].words_for if deaths and deaths.words else ""
    return name if _codes(book, table, name) else ""


def _shown(roles: Roles) -> Iterator[str]:
    """Yield the columns that the list shows in cells of their own kind."""
    yield from roles.type
    for columns in (*roles.sides, roles.interval, roles.place, roles.point, roles.deaths):
        if columns is not None:
            yield from columns.columns()


def _filters(book: Book, table: Table, rows: pl.DataFrame) -> Iterator[str]:
    """Yield the coded variables, and those that are yes or no, of which several values occur."""
    for variable in table.variables:
        codes = book.code_list(variable)
        coded = variable.type == "boolean" or (codes is not None and not codes.of_variables)
        if coded and variable.name in rows and rows[variable.name].drop_nulls().n_unique() > 1:
            yield variable.name


def _facts(book: Book, table: Table, variable: Variable, rows: pl.DataFrame) -> dict[str, Any]:
    """Return what the page knows of a variable: its title, and its anchor in the codebook.

    Where it has them also what missing means, its labels, its separator, and the column with the
    names of its keys; whether it is a day, and whether a number with a decimal point.
    """
    facts: dict[str, Any] = {
        "title": variable.title,
        "anchor": anchor(table.name, variable.name),
        "missing": variable.missing,
        "separator": variable.separator,
        "decimal": variable.type == "number",
        "day": variable.type == "date",
        "names": name_columns(table.roles).get(variable.name, ""),
        "labels": _labels(book.code_list(variable), variable, rows),
    }
    return {word: fact for word, fact in facts.items() if fact}


def _labels(codes: CodeList | None, variable: Variable, rows: pl.DataFrame) -> dict[str, str]:
    """Return the labels of the codes that occur, where they say more than the codes."""
    return {
        str(code.code): code.label
        for code in occurring(codes, variable, rows)
        if str(code.code) != code.label
    }


def occurring(codes: CodeList | None, variable: Variable, rows: pl.DataFrame) -> list[Code]:
    """Return the codes of a variable that its column has, in the order of their list."""
    if codes is None or codes.of_variables or variable.name not in rows:
        return []
    values = rows[variable.name].cast(pl.String).drop_nulls()
    if variable.separator:
        values = values.str.split(variable.separator).explode()
    occur = frozenset(values.unique())
    return [code for code in codes.codes if str(code.code) in occur]


def name_columns(roles: Roles) -> dict[str, str]:
    """Return the columns with names, by the columns with the keys of what they name."""
    pairs: list[tuple[str, str]] = []
    for side in roles.sides:
        pairs += _names_of(side)
    if roles.place:
        pairs.append((roles.place.location, roles.place.name))
    if roles.claim:
        pairs.append((roles.claim.claimant, roles.claim.name))
    return {key: name for key, name in pairs if key and name}


def _names_of(side: SideColumns) -> list[tuple[str, str]]:
    return [(side.actor, side.name), (side.others, side.other_names)]
