"""What to suggest where a file or folder does not exist."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from ..codebook.nearest import nearest
from .location import package_root

CLOSE_NAME = 80
"""The minimum similarity, from 0 to 100, of a name that is suggested; a wild guess confuses."""
MOST_SEEN = 20_000
"""How many files of a package are looked at for one of the same name."""


def hint(path: Path) -> str:
    """Return the end of a message on a missing file: which one may be meant, if one is close.

    That is a file of the same name elsewhere in the package around it; else one in the same folder
    that is called almost the same, or differs in its suffix only.

    Args:
        path: the file or folder that does not exist.
    """
    meant = _elsewhere(path) or _alike(path)
    if meant is not None:
        return f"; did you mean {meant}?"
    return "" if path.parent.is_dir() else f"; there is no folder {path.parent} either"


def _elsewhere(path: Path) -> Path | None:
    """Return the only file of this name in the package around the current folder."""
    root = package_root(Path.cwd())
    if root is None or not path.name:
        return None
    same = [file for file in islice(_files(root), MOST_SEEN) if file.name == path.name]
    return Path(os.path.relpath(same[0])) if len(same) == 1 else None


def _files(folder: Path) -> Iterator[Path]:
    """Yield the files below a folder, but not those of hidden folders and environments."""
    for here, folders, names in os.walk(folder):
        folders[:] = [
            name
            for name in folders
            if name[0] != "." and not Path(here, name, "pyvenv.cfg").exists()
        ]
        yield from (Path(here, name) for name in names)


def _alike(path: Path) -> Path | None:
    """Return what lies in the same folder under almost the same name, without hidden files."""
    try:
        names = [other.name for other in path.parent.iterdir() if other.name[0] != "."]
    except OSError:
        return None
    stems = [name for name in names if name.partition(".")[0] == path.name.partition(".")[0]]
    best = nearest(path.name, names, CLOSE_NAME) or (stems[0] if len(stems) == 1 else None)
    return path.with_name(best) if best else None
