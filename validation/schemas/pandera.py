"""The pandera schema of a published table, for pandas and for polars.

Constraints are pandera's own checks. Rules and keys run the book's compiled checks: each is a check
on the column that it blames, and sees the whole frame, so that a failure case is one cell.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import polars as pl
from pandera.api.base.checks import CheckResult
from pandera.api.checks import Check as PanderaCheck

from ...codebook import Book, Table, Variable
from ...codebook.model import ConstraintKind
from ..checks import derived, keys, rules
from ..checks.check import Check
from ..checks.trial import try_book
from ..types import PANDAS, POLARS

if TYPE_CHECKING:
    import pandera.pandas as pandera

Frame = Any
"""A pandas frame, or a polars frame, lazy or not."""

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
    pa = _library(backend)
    others = {name: as_polars(frame, book.tables[name]) for name, frame in (tables or {}).items()}
    rows = CompiledRows(book, table, others)
    types: Mapping[str, Any] = PANDAS if backend == "pandas" else POLARS
    columns: dict[str, Any] = {
        variable.name: pa.Column(
            # No coercion to a category: it turns an unknown code into a missing value, silently.
            types[variable.type],
            checks=[
                *_constraints(book, variable, backend),
                *(RowCheck(check, rows) for check in rows.checks if check.column == variable.name),
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


def _constraints(book: Book, variable: Variable, backend: str) -> list[PanderaCheck]:
    checks: list[PanderaCheck] = []
    for constraint in book.constraints(variable):
        limit: Any = constraint.limit
        if constraint.kind in OF_THE_COLUMN:
            continue
        if variable.type == "date" and backend == "pandas":
            import pandas as pd

            limit = pd.Timestamp(limit)
        checks.append(CONSTRAINTS[constraint.kind](limit, constraint.kind))
    return checks


class CompiledRows:
    """The compiled checks of a table, run on frames with all that they look up.

    The last frame is remembered, so that references are joined once and not for each check. pandera
    hands on a pandas frame as it is, and a copy of a lazy frame for each column.
    """

    def __init__(self, book: Book, table: Table, others: Mapping[str, pl.DataFrame]):
        try_book(book)
        self.table, self.others = table, others
        checks = [*rules.text_checks(book, table, table.names)]
        checks += [c for c in rules.rule_checks(book, table) if self._can_answer(c)]
        self.checks = [*checks, *keys.key_checks(table, others)[0]]
        self._book, self._wanted = book, derived.references(book, table)
        self._last: tuple[Callable[[], Any], pl.DataFrame] | None = None

    def _can_answer(self, check: Check) -> bool:
        """Whether the tables that a rule looks into are given, or are the table itself."""
        lookups = (name.split(".")[0] for name in check.needs if "." in name)
        used = (self.table.key_of(name) for name in lookups)
        given = {*self.others, self.table.name}
        return all(key is not None and key.table in given for key in used)

    def bad(self, frame: Frame, check: Check) -> pl.Series:
        """Return a mask of the rows of a frame that break a check."""
        if self._last is None or self._last[0]() is not frame:
            self._last = weakref.ref(frame), self.prepared(as_polars(frame, self.table))
        return self._last[1].select(check.violates.fill_null(False)).to_series()

    def prepared(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return rows with the columns that the checks look up."""
        tables = {self.table.name: rows, **self.others}
        steps, _ = derived.reference_steps(
            self._book, self.table, rows.columns, tables, self._wanted
        )
        return derived.run(steps, rows)


class RowCheck(PanderaCheck):
    """A compiled check as a check of pandera on the column that it blames."""

    def __init__(self, check: Check, rows: CompiledRows):
        super().__init__(
            rows.bad,
            name=check.id,
            error=check.id,
            description=check.says,
            # A cell that is empty and must not be is a failure case, too.
            ignore_na=False,
        )
        self.check, self.rows = check, rows

    def __deepcopy__(self, memo: object) -> RowCheck:
        """Return itself: pandera copies schemas often, and a copy of the book would cost seconds."""
        return self

    def __call__(self, check_obj: Frame, column: str | None = None) -> CheckResult:
        """Check the whole frame that the column is of; the failure cases are cells of the column."""
        import pandas as pd

        bad = self.rows.bad(check_obj, self.check)
        if isinstance(check_obj, pd.DataFrame):
            mask = bad.to_numpy()
            good = pd.Series(~mask, index=check_obj.index)
            return CheckResult(good, not mask.any(), check_obj, check_obj.loc[mask, column])
        from pandera.constants import CHECK_OUTPUT_KEY

        good = (~bad).alias(CHECK_OUTPUT_KEY).to_frame().lazy()
        cells = check_obj.select(pl.col(str(column)).filter(bad))
        return CheckResult(good, good.select(pl.all().all()), check_obj, cells)


def as_polars(frame: Frame, table: Table) -> pl.DataFrame:
    """Return a frame of a table as a polars frame with plain strings and days.

    Args:
        frame: a pandas frame, or a polars frame, lazy or not.
        table: says of which types columns without a value are.
    """
    rows = frame.collect() if isinstance(frame, pl.LazyFrame) else frame
    rows = rows if isinstance(rows, pl.DataFrame) else pl.from_pandas(rows)
    rows = rows.with_columns(
        pl.col(pl.Categorical, pl.Enum).cast(pl.String), pl.col(pl.Datetime).cast(pl.Date)
    )
    # A pandas column without a value has no type, or any.
    empty = [n for n in rows.columns if n in table and not rows[n].count()]
    return rows.with_columns(pl.lit(None, POLARS[table[n].type]).alias(n) for n in empty)
