"""Looking places up, in a process of its own: the gazetteer takes seconds to load, and memory."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from ...codebook.roles import GazetteerColumns
from ...validation.errors import InputError
from ...validation.package.package import Package
from ..desk.gazetteer import Gazetteer, installed_gazetteer
from ..desk.place_look_up import place_candidates
from ..desk.table_files import Rows


def places_like(root: Path, table: str, values: Mapping[str, str], rows: Rows) -> dict[str, Any]:
    """Return what a gazetteer has for a place, as rows that a person can choose from.

    Args:
        root: the folder of the package.
        table: the table of places.
        values: what is known of the place.
        rows: the places that the coder has; what is among them is left out.

    Raises:
        InputError: the table is not one of places, the name or the country is missing, or no
            gazetteer is installed.
    """
    book = _package(root).book
    columns = book.tables[table].roles.gazetteer if table in book.tables else None
    if columns is None:
        raise InputError(f"{table}: no table of places that a gazetteer knows")
    if lacking := [book.tables[table][n].title for n in _needed(columns) if not values.get(n)]:
        raise InputError(f"{' and '.join(lacking)}: needed to look up a place")
    found = place_candidates(book, book.tables[table], values, rows, _gazetteer)
    return {
        "candidates": [
            {"title": c.title, "detail": c.detail, "values": dict(c.values)} for c in found
        ]
    }


def _needed(columns: GazetteerColumns) -> tuple[str, str]:
    return columns.name, columns.country


@cache
def _package(root: Path) -> Package:
    return Package(root)


@cache
def _gazetteer() -> Gazetteer:
    return installed_gazetteer()
