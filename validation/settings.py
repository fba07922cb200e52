"""The settings of a package, from `pyproject.toml`, each checked for its form.

The file may be a stranger's. Names become file names, so they cannot contain a path.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from ..codebook import HUB
from .errors import InputError, one_line
from .installed import labelled_address

FILE = "pyproject.toml"
NAME = re.compile(r"[a-z0-9]([a-z0-9._-]{0,98}[a-z0-9])?")
VERSION = re.compile(r"\d{1,9}\.\d{1,9}\.\d{1,9}")
FIRST_DAY, LAST_DAY = date(1980, 1, 1), date(2107, 12, 31)
"""The range of dates that members of a ZIP archive can have."""


@dataclass(frozen=True)
class Metadata:
    """The metadata of the dataset in `[tool.eventbook]`, for its publication.

    `licenses` and `contributors` are as the descriptor has them: a license has a name, title and
    path, a contributor a title. `repository` is the address in `[project.urls]`; `url` is the page
    of the dataset, by default the same.
    """

    title: str
    description: str
    licenses: list[dict[str, Any]]
    contributors: list[dict[str, Any]]
    keywords: list[str]
    released: date
    url: str | None
    repository: str | None

    @property
    def authors(self) -> list[str]:
        """The names of the contributors, in order."""
        return [person["title"] for person in self.contributors]


@dataclass(frozen=True)
class Settings:
    """The tables of `pyproject.toml` that eventbook reads; `path` is the file."""

    path: Path
    project: dict[str, Any]
    eventbook: dict[str, Any]

    def _wrong(self, table: str, key: str, expected: str) -> InputError:
        here = (self.project if table == "project" else self.eventbook).get(key)
        found = "it is missing" if here is None else f"it is {str(here)[:80]!r}"
        return InputError(f"{self.path}: [{table}] {key}: {expected}; {found}")

    @property
    def name(self) -> str:
        """The short name, with which the names of the release's files begin."""
        name = self.project.get("name")
        if not isinstance(name, str) or not NAME.fullmatch(name):
            expected = "expected small letters, digits, hyphens, dots and underscores"
            raise self._wrong("project", "name", expected)
        return name

    @property
    def version(self) -> str:
        """The version of the next release."""
        version = self.project.get("version")
        if not isinstance(version, str) or not VERSION.fullmatch(version):
            raise self._wrong("project", "version", 'expected three numbers in quotes, as "1.0.0"')
        return version

    @property
    def book(self) -> str:
        """The name of the package's book."""
        book = self.eventbook.get("book", HUB)
        if not isinstance(book, str) or not NAME.fullmatch(book):
            raise self._wrong("tool.eventbook", "book", "expected the name of a codebook")
        return book

    @property
    def explorer(self) -> bool:
        """Whether the package publishes an explorer page."""
        return self.eventbook.get("explorer") is True

    @property
    def machines_count(self) -> bool:
        """Whether what machines coded is published, and how far they agree with the people.

        Raises:
            InputError: the setting is neither true nor false.
        """
        value = self.eventbook.get("machines_count", False)
        if not isinstance(value, bool):
            raise self._wrong("tool.eventbook", "machines_count", "expected true or false")
        return value

    @property
    def repository(self) -> str | None:
        """The address of the repository, if it has one.

        Raises:
            InputError: it is no address.
        """
        urls = self.project.get("urls", {})
        if not isinstance(urls, dict):
            raise self._wrong("project", "urls", "expected a table")
        try:
            return labelled_address(urls)
        except InputError as error:
            raise InputError(f"{self.path}: [project.urls] {error}") from None

    def text(self, key: str, default: str) -> str:
        """Return a text of `[tool.eventbook]`, or the default."""
        value = self.eventbook.get(key, default)
        if not isinstance(value, str):
            raise self._wrong("tool.eventbook", key, "expected a text")
        return value

    def metadata(self) -> Metadata:
        """Return the metadata for publications.

        Raises:
            InputError: a key is missing or has another form; the message names it.
        """
        for key in ("title", "description"):
            if not self.text(key, ""):
                raise self._wrong("tool.eventbook", key, "expected a text")
        released = self.eventbook.get("released")
        if isinstance(released, datetime) or not isinstance(released, date):
            expected = "expected a day, not in quotes, as 2026-11-24"
            raise self._wrong("tool.eventbook", "released", expected)
        if not FIRST_DAY <= released <= LAST_DAY:
            expected = f"expected a day from {FIRST_DAY} to {LAST_DAY}, as an archive can have"
            raise self._wrong("tool.eventbook", "released", expected)
        keywords = self.eventbook.get("keywords")
        if not (
            isinstance(keywords, list) and keywords and all(isinstance(k, str) for k in keywords)
        ):
            raise self._wrong("tool.eventbook", "keywords", "expected a list of texts")
        return Metadata(
            title=self.text("title", ""),
            description=self.text("description", ""),
            licenses=self._entries("licenses", ("name", "title", "path")),
            contributors=self._entries("contributors", ("title",)),
            keywords=keywords,
            released=released,
            url=self.text("url", "") or self.repository,
            repository=self.repository,
        )

    def _entries(self, key: str, needed: tuple[str, ...]) -> list[dict[str, Any]]:
        entries = self.eventbook.get(key)
        if (
            isinstance(entries, list)
            and entries
            and all(
                isinstance(entry, dict) and all(isinstance(entry.get(n), str) for n in needed)
                for entry in entries
            )
        ):
            return entries
        expected = f"expected a list of entries, each with {', '.join(needed)}"
        raise self._wrong("tool.eventbook", key, expected)


def read_settings(path: Path) -> Settings:
    """Read the settings of a package.

    Raises:
        InputError: the file is not TOML, or a part of it is no table.
    """
    try:
        whole = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"{path}: not readable as TOML: {one_line(error)}") from None
    tool = whole.get("tool", {})
    tables = {
        "project": whole.get("project", {}),
        "tool.eventbook": tool.get("eventbook", {}) if isinstance(tool, dict) else tool,
    }
    for name, table in tables.items():
        if not isinstance(table, dict):
            raise InputError(f"{path}: [{name}]: expected a table, with one [ on each side")
    return Settings(path, tables["project"], tables["tool.eventbook"])
