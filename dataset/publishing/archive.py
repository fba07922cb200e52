"""The release archive: what a stranger downloads, with a list of hashes inside and beside it."""

from __future__ import annotations

import hashlib
from pathlib import Path

from ...validation.package import Package

ALWAYS = ("LICENSE", "CITATION.cff", "CHANGELOG.md")


def members(package: Package, folder: Path) -> dict[str, Path]:
    """What goes in, by its name inside: the published files from `folder`, the rest from the package.

    Source documents stay out: their text belongs to their publishers.
    """
    found = {n: folder / n for n in ("datapackage.json", "README.md") if (folder / n).is_file()}
    found |= {n: package.root / n for n in ALWAYS if (package.root / n).is_file()}
    for table in package.book.tables:
        for ending in ("csv", "parquet"):
            found[f"dataset/{table}.{ending}"] = folder / "dataset" / f"{table}.{ending}"
    found["codebook/codebook.md"] = folder / "codebook" / "codebook.md"
    book = package.root / "codebook" / "books" / package.book.name
    for path in sorted(p for p in book.rglob("*") if p.is_file()):
        found[f"codebook/{package.book.name}/{path.relative_to(book).as_posix()}"] = path
    return dict(sorted(found.items()))


def write_archive(package: Package, folder: Path, target: Path) -> Path:
    """Write `<name>-<version>.zip` and SHA256SUMS into `target`; the same members, the same bytes."""
    from repro_zipfile import ReproducibleZipFile

    name = f"{package.project['project']['name']}-{package.version}"
    inside = members(package, folder)
    sums = "".join(f"{sha256(path)}  {member}\n" for member, path in inside.items())
    target.mkdir(parents=True, exist_ok=True)
    path = target / f"{name}.zip"
    with ReproducibleZipFile(path, "w", compresslevel=9) as archive:
        for member, source in inside.items():
            archive.writestr(f"{name}/{member}", source.read_bytes(), compress_type=8)
        archive.writestr(f"{name}/SHA256SUMS", sums, compress_type=8)
    (target / "SHA256SUMS").write_text(f"{sha256(path)}  {path.name}\n", encoding="utf-8")
    return path


def sha256(path: Path) -> str:
    """The SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
