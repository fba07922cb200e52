"""Agreement between coders: what they found, how they coded it, and where they differ.

It is measured on the codings as they were filed, before anything is adjudicated. Only that two
names mean one actor or place may be decided before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import combinations
from typing import Any

from ...codebook import Book, Table, Variable
from ...validation.coding.filed import Coding, Row, coders, decisions_of, load_coding
from ...validation.coding.pairing import (
    DOCUMENTS,
    UNITS,
    Names,
    by_id,
    compared,
    evidence_of,
    quote_of,
    registers,
    translated,
    value_of,
)
from ...validation.errors import InputError
from ...validation.evidence.documents import Document, read_documents
from ...validation.package.package import Package
from ...validation.reading.source import LINE
from . import coefficients
from .coefficients import Values
from .unit_matching import units as units_of
from .unitising import Found, Segment, alpha_u, flat

SMALL = 30
"""Below so many units a coefficient moves much with each of them, and the report says so."""


@dataclass(frozen=True)
class OnVariable:
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
class OnUnits:
    """Agreement on what is there: found by both or by one, and alpha-U over the words.

    `alpha_u` asks to which unit words belong, `alpha_u_binary` only whether they were quoted.
    """

    table: str
    found: Mapping[tuple[str, str], Found]
    alpha_u: float | None
    alpha_u_binary: float | None


@dataclass(frozen=True)
class Disagreement:
    """One value that coders coded differently: of which unit, and with which words."""

    table: str
    unit: str
    variable: str
    values: Mapping[str, str | None]
    quotes: Mapping[str, str | None]


@dataclass(frozen=True)
class Agreement:
    """All that is measured between coders; `alone` are the units that only some coders have."""

    coders: tuple[str, ...]
    documents: tuple[str, ...]
    codebooks: tuple[str, ...]
    linked: int
    units: tuple[OnUnits, ...]
    variables: tuple[OnVariable, ...]
    empty: tuple[str, ...]
    disagreements: tuple[Disagreement, ...]
    alone: tuple[Disagreement, ...] = field(default_factory=tuple)


def agree(package: Package, names: Sequence[str]) -> Agreement:
    """Measure the agreement of coders who filed codings of the same documents.

    Args:
        package: the package.
        names: the coders, at least two.

    Raises:
        InputError: there are fewer than two, one filed nothing, or they have no document in
            common.
    """
    if len(names) < 2 or len(set(names)) < len(names):
        there = ", ".join(coders(package.root)) or "nobody yet"
        raise InputError(
            f"agreement needs two coders or more, each named once; filed have: {there}"
        )
    book = package.book
    codings = [load_coding(package.root, book, name) for name in names]
    documents = tuple(d for d in codings[0].documents if all(d in c.documents for c in codings))
    if not documents:
        raise InputError(f"{', '.join(names)} have no document in common")
    texts = read_documents(package.root, package.sources()[DOCUMENTS])
    return measure(book, codings, documents, links(package, book), texts)


def links(package: Package, book: Book) -> list[Row]:
    """The decisions that two names of actors or places are one."""
    source = decisions_of(package.root)
    if source is None or source.frame is None or "unit" not in source.columns:
        return []
    shared = registers(book)
    rows = source.frame.drop(LINE).to_dicts()
    return [r for r in rows if r.get("unit") in shared and not r.get("variable")]


def measure(
    book: Book,
    codings: list[Coding],
    documents: tuple[str, ...],
    decisions: list[Row],
    texts: Mapping[str, Document],
) -> Agreement:
    """The agreement of codings of some documents; see `agree`."""
    units = units_of(book, codings, decisions)
    names = {c.coder: _names(units, c.coder) for c in codings}
    wordings = {c.coder: evidence_of(c) for c in codings}
    rows = {
        (c.coder, name): {
            i: translated(book, book.tables[name], row, names[c.coder])
            for i, row in by_id(book, c, name, documents).items()
        }
        for c in codings
        for name in (DOCUMENTS, *UNITS)
    }
    on_units = tuple(
        _on_units(name, codings, units.get(name, []), names, wordings, documents, texts)
        for name in UNITS
    )
    variables: list[OnVariable] = []
    empty: list[str] = []
    differ: list[Disagreement] = []
    alone: list[Disagreement] = []
    for name in (DOCUMENTS, *UNITS):
        table = book.tables[name]
        both = [u for u in units.get(name, []) if len(u) > 1]
        for variable in compared(table):
            cells = [
                [value_of(variable, rows[coder, name][u[coder]].get(variable.name)) for coder in u]
                for u in both
            ]
            if not any(cell for row in cells for cell in row):
                empty.append(f"{name}.{variable.name}")
                continue
            if name != DOCUMENTS:
                variables.append(on_variable(table, variable, cells, book))
            for unit, row in zip(both, cells, strict=True):
                if len(set(row)) > 1:
                    differ.append(
                        Disagreement(
                            name,
                            _named(unit),
                            variable.name,
                            {c: rows[c, name][i].get(variable.name) for c, i in unit.items()},
                            {
                                c: quote_of(wordings[c], name, i, variable.name)
                                for c, i in unit.items()
                            },
                        )
                    )
        for unit in (u for u in units.get(name, []) if len(u) < len(codings)):
            alone.append(_alone(table, unit, rows, wordings))
    return Agreement(
        tuple(c.coder for c in codings),
        documents,
        tuple(dict.fromkeys(f.codebook for c in codings for f in c.filings)),
        sum(1 for r in decisions if r.get("decision") == "one"),
        on_units,
        tuple(variables),
        tuple(empty),
        tuple(differ),
        tuple(alone),
    )


def _names(units: Mapping[str, list[dict[str, str]]], coder: str) -> Names:
    """For each table one name of each unit by the coder's own id: that of the first who has it."""
    return {
        table: {unit[coder]: _named(unit) for unit in found if coder in unit}
        for table, found in units.items()
    }


def _named(unit: Mapping[str, str]) -> str:
    """A unit's name: the id of the first coder who has it, marked where that is not the first."""
    coder, i = next(iter(unit.items()))
    return i if len(unit) > 1 else f"{i} ({coder})"


def _alone(
    table: Table, unit: dict[str, str], rows: Mapping[Any, Any], wordings: Mapping[str, Any]
) -> Disagreement:
    from ...validation.coding.adjudication import in_short

    coder, i = next(iter(unit.items()))
    quotes = [
        r["quote"]
        for (t, u, _), found in wordings[coder].items()
        if (t, u) == (table.name, i)
        for r in found
    ]
    return Disagreement(
        table.name,
        i,
        "",
        {coder: in_short(table, rows[coder, table.name].get(i, {}))},
        {coder: quotes[0] if quotes else None},
    )


def _on_units(
    name: str,
    codings: list[Coding],
    units: list[dict[str, str]],
    names: Mapping[str, Names],
    wordings: Mapping[str, Any],
    documents: tuple[str, ...],
    texts: Mapping[str, Document],
) -> OnUnits:
    found = {
        (a.coder, b.coder): Found(
            sum(1 for u in units if a.coder in u and b.coder in u),
            sum(1 for u in units if a.coder in u and b.coder not in u),
            sum(1 for u in units if b.coder in u and a.coder not in u),
        )
        for a, b in combinations(codings, 2)
    }
    if any(d not in texts for d in documents):
        return OnUnits(name, found, None, None)
    begins, length = {}, 0
    for d in documents:
        begins[d] = length
        length += len(texts[d].text)
    chosen: list[list[Segment]] = []
    for coding in codings:
        segments = [
            (
                begins[row["document_id"]] + int(row["start"]),
                begins[row["document_id"]] + int(row["end"]),
                names[coding.coder][name].get(unit, unit) or unit,
            )
            for (table, unit, _), proofs in wordings[coding.coder].items()
            for row in proofs
            if table == name and row["document_id"] in begins
        ]
        chosen.append(flat(segments))
    return OnUnits(name, found, alpha_u(chosen, length), alpha_u(chosen, length, binary=True))


def on_variable(
    table: Table, variable: Variable, cells: list[list[str | None]], book: Book
) -> OnVariable:
    """Agreement on one variable; cells are a row a unit, a value a coder, None where it is empty."""
    level = variable.measurement_level
    judged: Values = [[cell or "" for cell in row] for row in cells]
    valued = [[cell for cell in row if cell is not None] for row in cells]
    valued = [row for row in valued if len(row) > 1]
    codes = book.code_list(variable)
    order: tuple[Any, ...] = ()
    if level == "nominal":
        measured: Values = judged
    elif level == "ordinal" and codes is not None:
        measured, order = valued, tuple(value_of(variable, str(v)) for v in codes.values)
    else:
        measured = [[_number(variable, cell) for cell in row] for row in valued]
    found = coefficients.alpha(measured, level, order) if measured else None
    two = all(len(row) == 2 for row in judged)
    notes = []
    if found is None:
        # Alpha compares with chance, and where all values are one there is none.
        notes.append(
            "undefined: no variation" if measured else "undefined: no unit with two values"
        )
    if len(measured) < SMALL:
        notes.append("small n")
    return OnVariable(
        table.name,
        variable.name,
        level,
        len(judged),
        len(valued),
        coefficients.per_cent(judged),
        found,
        coefficients.interval(measured, level, order) if found is not None else None,
        coefficients.kappa(judged) if two else None,
        "; ".join(notes),
    )


def _number(variable: Variable, cell: str) -> float | None:
    try:
        return (
            float(date.fromisoformat(cell).toordinal()) if variable.type == "date" else float(cell)
        )
    except ValueError:
        return None
