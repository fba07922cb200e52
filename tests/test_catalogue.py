"""The catalogue of findings: each id that the code can report has its entry, and no entry is idle."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
from conftest import ROOT, invoke

from eventbook.codebook import load
from eventbook.codebook.catalogue import FINDINGS, catalogue
from eventbook.codebook.look_up import look_up
from eventbook.codebook.model import ConstraintKind
from eventbook.codebook.pages import page
from eventbook.validation import check_files, reports

FOLDERS = ("validation", "dataset")
ID = re.compile(r"[a-z]+(-[a-z]+)*")
NAMED = ("rule", "id")
"""How functions and classes call the argument that is the id of a finding."""


def positions(trees: dict[str, ast.Module]) -> dict[str, set[int]]:
    """For each function and class the places of its arguments that are ids of findings."""
    found: dict[str, set[int]] = {}
    for tree in trees.values():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                names = [a.arg for a in node.args.args if a.arg not in ("self", "cls")]
            elif isinstance(node, ast.ClassDef):
                names = [
                    x.target.id
                    for x in node.body
                    if isinstance(x, ast.AnnAssign) and isinstance(x.target, ast.Name)
                ]
                for x in node.body:
                    if isinstance(x, ast.FunctionDef) and x.name == "__init__":
                        names = [a.arg for a in x.args.args[1:]]
            else:
                continue
            places = {n for n, name in enumerate(names) if name == "rule"}
            if isinstance(node, ast.ClassDef) and node.name == "Check":
                places |= {n for n, name in enumerate(names) if name == "id"}
            if places:
                found.setdefault(node.name, set()).update(places)
    return found


def constants(node: ast.AST) -> Iterator[str]:
    """The texts in an expression, such as both ways of `a if b else c`."""
    for inside in [node.body, node.orelse] if isinstance(node, ast.IfExp) else [node]:
        if isinstance(inside, ast.Constant) and isinstance(inside.value, str):
            yield inside.value


def is_message(node: ast.AST) -> bool:
    """Whether an expression is the sentence of a finding."""
    if isinstance(node, ast.JoinedStr):
        node = node.values[-1]
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value.endswith(".")
    return "message" in {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}


def ids(node: ast.AST, places: dict[str, set[int]]) -> Iterator[str]:
    """The ids of findings that a node of the code reports."""
    if isinstance(node, ast.Call):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else None
        name = node.func.id if isinstance(node.func, ast.Name) else name
        if name in places:
            for n, value in enumerate(node.args):
                if n in places[name]:
                    yield from constants(value)
            for keyword in node.keywords:
                if keyword.arg in NAMED:
                    yield from constants(keyword.value)
    elif isinstance(node, ast.Tuple | ast.List) and len(node.elts) > 1 and is_message(node.elts[1]):
        yield from constants(node.elts[0])
    elif isinstance(node, ast.Assign):
        for target in node.targets:
            pairs = [(target, node.value)]
            if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                pairs = list(zip(target.elts, node.value.elts, strict=False))
            for to, value in pairs:
                if isinstance(to, ast.Name) and to.id == "rule":
                    yield from constants(value)


def reported(root: Path) -> dict[str, str]:
    """The ids of findings in the code, each with the first place that reports it."""
    trees = {
        path.relative_to(root).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
        for folder in FOLDERS
        for path in sorted((root / folder).rglob("*.py"))
        if "template" not in path.parts
    }
    places = positions(trees)
    found = dict.fromkeys(get_args(ConstraintKind), "codebook/model.py")
    for file, tree in trees.items():
        for node in ast.walk(tree):
            for id_ in ids(node, places):
                if ID.fullmatch(id_):
                    found.setdefault(id_, f"{file}:{getattr(node, 'lineno', 1)}")
    return found


def differences(root: Path, listed: set[str]) -> list[str]:
    """What to do so that the catalogue has what the code reports, and nothing else."""
    code = reported(root)
    add = [
        f"{code[id_]} reports {id_}: add it to codebook/findings.yaml, under its subject:\n"
        f"  {id_}:\n    says: What must hold.\n    why: Why it matters.\n    do: What to do."
        for id_ in sorted(code.keys() - listed)
    ]
    take = [
        f"{id_}: nothing reports it; take it out of codebook/findings.yaml"
        for id_ in sorted(listed - code.keys())
    ]
    return add + take


def test_the_catalogue_has_what_the_code_reports():
    """A finding without an entry has no explanation; an unused entry describes nothing."""
    wrong = differences(ROOT, set(catalogue()))
    assert not wrong, "\n".join(["", *wrong])


@pytest.mark.parametrize(
    "code",
    [
        "def f(source):\n    source.problem('new-one', 'Text.', 1)",
        "def f(note):\n    note(rule='new-one', message='m')",
        "def f(file):\n    return Finding('new-one', 'error', file)",
        "def f(odd, refuse):\n    refuse('gzip' if odd else 'new-one', 'Text.')",
        "def f(found):\n    found.append(('new-one', f'It is {found}.'))",
        "def f():\n    return 'new-one', 'It is wrong.'",
        "def f():\n    rule = 'new-one'\n    return rule",
        "def f():\n    rule, message = 'new-one', 'm'\n    return rule, message",
        "def f(column, bad):\n    return Check('new-one', 'error', column, bad)",
    ],
)
def test_an_id_that_the_catalogue_lacks_is_named_with_the_lines_to_add(tmp_path, code):
    """A test that overlooks one way of reporting lets in ids without an explanation."""
    defined = (
        "class Finding:\n    rule: str\n    severity: str\nclass Check:\n    id: str\n"
        "def problem(self, rule, message): ...\ndef refuse(rule, message): ...\n"
        "def note(message, rule): ...\n"
    )
    for folder in FOLDERS:
        (tmp_path / folder).mkdir()
    (tmp_path / "validation/defined.py").write_text(defined)
    (tmp_path / "dataset/sample.py").write_text(code)
    listed = {*get_args(ConstraintKind), "gzip"}
    lacking = [d for d in differences(tmp_path, listed) if "nothing reports" not in d]
    assert len(lacking) == 1
    assert lacking[0].startswith("dataset/sample.py:2 reports new-one: add it to codebook/findings")
    assert "\n  new-one:\n    says: " in lacking[0]


@pytest.mark.slow
def test_an_entry_that_nothing_reports_is_named(tmp_path):
    """A finding that was removed stays in the reference page forever."""
    (only,) = differences(ROOT, {*reported(ROOT), "left-over"})
    assert only == "left-over: nothing reports it; take it out of codebook/findings.yaml"


def test_entries_are_sentences_in_order():
    """An entry that cannot be found in the file is written a second time."""
    rules = {rule.id for name in ("eventbook", "adjudication") for rule in load(name).rules}
    for kind in catalogue().values():
        assert ID.fullmatch(kind.id) and kind.id not in rules
        for text in (kind.says, kind.why, kind.do):
            assert text[0].isupper() and text.endswith("."), kind
    assert FINDINGS.read_text().count("\n    says: ") == len(catalogue()), "an id occurs twice"
    for subject in {kind.subject for kind in catalogue().values()}:
        names = [kind.id for kind in catalogue().values() if kind.subject == subject]
        assert names == sorted(names)


@pytest.mark.parametrize("term", ["paragraph-accounted", "ragged-row", "quote-several", "unique"])
def test_a_finding_can_be_looked_up(term):
    """A coder who reads `quote-several` must not have to ask what it means."""
    kind = catalogue()[term]
    shown = invoke("codebook", term).stdout
    assert kind.says in shown and kind.why in shown and f"What to do: {kind.do}" in shown
    for book in ("eventbook", "acled"):
        assert kind.says in [hit.entry.title for hit in look_up(load(book), term)]
        assert f'<a id="finding-{term}"></a>`{term}` | {kind.says}' in page(load(book))


def test_reports_explain_findings_of_every_kind(tmp_path):
    """A finding of a file came without a word on what it means or what to do."""
    header, row, *_ = (ROOT / "seeds/tables/claims.csv").read_text(encoding="utf-8").split("\n")
    path = tmp_path / "claims.csv"
    cells = row.split(",")
    cells[1] = "nobody"
    path.write_text(f"\ufeff{header}\n{','.join(cells)}\n{row},more\n", encoding="utf-8")
    report = check_files([path])
    human = reports.human(report)
    assert "  see: eventbook codebook ragged-row\n" in human
    (run,) = json.loads(reports.sarif(report))["runs"]
    rules = {rule["id"]: rule for rule in run["tool"]["driver"]["rules"]}
    ragged = rules["ragged-row"]
    assert ragged["shortDescription"]["text"] == catalogue()["ragged-row"].says
    assert ragged["fullDescription"]["text"] == catalogue()["ragged-row"].why
    assert ragged["help"]["text"].startswith(catalogue()["ragged-row"].do)
