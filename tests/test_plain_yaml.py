"""YAML of books: plain documents are put together here, and as ruamel puts them together."""

from __future__ import annotations

import pytest
from conftest import ROOT
from hypothesis import example, given
from hypothesis import strategies as st

from eventbook.codebook import plain_yaml
from eventbook.codebook.plain_yaml import PlainYaml, UnreadableYaml, plain_yaml_of

WORDS = st.sampled_from(
    [
        "a",
        "b: ",
        "- ",
        "\n",
        "  ",
        "1",
        "1_0",
        "0o7",
        "0x1",
        "-2.5",
        "1e3",
        ".inf",
        "yes",
        "true",
        "~",
        "null",
        "2019-01-01",
        "<<: ",
        "=",
        "'q'",
        '"q"',
        "''",
        "[1, a]",
        "{a: 1}",
        "# c",
        "|\n",
        "&x ",
        "*x",
        "!!str ",
        "! ",
        "---\n",
        "%YAML 1.1\n---\n",
        ": ",
        "? ",
        "é",
        "\t",
        "1:30",
    ]
)


def _read(text: str) -> PlainYaml | tuple[int, str]:
    try:
        return plain_yaml_of(text)
    except UnreadableYaml as error:
        return error.line, error.message


def _read_by_ruamel(text: str) -> PlainYaml | tuple[int, str]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(plain_yaml, "_is_simple", lambda events: False)
        return _read(text)


@given(st.lists(WORDS, max_size=25).map("".join))
@example("")
@example("# only a comment\n")
@example("a: &x 1\nb: *x\n")
@example("a: 1\n---\nb: 2\n")
@example("%YAML 1.1\n---\na: yes\n")
@example("a: [1, 0o7, ~, yes, 2019-01-01, 1e3, .nan]\nb: '1'\nc: >\n  1\n")
def test_plain_data_are_those_that_ruamel_makes(text):
    """A number that is read as a text, or another line of it, would change what a book says."""
    assert repr(_read(text)) == repr(_read_by_ruamel(text))


def test_the_books_are_read_as_ruamel_reads_them():
    """The books have forms of YAML that nobody thought of here."""
    files = [*(ROOT / "codebook").rglob("*.yaml"), *(ROOT / "seeds").rglob("*.yaml")]
    assert len(files) > 10
    for file in files:
        text = file.read_text(encoding="utf-8")
        assert _read(text) == _read_by_ruamel(text)
