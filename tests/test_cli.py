"""The command itself: its version, its help, and what every verb has in common."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version

from conftest import UNMEASURED, invoke
from typer.main import get_command

from eventbook.dataset.cli.main import _app_for, app


def test_the_command_knows_its_version():
    """A report of a fault without the version cannot be looked into."""
    done = invoke("--version")
    assert (done.returncode, done.stdout) == (0, f"eventbook {version('eventbook')}\n")


def test_a_mistyped_verb_is_an_error_with_a_hint():
    """A verb that is not there must end with status 2, and not do something else."""
    done = invoke("verfy")
    assert done.returncode == 2
    assert "Did you mean 'verify'?" in done.stderr


def test_help_loads_little():
    """A command line that imports a data frame library to print its help is slow at every Tab."""
    code = "import sys; sys.argv = ['eventbook', '--help']; from eventbook.dataset.cli.main import main; main()"
    output = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env=UNMEASURED,
    ).stderr
    loaded = {
        line.rsplit("|", 1)[1].strip().split(".")[0] for line in output.splitlines() if "|" in line
    }
    allowed = {
        "eventbook",
        "typer",
        "click",
        "shellingham",
        "rich",
        "typing_extensions",
        "annotated_doc",
        "org",  # what the standard library looks for on Jython
    }
    foreign = {
        name for name in loaded if name not in sys.stdlib_module_names and not name.startswith("_")
    }
    assert (
        foreign
        - allowed
        - {"imported package", "site", "sitecustomize", "usercustomize", "distutils-precedence"}
        == set()
    )


def test_a_verb_alone_is_the_verb_among_all():
    """Only the verb that is run is made; with other options or another help it would be another."""
    every = get_command(app)
    for verb, command in every.commands.items():
        for words in ([verb], ["-C", "folder", verb, "--help"]):
            alone = get_command(_app_for(words))
            assert list(alone.commands) == [verb]
            assert _described(alone.commands[verb]) == _described(command)
            assert [p.name for p in alone.params] == [p.name for p in every.params]
    for words in ([], ["--help", "check"], ["chekc"], ["-C"], ["-C", "check"]):
        assert _app_for(words) is app


def _described(command):
    options = [(param.name, param.opts) for param in command.params]
    return command.help, options, sorted(getattr(command, "commands", ()))
