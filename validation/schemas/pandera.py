"""The pandera schema of a published table, for pandas and for polars.

Constraints are pandera's own checks. Rules and keys run the book's compiled checks: each is a check
on the column that it blames, and sees the whole frame, so that a failure case is one cell.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import polars as pl
from pandera.api.base.checks import CheckResult
from pandera.api.checks import Check as PanderaCheck
from pandera.constants import CHECK_OUTPUT_KEY

from ...codebook import Book, Table, Variable
from ...codebook.model import ConstraintKind
from ..checks import derived, keys, rules
from ..checks.check import Check
from ..checks.trial import try_book
from ..reading.frames import from_frame
from ..reading.source import LINE
from ..types import PANDAS, POLARS

if TYPE_CHECKING:
    import pandera.pandas as pandera

Frame = Any
"""A pandas frame, or a polars frame, lazy or not."""


PASSED = pl.LazyFrame({CHECK_OUTPUT_KEY: [True]})
"""The result of a check that no row breaks, as pandera expects it of a lazy frame."""


class CellCheck(PanderaCheck):
    """A check of pandera's own that passes where cells of a column have no value of its type.

    The type of the column fails there, and names the cells.
    """

    def __init__(self, check: PanderaCheck, type_: str):
        own: Any = self.__dict__
        own.update(check.__dict__)
        self.check, self.type = check, type_

    def __call__(self, check_obj: Frame, column: str | None = None) -> CheckResult:
        """Check one column of a frame."""
        if not _has_type(check_obj, str(column), self.type):
            return _passed(check_obj)
        return self.check(check_obj, column)


def _has_type(frame: Frame, column: str, type_: str) -> bool:
    """Whether a column of a frame has the type of a variable."""
    if isinstance(frame, pl.LazyFrame):
        return frame.collect_schema()[column] == POLARS[type_]
    return str(frame[column].dtype) == PANDAS[type_]


def _passed(frame: Frame) -> CheckResult:
    result = PASSED if isinstance(frame, pl.LazyFrame) else True
    return CheckResult(result, result, frame, None)


CONSTRAINTS: dict[ConstraintKind, Callable[[Any, str], PanderaCheck]] = {
    "minimum": lambda limit, name: PanderaCheck.ge(limit, name=name, error=name),
    "maximum": lambda limit, name: PanderaCheck.le(limit, name=name, error=name),
    "max-length": lambda limit, name: PanderaCheck.str_length(
        max_value=limit, name=name, error=name
    ),
    "pattern": lambda limit, name: PanderaCheck.str_matches(f"^{limit}$", name=name, error=name),
    "code": lambda limit, name: PanderaCheck.isin(list(limit), name=name, error=name),
}
"""For each kind of constraint pandera's own check, given the limit and a name."""

OF_THE_COLUMN: dict[ConstraintKind, str] = {
    "required": "a column is not nullable",
    "unique": "a column is unique",
}
"""The kinds that are no check, because a column of pandera has a word of its own for them."""


def pandera_schema(
    book: Book, table: Table, backend: str, tables: Mapping[str, Frame] | None
) -> pandera.DataFrameSchema:
    """Return the pandera schema of a published table.

    Each check has the name of its rule or constraint.

    Args:
        book: the codebook.
        table: the table.
        backend: `pandas` or `polars`.
        tables: the other tables as frames, which keys and rules look into; what looks into a table
            that is missing is left out.

    Raises:
        ValueError: there is no such backend.
    """
    return schema_beside(book, table, backend, as_polars_tables(book, tables or {}))


def as_polars_tables(book: Book, tables: Mapping[str, Frame]) -> dict[str, pl.DataFrame]:
    """Return the tables of a book as checks look into them."""
    return {name: as_polars(frame, book.tables[name]) for name, frame in tables.items()}


def schema_beside(
    book: Book, table: Table, backend: str, others: Mapping[str, pl.DataFrame]
) -> pandera.DataFrameSchema:
    """Return the schema of a table as `pandera_schema`, given the tables by `as_polars_tables`."""
    return schema_of_rows(book, table, backend, CompiledRows(book, table, others))


def schema_of_rows(
    book: Book, table: Table, backend: str, rows: CompiledRows
) -> pandera.DataFrameSchema:
    """Return the schema of a table as `pandera_schema`, given its compiled checks.

    Schemas of both backends may share them: equal rows are then checked once.
    """
    pa = _library(backend)
    columns: dict[str, Any] = {
        variable.name: pa.Column(
            _type(book, table, variable, backend),
            checks=[
                *_constraints(book, variable, backend),
                *(
                    RowCheck(check, rows, number)
                    for number, check in enumerate(rows.checks)
                    if check.column == variable.name
                ),
            ],
            nullable=not variable.required,
            unique=variable.unique,
            title=variable.title,
            description=variable.description,
        )
        for variable in table.variables
    }
    return pa.DataFrameSchema(
        columns,
        strict=True,
        coerce=backend == "pandas",
        name=table.name,
        title=table.title,
        description=table.description,
    )


def _library(backend: str) -> Any:
    if backend == "pandas":
        import pandera.pandas as library
    elif backend == "polars":
        import pandera.polars as library
    else:
        raise ValueError(f"no backend {backend!r}; there are pandas and polars")
    return library


def _type(book: Book, table: Table, variable: Variable, backend: str) -> Any:
    # No category: coercion would turn an unknown code into a missing value, silently.
    if backend == "polars":
        return POLARS[variable.type]
    from .pandas_types import pandas_type

    return pandas_type(book, table, variable)


def _constraints(book: Book, variable: Variable, backend: str) -> list[PanderaCheck]:
    checks: list[PanderaCheck] = []
    for constraint in book.constraints(variable):
        limit: Any = constraint.limit
        if constraint.kind in OF_THE_COLUMN:
            continue
        if variable.type in ("date", "datetime") and backend == "pandas":
            import pandas as pd

            limit = pd.Timestamp(limit)
        check = CONSTRAINTS[constraint.kind](limit, constraint.kind)
        checks.append(CellCheck(check, variable.type))
    return checks


@dataclass(frozen=True)
class _Examined:
    """A frame that was checked: its rows, and for each check that some of them break, which ones.

    `frame` refers to it as long as it exists. `given` are the cells of a polars frame as they came,
    `rows` as checks see them.
    """

    frame: Callable[[], Any]
    given: pl.DataFrame | None
    rows: pl.DataFrame
    masks: Mapping[int, pl.Series]


class CompiledRows:
    """The compiled checks of a table, run on frames with all that they look up.

    All checks run on a frame at once, and the last frame is remembered. pandera hands on a pandas
    frame as it is, and a copy of a lazy frame for each column: equal rows are not checked again.
    """

    def __init__(self, book: Book, table: Table, others: Mapping[str, pl.DataFrame]):
        try_book(book)
        self.table, self.others = table, others
        checks = [*rules.text_checks(book, table, table.names)]
        checks += [c for c in rules.rule_checks(book, table) if self._can_answer(c)]
        self.checks = [*checks, *keys.key_checks(table, others)[0]]
        self._book, self._wanted = book, derived.references(book, table)
        self._last: _Examined | None = None

    def _can_answer(self, check: Check) -> bool:
        """Whether the tables that a rule looks into are given, or are the table itself."""
        lookups = (name.split(".")[0] for name in check.needs if "." in name)
        used = (self.table.key_of(name) for name in lookups)
        given = {*self.others, self.table.name}
        return all(key is not None and key.table in given for key in used)

    def bad(self, frame: Frame, number: int) -> pl.Series | None:
        """Return a mask of the rows of a frame that break a check, by its number.

        It is None where no row does, and where the check needs a column that has no values of its
        type.
        """
        if self._last is None or self._last.frame() is not frame:
            self._last = self._examined(frame)
        return self._last.masks.get(number)

    def _examined(self, frame: Frame) -> _Examined:
        given = frame.collect() if isinstance(frame, pl.LazyFrame) else None
        last = self._last
        if last is not None and given is not None and _are_same(given, last.given):
            return replace(last, frame=weakref.ref(frame))
        rows = as_polars(frame if given is None else given, self.table)
        if last is not None and _are_same(rows, last.rows):
            return replace(last, frame=weakref.ref(frame), given=given)
        prepared = self.prepared(rows)
        masks = prepared.select(
            check.violates.fill_null(False).alias(str(number))
            for number, check in enumerate(self.checks)
            if check.needs <= set(prepared.columns)
        )
        by_number = {int(mask.name): mask for mask in masks if mask.any()}
        return _Examined(weakref.ref(frame), given, rows, by_number)

    def prepared(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return rows with the columns that the checks look up."""
        tables = {self.table.name: rows, **self.others}
        steps, _ = derived.reference_steps(
            self._book, self.table, rows.columns, tables, self._wanted
        )
        return derived.run(steps, rows)


def _are_same(rows: pl.DataFrame, others: pl.DataFrame | None) -> bool:
    """Whether two frames have the same columns, types and cells."""
    return others is not None and rows.schema == others.schema and rows.equals(others)


class RowCheck(PanderaCheck):
    """A compiled check as a check of pandera on the column that it blames."""

    def __init__(self, check: Check, rows: CompiledRows, number: int):
        super().__init__(
            rows.bad,
            name=check.id,
            error=check.id,
            description=check.says,
            # A cell that is empty and must not be is a failure case, too.
            ignore_na=False,
        )
        self.rows, self.number = rows, number

    def __deepcopy__(self, memo: object) -> RowCheck:
        """Return itself: pandera copies schemas often, and a copy of the book would cost seconds."""
        return self

    def __call__(self, check_obj: Frame, column: str | None = None) -> CheckResult:
        """Check the whole frame that the column is of; the failure cases are cells of the column."""
        import pandas as pd

        bad = self.rows.bad(check_obj, self.number)
        if bad is None:
            return _passed(check_obj)
        if isinstance(check_obj, pd.DataFrame):
            mask = bad.to_numpy()
            good = pd.Series(~mask, index=check_obj.index)
            return CheckResult(good, not mask.any(), check_obj, check_obj.loc[mask, column])
        good = (~bad).alias(CHECK_OUTPUT_KEY).to_frame().lazy()
        cells = check_obj.select(pl.col(str(column)).filter(bad))
        return CheckResult(good, good.select(pl.all().all()), check_obj, cells)


def as_polars(frame: Frame, table: Table) -> pl.DataFrame:
    """Return a frame of a table as a polars frame with plain strings and days.

    Columns of the table that have another type than their variable are left out.

    Args:
        frame: a pandas frame, or a polars frame, lazy or not.
        table: the table.
    """
    rows = from_frame(frame.collect() if isinstance(frame, pl.LazyFrame) else frame).frame
    assert rows is not None
    columns: list[pl.Series] = []
    for column in rows.drop(LINE):
        kind = POLARS[table[column.name].type] if column.name in table else column.dtype
        if column.dtype == pl.Datetime and kind == pl.Date:
            column = column.dt.replace_time_zone(None).cast(pl.Date)
        # A pandas column without a value has no type, or any.
        if not column.count():
            column = column.clear(len(column)).cast(kind) if kind != column.dtype else column
        if column.dtype == kind:
            columns.append(column)
    return pl.DataFrame(columns)
