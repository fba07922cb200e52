"""Make another dataset package with the layout of ours, ready to be checked, published and tested."""

from __future__ import annotations

import json
import re
import shutil
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from ...codebook import HUB, Book, folder_of, load
from ...codebook.form import FOLDER as SCHEMA_FOLDER
from ...codebook.form import SCHEMAS
from ...codebook.templating import environment
from ...validation.errors import InputError
from ...validation.files.atomic import report_os_errors, staging_folder
from ...validation.findings import Severity
from ...validation.installed import checked_requirement, only_here, repository, requirement
from ...validation.location import TABLES
from ...validation.package.package import Package
from ...validation.reports.human import plural

TEMPLATES = Path(__file__).parent / "template"
SEEDS = "seeds/"
RENAMED = {
    "gitignore": ".gitignore",
    "gitattributes": ".gitattributes",
    "github/ci.yml": ".github/workflows/ci.yml",
    "pre-commit-config.yaml": ".pre-commit-config.yaml",
}
"""Templates whose names would make this folder's own tools read them; `.jinja` at the end goes, too.

An installer compiles each Python file of a package, so a template of one must not end in `.py`.
"""
BARE = ("gitattributes", "gitignore", "pyproject.toml.jinja")
"""The templates without which verbs do not work in a package."""
EXTRAS = ("agree", "workbook")
"""The extras that a package needs: `publish` measures agreement, and coders work in Excel."""
LONGEST = 200
"""The most characters of a title or an author."""


@dataclass(frozen=True)
class Licence:
    """A licence of data: SPDX identifier, title, and where its text is."""

    name: str
    title: str
    path: str


LICENCES = {
    licence.name: licence
    for licence in (
        Licence(
            "CC-BY-4.0",
            "Creative Commons Attribution 4.0 International",
            "https://creativecommons.org/licenses/by/4.0/",
        ),
        Licence(
            "CC0-1.0",
            "CC0 1.0 Universal",
            "https://creativecommons.org/publicdomain/zero/1.0/",
        ),
    )
}


@dataclass(frozen=True)
class Answers:
    """What a person says about the new package.

    `own_book` copies our codebook, to be adapted; `book` is the folder of another one to copy.
    `bare` leaves out all that only a package that is published needs. `tool` is the requirement of
    eventbook; by default the one that this eventbook was installed from.
    """

    name: str
    title: str
    author: str
    licence: str = "CC-BY-4.0"
    own_book: bool = False
    book: Path | None = None
    empty: bool = False
    bare: bool = False
    tool: str = ""


def new_package(folder: Path, answers: Answers, say: Callable[[str], None] = print) -> Package:
    """Make a package in a new or an empty folder; all of it or nothing.

    Args:
        folder: the folder of the package.
        answers: its name, title, author and licence.
        say: takes a line for each step.

    Raises:
        InputError: the folder has something in it or cannot be written, or an answer cannot be
            used.
    """
    from ..publishing.publish import publish

    ensure_usable(answers)
    with new_folder(folder) as root:
        with report_os_errors(folder):
            write_package(root, answers)
        published = publish(Package(root), say=lambda line: None)
        if published.report.status():
            first = next(f for f in published.report if f.severity == Severity.error)
            raise InputError(f"{folder}: {first.file}: {first.message}")
        shutil.rmtree(root / "dist")
    package = Package(folder.resolve())
    tables = plural(len(package.book.tables), "table", "tables")
    say(f"{folder}: a package with {tables}, checked and published")
    needed = needed_tool(answers)
    hint = "; others cannot install that: --tool names a place that they reach"
    say(f"it depends on {needed}{hint if only_here(needed) else ''}")
    return package


def needed_tool(answers: Answers) -> str:
    """Return the requirement of eventbook that the package declares.

    Raises:
        InputError: the one that is given is none.
    """
    return checked_requirement(answers.tool, EXTRAS) if answers.tool else requirement(EXTRAS)


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """Yield where to write what a new folder is to have; it is there only if all was written.

    Raises:
        InputError: the folder has something in it or cannot be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"{folder}: already exists and is not empty; name another folder")
    target = folder.resolve()
    with staging_folder(target.parent) as stage:
        root = stage / "package"
        yield root
        with report_os_errors(folder):
            if target.exists():
                target.rmdir()
            root.rename(target)


def ensure_usable(answers: Answers) -> None:
    """Ensure that the answers can be written into every file that they go into.

    Raises:
        InputError: one cannot, by the name of its option.
    """
    if not re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,60}[a-z0-9])?", answers.name):
        raise InputError(
            f"--name {answers.name!r}: small letters, digits and hyphens are allowed, "
            "beginning and ending with a letter or digit"
        )
    forbidden = [re.compile(r.forbids) for r in load(HUB).text_rules if r.forbids]
    for flag, text in (("--title", answers.title), ("--author", answers.author)):
        if not text or len(text) > LONGEST or not _printable(text):
            raise InputError(f"{flag}: expected one line of 1 to {LONGEST} visible characters")
        if any(pattern.search(text) for pattern in forbidden):
            raise InputError(f"{flag} {text!r}: the codebook allows no such text in a cell")
    if answers.licence not in LICENCES:
        raise InputError(f"--license {answers.licence!r}: one of {', '.join(LICENCES)}")
    needed_tool(answers)


def _printable(text: str) -> bool:
    """Return whether a text has letters, marks and signs only, and joiners as spelling needs them."""
    return "".join(c for c in text if unicodedata.category(c) != "Cf").isprintable()


def write_package(root: Path, answers: Answers) -> None:
    """Write the hand-made files of a package."""
    book = _book(root, answers)
    main = book.main_table
    values = {
        "name": answers.name,
        "title": answers.title,
        "author": answers.author,
        "description": _description(answers.title, book),
        "licence": LICENCES[answers.licence],
        "book": book.name,
        "own": answers.own_book or answers.book is not None,
        "main": main.name,
        "tombstones": [k.table for k in main.foreign_keys if k.absent],
        "documents": book.documents is not None,
        "quotes": book.quotes is not None,
        "coded": bool(book.units and book.documents),
        "today": date.today(),
        "tool": needed_tool(answers),
        "only_here": only_here(needed_tool(answers)),
        "repository": repository(),
        "quoted": _quoted,
        "plain": _plain,
    }
    for name in BARE if answers.bare else _templates():
        target = root / RENAMED.get(name, name.removesuffix(".jinja"))
        target.parent.mkdir(parents=True, exist_ok=True)
        text = environment(TEMPLATES).get_template(name).render(**values)
        target.write_text(text, encoding="utf-8")
    _write_seeds(root, book, answers.empty or answers.book is not None)


def _book(root: Path, answers: Answers) -> Book:
    """Return the book of the package, which is copied into it unless it is ours as it is."""
    if answers.book is None and not answers.own_book:
        return load(HUB)
    folder = folder_of(HUB if answers.book is None else answers.book)
    name = answers.name if answers.book is None else load(folder).name
    _copy_book(folder, root / "codebook", name)
    return load(root / "codebook" / "books" / name)


def _description(title: str, book: Book) -> str:
    rows = (book.main_table.row or (book.main_table.name,))[-1]
    how = ", hand-coded from source documents" if book.documents is not None else ""
    return f"{title}: {rows}{how}."


def _templates() -> Iterator[str]:
    """Yield the names of the templates; the seeds are no templates, they are copied."""
    for path in sorted(TEMPLATES.rglob("*")):
        name = path.relative_to(TEMPLATES).as_posix()
        if path.is_file() and not name.startswith(SEEDS):
            yield name


def _copy_book(source: Path, folder: Path, name: str) -> None:
    """Copy a codebook under a name, with the schemas that its files name for editors."""
    book = folder / "books" / name
    # What `eventbook init` put beside the book are data and the schemas.
    beside = {*SCHEMAS.values(), *(path.name for path in source.glob("*.csv"))}
    shutil.copytree(source, book, ignore=lambda at, names: beside if Path(at) == source else set())
    for file, schema in SCHEMAS.items():
        shutil.copy(SCHEMA_FOLDER / schema, folder / schema)
        text = (book / file).read_text(encoding="utf-8")
        text = re.sub(r"(?<=\$schema=).*$", f"../../{schema}", text, count=1, flags=re.M)
        text = re.sub(r"^name: .*$", f"name: {name!r}", text, count=1, flags=re.M)
        (book / file).write_text(text, encoding="utf-8")


def _write_seeds(root: Path, book: Book, empty: bool) -> None:
    """Write the hand-coded tables: the invented example, or headers alone."""
    documents = root / "seeds" / "documents"
    (root / TABLES).mkdir(parents=True)
    documents.mkdir()
    for table in book.tables.values():
        if table.derived:
            continue
        example = TEMPLATES / TABLES / f"{table.name}.csv"
        target = root / TABLES / f"{table.name}.csv"
        if empty or not example.is_file():
            target.write_text(",".join(v.name for v in table.coded) + "\n", encoding="utf-8")
        else:
            shutil.copyfile(example, target)
    if empty:
        (documents / ".gitkeep").touch()
        return
    for document in (TEMPLATES / "seeds" / "documents").iterdir():
        shutil.copyfile(document, documents / document.name)


def _quoted(text: str) -> str:
    """Return a text as a TOML string: without control characters a JSON string is one, too."""
    return json.dumps(text, ensure_ascii=False)


def _plain(text: str) -> str:
    """Return a text in which Markdown sees no markup."""
    return re.sub(r"([\\`*_{}\[\]<>#|])", r"\\\1", text)
