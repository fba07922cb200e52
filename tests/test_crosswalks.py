"""Crosswalks as data: complete, and every target exists."""

from __future__ import annotations

import csv

import polars as pl
import pytest

from eventbook.codebook import BookError, crosswalk, load
from eventbook.codebook.crosswalks import partners, read_crosswalk
from eventbook.validation.checks.derived import attribute_of

PAIRS = [
    ("eventbook", "acled"),
    ("acled", "eventbook"),
    ("eventbook", "ucdp-ged"),
    ("ucdp-ged", "eventbook"),
    ("eventbook", "plover"),
    ("eventbook", "cameo"),
    ("eventbook", "gtd"),
]


@pytest.mark.parametrize(("source", "target"), PAIRS)
def test_every_crosswalk_is_complete(source, target):
    """A published crosswalk that points to codes which do not exist is worse than none."""
    walk = crosswalk(source, target)
    assert walk.rows and {row.match for row in walk.rows} <= {
        "exact",
        "broader",
        "narrower",
        "none",
    }
    assert (target in partners()) == (source == "eventbook")


@pytest.mark.parametrize("target", ["acled", "plover", "cameo"])
def test_every_sub_event_type_has_a_row(target):
    """A sub-event type that was added later must not fall through a crosswalk unseen."""
    book, walk = load(), crosswalk("eventbook", target)
    mapped = {row.code for row in walk.rows if row.variable == "sub_event_type" and row.code}
    codes = set(book.code_lists["sub_event_type"].values)
    if target == "acled":
        codes -= set(load("acled").code_lists["sub_event_type"].values)
    assert mapped == codes


@pytest.mark.parametrize(("source", "target"), PAIRS[:4])
def test_look_ups_give_what_the_sql_gives(source, target):
    """The SQL of a crosswalk said one thing, and the columns with which it is run another."""
    walk, compared = crosswalk(source, target), 0
    for row in walk.makers.values():
        (sql, _), (short, references) = walk.sql(row), walk.sql(row, lookups=True)
        if sql == short:
            continue
        split = {reference: reference.rpartition(".")[::2] for reference in references}
        codes = {column: walk.codes_of(column) for column, _ in split.values()}
        longest = max(len(found.values) for found in codes.values())
        read = {*pl.sql_expr(sql).meta.root_names(), *codes}
        frame = pl.DataFrame({name: [None] * (longest + 1) for name in read}).with_columns(
            pl.Series(column, found.values).extend_constant(None, longest + 1 - len(found.values))
            for column, found in codes.items()
        )
        looked_up = {
            reference: attribute_of(pl.col(column), codes[column], attribute)
            for reference, (column, attribute) in split.items()
        }
        by_case = frame.select(pl.sql_expr(sql).cast(pl.String)).to_series()
        by_look_up = frame.with_columns(**looked_up).select(pl.sql_expr(short).cast(pl.String))
        assert by_case.equals(by_look_up.to_series())
        assert by_case.null_count() < len(by_case)
        compared += 1
    assert compared


@pytest.mark.parametrize("source", ["acled", "ucdp-ged"])
def test_the_two_directions_agree(source):
    """An exact row whose way back says something else makes each round trip a drift."""
    there, back = crosswalk("eventbook", source), crosswalk(source, "eventbook")
    exact = {
        (r.variable, r.code, r.target, r.target_code)
        for r in there.rows
        if r.code and r.target_code and r.match == "exact"
    }
    ways_back = {
        (r.target, r.target_code, r.variable, r.code) for r in back.rows if r.code and r.target_code
    }
    shared = {(v, t) for v, _, t, _ in exact} & {(v, t) for v, _, t, _ in ways_back}
    assert {row for row in exact if (row[0], row[2]) in shared} <= ways_back


def problems_after(tmp_path, change):
    """The crosswalk to ACLED with its rows changed; what the reader reports."""
    sound = crosswalk("eventbook", "acled")
    header = ["variable", "code", "target", "target_code", "match", "sql", "note"]
    rows = [{name: getattr(row, name) for name in header} for row in sound.rows]
    rows = change(rows) or rows
    path = tmp_path / "to-acled.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, header)
        writer.writeheader()
        writer.writerows(rows)
    assert sound.target is not None
    with pytest.raises(BookError) as refused:
        read_crosswalk(path, sound.source, sound.target, {})
    return str(refused.value)


def set_on(name, /, **cells):
    def change(rows):
        row = next(r for r in rows if r["variable"] == name and not r["code"])
        row.update(cells)

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (set_on("admin1", target="admin9"), "acled has no variable admin9"),
        (set_on("admin1", variable="admin9"), "eventbook has no variable admin9"),
        (set_on("admin1", match="same"), "match 'same' is none of"),
        (set_on("admin1", match="broader"), "needs a note"),
        (set_on("admin1", target=""), "needs a target"),
        (set_on("admin1", sql="{admin1.label}"), "{admin1.label} leads nowhere"),
        (set_on("admin1", sql="{to.nothing}"), "{to.nothing} leads nowhere"),
        (set_on("admin1", sql="{actor1_id.inter}"), "events of eventbook has no actor1_id.inter"),
        (set_on("row", sql=""), "sql is empty"),
        (set_on("acled_geo_precision", sql=""), "rows make geo_precision: only one may"),
        (set_on("disorder_type", sql="", target="event_type"), "rows make event_type: only one may"),
        (lambda rows: [r for r in rows if r["variable"] != "notes"], "no row for the variable notes"),
        (
            lambda rows: [r for r in rows if r["target"] != "tags"],
            "no row for the target's tags",
        ),
        (lambda rows: rows[0].update(code="x", variable="event_type"), "has no code x"),
        (
            lambda rows: [*rows, rows[20] | dict(variable="acled_geo_precision", code="1", target="geo_precision", target_code="9", match="exact", sql="", note="")],
            "geo_precision of acled has no code 9",
        ),
    ],
)  # fmt: skip
def test_a_broken_crosswalk_is_refused(tmp_path, change, message):
    """Each thing that a crosswalk can get wrong is refused when it is loaded, with its line."""
    assert message in problems_after(tmp_path, change)


def test_a_reference_into_a_vocabulary_leads_nowhere(tmp_path):
    """A vocabulary has codes and no columns; the message must name what was asked of it."""
    path = tmp_path / "to-list.csv"
    path.write_text(
        "variable,code,target,target_code,match,sql,note\n"
        "event_type,,verb,,exact,{to.verb},\n"
        "event_type,Battles,verb,fight,exact,,\n",
        encoding="utf-8",
    )
    with pytest.raises(BookError) as refused:
        read_crosswalk(path, load(), None, {"verb": frozenset(["fight"])})
    assert "to-list.csv:2: sql: {to.verb} leads nowhere" in refused.value.problems


def test_a_crosswalk_that_is_not_there():
    """Two foreign books have no crosswalk of their own: the way leads over ours."""
    with pytest.raises(BookError, match="no crosswalk from acled to ucdp-ged"):
        crosswalk("acled", "ucdp-ged")
