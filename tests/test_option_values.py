"""The values of options: the usual ones are read without pydantic, and as typer reads them."""

from __future__ import annotations

import subprocess
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import pytest
import typer
from conftest import UNMEASURED
from typer.main import get_command
from typer.testing import CliRunner

from eventbook.dataset.cli.values import with_usual_values


class Colour(StrEnum):
    """A choice."""

    red = "r"
    blue = "b"


def _commands():
    """The same command twice, once as typer makes it; each prints what it is given."""
    app = typer.Typer()

    @app.command()
    def shown(
        paths: Annotated[list[Path] | None, typer.Argument()] = None,
        text: str = "t",
        none: str | None = None,
        colour: Colour = Colour.red,
        colours: Annotated[list[Colour] | None, typer.Option()] = None,
        words: Annotated[list[str] | None, typer.Option()] = None,
        to: Path | None = None,
        there: Annotated[Path | None, typer.Option(exists=True)] = None,
        number: int = 1,
        most: Annotated[int, typer.Option(min=1)] = 1,
        share: float = 0.5,
        yes: bool = False,
    ) -> None:
        typer.echo(
            repr((paths, text, none, colour, colours, words, to, there, number, most, share, yes))
        )

    plain, quick = get_command(app), get_command(app)
    quick.get_params = with_usual_values(quick.get_params)
    return plain, quick


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["a", "b/c", "--text", "x", "--none", "", "--yes"],
        ["--colour", "b", "--colours", "r", "--colours", "b"],
        ["--colour", "blue"],
        ["--colour", "B"],
        ["--words", "a", "--words", "", "--to", "."],
        ["--to", ""],
        ["--to", "a\0b"],
        ["--there", "nowhere"],
        ["--there", "."],
        ["--number", "2", "--most", "0"],
        ["--number", "x"],
        ["--share", "1e-3", "--number", "-4"],
        ["--text", "\udcff"],
    ],
)
def test_values_are_those_that_typer_reads(words):
    """An option that is read in another way than typer's would mean another thing."""
    plain, quick = (CliRunner().invoke(_wrapped(one), words) for one in _commands())
    assert (quick.exit_code, quick.output) == (plain.exit_code, plain.output)


def _wrapped(command):
    """What the runner takes for an app: it asks typer for the command of one."""
    app = typer.Typer()
    app.command()(lambda: None)
    app.made = command
    return app


@pytest.fixture(autouse=True)
def _made_commands(monkeypatch):
    monkeypatch.setattr("typer.testing._get_command", lambda app: app.made)


def test_a_verb_starts_without_pydantic(tmp_path):
    """Loading it takes as long as all else that the command does before a verb begins."""
    code = (
        "import sys; sys.argv = ['eventbook', '-C', '.', 'check', 'none.csv', '--format', 'json']\n"
        "from eventbook.dataset.cli.main import main\n"
        "try:\n    main()\nexcept SystemExit:\n    print('pydantic' in sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
        env=UNMEASURED,
    )
    assert "no such file" in done.stderr
    assert done.stdout.strip() == "False"
