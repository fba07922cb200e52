"""The kinds of files that a release is made of, and what may be wrong with one of each kind.

Workbooks, web pages and other archives can hide what they do: no release has them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...validation.files.inside import LARGEST
from .problem import Problem, Unsound
from .release import LARGEST as LARGEST_TABLE
from .untrusted import check_png, read_untrusted_json, read_yaml


@dataclass(frozen=True)
class Kind:
    """A kind of file: how large it may be, in bytes, and the reader that refuses tricks."""

    largest: int = LARGEST
    read: Callable[[Path, str], Any] | None = None


KINDS = {
    ".csv": Kind(LARGEST_TABLE),
    ".parquet": Kind(LARGEST_TABLE),
    ".sqlite": Kind(LARGEST_TABLE),
    ".json": Kind(read=read_untrusted_json),
    ".yaml": Kind(read=read_yaml),
    ".cff": Kind(read=read_yaml),
    ".png": Kind(read=check_png),
    ".md": Kind(),
    "": Kind(),
}
"""The kinds by the ending of the name; without one are LICENSE and the list of hashes."""


def kind_of(name: str) -> Kind | None:
    """Return the kind of a file of a release, or None if no release has such a file."""
    return KINDS.get(Path(name).suffix)


def kind_problems(path: Path, name: str) -> Iterator[Problem]:
    """Yield what is wrong with one file of a release: its kind, its size, or its text."""
    kind = kind_of(name)
    if kind is None:
        yield Problem("file-kind", f"A release has no files {path.suffix}.", name)
    elif path.stat().st_size > kind.largest:
        yield Problem("file-large", f"Larger than {kind.largest:,} bytes.", name)
    elif kind.read is not None:
        try:
            kind.read(path, name)
        except Unsound as error:
            yield error.problem
