"""Corrections of published values: each names the cell, its old and new value, and the reason.

The hand-coded tables stay as they were filed; `check` and `publish` apply the corrections.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from ...codebook import Book, Table
from ...codebook.plain_yaml import UnreadableYaml, plain_yaml
from ..errors import InputError
from ..findings import Finding
from ..reading.source import ProblemLog, Source

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


def correct(
    book: Book, sources: Mapping[str, Source], entries: tuple[Correction, ...]
) -> tuple[dict[str, Source], list[Finding]]:
    """Apply corrections to tables as read, in their order: a later one sees the earlier values.

    Returns:
        The corrected tables; the entries that are stale (`correction-stale`) or name no cell
        (`correction-nowhere`).
    """
    corrected, log = dict(sources), ProblemLog(CORRECTIONS)
    for entry in entries:
        source = corrected.get(entry.table)
        table = book.tables.get(entry.table)
        if table is None or table.derived or source is None:
            log.problem(
                "correction-nowhere", f"There is no hand-coded table {entry.table}.", entry.line
            )
        elif source.frame is not None:
            if problem := _problem(table, source.frame, entry):
                log.problem(*problem, entry.line, entry.column, entry.old)
            else:
                frame = _with_correction(table, source.frame, entry)
                corrected[entry.table] = replace(source, frame=frame)
    return corrected, log.findings


def _problem(table: Table, frame: pl.DataFrame, entry: Correction) -> tuple[str, str] | None:
    """Return why a correction does not fit the table, as rule and message; None if it does."""
    row = " ".join(entry.row)
    key = list(table.primary_key)
    if entry.column not in frame.columns or entry.column in key:
        return "correction-nowhere", f"{entry.table} has no column {entry.column} to correct."
    if len(key) != len(entry.row) or not set(key) <= set(frame.columns):
        return "correction-nowhere", f"The key of {entry.table} is {', '.join(key)}."
    cells = frame.filter(_is_row(table, entry))[entry.column]
    if not len(cells):
        return "correction-nowhere", f"{entry.table} has no row {row}."
    if cells[0] != entry.old:
        return (
            "correction-stale",
            f"{row} {entry.column} is {_shown(cells[0])}, and the correction expects "
            f"{_shown(entry.old)}: fix the entry or remove it.",
        )
    return None


def _with_correction(table: Table, frame: pl.DataFrame, entry: Correction) -> pl.DataFrame:
    new = pl.lit(entry.new, pl.String)
    corrected = pl.when(_is_row(table, entry)).then(new).otherwise(pl.col(entry.column))
    return frame.with_columns(corrected.alias(entry.column))


def _is_row(table: Table, entry: Correction) -> pl.Expr:
    """Return whether a row is the one that an entry names."""
    values = zip(table.primary_key, entry.row, strict=True)
    return pl.all_horizontal(pl.col(name) == value for name, value in values)


def _shown(value: str | None) -> str:
    return "empty" if value is None else repr(value)
