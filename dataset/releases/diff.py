"""What changed between two releases: rows, cells, schema and codes, by a keyed join."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from ...validation.errors import InputError
from ...validation.package.corrections import Correction
from . import versions
from .release import Held, Release

SEPARATOR = " "
WITHDRAWN = {
    "row": pl.String,
    "retired_on": pl.String,
    "retirement_reason": pl.String,
    "successor_id": pl.String,
    "explanation": pl.String,
}
CELLS = {
    "row": pl.String,
    "column": pl.String,
    "old": pl.String,
    "new": pl.String,
    "reason": pl.String,
}


@dataclass(frozen=True)
class Change:
    """A change of schema or codes: its kind (one of `versions.ASKS`), where, from what to what."""

    kind: str
    table: str
    column: str = ""
    old: str = ""
    new: str = ""


@dataclass(frozen=True)
class Rows:
    """The rows of a table that both releases have, or that came or went with it.

    `added` has the column row; `withdrawn` adds what the tombstone says, nothing without one;
    `cells` has row, column, old, new, and the reason of the correction.
    """

    before: int
    after: int
    added: pl.DataFrame
    withdrawn: pl.DataFrame
    cells: pl.DataFrame
    tombstones: bool = False

    @property
    def untold(self) -> pl.DataFrame:
        """The rows that vanished without a tombstone, of a table that has such."""
        gone = self.withdrawn.filter(pl.col("retirement_reason").is_null())
        return gone if self.tombstones else gone.clear()


@dataclass(frozen=True)
class Difference:
    """What differs between two releases."""

    old: Release
    new: Release
    tables: dict[str, Rows]
    changes: tuple[Change, ...]

    @property
    def kinds(self) -> list[str]:
        """The kinds of change that there are."""
        found = {change.kind for change in self.changes}
        for rows in self.tables.values():
            found |= {"row-added"} if rows.added.height else set()
            found |= {"row-withdrawn"} if rows.withdrawn.height else set()
            found |= {"cell-changed"} if rows.cells.height else set()
        return sorted(found)

    @property
    def step(self) -> str:
        """The version step that the differences ask for."""
        return versions.greatest(self.kinds)

    def counts(self) -> dict[str, int]:
        """How many rows were added and withdrawn, cells and other things changed."""
        return {
            "added": sum(r.added.height for r in self.tables.values()),
            "withdrawn": sum(r.withdrawn.height for r in self.tables.values()),
            "cells": sum(r.cells.height for r in self.tables.values()),
            "changes": len(self.changes),
        }

    def summary(self) -> str:
        """The counts in a line."""
        counts = self.counts()
        if not any(counts.values()):
            return "nothing changed"
        said = {
            "added": ("row added", "rows added"),
            "withdrawn": ("row withdrawn", "rows withdrawn"),
            "cells": ("cell changed", "cells changed"),
            "changes": ("change of schema or codes", "changes of schema or codes"),
        }
        return ", ".join(f"{n:,} {said[k][n != 1]}" for k, n in counts.items() if n)


def diff(old: Release, new: Release) -> Difference:
    """Compare two releases.

    Raises:
        InputError: a key stands twice in a table, so that its rows cannot be told apart.
    """
    changes: list[Change] = []
    tables = {}
    for name in [*old.tables, *(n for n in new.tables if n not in old.tables)]:
        one, other = old.tables.get(name), new.tables.get(name)
        if one is None or other is None:
            here = one or other
            assert here is not None
            changes.append(Change("table-removed" if other is None else "table-added", name))
            continue
        changes += _schema_changes(name, one, other)
        tables[name] = _rows(name, one, other, new, old)
    return Difference(old, new, tables, tuple(changes))


def _schema_changes(name: str, old: Held, new: Held) -> list[Change]:
    found = []
    if old.key != new.key:
        found.append(Change("key-changed", name, "", ", ".join(old.key), ", ".join(new.key)))
    if _keys(old.schema) != _keys(new.schema):
        found.append(Change("key-changed", name, "", _keys(old.schema), _keys(new.schema)))
    for column in [*old.fields, *(c for c in new.fields if c not in old.fields)]:
        one, other = old.fields.get(column), new.fields.get(column)
        if one is None or other is None:
            found.append(
                Change("column-removed" if other is None else "column-added", name, column)
            )
            continue
        types = str(one.get("type", "string")), str(other.get("type", "string"))
        if types[0] != types[1]:
            found.append(Change("type-changed", name, column, *types))
        found += _codes(name, column, one, other)
        limits = [_limits(one), _limits(other)]
        if limits[0] != limits[1]:
            found.append(Change("constraint-changed", name, column, *map(_words, limits)))
        for word in ("title", "description", "eventbook:unit", "eventbook:missing"):
            if one.get(word) != other.get(word):
                told = str(one.get(word, "")), str(other.get(word, ""))
                found.append(Change("text", name, column, *told))
    return found


def _keys(schema: dict[str, Any]) -> str:
    """The foreign keys of a schema in words, the same for the same keys."""
    keys = schema.get("foreignKeys", [])
    if not isinstance(keys, list):
        return str(keys)
    return "; ".join(sorted(str(key) for key in keys))


def _limits(field: dict[str, Any]) -> dict[str, Any]:
    """The constraints of a field, but for its codes, which are compared one by one."""
    limits = field.get("constraints", {})
    return {k: v for k, v in limits.items() if k != "enum"} if isinstance(limits, dict) else {}


def _words(limits: dict[str, Any]) -> str:
    return ", ".join(f"{key} {value}" for key, value in limits.items())


def _codes(table: str, column: str, old: dict[str, Any], new: dict[str, Any]) -> list[Change]:
    one, other = _labels(old), _labels(new)
    found = [Change("code-removed", table, column, code) for code in one if code not in other]
    found += [Change("code-added", table, column, "", code) for code in other if code not in one]
    found += [
        Change("code-relabelled", table, column, f"{code}: {one[code]}", f"{code}: {other[code]}")
        for code in one
        if code in other and one[code] != other[code]
    ]
    return found


def _labels(field: dict[str, Any]) -> dict[str, str]:
    """The codes of a field with their labels."""
    categories = field.get("categories", [])
    if not isinstance(categories, list):
        return {}
    pairs = [
        (c.get("value"), c.get("label", "")) if isinstance(c, dict) else (c, "") for c in categories
    ]
    return {str(value): str(label) for value, label in pairs}


def _rows(name: str, old: Held, new: Held, release: Release, before: Release) -> Rows:
    key = [k for k in new.key if k in old.frame.columns and k in new.frame.columns]
    if not key:
        raise InputError(f"{name}: no primary key that both have; name one with --key")
    for held, label in ((old, before.label), (new, release.label)):
        twice = held.frame.filter(pl.struct(key).is_duplicated())
        if twice.height:
            value = SEPARATOR.join(map(str, twice.select(key).row(0)))
            raise InputError(
                f"{label}: {name}: the key {', '.join(key)} stands twice: {value}; mend it, or "
                "name another with --key"
            )
    common = [c for c in new.frame.columns if c in old.frame.columns and c not in key]
    one, other = _alike(old.frame, new.frame, key + common)
    row = pl.concat_str([pl.col(k).cast(pl.String).fill_null("") for k in key], separator=SEPARATOR)
    # Keys alone are joined; cells are compared a column at a time, so that no table stands twice.
    keys = [frame.select(key).with_row_index("__place") for frame in (one, other)]
    added = keys[1].join(keys[0], on=key, how="anti", nulls_equal=True).sort(key)
    gone = keys[0].join(keys[1], on=key, how="anti", nulls_equal=True).sort(key)
    both = keys[0].join(keys[1], on=key, how="inner", suffix=":new", nulls_equal=True).sort(key)
    cells = [pl.DataFrame(schema=CELLS)]
    for column in common:
        was = one[column].gather(both["__place"])
        now = other[column].gather(both["__place:new"])
        differ = was.ne_missing(now)
        if differ.any():
            cells.append(
                both.filter(differ).select(
                    row.alias("row"),
                    pl.lit(column).alias("column"),
                    was.filter(differ).cast(pl.String).alias("old"),
                    now.filter(differ).cast(pl.String).alias("new"),
                    pl.lit(None, pl.String).alias("reason"),
                )
            )
    return Rows(
        old.frame.height,
        new.frame.height,
        added.select(row.alias("row")),
        _withdrawn(gone, key, row, new.schema, release),
        _reasons(pl.concat(cells), name, release.corrections).sort("row", maintain_order=True),
        bool(new.schema.get("eventbook:tombstones")),
    )


def _alike(old: pl.DataFrame, new: pl.DataFrame, names: list[str]) -> tuple[pl.DataFrame, ...]:
    """The columns of both in one type each: their own if it is the same, else text."""
    apart = [n for n in names if old.schema[n] != new.schema[n]]
    as_text = pl.col(apart).cast(pl.String) if apart else []
    return tuple(frame.select(names).with_columns(as_text) for frame in (old, new))


def _withdrawn(
    gone: pl.DataFrame, key: list[str], row: pl.Expr, schema: dict[str, Any], release: Release
) -> pl.DataFrame:
    """The rows that are gone, with what their tombstones say."""
    found = gone.select(row.alias("row"), pl.col(key[0]).cast(pl.String).alias("id"))
    held = release.tables.get(_tombstones(schema) or _tombstones_of(release, key[0]))
    if held is None or "event_id" not in held.frame.columns:
        return found.select(
            "row", *(pl.lit(None, t).alias(n) for n, t in WITHDRAWN.items() if n != "row")
        )
    said = held.frame.select(
        pl.col("event_id").cast(pl.String).alias("id"),
        *(
            (pl.col(n) if n in held.frame.columns else pl.lit(None)).cast(pl.String).alias(n)
            for n in WITHDRAWN
            if n != "row"
        ),
    ).unique("id", keep="first")
    return found.join(said, on="id", how="left", maintain_order="left").select(*WITHDRAWN)


def _tombstones(schema: dict[str, Any]) -> str:
    """The table in which the ids stand that were withdrawn."""
    said = schema.get("eventbook:tombstones") or [{}]
    return str(said[0].get("reference", {}).get("resource", ""))


def _tombstones_of(release: Release, column: str) -> str:
    """The same of the table whose id a column is: what is said of an event goes with it."""
    for held in release.tables.values():
        if _tombstones(held.schema) and held.key == (column,):
            return _tombstones(held.schema)
    return ""


def _reasons(cells: pl.DataFrame, name: str, entries: tuple[Correction, ...]) -> pl.DataFrame:
    """The changed cells with the reasons that corrections give for their new values."""
    said = pl.DataFrame(
        [
            (SEPARATOR.join(e.row), e.column, e.new, f"{e.reason} ({e.who}, {e.when.isoformat()})")
            for e in entries
            if e.table == name
        ],
        schema={"row": pl.String, "column": pl.String, "new": pl.String, "why": pl.String},
        orient="row",
    ).unique(["row", "column", "new"], keep="last", maintain_order=True)
    found = cells.join(
        said, on=["row", "column", "new"], how="left", nulls_equal=True, maintain_order="left"
    )
    return found.with_columns(pl.col("why").alias("reason")).select(*CELLS)
