"""Publish: check, derive, write, check again with two other validators, and replace the old files.

Everything is written to a staging folder and examined there. The old files are replaced only if all
three validators agree, the version bump is large enough, and `verify` would accept the archive; if
anything fails, none is replaced.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from ...validation.errors import InputError
from ...validation.files.atomic import (
    ensure_writable,
    replace_all,
    report_os_errors,
    staging_folder,
    unchanged_while_reading,
)
from ...validation.files.hashing import sha256_of_file
from ...validation.files.inside import ensure_contained
from ...validation.files.temporary import temporary_folder
from ...validation.findings import Finding, Report
from ...validation.missing import hint
from ...validation.package.corrections import CORRECTIONS, load_corrections
from ...validation.package.package import Package, writing_verb
from ...validation.progress import step
from ...validation.reports.human import plural
from ..explorer.package_page import has_figure
from ..releases import policy, previous, release
from ..releases.diff import Difference
from ..releases.problem import Problem, Unsound
from ..releases.safe_zip import name_problems
from ..releases.verify import changelog_problems, verify
from ..tables.build import Frames, build
from .archive import write_archive
from .descriptor import metadata_problems
from .products import Build, Destination, Product, products

Say = Callable[[str], None]
ARCHIVE = "dist"
SUFFIXES = (".csv", ".parquet", ".geojson")
"""The forms in which a table is published in a package."""


class PublishError(Exception):
    """The build was rejected; nothing was published."""


@dataclass(frozen=True)
class Outcome:
    """The report of the check, the archive if one was built, and the files that are out of date."""

    report: Report
    archive: Path | None = None
    stale: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Staged:
    """A publication in its staging folder; only the report, if the check found errors."""

    report: Report
    products: tuple[Product, ...] = ()
    archive: Path | None = None
    gone: tuple[Path, ...] = ()


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
        PublishError: pandera, frictionless, the descriptor's profile or `verify` reject the build; or the last release requires another version, a tombstone or a correction.
        InputError: a setting is missing, a file changed during the build, or cannot be written.
    """
    if out is None:
        ensure_contained(package.root, [ARCHIVE])
    out = (out or package.root / ARCHIVE).resolve()
    ensure_writable(out)
    with staging_folder(package.root) as stage:
        staged = _stage(package, stage, say, out, since)
        if staged.archive is None:
            return Outcome(staged.report)
        released = sorted(staged.archive.parent.iterdir())
        moves = {stage / name: package.root / name for name in _in_package(staged.products)}
        if out.is_relative_to(package.root):
            moves |= {path: out / path.name for path in released}
            replace_all(stage, moves, staged.gone)
        else:
            with staging_folder(out) as elsewhere:
                copies = {elsewhere / p.name: out / p.name for p in released}
                with report_os_errors(out):
                    for path in released:
                        shutil.copy(path, elsewhere / path.name)
                replace_all(elsewhere, copies)
            replace_all(stage, moves, staged.gone)
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
    gone = [path.relative_to(package.root).as_posix() for path in staged.gone]
    return Outcome(staged.report, stale=(*differ, *gone))


def published_files(package: Package) -> list[str]:
    """Return the names of the generated files that are kept in the package."""
    return _in_package(products(package))


def _in_package(all_products: Iterable[Product]) -> list[str]:
    return [product.name for product in all_products if Destination.PACKAGE in product.places]


def _no_longer_published(
    package: Package, all_products: Iterable[Product], say: Say
) -> Iterator[Path]:
    """Yield the files of tables that the last publication had, and that the codebook has no more.

    A file that was changed since is a person's, and remains.
    """
    try:
        descriptor = release.read_descriptor(package.root)
    except Unsound:
        return
    published = {product.name for product in all_products}
    tables = {f"dataset/{resource['name']}" for resource in descriptor["resources"]}
    for part in release.described_parts(descriptor):
        name = part.get("path")
        if not isinstance(name, str) or name in published or name_problems(name):
            continue
        path = package.root / name
        of_table = name.removesuffix(path.suffix) in tables and path.suffix in SUFFIXES
        if not of_table or not path.is_file() or path.is_symlink():
            continue
        if part.get("hash") == f"sha256:{sha256_of_file(path)}":
            say(f"gone       {name}: the codebook has no such table; publishing removes the file")
            yield path
        else:
            say(f"kept       {name}: the codebook has no such table, but the file was changed")


def _stage(package: Package, stage: Path, say: Say, out: Path, since: Path | None) -> _Staged:
    """Build the whole publication in a folder, and examine it."""
    with unchanged_while_reading(*package.inputs()):
        _ensure_possible(package, since)
        built = _build(package, stage, say, out, since)
    if built.archive is None:
        return built
    say(
        f"written    {plural(len(package.book.tables), 'table', 'tables')} as CSV, Parquet and "
        f"SQLite, {len(built.products)} files in all"
    )
    if package.settings.explorer and not has_figure(package.book):
        say("figure     none: the codebook names neither days nor points to draw")
    _examine(package, stage, built.archive, say)
    return replace(built, gone=tuple(_no_longer_published(package, built.products, say)))


def _ensure_possible(package: Package, since: Path | None) -> None:
    """Reject what is wrong whatever the tables hold, before anything is read that takes long."""
    step("reading the settings")
    if problems := metadata_problems(package):
        raise PublishError("\n".join(["the settings make no valid datapackage.json:", *problems]))
    _reject(changelog_problems(package.root, package.version))
    if since is not None and not since.exists():
        raise InputError(f"--since {since}: no such file or folder{hint(since)}")


def _reject(found: Iterable[Problem | Finding]) -> None:
    """Reject a release with the words of `verify`, if that would find something in it."""
    if lines := [f"{f.file}: {f.rule}: {f.message}" for f in found]:
        raise PublishError("\n".join(["eventbook verify would reject this release:", *lines]))


def _build(package: Package, stage: Path, say: Say, out: Path, since: Path | None) -> _Staged:
    """Check a package and write all files; its rows are not kept in memory while files are examined."""
    checked = package.check()
    if checked.report.status():
        return _Staged(checked.report)
    described = package.book.tables
    rows = [described[name].counted(count) for name, count in checked.report.rows.items() if count]
    say(f"checked    {', '.join(rows) or 'no rows'}")
    tables = build(package.book, checked.tables)
    difference = _since_last_release(package, tables, say, out, since)
    all_products = tuple(products(package))
    with report_os_errors(package.root):
        building = Build(package, tables, difference, stage)
        for product in all_products:
            (stage / product.name).parent.mkdir(parents=True, exist_ok=True)
            step(f"writing {product.name}")
            product.make(building, stage / product.name)
        step("writing the archive")
        archive = write_archive(package, all_products, stage, stage / ARCHIVE)
    return _Staged(checked.report, all_products, archive)


def _since_last_release(
    package: Package, tables: Frames, say: Say, out: Path, since: Path | None
) -> Difference | None:
    """Compare with the last release, and reject what must not follow it."""
    before = previous.find(package, out, since)
    if before is None:
        say("history    no earlier release found; if there is one, name it with --since")
        return None
    step("comparing with the last release")
    entries = load_corrections(package.root / CORRECTIONS)
    new = release.of_tables(package.book, tables, package.version, entries)
    difference, objections = policy.judge(before, new)
    if objections:
        raise PublishError("\n".join(objections))
    say(f"history    {difference.summary()} since {before.label}")
    return difference


def _examine(package: Package, stage: Path, archive: Path, say: Say) -> None:
    """Run every check that a recipient of the release might run."""
    from ...validation.schemas.opinions import frictionless_opinion, pandera_opinion

    step("asking pandera")
    if problems := pandera_opinion(package.book, stage):
        raise PublishError("\n".join(problems))
    say("pandera    passes on the written files, with pandas and polars")
    step("asking frictionless")
    if problems := frictionless_opinion(stage):
        raise PublishError("frictionless reports:\n" + "\n".join(problems))
    say("frictionless passes, and the descriptor matches the Data Package 2.0 profile")
    # The two validators have just passed on these files, and the evidence of these rows was checked.
    _reject(verify(archive, quick=True))
    say(f"archive    {archive.name}, {archive.stat().st_size:,} bytes, verified")
