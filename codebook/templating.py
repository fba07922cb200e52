"""The template environment of every page that the project writes."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any


@cache
def environment(folder: Path, *more: Path, html: bool = False) -> Any:
    """Return a Jinja environment: an unknown name is an error, never an empty place on the page.

    Args:
        folder: the folder of the templates.
        more: further folders to look in, such as one with a shared base.
        html: escape what is inserted; for Markdown and plain text leave it off.
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
