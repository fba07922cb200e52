"""Files all or nothing: one file, or several together, whatever happens meanwhile.

Several files are first written whole into a staging folder next to the old ones. A journal, which
names where each belongs, decides: before it is written, the old files are valid; from then on the
new ones are, and the next command that writes there finishes what a killed one began.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path

from ..errors import InputError
from . import journal
from .lock import lock_path, one_writer

STAGE = ".eventbook-stage-"
State = tuple[int, int, int] | None
"""Time, size and number of a file; None if there is none."""


@contextmanager
def atomic_file(path: Path) -> Iterator[Path]:
    """Yield a new file that gets its name when it is complete; on failure nothing of it is left.

    Raises:
        InputError: the folder is missing or cannot be written to, or the disk is full.
    """
    if path.is_dir() or not path.parent.is_dir():
        raise InputError(f"{path}: cannot be written: no such folder, or it is a folder")
    begins = f".{path.name[:60]}.eventbook-"
    with report_os_errors(path):
        _remove_unfinished(path.parent, begins)
        new = path.with_name(begins + secrets.token_hex(4))
        new.touch(exist_ok=False)
        lock = lock_path(new, wait=True)
        try:
            yield new
            _ready(new, path)
            new.replace(path)
        finally:
            if lock is not None:
                os.close(lock)
            new.unlink(missing_ok=True)


def _remove_unfinished(folder: Path, begins: str) -> None:
    """Remove the files that killed processes left: whoever lives keeps its file locked."""
    for left in [entry for entry in folder.iterdir() if entry.name.startswith(begins)]:
        lock = lock_path(left, wait=False)
        if lock is not None:
            left.unlink(missing_ok=True)
            os.close(lock)


@contextmanager
def report_os_errors(path: Path) -> Iterator[None]:
    """Turn what the system refuses about a file or folder into one line for a person."""
    try:
        yield
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror or error}") from None


def ensure_writable(folder: Path) -> None:
    """Ensure that files can be written into a folder, or that it can be made; nothing is left there.

    Raises:
        InputError: they cannot.
    """
    there = next(path for path in (folder, *folder.parents) if os.path.lexists(path))
    with report_os_errors(folder):
        tempfile.TemporaryDirectory(prefix=STAGE, dir=there).cleanup()


@contextmanager
def staging_folder(root: Path) -> Iterator[Path]:
    """Yield an empty folder in `root` to write new files into; it is removed afterwards.

    Nobody else writes to `root` meanwhile. What an interrupted run of this user left there is
    finished, or removed, first.

    Raises:
        InputError: `root` cannot be written to, or another command keeps writing to it.
    """
    with report_os_errors(root):
        root.mkdir(parents=True, exist_ok=True)
    with one_writer(root) as locked:
        with report_os_errors(root):
            journal.recover(root)
            if locked:
                _remove_stages(root)
            stage = Path(tempfile.mkdtemp(prefix=STAGE, dir=root))
        try:
            yield stage
        finally:
            if journal.unfinished(root) is None:
                shutil.rmtree(stage, ignore_errors=True)


@contextmanager
def writing(root: Path, names: Iterable[str] = ()) -> Iterator[None]:
    """Let no other command write to a folder while its files are read and replaced.

    What an interrupted run of this user left to do is finished first, so that what is read is
    complete; what else it left is removed. An editor asks for no lock: a file that is saved
    meanwhile is not replaced.

    Args:
        root: the folder.
        names: the files in it, or folders of them, that are read here and edited elsewhere.

    Raises:
        InputError: it cannot be finished, or another command keeps writing to the folder.
    """
    with one_writer(root) as locked:
        with report_os_errors(root):
            journal.recover(root)
            if locked:
                _remove_stages(root)
            tops = tuple(root / name for name in names)
            found = [path for top in tops for path in (top, *top.rglob("*"))]
            begin = _AS_READ.set(_AsRead(tops, {path: _state(path) for path in found}))
        try:
            yield
        finally:
            _AS_READ.reset(begin)


@dataclass(frozen=True)
class _AsRead:
    """The states of files when a verb began: those of `tops`, and all below."""

    tops: tuple[Path, ...]
    states: dict[Path, State]

    def ensure_unchanged(self, targets: Iterable[Path]) -> None:
        """Ensure that nobody else has saved one of these files since.

        Raises:
            InputError: somebody has.
        """
        for target in targets:
            watched = any(target.is_relative_to(top) for top in self.tops)
            if watched and _state(target) != self.states.get(target):
                raise InputError(
                    f"{target}: was saved by somebody else meanwhile; nothing was written: run "
                    "the command again"
                )


_AS_READ: ContextVar[_AsRead | None] = ContextVar("files that are read here", default=None)


def _remove_stages(root: Path) -> None:
    """Remove the staging folders of processes that were killed: no other process writes now."""
    for left in root.glob(STAGE + "*"):
        if left.is_dir() and not left.is_symlink():
            shutil.rmtree(left, ignore_errors=True)


def replace_all(stage: Path, files: Mapping[Path, Path], gone: Sequence[Path] = ()) -> None:
    """Put staged files in place of old ones, and remove others: all of them, or none.

    Args:
        stage: the folder from `staging_folder`, in the root that the targets lie in.
        files: for each staged file the file that it becomes.
        gone: files in the root to remove.

    Raises:
        InputError: a file cannot be put in place, or a link leads out of the root; the old files
            are back.
    """
    root = stage.parent
    as_read = _AS_READ.get() or _AsRead((), {})
    targets = [*files.values(), *gone]
    as_read.ensure_unchanged(targets)
    forth: journal.Moves = []
    back: journal.Moves = []
    with report_os_errors(root):
        journal.ensure_inside(root, targets)
        kept = stage / "old"
        kept.mkdir(exist_ok=True)
        moves = [*files.items(), *((None, target) for target in gone)]
        for number, (new, target) in enumerate(moves):
            target.parent.mkdir(parents=True, exist_ok=True)
            if new is not None:
                _ready(new, target)
            old = kept / str(number)
            if target.exists():
                shutil.copy2(target, old)
            name = target.relative_to(root).as_posix()
            forth.append((None if new is None else new.relative_to(root).as_posix(), name))
            back.append((old.relative_to(root).as_posix() if old.exists() else None, name))
        journal.write(root, stage, forth)
    ours = {target: _state(new) if new else None for new, target in moves}
    try:
        # Again: the disk took its time for the copies, and an editor waits for nobody.
        as_read.ensure_unchanged(targets)
    except InputError:
        with report_os_errors(root):
            journal.withdraw(root)
        raise
    try:
        journal.finish(root, forth)
    except BaseException as error:
        # The way back is a decision of its own: a kill on it must not end half-way either.
        with report_os_errors(root):
            journal.write(root, stage, back)
            journal.finish(root, back)
        if not isinstance(error, OSError):
            raise
        raise InputError(
            f"{error.filename2 or error.filename or root}: cannot be written: "
            f"{error.strerror or error}; the old files are back"
        ) from None
    as_read.states.update(ours)


def write_all(root: Path, files: Mapping[str, bytes]) -> None:
    """Write several files below a folder: all of them or, on any failure, none.

    Args:
        root: the folder; made if it is missing.
        files: the new contents, by path from `root`.

    Raises:
        InputError: a file cannot be written; the old ones are unchanged.
    """
    with staging_folder(root) as stage:
        staged = {}
        with report_os_errors(root):
            for number, (name, data) in enumerate(files.items()):
                new = stage / f"new-{number}"
                new.write_bytes(data)
                staged[new] = root / name
        replace_all(stage, staged)


def _ready(new: Path, target: Path) -> None:
    """Have a new file on the disk, with the permissions of the one that it replaces."""
    journal.to_disk(new)
    with contextlib.suppress(FileNotFoundError):
        shutil.copymode(target, new)


@contextmanager
def unchanged_while_reading(*paths: Path) -> Iterator[None]:
    """Ensure that files do not change while they are read.

    Raises:
        InputError: one did; what was read may be half of the old and half of the new.
    """
    before = [_state(path) for path in paths]
    yield
    for path, was in zip(paths, before, strict=True):
        if _state(path) != was:
            raise InputError(f"{path}: changed while it was read; nothing was done: try again")


def _state(path: Path) -> State:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
