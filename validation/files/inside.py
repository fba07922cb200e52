"""Files of a folder that somebody else may have made: read only where they are plain and in it.

A clone or an archive may bring links to any file of this user, pipes that never end, and devices.
What they hold would go into findings, into pages and into a release.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from ..errors import InputError

LARGEST = 64 << 20
"""Bytes of a file that is read whole."""


def ensure_contained(root: Path, names: Iterable[str]) -> None:
    """Ensure that files of a folder, and all below folders of it, are plain files in it.

    Args:
        root: the folder.
        names: files or folders in it; those that do not exist are left out.

    Raises:
        InputError: a link leads out of the folder, or something is neither a file nor a folder.
    """
    real = root.resolve()
    for name in names:
        for entry in _entries(str(root / name)):
            if _is_plain(entry):
                continue
            path = Path(entry)
            if path.is_symlink() and not path.resolve().is_relative_to(real):
                raise InputError(
                    f"{path}: a link that leads out of {root}; put the file itself there"
                )
            if path.exists() and not (path.is_file() or path.is_dir()):
                raise InputError(f"{path}: neither a file nor a folder")


def _is_plain(path: str) -> bool:
    """Return whether something is a file or folder itself, and no link to one."""
    try:
        mode = os.lstat(path).st_mode
    except OSError:
        return False
    return stat.S_ISREG(mode) or stat.S_ISDIR(mode)


def _entries(path: str) -> Iterator[str]:
    yield path
    for folder, folders, files in os.walk(path):
        yield from (os.path.join(folder, name) for name in (*folders, *files))


def read_plain(folder: Path, name: str) -> bytes:
    """Return the bytes of a file that a table names, which must lie in a folder.

    Args:
        folder: the folder.
        name: its path in the folder, with slashes.

    Raises:
        InputError: the name or a link leads out of the folder, or it is no plain file, or larger
            than `LARGEST`; the message is a clause without the name.
        OSError: it is missing or cannot be read.
    """
    parts = name.split("/")
    if any(part in ("", ".", "..") for part in parts) or re.search(r"[\x00-\x1f\x7f\\]|^\w:", name):
        raise InputError("the name of a file in the folder is expected, without .. or a root")
    path = folder / name
    below = (os.path.join(folder, *parts[:depth]) for depth in range(1, len(parts) + 1))
    # Without a link on the way it is in the folder, wherever that is.
    if any(map(os.path.islink, below)) and not path.resolve().is_relative_to(folder.resolve()):
        raise InputError("a link leads out of the folder")
    # A pipe without a writer is opened at once, and seen to be none; nothing is read of a device.
    with open(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)), "rb") as stream:
        state = os.fstat(stream.fileno())
        if not stat.S_ISREG(state.st_mode):
            raise InputError("it is not a plain file")
        if state.st_size > LARGEST:
            raise InputError(f"it is larger than {LARGEST:,} bytes")
        return stream.read(LARGEST + 1)
