"""Crosswalks between books: what of one is what of another, as data, with every target checked.

`crosswalks/to-NAME.csv` leads from the book in whose folder it stands, `from-NAME.csv` to it. NAME
is a book, or a vocabulary (`crosswalks/vocabularies/NAME.csv`), which is a list of codes only. A
row says of a variable, or of one code of it, what stands for it there:

    variable     the variable here; `row` for rows that the target has no place for (`sql` says
                 which); empty where the target's variable is made of no single one
    code         one of its codes; empty for the variable as a whole
    target       the variable there; empty if nothing stands for it
    target_code  the code there
    match        exact, broader or narrower (the target means more or less), none
    sql          how the value is made, if it is not the same value or the codes' own rows say it;
                 needed where several rows have one target: it says which of them makes the value
    note         what is lost; needed where the match is not exact

The other rows of a target only say where a variable went.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache, cached_property
from pathlib import Path

from .errors import BookError
from .loader import BOOKS, HUB, available, load
from .model import Book, Variable, case
from .reading import typed

MATCHES = ("exact", "broader", "narrower", "none")
ROW = "row"
MADE = "to."
"""What a column of the target is called in an expression that builds on it: `{to.event_date}`."""


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
    """What of one book is what of another; the target is a vocabulary if it is no book."""

    file: str
    source: Book
    target: Book | None
    vocabulary: Mapping[str, frozenset[str]]
    rows: tuple[Row, ...]

    @cached_property
    def makers(self) -> dict[str, Row]:
        """For each target that gets a value, the row that makes it, in the order of the file."""
        found: dict[str, Row] = {}
        for row in self.variables:
            if row.target and row.match != "none" and row in self.candidates(row.target)[:1]:
                found[row.target] = row
        return found

    def candidates(self, target: str) -> list[Row]:
        """The rows that may make a target; in a sound file there is one.

        A row with an expression comes before one whose codes have rows, and that before the others.
        """
        rows = [r for r in self.variables if r.target == target and r.match != "none"]
        return [r for r in rows if r.sql] or [r for r in rows if self.coded(r)] or rows

    def coded(self, row: Row) -> bool:
        """Whether rows about the codes of a variable say what it becomes in the row's target."""
        return any(
            r.code and r.variable == row.variable and r.target == row.target for r in self.rows
        )

    def same_codes(self, row: Row) -> bool:
        """Whether both variables have one code list: a code without a row stands for itself."""
        assert self.target is not None
        here = _variables(self.source)[row.variable].codes
        return bool(here) and here == self.target.tables["events"][row.target].codes

    @cached_property
    def variables(self) -> tuple[Row, ...]:
        """The rows about variables as a whole."""
        return tuple(r for r in self.rows if not r.code and r.variable != ROW)

    @cached_property
    def excluded(self) -> tuple[Row, ...]:
        """The rows that say which rows of data are not carried."""
        return tuple(r for r in self.rows if r.variable == ROW)

    def codes(self, variable: str, target: str) -> dict[str, Row]:
        """What stands in a target for the codes of a variable; also those that nothing stands for."""
        return {
            r.code: r
            for r in self.rows
            if r.code and r.variable == variable and r.target in (target, "")
        }

    def sql(self, row: Row) -> str:
        """The expression of a row, with `{variable.attribute}` and `{to.variable}` resolved.

        Raises:
            KeyError: it names something that neither book has.
        """
        source = self.source.tables["events"]

        def made(match: re.Match[str]) -> str:
            name, attribute = match.group(1), match.group(2)
            assert self.target is not None
            variable = self.target.tables["events"][name]
            column = f'"{MADE}{name}"'
            if attribute is None:
                return column
            codes = self.target.code_list(variable)
            if codes is None:
                raise KeyError(match.group(0))
            return case(column, attribute, codes)

        sql = re.sub(r"\{to\.(\w+)(?:\.(\w+))?\}", made, row.sql)
        return self.source.sql(source, sql)[0]


def partners() -> list[str]:
    """The names of the books and vocabularies that crosswalks lead to from the hub."""
    folder = BOOKS / HUB / "crosswalks"
    return sorted(path.stem.removeprefix("to-") for path in folder.glob("to-*.csv"))


@cache
def crosswalk(source: str, target: str) -> Crosswalk:
    """The crosswalk from one book to another, or to a vocabulary; one of the two is the hub.

    Raises:
        BookError: there is none, or it breaks the format, or points to what does not exist.
    """
    name = f"to-{target}" if source == HUB else f"from-{source}"
    path = BOOKS / HUB / "crosswalks" / f"{name}.csv"
    if HUB not in (source, target) or source == target or not path.is_file():
        raise BookError([f"no crosswalk from {source} to {target}; from {HUB} to {partners()}"])
    there = load(target) if target in available() else None
    vocabulary = {} if there else _vocabulary(path.parent / "vocabularies" / f"{target}.csv")
    return read(path, load(source), there, vocabulary)


def read(
    path: Path, source: Book, target: Book | None, vocabulary: Mapping[str, frozenset[str]]
) -> Crosswalk:
    """A crosswalk from its file, checked.

    Raises:
        BookError: it breaks the format, or points to what does not exist; every problem is told.
    """
    header = [f.name for f in fields(Row)][:-1]
    rows, problems = [], []
    with path.open(encoding="utf-8", newline="") as stream:
        reader = csv.reader(stream)
        if next(reader, []) != header:
            raise BookError([f"{path.name}:1: the header must be {','.join(header)}"])
        for cells in reader:
            if len(cells) == len(header):
                rows.append(Row(*cells, line=reader.line_num))
            else:
                problems.append(f"{path.name}:{reader.line_num}: {len(cells)} cells")
    found = Crosswalk(path.name, source, target, vocabulary, tuple(rows))
    problems += [
        f"{path.name}:{row.line}: {said}" for row in rows for said in _problems(found, row)
    ]
    problems += [f"{path.name}:1: {said}" for said in _gaps(found)]
    if problems:
        raise BookError(problems)
    return found


def _vocabulary(path: Path) -> dict[str, frozenset[str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    names = dict.fromkeys(row["variable"] for row in rows)
    return {
        name: frozenset(r["code"] for r in rows if r["variable"] == name and r["code"])
        for name in names
    }


def _problems(found: Crosswalk, row: Row) -> list[str]:
    """What is wrong with one row."""
    said = []
    source = _variables(found.source)
    variable = source.get(row.variable)
    if row.match not in MATCHES:
        said.append(f"match {row.match!r} is none of {', '.join(MATCHES)}")
    if row.match != "exact" and not row.note and (row.code or not found.coded(row)):
        said.append(f"a match that is {row.match} needs a note of what is lost")
    if row.variable not in ("", ROW) and variable is None:
        said.append(f"{found.source.name} has no variable {row.variable}")
    if row.code and variable is not None and not _has_code(found.source, variable, row.code):
        said.append(f"{row.variable} has no code {row.code}")
    if row.match != "none" and not row.target:
        said.append(f"a match that is {row.match} needs a target")
    if row.match == "none" and row.target_code:
        said.append("a match that is none can have no target code")
    if row.variable == ROW and not row.sql:
        said.append("the row does not say which rows it is about: sql is empty")
    said += _wrong_target(found, row)
    if row in found.makers.values() and found.target is not None and not row.sql:
        there = found.target.tables["events"]
        if variable is not None and row.target in there and not _same(found, row):
            said.append(
                f"{row.variable} is no {row.target}: sql or rows for its codes must make it"
            )
    try:
        found.sql(row)
    except (KeyError, AssertionError) as error:
        said.append(f"sql: no such thing as {error}")
    return said


def _same(found: Crosswalk, row: Row) -> bool:
    """Whether a value may be taken over as it is, or the rows of its codes say what it becomes."""
    assert found.target is not None
    here, there = _variables(found.source)[row.variable], found.target.tables["events"][row.target]
    if found.coded(row):
        return True
    return here.type == there.type and (not there.codes or found.same_codes(row))


def _wrong_target(found: Crosswalk, row: Row) -> list[str]:
    if not row.target:
        return []
    if found.target is None:
        codes = found.vocabulary.get(row.target)
        if codes is None:
            return [f"the vocabulary has no variable {row.target}"]
        known = not row.target_code or row.target_code in codes
        return [] if known else [f"the vocabulary's {row.target} has no code {row.target_code}"]
    table = found.target.tables["events"]
    if row.target not in table:
        return [f"{found.target.name} has no variable {row.target}"]
    if row.target_code and not _has_code(found.target, table[row.target], row.target_code):
        return [f"{row.target} of {found.target.name} has no code {row.target_code}"]
    return []


def _gaps(found: Crosswalk) -> list[str]:
    """Variables and codes of which the crosswalk says nothing."""
    gaps = []
    # A vocabulary's crosswalk may be about some variables only; between books nothing is left out.
    if found.target is not None:
        named = {row.variable for row in found.rows}
        here = found.source.tables["events"]
        published = here.names if found.source.name == HUB else [v.name for v in here.coded]
        gaps += [f"nothing is said of {v}" for v in published if v not in named]
        targets = {row.target for row in found.rows}
        there = found.target.tables["events"]
        wanted = [v for v in there.coded if v.name not in there.omittable]
        gaps += [
            f"nothing is said of the target's {v.name}" for v in wanted if v.name not in targets
        ]
        several = {t: len(found.candidates(t)) for t in found.makers}
        gaps += [f"{n} rows make {t}: say by sql which does" for t, n in several.items() if n > 1]
    mapped = {(r.variable, r.target) for r in found.rows if r.code and r.target}
    for name, target in sorted(mapped):
        variable = _variables(found.source)[name]
        codes = found.source.code_list(variable)
        said = found.codes(name, target)
        for value in codes.values if codes else ():
            same = found.target is not None and _listed(found.target, target, value)
            made = found.makers.get(target)
            here = made is not None and made.variable == name
            if str(value) not in said and not same and here and not _open(found, name):
                gaps.append(f"nothing is said of the code {value} of {name} in {target}")
    return gaps


def _open(found: Crosswalk, name: str) -> bool:
    """Whether a list is one of places in the world, of which a crosswalk may know some only."""
    return _variables(found.source)[name].codes == "country"


def _variables(book: Book) -> dict[str, Variable]:
    return {v.name: v for table in book.tables.values() for v in table.variables}


def _listed(book: Book, target: str, value: object) -> bool:
    codes = book.code_list(book.tables["events"][target])
    return codes is not None and value in codes.values


def _has_code(book: Book, variable: Variable, code: str) -> bool:
    """Whether a code is on the variable's list; without a list, whether it is a value of its type."""
    codes = book.code_list(variable)
    if codes is not None:
        return code in map(str, codes.values)
    try:
        typed(code, variable.type)
    except ValueError:
        return False
    return True
