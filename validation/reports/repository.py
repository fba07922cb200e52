"""Paths of findings as code hosts expect them: relative to the root of the repository."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from ..findings import Report


def repository_root(folder: Path, environment: Mapping[str, str] = os.environ) -> Path:
    """Return the root of the repository that contains a folder; without one, the folder itself.

    Args:
        folder: an absolute path.
        environment: its GITHUB_WORKSPACE is the root, if the folder is in it; else it is the next
            folder above that has a `.git`.
    """
    workspace = environment.get("GITHUB_WORKSPACE")
    if workspace and folder.is_relative_to(Path(workspace).resolve()):
        return Path(workspace).resolve()
    above = (folder, *folder.parents)
    return next((path for path in above if (path / ".git").exists()), folder)


def from_repository_root(report: Report, folder: Path) -> Report:
    """Return a report whose files are named from the root of the repository.

    Args:
        report: the report.
        folder: the folder that its relative paths start at.
    """
    folder = folder.resolve()
    root = repository_root(folder)

    def named(file: str) -> str:
        path = Path(os.path.normpath(folder / file))
        return path.relative_to(root).as_posix() if path.is_relative_to(root) else file

    files = (file for file in report.findings["file"].unique() if file and "://" not in file)
    names = {file: named(file) for file in files}
    return replace(
        report,
        findings=report.findings.with_columns(file=report.findings["file"].replace(names)),
        files=tuple(replace(file, file=named(file.file)) for file in report.files),
        pages=tuple(replace(page, file=named(page.file)) for page in report.pages),
        fixes=tuple(replace(fix, file=named(fix.file)) for fix in report.fixes),
        fixed=tuple(replace(fix, file=named(fix.file)) for fix in report.fixed),
    )
