"""The coder's desk: documents added, events started, quotes found, files in one form."""

from __future__ import annotations

import csv
import hashlib
import io
import os
import pty
import random
import shutil
import subprocess
import sys
from dataclasses import replace

import polars as pl
import pytest
from conftest import ROOT, examples
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from eventbook.codebook import load
from eventbook.dataset.cli.main import app
from eventbook.dataset.desk import fmt
from eventbook.dataset.desk.drafts import open_variables
from eventbook.dataset.desk.fmt import format_package, formatted
from eventbook.dataset.desk.new_document import (
    About,
    add_document,
    headline,
    interview,
    read_new,
    said_in,
)
from eventbook.dataset.desk.new_row import NewRow, add_row
from eventbook.dataset.desk.table_files import canonical, csv_bytes
from eventbook.dataset.starter.new_package import Answers, new_package
from eventbook.validation.errors import InputError
from eventbook.validation.evidence import quotes
from eventbook.validation.evidence.documents import Document
from eventbook.validation.files.inside import LARGEST
from eventbook.validation.package.package import Package
from eventbook.validation.reading.read import read
from eventbook.validation.reading.source import LINE, Source

TEXT = "A headline\n\n“We can’t,” he said – twice.\nHe said\u00a0so again … on Monday, on Monday.\n"


def run(package, *words):
    return CliRunner().invoke(app, list(words), catch_exceptions=False)


def about(**more):
    usual = {
        "title": "A title",
        "publisher": None,
        "language": "en",
        "start": "2020-05-03",
        "end": "2020-05-03",
        "best": "2020-05-03",
        "basis": "stated",
        "words": "3 May 2020",
        "reasoning": None,
        "rights": "unknown",
    }
    return About(**usual | more)


# Quotes


@pytest.mark.parametrize(
    ("typed", "differs"),
    [
        ('"We can’t," he said', "quotation mark"),
        ("“We can't,” he said", "quotation mark"),
        ("he said - twice", "dash"),
        ("twice. He said", "space"),
        ("He said so again", "space"),
        ("so again ...", "ellipsis"),
        ("HE SAID", "capitals"),
    ],
)
def test_a_quote_that_differs_by_a_sign_is_offered_exactly(typed, differs):
    """A word processor turns quotation marks; "not found" alone sends the coder hunting."""
    document = Document.of(TEXT.encode())
    found = quotes.alike(document, typed)
    assert found
    words = document.text[found[0].start : found[0].end]
    assert words in TEXT
    assert any(differs in kind for kind in quotes.differences(typed, words))


def test_the_nearest_words_are_whole_words():
    """Offered words that begin inside a word would be copied so."""
    document = Document.of(TEXT.encode())
    place = quotes.nearest_words(document, "he sayd – twize")
    assert place is not None
    assert document.text[place.start : place.end] == "he said – twice"
    assert quotes.nearest_words(document, "zzzz qqqq xxxx") is None
    assert quotes.nearest_words(document, "zz") is None


def quotations(*rows):
    names = ["event_ids", "document_id", "quote", "paragraph", "start", "end"]
    frame = pl.DataFrame(
        [dict.fromkeys(names) | {"event_ids": "E", "document_id": "D"} | row for row in rows],
        schema=dict.fromkeys(names, pl.String),
    )
    return Source("quotes.csv", frame.with_columns(pl.lit(2, pl.Int64).alias(LINE)))


def test_places_are_filled_where_there_is_no_doubt():
    """Offsets counted by hand are wrong offsets."""
    documents = {"D": Document.of(TEXT.encode())}
    source = quotations(
        {"quote": "he said – twice"},
        {"quote": "on Monday"},
        {"quote": "on Monday", "start": "65"},
        {"quote": "A headline", "paragraph": "2"},
        {"quote": "He sayd"},
        {"quote": "nothing of the kind at all"},
        {"quote": "x", "document_id": "other"},
    )
    second = TEXT.index("on Monday", TEXT.index("on Monday") + 1)
    starts = pl.col("start").replace({"65": str(second)})
    source = replace(source, frame=source.frame.with_columns(starts.alias("start")))
    source, filled = quotes.fill(load("eventbook"), source, documents)
    assert filled == 2
    rows = source.frame.to_dicts()
    assert TEXT[int(rows[0]["start"]) : int(rows[0]["end"])] == "he said – twice"
    assert rows[0]["paragraph"] == "2"
    assert rows[2]["start"] == str(second)
    assert {f.row_id for f in source.findings} == {"E"}
    assert [f.rule for f in source.findings] == [
        "quote-several",
        "quote-elsewhere",
        "quote-differs",
        "quote-found",
    ]
    assert "2 times" in source.findings[0].message
    assert source.findings[2].nearest == "He said"
    assert all(row["start"] is None for row in (rows[1], *rows[3:]))


@settings(max_examples=examples(2))
@given(st.text("ab “”\n-", min_size=1, max_size=60), st.data())
def test_what_is_filled_is_where_the_quote_stands(text, data):
    """A filled offset that is off by one passes nobody's eye and fails the next check."""
    begin = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(begin + 1, len(text)))
    document = Document.of(text.encode())
    source = quotations({"quote": text[begin:end]})
    source, filled = quotes.fill(load("eventbook"), source, {"D": document})
    if filled:
        row = source.frame.row(0, named=True)
        assert text[int(row["start"]) : int(row["end"])] == text[begin:end]
    else:
        assert source.findings


SAID = st.fixed_dictionaries(
    {
        name: st.sampled_from([None, None, "0", "1", "2", "3"])
        for name in ("paragraph", "start", "end")
    }
)


@settings(max_examples=examples(1))
@given(
    st.text("ab\n", min_size=1, max_size=20),
    st.lists(st.tuples(st.text("ab\n", min_size=1, max_size=2), SAID), max_size=8),
)
def test_a_quote_is_placed_where_exactly_one_place_fits_what_is_said(text, said):
    """Places that are looked up for all rows at once must be those of each row by itself."""
    document = Document.of(text.encode())
    rows = [{"quote": quote} | cells for quote, cells in said]
    source, filled = quotes.fill(load("eventbook"), quotations(*rows), {"D": document})
    placed = 0
    for row, after in zip(rows, source.frame.to_dicts(), strict=True):
        names = ("paragraph", "start", "end")
        fitting = [
            place
            for place in quotes.exact(document, row["quote"])
            if all(not row[n] or row[n] == str(getattr(place, n)) for n in names)
        ]
        is_open = not all(row[name] for name in names)
        if is_open and len(fitting) == 1:
            row |= {name: str(getattr(fitting[0], name)) for name in names}
            placed += 1
        assert {name: after[name] for name in names} == {name: row[name] for name in names}
    assert filled == placed


# The one form


def test_the_package_is_in_its_one_form():
    """A hand-edited file in another form makes every later difference unreadable."""
    done = formatted(Package(ROOT))
    assert list(done.changed) == []
    assert done.findings == ()


def test_disorder_is_put_in_order_and_no_value_changes(copy, own_book):
    """A formatter that changes a value is a coder whom nobody hired."""
    rng = random.Random(3)
    before = {n: s.frame.drop(LINE) for n, s in copy.sources().items()}
    kept = {p: p.read_bytes() for p in (copy.root / "seeds").rglob("*") if p.is_file()}
    for name, frame in before.items():
        columns = rng.sample(frame.columns, frame.width)
        mixed = frame.select(columns).sample(fraction=1, shuffle=True, seed=4)
        text = mixed.write_csv(line_terminator="\r\n", quote_style="always")
        path = copy.root / "seeds" / "tables" / f"{name}.csv"
        path.write_bytes(b"\xef\xbb\xbf" + text.replace('""', "").encode())
    book = own_book / "book.yaml"
    book.write_bytes(book.read_bytes().replace(b"\n", b"\r\n"))
    done = format_package(copy)
    assert done.findings == ()
    assert {p: p.read_bytes() for p in kept} == kept
    assert formatted(Package(copy.root)).changed == {}


def test_documents_and_filed_codings_are_never_touched(copy):
    """The hash of a document, and what a coder filed, are what everything else leans on."""
    document = copy.root / "seeds/documents/DOC-0001.txt"
    document.write_bytes(b"\xef\xbb\xbfx\r\n")
    coding = copy.root / "seeds/codings/somebody/events.csv"
    coding.parent.mkdir(parents=True)
    coding.write_bytes(b'"b","a"\r\n"1","2"\r\n')
    format_package(copy)
    assert document.read_bytes() == b"\xef\xbb\xbfx\r\n"
    assert coding.read_bytes() == b'"b","a"\r\n"1","2"\r\n'


def test_a_file_that_cannot_be_read_is_left_alone(copy):
    """Rows with a cell too many would be dropped by a formatter that does not look."""
    path = copy.root / "seeds/tables/events.csv"
    path.write_text(path.read_text() + "one,two\n", encoding="utf-8")
    bytes_before = path.read_bytes()
    done = format_package(copy)
    assert path.read_bytes() == bytes_before
    assert [f.rule for f in done.findings] == ["ragged-row"] or done.findings


SIGNS = st.text("a1 ,;\"'\r\n\t#=é\u2028\x85", min_size=1, max_size=8)


@settings(max_examples=examples(2))
@given(st.lists(st.tuples(SIGNS | st.none(), SIGNS | st.none()), min_size=1, max_size=5))
def test_a_table_of_any_text_is_read_back_as_it_was(tmp_path, rows):
    """A line end or a mark inside a cell, written without quotation marks, is another table."""
    written = pl.DataFrame(rows, schema={"a": pl.String, "b": pl.String}, orient="row")
    path = tmp_path / "table.csv"
    path.write_bytes(csv_bytes(written))
    source = read(path)
    assert source.frame is not None and source.errors == []
    kept = pl.any_horizontal(pl.all().is_not_null())
    assert source.frame.drop(LINE).equals(written) or source.frame.drop(LINE).equals(
        written.filter(kept)
    )


@settings(max_examples=examples(0.2))
@given(st.text(st.sampled_from('ab,"\r\n'), max_size=12), st.sampled_from(["\n", "\r\n", "\r"]))
def test_formatting_keeps_every_table_whatever_is_in_it(copy, text, end):
    """fmt deleted sixteen rows of a file whose lines ended in CR, and took marks out of words."""
    path = copy.root / "seeds" / "tables" / "claims.csv"
    head, *rows = (ROOT / "seeds/tables/claims.csv").read_text("utf-8").split("\n")[:3]
    path.write_bytes(end.join([head, *(row + text for row in rows), ""]).encode())
    before, bytes_before = read(path), path.read_bytes()
    try:
        done = format_package(Package(copy.root))
    except InputError:
        assert path.read_bytes() == bytes_before
        return
    if "seeds/tables/claims.csv" not in done.changed:
        assert path.read_bytes() == bytes_before
        return
    after = read(path)
    names = before.frame.drop(LINE).columns
    assert sorted(before.frame.select(names).rows(), key=repr) == sorted(
        after.frame.select(names).rows(), key=repr
    )


CELLS = st.text('a1 ,"\r\n', max_size=5)


@given(st.lists(st.lists(CELLS, min_size=2, max_size=3), min_size=1, max_size=4))
def test_a_list_of_codes_keeps_its_cells(rows):
    """A carriage return inside a cell was written bare, and ended the row."""
    out = io.StringIO(newline="")
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows(rows)
    new = fmt._plain_csv(out.getvalue().encode())
    assert list(csv.reader(io.StringIO(new.decode(), newline=""), strict=True)) == rows


@pytest.mark.parametrize("more", ["\ntext: |+\n  words\n\n\n", "\r\ntext: |+\r\n  words\r\n\r\n"])
def test_a_book_whose_text_would_change_is_not_written(own_book, copy, more):
    """Line feeds at the end of a YAML text can be a part of it."""
    path = own_book / "book.yaml"
    path.write_bytes(path.read_bytes() + more.encode())
    actors = copy.root / "seeds/tables/actors.csv"
    lines = actors.read_text(encoding="utf-8").splitlines()
    actors.write_text("\n".join([lines[0], *reversed(lines[1:]), ""]), encoding="utf-8")
    before = {p: p.read_bytes() for p in (path, actors)}
    result, _ = fmt._values(path.read_bytes())
    assert isinstance(result, dict) and result["text"].endswith("\n\n")
    with pytest.raises(InputError, match="nothing was written"):
        fmt._other(copy, path)
    assert {p: p.read_bytes() for p in before} == before


def test_fmt_check_says_what_would_change(copy, monkeypatch):
    """CI asks; a check that writes would hide what it found."""
    monkeypatch.chdir(copy.root)
    assert run(copy, "fmt", "--check").exit_code == 0
    path = copy.root / "seeds/tables/actors.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([lines[0], *reversed(lines[1:])]) + "\n", encoding="utf-8")
    before = path.read_bytes()
    done = run(copy, "fmt", "--check")
    assert done.exit_code == 1 and "would change: seeds/tables/actors.csv" in done.output
    assert path.read_bytes() == before
    assert run(copy, "fmt").exit_code == 0
    assert run(copy, "fmt", "--check").exit_code == 0


CELL = st.one_of(
    st.none(), st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)
)


@given(st.lists(st.tuples(CELL, CELL, CELL), max_size=8), st.randoms())
def test_the_form_does_not_depend_on_the_order_and_keeps_every_cell(rows, rng):
    """Two coders who save the same rows in another order must get the same file."""
    book = load("eventbook")
    table = book.tables["passed_over"]
    names = ["document_id", "reason", "because"]
    rows = [tuple(c or None for c in row) for row in rows]
    frame = pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row").unique()
    mixed = frame.sample(fraction=1, shuffle=True, seed=rng.randint(0, 9)).select(
        rng.sample(names, 3)
    )
    form = csv_bytes(canonical(book, table, frame))
    assert form == csv_bytes(canonical(book, table, mixed))
    back = list(csv.DictReader(io.StringIO(form.decode(), newline="")))
    assert sorted(map(str, back)) == sorted(
        str({n: row[n] or "" for n in names}) for row in frame.to_dicts()
    )


# Documents and events


def test_a_document_is_taken_in_byte_for_byte(copy, tmp_path):
    """Line endings changed on the way in would make every offset and the hash another's."""
    path = tmp_path / "report.txt"
    data = b"Title\r\n\r\nHama, 3 May 2020. Two died.\r\n"
    path.write_bytes(data)
    done = add_document(copy, path, about())
    assert done.document_id == "DOC-0002" and done.unproved == ()
    assert (copy.root / "seeds/documents/DOC-0002.txt").read_bytes() == data
    rows = {r["document_id"]: r for r in copy.sources()["documents"].frame.to_dicts()}
    assert rows["DOC-0002"]["sha256"] == hashlib.sha256(data).hexdigest()
    report = copy.check().report
    assert {f.rule for f in report} == {"paragraph-accounted"}
    with pytest.raises(InputError, match="was added before, as DOC-0002"):
        add_document(copy, path, about())


@pytest.mark.parametrize(
    ("data", "more", "says"),
    [
        (b"", {}, "no words"),
        (b"\n \n", {}, "no words"),
        (b"%PDF-1.7", {}, "PDF"),
        (b"PK\x03\x04xx", {}, "Word"),
        ("Köln".encode("latin-1"), {}, "UTF-8"),
        (b"a\0b", {}, "NUL"),
        (b"On 3 May 2020.", {"start": "2020-05-04"}, "date_end"),
        (b"On 3 May 2020.", {"basis": "staeted"}, "did you mean stated"),
        (b"On 3 May 2020.", {"basis": "inferred"}, "date_reasoning"),
        (b"On 3 May 2020.", {"language": "English"}, "language"),
        (b"On 3 Mai 2020.", {}, "did you mean '3 Mai 2020'"),
    ],
)
def test_what_cannot_be_taken_in_leaves_nothing_behind(copy, tmp_path, data, more, says):
    """Half a document is a row without a file, or a file that no row names."""
    before = {p: p.read_bytes() for p in (copy.root / "seeds").rglob("*") if p.is_file()}
    path = tmp_path / "report.txt"
    path.write_bytes(data)
    with pytest.raises(InputError, match=says):
        add_document(copy, path, about(**more))
    assert {p: p.read_bytes() for p in (copy.root / "seeds").rglob("*") if p.is_file()} == before


def test_new_document_and_event_from_flags(copy, tmp_path, monkeypatch):
    """A script that is asked a question hangs."""
    monkeypatch.chdir(copy.root)
    path = tmp_path / "report.txt"
    path.write_text("Title\n\nHama, 3 May 2020. Gunmen shot at a patrol.\n", encoding="utf-8")
    words = ["--date", "2020-05-03", "--basis", "stated", "--words", "3 May 2020"]
    done = run(copy, "new", "document", str(path), *words)
    assert done.exit_code == 0 and "2 paragraphs" in done.output
    kind = ["--type", "Armed clash", "--country", "SYR", "--year", "2020"]
    value = ["--set", "actor1_id=syria-rebels", "--quote", "actor1_id=Gunmen shot"]
    done = run(copy, "new", "event", "--document", "DOC-0002", *kind, *value)
    assert done.exit_code == 0 and "SYR-2020-0001" in done.output
    needed = done.output.split("needed: ")[1].splitlines()[0].split(", ")
    assert "actor2_id" in needed and "actor1_id" not in needed
    done = run(copy, "fmt")
    assert "quotes found in their documents: 1" in done.output
    rows = copy.sources()["quotes"].frame.filter(pl.col("event_ids") == "SYR-2020-0001")
    assert set(needed) >= {"date_start", "fatalities_status"}
    assert not set(needed) & {"event_type", "date_end", "date_words", "record_kind", "contested"}
    assert rows.filter(pl.col("variables") == "actor1_id")["start"].to_list() == ["25"]
    left = rows.filter(pl.col("quote").is_null())["variables"].to_list()
    assert {name for names in left for name in names.split("; ")} == {*needed, "sub_event_type"}
    second = run(copy, "new", "event", "--document", "DOC-0002", *kind)
    assert "SYR-2020-0002" in second.output


COLUMNS = said_in(load("eventbook").tables["documents"])


class Person:
    """Answers a person gives in turn; once they are used up, a further question is an error."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.questions = []

    def __call__(self, question, usual):
        self.questions.append(question.split(",")[0].split(" (")[0])
        return self.answers.pop(0) or usual


@pytest.mark.parametrize(
    ("given", "answers", "questions", "expected"),
    [
        (
            About(),
            ["", "A paper", "", "2020-05-03", "", "3 May 2020"],
            "Title; Publisher; Language; Date of publication; Basis of the date: stated; "
            "Words of the text that date it",
            {"title": "Headline", "publisher": "A paper", "language": "en", "basis": "stated"}
            | dict.fromkeys(["start", "end", "best"], "2020-05-03")
            | {"words": "3 May 2020", "quote": None, "reasoning": None, "rights": "unknown"},
        ),
        (
            About(title="T", publisher="P", language="ar", start="2020-05-01"),
            ["2020-05-09", "", "", "on Monday", "The week."],
            "Latest possible date; Most likely date; Basis of the date: stated; "
            "Words that the date follows from; How the date was arrived at",
            {"start": "2020-05-01", "end": "2020-05-09", "best": None}
            | {"basis": "inferred", "words": None, "quote": "on Monday", "reasoning": "The week."},
        ),
        (
            About("T", "P", "en", "2020-05-03", "2020-05-03", "2020-05-03", "relative", "today"),
            ["", "The dateline."],
            "Words that the date follows from; How the date was arrived at",
            {"basis": "relative", "words": "today", "quote": "today", "reasoning": "The dateline."},
        ),
    ],
)
def test_an_interview_asks_what_the_answers_make_necessary(given, answers, questions, expected):
    """A question too many is answered with anything; one too few leaves a date without words."""
    ask = Person(*answers)
    about = interview(given, "Headline", ask, COLUMNS)
    assert "; ".join(ask.questions) == questions and ask.answers == []
    assert {name: getattr(about, name) for name in expected} == expected


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (About(), "--date, or --from and --to"),
        (About(start="2020-05-03"), "--date, or --from and --to"),
        (About(start="3 May", end="3 May"), "'3 May': expected a date, YYYY-MM-DD"),
    ],
)
def test_an_interview_without_a_terminal_needs_the_date(given, says):
    """A script gets one line that names the option, and no question."""
    with pytest.raises(InputError, match=says):
        interview(given, "Headline", lambda question, usual: usual, COLUMNS)


def test_new_claim_actor_and_place(copy, monkeypatch):
    """Three of four things that a coder adds each day would have to be typed with their ids."""
    monkeypatch.chdir(copy.root)
    name = "Police Forces of Iceland"
    done = run(copy, "new", "actor", "--actor", name, "--iso3=ISL", "--inter", "1")
    assert done.exit_code == 0, done.output
    assert "police-forces-of-iceland: added to seeds/tables/actors.csv" in done.output
    done = run(copy, "new", "place", "--location", "Reykjavík", "--place_type", "settlement")
    assert "reykjavik: added to seeds/tables/locations.csv" in done.output
    assert "needed: " in done.output and "evidence" not in done.output
    event = tables(copy, "events")[1]["event_id"]
    series = [r["claim_id"] for r in tables(copy, "claims") if r["claim_id"][:8] == event[:8]]
    words = ["--event_id", event, "--claimant_id=police-forces-of-iceland"]
    words += ["--set", "act=asserts", "--quote", "act=rebels said"]
    done = run(copy, "new", "claim", *words)
    assert done.exit_code == 0, done.output
    last = max(r["claim_id"] for r in tables(copy, "claims") if r["claim_id"][:8] == event[:8])
    assert f"{last}: added to seeds/tables/claims.csv" in done.output
    assert last not in series and int(last[-3:]) == max(int(i[-3:]) for i in series) + 1
    row = next(r for r in tables(copy, "claims") if r["claim_id"] == last)
    assert row["document_id"] == "DOC-0001" and row["act"] == "asserts"
    proofs = [r for r in tables(copy, "quotes") if r["claim_ids"] == last]
    quotes_of = {r["variables"]: (r["quote"], r["basis"]) for r in proofs}
    assert quotes_of == {"act": ("rebels said", None), "claimant_id; event_id": (None, None)}
    actor = next(r for r in tables(copy, "actors") if r["actor"] == name)
    assert (actor["iso3"], actor["inter"]) == ("ISL", "1")
    again = run_raw("new", "actor", "--actor", "The police forces of Iceland")
    assert "already exists, as police-forces-of-iceland" in str(again.exception)


def tables(package, name):
    return package.sources()[name].frame.to_dicts()


def run_raw(*words):
    return CliRunner().invoke(app, list(words))


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["claim", "--act", "asserts"], "--event_id, or --country and --year"),
        (["claim", "--event_id=SYR-2019-0099"], "--document"),
        (["claim", "--event_id=SYR-2019-0099", "--document=DOC-0001"], "event_id 'SYR-2019-0099'"),
        (["claim", "--event_id=SYR-2019-0001", "--act=asserted"], "did you mean asserts?"),
        (["claim", "--event_id=SYR-2019-0001", "--claimant=ocha"], "did you mean claimant_id?"),
        (["claim", "--event_id=SYR-2019-0001", "--claimant_id=osha"], "claimant_id 'osha'"),
        (["claim", "--country=SYR", "--year=19", "--document=DOC-0001"], "--year 19"),
        (["claim", "--country=SYR", "--year=x", "--document=DOC-0001"], "--year x"),
        (
            ["claim", "--country=SRY", "--year=2019", "--document=DOC-0001"],
            "not a code of the list country",
        ),
        (["actor"], "--actor: needed"),
        (["actor", "--actor=Ocha", "--inter"], "'--inter': expected --VARIABLE VALUE"),
        (["actor", "Ocha"], "'Ocha': expected --VARIABLE VALUE"),
        (["actor", "--actor=Army", "--inter=9"], "inter '9'"),
        (["actor", "--actor=الجيش"], "--actor_id: needed"),
        (["actor", "--actor=Army", "--actor_id=ocha"], "already exists, as ocha"),
        (["place", "--location=Hama", "--latitude=95"], "latitude '95'"),
        (["place", "--location=Syria"], "already exists, as syria"),
    ],
)
def test_a_wrong_row_is_refused_and_nothing_is_added(copy, monkeypatch, words, says):
    """A row that names an actor or event that nobody coded would be found at the next check."""
    monkeypatch.chdir(copy.root)
    before = {p: p.read_bytes() for p in (copy.root / "seeds").rglob("*") if p.is_file()}
    done = run_raw("new", *words)
    assert isinstance(done.exception, InputError) and says in str(done.exception)
    assert {p: p.read_bytes() for p in (copy.root / "seeds").rglob("*") if p.is_file()} == before


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("clam", "did you mean claim?"),
        ("actors", "did you mean actor?"),
        ("my-events", "For a dataset package: eventbook new package my-events"),
    ],
)
def test_a_word_that_is_no_kind_of_thing_makes_no_folder(tmp_path, monkeypatch, word, says):
    """`new clam` made a dataset package in a folder `clam`."""
    monkeypatch.chdir(tmp_path)
    done = run_raw("new", word, "--yes")
    assert done.exit_code == 2 and says in done.output.replace("\n", " ")
    assert list(tmp_path.iterdir()) == []


def add_event(package, document, country, year, values, quotes):
    """Add an event."""
    fields = {"country": country, "year": str(year)}
    return add_row(package, "events", NewRow(values, quotes, document, fields))


def test_words_of_a_new_row_are_looked_up_at_once(copy):
    """Words that are not in the document were taken, and missed by the formatter a week later."""
    words = {"actor1_id": "forces loyal to president Bashar"}
    before = (copy.root / "seeds/tables/quotes.csv").read_bytes()
    with pytest.raises(InputError, match="did you mean 'forces loyal to President Bashar'"):
        add_event(copy, "DOC-0001", "SYR", 2019, {"sub_event_type": "Attack"}, words)
    assert (copy.root / "seeds/tables/quotes.csv").read_bytes() == before


def test_a_quote_for_a_table_without_quotes_is_refused(copy):
    """The words for an actor were taken without a word, and were nowhere afterwards."""
    values = {"actor": "Fishermen (Iceland)", "iso3": "ISL", "inter": "6"}
    before = (copy.root / "seeds/tables/actors.csv").read_bytes()
    with pytest.raises(InputError, match="--quote: no quote carries the values of actors"):
        add_row(copy, "actors", NewRow(values, {"actor": "fishermen"}))
    assert (copy.root / "seeds/tables/actors.csv").read_bytes() == before


@pytest.mark.parametrize("typed", ["peaceful protest", "PEACEFUL PROTEST", "Peaceful protest"])
def test_a_code_is_known_in_any_case(copy, typed):
    """`peaceful protest` was refused for its capital, by a message that named the code."""
    made = add_event(copy, "DOC-0001", "SYR", 2019, {"sub_event_type": typed}, {})
    rows = {r["event_id"]: r for r in copy.sources()["events"].frame.to_dicts()}
    assert rows[made.row_id]["sub_event_type"] == "Peaceful protest"
    checked = copy.check().tables["events"].filter(event_id=made.row_id)
    assert checked["event_type"].to_list() == ["Protests"]


def test_an_id_is_never_given_twice(copy, sheet):
    """An id that a withdrawn event had, given again, makes two events one in every citation."""
    retired = sheet("retired")
    retired.rows.append(
        dict.fromkeys(retired.header, "")
        | {"event_id": "SYR-2019-0031", "retired_on": "2020-01-01"}
    )
    retired.save()
    made = add_event(copy, "DOC-0001", "SYR", 2019, {"sub_event_type": "Attack"}, {})
    assert made.row_id == "SYR-2019-0032"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("DOC-0009", "SYR", {"sub_event_type": "Attack"}, {}), "DOC-0001"),
        (("DOC-0001", "SYX", {"sub_event_type": "Attack"}, {}), "list country"),
        (("DOC-0001", "SYR", {"sub_event_type": "Atack"}, {}), "did you mean Attack"),
        (("DOC-0001", "SYR", {"sub_event_type": "Attack", "actr1_id": "x"}, {}), "actor1_id"),
        (
            ("DOC-0001", "SYR", {"sub_event_type": "Attack"}, {"inter1": "x"}),
            "no such coded variable",
        ),
        (
            ("DOC-0001", "SYR", {"sub_event_type": "Attack", "date_start": "3 May"}, {}),
            "date_start",
        ),
    ],
)
def test_a_wrong_event_is_refused_with_what_is_near(copy, arguments, says):
    """A typing error that is written down is found a week later, if at all."""
    before = (copy.root / "seeds/tables/events.csv").read_bytes()
    document, country, values, words = arguments
    with pytest.raises(InputError, match=says):
        add_event(copy, document, country, 2019, values, words)
    assert (copy.root / "seeds/tables/events.csv").read_bytes() == before


def test_what_a_type_needs_follows_from_the_book(book):
    """A list of needed variables kept in code would not know the next rule."""
    table = book.tables["events"]
    row = {"event_id": "SYR-2019-0001", "document_id": "DOC-0001"}
    needs = open_variables(book, table, row | {"sub_event_type": "Peaceful protest"})
    assert "actor2_id" not in {*needs.needed, *needs.possible}
    needs = open_variables(book, table, row | {"sub_event_type": "Protest with intervention"})
    assert "actor2_id" in needs.needed


def test_each_sub_event_type_has_a_borderline_case(book):
    """The cases at the border are what two coders differ on; one that is missing is guessed."""
    page = next(p for p in book.guide if "02" in p.name or "event-types" in p.name)
    named = {line.split("|")[1].strip() for line in page.text.splitlines() if line.startswith("| ")}
    assert set(book.code_lists["sub_event_type"].values) <= named


def test_a_package_with_its_own_book_is_formatted_too(copy, own_book):
    """Codes keep the order in which people should see them, whatever their spelling."""
    path = own_book / "codes/date_prec.csv"
    before = path.read_bytes()
    rows = list(csv.reader(io.StringIO(before.decode())))
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows(rows)
    path.write_bytes(out.getvalue().encode())
    assert list(format_package(Package(copy.root)).changed) == [
        "codebook/books/eventbook/codes/date_prec.csv"
    ]
    assert path.read_bytes() == before
    shutil.rmtree(copy.root / "dataset", ignore_errors=True)
    assert read(copy.root / "seeds/tables/events.csv").frame is not None


def test_a_long_first_paragraph_is_no_headline(copy, tmp_path):
    """A text of one paragraph of 26 MB became a title of 26 MB, and took 3 GB of memory."""
    path = tmp_path / "report.txt"
    path.write_text("Two died on 3 May 2020, \n residents said. " * 1000, encoding="utf-8")
    data, document = read_new(copy, path)
    title = headline(document, copy.book)
    assert title.startswith("Two died on 3 May 2020, residents said. Two died") and len(title) < 320
    assert headline(Document.of(b" A  headline\nof two lines \n\nText."), copy.book) == (
        "A headline of two lines"
    )
    day = "2020-05-03"
    about = About(title, None, "en", day, day, day, "stated", "3 May 2020", rights="unknown")
    added = add_document(copy, path, about)
    assert added.size == len(data) and added.paragraphs[0].endswith("...")
    assert all(len(line) < 100 for line in added.summary().splitlines()[:2])


def test_a_document_that_no_check_would_read_is_not_added(copy, tmp_path):
    """A text of 70 MB was added, and then "there is no such file" for each quote of it."""
    path = tmp_path / "report.txt"
    with path.open("wb") as stream:
        stream.truncate(LARGEST + 1)
    with pytest.raises(InputError, match="larger than 67,108,864 bytes; add it in parts"):
        read_new(copy, path)


@pytest.mark.slow
def test_a_document_and_an_event_are_asked_for_on_a_terminal(copy, tmp_path):
    """A person without the manual is asked; Enter takes what is usual."""
    path = tmp_path / "report.txt"
    path.write_text("A headline\n\nHama, 3 May 2020. Two died.\n", encoding="utf-8")
    answers = ["", "A newspaper", "", "2020-05-03", "", "3 May 2020"]
    code, out = on_terminal(copy.root, ["new", "document", str(path)], answers)
    assert code == 0, out
    row = (
        copy.sources()["documents"].frame.filter(pl.col("document_id") == "DOC-0002").to_dicts()[0]
    )
    assert (row["title"], row["publisher"], row["language"]) == ("A headline", "A newspaper", "en")
    assert (row["date_basis"], row["date_words"], row["date_best"]) == (
        "stated",
        "3 May 2020",
        "2020-05-03",
    )
    code, out = on_terminal(copy.root, ["new", "event"], ["DOC-0002", "Attack", "SYR", "2020"])
    assert code == 0 and "SYR-2020-0001" in out


def on_terminal(folder, words, answers):
    """Run a command on a pseudo-terminal and type the answers."""
    leader, follower = pty.openpty()
    command = [sys.executable, "-m", "eventbook", *words]
    with subprocess.Popen(
        command,
        cwd=folder,
        stdin=follower,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        os.write(leader, ("\n".join(answers) + "\n").encode())
        out, _ = process.communicate(timeout=60)
    return process.returncode, out


def test_an_inferred_date_has_its_words_and_its_reason(copy, tmp_path):
    """A date that nobody can check is worse than a window."""
    path = tmp_path / "report.txt"
    path.write_text("A headline\n\nOn Monday two died, the mayor said.\n", encoding="utf-8")
    said = about(
        start="2020-05-04",
        end="2020-05-10",
        best=None,
        basis="inferred",
        words=None,
        reasoning="On Monday without last; the year is known from elsewhere.",
        quote="On Monday",
    )
    assert add_document(copy, path, said).unproved == ()
    typed = copy.sources()["quotes"].frame.filter(pl.col("document_id") == "DOC-0002")
    assert typed.select("variables", "quote", "basis").rows() == [
        ("date_start; date_end", "On Monday", None)
    ]
    proofs = copy.check().tables["evidence"].filter(document_id="DOC-0002")
    assert proofs["variable"].to_list() == ["date_start", "date_end"]
    assert set(proofs["basis"]) == {"inferred"} and set(proofs["quote"]) == {"On Monday"}
    assert {f.rule for f in copy.check().report} == {"paragraph-accounted"}


@pytest.mark.slow
def test_a_new_package_is_in_its_one_form(tmp_path):
    """A template in another form fails the first `fmt --check` of everybody."""
    made = new_package(tmp_path / "x", Answers("x", "X", "Y", own_book=True), lambda line: None)
    assert formatted(made).changed == {}
