"""Cells that are written in a way that the check does not take, and what they certainly mean.

Capitals and blanks of codes and ids, days in another form, numbers with separators of thousands,
quotation marks and dashes of quotes. What could mean two things is left to the coder.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import polars as pl

from ...codebook import Book, Table, Variable
from ...codebook.nearest import folded_word, same_word
from ..evidence import quotes
from ..evidence.documents import Document, read_documents
from ..findings import Fix, Report
from ..reading import dates
from ..reading.source import LINE, Source
from .choices import spellings
from .typed_rows import Row, with_documents

THOUSANDS = re.compile(r"[+-]?\d{1,3}(?:([ \u00a0\u2009\u202f'’,])\d{3})(?:\1\d{3})*")
"""A whole number with a sign between its thousands, the same everywhere."""


@dataclass(frozen=True)
class _Tables:
    """A coder's tables as typed, and the documents that they are about.

    `rows` are the rows by their lines; `complete` the same with the document of each, where it
    follows from others.
    """

    book: Book
    sources: Mapping[str, Source]
    rows: Mapping[str, Mapping[int, Row]]
    complete: Mapping[str, Mapping[int, Row]]
    texts: Mapping[str, Document]
    known: dict[tuple[str, str], dict[str, str]] = field(
        default_factory=dict[tuple[str, str], dict[str, str]]
    )

    def spellings(self, table: Table, variable: Variable) -> dict[str, str]:
        """Return how the values of a variable with codes or a key may be written."""
        place = table.name, variable.name
        if place not in self.known:
            found = _labels(self.book, variable)
            found |= spellings(self.book, table, variable, self.sources)
            # An id with a blank at its end is a cell to fix, and no meaning of another.
            self.known[place] = {text: value.strip() for text, value in found.items()}
        return self.known[place]


def _labels(book: Book, variable: Variable) -> dict[str, str]:
    """Return the codes of a variable by their labels, as far as a label is that of one code."""
    codes = book.code_list(variable)
    labels = [folded_word(code.label) for code in codes.codes] if codes else []
    return {
        code.label: str(code.code)
        for code in (codes.codes if codes else ())
        if labels.count(folded_word(code.label)) == 1
    }


def certain_fixes(
    book: Book, sources: Mapping[str, Source], report: Report, root: Path | None = None
) -> Iterator[Fix]:
    """Yield what cells with findings certainly mean.

    Args:
        book: the codebook.
        sources: the tables as they were typed, by their names.
        report: what is wrong with them.
        root: the package that has the documents; None if it is not known.
    """
    names = {s.file: n for n, s in sources.items() if s.frame is not None}
    cells = {
        (names[f.file], f.line, f.column): f.row_id
        for f in report
        if f.file in names and f.line is not None and f.column
    }
    if not cells:
        return
    tables = _opened(book, sources, root)
    for (name, line, column), row_id in cells.items():
        table, old = book.tables[name], tables.rows[name].get(line, {}).get(column)
        if column not in table or not old:
            continue
        new = _meant(tables, table, table[column], tables.complete[name][line])
        if new and new != old and not _is_taken(table, column, new, sources[name]):
            yield Fix(sources[name].file, line, column, row_id, old, new)


def _opened(book: Book, sources: Mapping[str, Source], root: Path | None) -> _Tables:
    filled = with_documents(book, sources)
    texts = {} if root is None else read_documents(root, book, filled.get(book.evidence.documents))
    return _Tables(book, sources, _by_line(sources), _by_line(filled), texts)


def _by_line(sources: Mapping[str, Source]) -> dict[str, dict[int, Row]]:
    return {
        name: {row[LINE]: row for row in source.frame.iter_rows(named=True)}
        for name, source in sources.items()
        if source.frame is not None
    }


def _is_taken(table: Table, column: str, new: str, source: Source) -> bool:
    """Return whether a new value would be that of another row, where it may occur once."""
    once = table[column].unique or table.primary_key == (column,)
    return once and source.frame is not None and new in source.frame[column]


def _meant(tables: _Tables, table: Table, variable: Variable, row: Row) -> str | None:
    """Return what a cell certainly means, as the check takes it; None if nobody can know."""
    cell = row[variable.name] or ""
    if (words := _words(tables, table, variable, row)) is not None:
        return words
    sign = variable.separator
    if not sign:
        return _one(tables, table, variable, cell.strip())
    parts = (part.strip() for part in cell.split(sign.strip() or sign))
    return sign.join(_one(tables, table, variable, part) for part in parts if part)


def _one(tables: _Tables, table: Table, variable: Variable, text: str) -> str:
    """Return what one value certainly means; the value itself if that is not known."""
    if known := tables.spellings(table, variable):
        return same_word(text, known) or text
    if variable.type == "date":
        return dates.day_meant(variable, text) or text
    if variable.type in ("integer", "number"):
        return _number(text, whole=variable.type == "integer")
    return text


def _number(text: str, whole: bool) -> str:
    """Return a number without separators of thousands, if they are nothing else."""
    match = THOUSANDS.fullmatch(text)
    if match is None:
        return text
    sign = match[1]
    # 1,200 may be a little more than one, unless it is a whole number.
    if sign == "," and not whole and text.count(sign) == 1:
        return text
    return text.replace(sign, "")


def _words(tables: _Tables, table: Table, variable: Variable, row: Row) -> str | None:
    """Return the words of the document that a quotation certainly is; None for other cells."""
    evidence, cell = tables.book.evidence, row[variable.name] or ""
    if table is tables.book.typed_quotes and variable.name == evidence.quote.words:
        document, filled = evidence.quote.document, quotes.filled_columns(evidence.quote)
    elif table is tables.book.passages and variable.name == evidence.passage.words:
        document, filled = evidence.passage.document, {"paragraph": evidence.passage.paragraph}
    elif variable.words_for:
        document, filled = tables.book.document_key(table), dict[str, str]()
    else:
        return None
    text = tables.texts.get(row.get(document) or "")
    if text is None:
        return cell.strip()
    return _exact_words(text, cell, {part: row.get(name) for part, name in filled.items()})


def _exact_words(text: Document, typed: str, place: Mapping[str, str | None]) -> str:
    """Return the words of a document that differ from typed ones in signs, blanks and capitals only.

    Args:
        text: the document.
        typed: the words as typed.
        place: where they are, by the names of the parts of a `Span`, as far as the coder says it.
    """
    spans = [
        span
        for span in (*quotes.exact(text, typed.strip()), *quotes.alike(text, typed))
        if all(not cell or cell == str(getattr(span, part)) for part, cell in place.items())
    ]
    found = {text.text[span.start : span.end] for span in spans}
    if typed.strip() in found:
        return typed.strip()
    return found.pop() if len(found) == 1 else typed


def with_fixes(sources: Iterable[Source], fixes: Iterable[Fix]) -> list[Source]:
    """Return tables in which cells have what they certainly mean."""
    by_file: dict[str, dict[str, dict[int, str]]] = {}
    for fix in fixes:
        by_file.setdefault(fix.file, {}).setdefault(fix.column, {})[fix.line] = fix.new
    return [_fixed(source, by_file.get(source.file, {})) for source in sources]


def _fixed(source: Source, columns: Mapping[str, Mapping[int, str]]) -> Source:
    frame = source.frame
    if frame is None:
        return source
    cells = [
        pl.Series(
            name,
            [new.get(line, old) for line, old in frame.select(LINE, name).iter_rows()],
            dtype=pl.String,
        )
        for name, new in columns.items()
    ]
    return replace(source, frame=frame.with_columns(cells))
