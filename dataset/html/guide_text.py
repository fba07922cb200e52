"""The text of a guide as HTML: Markdown in which nothing runs and nothing is loaded."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

NO_LINKS: Mapping[str, str] = {}


def html_of(markdown: str, links: Mapping[str, str] = NO_LINKS) -> str:
    """Return a text in Markdown as HTML; HTML in it shows as text, no link runs anything.

    Args:
        markdown: the text; an image in it shows as its text.
        links: the address of each name that is a link wherever it is written as code.
    """
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
    # A table that is wider than a phone scrolls in a box of its own.
    parser.add_render_rule("table_open", lambda *_: '<div class="wide"><table>')
    parser.add_render_rule("table_close", lambda *_: "</table></div>")
    if links:
        parser.add_render_rule("code_inline", _linked(links))
    return parser.render(markdown)


def _linked(links: Mapping[str, str]) -> Any:
    """Return the rule that writes names as links."""

    def code_inline(renderer: Any, tokens: Any, at: int, options: Any, env: Any) -> str:
        name = tokens[at].content
        code = f"<code>{escape(name)}</code>"
        return f'<a href="{escape(links[name])}">{code}</a>' if name in links else code

    return code_inline
