"""The reference pages of a codebook: one Markdown page, and the entry of a single term."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from .catalogue import catalogue
from .model import Book, ConstraintKind, Rule, Variable

TEMPLATES = Path(__file__).parent / "templates"
IN_WORDS: dict[ConstraintKind, Callable[[Variable, Any], str]] = {
    "required": lambda _, limit: "required",
    "unique": lambda _, limit: "unique",
    "minimum": lambda _, limit: f"from {limit}",
    "maximum": lambda _, limit: f"to {limit}",
    "max-length": lambda _, limit: f"at most {limit} characters",
    "pattern": lambda variable, _: f"form `{variable.pattern}`",
}


def page(book: Book) -> str:
    """The whole book as one Markdown page: guide, tables, code lists, rules, each with an anchor."""
    return (
        _environment()
        .get_template("codebook.md.j2")
        .render(book=book, limits=limits, findings=catalogue().values())
    )


def limits(variable: Variable) -> str:
    """Return the constraints of a variable in words; its code list is shown by itself."""
    words = [IN_WORDS[c.kind](variable, c.limit) for c in variable.constraints(None)]
    if variable.separator:
        words.append(f"a list, with `{variable.separator}` between")
    return ", ".join(words)


@dataclass(frozen=True)
class Entry:
    """What a look-up finds: where it stands in the book, and its text."""

    kind: str
    name: str
    title: str
    text: str


def entries(book: Book) -> list[Entry]:
    """Everything that has a name: variables, codes, rules, pages of the guide, and findings."""
    found = []
    for table in book.tables.values():
        for variable in table.variables:
            lines = [variable.description, f"Type: {variable.type}. {limits(variable)}".strip()]
            if variable.missing:
                lines.append(f"Missing means: {variable.missing}.")
            codes = book.code_list(variable)
            if codes is not None:
                lines.append(f"Codes: {', '.join(str(v) for v in codes.values[:60])}")
            lines.append(f"Example: {variable.example}")
            found.append(
                Entry(f"variable of {table.name}", variable.name, variable.title, "\n".join(lines))
            )
    for codes in book.code_lists.values():
        for code in codes.codes:
            lines = [code.definition]
            lines += [f"Include: {code.include}"] if code.include else []
            lines += [f"Exclude: {code.exclude}"] if code.exclude else []
            found.append(
                Entry(f"code of {codes.name}", str(code.code), code.label, "\n".join(lines))
            )
    found += [Entry(f"rule on {r.on}, {r.severity}", r.id, r.says, _rule(r)) for r in book.rules]
    found += [Entry("guide", p.name, p.title, p.text) for p in book.guide]
    found += [
        Entry(
            f"finding, {kind.subject.lower()}",
            kind.id,
            kind.says,
            f"{kind.why}\nWhat to do: {kind.do}",
        )
        for kind in catalogue().values()
    ]
    return found


def _rule(rule: Rule) -> str:
    test = rule.violates or rule.forbids or f"not in {rule.normal_form}"
    return (
        f"{rule.why}\nViolated when: {test}\nBad:  {dict(rule.bad[0])}\nGood: {dict(rule.good[0])}"
    )


def look_up(book: Book, term: str) -> list[Entry]:
    """The entries named by a term; if none is, those whose title or text has it."""
    wanted = term.casefold()
    everything = entries(book)
    named = [e for e in everything if e.name.casefold() == wanted]
    return named or [e for e in everything if wanted in f"{e.name} {e.title} {e.text}".casefold()]


def anchor(text: object) -> str:
    """The anchor of a name, as links spell it."""
    return re.sub(r"[^a-z0-9]+", "-", str(text).casefold()).strip("-")


@cache
def _environment() -> Any:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        autoescape=False,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["anchor"] = anchor
    environment.filters["cell"] = lambda value: (
        "" if value is None else str(value).replace("|", "\\|").replace("\n", " ")
    )
    environment.filters["lower_headings"] = lambda text: re.sub(r"(?m)^(#+) ", r"##\1 ", text)
    return environment
