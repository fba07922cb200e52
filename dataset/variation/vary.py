"""Write a codebook with other names, order or definitions of codes, as a folder of a book.

Every kind but the order is a renaming of codes, made in the whole book alike: a code's place in its
list, its definition and its attributes stay together, and expressions, rules, examples, references
and the guide follow. So the varied book is as consistent as the original one, and its checks agree
with its definitions.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ...codebook import Book, BookError, load
from ...codebook.reading import read_book
from ...validation.checks.trial import trial_faults
from ...validation.coding.variation import VARIATION, Variation, VariationKind, variation_text
from ...validation.errors import InputError
from ...validation.files.atomic import report_os_errors, staging_folder
from ...validation.files.hashing import sha256
from .chosen_lists import chosen_lists
from .renamings import renaming_of, shuffled
from .varied_files import RANK, VariedFiles


@dataclass(frozen=True)
class VariedBook:
    """A varied book that was written: its folder, its record, and notes on what is as it was."""

    folder: Path
    variation: Variation
    notes: tuple[str, ...]


def write_varied_book(
    folder: Path, kind: VariationKind, seed: int, lists: Sequence[str], out: Path
) -> VariedBook:
    """Write a varied book into a new folder, with its record.

    Args:
        folder: the folder of the book that is varied.
        kind: what is varied.
        seed: what the draw depends on.
        lists: the lists to vary; none for those of judged variables.
        out: the new folder.

    Raises:
        BookError: the book breaks the format.
        InputError: the folder exists, a list cannot be varied, or the varied book would not hold.
    """
    if out.exists():
        raise InputError(f"{out}: already exists; use --out for another folder")
    book = load(folder)
    chosen = chosen_lists(book, kind, lists)
    varied, variation = _varied(folder, book, kind, seed, chosen.names)
    left = varied.prose.left
    notes = [*chosen.notes]
    if left:
        notes.append(f"in prose these codes stay, which several lists have: {', '.join(left)}")
    with staging_folder(out.resolve().parent) as stage, report_os_errors(out):
        made = stage / "book"
        for name, text in (*varied.contents(), (VARIATION, variation_text(variation))):
            path = made / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode())
        _ensure_holds(made, chosen.names)
        made.rename(out)
    return VariedBook(out, variation, tuple(notes))


def _varied(
    folder: Path, book: Book, kind: VariationKind, seed: int, names: Sequence[str]
) -> tuple[VariedFiles, Variation]:
    renaming = renaming_of(book, kind, seed, names)
    orders = {n: shuffled(seed, book.code_lists[n]) for n in names if kind is VariationKind.ORDER}
    types = {
        table[name].codes
        for table in book.tables.values()
        for name in table.roles.type
        if name in table
    }
    ranked = frozenset(n for n in types & {*orders} if RANK not in book.code_lists[n].attributes)
    same = {n: {str(value): str(value) for value in book.code_lists[n].values} for n in names}
    mapping = {
        name: {varied: original for original, varied in codes.items()}
        for name, codes in {**same, **renaming.codes}.items()
    }
    drawn = json.dumps([kind.value, seed, *names]).encode()
    variation = Variation(
        kind=kind,
        seed=seed,
        varied_name=f"{book.name}-{sha256(drawn)[:6]}",
        book=book.name,
        version=book.version,
        sha256=hash_of_book(folder),
        lists=mapping,
    )
    files = VariedFiles(read_book(folder), book, variation.varied_name, renaming, orders, ranked)
    return files, variation


def _ensure_holds(made: Path, names: Sequence[str]) -> None:
    """Ensure that a varied book loads and that the examples of its rules hold.

    Raises:
        InputError: it does not.
    """
    try:
        faults = list(trial_faults(load(made)))
    except BookError as error:
        faults = list(error.mistakes)
    if faults:
        raise InputError(
            f"these lists cannot be varied together: {', '.join(names)}; leave out the one that a "
            "rule or an expression uses in another way than by comparing a code",
            *(str(fault) for fault in faults[:5]),
        )


def hash_of_book(folder: Path) -> str:
    """Return a hash of the files that a book is loaded from, by their names and contents."""
    files = [folder / "book.yaml", folder / "rules.yaml"]
    files += [*(folder / "codes").glob("*.csv"), *(folder / "guide").glob("*.md")]
    named = sorted((path.relative_to(folder).as_posix(), path.read_bytes()) for path in files)
    return sha256("\n".join(f"{sha256(data)}  {name}" for name, data in named).encode())
