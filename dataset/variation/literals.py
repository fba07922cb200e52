"""The codes in the SQL of a book: which literal is a code of which list."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ...codebook import Book, Table
from ...codebook.model import QUOTE

if TYPE_CHECKING:
    from sqlglot import exp

LITERAL = re.compile(r"'((?:[^']|'')*)'")
LABEL = "label"
"""The attribute of a code that every list has, besides those that the book declares."""


@dataclass(frozen=True)
class Holds:
    """What the values of a column, or of a part of an expression, are: codes of a list, or labels."""

    codes: str
    labels: bool = False


def attribute_holds(book: Book, codes: str, attribute: str) -> Holds | None:
    """Return of which list the values of an attribute are codes, if they are of one.

    They are if the attribute has the name of a list, or of a variable with a list, or if a variable
    with a list is looked up by it.
    """
    if attribute == LABEL:
        return Holds(codes, labels=True)
    if attribute in book.code_lists:
        return Holds(attribute)
    for table in book.tables.values():
        for variable in table.variables:
            if not variable.codes:
                continue
            if variable.name == attribute:
                return Holds(variable.codes)
            reference = re.fullmatch(r"\{(\w+)\.(\w+)\}", _sql(variable.computed))
            if reference and reference[2] == attribute and reference[1] in table:
                source = table[reference[1]]
                if source.codes == codes:
                    return Holds(variable.codes)
    return None


def _sql(derivation: Any) -> str:
    return derivation.sql if derivation else ""


def column_holds(book: Book, table: Table, name: str) -> Holds | None:
    """Return what a column of a table, or what `variable.attribute` leads to, holds of a list."""
    start, _, attribute = name.partition(".")
    if start not in table:
        return None
    variable = table[start]
    if not attribute:
        if variable.codes:
            return Holds(variable.codes)
        reference = re.fullmatch(r"\{(\w+)\.label\}", _sql(variable.derived))
        if reference and reference[1] in table and table[reference[1]].codes:
            return Holds(table[reference[1]].codes, labels=True)
        return None
    if variable.codes and not variable.separator:
        return attribute_holds(book, variable.codes, attribute)
    key = table.key_of(start)
    if attribute == QUOTE or key is None or attribute not in book.tables[key.table]:
        return None
    return column_holds(book, book.tables[key.table], attribute)


def renamed_literals(
    book: Book,
    table: Table,
    sql: str,
    codes: Mapping[Holds, Mapping[str, str]],
    result: Holds | None = None,
) -> str:
    """Return an expression of a book with other codes in its literals.

    A literal is a code of the list of the column that it is compared with, or that it becomes a
    value of. All else stays as it is written.

    Args:
        book: the codebook.
        table: the table whose row the expression is about.
        sql: the expression, with its `{variable.attribute}` references.
        codes: new texts by what a part of the expression holds.
        result: what the value of the whole expression is.
    """
    import sqlglot
    from sqlglot import exp

    texts = [match[1] for match in LITERAL.finditer(sql)]
    if not texts:
        return sql
    numbered = iter(range(len(texts)))
    marked = LITERAL.sub(lambda _: f"'@{next(numbered)}@'", sql)
    plain, _ = book.sql(table, marked, lookups=True)
    groups = _Groups()
    tree = sqlglot.parse_one(plain, read="duckdb")
    if result is not None:
        groups.name(tree, result)
    for node in tree.walk():
        for one, other in _of_one_kind(node):
            groups.join(one, other)
        if isinstance(node, exp.Column):
            held = column_holds(book, table, node.name)
            if held is not None:
                groups.name(node, held)
    new: dict[int, str] = {}
    for node in tree.find_all(exp.Literal):
        mark = re.fullmatch(r"@(\d+)@", node.name)
        held = groups.held(node)
        if mark and held is not None and held in codes:
            old = texts[int(mark[1])].replace("''", "'")
            new[int(mark[1])] = codes[held].get(old, old)
    places = iter(range(len(texts)))

    def written(match: re.Match[str]) -> str:
        place = next(places)
        return "'" + new[place].replace("'", "''") + "'" if place in new else match[0]

    return LITERAL.sub(written, sql)


@dataclass
class _Groups:
    """Parts of an expression whose values are of one kind, and what the values are."""

    _parents: dict[int, int] = field(default_factory=dict[int, int])
    _held: dict[int, Holds] = field(default_factory=dict[int, Holds])

    def join(self, one: Any, other: Any) -> None:
        first, second = self._root(id(one)), self._root(id(other))
        if first != second:
            self._parents[second] = first
            if second in self._held:
                self._held.setdefault(first, self._held[second])

    def name(self, node: Any, held: Holds) -> None:
        self._held.setdefault(self._root(id(node)), held)

    def held(self, node: Any) -> Holds | None:
        return self._held.get(self._root(id(node)))

    def _root(self, key: int) -> int:
        while key in self._parents:
            key = self._parents[key]
        return key


def _of_one_kind(node: exp.Expr) -> Iterator[tuple[Any, Any]]:
    """Yield the pairs of parts whose values are of one kind because of one node."""
    from sqlglot import exp

    parts: list[Any] = []
    if isinstance(node, (exp.EQ, exp.NEQ, exp.Is, exp.NullSafeEQ, exp.NullSafeNEQ)):
        parts = [node.this, node.expression]
    elif isinstance(node, exp.In):
        parts = [node.this, *node.expressions]
    elif isinstance(node, (exp.Coalesce, exp.Greatest, exp.Least)):
        parts = [node, node.this, *node.expressions]
    elif isinstance(node, exp.Nullif):
        parts = [node, node.this, node.expression]
    elif isinstance(node, (exp.Paren, exp.SplitPart)):
        parts = [node, node.this]
    elif isinstance(node, exp.If) and isinstance(node.parent, exp.Case):
        parts = [node.parent, node.args["true"]]
        if node.parent.this is not None:
            yield node.parent.this, node.this
    elif isinstance(node, exp.Case) and node.args.get("default") is not None:
        parts = [node, node.args["default"]]
    yield from ((parts[0], other) for other in parts[1:])
