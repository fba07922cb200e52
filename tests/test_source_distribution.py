"""The source distribution: what it holds, that its wheel is whole, and that its tests run from it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from conftest import ROOT, UNMEASURED
from ruamel.yaml import YAML

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (ROOT / ".git").exists(), reason="git lists what belongs in it"),
]


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    """A copy of this checkout, the folder that its source distribution unpacks to, and the wheel.

    They are built by the command of the release workflow, which makes the wheel from the archive.
    """
    folder = tmp_path_factory.mktemp("sdist")
    source = folder / "source"
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((ROOT / name).read_bytes())
    workflow = YAML(typ="safe").load((ROOT / ".github/workflows/release.yml").read_text())
    steps = [step.get("run", "") for step in workflow["jobs"]["build"]["steps"]]
    (command,) = [step for step in steps if " -m build " in step]
    words = command.replace(".venv/bin/python", sys.executable).split()
    subprocess.run(words, cwd=source, check=True, capture_output=True, env=UNMEASURED)
    (archive,), (wheel,) = (list((source / "packages").glob(n)) for n in ("*.tar.gz", "*.whl"))
    with tarfile.open(archive) as tar:
        tar.extractall(folder / "unpacked", filter="data")
    (root,) = (folder / "unpacked").iterdir()
    kept = Path(shutil.move(wheel, folder))
    shutil.rmtree(source / "packages")
    return source, root, kept


def files_in(folder):
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}


def test_it_has_all_files_of_the_repository(unpacked):
    """It had the tests and not the tables that they read."""
    source, root, _ = unpacked
    made = {n for n in files_in(source) if n.startswith("eventbook.egg-info/")}
    assert files_in(source) - made - files_in(root) == set()
    more = {n for n in files_in(root) - files_in(source) if ".egg-info/" not in n}
    assert more == {"PKG-INFO", "setup.cfg"}


def test_the_release_publishes_what_was_built():
    """A token that is not needed, an action that somebody moves, or a file that was left out."""
    workflow = YAML(typ="safe").load((ROOT / ".github/workflows/release.yml").read_text())
    jobs = workflow["jobs"]
    assert jobs["index"]["permissions"] == {"id-token": "write"}
    assert jobs["release"]["permissions"] == {"contents": "write"}
    assert (jobs["index"]["needs"], jobs["release"]["needs"]) == ("build", "index")
    (upload,) = [s for s in jobs["index"]["steps"] if "pypi-publish" in s["uses"]]
    assert re.fullmatch(r"pypa/gh-action-pypi-publish@[0-9a-f]{40}", upload["uses"])
    assert "password" not in upload.get("with", {})
    made = {s["with"]["name"] for s in jobs["build"]["steps"] if "upload-artifact" in str(s)}
    (release,) = [s["run"] for s in jobs["release"]["steps"] if "run" in s]
    assert made == set(re.findall(r"(\w+)/", release))


def test_its_tests_run_from_it(unpacked, tmp_path):
    """Whoever packages it for a system tests what they unpacked, without a repository around it."""
    _, root, wheel = unpacked
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "install"]
    site = tmp_path / "site"
    install = [*pip, "--no-deps", "--target", str(site), str(wheel)]
    subprocess.run(install, check=True, capture_output=True, env=UNMEASURED)
    tests = ("test_rules.py", "test_habits.py", "test_installed.py", "test_evidence.py")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-n0", "-x", "-m", "not slow", *tests],
        cwd=root / "tests",
        env=UNMEASURED | {"PYTHONPATH": str(site), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    where = subprocess.run(
        [sys.executable, "-c", "import eventbook.validation as v; print(v.__file__)"],
        cwd=root,
        env=UNMEASURED | {"PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
    )
    assert where.stdout.startswith(str(site))
