"""The page: one file with everything in it, which asks nobody for anything."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from ...codebook import Book
from . import pictures
from .gather import Gathered, codebooks

TEMPLATES = Path(__file__).parent / "templates"
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; "
    "img-src data:; base-uri 'none'; form-action 'none'"
)
"""What the page may do: run what is in it, and fetch nothing. Vega compiles expressions (eval)."""


def to_html(gathered: Gathered, book: Book | None = None) -> str:
    """The page as HTML.

    Args:
        gathered: what it shows.
        book: the package's own codebook; ours if left out.

    Raises:
        InputError: the libraries that draw are not installed.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    pictures.altair()
    templates = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    from markupsafe import Markup

    own = {k: v for k, v in asdict(gathered).items() if k not in ("title", "about", "notes")}
    return templates.get_template("explore.html.j2").render(
        page=gathered,
        books=codebooks(book),
        version=metadata.version("eventbook"),
        policy=POLICY,
        style=Markup((TEMPLATES / "explore.css").read_text(encoding="utf-8")),
        script=Markup((TEMPLATES / "explore.js").read_text(encoding="utf-8")),
        bundle=Markup(_bundle()),
        data=Markup(inert(own)),
        specs=Markup(inert(pictures.all_specs())),
    )


def inert(values: Mapping[str, Any]) -> str:
    """Values as JSON in which nothing can end the element that it stands in."""
    text = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


@cache
def _bundle() -> str:
    """Vega, Vega-Lite and Vega-Embed, to stand in a script element."""
    import vl_convert

    found = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
    return found.replace("</script", "<\\/script").replace("<!--", "<\\!--")
