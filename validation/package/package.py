"""A package on disk: where it is, which book it follows, and its hand-coded tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, wraps
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

import polars as pl

from ...codebook import Book, book_of, load
from .. import findings
from ..coding import filed as codings
from ..coding.coded_workbook import with_places, without_offsets
from ..coding.deciders import decided_by_machines
from ..engines.small import Checked, check_sources
from ..errors import InputError
from ..files.atomic import writing
from ..files.inside import ensure_contained
from ..findings import Finding, Report
from ..location import TABLES, package_root
from ..progress import step
from ..reading.read import read
from ..reading.source import ProblemLog, Source
from ..settings import FILE, Metadata, Settings, read_settings
from .corrections import CORRECTIONS, correct, load_corrections

READ = (
    FILE,
    "seeds",
    "codebook/books",
    "README.md",
    "CHANGELOG.md",
    "LICENSE",
    "CITATION.cff",
    "datapackage.json",
    "dataset",
)
"""The files that the verbs read in a package, or copy into a release."""
EDITED = ("seeds", "codebook/books", "README.md", "CHANGELOG.md", "dataset/desk.md")
"""The files that people edit, and that verbs read and write."""
P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True)
class Package:
    """A folder with `pyproject.toml` and `seeds/tables`."""

    root: Path

    @classmethod
    def find(cls, start: Path | None = None, instead: str = "") -> Package:
        """Return the package that a folder lies in (the current one if left out).

        Args:
            start: the folder.
            instead: what else a person can do where there is none, for the message.

        Raises:
            InputError: there is none here or above, or a file of it is a link that leads out of it.
        """
        here = (start or Path.cwd()).resolve()
        if (folder := package_root(here)) is not None:
            ensure_contained(folder, READ)
            return cls(folder)
        raise InputError(
            f"{here}: no package here or above (a folder with pyproject.toml and {TABLES}); "
            f"go to one, {f'{instead}, ' if instead else ''}or make one: eventbook new package DIR"
        )

    @cached_property
    def settings(self) -> Settings:
        """The settings in `pyproject.toml`."""
        return read_settings(self.root / FILE)

    @property
    def version(self) -> str:
        """The version of the next release."""
        return self.settings.version

    @property
    def name(self) -> str:
        """The short name, with which the names of the release's files begin."""
        return self.settings.name

    @cached_property
    def metadata(self) -> Metadata:
        """The metadata for publications."""
        return self.settings.metadata()

    @cached_property
    def book(self) -> Book:
        """The book of the package: its own, or a shipped one."""
        return load(self.book_folder)

    @property
    def book_folder(self) -> Path:
        """The folder of that book."""
        return book_of(self.root, self.settings.book)

    def inputs(self) -> list[Path]:
        """Return the hand-made files from which the package is published."""
        folders = [self.root / "seeds", self.book_folder]
        found = [p for folder in folders for p in folder.rglob("*") if p.is_file()]
        return [self.root / FILE, *sorted(found)]

    def sources(self) -> dict[str, Source]:
        """Read the hand-coded tables; a missing file is a finding."""
        sources = {}
        for table in self.book.tables.values():
            if table.derived:
                continue
            name = f"{TABLES}/{table.name}.csv"
            try:
                sources[table.name] = read(self.root / name, name)
            except InputError as error:
                log = ProblemLog(name)
                log.problem("missing-table", f"The table cannot be read: {error}.")
                sources[table.name] = log.source(None)
        return sources

    def check(self) -> Checked:
        """Check the hand-coded tables, as corrected, their keys and their evidence."""
        step("reading the tables")
        sources = self.sources()
        before = [*codings.changed_since(self.root), *self._decisions(sources)]
        entries = load_corrections(self.root / CORRECTIONS)
        corrected, problems = correct(self.book, sources, entries)
        tables = with_places(self.book, corrected, self.root)
        step("checking the tables")
        checked = check_sources(self.book, tables, self.root, [*before, *problems])
        report = without_offsets(checked.report, tables, self.book)
        return replace(checked, report=self._with_open_codings(report, tables))

    def _with_open_codings(self, report: Report, tables: Mapping[str, Source]) -> Report:
        """Return a report in which a document that is only filed is one finding, not all unread.

        Its rows follow from the codings once two people have filed it and it is adjudicated.
        """
        unread = (pl.col("rule") == "paragraph-accounted") & pl.col("column").is_null()
        about = set(report.findings.filter(unread)["row_id"].drop_nulls())
        if not about:
            return report
        coded = {
            document
            for unit in self.book.units
            if (key := self.book.document_key(unit)) and tables[unit.name].frame is not None
            for row in codings.rows_of(tables[unit.name])
            if (document := row.get(key))
        }
        filed: dict[str, list[str]] = {}
        for coder in codings.people(self.root):
            for document in codings.load_coding(self.root, self.book, coder).documents:
                if document in about - coded:
                    filed.setdefault(document, []).append(coder)
        if not filed:
            return report
        file = f"{TABLES}/{self.book.evidence.documents}.csv"
        opened = [
            Finding(
                "coding-open",
                "error",
                file,
                None,
                None,
                document,
                None,
                f"Filed by {' and '.join(names)}: "
                + (
                    "a second coder has not filed it yet."
                    if len(names) == 1
                    else f"run eventbook adjudicate {' '.join(names)}."
                ),
            )
            for document, names in filed.items()
        ]
        kept = report.findings.filter(
            ~(unread & pl.col("row_id").is_in(list(filed))).fill_null(False)
        )
        return replace(report, findings=findings.merge([findings.table(opened), kept]))

    def _decisions(self, sources: dict[str, Source]) -> list[Finding]:
        """Find problems in the adjudicator's file, and values of the tables that do not follow from it."""
        decisions = codings.decisions_of(self.root)
        if decisions is None:
            return []
        from ..coding.traced import untraced

        book = codings.adjudication_book(self.book)
        report = check_sources(book, {"decisions": decisions}).report
        wrong = list(report)
        if decisions.frame is not None:
            rows = decisions.frame.iter_rows(named=True)
            wrong += decided_by_machines(self.root, rows, decisions.file)
        step("tracing the tables to the codings")
        return wrong or untraced(self.root, self.book, sources, decisions)


def finish_interrupted(package: Package) -> None:
    """Finish, or remove, what an interrupted write of this user left in a package.

    For a verb that reads the package before it is the only writer.

    Raises:
        InputError: another command keeps writing to the package.
    """
    with writing(package.root):
        pass


def writing_verb(
    verb: Callable[Concatenate[Package, P], R],
) -> Callable[Concatenate[Package, P], R]:
    """Decorate a function that reads and writes a package, so that it is the only writer.

    An interrupted write of the same user is completed first.
    """

    @wraps(verb)
    def locked(package: Package, *args: P.args, **kwargs: P.kwargs) -> R:
        with writing(package.root, EDITED):
            return verb(package, *args, **kwargs)

    return locked


def book_for(name: str) -> tuple[Book, Path | None]:
    """Return the codebook of a coder's workbook, and the package that it is for.

    That is the package around the current folder, if it has the book; else the book is a shipped one.

    Raises:
        BookError: there is no such book.
    """
    try:
        package = Package.find()
        if package.book.name == name:
            return package.book, package.root
    except InputError:
        pass
    return load(name), None
