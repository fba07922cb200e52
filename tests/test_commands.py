"""The command line as its users first meet it: the list of verbs, and their reference page."""

import re

import pytest
from conftest import ROOT, invoke

from eventbook.dataset.cli.reference import commands, reference

PAGE = ROOT / "dataset" / "commands.md"


def listed(*group: str) -> dict[str, str]:
    """Return each verb of a group with the line that `--help` has for it."""
    text = invoke(*group, "--help").stdout.partition("\nCommands:\n")[2]
    return dict(re.findall(r"^  (\S+) +(.+)$", text, re.M))


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
