"""Build the model of a book from the plain data of its files, whose form was checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .model import (
    OF_VARIABLES,
    Book,
    Code,
    CodeList,
    Derivation,
    ForeignKey,
    Rule,
    Scalar,
    Spreading,
    Table,
    TableDerivation,
    Translations,
    Unnesting,
    Variable,
    Variant,
)
from .reading import BookFiles, YamlFile
from .roles import roles_of

Spec = Mapping[str, Any]
"""A mapping of a YAML file, of the form that its JSON Schema prescribes."""


def build_book(files: BookFiles, borrowed: Mapping[str, CodeList], ships: bool) -> Book:
    """Return the book.

    Args:
        files: the content of the book's files; unknown names in them were reported before.
        borrowed: the code lists from other books, unchanged.
        ships: whether the book is part of the package, or a copy of one that is.
    """
    spec: Spec = files.book.content
    tables = {name: _table(files.book, name) for name in spec["tables"]}
    lists = {
        name: _borrowed(borrowed[name], own)
        if "from" in own
        else CodeList(
            name=name,
            title=unwrapped(own["title"]),
            description=unwrapped(own["description"]),
            type=own.get("type", "string"),
            attributes=own.get("attributes", {}),
            codes=files.codes[name],
            open=own.get("open", False),
            translations=_translations(own),
        )
        for name, own in spec["codes"].items()
    }
    return Book(
        name=spec["name"],
        title=unwrapped(spec["title"]),
        version=spec["version"],
        description=unwrapped(spec["description"]),
        code_lists=lists | {codes.name: codes for codes in _lists_of_variables(tables)},
        tables=tables,
        rules=tuple(_rule(files.rules, id_) for id_ in files.rules.content),
        guide=files.guide,
        ships=ships,
        languages=tuple(spec.get("languages", ())),
        tool_pages=tuple(spec.get("toolPages", ())),
        less_needed=tuple(spec.get("lessNeeded", ())),
        folder=files.folder,
    )


def _translations(spec: Spec) -> Translations:
    given: Mapping[str, Spec] = spec.get("translations", {})
    return {
        language: {word: unwrapped(text) for word, text in words.items()}
        for language, words in given.items()
    }


def unwrapped(text: str) -> str:
    """Return prose from a YAML file without its line breaks."""
    return " ".join(text.split())


def tables_of_list(name: str) -> list[str]:
    """Return the tables whose variables are the codes of a list; none for other lists."""
    if not name.startswith(OF_VARIABLES):
        return []
    return name.removeprefix(OF_VARIABLES).split(" and ")


def listed_variables(table: Spec) -> Iterator[tuple[str, Spec]]:
    """Yield the variables of a table, each with what the table redefines.

    Those of the table itself come first, then the optional ones, then those of variants only.
    """
    for entry in table["variables"]:
        if isinstance(entry, str):
            yield entry, {}
        else:
            yield from entry.items()
    for name in table.get("optional", []):
        yield name, {}
    for name in sorted({n for v in table.get("variants", []) for n in v.get("additional", [])}):
        yield name, {}


def _borrowed(lent: CodeList, spec: Spec) -> CodeList:
    """Return a list of another book, without the codes that have all the attributes `without`."""
    without: Spec = spec.get("without", {})

    def is_left_out(code: Code) -> bool:
        facts = {**code.attributes, "code": code.code}
        return bool(without) and all(facts.get(key) == value for key, value in without.items())

    return CodeList(
        name=lent.name,
        title=unwrapped(spec.get("title", lent.title)),
        description=unwrapped(spec.get("description", lent.description)),
        type=lent.type,
        attributes=lent.attributes,
        open=spec.get("open", lent.open),
        codes=tuple(code for code in lent.codes if not is_left_out(code)),
    )


def _lists_of_variables(tables: Mapping[str, Table]) -> Iterator[CodeList]:
    """Yield the lists whose codes are variables: a claim or a piece of evidence names one."""
    names = {v.codes for table in tables.values() for v in table.variables}
    for name in sorted(n for n in names if tables_of_list(n)):
        coded = {v.name: v for table in tables_of_list(name) for v in tables[table].coded}
        yield CodeList(
            name=name,
            title=name.capitalize(),
            description="The coded variables of the tables named.",
            type="string",
            attributes={},
            codes=tuple(
                Code(code=v.name, label=v.title, definition=v.description) for v in coded.values()
            ),
        )


def _table(file: YamlFile, name: str) -> Table:
    spec: Spec = file.content["tables"][name]
    listed = dict(listed_variables(spec))
    return Table(
        name=name,
        title=unwrapped(spec["title"]),
        description=unwrapped(spec["description"]),
        variables=tuple(_variable(file, v, own) for v, own in listed.items()),
        primary_key=tuple(spec.get("primaryKey", ())),
        foreign_keys=tuple(
            ForeignKey(
                field=key["field"],
                table=key["table"],
                target=key["target"],
                absent=key.get("absent", False),
            )
            for key in spec.get("foreignKeys", ())
        ),
        acyclic=tuple(spec.get("acyclic", ())),
        derived=_table_derivation(spec.get("derived")),
        variants=tuple(
            Variant(
                name=unwrapped(variant["name"]),
                description=unwrapped(variant["description"]),
                without=frozenset(variant.get("without", ())),
                additional=frozenset(variant.get("additional", ())),
                redefined={
                    v: _variable(file, v, listed[v], own)
                    for v, own in variant.get("redefined", {}).items()
                },
            )
            for variant in spec.get("variants", ())
        ),
        optional=frozenset(spec.get("optional", ())),
        upper_case=spec.get("upperCase", False),
        row=tuple(map(unwrapped, spec.get("row", ()))),
        form=tuple(spec.get("form", ())),
        unit=spec.get("unit", False),
        roles=roles_of(spec.get("roles", {})),
        featured=tuple(spec.get("featured", ())),
        matching=spec.get("matching", {}),
        translations=_translations(spec),
    )


def _table_derivation(spec: Spec | None) -> TableDerivation | None:
    if spec is None:
        return None
    members, number = spec.get("members"), spec.get("number", {})
    return TableDerivation(
        source=spec["from"],
        into=spec["into"],
        unnest=tuple(_unnesting(part) for part in spec["unnest"]),
        spread=tuple(Spreading(part["column"], part["into"]) for part in spec.get("spread", ())),
        members=_unnesting(members) if members else None,
        number=number.get("column", ""),
        within=tuple(number.get("within", ())),
    )


def _unnesting(spec: Spec) -> Unnesting:
    return Unnesting(column=spec["column"], fixed=spec.get("set", {}))


def _variable(file: YamlFile, name: str, *different: Spec) -> Variable:
    """Return a variable as redefined in a table, and in a variant of the table."""
    specs: list[Spec] = [file.content["variables"][name], *different]
    spec: Spec = {word: value for part in specs for word, value in part.items()}
    limits: Spec = {k: v for part in specs for k, v in part.get("constraints", {}).items()}
    return Variable(
        name=name,
        title=unwrapped(spec["title"]),
        description=unwrapped(spec["description"]),
        type=spec["type"],
        example=spec["example"],
        unit=spec.get("unit", ""),
        missing=unwrapped(spec.get("missing", "")),
        codes=spec.get("codes", ""),
        separator=spec.get("separator", ""),
        required=limits.get("required", False),
        unique=limits.get("unique", False),
        minimum=limits.get("minimum"),
        maximum=limits.get("maximum"),
        max_length=int(limits["maxLength"]) if "maxLength" in limits else None,
        pattern=limits.get("pattern", ""),
        derived=_derivation(spec.get("derived")),
        default=_derivation(spec.get("default")),
        evidence=spec.get("evidence", False),
        quotation=spec.get("quotation", False),
        translations=_translations(spec),
        words_for=spec.get("wordsFor", ""),
        id_form=spec.get("idForm", ""),
        guide=spec.get("guide", ""),
        missing_values=tuple(spec.get("missingValues", ("",))),
        formats=tuple(spec.get("formats", ())),
        labels=spec.get("labels", False),
        level=spec.get("level", ""),
        since=spec.get("since", ""),
        deprecated=unwrapped(spec.get("deprecated", "")),
        line=file.line("variables", name),
    )


def _derivation(spec: Spec | None) -> Derivation | None:
    if spec is None:
        return None
    return Derivation(sql=unwrapped(spec.get("sql", "")), days=tuple(spec.get("days", ())))


def _rule(file: YamlFile, id_: str) -> Rule:
    spec: Spec = file.content[id_]
    return Rule(
        id=id_,
        on=spec["on"],
        severity=spec["severity"],
        column=spec.get("column", ""),
        says=unwrapped(spec["says"]),
        why=unwrapped(spec["why"]),
        violates=unwrapped(spec.get("violates", "")),
        forbids=spec.get("forbids", ""),
        normal_form=spec.get("normalForm", ""),
        bad=_examples(spec["bad"]),
        good=_examples(spec["good"]),
        line=file.line(id_),
        lines={word: file.line(id_, word) for word in spec},
    )


def _examples(rows: Spec | Sequence[Spec]) -> tuple[Mapping[str, Scalar], ...]:
    """Return the examples of a rule: one row, or several."""
    return (rows,) if isinstance(rows, Mapping) else tuple(rows)
