"""The model of a codebook: frozen dataclasses, and look-ups on them.

The words are those of Table Schema v2 where it has one. Reading files is the loader's job.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args

from .roles import NO_ROLES, DocumentColumns, PassageColumns, QuoteColumns, Roles

SEVERITIES = ("error", "warning", "explain")
TYPES = ("string", "integer", "number", "date", "datetime", "year", "boolean")
LEVELS = ("nominal", "ordinal", "interval", "ratio")
EVERY_TEXT = "every text"
TEXT_BUT_QUOTATIONS = "every text but quotations"
QUOTE = "quote"
"""The attribute `{variable.quote}`: the words of a document that carry the variable's value."""
OF_VARIABLES = "variables of "
"""How the name of a code list begins whose codes are the variables of one table or of several."""

PARTS_OF_INSTRUCTIONS = (
    "examples of rules",
    "rules that only warn",
    "examples of variables",
    "reasons of rules",
    "codes of long lists",
    "what codes include and exclude",
    "attributes of codes",
    "rules",
)
"""What instructions for coders can do without, besides the guide; the first is needed least."""

Translations = Mapping[str, Mapping[str, str]]
"""For each language the words of a thing in it, by the names of its fields."""
Scalar = str | int | float | bool | None

ConstraintKind = Literal[
    "required", "unique", "minimum", "maximum", "max-length", "pattern", "code"
]
CONSTRAINT_KINDS: tuple[ConstraintKind, ...] = get_args(ConstraintKind)
"""Every kind of constraint. Each target has a table with one entry a kind, and says what it omits."""


@dataclass(frozen=True)
class Code:
    """One code of a list; `attributes` are what rules look up (`{sub_event_type.event_type}`)."""

    code: str | int
    label: str
    definition: str
    include: str = ""
    exclude: str = ""
    since: str = ""
    deprecated: str = ""
    attributes: Mapping[str, Scalar] = field(default_factory=dict[str, Scalar])
    translations: Translations = field(default_factory=dict[str, Mapping[str, str]])


@dataclass(frozen=True)
class CodeList:
    """A list of codes, in the order in which people should see them.

    Where it is `open`, other values are legal too.
    """

    name: str
    title: str
    description: str
    type: str
    attributes: Mapping[str, str]
    codes: tuple[Code, ...]
    open: bool = False
    translations: Translations = field(default_factory=dict[str, Mapping[str, str]])

    @property
    def of_variables(self) -> bool:
        """Whether the codes are the variables of tables, and not the rows of a file."""
        return self.name.startswith(OF_VARIABLES)

    @cached_property
    def values(self) -> tuple[str | int, ...]:
        """The codes themselves, deprecated ones included: old data stay legal."""
        return tuple(code.code for code in self.codes)

    @cached_property
    def some_values(self) -> str:
        """The first twelve codes for people to read, and how many there are."""
        shown = ", ".join(str(value) for value in self.values[:12])
        return shown + (f" ... ({len(self.values)} codes)" if len(self.values) > 12 else "")

    def look_up(self, attribute: str) -> dict[str | int, Scalar]:
        """Return an attribute of each code, or its label.

        Raises:
            KeyError: the codes have no such attribute.
        """
        if attribute == "label":
            return {code.code: code.label for code in self.codes}
        return {code.code: code.attributes[attribute] for code in self.codes}

    def type_of(self, attribute: str) -> str:
        """Return the type of an attribute; a label is a string."""
        return self.attributes.get(attribute, "string")


@dataclass(frozen=True)
class Constraint:
    """One limit on the values of a variable, as data, and in words for people.

    `limit` is True (required, unique), a bound in the column's type, a number of characters, the
    unanchored regular expression of a whole cell, or the tuple of codes. `allowed` may be empty.
    """

    kind: ConstraintKind
    limit: bool | int | float | date | str | tuple[str | int, ...]
    says: str
    allowed: str = ""


@dataclass(frozen=True)
class Derivation:
    """How a derived variable is computed: one SQL expression, or the days of a closed interval."""

    sql: str = ""
    days: tuple[str, ...] = ()


@dataclass(frozen=True)
class Variable:
    """A column: what it means, what it may hold, and whether people code it.

    Nobody has to type what is `derived`; where it is typed it must agree. An empty cell takes the
    `default`, and another value may be typed.
    """

    name: str
    title: str
    description: str
    type: str
    example: Scalar
    unit: str = ""
    missing: str = ""
    codes: str = ""
    separator: str = ""
    required: bool = False
    unique: bool = False
    minimum: Scalar = None
    maximum: Scalar = None
    max_length: int | None = None
    pattern: str = ""
    derived: Derivation | None = None
    default: Derivation | None = None
    evidence: bool = False
    quotation: bool = False
    words_for: str = ""
    id_form: str = ""
    guide: str = ""
    missing_values: tuple[str, ...] = ("",)
    formats: tuple[str, ...] = ()
    labels: bool = False
    since: str = ""
    deprecated: str = ""
    line: int = 0
    level: str = ""
    translations: Translations = field(default_factory=dict[str, Mapping[str, str]])

    @property
    def must_be_typed(self) -> bool:
        """Whether a row is incomplete until somebody types a value."""
        return self.required and self.default is None and self.derived is None

    @property
    def computed(self) -> Derivation | None:
        """How a cell gets a value that nobody typed, if it does."""
        return self.derived or self.default

    @property
    def measurement_level(self) -> str:
        """The level of measurement; if the book gives none, by the type: codes are nominal."""
        plain = {
            "integer": "ratio",
            **dict.fromkeys(("number", "date", "datetime", "year"), "interval"),
        }
        return self.level or ("nominal" if self.codes else plain.get(self.type, "nominal"))

    @property
    def is_number(self) -> bool:
        """Whether cells are written as numbers."""
        return self.type in ("integer", "number", "year")

    @property
    def cell_pattern(self) -> str:
        """The pattern of a whole cell, anchored so that every engine reads `A|B` alike."""
        return f"^{self.unanchored_pattern}$" if self.pattern else ""

    @property
    def unanchored_pattern(self) -> str:
        """The pattern of a whole cell without anchors; a list repeats it with its separator."""
        if not self.pattern:
            return ""
        one = f"(?:{self.pattern})"
        return f"{one}(?:{re.escape(self.separator)}{one})*" if self.separator else one

    def constraints(self, codes: CodeList | None) -> tuple[Constraint, ...]:
        """Return the variable's constraints, in the order of `CONSTRAINT_KINDS`.

        Args:
            codes: the variable's code list, if it has one (`Book.constraints` looks it up).
        """
        result: list[Constraint] = []
        if self.required:
            result.append(Constraint("required", True, "A value is required."))
        if self.unique:
            result.append(Constraint("unique", True, "The value occurs in more than one row."))
        if (low := self._bound(self.minimum)) is not None:
            result.append(
                Constraint("minimum", low, f"The value is below {low}.", f"{low} or more")
            )
        if (high := self._bound(self.maximum)) is not None:
            result.append(
                Constraint("maximum", high, f"The value is above {high}.", f"{high} or less")
            )
        if self.max_length is not None:
            most = f"{self.max_length} characters"
            says = f"The text is longer than {most}."
            result.append(Constraint("max-length", self.max_length, says, f"at most {most}"))
        if self.pattern:
            says = "The value does not have the right form."
            if self.separator:
                says += f" Several values are separated by {self.separator!r}."
            allowed = f"for example {self.example}"
            result.append(Constraint("pattern", self.unanchored_pattern, says, allowed))
        if codes is not None and not codes.open and self.separator:
            one = "|".join(re.escape(str(code)) for code in codes.values)
            form = f"(?:{one})(?:{re.escape(self.separator)}(?:{one}))*"
            says = f"Not codes of the list {codes.name}, separated by {self.separator!r}."
            result.append(Constraint("pattern", form, says, codes.some_values))
        elif codes is not None and not codes.open:
            says = f"Not a code of the list {codes.name}."
            result.append(Constraint("code", codes.values, says, codes.some_values))
        return tuple(result)

    def _bound(self, value: Scalar) -> int | float | date | None:
        """Return a limit in the type of the column."""
        if not isinstance(value, str):
            return value
        return moment(value) if self.type == "datetime" else date.fromisoformat(value)


def moment(text: str) -> datetime:
    """Return a date and time of day in ISO form, in UTC if it has no zone.

    Raises:
        ValueError: it has another form.
    """
    found = datetime.fromisoformat(text)
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def cell(value: Scalar | date) -> str:
    """Return a value as the text of a cell."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)


@dataclass(frozen=True)
class ForeignKey:
    """`field` of a table points to `target` of `table` (the same table's name for itself).

    With `absent` the value must not occur there, as an id that was retired.
    """

    field: str
    table: str
    target: str
    absent: bool = False


@dataclass(frozen=True)
class Variant:
    """Another known layout of a table.

    It is `without` some of the table's columns and has `additional` ones; some variables are
    `redefined`, such as one whose codes or ids were others then.
    """

    name: str
    description: str
    without: frozenset[str]
    additional: frozenset[str]
    redefined: Mapping[str, Variable] = field(default_factory=dict[str, Variable])


@dataclass(frozen=True)
class Unnesting:
    """A column whose values become rows, and the values that other columns of these rows get."""

    column: str
    fixed: Mapping[str, Scalar] = field(default_factory=dict[str, Scalar])


@dataclass(frozen=True)
class Spreading:
    """A column with a list, of which each value becomes a row with that value in `into`."""

    column: str
    into: str


@dataclass(frozen=True)
class TableDerivation:
    """How a table is computed: columns of `source` are taken apart into the column `into`.

    Before, the rows are repeated for each value in the lists of `spread`; one without any of these
    stays one row. `members` is a column of the table that `into` points to; `number` takes the
    place of a row among those with the same values in the columns `within`. Where the values of
    `into` are names of variables, a row keeps those of the table that it points to, and an empty
    cell names all that need a quote there and have no other.
    """

    source: str
    into: str
    unnest: tuple[Unnesting, ...]
    spread: tuple[Spreading, ...] = ()
    members: Unnesting | None = None
    number: str = ""
    within: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """A table: its variables in published order, its keys, its hierarchy columns.

    `row` is what one row is called, and what several are; empty where the book does not say. Files
    of it may have the `optional` columns, may have the columns of a known variant, and, where
    `upper_case` is set, may spell their header in capitals. `form` are the variables that people
    type first, in the order in which they type them. `unit` says whether coders find the rows in a
    text; `matching` how much each likeness of two coders' rows weighs; `featured` are the columns
    of short lists.
    """

    name: str
    title: str
    description: str
    variables: tuple[Variable, ...]
    primary_key: tuple[str, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    acyclic: tuple[str, ...] = ()
    derived: TableDerivation | None = None
    variants: tuple[Variant, ...] = ()
    optional: frozenset[str] = frozenset()
    upper_case: bool = False
    row: tuple[str, ...] = ()
    form: tuple[str, ...] = ()
    unit: bool = False
    roles: Roles = NO_ROLES
    featured: tuple[str, ...] = ()
    matching: Mapping[str, float] = field(default_factory=dict[str, float])
    translations: Translations = field(default_factory=dict[str, Mapping[str, str]])

    def __getitem__(self, name: str) -> Variable:
        return self._by_name[name]

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    @cached_property
    def _by_name(self) -> dict[str, Variable]:
        return {variable.name: variable for variable in self.variables}

    def counted(self, rows: int) -> str:
        """Return a number of rows in words, as `1 event` or `2,000 events`."""
        one, several = self.row or (f"row of {self.name}", f"rows of {self.name}")
        return f"{rows:,} {one if rows == 1 else several}"

    @cached_property
    def coded(self) -> tuple[Variable, ...]:
        """The variables that people type; the columns of `seeds/tables/<name>.csv`, in order."""
        if self.derived is not None:
            return ()
        places = {name: place for place, name in enumerate(self.form)}
        typed = [variable for variable in self.variables if variable.derived is None]
        return tuple(sorted(typed, key=lambda v: places.get(v.name, len(places))))

    @cached_property
    def omittable(self) -> frozenset[str]:
        """The columns that a file may omit: optional ones, those of variants, and defaults."""
        defaults = (v.name for v in self.variables if v.default)
        return self.optional.union(defaults, *(variant.additional for variant in self.variants))

    @cached_property
    def layout(self) -> frozenset[str]:
        """The columns that a file of the current layout has: coded, and of no variant only."""
        return frozenset(v.name for v in self.coded) - self.omittable

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The published columns, in order."""
        return tuple(variable.name for variable in self.variables)

    def in_variant(self, variant: Variant) -> Table:
        """Return the table with the variables as they are defined in a variant."""
        variables = (variant.redefined.get(v.name, v) for v in self.variables)
        return replace(self, variables=tuple(variables))

    def words_column(self, name: str) -> str:
        """Return the variable that holds the words for a number; empty if there is none."""
        deaths = self.roles.deaths
        if deaths and deaths.words and name != deaths.words and name in deaths.columns():
            return deaths.words
        return next((v.name for v in self.variables if v.words_for == name), "")

    def key_of(self, name: str) -> ForeignKey | None:
        """Return the foreign key that starts at a variable, or None."""
        return self._keys.get(name)

    @cached_property
    def _keys(self) -> dict[str, ForeignKey]:
        return {key.field: key for key in reversed(self.foreign_keys) if not key.absent}


@dataclass(frozen=True)
class Rule:
    """One thing that must hold, written once for people and for every engine.

    `violates` is an SQL expression, TRUE for a row that breaks the rule; NULL is no violation.
    A rule on `every text`, or on `every text but quotations`, has `forbids` (a regular expression
    that no text may contain) or `normal_form` (a Unicode normal form) instead.
    """

    id: str
    on: str
    severity: str
    says: str
    why: str
    violates: str = ""
    forbids: str = ""
    normal_form: str = ""
    column: str = ""
    bad: tuple[Mapping[str, Scalar], ...] = ()
    good: tuple[Mapping[str, Scalar], ...] = ()
    line: int = 0
    lines: Mapping[str, int] = field(default_factory=dict[str, int])

    def line_of(self, word: str) -> int:
        """Return the line of a key of the rule in its file."""
        return self.lines.get(word, self.line)

    @property
    def on_text(self) -> bool:
        """Whether it is a rule on the text of every table."""
        return self.on in (EVERY_TEXT, TEXT_BUT_QUOTATIONS)

    def covers(self, variable: Variable) -> bool:
        """Return whether a rule on text holds for a variable."""
        if variable.type != "string":
            return False
        return self.on == EVERY_TEXT or not (variable.quotation or variable.words_for)


@dataclass(frozen=True)
class OwnerKey:
    """A table whose values quotes carry: `field` of a quote holds `target` of its row."""

    table: str
    field: str
    target: str


@dataclass(frozen=True)
class EvidenceTables:
    """How a book ties rows to the words of documents: its tables of that, and their columns.

    Names are empty where a book has no such table, or no such column. The table of documents is the
    last of `owners`: a quote that names no other row is about its document.
    """

    documents: str
    document_id: str
    document: DocumentColumns
    quotes: str
    quote: QuoteColumns
    passages: str
    passage: PassageColumns
    owners: tuple[OwnerKey, ...]

    def owner(self, row: Mapping[str, Any]) -> tuple[str, str] | None:
        """Return the row that a quote is about, as its table and its id; None if it names none."""
        for key in self.owners:
            if row.get(key.field):
                return key.table, row[key.field]
        return None


@dataclass(frozen=True)
class Page:
    """A page of the guide."""

    name: str
    title: str
    text: str

    @cached_property
    def sections(self) -> tuple[tuple[str, str], ...]:
        """The heading and the text of each section; what is before the first has no heading."""
        sections: list[tuple[str, list[str]]] = [("", [])]
        in_block = False
        for line in self.text.splitlines(keepends=True):
            in_block ^= line.startswith("```")
            if line.startswith("## ") and not in_block:
                sections.append((line.removeprefix("## ").strip(), []))
            sections[-1][1].append(line)
        return tuple((heading, "".join(lines)) for heading, lines in sections)


@dataclass(frozen=True, eq=False)
class Book:
    """A whole codebook; `ships` says whether it is, or is a copy of, one that the tests have tried.

    `folder` is where it was read from. `tool_pages` are the pages of the guide that are about tools;
    `less_needed` is what instructions of a limited length leave out, in this order.
    """

    name: str
    title: str
    version: str
    description: str
    code_lists: Mapping[str, CodeList]
    tables: Mapping[str, Table]
    rules: tuple[Rule, ...]
    guide: tuple[Page, ...]
    ships: bool = False
    languages: tuple[str, ...] = ()
    tool_pages: tuple[str, ...] = ()
    less_needed: tuple[str, ...] = ()

    def in_language(self, language: str) -> Book:
        """Return the book with its titles, descriptions and labels in one of its languages.

        What is not translated stays as it is.

        Raises:
            KeyError: the book does not have the language.
        """
        if language not in self.languages:
            raise KeyError(language)
        lists = {
            name: replace(
                _in_language(codes, language),
                codes=tuple(_in_language(code, language) for code in codes.codes),
            )
            for name, codes in self.code_lists.items()
        }
        tables = {
            name: replace(
                _in_language(table, language),
                variables=tuple(_in_language(v, language) for v in table.variables),
            )
            for name, table in self.tables.items()
        }
        return replace(self, code_lists=lists, tables=tables)

    folder: Path | None = None

    def with_table(self, table: Table) -> Book:
        """Return the book with one table in place of that of the same name."""
        return replace(self, tables={**self.tables, table.name: table})

    def code_list(self, variable: Variable) -> CodeList | None:
        """Return the code list of a variable, or None."""
        return self.code_lists[variable.codes] if variable.codes else None

    def constraints(self, variable: Variable) -> tuple[Constraint, ...]:
        """Return the constraints of a variable, its code list included."""
        return variable.constraints(self.code_list(variable))

    def rules_on(self, table: str) -> Iterator[Rule]:
        """Return the SQL rules of one table, in the book's order."""
        return (rule for rule in self.rules if rule.on == table)

    @cached_property
    def documents(self) -> Table | None:
        """The table of source documents, if the book has one."""
        return next((t for t in self.tables.values() if t.roles.document), None)

    @cached_property
    def quotes(self) -> Table | None:
        """The table of quotes that carry values, if the book has one."""
        return next((t for t in self.tables.values() if t.roles.quote), None)

    @cached_property
    def typed_quotes(self) -> Table | None:
        """The table into which people type quotes: that of quotes, or what it is computed from."""
        quotes = self.quotes
        return self.tables[quotes.derived.source] if quotes and quotes.derived else quotes

    @cached_property
    def typed_owners(self) -> tuple[str, ...]:
        """The columns of the typed quotes that name the rows whose values they carry."""
        quotes = self.quotes
        if quotes is None:
            return ()
        if quotes.derived:
            return tuple(part.column for part in quotes.derived.spread)
        return tuple(key.field for key in self.evidence.owners[:-1])

    @cached_property
    def passages(self) -> Table | None:
        """The table of paragraphs from which nothing is coded, if the book has one."""
        return next((t for t in self.tables.values() if t.roles.passage), None)

    @cached_property
    def units(self) -> tuple[Table, ...]:
        """The tables whose rows coders find in a text."""
        return tuple(table for table in self.tables.values() if table.unit)

    @cached_property
    def shared(self) -> tuple[Table, ...]:
        """The tables that all documents share, because their rows belong to none: actors, places.

        They are the tables that others point to and that themselves point to no document, not even
        by way of another table.
        """
        pointed_to = {
            key.table
            for table in self.tables.values()
            for key in table.foreign_keys
            if not key.absent
        }
        return tuple(
            table
            for table in self.tables.values()
            if table.name in pointed_to
            and not table.derived
            and not self._points_to(table, self.evidence.documents, set())
        )

    def _points_to(self, table: Table, target: str, seen: set[str]) -> bool:
        if table.name == target:
            return True
        nexts = {k.table for k in table.foreign_keys if not k.absent} - seen - {table.name}
        return any(self._points_to(self.tables[n], target, seen | {table.name}) for n in nexts)

    @cached_property
    def guide_parts(self) -> tuple[str, ...]:
        """The names of the parts of the guide: pages, headings in any page, PAGE/HEADING."""
        headings = [(p.name, heading) for p in self.guide for heading, _ in p.sections if heading]
        parts = [*(page.name for page in self.guide), *(heading for _, heading in headings)]
        return tuple(dict.fromkeys([*parts, *(f"{page}/{name}" for page, name in headings)]))

    def guide_page(self, variable: Variable) -> str:
        """Return the page of the guide that decides how a variable is coded; empty if none does."""
        return variable.guide or self.page_naming(variable.name)

    def page_naming(self, name: str) -> str:
        """Return the page of the guide that names something most often; empty if none does."""
        counted = [(page.text.count(f"`{name}`"), page.name) for page in self.guide]
        most, page = max(counted, key=lambda item: item[0], default=(0, ""))
        return page if most else ""

    @property
    def main_table(self) -> Table:
        """The table that readers look at first: the first of units, else the first of all."""
        return next(iter((*self.units, *self.tables.values())))

    def document_key(self, table: Table) -> str:
        """Return the variable that says which document a row is about; empty if there is none."""
        documents = self.documents
        if documents is None or (table.derived and not table.roles.quote):
            return ""
        if table is documents:
            return table.primary_key[0]
        keys = (k.field for k in table.foreign_keys if k.table == documents.name and not k.absent)
        return next(keys, "")

    @cached_property
    def owner_keys(self) -> Mapping[str, str]:
        """The tables whose values quotes carry, each with the variable of a quote that names the row.

        The table of documents is the last: a quote that names no other row is about its document.
        """
        quotes, documents = self.quotes, self.documents
        if quotes is None or documents is None or quotes.roles.quote is None:
            return {}
        of_document = quotes.roles.quote.document
        keys = {k.table: k.field for k in quotes.foreign_keys if k.field != of_document}
        return {**keys, documents.name: of_document}

    @cached_property
    def evidence(self) -> EvidenceTables:
        """How the book ties rows to the words of documents."""
        documents, quotes, passages = self.documents, self.quotes, self.passages
        owners: list[OwnerKey] = []
        for table, field_name in self.owner_keys.items():
            key = quotes.key_of(field_name) if quotes else None
            target = key.target if key else self.tables[table].primary_key[0]
            owners.append(OwnerKey(table, field_name, target))
        return EvidenceTables(
            documents=documents.name if documents else "",
            document_id=documents.primary_key[0] if documents else "",
            document=(documents and documents.roles.document) or DocumentColumns("", ""),
            quotes=quotes.name if quotes else "",
            quote=(quotes and quotes.roles.quote) or QuoteColumns("", "", "", "", "", ""),
            passages=passages.name if passages else "",
            passage=(passages and passages.roles.passage) or PassageColumns("", ""),
            owners=tuple(owners),
        )

    @cached_property
    def text_rules(self) -> tuple[Rule, ...]:
        """The rules that hold for the text of every table."""
        return tuple(rule for rule in self.rules if rule.on_text)

    def sql(
        self, table: Table, expression: str, lookups: bool = False
    ) -> tuple[str, frozenset[str]]:
        """Return an expression with its `{variable.attribute}` references resolved.

        Args:
            table: the table whose row the expression is about.
            expression: the SQL with its references.
            lookups: make references through code lists columns too, for an engine that looks
                them up faster than it runs a CASE.

        Returns:
            The plain SQL, and the columns `"key.field"` that must be joined in before it runs:
            a reference through a code list becomes a CASE, so that every engine reads the same
            text; one through a foreign key becomes a quoted column of that name, and so does
            `{variable.quote}`, the words that carry the value.

        Raises:
            KeyError: the reference names no coded variable, attribute, key or field.
        """
        joins: set[str] = set()

        def resolve(match: re.Match[str]) -> str:
            name, attribute = match.group(1), match.group(2)
            if name not in table:
                raise KeyError(match.group(0))
            if attribute == QUOTE and table.name in self.owner_keys:
                joins.add(f"{name}.{attribute}")
                return f'"{name}.{attribute}"'
            codes = self.code_list(table[name])
            if codes is not None and not table[name].separator:
                plain = case(name, attribute, codes)
                if not lookups:
                    return plain
                joins.add(f"{name}.{attribute}")
                return f'"{name}.{attribute}"'
            key = table.key_of(name)
            if key is None or attribute not in self.tables[key.table]:
                raise KeyError(match.group(0))
            joins.add(f"{name}.{attribute}")
            return f'"{name}.{attribute}"'

        return re.sub(r"\{(\w+)\.(\w+)\}", resolve, expression), frozenset(joins)


Translated = TypeVar("Translated", Code, CodeList, Variable, Table)


def _in_language(thing: Translated, language: str) -> Translated:
    """Return a thing with its words in a language, as far as they are translated."""
    words: dict[str, Any] = dict(thing.translations.get(language, {}))
    return replace(thing, **words) if words else thing


def literal(value: Scalar) -> str:
    """Return a value as an SQL literal."""
    if value is None:
        return "NULL"
    return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else str(value)


def case(name: str, attribute: str, codes: CodeList) -> str:
    """Return the look-up of a code's attribute, or of its label, as a CASE expression.

    Raises:
        KeyError: the codes have no such attribute.
    """
    if attribute not in codes.attributes and attribute != "label":
        raise KeyError(f"{{{name}.{attribute}}}")
    whens = " ".join(
        f"WHEN {name} = {literal(code)} THEN {literal(value)}"
        for code, value in codes.look_up(attribute).items()
        if value is not None
    )
    return f"(CASE {whens} END)"
