"""Try a book that does not ship with the package before its expressions see data.

A book may come from anybody. Its SQL may only have parts that are listed here, which read no file
and no other row and whose cost is bounded; then it is run on the book's own examples, as are its
patterns. What an engine refuses is thereby a mistake of the book, at its file and line, and not one
in the middle of a table. The books that ship are tried by the tests, and not by every command.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

import polars as pl

from ...codebook import Book, BookError, Rule, Table, Variable
from ...codebook.errors import BookProblem
from ...codebook.model import QUOTE, Scalar
from ...codebook.nearest import nearest
from ...codebook.sql_parts import sql_parts
from ..errors import one_line
from ..reading import dates
from ..types import POLARS
from . import derived
from .check import Check
from .constraints import POLARS as VIOLATIONS
from .rules import compile_rule, text_mask
from .sql_types import type_faults

if TYPE_CHECKING:
    from sqlglot import exp

MOST_CHARACTERS = 5_000
"""The length of an expression; the longest of a shipped book has about 1,000 characters."""

MOST_TOKENS = 800
"""The words and signs of an expression. Engines parse some of them into each other, and each into
the stack: thousands end the process."""

WRITTEN = ("date", "datetime")
"""The types whose values are text in the examples of a book."""

WORDS = re.compile("[A-Z_]{2,}")
"""The names of functions and operators in the form of a part of SQL."""

DEEPEST = 40
"""How deep parentheses may be nested."""

_tried: WeakSet[Book] = WeakSet()


@dataclass(frozen=True)
class RuleFault:
    """The key of a rule that is wrong, and why."""

    key: str
    message: str


def try_book(book: Book) -> None:
    """Try a book that does not ship; each is tried once.

    Raises:
        BookError: an expression or a pattern of it cannot be used; every one is listed.
    """
    if book.ships or book in _tried:
        return
    if problems := list(trial_faults(book)):
        raise BookError(problems)
    _tried.add(book)


def trial_faults(book: Book) -> Iterator[BookProblem]:
    """Yield each mistake in the patterns, derived columns and rules of a book, once."""
    # A variable that several tables share has its mistakes in each of them.
    yield from dict.fromkeys(_trial_faults(book))


def _trial_faults(book: Book) -> Iterator[BookProblem]:
    for table in book.tables.values():
        for variable in _definitions(table):
            if message := _fault_in_pattern(variable):
                yield _about(book, variable, f"pattern: {message}")
    for table in book.tables.values():
        yield from _faults_in_computed(book, table)
    for rule in book.rules:
        fault = _fault_in_rule(book, rule) if rule.violates else _fault_in_text_rule(rule)
        if fault is not None:
            file, line = f"{book.name}/rules.yaml", rule.line_of(fault.key)
            yield BookProblem(file, line, f"rule {rule.id}: {fault.message}")


def _definitions(table: Table) -> Iterator[Variable]:
    yield from table.variables
    for variant in table.variants:
        yield from variant.redefined.values()


def _about(book: Book, variable: Variable, message: str) -> BookProblem:
    return BookProblem(
        f"{book.name}/book.yaml", variable.line, f"variable {variable.name}: {message}"
    )


# Patterns


def _fault_in_pattern(variable: Variable) -> str:
    if not variable.pattern or not isinstance(variable.example, str):
        return ""
    mask = VIOLATIONS["pattern"](pl.col("cell"), variable.cell_pattern)
    return _fault_on_text(mask, variable.example, f"the example {variable.example!r} breaks it")


def _fault_in_text_rule(rule: Rule) -> RuleFault | None:
    mask = text_mask(rule, pl.col("cell"))
    for word, rows, broken in (("bad", rule.bad, True), ("good", rule.good, False)):
        for text in (str(value) for row in rows for value in row.values()):
            message = f"{_judged_wrongly(word)}: {text!r}"
            if fault := _fault_on_text(mask, text, message, broken_is_right=broken):
                return RuleFault(word, fault)
    return None


def _judged_wrongly(word: str) -> str:
    return f"its {word} example {'does not break' if word == 'bad' else 'breaks'} it"


def _fault_on_text(mask: pl.Expr, text: str, message: str, broken_is_right: bool = False) -> str:
    """Why a mask of text cannot be used: it cannot be run, or judges an example wrongly."""
    try:
        broken = pl.DataFrame({"cell": [text]}).select(mask).item()
    except pl.exceptions.PolarsError as error:
        return f"not a regular expression that can be used: {one_line(error)}"
    return "" if bool(broken) == broken_is_right else message


# SQL


def _fault_in_rule(book: Book, rule: Rule) -> RuleFault | None:
    table = book.tables[rule.on]
    if message := fault_in_sql(book, table, rule.violates):
        return RuleFault("violates", message)
    try:
        check = compile_rule(book, table, rule)
    except BookError as error:
        message = error.mistakes[0].message.removeprefix(f"rule {rule.id}: ")
        return RuleFault("violates", message + _reserved(table, rule.violates))
    for word, rows, broken in (("bad", rule.bad, True), ("good", rule.good, False)):
        for row in rows:
            try:
                verdict = _verdict(book, table, check, row)
            except pl.exceptions.PolarsError as error:
                return RuleFault(
                    "violates", f"it cannot be run on its {word} example: {one_line(error)}"
                )
            if verdict.dtype not in {pl.Boolean(), pl.Null()}:
                return RuleFault(
                    "violates", "it is no condition: its result is neither true nor false"
                )
            if bool(verdict.item()) is not broken:
                return RuleFault(word, f"{_judged_wrongly(word)}: {dict(row)}")
    return None


def _verdict(book: Book, table: Table, check: Check, row: Mapping[str, Scalar]) -> pl.Series:
    """Return what a rule says of an example, as a series of one value."""
    frame = example_frame(book, table, check.needs | set(row), row)
    references = derived.references(book, table)
    steps, _ = derived.reference_steps(book, table, frame.columns, {}, references)
    return derived.run(steps, frame).select(check.violates).to_series()


def example_frame(
    book: Book, table: Table, columns: Iterable[str], row: Mapping[str, Scalar]
) -> pl.DataFrame:
    """Return one row with the columns of a rule, typed by the book; others than in `row` are empty.

    Args:
        book: the codebook.
        table: the table that the rule is about.
        columns: the columns, looked-up ones as `variable.attribute`.
        row: the example, as the book has it.

    Raises:
        polars.exceptions.PolarsError: a value of the example is not of its column's type.
    """
    types = {name: _type_of(book, table, name) for name in sorted(columns)}
    frame = pl.DataFrame(
        {name: [row.get(name)] for name in types},
        schema={n: pl.String if t in WRITTEN else POLARS[t] for n, t in types.items()},
        strict=False,
    )
    moments = [dates.any_moment(pl.col(n)) for n, type_ in types.items() if type_ == "datetime"]
    days = [pl.col(n).str.to_date("%Y-%m-%d") for n, type_ in types.items() if type_ == "date"]
    return frame.with_columns(*days, *moments)


def _type_of(book: Book, table: Table, name: str) -> str:
    """The type of a column, or of what is looked up along its key or in its code list."""
    start, _, field = name.partition(".")
    if not field:
        return table[start].type
    if field == QUOTE and table.name in book.owner_keys:
        return "string"
    codes = book.code_list(table[start])
    key = table.key_of(start)
    if codes is not None:
        return codes.type_of(field)
    assert key is not None
    return book.tables[key.table][field].type


def _faults_in_computed(book: Book, table: Table) -> Iterator[BookProblem]:
    """Yield why derived variables of a table, or defaults, cannot be computed."""
    computed = [v for v in table.variables if v.computed] if not table.derived else []
    wrong = [
        _about(book, variable, f"{_word(variable)}: {message}")
        for variable in computed
        if (
            message := fault_in_sql(book, table, variable.computed.sql if variable.computed else "")
        )
    ]
    yield from wrong
    if wrong or not computed:
        return
    empty = {name: _empty(other, other.names) for name, other in book.tables.items()}
    frame = _empty(table, [v.name for v in table.coded])
    try:
        circular = derived.circular(book, table)
        derived.run(derived.derivation_steps(book, table, frame.columns, empty, fill=True), frame)
    except BookError as error:
        yield from error.mistakes
        return
    except pl.exceptions.PolarsError as error:
        message = f"the computed columns of {table.name} fail: {one_line(error)}"
        yield _about(book, computed[0], message)
        return
    for variable in computed:
        if variable.name in circular:
            by_way = "by way of the columns that it is computed from"
            yield _about(book, variable, f"{_word(variable)}: it needs itself, {by_way}")


def _word(variable: Variable) -> str:
    return "derived" if variable.derived else "default"


def _empty(table: Table, names: Iterable[str]) -> pl.DataFrame:
    return pl.DataFrame(schema={name: POLARS[table[name].type] for name in names})


def fault_in_sql(book: Book, table: Table, sql: str) -> str:
    """Return what an expression may not have; empty if it may be run.

    Args:
        book: the codebook.
        table: the table whose columns it may read.
        sql: the expression as the book has it, with its `{variable.attribute}` references.
    """
    if not sql:
        return ""
    plain = re.sub(r"'(?:[^']|'')*'", "''", sql)
    if len(sql) > MOST_CHARACTERS:
        return f"it has {len(sql):,} characters; at most {MOST_CHARACTERS:,} are allowed"
    if _depth(plain) > DEEPEST:
        return f"its parentheses are nested more than {DEEPEST} deep"
    if len(re.findall(r"\w+|\S", plain)) > MOST_TOKENS:
        return f"it has more than {MOST_TOKENS} words and signs"
    if "--" in plain or "/*" in plain or ";" in plain:
        return "a comment or a second statement is not allowed"
    import sqlglot
    from sqlglot.errors import SqlglotError

    lookups, _ = book.sql(table, sql, lookups=True)
    try:
        tree = sqlglot.parse_one(lookups, read="duckdb")
    except (SqlglotError, RecursionError) as error:
        return f"not readable as SQL: {one_line(error)}"
    for node in tree.walk():
        if message := _fault_in(node, table):
            return message
    return next(type_faults(tree, book, table, partial(_type_of, book, table)), "")


def _reserved(table: Table, sql: str) -> str:
    """Return the advice to quote the variables in an expression that are words of SQL."""
    unquoted = set(re.findall(r'(?<!")\b\w+\b(?!")', sql))
    for name in (name for name in table.names if name in unquoted):
        try:
            pl.sql_expr(name)
        except pl.exceptions.PolarsError:
            return f'; {name} is a word of SQL: write "{name}", in double quotation marks'
    return ""


def _depth(sql: str) -> int:
    deepest = depth = 0
    for character in sql:
        depth += {"(": 1, ")": -1}.get(character, 0)
        deepest = max(deepest, depth)
    return deepest


@cache
def _allowed() -> frozenset[type[exp.Expr]]:
    """The parts of SQL that a book may use; each reads its row alone, and makes nothing large."""
    from sqlglot import exp

    return frozenset(getattr(exp, name) for part in sql_parts() for name in part.names)


PARTS_OF_A_DAY = {"YEAR", "MONTH", "DAY", "EPOCH"}


def _fault_in(node: Any, table: Table) -> str:
    """What one part of an expression may not be; empty if it may."""
    from sqlglot import exp

    if type(node) not in _allowed():
        name = node.name if isinstance(node, exp.Anonymous) else node.key.upper()
        near = nearest(name, [word for part in sql_parts() for word in WORDS.findall(part.form)])
        hint = f"; did you mean {near}?" if near else ""
        return f"{name} is not allowed in the SQL of a book{hint}"
    if isinstance(node, exp.Column) and "." not in node.name and node.name not in table:
        near = nearest(node.name, table.names)
        hint = f"; did you mean {near}?" if near else ""
        return f"{node.name} is not a variable of {table.name}{hint}"
    if isinstance(node, exp.RegexpLike) and not isinstance(node.expression, exp.Literal):
        return "a regular expression must be written out"
    if isinstance(node, exp.Extract) and node.name.upper() not in PARTS_OF_A_DAY:
        return f"EXTRACT of {node.name} is not allowed; {', '.join(sorted(PARTS_OF_A_DAY))} are"
    if isinstance(node, exp.Cast) and not isinstance(node, exp.TryCast):
        return _fault_in_cast(node, table)
    return ""


def _fault_in_cast(node: Any, table: Table) -> str:
    """A cast fails at some cell, unless it makes text of it, or it is a day already."""
    from sqlglot import exp

    day = node.this
    if node.to.is_type(*exp.DataType.TEXT_TYPES):
        return ""
    if not node.to.is_type("date", "timestamp", "timestampntz"):
        return f"CAST AS {node.to.sql()} is not allowed; TEXT, DATE and TIMESTAMP are, and TRY_CAST"
    if isinstance(day, exp.Column) and "." not in day.name and table[day.name].type == "date":
        return ""
    if isinstance(day, exp.Literal) and re.fullmatch(r"\d{4}-\d\d-\d\d", day.name):
        return ""
    return "CAST is for a column with days, or for a day such as '2019-05-13'"
