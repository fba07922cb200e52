"""One compiled check: an expression that is TRUE for a bad row, and what people need to know about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

import polars as pl

Tables = Mapping[str, pl.DataFrame]

Scope = Literal["row", "repeated", "pointer", "loop"]
"""What a check must see to judge a row: the row alone; the equal rows; the rows that it points to;
the whole hierarchy."""

SCOPES: frozenset[Scope] = frozenset(get_args(Scope))
WHOLE_TABLE: frozenset[Scope] = frozenset({"repeated", "loop"})
"""The scopes that need all rows at once; the others need a row and the values of keys."""


@dataclass(frozen=True)
class Check:
    """One compiled check.

    `needs` are the columns that it reads, `codes` the values that it allows, if they are a list.
    Where a check with `makes_unreadable` finds a cell, other checks that read the cell stay silent:
    their findings would only repeat it. `follows` is the value that a cell should have, where it can
    be computed.
    """

    id: str
    severity: str
    column: str
    violates: pl.Expr
    says: str
    needs: frozenset[str]
    allowed: str = ""
    codes: tuple[str | int, ...] = ()
    scope: Scope = "row"
    makes_unreadable: bool = False
    follows: pl.Expr | None = None
