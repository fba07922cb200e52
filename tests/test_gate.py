"""The gate: bad files give one clear message each, and each broken value exactly its finding."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace

import polars as pl
import pytest
from conftest import ROOT, invoke, run
from hypothesis import given
from hypothesis import strategies as st

from eventbook.codebook import load
from eventbook.validation import check
from eventbook.validation.checks.rules import compile_rule
from eventbook.validation.engines.small import check_sources
from eventbook.validation.errors import InputError
from eventbook.validation.package.package import Package
from eventbook.validation.reading.read import read
from eventbook.validation.reading.source import LINE

BOOK = load("eventbook")


def rules_found(package: Package) -> set[tuple[str, str | None]]:
    return {(f.rule, f.column) for f in package.check().report}


def test_the_package_is_clean(checked):
    """The published table is only as good as this."""
    assert [str(f) for f in checked.report] == []
    assert checked.report.unchecked == ()


EVENTS_ONLY_ACTORS = b"actor_id,actor,iso3,inter,member_ids,part_of_id,aliases,active_since,active_until,reference,notes\n"
GOOD = EVENTS_ONLY_ACTORS + b"a-one,One,SYR,2,,,,,,DOC-0001,\n"


@pytest.mark.parametrize(
    ("name", "data", "rule", "line"),
    [
        ("empty", b"", "empty-file", 1),
        ("blank", b"\n\n", "empty-file", 1),
        ("latin-1", GOOD + "b-two,\xc9tat,SYR,2,,,,,,DOC-0001,\n".encode("latin-1"), "encoding", 3),
        ("utf-16", GOOD.decode().encode("utf-16"), "encoding", 1),
        ("nul", GOOD + b"b\0,B,SYR,2,,,,,,DOC-0001,\n", "nul", 3),
        ("semicolons", GOOD.replace(b",", b";"), "delimiter", 1),
        ("tabs", GOOD.replace(b",", b"\t"), "delimiter", 1),
        ("long row", GOOD + b"b,B,SYR,2,,,,,,DOC-0001,,x\n", "ragged-row", 3),
        ("short row", GOOD + b"b,B\n" + b"c-c,C,SYR,2,,,,,,D,\n", "ragged-row", 3),
        ("repeated column", GOOD.replace(b"notes", b"actor", 1), "repeated-column", 1),
        (
            "missing column",
            b"actor_id,actor,inter,part_of_id,aliases,reference,notes\n",
            "missing-column",
            1,
        ),
        ("unknown column", GOOD.replace(b"aliases", b"alias", 1), "unknown-column", 1),
        ("open quote", GOOD + b'b-b,"B,SYR,2,,,,,,D,\n', "quotes", 3),
        ("unparsable date", GOOD + b"b-b,B,SYR,2,,,,31/02/2019,,D,\n", "type", 3),
        ("unparsable count", GOOD + b"b-b,B,SYR,2o,,,,,,D,\n", "type", 3),
        ("no such day", GOOD + b"b-b,B,SYR,2,,,,2019-02-31,,D,\n", "type", 3),
        ("other table", b"x,y,z\n1,2,3\n", "unrecognised", 1),
        ("damaged gzip", b"\x1f\x8b\x08\x00damaged", "gzip", None),
        ("damaged parquet", b"PAR1damaged", "parquet", None),
    ],
)
def test_bad_files(tmp_path, name, data, rule, line):
    """A bad file must never end in a traceback, nor be read as something else."""
    path = tmp_path / "file.csv"
    path.write_bytes(data)
    found = [f for f in check(path) if f.rule == rule]
    assert found and found[0].line == line
    done = invoke("check", str(path))
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    path.write_bytes(GOOD)
    assert not len(check(path))


@pytest.mark.parametrize("target", ["nowhere.csv", "."])
def test_no_file(tmp_path, target):
    """A folder or a mistyped name is one line, with exit status 2."""
    with pytest.raises(InputError):
        check(tmp_path / target)
    done = invoke("check", str(tmp_path / target))
    assert done.returncode == 2
    assert done.stderr.startswith("eventbook: ") and "Traceback" not in done.stderr


def test_physical_lines(tmp_path):
    """A finding on the wrong line of a file with line breaks in its cells sends people astray."""
    path = tmp_path / "actors.csv"
    path.write_bytes(
        EVENTS_ONLY_ACTORS
        + b'a-a,A,SYR,2,,,,,,D,"one\ntwo\nthree"\n'
        + b"bad id,B,SYR,2,,,,,,D,\n"
        + b"too,short\n"
        + b'c-c,C,SYR,2,,,,,,D,"x\r\ny"\n'
        + b"bad id 2,D,SYR,2,,,,,,D,\n"
    )
    found = {(f.rule, f.line) for f in check(path)}
    assert {("pattern", 5), ("ragged-row", 6), ("pattern", 9)} <= found


def test_gzip_and_parquet_are_read_alike(tmp_path):
    """The same rows in another container must have the same findings."""
    data = EVENTS_ONLY_ACTORS + b"a-a,A,SYR,9,,,,,,D,\n"
    (tmp_path / "a.csv").write_bytes(data)
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(data))
    frame = read(tmp_path / "a.csv").frame.drop(LINE)
    frame.with_columns(pl.col("inter").cast(pl.Int64)).write_parquet(tmp_path / "a.parquet")
    for name in ("a.csv", "a.csv.gz", "a.parquet"):
        assert [(f.rule, f.column, f.value) for f in check(tmp_path / name)] == [
            ("code", "inter", "9")
        ]


def test_the_nearest_code_is_offered(sheet, copy):
    """Most bad codes are slips of the finger: the right one should be one look away."""
    events = sheet("events")
    events.rows[0]["sub_event_type"] = "Air/drone strik"
    events.save()
    (found,) = [f for f in copy.check().report if f.rule == "code"]
    assert found.nearest == "Air/drone strike"
    assert found.file == "seeds/tables/events.csv" and found.line == 2
    assert found.row_id == events.rows[0]["event_id"]


# Break one cell of the valid package: (table, row picker, column, new value) -> (rule, column).
def first(rows, **cells):
    return next(r for r in rows if all(r[k] == v for k, v in cells.items()))


BREAKS = [
    (
        "events",
        {"event_id": "SYR-2019-0001"},
        "fatalities_best",
        "120",
        {
            ("fatalities-order", "fatalities_best"),
            ("fatalities-parts-at-most-best", "fatalities_best"),
            ("fatalities-minimum", "fatalities_status"),
        },
    ),
    ("events", {"event_id": "SYR-2019-0001"}, "fatalities_low", "x", {("type", "fatalities_low")}),
    (
        "events",
        {"event_id": "SYR-2019-0001"},
        "fatalities_civilians",
        "-1",
        {("minimum", "fatalities_civilians")},
    ),
    (
        "events",
        {"event_id": "SYR-2019-0003"},
        "date_start",
        "",
        {("required", "date_start"), ("evidence-without-value", "variables")},
    ),
    (
        "events",
        {"event_id": "SYR-2019-0001"},
        "actor1_id",
        "nobody",
        {("foreign-key", "actor1_id")},
    ),
    (
        "events",
        {"event_id": "SYR-2019-0001"},
        "fatalities_words",
        "more than 12 civilians",
        {("words-in-quote", "fatalities_words")},
    ),
    (
        "events",
        {"event_id": "SYR-2019-0003"},
        "ucdp_date_prec",
        "2",
        {("date-prec-length", "ucdp_date_prec")},
    ),
    (
        "events",
        {"event_id": "SYR-2019-0003"},
        "acled_time_precision",
        "3",
        {("time-precision-length", "acled_time_precision")},
    ),
    (
        "events",
        {"event_id": "SYR-2019-0003"},
        "event_type",
        "Riots",
        {("sub-type-in-type", "event_type")},
    ),
    (
        "events",
        {"event_id": "SYR-2019-0002"},
        "event_id",
        "SYR-2019-2",
        {
            ("pattern", "event_id"),
            ("foreign-key", "event_ids"),
            ("value-without-evidence", "event_id"),
        },
    ),
    (
        "events",
        {"event_id": "SYR-2019-0007"},
        "part_of",
        "SYR-2019-0006",
        {("part-of-aggregate", "part_of")},
    ),
    (
        "claims",
        {"act": "denies"},
        "about_variable",
        "",
        {("claim-value-of-variable", "value")},
    ),
    (
        "claims",
        {"act": "denies"},
        "event_id",
        "",
        {
            ("denial-names-what", "event_id"),
            ("claim-variable-of-event", "about_variable"),
            ("evidence-without-value", "variables"),
        },
    ),
    (
        # Its quote carries what no other does.
        "quotes",
        {"event_ids": "SYR-2019-0001", "variables": ""},
        "variables",
        "date_start",
        {
            ("value-without-evidence", "fatalities_status"),
            ("value-without-evidence", "fatalities_civilians"),
            ("fatalities-words", "fatalities_words"),
        },
    ),
    (
        "quotes",
        {"variables": "actor1_id"},
        "quote",
        "words that are not there",
        {("quote-found", "quote")},
    ),
    ("quotes", {"variables": "actor1_id"}, "paragraph", "14", {("quote-paragraph", "paragraph")}),
    ("quotes", {"basis": "rule"}, "because", "", {("quote-because", "because")}),
    ("actors", {"actor_id": "hts"}, "actor", "=cmd", {("text-no-formula", "actor")}),
    ("actors", {"actor_id": "hts"}, "notes", " padded", {("text-edges", "notes")}),
    ("actors", {"actor_id": "hts"}, "notes", "a\u202eb", {("text-hidden-characters", "notes")}),
    ("actors", {"actor_id": "hts"}, "notes", "re\u0301gime", {("text-normal-form", "notes")}),
    ("documents", {}, "sha256", "0" * 64, {("document-hash", "sha256")}),
    ("documents", {}, "file", "other.txt", {("document-file", "file")}),
    ("documents", {}, "date_reasoning", "", {("document-date-reasoned", "date_reasoning")}),
    (
        "passed_over",
        {"quote": ""},
        "paragraph",
        "7",
        {("paragraph-accounted", "paragraph"), ("paragraph-accounted", None)},
    ),
]


@pytest.mark.parametrize(("table", "row", "column", "value", "expected"), BREAKS)
def test_mutation(copy, sheet, table, row, column, value, expected):
    """A check that finds too little lets errors through; one that finds too much is switched off."""
    broken = sheet(table)
    if column not in broken.header:
        # What nobody has to type may be typed.
        broken.header.append(column)
    first(broken.rows, **row)[column] = value
    broken.save()
    assert rules_found(copy) == expected


KINDS = ("required", "code", "pattern", "type", "minimum", "maximum", "max-length")


def states(variable, kind):
    """Whether the book states a constraint of this kind on a variable."""
    return {
        "required": variable.must_be_typed,
        "code": bool(variable.codes) and not variable.separator,
        "pattern": bool(variable.pattern),
        "type": variable.type != "string",
        "minimum": variable.minimum is not None,
        "maximum": variable.maximum is not None,
        "max-length": variable.max_length is not None,
    }[kind]


def breaking(variable, kind):
    """A cell that breaks a constraint."""
    return {
        "required": None,
        "code": "987654" if variable.type == "integer" else "no such code",
        "pattern": "Not OK!",
        "type": "12o",
        "minimum": "1400-01-01" if variable.type == "date" else "-999",
        "maximum": "2200-01-01" if variable.type == "date" else "999999",
        "max-length": "x" * ((variable.max_length or 0) + 1),
    }[kind]


CASES = {
    (table.name, kind): [v.name for v in table.coded if states(v, kind)]
    for table in BOOK.tables.values()
    if not table.derived
    for kind in KINDS
}


@pytest.fixture(scope="module")
def sources():
    return Package(ROOT).sources()


@pytest.mark.parametrize(("table", "kind"), [case for case, names in CASES.items() if names])
def test_each_constraint_is_found(sources, table, kind):
    """A constraint that the book states and no engine runs is worse than none."""
    names = CASES[table, kind]
    frame = sources[table].frame
    if not frame.height:
        row = {v.name: str(v.example) for v in BOOK.tables[table].coded}
        frame = pl.DataFrame([row | {LINE: 2, "event_id": "SYR-2019-0099"}], frame.schema)
    # A row for each variable, with one broken cell.
    rows = [
        frame[:1].with_columns(
            pl.lit(breaking(BOOK.tables[table][name], kind), pl.String).alias(name),
            pl.lit(1000 + number, frame.schema[LINE]).alias(LINE),
        )
        for number, name in enumerate(names)
    ]
    fresh = {n: replace(s, findings=list(s.findings)) for n, s in sources.items()}
    fresh[table] = replace(fresh[table], frame=pl.concat([frame, *rows]))
    report = check_sources(BOOK, fresh, ROOT).report
    file = fresh[table].file
    for number, name in enumerate(names):
        found = {(f.rule, f.column) for f in report if f.file == file and f.line == 1000 + number}
        assert (kind, name) in found
        assert found - {(kind, name)} <= consequences(table, name) | repeated(table)


def repeated(table):
    """What a row that is there twice breaks."""
    found = {("primary-key", name) for name in BOOK.tables[table].primary_key}
    return found | {("unique", v.name) for v in BOOK.tables[table].coded if v.unique}


def consequences(table, name):
    """What a broken cell may break besides: keys, evidence, and the rules that read the cell."""
    found = {("foreign-key", c) for c in ("event_id", "claim_id", "document_id", name)}
    found |= {("missing-table", None), ("document-file", "file"), ("document-hash", "sha256")}
    found |= {("paragraph-accounted", c) for c in (None, "paragraph")}
    found |= {("quote-found", "quote"), ("quote-paragraph", "paragraph")}
    found |= {("evidence-without-value", "variables"), ("variable-of-no-row", "variables")}
    found |= {("value-without-evidence", v.name) for t in BOOK.tables.values() for v in t.variables}
    found |= {("words-in-quote", v.name) for v in BOOK.tables[table].variables if v.words_for}
    found |= {(kind, name) for kind in ("pattern", "code", "minimum", "maximum", "text-no-formula")}
    found |= {
        ("foreign-key", k.field)
        for t in BOOK.tables.values()
        for k in t.foreign_keys
        if (k.table, k.target) == (table, name)
    }
    reads = {name}
    if name in BOOK.tables[table].primary_key:
        # No quote is for a row without its key.
        reads |= {v.name for v in BOOK.tables[table].variables if v.words_for}
    for variable in BOOK.tables[table].variables:
        how = variable.computed
        if how and (name in how.days or any(n in how.sql for n in reads)):
            reads.add(variable.name)
    found |= {(k, c) for k in ("minimum", "maximum", "code") for c in reads}
    for other in BOOK.tables.values():
        # A value that another table looks up through a key decides what is derived there.
        through = [f"{{{k.field}.{name}}}" for k in other.foreign_keys if k.table == table]
        found |= {
            ("code", v.name)
            for v in other.variables
            if v.derived and any(t in v.derived.sql for t in through)
        }
        if any(kind == "code" and c in other for kind, c in found):
            found |= {("code", "interaction_code")}
    for other in BOOK.tables.values():
        for rule in BOOK.rules_on(other.name):
            compiled = compile_rule(BOOK, other, rule)
            looks_up = {n.split(".")[-1] for n in compiled.needs if "." in n}
            if (other.name == table and compiled.needs & reads) or looks_up & reads:
                found.add((rule.id, rule.column))
    return found


PLAIN = [r for r in BOOK.rules if r.violates and not any("." in n for row in r.bad for n in row)]


@pytest.mark.parametrize("rule", PLAIN, ids=lambda r: r.id)
def test_each_rule_is_found_in_a_valid_row(rule, published):
    """A rule that holds on its examples and is not run on tables protects nobody."""
    frame = published[rule.on]
    if not frame.height:
        examples = {v.name: str(v.example) for v in BOOK.tables[rule.on].variables}
        frame = pl.DataFrame(examples)
    for rows, violated in ((rule.bad, True), (rule.good, False)):
        for row in rows:
            broken = frame.head(1).with_columns(
                pl.lit(None if value is None else str(value)).cast(pl.String).alias(name)
                for name, value in row.items()
            )
            needed = compile_rule(BOOK, BOOK.tables[rule.on], rule).needs - set(row)
            broken = broken.with_columns(pl.lit(None, pl.String).alias(n) for n in needed)
            found = {f.rule for f in check(broken, rule.on, BOOK)}
            assert (rule.id in found) is violated, row


@pytest.fixture(scope="module")
def published(checked):
    return {name: frame.drop(LINE) for name, frame in checked.tables.items()}


def test_loops_and_reused_ids(copy, sheet):
    """A total that contains itself, or a withdrawn id that comes back, breaks every count."""
    events, retired = sheet("events"), sheet("retired")
    one, two = events.rows[0], events.rows[1]
    one["part_of"], two["part_of"] = two["event_id"], one["event_id"]
    events.save()
    retired.rows.append(
        {
            "event_id": one["event_id"],
            "retired_on": "2019-06-01",
            "retirement_reason": "duplicate",
            "successor_id": "",
            "explanation": "Twice.",
        }
    )
    retired.save()
    found = rules_found(copy)
    assert ("cycle", "part_of") in found and ("retired-id", "event_id") in found


def test_a_broken_rule_tells_the_values_that_break_it(copy, sheet):
    """A rule over four columns that shows one value sends the coder looking for the others."""
    events = sheet("events")
    events.rows[0] |= {"fatalities_low": "130", "fatalities_best": "121"}
    events.save()
    (finding,) = (f for f in copy.check().report if f.rule == "fatalities-order")
    assert (
        "Here: fatalities_best 121, fatalities_high (empty), fatalities_low 130." in finding.message
    )


@pytest.mark.parametrize(
    "path", sorted((ROOT / "seeds/tables").glob("*.csv")), ids=lambda p: p.stem
)
def test_each_table_can_be_checked_alone(path):
    """A coder checks the table at hand; the others, and the documents, are not there."""
    report = check(path, path.stem, "eventbook")
    assert report.status() == 0, [f.message for f in report]


@pytest.mark.parametrize("table", ["quotes", "documents", "events", "passed_over"])
def test_a_package_without_a_table(copy, table):
    """The check of the evidence must not fail on the table that is missing."""
    (copy.root / "seeds" / "tables" / f"{table}.csv").unlink()
    assert "missing-table" in {f.rule for f in copy.check().report}


def test_an_empty_cell_has_no_value(copy, sheet):
    """A finding about an empty cell that shows 'None' sends people looking for that word."""
    quotes = sheet("quotes")
    for name in ("quote", "start", "end", "paragraph", "because"):
        quotes.rows[0] = quotes.rows[0] | {name: ""}
        quotes.save()
        assert "None" not in {f.value for f in copy.check().report}


def test_a_quote_at_other_offsets_is_told_where_it_stands(copy, sheet):
    """A quote that is off by one is right, and the coder needs the number and not a riddle."""
    quotes = sheet("quotes")
    row = quotes.rows[0]
    start, end = int(row["start"]), int(row["end"])
    quotes.rows[0] = row | {"start": str(start + 1), "end": str(end + 1)}
    quotes.save()
    (finding,) = copy.check().report
    assert f"It occurs at {start} to {end}." in finding.message
    assert (finding.rule, finding.value) == ("quote-found", row["quote"])
    quotes.rows[0] = row | {"quote": row["quote"][::-1]}
    quotes.save()
    (finding,) = copy.check().report
    assert f"It does not occur in it; at these offsets it has: {row['quote']!r}" in finding.message


def test_a_repeated_id(copy, sheet):
    """Two events of one name cannot be cited apart."""
    events = sheet("events")
    events.rows.append(dict(events.rows[0]))
    events.save()
    assert {f.line for f in copy.check().report if f.rule == "primary-key"} == {
        2,
        len(events.rows) + 1,
    }


def test_every_paragraph_is_accounted_for(copy, sheet):
    """A paragraph that nobody looked at is indistinguishable from one with nothing in it."""
    passed = sheet("passed_over")
    gone = first(passed.rows, quote="")
    passed.rows.remove(gone)
    passed.save()
    (found,) = [f for f in copy.check().report]
    assert found.rule == "paragraph-accounted" and f"Paragraph {gone['paragraph']}" in found.message


def test_an_altered_document_is_noticed(copy):
    """Offsets into another text quote other words."""
    path = next((copy.root / "seeds" / "documents").iterdir())
    path.write_bytes(path.read_bytes() + b"\n")
    assert ("document-hash", "sha256") in rules_found(copy)


def test_json_and_exit_status(copy, sheet):
    """CI reads the exit status, tools read the JSON: both must tell the truth."""
    done = run("check", "--format", "json", cwd=copy.root)
    report = json.loads(done.stdout)
    assert done.returncode == 0 and report["valid"] and report["version"] == 1
    events = sheet("events")
    events.rows[0]["day"] = ""
    events.header.append("day")
    events.save()
    done = run("check", cwd=copy.root)
    assert done.returncode == 1


def test_frames_are_checked_as_files_are(checked):
    """A person with a DataFrame in hand gets the same findings as one with a file."""
    frame = checked.tables["actors"].drop(LINE)
    bad = frame.with_columns(pl.lit(9, pl.Int64).alias("inter"))
    for data in (bad, bad.to_pandas()):
        assert {f.rule for f in check(data, "actors", "eventbook")} == {"code"}


@given(
    st.lists(
        st.lists(
            st.text(
                st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), max_size=8
            ),
            min_size=3,
            max_size=3,
        ),
        min_size=1,
        max_size=6,
    )
)
def test_cells_come_back_as_written(tmp_path_factory, rows):
    """Whatever a cell holds, quotes, commas and line breaks included, is read as it was written."""
    import csv

    path = tmp_path_factory.mktemp("cells") / "cells.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n", quoting=csv.QUOTE_ALL)
        writer.writerow(["a", "b", "c"])
        writer.writerows(rows)
    kept = [r for r in rows if any(r)]
    frame = read(path).frame
    assert frame is not None
    assert frame.drop(LINE).rows() == [tuple(c or None for c in r) for r in kept]
    text = path.read_text(encoding="utf-8")
    at, expected = 1 + 1, []
    for row in rows:
        expected += [at] if any(row) else []
        at += sum(c.count("\n") for c in row) + 1
    assert frame[LINE].to_list() == expected and text.count("\n") == at - 1
