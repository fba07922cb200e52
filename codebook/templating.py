"""The template environment of every page that the project writes."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any


@cache
def environment(folder: Path, *more: Path, html: bool = False) -> Any:
    """Return a Jinja environment in which an unknown name is an error, not an empty text.

    Args:
        folder: the folder of the templates.
        more: further folders to search, such as one with a shared base.
        html: escape inserted values; leave it off for Markdown and plain text.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader([folder, *more]),
        undefined=StrictUndefined,
        autoescape=html,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
