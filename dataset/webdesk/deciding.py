"""Decisions between two coders, made one after the other at the desk.

Each is written to the table of decisions before it counts as made. A row of it that somebody else
has changed meanwhile is not overwritten.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property, lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from ...codebook import Book, Table, Variable
from ...codebook.nearest import nearest
from ...validation.coding.adjudication import FILLED_IN
from ...validation.coding.case import open_case
from ...validation.coding.deciders import ensure_people
from ...validation.coding.filed import (
    ADJUDICATION,
    CODINGS,
    RECORD,
    Row,
    adjudication_book,
    filings_of,
    people,
)
from ...validation.coding.pairing import list_items, rows_by_id, units_of
from ...validation.engines.small import check_sources
from ...validation.errors import InputError
from ...validation.evidence.documents import DOCUMENTS
from ...validation.evidence.quotes import known_places
from ...validation.findings import Finding, Severity
from ...validation.location import TABLES
from ...validation.package.package import Package, writing_verb
from ...validation.reports.terms import BY_VARIABLE, coder_sentence, explanation
from ..desk.adjudicate import (
    DECISIONS,
    KEY,
    Adjudicated,
    Brought,
    bring_up_to_date,
    brought_by,
    filed_decisions,
)
from ..desk.table_files import source_of
from .differences import Shown, describe, mistakes_of
from .draft import ensure_columns

Plain = dict[str, Any]
ASKED = ("decision", "value", "quote", "because", "reason")
"""What an adjudicator decides; the name and the day are added to it."""
MOST_FINDINGS = 200
"""The most findings of the final tables that the page shows."""
State = tuple[str, int, int, int]
States = tuple[State, ...]


@dataclass(frozen=True)
class Asked:
    """What an adjudicator decides on one row.

    `row` is the row of the table as the page has it. `filled` is what becomes of it: without a
    decision it is open again. `made` says that the adjudicator made the row, of two that the
    program did not take for one; `withdrawn` that it goes away again.
    """

    row: Row
    filled: Row
    made: bool = False
    withdrawn: bool = False


@dataclass
class ElsewhereError(Exception):
    """Rows of the table are not as the page has them: what they are now."""

    rows: list[Row]


@dataclass
class MistakenError(Exception):
    """Decisions that the book does not allow: what is wrong with each, by their ids."""

    mistakes: Mapping[str, list[Plain]]


def filed_days(root: Path) -> dict[str, dict[str, str]]:
    """Return for each person the documents, with the days on which they were first filed.

    What a machine filed lets nobody see a document earlier, and is not adjudicated.
    """
    filed: dict[str, dict[str, str]] = {}
    for name in people(root):
        days = filed.setdefault(name, {})
        for filing in filings_of(root, name):
            for document in filing.documents:
                days.setdefault(document, filing.filed.isoformat())
    return filed


def in_common(filed: Mapping[str, Mapping[str, str]], first: str, second: str) -> list[str]:
    """Return the documents that two coders filed."""
    return [name for name in filed[first] if name in filed[second]]


def ensure_pair(package: Package, adjudicator: str, first: str, second: str) -> None:
    """Ensure that somebody may decide between two coders.

    Raises:
        InputError: one of them has filed nothing or is a machine, they have no document in common,
            or the adjudicator is one of them, or a machine.
    """
    ensure_people(package.root, adjudicator, first, second)
    filed = filed_days(package.root)
    # What is no coder's name must not become part of a path.
    if first not in filed or second not in filed:
        raise InputError("no coding was filed under that name")
    if adjudicator in (first, second):
        raise InputError(
            f"{adjudicator} is one of the two coders: somebody else decides between them"
        )
    if first == second or not in_common(filed, first, second):
        raise InputError(f"{first} and {second} have no document in common")


def states_of(package: Package, first: str, second: str) -> States:
    """Return what changes with each file that two coders and the package bring."""
    folders = (f"{CODINGS}/{first}", f"{CODINGS}/{second}", TABLES, DOCUMENTS)
    return tuple(
        _state(path) for folder in folders for path in sorted((package.root / folder).glob("*"))
    )


def revision_of(package: Package) -> str:
    """Return what changes with the table of decisions and with what coders have filed."""
    root = package.root
    paths = [root / ADJUDICATION, *sorted((root / CODINGS).glob(f"*/{RECORD}"))]
    return sha256(repr([_state(path) for path in paths]).encode()).hexdigest()[:20]


def _state(path: Path) -> State:
    try:
        found = path.stat()
    except OSError:
        return str(path), 0, 0, 0
    return str(path), found.st_mtime_ns, found.st_size, found.st_ino


@lru_cache(maxsize=4)
def _brought(package: Package, first: str, second: str, states: States) -> Brought:
    """Return what two coders bring; read again only if a file of it has changed."""
    return brought_by(package, first, second)


@writing_verb
def open_differences(package: Package, adjudicator: str, first: str, second: str) -> Plain:
    """Bring the decisions between two coders up to date, and return them as the page shows them.

    Raises:
        InputError: nobody may decide between them, or a file cannot be read or written.
    """
    ensure_pair(package, adjudicator, first, second)
    brought = _brought(package, first, second, states_of(package, first, second))
    return _answer(package, brought, bring_up_to_date(package, first, second, brought=brought))


@writing_verb
def decide(
    package: Package,
    adjudicator: str,
    first: str,
    second: str,
    asked: Iterable[Asked],
    today: date | None = None,
) -> Plain:
    """Write decisions, signed by the adjudicator, and return all of them as they are then.

    Args:
        package: the package.
        adjudicator: who decides.
        first: the first coder.
        second: the second coder.
        asked: what is decided, each on one row.
        today: the day of signing.

    Raises:
        ElsewhereError: a row is not as the page has it; nothing is written.
        MistakenError: the book does not allow a decision; nothing is written.
        InputError: nobody may decide between them, a value or quote is not possible, or a file
            cannot be read or written.
    """
    ensure_pair(package, adjudicator, first, second)
    brought = _brought(package, first, second, states_of(package, first, second))
    rows = filed_decisions(package)
    table = _Table(package.book, brought, rows, adjudicator, (today or date.today()).isoformat())
    for one in asked:
        table.take(one)
    if table.elsewhere:
        raise ElsewhereError(table.elsewhere)
    done = bring_up_to_date(package, first, second, decisions=rows, brought=brought)
    if done.report.status():
        raise MistakenError(mistakes_of(package.book, done.report, done.rows))
    return _answer(package, brought, done)


def _answer(package: Package, brought: Brought, done: Adjudicated) -> Plain:
    return {**describe(package.book, brought, done), "revision": revision_of(package)}


@dataclass
class _Table:
    """The rows of the table of decisions, while an adjudicator's decisions are put into them.

    `elsewhere` are the rows that are not as the page has them.
    """

    book: Book
    brought: Brought
    rows: list[Row]
    adjudicator: str
    day: str
    elsewhere: list[Row] = field(default_factory=list[Row])

    @property
    def coders(self) -> tuple[str, str]:
        """The two coders."""
        return self.brought.codings[0].coder, self.brought.codings[1].coder

    @cached_property
    def shown(self) -> Shown:
        """What the rows are about."""
        case = open_case(self.book, *self.brought.codings, self.rows, None, self.brought.taken)
        return Shown(case, self.brought)

    def take(self, asked: Asked) -> None:
        """Put one decision into its row.

        Raises:
            InputError: it is about other coders or rows, or its value or quote is not possible.
        """
        ensure_columns(adjudication_book(self.book).tables[DECISIONS], asked.row | asked.filled)
        key = tuple(asked.row.get(name) or None for name in KEY)
        if key[:2] != self.coders:
            raise InputError("a decision is about other coders")
        row = next((r for r in self.rows if tuple(r.get(name) for name in KEY) == key), None)
        filled = {name: (asked.filled.get(name) or "").strip() or None for name in ASKED}
        if self._is_done(row, asked, filled):
            # The page was not answered, and sent it again.
            return
        if row is None and asked.made:
            row = self._made(key)
        elif row is None or _differs(row, asked.row, FILLED_IN):
            self.elsewhere.append(dict(row or asked.row))
            return
        if asked.withdrawn:
            self.rows.remove(row)
            return
        if filled["decision"]:
            self._ensure_possible(row, filled)
            filled |= {"decided_by": self.adjudicator, "decided_on": self.day}
        row |= {name: None for name in FILLED_IN} | filled

    def _is_done(self, row: Row | None, asked: Asked, filled: Row) -> bool:
        if row is None:
            return asked.withdrawn
        if asked.withdrawn:
            return False
        if not filled["decision"]:
            return not row.get("decided_by")
        return row.get("decided_by") == self.adjudicator and not _differs(row, filled, ASKED)

    def _made(self, key: tuple[str | None, ...]) -> Row:
        """Return a new row, for two rows of two coders that the program did not take for one.

        Raises:
            InputError: they are not units that both coders found in one document.
        """
        row: Row = dict(zip(KEY, key, strict=True))
        name = row["unit"] or ""
        if name not in units_of(self.book) or row["variable"]:
            raise InputError("only two units that coders found in a document can be one")
        of_document = self.book.document_key(self.book.tables[name])
        common = set(self.brought.codings[0].documents) & set(self.brought.codings[1].documents)
        found = [
            rows_by_id(self.book, coding, name, common).get(row[side] or "", {}).get(of_document)
            for coding, side in zip(self.brought.codings, ("first_id", "second_id"), strict=True)
        ]
        if found[0] is None or found[0] != found[1]:
            raise InputError("two units can be one only if both coders found them in one document")
        columns = [v.name for v in adjudication_book(self.book).tables[DECISIONS].coded]
        row = dict.fromkeys(columns) | row
        self.rows.append(row)
        return row

    def _ensure_possible(self, row: Row, filled: Row) -> None:
        """Ensure that another value is one of its variable, and that the document has its words.

        Raises:
            InputError: it is not.
        """
        if filled["quote"]:
            text = self.brought.texts.get(row.get("document_id") or "")
            if text is None:
                raise InputError("a quote needs a document, and this belongs to none")
            known_places(text, filled["quote"])
        if row.get("variable") and filled["value"]:
            ensure_value(self.shown, *self.shown.variable_of(row), filled["value"])


def _differs(one: Row, other: Row, names: Iterable[str]) -> bool:
    return any((one.get(name) or None) != (other.get(name) or None) for name in names)


def ensure_value(shown: Shown, table: Table, variable: Variable, value: str) -> None:
    """Ensure that a value has the form of its variable, and that its list or table has it.

    Raises:
        InputError: it does not; all reasons are given.
    """
    book = shown.book
    report = check_sources(book, {table.name: source_of(table, [{variable.name: value}])}).report
    wrong = [
        coder_sentence(book, table, finding)
        for finding in report
        if finding.column == variable.name
        and finding.rule in BY_VARIABLE
        and finding.severity == Severity.error
    ]
    if ids := shown.ids_of(table, variable):
        for item in list_items(value, variable.separator):
            if item not in ids:
                close = nearest(item, ids)
                hint = f" Did you mean {close} ({ids[close]})?" if close else ""
                wrong.append(f"{item!r} is no row that both coders' values can name.{hint}")
    if wrong:
        raise InputError(*wrong)


def check_tables(root: Path) -> Plain:
    """Check the hand-coded tables of a package, and return in sentences what is found."""
    package = Package(root)
    report = package.check().report
    severe = {str(s): n for n, s in enumerate(Severity)}
    found = sorted(report, key=lambda finding: severe.get(finding.severity, 0))
    return {
        "errors": report.count("error"),
        "warnings": report.count("warning"),
        "others": report.count("explain"),
        "findings": [
            _found(package.book, f) for f in found[:MOST_FINDINGS] if f.severity != "note"
        ],
    }


def _found(book: Book, finding: Finding) -> Plain:
    table = book.tables.get(Path(finding.file).stem)
    column = finding.column or ""
    explained = explanation(book, finding.rule)
    return {
        "severity": finding.severity,
        "rule": finding.rule,
        "table": table.title if table else finding.file,
        "row": finding.row_id or "",
        "column": table[column].title if table and column in table else column,
        "text": coder_sentence(book, table, finding),
        "why": explained.why if explained else "",
    }
