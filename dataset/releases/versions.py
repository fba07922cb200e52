"""Which version bump each kind of change requires.

Versions follow the data: a MAJOR release can break programs that read a table, a MINOR one adds to
it, a PATCH only corrects values.
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
"""The version bump that each kind of change requires."""


def version_numbers(version: str) -> tuple[int, int, int]:
    """Return a version MAJOR.MINOR.PATCH as numbers.

    Raises:
        InputError: it does not have that form.
    """
    parts = version.split(".")
    if len(parts) != 3 or not all(p.isascii() and p.isdigit() and len(p) < 10 for p in parts):
        raise InputError(f"{version!r}: not a version of the form MAJOR.MINOR.PATCH, such as 1.4.2")
    major, minor, patch = map(int, parts)
    return major, minor, patch


def next_version(old: str, step: str) -> str:
    """Return the lowest version after a bump; before 1.0.0 a MAJOR bump raises MINOR."""
    major, minor, patch = version_numbers(old)
    if step == "none":
        return old
    if step == "patch":
        return f"{major}.{minor}.{patch + 1}"
    if step == "minor" or major == 0:
        return f"{major}.{minor + 1}.0"
    return f"{major + 1}.0.0"


def greatest(kinds: list[str]) -> str:
    """Return the largest bump that changes of these kinds require."""
    return max((ASKS[kind] for kind in kinds), key=STEPS.index, default="none")
