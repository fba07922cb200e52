"""The reference pages of a codebook: one Markdown page, and the entry of a single term."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from .catalogue import catalogue
from .model import Book, Code, CodeList, ConstraintKind, Rule, Scalar, Table, Variable
from .printable import markdown_text, printable_line
from .templating import environment

TEMPLATES = Path(__file__).parent / "templates"
IN_WORDS: dict[ConstraintKind, Callable[[Variable, Any], str]] = {
    "required": lambda _, limit: "required",
    "unique": lambda _, limit: "unique",
    "minimum": lambda _, limit: f"from {limit}",
    "maximum": lambda _, limit: f"to {limit}",
    "max-length": lambda _, limit: f"at most {limit} characters",
    "pattern": lambda variable, _: f"form `{variable.pattern}`",
}
SHOWN_CODES = 60
"""How many codes of its list the entry of a variable shows."""


def page(book: Book) -> str:
    """Return the whole book as one Markdown page, with an anchor for every name."""
    template = _pages().get_template("codebook.md.j2")
    return template.render(book=book, findings=catalogue().values())


def limits(variable: Variable) -> str:
    """Return the constraints of a variable in words; its code list is shown by itself."""
    words = [IN_WORDS[c.kind](variable, c.limit) for c in variable.constraints(None)]
    if variable.separator:
        words.append(f"a list, with `{variable.separator}` between")
    return ", ".join(words)


def history(thing: Variable | Code) -> Iterator[str]:
    """Yield sentences on when a variable or code was added, and whether it is deprecated."""
    if thing.since:
        yield f"Since version {thing.since}."
    if thing.deprecated:
        yield f"Deprecated: {thing.deprecated}."


@dataclass(frozen=True)
class Entry:
    """A result of a look-up: its kind, its text, and its anchor on the page."""

    kind: str
    name: str
    title: str
    text: str
    anchor: str


def terms(book: Book) -> list[Entry]:
    """Return the entries of a book's variables, codes and rules."""
    return [
        *(_variable(book, t, v) for t in book.tables.values() for v in t.variables),
        *(
            _code(c, code)
            for c in book.code_lists.values()
            if not c.of_variables
            for code in c.codes
        ),
        *map(_rule, book.rules),
    ]


def entries(book: Book) -> list[Entry]:
    """Return the entries of everything that has a name: terms, pages of the guide, findings."""
    guide = (Entry("guide", p.name, p.title, p.text, anchor("guide", p.name)) for p in book.guide)
    findings = (
        Entry(
            kind=f"finding, {finding.subject.lower()}",
            name=finding.id,
            title=finding.says,
            text=f"{finding.why}\nWhat to do: {finding.do}",
            anchor=anchor("finding", finding.id),
        )
        for finding in catalogue().values()
    )
    return [*terms(book), *guide, *findings]


def look_up(book: Book, term: str) -> list[Entry]:
    """Return the entries named by a term; if there is none, those whose title or text has it.

    Where the book's own language has none, its further languages are searched.
    """
    needle = term.casefold()
    languages = (book, *(book.in_language(language) for language in book.languages))
    listed = [entries(one) for one in languages]
    for everything in listed:
        if named := [e for e in everything if e.name.casefold() == needle]:
            return named
    for everything in listed:
        if found := [e for e in everything if needle in f"{e.name} {e.title} {e.text}".casefold()]:
            return found
    return []


def anchor(*names: object) -> str:
    """Return the anchor of a name, or of nested names, as links spell it."""
    return "-".join(re.sub(r"[^a-z0-9]+", "-", str(n).casefold()).strip("-") for n in names)


def _variable(book: Book, table: Table, variable: Variable) -> Entry:
    codes = book.code_list(variable)
    lines = [
        variable.description,
        f"Type: {variable.type}. {limits(variable)}".strip(),
        f"Unit: {variable.unit}." if variable.unit else "",
        f"Missing means: {variable.missing}." if variable.missing else "",
        f"Codes: {_first_codes(codes)}" if codes else "",
        f"Example: {variable.example}",
        *history(variable),
    ]
    return Entry(
        kind=f"variable of {table.name}",
        name=variable.name,
        title=variable.title,
        text="\n".join(line for line in lines if line),
        anchor=anchor(table.name, variable.name),
    )


def _first_codes(codes: CodeList) -> str:
    shown = ", ".join(map(str, codes.values[:SHOWN_CODES]))
    more = len(codes.values) - SHOWN_CODES
    return f"{shown} ... and {more} more of the list {codes.name}" if more > 0 else shown


def _code(codes: CodeList, code: Code) -> Entry:
    lines = [
        code.definition,
        f"Include: {code.include}" if code.include else "",
        f"Exclude: {code.exclude}" if code.exclude else "",
        *history(code),
    ]
    return Entry(
        kind=f"code of {codes.name}",
        name=str(code.code),
        title=code.label,
        text="\n".join(line for line in lines if line),
        anchor=anchor(codes.name, code.code),
    )


def _rule(rule: Rule) -> Entry:
    condition = rule.violates or rule.forbids or f"not in {rule.normal_form}"
    bad, good = dict(rule.bad[0]), dict(rule.good[0])
    return Entry(
        kind=f"rule on {rule.on}, {rule.severity}",
        name=rule.id,
        title=rule.says,
        text=f"{rule.why}\nViolated when: {condition}\nBad:  {bad}\nGood: {good}",
        anchor=anchor("rule", rule.id),
    )


@cache
def _pages() -> Any:
    pages = environment(TEMPLATES)
    pages.filters |= {
        "anchor": anchor,
        "as_code": _as_code,
        "cell": _cell,
        "lower_headings": _lower_headings,
        "plain": _plain,
    }
    pages.globals |= {"limits": limits, "history": history}
    return pages


def _cell(value: Scalar) -> str:
    """Return a value as the cell of a Markdown table; no tag or comment of HTML begins in it."""
    if value is None:
        return ""
    return str(value).replace("|", "\\|").replace("\n", " ").replace("<", "&lt;")


def _plain(value: Scalar) -> str:
    """Return a value of a table as the cell of a Markdown table: none of it is markup."""
    return "" if value is None else markdown_text(value)


def _as_code(value: Scalar) -> str:
    """Return a value of a table between backticks, more of them than it has in a row itself."""
    text = printable_line(value).replace("|", "\\|")
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", text)), default=0))
    return f"{fence} {text} {fence}" if "`" in text else f"`{text}`"


def _lower_headings(text: str) -> str:
    """Return a page of the guide with headings that fit below those of the reference page."""
    return re.sub(r"(?m)^(#+) ", r"##\1 ", text)
