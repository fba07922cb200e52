"""The README is run from its own blocks, in order, in a fresh clone; nothing that it leaves is in the way."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT, UNMEASURED
from ruamel.yaml import YAML

from eventbook.dataset.starter.readme_blocks import renewed_readme
from eventbook.validation.settings import read_settings

README = ROOT / "README.md"
BLOCK = re.compile(r"(?:^<!-- (\w+) command -->\n)?^```(\w*)\n((?:.*\n)*?)^```$", re.M)
INSTALL = (
    "python3 -m venv .venv && .venv/bin/pip install -q {}-r {} && "
    ".venv/bin/pip install -q --no-deps --no-build-isolation -e . && "
)
# `.ci/run` runs these as they are; here the environment of the tests is their `.venv`.
MAIN = INSTALL.format("--no-compile ", "requirements-run.lock")
TEST = INSTALL.format("", "requirements.lock")
ADDRESS = "https://example.org/owner/events"


def blocks(text):
    """The mark, the language and the text of each fenced block of a page."""
    return BLOCK.findall(text)


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """A repository with the files of this checkout, and the environment of the tests as `.venv`."""
    root = tmp_path_factory.mktemp("readme") / "eventbook"
    git = ["git", "-c", "user.name=x", "-c", "user.email=x@example.org", "-C"]
    listed = subprocess.run(
        [*git, str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        check=True,
        capture_output=True,
        text=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, root / name)
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "x"]):
        subprocess.run([*git, str(root), *words], check=True)
    programs = root / ".venv" / "bin"
    programs.mkdir(parents=True)
    for name, words in (("eventbook", "-m eventbook"), ("python", "")):
        path = programs / name
        path.write_text(f'#!/bin/sh\nexec "{sys.executable}" {words} "$@"\n')
        path.chmod(0o755)
    return root


def ran(root: Path, command: list[str]) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(root / ".venv" / "bin"), "/usr/bin", "/bin"])
    environment = {k: v for k, v in UNMEASURED.items() if k != "POLARS_MAX_THREADS"}
    return subprocess.run(
        command,
        cwd=root,
        env=environment | {"PATH": path, "COLUMNS": "80"},
        capture_output=True,
        text=True,
    )


def timeless(text):
    """A text without the seconds that something took."""
    return re.sub(r"\(\d+\.\d s\)", "(0.0 s)", text).strip()


def shell(root, text):
    done = ran(root, ["bash", "-euo", "pipefail", "-c", text])
    assert done.returncode == 0, f"{text}\n{done.stdout}\n{done.stderr}"


@pytest.mark.slow
def test_every_block_runs_in_a_fresh_clone(clone):
    """Five of ten blocks did not run: they needed files that a newcomer has not."""
    printed = None
    for mark, language, text in blocks(README.read_text(encoding="utf-8")):
        if language == "python":
            done = ran(clone, ["python", "-c", text])
            assert done.returncode == 0, f"{text}\n{done.stderr}"
            printed = done.stdout
        elif language == "text":
            shown = [line.rstrip() for line in (printed or "").strip().split("\n")]
            assert text.strip().split("\n") == shown
        elif language == "sh" and mark == "main":
            assert text.startswith(MAIN)
            shell(clone, text.removeprefix(MAIN))
        elif language == "sh" and mark == "test":
            assert text == f"{TEST}.venv/bin/pytest\n"
        elif language == "sh":
            shell(clone, text)
        elif language == "console":
            for command, output in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", text, re.M):
                done = ran(clone, ["bash", "-c", command])
                assert timeless(done.stdout) == timeless(output), command
        elif language == "yaml":
            assert_steps(text)
        else:
            pytest.fail(f"a block that is not run: {language}")
    left = subprocess.run(
        ["git", "status", "--porcelain"], cwd=clone, check=True, capture_output=True, text=True
    )
    # What publishing renews is current, and what the examples leave is ignored.
    assert left.stdout == ""


def assert_steps(text):
    """Assert that steps of a workflow are that, and give the action inputs that it has."""
    yaml = YAML(typ="safe")
    steps = yaml.load(text)
    action = yaml.load((ROOT / "action.yml").read_text(encoding="utf-8"))
    assert len(steps) == 2 and all("uses" in step for step in steps)
    assert set(steps[1]["with"]) <= set(action["inputs"])


def test_the_blocks_are_marked():
    """Programs read these two commands by their marks, and a page without marks has none."""
    text = README.read_text(encoding="utf-8")
    assert [mark for mark, _, _ in blocks(text) if mark] == ["main", "test"]
    assert text.index(MAIN) < text.index(TEST)


def test_the_readme_has_the_address_that_is_set():
    """A block that nobody renews has the version of the last release but one."""
    settings = read_settings(ROOT / "pyproject.toml")
    text = README.read_text(encoding="utf-8")
    assert text == renewed_readme(text, settings.repository, settings.version), (
        "run: make references"
    )


@pytest.mark.parametrize(
    ("address", "uses"),
    [
        (ADDRESS, f"{ADDRESS}@v1.2.3"),
        ("https://github.com/owner/events", "owner/events@v1.2.3"),
        (None, "./eventbook"),
    ],
)
def test_an_address_is_in_every_place(address, uses):
    """There was no way to get it: the page named neither an address nor a line for a workflow."""
    text = renewed_readme(README.read_text(encoding="utf-8"), address, "1.2.3")
    assert f"- uses: {uses}\n" in text
    (steps,) = [block for _, language, block in blocks(text) if language == "yaml"]
    assert_steps(steps)
    if address:
        assert f"`git clone {address}`" in text and f"]({address})" in text
        assert f"`pip install 'eventbook @ git+{address}@v1.2.3'`" in text
        assert len(text.splitlines()) < 150
    else:
        assert "OWNER" not in text and "HOST" not in text and "git+" not in text


def test_the_smaller_lock_is_a_part_of_the_other():
    """Two locks that differ test other versions than those that people run."""
    versions = {}
    for name in ("requirements.lock", "requirements-run.lock"):
        text = (ROOT / name).read_text(encoding="utf-8")
        versions[name] = set(re.findall(r"^([\w.-]+==[\w.+-]+)", text, re.M))
    assert versions["requirements-run.lock"] < versions["requirements.lock"]
    tools = {"pytest", "ruff", "pyright", "playwright", "duckdb", "hypothesis", "pre-commit"}
    assert not tools & {pin.split("==")[0] for pin in versions["requirements-run.lock"]}
