"""The catalogue of findings: every id that a command can report, with what it means and what to do.

The rules of a book are not in it; they have their own `says` and `why`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FINDINGS = Path(__file__).with_name("findings.yaml")


@dataclass(frozen=True)
class FindingKind:
    """One kind of finding: its subject, what must hold, why it matters, and what to do."""

    id: str
    subject: str
    says: str
    why: str
    do: str


@cache
def catalogue(path: Path = FINDINGS) -> Mapping[str, FindingKind]:
    """Return every kind of finding by its id, in the order of the file.

    Raises:
        ruamel.yaml.error.YAMLError: the file is not YAML, or an id is duplicate under a subject.
        TypeError: an entry has a missing or unknown key.
    """
    from ruamel.yaml import YAML

    yaml: Any = YAML(typ="safe")
    subjects: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"))
    return {
        id_: FindingKind(id_, subject, **words)
        for subject, kinds in subjects.items()
        for id_, words in kinds.items()
    }
