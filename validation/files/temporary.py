"""Folders for temporary files that nothing is left of, even if the process is killed."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .lock import lock_path

PREFIX = ".eventbook-temporary-"


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """Yield an empty folder, which is removed afterwards, with all that killed processes left.

    A process keeps its folder locked as long as it lives: one that can be locked has no owner.

    Raises:
        OSError: the folder for temporary files cannot be written to.
    """
    above = Path(tempfile.gettempdir())
    _remove_abandoned(above)
    folder, handle = _locked_folder()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if handle is not None:
            os.close(handle)


def _locked_folder() -> tuple[Path, int | None]:
    while True:
        folder = Path(tempfile.mkdtemp(prefix=PREFIX))
        handle = lock_path(folder, wait=True)
        # Another process may have taken it for an abandoned one before it was locked.
        if folder.is_dir():
            return folder, handle
        if handle is not None:
            os.close(handle)


def _remove_abandoned(above: Path) -> None:
    for folder in above.glob(f"{PREFIX}*"):
        if folder.is_symlink() or not folder.is_dir() or not _is_ours(folder):
            continue
        handle = lock_path(folder, wait=False)
        if handle is not None:
            shutil.rmtree(folder, ignore_errors=True)
            os.close(handle)


def _is_ours(folder: Path) -> bool:
    try:
        return hasattr(os, "getuid") and folder.stat().st_uid == os.getuid()
    except OSError:
        return False
