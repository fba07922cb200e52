"""The reference page of a codebook, and the entries of its terms."""

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
    "pattern": lambda variable, _: form_in_words(variable),
}
SHOWN_CODES = 60
"""How many codes of its list the entry of a variable shows."""


def page(book: Book, dataset: str = "") -> str:
    """Return the whole book as one Markdown page, with an anchor for every name.

    Args:
        book: the book.
        dataset: the dataset that follows it, with its version; empty if there is none.
    """
    short, long = lists_by_length(book)
    return (
        _pages()
        .get_template("codebook.md.j2")
        .render(
            book=book,
            versions=versions(book, dataset),
            short=short,
            long=long,
            rules=rules_by_table(book),
            findings=catalogue().values(),
        )
    )


def versions(book: Book, dataset: str = "") -> str:
    """Return in a sentence which version of a book this is, and which dataset follows it."""
    own = f"Version {book.version} of the codebook"
    return (
        f"{own}, which has versions of its own: {dataset} follows this one."
        if dataset
        else f"{own}."
    )


def lists_by_length(book: Book) -> tuple[list[CodeList], list[CodeList]]:
    """Return the code lists that people read, and the registers, such as countries, that few do."""
    listed = [codes for codes in book.code_lists.values() if not codes.of_variables]
    long = [codes for codes in listed if len(codes.codes) > SHOWN_CODES]
    return [codes for codes in listed if codes not in long], long


def rules_by_table(book: Book) -> dict[str, list[Rule]]:
    """Return the rules of each table, in the order of the book."""
    rules: dict[str, list[Rule]] = {}
    for rule in book.rules:
        rules.setdefault(rule.on, []).append(rule)
    return rules


def form_in_words(variable: Variable) -> str:
    """Return the form of a variable without its regular expression: the words, or an example."""
    if re.fullmatch(r"[\w -]+(\|[\w -]+)+", variable.pattern):
        return f"one of {', '.join(f'`{word}`' for word in variable.pattern.split('|'))}"
    return f"written like `{variable.example}`"


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
    """What a book says of one name: its kind, its text, and its anchor on the page."""

    kind: str
    name: str
    title: str
    text: str
    anchor: str


def terms(book: Book) -> list[Entry]:
    """Return the entries of a book's variables, codes and rules."""
    return [
        *(variable_entry(book, t, v) for t in book.tables.values() for v in t.variables),
        *(
            code_entry(c, code)
            for c in book.code_lists.values()
            if not c.of_variables
            for code in c.codes
        ),
        *map(rule_entry, book.rules),
    ]


def anchor(*names: object) -> str:
    """Return the anchor of a name, or of nested names, as links spell it."""
    return "-".join(re.sub(r"[^a-z0-9]+", "-", str(n).casefold()).strip("-") for n in names)


def variable_entry(book: Book, table: Table, variable: Variable, with_codes: bool = True) -> Entry:
    """Return the entry of a variable.

    Args:
        book: the book.
        table: the table of the variable.
        variable: the variable.
        with_codes: name the first codes of its list in the text.
    """
    codes = book.code_list(variable) if with_codes else None
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


def code_entry(codes: CodeList, code: Code) -> Entry:
    """Return the entry of a code."""
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


def rule_entry(rule: Rule) -> Entry:
    """Return the entry of a rule."""
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
        "lower_headings": lower_headings,
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


def lower_headings(text: str) -> str:
    """Return a page of the guide with headings that fit below those of the reference page."""
    return re.sub(r"(?m)^(#+) ", r"##\1 ", text)
