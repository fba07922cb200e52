"""Where words occur in a text: many words are looked for in one pass over it, not each in its own."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import polars as pl

READ_SINGLY = 100_000_000
"""Characters, of the text times the number of words, up to which each words are looked for alone."""
TOGETHER = 4_000_000
"""Characters of words that are looked for in one pass: it takes some hundred bytes for each."""


def starts_of(text: str, words: Collection[str]) -> dict[str, list[int]]:
    """Return where each of some words begins in a text, in order, overlapping occurrences too.

    Args:
        text: the text, whose positions are code points from 0.
        words: different words; empty ones occur nowhere.
    """
    if len(text) * len(words) <= READ_SINGLY:
        return {one: list(starts(text, one)) for one in words}
    import numpy as np

    found: dict[str, list[int]] = {one: [] for one in words}
    data = text.encode()
    inside = np.flatnonzero((np.frombuffer(data, np.uint8) & 0xC0) == 0x80)
    whole = pl.lit(pl.Series([text]))
    del data
    for group in _groups(words):
        hits = pl.select(
            whole.str.find_many(group, overlapping=True).explode().cast(pl.Int64).alias("start"),
            whole.str.extract_many(group, overlapping=True).explode().alias("words"),
        ).drop_nulls()
        bytes_before = hits["start"].to_numpy()
        # A position in bytes, less the bytes that only continue a character before it.
        points = pl.Series("start", bytes_before - np.searchsorted(inside, bytes_before))
        listed = hits.with_columns(points).group_by("words").agg(pl.col("start").sort())
        found |= dict(listed.iter_rows())
    return found


def starts(text: str, words: str) -> Iterator[int]:
    """Yield where words begin in a text, in order, overlapping occurrences too."""
    start = text.find(words) if words else -1
    while start >= 0:
        yield start
        start = text.find(words, start + 1)


def _groups(words: Collection[str]) -> Iterator[list[str]]:
    """Yield words in groups that are looked for together."""
    group: list[str] = []
    size = 0
    for one in filter(None, words):
        if group and size + len(one) > TOGETHER:
            yield group
            group, size = [], 0
        group.append(one)
        size += len(one)
    if group:
        yield group
