"""Find the faults of a crosswalk, and its gaps: where it does not match the two books.

A mistake in the form of a file is a fault, and must be corrected. A row for something that a book
does not have, or a missing row, is a gap: books change, above all a user's book that began as a
copy. A crosswalk with gaps can be used; what is not converted is reported as a loss.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

from .errors import BookProblem
from .mapping import DIVIDE, MADE, ROW, SPECIAL, TABLE, Crosswalk, Row
from .model import Book, Variable
from .nearest import nearest
from .reading import typed_cell

MATCHES = ("exact", "broader", "narrower", "none")


def crosswalk_faults(walk: Crosswalk) -> list[BookProblem]:
    """Return what makes a crosswalk unusable."""
    return _found(walk, ROW_FAULTS, (_targets_with_several_makers,))


def crosswalk_gaps(walk: Crosswalk) -> list[BookProblem]:
    """Return what a crosswalk does not map, and what it names that its books do not have."""
    return _found(walk, ROW_GAPS, WHOLE_GAPS)


RowCheck = Callable[[Crosswalk, Row], Iterator[str]]
WholeCheck = Callable[[Crosswalk], Iterator[str]]


def _found(
    walk: Crosswalk, of_rows: tuple[RowCheck, ...], of_all: tuple[WholeCheck, ...]
) -> list[BookProblem]:
    problems = [
        BookProblem(walk.file, row.line, message)
        for row in walk.rows
        for check in of_rows
        for message in check(walk, row)
    ]
    problems += (BookProblem(walk.file, 1, text) for check in of_all for text in check(walk))
    return problems


# Faults of a row


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


def _selection(walk: Crosswalk, row: Row) -> Iterator[str]:
    if row.variable == ROW and not row.sql:
        yield "sql is empty: it must select the rows of data that are not converted"
    if row.variable == DIVIDE and not row.sql:
        yield "sql is empty: it must select the totals that can be divided"
    if row.variable in SPECIAL and row.variable in walk.source_table:
        yield f"{row.variable} is a word of crosswalks, and {walk.source.name} has it as a variable"
    if row.variable == TABLE and not (row.code or row.target):
        yield "it names no table: code has the one here, target the one there"


def _value(walk: Crosswalk, row: Row) -> Iterator[str]:
    """Yield a problem if a value cannot be taken over as it is, and nothing says how it is made."""
    here = walk.here(row.variable)
    if walk.target_table is None or here is None or row.target not in walk.target_table:
        return
    if row.sql or row not in walk.makers.values() or walk.coded(row):
        return
    there = walk.target_table[row.target]
    if here.type != there.type or (there.codes and not walk.same_codes(row)):
        yield f"{row.variable} is no {row.target}: sql or rows for its codes must make it"


def _table(walk: Crosswalk, row: Row) -> Iterator[str]:
    if row.variable != TABLE:
        return
    for book, name in ((walk.source, row.code), (walk.target, row.target)):
        if book is not None and name and name not in book.tables:
            yield f"{book.name} has no table {name}{_hint(name, book.tables)}"


def _condition(walk: Crosswalk, row: Row) -> Iterator[str]:
    """Yield what the selection of rows reads that is not there: without it, the rows would stay."""
    if row.variable in (ROW, DIVIDE):
        yield from _unreadable(walk, row)


def _unreadable(walk: Crosswalk, row: Row) -> Iterator[str]:
    """Yield what an expression reads that no row of the source has, nor one that was made before."""
    if not row.sql:
        return
    try:
        sql, looked_up = walk.sql(row, lookups=True)
    except KeyError as error:
        yield f"sql: {error.args[0]} leads nowhere"
        return
    made = [MADE + name for name in walk.makers]
    own = MADE + row.target
    before = made[: made.index(own)] if own in made else made
    for name in dict.fromkeys(_code_of(walk, c) if c in looked_up else c for c in columns_of(sql)):
        if name.startswith(MADE) and name not in before:
            yield f"sql: {name.removeprefix(MADE)} of the target is not made by a row before"
        elif not name.startswith(MADE) and name not in walk.source_table:
            near = _hint(name, walk.source_table.names)
            yield f"sql: {walk.source_table.name} of {walk.source.name} has no {name}{near}"


def _code_of(walk: Crosswalk, column: str) -> str:
    """Return the column whose codes have what is looked up; what is of another table stays as it is."""
    name, _, _ = column.rpartition(".")
    return column if walk.codes_of(name) is None else name


def columns_of(sql: str) -> list[str]:
    """Return the columns that an expression reads; none if it is not readable as SQL."""
    import sqlglot
    from sqlglot import exp
    from sqlglot.errors import SqlglotError

    try:
        tree = sqlglot.parse_one(sql, read="duckdb")
    except (SqlglotError, RecursionError):
        return []
    return list(dict.fromkeys(column.name for column in tree.find_all(exp.Column)))


ROW_FAULTS: tuple[RowCheck, ...] = (_match, _note, _selection, _value, _table, _condition)


def _targets_with_several_makers(walk: Crosswalk) -> Iterator[str]:
    if walk.target is None:
        return
    for target in walk.makers:
        count = len(walk.candidates(target))
        if count > 1:
            yield f"{count} rows make {target}: only one may, and sql says how"


# Gaps of a row: it names what a book does not have


def _source(walk: Crosswalk, row: Row) -> Iterator[str]:
    if row.variable in ("", *SPECIAL):
        return
    variable = walk.here(row.variable)
    if variable is None:
        names = walk.source_table.names
        yield f"{walk.source.name} has no variable {row.variable}{_hint(row.variable, names)}"
    elif row.code and not any(
        _has_code(walk.source, definition, row.code) for definition in _definitions(walk, variable)
    ):
        yield f"{row.variable} has no code {row.code}{_near_code(walk.source, variable, row.code)}"


def _target(walk: Crosswalk, row: Row) -> Iterator[str]:
    if not row.target or row.variable == TABLE:
        return
    if walk.target is None or walk.target_table is None:
        codes = walk.vocabulary.get(row.target)
        if codes is None:
            yield f"the vocabulary has no variable {row.target}"
        elif row.target_code and row.target_code not in codes:
            yield f"{row.target} of the vocabulary has no code {row.target_code}"
    elif row.target not in walk.target_table:
        names = walk.target_table.names
        yield f"{walk.target.name} has no variable {row.target}{_hint(row.target, names)}"
    elif row.target_code and not _has_code(
        walk.target, walk.target_table[row.target], row.target_code
    ):
        near = _near_code(walk.target, walk.target_table[row.target], row.target_code)
        yield f"{row.target} of {walk.target.name} has no code {row.target_code}{near}"


def _expression(walk: Crosswalk, row: Row) -> Iterator[str]:
    """Yield what an expression reads that is not there."""
    if row.variable in SPECIAL:
        return
    yield from _unreadable(walk, row)


ROW_GAPS: tuple[RowCheck, ...] = (_source, _target, _expression)


# Gaps of the whole: a book has what the crosswalk does not name. One to a vocabulary may be about
# some variables only.


def _variables_without_row(walk: Crosswalk) -> Iterator[str]:
    if walk.target is None:
        return
    mapped = {row.variable for row in walk.rows}
    yield from (f"no row for the variable {n}" for n in _to_be_mapped(walk) if n not in mapped)


def _to_be_mapped(walk: Crosswalk) -> list[str]:
    """Return the variables of the source that files have: coded ones, and what its home publishes."""
    table = walk.source_table
    return list(table.names) if walk.outward else [v.name for v in table.coded]


def _targets_without_row(walk: Crosswalk) -> Iterator[str]:
    mapped = {row.target for row in walk.rows if row.variable not in SPECIAL}
    yield from (f"no row for the target's {n}" for n in _to_be_made(walk) if n not in mapped)


def _to_be_made(walk: Crosswalk) -> list[str]:
    """Return the variables of the target that a file of it needs."""
    table = walk.target_table
    return [v.name for v in table.coded if v.name not in table.omittable] if table else []


def _codes_without_row(walk: Crosswalk) -> Iterator[str]:
    mapped = {(row.variable, row.target) for row in walk.rows if row.code and row.target}
    for name, target in sorted(mapped):
        maker, variable = walk.makers.get(target), walk.here(name)
        if variable is None or maker is None or maker.variable != name:
            continue
        codes = walk.source.code_list(variable)
        if codes is None:
            continue
        rows = walk.codes(name, target)
        for code in codes.values:
            if str(code) not in rows and not _is_code_of_target(walk, target, code):
                yield f"no row for the code {code} of {name} in {target}"


WHOLE_GAPS: tuple[WholeCheck, ...] = (
    _variables_without_row,
    _targets_without_row,
    _codes_without_row,
)


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


def _hint(name: str, names: Iterable[str]) -> str:
    near = nearest(name, list(names))
    return f"; did you mean {near}?" if near else ""


def _near_code(book: Book, variable: Variable, code: str) -> str:
    codes = book.code_list(variable)
    return _hint(code, map(str, codes.values)) if codes is not None else ""


# Use without the gaps


def without_gaps(walk: Crosswalk) -> Crosswalk:
    """Return a crosswalk that can be used with its books, in which a row reports each gap.

    A code of the source without a row needs none here: its values are reported as lost. Rows that
    rely on a removed row are removed too, so this is repeated until no row is removed.
    """
    reasons: dict[str, str] = {}
    while True:
        known = [(row, _first_gap(walk, row)) for row in walk.rows]
        if not any(message for _, message in known):
            return _with_missing_rows(walk, reasons)
        unmade = {
            row.target: f"{walk.file}:{row.line}: {message}"
            for row, message in known
            if message
            and walk.makers.get(row.target) is row
            and not _lacks_variable_only(walk, row)
        }
        reasons |= unmade
        rows = (_adapted(walk, row, message, unmade) for row, message in known)
        walk = replace(walk, rows=tuple(row for row in rows if row is not None))


def _first_gap(walk: Crosswalk, row: Row) -> str:
    return next((message for check in ROW_GAPS for message in check(walk, row)), "")


def _lacks_variable_only(walk: Crosswalk, row: Row) -> bool:
    """Return whether a row names a missing variable that its expression does not need."""
    return bool(row.sql) and not _first_gap(walk, replace(row, variable="", code=""))


def _adapted(walk: Crosswalk, row: Row, message: str, unmade: Mapping[str, str]) -> Row | None:
    """Return what remains of a row that may name something missing; None for nothing.

    Args:
        walk: the crosswalk.
        row: one of its rows.
        message: what is missing, or an empty text.
        unmade: the targets that lose their value, with the reason. Other rows of such a target
            only record where a variable went, and must not make it instead.
    """
    if row.target in unmade and row.variable not in SPECIAL:
        lost = Row(row.variable, "", "", "", "none", "", unmade[row.target], row.line)
        return lost if not row.code and walk.here(row.variable) else None
    if not message:
        return row
    if _lacks_variable_only(walk, row):
        return replace(row, variable="", code="")
    if walk.here(row.variable) is None or (row.code and any(_source(walk, row))):
        return None
    note = f"{walk.file}:{row.line}: {message}"
    if row.code and walk.target_table is not None and row.target in walk.target_table:
        return replace(row, target_code="", match="none", note=note)
    return None if row.code else Row(row.variable, "", "", "", "none", "", note, row.line)


def _with_missing_rows(walk: Crosswalk, reasons: Mapping[str, str]) -> Crosswalk:
    """Return a crosswalk with a row for each variable of both tables that it does not name."""
    note = f"{walk.file} has no row for it"
    if walk.target is None:
        return walk
    sources = {row.variable for row in walk.rows}
    targets = {row.target for row in walk.rows if row.variable not in SPECIAL}
    added = [
        Row(name, "", "", "", "none", "", note, 1)
        for name in _to_be_mapped(walk)
        if name not in sources
    ]
    added += [
        Row("", "", name, "", "none", "", reasons.get(name, note), 1)
        for name in _to_be_made(walk)
        if name not in targets
    ]
    return replace(walk, rows=(*walk.rows, *added))
