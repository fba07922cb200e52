"""What a page sends, as it may be: everything else is refused with a sentence."""

from __future__ import annotations

import json
from typing import Any, cast

from ...validation.coding.filed import Row
from ...validation.errors import InputError
from .draft import DraftChange, RowChanges

MOST_ROWS = 20_000
"""The most rows of a request."""
LONGEST_CELL = 100_000
"""The most characters of a cell."""

Plain = dict[str, Any]


def plain_object(data: bytes) -> Plain:
    """Return the JSON object of a request.

    Raises:
        InputError: it is none.
    """
    try:
        content = json.loads(data)
    except (ValueError, RecursionError):
        raise InputError("expected JSON") from None
    if not isinstance(content, dict):
        raise InputError("expected a JSON object")
    return cast("Plain", content)


def sent_text(content: Plain, name: str, default: str | None = None) -> str:
    """Return a text of a request.

    Raises:
        InputError: it is missing, or no text.
    """
    value = content.get(name, default)
    if not isinstance(value, str) or len(value) > LONGEST_CELL:
        raise InputError(f"{name}: expected a text")
    return value


def sent_flag(content: Plain, name: str) -> bool:
    """Return whether something is asked for.

    Raises:
        InputError: it is neither true nor false.
    """
    value = content.get(name, False)
    if not isinstance(value, bool):
        raise InputError(f"{name}: expected true or false")
    return value


def sent_texts(content: Plain, name: str) -> list[str]:
    """Return a list of texts.

    Raises:
        InputError: it is none.
    """
    value = content.get(name, [])
    if not isinstance(value, list) or not all(isinstance(v, str) for v in cast("list[Any]", value)):
        raise InputError(f"{name}: expected a list of texts")
    return cast("list[str]", value)


def sent_row(value: Any, name: str) -> Row:
    """Return a row: texts by column.

    Raises:
        InputError: it is none.
    """
    if not isinstance(value, dict):
        raise InputError(f"{name}: expected a row")
    row: Row = {}
    for column, text in cast("Plain", value).items():
        if text is not None and not isinstance(text, str):
            raise InputError(f"{name}.{column}: expected a text")
        if text and len(text) > LONGEST_CELL:
            raise InputError(f"{name}.{column}: more than {LONGEST_CELL:,} characters")
        row[column] = text
    return row


def sent_tables(content: Plain) -> dict[str, list[Row]]:
    """Return rows by table.

    Raises:
        InputError: they are none, or too many.
    """
    tables = _object(content, "tables")
    rows = {name: _rows(some, name) for name, some in tables.items()}
    _ensure_not_too_many(sum(map(len, rows.values())))
    return rows


def sent_change(content: Plain) -> DraftChange:
    """Return a change of a draft.

    Raises:
        InputError: it is none, or too large.
    """
    tables: dict[str, RowChanges] = {}
    for name, part in _object(content, "tables").items():
        if not isinstance(part, dict):
            raise InputError(f"{name}: expected the rows that are removed and added")
        both = cast("Plain", part)
        removed = _rows(both.get("removed", []), name)
        added = _rows(both.get("added", []), name)
        tables[name] = RowChanges(tuple(removed), tuple(added))
    _ensure_not_too_many(sum(len(t.removed) + len(t.added) for t in tables.values()))
    return DraftChange(sent_text(content, "document"), sent_text(content, "revision", ""), tables)


def _object(content: Plain, name: str) -> Plain:
    value = content.get(name)
    if not isinstance(value, dict):
        raise InputError(f"{name}: expected an object")
    return cast("Plain", value)


def _rows(value: Any, name: str) -> list[Row]:
    if not isinstance(value, list):
        raise InputError(f"{name}: expected a list of rows")
    return [sent_row(row, name) for row in cast("list[Any]", value)]


def _ensure_not_too_many(rows: int) -> None:
    if rows > MOST_ROWS:
        raise InputError(f"{rows:,} rows at once; at most {MOST_ROWS:,}")
