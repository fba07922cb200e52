"""What quotes carry of the rows of a table, for whole columns at once.

Rows and quotes are known by their positions in their tables. A quote is about the row with the id
that it names; rows that share an id share its quotes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from ...codebook.model import EvidenceTables, OwnerKey
from .shown import MAY_DIFFER, as_shown

AT, OWNER, ROW, ID = "__at", "__owner", "__row", "__id"
"""The position of a quote; the table that it is about; the position of a row; its id."""
VARIABLE, WORDS, PART = "__variable", "__words", "__part"
SAID, MARKED, PLAIN = "__said", "__marked", "__plain"
BETWEEN = "\0"
"""Stands between quotes, and is in no words that are looked for."""


def with_owners(names: EvidenceTables, quotes: pl.DataFrame) -> pl.DataFrame:
    """Return quotes with their positions, and the table with the row that each is about.

    It is that of the first key with a value, as in `EvidenceTables.owner`; null where none has one.
    """
    owners = [
        pl.when(_is_given(key.field, quotes.schema[key.field])).then(pl.lit(key.table))
        for key in names.owners
        if key.field in quotes.columns
    ]
    owner = pl.coalesce(*owners, pl.lit(None, pl.String)).alias(OWNER)
    return quotes.with_columns(owner).with_row_index(AT)


def _is_given(name: str, kind: pl.DataType) -> pl.Expr:
    """Return whether cells have a value that is not empty, 0 or false."""
    if kind == pl.String:
        return pl.col(name) != ""
    return pl.col(name) != 0 if kind.is_numeric() else pl.col(name).is_not_null()


@dataclass(frozen=True)
class Carried:
    """The rows of one table, and the quotes about them.

    `names` says how the book ties rows to documents, `key` is the key of quotes to the table, and
    `quotes` are all quotes, as `with_owners` returns them. `coded` has for each variable that needs
    a quote the rows in which somebody coded it; `other`, for each variable with a default, the rows
    that have another value.
    """

    names: EvidenceTables
    key: OwnerKey
    rows: pl.DataFrame
    quotes: pl.DataFrame
    coded: Mapping[str, pl.Expr]
    other: Mapping[str, pl.Series]

    def without_quote(self) -> pl.DataFrame:
        """Return the coded values that no quote carries, in the order of the rows.

        Returns:
            The position of the row as `ROW`, and its variable as `VARIABLE`: null, once, where no
            quote is about the row at all.
        """
        if not self.coded:
            return pl.DataFrame(schema={ROW: pl.UInt32, VARIABLE: pl.String})
        masks = {n: m & self.other[n] if n in self.other else m for n, m in self.coded.items()}
        bare = self._ids.join(self._copied, on=ID, how="anti", maintain_order="left")
        values = self._values(masks).join(self._copied, on=[ID, VARIABLE], how="anti")
        values = values.join(bare, on=ROW, how="anti").select(ROW, VARIABLE)
        order = pl.col(VARIABLE).replace_strict(list(masks), range(len(masks)), default=None)
        nothing = bare.select(ROW, pl.lit(None, pl.String).alias(VARIABLE))
        return pl.concat([nothing, values]).sort(ROW, order)

    def without_value(self) -> pl.Series:
        """Return the positions of the quotes about rows in which their variable is not coded."""
        named = self._copied.drop_nulls(VARIABLE).join(self._ids, on=ID, how="semi")
        return named.join(self._values(self.coded), on=[ID, VARIABLE], how="anti")[AT]

    def of_one_quote(self) -> pl.DataFrame:
        """Return how many values other than defaults each row has of which one quote carries all.

        Returns:
            The position of the row as `ROW`, in order, and the number as `VARIABLE`.
        """
        given = self._about.filter(pl.col(WORDS) != "", pl.col(VARIABLE) != "")
        alone = given.group_by(ID).agg(pl.col(WORDS).n_unique()).filter(pl.col(WORDS) == 1)
        carried = given.join(alone, on=ID, how="semi").group_by(ID).agg(pl.col(VARIABLE).unique())
        rows = self._ids.join(carried, on=ID, how="inner", maintain_order="left")
        usual = [
            pl.col(VARIABLE).list.contains(name) & ~other.gather(rows[ROW])
            for name, other in self.other.items()
        ]
        number = pl.col(VARIABLE).list.len().cast(pl.Int64) - pl.sum_horizontal(0, *usual)
        return rows.select(ROW, number.alias(VARIABLE))

    def not_in_quotes(self, column: str, variable: str) -> pl.Series:
        """Return the positions of the rows with words that none of the quotes of a value has.

        Where no quote carries the value, the missing evidence is the finding.

        Args:
            column: the column with the words.
            variable: the variable whose value they are the words for.
        """
        is_plain = ~pl.col(WORDS).str.contains(MAY_DIFFER)
        of_value = self._about.filter(pl.col(VARIABLE) == variable)
        of_value = of_value.select(ID, pl.col(WORDS).fill_null("")).unique()
        quotes = of_value.group_by(ID).agg(WORDS, is_plain.all().alias(PLAIN))
        said = self._ids.with_columns(self.rows[column].alias(SAID)).drop_nulls(SAID)
        pairs = said.join(quotes, on=ID, how="inner", maintain_order="left")
        # Words that are displayed as they are can be looked for as they are.
        found = pl.col(WORDS).list.join(BETWEEN).str.contains(pl.col(SAID), literal=True)
        plain = pl.col(PLAIN) & ~pl.col(SAID).str.contains(MAY_DIFFER)
        lost = [
            row
            for row, words, quotes in pairs.filter(~(plain & found))
            .select(ROW, SAID, WORDS)
            .iter_rows()
            if not any(as_shown(words) in as_shown(quote) for quote in quotes)
        ]
        return pl.Series(lost, dtype=pl.UInt32)

    @cached_property
    def _kinds(self) -> tuple[pl.DataType, bool]:
        """The type in which ids are compared, and whether any can be equal to one of the quotes."""
        kind, named = self.rows.schema[self.key.target], self.quotes.schema[self.key.field]
        if kind != named and kind.is_numeric() and named.is_numeric():
            return pl.Float64(), True
        return kind, kind == named

    @cached_property
    def _ids(self) -> pl.DataFrame:
        """The position and the id of each row."""
        id_ = pl.col(self.key.target).cast(self._kinds[0])
        return self.rows.select(id_.alias(ID)).with_row_index(ROW)

    @cached_property
    def _about(self) -> pl.DataFrame:
        """The quotes about rows of the table: position, id of the row, variable, and words if any."""
        kind, comparable = self._kinds
        id_ = pl.col(self.key.field) if comparable else pl.lit(None)
        columns = {VARIABLE: self.names.quote.variable, WORDS: self.names.quote.words}
        return self.quotes.filter(pl.col(OWNER) == self.key.table).select(
            AT,
            id_.cast(kind).alias(ID),
            *(
                pl.col(name).cast(pl.String).alias(column)
                for column, name in columns.items()
                if name in self.quotes.columns
            ),
        )

    @cached_property
    def _copied(self) -> pl.DataFrame:
        """The quotes that carry something: not those that are prepared and not copied yet."""
        return self._about.drop_nulls(WORDS) if WORDS in self._about.columns else self._about

    def _values(self, masks: Mapping[str, pl.Expr]) -> pl.DataFrame:
        """Return the position, id and variable of each value that is marked in its row."""
        schema = {ROW: pl.UInt32, ID: self._kinds[0], VARIABLE: pl.String}
        if not masks:
            return pl.DataFrame(schema=schema)
        marks = self.rows.select(mask.alias(name) for name, mask in masks.items())
        marked = self._ids.hstack(marks)
        values = marked.unpivot(
            on=list(masks), index=[ROW, ID], variable_name=VARIABLE, value_name=MARKED
        )
        return values.filter(MARKED).drop(MARKED)
