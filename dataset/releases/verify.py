"""Verify that a download is complete, unmodified, safe, and valid against its own codebook.

Nothing in it is trusted: names, sizes and texts are checked before anything reads the files, and
the two validators run in a separate process, with limits.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

import polars as pl

from ...codebook import Book, Table, book_of, load
from ...validation import findings, schemas
from ...validation.checks import rules
from ...validation.checks.completion import completed
from ...validation.errors import InputError
from ...validation.evidence.documents import DOCUMENTS
from ...validation.evidence.evidence_check import EvidenceCheck
from ...validation.files.hashing import sha256_of_file
from ...validation.findings import Report, Severity
from ...validation.missing import hint
from ...validation.progress import step
from ...validation.reading.parsing import Parsed, parse
from ...validation.reading.read import read
from ...validation.reading.source import LINE, Source
from ...validation.schemas.content_hash import content_hash
from ..tables.codes_table import codes_table
from ..tables.geojson import has_rows
from . import release, safe_zip
from .features import read_features
from .kinds import kind_problems
from .problem import Problem, Unsound
from .release import DESCRIPTOR
from .sqlite_file import read_sqlite
from .untrusted import read_untrusted_json, read_yaml

SUMS = "SHA256SUMS"
MOST_BYTES_OF_SUMS = safe_zip.MEMBERS * 512
"""The size of the list of hashes: as many lines as an archive may have files."""
MOST_PROBLEMS = 10_000
"""The maximum number of problems of a check, which then stops."""
LONGEST_CELL = 100_000
"""Characters; a spreadsheet holds 32,767, the longest quotation here has a few hundred."""
NUMBER = r"^[+\-]?[0-9]*\.?[0-9]+([eE][+\-]?[0-9]+)?$"
"""A number, which may begin like a formula but is none."""
SECONDS = 900
"""The time limit of the validators: a malicious pattern may never end."""
MEMORY = 12 << 30
VALIDATORS = f"{schemas.__name__}.opinions"
"""The module that runs them. Here it is only named: their libraries take a second to import."""

Problems = Iterator[Problem]


@dataclass(frozen=True)
class Candidate:
    """A folder to verify; each property is read once, when a check first needs it."""

    folder: Path

    @cached_property
    def sums(self) -> list[str]:
        """The lines of the list of hashes; none if there is no list, or it is not a regular file."""
        path = self.folder / SUMS
        if not path.is_file() or path.is_symlink() or path.stat().st_size > MOST_BYTES_OF_SUMS:
            return []
        return path.read_text("utf-8", "replace").splitlines()

    @cached_property
    def files(self) -> dict[str, Path]:
        """The files of the release by name: all in the folder, or those in the descriptor.

        A folder without a list of hashes is a package, which has many other files.
        """
        if not os.path.lexists(self.folder / SUMS):
            parts = release.described_parts(self.descriptor)
            names = [DESCRIPTOR, *(p["path"] for p in parts if isinstance(p.get("path"), str))]
            safe = {n: self.folder / n for n in names if not safe_zip.name_problems(n)}
            return {n: path for n, path in safe.items() if path.is_symlink() or path.exists()}
        found = (p for p in self.folder.rglob("*") if p.is_symlink() or not p.is_dir())
        by_name = {path.relative_to(self.folder).as_posix(): path for path in found}
        return {name: path for name, path in sorted(by_name.items()) if name != SUMS}

    @cached_property
    def descriptor(self) -> dict[str, Any]:
        """The descriptor; raises Unsound if it cannot be read."""
        return release.read_descriptor(self.folder)

    @cached_property
    def book(self) -> Book:
        """The codebook; raises Unsound if it cannot be read."""
        return release.book_in(self.folder, self.descriptor)

    @cached_property
    def sources(self) -> dict[str, Source]:
        """The CSV file of each table as read."""
        resources = {r["name"]: r["path"] for r in self.descriptor["resources"]}
        return {name: read(self.folder / path, path) for name, path in resources.items()}

    @cached_property
    def parsed(self) -> dict[str, Parsed]:
        """The typed rows of the CSV file of each table."""
        tables = self.book.tables
        return {n: parse(source, tables[n], self.book) for n, source in self.sources.items()}

    def rows(self) -> dict[str, int]:
        """Count the rows of each table."""
        return {n: s.frame.height for n, s in self.sources.items() if s.frame is not None}


def verify(path: Path, quick: bool = False) -> Report:
    """Verify an archive, or a folder with a descriptor (a release unpacked, or a package).

    Args:
        path: the archive or folder.
        quick: leave out what publishing has just done with the same rows: the evidence of values, frictionless and pandera.

    Raises:
        InputError: there is no such file or folder.
    """
    begin = time.perf_counter()
    if not path.is_dir() and not path.is_file():
        raise InputError(f"{path}: no such archive or folder{hint(path)}")
    checks = CHECKS_OF_FILES if quick else CHECKS
    book, rows = None, {}
    try:
        with release.unpacked(path) as folder:
            candidate = Candidate(folder)
            problems = first_problems(candidate, checks)
            if not problems:
                book, rows = candidate.book, candidate.rows()
    except safe_zip.Refused as error:
        problems = error.problems
    table = findings.merge([findings.table([p.finding(str(path)) for p in problems])])
    return Report(book, table, rows, time.perf_counter() - begin)


def first_problems(
    candidate: Candidate, checks: tuple[tuple[Callable[[Candidate], Problems], ...], ...]
) -> list[Problem]:
    """Run groups of checks up to the first one that finds problems, and return these.

    Each group relies on those before it.
    """
    for group in checks:
        problems: list[Problem] = []
        for check in group:
            step(f"verifying: {check.__name__.replace('_', ' ')}")
            try:
                problems += islice(check(candidate), MOST_PROBLEMS)
            except Unsound as error:
                problems.append(error.problem)
        if problems:
            return problems
    return []


def hashes(candidate: Candidate) -> Problems:
    """Are the files exactly those in the list of hashes?"""
    path = candidate.folder / SUMS
    if not os.path.lexists(path):
        return
    if not path.is_file() or path.is_symlink():
        yield Problem("file-kind", "Not a file.", SUMS)
        return
    if path.stat().st_size > MOST_BYTES_OF_SUMS:
        yield Problem("file-large", f"Larger than {MOST_BYTES_OF_SUMS:,} bytes.", SUMS)
        return
    expected: dict[str, str] = {}
    for number, line in enumerate(candidate.sums, 1):
        digest, _, name = line.partition("  ")
        if len(digest) != 64 or not name or name in expected:
            yield Problem(
                "sums-line", "Not a hash, two spaces and a name.", SUMS, number, None, line
            )
            continue
        expected[name] = digest
        yield from safe_zip.name_problems(name, SUMS, number)
    added = candidate.files.keys() - expected.keys()
    yield from safe_zip.macos_problems(sorted(added))
    for name in sorted(name for name in added if not safe_zip.made_by_macos(name)):
        yield Problem("sums-unlisted", "A file that the list of hashes lacks.", SUMS, value=name)
    for name, digest in expected.items():
        file = candidate.files.get(name)
        if file is None:
            message = "A file of the list of hashes is missing."
            yield Problem("sums-missing", message, SUMS, value=name)
        elif file.is_file() and not file.is_symlink() and sha256_of_file(file) != digest:
            message = "The file is not the one that was published."
            yield Problem("sums-hash", message + release.line_ends_note(file, digest), name)


def files_problems(candidate: Candidate) -> Problems:
    """Are the files of the allowed kinds and sizes, and free of hostile content?"""
    for name, path in candidate.files.items():
        if safe_zip.made_by_macos(name):
            continue
        yield from safe_zip.name_problems(name)
        if path.is_symlink() or not path.resolve().is_relative_to(candidate.folder.resolve()):
            yield Problem("link-out", "A link, not a file.", name)
        elif not path.is_file():
            yield Problem("file-kind", "Not a file.", name)
        else:
            yield from kind_problems(path, name)


def described_files(candidate: Candidate) -> Problems:
    """Is there a descriptor, and do the files match it?"""
    yield from release.file_problems(candidate.folder, candidate.descriptor)


def codebook_problems(candidate: Candidate) -> Problems:
    """Is there a codebook, and does it have every table, with the same columns?"""
    for resource in candidate.descriptor["resources"]:
        name, path = resource["name"], resource["path"]
        if name not in candidate.book.tables:
            message = "The codebook has no such table."
            yield Problem("codebook", message, DESCRIPTOR, value=name)
            continue
        source = candidate.sources[name]
        if source.frame is not None and tuple(source.columns) != candidate.book.tables[name].names:
            yield Problem("columns", "The columns differ from those in the codebook.", path)


def version(candidate: Candidate) -> Problems:
    """Do all files have the same version and day of release?"""
    version = str(candidate.descriptor.get("version"))
    day = str(candidate.descriptor.get("created"))[:10]
    for file, reader, (version_key, day_key) in (
        ("croissant.json", read_untrusted_json, ("version", "datePublished")),
        (".zenodo.json", read_untrusted_json, ("version", "publication_date")),
        ("CITATION.cff", read_yaml, ("version", "date-released")),
    ):
        path = candidate.folder / file
        if not path.is_file():
            continue
        content = reader(path, file)
        content = content if isinstance(content, dict) else {}
        if (given := str(content.get(version_key))) != version:
            message = f"{version_key} is not {version}, as in the descriptor."
            yield Problem("version", message, file, value=given)
        if (given := str(content.get(day_key))) != day:
            message = f"{day_key} is not {day}, as in the descriptor."
            yield Problem("date", message, file, value=given)
    yield from changelog_problems(candidate.folder, version)


def changelog_problems(folder: Path, version: str) -> Problems:
    """Has the changelog of a folder, if there is one, a section of a version?"""
    changes = folder / "CHANGELOG.md"
    if changes.is_file() and f"[{version}]" not in changes.read_text("utf-8", "replace"):
        message = f"The changelog has no section [{version}]."
        yield Problem("version", message, "CHANGELOG.md")


def cells(candidate: Candidate) -> Problems:
    """Are all cells safe: no formula, no hidden character, nothing too long?"""
    for name, source in candidate.sources.items():
        for finding in source.findings:
            yield Problem(
                finding.rule,
                finding.message,
                source.file,
                finding.line,
                finding.column,
                finding.value,
            )
        if source.frame is not None:
            table = candidate.book.tables[name]
            yield from _harmful_cells(source.frame, source.file, table, candidate.book)
    codes = candidate.descriptor.get(release.CODES)
    if isinstance(codes, dict):
        source = read(candidate.folder / codes["path"], codes["path"])
        if source.frame is not None:
            yield from _harmful_cells(source.frame, source.file, None, candidate.book)


def _harmful_cells(
    frame: pl.DataFrame, file: str, table: Table | None, candidate_book: Book
) -> Problems:
    texts = [column for column in frame.columns if frame.schema[column] == pl.String]
    # Ours hold for every release; a book may add to them.
    text_rules = {rule.id: rule for book in (candidate_book, load()) for rule in book.text_rules}
    for rule in text_rules.values():
        masks = frame.select(
            rules.text_mask(rule, pl.col(c)).fill_null(False).alias(c)
            for c in texts
            if table is None or c not in table or table[c].type != "string" or rule.covers(table[c])
        )
        broken = [mask.name for mask in masks if mask.any()]
        numbers = frame.select(pl.col(c).str.contains(NUMBER) for c in broken)
        masks = pl.DataFrame([masks[c] & ~numbers[c] for c in broken])
        yield from _first_of_each(frame, masks, rule.id, rule.says, file)
    masks = frame.select(pl.col(c).str.len_chars() > LONGEST_CELL for c in texts)
    message = f"More than {LONGEST_CELL:,} characters."
    yield from _first_of_each(frame, masks, "cell-large", message, file)


def _first_of_each(
    frame: pl.DataFrame, masks: pl.DataFrame, rule: str, message: str, file: str
) -> Problems:
    """Yield the first marked cell of each column, with the number of marked cells."""
    for column in masks.columns:
        bad = frame.filter(masks[column].fill_null(False))
        if bad.height:
            more = f" In {bad.height:,} cells of the column." if bad.height > 1 else ""
            yield Problem(rule, message + more, file, bad[LINE][0], column, bad[column][0])


def databases(candidate: Candidate) -> Problems:
    """Does an SQLite file have only the tables of the release, with the published rows?"""
    resources = {r["name"]: r for r in candidate.descriptor["resources"]}
    counts = candidate.rows()
    expected = {n: (candidate.book.tables[n].names, counts.get(n, 0)) for n in resources}
    for file, path in candidate.files.items():
        if path.suffix != ".sqlite":
            continue
        others: list[str] = []
        for name, rows in read_sqlite(path, file, expected):
            typed = release.schema_typed(rows, release.Schema(resources[name]["schema"]))
            if not _is_published(candidate.book.tables[name], typed, resources[name]):
                others.append(name)
        # Not before the whole file is read: one that cannot be read has no other problem.
        for name in others:
            message = f"The rows of {name} are not the ones that were published."
            yield Problem("content-hash", message, file)


def _is_published(table: Table, rows: pl.DataFrame, resource: dict[str, Any]) -> bool:
    try:
        same = content_hash(table, rows) == resource.get("eventbook:content")
    except pl.exceptions.PolarsError:
        return False
    return same and set(rows.columns) == set(table.names)


def content_problems(candidate: Candidate) -> Problems:
    """Do both files of each table have the published rows?"""
    for resource in candidate.descriptor["resources"]:
        name, path = resource["name"], resource["path"]
        table = candidate.book.tables[name]
        parsed = candidate.parsed[name]
        for column in parsed.unreadable:
            message = f"A cell is not a value of type {table[column].type}."
            yield Problem("type", message, path, None, column)
        versions = {path: parsed.frame.drop(LINE)}
        twin = resource.get("eventbook:parquet")
        if isinstance(twin, dict):
            versions[twin["path"]] = release.read_release_parquet(
                candidate.folder / twin["path"], twin["path"]
            )
        for file, rows in versions.items():
            if not _is_published(table, rows, resource):
                message = "The rows are not the ones that were published."
                yield Problem("content-hash", message, file)


def other_forms(candidate: Candidate) -> Problems:
    """Do the points on the map and the list of codes say what the tables and the codebook say?"""
    for resource in candidate.descriptor["resources"]:
        described = resource.get("eventbook:geojson")
        if not isinstance(described, dict):
            continue
        table, file = candidate.book.tables[resource["name"]], described["path"]
        rows = candidate.parsed[table.name].frame.drop(LINE)
        if not has_rows(table, rows, read_features(candidate.folder / file, file)):
            message = f"The points are not those of the rows of {table.name}."
            yield Problem("content-hash", message, file)
    codes = candidate.descriptor.get(release.CODES)
    if isinstance(codes, dict):
        found = read(candidate.folder / codes["path"], codes["path"]).frame
        if found is None or not found.drop(LINE).equals(codes_table(candidate.book)):
            message = "The codes are not those of the codebook."
            yield Problem("content-hash", message, codes["path"])


def evidence(candidate: Candidate) -> Problems:
    """Has each value its quote, and is each quote in its document, where the documents are there?"""
    book, sources = candidate.book, candidate.sources
    if book.documents is None:
        return
    tables = {name: parsed.frame for name, parsed in candidate.parsed.items()}
    tables = completed(book, tables, ())
    files = {name: source.file for name, source in sources.items()}
    check = EvidenceCheck(book, tables, candidate.folder, files)
    # A release has no documents; a package has.
    documents = (candidate.folder / DOCUMENTS).is_dir()
    for found in check.findings() if documents else check.findings_in_tables():
        if found.severity != Severity.error:
            continue
        yield Problem(found.rule, found.message, found.file, found.line, found.column, found.value)


def validators(candidate: Candidate) -> Problems:
    """Do frictionless and pandera pass? They run in a separate process, with limits."""
    folder = candidate.folder
    book = str(book_of(folder, candidate.book.name))
    # -P: else Python would import modules from the current folder, which may be hostile.
    python = [sys.executable, "-P", "-m", VALIDATORS]
    words = [str(folder.resolve()), str(Path(book).resolve()), str(MEMORY), str(os.getpid())]
    # Its input is a pipe that closes when this process ends.
    with (
        tempfile.TemporaryFile() as out,
        subprocess.Popen(
            [*python, *words], stdin=subprocess.PIPE, stdout=out, stderr=subprocess.DEVNULL
        ) as process,
    ):
        try:
            process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            yield Problem("validators", f"Not finished after {SECONDS} seconds.", DESCRIPTOR)
            return
        finally:
            process.kill()
        out.seek(0)
        output = out.read()
    try:
        objections = json.loads(output.decode().splitlines()[-1])
    except (ValueError, IndexError):
        message = f"They ended without a result, with status {process.returncode}."
        objections = [["validators", message]]
    for rule, message in objections:
        yield Problem(rule, message, DESCRIPTOR)


CHECKS_OF_FILES: tuple[tuple[Callable[[Candidate], Problems], ...], ...] = (
    (hashes, files_problems),
    (described_files,),
    (codebook_problems, version),
    (cells,),
    (content_problems, databases, other_forms),
)
"""The checks of the files and of how they agree; those of a group do not depend on each other."""
CHECKS = (*CHECKS_OF_FILES, (evidence,), (validators,))
"""All checks, cheapest first."""
