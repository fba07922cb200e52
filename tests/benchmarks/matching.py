"""How long it takes to match 20,000 events with 20,000: `python tests/benchmarks/matching.py`.

The input is made with a fixed seed: towns with many events each, over four years, and the same
events again, moved by a kilometre or two and a day, in another order. Seconds are of this machine;
the ratio is to what sorting both tables by place and day takes.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from datetime import date

import numpy as np
import polars as pl

from eventbook.dataset.exchange import event_matching as matching

ROWS = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000


def made() -> tuple[pl.DataFrame, pl.DataFrame]:
    """Two tables of events, the second a noisy copy of the first."""
    rng = np.random.default_rng(652)
    towns = rng.uniform([33, 36], [37, 41], (300, 2))
    at = rng.zipf(1.3, ROWS * 4) - 1
    where = towns[at[at < 300][:ROWS]]
    day = np.datetime64(date(2016, 1, 1)) + rng.integers(0, 1400, len(where))
    length = np.where(rng.random(len(where)) < 0.9, 0, rng.integers(1, 40, len(where)))
    names = np.array(["Government", "Rebels", "Islamic State", "Kurdish forces", "Civilians"])

    def table(shift: float, days: int, order: np.ndarray) -> pl.DataFrame:
        first = day + days
        return pl.DataFrame(
            {
                "latitude": where[:, 0] + rng.normal(0, shift, len(where)),
                "longitude": where[:, 1] + rng.normal(0, shift, len(where)),
                "start": first.astype("datetime64[D]"),
                "end": (first + length).astype("datetime64[D]"),
                "side1": names[at[: len(where)] % 4],
                "side2": names[1 + at[: len(where)] % 4],
                "type": ["Battles"] * len(where),
                "subtype": ["Armed clash"] * len(where),
            }
        )[order]

    order = np.arange(len(where))
    return table(0, 0, order), table(0.01, 1, rng.permutation(order))


def main() -> None:
    """Measure, print and end with JSON."""
    ours, theirs = made()
    taken, floor, pairs = [], [], pl.DataFrame()
    for _ in range(3):
        begin = time.perf_counter()
        pairs = matching.match_events(ours, theirs, 10, 3, 0.5)
        taken.append(time.perf_counter() - begin)
        begin = time.perf_counter()
        for table in (ours, theirs):
            table.sort("latitude", "longitude", "start")
        floor.append(time.perf_counter() - begin)
    candidates = sum(part.height for part in matching.candidates(ours, theirs, 10, 3))
    seconds = statistics.median(taken)
    print(
        json.dumps(
            {
                "ours": ours.height,
                "theirs": theirs.height,
                "candidates": candidates,
                "matched": pairs.height,
                "seconds": round(seconds, 2),
                "ratio_to_sorting": round(seconds / statistics.median(floor)),
            }
        )
    )


if __name__ == "__main__":
    main()
