"""Who may decide: adjudication is between people, and by people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from ..errors import InputError
from ..findings import Finding
from ..reading.source import LINE
from .filed import ADJUDICATION, machines

DECIDES = "decided_by"
COMPARED = ("first_coder", "second_coder")
"""The columns of the adjudicator's file with the two whose codings are compared."""


def ensure_people(root: Path, *names: str) -> None:
    """Ensure that those who are to decide, or to be decided between, are no machines.

    Raises:
        InputError: one is a machine that coded for the package.
    """
    programs = machines(root)
    for name in (name for name in names if name in programs):
        raise InputError(
            f"{name} is a machine: people decide, and between people; "
            f"eventbook agree shows how far {name} agrees with them"
        )


def decided_by_machines(
    root: Path, rows: Iterable[Mapping[str, object]], file: str = ADJUDICATION
) -> list[Finding]:
    """Return a finding for each decision that names a machine as a person.

    Args:
        root: the package.
        rows: the rows of the adjudicator's file, with their lines where these are known.
        file: what findings call the file.
    """
    programs = machines(root)
    if not programs:
        return []
    return [
        Finding("machine-decided", "error", file, _line(row), column, _id(row), name, message)
        for row in rows
        for column in (*COMPARED, DECIDES)
        if (name := str(row.get(column) or "")) in programs
        for message in [_message(column, name)]
    ]


def _message(column: str, name: str) -> str:
    if column == DECIDES:
        return f"{name} is a machine that coded, and decides nothing: a person decides."
    return f"{name} is a machine: decisions are between two people."


def _line(row: Mapping[str, object]) -> int | None:
    line = row.get(LINE)
    return line if isinstance(line, int) else None


def _id(row: Mapping[str, object]) -> str | None:
    found = row.get("decision_id")
    return None if found is None else str(found)
