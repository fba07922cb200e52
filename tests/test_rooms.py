"""The rooms of the code, and the order in which they may import each other."""

import ast
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
        "model",
        "reading",
        "building",
        "meaning",
        "loader",
        "pages",
        "crosswalks",
        "",
    ),
    "validation": (
        "errors",
        "types",
        "files",
        "findings",
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
        "exchange",
        "",
        "releases",
        "database",
        "agreement",
        "desk",
        "explorer",
        "publishing",
        "starter",
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
    """A folder that nobody ordered escapes the order; one without a sentence is found by nobody."""
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
