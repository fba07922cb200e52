"""The command line as its users first meet it: the list of verbs, and their reference page."""

import re

import pytest
from conftest import ROOT, invoke

from eventbook.dataset.cli.groups import GROUPS
from eventbook.dataset.cli.reference import commands, reference

PAGE = ROOT / "dataset" / "commands.md"


def listed(*group: str) -> dict[str, str]:
    """Return each verb of a group with the line that `--help` has for it."""
    text = invoke(*group, "--help").stdout.partition("  --help ")[2].partition("\n")[2]
    return dict(re.findall(r"^  (\S+) +(.+)$", text, re.M))


def test_each_verb_is_in_one_group():
    """A verb that is in no group is not in `--help`, and nobody finds it."""
    grouped = [verb for verbs in GROUPS.values() for verb in verbs]
    verbs = {name.split()[1] for name in commands()}
    assert sorted(grouped) == sorted(verbs)
    assert list(listed()) == grouped
    text = invoke("--help").stdout
    assert all(f"\n{title}:\n" in text for title in GROUPS)
    lines = re.findall(r"^  \S+ +[A-Z].*\.$", text.partition("\nStart:\n")[2], re.M)
    assert len({len(line) - len(line.split(maxsplit=1)[1]) for line in lines}) == 1, "one column"


def test_the_reference_page_is_current():
    """A page that lacks an option, or has one that is gone, is worse than `--help` alone."""
    assert PAGE.read_text(encoding="utf-8") == reference(), "run: make references"


@pytest.mark.parametrize("verb", commands())
def test_each_verb_is_documented(verb):
    """Who calls a verb from a script needs its exit status; who tries it, a line to copy."""
    command = commands()[verb].command
    text, _, example = command.help.partition("\n\nExample: ")
    assert "exit status is" in text.replace("\n", " ")
    assert example.startswith(verb)
    options = {option for param in command.params for option in param.opts}
    if not command.context_settings.get("ignore_unknown_options"):
        assert set(re.findall(r" (--[a-z][\w-]*)", example)) <= options
    assert all(param.help for param in command.params)


@pytest.mark.parametrize("group", [(), ("new",)])
def test_each_line_of_help_is_whole(group, monkeypatch):
    """A summary that ends in dots in a usual terminal says nothing to whom it should help."""
    monkeypatch.setenv("COLUMNS", "80")
    lines = listed(*group)
    assert len(lines) > 5
    for verb, line in lines.items():
        assert len(line) <= 50 and line.endswith("."), verb
        assert not line.endswith("..."), verb


@pytest.mark.parametrize("verb", ["eventbook", *commands()])
def test_help_fits_a_usual_terminal(verb, monkeypatch):
    """A sentence that is cut in dots, or a line that breaks anywhere, cannot be read."""
    monkeypatch.setenv("COLUMNS", "80")
    lines = invoke(*verb.split()[1:], "--help").stdout.splitlines()
    assert max(map(len, lines)) <= 80
    assert not [line for line in lines if re.search(r"[a-z](\.\.\.|\u2026)$", line)]
