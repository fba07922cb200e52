"""The evidence of a page's rows: the quotes, the claims, and how they are divided into parts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import polars as pl

from ...codebook import Book, Table
from ..tables import build
from .labels import labelled, row_names
from .layout import claims_about, codes_with
from .packing import packed

IN_THE_PAGE = 15_000
"""Quotes and claims up to which all of them are in the page itself."""
IN_A_PART = 6_000
"""Quotes and claims of a part: about half a megabyte, read in a moment."""


@dataclass(frozen=True)
class Evidence:
    """The quotes and claims about the rows of a table, in words of their own.

    A quote has `row` or `claim`, the id of what it is about, and `document`, `variable`, `words`,
    `paragraph`, `start`, `end`, `basis`, `because` as far as the book has them.
    """

    quotes: pl.DataFrame = field(default_factory=pl.DataFrame)
    claims: list[dict[str, Any]] = field(default_factory=list)

    @property
    def size(self) -> int:
        """How many quotes and claims there are."""
        return self.quotes.height + len(self.claims)


@dataclass(frozen=True)
class EvidenceParts:
    """Evidence in parts: part `n` is about the `rows` rows from `n * rows` on.

    The last has also what is about no row; `loose` are the ids of what that is about. `claimed` are
    the rows, by number, that have claims.
    """

    rows: int
    claimed: list[int]
    loose: list[str]
    parts: list[dict[str, Any]]


def gathered_evidence(book: Book, table: Table, tables: build.Frames) -> Evidence:
    """Return the quotes and claims about the rows of a table."""
    return Evidence(quotes(book, table, tables), list(claims(book, table, tables)))


def quotes(book: Book, table: Table, tables: build.Frames) -> pl.DataFrame:
    """Return the quotes about the rows of a table, and about claims about them."""
    evidence = book.evidence
    if not evidence.quotes:
        return pl.DataFrame()
    about = claims_about(book, table)
    words = {table.name: "row", **({about.name: "claim"} if about else {})}
    frame = tables[evidence.quotes]
    owners: list[pl.Expr] = []
    # A quote is about the first row that it names.
    before = pl.lit(False)
    for key in evidence.owners:
        if key.field not in frame:
            continue
        named = pl.col(key.field).cast(pl.String)
        there = named.is_not_null() & (named != "")
        if key.table in words:
            owners.append(pl.when(there & ~before).then(named).alias(words[key.table]))
        before = before | there
    if not owners:
        return pl.DataFrame()
    cells = [
        pl.col(name).alias(word) for word, name in vars(evidence.quote).items() if name in frame
    ]
    names = [owner.meta.output_name() for owner in owners]
    found = (
        with_texts(frame)
        .select(*owners, *cells)
        .filter(pl.any_horizontal(pl.col(names).is_not_null()))
    )
    basis = evidence.quote.basis
    codes = book.code_list(book.tables[evidence.quotes][basis]) if basis else None
    if codes and "basis" in found:
        labels = {str(code.code): code.label for code in codes.codes}
        found = found.with_columns(pl.col("basis").cast(pl.String).replace(labels))
    return found


def claims(book: Book, table: Table, tables: build.Frames) -> Iterator[dict[str, Any]]:
    """Yield the claims about the rows of a table.

    Yields:
        `id`; `claimant`, by name where there is one; `act` and `against`, whether it contradicts;
        `about`, `variable`, `value`, `actor`, `words` as far as the book has them. Codes and keys
        are given by their labels and names.
    """
    source = claims_about(book, table)
    said = source and source.roles.claim
    if source is None or not said:
        return
    acts = book.code_list(source[said.act]) if said.act else None
    labels = {str(code.code): code.label for code in acts.codes} if acts else {}
    against = codes_with(acts, "against", 1) or ()
    shown = partial(labelled, book, row_names(book, tables))
    for row in plain_rows(tables[source.name]):
        claim = {word: row[name] for word, name in vars(said).items() if name in row}
        act = str(claim.get("act", ""))
        variable = claim.get("variable", "")
        if "value" in claim and variable in table:
            claim["value"] = shown(table, variable, claim["value"])
        for word, name in (("actor", said.actor), ("relayed_by", said.relayed_by)):
            if word in claim:
                claim[word] = shown(source, name, claim[word])
        yield claim | {
            "id": ", ".join(str(row.get(name, "")) for name in source.primary_key),
            "about": str(claim.get("about", "")),
            "claimant": claim.get("name") or claim.get("claimant", ""),
            "act": labels.get(act, act),
            "against": act in against,
        }


def plain_rows(frame: pl.DataFrame) -> list[dict[str, Any]]:
    """Return rows as plain values, without those that are empty."""
    rows = with_texts(frame).iter_rows(named=True)
    return [{n: v for n, v in row.items() if v is not None} for row in rows]


def with_texts(frame: pl.DataFrame) -> pl.DataFrame:
    """Return rows with their days, moments and codes as text."""
    return frame.with_columns(pl.col(pl.Date, pl.Datetime, pl.Categorical, pl.Enum).cast(pl.String))


def divided(evidence: Evidence, ids: pl.Series) -> EvidenceParts:
    """Divide evidence into parts, in the order of the rows.

    Args:
        evidence: the quotes and claims.
        ids: what tells the rows apart, in their order.
    """
    number = max(1, -(-evidence.size // IN_A_PART))
    rows = max(1, -(-ids.len() // number))
    number = max(1, -(-ids.len() // rows))
    places = {name: place for place, name in enumerate(ids)}
    about = {claim["id"]: claim["about"] for claim in evidence.claims}
    claims: list[list[dict[str, Any]]] = [[] for _ in range(number)]
    for claim in evidence.claims:
        claims[_part(places, claim["about"], rows, number)].append(claim)
    divided_quotes = _quotes_by_part(evidence.quotes, places, about, rows, number)
    return EvidenceParts(
        rows=rows,
        claimed=sorted({places[name] for name in about.values() if name in places}),
        loose=sorted({name for name in about.values() if name not in places}),
        parts=[
            {"quotes": divided_quotes.get(part, {}), "claims": claims[part]}
            for part in range(number)
        ],
    )


def _part(places: Mapping[str, int], name: str, rows: int, number: int) -> int:
    return places[name] // rows if name in places else number - 1


def _quotes_by_part(
    quotes: pl.DataFrame,
    places: Mapping[str, int],
    about: Mapping[str, str],
    rows: int,
    number: int,
) -> dict[int, dict[str, Any]]:
    """Return the quotes of each part as columns."""
    if quotes.is_empty():
        return {}
    claimed = pl.col("claim").replace_strict(about, default=None, return_dtype=pl.String)
    owners = [pl.col("row")] if "row" in quotes else []
    owners += [claimed] if "claim" in quotes else []
    of = pl.coalesce(owners).replace_strict(places, default=None, return_dtype=pl.Int64)
    part = (of // rows).fill_null(number - 1).alias("part")
    parts = quotes.with_columns(part).partition_by("part", as_dict=True, include_key=False)
    return {
        int(str(key[0])): {c.name: packed(c) for c in frame if c.null_count() < frame.height}
        for key, frame in parts.items()
    }
