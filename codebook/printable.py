"""Make text from data safe to print: it cannot control a terminal or a workflow's log."""

from __future__ import annotations

import json
import re

ACTING = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f"  # control characters but tab and line feed
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # the direction of writing
    "\u2028\u2029"  # line and paragraph separator
    "\ud800-\udfff"  # halves of characters, as in names that are no UTF-8
)
_ACTING = re.compile(f"[{ACTING}]")
_ACTING_IN_LINE = re.compile(f"[{ACTING}\t\n]")
_ANYWHERE, _AT_START = "##[", re.compile(r"^(\s*):(?=:)")
"""What GitHub's runner reads as a command: `##[` anywhere in a line, `::` at its start."""


def _escape(match: re.Match[str]) -> str:
    return json.dumps(match.group())[1:-1]


def printable(text: str) -> str:
    """Return text with control characters as JSON escapes; line feeds stay, and JSON stays JSON."""
    return _ACTING.sub(_escape, text).replace(_ANYWHERE, "##\\u005b")


def markdown_text(text: object) -> str:
    """Return text for a line or cell of Markdown, with all markup escaped."""
    escaped = re.sub(r"([\\`*_\[\]<>|~&#])", r"\\\1", printable_line(text))
    # A bare address would become a link.
    return escaped.replace("://", ":\\//").replace("www.", "www\\.")


def printable_line(text: object) -> str:
    """Return text as one line: line feeds are escaped, and a workflow reads no command in it."""
    line = _ACTING_IN_LINE.sub(_escape, str(text)).replace(_ANYWHERE, "##\\u005b")
    return _AT_START.sub(r"\1\\u003a", line)
