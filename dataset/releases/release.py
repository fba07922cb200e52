"""Read a release to compare, load or verify: its codebook, schemas, tables and corrections.

It may be an archive, a folder with a descriptor, a single file, or tables that were just built.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from ...codebook import Book, BookError, book_of, load
from ...validation.errors import InputError, one_line
from ...validation.files.hashing import sha256_of_file
from ...validation.files.temporary import temporary_folder
from ...validation.missing import hint
from ...validation.package.corrections import CORRECTIONS, Correction, load_corrections
from ...validation.progress import step
from ...validation.reading.dates import ISO_DAY, ISO_FORMAT
from ...validation.reading.read import read
from ...validation.reading.source import LINE
from ...validation.reading.typed import days_of_midnights, from_arrow
from ...validation.schemas.table_schema import table_schema
from ...validation.types import POLARS
from . import safe_zip
from .problem import Problem, Unsound
from .single_file import read_single_table
from .untrusted import read_untrusted_json, read_yaml

DESCRIPTOR = "datapackage.json"
OTHER_FORMS = ("eventbook:parquet", "eventbook:geojson")
"""The keys of a resource under which it describes the same rows in files of other kinds."""
CODES = "eventbook:codes"
"""The key under which a descriptor describes the file with the codes of all tables."""
LARGEST = 2 << 30
"""The maximum size of an unpacked table, in bytes."""


@dataclass(frozen=True)
class Schema:
    """The Table Schema of a table, from its descriptor."""

    descriptor: Mapping[str, Any]

    @property
    def fields(self) -> dict[str, dict[str, Any]]:
        """The fields by name."""
        return {field["name"]: field for field in self.descriptor["fields"]}

    @property
    def key(self) -> tuple[str, ...]:
        """The columns of the primary key."""
        key = self.descriptor.get("primaryKey", ())
        return (key,) if isinstance(key, str) else tuple(key)

    @property
    def tombstones(self) -> tuple[str, str]:
        """The table and the column that list the withdrawn ids of this table; empty for none."""
        keys = self.descriptor.get("eventbook:tombstones")
        key = keys[0] if isinstance(keys, list) and keys else {}
        reference = key.get("reference") if isinstance(key, dict) else None
        if not isinstance(reference, dict):
            return "", ""
        fields = reference.get("fields", "")
        column = fields[0] if isinstance(fields, list) and fields else fields
        return str(reference.get("resource", "")), str(column)


@dataclass(frozen=True)
class Release:
    """A published release, or one to be published; `label` names its source.

    `package` and `version` are empty for a single file. `book` is the codebook in the release, or
    the shipped one of that name and version; None if there is neither.
    """

    label: str
    package: str
    version: str
    book: Book | None
    tables: Mapping[str, pl.DataFrame]
    schemas: Mapping[str, Schema]
    corrections: tuple[Correction, ...] = field(default=())


def open_release(path: Path, key: tuple[str, ...] = (), label: str = "") -> Release:
    """Read a release from an archive, a folder or a file; sizes and hashes are always checked.

    Args:
        path: a ZIP archive, a folder with datapackage.json, or a CSV, Parquet or XLSX file.
        key: the columns that identify a row, for a file whose layout no codebook has.
        label: its name in reports; by default the path.

    Raises:
        InputError: it cannot be read, an archive is not safe to open, or a file does not match
            the descriptor.
    """
    label = label or str(path)
    if not path.is_dir() and not _is_archive(path):
        return _of_file(path, key, label)
    try:
        step(f"reading {label}")
        with unpacked(path) as folder:
            return _of_folder(folder, label)
    except safe_zip.Refused as error:
        raise InputError(f"{label}: not opened: {error} eventbook verify lists it all") from None
    except Unsound as error:
        raise InputError(
            f"{label}: {error} Take a whole release, or run eventbook publish in the package"
        ) from None


@contextmanager
def unpacked(path: Path) -> Iterator[Path]:
    """Yield the folder with the descriptor; an archive is unpacked as long as the context lasts.

    Raises:
        Refused: the archive is not safe to open.
    """
    if path.is_dir():
        yield _root_of(path)
        return
    with temporary_folder() as folder:
        safe_zip.unpack_safely(path, folder)
        yield _root_of(folder)


def of_tables(
    book: Book,
    tables: Mapping[str, pl.DataFrame],
    version: str,
    corrections: tuple[Correction, ...],
) -> Release:
    """Make a release from tables that were just built."""
    return Release(
        label="what is to be published",
        package="",
        version=version,
        book=book,
        tables={name: _plain(frame) for name, frame in tables.items()},
        schemas={name: Schema(table_schema(book, book.tables[name])) for name in tables},
        corrections=corrections,
    )


def _is_archive(path: Path) -> bool:
    """Return whether a file is a ZIP archive but not a workbook."""
    try:
        with path.open("rb") as stream:
            return stream.read(2) == b"PK" and path.suffix.lower() != ".xlsx"
    except FileNotFoundError:
        raise InputError(f"{path}: no such file or folder{hint(path)}") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from None


def _root_of(folder: Path) -> Path:
    """Return the folder with the descriptor: this one, or its only subfolder."""
    subfolders = [p for p in folder.iterdir() if p.is_dir() and not safe_zip.made_by_macos(p.name)]
    if not (folder / DESCRIPTOR).is_file() and len(subfolders) == 1:
        return subfolders[0]
    return folder


def read_descriptor(folder: Path) -> dict[str, Any]:
    """Read the descriptor of a folder; it has a list of resources with names and fields.

    Raises:
        Unsound: it is missing, not safe to read, or has no such list.
    """

    def unsound(message: str) -> Unsound:
        return Unsound(Problem("descriptor", message, DESCRIPTOR))

    if not (folder / DESCRIPTOR).is_file():
        raise unsound("There is no such file.")
    content = read_untrusted_json(folder / DESCRIPTOR, DESCRIPTOR)
    resources = content.get("resources") if isinstance(content, dict) else None
    if not isinstance(resources, list) or not all(map(_has_fields, resources)):
        raise unsound("No list of resources with a name, and fields with names.")
    return content


def _has_fields(resource: Any) -> bool:
    if not isinstance(resource, dict) or not isinstance(resource.get("name"), str):
        return False
    schema = resource.get("schema")
    fields = schema.get("fields") if isinstance(schema, dict) else None
    return isinstance(fields, list) and all(
        isinstance(f, dict) and isinstance(f.get("name"), str) for f in fields
    )


def described_parts(descriptor: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the description of every file: each resource and its other forms, and the codes."""
    parts: list[dict[str, Any]] = []
    for resource in descriptor["resources"]:
        forms = (resource.get(key) for key in OTHER_FORMS)
        parts += [resource, *(form for form in forms if isinstance(form, dict))]
    codes = descriptor.get(CODES)
    return [*parts, codes] if isinstance(codes, dict) else parts


def file_problems(folder: Path, descriptor: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield what is wrong with the files that a descriptor names: name, place, size, hash."""
    counts = Counter(resource["name"] for resource in descriptor["resources"])
    if counts.total() > safe_zip.MEMBERS:
        message = f"{counts.total():,} resources; {safe_zip.MEMBERS:,} are allowed."
        yield Problem("descriptor", message, DESCRIPTOR)
        return
    for name in sorted(name for name, number in counts.items() if number > 1):
        yield Problem("descriptor", "Two resources have this name.", DESCRIPTOR, value=name)
    for part in described_parts(descriptor):
        problems = list(_path_problems(folder, part.get("path")))
        yield from problems
        if problems:
            continue
        name = part["path"]
        path = folder / name
        if part.get("hash") == f"sha256:{sha256_of_file(path)}":
            if part.get("bytes") != path.stat().st_size:
                yield Problem("descriptor-bytes", "The descriptor has a different size.", name)
            continue
        message = "The file does not match the descriptor: its hash differs."
        yield Problem(
            "descriptor-hash", message + line_ends_note(path, str(part.get("hash"))), name
        )


def _path_problems(folder: Path, name: Any) -> Iterator[Problem]:
    if not isinstance(name, str) or not name:
        message = "The path of a resource is not a file name."
        yield Problem("descriptor", message, DESCRIPTOR)
        return
    if problems := safe_zip.name_problems(name, DESCRIPTOR):
        yield from problems
    elif not (folder / name).resolve().is_relative_to(folder.resolve()):
        yield Problem("link-out", "It points outside the folder.", DESCRIPTOR, value=name)
    elif not (folder / name).is_file():
        yield Problem("descriptor-missing", "There is no such file.", DESCRIPTOR, value=name)


def line_ends_note(path: Path, expected: str) -> str:
    """Return a sentence if a file only differs from the expected one in its line ends, else "".

    Args:
        path: the file.
        expected: the hash, `sha256:` and hexadecimal digits, or the digits alone.
    """
    import hashlib

    if path.stat().st_size > LARGEST:
        return ""
    lines = path.read_bytes().replace(b"\r\n", b"\n")
    if hashlib.sha256(lines).hexdigest() != expected.removeprefix("sha256:"):
        return ""
    return (
        " Only its line ends were changed (CRLF for LF): git with core.autocrlf does that, and "
        "some editors; take the file from the archive."
    )


def book_name(descriptor: Mapping[str, Any]) -> tuple[str, str]:
    """Return the name and the version of the codebook that a descriptor names.

    Raises:
        Unsound: it names none, or its name is not valid.
    """
    named = descriptor.get("eventbook:codebook")
    if isinstance(named, dict):
        name = named.get("name")
        if isinstance(name, str) and "/" not in name and not safe_zip.name_problems(name):
            return name, str(named.get("version"))
    raise Unsound(Problem("codebook", "The descriptor names no codebook.", DESCRIPTOR))


def book_in(folder: Path, descriptor: Mapping[str, Any]) -> Book:
    """Load the codebook in a release, or the shipped one of that name.

    Raises:
        Unsound: the descriptor names none, it cannot be read, or has a different version.
    """
    name, version = book_name(descriptor)
    try:
        own = book_of(folder, name)
        if own.is_relative_to(folder.resolve()):
            for path in sorted(own.rglob("*.yaml")):
                read_yaml(path, path.relative_to(folder.resolve()).as_posix())
        book = load(own)
    except (BookError, RecursionError, OSError, UnicodeDecodeError) as error:
        message = f"The codebook is not readable: {one_line(error)}."
        raise Unsound(Problem("codebook", message, "codebook")) from None
    if book.version != version:
        message = f"The codebook has version {book.version}; the descriptor has another one."
        raise Unsound(Problem("version", message, DESCRIPTOR, value=version))
    return book


def read_release_parquet(path: Path, name: str) -> pl.DataFrame:
    """Read a Parquet file of a release; categories as text.

    Raises:
        Unsound: it is damaged, or too large when unpacked.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            metadata = file.metadata
            size = sum(
                metadata.row_group(group).column(column).total_uncompressed_size
                for group in range(metadata.num_row_groups)
                for column in range(metadata.num_columns)
            )
            if size > LARGEST:
                raise Unsound(Problem("parquet", f"Larger than {LARGEST:,} bytes.", name))
            return _plain(from_arrow(file.read()))
    except (pa.ArrowException, OSError, pl.exceptions.PolarsError) as error:
        message = f"Not readable as Parquet: {one_line(error)}."
        raise Unsound(Problem("parquet", message, name)) from None


def _of_folder(folder: Path, label: str) -> Release:
    descriptor = read_descriptor(folder)
    for problem in file_problems(folder, descriptor):
        raise Unsound(problem)
    try:
        book = book_in(folder, descriptor)
    except Unsound:
        book = None
    tables, schemas = {}, {}
    for resource in descriptor["resources"]:
        name, twin = resource["name"], resource.get("eventbook:parquet")
        schemas[name] = Schema(resource["schema"])
        if isinstance(twin, dict):
            frame = read_release_parquet(folder / twin["path"], twin["path"])
        else:
            frame = _read(folder / resource["path"])
        tables[name] = schema_typed(frame, schemas[name])
    return Release(
        label=label,
        package=str(descriptor.get("name", "")),
        version=str(descriptor.get("version", "")),
        book=book,
        tables=tables,
        schemas=schemas,
        corrections=load_corrections(folder / CORRECTIONS),
    )


def _of_file(path: Path, key: tuple[str, ...], label: str) -> Release:
    """Read one file: typed if its layout is known, else as text."""
    table = read_single_table(path)
    schema = table.schema | ({"primaryKey": list(key)} if key else {})
    return Release(
        label=label,
        package="",
        version="",
        book=table.book,
        tables={table.name: _plain(table.frame)},
        schemas={table.name: Schema(schema)},
    )


def _read(path: Path) -> pl.DataFrame:
    source = read(path)
    if source.frame is None or source.errors:
        message = source.errors[0].message if source.errors else "Not a table."
        raise Unsound(Problem("unreadable", message, path.name))
    return _plain(source.frame.drop(LINE))


def _plain(frame: pl.DataFrame) -> pl.DataFrame:
    """Return a frame with categories as text, and timestamps that are all midnight as days."""
    return days_of_midnights(frame.with_columns(pl.col(pl.Categorical, pl.Enum).cast(pl.String)))


def _days(column: pl.Series) -> pl.Series:
    """Return text as days, null if it is not a day in ISO form."""
    cell = pl.col(column.name)
    iso = pl.when(cell.str.contains(ISO_DAY)).then(cell)
    return column.to_frame().select(iso.str.to_date(ISO_FORMAT, strict=False)).to_series()


def schema_typed(frame: pl.DataFrame, schema: Schema) -> pl.DataFrame:
    """Return rows in the types of a Table Schema; a column with any other cell stays text."""
    columns = []
    for name, field_ in schema.fields.items():
        if name not in frame.columns:
            continue
        column = frame[name]
        kind = POLARS.get(field_.get("type", "string"), pl.String)
        if column.dtype != kind:
            if kind is pl.Date and column.dtype == pl.String:
                cast = _days(column)
            else:
                cast = column.cast(kind, strict=False)
            lossless = cast.null_count() == column.null_count()
            if column.dtype != pl.String:
                # A cast truncates 2.5 to 2, and a time to its day in UTC.
                lossless = lossless and bool(
                    (cast.cast(column.dtype, strict=False) == column).all()
                )
            column = cast if lossless else column.cast(pl.String)
        columns.append(column)
    return pl.DataFrame(columns)
