"""The folder in which this user's own runs remember what they have not finished."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from ..errors import InputError


def state_folder() -> Path:
    """Return the state folder of this user, made if it is missing.

    It follows the XDG base directories (on Windows, the local application data). Where the user
    has no home that can be written to, as in some containers, it lies in the temporary folder.

    Raises:
        InputError: there is no place for it that belongs to this user alone.
    """
    for folder in _candidates():
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError:
            continue
        if _is_ours(folder):
            return folder
    raise InputError("no folder to write to for this user: set XDG_STATE_HOME to one")


def _candidates() -> list[Path]:
    found = []
    for variable in ("XDG_STATE_HOME", "LOCALAPPDATA"):
        # A relative path would lead into whatever folder the command runs in.
        if Path(os.environ.get(variable, "")).is_absolute():
            found.append(Path(os.environ[variable]) / "eventbook")
    home = Path(os.path.expanduser("~"))
    if home.is_absolute():
        found.append(home / ".local" / "state" / "eventbook")
    owner = os.getuid() if hasattr(os, "getuid") else os.environ.get("USERNAME", "")
    found.append(Path(tempfile.gettempdir()) / f"eventbook-{owner}")
    return found


def _is_ours(folder: Path) -> bool:
    """Whether a folder is a real one that only this user can write to."""
    if not os.access(folder, os.W_OK | os.X_OK) or folder.is_symlink():
        return False
    if os.name == "nt":
        return True
    state = folder.stat()
    return state.st_uid == os.getuid() and not state.st_mode & 0o022
