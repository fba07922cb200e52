"""A table in a ZIP file, as UCDP and others ship theirs."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from ..errors import InputError

TABLES = (".csv", ".csv.gz", ".parquet", ".xlsx", ".json")
LARGEST_UNPACKED = 512 << 20
"""Bytes that a packed table may unpack to where it is read at once; the stream has no such limit."""


def tables_in_zip(path: Path, data: bytes) -> bytes | None:
    """Return the one table of a ZIP file; None if it is a workbook, which is a ZIP file, too.

    Raises:
        InputError: it holds no table or several, is damaged, or its table is too large.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            names = {member.filename for member in members}
            if "[Content_Types].xml" in names or "mimetype" in names:
                return None
            tables = [
                member
                for member in members
                if member.filename.lower().endswith(TABLES)
                and not Path(member.filename).name.startswith((".", "__MACOSX"))
                and not member.filename.startswith("__MACOSX/")
            ]
            if len(tables) != 1:
                listed = ", ".join(ascii(member.filename)[1:-1] for member in tables[:12])
                what = f"with {len(tables)} tables: {listed}" if tables else "without a table"
                raise InputError(f"{path}: a ZIP file {what}; unpack it and name a file in it")
            (table,) = tables
            if table.file_size > LARGEST_UNPACKED:
                raise InputError(
                    f"{path}: a ZIP file whose table has more than {LARGEST_UNPACKED >> 20:,} MB; unpack it"
                )
            with archive.open(table) as stream:
                content = stream.read(LARGEST_UNPACKED + 1)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError) as error:
        raise InputError(f"{path}: a ZIP file that cannot be unpacked: {error}") from None
    if len(content) > LARGEST_UNPACKED:
        raise InputError(
            f"{path}: a ZIP file whose table has more than {LARGEST_UNPACKED >> 20:,} MB"
        )
    return content
