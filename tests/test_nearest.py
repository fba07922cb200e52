"""Which word is offered for one that is not allowed: a close one, or none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventbook.codebook.nearest import CLOSE, nearest

ACTORS = ["russia-military", "syria-rebels", "syria-civilians", "government-of-turkey-2016"]


@pytest.mark.parametrize(
    ("word", "choices", "meant"),
    [
        ("armed clashes", ["Armed clash", "Attack"], "Armed clash"),
        ("Batles", ["Battles", "Riots"], "Battles"),
        ("fatalities-low", ["fatalities_low", "fatalities_high"], "fatalities_low"),
        ("syria-rebel", ACTORS, "syria-rebels"),
        ("goverment-of-turkey-2016", ACTORS, "government-of-turkey-2016"),
        ("Air strike", ["Air/drone strike", "Grenade"], "Air/drone strike"),
        # a word is shared, and the other is another one
        ("syria-military", ACTORS, None),
        ("russia-civilians", ACTORS, None),
        ("location_id", ["document_id", "event_id"], None),
        # the second most similar is the good one
        (
            "syria-civilian",
            ["syria-civil", "russia-civilian", "syria-civilians"],
            "syria-civilians",
        ),
        ("Incident", ["Battles", "Riots", "Protests"], None),
        ("12", ["2", "120"], None),
        ("", ["a"], None),
        ("colour", [], None),
    ],
)
def test_a_suggestion_is_good_or_absent(word, choices, meant):
    """`syria-military` was taken for `russia-military`: another actor, coded with confidence."""
    assert nearest(word, choices) == meant


@given(st.lists(st.text(min_size=1), unique=True), st.text())
def test_a_suggestion_is_one_of_the_choices(choices, word):
    """Whatever was typed, only what is allowed may be offered."""
    assert nearest(word, choices) in {None, *choices}


@given(st.text("abcdefgh_- ", min_size=3).filter(lambda text: any(map(str.isalpha, text))))
def test_a_word_in_other_capitals_is_found(word):
    """Capitals are the slip that everybody makes."""
    assert nearest(word.upper(), [word, "zzzz"], CLOSE) == word
