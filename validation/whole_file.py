"""Writing a file all or nothing."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import InputError


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A new file that gets its name when it is whole; on failure nothing of it is left.

    Raises:
        InputError: the folder is not there or cannot be written to, or the disk is full.
    """
    if path.is_dir() or not path.parent.is_dir():
        raise InputError(f"{path}: cannot be written: no such folder, or it is a folder")
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        os.close(handle)
        new = Path(name)
        try:
            yield new
            new.chmod(0o644)
            new.replace(path)
        finally:
            new.unlink(missing_ok=True)
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror or error}") from None
