"""The wheel, installed where nothing else is: what an installed package can do, and its extras."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from conftest import ROOT, book_folder, with_own_book
from packaging.requirements import Requirement
from ruamel.yaml import YAML

from eventbook.dataset.starter.new_package import EXTRAS


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel of this checkout, installed into a folder by pip, which compiles its modules."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    # Not the tests of this checkout, but those of the template.
    shutil.copytree(
        ROOT, source, ignore=shutil.ignore_patterns(".*", "build", "dist", "*.egg-info")
    )
    shutil.rmtree(source / "tests")
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    build = [*pip, "wheel", "--no-deps", "--no-build-isolation", "-w", str(folder), str(source)]
    subprocess.run(build, check=True, capture_output=True)
    (path,) = folder.glob("*.whl")
    names = zipfile.ZipFile(path).namelist()
    own = [n for n in names if "/starter/template/" not in n]
    assert not [n for n in own if "seeds" in n or n.startswith(("dataset/", "validation/"))]
    install = [*pip, "install", "--no-deps", "--target", str(folder / "site"), str(path)]
    subprocess.run(install, check=True, capture_output=True)
    return folder / "site"


def with_what_they_need(requirements, site):
    """The distributions that pip would install for some requirements, and no others."""
    found, todo = {}, [Requirement(text) for text in requirements]
    while todo:
        requirement = todo.pop()
        extras = requirement.extras or {""}
        if found.setdefault(requirement.name, set()) >= extras:
            continue
        found[requirement.name] |= extras
        for text in distribution(requirement.name, site).requires or ():
            needed = Requirement(text)
            if any(not needed.marker or needed.marker.evaluate({"extra": e}) for e in extras):
                todo.append(needed)
    return found


def distribution(name, site):
    ours = importlib.metadata.distributions(name=name, path=[str(site)])
    return next(iter(ours), None) or importlib.metadata.distribution(name)


@pytest.fixture(scope="module")
def environment(wheel, tmp_path_factory):
    """A virtual environment with the wheel and what a new package declares: its `bin` folder."""
    folder = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "venv"], check=True)
    extras = ",".join(EXTRAS)
    links = folder / "links"
    links.mkdir()
    for name in with_what_they_need([f"eventbook[{extras}]", "pytest"], wheel):
        if name == "eventbook":
            continue
        for file in distribution(name, wheel).files or ():
            top = file.parts[0]
            if top not in ("..", "__pycache__") and not (links / top).exists():
                (links / top).symlink_to(distribution(name, wheel).locate_file(top))
    (site,) = (folder / "venv").glob("lib/python*/site-packages")
    (site / "links.pth").write_text(f"{wheel}\n{links}\n")
    for script, module in (("eventbook", "eventbook"), ("pytest", "pytest")):
        path = folder / "venv/bin" / script
        path.write_text(f'#!/bin/sh\nexec "{folder}/venv/bin/python" -m {module} "$@"\n')
        path.chmod(0o755)
    return folder / "venv/bin"


@pytest.fixture
def shell(environment):
    """Runs a command line in that environment; it must succeed."""
    path = os.pathsep.join([str(environment), "/usr/bin", "/bin"])

    def run(line, cwd):
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", line],
            cwd=cwd,
            env={"PATH": path, "HOME": os.environ["HOME"], "LANG": "C.UTF-8"},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
        return done.stdout

    return run


@pytest.mark.parametrize(
    "code",
    [
        "from eventbook import dataset; assert len(dataset.load('events'))",
        "from eventbook import dataset, validation as v; f = dataset.load('events'); assert not len(v.check(f)), list(v.check(f))",
        "from eventbook import codebook; assert codebook.load().guide",
    ],
)
def test_an_installed_wheel_works(shell, tmp_path, code):
    """A package that works only in its checkout breaks for everyone who installs it."""
    shell(f'python -c "{code}"', tmp_path)


@pytest.mark.slow
def test_a_coder_trains_with_an_installed_wheel(shell, wheel, tmp_path):
    """The practice set is data, which a wheel leaves out unless it is named; who trains has no checkout."""
    assert "15 reports to code" in shell("eventbook practice training", tmp_path)
    key = wheel / "eventbook" / "dataset" / "practice" / "set" / "key"
    shell(f"eventbook import {key} --coder anna", tmp_path / "training")
    compared = shell("eventbook practice --compare anna", tmp_path / "training")
    assert "\nmay code\n" in compared


def workflow_steps(package: Path) -> list[str]:
    workflow = YAML(typ="safe").load((package / ".github/workflows/ci.yml").read_text())
    install, *steps = [s["run"] for s in workflow["jobs"]["check"]["steps"] if "run" in s]
    assert install.startswith("pip install")
    return steps


@pytest.mark.slow
def test_a_package_is_made_and_published_from_an_installed_wheel(shell, tmp_path):
    """The templates lie among compiled modules there, and `new` died on the first of these."""
    with pytest.raises(AssertionError, match="No module named 'altair'"):
        shell("python -c 'import altair'", tmp_path)
    shell("eventbook new package events --yes", tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["events"]
    package = tmp_path / "events"
    assert not [p for p in package.rglob("*") if p.suffix in (".pyc", ".jinja")]
    assert "0 errors" in shell("eventbook check", package)
    shell("eventbook publish", package)
    shell("eventbook verify dist/*.zip", package)
    shell("pytest", package)


@pytest.mark.slow
def test_pip_installs_what_a_made_package_needs(shell, tmp_path):
    """A made package depended on `eventbook>=1.0.0`, which pip found nowhere: nobody installed it."""
    said = shell("eventbook new package events --yes", tmp_path)
    settings = tomllib.loads((tmp_path / "events" / "pyproject.toml").read_text(encoding="utf-8"))
    (needed,) = settings["project"]["dependencies"]
    assert Requirement(needed).extras == set(EXTRAS)
    assert f"it depends on {needed}; others cannot install that" in said
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "install"]
    goal = tmp_path / "site"
    done = subprocess.run(
        [*pip, "--no-deps", "--no-index", "--target", str(goal), needed],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert (goal / "eventbook" / "__main__.py").is_file()


@pytest.mark.slow
def test_the_workflow_of_a_package_that_was_coded_twice_passes(shell, tmp_path):
    """Agreement needs libraries that a package without filed codings never misses."""
    shell("eventbook new package events --yes", tmp_path)
    package = tmp_path / "events"
    shell("eventbook workbook all.xlsx; eventbook import all.xlsx --coder anna", package)
    shell(
        "eventbook import seeds/tables --coder bert; eventbook adjudicate anna bert --by eva",
        package,
    )
    shell("eventbook publish", package)
    assert (package / "dataset/agreement-anna-bert.json").is_file()
    for step in workflow_steps(package):
        shell(step, package)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["shootings", "strikes"])
def test_a_package_with_another_book_passes_from_an_installed_wheel(shell, tmp_path, name):
    """A book of other tables must not need the checkout, nor libraries that no package declares."""
    shell(f"eventbook new package {name} --book {book_folder(name)} --yes", tmp_path)
    package = with_own_book(tmp_path / name)
    assert "0 errors" in shell("eventbook check", package)
    shell("eventbook publish", package)
    for step in workflow_steps(package):
        shell(step, package)
    shell("eventbook verify dist/*.zip", package)
    shell(f"eventbook diff {name}/dist/*.zip {name}", tmp_path)
    shell(f"eventbook check {name}/dataset/{name}.parquet", tmp_path)
    shell(f"eventbook load sqlite:///{name}.sqlite --from {name}/dist/*.zip", tmp_path)
    shell(f"eventbook convert {name}/dataset/{name}.csv {name}.parquet", tmp_path)
    shell("eventbook fmt; eventbook codebook", package)
    if name == "strikes":
        shell("eventbook workbook all.xlsx; eventbook check all.xlsx", package)
