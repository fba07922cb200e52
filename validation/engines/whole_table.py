"""Checks that need the whole table, over rows that are seen in batches and not kept.

The columns that such checks read go to a file beside; in memory is a number a row. Repeated keys
are found by equal numbers first, and then by the values themselves: the result is exact.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from ...codebook import Book, Table
from .. import findings
from ..checks.check import Check
from ..checks.constraints import constraint_checks
from ..checks.keys import key_checks
from ..reading.source import LINE, Source
from .found import rows_found

FILE = "__file"


def whole_checks(book: Book, table: Table, names: Collection[str]) -> list[Check]:
    """Return the checks of a table that need more than one row, as far as the columns allow.

    Those with the scopes pointer and loop have yet to be compiled on the rows.
    """
    empty = pl.DataFrame(schema=dict.fromkeys(names, pl.String))
    checks = constraint_checks(book, table, [n for n in names if n in table])
    checks += key_checks(table, {table.name: empty})[0]
    return [c for c in checks if c.scope != "row" and c.needs <= set(names)]


@dataclass(frozen=True)
class KeyRows:
    """The part of a batch that is kept: a number for each key, and the columns as an Arrow batch."""

    numbers: pl.DataFrame
    rows: Any


class WholeTable:
    """The key columns of a table as they go by, and at the end the findings about them."""

    def __init__(self, book: Book, table: Table, names: Collection[str], folder: Path):
        self.table, self.folder = table, folder
        checks = whole_checks(book, table, names)
        self.repeated = [check for check in checks if check.scope == "repeated"]
        self.pointing = len(self.repeated) < len(checks)
        needed = frozenset[str]().union(*(check.needs for check in checks))
        if self.pointing:
            needed |= {k.target for k in table.foreign_keys if k.table == table.name} & set(names)
        self.columns = sorted(needed)
        self.numbers = [_number(c).alias(f"{c.id} {c.column}") for c in self.repeated]
        self.seen: list[pl.DataFrame] = []
        self.files: list[str] = []
        self.writer: Any = None

    def key_rows(self, frame: pl.DataFrame) -> KeyRows | None:
        """Return the part of a batch of typed rows that is kept, or None if no check needs any."""
        if not self.columns or not frame.height:
            return None
        (rows,) = frame[[*self.columns, LINE]].rechunk().to_arrow().to_batches()
        return KeyRows(frame.select(self.numbers), rows)

    def add(self, kept: KeyRows, file: str) -> None:
        """Add the kept part of the next batch, which is of `file`."""
        import pyarrow as pa

        if self.writer is None:
            self.writer = pa.ipc.new_file(self.folder / "keys.arrow", kept.rows.schema)
        self.writer.write_batch(kept.rows)
        self.seen.append(kept.numbers)
        self.files.append(file)

    def findings(self) -> list[pl.DataFrame]:
        """Return what is wrong with the keys of all rows that were added."""
        if self.writer is None:
            return []
        self.writer.close()
        parts: list[pl.DataFrame] = []
        for check, number in zip(self.repeated, self.numbers, strict=True):
            numbers = [seen[number.meta.output_name()] for seen in self.seen]
            repeated = _repeated(pl.concat(numbers))
            if len(repeated):
                suspects = self._rows([batch.is_in(repeated.implode()) for batch in numbers])
                parts += self._found(suspects, check)
        if self.pointing:
            # Rows that point into their own table are rare, so all rows are read.
            whole = self._rows()
            for check in key_checks(self.table, {self.table.name: whole})[0]:
                if check.scope in ("pointer", "loop") and check.needs <= set(whole.columns):
                    parts += self._found(whole, check)
        return parts

    def _rows(self, masks: Sequence[pl.Series] | None = None) -> pl.DataFrame:
        """The kept rows of all batches with their files; of masks, one a batch, the marked rows."""
        import pyarrow as pa

        batches: list[pl.DataFrame] = []
        with pa.ipc.open_file(self.folder / "keys.arrow") as parts:
            for number, file in enumerate(self.files):
                if masks is not None and not masks[number].any():
                    continue
                rows = pl.DataFrame(pl.from_arrow(parts.get_batch(number)))
                rows = rows if masks is None else rows.filter(masks[number])
                batches.append(rows.with_columns(pl.lit(file).alias(FILE)))
        return pl.concat(batches)

    def _found(self, rows: pl.DataFrame, check: Check) -> list[pl.DataFrame]:
        """The findings of one check on rows that hold all that it has to see."""
        bad = rows.filter(check.violates.fill_null(False))
        parts: list[pl.DataFrame] = []
        for (file,), group in bad.group_by([FILE], maintain_order=True):
            as_written = group.with_columns(pl.exclude(LINE).cast(pl.String))
            source = Source(str(file), as_written)
            mask = pl.repeat(True, group.height, eager=True)
            parts.append(rows_found(self.table, group, check, source, mask))
        return parts or [findings.NONE]


def _number(check: Check) -> pl.Expr:
    """A number for each key, equal for equal keys; 0 where a part of the key is missing."""
    names = sorted(check.needs)
    present = pl.all_horizontal(pl.col(n).is_not_null() for n in names)
    # One column alone is hashed faster than as a struct of one.
    key = pl.col(names[0]) if len(names) == 1 else pl.struct(names)
    return pl.when(present).then(key.hash(seed=0)).otherwise(0)


def _repeated(numbers: pl.Series) -> pl.Series:
    """The numbers that occur more than once, but for 0."""
    ordered = numbers.sort()
    repeated = ordered.filter(ordered == ordered.shift(1)).unique()
    return repeated.filter(repeated != 0)
