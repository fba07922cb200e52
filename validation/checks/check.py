"""One compiled check: an expression that is TRUE for a bad row, and what people need to know about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

Tables = Mapping[str, pl.DataFrame]


@dataclass(frozen=True)
class Check:
    """One compiled check; `needs` are the columns it reads, `codes` what it allows, if a list.

    `whole` says that a row is judged by others: the check needs the whole table.
    """

    id: str
    severity: str
    column: str
    violates: pl.Expr
    says: str
    needs: frozenset[str]
    allowed: str = ""
    codes: tuple[str | int, ...] = ()
    whole: bool = False
