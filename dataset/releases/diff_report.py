"""A difference between releases as text: for people, for programs, and as a page to look at."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ..html.page import render
from . import versions
from .diff import Change, Difference

TEMPLATES = Path(__file__).parent / "templates"
VERSION = 1
SHOWN = 20
HTML_SHOWN = 5_000


def human(found: Difference, shown: int = SHOWN) -> str:
    """The difference as lines; of each table the first of each kind, then how many more."""
    lines = [
        f"{_kind(change)} {change.table}{'.' if change.column else ''}{change.column}"
        f"{': ' if change.old or change.new else ''}{_from_to(change.old, change.new)}"
        for change in found.changes
    ]
    for name, rows in found.tables.items():
        parts = {
            "added": [f"+ {name} {row}" for (row,) in rows.added.head(shown).iter_rows()],
            "withdrawn": [
                f"- {name} {row}{_tombstone(r, s, e)}"
                for row, _, r, s, e in rows.withdrawn.head(shown).iter_rows()
            ],
            "cells": [
                f"~ {name} {row} {column}: {_from_to(old, new)}{f' ({why})' if why else ''}"
                for row, column, old, new, why in rows.cells.head(shown).iter_rows()
            ],
        }
        for part, told in parts.items():
            more = getattr(rows, part).height - len(told)
            lines += told + (
                [f"  ... and {more:,} more; --format json has all"] if more > 0 else []
            )
    return "\n".join([*lines, last_line(found)])


def last_line(found: Difference) -> str:
    """The counts, the releases and the version step, in a line."""
    said = f"{found.summary()}, from {found.old.label} to {found.new.label}"
    if found.step == "none":
        return said
    asked = f"{found.step.upper()} step"
    if not found.old.version or not found.new.version:
        return f"{said}: a {asked}"
    least = versions.next_version(found.old.version, found.step)
    return (
        f"{said}: a {asked}, from {found.old.version} to {least} or more; it is {found.new.version}"
    )


def _kind(change: Change) -> str:
    return change.kind.replace("-", " ")


def _from_to(old: str | None, new: str | None) -> str:
    return f"{old or 'empty'} -> {new or 'empty'}"


def _tombstone(reason: str | None, successor: str | None, explanation: str | None) -> str:
    if reason is None:
        return ""
    after = f", now {successor}" if successor else ""
    return f": {reason}{after}{f': {explanation}' if explanation else ''}"


def to_json(found: Difference) -> str:
    """The difference, whole, as one JSON object with a version."""
    return json.dumps(_whole(found), ensure_ascii=False, indent=2)


def _whole(found: Difference) -> dict[str, Any]:
    return {
        "version": VERSION,
        "old": {"label": found.old.label, "version": found.old.version},
        "new": {"label": found.new.label, "version": found.new.version},
        "differ": bool(found.kinds),
        "step": found.step,
        "counts": found.counts(),
        "changes": [vars(change) for change in found.changes],
        "tables": {
            name: {
                "rows": {"old": rows.before, "new": rows.after},
                "added": rows.added["row"].to_list(),
                "withdrawn": rows.withdrawn.to_dicts(),
                "cells": rows.cells.to_dicts(),
            }
            for name, rows in found.tables.items()
        },
    }


def to_html(found: Difference, shown: int = HTML_SHOWN) -> str:
    """The difference as one page that needs nothing else; of each table at most `shown` rows a kind."""
    return render(
        TEMPLATES,
        "diff.html",
        found=found,
        tables={
            n: r
            for n, r in found.tables.items()
            if r.added.height + r.withdrawn.height + r.cells.height
        },
        last=last_line(found),
        shown=shown,
        kind=_kind,
    )
