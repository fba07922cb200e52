"""Text of data made fit to be shown: nothing in it acts on a terminal or on a workflow's log."""

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
_COMMAND = re.compile(r"^(\s*):(?=:)|##\[")
"""What GitHub's runner takes for a command: `::` at the start of a line, `##[` anywhere in one."""


def _escape(match: re.Match[str]) -> str:
    return json.dumps(match.group())[1:-1]


def printable(text: str) -> str:
    """Return text with each character that acts as its JSON escape; its lines stay lines."""
    return _ACTING.sub(_escape, text)


def printable_line(text: object) -> str:
    """Return text as one line: line feeds are escaped too, and it is no command of a workflow."""
    line = _ACTING_IN_LINE.sub(_escape, str(text))
    return _COMMAND.sub(lambda m: "##\\u005b" if m[1] is None else f"{m[1]}\\u003a", line)
