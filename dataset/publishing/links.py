"""The links of pages: which pages a release needs for them, and those that would lead nowhere."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection
from pathlib import Path

LINK = re.compile(r"!?\[([^\[\]]*)\]\(([^()#\s:]+)(?:#[^()\s]*)?\)")
"""A link of Markdown to a file: its words, and the path."""


def linked_pages(root: Path, page: str) -> list[str]:
    """Return the pages of a package that a page leads to, itself or over another page.

    Args:
        root: the package.
        page: the name of the page, from the root, as are those returned.
    """
    pages, open_pages = [], [page]
    while open_pages:
        name = open_pages.pop()
        path = root / name
        if name in pages or not path.is_file() or not path.resolve().is_relative_to(root.resolve()):
            continue
        pages.append(name)
        goals = (_goal(name, link[2]) for link in LINK.finditer(path.read_text(encoding="utf-8")))
        open_pages += [goal for goal in goals if goal.endswith(".md")]
    return sorted(set(pages) - {page})


def without_dead_links(text: str, page: str, names: Collection[str]) -> str:
    """Return the text of a page in which links to files that are not there are only words.

    Args:
        text: Markdown.
        page: the name of the page, from the root.
        names: the names of the files that are there, from the root.
    """
    return LINK.sub(lambda link: link[0] if _goal(page, link[2]) in names else link[1], text)


def _goal(page: str, path: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(page), path))
