"""What kinds of values an expression of a book has, so that none is compared with another kind.

Engines differ where a day meets a text or a number: one fails, one compares letters, one finds
nothing. Such an expression is a mistake of the book.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from ...codebook import Book, Table, Variable
from ...codebook.nearest import nearest

if TYPE_CHECKING:
    from sqlglot import exp

KINDS = {
    "string": "text",
    "integer": "number",
    "number": "number",
    "year": "number",
    "date": "day",
}
"""What each type of a variable is in an expression."""
TypeOf = Callable[[str], str]
WRITTEN: dict[tuple[str, ...], str] = {
    ("day", "text"): "write a day as CAST('2019-05-13' AS DATE)",
    ("day", "number"): "write a day as CAST('2019-05-13' AS DATE); days minus days is a number",
    ("number", "text"): "write a number without quotation marks",
}


def type_faults(tree: exp.Expr, book: Book, table: Table, type_of: TypeOf) -> Iterator[str]:
    """Yield the comparisons of an expression that have no meaning.

    Args:
        tree: the expression, looked-up values as columns `variable.attribute`.
        book: the codebook.
        table: the table that the expression is about.
        type_of: returns the type of a column of the expression.
    """
    from sqlglot import exp

    for node in tree.walk():
        for one, other in _compared(node):
            if isinstance(other, exp.Null) or isinstance(one, exp.Null):
                yield f"{node.sql()}: a comparison with NULL is never true; write IS NULL"
                continue
            kinds = _kind(one, type_of), _kind(other, type_of)
            if "" not in kinds and kinds[0] != kinds[1]:
                hint = WRITTEN.get(tuple(sorted(kinds)), "compare values of one kind")
                yield f"{node.sql()}: a {kinds[0]} is compared with a {kinds[1]}; {hint}"
            yield from _fault_in_code(one, other, book, table)
            yield from _fault_in_code(other, one, book, table)


def _compared(node: Any) -> Iterator[tuple[Any, Any]]:
    """Yield the pairs of values that one part of an expression compares."""
    from sqlglot import exp

    if isinstance(node, exp.EQ | exp.NEQ | exp.GT | exp.GTE | exp.LT | exp.LTE):
        yield node.this, node.expression
    elif isinstance(node, exp.In):
        yield from ((node.this, value) for value in node.expressions)
    elif isinstance(node, exp.Between):
        yield from ((node.this, node.args[end]) for end in ("low", "high"))


def _kind(node: Any, type_of: TypeOf) -> str:
    """Return text, number or day; empty if the kind is not plain to see."""
    from sqlglot import exp

    if isinstance(node, exp.Paren | exp.Neg):
        return _kind(node.this, type_of)
    if isinstance(node, exp.Column):
        return KINDS.get(type_of(node.name), "")
    if isinstance(node, exp.Literal):
        return "text" if node.is_string else "number"
    if isinstance(node, exp.Cast):
        return "day" if node.to.is_type("date") else ""
    if isinstance(node, exp.Length | exp.Extract | exp.Mul | exp.Abs | exp.Floor):
        return "number"
    if isinstance(node, exp.Sub) and {_kind(s, type_of) for s in (node.left, node.right)} == {
        "day"
    }:
        return "number"
    if isinstance(node, exp.Lower | exp.Upper | exp.DPipe | exp.Substring | exp.SplitPart):
        return "text"
    return ""


def _fault_in_code(one: Any, other: Any, book: Book, table: Table) -> Iterator[str]:
    """Yield that a value is no code of the variable that it is compared with."""
    from sqlglot import exp

    if not isinstance(one, exp.Column) or not isinstance(other, exp.Literal):
        return
    variable = _variable(one.name, book, table)
    codes = book.code_list(variable) if variable and not variable.separator else None
    if variable is None or codes is None or codes.open:
        return
    value: Any = other.this if other.is_string else other.to_py()
    labels = [code.label for code in codes.codes] if variable.labels else []
    if value not in codes.values and value not in labels:
        near = nearest(str(value), [str(code) for code in codes.values])
        hint = f"; did you mean {near}?" if near else ""
        yield f"{value!r} is no code of {one.name}{hint} Codes: {codes.some_values}"


def _variable(column: str, book: Book, table: Table) -> Variable | None:
    """Return the variable that a column of an expression is, also one that a key leads to."""
    name, _, field = column.partition(".")
    key = table.key_of(name)
    if field:
        table = book.tables[key.table] if key else table
        return table[field] if key and field in table else None
    if name not in table:
        return None
    return table[name]
