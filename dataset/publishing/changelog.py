"""The data part of the changelog: what the tables of a version have that the last release had not."""

from __future__ import annotations

import re

from ..releases.diff import Difference
from ..releases.diff_report import human
from ..tables.build import Frames

END = "<!-- /data -->"


def block(tables: Frames, difference: Difference | None) -> str:
    """What changed in the data, as Markdown; for a first release, what there is."""
    if difference is None:
        counts = [f"{frame.height:,} {name}" for name, frame in tables.items() if frame.height]
        return f"First release of the data: {', '.join(counts) or 'no rows'}."
    if not difference.kinds:
        return "The data are those of the release before."
    told = "\n".join(human(difference).splitlines()[:-1])
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", told)), default=0))
    return f"Data: {difference.summary()}.\n\n{fence}\n{told}\n{fence}"


def with_block(changelog: str, version: str, text: str) -> str:
    """A changelog with the data part of a version made anew; unchanged if it has none.

    The part lies between a line `<!-- data VERSION ... -->` and `<!-- /data -->`.
    """
    begin = re.search(rf"^<!-- data {re.escape(version)}\b[^\n]*-->\n", changelog, re.M)
    end = changelog.find(END, begin.end()) if begin else -1
    if not begin or end < 0:
        return changelog
    return f"{changelog[: begin.end()]}\n{text}\n\n{changelog[end:]}"
