"""The guide of a codebook as rows for people to read: headings, text, lists, tables, commands.

Its pages are Markdown. A sheet shows tables as cells, and words in bold as such.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.token import Token

from .workbook_cells import Run, breadth

FONTS = {"strong_open": "bold", "em_open": "italic"}
LONG = 60.0
"""From this many characters on the cells of a column of a table make it no wider."""


@dataclass(frozen=True)
class GuideRow:
    """One row: its cells as parts with fonts, how many columns of the sheet each of them takes.

    `form` is the format of the cells.
    """

    form: str
    cells: tuple[tuple[Run, ...], ...]
    spans: tuple[int, ...]


def guide_rows(text: str, columns: int) -> Iterator[GuideRow]:
    """Yield the rows of a page of Markdown.

    Args:
        text: the page.
        columns: how many columns the sheet has.
    """
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    items: list[tuple[str, int]] = []
    signs: list[str] = []
    table: list[tuple[bool, list[tuple[Run, ...]]]] = []
    for at, token in enumerate(tokens):
        kind = token.type
        if kind in ("bullet_list_open", "ordered_list_open"):
            items.append((token.tag, int(token.attrGet("start") or 1)))
        elif kind in ("bullet_list_close", "ordered_list_close"):
            items.pop()
        elif kind == "list_item_open":
            list_kind, number = items[-1]
            items[-1] = list_kind, number + 1
            signs.append("•" if list_kind == "ul" else f"{number}.")
        elif kind == "tr_open":
            table.append((tokens[at - 1].type == "thead_open", []))
        elif kind == "table_close":
            yield from _table(table, columns)
            table = []
        elif kind == "inline" and table:
            table[-1][1].append(tuple(_runs(token)))
        elif kind == "inline":
            before = tokens[at - 1]
            indent = "    " * max(0, len(items) - 1)
            sign = f"{indent}{signs.pop()} " if signs else indent if items else ""
            level = int(before.tag[1:]) if before.type == "heading_open" else 0
            form = {0: "text", 1: "title"}.get(level, "heading")
            yield GuideRow(form, (((sign, ""), *_runs(token)),), (columns,))
        elif kind in ("fence", "code_block"):
            yield from _block(token, columns)


def _runs(token: Token) -> Iterator[Run]:
    """Yield the parts of a line of text with their fonts; the target of a link is left out."""
    fonts: list[str] = []
    for part in token.children or ():
        if part.type in FONTS:
            fonts.append(FONTS[part.type])
        elif part.type in ("strong_close", "em_close"):
            fonts.pop()
        elif part.type == "code_inline":
            yield part.content, "code"
        elif part.type in ("softbreak", "hardbreak"):
            yield " " if part.type == "softbreak" else "\n", ""
        elif part.type == "text":
            yield part.content, fonts[-1] if fonts else ""


def _block(token: Token, columns: int) -> Iterator[GuideRow]:
    """Yield the rows of a block of commands, or of a table in CSV with the sheet that it is on."""
    kind, *words = token.info.split() or [""]
    if kind == "csv":
        if words:
            yield GuideRow("caption", (((", ".join(words), ""),),), (columns,))
        rows = list(csv.reader(io.StringIO(token.content)))
        cells = [(not n, [((cell, ""),) for cell in row]) for n, row in enumerate(rows)]
        yield from _table(cells, columns)
        return
    for line in token.content.rstrip("\n").split("\n"):
        yield GuideRow("command", (((line, ""),),), (columns,))


def _table(
    rows: Sequence[tuple[bool, Sequence[tuple[Run, ...]]]], columns: int
) -> Iterator[GuideRow]:
    """Yield the rows of a table, whose columns share those of the sheet by the length of their cells."""
    width = max((len(cells) for _, cells in rows), default=0)
    if width > columns:
        for _, cells in rows:
            line = " | ".join("".join(text for text, _ in cell) for cell in cells)
            yield GuideRow("text", (((line, ""),),), (columns,))
        return
    longest = [8.0] * width
    for _, cells in rows:
        for at, cell in enumerate(cells):
            longest[at] = max(longest[at], min(LONG, breadth("".join(text for text, _ in cell))))
    spans = [1] * width
    for _ in range(columns - width):
        # The next column goes where the text is longest for what it has.
        spans[max(range(width), key=lambda at: longest[at] / spans[at])] += 1
    for head, cells in rows:
        padded = (*cells, *((("", ""),),) * (width - len(cells)))
        yield GuideRow("grid head" if head else "grid", padded, tuple(spans))
