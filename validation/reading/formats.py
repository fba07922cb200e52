"""Recognise formats that eventbook does not read, by their first bytes or their names."""

from __future__ import annotations

import codecs
import stat
from pathlib import Path

from ..errors import InputError

READS = "eventbook reads CSV, gzipped CSV, Parquet, XLSX, and JSON as the APIs of ACLED and UCDP return it"

BY_BYTES = (
    (b"RDX2\n", "R data"),
    (b"RDX3\n", "R data"),
    (b"RDA3\n", "R data"),
    (b"X\n\0\0\0", "R data"),
    (b"A\n2\n", "R data"),
    (b"A\n3\n", "R data"),
    (b"<stata_dta>", "Stata data"),
    (b"$FL2", "SPSS data"),
    (b"$FL3", "SPSS data"),
    (b"ARROW1", "an Arrow file (Feather)"),
    (b"FEA1", "an Arrow file (Feather)"),
    (b"BZh", "a file compressed with bzip2"),
    (b"\xfd7zXZ\0", "a file compressed with xz"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"\x28\xb5\x2f\xfd", "a file compressed with zstd"),
    (b"Rar!", "a RAR archive"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"%PDF", "a PDF"),
    (b"\x89PNG", "a picture (PNG)"),
    (b"\xff\xd8\xff", "a picture (JPEG)"),
    (b"GIF8", "a picture (GIF)"),
    (b"\x00\x00\x27\x0a", "a shapefile"),
    (b"\x89HDF", "an HDF5 file"),
    (b"{\\rtf", "a word processor document (RTF)"),
)
BY_NAME = {
    ".rda": "R data",
    ".rdata": "R data",
    ".rds": "R data",
    ".dta": "Stata data",
    ".sav": "SPSS data",
    ".zsav": "SPSS data",
    ".por": "SPSS data",
    ".sas7bdat": "SAS data",
    ".xpt": "SAS data",
    ".feather": "an Arrow file (Feather)",
    ".arrow": "an Arrow file",
    ".orc": "an ORC file",
    ".bz2": "a file compressed with bzip2",
    ".xz": "a file compressed with xz",
    ".7z": "a 7z archive",
    ".geojson": "GeoJSON",
    ".shp": "a shapefile",
    ".gpkg": "a GeoPackage",
    ".kml": "KML",
    ".dbf": "a dBase table",
    ".pdf": "a PDF",
    ".doc": "a word processor document",
    ".docx": "a word processor document",
    ".html": "a web page",
    ".htm": "a web page",
    ".pkl": "Python data",
    ".pickle": "Python data",
}
BEGINNINGS = {".parquet": (b"PAR1", "Parquet"), ".xlsx": (b"PK", "an Excel workbook")}
"""How files of these names begin; as text, a file is read whatever its name."""
DO = {
    "R data": "in R: write.csv(x, 'x.csv', row.names = FALSE, na = '')",
    "a file compressed with bzip2": "unpack it first",
    "a file compressed with xz": "unpack it first",
    "a file compressed with zstd": "unpack it first",
    "a 7z archive": "unpack it first",
    "a RAR archive": "unpack it first",
}


def refuse_other_formats(path: Path, first: bytes) -> None:
    """Ensure that a file is not of a format that eventbook does not read.

    Args:
        path: the file.
        first: its first bytes, a few dozen.

    Raises:
        InputError: it is; the message names the format, and what to do.
    """
    kind = _by_bytes(first) or BY_NAME.get(path.suffix.lower())
    page = first.lstrip()[:15].lower()
    if kind is None and page.startswith((b"<!doctype html", b"<html")):
        kind = "a web page"
    elif kind is None and page.startswith((b"<?xml", b"<kml", b"<svg")):
        kind = "XML"
    begins, what = BEGINNINGS.get(path.suffix.lower(), (b"", ""))
    if kind is None and not first.startswith(begins) and not _is_text(first):
        kind = f"by its name {what}, by its first bytes not: damaged, or of another kind"
    if kind is None:
        return
    todo = f"; {DO[kind]}" if kind in DO else ""
    raise InputError(f"{path}: {kind}; {READS}{todo}")


def _is_text(first: bytes) -> bool:
    """Return whether bytes may begin a text; its last character may be cut."""
    try:
        return "\0" not in codecs.getincrementaldecoder("utf-8")().decode(first)
    except UnicodeDecodeError:
        return False


def _by_bytes(first: bytes) -> str | None:
    content = first
    if first[:2] == b"\x1f\x8b":
        # R compresses its data like a gzipped CSV file.
        content = _beginning(first)
    return next((kind for start, kind in BY_BYTES if content.startswith(start)), None)


def _beginning(packed: bytes) -> bytes:
    """Return the beginning of the content of a gzip file, from its first bytes."""
    import zlib

    try:
        return zlib.decompressobj(wbits=31).decompress(packed, 64)
    except zlib.error:
        return b""


def ensure_regular(path: Path) -> None:
    """Ensure that a path is not a pipe, socket or device, which may never end.

    Raises:
        InputError: it is, or its type cannot be determined.
    """
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"{path}: cannot be read: {reason}") from None
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        raise InputError(
            f"{path}: a pipe, socket or device, not a file; save the data to a file first"
        )
