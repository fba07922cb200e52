"""From a report to text: one function a form."""

from .github import github, summary
from .human import human
from .json import to_json
from .sarif import sarif

FORMS = {"human": human, "json": to_json, "github": github, "sarif": sarif}

__all__ = ["FORMS", "github", "human", "sarif", "summary", "to_json"]
