"""The check of a file of any size, in one pass: read, parse, derive, check, write, batch by batch.

The compiled checks are those of the small case, on batches; checks of the whole table are left to
`whole_table`. Several batches are worked on at once; the order of the file is kept.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import polars as pl

from ...codebook import Book, Table
from .. import findings
from ..errors import one_line
from ..evidence.evidence_check import unchecked_without_package
from ..files.atomic import atomic_file, unchanged_while_reading
from ..files.temporary import temporary_folder
from ..findings import KINDS, OTHER_VALUES, Finding, Kind, Report
from ..reading import layouts
from ..reading.batches import ROWS, Block, Part, Progress, Stream, open_stream
from ..reading.parsing import Note, merged
from ..reading.source import Source
from ..types import POLARS
from .found import note_findings
from .table_checker import BatchChecker
from .whole_table import KeyRows, WholeTable

KEPT = 1_000
"""Findings of one rule that are kept; the others are counted, and written if a file is named."""

WORKERS = 2
"""Batches that are worked on at once: two keep two cores busy, more only take memory and get into
each other's way."""

WRITTEN = 100_000
"""Findings that are written at once, each as a row group."""

COUNTED = 1_000
"""Different values of a rule and column that are counted one by one; the others are together."""

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
    others: dict[tuple[str, str, str | None], Counter[str | None]] = field(default_factory=dict)

    @property
    def left_out(self) -> dict[Kind, int]:
        """How many findings are not kept, by rule, severity, column and value."""
        return {
            (*key, value): n for key, values in self.others.items() for value, n in values.items()
        }

    def add(self, found: pl.DataFrame, counts: Counts | None = None) -> None:
        """Add findings; `counts` are those of `found`, if they were counted before."""
        if not found.height:
            return
        if self.file is not None:
            # Arrow has each text of a finding once more: a part at a time is enough.
            for part in found.iter_slices(WRITTEN):
                self.file.write(part.to_arrow())
        full: list[pl.Expr] = []
        for key, number in (_counts(found) if counts is None else counts).items():
            room = max(0, KEPT - self.seen.get(key, 0))
            self.seen[key] = self.seen.get(key, 0) + number
            if number > room:
                of_it = (pl.col("rule") == key[0]) & (pl.col("severity") == key[1])
                full.append(~of_it | (of_it.cum_sum() <= room))
        kept = found.filter(full) if full else found
        if kept.height:
            self.kept.append(kept)
        if full:
            others = found.filter(~pl.all_horizontal(full))
            self.count(others.group_by(KINDS, maintain_order=True).len())

    def count(self, others: pl.DataFrame) -> None:
        """Count findings that are not kept; the columns are `KINDS` and their number."""
        for *key, value, number in others.rows():
            values = self.others.setdefault(tuple(key), Counter())
            counted = value in values or len(values) < COUNTED
            values[value if counted else OTHER_VALUES] += number


def stream(
    path: Path,
    choose: Callable[[Source], tuple[Book, Table] | Finding],
    out: Path | None = None,
    all_findings: Path | None = None,
    progress: Progress = lambda done: None,
) -> Report:
    """Check a file of any size.

    Args:
        path: a CSV file (also gzipped), a Parquet file, or a folder of Parquet files of one table.
        choose: returns the book and table of a header, or the finding that there is none.
        out: where to write the typed rows as zstd Parquet; nothing is left there on failure.
        all_findings: where to write all findings as Parquet.
        progress: is called with the number of bytes that were read.

    Returns:
        The report; of each rule the first `KEPT` findings, the others counted in `left_out`.

    Raises:
        InputError: the file cannot be read, or the results cannot be written.
    """
    begin = time.perf_counter()
    opened = open_stream(path, progress)
    start = opened.start
    if start.frame is None:
        return Report(None, findings.merge([findings.table(start.findings)]), {})
    chosen = choose(start)
    if isinstance(chosen, Finding):
        return Report(None, findings.merge([findings.table([*start.findings, chosen])]), {})
    book, table = chosen
    taken_for = replace(layouts.table_file(book, table, start), file=str(path))
    opened = replace(opened, start=layouts.fold(table, start))
    with ExitStack() as stack:
        if path.is_file():
            stack.enter_context(unchanged_while_reading(path))
        folder = stack.enter_context(temporary_folder())
        background = stack.enter_context(ThreadPoolExecutor(1))
        tally = _Tally(stack.enter_context(_findings_file(all_findings)) if all_findings else None)
        run = _Run(book, table, opened, tally, folder, background)
        if out is None:
            for _ in run.typed_rows():
                pass
        else:
            _write(book, table, run.names, run.typed_rows, stack.enter_context(atomic_file(out)))
        run.finish()
    return Report(
        book,
        findings.merge(tally.kept),
        {table.name: run.rows},
        time.perf_counter() - begin,
        (*run.checker.checker.unchecked, *unchecked_without_package(book, [table.name])),
        tally.left_out,
        (taken_for,),
    )


@dataclass(frozen=True)
class _Done:
    """A batch after its checks: its typed rows, the part of them that is kept, its findings.

    `others` are counts of findings beyond the first of a check; `left_out` says whether some of
    its rows could not be read.
    """

    file: str
    typed: pl.DataFrame | None
    keys: KeyRows | None
    findings: pl.DataFrame
    counts: Counts
    others: list[pl.DataFrame]
    left_out: bool
    notes: tuple[Note, ...] = ()


class _Run:
    """One pass over the batches of a file; `rows` counts the typed rows that went by.

    `left_out` says whether some rows could not be read.
    """

    def __init__(
        self,
        book: Book,
        table: Table,
        opened: Stream,
        tally: _Tally,
        folder: Path,
        background: ThreadPoolExecutor,
    ):
        self.opened, self.tally, self.background = opened, tally, background
        columns = opened.start.columns
        self.names = [name for name in table.names if name in columns]
        self.checker = BatchChecker(book, table, opened.start)
        self.whole_table = WholeTable(book, table, self.names, folder)
        self.rows, self.left_out = 0, False
        self.notes: list[Note] = []
        self.keys: Future[list[pl.DataFrame]] | None = None
        tally.add(findings.table(layouts.header_findings(table, opened.start)))

    def work(self, batch: Block | Part) -> _Done:
        """Return a batch with its findings; runs in several threads."""
        source = batch.read()
        found, typed, keys, notes = findings.table(source.findings), None, None, ()
        others: list[pl.DataFrame] = []
        if source.frame is not None:
            if self.tally.file is None:
                frame, more, notes, others = self.checker.check_first(source, KEPT)
            else:
                frame, more, notes = self.checker.check(source)
            found = findings.joined([found, more])
            typed, keys = frame[self.names], self.whole_table.key_rows(frame)
        found = findings.merge([found])
        left_out = bool(source.errors)
        return _Done(batch.file, typed, keys, found, _counts(found), others, left_out, notes)

    def typed_rows(self) -> Iterator[pl.DataFrame]:
        """Yield the typed rows of each batch, in the order of the file, and collect the rest."""
        for done in _in_order(self.opened.batches, self.work):
            self.tally.add(done.findings, done.counts)
            self.left_out |= done.left_out
            for others in done.others:
                self.tally.count(others)
            self.notes += done.notes
            if done.keys is not None:
                self.whole_table.add(done.keys, done.file)
            if done.typed is not None:
                self.rows += done.typed.height
                yield done.typed
        # The keys are compared while the last rows are written.
        self.keys = self.background.submit(self.whole_table.findings)

    def finish(self) -> None:
        """Add what is known only at the end: about the file itself, its columns, and its keys."""
        whole = replace(self.opened.start, findings=tuple(self.opened.log.findings))
        if not self.rows and not self.left_out:
            whole = whole.with_note_on_no_rows()
        self.tally.add(findings.table(whole.findings))
        self.tally.add(note_findings(merged(self.notes)))
        for found in self.keys.result() if self.keys is not None else ():
            self.tally.add(found)


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

    metadata = {
        "title": table.title,
        "description": table.description,
        "version": book.version,
        "codebook": f"{book.name} {book.version}",
    }
    plan = register_io_source(rows, schema={n: POLARS[table[n].type] for n in names})
    try:
        plan.sink_parquet(path, compression="zstd", row_group_size=ROWS, metadata=metadata)
    except pl.exceptions.PolarsError as error:
        if not failed:
            raise OSError(None, one_line(error)) from error
    if failed:
        raise failed[0]


def _in_order(batches: Iterator[Block | Part], work: Callable[[Any], _Done]) -> Iterator[_Done]:
    """The batches after `work` in several threads, in their order, a few at a time."""
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
