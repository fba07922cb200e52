"""The page: one file with everything in it, which requests nothing from the network."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from ...codebook import Book
from ...codebook.templating import environment
from . import pictures
from .gather import Gathered, codebooks
from .layout import Layout

TEMPLATES = Path(__file__).parent / "templates"
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; "
    "img-src data:; base-uri 'none'; form-action 'none'"
)
"""The page may run its own scripts and fetch nothing. Vega compiles expressions (eval)."""


def explorer_html(gathered: Gathered, book: Book) -> str:
    """Return the page as HTML.

    Args:
        gathered: its content.
        book: the codebook that its rows follow.

    Raises:
        InputError: the libraries that draw are not installed.
    """
    from markupsafe import Markup

    layout = gathered.layout
    graded = layout.exact is not None
    specs = pictures.all_specs(layout.palette, layout.one, layout.several, graded)
    own = {k: v for k, v in asdict(gathered).items() if k not in ("title", "about", "notes")}
    return (
        environment(TEMPLATES, html=True)
        .get_template("explore.html.j2")
        .render(
            page=gathered,
            layout=layout,
            parts=layout.parts,
            filters=list(_role_filters(layout)),
            books=codebooks(book),
            version=metadata.version("eventbook"),
            policy=POLICY,
            style=Markup((TEMPLATES / "explore.css").read_text(encoding="utf-8")),
            script=Markup((TEMPLATES / "explore.js").read_text(encoding="utf-8")),
            bundle=Markup(_bundle()),
            data=Markup(inert(own)),
            specs=Markup(inert(specs)),
        )
    )


def _role_filters(layout: Layout) -> Iterator[tuple[str, str]]:
    """Yield the filters that the roles of several columns make together, with their labels."""
    roles = layout.roles
    if roles.type:
        alone = layout.variables[roles.type[0]]["title"]
        yield "type", alone if len(roles.type) == 1 else "Type"
    if roles.sides:
        yield "actor", "Actor"
    if roles.place and (roles.place.name or roles.place.division or roles.place.country):
        yield "place", "Place"
    if layout.status:
        yield "status", "Fatalities"


def inert(values: Mapping[str, Any]) -> str:
    """Return values as JSON in which nothing can end the element around it."""
    text = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


@cache
def _bundle() -> str:
    """Return Vega, Vega-Lite and Vega-Embed, safe within a script element."""
    import vl_convert

    bundle = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
    return bundle.replace("</script", "<\\/script").replace("<!--", "<\\!--")
