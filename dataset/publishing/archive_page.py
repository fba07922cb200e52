"""The README of the archive: for somebody who has the archive and nothing else."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import polars as pl

from ...codebook import Book, Table
from ...codebook.model import cell
from ...codebook.pages import anchor
from ...codebook.printable import markdown_text
from ...codebook.templating import environment
from ...validation.package.package import Package
from ..explorer.layout import totals
from ..explorer.package_page import figure_path, has_figure
from ..tables.build import Frames
from ..tables.codes_table import codes_path
from ..tables.deaths import bounds
from ..tables.geojson import with_points
from .metadata import cite_as

TEMPLATES = Path(__file__).parent / "templates"


def archive_page(package: Package, tables: Frames) -> str:
    """Return the text: what the data are, how to load them, and what is not known.

    Args:
        package: the package; a section `Limitations` of its README is taken over.
        tables: its published tables.
    """
    book, about = package.book, package.metadata
    main = book.main_table
    frame = tables[main.name]
    counted = [book.tables[n].counted(f.height) for n, f in tables.items() if f.height]
    pages = environment(TEMPLATES)
    pages.filters["text"] = markdown_text
    return pages.get_template("archive.md.j2").render(
        anchor=anchor,
        book=book,
        name=package.name,
        version=package.version,
        about=about,
        counts=", ".join(counted) or "No rows",
        figure=figure_path(book) if package.settings.explorer and has_figure(book) else "",
        main=main,
        tables=book.tables.values(),
        mapped=with_points(book),
        codes=codes_path(book),
        documents=book.documents,
        limitations=_limitations(package.root / "README.md"),
        citation=cite_as(package),
        **_examples(book, main),
        **_unknown(book, main, frame),
    )


def _examples(book: Book, main: Table) -> dict[str, Any]:
    """Return the columns that the examples use; empty where the book has none."""
    days = [variable.name for variable in main.variables if variable.type == "date"]
    kinds = [name for name in main.roles.type if not main[name].separator]
    numbers = bounds(main)
    # A column with codes that are numbers gains most from a label.
    labelled = [v.name for v in main.variables if v.codes and v.type == "integer"]
    return {
        "days": ", ".join(f'"{name}"' for name in days),
        "day": days[0] if days else "",
        "a_day": cell(main[days[0]].example) if days else "",
        "type": kinds[0] if kinds else "",
        "sum": numbers.get("best") or numbers.get("low", ""),
        "labelled": labelled[0] if labelled and codes_path(book) else "",
        "key": main.primary_key[0] if main.primary_key else "*",
    }


def _unknown(book: Book, main: Table, frame: pl.DataFrame) -> dict[str, Any]:
    """Return what is to be said of rows that are no single events, and of cells without a value."""
    inner = [k.field for k in main.foreign_keys if k.table == main.name and not k.absent]
    point = main.roles.point
    located = frame.drop_nulls([point.latitude, point.longitude]).height if point else 0
    empty = [name for name in frame.columns if frame.height and not frame[name].count()]
    return {
        "totals": " or ".join(f"`{code}`" for code in totals(book, main)),
        "inner": " or ".join(f"`{name}`" for name in inner),
        "located": f"{located:,}",
        "rows": main.counted(frame.height),
        "empty": ", ".join(f"`{name}`" for name in empty),
    }


def _limitations(page: Path) -> str:
    """Return the section on limitations of a page, without its heading; empty if it has none."""
    text = page.read_text(encoding="utf-8") if page.is_file() else ""
    found = re.search(r"(?ms)^## Limitations[^\n]*\n(.*?)(?=^## |\Z)", text)
    return found[1].strip() if found else ""
