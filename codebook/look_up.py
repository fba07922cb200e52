"""Look up what people type in a codebook: by name, by title, then in all its text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from .catalogue import catalogue
from .model import Book, CodeList, Table
from .nearest import nearest
from .pages import Entry, anchor, code_entry, rule_entry, variable_entry

CLOSE_TERM = 75
"""The minimum similarity, from 0 to 100, of a name that is offered for a term without entry."""


@dataclass(frozen=True)
class Hit:
    """An entry that a look-up found: for a variable its tables, and the code list, if it has one."""

    entry: Entry
    codes: CodeList | None = None
    tables: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """What the name is, as `variable of events, locations`."""
        return f"variable of {', '.join(self.tables)}" if self.tables else self.entry.kind


def look_up(book: Book, term: str) -> list[Hit]:
    """Return the entries for a term; capitals, blanks, hyphens and underscores make no difference.

    These are the entries of that name, spelled so before others; if there is none, those of that
    title; if there is none either, those whose name or title contains it, and then those whose text
    does. Where the book's own language has none, its further languages are searched.

    Args:
        book: the codebook.
        term: a name, a title, or words.
    """
    needle = _folded(term)
    if not needle:
        return []
    languages = (book, *(book.in_language(language) for language in book.languages))
    listed = [list(_hits(one)) for one in languages]
    ways: tuple[Callable[[Hit], bool], ...] = (
        lambda hit: hit.entry.name.casefold() == term.casefold(),
        lambda hit: _folded(hit.entry.name) == needle,
        lambda hit: _folded(hit.entry.title) == needle,
    )
    for is_meant in ways:
        for hits in listed:
            if named := [hit for hit in hits if is_meant(hit)]:
                return _each_once(named)
    found = (_containing(hits, needle) for hits in listed)
    return _each_once(next(filter(None, found), ()))


def nearest_name(book: Book, term: str) -> str | None:
    """Return the name or title that is so similar to a term that this may be a slip of it."""
    names: dict[str, str] = {}
    for hit in _hits(book):
        for name in (hit.entry.name, hit.entry.title):
            names.setdefault(_folded(name), name)
    close = nearest(_folded(term), names, CLOSE_TERM)
    return names[close] if close else None


def entries(book: Book) -> list[Entry]:
    """Return the entries of everything that has a name, from tables to findings."""
    return [hit.entry for hit in _hits(book)]


def _hits(book: Book) -> Iterator[Hit]:
    """Yield everything that has a name, in the order in which it is shown."""
    for table in book.tables.values():
        for variable in table.variables:
            entry = variable_entry(book, table, variable, with_codes=False)
            yield Hit(entry, book.code_list(variable), (table.name,))
    lists = [codes for codes in book.code_lists.values() if not codes.of_variables]
    yield from (Hit(_list_entry(codes), codes) for codes in lists)
    yield from (Hit(_table_entry(table)) for table in book.tables.values())
    yield from (Hit(code_entry(codes, code)) for codes in lists for code in codes.codes)
    yield from (Hit(rule_entry(rule)) for rule in book.rules)
    for page in book.guide:
        yield Hit(Entry("guide", page.name, page.title, page.text, anchor("guide", page.name)))
    for finding in catalogue().values():
        yield Hit(
            Entry(
                kind=f"finding, {finding.subject.lower()}",
                name=finding.id,
                title=finding.says,
                text=f"{finding.why}\nWhat to do: {finding.do}",
                anchor=anchor("finding", finding.id),
            )
        )


def _list_entry(codes: CodeList) -> Entry:
    more = " Other values are legal too." if codes.open else ""
    text = f"{codes.description}{more}"
    return Entry("code list", codes.name, codes.title, text, anchor("list", codes.name))


def _table_entry(table: Table) -> Entry:
    key = f"Key: {', '.join(table.primary_key)}" if table.primary_key else ""
    lines = (table.description, key, f"Variables: {', '.join(table.names)}")
    text = "\n".join(line for line in lines if line)
    return Entry("table", table.name, table.title, text, anchor("table", table.name))


def _containing(hits: Iterable[Hit], needle: str) -> list[Hit]:
    """Return the hits with words in what they are called, and then those with them in their text.

    The title of a rule or finding is a sentence, which is text.
    """
    called: list[Hit] = []
    with_text: list[Hit] = []
    for hit in hits:
        entry = hit.entry
        is_sentence = entry.kind.startswith(("rule", "finding"))
        if needle in _folded(entry.name) or (needle in _folded(entry.title) and not is_sentence):
            called.append(hit)
        elif needle in _folded(f"{entry.title} {entry.text}"):
            with_text.append(hit)
    return [*called, *with_text]


def _each_once(hits: Iterable[Hit]) -> list[Hit]:
    """Join variables of which several tables say the same."""
    joined: dict[Entry, Hit] = {}
    for hit in hits:
        same = replace(hit.entry, kind="", anchor="") if hit.tables else hit.entry
        before = joined.get(same)
        tables = (*before.tables, *hit.tables) if before else hit.tables
        joined[same] = replace(before or hit, tables=tables)
    return list(joined.values())


def _folded(text: str) -> str:
    """Return a text as it is compared: capitals, underscores, hyphens and blanks are alike."""
    return " ".join(text.casefold().replace("_", " ").replace("-", " ").split())
