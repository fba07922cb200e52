"""Corrections of published values: each names the cell, what stood there, and why it changes.

The hand-coded tables stay as they were filed; `check` and `publish` see them corrected.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from ...codebook import Book, Table
from ..errors import InputError
from ..reading.source import Source

CORRECTIONS = "seeds/corrections.yaml"
WORDS = ("table", "row", "column", "old", "new", "reason", "who", "when")


@dataclass(frozen=True)
class Correction:
    """One cell, its value before and after (None for an empty cell), and why, by whom, when.

    `row` is the primary key of the row, `line` where the entry stands.
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
    """The entries of a file of corrections, in order; none if there is no file.

    Raises:
        InputError: the file cannot be read, or an entry lacks or repeats a word, or has another;
            the message has the line.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    if not path.is_file():
        return ()
    try:
        found = YAML().load(path.read_text(encoding="utf-8")) or []
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"{path}:{mark.line + 1}" if mark else str(path)
        raise InputError(f"{place}: not readable as YAML: {error.problem}") from None
    except (YAMLError, UnicodeDecodeError, OSError, RecursionError, ValueError, TypeError) as error:
        said = " ".join(str(error).split())[:200]
        raise InputError(f"{path}: not readable as YAML: {said}") from None
    if not isinstance(found, list):
        raise InputError(
            f"{path}:1: a list of corrections is wanted, each beginning with `- table:`"
        )
    lines: Any = found
    return tuple(_entry(path, entry, lines.lc.item(n)[0] + 1) for n, entry in enumerate(found))


def _entry(path: Path, entry: Any, line: int) -> Correction:
    place = f"{path}:{line}"
    if not isinstance(entry, dict):
        raise InputError(f"{place}: a correction has {', '.join(WORDS)}")
    if wrong := set(entry) ^ set(WORDS):
        lacking = ", ".join(sorted(map(str, wrong & set(WORDS))))
        unknown = ", ".join(sorted(map(str, wrong - set(WORDS))))
        said = [f"lacks {lacking}"] * bool(lacking) + [f"has no word {unknown}"] * bool(unknown)
        raise InputError(f"{place}: a correction {' and '.join(said)}")
    for word in ("table", "column", "reason", "who"):
        if not isinstance(entry[word], str) or not entry[word].strip():
            raise InputError(f"{place}: {word} is some text")
    when = entry["when"]
    if type(when) is not date:
        raise InputError(f"{place}: when is a day, YYYY-MM-DD")
    row = entry["row"] if isinstance(entry["row"], list) else [entry["row"]]
    cells = {word: _cell(place, word, entry[word]) for word in ("old", "new")}
    if cells["old"] == cells["new"]:
        raise InputError(f"{place}: old and new are the same")
    words = {w: " ".join(str(entry[w]).split()) for w in ("table", "column", "reason", "who")}
    return Correction(row=tuple(map(str, row)), when=when, line=line, **cells, **words)  # type: ignore[arg-type]


def _cell(place: str, word: str, value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool | list | dict):
        raise InputError(f"{place}: {word} is what the cell holds, or null; quote a word like yes")
    return str(value)


def correct(book: Book, sources: Mapping[str, Source], entries: tuple[Correction, ...]) -> Source:
    """Apply corrections to tables as read, in their order.

    Returns:
        A source without rows, named after the file of corrections, whose findings say which
        entries are stale (`correction-stale`) or name no cell (`correction-nowhere`).
    """
    said = Source(CORRECTIONS, None)
    for entry in entries:
        source = sources.get(entry.table)
        table = book.tables.get(entry.table)
        if table is None or table.derived or source is None:
            said.problem(
                "correction-nowhere", f"There is no coded table {entry.table}.", entry.line
            )
        elif source.frame is not None:
            problem = _apply(table, source, entry)
            if problem:
                said.problem(*problem, entry.line, entry.column, entry.old)
    return said


def _apply(table: Table, source: Source, entry: Correction) -> tuple[str, str] | None:
    frame = source.frame
    assert frame is not None
    row = " ".join(entry.row)
    key = list(table.primary_key)
    if entry.column not in frame.columns or entry.column in key:
        return "correction-nowhere", f"{entry.table} has no column {entry.column} to correct."
    if len(key) != len(entry.row) or not set(key) <= set(frame.columns):
        return "correction-nowhere", f"A row of {entry.table} is named by {', '.join(key)}."
    here = pl.all_horizontal(pl.col(n) == v for n, v in zip(key, entry.row, strict=True))
    cells = frame.filter(here)[entry.column]
    if not len(cells):
        return "correction-nowhere", f"{entry.table} has no row {row}."
    if cells[0] != entry.old:
        return (
            "correction-stale",
            f"{row} {entry.column} is {_shown(cells[0])}, and the correction expects "
            f"{_shown(entry.old)}: mend the entry or take it out.",
        )
    new = pl.when(here).then(pl.lit(entry.new, pl.String)).otherwise(pl.col(entry.column))
    source.frame = frame.with_columns(new.alias(entry.column))
    return None


def _shown(value: str | None) -> str:
    return "empty" if value is None else repr(value)
