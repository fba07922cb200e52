"""Decide whether a release may follow the last one: version, tombstones and corrections."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from ...validation.location import TABLES
from ...validation.package.corrections import CORRECTIONS
from . import book_changes, versions
from .diff import Difference, diff
from .release import Release

SHOWN = 10


def judge(before: Release, new: Release) -> tuple[Difference, list[str]]:
    """Compare a new release with the last one.

    Returns:
        The difference, and a line for each problem to fix before publishing, with how to fix it.
    """
    difference = diff(before, new)
    objections = []
    for name in difference.tables:
        objections += [*_without_tombstone(name, difference), *_uncorrected(name, difference)]
    objections += book_changes.objection(before.book, new.book, before.label)
    least = versions.next_version(before.version, difference.step)
    if versions.version_numbers(new.version) < versions.version_numbers(least):
        objections.append(
            f"version {new.version} is too small a bump: {difference.summary()} since "
            f"{before.label}, which requires a {difference.step.upper()} version: set version to "
            f"{least} or higher in pyproject.toml"
        )
    return difference, objections


def _without_tombstone(name: str, difference: Difference) -> Iterator[str]:
    """Report published ids that have vanished without a tombstone."""
    vanished = difference.tables[name].unexplained["row"].to_list()
    if vanished:
        more = f" and {len(vanished) - SHOWN:,} more" if len(vanished) > SHOWN else ""
        tombstones, _ = difference.new.schemas[name].tombstones
        yield (
            f"{name}: {', '.join(vanished[:SHOWN])}{more} vanished since {difference.old.label} without "
            f"a tombstone: restore the row, or explain in {TABLES}/{tombstones}.csv why it was "
            "withdrawn"
        )


def _uncorrected(name: str, difference: Difference) -> Iterator[str]:
    """Report published values that were changed without a correction."""
    schema = difference.new.schemas[name]
    if schema.descriptor.get("eventbook:derived"):
        return
    coded = [n for n, field in schema.fields.items() if "eventbook:derived" not in field]
    cells = difference.tables[name].cells
    cells = cells.filter(pl.col("column").is_in(coded) & pl.col("reason").is_null())
    for row, column, old, new, _ in cells.head(SHOWN).iter_rows():
        yield (
            f"{name}: {row} {column} was {old or 'empty'} in {difference.old.label} and is "
            f"{new or 'empty'}: restore the old value, and enter the new one with its reason in "
            f"{CORRECTIONS}"
        )
    if cells.height > SHOWN:
        yield f"{name}: and {cells.height - SHOWN:,} more"
