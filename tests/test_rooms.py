"""The rooms of the code, and the order in which they may import each other."""

import ast
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from conftest import ROOT

FOLDERS = ("codebook", "validation", "dataset")

# From left to right; an import may only point to the left, or stay in its room. A module that lies
# in a folder itself is a room of its own; `` is the folder's `__init__`.
ROOMS = {
    "codebook": (
        "nearest",
        "printable",
        "templating",
        "errors",
        "catalogue",
        "form",
        "sql_parts",
        "format_page",
        "roles",
        "model",
        "guide_names",
        "plain_yaml",
        "reading",
        "building",
        "meaning",
        "coding_form",
        "loader",
        "pages",
        "look_up",
        "wording",
        "mapping",
        "mapping_faults",
        "crosswalks",
        "",
    ),
    "validation": (
        "errors",
        "cycles",
        "progress",
        "installed",
        "types",
        "codes",
        "files",
        "findings",
        "settings",
        "location",
        "missing",
        "reading",
        "checks",
        "evidence",
        "engines",
        "schemas",
        "coding",
        "package",
        "reports",
        "grouping",
        "",
    ),
    "dataset": (
        "tables",
        "html",
        "variation",
        "exchange",
        "",
        "releases",
        "database",
        "agreement",
        "instructions",
        "desk",
        "webdesk",
        "explorer",
        "publishing",
        "starter",
        "practice",
        "cli",
        "eventbook",
    ),
}
HEAVY = {"pandas", "polars", "pandera"}


def room_of(module: tuple[str, ...]) -> tuple[int, int]:
    """The place of a module, given as folder, room, ...: the folder's number and the room's."""
    folder, room = module[0], module[1] if len(module) > 1 else ""
    rooms = ROOMS[folder]
    return FOLDERS.index(folder), rooms.index(room)


@cache
def parsed(text: str) -> ast.Module:
    return ast.parse(text)


def imported(path: Path, root: Path) -> Iterator[tuple[int, tuple[str, ...], str]]:
    """The line, the module and the name of each import of our own modules in a file."""
    here = path.relative_to(root).with_suffix("").parts
    package = here[:-1]
    for node in ast.walk(parsed(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            if node.level:
                base = package[: len(package) - (node.level - 1)]
                module = (*base, *(node.module or "").split(".")) if node.module else base
            elif (node.module or "").split(".")[0] == "eventbook":
                module = tuple((node.module or "").split(".")[1:])
            else:
                continue
            for alias in node.names:
                inside = root.joinpath(*module, alias.name)
                whole = inside.is_dir() or inside.with_suffix(".py").is_file()
                yield node.lineno, (*module, alias.name) if whole else module, alias.name
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] == "eventbook":
                    yield node.lineno, tuple(alias.name.split(".")[1:]), alias.name


def wrong_imports(root: Path) -> list[str]:
    """Each import that points to a room on the right of the importing one's."""
    wrong = []
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*.py")):
            inside = path.relative_to(root).with_suffix("").parts
            own = tuple(part for part in inside if part != "__init__")
            for line, module, _ in imported(path, root):
                if module[0] not in FOLDERS:
                    continue
                if room_of(module) > room_of(own):
                    wrong.append(f"{path.relative_to(root)}:{line}: imports {'.'.join(module)}")
    return wrong


def test_rooms_import_to_the_left_only():
    """Rooms that import each other in a ring cannot be understood, tested or moved one by one."""
    assert wrong_imports(ROOT) == []


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("validation/reading/source.py", "from ..package.package import Package"),
        ("validation/coding/filed.py", "from ..package import package"),
        ("dataset/tables/build.py", "from ..publishing import publish"),
        ("dataset/agreement/agree.py", "    from ..desk import workbook"),
        ("codebook/loader.py", "from ..validation.errors import InputError"),
        ("codebook/model.py", "from eventbook.dataset import load"),
    ],
)
def test_a_wrong_import_is_found(tmp_path, file, line):
    """A test of the order that lets a ring pass is worse than none."""
    for folder in FOLDERS:
        for path in (ROOT / folder).rglob("*.py"):
            copy = tmp_path / path.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
    text = (tmp_path / file).read_text()
    (tmp_path / file).write_text(f"{text}\n\ndef late():\n    {line.strip()}\n")
    (found,) = wrong_imports(tmp_path)
    assert found.startswith(file)


def test_each_room_is_listed_and_says_what_is_in_it():
    """A folder without a place in the order escapes it; one without a description is not found."""
    for folder in FOLDERS:
        root = ROOT / folder
        there = {p.name for p in root.iterdir() if (p / "__init__.py").is_file()}
        there |= {p.stem for p in root.glob("*.py")} - {"__init__"}
        assert there == set(ROOMS[folder]) - {""}, folder
        for path in [root, *(root / name for name in there if (root / name).is_dir())]:
            docstring = ast.get_docstring(ast.parse((path / "__init__.py").read_text()))
            assert docstring and " never " in docstring, path


def test_the_codebook_loads_no_data_library():
    """Reading a book must cost nothing: `eventbook --help` and editors do it all the time."""
    for path in (ROOT / "codebook").rglob("*.py"):
        for node in ast.walk(parsed(path.read_text(encoding="utf-8"))):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module or ""]
            assert not {name.split(".")[0] for name in names} & HEAVY, path


ONE_MEANING = {
    "read": "the file of a stranger, as our rows or as a pandas frame",
    "load": "what a name means, a codebook or a published table, for users in Python",
    "human": "a result in the form for people; a room has one result",
    "to_json": "a result in the form for programs; a room has one result",
    "to_html": "a result in the form for a browser; a room has one result",
    "errors.py": "what is raised for input that cannot be used, a book or any other",
    "json.py": "the format, which one room reads and the other writes",
}
"""Names that several modules have, in one meaning."""


def names_used_twice(root: Path) -> dict[str, list[str]]:
    """Each name that several modules have, or several public functions or classes.

    Verbs of the command line are named as they are typed, and what they call may be named alike.
    """
    places: dict[str, list[str]] = {}
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*.py")):
            inside = path.relative_to(root)
            if inside.parts[:2] == ("dataset", "cli") or "template" in inside.parts:
                continue
            names = [] if path.stem == "__init__" else [f"{path.stem}.py"]
            for node in parsed(path.read_text(encoding="utf-8")).body:
                if isinstance(node, ast.FunctionDef | ast.ClassDef):
                    names.append(node.name)
            for name in {n for n in names if not n.startswith("_")}:
                places.setdefault(name, []).append(inside.as_posix())
    return {name: files for name, files in places.items() if len(files) > 1}


def test_no_name_has_two_meanings():
    """A name that is two things must be renamed wherever it is imported, and is read as the other."""
    twice = names_used_twice(ROOT)
    assert {name: files for name, files in twice.items() if name not in ONE_MEANING} == {}
    assert set(ONE_MEANING) <= set(twice), "no longer used twice: take it out of the table"


@pytest.mark.parametrize(
    ("file", "text", "name"),
    [
        ("dataset/tables/order.py", "def version_numbers(): ...", "version_numbers"),
        ("dataset/tables/order.py", "class Finding: ...", "Finding"),
        ("dataset/tables/diff.py", "", "diff.py"),
    ],
)
def test_a_name_with_two_meanings_is_found(tmp_path, file, text, name):
    """A test of names that overlooks classes, or files, lets the next two meanings in."""
    for folder in FOLDERS:
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("*.[!p]*"))
    (tmp_path / file).write_text(text)
    assert set(names_used_twice(tmp_path)) - set(names_used_twice(ROOT)) == {name}
