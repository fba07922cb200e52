"""The parts of SQL that expressions in a book may use, as data; see `sql.csv`."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("sql.csv")


@dataclass(frozen=True)
class SqlPart:
    """A part of SQL: its names in a syntax tree, its form, what it means, an example.

    `databases` says for each database whether a CHECK may use the part, because it has the same
    meaning there.
    """

    names: tuple[str, ...]
    form: str
    says: str
    example: str
    databases: Mapping[str, bool]


@cache
def sql_parts() -> tuple[SqlPart, ...]:
    """Return the parts in the order of the file."""
    with FILE.open(encoding="utf-8", newline="") as stream:
        return tuple(
            SqlPart(
                names=tuple(row["parts"].split()),
                form=row["form"],
                says=row["says"],
                example=row["example"],
                databases={name: row[name] == "1" for name in ("sqlite", "postgresql")},
            )
            for row in csv.DictReader(stream)
        )
