"""Roles: what the columns of a table are for, in terms that the code knows.

Code outside the books does not name columns. It asks a table for the column with a role, and works
without the roles that the book does not declare.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, cast


class _Columns:
    """A role of several columns; a column that the book does not name is empty."""

    def columns(self) -> Iterator[str]:
        """Yield the columns that the book names."""
        for field in fields(self):  # pyright: ignore[reportArgumentType]
            value: str | tuple[str, ...] = getattr(self, field.name)
            yield from filter(None, (value,) if isinstance(value, str) else value)


@dataclass(frozen=True)
class IntervalColumns(_Columns):
    """The days of a row: first and last possible, most likely one, the words that say when."""

    start: str
    end: str
    best: str = ""
    words: str = ""
    basis: str = ""
    reasoning: str = ""


@dataclass(frozen=True)
class PointColumns(_Columns):
    """A point in degrees (WGS 84), and the column whose codes say how exact it is."""

    latitude: str
    longitude: str
    precision: str = ""


@dataclass(frozen=True)
class PlaceColumns(_Columns):
    """Where a row is: the key of a table of places, names, the words, country and division."""

    location: str = ""
    name: str = ""
    words: str = ""
    basis: str = ""
    country: str = ""
    division: str = ""


@dataclass(frozen=True)
class GazetteerColumns(_Columns):
    """A place as gazetteers have it: name, country, point, the gazetteer, its id for it, its kind.

    `country` has the three-letter codes of ISO 3166-1.
    """

    name: str
    country: str
    latitude: str
    longitude: str
    gazetteer: str
    id: str
    kind: str = ""
    division: str = ""


@dataclass(frozen=True)
class SideColumns(_Columns):
    """One side of an act: the actor, its name, the actors with it, their names."""

    actor: str
    name: str = ""
    others: str = ""
    other_names: str = ""


@dataclass(frozen=True)
class DeathsColumns(_Columns):
    """Numbers of dead: bounds and best guess, parts by side, civilians, those of unknown side.

    `words` are those of the document that say how many died, `vague` is what kind of number word
    they are.
    """

    low: str
    best: str = ""
    high: str = ""
    sides: tuple[str, ...] = ()
    civilians: str = ""
    unknown: str = ""
    words: str = ""
    vague: str = ""


@dataclass(frozen=True)
class ClaimColumns(_Columns):
    """What somebody says of a unit: who, in which act, of which of its variables, which value."""

    claimant: str
    act: str = ""
    name: str = ""
    relayed_by: str = ""
    said_in: str = ""
    about: str = ""
    variable: str = ""
    actor: str = ""
    value: str = ""
    words: str = ""


@dataclass(frozen=True)
class DocumentColumns(_Columns):
    """A source document: its file, the SHA-256 of the file, and what is known of it."""

    file: str
    hash: str
    title: str = ""
    publisher: str = ""
    language: str = ""
    rights: str = ""


@dataclass(frozen=True)
class QuoteColumns(_Columns):
    """Words of a document that carry the value of a variable, and where they are in it.

    Foreign keys to other tables than that of documents name the row that they are about; where all
    are empty, it is the document.
    """

    document: str
    variable: str
    words: str
    paragraph: str
    start: str
    end: str
    basis: str = ""
    because: str = ""


@dataclass(frozen=True)
class PassageColumns(_Columns):
    """A paragraph of a document, or words in it, from which nothing is coded, and why."""

    document: str
    paragraph: str
    words: str = ""
    reason: str = ""
    because: str = ""


@dataclass(frozen=True)
class TombstoneColumns(_Columns):
    """A row that was withdrawn, by its id: when, why, and the row that replaces it."""

    retired_on: str = ""
    reason: str = ""
    successor: str = ""
    explanation: str = ""


@dataclass(frozen=True)
class Roles:
    """The roles of a table's columns; empty or None where the book declares none."""

    caption: tuple[str, ...] = ()
    kind: str = ""
    part_of: str = ""
    type: tuple[str, ...] = ()
    sides: tuple[SideColumns, ...] = ()
    interval: IntervalColumns | None = None
    place: PlaceColumns | None = None
    point: PointColumns | None = None
    gazetteer: GazetteerColumns | None = None
    deaths: DeathsColumns | None = None
    claim: ClaimColumns | None = None
    document: DocumentColumns | None = None
    quote: QuoteColumns | None = None
    passage: PassageColumns | None = None
    tombstone: TombstoneColumns | None = None


NO_ROLES = Roles()

KINDS: dict[str, type[_Columns]] = {
    "interval": IntervalColumns,
    "place": PlaceColumns,
    "point": PointColumns,
    "gazetteer": GazetteerColumns,
    "deaths": DeathsColumns,
    "claim": ClaimColumns,
    "document": DocumentColumns,
    "quote": QuoteColumns,
    "passage": PassageColumns,
    "tombstone": TombstoneColumns,
}
"""The roles of several columns."""

TYPES: dict[tuple[str, ...], str] = {
    ("interval", "start"): "date",
    ("interval", "end"): "date",
    ("interval", "best"): "date",
    ("point", "latitude"): "number",
    ("point", "longitude"): "number",
    ("gazetteer", "latitude"): "number",
    ("gazetteer", "longitude"): "number",
    ("deaths", "low"): "integer",
    ("deaths", "best"): "integer",
    ("deaths", "high"): "integer",
    ("deaths", "sides"): "integer",
    ("deaths", "civilians"): "integer",
    ("deaths", "unknown"): "integer",
    ("quote", "paragraph"): "integer",
    ("quote", "start"): "integer",
    ("quote", "end"): "integer",
    ("passage", "paragraph"): "integer",
    ("tombstone", "retiredOn"): "date",
}
"""The type of a column with a role, if code relies on it."""


def roles_of(spec: Mapping[str, Any]) -> Roles:
    """Return the roles that a table declares, from plain data in the form of the JSON Schema."""
    plain: dict[str, Any] = {}
    for word, value in spec.items():
        if word == "sides":
            plain[word] = tuple(
                SideColumns(**{snake(k): v for k, v in side.items()}) for side in value
            )
        elif word in KINDS:
            plain[word] = KINDS[word](**{snake(k): _frozen(v) for k, v in value.items()})
        else:
            plain[snake(word)] = _frozen(value)
    return Roles(**plain)


def named_columns(spec: Mapping[str, Any]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield the places of a table's roles, and the column that each names."""
    for word, value in spec.items():
        for place, name in _leaves(value):
            yield (word, *place), name


def _leaves(value: Any) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if isinstance(value, str):
        yield (), value
        return
    items: list[tuple[str | int, Any]]
    if isinstance(value, dict):
        items = [*cast("dict[str, Any]", value).items()]
    else:
        items = [*enumerate(cast("list[Any]", value))]
    for key, inner in items:
        for place, name in _leaves(inner):
            yield (key, *place), name


def _frozen(value: str | Sequence[str]) -> str | tuple[str, ...]:
    return value if isinstance(value, str) else tuple(value)


def snake(word: str) -> str:
    """Return a key of a book's file as a Python name: `saidIn` is `said_in`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", word).lower()
