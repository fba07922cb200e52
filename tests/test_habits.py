"""What the project's own texts and settings promise to whoever works on it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from conftest import ROOT

PAGES = sorted(
    p
    for p in (*ROOT.glob("*.md"), *ROOT.glob("*/*.md"), *ROOT.glob("tests/*/*.md"))
    if not p.relative_to(ROOT).parts[0].startswith(".")
)
LINK = re.compile(r"\]\(([^)#\s]+)?(?:#([^)\s]+))?\)")
ANCHOR = re.compile(r'<a id="([^"]+)">')
HEADING = re.compile(r"^#+ (.+)$", re.M)


def anchors(page: Path) -> set[str]:
    """What a link to a page may name: its own anchors, and those that its headings get."""
    text = page.read_text(encoding="utf-8")
    headings = (re.sub(r"[^\w -]", "", h.lower()).replace(" ", "-") for h in HEADING.findall(text))
    return {*ANCHOR.findall(text), *headings}


def dead_links(page: Path) -> list[str]:
    """The links of a page that lead to no file, or to no anchor of it."""
    dead = []
    for path, anchor in LINK.findall(page.read_text(encoding="utf-8")):
        if path.startswith(("http:", "https:", "mailto:")):
            continue
        goal = page.parent / path if path else page
        if not goal.exists() or (anchor and anchor not in anchors(goal)):
            dead.append(f"{path}#{anchor}")
    return dead


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page):
    """A reader who meets a dead link on the first page does not try the second."""
    assert dead_links(page) == []


def test_a_dead_link_is_found(tmp_path):
    """A check of links that finds none proves nothing."""
    page = tmp_path / "a.md"
    page.write_text(
        '# A B\n[a](b.md) [c](a.md#d) [e](a.md) <a id="f"></a> [f](#f) [g](#g) [h](#a-b)\n'
    )
    assert dead_links(page) == ["b.md#", "a.md#d", "#g"]


def test_the_readme_is_short():
    """Strangers stopped reading where the benchmarks began."""
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) < 150


def test_named_tasks_exist():
    """A contributor's first command must not be one that make does not know."""
    tasks = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
    for name in ("CONTRIBUTING.md", ".ci/run", ".github/workflows/weekly.yml"):
        named = re.findall(r"\bmake ([a-z-]+)", (ROOT / name).read_text(encoding="utf-8"))
        assert named and set(named) - {"make"} <= tasks, name


def test_its_own_hooks_are_hooks(tmp_path):
    """A configuration that pre-commit refuses stops every commit."""
    pre_commit = Path(sys.executable).parent / "pre-commit"
    config = ROOT / ".pre-commit-config.yaml"
    subprocess.run([pre_commit, "validate-config", config], check=True, cwd=tmp_path)
    for entry in re.findall(r"entry: \.venv/bin/(\S+)", config.read_text(encoding="utf-8")):
        assert (Path(sys.executable).parent / entry).exists()


SKIPS = """
import pytest

@pytest.mark.{mark}
@pytest.mark.skipif(True, reason="it is not installed")
def test_it():
    pass
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("mark", "installed", "word"),
    [
        ("browser", "", "1 skipped"),
        ("browser", "1", "1 error"),
        ("postgres", "1", "1 error"),
        ("slow", "1", "1 skipped"),
    ],
)
def test_where_everything_is_installed_nothing_is_skipped(tmp_path, mark, installed, word):
    """A browser that CI could not install would silently switch off its tests."""
    shutil.copy(ROOT / "tests" / "conftest.py", tmp_path)
    (tmp_path / "test_it.py").write_text(SKIPS.format(mark=mark))
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-n0", "-c", ROOT / "pyproject.toml", "test_it.py"],
        cwd=tmp_path,
        env=os.environ | {"EVENTBOOK_ALL_INSTALLED": installed},
        capture_output=True,
        text=True,
    )
    assert word in done.stdout, done.stdout + done.stderr
    assert ("must not be skipped here: " in done.stdout) is (word == "1 error")


def test_everyday_leaves_out_every_mark_of_the_project():
    """A mark that the everyday run does not exclude makes it slow, or fail, for newcomers."""
    options = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["pytest"]
    names = {mark.split(":")[0] for mark in options["ini_options"]["markers"]}
    left_out = set(re.findall(r"not (\w+)", options["ini_options"]["addopts"]))
    assert names == left_out
