"""Cells of an XLSX file that the library which reads workbooks shows as empty or cannot hold.

The library gives nothing for a cell with an error (`#NAME?`) and for a formula whose result is not
stored, and reserves room for each cell up to the last one. Both can be seen in the XML.
"""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import dataclass
from xml.etree import ElementTree

MOST_CELLS = 20_000_000
"""Cells up to the last one of a sheet, empty ones included."""

LARGEST = 1 << 30
"""Bytes that the XML of one sheet may unpack to."""

NAMESPACE = re.compile(r"\{[^}]*\}")


class TooWide(Exception):
    """A sheet whose last cell is so far out that no memory holds the cells before it."""


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
        data: the file; one that is no XLSX (ODS) has none.

    Raises:
        TooWide: a sheet has a cell too far out, or too much XML.
    """
    found = {}
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if "xl/workbook.xml" not in archive.namelist():
                return {}
            for name, member in _sheets(archive):
                if archive.getinfo(member).file_size > LARGEST:
                    raise TooWide(f"the sheet {name} is too large")
                with archive.open(member) as stream:
                    found[name] = list(_of_sheet(stream, name))
    except (zipfile.BadZipFile, ElementTree.ParseError, KeyError, NotImplementedError, EOFError):
        return {}  # the library that reads it says what is wrong
    return found


def _sheets(archive: zipfile.ZipFile):
    """The name of each sheet, and the file in the archive that holds it."""
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
    """The odd cells of one sheet."""
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
    """Row, from 1, and column, from 0, of a reference such as `B7`."""
    match = re.fullmatch(r"([A-Z]{1,3})([0-9]{1,7})", reference)
    if match is None:
        return 0, 0
    column = 0
    for letter in match.group(1):
        column = column * 26 + ord(letter) - 64
    return int(match.group(2)), column - 1
