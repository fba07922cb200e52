"""Open an archive that may be hostile: it is checked before anything is written."""

from __future__ import annotations

import errno
import itertools
import re
import stat
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from ...validation.errors import InputError, one_line
from .problem import Problem

MEMBERS = 10_000
DIRECTORY = 16 << 20
"""The maximum size of the central directory, which is read into memory at once, in bytes."""
TOTAL = 8 << 30
RATIO = 300
"""The maximum compression ratio of a member whose content has `SMALL` bytes or more."""
SMALL = 1 << 20
LONGEST_NAME = 240
ALLOWED_DOT = ".zenodo.json"
DEVICES = re.compile(r"^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(\..*)?$", re.I)
CHUNK = 1 << 20
IN_ZIP64 = 0xFFFFFFFF
"""The value of a four-byte size that means: the actual size is in the ZIP64 record."""


class Refused(InputError):
    """An archive that is not opened because of its `problems`."""

    def __init__(self, problems: list[Problem]):
        super().__init__("; ".join(f"{p.rule}: {p.message}" for p in problems[:3]))
        self.problems = problems


def unpack_safely(path: Path, target: Path) -> None:
    """Unpack an archive into an empty folder if its names and sizes are safe.

    Raises:
        Refused: they are not; nothing was written outside of `target`.
    """
    try:
        with path.open("rb") as stream:
            _refuse(_end_problems(stream))
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            files = [member for member in members if not member.is_dir()]
            _refuse([*_member_problems(members), *_size_problems(files)])
            for member in files:
                _write(archive, member, target / member.filename)
    except Refused:
        raise
    except Exception as error:
        # zlib and struct errors of a damaged member, or an impossible position in the file; a full
        # disk is not the fault of the archive.
        if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
            raise
        _refuse([_damaged(f"Not readable as a ZIP archive: {one_line(error)}.")])


def _refuse(problems: Iterable[Problem]) -> None:
    if problems := list(problems):
        raise Refused(problems)


def _damaged(message: str, name: str | None = None) -> Problem:
    return Problem("archive-damaged", message, value=name)


def _end_problems(stream: BinaryIO) -> Iterator[Problem]:
    size = _directory_size(stream)
    if size is None:
        yield _damaged("Not a ZIP archive, or its end is missing.")
    elif size > DIRECTORY:
        yield Problem("archive-members", f"The table of contents has {size:,} bytes.")


def _directory_size(stream: BinaryIO) -> int | None:
    """Return the size of the central directory, from the end of the archive; None if it has no end."""
    stream.seek(0, 2)
    length = stream.tell()
    stream.seek(max(0, length - (1 << 16) - 22 - 20))
    tail = stream.read()
    at = tail.rfind(b"PK\5\6")
    if at < 0 or len(tail) < at + 22:
        return None
    size = int.from_bytes(tail[at + 12 : at + 16], "little")
    if at >= 20 and tail[at - 20 : at - 16] == b"PK\6\7":
        stream.seek(int.from_bytes(tail[at - 12 : at - 4], "little"))
        record = stream.read(56)
        if len(record) == 56 and record[:4] == b"PK\6\6":
            long = int.from_bytes(record[40:48], "little")
            size = long if size == IN_ZIP64 else max(size, long)
    return size


def _member_problems(members: list[zipfile.ZipInfo]) -> Iterator[Problem]:
    """Yield what is wrong with the names and kinds of the members."""
    if len(members) > MEMBERS:
        message = f"{len(members):,} members; {MEMBERS:,} are allowed."
        yield Problem("archive-members", message)
        return
    yield from macos_problems(member.filename for member in members)
    seen: dict[str, str] = {}
    folders: set[str] = set()
    for member in members:
        if not made_by_macos(member.filename):
            # The name as it is in the archive; zipfile truncates it at a zero byte.
            yield from name_problems(member.orig_filename.rstrip("/"))
        kind = stat.S_IFMT(member.external_attr >> 16)
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            what = "A link" if kind == stat.S_IFLNK else "A device, pipe or socket"
            yield Problem("archive-link", f"{what}, not a file.", value=member.filename)
        if member.flag_bits & 0x1:
            yield Problem("archive-encrypted", "The member is encrypted.", value=member.filename)
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            message = "Neither stored nor deflated."
            yield Problem("archive-method", message, value=member.filename)
        folded = unicodedata.normalize("NFC", member.filename.rstrip("/")).casefold()
        if folded in seen and not (member.is_dir() and seen[folded] == member.filename):
            message = f"The name clashes with {seen[folded]!r}."
            yield Problem("archive-name-clash", message, value=member.filename)
        seen.setdefault(folded, member.filename)
        folders |= {str(p) for p in PurePosixPath(folded).parents if str(p) != "."}
    for folded, name in seen.items():
        if folded in folders and not name.endswith("/"):
            yield Problem(
                "archive-name-clash", "A file and a folder have the same name.", value=name
            )


def made_by_macos(name: str) -> bool:
    """Return whether macOS creates files of this name when it zips or opens a folder."""
    return any(p in ("__MACOSX", ".DS_Store") or p.startswith("._") for p in name.split("/"))


def macos_problems(names: Iterable[str]) -> Iterator[Problem]:
    """Yield one problem for all files that macOS added to a release."""
    added = [name for name in names if made_by_macos(name) and not name.endswith("/")]
    if added:
        files = "a file" if len(added) == 1 else f"{len(added):,} files"
        message = (
            f"macOS added {files} when it zipped or opened the folder: delete __MACOSX, .DS_Store "
            "and names that begin with ._ (zip -d ARCHIVE '__MACOSX/*' '*.DS_Store'), or download "
            "the release again."
        )
        yield Problem("macos-files", message, value=added[0])


def name_problems(name: str, file: str = "", line: int | None = None) -> list[Problem]:
    """Return what is wrong with the name of a file of a release.

    Args:
        name: the path from the root of the release.
        file: the file in which the name was found.
        line: its line there.
    """
    parts = name.split("/")
    problems = []
    if name.startswith(("/", "\\")) or re.match(r"^[A-Za-z]:", name) or "://" in name:
        problems.append(("name-absolute", "The name points outside the package."))
    if "\\" in name:
        problems.append(("name-backslash", "A backslash separates folders on some systems."))
    if ".." in parts:
        problems.append(("name-parent", "The name points to a parent folder."))
    if any(part in ("", ".") for part in parts) and not name.startswith("/"):
        problems.append(("name-dot", "A part of the name is empty or a dot."))
    hidden = [p for p in parts if p.startswith(".") and p not in (".", "..", ALLOWED_DOT)]
    if hidden:
        problems.append(("name-hidden", "A name that begins with a dot is hidden on some systems."))
    if any(DEVICES.match(part) for part in parts):
        problems.append(("name-device", "The name is that of a device on some systems."))
    if any(part.endswith((" ", ".")) and part not in (".", "..") for part in parts):
        problems.append(("name-ending", "A space or dot at the end is dropped on some systems."))
    if any(unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp") for c in name):
        problems.append(("name-control", "A control or direction character disguises the name."))
    if any(c in '<>:"|?*' for c in name) and not re.match(r"^[A-Za-z]:", name):
        problems.append(("name-character", "A character that some systems do not allow in names."))
    if len(name.encode("utf-8", "surrogatepass")) > LONGEST_NAME:
        problems.append(("name-long", f"The name is longer than {LONGEST_NAME} bytes."))
    return [Problem(rule, message, file, line, value=name) for rule, message in problems]


def _size_problems(files: list[zipfile.ZipInfo]) -> Iterator[Problem]:
    """Yield what is wrong with the sizes that the members claim, and with their positions."""
    total = sum(member.file_size for member in files)
    if total > TOTAL:
        message = f"It unpacks to {total:,} bytes; {TOTAL:,} are allowed."
        yield Problem("archive-total", message)
    for member in files:
        if member.file_size > SMALL and member.file_size > RATIO * max(1, member.compress_size):
            ratio = member.file_size // max(1, member.compress_size)
            message = f"Compressed {ratio:,} times; {RATIO} are allowed."
            yield Problem("archive-ratio", message, value=member.filename)
    ordered = sorted(files, key=lambda member: member.header_offset)
    for first, second in itertools.pairwise(ordered):
        if first.header_offset + 30 + first.compress_size > second.header_offset:
            yield Problem("archive-overlap", "Two members overlap.", value=second.filename)


def _write(archive: zipfile.ZipFile, member: zipfile.ZipInfo, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    written = 0
    with archive.open(member) as source, path.open("xb") as out:
        while chunk := source.read(CHUNK):
            written += len(chunk)
            if written > member.file_size:
                message = "It is larger than the archive says."
                _refuse([Problem("archive-total", message, value=member.filename)])
            out.write(chunk)
    if written != member.file_size:
        _refuse([_damaged("It is smaller than the archive says.", member.filename)])
