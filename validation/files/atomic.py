"""Writing files all or nothing: one file, or several together, whatever happens meanwhile.

Several files are first written whole into a folder beside. A journal, which names where each
belongs, is what decides: before it is there, the old files stand; from then on the new ones do,
and whoever finds the journal of a process that was killed finishes what it began.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from ..errors import InputError

JOURNAL = ".eventbook-journal.json"
STAGE = ".eventbook-stage-"
Moves = list[tuple[str | None, str]]
"""Staged files, by their names in the root, and what they become; None takes a file away."""


@contextmanager
def atomic_file(path: Path) -> Iterator[Path]:
    """A new file that gets its name when it is whole; on failure nothing of it is left.

    Raises:
        InputError: the folder is not there or cannot be written to, or the disk is full.
    """
    if path.is_dir() or not path.parent.is_dir():
        raise InputError(f"{path}: cannot be written: no such folder, or it is a folder")
    with report_os_errors(path):
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        os.close(handle)
        new = Path(name)
        try:
            yield new
            _to_disk(new)
            new.replace(path)
        finally:
            new.unlink(missing_ok=True)


@contextmanager
def report_os_errors(path: Path) -> Iterator[None]:
    """What the system refuses about a file or folder, as one line for a person."""
    try:
        yield
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror or error}") from None


@contextmanager
def staging_folder(root: Path) -> Iterator[Path]:
    """An empty folder in `root` to write new files into; it is gone afterwards.

    What processes that were killed left behind there is finished or taken away first.

    Raises:
        InputError: `root` cannot be written to.
    """
    with report_os_errors(root):
        root.mkdir(parents=True, exist_ok=True)
        recover(root)
        for left in root.glob(STAGE + "*"):
            if (lock := _locked(left)) is not None:
                shutil.rmtree(left, ignore_errors=True)
                os.close(lock)
        stage = Path(tempfile.mkdtemp(prefix=STAGE, dir=root))
    lock = _locked(stage)
    try:
        yield stage
    finally:
        if not (root / JOURNAL).exists():
            shutil.rmtree(stage, ignore_errors=True)
        if lock is not None:
            os.close(lock)


def _locked(stage: Path) -> int | None:
    """A lock on a folder, held until it is closed; None if another process has it."""
    try:
        import fcntl
    except ImportError:  # a system without such locks keeps what was left behind
        return None
    try:
        handle = os.open(stage / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        return None
    return handle


def replace_all(stage: Path, files: Mapping[Path, Path]) -> None:
    """Put staged files in place of old ones: all of them, or none.

    A kill before the journal is written leaves the old files. After it, `recover` (which each
    command calls that looks at the package) puts the rest in place.

    Args:
        stage: the folder from `staged`, in the root that the targets lie in.
        files: for each staged file the file that it becomes.

    Raises:
        InputError: a file cannot be put in place; the old ones are back.
    """
    root = stage.parent
    forth: Moves = []
    back: Moves = []
    with report_os_errors(root):
        kept = stage / "old"
        kept.mkdir(exist_ok=True)
        for number, (new, target) in enumerate(files.items()):
            target.parent.mkdir(parents=True, exist_ok=True)
            _to_disk(new)
            old = kept / str(number)
            if target.exists():
                shutil.copy2(target, old)
            name = target.relative_to(root).as_posix()
            forth.append((new.relative_to(root).as_posix(), name))
            back.append((old.relative_to(root).as_posix() if old.exists() else None, name))
        _decide(stage, forth)
    try:
        _finish(root, forth)
    except BaseException as error:
        # The way back is a decision of its own: a kill on it must not end half-way either.
        with report_os_errors(root):
            _decide(stage, back)
            _finish(root, back)
        if not isinstance(error, OSError):
            raise
        raise InputError(
            f"{error.filename2 or error.filename or root}: cannot be written: "
            f"{error.strerror or error}; the old files are back"
        ) from None


def _decide(stage: Path, moves: Moves) -> None:
    """Write the journal: from now on these moves are what will have happened."""
    journal = stage / "journal"
    journal.write_text(json.dumps({"moves": moves}), encoding="utf-8")
    _to_disk(journal)
    journal.replace(stage.parent / JOURNAL)
    _to_disk(stage.parent)


def recover(root: Path) -> bool:
    """Finish what a process was killed over while it put files in place; say whether there was any.

    The journal may come from a stranger's folder: a line that does not lead from a staging folder
    of `root` to a place in `root` makes it void.

    Raises:
        InputError: the journal cannot be read, or leads elsewhere, or the files cannot be moved.
    """
    journal = root / JOURNAL
    if not journal.is_file():
        return False
    try:
        moves = json.loads(journal.read_text(encoding="utf-8"))["moves"]
        sound = all(
            isinstance(target, str)
            and _inside(root, target)
            and (new is None or (new.startswith(STAGE) and _inside(root, new)))
            for new, target in moves
        )
    except (ValueError, KeyError, TypeError, AttributeError, UnicodeDecodeError):
        sound, moves = False, []
    if not sound:
        raise InputError(
            f"{journal}: not a journal of files to put in place; look at it, and remove it"
        )
    with report_os_errors(root):
        _finish(root, moves)
    return True


def _inside(root: Path, name: str) -> bool:
    """Whether a name, links followed, leads to a place in the folder."""
    return (root / name).parent.resolve().is_relative_to(root.resolve()) and ".." not in Path(
        name
    ).parts


def _finish(root: Path, moves: Moves) -> None:
    """Make the moves that were not made yet, and take the journal away."""
    for new, target in moves:
        # Gone: it was moved before, by us or by another who found the journal.
        with contextlib.suppress(FileNotFoundError):
            if new is None:
                (root / target).unlink()
            else:
                os.replace(root / new, root / target)
    for folder in {(root / target).parent for _, target in moves}:
        _to_disk(folder)
    (root / JOURNAL).unlink(missing_ok=True)


def _to_disk(path: Path) -> None:
    """Have the system write a file, or the names in a folder, to the disk; others may read it."""
    if path.is_dir():
        if os.name == "nt":  # there folders are no files that can be opened
            return
        handle = os.open(path, os.O_RDONLY)
    else:
        path.chmod(0o644)
        handle = os.open(path, os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def unchanged_while_reading(*paths: Path) -> Iterator[None]:
    """Hold that files do not change while they are read.

    Raises:
        InputError: one did; what was read may be half of the old and half of the new.
    """
    before = [_state(path) for path in paths]
    yield
    for path, was in zip(paths, before, strict=True):
        if _state(path) != was:
            raise InputError(f"{path}: changed while it was read; nothing was done: try again")


def _state(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


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
