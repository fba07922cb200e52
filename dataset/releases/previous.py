"""Which release was the last one: one that is named, the newest tag, or an archive at hand."""

from __future__ import annotations

import re
import subprocess
import tempfile
from pathlib import Path

from ...validation.errors import InputError
from ...validation.package.package import Package
from . import versions
from .release import DESCRIPTOR, Release, open_release

TAG = re.compile(r"v(\d{1,9}\.\d{1,9}\.\d{1,9})")


def find(package: Package, out: Path, since: Path | None = None) -> Release | None:
    """The last release of a package.

    Args:
        package: the package.
        out: the folder in which archives of earlier versions may lie.
        since: the release, if the person named it.

    Raises:
        InputError: what was named, tagged or lies there cannot be read as a release.
    """
    if since is not None:
        return open_release(since)
    return _tagged(package) or _archived(package, out)


def _tagged(package: Package) -> Release | None:
    """The release of the newest version that a tag of this history names."""
    tags = _git(package.root, "tag", "--list", "v*", "--merged", "HEAD")
    found = [m[1] for m in map(TAG.fullmatch, (tags or b"").decode().split()) if m]
    if not found:
        return None
    version = max(found, key=versions.parse)
    with tempfile.TemporaryDirectory(prefix="eventbook.") as name:
        archive = Path(name) / "tag.zip"
        kept = [
            p
            for p in (DESCRIPTOR, "dataset", "seeds/corrections.yaml")
            if _has(package, version, p)
        ]
        if DESCRIPTOR not in kept:
            return None
        done = _git(
            package.root, "archive", "--format=zip", "-o", str(archive), f"v{version}", *kept
        )
        if done is None:
            return None
        return open_release(archive, label=f"the tag v{version}")


def _has(package: Package, version: str, path: str) -> bool:
    listed = _git(package.root, "ls-tree", "--name-only", f"v{version}", path)
    return bool(listed and listed.strip())


def _git(root: Path, *words: str) -> bytes | None:
    """What git prints; None where there is no git, or no repository of this package."""
    try:
        done = subprocess.run(["git", "-C", str(root), *words], capture_output=True, check=False)
    except OSError:
        return None
    return done.stdout if done.returncode == 0 else None


def _archived(package: Package, out: Path) -> Release | None:
    """The archive of the newest earlier version in a folder."""
    wanted = re.compile(re.escape(package.name) + r"-(\d{1,9}\.\d{1,9}\.\d{1,9})\.zip")
    found = {
        versions.parse(match[1]): path
        for path in out.glob("*.zip")
        if (match := wanted.fullmatch(path.name))
    }
    earlier = [v for v in found if v < versions.parse(package.version)]
    try:
        return open_release(found[max(earlier)]) if earlier else None
    except InputError as error:
        raise InputError(f"{error}; take it away, or name the last release with --since") from None
