"""Evidence: each quote is in its document, each value has a quote, each paragraph counts.

The roles of the book say which tables hold documents, quotes and passed-over paragraphs, and in
which columns. A document is decoded from UTF-8; offsets are Unicode code points; paragraphs are the
blocks between blank lines, from 1.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from ...codebook import Book
from ...codebook.model import EvidenceTables, OwnerKey
from ..checks.check import Tables
from ..checks.derived import all_inputs, differs_from_default
from ..errors import InputError
from ..files.inside import read_plain
from ..findings import Finding
from ..reading.source import LINE
from .carried import OWNER, PART, ROW, VARIABLE, Carried, with_owners
from .documents import DOCUMENTS, Document
from .quotes import Span, exact_places, is_at

Row = Mapping[str, Any]
MOST_OF_ONE = 6
"""The most values of a row that one quote alone carries without a warning."""
SHOWN = 80
"""The most characters that a finding shows of what is there in place of a quote."""
ABSENT = {
    "quotes": "the book has no table of quotes",
    "passages": "the book has no table of paragraphs that were passed over",
}
"""What is unchecked where a book with documents has no table of that role."""


def needs(evidence: EvidenceTables) -> dict[str, dict[str, tuple[str, ...]]]:
    """Return the columns that the parts of the check read, by the rule that each part is about.

    The columns are by table, the tables by the names of `EvidenceTables`.
    """
    quote, passage = evidence.quote, evidence.passage
    documents = (evidence.document_id, evidence.document.file, evidence.document.hash)
    owners = tuple(key.field for key in evidence.owners)
    offsets = (quote.document, quote.paragraph, quote.start, quote.end, quote.words)
    return {
        "document-file": {"documents": documents},
        "quote-found": {"documents": documents, "quotes": offsets},
        "value-without-evidence": {"quotes": (quote.variable, *owners)},
        "one-quote": {"quotes": (quote.variable, quote.words, *owners)},
        "words-in-quote": {"quotes": (quote.variable, quote.words, *owners)},
        "paragraph-accounted": {
            "documents": documents,
            "quotes": (quote.document, quote.paragraph, *owners),
            "passages": (passage.document, passage.paragraph),
        },
    }


@dataclass(frozen=True)
class Place:
    """A place that findings name: file, line and column."""

    file: str
    line: int
    column: str


@dataclass
class EvidenceCheck:
    """One check of the evidence of a package.

    `files` says how findings call each table's file; `unparsable` are the cells (table, line,
    column) that hold something which is no value of their type: they are coded all the same.
    `paragraphs` says where people read a paragraph, given by document and number, if not in the
    document's file.
    """

    book: Book
    tables: Tables
    root: Path
    files: dict[str, str]
    unparsable: frozenset[tuple[str, int, str]] = frozenset()
    paragraphs: Mapping[tuple[str, int], Place] = field(
        default_factory=dict[tuple[str, int], Place]
    )

    def findings(self) -> list[Finding]:
        """Return all findings: documents, quotes, values without evidence, words, paragraphs."""
        return [*self.findings_in_documents(), *self.findings_in_tables()]

    def findings_in_tables(self) -> list[Finding]:
        """Return the findings that need no document: values without evidence, words in no quote."""
        found: list[Finding] = []
        if self.can("value-without-evidence"):
            found += self.variables_of_rows()
            found += self.without_evidence()
        if self.can("one-quote"):
            found += self.one_quote()
        if self.can("words-in-quote"):
            found += self.words()
        return found

    def findings_in_documents(self) -> list[Finding]:
        """Return the findings on documents, quotes and paragraphs."""
        found: list[Finding] = []
        texts: dict[str, Document] = {}
        if self.can("document-file"):
            for row in self.rows(self.evidence.documents):
                document, problems = self.document(row)
                found += problems
                if document is not None:
                    texts[row[self.evidence.document_id]] = document
        if self.can("quote-found"):
            found += self.quotes(texts)
        if self.can("paragraph-accounted"):
            found += self.coverage(texts)
        return found

    @cached_property
    def evidence(self) -> EvidenceTables:
        """How the book ties rows to documents."""
        return self.book.evidence

    @cached_property
    def _lacking(self) -> dict[str, list[str]]:
        """What each part of the check lacks: a table of the book, or columns of the data."""
        return {
            rule: [lack for table, names in tables.items() for lack in self._lacks(table, names)]
            for rule, tables in needs(self.evidence).items()
        }

    def _lacks(self, kind: str, columns: tuple[str, ...]) -> Iterator[str]:
        table: str = getattr(self.evidence, kind)
        if not table:
            yield ABSENT[kind]
            return
        missing = [f"{table}.{name}" for name in columns if not self._has(table, name)]
        if missing:
            yield f"needs {', '.join(missing)}"

    def can(self, rule: str) -> bool:
        """Return whether the columns are there that a part of the check reads."""
        return not self._lacking[rule]

    def unchecked(self) -> list[str]:
        """Return a sentence for each part that cannot run, and for each table without its key."""
        parts = [f"{rule}: {'; '.join(lacks)}" for rule, lacks in self._lacking.items() if lacks]
        keys = [
            f"value-without-evidence: needs {key.table}.{key.target}"
            for key in self.evidence.owners
            if not self._has(key.table, key.target)
        ]
        return [*parts, *keys]

    def _has(self, table: str, column: str) -> bool:
        return table in self.tables and column in self.tables[table].columns

    def _owners(self) -> Iterator[OwnerKey]:
        """Yield the tables whose values need evidence, as far as their keys are there."""
        return (key for key in self.evidence.owners if self._has(key.table, key.target))

    def rows(self, table: str) -> Iterator[Row]:
        """The rows of a table as dicts."""
        return self.tables[table].iter_rows(named=True)

    def rows_at(self, table: str, positions: pl.Series) -> Iterator[Row]:
        """The rows at some positions of a table, in their order."""
        return self.tables[table][positions].iter_rows(named=True)

    def finding(
        self,
        rule: str,
        table: str,
        row: Row,
        column: str | None,
        message: str,
        severity: str = "error",
        **more: str | None,
    ) -> Finding:
        """A finding at a cell of a row."""
        value = None if column is None or row.get(column) is None else str(row[column])
        ids = (*self.book.tables[table].primary_key, *(k.field for k in self.evidence.owners))
        row_id = next((str(row[name]) for name in ids if row.get(name)), None)
        line, typed = row.get(LINE), self._typed_columns.get(table, {}).get(column or "", column)
        return Finding(
            rule, severity, self.files[table], line, typed, row_id, value, message, **more
        )

    @cached_property
    def _typed_columns(self) -> dict[str, dict[str, str]]:
        """The column into which people type what a column of a derived table takes."""
        quotes = self.book.quotes
        if quotes is None or quotes.derived is None:
            return {}
        parts = [(quotes.derived.into, part.column) for part in quotes.derived.unnest]
        parts += [(part.into, part.column) for part in quotes.derived.spread]
        return {quotes.name: dict(parts)}

    def document(self, row: Row) -> tuple[Document | None, list[Finding]]:
        """A document's text, if it is there and has the hash that is written down."""
        table, columns = self.evidence.documents, self.evidence.document
        try:
            data = read_plain(self.root / DOCUMENTS, str(row[columns.file]))
        except (InputError, OSError, ValueError) as error:
            # A ValueError: the name holds a character that no path can have.
            reason = f": {error}" if isinstance(error, InputError) else ""
            message = f"There is no such file in {DOCUMENTS}{reason}."
            return None, [self.finding("document-file", table, row, columns.file, message)]
        digest = hashlib.sha256(data).hexdigest()
        if digest != row[columns.hash]:
            message = (
                "The file has another hash: it was changed after it was coded, or the hash was "
                "mistyped. Offsets cannot be trusted."
            )
            return None, [
                self.finding("document-hash", table, row, columns.hash, message, allowed=digest)
            ]
        try:
            return Document.of(data), []
        except UnicodeDecodeError as error:
            message = f"The document is not UTF-8 (byte {error.start})."
            return None, [self.finding("document-encoding", table, row, columns.file, message)]

    def quotes(self, documents: Mapping[str, Document]) -> Iterator[Finding]:
        """Quotes that are not where the offsets say."""
        table, columns = self.evidence.quotes, self.evidence.quote
        place = [columns.document, columns.start, columns.end, columns.words, columns.paragraph]
        # Words that carry several values are looked for once.
        placed = self.tables[table].select(place).drop_nulls(place[:-1]).unique()
        wrong = [row for row in placed.iter_rows() if not _is_at_place(documents, *row)]
        if not wrong:
            return
        misplaced = pl.DataFrame(wrong, schema=placed.schema, orient="row")
        elsewhere: dict[str, set[str]] = {}
        for name, start, end, words, _ in wrong:
            if not is_at(documents[name], start, end, words):
                elsewhere.setdefault(name, set()).add(words)
        places = {name: exact_places(documents[name], some) for name, some in elsewhere.items()}
        rows = self.tables[table].join(
            misplaced, on=place, how="semi", nulls_equal=True, maintain_order="left"
        )
        for row in rows.iter_rows(named=True):
            name, words, start = row[columns.document], row[columns.words], row[columns.start]
            document = documents[name]
            if not is_at(document, start, row[columns.end], words):
                found = next(iter(places[name][words]), None)
                yield self._not_there(row, document, found)
            else:
                number = document.paragraph(start)
                message = f"The quote is in paragraph {number} of {name}."
                yield self.finding(
                    "quote-paragraph", table, row, columns.paragraph, message, allowed=str(number)
                )

    def _not_there(self, row: Row, document: Document, place: Span | None) -> Finding:
        """Return the finding that a quote is not where the offsets say, but at a place, or nowhere."""
        table, columns = self.evidence.quotes, self.evidence.quote
        start, end = row[columns.start], row[columns.end]
        first, last, _ = slice(start, end).indices(len(document.text))
        where = (
            f"It occurs at {place.start} to {place.end}."
            if place is not None
            else f"It does not occur in it; at these offsets it has: "
            f"{document.text[first : min(last, first + SHOWN)]!r}."
        )
        message = f"The quote is not at {start} to {end} of {row[columns.document]}. {where}"
        nearest = None if place is None else f"{place.start}-{place.end}"
        return self.finding("quote-found", table, row, columns.words, message, nearest=nearest)

    def without_evidence(self) -> Iterator[Finding]:
        """Coded values that no quote carries, and evidence for values that are not coded."""
        quotes, of_variable = self.evidence.quotes, self.evidence.quote.variable
        for key, carried in self._carried.items():
            lacking = carried.without_quote()
            names = lacking[VARIABLE]
            for row, name in zip(self.rows_at(key.table, lacking[ROW]), names, strict=True):
                message = "The value has no evidence: no quote says where it is from."
                if name is None:
                    message = "The row has no evidence at all: no quote says where it is from."
                column = key.target if name is None else name
                yield self.finding("value-without-evidence", key.table, row, column, message)
        # Evidence for a row that is not there is the foreign key's finding; an empty variable is
        # one, too.
        uncoded = [carried.without_value() for carried in self._carried.values()]
        for row in self.rows_at(quotes, pl.concat(uncoded).sort()) if uncoded else ():
            _, owner = self.evidence.owner(row) or ("", "")
            message = (
                f"There is evidence for {row[of_variable]} of {owner}, but no value is coded "
                "there, or the variable takes no evidence."
            )
            yield self.finding("evidence-without-value", quotes, row, of_variable, message)

    def one_quote(self) -> Iterator[Finding]:
        """Rows of which one quote carries all values, as a headline would.

        What follows by default needs no words, and is not counted.
        """
        for key, carried in self._carried.items():
            many = carried.of_one_quote().filter(pl.col(VARIABLE) > MOST_OF_ONE)
            numbers = many[VARIABLE]
            for row, number in zip(self.rows_at(key.table, many[ROW]), numbers, strict=True):
                message = (
                    f"One quote carries all {number} values: do its words say each of "
                    "them? Give what they do not say words of its own."
                )
                yield self.finding(
                    "one-quote", key.table, row, key.target, message, severity="warning"
                )

    @cached_property
    def _quotes(self) -> pl.DataFrame:
        """The quotes with the table of the row that each is about."""
        return with_owners(self.evidence, self.tables[self.evidence.quotes])

    @cached_property
    def _carried(self) -> dict[OwnerKey, Carried]:
        """What quotes carry, for each table whose values need evidence."""
        return {
            key: Carried(
                self.evidence,
                key,
                self.tables[key.table],
                self._quotes,
                {
                    v.name: self._coded(key.table, v.name)
                    for v in self.book.tables[key.table].variables
                    if v.evidence
                },
                self._other_than_default[key.table],
            )
            for key in self._owners()
        }

    @cached_property
    def _other_than_default(self) -> dict[str, dict[str, pl.Series]]:
        """By table, for each variable with a default the rows that have another value."""
        return {
            key.table: differs_from_default(
                self.book, self.book.tables[key.table], self.tables[key.table]
            )
            for key in self._owners()
        }

    def _coded(self, table: str, name: str) -> pl.Expr:
        """Whether somebody typed something into a cell, or into one that it follows from."""
        there = pl.col(name).is_not_null() if self._has(table, name) else pl.lit(False)
        cells = (name, *self._inputs[table].get(name, ())) if self.unparsable else ()
        lines = {line for cell in cells for line in self._unparsable_lines.get((table, cell), ())}
        return there | pl.col(LINE).is_in(list(lines)) if lines else there

    @cached_property
    def _unparsable_lines(self) -> dict[tuple[str, str], list[int]]:
        """The lines of the cells that are unparsable, by table and column."""
        found: dict[tuple[str, str], list[int]] = {}
        for table, line, column in self.unparsable:
            found.setdefault((table, column), []).append(line)
        return found

    @cached_property
    def _inputs(self) -> dict[str, dict[str, set[str]]]:
        """By table, for each computed variable the variables that it follows from."""
        return {
            key.table: all_inputs(self.book, self.book.tables[key.table]) for key in self._owners()
        }

    def words(self) -> Iterator[Finding]:
        """Words that are in no quote for the variable that they are the words for."""
        for key, carried in self._carried.items():
            if key.table == self.evidence.documents:
                continue
            for variable in (v for v in self.book.tables[key.table].variables if v.words_for):
                if not self._has(key.table, variable.name):
                    continue
                said = carried.not_in_quotes(variable.name, variable.words_for)
                for row in self.rows_at(key.table, said):
                    message = (
                        f"The words are in no quote that is evidence for {variable.words_for}."
                    )
                    yield self.finding("words-in-quote", key.table, row, variable.name, message)

    def variables_of_rows(self) -> Iterator[Finding]:
        """Variables that a quote is said to carry, and that none of its rows has."""
        quotes, typed = self.book.quotes, self.book.typed_quotes
        if quotes is None or typed is None or quotes.derived is None:
            return
        # In a release both tables are published; then the keys of the long one are its own.
        if self.files.get(typed.name) != self.files.get(quotes.name):
            return
        rows, named = self.tables[typed.name], list[pl.DataFrame]()
        for order, part in enumerate(quotes.derived.unnest):
            if part.column not in rows.columns:
                continue
            separator = typed[part.column].separator
            values = pl.col(part.column).cast(pl.String).alias(VARIABLE)
            of_part = rows.select(LINE, values.str.split(separator) if separator else values)
            of_part = of_part.with_row_index(ROW).with_columns(pl.lit(order).alias(PART))
            named.append(of_part.explode(VARIABLE) if separator else of_part)
        if not named:
            return
        into = pl.col(quotes.derived.into).cast(pl.String).alias(VARIABLE)
        kept = self.tables[quotes.name].select(LINE, into)
        lost = pl.concat(named).drop_nulls(VARIABLE)
        lost = lost.join(kept, on=[LINE, VARIABLE], how="anti", maintain_order="left")
        lost = lost.sort(ROW, PART, maintain_order=True)
        columns = [part.column for part in quotes.derived.unnest]
        found = zip(self.rows_at(typed.name, lost[ROW]), lost[VARIABLE], lost[PART], strict=True)
        for row, value, part in found:
            message = f"No row that the quote is for has a variable {value} that takes one."
            yield self.finding("variable-of-no-row", typed.name, row, columns[part], message)

    def coverage(self, documents: Mapping[str, Document]) -> Iterator[Finding]:
        """Paragraphs from which nothing is coded and of which nothing is said."""
        rule, names = "paragraph-accounted", self.evidence
        quote, passage = names.quote, names.passage
        # What dates a document says nothing of the paragraph that it is in.
        about_rows = self._quotes.filter(pl.col(OWNER) != names.documents)
        used = set(about_rows.select(quote.document, quote.paragraph).unique().iter_rows())
        passed = list(self.rows(names.passages))
        whole = {
            (r[passage.document], r[passage.paragraph]) for r in passed if not r.get(passage.words)
        }
        for row in self.rows(names.documents):
            document = documents.get(row[names.document_id])
            if document is None:
                continue
            for number, (begins, ends) in enumerate(document.paragraphs, 1):
                place = (row[names.document_id], number)
                if place not in used and place not in whole:
                    message = (
                        f"Paragraph {number} has no evidence and is not passed over: "
                        f"{beginning(document.text[begins:ends])!r}. Code it, or say in "
                        f"{names.passages} why not."
                    )
                    found = self.finding(rule, names.documents, row, None, message)
                    read_at = self.paragraphs.get(place)
                    yield replace(found, **vars(read_at)) if read_at else found
        words_at = self._paragraphs_of_words(passed, documents)
        for row in passed:
            yield from self._passed_over(row, documents.get(row[passage.document]), used, words_at)

    def _paragraphs_of_words(
        self, passed: Iterable[Row], documents: Mapping[str, Document]
    ) -> dict[tuple[str, str], set[int | None]]:
        """Return by document and words the paragraphs that have words which were passed over."""
        passage = self.evidence.passage
        sought: dict[str, set[str]] = {}
        for row in passed:
            if row.get(passage.words) and row[passage.document] in documents:
                sought.setdefault(row[passage.document], set()).add(row[passage.words])
        return {
            (name, words): {place.paragraph for place in places}
            for name, some in sought.items()
            for words, places in exact_places(documents[name], some).items()
        }

    def _passed_over(
        self,
        row: Row,
        document: Document | None,
        used: Collection[tuple[str, int]],
        words_at: Mapping[tuple[str, str], Collection[int | None]],
    ) -> Iterator[Finding]:
        """Yield what is wrong with a paragraph, or words in one, that was passed over."""
        rule, table, passage = "paragraph-accounted", self.evidence.passages, self.evidence.passage
        number, words = row[passage.paragraph], row.get(passage.words)
        if words is None and (row[passage.document], number) in used:
            message = f"Paragraph {number} is passed over, but has evidence."
            if passage.words:
                message += f" Name the words that are passed over in {passage.words}."
            yield self.finding(rule, table, row, passage.paragraph, message)
        elif document is not None and not 1 <= (number or 0) <= len(document.paragraphs):
            message = f"The document has {len(document.paragraphs)} paragraphs."
            yield self.finding(rule, table, row, passage.paragraph, message)
        elif (
            document is not None
            and words is not None
            and number not in words_at.get((row[passage.document], words), ())
        ):
            message = f"Paragraph {number} does not have these words."
            yield self.finding("quote-found", table, row, passage.words, message)


def _is_at_place(
    documents: Mapping[str, Document],
    name: str,
    start: int,
    end: int,
    words: str,
    paragraph: int | None,
) -> bool:
    """Whether a quote is at its offsets and in its paragraph, as far as its document is there."""
    document = documents.get(name)
    if document is None:
        return True
    as_it_is = start >= 0 and end - start == len(words) and document.text.startswith(words, start)
    return (as_it_is or is_at(document, start, end, words)) and (
        document.paragraph(start) == paragraph
    )


def beginning(text: str, most: int = 60) -> str:
    """Return the first words of a text, with a sign where it goes on."""
    return text if len(text) <= most else f"{text[:most].rsplit(' ', 1)[0]} …"


def unchecked_without_package(book: Book, tables: Iterable[str]) -> list[str]:
    """Return what is unchecked in tables that are checked apart from their package.

    Args:
        book: the codebook.
        tables: the names of the tables.
    """
    typed = book.typed_quotes
    carried = (*book.owner_keys, typed.name if typed else "") if book.documents else ()
    return [f"{name}: its evidence needs the whole package" for name in tables if name in carried]
