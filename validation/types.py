"""The four types of a variable in the libraries that hold values: one table a target."""

from __future__ import annotations

import polars as pl

POLARS: dict[str, type[pl.DataType]] = {
    "string": pl.String,
    "integer": pl.Int64,
    "number": pl.Float64,
    "date": pl.Date,
}
PANDAS = {"string": "string", "integer": "Int64", "number": "Float64", "date": "datetime64[ns]"}
ARROW = {"string": "string", "integer": "int64", "number": "float64", "date": "date32"}
"""Names that `pyarrow.type_for_alias` knows."""

SQLALCHEMY = {"string": "Text", "integer": "BigInteger", "number": "Double", "date": "Date"}
"""Names of the types in `sqlalchemy`."""
