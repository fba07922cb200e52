"""A word is looked up in the codebook: what `eventbook codebook WORD` prints."""

import re

import pytest
from conftest import ROOT, invoke

from eventbook.codebook.look_up import nearest_name


def shown(*words):
    """Look a word up; it must be found."""
    done = invoke("codebook", *words, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_code_list_is_shown_with_what_its_codes_mean(book):
    """`codebook where_prec` named a dozen rules and pages, and none said what a 4 is."""
    lines = shown("where_prec").splitlines()
    assert lines[0] == "where_prec (code list): Geographic precision (UCDP)"
    codes = book.code_lists["where_prec"].codes
    start = lines.index("  Codes of the list where_prec (7):") + 1
    wanted = [f"    {code.code}  {code.label}: {code.definition}" for code in codes]
    assert lines[start : start + 7] == wanted
    assert wanted[3] == (
        "    4  First-level division: A province or governorate, or a large part of one."
    )


def test_a_variable_is_shown_with_its_codes_once(book):
    """`codebook ucdp_where_prec` printed bare numbers, and the same list for each of two tables."""
    text = shown("ucdp_where_prec")
    assert "(variable of events)" in text and "(variable of locations)" in text
    assert text.count("Sea or air: International waters or airspace.") == 1
    assert "  Codes: the list where_prec, as above\n" in text


def test_what_several_tables_say_alike_is_shown_once():
    """`codebook notes` is one sentence for each table; the same sentence is read only once."""
    text = shown("document_id")
    heads = [line for line in text.splitlines() if line.startswith("document_id (")]
    entries = re.split(r"(?m)^document_id \(.*\): .*\n", text)[1:]
    assert len(set(entries)) == len(entries) == len(heads)


def test_long_lists_are_cut_and_the_rest_has_a_command(book):
    """250 countries went over the screen, or 190 of them could not be seen at all."""
    codes = book.code_lists["country"].codes
    lines = shown("iso3").splitlines()
    assert sum(line.startswith("    ") for line in lines) == 21
    (more,) = (line for line in lines if "... and" in line)
    assert more == f"    ... and {len(codes) - 20} more: eventbook codebook country --all"
    everything = shown("country", "--all")
    assert all(f"    {code.code}  {code.label}" in everything for code in codes)
    of_book = shown("iso3", "--book", "eventbook")
    assert "more: eventbook codebook country --all --book eventbook" in of_book


def test_an_entry_has_no_names_of_the_program():
    """`codebook fatalities_low` showed, too, that it is a code of "variables of events and claims"."""
    assert shown("fatalities_low").count("fatalities_low") == 1
    assert "code of variables of" not in shown("fatalities_low")
    assert "  Codes: the names of variables of events and claims" in shown("variables")


@pytest.mark.parametrize(
    ("typed", "first"),
    {
        "fatalities low": "fatalities_low (variable of events)",
        "FATALITIES-LOW": "fatalities_low (variable of events)",
        "Fatalities, lowest": "fatalities_low (variable of events)",
        "Armed clash": "Armed clash (code of sub_event_type)",
        "armed CLASH": "Armed clash (code of sub_event_type)",
        "None reported": "reported_none (code of fatalities_status)",
        "fatalities order": "fatalities-order (rule on events, error)",
        "CLAIMS": "claims (table): Claims",
        "places and precision": "06-places (guide): Places and precision",
        "quote several": "quote-several (finding, ",
        "geographic precision": "location_precision (variable of events)",
    }.items(),
)
def test_people_type_names_as_they_remember_them(typed, first):
    """A blank for an underscore, a title for a name or other capitals found nothing."""
    assert shown(typed).startswith(first)


def test_words_need_no_quotation_marks():
    """`codebook fatalities low` was refused for an extra argument, or found nothing."""
    assert shown("fatalities", "low") == shown("fatalities_low") == shown("fatalities low")


def test_names_come_before_texts_that_have_the_word():
    """`codebook where` began with rules that have "where" in their sentence."""
    *variables, codes = shown("where").splitlines()[:3]
    assert all(line.startswith("ucdp_where_prec (variable of ") for line in variables)
    assert codes.startswith("where_prec (code list)")


@pytest.mark.parametrize(
    ("typed", "meant"),
    {
        "fatalites_low": "fatalities_low",
        "batles": "Battles",
        "wher_prec": "where_prec",
        "fatalitis order": "fatalities-order",
        "nosuch": None,
        "xyz": None,
        "4711": None,
        "colour of the sky": None,
        "seeds/tables/events.csv": None,
    }.items(),
)
def test_a_guess_is_good_or_absent(book, typed, meant):
    """A far-fetched guess sends people to the wrong variable."""
    assert nearest_name(book, typed) == meant
    done = invoke("codebook", typed, cwd=ROOT)
    assert done.returncode == 1 and not done.stdout
    hint = f"; did you mean {meant}?" if meant else ""
    assert done.stderr == f"{typed}: no entry of eventbook has this name or these words{hint}\n"


@pytest.mark.parametrize("typed", ["", " ", "???"])
def test_what_has_no_letter_is_not_looked_up(typed):
    """A message that began with a bare colon told nothing."""
    done = invoke("codebook", typed, cwd=ROOT)
    assert done.returncode == 2 and not done.stdout
    assert f"'{typed}': a name, or words to look for, have a letter or a digit" in done.stderr
