"""What the cells of a column show: its type, its form, its codes, its bounds.

Nothing here is certain: a person reads and corrects the book that is made of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

import polars as pl

from ...codebook.model import Scalar, Variable, cell
from ...validation.reading import dates
from ...validation.reading.parsing import LOGICAL, MISSING_WORDS

MOST_CODES = 30
"""Up to this many different texts are a list of codes, if they repeat."""
LONGEST_CODE = 60
FEWEST_REPEATS = 3
"""How often a code occurs at least, on average."""
SEPARATORS = ("; ", ";", " | ", "|")
LISTED = 0.1
"""The share of cells with a separator from which on a column holds lists."""
DAYS = (
    *("%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d"),
    *("%d %B %Y", "%d %b %Y", "%B %d, %Y", "%b %d, %Y", "%Y%m%d"),
)
"""Forms of days that are tried besides YYYY-MM-DD, in the notation of strftime."""
PLACEHOLDERS = (*MISSING_WORDS, "-", "--", ".", "?")
INTEGER = r"^[+-]?(0|[1-9]\d{0,17})(\.0+)?$"
NUMBER = r"^[+-]?\d+(\.\d+)?([eE][+-]?\d+)?$"


@dataclass(frozen=True)
class SeenColumn:
    """A column as its cells show it; `notes` are what a person should look at.

    `values` are its different values without the ways of writing missing; `distinct` says whether
    none occurs twice.
    """

    name: str
    type: str
    rows: int
    present: int
    values: tuple[str, ...]
    distinct: bool
    missing: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    bounds: tuple[Scalar, Scalar] = (None, None)
    codes: tuple[str, ...] = ()
    separator: str = ""
    pattern: str = ""
    notes: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether no cell is empty."""
        return self.present == self.rows

    @property
    def example(self) -> Scalar:
        """The first value, in the type of the column."""
        if not self.values:
            return EMPTY[self.type]
        return as_value(self.type, self.values[0], self.formats)


EMPTY: dict[str, Scalar] = {"string": "text"}
"""The example of a column without a value."""


def seen_column(name: str, cells: pl.Series) -> SeenColumn:
    """Return what a column of text shows; empty cells are null."""
    present = cells.drop_nulls()
    words = [word for word in PLACEHOLDERS if (present == word).any()]
    core = present.filter(~present.is_in(words))
    values = core.unique(maintain_order=True)
    for type_, fits in TESTS.items():
        if len(values) and fits(name, values):
            return _typed_column(name, type_, cells, core, tuple(words))
    formats = _day_formats(values) if len(values) else []
    if formats:
        column = _typed_column(name, "date", cells, core, tuple(words), formats[:1])
        if len(formats) == 1:
            return column
        both = " and ".join(formats)
        note = f"{name}: its days fit {both}; {formats[0]} was taken"
        return SeenColumn(**{**vars(column), "notes": (note,)})
    return _text_column(name, cells)


def _typed_column(
    name: str,
    type_: str,
    cells: pl.Series,
    core: pl.Series,
    missing: tuple[str, ...],
    formats: Sequence[str] = (),
) -> SeenColumn:
    values = core.unique(maintain_order=True)
    ordered = sorted(
        (as_value(type_, text, tuple(formats)) for text in values), key=lambda v: str(v)
    )
    if type_ in ("integer", "number", "year"):
        ordered = sorted(ordered, key=lambda v: float(v or 0))
    bounds = (None, None) if type_ == "boolean" else (ordered[0], ordered[-1])
    return SeenColumn(
        name=name,
        type=type_,
        rows=len(cells),
        present=len(core),
        values=tuple(values),
        distinct=len(values) == len(core),
        missing=missing,
        formats=tuple(formats),
        bounds=bounds,
    )


def _text_column(name: str, cells: pl.Series) -> SeenColumn:
    present = cells.drop_nulls()
    values = present.unique(maintain_order=True)
    separator = _separator(present)
    parts = present.str.split(separator).explode().drop_nulls() if separator else present
    codes = _codes(parts)
    if separator and not codes:
        separator = ""
    column = SeenColumn(
        name=name,
        type="string",
        rows=len(cells),
        present=len(present),
        values=tuple(values),
        distinct=len(values) == len(present),
        codes=codes,
        separator=separator,
    )
    pattern = "" if codes else _pattern(column.values)
    return SeenColumn(**{**vars(column), "pattern": pattern})


def as_value(type_: str, text: str, formats: tuple[str, ...]) -> Scalar:
    """Return a cell as a book writes a value of its type."""
    if type_ in ("integer", "year"):
        return int(float(text))
    if type_ == "number":
        return float(text)
    if type_ == "boolean":
        return bool(LOGICAL[text])
    if type_ == "date" and formats:
        return datetime.strptime(text, formats[0]).date().isoformat()
    if type_ == "date":
        return text[:10]
    if type_ == "datetime":
        found = pl.select(dates.any_moment(pl.lit(text))).item()
        return cell(found.astimezone(UTC))
    return text


def _all(mask: pl.Series) -> bool:
    return bool(mask.fill_null(False).all())


def _is_boolean(name: str, values: pl.Series) -> bool:
    return _all(values.is_in(list(LOGICAL)))


def _is_year(name: str, values: pl.Series) -> bool:
    return "year" in name.lower() and _all(values.str.contains(r"^(1[89]|20)\d\d$"))


def _is_day(name: str, values: pl.Series) -> bool:
    read = dates.any_form(values, PLAIN_DAY)
    return _all(read.is_not_null() & read.is_between(*dates.STORABLE))


def _is_moment(name: str, values: pl.Series) -> bool:
    frame = values.alias("cell").to_frame()
    return _all(frame.select(dates.any_moment(pl.col("cell"))).to_series().is_not_null())


PLAIN_DAY = Variable("day", "", "", "date", None)
TESTS: dict[str, Callable[[str, pl.Series], bool]] = {
    "boolean": _is_boolean,
    "year": _is_year,
    "integer": lambda name, values: _all(values.str.contains(INTEGER)),
    "number": lambda name, values: _all(values.str.contains(NUMBER) & ~_has_leading_zero(values)),
    "date": _is_day,
    "datetime": _is_moment,
}
"""For each type but text, in the order of the tests, whether all values of a column are of it."""


def _has_leading_zero(values: pl.Series) -> pl.Series:
    # 007 is an id: as a number it would lose its zeros.
    return values.str.contains(r"^[+-]?0\d")


def _day_formats(values: pl.Series) -> list[str]:
    """Return the forms in which all values are days."""
    fitting = []
    for form in DAYS:
        read = values.str.to_date(form, strict=False)
        if _all(read.is_not_null() & read.is_between(date(1000, 1, 1), dates.STORABLE[1])):
            fitting.append(form)
    return fitting


def _separator(present: pl.Series) -> str:
    for separator in SEPARATORS:
        share = present.str.contains(separator, literal=True).mean() if len(present) else 0
        if isinstance(share, float) and share >= LISTED:
            return separator
    return ""


def _codes(parts: pl.Series) -> tuple[str, ...]:
    """Return the codes of a list that repeats few short texts; none if it does not."""
    values = parts.unique().sort()
    few = 0 < len(values) <= MOST_CODES and len(values) * FEWEST_REPEATS <= len(parts)
    short = bool((values.str.len_chars() <= LONGEST_CODE).all())
    plain = not values.str.contains(r"[\x00-\x1f\x7f]|^\s|\s$|^$").any()
    return tuple(values) if few and short and plain else ()


def _pattern(values: Sequence[str]) -> str:
    """Return the form of ids: the same letters, then digits."""
    if len(values) < FEWEST_REPEATS:
        return ""
    forms = [re.fullmatch(r"([A-Za-z][A-Za-z_-]*)(\d+)", value) for value in values]
    heads = {form.group(1) for form in forms if form}
    if not all(forms) or len(heads) != 1:
        return ""
    lengths = {len(form.group(2)) for form in forms if form}
    least = min(lengths)
    return f"{heads.pop()}[0-9]{{{least},}}"
