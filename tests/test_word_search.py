"""Many quotes are found in one pass over a document, where each by itself would be found."""

from __future__ import annotations

import re

import pytest
from conftest import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from eventbook.validation.evidence import quotes, shown, word_search
from eventbook.validation.evidence.documents import Document
from eventbook.validation.evidence.folded import FOLDED, folded_text
from eventbook.validation.evidence.shown import as_shown, shown_text
from eventbook.validation.evidence.word_search import starts_of

SIGNS = "ab é e\u0301\u0301 \r\n\n\r\t\u2028\x85\ufeff\u200d’'“…-–Σσςİ\U0001f600\u1100\u1161\u11a8 \u3000"
TEXTS = st.text(st.sampled_from(SIGNS), max_size=40)


@st.composite
def text_and_words(draw):
    """A text, and words that are mostly in it, also more than once and in each other."""
    text = draw(TEXTS) * draw(st.integers(1, 3))
    words = set(draw(st.lists(TEXTS, max_size=2)))
    for _ in range(draw(st.integers(0, 6))):
        begin = draw(st.integers(0, len(text)))
        words.add(text[begin : begin + draw(st.integers(0, 6))])
    return text, words


def one_by_one(text, words):
    """Where words begin, as the definition has it."""
    return [n for n in range(len(text)) if words and text.startswith(words, n)]


@given(text_and_words(), st.sampled_from([1, 10, 10_000]))
@settings(max_examples=examples(1))
def test_each_occurrence_is_found_as_if_it_were_looked_for_alone(made, together):
    """Positions in bytes taken for positions in text, or an occurrence inside another one lost."""
    text, words = made
    wanted = {one: one_by_one(text, one) for one in words}
    assert starts_of(text, words) == wanted
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(word_search, "READ_SINGLY", -1)
        patched.setattr(word_search, "TOGETHER", together)
        assert starts_of(text, words) == wanted


def folded_sign_by_sign(text):
    """A text folded, and the original position of each sign, as the definition has it."""
    signs, at = [], []
    for position, sign in enumerate(text):
        new = " " if sign.isspace() else FOLDED.get(sign, sign).lower()
        if new == " " and signs and signs[-1] == " ":
            continue
        signs.extend(new)
        at.extend([position] * len(new))
    return "".join(signs), at


@given(TEXTS)
def test_a_text_is_folded_sign_by_sign(text):
    """A suggestion that points beside the words, as signs before it became more or fewer."""
    folded = folded_text(text)
    signs, at = folded_sign_by_sign(text)
    assert folded.text == signs
    for start in range(len(signs)):
        if signs[start] != " ":
            assert folded.original(start, start + 1) == (at[start], at[start] + 1)


@given(TEXTS)
def test_a_text_is_displayed_alike_in_blocks_of_any_length(text):
    """A letter and its mark, or the two signs of a line end, that fall into two blocks."""
    whole = shown_text(text)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(shown, "BLOCK", 1)
        assert shown_text(text) == whole
        patched.setattr(shown, "OFTEN", -1)
        # Without a block that is passed over.
        patched.setattr(shown, "NEVER_AS_IT_IS", re.compile(""))
        assert shown_text(text) == whole


@given(TEXTS, st.integers(-2, 45), st.integers(-2, 45), TEXTS)
def test_no_place_is_refused_for_its_length_that_shows_the_quote(text, start, end, quote):
    """A quote that is at its offsets, with signs there that nobody sees, was not found there."""
    document = Document.of(text.encode())
    for words in (quote, text[start:end]):
        shows = as_shown(text[start:end]) == as_shown(words)
        assert quotes.is_at(document, start, end, words) is shows
    assert document.shown.length(start, end) <= len(as_shown(text[start:end]))


@given(TEXTS, st.integers(-1, 45))
def test_a_position_is_in_the_paragraph_around_it(text, start):
    """A position between two paragraphs is in none."""
    document = Document.of(text.encode())
    around = [
        n for n, (begins, ends) in enumerate(document.paragraphs, 1) if begins <= start < ends
    ]
    assert document.paragraph(start) == next(iter(around), None)


def test_a_quote_at_the_end_of_a_long_document_costs_no_look_at_the_whole(monkeypatch):
    """20,000 rows whose end is that of the document took as long as 20,000 readings of it."""
    read = []
    monkeypatch.setattr(quotes, "as_shown", lambda text: read.append(len(text)) or as_shown(text))
    text = "A line.\r\n" * 10_000
    document = Document.of(text.encode())
    assert not quotes.is_at(document, 0, len(text), "A line.")
    assert quotes.is_at(document, 0, 9, "A line.\n")
    assert max(read) < 10


def test_signs_that_nobody_sees_are_not_counted():
    """The least that is displayed is what can be said without reading the text."""
    document = Document.of(("x" + "\u200b" * 9 + "y").encode())
    assert quotes.is_at(document, 0, 11, "xy")
    assert document.shown.length(0, 11) == 2
