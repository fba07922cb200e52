"""Mutation testing: break the code in one place, and see whether a test notices.

    python tests/mutation/run.py [MODULE]... [--sample 40] [--seed 1]

Without a module it takes those in which a silent error would do most harm.

Each mutant runs in a fork of this process, in which the libraries are loaded already and the
mutated module is not; the first failing test kills it. Survivors are printed with their line and
compared with `survivors.csv`, which says of the known ones why they are no fault of the tests.
Exit status 1 if one survives that is not listed there.
"""

from __future__ import annotations

import argparse
import ast
import csv
import importlib.machinery
import io
import os
import random
import signal
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CORE = [
    "validation/checks/constraints.py",
    "validation/checks/keys.py",
    "validation/checks/rules.py",
    "validation/evidence/evidence_check.py",
    "validation/reading/parsing.py",
]
TESTS = ["tests/test_rules.py", "tests/test_gate.py", "tests/test_acled.py"]
SECONDS = 120
COMPARE = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
OPERATE = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.And: ast.Or,
    ast.Or: ast.And,
}


def mutants(tree: ast.Module) -> Iterator[tuple[int, str, str, ast.Module]]:
    """Each mutant of a module: its line, the code before and after, and the module."""
    typing = {id(inner) for node in ast.walk(tree) for inner in _annotations(node)}
    for node in ast.walk(tree):
        if id(node) in typing or not hasattr(node, "lineno"):
            continue
        for change, back in _changes(node):
            before = ast.unparse(node)
            change()
            yield node.lineno, before, ast.unparse(node), tree
            back()


def _annotations(node: ast.AST) -> Iterator[ast.AST]:
    for name in ("annotation", "returns"):
        if (part := getattr(node, name, None)) is not None:
            yield from ast.walk(part)


def _changes(node: ast.AST) -> Iterator[tuple]:
    """How a node can be broken, and how that is undone."""

    def swap(owner, name, new):
        old = getattr(owner, name)
        return lambda: setattr(owner, name, new), lambda: setattr(owner, name, old)

    if isinstance(node, ast.Compare) and type(node.ops[0]) in COMPARE:
        yield swap(node, "ops", [COMPARE[type(node.ops[0])](), *node.ops[1:]])
    elif isinstance(node, ast.BinOp | ast.BoolOp) and type(node.op) in OPERATE:
        yield swap(node, "op", OPERATE[type(node.op)]())
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.Invert):
        wrapped = node.operand
        again = ast.UnaryOp(node.op, wrapped)
        yield swap(node, "operand", ast.copy_location(again, node))
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield swap(node, "value", not node.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, int):
        yield swap(node, "value", node.value + 1)
    elif isinstance(node, ast.If | ast.IfExp):
        yield swap(node, "test", ast.copy_location(ast.Constant(True), node))
        yield swap(node, "test", ast.copy_location(ast.Constant(False), node))
    elif isinstance(node, ast.Continue | ast.Break):
        pass
    elif isinstance(node, ast.FunctionDef):
        for number, line in enumerate(node.body):
            if isinstance(line, ast.Expr | ast.AugAssign) and number:
                body = [*node.body[:number], ast.copy_location(ast.Pass(), line)]
                yield swap(node, "body", [*body, *node.body[number + 1 :]])


def notices(path: Path, source: str) -> bool:
    """Whether a test fails with a module's source replaced; a hang is noticed, too."""
    process = os.fork()
    if process:
        return os.waitpid(process, 0)[1] != 0
    signal.alarm(SECONDS)
    plain = importlib.machinery.SourceFileLoader.get_code

    def get_code(self, name):
        if Path(self.path) == path:
            return compile(source, str(path), "exec")
        return plain(self, name)

    importlib.machinery.SourceFileLoader.get_code = get_code
    import pytest

    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        # In this very process: in a worker the module would be the unbroken one.
        words = [
            "-o",
            "addopts=",
            "-o",
            "filterwarnings=",
            "-q",
            "-x",
            "--no-header",
            "-p",
            "no:cacheprovider",
        ]
        status = pytest.main([*words, *TESTS])
    os._exit(int(status != 0))


def known() -> set[tuple[str, str, str]]:
    """The survivors that are explained: file, code, and what became of it."""
    with (Path(__file__).parent / "survivors.csv").open(encoding="utf-8", newline="") as stream:
        return {(row["file"], row["code"], row["mutant"]) for row in csv.DictReader(stream)}


def run(module: str, sample: int, seed: int) -> int:
    """Run a sample of the mutants of one module; return how many survived unexplained."""
    path = ROOT / module
    source = path.read_text(encoding="utf-8")
    if notices(path, source):
        sys.exit(f"{module}: the tests fail as it is")
    tree = ast.parse(source)
    number = sum(1 for _ in mutants(tree))
    chosen = set(random.Random(seed).sample(range(number), min(sample, number)))
    explained, survived = known(), 0
    for place, (line, before, after, mutated) in enumerate(mutants(tree)):
        if place not in chosen:
            continue
        if not notices(path, ast.unparse(ast.fix_missing_locations(mutated))):
            before, after = (" ".join(text.split())[:300] for text in (before, after))
            new = (module, before, after) not in explained
            survived += new
            print(
                f"{module}:{line}: {'' if new else 'explained: '}{before}\n    -> {after}",
                flush=True,
            )
    print(f"{module}: {len(chosen)} of {number} mutants ran, {survived} survived unexplained")
    return survived


def main() -> int:
    """Run a sample of the mutants of each module."""
    options = argparse.ArgumentParser()
    options.add_argument("modules", nargs="*", default=CORE)
    options.add_argument("--sample", type=int, default=40)
    options.add_argument("--seed", type=int, default=1)
    chosen = options.parse_args()
    os.chdir(ROOT)
    import frictionless  # noqa: F401 (loaded once, for all forks)
    import hypothesis  # noqa: F401
    import pandera.pandas
    import pandera.polars  # noqa: F401
    import polars  # noqa: F401

    survived = [run(module, chosen.sample, chosen.seed) for module in chosen.modules]
    return int(any(survived))


if __name__ == "__main__":
    sys.exit(main())
