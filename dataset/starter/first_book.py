"""Make a first codebook from tables that exist: what their cells show, for a person to describe."""

from __future__ import annotations

import io
import itertools
import json
import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from ...codebook import load
from ...codebook.form import FOLDER as SCHEMA_FOLDER
from ...codebook.form import SCHEMAS
from ...codebook.model import Scalar
from ...validation.errors import InputError
from ...validation.files.atomic import report_os_errors, staging_folder
from ...validation.findings import Finding
from ...validation.reading.read import read
from ...validation.reading.source import LINE, Source
from .seen_columns import SeenColumn, seen_column

TO_DESCRIBE = "To be described."
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
KEYS = re.compile(r"(.*_)?(id|key|code|no|nr|number)", re.I)
"""Names of columns that are likely to be keys."""
PAIRED = 6
"""The number of first columns of which two may be the key together."""
UNPRINTABLE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
"""Characters that YAML has to escape and JSON does not."""
YAML_WORDS = {"true", "false", "yes", "no", "on", "off", "y", "n", "null"}
"""Words that some readers of YAML do not take for text."""
STARTS = re.compile(r"(^|_)(start|begin|began|first|from)", re.I)
ENDS = re.compile(r"(^|_)(end|ended|last|until|to)(_|$)", re.I)
"""Names of columns with the first and the last day."""
POINT = (("latitude", "longitude"), ("lat", "lon"), ("lat", "long"), ("lat", "lng"))


@dataclass(frozen=True)
class SeenTable:
    """A table that exists: its name, its columns, its cells as text, and its likely key.

    `columns` are the variables that several tables may share: seen in the cells of all of them.
    `renamed` has the headings of the file whose names a book cannot have, with new ones.
    """

    name: str
    path: Path
    cells: pl.DataFrame
    renamed: Mapping[str, str]
    columns: tuple[SeenColumn, ...] = ()
    key: tuple[str, ...] = ()

    def complete(self, name: str) -> bool:
        """Return whether no cell of a column is empty here."""
        return bool(self.cells.height) and not self._present(name).null_count()

    def distinct(self, name: str) -> bool:
        """Return whether no value of a column occurs twice here."""
        return not self._present(name).drop_nulls().is_duplicated().any()

    def values(self, name: str) -> set[str]:
        """Return the different values of a column here."""
        return set(self._present(name).drop_nulls())

    def _present(self, name: str) -> pl.Series:
        missing = next(column.missing for column in self.columns if column.name == name)
        cells = self.cells[name]
        return cells.set(cells.is_in(list(missing)), None)


@dataclass(frozen=True)
class ForeignColumn:
    """A column whose values are keys of another table."""

    table: str
    column: str
    target: str
    target_column: str


@dataclass(frozen=True)
class FirstBook:
    """A book that was made: its folder, its tables, and what a person should look at."""

    folder: Path
    tables: tuple[SeenTable, ...]
    keys: tuple[ForeignColumn, ...]
    notes: tuple[str, ...]


def make_book(paths: Sequence[Path], folder: Path, name: str) -> FirstBook:
    """Write a codebook that fits tables, into a new folder.

    Args:
        paths: the files, one for each table.
        folder: the folder of the book.
        name: the short name of the book.

    Raises:
        InputError: a file cannot be read whole, two have one name, or the folder exists.
    """
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", name):
        raise InputError(f"--name {name!r}: expected small letters, digits and hyphens")
    read_tables = [_read_table(path) for path in paths]
    # After reading: a folder named as a table is the first mistake to report.
    if folder.exists():
        raise InputError(f"{folder}: already exists; use --out for another folder")
    names = [table.name for table in read_tables]
    if twice := sorted({n for n in names if names.count(n) > 1}):
        raise InputError(f"{', '.join(twice)}: two files have this name; each is one table")
    tables = tuple(_with_columns(read_tables))
    keys = tuple(_foreign_columns(tables))
    columns = {column.name: column for table in tables for column in table.columns}
    notes = [note for column in columns.values() for note in column.notes]
    for table in tables:
        if not table.key:
            notes.append(
                f"{table.name}: no column, and no two, tell its rows apart: no primary key"
            )
    with staging_folder(folder.resolve().parent) as stage, report_os_errors(folder):
        book = stage / "book"
        _write(book, name, tables, keys, columns)
        load(book)
        for table in (t for t in tables if t.renamed):
            copy = book / f"{table.name}.csv"
            table.cells.write_csv(copy, line_terminator="\n", quote_style="necessary")
            old_and_new = ", ".join(f"{old!r} is {new}" for old, new in table.renamed.items())
            where = folder / copy.name
            notes.append(f"{table.path}: names that a book cannot have: {old_and_new}; see {where}")
        book.rename(folder)
    return FirstBook(folder, tables, keys, tuple(notes))


def _read_table(path: Path) -> SeenTable:
    source = read(path)
    wrong = source.errors
    if wrong or source.frame is None:
        raise InputError(f"{path}: {_first(wrong, source)}")
    frame = source.frame.drop(LINE)
    text = frame.select(_text(frame[name]) for name in frame.columns)
    renamed = _renamed(text.columns)
    name = _slug(path.name.partition(".")[0]) or "table"
    return SeenTable(name, path, text.rename(renamed), renamed)


def _with_columns(tables: Sequence[SeenTable]) -> Iterator[SeenTable]:
    """Yield tables with what their columns show; columns of one name are one variable."""
    cells: dict[str, list[pl.Series]] = {}
    for table in tables:
        for name in table.cells.columns:
            cells.setdefault(name, []).append(table.cells[name])
    seen = {name: seen_column(name, pl.concat(parts)) for name, parts in cells.items()}
    for table in tables:
        whole = replace(table, columns=tuple(seen[name] for name in table.cells.columns))
        yield replace(whole, key=_key(whole))


def _first(wrong: Sequence[Finding], source: Source) -> str:
    if not wrong:
        return "nothing to read"
    line = "" if wrong[0].line is None else f"line {wrong[0].line}: "
    return f"{line}{wrong[0].message} Correct the file first"


def _text(column: pl.Series) -> pl.Series:
    """Return a column as the text that CSV would have."""
    if column.dtype == pl.String:
        return column
    out = io.BytesIO()
    column.to_frame().write_csv(out, datetime_format="%Y-%m-%dT%H:%M:%SZ")
    out.seek(0)
    return pl.read_csv(out, infer_schema=False)[column.name]


def _renamed(names: Sequence[str]) -> dict[str, str]:
    """Return the names that a book cannot have, with ones that it can."""
    taken = {name for name in names if NAME.fullmatch(name)}
    renamed: dict[str, str] = {}
    for name in (name for name in names if not NAME.fullmatch(name)):
        plain = _slug(name) or "column"
        numbered = (f"{plain}_{number}" for number in itertools.count(2))
        new = next(n for n in itertools.chain([plain], numbered) if n not in taken)
        taken.add(new)
        renamed[name] = new
    return renamed


def _slug(name: str) -> str:
    ascii_ = unicodedata.normalize("NFKD", name.lower()).encode("ascii", "ignore").decode()
    slug = "_".join(re.findall(r"[a-z0-9]+", ascii_))
    return f"_{slug}" if slug[:1].isdigit() else slug


def _key(table: SeenTable) -> tuple[str, ...]:
    """Return the column that tells rows apart, or two of the first ones; nothing if none do."""
    whole = [column for column in table.columns if table.complete(column.name)]
    single = [c for c in whole if c.type in ("string", "integer") and table.distinct(c.name)]
    likely = [c for c in single if KEYS.fullmatch(c.name)] or [
        c for c in single if c is table.columns[0]
    ]
    if likely:
        return (likely[0].name,)
    for one, other in itertools.combinations(whole[:PAIRED], 2):
        pair = [one.name, other.name]
        if not table.cells.select(pl.struct(pair).is_duplicated().any()).item():
            return tuple(pair)
    return (single[0].name,) if single else ()


def _foreign_columns(tables: Sequence[SeenTable]) -> Iterator[ForeignColumn]:
    """Yield the columns whose names and values are those of another table's key."""
    for table, other in itertools.permutations(tables, 2):
        if len(other.key) != 1:
            continue
        key = next(column for column in other.columns if column.name == other.key[0])
        known = other.values(key.name)
        for column in table.columns:
            alike = column.name == key.name or column.name.endswith(f"_{key.name}")
            values = table.values(column.name)
            fits = alike and column.type == key.type and values and known.issuperset(values)
            # Of two tables with one key, the second points to the first.
            if fits and (table.key != (column.name,) or tables.index(other) < tables.index(table)):
                yield ForeignColumn(table.name, column.name, other.name, key.name)


# The files of the book


def _write(
    folder: Path,
    name: str,
    tables: Sequence[SeenTable],
    keys: Sequence[ForeignColumn],
    columns: Mapping[str, SeenColumn],
) -> None:
    (folder / "codes").mkdir(parents=True)
    (folder / "guide").mkdir()
    ids = {key.column for key in keys} | {part for table in tables for part in table.key[:1]}
    coded = [column for column in columns.values() if column.codes and column.name not in ids]
    for column in coded:
        count = len(column.codes)
        rows = {"code": column.codes, "label": column.codes, "definition": [TO_DESCRIBE] * count}
        path = folder / "codes" / f"{column.name}.csv"
        pl.DataFrame(rows).write_csv(path, quote_style="necessary")
    for schema in SCHEMAS.values():
        (folder / schema).write_bytes((SCHEMA_FOLDER / schema).read_bytes())
    lists = [column.name for column in coded]
    lines = _book_lines(name, tables, keys, columns.values(), lists)
    (folder / "book.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "rules.yaml").write_text(RULES, encoding="utf-8")
    guide = f"# How {name} is coded\n\nTo be written: what a row is, and how each value is found.\n"
    (folder / "guide" / "01-coding.md").write_text(guide, encoding="utf-8")


RULES = """\
# yaml-language-server: $schema=rules.schema.json
# What must hold beyond the limits of single variables; see `eventbook codebook` for examples.
{}
"""


def _book_lines(
    name: str,
    tables: Sequence[SeenTable],
    keys: Sequence[ForeignColumn],
    columns: Iterable[SeenColumn],
    lists: Collection[str],
) -> Iterator[str]:
    yield "# yaml-language-server: $schema=book.schema.json"
    files = ", ".join(table.path.name for table in tables)
    yield f"# Made from {files}; a person has yet to describe it."
    yield f"name: {_name(name)}"
    yield f"title: {_yaml(_title(name))}"
    yield "version: 0.1.0"
    yield f"description: {TO_DESCRIBE}"
    yield "codes:" if lists else "codes: {}"
    for list_name in lists:
        yield f"  {_name(list_name)}:"
        yield f"    title: {_yaml(_title(list_name))}"
        yield f"    description: {TO_DESCRIBE}"
    yield "variables:"
    for column in columns:
        yield f"  {_name(column.name)}:"
        yield from (f"    {line}" for line in _definition(column, column.name in lists))
    yield "tables:"
    for table in tables:
        yield from (f"  {line}" for line in _table_lines(table, keys))


def _definition(column: SeenColumn, coded: bool) -> Iterator[str]:
    yield f"title: {_yaml(_title(column.name))}"
    yield f"type: {column.type}"
    yield f"description: {TO_DESCRIBE}"
    if not column.complete:
        yield f"missing: {TO_DESCRIBE}"
    if coded:
        yield f"codes: {_name(column.name)}"
    if coded and column.separator:
        yield f"separator: {_yaml(column.separator)}"
    if column.missing:
        yield f"missingValues: {_yaml(['', *column.missing])}"
    if column.formats:
        yield f"formats: {_yaml(list(column.formats))}"
    limits: dict[str, Scalar] = {}
    for word, bound in zip(("minimum", "maximum"), column.bounds, strict=True):
        if bound is not None:
            limits[word] = bound
    if column.pattern:
        limits["pattern"] = column.pattern
    if limits:
        yield f"constraints: {_yaml(limits)}"
    yield f"example: {_yaml(column.codes[0] if coded else column.example)}"


def _table_lines(table: SeenTable, keys: Sequence[ForeignColumn]) -> Iterator[str]:
    yield f"{_name(table.name)}:"
    yield f"  title: {_yaml(_title(table.name))}"
    yield f"  description: {TO_DESCRIBE}"
    if table.key:
        yield f"  primaryKey: {_yaml(list(table.key))}"
    own = [key for key in keys if key.table == table.name]
    if own:
        yield "  foreignKeys:"
        for key in own:
            target = f"table: {_name(key.target)}, target: {_name(key.target_column)}"
            yield f"    - {{field: {_name(key.column)}, {target}}}"
    if roles := dict(_roles(table)):
        yield f"  roles: {_yaml(roles)}"
    yield "  variables:"
    for column in table.columns:
        required = table.complete(column.name)
        limits = ": {constraints: {required: true}}" if required else ""
        yield f"    - {_name(column.name)}{limits}"


def _roles(table: SeenTable) -> Iterator[tuple[str, Any]]:
    """Yield the roles that names and types show beyond doubt: a key, a point, days."""
    types = {column.name: column for column in table.columns}
    if table.key:
        yield "caption", list(table.key[:1])
    for latitude, longitude in POINT:
        names = {name.lower(): name for name, c in types.items() if c.type == "number"}
        if latitude in names and longitude in names:
            yield "point", {"latitude": names[latitude], "longitude": names[longitude]}
            break
    days = [name for name, column in types.items() if column.type == "date"]
    starts = [name for name in days if STARTS.search(name)]
    ends = [name for name in days if ENDS.search(name)]
    if len(starts) == len(ends) == 1:
        yield "interval", {"start": starts[0], "end": ends[0]}
    elif len(days) == 1:
        yield "interval", {"start": days[0], "end": days[0]}


def _title(name: str) -> str:
    words = re.sub(r"[_-]+", " ", name).strip()
    return (words[:1].upper() + words[1:]) or name


def _yaml(value: Any) -> str:
    """Return a value as YAML on one line: JSON is YAML, but for some characters."""
    text = json.dumps(value, ensure_ascii=False)
    return UNPRINTABLE.sub(lambda match: f"\\u{ord(match.group()):04x}", text)


def _name(name: str) -> str:
    """Return a name as YAML: in quotation marks where it would be read as another thing."""
    return _yaml(name) if name.casefold() in YAML_WORDS or not name[:1].isalpha() else name
