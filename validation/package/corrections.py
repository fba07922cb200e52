"""Corrections of published values: each names the cell, its old and new value, and the reason.

The hand-coded tables stay as they were filed; `check` and `publish` apply the corrections.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from ...codebook import Book, Table
from ...codebook.plain_yaml import UnreadableYaml, plain_yaml
from ..errors import InputError
from ..reading.source import Source

CORRECTIONS = "seeds/corrections.yaml"
KEYS = ("table", "row", "column", "old", "new", "reason", "who", "when")
TEXTS = ("table", "column", "reason", "who")


@dataclass(frozen=True)
class Correction:
    """One cell, its value before and after (None for an empty cell), and why, by whom, when.

    `row` is the primary key of the row, `line` the line of the entry.
    """

    table: str
    row: tuple[str, ...]
    column: str
    old: str | None
    new: str | None
    reason: str
    who: str
    when: date
    line: int


def load_corrections(path: Path) -> tuple[Correction, ...]:
    """Return the entries of a file of corrections, in order; none if there is no file.

    Raises:
        InputError: the file cannot be read, or an entry has missing, repeated or unknown keys; the
            message has the line.
    """
    if not path.is_file():
        return ()
    try:
        plain = plain_yaml(path)
    except UnreadableYaml as error:
        raise InputError(f"{path}:{error.line}: {error.message}") from None
    for line, message in plain.faults:
        raise InputError(f"{path}:{line}: {message}")
    entries = plain.content or []
    if not isinstance(entries, list):
        raise InputError(
            f"{path}:1: expected a list of corrections, each beginning with `- table:`"
        )
    return tuple(_entry(path, entry, plain.lines[(n,)]) for n, entry in enumerate(entries))


def _entry(path: Path, entry: Any, line: int) -> Correction:
    place = f"{path}:{line}"
    if not isinstance(entry, dict):
        raise InputError(f"{place}: expected a correction, with the keys {', '.join(KEYS)}")
    if missing := set(KEYS) - set(entry):
        raise InputError(f"{place}: missing keys: {', '.join(sorted(missing))}")
    if unknown := set(entry) - set(KEYS):
        raise InputError(f"{place}: unknown keys: {', '.join(sorted(map(str, unknown)))}")
    for key in TEXTS:
        if not isinstance(entry[key], str) or not entry[key].strip():
            raise InputError(f"{place}: {key}: expected text")
    try:
        when = date.fromisoformat(entry["when"])
    except (TypeError, ValueError):
        raise InputError(f"{place}: when: expected a date, YYYY-MM-DD") from None
    row = entry["row"] if isinstance(entry["row"], list) else [entry["row"]]
    cells = {key: _cell(place, key, entry[key]) for key in ("old", "new")}
    if cells["old"] == cells["new"]:
        raise InputError(f"{place}: old and new are the same")
    texts = {key: " ".join(entry[key].split()) for key in TEXTS}
    return Correction(row=tuple(map(str, row)), when=when, line=line, **cells, **texts)  # type: ignore[arg-type]


def _cell(place: str, key: str, value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool | list | dict):
        raise InputError(
            f"{place}: {key}: expected the content of the cell, or null; quote words like yes"
        )
    return str(value)


def correct(book: Book, sources: Mapping[str, Source], entries: tuple[Correction, ...]) -> Source:
    """Apply corrections to tables as read, in their order.

    Returns:
        A source without rows, named after the file of corrections, whose findings say which
        entries are stale (`correction-stale`) or name no cell (`correction-nowhere`).
    """
    result = Source(CORRECTIONS, None)
    for entry in entries:
        source = sources.get(entry.table)
        table = book.tables.get(entry.table)
        if table is None or table.derived or source is None:
            result.problem(
                "correction-nowhere", f"There is no hand-coded table {entry.table}.", entry.line
            )
        elif source.frame is not None:
            problem = _apply(table, source, entry)
            if problem:
                result.problem(*problem, entry.line, entry.column, entry.old)
    return result


def _apply(table: Table, source: Source, entry: Correction) -> tuple[str, str] | None:
    frame = source.frame
    assert frame is not None
    row = " ".join(entry.row)
    key = list(table.primary_key)
    if entry.column not in frame.columns or entry.column in key:
        return "correction-nowhere", f"{entry.table} has no column {entry.column} to correct."
    if len(key) != len(entry.row) or not set(key) <= set(frame.columns):
        return "correction-nowhere", f"The key of {entry.table} is {', '.join(key)}."
    here = pl.all_horizontal(pl.col(n) == v for n, v in zip(key, entry.row, strict=True))
    cells = frame.filter(here)[entry.column]
    if not len(cells):
        return "correction-nowhere", f"{entry.table} has no row {row}."
    if cells[0] != entry.old:
        return (
            "correction-stale",
            f"{row} {entry.column} is {_shown(cells[0])}, and the correction expects "
            f"{_shown(entry.old)}: fix the entry or remove it.",
        )
    new = pl.when(here).then(pl.lit(entry.new, pl.String)).otherwise(pl.col(entry.column))
    source.frame = frame.with_columns(new.alias(entry.column))
    return None


def _shown(value: str | None) -> str:
    return "empty" if value is None else repr(value)
