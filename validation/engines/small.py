"""The check: from sources as read to a report, and to the typed, derived tables.

The runner adds to each violation what a person needs: file, line, column, row id, the value as
written, what is allowed and what is nearest. The checks themselves know only expressions.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from ...codebook import Book, Table
from .. import findings
from ..checks import derived, keys, rules
from ..checks.check import Check, Tables
from ..checks.constraints import constraint_checks
from ..evidence import check as evidence
from ..findings import Finding, Report
from ..reading import layouts
from ..reading.parsing import parse
from ..reading.source import LINE, Source

KEPT_VALUE = 200
"""Characters of a value that a finding shows at most."""


@dataclass
class Checked:
    """A report, and the tables as they are after parsing and derivation."""

    report: Report
    tables: dict[str, pl.DataFrame]


def check_sources(
    book: Book,
    sources: Mapping[str, Source],
    root: Path | None = None,
    before: Sequence[Finding] = (),
) -> Checked:
    """Check tables of one book against it and against each other.

    Args:
        book: the codebook.
        sources: the tables as read, by their name in the book.
        root: the package folder that holds the documents; evidence is checked if it is given.
        before: what was found already.
    """
    begin = time.perf_counter()
    found = [findings.table(list(before))]
    coded, lost, unchecked = {}, {}, []
    for name, source in sources.items():
        found.append(findings.table(source.findings))
        if source.frame is None:
            unchecked.append(f"{name}: {source.file} could not be read")
            continue
        layouts.fold(book.tables[name], source)
        found.append(findings.table(layouts.header_findings(book.tables[name], source)))
        coded[name], lost[name] = parse(source, book.tables[name], book)
        found += [
            unparsable(book, book.tables[name], source, column, mask)
            for column, mask in lost[name].items()
        ]
    tables = {
        name: derived.derive_columns(book, book.tables[name], frame, coded)
        for name, frame in coded.items()
    }
    for name, frame in tables.items():
        table = book.tables[name]
        read = set(sources[name].columns)
        checks, skipped = table_checks(book, table, frame, tables, read)
        unchecked += skipped
        found.append(
            violations(table, frame.with_columns(masks(checks)), checks, sources[name], lost[name])
        )
    if root is not None and evidence.has_evidence(tables):
        files = {name: source.file for name, source in sources.items()}
        unreadable = frozenset(
            (name, line, column)
            for name, masks in lost.items()
            for column, mask in masks.items()
            for line in coded[name][LINE].filter(mask)
        )
        check = evidence.EvidenceCheck(book, tables, root, files, unreadable)
        found.append(findings.table(check.findings()))
    rows = {name: frame.height for name, frame in tables.items()}
    seconds = time.perf_counter() - begin
    files = tuple(
        layouts.table_file(book, book.tables[name], source)
        for name, source in sources.items()
        if source.frame is not None
    )
    report = Report(book, findings.merge(found), rows, seconds, tuple(unchecked), files=files)
    return Checked(report, tables)


def table_checks(
    book: Book, table: Table, frame: pl.DataFrame, tables: Tables, read: set[str]
) -> tuple[list[Check], list[str]]:
    """All checks of a table that its columns allow, and what could not be checked."""
    names = [v.name for v in table.variables if v.name in frame.columns]
    checks = constraint_checks(book, table, names)
    # A derived value that is missing because its inputs are is no finding of its own.
    checks = [c for c in checks if c.id != "required" or c.column in read]
    checks += rules.text_checks(book, table, [n for n in names if n in read])
    key_checks, unchecked = keys.key_checks(table, tables)
    checks += key_checks
    for check in rules.rule_checks(book, table):
        absent = sorted(check.needs - set(frame.columns))
        if absent and set(absent) <= table.omittable:
            continue
        if absent:
            unchecked.append(f"{check.id}: needs {', '.join(absent)}")
        else:
            checks.append(check)
    return [c for c in checks if c.needs <= set(frame.columns)], unchecked


def masks(checks: Sequence[Check]) -> list[pl.Expr]:
    """Of each check the rows that violate it, as a column that is named by the check's position."""
    return [check.violates.fill_null(False).alias(_mask(n)) for n, check in enumerate(checks)]


def _mask(number: int) -> str:
    return f"__check {number}"


def violations(
    table: Table,
    frame: pl.DataFrame,
    checks: Sequence[Check],
    source: Source,
    lost: Mapping[str, pl.Series],
) -> pl.DataFrame:
    """The findings of checks on a typed frame that has their masks; its rows are the source's."""
    if not checks:
        return findings.NONE
    hit = frame.select(pl.col(_mask(number)).any() for number in range(len(checks))).row(0)
    broken = {number: frame[_mask(number)] for number, any_ in enumerate(hit) if any_}
    # A cell that cannot be read, or is no code of its list, is one finding: what else would
    # follow from it is not told.
    unreadable = dict(lost)
    for number, mask in broken.items():
        if checks[number].id == "code":
            before = unreadable.get(checks[number].column, mask)
            unreadable[checks[number].column] = before | mask
    found = []
    for number, mask in broken.items():
        check = checks[number]
        told = lost if check.id == "code" else unreadable
        for name in check.needs & set(told):
            mask = mask & ~told[name]
        if mask.any():
            found.append(rows_found(table, frame, check, source, mask))
    return findings.joined(found)


def rows_found(
    table: Table, frame: pl.DataFrame, check: Check, source: Source, mask: pl.Series
) -> pl.DataFrame:
    """The findings of one check: the rows of its mask, with all that a person needs."""
    assert source.frame is not None
    as_written = source.frame if check.column in source.frame.columns else frame
    values = as_written[check.column].filter(mask).cast(pl.String)
    nearest = _nearest(values, check.codes)
    others = sorted(check.needs)
    message = pl.lit(check.says)
    if len(others) > 1:
        shown = [
            pl.format("{} {}", pl.lit(n), pl.col(n).cast(pl.String).fill_null("(empty)"))
            for n in others
        ]
        message = pl.format(
            "{} Here: {}.", pl.lit(check.says), pl.concat_str(shown, separator=", ")
        )
    key = table.primary_key[0] if table.primary_key else ""
    columns = {
        "rule": pl.lit(check.id),
        "severity": pl.lit(check.severity),
        "file": pl.lit(source.file),
        "line": pl.col(LINE),
        "column": pl.lit(check.column),
        "row_id": pl.col(key).cast(pl.String) if key in frame.columns else pl.lit(None, pl.String),
        "value": pl.lit(values.str.slice(0, KEPT_VALUE)),
        "message": message,
        "allowed": pl.lit(check.allowed or None, pl.String),
        "nearest": pl.lit(nearest),
    }
    read = {name for told in columns.values() for name in told.meta.root_names()}
    # Formatting panics in polars 2.1 where the chunks of the columns do not lie alike.
    rows = frame.select(sorted(read)).filter(mask).rechunk()
    return rows.select(e.alias(n) for n, e in columns.items())


def _nearest(values: pl.Series, codes: tuple[str | int, ...]) -> pl.Series:
    """For each value the nearest allowed one, if one is near."""
    from rapidfuzz import fuzz, process, utils

    best: dict[str, str | None] = {}
    if codes:
        choices = [str(code) for code in codes]
        for value in values.drop_nulls().unique().head(1000):
            hit = process.extractOne(
                value, choices, scorer=fuzz.ratio, processor=utils.default_process, score_cutoff=60
            )
            best[value] = hit[0] if hit else None
    return pl.Series([best.get(v) for v in values], dtype=pl.String)


def unparsable(
    book: Book, table: Table, source: Source, column: str, mask: pl.Series
) -> pl.DataFrame:
    """The findings about cells that are no value of their variable's type."""
    from ..reading.parsing import FORMS

    assert source.frame is not None
    variable = table[column]
    codes = book.code_list(variable)
    if variable.labels and codes is not None:
        labels = tuple(code.label for code in codes.codes)
        says, shown = f"Not a code or label of the list {codes.name}.", ", ".join(labels[:12])
        check = Check("code", "error", column, pl.lit(True), says, frozenset(), shown, labels)
    else:
        says, shown = f"Not a value of type {variable.type}.", FORMS[variable.type]
        check = Check("type", "error", column, pl.lit(True), says, frozenset(), shown)
    return rows_found(table, source.frame, check, source, mask)
