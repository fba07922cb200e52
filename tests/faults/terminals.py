"""What data may not do to a terminal or to a workflow's log, in any verb, on any stream."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

from .files import EVENTS
from .harness import Fault
from .packages import ROOT, cell, changed, edit

ESCAPE = "x\x1b]52;c;Y3VybCBldmlsfHNo\x07OWNED\x1b[2J"
LINE = "x\n::error file=README.md,line=1::pwned\n::stop-commands::zz"
HIDDEN = "x\u202egpj.exe\u2066"
TEXTS = {"an escape": ESCAPE, "a workflow command": LINE, "a text that runs backwards": HIDDEN}
NOT = ("\n::error", "\n::stop-commands")


def events(change, *words: str, name: str = "e.csv"):
    """The published events with other cells or headings, and a verb on them."""

    def make(folder: Path) -> list[str]:
        with EVENTS.open(encoding="utf-8", newline="") as stream:
            rows = list(csv.reader(stream))
        change(rows)
        with (folder / name).open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream, lineterminator="\n").writerows(rows)
        shutil.copy(EVENTS, folder / "events.csv")
        return list(words)

    return make


def in_cell(column: str, text: str, row: int = 1):
    def change(rows: list[list[str]]) -> None:
        rows[row][rows[0].index(column)] = text

    return change


def in_heading(text: str):
    def change(rows: list[list[str]]) -> None:
        rows[0][rows[0].index("notes")] = text

    return change


def faults() -> list[Fault]:
    found = []
    for what, text in TEXTS.items():
        for column in ("event_id", "event_type", "location_words", "date_start"):
            found.append(
                Fault(
                    f"{what} in {column}",
                    events(in_cell(column, text), "check", "e.csv"),
                    (0, 1),
                    hides=NOT,
                    guard=column != "event_id",
                )
            )
        found += [
            Fault(
                f"{what} in a heading", events(in_heading(text), "check", "e.csv"), (1,), hides=NOT
            ),
            Fault(
                f"{what} in a heading, streamed",
                events(in_heading(text), "check", "e.csv", "--out", "t.parquet"),
                (1,),
                hides=NOT,
            ),
            Fault(
                f"{what} in a cell, differences",
                events(in_cell("actor1", text), "diff", "events.csv", "e.csv"),
                (1,),
                hides=NOT,
            ),
            Fault(
                f"{what} in an id, differences",
                events(in_cell("event_id", text), "diff", "events.csv", "e.csv"),
                (1,),
                hides=NOT,
            ),
            Fault(
                f"{what} in a cell, comparison",
                events(in_cell("location", text), "compare", "e.csv", "events.csv"),
                (0, 1, 2),
                hides=NOT,
            ),
            Fault(
                f"{what} in an id, comparison",
                events(in_cell("event_id", text), "compare", "e.csv", "events.csv"),
                (0, 1, 2),
                hides=NOT,
            ),
            Fault(
                f"{what} in a cell, conversion",
                events(in_cell("event_type", text), "convert", "e.csv", "o.csv", "--to", "acled"),
                (0, 1, 2),
                hides=NOT,
            ),
            Fault(
                f"{what} in a cell of a package",
                changed(cell("events", "sub_event_type", text)),
                (1,),
                hides=NOT,
                guard=True,
            ),
            Fault(
                f"{what} in a table's file name",
                events(lambda rows: None, "check", f"{text.replace('/', '')}.csv"),
                (2,),
                hides=NOT,
            ),
            Fault(
                f"{what} as a term",
                lambda folder, text=text: ["codebook", text],
                (1, 2),
                hides=NOT,
            ),
            Fault(
                f"{what} as a verb",
                lambda folder, text=text: [text],
                (2,),
                hides=NOT,
                guard=True,
            ),
        ]
    return found


def coded(text: str):
    """What coder b coded, with this text in a cell."""

    def change(folder: Path) -> None:
        path = folder / "seeds" / "codings" / "coder-b" / "events.csv"
        with path.open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream))
        rows[0]["notes"] = text
        rows[0]["sub_event_type"] = text
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)

    return change


FAULTS = [
    *faults(),
    *(
        Fault(
            f"{what} in a coder's cell, agreement",
            changed(coded(text), verb=("agree", "coder-a", "coder-b"), traced=True),
            (0, 1, 2),
            hides=NOT,
        )
        for what, text in TEXTS.items()
    ),
    *(
        Fault(
            f"a password in an address of {system}",
            lambda folder, system=system: [
                "load",
                f"{system}://user:s3cr3t@w0rd@127.0.0.1:1/d",
                "--from",
                str(ROOT),
            ],
            (2,),
            hides=("s3cr3t", "w0rd@"),
            guard=system == "mysql",
        )
        for system in ("postgresql", "mysql", "sqlite")
    ),
    Fault(
        "an escape in a setting",
        changed(edit("pyproject.toml", 'book = "eventbook"', 'book = "x\\u001b]0;a\\u0007"')),
        (2,),
    ),
]
