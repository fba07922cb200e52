"""Crosswalks between books: how each variable and code of one maps to another, as checked data.

`crosswalks/to-NAME.csv` leads from the book in whose folder it is, `from-NAME.csv` to it. NAME is a
book, or a vocabulary (`crosswalks/vocabularies/NAME.csv`), which is a list of codes only. A row
maps a variable, or one code of it:

    variable     the variable here; `row` for rows of data that the target has no place for (`sql`
                 selects them); empty if the target's variable is made of no single one
    code         one of its codes; empty for the variable as a whole
    target       the variable there; empty if there is no equivalent
    target_code  the code there
    match        exact, broader or narrower (the target means more or less), none
    sql          the expression that makes the value, unless it is the same value or the rows of
                 codes map it; needed where several rows have one target, to choose the one. In addition to
                 SQL's functions it may call SLUG(x), NUMBER(x) and ROW(), which give an id made of
                 a name, a number for each value, and a number for each row
    note         what is lost; needed where the match is not exact

The other rows of a target only record where a variable went.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from functools import cache, cached_property
from pathlib import Path

from .errors import BookError
from .loader import BOOKS, HUB, available, load
from .model import Book, Table, Variable, case
from .reading import typed_cell

MATCHES = ("exact", "broader", "narrower", "none")
EVENTS = "events"
"""The table that crosswalks convert."""

ROW = "row"
MADE = "to."
"""How the name of a column begins that was made already: an expression reads `{to.event_date}`."""

OPEN_LISTS = {"country"}
"""Lists of places in the world, of which a crosswalk may know some only."""


@dataclass(frozen=True)
class Row:
    """One row of a crosswalk."""

    variable: str
    code: str
    target: str
    target_code: str
    match: str
    sql: str
    note: str
    line: int = 0


@dataclass(frozen=True)
class Crosswalk:
    """The mapping of one book to another, or to a vocabulary, which is no book and has no target."""

    file: str
    source: Book
    target: Book | None
    vocabulary: Mapping[str, frozenset[str]]
    rows: tuple[Row, ...]

    @property
    def source_table(self) -> Table:
        """The table whose rows are converted."""
        return self.source.tables[EVENTS]

    @property
    def target_table(self) -> Table | None:
        """The table that they become; None for a vocabulary."""
        return self.target.tables[EVENTS] if self.target else None

    @cached_property
    def makers(self) -> dict[str, Row]:
        """For each target that gets a value the row that makes it, in the order of the file."""
        makers: dict[str, Row] = {}
        for row in self.variables:
            if row.target and row.match != "none" and row in self.candidates(row.target)[:1]:
                makers[row.target] = row
        return makers

    def candidates(self, target: str) -> list[Row]:
        """Return the rows that may make a target; in a sound file there is one.

        A row with an expression comes before one whose codes have rows, and that before the others.
        """
        rows = [r for r in self.variables if r.target == target and r.match != "none"]
        return [r for r in rows if r.sql] or [r for r in rows if self.coded(r)] or rows

    def coded(self, row: Row) -> bool:
        """Return whether rows about the codes of a variable map it to the row's target."""
        return any(
            r.code and r.variable == row.variable and r.target == row.target for r in self.rows
        )

    def same_codes(self, row: Row) -> bool:
        """Return whether both variables have one code list, so that a code without a row stays."""
        if self.target_table is None:
            return False
        here = _variables(self.source)[row.variable].codes
        return bool(here) and here == self.target_table[row.target].codes

    @cached_property
    def variables(self) -> tuple[Row, ...]:
        """The rows about variables as a whole."""
        return tuple(r for r in self.rows if not r.code and r.variable != ROW)

    @cached_property
    def excluded(self) -> tuple[Row, ...]:
        """The rows that select the rows of data that are not converted."""
        return tuple(r for r in self.rows if r.variable == ROW)

    def codes(self, variable: str, target: str) -> dict[str, Row]:
        """Return the rows about the codes of a variable that have a target, or none at all."""
        return {
            r.code: r
            for r in self.rows
            if r.code and r.variable == variable and r.target in (target, "")
        }

    def sql(self, row: Row) -> str:
        """Return the expression of a row, with `{variable.attribute}` and `{to.variable}` resolved.

        Raises:
            KeyError: it names something that neither book has.
        """
        sql = re.sub(r"\{to\.(\w+)(?:\.(\w+))?\}", self._made_column, row.sql)
        return self.source.sql(self.source_table, sql)[0]

    def _made_column(self, reference: re.Match[str]) -> str:
        """Return the SQL of a column that was made already, or of an attribute of its code."""
        name, attribute = reference.groups()
        if self.target is None or self.target_table is None or name not in self.target_table:
            raise KeyError(reference.group())
        column = f'"{MADE}{name}"'
        if attribute is None:
            return column
        codes = self.target.code_list(self.target_table[name])
        if codes is None:
            raise KeyError(reference.group())
        return case(column, attribute, codes)


def partners() -> list[str]:
    """Return the names of the books and vocabularies that the hub has a crosswalk to."""
    folder = BOOKS / HUB / "crosswalks"
    return sorted(path.stem.removeprefix("to-") for path in folder.glob("to-*.csv"))


@cache
def crosswalk(source: str, target: str) -> Crosswalk:
    """Return the crosswalk from one book to another, or to a vocabulary; one of the two is the hub.

    Raises:
        BookError: there is none, or it breaks the format, or names what does not exist.
    """
    name = f"to-{target}" if source == HUB else f"from-{source}"
    path = BOOKS / HUB / "crosswalks" / f"{name}.csv"
    if HUB not in (source, target) or source == target or not path.is_file():
        known = ", ".join(partners())
        raise BookError(
            [f"no crosswalk from {source} to {target}; {HUB} has crosswalks to {known}"]
        )
    book = load(target) if target in available() else None
    vocabulary = {} if book else _vocabulary(path.parent / "vocabularies" / f"{target}.csv")
    return read_crosswalk(path, load(source), book, vocabulary)


def read_crosswalk(
    path: Path, source: Book, target: Book | None, vocabulary: Mapping[str, frozenset[str]]
) -> Crosswalk:
    """Read a crosswalk from its file, and check it.

    Raises:
        BookError: it breaks the format, or names what does not exist; every problem is listed.
    """
    header = [f.name for f in fields(Row) if f.name != "line"]
    rows: list[Row] = []
    problems: list[str] = []
    with path.open(encoding="utf-8", newline="") as stream:
        reader = csv.reader(stream)
        if next(reader, None) != header:
            raise BookError([f"{path.name}:1: the header must be {','.join(header)}"])
        for cells in reader:
            if len(cells) == len(header):
                rows.append(Row(*cells, line=reader.line_num))
            else:
                message = f"{len(cells)} cells, but the header has {len(header)}"
                problems.append(f"{path.name}:{reader.line_num}: {message}")
    walk = Crosswalk(path.name, source, target, vocabulary, tuple(rows))
    problems += (
        f"{path.name}:{row.line}: {message}"
        for row in rows
        for check in ROW_CHECKS
        for message in check(walk, row)
    )
    problems += (f"{path.name}:1: {message}" for check in GAP_CHECKS for message in check(walk))
    if problems:
        raise BookError(problems)
    return walk


def _vocabulary(path: Path) -> dict[str, frozenset[str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    names = dict.fromkeys(row["variable"] for row in rows)
    return {
        name: frozenset(r["code"] for r in rows if r["variable"] == name and r["code"])
        for name in names
    }


# What can be wrong with one row


def _match(walk: Crosswalk, row: Row) -> Iterator[str]:
    if row.match not in MATCHES:
        yield f"match {row.match!r} is none of {', '.join(MATCHES)}"
    if row.match != "none" and not row.target:
        yield f"a match that is {row.match} needs a target"
    if row.match == "none" and row.target_code:
        yield "a match that is none can have no target code"


def _note(walk: Crosswalk, row: Row) -> Iterator[str]:
    codes_have_notes = not row.code and walk.coded(row)
    if row.match != "exact" and not row.note and not codes_have_notes:
        yield f"a match that is {row.match} needs a note of what is lost"


def _source(walk: Crosswalk, row: Row) -> Iterator[str]:
    if row.variable in ("", ROW):
        return
    variable = _variables(walk.source).get(row.variable)
    if variable is None:
        yield f"{walk.source.name} has no variable {row.variable}"
    elif row.code and not any(
        _has_code(walk.source, definition, row.code) for definition in _definitions(walk, variable)
    ):
        yield f"{row.variable} has no code {row.code}"


def _target(walk: Crosswalk, row: Row) -> Iterator[str]:
    if not row.target:
        return
    if walk.target is None or walk.target_table is None:
        codes = walk.vocabulary.get(row.target)
        if codes is None:
            yield f"the vocabulary has no variable {row.target}"
        elif row.target_code and row.target_code not in codes:
            yield f"{row.target} of the vocabulary has no code {row.target_code}"
    elif row.target not in walk.target_table:
        yield f"{walk.target.name} has no variable {row.target}"
    elif row.target_code and not _has_code(
        walk.target, walk.target_table[row.target], row.target_code
    ):
        yield f"{row.target} of {walk.target.name} has no code {row.target_code}"


def _selection(walk: Crosswalk, row: Row) -> Iterator[str]:
    if row.variable == ROW and not row.sql:
        yield "sql is empty: it must select the rows of data that are not converted"


def _value(walk: Crosswalk, row: Row) -> Iterator[str]:
    """Yield a problem if a value cannot be taken over as it is, and nothing says how it is made."""
    here = _variables(walk.source).get(row.variable)
    if walk.target_table is None or here is None or row.target not in walk.target_table:
        return
    if row.sql or row not in walk.makers.values() or walk.coded(row):
        return
    there = walk.target_table[row.target]
    if here.type != there.type or (there.codes and not walk.same_codes(row)):
        yield f"{row.variable} is no {row.target}: sql or rows for its codes must make it"


def _expression(walk: Crosswalk, row: Row) -> Iterator[str]:
    try:
        walk.sql(row)
    except KeyError as error:
        yield f"sql: {error.args[0]} leads nowhere"


ROW_CHECKS: tuple[Callable[[Crosswalk, Row], Iterator[str]], ...] = (
    _match,
    _note,
    _source,
    _target,
    _selection,
    _value,
    _expression,
)


# What a crosswalk can leave out. One to a vocabulary may be about some variables only.


def _variables_without_row(walk: Crosswalk) -> Iterator[str]:
    if walk.target is None:
        return
    mapped = {row.variable for row in walk.rows}
    table = walk.source_table
    # Of a foreign book only what its files have; of our own what is published.
    names = table.names if walk.source.name == HUB else [v.name for v in table.coded]
    yield from (f"no row for the variable {name}" for name in names if name not in mapped)


def _targets_without_row(walk: Crosswalk) -> Iterator[str]:
    if walk.target_table is None:
        return
    mapped = {row.target for row in walk.rows}
    needed = [v.name for v in walk.target_table.coded if v.name not in walk.target_table.omittable]
    yield from (f"no row for the target's {name}" for name in needed if name not in mapped)


def _targets_with_several_makers(walk: Crosswalk) -> Iterator[str]:
    if walk.target is None:
        return
    for target in walk.makers:
        count = len(walk.candidates(target))
        if count > 1:
            yield f"{count} rows make {target}: only one may, and sql says how"


def _codes_without_row(walk: Crosswalk) -> Iterator[str]:
    mapped = {(row.variable, row.target) for row in walk.rows if row.code and row.target}
    for name, target in sorted(mapped):
        maker = walk.makers.get(target)
        variable = _variables(walk.source).get(name)
        if variable is None or maker is None or maker.variable != name:
            continue
        codes = walk.source.code_list(variable)
        if codes is None or codes.name in OPEN_LISTS:
            continue
        rows = walk.codes(name, target)
        for code in codes.values:
            if str(code) not in rows and not _is_code_of_target(walk, target, code):
                yield f"no row for the code {code} of {name} in {target}"


GAP_CHECKS: tuple[Callable[[Crosswalk], Iterator[str]], ...] = (
    _variables_without_row,
    _targets_without_row,
    _targets_with_several_makers,
    _codes_without_row,
)


def _variables(book: Book) -> dict[str, Variable]:
    return {v.name: v for table in book.tables.values() for v in table.variables}


def _definitions(walk: Crosswalk, variable: Variable) -> list[Variable]:
    """Return a variable of the source as it is defined now, and in the variants of the table."""
    variants = (v.redefined.get(variable.name) for v in walk.source_table.variants)
    return [variable, *(definition for definition in variants if definition is not None)]


def _is_code_of_target(walk: Crosswalk, target: str, code: str | int) -> bool:
    """Return whether the target's list has a code too, which then stays as it is."""
    if walk.target is None or walk.target_table is None or target not in walk.target_table:
        return False
    codes = walk.target.code_list(walk.target_table[target])
    return codes is not None and code in codes.values


def _has_code(book: Book, variable: Variable, code: str) -> bool:
    """Return whether a code is on the variable's list; without a list, whether its type fits."""
    codes = book.code_list(variable)
    if codes is not None:
        return code in map(str, codes.values)
    try:
        typed_cell(code, variable.type)
    except ValueError:
        return False
    return True
