"""Publishing: check, derive, write, check again with two other validators, and put in place.

Everything is written into a folder beside the old files and looked at there; only when all three
opinions agree it takes their place, and an error while it does puts the old files back.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from ...codebook.pages import page
from ...validation.findings import Report
from ...validation.package import Package
from . import archive, build, describe, readme, write

Say = Callable[[str], None]


class PublishError(Exception):
    """What was built does not pass; nothing was published."""


@dataclass(frozen=True)
class Outcome:
    """The report of the check; the archive, if one was built; the files that are not current."""

    report: Report
    archive: Path | None = None
    stale: tuple[str, ...] = ()


def publish(package: Package, out: Path | None = None, say: Say = print) -> Outcome:
    """Publish a package: its tables, descriptor and reference page, and the archive in `out`.

    Args:
        package: the package.
        out: the folder of the archive; `dist` in the package if left out.
        say: gets a line for each step.

    Raises:
        PublishError: pandera, frictionless or the descriptor's profile object to what was built.
    """
    out = out or package.root / "dist"
    with _staged(package, say) as (report, stage):
        if stage is None:
            return Outcome(report)
        built = archive.write_archive(package, stage, stage / "dist")
        say(f"archive    {built.name}, {built.stat().st_size:,} bytes")
        _put_in_place(stage, package.root, files(package))
        out.mkdir(parents=True, exist_ok=True)
        for path in sorted((stage / "dist").iterdir()):
            _copy_over(path, out / path.name)
    return Outcome(report, out / built.name)


def stale(package: Package, say: Say = print) -> Outcome:
    """Which committed files differ from what publishing would write; nothing is changed."""
    with _staged(package, say) as (report, stage):
        if stage is None:
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
    readme = ["README.md"] if (package.root / "README.md").is_file() else []
    return [*tables, "datapackage.json", "codebook/codebook.md", *readme]


@contextlib.contextmanager
def _staged(package: Package, say: Say) -> Iterator[tuple[Report, Path | None]]:
    """The whole publication in a folder of its own; None where the check found errors."""
    checked = package.check()
    report = checked.report
    if report.status():
        yield report, None
        return
    rows = ", ".join(f"{count} {name}" for name, count in report.rows.items() if count)
    say(f"checked    {rows}")
    tables = build.build(package.book, checked.tables)
    stage = Path(tempfile.mkdtemp(prefix=".publish-", dir=package.root))
    try:
        _write(package, tables, stage)
        say(f"written    {len(tables)} tables as CSV and Parquet, datapackage.json, codebook.md")
        _pandera_opinion(package, stage)
        say("pandera    passes on what was read back, pandas and polars")
        _frictionless_opinion(stage)
        say("frictionless passes, descriptor fits the Data Package 2.0 profile")
        yield report, stage
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def _write(package: Package, tables: build.Frames, stage: Path) -> None:
    (stage / "dataset").mkdir()
    (stage / "codebook").mkdir()
    for name, frame in tables.items():
        table = package.book.tables[name]
        write.write_csv(frame, stage / "dataset" / f"{name}.csv")
        write.write_parquet(
            package.book, table, frame, package.version, stage / "dataset" / f"{name}.parquet"
        )
    (stage / "codebook" / "codebook.md").write_text(page(package.book), encoding="utf-8")
    if (package.root / "README.md").is_file():
        old = (package.root / "README.md").read_text(encoding="utf-8")
        new = readme.with_rows(old, tables["events"]) if "events" in tables else old
        (stage / "README.md").write_text(new, encoding="utf-8")
    sources = [{"title": title} for title in tables["documents"]["title"]]
    descriptor = describe.describe(package, stage, sources)
    (stage / "datapackage.json").write_text(describe.to_text(descriptor), encoding="utf-8")


def _pandera_opinion(package: Package, stage: Path) -> None:
    """The pandera schemas of both backends on the Parquet files, read back."""
    import pandas as pd

    from ...validation import schema

    book = package.book
    read: dict[str, Any] = {n: pl.read_parquet(stage / f"dataset/{n}.parquet") for n in book.tables}
    for backend in ("pandas", "polars"):
        for name, frame in read.items():
            wanted: Any = frame.with_columns(pl.col(pl.Categorical, pl.Enum).cast(pl.String))
            if backend == "pandas":
                wanted = pd.read_parquet(stage / f"dataset/{name}.parquet")
            found = schema(name, book, backend, read)
            try:
                found.validate(wanted, lazy=True)
            except Exception as error:
                cases = getattr(error, "failure_cases", error)
                raise PublishError(f"pandera ({backend}) objects to {name}:\n{cases}") from error


def _frictionless_opinion(stage: Path) -> None:
    """The command-line validator's own library on the package, and the profile on its descriptor."""
    import json

    from frictionless import Package as Frictionless
    from frictionless import system

    text = (stage / "datapackage.json").read_text(encoding="utf-8")
    problems = profile_problems(json.loads(text))
    with system.use_context(trusted=True):
        report = Frictionless(str(stage / "datapackage.json")).validate()
    problems += [f"{name}: {note}" for name, note in report.flatten(["name", "message"]) if note]
    if problems:
        raise PublishError("frictionless objects:\n" + "\n".join(map(str, problems)))


def profile_problems(descriptor: dict[str, Any]) -> list[str]:
    """What a descriptor breaks of the Data Package 2.0 profile, by the copy that dplib carries.

    dplib's own check looks for the profile on the network: it does not find its copy.
    """
    import json

    import dplib.settings
    from jsonschema.validators import validator_for

    path = Path(dplib.settings.PROFILE_BASEDIR) / "2.0" / "datapackage.json"
    profile = json.loads(path.read_text(encoding="utf-8"))
    errors = validator_for(profile)(profile).iter_errors(descriptor)
    return [f"{error.json_path}: {error.message[:120]}" for error in errors]


def _put_in_place(stage: Path, root: Path, names: list[str]) -> None:
    """Move the new files over the old; on any error the old ones come back."""
    kept = stage / "old"
    for name in names:
        if (root / name).exists():
            (kept / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, kept / name)
    moved: list[str] = []
    try:
        for name in names:
            moved.append(name)
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            _copy_over(stage / name, root / name)
    except BaseException:
        for name in moved:
            if (kept / name).exists():
                os.replace(kept / name, root / name)
            else:
                (root / name).unlink(missing_ok=True)
        raise


def _copy_over(source: Path, target: Path) -> None:
    """Put a file's bytes at another place, whole or not at all."""
    handle, name = tempfile.mkstemp(prefix=f".{target.name}-", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(source.read_bytes())
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(name, 0o644)
        os.replace(name, target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
