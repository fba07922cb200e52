"""Quotes from documents in any spelling: what a person copies or types is found, and is legal."""

from __future__ import annotations

import re
import unicodedata

import polars as pl
import pytest
from conftest import examples
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from eventbook.dataset.desk.fmt import format_package
from eventbook.dataset.desk.new_document import About, add_document
from eventbook.dataset.desk.new_row import NewRow, add_row
from eventbook.validation.evidence import quotes
from eventbook.validation.evidence.documents import Document
from eventbook.validation.evidence.shown import INVISIBLE, MAY_DIFFER, as_shown, shown_text

NFD = unicodedata.normalize("NFD", "fishermen in Reykjavík")
DOCUMENTS = {
    "decomposed, typed composed": (f"A rally of {NFD} began.", "fishermen in Reykjavík"),
    "decomposed, copied": (f"A rally of {NFD} began.", NFD),
    "composed, typed decomposed": ("A rally of fishermen in Reykjavík began.", NFD),
    "Korean, decomposed": (unicodedata.normalize("NFD", "서울 경찰청 앞에서"), "경찰청 앞"),
    "Persian joiner, copied": ("نیرو\u200cهای پلیس آمدند", "نیرو\u200cهای پلیس"),
    "Persian joiner, left out": ("نیرو\u200cهای پلیس آمدند", "نیروهای پلیس"),
    "Malayalam joiner": ("അവന്\u200d പറഞ്ഞു", "അവന്\u200d"),
    "emoji of two": (
        "He wrote \U0001f468\u200d\U0001f469 to her.",
        "\U0001f468\u200d\U0001f469 to",
    ),
    "Arabic mark of direction": ("قتل 12\u200f شخصا في إدلب", "قتل 12\u200f شخصا"),
    "Hebrew mark of direction, left out": ("נהרגו 12\u200e אנשים", "נהרגו 12 אנשים"),
    "soft hyphen": ("The demon\u00adstrators left.", "demonstrators left"),
    "byte order mark in the words": ("Two\ufeff died.", "Two died"),
    "CRLF, a cell has LF": ("One rally\r\nof fishermen.", "rally\nof"),
    "CRLF, copied": ("One rally\r\nof fishermen.", "rally\r\nof"),
    "CR alone": ("One rally\rof fishermen.", "rally\nof"),
    "a new page": ("One rally\x0c of fishermen.", "rally of"),
}


@pytest.mark.parametrize(("text", "quote"), DOCUMENTS.values(), ids=DOCUMENTS)
def test_words_are_found_in_any_spelling(text, quote):
    """Two texts that look alike and a message to copy the exact words leave a coder helpless."""
    document = Document.of(f"A headline\n\n{text}\n".encode())
    (span,) = quotes.exact(document, quote)
    assert as_shown(document.text[span.start : span.end]) == as_shown(quote)
    assert span.paragraph == 2
    assert quotes.is_at(document, span.start, span.end, quote)
    assert not quotes.is_at(document, span.start + 1, span.end, quote)
    if quote in document.text:
        assert document.text[span.start : span.end] == quote


COPIED = [
    name
    for name in DOCUMENTS
    if name in ("decomposed, copied", "Persian joiner, copied", "Arabic mark of direction")
]


@pytest.mark.parametrize("name", [*COPIED, "CRLF, a cell has LF"])
def test_a_copied_quote_is_legal_evidence(copy, tmp_path, name):
    """A rule on every text that refuses the exact words of a pinned document cannot be obeyed."""
    text, quote = DOCUMENTS[name]
    path = tmp_path / "report.txt"
    path.write_bytes(f"A headline\r\n\r\n{text}\r\n".encode())
    about = About(
        "A title", None, "en", *["2020-05-03"] * 3, "stated", "headline", rights="unknown"
    )
    document = add_document(copy, path, about)
    value = {"sub_event_type": "Peaceful protest", "actor1_id": "syria-rebels"}
    fields = {"country": "SYR", "year": "2020"}
    add_row(copy, "events", NewRow(value, {"actor1_id": quote}, document.document_id, fields))
    assert format_package(copy).filled == 1
    found = [f for f in copy.check().report if f.column == "quote"]
    assert {f.rule for f in found} <= {"required"}, found
    row = copy.sources()["quotes"].frame.filter(pl.col("quote") == quote).row(0, named=True)
    words = path.read_bytes().decode()[int(row["start"]) : int(row["end"])]
    assert as_shown(words) == as_shown(quote)


@pytest.mark.parametrize(
    ("table", "column", "value", "rule"),
    [
        ("quotes", "quote", "Turkey\u202e, Russia", "text-hidden-characters"),
        ("quotes", "quote", "Turkey\u2067, Russia", "text-hidden-characters"),
        ("quotes", "quote", "Turkey\x07, Russia", "text-hidden-characters"),
        ("actors", "actor", "H\u200dTS", "text-invisible-characters"),
        ("actors", "actor", "HTS\u200f", "text-invisible-characters"),
        ("actors", "actor", "نیرو\u200cها\u200c", "text-invisible-characters"),
        ("actors", "actor", "Re\u0301gime", "text-normal-form"),
        ("actors", "actor", "نیرو\u200cهای پلیس", None),
        ("actors", "actor", "\u0915\u094d\u200d\u0937", None),
    ],
)
def test_invisible_characters_are_refused_where_they_deceive(
    copy, sheet, table, column, value, rule
):
    """Words that turn around on the screen, and two names that look the same, are both lies."""
    rows = sheet(table)
    rows.rows[0] = rows.rows[0] | {column: value}
    rows.save()
    rules = {f.rule for f in copy.check().report if f.column == column and f.rule[:5] == "text-"}
    assert rules == ({rule} if rule else set())


SIGNS = st.text(
    st.one_of(
        st.sampled_from("ab e\r\n\t.“–"),
        st.sampled_from("\u0301\u0323\u0327\u200c\u200d\u200f\u00ad\ufeff\u0f71\u0f72\u0f81\u0344"),
        st.sampled_from("éộ각\u1100\u1161\u11a8\u212b\u09c7\u09be\U0001f468\U0001d15e"),
        st.characters(codec="utf-8"),
    ),
    max_size=40,
)


@settings(max_examples=examples(3))
@given(SIGNS)
def test_the_shown_text_is_the_normal_form_without_invisible_characters(text):
    """Compositions across signs, of Hangul and of marks in a row are easy to miss in pieces."""
    seen = re.sub(f"[{INVISIBLE}]", "", re.sub(r"\r\n?|[\x85\u2028\u2029]", "\n", text))
    assert as_shown(text) == unicodedata.normalize("NFC", seen)
    assert as_shown(as_shown(text)) == as_shown(text)


def test_signs_that_are_taken_as_they_are_are_displayed_as_they_are():
    """Text of other signs is not looked at: one of them that is composed would be no more found."""
    signs = [chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000]
    plain = [sign for sign in signs if not re.search(MAY_DIFFER, sign)]
    text = "".join(plain)
    assert {*"aé“–ʼ \n"} <= {*plain}
    assert shown_text(text).text == shown_text(text[::-1]).text[::-1] == text
    assert all(shown_text(f"a{sign}a").text == f"a{sign}a" for sign in plain)


@settings(max_examples=examples(3))
@given(SIGNS, SIGNS, SIGNS)
def test_what_is_copied_from_the_screen_is_found_where_it_is(before, words, after):
    """A quote that a person sees and no search finds cannot be evidence."""
    document = Document.of(f"{before} x{words}y {after}".encode())
    quote = as_shown(f"x{words}y")
    found = quotes.exact(document, quote)
    at = len(before) + 1
    assert (at, at + len(words) + 2) in {(span.start, span.end) for span in found}
    assert all(quotes.is_at(document, span.start, span.end, quote) for span in found)


@settings(max_examples=examples(3))
@given(SIGNS, st.data())
def test_what_is_copied_from_the_file_is_found_where_it_is(text, data):
    """A program copies code points, not what is displayed."""
    assume(text)
    begin = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(begin + 1, len(text)))
    found = quotes.exact(Document.of(text.encode()), text[begin:end])
    assert (begin, end) in {(span.start, span.end) for span in found}


@pytest.mark.parametrize(
    ("text", "paragraphs"),
    [
        ("a\nb\n\nc\n", ["a\nb", "c"]),
        ("a\r\nb\r\n\r\nc\r\n", ["a\r\nb", "c"]),
        ("a\rb\r\rc\r", ["a\rb", "c"]),
        ("\ufeff\n\na\n \t\nb", ["a", "b"]),
        ("\ufeffa\n\n\u200b\n\nb", ["a", "b"]),
    ],
)
def test_paragraphs_are_the_same_with_any_line_end(text, paragraphs):
    """An invisible character, or an old Macintosh's line ends, would shift every offset."""
    document = Document.of(text.encode())
    assert [document.text[begin:end] for begin, end in document.paragraphs] == paragraphs
