"""A coder's filed reports beside the key: what differs, what decides it, and whether it is enough."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ...codebook import Table
from ...validation.coding.filed import Coding, Row, coders, load_coding, rows_of
from ...validation.coding.pairing import (
    Side,
    coded_documents,
    compared_variables,
    evidence_of,
    id_of,
    pair_by_name,
    shared_tables,
    units_of,
)
from ...validation.errors import InputError
from ...validation.package.package import Package
from ..agreement.agree import (
    Agreement,
    Disagreement,
    VariableAgreement,
    agreement_of,
    limited_to,
)
from ..agreement.unit_matching import CoderIds, matched_units
from .key_coding import coding_of_set
from .practice_set import DecidedCase, PracticeSet, Threshold

THE_KEY = "the key"
"""What the key is called among coders: no coder can have a name with a blank."""


@dataclass(frozen=True)
class Reason:
    """The page of the guide that decides something, the heading on it, and the project's reason.

    `why` is empty where no case was written for it.
    """

    page: str
    heading: str = ""
    why: str = ""


@dataclass(frozen=True)
class KeyDifference:
    """Where a coder differs from the key: in a value, or in a row that only one of them has.

    `own` is the coder's id of the row and `keys` that of the key; None where it has none, so that
    the row was missed, or invented. The values and their words are None in the same way.
    """

    document: str
    table: str
    own: str | None
    keys: str | None
    variable: str | None
    own_value: str | None
    key_value: str | None
    own_words: str | None
    key_words: str | None
    reasons: tuple[Reason, ...]

    @property
    def kind(self) -> str:
        """Whether a row was missed or invented, or the value differs."""
        return "missed" if self.own is None else "invented" if self.keys is None else "value"


@dataclass(frozen=True)
class Reached:
    """What a coder reached of a threshold, over `n` units; None where nothing can be measured."""

    threshold: Threshold
    value: float | None
    n: int

    @property
    def passed(self) -> bool:
        """Whether it is enough."""
        return self.value is not None and self.value >= self.threshold.least


@dataclass(frozen=True)
class PairedRow:
    """A row that the coder and the key both have, by the id that each gave it."""

    document: str
    table: str
    own: str
    keys: str


@dataclass(frozen=True)
class BesideKey:
    """A coder beside the key: the documents compared, all that was measured, each difference.

    `reports` is how many the practice set has.
    """

    coder: str
    documents: tuple[str, ...]
    reports: int
    agreement: Agreement
    pairs: tuple[PairedRow, ...]
    reached: tuple[Reached, ...]
    differences: tuple[KeyDifference, ...]

    @property
    def passed(self) -> bool:
        """Whether the coder may code."""
        return all(one.passed for one in self.reached)

    def reached_of(self, variable: VariableAgreement) -> Reached | None:
        """Return what is asked of a variable, if anything is."""
        name = f"{variable.table}.{variable.variable}"
        return next((one for one in self.reached if one.threshold.variable == name), None)


def compare_with_key(
    package: Package, practice: PracticeSet, coder: str, documents: Sequence[str] = ()
) -> BesideKey:
    """Compare what a coder filed of a practice set with the key.

    Args:
        package: the package in which the coder trains.
        practice: the practice set.
        coder: the coder.
        documents: the documents to compare; all that are filed if empty.

    Raises:
        InputError: the coder has filed none of these documents, or a document of the package is
            not the report of the practice set that has its id.
    """
    book = package.book
    coded_documents(book)
    here = _reports_of(package, practice)
    chosen, coding = _filed(package, practice, coder, documents, here)
    files = {document: path for document, path in practice.files().items() if document in here}
    key = limited_to(chosen, coding_of_set(practice, package.root, THE_KEY, files))
    coding = _with_shared(package, limited_to(chosen, coding))
    agreement = agreement_of(book, [key, coding], chosen, [], practice.texts)
    matched = matched_units(book, [key, coding], [])
    details = _Details(practice, key, coding, matched)
    units = units_of(book)
    found = [*agreement.disagreements, *agreement.partial]
    differences = [details.difference(d) for d in found if d.table in units]
    order = {document: place for place, document in enumerate(chosen)}
    differences.sort(
        key=lambda d: (order[d.document], units.index(d.table), d.variable is not None)
    )
    return BesideKey(
        coder,
        chosen,
        len(practice.documents),
        agreement,
        tuple(details.pairs()),
        tuple(_reached(threshold, agreement, coder) for threshold in practice.thresholds),
        tuple(differences),
    )


def _reports_of(package: Package, practice: PracticeSet) -> list[str]:
    """Return the reports of the practice set that a package has, byte by byte.

    Raises:
        InputError: it has none.
    """
    names = package.book.evidence
    pinned = {
        row.get(names.document_id) or "": row.get(names.document.hash)
        for row in rows_of(package.sources()[names.documents])
    }
    here = [d for d in practice.documents if pinned.get(d) == practice.sha256(d)]
    if not here:
        raise InputError(
            f"{package.root}: has no report of the practice set {practice.folder}; make a package "
            "to train in: eventbook practice DIR"
        )
    return here


def _filed(
    package: Package,
    practice: PracticeSet,
    coder: str,
    documents: Sequence[str],
    here: Sequence[str],
) -> tuple[tuple[str, ...], Coding]:
    """Return the documents to compare, and what the coder filed.

    Raises:
        InputError: there is nothing to compare, or not what is asked for.
    """
    if coder not in coders(package.root):
        raise InputError(
            f"{coder}: has filed nothing here yet; the key is shown of what is filed. Code a "
            f"report, then: eventbook import FILE --coder {coder}"
        )
    coding = load_coding(package.root, package.book, coder)
    known = practice.documents
    chosen = tuple(dict.fromkeys(documents)) or tuple(d for d in coding.documents if d in known)
    for document in chosen:
        if document not in known:
            there = ", ".join(known)
            raise InputError(f"{document}: no report of the practice set; there are: {there}")
        if document not in coding.documents:
            raise InputError(
                f"{document}: {coder} has not filed it; the key is shown of what is filed: "
                f"{', '.join(coding.documents)}"
            )
        if document not in here:
            raise InputError(f"{document}: is not the report of the practice set with this id")
    if not chosen:
        raise InputError(f"{coder}: has filed no report of the practice set")
    return chosen, coding


def _with_shared(package: Package, coding: Coding) -> Coding:
    """Return a coding with the shared rows of its package, which a coder need not file again.

    Of a row that the coder has under another id there is not a second one.
    """
    book, sources = package.book, package.sources()
    tables: dict[str, list[Row]] = dict(coding.tables)
    for name in shared_tables(book):
        table, own = book.tables[name], tables.get(name, [])
        there = {id_of(table, row): row for row in rows_of(sources[name])}
        sides = Side(coding, {id_of(table, row): row for row in own}), Side(coding, there)
        same = {pair.second for pair in pair_by_name(book, table, *sides)}
        tables[name] = [*own, *(row for row_id, row in there.items() if row_id not in same)]
    return replace(coding, tables=tables)


def _reached(threshold: Threshold, agreement: Agreement, coder: str) -> Reached:
    """Return what a coder reached of a threshold."""
    units = next(u for u in agreement.units if u.table == threshold.table)
    n = units.counts[THE_KEY, coder]
    keys = n.both + n.first_only
    if threshold.measure == "units":
        return Reached(threshold, keys, keys)
    if threshold.measure == "f1":
        return Reached(threshold, n.f1, n.both + n.first_only + n.second_only)
    for variable in agreement.variables:
        if f"{variable.table}.{variable.variable}" == threshold.variable:
            return Reached(threshold, variable.per_cent, variable.n)
    # What both left empty everywhere, they coded alike.
    return Reached(threshold, 100.0 if threshold.variable in agreement.empty else None, n.both)


class _Details:
    """What is known of the rows of the key and of a coder beside their values."""

    def __init__(
        self,
        practice: PracticeSet,
        key: Coding,
        coding: Coding,
        matched: Mapping[str, Sequence[CoderIds]],
    ):
        self.practice, self.book, self.matched = practice, practice.book, matched
        self.key, self.coding = key, coding
        self.documents = {
            (name, id_of(table, row)): row.get(of_document) or ""
            for name in units_of(self.book)
            if (table := self.book.tables[name]) and (of_document := self.book.document_key(table))
            for rows in (key.rows(name), coding.rows(name))
            for row in rows
        }
        self.evidence = evidence_of(self.book, coding)
        self.own_ids = {
            ids[THE_KEY]: ids[coding.coder]
            for name in units_of(self.book)
            for ids in matched[name]
            if len(ids) > 1
        }

    def pairs(self) -> Iterator[PairedRow]:
        """Yield the rows that both have."""
        for name in units_of(self.book):
            for ids in (ids for ids in self.matched[name] if len(ids) > 1):
                document, _, keys = ids[THE_KEY].partition("/")
                yield PairedRow(document, name, ids[self.coding.coder], keys)

    def difference(self, found: Disagreement) -> KeyDifference:
        """Return a disagreement with the key, with what decides it."""
        keys, own = found.ids.get(THE_KEY), found.ids.get(self.coding.coder)
        document = self.documents[found.table, keys or own or ""]
        local = keys.removeprefix(f"{document}/") if keys else None
        both = (self.coding.coder, THE_KEY)
        values = [self._shown(found.values.get(c)) for c in both]
        return KeyDifference(
            document,
            found.table,
            own,
            local,
            found.variable,
            values[0],
            values[1],
            found.quotes.get(self.coding.coder),
            found.quotes.get(THE_KEY),
            tuple(self._reasons(document, found, local, own)),
        )

    def _shown(self, value: str | None) -> str | None:
        """Return a value with the coder's ids of rows, and those of the key where there is none."""
        if value is None:
            return None
        for name in (self.coding.coder, THE_KEY):
            # Only what tells apart the names of two codings.
            value = value.replace(f" ({name})", "")
        return re.sub(
            rf"(?:{'|'.join(map(re.escape, self.practice.documents))})/([\w-]+)",
            lambda found: self.own_ids.get(found[0], f"{found[1]} of the key"),
            value,
        )

    def _reasons(
        self, document: str, found: Disagreement, keys: str | None, own: str | None
    ) -> Iterator[Reason]:
        """Yield what decides a difference: its cases, else the page of the guide that may."""
        table = self.book.tables[found.table]
        if keys is None:
            yield from self._passed_over(document, table, own or "")
            return
        cases = [
            c
            for c in self.practice.cases
            if (c.document, c.table, c.row) == (document, table.name, keys)
        ]
        page = self._page(table, found.variable)
        fitting = [c for c in cases if c.variable == (found.variable or "")]
        if not fitting and found.variable is None:
            # What decides the type of a row decides that it is one.
            fitting = [c for c in cases if c.variable in table.roles.type]
        elif not fitting:
            fitting = [c for c in cases if c.page == page]
        if fitting:
            yield from map(_as_reason, fitting)
        elif page:
            yield Reason(page)

    def _page(self, table: Table, variable: str | None) -> str:
        """Return the page of the guide that decides a variable, or that a row is one."""
        if variable is not None:
            return self.book.guide_page(table[variable])
        for page in self.book.guide:
            if table.name in page.name.split("-"):
                return page.name
        judged = compared_variables(self.book, table)
        return self.book.guide_page(next((v for v in judged if v.required), judged[0]))

    def _passed_over(self, document: str, table: Table, own: str) -> Iterator[Reason]:
        """Yield why the key has no row where a coder has one: it passes over the same words."""
        passages, columns = self.book.passages, self.book.evidence.passage
        quotes = [
            (row.get(self.book.evidence.quote.paragraph), row.get(self.book.evidence.quote.words))
            for (name, unit, _), rows in self.evidence.items()
            if (name, unit) == (table.name, own)
            for row in rows
        ]
        paragraphs = {paragraph for paragraph, _ in quotes}
        for row in self.key.rows(passages.name) if passages else ():
            paragraph = row.get(columns.paragraph)
            words = row.get(columns.words) if columns.words else None
            if row.get(columns.document) != document or paragraph not in paragraphs:
                continue
            if words and not any(words in (w or "") or (w or "") in words for _, w in quotes):
                continue
            cases = [
                c
                for c in self.practice.cases
                if passages is not None
                and (c.document, c.table, c.row) == (document, passages.name, paragraph)
            ]
            parts = (row.get(name) for name in (columns.reason, columns.because) if name)
            why = ": ".join(filter(None, (f"passed over, paragraph {paragraph}", *parts)))
            page = self.book.page_naming(passages.name) if passages else ""
            yield from map(_as_reason, cases) if cases else iter([Reason(page, "", why)])


def _as_reason(case: DecidedCase) -> Reason:
    return Reason(case.page, case.heading, case.why)
