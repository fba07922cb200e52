"""From a codebook to the schemas of other libraries, one short function a target.

Each takes the book and one of its tables; nothing here reads data.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import polars as pl

from ...codebook import Book, Table, Variable
from ..checks import derived, keys, rules
from ..checks.check import Check
from ..checks.constraints import bound

if TYPE_CHECKING:
    import pandera.pandas as pandera

Frame = Any
PANDAS = {"string": "string", "integer": "Int64", "number": "Float64", "date": "datetime64[ns]"}


def pandera_schema(
    book: Book, table: Table, backend: str, tables: Mapping[str, Frame] | None
) -> pandera.DataFrameSchema:
    """The pandera schema of a published table, for the pandas or the polars backend.

    Constraints are pandera's own checks; rules and keys run the book's SQL. Each check has the
    name of the rule or constraint. `tables` are the frames that keys and rules look into.
    """
    if backend not in ("pandas", "polars"):
        raise ValueError(f"no backend {backend!r}; there are pandas and polars")
    pa = _pandera(backend)
    others = {name: as_polars(frame, book.tables[name]) for name, frame in (tables or {}).items()}
    columns = {v.name: _column(book, v, backend, pa) for v in table.variables}
    wide = _masker(book, table, backend, others)
    checks = [
        pa.Check(wide(check), name=check.id, description=check.says, error=check.id)
        for check in rules.rule_checks(book, table)
        if _answerable(book, table, check.id, others)
    ]
    checks += [
        pa.Check(wide(check), name=check.id, description=check.says, error=check.id)
        for check in keys.key_checks(table, others)[0]
    ]
    return pa.DataFrameSchema(
        columns,
        checks=checks,
        strict=True,
        coerce=backend == "pandas",
        name=table.name,
        title=table.title,
        description=table.description,
    )


def _pandera(backend: str) -> Any:
    if backend == "pandas":
        import pandera.pandas as pa
    else:
        import pandera.polars as pa
    return pa


def _column(book: Book, variable: Variable, backend: str, pa: Any) -> Any:
    from ..reading.parsing import POLARS

    # No coercion to a category: it turns an unknown code into a missing value, silently.
    dtype = PANDAS[variable.type] if backend == "pandas" else POLARS[variable.type]
    checks = []

    def add(check: Callable[..., Any], name: str, *args: Any, **more: Any) -> None:
        checks.append(check(*args, name=name, error=name, **more))

    minimum, maximum = (bound(variable, v) for v in (variable.minimum, variable.maximum))
    if backend == "pandas" and variable.type == "date":
        import pandas as pd

        minimum = None if minimum is None else pd.Timestamp(str(minimum))
        maximum = None if maximum is None else pd.Timestamp(str(maximum))
    codes = book.code_list(variable)
    if codes is not None:
        add(pa.Check.isin, "code", list(codes.values))
    if minimum is not None:
        add(pa.Check.ge, "minimum", minimum)
    if maximum is not None:
        add(pa.Check.le, "maximum", maximum)
    if variable.max_length is not None:
        add(pa.Check.str_length, "max-length", max_value=variable.max_length)
    if variable.pattern:
        add(pa.Check.str_matches, "pattern", variable.cell_pattern)
    if variable.type == "string":
        for rule in book.text_rules:
            expression = rules.text_mask(rule, pl.col(variable.name))
            checks.append(
                pa.Check(
                    _mask(expression, variable.name, backend),
                    name=rule.id,
                    error=rule.id,
                    description=rule.says,
                )
            )
    return pa.Column(
        dtype,
        checks=checks,
        nullable=not variable.required,
        unique=variable.unique,
        title=variable.title,
        description=variable.description,
    )


def _mask(violates: Any, name: str, backend: str) -> Callable[[Any], Any]:
    """A column check of pandera from a mask of bad rows."""
    good = ~violates.fill_null(False)

    def on_pandas(series: Any) -> Any:
        import pandas as pd

        flags = pl.from_pandas(series.to_frame(name)).select(good).to_series()
        return pd.Series(flags.to_list(), index=series.index, dtype=bool)

    return on_pandas if backend == "pandas" else lambda data: data.lazyframe.select(good)


def _answerable(book: Book, table: Table, rule_id: str, others: Mapping[str, Any]) -> bool:
    """Whether the tables that a rule looks into are given, or are the table itself."""
    rule = next(rule for rule in book.rules_on(table.name) if rule.id == rule_id)
    for reference in book.sql(table, rule.violates)[1]:
        key = table.key_of(reference.split(".")[0])
        assert key is not None
        if key.table not in others and key.table != table.name:
            return False
    return True


def _masker(
    book: Book, table: Table, backend: str, others: Mapping[str, Any]
) -> Callable[[Check], Callable[[Any], Any]]:
    """Frame checks of pandera from compiled checks, with the references joined in."""
    wanted = derived.references(book, table)

    def prepare(frame: Any) -> Any:
        return derived.join_references(book, table, frame, {table.name: frame, **others}, wanted)

    def of(check: Check) -> Callable[[Any], Any]:
        good = ~check.violates.fill_null(False)

        def on_pandas(frame: Any) -> Any:
            import pandas as pd

            flags = prepare(as_polars(frame, table)).select(good).to_series()
            return pd.Series(flags.to_list(), index=frame.index, dtype=bool)

        def on_polars(data: Any) -> Any:
            return prepare(data.lazyframe.collect()).lazy().select(good)

        return on_pandas if backend == "pandas" else on_polars

    return of


def as_polars(frame: Frame, table: Table) -> Any:
    """A pandas or polars frame of a table as a polars frame with plain strings and days."""
    from ..reading.parsing import POLARS

    found = frame if isinstance(frame, pl.DataFrame) else pl.from_pandas(frame)
    found = found.with_columns(
        pl.col(pl.Categorical, pl.Enum).cast(pl.String), pl.col(pl.Datetime).cast(pl.Date)
    )
    # A pandas column without a value has no type, or any.
    empty = [n for n in found.columns if n in table and not found[n].count()]
    return found.with_columns(pl.lit(None, POLARS[table[n].type]).alias(n) for n in empty)
