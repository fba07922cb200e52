"""The list of what a package publishes: each file with its name, its maker, and where it goes.

Publishing, `publish --check` and the archive all read this list. A file of a kind that no release
had before also needs a line in `releases.kinds`, which says how a stranger's file of that kind is
examined: without it, publishing rejects the file as `verify` would.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Flag, auto
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from ...codebook.pages import page
from ...validation.package.corrections import CORRECTIONS
from ...validation.package.package import Package
from ..agreement.agreement_report import to_json
from ..database.sqlite import write_sqlite
from ..explorer.package_page import PAGE, figure_of, figure_path, has_figure, package_page
from ..releases.diff import Difference
from ..releases.release import DESCRIPTOR
from ..tables import write
from ..tables.build import Frames
from . import agreement_block as agreement
from . import changelog, metadata, readme
from .blocks import renew
from .descriptor import package_descriptor, to_text
from .links import linked_pages


class Destination(Flag):
    """Where a product goes: any of the package, the archive, and the folder of the archive."""

    PACKAGE = auto()
    ARCHIVE = auto()
    NEXT_TO_ARCHIVE = auto()


PUBLISHED = Destination.PACKAGE | Destination.ARCHIVE


@dataclass(frozen=True)
class Build:
    """The input of all products: a package, its tables, and how they differ from the last release.

    `folder` is where the products are made; those earlier in the list are there already.
    """

    package: Package
    tables: Frames
    difference: Difference | None
    folder: Path

    @cached_property
    def agreements(self) -> agreement.Agreements:
        """The agreement of each pair of coders whose codings were adjudicated."""
        return agreement.measure(self.package)

    @cached_property
    def descriptor(self) -> dict[str, Any]:
        """The content of datapackage.json, with the hashes of the files of the tables."""
        return package_descriptor(self.package, self.folder, self.tables)

    @cached_property
    def blocks(self) -> Mapping[str, str]:
        """The text of each block that publishing renews in pages, by its marker."""
        return {
            "rows": readme.rows_block(
                self.package.book.main_table, self.tables[self.package.book.main_table.name]
            ),
            "agreement": agreement.agreement_block(self.package, self.agreements),
            f"data {self.package.version}": changelog.changes_block(
                self.package.book, self.tables, self.difference
            ),
        }


Make = Callable[[Build, Path], None]


@dataclass(frozen=True)
class Product:
    """One file: its name from the root of the package or release, its maker, and its places."""

    name: str
    make: Make
    places: Destination = PUBLISHED


def products(package: Package) -> list[Product]:
    """Return all products of a package, in the order in which they are made."""
    return [product for group in GROUPS for product in group(package)]


def _tables(package: Package) -> Iterable[Product]:
    for name in package.book.tables:
        yield Product(f"dataset/{name}.csv", partial(_csv, name))
        yield Product(f"dataset/{name}.parquet", partial(_parquet, name))


def _csv(name: str, build: Build, path: Path) -> None:
    write.write_csv(build.tables[name], path)


def _parquet(name: str, build: Build, path: Path) -> None:
    package, frame = build.package, build.tables[name]
    write.write_parquet(package.book, package.book.tables[name], frame, package.version, path)


def _database(package: Package) -> Iterable[Product]:
    yield Product(f"dataset/{package.name}.sqlite", _sqlite, Destination.ARCHIVE)


def _sqlite(build: Build, path: Path) -> None:
    write_sqlite(build.package.book, build.tables, path)


def _codebook(package: Package) -> Iterable[Product]:
    yield Product(CODEBOOK, _text(lambda build: page(build.package.book)))
    for language in package.book.languages:
        yield Product(CODEBOOK.replace(".md", f".{language}.md"), _codebook_in(language))
    for path in sorted(p for p in package.book_folder.rglob("*") if p.is_file()):
        name = path.relative_to(package.book_folder)
        # Editors and desktops leave hidden files behind.
        if not any(part.startswith(".") for part in name.parts):
            goal = f"codebook/{package.book.name}/{name.as_posix()}"
            yield Product(goal, partial(_copy, path), Destination.ARCHIVE)


def _codebook_in(language: str) -> Make:
    return _text(lambda build: page(build.package.book.in_language(language)))


def _explorer(package: Package) -> Iterable[Product]:
    if package.settings.explorer:
        if has_figure(package.book):
            yield Product(figure_path(package.book), _figure)
        # `verify` rejects web pages in archives, because they run code.
        explorer = _text(lambda build: package_page(build.package, build.tables))
        yield Product(PAGE, explorer, Destination.NEXT_TO_ARCHIVE)


def _figure(build: Build, path: Path) -> None:
    drawn = figure_of(build.package, build.tables)
    assert drawn is not None
    path.write_bytes(drawn)


def _agreement(package: Package) -> Iterable[Product]:
    for pair in agreement.pairs(package):
        yield Product(agreement.report_name(pair), partial(_agreement_of, pair))


def _agreement_of(pair: tuple[str, str], build: Build, path: Path) -> None:
    path.write_text(to_json(build.agreements[pair]) + "\n", encoding="utf-8")


def _pages(package: Package) -> Iterable[Product]:
    linked = [name for page in MAIN_PAGES for name in linked_pages(package.root, page)]
    for name in (*MAIN_PAGES, *RENEWED_PAGES):
        if (package.root / name).is_file():
            in_archive = name in MAIN_PAGES or name in linked
            yield Product(name, _renewed, PUBLISHED if in_archive else Destination.PACKAGE)
    for name in sorted({*linked} - {*MAIN_PAGES, *RENEWED_PAGES, CODEBOOK}):
        yield Product(name, partial(_copy, package.root / name), Destination.ARCHIVE)


def _renewed(build: Build, path: Path) -> None:
    text = (build.package.root / path.relative_to(build.folder)).read_text(encoding="utf-8")
    for marker, block in build.blocks.items():
        text = renew(text, marker, block)
    path.write_text(text, encoding="utf-8")


def _metadata(package: Package) -> Iterable[Product]:
    yield Product(DESCRIPTOR, _text(lambda build: to_text(build.descriptor)))
    yield Product("CITATION.cff", _text(lambda build: metadata.citation(build.package)))
    yield Product(".zenodo.json", _text(lambda build: metadata.zenodo(build.package)))
    yield Product(
        "croissant.json",
        _text(lambda build: metadata.croissant(build.package, build.descriptor)),
        Destination.ARCHIVE,
    )


def _hand_made(package: Package) -> Iterable[Product]:
    """Yield the files that a release takes from the package as they are.

    Source documents stay out: their text belongs to their publishers.
    """
    for name in ("LICENSE", CORRECTIONS, *agreement.coding_files(package)):
        if (package.root / name).is_file():
            yield Product(name, partial(_copy, package.root / name), Destination.ARCHIVE)


def _copy(source: Path, build: Build, path: Path) -> None:
    shutil.copyfile(source, path)


def _text(text: Callable[[Build], str]) -> Make:
    """Return a maker that writes a text."""

    def make(build: Build, path: Path) -> None:
        path.write_text(text(build), encoding="utf-8")

    return make


MAIN_PAGES = ("README.md", "CHANGELOG.md")
"""The pages that every release has, with those that they lead to."""
RENEWED_PAGES = ("dataset/desk.md",)
"""Other pages with blocks that publishing renews, where a package has them."""
CODEBOOK = "codebook/codebook.md"

GROUPS: tuple[Callable[[Package], Iterable[Product]], ...] = (
    _tables,
    _database,
    _codebook,
    _explorer,
    _agreement,
    _pages,
    _metadata,
    _hand_made,
)
"""The products in the order in which they are made: the descriptor has the hashes of the tables."""
