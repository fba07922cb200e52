"""CSV as text: the header, and every row with the physical line on which it starts."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import polars as pl

from ..errors import one_line
from .headings import rows_above_headings, titles_message
from .small_csv import well_formed_rows
from .source import LINE, RESERVED, ProblemLog

if TYPE_CHECKING:
    import numpy as np

UNNAMED = "__unnamed "
"""The prefix that replaces a missing column name while rows are read; a number follows."""

MOST_COLUMNS = 10_000
"""The maximum number of columns; the widest known layout has a few hundred."""

TITLES = 1 << 16
"""How many bytes from the beginning are searched for the headings."""

HXL = re.compile(r"#[A-Za-z][A-Za-z0-9_]*(\s*\+[A-Za-z0-9_]+)*")
"""A tag of the Humanitarian Exchange Language, which OCHA puts under the header."""


def read_csv(log: ProblemLog, data: bytes) -> pl.DataFrame | None:
    """Read a whole CSV file.

    Args:
        log: takes the problems.
        data: the file.

    Returns:
        The rows, every cell a string; None if there are none to read.
    """
    head = read_head(log, data)
    if head is None or not is_text(log, head.body, head.first):
        return None
    if head.body.count(b'"') % 2:
        log.problem("quotes", UNPAIRED, unclosed(head.body, head.first))
    return rows(log, head, head.body, head.first)


UNPAIRED = (
    "The quotation marks do not pair: somewhere a quoted cell is not closed, and the rows after it "
    "are read into it."
)


@dataclass(frozen=True)
class Head:
    """The header of a CSV file, and the body, which begins in line `first`.

    `header` has a placeholder for each column without a name.
    """

    header: list[str]
    body: bytes
    first: int

    @property
    def columns(self) -> list[str]:
        """The columns that have a name."""
        return [name for name in self.header if not name.startswith(UNNAMED)]

    def no_rows(self) -> pl.DataFrame:
        """Return the table with no rows."""
        return pl.DataFrame(schema=dict.fromkeys(self.columns, pl.String) | {LINE: pl.Int64})


def read_head(log: ProblemLog, data: bytes) -> Head | None:
    """Return the header and body of a CSV file; None, with a problem in the log, if it is no table.

    Args:
        log: takes the problems.
        data: the file, or enough of its beginning to hold the header.
    """
    if not data.strip():
        log.problem("empty-file", "The file is empty: not even a header.", 1)
        return None
    if data.startswith(b"\xef\xbb\xbf"):
        log.problem(
            "byte-order-mark",
            "The file begins with a byte order mark, as Excel writes it. It was read; some other "
            "programs take the mark for part of the first column name.",
            1,
            severity="note",
        )
        data = data[3:]
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        log.problem("encoding", "The file is in UTF-16. Save it as UTF-8.", 1)
        return None
    record = data[: _end_of_record(data)]
    if record.endswith(b"\r"):
        log.problem(
            "line-ends",
            "The lines end in a carriage return alone, as in files of old Macintosh programs. "
            "Save the file with the line ends of Windows or Unix.",
            1,
        )
        return None
    if not is_text(log, record, 1):
        return None
    header = _header(record)
    if (line := _line_of_headings(data)) > 1:
        log.problem("header", titles_message(line - 1, line), 1)
        return None
    if not header_is_sound(log, header):
        return None
    names = [name or f"{UNNAMED}{number}" for number, name in enumerate(header, 1)]
    return Head(names, data[len(record) :], max(2, record.count(b"\n") + 1))


def _end_of_record(data: bytes) -> int:
    """Return the position after the first record; a line end inside quotes is part of it."""
    quoted = False
    for mark in re.finditer(rb'"|\r?\n|\r', data):
        if mark.group() == b'"':
            quoted = not quoted
        elif not quoted:
            return mark.end()
    return len(data)


def is_text(log: ProblemLog, data: bytes, first: int) -> bool:
    """Return whether bytes that begin in line `first` are UTF-8 without NUL; log it if not."""
    if (position := data.find(b"\0")) >= 0:
        line = data.count(b"\n", 0, position) + first
        log.problem("nul", "A NUL byte: the file is damaged, or not a text file.", line)
        return False
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + first
        excerpt = data[max(0, error.start - 20) : error.start + 10].decode("latin-1")
        log.problem(
            "encoding",
            f"Not UTF-8: the byte 0x{data[error.start]:02x} in ...{excerpt!r}. "
            "It may be Latin-1 or Windows-1252: save the file as UTF-8.",
            line,
        )
        return False
    return True


def _line_of_headings(data: bytes) -> int:
    """Return the line of the headings: 1, or a later one if a title is above them."""
    text = data[:TITLES].decode("utf-8", "replace")
    try:
        above = rows_above_headings(csv.reader(io.StringIO(text, newline="")))
        reader = csv.reader(io.StringIO(text, newline=""))
        for _ in range(above):
            next(reader)
    except csv.Error:
        return 1
    return reader.line_num + 1


def _header(head: bytes) -> list[str]:
    """Return the cells of the header."""
    try:
        return next(csv.reader(io.StringIO(head.decode("utf-8"), newline="")), [])
    except csv.Error:
        return []


def header_is_sound(log: ProblemLog, header: list[str]) -> bool:
    """Return whether a header is usable, for example has no column twice; log it if not."""
    if len(header) == 1:
        for sign, word in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars")):
            if sign in header[0]:
                log.problem(
                    "delimiter",
                    f"The cells are separated by {word}; they must be separated by commas. "
                    "Save the file as CSV with commas.",
                    1,
                )
                return False
    if sum(map(is_number, header)) > len(header) / 5:
        log.problem(
            "no-header",
            "The first line looks like data, not a header: it has numbers where column names belong. "
            "Copy the header of another release of the same layout above it.",
            1,
        )
        return False
    sound = True
    if len(header) > MOST_COLUMNS:
        log.problem(
            "too-many-columns", f"{len(header):,} columns; at most {MOST_COLUMNS:,} are allowed.", 1
        )
        return False
    for name in sorted(n for n, times in Counter(header).items() if n and times > 1):
        sound = False
        log.problem("repeated-column", f"Duplicate column {name!r}.", 1, name or None)
    for name in (n for n in header if n.startswith(RESERVED)):
        sound = False
        log.problem("reserved-column", f"A column cannot be called {name!r}.", 1, name)
    if not any(header):
        log.problem("header", "The first line has no column names.", 1)
        return False
    for number in (n for n, name in enumerate(header, 1) if sound and not name):
        index = " (a pandas index or R row names)" if number == 1 else ""
        log.problem(
            "unnamed-column",
            f"Column {number} has no name{index}; it was skipped.",
            1,
            severity="note",
        )
    return sound


def is_number(text: str) -> bool:
    """Return whether a text is a number, which cannot be a column name."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def unclosed(body: bytes, first: int) -> int | None:
    """Return the line of the row whose quote is not closed; None if it cannot be determined."""
    text = io.StringIO(body.decode("utf-8", "replace"), newline="")
    reader, row_line = csv.reader(text, strict=True), first
    try:
        for _ in reader:
            row_line = reader.line_num + first
    except csv.Error:
        return row_line
    misplaced = _misplaced(*_quotation_marks(body))
    return body.count(b"\n", 0, misplaced[0]) + first if misplaced else None


def rows(log: ProblemLog, head: Head, body: bytes, first: int) -> pl.DataFrame | None:
    """Return the rows of a CSV body that begins in line `first`; slow, with exact problems.

    Rows with too many or too few cells, and rows with stray quotation marks, are skipped and
    reported.
    """
    header = head.header
    if not body.strip():
        return head.no_rows()
    if (frame := well_formed_rows(header, body, first)) is not None:
        return without_unnamed_columns(log, head, _without_empty_rows(frame, header))
    import pyarrow as pa
    import pyarrow.csv as pc

    ragged: list[tuple[int, int, str]] = []

    def note(row: pc.InvalidRow) -> str:
        ragged.append((row.number, row.actual_columns, row.text))
        return "skip"

    try:
        table = pc.read_csv(
            pa.BufferReader(body),
            # One thread: only then the number of a ragged row is known.
            pc.ReadOptions(
                use_threads=False,
                block_size=max(1 << 20, min(len(body) + 1, 1 << 28)),
                column_names=header,
            ),
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
            return head.no_rows()
        log.problem("csv", f"Not readable as CSV: {one_line(error)}.")
        return None
    frame = pl.DataFrame(pl.from_arrow(table))
    if ragged or b"\r" in body or body.count(b"\n") > frame.height:
        lines = _lines(frame, first, ragged, log, len(header))
    else:
        lines = pl.int_range(first, first + frame.height, dtype=pl.Int64, eager=True)
    frame = frame.with_columns(lines.alias(LINE))
    frame = _without_empty_rows(frame, header)
    _report_line_ends(log, body, first)
    return without_unnamed_columns(
        log, head, _without_stray_quotes(log, frame, header, body, first)
    )


def _without_empty_rows(frame: pl.DataFrame, header: list[str]) -> pl.DataFrame:
    return frame.filter(~pl.all_horizontal(pl.col(header).is_null()))


def without_unnamed_columns(log: ProblemLog, head: Head, frame: pl.DataFrame) -> pl.DataFrame:
    """Return the columns that have a name, without a row of tags; report values in other columns.

    Args:
        log: takes the problems.
        head: the header of the file.
        frame: rows as read, with their lines.
    """
    for name in (n for n in head.header if n.startswith(UNNAMED)):
        number = int(name.removeprefix(UNNAMED))
        if number > 1:
            report_unnamed_cells(log, frame[name], frame[LINE], number)
    frame = frame[[*head.columns, LINE]]
    if frame.height and frame[LINE][0] == head.first and is_tag_row(frame.row(0)):
        log.problem(
            "tag-row",
            "The row below the header has HXL tags; it was skipped.",
            head.first,
            severity="note",
        )
        return frame[1:]
    return frame


def report_unnamed_cells(log: ProblemLog, cells: pl.Series, lines: pl.Series, number: int) -> None:
    """Report each value in a column that has no name.

    Args:
        log: takes the problems.
        cells: the values.
        lines: the line of each.
        number: the column's number, from 1.
    """
    filled = cells.is_not_null()
    for line, value in zip(lines.filter(filled), cells.filter(filled), strict=True):
        log.problem(
            "unnamed-cell",
            f"A value in column {number}, which has no name; it was not read.",
            line,
            value=str(value)[:80],
        )


def is_tag_row(cells: tuple[object, ...]) -> bool:
    """Return whether all cells of a row but its line number are HXL tags, such as `#date+start`."""
    texts = [str(cell) for cell in cells[:-1] if cell is not None]
    return bool(texts) and all(HXL.fullmatch(text) for text in texts)


def report_long_row(log: ProblemLog, most: int, line: int) -> None:
    """Report a row of more than `most` bytes; neither it nor any later row is read."""
    log.problem(
        "row-too-long",
        f"A row of more than {most >> 20} MB. Neither it nor any later row was read.",
        line,
    )


def _report_line_ends(log: ProblemLog, body: bytes, first: int) -> None:
    """Report the first line that ends in a carriage return alone; its rows were read."""
    if b"\r" not in body:
        return
    import numpy as np

    cells = np.frombuffer(body, np.uint8)
    returns = np.flatnonzero(cells == ord("\r"))
    followed = cells[np.minimum(returns + 1, len(cells) - 1)]
    alone = returns[(followed != ord("\n")) & (followed != ord("\r"))]
    quotes = np.flatnonzero(cells == ord('"'))
    alone = alone[np.searchsorted(quotes, alone) % 2 == 0]
    if len(alone):
        log.problem(
            "line-ends",
            "A line ends in a carriage return alone, others do not: programs will disagree on the rows. "
            "Save the file with the line ends of Windows or Unix.",
            body.count(b"\n", 0, int(alone[0])) + first,
        )


@cache
def _beside_quote() -> np.ndarray:
    """Return for each byte whether it may be next to the quotation mark around a cell."""
    import numpy as np

    return np.isin(np.arange(256), np.frombuffer(b',\r\n"', np.uint8))


@dataclass(frozen=True)
class Places:
    """The positions of the line breaks and the quotation marks among the bytes of rows."""

    breaks: np.ndarray
    marks: np.ndarray


def line_numbers(data: bytes, places: Places, first: int) -> np.ndarray | None:
    """Return the line in which each row starts; None if quotation marks are stray or do not pair.

    Args:
        data: whole rows.
        places: where their line breaks and quotation marks are.
        first: the line of the first of them.
    """
    import numpy as np

    if len(places.marks) % 2 or _misplaced(np.frombuffer(data, np.uint8), places.marks):
        return None
    # A line break after an even number of marks ends a row; the others are inside cells.
    ends = np.flatnonzero(np.searchsorted(places.marks, places.breaks) % 2 == 0)
    starts = np.concatenate(([0], ends + 1))
    return first + (starts[:-1] if data.endswith(b"\n") else starts)


def _quotation_marks(data: bytes) -> tuple[np.ndarray, np.ndarray]:
    """Return the bytes of rows as numbers, and the positions of the quotation marks among them."""
    import numpy as np

    content = np.frombuffer(data, np.uint8)
    return content, np.flatnonzero(content == ord('"'))


def _misplaced(content: np.ndarray, marks: np.ndarray) -> list[int]:
    """Return the positions of marks that neither enclose a cell nor are doubled in one."""
    opening, closing = marks[0::2], marks[1::2]
    # Before the first byte and after the last one stands, clipped, the mark itself, which is sound.
    beside = _beside_quote()
    before = beside.take(content.take(opening - 1, mode="clip"))
    after = beside.take(content.take(closing + 1, mode="clip"))
    return sorted(int(position) for position in (*opening[~before], *closing[~after]))


def _without_stray_quotes(
    log: ProblemLog, frame: pl.DataFrame, header: list[str], body: bytes, first: int
) -> pl.DataFrame:
    """Return the rows without stray quotation marks; report the others."""
    import numpy as np

    content, marks = _quotation_marks(body)
    # An odd number of marks is reported separately.
    positions = [] if len(marks) % 2 else _misplaced(content, marks)
    if not positions:
        return frame
    line_ends = np.flatnonzero(content == ord("\n"))
    lines = np.searchsorted(line_ends, positions) + first
    row_lines = frame[LINE].to_numpy()
    bad_rows = np.searchsorted(row_lines, lines, side="right") - 1
    # Reversed, so that the first position in a row is the one that stays.
    for row, position in dict(zip(bad_rows[::-1], positions[::-1], strict=True)).items():
        if row < 0:
            continue
        line = int(row_lines[row])
        start = 0 if line == first else int(line_ends[line - first - 1]) + 1
        column = header[min(_cells_before(body[start:position]), len(header) - 1)]
        log.problem(
            "stray-quotes",
            "A quotation mark inside a cell. Enclose the cell in quotation marks, and double the "
            "mark inside. The row was skipped.",
            line,
            None if column.startswith(UNNAMED) else column,
            body[start : body.find(b"\n", position) % (len(body) + 1)].decode()[:80],
        )
    return frame.filter(~pl.int_range(pl.len()).is_in(bad_rows.tolist()))


def _cells_before(text: bytes) -> int:
    """Return how many cells end in the beginning of a row; commas inside quotes do not end one."""
    return sum(part.count(b",") for part in text.split(b'"')[0::2])


def _lines(
    frame: pl.DataFrame, first: int, ragged: list[tuple[int, int, str]], log: ProblemLog, width: int
) -> pl.Series:
    """Return the physical line of each row; line breaks in cells and ragged rows count."""
    heights = frame.select(
        pl.sum_horizontal(pl.all().str.count_matches("\n", literal=True).fill_null(0)) + 1
    ).to_series()
    # Rows are numbered from 1; the ragged ones are not among those read.
    all_numbers = pl.int_range(1, frame.height + len(ragged) + 1, dtype=pl.Int64, eager=True)
    numbers = all_numbers.filter(~all_numbers.is_in([number for number, _, _ in ragged]))
    skipped = pl.DataFrame(
        [(number, text.count("\n") + 1) for number, _, text in ragged],
        schema={"number": pl.Int64, "height": pl.Int64},
        orient="row",
    )
    kept = pl.DataFrame({"number": numbers, "height": heights.cast(pl.Int64)})
    placed = pl.concat([kept, skipped]).sort("number")
    placed = placed.with_columns(line=pl.col("height").cum_sum().shift(1, fill_value=0) + first)
    lines = dict(placed.join(skipped, on="number").select("number", "line").iter_rows())
    for number, cells, text in ragged:
        log.problem(
            "ragged-row",
            f"The row has {cells} cells, the header {width}: a comma too many or too few, or "
            "a cell with a comma that is not in quotation marks. The row was skipped.",
            lines[number],
            value=text[:80],
        )
    return placed.join(skipped, on="number", how="anti", maintain_order="left")["line"].alias(LINE)
