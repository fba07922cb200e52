"""A made ACLED export of any size, with violations of known kinds: the input of the benchmarks.

    python tests/benchmarks/made.py ROWS RATE FILE.csv

Rows are wide (about 600 bytes), their texts do not repeat, come in several scripts, and hold commas,
quotation marks and line breaks. The seed is fixed: the same arguments give the same bytes. `RATE` is
the share of rows that break something, spread over the kinds of `VIOLATIONS`; beside the file,
FILE.csv.truth.csv says which row breaks which rule.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from eventbook.codebook import load

CHUNK = 100_000
SEED = 2019
WORDS = {
    "Latin": "forces shelled village during clashes near town after reports said fighters killed wounded "
    "protest, gathered market hospital road army rebels night morning casualties unknown civilians "
    'Idlib Hama Maarat Kafr Nabl artillery air strike unidentified "local" sources, however',
    "Arabic": "قصف قرية خلال اشتباكات قرب مدينة بعد تقارير مقتل جرحى احتجاج سوق مستشفى طريق جيش",
    "Cyrillic": "обстрел деревни во время боёв близ города после сообщений погибли раненые протест рынок",
    "Devanagari": "गाँव पर गोलाबारी झड़पों के दौरान शहर के पास खबरों के बाद मारे गए घायल विरोध बाज़ार",
}
ABOVE, LOWER = "(the value above)", "(the value in lower case)"
# Column, rule and the value that breaks it; a row gets one of them.
VIOLATIONS = [
    ("event_date", "type", "13/05/2019"),
    ("fatalities", "type", "many"),
    ("event_type", "code", "Skirmish"),
    ("inter1", "code", "Rebel Forces"),
    ("latitude", "maximum", "91.5"),
    ("fatalities", "minimum", "-3"),
    ("location", "required", ""),
    ("event_id_cnty", "pattern", LOWER),
    ("year", "year-of-date", "1996"),
    ("disorder_type", "disorder-follows", "Political violence; Demonstrations"),
    ("interaction", "interaction-of-inter", "88"),
    ("timestamp", "uploaded-after", "100"),
    ("event_id_cnty", "primary-key", ABOVE),
]


def chunk(first: int, rows: int, rate: float) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows of the file from number `first` on, and which of them break what."""
    rng = np.random.default_rng([SEED, first])
    book = load("acled")
    codes = pl.DataFrame(
        {
            "sub_event_type": [c.code for c in book.code_lists["sub_event_type"].codes],
            "event_type": [
                c.attributes["event_type"] for c in book.code_lists["sub_event_type"].codes
            ],
            "disorder_type": [
                c.attributes["disorder_type"] for c in book.code_lists["sub_event_type"].codes
            ],
        }
    ).filter(
        # Whatever else is drawn must be sound, so that the truth is the whole truth.
        (pl.col("event_type") != "Violence against civilians")
        & (pl.col("disorder_type") != "Political violence; Demonstrations")
    )
    chosen = codes[rng.integers(0, codes.height, rows)]
    day = np.datetime64(date(1997, 1, 1)) + rng.integers(0, 9_600, rows)
    one, two = rng.integers(1, 8, rows), rng.integers(1, 9, rows)
    number = np.arange(first, first + rows)
    scripts = list(WORDS)
    texts = [_text(rng, rows, WORDS[s].split(" "), 28) for s in scripts]
    latin = texts[0]
    # Most texts are in Latin letters, some begin with another script, one in ten has a line break.
    which = rng.choice(4, rows, p=[0.85, 0.05, 0.05, 0.05])
    notes = pl.select(
        pl.when(pl.lit(pl.Series(which == 0)))
        .then(latin)
        .otherwise(
            pl.concat_str(
                pl.coalesce(
                    *(pl.when(pl.lit(pl.Series(which == n))).then(texts[n]) for n in (1, 2, 3))
                ),
                pl.lit("\n"),
                latin.str.slice(0, 60),
            )
        )
    ).to_series()
    broken_line = pl.Series(rng.random(rows) < 0.1)
    frame = pl.DataFrame(
        {
            "event_id_cnty": pl.Series(number).cast(pl.String).str.zfill(7),
            "event_date": pl.Series(day.astype("datetime64[D]")).dt.to_string("%Y-%m-%d"),
            "year": pl.Series(day.astype("datetime64[D]")).dt.year().cast(pl.String),
            "time_precision": pl.Series(rng.integers(1, 4, rows)).cast(pl.String),
            "disorder_type": chosen["disorder_type"],
            "event_type": chosen["event_type"],
            "sub_event_type": chosen["sub_event_type"],
            "actor1": _text(rng, rows, WORDS["Latin"].split(" "), 4),
            "assoc_actor_1": _text(rng, rows, WORDS["Latin"].split(" "), 3),
            "inter1": pl.Series(one).cast(pl.String),
            "actor2": _text(rng, rows, WORDS["Latin"].split(" "), 4),
            "assoc_actor_2": pl.Series([None] * rows, dtype=pl.String),
            "inter2": pl.Series(two).cast(pl.String),
            "interaction": pl.Series(np.minimum(one, two) * 10 + np.maximum(one, two)).cast(
                pl.String
            ),
            "civilian_targeting": pl.Series(np.where(two == 7, "Civilians targeted", "")),
            "iso": pl.Series(["760"] * rows),
            "region": pl.Series(["Middle East"] * rows),
            "country": pl.Series(["Syria"] * rows),
            "admin1": pl.Series(np.array(["Idleb", "Hama", "Aleppo"])[rng.integers(0, 3, rows)]),
            "admin2": _text(rng, rows, WORDS["Latin"].split(" "), 1),
            "admin3": _text(rng, rows, WORDS["Arabic"].split(" "), 1),
            "location": _text(rng, rows, WORDS["Latin"].split(" "), 2),
            "latitude": pl.Series(np.round(rng.uniform(33, 37, rows), 4)).cast(pl.String),
            "longitude": pl.Series(np.round(rng.uniform(36, 41, rows), 4)).cast(pl.String),
            "geo_precision": pl.Series(rng.integers(1, 4, rows)).cast(pl.String),
            "source": _text(rng, rows, ["SOHR;", "SANA;", "Enab", "Baladi", "Reuters"], 3),
            "source_scale": pl.Series(["Local partner-National"] * rows),
            "notes": pl.select(
                pl.when(broken_line).then(notes + "\n" + latin.str.slice(0, 40)).otherwise(notes)
            ).to_series(),
            "fatalities": pl.Series(rng.integers(0, 9, rows)).cast(pl.String),
            "tags": pl.Series(["crowd size=no report"] * rows),
            "timestamp": pl.Series(rng.integers(1_700_000_000, 1_790_000_000, rows)).cast(
                pl.String
            ),
        }
    ).with_columns(event_id_cnty=pl.lit("SYR") + pl.col("event_id_cnty"))
    return _break(rng, frame, number, rate)


def _text(rng: np.random.Generator, rows: int, words: list[str], count: int) -> pl.Series:
    """Texts of a number of words drawn anew for each row."""
    vocabulary = pl.Series(words)
    columns = [vocabulary.gather(rng.integers(0, len(words), rows)) for _ in range(count)]
    return (
        pl.DataFrame([c.alias(str(n)) for n, c in enumerate(columns)])
        .select(pl.concat_str(pl.all(), separator=" "))
        .to_series()
    )


def _break(
    rng: np.random.Generator, frame: pl.DataFrame, number: np.ndarray, rate: float
) -> tuple[pl.DataFrame, pl.DataFrame]:
    bad = np.flatnonzero(rng.random(frame.height) < rate)
    # The row before a repeated id stays valid, so that the two can be distinguished.
    bad = bad[(bad > 0) & ~np.isin(bad - 1, bad)]
    kind = np.arange(len(bad)) % len(VIOLATIONS)
    for n, (column, _, value) in enumerate(VIOLATIONS):
        rows = bad[kind == n]
        if not len(rows):
            continue
        own = frame[column]
        made = {ABOVE: own.gather(rows - 1), LOWER: own.gather(rows).str.to_lowercase()}
        values = made.get(value, pl.Series([value] * len(rows)))
        frame = frame.with_columns(frame[column].clone().scatter(rows, values))
    truth = pl.DataFrame(
        {
            "row": number[bad],
            "column": [VIOLATIONS[k][0] for k in kind],
            "rule": [VIOLATIONS[k][1] for k in kind],
        },
        schema={"row": pl.Int64, "column": pl.String, "rule": pl.String},
    )
    return frame, truth


def make(rows: int, rate: float, path: Path) -> None:
    """Write the file and its truth, chunk by chunk."""
    truths = []
    with path.open("wb") as stream:
        for first in range(0, rows, CHUNK):
            frame, truth = chunk(first, min(CHUNK, rows - first), rate)
            frame.write_csv(stream, include_header=first == 0, quote_style="necessary")
            truths.append(truth)
    pl.concat(truths).write_csv(f"{path}.truth.csv")


HABITS: dict[str, Callable[[pl.LazyFrame], pl.LazyFrame]] = {
    "NA": lambda rows: rows.with_columns(pl.all().fill_null("NA")),
    "652.0": lambda rows: rows.with_columns(
        pl.format("{}.0", name).alias(name) for name in ("fatalities", "iso", "inter1", "timestamp")
    ),
    "midnights": lambda rows: rows.with_columns(
        pl.format("{} 00:00:00", "event_date").alias("event_date")
    ),
    "quoted": lambda rows: rows,
    "index": lambda rows: rows.with_row_index(""),
}
"""How programs write the same rows in other ways: R, pandas, databases and spreadsheets."""

BAD = {
    "event_date": "13/05/2019",
    "event_type": "Skirmish",
    "latitude": "91.5",
    "fatalities": "-3",
    "longitude": "181",
}
"""Five cells that are bad in each row, each by itself."""


def write_habit(path: Path, habit: str, to: Path) -> None:
    """Write the rows of a file as somebody with one of the `HABITS` would."""
    style = "always" if habit == "quoted" else "necessary"
    HABITS[habit](_rows(path)).sink_csv(to, quote_style=style)


def write_bad(path: Path, to: Path) -> None:
    """Write the rows of a file with five bad cells in each."""
    _rows(path).with_columns(**{name: pl.lit(value) for name, value in BAD.items()}).sink_csv(to)


def write_parts(path: Path, folder: Path) -> None:
    """Write the rows of a file as a folder of four Parquet files of text."""
    folder.mkdir()
    rows = _rows(path).collect()
    for number, part in enumerate(rows.iter_slices(-(-rows.height // 4))):
        part.write_parquet(folder / f"{number}.parquet")


def _rows(path: Path) -> pl.LazyFrame:
    return pl.scan_csv(path, infer_schema=False, null_values=[""])


if __name__ == "__main__":
    make(int(sys.argv[1]), float(sys.argv[2]), Path(sys.argv[3]))
