"""Checks that need the whole table, over rows that are seen in batches and not kept.

The columns that such checks read go to a file beside; in memory is a number a row. Keys that stand
twice are found by equal numbers first, and then by the values themselves: the result is exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from ...codebook import Book, Table
from .. import findings
from ..checks import keys
from ..checks.check import Check
from ..checks.constraints import constraint_checks
from ..reading.source import LINE, Source
from .small import rows_found

FILE = "__file"


@dataclass(frozen=True)
class KeyRows:
    """What is kept of a batch: a number for each key, and the columns as one Arrow batch."""

    numbers: pl.DataFrame
    rows: Any


class WholeTable:
    """The key columns of a table as they go by, and at the end the findings about them."""

    def __init__(self, book: Book, table: Table, names: list[str], folder: Path):
        self.table, self.folder = table, folder
        checks = constraint_checks(book, table, names)
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
        self.numbers = [_number(check).alias(f"__key {check.column}") for check in self.repeated]
        """A number for each key, to be computed where the other columns of a batch are."""
        self.seen: list[pl.DataFrame] = []
        self.files: list[str] = []
        self.writer: Any = None

    def of(self, frame: pl.DataFrame) -> KeyRows | None:
        """What is kept of a batch of typed rows that has its `numbers`; None if there is nothing."""
        if not self.columns or not frame.height:
            return None
        numbers = frame[[number.meta.output_name() for number in self.numbers]]
        (rows,) = frame[[*self.columns, LINE]].rechunk().to_arrow().to_batches()
        return KeyRows(numbers, rows)

    def add(self, kept: KeyRows, file: str) -> None:
        """Take what is kept of the next batch in."""
        import pyarrow as pa

        if self.writer is None:
            self.writer = pa.ipc.new_file(self.folder / "keys.arrow", kept.rows.schema)
        self.writer.write_batch(kept.rows)
        self.seen.append(kept.numbers)
        self.files.append(file)

    def findings(self) -> list[pl.DataFrame]:
        """What the whole table breaks."""
        if self.writer is None:
            return []
        self.writer.close()
        found = []
        for check, number in zip(self.repeated, self.numbers, strict=True):
            numbers = [seen[number.meta.output_name()] for seen in self.seen]
            twice = _twice(pl.concat(numbers))
            if len(twice):
                suspects = self._kept([some.is_in(twice.implode()) for some in numbers])
                found += self._found(suspects, check)
        if self.pointing:
            found += self._pointers()
        return found

    def _kept(self, masks: Sequence[pl.Series] | None = None) -> pl.DataFrame:
        """The kept rows of all batches with their files; of masks, one a batch, the marked rows."""
        import pyarrow as pa

        kept = []
        with pa.ipc.open_file(self.folder / "keys.arrow") as parts:
            for number, file in enumerate(self.files):
                if masks is not None and not masks[number].any():
                    continue
                rows = pl.DataFrame(pl.from_arrow(parts.get_batch(number)))
                rows = rows if masks is None else rows.filter(masks[number])
                kept.append(rows.with_columns(pl.lit(file).alias(FILE)))
        return pl.concat(kept)

    def _pointers(self) -> list[pl.DataFrame]:
        """Rows that point to rows of the same table: rare, so these rows and the keys are read."""
        whole = self._kept()
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


def _number(check: Check) -> pl.Expr:
    """A number for each key, equal for equal keys; 0 where a part of the key is missing."""
    names = sorted(check.needs)
    present = pl.all_horizontal(pl.col(n).is_not_null() for n in names)
    # One column alone is hashed faster than as a struct of one.
    key = pl.col(names[0]) if len(names) == 1 else pl.struct(names)
    return pl.when(present).then(key.hash(seed=0)).otherwise(0)


def _twice(numbers: pl.Series) -> pl.Series:
    """The numbers that stand more than once, but for 0."""
    ordered = numbers.sort()
    twice = ordered.filter(ordered == ordered.shift(1)).unique()
    return twice.filter(twice != 0)
