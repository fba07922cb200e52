"""The kinds of files in a release, and what may be wrong with each.

Workbooks, web pages and nested archives can hide active content, so no release has them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...validation.files.inside import LARGEST
from .features import check_features
from .problem import Problem, Unsound
from .release import LARGEST as LARGEST_TABLE
from .untrusted import check_png, read_untrusted_json, read_yaml


@dataclass(frozen=True)
class Kind:
    """A kind of file: its maximum size in bytes, and the reader that refuses hostile content."""

    largest: int = LARGEST
    read: Callable[[Path, str], Any] | None = None


KINDS = {
    ".csv": Kind(LARGEST_TABLE),
    ".parquet": Kind(LARGEST_TABLE),
    ".sqlite": Kind(LARGEST_TABLE),
    ".json": Kind(read=read_untrusted_json),
    ".geojson": Kind(LARGEST_TABLE, check_features),
    ".yaml": Kind(read=read_yaml),
    ".cff": Kind(read=read_yaml),
    ".png": Kind(read=check_png),
    ".md": Kind(),
    "": Kind(),
}
"""The kinds by file extension; LICENSE and the list of hashes have none."""


def kind_of(name: str) -> Kind | None:
    """Return the kind of a file by its name, or None if a release must not have such a file."""
    return KINDS.get(Path(name).suffix)


def kind_problems(path: Path, name: str) -> Iterator[Problem]:
    """Yield what is wrong with one file of a release: its kind, its size, or its text."""
    kind = kind_of(name)
    if kind is None:
        yield Problem("file-kind", f"A release must not have {path.suffix} files.", name)
    elif path.stat().st_size > kind.largest:
        yield Problem("file-large", f"Larger than {kind.largest:,} bytes.", name)
    elif kind.read is not None:
        try:
            kind.read(path, name)
        except Unsound as error:
            yield error.problem
