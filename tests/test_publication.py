"""What is published: the same table twice, described, current, and readable without us."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import zipfile

import pandas as pd
import polars as pl
import pyarrow.parquet as pq
import pytest
from conftest import ROOT, invoke, quiet

from eventbook import dataset
from eventbook.codebook.loader import forget
from eventbook.dataset.publishing import changelog, products
from eventbook.dataset.publishing import publish as publishing
from eventbook.dataset.publishing.blocks import renew
from eventbook.dataset.releases.verify import verify
from eventbook.validation.errors import InputError
from eventbook.validation.package.package import Package
from eventbook.validation.reading.typed import days_of_midnights
from eventbook.validation.schemas.profile import profile_problems

TABLES = Package(ROOT).book.tables


@pytest.mark.slow
def test_committed_files_are_current():
    """A generated file that was not regenerated describes data that are not there."""
    outcome = publishing.stale(Package(ROOT), quiet)
    assert outcome.stale == (), "run: eventbook publish"


@pytest.mark.parametrize("name", TABLES)
def test_csv_and_parquet_are_one_table(name):
    """Two files of one table that differ make two datasets of one release."""
    parquet = days_of_midnights(pl.read_parquet(ROOT / f"dataset/{name}.parquet"))
    csv = pl.read_csv(ROOT / f"dataset/{name}.csv", infer_schema=False)
    as_text = parquet.with_columns(
        pl.col(pl.Categorical, pl.Enum, pl.Date, pl.Int64).cast(pl.String),
        pl.col(pl.Float64).cast(pl.String),
    )
    numbers = [c for c, t in parquet.schema.items() if t == pl.Float64]
    csv = csv.with_columns(pl.col(numbers).cast(pl.Float64).cast(pl.String))
    assert csv.equals(as_text)


def test_the_descriptor_says_what_is_on_disk():
    """A hash or size that is not the file's makes every download look damaged."""
    descriptor = json.loads((ROOT / "datapackage.json").read_text(encoding="utf-8"))
    assert profile_problems(descriptor) == []
    for resource in descriptor["resources"]:
        for part in (resource, resource["eventbook:parquet"]):
            data = (ROOT / part["path"]).read_bytes()
            assert part["bytes"] == len(data)
            assert part["hash"] == "sha256:" + hashlib.sha256(data).hexdigest()
        for field in resource["schema"]["fields"]:
            assert all(field[key] not in ("", None) for key in ("title", "description", "example"))


def test_the_version_is_one():
    """A citation of one version and a descriptor of another cite nothing."""
    package = Package(ROOT)
    descriptor = json.loads((ROOT / "datapackage.json").read_text(encoding="utf-8"))
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert descriptor["version"] == package.version
    assert f"version: {package.version}" in citation.replace('"', "")
    assert package.metadata.released.isoformat() in citation
    assert f"[{package.version}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_frictionless_command_line():
    """The gate that strangers use is the command, not our call of its library."""
    done = subprocess.run(
        [sys.executable, "-m", "frictionless", "validate", "datapackage.json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("change", ["hash", "cell", "enum"])
def test_frictionless_can_fail(tmp_path, change):
    """A validator that passes whatever it is given proves nothing."""
    shutil.copytree(ROOT / "dataset", tmp_path / "dataset", ignore=shutil.ignore_patterns("*.py*"))
    descriptor = json.loads((ROOT / "datapackage.json").read_text(encoding="utf-8"))
    path = tmp_path / "dataset" / "events.csv"
    text = path.read_text(encoding="utf-8")
    if change == "hash":
        path.write_text(text + "\n", encoding="utf-8")
    else:
        old, new = ("2019-05-13", "2019-13-05") if change == "cell" else ("incident", "accident")
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        events = next(r for r in descriptor["resources"] if r["name"] == "events")
        del events["hash"], events["bytes"]
    (tmp_path / "datapackage.json").write_text(json.dumps(descriptor), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "frictionless", "validate", "datapackage.json"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1


def test_load_gives_the_dtypes_that_people_expect():
    """A count read as float, or a date read as text, costs each user the same hour."""
    events = dataset.load("events")
    assert str(events["fatalities_best"].dtype) == "Int64"
    assert str(events["date_start"].dtype) == "datetime64[ns]"
    assert isinstance(events["event_type"].dtype, pd.CategoricalDtype)
    assert "Riots" in events["event_type"].cat.categories
    assert str(events["latitude"].dtype) == "Float64"
    assert events.attrs["title"] == "Events"
    assert set(dataset.names()) == set(TABLES)
    with pytest.raises(KeyError, match="there are"):
        dataset.load("event")


def test_pandas_alone_reads_it():
    """`pd.read_parquet` without eventbook is the promise of the README."""
    code = "import pandas as pd, sys; e = pd.read_parquet(sys.argv[1]); print(e['fatalities_best'].dtype, len(e)); assert not any('eventbook' in m for m in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-I", "-c", code, "dataset/events.parquet"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.stdout.startswith("Int64"), done.stderr


def test_the_parquet_has_labels():
    """A column without its meaning sends the reader back to a PDF."""
    field = pq.read_schema(ROOT / "dataset/events.parquet").field("fatalities_low")
    assert b"smallest number" in field.metadata[b"description"]


@pytest.mark.slow
def test_publish_twice_gives_the_same_bytes(copy, tmp_path):
    """A release that cannot be built again cannot be verified."""
    publishing.publish(copy, tmp_path / "one", quiet)
    publishing.publish(copy, tmp_path / "two", quiet)
    names = sorted(p.name for p in (tmp_path / "one").iterdir())
    release = f"eventbook-{copy.version}"
    assert names == ["SHA256SUMS", f"{release}-codebook.html", f"{release}.html", f"{release}.zip"]
    for name in names:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    assert not list(copy.root.glob(".publish-*"))


@pytest.mark.slow
def test_the_archive_is_whole_and_without_the_article(copy, tmp_path):
    """The article belongs to its publisher: its text must not leave with a release."""
    outcome = publishing.publish(copy, tmp_path, quiet)
    text = next((ROOT / "seeds" / "documents").iterdir()).read_text(encoding="utf-8")
    paragraphs = [p for p in text.split("\n\n") if len(p) > 250]
    with zipfile.ZipFile(outcome.archive) as archive:
        assert archive.testzip() is None
        archive.extractall(tmp_path / "x")
        assert not any("seeds" in name for name in archive.namelist())
    (folder,) = (tmp_path / "x").iterdir()
    sums = (folder / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    for line in sums:
        digest, name = line.split("  ")
        data = (folder / name).read_bytes()
        assert hashlib.sha256(data).hexdigest() == digest
        assert not any(p.encode() in data for p in paragraphs)
    assert len(sums) + 1 == sum(1 for p in folder.rglob("*") if p.is_file())


@pytest.mark.slow
def test_an_error_publishes_nothing(copy, sheet):
    """Half a release, or one of bad rows, is worse than the old one."""
    publishing.publish(copy, say=quiet)
    before = {p: p.read_bytes() for p in (copy.root / "dataset").iterdir()}
    events = sheet("events")
    events.rows[0]["sub_event_type"] = "Battle"
    events.save()
    outcome = publishing.publish(copy, say=quiet)
    assert outcome.report.status() == 1 and outcome.archive is None
    assert before == {p: p.read_bytes() for p in (copy.root / "dataset").iterdir()}


def test_participants_take_lists_and_composites_apart():
    """A list in a cell that cannot be joined hides every actor but the first."""
    events, people = dataset.load("events"), dataset.load("participants")
    actors = dataset.load("actors").set_index("actor_id")
    for row in events.itertuples():
        mine = people[people.event_id == row.event_id]
        assert row.actor1_id in set(mine[mine.side == 1].actor_id)
        if pd.notna(row.assoc_actor_1_ids):
            assert set(row.assoc_actor_1_ids.split("; ")) <= set(mine[mine.side == 1].actor_id)
        if pd.notna(actors.loc[row.actor1_id, "member_ids"]):
            members = set(actors.loc[row.actor1_id, "member_ids"].split("; "))
            assert members == set(mine[mine.role == "member"].actor_id)


@pytest.mark.parametrize(
    ("text", "renewed"),
    [
        ("a\n<!-- data 1.0.1: by -->\nold\n<!-- /data -->\nb\n", True),
        ("a\n<!-- data 1.0.1 -->\n<!-- /data -->\nb\n", True),
        ("a\n<!-- data 1.0.10: by -->\nold\n<!-- /data -->\nb\n", False),
        ("a\n<!-- data 1.0.1: by -->\nold\nb\n", False),
        ("a <!-- data 1.0.1: by -->\nold\n<!-- /data -->\nb\n", False),
        ("a\n", False),
    ],
)
def test_only_the_marked_block_is_renewed(text, renewed):
    """A program that rewrites a README must not touch a line that people wrote."""
    new = renew(text, "data 1.0.1", r"new \1")
    if not renewed:
        assert new == text
        return
    head = text[: text.index("-->") + 4]
    assert new == f"{head}\nnew \\1\n\n<!-- /data -->\nb\n"
    assert renew(new, "data 1.0.1", r"new \1") == new


CHANGES = """# Changelog

## [1.1.0] - 2026-12-01

<!-- data 1.1.0: written by eventbook publish -->

Data: 1 row added.

<!-- /data -->

### Added

- A table.

## [1.0.0] - 2026-11-24

- The first.
"""


def test_release_notes_hold_the_one_version():
    """Notes with the whole history hide what is new in this release."""
    assert changelog.notes(CHANGES, "1.1.0") == "Data: 1 row added.\n\n### Added\n\n- A table.\n"
    assert changelog.notes(CHANGES, "1.0.0") == "- The first.\n"
    with pytest.raises(InputError, match=r"no section \[1\.0\]"):
        changelog.notes(CHANGES, "1.0")


@pytest.mark.slow
def test_the_workflow_cuts_the_notes_of_the_tag():
    """A release step that fails is found on the day of the release."""
    version = Package(ROOT).version
    command = [sys.executable, "-m", changelog.__name__]
    done = subprocess.run(
        [*command, version], input=CHANGES.replace("1.1.0", version), capture_output=True, text=True
    )
    assert done.returncode == 0 and done.stdout.startswith("Data: 1 row added."), done.stderr
    assert changelog.__name__ in (ROOT / ".github/workflows/release.yml").read_text()
    done = subprocess.run([*command, "9.9.9"], input=CHANGES, capture_output=True, text=True)
    assert done.returncode == 1 and done.stderr == "CHANGELOG.md: no section [9.9.9]; add one\n"


def csv_of_releases(package):
    """A further product, as its maker would add it: the version and the day of each release."""

    def make(build, path):
        day = build.package.metadata.released.isoformat()
        path.write_text(f"version,released\n{build.package.version},{day}\n", encoding="utf-8")

    yield products.Product("dataset/releases.csv", make)


@pytest.mark.slow
def test_a_new_product_is_one_element_of_the_list(copy, monkeypatch):
    """A file that is published and not checked, archived or verified fails without a sound."""
    monkeypatch.setattr(products, "GROUPS", (*products.GROUPS, csv_of_releases))
    path = copy.root / "dataset" / "releases.csv"
    archive = publishing.publish(copy, say=quiet).archive
    text = f"version,released\n{copy.version},{copy.metadata.released.isoformat()}\n"
    assert path.read_text(encoding="utf-8") == text
    with zipfile.ZipFile(archive) as opened:
        name = f"{archive.stem}/dataset/releases.csv"
        assert opened.read(name).decode() == text
        assert "  dataset/releases.csv\n" in opened.read(f"{archive.stem}/SHA256SUMS").decode()
    assert len(verify(archive)) == 0
    assert publishing.stale(copy, quiet).stale == ()
    path.write_text("changed", encoding="utf-8")
    assert publishing.stale(copy, quiet).stale == ("dataset/releases.csv",)


@pytest.mark.slow
def test_a_product_that_verify_would_refuse_is_not_published(copy, monkeypatch):
    """A release that its own tool refuses is found by the first stranger, and not by us."""

    def workbook(package):
        yield products.Product("codebook.xlsx", lambda build, path: path.write_bytes(b"PK"))

    monkeypatch.setattr(products, "GROUPS", (*products.GROUPS, workbook))
    with pytest.raises(publishing.PublishError, match=r"codebook\.xlsx: file-kind"):
        publishing.publish(copy, say=quiet)
    assert not (copy.root / "codebook.xlsx").exists() and not (copy.root / "dist").exists()


@pytest.mark.slow
@pytest.mark.parametrize("words", [["publish"], ["publish", "--check"]])
def test_a_changelog_without_the_version_is_refused_before_it_is_published(copy, words):
    """`verify` refuses such a release: its author must learn of it before publishing."""
    path = copy.root / "CHANGELOG.md"
    changed = path.read_text(encoding="utf-8").replace(f"[{copy.version}]", "[0.0.1]")
    path.write_text(changed, encoding="utf-8")
    before = {p: p.read_bytes() for p in copy.root.rglob("*") if p.is_file()}
    done = invoke(*words, cwd=copy.root)
    assert done.returncode == 2
    assert "eventbook verify would reject this release" in done.stderr
    assert f"CHANGELOG.md: version: The changelog has no section [{copy.version}]" in done.stderr
    assert {p: p.read_bytes() for p in copy.root.rglob("*") if p.is_file()} == before


@pytest.mark.parametrize(
    ("old", "new", "error", "message"),
    [
        ("keywords = [", "words = [", InputError, "keywords: expected a list of texts"),
        ('roles = ["author"', 'roles = [7, "author"', publishing.PublishError, "roles"),
    ],
)
def test_settings_are_checked_before_the_tables(copy, old, new, error, message):
    """A missing keyword was reported after minutes, when a thousand documents were checked."""
    path = copy.root / "pyproject.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    said = []
    with pytest.raises(error, match=message):
        publishing.publish(Package(copy.root), say=said.append)
    assert said == []


@pytest.mark.parametrize("place", ["notes.txt", "notes.txt/below", "/proc/eventbook/dist"])
def test_a_folder_that_cannot_be_written_is_refused_at_the_start(copy, tmp_path, place):
    """The archive of an hour's work had nowhere to go, and was gone."""
    if place.startswith("/proc") and not sys.platform.startswith("linux"):
        pytest.skip("only Linux has a folder that not even root can write to")
    (tmp_path / "notes.txt").write_text("mine\n", encoding="utf-8")
    said = []
    with pytest.raises(InputError, match="cannot be written"):
        publishing.publish(copy, tmp_path / place, said.append)
    assert said == []
    assert (tmp_path / "notes.txt").read_text(encoding="utf-8") == "mine\n"


@pytest.mark.slow
def test_hidden_files_of_a_desktop_are_not_published(copy, own_book):
    """A `.DS_Store` in the folder of the codebook would make the release unverifiable."""
    (own_book / "codes" / ".DS_Store").write_bytes(b"x")
    archive = publishing.publish(copy, say=quiet).archive
    with zipfile.ZipFile(archive) as opened:
        assert not [name for name in opened.namelist() if "DS_Store" in name]


@pytest.mark.slow
def test_rows_are_counted_in_words(copy):
    """`1 documents, 1 passed_over` looks careless."""
    lines = []
    publishing.stale(copy, lines.append)
    numbers = copy.check().report.rows
    assert numbers["documents"] == 1 and numbers["actors"] > 1 and numbers["evidence"] > 1
    for words in (f"{numbers['actors']} actors", "1 document,", f"{numbers['evidence']} pieces of"):
        assert f", {words}" in lines[0]


def with_table_renamed(book_folder, old, new):
    """Rename a table in a book's own file, and return the package's new reading of it."""
    path = book_folder / "book.yaml"
    text = path.read_text(encoding="utf-8")
    assert text.count(f"\n  {old}:\n") == 1
    path.write_text(text.replace(f"\n  {old}:\n", f"\n  {new}:\n"), encoding="utf-8")
    forget()
    return Package(book_folder.parents[2])


@pytest.mark.slow
def test_the_files_of_a_table_that_is_gone_are_removed(copy, own_book):
    """Old files of a table that the book has no more stayed in `dataset/`, and nobody named them."""
    publishing.publish(copy, say=quiet)
    files = ("dataset/participants.csv", "dataset/participants.parquet")
    package = with_table_renamed(own_book, "participants", "sides")
    assert set(files) <= set(publishing.stale(package, quiet).stale)
    assert all((package.root / name).is_file() for name in files)
    (package.root / files[0]).write_text("a person's own\n", encoding="utf-8")
    lines = []
    publishing.publish(package, say=lines.append)
    said = "\n".join(lines)
    assert f"gone       {files[1]}" in said and f"kept       {files[0]}" in said
    assert (package.root / files[0]).is_file() and not (package.root / files[1]).exists()
    assert (package.root / "dataset" / "events.csv").is_file()
    assert publishing.stale(package, quiet).stale == ()


@pytest.mark.slow
@pytest.mark.parametrize("path", ["../outside.csv", "seeds/tables/events.csv", ["dataset/x.csv"]])
def test_a_descriptor_cannot_have_other_files_removed(copy, path):
    """A stranger's descriptor that lists a file would have it deleted by publishing."""
    publishing.publish(copy, say=quiet)
    outside = copy.root.parent / "outside.csv"
    outside.write_text("x\n", encoding="utf-8")
    seeds = (copy.root / "seeds" / "tables" / "events.csv").read_bytes()
    descriptor = json.loads((copy.root / "datapackage.json").read_text(encoding="utf-8"))
    data = seeds if path == "seeds/tables/events.csv" else b"x\n"
    name = "../seeds/tables/events" if path == "seeds/tables/events.csv" else "../../outside"
    foreign = {"name": name, "path": path, "hash": f"sha256:{hashlib.sha256(data).hexdigest()}"}
    descriptor["resources"].append(foreign | {"schema": {"fields": []}})
    (copy.root / "datapackage.json").write_text(json.dumps(descriptor), encoding="utf-8")
    publishing.publish(copy, say=quiet)
    assert outside.is_file()
    assert (copy.root / "seeds" / "tables" / "events.csv").read_bytes() == seeds
