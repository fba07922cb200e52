"""Reading a codebook from its folder, strictly: every mistake is told with file and line.

A book is `book.yaml`, `codes/<list>.csv`, `rules.yaml` and `guide/*.md`.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from .model import (
    EVERY_TEXT,
    LEVELS,
    SEVERITIES,
    TYPES,
    Book,
    Code,
    CodeList,
    Derivation,
    ForeignKey,
    Page,
    Rule,
    Scalar,
    Table,
    Variable,
    Variant,
)
from .shape import misshapen

BOOKS = Path(__file__).parent / "books"
HUB = "eventbook"
"""The book that is meant where none is named, and through which every crosswalk goes."""

CODE_COLUMNS = ["code", "label", "definition", "include", "exclude", "rank", "since", "deprecated"]
CONSTRAINTS = {"required", "unique", "minimum", "maximum", "maxLength", "pattern"}
VARIABLE_KEYS = {
    "title",
    "description",
    "type",
    "example",
    "unit",
    "missing",
    "codes",
    "separator",
    "constraints",
    "derived",
    "evidence",
    "wordsFor",
    "level",
    "missingValues",
    "formats",
    "labels",
    "since",
    "deprecated",
}
TABLE_KEYS = {
    "title",
    "description",
    "variables",
    "primaryKey",
    "foreignKeys",
    "acyclic",
    "derived",
    "variants",
    "optional",
    "upperCase",
}
RULE_KEYS = {
    "on",
    "severity",
    "says",
    "why",
    "violates",
    "forbids",
    "normal_form",
    "column",
    "bad",
    "good",
}


class BookError(Exception):
    """A codebook that breaks its own format; `problems` are lines `file:line: what is wrong`."""

    def __init__(self, problems: Iterable[str]):
        self.problems = list(problems)
        super().__init__("\n".join(self.problems))


def available() -> list[str]:
    """The names of the books that ship with the package."""
    return sorted(path.parent.name for path in BOOKS.glob("*/book.yaml"))


def load(name: str | Path = HUB) -> Book:
    """Load a book by its name, or from its folder.

    Raises:
        BookError: there is no such book, or it breaks the format.
    """
    return _load(folder_of(name))


def folder_of(name: str | Path) -> Path:
    """The folder of a book: that of a shipped one's name, or the folder itself.

    Raises:
        BookError: there is no such book.
    """
    for folder in (Path(name), BOOKS / str(name)):
        if (folder / "book.yaml").is_file():
            return folder.resolve()
    raise BookError([f"{name}: no such book; there are {', '.join(available())}"])


def book_of(folder: Path, name: str) -> Path:
    """Return the folder of the book that a package or release follows: its own, or a shipped one.

    Args:
        folder: the root of a package, which keeps its books in `codebook/books`, or of a release,
            which carries its book in `codebook`.
        name: the name of the book.

    Raises:
        BookError: neither has a book of that name.
    """
    for own in (folder / "codebook" / "books" / name, folder / "codebook" / name):
        if (own / "book.yaml").is_file():
            return own.resolve()
    return folder_of(name)


@cache
def _load(folder: Path) -> Book:
    try:
        return _Reader(folder, "safe").book()
    except Exception:
        # The slower reader knows the line of each mistake, and looks at the shape of things first.
        try:
            return _Reader(folder, "rt").book()
        except (
            ArithmeticError,
            LookupError,
            RecursionError,
            TypeError,
            ValueError,
            re.error,
        ) as error:
            said = " ".join(str(error).split())[:200]
            raise BookError([f"{folder.name}: not a book that can be read: {said}"]) from error


@dataclass
class _Reader:
    """One reading of one book: it collects the problems, so that all are told at once."""

    folder: Path
    kind: str
    problems: list[str] = field(default_factory=list)

    def book(self) -> Book:
        raw = self.yaml("book.yaml")
        self.keys(
            "book.yaml",
            raw,
            {"name", "title", "version", "description", "codes", "variables", "tables"},
            "the book",
        )
        for part in ("codes", "variables", "tables"):
            if not isinstance(raw.get(part), Mapping):
                self.problem("book.yaml", line(raw, part), f"the book needs a mapping {part}")
        self.stop()
        lists = {name: self.code_list(name, spec) for name, spec in raw["codes"].items()}
        for extra in sorted({p.stem for p in (self.folder / "codes").glob("*.csv")} - set(lists)):
            self.problem(f"codes/{extra}.csv", 1, "a code list that book.yaml does not declare")
        tables = {}
        used: set[str] = set()
        for name, spec in raw["tables"].items():
            tables[name] = self.table(name, spec, raw["variables"], used)
        for name in raw["variables"]:
            if name not in used:
                self.problem(
                    "book.yaml", line(raw["variables"], name), f"variable {name} stands in no table"
                )
        lists |= self.variable_lists(tables)
        self.stop()
        self.variables(tables, lists, raw)
        self.keys_of_tables(tables, raw)
        self.stop()
        book = Book(
            str(raw["name"]),
            str(raw["title"]),
            str(raw["version"]),
            squeeze(raw["description"]),
            lists,
            tables,
            tuple(self.rules(tables)),
            tuple(self.guide()),
        )
        self.references(book)
        self.stop()
        return book

    def problem(self, file: str, number: int, message: str) -> None:
        self.problems.append(f"{self.folder.name}/{file}:{number}: {message}")

    def stop(self) -> None:
        if self.problems:
            raise BookError(self.problems)

    def yaml(self, file: str) -> Any:
        from ruamel.yaml import YAML
        from ruamel.yaml.error import MarkedYAMLError, YAMLError

        path = self.folder / file
        try:
            content = YAML(typ=self.kind).load(path.read_text(encoding="utf-8")) or {}
            if self.kind == "rt":
                for number, fault in misshapen(file, content):
                    self.problem(file, number, fault)
                self.stop()
            return content
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            what = " ".join(str(error.problem or error.context).split())
            self.problem(file, mark.line + 1 if mark else 1, f"not readable as YAML: {what}")
        except (OSError, ValueError, RecursionError, YAMLError) as error:
            self.problem(file, 1, f"cannot be read: {' '.join(str(error).split())[:200]}")
        self.stop()

    def keys(self, file: str, mapping: Any, allowed: set[str], what: str) -> bool:
        """Say which keys of a mapping are unknown; False if it is no mapping at all."""
        if not isinstance(mapping, Mapping):
            self.problem(file, 1, f"{what}: a mapping was expected, not {mapping!r}")
            return False
        for key in mapping:
            if key not in allowed:
                self.problem(
                    file,
                    line(mapping, key),
                    f"{what}: unknown key {key!r}; allowed: {', '.join(sorted(allowed))}",
                )
        return True

    def code_list(self, name: str, spec: Any) -> CodeList:
        file = f"codes/{name}.csv"
        known = {"title", "description", "type", "attributes", "from", "without"}
        if not self.keys("book.yaml", spec, known, f"list {name}"):
            return CodeList(name, "", "", "string", {}, ())
        if "from" in spec:
            return self.borrowed(name, spec)
        kind, attributes = spec.get("type", "string"), dict(spec.get("attributes") or {})
        codes: list[Code] = []
        try:
            with (self.folder / file).open(encoding="utf-8", newline="") as stream:
                reader = csv.reader(stream)
                header = next(reader, [])
                if header != CODE_COLUMNS + list(attributes):
                    wanted = ",".join(CODE_COLUMNS + list(attributes))
                    self.problem(file, 1, f"the header must be {wanted}")
                    return CodeList(name, "", "", kind, attributes, ())
                for cells in reader:
                    if len(cells) != len(header):
                        self.problem(
                            file,
                            reader.line_num,
                            f"{len(cells)} cells, the header has {len(header)}",
                        )
                        continue
                    codes.append(
                        self.code(
                            file,
                            reader.line_num,
                            kind,
                            attributes,
                            dict(zip(header, cells, strict=True)),
                        )
                    )
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            self.problem(file, 1, f"cannot be read: {error}")
        seen: set[Scalar] = set()
        for code in codes:
            if code.code in seen:
                self.problem(file, 1, f"code {code.code!r} stands twice")
            seen.add(code.code)
        return CodeList(
            name,
            str(spec.get("title", name)),
            squeeze(spec.get("description", "")),
            kind,
            attributes,
            tuple(codes),
        )

    def borrowed(self, name: str, spec: Any) -> CodeList:
        """A list of another book, all of it but the codes that have the attributes `without`."""
        try:
            beside = self.folder.parent / str(spec["from"])
            known = (beside / "book.yaml").is_file()
            found = load(beside if known else str(spec["from"])).code_lists[name]
        except (BookError, KeyError):
            self.problem("book.yaml", 1, f"list {name}: {spec['from']} has no such list")
            return CodeList(name, "", "", "string", {}, ())
        gone = dict(spec.get("without") or {})
        kept = tuple(
            code
            for code in found.codes
            if not gone
            or any({**code.attributes, "code": code.code}.get(k) != v for k, v in gone.items())
        )
        title, said = (
            str(spec.get("title", found.title)),
            spec.get("description", found.description),
        )
        return CodeList(name, title, squeeze(said), found.type, found.attributes, kept)

    def code(
        self, file: str, number: int, kind: str, attributes: Mapping[str, str], row: dict[str, str]
    ) -> Code:
        def typed(column: str, type_: str) -> Any:
            try:
                return parse(row[column], type_)
            except ValueError:
                self.problem(file, number, f"{column}: {row[column]!r} is no {type_}")
                return None

        for column in ("code", "label", "definition"):
            if not row[column]:
                self.problem(file, number, f"a code without {column}")
        return Code(
            typed("code", kind),
            row["label"],
            row["definition"],
            row["include"],
            row["exclude"],
            typed("rank", "integer"),
            row["since"],
            row["deprecated"],
            {name: typed(name, type_) for name, type_ in attributes.items()},
        )

    def table(self, name: str, spec: Any, variables: Any, used: set[str]) -> Table:
        if not self.keys("book.yaml", spec, TABLE_KEYS, f"table {name}"):
            return Table(name, "", "", ())
        columns = []
        listed = [*(spec.get("variables") or []), *(spec.get("optional") or [])]
        variants = self.variants(name, spec)
        additional = frozenset().union(*(variant.additional for variant in variants))
        for entry in [*listed, *sorted(additional)]:
            own: Any = {}
            if isinstance(entry, Mapping):
                ((entry, own),) = entry.items()
            if entry not in variables:
                self.problem(
                    "book.yaml",
                    line(spec, "variables"),
                    f"table {name}: variable {entry} is not defined",
                )
                continue
            used.add(entry)
            columns.append(self.variable(entry, variables, own))
        return Table(
            name,
            str(spec.get("title", "")),
            squeeze(spec.get("description", "")),
            tuple(columns),
            tuple(spec.get("primaryKey") or ()),
            self.foreign_keys(name, spec),
            tuple(spec.get("acyclic") or ()),
            bool(spec.get("derived")),
            variants,
            frozenset(map(str, spec.get("optional") or ())),
            bool(spec.get("upperCase")),
        )

    def variants(self, table: str, spec: Any) -> tuple[Variant, ...]:
        found = []
        own = {str(v) for v in spec.get("variables") or ()}
        for entry in spec.get("variants") or ():
            known = {"name", "description", "without", "additional"}
            if self.keys("book.yaml", entry, known, f"table {table}, variants"):
                without = frozenset(map(str, entry.get("without") or ()))
                for name in sorted(without - own):
                    self.problem(
                        "book.yaml",
                        line(spec, "variants"),
                        f"table {table}: a variant is without {name}, which is no variable of it",
                    )
                additional = frozenset(map(str, entry.get("additional") or ()))
                said = squeeze(entry.get("description"))
                found.append(Variant(str(entry.get("name")), said, without, additional))
        return tuple(found)

    def foreign_keys(self, table: str, spec: Any) -> tuple[ForeignKey, ...]:
        found = []
        for key in spec.get("foreignKeys") or ():
            if self.keys(
                "book.yaml",
                key,
                {"field", "table", "target", "absent"},
                f"table {table}, foreignKeys",
            ):
                one, two, three = (str(key.get(part, "")) for part in ("field", "table", "target"))
                found.append(ForeignKey(one, two, three, bool(key.get("absent"))))
        return tuple(found)

    def variable(self, name: str, variables: Any, own: Mapping[str, Any]) -> Variable:
        number = line(variables, name)
        what = f"variable {name}"
        if not (
            self.keys("book.yaml", variables[name], VARIABLE_KEYS, what)
            and self.keys("book.yaml", own, VARIABLE_KEYS, what)
        ):
            return Variable(name, "", "", "string", None, line=number)
        spec = {**variables[name], **own}
        limits = {**(variables[name].get("constraints") or {}), **(own.get("constraints") or {})}
        self.keys("book.yaml", limits, CONSTRAINTS, f"{what}, constraints")
        derived = spec.get("derived")
        if derived is not None:
            self.keys("book.yaml", derived, {"sql", "days"}, f"{what}, derived")
            derived = Derivation(squeeze(derived.get("sql", "")), tuple(derived.get("days") or ()))
        for needed in ("title", "description", "type", "example"):
            if spec.get(needed) in (None, ""):
                self.problem("book.yaml", number, f"{what} has no {needed}")
        if spec.get("type") not in TYPES:
            self.problem(
                "book.yaml",
                number,
                f"{what}: type {spec.get('type')!r} is none of {', '.join(TYPES)}",
            )
        if spec.get("level", LEVELS[0]) not in LEVELS:
            self.problem(
                "book.yaml",
                number,
                f"{what}: level {spec.get('level')!r} is none of {', '.join(LEVELS)}",
            )
        return Variable(
            name,
            str(spec.get("title")),
            squeeze(spec.get("description", "")),
            str(spec.get("type")),
            plain(spec.get("example")),
            str(spec.get("unit", "")),
            squeeze(spec.get("missing", "")),
            str(spec.get("codes", "")),
            str(spec.get("separator", "")),
            bool(limits.get("required")),
            bool(limits.get("unique")),
            plain(limits.get("minimum")),
            plain(limits.get("maximum")),
            limits.get("maxLength"),
            str(limits.get("pattern", "")),
            derived,
            bool(spec.get("evidence")),
            str(spec.get("wordsFor", "")),
            tuple(map(str, spec.get("missingValues") or ("",))),
            tuple(map(str, spec.get("formats") or ())),
            bool(spec.get("labels")),
            str(spec.get("since", "")),
            str(spec.get("deprecated", "")),
            number,
            str(spec.get("level", "")),
        )

    def variable_lists(self, tables: Mapping[str, Table]) -> dict[str, CodeList]:
        """The lists `variables of <table>`: a claim or a piece of evidence names a variable."""
        wanted = {
            v.codes
            for t in tables.values()
            for v in t.variables
            if v.codes.startswith("variables of ")
        }
        lists = {}
        for name in sorted(wanted):
            parts = name.removeprefix("variables of ").split(" and ")
            for missing in (p for p in parts if p not in tables):
                self.problem("book.yaml", 1, f"code list {name!r}: there is no table {missing}")
            merged = {v.name: v for p in parts if p in tables for v in tables[p].coded}
            codes = tuple(Code(v.name, v.title, v.description) for v in merged.values())
            lists[name] = CodeList(
                name,
                name.capitalize(),
                "The coded variables of the tables named.",
                "string",
                {},
                codes,
            )
        return lists

    def variables(
        self, tables: Mapping[str, Table], lists: Mapping[str, CodeList], raw: Any
    ) -> None:
        """Code lists exist and are used; examples meet their own constraints."""
        used = set()
        for table in tables.values():
            for variable in table.variables:
                if variable.codes:
                    used.add(variable.codes)
                    if variable.codes not in lists:
                        self.problem(
                            "book.yaml",
                            variable.line,
                            f"variable {variable.name}: no code list {variable.codes!r}",
                        )
                        continue
                if variable.words_for and variable.words_for not in table:
                    self.problem(
                        "book.yaml",
                        variable.line,
                        f"variable {variable.name}: wordsFor {variable.words_for!r} is no variable of {table.name}",
                    )
                reason = broken(variable, lists.get(variable.codes))
                if reason:
                    self.problem(
                        "book.yaml",
                        variable.line,
                        f"variable {variable.name}: its example breaks its own constraint: {reason}",
                    )
        for name in lists:
            if name not in used:
                self.problem(
                    "book.yaml",
                    line(raw["codes"], name),
                    f"code list {name} is used by no variable",
                )

    def keys_of_tables(self, tables: Mapping[str, Table], raw: Any) -> None:
        for table in tables.values():
            number = line(raw["tables"], table.name)
            own = [*table.primary_key, *table.acyclic, *(k.field for k in table.foreign_keys)]
            for name in own:
                if name not in table:
                    self.problem(
                        "book.yaml",
                        number,
                        f"table {table.name}: its key names {name}, which is no variable of it",
                    )
            for key in table.foreign_keys:
                if key.table not in tables or key.target not in tables[key.table]:
                    self.problem(
                        "book.yaml",
                        number,
                        f"table {table.name}: key to {key.table}.{key.target}, which does not exist",
                    )

    def rules(self, tables: Mapping[str, Table]) -> Iterable[Rule]:
        raw = self.yaml("rules.yaml")
        for name, spec in raw.items():
            number = line(raw, name)
            if not self.keys("rules.yaml", spec, RULE_KEYS, f"rule {name}"):
                continue
            for needed in ("on", "severity", "says", "why", "bad", "good"):
                if not spec.get(needed):
                    self.problem("rules.yaml", number, f"rule {name} has no {needed}")
            if spec.get("severity") not in SEVERITIES:
                self.problem(
                    "rules.yaml",
                    number,
                    f"rule {name}: severity must be one of {', '.join(SEVERITIES)}",
                )
            if spec.get("on") != EVERY_TEXT and spec.get("on") not in tables:
                self.problem(
                    "rules.yaml",
                    number,
                    f"rule {name}: on {spec.get('on')!r}, which is no table and not {EVERY_TEXT!r}",
                )
            if sum(bool(spec.get(k)) for k in ("violates", "forbids", "normal_form")) != 1:
                self.problem(
                    "rules.yaml",
                    number,
                    f"rule {name} needs exactly one of violates, forbids, normal_form",
                )
            yield Rule(
                name,
                str(spec.get("on")),
                str(spec.get("severity")),
                squeeze(spec.get("says", "")),
                squeeze(spec.get("why", "")),
                squeeze(spec.get("violates", "")),
                str(spec.get("forbids", "")),
                str(spec.get("normal_form", "")),
                str(spec.get("column", "")),
                rows(spec.get("bad")),
                rows(spec.get("good")),
                number,
            )

    def references(self, book: Book) -> None:
        """Every `{variable.attribute}` of a rule or a derivation leads somewhere."""
        for rule in book.rules:
            if not rule.violates:
                continue
            try:
                book.sql(book.tables[rule.on], rule.violates)
            except KeyError as error:
                self.problem(
                    "rules.yaml", rule.line, f"rule {rule.id}: {error.args[0]} leads nowhere"
                )
            if rule.column not in book.tables[rule.on]:
                self.problem(
                    "rules.yaml",
                    rule.line,
                    f"rule {rule.id}: column must name the variable of {rule.on} that it blames",
                )
            for name in {n for row in (*rule.bad, *rule.good) for n in row}:
                if name.split(".")[0] not in book.tables[rule.on]:
                    self.problem(
                        "rules.yaml",
                        rule.line,
                        f"rule {rule.id}: its example names {name}, which is no variable of {rule.on}",
                    )
        for table in book.tables.values():
            for variable in table.variables:
                if variable.derived and variable.derived.sql:
                    try:
                        book.sql(table, variable.derived.sql)
                    except KeyError as error:
                        self.problem(
                            "book.yaml",
                            variable.line,
                            f"variable {variable.name}: {error.args[0]} leads nowhere",
                        )

    def guide(self) -> Iterable[Page]:
        for path in sorted((self.folder / "guide").glob("*.md")):
            text = path.read_text(encoding="utf-8")
            heading = re.match(r"# (.+)\n", text)
            if not heading:
                self.problem(f"guide/{path.name}", 1, "the first line must be a heading: # Title")
            yield Page(path.stem, heading.group(1) if heading else path.stem, text)


def line(mapping: Any, key: str) -> int:
    """The line of a key in its file, from 1; 1 where the reader kept none."""
    data = getattr(getattr(mapping, "lc", None), "data", None) or {}
    return data[key][0] + 1 if key in data else 1


def squeeze(text: Any) -> str:
    """Prose from YAML on one line."""
    return " ".join(str(text).split())


def plain(value: Any) -> Scalar:
    """A YAML scalar as its plain Python value; dates stay text, as in Table Schema."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bool) or value is None:
        return None if value is None else str(value).lower()
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value)
    return str(value)


def rows(examples: Any) -> tuple[Mapping[str, Scalar], ...]:
    """The examples of a rule: one row, or a list of rows."""
    if not examples:
        return ()
    listed = examples if isinstance(examples, list) else [examples]
    return tuple({str(k): plain(v) for k, v in row.items()} for row in listed)


def parse(text: str, type_: str) -> Scalar:
    """A cell of a code list as its type; an empty one is None."""
    if text == "":
        return None
    return int(text) if type_ == "integer" else float(text) if type_ == "number" else text


def broken(variable: Variable, codes: CodeList | None) -> str:
    """Why an example is not a legal value of its variable; empty if it is."""
    value: Any = variable.example
    wanted: Any = {"integer": int, "number": (int, float)}.get(variable.type, str)
    if variable.labels:
        wanted = (wanted, str)
    if not isinstance(value, wanted):
        return f"{value!r} is no {variable.type}"
    if variable.type == "date" and not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        return f"{value!r} is no ISO date"
    if codes is not None and variable.labels and value in [code.label for code in codes.codes]:
        return ""
    if codes is not None and value not in codes.values:
        return f"{value!r} is not in the list {codes.name}"
    parts = value.split(variable.separator) if variable.separator else [value]
    if variable.pattern and not all(re.fullmatch(variable.pattern, str(p).strip()) for p in parts):
        return f"{value!r} does not have the pattern {variable.pattern}"
    if variable.minimum is not None and value < variable.minimum:
        return f"{value!r} is below {variable.minimum}"
    if variable.maximum is not None and value > variable.maximum:
        return f"{value!r} is above {variable.maximum}"
    if variable.max_length is not None and len(value) > variable.max_length:
        return f"{value!r} is longer than {variable.max_length}"
    return ""
