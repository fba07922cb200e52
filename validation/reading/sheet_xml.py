"""Find cells of an XLSX file that the workbook library returns as empty, or cannot hold.

The library returns nothing for a cell with an error (`#NAME?`) or a formula whose result is not
stored, and it allocates memory for every cell up to the last one. The XML shows both.
"""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import dataclass
from xml.etree import ElementTree

MOST_CELLS = 20_000_000
"""The maximum number of cells up to the last one of a sheet, including empty ones."""

LARGEST = 1 << 30
"""The maximum unpacked size of the XML of a sheet, in bytes."""

NAMESPACE = re.compile(r"\{[^}]*\}")


class TooWide(Exception):
    """A sheet whose last cell is so far out that the cells before it do not fit in memory."""


@dataclass(frozen=True)
class OddCell:
    """A cell with an error, or with a formula without a result; `row` from 1, `column` from 0."""

    row: int
    column: int
    error: str = ""
    formula: str = ""


def odd_cells(data: bytes) -> dict[str, list[OddCell]]:
    """Find the odd cells of each sheet of an XLSX file.

    Args:
        data: the file; other workbooks (ODS) have no odd cells.

    Raises:
        TooWide: a sheet has a cell too far out, or too much XML.
    """
    cells = {}
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if "xl/workbook.xml" not in archive.namelist():
                return {}
            for name, member in _sheets(archive):
                if archive.getinfo(member).file_size > LARGEST:
                    raise TooWide(f"the sheet {name} is too large")
                with archive.open(member) as stream:
                    cells[name] = list(_of_sheet(stream, name))
    except (zipfile.BadZipFile, ElementTree.ParseError, KeyError, NotImplementedError, EOFError):
        return {}  # the library reports what is wrong with it
    return cells


def _sheets(archive: zipfile.ZipFile):
    """Yield the name of each sheet, and its file in the archive."""
    targets = {}
    for relation in ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels")):
        target = relation.get("Target", "")
        targets[relation.get("Id")] = target.lstrip("/") if target[:1] == "/" else f"xl/{target}"
    for element in ElementTree.fromstring(archive.read("xl/workbook.xml")).iter():
        if NAMESPACE.sub("", element.tag) == "sheet":
            identifier = next((v for k, v in element.items() if k.endswith("}id")), None)
            if targets.get(identifier) in archive.namelist():
                yield element.get("name", ""), targets[identifier]


def _of_sheet(stream, name: str):
    """Yield the odd cells of one sheet."""
    last_row = last_column = 0
    for _, element in ElementTree.iterparse(stream):
        tag = NAMESPACE.sub("", element.tag)
        if tag == "c":
            row, column = _place(element.get("r", ""))
            last_row, last_column = max(last_row, row), max(last_column, column + 1)
            if last_row * last_column > MOST_CELLS:
                raise TooWide(
                    f"the sheet {name} has a cell at {element.get('r')}, far outside the table; "
                    "delete the empty rows and columns around the table"
                )
            parts = {NAMESPACE.sub("", part.tag): part.text or "" for part in element}
            if element.get("t") == "e":
                yield OddCell(row, column, error=parts.get("v") or "#ERROR")
            elif "f" in parts and not parts.get("v") and element.get("t") != "str":
                yield OddCell(row, column, formula=f"={parts['f']}")
        elif tag == "row":
            element.clear()


def _place(reference: str) -> tuple[int, int]:
    """Return the row, from 1, and the column, from 0, of a reference such as `B7`."""
    match = re.fullmatch(r"([A-Z]{1,3})([0-9]{1,7})", reference)
    if match is None:
        return 0, 0
    column = 0
    for letter in match.group(1):
        column = column * 26 + ord(letter) - 64
    return int(match.group(2)), column - 1
