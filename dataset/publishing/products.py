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

from ...codebook import Table
from ...codebook.pages import page
from ...validation.package.corrections import CORRECTIONS
from ...validation.package.package import Package
from ..agreement.agreement_report import to_json
from ..agreement.with_machines_report import machines_in_json
from ..database.sqlite import write_sqlite
from ..explorer.codebook_page import codebook_name
from ..explorer.package_page import (
    dataset_of,
    figure_of,
    figure_path,
    has_figure,
    package_codebook,
    package_page,
)
from ..releases.diff import Difference
from ..releases.release import DESCRIPTOR
from ..tables import write
from ..tables.build import Frames
from ..tables.codes_table import codes_path, codes_table
from ..tables.geojson import geojson, geojson_path, with_points
from . import agreement_block as agreement
from . import changelog, metadata, readme
from . import machine_block as machines
from .archive_page import archive_page
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
    def machine_agreements(self) -> machines.MachineAgreements:
        """How far each machine that is published agrees with each pair of coders."""
        return machines.measure_machines(self.package)

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
            "agreement": "\n\n".join(
                filter(
                    None,
                    (
                        agreement.agreement_block(self.package, self.agreements),
                        machines.machine_block(self.package, self.machine_agreements),
                    ),
                )
            ),
            f"data {self.package.version}": changelog.changes_block(
                self.package.book, self.tables, self.difference
            ),
        }


Make = Callable[[Build, Path], None]


@dataclass(frozen=True)
class Product:
    """One file: its name from the root of the package or release, its maker, and its places.

    In the archive it may have another name.
    """

    name: str
    make: Make
    places: Destination = PUBLISHED
    archived_as: str = ""

    @property
    def name_in_archive(self) -> str:
        """The name in the archive, if it goes there."""
        return self.archived_as or self.name


def products(package: Package) -> list[Product]:
    """Return all products of a package, in the order in which they are made."""
    return [product for group in GROUPS for product in group(package)]


def _tables(package: Package) -> Iterable[Product]:
    for name in package.book.tables:
        yield Product(f"dataset/{name}.csv", partial(_csv, name))
        yield Product(f"dataset/{name}.parquet", partial(_parquet, name))
    for table in with_points(package.book):
        yield Product(geojson_path(table), _text(partial(_geojson, table)))
    if name := codes_path(package.book):
        yield Product(name, _codes)


def _csv(name: str, build: Build, path: Path) -> None:
    write.write_csv(build.tables[name], path)


def _parquet(name: str, build: Build, path: Path) -> None:
    package, frame = build.package, build.tables[name]
    write.write_parquet(package.book, package.book.tables[name], frame, package.version, path)


def _geojson(table: Table, build: Build) -> str:
    return geojson(build.package.book, table, build.tables[table.name])


def _codes(build: Build, path: Path) -> None:
    write.write_csv(codes_table(build.package.book), path)


def _database(package: Package) -> Iterable[Product]:
    yield Product(f"dataset/{package.name}.sqlite", _sqlite, Destination.ARCHIVE)


def _sqlite(build: Build, path: Path) -> None:
    write_sqlite(build.package.book, build.tables, path, checked=True)


def _codebook(package: Package) -> Iterable[Product]:
    yield Product(
        CODEBOOK, _text(lambda build: page(build.package.book, dataset_of(build.package)))
    )
    for language in package.book.languages:
        yield Product(CODEBOOK.replace(".md", f".{language}.md"), _codebook_in(language))
    for path in sorted(p for p in package.book_folder.rglob("*") if p.is_file()):
        name = path.relative_to(package.book_folder)
        # Editors and desktops leave hidden files behind.
        if not any(part.startswith(".") for part in name.parts):
            goal = f"codebook/{package.book.name}/{name.as_posix()}"
            yield Product(goal, partial(_copy, path), Destination.ARCHIVE)


def _codebook_in(language: str) -> Make:
    return _text(
        lambda build: page(build.package.book.in_language(language), dataset_of(build.package))
    )


def _explorer(package: Package) -> Iterable[Product]:
    if package.settings.explorer:
        if has_figure(package.book):
            yield Product(figure_path(package.book), _figure)
        # `verify` rejects web pages in archives, because they run code.
        events = f"{package.name}-{package.version}.html"
        codebook = codebook_name(events)
        explorer = _text(lambda build: package_page(build.package, build.tables, codebook=codebook))
        described = _text(lambda build: package_codebook(build.package, events))
        yield Product(events, explorer, Destination.NEXT_TO_ARCHIVE)
        yield Product(codebook, described, Destination.NEXT_TO_ARCHIVE)


def _figure(build: Build, path: Path) -> None:
    drawn = figure_of(build.package, build.tables)
    assert drawn is not None
    path.write_bytes(drawn)


def _agreement(package: Package) -> Iterable[Product]:
    for pair in agreement.pairs(package):
        yield Product(agreement.report_name(pair), partial(_agreement_of, pair))
    for pair, machine in machines.machine_reports(package):
        name = machines.machine_report_name(pair, machine)
        yield Product(name, partial(_agreement_with, (pair, machine)))


def _agreement_of(pair: tuple[str, str], build: Build, path: Path) -> None:
    path.write_text(to_json(build.agreements[pair]) + "\n", encoding="utf-8")


def _agreement_with(key: tuple[agreement.Pair, str], build: Build, path: Path) -> None:
    path.write_text(machines_in_json(build.machine_agreements[key]) + "\n", encoding="utf-8")


def _pages(package: Package) -> Iterable[Product]:
    # The package's own README is about a checkout.
    archive = _text(lambda build: archive_page(build.package, build.tables))
    yield Product(ARCHIVE_README, archive, Destination.ARCHIVE, archived_as=README)
    linked = linked_pages(package.root, CHANGELOG)
    for name in (README, CHANGELOG, *RENEWED_PAGES):
        if (package.root / name).is_file():
            in_archive = name == CHANGELOG or name in linked
            places = PUBLISHED if in_archive and name != README else Destination.PACKAGE
            yield Product(name, _renewed, places)
    for name in sorted({*linked} - {README, CHANGELOG, *RENEWED_PAGES, CODEBOOK}):
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
    codings = (*agreement.coding_files(package), *machines.machine_coding_files(package))
    for name in ("LICENSE", CORRECTIONS, *codings):
        if (package.root / name).is_file():
            yield Product(name, partial(_copy, package.root / name), Destination.ARCHIVE)


def _copy(source: Path, build: Build, path: Path) -> None:
    shutil.copyfile(source, path)


def _text(text: Callable[[Build], str]) -> Make:
    """Return a maker that writes a text."""

    def make(build: Build, path: Path) -> None:
        path.write_text(text(build), encoding="utf-8")

    return make


README = "README.md"
ARCHIVE_README = "archive-README.md"
"""The name under which the README of the archive is made."""
CHANGELOG = "CHANGELOG.md"
"""It is in every release, with the pages that it leads to."""
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
