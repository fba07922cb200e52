"""The page that teaches writing a codebook is done step by step, and its reference is current."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

from eventbook.codebook import format_page
from eventbook.codebook.form import schema_of

PAGE = ROOT / "codebook" / "writing-a-book.md"
BLOCK = re.compile(r"^```(\w+)(?: (\S+))?(?: (after|instead of): (.*))?\n((?:.*\n)*?)```$", re.M)
SECONDS = re.compile(r"\(\d+\.\d s\)")


@pytest.mark.slow
def test_each_step_does_what_the_page_says(tmp_path):
    """A tutorial that nobody runs tells people to type what is refused."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    printed = ""
    steps = BLOCK.findall(PAGE.read_text(encoding="utf-8"))
    assert len(steps) > 20
    for kind, file, how, line, text in steps:
        if kind == "sh":
            run = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", text],
                cwd=tmp_path,
                env={**os.environ, "PATH": path},
                capture_output=True,
                text=True,
            )
            assert run.returncode == 0, f"{text}\n{run.stdout}\n{run.stderr}"
            printed = SECONDS.sub("", run.stdout)
        elif kind == "text":
            missing = [part for part in text.splitlines() if SECONDS.sub("", part) not in printed]
            assert not missing, f"{missing}\nnot in\n{printed}"
        elif how:
            target = tmp_path / file
            lines = target.read_text(encoding="utf-8").splitlines()
            at = lines.index(line)
            lines[at : at + 1] = [*([line] if how == "after" else []), *text.splitlines()]
            target.write_text("\n".join(lines) + "\n", encoding="utf-8")
        else:
            (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / file).write_text(text, encoding="utf-8")


def test_the_reference_is_current():
    """A key that the page does not list is a key that nobody finds."""
    made = (ROOT / "codebook" / format_page.PAGE).read_text(encoding="utf-8")
    assert made == format_page.format_reference(), "run: make references"


def test_the_reference_has_every_key():
    """The page is made from the schemas; a nested key is easily left out of the walk."""
    page = format_page.format_reference()
    for name in ("variable", "table", "roles", "codeList"):
        for key in schema_of("book.yaml")["definitions"][name]["properties"]:
            assert f"`{key}`" in page, key
    for key in ("interval.start", "foreignKeys[].absent", "constraints.maxLength", "violates"):
        assert f"`{key}`" in page, key
