"""Applying one crosswalk to batches of rows: the rows in the other layout, and the losses."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, replace

import polars as pl

from ...codebook import Book, BookError, Crosswalk, Table
from ...codebook.mapping import MADE, SPECIAL, Row
from ...codebook.reading import typed_cell
from ...validation.checks.derived import attribute_of, derivation_steps, run, sql_expression
from ...validation.checks.trial import try_book
from ...validation.errors import one_line
from ...validation.types import POLARS
from .functions import Call, calls
from .losses import Loss, Tally

WORD = re.compile(r"\w+")
SOURCE_ID = "__id"
"""A column with the ids of the original file, which is kept where it exists."""

LookUps = dict[str, pl.Expr]
"""Attributes of codes that an expression reads, by the name of their column: `variable.attribute`."""


class Completion:
    """Adds the missing columns of a table: derived or by default where possible, else empty.

    A column that is there stays as it is, with its empty cells.
    """

    def __init__(
        self, book: Book, table: Table, columns: Collection[str], unknown: Collection[str] = ()
    ):
        """Compile it.

        Args:
            book: the codebook.
            table: the table.
            columns: those of the frames to come.
            unknown: variables that get no default, because nothing is known of them.
        """
        try_book(book)
        self.table = table
        coded = [v for v in table.variables if v.derived is None]
        self.empty = [
            pl.lit(None, POLARS[v.type]).alias(v.name) for v in coded if v.name not in columns
        ]
        given = [
            replace(v, derived=None, default=None) if v.name in columns else v
            for v in table.variables
        ]
        computed = [replace(v, default=None) if v.name in unknown else v for v in given]
        self.steps = derivation_steps(
            book,
            replace(table, variables=tuple(computed)),
            {*columns, *(v.name for v in coded)},
            {},
            fill=True,
        )

    def __call__(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return a frame with its own columns and all those of the table."""
        frame = run(self.steps, frame.with_columns(self.empty))
        return frame.with_columns(
            pl.lit(None, POLARS[v.type]).alias(v.name)
            for v in self.table.variables
            if v.name not in frame.columns
        )


@dataclass(frozen=True)
class Maker:
    """Makes one variable of the target: what its expression looks up and calls, and the expression.

    `loss` is what is noted of values that have no equivalent, if the crosswalk is silent about
    them; `mapped` are the codes that it is not silent about.
    """

    column: str
    look_ups: LookUps
    calls: list[Call]
    value: pl.Expr
    loss: Loss | None
    mapped: frozenset[str]

    def add(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return a frame with the variable of the target as a further column."""
        frame = frame.with_columns(**self.look_ups)
        for call in self.calls:
            frame = call.add(frame)
        return frame.with_columns(self.value.alias(self.column))

    def inputs(self) -> set[str]:
        """Return the columns from which the value is made."""
        looked_up = {name.rpartition(".")[0] for name in self.look_ups}
        called = {call.argument for call in self.calls}
        return {*self.value.meta.root_names(), *called, *looked_up}


@dataclass(frozen=True)
class Watched:
    """A loss, without its rows, and the expression that is true in the rows that have it."""

    loss: Loss
    lost: pl.Expr


class Translation:
    """A crosswalk between two books, compiled; `tally` holds the losses of all batches so far."""

    def __init__(self, walk: Crosswalk, columns: Collection[str]):
        """Compile a crosswalk.

        Args:
            walk: the crosswalk.
            columns: those of the frames to come.
        """
        assert walk.target is not None and walk.target_table is not None
        self.walk, self.tally = walk, Tally()
        self.step = f"{walk.source.name} to {walk.target.name}"
        self.key = walk.source_table.primary_key[0]
        self.complete_source = Completion(walk.source, walk.source_table, columns)
        not_known = [r.target for r in walk.variables if r.match == "none" and r.target]
        self.complete_target = Completion(
            walk.target, walk.target_table, list(walk.makers), not_known
        )
        self.excluded: list[Watched] = []
        self.looked_up: LookUps = {}
        for row in walk.excluded:
            sql, look_ups = self._sql(row)
            lost = self._expression(row, sql).fill_null(False)
            self.excluded.append(Watched(self._loss("row", row), lost))
            self.looked_up |= look_ups
        self.makers = [self._maker(target, row) for target, row in walk.makers.items()]
        self.watched = [w for row in walk.rows if (w := self._watched(row)) is not None]
        if not (walk.source.ships and walk.target.ships):
            self._try(columns)

    def _try(self, columns: Collection[str]) -> None:
        """Run the expressions without rows, before they see data.

        Raises:
            BookError: one cannot be run.
        """
        table = self.walk.source_table
        kinds = {name: POLARS[table[name].type] for name in columns if name in table}
        try:
            self(pl.DataFrame(schema=kinds))
        except pl.exceptions.PolarsError as error:
            raise BookError([f"{self.walk.file}: cannot be run: {one_line(error)}"]) from None

    def __call__(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return typed rows in the layout of the target, with what its book derives from them."""
        frame = self.complete_source(frame).with_columns(**self.looked_up)
        self._count(frame, self.excluded)
        if self.excluded:
            frame = frame.filter(~pl.any_horizontal(w.lost for w in self.excluded))
        for maker in self.makers:
            frame = maker.add(frame)
            self._count_unmapped(frame, maker)
        self._count(frame, self.watched)
        ids = [SOURCE_ID] if SOURCE_ID in frame.columns else []
        values = (pl.col(MADE + name).alias(name) for name in self.walk.makers)
        return self.complete_target(frame.select(*ids, *values))

    def not_known(self, before: frozenset[str]) -> frozenset[str]:
        """Return the variables of the target whose values the source does not have, or not always.

        Args:
            before: the variables of the source of which the same is known.
        """
        assert self.walk.target_table is not None
        names = {w.loss.target for w in self.watched if w.loss.target}
        for target, maker in zip(self.walk.makers, self.makers, strict=True):
            if maker.inputs() & (before | {MADE + name for name in names}):
                names.add(target)
        computed = {
            v.name: {*WORD.findall(v.computed.sql), *v.computed.days}
            for v in self.walk.target_table.variables
            if v.computed and (v.derived or v.name not in self.walk.makers)
        }
        for _ in computed:
            names |= {name for name, read in computed.items() if names & read}
        return frozenset(names)

    def _loss(self, kind: str, row: Row) -> Loss:
        return Loss(
            self.step,
            kind,
            variable="" if kind == "row" else row.variable,
            code=row.code,
            target=row.target,
            target_code=row.target_code,
            match=row.match,
            note=row.note,
        )

    def _maker(self, target: str, row: Row) -> Maker:
        """Compile the row of a crosswalk that makes a variable of the target."""
        assert self.walk.target_table is not None
        sql, look_ups = self._sql(row)
        sql, called = calls(sql)
        value = self._mapped(row, self._expression(row, sql) if sql else self._same(row))
        value = value.cast(POLARS[self.walk.target_table[target].type], strict=False)
        loss, mapped = None, frozenset[str]()
        if row.variable and (row.match == "exact" or not row.sql):
            mapped = frozenset(self.walk.codes(row.variable, row.target))
            loss = Loss(
                self.step,
                "code" if self._is_carried_otherwise(row) else "value",
                row.variable,
                target=target,
                match=row.match,
                note="no equivalent is known",
            )
        return Maker(MADE + target, look_ups, called, value, loss, mapped)

    def _sql(self, row: Row) -> tuple[str, LookUps]:
        """Return the expression of a row, and the columns that it looks up: faster than a CASE."""
        sql, references = self.walk.sql(row, lookups=True)
        look_ups: LookUps = {}
        for reference in sorted(references):
            column, _, attribute = reference.rpartition(".")
            codes = self.walk.codes_of(column)
            assert codes is not None, "a crosswalk that looks up something else is not loaded"
            look_ups[reference] = attribute_of(pl.col(column), codes, attribute)
        return sql, look_ups

    def _expression(self, row: Row, sql: str) -> pl.Expr:
        """Return the expression of a row.

        Raises:
            BookError: it is no SQL that can be run.
        """
        return sql_expression(sql, self.walk.file, row.line, "sql")

    def _is_carried_otherwise(self, row: Row) -> bool:
        """Return whether another target also gets the exact value of the variable of a row."""
        return any(
            other.variable == row.variable and other.match == "exact" and other is not row
            for other in self.walk.makers.values()
        )

    def _same(self, row: Row) -> pl.Expr:
        """Return the value unchanged; where the target has a list of codes, only codes of the list."""
        walk, value = self.walk, pl.col(row.variable)
        assert walk.target is not None and walk.target_table is not None
        codes = walk.target.code_list(walk.target_table[row.target])
        if codes is not None and walk.source_table[row.variable].type == codes.type:
            return pl.when(value.is_in(list(codes.values))).then(value)
        return value

    def _mapped(self, row: Row, value: pl.Expr) -> pl.Expr:
        """Return the target's codes where rows of the crosswalk map codes, else the value."""
        walk = self.walk
        if not row.variable or not walk.coded(row):
            return value
        assert walk.target_table is not None
        here, there = walk.source_table[row.variable].type, walk.target_table[row.target].type
        codes = {
            typed_cell(code, here): typed_cell(mapping.target_code, there)
            for code, mapping in walk.codes(row.variable, row.target).items()
        }
        default = value if row.sql or walk.same_codes(row) else None
        return pl.col(row.variable).replace_strict(
            list(codes), list(codes.values()), default=default, return_dtype=POLARS[there]
        )

    def _watched(self, row: Row) -> Watched | None:
        """Return which rows lose what a row of the crosswalk says; None if it says nothing of one."""
        walk = self.walk
        if row.match == "exact" or row.variable in SPECIAL:
            return None
        if row.code:
            code = typed_cell(row.code, walk.source_table[row.variable].type)
            return Watched(self._loss("code", row), pl.col(row.variable) == code)
        if not row.variable:
            return Watched(self._loss("target", row), pl.lit(True))
        if walk.coded(row):
            return None
        present = pl.col(row.variable).is_not_null()
        if walk.makers.get(row.target) is row:
            # The value may also be made of something else where this one is missing.
            present = present | pl.col(MADE + row.target).is_not_null()
        return Watched(self._loss("variable", row), present)

    def _count(self, frame: pl.DataFrame, watched: list[Watched]) -> None:
        if not watched or not frame.height:
            return
        masks = frame.select(
            (w.lost & pl.repeat(True, pl.len())).fill_null(False).alias(str(number))
            for number, w in enumerate(watched)
        )
        for number, rows in enumerate(masks.sum().row(0)):
            self._add(frame, watched[number].loss, rows, masks[str(number)])

    def _count_unmapped(self, frame: pl.DataFrame, maker: Maker) -> None:
        """Count values that the target lacks although the crosswalk does not say so."""
        if maker.loss is None:
            return
        empty = frame[maker.loss.variable].is_not_null() & frame[maker.column].is_null()
        if not empty.any():
            return
        values = frame[maker.loss.variable].filter(empty)
        for value in values.unique().sort():
            if str(value) not in maker.mapped:
                mask = empty & (frame[maker.loss.variable] == value)
                loss = Loss(**{**vars(maker.loss), "code": str(value)})
                self._add(frame, loss, int(mask.sum()), mask)

    def _add(self, frame: pl.DataFrame, loss: Loss, rows: int, mask: pl.Series) -> None:
        ids: list[str] = []
        if rows and self.tally.wants_ids(loss):
            key = SOURCE_ID if SOURCE_ID in frame.columns else self.key
            first = frame[key].filter(mask).head(5).cast(pl.String)
            ids = first.fill_null("(no id)").to_list()
        self.tally.add(loss, rows, ids)


def translate(frame: pl.DataFrame, walk: Crosswalk) -> tuple[pl.DataFrame, list[Loss]]:
    """Return the rows of one table in the layout of another book, and the losses."""
    translation = Translation(walk, frame.columns)
    return translation(frame), translation.tally.losses()
