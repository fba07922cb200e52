"""Look up a new place in the gazetteer, and fill in its row from what was found.

A row is filled only from a place that a person chose, or from the only place of the country that
is called so: a wrong point is worse than none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ...codebook import Book, Table
from ...codebook.roles import GazetteerColumns
from ...validation.errors import InputError
from ...validation.installed import MissingExtra
from .drafts import in_codes
from .gazetteer import FEATURES, Gazetteer, GazetteerPlace, installed_gazetteer
from .table_files import Rows

GEONAMES = "geonames"
"""The attribute of the codes of kinds of places that says what GeoNames calls the kind."""
NOT_LOOKED_UP = "no point was looked up: "
AS_TYPED = "--as-typed adds the row without a point"
HEAD = ("", "name", "also", "kind", "division", "latitude, longitude", "id", "people")


@dataclass(frozen=True)
class Choice:
    """What a person asks of the gazetteer.

    `only_list` shows the candidates and adds nothing, `pick` is the number of one of them, and
    `as_typed` looks nothing up.
    """

    only_list: bool = False
    pick: int | None = None
    as_typed: bool = False

    @property
    def options(self) -> list[str]:
        """The options that say so."""
        given = {
            "--look-up": self.only_list,
            "--pick": self.pick is not None,
            "--as-typed": self.as_typed,
        }
        return [option for option, is_given in given.items() if is_given]


@dataclass(frozen=True)
class LookedUp:
    """What a look-up gives: values of the new row, and what is to be said."""

    values: Mapping[str, str] = field(default_factory=dict)
    lines: tuple[str, ...] = ()


def look_up_place(
    book: Book,
    table: Table,
    typed: Mapping[str, str],
    rows: Rows,
    choice: Choice,
    gazetteer: Callable[[], Gazetteer] = installed_gazetteer,
) -> LookedUp:
    """Look up a new row in the gazetteer, if its table is one of places and it has no point.

    Args:
        book: the codebook.
        table: the table of the row.
        typed: the values that were typed.
        rows: the rows that the table has.
        choice: what the person asks of the gazetteer.
        gazetteer: returns the gazetteer, or raises an InputError where none is installed.

    Returns:
        The values to be added to the typed ones. With `only_list` there are none.

    Raises:
        InputError: several places are called so, or none is; the message shows the candidates. Or
            the table has the place; or the options contradict each other, the values, or the book.
    """
    columns = table.roles.gazetteer
    _ensure_possible(book, table, typed, choice)
    if columns is None or choice.as_typed:
        return LookedUp()
    known = {n: v for n, v in typed.items() if n in table and v}
    search = _Search(book, table, columns, in_codes(book, table, known), rows)
    if choice.options:
        return (
            search.listed(gazetteer()) if choice.only_list else search.picked(gazetteer(), choice)
        )
    if not search.has_subject():
        return LookedUp()
    try:
        return search.filled(gazetteer())
    except MissingExtra as error:
        return LookedUp({}, (f"{NOT_LOOKED_UP}{error}",))


@dataclass(frozen=True)
class PlaceCandidate:
    """A place of the gazetteer for a row: how to call it, what tells it apart, and its values."""

    title: str
    detail: str
    values: Mapping[str, str]


def place_candidates(
    book: Book,
    table: Table,
    typed: Mapping[str, str],
    rows: Rows,
    gazetteer: Callable[[], Gazetteer] = installed_gazetteer,
) -> list[PlaceCandidate]:
    """Return the places of the gazetteer that a row may mean, with the values that each gives it.

    Args:
        book: the codebook.
        table: a table with the role gazetteer.
        typed: the values that were typed: the name, and the country.
        rows: the rows that the table has; places that it has already are left out.
        gazetteer: returns the gazetteer, or raises an InputError where none is installed.

    Raises:
        InputError: there is no name or no country, or no gazetteer.
    """
    columns = table.roles.gazetteer
    if columns is None:
        raise InputError(f"{table.name}: the book does not say what a gazetteer fills in")
    known = {n: v for n, v in typed.items() if n in table and v}
    search = _Search(book, table, columns, in_codes(book, table, known), rows)
    return list(search.choices(gazetteer()))


def _ensure_possible(book: Book, table: Table, typed: Mapping[str, str], choice: Choice) -> None:
    """Ensure that what is asked of the gazetteer can be done.

    Raises:
        InputError: the book has no columns for it, or the options contradict each other.
    """
    columns = table.roles.gazetteer
    if choice.options and columns is None:
        raise InputError(
            f"{choice.options[0]}: the book {book.name} does not say which columns of {table.name} "
            "a gazetteer fills in; its role gazetteer would"
        )
    if len(choice.options) > 1:
        raise InputError(f"{' and '.join(choice.options)}: give only one of them")
    if columns is not None and choice.pick is not None:
        filled = (columns.latitude, columns.longitude, columns.gazetteer, columns.id)
        if given := [f"--{name}" for name in filled if typed.get(name)]:
            raise InputError(f"--pick fills in what {' and '.join(given)} would: give only one")


@dataclass(frozen=True)
class _Search:
    """The look-up of one row: its table's columns, and the values that were typed."""

    book: Book
    table: Table
    columns: GazetteerColumns
    typed: Mapping[str, str]
    rows: Rows

    @property
    def name(self) -> str:
        return self.typed.get(self.columns.name, "")

    @property
    def country(self) -> str:
        return self.typed.get(self.columns.country, "").upper()

    @property
    def place_id(self) -> str:
        return self.typed.get(self.columns.id, "")

    def has_subject(self) -> bool:
        """Return whether there is something to look up, and no point yet."""
        pointed = any(self.typed.get(n) for n in (self.columns.latitude, self.columns.longitude))
        return not pointed and bool(self.place_id or (self.name and self.country))

    def filled(self, gazetteer: Gazetteer) -> LookedUp:
        """Return the values from the place with the typed id, or the only one that is called so."""
        cited = self.typed.get(self.columns.gazetteer, gazetteer.title)
        if cited != gazetteer.title:
            return LookedUp()
        if self.place_id:
            return self._from(self._by_id(gazetteer))
        kind = self._typed_feature()
        if kind not in (None, *FEATURES):
            has = ", ".join(FEATURES.values())
            typed = self.typed[self.columns.kind]
            return self._not_looked_up(f"{gazetteer.title} has no {typed!r}, only: {has}")
        if not gazetteer.has_country(self.country):
            return self._not_looked_up(f"{gazetteer.title} has no country {self.country!r}")
        found = self._candidates(gazetteer)
        exact = [c for c in found if c.exact and kind in (None, c.feature)]
        if len(exact) != 1:
            raise InputError(*self._question(gazetteer, found, exact))
        return self._from(exact[0])

    @staticmethod
    def _not_looked_up(reason: str) -> LookedUp:
        return LookedUp({}, (f"{NOT_LOOKED_UP}{reason}",))

    def picked(self, gazetteer: Gazetteer, choice: Choice) -> LookedUp:
        """Return the values from the candidate whose number was given."""
        found = self._candidates(gazetteer)
        if choice.pick is None or not 1 <= choice.pick <= len(found):
            raise InputError(
                f"--pick {choice.pick}: {self._subject} has {len(found)} candidates; see --look-up"
            )
        return self._from(found[choice.pick - 1])

    def listed(self, gazetteer: Gazetteer) -> LookedUp:
        """Return what the gazetteer has for the name, to be read; no values."""
        found = self._candidates(gazetteer)
        exact = [c for c in found if c.exact]
        if not exact:
            return LookedUp({}, tuple(self._question(gazetteer, found, exact)))
        rows = f"{gazetteer.title} for {self._subject}; nothing was added"
        return LookedUp({}, (rows, *self._rows(found), self._advice()))

    def choices(self, gazetteer: Gazetteer) -> Iterator[PlaceCandidate]:
        """Yield the candidates that no row is of yet."""
        for place in self._candidates(gazetteer):
            try:
                values = self._from(place).values
            except InputError:
                continue
            name, also, *told = self._cells(place)
            detail = ", ".join(filter(None, (also, *told[:3])))
            yield PlaceCandidate(name, f"{detail}; people: {told[-1]}", values)

    @property
    def _subject(self) -> str:
        return f"{self.name!r} in {self.country}"

    def _candidates(self, gazetteer: Gazetteer) -> list[GazetteerPlace]:
        if not self.name or not self.country:
            needed = f"--{self.columns.name} and --{self.columns.country}"
            raise InputError(f"{needed}: needed to look up a place")
        return gazetteer.candidates(self.name, self.country)

    def _by_id(self, gazetteer: Gazetteer) -> GazetteerPlace:
        place = gazetteer.place(self.place_id, self.name)
        option = f"--{self.columns.id} {self.place_id}"
        if place is None:
            raise InputError(
                f"{option}: {gazetteer.title} has no place with this id; {self._other_gazetteer()}"
            )
        if self.country and self.country != place.country:
            raise InputError(f"{option}: {place.name} is in {place.country}, not {self.country}")
        return place

    def _question(
        self, gazetteer: Gazetteer, found: Sequence[GazetteerPlace], exact: Sequence[GazetteerPlace]
    ) -> list[str]:
        """Return the lines that ask which place is meant, if any is."""
        if exact:
            said = f"{len(exact)} places of {gazetteer.title} are called so"
        else:
            said = f"not in {gazetteer.title}, which lacks divisions and most small places"
            said += "; most similar:" if found else "; nothing is similar"
        lines = [f"{self._subject}: {said}", *self._rows(found)]
        return [*lines, f"nothing was added; {self._advice(bool(found))}"]

    def _advice(self, any_found: bool = True) -> str:
        choose = f"choose with --pick N or --{self.columns.id}, or " if any_found else ""
        return f"{choose}{self._other_gazetteer()}; {AS_TYPED}"

    def _other_gazetteer(self) -> str:
        names = (self.columns.latitude, self.columns.longitude, self.columns.gazetteer)
        return f"type the point from another gazetteer: {', '.join(f'--{n}' for n in names)}"

    def _rows(self, found: Sequence[GazetteerPlace]) -> list[str]:
        """Return candidates as a table with their numbers."""
        if not found:
            return []
        rows = [HEAD, *((str(n), *self._cells(c)) for n, c in enumerate(found, 1))]
        widths = [max(len(row[at]) for row in rows) for at in range(len(HEAD))]
        return [
            "  " + "  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip()
            for row in rows
        ]

    def _cells(self, place: GazetteerPlace) -> tuple[str, ...]:
        also = place.matched if place.matched != place.name else ""
        people = f"{place.population:,}" if place.population else "not known"
        point = f"{place.latitude}, {place.longitude}" if place.latitude else "none"
        kind = self._kind(place)
        return (place.name, also, kind, _division(place), point, place.id, people)

    def _kind(self, place: GazetteerPlace) -> str:
        """Return the code of a place's kind in the book, or words for it if there is none."""
        of_feature = {feature: code for code, feature in self._features().items()}
        return of_feature.get(place.feature, FEATURES[place.feature])

    def _features(self) -> dict[str, str]:
        """Return what GeoNames calls the kinds of places, by their codes in the book."""
        codes = self.book.code_list(self.table[self.columns.kind]) if self.columns.kind else None
        if codes is None or GEONAMES not in codes.attributes:
            return {}
        named = codes.look_up(GEONAMES)
        return {str(code): str(feature) for code, feature in named.items() if feature}

    def _typed_feature(self) -> str | None:
        """Return what GeoNames calls the typed kind; empty if nothing, None if no kind is typed."""
        typed = self.typed.get(self.columns.kind) if self.columns.kind else None
        features = self._features()
        return features.get(typed, "") if typed and features else None

    def _from(self, place: GazetteerPlace) -> LookedUp:
        """Return the values of a row from its place; what was typed stays."""
        columns = self.columns
        of_feature = {feature: code for code, feature in self._features().items()}
        values = {
            columns.name: place.name,
            columns.country: place.country,
            columns.latitude: place.latitude,
            columns.longitude: place.longitude,
            columns.gazetteer: place.gazetteer,
            columns.id: place.id,
            columns.kind: of_feature.get(place.feature, ""),
            columns.division: place.division,
        }
        values = {n: v for n, v in values.items() if n and v and not self.typed.get(n)}
        self._ensure_new({**self.typed, **values})
        where = [place.country, _division(place), *filter(None, (place.latitude, place.longitude))]
        what = f"{place.name} ({self._kind(place)}), {', '.join(filter(None, where))}"
        lines = [f"from {place.gazetteer}, id {place.id}: {what}", "check that this place is meant"]
        if self.name and not place.likeness:
            lines.append(f"the gazetteer has no name for it that is like {self.name!r}")
        if self._typed_feature() not in (None, place.feature):
            lines.append(f"the row is no {self._kind(place)}: say in words why it has this point")
        return LookedUp(values, tuple(lines))

    def _ensure_new(self, values: Mapping[str, str]) -> None:
        """Ensure that no row is of this place already, whatever it is called there.

        An area may have the point and id of a town in it, so the kind is compared, too.
        """
        columns = self.columns
        compared = [n for n in (columns.id, columns.kind) if n]
        cited = _without_version(values[columns.gazetteer])
        for row in self.rows:
            same = all(row.get(n) == values.get(n) for n in compared)
            if same and _without_version(row.get(columns.gazetteer) or "") == cited:
                raise InputError(
                    f"id {values[columns.id]} of {cited}: already exists, as "
                    f"{row.get(self.table.primary_key[0])} of {self.table.name}"
                )


def _without_version(gazetteer: str) -> str:
    """Return the name of a gazetteer as it was cited, without what is in brackets."""
    return gazetteer.partition(" (")[0]


def _division(place: GazetteerPlace) -> str:
    """Return the division of a place: its code, its name if known, else its largest town."""
    if not place.division_code:
        return ""
    known = place.division or f"that of {place.division_town}"
    return f"{place.division_code} ({known})"
