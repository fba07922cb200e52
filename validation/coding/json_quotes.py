"""The quotes in codings as JSON, as rows of the table into which people type quotes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from ...codebook import Book, Table
from ..evidence.documents import Document
from ..evidence.quotes import fill
from ..reading.source import Source
from .json_rows import DocumentCoding, JsonQuote, JsonRow
from .pairing import list_items
from .typed_rows import Row, nested


@dataclass(frozen=True)
class TypedQuotes:
    """The quotes of codings of a book, and the texts of their documents by id."""

    book: Book
    codings: Sequence[DocumentCoding]
    texts: Mapping[str, Document]

    def rows(self) -> list[JsonRow]:
        """Return a row for each quote, one for the same words of several values.

        Empty for a book into which nobody types quotes.
        """
        names, typed, long = self.book.evidence, self.book.typed_quotes, self.book.quotes
        if typed is None or long is None:
            return []
        found: list[tuple[Row, JsonQuote]] = []
        for coding in self.codings:
            for owner in names.owners:
                for row in coding.rows.get(owner.table, []):
                    key = {owner.field: row.cells.get(owner.target)}
                    found += [({**self._cells(coding, q), **key}, q) for q in row.quotes]
            found += [(self._cells(coding, quote), quote) for quote in coding.quotes]
        rows = self._placed([cells for cells, _ in found])
        quotes = [quote for _, quote in found]
        if long.derived is not None:
            return list(self._merged(typed, long, rows, quotes))
        return [
            JsonRow(typed.name, row, quote.place, quotes=[quote])
            for row, quote in zip(rows, quotes, strict=True)
        ]

    def _cells(self, coding: DocumentCoding, quote: JsonQuote) -> Row:
        """Return a quote as a row of the table that has one for each value."""
        columns = self.book.evidence.quote
        return {
            **quote.cells,
            columns.variable: quote.variable or None,
            columns.document: coding.document,
        }

    def _placed(self, rows: list[Row]) -> list[Row]:
        """Return quotes with their places in the documents, as far as they can be found."""
        names = list(dict.fromkeys(name for row in rows for name in row))
        if not rows:
            return rows
        frame = pl.DataFrame(
            {name: [row.get(name) for row in rows] for name in names},
            schema=dict.fromkeys(names, pl.String),
        )
        filled, _ = fill(self.book, Source("", frame), self.texts)
        return filled.frame.to_dicts() if filled.frame is not None else rows

    def _merged(
        self, table: Table, long: Table, rows: Sequence[Row], quotes: Sequence[JsonQuote]
    ) -> Iterator[JsonRow]:
        """Yield one row for the same words of several values, as people type quotes."""
        how = long.derived
        assert how is not None
        (part,) = how.unnest
        common = [v.name for v in table.coded if v.name in long]

        def value(row: Row, owner: tuple[str | None, ...], variable: str) -> tuple[str | None, ...]:
            return (*owner, variable, *(row.get(name) for name in common))

        carried: dict[tuple[str | None, ...], list[JsonQuote]] = {}
        for row, quote in zip(rows, quotes, strict=True):
            owner = tuple(row.get(spread.into) for spread in how.spread)
            carried.setdefault(value(row, owner, row.get(how.into) or ""), []).append(quote)
        for row in nested(self.book, long, rows):
            owners: list[tuple[str | None, ...]] = []
            for place, spread in enumerate(how.spread):
                for one in list_items(row.get(spread.column), table[spread.column].separator):
                    blank: list[str | None] = [None] * len(how.spread)
                    blank[place] = one
                    owners.append(tuple(blank))
            variables = list_items(row.get(part.column), table[part.column].separator) or [""]
            found = [
                quote
                for owner in owners or [(None,) * len(how.spread)]
                for variable in variables
                for quote in carried.get(value(row, owner, variable), [])
            ]
            yield JsonRow(table.name, row, found[0].place, quotes=found)
