"""The desk as the tests start it: a package with documents that are hard to count in, and a server."""

from __future__ import annotations

import contextlib
import csv
import io
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from conftest import invoke
from running_desk import RunningDesk

RALLY = """Invented: police break up a rally in Reykjavik

Reykjavik, 4 May 2024. This report is invented.

Police broke up a rally of fishermen in Reykjavik on 3 May with batons. Nobody was killed.
"""
HARD = (
    "Invented: signs \U0001f525 of all kinds\n\n"
    "Tabs\tand  blanks,\r\nlines that end as on Windows\r\nand \U0001f468\u200d\U0001f469\u200d\U0001f467 a family of joiners.\n\n"
    "Cafe\u0301 de Ze\u0301 \U0001f1f8\U0001f1fe was shelled; na\u0308ive words follow \U0001f4a5\U0001f4a5 here.\n\n"
    "\u0642\u064f\u062a\u0644 \u0639\u0634\u0631\u0629 \u0645\u062f\u0646\u064a\u064a\u0646 \u0641\u064a \u062d\u0644\u0628 \u064a\u0648\u0645 \u0627\u0644\u0627\u062b\u0646\u064a\u0646.\n\n"
    "\u05e2\u05e9\u05e8\u05d4 \u05d0\u05d6\u05e8\u05d7\u05d9\u05dd \u05e0\u05d4\u05e8\u05d2\u05d5 12 \u05d1\u05d7\u05dc\u05d1.\n"
)
"""Emoji, a family joined by zero-width joiners, flags, combining marks, tabs, CRLF, Arabic, Hebrew."""
TITLE = "<img src=x onerror='window.bad=1'> </script><script>window.bad=1</script>"
LONG_END = "The last words \U0001f525 of a long report."


def new_package(folder: Path) -> None:
    """Make a package with documents: a report, a hard one, one with a hostile title, a long one."""
    invoke("new", "package", str(folder), "--empty", "--yes")
    long = "".join(
        f"Paragraph {n} \U0001f4a5 of a report that nobody wrote.\n\n" for n in range(20_000)
    )
    texts = {
        "rally": (RALLY, "Invented: police break up a rally in Reykjavik"),
        "hard": (HARD, "Invented: signs of all kinds"),
        "hostile": ("Invented: a title\n\nSome words of it.\n", TITLE),
        "long": (long + LONG_END, "A long report"),
    }
    for name, (text, title) in texts.items():
        path = folder / f"{name}.txt"
        path.write_bytes(text.encode())
        about = ("--date", "2024-05-04", "--basis", "inferred", "--reasoning", "Invented.")
        said = ("--words", "4 May 2024") if name == "rally" else ("--quote", text[:20].strip())
        about = ("--date", "2024-05-04", "--basis", "stated") if name == "rally" else about
        made = invoke("new", "document", str(path), *about, *said, "--title", title, cwd=folder)
        assert made.returncode == 0, made.stderr


@dataclass(frozen=True)
class Desk:
    """A desk that is served: the package, and the private link of each person."""

    root: Path
    links: dict[str, str]

    def rows(self, person: str, table: str) -> list[dict[str, str]]:
        """Return the rows of a draft as they are on disk, without empty cells."""
        path = self.root / "drafts" / person / f"{table}.csv"
        if not path.is_file():
            return []
        read = csv.DictReader(io.StringIO(path.read_bytes().decode(), newline=""))
        return [{name: text for name, text in row.items() if text} for row in read]


@contextlib.contextmanager
def served(root: Path, people: Sequence[str], port: int = 0) -> Iterator[Desk]:
    """Serve a package until the end of the block."""
    words = [word for name in people for word in ("--coder", name)]
    running = RunningDesk(root, *words, "--port", str(port))
    try:
        yield Desk(root, running.links)
    finally:
        running.stop()


def until(condition, instead=lambda: "", seconds: float = 30):
    """Wait until a condition holds, and return what it returned; `instead` says what did."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, f"it did not happen in time: {instead()}"
        time.sleep(0.02)
    return found
