"""Frictionless and pandera on a folder, as a process of its own: `opinions FOLDER BOOK BYTES`.

The last line that it prints is a JSON list of pairs, rule and message.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path


def main(folder: Path, book: str, memory: int) -> list[tuple[str, str]]:
    """What both object to."""
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    except (ImportError, ValueError, OSError):  # a system without such limits
        pass
    from ...codebook import load
    from ..publishing.publish import PublishError, frictionless_opinion, pandera_opinion

    found = [("frictionless", said) for said in frictionless_opinion(folder, trusted=False)]
    try:
        pandera_opinion(load(book), folder)
    except PublishError as error:
        found.append(("pandera", str(error)[:2000]))
    return found


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))))
