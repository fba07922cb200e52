"""Sums of deaths in which what is unknown is not a zero, and no death is counted twice."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from ...codebook import Book, Table
from ...validation.errors import InputError

if TYPE_CHECKING:
    import pandas as pd


def table_of_deaths(book: Book, columns: Any) -> Table:
    """Return the table of a book that has numbers of deaths, and whose columns a frame has.

    Raises:
        InputError: the book has no such table, or the frame does not have its columns.
    """
    counting = [table for table in book.tables.values() if table.roles.deaths]
    for table in counting:
        if set(bounds(table).values()) <= set(columns):
            return table
    if not counting:
        raise InputError(f"{book.name}: the book does not say which columns are numbers of deaths")
    needed = " or ".join(f"{', '.join(bounds(t).values())} ({t.name})" for t in counting)
    raise InputError(f"the frame does not have the columns {needed}")


def bounds(table: Table) -> dict[str, str]:
    """Return the columns of the lowest, best and highest number of deaths, by these words."""
    deaths = table.roles.deaths
    if deaths is None:
        return {}
    named = {"low": deaths.low, "best": deaths.best, "high": deaths.high}
    return {word: name for word, name in named.items() if name}


def sums_of_deaths(table: Table, events: pd.DataFrame, by: Any = None) -> pd.DataFrame:
    """Return sums of the numbers of deaths of a table; see `eventbook.dataset.deaths`."""
    import pandas as pd

    columns = bounds(table)
    numbers = events[[*columns.values()]].notna().any(axis=1)
    counted = events[~_in_another(table, events, numbers)]
    groups: Any = by
    if by is None:
        groups = pd.Series(table.name, index=counted.index)
    grouped = counted.groupby(groups, observed=True, dropna=False)
    size = grouped.size().astype("Int64")
    found = {"rows": size}
    for word, name in columns.items():
        total = grouped[name].sum(min_count=1).astype("Int64")
        unknown = size - grouped[name].count()
        # Without a highest number for each there is none for all.
        found[word] = total.where(unknown == 0) if word == "high" else total
        found[f"without_{word}"] = unknown
    order = ["rows", *columns, *(f"without_{word}" for word in columns)]
    result = pd.DataFrame(found)[order].astype("Int64")
    result.attrs["left_out"] = len(events) - len(counted)
    return result.rename_axis(None) if by is None else result


def _in_another(table: Table, events: pd.DataFrame, numbers: pd.Series) -> pd.Series:
    """Return which rows are contained in another row that has a number, or repeat one."""
    import pandas as pd

    keys = [key for key in table.foreign_keys if key.table == table.name and not key.absent]
    keys = [key for key in keys if {key.field, key.target} <= set(events.columns)]
    parents: dict[Any, set[Any]] = {}
    known: set[Any] = set()
    for key in keys:
        known |= set(events.loc[numbers, key.target].dropna())
        separator = table[key.field].separator
        pairs = events.loc[events[key.field].notna(), [key.target, key.field]]
        for name, value in pairs.itertuples(index=False):
            owners = str(value).split(separator) if separator else [value]
            parents.setdefault(name, set()).update(owners)
    inside = _below(known, parents)
    if not inside:
        return pd.Series(False, index=events.index)
    return events[keys[0].target].isin(inside)


def _below(tops: Collection[Any], parents: Mapping[Any, Collection[Any]]) -> set[Any]:
    """Return the rows that lie in another one of some rows, also by way of others.

    Of the rows that one lies in, two are enough to know that one of them is another: each row is
    visited twice at most, also where rows lie in each other.

    Args:
        tops: the rows in which others may lie.
        parents: the rows in which each row lies.
    """
    children: dict[Any, list[Any]] = {}
    for name, containing in parents.items():
        for parent in containing:
            children.setdefault(parent, []).append(name)
    found: dict[Any, set[Any]] = {}
    open_pairs = [(child, top) for top in tops for child in children.get(top, ())]
    while open_pairs:
        name, top = open_pairs.pop()
        around = found.setdefault(name, set())
        if top not in around and len(around) < 2:
            around.add(top)
            open_pairs += [(child, top) for child in children.get(name, ())]
    return {name for name, around in found.items() if around != {name}}
