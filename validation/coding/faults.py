"""What is wrong with the coding of a machine: counted by kind, and taken out where that is asked.

A person corrects a coding before it is filed. Nobody corrects what a machine delivered: its faults
are counted first, and then taken out, so that what is left can be compared with what people coded.
A value that is wrong is emptied, a quote that the document does not have is dropped, and a row goes
only if its key is lost. Nothing is put in place of what was taken out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import polars as pl

from ...codebook import Book, Table
from ...codebook.coding_form import CODEBOOK, DOCUMENT
from ..evidence.quotes import filled_columns
from ..findings import Finding, Report, Severity
from ..reading.source import LINE, Source
from .coded_workbook import CheckedCoding, check_coded, table_name, tables_of
from .filed import Row
from .machine import BROKEN_RULES, FAULTS, Delivered, in_order
from .pairing import compared_variables, list_items

OF_WORDS = frozenset(
    {"quote-found", "quote-differs", "quote-elsewhere", "quote-paragraph", "quote-several"}
)
"""The findings about the words of a quote, or about where they are said to be."""
OF_CELLS = frozenset({"unknown-codes", "unknown-ids", "wrong-form", "wrong-claims"})
"""The kinds of faults that are about the value of one cell."""
UNQUOTED = "value-without-evidence"
JSON = ".json"
REPEATED = frozenset({"primary-key", "unique"})
OF_LISTED = frozenset({"variable-of-no-row", "evidence-without-value"})
"""The findings about one of the variables that a quote is said to carry."""
LEFT_IN_KEYS = frozenset({"pattern", "max-length", "retired-id"})
"""The findings about ids that name their row all the same; what points to them is not lost."""
LEFT = frozenset({BROKEN_RULES, "unread-paragraphs"})
"""The kinds of which no cell is known to be the wrong one."""


@dataclass(frozen=True)
class WithoutFaults:
    """What is left of a coding after its faults were taken out, and how many errors it still has."""

    checked: CheckedCoding
    incomplete: int


FORM = frozenset({"coding-form", "coding-name"})
"""The findings about a coding as JSON: what has another form is in no table."""
OF_FILES = frozenset({None, CODEBOOK, DOCUMENT})
"""The places of such findings that are about a whole file, and not about a value in it."""


def kind_of_fault(book: Book, finding: Finding) -> str | None:
    """Return the kind of fault that a finding is; None if it is about a file and not what is coded."""
    if finding.rule == "quote-found" and finding.nearest:
        # The document has the words, elsewhere.
        return FAULTS["quote-elsewhere"]
    if finding.rule in FAULTS:
        return FAULTS[finding.rule]
    rule = next((rule for rule in book.rules if rule.id == finding.rule), None)
    if rule is None:
        return None
    # A rule on text is about one cell.
    return FAULTS["pattern"] if rule.on_text else BROKEN_RULES


def not_of_the_coding(book: Book, report: Report) -> list[Finding]:
    """Return the errors that nothing can be taken out for: of files, headers and documents."""
    return [
        finding
        for finding in _errors(report)
        if kind_of_fault(book, finding) is None
        or (finding.rule in FORM and finding.column in OF_FILES)
    ]


def delivered_in(checked: CheckedCoding, book: Book, root: Path) -> Delivered:
    """Count what a coding has and what is wrong with it, as it was delivered.

    Args:
        checked: the coding, as it was checked when it was read.
        book: the codebook.
        root: the package that is coded for.
    """
    numbered = [_numbered(source) for source in checked.typed.values()]
    tables = {table_name(source): source for source in numbered}
    # The same findings once more, with the tables and lines of these rows.
    again = check_coded(numbered, book, root).report if numbered else checked.report
    faults = _counted(book, _errors(checked.report))
    faults[FAULTS[UNQUOTED]] = _unquoted(book, _errors(again), tables)
    return Delivered(
        sum(map(len, _judged(book, tables))),
        sum(1 for _ in _quoted(book, tables)),
        in_order(faults),
    )


def _errors(report: Report) -> list[Finding]:
    return [f for f in report if f.severity == Severity.error]


def _judged(book: Book, tables: Mapping[str, Source]) -> Iterator[list[str]]:
    """Yield the judged variables that have a value, for each row about a document."""
    for table in tables_of(book):
        if table in (book.documents, book.typed_quotes) or not book.document_key(table):
            continue
        names = [v.name for v in compared_variables(book, table)]
        for row in _rows(tables.get(table.name)):
            yield [name for name in names if row.get(name)]


def _quoted(book: Book, tables: Mapping[str, Source]) -> Iterator[str]:
    """Yield the words that were quoted, also those of paragraphs that were passed over."""
    columns = [(book.typed_quotes, book.evidence.quote.words)]
    passages = book.tables.get(book.evidence.passages)
    columns.append((passages, book.evidence.passage.words))
    for table, column in columns:
        if table is not None and column:
            yield from (w for row in _rows(tables.get(table.name)) if (w := row.get(column)))


def _rows(source: Source | None) -> list[Row]:
    return [] if source is None or source.frame is None else source.frame.to_dicts()


def _counted(book: Book, errors: Iterable[Finding]) -> Counter[str]:
    """Return how often there is each kind of fault; what several findings say of a cell is one.

    Values without quotes are not among them.
    """
    counts: Counter[str] = Counter()
    derived = {v.name for t in book.tables.values() for v in t.variables if v.derived}
    seen: set[tuple[str | int | None, ...]] = set()
    for finding in errors:
        kind = kind_of_fault(book, finding)
        if kind is None or finding.rule == UNQUOTED:
            continue
        name = (finding.column or "").rpartition(".")[2]
        if kind in OF_CELLS and (finding.value is None or name in derived):
            # It was computed from another one, where the fault is.
            continue
        # An unknown id has often not the form of an id, either.
        what = "value" if kind in OF_CELLS else kind
        cell = what, finding.file, finding.line, finding.column
        if finding.rule in OF_WORDS:
            # A quote that carries several values is found once for each; as JSON at several places.
            line = None if finding.file.endswith(JSON) else finding.line
            cell = kind, finding.file, line, finding.value
        repeated = finding.column is None or finding.rule in OF_LISTED
        counts[kind] += repeated or cell not in seen
        seen.add(cell)
    return counts


def _unquoted(book: Book, errors: Iterable[Finding], tables: Mapping[str, Source]) -> int:
    """Return how many values have no quote: those of a row for which there is none are all.

    What is said of documents themselves is the package's.
    """
    number = 0
    for finding in errors:
        name = Path(finding.file).stem
        if finding.rule != UNQUOTED or name == book.evidence.documents:
            continue
        if finding.column != _targets(book).get(name):
            number += 1
            continue
        needing = [v.name for v in book.tables[name].variables if v.evidence]
        rows = [row for row in _rows(tables.get(name)) if row[LINE] == finding.line]
        number += sum(1 for row in rows for column in needing if row.get(column))
    return number


def _targets(book: Book) -> dict[str, str]:
    """Return the tables whose values quotes carry, each with the column that names its rows."""
    return {key.table: key.target for key in book.evidence.owners}


def without_faults(checked: CheckedCoding, book: Book, root: Path) -> WithoutFaults:
    """Take what is wrong out of a coding, and check what is left; what that breaks goes, too.

    Args:
        checked: the coding, as it was checked when it was read.
        book: the codebook.
        root: the package that is coded for.
    """
    current = [_numbered(source) for source in checked.typed.values()]
    while True:
        checked = check_coded(current, book, root)
        errors = _errors(checked.report)
        taking = _Taking(book, {table_name(s): _by_line(s) for s in current}, checked)
        for finding in errors:
            taking.take_out(finding)
        if not taking.changed:
            return WithoutFaults(checked, len(errors))
        current = [_numbered(taking.source(source)) for source in current]


def _numbered(source: Source) -> Source:
    """Return a table whose rows have lines of their own, also where several share one in a file."""
    if source.frame is None:
        return source
    lines = pl.int_range(2, source.frame.height + 2, dtype=pl.Int64, eager=True).alias(LINE)
    frame = source.frame.with_columns(lines)
    return replace(source, file=f"{table_name(source)}.csv", frame=frame, sheet="")


def _by_line(source: Source) -> dict[int, list[Row]]:
    if source.frame is None:
        return {}
    rows = source.frame.drop(LINE).to_dicts()
    return {line: [row] for line, row in zip(source.frame[LINE], rows, strict=True)}


@dataclass
class _Taking:
    """The rows of a coding by table and line, while what is wrong is taken out of them.

    A line has no row any more if that was dropped, and several if its quote was divided.
    """

    book: Book
    rows: dict[str, dict[int, list[Row]]]
    checked: CheckedCoding
    changed: bool = False
    first: dict[tuple[str, str], set[str]] = field(default_factory=dict[tuple[str, str], set[str]])

    def source(self, source: Source) -> Source:
        """Return a table with the rows that are left."""
        if source.frame is None:
            return source
        left = [row for rows in self.rows[table_name(source)].values() for row in rows]
        names = [name for name in source.frame.columns if name != LINE]
        frame = pl.DataFrame(
            {name: [row.get(name) for row in left] for name in names},
            schema=dict.fromkeys(names, pl.String),
        )
        return replace(source, frame=frame)

    def take_out(self, finding: Finding) -> None:
        """Take out what a finding is about, if it is known which cell or row that is."""
        name, line, column = Path(finding.file).stem, finding.line, finding.column
        table = self.book.tables.get(name)
        rows = self.rows.get(name, {}).get(line or 0, [])
        # Documents are the package's, and a row that was changed in this round is checked anew.
        if table is None or table is self.book.documents or len(rows) != 1 or line is None:
            return
        if finding.rule in OF_WORDS:
            self._words(table, line)
        elif table.roles.passage and finding.rule == "paragraph-accounted":
            self._drop(table, line)
        elif kind_of_fault(self.book, finding) in LEFT or column is None or column not in table:
            return
        elif finding.rule in REPEATED:
            self._repeated(table, line, column, finding)
        elif finding.rule == "required":
            self._missing(table, line, column)
        elif finding.rule == UNQUOTED:
            self._without_quotes(table, line, column)
        elif table is self.book.typed_quotes:
            self._of_quote(table, line, column, finding)
        else:
            self._value(table, line, column, finding)

    def _set(self, table: Table, line: int, column: str, cell: str | None) -> None:
        row = self.rows[table.name][line][0]
        if (row.get(column) or None) != cell:
            row[column] = cell
            self.changed = True

    def _drop(self, table: Table, line: int) -> None:
        self.rows[table.name][line] = []
        self.changed = True

    def _words(self, table: Table, line: int) -> None:
        """Take out where a quote is said to be, or the quote if nothing is said of that."""
        row = self.rows[table.name][line][0]
        places = filled_columns(self.book.evidence.quote).values()
        typed = [name for name in places if row.get(name)] if table.roles.passage is None else []
        for name in typed:
            self._set(table, line, name, None)
        if not typed:
            self._drop(table, line)

    def _repeated(self, table: Table, line: int, column: str, finding: Finding) -> None:
        """Take out all but the first of the rows with one key, or of the cells with one value."""
        row = self.rows[table.name][line][0]
        names = table.primary_key if finding.rule == "primary-key" else (column,)
        cells = repr([row.get(name) for name in names])
        seen = self.first.setdefault((table.name, finding.rule), set())
        if cells not in seen:
            seen.add(cells)
        elif finding.rule == "primary-key" or column in table.primary_key:
            self._drop(table, line)
        else:
            self._set(table, line, column, None)

    def _missing(self, table: Table, line: int, column: str) -> None:
        """Drop a row that nothing names, or a quote without words; other gaps are left."""
        words = self.book.evidence.quote.words if table is self.book.typed_quotes else ""
        if column in (*table.primary_key, self.book.document_key(table), words):
            self._drop(table, line)

    def _without_quotes(self, table: Table, line: int, column: str) -> None:
        """Empty a value that no quote carries; all values, if no quote is for the row."""
        of_row = column == _targets(self.book)[table.name]
        names = [v.name for v in table.variables if v.evidence] if of_row else [column]
        for name in (n for n in names if n not in table.primary_key):
            self._set(table, line, name, None)

    def _of_quote(self, table: Table, line: int, column: str, finding: Finding) -> None:
        """Take out of a quote whose it is, or what it carries; without these nobody has it."""
        row = self.rows[table.name][line][0]
        owners = [name for name in self.book.typed_owners if row.get(name)]
        derived = self.book.quotes.derived if self.book.quotes else None
        listed = {part.column for part in derived.unnest} if derived else set[str]()
        listed = listed or {self.book.evidence.quote.variable}
        if column in listed and self._divided(table, line, owners):
            return
        if column in listed:
            wrong = self._idle(table, row, owners, column, finding)
        elif column in self.book.typed_owners:
            wrong = self._unknown(table, row, column, finding)
        else:
            self._value(table, line, column, finding)
            return
        items = list_items(row.get(column), table[column].separator)
        left = [item for item in items if item not in wrong]
        others = [name for name in owners if name != column]
        if left or (others and column not in listed):
            self._set(table, line, column, table[column].separator.join(left) or None)
        else:
            self._drop(table, line)

    def _divided(self, table: Table, line: int, owners: Sequence[str]) -> bool:
        """Divide a quote for several rows into one for each; whether it was for several."""
        row = self.rows[table.name][line][0]
        items = [
            (name, item)
            for name in owners
            for item in list_items(row.get(name), table[name].separator)
        ]
        if len(items) < 2:
            return False
        nobody: Row = dict.fromkeys(owners)
        self.rows[table.name][line] = [{**row, **nobody, name: item} for name, item in items]
        self.changed = True
        return True

    def _idle(
        self, table: Table, row: Row, owners: Iterable[str], column: str, finding: Finding
    ) -> set[str]:
        """Return the variables that a quote is said to carry and does not."""
        items = set(list_items(row.get(column), table[column].separator))
        if finding.rule == "evidence-without-value":
            # A list that is left empty means what is coded: then the quote is for nothing.
            return {finding.value or ""} if items else set()
        tables = {key.table for name in owners if (key := table.key_of(name))}
        tables = tables or {self.book.evidence.documents}
        taken = {v.name for name in tables for v in self.book.tables[name].variables if v.evidence}
        return items - taken

    def _unknown(self, table: Table, row: Row, column: str, finding: Finding) -> set[str]:
        """Return the items of a cell that are no codes of its list, or no ids of its table."""
        variable = table[column]
        items = set(list_items(row.get(column), variable.separator))
        known: set[str] = set()
        if finding.rule == "code" and (codes := self.book.code_list(variable)):
            known = {str(value) for value in codes.values}
        elif finding.rule == "foreign-key" and (key := table.key_of(column)):
            frame = self.checked.complete.get(key.table)
            known = set() if frame is None else set(frame[key.target].drop_nulls())
        return items - known

    def _value(self, table: Table, line: int, column: str, finding: Finding) -> None:
        """Empty a value, or take the wrong items out of a list; drop the row if it is its key."""
        if column in table.primary_key and finding.rule in LEFT_IN_KEYS:
            return
        if column in (*table.primary_key, self.book.document_key(table)):
            self._drop(table, line)
            return
        row, separator = self.rows[table.name][line][0], table[column].separator
        wrong = self._unknown(table, row, column, finding) if separator else set[str]()
        items = list_items(row.get(column), separator)
        left = [item for item in items if item not in wrong] if wrong else []
        self._set(table, line, column, separator.join(left) or None)
