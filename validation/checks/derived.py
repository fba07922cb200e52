"""Derived columns, and columns that rules look up along keys and in code lists.

A rule may refer to `{actor1_id.country}`, the country of the row in `actors` that the key
`actor1_id` points to, and to `{event_type.disorder}`, an attribute of a code. Both become columns
of these names. An attribute of a code is found by its *place*, the position of the code in its list:

    codes                  Battles   Riots     Protests         the list, in its order
    attribute              violence  disorder  disorder
    event_type             Riots     Battles   null             the column of a frame
    place                  1         0         null             the same codes as positions
    event_type.disorder    disorder  violence  null             the attributes, gathered by place

so that a second attribute of the same codes costs one more `gather`, and no more comparing of text.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from functools import partial, reduce

import polars as pl

from ...codebook import Book, BookError, CodeList, Derivation, Table, Variable
from ...codebook.errors import BookProblem
from ...codebook.model import QUOTE
from ..codes import Basis
from ..errors import one_line
from ..types import POLARS
from .check import Tables
from .compiled import once_for_each_table
from .day_differences import with_days_as_numbers

Step = Callable[[pl.LazyFrame], pl.LazyFrame]
"""Adds columns to a frame. Steps are compiled once, for as many frames as there are."""

Planned = Callable[[Tables, pl.LazyFrame], pl.LazyFrame]
"""A step that is told the tables in which it looks things up when it runs."""

KEY = "__key"


def collected(frame: pl.LazyFrame) -> pl.DataFrame:
    """Return the rows of a frame, computed as it says.

    To optimise steps on a few rows, or to stream them, takes longer than to run them.
    """
    return frame.collect(engine="in-memory", optimizations=pl.QueryOptFlags.none())


def run(steps: Iterable[Step], frame: pl.DataFrame) -> pl.DataFrame:
    """Return a frame after all steps."""
    steps = list(steps)
    if not steps:
        return frame
    return collected(reduce(lambda rows, step: step(rows), steps, frame.lazy()))


@once_for_each_table
def references(book: Book, table: Table) -> frozenset[str]:
    """Return all columns `variable.attribute` that rules and derivations of a table look up."""
    expressions = [rule.violates for rule in book.rules_on(table.name)]
    expressions += [v.computed.sql for v in table.variables if v.computed and v.computed.sql]
    return frozenset[str]().union(*(book.sql(table, e, lookups=True)[1] for e in expressions))


def is_look_up(table: Table, reference: str) -> bool:
    """Return whether a column `variable.attribute` is looked up in the variable's code list."""
    name = reference.split(".")[0]
    return "." in reference and name in table and bool(table[name].codes)


def reference_steps(
    book: Book,
    table: Table,
    columns: Collection[str],
    tables: Tables,
    references_needed: Iterable[str],
) -> tuple[list[Step], set[str]]:
    """Return the steps that add `variable.attribute` columns, and the columns that they add.

    A cell with a list of keys gets the list of the fields, with the same separator.

    Args:
        book: the codebook.
        table: the table of the frames.
        columns: the columns that the frames have.
        tables: the tables that keys point to, as far as they are available.
        references_needed: the references; those that cannot be looked up are left out.
    """
    steps, added = _planned_references(book, table, columns, tables, references_needed)
    return _with_tables(steps, tables), added


def _with_tables(steps: Iterable[Planned], tables: Tables) -> list[Step]:
    return [partial(step, tables) for step in steps]


def _planned_references(
    book: Book,
    table: Table,
    columns: Collection[str],
    tables: Tables,
    references_needed: Iterable[str],
) -> tuple[list[Planned], set[str]]:
    """Return the steps of `reference_steps`, which depend on the columns of the tables only."""
    places: dict[str, pl.Expr] = {}
    attributes: list[pl.Expr] = []
    fields: dict[str, list[str]] = {}
    quoted: list[str] = []
    for reference in sorted(set(references_needed) - set(columns)):
        name, field = reference.split(".")
        if name not in columns:
            continue
        key = table.key_of(name)
        if field == QUOTE:
            quoted.append(name)
        elif (codes := book.code_list(table[name])) is not None:
            place = f"__place {name}"
            places.setdefault(place, _place(pl.col(name), codes).alias(place))
            attributes.append(_attributes(codes, field).gather(place).alias(reference))
        elif key is not None and {field, key.target} <= set(_columns(tables, key.table)):
            fields.setdefault(name, []).append(field)
    steps: list[Planned] = [partial(_gather, places, attributes)] if places else []
    steps += [partial(_join, table, name, names) for name, names in fields.items()]
    of_row = table.primary_key[0] if table.primary_key else ""
    if of_row in columns and _has_quotes(book, table, quoted, tables):
        steps.append(partial(_join_quotes, book, table, quoted))
    else:
        quoted = []
    added = {f"{name}.{field}" for name, names in fields.items() for field in names}
    added |= {f"{name}.{QUOTE}" for name in quoted}
    return steps, {*added, *(a.meta.output_name() for a in attributes)}


def _columns(tables: Tables, name: str) -> list[str]:
    return tables[name].columns if name in tables else []


def _fields(table: Table, name: str, fields: list[str], tables: Tables) -> pl.LazyFrame:
    """One row a key: a key that is repeated is a finding of its own, and must not repeat rows."""
    key = table.key_of(name)
    assert key is not None
    columns = (pl.col(field).alias(f"{name}.{field}") for field in fields)
    rows = tables[key.table].lazy().select(pl.col(key.target).alias(KEY), *columns)
    return rows.unique(KEY, keep="first")


def _join(
    table: Table, name: str, names: list[str], tables: Tables, frame: pl.LazyFrame
) -> pl.LazyFrame:
    """A frame with fields of the row that the key, or each key of a list, in `name` points to."""
    separator, fields = table[name].separator, _fields(table, name, names, tables)
    if not separator:
        return frame.join(fields, left_on=name, right_on=KEY, how="left", maintain_order="left")
    references = [f"{name}.{field}" for field in names]
    lists = (
        frame.select(pl.col(name).alias("__cell"))
        .unique()
        .with_columns(pl.col("__cell").str.split(separator).alias(KEY))
        .explode(KEY)
        .join(fields, on=KEY, how="left", maintain_order="left")
        .group_by("__cell", maintain_order=True)
        .agg(pl.col(references).drop_nulls())
        .with_columns(pl.col(references).list.join(separator))
        .drop_nulls("__cell")
    )
    return frame.join(lists, left_on=name, right_on="__cell", how="left", maintain_order="left")


def _owner(book: Book, table: Table) -> str:
    """The column of the quotes with the key of a row of a table; empty if quotes carry none."""
    return next((key.field for key in book.evidence.owners if key.table == table.name), "")


def _has_quotes(book: Book, table: Table, names: list[str], tables: Tables) -> bool:
    """Whether the words that carry variables are wanted, and there."""
    of_row, columns = _owner(book, table), book.evidence.quote
    needed = {of_row, columns.variable, columns.words}
    return bool(names and of_row) and needed <= set(_columns(tables, book.evidence.quotes))


def _quotes(book: Book, table: Table, names: list[str], tables: Tables) -> pl.LazyFrame:
    """Return the words that carry variables, by the key of their row.

    Where several do, it is the first; words from which the value was inferred do not say it.
    """
    evidence, of_row = book.evidence, _owner(book, table)
    columns, there = evidence.quote, _columns(tables, evidence.quotes)
    others = [key.field for key in evidence.owners[:-1] if key.field != of_row]
    mine = [pl.col(other).is_null() for other in others if other in there]
    if columns.basis in there:
        mine.append(pl.col(columns.basis).ne_missing(Basis.INFERRED.value))
    rows = tables[evidence.quotes].lazy().filter(pl.col(of_row).is_not_null(), *mine)
    first = (
        pl.col(columns.words)
        .filter(pl.col(columns.variable) == name)
        .first()
        .alias(f"{name}.{QUOTE}")
        for name in names
    )
    return rows.group_by(pl.col(of_row).alias(KEY)).agg(*first)


def _join_quotes(
    book: Book, table: Table, names: list[str], tables: Tables, frame: pl.LazyFrame
) -> pl.LazyFrame:
    words = _quotes(book, table, names, tables)
    return frame.join(
        words, left_on=table.primary_key[0], right_on=KEY, how="left", maintain_order="left"
    )


def attribute_of(cell: pl.Expr, codes: CodeList, attribute: str) -> pl.Expr:
    """Return an attribute of the code in a cell; null for what is no code."""
    return _attributes(codes, attribute).gather(_place(cell, codes))


def _place(cell: pl.Expr, codes: CodeList) -> pl.Expr:
    """The position of a cell's code in its list; null for what is no code."""
    texts = [value for value in codes.values if isinstance(value, str)]
    if len(texts) == len(codes.values):
        return cell.cast(pl.String).cast(pl.Enum(texts), strict=False).to_physical()
    positions = {value: number for number, value in enumerate(codes.values)}
    return cell.replace_strict(positions, default=None, return_dtype=pl.UInt32)


def _attributes(codes: CodeList, attribute: str) -> pl.Expr:
    """An attribute of all codes of a list, in the order of the list."""
    values = codes.look_up(attribute).values()
    return pl.lit(pl.Series(values, dtype=POLARS[codes.type_of(attribute)]))


def _gather(
    places: dict[str, pl.Expr], attributes: list[pl.Expr], _: Tables, frame: pl.LazyFrame
) -> pl.LazyFrame:
    """A frame with attributes of codes."""
    return frame.with_columns(places.values()).with_columns(attributes).drop(places)


def derivation_steps(
    book: Book, table: Table, names: Iterable[str], tables: Tables, fill: bool = False
) -> list[Step]:
    """Return the steps that add what rules look up, and the values that nobody has to type.

    Derivations run in whatever order they need each other; one whose inputs are missing is left
    out.

    Args:
        book: the codebook.
        table: the table of the frames.
        names: the columns that the frames have.
        tables: the tables that keys point to, as far as they are available.
        fill: whether the frames are of a typed table: empty cells take what is derived, or the
            default.

    Raises:
        BookError: the SQL of a derivation cannot be run.
    """
    return _with_tables(_plan(book, table, names, tables, fill)[0], tables)


def open_columns(book: Book, table: Table, names: Iterable[str], tables: Tables) -> frozenset[str]:
    """Return the columns of a typed table that need something which is not available.

    An empty cell of them is not known to be missing: it would be computed from a table that was not
    given, or from such a cell.

    Args:
        book: the codebook.
        table: the table.
        names: the columns that were read.
        tables: the tables that keys point to, as far as they are available.

    Raises:
        BookError: the SQL of a derivation cannot be run.
    """
    return frozenset(_plan(book, table, names, tables, True)[1])


Plan = tuple[list[Planned], set[str]]
"""The steps that compute what can be computed, and the columns that stay open."""


@once_for_each_table
def _plans(book: Book, table: Table) -> dict[tuple[object, ...], Plan]:
    """Return the plans of a table that were made so far."""
    return {}


def _plan(book: Book, table: Table, names: Iterable[str], tables: Tables, fill: bool) -> Plan:
    """Return the plan for a table with some columns; it is made once."""
    there = frozenset(names)
    known = ((name, *rows.columns) for name, rows in sorted(tables.items()))
    key = (there, fill, *known)
    plans = _plans(book, table)
    if key not in plans:
        plans[key] = _made_plan(book, table, there, tables, fill)
    return plans[key]


def _made_plan(book: Book, table: Table, names: Iterable[str], tables: Tables, fill: bool) -> Plan:
    references_needed, there = references(book, table), set(names)
    left = {
        v.name: how
        for v in table.variables
        if v.computed and (fill or (v.derived and v.name not in there))
        for how in [computed_value(book, table, v, v.computed)]
    }
    columns = there - set(left)
    steps, added = _planned_references(book, table, columns, tables, references_needed)
    columns |= added
    unknown: set[str] = set()
    while left:
        ready = [name for name, how in left.items() if _roots(how) <= columns]
        if ready:
            steps.append(
                partial(_add, [_filled(name, left[name], there, unknown) for name in ready])
            )
            unknown |= {name for name in ready if inputs(left[name]) & unknown}
            gained = settled = set(ready)
        else:
            settled = {name for name, how in left.items() if _never(how, columns, left)}
            # What needs itself stays as it was typed, too.
            settled = settled or set(left)
            gained = settled & there
            unknown |= gained
        left = {name: how for name, how in left.items() if name not in settled}
        if gained:
            columns |= gained
            more, added = _planned_references(book, table, columns, tables, references_needed)
            steps += more
            columns |= added
    return steps, unknown


def _roots(how: pl.Expr) -> set[str]:
    return set(how.meta.root_names())


def inputs(how: pl.Expr) -> set[str]:
    """Return the variables of the row itself that an expression reads, or looks something up by."""
    return {root.split(".")[0] for root in _roots(how)}


def _never(how: pl.Expr, columns: Collection[str], left: Collection[str]) -> bool:
    """Return whether a column is missing that no other derivation makes available."""
    return any(root not in columns and root.split(".")[0] not in left for root in _roots(how))


def _filled(name: str, how: pl.Expr, there: Collection[str], unknown: Collection[str]) -> pl.Expr:
    """Return a computed column: typed cells stay, and nothing is computed from unknown ones."""
    if not_known := sorted(inputs(how).intersection(unknown)):
        known = pl.all_horizontal(pl.col(column).is_not_null() for column in not_known)
        how = pl.when(known).then(how)
    return (pl.coalesce(name, how) if name in there else how).alias(name)


def circular(book: Book, table: Table) -> set[str]:
    """Return the computed variables of a table that need themselves, directly or not.

    Raises:
        BookError: the SQL of a derivation cannot be run.
    """
    return {name for name, needed in all_inputs(book, table).items() if name in needed}


@once_for_each_table
def all_inputs(book: Book, table: Table) -> dict[str, set[str]]:
    """Return for each computed variable the variables of its row that it needs, directly or not.

    Args:
        book: the codebook.
        table: the table.

    Raises:
        BookError: the SQL of a derivation cannot be run.
    """
    needs = {
        variable.name: inputs(computed_value(book, table, variable, how))
        for variable in table.variables
        if (how := variable.computed)
    }
    for middle in needs:
        for needed in needs.values():
            if middle in needed:
                needed |= needs[middle]
    return needs


def differs_from_default(book: Book, table: Table, frame: pl.DataFrame) -> dict[str, pl.Series]:
    """Return for each variable with a default which rows of a completed table have another value.

    Where the default cannot be computed, every value counts as another one.

    Args:
        book: the codebook.
        table: the table.
        frame: its rows, with what is looked up.
    """
    return frame.select(**unusual_values(book, table, frame.columns)).to_dict()


def unusual_values(book: Book, table: Table, columns: Collection[str]) -> dict[str, pl.Expr]:
    """Return for each variable with a default whether a row has another value.

    Args:
        book: the codebook.
        table: the table.
        columns: the columns of the completed table, with what is looked up.
    """
    differs: dict[str, pl.Expr] = {}
    for variable in table.variables:
        if variable.default is None or variable.name not in columns:
            continue
        cell = pl.col(variable.name)
        usual = computed_value(book, table, variable, variable.default)
        there = _roots(usual) <= set(columns)
        differs[variable.name] = cell.ne_missing(usual) if there else cell.is_not_null()
    return differs


def _add(expressions: list[pl.Expr], _: Tables, frame: pl.LazyFrame) -> pl.LazyFrame:
    return frame.with_columns(expressions)


@once_for_each_table
def computed_value(book: Book, table: Table, variable: Variable, how: Derivation) -> pl.Expr:
    """Return the expression that computes a variable, in its type.

    Args:
        book: the codebook.
        table: the table.
        variable: the variable.
        how: its derivation, or its default.

    Raises:
        BookError: the SQL cannot be run.
    """
    return _derivation(book, table, variable, how).cast(POLARS[variable.type])


def _derivation(book: Book, table: Table, variable: Variable, how: Derivation) -> pl.Expr:
    """The expression that computes a derived variable."""
    if how.days:
        first, last = (pl.col(name) for name in how.days)
        return (last - first).dt.total_days() + 1
    sql, _ = book.sql(table, how.sql, lookups=True)
    return sql_expression(
        with_days_as_numbers(table, sql),
        f"{book.name}/book.yaml",
        variable.line,
        f"variable {variable.name}",
    )


def sql_expression(sql: str, file: str, line: int, name: str) -> pl.Expr:
    """Return SQL of a book as an expression.

    Args:
        sql: the expression.
        file: the file of the book that has it.
        line: the line in it.
        name: what it belongs to: a rule, a variable.

    Raises:
        BookError: it is no SQL that can be run.
    """
    try:
        return pl.sql_expr(sql)
    except pl.exceptions.PolarsError as error:
        message = f"{name}: not readable as SQL: {one_line(error)}"
        raise BookError([BookProblem(file, line, message)]) from None
