"""`eventbook new`: a package for somebody else's events, which works from the first minute."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from conftest import EVENTBOOK, examples, invoke, run
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from eventbook.codebook.catalogue import catalogue
from eventbook.dataset.publishing import metadata
from eventbook.dataset.releases.verify import verify
from eventbook.dataset.starter.new_package import Answers, ensure_usable, write_package
from eventbook.validation import reports
from eventbook.validation.errors import InputError
from eventbook.validation.package.package import Package

PATH = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"


def new(tmp_path, *flags, name="my-events"):
    done = invoke("new", "package", str(tmp_path / name), *flags)
    assert done.returncode == 0, done.stderr
    return tmp_path / name


@pytest.mark.slow
@pytest.mark.parametrize("flags", [[], ["--empty"], ["--own-book", "--license", "CC0-1.0"]])
def test_its_own_commands_pass_at_once(tmp_path, flags):
    """A template that fails its first check teaches people to ignore the check."""
    root = new(tmp_path, *flags)
    report = Package(root).check().report
    assert len(report) == 0
    workflow = YAML(typ="safe").load((root / ".github/workflows/ci.yml").read_text())
    steps = [s["run"] for s in workflow["jobs"]["check"]["steps"] if "run" in s]
    assert steps[0].startswith("pip install") and len(steps) == 4
    # What the flags change is in the files; how the commands are run is the same.
    commands = steps[-1:] if flags else [*steps[1:], "frictionless validate datapackage.json"]
    for step in commands:
        done = subprocess.run(
            ["bash", "-e", "-c", step],
            cwd=root,
            env=os.environ | {"PATH": PATH},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, f"{step}: {done.stdout}{done.stderr}"
    assert invoke("publish", cwd=root).returncode == 0
    assert len(verify(next((root / "dist").glob("*.zip")))) == 0
    rows = json.loads(invoke("check", "--format", "json", cwd=root).stdout)["rows"]
    assert bool(rows["events"]) == ("--empty" not in flags)


@pytest.mark.slow
def test_a_fresh_clone_passes(tmp_path):
    """What is made must survive version control: line endings, ignored files, empty folders."""
    root = new(tmp_path, "--empty")
    git = ["git", "-c", "user.name=x", "-c", "user.email=x@example.org", "-C"]
    subprocess.run([*git, str(root), "init", "-q"], check=True)
    subprocess.run([*git, str(root), "add", "."], check=True)
    subprocess.run([*git, str(root), "commit", "-qm", "x"], check=True)
    subprocess.run(["git", "clone", "-q", str(root), str(tmp_path / "clone")], check=True)
    for words in (["check"], ["publish", "--check"]):
        done = invoke(*words, cwd=tmp_path / "clone")
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
def test_a_book_of_its_own_takes_effect(tmp_path):
    """A code that a team added, and that the gate does not know, makes the own book useless."""
    # In a process of its own, for the loader reads a folder once.
    assert run("new", "package", str(tmp_path / "my-events"), "--own-book").returncode == 0
    root = tmp_path / "my-events"
    for file in ("book.yaml", "rules.yaml"):
        path = root / "codebook/books/my-events" / file
        first = path.read_text(encoding="utf-8").splitlines()[0]
        schema = path.parent / first.removeprefix("# yaml-language-server: $schema=")
        assert schema.is_file(), "an editor finds the schema of the own book"
    codes = root / "codebook/books/my-events/codes/target_type.csv"
    lines = codes.read_text(encoding="utf-8").splitlines()
    width = lines[0].count(",")
    codes.write_text(
        "\n".join([*lines, "bakery,Bakery,Where bread is made." + "," * (width - 2)]) + "\n"
    )
    events = root / "seeds/tables/events.csv"
    header, row = events.read_text(encoding="utf-8").splitlines()
    cells = row.split(",")
    cells[header.split(",").index("fatalities_status")] = "no_such_status"
    events.write_text("\n".join([header, ",".join(cells)]) + "\n", encoding="utf-8")
    report = Package(root).check().report
    assert Package(root).book.name == "my-events"
    assert "bakery" in Package(root).book.code_lists["target_type"].values
    assert {f.rule for f in report} == {"code"}
    command = "eventbook codebook fatalities_status --book my-events"
    assert f"  see: {command}\n" in reports.human(report)
    done = run(*command.split()[1:], cwd=root)
    assert done.returncode == 0 and "fatalities_status (variable of events)" in done.stdout
    (rule,) = json.loads(reports.sarif(report))["runs"][0]["tool"]["driver"]["rules"]
    assert rule["fullDescription"]["text"] == catalogue()["code"].why
    done = run("codebook", "bakery", cwd=root)
    assert "bakery (code of target_type)" in done.stdout, "the package's own book comes first"


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (["--name", "My Events"], "--name"),
        (["--name", "../x"], "--name"),
        (["--title", "a\nb"], "--title"),
        (["--title", "=cmd()"], "--title"),
        (["--title", "a\u202eb"], "--title"),
        (["--author", " "], "--author"),
        (["--license", "MIT"], "CC-BY-4.0, CC0-1.0"),
    ],
)
def test_answers_that_cannot_be_used(tmp_path, flags, says):
    """An answer that breaks a file later is refused now, by the name of its flag."""
    done = invoke("new", "package", str(tmp_path / "p"), *flags)
    assert done.returncode == 2 and says in done.stderr and "Traceback" not in done.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_nothing_is_written_over(tmp_path):
    """A folder with somebody's work in it is no place for a template."""
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "mine.txt").write_text("mine")
    done = invoke("new", "package", str(tmp_path / "p"))
    assert done.returncode == 2 and "not empty" in done.stderr
    assert [p.name for p in (tmp_path / "p").iterdir()] == ["mine.txt"]
    (tmp_path / "q").mkdir()
    assert invoke("new", "package", str(tmp_path / "q"), "--empty").returncode == 0
    assert {p.name for p in tmp_path.iterdir()} == {"p", "q"}


TITLES = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), min_size=1, max_size=30)


@settings(max_examples=examples(1.5))
@given(
    TITLES | st.sampled_from(['a "b" \\ c', "'''", '"""', "a: b # c", "{{ x }}", "- a", "&a", "]]"])
)
def test_any_title_is_the_same_everywhere(tmp_path_factory, title):
    """A quotation mark in a title makes four files unreadable."""
    answers = Answers("my-events", title, title)
    try:
        ensure_usable(answers)
    except InputError:
        return
    root = tmp_path_factory.mktemp("t") / "p"
    write_package(root, answers)
    settings = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    assert settings["tool"]["eventbook"]["title"] == title
    package = Package(root)
    cff = YAML(typ="safe").load(metadata.citation(package))
    assert cff["title"] == title and cff["authors"] == [{"name": title}]
    assert json.loads(metadata.zenodo(package))["title"] == title
    YAML(typ="safe").load((root / ".github/workflows/ci.yml").read_text(encoding="utf-8"))


@pytest.mark.slow
def test_questions_on_a_terminal(tmp_path):
    """A person without the manual is asked; Enter takes what is usual."""
    import pty

    leader, follower = pty.openpty()
    with subprocess.Popen(
        [*EVENTBOOK, "new", "package", str(tmp_path / "p"), "--empty"],
        stdin=follower,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        os.write(leader, b"\nMarches in my town\nA. Coder\n\n")
        out, _ = process.communicate(timeout=120)
    assert process.returncode == 0, out
    assert Package(tmp_path / "p").metadata.title == "Marches in my town"
    assert Package(tmp_path / "p").metadata.authors == ["A. Coder"]
