"""The page: one file with everything in it, which requests nothing from the network."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, fields
from importlib import metadata
from pathlib import Path
from typing import Any

from ...codebook import Book
from ...codebook.templating import environment
from .gather import Gathered
from .layout import Layout

TEMPLATES = Path(__file__).parent / "templates"
SCRIPTS = (
    "data", "evidence", "definitions", "filters", "list", "claims", "detail", "pictures", "timeline", "map", "fatalities",
    "actors", "show", "download", "start",
)  # fmt: skip
"""The page's scripts, in order: each may use what those before it define."""
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
    "img-src data:; base-uri 'none'; form-action 'none'"
)
"""The page may run its own scripts and fetch nothing."""
STYLES = ("explore.css", "pictures.css")
SOURCES = (
    "Land and borders: Natural Earth at 1:50 million, as it draws and names them; no position on "
    "disputed borders is meant. Cities: GeoNames (CC BY 4.0)."
)
"""The small print of a map."""
POLICY_WITH_PARTS = POLICY.replace("script-src", "script-src 'self' file:")
"""Besides, it loads the scripts with the parts of its evidence; a file is not its own `self`."""


def explorer_html(gathered: Gathered, book: Book, codebook: str = "", folder: str = "") -> str:
    """Return the page as HTML.

    Args:
        gathered: its content.
        book: the codebook that its rows follow.
        codebook: the name of the codebook's page in the same folder; empty if there is none.
        folder: the name of the folder beside it that has the parts of the evidence; empty if
            there are no parts.
    """
    from markupsafe import Markup

    layout = gathered.layout
    parts = gathered.parts
    own = _own(gathered, folder)
    own["documents"] = {
        name: {"title": document.title, "about": document.about}
        for name, document in gathered.story.documents.items()
    }
    return (
        environment(TEMPLATES, html=True)
        .get_template("explore.html.j2")
        .render(
            page=gathered,
            story=gathered.story,
            layout=layout,
            parts=layout.parts,
            has_claims=bool(gathered.claims or (parts and (parts.claimed or parts.loose))),
            filters=list(_role_filters(layout)),
            codebook=codebook,
            version=metadata.version("eventbook"),
            policy=POLICY_WITH_PARTS if folder else POLICY,
            sources=SOURCES,
            style=Markup(joined_files(TEMPLATES, STYLES)),
            script=Markup(_script()),
            data=Markup(inert({**own, "codebook": codebook})),
        )
    )


def _own(gathered: Gathered, folder: str) -> dict[str, Any]:
    """Return what the page's scripts take; the template has the rest."""
    elsewhere = ("title", "about", "notes", "story", "layout", "parts")
    own = {f.name: getattr(gathered, f.name) for f in fields(gathered) if f.name not in elsewhere}
    own["layout"] = asdict(gathered.layout)
    own["background"] = asdict(gathered.background) if gathered.background else None
    if parts := gathered.parts:
        own["parts"] = {
            "folder": folder,
            "rows": parts.rows,
            "count": len(parts.parts),
            "claimed": parts.claimed,
            "loose": parts.loose,
        }
    return own


def part_name(number: int) -> str:
    """Return the name of the file of a part of the evidence."""
    return f"{number:04}.js"


def part_script(number: int, part: Mapping[str, Any]) -> str:
    """Return a part of the evidence as a script, which a page can load where it may not fetch."""
    return f"evidencePart({number}, {inert(part)});\n"


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


def _script() -> str:
    """Return the page's scripts as one, in a scope of their own."""
    names = [f"{name}.js" for name in SCRIPTS]
    return f'"use strict";\n{{\n{joined_files(TEMPLATES / "scripts", names)}}}'


def joined_files(folder: Path, names: Sequence[str]) -> str:
    """Return the text of several files of a folder as one."""
    return "\n".join((folder / name).read_text(encoding="utf-8") for name in names)
