"""The tables of a release as read from its folder: a package, or a release archive unpacked."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from ...codebook import Book, load
from ...validation.errors import InputError
from . import rows


@dataclass(frozen=True)
class Release:
    """Published tables: whose, of which version, by which book; `content` has each table's hash."""

    package: str
    version: str
    book: Book
    tables: Mapping[str, pl.DataFrame]
    content: Mapping[str, str]


def read_release(folder: Path) -> Release:
    """Read the published tables of a folder that has datapackage.json and dataset/*.parquet.

    Raises:
        InputError: the descriptor or a table is missing, damaged or another release's.
        BookError: its book cannot be read.
    """
    descriptor = _descriptor(folder / "datapackage.json")
    try:
        said = descriptor["eventbook:codebook"]
        name, version, resources = said["name"], said["version"], descriptor["resources"]
        twins = {r["name"]: r["eventbook:parquet"] for r in resources}
        hashes = {table: str(twin["hash"]) for table, twin in twins.items()}
        package, release = str(descriptor["name"]), str(descriptor["version"])
    except (KeyError, TypeError):
        raise InputError(
            f"{folder / 'datapackage.json'}: not a descriptor that eventbook wrote"
        ) from None
    book = _book(folder, str(name))
    if book.version != version or set(book.tables) != set(hashes):
        raise InputError(
            f"{folder}: published by version {version} of the codebook {name}, "
            f"and here is {book.version}; run eventbook publish there, or take a whole release"
        )
    tables = {
        table.name: rows.typed(
            table, _parquet(folder / "dataset" / f"{table.name}.parquet", hashes[table.name])
        )
        for table in book.tables.values()
    }
    return Release(package, release, book, tables, hashes)


def _descriptor(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(
            f"{path}: cannot be read: {error.strerror}; "
            "give a folder with a release, or run eventbook publish there"
        ) from None
    except ValueError:
        raise InputError(f"{path}: not JSON; take a whole release") from None
    if not isinstance(found, dict):
        raise InputError(f"{path}: not a descriptor that eventbook wrote")
    return found


def _book(folder: Path, name: str) -> Book:
    """The book that lies in a package or archive, else a shipped one of that name."""
    for own in (folder / "codebook" / "books" / name, folder / "codebook" / name):
        if (own / "book.yaml").is_file():
            return load(own)
    return load(name)


def _parquet(path: Path, wanted: str) -> pl.DataFrame:
    """One table, if its bytes are those that the descriptor tells."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(
            f"{path}: cannot be read: {error.strerror}; take a whole release"
        ) from None
    if wanted != f"sha256:{hashlib.sha256(data).hexdigest()}":
        raise InputError(
            f"{path}: not the file that datapackage.json tells of; "
            "run eventbook publish there, or take a whole release"
        )
    return pl.read_parquet(data)
