"""The ids that rows of many codings get are those that one look at all rows would give each."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from eventbook.validation.coding.id_form import IdForm
from eventbook.validation.coding.json_ids import FreeIds

FORM = IdForm("{country}-{year}-{serial:03}")
IDS = st.sampled_from(
    ["e1", "e2", "", "SYR-2020-001", "SYR-2020-7", "MLI-2020-004", "SYR-2021-010", "SYR-2020-012"]
)
STEPS = st.lists(
    st.tuples(st.integers(0, 5), st.sampled_from(["SYR", "MLI"]), st.sampled_from(["2020", "2021"]))
)


@given(st.lists(IDS, min_size=1, max_size=6), st.lists(IDS, max_size=4), STEPS)
def test_each_row_gets_the_number_after_all_that_are_taken(own, others, steps):
    """400 codings with 16 rows each took more than five minutes, as each row looked at all rows."""
    ids = FreeIds.of(FORM, own, others)
    rows = [*own]
    for place, country, year in steps:
        row = place % len(rows)
        fields = {"country": country, "year": year}
        expected = FORM.next_id({*rows, *others}, fields)
        new = ids.next_id(fields)
        assert new == expected
        ids.change(rows[row], new)
        rows[row] = new


def test_a_number_that_a_row_gives_up_is_free():
    """A row whose id in the file had the book's form gets another one."""
    ids = FreeIds.of(FORM, ["SYR-2020-009"], [])
    new = ids.next_id({"country": "SYR", "year": "2021"})
    ids.change("SYR-2020-009", new)
    assert new == "SYR-2021-001"
    assert ids.next_id({"country": "SYR", "year": "2020"}) == "SYR-2020-001"
