"""Instructions for a coder who has only text in and text out, made from the book."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ...codebook import Book, CodeList, Rule, Table
from ...codebook.coding_form import CODEBOOK, DOCUMENT, QUOTES, VALUE, CodingPart, Field
from ...codebook.model import PARTS_OF_INSTRUCTIONS, Scalar
from ...codebook.nearest import nearest
from ...codebook.pages import lower_headings
from ...codebook.printable import printable_line
from ...codebook.templating import environment
from ...codebook.wording import (
    LIMITS,
    LONG_LIST,
    capitalized,
    example_of,
    explained,
    has_own_id,
    label_of,
    limits_in_words,
    own_id,
    type_in_words,
    with_full_stop,
)
from ...validation.errors import InputError
from ...validation.schemas.json_schema import chosen_parts, found_in
from .given import NOTHING, Given, GivenDocument
from .worked_example import example_coding

TEMPLATES = Path(__file__).parent / "templates"
SAID = frozenset(LIMITS) - {"required"}
"""The limits that are said beside a variable; what is needed is marked."""


@dataclass(frozen=True)
class Instructions:
    """The text, and what was left out of it to keep within a length."""

    text: str
    left_out: tuple[str, ...] = ()


def instructions(
    book: Book,
    given: Given = NOTHING,
    document: str | None = None,
    tables: Sequence[str] | None = None,
    length: int | None = None,
    without: Iterable[str] = (),
) -> Instructions:
    """Return what a coder must know who reads a document and answers with a coding as JSON.

    The same book and package give the same text.

    Args:
        book: the codebook.
        given: what the package gives: known names, documents.
        document: the id of the document that is coded, whose text is then at the end.
        tables: the tables that are coded; all that coders fill if left out.
        length: how many characters the text may have; what is left out first is in the book.
        without: parts to leave out whatever the length, named as in the book.

    Raises:
        InputError: there is no such table, document or part, or the text cannot be so short.
    """
    parts = chosen_parts(book, tables)
    text = given.document(document) if document is not None else None
    left_out = list(dict.fromkeys(without))
    _ensure_parts(book, left_out)
    order = [name for name in _order(book) if name not in left_out]
    while True:
        whole = _rendered(book, parts, given, text, left_out)
        if length is None or len(whole) <= length:
            return Instructions(whole, tuple(left_out))
        if not order:
            raise InputError(
                f"{length:,} characters are too few: the shortest instructions have {len(whole):,}"
            )
        left_out.append(order.pop(0))


def instructions_on(book: Book, term: str) -> str:
    """Return the instructions on one variable, code list, table, rule or page of the guide alone.

    Raises:
        InputError: the codebook has nothing of that name that coders need.
    """
    parts = chosen_parts(book)
    pages = {page.name: page.text for page in _pages(book)}
    fields = [(part, field) for part in parts for field in _all_fields(part)]
    lists = {codes.name: codes for codes in _lists(book, parts)}
    rules = {rule.id: rule for _, listed in _rules(book, parts, ()) for rule in listed}
    known = [*(field.name for _, field in fields), *(part.name for part in parts)]
    known += [*lists, *rules, *pages]
    if term not in known:
        near = nearest(term, known)
        hint = f"; did you mean {near}?" if near else ""
        raise InputError(f"{term}: the instructions have nothing of this name{hint}")
    if term in pages:
        return _ended(pages[term])
    fields = [(part, field) for part, field in fields if field.name == term]
    of_field = [field.codes for _, field in fields if _shows(field)][:1]
    text = (
        _templates()
        .get_template("one.md.j2")
        .render(
            book=book,
            tables=[part for part in parts if part.name == term],
            fields=fields,
            lists=[lists[term]] if term in lists else of_field,
            rules=[rules[term]] if term in rules else [],
            without=frozenset(),
        )
    )
    return _ended(re.sub(r"\n{3,}", "\n\n", text))


def document_text(document: GivenDocument) -> str:
    """Return a document as a coder gets it: what is known of it, its paragraphs with numbers."""
    return _ended(_templates().get_template("document.md.j2").render(document=document))


def _ended(text: str) -> str:
    """Return a text with one line feed at its end, as a file of it has."""
    return text.rstrip("\n") + "\n"


def _order(book: Book) -> Iterator[str]:
    """Yield what is left out, the least needed first."""
    yield from book.less_needed
    yield from (name for name in PARTS_OF_INSTRUCTIONS if name not in book.less_needed)


def _ensure_parts(book: Book, names: Iterable[str]) -> None:
    """Ensure that the instructions have the parts that are to be left out.

    Raises:
        InputError: they do not.
    """
    known = [*book.guide_parts, *PARTS_OF_INSTRUCTIONS]
    for name in (name for name in names if name not in known):
        near = nearest(name, known)
        hint = f"; did you mean {near!r}?" if near else ""
        raise InputError(f"{name}: neither the guide nor the instructions have such a part{hint}")


def _rendered(
    book: Book,
    parts: Sequence[CodingPart],
    given: Given,
    document: GivenDocument | None,
    left_out: Sequence[str],
) -> str:
    without = frozenset(left_out)
    chosen = {part.name for part in parts}
    quoted = next((part.quote for part in parts if part.quote), None)
    text = (
        _templates()
        .get_template("instructions.md.j2")
        .render(
            book=book,
            parts=parts,
            codebook_key=CODEBOOK,
            document_key=DOCUMENT,
            value_key=VALUE,
            quotes_key=QUOTES,
            label=label_of(book),
            left_out=left_out,
            without=without,
            guide=list(_guide(book, without)),
            lists=_lists(book, parts),
            rules=[] if "rules" in without else list(_rules(book, parts, without)),
            quote=quoted,
            typed_quotes=book.typed_quotes,
            own=[p for p in parts if any(has_own_id(p, f) for f in p.fields.values())],
            shared=[p for p in parts if p.kind == "shared"],
            known={t.name: given.rows.get(t.name, ()) for t in _named_tables(book, parts, chosen)},
            example=json.dumps(
                example_coding(book, document.id if document else None, parts),
                ensure_ascii=False,
                indent=1,
            ),
            document=document,
        )
    )
    return _ended(re.sub(r"\n{3,}", "\n\n", text))


def _pages(book: Book) -> Iterator[Any]:
    return (page for page in book.guide if page.name not in book.tool_pages)


def _guide(book: Book, without: Set[str]) -> Iterator[str]:
    """Yield the pages of the guide, without those and the sections that are left out."""
    for page in _pages(book):
        if page.name in without:
            continue
        kept = (
            text
            for heading, text in page.sections
            if heading not in without and f"{page.name}/{heading}" not in without
        )
        yield lower_headings("".join(kept)).strip()


def _all_fields(part: CodingPart) -> list[Field]:
    """Return the keys of a row, and of its quotes."""
    reasons = part.quote.reasons if part.quote else ()
    return [*part.fields.values(), *(f for f in reasons if f.name not in part.fields)]


def _shows(field: Field) -> bool:
    return field.codes is not None and not field.codes.of_variables


def _lists(book: Book, parts: Sequence[CodingPart]) -> list[CodeList]:
    """Return the lists of the variables that are typed, and those that codes of these look up."""
    typed = [f.codes for part in parts for f in _all_fields(part) if f.codes and _shows(f)]
    used = {name for codes in typed for name in (codes.name, *codes.attributes)}
    return [codes for codes in book.code_lists.values() if codes.name in used]


def _rules(
    book: Book, parts: Sequence[CodingPart], without: Set[str] | tuple[()]
) -> Iterator[tuple[str, list[Rule]]]:
    """Yield the rules on each table that is typed, then those on texts."""
    tables = {part.name for part in parts}
    if any(part.quote for part in parts):
        tables |= {table.name for table in (book.quotes, book.typed_quotes) if table}

    def kept(rules: Iterator[Rule]) -> list[Rule]:
        skip = "rules that only warn" in without
        return [rule for rule in rules if not (skip and rule.severity == "warning")]

    for name in (name for name in book.tables if name in tables):
        if rules := kept(book.rules_on(name)):
            yield f"Rules on {name}", rules
    if rules := kept(iter(book.text_rules)):
        yield "Rules on texts", rules


def _named_tables(book: Book, parts: Sequence[CodingPart], chosen: Set[str]) -> list[Table]:
    """Return the shared tables that are typed or pointed to."""
    targets = {f.target.name for part in parts for f in part.fields.values() if f.target}
    return [table for table in book.shared if table.name in chosen | targets]


@cache
def _templates() -> Any:
    templates = environment(TEMPLATES)
    templates.filters |= {
        "capitalized": capitalized,
        "example_row": _example_row,
        "with_full_stop": with_full_stop,
    }
    templates.globals |= {
        "attributes_of": lambda code: [
            f"{name} {value}" for name, value in code.attributes.items() if value is not None
        ],
        "explained": explained,
        "example_of": example_of,
        "follows": lambda table: [v.name for v in table.variables if v.derived],
        "found_in": found_in,
        "is_long": lambda codes: len(codes.codes) > LONG_LIST,
        "limits": lambda part, field: limits_in_words(part, field, SAID),
        "own_id": own_id,
        "shown": lambda codes: [code for code in codes.codes if not code.deprecated],
        "type_of": type_in_words,
    }
    return templates


def _example_row(row: Mapping[str, Scalar]) -> str:
    """Return an example of a rule in a line."""
    return ", ".join(
        f"`{name}` {'empty' if value is None else printable_line(json.dumps(value, ensure_ascii=False))}"
        for name, value in row.items()
    )
