"""The explorer's files: the page, the codebook beside it, and the README figure."""

from __future__ import annotations

import hashlib
import json
import struct
import zlib
from pathlib import Path

from ...codebook import Book
from ...validation.package.package import Package
from ...validation.progress import step
from ..tables import build
from . import figure, page, png
from .codebook_page import codebook_html, codebook_name
from .gather import Gathered, of_file, of_package, without_evidence
from .layout import Parts
from .story import Story, documents

PAGE = "explore.html"
MARK = b"eventbook"
"""The keyword of the PNG's text that holds the hash of what was drawn."""


def package_page(
    package: Package, tables: build.Frames, with_documents: bool = False, codebook: str = ""
) -> str:
    """Return the page of a package as one file.

    Args:
        package: the package.
        tables: its tables as they are published.
        with_documents: include the whole documents.
        codebook: the name of the codebook's page beside it; empty if there is none.
    """
    gathered = without_evidence(of_package(package, tables, with_documents))
    return page.explorer_html(gathered, package.book, codebook)


def package_pages(
    package: Package, tables: build.Frames, name: str, with_documents: bool = False
) -> dict[str, str]:
    """Return the page of a package, the codebook's beside it and parts of the evidence, by name.

    A small package has no parts: its page has all of the evidence.
    """
    gathered = of_package(package, tables, with_documents)
    return _with_codebook(gathered, package.book, name, dataset_of(package))


def parts_folder(name: str) -> str:
    """Return the name of the folder with the parts of a page's evidence."""
    return f"{Path(name).stem}-parts"


def package_codebook(package: Package, events: str) -> str:
    """Return the page of a package's codebook, beside a page of its events."""
    return codebook_html(package.book, dataset_of(package), events)


def dataset_of(package: Package) -> str:
    """Return how a page calls the dataset of a package."""
    return f"{package.name} {package.version}"


def file_page(path: Path, book: str | None = None) -> str:
    """Return the page of a file in a known layout as one file.

    Raises:
        InputError: it cannot be read or is in no known layout.
    """
    its_book, gathered = of_file(path, book)
    return page.explorer_html(gathered, its_book)


def file_pages(path: Path, name: str, book: str | None = None) -> dict[str, str]:
    """Return the page of a file in a known layout and the codebook's beside it, by their names.

    Raises:
        InputError: as `file_page`.
    """
    its_book, gathered = of_file(path, book)
    return _with_codebook(gathered, its_book, name)


def _with_codebook(gathered: Gathered, book: Book, name: str, dataset: str = "") -> dict[str, str]:
    step("making the page")
    beside = codebook_name(name)
    folder = parts_folder(name)
    parts = gathered.parts.parts if gathered.parts else []
    return {
        name: page.explorer_html(gathered, book, beside, folder if parts else ""),
        beside: codebook_html(book, dataset, name),
        **{
            f"{folder}/{page.part_name(number)}": page.part_script(number, part)
            for number, part in enumerate(parts)
        },
    }


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
    finding = package.settings.text("finding", "")
    source = source_line(Story(documents=dict(documents(package.book, tables))))
    spec = figure.spec(package.book, table, tables[table.name], finding, source)
    if spec is None:
        return None
    digest = hashlib.sha256(json.dumps(spec, sort_keys=True).encode()).hexdigest().encode()
    path = package.root / figure_path(package.book)
    old = path.read_bytes() if path.is_file() else b""
    return old if drawn_from(old) == digest else marked(png.to_png(spec), digest)


def source_line(story: Story) -> str:
    """Return the documents of a package in a line; empty if it has none."""
    sources = [f"\u201c{one.title}\u201d{one.about and f', {one.about}'}" for one in story.named]
    text = "; ".join(sources) or story.counted
    return f"Source: {text}." if text else ""


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
