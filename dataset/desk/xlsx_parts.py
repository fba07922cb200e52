"""The parts of an XLSX file, changed where something is added and left byte for byte elsewhere.

A library that reads a workbook and writes it again loses what it does not know, such as the lists
that Excel saves as extensions. Here XML is put into the parts at its place, and nothing else moves.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from posixpath import normpath, relpath
from xml.parsers import expat
from xml.sax.saxutils import escape

from ...validation.errors import InputError, one_line
from ...validation.reading.sheet_xml import LARGEST

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
WORKBOOK = "xl/workbook.xml"
CONTENT_TYPES = "[Content_Types].xml"
TAG = re.compile(rb"""<(?:[^"'>]|"[^"]*"|'[^']*')*>""")
NO_XML = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]|_x(?=[0-9A-Fa-f]{4}_)")
"""Characters that no XML holds, and what would be read as one that is written with its number."""
EMPTY_RELATIONS = (
    b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<Relationships '
    b'xmlns="http://schemas.openxmlformats.org/package/2006/relationships"></Relationships>'
)


@dataclass(frozen=True)
class Element:
    """An element of a part: its name without prefix, its attributes, and where it begins and ends."""

    name: str
    attributes: dict[str, str]
    start: int
    end: int


class XlsxParts:
    """The parts of an XLSX file by their names, in their order."""

    def __init__(self, path: Path):
        """Read the file.

        Args:
            path: the file.

        Raises:
            InputError: it is no XLSX file, or its parts are too large.
        """
        self.path = path
        try:
            with zipfile.ZipFile(path) as archive:
                if any(info.file_size > LARGEST for info in archive.infolist()):
                    raise InputError(f"{path}: too large to be written again")
                self.parts = {info.filename: archive.read(info) for info in archive.infolist()}
        except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, RuntimeError) as error:
            raise InputError(f"{path}: not an .xlsx workbook: {one_line(error)}") from None
        if WORKBOOK not in self.parts or CONTENT_TYPES not in self.parts:
            raise InputError(
                f"{path}: not an .xlsx workbook; save it as one, in Excel or LibreOffice"
            )

    def bytes(self) -> bytes:
        """Return the file."""
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in self.parts.items():
                archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data)
        return out.getvalue()

    def children(self, part: str, *path: str) -> list[Element]:
        """Return the elements that are directly in those of a path, which begins at the root.

        Raises:
            InputError: the part is not well-formed, or declares entities.
        """
        found: list[Element] = []
        stack: list[str] = []
        starts: list[tuple[str, dict[str, str], int]] = []
        data = self.parts[part]
        parser = expat.ParserCreate()

        def start(name: str, attributes: dict[str, str]) -> None:
            local = name.rpartition(":")[2]
            if tuple(stack) == path:
                starts.append((local, attributes, parser.CurrentByteIndex))
            stack.append(local)

        def end(_name: str) -> None:
            stack.pop()
            if tuple(stack) == path:
                name, attributes, begin = starts.pop()
                tag = self._tag_end(part, begin)
                empty = data[tag - 2 : tag] == b"/>"
                stop = tag if empty else self._tag_end(part, parser.CurrentByteIndex)
                found.append(Element(name, attributes, begin, stop))

        def refuse(*_: object) -> None:
            raise InputError(f"{self.path}: {part} declares a document type, as no workbook does")

        parser.StartElementHandler, parser.EndElementHandler = start, end
        parser.StartDoctypeDeclHandler = refuse
        try:
            parser.Parse(data, True)
        except expat.ExpatError as error:
            raise InputError(f"{self.path}: {part}: {one_line(error)}") from None
        return found

    def _tag_end(self, part: str, start: int) -> int:
        """Return where the tag that begins at a place ends."""
        tag = TAG.match(self.parts[part], start)
        if tag is None:
            raise InputError(f"{self.path}: {part} is not in UTF-8")
        return tag.end()

    def prefix(self, part: str) -> str:
        """Return the prefix of the names of a part with its colon; empty for most writers."""
        root = re.search(rb"<([\w.-]+:)?[\w.-]+[\s>]", self.parts[part])
        return (root.group(1) or b"").decode() if root else ""

    def replace(self, part: str, places: Sequence[tuple[int, int, str]]) -> None:
        """Put texts in the places of others, given by where they begin and end."""
        data = self.parts[part]
        for start, end, text in sorted(places, reverse=True):
            data = data[:start] + text.encode() + data[end:]
        self.parts[part] = data

    def insert(
        self,
        part: str,
        root: str,
        order: Sequence[str],
        name: str,
        text: str,
        first: bool = False,
    ) -> None:
        """Put an element into the root of a part, where the schema has it.

        Args:
            part: the part.
            root: the name of its root.
            order: the names of the root's elements in the order of the schema.
            name: the name of the element.
            text: the element.
            first: put it before elements of the same name.
        """
        after = order[order.index(name) + (0 if first else 1) :]
        later = [e.start for e in self.children(part, root) if e.name in after]
        at = min(later) if later else self.parts[part].rindex(b"</")
        self.replace(part, [(at, at, text)])

    def into(self, part: str, *path: str, text: str) -> None:
        """Put text at the end of an element, which may be written as an empty one."""
        (element,) = (e for e in self.children(part, *path[:-1]) if e.name == path[-1])
        data = self.parts[part][element.start : element.end]
        if data.endswith(b"/>"):
            tag = data[1:-2].split()[0].decode()
            self.replace(part, [(element.end - 2, element.end, f">{text}</{tag}>")])
        else:
            at = element.start + data.rindex(b"</")
            self.replace(part, [(at, at, text)])

    def sheets(self) -> dict[str, str]:
        """Return the part of each sheet by its name."""
        targets = {one: target for one, _, target in self.relations(WORKBOOK)}
        found: dict[str, str] = {}
        for element in self.children(WORKBOOK, "workbook", "sheets"):
            key = next((v for k, v in element.attributes.items() if k.endswith(":id")), "")
            if targets.get(key) in self.parts:
                found[element.attributes.get("name", "")] = targets[key]
        return found

    def relations(self, part: str) -> Iterator[tuple[str, str, str]]:
        """Yield what a part is related to: the id, the last word of the kind, and the other part."""
        name = _relations_of(part)
        if name not in self.parts:
            return
        for element in self.children(name, "Relationships"):
            target = element.attributes.get("Target", "")
            folder = PurePosixPath(part).parent.as_posix()
            whole = target.lstrip("/") if target[:1] == "/" else normpath(f"{folder}/{target}")
            kind = element.attributes.get("Type", "").rpartition("/")[2]
            yield element.attributes.get("Id", ""), kind, whole

    def relate(self, part: str, kind: str, target: str) -> str:
        """Relate a part to another one; return the id."""
        name = _relations_of(part)
        self.parts.setdefault(name, EMPTY_RELATIONS)
        taken = {one for one, _, _ in self.relations(part)}
        new = next(f"rId{n}" for n in range(1, len(taken) + 2) if f"rId{n}" not in taken)
        path = relpath(target, PurePosixPath(part).parent.as_posix())
        prefix = self.prefix(name)
        self.into(
            name,
            "Relationships",
            text=f'<{prefix}Relationship Id="{new}" Type="{RELATIONS}/{kind}" Target="{path}"/>',
        )
        return new

    def declare(self, part: str, content_type: str) -> None:
        """Say of which type a new part is."""
        prefix = self.prefix(CONTENT_TYPES)
        text = f'<{prefix}Override PartName="/{part}" ContentType="{content_type}"/>'
        known = self.children(CONTENT_TYPES, "Types")
        if f"/{part}" not in {e.attributes.get("PartName") for e in known}:
            self.into(CONTENT_TYPES, "Types", text=text)

    def new_name(self, pattern: str) -> str:
        """Return a name that no part has, from a pattern with a number."""
        return next(
            n for k in range(1, len(self.parts) + 2) if (n := pattern.format(k)) not in self.parts
        )


def xml_text(text: str) -> str:
    """Return a text as a workbook has it in XML."""
    return escape(NO_XML.sub(lambda m: f"_x{ord(m[0][0]):04X}_{m[0][1:]}", text))


def _relations_of(part: str) -> str:
    path = PurePosixPath(part)
    return f"{path.parent.as_posix()}/_rels/{path.name}.rels"
