"""Two made ACLED exports of the same events, for `eventbook compare` and `eventbook diff`.

    python tests/benchmarks/two_exports.py ROWS ONE.csv OTHER.csv [--same-ids]

The events are in 300 towns over four years, many of them in few towns. In the other export they are
moved by a kilometre or two and a day, have ids of their own unless the same are asked for, and are
in another order. The seed is fixed: the same arguments give the same bytes.
"""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
from made import SEED, chunk

TOWNS, DAYS = 300, 1400


def make(rows: int, one: Path, other: Path, same_ids: bool = False) -> None:
    """Write the two exports."""
    rng = np.random.default_rng(SEED)
    towns = rng.uniform([33, 36], [37, 41], (TOWNS, 2))
    often = 1 / np.arange(1, TOWNS + 1)
    where = towns[rng.choice(TOWNS, rows, p=often / often.sum())]
    day = np.datetime64(date(2016, 1, 1)) + rng.integers(0, DAYS, rows)
    frame, _ = chunk(0, rows, 0)
    _placed(frame, where, day).write_csv(one)
    moved = _placed(frame, where + rng.normal(0, 0.01, where.shape), day + 1)
    ids = pl.format("SYR{}", pl.int_range(rows, 2 * rows).cast(pl.String).str.zfill(7))
    moved = moved[rng.permutation(rows)]
    (moved if same_ids else moved.with_columns(event_id_cnty=ids)).write_csv(other)


def _placed(frame: pl.DataFrame, where: np.ndarray, day: np.ndarray) -> pl.DataFrame:
    """Return events at other places, on other days."""
    days = pl.Series(day.astype("datetime64[D]"))
    return frame.with_columns(
        pl.Series("latitude", np.round(where[:, 0], 4)).cast(pl.String),
        pl.Series("longitude", np.round(where[:, 1], 4)).cast(pl.String),
        event_date=days.dt.to_string("%Y-%m-%d"),
        year=days.dt.year().cast(pl.String),
    )


if __name__ == "__main__":
    make(int(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), "--same-ids" in sys.argv[4:])
