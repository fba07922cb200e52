"""Rows as people type them, and the same rows complete: with what is derived, and defaults.

Coders leave empty what follows, and type a quote once for several values. To compare two codings,
or to build the final tables, all of it is needed; to write the tables, none of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import polars as pl

from ...codebook import Book, Table
from ..checks.compiled import once_for_each_table
from ..checks.completion import completed
from ..checks.derived import differs_from_default
from ..checks.derived_tables import values_with_quotes
from ..reading.parsing import parse, usual_forms
from ..reading.source import LINE, Source

Row = dict[str, str | None]
Rows = Mapping[str, Sequence[Row]]


def completed_rows(book: Book, tables: Rows) -> dict[str, list[Row]]:
    """Return typed rows with all that is computed in them, and the rows that follow from quotes.

    Args:
        book: the codebook.
        tables: rows by table, cells as text.
    """
    frames = _completed(book, tables)
    complete: dict[str, list[Row]] = {}
    for name, frame in frames.items():
        names = [n for n in book.tables[name].names if n in frame.columns]
        complete[name] = rows_of_frame(frame.select(pl.col(names).cast(pl.String)))
        if name in tables:
            for row, typed in zip(complete[name], tables[name], strict=True):
                row.update({n: cell for n, cell in typed.items() if cell})
    return complete


def rows_of_frame(frame: pl.DataFrame) -> list[Row]:
    """Return the rows of a table; equal texts of a column are one string in memory."""
    columns: list[list[str | None]] = []
    for column in frame.iter_columns():
        once: dict[str | None, str | None] = {}
        columns.append([once.setdefault(cell, cell) for cell in column.to_list()])
    names = frame.columns
    return [dict(zip(names, cells, strict=True)) for cells in zip(*columns, strict=True)]


def typed_rows(book: Book, tables: Rows) -> dict[str, list[Row]]:
    """Return complete rows as people type them: quotes as rows of their own, defaults left out."""
    quotes = book.quotes
    follows = quotes.name if quotes is not None and quotes.derived else ""
    typed = {
        name: [dict(row) for row in rows]
        for name, rows in tables.items()
        if name in book.tables and name != follows
    }
    if quotes is not None and quotes.derived and follows in tables:
        typed[quotes.derived.source] = nested(book, quotes, tables[follows])
    frames = _completed(book, typed)
    _leave_out_the_rest(book, typed, frames)
    for name, rows in typed.items():
        table = book.tables[name]
        other = differs_from_default(book, table, frames[name])
        for variable in table.variables:
            if variable.name == book.document_key(table):
                continue
            if variable.derived:
                for row in rows:
                    row.pop(variable.name, None)
            elif variable.name in other:
                for row, differs in zip(rows, other[variable.name].to_list(), strict=True):
                    if not differs:
                        row.pop(variable.name, None)
    return typed


def _leave_out_the_rest(
    book: Book, typed: Mapping[str, list[Row]], frames: Mapping[str, pl.DataFrame]
) -> None:
    """Empty the list of variables of the quote that carries all that no other one of its row does."""
    table = book.quotes
    if table is None or table.derived is None or table.derived.source not in typed:
        return
    (part,) = table.derived.unnest
    because = book.evidence.quote.because
    lists = book.tables[table.derived.source]
    separator = lists[part.column].separator
    rows = typed[table.derived.source]
    for spread in table.derived.spread:
        key = table.key_of(spread.into)
        if key is None or key.table not in frames:
            continue
        coded = values_with_quotes(book, book.tables[key.table], frames[key.table], key.target)
        needed: dict[str, set[str]] = {}
        for owner, variable in coded.iter_rows():
            needed.setdefault(owner, set()).add(variable)
        of_owner: dict[str, list[Row]] = {}
        for row in rows:
            for owner in (row.get(spread.column) or "").split(lists[spread.column].separator):
                if owner in needed:
                    of_owner.setdefault(owner, []).append(row)
        for owner, quotes in of_owner.items():
            listed = [set((row.get(part.column) or "").split(separator)) for row in quotes]
            times = Counter(name for names in listed for name in names)
            # The longest list is the one that is most work to type; of two it is the same one always.
            cells = [[row.get(v.name) or "" for v in lists.coded] for row in quotes]
            order = sorted(range(len(quotes)), key=lambda at: (-len(listed[at]), cells[at]))
            for number in order:
                row, names = quotes[number], listed[number]
                # A reason is for what is named.
                if row.get(spread.column) != owner or row.get(because):
                    continue
                by_others = {name for name, count in times.items() if count > (name in names)}
                if names == needed[owner] - by_others:
                    row.pop(part.column)
                    break


def with_documents(book: Book, sources: Mapping[str, Source]) -> dict[str, Source]:
    """Return typed tables with the document of each row, where it follows from other rows.

    Args:
        book: the codebook.
        sources: the tables as read, by their names.
    """
    follows = [name for name, source in sources.items() if _lacks_document(book, name, source)]
    if not follows:
        return dict(sources)
    frames = {
        name: parse(source, book.tables[name], book).frame
        for name, source in sources.items()
        if source.frame is not None and name in book.tables
    }
    complete = completed(book, frames, frames.keys())
    filled = dict(sources)
    for name in follows:
        key, rows = book.document_key(book.tables[name]), sources[name].frame
        if rows is None or key not in complete[name].columns:
            continue
        known = complete[name][key].cast(pl.String)
        typed = rows[key] if key in rows.columns else pl.lit(None, pl.String)
        # Nothing is known of a row that points to no row.
        known = known.replace("", None)
        column = rows.select(pl.coalesce(typed, known).alias(key))
        filled[name] = replace(sources[name], frame=rows.with_columns(column))
    return filled


def _lacks_document(book: Book, name: str, source: Source) -> bool:
    """Return whether rows do not say which document they are about, and other rows may."""
    rows = source.frame
    if name not in book.tables or rows is None:
        return False
    key = book.document_key(book.tables[name])
    if not key or not book.tables[name][key].default:
        return False
    return key not in rows.columns or bool((rows[key].is_null() | (rows[key] == "")).any())


def typed_quotes(book: Book, rows: Sequence[Row]) -> list[Row]:
    """Return quotes, a row a value, as the rows that people type."""
    quotes, typed = book.quotes, book.typed_quotes
    return typed_rows(book, {quotes.name: rows})[typed.name] if quotes and typed else []


def nested(book: Book, table: Table, rows: Iterable[Row]) -> list[Row]:
    """Return the rows from which a table of quotes is derived: a row a quote, with its lists.

    Args:
        book: the codebook.
        table: the derived table, a row a value.
        rows: its rows.
    """
    how = table.derived
    assert how is not None
    source = book.tables[how.source]
    (part,) = how.unnest
    shared = [v.name for v in source.coded if v.name in table]
    values: dict[tuple[str | None, ...], list[str]] = {}
    for row in rows:
        owner = tuple(row.get(spread.into) for spread in how.spread)
        key = (*owner, *(row.get(name) for name in shared))
        value = row.get(how.into) or ""
        if value not in (listed := values.setdefault(key, [])):
            listed.append(value)
    owners: dict[tuple[str | None, ...], list[tuple[str | None, ...]]] = {}
    width = len(how.spread)
    for key, listed in values.items():
        # Rows of two tables stay apart: a list of variables is for the rows of one.
        kinds = tuple("" if one is None else "x" for one in key[:width])
        joined = source[part.column].separator.join(listed)
        owners.setdefault((*kinds, joined, *key[width:]), []).append(key[:width])
    return [
        {
            **{
                spread.column: source[spread.column].separator.join(
                    filter(None, (one[place] for one in listed))
                )
                or None
                for place, spread in enumerate(how.spread)
            },
            part.column: key[width],
            **dict(zip(shared, key[width + 1 :], strict=True)),
        }
        for key, listed in owners.items()
    ]


def _completed(book: Book, tables: Rows) -> dict[str, pl.DataFrame]:
    typed: dict[str, pl.DataFrame] = {}
    for name, rows in tables.items():
        table = book.tables[name]
        names = list(
            dict.fromkeys([v.name for v in table.coded] + [n for row in rows for n in row])
        )
        frame = pl.DataFrame(
            {n: [row.get(n) or None for row in rows] for n in names},
            schema=dict.fromkeys(names, pl.String),
        )
        lines = pl.int_range(2, frame.height + 2, dtype=pl.Int64, eager=True).alias(LINE)
        forms = [form for n in names if (form := _forms(book, table).get(n)) is not None]
        typed[name] = parse(Source(name, frame.with_columns(lines)), table, book, forms).frame
    return completed(book, typed, typed.keys())


@once_for_each_table
def _forms(book: Book, table: Table) -> dict[str, pl.Expr]:
    """Return for each column how its texts become values."""
    kinds = dict.fromkeys(table.names, pl.String())
    return dict(zip(kinds, usual_forms(table, kinds), strict=True))
