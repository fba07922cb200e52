"""Defaults: what nobody has to type, and what is typed against them, on a book of markets."""

from __future__ import annotations

import polars as pl
import pytest
from conftest import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from eventbook.codebook import BookError, load
from eventbook.codebook.loader import forget
from eventbook.validation import check
from eventbook.validation.checks.trial import try_book
from eventbook.validation.coding.typed_rows import completed_rows, typed_rows
from eventbook.validation.engines.small import check_sources
from eventbook.validation.evidence.evidence_check import EvidenceCheck
from eventbook.validation.reading.source import LINE, Source

BOOK = """\
name: markets
title: Markets
version: 1.0.0
description: Sales at markets, as papers tell of them.
codes: {}
variables:
  sale_id: {title: Sale, description: The sale., type: string, example: S1, constraints: {required: true, pattern: 'S[0-9]+'}}
  good_id: {title: Good, description: What was sold., type: string, example: G1, constraints: {required: true, pattern: 'G[0-9]+'}}
  good: {title: Name of the good, description: Its name., type: string, example: salt}
  usual: {title: Usual price, description: What it costs., type: integer, example: 5, evidence: true}
  high: {title: Highest, description: The highest price., type: integer, example: 5, evidence: true, constraints: {required: true}, default: {sql: best}}
  best: {title: Best, description: The likeliest price., type: integer, example: 5, evidence: true, constraints: {required: true}, default: {sql: low}}
  low: {title: Lowest, description: The lowest price., type: integer, example: 5, evidence: true, constraints: {required: true}, default: {sql: '{good_id.usual}'}}
  width: {title: Width, description: From lowest to highest., type: integer, example: 0, derived: {sql: high - low}}
  wide: {title: Wide, description: Whether the prices differ., type: boolean, example: false, derived: {sql: width > 0}}
  words: {title: Words, description: The words of the price., type: string, example: five, wordsFor: low, default: {sql: '{low.quote}'}}
  paper_id: {title: Paper, description: The paper., type: string, example: P1, constraints: {required: true, pattern: 'P[0-9]+'}}
  file: {title: File, description: Its file., type: string, example: P1.txt}
  hash: {title: Hash, description: Its hash., type: string, example: abc}
  sale_ids: {title: Sales, description: The sales., type: string, separator: '; ', example: S1; S2}
  good_ids: {title: Goods, description: The goods., type: string, separator: '; ', example: G1}
  variables: {title: Variables, description: What is carried., type: string, separator: '; ', example: low, codes: variables of sales and goods and papers, constraints: {required: true}}
  variable: {title: Variable, description: What is carried., type: string, example: low, codes: variables of sales and goods and papers, constraints: {required: true}}
  quote: {title: Quote, description: The words., type: string, quotation: true, example: five each}
  basis: {title: Basis, description: How it follows., type: string, example: stated, default: {sql: "'stated'"}}
  paragraph: {title: Paragraph, description: The paragraph., type: integer, example: 1}
  start: {title: Start, description: The first letter., type: integer, example: 0}
  end: {title: End, description: After the last letter., type: integer, example: 4}
tables:
  sales:
    title: Sales
    description: The sales.
    primaryKey: [sale_id]
    foreignKeys: [{field: good_id, table: goods, target: good_id}]
    variables: [sale_id, good_id, good: {derived: {sql: '{good_id.good}'}}, high, best, low, width, wide, words]
  goods:
    title: Goods
    description: The goods.
    primaryKey: [good_id]
    variables: [good_id, good, usual]
  papers:
    title: Papers
    description: The papers.
    primaryKey: [paper_id]
    roles: {document: {file: file, hash: hash}}
    variables: [paper_id, file, hash]
  quotes:
    title: Quotes
    description: The quotes as typed.
    foreignKeys:
      - {field: sale_ids, table: sales, target: sale_id}
      - {field: good_ids, table: goods, target: good_id}
      - {field: paper_id, table: papers, target: paper_id}
    variables: [sale_ids, good_ids, variables, quote, basis, paper_id, paragraph, start, end]
  evidence:
    title: Evidence
    description: The quotes, a row a value.
    derived:
      from: quotes
      spread: [{column: sale_ids, into: sale_id}, {column: good_ids, into: good_id}]
      into: variable
      unnest: [{column: variables}]
    foreignKeys:
      - {field: sale_id, table: sales, target: sale_id}
      - {field: good_id, table: goods, target: good_id}
      - {field: paper_id, table: papers, target: paper_id}
    roles: {quote: {document: paper_id, variable: variable, words: quote, paragraph: paragraph, start: start, end: end, basis: basis}}
    variables:
      - sale_id: {constraints: {required: false}}
      - good_id: {constraints: {required: false}}
      - variable
      - quote
      - basis: {default: null}
      - paper_id
      - paragraph
      - start
      - end
"""
GOODS = [{"good_id": "G1", "good": "salt", "usual": "5"}, {"good_id": "G2", "good": "tin"}]
PAPERS = [{"paper_id": "P1", "file": "P1.txt", "hash": "abc"}]
QUOTE = {"paper_id": "P1", "quote": "five each"}


@pytest.fixture
def markets(tmp_path):
    """Write the book, changed, and load it."""

    def make(old="", new=""):
        folder = tmp_path / "markets"
        folder.mkdir(exist_ok=True)
        assert old in BOOK
        (folder / "book.yaml").write_text(BOOK.replace(old, new, 1), encoding="utf-8")
        (folder / "rules.yaml").write_text("{}\n", encoding="utf-8")
        forget()
        return load(folder)

    return make


def line_of(text):
    """The line of the book on which something begins."""
    return BOOK[: BOOK.index(text)].count("\n") + 1


def sales(book, *rows, quotes=(), goods=GOODS):
    """The sales of a package, complete."""
    tables = {"sales": rows, "goods": goods, "papers": PAPERS, "quotes": quotes}
    return completed_rows(book, tables)["sales"]


def source(book, table, rows, columns=()):
    """Rows as they would be read from a file with the columns of a typed table, and others."""
    names = dict.fromkeys([v.name for v in book.tables[table].coded] + list(columns), pl.String)
    frame = pl.DataFrame([{n: row.get(n) for n in names} for row in rows], schema=names)
    lines = pl.int_range(2, frame.height + 2, dtype=pl.Int64, eager=True).alias(LINE)
    return Source(f"{table}.csv", frame.with_columns(lines))


def checked(book, columns=(), quotes=(), **tables):
    """The check of typed tables; sales may have more columns."""
    rows = {"goods": GOODS, "papers": PAPERS, "quotes": quotes, **tables}
    return check_sources(
        book,
        {n: source(book, n, r, columns if n == "sales" else ()) for n, r in rows.items()},
    )


def found(result):
    return [(f.rule, f.column, f.value, f.allowed) for f in result.report]


def evidence_found(book, tmp_path, *rows, quotes):
    """What the check of evidence finds in sales and their quotes."""
    result = checked(book, sales=rows, quotes=quotes)
    assert found(result) == []
    files = {name: f"{name}.csv" for name in book.tables} | {"evidence": "quotes.csv"}
    check = EvidenceCheck(book, result.tables, tmp_path, files)
    return [(f.rule, f.file, f.line, f.column) for f in check.findings_in_tables()]


def test_the_book_is_whole(markets):
    """A book of the tests that has mistakes shows nothing about those with one."""
    try_book(markets())


def test_an_empty_cell_takes_its_default_and_a_typed_one_keeps_its_value(markets):
    """What coders typed was overwritten, or the cell that they left empty stayed so."""
    usual, typed, part = sales(
        markets(),
        {"sale_id": "S1", "good_id": "G1"},
        {"sale_id": "S2", "good_id": "G1", "low": "1", "best": "2", "high": "3"},
        {"sale_id": "S3", "good_id": "G1", "best": "7"},
    )
    assert [usual[n] for n in ("low", "best", "high", "width")] == ["5", "5", "5", "0"]
    assert [typed[n] for n in ("low", "best", "high", "width")] == ["1", "2", "3", "2"]
    assert [part[n] for n in ("low", "best", "high", "wide")] == ["5", "7", "7", "true"]


def test_a_default_without_its_inputs_leaves_the_cell_empty(markets):
    """A value would be made up; where it is required, that is the finding, once a row."""
    book = markets()
    row = {"sale_id": "S1", "good_id": "G2"}
    (sale,) = sales(book, row)
    assert sale["low"] is sale["high"] is sale["width"] is None
    assert found(checked(book, sales=[row])) == [("required", "low", None, None)]


@pytest.mark.parametrize("default", ["best", "width", "CASE WHEN wide THEN 1 ELSE high END"])
def test_what_needs_itself_is_a_mistake_of_the_book(markets, default):
    """A ring of defaults ended in no value, or in an endless loop, and nobody said why."""
    if default == "best":
        book = markets("default: {sql: '{good_id.usual}'}", "default: {sql: best}")
    else:
        book = markets("default: {sql: low}", f"default: {{sql: {default}}}")
    with pytest.raises(BookError) as refused:
        try_book(book)
    place = f"markets/book.yaml:{line_of('  best:')}: variable best: default: it needs itself"
    assert any(problem.startswith(place) for problem in refused.value.problems)


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("derived: {sql: high - low}", "derived: {sql: high - low}, default: {sql: high}", "  width:", "a default is for what people type"),
        ("      - basis: {default: null}", "      - basis", "  basis:", "a default is for what people type"),
        ("{good_id.usual}", "{good_id.price}", "  low:", "{good_id.price} leads nowhere"),
        ("{low.quote}", "{lowest.quote}", "  words:", "{lowest.quote} leads nowhere"),
    ],
)  # fmt: skip
def test_a_default_that_cannot_be_is_refused_at_its_line(markets, old, new, line, says):
    """It was accepted, and the column stayed empty for ever."""
    with pytest.raises(BookError) as refused:
        markets(old, new)
    (problem,) = (p for p in refused.value.problems if says in p)
    name = line.split()[-1].rstrip(":")
    assert problem.startswith(f"markets/book.yaml:{line_of(line)}: ") and name in problem


def test_the_sql_of_a_default_is_tried(markets):
    """A default ran unchecked, with whatever function its author found."""
    with pytest.raises(BookError, match=r"book\.yaml:.*variable best: default: .*lov is not"):
        try_book(markets("default: {sql: low}", "default: {sql: lov}"))


def test_the_words_are_those_of_the_quote_unless_the_value_is_inferred(markets):
    """Words from which a price was guessed were published as the words that state it."""
    rows = [{"sale_id": f"S{n}", "good_id": "G1", "low": "4"} for n in (1, 2, 3)]
    rows[2] |= {"words": "each"}
    quotes = [
        QUOTE | {"sale_ids": "S1; S3", "variables": "low"},
        QUOTE | {"sale_ids": "S2", "variables": "low", "basis": "inferred"},
    ]
    stated, inferred, typed = sales(markets(), *rows, quotes=quotes)
    assert stated["words"] == "five each"
    assert inferred["words"] is None
    assert typed["words"] == "each"


def test_a_published_layout_is_not_filled(markets):
    """A cell that was lost from a published file was filled in again while it was checked."""
    book = markets()
    whole = {"sale_id": "S1", "good_id": "G1", "good": "salt", "low": "5", "best": "5"}
    whole |= {"high": "5", "width": "0", "wide": "false"}
    columns = ("good", "width", "wide")
    assert found(checked(book, columns, sales=[whole])) == []
    lost = [whole | {"high": None}, whole | {"sale_id": "S2", "low": None}]
    assert found(checked(book, columns, sales=lost)) == [
        ("required", "high", None, None),
        ("required", "low", None, None),
    ]


def test_a_typed_table_alone_is_judged_by_what_is_known(markets):
    """A coder who checked one file was told that a value was missing that another file gives."""
    book = markets()
    rows = [{"sale_id": "S1", "good_id": "G1"}, {"sale_id": "S2", "good_id": "G1", "low": "4"}]
    names = {v.name: pl.String for v in book.tables["sales"].coded}
    frame = pl.DataFrame([{n: row.get(n) for n in names} for row in rows], schema=names)
    report = check(frame, "sales", book)
    assert list(report) == []
    assert any(line.startswith("sales.low: ") for line in report.unchecked)
    # What is known is checked.
    report = check(frame.with_columns(low=pl.lit("x")), "sales", book)
    assert [(f.rule, f.column) for f in report] == [("type", "low")] * 2


@pytest.mark.parametrize(
    ("column", "right", "wrong", "follows"),
    [("good", "salt", "tin", "salt"), ("width", "0", "1", "0"), ("wide", "false", "true", "false")],
)
def test_a_typed_derived_value_must_agree(markets, column, right, wrong, follows):
    """A length of the interval that was typed, and wrong, was published as typed."""
    book = markets()
    row = {"sale_id": "S1", "good_id": "G1"}
    assert found(checked(book, (column,), sales=[row | {column: right}])) == []
    assert found(checked(book, (column,), sales=[row])) == []
    result = checked(book, (column,), sales=[row | {column: wrong}])
    assert ("derived-differs", column, wrong, follows) in found(result)
    (finding,) = (f for f in result.report if f.column == column)
    assert finding.severity == "error" and f"{column} {wrong}" in finding.message


def test_a_typed_value_that_nothing_gives_is_found(markets):
    """A name stood in the table of sales, and the good has none."""
    goods = [{"good_id": "G1", "usual": "5"}]
    row = {"sale_id": "S1", "good_id": "G1", "good": "salt"}
    result = checked(markets(), ("good",), sales=[row], goods=goods)
    assert found(result) == [("derived-differs", "good", "salt", None)]


def test_a_typed_derived_value_is_not_judged_without_its_inputs(markets):
    """A value whose inputs are in another file, or cannot be read, was called wrong."""
    book = markets()
    row = {"sale_id": "S1", "good_id": "G1", "good": "tin", "low": "x", "width": "9"}
    result = checked(book, ("width",), sales=[row])
    assert {(f.rule, f.column) for f in result.report} == {("type", "low")}
    frame = source(book, "sales", [row | {"low": "5"}], ("good",)).frame
    assert "derived-differs" not in {f.rule for f in check(frame.drop(LINE), "sales", book)}


def test_only_what_differs_from_its_default_needs_a_quote(markets, tmp_path):
    """Nobody quotes what nobody typed; and what somebody typed had no quote, and passed."""
    book = markets()
    quote = QUOTE | {"sale_ids": "S1; S2", "variables": "low"}
    rows = [
        {"sale_id": "S1", "good_id": "G1", "low": "4"},
        {"sale_id": "S2", "good_id": "G1", "low": "4", "best": "4", "high": "6"},
    ]
    goods = QUOTE | {"good_ids": "G1", "variables": "usual"}
    # G2 has a key and no quote at all.
    other = QUOTE | {"good_ids": "G2", "variables": "usual"}
    found = evidence_found(book, tmp_path, *rows, quotes=[quote, goods])
    assert ("value-without-evidence", "sales.csv", 3, "high") in found
    assert {(file, line, column) for rule, file, line, column in found if file == "sales.csv"} == {
        ("sales.csv", 3, "high")
    }
    found = evidence_found(book, tmp_path, *rows, quotes=[quote, goods, other])
    assert ("evidence-without-value", "quotes.csv", 4, "variables") in found


def test_a_quote_of_two_kinds_of_rows_is_spread_to_both(markets, tmp_path):
    """A variable of the one kind became evidence for rows of the other."""
    book = markets()
    rows = [{"sale_id": f"S{n}", "good_id": "G1", "low": "4"} for n in (1, 2)]
    quote = QUOTE | {"sale_ids": "S1; S2", "good_ids": "G1", "variables": "low; usual; file"}
    evidence = completed_rows(
        book, {"sales": rows, "goods": GOODS[:1], "papers": PAPERS, "quotes": [quote]}
    )["evidence"]
    assert {(r["sale_id"], r["good_id"], r["variable"]) for r in evidence} == {
        ("S1", None, "low"),
        ("S2", None, "low"),
        (None, "G1", "usual"),
    }
    assert len(evidence) == 3
    assert {r["basis"] for r in evidence} == {"stated"}
    found = evidence_found(book, tmp_path, *rows, quotes=[quote])
    assert ("variable-of-no-row", "quotes.csv", 2, "variables") in found
    of_paper = QUOTE | {"variables": "file"}
    found = evidence_found(book, tmp_path, *rows, quotes=[quote, of_paper])
    assert [line for rule, _, line, _ in found if rule == "variable-of-no-row"] == [2, 3]


PRICES = st.sampled_from([None, None, "1", "2", "5"])


@st.composite
def packages(draw):
    """Typed rows of a package: prices typed or not, and quotes of one or several sales."""
    ids = [f"S{n}" for n in range(1, draw(st.integers(1, 4)) + 1)]
    rows = [
        {"sale_id": id_, "good_id": draw(st.sampled_from(["G1", "G2"]))}
        | {name: draw(PRICES) for name in ("low", "best", "high")}
        | {"words": draw(st.sampled_from([None, "five"]))}
        for id_ in ids
    ]
    of = st.lists(st.sampled_from(ids), min_size=1, unique=True).map("; ".join)
    carried = st.lists(st.sampled_from(["low", "best", "high"]), min_size=1, unique=True)
    quotes = [
        QUOTE
        | {"sale_ids": draw(of), "variables": "; ".join(draw(carried)), "start": str(number)}
        | {"basis": draw(st.sampled_from([None, "stated", "inferred"]))}
        for number in range(draw(st.integers(0, 4)))
    ]
    return {"sales": rows, "goods": GOODS, "papers": PAPERS, "quotes": quotes}


@given(packages())
@settings(max_examples=examples(2))
def test_typed_rows_of_complete_rows_complete_to_the_same(tmp_path_factory, tables):
    """The tables that are written from a comparison lost a value, or a quote, in silence."""
    folder = tmp_path_factory.getbasetemp() / "typed-rows" / "markets"
    if not folder.is_dir():
        folder.mkdir(parents=True)
        (folder / "book.yaml").write_text(BOOK, encoding="utf-8")
        (folder / "rules.yaml").write_text("{}\n", encoding="utf-8")
    book = load(folder)
    whole = completed_rows(book, tables)
    long = {name: rows for name, rows in whole.items() if name != "quotes"}
    again = completed_rows(book, typed_rows(book, long))
    key = ("sale_id", "good_id", "variable", "start")
    for name, rows in long.items():
        order = [tuple(str(row.get(n)) for n in key) for row in rows]
        back = [tuple(str(row.get(n)) for n in key) for row in again[name]]
        assert sorted(back) == sorted(order), name
        by_key = {tuple(str(row.get(n)) for n in key): row for row in again[name]}
        assert [by_key[one] for one in order] == rows, name
