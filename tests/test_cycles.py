"""How often Python collects garbage: it is set for commands, and left alone for whoever imports us."""

import subprocess
import sys

import pytest

IMPORT = "import eventbook.codebook, eventbook.validation, eventbook.dataset.cli.main as cli"


@pytest.mark.parametrize(
    ("then", "changed"), [("", False), ("\ntry: cli.main()\nexcept SystemExit: pass", True)]
)
def test_only_a_command_changes_it(then, changed):
    """A setting of the whole process, made by a library, is found nowhere by its user."""
    code = f"import gc, sys\nbefore = gc.get_threshold()\n{IMPORT}{then}\n"
    code += "print(gc.get_threshold() != before)"
    words = [sys.executable, "-c", code, "--version"]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == str(changed)
