"""Build the published tables from checked, derived ones: chosen columns, sorted rows.

`participants`, the one derived table, takes the lists of actors in the cells of events apart.
"""

from __future__ import annotations

import polars as pl

from ...codebook import Book, Table

Frames = dict[str, pl.DataFrame]


def build(book: Book, checked: Frames) -> Frames:
    """Return the published tables of a book from its checked ones (typed, with derived columns)."""
    tables = dict(checked)
    for name, table in book.tables.items():
        if table.derived:
            tables[name] = DERIVED[name](tables)
    return {name: _published(table, tables[name]) for name, table in book.tables.items()}


def _published(table: Table, frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select(table.names).sort(table.primary_key)


def participants(tables: Frames) -> pl.DataFrame:
    """Return one row per actor of each event: the actor of a side, its associates, their members.

    Returns:
        event_id, side (1, 2), position (from 1 within the side), role, actor_id. An actor that
        occurs twice on a side keeps its first place.
    """
    parts = []
    for side in (1, 2):
        for order, (role, column) in enumerate(
            (("actor", f"actor{side}_id"), ("associate", f"assoc_actor_{side}_ids"))
        ):
            parts.append(
                tables["events"]
                .select("event_id", pl.col(column).str.split("; ").alias("actor_id"))
                .explode("actor_id")
                .drop_nulls("actor_id")
                .with_columns(
                    pl.lit(side, pl.Int64).alias("side"),
                    pl.lit(role).alias("role"),
                    pl.lit(order).alias("order"),
                )
            )
    named = pl.concat(parts).with_row_index("row")
    composite = tables["actors"].select("actor_id", "member_ids").drop_nulls()
    members = (
        named.join(composite, on="actor_id", how="inner")
        .with_columns(
            pl.col("member_ids").str.split("; ").alias("actor_id"),
            pl.lit("member").alias("role"),
            pl.lit(2).alias("order"),
        )
        .drop("member_ids")
        .explode("actor_id")
    )
    return (
        pl.concat([named, members])
        .sort("event_id", "side", "order", "row", maintain_order=True)
        .unique(["event_id", "side", "actor_id"], keep="first", maintain_order=True)
        .with_columns(
            (pl.int_range(pl.len(), dtype=pl.Int64).over("event_id", "side") + 1).alias("position")
        )
    )


DERIVED = {"participants": participants}
