"""Keys over whole tables: primary, foreign, absent (retired ids), and hierarchies without loops."""

from __future__ import annotations

import polars as pl

from ...codebook import ForeignKey, Table
from .check import Check, Tables


def key_checks(table: Table, tables: Tables) -> tuple[list[Check], list[str]]:
    """The keys of a table as checks.

    Returns:
        The checks, and for each key into a table that is not at hand a sentence that says so.
    """
    checks, unchecked = [], []
    if table.primary_key:
        names = list(table.primary_key)
        checks.append(
            Check(
                "primary-key",
                "error",
                names[0],
                pl.struct(names).is_duplicated()
                & pl.all_horizontal(pl.col(n).is_not_null() for n in names),
                f"The key {', '.join(names)} stands in more than one row.",
                frozenset(names),
                whole=True,
            )
        )
    for key in table.foreign_keys:
        other = tables.get(key.table)
        if other is None or key.target not in other.columns:
            unchecked.append(f"{table.name}.{key.field}: the table {key.table} was not given")
            continue
        checks.append(foreign(table, key, other[key.target]))
    for name in table.acyclic:
        if table.name in tables and {name, table.primary_key[0]} <= set(tables[table.name].columns):
            looped = loops(tables[table.name], table.primary_key[0], name)
            checks.append(
                Check(
                    "cycle",
                    "error",
                    name,
                    pl.col(table.primary_key[0]).is_in(looped),
                    f"Following {name} from row to row leads back to this row.",
                    frozenset([name, table.primary_key[0]]),
                    whole=True,
                )
            )
    return checks, unchecked


def foreign(table: Table, key: ForeignKey, targets: pl.Series) -> Check:
    """A foreign key as a check, with the values that stand in the other table."""
    known = targets.drop_nulls().unique().sort()
    cell, separator = pl.col(key.field), table[key.field].separator
    if key.absent:
        return Check(
            "retired-id",
            "error",
            key.field,
            cell.is_in(known.implode()),
            f"The id stands in {key.table}: an id that was withdrawn is never used again.",
            frozenset([key.field]),
        )
    if separator:
        bad = cell.str.split(separator).list.eval(~pl.element().is_in(known.implode())).list.any()
    else:
        bad = ~cell.is_in(known.implode())
    codes = tuple(known.to_list()) if len(known) <= 10_000 else ()
    return Check(
        "foreign-key",
        "error",
        key.field,
        bad,
        f"There is no such row in {key.table}.",
        frozenset([key.field]),
        f"a {key.target} of {key.table}",
        codes,
        key.table == table.name,
    )


def loops(frame: pl.DataFrame, key: str, parent: str) -> list[str]:
    """The keys of the rows that lie on a loop."""
    above = {child: up for child, up in frame.select(key, parent).drop_nulls().iter_rows()}
    looped = set()
    for child in above:
        seen, at = set(), child
        while at in above and at not in seen:
            seen.add(at)
            at = above[at]
        if at == child:
            looped.add(child)
    return sorted(looped)
