"""Which files of one call belong together: tables of one folder, or parts of one table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from .errors import InputError
from .package.package import Package


def groups(paths: Sequence[Path]) -> list[list[Path]]:
    """Return files in groups; keys are followed, and compared, within a group.

    Each folder of a package is a group: its hand-coded and its published tables are the same rows
    twice. Files of other folders are one group. Where a group has a table in two formats, such as
    `events.csv` and `events.parquet`, each format is a group.
    """
    folders: dict[Path | None, list[Path]] = {}
    for path in dict.fromkeys(paths):
        folders.setdefault(path.parent.resolve() if _in_package(path) else None, []).append(path)
    return [group for files in folders.values() for group in _by_format(files)]


def _in_package(path: Path) -> bool:
    try:
        Package.find(path.parent)
    except InputError:
        return False
    return True


def _by_format(paths: Sequence[Path]) -> list[list[Path]]:
    tables = {path.parent / _split(path)[0] for path in paths}
    if len(tables) == len(paths):
        return [list(paths)]
    formats: dict[str, list[Path]] = {}
    for path in paths:
        formats.setdefault(_split(path)[1], []).append(path)
    return list(formats.values())


def _split(path: Path) -> tuple[str, str]:
    """Split a file name into its stem and format: `events` and `.csv.gz`."""
    stem = Path(path.name.removesuffix(".gz")).stem
    return stem, path.name.removeprefix(stem)
