"""The reference page of the command line, made from the verbs themselves.

`python -m eventbook.dataset.cli.reference FILE` writes it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from typer.main import get_command

from .main import app

HEAD = """\
# Commands

All verbs of `eventbook`, made by `make references` from their `--help`. The exit status of each is 0 if all is well, 1 if something was found, and 2 if the command failed; 130 if it was interrupted. `eventbook -C DIR` and a verb works in another folder.
"""


def commands() -> dict[str, Any]:
    """Return the context of every verb, with its command, by its whole name: `eventbook new event`."""
    group = get_command(app)
    root = group.make_context("eventbook", [], resilient_parsing=True)
    return {context.command_path: context for context in _verbs(root)}


def _verbs(context: Any) -> Iterator[Any]:
    inner = getattr(context.command, "commands", None)
    if inner is None:
        yield context
    for name, command in (inner or {}).items():
        yield from _verbs(type(context)(command, parent=context, info_name=name))


def reference() -> str:
    """Return the page, Markdown: of each verb its help, arguments, options and an example."""
    return "\n".join([HEAD, *(_section(name, context) for name, context in commands().items())])


def _section(name: str, context: Any) -> str:
    verb = context.command
    text, _, example = verb.help.partition("\n\nExample: ")
    usage = " ".join([name, *verb.collect_usage_pieces(context)])
    records = filter(None, (p.get_help_record(context) for p in verb.params))
    rows = "".join(f"| {_code(names)} | {meaning} |\n" for names, meaning in records)
    table = f"| argument or option | meaning |\n|---|---|\n{rows}\n" if rows else ""
    return f"## {name}\n\n`{usage}`\n\n{text}\n\n{table}```sh\n{example}\n```\n"


def _code(text: str) -> str:
    """Return code for a cell of a table, in which a bar would end the cell."""
    return "`" + text.replace("|", "\\|") + "`"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(reference(), encoding="utf-8")
