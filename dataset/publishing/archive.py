"""The release archive: what a stranger downloads, with a list of hashes inside and beside it."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Mapping
from pathlib import Path

from ...validation.package.corrections import CORRECTIONS
from ...validation.package.package import Package
from ..explorer.package_page import FIGURE, PAGE
from . import agreement_block as agreement

FROM_PACKAGE = ("LICENSE", CORRECTIONS)
GENERATED = (
    "datapackage.json",
    "README.md",
    "CITATION.cff",
    "CHANGELOG.md",
    ".zenodo.json",
    "croissant.json",
)
SUMS = "SHA256SUMS"


def members(package: Package, folder: Path) -> dict[str, Path]:
    """What goes in, by its name inside: the published files from `folder`, the rest from the package.

    Source documents stay out: their text belongs to their publishers.
    """
    found = {n: folder / n for n in GENERATED if (folder / n).is_file()}
    found |= {n: package.root / n for n in FROM_PACKAGE if (package.root / n).is_file()}
    found |= {n: package.root / n for n in agreement.traced(package)}
    found |= {FIGURE: folder / FIGURE} if (folder / FIGURE).is_file() else {}
    found |= {n: folder / n for n in map(agreement.name_of, agreement.pairs(package))}
    for table in package.book.tables:
        for ending in ("csv", "parquet"):
            found[f"dataset/{table}.{ending}"] = folder / "dataset" / f"{table}.{ending}"
    name = f"{package.name}.sqlite"
    found[f"dataset/{name}"] = folder / "dataset" / name
    found["codebook/codebook.md"] = folder / "codebook" / "codebook.md"
    book = package.book_folder
    for path in sorted(p for p in book.rglob("*") if p.is_file()):
        found[f"codebook/{package.book.name}/{path.relative_to(book).as_posix()}"] = path
    return dict(sorted(found.items()))


def write_archive(package: Package, folder: Path, target: Path) -> Path:
    """Write `<name>-<version>.zip` and SHA256SUMS into `target`; the same members, the same bytes.

    The page to look at stands beside the archive: what is in an archive from a stranger runs
    nothing, and `verify` holds that.
    """
    name = f"{package.name}-{package.version}"
    inside = {member: path.read_bytes() for member, path in members(package, folder).items()}
    inside[SUMS] = sums({n: sha256(data) for n, data in inside.items()}).encode()
    target.mkdir(parents=True, exist_ok=True)
    path = target / f"{name}.zip"
    write_zip(path, {f"{name}/{n}": data for n, data in inside.items()}, package.released)
    made = [path]
    if (folder / PAGE).is_file():
        made.append(target / f"{name}.html")
        made[-1].write_bytes((folder / PAGE).read_bytes())
    (target / SUMS).write_text(
        sums({p.name: sha256(p.read_bytes()) for p in made}), encoding="utf-8"
    )
    return path


def write_zip(path: Path, inside: Mapping[str, bytes], released: tuple[int, int, int]) -> None:
    """A ZIP file whose bytes depend on its members and the day of release alone."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in sorted(inside.items()):
            about = zipfile.ZipInfo(name, (*released, 0, 0, 0))
            about.external_attr = 0o644 << 16
            about.create_system = 3  # else the system that built it would be written there
            archive.writestr(about, data, zipfile.ZIP_DEFLATED, 9)


def sums(hashes: Mapping[str, str]) -> str:
    """Hashes by file name as `sha256sum -c` reads them."""
    return "".join(f"{digest}  {name}\n" for name, digest in sorted(hashes.items()))


def sha256(data: bytes) -> str:
    """The SHA-256 of bytes, in hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()
