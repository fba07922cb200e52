"""The files of the page: read once, by name, so that no address reaches the file system."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent
STATIC, TEMPLATES = HERE / "static", HERE / "templates"
TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True)
class Asset:
    """A file of the page: its bytes, and what they are."""

    data: bytes
    media_type: str


@cache
def assets() -> Mapping[str, Asset]:
    """Return the files of the page by their names."""
    return {
        path.name: Asset(path.read_bytes(), TYPES[path.suffix])
        for path in sorted(STATIC.iterdir())
        if path.suffix in TYPES
    }
