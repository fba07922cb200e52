"""Whether a release may follow the last one: version, tombstones and corrections."""

from __future__ import annotations

from . import versions
from .diff import Difference, diff
from .release import Release

SHOWN = 10


def judge(before: Release, new: Release) -> tuple[Difference, list[str]]:
    """Compare what is to be published with the last release.

    Returns:
        The difference, and for each thing that must be mended first a line that says how.
    """
    found = diff(before, new)
    refused = []
    for name, rows in found.tables.items():
        if gone := rows.untold["row"].to_list():
            refused.append(
                f"{name}: {_some(gone)} vanished since {before.label} without a tombstone: put the "
                "row back, or say in seeds/tables/retired.csv why it was withdrawn"
            )
        refused += _uncorrected(name, found, before)
    least = versions.next_version(before.version, found.step)
    if versions.parse(new.version) < versions.parse(least):
        refused.append(
            f"version {new.version} is too small a step: {found.summary()} since {before.label}, "
            f"which asks for {found.step.upper()}: set version to {least} or more in pyproject.toml"
        )
    return found, refused


def _uncorrected(name: str, found: Difference, before: Release) -> list[str]:
    """Published values that were changed by hand and by no entry of the corrections."""
    fields = found.new.tables[name].fields
    coded = [n for n, field in fields.items() if "eventbook:derived" not in field]
    changed = found.tables[name].cells
    if found.new.tables[name].schema.get("eventbook:derived"):
        return []
    changed = changed.filter(changed["column"].is_in(coded) & changed["reason"].is_null())
    return [
        f"{name}: {row} {column} was {old or 'empty'} in {before.label} and is {new or 'empty'}: put "
        "the old value back, and enter the new one with its reason in seeds/corrections.yaml"
        for row, column, old, new, _ in changed.head(SHOWN).iter_rows()
    ] + ([f"{name}: and {changed.height - SHOWN:,} more"] if changed.height > SHOWN else [])


def _some(names: list[str]) -> str:
    more = f" and {len(names) - SHOWN:,} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
