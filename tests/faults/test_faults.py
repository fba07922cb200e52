"""Each fault of the tables, tried: it ends in time, within bounds, with a line that a person needs."""

import pytest
from faults import books, files, packages, terminals
from faults.harness import run, verdict

FAULTS = [*files.FAULTS, *books.FAULTS, *packages.FAULTS, *terminals.FAULTS]
pytestmark = pytest.mark.slow


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.id)
def test_a_fault_ends_in_a_line(fault, tmp_path):
    """A traceback, an endless run or a machine without memory is what a stranger's file gave."""
    folder = tmp_path / "here"
    folder.mkdir()
    done = run(fault, folder)
    assert verdict(fault, done, folder) == ""


def test_the_table_is_long_and_has_no_line_twice():
    """Two lines of one name hide one of them; a table that shrinks forgets what happened."""
    assert len({fault.id for fault in FAULTS}) == len(FAULTS) >= 150
