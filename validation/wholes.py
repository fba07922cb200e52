"""Checks that need the whole table, over rows that are seen in batches and not kept.

The columns that such checks read go to a file beside; in memory is a number a row. Keys that stand
twice are found by equal numbers first, and then by the values themselves: the result is exact.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl

from ..codebook import Book, Table
from . import findings, keys, rules
from .checking import rows_found
from .reading import LINE, Source
from .rules import Check

FILE = "__file"


class Wholes:
    """The key columns of a table as they go by, and at the end the findings about them."""

    def __init__(self, book: Book, table: Table, names: list[str], folder: Path):
        self.table, self.folder = table, folder
        checks = rules.constraint_checks(book, table, names)
        empty = pl.DataFrame(schema={n: pl.String for n in names})
        checks += keys.key_checks(table, {table.name: empty})[0]
        self.checks = [c for c in checks if c.whole and c.needs <= set(names)]
        self.repeated = [c for c in self.checks if c.id in ("primary-key", "unique")]
        others = [c for c in self.checks if c not in self.repeated]
        needed = frozenset[str]().union(*(c.needs for c in self.checks))
        targets = {key.target for key in table.foreign_keys if key.table == table.name}
        if others:
            needed |= targets & set(names)
        self.columns = sorted(needed)
        self.pointing = bool(others)
        self.numbers: dict[str, list[np.ndarray]] = {c.column: [] for c in self.repeated}
        self.parts = 0

    def add(self, frame: pl.DataFrame, file: str) -> None:
        """Take a batch of typed rows in."""
        if not self.columns:
            return
        for check in self.repeated:
            self.numbers[check.column].append(_numbers(frame, check))
        part = frame.select(*self.columns, LINE).with_columns(pl.lit(file).alias(FILE))
        part.write_ipc(self.folder / f"{self.parts:06}.arrow")
        self.parts += 1

    def findings(self) -> list[pl.DataFrame]:
        """What the whole table breaks."""
        if not self.parts:
            return []
        found = []
        for check in self.repeated:
            twice = _twice(np.concatenate(self.numbers[check.column]))
            if not len(twice):
                continue
            suspects = pl.concat(
                part.filter(pl.Series(np.isin(_numbers(part, check), twice)))
                for part in self._parts()
            )
            found += self._found(suspects, check)
        if self.pointing:
            found += self._pointers()
        return found

    def _parts(self) -> Iterator[pl.DataFrame]:
        return (pl.read_ipc(path) for path in sorted(self.folder.glob("*.arrow")))

    def _pointers(self) -> list[pl.DataFrame]:
        """Rows that point to rows of the same table: rare, so these rows and the keys are read."""
        whole = pl.concat(self._parts())
        found = []
        for check in keys.key_checks(self.table, {self.table.name: whole})[0]:
            if check.whole and check.id != "primary-key" and check.needs <= set(whole.columns):
                found += self._found(whole, check)
        return found

    def _found(self, rows: pl.DataFrame, check: Check) -> list[pl.DataFrame]:
        """The findings of one check on rows that hold all that it has to see."""
        bad = rows.filter(check.violates.fill_null(False))
        found = []
        for (file,), group in bad.group_by([FILE], maintain_order=True):
            as_written = group.with_columns(pl.exclude(LINE).cast(pl.String))
            source = Source(str(file), as_written)
            mask = pl.repeat(True, group.height, eager=True)
            found.append(rows_found(self.table, group, check, source, mask))
        return found or [findings.table([])]


def _numbers(frame: pl.DataFrame, check: Check) -> np.ndarray:
    """A number for each key, equal for equal keys; 0 where a part of the key is missing."""
    names = sorted(check.needs)
    present = pl.all_horizontal(pl.col(n).is_not_null() for n in names)
    hashed = frame.select(pl.when(present).then(pl.struct(names).hash(seed=0)).fill_null(0))
    return hashed.to_series().to_numpy()


def _twice(numbers: np.ndarray) -> np.ndarray:
    """The numbers that stand more than once, but for 0."""
    ordered = pl.Series(numbers).sort().to_numpy()
    twice = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
    return twice[twice != 0]
