"""What a coder filed before, where a coding of another document points to it.

A report may repeat an event that the coder filed of an earlier one. The check of the new coding
then needs the rows of the earlier one, but says nothing about them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ...codebook import Book
from .filed import CODINGS
from .json_names import keys_in
from .json_resolving import PackageRows
from .json_rows import JsonPlace, JsonRow
from .pairing import list_items, shared_tables, units_of


def filed_and_meant(
    book: Book, package: PackageRows, rows: Mapping[str, Sequence[JsonRow]]
) -> dict[str, list[JsonRow]]:
    """Return all that a coder filed of other documents, if the rows of a coding point to it.

    Args:
        book: the codebook.
        package: the package, with what the coder filed.
        rows: the rows of the coding by table.
    """
    if not _point_to_filed(book, package, rows):
        return {}
    names = book.evidence
    ours = {row.cells.get(names.document_id) for row in rows.get(names.documents, ())}
    shared = {*shared_tables(book)}
    found: dict[str, list[JsonRow]] = {}
    for name, filed in package.filed.items():
        key = names.document_id if name == names.documents else book.document_key(book.tables[name])
        if name in shared or not key:
            continue
        place = JsonPlace(f"{CODINGS}/{package.coder}/{name}.csv", 0)
        found[name] = [
            JsonRow(name, dict(row), place)
            for row in filed
            if row.get(key) and row.get(key) not in ours
        ]
    return found


def _point_to_filed(
    book: Book, package: PackageRows, rows: Mapping[str, Sequence[JsonRow]]
) -> bool:
    """Return whether a key of a coding names a unit that only the coder's earlier filing has."""
    units = units_of(book)
    filed = {name: _ids(book, name, package.filed.get(name, ())) for name in units}
    own = {name: _ids(book, name, [row.cells for row in rows.get(name, ())]) for name in units}
    return any(
        item in filed[target] and item not in own[target]
        for name in units
        for row in rows.get(name, ())
        for column, target, separator in keys_in(book, book.tables[name], row.cells)
        if target in filed
        for item in list_items(row.cells.get(column), separator)
    )


def _ids(book: Book, name: str, rows: Iterable[Mapping[str, str | None]]) -> set[str]:
    (key,) = book.tables[name].primary_key[:1] or ("",)
    return {cell for row in rows if (cell := row.get(key))}
