"""Make a package to train in: the reports of a practice set, and the names that coders share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from ...codebook import HUB, available, folder_of
from ...codebook.printable import markdown_text
from ...codebook.templating import environment
from ...validation.coding.filed import Row
from ...validation.coding.pairing import documents_of, shared_tables
from ...validation.errors import InputError
from ...validation.location import TABLES
from ...validation.package.package import Package
from ..desk.new_document import About, add_document, said_in
from ..desk.table_files import table_bytes
from ..starter.new_package import Answers, new_folder, write_package
from .practice_set import PracticeSet, load_practice_set, named_book, row_id

TEMPLATES = Path(__file__).parent / "templates"
PAGE = "README.md"


def make_training_package(
    folder: Path, set_folder: Path, book: Path | None, say: Callable[[str], None] = print
) -> Package:
    """Make a package with the reports of a practice set, ready to be coded; all of it or nothing.

    The key stays in the practice set. Of it the package has only what the coders of a project
    share: the names of actors and places, less those that are left to be added.

    Args:
        folder: a new or an empty folder.
        set_folder: the practice set.
        book: the folder of its book, where that does not ship with the package.
        say: takes a line for each step.

    Raises:
        InputError: the folder has something in it or cannot be written, or the practice set
            cannot be used.
    """
    practice = load_practice_set(set_folder, book_of_set(set_folder, book))
    with new_folder(folder) as root:
        write_training_package(root, practice)
    say(f"{folder}: {len(practice.documents)} reports to code")
    for document in practice.documents:
        say(f"  {document}  {practice.words(document):4d} words  {practice.title(document)}")
    for line in _shared_lines(practice):
        say(line)
    return Package(folder.resolve())


def write_training_package(root: Path, practice: PracticeSet, all_names: bool = False) -> None:
    """Write a package with the reports of a practice set into a folder that is not there yet.

    Args:
        root: the folder.
        practice: the practice set.
        all_names: leave no shared row to be added.
    """
    book = None if practice.book_folder == folder_of(HUB) else practice.book_folder
    answers = Answers("practice", "Practice reports", "Coders", book=book, empty=True, bare=True)
    write_package(root, answers)
    _write_reports(Package(root), practice)
    for name in shared_tables(practice.book):
        table = practice.book.tables[name]
        rows = practice.shared_rows(table) if all_names else _shared(practice, name)[0]
        data = table_bytes(practice.book, table, rows)
        (root / TABLES / f"{name}.csv").write_bytes(data)
    page = environment(TEMPLATES).get_template(f"{PAGE}.j2")
    text = page.render(
        practice=practice,
        plain=markdown_text,
        shared=" ".join(_shared_lines(practice)),
        option="" if practice.ships else " --set DIR",
    )
    (root / PAGE).write_text(text, encoding="utf-8")


def book_of_set(set_folder: Path, book: Path | None = None) -> Path:
    """Return the folder of the book of a practice set.

    Args:
        set_folder: the practice set.
        book: the folder of the book, where it does not ship with the package.

    Raises:
        InputError: it does not ship with the package, and no folder is given.
    """
    if book is not None:
        return folder_of(book)
    if (name := named_book(set_folder)) not in available():
        raise InputError(f"{set_folder}: for the codebook {name}; name its folder with --book DIR")
    return folder_of(name)


def _write_reports(package: Package, practice: PracticeSet) -> None:
    """Add the reports with what is said about them; their quotes are those of the key."""
    columns = said_in(documents_of(package.book))
    for document, row in practice.documents.items():
        said = {name: row.get(column) for name, column in columns.items()}
        others = {n: cell for n, cell in row.items() if cell and n not in columns.values()}
        add_document(package, practice.text_file(document), About(**said), others)


def _shared(practice: PracticeSet, name: str) -> tuple[list[Row], int]:
    """Return the rows of a shared table that coders are given, and how many they are not."""
    table = practice.book.tables[name]
    rows = practice.shared_rows(table)
    given = [row for row in rows if (name, row_id(table, row)) not in practice.to_add]
    return given, len(rows) - len(given)


def _shared_lines(practice: PracticeSet) -> Iterator[str]:
    """Yield for each shared table how many of the rows that the reports need are there."""
    for name in shared_tables(practice.book):
        there, left = _shared(practice, name)
        table = practice.book.tables[name]
        yield (
            f"{TABLES}/{name}.csv has {table.counted(len(there))} of the reports; "
            f"{left or 'none'} {'is' if left == 1 else 'are'} left for you to add."
        )
