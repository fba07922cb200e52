"""CREATE TABLE for SQLite with the descriptions of tables and columns as comments.

SQLite keeps the text of the statement, and `.schema` shows it.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import CreateColumn, CreateTable


class _CommentedColumn(CreateColumn):
    """A column after its comment."""

    inherit_cache = False


class CommentedTable(CreateTable):
    """CREATE TABLE with the comments of the table and its columns."""

    inherit_cache = False

    def __init__(self, element: Any):
        super().__init__(element)
        self.columns = [_CommentedColumn(column) for column in element.columns]


@compiles(CommentedTable)
def _table(create: CommentedTable, compiler: Any, **more: Any) -> str:
    head, bracket, rest = compiler.visit_create_table(create, **more).partition("(")
    return f"{head}{bracket}\n\t{_comment(create.element.comment)}{rest}"


@compiles(_CommentedColumn)
def _column(create: _CommentedColumn, compiler: Any, **more: Any) -> str:
    text = compiler.visit_create_column(create, **more)
    return f"{_comment(create.element.comment)}\n\t{text}"


def _comment(text: str | None) -> str:
    return f"/* {(text or '').replace('*/', '* /')} */"
