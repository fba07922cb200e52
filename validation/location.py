"""Where a package is, and which book the package around a file follows."""

from __future__ import annotations

from pathlib import Path

from ..codebook import Book, book_of, folder_of, load
from .errors import InputError
from .settings import FILE, read_settings

TABLES = "seeds/tables"


def package_root(start: Path) -> Path | None:
    """Return the package that a folder or file lies in: the folder with the settings and tables."""
    here = start.resolve()
    for folder in (here, *here.parents):
        if (folder / TABLES).is_dir() and (folder / FILE).is_file():
            return folder
    return None


def own_book(near: Path | None = None) -> Book | None:
    """Return the book of the package around a file, else of that around the current folder.

    A package whose settings cannot be read has none: the commands that work on the package say why.

    Raises:
        BookError: the package's book breaks the format.
    """
    root = _root(near)
    if root is None:
        return None
    try:
        name = read_settings(root / FILE).book
    except InputError:
        return None
    return load(book_of(root, name))


def find_book(book: str | Path | Book, near: Path | None = None) -> Book:
    """Return a book by its name or folder; the package's own books come before those that ship.

    Args:
        book: the name or folder, or the book itself.
        near: a file whose package may have the book; by default that of the current folder.

    Raises:
        BookError: there is no such book, or it breaks the format.
    """
    return book if isinstance(book, Book) else load(book_folder(book, near))


def book_folder(name: str | Path, near: Path | None = None) -> Path:
    """Return the folder of a book; see `find_book`.

    Raises:
        BookError: there is no such book.
    """
    root = _root(near)
    if root is None or Path(name).is_dir():
        return folder_of(name)
    return book_of(root, str(name))


def _root(near: Path | None) -> Path | None:
    places = (Path.cwd(),) if near is None else (near, Path.cwd())
    return next((root for place in places if (root := package_root(place))), None)
