"""The findings in tables that were made of codings as JSON, at their places in the files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ...codebook import Book, Table
from ...codebook.coding_form import DOCUMENT, QUOTES, quote_form
from ..findings import Finding, Report
from .json_names import MOST_NAMED, keys_in
from .json_resolving import Resolver
from .json_rows import FIRST_LINE, JsonPlace, JsonRow
from .pairing import list_items

LACKING = ("required", "value-without-evidence", "evidence-without-value")
"""The findings that say what a row does not have."""
IN_QUOTES = f".{QUOTES}["


@dataclass(frozen=True)
class Located:
    """The findings in tables that were made of files, at their places in the files."""

    book: Book
    rows: Mapping[str, Sequence[JsonRow]]
    tables: Mapping[str, str]
    resolver: Resolver
    form: Sequence[Finding]

    def findings(self, report: Report) -> Iterator[Finding]:
        """Yield the findings of a report, without those that follow from faults of the form."""
        faulty = {(f.file, f.column or "") for f in self.form if f.severity == "error"}
        seen = set[tuple[str | int | None, ...]]()
        unknown = {
            (finding.file, finding.line, finding.column)
            for finding in report
            if finding.rule == "foreign-key"
        }
        for finding in report:
            place = finding.file, finding.line, finding.column
            # A name that nothing has is not of the form of an id, either.
            if finding.rule == "pattern" and place in unknown:
                continue
            for found in self._located(finding):
                key = found.rule, found.file, found.line, found.column, found.message
                follows = any(file == found.file and _follows(found, path) for file, path in faulty)
                if not follows and key not in seen:
                    seen.add(key)
                    yield self._with_local_ids(found)

    def _located(self, finding: Finding) -> Iterator[Finding]:
        of_derived = finding.file.rpartition(", as ")[0]
        name = self.tables.get(finding.file) or self.tables.get(of_derived)
        if name is None:
            yield finding
            return
        rows = self.rows[name]
        number = None if finding.line is None else finding.line - FIRST_LINE
        if number is None or not 0 <= number < len(rows):
            yield replace(finding, file=self.resolver.codings[0].place.file, line=None)
            return
        row, table = rows[number], self.book.tables[name]
        if name == self.book.evidence.documents and not finding.column:
            yield self._at_document(finding, row)
        elif row.quotes and table is self.book.typed_quotes:
            form = quote_form(self.book)
            listed = form.variables.name if form and form.variables else ""
            about = {q.variable for q in row.quotes if q.variable == finding.value}
            for quote in row.quotes:
                if about and finding.column == listed and quote.variable not in about:
                    continue
                place = quote.places.get(finding.column or "") or quote.place
                yield self._at(replace(finding, row_id=None), place)
        elif not row.place.path:
            yield replace(finding, file=row.place.file, line=row.place.line or None)
        else:
            yield self._at(self._as_written(finding, table, row), row.place_of(finding.column))

    def _with_local_ids(self, finding: Finding) -> Finding:
        """Return a finding whose message has the ids that its file has."""
        message = finding.message
        for names in self.resolver.local.get(finding.file, {}).values():
            for local, full in names.items():
                message = message.replace(full, local)
        return replace(finding, message=message)

    @staticmethod
    def _at(finding: Finding, place: JsonPlace) -> Finding:
        return replace(finding, file=place.file, line=place.line, column=place.path)

    def _at_document(self, finding: Finding, row: JsonRow) -> Finding:
        key = self.book.evidence.document_id
        coding = next(c for c in self.resolver.placed if c.document == row.cells.get(key))
        place = coding.document_place or replace(coding.place, path=DOCUMENT)
        return self._at(finding, place)

    def _as_written(self, finding: Finding, table: Table, row: JsonRow) -> Finding:
        """Return a finding with values as the file has them, and with what may be meant there."""
        column = finding.column or ""
        local = self.resolver.local.get(row.place.file, {})
        key = table.primary_key[0] if len(table.primary_key) == 1 else ""
        if key and finding.row_id == row.cells.get(key):
            finding = replace(finding, row_id=row.written.get(key) or finding.row_id)
        if column in row.written:
            finding = replace(finding, value=row.written[column] or None)
        targets = {n: (t, sign) for n, t, sign in keys_in(self.book, table, row.cells)}
        if finding.rule != "foreign-key" or column not in targets:
            return finding
        target, separator = targets[column]
        if target in self.resolver.shared:
            shared = self.resolver.shared[target]
            unknown = [
                text
                for text in list_items(row.cells.get(column), separator)
                if shared.by_id(text) is None
            ]
            near = shared.near(unknown[0]) if unknown else None
            return replace(finding, nearest=near or finding.nearest)
        back = {new: old for old, new in local.get(target, {}).items()}
        ids = [r.cells.get(self.book.tables[target].primary_key[0]) for r in self.rows[target]]
        named = [back.get(one, one) for one in ids if one]
        return replace(finding, allowed=", ".join(named[:MOST_NAMED]) or None, nearest=None)


def _follows(finding: Finding, fault: str) -> bool:
    """Return whether a finding only says again that a value could not be read, at the path `fault`."""
    path = finding.column or ""
    if "]." not in fault:
        return False
    if path == fault or path.startswith((f"{fault}.", f"{fault}[")):
        return True
    # Of a value in which something is wrong nothing may be left.
    value = path.partition(IN_QUOTES)[0]
    inside = fault.startswith((f"{value}.", f"{value}[")) or fault == value
    return finding.rule in LACKING and inside and IN_QUOTES not in fault
