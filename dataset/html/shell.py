"""Filling the template of a report: one page that needs nothing else, and runs nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ...codebook.templating import environment

SHELL = Path(__file__).parent / "templates"


def render(folder: Path, template: str, **values: Any) -> str:
    """Return a page from a template that extends `base.html`; inserted text is escaped.

    Args:
        folder: the folder of the template.
        template: its file name.
        values: what the template inserts, by name.
    """
    return environment(folder, SHELL, html=True).get_template(template).render(**values)
