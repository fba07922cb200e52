"""A report as text, one function for each form; it never checks anything."""

from .github import github, step_summary
from .human import human
from .json import to_json
from .repository import from_repository_root
from .sarif import sarif

FORMS = {"human": human, "json": to_json, "github": github, "sarif": sarif}

__all__ = ["FORMS", "from_repository_root", "github", "human", "sarif", "step_summary", "to_json"]
