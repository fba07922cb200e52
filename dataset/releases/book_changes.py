"""What changed between two versions of a codebook, and which bump of its version that requires."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from ...codebook import Book, CodeList, Rule, Table, Variable
from . import versions


@dataclass(frozen=True)
class BookChange:
    """A change of a codebook: the bump that it requires, and what it is."""

    step: str
    says: str


MEANING = (
    *("type", "codes", "separator", "required", "unique", "minimum", "maximum", "max_length"),
    *("pattern", "derived", "evidence", "missing_values", "formats"),
)
"""What old values may break if it changes; the other words of a variable are for people."""

SHOWN = 5
Thing = TypeVar("Thing")


def book_changes(old: Book, new: Book) -> list[BookChange]:
    """Return the changes from one codebook to another of the same name."""
    return [
        *_of(old.tables, new.tables, "table", _table_changes),
        *_of(_lists(old), _lists(new), "code list", _list_changes),
        *_of(_rules(old), _rules(new), "rule", _rule_changes, added=_rule_step),
        *_words(old, new),
    ]


def objection(old: Book | None, new: Book | None, since: str) -> Iterator[str]:
    """Yield what is wrong with the version of a codebook after its changes since a release."""
    if old is None or new is None or old.name != new.name:
        return
    changes = book_changes(old, new)
    step = max((change.step for change in changes), key=versions.STEPS.index, default="none")
    least = versions.next_version(old.version, step)
    if versions.version_numbers(new.version) >= versions.version_numbers(least):
        return
    reasons = [change.says for change in changes if change.step == step]
    more = f" and {len(reasons) - SHOWN} more" if len(reasons) > SHOWN else ""
    yield (
        f"the codebook {new.name} has version {new.version}, but since {since} "
        f"({old.version}): {'; '.join(reasons[:SHOWN])}{more}. Set version to {least} or higher "
        "in its book.yaml"
    )


def _lists(book: Book) -> dict[str, CodeList]:
    return {name: codes for name, codes in book.code_lists.items() if not codes.of_variables}


def _rules(book: Book) -> dict[str, Rule]:
    return {rule.id: rule for rule in book.rules}


def _of(old: Mapping[str, Thing], new: Mapping[str, Thing], kind: str, changes, added=None):  # type: ignore[no-untyped-def]
    """Yield what was removed and added of a kind of thing, and the changes of the others."""
    for name in (name for name in old if name not in new):
        yield BookChange("major", f"{kind} {name} was removed")
    for name, thing in new.items():
        if name not in old:
            step = "minor" if added is None else added(thing)
            yield BookChange(step, f"{kind} {name} was added")
        else:
            yield from changes(f"{kind} {name}", old[name], thing)


def _rule_step(rule: Rule) -> str:
    """Return the bump for a new rule: one that rejects rows may reject old ones."""
    return "major" if rule.severity == "error" else "minor"


def _table_changes(name: str, old: Table, new: Table) -> Iterator[BookChange]:
    keys = ("primary_key", "foreign_keys", "acyclic", "derived")
    for word in (word for word in keys if getattr(old, word) != getattr(new, word)):
        yield BookChange("major", f"{name}: {word.replace('_', ' ')} was changed")
    before = {variable.name: variable for variable in old.variables}
    after = {variable.name: variable for variable in new.variables}
    yield from _of(before, after, f"{name}, variable", _variable_changes)


def _variable_changes(name: str, old: Variable, new: Variable) -> Iterator[BookChange]:
    for word in (word for word in MEANING if getattr(old, word) != getattr(new, word)):
        yield BookChange("major", f"{name}: {word.replace('_', ' ')} was changed")


def _list_changes(name: str, old: CodeList, new: CodeList) -> Iterator[BookChange]:
    before, after = {c.code: c for c in old.codes}, {c.code: c for c in new.codes}
    for code in (code for code in before if code not in after):
        yield BookChange("major", f"{name}: code {code} was removed")
    for code in (code for code in after if code not in before):
        yield BookChange("minor", f"{name}: code {code} was added")
    changed = [c for c in before if c in after and before[c].attributes != after[c].attributes]
    yield from (BookChange("major", f"{name}: attributes of {c} were changed") for c in changed)
    if old.open and not new.open:
        yield BookChange("major", f"{name}: it is no longer open")


def _rule_changes(name: str, old: Rule, new: Rule) -> Iterator[BookChange]:
    words = ("on", "violates", "forbids", "normal_form", "severity")
    for word in (word for word in words if getattr(old, word) != getattr(new, word)):
        yield BookChange("major", f"{name}: {word.replace('_', ' ')} was changed")


def _words(old: Book, new: Book) -> Iterable[BookChange]:
    """Yield that words for people differ, whatever they are."""
    if _texts(old) != _texts(new):
        yield BookChange("patch", "words were changed")


def _texts(book: Book) -> list[tuple[str, ...]]:
    return [
        (book.title, book.description),
        *((page.name, page.text) for page in book.guide),
        *((rule.id, rule.says, rule.why) for rule in book.rules),
        *((c.title, c.description) for c in _lists(book).values()),
        *((str(c.code), c.label, c.definition) for one in _lists(book).values() for c in one.codes),
        *((t.title, t.description) for t in book.tables.values()),
        *((v.title, v.description, v.missing) for t in book.tables.values() for v in t.variables),
    ]
