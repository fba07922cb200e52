"""Read the files of a book as plain data with line numbers, and check their form.

What the names in them mean, and whether they exist, is checked later (`meaning`).
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from io import StringIO
from itertools import islice
from pathlib import Path
from typing import Any, cast

from .errors import BookError, BookProblem
from .form import Place, faults, in_words
from .model import Code, Page, Scalar
from .nearest import nearest
from .plain_yaml import MOST_BYTES, UnreadableYaml, on_one_line, plain_yaml, text_of

NEEDED_COLUMNS = ("code", "label", "definition")
OTHER_COLUMNS = ("include", "exclude", "since", "deprecated")
TRANSLATED = ("label", "definition")
"""The columns that a list may have in further languages too, as `label_nb`."""

CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")

MOST_BYTES_OF_CODES = 20_000_000
"""The maximum size of the file of a code list."""

MOST_PROBLEMS = 200
"""The maximum number of mistakes in form that are reported for a file."""


@dataclass(frozen=True)
class YamlFile:
    """The content of a YAML file as plain data, and the line of every key and list item."""

    name: str
    content: Any
    lines: Mapping[Place, int]

    def line(self, *place: str | int) -> int:
        """Return the line of a place, or of the innermost place around it that the file has."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)

    def problem(self, place: Place, message: str) -> BookProblem:
        """Return a problem at a place of the file."""
        return BookProblem(self.name, self.line(*place), message)


@dataclass(frozen=True)
class BookFiles:
    """The content of a book's files; `codes` has the code lists that are not borrowed."""

    folder: Path
    book: YamlFile
    rules: YamlFile
    codes: Mapping[str, tuple[Code, ...]]
    guide: tuple[Page, ...]


def read_book(folder: Path) -> BookFiles:
    """Read a book's folder.

    Raises:
        BookError: a file cannot be read or has the wrong form; every mistake is listed.
    """
    problems: list[BookProblem] = []
    book, rules = (_yaml_file(folder, name, problems) for name in ("book.yaml", "rules.yaml"))
    guide = tuple(_guide(folder, problems))
    stop(folder, problems)
    own = {name: spec for name, spec in book.content["codes"].items() if "from" not in spec}
    languages = book.content.get("languages", ())
    codes = {
        name: tuple(_codes(folder, name, spec, languages, problems)) for name, spec in own.items()
    }
    stop(folder, problems)
    return BookFiles(folder, book, rules, codes, guide)


def stop(folder: Path, problems: list[BookProblem]) -> None:
    """Ensure that there are no problems.

    Raises:
        BookError: there are; it lists each problem once.
    """
    if problems:
        named = (replace(p, file=f"{folder.name}/{p.file}") for p in problems)
        raise BookError(dict.fromkeys(named))


def typed_cell(text: str, type_: str) -> Scalar:
    """Return a cell of a code list as its type; None for an empty cell.

    Raises:
        ValueError: it is not a whole number, or not a finite number.
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
    try:
        plain = plain_yaml(folder / name)
    except UnreadableYaml as error:
        problems.append(BookProblem(name, error.line, error.message))
        return YamlFile(name, {}, {})
    content: Any = {} if plain.content is None else plain.content
    file = YamlFile(name, content, plain.lines)
    problems += (BookProblem(name, line, message) for line, message in plain.faults)
    problems += (
        file.problem(place, f"{in_words(place)}: {message}")
        for place, message in islice(faults(name, content), MOST_PROBLEMS)
    )
    return file


def _codes(
    folder: Path,
    name: str,
    spec: Mapping[str, Any],
    languages: Sequence[str],
    problems: list[BookProblem],
) -> Iterator[Code]:
    """Yield the codes of a list from its CSV file."""
    file = f"codes/{name}.csv"
    seen: set[Scalar] = set()
    types = {"code": spec.get("type", "string"), **spec.get("attributes", {})}
    try:
        with StringIO(text_of(folder / file, MOST_BYTES_OF_CODES), newline="") as stream:
            reader = csv.reader(stream)
            header = next(reader, list[str]())
            attributes = list(spec.get("attributes", {}))
            wrong = list(_header_faults(header, attributes, languages))
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
                    translations={
                        language: words
                        for language in languages
                        if (words := _words(row, language))
                    },
                )
    except (OSError, ValueError, csv.Error) as error:
        problems.append(BookProblem(file, 1, f"cannot be read: {on_one_line(error)}"))


def _words(row: Mapping[str, str], language: str) -> dict[str, str]:
    """Return the label and definition of a code in a language, as far as they are given."""
    cells = {word: row.get(f"{word}_{language}", "") for word in TRANSLATED}
    return {word: cell for word, cell in cells.items() if cell}


def _header_faults(
    header: list[str], attributes: list[str], languages: Sequence[str]
) -> Iterator[str]:
    """Yield what is wrong with the columns of a code list."""
    needed = [*NEEDED_COLUMNS, *attributes]
    translated = [f"{word}_{language}" for word in TRANSLATED for language in languages]
    allowed = [*NEEDED_COLUMNS, *OTHER_COLUMNS, *attributes, *translated]
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
            text = text_of(path, MOST_BYTES)
        except (OSError, ValueError) as error:
            problems.append(BookProblem(file, 1, f"cannot be read: {on_one_line(error)}"))
            continue
        heading = re.match(r"# (.+)\n", text)
        if heading:
            yield Page(path.stem, heading.group(1), text)
        else:
            problems.append(BookProblem(file, 1, "the first line must be a heading: # Title"))
