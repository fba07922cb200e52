"""Publishing: check, derive, write, check again with two other validators, and put in place.

Everything is written into a folder beside the old files and looked at there; only when all three
opinions agree, and the version is step enough from the last release, it takes their place: all of
it or, whatever happens meanwhile, nothing.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ...codebook.pages import page
from ...validation.files.atomic import (
    replace_all,
    report_os_errors,
    staging_folder,
    unchanged_while_reading,
)
from ...validation.findings import Report
from ...validation.package.corrections import CORRECTIONS, load_corrections
from ...validation.package.package import Package, writing_verb
from ...validation.schemas.opinions import frictionless_opinion, pandera_opinion
from ..database.sqlite import write_sqlite
from ..releases import policy, previous, release
from ..tables import build, write
from . import agreement_block as agreement
from . import archive, changelog, describe, metadata, readme
from .blocks import renew

Say = Callable[[str], None]
PAGES = ("README.md", "CHANGELOG.md", "dataset/desk.md")
"""The pages with blocks that publishing renews, where a package has them."""


class PublishError(Exception):
    """What was built does not pass; nothing was published."""


@dataclass(frozen=True)
class Outcome:
    """The report of the check; the archive, if one was built; the files that are not current."""

    report: Report
    archive: Path | None = None
    stale: tuple[str, ...] = ()


@writing_verb
def publish(
    package: Package, out: Path | None = None, say: Say = print, since: Path | None = None
) -> Outcome:
    """Publish a package: its tables, descriptor and reference page, and the archive in `out`.

    Args:
        package: the package.
        out: the folder of the archive; `dist` in the package if left out.
        say: gets a line for each step.
        since: the last release, as archive or folder; looked for if left out: the newest tag
            of version control, else the newest earlier archive in `out`.

    Raises:
        PublishError: pandera, frictionless or the descriptor's profile object to what was built;
            or the last release asks for another version, a tombstone or a correction.
        InputError: a file changed meanwhile, or cannot be written.
    """
    out = (out or package.root / "dist").resolve()
    with staging_folder(package.root) as stage:
        report = _build(package, stage, say, out, since)
        if report.status():
            return Outcome(report)
        with report_os_errors(package.root):
            built = archive.write_archive(package, stage, stage / "dist")
        say(f"archive    {built.name}, {built.stat().st_size:,} bytes")
        released = sorted((stage / "dist").iterdir())
        moves = {stage / name: package.root / name for name in files(package)}
        if out.is_relative_to(package.root):
            replace_all(stage, moves | {path: out / path.name for path in released})
        else:
            with staging_folder(out) as beside:
                copies = {beside / p.name: out / p.name for p in released}
                with report_os_errors(out):
                    for path in released:
                        shutil.copy(path, beside / path.name)
                replace_all(beside, copies)
            replace_all(stage, moves)
    return Outcome(report, out / built.name)


def stale(package: Package, say: Say = print, since: Path | None = None) -> Outcome:
    """Which committed files differ from what publishing would write; nothing is changed."""
    with tempfile.TemporaryDirectory(prefix="eventbook.") as folder:
        stage = Path(folder)
        report = _build(package, stage, say, package.root / "dist", since)
        if report.status():
            return Outcome(report)
        differ = [
            name
            for name in files(package)
            if not (package.root / name).is_file()
            or (package.root / name).read_bytes() != (stage / name).read_bytes()
        ]
    return Outcome(report, stale=tuple(differ))


def files(package: Package) -> list[str]:
    """The generated files that are committed."""
    tables = [f"dataset/{t}.{e}" for t in package.book.tables for e in ("csv", "parquet")]
    pages = [name for name in PAGES if (package.root / name).is_file()]
    said = ["CITATION.cff", ".zenodo.json"]
    agreed = list(map(agreement.name_of, agreement.pairs(package)))
    drawn = [archive.FIGURE] if package.about.get("explorer") else []
    return [*tables, *agreed, *drawn, "codebook/codebook.md", *said, *pages, "datapackage.json"]


def _build(package: Package, stage: Path, say: Say, out: Path, since: Path | None) -> Report:
    """The whole publication in a folder of its own; nothing there where the check found errors."""
    with unchanged_while_reading(*package.inputs()):
        checked = package.check()
        report = checked.report
        if report.status():
            return report
        rows = ", ".join(f"{count} {name}" for name, count in report.rows.items() if count)
        say(f"checked    {rows or 'no rows'}")
        tables = build.build(package.book, checked.tables)
        entries = load_corrections(package.root / CORRECTIONS)
        new = release.of_tables(package.book, tables, package.version, entries)
        before = previous.find(package, out, since)
        difference = None
        if before is None:
            say("history    no earlier release found: a first one, or name it with --since")
        else:
            difference, refused = policy.judge(before, new)
            if refused:
                raise PublishError("\n".join(refused))
            say(f"history    {difference.summary()} since {before.label}")
        with report_os_errors(package.root):
            _write(package, tables, stage, changelog.block(tables, difference))
    say(
        f"written    {len(tables)} tables as CSV, Parquet and SQLite, datapackage.json, codebook.md"
    )
    if problems := pandera_opinion(package.book, stage):
        raise PublishError("\n".join(problems))
    say("pandera    passes on what was read back, pandas and polars")
    if problems := frictionless_opinion(stage):
        raise PublishError("frictionless objects:\n" + "\n".join(problems))
    say("frictionless passes, descriptor fits the Data Package 2.0 profile")
    return report


def _write(package: Package, tables: build.Frames, stage: Path, changed: str) -> None:
    (stage / "dataset").mkdir()
    (stage / "codebook").mkdir()
    for name, frame in tables.items():
        table = package.book.tables[name]
        write.write_csv(frame, stage / "dataset" / f"{name}.csv")
        write.write_parquet(
            package.book, table, frame, package.version, stage / "dataset" / f"{name}.parquet"
        )
    write_sqlite(package.book, tables, stage / "dataset" / f"{package.name}.sqlite")
    (stage / "codebook" / "codebook.md").write_text(page(package.book), encoding="utf-8")
    if package.about.get("explorer"):
        from ..explorer.package_page import figure_of, package_page

        (stage / archive.FIGURE).write_bytes(figure_of(package, tables["events"]))
        (stage / archive.PAGE).write_text(package_page(package, tables), encoding="utf-8")
    blocks = {
        "rows": readme.rows(tables["events"]),
        "agreement": agreement.shown(package, agreement.write(package, stage)),
        f"data {package.version}": changed,
    }
    for name in PAGES:
        if (package.root / name).is_file():
            text = (package.root / name).read_text(encoding="utf-8")
            for marker, block in blocks.items():
                text = renew(text, marker, block)
            (stage / name).write_text(text, encoding="utf-8")
    descriptor = describe.describe(package, stage, tables)
    for name, text in (
        ("datapackage.json", describe.to_text(descriptor)),
        ("CITATION.cff", metadata.citation(package)),
        (".zenodo.json", metadata.zenodo(package)),
        ("croissant.json", metadata.croissant(package, descriptor)),
    ):
        (stage / name).write_text(text, encoding="utf-8")
