"""Whether the hand-coded tables are what the codings and the decisions between them give."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from ...codebook import Book
from ..evidence.documents import read_documents
from ..findings import Finding
from ..reading.source import LINE, Source
from .adjudication import Case, Tables, build, open_case, table_of, undecided
from .filed import ADJUDICATION, Coding, Row, load_coding
from .pairing import id_of


def pairs_of(decisions: Iterable[Row]) -> list[tuple[str, str]]:
    """The pairs of coders between whom something is decided, in the order of the file."""
    found = [(r.get("first_coder") or "", r.get("second_coder") or "") for r in decisions]
    return list(dict.fromkeys(pair for pair in found if all(pair)))


def taken(book: Book, seeds: Tables, documents: Iterable[str]) -> dict[str, set[str]]:
    """For each table the ids that rows of other documents, and retired events, use."""
    own = set(documents)
    found: dict[str, set[str]] = {}
    for table in book.tables.values():
        if table.derived or "document_id" not in table:
            continue
        rows = [r for r in seeds.get(table.name, []) if r.get("document_id") not in own]
        found[table.name] = {id_of(table, row) for row in rows}
        for key in table.foreign_keys:
            if key.absent:
                found[table.name] |= {r.get(key.target) or "" for r in seeds.get(key.table, [])}
    return found


def case_of(book: Book, first: Coding, second: Coding, decisions: list[Row], seeds: Tables) -> Case:
    """Two codings with their units as decided; what nothing is decided about is left unpaired."""
    documents = set(first.documents) & set(second.documents)
    return open_case(book, first, second, decisions, None, taken(book, seeds, documents))


def untraced(
    root: Path, book: Book, sources: Mapping[str, Source], decisions: Source
) -> list[Finding]:
    """What is not decided yet, and rows that differ from what codings and decisions give.

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
    said = decisions.frame.drop(LINE).to_dicts()
    seeds = {
        name: source.frame.drop(LINE).to_dicts()
        for name, source in sources.items()
        if source.frame is not None
    }
    found: list[Finding] = []
    for one, other in pairs_of(said):
        first, second = load_coding(root, book, one), load_coding(root, book, other)
        case = case_of(book, first, second, said, seeds)
        if missing := undecided(table_of(case)):
            message = (
                f"{len(missing)} decisions between {one} and {other} are open: "
                f"run eventbook adjudicate {one} {other}."
            )
            found.append(_finding("adjudication-open", decisions.file, None, None, None, message))
            continue
        texts = read_documents(root, sources["documents"])
        final = build(case, seeds, texts)
        found += _differences(book, case, seeds, final, sources)
    return found


def _differences(
    book: Book, case: Case, seeds: Tables, final: Tables, sources: Mapping[str, Source]
) -> list[Finding]:
    found = []
    again = f"Decide it in {{}}, or correct it, and run eventbook adjudicate {case.first.coder} {case.second.coder}."
    for name, rows in final.items():
        table = book.tables[name]
        columns = [v.name for v in table.coded]
        typed = all(table[k].derived is None for k in table.primary_key)
        key = (
            (lambda r, t=table: id_of(t, r))
            if typed
            else (lambda r, c=columns: str([r.get(n) for n in c]))
        )
        lines = _lines(sources[name], key)
        there, wanted = {key(r): r for r in seeds.get(name, [])}, {key(r): r for r in rows}
        file = sources[name].file
        mend = again.format(ADJUDICATION)
        for i in [i for i in there if i not in wanted]:
            message = f"The row is in neither coding, or was dropped. {mend}"
            found.append(_finding("adjudication-stale", file, lines.get(i), None, i[:80], message))
        for i in [i for i in wanted if i not in there]:
            message = (
                f"The row {i[:80]} follows from the codings and decisions and is not there. {mend}"
            )
            found.append(_finding("adjudication-stale", file, None, None, i[:80], message))
        for i in [i for i in wanted if i in there]:
            for column in columns:
                old, new = there[i].get(column), wanted[i].get(column)
                if old != new:
                    message = f"The codings and decisions give {new!r}. {mend}"
                    found.append(
                        _finding(
                            "adjudication-stale", file, lines.get(i), column, i[:80], message, old
                        )
                    )
    return found


def _lines(source: Source, key) -> dict[str, int]:
    return {
        key(row): row[LINE] for row in (source.frame.to_dicts() if source.frame is not None else ())
    }


def _finding(
    rule: str,
    file: str,
    line: int | None,
    column: str | None,
    row: str | None,
    message: str,
    value: str | None = None,
) -> Finding:
    return Finding(rule, "error", file, line, column, row, value, message)
