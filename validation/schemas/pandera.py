"""From a codebook to the schemas of other libraries, one short function a target.

Each takes the book and one of its tables; nothing here reads data.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import polars as pl

from ...codebook import Book, Table, Variable
from ..checks import keys, rules

if TYPE_CHECKING:
    import pandera.pandas as pandera
    import pyarrow as pa

Frame = Any
PANDAS = {"string": "string", "integer": "Int64", "number": "Float64", "date": "datetime64[ns]"}


def arrow_schema(book: Book, table: Table) -> pa.Schema:
    """The Arrow schema of a published table.

    Codes of text are dictionaries; title, description, unit and codes are in the fields' metadata.
    """
    import pyarrow as pa

    types = {
        "string": pa.string(),
        "integer": pa.int64(),
        "number": pa.float64(),
        "date": pa.date32(),
    }
    fields = []
    for variable in table.variables:
        type_ = types[variable.type]
        if variable.codes and variable.type == "string":
            type_ = pa.dictionary(pa.int16(), pa.string())
        fields.append(
            pa.field(
                variable.name,
                type_,
                nullable=not variable.required,
                metadata=_metadata(book, variable),
            )
        )
    return pa.schema(fields, {"title": table.title, "description": table.description})


def _metadata(book: Book, variable: Variable) -> dict[str, str]:
    said = {
        "title": variable.title,
        "description": variable.description,
        "unit": variable.unit,
        "missing": variable.missing,
    }
    codes = book.code_list(variable)
    if codes is not None:
        labels = {str(code.code): code.label for code in codes.codes}
        said["codes"] = json.dumps(labels, ensure_ascii=False)
    return {key: value for key, value in said.items() if value}


def table_schema(book: Book, table: Table) -> dict[str, Any]:
    """The Table Schema (Data Package v2) of a published table.

    Codes stand twice, as `categories` with labels for readers and as `enum` for validators, which
    enforce only that. Rules in SQL have no place in the standard: they are listed by name.
    """
    schema: dict[str, Any] = {
        "$schema": "https://datapackage.org/profiles/2.0/tableschema.json",
        "fields": [_field(book, variable) for variable in table.variables],
        "missingValues": [""],
    }
    if table.derived:
        schema["eventbook:derived"] = True
    if table.primary_key:
        schema["primaryKey"] = list(table.primary_key)
    foreign = [
        {
            "fields": [key.field],
            "reference": {
                "resource": "" if key.table == table.name else key.table,
                "fields": [key.target],
            },
        }
        for key in table.foreign_keys
        # A list in a cell cannot be a foreign key there; `participants` holds these apart.
        if not key.absent and not table[key.field].separator
    ]
    if foreign:
        schema["foreignKeys"] = foreign
    if tombstones := [key for key in table.foreign_keys if key.absent]:
        # Where the ids stand that were withdrawn: the standard has no key that must be absent.
        schema["eventbook:tombstones"] = [
            {"fields": [k.field], "reference": {"resource": k.table, "fields": [k.target]}}
            for k in tombstones
        ]
    return schema


def _code_of(book: Book, variable: Variable) -> Any:
    """The example of a variable; the code where the example is a label."""
    codes = book.code_list(variable)
    labels = {c.label: c.code for c in codes.codes} if codes and variable.labels else {}
    return labels.get(str(variable.example), variable.example)


def _field(book: Book, variable: Variable) -> dict[str, Any]:
    field: dict[str, Any] = {
        "name": variable.name,
        "title": variable.title,
        "description": variable.description,
        "type": variable.type,
        # The 2.0 profile wants text here, whatever the type of the field.
        "example": str(_code_of(book, variable)),
    }
    if variable.type == "date":
        field["format"] = "default"
    limits: dict[str, Any] = {
        "required": variable.required or None,
        "unique": variable.unique or None,
        "minimum": variable.minimum,
        "maximum": variable.maximum,
        "maxLength": variable.max_length,
        "pattern": variable.grouped or None,
    }
    codes = book.code_list(variable)
    if codes is not None:
        field["categories"] = [{"value": c.code, "label": c.label} for c in codes.codes]
        limits["enum"] = list(codes.values)
    if limits := {key: value for key, value in limits.items() if value is not None}:
        field["constraints"] = limits
    for key, value in (("unit", variable.unit), ("missing", variable.missing)):
        if value:
            field[f"eventbook:{key}"] = value
    if variable.derived:
        field["eventbook:derived"] = variable.derived.sql or " to ".join(variable.derived.days)
    return field


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

    minimum, maximum = (rules.bound(variable, v) for v in (variable.minimum, variable.maximum))
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
        add(pa.Check.str_matches, "pattern", variable.anchored)
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
) -> Callable[[rules.Check], Callable[[Any], Any]]:
    """Frame checks of pandera from compiled checks, with the references joined in."""
    wanted = rules.references(book, table)

    def prepare(frame: Any) -> Any:
        return rules.join_references(book, table, frame, {table.name: frame, **others}, wanted)

    def of(check: rules.Check) -> Callable[[Any], Any]:
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
