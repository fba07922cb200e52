"""The codebook as a page of its own, beside the page of the events: guide, variables, codes, rules."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from ...codebook import Book, available, load
from ...codebook.pages import (
    anchor,
    history,
    limits,
    lists_by_length,
    rules_by_table,
    versions,
)
from ...codebook.templating import environment
from ..html.guide_text import html_of
from .page import POLICY, TEMPLATES, joined_files


@dataclass(frozen=True)
class Section:
    """A section of the guide, as HTML; its heading is empty before the first one of a page."""

    anchor: str
    heading: str
    html: str


def codebook_name(page: str) -> str:
    """Return the name of the codebook's page beside a page of events."""
    return f"{PurePath(page).stem}-codebook.html"


def codebook_html(book: Book, dataset: str = "", events: str = "") -> str:
    """Return the codebook as HTML.

    Args:
        book: the codebook.
        dataset: the dataset that follows it, with its version; empty if there is none.
        events: the name of the page of the events in the same folder; empty if there is none.
    """
    from importlib import metadata

    from markupsafe import Markup

    short, long = lists_by_length(book)
    names = _addresses(book)
    pages = environment(TEMPLATES, html=True)
    pages.filters |= {"anchor": anchor, "with_code": _with_code}
    pages.globals |= {"limits": limits, "history": history}
    return pages.get_template("codebook.html.j2").render(
        book=book,
        versions=versions(book, dataset),
        events=events,
        guide=[(page, list(_sections(page.name, page.sections, names))) for page in book.guide],
        short=short,
        long=long,
        rules=list(rules_by_table(book).items()),
        others=_others(book),
        markup=Markup,
        version=metadata.version("eventbook"),
        policy=POLICY,
        style=Markup(joined_files(TEMPLATES, ("explore.css", "codebook.css"))),
        script=Markup(joined_files(TEMPLATES, ("scripts/codebook.js",))),
    )


def _with_code(text: str) -> Any:
    """Return a text as HTML in which what is between backticks is code."""
    from markupsafe import Markup, escape

    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))


def _sections(
    page: str, sections: tuple[tuple[str, str], ...], names: Mapping[str, str]
) -> Iterator[Section]:
    for heading, text in sections:
        # The heading is an element of the page, which has levels of its own.
        body = text.partition("\n")[2] if text.startswith("#") else text
        where = anchor("guide", page, heading) if heading else ""
        yield Section(where, heading, html_of(body, names))


def _addresses(book: Book) -> dict[str, str]:
    """Return the address of each table, variable and rule; a variable of the main table comes first."""
    tables = sorted(book.tables.values(), key=lambda table: table is not book.main_table)
    names = {rule.id: f"#{anchor('rule', rule.id)}" for rule in book.rules}
    names |= {table.name: f"#{anchor('table', table.name)}" for table in tables}
    for table in reversed(tables):
        names |= {v.name: f"#{anchor(table.name, v.name)}" for v in table.variables}
    return names


def _others(book: Book) -> list[Book]:
    """Return the other books that ship; a book of one's own is alone, they do not explain it."""
    names = available()
    return [load(name) for name in names if name != book.name] if book.name in names else []
