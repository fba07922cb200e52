"""The command itself: its version, its help, and what every verb has in common."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version

from conftest import UNMEASURED, invoke


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
