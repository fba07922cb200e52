"""Finding the last release: the one that is named, the newest tag, or an archive in `dist`."""

from __future__ import annotations

import re
import subprocess
import tempfile
from pathlib import Path

from ...validation.errors import InputError
from ...validation.package.corrections import CORRECTIONS
from ...validation.package.package import Package
from . import versions
from .release import DESCRIPTOR, Release, open_release

TAG = re.compile(r"v(\d{1,9}\.\d{1,9}\.\d{1,9})")


def find(package: Package, out: Path, since: Path | None = None) -> Release | None:
    """Find the last release of a package; None if this is the first.

    Args:
        package: the package.
        out: the folder that may hold archives of earlier versions.
        since: the release, if the person named it.

    Raises:
        InputError: the one that was named, tagged or found cannot be read as a release.
    """
    if since is not None:
        return open_release(since)
    return _tagged(package) or _archived(package, out)


def _tagged(package: Package) -> Release | None:
    """Open the release of the highest version among the tags of this history."""
    tags = _git(package.root, "tag", "--list", "v*", "--merged", "HEAD")
    found = [m[1] for m in map(TAG.fullmatch, (tags or b"").decode().split()) if m]
    if not found:
        return None
    version = max(found, key=versions.parse)
    with tempfile.TemporaryDirectory(prefix="eventbook.") as name:
        archive = Path(name) / "tag.zip"
        parts = (DESCRIPTOR, "dataset", CORRECTIONS)
        paths = [path for path in parts if _has(package, version, path)]
        to_zip = ["archive", "--format=zip", "-o", str(archive), f"v{version}", *paths]
        if DESCRIPTOR not in paths or _git(package.root, *to_zip) is None:
            return None
        return open_release(archive, label=f"the tag v{version}")


def _has(package: Package, version: str, path: str) -> bool:
    listed = _git(package.root, "ls-tree", "--name-only", f"v{version}", path)
    return bool(listed and listed.strip())


def _git(root: Path, *words: str) -> bytes | None:
    """Return what git prints; None without git, or without a repository of this package."""
    try:
        done = subprocess.run(["git", "-C", str(root), *words], capture_output=True, check=False)
    except OSError:
        return None
    return done.stdout if done.returncode == 0 else None


def _archived(package: Package, out: Path) -> Release | None:
    """Open the archive of the highest earlier version in a folder."""
    name = re.compile(re.escape(package.name) + r"-(\d{1,9}\.\d{1,9}\.\d{1,9})\.zip")
    found = {
        versions.parse(match[1]): path
        for path in out.glob("*.zip")
        if (match := name.fullmatch(path.name))
    }
    earlier = [v for v in found if v < versions.parse(package.version)]
    try:
        return open_release(found[max(earlier)]) if earlier else None
    except InputError as error:
        raise InputError(f"{error}; remove it, or name the last release with --since") from None
