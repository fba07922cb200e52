"""The verbs in groups, by what people want to do, as `eventbook --help` lists them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from typer.core import TyperGroup

GROUPS: Mapping[str, tuple[str, ...]] = {
    "Start": ("new", "init", "practice"),
    "Code documents": ("desk", "workbook", "import", "export", "agree", "adjudicate"),
    "Check and publish": ("check", "fmt", "publish"),
    "Use the data": ("codebook", "explore", "convert", "compare", "load"),
    "Use releases": ("verify", "diff"),
}
"""Every verb, in the order in which people meet it."""


class Grouped(TyperGroup):
    """A command whose help lists the verbs in groups."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the groups, each with its verbs and their first lines."""
        width = max(map(len, self.commands))
        for title, verbs in GROUPS.items():
            with formatter.section(title):
                lines = [(v.ljust(width), self.commands[v].get_short_help_str(80)) for v in verbs]
                formatter.write_dl(lines)
