"""What other people's CI reads: annotations, the summary, SARIF, the action and the hooks."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import polars as pl
import pytest
from conftest import EVENTBOOK, ROOT, invoke
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from packaging.requirements import Requirement
from ruamel.yaml import YAML

from eventbook.codebook import load
from eventbook.validation import findings, reports
from eventbook.validation.findings import Finding, Report, Severity

SARIF = Draft202012Validator(json.loads((ROOT / "tests/schemas/sarif-2.1.0.json").read_text()))
HOSTILE = "| a\n::error::x %0A `<script>` \u202e [x](y)"


def report(found, **more):
    return Report(load(), findings.table(found), {"events": 1}, **more)


def finding(**more):
    fields = dict(rule="code", severity="error", file="seeds/tables/events.csv", line=7)
    return Finding(**(fields | dict(column="a", row_id="r", value="v", message="m") | more))


TEXT = st.none() | st.text(max_size=12) | st.just(HOSTILE)
FINDINGS = st.builds(
    Finding,
    rule=st.sampled_from(["code", "dates-order", "x"]),
    severity=st.sampled_from([s.value for s in Severity]),
    file=st.sampled_from(["a.csv", "ä b/%.csv", "c:\\d", "/abs/e.csv", "a,b:c::d\n.csv"]),
    line=st.none() | st.integers(0, 10**9),
    column=TEXT,
    row_id=TEXT,
    value=TEXT,
    message=st.text(max_size=12) | st.just(HOSTILE),
    allowed=TEXT,
    nearest=TEXT,
)


@pytest.mark.slow
@given(st.lists(FINDINGS, max_size=15))
def test_any_finding_is_valid_sarif(found):
    """A report that the host refuses shows nothing at all."""
    whole = json.loads(reports.sarif(report(found)))
    assert not list(SARIF.iter_errors(whole))
    (run,) = whole["runs"]
    assert len(run["results"]) == len(found)
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]


@given(st.lists(FINDINGS, max_size=15))
def test_any_finding_is_one_command(found):
    """A cell with a line break and `::` in it would give commands to the runner."""
    lines = reports.github(report(found)).split("\n")
    commands = [line for line in lines if line.startswith("::")]
    assert len(commands) == sum(min(10, sum(f.severity == s for f in found)) for s in Severity)
    assert all(line.isprintable() for line in lines)
    for line in commands:
        head = line[2:].split("::", 1)[0]
        assert head.split(" ", 1)[0] in ("error", "warning", "notice")
    text = reports.step_summary(report(found))
    assert "<script>" not in text and "::error" not in text
    rows = [
        line for line in text.split("\n") if line.startswith("| error") or line.startswith("| w")
    ]
    assert all(line.count("|") == 6 for line in rows)


def test_annotations_are_capped_and_the_rest_is_counted():
    """GitHub shows ten of a kind and drops the others without a word."""
    many = [finding(line=n) for n in range(1, 31)] + [finding(severity="warning")]
    result = report(many, left_out={("code", "error", "a", "w"): 70})
    text = reports.github(result)
    assert text.count("::error ") == 10 and text.count("::warning ") == 1
    assert "90 more of severity error: see the summary" in text
    assert "| 100 |" in reports.step_summary(result)


def test_a_fingerprint_outlives_a_move():
    """A row added above makes every finding look new."""
    prints = [
        json.loads(reports.sarif(report([finding(line=n)])))["runs"][0]["results"][0][
            "partialFingerprints"
        ]
        for n in (7, 99)
    ]
    assert prints[0] == prints[1]


def test_a_note_informs_and_never_fails():
    """A file that was read with a remark only must not stop a commit, however strict."""
    noted = report([finding(severity="note", rule="byte-order-mark")])
    assert noted.status() == noted.status(strict=True) == 0
    assert "0 errors, 0 warnings, 1 note in 1 event" in reports.human(noted)
    assert json.loads(reports.to_json(noted))["counts"]["note"] == 1
    assert json.loads(reports.to_json(noted))["valid"]
    assert reports.github(noted).startswith("::notice ")
    (result,) = json.loads(reports.sarif(noted))["runs"][0]["results"]
    assert result["level"] == "note"
    warned = report([finding(severity="warning")])
    assert (warned.status(), warned.status(strict=True)) == (0, 1)
    left = report([], left_out={("code", "warning", "a", None): 3})
    assert left.status(strict=True) == 1


def test_thousands_of_findings_are_summed_up():
    """15,029 findings, of which five are shown, hide that a whole column is written in another way."""
    many = [finding(rule="type", column="gwnob", value="NA", line=n) for n in range(2, 4002)]
    many += [finding(rule="type", column="gwnoa", value="NA", line=n) for n in range(2, 283)]
    many += [finding(rule="type", column="best", value=f"{n}.5", line=n) for n in range(2, 9)]
    many += [finding(rule="code", column="event_type", value="Demostrations", line=9)] * 4978
    many += [finding(rule="code", column="event_type", value=f"Riot{n % 9}") for n in range(20)]
    whole = report(many)
    lines = reports.human(whole).split("\n")
    table = [" ".join(line.split()) for line in lines if line.startswith("    ")]
    assert table == [
        "gwnob 'NA' 4,000",
        "gwnoa 'NA' 281",
        "best (7 different values) 7",
        "event_type 'Demostrations' 4,978",
        "event_type 'Riot0' 3",
        "event_type 'Riot1' 3",
        "event_type 'Riot2' 2",
        "event_type 'Riot3' 2",
        "event_type (5 other values) 10",
    ]
    assert "  ... 4,288 findings of type in all; --format json lists them" in lines
    assert len(lines) < 40
    totals = [
        {"rule": "type", "severity": "error", "count": 4288},
        {"rule": "code", "severity": "error", "count": 4998},
    ]
    assert sorted(json.loads(reports.to_json(whole))["totals"], key=str) == sorted(totals, key=str)


@pytest.mark.parametrize("number", [10, 45])
def test_no_missing_column_is_hidden(number):
    """Of ten columns that a file lacks five were named: the user added these, and failed again."""
    columns = [f"column_{n}" for n in range(number)]
    lacking = [finding(rule="missing-column", column=c, value=None, line=1) for c in columns]
    text = reports.human(report(lacking))
    assert all(f"{column} " in text or f"{column}\n" in text for column in columns)
    assert text.count("\n") < 80


def action_steps():
    action = YAML(typ="safe").load((ROOT / "action.yml").read_text(encoding="utf-8"))
    assert action["runs"]["using"] == "composite"
    return action, [step for step in action["runs"]["steps"] if "run" in step]


def test_no_input_is_a_part_of_a_script():
    """A file name with `$(...)` in it, put into a script, runs on somebody's machine."""
    action, steps = action_steps()
    for step in steps:
        assert "${{" not in step["run"]
        assert step["shell"] == "bash"
    used = str(steps)
    assert all(f"inputs.{name}" in str(action["runs"]) for name in action["inputs"])
    assert "requirements-run.lock" in used


@pytest.mark.slow
@pytest.mark.parametrize("broken", [False, True])
def test_the_action_runs(copy, tmp_path, broken, sheet):
    """An action that was never run may not work; paths that do not start at the repository are dead."""
    if broken:
        events = sheet("events")
        events.rows[0]["sub_event_type"] = "Armed clsh"
        events.save()
    _, steps = action_steps()
    (check,) = (step for step in steps if step["name"] == "Check")
    # The step before it installs into this folder; here it is the present environment.
    (tmp_path / "eventbook").mkdir()
    (tmp_path / "eventbook" / "bin").symlink_to(Path(sys.executable).parent)
    summary = tmp_path / "summary.md"
    inputs = {
        "RUNNER_TEMP": str(tmp_path),
        "GITHUB_STEP_SUMMARY": str(summary),
        "GITHUB_WORKSPACE": str(tmp_path),
        "FOLDER": str(copy.root),
        "FILES": "",
        "BOOK": "",
        "STRICT": "true",
        "SARIF": str(tmp_path / "report.sarif"),
    }
    assert set(check["env"]) <= set(inputs)
    done = subprocess.run(
        ["bash", "-eo", "pipefail", "-c", check["run"]],
        env=os.environ | inputs,
        capture_output=True,
        text=True,
    )
    assert done.returncode == int(broken), done.stdout + done.stderr
    text = summary.read_text(encoding="utf-8")
    whole = json.loads((tmp_path / "report.sarif").read_text(encoding="utf-8"))
    assert not list(SARIF.iter_errors(whole))
    if broken:
        assert "::error file=package/seeds/tables/events.csv,line=2,title=code::" in done.stdout
        assert "Did you mean Armed clash?" in done.stdout
        assert "failed" in text and "events.csv" in text
        place = whole["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
        assert place["artifactLocation"]["uri"] == "package/seeds/tables/events.csv"
    else:
        assert "passed" in text and "::error" not in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("host", ["a checkout", "a runner", "no repository"])
def test_a_host_gets_paths_from_the_repository_root(copy, tmp_path, monkeypatch, sheet, host):
    """GitHub looks for `seeds/...` at the root, and shows nothing if the package is in `package/`."""
    events = sheet("events")
    events.rows[0]["sub_event_type"] = "Armed clsh"
    events.save()
    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    if host == "a checkout":
        (tmp_path / ".git").write_text("gitdir: elsewhere")
    elif host == "a runner":
        monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path))
        (copy.root / ".git").mkdir()  # a submodule: the host reads from the workspace
    expected = (
        "seeds/tables/events.csv" if host == "no repository" else "package/seeds/tables/events.csv"
    )
    monkeypatch.chdir(copy.root / "seeds" / "tables")
    for words in (["check"], ["check", "events.csv"], ["check", str(events.path)]):
        file = expected
        if host == "no repository" and len(words) > 1:
            file = "events.csv"
        shown = invoke(*words, "--format", "github").stdout
        assert f"::error file={file},line=2,title=code::" in shown
        whole = json.loads(invoke(*words, "--format", "sarif").stdout)
        (result,) = (r for r in whole["runs"][0]["results"] if r["ruleId"] == "code")
        place = result["locations"][0]["physicalLocation"]["artifactLocation"]
        assert place["uri"] == file
        typed = words[1] if len(words) > 1 else "seeds/tables/events.csv"
        assert f"{typed}:2: error code" in invoke(*words).stdout


@pytest.mark.slow
def test_files_with_awkward_names_reach_the_command(tmp_path):
    """A name with a space, a quotation mark or a hyphen in front is still one file."""
    _, steps = action_steps()
    (check,) = (step for step in steps if step["name"] == "Check")
    names = ["a b.csv", "it's $(touch x).csv", "-x.csv"]
    for name in names:
        shutil.copy(ROOT / "dataset/locations.csv", tmp_path / name)
    (tmp_path / "eventbook").mkdir()
    (tmp_path / "eventbook" / "bin").symlink_to(Path(sys.executable).parent)
    for name in names:
        inputs = {"RUNNER_TEMP": str(tmp_path), "FOLDER": str(tmp_path), "FILES": f"{name}\n"}
        inputs |= {"BOOK": "eventbook", "STRICT": "false", "SARIF": ""}
        done = subprocess.run(
            ["bash", "-eo", "pipefail", "-c", check["run"]],
            env=os.environ | inputs,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    assert not (tmp_path / "x").exists()


@pytest.mark.slow
def test_the_hooks_are_hooks(tmp_path):
    """A manifest that pre-commit refuses is of no use to anybody."""
    pre_commit = Path(sys.executable).parent / "pre-commit"
    manifest = str(ROOT / ".pre-commit-hooks.yaml")
    subprocess.run([pre_commit, "validate-manifest", manifest], check=True, cwd=tmp_path)
    hooks = YAML(typ="safe").load(Path(manifest).read_text(encoding="utf-8"))
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for hook in hooks:
        for needed in hook.get("additional_dependencies", ()):
            extras = Requirement(f"eventbook{needed.removeprefix('.')}").extras
            assert extras and extras <= set(declared["optional-dependencies"])
        verb = hook["entry"].split()[1]
        assert subprocess.run([*EVENTBOOK, verb, "--help"], capture_output=True).returncode == 0


@pytest.mark.parametrize("folder", ["", "data/", "a/b/"])
@pytest.mark.parametrize("name", ["seeds/tables/events.csv", "codebook/books/b/book.yaml"])
def test_the_hooks_see_a_package_in_a_subfolder(folder, name):
    """A pattern that begins at the root of the repository never matched there: no hook ever ran."""
    hooks = YAML(typ="safe").load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    of_a_package = [h for h in hooks if h.get("pass_filenames") is False]
    assert len(of_a_package) == 3
    for hook in of_a_package:
        assert re.search(hook["files"], folder + name), hook["id"]
        assert not re.search(hook["files"], f"{folder}my{name}"), hook["id"]


@pytest.mark.slow
@pytest.mark.parametrize("subfolder", [False, True])
def test_the_hook_runs_in_a_repository(copy, tmp_path, subfolder):
    """The hook as pre-commit runs it, on a package with a mistake and without."""
    root = tmp_path if subfolder else copy.root
    git = ["git", "-C", str(root), "-c", "user.name=x", "-c", "user.email=x@example.org"]
    hooks = YAML(typ="safe").load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    (hook,) = (h for h in hooks if h["id"] == "eventbook-check")
    if subfolder:
        hook["entry"] = hook["entry"].replace("eventbook ", f"eventbook -C {copy.root.name} ")
    local = {"repos": [{"repo": "local", "hooks": [hook | {"language": "system"}]}]}
    with (root / ".pre-commit-config.yaml").open("w", encoding="utf-8") as stream:
        YAML().dump(local, stream)
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "add", "."], check=True)
    folder = str(Path(sys.executable).parent)
    env = os.environ | {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}
    words = [f"{folder}/pre-commit", "run", "--all-files"]
    assert subprocess.run(words, cwd=root, env=env, capture_output=True).returncode == 0
    events = copy.root / "seeds/tables/events.csv"
    events.write_text(events.read_text(encoding="utf-8").replace("Armed clash", "Armed clsh", 1))
    done = subprocess.run(words, cwd=root, env=env, capture_output=True, text=True)
    assert done.returncode == 1 and "Did you mean Armed clash?" in done.stdout


def test_the_workflows_are_yaml():
    """A workflow that cannot be read never runs, without any message."""
    for path in (ROOT / ".github/workflows").glob("*.yml"):
        found = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
        assert found["jobs"] and found["permissions"] == {"contents": "read"}


def test_nothing_found_is_no_empty_table():
    """A summary without findings says so in a line."""
    text = reports.step_summary(Report(load(), pl.DataFrame(schema=findings.SCHEMA), {"events": 7}))
    assert "passed" in text and "---" not in text
