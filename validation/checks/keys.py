"""Keys over whole tables: primary, foreign, absent (retired ids), and hierarchies without loops."""

from __future__ import annotations

import polars as pl

from ...codebook import ForeignKey, Table
from .check import Check, Tables

MOST_CODES = 10_000
"""Keys among which the nearest one is looked for; with more that would take too long."""


def key_checks(table: Table, tables: Tables) -> tuple[list[Check], list[str]]:
    """Return the keys of a table as checks.

    Args:
        table: the table.
        tables: the tables that are available, the table itself among them if it has hierarchies.

    Returns:
        The checks, and a sentence for each key into a table that is not available.
    """
    checks: list[Check] = []
    unchecked: list[str] = []
    if table.primary_key:
        checks.append(_primary(table.primary_key))
    for key in table.foreign_keys:
        other = tables.get(key.table)
        if other is None or key.target not in other.columns:
            unchecked.append(f"{table.name}.{key.field}: the table {key.table} was not given")
        else:
            checks.append(_foreign(table, key, other[key.target]))
    own = tables.get(table.name)
    for name in table.acyclic:
        if own is not None and {name, table.primary_key[0]} <= set(own.columns):
            checks.append(_acyclic(own, table.primary_key[0], name))
    return checks, unchecked


def _primary(names: tuple[str, ...]) -> Check:
    present = pl.all_horizontal(pl.col(name).is_not_null() for name in names)
    return Check(
        "primary-key",
        "error",
        names[0],
        pl.struct(names).is_duplicated() & present,
        f"The key {', '.join(names)} occurs in more than one row.",
        frozenset(names),
        scope="repeated",
    )


def _foreign(table: Table, key: ForeignKey, targets: pl.Series) -> Check:
    """A foreign key as a check, with the values that the other table has."""
    keys = targets.drop_nulls().unique().sort()
    cell, separator = pl.col(key.field), table[key.field].separator
    if key.absent:
        return Check(
            "retired-id",
            "error",
            key.field,
            cell.is_in(keys.implode()),
            f"The id is listed in {key.table}: an id that was withdrawn is never used again.",
            frozenset([key.field]),
        )
    if separator:
        bad = cell.str.split(separator).list.eval(~pl.element().is_in(keys.implode())).list.any()
    else:
        bad = ~cell.is_in(keys.implode())
    return Check(
        "foreign-key",
        "error",
        key.field,
        bad,
        f"There is no such row in {key.table}.",
        frozenset([key.field]),
        f"the {key.target} of a row of {key.table}",
        tuple(keys.to_list()) if len(keys) <= MOST_CODES else (),
        scope="pointer" if key.table == table.name else "row",
    )


def _acyclic(frame: pl.DataFrame, key: str, parent: str) -> Check:
    return Check(
        "cycle",
        "error",
        parent,
        pl.col(key).is_in(loops(frame, key, parent)),
        f"Following {parent} from row to row leads back to this row.",
        frozenset([parent, key]),
        scope="loop",
    )


def loops(frame: pl.DataFrame, key: str, parent: str) -> list[str]:
    """Return the keys of the rows that lie on a loop, sorted.

    Where a key is in several rows, the last of those with a parent counts. All rows are followed at
    once, each time twice as far: in n rows, after n steps, only those on loops are still reached.

    Args:
        frame: the rows.
        key: the column of their keys.
        parent: the column of the keys of the rows that they point to.
    """
    rows = frame.select(key, pl.col(parent).cast(frame.schema[key], strict=False)).drop_nulls()
    rows = rows.unique(key, keep="last", maintain_order=True)
    places = rows.select(pl.col(key).alias(parent)).with_row_index("at")
    reached = rows.join(places, on=parent, how="left", maintain_order="left")["at"]
    steps = 1
    while steps < rows.height and reached.null_count() < rows.height:
        reached = reached.gather(reached)
        steps *= 2
    return rows[key].gather(reached.drop_nulls().unique()).sort().to_list()
