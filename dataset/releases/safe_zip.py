"""Opening an archive that may be hostile: what is wrong with it is found before anything is written."""

from __future__ import annotations

import errno
import itertools
import re
import stat
import unicodedata
import zipfile
from pathlib import Path, PurePosixPath

from ...validation.findings import Finding

MEMBERS = 10_000
DIRECTORY = 16 << 20
"""Bytes that the archive's own table of contents may have: it is read into memory whole."""
TOTAL = 8 << 30
RATIO = 300
"""How many times smaller a member may be than its content, from `SMALL` bytes of content on."""
SMALL = 1 << 20
LONGEST_NAME = 240
ALLOWED_DOT = ".zenodo.json"
DEVICES = re.compile(r"^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(\..*)?$", re.I)
CHUNK = 1 << 20


class Refused(Exception):
    """An archive that is not opened; `findings` say why."""

    def __init__(self, findings: list[Finding]):
        super().__init__("; ".join(f"{f.rule}: {f.message}" for f in findings[:3]))
        self.findings = findings


def unpack(path: Path, target: Path) -> None:
    """Unpack an archive into an empty folder, if nothing is wrong with its names and sizes.

    Raises:
        Refused: something is; nothing was written outside of `target`.
    """
    found: list[Finding] = []

    def refuse(rule: str, message: str, name: str | None = None) -> None:
        found.append(Finding(rule, "error", str(path), None, None, None, _shown(name), message))

    try:
        with path.open("rb") as stream:
            size = _directory_size(stream)
        if size is None:
            refuse("archive-damaged", "Not a ZIP archive, or its end is missing.")
        elif size > DIRECTORY:
            refuse("archive-members", f"The table of contents has {size:,} bytes.")
        if found:
            raise Refused(found)
        with zipfile.ZipFile(path) as archive:
            members = [m for m in archive.infolist() if not m.is_dir()]
            _names(archive.infolist(), refuse)
            _sizes(members, refuse)
            if found:
                raise Refused(found)
            for member in members:
                _write(archive, member, target / member.filename, refuse)
    except Refused:
        raise
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError) as error:
        refuse("archive-damaged", f"Not readable as a ZIP archive: {str(error)[:200]}.")
    except Exception as error:
        # zlib and struct errors of a damaged member, or a place in the file that cannot be; a full
        # disk is no fault of the archive.
        if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
            raise
        refuse("archive-damaged", f"Not readable as a ZIP archive: {str(error)[:200]}.")
    if found:
        raise Refused(found)


def _directory_size(stream) -> int | None:  # type: ignore[no-untyped-def]
    """The bytes of the table of contents, as the end of the archive says; None if there is none."""
    stream.seek(0, 2)
    whole = stream.tell()
    stream.seek(max(0, whole - (1 << 16) - 22 - 20))
    tail = stream.read()
    at = tail.rfind(b"PK\5\6")
    if at < 0 or len(tail) < at + 22:
        return None
    size = int.from_bytes(tail[at + 12 : at + 16], "little")
    if at >= 20 and tail[at - 20 : at - 16] == b"PK\6\7":
        stream.seek(int.from_bytes(tail[at - 12 : at - 4], "little"))
        record = stream.read(56)
        if len(record) == 56 and record[:4] == b"PK\6\6":
            size = max(size if size < 1 << 32 - 1 else 0, int.from_bytes(record[40:48], "little"))
    return size


def _names(members: list[zipfile.ZipInfo], refuse) -> None:  # type: ignore[no-untyped-def]
    if len(members) > MEMBERS:
        refuse("archive-members", f"{len(members):,} members; {MEMBERS:,} are allowed.")
        return
    seen: dict[str, str] = {}
    folders: set[str] = set()
    for member in members:
        # The name as it stands in the archive: zipfile itself cuts at a zero byte.
        for rule, message in name_problems(member.orig_filename.rstrip("/")):
            refuse(rule, message, member.orig_filename)
        kind = stat.S_IFMT(member.external_attr >> 16)
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            what = "A link" if kind == stat.S_IFLNK else "A device, pipe or socket"
            refuse("archive-link", f"{what}, where a file is expected.", member.filename)
        if member.flag_bits & 0x1:
            refuse("archive-encrypted", "The member is encrypted.", member.filename)
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            refuse("archive-method", "Neither stored nor deflated.", member.filename)
        folded = unicodedata.normalize("NFC", member.filename.rstrip("/")).casefold()
        if folded in seen and not (member.is_dir() and seen[folded] == member.filename):
            refuse(
                "archive-name-clash", f"The name is also that of {seen[folded]!r}.", member.filename
            )
        seen.setdefault(folded, member.filename)
        folders |= {str(p) for p in PurePosixPath(folded).parents if str(p) != "."}
    for folded, name in seen.items():
        if folded in folders and not name.endswith("/"):
            refuse("archive-name-clash", "A file and a folder have one name.", name)


def name_problems(name: str) -> list[tuple[str, str]]:
    """What is wrong with the name of a file of a package: rule and message of each problem."""
    found = []
    parts = name.split("/")
    if name.startswith(("/", "\\")) or re.match(r"^[A-Za-z]:", name) or "://" in name:
        found.append(("name-absolute", "The name leads out of the package."))
    if "\\" in name:
        found.append(("name-backslash", "A backslash is a folder on some systems."))
    if ".." in parts:
        found.append(("name-parent", "The name leads to a folder above."))
    if any(part in ("", ".") for part in parts) and not name.startswith("/"):
        found.append(("name-dot", "An empty part or a dot stands for no file."))
    hidden = [p for p in parts if p.startswith(".") and p not in (".", "..", ALLOWED_DOT)]
    if hidden:
        found.append(("name-hidden", "A name that begins with a dot is hidden on some systems."))
    if any(DEVICES.match(part) for part in parts):
        found.append(("name-device", "The name is that of a device on some systems."))
    if any(part.endswith((" ", ".")) and part not in (".", "..") for part in parts):
        found.append(("name-ending", "A space or dot at the end is dropped on some systems."))
    if any(unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp") for c in name):
        found.append(("name-control", "A control or direction character hides what the name is."))
    if any(c in '<>:"|?*' for c in name) and not re.match(r"^[A-Za-z]:", name):
        found.append(("name-character", "A character that some systems allow in no name."))
    if len(name.encode("utf-8", "surrogatepass")) > LONGEST_NAME:
        found.append(("name-long", f"The name is longer than {LONGEST_NAME} bytes."))
    return found


def _sizes(members: list[zipfile.ZipInfo], refuse) -> None:  # type: ignore[no-untyped-def]
    total = sum(m.file_size for m in members)
    if total > TOTAL:
        refuse("archive-total", f"Unpacked it would have {total:,} bytes; {TOTAL:,} are allowed.")
    for member in members:
        if member.file_size > SMALL and member.file_size > RATIO * max(1, member.compress_size):
            ratio = member.file_size // max(1, member.compress_size)
            refuse("archive-ratio", f"Packed {ratio:,} times smaller than it is.", member.filename)
    ordered = sorted(members, key=lambda m: m.header_offset)
    for one, other in itertools.pairwise(ordered):
        if one.header_offset + 30 + one.compress_size > other.header_offset:
            refuse("archive-overlap", "Two members lie over each other.", other.filename)


def _write(archive: zipfile.ZipFile, member: zipfile.ZipInfo, path: Path, refuse) -> None:  # type: ignore[no-untyped-def]
    path.parent.mkdir(parents=True, exist_ok=True)
    done = 0
    with archive.open(member) as source, path.open("xb") as out:
        while chunk := source.read(CHUNK):
            done += len(chunk)
            if done > member.file_size:
                refuse("archive-total", "It holds more than it says.", member.filename)
                return
            out.write(chunk)
    if done != member.file_size:
        refuse("archive-damaged", "It holds less than it says.", member.filename)


def _shown(name: str | None) -> str | None:
    """A name as a report may print it."""
    return None if name is None else ascii(name[:200])[1:-1]
