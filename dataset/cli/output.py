"""How verbs print: a result in a chosen form, to the screen or to a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

import typer

Result = TypeVar("Result")


def emit(
    result: Result,
    forms: Mapping[str, Callable[[Result], str]],
    form: str,
    out: Path | None = None,
    summary: str = "",
) -> None:
    """Print a result in one of its forms, or write it to a file and print the summary.

    Args:
        result: what is to be shown.
        forms: for each form the function that makes its text.
        form: the chosen form.
        out: the file to write; the screen if left out.
        summary: a line for the screen where the text goes to a file.

    Raises:
        InputError: the file cannot be written.
    """
    from ...validation.files.atomic import atomic_file

    text = forms[form](result)
    if out is None:
        typer.echo(text)
        return
    with atomic_file(out) as path:
        path.write_text(text + "\n", encoding="utf-8")
    if summary:
        typer.echo(summary)
