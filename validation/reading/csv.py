"""CSV as text: the header, and every row with the physical line on which it starts."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

import polars as pl

from .source import LINE, Source


def _csv(source: Source, data: bytes) -> None:
    begun = begin(source, data)
    if begun is None or not is_text(source, begun.body, begun.first):
        return
    if begun.body.count(b'"') % 2:
        source.problem("quotes", UNPAIRED, unclosed(begun.body, begun.first))
    source.frame = rows(source, begun, begun.body, begun.first)


UNPAIRED = (
    "The quotation marks do not pair: somewhere a quoted cell is not closed, and the rows after it "
    "are read into it."
)


@dataclass(frozen=True)
class Beginning:
    """The head of a CSV file: its columns, its bytes, and what follows from line `first` on."""

    header: list[str]
    head: bytes
    body: bytes
    first: int


def begin(source: Source, data: bytes) -> Beginning | None:
    """The head of a CSV file, or None if it can be no table; what is wrong is noted.

    Args:
        source: takes the findings.
        data: the file, or as much of its beginning as surely holds the header.
    """
    if not data.strip():
        source.problem("empty-file", "The file is empty: not even a header.", 1)
        return None
    if data.startswith(b"\xef\xbb\xbf"):
        source.problem(
            "byte-order-mark",
            "The file begins with a byte order mark, which many readers take for a part of the "
            "first column's name. Save it as UTF-8 without BOM.",
            1,
        )
        data = data[3:]
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        source.problem("encoding", "The file is in UTF-16. Save it as UTF-8.", 1)
        return None
    header, first = _header(data)
    head = data[: _start_of(data, first)]
    if not is_text(source, head, 1) or not header_is_sound(source, header):
        return None
    return Beginning(header, head, data[len(head) :], first)


def _start_of(data: bytes, line: int) -> int:
    """Where a line begins, from 1; the end if there are fewer."""
    at = 0
    for _ in range(line - 1):
        found = data.find(b"\n", at)
        if found < 0:
            return len(data)
        at = found + 1
    return at


def is_text(source: Source, data: bytes, first: int) -> bool:
    """Whether bytes from line `first` on are UTF-8 without NUL; else it is noted."""
    if (at := data.find(b"\0")) >= 0:
        line = data.count(b"\n", 0, at) + first
        source.problem("nul", "A NUL byte: the file is damaged, or no text.", line)
        return False
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + first
        shown = data[max(0, error.start - 20) : error.start + 10].decode("latin-1")
        source.problem(
            "encoding",
            f"Not UTF-8: the byte 0x{data[error.start]:02x} in ...{shown!r}. "
            "It may be Latin-1 or Windows-1252: save the file as UTF-8.",
            line,
        )
        return False
    return True


def _header(data: bytes) -> tuple[list[str], int]:
    """The cells of the header, and the line on which the rows begin."""
    text = io.StringIO(data[: 1 << 20].decode("utf-8", "ignore"), newline="")
    try:
        reader = csv.reader(text)
        return next(reader), reader.line_num + 1
    except (csv.Error, StopIteration):
        return [], 1


def header_is_sound(source: Source, header: list[str]) -> bool:
    """Whether a header can be one: no column twice, none without a name; else it is noted."""
    if len(header) == 1:
        for sign, word in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars")):
            if sign in header[0]:
                source.problem(
                    "delimiter",
                    f"The cells are separated by {word}; they must be separated by commas. "
                    "Save the file as CSV with commas.",
                    1,
                )
                return False
    if sum(map(is_number, header)) > len(header) / 5:
        source.problem(
            "no-header",
            "The first line looks like a row and not like a header: it has numbers where names of "
            "columns should stand. Put the header of another release of the same layout above it.",
            1,
        )
        return False
    sound = True
    for name in sorted({n for n in header if header.count(n) > 1}):
        sound = False
        source.problem("repeated-column", f"The column {name!r} stands twice.", 1, name or None)
    if "" in header and sound:
        sound = False
        source.problem("unnamed-column", "A column has no name.", 1)
    return sound


def is_number(text: str) -> bool:
    """Whether a text is a number, which no column is called."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def unclosed(body: bytes, first: int) -> int | None:
    """The line of the last row that the csv module can begin, where a quote stays open."""
    text = io.StringIO(body.decode("utf-8", "replace"), newline="")
    reader, begins = csv.reader(text, strict=True), first
    try:
        for _ in reader:
            begins = reader.line_num + first
    except csv.Error:
        return begins
    return None


def rows(source: Source, begun: Beginning, body: bytes, first: int) -> pl.DataFrame | None:
    """The rows of a body of CSV that starts at line `first`, every cell a string; slow and sure.

    Rows with too many or too few cells are left out and noted.
    """
    import pyarrow as pa
    import pyarrow.csv as pc

    header, data = begun.header, begun.head + body
    if not body.strip():
        return pl.DataFrame(schema=dict.fromkeys(header, pl.String) | {LINE: pl.Int64})
    ragged: list[tuple[int, int, str]] = []

    def note(row: pc.InvalidRow) -> str:
        ragged.append((row.number, row.actual_columns, row.text))
        return "skip"

    try:
        table = pc.read_csv(
            pa.BufferReader(data),
            # One thread: only then the number of a ragged row is known.
            pc.ReadOptions(use_threads=False, block_size=max(1 << 20, min(len(data) + 1, 1 << 28))),
            pc.ParseOptions(
                newlines_in_values=True, ignore_empty_lines=False, invalid_row_handler=note
            ),
            pc.ConvertOptions(
                column_types={name: pa.string() for name in header},
                strings_can_be_null=True,
                null_values=[""],
                quoted_strings_can_be_null=True,
            ),
        )
    except pa.ArrowInvalid as error:
        if "Empty CSV" in str(error):
            return pl.DataFrame(schema=dict.fromkeys(header, pl.String) | {LINE: pl.Int64})
        source.problem("csv", f"Not readable as CSV: {' '.join(str(error).split())[:200]}.")
        return None
    frame = pl.DataFrame(pl.from_arrow(table))
    if frame.width != len(header):
        source.problem("header", "The first line is no header of the rows that follow.", 1)
        return None
    # A column that was read under another name, as one without a name is, has no type either.
    frame.columns = header
    frame = frame.with_columns(pl.all().cast(pl.String))
    frame = frame.with_columns(_lines(frame, first, ragged, source, len(header)))
    return frame.filter(~pl.all_horizontal(pl.col(header).is_null()))


def _lines(
    frame: pl.DataFrame, first: int, ragged: list[tuple[int, int, str]], source: Source, width: int
) -> pl.Series:
    """The physical line of each row: line breaks inside cells count, ragged rows too."""
    heights = frame.select(
        pl.sum_horizontal(pl.all().str.count_matches("\n", literal=True).fill_null(0)) + 1
    ).to_series()
    # Rows are numbered from 1, the header's; the ragged ones are missing among those read.
    all_numbers = pl.int_range(2, frame.height + len(ragged) + 2, dtype=pl.Int64, eager=True)
    numbers = all_numbers.filter(~all_numbers.is_in([number for number, _, _ in ragged]))
    left_out = pl.DataFrame(
        [(number, text.count("\n") + 1) for number, _, text in ragged],
        schema={"number": pl.Int64, "height": pl.Int64},
        orient="row",
    )
    read_in = pl.DataFrame({"number": numbers, "height": heights.cast(pl.Int64)})
    placed = pl.concat([read_in, left_out]).sort("number")
    placed = placed.with_columns(line=pl.col("height").cum_sum().shift(1, fill_value=0) + first)
    lines = dict(placed.join(left_out, on="number").select("number", "line").iter_rows())
    for number, cells, text in ragged:
        source.problem(
            "ragged-row",
            f"The row has {cells} cells, the header {width}: a comma too many or too few, or "
            "a cell with a comma that is not in quotation marks. The row was left out.",
            lines[number],
            value=text[:80],
        )
    return placed.join(left_out, on="number", how="anti", maintain_order="left")["line"].alias(LINE)
