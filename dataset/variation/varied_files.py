"""The files of a book with other names, or another order, of the codes of some lists."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ...codebook import Book, Code, CodeList, Table
from ...codebook.reading import BookFiles
from .literals import Holds, attribute_holds, column_holds, renamed_literals
from .prose import Prose, prose_of
from .renamings import NewName, Renaming

Plain = dict[str, Any]
RANK = "rank"
"""The attribute with the place of a code in a hierarchy, where the order of its list is another."""
OWN_ORDER = (
    "The list itself is in no order here: what is said of the order of the codes, or of the place or "
    "rank of one, is said of the rank at the end of its definition, of which 1 is the first."
)


@dataclass(frozen=True)
class VariedFiles:
    """Makes the files of a varied book.

    `orders` has the codes of the lists whose order is varied; those in `ranked` get their rank, as a
    column and in their definitions, because coders of texts see no columns.
    """

    files: BookFiles
    book: Book
    name: str
    renaming: Renaming
    orders: Mapping[str, Sequence[str | int]]
    ranked: frozenset[str]

    @cached_property
    def prose(self) -> Prose:
        """What replaces names in prose."""
        return prose_of(self.book, self.renaming)

    @cached_property
    def _texts(self) -> dict[Holds, Mapping[str, str]]:
        """New texts by what holds them: the codes of each varied list, and its labels."""
        texts: dict[Holds, Mapping[str, str]] = {}
        for name, codes in self.renaming.codes.items():
            texts[Holds(name)] = codes
            texts[Holds(name, labels=True)] = {
                code.label: self.renaming.lists[name][str(code.code)].label
                for code in self.book.code_lists[name].codes
            }
        return texts

    def contents(self) -> Iterator[tuple[str, str]]:
        """Yield the name of each file of the varied book, in its folder, with its text."""
        yield "book.yaml", _yaml(self._book_spec())
        yield "rules.yaml", _yaml(self._rules_spec())
        for codes in self.book.code_lists.values():
            if not codes.of_variables:
                yield f"codes/{codes.name}.csv", self._codes_text(codes)
        for page in self.book.guide:
            yield f"guide/{page.name}.md", self.prose.replaced(page.text)

    # book.yaml

    def _book_spec(self) -> Plain:
        spec: Plain = dict(self.files.book.content)
        spec["name"] = self.name
        spec["description"] = self.prose.replaced(spec["description"])
        spec["codes"] = {name: self._list_spec(name) for name in spec["codes"]}
        owners: dict[str, Table] = {}
        for table in self.book.tables.values():
            for name in table.names:
                owners.setdefault(name, table)
        spec["variables"] = {
            name: self._variable_spec(owners[name], name, own)
            for name, own in spec["variables"].items()
        }
        spec["tables"] = {name: self._table_spec(name) for name in spec["tables"]}
        return spec

    def _list_spec(self, name: str) -> Plain:
        """Return the definition of a list, which is then the varied book's own."""
        codes, given = self.book.code_lists[name], self.files.book.content["codes"][name]
        spec: Plain = {"title": codes.title, "description": self.prose.replaced(codes.description)}
        if name in self.ranked:
            spec["description"] += f" {OWN_ORDER}"
        if "translations" in given and "from" not in given:
            spec["translations"] = given["translations"]
        if codes.type != "string":
            spec["type"] = codes.type
        if codes.open:
            spec["open"] = True
        attributes = {**codes.attributes, **({RANK: "integer"} if name in self.ranked else {})}
        return {**spec, "attributes": attributes} if attributes else spec

    def _variable_spec(self, table: Table, name: str, given: Mapping[str, Any]) -> Plain:
        """Return the definition of a variable, or what a table or variant redefines of it."""
        spec: Plain = dict(given)
        codes = spec.get("codes", table[name].codes)
        held = Holds(codes) if codes else column_holds(self.book, table, name)
        own = self.renaming.codes.get(codes, {})
        for word in ("description", "missing"):
            if word in spec:
                spec[word] = self.prose.replaced(spec[word], own)
        if "example" in spec:
            spec["example"] = self._cell(held, spec["example"], table[name].separator)
        for word in ("derived", "default"):
            if spec.get(word) and "sql" in spec[word]:
                sql = renamed_literals(self.book, table, spec[word]["sql"], self._texts, held)
                spec[word] = {"sql": sql}
        return spec

    def _cell(self, held: Holds | None, value: Any, separator: str = "") -> Any:
        """Return a value of the book, as an example, with new names."""
        if held is None or not isinstance(value, str):
            return value
        codes = self._texts.get(held, {})
        if held.codes and not held.labels and value not in codes:
            codes = {**self._texts.get(Holds(held.codes, labels=True), {}), **codes}
        parts = value.split(separator) if separator else [value]
        return separator.join(codes.get(part, part) for part in parts)

    def _table_spec(self, name: str) -> Plain:
        spec: Plain = dict(self.files.book.content["tables"][name])
        table = self.book.tables[name]
        spec["description"] = self.prose.replaced(spec["description"])
        spec["variables"] = [
            entry
            if isinstance(entry, str)
            else {v: self._variable_spec(table, v, own) for v, own in entry.items()}
            for entry in spec["variables"]
        ]
        if "variants" in spec:
            spec["variants"] = [self._variant_spec(table, variant) for variant in spec["variants"]]
        if "derived" in spec:
            spec["derived"] = self._derived_spec(table, spec["derived"])
        return spec

    def _variant_spec(self, table: Table, variant: Plain) -> Plain:
        redefined = {
            name: self._variable_spec(table, name, own)
            for name, own in variant.get("redefined", {}).items()
        }
        return {**variant, "redefined": redefined} if redefined else variant

    def _derived_spec(self, table: Table, derived: Plain) -> Plain:
        def renamed(part: Plain) -> Plain:
            values = {
                name: self._cell(column_holds(self.book, table, name), value)
                for name, value in part.get("set", {}).items()
            }
            return {**part, "set": values} if values else part

        spec = {**derived, "unnest": [renamed(part) for part in derived["unnest"]]}
        return {**spec, "members": renamed(spec["members"])} if "members" in spec else spec

    # rules.yaml

    def _rules_spec(self) -> Plain:
        return {id_: self._rule_spec(rule) for id_, rule in self.files.rules.content.items()}

    def _rule_spec(self, given: Plain) -> Plain:
        spec: Plain = dict(given)
        for word in ("says", "why"):
            spec[word] = self.prose.replaced(spec[word])
        table = self.book.tables.get(spec["on"])
        if table is None:
            return spec
        spec["violates"] = renamed_literals(self.book, table, spec["violates"], self._texts)
        for word in ("bad", "good"):
            rows = spec[word]
            spec[word] = (
                self._example(table, rows)
                if isinstance(rows, dict)
                else [self._example(table, row) for row in rows]
            )
        return spec

    def _example(self, table: Table, row: Plain) -> Plain:
        def separator(name: str) -> str:
            return table[name].separator if name in table else ""

        return {
            name: self._cell(column_holds(self.book, table, name), value, separator(name))
            for name, value in row.items()
        }

    # codes/*.csv

    def _codes_text(self, codes: CodeList) -> str:
        languages = self.book.languages
        ranks = {code.code: place for place, code in enumerate(codes.codes, 1)}
        columns = ["code", "label", "definition"]
        columns += [
            word
            for word in ("include", "exclude", "since", "deprecated")
            if any(getattr(code, word) for code in codes.codes)
        ]
        columns += codes.attributes
        columns += [RANK] if codes.name in self.ranked else []
        columns += [
            f"{word}_{language}"
            for language in languages
            for word in ("label", "definition")
            if any(word in code.translations.get(language, {}) for code in codes.codes)
        ]
        by_code = {code.code: code for code in codes.codes}
        order = self.orders.get(codes.name, codes.values)
        out = io.StringIO()
        writer = csv.DictWriter(out, columns, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        for value in order:
            row = self._row(codes, by_code[value])
            if codes.name in self.ranked:
                row["definition"] += f" Rank {ranks[value]}."
            writer.writerow({**row, RANK: ranks[value]})
        return out.getvalue()

    def _row(self, codes: CodeList, code: Code) -> dict[str, Any]:
        """Return the cells of a code; its place, definition and attributes go with each other."""
        names = self.renaming.lists.get(codes.name, {})
        labels = {n: w["label"] for n, w in code.translations.items() if "label" in w}
        new = names.get(str(code.code)) or NewName(str(code.code), code.label, labels)
        attributes = {
            name: self._cell(attribute_holds(self.book, codes.name, name), value)
            for name, value in code.attributes.items()
        }
        definitions = {
            f"definition_{language}": self.prose.replaced(words["definition"])
            for language, words in code.translations.items()
            if "definition" in words
        }
        return {
            **{name: "" if value is None else value for name, value in attributes.items()},
            **definitions,
            **{f"label_{language}": label for language, label in new.labels.items()},
            "code": new.code,
            "label": new.label,
            "definition": self.prose.replaced(code.definition),
            "include": self.prose.replaced(code.include),
            "exclude": self.prose.replaced(code.exclude),
            "since": code.since,
            "deprecated": self.prose.replaced(code.deprecated),
        }


def _yaml(content: Plain) -> str:
    """Return plain data as the text of a YAML file; keys keep their order."""
    from ruamel.yaml import YAML

    yaml: Any = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    yaml.sort_base_mapping_type_on_output = False
    yaml.allow_unicode = True
    yaml.width = 100
    out = io.StringIO()
    yaml.dump(content, out)
    return out.getvalue()
