"""The command `eventbook`: all verbs, the version, and the exit status when a verb fails.

Verbs import what they need when they run, so that `--help` answers at once.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from typer.main import get_command_name
from typer.models import CommandInfo

from ...validation.cycles import look_seldom_for_cycles
from .agreement import agreement
from .check import checking
from .codebook import codebooks
from .codings import codings
from .console import ended_by_terminate, printable_streams, reason
from .desk import desk, new
from .exchange import exchange
from .explorer import explorer
from .groups import Grouped
from .output import say
from .practice import practising
from .progress import progress_on_terminal
from .releases import releases
from .webdesk import webdesk


def _empty_app() -> typer.Typer:
    return typer.Typer(
        name="eventbook", cls=Grouped, rich_markup_mode=None, pretty_exceptions_enable=False
    )


app = _empty_app()
for verbs in (checking, releases, exchange, codebooks, explorer):
    app.add_typer(verbs)
app.add_typer(new, name="new")
for verbs in (desk, codings, webdesk, agreement, practising):
    app.add_typer(verbs)


def _work_in(folder: Path | None) -> None:
    """Go to a folder, so that the verb works there."""
    if folder is not None:
        from ...validation.errors import InputError

        try:
            os.chdir(folder)
        except OSError as error:
            raise InputError(f"-C {reason(error)}") from None


def _print_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"eventbook {version('eventbook')}")
        raise typer.Exit


@app.callback(no_args_is_help=True)
def options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
    folder: Annotated[
        Path | None,
        typer.Option("-C", metavar="DIR", callback=_work_in, help="Work in this folder."),
    ] = None,
) -> None:
    """Check, publish, compare and convert event data.

    The exit status is 0 if all is well, 1 if something was found, and 2 if the command failed.
    """


def _app_for(words: Sequence[str]) -> typer.Typer:
    """Return the app with the verb alone that the words begin with, else with all verbs.

    Typer makes the options of every verb of an app, which takes longer than some verbs do.
    """
    match words:
        case ["-C", _, verb, *_] | [verb, *_]:
            alone = _empty_app()
            alone.callback(no_args_is_help=True)(options)
            families = app.registered_groups
            alone.registered_groups = [family for family in families if family.name == verb]
            alone.registered_commands = [
                command
                for family in families
                if family.typer_instance and not isinstance(family.name, str)
                for command in family.typer_instance.registered_commands
                if _name_of(command) == verb
            ]
            return alone if alone.registered_groups or alone.registered_commands else app
        case _:
            return app


def _name_of(command: CommandInfo) -> str:
    return command.name or get_command_name(getattr(command.callback, "__name__", ""))


def main() -> None:
    """Run the command line; what the user can fix is reported in a line, never as a traceback."""
    if not os.environ.get("POLARS_MAX_THREADS", "1").strip("0").isdecimal():
        del os.environ["POLARS_MAX_THREADS"]  # polars ends the process when it is no number
    look_seldom_for_cycles()
    with printable_streams(), ended_by_terminate():
        status = _run()
    sys.exit(status)


def _run() -> int | str | None:
    """Run the verb that the words name, and return the exit status."""
    from ...codebook import BookError
    from ...validation.errors import InputError

    try:
        try:
            with progress_on_terminal():
                _app_for(sys.argv[1:])()
        finally:
            if sys.stdout is not None:
                sys.stdout.flush()
    except SystemExit as stop:
        return stop.code
    except (InputError, BookError) as error:
        return _failed(str(error), 2)
    except KeyboardInterrupt:
        return _failed("interrupted; nothing was left half-written", 130)
    except BrokenPipeError:
        return 0
    except (OSError, MemoryError) as error:
        return _failed(reason(error), 2)
    return 0


def _failed(message: str, status: int) -> int:
    with contextlib.suppress(OSError):
        say(*f"eventbook: {message}".split("\n"), err=True)
    return status
