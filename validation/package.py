"""A package on disk: where it is, which book it follows, and its hand-coded tables."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from ..codebook import Book, load
from .checking import Checked, check_sources
from .errors import InputError
from .reading import Source, read

TABLES = "seeds/tables"


@dataclass(frozen=True)
class Package:
    """A folder with `pyproject.toml` and `seeds/tables`."""

    root: Path

    @classmethod
    def find(cls, start: Path | None = None) -> Package:
        """The package that a folder lies in (the current one if left out).

        Raises:
            InputError: there is none here or above.
        """
        here = (start or Path.cwd()).resolve()
        for folder in (here, *here.parents):
            if (folder / TABLES).is_dir() and (folder / "pyproject.toml").is_file():
                return cls(folder)
        raise InputError(
            f"{here}: no package here or above (a folder with pyproject.toml and {TABLES}); "
            "go to one, or name a file to check"
        )

    @cached_property
    def project(self) -> dict[str, Any]:
        """`pyproject.toml`."""
        try:
            return tomllib.loads((self.root / "pyproject.toml").read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise InputError(f"{self.root / 'pyproject.toml'}: not readable: {error}") from None

    @property
    def about(self) -> dict[str, Any]:
        """What `[tool.eventbook]` says of the dataset."""
        return self.project.get("tool", {}).get("eventbook", {})

    @property
    def version(self) -> str:
        """The version of the release to be."""
        return self.project["project"]["version"]

    @cached_property
    def book(self) -> Book:
        """The book that the package follows: its own one of that name, or a shipped one."""
        name = self.about.get("book", "eventbook")
        own = self.root / "codebook" / "books" / name
        return load(own if (own / "book.yaml").is_file() else name)

    def sources(self) -> dict[str, Source]:
        """The hand-coded tables as read; a table without a file is a finding."""
        sources = {}
        for table in self.book.tables.values():
            if table.derived:
                continue
            name = f"{TABLES}/{table.name}.csv"
            try:
                sources[table.name] = read(self.root / name, name)
            except InputError as error:
                sources[table.name] = Source(name, None)
                sources[table.name].problem("missing-table", f"The table cannot be read: {error}.")
        return sources

    def check(self) -> Checked:
        """Check the hand-coded tables, their keys and their evidence."""
        return check_sources(self.book, self.sources(), self.root)
