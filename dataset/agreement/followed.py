"""Whether coders who had a varied codebook followed its definitions, or the names of its codes.

Counted are the units that another coder has, too, of which the codebook calls the other's code
something else: there, an answer by the definition and an answer by the name are two answers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ...codebook import Book, Table, Variable
from ...validation.coding.filed import Coding, Row
from ...validation.coding.pairing import id_of, list_items
from ...validation.coding.variation import Variation, VariationKind
from .unit_matching import CoderIds

CONFIDENCE = 0.95
SharedUnit = tuple[CoderIds, Mapping[str, Row]]
"""One unit: its ids and its rows, by the coders who have it."""


@dataclass(frozen=True)
class Followed:
    """What a coder followed in the values of one varied list, measured against another coder.

    Of `n` values `by_definition` are the code that carries the definition of the other's code,
    `by_name` the one that is called like it; the others are neither.
    """

    coder: str
    reference: str
    kind: VariationKind
    seed: int
    codes: str
    variables: tuple[str, ...]
    n: int
    by_definition: int
    by_name: int

    @property
    def neither(self) -> int:
        """The number of values that are neither."""
        return self.n - self.by_definition - self.by_name

    @property
    def definition_interval(self) -> tuple[float, float] | None:
        """The 95 % interval of the share by definition; None without values."""
        return wilson(self.by_definition, self.n)

    @property
    def name_interval(self) -> tuple[float, float] | None:
        """The 95 % interval of the share by name; None without values."""
        return wilson(self.by_name, self.n)


def wilson(count: int, n: int) -> tuple[float, float] | None:
    """Return the 95 % interval of a share by Wilson's score; None of nothing."""
    if not n:
        return None
    from scipy.stats import binomtest

    interval = binomtest(count, n).proportion_ci(CONFIDENCE, method="wilson")
    return float(interval.low), float(interval.high)


def followed(
    book: Book, codings: Sequence[Coding], units: Mapping[str, Sequence[SharedUnit]]
) -> tuple[Followed, ...]:
    """Return what each coder of a varied codebook followed, against each other coder.

    Args:
        book: the original codebook, of which all filed codes are.
        codings: the codings.
        units: the units that several coders have, by table.
    """
    return tuple(
        _against(book, coding, coding.variation, reference.coder, codes, units)
        for coding in codings
        if coding.variation is not None
        for reference in codings
        if reference is not coding
        for codes in coding.variation.lists
        if any(_judged(book.tables[name], codes) for name in units)
    )


def _judged(table: Table, codes: str) -> list[Variable]:
    """Return the variables of a table that a coder types with codes of a list."""
    return [variable for variable in table.coded if variable.codes == codes]


def _against(
    book: Book,
    coding: Coding,
    variation: Variation,
    reference: str,
    codes: str,
    units: Mapping[str, Sequence[SharedUnit]],
) -> Followed:
    called = variation.lists[codes]
    variables: list[str] = []
    n = by_definition = by_name = 0
    for name, shared in units.items():
        table = book.tables[name]
        typed = {id_of(table, row): row for row in coding.filed.get(name, [])}
        for variable in _judged(table, codes):
            variables.append(f"{name}.{variable.name}")
            for ids, rows in shared:
                if coding.coder not in ids or reference not in ids:
                    continue
                # A default that nobody typed is no answer.
                if variable.default and not typed[ids[coding.coder]].get(variable.name):
                    continue
                given = set(list_items(rows[coding.coder].get(variable.name), variable.separator))
                for right in list_items(rows[reference].get(variable.name), variable.separator):
                    # By the name, the answer carries the definition that the varied codebook gave it.
                    misled = called.get(right)
                    if misled == right:
                        continue
                    n += 1
                    by_definition += right in given and misled not in given
                    by_name += misled in given and right not in given
    return Followed(
        coding.coder,
        reference,
        variation.kind,
        variation.seed,
        codes,
        tuple(variables),
        n,
        by_definition,
        by_name,
    )
