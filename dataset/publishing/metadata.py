"""Metadata of the dataset in formats of others: CITATION.cff, Zenodo, Croissant.

All are made from `[tool.eventbook]` and the descriptor, so they cannot disagree.
"""

from __future__ import annotations

import io
import json
from typing import Any

from ...codebook import Book, Table
from ...validation.package.package import Package

CROISSANT = "http://mlcommons.org/croissant/1.1"
CR_TERMS = (
    "arrayShape citeAs column containedIn equivalentProperty extract field fileObject fileProperty "
    "fileSet format includes isArray isLiveDataset jsonPath key md5 parentField path recordSet "
    "references regex repeated replace samplingRate separator source subField transform"
)
# Croissant's context: all other terms are schema.org's.
CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "dct": "http://purl.org/dc/terms/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "sc": "https://schema.org/",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "description": {"@container": "@language"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "name": {"@container": "@language"},
} | {term: f"cr:{term}" for term in CR_TERMS.split()}
DATA_TYPES = {
    "string": "sc:Text",
    "integer": "sc:Integer",
    "number": "sc:Float",
    "date": "sc:Date",
    "datetime": "sc:DateTime",
    "year": "sc:Integer",
    "boolean": "sc:Boolean",
}


def cite_as(package: Package) -> str:
    """Return the dataset as a list of references has it."""
    about = package.metadata
    authors = ", ".join(about.authors)
    return f"{authors}: {about.title}, version {package.version}, {about.released.year}"


def citation(package: Package) -> str:
    """Return the text of CITATION.cff, format 1.2.0."""
    from ruamel.yaml import YAML

    about = package.metadata
    content = {
        "cff-version": "1.2.0",
        "message": "If you use these data, please cite them as below.",
        "type": "dataset",
        "title": about.title,
        "version": package.version,
        "date-released": about.released,
        "license": [item["name"] for item in about.licenses],
        "authors": [{"name": name} for name in about.authors],
        "abstract": about.description,
        "keywords": about.keywords,
        **({"repository-code": about.repository} if about.repository else {}),
        **({"url": about.url} if about.url else {}),
    }
    yaml = YAML()
    yaml.width = 1000
    yaml.indent(mapping=2, sequence=4, offset=2)
    text = io.StringIO()
    yaml.dump(content, text)
    return text.getvalue()


def zenodo(package: Package) -> str:
    """Return the text of .zenodo.json, from which Zenodo fills in a deposit."""
    about = package.metadata
    content = {
        "title": about.title,
        "upload_type": "dataset",
        "description": about.description,
        "version": package.version,
        "publication_date": about.released.isoformat(),
        "creators": [{"name": name} for name in about.authors],
        "keywords": about.keywords,
        "access_right": "open",
        "license": about.licenses[0]["name"].lower(),
    }
    return _json(content)


def croissant(package: Package, descriptor: dict[str, Any]) -> str:
    """Return the text of croissant.json: Croissant 1.1, which is also a schema.org Dataset.

    Args:
        package: the package.
        descriptor: its datapackage.json, for the files and their hashes.
    """
    about, book = package.metadata, package.book
    files, records = [], []
    for resource in descriptor["resources"]:
        table = book.tables[resource["name"]]
        files += [
            _file(resource, resource["path"], "text/csv"),
            _file(
                resource["eventbook:parquet"],
                resource["eventbook:parquet"]["path"],
                "application/vnd.apache.parquet",
            ),
        ]
        records.append(_record_set(book, table, resource["path"]))
    content = {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": CROISSANT,
        "name": about.title,
        "description": about.description,
        "version": package.version,
        "datePublished": about.released.isoformat(),
        "license": [item["path"] for item in about.licenses],
        "creator": [{"@type": "sc:Organization", "name": name} for name in about.authors],
        "keywords": about.keywords,
        "citeAs": cite_as(package),
        "isLiveDataset": False,
        **({"url": about.url} if about.url else {}),
        "distribution": files,
        "recordSet": records,
    }
    return _json(content)


def _file(described: dict[str, Any], path: str, kind: str) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": path,
        "name": path.rpartition("/")[2],
        "contentUrl": path,
        "contentSize": f"{described['bytes']} B",
        "encodingFormat": kind,
        "sha256": described["hash"].removeprefix("sha256:"),
    }


def _record_set(book: Book, table: Table, path: str) -> dict[str, Any]:
    fields = []
    for variable in table.variables:
        field: dict[str, Any] = {
            "@type": "cr:Field",
            "@id": f"{table.name}/{variable.name}",
            "name": variable.name,
            "description": variable.description,
            "dataType": DATA_TYPES[variable.type],
            "source": {"fileObject": {"@id": path}, "extract": {"column": variable.name}},
        }
        key = table.key_of(variable.name)
        # A list does not point to a single row, and readers of Croissant reject a table that points
        # to itself.
        if key is not None and not variable.separator and key.table != table.name:
            field["references"] = {"field": {"@id": f"{key.table}/{key.target}"}}
        fields.append(field)
    key = [{"@id": f"{table.name}/{name}"} for name in table.primary_key]
    return {
        "@type": "cr:RecordSet",
        "@id": table.name,
        "name": table.name,
        "description": table.description,
        **({"key": key} if key else {}),
        "field": fields,
    }


def _json(content: dict[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"
