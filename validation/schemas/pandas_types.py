"""The types of pandera for pandas, which read cells as a check of the same frame does.

pandera's own types cut, guess and shift: 28/04/2019 becomes whatever pandas takes it for, a day in
Damascus the day before in UTC. These read by the book, and name each cell that has no value.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
from pandera.engines import pandas_engine
from pandera.errors import ParserError

from ...codebook import Book, Table, Variable
from ..reading.frames import from_frame
from ..reading.parsing import parse
from ..types import PANDAS


def pandas_type(book: Book, table: Table, variable: Variable) -> pandas_engine.DataType:
    """Return the type of a column: pandera's for the variable's type, reading cells by the book."""
    made: Any = pandas_engine.Engine.dtype(PANDAS[variable.type])
    own = type(made)

    def coerce(self: object, data_container: pd.Series) -> pd.Series:
        return typed(book, table, variable, data_container)

    # pandera asks this of each cell, to name those that fail.
    def coerce_value(self: object, value: Any) -> Any:
        return typed(book, table, variable, pd.Series([value], name=variable.name)).iloc[0]

    methods = {"coerce": coerce, "try_coerce": coerce, "coerce_value": coerce_value}
    zone = {"unit": "us", "tz": "UTC"} if variable.type == "datetime" else {}
    return type(own.__name__, (own,), methods)(**zone)


def typed(book: Book, table: Table, variable: Variable, cells: pd.Series) -> pd.Series:
    """Return a column with values of its variable's type.

    Raises:
        ParserError: some cells have none; `failure_cases` are these cells, with their index.
    """
    own = str(cells.dtype) == PANDAS[variable.type]
    # Days and years have limits that the type of the column does not have.
    if own and variable.type not in ("date", "year"):
        return cells
    # Limits are checks of their own, with a name and a message.
    free = replace(variable, minimum=None, maximum=None)
    alone = replace(table, variables=(free,), primary_key=(), foreign_keys=(), acyclic=())
    parsed = parse(from_frame(cells.to_frame(variable.name)), alone, book)
    if variable.name in parsed.unreadable:
        bad = cells[parsed.unreadable[variable.name].to_numpy()]
        cases = bad.astype(str).rename("failure_case").rename_axis("index").reset_index()
        raise ParserError(f"no {variable.type}: {', '.join(cases.failure_case)}", cases)
    values: Any = parsed.frame[variable.name].to_pandas(use_pyarrow_extension_array=True)
    return values.astype(PANDAS[variable.type]).set_axis(cells.index).rename(cells.name)
