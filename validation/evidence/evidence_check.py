"""Evidence: each quote is in its document, each value has a quote, each paragraph counts.

Runs for books that have the tables `documents` and `evidence`. A document is decoded from UTF-8;
offsets are Unicode code points; paragraphs are the blocks between blank lines, from 1.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ...codebook import Book
from ..checks.check import Tables
from ..errors import InputError
from ..files.inside import read_plain
from ..findings import Finding
from ..reading.source import LINE
from .documents import DOCUMENTS, Document
from .quotes import exact, is_at
from .shown import as_shown

OWNERS = {"events": "event_id", "claims": "claim_id", "documents": "document_id"}

DOCUMENT_COLUMNS = {"documents": ("document_id", "file", "sha256")}
NEEDS: dict[str, dict[str, tuple[str, ...]]] = {
    "document-file": DOCUMENT_COLUMNS,
    "quote-found": {
        **DOCUMENT_COLUMNS,
        "evidence": ("document_id", "paragraph", "start", "end", "quote"),
    },
    "value-without-evidence": {"evidence": ("variable", *OWNERS.values())},
    "words-in-quote": {"evidence": ("variable", "quote", *OWNERS.values())},
    "paragraph-accounted": {
        **DOCUMENT_COLUMNS,
        "evidence": ("document_id", "paragraph"),
        "passed_over": ("document_id", "paragraph"),
    },
}
"""The columns that the parts of the check read, by the rule that each part is about."""


@dataclass
class EvidenceCheck:
    """One check of the evidence of a package.

    `files` says how findings call each table's file; `unparsable` are the cells (table, line,
    column) that hold something which is no value of their type: they are coded all the same.
    """

    book: Book
    tables: Tables
    root: Path
    files: dict[str, str]
    unparsable: frozenset[tuple[str, int, str]] = frozenset()

    def findings(self) -> list[Finding]:
        """Return all findings: documents, quotes, values without evidence, words, paragraphs."""
        found: list[Finding] = []
        texts: dict[str, Document] = {}
        if self.can("document-file"):
            for row in self.rows("documents"):
                document, problems = self.document(row)
                found += problems
                if document is not None:
                    texts[row["document_id"]] = document
        if self.can("quote-found"):
            found += self.quotes(texts)
        if self.can("value-without-evidence"):
            found += self.without_evidence()
        if self.can("words-in-quote"):
            found += self.words()
        if self.can("paragraph-accounted"):
            found += self.coverage(texts)
        return found

    def can(self, rule: str) -> bool:
        """Return whether the columns are there that a part of the check reads."""
        return not any(True for _ in self._lacking(rule))

    def unchecked(self) -> list[str]:
        """Return a sentence for each part that cannot run, and for each table without its key."""
        parts = {rule: ", ".join(self._lacking(rule)) for rule in NEEDS}
        keys = [
            f"value-without-evidence: needs {table}.{key}"
            for table, key in OWNERS.items()
            if table in self.book.tables and not self._has(table, key)
        ]
        return [*(f"{rule}: needs {names}" for rule, names in parts.items() if names), *keys]

    def _lacking(self, rule: str) -> Iterator[str]:
        for table, names in NEEDS[rule].items():
            yield from (f"{table}.{name}" for name in names if not self._has(table, name))

    def _has(self, table: str, column: str) -> bool:
        return table in self.tables and column in self.tables[table].columns

    def _owners(self) -> Iterator[tuple[str, str]]:
        """Yield the tables whose values need evidence, as far as their keys are there."""
        return ((table, key) for table, key in OWNERS.items() if self._has(table, key))

    def rows(self, table: str) -> Iterator[dict]:
        """The rows of a table as dicts."""
        return self.tables[table].iter_rows(named=True)

    def finding(
        self, rule: str, table: str, row: dict, column: str | None, message: str, **more: str | None
    ) -> Finding:
        """A finding at a cell of a row."""
        key = OWNERS.get(table) or self.book.tables[table].primary_key[0]
        value = None if column is None or row.get(column) is None else str(row[column])
        owner = row.get(key) or row.get("event_id") or row.get("claim_id") or row.get("document_id")
        return Finding(
            rule, "error", self.files[table], row.get(LINE), column, owner, value, message, **more
        )

    def document(self, row: dict) -> tuple[Document | None, list[Finding]]:
        """A document's text, if it is there and has the hash that is written down."""
        try:
            data = read_plain(self.root / DOCUMENTS, str(row["file"]))
        except (InputError, OSError, ValueError) as error:
            # A ValueError: the name holds a character that no path can have.
            reason = f": {error}" if isinstance(error, InputError) else ""
            message = f"There is no such file in {DOCUMENTS}{reason}."
            return None, [self.finding("document-file", "documents", row, "file", message)]
        digest = hashlib.sha256(data).hexdigest()
        if digest != row["sha256"]:
            message = (
                "The file has another hash: it was changed after it was coded, or the hash was "
                "mistyped. Offsets cannot be trusted."
            )
            return None, [
                self.finding("document-hash", "documents", row, "sha256", message, allowed=digest)
            ]
        try:
            return Document.of(data), []
        except UnicodeDecodeError as error:
            message = f"The document is not UTF-8 (byte {error.start})."
            return None, [self.finding("document-encoding", "documents", row, "file", message)]

    def quotes(self, documents: dict[str, Document]) -> Iterator[Finding]:
        """Quotes that are not where the offsets say."""
        for row in self.rows("evidence"):
            document = documents.get(row["document_id"])
            if document is None or None in (row["start"], row["end"], row["quote"]):
                continue
            if not is_at(document, row["start"], row["end"], row["quote"]):
                place = next(iter(exact(document, row["quote"])), None)
                where = (
                    f"It occurs at {place.start} to {place.end}."
                    if place is not None
                    else f"It does not occur in it; at these offsets it has: "
                    f"{document.text[row['start'] : row['end']][:80]!r}."
                )
                message = (
                    f"The quote is not at {row['start']} to {row['end']} of {row['document_id']}. "
                    f"{where}"
                )
                nearest = None if place is None else f"{place.start}-{place.end}"
                yield self.finding(
                    "quote-found", "evidence", row, "quote", message, nearest=nearest
                )
            elif document.paragraph(row["start"]) != row["paragraph"]:
                number = document.paragraph(row["start"])
                message = f"The quote is in paragraph {number} of {row['document_id']}."
                yield self.finding(
                    "quote-paragraph", "evidence", row, "paragraph", message, allowed=str(number)
                )

    def without_evidence(self) -> Iterator[Finding]:
        """Coded values that no quote carries, and evidence for values that are not coded."""
        held = {
            (r["event_id"] or r["claim_id"] or r["document_id"], r["variable"])
            for r in self.rows("evidence")
        }
        owners_with_evidence = {owner for owner, _ in held}
        coded, owners = set(), set()
        for table, key in self._owners():
            wanted = [v.name for v in self.book.tables[table].variables if v.evidence]
            for row in self.rows(table):
                owners.add(row[key])
                names = [n for n in wanted if self.is_coded(table, row, n)]
                coded |= {(row[key], name) for name in names}
                if row[key] not in owners_with_evidence:
                    message = "The row has no evidence at all: no quote says where it is from."
                    yield self.finding("value-without-evidence", table, row, key, message)
                    continue
                for name in names:
                    if (row[key], name) not in held:
                        message = "The value has no evidence: no quote says where it is from."
                        yield self.finding("value-without-evidence", table, row, name, message)
        for row in self.rows("evidence"):
            owner = row["event_id"] or row["claim_id"] or row["document_id"]
            # Evidence for a row that is not there is the foreign key's finding.
            if owner in owners and (owner, row["variable"]) not in coded:
                message = (
                    f"There is evidence for {row['variable']} of {owner}, but no value is coded "
                    "there, or the variable takes no evidence."
                )
                yield self.finding("evidence-without-value", "evidence", row, "variable", message)

    def is_coded(self, table: str, row: dict, name: str) -> bool:
        """Whether somebody typed something into a cell."""
        return row.get(name) is not None or (table, row.get(LINE), name) in self.unparsable

    def words(self) -> Iterator[Finding]:
        """Words that are in no quote for the variable that they are the words for."""
        quotes: dict[tuple[str, str], list[str]] = {}
        for row in self.rows("evidence"):
            owner = row["event_id"] or row["claim_id"] or row["document_id"]
            quotes.setdefault((owner, row["variable"]), []).append(as_shown(row["quote"] or ""))
        for table, key in self._owners():
            if table == "documents":
                continue
            for variable in (v for v in self.book.tables[table].variables if v.words_for):
                for row in self.rows(table):
                    said = row.get(variable.name)
                    of_value = quotes.get((row.get(key) or "", variable.words_for), [])
                    # Where no quote is, the missing evidence is the finding.
                    if said is None or not of_value:
                        continue
                    if not any(as_shown(said) in quote for quote in of_value):
                        message = (
                            f"The words are in no quote that is evidence for {variable.words_for}."
                        )
                        yield self.finding("words-in-quote", table, row, variable.name, message)

    def coverage(self, documents: dict[str, Document]) -> Iterator[Finding]:
        """Paragraphs from which nothing is coded and of which nothing is said."""
        used = {(r["document_id"], r["paragraph"]) for r in self.rows("evidence")}
        passed = {(r["document_id"], r["paragraph"]): r for r in self.rows("passed_over")}
        for row in self.rows("documents"):
            document = documents.get(row["document_id"])
            if document is None:
                continue
            for number, (begins, ends) in enumerate(document.paragraphs, 1):
                place = (row["document_id"], number)
                if place not in used and place not in passed:
                    message = (
                        f"Paragraph {number} has no evidence and is not passed over: "
                        f"{document.text[begins:ends][:60]!r}. Code it, or say in passed_over why not."
                    )
                    yield self.finding("paragraph-accounted", "documents", row, None, message)
        for (document_id, number), row in passed.items():
            document = documents.get(document_id)
            if (document_id, number) in used:
                message = f"Paragraph {number} is passed over, but has evidence."
                yield self.finding("paragraph-accounted", "passed_over", row, "paragraph", message)
            elif document is not None and not 1 <= (number or 0) <= len(document.paragraphs):
                message = f"The document has {len(document.paragraphs)} paragraphs."
                yield self.finding("paragraph-accounted", "passed_over", row, "paragraph", message)


def has_evidence(book: Book) -> bool:
    """Return whether a book wants its values to have evidence."""
    return {"documents", "evidence", "events", "passed_over"} <= set(book.tables)
