"""Which version step a change asks for: the rule, written once.

The data decide. Whoever reads a table by program must notice a MAJOR step, gains by a MINOR one,
and after a PATCH only has better values.
"""

from __future__ import annotations

from ...validation.errors import InputError

STEPS = ("none", "patch", "minor", "major")
ASKS = {
    "text": "patch",
    "cell-changed": "patch",
    "code-relabelled": "patch",
    "row-added": "minor",
    "row-withdrawn": "minor",
    "code-added": "minor",
    "column-added": "minor",
    "table-added": "minor",
    "code-removed": "major",
    "constraint-changed": "major",
    "type-changed": "major",
    "key-changed": "major",
    "column-removed": "major",
    "table-removed": "major",
}
"""The step that each kind of change asks for."""


def parse(version: str) -> tuple[int, int, int]:
    """A version MAJOR.MINOR.PATCH as numbers.

    Raises:
        InputError: it is none.
    """
    parts = version.split(".")
    if len(parts) != 3 or not all(p.isascii() and p.isdigit() and len(p) < 10 for p in parts):
        raise InputError(f"{version!r}: not a version of the form MAJOR.MINOR.PATCH, as 1.4.2")
    major, minor, patch = map(int, parts)
    return major, minor, patch


def next_version(old: str, step: str) -> str:
    """The least version that a step leads to; before 1.0.0 a MAJOR step is a MINOR one."""
    major, minor, patch = parse(old)
    if step == "none":
        return old
    if step == "patch":
        return f"{major}.{minor}.{patch + 1}"
    if step == "minor" or major == 0:
        return f"{major}.{minor + 1}.0"
    return f"{major + 1}.0.0"


def greatest(kinds: list[str]) -> str:
    """The greatest step that changes of these kinds ask for."""
    return max((ASKS[kind] for kind in kinds), key=STEPS.index, default="none")
