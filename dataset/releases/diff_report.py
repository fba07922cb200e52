"""Report a difference between releases as text, JSON, or a web page."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from json.encoder import encode_basestring
from pathlib import Path
from typing import Any

import polars as pl

from ...codebook.printable import printable_line
from ..html.shell import render
from . import versions
from .diff import Change, Difference

TEMPLATES = Path(__file__).parent / "templates"
VERSION = 1
SHOWN = 20
HTML_SHOWN = 5_000
AT_ONCE = 50_000
"""How many rows are written as JSON at a time."""


def human(difference: Difference, shown: int = SHOWN) -> str:
    """Return the difference as text: the first rows and cells of each table, and how many more."""
    lines = [_change(change) for change in difference.changes]
    for name, rows in difference.tables.items():
        lines += _first(rows.added, shown, lambda row, name=name: f"+ {name} {row['row']}")
        lines += _first(rows.withdrawn, shown, lambda row, name=name: f"- {name} {_withdrawn(row)}")
        lines += _first(rows.cells, shown, lambda row, name=name: f"~ {name} {_cell(row)}")
    return "\n".join(map(printable_line, [*lines, last_line(difference)]))


def _first(frame: pl.DataFrame, shown: int, line: Callable[[dict[str, Any]], str]) -> list[str]:
    lines = [line(row) for row in frame.head(shown).iter_rows(named=True)]
    more = frame.height - len(lines)
    return lines + ([f"  ... and {more:,} more; --format json has all"] if more > 0 else [])


def last_line(difference: Difference) -> str:
    """Return the counts, the releases and the version bump, in a line."""
    line = f"{difference.summary()}, from {difference.old.label} to {difference.new.label}"
    if difference.step == "none":
        return line
    line += f": requires a {difference.step.upper()} version"
    if not difference.old.version or not difference.new.version:
        return line
    least = versions.next_version(difference.old.version, difference.step)
    return (
        f"{line}, {least} or higher after {difference.old.version}; it is {difference.new.version}"
    )


def _kind(change: Change) -> str:
    return change.kind.replace("-", " ")


def _change(change: Change) -> str:
    line = f"{_kind(change)} {'.'.join(p for p in (change.table, change.column) if p)}"
    return f"{line}: {_from_to(change.old, change.new)}" if change.old or change.new else line


def _from_to(old: str | None, new: str | None) -> str:
    return f"{old or 'empty'} -> {new or 'empty'}"


def _withdrawn(row: dict[str, str | None]) -> str:
    """Return a withdrawn row with the explanation of its tombstone, if it has one."""
    successor = f"now {row['successor']}" if row["successor"] else None
    about = ", ".join(part for part in (row["reason"], successor) if part)
    return ": ".join(part for part in (row["row"], about, row["explanation"]) if part)


def _cell(row: dict[str, str | None]) -> str:
    reason = f" ({row['reason']})" if row["reason"] else ""
    return f"{row['row']} {row['column']}: {_from_to(row['old'], row['new'])}{reason}"


def to_json(difference: Difference) -> str:
    """Return the whole difference as one JSON object with a version."""
    return "".join(json_pieces(difference))


def json_pieces(difference: Difference) -> Iterator[str]:
    """Yield the JSON of `to_json` in pieces, so that no text of all changed cells is in memory."""
    whole = {
        "version": VERSION,
        "old": {"label": difference.old.label, "version": difference.old.version},
        "new": {"label": difference.new.label, "version": difference.new.version},
        "differ": bool(difference.kinds),
        "step": difference.step,
        "counts": difference.counts(),
        "changes": [vars(change) for change in difference.changes],
        "tables": {},
    }
    text = json.dumps(whole, ensure_ascii=False, indent=2)
    if not difference.tables:
        yield text
        return
    yield text.removesuffix("{}\n}") + "{"
    for number, (name, rows) in enumerate(difference.tables.items()):
        counts = {"old": rows.before, "new": rows.after}
        start = {"rows": counts, "added": rows.added["row"].to_list()}
        about = json.dumps({name: start}, ensure_ascii=False, indent=2)
        about = about.removeprefix("{\n").removesuffix("\n  }\n}").replace("\n", "\n  ")
        yield f"{',' if number else ''}\n  {about}"
        for part, frame in (("withdrawn", rows.withdrawn), ("cells", rows.cells)):
            yield f',\n      "{part}": ['
            yield from _objects(frame)
            yield "\n      ]" if frame.height else "]"
        yield "\n    }"
    yield "\n  }\n}"


def _objects(frame: pl.DataFrame) -> Iterator[str]:
    """Yield the rows of a frame of text as objects in a list of a table."""
    names = [encode_basestring(name) for name in frame.columns]
    for begin in range(0, frame.height, AT_ONCE):
        columns = (
            [
                f"{name}: {'null' if cell is None else encode_basestring(cell)}"
                for cell in column.to_list()
            ]
            for name, column in zip(names, frame[begin : begin + AT_ONCE], strict=True)
        )
        rows = (",\n          ".join(cells) for cells in zip(*columns, strict=True))
        objects = (f"\n        {{\n          {cells}\n        }}" for cells in rows)
        yield ("," if begin else "") + ",".join(objects)


def to_html(difference: Difference, shown: int = HTML_SHOWN) -> str:
    """Return the difference as a self-contained page with at most `shown` rows of a kind per table."""
    return render(
        TEMPLATES,
        "diff.html",
        difference=difference,
        tables={
            n: r
            for n, r in difference.tables.items()
            if r.added.height + r.withdrawn.height + r.cells.height
        },
        last=last_line(difference),
        shown=shown,
        kind=_kind,
    )
