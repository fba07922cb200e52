"""One writer at a time in a folder."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from ..errors import InputError

WAIT = 60.0
"""Seconds that a writer waits for another one."""

_OURS: ContextVar[frozenset[Path]] = ContextVar("folders that are locked here", default=frozenset())


@contextmanager
def one_writer(root: Path) -> Iterator[bool]:
    """Wait until nobody else writes in a folder, and keep others waiting meanwhile.

    The folder itself is locked: no file is needed, and a process that is killed leaves nothing
    behind. Within the lock it can be asked for again.

    Yields:
        Whether the folder is locked; a few systems and network disks have no such locks.

    Raises:
        InputError: another process has been writing there for `WAIT` seconds.
    """
    folder = root.resolve()
    if folder in _OURS.get():
        yield True
        return
    handle = _locked(folder)
    before = _OURS.set(_OURS.get() | {folder})
    try:
        yield handle is not None
    finally:
        _OURS.reset(before)
        if handle is not None:
            os.close(handle)


def lock_path(path: Path, wait: bool) -> int | None:
    """Lock a file or folder; the lock ends with the process.

    Args:
        path: the file or folder.
        wait: wait for whoever has locked it; else give up at once.

    Returns:
        The handle, to be closed to unlock it; None if it is locked, cannot be opened, or the
        system has no locks.
    """
    try:
        import fcntl
    except ImportError:
        return None
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError:
        os.close(handle)
        return None
    return handle


def _locked(folder: Path) -> int | None:
    try:
        import fcntl
    except ImportError:
        return None
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return None
    until = time.monotonic() + WAIT
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return handle
        except BlockingIOError:
            if time.monotonic() > until:
                os.close(handle)
                raise InputError(
                    f"{folder}: another eventbook command is writing here; "
                    "run this one again when it is done"
                ) from None
            time.sleep(0.05)
        except OSError:
            with contextlib.suppress(OSError):
                os.close(handle)
            return None
