"""The check of a file of any size, in one pass: read, parse, derive, check, write, batch by batch.

The compiled checks are those of the small case, on batches; what needs the whole table is left to
`wholes`. Two batches are worked on at once; the order of the file is kept.
"""

from __future__ import annotations

import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import polars as pl

from ...codebook import Book, Table
from .. import findings
from ..checks import derived
from ..files.atomic import atomic_file, unchanged_while_reading
from ..findings import Report
from ..reading import layouts
from ..reading.batches import ROWS, Block, Part, Progress, open_stream
from ..reading.parsing import POLARS, parse, usual_forms
from ..reading.source import Source
from . import small as checking
from .whole_table import KeyRows, WholeTable

KEPT = 1_000
"""Findings of one rule that are kept; the others are counted, and written if a file is named."""

WORKERS = 3
"""Batches that are worked on at once: two cores are busy with three, more take memory only."""


Counts = dict[tuple[str, str], int]
"""How many findings there are of a rule and severity."""


def _counts(found: pl.DataFrame) -> Counts:
    return {
        (rule, kind): n
        for rule, kind, n in found.group_by("rule", "severity", maintain_order=True).len().rows()
    }


@dataclass
class _Tally:
    """The findings as they come: the first of each rule, counts of the others, all to a file."""

    file: Any = None
    kept: list[pl.DataFrame] = field(default_factory=list)
    seen: Counts = field(default_factory=dict)
    left_out: Counts = field(default_factory=dict)

    def take(self, found: pl.DataFrame, counts: Counts | None = None) -> None:
        """Take findings in; whoever has counted them already says so."""
        if not found.height:
            return
        if self.file is not None:
            self.file.write(found.to_arrow())
        full = []
        for key, number in (_counts(found) if counts is None else counts).items():
            room = max(0, KEPT - self.seen.get(key, 0))
            self.seen[key] = self.seen.get(key, 0) + number
            if number > room:
                self.left_out[key] = self.left_out.get(key, 0) + number - room
                of_it = (pl.col("rule") == key[0]) & (pl.col("severity") == key[1])
                full.append(~of_it | (of_it.cum_sum() <= room))
        kept = found.filter(full) if full else found
        if kept.height:
            self.kept.append(kept)


@dataclass(frozen=True)
class _Done:
    """A batch that was worked on: its typed rows, what of their keys is kept, what is wrong."""

    file: str
    typed: pl.DataFrame | None
    keys: KeyRows | None
    found: pl.DataFrame
    counts: Counts


def stream(
    path: Path,
    choose: Callable[[Source], tuple[Book, Table] | None],
    out: Path | None = None,
    all_findings: Path | None = None,
    progress: Progress = lambda done: None,
) -> Report:
    """Check a file of any size.

    Args:
        path: a CSV file (also gzipped), a Parquet file, or a folder of Parquet files of one table.
        choose: says which table a header is; what it notes on the source is reported.
        out: where to write the typed rows as zstd Parquet; nothing is left there on failure.
        all_findings: where to write all findings as Parquet.
        progress: is told how many bytes were read.

    Returns:
        The report; of each rule the first `KEPT` findings, the others counted in `left_out`.

    Raises:
        InputError: the file cannot be had, or the results cannot be written.
    """
    begin = time.perf_counter()
    opened = open_stream(path, progress)
    start = opened.start
    known = choose(start) if start.frame is not None else None
    if known is None:
        return Report(None, findings.merge([findings.table(start.findings)]), {})
    book, table = known
    taken_for = replace(layouts.table_file(book, table, start), file=str(path))
    layouts.fold(table, start)
    about_header = layouts.header_findings(table, start)
    tally, rows = _Tally(), 0
    with ExitStack() as stack:
        if path.is_file():
            stack.enter_context(unchanged_while_reading(path))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="eventbook.")))
        names = [n for n in table.names if n in start.columns]
        wholes = WholeTable(book, table, names, folder)
        checker = BatchChecker(book, table, start, wholes.numbers)
        tally.file = stack.enter_context(_findings_file(all_findings)) if all_findings else None
        tally.take(findings.table(about_header))

        def work(batch: Block | Part) -> _Done:
            source = batch.read(checker.hints)
            found, typed, kept = findings.table(source.findings), None, None
            if source.frame is not None:
                whole, more = checker.check(source)
                found = findings.joined([found, more])
                typed, kept = whole[names], wholes.of(whole)
            return _Done(batch.file, typed, kept, findings.merge([found]), _counts(found))

        judge = stack.enter_context(ThreadPoolExecutor(1))
        judging: list[Future[list[pl.DataFrame]]] = []

        def typed_rows() -> Iterator[pl.DataFrame]:
            nonlocal rows
            for done in _in_order(opened.batches, work):
                tally.take(done.found, done.counts)
                if done.keys is not None:
                    wholes.add(done.keys, done.file)
                if done.typed is not None:
                    rows += done.typed.height
                    yield done.typed
            # While the last rows are written, the keys are compared.
            judging.append(judge.submit(wholes.findings))

        if out is None:
            deque(typed_rows(), maxlen=0)
        else:
            _write(book, table, names, typed_rows, stack.enter_context(atomic_file(out)))
        tally.take(findings.table(start.findings))
        for found in judging[0].result():
            tally.take(found)
    seconds = time.perf_counter() - begin
    return Report(
        book,
        findings.merge(tally.kept),
        {table.name: rows},
        seconds,
        tuple(checker.unchecked),
        tally.left_out,
        (taken_for,),
    )


def _write(
    book: Book,
    table: Table,
    names: list[str],
    typed_rows: Callable[[], Iterator[pl.DataFrame]],
    path: Path,
) -> None:
    """Write rows as they come, as zstd Parquet; polars takes them from the generator."""
    from polars.io.plugins import register_io_source

    failed: list[BaseException] = []

    def rows(*_: Any) -> Iterator[pl.DataFrame]:
        try:
            yield from typed_rows()
        except BaseException as error:  # polars would hide it behind one of its own
            failed.append(error)

    said = {
        "title": table.title,
        "description": table.description,
        "version": book.version,
        "codebook": f"{book.name} {book.version}",
    }
    plan = register_io_source(rows, schema={n: POLARS[table[n].type] for n in names})
    try:
        plan.sink_parquet(path, compression="zstd", row_group_size=ROWS, metadata=said)
    except pl.exceptions.PolarsError as error:
        if not failed:
            raise OSError(None, " ".join(str(error).split())[:200]) from error
    if failed:
        raise failed[0]


class BatchChecker:
    """The checks of a table that a row can answer for itself, compiled once, run on batches.

    `besides` are columns that are wanted with the typed ones.
    """

    def __init__(self, book: Book, table: Table, start: Source, besides: Sequence[pl.Expr] = ()):
        self.book, self.table = book, table
        self.hints: list[str] = []
        self.compiled: tuple[pl.Schema, list[pl.Expr]] | None = None
        typed = parse(start, table, book)[0]
        self.steps = derived.derivation_steps(book, table, typed.columns, {})
        empty = self._with_steps(typed)
        checks, self.unchecked = checking.table_checks(
            book, table, empty, {table.name: empty}, set(start.columns)
        )
        self.checks = [check for check in checks if not check.whole]
        self.steps.append(derived.adding([*checking.masks(self.checks), *besides]))

    def _forms(self, kinds: pl.Schema) -> list[pl.Expr]:
        """How columns of these types become values; parts of a folder may differ in them."""
        # Taken and put whole, because several threads ask.
        compiled = self.compiled
        if compiled is None or compiled[0] != kinds:
            compiled = self.compiled = kinds, usual_forms(self.table, kinds)
        return compiled[1]

    def _with_steps(self, typed: pl.DataFrame) -> pl.DataFrame:
        for step in self.steps:
            typed = step(typed)
        return typed

    def check(self, source: Source) -> tuple[pl.DataFrame, pl.DataFrame]:
        """The typed rows of a source with what the checks need beside, and the findings as they come."""
        layouts.fold(self.table, source)
        assert source.frame is not None
        typed, lost = parse(source, self.table, self.book, self._forms(source.frame.schema))
        typed = self._with_steps(typed)
        found = [
            checking.unparsable(self.book, self.table, source, column, mask)
            for column, mask in lost.items()
        ]
        found.append(checking.violations(self.table, typed, self.checks, source, lost))
        return typed, findings.joined(found)


def _in_order(batches: Iterator[Block | Part], work: Callable[[Any], _Done]) -> Iterator[_Done]:
    """The batches worked on by several threads, in their order, a few at a time."""
    with ThreadPoolExecutor(WORKERS) as pool:
        waiting: deque[Future[_Done]] = deque()
        for batch in batches:
            waiting.append(pool.submit(work, batch))
            if len(waiting) > WORKERS:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


@contextmanager
def _findings_file(path: Path) -> Iterator[Any]:
    """A Parquet writer of findings."""
    import pyarrow.parquet as pq

    schema = findings.table([]).to_arrow().schema
    with atomic_file(path) as new, pq.ParquetWriter(new, schema, compression="zstd") as writer:
        yield writer
