"""Renew the parts of a Markdown file that publishing writes: blocks between two comments.

A block begins with a line `<!-- MARKER ... -->` and ends with `<!-- /NAME -->`, where the name is
the first word of the marker: `<!-- data 1.0.0: written by eventbook publish -->`, `<!-- /data -->`.
"""

from __future__ import annotations

import re


def renew(text: str, marker: str, block: str) -> str:
    """Return a text with the content of one of its blocks replaced; unchanged without that block.

    Args:
        text: the Markdown text.
        marker: how the comment that opens the block begins.
        block: the new content.
    """
    name = marker.split()[0]
    match = re.search(
        rf"(^<!-- {re.escape(marker)}\b[^\n]*-->\n)(?:.*?)(^<!-- /{re.escape(name)} -->)",
        text,
        re.M | re.S,
    )
    if match is None:
        return text
    opening, ending = match.groups()
    return f"{text[: match.start()]}{opening}\n{block}\n\n{ending}{text[match.end() :]}"
