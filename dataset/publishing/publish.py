"""Publishing: check, derive, write, check again with two other validators, and put in place.

Everything is written into a staging folder and examined there. Only when all three opinions agree,
the version is large enough a bump from the last release, and `verify` would accept the archive, it
replaces the old files: all of it, or, if anything fails, nothing.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from ...validation.files.atomic import (
    replace_all,
    report_os_errors,
    staging_folder,
    unchanged_while_reading,
)
from ...validation.files.inside import ensure_contained
from ...validation.files.temporary import temporary_folder
from ...validation.findings import Report
from ...validation.package.corrections import CORRECTIONS, load_corrections
from ...validation.package.package import Package, writing_verb
from ...validation.schemas.opinions import frictionless_opinion, pandera_opinion
from ..releases import policy, previous, release
from ..releases.diff import Difference
from ..releases.verify import verify
from ..tables.build import Frames, build
from .archive import write_archive
from .products import Build, Destination, Product, products

Say = Callable[[str], None]
ARCHIVE = "dist"


class PublishError(Exception):
    """What was built does not pass; nothing was published."""


@dataclass(frozen=True)
class Outcome:
    """The report of the check; the archive, if one was built; the files that are not current."""

    report: Report
    archive: Path | None = None
    stale: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Staged:
    """A publication in its staging folder: nothing but the report where the check found errors."""

    report: Report
    products: tuple[Product, ...] = ()
    archive: Path | None = None


@writing_verb
def publish(
    package: Package, out: Path | None = None, say: Say = print, since: Path | None = None
) -> Outcome:
    """Publish a package: its tables, descriptor and reference page, and the archive in `out`.

    Args:
        package: the package.
        out: the folder of the archive; `dist` in the package if left out.
        say: gets a line for each step.
        since: the last release, as archive or folder; searched for if left out: the newest tag
            of version control, else the newest earlier archive in `out`.

    Raises:
        PublishError: pandera, frictionless, the descriptor's profile or `verify` object to what was
            built; or the last release requires another version, a tombstone or a correction.
        InputError: a file changed meanwhile, or cannot be written.
    """
    if out is None:
        ensure_contained(package.root, [ARCHIVE])
    out = (out or package.root / ARCHIVE).resolve()
    with staging_folder(package.root) as stage:
        staged = _stage(package, stage, say, out, since)
        if staged.archive is None:
            return Outcome(staged.report)
        released = sorted(staged.archive.parent.iterdir())
        moves = {stage / name: package.root / name for name in _in_package(staged.products)}
        if out.is_relative_to(package.root):
            replace_all(stage, moves | {path: out / path.name for path in released})
        else:
            with staging_folder(out) as elsewhere:
                copies = {elsewhere / p.name: out / p.name for p in released}
                with report_os_errors(out):
                    for path in released:
                        shutil.copy(path, elsewhere / path.name)
                replace_all(elsewhere, copies)
            replace_all(stage, moves)
    return Outcome(staged.report, out / staged.archive.name)


def stale(package: Package, say: Say = print, since: Path | None = None) -> Outcome:
    """Find the committed files that differ from what publishing would write; change nothing.

    Raises:
        PublishError, InputError: as `publish`.
    """
    with temporary_folder() as stage:
        staged = _stage(package, stage, say, package.root / ARCHIVE, since)
        differ = [
            name
            for name in _in_package(staged.products)
            if not (package.root / name).is_file()
            or (package.root / name).read_bytes() != (stage / name).read_bytes()
        ]
    return Outcome(staged.report, stale=tuple(differ))


def published_files(package: Package) -> list[str]:
    """Return the names of the generated files that lie in the package."""
    return _in_package(products(package))


def _in_package(made: Iterable[Product]) -> list[str]:
    return [product.name for product in made if Destination.PACKAGE in product.places]


def _stage(package: Package, stage: Path, say: Say, out: Path, since: Path | None) -> _Staged:
    """Make the whole publication in a folder, and have it examined."""
    with unchanged_while_reading(*package.inputs()):
        checked = package.check()
        if checked.report.status():
            return _Staged(checked.report)
        named = package.book.tables
        rows = [named[name].counted(count) for name, count in checked.report.rows.items() if count]
        say(f"checked    {', '.join(rows) or 'no rows'}")
        tables = build(package.book, checked.tables)
        difference = _since_last_release(package, tables, say, out, since)
        made = tuple(products(package))
        with report_os_errors(package.root):
            building = Build(package, tables, difference, stage)
            for product in made:
                (stage / product.name).parent.mkdir(parents=True, exist_ok=True)
                product.make(building, stage / product.name)
            archive = write_archive(package, made, stage, stage / ARCHIVE)
    say(f"written    {len(tables)} tables as CSV, Parquet and SQLite, {len(made)} files in all")
    _examine(package, stage, archive, say)
    return _Staged(checked.report, made, archive)


def _since_last_release(
    package: Package, tables: Frames, say: Say, out: Path, since: Path | None
) -> Difference | None:
    """Compare with the last release, and refuse what must not follow it."""
    before = previous.find(package, out, since)
    if before is None:
        say("history    no earlier release found: a first one, or name it with --since")
        return None
    entries = load_corrections(package.root / CORRECTIONS)
    new = release.of_tables(package.book, tables, package.version, entries)
    difference, objections = policy.judge(before, new)
    if objections:
        raise PublishError("\n".join(objections))
    say(f"history    {difference.summary()} since {before.label}")
    return difference


def _examine(package: Package, stage: Path, archive: Path, say: Say) -> None:
    """Have what was made examined by all who will examine it later."""
    if problems := pandera_opinion(package.book, stage):
        raise PublishError("\n".join(problems))
    say("pandera    passes on what was read back, pandas and polars")
    if problems := frictionless_opinion(stage):
        raise PublishError("frictionless objects:\n" + "\n".join(problems))
    say("frictionless passes, descriptor fits the Data Package 2.0 profile")
    # The two validators have just passed on the same files.
    if refused := list(verify(archive, quick=True)):
        lines = [f"{f.file}: {f.rule}: {f.message}" for f in refused]
        raise PublishError("eventbook verify would refuse this release:\n" + "\n".join(lines))
    say(f"archive    {archive.name}, {archive.stat().st_size:,} bytes, verified")
