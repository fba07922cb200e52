"""Load a book from its folder, strictly: every mistake is reported with file and line.

A book is `book.yaml`, `codes/<list>.csv`, `rules.yaml` and `guide/*.md`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .building import build_book
from .errors import BookError, BookProblem
from .meaning import problems_of_meaning, problems_of_names
from .model import Book
from .reading import BookFiles, read_book, stop

BOOKS = Path(__file__).parent / "books"
HUB = "eventbook"
"""The default book, and the one through which every crosswalk goes."""

_loaded: dict[Path, Book] = {}


def available() -> list[str]:
    """Return the names of the books that ship with the package."""
    return sorted(path.parent.name for path in BOOKS.glob("*/book.yaml"))


def load(name: str | Path = HUB) -> Book:
    """Load a book by name or from its folder; each is read only once.

    Raises:
        BookError: there is no such book, or it breaks the format.
    """
    return _load(folder_of(name), ())


def forget() -> None:
    """Forget all loaded books, so that changed files are read again."""
    _loaded.clear()


def folder_of(name: str | Path) -> Path:
    """Return the folder of a book, given the folder itself or the name of a shipped book.

    Raises:
        BookError: there is no such book.
    """
    for folder in (Path(name), BOOKS / str(name)):
        if (folder / "book.yaml").is_file():
            return folder.resolve()
    raise BookError([f"{name}: no such book; there are {', '.join(available())}"])


def book_of(folder: Path, name: str) -> Path:
    """Return the folder of the book of a package or release: its own, or a shipped one.

    Args:
        folder: the root of a package, which has its books in `codebook/books`, or of a release,
            which has its book in `codebook`.
        name: the name of the book.

    Raises:
        BookError: there is no book of that name.
    """
    for own in (folder / "codebook" / "books" / name, folder / "codebook" / name):
        if (own / "book.yaml").is_file():
            return own.resolve()
    return folder_of(name)


def _load(folder: Path, borrowers: tuple[Path, ...]) -> Book:
    """Load a book; each of `borrowers` borrows code lists from the next, and the last from it."""
    if folder not in _loaded:
        files = read_book(folder)
        problems = problems_of_names(files)
        lenders = _lenders(files, (*borrowers, folder), problems)
        stop(folder, problems)
        lists = {name: lender.code_lists[name] for name, lender in lenders.items()}
        ships = _has_shipped_files(folder) and all(lender.ships for lender in lenders.values())
        book = build_book(files, lists, ships)
        stop(folder, problems_of_meaning(book, files))
        _loaded[folder] = book
    return _loaded[folder]


def _has_shipped_files(folder: Path) -> bool:
    """Return whether a book is a shipped one, or a copy that nobody has changed.

    A release has a copy of its book, and so has a package that may come to change it.
    """
    shipped = BOOKS.resolve() / folder.name
    if folder == shipped:
        return True
    names = _names(folder)
    return names == _names(shipped) and all(
        (folder / name).read_bytes() == (shipped / name).read_bytes() for name in names
    )


def _names(folder: Path) -> set[str]:
    """Return the names of all files in a folder, as seen from it."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def _lenders(
    files: BookFiles, borrowers: tuple[Path, ...], problems: list[BookProblem]
) -> dict[str, Book]:
    """Return for each code list that a book borrows the book that it is from."""
    lenders: dict[str, Book] = {}
    specs: dict[str, Any] = files.book.content["codes"]
    for name, lender in ((n, spec["from"]) for n, spec in specs.items() if "from" in spec):
        try:
            book = _load(_lender(files.folder, lender, borrowers), borrowers)
        except BookError as error:
            message = f"list {name}: {error.problems[0]}"
            problems.append(files.book.problem(("codes", name), message))
            continue
        if name in book.code_lists:
            lenders[name] = book
        else:
            message = f"list {name}: the book {lender} has no such list"
            problems.append(files.book.problem(("codes", name), message))
    return lenders


def _lender(borrower: Path, name: str, borrowers: tuple[Path, ...]) -> Path:
    """Return the folder of a book to borrow from: next to the borrower, or a shipped one.

    Raises:
        BookError: there is no such book, or it is one of the borrowers.
    """
    neighbour = borrower.parent / name
    folder = folder_of(neighbour if (neighbour / "book.yaml").is_file() else name)
    if folder in borrowers:
        raise BookError([f"the book {name} borrows lists from this one"])
    return folder
