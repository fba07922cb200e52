"""A package on disk: where it is, which book it follows, and its hand-coded tables."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, wraps
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from ...codebook import HUB, Book, book_of, load
from ..coding import filed as codings
from ..engines.small import Checked, check_sources
from ..errors import InputError
from ..files.atomic import writing
from ..findings import Finding
from ..reading.read import read
from ..reading.source import Source
from .corrections import CORRECTIONS, correct, load_corrections

TABLES = "seeds/tables"
P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True)
class Package:
    """A folder with `pyproject.toml` and `seeds/tables`."""

    root: Path

    @classmethod
    def find(cls, start: Path | None = None) -> Package:
        """Return the package that a folder lies in (the current one if left out).

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

    @property
    def name(self) -> str:
        """The short name, with which the names of the release's files begin."""
        return self.project["project"]["name"]

    @property
    def released(self) -> tuple[int, int, int]:
        """Year, month and day of the release."""
        day = self.about["released"]
        return day.year, day.month, day.day

    @cached_property
    def book(self) -> Book:
        """The book that the package follows: its own one of that name, or a shipped one."""
        return load(self.book_folder)

    @property
    def book_folder(self) -> Path:
        """The folder of that book."""
        return book_of(self.root, self.about.get("book", HUB))

    def inputs(self) -> list[Path]:
        """The hand-made files that a publication is made from."""
        folders = [self.root / "seeds", self.book_folder]
        found = [p for folder in folders for p in folder.rglob("*") if p.is_file()]
        return [self.root / "pyproject.toml", *sorted(found)]

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
        """Check the hand-coded tables, as corrected, their keys and their evidence."""
        sources = self.sources()
        before = [*codings.changed_since(self.root), *self._decisions(sources)]
        entries = load_corrections(self.root / CORRECTIONS)
        before += correct(self.book, sources, entries).findings
        return check_sources(self.book, sources, self.root, before)

    def _decisions(self, sources: dict[str, Source]) -> list[Finding]:
        """What is wrong with the adjudicator's file, or with the tables by what it decides."""
        decisions = codings.decisions_of(self.root)
        if decisions is None:
            return []
        from ..coding.traced import untraced

        book = codings.adjudication_book()
        report = check_sources(book, {"decisions": decisions}).report
        wrong = list(report)
        return wrong or untraced(self.root, self.book, sources, decisions)


def writing_verb(
    verb: Callable[Concatenate[Package, P], R],
) -> Callable[Concatenate[Package, P], R]:
    """Make a function that reads a package and writes to it its only writer meanwhile.

    What an interrupted run of the same user left to do is finished before anything is read.
    """

    @wraps(verb)
    def alone(package: Package, *args: P.args, **kwargs: P.kwargs) -> R:
        with writing(package.root):
            return verb(package, *args, **kwargs)

    return alone
