"""Notes at the cells of an XLSX file: those of the check are put in, and taken out before the next.

A note is written twice: its text among the comments of a sheet, its box in a drawing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from xml.etree import ElementTree

from ...validation.findings import letters
from .workbook_cells import lines_of
from .xlsx_parts import MAIN, RELATIONS, XlsxParts, xml_text

MARK = "[eventbook check]"
"""The first line of a note of the check, or of its part of somebody's own note."""
AUTHOR = "eventbook check"
OURS = re.compile(
    rf'<([\w.-]+:)?r><(?:[\w.-]+:)?t xml:space="preserve">\s*{re.escape(MARK)}[^<]*</(?:[\w.-]+:)?t></(?:[\w.-]+:)?r>'
)
VML = {"v": "vml", "o": "office:office", "x": "office:excel"}
"""The namespaces of a drawing, by the prefixes that most programs have for them."""
COMMENTS = "application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml"
NO_COMMENTS = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    f'<comments xmlns="{MAIN}"><authors></authors><commentList></commentList></comments>'
)
NO_SHAPES = (
    '<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
    'xmlns:x="urn:schemas-microsoft-com:office:excel"><o:shapelayout v:ext="edit"><o:idmap '
    'v:ext="edit" data="{0}"/></o:shapelayout><v:shapetype id="_x0000_t202" coordsize="21600,21600" '
    'o:spt="202" path="m,l,21600r21600,l21600,xe"><v:stroke joinstyle="miter"/><v:path '
    'gradientshapeok="t" o:connecttype="rect"/></v:shapetype></xml>'
)
BLOCK = 1024
"""How many ids of shapes a drawing has; the first block is for the first drawing."""
WIDTH, MOST_WIDE = 46, 330
"""The width of a note in characters, and in points."""
LINE = 13.0

Cell = tuple[int, int]
"""The line of a cell, from 1, and its column, from 0."""


def set_notes(xlsx: XlsxParts, sheet: str, order: list[str], notes: Mapping[Cell, str]) -> None:
    """Take the notes of an earlier check out of a sheet, and put new ones in.

    Somebody's own note at the same cell is kept, with the new one below.

    Args:
        xlsx: the file.
        sheet: the part of the sheet.
        order: the elements of a sheet in the order of the schema.
        notes: the new notes by their cells.
    """
    related = {kind: target for _, kind, target in xlsx.relations(sheet)}
    comments, drawing = related.get("comments", ""), related.get("vmlDrawing", "")
    if comments in xlsx.parts:
        _clear(xlsx, comments, drawing)
    if not notes:
        return
    if comments not in xlsx.parts:
        comments = xlsx.new_name("xl/eventbookComments{}.xml")
        xlsx.parts[comments] = NO_COMMENTS.encode()
        xlsx.relate(sheet, "comments", comments)
        xlsx.declare(comments, COMMENTS)
    if drawing not in xlsx.parts:
        drawing = _new_drawing(xlsx, sheet, order)
    texts = _texts(xlsx, comments)
    new = {cell: text for cell, text in notes.items() if _reference(cell) not in texts}
    _append(xlsx, comments, {c: text for c, text in notes.items() if c not in new})
    _add(xlsx, comments, new)
    _add_shapes(xlsx, drawing, sheet, new)


def _reference(cell: Cell) -> str:
    return f"{letters(cell[1])}{cell[0]}"


def _texts(xlsx: XlsxParts, part: str) -> dict[str, str]:
    """Return the text of each comment by its cell."""
    xlsx.children(part, "comments")  # refuses entities
    root = ElementTree.fromstring(xlsx.parts[part])
    return {
        comment.get("ref", ""): "".join(text.text or "" for text in comment.iter(f"{{{MAIN}}}t"))
        for comment in root.iter(f"{{{MAIN}}}comment")
    }


def _clear(xlsx: XlsxParts, part: str, drawing: str) -> None:
    """Take out what a check before wrote."""
    texts, prefix = _texts(xlsx, part), xlsx.prefix(part)
    places: list[tuple[int, int, str]] = []
    gone: set[str] = set()
    for comment in xlsx.children(part, "comments", "commentList"):
        reference = comment.attributes.get("ref", "")
        own, mark, _ = texts.get(reference, "").partition(MARK)
        if not mark:
            continue
        if not own.strip():
            places.append((comment.start, comment.end, ""))
            gone.add(reference)
            continue
        whole = xlsx.parts[part][comment.start : comment.end].decode()
        rest, count = OURS.subn("", whole)
        if not count:
            # Another program has put the parts of the text together.
            text = f'<{prefix}t xml:space="preserve">{xml_text(own.rstrip())}</{prefix}t>'
            body = f"<{prefix}text><{prefix}r>{text}</{prefix}r></{prefix}text>"
            inside = re.compile(rf"<{prefix}text>.*</{prefix}text>", re.S)
            rest = inside.sub(lambda _, body=body: body, whole)
        places.append((comment.start, comment.end, rest))
    xlsx.replace(part, places)
    if drawing not in xlsx.parts:
        return

    prefixes = _prefixes(xlsx.parts[drawing])
    v, x = (prefixes[one].encode() for one in "vx")

    def kept(match: re.Match[bytes]) -> bytes:
        row, column = (
            re.search(rb"<%s:%s>\s*(\d+)\s*<" % (x, name), match[0]) for name in (b"Row", b"Column")
        )
        if row is None or column is None:
            return match[0]
        return b"" if _reference((int(row[1]) + 1, int(column[1]))) in gone else match[0]

    shape = re.compile(rb"<%s:shape\b.*?</%s:shape>" % (v, v), re.S)
    xlsx.parts[drawing] = shape.sub(kept, xlsx.parts[drawing])


def _prefixes(drawing: bytes) -> dict[str, str]:
    """Return the prefixes of a drawing, which some programs number, by those that most have."""
    found: dict[str, str] = {}
    for usual, name in VML.items():
        match = re.search(
            rf'xmlns:(\w+)=["\']urn:schemas-microsoft-com:{name}["\']'.encode(), drawing
        )
        found[usual] = match[1].decode() if match else usual
    return found


def _append(xlsx: XlsxParts, part: str, notes: Mapping[Cell, str]) -> None:
    """Put notes below the text of those that are there."""
    prefix, places = xlsx.prefix(part), list[tuple[int, int, str]]()
    by_reference = {_reference(cell): text for cell, text in notes.items()}
    for comment in xlsx.children(part, "comments", "commentList"):
        text = by_reference.get(comment.attributes.get("ref", ""))
        if text is None:
            continue
        whole = xlsx.parts[part][comment.start : comment.end]
        at = comment.start + whole.rindex(f"</{prefix}text>".encode())
        run = f'<{prefix}t xml:space="preserve">\n\n{MARK}\n{xml_text(text)}</{prefix}t>'
        places.append((at, at, f"<{prefix}r>{run}</{prefix}r>"))
    xlsx.replace(part, places)


def _add(xlsx: XlsxParts, part: str, notes: Mapping[Cell, str]) -> None:
    prefix = xlsx.prefix(part)
    authors = xlsx.children(part, "comments", "authors")
    names = [xlsx.parts[part][a.start : a.end] for a in authors]
    element = f"<{prefix}author>{AUTHOR}</{prefix}author>"
    number = names.index(element.encode()) if element.encode() in names else len(names)
    if number == len(names):
        xlsx.into(part, "comments", "authors", text=element)
    new = [
        f'<{prefix}comment ref="{_reference(cell)}" authorId="{number}"><{prefix}text><{prefix}r>'
        f'<{prefix}t xml:space="preserve">{MARK}\n{xml_text(text)}</{prefix}t>'
        f"</{prefix}r></{prefix}text></{prefix}comment>"
        for cell, text in sorted(notes.items())
    ]
    xlsx.into(part, "comments", "commentList", text="".join(new))


def _new_drawing(xlsx: XlsxParts, sheet: str, order: list[str]) -> str:
    """Add an empty drawing to a sheet."""
    part = xlsx.new_name("xl/drawings/eventbookNotes{}.vml")
    blocks = [
        int(number)
        for name, data in xlsx.parts.items()
        if name.endswith(".vml")
        for number in re.findall(rb"_x0000_s(\d+)", data)
    ]
    block = max(blocks, default=0) // BLOCK + 1
    xlsx.parts[part] = NO_SHAPES.format(block).encode()
    related = xlsx.relate(sheet, "vmlDrawing", part)
    xlsx.declare(part, "application/vnd.openxmlformats-officedocument.vmlDrawing")
    xlsx.insert(
        sheet,
        "worksheet",
        order,
        "legacyDrawing",
        f'<{xlsx.prefix(sheet)}legacyDrawing xmlns:r="{RELATIONS}" r:id="{related}"/>',
    )
    return part


def _add_shapes(xlsx: XlsxParts, drawing: str, sheet: str, notes: Mapping[Cell, str]) -> None:
    data = xlsx.parts[drawing]
    used = [int(number) for number in re.findall(rb"_x0000_s(\d+)", data)]
    block = re.search(rb'<\w+:idmap[^>]*data="(\d+)', data)
    first = max([*used, BLOCK * (int(block[1]) if block else 1)]) + 1
    widths, heights = _sizes(xlsx, sheet)
    shapes: list[str] = []
    for number, (cell, text) in enumerate(sorted(notes.items()), first):
        anchor = _anchor(cell, 1 + lines_of(text, WIDTH), widths, heights)
        shapes.append(
            f'<v:shape id="_x0000_s{number}" type="#_x0000_t202" style="position:absolute;'
            f'z-index:{number};visibility:hidden" fillcolor="#ffffe1" o:insetmode="auto">'
            '<v:fill color2="#ffffe1"/><v:shadow on="t" color="black" obscured="t"/>'
            '<v:path o:connecttype="none"/><v:textbox style="mso-direction-alt:auto">'
            '<div style="text-align:left"></div></v:textbox><x:ClientData ObjectType="Note">'
            f"<x:MoveWithCells/><x:SizeWithCells/><x:Anchor>{anchor}</x:Anchor>"
            f"<x:AutoFill>False</x:AutoFill><x:Row>{cell[0] - 1}</x:Row>"
            f"<x:Column>{cell[1]}</x:Column></x:ClientData></v:shape>"
        )
    at, text = data.rindex(b"</xml>"), "".join(shapes)
    prefixes = _prefixes(data)
    text = re.sub(r"(</?|\s)([vox]):(?=\w+[\s>=/])", lambda m: f"{m[1]}{prefixes[m[2]]}:", text)
    xlsx.parts[drawing] = data[:at] + text.encode() + data[at:]


def _sizes(xlsx: XlsxParts, sheet: str) -> tuple[dict[int, float], dict[int, float]]:
    """Return the widths of columns and the heights of rows that have one of their own, in points."""
    widths: dict[int, float] = {}
    for column in xlsx.children(sheet, "worksheet", "cols"):
        first, last = (int(column.attributes.get(name, 1)) for name in ("min", "max"))
        for number in range(first - 1, min(last, first + BLOCK)):
            widths[number] = float(column.attributes.get("width", 9)) * 5.25 + 3.75
    heights = {
        int(row.attributes["r"]) - 1: float(row.attributes["ht"])
        for row in xlsx.children(sheet, "worksheet", "sheetData")
        if {"r", "ht"} <= row.attributes.keys()
    }
    return widths, heights


def _anchor(
    cell: Cell, lines: int, widths: Mapping[int, float], heights: Mapping[int, float]
) -> str:
    """Return where the box of a note is: beside its cell, and as large as its text."""
    row, column = cell[0] - 1, cell[1]
    right, across = _walk(column + 1, MOST_WIDE + 11.0, widths, 48.0)
    bottom, down = _walk(row, lines * LINE + 8.0, heights, 15.0)
    pixels = (column + 1, 15, row, 2, right, across, bottom, down)
    return ", ".join(str(number) for number in pixels)


def _walk(first: int, length: float, sizes: Mapping[int, float], usual: float) -> tuple[int, int]:
    """Return the row or column that lies a length away, and how far into it, in pixels."""
    at = first
    while length > (step := sizes.get(at, usual)):
        length, at = length - step, at + 1
    return at, round(length * 4 / 3)
