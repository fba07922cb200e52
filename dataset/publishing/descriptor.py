"""The descriptor of the package: datapackage.json, Data Package v2."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from ...codebook import Book
from ...validation.package.package import Package
from ...validation.schemas.content_hash import content_hash
from ...validation.schemas.profile import profile_problems
from ...validation.schemas.table_schema import table_schema
from ..tables.build import Frames
from ..tables.codes_table import codes_path
from ..tables.geojson import geojson_path, with_points

PROFILE = "https://datapackage.org/profiles/2.0/"


def package_descriptor(package: Package, folder: Path, tables: Frames) -> dict[str, Any]:
    """Return the content of datapackage.json.

    The CSV files are the resources; each names its Parquet twin, and its GeoJSON if its rows have
    points. The file of codes is no resource: the codebook has no such table. `created` is the day of release,
    not of the build: the same tables give the same descriptor.

    Args:
        package: the package.
        folder: where its files were written, as `dataset/NAME.csv` and `dataset/NAME.parquet`.
        tables: the rows in them, for a hash of the content that does not depend on the writer.
    """
    book = package.book
    mapped = {table.name for table in with_points(book)}
    codes = codes_path(book)
    sources = [{"title": title} for title in _document_titles(book, tables)]
    resources = []
    for table in book.tables.values():
        path = f"dataset/{table.name}.csv"
        twin = f"dataset/{table.name}.parquet"
        points = geojson_path(table) if table.name in mapped else ""
        resources.append(
            {
                "$schema": PROFILE + "dataresource.json",
                "name": table.name,
                "type": "table",
                "title": table.title,
                "description": table.description,
                "path": path,
                "format": "csv",
                "mediatype": "text/csv",
                "encoding": "utf-8",
                **size_and_hash(folder / path),
                "eventbook:content": content_hash(table, tables[table.name]),
                "eventbook:parquet": _file(folder, twin),
                **({"eventbook:geojson": _file(folder, points)} if points else {}),
                "dialect": {"delimiter": ",", "lineTerminator": "\n", "header": True},
                "schema": table_schema(book, table),
            }
        )
    return {
        **_about(package),
        **({"sources": sources} if sources else {}),
        "eventbook:codebook": {"name": book.name, "version": book.version},
        **({"eventbook:codes": _file(folder, codes)} if codes else {}),
        "resources": resources,
    }


def _about(package: Package) -> dict[str, Any]:
    """Return what a descriptor says about the whole package, from its settings alone."""
    about = package.metadata
    return {
        "$schema": PROFILE + "datapackage.json",
        "name": package.name,
        "title": about.title,
        "description": about.description,
        **({"homepage": about.url} if about.url else {}),
        "version": package.version,
        "created": f"{about.released.isoformat()}T00:00:00Z",
        "keywords": about.keywords,
        "licenses": about.licenses,
        "contributors": about.contributors,
    }


def metadata_problems(package: Package) -> list[str]:
    """What the Data Package 2.0 profile objects to in a package's settings, before it has tables.

    Raises:
        InputError: a setting is missing or has another form.
    """
    return profile_problems(_about(package) | {"resources": [{"name": "any", "path": "any.csv"}]})


def _document_titles(book: Book, tables: Frames) -> list[str]:
    """Return the titles of the source documents, if the book has them."""
    documents = book.documents
    if documents is None or documents.roles.document is None or not documents.roles.document.title:
        return []
    return tables[documents.name][documents.roles.document.title].drop_nulls().to_list()


def _file(folder: Path, name: str) -> dict[str, Any]:
    return {"path": name, **size_and_hash(folder / name)}


def size_and_hash(path: Path) -> dict[str, Any]:
    """Return the size and SHA-256 of a file, with the descriptor's keys."""
    data = path.read_bytes()
    return {"bytes": len(data), "hash": f"sha256:{hashlib.sha256(data).hexdigest()}"}


def to_text(descriptor: dict[str, Any]) -> str:
    """Return the descriptor as the text of its file."""
    return json.dumps(descriptor, ensure_ascii=False, indent=2) + "\n"
