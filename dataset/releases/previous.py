"""Find the last release: the one that was named, the newest tag, or an archive in `dist`."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from ...validation.errors import InputError
from ...validation.files.temporary import temporary_folder
from ...validation.package.corrections import CORRECTIONS
from ...validation.package.package import Package
from . import safe_zip, versions
from .release import DESCRIPTOR, Release, open_release

TAG = re.compile(r"v(\d{1,9}\.\d{1,9}\.\d{1,9})")

ENTRY = re.compile(rb"100\d{3} blob ([0-9a-f]+) +(\d+)\t(.+)", re.S)
"""A line of `git ls-tree -l` about a regular file: its blob, size and name."""


def find(package: Package, out: Path, since: Path | None = None) -> Release | None:
    """Find the last release of a package; None if this is the first.

    Args:
        package: the package.
        out: the folder that may have archives of earlier versions.
        since: the release, if the user named it.

    Raises:
        InputError: the last release cannot be read.
    """
    if since is not None:
        return open_release(since)
    return _tagged(package) or _archived(package, out)


def _tagged(package: Package) -> Release | None:
    """Open the release with the highest version among the tags that HEAD descends from."""
    tags = _git(package.root, "tag", "--no-column", "--list", "v*", "--merged", "HEAD")
    tagged = [m[1] for m in map(TAG.fullmatch, (tags or b"").decode().split()) if m]
    if not tagged:
        return None
    version = max(tagged, key=versions.version_numbers)
    with temporary_folder() as folder:
        if not _write_tagged(package.root, f"v{version}", folder):
            return None
        return open_release(folder, label=f"the tag v{version}")


def _write_tagged(root: Path, tag: str, folder: Path) -> bool:
    """Write the descriptor, tables, codebook and corrections of a tag into a folder.

    Returns:
        Whether the tag has a descriptor.

    Raises:
        InputError: the tag has too many files, too large ones, or a name that points outside the
            folder.
    """
    paths = (DESCRIPTOR, "dataset", "codebook", CORRECTIONS)
    listing = _git(root, "ls-tree", "-r", "-l", "-z", tag, *paths)
    entries = [m.groups() for m in map(ENTRY.fullmatch, (listing or b"").split(b"\0")) if m]
    files = {os.fsdecode(name): (blob.decode(), int(size)) for blob, size, name in entries}
    if DESCRIPTOR not in files:
        return False
    for name in files:
        if problems := safe_zip.name_problems(name):
            raise InputError(f"the tag {tag}: {name}: {problems[0].message}")
    if len(files) > safe_zip.MEMBERS or sum(s for _, s in files.values()) > safe_zip.TOTAL:
        raise InputError(f"the tag {tag}: more or larger files than a release may have")
    for name, (blob, _) in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(_git(root, "cat-file", "blob", blob) or b"")
    return True


def _git(root: Path, *words: str) -> bytes | None:
    """Return the output of git; None without git, or if the package is not in a repository.

    The repository may be hostile, with settings that run commands. Only verbs that run none are
    used (`archive` does: filters, formats), and missing objects are not fetched.
    """
    try:
        done = subprocess.run(
            ["git", "-C", str(root), "-c", "core.fsmonitor=false", *words],
            env=os.environ | {"GIT_ALLOW_PROTOCOL": "none", "GIT_NO_LAZY_FETCH": "1"},
            capture_output=True,
            check=False,
        )
    except OSError:
        return None
    return done.stdout if done.returncode == 0 else None


def _archived(package: Package, out: Path) -> Release | None:
    """Open the archive of the highest earlier version in a folder."""
    name = re.compile(re.escape(package.name) + r"-(\d{1,9}\.\d{1,9}\.\d{1,9})\.zip")
    archives = {
        versions.version_numbers(match[1]): path
        for path in out.glob("*.zip")
        if (match := name.fullmatch(path.name))
    }
    earlier = [v for v in archives if v < versions.version_numbers(package.version)]
    try:
        return open_release(archives[max(earlier)]) if earlier else None
    except InputError as error:
        raise InputError(f"{error}; remove it, or name the last release with --since") from None
