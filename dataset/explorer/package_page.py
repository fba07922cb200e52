"""The explorer's files: the page, and the README figure."""

from __future__ import annotations

import hashlib
import json
import struct
import zlib
from pathlib import Path

from ...codebook import Book
from ...validation.package.package import Package
from ..tables import build
from . import figure, page
from .gather import of_file, of_package
from .layout import Parts

PAGE = "explore.html"
MARK = b"eventbook"
"""The keyword of the PNG's text that holds the hash of what was drawn."""


def package_page(package: Package, tables: build.Frames, with_documents: bool = False) -> str:
    """Return the page of a package.

    Raises:
        InputError: the libraries that draw are not installed.
    """
    return page.explorer_html(of_package(package, tables, with_documents), package.book)


def file_page(path: Path, book: str | None = None) -> str:
    """Return the page of a file in a known layout.

    Raises:
        InputError: it cannot be read or is in no known layout, or the libraries are missing.
    """
    its_book, gathered = of_file(path, book)
    return page.explorer_html(gathered, its_book)


def has_figure(book: Book) -> bool:
    """Return whether a book has what the figure draws: days or points of its main table."""
    parts = Parts.of(book, book.main_table)
    return parts.timeline or parts.map


def figure_path(book: Book) -> str:
    """Return where the figure is in a package: beside the table that it draws."""
    return f"dataset/{book.main_table.name}.png"


def figure_of(package: Package, tables: build.Frames) -> bytes | None:
    """Return the figure of a package as PNG: the existing one if it shows the same rows.

    Fonts differ between machines, and with them the pixels. The file therefore has the hash of its
    data, and is drawn again only when that changes.

    Args:
        package: the package.
        tables: its tables as they are published.

    Returns:
        The figure; None if the book names neither days nor points.

    Raises:
        InputError: the libraries that draw are not installed.
    """
    table = package.book.main_table
    spec = figure.spec(package.book, table, tables[table.name])
    if spec is None:
        return None
    digest = hashlib.sha256(json.dumps(spec, sort_keys=True).encode()).hexdigest().encode()
    path = package.root / figure_path(package.book)
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
