"""The descriptor of the whole: datapackage.json, Data Package v2."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from ...validation.package.package import Package
from ...validation.schemas.content_hash import content_hash
from ...validation.schemas.table_schema import table_schema
from ..tables.build import Frames

PROFILE = "https://datapackage.org/profiles/2.0/"


def package_descriptor(package: Package, folder: Path, tables: Frames) -> dict[str, Any]:
    """The descriptor for the files of a folder (`dataset/*.csv`, `*.parquet` below it).

    `tables` are the rows in them, of which each resource has a hash that no writer changes.

    The CSV files are the resources; each names its Parquet twin. `created` is the day of release,
    not of the build: the same tables give the same descriptor.
    """
    about, book = package.metadata, package.book
    sources = [{"title": title} for title in tables["documents"]["title"]]
    resources = []
    for table in book.tables.values():
        path = f"dataset/{table.name}.csv"
        twin = f"dataset/{table.name}.parquet"
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
                "eventbook:parquet": {"path": twin, **size_and_hash(folder / twin)},
                "dialect": {"delimiter": ",", "lineTerminator": "\n", "header": True},
                "schema": table_schema(book, table),
            }
        )
    return {
        "$schema": PROFILE + "datapackage.json",
        "name": package.name,
        "title": about.title,
        "description": about.description,
        "version": package.version,
        "created": f"{about.released.isoformat()}T00:00:00Z",
        "keywords": about.keywords,
        "licenses": about.licenses,
        "contributors": about.contributors,
        **({"sources": sources} if sources else {}),
        "eventbook:codebook": {"name": book.name, "version": book.version},
        "resources": resources,
    }


def size_and_hash(path: Path) -> dict[str, Any]:
    """Size and SHA-256 of a file, as the descriptor says them."""
    data = path.read_bytes()
    return {"bytes": len(data), "hash": f"sha256:{hashlib.sha256(data).hexdigest()}"}


def to_text(descriptor: dict[str, Any]) -> str:
    """The descriptor as it is written."""
    return json.dumps(descriptor, ensure_ascii=False, indent=2) + "\n"
