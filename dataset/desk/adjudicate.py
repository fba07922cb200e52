"""The adjudicator's work: what is to decide, the decisions read back, the final tables built."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from ...validation.coding.adjudication import build, open_case, table_of, undecided
from ...validation.coding.filed import (
    ADJUDICATION,
    Row,
    adjudication_book,
    decisions_of,
    load_coding,
)
from ...validation.coding.pairing import DOCUMENTS, free
from ...validation.coding.traced import taken
from ...validation.engines.small import check_sources
from ...validation.errors import InputError
from ...validation.evidence.documents import read_documents
from ...validation.files.atomic import replace_all, report_os_errors, staging_folder
from ...validation.findings import Report
from ...validation.package.package import TABLES, Package, writing_verb
from ...validation.reading.read import read_all
from ...validation.reading.source import LINE, Source
from ..agreement.unit_matching import match
from .table_files import canonical, frame_of, to_bytes
from .workbook import Contents, write_workbook

DECISIONS = "decisions"
KEY = ("first_coder", "second_coder", "unit", "first_id", "second_id", "variable")
READ_ME = (
    "Each row of the sheet decisions is one thing to decide; its definitions stand at the headings.",
    "A row without a variable is about a whole event, claim, actor or place: are the two rows one "
    "or apart; is what only one coder has kept or dropped?",
    "A row with a variable is about one value: the first coder's, the second's, or another, which "
    "then stands in value, with the words for it in quote.",
    "Give the reason, who decided, and the day as 2026-11-24.",
    "When done: eventbook adjudicate FIRST SECOND --from FILE.xlsx",
)


@dataclass(frozen=True)
class Adjudicated:
    """What adjudicating gives: all decisions, those that are open, the tables that changed.

    `report` tells what is wrong with the decisions; nothing is written then.
    """

    report: Report
    rows: tuple[Row, ...]
    open: tuple[Row, ...]
    changed: tuple[str, ...] = ()


@writing_verb
def adjudicate(
    package: Package,
    first: str,
    second: str,
    given: list[Row] | None = None,
    by: str | None = None,
    today: date | None = None,
) -> Adjudicated:
    """Bring the table of decisions up to date and, where nothing is open, build the final tables.

    Args:
        package: the package.
        first: the coder whose rows stand where both agree.
        second: the other coder.
        given: decisions from a workbook; those of the package's file if left out.
        by: signs, with today's day, every decision that nobody signed.
        today: the day of signing.

    Raises:
        InputError: a coder filed nothing, they have no document in common, or a file cannot be
            read or written.
    """
    if first == second:
        raise InputError(f"{first}: nobody disagrees with themselves; name two coders")
    book = package.book
    rules = adjudication_book()
    one, other = load_coding(package.root, book, first), load_coding(package.root, book, second)
    said = given if given is not None else _said(package)
    sources = package.sources()
    seeds = {n: s.frame.drop(LINE).to_dicts() for n, s in sources.items() if s.frame is not None}
    used = taken(book, seeds, set(one.documents) & set(other.documents))
    case = open_case(book, one, other, said, match, used)
    rows = _numbered(said, table_of(case), (first, second))
    if by is not None:
        day = (today or date.today()).isoformat()
        for row in rows:
            if row.get("decision") and not row.get("decided_by"):
                row |= {"decided_by": by, "decided_on": day}
    left = tuple(
        r for r in undecided(rows) if (r["first_coder"], r["second_coder"]) == (first, second)
    )
    frame = frame_of(rules.tables[DECISIONS], rows)
    report = _report(rows)
    files = {ADJUDICATION: to_bytes(canonical(rules, rules.tables[DECISIONS], frame))}
    if report.status():
        return Adjudicated(report, tuple(rows), left)
    if not left:
        case = open_case(book, one, other, rows, None, used)
        texts = read_documents(package.root, sources[DOCUMENTS])
        for name, final in build(case, seeds, texts).items():
            table = book.tables[name]
            files[f"{TABLES}/{name}.csv"] = to_bytes(canonical(book, table, frame_of(table, final)))
    changed = {n: data for n, data in files.items() if _old(package.root / n) != data}
    if changed:
        with staging_folder(package.root) as stage:
            moves = {}
            with report_os_errors(package.root):
                for number, (name, data) in enumerate(changed.items()):
                    (stage / str(number)).write_bytes(data)
                    moves[stage / str(number)] = package.root / name
            replace_all(stage, moves)
    return Adjudicated(report, tuple(rows), left, tuple(changed))


def _old(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def _said(package: Package) -> list[Row]:
    source = decisions_of(package.root)
    if source is None:
        return []
    if source.frame is None:
        raise InputError(f"{source.file}: {source.findings[0].message}")
    return _complete(source, source.file)


def _complete(source: Source, name: str) -> list[Row]:
    """The rows of a table of decisions that has all its columns.

    Raises:
        InputError: it lacks some.
    """
    assert source.frame is not None
    table = adjudication_book().tables[DECISIONS]
    if lacking := [v.name for v in table.coded if v.name not in source.columns]:
        raise InputError(f"{name}: lacks the columns {', '.join(lacking)}")
    return source.frame.select(v.name for v in table.coded).to_dicts()


def _numbered(said: list[Row], rows: list[Row], pair: tuple[str, str]) -> list[Row]:
    """All rows of the file: the new ones of a pair of coders, those of others as they are."""
    others = [r for r in said if (r.get("first_coder"), r.get("second_coder")) != pair]
    ids = {_key(r): r.get("decision_id") for r in said}
    used = {i for i in ids.values() if i}
    numbered = [dict(r) for r in others]
    for row in rows:
        i = ids.get(_key(row)) or free("D0001", used)
        used.add(i)
        numbered.append({**row, "decision_id": i})
    return numbered


def _key(row: Mapping[str, str | None]) -> tuple[str | None, ...]:
    return tuple(row.get(name) for name in KEY)


def _report(rows: list[Row]) -> Report:
    """What is wrong with the rows that are decided; those that are open are not finished."""
    import polars as pl

    book = adjudication_book()
    open_rows = {row.get("decision_id") for row in undecided(rows)}
    done = [row for row in rows if row.get("decision_id") not in open_rows]
    frame = frame_of(book.tables[DECISIONS], done)
    lines = pl.int_range(2, len(done) + 2, dtype=pl.Int64, eager=True).alias(LINE)
    source = Source(ADJUDICATION, frame.with_columns(lines))
    return check_sources(book, {DECISIONS: source}).report


def from_workbook(path: Path) -> list[Row]:
    """The decisions in a workbook.

    Raises:
        InputError: it cannot be read, or has no sheet of decisions.
    """
    for source in read_all(path):
        if source.sheet == DECISIONS and source.frame is not None:
            return _complete(source, str(path))
    raise InputError(
        f"{path}: no sheet {DECISIONS}; make the workbook with eventbook adjudicate ... --to FILE.xlsx"
    )


def to_workbook(package: Package, rows: tuple[Row, ...], path: Path) -> None:
    """Write the decisions as a workbook, the documents' texts beside them."""
    texts = read_documents(package.root, package.sources()[DOCUMENTS])
    named = {row.get("document_id") for row in rows}
    own = {n: text for n, text in texts.items() if n in named}
    book = adjudication_book()
    write_workbook(Contents(book, {DECISIONS: [dict(r) for r in rows]}, own, "", READ_ME), path)
