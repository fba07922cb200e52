"""The value of a claim is one that the variable it is about could have."""

from __future__ import annotations

import polars as pl
import pytest

from eventbook.validation import check, check_large

CLAIMED = [
    ("fatalities_low", "121", None),
    ("fatalities_low", "eleven", "Not a value of fatalities_low, which the claim is about."),
    ("fatalities_low", "2.5", "Not a value of fatalities_low"),
    ("fatalities_low", "-3", "below 0"),
    ("date_start", "2019-05-13", None),
    ("date_start", "2025-06-99", "Not a value of date_start"),
    ("date_start", "13 May 2019", "Not a value of date_start"),
    ("actor1_id", "syria-government", None),
    ("actor1_id", "syria-goverment", "there is no such row in actors"),
    ("assoc_actor_1_ids", "syria-government; russia-navy", "there is no such row in actors"),
    ("sub_event_type", "Armed clash", None),
    ("sub_event_type", "Armed clsh", "Not a code of the list sub_event_type"),
    ("ucdp_where_prec", "4", None),
    ("ucdp_where_prec", "9", "Not a code of the list where_prec"),
    ("fatalities_side2", "dozens", None),
    ("fatalities_side2", "heaps", "Not a value of fatalities_side2"),
    ("notes", "whatever was said", None),
]


@pytest.mark.parametrize(("about", "value", "says"), CLAIMED)
def test_a_claimed_value_is_checked_as_a_value(copy, sheet, about, value, says):
    """ "eleven" for deaths, an unknown actor, the 99th of June: 0 errors, filed, published."""
    claims = sheet("claims")
    claims.rows[0] |= {"about_variable": about, "value": value}
    claims.save()
    found = [f for f in copy.check().report if f.rule == "claimed-value"]
    assert len(found) == (says is not None), [f.message for f in found]
    if says:
        (finding,) = found
        assert says in finding.message and finding.column == "value" and finding.value == value
        assert finding.line == 2 and finding.row_id


def test_the_nearest_is_offered(copy, sheet):
    """A misspelling is corrected in a second, if the word that was meant is shown."""
    claims = sheet("claims")
    claims.rows[0] |= {"about_variable": "actor1_id", "value": "syria-goverment"}
    claims.rows[1] |= {"about_variable": "sub_event_type", "value": "Armed clsh"}
    claims.save()
    nearest = [f.nearest for f in copy.check().report if f.rule == "claimed-value"]
    assert nearest == ["syria-government", "Armed clash"]


def test_a_large_file_is_checked_alike(copy, tmp_path):
    """What is found in a small table alone is missed where nobody can look."""
    claims = copy.sources()["claims"].frame.drop("__line")
    claims = claims.with_columns(about_variable=pl.lit("fatalities_low"), value=pl.lit("eleven"))
    path = tmp_path / "claims.csv"
    claims.write_csv(path)
    small = [f.line for f in check(path, "claims") if f.rule == "claimed-value"]
    large = [f.line for f in check_large(path, table="claims") if f.rule == "claimed-value"]
    assert small == large and len(small) == claims.height
