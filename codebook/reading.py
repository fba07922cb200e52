"""Read the files of a book into plain data, with the line of everything, and check their form.

What the names in them mean, and whether they lead anywhere, is looked at later (`meaning`).
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from io import StringIO
from itertools import islice
from pathlib import Path
from typing import Any, cast

from .errors import BookError, BookProblem
from .form import Place, faults, in_words
from .model import Code, Page, Scalar
from .nearest import nearest

NEEDED_COLUMNS = ("code", "label", "definition")
STANDARD = "tag:yaml.org,2002:"
TEXT = {f"{STANDARD}str", f"{STANDARD}timestamp"}
OTHER_COLUMNS = ("include", "exclude", "since", "deprecated")

CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")

# A book may come from anybody. The largest file of the books that ship has 40,000 bytes.
MOST_BYTES = 1_000_000
"""The size of a YAML file or a page of the guide."""

MOST_BYTES_OF_CODES = 20_000_000
"""The size of the file of a code list."""

DEEPEST = 50
"""How deep values may be nested in YAML."""

MOST_VALUES = 200_000
"""The values of a YAML file, those that aliases repeat counted as often as they are repeated."""

MOST_PROBLEMS = 200
"""After so many mistakes of the form no more are looked for."""


@dataclass(frozen=True)
class YamlFile:
    """The content of a YAML file as plain data, and the line of every key and list item."""

    name: str
    content: Any
    lines: Mapping[Place, int]

    def line(self, *place: str | int) -> int:
        """Return the line of a place, or of the nearest place around it that the file has."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)

    def problem(self, place: Place, message: str) -> BookProblem:
        """Return a problem at a place of the file."""
        return BookProblem(self.name, self.line(*place), message)


@dataclass(frozen=True)
class BookFiles:
    """What the files of a book say; `codes` are those of the lists that have a file of their own."""

    folder: Path
    book: YamlFile
    rules: YamlFile
    codes: Mapping[str, tuple[Code, ...]]
    guide: tuple[Page, ...]


def read_book(folder: Path) -> BookFiles:
    """Read a book's folder.

    Raises:
        BookError: a file cannot be read or does not have the form; every mistake is listed.
    """
    problems: list[BookProblem] = []
    book, rules = (_yaml_file(folder, name, problems) for name in ("book.yaml", "rules.yaml"))
    guide = tuple(_guide(folder, problems))
    stop(folder, problems)
    own = {name: spec for name, spec in book.content["codes"].items() if "from" not in spec}
    codes = {name: tuple(_codes(folder, name, spec, problems)) for name, spec in own.items()}
    stop(folder, problems)
    return BookFiles(folder, book, rules, codes, guide)


def stop(folder: Path, problems: list[BookProblem]) -> None:
    """Raise BookError if there are problems."""
    if problems:
        named = (replace(p, file=f"{folder.name}/{p.file}") for p in problems)
        raise BookError(dict.fromkeys(named))


def typed_cell(text: str, type_: str) -> Scalar:
    """Return a cell of a code list in its type; None for an empty one.

    Raises:
        ValueError: it is no whole number, or no finite number.
    """
    if text == "":
        return None
    if type_ not in ("integer", "number"):
        return text
    number = int(text) if type_ == "integer" else float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def _yaml_file(folder: Path, name: str, problems: list[BookProblem]) -> YamlFile:
    """Read a YAML file and check its form; an unreadable one is empty."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    yaml: Any = YAML(typ="safe")
    plain = _PlainData(yaml.constructor)
    try:
        text = _text(folder / name, MOST_BYTES)
        # Before anything is made of it: making a value within a value a thousand times ends the
        # process.
        for _ in _nested(yaml.parse(text)):
            pass
        node = yaml.compose(text)
        content: Any = plain.value(node, ()) if node is not None else {}
    except MarkedYAMLError as error:
        problems.append(_unreadable(name, error))
    except (OSError, ValueError, RecursionError, YAMLError) as error:
        problems.append(BookProblem(name, 1, f"cannot be read: {_on_one_line(error)}"))
    else:
        file = YamlFile(name, content, plain.lines)
        problems += (BookProblem(name, line, message) for line, message in plain.faults)
        problems += (
            file.problem(place, f"{in_words(place)}: {message}")
            for place, message in islice(faults(name, content), MOST_PROBLEMS)
        )
        return file
    return YamlFile(name, {}, {})


def _unreadable(name: str, error: Any) -> BookProblem:
    """Return ruamel's error as a problem at its line."""
    mark = error.problem_mark or error.context_mark
    message = f"not readable as YAML: {_on_one_line(error.problem or error.context)}"
    return BookProblem(name, mark.line + 1 if mark else 1, message)


def _text(path: Path, most: int) -> str:
    """Return the text of a file.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no regular file, or larger than `most` bytes, or not UTF-8.
    """
    if path.exists() and not path.is_file():
        raise ValueError("not a regular file")
    if (size := path.stat().st_size) > most:
        raise ValueError(f"{size:,} bytes; at most {most:,} are read")
    return path.read_bytes().decode("utf-8-sig")


def _nested(events: Iterable[Any]) -> Iterator[Any]:
    """Yield the events of YAML as long as they are not nested too deeply.

    Raises:
        ValueError: they are.
    """
    depth = 0
    for event in events:
        kind = type(event).__name__
        depth += kind.endswith("StartEvent") - kind.endswith("EndEvent")
        if depth > DEEPEST:
            raise ValueError(
                f"nested more than {DEEPEST} deep, in line {event.start_mark.line + 1}"
            )
        yield event


@dataclass
class _PlainData:
    """Makes plain data of YAML nodes, and notes the line of each key and item.

    Days stay text, as JSON Schema sees them. A node that is used twice becomes one value, and counts
    twice: whoever walks through the values walks through it twice.
    """

    constructor: Any
    lines: dict[Place, int] = field(default_factory=dict[Place, int])
    faults: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])
    _values: dict[int, Any] = field(default_factory=dict[int, Any])
    _open: set[int] = field(default_factory=set[int])
    _sizes: dict[int, int] = field(default_factory=dict[int, int])
    _count: int = 0

    def value(self, node: Any, place: Place) -> Any:
        """Return the value of a node."""
        before = self._count
        self._count += self._sizes.get(id(node), 1)
        if self._count > MOST_VALUES:
            line = node.start_mark.line + 1
            raise ValueError(
                f"more than {MOST_VALUES:,} values up to line {line}, with its aliases"
            )
        if node.id == "scalar":
            return self._scalar(node)
        if id(node) in self._open:
            self._fault(node, "a value that contains itself")
            return None
        if id(node) not in self._values:
            self._open.add(id(node))
            make = self._mapping if node.id == "mapping" else self._list
            self._values[id(node)] = make(node, place)
            self._open.discard(id(node))
            self._sizes[id(node)] = self._count - before
        return self._values[id(node)]

    def _list(self, node: Any, place: Place) -> list[Any]:
        content: list[Any] = []
        for position, item in enumerate(node.value):
            inner = (*place, position)
            self.lines[inner] = item.start_mark.line + 1
            content.append(self.value(item, inner))
        return content

    def _mapping(self, node: Any, place: Place) -> dict[str, Any]:
        content: dict[str, Any] = {}
        for key_node, node_of_value in node.value:
            key = self._scalar(key_node) if key_node.id == "scalar" else None
            if not isinstance(key, str):
                self._fault(key_node, "a key that is no text; put it into quotation marks")
            elif key in content:
                self._fault(key_node, f"duplicate key {key!r}")
            else:
                inner = (*place, key)
                self.lines[inner] = key_node.start_mark.line + 1
                content[key] = self.value(node_of_value, inner)
        return content

    def _scalar(self, node: Any) -> Scalar | bool:
        if node.tag in TEXT:
            return node.value
        kind = node.tag.removeprefix(STANDARD)
        if kind == "null":
            return None
        try:
            if kind == "bool":
                return bool(self.constructor.construct_yaml_bool(node))
            if kind == "int":
                return int(self.constructor.construct_yaml_int(node))
            if kind == "float" and math.isfinite(number := float(node.value.replace("_", ""))):
                return number
        except ValueError:
            pass
        self._fault(node, f"{node.value[:40]!r} is read as {kind}; put it into quotation marks")
        return None

    def _fault(self, node: Any, message: str) -> None:
        self.faults.append((node.start_mark.line + 1, message))


def _codes(
    folder: Path, name: str, spec: Mapping[str, Any], problems: list[BookProblem]
) -> Iterator[Code]:
    """Yield the codes of a list from its CSV file."""
    file = f"codes/{name}.csv"
    seen: set[Scalar] = set()
    types = {"code": spec.get("type", "string"), **spec.get("attributes", {})}
    try:
        with StringIO(_text(folder / file, MOST_BYTES_OF_CODES), newline="") as stream:
            reader = csv.reader(stream)
            header = next(reader, list[str]())
            wrong = list(_header_faults(header, list(spec.get("attributes", {}))))
            problems += (BookProblem(file, 1, message) for message in wrong)
            if wrong:
                return
            for cells in reader:
                line = reader.line_num
                if len(cells) != len(header):
                    message = f"{len(cells)} cells, but the header has {len(header)}"
                    problems.append(BookProblem(file, line, message))
                    continue
                if control := CONTROL.search("".join(cells)):
                    message = f"a control character, {control.group()!a}"
                    problems.append(BookProblem(file, line, message))
                    continue
                row = dict(zip(header, cells, strict=True))
                values: dict[str, Scalar] = {}
                for column, type_ in types.items():
                    try:
                        values[column] = typed_cell(row[column], type_)
                    except ValueError:
                        message = f"{column}: {row[column]!r} is not of type {type_}"
                        problems.append(BookProblem(file, line, message))
                for column in (c for c in NEEDED_COLUMNS if not row[c]):
                    problems.append(BookProblem(file, line, f"a code without {column}"))
                code = values.pop("code", None)
                if code in seen:
                    problems.append(BookProblem(file, line, f"duplicate code {code!r}"))
                seen.add(code)
                yield Code(
                    code="" if code is None else cast("str | int", code),
                    label=row["label"],
                    definition=row["definition"],
                    include=row.get("include", ""),
                    exclude=row.get("exclude", ""),
                    since=row.get("since", ""),
                    deprecated=row.get("deprecated", ""),
                    attributes=values,
                )
    except (OSError, ValueError, csv.Error) as error:
        problems.append(BookProblem(file, 1, f"cannot be read: {_on_one_line(error)}"))


def _header_faults(header: list[str], attributes: list[str]) -> Iterator[str]:
    """Yield what is wrong with the columns of a code list."""
    needed = [*NEEDED_COLUMNS, *attributes]
    allowed = [*NEEDED_COLUMNS, *OTHER_COLUMNS, *attributes]
    if len(header) == 1 and ";" in header[0]:
        yield "the cells are separated by semicolons; save the file with commas"
        return
    for column in (c for c in needed if c not in header):
        yield f"the column {column} is missing"
    for column in (c for c in header if c not in allowed):
        hint = nearest(column, allowed)
        yield f"unknown column {column!r}{f'; did you mean {hint}?' if hint else ''}"
    for column in sorted({c for c in header if header.count(c) > 1}):
        yield f"duplicate column {column!r}"


def _guide(folder: Path, problems: list[BookProblem]) -> Iterator[Page]:
    """Yield the pages of the guide, in the order of their file names."""
    for path in sorted((folder / "guide").glob("*.md")):
        file = f"guide/{path.name}"
        try:
            text = _text(path, MOST_BYTES)
        except (OSError, ValueError) as error:
            problems.append(BookProblem(file, 1, f"cannot be read: {_on_one_line(error)}"))
            continue
        heading = re.match(r"# (.+)\n", text)
        if heading:
            yield Page(path.stem, heading.group(1), text)
        else:
            problems.append(BookProblem(file, 1, "the first line must be a heading: # Title"))


def _on_one_line(error: object) -> str:
    return " ".join(str(error).split())[:200]
