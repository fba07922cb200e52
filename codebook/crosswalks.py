"""Crosswalks between books: how each variable and code of one maps to another, as checked data.

`crosswalks/to-NAME.csv` maps from the book in whose folder it is, `from-NAME.csv` to it. NAME is a
book, or a vocabulary (`crosswalks/vocabularies/NAME.csv`), which is a list of codes only. A row
maps a variable, or one code of it:

    variable     the variable here; empty if the target's variable is made of no single one
    code         one of its codes; empty for the variable as a whole
    target       the variable there; empty if there is no equivalent
    target_code  the code there
    match        exact, broader or narrower (the target means more or less), none
    sql          the expression that makes the value, unless it is the same value or the rows of
                 codes map it; needed where several rows have one target, to choose the one. It may
                 call SQL's functions and those of `dataset/exchange/functions.py`
    note         what is lost; needed where the match is not exact

The other rows of a target only record where a variable went. Three words in place of a variable
are about the tables:

    row          rows of data that the target has no place for: `sql` selects them
    table        the table here (`code`) and there (`target`); without it, the main table of each
    divide       the target has a row for each day: `sql` selects the totals that can be divided
                 over their days, `target` is the variable that says so in each part, and `note`
                 what no source says
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from functools import lru_cache
from pathlib import Path

from .errors import BookError, BookProblem
from .loader import HUB, available, load
from .mapping import Crosswalk, Row
from .mapping_faults import crosswalk_faults, crosswalk_gaps, without_gaps
from .model import Book

FOLDER = "crosswalks"
HEADER = [f.name for f in fields(Row) if f.name != "line"]


class NoCrosswalk(BookError):
    """Two books that no crosswalk connects."""


def partners(book: Book | None = None) -> list[str]:
    """Return the names of the books and vocabularies that a book has a crosswalk to.

    Args:
        book: the book; by default the hub.
    """
    folder = _folder(book or load(HUB))
    return sorted(path.stem.removeprefix("to-") for path in folder.glob("to-*.csv"))


def crosswalk(source: str | Book, target: str | Book) -> Crosswalk:
    """Return the crosswalk from one book to another, or to a vocabulary.

    It is in the folder of one of the two. If one is not a shipped book, each gap becomes a row that
    reports it; a crosswalk between two shipped books has no gaps.

    Raises:
        NoCrosswalk: there is none.
        BookError: it breaks the format.
    """
    walk = find_crosswalk(source, target)
    if walk is None:
        raise no_way(load(source) if isinstance(source, str) else source, target)
    return walk


def no_way(source: Book, target: str | Book) -> NoCrosswalk:
    """Return the error that there is no crosswalk, with the crosswalks that there are."""
    name = target if isinstance(target, str) else target.name
    known = ", ".join(partners(source)) or "no book"
    message = f"no crosswalk from {source.name} to {name}; {source.name} has crosswalks to {known}"
    return NoCrosswalk([message])


def find_crosswalk(source: str | Book, target: str | Book) -> Crosswalk | None:
    """Return the crosswalk from one book to another, or to a vocabulary; None if there is none.

    Raises:
        BookError: it breaks the format.
    """
    start = load(source) if isinstance(source, str) else source
    if isinstance(target, str) and target not in available():
        path = _folder(start) / "vocabularies" / f"{target}.csv"
        return _usable(_folder(start) / f"to-{target}.csv", start, None, path)
    end = load(target) if isinstance(target, str) else target
    for path, outward in (
        (_folder(start) / f"to-{end.name}.csv", True),
        (_folder(end) / f"from-{start.name}.csv", False),
    ):
        if start is not end and path.is_file():
            return _usable(path, start, end, None, outward)
    return None


def crosswalk_problems(book: Book) -> tuple[list[BookProblem], list[BookProblem]]:
    """Return the faults and the gaps of all crosswalks in a book's folder, with file and line.

    A crosswalk to a book that is neither next to this one nor shipped is not checked.
    """
    wrong: list[BookProblem] = []
    unknown: list[BookProblem] = []
    for path in sorted(_folder(book).glob("*.csv")):
        direction, _, name = path.stem.partition("-")
        if direction not in ("to", "from"):
            continue
        try:
            walk = _walk(path, book, name, direction == "to")
        except BookError as error:
            wrong += _in_folder(book, error.mistakes)
            continue
        if walk is not None:
            wrong += _in_folder(book, crosswalk_faults(walk))
            unknown += _in_folder(book, crosswalk_gaps(walk))
    return wrong, unknown


def _in_folder(book: Book, problems: list[BookProblem]) -> list[BookProblem]:
    """Return the problems of one file by line, named by its place in the book."""
    ordered = sorted(problems, key=lambda problem: problem.line)
    return [replace(p, file=f"{book.name}/{FOLDER}/{p.file}") for p in ordered]


def _walk(path: Path, book: Book, name: str, outward: bool) -> Crosswalk | None:
    """Return one crosswalk of a book; None if the other book is not at hand.

    Raises:
        BookError: it cannot be read.
    """
    other = _other(book, name)
    vocabulary = path.parent / "vocabularies" / f"{name}.csv"
    if other is None and not (outward and vocabulary.is_file()):
        return None
    codes = {} if other else _vocabulary(vocabulary)
    source, target = (book, other) if outward or other is None else (other, book)
    return _parse(path, source, target, codes, outward)


def _other(book: Book, name: str) -> Book | None:
    """Return the book of a name: next to another book, or shipped."""
    neighbour = None if book.folder is None else book.folder.parent / name
    if neighbour is not None and (neighbour / "book.yaml").is_file():
        return load(neighbour)
    return load(name) if name in available() else None


@lru_cache(maxsize=32)
def _usable(
    path: Path, source: Book, target: Book | None, vocabulary: Path | None, outward: bool = True
) -> Crosswalk | None:
    """Return a crosswalk without gaps; None if there is no such file.

    Raises:
        BookError: it breaks the format.
    """
    if not path.is_file() or (vocabulary is not None and not vocabulary.is_file()):
        return None
    walk = _parse(path, source, target, _vocabulary(vocabulary) if vocabulary else {}, outward)
    if source.ships and (target is None or target.ships):
        return walk
    if problems := crosswalk_faults(walk):
        raise BookError(problems)
    return without_gaps(walk)


def read_crosswalk(
    path: Path,
    source: Book,
    target: Book | None,
    vocabulary: Mapping[str, frozenset[str]],
    outward: bool = True,
) -> Crosswalk:
    """Read a crosswalk from its file, and check it completely.

    Raises:
        BookError: it breaks the format, does not cover the books, or names something that they do
            not have; every problem is listed.
    """
    walk = _parse(path, source, target, vocabulary, outward)
    if problems := [*crosswalk_faults(walk), *crosswalk_gaps(walk)]:
        raise BookError(problems)
    return walk


def _parse(
    path: Path,
    source: Book,
    target: Book | None,
    vocabulary: Mapping[str, frozenset[str]],
    outward: bool,
) -> Crosswalk:
    """Read a crosswalk from its file.

    Raises:
        BookError: it cannot be read, or a row has more or fewer cells than the header.
    """
    rows: list[Row] = []
    problems: list[BookProblem] = []
    for line, cells in _lines(path, HEADER):
        if len(cells) == len(HEADER):
            rows.append(Row(*cells, line=line))
        else:
            message = f"{len(cells)} cells, but the header has {len(HEADER)}"
            problems.append(BookProblem(path.name, line, message))
    if problems:
        raise BookError(problems)
    return Crosswalk(path, source, target, vocabulary, tuple(rows), outward)


def _vocabulary(path: Path) -> dict[str, frozenset[str]]:
    codes: dict[str, set[str]] = {}
    for _, cells in _lines(path, None):
        if len(cells) > 1:
            codes.setdefault(cells[0], set()).update(cells[1:2] if cells[1] else [])
    return {name: frozenset(values) for name, values in codes.items()}


def _lines(path: Path, header: list[str] | None) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows of a CSV file after its header, each with its line.

    Raises:
        BookError: it cannot be read, or has another header.
    """
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            reader = csv.reader(stream)
            first = next(reader, None)
            if header is not None and first != header:
                message = f"the header must be {','.join(header)}"
                raise BookError([BookProblem(path.name, 1, message)])
            for cells in reader:
                if cells:
                    yield reader.line_num, cells
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BookError([BookProblem(path.name, 1, f"cannot be read: {error}")]) from None


def _folder(book: Book) -> Path:
    return (book.folder or Path(book.name)) / FOLDER
