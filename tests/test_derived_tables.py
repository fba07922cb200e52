"""Tables that are computed as the book says: rows of the values in cells, checked like the others."""

from __future__ import annotations

import polars as pl
import pytest
from conftest import copied

from eventbook.codebook import BookError, load
from eventbook.codebook.loader import forget
from eventbook.dataset.tables.build import build
from eventbook.validation.package.package import Package

ROLES = """\
  roles_of_actors:
    title: Roles
    description: Each kind of event of an actor, as a list of the book's own.
    primaryKey: [event_id, actor_id]
    derived:
      from: events
      into: actor_id
      unnest: [{column: source_ids, set: {role: actor}}]
      number: {column: position, within: [event_id]}
    variables: [event_id, actor_id, role, position, days]
tables_end: 1
"""


def change(own_book, old, new):
    path = own_book / "book.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    forget()


def test_another_derived_table_needs_no_code(copy, own_book):
    """A derived table of another name was accepted, and publishing died of it."""
    change(
        own_book,
        "\n  claims:\n    title",
        "\n" + ROLES.replace("tables_end: 1\n", "") + "  claims:\n    title",
    )
    package = Package(copy.root)
    checked = package.check()
    assert not checked.report.count("error"), list(checked.report)
    events = checked.tables["events"]
    made = build(package.book, checked.tables)["roles_of_actors"]
    sources = events.select(
        "event_id", "days", pl.col("source_ids").str.split("; ").alias("actor_id")
    )
    expected = sources.explode("actor_id").drop_nulls("actor_id")
    assert (
        made.select("event_id", "actor_id")
        .sort("event_id", "actor_id")
        .equals(expected.select("event_id", "actor_id").unique().sort("event_id", "actor_id"))
    )
    assert set(made["role"]) <= {"actor"} and made["days"].null_count() == 0
    assert made.group_by("event_id").agg(pl.col("position").max() == pl.len())["position"].all()
    forget()


def test_derived_rows_are_checked(copy, own_book):
    """Nobody types them, and so nobody looked at them before they were published."""
    change(own_book, "pattern: actor|associate|member", "pattern: actor|associate")
    report = Package(copy.root).check().report
    found = [f for f in report if f.severity == "error"]
    assert found and {(f.rule, f.column) for f in found} == {("pattern", "role")}
    assert found[0].file == "seeds/tables/events.csv, as participants" and found[0].row_id
    forget()


def test_a_copied_value_that_is_unique_where_it_was_typed_may_not_be_so_in_a_derived_table(
    copy, own_book
):
    """That no row breaks a check says nothing of its copies if the check compares rows."""
    roles = ROLES.replace("tables_end: 1\n", "").replace("source_ids", "assoc_actor_1_ids")
    roles = roles.replace("position, days]", "position, notes]")
    change(own_book, "\n  claims:\n    title", "\n" + roles + "  claims:\n    title")
    change(
        own_book,
        "{maxLength: 2000}\n    example: The document names",
        "{maxLength: 2000, unique: true}\n    example: The document names",
    )
    found = [f for f in Package(copy.root).check().report if f.severity == "error"]
    assert {(f.rule, f.column, f.file) for f in found} == {
        ("unique", "notes", "seeds/tables/events.csv, as roles_of_actors")
    }
    forget()


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("from: events", "from: event", "event is no table; did you mean events?"),
        ("into: actor_id", "into: actor_idd", "actor_idd is not a variable of participants; did you mean actor_id?"),
        ("column: assoc_actor_1_ids", "column: assoc_actor_1_id", "assoc_actor_1_id is not a variable of events"),
        ("set: {side: 1, role: actor}", "set: {sid: 1, role: actor}", "sid is not a variable of participants; did you mean side?"),
        ("column: member_ids, set", "column: members, set", "members is not a variable of actors; did you mean member_ids?"),
        ("number: {column: position,", "number: {column: place,", "place is not a variable of participants"),
        ("within: [event_id, side]", "within: [event_id, sid]", "sid is not a variable of participants"),
        ("      into: actor_id\n", "", "into is missing"),
        ("from: events\n      into", "form: events\n      into", "unknown key 'form'; did you mean 'from'?"),
        ("derived:\n      from: events", "derived: true\n    x:\n      from: events", "a mapping was expected, not True"),
        ("[event_id, side, position, role, actor_id]", "[event_id, side, position, role, actor_id, notes, admin2]", "nothing gives admin2 a value"),
    ],
)  # fmt: skip
def test_a_derivation_that_leads_nowhere_is_refused_at_its_line(copy, own_book, old, new, says):
    """It was accepted, and its column was empty, or publishing ended in a traceback."""
    change(own_book, old, new)
    with pytest.raises(BookError) as error:
        load(own_book)
    assert says in str(error.value), str(error.value)
    lines = (own_book / "book.yaml").read_text(encoding="utf-8").splitlines()
    start = next(n for n, line in enumerate(lines, 1) if line == "  participants:")
    (first,) = [p for p in error.value.problems if says in p][:1]
    assert start <= int(first.split(":")[1]) <= start + 22
    forget()


def test_the_copy_is_whole(tmp_path):
    """The tests above change a copy that checks clean."""
    assert not copied(tmp_path / "p").check().report.count("error")
