"""The types of a variable in the libraries that hold values: one table a target.

A moment (`datetime`) is in UTC everywhere; a year is a whole number.
"""

from __future__ import annotations

import polars as pl

POLARS: dict[str, type[pl.DataType] | pl.DataType] = {
    "string": pl.String,
    "integer": pl.Int64,
    "number": pl.Float64,
    "date": pl.Date,
    "datetime": pl.Datetime("us", "UTC"),
    "year": pl.Int64,
    "boolean": pl.Boolean,
}
PANDAS = {
    "string": "string",
    "integer": "Int64",
    "number": "Float64",
    "date": "datetime64[ns]",
    "datetime": "datetime64[us, UTC]",
    "year": "Int64",
    "boolean": "boolean",
}
ARROW = {
    "string": ("string",),
    "integer": ("int64",),
    "number": ("float64",),
    # Of a day pandas makes objects without .dt, which compare with no text; R, DuckDB, polars and
    # Spark take a time of day without a zone for what it is.
    "date": ("timestamp", "ms"),
    "datetime": ("timestamp", "us", "UTC"),
    "year": ("int64",),
    "boolean": ("bool_",),
}
"""The functions of `pyarrow` that make the types, with their arguments."""

SQLALCHEMY: dict[str, tuple[str, dict[str, bool]]] = {
    "string": ("Text", {}),
    "integer": ("BigInteger", {}),
    "number": ("Double", {}),
    "date": ("Date", {}),
    "datetime": ("DateTime", {"timezone": True}),
    "year": ("Integer", {}),
    "boolean": ("Boolean", {"create_constraint": False}),
}
"""The types of `sqlalchemy`, with their arguments."""
