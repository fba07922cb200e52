"""Small CSV is read without Arrow, and must come out as Arrow reads it."""

from __future__ import annotations

import subprocess
import sys

import pytest
from conftest import UNMEASURED
from hypothesis import example, given
from hypothesis import strategies as st

from eventbook.validation.reading import csv, small_csv
from eventbook.validation.reading.source import ProblemLog

CELLS = st.text(st.sampled_from('ab ,"\n\ré;'), max_size=5)
BODIES = st.lists(CELLS).map("".join) | st.lists(
    st.lists(st.sampled_from(["", "a", '""', '"a,b"', '"a\nb"', '"a""b"', 'a"b', " "])).map(
        ",".join
    )
).map("\n".join)


@given(header=st.sampled_from([["a"], ["a", "b"], ["a", "b", "c"]]), body=BODIES)
@example(header=["a", "b"], body='a"b,"c"\n')
@example(header=["a", "b"], body='"a"b,c\n')
@example(header=["a", "b"], body='a,"b\n\nc"\n"",d')
@example(header=["a"], body="a\n\nb\n")
def test_small_files_are_read_as_arrow_reads_them(header, body):
    """Two readers that disagree on a row would make the findings depend on the size of the file."""
    head = csv.Head(header, body.encode(), 2)
    small, whole = ProblemLog("a.csv"), ProblemLog("a.csv")
    read = csv.rows(small, head, head.body, 2)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(small_csv, "SMALL", -1)
        expected = csv.rows(whole, head, head.body, 2)
    assert small.source(None).findings == whole.source(None).findings
    if read is None or expected is None:
        assert read is expected
    else:
        assert read.schema == expected.schema
        assert read.rows() == expected.rows()


def test_a_file_that_programs_may_read_in_two_ways_goes_to_the_exact_reader():
    """A row with a cell too few that is taken as it comes would shift its values."""
    for body in (b"1\n", b"1,2,3\n", b"1,2\r\n", b"1,2\n\n", b'1"2,3\n', b'"1,2\n', b'"1"2,3\n'):
        assert small_csv.well_formed_rows(["a", "b"], body, 2) is None


def test_small_tables_need_no_arrow(tmp_path):
    """Loading Arrow and numpy takes longer than checking the tables of one document."""
    (tmp_path / "actors.csv").write_text("actor_id,name\n1,A\n", encoding="utf-8")
    code = (
        "import sys; from pathlib import Path; from eventbook.validation.reading.read import read; "
        "read(Path('actors.csv')); print(sorted({'numpy', 'pyarrow'} & sys.modules.keys()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
        env=UNMEASURED,
    )
    assert done.stdout.strip() == "[]"
