"""Shared by the tests: which of them run when, the package itself, and copies that a test may break."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

if os.environ.get("PYTEST_XDIST_WORKER"):
    # The frames of the tests are small, and each core has a worker. Read when polars is imported.
    os.environ.setdefault("POLARS_MAX_THREADS", "1")

import pytest
import typer.main
from filelock import FileLock
from hypothesis import HealthCheck, settings

from eventbook.codebook import load
from eventbook.dataset.cli.main import main
from eventbook.dataset.explorer import png
from eventbook.dataset.publishing.links import linked_pages
from eventbook.dataset.publishing.publish import publish
from eventbook.validation.package.package import Package

# Typer makes the commands from the signatures of all verbs each time that it is called.
typer.main.get_command = cache(typer.main.get_command)


@cache
def _drawn(text):
    return _draw(json.loads(text))


# Most packages of the tests have the same figure, which takes more than a second to draw.
_draw, png.to_png = png.to_png, lambda drawing: _drawn(json.dumps(drawing))

# Most of the time that openpyxl takes to read our workbooks is for the borders of merged cells, a cell
# at a time. No test looks at them; those on Spark run where it is not installed.
with contextlib.suppress(ImportError):
    from openpyxl.worksheet.merge import MergedCellRange

    MergedCellRange.format = lambda merged: None

UNMEASURED = {k: v for k, v in os.environ.items() if not k.startswith("COVERAGE_")}
"""The environment of a process whose coverage is not measured: it writes and imports nothing more."""

ROOT = Path(__file__).resolve().parent.parent
COPIED = ("pyproject.toml", "README.md", "LICENSE", "CITATION.cff", "CHANGELOG.md")
OWN_BOOKS = ROOT / "tests" / "books"
EVENTBOOK = [sys.executable, "-m", "eventbook"]

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
browser_needed = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
DESK = {"width": 1280, "height": 900}
HOSTILE = [
    "<script>window.bad = 1</script>",
    "\"><img src=x onerror='window.bad=1'>",
    "</script><script>window.bad=1</script>",
    "<!--<script>",
    "\u202egnp.exe",
    "=1+1",
    "a & b < c > d \u2028 e",
    "{{ 7*7 }} ${7*7}",
]
"""Texts that run, load, or end what is around them, in a page that inserts them as they are."""

# Whoever asks for one of these fixtures is marked.
MARK_OF_FIXTURE = {"built": "slow", "wheel": "slow", "chromium": "browser"}
# A skip of these says that something is not installed; where everything is, that is a failure.
NEEDS_A_PROGRAM = {"browser", "postgres", "spark", "office"}
ALL_INSTALLED = bool(os.environ.get("EVENTBOOK_ALL_INSTALLED"))

for _profile, _examples in (("fast", 10), ("ci", 60), ("nightly", 300)):
    settings.register_profile(
        _profile,
        max_examples=_examples,
        deadline=None,  # on a busy machine slow says nothing
        print_blob=True,
        suppress_health_check=[
            HealthCheck.too_slow,
            HealthCheck.data_too_large,
            HealthCheck.function_scoped_fixture,  # all examples share them on purpose
        ],
    )
settings.load_profile(os.environ.get("EVENTBOOK_EXAMPLES", "fast"))


def examples(share: float) -> int:
    """Return a multiple of the number of examples in the profile, for a cheap or costly property."""
    return max(1, round(settings.default.max_examples * share))


def pytest_configure(config):
    """Let a test that is named by its file run, whatever its mark."""
    files = not any(Path(argument).is_dir() for argument in config.args)
    everyday = config.option.markexpr in config.getini("addopts")
    if files and everyday:
        config.option.markexpr = ""


def pytest_collection_modifyitems(items):
    for item in items:
        for fixture in MARK_OF_FIXTURE.keys() & set(item.fixturenames):
            item.add_marker(MARK_OF_FIXTURE[fixture])


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    """Fail tests that were skipped because a program is missing, if all programs must be installed."""
    report = yield
    if ALL_INSTALLED and report.skipped and NEEDS_A_PROGRAM & {m.name for m in item.iter_markers()}:
        report.outcome = "failed"
        report.longrepr = f"must not be skipped here: {report.longrepr[-1]}"
    return report


def run(*words, cwd=None, **more):
    """Run the command in a process of its own: for exit statuses, signals and imports."""
    return subprocess.run([*EVENTBOOK, *words], cwd=cwd, capture_output=True, text=True, **more)


def invoke(*words, cwd=None):
    """Run the command in this process: for what it prints and leaves behind; as `run` otherwise."""
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
    status = 0
    with (
        contextlib.chdir(cwd or Path.cwd()),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        pytest.MonkeyPatch.context() as patched,
    ):
        patched.setattr(sys, "argv", ["eventbook", *words])
        try:
            main()
        except SystemExit as stop:
            status = stop.code or 0
    printed = (stream.buffer.getvalue().decode() for stream in (out, err))
    return subprocess.CompletedProcess(words, status, *printed)


def quiet(line):
    """Take the progress lines of `publish`, and say nothing."""


def once(tmp_path_factory, name, make):
    """Make a folder once for all workers, whichever of them comes first."""
    folder = tmp_path_factory.getbasetemp()
    if os.environ.get("PYTEST_XDIST_WORKER"):
        folder = folder.parent
    folder /= name
    with FileLock(f"{folder}.lock"):
        if not folder.is_dir():
            part = folder.with_name(f"{name}.part")
            part.mkdir()
            make(part)
            part.rename(folder)
    return folder


@pytest.fixture(scope="session", autouse=True)
def state_folder(tmp_path_factory):
    """Keep the state of unfinished commands out of the user's home folder."""
    with pytest.MonkeyPatch.context() as surroundings:
        surroundings.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        yield


@pytest.fixture(scope="session")
def book():
    return load("eventbook")


@pytest.fixture(scope="session")
def checked():
    """The package's own tables, checked: typed, derived, and valid."""
    return Package(ROOT).check()


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """The release archive, built from a copy of the package; SHA256SUMS lies beside it."""

    def make(folder):
        package = copied(folder / "package", traced=True, own_book=True)
        for name in linked_pages(ROOT, "README.md"):
            (package.root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, package.root / name)
        publish(package, folder / "dist", quiet)

    (archive,) = (once(tmp_path_factory, "built", make) / "dist").glob("*.zip")
    return archive


@pytest.fixture(scope="module")
def chromium():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        # Without the sandbox: as root in a container Chromium has none to offer.
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium):
    """Open a page; whatever it asks of the network or complains of fails the test."""
    opened, wrong = [], []

    def go(path: Path, fragment="", viewport=DESK, scheme="light"):
        context = chromium.new_context(
            viewport=viewport, color_scheme=scheme, accept_downloads=True
        )
        tab = context.new_page()
        tab.on("console", lambda m: wrong.append(m.text) if m.type == "error" else None)
        tab.on("pageerror", lambda e: wrong.append(str(e)))
        tab.on(
            "request",
            lambda r: (
                wrong.append(r.url) if not r.url.startswith(("file:", "data:", "blob:")) else None
            ),
        )
        tab.goto(path.as_uri() + fragment)
        tab.evaluate("window.ready && window.ready()")
        opened.append(context)
        return tab

    yield go
    for context in opened:
        context.close()
    assert wrong == []


def copied(root, traced=False, own_book=False):
    """A copy of the package's hand-made files; traced: with the codings and decisions."""
    root.mkdir()
    for name in COPIED:
        shutil.copy(ROOT / name, root / name)
    shutil.copytree(ROOT / "seeds", root / "seeds")
    if not traced:
        # A value that a test breaks would break what traces it to the coders, too.
        shutil.rmtree(root / "seeds" / "codings", ignore_errors=True)
        (root / "seeds" / "adjudication.csv").unlink(missing_ok=True)
    if own_book:
        books = Path("codebook") / "books"
        shutil.copytree(ROOT / books / "eventbook", root / books / "eventbook")
    return Package(root)


def book_folder(name):
    """The folder of a book of the tests."""
    return OWN_BOOKS / name / "codebook" / "books" / name


def with_own_book(root):
    """Put a book of the tests and its data into a new package, which has the name of the book."""
    return Path(shutil.copytree(OWN_BOOKS / root.name, root, dirs_exist_ok=True))


@pytest.fixture
def copy(tmp_path):
    """A copy of the package's hand-made files that a test may change; the book is the shipped one."""
    return copied(tmp_path / "package")


@pytest.fixture
def own_book(copy):
    """The folder of the book in `copy`, for a test that changes it."""
    folder = copy.root / "codebook" / "books" / "eventbook"
    shutil.copytree(ROOT / "codebook" / "books" / "eventbook", folder)
    return folder


class Sheet:
    """A hand-coded table of a package that a test edits: rows are dicts of strings."""

    def __init__(self, package: Package, table: str):
        self.path = package.root / "seeds" / "tables" / f"{table}.csv"
        with self.path.open(encoding="utf-8", newline="") as stream:
            reader = csv.DictReader(stream)
            self.rows = list(reader)
            self.header = list(reader.fieldnames or [])

    def save(self) -> None:
        with self.path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, self.header, lineterminator="\n")
            writer.writeheader()
            writer.writerows(self.rows)


@pytest.fixture
def sheet(copy):
    return lambda table: Sheet(copy, table)
