"""Whether the hand-coded tables are what the codings and the decisions between them give."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ...codebook import Book, Table
from ..evidence.documents import read_documents
from ..findings import Finding
from ..reading.source import LINE, Source
from .adjudication import decision_rows, undecided
from .case import ids_elsewhere, open_case
from .filed import ADJUDICATION, Row, load_coding, rows_of
from .final_tables import final_tables
from .pairing import id_of
from .typed_rows import Rows, completed_rows, typed_rows

SHOWN = 80
"""The most characters of a row's name in a finding."""


def pairs_of_coders(decisions: Iterable[Row]) -> list[tuple[str, str]]:
    """Return the pairs of coders between whom something is decided, in the order of the file."""
    pairs = [(r.get("first_coder") or "", r.get("second_coder") or "") for r in decisions]
    return list(dict.fromkeys(pair for pair in pairs if all(pair)))


def untraced(
    root: Path, book: Book, sources: Mapping[str, Source], decisions: Source
) -> list[Finding]:
    """Return what is not decided yet, and rows that differ from what codings and decisions give.

    Args:
        root: the package.
        book: its codebook.
        sources: its hand-coded tables as read, before they are corrected.
        decisions: the adjudicator's file as read.

    Raises:
        InputError: a coding cannot be read.
    """
    if decisions.frame is None or not {"first_coder", "second_coder"} <= set(decisions.columns):
        return []
    rows = rows_of(decisions)
    findings: list[Finding] = []
    for coders in pairs_of_coders(rows):
        findings += _untraced_between(coders, rows, root, book, sources, decisions.file)
    return findings


def _untraced_between(
    coders: tuple[str, str],
    decisions: list[Row],
    root: Path,
    book: Book,
    sources: Mapping[str, Source],
    file: str,
) -> list[Finding]:
    as_typed = {n: rows_of(s) for n, s in sources.items() if s.frame is not None}
    missing, complete = _complete_tables(coders, decisions, root, book, sources, as_typed)
    run = f"run eventbook adjudicate {' '.join(coders)}"
    if missing:
        message = f"{missing} decisions between {' and '.join(coders)} are open: {run}."
        return [Finding("adjudication-open", "error", file, None, None, None, None, message)]
    final = typed_rows(book, complete)
    del complete  # it is large, and so is what is compared
    if all(_same_rows(final.get(n, ()), as_typed.get(n, ())) for n in {*final, *as_typed}):
        return []
    # Compared complete: what is left empty follows from what was decided, in both in one way.
    seeds, expected = completed_rows(book, as_typed), completed_rows(book, final)
    typed_quotes = book.typed_quotes
    advice = f"Decide it in {ADJUDICATION}, or correct it, and {run}."
    return [
        finding
        for name, rows in expected.items()
        # How people divide values among quotes is theirs; the evidence that follows is compared.
        if typed_quotes is None or typed_quotes is book.quotes or name != typed_quotes.name
        for finding in _differences(
            book.tables[name], _typed(book, sources, name), seeds.get(name, []), rows, advice
        )
    ]


def _complete_tables(
    coders: tuple[str, str],
    decisions: list[Row],
    root: Path,
    book: Book,
    sources: Mapping[str, Source],
    as_typed: Rows,
) -> tuple[int, dict[str, list[Row]]]:
    """Return how many decisions are open, and, if none is, the final tables with what is derived."""
    first, second = (load_coding(root, book, coder) for coder in coders)
    seeds = completed_rows(book, as_typed)
    taken = ids_elsewhere(book, seeds, set(first.documents) & set(second.documents))
    # Units on which nothing is decided stay unpaired, so that each is a row that is open.
    case = open_case(book, first, second, decisions, None, taken)
    if missing := undecided(decision_rows(case)):
        return len(missing), {}
    texts = read_documents(root, book, sources.get(book.evidence.documents))
    return 0, final_tables(case, seeds, texts)


def _same_rows(some: Iterable[Row], others: Iterable[Row]) -> bool:
    """Return whether two tables have the same rows, in whatever order, cell by cell."""
    counts = (
        Counter(frozenset((name, cell) for name, cell in row.items() if cell) for row in rows)
        for rows in (some, others)
    )
    return next(counts) == next(counts)


def _typed(book: Book, sources: Mapping[str, Source], name: str) -> Source:
    """Return the table into which people type what is in a table, itself or a derived one."""
    derived = book.tables[name].derived
    return sources[derived.source if derived else name]


def _differences(
    table: Table, source: Source, rows: list[Row], expected: list[Row], advice: str
) -> Iterator[Finding]:
    """Yield what differs between a table as it is and as it should be."""
    lines: list[Any] = [None] * len(rows)
    if not table.derived and source.frame is not None:
        lines = source.frame[LINE].to_list()
    numbered = [row | {LINE: line} for row, line in zip(rows, lines, strict=True)]
    current, final = dict(_keyed(table, numbered)), dict(_keyed(table, expected))
    for key, row in current.items():
        if key not in final:
            message = f"The row is in neither coding, or was dropped. {advice}"
            yield _stale(source, row[LINE], key, message)
    for key, row in final.items():
        if key not in current:
            message = f"The row {key[:SHOWN]} is missing: codings and decisions give it. {advice}"
            yield _stale(source, None, key, message)
            continue
        for variable in table.coded:
            old, new = current[key].get(variable.name), row.get(variable.name)
            if old != new:
                message = f"The codings and decisions give {new!r}. {advice}"
                yield _stale(source, current[key][LINE], key, message, variable.name, old)


def _stale(
    source: Source,
    line: int | None,
    key: str,
    message: str,
    column: str | None = None,
    value: str | None = None,
) -> Finding:
    return Finding(
        "adjudication-stale", "error", source.file, line, column, key[:SHOWN], value, message
    )


def _keyed(table: Table, rows: Iterable[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield rows with what tells them apart: the id, or all cells where nobody types an id."""
    typed = all(table[name].derived is None for name in table.primary_key)
    names = [v.name for v in table.variables if not v.derived]
    for row in rows:
        yield (id_of(table, row) if typed else str([row.get(name) for name in names])), row
