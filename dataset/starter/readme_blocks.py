"""The parts of eventbook's own README that name the address of its repository, or do without one.

`python -m eventbook.dataset.starter.readme_blocks README.md` writes them.
"""

from __future__ import annotations

import sys
from pathlib import Path
from urllib.parse import urlsplit

from ...validation.settings import FILE, read_settings
from ..publishing.blocks import renew

ACTIONS_HOST = "github.com"
"""The host whose workflows name an action by owner and repository alone."""
COPY = "eventbook"
"""The folder with a copy of eventbook, from which a workflow takes the action without an address."""


def renewed_readme(text: str, repository: str | None, version: str) -> str:
    """Return the README with its blocks renewed.

    Args:
        text: the README.
        repository: the address of the repository, if it has one.
        version: the version to name.
    """
    text = renew(text, "get", get_block(repository))
    return renew(text, "action", action_block(repository, version))


def get_block(repository: str | None) -> str:
    """Return the sentence that says how to get the tables."""
    if repository is None:
        return "Get the tables with a clone of this repository, or unpack the archive of a release."
    return (
        f"Get the tables with `git clone {repository}`, or unpack the archive of a release from "
        f"[its page]({repository})."
    )


def action_block(repository: str | None, version: str) -> str:
    """Return how a workflow checks a package, and how pip installs the tool alone."""
    if repository is None:
        head = (
            "In a workflow, with a copy of this repository in the folder "
            f"`{COPY}` of yours, and your package in `my-events`:"
        )
        uses = f"./{COPY}"
    else:
        head = (
            f"`pip install 'eventbook @ git+{repository}@v{version}'` installs the tool alone. "
            "In a workflow, with your package in `my-events`:"
        )
        parts = urlsplit(repository)
        name = parts.path.strip("/") if parts.hostname == ACTIONS_HOST else repository
        uses = f"{name}@v{version}"
    steps = f"- uses: actions/checkout@v5\n- uses: {uses}\n  with: {{path: my-events}}"
    return f"{head}\n\n```yaml\n{steps}\n```"


if __name__ == "__main__":
    page = Path(sys.argv[1])
    settings = read_settings(page.parent / FILE)
    old = page.read_text(encoding="utf-8")
    page.write_text(renewed_readme(old, settings.repository, settings.version), encoding="utf-8")
