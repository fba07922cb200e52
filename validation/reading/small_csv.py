"""Small and well-formed CSV, read without loading Arrow: that takes longer than a few hundred rows."""

from __future__ import annotations

import csv
import io
import re

import polars as pl

from .source import LINE

SMALL = 1 << 17
"""The maximum size in bytes; no cell is longer than Python's reader of CSV takes, either."""

ENCLOSED = re.compile(rb'(?<![^,\n])"(?:[^"]|"")*"(?![^,\n])')
"""A cell in quotation marks, with marks inside doubled."""


def well_formed_rows(header: list[str], body: bytes, first: int) -> pl.DataFrame | None:
    """Return the rows of a small body with their lines; None unless all programs read it alike.

    Then there is nothing to report: each row has a cell for each column, quotation marks enclose
    whole cells, lines end in a line feed, and no line is empty.

    Args:
        header: the names of the columns.
        body: the rows, in UTF-8.
        first: the line in which they begin.
    """
    if len(body) > SMALL or b"\r" in body or b'"' in ENCLOSED.sub(b"", body):
        return None
    reader = csv.reader(io.StringIO(body.decode("utf-8"), newline=""), strict=True)
    lines, rows = [first], list[list[str | None]]()
    for cells in reader:
        if len(cells) != len(header):
            return None
        rows.append([cell or None for cell in cells])
        lines.append(first + reader.line_num)
    schema = dict.fromkeys(header, pl.String)
    numbers = pl.Series(LINE, lines[:-1], pl.Int64)
    columns = zip(*rows, strict=True)
    named = zip(header, columns, strict=True)
    return pl.DataFrame(dict(named), schema=schema).with_columns(numbers)
