"""The explorer's files: the page, and the README figure."""

from __future__ import annotations

import hashlib
import json
import struct
import zlib
from pathlib import Path

import polars as pl

from ...validation.package.package import Package
from ..tables import build
from . import figure, page
from .gather import aggregates, of_file, of_package

PAGE = "explore.html"
FIGURE = "dataset/events.png"
MARK = b"eventbook"
"""The keyword of the PNG's text that holds the hash of what was drawn."""


def package_page(package: Package, tables: build.Frames, with_documents: bool = False) -> str:
    """Return the page of a package.

    Raises:
        InputError: the libraries that draw are not installed.
    """
    return page.explorer_html(of_package(package, tables, with_documents), package.book)


def file_page(path: Path, book: str | None = None) -> str:
    """Return the page of a file of events.

    Raises:
        InputError: it cannot be read or is in no known layout, or the libraries are missing.
    """
    return page.explorer_html(of_file(path, book))


def figure_of(package: Package, events: pl.DataFrame) -> bytes:
    """Return the figure of a package as PNG: the existing one if it shows the same events.

    Fonts differ between machines, and with them the pixels. The file therefore has the hash of its
    data, and is drawn again only when that changes.

    Raises:
        InputError: the libraries that draw are not installed.
    """
    spec = figure.spec(events, aggregates(package.book))
    digest = hashlib.sha256(json.dumps(spec, sort_keys=True).encode()).hexdigest().encode()
    path = package.root / FIGURE
    old = path.read_bytes() if path.is_file() else b""
    return old if drawn_from(old) == digest else marked(figure.to_png(spec), digest)


def marked(png: bytes, text: bytes) -> bytes:
    """Return a PNG with a text right after its header (PNG specification, section 11.3.3.2)."""
    body = b"tEXt" + MARK + b"\0" + text
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    header = 8 + 25
    return png[:header] + chunk + png[header:]


def drawn_from(png: bytes) -> bytes | None:
    """Return the text that `marked` added; None if there is none."""
    begin = png.find(b"tEXt" + MARK + b"\0")
    if begin < 4:
        return None
    (size,) = struct.unpack(">I", png[begin - 4 : begin])
    return png[begin + 4 + len(MARK) + 1 : begin + 4 + size]
