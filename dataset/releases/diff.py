"""What changed between two releases: rows, cells, schema and codes, by a keyed join."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

import polars as pl

from ...codebook.roles import TombstoneColumns
from ...validation.errors import InputError
from ...validation.package.corrections import Correction
from ...validation.progress import step
from . import versions
from .release import Release, Schema

SEPARATOR = " "
TOMBSTONE = tuple(field.name for field in fields(TombstoneColumns))
"""What explains a withdrawn row, by the names in the role of tombstones."""
HAS_TOMBSTONE = "__has_tombstone"
AT_ONCE = 10_000
"""How many rows are compared at a time: of their cells copies are made."""
CELLS: dict[str, type[pl.DataType]] = dict.fromkeys(("row", "column", "old", "new"), pl.String)


@dataclass(frozen=True)
class Change:
    """A change of schema or codes: its kind (one of `versions.ASKS`), place, old and new value."""

    kind: str
    table: str
    column: str = ""
    old: str = ""
    new: str = ""


@dataclass(frozen=True)
class TableDifference:
    """How the rows of a table that both releases have differ.

    `before` and `after` count its rows. `added` has the column row; `withdrawn` also those of the
    tombstone, or nulls; `cells` has row, column, old, new, and the reason for the correction.
    `unexplained` are the withdrawn rows without a tombstone, if the table has tombstones.
    """

    before: int
    after: int
    added: pl.DataFrame
    withdrawn: pl.DataFrame
    cells: pl.DataFrame
    unexplained: pl.DataFrame


@dataclass(frozen=True)
class Difference:
    """What differs between two releases."""

    old: Release
    new: Release
    tables: dict[str, TableDifference]
    changes: tuple[Change, ...]

    @property
    def kinds(self) -> list[str]:
        """The kinds of change that occur."""
        kinds = {change.kind for change in self.changes}
        for rows in self.tables.values():
            kinds |= {"row-added"} if rows.added.height else set()
            kinds |= {"row-withdrawn"} if rows.withdrawn.height else set()
            kinds |= {"cell-changed"} if rows.cells.height else set()
        return sorted(kinds)

    @property
    def step(self) -> str:
        """The version bump that the differences require."""
        return versions.greatest(self.kinds)

    def counts(self) -> dict[str, int]:
        """Count the rows added and withdrawn, the cells changed, and the other changes."""
        tables = self.tables.values()
        return {
            "added": sum(rows.added.height for rows in tables),
            "withdrawn": sum(rows.withdrawn.height for rows in tables),
            "cells": sum(rows.cells.height for rows in tables),
            "changes": len(self.changes),
        }

    def summary(self) -> str:
        """Return the counts in a line."""
        counts = self.counts()
        if not any(counts.values()):
            return "nothing changed"
        words = {
            "added": ("row added", "rows added"),
            "withdrawn": ("row withdrawn", "rows withdrawn"),
            "cells": ("cell changed", "cells changed"),
            "changes": ("change of schema or codes", "changes of schema or codes"),
        }
        return ", ".join(f"{n:,} {words[k][n != 1]}" for k, n in counts.items() if n)


def diff(old: Release, new: Release) -> Difference:
    """Compare two releases.

    Raises:
        InputError: a table has a duplicate key, so that its rows cannot be matched.
    """
    changes: list[Change] = []
    tables = {}
    for name in [*old.tables, *(n for n in new.tables if n not in old.tables)]:
        if name not in new.tables:
            changes.append(Change("table-removed", name))
        elif name not in old.tables:
            changes.append(Change("table-added", name))
        else:
            changes += _schema_changes(name, old.schemas[name], new.schemas[name])
            step(f"comparing {name}")
            tables[name] = _table_difference(name, old, new)
    return Difference(old, new, tables, tuple(changes))


def _schema_changes(table: str, old: Schema, new: Schema) -> Iterator[Change]:
    if old.key != new.key:
        yield Change("key-changed", table, "", ", ".join(old.key), ", ".join(new.key))
    keys = _foreign_keys(old), _foreign_keys(new)
    if keys[0] != keys[1]:
        yield Change("key-changed", table, "", *keys)
    for column in [*old.fields, *(c for c in new.fields if c not in old.fields)]:
        if column not in new.fields:
            yield Change("column-removed", table, column)
        elif column not in old.fields:
            yield Change("column-added", table, column)
        else:
            yield from _field_changes(table, column, old.fields[column], new.fields[column])


def _field_changes(
    table: str, column: str, old: dict[str, Any], new: dict[str, Any]
) -> Iterator[Change]:
    types = str(old.get("type", "string")), str(new.get("type", "string"))
    if types[0] != types[1]:
        yield Change("type-changed", table, column, *types)
    yield from _code_changes(table, column, _labels(old), _labels(new))
    limits = _limits(old), _limits(new)
    if limits[0] != limits[1]:
        words = [", ".join(f"{key} {value}" for key, value in side.items()) for side in limits]
        yield Change("constraint-changed", table, column, *words)
    for word in ("title", "description", "eventbook:unit", "eventbook:missing"):
        if old.get(word) != new.get(word):
            texts = str(old.get(word, "")), str(new.get(word, ""))
            yield Change("text", table, column, *texts)


def _foreign_keys(schema: Schema) -> str:
    """Return the foreign keys as text that is equal for equal keys."""
    keys = schema.descriptor.get("foreignKeys", [])
    if not isinstance(keys, list):
        return str(keys)
    return "; ".join(sorted(str(key) for key in keys))


def _limits(field: dict[str, Any]) -> dict[str, Any]:
    """Return the constraints of a field without its codes, which are compared one by one."""
    limits = field.get("constraints", {})
    return {k: v for k, v in limits.items() if k != "enum"} if isinstance(limits, dict) else {}


def _code_changes(
    table: str, column: str, old: dict[str, str], new: dict[str, str]
) -> Iterator[Change]:
    yield from (Change("code-removed", table, column, code) for code in old if code not in new)
    yield from (Change("code-added", table, column, "", code) for code in new if code not in old)
    for code in old:
        if code in new and old[code] != new[code]:
            labels = f"{code}: {old[code]}", f"{code}: {new[code]}"
            yield Change("code-relabelled", table, column, *labels)


def _labels(field: dict[str, Any]) -> dict[str, str]:
    """Return the codes of a field with their labels."""
    categories = field.get("categories", [])
    if not isinstance(categories, list):
        return {}
    pairs = [
        (c.get("value"), c.get("label", "")) if isinstance(c, dict) else (c, "") for c in categories
    ]
    return {str(value): str(label) for value, label in pairs}


def _table_difference(name: str, old: Release, new: Release) -> TableDifference:
    before, after = old.tables[name], new.tables[name]
    schema = new.schemas[name]
    key = [k for k in schema.key if k in before.columns and k in after.columns]
    if not key:
        raise InputError(f"{name}: no primary key that both have; name one with --key")
    for release in (old, new):
        _ensure_unique(release, name, key)
    common = [c for c in after.columns if c in before.columns and c not in key]
    old_rows, new_rows = _same_types(before, after, key + common)
    row = pl.concat_str([pl.col(k).cast(pl.String).fill_null("") for k in key], separator=SEPARATOR)
    both, removed, added = _matched(old_rows, new_rows, key, row)
    cells = [pl.DataFrame(schema=CELLS)]
    # A slice of rows after the other: to sort all cells at once takes as much memory as a table.
    for some in both.iter_slices(AT_ONCE):
        changed = [pl.DataFrame(schema=CELLS)]
        for column in common:
            old_cells = old_rows[column].gather(some["__place"])
            new_cells = new_rows[column].gather(some["__place:new"])
            differ = old_cells.ne_missing(new_cells)
            if differ.any():
                changed.append(
                    some.filter(differ).select(
                        row.alias("row"),
                        pl.lit(column).alias("column"),
                        old_cells.filter(differ).cast(pl.String).alias("old"),
                        new_cells.filter(differ).cast(pl.String).alias("new"),
                    )
                )
        cells.append(pl.concat(changed).sort("row", maintain_order=True))
    rows = removed.select(row.alias("row"), pl.col(key[0]).cast(pl.String).alias("id"))
    withdrawn = _with_tombstones(rows, key[0], schema, new)
    unexplained = withdrawn.filter(~pl.col(HAS_TOMBSTONE) & bool(schema.tombstones[0]))
    return TableDifference(
        before=before.height,
        after=after.height,
        added=added.select(row.alias("row")),
        withdrawn=withdrawn.drop(HAS_TOMBSTONE),
        cells=_with_reasons(pl.concat(cells), name, new.corrections),
        unexplained=unexplained.drop(HAS_TOMBSTONE),
    )


def _matched(
    old: pl.DataFrame, new: pl.DataFrame, key: list[str], row: pl.Expr
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Return the keys that two tables share, with their places in both, and those of one of them.

    Only keys are joined; cells are compared column by column, so that no table is copied.
    """
    keys = [frame.select(key).with_row_index("__place") for frame in (old, new)]
    both = keys[0].join(keys[1], on=key, how="inner", suffix=":new", nulls_equal=True).sort(row)
    removed = _without(keys[0], both["__place"]).sort(key)
    return both, removed, _without(keys[1], both["__place:new"]).sort(key)


def _without(keys: pl.DataFrame, places: pl.Series) -> pl.DataFrame:
    """Return the keys at other places than these."""
    import numpy as np

    left = np.ones(keys.height, bool)
    left[places.to_numpy()] = False
    return keys.filter(pl.Series(left))


def _ensure_unique(release: Release, name: str, key: list[str]) -> None:
    keys = release.tables[name].select(key)
    # To count takes less memory than to find which they are.
    if keys.n_unique() < keys.height:
        repeated = keys.filter(keys.is_duplicated())
        value = SEPARATOR.join(map(str, repeated.select(key).row(0)))
        raise InputError(
            f"{release.label}: {name}: duplicate key {', '.join(key)}: {value}; fix it, or name "
            "another key with --key"
        )


def _same_types(old: pl.DataFrame, new: pl.DataFrame, names: list[str]) -> tuple[pl.DataFrame, ...]:
    """Return the columns of both with the same types: text where the types differ."""
    differ = [n for n in names if old.schema[n] != new.schema[n]]
    as_text = pl.col(differ).cast(pl.String) if differ else []
    return tuple(frame.select(names).with_columns(as_text) for frame in (old, new))


def _with_tombstones(
    withdrawn: pl.DataFrame, key: str, schema: Schema, release: Release
) -> pl.DataFrame:
    """Return withdrawn rows (columns row and id) with what explains them, and if they have tombstones.

    Rows that are withdrawn with an event, such as its claims, have the event's tombstone.
    """
    related = [schema, *(other for other in release.schemas.values() if other.key == (key,))]
    table, column = next((s.tombstones for s in related if s.tombstones[0]), ("", ""))
    tombstones = release.tables.get(table)
    if tombstones is None or column not in tombstones.columns:
        tombstones, column = pl.DataFrame(schema={"id": pl.String}), "id"
    columns = _tombstone_columns(release, table)
    by_id = tombstones.select(
        pl.col(column).cast(pl.String).alias("id"),
        pl.lit(True).alias(HAS_TOMBSTONE),
        *(
            (pl.col(columns[name]) if columns.get(name) in tombstones.columns else pl.lit(None))
            .cast(pl.String)
            .alias(name)
            for name in TOMBSTONE
        ),
    )
    return withdrawn.join(
        by_id.unique("id", keep="first"), on="id", how="left", maintain_order="left"
    ).select("row", *TOMBSTONE, pl.col(HAS_TOMBSTONE).fill_null(False))


def _tombstone_columns(release: Release, table: str) -> dict[str, str]:
    """Return the columns of a table of tombstones by their names in the role."""
    described = release.book.tables.get(table) if release.book else None
    role = described.roles.tombstone if described else None
    return {} if role is None else {name: getattr(role, name) for name in TOMBSTONE}


def _with_reasons(cells: pl.DataFrame, name: str, entries: tuple[Correction, ...]) -> pl.DataFrame:
    """Return the changed cells with the reasons that corrections give for their new values."""
    if all(e.table != name for e in entries):
        return cells.with_columns(pl.lit(None, pl.String).alias("reason"))
    reasons = pl.DataFrame(
        [
            (SEPARATOR.join(e.row), e.column, e.new, f"{e.reason} ({e.who}, {e.when.isoformat()})")
            for e in entries
            if e.table == name
        ],
        schema={"row": pl.String, "column": pl.String, "new": pl.String, "reason": pl.String},
        orient="row",
    ).unique(["row", "column", "new"], keep="last", maintain_order=True)
    return cells.join(
        reasons, on=["row", "column", "new"], how="left", nulls_equal=True, maintain_order="left"
    )
