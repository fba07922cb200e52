"""The changelog: how the tables of this version differ from the last release, and release notes.

Also a command for the release workflow: `changelog VERSION < CHANGELOG.md` prints the notes.
"""

from __future__ import annotations

import re
import sys

from ...codebook import Book
from ...validation.errors import InputError
from ..releases.diff import Difference
from ..releases.diff_report import human
from ..tables.build import Frames


def changes_block(book: Book, tables: Frames, difference: Difference | None) -> str:
    """Return what changed in the data, as Markdown; for a first release, the rows of each table."""
    if difference is None:
        rows = {name: frame.height for name, frame in tables.items() if frame.height}
        counts = [book.tables[name].counted(number) for name, number in rows.items()]
        return f"First release of the data: {', '.join(counts) or 'no rows'}."
    if not difference.kinds:
        return "The data are unchanged since the last release."
    lines = "\n".join(human(difference).splitlines()[:-1])
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", lines)), default=0))
    return f"Data: {difference.summary()}.\n\n{fence}\n{lines}\n{fence}"


def notes(changelog: str, version: str) -> str:
    """Return the section of one version, without its heading and without comments.

    Raises:
        InputError: the changelog has no section of that version.
    """
    section = re.search(
        rf"^## \[{re.escape(version)}\][^\n]*\n(.*?)(?=^## |\Z)", changelog, re.M | re.S
    )
    if section is None:
        raise InputError(f"CHANGELOG.md: no section [{version}]; add one")
    text = re.sub(r"^<!--.*?-->\n", "", section[1], flags=re.M | re.S)
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


if __name__ == "__main__":
    try:
        print(notes(sys.stdin.read(), sys.argv[1]), end="")
    except InputError as error:
        sys.exit(str(error))
