"""Agreement between coders: what they found, how they coded it, and where they differ.

It is measured on the codings as they were filed, before anything is adjudicated. Only that two
names mean one actor or place may be decided before.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import combinations
from typing import Any

from ...codebook import Book, Table, Variable
from ...codebook.model import moment
from ...validation.codes import Decision
from ...validation.coding.adjudication import unit_summary
from ...validation.coding.filed import (
    Coding,
    Row,
    coders,
    decisions_of,
    load_coding,
    rows_of,
)
from ...validation.coding.pairing import (
    Evidence,
    Names,
    coded_documents,
    comparable,
    compared_variables,
    evidence_of,
    quote_of,
    rows_by_id,
    shared_tables,
    translated,
    units_of,
)
from ...validation.errors import InputError
from ...validation.evidence.documents import Document, read_documents
from ...validation.package.package import Package
from ...validation.progress import step
from . import coefficients
from .coefficients import Values
from .followed import Followed, followed
from .unit_matching import CoderIds, matched_units
from .unitising import Segment, UnitCounts, alpha_u, flat

SMALL = 30
"""Below so many units a coefficient moves much with each of them, and the report says so."""


@dataclass(frozen=True)
class VariableAgreement:
    """Agreement on one variable over the units that at least two coders have.

    `n` units; `valued` those for which two coders gave a value; `per_cent` over all `n`, an empty
    cell being a judgement too; `alpha` over all `n` where the level is nominal, else over those
    with values, with its 95 % interval; `kappa` for two coders; `note` says why one is missing.
    """

    table: str
    variable: str
    level: str
    n: int
    valued: int
    per_cent: float | None
    alpha: float | None
    interval: tuple[float, float] | None
    kappa: float | None
    note: str


@dataclass(frozen=True)
class UnitAgreement:
    """Agreement on the units: found by both or by one, and alpha-U over the words.

    `alpha_u` asks to which unit words belong, `alpha_u_binary` only whether they were quoted.
    """

    table: str
    counts: Mapping[tuple[str, str], UnitCounts]
    alpha_u: float | None
    alpha_u_binary: float | None


@dataclass(frozen=True)
class Disagreement:
    """A value that coders coded differently, or, without a variable, a unit that some do not have.

    `values` and `quotes` are by coder: the value or the unit in short, and the words for it. `ids`
    are the ids that the coders gave to the unit.
    """

    table: str
    unit: str
    variable: str | None
    values: Mapping[str, str | None]
    quotes: Mapping[str, str | None]
    ids: Mapping[str, str]


@dataclass(frozen=True)
class Compared:
    """What coders coded in one variable of the units that they have in common.

    `of` are the table and the variable, `ids` each unit's id by the coder, `cells` its values in
    the same order, in the form that is compared.
    """

    of: tuple[Table, Variable]
    ids: tuple[CoderIds, ...]
    cells: tuple[tuple[str | None, ...], ...]

    @property
    def any_filled(self) -> bool:
        """Whether anybody coded anything."""
        return any(cell for row in self.cells for cell in row)


@dataclass(frozen=True)
class Agreement:
    """All that is measured between coders.

    `empty` are the variables that all left empty in the units that they share, `no_common` the
    tables without a unit in common, `partial` the units that only some coders have, `compared` the
    cells on which the variables are measured, `followed` what coders of a varied codebook followed.
    """

    coders: tuple[str, ...]
    documents: tuple[str, ...]
    codebooks: tuple[str, ...]
    linked: int
    units: tuple[UnitAgreement, ...]
    variables: tuple[VariableAgreement, ...]
    no_common: tuple[str, ...]
    empty: tuple[str, ...]
    disagreements: tuple[Disagreement, ...]
    partial: tuple[Disagreement, ...]
    compared: tuple[Compared, ...] = ()
    followed: tuple[Followed, ...] = ()


@dataclass(frozen=True)
class Unit:
    """One unit: the id and the row, with final ids, of each coder who has it."""

    table: Table
    ids: CoderIds
    rows: Mapping[str, Row]

    @property
    def name(self) -> str:
        """The id that the first coder gave."""
        return next(iter(self.ids.values()))

    def cells(self, variable: Variable) -> list[str | None]:
        """Return a variable's value for each coder, in the form that is compared."""
        return [comparable(variable, row.get(variable.name)) for row in self.rows.values()]

    def values(self, variable: Variable) -> dict[str, str | None]:
        """Return a variable's value as each coder typed it."""
        return {coder: row.get(variable.name) for coder, row in self.rows.items()}


def measure_agreement(package: Package, names: Sequence[str]) -> Agreement:
    """Measure the agreement of coders who filed codings of the same documents.

    Args:
        package: the package.
        names: the coders, at least two.

    Raises:
        InputError: there are fewer than two, one filed nothing, or they have no document in
            common.
    """
    ensure_several(package, names)
    shared = codings_in_common(package, names)
    return agreement_of(package.book, shared.codings, *shared.about)


def ensure_several(package: Package, names: Sequence[str]) -> None:
    """Ensure that two or more coders are named, each once.

    Raises:
        InputError: they are not.
    """
    if len(names) < 2 or len(set(names)) < len(names):
        on_file = ", ".join(coders(package.root)) or "none"
        raise InputError(
            f"agreement needs two or more coders, each named once; coders on file: {on_file}"
        )


@dataclass(frozen=True)
class InCommon:
    """Codings as if only the documents that all coders have in common had been filed.

    `about` are these documents, the decisions on names, and the texts of the documents.
    """

    codings: list[Coding]
    about: tuple[tuple[str, ...], list[Row], Mapping[str, Document]]


def codings_in_common(package: Package, names: Sequence[str]) -> InCommon:
    """Read what coders filed of the documents that they have in common.

    Raises:
        InputError: one filed nothing, or they have no document in common.
    """
    book = package.book
    coded_documents(book)
    step("reading the codings")
    codings = [load_coding(package.root, book, name) for name in names]
    by_all = set(codings[0].documents).intersection(*(c.documents for c in codings))
    documents = tuple(d for d in codings[0].documents if d in by_all)
    if not documents:
        raise InputError(f"{', '.join(names)} have no document in common")
    texts = read_documents(package.root, book, package.sources().get(book.evidence.documents))
    limited = [limited_to(documents, coding) for coding in codings]
    return InCommon(limited, (documents, _linked_names(package), texts))


def limited_to(documents: tuple[str, ...], coding: Coding) -> Coding:
    """Return a coding as if only some of its documents had been filed."""
    chosen = set(documents)
    filings = tuple(
        replace(f, documents=tuple(d for d in f.documents if d in chosen)) for f in coding.filings
    )
    return replace(coding, filings=tuple(f for f in filings if f.documents))


def _linked_names(package: Package) -> list[Row]:
    """Return the decisions that two names of actors or places are one, or are not."""
    source = decisions_of(package.root)
    if source is None or source.frame is None or "unit" not in source.columns:
        return []
    shared = shared_tables(package.book)
    return [r for r in rows_of(source) if r.get("unit") in shared and not r.get("variable")]


def agreement_of(
    book: Book,
    codings: list[Coding],
    documents: tuple[str, ...],
    decisions: list[Row],
    texts: Mapping[str, Document],
) -> Agreement:
    """Return the agreement of codings of the same documents; see `measure_agreement`."""
    step("finding the same units")
    matched = matched_units(book, codings, decisions)
    names = {coding.coder: _names(matched, coding.coder) for coding in codings}
    evidence = {coding.coder: evidence_of(book, coding) for coding in codings}
    first_quotes = {coder: _first_quotes(book, rows) for coder, rows in evidence.items()}
    step("measuring agreement")
    documents_name, unit_names = book.evidence.documents, units_of(book)
    aligned = [
        unit
        for name in (documents_name, *unit_names)
        for unit in _aligned(book, name, matched[name], codings, names)
    ]
    common = {
        name: [u for u in aligned if u.table.name == name and len(u.ids) > 1]
        for name in (documents_name, *unit_names)
    }
    compared = [
        Compared(
            (book.tables[name], variable),
            tuple(unit.ids for unit in units),
            tuple(tuple(unit.cells(variable)) for unit in units),
        )
        for name, units in common.items()
        if units
        for variable in _measured(book, book.tables[name])
    ]
    judged = tuple(c for c in compared if c.of[0].name != documents_name and c.any_filled)
    return Agreement(
        coders=tuple(c.coder for c in codings),
        documents=documents,
        codebooks=tuple(dict.fromkeys(f.codebook for c in codings for f in c.filings)),
        linked=sum(
            r.get("decision") == Decision.ONE
            and {r.get("first_coder"), r.get("second_coder")} <= set(names)
            for r in decisions
        ),
        units=tuple(
            _unit_agreement(book, name, codings, matched[name], names, evidence, documents, texts)
            for name in unit_names
        ),
        variables=tuple(
            variable_agreement(*one.of, one.cells, book, len(codings)) for one in judged
        ),
        no_common=tuple(name for name, units in common.items() if not units),
        empty=tuple(f"{one.of[0].name}.{one.of[1].name}" for one in compared if not one.any_filled),
        disagreements=tuple(
            _disagreement(book, unit, one.of[1], evidence)
            for one in compared
            if one.of[1].derived is None
            for unit, cells in zip(common[one.of[0].name], one.cells, strict=True)
            if len(set(cells)) > 1
        ),
        partial=tuple(
            _partial(book, u, first_quotes) for u in aligned if len(u.ids) < len(codings)
        ),
        compared=judged,
        followed=followed(
            book, codings, {name: [(u.ids, u.rows) for u in common[name]] for name in unit_names}
        ),
    )


def _measured(book: Book, table: Table) -> list[Variable]:
    """Return the variables that coders judged, and the types that follow from them."""
    types = [table[name] for name in table.roles.type if table[name].derived]
    return [*types, *compared_variables(book, table)]


def _aligned(
    book: Book,
    name: str,
    units: list[CoderIds],
    codings: list[Coding],
    names: Mapping[str, Names],
) -> list[Unit]:
    """Return the units of a table with the rows of all coders who have them."""
    table = book.tables[name]
    rows = {c.coder: rows_by_id(book, c, name, c.documents) for c in codings}
    return [
        Unit(
            table,
            ids,
            {c: translated(book, table, rows[c][i], names[c]) for c, i in ids.items()},
        )
        for ids in units
    ]


def _names(units: Mapping[str, list[CoderIds]], coder: str) -> Names:
    """Return for each table one name of each unit by the coder's own id.

    It is the id of the first coder who has the unit, marked where nobody else has it, so that it
    is not taken for the same id of another coder.
    """

    def name(ids: CoderIds) -> str:
        first, i = next(iter(ids.items()))
        return i if len(ids) > 1 else f"{i} ({first})"

    return {
        table: {ids[coder]: name(ids) for ids in in_table if coder in ids}
        for table, in_table in units.items()
    }


def _disagreement(
    book: Book, unit: Unit, variable: Variable, evidence: Mapping[str, Evidence]
) -> Disagreement:
    table = unit.table.name
    return Disagreement(
        table,
        unit.name,
        variable.name,
        unit.values(variable),
        {c: quote_of(book, evidence[c], table, i, variable.name) for c, i in unit.ids.items()},
        unit.ids,
    )


def _partial(
    book: Book, unit: Unit, quotes: Mapping[str, Mapping[tuple[str, str], str | None]]
) -> Disagreement:
    """Return a unit that only some coders have: in short, with the first quote of each."""
    return Disagreement(
        unit.table.name,
        unit.name,
        None,
        {coder: unit_summary(book, unit.table, row) for coder, row in unit.rows.items()},
        {c: quotes[c].get((unit.table.name, i)) for c, i in unit.ids.items()},
        unit.ids,
    )


def _first_quotes(book: Book, evidence: Evidence) -> dict[tuple[str, str], str | None]:
    """Return the first quote for each unit, by the table and the coder's id."""
    words = book.evidence.quote.words
    quotes: dict[tuple[str, str], str | None] = {}
    for (table, unit, _), rows in evidence.items():
        quotes.setdefault((table, unit), rows[0].get(words))
    return quotes


def _unit_agreement(
    book: Book,
    name: str,
    codings: list[Coding],
    units: list[CoderIds],
    names: Mapping[str, Names],
    evidence: Mapping[str, Evidence],
    documents: tuple[str, ...],
    texts: Mapping[str, Document],
) -> UnitAgreement:
    counts = {
        (a.coder, b.coder): UnitCounts(
            sum(a.coder in u and b.coder in u for u in units),
            sum(a.coder in u and b.coder not in u for u in units),
            sum(b.coder in u and a.coder not in u for u in units),
        )
        for a, b in combinations(codings, 2)
    }
    if any(d not in texts for d in documents):
        return UnitAgreement(name, counts, None, None)
    # The documents one after the other are one continuum.
    begins, length = {}, 0
    for d in documents:
        begins[d] = length
        length += len(texts[d].text)
    for coding in codings:
        _ensure_in_texts(book, coding, texts)
    segments = [
        flat(_segments(book, evidence[c.coder], name, names[c.coder][name], begins))
        for c in codings
    ]
    return UnitAgreement(
        name, counts, alpha_u(segments, length), alpha_u(segments, length, binary=True)
    )


def _ensure_in_texts(book: Book, coding: Coding, texts: Mapping[str, Document]) -> None:
    """Ensure that no quote ends after its document: it would be words of the next one.

    Raises:
        InputError: one does.
    """
    quote = book.evidence.quote
    for row in coding.rows(book.evidence.quotes):
        name, end = row.get(quote.document) or "", int(row.get(quote.end) or 0)
        if name in texts and end > (whole := len(texts[name].text)):
            raise InputError(
                f"{coding.coder}: a quote ends at character {end:,} of {name}, which has {whole:,}: "
                "the document or the filed coding was changed; run eventbook check"
            )


def _segments(
    book: Book,
    evidence: Evidence,
    name: str,
    names: Mapping[str, str | None],
    begins: Mapping[str, int],
) -> list[Segment]:
    """Return the quotes for a table's units as segments of all documents joined."""
    quote = book.evidence.quote
    return [
        (
            begin + int(row.get(quote.start) or 0),
            begin + int(row.get(quote.end) or 0),
            names.get(unit) or unit,
        )
        for (table, unit, _), rows in evidence.items()
        if table == name
        for row in rows
        if (begin := begins.get(row.get(quote.document) or "")) is not None
    ]


def variable_agreement(
    table: Table,
    variable: Variable,
    cells: Sequence[Sequence[str | None]],
    book: Book,
    coders: int,
    units: Sequence[Hashable] = (),
) -> VariableAgreement:
    """Return the agreement on one variable.

    Args:
        table: its table.
        variable: the variable.
        cells: units x coders; a value in the form that is compared, None where it is empty.
        book: the codebook.
        coders: how many coders are compared; kappa is for two.
        units: the unit that each row of cells is about, where several are about one.
    """
    names = list(units) or list(range(len(cells)))
    level = variable.measurement_level
    judged: Values = [[cell or "" for cell in row] for row in cells]
    filled = [[cell for cell in row if cell is not None] for row in cells]
    valued = [row for row in filled if len(row) > 1]
    with_values = [name for name, row in zip(names, filled, strict=True) if len(row) > 1]
    codes = book.code_list(variable)
    order: tuple[Any, ...] = ()
    if level == "nominal":
        measured: Values = judged
        with_values = names
    elif level == "ordinal" and codes is not None:
        measured, order = valued, tuple(comparable(variable, str(v)) for v in codes.values)
    else:
        measured = [[_number(variable, cell) for cell in row] for row in valued]
    alpha = coefficients.alpha(measured, level, order) if measured else None
    notes = []
    if alpha is None:
        # Alpha compares with chance, and where all values are one there is none.
        notes.append(
            "undefined: no variation" if measured else "undefined: no unit with two values"
        )
    if len(set(with_values)) < SMALL:
        notes.append("small n")
    return VariableAgreement(
        table.name,
        variable.name,
        level,
        len(judged),
        len(valued),
        coefficients.per_cent(judged),
        alpha,
        None if alpha is None else coefficients.interval(measured, level, order, units=with_values),
        coefficients.kappa(judged) if coders == 2 else None,
        "; ".join(notes),
    )


def _number(variable: Variable, cell: str) -> float | None:
    try:
        if variable.type == "date":
            return float(date.fromisoformat(cell).toordinal())
        return moment(cell).timestamp() if variable.type == "datetime" else float(cell)
    except ValueError:
        return None
