"""What changed between releases, what version that requires, and what must be fixed before."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from conftest import ROOT, examples, invoke, quiet
from hypothesis import given, settings
from hypothesis import strategies as st

from eventbook.codebook import load
from eventbook.dataset.publishing import publish as publishing
from eventbook.dataset.releases import diff_report as pages
from eventbook.dataset.releases import single_file, versions
from eventbook.dataset.releases.diff import diff
from eventbook.dataset.releases.policy import judge
from eventbook.dataset.releases.release import Release, Schema, open_release
from eventbook.validation.errors import InputError
from eventbook.validation.package.corrections import load_corrections
from eventbook.validation.package.package import Package
from eventbook.validation.reading import batches

FIRST, GONE = "SYR-2019-0001", "SYR-2019-0002"


def set_version(package, version):
    """A package with another version, and a section of it in the changelog, as a maintainer types it."""
    path, changes = package.root / "pyproject.toml", package.root / "CHANGELOG.md"
    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub(r'^version = ".*"', f'version = "{version}"', text, flags=re.M))
    log = changes.read_text(encoding="utf-8")
    if f"## [{version}]" not in log:
        changes.write_text(log.replace("## [", f"## [{version}]\n\n## [", 1), encoding="utf-8")
    return Package(package.root)


def correction(**keys):
    entry = {
        "table": "events",
        "row": FIRST,
        "column": "notes",
        "old": None,
        "new": "x",
        "reason": "misread",
        "who": "A. Coder",
        "when": "2026-12-01",
    } | keys
    lines = [f"{k}: {json.dumps(v) if k != 'when' else v}" for k, v in entry.items()]
    return "- " + "\n  ".join(lines) + "\n"


def write_corrections(package, *entries):
    (package.root / "seeds" / "corrections.yaml").write_text("".join(entries), encoding="utf-8")


@pytest.fixture
def events(sheet):
    return sheet("events")


def test_a_release_does_not_differ_from_itself(built):
    """A report of changes where there are none makes people stop reading it."""
    done = invoke("diff", str(built), str(ROOT))
    assert done.returncode == 0, done.stderr
    assert "nothing changed" in done.stdout
    found = diff(open_release(built), open_release(ROOT))
    assert found.kinds == [] and found.step == "none"
    done = invoke("diff", str(ROOT / "dataset/events.csv"), str(ROOT / "dataset/events.parquet"))
    assert done.returncode == 0, done.stdout


def test_a_release_that_is_not_there_is_said_first(copy):
    """A mistyped name was found after the whole table had been checked."""
    lines = []
    with pytest.raises(InputError, match="--since missing: no such file"):
        publishing.publish(copy, say=lines.append, since=Path("missing"))
    assert lines == []


def test_changes_are_listed_cell_by_cell(copy, built, events, tmp_path):
    """A release note that says "various fixes" cannot be checked by anybody."""
    note = events.rows[0]["notes"] or None
    write_corrections(copy, correction(old=note, new="A new note.", reason="Misread the report"))
    package = set_version(copy, "1.0.1")
    publishing.publish(package, tmp_path / "out", quiet, since=built)
    new = tmp_path / "out" / "eventbook-1.0.1.zip"
    done = invoke("diff", str(built), str(new), "--format", "json")
    assert done.returncode == 1
    result = json.loads(done.stdout)
    assert result["version"] == 1 and result["differ"] and result["step"] == "patch"
    (cell,) = result["tables"]["events"]["cells"]
    assert cell == {
        "row": FIRST,
        "column": "notes",
        "old": note,
        "new": "A new note.",
        "reason": "Misread the report (A. Coder, 2026-12-01)",
    }
    human = invoke("diff", str(built), str(new)).stdout
    assert "A new note. (Misread the report (A. Coder, 2026-12-01))" in human
    assert "requires a PATCH version, 1.0.1 or higher after 1.0.0; it is 1.0.1" in human
    page = tmp_path / "d.html"
    assert (
        invoke("diff", str(built), str(new), "--format", "html", "--out", str(page)).returncode == 1
    )
    html = page.read_text(encoding="utf-8")
    assert "A new note." in html and "http" not in html.replace("http-equiv", "")


def test_rows_added_and_withdrawn(copy, built, sheet, tmp_path):
    """An id that somebody cited vanishes without a word, or with one."""
    published = built
    claims = sheet("claims")
    gone = {GONE, *(r["claim_id"] for r in claims.rows if r["event_id"] == GONE)}
    for name, key in (("events", "event_id"), ("claims", "claim_id")):
        table = sheet(name)
        table.rows = [r for r in table.rows if r[key] not in gone]
        table.save()
    quotes = sheet("quotes")
    for row in quotes.rows:
        for column in ("event_ids", "claim_ids"):
            row[column] = "; ".join(i for i in row[column].split("; ") if i not in gone)
    # What was about these rows alone would be about the document.
    named = [r for r in quotes.rows if r["event_ids"] or r["claim_ids"]]
    quotes.rows = named + [r for r in sheet("quotes").rows if not r["event_ids"] + r["claim_ids"]]
    quotes.save()
    # The paragraph that only this event was coded from is accounted for otherwise now.
    (finding,) = copy.check().report
    passed = sheet("passed_over")
    paragraph = re.search(r"\d+", finding.value or finding.message)
    passed.rows.append(passed.rows[0] | {"paragraph": paragraph[0], "quote": ""})
    passed.save()
    package = set_version(copy, "1.1.0")
    with pytest.raises(publishing.PublishError, match=f"{GONE} vanished since"):
        publishing.publish(package, tmp_path / "b", quiet, since=published)
    retired = sheet("retired")
    retired.rows.append(
        {
            "event_id": GONE,
            "retired_on": "2026-12-01",
            "retirement_reason": "duplicate",
            "successor_id": FIRST,
            "explanation": "It was reported twice.",
        }
    )
    retired.save()
    outcome = publishing.publish(package, tmp_path / "b", quiet, since=published)
    assert outcome.archive, [f.message for f in outcome.report]
    found = diff(open_release(published), open_release(outcome.archive))
    (row,) = found.tables["events"].withdrawn.to_dicts()
    assert row["row"] == GONE and row["explanation"] == "It was reported twice."
    assert found.step == "minor" and not found.tables["events"].unexplained.height
    back = diff(open_release(outcome.archive), open_release(published))
    assert back.tables["events"].added["row"].to_list() == [GONE]


def test_a_published_value_changes_only_by_an_entry(copy, built, events):
    """A number that was cited changes, without a record of when, by whom and why."""
    events.rows[0]["notes"] = "Something else."
    events.save()
    with pytest.raises(publishing.PublishError, match=r"SYR-2019-0001 notes was .*corrections"):
        publishing.publish(set_version(copy, "1.0.1"), say=quiet, since=built)


@pytest.mark.parametrize(
    ("version", "allowed"), [("1.0.0", False), ("0.9.0", False), ("1.0.1", True), ("2.0.0", True)]
)
def test_a_version_that_is_too_small_a_step(copy, built, events, version, allowed):
    """Two different tables with one version cannot be distinguished in a citation."""
    write_corrections(copy, correction(old=events.rows[0]["notes"] or None, new="A new note."))
    package = set_version(copy, version)
    if allowed:
        assert publishing.publish(package, say=quiet, since=built).archive
    else:
        with pytest.raises(
            publishing.PublishError, match=r"too small a bump.*set version to 1\.0\.1"
        ):
            publishing.publish(package, say=quiet, since=built)


@pytest.mark.slow
def test_the_last_release_is_the_newest_tag(copy, events):
    """A maintainer who forgets to name the last release is guarded all the same."""
    git = ["git", "-C", str(copy.root), "-c", "user.name=x", "-c", "user.email=x@example.org"]
    publishing.publish(copy, say=quiet)
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "add", "-f", "."], check=True)
    subprocess.run([*git, "commit", "-qm", "x"], check=True)
    subprocess.run([*git, "tag", "v1.0.0"], check=True)
    lines = []
    assert publishing.publish(copy, say=lines.append).archive
    assert any("nothing changed since the tag v1.0.0" in line for line in lines)
    write_corrections(copy, correction(old=events.rows[0]["notes"] or None, new="A new note."))
    done = invoke("publish", cwd=copy.root)
    assert done.returncode == 2 and "set version to 1.0.1" in done.stderr
    assert "Nothing was published" in done.stderr
    assert invoke("publish", "--check", cwd=copy.root).returncode == 2
    set_version(copy, "1.0.1")
    assert invoke("publish", cwd=copy.root).returncode == 0


def test_the_changelog_tells_of_the_data(copy, built, events):
    """A changelog written by hand forgets the cell that matters."""
    changes = copy.root / "CHANGELOG.md"
    head = "## [1.0.1]\n\n<!-- data 1.0.1: written by eventbook publish -->\n<!-- /data -->\n\n## [1.0.0]"
    changes.write_text(changes.read_text(encoding="utf-8").replace("## [1.0.0]", head, 1))
    write_corrections(copy, correction(old=events.rows[0]["notes"] or None, new="A ``` new note."))
    publishing.publish(set_version(copy, "1.0.1"), say=quiet, since=built)
    text = changes.read_text(encoding="utf-8")
    part = text[text.index("<!-- data 1.0.1") : text.index("## [1.0.0]")]
    assert "Data: 1 cell changed." in part and "A ``` new note." in part
    assert "First release of the data: 7 events" in text


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        (correction(old="not this"), "correction-stale"),
        (correction(row="SYR-2019-9999"), "correction-nowhere"),
        (correction(column="no_such"), "correction-nowhere"),
        (correction(column="event_id", old=FIRST, new="SYR-2019-0099"), "correction-nowhere"),
        (correction(table="no_such"), "correction-nowhere"),
        (correction(table="participants"), "correction-nowhere"),
        (correction(row=["a", "b"]), "correction-nowhere"),
    ],
)
def test_a_correction_that_fits_nothing(copy, entry, says):
    """A stale correction looks as if the value had been corrected."""
    write_corrections(copy, entry)
    (finding,) = [f for f in copy.check().report if f.rule.startswith("correction")]
    assert (finding.rule, finding.file, finding.line) == (says, "seeds/corrections.yaml", 1)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("x: 1\n", r"corrections\.yaml:1: expected a list"),
        ("- 5\n", ":1: expected a correction"),
        ("- table: events\n", ":1: missing keys: column"),
        (correction() + "- [", "not readable as YAML"),
        (correction() + correction(extra=1), r":9: unknown keys: extra"),
        (correction(when="tomorrow"), "when: expected a date"),
        (correction(reason=" "), "reason: expected text"),
        (correction(new=True), "quote words"),
        (correction(old="x"), "are the same"),
        ("- table: a\n  table: b\n", ":2: duplicate key 'table'"),
        ("- row: .inf\n", "put it into quotation marks"),
        ("- &a [*a]\n", ":1: "),
    ],
)
def test_a_file_of_corrections_that_is_wrong(copy, text, says):
    """A correction that is not understood must not be passed over."""
    write_corrections(copy, text)
    with pytest.raises(InputError, match=says):
        load_corrections(copy.root / "seeds" / "corrections.yaml")
    done = invoke("check", cwd=copy.root)
    assert done.returncode == 2 and "Traceback" not in done.stderr


def test_corrections_follow_each_other(copy, events):
    """A value that was corrected twice has both entries; the second starts from the first."""
    old = events.rows[0]["notes"] or None
    write_corrections(copy, correction(old=old, new="b"), correction(old="b", new="c"))
    checked = copy.check()
    assert not checked.report.status()
    notes = checked.tables["events"].filter(pl.col("event_id") == FIRST)["notes"][0]
    assert notes == "c"
    assert events.rows[0]["notes"] == (old or ""), "the coding stays as it was filed"


def table(rows, fields=("id", "a", "b"), key=("id",), **more):
    """A table as rows and schema; `more` adds to the fields of these names."""
    described = [{"name": n, "type": "string"} | more.get(n, {}) for n in fields]
    frame = pl.DataFrame(rows, dict.fromkeys(fields, pl.String), orient="row")
    return frame, Schema({"fields": described, "primaryKey": list(key)})


def release(frame, schema):
    return Release("x", "p", "1.0.0", None, {"t": frame}, {"t": schema})


CODES = {"a": {"categories": [{"value": "1", "label": "One"}]}}
MORE = {"a": {"categories": [{"value": "1", "label": "One"}, {"value": "2", "label": "Two"}]}}
OTHER = {"a": {"categories": [{"value": "1", "label": "Uno"}]}}
ROW = [("1", "x", "y")]


@pytest.mark.parametrize(
    ("old", "new", "kind", "step"),
    [
        (table(ROW), table([("1", "x", "z")]), "cell-changed", "patch"),
        (table(ROW), table([("1", "x", None)]), "cell-changed", "patch"),
        (table(ROW), table([*ROW, ("2", "x", "y")]), "row-added", "minor"),
        (table(ROW), table([]), "row-withdrawn", "minor"),
        (table(ROW), table([("1", "x")], ("id", "a")), "column-removed", "major"),
        (table([("1", "x")], ("id", "a")), table(ROW), "column-added", "minor"),
        (table(ROW, **CODES), table(ROW, **MORE), "code-added", "minor"),
        (table(ROW, **MORE), table(ROW, **CODES), "code-removed", "major"),
        (table(ROW, **CODES), table(ROW, **OTHER), "code-relabelled", "patch"),
        (table(ROW), table(ROW, a={"type": "date"}), "type-changed", "major"),
        (
            table(ROW),
            table(ROW, a={"constraints": {"required": True}}),
            "constraint-changed",
            "major",
        ),
        (table(ROW), table(ROW, a={"title": "A"}), "text", "patch"),
        (table(ROW), table(ROW, key=("id", "a")), "key-changed", "major"),
    ],
)
def test_each_change_asks_for_its_step(old, new, kind, step):
    """A removed column in a PATCH release breaks programs that had every reason to trust it."""
    found = diff(release(*old), release(*new))
    assert found.kinds == [kind] and found.step == step
    assert "empty -> empty" not in pages.human(found)
    assert pages.human(found) and json.loads(pages.to_json(found)) and pages.to_html(found)


def test_the_pieces_of_the_json_are_what_is_written_at_once(monkeypatch):
    """A comma too few between two pieces makes a report that no program reads."""
    monkeypatch.setattr(pages, "AT_ONCE", 2)
    names = ("id", "a")
    rows = [(str(n), f'old "{n}"\n') for n in range(5)]
    new = [(str(n), None if n == 2 else f"neu é\t{n}") for n in range(1, 6)]
    for found in (
        diff(release(*table(rows, names)), release(*table(new, names))),
        diff(release(*table(ROW)), release(*table(ROW))),
        diff(Release("x", "p", "1", None, {}, {}), Release("x", "p", "1", None, {}, {})),
    ):
        text = pages.to_json(found)
        assert text == json.dumps(json.loads(text), ensure_ascii=False, indent=2)
        for name, differs in found.tables.items():
            assert json.loads(text)["tables"][name]["cells"] == differs.cells.to_dicts()
            assert json.loads(text)["tables"][name]["withdrawn"] == differs.withdrawn.to_dicts()


def test_tables_that_come_and_go():
    """A table that is gone is the greatest change there is."""
    one, two = release(*table(ROW)), Release("x", "p", "1.0.0", None, {}, {})
    assert diff(one, two).step == "major" and diff(two, one).step == "minor"


def test_every_kind_has_a_step():
    """A kind of change without a step would ask for none."""
    assert set(versions.ASKS.values()) <= set(versions.STEPS)


def test_the_tombstones_are_where_the_schema_says():
    """A column name in the code makes the tombstones of anybody else's book invisible."""
    key = {"fields": ["id"], "reference": {"resource": "gone", "fields": ["old_id"]}}
    frame, schema = table(ROW)
    schema = Schema({**schema.descriptor, "eventbook:tombstones": [key]})
    stones = table([("1", "merged")], ("old_id", "why"), ("old_id",))
    old = Release("x", "p", "1.0.0", None, {"t": frame}, {"t": schema})
    new = Release(
        "y",
        "p",
        "1.1.0",
        None,
        {"t": frame.clear(), "gone": stones[0]},
        {"t": schema, "gone": stones[1]},
    )
    rows = diff(old, new).tables["t"]
    assert rows.withdrawn["row"].to_list() == ["1"] and not rows.unexplained.height
    unexplained = replace(new, tables={"t": frame.clear(), "gone": stones[0].clear()})
    (line, _) = judge(old, replace(unexplained, version="1.0.1"))[1]
    assert "t: 1 vanished since x" in line and "seeds/tables/gone.csv" in line


@pytest.mark.parametrize(
    ("old", "step", "new"),
    [
        ("1.2.3", "none", "1.2.3"),
        ("1.2.3", "patch", "1.2.4"),
        ("1.2.3", "minor", "1.3.0"),
        ("1.2.3", "major", "2.0.0"),
        ("0.2.3", "major", "0.3.0"),
    ],
)
def test_next_version(old, step, new):
    """The next version is counted as Semantic Versioning counts, also before 1.0.0."""
    assert versions.next_version(old, step) == new


@pytest.mark.parametrize(
    "version", ["1.0", "1.0.0-rc1", "x", "1.0.-1", "1.0.²", "", "1" * 20 + ".0.0"]
)
def test_an_invalid_version(version):
    """A version that cannot be compared is an error message, not a traceback."""
    with pytest.raises(InputError, match="not a version"):
        versions.version_numbers(version)


CELL = st.one_of(st.none(), st.sampled_from(["a", "b", "ü\n", "a b"]))
ROWS = st.dictionaries(st.sampled_from("123456"), st.tuples(CELL, CELL), max_size=6)


@settings(max_examples=examples(1.5))
@given(ROWS, ROWS)
def test_the_differences_lead_from_old_to_new(old, new):
    """What a report of changes leaves out is a silent change."""
    one, two = ([(k, *v) for k, v in rows.items()] for rows in (old, new))
    rows = diff(release(*table(one)), release(*table(two))).tables["t"]
    made = {k: list(v) for k, v in old.items()}
    for row in rows.withdrawn["row"]:
        del made[row]
    for row in rows.added["row"]:
        made[row] = list(new[row])
    for row, column, before, after, _ in rows.cells.iter_rows():
        place = "ab".index(column)
        assert made[row][place] == before
        made[row][place] = after
    assert made == {k: list(v) for k, v in new.items()}
    back = diff(release(*table(two)), release(*table(one))).tables["t"]
    assert back.cells.height == rows.cells.height
    assert set(back.added["row"]) == set(rows.withdrawn["row"])


def test_a_duplicate_key():
    """Rows with the same key cannot be compared."""
    with pytest.raises(InputError, match="duplicate key id: 1"):
        diff(release(*table(ROW)), release(*table([*ROW, *ROW])))


def test_files_that_no_codebook_knows(tmp_path):
    """Somebody else's table is compared by its first column, or by the key that is named."""
    for name, rows in (("a", [["1", "x", "p"], ["1", "y", "p"]]), ("b", [["1", "y", "q"]])):
        out = io.StringIO()
        csv.writer(out).writerows([["k", "m", "v"], *rows])
        (tmp_path / f"{name}.csv").write_text(out.getvalue(), encoding="utf-8")
    done = invoke("diff", "a.csv", "b.csv", cwd=tmp_path)
    assert done.returncode == 2 and "--key" in done.stderr
    done = invoke("diff", "a.csv", "b.csv", "--key", "k", "--key", "m", cwd=tmp_path)
    assert done.returncode == 1
    assert "- table 1 x" in done.stdout and "~ table 1 y v: p -> q" in done.stdout


def acled(folder, name, change=lambda frame: frame):
    """A file of three ACLED events in the current layout, with labels and ISO days, as changed."""
    variables = load("acled").tables["events"]
    row = {v.name: str(v.example) for v in variables.variables if v.name in variables.layout}
    row |= {"civilian_targeting": "", "inter1": "State forces", "inter2": "Rebel group"}
    row |= {"interaction": "State forces-Rebel group", "event_date": "2019-05-13"}
    frame = pl.DataFrame([row | {"event_id_cnty": f"SYR{n}"} for n in (1, 2, 3)])
    change(frame).write_csv(folder / name)
    return folder / name


FORMS = {
    "numbers and English dates": lambda f: f.with_columns(
        inter1=pl.lit("1"),
        inter2=pl.lit("2"),
        interaction=pl.lit("12"),
        event_date=pl.lit("13 May 2019"),
    ),
    "capitals": lambda f: f.rename({c: c.upper() for c in f.columns}),
    "another order": lambda f: f.select(reversed(f.columns)).reverse(),
}


@pytest.mark.parametrize("form", FORMS)
def test_one_cell_differs_between_two_layouts(tmp_path, form):
    """Thirteen differences where a publisher spelled one value otherwise hide the one that counts."""
    old = open_release(acled(tmp_path, "old.csv", FORMS[form]))
    second = pl.when(pl.col("event_id_cnty") == "SYR2")
    new = open_release(
        acled(
            tmp_path,
            "new.csv",
            lambda f: f.with_columns(fatalities=second.then(pl.lit("5")).otherwise("fatalities")),
        )
    )
    before = load("acled").tables["events"]["fatalities"].example
    (cell,) = diff(old, new).tables["events"].cells.to_dicts()
    assert cell == {
        "row": "SYR2",
        "column": "fatalities",
        "old": str(before),
        "new": "5",
        "reason": None,
    }
    assert diff(old, new).changes == ()


def test_unreadable_cells_of_a_known_layout_are_compared_as_written(tmp_path):
    """A cell that is read as missing, or a column that the book lacks, changes unseen."""
    second = pl.when(pl.col("event_id_cnty") == "SYR2")

    def spoiled(count, note):
        return lambda f: f.with_columns(
            fatalities=second.then(pl.lit(count)).otherwise("fatalities"),
            my_note=second.then(pl.lit(note)),
        )

    old = open_release(acled(tmp_path, "old.csv", spoiled("many", "a")))
    new = open_release(acled(tmp_path, "new.csv", spoiled("several", "b")))
    cells = diff(old, new).tables["events"].cells.select("row", "column", "old", "new").rows()
    assert sorted(cells) == [
        ("SYR2", "fatalities", "many", "several"),
        ("SYR2", "my_note", "a", "b"),
    ]


@pytest.mark.parametrize("words", [["none.zip", "."], [".", "."], ["x.csv", "x.csv"]])
def test_what_cannot_be_compared_is_an_error(tmp_path, words):
    """A wrong path is a line, not a traceback."""
    (tmp_path / "x.csv").write_bytes(b"\x00\xff")
    done = invoke("diff", *words, cwd=tmp_path)
    assert done.returncode == 2 and "Traceback" not in done.stderr and done.stderr.strip()


def test_hostile_text_stays_text_in_the_page():
    """A cell with a script in it runs in the browser of a reader of the differences."""
    evil = "</bdi><script>alert(1)</script>"
    html = pages.to_html(diff(release(*table(ROW)), release(*table([("1", evil, "y")]))))
    assert "<script>" not in html and "&lt;script&gt;" in html


@pytest.mark.slow
def test_a_copy_without_history_publishes(copy):
    """The first release has nothing before it."""
    shutil.rmtree(copy.root / "dist", ignore_errors=True)
    lines = []
    assert publishing.publish(copy, say=lines.append).archive
    assert any("no earlier release" in line for line in lines)


@pytest.mark.parametrize("broken", [{}, {"fatalities": "many"}, {"event_date": "2019"}])
def test_a_large_file_is_the_same_table_in_batches(tmp_path, monkeypatch, broken):
    """A column with one cell that is no number must be text in all batches, not in its own only."""
    variables = load("acled").tables["events"].variables
    row = {v.name: str(v.example) for v in variables if v.derived is None} | {"more": ""}
    rows = [row | {"event_id_cnty": f"SYR{n}", "more": "x" * (n % 3)} for n in range(60)]
    rows[40] |= broken
    file = tmp_path / "events.csv"
    pl.DataFrame(rows).write_csv(file)
    whole = single_file.read_single_table(file)
    monkeypatch.setattr(single_file, "LARGE", 0)
    monkeypatch.setattr(batches, "BLOCK", 1000)
    parts = single_file.read_single_table(file)
    assert parts.frame.equals(whole.frame) and parts.frame.schema == whole.frame.schema
    assert (parts.name, parts.book, parts.schema) == (whole.name, whole.book, whole.schema)
    with file.open("a", encoding="utf-8") as stream:
        stream.write('"never closed\n')
    with pytest.raises(InputError, match="eventbook check"):
        open_release(file)


def test_cells_are_compared_some_rows_at_a_time(monkeypatch):
    """A block that begins a row late loses a change; the order must be that of the whole."""
    old, new = (
        pl.DataFrame({"id": [10, 3, 8, 0, 5, 1, 7, 2, 6], "a": ["x"] * 9, "b": [change] * 9})
        for change in "uv"
    )
    new = new.with_columns(a=pl.when(pl.col("id") % 3 > 0).then(pl.lit("y")).otherwise("a"))
    one, two = (
        Release(label, "", "", None, {"t": frame}, {"t": Schema({"fields": [
            {"name": n} for n in frame.columns], "primaryKey": ["id"]})})
        for label, frame in (("old", old), ("new", new))
    )  # fmt: skip
    whole = diff(one, two).tables["t"].cells
    monkeypatch.setattr("eventbook.dataset.releases.diff.AT_ONCE", 2)
    assert diff(one, two).tables["t"].cells.equals(whole)
    assert whole.height == 15 and whole["row"].is_sorted()
