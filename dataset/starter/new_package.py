"""Another dataset package: the layout of ours, ready to be checked, published and tested."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from ...codebook import HUB, Book, folder_of, load
from ...codebook.form import FOLDER as SCHEMA_FOLDER
from ...codebook.form import SCHEMAS
from ...validation.errors import InputError
from ...validation.files.atomic import report_os_errors, staging_folder
from ...validation.package.package import TABLES, Package

TEMPLATES = Path(__file__).parent / "template"
PLACES = {
    "gitignore": ".gitignore",
    "gitattributes": ".gitattributes",
    "github/ci.yml": ".github/workflows/ci.yml",
    "pre-commit-config.yaml": ".pre-commit-config.yaml",
    "pyproject.toml.jinja": "pyproject.toml",
}
"""Where templates go whose name would make this folder's own tools read them."""
SINCE = "1.0.0"
"""The least version of eventbook that the packages need."""
LONGEST = 200


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
    """What a person says of the new package; `own_book` copies the codebook to be adapted."""

    name: str
    title: str
    author: str
    licence: str = "CC-BY-4.0"
    own_book: bool = False
    empty: bool = False


def new_package(folder: Path, answers: Answers, say: Callable[[str], None] = print) -> Package:
    """Make a package in a folder that is not there, or empty; all of it or nothing.

    Args:
        folder: where it is to be.
        answers: its name, title, author and licence.
        say: gets a line for each step.

    Raises:
        InputError: something is there already, an answer cannot be used, or the folder cannot be
            written.
    """
    from ..publishing.publish import publish

    _usable(answers)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"{folder}: is there already and is not empty; name another folder")
    target = folder.resolve()
    with staging_folder(target.parent) as stage:
        root = stage / "package"
        with report_os_errors(folder):
            _write(root, answers)
        publish(Package(root), say=lambda line: None)
        shutil.rmtree(root / "dist")
        with report_os_errors(folder):
            if target.exists():
                target.rmdir()
            root.rename(target)
    package = Package(target)
    say(f"{folder}: a package with {len(package.book.tables)} tables, checked and published")
    return package


def _usable(answers: Answers) -> None:
    """Hold that the answers can stand in every file that they go into."""
    if not re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,60}[a-z0-9])?", answers.name):
        raise InputError(
            f"--name {answers.name!r}: small letters, digits and hyphens are allowed, "
            "beginning and ending with a letter or digit"
        )
    forbidden = [re.compile(r.forbids) for r in load(HUB).text_rules if r.forbids]
    for flag, text in (("--title", answers.title), ("--author", answers.author)):
        if not text or len(text) > LONGEST or not text.isprintable():
            raise InputError(f"{flag}: one line of 1 to {LONGEST} visible characters")
        if any(pattern.search(text) for pattern in forbidden):
            raise InputError(f"{flag} {text!r}: text as the codebook allows it in a cell is wanted")
    if answers.licence not in LICENCES:
        raise InputError(f"--license {answers.licence!r}: one of {', '.join(LICENCES)}")


def _write(root: Path, answers: Answers) -> None:
    """The hand-made files of the package."""
    own = answers.own_book
    book_name = answers.name if own else HUB
    if own:
        book = root / "codebook" / "books" / book_name
        shutil.copytree(folder_of(HUB), book, ignore=shutil.ignore_patterns("crosswalks"))
        text = (book / "book.yaml").read_text(encoding="utf-8")
        for schema in SCHEMAS.values():
            # The first line of each file of the book leads editors to its schema.
            shutil.copy(SCHEMA_FOLDER / schema, root / "codebook" / schema)
        named = re.sub(r"^name: .*$", f"name: {book_name!r}", text, count=1, flags=re.M)
        (book / "book.yaml").write_text(named, encoding="utf-8")
    said = {
        "name": answers.name,
        "title": answers.title,
        "author": answers.author,
        "description": f"{answers.title}: events, hand-coded from source documents.",
        "licence": LICENCES[answers.licence],
        "book": book_name,
        "own": own,
        "today": date.today(),
        "eventbook": SINCE,
    }
    templates = _templates()
    for path in sorted(p for p in TEMPLATES.rglob("*") if p.is_file()):
        name = path.relative_to(TEMPLATES).as_posix()
        if name.startswith("seeds/"):
            continue
        target = root / PLACES.get(name, name)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(templates.get_template(name).render(**said), encoding="utf-8")
    _seeds(root, load(root / "codebook" / "books" / book_name if own else HUB), answers.empty)


def _seeds(root: Path, book: Book, empty: bool) -> None:
    """The tables with their headers, and the example unless it is not wanted."""
    (root / TABLES).mkdir(parents=True)
    (root / "seeds" / "documents").mkdir()
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
        (root / "seeds" / "documents" / ".gitkeep").touch()
        return
    for document in (TEMPLATES / "seeds" / "documents").iterdir():
        shutil.copyfile(document, root / "seeds" / "documents" / document.name)


def _templates() -> Any:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    found = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    # A JSON string is a TOML string, too, where no control characters are in it.
    found.filters["quoted"] = lambda text: json.dumps(text, ensure_ascii=False)
    found.filters["plain"] = lambda text: re.sub(r"([\\`*_{}\[\]<>#|])", r"\\\1", text)
    return found
