"""Which code lists of a book are varied, and why others are not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ...codebook import Book, CodeList, Table, Variable
from ...codebook.nearest import nearest
from ...validation.coding.mapping_back import codes_of_shared_rows
from ...validation.coding.variation import VariationKind
from ...validation.errors import InputError


@dataclass(frozen=True)
class ChosenLists:
    """The names of the lists that are varied, in the book's order, and notes on what is not."""

    names: tuple[str, ...]
    notes: tuple[str, ...] = ()


def chosen_lists(book: Book, kind: VariationKind, named: Sequence[str] = ()) -> ChosenLists:
    """Return the lists that are varied: those that are named, else those of judged variables.

    Judged are the variables of units for which quotes are needed. Where a book has none, the lists
    of the types of its rows are taken. Lists of new names also cover the types of units, and each
    list that shares a code with one of them: in prose, one word cannot have two names.

    Args:
        book: the book.
        kind: the kind of variation.
        named: the lists that a person named; none for those of judged variables.

    Raises:
        InputError: a list that was named is not there or cannot be varied so, or none is left.
    """
    for name in named:
        _ensure_usable(book, kind, name)
    if named:
        chosen, notes = set(named), list[str]()
    else:
        chosen, notes = _judged(book, kind)
    if not chosen:
        reasons = "".join(f"; {note}" for note in notes)
        raise InputError(f"{book.name}: name the lists to vary with --list{reasons}")
    if kind is VariationKind.NAMES:
        chosen |= _sharing(book, kind, chosen)
    return ChosenLists(tuple(n for n in book.code_lists if n in chosen), tuple(notes))


def hindrance(book: Book, kind: VariationKind, codes: CodeList) -> str:
    """Return why a list cannot be varied; empty if it can."""
    if codes.of_variables:
        return "its codes are the variables of tables"
    if codes.name == _basis_list(book):
        return "eventbook itself acts on its codes, the bases of quotes"
    if len(codes.codes) < 2:
        return "it has fewer than two codes"
    if kind is VariationKind.ORDER and any(
        variable.level == "ordinal" for _, variable in variables_with(book, codes.name)
    ):
        return "its order is the scale of an ordinal variable"
    if kind is not VariationKind.ORDER and codes.type != "string":
        return "its codes are numbers, with which expressions count"
    if kind is not VariationKind.ORDER and codes.name in codes_of_shared_rows(book):
        return "rows that coders share have its codes"
    return ""


def variables_with(book: Book, codes: str) -> Iterator[tuple[Table, Variable]]:
    """Yield the variables whose values are codes of a list, with their tables; also of variants."""
    for table in book.tables.values():
        redefined = (v for variant in table.variants for v in variant.redefined.values())
        for variable in (*table.variables, *redefined):
            if variable.codes == codes:
                yield table, variable


def _ensure_usable(book: Book, kind: VariationKind, name: str) -> None:
    if name not in book.code_lists:
        best = nearest(name, book.code_lists)
        hint = f"; did you mean {best}?" if best else ""
        raise InputError(f"--list {name}: the book {book.name} has no such list{hint}")
    if reason := hindrance(book, kind, book.code_lists[name]):
        raise InputError(f"--list {name}: {reason}, so it cannot be varied by {kind}")


def _basis_list(book: Book) -> str:
    quotes = book.quotes
    role = quotes.roles.quote if quotes else None
    return quotes[role.basis].codes if quotes and role and role.basis else ""


def _judged(book: Book, kind: VariationKind) -> tuple[set[str], list[str]]:
    """Return the lists of judged variables that can be varied, and notes on the others."""
    judged = [v.codes for unit in book.units for v in unit.coded if v.codes and v.evidence]
    if not judged:
        judged = [
            table[name].codes
            for table in book.tables.values()
            for name in table.roles.type
            if name in table and table[name].codes and not table[name].derived
        ]
    if kind is VariationKind.NAMES:
        judged += [
            unit[name].codes for unit in book.units for name in unit.roles.type if unit[name].codes
        ]
    chosen, notes = set[str](), list[str]()
    for name in dict.fromkeys(judged):
        codes = book.code_lists[name]
        if codes.of_variables:
            continue
        reason = hindrance(book, kind, codes)
        if not reason and kind is not VariationKind.ORDER:
            reason = _inseparable(book, kind, codes)
        if reason:
            notes.append(f"the list {name} is left as it is: {reason}")
        else:
            chosen.add(name)
    return chosen, notes


def _inseparable(book: Book, kind: VariationKind, codes: CodeList) -> str:
    """Return why a list cannot be told from another one in prose."""
    for other in _lists_with_codes_of(book, codes):
        if kind is not VariationKind.NAMES or hindrance(book, kind, other):
            both = ", ".join(str(value) for value in codes.values if value in other.values)
            return f"the list {other.name} has codes of it ({both}), and prose does not say whose"
    return ""


def _lists_with_codes_of(book: Book, codes: CodeList) -> Iterator[CodeList]:
    for other in book.code_lists.values():
        shares = other.name != codes.name and not set(codes.values).isdisjoint(other.values)
        if shares and not other.of_variables and other.type == codes.type:
            yield other


def _sharing(book: Book, kind: VariationKind, chosen: set[str]) -> set[str]:
    """Return the further lists that share a code with chosen lists, directly or by way of others."""
    found, new = set[str](), set(chosen)
    while new:
        near = {o.name for n in new for o in _lists_with_codes_of(book, book.code_lists[n])}
        new = {n for n in near - found - chosen if not hindrance(book, kind, book.code_lists[n])}
        found |= new
    return found
