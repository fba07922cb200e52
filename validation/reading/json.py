"""Read JSON as the APIs of ACLED and UCDP return it: a list of rows, or an object with one."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import polars as pl

from ..errors import InputError, one_line
from .source import LINE, RESERVED, ProblemLog


def read_json(log: ProblemLog, path: Path, data: bytes) -> pl.DataFrame | None:
    """Read a JSON file: every value as a CSV file would have it.

    The line of a row is its number in the list, from 1.

    Args:
        log: takes the problems.
        path: the file.
        data: its bytes.

    Returns:
        The rows; None if their names cannot be those of columns.

    Raises:
        InputError: it is not JSON, or has no list of rows.
    """
    try:
        content = json.loads(data.decode("utf-8-sig"), object_pairs_hook=_Object)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: not readable as JSON: {one_line(error)}") from None
    if isinstance(content, dict) and content.get("type") == "FeatureCollection":
        raise InputError(f"{path}: GeoJSON; save the attributes as CSV")
    rows = _rows(content)
    if rows is None:
        raise InputError(
            f"{path}: JSON, but neither a list of rows nor an object with one such list"
        )
    names = list(dict.fromkeys(name for row in rows for name in row))
    for name in [n for n in names if n.startswith(RESERVED) or not n]:
        log.problem("reserved-column", f"A column cannot be called {name!r}.", 1, name)
    for number, row in enumerate(rows, 1):
        for name in row.repeated:
            log.problem("repeated-column", f"The row has {name!r} twice.", number, name)
    if log.findings:
        return None
    columns = {}
    for name in names:
        cells = [row.get(name) for row in rows]
        for number, cell in enumerate(cells, 1):
            if isinstance(cell, dict | list):
                log.problem(
                    "nested-cell",
                    "A value that is itself a list or an object; it was not read.",
                    number,
                    name,
                    one_line(json.dumps(cell))[:80],
                )
        columns[name] = pl.Series(name, [_text(cell) for cell in cells], dtype=pl.String)
    lines = pl.int_range(1, len(rows) + 1, dtype=pl.Int64, eager=True).alias(LINE)
    return pl.DataFrame(columns).with_columns(lines)


class _Object(dict[str, Any]):
    """A JSON object that lists its repeated names; it keeps the last value of each."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        counts = Counter(name for name, _ in pairs) if len(self) < len(pairs) else {}
        self.repeated = [name for name, count in counts.items() if count > 1]


def _rows(content: Any) -> list[_Object] | None:
    """Return the list of rows in a document; None if there is not exactly one."""
    lists = [content] if isinstance(content, list) else []
    if isinstance(content, dict):
        lists = [value for value in content.values() if isinstance(value, list)]
    tables = [part for part in lists if part and all(isinstance(row, dict) for row in part)]
    return tables[0] if len(tables) == 1 else None


def _text(cell: Any) -> str | None:
    """Return a value as a cell of CSV; None if it is empty."""
    if cell is None or cell == "" or isinstance(cell, dict | list):
        return None
    if isinstance(cell, bool):
        return str(cell).upper()
    return str(cell)
