"""The journal of files that are being put in place, so that an interrupted run can be finished.

A package may come from anybody, with any file in it. The journal therefore lies outside of it, in
the state folder of this user, under a name made of the package's real path: nothing that a clone,
an archive or a synchronised folder brings is ever taken for a journal. It is acted on only by a
command that writes to the same folder, and only while the staging folder that it was written for
is still there.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from ..errors import InputError
from .hashing import sha256
from .state import state_folder

Moves = list[tuple[str | None, str]]
"""Staged files, by their names in the root, and what they become; None takes a file away."""

LOG = logging.getLogger("eventbook")


@dataclass(frozen=True)
class Journal:
    """The moves that were decided; `stage` and `identity` name the staging folder they start in."""

    root: str
    stage: str
    identity: tuple[int, int]
    moves: Moves


def write(root: Path, stage: Path, moves: Moves) -> None:
    """Write the journal: from now on these moves are what will have happened."""
    path = _path(root)
    new = path.with_name(f"{path.name}.{os.getpid()}")
    journal = Journal(str(root.resolve()), stage.name, _identity(stage), moves)
    new.write_text(json.dumps(asdict(journal)), encoding="utf-8")
    to_disk(new)
    new.replace(path)
    to_disk(path.parent)


def finish(root: Path, moves: Moves) -> None:
    """Make the moves that were not made yet, and take the journal away."""
    for new, target in moves:
        # Gone: it was moved before the run was interrupted.
        with contextlib.suppress(FileNotFoundError):
            if new is None:
                (root / target).unlink()
            else:
                os.replace(root / new, root / target)
    for folder in {(root / target).parent for _, target in moves}:
        to_disk(folder)
    withdraw(root)


def withdraw(root: Path) -> None:
    """Take the journal away: what it names is done, or is not to be done."""
    _path(root).unlink(missing_ok=True)


def unfinished(root: Path) -> Journal | None:
    """Return the journal that an interrupted run of this user left for a folder, if there is one.

    Raises:
        InputError: it cannot be read.
    """
    path = _path(root)
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        moves = [(new, target) for new, target in found["moves"]]
        journal = Journal(found["root"], found["stage"], tuple(found["identity"]), moves)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError(f"{path}: not a valid journal; inspect and delete it: {error}") from None
    return journal if journal.root == str(root.resolve()) else None


def recover(root: Path) -> bool:
    """Finish what an interrupted run of this user began in a folder, and log it as a warning.

    Returns:
        Whether there was something to finish.

    Raises:
        InputError: the journal cannot be read, or leads out of the folder.
        OSError: a file cannot be moved.
    """
    journal = unfinished(root)
    if journal is None:
        return False
    stage = root / journal.stage
    if not stage.is_dir() or stage.is_symlink() or _identity(stage) != journal.identity:
        _path(root).unlink(missing_ok=True)
        LOG.warning(
            "%s: an interrupted run left files to put in place, but the folder was replaced since: "
            "nothing was moved",
            root,
        )
        return False
    ensure_inside(root, [root / target for _, target in journal.moves])
    finish(root, journal.moves)
    names = ", ".join(target for _, target in journal.moves)
    LOG.warning("%s: finished what an interrupted run began: %s", root, names)
    return True


def ensure_inside(root: Path, targets: list[Path]) -> None:
    """Ensure that files lie in a folder, and that no link leads them out of it.

    Raises:
        InputError: one does not.
    """
    real = root.resolve()
    for target in targets:
        if ".." in target.parts or not target.parent.resolve().is_relative_to(real):
            raise InputError(f"{target}: a link leads out of {root}; nothing is written there")


def to_disk(path: Path) -> None:
    """Have the system write a file, or the names in a folder, to the disk."""
    if path.is_dir():
        if os.name == "nt":  # there folders are no files that can be opened
            return
        handle = os.open(path, os.O_RDONLY)
    else:
        handle = os.open(path, os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _path(root: Path) -> Path:
    return state_folder() / f"{sha256(os.fsencode(root.resolve()))[:32]}.json"


def _identity(folder: Path) -> tuple[int, int]:
    state = folder.stat()
    return state.st_dev, state.st_ino
