"""What the tests share: the package itself, and a copy of it that a test may break."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest

from eventbook.codebook import load
from eventbook.dataset.publishing.publish import publish
from eventbook.validation.package.package import Package

ROOT = Path(__file__).resolve().parent.parent
COPIED = ("pyproject.toml", "README.md", "LICENSE", "CITATION.cff", "CHANGELOG.md")


@pytest.fixture(scope="session")
def book():
    return load("eventbook")


@pytest.fixture(scope="session")
def checked():
    """The package's own tables, checked: typed, derived, and valid."""
    return Package(ROOT).check()


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """The release archive, built from a copy of the package; SHA256SUMS lies beside it."""
    root = tmp_path_factory.mktemp("built")
    return publish(copied(root / "package", traced=True), root / "dist", lambda line: None).archive


def copied(root, traced=False):
    """A copy of the package's hand-made files; traced: with the codings and decisions."""
    root.mkdir()
    for name in COPIED:
        shutil.copy(ROOT / name, root / name)
    shutil.copytree(ROOT / "seeds", root / "seeds")
    if not traced:
        # A value that a test breaks would break what traces it to the coders, too.
        shutil.rmtree(root / "seeds" / "codings", ignore_errors=True)
        (root / "seeds" / "adjudication.csv").unlink(missing_ok=True)
    shutil.copytree(ROOT / "codebook" / "books", root / "codebook" / "books")
    return Package(root)


@pytest.fixture
def copy(tmp_path):
    """A copy of the package's hand-made files that a test may change."""
    return copied(tmp_path / "package")


class Sheet:
    """A hand-coded table of a package that a test edits: rows are dicts of strings."""

    def __init__(self, package: Package, table: str):
        self.path = package.root / "seeds" / "tables" / f"{table}.csv"
        with self.path.open(encoding="utf-8", newline="") as stream:
            reader = csv.DictReader(stream)
            self.rows = list(reader)
            self.header = list(reader.fieldnames or [])

    def save(self) -> None:
        with self.path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, self.header, lineterminator="\n")
            writer.writeheader()
            writer.writerows(self.rows)


@pytest.fixture
def sheet(copy):
    return lambda table: Sheet(copy, table)
