"""Two invented books of other tables and columns: every verb works, or says what the book lacks.

`books/strikes` has documents, quotations, two coders and tombstones under names of its own, and no
deaths and no claims; `books/shootings` is one table and nothing else.
"""

from __future__ import annotations

import json

import pytest
from conftest import ROOT, invoke

BOOKS = ROOT / "tests" / "books"
MAIN = {"strikes": "strikes", "shootings": "shootings"}
"""The table that readers look at first, by book."""
ROWS = {"strikes": 4, "shootings": 30}
WORDS = {"strikes": "workers_low", "shootings": "armed"}
"""A word of each book that the shipped ones do not have."""

both = pytest.mark.parametrize("name", sorted(MAIN))


def ok(*words, cwd, status=0):
    """Run a verb in this process; it must end so, and what goes wrong is no traceback."""
    done = invoke(*map(str, words), cwd=cwd)
    printed = done.stdout + done.stderr
    assert done.returncode == status, f"{words}: {done.returncode}\n{printed}"
    assert "Traceback" not in printed
    return printed


# Every day


@both
def test_the_data_have_no_errors_and_nothing_is_unchecked(name):
    """A check that was switched off by the names of the tables, and reported 0 errors."""
    done = invoke("check", "--format", "json", cwd=BOOKS / name)
    report = json.loads(done.stdout)
    assert done.returncode == 0 and report["findings"] == []
    assert report["unchecked"] == []
    assert report["rows"][MAIN[name]] == ROWS[name]


@both
def test_a_file_alone_follows_the_book_around_it(name):
    """The shipped books do not know the table, and the package's own one was not asked."""
    file = BOOKS / name / f"seeds/tables/{MAIN[name]}.csv"
    printed = ok("check", file, cwd=BOOKS)
    assert f"codebook {name} 1.0.0" in printed and "0 errors" in printed


@both
def test_a_word_is_looked_up_in_the_own_book(name):
    """`codebook` knew the words of the shipped book only."""
    assert WORDS[name] in ok("codebook", WORDS[name], cwd=BOOKS / name)
