"""A release as something to compare: its version, schemas, typed tables and corrections.

It may be an archive, a folder with a descriptor, a single file, or tables just built.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from ...codebook import Book
from ...validation.errors import InputError
from ...validation.package.corrections import CORRECTIONS, Correction, load_corrections
from ...validation.reading import layouts
from ...validation.reading.read import near, read
from ...validation.reading.source import LINE, Source
from ...validation.schemas.table_schema import table_schema
from ...validation.types import POLARS
from . import safe_zip
from . import untrusted as strict

DESCRIPTOR = "datapackage.json"


class Unsound(InputError):
    """A descriptor that cannot be followed; `rule` names what it breaks."""

    def __init__(self, folder: Path, rule: str, message: str):
        super().__init__(f"{folder / DESCRIPTOR}: {message}")
        self.rule, self.message = rule, message


@dataclass(frozen=True)
class Held:
    """A table of a release: its Table Schema, its rows."""

    schema: dict[str, Any]
    frame: pl.DataFrame

    @property
    def fields(self) -> dict[str, dict[str, Any]]:
        """The fields of the schema, by name."""
        return {field["name"]: field for field in self.schema["fields"]}

    @property
    def key(self) -> tuple[str, ...]:
        """The columns of the primary key."""
        key = self.schema.get("primaryKey", ())
        return (key,) if isinstance(key, str) else tuple(key)


@dataclass(frozen=True)
class Release:
    """What was, or is to be, published; `label` says where it was found."""

    label: str
    version: str
    tables: Mapping[str, Held]
    corrections: tuple[Correction, ...] = field(default=())


def of_tables(
    book: Book,
    tables: Mapping[str, pl.DataFrame],
    version: str,
    corrections: tuple[Correction, ...],
) -> Release:
    """A release from tables that were just built."""
    held = {n: Held(table_schema(book, book.tables[n]), _plain(f)) for n, f in tables.items()}
    return Release("what is to be published", version, held, corrections)


def open_release(path: Path, key: tuple[str, ...] = (), label: str = "") -> Release:
    """A release from an archive, a folder, or a file.

    Args:
        path: a ZIP archive, a folder with datapackage.json, or a CSV or Parquet file.
        key: the columns that name a row, for a file whose layout no codebook knows.
        label: how reports call it; the path if left out.

    Raises:
        InputError: it cannot be read, or an archive is not safe to open.
    """
    label = label or str(path)
    if path.is_dir():
        return _of_folder(path, label)
    with _begins_as_zip(path) as zipped:
        if not zipped or path.suffix.lower() == ".xlsx":
            return _of_file(path, key, label)
    with tempfile.TemporaryDirectory(prefix="eventbook.") as name:
        folder = Path(name)
        try:
            safe_zip.unpack(path, folder)
        except safe_zip.Refused as error:
            raise InputError(f"{path}: not opened: {error}; eventbook verify tells all") from None
        return _of_folder(root_of(folder), label)


@contextmanager
def _begins_as_zip(path: Path) -> Iterator[bool]:
    try:
        with path.open("rb") as stream:
            yield stream.read(2) == b"PK"
    except FileNotFoundError:
        raise InputError(f"{path}: no such file or folder{near(path)}") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from None


def root_of(folder: Path) -> Path:
    """The folder with the descriptor: this one, or the one folder in it."""
    inside = [p for p in folder.iterdir() if p.is_dir()]
    if not (folder / DESCRIPTOR).is_file() and len(inside) == 1:
        return inside[0]
    return folder


def resource_path(folder: Path, name: Any) -> Path:
    """The file of a resource, if its name leads to one in the folder.

    Raises:
        Unsound: it leads elsewhere, or nowhere.
    """
    if not isinstance(name, str) or not name:
        raise Unsound(folder, "descriptor", "a resource whose path is not the name of one file")
    shown = ascii(name[:100])
    for rule, message in safe_zip.name_problems(name):
        raise Unsound(folder, rule, f"{shown}: {message}")
    path = folder / name
    if not path.resolve().is_relative_to(folder.resolve()):
        raise Unsound(folder, "link-out", f"{shown} leads out of the folder")
    if not path.is_file():
        raise Unsound(folder, "descriptor-missing", f"{shown}: there is no such file")
    return path


def read_descriptor(folder: Path) -> dict[str, Any]:
    """The descriptor of a folder, with at least a list of resources that have names and fields.

    Raises:
        Unsound: there is none, or it is not safe to read, or has no such list.
    """
    path = folder / DESCRIPTOR
    if not path.is_file():
        raise Unsound(folder, "descriptor", "there is no such file")
    try:
        found = strict.read_json(path)
    except strict.Unsafe as error:
        raise Unsound(folder, error.rule, str(error)) from None
    resources = found.get("resources") if isinstance(found, dict) else None
    if not isinstance(resources, list) or not all(map(_has_fields, resources)):
        said = "no list of resources with a name, and fields with names"
        raise Unsound(folder, "descriptor", said)
    return found


def _has_fields(resource: Any) -> bool:
    if not isinstance(resource, dict) or not isinstance(resource.get("name"), str):
        return False
    schema = resource.get("schema")
    fields = schema.get("fields") if isinstance(schema, dict) else None
    return isinstance(fields, list) and all(
        isinstance(f, dict) and isinstance(f.get("name"), str) for f in fields
    )


def _of_folder(folder: Path, label: str) -> Release:
    descriptor = read_descriptor(folder)
    held = {}
    for resource in descriptor["resources"]:
        schema = resource["schema"]
        twin = resource.get("eventbook:parquet")
        path = twin.get("path") if isinstance(twin, dict) else None
        file = resource_path(folder, path or resource.get("path"))
        held[resource["name"]] = Held(schema, typed(_read(file), schema))
    corrections = load_corrections(folder / CORRECTIONS)
    return Release(label, str(descriptor.get("version", "")), held, corrections)


def _of_file(path: Path, key: tuple[str, ...], label: str) -> Release:
    frame = _read(path)
    source = Source(str(path), frame.with_columns(pl.lit(1, pl.Int64).alias(LINE)))
    known = layouts.identify(source, None, None)
    if known is None:
        fields = [{"name": name, "type": "string"} for name in frame.columns]
        schema: dict[str, Any] = {"fields": fields, "primaryKey": list(key or frame.columns[:1])}
        return Release(label, "", {"table": Held(schema, typed(frame, schema))})
    book, table = known
    schema = table_schema(book, table)
    assert source.frame is not None
    there = set(source.columns)
    schema["fields"] = [f for f in schema["fields"] if f["name"] in there]
    if key:
        schema["primaryKey"] = list(key)
    rows = source.frame.drop(LINE)
    return Release(label, "", {table.name: Held(schema, typed(rows, schema))})


def _read(path: Path) -> pl.DataFrame:
    """The rows of a file, typed where the file is; fast where nothing is unusual."""
    with path.open("rb") as stream:
        magic = stream.read(4)
    try:
        if magic == b"PAR1":
            return _plain(pl.read_parquet(path, glob=False))
        if not magic.startswith((b"\x1f\x8b", b"PK", b"\xd0\xcf", b"\xff\xfe", b"\xfe\xff")):
            frame = pl.read_csv(path, infer_schema=False, null_values=[""], glob=False)
            if frame.height:
                return frame
    except Exception as error:
        # The slow reader tells what is wrong with a CSV; of Parquet there is no other reader.
        if magic == b"PAR1":
            said = " ".join(str(error).split())[:200]
            raise InputError(f"{path}: not readable as Parquet: {said}") from None
    source = read(path)
    if source.frame is None or source.findings:
        said = source.findings[0].message if source.findings else "not a table"
        raise InputError(f"{path}: {said} eventbook check tells more")
    return _plain(source.frame.drop(LINE))


def _plain(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(
        pl.col(pl.Categorical, pl.Enum).cast(pl.String), pl.col(pl.Datetime).cast(pl.Date)
    )


def typed(frame: pl.DataFrame, schema: dict[str, Any]) -> pl.DataFrame:
    """Rows in the types of a Table Schema; a column with a cell that has no such value stays text."""
    columns = []
    for said in schema["fields"]:
        if said["name"] not in frame.columns:
            continue
        column = frame[said["name"]]
        wanted = POLARS.get(said.get("type", "string"), pl.String)
        if column.dtype != wanted:
            if wanted is pl.Date and column.dtype == pl.String:
                cast = column.str.to_date("%Y-%m-%d", strict=False)
            else:
                cast = column.cast(wanted, strict=False)
            same = cast.null_count() == column.null_count()
            column = cast if same else column.cast(pl.String)
        columns.append(column)
    return pl.DataFrame(columns)
