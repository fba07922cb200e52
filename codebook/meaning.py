"""Check that a book means something: every name leads somewhere, every example is legal.

The checks of `NAMES` look at the plain data, before a model can be built; those of `MEANINGS` look
at the model. Each is a function that yields the problems of one kind.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import date
from typing import Any

from .building import listed_variables, tables_of_list
from .errors import BookProblem
from .form import Place, in_words
from .model import (
    EVERY_TEXT,
    PARTS_OF_INSTRUCTIONS,
    TEXT_BUT_QUOTATIONS,
    Book,
    CodeList,
    ConstraintKind,
    Derivation,
    Rule,
    Scalar,
    Table,
    TableDerivation,
    Variable,
    moment,
)
from .nearest import nearest
from .reading import BookFiles
from .roles import TYPES as ROLE_TYPES
from .roles import Roles, named_columns

MEETS: dict[ConstraintKind, Callable[[Any, Any], bool]] = {
    "required": lambda value, _: value is not None,
    "unique": lambda _value, _limit: True,
    "minimum": lambda value, limit: value >= limit,
    "maximum": lambda value, limit: value <= limit,
    "max-length": lambda value, limit: len(value) <= limit,
    # A pattern may take for ever on its own example: an engine judges that can be relied on to end,
    # see `validation.checks.trial`.
    "pattern": lambda _value, _limit: True,
    "code": lambda value, codes: value in codes,
}
"""For each kind of constraint whether a value meets it."""

MOST_OF_A_PATTERN = 1_000
"""The characters that a regular expression may have."""

PYTHON_TYPES: dict[str, type | tuple[type, ...]] = {
    "integer": int,
    "number": (int, float),
    "year": int,
    "boolean": bool,
}


def problems_of_names(files: BookFiles) -> list[BookProblem]:
    """Return what in the files of a book leads nowhere, so that no model can be built."""
    return [problem for check in NAMES for problem in check(files)]


def problems_of_meaning(book: Book, files: BookFiles) -> list[BookProblem]:
    """Return what in a book contradicts itself or is used by nothing."""
    return [problem for check in MEANINGS for problem in check(book, files)]


# Names, in the plain data


def _undeclared_lists(files: BookFiles) -> Iterator[BookProblem]:
    declared = set(files.codes)
    for path in sorted((files.folder / "codes").glob("*.csv")):
        if path.stem not in declared:
            message = "book.yaml declares no code list of this name that has a file"
            yield BookProblem(f"codes/{path.name}", 1, message)


def _undefined_variables(files: BookFiles) -> Iterator[BookProblem]:
    defined = files.book.content["variables"]
    for table, spec in files.book.content["tables"].items():
        for name, place in _listings(table, spec):
            if name not in defined:
                message = f"variable {name} is not defined{_hint(name, defined)}"
                yield files.book.problem(place, f"table {table}: {message}")


def _duplicate_variables(files: BookFiles) -> Iterator[BookProblem]:
    for table, spec in files.book.content["tables"].items():
        seen: set[str] = set()
        for name, place in _listings(table, spec):
            if name in seen and "variants" not in place:
                yield files.book.problem(place, f"table {table}: duplicate variable {name}")
            seen.add(name)


def _unused_variables(files: BookFiles) -> Iterator[BookProblem]:
    tables = files.book.content["tables"].values()
    used = {name for spec in tables for name, _ in listed_variables(spec)}
    for name in (n for n in files.book.content["variables"] if n not in used):
        yield files.book.problem(("variables", name), f"variable {name} is in no table")


def _names_in_variants(files: BookFiles) -> Iterator[BookProblem]:
    for table, spec in files.book.content["tables"].items():
        own = {name for name, _ in listed_variables(spec)}
        for position, variant in enumerate(spec.get("variants", ())):
            for word in ("without", "redefined"):
                for name in (n for n in variant.get(word, ()) if n not in own):
                    message = f"{word} names {name}, which is not a variable of it"
                    place = ("tables", table, "variants", position, word)
                    yield files.book.problem(place, f"table {table}: {message}{_hint(name, own)}")


def _tables_of_lists(files: BookFiles) -> Iterator[BookProblem]:
    tables = files.book.content["tables"]
    for name, spec in files.book.content["variables"].items():
        for table in (t for t in tables_of_list(spec.get("codes", "")) if t not in tables):
            message = f"variable {name}: there is no table {table}{_hint(table, tables)}"
            yield files.book.problem(("variables", name, "codes"), message)


NAMES: tuple[Callable[[BookFiles], Iterator[BookProblem]], ...] = (
    _undeclared_lists,
    _undefined_variables,
    _duplicate_variables,
    _unused_variables,
    _names_in_variants,
    _tables_of_lists,
)


# Meaning, in the model


def _code_lists(book: Book, files: BookFiles) -> Iterator[BookProblem]:
    used: set[str] = set()
    for table, variable in _variables(book):
        used.add(variable.codes)
        if variable.codes and variable.codes not in book.code_lists:
            hint = _hint(variable.codes, book.code_lists)
            message = f"no code list {variable.codes!r}{hint}"
            yield _about(files, table, variable, message, "codes")
    for name in (n for n in book.code_lists if n not in used):
        place = ("codes", name)
        yield files.book.problem(place, f"code list {name} is used by no variable")


def _constraints(book: Book, files: BookFiles) -> Iterator[BookProblem]:
    for table, variable in _variables(book):
        for message in _faults_in_constraints(variable):
            yield _about(files, table, variable, message, "constraints")


def _examples_of_variables(book: Book, files: BookFiles) -> Iterator[BookProblem]:
    for table, variable in _variables(book):
        codes = book.code_lists.get(variable.codes)
        if not any(_faults_in_constraints(variable)) and (
            message := _fault_in_example(variable, codes)
        ):
            yield _about(files, table, variable, message, "example")


def _names_in_variables(book: Book, files: BookFiles) -> Iterator[BookProblem]:
    for table, variable in _variables(book):
        source = book.tables.get(table.derived.source) if table.derived else None
        # A derived table takes over what the table has that it is computed from.
        carried = source is not None and variable.name in source
        derived = Derivation() if carried else variable.derived or Derivation()
        names = [("derived", name) for name in derived.days]
        names += [("wordsFor", variable.words_for)] if variable.words_for else []
        for word, name in names:
            if name not in table:
                message = f"{name} is not a variable of {table.name}{_hint(name, table.names)}"
                yield _about(files, table, variable, message, word)
        pages = [page.name for page in book.guide]
        if variable.guide and variable.guide not in pages:
            message = f"the guide has no page {variable.guide}{_hint(variable.guide, pages)}"
            yield _about(files, table, variable, message, "guide")
        default = variable.default or Derivation()
        for word, how in (("derived", derived), ("default", default)):
            if wrong := _reference(book, table, how.sql):
                yield _about(files, table, variable, f"{wrong} leads nowhere", word)
        if variable.default and (variable.derived or table.derived):
            message = "a default is for what people type, and this is derived"
            yield _about(files, table, variable, message, "default")


def _keys(book: Book, files: BookFiles) -> Iterator[BookProblem]:
    for table in book.tables.values():
        fields = {
            "primaryKey": table.primary_key,
            "acyclic": table.acyclic,
            "form": table.form,
            "foreignKeys": tuple(key.field for key in table.foreign_keys),
        }
        for word, names in fields.items():
            for name in (n for n in names if n not in table):
                message = f"{word} names {name}, which is not a variable of it"
                hint = _hint(name, table.names)
                place = ("tables", table.name, word)
                yield files.book.problem(place, f"table {table.name}: {message}{hint}")
        for position, name in enumerate(table.form):
            if name in table and (name in table.form[:position] or table[name].derived):
                why = "is there twice" if name in table.form[:position] else "is derived"
                place = ("tables", table.name, "form", position)
                yield files.book.problem(place, f"table {table.name}: form: {name} {why}")
        for position, key in enumerate(table.foreign_keys):
            if key.table not in book.tables or key.target not in book.tables[key.table]:
                message = f"key to {key.table}.{key.target}, which does not exist"
                if key.table not in book.tables:
                    message += _hint(key.table, book.tables)
                else:
                    message += _hint(key.target, book.tables[key.table].names)
                place = ("tables", table.name, "foreignKeys", position)
                yield files.book.problem(place, f"table {table.name}: {message}")


def _derived_tables(book: Book, files: BookFiles) -> Iterator[BookProblem]:
    """Yield names in the derivations of tables that lead nowhere."""
    for table in book.tables.values():
        if table.derived is None:
            continue
        for place, message in _faults_in_table_derivation(book, table, table.derived):
            at = ("tables", table.name, "derived", *place)
            yield files.book.problem(at, f"table {table.name}: derived: {message}")


def _faults_in_table_derivation(
    book: Book, table: Table, how: TableDerivation
) -> Iterator[tuple[Place, str]]:
    source = book.tables.get(how.source)
    if source is None or source.derived:
        kind = "no table" if source is None else "itself derived"
        yield ("from",), f"{how.source} is {kind}{_hint(how.source, book.tables)}"
        return
    key = table.key_of(how.into)
    members = book.tables.get(key.table) if key else None
    if how.members is not None and members is None:
        yield ("members",), f"{how.into} needs a foreign key to the table that has the members"
    listed: list[tuple[Place, str, Table]] = [(("into",), how.into, table)]
    for position, part in enumerate(how.spread):
        listed.append((("spread", position, "column"), part.column, source))
        listed.append((("spread", position, "into"), part.into, table))
    for position, part in enumerate(how.unnest):
        listed.append((("unnest", position, "column"), part.column, source))
        listed += [(("unnest", position, "set", name), name, table) for name in part.fixed]
    if how.members is not None and members is not None:
        listed.append((("members", "column"), how.members.column, members))
        listed += [(("members", "set", name), name, table) for name in how.members.fixed]
    listed += [(("number", "column"), how.number, table)] if how.number else []
    listed += [(("number", "within", n), name, table) for n, name in enumerate(how.within)]
    for place, name, owner in listed:
        if name not in owner:
            message = f"{name} is not a variable of {owner.name}{_hint(name, owner.names)}"
            yield place, message
    fixed = set[str]().union(*(part.fixed for part in how.unnest))
    made = {how.into, how.number, *fixed, *source.names, *(part.into for part in how.spread)}
    for name in (n for n in table.names if n not in made and table[n].derived is None):
        yield (), f"nothing gives {name} a value"


def _languages(book: Book, files: BookFiles) -> Iterator[BookProblem]:
    """Yield translations into languages that the book does not name."""
    content: Mapping[str, Any] = files.book.content
    for kind in ("codes", "variables", "tables"):
        for name, spec in content[kind].items():
            for language in spec.get("translations", {}):
                if language not in book.languages:
                    place = (kind, name, "translations", language)
                    message = f"{name}: {language} is not among the languages of the book"
                    yield files.book.problem(place, message + _hint(language, book.languages))


def _parts_of_guide(book: Book, files: BookFiles) -> Iterator[BookProblem]:
    """Yield what instructions should leave out and do not have."""
    pages = [page.name for page in book.guide]
    known = [*book.guide_parts, *PARTS_OF_INSTRUCTIONS]
    for position, name in enumerate(book.tool_pages):
        if name not in pages:
            message = f"toolPages: the guide has no page {name}{_hint(name, pages)}"
            yield files.book.problem(("toolPages", position), message)
    for position, name in enumerate(book.less_needed):
        if name not in known:
            message = f"lessNeeded: neither the guide nor the instructions have {name!r}"
            yield files.book.problem(("lessNeeded", position), message + _hint(name, known))


def _roles(book: Book, files: BookFiles) -> Iterator[BookProblem]:
    """Yield roles of columns that a table does not have, or that cannot have the role."""
    for table in book.tables.values():
        spec: Mapping[str, Any] = files.book.content["tables"][table.name]
        listed: list[tuple[Place, str]] = []
        for place, name in named_columns(spec.get("roles", {})):
            listed.append((("roles", *place), name))
        for position, name in enumerate(table.featured):
            listed.append((("featured", position), name))
        for place, name in listed:
            if message := _fault_in_role(book, table, place, name):
                at = ("tables", table.name, *place)
                yield files.book.problem(at, f"table {table.name}: {in_words(place)}: {message}")
        known = {"words", *(field.name for field in fields(Roles)), *table.names}
        for name in (n for n in table.matching if n not in known):
            message = f"matching: {name} is neither a role nor a variable of it{_hint(name, known)}"
            place = ("tables", table.name, "matching", name)
            yield files.book.problem(place, f"table {table.name}: {message}")


def _fault_in_role(book: Book, table: Table, place: Place, name: str) -> str:
    if name not in table:
        return f"{name} is not a variable of {table.name}{_hint(name, table.names)}"
    expected = ROLE_TYPES.get(tuple(p for p in place[1:] if isinstance(p, str)))
    if expected is not None and table[name].type != expected:
        return f"{name} is of type {table[name].type}; expected {expected}"
    return ""


def _coding(book: Book, files: BookFiles) -> Iterator[BookProblem]:
    """Yield what is missing so that rows can be coded from documents, and values have evidence."""

    def problem(table: Table, word: str, message: str) -> BookProblem:
        return files.book.problem(("tables", table.name, word), f"table {table.name}: {message}")

    for word in ("document", "quote", "passage"):
        having = [t for t in book.tables.values() if getattr(t.roles, word) is not None]
        for table in having[1:]:
            yield problem(table, "roles", f"{having[0].name} has the role {word} already")
    for table in book.tables.values():
        roles = table.roles
        for role in (roles.quote, roles.passage):
            key = table.key_of(role.document) if role else None
            if role and (book.documents is None or not key or key.table != book.documents.name):
                message = f"{role.document} needs a foreign key to a table with the role document"
                yield problem(table, "roles", message)
        if roles.document and len(table.primary_key) != 1:
            yield problem(
                table, "roles", "a table of documents needs a primary key of one variable"
            )
        if table.unit and len(table.primary_key) != 1:
            yield problem(table, "unit", "a unit needs a primary key of one variable")
        if message := _fault_in_evidence(book, table):
            yield problem(table, "variables", message)


def _fault_in_evidence(book: Book, table: Table) -> str:
    """Return why no quote can carry the values of a table that need one; empty if some can."""
    needing = [v.name for v in table.coded if v.evidence]
    if table.derived or not needing:
        return ""
    if book.quotes is None:
        return f"{needing[0]} needs evidence, but no table has the role quote"
    if table.name not in book.owner_keys:
        return f"{needing[0]} needs evidence, but {book.quotes.name} has no key to {table.name}"
    return ""


def _rules(book: Book, files: BookFiles) -> Iterator[BookProblem]:
    for rule in book.rules:
        for word, message in _faults_in_rule(book, rule):
            place = (rule.id, word) if word in files.rules.content[rule.id] else (rule.id,)
            yield files.rules.problem(place, f"rule {rule.id}: {message}")


def _faults_in_rule(book: Book, rule: Rule) -> Iterator[tuple[str, str]]:
    """Yield the key of a rule, and what is wrong with what it says."""
    if rule.on_text:
        if rule.violates:
            yield "on", "violates needs a table; a rule on every text has forbids or normalForm"
        if fault := _fault_in_pattern(rule.forbids):
            yield "forbids", fault
        return
    if rule.on not in book.tables:
        hint = _hint(rule.on, [*book.tables, EVERY_TEXT, TEXT_BUT_QUOTATIONS])
        yield "on", f"on {rule.on!r}, which is no table and not {EVERY_TEXT!r}{hint}"
        return
    table = book.tables[rule.on]
    if not rule.violates:
        yield "on", f"forbids and normalForm are for rules on {EVERY_TEXT!r}"
        return
    if wrong := _reference(book, table, rule.violates):
        yield "violates", f"{wrong} leads nowhere"
    if rule.column not in table:
        hint = _hint(rule.column, table.names)
        yield "column", f"column must name the variable of {table.name} that it blames{hint}"
    for word, rows in (("bad", rule.bad), ("good", rule.good)):
        for name in sorted({n for row in rows for n in row if n.split(".")[0] not in table}):
            hint = _hint(name, table.names)
            yield word, f"its example names {name}, which is not a variable of {table.name}{hint}"


MEANINGS: tuple[Callable[[Book, BookFiles], Iterator[BookProblem]], ...] = (
    _code_lists,
    _constraints,
    _examples_of_variables,
    _names_in_variables,
    _keys,
    _derived_tables,
    _languages,
    _parts_of_guide,
    _roles,
    _coding,
    _rules,
)


# What the checks share


def _listings(table: str, spec: Mapping[str, Any]) -> Iterator[tuple[str, Place]]:
    """Yield the variables that a table lists, with their places; several variants may list one."""
    lists: list[tuple[Place, Sequence[str | Mapping[str, Any]]]] = [
        (("variables",), spec["variables"]),
        (("optional",), spec.get("optional", ())),
    ]
    for position, variant in enumerate(spec.get("variants", ())):
        lists.append((("variants", position, "additional"), variant.get("additional", ())))
    for place, entries in lists:
        for position, entry in enumerate(entries):
            name = entry if isinstance(entry, str) else next(iter(entry))
            yield name, ("tables", table, *place, position)


def _variables(book: Book) -> Iterator[tuple[Table, Variable]]:
    """Yield every definition of a variable: in a table, and in its variants."""
    for table in book.tables.values():
        yield from ((table, variable) for variable in table.variables)
        for variant in table.variants:
            yield from ((table, variable) for variable in variant.redefined.values())


def _about(
    files: BookFiles, table: Table, variable: Variable, message: str, word: str = ""
) -> BookProblem:
    """Return a problem of a variable, at its definition, or where the table redefines the word."""
    place: Place = ("variables", variable.name, word)
    spec: Mapping[str, Any] = files.book.content["tables"][table.name]
    for position, entry in enumerate(spec["variables"]):
        if not isinstance(entry, str) and word in entry.get(variable.name, {}):
            place = ("tables", table.name, "variables", position, variable.name, word)
    for position, variant in enumerate(table.variants):
        own = spec["variants"][position].get("redefined", {}).get(variable.name, {})
        if word in own and variant.redefined[variable.name] is variable:
            place = ("tables", table.name, "variants", position, "redefined", variable.name, word)
    return files.book.problem(place, f"variable {variable.name}: {message}")


def _hint(name: str, allowed: Iterable[str]) -> str:
    near = nearest(name, allowed)
    return f"; did you mean {near}?" if near else ""


def _reference(book: Book, table: Table, sql: str) -> str:
    """Return the first reference of an expression that leads nowhere; empty if all lead somewhere."""
    try:
        book.sql(table, sql)
    except KeyError as error:
        return str(error.args[0])
    return ""


def _fault_in_pattern(pattern: str) -> str:
    if len(pattern) > MOST_OF_A_PATTERN:
        return f"it has {len(pattern):,} characters; at most {MOST_OF_A_PATTERN:,} are allowed"
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        return f"not a regular expression: {error}"
    return ""


def _typed(type_: str, value: Scalar) -> Any:
    """Return a value of the book in the type of its column, or None if it is of another type."""
    if type_ == "date":
        try:
            return date.fromisoformat(value) if isinstance(value, str) else None
        except ValueError:
            return None
    if type_ == "datetime":
        try:
            return moment(value) if isinstance(value, str) else None
        except ValueError:
            return None
    if isinstance(value, bool) != (type_ == "boolean"):
        return None
    return value if isinstance(value, PYTHON_TYPES.get(type_, str)) else None


def _faults_in_constraints(variable: Variable) -> Iterator[str]:
    """Yield the limits that no value of the variable's type can be compared with."""
    for limit in (variable.minimum, variable.maximum):
        if limit is not None and _typed(variable.type, limit) is None:
            yield f"the limit {limit!r} is not of type {variable.type}"
    if variable.type != "string":
        words = {
            "maxLength": variable.max_length,
            "pattern": variable.pattern,
            "separator": variable.separator,
        }
        for word in (word for word, limit in words.items() if limit):
            yield f"{word} is for texts, not for the type {variable.type}"
    if variable.type == "boolean" and (variable.minimum, variable.maximum) != (None, None):
        yield "minimum and maximum are for numbers and days, not for the type boolean"
    if variable.pattern and variable.separator and variable.codes:
        yield "a list of codes has no pattern"
    if fault := _fault_in_pattern(variable.pattern):
        yield f"pattern: {fault}"


def _fault_in_example(variable: Variable, codes: CodeList | None) -> str:
    """Return why the example of a variable is not legal; empty if it is."""
    if codes and variable.labels and variable.example in [code.label for code in codes.codes]:
        return ""
    value = _typed(variable.type, variable.example)
    if value is None:
        return f"the example {variable.example!r} is not of type {variable.type}"
    if codes and variable.separator:
        codes_of_example = str(value).split(variable.separator)
        if unknown := [code for code in codes_of_example if code not in codes.values]:
            return f"{unknown[0]!r} in the example is no code of the list {codes.name}"
    for constraint in variable.constraints(codes):
        if not MEETS[constraint.kind](value, constraint.limit):
            message = f"the example {variable.example!r} breaks the constraint {constraint.kind}"
            return f"{message}: {constraint.says}"
    return ""
