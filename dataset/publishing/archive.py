"""The release archive for download, with a list of hashes inside and next to it."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

from ...validation.files.hashing import sha256
from ...validation.package.package import Package
from ..releases.verify import SUMS
from .links import without_dead_links
from .products import Destination, Product

LEVEL = 6
"""How hard zlib tries: 9 takes more than twice as long, and saves a fortieth of the size."""


def write_archive(
    package: Package, products: Iterable[Product], folder: Path, target: Path
) -> Path:
    """Write `<name>-<version>.zip`, the files that go next to it, and SHA256SUMS into a folder.

    The same products give the same bytes.

    Args:
        package: names the archive, and has the day of release.
        products: the products of the package.
        folder: where they were built.
        target: the folder to write to.

    Returns:
        The archive.
    """
    name = f"{package.name}-{package.version}"
    target.mkdir(parents=True, exist_ok=True)
    inside: dict[str, bytes] = {}
    next_to_it: dict[str, bytes] = {}
    for product in products:
        if Destination.ARCHIVE in product.places:
            inside[product.name_in_archive] = (folder / product.name).read_bytes()
        if Destination.NEXT_TO_ARCHIVE in product.places:
            next_to_it[product.name] = (folder / product.name).read_bytes()
    for page in (n for n in inside if n.endswith(".md")):
        text = inside[page].decode("utf-8")
        inside[page] = without_dead_links(text, page, inside.keys()).encode("utf-8")
    inside[SUMS] = sums(inside)
    archive = target / f"{name}.zip"
    write_zip(
        archive, {f"{name}/{n}": data for n, data in inside.items()}, package.metadata.released
    )
    next_to_it[SUMS] = sums({archive.name: archive.read_bytes(), **next_to_it})
    for file, data in next_to_it.items():
        (target / file).write_bytes(data)
    return archive


def write_zip(path: Path, inside: Mapping[str, bytes], released: date) -> None:
    """Write a ZIP file whose bytes depend on its members and the day of release alone."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in sorted(inside.items()):
            about = zipfile.ZipInfo(name, (*released.timetuple()[:3], 0, 0, 0))
            about.external_attr = 0o644 << 16
            about.create_system = 3  # else the system that built it would be written there
            archive.writestr(about, data, zipfile.ZIP_DEFLATED, LEVEL)


def sums(files: Mapping[str, bytes]) -> bytes:
    """Return the hashes of files by name, as `sha256sum -c` reads them."""
    return "".join(f"{sha256(data)}  {name}\n" for name, data in sorted(files.items())).encode()
