"""A folder, archive or text that a stranger made: what it can make a verb read, write, run or print."""

from __future__ import annotations

import io
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from conftest import ROOT, UNMEASURED, invoke, quiet

from eventbook.codebook import meaning, plain_yaml, reading
from eventbook.codebook.printable import markdown_text, printable, printable_line
from eventbook.dataset.cli import check
from eventbook.dataset.cli.console import printable_streams
from eventbook.dataset.cli.reference import commands
from eventbook.dataset.database.connection import transaction
from eventbook.dataset.desk import adjudicate, filing, fmt, new_document, new_row
from eventbook.dataset.publishing import publish as publishing
from eventbook.dataset.publishing import readme
from eventbook.dataset.publishing.blocks import renew
from eventbook.dataset.releases import features, previous, release, safe_zip, untrusted, verify
from eventbook.validation.checks import trial
from eventbook.validation.coding.filed import load_coding
from eventbook.validation.coding.record import Filing, record_text
from eventbook.validation.errors import InputError
from eventbook.validation.files import inside, journal
from eventbook.validation.files.atomic import atomic_file, write_all, writing
from eventbook.validation.files.temporary import PREFIX, temporary_folder
from eventbook.validation.package.package import writing_verb
from eventbook.validation.reading import batches, containers, csv, sheet_xml

# Unlike `python -m`, as the installed command: the current folder is no place for modules.
SAFE = [sys.executable, "-P", "-m", "eventbook"]
HOSTILE = "x\x1b]52;c;Y3VybA==\x07\x9b2J\u202egpj\u2028\n::error::pwned\n##[stop-commands]t"
SECRET = "the words of a secret letter"


def acts(text):
    """What in an output acts on a terminal, or is a command of a workflow."""
    lines = text.split("\n")
    return [c for c in text if c != "\n" and not c.isprintable()] + [
        line for line in lines if line.lstrip().startswith("::") or "##[" in line
    ]


@pytest.fixture
def secret(tmp_path):
    """A file of this user's that lies outside of every package."""
    path = tmp_path / "secret.txt"
    path.write_text(SECRET + "\n")
    return path


def test_what_acts_is_shown_as_its_escape():
    """A cell that writes the clipboard, or hides the rest of a line, must be seen and not obeyed."""
    assert printable("a\tb\nc") == "a\tb\nc"
    assert printable("a\x1b[2J\x9b\u202e") == "a\\u001b[2J\\u009b\\u202e"
    assert printable_line("a\nb") == "a\\nb"
    assert printable_line("  ::error::x") == "  \\u003a:error::x"
    assert printable_line("a ##[error]x") == "a ##\\u005berror]x"
    assert printable_line("Idlib: 2019 – إدلب :: x") == "Idlib: 2019 – إدلب :: x"
    assert not acts(printable_line(HOSTILE))


def test_a_stream_escapes_what_its_encoding_lacks():
    """A terminal of Latin-1, or a log, ended every report in which a name was Arabic."""
    raw = io.BytesIO()
    stream, before = io.TextIOWrapper(raw, "latin-1"), sys.stdout
    sys.stdout = stream
    try:
        with printable_streams():
            print("é إ 😀 \x1b \udcff")
    finally:
        sys.stdout = before
    assert raw.getvalue() == b"\xe9 \\u0625 \\ud83d\\ude00 \\u001b \\udcff\n"


@pytest.mark.slow
def test_no_verb_prints_what_acts(tmp_path, copy):
    """One verb that prints a name as it is makes the rule worth nothing."""
    for name in commands():
        verb = name.split()[1:]
        for words in ([], [HOSTILE], [HOSTILE, HOSTILE], [f"--{HOSTILE}"], ["--format", HOSTILE]):
            if verb == ["new", "package"] and words and not words[0].startswith("-"):
                continue  # that makes a folder of this name
            if verb == ["desk"] and not words:
                continue  # that serves until it is stopped
            done = invoke(*verb, *words, cwd=copy.root)
            assert not acts(done.stdout + done.stderr), (name, words)


@pytest.mark.slow
def test_a_finding_in_a_package_prints_nothing_that_acts(copy, sheet):
    """Ids, cells and the names of documents come from whoever made the package."""
    for table in ("events", "quotes", "documents", "actors"):
        rows = sheet(table)
        for row in rows.rows[:1]:
            row.update({name: HOSTILE for name in list(row)})
        rows.save()
    for verb in (("check",), ("check", "--format", "github"), ("fmt", "--check"), ("publish",)):
        done = invoke(*verb, cwd=copy.root)
        assert done.returncode in (1, 2)
        printed = done.stdout + done.stderr
        bad = [
            x for x in acts(printed) if not x.startswith(("::error ", "::warning ", "::notice "))
        ]
        assert not bad, verb


@pytest.mark.parametrize(
    "name", ["LICENSE", "README.md", "seeds/tables/events.csv", "seeds/documents/DOC-0001.txt"]
)
@pytest.mark.parametrize("verb", ["check", "publish", "fmt", "explore"])
def test_a_link_out_of_the_package_is_refused(copy, secret, name, verb):
    """What the link leads to would appear in findings and pages, and be published."""
    path = copy.root / name
    path.unlink(missing_ok=True)
    path.symlink_to(secret)
    done = invoke(verb, cwd=copy.root)
    assert done.returncode == 2 and "a link that leads out of" in done.stderr, done.stderr
    assert name in done.stderr and SECRET not in done.stdout + done.stderr


def test_a_link_inside_the_package_is_followed(copy):
    """A document that two folders share is no attack."""
    path = copy.root / "seeds" / "documents" / "DOC-0001.txt"
    path.rename(path.with_name("real.txt"))
    path.symlink_to("real.txt")
    assert invoke("check", cwd=copy.root).returncode == 0


@pytest.mark.slow
def test_an_archive_folder_that_is_a_link_is_not_written_to(copy, tmp_path):
    """`dist` of a clone may lead to any folder of this user."""
    other = tmp_path / "other"
    other.mkdir()
    (copy.root / "dist").symlink_to(other)
    with pytest.raises(InputError, match="a link that leads out"):
        publishing.publish(copy, None, quiet)
    assert not list(other.iterdir())


@pytest.mark.parametrize(
    "name", ["/etc/passwd", "../../pyproject.toml", "a/../b", "C:x", "a\\b", "."]
)
def test_a_document_elsewhere_is_not_read(copy, sheet, name):
    """With a hash that fits, any file of this user would become a document, quoted in findings."""
    documents = sheet("documents")
    documents.rows[0]["file"] = name
    documents.save()
    report = copy.check().report
    found = [f for f in report if f.rule == "document-file"]
    assert found and "name of a file in the folder" in found[0].message


@pytest.mark.parametrize("settings", ["tar.zip.command", "filter.x.smudge"])
def test_git_runs_no_command_of_a_folder(copy, tmp_path, settings):
    """A folder that was unpacked brings .git/config, in which programs are named."""
    mark = tmp_path / "ran"
    data = copy.root / "dataset"
    data.mkdir()
    (data / "a.csv").write_text("a\n1\n")
    (copy.root / "datapackage.json").write_text("{}")
    (copy.root / ".gitattributes").write_text("*.csv filter=x\n")
    for words in (
        ("init", "-q"),
        ("add", "."),
        ("-c", "user.name=x", "-c", "user.email=x", "commit", "-qm", "x"),
        ("tag", "v0.9.0"),
        ("config", settings, f"touch {mark}; cat"),
    ):
        subprocess.run(["git", *words], cwd=copy.root, check=True, capture_output=True)
    with pytest.raises(InputError, match=r"the tag v0\.9\.0: datapackage\.json"):
        previous.find(copy, tmp_path)
    assert not mark.exists()


@pytest.mark.slow
def test_verify_imports_nothing_from_the_current_folder(built, tmp_path):
    """The validators run in a Python of their own, which looks for modules where it starts."""
    mark = tmp_path / "ran"
    for name in ("frictionless", "pandera", "json"):
        (tmp_path / f"{name}.py").write_text(
            f"open({str(mark)!r}, 'w').close()\nraise SystemExit\n"
        )
    done = subprocess.run(
        [*SAFE, "verify", str(built)], cwd=tmp_path, capture_output=True, text=True, env=UNMEASURED
    )
    assert (done.returncode, mark.exists()) == (0, False), done.stdout + done.stderr


def _children(process):
    path = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    return [int(n) for n in path.read_text().split()]


def _lives(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _wait_for(what, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := what():
            return value
        time.sleep(0.05)
    raise AssertionError("not in time")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_of_a_verify_that_was_killed(built, tmp_path, how):
    """Unpacked releases filled the disk, and a pattern without end kept a core busy for ever."""
    environment = UNMEASURED | {"TMPDIR": str(tmp_path)}
    process = subprocess.Popen(
        [*SAFE, "verify", str(built)], env=environment, stdout=subprocess.DEVNULL
    )
    (child,) = _wait_for(lambda: _children(process))
    assert list(tmp_path.glob(f"{PREFIX}*"))
    process.send_signal(how)
    process.wait(60)
    _wait_for(lambda: not _lives(child))
    if how == signal.SIGTERM:
        assert process.returncode == 143
    else:
        words = [*SAFE, "verify", str(built)]
        subprocess.run(words, env=environment, stdout=subprocess.DEVNULL, check=True)
    assert not list(tmp_path.iterdir())


def test_a_folder_of_a_process_that_lives_is_left_alone(tmp_path, monkeypatch):
    """Two commands at once must not take each other's folders for abandoned ones."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    abandoned = tmp_path / f"{PREFIX}abandoned"
    abandoned.mkdir()
    (tmp_path / f"{PREFIX}link").symlink_to(tmp_path)
    with temporary_folder() as one, temporary_folder() as other:
        assert one.is_dir() and other.is_dir() and not abandoned.exists()
    assert [p.name for p in tmp_path.iterdir()] == [f"{PREFIX}link"]


def test_an_unfinished_file_of_a_killed_process_is_removed(tmp_path):
    """Each kill left a hidden file of the size of the result."""
    left = tmp_path / ".out.csv.eventbook-0123abcd"
    left.write_text("half")
    with atomic_file(tmp_path / "out.csv") as one:
        assert not left.exists()
        with atomic_file(tmp_path / "out.csv") as other:
            other.write_text("other")
        one.write_text("one")
    assert {p.name: p.read_text() for p in tmp_path.iterdir()} == {"out.csv": "one"}


def test_a_file_that_an_editor_saves_meanwhile_is_not_replaced(tmp_path):
    """An editor asks for no lock: what a person saved while a command worked was lost."""
    path = tmp_path / "seeds" / "a.csv"
    path.parent.mkdir()
    path.write_text("a\n")
    with writing(tmp_path, ["seeds"]):
        write_all(tmp_path, {"seeds/a.csv": b"a\nours\n"})
        write_all(tmp_path, {"seeds/a.csv": b"a\nours\nand more\n"})
        path.write_text("a\ntheirs\n")
        with pytest.raises(InputError, match="was saved by somebody else meanwhile"):
            write_all(tmp_path, {"seeds/a.csv": b"a\nours\n", "seeds/b.csv": b"b\n"})
    assert path.read_text() == "a\ntheirs\n" and not (tmp_path / "seeds" / "b.csv").exists()


def test_a_file_that_is_saved_while_the_disk_is_slow_is_not_replaced(tmp_path, monkeypatch):
    """Between the look at the file and its replacement the disk wrote for tenths of a second."""
    path = tmp_path / "seeds" / "a.csv"
    path.parent.mkdir()
    path.write_text("a\n")
    write = journal.write
    monkeypatch.setattr(journal, "write", lambda *words: (write(*words), path.write_text("b\n")))
    with (
        writing(tmp_path, ["seeds"]),
        pytest.raises(InputError, match="was saved by somebody else meanwhile"),
    ):
        write_all(tmp_path, {"seeds/a.csv": b"a\nours\n"})
    assert path.read_text() == "b\n" and journal.unfinished(tmp_path) is None
    assert [p.name for p in tmp_path.iterdir()] == ["seeds"]


@pytest.mark.parametrize(
    "text", ["eventbook 1.0.0\nsha256: {}", "a: b", "yes", "1.0", "[x", "\x1b]0;x\x07", "é"]
)
def test_a_workbook_writes_no_yaml_into_the_record(tmp_path, book, text):
    """What a hidden sheet says of its codebook made the package one that cannot be checked."""
    folder = tmp_path / "seeds" / "codings" / "anna"
    folder.mkdir(parents=True)
    filing = Filing(date(2026, 1, 2), text, ("DOC-0001", text))
    (folder / "coding.yaml").write_text(record_text((filing,), {"a.csv": "0" * 64}))
    coding = load_coding(tmp_path, book, "anna")
    assert coding.filings == (filing,) and coding.sha256 == {"a.csv": "0" * 64}


def test_text_of_a_cell_is_no_markup_in_the_readme(checked):
    """An actor called `<!-- /rows -->` made README.md grow with each publication."""
    hostile = ["<!-- /rows -->", "a | b", "<script>x</script>", "[x](http://y)", "\n<!-- /rows -->"]
    events = checked.tables["events"].head(len(hostile))
    events = events.with_columns(actor1=pl.Series(hostile[: events.height]))
    page = "# x\n<!-- rows -->\n<!-- /rows -->\nafter\n"
    once = renew(page, "rows", readme.rows_block(checked.report.book.main_table, events))
    assert renew(once, "rows", readme.rows_block(checked.report.book.main_table, events)) == once
    assert once.count("\n<!-- /rows -->") == 1
    assert "\\<script\\>" in once and "\\[x\\](http:\\//y)" in once
    widths = {line.replace("\\|", "").count("|") for line in once.split("\n") if line[:1] == "|"}
    assert len(widths) == 1
    assert (
        markdown_text("Rebels (Syria) - 2019/05, 3 % of it")
        == "Rebels (Syria) - 2019/05, 3 % of it"
    )


BOUNDS = {
    "a row of a CSV file": batches.LONGEST,
    "columns of a table": csv.MOST_COLUMNS,
    "a gz, or a table in a ZIP file, that is read at once, unpacked": containers.LARGEST_UNPACKED,
    "a sheet of a workbook, unpacked": sheet_xml.LARGEST,
    "cells of a sheet, empty ones between others counted": sheet_xml.MOST_CELLS,
    "a document, or another file that is read whole": inside.LARGEST,
    "YAML: book, rules, corrections, record of a coding, CITATION.cff": plain_yaml.MOST_BYTES,
    "YAML: values of a file, repeated by aliases counted each time": plain_yaml.MOST_VALUES,
    "YAML: nesting": plain_yaml.DEEPEST,
    "a code list of a book": reading.MOST_BYTES_OF_CODES,
    "SQL of a rule or derived column": trial.MOST_CHARACTERS,
    "SQL: words and signs": trial.MOST_TOKENS,
    "SQL: nesting of parentheses": trial.DEEPEST,
    "a pattern of a book": meaning.MOST_OF_A_PATTERN,
    "archive: members": safe_zip.MEMBERS,
    "archive: table of contents": safe_zip.DIRECTORY,
    "archive: all members unpacked": safe_zip.TOTAL,
    "archive: times that a member of 1 MiB or more may be packed": safe_zip.RATIO,
    "archive: name of a member": safe_zip.LONGEST_NAME,
    "release: a table as CSV, Parquet, SQLite or GeoJSON": release.LARGEST,
    "release: a GeoJSON file without a line for each feature": features.MOST_BYTES_AT_ONCE,
    "release: a cell": verify.LONGEST_CELL,
    "release: a JSON file": untrusted.MOST_BYTES_OF_JSON,
    "release: nesting of JSON": untrusted.DEPTH,
    "release: list of hashes": verify.MOST_BYTES_OF_SUMS,
    "release: time of the other validators": verify.SECONDS,
    "release: memory of the other validators": verify.MEMORY,
}
UNITS = {"MiB": 1 << 20, "GiB": 1 << 30}


def test_the_bounds_are_those_of_the_code():
    """A bound that is raised in the code, and not where people read what they may rely on."""
    text = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    table = text.partition("\n|---|---|\n")[2].partition("\n\n")[0]
    rows = [line.strip("| ").split(" | ") for line in table.splitlines()]
    said = {}
    for what, bound in rows:
        number, _, unit = bound.partition(" ")
        said[what] = int(number.replace(",", "")) * UNITS.get(unit, 1)
    assert said == BOUNDS
    assert UNITS["MiB"] == safe_zip.SMALL and 8 * UNITS["MiB"] == check.LARGE


def test_each_verb_that_writes_is_the_only_writer():
    """A verb that reads before it asks for the lock builds on what another replaces."""
    alone = writing_verb(lambda package: None).__code__
    for verb in (
        new_row.add_row,
        new_document.add_document,
        filing.file_coding,
        adjudicate.bring_up_to_date,
        fmt.format_package,
        publishing.publish,
    ):
        assert verb.__code__ is alone, verb


def test_a_load_that_fails_leaves_the_file_of_another(tmp_path):
    """The load that was refused removed the new file that another had filled meanwhile."""
    path = tmp_path / "x.db"
    for written in (b"filled", b""):
        with pytest.raises(InputError, match="stop"), transaction(f"sqlite:///{path}"):
            path.write_bytes(written)
            raise InputError("stop")
        assert path.exists() == bool(written)
        path.unlink(missing_ok=True)


@pytest.mark.slow
def test_loads_at_once_into_one_new_file(tmp_path):
    """Each of them reports success: then the file has the tables."""
    words = [*SAFE, "load", f"sqlite:///{tmp_path / 'x.db'}", "--from", str(ROOT)]
    started = [subprocess.Popen(words, env=UNMEASURED, stdout=subprocess.PIPE) for _ in range(3)]
    printed = [process.communicate(timeout=300)[0] for process in started]
    assert [process.returncode for process in started] == [0, 0, 0]
    assert sorted(b"7 new" in text for text in printed) == [False, False, True]
